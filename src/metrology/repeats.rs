//! What repeating a measurement tells about its uncertainty (type A).

use ndarray::Array1;
use num_complex::Complex64;

use super::statistics::few_values_factor;
use crate::model::{Covariance, FrequencyGrid};
use crate::quantity::Seconds;

/// Variances are pooled over this much on either side, in octaves.
const POOLED_OCTAVES: f64 = 1.0 / 6.0;

/// Mean of repeated complex spectra, with what is known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct RepeatedMean {
    /// Mean over the repeats, one value per frequency.
    pub mean: Array1<Complex64>,
    /// Covariance of the mean, such that twice the standard uncertainty covers 95 %; absent for a
    /// single repeat of which nothing was predicted.
    pub covariance: Option<Vec<Covariance>>,
}

/// What is known of the noise of each repeat before they are compared with each other, one value
/// per frequency.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicted {
    /// E|z − E z|² of one repeat.
    pub variance: Vec<f64>,
    /// Degrees of freedom of that figure.
    pub dof: Vec<f64>,
}

impl Predicted {
    /// The prediction for all repeats of several groups of equal size, each with its own.
    ///
    /// `None` of none, or if their lengths differ.
    #[must_use]
    pub fn of_groups(groups: &[&Self]) -> Option<Self> {
        let (first, count) = (groups.first()?, groups.len() as f64);
        if groups.iter().any(|group| group.variance.len() != first.variance.len()) {
            return None;
        }
        let sum = |of: &dyn Fn(&Self) -> f64| groups.iter().map(|group| of(group)).sum::<f64>();
        let frequencies = 0..first.variance.len();
        Some(Self {
            variance: frequencies.clone().map(|k| sum(&|g| g.variance[k]) / count).collect(),
            dof: frequencies.map(|k| sum(&|g| g.dof[k])).collect(),
        })
    }
}

/// Repeats that do not belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RepeatsError {
    /// There is nothing to average.
    #[error("no repeats to average")]
    None,
    /// A repeat has another number of values than there are frequencies.
    #[error("repeat {repeat} has {found} values for {expected} frequencies")]
    Length {
        /// Which repeat, counted from one.
        repeat: usize,
        /// Frequencies in the grid.
        expected: usize,
        /// Values in the repeat.
        found: usize,
    },
}

/// Mean and covariance of M repeats on one grid, which differ by noise alone.
///
/// Per frequency, z being each of the M values,
///
/// ```text
/// z̄  = Σ z / M
/// s² = Σ |z − z̄|² / (M − 1)        2(M − 1) degrees of freedom
/// u  = √(s²/2M) · t(ν)/2             per component, the same in every direction
/// ```
///
/// Two repeats alone have ν = 2, and their u would jump about by an order of magnitude from one
/// frequency to the next. As noise changes slowly over frequency, s² is averaged over a sixth of
/// an octave on either side (less at the ends of the grid), which holds
/// `independent_cells(from, to)` independent values between two frequencies in hertz, though not
/// more than there are grid points: ν = 2(M − 1) · cells. The last factor, [`few_values_factor`],
/// makes twice the result cover 95 % whatever ν is.
///
/// A prediction stands in for s² where there is a single repeat. Where there are several, what
/// they show is believed, as there is more between them than noise; only where they are more
/// alike than noise can be, which is chance, the prediction counts too: see [`combined`].
///
/// What makes the repeats differ in the same way at all frequencies, such as a drifting gain, has
/// fewer degrees of freedom than this counts.
///
/// # Errors
///
/// When there is no repeat, or one (or the prediction) has not as many values as the grid.
pub fn mean_and_covariance(
    grid: &FrequencyGrid,
    repeats: &[Array1<Complex64>],
    predicted: Option<&Predicted>,
    independent_cells: impl Fn(f64, f64) -> f64,
) -> Result<RepeatedMean, RepeatsError> {
    let expected = grid.len();
    let lengths = repeats.iter().map(Array1::len).chain(predicted.map(|p| p.variance.len()));
    if let Some((odd, found)) = lengths.enumerate().find(|&(_, len)| len != expected) {
        return Err(RepeatsError::Length { repeat: odd + 1, expected, found });
    }
    let mean = mean_of(repeats).ok_or(RepeatsError::None)?;
    let count = repeats.len() as f64;
    let of_variance = |known: Variance| {
        let u = (known.value / (2.0 * count)).sqrt() * few_values_factor(known.dof);
        Covariance::circular(u)
    };
    let prediction =
        |at: usize| predicted.map(|of| Variance { value: of.variance[at], dof: of.dof[at] });
    if repeats.len() < 2 {
        let covariance = (0..expected).map(|at| prediction(at).map(of_variance)).collect();
        return Ok(RepeatedMean { mean, covariance });
    }
    let scatter = scatter(repeats, &mean);
    let covariance = (0..expected).map(|at| {
        let window = Window::around(grid, at);
        let dof = 2.0 * (count - 1.0) * window.cells(&independent_cells);
        let shown = Variance { value: window.mean(&scatter), dof };
        of_variance(combined(shown, prediction(at)))
    });
    Ok(RepeatedMean { mean, covariance: Some(covariance.collect()) })
}

