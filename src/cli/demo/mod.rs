//! `cansweep demo`: the main job from end to end, on a simulated rig.

mod bench;
mod page;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use self::bench::Bench;
use self::page::Shown;
use super::compare::judged;
use super::failure::{Exit, Failure};
use super::output::Output;
use super::progress::Progress;
use super::{Common, now};
use crate::model::{Back, Normalisation, Outcome, Source, SourceComparison, StateComparison};
use crate::quantity::{Frequency, Length, Resistance, Smoothing, Volume};
use crate::report::words;
use crate::study::evidence::EvidenceQuestion;
use crate::study::leak::LeakQuestion;
use crate::study::source::{self, OnSource, Question};
use crate::study::states::{self, State};

/// The simulated headphone that the demo measures.
const HEADPHONE: &str = "closed-38";
const STATES: [&str; 3] = ["fresh", "worn", "glasses"];
const SEATINGS: u32 = 4;
const SENSE_OHM: f64 = 100.0;
const SOURCES_OHM: [f64; 4] = [0.1, 10.0, 33.0, 120.0];
const TITLE: &str = "Closed 38 Ω headphone";

/// The arguments of `demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep demo                 writes cansweep-demo/index.html
  cansweep demo -o here --force

A simulated closed headphone sits on a simulated coupler: fresh pads, worn pads and glasses, four
seatings each, then its impedance through 100 Ω, and what amplifiers of 0.1 to 120 Ω do to it.
Everything behind the simulated sound card is the code that real measurements run through.")]
pub(crate) struct DemoArgs {
    /// The folder to write
    #[arg(short, long, value_name = "DIR", default_value = "cansweep-demo")]
    output: PathBuf,
    /// Replace an earlier demo in that folder
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) fn run(args: &DemoArgs, output: Output) -> Result<Exit, Failure> {
    let place = Place::claim(&args.output, args.force)?;
    let shown = Demo::run(&place.folder)?;
    let folder = place.publish()?;
    let index = folder.join("index.html");
    output.result(
        || {
            json!({ "schema": 1, "kind": "demo", "page": index, "simulated": true,
                    "figures": shown.pictures,
                    "states": crate::store::document::states(&shown.states)["figures"],
                    "source": crate::store::document::sources(&shown.sources)["figures"] })
        },
        || {
            let words = shown.words.join("\n");
            format!("{words}\n\nsimulated; the page is {}\n", index.display())
        },
    )?;
    Ok(Exit::Done)
}

/// The folder of the demo: filled beside its place, then renamed into it.
struct Place {
    folder: PathBuf,
    target: PathBuf,
    replaces: bool,
}

impl Place {
    fn claim(target: &Path, force: bool) -> Result<Self, Failure> {
        let name = target.file_name().ok_or_else(|| {
            Failure::usage(format!("'{}' is no name for a new folder", target.display()))
        })?;
        let empty = fs::read_dir(target).is_ok_and(|mut entries| entries.next().is_none());
        let is_demo = target.join("index.html").is_file() && target.join("measurements").is_dir();
        if target.exists() && !empty && !(force && is_demo) {
            let hint = if is_demo {
                "replace the earlier demo with --force, or name another folder with -o"
            } else {
                "it does not hold a demo, so it is left alone; name another folder with -o"
            };
            let message = format!("'{}' exists already and was not overwritten", target.display());
            return Err(Failure::usage(message).hint(hint));
        }
        let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let folder = parent.join(format!(".{}.partial", name.to_string_lossy()));
        let refused =
            |error| Failure::data(format!("cannot write '{}': {error}", folder.display()));
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(refused)?;
        }
        fs::create_dir_all(&folder).map_err(refused)?;
        Ok(Self { folder, target: target.to_owned(), replaces: target.exists() })
    }

    fn publish(self) -> Result<PathBuf, Failure> {
        let refused =
            |error| Failure::data(format!("cannot write '{}': {error}", self.target.display()));
        if self.replaces {
            fs::remove_dir_all(&self.target).map_err(refused)?;
        }
        fs::rename(&self.folder, &self.target).map_err(refused)?;
        Ok(self.target.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Gone if it was published; otherwise an unfinished demo is worth nothing.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// What the demo found, to be told at the end.
struct Demo {
    words: Vec<String>,
    pictures: usize,
    states: StateComparison,
    sources: SourceComparison,
}

impl Demo {
    fn run(folder: &Path) -> Result<Self, Failure> {
        /// Shares of the whole: seatings, then impedance, then pictures.
        const MEASURED: f64 = 0.5;
        const COMPARED: f64 = 0.6;
        const DRAWN: f64 = 0.98;
        let mut progress = Progress::new("simulated bench");
        let bench = Bench { folder: folder.join("measurements"), made_at: now() };
        let mut of_states = Vec::new();
        let mut done = 0.0;
        for state in STATES {
            let mut seatings = Vec::new();
            for seating in 1..=SEATINGS {
                let begun = done;
                done += MEASURED / (STATES.len() as f64 * f64::from(SEATINGS));
                progress.step(&format!("{state}, seating {seating}"), begun..done)?;
                seatings.push(bench.seating(state, seating, &mut progress)?);
            }
            of_states.push(State { name: state.to_owned(), seatings });
        }
        progress.step("impedance through 100 Ω", MEASURED..COMPARED)?;
        let impedance = bench.impedance(&mut progress)?;
        progress.step("pictures", COMPARED..DRAWN)?;
        let one_khz = Frequency::new(1000.0).map_err(Failure::usage)?;
        let normalisation = Normalisation::At(one_khz);
        let compared = states::compare(&of_states, None, normalisation, Smoothing::None)?;
        let compared = judged(compared, EvidenceQuestion::default(), &leak_question()?)?;
        let Outcome::Impedance { impedance: z, budget, .. } = &impedance.outcome else {
            return Err(Failure::new(Exit::Bug, "the simulated impedance was refused"));
        };
        let ohms = SOURCES_OHM.iter().map(|&ohm| Resistance::new(ohm));
        let ohms = ohms.collect::<Result<Vec<_>, _>>().map_err(Failure::usage)?;
        let fresh = OnSource { source: Source::IDEAL, level: compared.states[0].mean.clone() };
        let question = Question {
            response: Some(fresh),
            budget: Some(budget.clone()),
            ..Question::of_sources(ohms, normalisation)
        };
        let sources = source::compare(z, &question)?;
        let shown = Shown { folder, made_at: &bench.made_at };
        let pictures = shown.draw(&compared, &impedance, &sources)?;
        progress.step("page", DRAWN..1.0)?;
        shown.write_page(&compared, &impedance, &sources)?;
        let words = [words::states(&compared), judgement(&compared), words::source(&sources)];
        let words = words.into_iter().flatten().collect();
        Ok(Self { words, pictures, states: compared, sources })
    }
}

/// A leak 10 mm long, as glasses make, in a closed headphone with a volume usual for its kind.
fn leak_question() -> Result<LeakQuestion, Failure> {
    Ok(LeakQuestion {
        length: Length::new(10e-3).map_err(Failure::usage)?,
        calibration: None,
        front_volume: Volume::new(35e-3).map_err(Failure::usage)?,
        back: Back::Closed,
    })
}

/// What the seatings show, and the leaks.
fn judgement(states: &StateComparison) -> Vec<String> {
    [words::evidence(states), words::leaks(states)].concat()
}
