//! `cansweep compare states`: one headphone in several states.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;

use super::files::{Files, NamedFiles, sample, smoothed};
use super::keep::{KeepComparison, NormalisationArg};
use super::leak::LeakArgs;
use crate::cli::Exit;
use crate::cli::curves::Curves;
use crate::cli::failure::Failure;
use crate::cli::figures;
use crate::cli::output::Output;
use crate::model::{Measurand, Pairing, StateComparison};
use crate::quantity::Smoothing;
use crate::report::text;
use crate::store::{document, seatings};
use crate::study::evidence::{self, EvidenceQuestion};
use crate::study::leak::{self, LeakQuestion};
use crate::study::placements;
use crate::study::states::{self, State};

/// The arguments of `compare states`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep compare states --state new=n1.txt,n2.txt,n3.txt --state worn=w1.txt,w2.txt,w3.txt
  cansweep compare states --state none=a/response.json --state glasses=b/response.json \\
      --reference none --normalise 300Hz-1kHz -o glasses
  cansweep compare states --state sealed=s1.txt,s2.txt,s3.txt --state drilled=d1.txt,d2.txt,d3.txt \\
      --state worn=w1.txt,w2.txt,w3.txt --calibration-leak drilled=2mm -o leak
  cansweep compare states --state bare=l1.txt,l2.txt,l3.txt --state glasses=g1.txt,g2.txt,g3.txt \\
      --paired --detect 0.5
  cansweep compare states --state centred=c1.txt,c2.txt --state forward=f1.txt,f2.txt \\
      --state back=b1.txt,b2.txt --placements -o places
  cansweep compare states --state fresh=fresh --state worn=worn
  cansweep compare states --session pads/left --reference fresh -o pads/comparison

Files are anything `cansweep convert` reads: REW text, FRD, AutoEq and other CSV, our own JSON;
or folders of measurements, or names from the library. Several files of a state are seatings; so are
the measurements in a folder that `measure response --seatings` made, but for those set aside.

Two seatings of each state or more, and it is said where the states differ beyond chance, at all
frequencies together, above what no difference is seen elsewhere, and how small a change of the
bass these seatings could have shown. Fewer than four of each need an assumption that more do not.

Two seatings of each state or more, and a loss of bass is told as the leak that would make it: a
round hole and a slit of an agreed length. How much bass a leak takes depends on the headphone: a
state with a drilled hole of known width in the pad or the coupler's plate tells that; without it
a front volume is assumed, and sizes come out a tenth to a quarter too small.")]
pub(crate) struct StatesArgs {
    /// A state and its seatings; give two states or more
    #[arg(long = "state", value_name = "NAME=FILE[,FILE…]", required_unless_present = "session")]
    states: Vec<NamedFiles>,
    /// A folder that holds a folder of seatings for each state, as a guided session leaves it for one
    /// side: each is a state, in the order in which they were measured
    #[arg(long, value_name = "DIR")]
    session: Option<PathBuf>,
    /// The state that the others are compared with [default: the first]
    #[arg(long, value_name = "NAME")]
    reference: Option<String>,
    /// Where the curves are laid upon each other: a frequency, a band (300Hz-3kHz), broadband (equal
    /// mean power from 20 Hz to 20 kHz), or none
    #[arg(
        long,
        visible_alias = "normalize",
        value_name = "HZ|BAND|broadband|none",
        default_value = "1kHz"
    )]
    normalise: NormalisationArg,
    /// Smoothing of the curves: none, or 1/n octave
    #[arg(long, value_name = "1/N", default_value_t = Smoothing::None)]
    smoothing: Smoothing,
    /// The k-th seating of a state belongs to the k-th of the reference (the same unit, ear or
    /// listener): their changes are judged, not two heaps of seatings
    #[arg(long)]
    paired: bool,
    /// A change of the bass in decibels: how many seatings would show it?
    #[arg(long, value_name = "DB", default_value = "1")]
    detect: DetectArg,
    /// The states are placements of one headphone (centred, forward, back, up, down, glasses,
    /// hair …): how much does the response depend on the placement?
    #[arg(long)]
    placements: bool,
    #[command(flatten)]
    leak: LeakArgs,
    #[command(flatten)]
    pub(super) keep: KeepComparison,
}

/// A change to be seen, in decibels.
#[derive(Debug, Clone, Copy)]
struct DetectArg(f64);

impl FromStr for DetectArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.trim().trim_end_matches("dB").trim_end();
        match number.parse::<f64>() {
            Ok(db) if (0.01..=40.0).contains(&db) => Ok(Self(db)),
            _ => Err(format!("'{text}' is not a change of 0.01 dB to 40 dB")),
        }
    }
}

