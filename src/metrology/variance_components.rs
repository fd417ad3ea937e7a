//! How much each of several causes spreads a value: variance components by restricted maximum
//! likelihood.
//!
//! ```text
//! y = μ + Σ_k Z_k·b_k + e,   b_k ~ N(0, σ_k²),  e ~ N(0, σ_e²),   V = Σ_k σ_k²·Z_k·Z_kᵀ + σ_e²·I
//! ```
//!
//! `Z_k` says which level of cause k a value has: which person, which day. Nested and crossed causes
//! and unequal numbers differ in nothing but that. The restricted likelihood (Patterson and
//! Thompson 1971) is that of what the mean does not explain; it is climbed by Fisher's scoring with
//! no variance below zero (Harville 1977). For equal numbers and no variance at zero the result is
//! that of the analysis of variance.

use std::ops::Range;

use nalgebra::{DMatrix, DVector};

/// Twice the logarithm of the likelihood falls by this at the ends of an interval of 95 %: the
/// χ² of one degree of freedom.
const FALL: f64 = 3.841_458_820_694_124;
/// A variance at the edge of what the residual may be, in parts of the variance of all values.
const LEAST_RESIDUAL: f64 = 1e-6;
/// A variance larger than this, in parts of that of all values, is no bound at all.
const MOST: f64 = 1e7;

/// What spreads a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Components {
    /// The mean.
    pub mean: f64,
    /// Its standard error.
    pub u_mean: f64,
    /// A variance for each cause, in the order given; that of the residual is the last.
    pub variances: Vec<Variance>,
    /// Variances and covariances of the estimated variances, by the likelihood's curvature.
    covariance: DMatrix<f64>,
}

/// A variance and where it may lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variance {
    /// The estimate, not negative.
    pub value: f64,
    /// Lower end of the interval of 95 %: the values at which the likelihood, the other variances
    /// being whatever suits it best, has not fallen too far.
    pub from: f64,
    /// Its upper end; infinite where the data set none.
    pub to: f64,
}

impl Components {
    /// A sum of variances, each times a factor, with its degrees of freedom (Satterthwaite 1946):
    /// those of a χ² whose mean and variance are as far apart.
    ///
    /// `None` if there are not as many factors as variances, or the sum is zero.
    #[must_use]
    pub fn sum(&self, factors: &[f64]) -> Option<(f64, f64)> {
        if factors.len() != self.variances.len() {
            return None;
        }
        let sum: f64 = self.variances.iter().zip(factors).map(|(v, factor)| v.value * factor).sum();
        let factors = DVector::from_column_slice(factors);
        let doubt = (&self.covariance * &factors).dot(&factors);
        (sum > 0.0 && doubt > 0.0).then(|| (sum, 2.0 * sum * sum / doubt))
    }
}

/// Estimates how much each cause spreads the values. A cause is the level that each value has of
/// it, counted from zero in any order; what none of them explains is the residual.
///
/// `None` of fewer than two values, of values that do not spread, of causes that do not have one
/// level for each value, and where [`is_estimable`] is not.
#[must_use]
pub fn estimate(values: &[f64], causes: &[&[usize]]) -> Option<Components> {
    let likelihood = Likelihood::new(values, causes)?;
    let count = causes.len() + 1;
    let start = vec![1.0 / count as f64; count];
    let best = likelihood.climbed(&start, None)?;
    let covariance = best.information.clone().pseudo_inverse(1e-12).ok()?;
    let scale = likelihood.scale;
    let variances = (0..count)
        .map(|k| {
            let (from, to) = likelihood.interval(&best, k);
            Variance { value: best.theta[k] * scale, from: from * scale, to: to * scale }
        })
        .collect();
    Some(Components {
        mean: likelihood.centre + best.mean * scale.sqrt(),
        u_mean: (best.mean_variance * scale).sqrt(),
        variances,
        covariance: covariance * (scale * scale),
    })
}

/// Whether a cause can be told from the mean, from the residual and from the other causes: it has
/// two levels or more, not one for each value, and no other cause parts the values in the same way.
#[must_use]
pub fn is_estimable(cause: &[usize], others: &[&[usize]]) -> bool {
    let parts = parted(cause);
    let levels = parts.iter().max().map_or(0, |last| last + 1);
    let same = |other: &&[usize]| parted(other) == parts;
    levels >= 2 && levels < cause.len() && !others.iter().any(same)
}

/// The levels, numbered in the order in which they come.
fn parted(cause: &[usize]) -> Vec<usize> {
    let mut known: Vec<usize> = Vec::new();
    cause
        .iter()
        .map(|level| {
            known.iter().position(|seen| seen == level).unwrap_or_else(|| {
                known.push(*level);
                known.len() - 1
            })
        })
        .collect()
}

