//! Cables in the wrong place, inputs with the wrong thing on them, and what they hear of each
//! other.

use ndarray::{Array1, Array2};
use num_complex::Complex64;
use realfft::FftError;
use serde::{Deserialize, Serialize};

use super::super::check::{Check, ScenarioError};
use super::super::converter::Input;
use super::super::spectral::Transform;
use super::Faults;
use crate::quantity::amplitude_ratio;

/// One of the two inputs; written 1 or 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum InputNumber {
    /// Input 1: the reference.
    First,
    /// Input 2: the microphone or the far side of the sense resistor.
    Second,
}

/// Why a number is not that of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no input {0} (expected 1 or 2)")]
pub struct NoSuchInput(u8);

impl InputNumber {
    /// Both.
    pub const ALL: [Self; 2] = [Self::First, Self::Second];

    /// The input's channel, counted from zero.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::First => 0,
            Self::Second => 1,
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

impl TryFrom<u8> for InputNumber {
    type Error = NoSuchInput;

    fn try_from(number: u8) -> Result<Self, NoSuchInput> {
        match number {
            1 => Ok(Self::First),
            2 => Ok(Self::Second),
            _ => Err(NoSuchInput(number)),
        }
    }
}

impl From<InputNumber> for u8 {
    fn from(input: InputNumber) -> Self {
        match input {
            InputNumber::First => 1,
            InputNumber::Second => 2,
        }
    }
}

/// An input to which something else is connected than should be. Nothing of its signal and of
/// the noises around it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum InputFault {
    /// Every sample has the same value.
    Dead {
        /// Which.
        input: InputNumber,
        /// The value, 1.0 being full scale.
        #[serde(default)]
        value_fs: f64,
    },
    /// A short circuit: a tenth of the converter's noise, which is that of its open input.
    Shorted {
        /// Which.
        input: InputNumber,
    },
    /// Nothing is plugged in and nothing ends the line: hum with harmonics, three times the
    /// converter's noise, and 80 dB below it at 1 kHz what the other input carries.
    Floating {
        /// Which.
        input: InputNumber,
        /// Frequency of the mains.
        #[serde(default = "fifty")]
        mains_hz: f64,
        /// Level of the hum's fundamental.
        #[serde(default = "floating_level")]
        level_dbfs: f64,
    },
    /// A microphone preamplifier without a microphone: its noise.
    Unplugged {
        /// Which.
        input: InputNumber,
    },
}

const fn fifty() -> f64 {
    50.0
}

const fn floating_level() -> f64 {
    -50.0
}

impl InputFault {
    /// What a floating input hears of the other one at 1 kHz.
    const FLOATING_CROSSTALK_DB: f64 = -80.0;

    /// Which input.
    #[must_use]
    pub const fn input(self) -> InputNumber {
        match self {
            Self::Dead { input, .. }
            | Self::Shorted { input }
            | Self::Floating { input, .. }
            | Self::Unplugged { input } => input,
        }
    }

    /// Makes of a converter's input what it is with the fault. `electrical` and `microphone` are
    /// the standard deviations of the noise of converter and microphone.
    pub(in super::super) fn change(self, input: &mut Input, electrical: f64, microphone: f64) {
        match self {
            Self::Dead { value_fs, .. } => {
                input.noise = 0.0;
                input.offset = value_fs;
            }
            Self::Shorted { .. } => input.noise = electrical / 10.0,
            Self::Floating { .. } => input.noise = electrical * 3.0,
            Self::Unplugged { .. } => input.noise = electrical.hypot(microphone),
        }
    }

    pub(super) fn check(self) -> Result<(), ScenarioError> {
        let check = Check::of("faults.inputs");
        match self {
            Self::Dead { value_fs, .. } => {
                check.within(("value_fs", value_fs), (-1.0, 1.0), "from -1 to 1")
            }
            Self::Floating { mains_hz, level_dbfs, .. } => {
                check.positive(&[("mains_hz", mains_hz)])?;
                check.finite(&[("level_dbfs", level_dbfs)])
            }
            Self::Shorted { .. } | Self::Unplugged { .. } => Ok(()),
        }
    }
}

