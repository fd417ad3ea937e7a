//! How one seating of a headphone stands among the others of its state.

use serde::{Deserialize, Serialize};

use super::curve::Curve;
use super::normalisation::Normalisation;
use super::states::StateSummary;
use crate::quantity::unit::Decibel;

/// What is read off a seating to tell whether it sits as its siblings do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SiblingFigure {
    /// Mean 20 Hz to 100 Hz over mean 300 Hz to 1 kHz, in decibels: the seal.
    BassShelf,
    /// Where the deepest notch of 5 kHz to 12 kHz lies, in octaves: the position.
    Notch,
    /// Mean 300 Hz to 1 kHz, in decibels: cable, volume, a seal that is gone altogether.
    Level,
}

/// One figure of a seating against the same of its siblings.
///
/// Decibels for a level or the bass shelf, octaves for the notch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Departure {
    /// The figure.
    pub figure: SiblingFigure,
    /// The siblings that have it.
    pub siblings: usize,
    /// Its mean over the siblings: decibels; of the notch octaves above 1 Hz.
    pub mean: f64,
    /// Its standard deviation between the siblings; absent for a single one.
    pub sd: Option<f64>,
    /// By how much the seating lies above (or, negative, below) that mean.
    pub by: f64,
    /// The standard deviation that is expected of one more seating about that mean: of its
    /// siblings' spread and of what headphones usually do.
    pub expected: f64,
    /// What a seating that sits as the others do exceeds once in two hundred times.
    pub limit: f64,
}

impl SiblingFigure {
    /// Its name in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BassShelf => "bass_shelf",
            Self::Notch => "notch",
            Self::Level => "level",
        }
    }
}

impl Departure {
    /// The seating's own value, as [`Self::mean`] counts.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.mean + self.by
    }

    /// Whether chance does not explain it.
    #[must_use]
    pub fn is_unlike(&self) -> bool {
        self.by.abs() > self.limit
    }

    /// How far it goes, the limit being 1.
    #[must_use]
    pub fn size(&self) -> f64 {
        self.by.abs() / self.limit
    }
}

/// One placement of a headphone among those of its state.
#[derive(Debug, Clone, PartialEq)]
pub struct SeatingRecord {
    /// The number of the seating, from 1; a repeated one has that of the one it replaces.
    pub number: u32,
    /// The folder of its measurement, as it is found from that of the seatings.
    pub folder: String,
    /// Mean 20 Hz to 100 Hz over mean 300 Hz to 1 kHz, where the curve covers that.
    pub bass_shelf_db: Option<f64>,
    /// The deepest notch of 5 kHz to 12 kHz, where there is one.
    pub notch_hz: Option<f64>,
    /// Its figures against those of its siblings; empty for the only one and for one set aside.
    pub departures: Vec<Departure>,
    /// What whoever measured decided about it.
    pub decision: Option<Decision>,
    /// Its level, normalised, on the grid that all seatings cover.
    pub curve: Curve<Decibel>,
}

/// The seatings of one state, the last to be measured last.
#[derive(Debug, Clone, PartialEq)]
pub struct Seatings {
    /// What they are of: the state, with the side where there are two.
    pub name: String,
    /// How many there shall be.
    pub wanted: u32,
    /// Each of them, those that were set aside too.
    pub records: Vec<SeatingRecord>,
    /// Mean and spread of those that count.
    pub summary: StateSummary,
    /// How the curves were laid upon each other.
    pub normalisation: Normalisation,
}

impl Seatings {
    /// Those that count, in the order in which they were measured.
    pub fn counted(&self) -> impl Iterator<Item = &SeatingRecord> {
        self.records.iter().filter(|record| record.counts())
    }
}

/// What was decided about a seating that is unlike its siblings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It stays on the disk, and comparisons leave it out: it was repeated.
    SetAside,
    /// It counts as the others do.
    Kept,
}

impl SeatingRecord {
    /// Whether it counts among the seatings of its state.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.decision != Some(Decision::SetAside)
    }

    /// The figure by which it is most unlike its siblings, if it is.
    #[must_use]
    pub fn unlike(&self) -> Option<&Departure> {
        let unlike = self.departures.iter().filter(|departure| departure.is_unlike());
        unlike.max_by(|a, b| a.size().total_cmp(&b.size()))
    }
}