/// The restricted likelihood of values scaled to a variance of one.
///
/// With X = [Z, 1, y] everything follows from `XᵀX`, which is small: where D holds the variances of
/// the levels and `M = (σ_e²·I + D½·ZᵀZ·D½)⁻¹`,
///
/// ```text
/// V⁻¹ = (I − Z·D½·M·D½·Zᵀ)/σ_e²,   V⁻² = (I − Z·D½·(M + σ_e²·M²)·D½·Zᵀ)/σ_e⁴
/// P = V⁻¹ − V⁻¹·1·1ᵀ·V⁻¹/(1ᵀ·V⁻¹·1)
/// ```
struct Likelihood {
    /// `XᵀX`.
    products: DMatrix<f64>,
    /// The columns of X that are the levels of each cause.
    blocks: Vec<Range<usize>>,
    count: usize,
    centre: f64,
    scale: f64,
}

/// Where the climb is, and which way is up.
struct Place {
    theta: Vec<f64>,
    log: f64,
    gradient: Vec<f64>,
    information: DMatrix<f64>,
    mean: f64,
    mean_variance: f64,
}

impl Likelihood {
    fn new(values: &[f64], causes: &[&[usize]]) -> Option<Self> {
        let count = values.len();
        let centre = super::statistics::mean(values)?;
        let scale = super::statistics::sample_sd(values)?.powi(2);
        if causes.iter().any(|cause| cause.len() != count) || !(scale > 0.0 && scale.is_finite()) {
            return None;
        }
        let (mut blocks, mut columns) = (Vec::new(), Vec::new());
        for (k, cause) in causes.iter().enumerate() {
            if !is_estimable(cause, &causes[..k]) {
                return None;
            }
            let parts = parted(cause);
            let first = columns.len();
            for level in 0..=parts.iter().copied().max()? {
                columns.push(parts.iter().map(|of| f64::from(u8::from(*of == level))).collect());
            }
            blocks.push(first..columns.len());
        }
        columns.push(vec![1.0; count]);
        columns.push(values.iter().map(|value| (value - centre) / scale.sqrt()).collect());
        let x = DMatrix::from_fn(count, columns.len(), |i, j: usize| columns[j][i]);
        Some(Self { products: x.transpose() * &x, blocks, count, centre, scale })
    }

    fn residual(&self) -> usize {
        self.blocks.len()
    }

    /// `None` where the covariance of the values has no inverse.
    fn at(&self, theta: &[f64]) -> Option<Place> {
        let residual = theta[self.residual()];
        let levels = self.blocks.last().map_or(0, |block| block.end);
        let (one, y) = (levels, levels + 1);
        let mut roots = vec![0.0; levels];
        for (block, variance) in self.blocks.iter().zip(theta) {
            roots[block.clone()].fill(variance.sqrt());
        }
        let rows = DMatrix::from_fn(levels, levels + 2, |i, j| roots[i] * self.products[(i, j)]);
        let inner = DMatrix::from_fn(levels, levels, |i, j| {
            rows[(i, j)] * roots[j] + if i == j { residual } else { 0.0 }
        });
        let factor = inner.cholesky()?;
        let logs = factor.l_dirty().diagonal().iter().map(|d: &f64| 2.0 * d.ln()).sum::<f64>();
        let free = self.count as f64 - levels as f64;
        let middle = factor.inverse();
        let middle_squared = &middle * &middle;
        // XᵀV⁻¹X and XᵀV⁻²X
        let first = (&self.products - rows.tr_mul(&(&middle * &rows))) / residual;
        let twice = &middle + &middle_squared * residual;
        let second = (&self.products - rows.tr_mul(&(&twice * &rows))) / residual.powi(2);
        let weight = first[(one, one)];
        let (a, b, doubled) = (first.column(one), second.column(one), second[(one, one)]);
        let projected = &first - a * a.transpose() / weight;
        let squared = &second - (b * a.transpose() + a * b.transpose()) / weight
            + a * a.transpose() * (doubled / weight.powi(2));
        // V⁻¹·1 in the columns of X, for 1ᵀ·V⁻³·1
        let mut ones = DVector::zeros(levels + 2);
        ones[one] = 1.0 / residual;
        let spread = &middle * rows.column(one);
        for (i, root) in roots.iter().enumerate() {
            ones[i] = -root * spread[i] / residual;
        }
        let third = (&first * &ones).dot(&ones);
        let trace = (free + residual * middle.trace()) / residual - doubled / weight;
        let trace_squared = free / residual.powi(2) + middle_squared.trace() - 2.0 * third / weight
            + (doubled / weight).powi(2);
        let log_determinant = free * residual.ln() + logs;
        let log = -0.5 * (log_determinant + weight.ln() + projected[(y, y)]);
        let (gradient, information) = self.slopes(&projected, &squared, (trace, trace_squared));
        let (mean, mean_variance) = (first[(one, y)] / weight, 1.0 / weight);
        log.is_finite().then(|| Place {
            theta: theta.to_vec(),
            log,
            gradient,
            information,
            mean,
            mean_variance,
        })
    }

