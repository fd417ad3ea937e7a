//! A recorder whose clock is not the player's.

use ndarray::{Array2, Axis, Slice};
use realfft::FftError;
use serde::{Deserialize, Serialize};

use super::super::check::{Check, ScenarioError};
use super::super::spectral::oversampled;
use super::interpolation::Continuous;
use super::{Faults, check_ppm};

/// A slow change of a clock's rate to and fro, as that of a wireless link.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wander {
    /// Largest deviation from `clock_ppm`, in parts per million.
    pub ppm: f64,
    /// Time of one to and fro; it begins without deviation, rising.
    pub period_s: f64,
}

impl Wander {
    pub(super) fn check(self) -> Result<(), ScenarioError> {
        let check = Check::of("faults.clock_wander");
        check_ppm(check, ("ppm", self.ppm))?;
        check.positive(&[("period_s", self.period_s)])
    }
}

/// The recorder's count of samples over the player's.
///
/// With `x` samples of the player since both began, the recorder has counted
///
/// ```text
/// k(x) = (1 + p)·x + w·P/2π·(1 − cos(2πx/P)),   dk/dx = 1 + p + w·sin(2πx/P)
/// ```
///
/// p difference of the rates, w and P depth and period of its wander. Without wander, sample k of
/// the recording is the player's signal at r·k with r = 1/(1 + p).
#[derive(Debug, Clone, Copy)]
struct Clock {
    p: f64,
    w: f64,
    period: f64,
}

impl Clock {
    fn count(self, x: f64) -> f64 {
        let angle = std::f64::consts::TAU * x / self.period;
        let swing = self.w * self.period / std::f64::consts::TAU;
        (1.0 + self.p) * x + swing * (1.0 - angle.cos())
    }

    /// The player's position at the recorder's sample k.
    fn position(self, k: f64) -> f64 {
        /// Each step of Newton's method squares an error that begins at w.
        const STEPS: usize = 4;
        let mut x = k / (1.0 + self.p);
        if self.w == 0.0 {
            return x;
        }
        for _ in 0..STEPS {
            let angle = std::f64::consts::TAU * x / self.period;
            x -= (self.count(x) - k) / (1.0 + self.p + self.w * angle.sin());
        }
        x
    }
}

impl Faults {
    fn clock(&self, rate_hz: f64) -> Option<Clock> {
        let (w, period_s) = self.clock_wander.map_or((0.0, 1.0), |of| (of.ppm * 1e-6, of.period_s));
        let (p, period) = (self.clock_ppm * 1e-6, period_s * rate_hz);
        (p != 0.0 || w != 0.0).then_some(Clock { p, w, period })
    }

    /// What the recorder samples while the player plays so many frames. The length of the signals
    /// is quick to transform and one period of them.
    pub(in super::super) fn sampled(
        &self,
        signals: &Array2<f64>,
        frames: usize,
        rate_hz: f64,
    ) -> Result<Array2<f64>, FftError> {
        let Some(clock) = self.clock(rate_hz) else {
            return Ok(signals.slice_axis(Axis(1), Slice::from(..frames)).to_owned());
        };
        let doubled = |row| oversampled(&signals.row(row).to_vec(), 2);
        let continuous = Continuous::new([doubled(0)?, doubled(1)?]);
        let counted = clock.count(frames as f64 - 1.0).floor() as usize + 1;
        let mut sampled = Array2::zeros((2, counted));
        for (k, mut frame) in sampled.columns_mut().into_iter().enumerate() {
            let [first, second] = continuous.at(2.0 * clock.position(k as f64));
            (frame[0], frame[1]) = (first, second);
        }
        Ok(sampled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: f64 = 48_000.0;
    /// 2^5·3^2·5^2: one period of the signals.
    const PERIOD: usize = 7200;
    const FRAMES: usize = 7000;

    fn with(ppm: f64, wander: Option<Wander>) -> Faults {
        Faults { clock_ppm: ppm, clock_wander: wander, ..Faults::default() }
    }

    /// Five tones up to 0.48 of the rate, each with a whole number of cycles in a period.
    fn tones(x: f64) -> f64 {
        let cycles = [3.0, 151.0, 1234.0, 2777.0, 3456.0];
        let turn = std::f64::consts::TAU / PERIOD as f64;
        cycles.iter().map(|n| (turn * n * x + n).sin()).sum()
    }

    fn played() -> Array2<f64> {
        Array2::from_shape_fn((2, PERIOD), |(row, k)| (1.0 - 2.0 * row as f64) * tones(k as f64))
    }

    /// What is asked of the interpolation, re the peak of five tones.
    const INTERPOLATION: f64 = 5.0 * 1e-8;

    #[test]
    fn a_sample_is_the_players_signal_at_the_time_of_the_recorders_clock() {
        for ppm in [-300.0, -1.0, 0.01, 38.0, 300.0, 5000.0] {
            let sampled = with(ppm, None).sampled(&played(), FRAMES, RATE_HZ).unwrap();
            let mut worst = 0.0_f64;
            for (k, frame) in sampled.columns().into_iter().enumerate() {
                let truth = tones(k as f64 / (1.0 + ppm * 1e-6));
                worst = worst.max((frame[0] - truth).abs()).max((frame[1] + truth).abs());
            }
            assert!(worst < INTERPOLATION, "{ppm} ppm: {worst}");
        }
    }

    #[test]
    fn a_fast_recorder_counts_more_samples() {
        let frames = |ppm| with(ppm, None).sampled(&played(), FRAMES, RATE_HZ).unwrap().ncols();
        // 7000 samples times 1000 ppm are seven.
        assert_eq!([-1000.0, 0.0, 1000.0].map(frames), [FRAMES - 7, FRAMES, FRAMES + 6]);
    }

    #[test]
    fn a_wandering_clock_has_its_rate_at_every_moment() {
        /// Difference quotient over two samples of positions that are rounded at 1e−12.
        const QUOTIENT: f64 = 1e-10;
        let clock = with(20.0, Some(Wander { ppm: 50.0, period_s: 0.1 })).clock(RATE_HZ).unwrap();
        for k in [1_u32, 600, 1200, 3600, 4801] {
            let x = clock.position(f64::from(k));
            assert!((clock.count(x) - f64::from(k)).abs() < 1e-9);
            let rate = (clock.count(x + 1.0) - clock.count(x - 1.0)) / 2.0 - 1.0;
            let expected = 20e-6 + 50e-6 * (std::f64::consts::TAU * x / 4800.0).sin();
            assert!((rate - expected).abs() < QUOTIENT, "{rate} {expected}");
        }
    }

    #[test]
    fn a_wandering_recording_is_the_signal_at_the_wandering_time() {
        let faults = with(20.0, Some(Wander { ppm: 50.0, period_s: 0.1 }));
        let clock = faults.clock(RATE_HZ).unwrap();
        let sampled = faults.sampled(&played(), FRAMES, RATE_HZ).unwrap();
        for (k, value) in sampled.row(0).iter().enumerate() {
            assert!((value - tones(clock.position(k as f64))).abs() < INTERPOLATION);
        }
    }
}
