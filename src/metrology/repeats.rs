//! What repeating a measurement tells about its uncertainty (type A).

use ndarray::Array1;
use num_complex::Complex64;

use super::statistics::few_values_factor;
use crate::model::{Covariance, FrequencyGrid};
use crate::quantity::Seconds;

/// Variances are pooled over this much on either side, in octaves.
const POOLED_OCTAVES: f64 = 1.0 / 6.0;

/// Mean of repeated complex spectra, with what the repeats say about it.
#[derive(Debug, Clone, PartialEq)]
pub struct RepeatedMean {
    /// Mean over the repeats, one value per frequency.
    pub mean: Array1<Complex64>,
    /// Covariance of the mean, such that twice the standard uncertainty covers 95 %; absent for a
    /// single repeat.
    pub covariance: Option<Vec<Covariance>>,
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
/// `independent_cells(width in hertz)` independent values, though not more than there are grid
/// points: ν = 2(M − 1) · cells. The last factor, [`few_values_factor`], makes twice the result
/// cover 95 % whatever ν is.
///
/// What makes the repeats differ in the same way at all frequencies, such as a drifting gain, has
/// fewer degrees of freedom than this counts.
///
/// # Errors
///
/// When there is no repeat, or one has not as many values as the grid.
pub fn mean_and_covariance(
    grid: &FrequencyGrid,
    repeats: &[Array1<Complex64>],
    independent_cells: impl Fn(f64) -> f64,
) -> Result<RepeatedMean, RepeatsError> {
    let expected = grid.len();
    if let Some(odd) = repeats.iter().position(|r| r.len() != expected) {
        let found = repeats[odd].len();
        return Err(RepeatsError::Length { repeat: odd + 1, expected, found });
    }
    let mean = mean_of(repeats).ok_or(RepeatsError::None)?;
    if repeats.len() < 2 {
        return Ok(RepeatedMean { mean, covariance: None });
    }
    let scatter = scatter_of(repeats, &mean);
    let dof_per_cell = 2.0 * (repeats.len() - 1) as f64;
    let covariance = (0..expected)
        .map(|at| {
            let window = Window::around(grid, at);
            let variance = window.mean(&scatter) / (2.0 * repeats.len() as f64);
            let cells = window.cells(&independent_cells);
            Covariance::circular(variance.sqrt() * few_values_factor(dof_per_cell * cells))
        })
        .collect();
    Ok(RepeatedMean { mean, covariance: Some(covariance) })
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

/// `Σ |z − z̄|² / (M − 1)` for each frequency.
fn scatter_of(repeats: &[Array1<Complex64>], mean: &Array1<Complex64>) -> Vec<f64> {
    let dof = (repeats.len() - 1) as f64;
    let at = |k: usize| repeats.iter().map(|r| (r[k] - mean[k]).norm_sqr()).sum::<f64>() / dof;
    (0..mean.len()).map(at).collect()
}

/// The grid points over which a variance is pooled.
struct Window {
    first: usize,
    end: usize,
    width_hz: f64,
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
            width_hz: high - low,
        }
    }

    fn mean(&self, values: &[f64]) -> f64 {
        let inside = &values[self.first..self.end];
        inside.iter().sum::<f64>() / inside.len() as f64
    }

    fn cells(&self, independent_cells: impl Fn(f64) -> f64) -> f64 {
        independent_cells(self.width_hz).min((self.end - self.first) as f64).max(1.0)
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
            let found =
                mean_and_covariance(grid, &takes, |band| independent_cells(band, gate)).unwrap();
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
        let found = mean_and_covariance(&grid, &repeats, |_| 1.0).unwrap();
        assert_eq!(found.mean[0], Complex64::new(2.0, 1.0));
        // s² = 2, so √(s²/2M) = √0.5; t of two degrees of freedom at 95.45 % is 4.5265 (scipy).
        let u = found.covariance.unwrap()[0].u_magnitude(Complex64::ONE);
        assert!((u - 0.5_f64.sqrt() * 4.526_536_68 / 2.0).abs() < 1e-7);
    }

    #[test]
    fn equal_repeats_are_certain() {
        let grid = grid(12);
        let one = Array1::from_elem(grid.len(), Complex64::new(0.5, -0.25));
        let found = mean_and_covariance(&grid, &[one.clone(), one.clone()], |_| 1.0).unwrap();
        assert_eq!(found.mean, one);
        assert_eq!(found.covariance.unwrap(), vec![Covariance::default(); grid.len()]);
    }

    #[test]
    fn a_single_repeat_has_no_uncertainty_rather_than_none_at_all() {
        let grid = grid(12);
        let one = Array1::from_elem(grid.len(), Complex64::ONE);
        assert_eq!(mean_and_covariance(&grid, &[one], |_| 1.0).unwrap().covariance, None);
    }

    #[test]
    fn repeats_that_do_not_fit_are_refused() {
        let grid = grid(12);
        assert_eq!(mean_and_covariance(&grid, &[], |_| 1.0), Err(RepeatsError::None));
        let repeats = [Array1::zeros(grid.len()), Array1::zeros(3)];
        let error = mean_and_covariance(&grid, &repeats, |_| 1.0).unwrap_err();
        assert_eq!(error.to_string(), "repeat 2 has 3 values for 49 frequencies");
    }

    #[test]
    fn a_narrow_band_is_one_cell_and_a_wide_one_many() {
        let gate = Seconds::new(0.2).unwrap();
        assert!((independent_cells(1.0, gate) - 1.0).abs() < 1e-12);
        // One sixth of an octave at 10 kHz, worked by hand: 1156 Hz · 0.2 s · 0.6875.
        assert!((independent_cells(1156.0, gate) - 158.95).abs() < 1e-9);
    }
}