    /// First derivatives by each variance, and Fisher's information, from `XᵀPX`, `XᵀP²X` and the
    /// traces of P and P².
    fn slopes(
        &self,
        projected: &DMatrix<f64>,
        squared: &DMatrix<f64>,
        (trace, trace_squared): (f64, f64),
    ) -> (Vec<f64>, DMatrix<f64>) {
        let (last, y) = (self.residual(), projected.ncols() - 1);
        let mut information = DMatrix::<f64>::zeros(last + 1, last + 1);
        let mut gradient = Vec::with_capacity(last + 1);
        for (k, rows) in self.blocks.iter().enumerate() {
            let up = |i: usize| projected[(i, y)].powi(2) - projected[(i, i)];
            gradient.push(0.5 * rows.clone().map(up).sum::<f64>());
            for (l, columns) in self.blocks.iter().enumerate() {
                let part = projected
                    .view((rows.start, columns.start), (rows.len(), columns.len()))
                    .norm_squared();
                information[(k, l)] = 0.5 * part;
            }
            let shared = 0.5 * rows.clone().map(|i| squared[(i, i)]).sum::<f64>();
            information[(k, last)] = shared;
            information[(last, k)] = shared;
        }
        gradient.push(0.5 * (squared[(y, y)] - trace));
        information[(last, last)] = 0.5 * trace_squared;
        (gradient, information)
    }

    /// The highest place from a start, one variance held where that is asked for.
    fn climbed(&self, start: &[f64], held: Option<usize>) -> Option<Place> {
        const STEPS: usize = 200;
        /// A gain of the logarithm smaller than this is none.
        const GAIN: f64 = 1e-10;
        let mut place = self.at(start)?;
        for _ in 0..STEPS {
            let Some(next) = self.higher(&place, held) else { break };
            let gain = next.log - place.log;
            place = next;
            if gain < GAIN {
                break;
            }
        }
        Some(place)
    }

    /// One step up: Fisher's scoring among the variances that are free to move, shortened until it
    /// gains; the gradient by itself where that gains nothing.
    fn higher(&self, place: &Place, held: Option<usize>) -> Option<Place> {
        const HALVINGS: i32 = 30;
        let floor = |k: usize| if k == self.residual() { LEAST_RESIDUAL } else { 0.0 };
        let free: Vec<usize> = (0..place.theta.len())
            .filter(|&k| Some(k) != held)
            .filter(|&k| place.theta[k] > floor(k) || place.gradient[k] > 0.0)
            .collect();
        let information = place.information.select_rows(&free).select_columns(&free);
        let gradient = DVector::from_iterator(free.len(), free.iter().map(|&k| place.gradient[k]));
        let alone = DVector::from_iterator(
            free.len(),
            gradient.iter().zip(information.diagonal().iter()).map(|(g, i)| g / i.max(1e-12)),
        );
        let scoring = information.cholesky().map(|factor| factor.solve(&gradient));
        for direction in scoring.into_iter().chain([alone]) {
            for halving in 0..HALVINGS {
                let mut theta = place.theta.clone();
                for (&k, step) in free.iter().zip(direction.iter()) {
                    theta[k] = (theta[k] + step * 0.5_f64.powi(halving)).max(floor(k));
                }
                if let Some(next) = self.at(&theta).filter(|next| next.log > place.log) {
                    return Some(next);
                }
            }
        }
        None
    }

