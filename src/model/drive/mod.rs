//! What is asked of a headphone and its amplifier, and what the answer says.

mod answer;

pub use self::answer::{
    BalancedGain, Bound, Drive, DriveSensitivity, Exposure, Need, NeedPoint, Peak, Reach,
    ReachPoint, ReferenceImpedance,
};
use super::curve::Curve;
use super::spectrum::Impedance;
use crate::quantity::unit::{Decibel, Pascal};
use crate::quantity::{Current, Frequency, Gain, Level, Resistance, Voltage};

/// Levels that are asked for, in dB SPL: from what nobody hears in a room to what tears eardrums.
const LEVELS_DB: (f64, f64) = (20.0, 160.0);
/// Headroom above a level, in decibels.
const HEADROOM_DB: (f64, f64) = (0.0, 60.0);
/// Sensitivities of anything that was ever worn on a head, with room, in dB SPL.
const SENSITIVITIES_DB: (f64, f64) = (40.0, 170.0);

/// Why numbers are no question about drive.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum DriveInputError {
    /// A level, headroom or sensitivity that cannot be meant.
    #[error("{what} of {value} {unit} is outside {low} to {high} {unit}")]
    Range {
        /// What was given.
        what: &'static str,
        /// The number given.
        value: f64,
        /// Its unit.
        unit: &'static str,
        /// The lowest number accepted.
        low: f64,
        /// The highest number accepted.
        high: f64,
    },
    /// A rated impedance that turns no power into a voltage.
    #[error("a headphone rated 0 Ω takes no power")]
    RatedZero,
    /// An amplifier of which no limit is known.
    #[error("an amplifier without a limit of voltage or current reaches any level")]
    Unlimited,
}

fn in_range(
    what: &'static str,
    unit: &'static str,
    value: f64,
    (low, high): (f64, f64),
) -> Result<(), DriveInputError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(DriveInputError::Range { what, value, unit, low, high })
}

/// What a sensitivity is stated for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SensitivityPer {
    /// One milliwatt.
    Milliwatt,
    /// One volt.
    Volt,
}

/// The sensitivity of a headphone, as its data sheet has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StatedSensitivity {
    level: Level<Pascal>,
    per: SensitivityPer,
    at: Frequency,
    rated: Option<Resistance>,
}

impl StatedSensitivity {
    /// The level (40 dB SPL to 170 dB SPL) that one milliwatt or one volt makes at a frequency.
    /// Data sheets mean one milliwatt into the rated impedance.
    ///
    /// # Errors
    ///
    /// When the level is outside its range or the rated impedance is zero.
    pub fn new(
        level: Level<Pascal>,
        per: SensitivityPer,
        at: Frequency,
        rated: Option<Resistance>,
    ) -> Result<Self, DriveInputError> {
        in_range("a sensitivity", "dB SPL", level.db(), SENSITIVITIES_DB)?;
        if rated.is_some_and(|rated| rated.ohm() <= 0.0) {
            return Err(DriveInputError::RatedZero);
        }
        Ok(Self { level, per, at, rated })
    }

    /// The level.
    #[must_use]
    pub const fn level(&self) -> Level<Pascal> {
        self.level
    }

    /// What makes it.
    #[must_use]
    pub const fn per(&self) -> SensitivityPer {
        self.per
    }

    /// The frequency at which it holds.
    #[must_use]
    pub const fn at(&self) -> Frequency {
        self.at
    }

    /// The rated impedance, where known.
    #[must_use]
    pub const fn rated(&self) -> Option<Resistance> {
        self.rated
    }
}

/// The headphone that is to be driven.
#[derive(Debug, Clone, PartialEq)]
pub struct DrivenHeadphone {
    /// Its impedance.
    pub impedance: Impedance,
    /// Its sensitivity.
    pub sensitivity: StatedSensitivity,
    /// Its response on a source of 0 Ω, relative to any level; without one the sensitivity is
    /// taken to be the same at every frequency.
    pub response: Option<Curve<Decibel>>,
}

/// How loud it shall be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DriveTarget {
    level: Level<Pascal>,
    headroom: Gain,
}

impl DriveTarget {
    /// A level (20 dB SPL to 160 dB SPL) and the headroom above it (0 dB to 60 dB).
    ///
    /// # Errors
    ///
    /// When one of them is outside its range.
    pub fn new(level: Level<Pascal>, headroom: Gain) -> Result<Self, DriveInputError> {
        in_range("a level", "dB SPL", level.db(), LEVELS_DB)?;
        in_range("a headroom", "dB", headroom.db(), HEADROOM_DB)?;
        Ok(Self { level, headroom })
    }

