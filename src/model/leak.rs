//! The leak that would explain what a state of a headphone changes in the bass.

use super::curve::Curve;
use crate::quantity::unit::Decibel;

/// What lies behind the diaphragm of a headphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Back {
    /// A cup: bass is held by the seal.
    Closed,
    /// The open air: a leak takes hardly any bass away.
    Open,
    /// Nobody has said; taken as closed, and said so.
    #[default]
    Unknown,
}

/// A size with the interval that covers it with a probability of 95 %, in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FittedSize {
    /// The size that fits best.
    pub mm: f64,
    /// Lower end of the interval; zero where the leak barely stands out, so that it may be as small
    /// as nothing.
    pub from_mm: f64,
    /// Upper end of the interval.
    pub to_mm: f64,
    /// What the difference is off the fitted one, as a root mean square over ln f, in decibels.
    pub rms_residual_db: f64,
}

/// What the impedance that a leak sees is known from.
#[derive(Debug, Clone, PartialEq)]
pub enum LeakBasis {
    /// From a state that differs from the reference by a drilled hole.
    Calibrated {
        /// The state.
        state: String,
        /// Diameter of its hole.
        hole_mm: f64,
    },
    /// From the volume that the air in front of the diaphragm is assumed to have.
    FrontVolume {
        /// The volume.
        cm3: f64,
    },
}

/// A hole and a slit that would change the bass as a state does. Which of them it is, or neither,
/// the difference does not say.
#[derive(Debug, Clone, PartialEq)]
pub struct EquivalentLeak {
    /// Diameter of the round hole.
    pub hole: FittedSize,
    /// Height of the slit.
    pub slit: FittedSize,
    /// Width of the slit across the flow, in millimetres.
    pub slit_width_mm: f64,
    /// Length of both in the direction of the flow, in millimetres.
    pub length_mm: f64,
    /// What the fit rests on.
    pub basis: LeakBasis,
    /// What was said about the back.
    pub back: Back,
    /// The difference that the better of the two makes, over the band that was fitted, laid upon
    /// the measured one by the fitted gain.
    pub model: Curve<Decibel>,
}

impl EquivalentLeak {
    /// What is left by the better of the two, in decibels.
    #[must_use]
    pub const fn rms_residual_db(&self) -> f64 {
        self.hole.rms_residual_db.min(self.slit.rms_residual_db)
    }
}

/// Why a difference is not told as a leak.
#[derive(Debug, Clone, PartialEq)]
pub enum NoLeak {
    /// A state has a single seating, so that nothing is known of their spread.
    TooFewSeatings {
        /// The state with the fewest.
        state: String,
    },
    /// The curves do not cover the band in which leaks are seen.
    Band {
        /// First frequency of the curves.
        from_hz: f64,
        /// Last frequency of the curves.
        to_hz: f64,
    },
    /// Without a calibration an open back tells nothing of its leaks.
    OpenBack,
    /// The bass rises.
    Rises {
        /// By how much, in decibels.
        by_db: f64,
        /// Standard error of that.
        u_db: f64,
    },
    /// What lies above 1 kHz changes too.
    Treble {
        /// The octave that changes most: its ends in hertz.
        octave_hz: (f64, f64),
        /// Its change, in decibels.
        by_db: f64,
        /// The change of the octave from 20 Hz, in decibels.
        bass_db: f64,
    },
    /// The bass does not change by more than the seatings spread.
    Unseen {
        /// The diameter up to which a hole could hide; absent if a hole of any size could.
        hides_mm: Option<f64>,
        /// Length of that hole, in millimetres.
        length_mm: f64,
    },
    /// The calibration leak does not change the bass by more than the seatings spread.
    CalibrationUnseen {
        /// The state with that leak.
        state: String,
    },
    /// Neither a hole nor a slit of any size changes the bass like that.
    Shape {
        /// What the better one leaves, as a root mean square in decibels.
        rms_residual_db: f64,
        /// What there is to be explained, as a root mean square in decibels.
        rms_db: f64,
    },
}

impl NoLeak {
    /// The name of the reason in documents.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TooFewSeatings { .. } => "too-few-seatings",
            Self::Band { .. } => "band",
            Self::OpenBack => "open-back",
            Self::Rises { .. } => "bass-rises",
            Self::Treble { .. } => "treble-changes",
            Self::Unseen { .. } => "unseen",
            Self::CalibrationUnseen { .. } => "calibration-unseen",
            Self::Shape { .. } => "shape",
        }
    }
}

/// The answer to the question how large a leak explains a difference.
#[derive(Debug, Clone, PartialEq)]
pub enum LeakVerdict {
    /// So large a one.
    Fitted(Box<EquivalentLeak>),
    /// It is not told as a leak.
    Refused(NoLeak),
}