/// How one input hears another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coupling {
    /// Through the capacitance between two leads: rises by 6 dB per octave and leads by 90°.
    Capacitive,
    /// Through a common resistance: the same at all frequencies.
    Resistive,
}

/// What one input hears of another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crosstalk {
    /// The input that is heard.
    pub from: InputNumber,
    /// The input that hears.
    pub to: InputNumber,
    /// Level at 1 kHz re the input that is heard.
    pub at_1khz_db: f64,
    /// How.
    pub kind: Coupling,
}

impl Crosstalk {
    /// The response from one input to the other.
    fn response(self, frequency_hz: f64) -> Complex64 {
        let gain = amplitude_ratio(self.at_1khz_db);
        match self.kind {
            Coupling::Resistive => Complex64::new(gain, 0.0),
            Coupling::Capacitive => Complex64::new(0.0, gain * frequency_hz / 1e3),
        }
    }

    /// What is heard of a signal.
    fn of(self, signal: &Array1<f64>, rate_hz: f64) -> Result<Array1<f64>, FftError> {
        if self.kind == Coupling::Resistive {
            return Ok(signal * amplitude_ratio(self.at_1khz_db));
        }
        let transform = Transform::of_length(signal.len());
        let heard = transform.filtered(&signal.to_vec(), rate_hz, |hz| self.response(hz))?;
        Ok(Array1::from(heard))
    }

    pub(super) fn check(self) -> Result<(), ScenarioError> {
        let check = Check::of("faults.crosstalk");
        check.finite(&[("at_1khz_db", self.at_1khz_db)])?;
        let to = f64::from(u8::from(self.to));
        let other = f64::from(u8::from(self.from.other()));
        check.within(("to", to), (other, other), "another input than from")
    }
}

impl Faults {
    /// Swaps, inverts, disconnects and mixes what arrives at the inputs. The length of the
    /// signals is even and one period of them.
    pub(in super::super) fn miswire(
        &self,
        signals: &mut Array2<f64>,
        rate_hz: f64,
    ) -> Result<(), FftError> {
        if self.swapped_inputs {
            signals.invert_axis(ndarray::Axis(0));
            *signals = signals.as_standard_layout().into_owned();
        }
        for input in &self.inverted {
            signals.row_mut(input.index()).mapv_inplace(|value| -value);
        }
        let before = signals.clone();
        for fault in &self.inputs {
            signals.row_mut(fault.input().index()).fill(0.0);
        }
        for crosstalk in self.all_crosstalk() {
            let heard = crosstalk.of(&before.row(crosstalk.from.index()).to_owned(), rate_hz)?;
            let mut row = signals.row_mut(crosstalk.to.index());
            row += &heard;
        }
        Ok(())
    }

    pub(super) fn check_inputs(&self) -> Result<(), ScenarioError> {
        for (n, fault) in self.inputs.iter().enumerate() {
            fault.check()?;
            if self.inputs[..n].iter().any(|before| before.input() == fault.input()) {
                return Err(ScenarioError::Value {
                    section: "faults.inputs".to_owned(),
                    key: "input",
                    value: f64::from(u8::from(fault.input())),
                    expected: "named once",
                });
            }
        }
        Ok(())
    }

    /// Crosstalk between the inputs that are connected, and into those that float.
    fn all_crosstalk(&self) -> impl Iterator<Item = Crosstalk> + '_ {
        let connected = |crosstalk: &&Crosstalk| {
            let at = |input: InputNumber| self.of_input(input.index()).is_some();
            !at(crosstalk.from) && !at(crosstalk.to)
        };
        let floating = self.inputs.iter().filter_map(|fault| match *fault {
            InputFault::Floating { input: to, .. }
                if self.of_input(to.other().index()).is_none() =>
            {
                let (from, kind) = (to.other(), Coupling::Capacitive);
                Some(Crosstalk { from, to, at_1khz_db: InputFault::FLOATING_CROSSTALK_DB, kind })
            }
            _ => None,
        });
        self.crosstalk.iter().filter(connected).copied().chain(floating)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{amplitude, phasor, read};
    use super::*;