    /// The level that is listened to.
    #[must_use]
    pub const fn level(&self) -> Level<Pascal> {
        self.level
    }

    /// What peaks and an equaliser take above it.
    #[must_use]
    pub const fn headroom(&self) -> Gain {
        self.headroom
    }

    /// The level that must be reached: level and headroom.
    #[must_use]
    pub fn reached(&self) -> Level<Pascal> {
        self.level + self.headroom
    }
}

/// A headphone output with what limits it. All values are those of a sine at the limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Amplifier {
    voltage: Option<Voltage>,
    current: Option<Current>,
    output: Resistance,
    balanced: bool,
}

impl Amplifier {
    /// An amplifier by its unloaded voltage and its current at the limit (effective values of a
    /// sine, of the single-ended output), its output resistance, and whether it has a balanced
    /// output as well.
    ///
    /// # Errors
    ///
    /// When neither voltage nor current is limited.
    pub fn new(
        voltage: Option<Voltage>,
        current: Option<Current>,
        output: Resistance,
        balanced: bool,
    ) -> Result<Self, DriveInputError> {
        if voltage.is_none() && current.is_none() {
            return Err(DriveInputError::Unlimited);
        }
        Ok(Self { voltage, current, output, balanced })
    }

    /// Unloaded voltage of an output in volts; infinite if not limited.
    ///
    /// Two amplifiers in opposite phase have twice the voltage of one.
    #[must_use]
    pub fn unloaded_v(&self, wiring: OutputWiring) -> f64 {
        self.voltage.map_or(f64::INFINITY, |voltage| wiring.amplifiers() * voltage.v())
    }

    /// The limit of the current in amperes, the same for both outputs; infinite if there is none.
    #[must_use]
    pub fn limit_a(&self) -> f64 {
        self.current.map_or(f64::INFINITY, Current::a)
    }

    /// Output resistance of an output in ohms: that of two amplifiers in series if balanced.
    #[must_use]
    pub fn source_ohm(&self, wiring: OutputWiring) -> f64 {
        wiring.amplifiers() * self.output.ohm()
    }

    /// The outputs that it has.
    #[must_use]
    pub const fn outputs(&self) -> &'static [OutputWiring] {
        if self.balanced {
            &[OutputWiring::SingleEnded, OutputWiring::Balanced]
        } else {
            &[OutputWiring::SingleEnded]
        }
    }
}

/// How a headphone is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputWiring {
    /// One amplifier drives it against ground.
    SingleEnded,
    /// Two amplifiers in opposite phase drive it, one at each end.
    Balanced,
}

impl OutputWiring {
    /// How many amplifiers drive one side.
    const fn amplifiers(self) -> f64 {
        match self {
            Self::SingleEnded => 1.0,
            Self::Balanced => 2.0,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SingleEnded => "single-ended",
            Self::Balanced => "balanced",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_no_question() {
        let target = |level, headroom| {
            DriveTarget::new(Level::from_db(level), Gain::from_db(headroom))
                .map_err(|e| e.to_string())
        };
        assert!(target(110.0, 10.0).is_ok());
        assert!(target(300.0, 0.0).unwrap_err().contains("outside 20 to 160 dB SPL"));
        assert!(target(f64::NAN, 0.0).is_err() && target(110.0, -1.0).is_err());
        let at = Frequency::new(1e3).unwrap();
        let stated = |db, rated: Option<f64>| {
            let rated = rated.map(|ohm| Resistance::new(ohm).unwrap());
            StatedSensitivity::new(Level::from_db(db), SensitivityPer::Volt, at, rated)
        };
        assert!(stated(0.1, None).is_err());
        assert_eq!(stated(97.0, Some(0.0)), Err(DriveInputError::RatedZero));
        assert!(Amplifier::new(None, None, Resistance::MIN, true).is_err());
    }

    #[test]
    fn a_balanced_output_has_twice_of_all_but_the_current() {
        let amplifier = Amplifier::new(
            Some(Voltage::new(2.0).unwrap()),
            Some(Current::new(0.05).unwrap()),
            Resistance::new(1.5).unwrap(),
            true,
        )
        .unwrap();
        assert!((amplifier.unloaded_v(OutputWiring::Balanced) - 4.0).abs() < 1e-12);
        assert!((amplifier.source_ohm(OutputWiring::Balanced) - 3.0).abs() < 1e-12);
        assert_eq!(amplifier.outputs().len(), 2);
    }
}
