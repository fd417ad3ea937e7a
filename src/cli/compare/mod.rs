//! `cansweep compare`: curves side by side.

mod cable;
mod curves;
mod keep;
mod leak;
mod matrix;
mod repeatability;
mod series;
mod source;
mod states;
mod tagged;
mod verify;
mod wear;

use clap::Subcommand;

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
    /// What source output impedances do to a headphone
    Source(source::SourceArgs),
    /// What every one of several sources does to every one of several headphones
    Matrix(matrix::MatrixArgs),
    /// What cables and adapters add, and whether two of them differ
    Cable(cable::CableArgs),
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
            Self::Source(args) => args.keep.common,
            Self::Matrix(args) => args.keep.common,
            Self::Cable(args) => args.keep.common,
            Self::Wear(args) => args.keep.common,
            Self::Repeatability(args) => args.keep.common,
        }
    }
}

pub(super) fn run(command: CompareCommand, output: Output) -> Result<Exit, Failure> {
    match command {
        CompareCommand::Curves(args) => curves::run(&args, output),
        CompareCommand::States(args) => states::run(&args, output),
        CompareCommand::Source(args) => source::run(&args, output),
        CompareCommand::Matrix(args) => matrix::run(&args, output),
        CompareCommand::Cable(args) => cable::run(&args, output),
        CompareCommand::Wear(args) => wear::run(&args, output),
        CompareCommand::Repeatability(args) => repeatability::run(&args, output),
    }
}
