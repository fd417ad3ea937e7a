//! What the seatings of two states say about their difference.

use super::compared::Span;
use super::curve::Curve;
use crate::quantity::Uncertain;
use crate::quantity::unit::Decibel;

/// How seatings of two states belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pairing {
    /// Not at all: any seating may have had either name.
    #[default]
    Independent,
    /// The k-th of one belongs to the k-th of the other: either of a pair may have had either name.
    Paired,
}

/// A single figure of a seating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatingFigure {
    /// Mean 20 Hz to 100 Hz over mean 300 Hz to 1 kHz: the one that is chosen before looking.
    BassShelf,
    /// Where the bass has fallen by so many decibels.
    Corner(u8),
    /// The level at so many hertz.
    Level(u16),
    /// Mean 5 kHz to 10 kHz over mean 300 Hz to 1 kHz.
    Treble,
}

/// How a single figure changes from one state to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FigureEvidence {
    /// The figure.
    pub figure: SeatingFigure,
    /// State − reference, with its standard error and Welch's degrees of freedom; in octaves for a
    /// corner, in decibels else.
    pub change: Uncertain,
    /// The interval that covers the true change with 95 %.
    pub interval: (f64, f64),
    /// Probability that chance alone changes it as much (Welch's t, or that of pairs).
    pub p: f64,
    /// The same with account of how many figures were looked at beside the bass shelf (Holm); that
    /// of the bass shelf as it is.
    pub adjusted_p: f64,
    /// Effect size: change in standard deviations between seatings.
    pub hedges_g: f64,
    /// The smallest true change that such seatings show four times in five.
    pub minimal_detectable: f64,
    /// Seatings of each state that would show the change asked about; absent for a corner, and
    /// where more than a thousand would be needed.
    pub seatings_needed: Option<usize>,
    /// How the spread changes; absent where the reference does not spread.
    pub spread: Option<SpreadChange>,
}

/// How the spread between seatings changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpreadChange {
    /// Variance of the state over that of the reference.
    pub variance_ratio: f64,
    /// Probability that equal spreads look as different (F test).
    pub p: f64,
}

/// What the largest t over all frequencies is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// The largest t of seatings whose states were shuffled.
    Shuffled {
        /// Assignments looked at, the measured one among them.
        assignments: usize,
        /// Whether these are all that there are.
        all: bool,
        /// The smallest probability that they can give.
        smallest_p: f64,
    },
    /// Student's t, 5 % divided by the number of frequencies (Bonferroni), as there are too few
    /// assignments to tell 5 %.
    Student {
        /// The smallest probability that shuffling could have given.
        smallest_p: f64,
    },
}

/// Where nothing is seen, and above what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unseen {
    /// The range.
    pub span: Span,
    /// The 95 % band lies within ± this throughout the range, in decibels.
    pub above_db: f64,
}

/// How the curves of two states differ, at all frequencies together.
#[derive(Debug, Clone, PartialEq)]
pub struct CurveEvidence {
    /// State − reference, twelve points to the octave.
    pub difference: Curve<Decibel>,
    /// Half width of the band that holds the true difference at all frequencies at once with 95 %.
    pub half_width: Curve<Decibel>,
    /// Probability that chance alone makes as large a t at any frequency.
    pub p: f64,
    /// What decides.
    pub limit: Limit,
    /// Where the states differ: where the band does not reach zero.
    pub ranges: Vec<Span>,
    /// Bass, midrange, treble and what is above, as far as the states do not differ there.
    pub unseen: Vec<Unseen>,
    /// The widest range up to 8 kHz in which the states do not differ.
    pub widest_unseen: Option<Unseen>,
}

/// What the seatings of two states say about their difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// How the seatings belong together.
    pub pairing: Pairing,
    /// The single figures that both states have, the bass shelf first.
    pub figures: Vec<FigureEvidence>,
    /// All frequencies.
    pub curve: CurveEvidence,
    /// The change in decibels that [`FigureEvidence::seatings_needed`] is about.
    pub detect_db: f64,
}

impl SeatingFigure {
    /// All of them, the bass shelf first.
    pub const ALL: [Self; 9] = [
        Self::BassShelf,
        Self::Corner(3),
        Self::Corner(6),
        Self::Level(20),
        Self::Level(30),
        Self::Level(50),
        Self::Level(100),
        Self::Level(3000),
        Self::Treble,
    ];

    /// Its name in documents.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::BassShelf => "bass_shelf".to_owned(),
            Self::Corner(db) => format!("corner_minus_{db}_db"),
            Self::Level(hz) => format!("level_{hz}_hz"),
            Self::Treble => "treble".to_owned(),
        }
    }

    /// Whether its change is in octaves rather than decibels.
    #[must_use]
    pub const fn is_frequency(self) -> bool {
        matches!(self, Self::Corner(_))
    }
}

impl Evidence {
    /// What is said about the bass shelf.
    #[must_use]
    pub fn bass_shelf(&self) -> Option<&FigureEvidence> {
        self.figures.iter().find(|seen| seen.figure == SeatingFigure::BassShelf)
    }
}