/// An estimate of a variance with its degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Variance {
    value: f64,
    dof: f64,
}

/// What the scatter of repeats shows, together with what was predicted of it.
///
/// The scatter holds the noise and whatever else changes from repeat to repeat, so the truth
/// cannot lie below the noise. A scatter that does lies there by chance, and the prediction, an
/// estimate of the same variance then, is pooled with it. It counts with all of its degrees of
/// freedom where the scatter is half of it or less, with none where they are equal, and in
/// proportion between, so that the result does not jump from one frequency to the next:
///
/// ```text
/// w = 2(1 − s²/σ²) from 0 to 1,   s'² = (ν s² + w ν_σ σ²)/(ν + w ν_σ),   ν' = ν + w ν_σ
/// ```
///
/// Pooling more, also where the scatter is larger but not significantly so, would cover 85 % when
/// the truth is four times the noise and two repeats cannot show it. This rule covers 93 % to
/// 97.6 % for any truth from the noise up to ten times it (100 000 trials, ν of 2 to 200, `ν_σ`
/// of 7 and 40).
fn combined(shown: Variance, predicted: Option<Variance>) -> Variance {
    let Some(predicted) = predicted.filter(|p| p.value > shown.value) else { return shown };
    let weight = (2.0 * (1.0 - shown.value / predicted.value)).clamp(0.0, 1.0);
    let added = weight * predicted.dof;
    let dof = shown.dof + added;
    Variance { value: (shown.dof * shown.value + added * predicted.value) / dof, dof }
}

/// The coherence γ² between what was played and what came back, per frequency: the share of the
/// power of one repeat that is the same in all. Repeats of different seatings are different
/// groups, each with a mean of its own.
///
/// ```text
/// 1 − γ² = Σ s² / Σ (Σ|z|²/M)
/// ```
///
/// Sums over the groups. With one group this is the usual estimate `|Σz|²/(M Σ|z|²)` freed from
/// its bias `(1 − γ²)/M`, which for repeats of one excitation is exact. A repeat of noise alone
/// may come out below zero and is then zero.
///
/// `None` without groups, or when one has fewer than two repeats: a single value is always
/// coherent with itself.
#[must_use]
pub fn coherence(groups: &[&[Array1<Complex64>]]) -> Option<Array1<f64>> {
    let len = groups.first()?.first()?.len();
    let (mut scattered, mut power) = (Array1::<f64>::zeros(len), Array1::<f64>::zeros(len));
    for repeats in groups {
        if repeats.len() < 2 || repeats.iter().any(|repeat| repeat.len() != len) {
            return None;
        }
        scattered += &Array1::from(scatter(repeats, &mean_of(repeats)?));
        for repeat in *repeats {
            power += &repeat.mapv(|z| z.norm_sqr() / repeats.len() as f64);
        }
    }
    let of = |k: usize| if power[k] > 0.0 { (1.0 - scattered[k] / power[k]).max(0.0) } else { 0.0 };
    Some((0..len).map(of).collect())
}

