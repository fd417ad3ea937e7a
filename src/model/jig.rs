//! What sits between rig and headphone when an impedance is measured, and how well it is known.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::quantity::{Capacitance, Percent, Resistance};

/// Declares an enum whose variants are written as one word each.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $unknown:ident, $expected:literal,
     $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        #[doc = concat!("A text that names no [`", stringify!($name), "`].")]
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[error("'{0}' is not {expected}", expected = $expected)]
        pub struct $unknown(String);

        impl $name {
            /// The name as the user writes it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $name {
            type Err = $unknown;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err($unknown(text.to_owned())),
                }
            }
        }
    };
}

words! {
    /// Where the sense resistor sits.
    Topology, UnknownTopology, "a topology (expected high-side or low-side)",
    /// Source, *reference*, resistor, *sense*, headphone, ground: works with every plug.
    #[default]
    HighSide = "high-side",
    /// Source, *reference*, headphone, *sense*, resistor, ground: needs a floating headphone.
    LowSide = "low-side",
}

words! {
    /// What the sense input sees.
    SenseAcross, UnknownSenseAcross, "a place of the sense input (expected headphone or resistor)",
    /// The voltage of the headphone.
    #[default]
    Headphone = "headphone",
    /// The voltage of the sense resistor.
    Resistor = "resistor",
}

words! {
    /// How an amplifier's output, or an input, is referred to ground.
    Balance, UnknownBalance, "a kind of line (expected single-ended or balanced)",
    /// One wire carries the signal, the other is ground.
    #[default]
    SingleEnded = "single-ended",
    /// Two wires carry the signal, neither is ground: a balanced output, a differential input.
    Balanced = "balanced",
}

words! {
    /// How many inputs capture the jig.
    Inputs, UnknownInputs, "a number of inputs (expected two or one)",
    /// The source side and the sense side are captured together.
    #[default]
    Two = "two",
    /// The sense side alone; the stimulus stands for the source. It needs a calibration, and
    /// drive, gains and latency must stay as they were for it.
    One = "one",
}

/// A jig: what sits between rig and headphone, with the tolerances that its maker or the user
/// states. What is not stated is assumed as a careful person would.
///
/// Tolerances are half-widths of rectangular distributions, except the contact resistance and the
/// drift, which are standard deviations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jig {
    /// The sense resistor.
    pub sense_resistor: Resistance,
    /// Tolerance of the sense resistor.
    #[serde(default = "Jig::resistor_tolerance")]
    pub resistor_tolerance: Percent,
    /// Temperature coefficient of the sense resistor, in parts per million per kelvin.
    #[serde(default = "Jig::temperature_coefficient")]
    pub temperature_coefficient_ppm: f64,
    /// By how much the resistor may be warmer or colder than when its value was found, in kelvin.
    #[serde(default = "Jig::temperature_range")]
    pub temperature_range_k: f64,
    /// Where the sense resistor sits.
    #[serde(default)]
    pub topology: Topology,
    /// What the sense input sees, if it is not the lower arm of the divider: a differential input
    /// may lie across either.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sense_across: Option<SenseAcross>,
    /// What drives the jig.
    #[serde(default)]
    pub drive: Balance,
    /// How the inputs are referred to ground.
    #[serde(default)]
    pub input: Balance,
    /// How many inputs capture it.
    #[serde(default)]
    pub inputs: Inputs,
    /// Resistance of the sense input, removed from the result; `None` is not stated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub input_resistance: Option<Resistance>,
    /// Capacitance of the sense input with its cable, removed from the result; `None` is not
    /// stated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub input_capacitance: Option<Capacitance>,
    /// Resistance of the leads to the headphone, there and back, removed from the result; `None`
    /// is not stated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lead_resistance: Option<Resistance>,
    /// Standard deviation of the resistance of a contact, each time it is made.
    #[serde(default = "Jig::contact_resistance")]
    pub contact_resistance: Resistance,
    /// Half-width of the ratio of the two inputs' gains around one, in decibels.
    #[serde(default = "Jig::gain_match_db")]
    pub gain_match_db: f64,
    /// Half-width of the phase between the two inputs, in degrees.
    #[serde(default = "Jig::phase_match_deg")]
    pub phase_match_deg: f64,
    /// Standard deviation of the change of the ratio of the gains between a calibration's takes
    /// and a measurement, in decibels (and the same in phase).
    #[serde(default = "Jig::drift_db")]
    pub drift_db: f64,
}

