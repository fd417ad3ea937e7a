//! `cansweep compare isolation` and `compare leakage`: what a headphone keeps out and lets out.

use std::str::FromStr;

use clap::Args;

use super::files::{Files, Levels, NamedFiles, sample};
use super::keep::KeepComparison;
use crate::cli::Exit;
use crate::cli::curves::Curves;
use crate::cli::failure::Failure;
use crate::cli::figures;
use crate::cli::output::Output;
use crate::model::Pairing;
use crate::quantity::{Length, Smoothing};
use crate::report::text;
use crate::store::document;
use crate::study::isolation::{LevelQuestion, isolation, leakage};
use crate::study::states::State;

/// The arguments of `compare isolation`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep compare isolation --open open-1,open-2,open-3,open-4 --on on-1,on-2,on-3,on-4 -o isolation
  cansweep compare isolation --open o1.txt,o2.txt --on passive=p1.txt,p2.txt --on anc=a1.txt,a2.txt
  cansweep compare isolation --open o.txt --on p1.txt,p2.txt --floor silence.txt --smoothing 1/3

A loudspeaker plays the sweep, the microphone stays in the coupler: --open without the headphone,
--on with it, worn and not playing. Nothing else may move. The isolation is the level without the
headphone less that with it. Each further --on NAME=FILES is another state of it, for instance with
noise cancelling, and what it adds to the first is told as well.

Where what is left is not ten decibels above the noise the isolation is a lower bound and said to be.
The noise is known from the uncertainty of our own measurements, and from --floor: the same
measurement with the loudspeaker muted.")]
pub(crate) struct IsolationArgs {
    /// Without the headphone
    #[arg(long, value_name = "FILE[,FILE…]", required = true)]
    open: Vec<Files>,
    /// With the headphone, in one state or several; each file is a seating
    #[arg(long, value_name = "[NAME=]FILE[,FILE…]", required = true)]
    on: Vec<OnArg>,
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    pub(super) keep: KeepComparison,
}

/// The arguments of `compare leakage`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep compare leakage --outside out-1,out-2,out-3 --inside in-1,in-2,in-3 --distance 0.5m -o leakage
  cansweep compare leakage --outside o1.txt,o2.txt --inside i1.txt,i2.txt --floor silence.txt

The headphone sits on the coupler and plays the sweep: --inside is heard by the microphone in the
coupler, --outside by the same or an equally calibrated one at --distance, at the same volume. The
leakage is the level outside less that inside.

Where what is heard outside is not ten decibels above the noise the leakage is an upper bound and
said to be: --floor is the measurement outside with the headphone muted.")]
pub(crate) struct LeakageArgs {
    /// At a distance
    #[arg(long, value_name = "FILE[,FILE…]", required = true)]
    outside: Vec<Files>,
    /// At the ear
    #[arg(long, value_name = "FILE[,FILE…]", required = true)]
    inside: Vec<Files>,
    /// From the headphone to the microphone outside
    #[arg(long, value_name = "LENGTH")]
    distance: Option<Length>,
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    pub(super) keep: KeepComparison,
}

/// What both ask.
#[derive(Debug, Args)]
struct Asked {
    /// The same measurement with nothing playing
    #[arg(long, value_name = "FILE[,FILE…]")]
    floor: Vec<Files>,
    /// The k-th seatings of all belong together
    #[arg(long)]
    paired: bool,
    /// Smoothing of the curves: none, or 1/n octave
    #[arg(long, value_name = "1/N", default_value_t = Smoothing::None)]
    smoothing: Smoothing,
}

impl Asked {
    const fn question(&self) -> LevelQuestion {
        let pairing = if self.paired { Pairing::Paired } else { Pairing::Independent };
        LevelQuestion { pairing, smoothing: self.smoothing }
    }

    /// Reads the floor behind everything else, if there is one.
    fn read_floor(&self, levels: &mut Levels<'_>) -> Result<(), Failure> {
        if self.floor.is_empty() {
            Ok(())
        } else {
            levels.read("floor", &Files::joined(&self.floor))
        }
    }

    /// All sets as states, and the floor, which was read last, apart.
    fn states(&self, levels: Levels<'_>) -> Result<(Vec<State>, Option<State>), Failure> {
        let sets = levels.at_one_drive(self.smoothing)?;
        let mut states: Vec<State> = sets.into_iter().map(State::from).collect();
        let floor = if self.floor.is_empty() { None } else { states.pop() };
        Ok((states, floor))
    }
}

/// `[NAME=]FILE[,FILE…]`.
#[derive(Debug, Clone)]
struct OnArg(NamedFiles);

impl FromStr for OnArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        /// What the only state of a headphone is called.
        const ON: &str = "on";
        if text.contains('=') && !std::path::Path::new(text).exists() {
            return Ok(Self(text.parse()?));
        }
        Ok(Self(NamedFiles { name: ON.to_owned(), files: text.parse()? }))
    }
}

pub(super) fn run_isolation(args: &IsolationArgs, output: Output) -> Result<Exit, Failure> {
    let mut levels = Levels::new(Curves::new(&args.keep.library));
    levels.read("open", &Files::joined(&args.open))?;
    for OnArg(NamedFiles { name, files }) in &args.on {
        levels.read(name, files)?;
    }
    args.asked.read_floor(&mut levels)?;
    let simulated = levels.any_simulated();
    let (states, floor) = args.asked.states(levels)?;
    let counts: Vec<usize> = states.iter().map(|state| state.seatings.len()).collect();
    let Some((open, worn)) = states.split_first() else {
        return Err(Failure::usage("nothing to compare"));
    };
    let found = isolation(open, worn, floor.as_ref(), args.asked.question())?;
    let caption = args.keep.caption("Isolation", sample(&counts), simulated);
    let written = args.keep.written(&found, &caption, figures::of_isolation)?;
    output.result(
        || figures::marked(document::isolation(&found), simulated),
        || format!("{}\n{}", text::isolation(&found), args.keep.summary(simulated, written)),
    )?;
    Ok(Exit::Done)
}

pub(super) fn run_leakage(args: &LeakageArgs, output: Output) -> Result<Exit, Failure> {
    let mut levels = Levels::new(Curves::new(&args.keep.library));
    levels.read("outside", &Files::joined(&args.outside))?;
    levels.read("inside", &Files::joined(&args.inside))?;
    args.asked.read_floor(&mut levels)?;
    let simulated = levels.any_simulated();
    let (states, floor) = args.asked.states(levels)?;
    let [outside, inside] = &states[..] else { return Err(Failure::usage("nothing to compare")) };
    let question = args.asked.question();
    let found = leakage(outside, inside, floor.as_ref(), args.distance, question)?;
    let counts = [outside.seatings.len(), inside.seatings.len()];
    let caption = args.keep.caption("Leakage", sample(&counts), simulated);
    let written = args.keep.written(&found, &caption, figures::of_leakage)?;
    output.result(
        || figures::marked(document::leakage(&found), simulated),
        || format!("{}\n{}", text::leakage(&found), args.keep.summary(simulated, written)),
    )?;
    Ok(Exit::Done)
}
