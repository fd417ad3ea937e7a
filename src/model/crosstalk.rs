//! Crosstalk between the two channels of an amplifier: how it is measured, and what is said of it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::curve::Curve;
use super::output::{TestLoad, UnknownLoad};
use super::spectrum::{Impedance, Response};
use crate::quantity::unit::Decibel;
use crate::quantity::{Percent, Resistance};

/// What both channels of an amplifier are loaded with during a take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelLoad {
    /// Nothing but the inputs that measure.
    Open,
    /// A resistor at each channel.
    Ohm(Resistance),
    /// A headphone, whose impedance is known.
    Headphone,
}

/// One of two channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Left, the tip of a plug.
    #[default]
    Left,
    /// Right, the ring of a plug.
    Right,
}

/// How the two channels stood during one take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CrosstalkTake {
    /// What both were loaded with.
    pub load: ChannelLoad,
    /// Which one was driven.
    pub driven: Side,
}

/// What the ground of the inputs that measure is tied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// Where the returns of both loads meet: the inputs see what the headphone hears.
    #[default]
    Common,
    /// The amplifier's own ground, before the return that both channels share.
    Amplifier,
}

/// What is known of the output impedance of either channel.
#[derive(Debug, Clone, PartialEq)]
pub enum KnownOutput {
    /// Nothing but that it is no more than [`Self::LARGEST_OHM`].
    Unknown,
    /// So many ohms.
    Ohm(Resistance),
    /// It was measured.
    Measured(Impedance),
}

/// How crosstalk is measured, how well that is known, and what is asked besides.
#[derive(Debug, Clone, PartialEq)]
pub struct CrosstalkBench {
    /// What the inputs' ground is tied to.
    pub ground: Ground,
    /// The output impedance of either channel.
    pub output: KnownOutput,
    /// Tolerance of the loads.
    pub load_tolerance: Percent,
    /// How well the gains of the two inputs match, in decibels.
    pub gain_match_db: f64,
    /// The resistance of the shared return, if it is stated rather than found.
    pub return_resistance: Option<Resistance>,
    /// Headphones whose separation is predicted, by name; the first one is that of
    /// [`ChannelLoad::Headphone`].
    pub headphones: Vec<(String, Impedance)>,
    /// The least separation that is good enough, in decibels.
    pub at_least_db: Option<f64>,
}

/// A separation at one frequency.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SeparationAt {
    /// Where.
    pub frequency_hz: f64,
    /// The driven channel over the idle one.
    pub separation_db: f64,
    /// Standard uncertainty of that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub u_separation_db: Option<f64>,
    /// Whether it is that much or more, the idle channel holding nothing above the noise.
    pub or_more: bool,
}

/// Figures of one take, or of one prediction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeparationFigures {
    /// What it is called.
    pub name: String,
    /// How the channels stood; absent for a prediction.
    #[serde(flatten, skip_serializing_if = "Option::is_none", default)]
    pub take: Option<CrosstalkTake>,
    /// Near 100 Hz.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at_100hz: Option<SeparationAt>,
    /// Near 1 kHz.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at_1khz: Option<SeparationAt>,
    /// Near 10 kHz.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at_10khz: Option<SeparationAt>,
    /// The smallest, 20 Hz to 20 kHz, where the idle channel is above the noise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub worst: Option<SeparationAt>,
    /// The largest separation that can be told from none at all, near 1 kHz.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub floor_db: Option<f64>,
    /// Measured over what the shared return predicts, root mean square over 20 Hz to 20 kHz.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub residual_db: Option<f64>,
}

/// Figures of crosstalk. A figure that could not be determined is absent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CrosstalkFigures {
    /// What the inputs' ground was tied to.
    pub ground: Ground,
    /// The resistance of the return that both channels share, as found or stated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub return_ohm: Option<f64>,
    /// Standard uncertainty of that; absent if it was stated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub u_return_ohm: Option<f64>,
    /// Its inductance, where the takes show one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub return_h: Option<f64>,
    /// Standard uncertainty of that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub u_return_h: Option<f64>,
    /// Whether takes without load, or several loads, told the amplifier's own crosstalk apart from
    /// that of the return.
    pub own_known: bool,
    /// Each take, in order.
    #[serde(default)]
    pub takes: Vec<SeparationFigures>,
    /// Each prediction.
    #[serde(default)]
    pub predicted: Vec<SeparationFigures>,
    /// The least separation that was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at_least_db: Option<f64>,
    /// Whether every take with a load reaches it; absent if noise hides that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reached: Option<bool>,
}

