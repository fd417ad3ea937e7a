//! `cansweep compare`: curves side by side.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, Subcommand};

use super::curves::Curves;
use super::failure::Failure;
use super::figures::{self, Drawing};
use super::output::{Output, counted};
use super::{Common, Exit, LibraryRoot};
use crate::dsp::smoothing::smoothed_level;
use crate::model::{Curve, Normalisation, StateComparison, Trace};
use crate::plot::Caption;
use crate::quantity::unit::Decibel;
use crate::quantity::{Frequency, Resistance, Smoothing};
use crate::report::text;
use crate::store::{Overwrite, document};
use crate::study::states::State;
use crate::study::{source, states};

/// The comparisons.
#[derive(Debug, Subcommand)]
pub(crate) enum CompareCommand {
    /// One headphone in several states: pads, glasses, positions
    States(StatesArgs),
    /// What source output impedances do to a headphone
    Source(SourceArgs),
}

/// The arguments of `compare states`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep compare states --state new=n1.txt,n2.txt,n3.txt --state worn=w1.txt,w2.txt,w3.txt
  cansweep compare states --state none=a/response.json --state glasses=b/response.json \\
      --reference none --normalise 300Hz-1kHz -o glasses

Files are anything `cansweep convert` reads: REW text, FRD, AutoEq and other CSV, our own JSON;
or folders of measurements, or names from the library. Several files of a state are seatings.")]
pub(crate) struct StatesArgs {
    /// A state and its seatings; give two states or more
    #[arg(long = "state", value_name = "NAME=FILE[,FILE…]", required = true)]
    states: Vec<StateFiles>,
    /// The state that the others are compared with [default: the first]
    #[arg(long, value_name = "NAME")]
    reference: Option<String>,
    /// Where the curves are laid upon each other: a frequency, a band (300Hz-3kHz), or none
    #[arg(long, visible_alias = "normalize", value_name = "HZ|BAND|none", default_value = "1kHz")]
    normalise: NormalisationArg,
    /// Smoothing of the curves: none, or 1/n octave
    #[arg(long, value_name = "1/N", default_value_t = Smoothing::None)]
    smoothing: Smoothing,
    #[command(flatten)]
    keep: KeepComparison,
}

/// The arguments of `compare source`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep compare source --impedance hd600.zma --source-ohm 0.1,10,33,120
  cansweep compare source --impedance imp/impedance.json --response fresh/response.json \\
      --source-ohm 10 -o source --json")]
pub(crate) struct SourceArgs {
    /// The headphone's impedance
    #[arg(long, value_name = "FILE")]
    impedance: String,
    /// The headphone's response on a source of 0 Ω
    #[arg(long, value_name = "FILE")]
    response: Option<String>,
    /// Output resistances of the sources
    #[arg(
        long,
        value_name = "OHM[,OHM…]",
        value_delimiter = ',',
        default_value = "0.1,10,33,120",
        allow_hyphen_values = true
    )]
    source_ohm: Vec<Resistance>,
    /// Where the curves are laid upon each other: a frequency, a band (300Hz-3kHz), or none
    #[arg(long, visible_alias = "normalize", value_name = "HZ|BAND|none", default_value = "1kHz")]
    normalise: NormalisationArg,
    #[command(flatten)]
    keep: KeepComparison,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Result")]
struct KeepComparison {
    /// Write data and figures to this folder
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Overwrite files that exist
    #[arg(long)]
    force: bool,
    /// Title of the figures
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    #[command(flatten)]
    drawing: Drawing,
    #[command(flatten)]
    library: LibraryRoot,
    #[command(flatten)]
    common: Common,
}

impl KeepComparison {
    fn caption(&self, title: &str, sample: Option<String>, simulated: bool) -> Caption {
        let title = self.title.clone().unwrap_or_else(|| title.to_owned());
        figures::caption_today(title, sample, simulated)
    }

    const fn overwrite(&self) -> Overwrite {
        if self.force { Overwrite::Allow } else { Overwrite::Refuse }
    }

    /// What is said below the tables.
    fn summary(&self, simulated: bool, figures: usize) -> String {
        let stored = match &self.output {
            Some(folder) => {
                format!("stored in {}, {}", folder.display(), counted(figures, "picture"))
            }
            None => "figures and data are written with -o DIR".to_owned(),
        };
        format!("{}{stored}\n", if simulated { "simulated\n" } else { "" })
    }
}

/// How many seatings a comparison rests on.
fn sample(comparison: &StateComparison) -> Option<String> {
    let counts = comparison.states.iter().map(|state| state.seatings.len());
    let (fewest, most) = (counts.clone().min()?, counts.max()?);
    Some(if fewest == most {
        format!("n = {} each", counted(most, "seating"))
    } else {
        format!("n = {fewest} to {most} seatings")
    })
}

/// `NAME=FILE[,FILE…]`.
#[derive(Debug, Clone)]
struct StateFiles {
    name: String,
    files: Vec<String>,
}

impl FromStr for StateFiles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || format!("'{text}' is not NAME=FILE[,FILE…]");
        let (name, files) = text.split_once('=').ok_or_else(refuse)?;
        // A file whose name holds a comma is still one file.
        let files: Vec<String> = if Path::new(files).exists() {
            vec![files.to_owned()]
        } else {
            files.split(',').filter(|file| !file.is_empty()).map(str::to_owned).collect()
        };
        if name.trim().is_empty() || files.is_empty() {
            return Err(refuse());
        }
        Ok(Self { name: name.trim().to_owned(), files })
    }
}

