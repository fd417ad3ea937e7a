//! `cansweep calibrate`: what converters, microphones and full scale are, kept in a file.

mod applied;
mod impedance;
mod keeping;
mod level;
mod loopback;
mod microphone;

use clap::Subcommand;

use super::Common;
use super::failure::{Exit, Failure};
use super::output::Output;

pub(super) use applied::{Applied, Calibrations};

/// The calibrations.
#[derive(Debug, Subcommand)]
pub(crate) enum CalibrateCommand {
    /// What the converters do, with the output wired straight to the input
    Loopback(loopback::LoopbackArgs),
    /// What a jig does to an impedance, by an open, a short and a known load
    Impedance(Box<impedance::ImpedanceArgs>),
    /// What full scale is in volts (by a meter) and in dB SPL (by a calibrator)
    Level(level::LevelArgs),
    /// What the microphone does, from its maker's file
    Microphone(microphone::MicrophoneArgs),
}

impl CalibrateCommand {
    pub(super) const fn common(&self) -> Common {
        match self {
            Self::Loopback(args) => args.keeping.common,
            Self::Impedance(args) => args.keeping.common,
            Self::Level(args) => args.keeping.common,
            Self::Microphone(args) => args.keeping.common,
        }
    }
}

pub(super) fn run(command: CalibrateCommand, output: Output) -> Result<Exit, Failure> {
    match command {
        CalibrateCommand::Loopback(args) => loopback::run(&args, output),
        CalibrateCommand::Impedance(args) => impedance::run(&args, output),
        CalibrateCommand::Level(args) => level::run(&args, output),
        CalibrateCommand::Microphone(args) => microphone::run(&args, output),
    }
}