    const RATE_HZ: f64 = 48_000.0;
    const FRAMES: usize = 4800;
    /// A phase of up to 1900 rad is rounded at 2e-13; a transform is ten times nearer.
    const ROUNDING: f64 = 1e-12;

    /// Tones of 500 Hz, 1 kHz and 2 kHz at input 1, of 3 kHz at input 2.
    fn signals() -> Array2<f64> {
        Array2::from_shape_fn((2, FRAMES), |(row, k)| {
            let tone = |hz: f64| (std::f64::consts::TAU * hz * k as f64 / RATE_HZ).cos();
            if row == 0 { tone(500.0) + tone(1e3) + tone(2e3) } else { tone(3e3) }
        })
    }

    fn miswired(text: &str) -> Array2<f64> {
        let mut signals = signals();
        read(text).miswire(&mut signals, RATE_HZ).unwrap();
        signals
    }

    /// What is heard at a frequency in the second input, of a cosine of amplitude 1 in the first.
    fn heard(text: &str, hz: f64) -> Complex64 {
        phasor(&miswired(text).row(1).to_vec(), hz / 10.0)
    }

    #[test]
    fn capacitive_crosstalk_rises_by_6_db_per_octave_and_leads_by_90_degrees() {
        let text = r#"crosstalk = [{ from = 1, to = 2, at_1khz_db = -60, kind = "capacitive" }]"#;
        for (hz, expected) in [(500.0, 0.5e-3), (1e3, 1e-3), (2e3, 2e-3)] {
            let found = heard(text, hz);
            assert!((found - Complex64::new(0.0, expected)).norm() < ROUNDING, "{hz} Hz: {found}");
        }
        assert!((heard(text, 3e3) - 1.0).norm() < ROUNDING, "its own signal stays");
    }

    #[test]
    fn resistive_crosstalk_is_the_same_at_all_frequencies() {
        let text = r#"crosstalk = [{ from = 1, to = 2, at_1khz_db = -40, kind = "resistive" }]"#;
        for hz in [500.0, 1e3, 2e3] {
            assert!((heard(text, hz) - 0.01).norm() < ROUNDING, "{hz} Hz");
        }
    }

    #[test]
    fn crosstalk_both_ways_is_heard_once_each() {
        let both = miswired(
            r#"crosstalk = [
                { from = 1, to = 2, at_1khz_db = -20, kind = "resistive" },
                { from = 2, to = 1, at_1khz_db = -20, kind = "resistive" },
            ]"#,
        );
        assert!((amplitude(&both.row(0).to_vec(), 100.0) - 1.0).abs() < ROUNDING);
        assert!((amplitude(&both.row(0).to_vec(), 300.0) - 0.1).abs() < ROUNDING);
    }

    #[test]
    fn swapped_and_inverted_inputs_hold_the_other_signal_upside_down() {
        let (before, after) = (signals(), miswired("swapped_inputs = true\ninverted = [2]"));
        assert_eq!(after.row(0), before.row(1));
        assert_eq!(after.row(1), before.row(0).mapv(|value| -value));
    }

    #[test]
    fn nothing_of_the_signal_arrives_at_an_input_that_is_not_connected() {
        for kind in ["dead", "shorted", "unplugged"] {
            let after = miswired(&format!("inputs = [{{ input = 2, kind = \"{kind}\" }}]"));
            assert!(after.row(1).iter().all(|&value| value == 0.0), "{kind}");
            assert_eq!(after.row(0), signals().row(0), "{kind}");
        }
    }

    #[test]
    fn a_floating_input_hears_the_other_one_far_below() {
        let found = heard(r#"inputs = [{ input = 2, kind = "floating" }]"#, 2e3);
        assert!((found - Complex64::new(0.0, 2e-4)).norm() < ROUNDING, "{found}");
    }
}
