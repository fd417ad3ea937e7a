//! What calibrations know of a rig or a microphone, under which conditions it was found out, and
//! until when it holds.

mod impedance;

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use impedance::{CalibrationMethod, CheckedStandard, ImpedanceCalibration, MeasuredStandard};

use super::recording::{ChannelMap, RigIdentity};
use super::trace::Polar;
use crate::quantity::unit::Decibel;
use crate::quantity::{SampleRate, Uncertain, amplitude_ratio, parse_number};

/// What a calibration takes out of a result, or adds to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CalibrationKind {
    /// What the converters do between output and input.
    Loopback,
    /// What full scale is in volts and in sound pressure.
    Level,
    /// What the microphone does.
    Microphone,
    /// What a jig does to an impedance.
    Impedance,
}

impl CalibrationKind {
    /// The name as the user writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::Level => "level",
            Self::Microphone => "microphone",
            Self::Impedance => "impedance",
        }
    }
}

impl fmt::Display for CalibrationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A calibration: what was found out, when, under which conditions, and until when it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// After this it is stale; absent if it holds for good.
    pub valid_until: Option<Timestamp>,
    /// The version of cansweep that made it.
    pub tool: String,
    /// The circumstances that it holds for.
    pub conditions: CalibrationConditions,
    /// What was found out.
    pub data: CalibrationData,
}

impl Calibration {
    /// What kind of calibration it is.
    #[must_use]
    pub const fn kind(&self) -> CalibrationKind {
        match self.data {
            CalibrationData::Loopback(_) => CalibrationKind::Loopback,
            CalibrationData::Level(_) => CalibrationKind::Level,
            CalibrationData::Microphone(_) => CalibrationKind::Microphone,
            CalibrationData::Impedance(_) => CalibrationKind::Impedance,
        }
    }

    /// Whether it has expired at a time.
    #[must_use]
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.valid_until.is_some_and(|end| now > end)
    }
}

/// The circumstances that a calibration holds for. What does not matter to it is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationConditions {
    /// The rig that was calibrated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rig: Option<RigIdentity>,
    /// The sample rate.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rate_hz: Option<SampleRate>,
    /// Which input was which.
    #[serde(skip_serializing_if = "ChannelMap::is_empty", default)]
    pub channels: ChannelMap,
    /// Gain settings and buffers, in the user's words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gain: Option<String>,
    /// Temperature of the room, in the user's words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub temperature: Option<String>,
    /// The recording or the maker's file that it was made from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// Anything else that the user says about it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
}

/// What a calibration found out.
#[derive(Debug, Clone, PartialEq)]
pub enum CalibrationData {
    /// What the converters do.
    Loopback(LoopbackCalibration),
    /// What full scale is.
    Level(LevelCalibration),
    /// What the microphone does.
    Microphone(MicrophoneCalibration),
    /// What a jig does.
    Impedance(ImpedanceCalibration),
}

/// What an input that was wired to the output was measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// The stimulus as it was played: the result holds output and input.
    Stimulus,
    /// Another input (counted from one) on the same wire: the result holds the difference of the
    /// two inputs.
    Input(usize),
}

/// What the converters do to a signal on its way from the output to an input.
#[derive(Debug, Clone, PartialEq)]
pub struct LoopbackCalibration {
    /// The input, counted from one.
    pub input: usize,
    /// What it was measured against.
    pub against: Against,
    /// Delay between the two in samples of the rate it was made at; it is not in the phase below.
    pub delay_samples: f64,
    /// Gain in decibels (full scale at the input over full scale at the output, or over the other
    /// input) and unwrapped phase, with their standard uncertainties where there were repeats.
    pub response: Polar<Decibel>,
}

/// What full scale of the converters is. Full scale is a sine whose peaks reach it (0 dBFS).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LevelCalibration {
    /// Effective volts at the output.
    pub output_full_scale_v: Option<Uncertain>,
    /// Effective volts at inputs, each counted from one.
    pub input_full_scale_v: Vec<(usize, Uncertain)>,
    /// The microphone's input, counted from one, with the sound pressure level at the microphone
    /// (dB re 20 µPa).
    pub microphone_full_scale_db_spl: Option<(usize, Uncertain)>,
}

impl LevelCalibration {
    /// Effective volts of full scale at an input counted from one.
    #[must_use]
    pub fn input_v(&self, input: usize) -> Option<Uncertain> {
        self.input_full_scale_v.iter().find(|(known, _)| *known == input).map(|(_, volts)| *volts)
    }
}

/// Which way round a maker's curve is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CurveSign {
    /// What the microphone does: it is subtracted from a result.
    Response,
    /// What takes it away: it is added to a result.
    Correction,
}

impl CurveSign {
    /// What the curve is multiplied with to be what the microphone does.
    #[must_use]
    pub const fn factor(self) -> f64 {
        match self {
            Self::Response => 1.0,
            Self::Correction => -1.0,
        }
    }

    /// The name as the user writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Correction => "correction",
        }
    }
}

impl fmt::Display for CurveSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a sign (expected response or correction)")]
pub struct UnknownCurveSign(String);

impl FromStr for CurveSign {
    type Err = UnknownCurveSign;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "response" => Ok(Self::Response),
            "correction" => Ok(Self::Correction),
            _ => Err(UnknownCurveSign(text.to_owned())),
        }
    }
}