/// Crosstalk over frequency of one take.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredCrosstalk {
    /// What it is called: its load, and the driven channel where both were.
    pub name: String,
    /// How the channels stood.
    pub take: CrosstalkTake,
    /// The idle channel over the driven one, with the uncertainty.
    pub ratio: Response,
    /// The separation: what it is, or what it is at least where the idle channel holds nothing
    /// above the noise.
    pub separation: Curve<Decibel>,
    /// Whether the idle channel holds more than noise, at each frequency.
    pub above_noise: Vec<bool>,
    /// The largest separation that is told from none; absent without repeats and silence.
    pub floor: Option<Curve<Decibel>>,
    /// What the shared return predicts with a headphone as load, seen as the take was.
    pub predicted: Option<Response>,
}

/// Crosstalk across the drivers of a headphone as the shared return has it.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictedCrosstalk {
    /// The headphone.
    pub name: String,
    /// The idle driver's voltage over the driven one's.
    pub ratio: Response,
    /// The separation.
    pub separation: Curve<Decibel>,
}

/// All curves of crosstalk.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CrosstalkCurves {
    /// Of the takes, in order.
    pub measured: Vec<MeasuredCrosstalk>,
    /// Of headphones.
    pub predicted: Vec<PredictedCrosstalk>,
}

impl KnownOutput {
    /// What the output impedance is at most if nobody states it.
    pub const LARGEST_OHM: f64 = 1.0;
}

impl Side {
    /// The name, as in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names neither side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no channel (expected left or right)")]
pub struct UnknownSide(String);

impl FromStr for Side {
    type Err = UnknownSide;

    fn from_str(text: &str) -> Result<Self, UnknownSide> {
        let found = [Self::Left, Self::Right].into_iter().find(|side| side.name() == text.trim());
        found.ok_or_else(|| UnknownSide(text.to_owned()))
    }
}

impl Ground {
    /// The name, as in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Common => "common",
            Self::Amplifier => "amplifier",
        }
    }
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no ground.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no ground (expected common or amplifier)")]
pub struct UnknownGround(String);

impl FromStr for Ground {
    type Err = UnknownGround;

    fn from_str(text: &str) -> Result<Self, UnknownGround> {
        let all = [Self::Common, Self::Amplifier];
        let found = all.into_iter().find(|ground| ground.name() == text.trim());
        found.ok_or_else(|| UnknownGround(text.to_owned()))
    }
}

impl FromStr for ChannelLoad {
    type Err = UnknownLoad;

    fn from_str(text: &str) -> Result<Self, UnknownLoad> {
        if text.trim().eq_ignore_ascii_case("headphone") {
            return Ok(Self::Headphone);
        }
        Ok(match text.parse()? {
            TestLoad::Open => Self::Open,
            TestLoad::Ohm(ohm) => Self::Ohm(ohm),
        })
    }
}

impl fmt::Display for ChannelLoad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Ohm(resistance) => write!(f, "{resistance}"),
            Self::Headphone => f.write_str("headphone"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_it_is_written() {
        for load in ["open", "33", "headphone"] {
            let load: ChannelLoad = load.parse().unwrap();
            assert_eq!(load.to_string().parse(), Ok(load));
        }
        assert!("0".parse::<ChannelLoad>().is_err());
        for side in [Side::Left, Side::Right] {
            assert_eq!(side.to_string().parse(), Ok(side));
            assert_eq!(side.other().other(), side);
        }
        for ground in [Ground::Common, Ground::Amplifier] {
            assert_eq!(ground.to_string().parse(), Ok(ground));
        }
        assert!("up".parse::<Side>().unwrap_err().to_string().contains("left or right"));
        assert!("earth".parse::<Ground>().unwrap_err().to_string().contains("common or amplifier"));
    }
}
