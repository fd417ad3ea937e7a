//! What a live view shows, sweep by sweep.

use super::curve::Curve;
use super::finding::Finding;
use super::measurement::Resonance;
use super::states::Spread;
use super::trace::TraceKind;
use crate::quantity::unit::Decibel;

/// What one sweep of a live view showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Glimpse {
    /// The how-manieth sweep it was, counted from one.
    pub sweep: usize,
    /// When it ended, in seconds since the beginning.
    pub at_s: f64,
    /// What was seen; absent if the sweep was refused, and the findings then say why.
    pub seen: Option<Seen>,
    /// Whether anything moves.
    pub motion: Motion,
    /// How it compares with the reference, if there is one.
    pub against: Option<AgainstReference>,
    /// What was noticed.
    pub findings: Vec<Finding>,
}

/// What a sweep that could be used shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Whether it is a response or an impedance.
    pub kind: TraceKind,
    /// Level in decibels: of the response as it was captured, or of the impedance re 1 Ω.
    pub level: Curve<Decibel>,
    /// Mean level 300 Hz to 1 kHz in decibels; absent if the curve does not cover that.
    pub middle_db: Option<f64>,
    /// Mean level 20 Hz to 100 Hz over that of 300 Hz to 1 kHz, in decibels; absent likewise.
    pub bass_db: Option<f64>,
    /// Where the level has fallen by 3 dB towards the bass, in hertz; absent if it holds.
    pub corner_minus_3_db_hz: Option<f64>,
    /// The lowest maximum of an impedance, with its frequency and height.
    pub resonance: Option<Resonance>,
}

/// Whether what is seen holds still.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Motion {
    /// Not yet seen often enough without a change.
    Settling {
        /// The last so many sweeps are alike.
        alike: usize,
        /// So many are wanted.
        wanted: usize,
    },
    /// The last sweeps are alike.
    Steady {
        /// Mean of their bass figures, in decibels.
        bass_db: f64,
        /// Mean of their levels, in decibels.
        level_db: f64,
    },
    /// It was steady, and then changed with this sweep.
    Moved {
        /// Change of the bass figure, in decibels.
        bass_db: f64,
        /// Change of the level, in decibels.
        level_db: f64,
    },
}

impl Motion {
    /// Whether what is seen holds still.
    #[must_use]
    pub const fn is_steady(self) -> bool {
        matches!(self, Self::Steady { .. })
    }

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settling { .. } => "settling",
            Self::Steady { .. } => "steady",
            Self::Moved { .. } => "moved",
        }
    }
}

/// How a sweep compares with the seatings of a reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgainstReference {
    /// Seatings of the reference.
    pub seatings: usize,
    /// Its bass figure over the seatings, in decibels.
    pub reference_bass_db: Spread,
    /// Bass of the sweep less the mean of the reference, in decibels.
    pub bass_db: f64,
    /// What a further seating of the reference would stay within, in decibels.
    pub allowance_db: f64,
    /// What that says.
    pub verdict: BassVerdict,
    /// The sweep's resonance over that of the reference, as ratios of frequency and height.
    pub resonance: Option<(f64, f64)>,
}

/// What the bass says about the seal, seen from a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BassVerdict {
    /// No other than a further seating of the reference.
    Within,
    /// Less bass than that.
    Below,
    /// More bass than that.
    Above,
}

impl BassVerdict {
    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Within => "within",
            Self::Below => "below",
            Self::Above => "above",
        }
    }
}
