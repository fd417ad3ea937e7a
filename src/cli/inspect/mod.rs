//! `cansweep inspect`: more out of a curve or a stored measurement, without playing again.

mod model;

use clap::Subcommand;

use super::Common;
use super::failure::{Exit, Failure};
use super::output::Output;

/// What is looked for.
#[derive(Debug, Subcommand)]
pub(crate) enum InspectCommand {
    /// The circuit behind an impedance: DC resistance, coil, resonances with their Q
    Model(model::ModelArgs),
}

impl InspectCommand {
    pub(super) const fn common(&self) -> Common {
        match self {
            Self::Model(args) => args.common,
        }
    }
}

pub(super) fn run(command: &InspectCommand, output: Output) -> Result<Exit, Failure> {
    match command {
        InspectCommand::Model(args) => model::run(args, output),
    }
}
