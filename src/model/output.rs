//! The output of an amplifier: what it is loaded with to measure its impedance, and what is said
//! of that.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::spectrum::{Impedance, Response};
use crate::quantity::unit::FullScale;
use crate::quantity::{Capacitance, Level, Percent, Resistance};

/// What an amplifier's output is loaded with during a take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestLoad {
    /// Nothing but the input that measures.
    Open,
    /// A resistor.
    Ohm(Resistance),
}

/// What an output was loaded with in a take, and how loud it was driven.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadedAt {
    /// The load.
    pub load: TestLoad,
    /// Peak level of the stimulus; absent where all takes have one level.
    pub level: Option<Level<FullScale>>,
}

impl From<TestLoad> for LoadedAt {
    fn from(load: TestLoad) -> Self {
        Self { load, level: None }
    }
}

/// Where the voltage of an output is taken, and what the load's current follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputTap {
    /// At the contact of the plug, against ground; the current by the load and its leads.
    #[default]
    Plug,
    /// At both legs of a balanced output, each by an input of its own; the load between them.
    Balanced,
    /// At the contact of the plug and at the load itself, which tells its current whatever the leads
    /// and contacts between them are.
    FourWire,
}

/// How an amplifier's output is loaded and its voltage taken, and how well that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutputBench {
    /// Where the voltage is taken.
    pub tap: OutputTap,
    /// Tolerance of the loads.
    pub load_tolerance: Percent,
    /// Resistance between the tap of the voltage and the load, there and back; at most
    /// [`Self::LONGEST_LEADS_OHM`] if absent.
    pub lead_resistance: Option<Resistance>,
    /// Standard deviation of a contact each time it is made.
    pub contact_resistance: Resistance,
    /// Standard deviation of the gains from one take to the next, in decibels (and the same in
    /// phase).
    pub drift_db: f64,
    /// Resistance of the input that measures; at least [`Jig::LOWEST_INPUT_OHM`](super::Jig::LOWEST_INPUT_OHM) if absent.
    pub input_resistance: Option<Resistance>,
    /// Capacitance of that input; at most [`Jig::LARGEST_INPUT_F`](super::Jig::LARGEST_INPUT_F) if absent.
    pub input_capacitance: Option<Capacitance>,
}

impl OutputBench {
    /// The largest resistance from a tap at the plug to a load, if nobody states it.
    pub const LONGEST_LEADS_OHM: f64 = 0.1;
}

/// A text that names no load.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UnknownLoad {
    /// It is no resistance.
    #[error("'{0}' is no load (expected open, or ohms like 33)")]
    Text(String),
    /// It is a short.
    #[error(
        "a short tells nothing but the limit of the amplifier, and may harm it: load it with 10 ohms or more"
    )]
    Short,
}

impl TestLoad {
    /// Its resistance in ohms; `None` is an open.
    #[must_use]
    pub const fn ohm(self) -> Option<f64> {
        match self {
            Self::Open => None,
            Self::Ohm(resistance) => Some(resistance.ohm()),
        }
    }
}

impl FromStr for TestLoad {
    type Err = UnknownLoad;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().eq_ignore_ascii_case("open") {
            return Ok(Self::Open);
        }
        if text.trim().eq_ignore_ascii_case("short") {
            return Err(UnknownLoad::Short);
        }
        let ohm: Resistance = text.parse().map_err(|_| UnknownLoad::Text(text.to_owned()))?;
        if ohm.ohm() > 0.0 { Ok(Self::Ohm(ohm)) } else { Err(UnknownLoad::Short) }
    }
}

impl fmt::Display for TestLoad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Ohm(resistance) => write!(f, "{resistance}"),
        }
    }
}

/// How the voltage under one load agrees with what lighter loads say of a linear output.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LoadResidual {
    /// The load in ohms; absent if open.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub load_ohm: Option<f64>,
    /// By how much its voltage is above what lighter loads say, in decibels, in the middle of the
    /// band; absent where fewer than two are lighter.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub off_db: Option<f64>,
    /// The same in standard uncertainties.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub off_u: Option<f64>,
}

