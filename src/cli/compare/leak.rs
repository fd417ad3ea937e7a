//! What `compare states` is told about leaks.

use std::str::FromStr;

use clap::{Args, ValueEnum};

use crate::model::Back;
use crate::quantity::{Length, Volume};
use crate::study::leak::{CalibrationLeak, LeakQuestion};

/// The arguments about leaks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Leak")]
pub(super) struct LeakArgs {
    /// What lies behind the diaphragm; unless it is said, a fitted leak assumes a closed back
    #[arg(long, value_enum)]
    back: Option<BackArg>,
    /// The state that differs from the reference by a drilled hole, with the hole's diameter: the
    /// leaks of the others are then known without assuming a front volume
    #[arg(long, value_name = "STATE=DIAMETER", conflicts_with = "front_volume")]
    calibration_leak: Option<CalibrationArg>,
    /// Air between diaphragm, pad and coupler; with that which is as compliant as the diaphragm
    /// (its Vas), where that is known
    #[arg(long, value_name = "VOLUME", default_value = "35cm3")]
    front_volume: FrontVolume,
    /// Length of the leak in the direction of the flow, and of the drilled hole
    #[arg(long, value_name = "LENGTH", default_value = "10mm")]
    leak_length: LeakLength,
}

impl LeakArgs {
    /// The question that the arguments put.
    pub(super) fn question(&self) -> LeakQuestion {
        LeakQuestion {
            length: self.leak_length.0,
            calibration: self.calibration_leak.as_ref().map(|given| given.0.clone()),
            front_volume: self.front_volume.0,
            back: match self.back {
                Some(BackArg::Closed) => Back::Closed,
                Some(BackArg::Open) => Back::Open,
                None => Back::Unknown,
            },
        }
    }
}

/// What lies behind the diaphragm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BackArg {
    /// A cup, vented or not
    Closed,
    /// The open air: leaks take hardly any bass away
    Open,
}

/// `STATE=DIAMETER`.
#[derive(Debug, Clone)]
struct CalibrationArg(CalibrationLeak);

impl FromStr for CalibrationArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || format!("'{text}' is not STATE=DIAMETER, such as drilled=2mm");
        let (state, diameter) = text.rsplit_once('=').ok_or_else(refuse)?;
        if state.trim().is_empty() {
            return Err(refuse());
        }
        let diameter = hole_diameter(diameter)?;
        Ok(Self(CalibrationLeak { state: state.trim().to_owned(), diameter }))
    }
}

/// The diameter of a drilled hole.
pub(super) fn hole_diameter(text: &str) -> Result<Length, String> {
    length_within(text, "diameter of a hole", (0.1, 20.0))
}

/// A length of a leak.
#[derive(Debug, Clone, Copy)]
struct LeakLength(Length);

impl FromStr for LeakLength {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        length_within(text, "length of a leak", (0.5, 100.0)).map(Self)
    }
}

/// A length between two others in millimetres. A bare number would be metres and is out of range.
fn length_within(text: &str, what: &str, (low, high): (f64, f64)) -> Result<Length, String> {
    let length: Length = text.parse().map_err(|error| format!("{error}"))?;
    if (low..=high).contains(&(1e3 * length.m())) {
        return Ok(length);
    }
    Err(format!(
        "a {what} of {length} is outside {low} mm to {high} mm (write 2mm for millimetres)"
    ))
}

/// A front volume, in cubic centimetres or as a volume is written elsewhere.
#[derive(Debug, Clone, Copy)]
struct FrontVolume(Volume);

impl FromStr for FrontVolume {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        /// From an ear canal to a helmet, in cubic centimetres.
        const RANGE_CM3: (f64, f64) = (0.5, 2000.0);
        let cubic = ["cm3", "cm³", "cc"].iter().find_map(|unit| text.trim().strip_suffix(unit));
        let millilitres = cubic.map(|number| format!("{}mL", number.trim()));
        let volume: Volume =
            millilitres.as_deref().unwrap_or(text).parse().map_err(|error| format!("{error}"))?;
        let cm3 = 1e3 * volume.l();
        if (RANGE_CM3.0..=RANGE_CM3.1).contains(&cm3) {
            return Ok(Self(volume));
        }
        let (low, high) = RANGE_CM3;
        Err(format!("a front volume of {cm3} cm³ is outside {low} cm³ to {high} cm³"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_front_volume_is_written_in_cubic_centimetres_or_millilitres() {
        for text in ["35cm3", "35 cm³", "35mL", "0.035L", "35cc"] {
            let volume: FrontVolume = text.parse().unwrap();
            assert!((1e3 * volume.0.l() - 35.0).abs() < 1e-9, "{text}");
        }
        for text in ["", "35", "35kg", "-3cm3", "0cm3"] {
            assert!(text.parse::<FrontVolume>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_calibration_names_its_state_and_the_width_of_its_hole() {
        let given: CalibrationArg = "a=b=2mm".parse().unwrap();
        assert_eq!(given.0.state, "a=b");
        assert!((given.0.diameter.m() - 2e-3).abs() < 1e-12);
        for text in ["drilled", "=2mm", "drilled=2", "drilled=2kg", "drilled=0mm"] {
            assert!(text.parse::<CalibrationArg>().is_err(), "{text}");
        }
    }
}