/// What a microphone does, as its maker or a laboratory measured it.
#[derive(Debug, Clone, PartialEq)]
pub struct MicrophoneCalibration {
    /// The curve as the maker's file has it; absent if the file states a sensitivity only.
    pub response: Option<Polar<Decibel>>,
    /// Which way round the curve is.
    pub sign: CurveSign,
    /// The sensitivity, where stated.
    pub sensitivity: Option<Sensitivity>,
    /// The serial number, where stated.
    pub serial: Option<String>,
    /// The lines above the rows of the maker's file.
    pub header: Vec<String>,
    /// Half-width of the curve's tolerance in decibels, rectangular; absent if nobody states one.
    pub tolerance_db: Option<f64>,
}

/// How the makers of microphones and converters state a sensitivity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SensitivityUnit {
    /// Millivolts per pascal.
    MillivoltPerPascal,
    /// Decibels re one volt per pascal.
    DecibelVoltPerPascal,
    /// The "Sens Factor" of miniDSP: decibels re the nominal sensitivity of a USB microphone with
    /// its own converter.
    SensFactor,
    /// Volts at full scale of an output.
    Volt,
    /// Full scales per volt at an input.
    PerVolt,
}

impl SensitivityUnit {
    /// Every unit with how it is written.
    const WRITTEN: [(Self, &'static str); 5] = [
        (Self::MillivoltPerPascal, "mV/Pa"),
        (Self::DecibelVoltPerPascal, "dBV/Pa"),
        (Self::SensFactor, "dB sens factor"),
        (Self::PerVolt, "1/V"),
        (Self::Volt, "V"),
    ];

    fn symbol(self) -> &'static str {
        Self::WRITTEN.iter().find(|(unit, _)| *unit == self).map_or("", |(_, symbol)| symbol)
    }
}

/// A stated sensitivity, written `11.84 mV/Pa`, `-40.2 dBV/Pa`, `-13.47 dB sens factor`, and for
/// converters `3.23 V` or `0.536 1/V`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sensitivity {
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: SensitivityUnit,
}

impl Sensitivity {
    /// Volts per pascal, where the statement says so much.
    #[must_use]
    pub fn volts_per_pascal(self) -> Option<f64> {
        match self.unit {
            SensitivityUnit::MillivoltPerPascal => Some(self.value * 1e-3),
            SensitivityUnit::DecibelVoltPerPascal => Some(amplitude_ratio(self.value)),
            _ => None,
        }
    }

    /// Whether it is that of a microphone and not of a converter.
    #[must_use]
    pub const fn is_of_a_microphone(self) -> bool {
        !matches!(self.unit, SensitivityUnit::Volt | SensitivityUnit::PerVolt)
    }
}

impl fmt::Display for Sensitivity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.value, self.unit.symbol())
    }
}

/// A text that is no sensitivity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a sensitivity (expected something like 11.8mV/Pa or -40dBV/Pa)")]
pub struct UnknownSensitivity(String);

impl FromStr for Sensitivity {
    type Err = UnknownSensitivity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || UnknownSensitivity(text.to_owned());
        let named = |(_, symbol): &&(_, &str)| text.trim_end().ends_with(symbol);
        let &(unit, symbol) = SensitivityUnit::WRITTEN.iter().find(named).ok_or_else(refuse)?;
        let value = parse_number(text, "sensitivity", &[symbol], "11.8mV/Pa");
        Ok(Self { value: value.map_err(|_| refuse())?, unit })
    }
}

impl Serialize for Sensitivity {
    fn serialize<S: serde::Serializer>(&self, sink: S) -> Result<S::Ok, S::Error> {
        sink.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sensitivity {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        String::deserialize(source)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What a measurement keeps of a calibration that was applied to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalibrationRecord {
    /// Its name.
    pub name: String,
    /// What kind it is.
    pub kind: CalibrationKind,
    /// The file it was read from.
    pub file: String,
    /// SHA-256 of its content as it was applied, in hexadecimal.
    pub sha256: String,
    /// When it was made, RFC 3339.
    pub made_at: Timestamp,
}

/// Whether a calibration's file still holds what was written into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// As it was written.
    AsWritten,
    /// Changed by hand, or damaged.
    Changed,
}

/// A calibration as it was found in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct FiledCalibration {
    /// The calibration.
    pub calibration: Calibration,
    /// What a measurement keeps of it.
    pub record: CalibrationRecord,
    /// Whether it is still what was written.
    pub content: Content,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sensitivity_is_written_as_it_is_read() {
        for text in ["11.84 mV/Pa", "-40.2 dBV/Pa", "-0.8643 dB sens factor", "3.23 V", "0.536 1/V"]
        {
            let read: Sensitivity = text.parse().unwrap();
            assert_eq!(read.to_string(), text);
        }
        assert_eq!("11.84mV/Pa".parse::<Sensitivity>(), "11.84 mV/Pa".parse());
        for text in ["", "12", "mV/Pa", "3 dB", "x V"] {
            let message = text.parse::<Sensitivity>().unwrap_err().to_string();
            assert!(message.contains("is not a sensitivity"), "{text}: {message}");
        }
    }

    #[test]
    fn ten_millivolts_per_pascal_are_forty_decibels_below_one_volt() {
        let volts = |text: &str| text.parse::<Sensitivity>().unwrap().volts_per_pascal();
        assert!((volts("10 mV/Pa").unwrap() - 0.01).abs() < 1e-15);
        assert!((volts("-40 dBV/Pa").unwrap() - 0.01).abs() < 1e-15);
        assert_eq!(volts("-13.47 dB sens factor"), None);
    }
}