/// A normalisation as it is typed.
#[derive(Debug, Clone, Copy)]
struct NormalisationArg(Normalisation);

impl FromStr for NormalisationArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("none") {
            return Ok(Self(Normalisation::None));
        }
        let hz = |part: &str| part.parse::<Frequency>().map_err(|error| error.to_string());
        let band = text.split_once('-').or_else(|| text.split_once('–'));
        let Some((from, to)) = band else { return Ok(Self(Normalisation::At(hz(text)?))) };
        let (from, to) = (hz(from)?, hz(to)?);
        if from >= to {
            return Err(format!("the band '{text}' ends before it begins"));
        }
        Ok(Self(Normalisation::Over(from, to)))
    }
}

impl CompareCommand {
    pub(super) const fn common(&self) -> Common {
        match self {
            Self::States(args) => args.keep.common,
            Self::Source(args) => args.keep.common,
        }
    }
}

pub(super) fn run(command: CompareCommand, output: Output) -> Result<Exit, Failure> {
    match command {
        CompareCommand::States(args) => compare_states(&args, output),
        CompareCommand::Source(args) => compare_source(&args, output),
    }
}

fn compare_states(args: &StatesArgs, output: Output) -> Result<Exit, Failure> {
    let mut curves = Curves::new(&args.keep.library);
    let mut seen = Vec::new();
    let mut given: Vec<State> = Vec::new();
    for StateFiles { name, files } in &args.states {
        let mut seatings = Vec::new();
        for file in files {
            if seen.contains(&(name, file)) {
                let message = format!("'{file}' is given twice as a seating of '{name}'");
                return Err(Failure::usage(message).hint("every seating counts once"));
            }
            seen.push((name, file));
            seatings.push(smoothed(curves.level(file)?, args.smoothing)?);
        }
        // The same state may be given in several pieces.
        match given.iter_mut().find(|state| state.name == *name) {
            Some(state) => state.seatings.extend(seatings),
            None => given.push(State { name: name.clone(), seatings }),
        }
    }
    curves.remark_on_assumptions();
    let simulated = curves.any_simulated();
    let reference = args.reference.as_deref();
    let comparison = states::compare(&given, reference, args.normalise.0, args.smoothing)?;
    let written = match &args.keep.output {
        Some(folder) => {
            let caption = args.keep.caption("Pads and seal", sample(&comparison), simulated);
            let (drawing, overwrite) = (args.keep.drawing, args.keep.overwrite());
            figures::of_states(folder, &comparison, &caption, drawing, overwrite)?
        }
        None => 0,
    };
    output.result(
        || figures::marked(document::states(&comparison), simulated),
        || text::states(&comparison) + &args.keep.summary(simulated, written),
    )?;
    remark_on_single_seatings(&comparison);
    Ok(Exit::Done)
}

fn remark_on_single_seatings(comparison: &StateComparison) {
    let single = comparison.states.iter().filter(|state| state.seatings.len() < 2);
    let names: Vec<&str> = single.map(|state| state.name.as_str()).collect();
    if !names.is_empty() {
        let (have, their) = if names.len() == 1 { ("has", "its") } else { ("have", "their") };
        Output::remark(&format!(
            "note: {} {have} one seating only, so nothing tells {their} difference from seating \
             alone; take the headphone off, put it on again and measure: four times or more",
            names.join(", ")
        ));
    }
}

fn compare_source(args: &SourceArgs, output: Output) -> Result<Exit, Failure> {
    let mut curves = Curves::new(&args.keep.library);
    let read = curves.read(&args.impedance)?;
    let Trace::Impedance(polar) = read.trace() else {
        return Err(Failure::data(format!("'{}' is a response, not an impedance", args.impedance))
            .hint("an impedance has a column in ohms; a .zma file always holds one"));
    };
    if polar.phase().is_none() {
        Output::remark(&format!(
            "note: '{}' has no phase; the impedance was taken as a resistance at every frequency",
            args.impedance
        ));
    }
    let impedance = polar.to_impedance().map_err(Failure::data)?;
    let response = match &args.response {
        Some(file) => Some(curves.level(file)?),
        None => None,
    };
    curves.remark_on_assumptions();
    let simulated = curves.any_simulated();
    let comparison =
        source::compare(&impedance, &args.source_ohm, response.as_ref(), args.normalise.0)?;
    let written = match &args.keep.output {
        Some(folder) => {
            let caption = args.keep.caption("Effect of the source", None, simulated);
            let (drawing, overwrite) = (args.keep.drawing, args.keep.overwrite());
            figures::of_source(folder, &comparison, &caption, drawing, overwrite)?
        }
        None => 0,
    };
    output.result(
        || figures::marked(document::sources(&comparison), simulated),
        || text::source(&comparison) + &args.keep.summary(simulated, written),
    )?;
    Ok(Exit::Done)
}

fn smoothed(curve: Curve<Decibel>, smoothing: Smoothing) -> Result<Curve<Decibel>, Failure> {
    if smoothing == Smoothing::None {
        return Ok(curve);
    }
    let level = curve.values().to_vec();
    let values = smoothed_level(curve.hz(), &level, smoothing);
    Curve::new(curve.grid().clone(), values.into()).map_err(Failure::data)
}
