//! `cansweep rig`: sets a rig up, checks it, shows it; and what protects those who listen.

mod ask;
mod care;
mod check;
mod checking;
mod file_text;
mod init;
mod show;
mod wiring;

use clap::{Subcommand, ValueEnum};

pub(super) use care::{Care, Insistence, Protection};

use super::Common;
use super::failure::{Exit, Failure};
use super::output::Output;
use crate::measure::Purpose;

/// The commands about rigs.
#[derive(Debug, Subcommand)]
pub(crate) enum RigCommand {
    /// Set up a sound card: asks, plays quietly, finds the inputs, writes a rig file
    Init(init::InitArgs),
    /// Check wiring, levels, noise, delay and drift, and say what to change
    Check(check::CheckArgs),
    /// Show a rig file in words, with its wiring
    Show(show::ShowArgs),
}

impl RigCommand {
    pub(super) const fn common(&self) -> Common {
        match self {
            Self::Init(args) => args.common,
            Self::Check(args) => args.common,
            Self::Show(args) => args.common,
        }
    }
}

pub(super) fn run(command: RigCommand, output: Output) -> Result<Exit, Failure> {
    match command {
        RigCommand::Init(args) => init::run(&args, output),
        RigCommand::Check(args) => check::run(&args, output),
        RigCommand::Show(args) => show::run(&args, output),
    }
}

/// What a rig is for, on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum For {
    /// A headphone on a coupler with a microphone, and a loopback if there is an input left
    Response,
    /// A headphone behind a sense resistor
    Impedance,
    /// Output to input by a cable, or through a device
    Loopback,
}

impl From<For> for Purpose {
    fn from(purpose: For) -> Self {
        match purpose {
            For::Response => Self::Response,
            For::Impedance => Self::Impedance,
            For::Loopback => Self::Loopback,
        }
    }
}

/// A purpose in words.
const fn in_words(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Response => "response of a headphone on a coupler",
        Purpose::Impedance => "impedance of a headphone behind a sense resistor",
        Purpose::Loopback => "loopback, or a device between output and input",
    }
}