/// Independent values that a band of so many hertz holds, for a gate of length Tg whose second
/// half falls as half a Hann window: `B·Tg·0.69`, at least one.
///
/// 0.69 is the mean square of that gate, 11/16.
#[must_use]
pub fn independent_cells(band_hz: f64, gate: Seconds) -> f64 {
    /// Mean square of a gate that is 1 over its first half and half a Hann window after.
    const MEAN_SQUARE: f64 = 11.0 / 16.0;
    (band_hz * gate.s() * MEAN_SQUARE).max(1.0)
}

fn mean_of(repeats: &[Array1<Complex64>]) -> Option<Array1<Complex64>> {
    let (first, rest) = repeats.split_first()?;
    let sum = rest.iter().fold(first.clone(), |sum, repeat| sum + repeat);
    Some(sum / repeats.len() as f64)
}

/// `Σ |z − z̄|² / (M − 1)` for each frequency, of two or more repeats.
#[must_use]
pub fn scatter(repeats: &[Array1<Complex64>], mean: &Array1<Complex64>) -> Vec<f64> {
    let dof = (repeats.len() - 1) as f64;
    let at = |k: usize| repeats.iter().map(|r| (r[k] - mean[k]).norm_sqr()).sum::<f64>() / dof;
    (0..mean.len()).map(at).collect()
}

/// The grid points over which a variance is pooled.
struct Window {
    first: usize,
    end: usize,
    from_hz: f64,
    to_hz: f64,
}

impl Window {
    fn around(grid: &FrequencyGrid, at: usize) -> Self {
        let hz = grid.hz();
        let side = POOLED_OCTAVES.exp2();
        let low = (hz[at] / side).max(grid.first_hz());
        let high = (hz[at] * side).min(grid.last_hz());
        Self {
            first: hz.partition_point(|&f| f < low).min(at),
            end: hz.partition_point(|&f| f <= high).max(at + 1),
            from_hz: low,
            to_hz: high,
        }
    }

    fn mean(&self, values: &[f64]) -> f64 {
        let inside = &values[self.first..self.end];
        inside.iter().sum::<f64>() / inside.len() as f64
    }

