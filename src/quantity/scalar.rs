//! Scalars with a unit and a range. A value that exists lies in its range.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::parse::{ParseQuantityError, parse_number};

/// A number outside the range of its quantity.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{quantity} of {value} {unit} is outside {low} to {high} {unit}")]
pub struct OutOfRange {
    quantity: &'static str,
    unit: &'static str,
    value: f64,
    low: f64,
    high: f64,
}

/// What a TOML value of a quantity may be: a number in the base unit, or text with a unit.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Written {
    Integer(i64),
    Number(f64),
    Text(String),
}

macro_rules! scalars {
    ($(
        $(#[$doc:meta])*
        $name:ident, $quantity:literal, $unit:literal, $spellings:expr, $example:literal,
        $low:expr, $high:expr, $getter:ident;
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            /// The smallest value.
            pub const MIN: Self = Self($low);
            /// The largest value.
            pub const MAX: Self = Self($high);

            /// The quantity of this value in its base unit.
            ///
            /// # Errors
            ///
            /// When the value lies outside [`Self::MIN`] to [`Self::MAX`] or is not a number.
            pub fn new(value: f64) -> Result<Self, OutOfRange> {
                if (Self::MIN.0..=Self::MAX.0).contains(&value) {
                    return Ok(Self(value));
                }
                Err(OutOfRange {
                    quantity: $quantity,
                    unit: $unit,
                    value,
                    low: $low,
                    high: $high,
                })
            }

            /// The value in its base unit.
            #[must_use]
            pub const fn $getter(self) -> f64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} {}", self.0, $unit)
            }
        }

        impl FromStr for $name {
            type Err = ParseScalarError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(Self::new(parse_number(text, $quantity, &$spellings, $example)?)?)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
                let value = match Written::deserialize(source)? {
                    Written::Integer(whole) => Self::new(whole as f64)
                        .map_err(serde::de::Error::custom)?,
                    Written::Number(number) => Self::new(number)
                        .map_err(serde::de::Error::custom)?,
                    Written::Text(text) => text.parse().map_err(serde::de::Error::custom)?,
                };
                Ok(value)
            }
        }
    )*};
}

/// Why a text is not a scalar of the wanted kind.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ParseScalarError {
    /// The text is not a number with a unit of this quantity.
    #[error(transparent)]
    Text(#[from] ParseQuantityError),
    /// The number lies outside the range of the quantity.
    #[error(transparent)]
    Range(#[from] OutOfRange),
}

scalars! {
    /// A frequency in hertz, 1 mHz to 1 MHz.
    Frequency, "frequency", "Hz", ["Hz"], "20Hz or 1k", 1e-3, 1e6, hz;
    /// A resistance in ohms, 0 Ω to 1 GΩ.
    Resistance, "resistance", "Ω", ["ohms", "ohm", "Ω", "\u{2126}"], "33 or 4k7", 0.0, 1e9, ohm;
    /// A current in amperes (effective value), 1 µA to 100 A.
    Current, "current", "A", ["Arms", "A"], "50mA", 1e-6, 100.0, a;
    /// A capacitance in farads, 0 F to 1 F.
    Capacitance, "capacitance", "F", ["F"], "200pF", 0.0, 1.0, farad;
    /// A span of time in seconds, 0 s to one hour.
    Seconds, "time", "s", ["s"], "1.5s or 500ms", 0.0, 3600.0, s;
    /// A mass in grams, 0 g to 1 kg.
    Mass, "mass", "g", ["g"], "2g or 500mg", 0.0, 1e3, g;
    /// A length in metres, 0 m to 10 m.
    Length, "length", "m", ["m"], "34mm", 0.0, 10.0, m;
    /// A volume in litres, 0 L to 1000 L.
    Volume, "volume", "L", ["L", "l"], "250mL", 0.0, 1e3, l;
    /// A voltage in volts (effective value), 1 µV to 1 kV.
    Voltage, "voltage", "V", ["Vrms", "V"], "2V or 500mV", 1e-6, 1e3, v;
    /// A share in percent, 0 % to 100 %.
    Percent, "percentage", "%", ["%"], "0.1%", 0.0, 100.0, percent;
}

impl Resistance {
    /// This resistance in parallel with another; `None` is an open circuit.
    #[must_use]
    pub fn in_parallel_with(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if self.0 + other.0 > 0.0 => Self(self.0 * other.0 / (self.0 + other.0)),
            Some(_) => Self(0.0),
            None => self,
        }
    }
}

impl Percent {
    /// The share as a fraction of one.
    #[must_use]
    pub fn fraction(self) -> f64 {
        self.0 / 100.0
    }
}

