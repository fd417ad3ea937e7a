//! How one set of seatings differs in level from another that was measured at the same setting: the
//! two sides of a headphone, outside and inside of it, with and without it.

use super::compared::Span;
use super::curve::Curve;
use super::evidence::Evidence;
use super::states::{StateDifference, StateSummary};
use crate::quantity::unit::{Decibel, Degree};
use crate::quantity::{Length, Smoothing};

/// A difference of means with the interval that covers it, in the unit that its name says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Covered {
    /// The difference.
    pub value: f64,
    /// Covers the true difference with 95 %; absent where a side has one seating only, or nothing
    /// spreads.
    pub interval: Option<(f64, f64)>,
}

/// A mean over an octave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OctaveMean {
    /// The nominal middle of the octave in hertz.
    pub centre_hz: f64,
    /// The mean difference of the levels in decibels, uniform in the logarithm of frequency.
    pub db: Covered,
    /// Whether a tenth of the octave or more is no figure but a bound, as the noise was too loud.
    pub bound: bool,
}

/// How one set of seatings lies above another, at the levels that were measured.
#[derive(Debug, Clone, PartialEq)]
pub struct LevelDifference {
    /// The seatings.
    pub of: StateSummary,
    /// Those that are taken away from them.
    pub against: StateSummary,
    /// The difference at all frequencies, with what the seatings say about it.
    pub difference: StateDifference,
    /// Octaves that the data cover, 31.5 Hz to 8 kHz.
    pub octaves: Vec<OctaveMean>,
    /// Mean of the seven octaves 125 Hz to 8 kHz; absent where one of them is not covered.
    pub mean: Option<OctavesMean>,
    /// Where the weaker of the two was not ten decibels above the noise: the difference is a bound
    /// there. Empty where nothing is known of the noise.
    pub faint: Vec<Span>,
}

/// A mean over several octaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OctavesMean {
    /// The mean in decibels.
    pub db: Covered,
    /// Whether one of the octaves is a bound.
    pub bound: bool,
}

impl LevelDifference {
    /// The difference over frequency.
    #[must_use]
    pub const fn curve(&self) -> &Curve<Decibel> {
        &self.difference.curve
    }

    /// What the seatings say about it; absent where a side has one only.
    #[must_use]
    pub const fn evidence(&self) -> Option<&Evidence> {
        self.difference.evidence.as_ref()
    }
}

/// Where the levels of two sides are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LevelPlace {
    /// Mean 100 Hz to 10 kHz: above what the seal decides, below what a millimetre decides.
    Broadband,
    /// Mean 300 Hz to 1 kHz.
    Midrange,
    /// At 1 kHz.
    At1Khz,
}

/// The difference of the levels of two sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatchedLevel {
    /// Where.
    pub place: LevelPlace,
    /// Left − right in decibels.
    pub db: Covered,
}

/// Within how many decibels two sides lie over a band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Within {
    /// The band.
    pub band: Span,
    /// The largest difference of the means, left − right, in decibels.
    pub worst_db: f64,
    /// Where it is, in hertz.
    pub worst_hz: f64,
    /// The largest that remains when the sides are made equally loud over the band, in decibels:
    /// what a balance control leaves.
    pub levelled_db: f64,
    /// Where it is, in hertz.
    pub levelled_hz: f64,
}

/// How the phases of two sides differ.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseMatching {
    /// Whether one side has the poles of the other swapped; absent where the seatings of a side do
    /// not agree, or the phase is neither near 0° nor near 180°.
    pub inverted: Option<bool>,
    /// How much later the left side is, in microseconds; absent where the files have no time in
    /// common.
    pub delay_us: Option<Covered>,
    /// Left − right without delay and without inversion, −180° to 180°; its uncertainty is the
    /// standard error where both sides have two seatings or more.
    pub curve: Curve<Degree>,
    /// The largest difference of 100 Hz to 3 kHz in degrees, absent outside the data.
    pub worst: Option<WorstPhase>,
}

/// The largest difference of two phases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorstPhase {
    /// In degrees.
    pub degrees: f64,
    /// Where, in hertz.
    pub hz: f64,
}

/// What is to be kept, and over which band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// The most that left and right may differ, in decibels.
    pub db: f64,
    /// Where.
    pub band: Span,
}

/// Whether two sides keep a tolerance.
#[derive(Debug, Clone, PartialEq)]
pub enum ToleranceVerdict {
    /// The band of 95 % lies inside the tolerance at all frequencies.
    Kept,
    /// The band lies outside it in these ranges, or the interval of the broadband level does.
    Exceeded {
        /// The ranges.
        ranges: Vec<Span>,
        /// Whether the level alone is outside.
        by_level: bool,
    },
    /// Neither: the seatings spread too much, or are too few.
    Open {
        /// Where the band reaches farthest from zero: a tolerance of as much would be kept. Absent
        /// for single seatings.
        reached: Option<LevelAt>,
    },
}

/// A level somewhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelAt {
    /// In decibels.
    pub db: f64,
    /// Where, in hertz.
    pub hz: f64,
}

/// The two sides of a headphone.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelMatching {
    /// Left − right.
    pub sides: LevelDifference,
    /// The levels.
    pub levels: Vec<MatchedLevel>,
    /// Within what they lie.
    pub within: Vec<Within>,
    /// The phases; absent where a file has none.
    pub phase: Option<PhaseMatching>,
    /// What was to be kept, and whether it is.
    pub tolerance: Option<(Tolerance, ToleranceVerdict)>,
    /// Smoothing of the curves.
    pub smoothing: Smoothing,
}

/// What a headphone keeps out of the sound around.
#[derive(Debug, Clone, PartialEq)]
pub struct Isolation {
    /// Without − with the headphone, for each state of it.
    pub states: Vec<LevelDifference>,
    /// The first of them − each of the others: what, for instance, noise cancelling adds.
    pub gained: Vec<LevelDifference>,
    /// Smoothing of the curves.
    pub smoothing: Smoothing,
}

/// What a headphone lets out.
#[derive(Debug, Clone, PartialEq)]
pub struct Leakage {
    /// Outside − inside.
    pub outside: LevelDifference,
    /// How far away the outside was.
    pub distance: Option<Length>,
    /// Smoothing of the curves.
    pub smoothing: Smoothing,
}
