//! `cansweep compare`: curves side by side.

mod cable;
mod channels;
mod curves;
mod files;
mod isolation;
mod keep;
mod leak;
mod matrix;
mod repeatability;
mod seal;
mod series;
mod source;
mod states;
mod tagged;
mod verify;
mod wear;

use clap::Subcommand;

pub(super) use self::states::judged;

use super::failure::Failure;
use super::output::Output;
use super::{Common, Exit};

/// The comparisons.
#[derive(Debug, Subcommand)]
pub(crate) enum CompareCommand {
    /// Any responses, or any impedances, on one figure, and how they differ
    Curves(curves::CurvesArgs),
    /// One headphone in several states: pads, glasses, positions
    States(states::StatesArgs),
    /// The two sides of a headphone: level, response, polarity and delay, against a tolerance
    Channels(channels::ChannelsArgs),
    /// What a headphone keeps out of the sound around, without and with noise cancelling
    Isolation(isolation::IsolationArgs),
    /// What a headphone lets out of its own sound
    Leakage(isolation::LeakageArgs),
    /// What source output impedances do to a headphone
    Source(source::SourceArgs),
    /// What every one of several sources does to every one of several headphones
    Matrix(matrix::MatrixArgs),
    /// What cables and adapters add, and whether two of them differ
    Cable(cable::CableArgs),
    /// Whether a headphone still seals, by its impedance and without a microphone (experimental)
    Seal(seal::SealArgs),
    /// How a headphone changes with the hours or the months of its pads
    Wear(wear::WearArgs),
    /// What repeating does, by persons, days and seatings: what a rig can resolve
    Repeatability(repeatability::RepeatabilityArgs),
}

impl CompareCommand {
    pub(super) const fn common(&self) -> Common {
        match self {
            Self::Curves(args) => args.keep.common,
            Self::States(args) => args.keep.common,
            Self::Channels(args) => args.keep.common,
            Self::Isolation(args) => args.keep.common,
            Self::Leakage(args) => args.keep.common,
            Self::Source(args) => args.keep.common,
            Self::Matrix(args) => args.keep.common,
            Self::Cable(args) => args.keep.common,
            Self::Seal(args) => args.keep.common,
            Self::Wear(args) => args.keep.common,
            Self::Repeatability(args) => args.keep.common,
        }
    }
}

pub(super) fn run(command: CompareCommand, output: Output) -> Result<Exit, Failure> {
    match command {
        CompareCommand::Curves(args) => curves::run(&args, output),
        CompareCommand::States(args) => states::run(&args, output),
        CompareCommand::Channels(args) => channels::run(&args, output),
        CompareCommand::Isolation(args) => isolation::run_isolation(&args, output),
        CompareCommand::Leakage(args) => isolation::run_leakage(&args, output),
        CompareCommand::Source(args) => source::run(&args, output),
        CompareCommand::Matrix(args) => matrix::run(&args, output),
        CompareCommand::Cable(args) => cable::run(&args, output),
        CompareCommand::Seal(args) => seal::run(&args, output),
        CompareCommand::Wear(args) => wear::run(&args, output),
        CompareCommand::Repeatability(args) => repeatability::run(&args, output),
    }
}
