//! What changes while a take lasts.

use ndarray::{Array2, ArrayViewMut1};
use realfft::FftError;
use serde::{Deserialize, Serialize};

use super::super::check::{Check, ScenarioError};
use super::super::ear::EarSection;
use super::super::spectral::Transform;
use super::wiring::InputNumber;
use super::{Faults, frame};
use crate::quantity::amplitude_ratio;

/// A gain that rises or falls all the time, as that of a driver that warms up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GainDrift {
    /// By how much per second; 0 dB at the beginning of the take.
    pub db_per_s: f64,
    /// Of what belongs to which input; of both if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub input: Option<InputNumber>,
}

/// A gain that changes once.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GainStep {
    /// When.
    pub at_s: f64,
    /// By how much.
    pub db: f64,
    /// Of what belongs to which input; of both if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub input: Option<InputNumber>,
}

/// A resonance that is there from some time on: something that rattles, a headphone that slipped.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponseChange {
    /// When; it fades in over 10 ms around that.
    pub at_s: f64,
    /// Centre.
    pub frequency_hz: f64,
    /// Quality factor.
    pub q: f64,
    /// Height; negative for a dip.
    pub gain_db: f64,
    /// Of what belongs to which input; of input 2 if absent.
    #[serde(default = "second")]
    pub input: InputNumber,
}

const fn second() -> InputNumber {
    InputNumber::Second
}

impl GainDrift {
    fn apply(self, signal: &mut ArrayViewMut1<'_, f64>, rate_hz: f64) {
        // exp(k·step): one product per frame would gather rounding, one power each is exact.
        let step = self.db_per_s / rate_hz * std::f64::consts::LN_10 / 20.0;
        for (k, value) in signal.iter_mut().enumerate() {
            *value *= (step * k as f64).exp();
        }
    }

    pub(super) fn check(self) -> Result<(), ScenarioError> {
        let drift = ("db_per_s", self.db_per_s);
        Check::of("faults.gain_drift").within(drift, (-10.0, 10.0), "from -10 to 10")
    }
}

impl GainStep {
    fn apply(self, signal: &mut ArrayViewMut1<'_, f64>, rate_hz: f64) {
        let gain = amplitude_ratio(self.db);
        signal.iter_mut().skip(frame(self.at_s, rate_hz)).for_each(|value| *value *= gain);
    }

    pub(super) fn check(self) -> Result<(), ScenarioError> {
        let check = Check::of("faults.gain_step");
        check.not_negative(&[("at_s", self.at_s)])?;
        check.finite(&[("db", self.db)])
    }
}

impl ResponseChange {
    const FADE_S: f64 = 0.01;

    fn apply(self, signal: &mut ArrayViewMut1<'_, f64>, rate_hz: f64) -> Result<(), FftError> {
        let Self { frequency_hz, q, gain_db, .. } = self;
        let peak = EarSection::Peak { frequency_hz, q, gain_db };
        let transform = Transform::of_length(signal.len());
        let changed = transform.filtered(&signal.to_vec(), rate_hz, |hz| peak.response(hz))?;
        for (k, (value, changed)) in signal.iter_mut().zip(changed).enumerate() {
            let position = (k as f64 / rate_hz - self.at_s) / Self::FADE_S + 0.5;
            let angle = std::f64::consts::FRAC_PI_2 * position.clamp(0.0, 1.0);
            *value += (changed - *value) * angle.sin().powi(2);
        }
        Ok(())
    }

    pub(super) fn check(self) -> Result<(), ScenarioError> {
        let check = Check::of("faults.response_change");
        check.not_negative(&[("at_s", self.at_s)])?;
        check.positive(&[("frequency_hz", self.frequency_hz), ("q", self.q)])?;
        check.finite(&[("gain_db", self.gain_db)])
    }
}

impl Faults {
    /// Changes gains and resonances while the take lasts. The length of the signals is even and
    /// one period of them.
    pub(in super::super) fn vary(
        &self,
        signals: &mut Array2<f64>,
        rate_hz: f64,
    ) -> Result<(), FftError> {
        let concerned = |input: Option<InputNumber>| {
            InputNumber::ALL.into_iter().filter(move |&each| input.is_none_or(|one| one == each))
        };
        if let Some(change) = self.response_change {
            change.apply(&mut signals.row_mut(change.input.index()), rate_hz)?;
        }
        if let Some(drift) = self.gain_drift {
            for input in concerned(drift.input) {
                drift.apply(&mut signals.row_mut(input.index()), rate_hz);
            }
        }
        if let Some(step) = self.gain_step {
            for input in concerned(step.input) {
                step.apply(&mut signals.row_mut(input.index()), rate_hz);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{amplitude, read};
    use super::*;

    const RATE_HZ: f64 = 48_000.0;

    /// A second of 600 Hz at both inputs.
    fn signals() -> Array2<f64> {
        let turn = std::f64::consts::TAU * 600.0 / RATE_HZ;
        Array2::from_shape_fn((2, RATE_HZ as usize), |(_, k)| (turn * k as f64).sin())
    }

    fn varied(text: &str) -> Array2<f64> {
        let mut signals = signals();
        read(text).vary(&mut signals, RATE_HZ).unwrap();
        signals
    }

    /// Amplitude of the tone in a tenth of a second that begins at a time.
    fn level(signals: &Array2<f64>, row: usize, at_s: f64) -> f64 {
        let from = (at_s * RATE_HZ) as usize;
        amplitude(&signals.row(row).to_vec()[from..from + 4800], 60.0)
    }

    #[test]
    fn a_drifting_gain_changes_by_its_decibels_per_second() {
        /// The mean over a tenth of a second of a gain that changes by 0.01 dB, second order.
        const CURVED: f64 = 1e-6;
        let after = varied("gain_drift = { db_per_s = -0.1, input = 2 }");
        let ratio = level(&after, 1, 0.8) / level(&after, 1, 0.3);
        assert!((ratio / amplitude_ratio(-0.05) - 1.0).abs() < CURVED, "{ratio}");
        assert_eq!(after.row(0), signals().row(0));
    }

    #[test]
    fn a_gain_steps_at_its_time_at_both_inputs() {
        let after = varied("gain_step = { at_s = 0.5, db = -6 }");
        let gain = amplitude_ratio(-6.0);
        for row in [0, 1] {
            for (k, (after, before)) in after.row(row).iter().zip(signals().row(row)).enumerate() {
                let expected = if k < 24_000 { *before } else { before * gain };
                assert!((after - expected).abs() < f64::EPSILON, "{k}");
            }
        }
    }

    #[test]
    fn a_resonance_is_there_from_its_time_on() {
        /// Rounding of a transform of 48000 points and back.
        const ROUNDING: f64 = 1e-13;
        let after =
            varied("response_change = { at_s = 0.5, frequency_hz = 600, q = 5, gain_db = 3 }");
        assert!((level(&after, 1, 0.3) - 1.0).abs() < ROUNDING);
        assert!((level(&after, 1, 0.6) - amplitude_ratio(3.0)).abs() < ROUNDING);
        assert_eq!(after.row(0), signals().row(0));
    }
}