    fn cells(&self, independent_cells: impl Fn(f64, f64) -> f64) -> f64 {
        independent_cells(self.from_hz, self.to_hz).min((self.end - self.first) as f64).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{PI, TAU};

    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;
    use rand_distr::{Distribution, StandardNormal};

    use super::*;
    use crate::quantity::Frequency;

    fn grid(points_per_octave: u16) -> FrequencyGrid {
        let hz = |f| Frequency::new(f).unwrap();
        FrequencyGrid::logarithmic(hz(50.0), hz(800.0), points_per_octave)
    }

    /// Noise as a measurement has it: white in time, gated, transformed, rising with √f as behind
    /// a logarithmic sweep. Neighbouring frequencies are as alike as the gate makes them.
    struct GatedNoise {
        kernel: Vec<Vec<Complex64>>,
    }

    impl GatedNoise {
        const RATE_HZ: f64 = 2000.0;
        const GATE_S: f64 = 0.2;

        fn new(grid: &FrequencyGrid) -> Self {
            let frames = (Self::RATE_HZ * Self::GATE_S) as usize;
            let half = frames / 2;
            let gate = |k: usize| {
                let fall = k.saturating_sub(half) as f64 / half as f64;
                0.5 + 0.5 * (PI * fall).cos()
            };
            let row = |&f: &f64| -> Vec<Complex64> {
                let turn = |k: usize| Complex64::cis(-TAU * f * k as f64 / Self::RATE_HZ);
                (0..frames).map(|k| turn(k) * gate(k) * 2e-4 * f.sqrt()).collect()
            };
            Self { kernel: grid.hz().iter().map(row).collect() }
        }

        fn draw(&self, rng: &mut ChaCha8Rng) -> Array1<Complex64> {
            let white: Vec<f64> =
                (0..self.kernel[0].len()).map(|_| StandardNormal.sample(rng)).collect();
            let value = |row: &Vec<Complex64>| row.iter().zip(&white).map(|(&k, &w)| k * w).sum();
            self.kernel.iter().map(value).collect()
        }
    }

    /// How often the true magnitude lies within twice the stated uncertainty: per frequency.
    fn coverage(grid: &FrequencyGrid, repeats: usize, seeds: u64) -> Vec<f64> {
        let truth: Array1<Complex64> =
            grid.hz().iter().map(|f| Complex64::from_polar(1.0 + 50.0 / f, f / 100.0)).collect();
        let noise = GatedNoise::new(grid);
        let gate = Seconds::new(GatedNoise::GATE_S).unwrap();
        let mut hits = vec![0_u32; grid.len()];
        for seed in 0..seeds {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let takes: Vec<_> = (0..repeats).map(|_| &truth + &noise.draw(&mut rng)).collect();
            let cells = |from_hz: f64, to_hz: f64| independent_cells(to_hz - from_hz, gate);
            let found = mean_and_covariance(grid, &takes, None, cells).unwrap();
            let covariance = found.covariance.unwrap();
            for k in 0..grid.len() {
                let error = found.mean[k].norm() - truth[k].norm();
                let u = covariance[k].u_magnitude(found.mean[k]);
                hits[k] += u32::from(error.abs() <= 2.0 * u);
            }
        }
        hits.iter().map(|&h| f64::from(h) / seeds as f64).collect()
    }

    #[test]
    fn twice_the_stated_uncertainty_holds_the_truth_in_95_of_100() {
        const SEEDS: u64 = 400;
        // 95.45 % is aimed at; 400 seeds of some ten independent frequencies scatter by 0.4 %.
        const WITHIN: std::ops::RangeInclusive<f64> = 0.93..=0.97;
        // One frequency alone scatters by 1.1 %: three of these, and the largest of many.
        const WORST: f64 = 0.91;
        for (points_per_octave, repeats) in [(12, 2), (12, 4), (12, 8), (48, 2)] {
            let each = coverage(&grid(points_per_octave), repeats, SEEDS);
            let mean = each.iter().sum::<f64>() / each.len() as f64;
            let worst = each.iter().copied().fold(1.0, f64::min);
            assert!(WITHIN.contains(&mean), "{repeats} repeats: {mean}");
            assert!(worst > WORST, "{repeats} repeats: {worst} at worst, {each:?}");
        }
    }

    #[test]
    fn the_mean_and_spread_of_two_repeats_are_those_of_the_formula() {
        let grid = FrequencyGrid::new(vec![100.0]).unwrap();
        let repeats = [Complex64::new(1.0, 1.0), Complex64::new(3.0, 1.0)].map(|z| vec![z].into());
        let found = mean_and_covariance(&grid, &repeats, None, |_, _| 1.0).unwrap();
        assert_eq!(found.mean[0], Complex64::new(2.0, 1.0));
        // s² = 2, so √(s²/2M) = √0.5; t of two degrees of freedom at 95.45 % is 4.5265 (scipy).
        let u = found.covariance.unwrap()[0].u_magnitude(Complex64::ONE);
        assert!((u - 0.5_f64.sqrt() * 4.526_536_68 / 2.0).abs() < 1e-7);
    }

    #[test]
    fn equal_repeats_are_certain() {
        let grid = grid(12);
        let one = Array1::from_elem(grid.len(), Complex64::new(0.5, -0.25));
        let found =
            mean_and_covariance(&grid, &[one.clone(), one.clone()], None, |_, _| 1.0).unwrap();
        assert_eq!(found.mean, one);
        assert_eq!(found.covariance.unwrap(), vec![Covariance::default(); grid.len()]);
    }

    #[test]
    fn a_single_repeat_has_no_uncertainty_rather_than_none_at_all() {
        let grid = grid(12);
        let one = Array1::from_elem(grid.len(), Complex64::ONE);
        assert_eq!(mean_and_covariance(&grid, &[one], None, |_, _| 1.0).unwrap().covariance, None);
    }

    #[test]
    fn repeats_that_do_not_fit_are_refused() {
        let grid = grid(12);
        assert_eq!(mean_and_covariance(&grid, &[], None, |_, _| 1.0), Err(RepeatsError::None));
        let repeats = [Array1::zeros(grid.len()), Array1::zeros(3)];
        let error = mean_and_covariance(&grid, &repeats, None, |_, _| 1.0).unwrap_err();
        assert_eq!(error.to_string(), "repeat 2 has 3 values for 49 frequencies");
    }

    #[test]
    fn a_single_repeat_is_as_uncertain_as_was_predicted() {
        let grid = FrequencyGrid::new(vec![100.0]).unwrap();
        let predicted = Predicted { variance: vec![0.02], dof: vec![4.0] };
        let one = [vec![Complex64::ONE].into()];
        let found = mean_and_covariance(&grid, &one, Some(&predicted), |_, _| 1.0).unwrap();
        // √(0.02/2) per component; t of four degrees of freedom at 95.45 % is 2.8693 (scipy).
        let u = found.covariance.unwrap()[0].u_magnitude(Complex64::ONE);
        assert!((u - 0.1 * 2.869_3 / 2.0).abs() < 1e-5, "{u}");
        let short = Predicted { variance: vec![], dof: vec![] };
        assert!(mean_and_covariance(&grid, &one, Some(&short), |_, _| 1.0).is_err());
    }

    #[test]
    fn a_scatter_below_the_noise_is_lifted_towards_it_and_one_above_is_believed() {
        let noise = Some(Variance { value: 1.0, dof: 12.0 });
        let shown = |value: f64| Variance { value, dof: 4.0 };
        assert_eq!(combined(shown(1.5), noise), shown(1.5));
        assert_eq!(combined(shown(0.5), None), shown(0.5));
        // By hand: all of the prediction counts, (4 · 0.2 + 12 · 1)/16.
        assert_eq!(combined(shown(0.2), noise), Variance { value: 0.8, dof: 16.0 });
        // Half of it does: (4 · 0.75 + 6 · 1)/10.
        assert_eq!(combined(shown(0.75), noise), Variance { value: 0.9, dof: 10.0 });
    }

    #[test]
    fn the_coherence_of_repeats_in_noise_is_that_of_its_definition_without_bias() {
        /// Signal over noise 4 in power: γ² = 4/5.
        const TRUTH: f64 = 0.8;
        for count in [2, 3, 8] {
            let mut rng = ChaCha8Rng::seed_from_u64(count as u64);
            let component = 0.125_f64.sqrt();
            let mut noise = || -> f64 {
                let z: f64 = StandardNormal.sample(&mut rng);
                component * z
            };
            let repeats: Vec<Array1<Complex64>> = (0..count)
                .map(|_| (0..4000).map(|_| Complex64::new(1.0 + noise(), noise())).collect())
                .collect();
            let found = coherence(&[&repeats]).unwrap().mean().unwrap();
            // Two repeats scatter by 0.2 or so; a ratio of means is not a mean of ratios, which
            // costs two repeats 0.01 of bias at this low a coherence.
            assert!((found - TRUTH).abs() < 0.025, "{count}: {found}");
        }
        let one = Array1::from_elem(1, Complex64::ONE);
        assert_eq!(coherence(&[std::slice::from_ref(&one)]), None);
        assert_eq!(coherence(&[]), None);
    }

    #[test]
    fn seatings_differ_without_loss_of_coherence() {
        let value = |z: f64| Array1::from_elem(1, Complex64::new(z, 0.0));
        let (first, second) = ([value(1.0), value(1.0)], [value(-2.0), value(-2.0)]);
        assert_eq!(coherence(&[&first, &second]).unwrap()[0].to_bits(), 1.0_f64.to_bits());
        let together = [value(1.0), value(1.0), value(-2.0), value(-2.0)];
        assert!(coherence(&[&together]).unwrap()[0] < 0.1);
    }

    #[test]
    fn a_narrow_band_is_one_cell_and_a_wide_one_many() {
        let gate = Seconds::new(0.2).unwrap();
        assert!((independent_cells(1.0, gate) - 1.0).abs() < 1e-12);
        // One sixth of an octave at 10 kHz, worked by hand: 1156 Hz · 0.2 s · 0.6875.
        assert!((independent_cells(1156.0, gate) - 158.95).abs() < 1e-9);
    }
}
