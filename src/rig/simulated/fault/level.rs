//! Stages that are driven to their end, and offsets.

use ndarray::Array2;
use realfft::FftError;
use serde::{Deserialize, Serialize};

use super::super::check::{Check, ScenarioError};
use super::super::converter::Input;
use super::super::spectral::{decimated, oversampled};
use super::Faults;
use super::wiring::InputNumber;

/// A stage that is driven to its end below the converter's full scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clipping {
    /// At which input.
    pub input: InputNumber,
    /// Where the end is, 1.0 being full scale.
    pub level_fs: f64,
    /// What kind of end.
    pub kind: ClippingKind,
}

/// How a stage ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClippingKind {
    /// Straight up to its end, and flat from there: an amplifier with much feedback. The
    /// converter's filter follows, so the tops ripple where the slopes were steep.
    Hard,
    /// Towards its end as the hyperbolic tangent: a stage without feedback.
    Soft,
    /// The converter itself, after its noise: the tops are exactly flat.
    Converter,
}

impl Clipping {
    /// How many times the rate a continuous signal is computed at: harmonics up to the seventh
    /// of all that is audible then fold to where the converter's filter takes them away.
    const FACTOR: usize = 4;

    /// The value behind the stage.
    fn of(self, value: f64) -> f64 {
        match self.kind {
            ClippingKind::Hard => value.clamp(-self.level_fs, self.level_fs),
            ClippingKind::Soft => self.level_fs * (value / self.level_fs).tanh(),
            ClippingKind::Converter => value,
        }
    }

    pub(super) fn check(self) -> Result<(), ScenarioError> {
        Check::of("faults.clipping").positive(&[("level_fs", self.level_fs)])
    }
}

/// A constant voltage at an input.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offset {
    /// At which input.
    pub input: InputNumber,
    /// The voltage, 1.0 being full scale.
    pub value_fs: f64,
}

impl Offset {
    pub(super) fn check(self) -> Result<(), ScenarioError> {
        let value = ("value_fs", self.value_fs);
        Check::of("faults.dc_offset").within(value, (-1.0, 1.0), "from -1 to 1")
    }
}

impl Faults {
    /// Drives the stages in front of the converter to their ends.
    pub(in super::super) fn overdrive(&self, signals: &mut Array2<f64>) -> Result<(), FftError> {
        let analogue = |clipping: &&Clipping| clipping.kind != ClippingKind::Converter;
        for clipping in self.clipping.iter().filter(analogue) {
            let mut row = signals.row_mut(clipping.input.index());
            // A stage that is not driven to its end is not there.
            let driven = row.iter().any(|value| value.abs() > clipping.level_fs);
            if clipping.kind == ClippingKind::Hard && !driven {
                continue;
            }
            let mut continuous = oversampled(&row.to_vec(), Clipping::FACTOR)?;
            for value in &mut continuous {
                *value = clipping.of(*value);
            }
            let clipped = decimated(&continuous, Clipping::FACTOR, row.len())?;
            row.iter_mut().zip(clipped).for_each(|(value, clipped)| *value = clipped);
        }
        Ok(())
    }

    /// Gives a converter's input its offset and its end, and whatever is wrong with what is
    /// connected to it.
    pub(in super::super) fn change_input(
        &self,
        index: usize,
        input: &mut Input,
        (electrical, microphone): (f64, f64),
    ) {
        for offset in self.dc_offset.iter().filter(|offset| offset.input.index() == index) {
            input.offset += offset.value_fs;
        }
        let here = self.clipping.iter().filter(|clipping| clipping.input.index() == index);
        for clipping in here.filter(|clipping| clipping.kind == ClippingKind::Converter) {
            input.limit = input.limit.min(clipping.level_fs);
        }
        if let Some(fault) = self.of_input(index) {
            fault.change(input, electrical, microphone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::amplitude;
    use super::*;

    /// 100 cycles of a tone in 4800 frames, of an amplitude.
    fn tone(amplitude: f64) -> Array2<f64> {
        let turn = std::f64::consts::TAU / 48.0;
        Array2::from_shape_fn((2, 4800), |(_, k)| amplitude * (turn * k as f64).sin())
    }

    /// Amplitude of a harmonic of input 1 behind a stage that ends at 0.5.
    fn overdriven(kind: ClippingKind, height: f64, n: usize) -> f64 {
        let clipping = Clipping { input: InputNumber::First, level_fs: 0.5, kind };
        let faults = Faults { clipping: vec![clipping], ..Faults::default() };
        let mut signals = tone(height);
        faults.overdrive(&mut signals).unwrap();
        assert_eq!(signals.row(1), tone(height).row(1));
        amplitude(&signals.row(0).to_vec(), 100.0 * n as f64)
    }

    #[test]
    fn a_soft_stage_has_the_odd_harmonics_of_the_hyperbolic_tangent_and_no_even_ones() {
        /// The next term of the series, 17/315·(A/L)⁶·21/64, re the fundamental.
        const NEXT_TERM: f64 = 0.018 * 1e-6;
        let height = 0.05;
        let drive: f64 = height / 0.5;
        // L·tanh(x/L) = x − x³/3L² + 2x⁵/15L⁴, and sin³, sin⁵ by angle addition.
        let third = drive.powi(2) / 12.0 - drive.powi(4) / 24.0;
        let fifth = drive.powi(4) / 120.0;
        let at = |n| overdriven(ClippingKind::Soft, height, n) / height;
        assert!((at(3) - third).abs() < 2.0 * NEXT_TERM, "{} {third}", at(3));
        assert!((at(5) - fifth).abs() < 2.0 * NEXT_TERM, "{} {fifth}", at(5));
        for even in [2, 4, 6] {
            assert!(at(even) < 1e-13, "{even}");
        }
    }

    #[test]
    fn a_hard_stage_has_the_harmonics_of_a_clipped_sine() {
        /// The harmonics above the eighth of the rate fold back: 1/n² of the third at n = 190.
        const FOLDED: f64 = 1e-4;
        let height = 0.55;
        // Clipped at sin θ = L/A: b₃ = (2/π)·A·(sin 2θ/2 − sin 4θ/4 + (L/A)·…) in closed form:
        // b₃ = (4/π)·[A·(sin 2θ/4 − sin 4θ/8) + L·cos 3θ/3].
        let theta = (0.5_f64 / height).asin();
        let rising = (2.0 * theta).sin() / 4.0 - (4.0 * theta).sin() / 8.0;
        let flat = 0.5 * (3.0 * theta).cos() / 3.0;
        let expected = 4.0 / std::f64::consts::PI * (height * rising + flat);
        let found = overdriven(ClippingKind::Hard, height, 3);
        assert!((found - expected.abs()).abs() < FOLDED * height, "{found} {expected}");
        assert!(overdriven(ClippingKind::Hard, height, 2) < 1e-13);
    }

    #[test]
    fn a_hard_stage_that_is_not_driven_to_its_end_changes_nothing() {
        let clipping =
            Clipping { input: InputNumber::First, level_fs: 0.5, kind: ClippingKind::Hard };
        let faults = Faults { clipping: vec![clipping], ..Faults::default() };
        let mut signals = tone(0.4);
        faults.overdrive(&mut signals).unwrap();
        assert_eq!(signals, tone(0.4));
    }
}
