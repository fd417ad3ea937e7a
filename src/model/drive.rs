//! What a headphone needs for a level, and what an amplifier has to offer.

use super::compared::Span;
use super::curve::Curve;
use super::source::EighthRule;
use super::spectrum::Impedance;
use crate::quantity::unit::{Decibel, Milliampere, Milliwatt, Pascal, Volt};
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

/// The impedance that stands between decibels per milliwatt and decibels per volt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ReferenceImpedance {
    /// The rated one, in ohms.
    Rated(f64),
    /// The magnitude of the headphone's impedance at the frequency of the sensitivity, in ohms.
    Magnitude(f64),
}

impl ReferenceImpedance {
    /// The impedance in ohms.
    #[must_use]
    pub const fn ohm(self) -> f64 {
        match self {
            Self::Rated(ohm) | Self::Magnitude(ohm) => ohm,
        }
    }
}

/// The sensitivity in both ways of counting.
#[derive(Debug, Clone, PartialEq)]
pub struct DriveSensitivity {
    /// As it was given.
    pub stated: StatedSensitivity,
    /// Level of one volt at the frequency of the sensitivity, in dB SPL.
    pub per_volt_db: f64,
    /// Level of one milliwatt into the reference impedance, in dB SPL.
    pub per_milliwatt_db: f64,
    /// What was taken to turn one into the other.
    pub reference: ReferenceImpedance,
    /// Level of one volt over frequency, in dB SPL.
    pub per_volt: Curve<Decibel>,
}

/// Voltage, current and power at one frequency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NeedPoint {
    /// Effective voltage at the headphone, in volts.
    pub voltage_v: f64,
    /// Effective current in milliamperes.
    pub current_ma: f64,
    /// Power into the reference impedance in milliwatts, as data sheets count it.
    pub power_mw: f64,
}

/// The largest value of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// The value in the unit of the curve.
    pub value: f64,
    /// Where, in hertz; the lowest frequency of equals.
    pub hz: f64,
}

/// What a level with its headroom takes, at the headphone.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// At the frequency of the sensitivity.
    pub at_sensitivity: NeedPoint,
    /// Effective voltage over frequency.
    pub voltage: Curve<Volt>,
    /// Effective current over frequency.
    pub current: Curve<Milliampere>,
    /// Real power over frequency: V²·Re(Z)/|Z|².
    pub power: Curve<Milliwatt>,
    /// The largest voltage.
    pub most_voltage: Peak,
    /// The largest current.
    pub most_current: Peak,
    /// The largest real power.
    pub most_power: Peak,
}

/// Which limit of an amplifier is met first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Its voltage.
    Voltage,
    /// Its current.
    Current,
}

impl Bound {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Voltage => "voltage",
            Self::Current => "current",
        }
    }
}

/// What an output reaches at one frequency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReachPoint {
    /// Where, in hertz.
    pub hz: f64,
    /// The highest level in dB SPL.
    pub level_db: f64,
    /// Effective voltage at the headphone, in volts.
    pub voltage_v: f64,
    /// Highest level less the level that must be reached, in decibels.
    pub margin_db: f64,
    /// What stands in the way of more.
    pub bound: Bound,
}

/// What one output of an amplifier reaches with a headphone.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// The output.
    pub wiring: OutputWiring,
    /// The largest effective voltage at the headphone, over frequency.
    pub voltage: Curve<Volt>,
    /// The highest level in dB SPL, over frequency.
    pub level: Curve<Decibel>,
    /// At the frequency of the sensitivity.
    pub at_sensitivity: ReachPoint,
    /// Where the highest level is lowest.
    pub worst: ReachPoint,
    /// Where the current is the limit; elsewhere it is the voltage.
    pub current_bound: Vec<Span>,
    /// Where the level with its headroom is not reached.
    pub short: Vec<Span>,
}

impl Reach {
    /// Whether the level with its headroom is reached at every frequency.
    #[must_use]
    pub const fn is_enough(&self) -> bool {
        self.short.is_empty()
    }
}

/// How much louder a balanced output is than the single-ended one, 0 dB to 6.02 dB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BalancedGain {
    /// At the frequency of the sensitivity, in decibels.
    pub at_sensitivity_db: f64,
    /// The smallest, in decibels.
    pub least_db: f64,
    /// Where, in hertz.
    pub least_hz: f64,
}

/// How long ears are allowed a level. Levels of a sine at 1 kHz count the same with and without
/// A-weighting; what a level in a coupler or at the eardrum is in a free field is left aside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// Minutes a day after NIOSH 98-126 (1998), table 1-1: 8 h at 85 dB(A), half for each 3 dB;
    /// 1440 at most.
    pub niosh_per_day_min: f64,
    /// Minutes a week after WHO and ITU-T H.870 (adults): 40 h at 80 dB(A), half for each 3 dB;
    /// 10 080 at most.
    pub who_per_week_min: f64,
}

/// What a headphone needs for a level, and what an amplifier will do with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Drive {
    /// The level asked for.
    pub target: DriveTarget,
    /// The headphone's impedance, where everything else was computed.
    pub impedance: Impedance,
    /// Its smallest magnitude in ohms and where it is.
    pub least_impedance: Peak,
    /// Its sensitivity.
    pub sensitivity: DriveSensitivity,
    /// Whether the sensitivity varies as a response does.
    pub with_response: bool,
    /// What the level takes.
    pub need: Need,
    /// The amplifier, if one was given.
    pub amplifier: Option<Amplifier>,
    /// What its outputs reach, the single-ended one first.
    pub reach: Vec<Reach>,
    /// What balanced drive gains, if there is such an output.
    pub balanced_gain: Option<BalancedGain>,
    /// What the rule of an eighth allows this headphone.
    pub eighth_rule: EighthRule,
    /// How long the level is allowed.
    pub exposure: Exposure,
}

impl Drive {
    /// The output that the verdict is about: the balanced one if there is one.
    #[must_use]
    pub fn best(&self) -> Option<&Reach> {
        self.reach.last()
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
