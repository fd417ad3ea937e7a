//! How a command ends: exit codes, and what to do about an error.

use std::fmt;
use std::io::ErrorKind;

use crate::measure::{ForeignStimulusError, MeasureError, RigError};
use crate::model::{ChannelRole, DriveInputError};
use crate::plot::PlotError;
use crate::store::atomic::WriteError;
use crate::store::curve::{CurveFileError, CurveWriteError};
use crate::store::library::LibraryError;
use crate::store::plan::PlanFileError;
use crate::store::wav::{WavError, WavWriteError};
use crate::study::StudyError;

/// The exit codes that other programs rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Done, and the verdict is negative.
    Negative = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// No rig that could be used.
    NoRig = 3,
    /// The measurement is invalid; the findings say why.
    Invalid = 4,
    /// Data are missing, unreadable or do not match.
    Data = 5,
    /// Our own bug.
    Bug = 70,
    /// Stopped by the user.
    Interrupted = 130,
}

/// Why a command failed, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// A failure with its message.
    pub(super) fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self { exit, message: message.to_string(), hint: None }
    }

    /// A command line that makes no sense.
    pub(super) fn usage(message: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Data that are missing, unreadable or do not match.
    pub(super) fn data(message: impl fmt::Display) -> Self {
        Self::new(Exit::Data, message)
    }

    /// The same failure with advice, behind what it has already.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        self.hint = Some(match self.hint {
            Some(first) => format!("{first}; {hint}"),
            None => hint,
        });
        self
    }

    /// The exit code.
    pub(super) const fn exit(&self) -> Exit {
        self.exit
    }

    /// What to do about it, where that is known.
    pub(super) fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<RigError> for Failure {
    fn from(error: RigError) -> Self {
        let (exit, hint) = match &error {
            RigError::Missing { .. } => {
                (Exit::NoRig, "`cansweep devices` lists the devices of this machine")
            }
            RigError::Unusable { .. } => {
                (Exit::NoRig, "close other programs that use it, or choose another device")
            }
            RigError::Unsupported { .. } => (
                Exit::NoRig,
                "choose another plan or --rate; `cansweep devices` lists what it offers",
            ),
            RigError::Gone { .. } => (Exit::NoRig, "check the cable and the sound server"),
            RigError::TooLoud { .. } => (
                Exit::Usage,
                "lower --level; if headphone, amplifier and the ears near it can take it, raise \
                 level_dbfs under [limits] in the rig file, or insist with --beyond-limit",
            ),
            RigError::WrongRate { .. } => (
                Exit::Data,
                "take and stimulus need one rate: give the --rate at which the plan was played, \
                 or the --stimulus file that was; a file that was resampled is no take",
            ),
            RigError::Interrupted => (Exit::Interrupted, "nothing was stored"),
        };
        Self::new(exit, error).hint(hint)
    }
}

impl From<MeasureError> for Failure {
    fn from(error: MeasureError) -> Self {
        let hint = match &error {
            MeasureError::Rate { .. } => {
                "the plan must be the one that was played, at the rate it was played: try --rate"
            }
            MeasureError::Channel { role: ChannelRole::Sense, .. } => {
                "an impedance needs a recording of both sides of the sense resistor, for instance \
                 --channels reference=1,sense=2"
            }
            MeasureError::Channel { .. } => {
                "say which input is which with --channels, for instance \
                 --channels reference=1,microphone=2; without a reference the stimulus is it"
            }
            _ => return Self::data(error),
        };
        Self::data(error).hint(hint)
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        match &error {
            WriteError::Exists { .. } => {
                Self::usage(error).hint("choose another name, or overwrite with --force")
            }
            WriteError::Io { source, .. } if source.kind() == ErrorKind::NotFound => {
                Self::data(error).hint("make the folder first, or name a file in one that is there")
            }
            WriteError::Io { .. } => Self::data(error),
        }
    }
}

impl From<WavWriteError> for Failure {
    fn from(error: WavWriteError) -> Self {
        match error {
            WavWriteError::Write(error) => error.into(),
            other @ WavWriteError::Samples { .. } => Self::data(other),
        }
    }
}

