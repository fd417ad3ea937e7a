//! The command line: arguments, commands, progress, hints and exit codes.

mod attempts;
mod calibrate;
mod compare;
mod convert;
mod curves;
mod demo;
mod devices;
mod drive;
mod failure;
mod figures;
mod hush;
mod inspect;
mod jig;
mod keep;
mod library;
mod loads;
mod measure;
mod monitor;
mod origin;
mod output;
mod progress;
mod prompt;
mod rig;
mod rig_file;
mod seatings;
mod sweep;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use failure::{Exit, Failure};
use output::Output;

/// Measures headphones, and the amplifiers that drive them, with an ordinary sound card.
///
/// cansweep plays a logarithmic sweep, captures a coupler microphone or a sense resistor, and
/// turns the capture into a frequency response or an electrical impedance with its uncertainty
/// and the plots that a review needs.
#[derive(Debug, Parser)]
#[command(name = "cansweep", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  cansweep demo -o demo                        what it does, without any hardware
  cansweep devices                             the sound devices of this machine
  cansweep rig init desk.toml                  set up a sound card, step by step
  cansweep sweep response -o sweep.wav         a stimulus to play elsewhere
  cansweep calibrate microphone 7047870.txt -o umik.toml
  cansweep measure response --take take.wav --plan response -o fresh
  cansweep measure impedance --rig alsa:hw:CARD=USB,DEV=0 --sense-resistor 100
  cansweep monitor --rig desk.toml --reference fresh-1 --reference fresh-2 --reference fresh-3
  cansweep compare states --state new=new1.txt,new2.txt --state worn=w1.txt,w2.txt -o pads
  cansweep compare source --impedance hd600.zma --source-ohm 0.1,10,120 -o source
  cansweep compare matrix --headphone HD600=hd600.zma IEM=iem.zma --source-ohm 0,1,10,120 -o matrix
  cansweep drive --ohm 300 --db-per-mw 97 --level 110 --amp-volts 2 --amp-milliamps 50

Exit codes: 0 done, 1 done with a negative verdict, 2 wrong usage, 3 no usable rig,
4 measurement invalid, 5 data missing, unreadable or not matching, 70 a bug, 130 interrupted.";

/// The commands, in the order of a session at the bench.
#[derive(Debug, Subcommand)]
enum Command {
    /// List the sound devices, with channels, rates and formats
    Devices(devices::DevicesArgs),
    /// Set up, check or show a rig: the sound card and what is wired to it
    #[command(subcommand)]
    Rig(rig::RigCommand),
    /// Write a plan's stimulus as a WAV file, or list the plans
    Sweep(sweep::SweepArgs),
    /// Find out what converters, full scale and the microphone do, for later measurements
    #[command(subcommand)]
    Calibrate(Box<calibrate::CalibrateCommand>),
    /// Play, capture, check, analyse and store
    #[command(subcommand)]
    Measure(Box<measure::MeasureCommand>),
    /// Watch bass, seal and level sweep by sweep while seating a headphone
    Monitor(Box<monitor::MonitorArgs>),
    /// Put curves side by side
    #[command(subcommand)]
    Compare(compare::CompareCommand),
    /// Voltage, current and power for a level; what an amplifier will do with this headphone
    Drive(Box<drive::DriveArgs>),
    /// More out of a curve or a stored measurement, without playing again
    #[command(subcommand)]
    Inspect(inspect::InspectCommand),
    /// The stored measurements
    #[command(subcommand)]
    Library(library::LibraryCommand),
    /// Convert a curve from any format to any other
    Convert(convert::ConvertArgs),
    /// The main job from end to end on a simulated rig: no hardware, no set-up
    Demo(demo::DemoArgs),
}

/// What every command understands.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Common {
    /// Print one JSON document instead of text
    #[arg(long, help_heading = None)]
    json: bool,
}

/// Where the stored measurements are.
#[derive(Debug, Clone, Args)]
pub(crate) struct LibraryRoot {
    #[arg(
        long = "library",
        value_name = "DIR",
        help = "The library folder [default: the user's data folder] [env: CANSWEEP_LIBRARY]"
    )]
    folder: Option<PathBuf>,
}

impl LibraryRoot {
    /// The folder.
    ///
    /// # Errors
    ///
    /// When none is named and the system knows no data folder for this user.
    fn folder(&self) -> Result<PathBuf, Failure> {
        let named = environment("CANSWEEP_LIBRARY").map(PathBuf::from);
        if let Some(folder) = self.folder.clone().or(named) {
            return Ok(folder);
        }
        let dirs = directories::ProjectDirs::from("", "", "cansweep").ok_or_else(|| {
            Failure::data("there is no home folder to keep a library in")
                .hint("name a folder with --library or CANSWEEP_LIBRARY")
        })?;
        Ok(dirs.data_dir().join("library"))
    }
}

/// A setting from the environment; an empty one is none.
///
/// It is not left to the parser of the command line, which takes it for an option that was
/// typed: a rig in the environment would then forbid --take.
#[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Runs the program with the arguments of this process.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refused(&error),
    };
    let output = Output::new(cli.command.common().json);
    let done = std::panic::catch_unwind(|| cli.command.run(output))
        .unwrap_or_else(|_| Err(Failure::new(Exit::Bug, "the program ran into a contradiction")));
    match done {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(failure.exit() as u8)
        }
    }
}

/// Prints why the arguments are no command, or the help that was asked for.
fn refused(error: &clap::Error) -> ExitCode {
    // Nobody is left to tell if the stream is closed.
    let _ = error.print();
    if error.use_stderr() && std::env::args_os().any(|argument| argument == "--json") {
        let text = error.render().to_string();
        let reason = text.split("\n\n").next().unwrap_or_default();
        let reason = reason.trim_start_matches("error: ");
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        let failure = Failure::usage(reason).hint("`--help` behind the command says what it takes");
        Output::new(true).failure_document(&failure);
    }
    ExitCode::from(error.exit_code() as u8)
}

impl Command {
    const fn common(&self) -> Common {
        match self {
            Self::Devices(args) => args.common,
            Self::Rig(command) => command.common(),
            Self::Sweep(args) => args.common,
            Self::Calibrate(command) => command.common(),
            Self::Measure(command) => command.common(),
            Self::Monitor(args) => args.common(),
            Self::Compare(command) => command.common(),
            Self::Drive(args) => args.common,
            Self::Inspect(command) => command.common(),
            Self::Library(command) => command.common(),
            Self::Convert(args) => args.common,
            Self::Demo(args) => args.common,
        }
    }

    fn run(self, output: Output) -> Result<Exit, Failure> {
        match self {
            Self::Devices(args) => devices::run(&args, output),
            Self::Rig(command) => rig::run(command, output),
            Self::Sweep(args) => sweep::run(&args, output),
            Self::Calibrate(command) => calibrate::run(*command, output),
            Self::Measure(command) => measure::run(*command, output),
            Self::Monitor(args) => monitor::run(&args),
            Self::Compare(command) => compare::run(command, output),
            Self::Drive(args) => drive::run(&args, output),
            Self::Inspect(command) => inspect::run(&command, output),
            Self::Library(command) => library::run(command, output),
            Self::Convert(args) => convert::run(&args, output),
            Self::Demo(args) => demo::run(&args, output),
        }
    }
}

/// The program with its version, as it is stored with what it made.
const TOOL: &str = concat!("cansweep ", env!("CARGO_PKG_VERSION"));

/// The time now, to the second, with the offset of the local clock.
fn now() -> String {
    jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