    /// Where twice the logarithm of the likelihood lies no more than [`FALL`] below its best.
    fn interval(&self, best: &Place, k: usize) -> (f64, f64) {
        /// Of the logarithm of the bound.
        const CLOSE: f64 = 1e-4;
        let fall = |bound: f64| {
            let mut start = best.theta.clone();
            start[k] = bound;
            let residual = self.residual();
            start[residual] = start[residual].max(LEAST_RESIDUAL);
            self.climbed(&start, Some(k)).map_or(f64::INFINITY, |p| 2.0 * (best.log - p.log))
        };
        let between = |mut inside: f64, mut outside: f64| {
            while (outside / inside).ln().abs() > CLOSE {
                let middle = (inside * outside).sqrt();
                if fall(middle) <= FALL { inside = middle } else { outside = middle }
            }
            inside
        };
        let least = if k == self.residual() { LEAST_RESIDUAL } else { 1e-6 };
        let centre = best.theta[k].max(least);
        let lower = if fall(least) <= FALL { 0.0 } else { between(centre, least) };
        let mut outside = centre * 4.0;
        while outside < MOST && fall(outside) <= FALL {
            outside *= 4.0;
        }
        let upper = if outside < MOST { between(outside / 4.0, outside) } else { f64::INFINITY };
        (lower, upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The climb ends within this of the top; scipy's is no nearer.
    const CLIMBED: f64 = 2e-4;

    /// The design of tests/golden/variance.py: person, day, seating.
    fn rows() -> Vec<(usize, usize, usize)> {
        let days = (0..3).flat_map(|o| (0..3).map(move |d| (o, d)));
        days.flat_map(|(o, d)| (0..4).map(move |s| (o, d, s))).collect()
    }

    fn value(&(operator, day, seating): &(usize, usize, usize)) -> f64 {
        let (i, j, k) = (operator as f64 + 1.0, day as f64 + 1.0, seating as f64 + 1.0);
        0.9 * (2.1 * i).sin()
            + 0.5 * (1.3 * (3.0 * i + j)).sin()
            + 0.25 * (2.7 * i * k + 1.9 * j * k * k).cos()
    }

    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() < CLIMBED * expected.abs().max(0.1), "{found} {expected}");
    }

    #[test]
    fn days_within_persons_agree_with_the_analysis_of_variance_and_scipy() {
        // tests/golden/variance.py
        let rows = rows();
        let values: Vec<f64> = rows.iter().map(value).collect();
        let persons: Vec<usize> = rows.iter().map(|row| row.0).collect();
        let days: Vec<usize> = rows.iter().map(|row| 10 * row.0 + row.1).collect();
        let found = estimate(&values, &[&persons, &days]).unwrap();
        assert_close(found.mean, 0.060_523_029);
        assert_close(found.u_mean, 0.517_727);
        let expected = [
            (0.768_879_81, 0.141_890_5, 14.057_624),
            (0.097_562_88, 0.032_288_82, 0.416_998_29),
            (0.032_670_83, 0.020_016_28, 0.058_666_41),
        ];
        for (variance, (value, from, to)) in found.variances.iter().zip(expected) {
            assert_close(variance.value, value);
            assert_close(variance.from, from);
            assert!((variance.to / to - 1.0).abs() < 1e-3, "{} {to}", variance.to);
        }
    }

    #[test]
    fn crossed_and_uneven_causes_agree_with_scipy_and_none_falls_below_zero() {
        // tests/golden/variance.py
        let missing = [3, 10, 11, 20, 33];
        let rows: Vec<_> = rows().into_iter().enumerate().collect();
        let rows: Vec<_> = rows.into_iter().filter(|(i, _)| !missing.contains(i)).collect();
        let values: Vec<f64> = rows.iter().map(|(_, row)| value(row)).collect();
        let persons: Vec<usize> = rows.iter().map(|(_, row)| row.0).collect();
        let days: Vec<usize> = rows.iter().map(|(_, row)| row.1).collect();
        let found = estimate(&values, &[&persons, &days]).unwrap();
        let expected = [
            (0.777_845_08, 0.169_762_14, 13.778_710_55),
            (0.0, 0.0, 0.094_490_48),
            (0.090_764_54, 0.056_061_78, 0.161_122_28),
        ];
        for (variance, (value, from, to)) in found.variances.iter().zip(expected) {
            assert_close(variance.value, value);
            assert_close(variance.from, from);
            assert!((variance.to / to - 1.0).abs() < 1e-3, "{} {to}", variance.to);
        }
    }

    #[test]
    fn without_causes_the_residual_is_the_variance_of_the_sample() {
        let found = estimate(&[1.0, 2.0, 4.0, 3.0, 7.0], &[]).unwrap();
        assert_close(found.variances[0].value, 5.3);
        let (sum, dof) = found.sum(&[0.2]).unwrap();
        assert_close(sum, 1.06);
        assert_close(dof, 4.0);
        assert_eq!(found.sum(&[1.0, 1.0]), None);
    }

    #[test]
    fn a_cause_that_parts_nothing_or_everything_is_not_estimable() {
        assert!(is_estimable(&[0, 0, 5, 5], &[]));
        assert!(!is_estimable(&[1, 1, 1], &[]));
        assert!(!is_estimable(&[0, 1, 2], &[]));
        assert!(!is_estimable(&[7, 7, 2, 2], &[&[0, 0, 1, 1]]));
        assert_eq!(estimate(&[1.0, 2.0, 4.0], &[&[0, 1, 2]]), None);
        assert_eq!(estimate(&[1.0, 1.0, 1.0], &[]), None);
        assert_eq!(estimate(&[1.0], &[]), None);
        assert_eq!(estimate(&[1.0, 2.0], &[&[0]]), None);
    }
}