/// A sample rate in hertz, 8 kHz to 768 kHz.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SampleRate(u32);

impl SampleRate {
    /// The lowest rate.
    pub const MIN: Self = Self(8_000);
    /// The highest rate.
    pub const MAX: Self = Self(768_000);

    /// A rate of so many samples per second.
    ///
    /// # Errors
    ///
    /// When the rate lies outside 8 kHz to 768 kHz.
    pub fn new(hz: u32) -> Result<Self, OutOfRange> {
        if (Self::MIN.0..=Self::MAX.0).contains(&hz) {
            return Ok(Self(hz));
        }
        Err(OutOfRange {
            quantity: "sample rate",
            unit: "Hz",
            value: f64::from(hz),
            low: f64::from(Self::MIN.0),
            high: f64::from(Self::MAX.0),
        })
    }

    /// Samples per second, as a whole number.
    #[must_use]
    pub const fn hz(self) -> u32 {
        self.0
    }

    /// Samples per second.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.0)
    }

    /// Half the rate: the highest frequency that a recording at this rate can hold.
    #[must_use]
    pub fn nyquist_hz(self) -> f64 {
        self.as_f64() / 2.0
    }

    /// The number of samples nearest to a span of time.
    #[must_use]
    pub fn frames(self, time: Seconds) -> usize {
        (self.as_f64() * time.s()).round() as usize
    }
}

impl fmt::Display for SampleRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Hz", self.0)
    }
}

impl FromStr for SampleRate {
    type Err = ParseScalarError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hz = parse_number(text, "sample rate", &["Hz"], "48000 or 96k")?;
        Ok(Self::new(hz.round().clamp(0.0, f64::from(u32::MAX)) as u32)?)
    }
}

impl<'de> Deserialize<'de> for SampleRate {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let text = match Written::deserialize(source)? {
            Written::Integer(hz) => hz.to_string(),
            Written::Number(hz) => hz.to_string(),
            Written::Text(text) => text,
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// How much of an octave a smoothed point averages over: the whole width is 1/n octave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Smoothing {
    /// Every point as it was measured.
    #[default]
    None,
    /// Averaged over 1/n octave, n from 1 to 96.
    Octave(u8),
}

/// A text that names no smoothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a smoothing (expected none, or 1/n with n from 1 to 96, like 1/12)")]
pub struct UnknownSmoothing(String);

impl Smoothing {
    /// Half the width in natural logarithm of frequency, `ln 2 / (2n)`; `None` when off.
    #[must_use]
    pub fn half_width(self) -> Option<f64> {
        match self {
            Self::None => None,
            Self::Octave(n) => Some(std::f64::consts::LN_2 / (2.0 * f64::from(n))),
        }
    }
}

impl fmt::Display for Smoothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Octave(n) => write!(f, "1/{n} octave"),
        }
    }
}

impl FromStr for Smoothing {
    type Err = UnknownSmoothing;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || UnknownSmoothing(text.to_owned());
        let text = text.trim().trim_end_matches("octave").trim_end();
        if text.eq_ignore_ascii_case("none") {
            return Ok(Self::None);
        }
        match text.strip_prefix("1/").unwrap_or(text).parse() {
            Ok(n @ 1..=96) => Ok(Self::Octave(n)),
            _ => Err(refuse()),
        }
    }
}

impl Serialize for Smoothing {
    fn serialize<S: serde::Serializer>(&self, sink: S) -> Result<S::Ok, S::Error> {
        sink.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Smoothing {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        String::deserialize(source)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_outside_its_range_does_not_exist() {
        assert!(Frequency::new(0.0).is_err());
        assert!(Frequency::new(f64::NAN).is_err());
        assert!(Resistance::new(-1.0).is_err());
        assert!(SampleRate::new(0).is_err());
    }

    #[test]
    fn two_equal_resistances_in_parallel_are_half() {
        let r = Resistance::new(100.0).unwrap();
        assert!((r.in_parallel_with(Some(r)).ohm() - 50.0).abs() < 1e-12);
        assert_eq!(r.in_parallel_with(None), r);
    }

    #[test]
    fn an_out_of_range_message_names_quantity_value_and_range() {
        let text = "2M".parse::<Frequency>().unwrap_err().to_string();
        assert_eq!(text, "frequency of 2000000 Hz is outside 0.001 to 1000000 Hz");
    }

    #[test]
    fn smoothing_is_written_as_it_is_read() {
        let smoothing: Smoothing = "1/12".parse().unwrap();
        assert_eq!(smoothing.to_string().parse(), Ok(smoothing));
        assert_eq!("none".parse(), Ok(Smoothing::None));
        assert!("1/0".parse::<Smoothing>().is_err());
    }
}
