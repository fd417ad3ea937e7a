//! What a headphone needs for a level, and what an amplifier reaches.

use super::{Amplifier, DriveTarget, OutputWiring, StatedSensitivity};
use crate::model::compared::Span;
use crate::model::curve::Curve;
use crate::model::source::EighthRule;
use crate::model::spectrum::Impedance;
use crate::quantity::unit::{Decibel, Milliampere, Milliwatt, Volt};

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