/// Figures of an output impedance. A figure that could not be determined is absent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OutputFigures {
    /// The magnitude at 1 kHz.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at_1khz_ohm: Option<f64>,
    /// Standard uncertainty of that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub u_at_1khz_ohm: Option<f64>,
    /// Fitted resistance in series.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resistance_ohm: Option<f64>,
    /// Standard uncertainty of that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub u_resistance_ohm: Option<f64>,
    /// Fitted capacitor in series, where the impedance rises towards low frequencies.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub capacitance_f: Option<f64>,
    /// Standard uncertainty of that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub u_capacitance_f: Option<f64>,
    /// Fitted inductance in series, where the impedance rises towards high frequencies.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub inductance_h: Option<f64>,
    /// Standard uncertainty of that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub u_inductance_h: Option<f64>,
    /// The smallest resistance that these takes can tell from none.
    pub floor_ohm: f64,
    /// Whether all loads agree on one linear output; absent with two loads, which always do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub linear: Option<bool>,
    /// How each load agrees, in the order of the takes.
    #[serde(default)]
    pub loads: Vec<LoadResidual>,
    /// The voltage without load over the drive at 1 kHz.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub open_circuit_db: Option<f64>,
    /// Standard uncertainty of that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub u_open_circuit_db: Option<f64>,
    /// Resistance from the plug to the load, there and back, where the voltage was taken at both.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lead_resistance_ohm: Option<f64>,
    /// The impedance at each level, where there were several.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub levels: Vec<LevelFigures>,
    /// Where the output stops following its drive, if it does and there were several levels.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit: Option<OutputLimit>,
    /// The legs, of a balanced output.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub balanced: Option<BalancedFigures>,
}

/// The output impedance at one of several levels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelFigures {
    /// The level that was played.
    pub level_dbfs: f64,
    /// The magnitude at 1 kHz.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at_1khz_ohm: Option<f64>,
    /// Standard uncertainty of that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub u_at_1khz_ohm: Option<f64>,
    /// Whether all loads agree; absent with two.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub linear: Option<bool>,
}

/// Where an output stops following its drive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutputLimit {
    /// The lightest load for which it does at that level; absent if open.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub load_ohm: Option<f64>,
    /// The lowest level at which it does not follow.
    pub limited_dbfs: f64,
    /// The highest level below that at which it does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clean_dbfs: Option<f64>,
    /// By how much the gain differs there from that at the lowest level; absent if the take could not
    /// be used at all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub change_db: Option<f64>,
}

/// Figures of the two legs of an output. Levels are those in the middle of the band.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct BalancedFigures {
    /// The voltage between the legs over that of one of them (the louder): 6 dB where both are
    /// driven alike, 0 dB where one is ground.
    pub swing_db: f64,
    /// The sum of both legs' voltages over their difference; below −40 dB they are alike.
    pub symmetry_db: f64,
    /// What the leg in phase with the drive has at 1 kHz.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub positive_ohm: Option<f64>,
    /// Standard uncertainty of that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub u_positive_ohm: Option<f64>,
    /// What the other leg has at 1 kHz.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub negative_ohm: Option<f64>,
    /// Standard uncertainty of that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub u_negative_ohm: Option<f64>,
    /// Both legs side by side at 1 kHz, as what pulls them the same way sees them: the common-mode
    /// impedance of legs that know nothing of each other.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub common_ohm: Option<f64>,
    /// Standard uncertainty of that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub u_common_ohm: Option<f64>,
}

/// What was found of an amplifier's output besides its impedance and its figures.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputDetail {
    /// The voltage without load over the drive.
    pub open_circuit: Response,
    /// Impedance of each leg of a balanced output.
    pub legs: Option<Legs>,
}

/// The impedances of the two legs of a balanced output, as the current through both shows them.
#[derive(Debug, Clone, PartialEq)]
pub struct Legs {
    /// Of the leg in phase with the drive.
    pub positive: Impedance,
    /// Of the other.
    pub negative: Impedance,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_are_read_as_they_are_written_and_shorts_refused() {
        for text in ["open", "33", "4k7"] {
            let load: TestLoad = text.parse().unwrap();
            assert_eq!(load.to_string().parse(), Ok(load));
        }
        for (text, words) in [("short", "may harm"), ("0", "may harm"), ("lamp", "no load")] {
            assert!(text.parse::<TestLoad>().unwrap_err().to_string().contains(words), "{text}");
        }
    }
}
