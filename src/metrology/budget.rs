//! A budget combined into one uncertainty (JCGM 100:2008, 5.1 and annex G).

use num_complex::Complex64;
use statrs::function::erf::erf;

use crate::model::{Budget, Covariance, Distribution};

/// The probability within two standard deviations of a normal distribution.
const TWO_SIGMA: f64 = 0.954_499_736_103_641_6;

/// The covariance of each value that all lines of a budget make together, such that twice the
/// standard uncertainty of its magnitude, and of its phase, covers 95.45 %.
///
/// ```text
/// u² = Σ u_i²        what is given: u · k/2
/// ```
///
/// Readers double what they are given. That is right of normal errors; where a rectangular error
/// dominates, doubling would cover everything, and the bound of 95 % lies nearer: k = 1.65 for a
/// rectangular error alone. The largest rectangular line is taken as what it is, all others
/// together with the normal ones as normal (JCGM 100:2008, G.2).
///
/// Values without any line have a covariance of zero.
#[must_use]
pub fn combined(values: &[Complex64], budget: &Budget) -> Vec<Covariance> {
    let of = |(k, &value): (usize, &Complex64)| {
        let lines =
            || budget.contributions.iter().map(|line| (line.distribution, line.covariance[k]));
        let sum = lines().fold(Covariance::default(), |sum, (_, c)| sum.plus(c));
        let factor = |u: &dyn Fn(Covariance) -> f64| {
            let largest = lines().filter(|(d, _)| *d == Distribution::Rectangular);
            let largest = largest.map(|(_, c)| u(c)).fold(0.0, f64::max);
            coverage_ratio(u(sum), largest)
        };
        let along = factor(&|c| c.u_magnitude(value));
        let across = factor(&|c| c.u_magnitude(value * Complex64::I));
        stretched(sum, value, along, across)
    };
    values.iter().enumerate().map(of).collect()
}

/// A covariance whose standard deviation along a value is larger by a factor, and at right angles
/// to it by another.
fn stretched(covariance: Covariance, value: Complex64, along: f64, across: f64) -> Covariance {
    let direction = if value.norm() > 0.0 { value / value.norm() } else { Complex64::ONE };
    let local = covariance.scaled(direction.conj());
    let local = Covariance {
        rr: local.rr * along * along,
        ri: local.ri * along * across,
        ii: local.ii * across * across,
    };
    local.scaled(direction)
}

/// Half the coverage factor for 95.45 % of a sum with standard deviation `u` of which a
/// rectangular part has `rectangular`, the rest being normal: 1 if there is none, 0.827 if there
/// is nothing else.
///
/// ```text
/// P(|x| ≤ U) = (σ/a)·[H((U + a)/σ) − H((U − a)/σ)] − 1,   H(z) = z·Φ(z) + φ(z)
/// ```
///
/// `σ` of the normal part, `a` half-width of the rectangle.
#[must_use]
pub fn coverage_ratio(u: f64, rectangular: f64) -> f64 {
    /// Below this share of the standard deviation a rectangle changes the fourth digit.
    const SMALL: f64 = 0.1;
    /// Above, what is left is a rectangle with edges of a thousandth.
    const ALONE: f64 = 0.999_999;
    const STEPS: u32 = 40;
    let share = if u > 0.0 { rectangular / u } else { 0.0 };
    if share < SMALL {
        return 1.0;
    }
    let half_width = 3_f64.sqrt() * share;
    if share > ALONE {
        return 0.5 * TWO_SIGMA * 3_f64.sqrt();
    }
    let sigma = (1.0 - share * share).sqrt();
    let within = |bound: f64| {
        let h = |z: f64| z * cumulative(z) + density(z);
        sigma / half_width * (h((bound + half_width) / sigma) - h((bound - half_width) / sigma))
            - 1.0
    };
    let (mut low, mut high) = (1.0, 2.5);
    for _ in 0..STEPS {
        let middle = 0.5 * (low + high);
        if within(middle) < TWO_SIGMA { low = middle } else { high = middle }
    }
    0.25 * (low + high)
}

/// Φ of the standard normal distribution.
fn cumulative(z: f64) -> f64 {
    0.5 * (1.0 + erf(z * std::f64::consts::FRAC_1_SQRT_2))
}

/// φ of the standard normal distribution.
fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Contribution, ErrorSource, Evaluation};

    fn line(distribution: Distribution, covariance: Covariance) -> Contribution {
        let (source, evaluation) = (ErrorSource::SenseResistor, Evaluation::B);
        Contribution { source, evaluation, distribution, covariance: vec![covariance] }
    }

    #[test]
    fn coverage_factors_agree_with_scipy() {
        // scipy 1.17.1: brentq on the integral of norm.cdf over the rectangle, k/2 for the share
        // of the standard deviation that is rectangular.
        let cases = [
            (0.2, 0.999_914_464),
            (0.5, 0.995_481_980),
            (0.7, 0.977_359_738),
            (0.9, 0.914_984_378),
            (0.99, 0.837_778_284),
            (0.999, 0.826_160_919),
        ];
        for (share, expected) in cases {
            let found = coverage_ratio(1.0, share);
            assert!((found - expected).abs() < 1e-6, "{share}: {found} for {expected}");
        }
    }

    #[test]
    fn normal_lines_add_in_squares() {
        let value = Complex64::new(3.0, 4.0);
        let lines = [3.0, 4.0].map(|u| line(Distribution::Normal, Covariance::circular(u)));
        let budget = Budget { contributions: lines.to_vec() };
        let u = combined(&[value], &budget)[0];
        assert!((u.u_magnitude(value) - 5.0).abs() < 1e-12);
        assert!((u.u_phase(value) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_rectangle_along_the_magnitude_leaves_the_phase_alone() {
        let value = Complex64::new(3.0, 4.0);
        let gain = line(Distribution::Rectangular, Covariance::radial(value, 1.0));
        let noise = line(Distribution::Normal, Covariance::circular(0.01));
        let u = combined(&[value], &Budget { contributions: vec![gain, noise] })[0];
        assert!((u.u_magnitude(value) / 1.0_f64.hypot(0.01) - 0.827).abs() < 2e-3);
        assert!((u.u_phase(value) * 5.0 - 0.01).abs() < 1e-9);
    }

    #[test]
    fn nothing_uncertain_is_certain() {
        let u = combined(&[Complex64::ONE], &Budget::default())[0];
        assert!(u.u_magnitude(Complex64::ONE) <= 0.0);
    }
}