impl StatesArgs {
    /// Of the figures, unless another is asked for.
    const fn title(&self) -> &'static str {
        if self.placements { "Placement" } else { "Pads and seal" }
    }

    /// The states of the session, then those that were named.
    fn states(&self) -> Result<Vec<NamedFiles>, Failure> {
        let of_session = self.session.as_deref().map(states_in).transpose()?;
        Ok(of_session.into_iter().flatten().chain(self.states.iter().cloned()).collect())
    }

    /// What is asked of the seatings.
    fn evidence(&self) -> EvidenceQuestion {
        let pairing = if self.paired { Pairing::Paired } else { Pairing::Independent };
        EvidenceQuestion { pairing, detect_db: self.detect.0, ..EvidenceQuestion::default() }
    }
}

pub(super) fn run(args: &StatesArgs, output: Output) -> Result<Exit, Failure> {
    let mut curves = Curves::new(&args.keep.library);
    let mut seen = Vec::new();
    let mut given: Vec<State> = Vec::new();
    for NamedFiles { name, files } in args.states()? {
        let mut seatings = Vec::new();
        for file in files.seatings(&curves, Measurand::Response)? {
            let this = (name.clone(), file.clone());
            if seen.contains(&this) {
                let message = format!("'{file}' is given twice as a seating of '{name}'");
                return Err(Failure::usage(message).hint("every seating counts once"));
            }
            seen.push(this);
            seatings.push(smoothed(curves.level(&file)?, args.smoothing)?);
        }
        // The same state may be given in several pieces.
        match given.iter_mut().find(|state| state.name == name) {
            Some(state) => state.seatings.extend(seatings),
            None => given.push(State { name, seatings }),
        }
    }
    curves.remark_on_assumptions();
    let simulated = curves.any_simulated();
    let reference = args.reference.as_deref();
    let comparison = states::compare(&given, reference, args.normalise.0, args.smoothing)?;
    let mut comparison = judged(comparison, args.evidence(), &args.leak.question())?;
    if args.placements {
        comparison.placements = Some(placements::spread(&comparison)?);
    }
    let counts: Vec<usize> = comparison.states.iter().map(|state| state.seatings.len()).collect();
    let caption = args.keep.caption(args.title(), sample(&counts), simulated);
    let written = args.keep.written(&comparison, &caption, figures::of_states)?;
    output.result(
        || figures::marked(document::states(&comparison), simulated),
        || text::states(&comparison) + &args.keep.summary(simulated, written),
    )?;
    remark_on_single_seatings(&comparison);
    Ok(Exit::Done)
}

/// The comparison with what its seatings show, and with the leaks that would explain it.
pub(in crate::cli) fn judged(
    mut comparison: StateComparison,
    evidence: EvidenceQuestion,
    leak: &LeakQuestion,
) -> Result<StateComparison, Failure> {
    let weighed = evidence::weigh(&comparison, evidence)?;
    let leaks = leak::fit(&comparison, leak)?;
    let found = weighed.into_iter().zip(leaks);
    for (difference, (evidence, leak)) in comparison.differences.iter_mut().zip(found) {
        (difference.evidence, difference.leak) = (evidence, leak);
    }
    Ok(comparison)
}

/// The folders of seatings in a folder, each a state of its name.
fn states_in(session: &Path) -> Result<Vec<NamedFiles>, Failure> {
    let unreadable =
        |error| Failure::data(format!("cannot read the folder '{}': {error}", session.display()));
    let mut states = Vec::new();
    for entry in std::fs::read_dir(session).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let Some(name) = path.file_name().filter(|_| path.is_dir()) else { continue };
        let found = seatings::in_folder(&path, Measurand::Response)?;
        let first = found.iter().map(|seating| seating.manifest.conditions.made_at.clone()).min();
        let Some(first) = first else { continue };
        let files = Files(vec![path.display().to_string()]);
        states.push((first, NamedFiles { name: name.to_string_lossy().into_owned(), files }));
    }
    // Of two that begin in the same second the order of names decides.
    states.sort_by(|a, b| (&a.0, &a.1.name).cmp(&(&b.0, &b.1.name)));
    if states.is_empty() {
        return Err(Failure::data(format!("no folder in '{}' holds seatings", session.display()))
            .hint("of a session with two sides, name one of them: --session pads/left"));
    }
    Ok(states.into_iter().map(|(_, state)| state).collect())
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