impl Jig {
    /// The largest resistance that leads have if nobody states theirs.
    pub const LONGEST_LEADS_OHM: f64 = 0.3;
    /// The smallest resistance that a line input has if nobody states it.
    pub const LOWEST_INPUT_OHM: f64 = 10e3;
    /// The largest capacitance that an input has with its cable if nobody states it.
    pub const LARGEST_INPUT_F: f64 = 300e-12;
    /// How well a stated resistance or capacitance of an input is known.
    pub const INPUT_TOLERANCE: f64 = 0.05;

    /// A jig of which nothing is known but its resistor.
    #[must_use]
    pub fn with_resistor(sense_resistor: Resistance) -> Self {
        Self {
            sense_resistor,
            resistor_tolerance: Self::resistor_tolerance(),
            temperature_coefficient_ppm: Self::temperature_coefficient(),
            temperature_range_k: Self::temperature_range(),
            topology: Topology::default(),
            sense_across: None,
            drive: Balance::default(),
            input: Balance::default(),
            inputs: Inputs::default(),
            input_resistance: None,
            input_capacitance: None,
            lead_resistance: None,
            contact_resistance: Self::contact_resistance(),
            gain_match_db: Self::gain_match_db(),
            phase_match_deg: Self::phase_match_deg(),
            drift_db: Self::drift_db(),
        }
    }

    /// What the sense input sees: what is stated, else the lower arm of the divider.
    #[must_use]
    pub const fn sense(&self) -> SenseAcross {
        match (self.sense_across, self.topology) {
            (Some(across), _) => across,
            (None, Topology::HighSide) => SenseAcross::Headphone,
            (None, Topology::LowSide) => SenseAcross::Resistor,
        }
    }

    fn resistor_tolerance() -> Percent {
        Percent::new(1.0).unwrap_or(Percent::MIN)
    }

    /// A common metal film.
    const fn temperature_coefficient() -> f64 {
        50.0
    }

    /// A room in winter and in summer.
    const fn temperature_range() -> f64 {
        5.0
    }

    /// A good plug.
    fn contact_resistance() -> Resistance {
        Resistance::new(5e-3).unwrap_or(Resistance::MIN)
    }

    /// Two inputs of one card at equal settings of their knobs.
    const fn gain_match_db() -> f64 {
        0.3
    }

    const fn phase_match_deg() -> f64 {
        1.0
    }

    const fn drift_db() -> f64 {
        5e-4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_it_is_written() {
        for topology in [Topology::HighSide, Topology::LowSide] {
            assert_eq!(topology.to_string().parse(), Ok(topology));
        }
        for balance in [Balance::SingleEnded, Balance::Balanced] {
            assert_eq!(balance.to_string().parse(), Ok(balance));
        }
        let error = "sideways".parse::<Topology>().unwrap_err().to_string();
        assert_eq!(error, "'sideways' is not a topology (expected high-side or low-side)");
    }

    #[test]
    fn a_jig_needs_no_more_than_its_resistor() {
        let jig: Jig = toml::from_str("sense_resistor = '33'").unwrap();
        assert_eq!(jig, Jig::with_resistor(Resistance::new(33.0).unwrap()));
        assert_eq!(jig.sense(), SenseAcross::Headphone);
        let low: Jig = toml::from_str("sense_resistor = 33\ntopology = 'low-side'").unwrap();
        assert_eq!(low.sense(), SenseAcross::Resistor);
        let text = toml::to_string(&low).unwrap();
        assert_eq!(toml::from_str::<Jig>(&text).unwrap(), low);
        assert!(toml::from_str::<Jig>("sense_resistor = 33\nleads = 1").is_err());
    }
}
