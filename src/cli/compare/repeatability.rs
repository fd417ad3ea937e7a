//! `cansweep compare repeatability`: what spreads repeated measurements, and what a rig can resolve.

use std::str::FromStr;

use clap::Args;

use super::files::Files;
use super::keep::KeepComparison;
use super::tagged::{Filter, Tagged, values};
use crate::cli::Exit;
use crate::cli::curves::Curves;
use crate::cli::failure::Failure;
use crate::cli::figures;
use crate::cli::output::{Output, counted};
use crate::report::text;
use crate::store::document;
use crate::study::repeatability::{Repeated, repeatability};

/// What has to be the same in all measurements.
const SAME_TAGS: [&str; 5] = ["headphone", "unit", "side", "pads", "state"];

/// The arguments of `compare repeatability`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep compare repeatability --headphone golden --side left
  cansweep compare repeatability studies/2026 -o rig
  cansweep compare repeatability --session ann@2026-01-05=a1.txt,a2.txt,a3.txt \\
      --session ann@2026-01-06=b1.txt,b2.txt,b3.txt --session ben@2026-01-05=c1.txt,c2.txt,c3.txt

How to make a study: one headphone that does not wear, one side of it. Two persons or more, each on two
days or more (three are much better), measure five seatings each time, taking the headphone off in
between: `measure response --session repeatability.toml -o study` (a copy of that in sweeps/sessions)
asks for each placement, every day anew. The day is that on which it was measured, unless a tag `day`
says otherwise. A take that is repeated without touching anything has the same seating. The command
can be run at any time and says what is still missing.

Person, day, reseat and repeat are random effects; their variances are those of the restricted maximum
likelihood, with intervals from the likelihood itself, and none is negative. Where persons share days,
what a day does to all and what it does to one of them are told apart.")]
pub(crate) struct RepeatabilityArgs {
    /// Folders of measurements, folders of such folders, or names from the library [default: all of
    /// the library that have a tag `operator`]
    #[arg(value_name = "FILE", conflicts_with = "session")]
    files: Vec<String>,
    /// Curve files of one person on one day, each a seating
    #[arg(long, value_name = "PERSON@DAY=FILE[,FILE…]")]
    session: Vec<SessionFiles>,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    pub(super) keep: KeepComparison,
}

/// `PERSON@DAY=FILE[,FILE…]`.
#[derive(Debug, Clone)]
struct SessionFiles {
    operator: String,
    day: String,
    files: Files,
}

impl FromStr for SessionFiles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || format!("'{text}' is not PERSON@DAY=FILE[,FILE…]");
        let (head, files) = text.split_once('=').ok_or_else(refuse)?;
        let (operator, day) = head.split_once('@').ok_or_else(refuse)?;
        let files = files.parse().map_err(|_| refuse())?;
        let (operator, day) = (operator.trim().to_owned(), day.trim().to_owned());
        if operator.is_empty() || day.is_empty() {
            return Err(refuse());
        }
        Ok(Self { operator, day, files })
    }
}

pub(super) fn run(args: &RepeatabilityArgs, output: Output) -> Result<Exit, Failure> {
    let (measurements, simulated) =
        if args.session.is_empty() { from_tags(args)? } else { from_files(args)? };
    let found = repeatability(&measurements)?;
    let persons = counted(found.operators.len(), "person");
    let sessions = counted(found.sessions.len(), "session");
    let all = counted(found.measurements, "measurement");
    let sample = Some(format!("{persons}, {sessions}, {all}"));
    let caption = args.keep.caption("What repeating does", sample, simulated);
    let written = args.keep.written(&found, &caption, figures::of_repeatability)?;
    output.result(
        || figures::marked(document::repeatability(&found), simulated),
        || format!("{}\n{}", text::repeatability(&found), args.keep.summary(simulated, written)),
    )?;
    Ok(Exit::Done)
}

fn from_files(args: &RepeatabilityArgs) -> Result<(Vec<Repeated>, bool), Failure> {
    let mut curves = Curves::new(&args.keep.library);
    let mut measurements = Vec::new();
    for session in &args.session {
        for file in &session.files.0 {
            measurements.push(Repeated {
                operator: session.operator.clone(),
                day: session.day.clone(),
                seating: None,
                name: file.clone(),
                curve: curves.level(file)?,
            });
        }
    }
    curves.remark_on_assumptions();
    Ok((measurements, curves.any_simulated()))
}

fn from_tags(args: &RepeatabilityArgs) -> Result<(Vec<Repeated>, bool), Failure> {
    let measurements = if args.files.is_empty() {
        let all = args.filter.stored(&args.keep.library)?.into_iter();
        all.filter(|m| m.tag("operator").is_some()).collect()
    } else {
        args.filter.named(&args.files, &args.keep.library).map_err(|failure| {
            failure.hint("give curve files their person and day: --session PERSON@DAY=FILE[,FILE…]")
        })?
    };
    if measurements.is_empty() {
        return Err(Failure::data("there is no repeated measurement to study").hint(
            "measure with `measure response --operator NAME --seatings 5`, or give curve \
             files: --session PERSON@DAY=FILE[,FILE…]",
        ));
    }
    check_sameness(&measurements)?;
    let simulated = measurements.iter().any(|m| m.simulated);
    Ok((measurements.into_iter().map(repeated).collect(), simulated))
}

/// One headphone is repeated; what differs between two is no spread.
fn check_sameness(measurements: &[Tagged]) -> Result<(), Failure> {
    for tag in SAME_TAGS {
        let found = values(measurements, tag);
        if found.len() > 1 {
            let found: Vec<String> = found.iter().map(|value| format!("'{value}'")).collect();
            return Err(Failure::usage(format!(
                "the measurements are of several kinds: the tag {tag} is {}",
                found.join(", ")
            ))
            .hint("choose with --headphone, --unit, --side or --pads, or name the folders"));
        }
    }
    Ok(())
}

fn repeated(measurement: Tagged) -> Repeated {
    let tag = |key: &str| measurement.tag(key).map(str::to_owned);
    Repeated {
        operator: tag("operator").unwrap_or_default(),
        day: tag("day").unwrap_or(measurement.day.clone()),
        seating: tag("seating"),
        name: measurement.name.clone(),
        curve: measurement.curve,
    }
}