impl From<CurveWriteError> for Failure {
    fn from(error: CurveWriteError) -> Self {
        match error {
            CurveWriteError::Write(error) => error.into(),
            CurveWriteError::Mismatch(mismatch) => Self::usage(mismatch),
        }
    }
}

impl From<LibraryError> for Failure {
    fn from(error: LibraryError) -> Self {
        match error {
            LibraryError::Exists { .. } => Self::usage(error).hint("name another folder with -o"),
            LibraryError::Missing { .. } => {
                Self::data(error).hint("`cansweep library list` lists the measurements")
            }
            LibraryError::Running { .. } => Self::data(error).hint("wait until it has ended"),
            LibraryError::Ambiguous { .. } => Self::data(error).hint("type more of the name"),
            LibraryError::Name(_) => Self::usage(error),
            LibraryError::Write(error) => error.into(),
            LibraryError::Take(error) => error.into(),
            _ => Self::data(error),
        }
    }
}

impl From<StudyError> for Failure {
    fn from(error: StudyError) -> Self {
        match &error {
            StudyError::TooFewStates { .. } => {
                Self::usage(error).hint("give every state its own --state NAME=FILE[,FILE…]")
            }
            StudyError::TooFewTimes { .. } => Self::usage(error)
                .hint("measure again later, or give another time: --at TIME=FILE[,FILE…]"),
            StudyError::TooFewCurves { .. } => Self::usage(error).hint("name two files or more"),
            StudyError::DuplicateCable { .. } => {
                Self::usage(error).hint("give them names: --cable NAME=FILE")
            }
            StudyError::DuplicateCurve { .. } => {
                Self::usage(error).hint("tell them apart with NAME=FILE or --names")
            }
            StudyError::UnknownReference { .. }
            | StudyError::DuplicateState { .. }
            | StudyError::UnknownCurve { .. } => Self::usage(error),
            StudyError::MixedKinds { .. } => {
                Self::data(error).hint("compare the responses and the impedances by themselves")
            }
            StudyError::CalibratedReference { .. } => Self::usage(error)
                .hint("name the state with the drilled hole, and compare with the sealed one"),
            StudyError::UnevenPairs { .. } => {
                Self::usage(error).hint("without --paired any number of seatings can be compared")
            }
            StudyError::NoUnloaded => {
                Self::usage(error).hint("give the response without a resistor as --series 0=FILE")
            }
            StudyError::NoResponse => Self::usage(error).hint(
                "--verify needs --response FILE, and --response-source if that was not on 0 Ω",
            ),
            StudyError::TooFewResistors { .. } => Self::usage(error)
                .hint("give --series 0=FILE and one --series OHM=FILE for each resistor"),
            StudyError::DuplicateResistor { .. } => Self::usage(error)
                .hint("each --series needs a resistor of its own; --verify takes a second take"),
            StudyError::NoFall { .. } => Self::data(error).hint(
                "the files must tell what one and the same drive level gives: state the level of \
                 each as --series-level OHM=DB",
            ),
            StudyError::SealBand { .. } => Self::data(error)
                .hint("measure the impedance with a sweep from 20 Hz to 2 kHz or more"),
            StudyError::NotNormalisable { .. } => {
                Self::data(error).hint("choose another --normalise, or none")
            }
            _ => Self::data(error),
        }
    }
}

impl From<DriveInputError> for Failure {
    fn from(error: DriveInputError) -> Self {
        let hint = match &error {
            DriveInputError::Range { .. } => {
                "levels are in dB SPL; sensitivities are dB SPL for 1 mW (--db-per-mw, some 80 to \
                 120) or for 1 V (--db-per-v, some 90 to 140)"
            }
            DriveInputError::RatedZero => {
                "--ohm and --rated-ohm are the impedance on the data sheet"
            }
            DriveInputError::Unlimited => "give --amp-volts, --amp-milliamps or both",
        };
        Self::usage(error).hint(hint)
    }
}

macro_rules! data_failures {
    ($($error:ty),*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::data(error)
            }
        }
    )*};
}

data_failures!(PlanFileError, WavError, ForeignStimulusError, CurveFileError);

impl From<PlotError> for Failure {
    fn from(error: PlotError) -> Self {
        Self::new(Exit::Bug, error)
    }
}
