//! `cansweep demo`: the main job from end to end, on a simulated rig.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::compare::judged;
use super::failure::{Exit, Failure};
use super::figures::{self, Drawing, variant};
use super::output::Output;
use super::progress::Progress;
use super::rig_file::SEED;
use super::{Common, now};
use crate::measure::{Analyser, Inverse, Rig, RigError, stimulus_of};
use crate::model::{
    Back, Conditions, Curve, Jig, Measurement, Normalisation, Outcome, Source, SourceComparison,
    StateComparison, Topology,
};
use crate::plot::{Caption, Theme, Width};
use crate::quantity::unit::Decibel;
use crate::quantity::{Frequency, Length, Percent, Resistance, Smoothing, Volume};
use crate::report::{Download, Page, Picture, Section, Themed, page, summary, words};
use crate::rig::simulated::{Placement, SimulatedRig, Wiring, preset};
use crate::store::library::{Clash, Draft};
use crate::store::{Overwrite, atomic, plan};
use crate::study::evidence::EvidenceQuestion;
use crate::study::leak::LeakQuestion;
use crate::study::source::{self, OnSource, Question};
use crate::study::states;
use crate::study::states::State;

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

/// The simulated bench.
struct Bench {
    folder: PathBuf,
    made_at: String,
}

impl Bench {
    /// The level over frequency of one seating, measured and stored.
    fn seating(
        &self,
        state: &str,
        seating: u32,
        progress: &mut Progress,
    ) -> Result<Curve<Decibel>, Failure> {
        let tags = [("state", state.to_owned()), ("seating", seating.to_string())];
        let placement = Placement::new(state, seating, SEED);
        let name = format!("{state}-{seating}");
        let measurement = self.measured(&name, Job::Response, placement, &tags, progress)?;
        match &measurement.outcome {
            Outcome::Response { response, .. } => Ok(response.level()),
            _ => Err(Failure::new(Exit::Bug, "a simulated seating was refused")),
        }
    }

    fn impedance(&self, progress: &mut Progress) -> Result<Measurement, Failure> {
        let settings = Jig {
            resistor_tolerance: Percent::new(0.1).map_err(Failure::usage)?,
            topology: Topology::HighSide,
            input_resistance: Some(Resistance::new(1e6).map_err(Failure::usage)?),
            gain_match_db: 0.01,
            ..Jig::with_resistor(Resistance::new(SENSE_OHM).map_err(Failure::usage)?)
        };
        let placement = Placement::new(STATES[0], 1, SEED);
        let tags = [("state", STATES[0].to_owned())];
        self.measured("impedance", Job::Impedance(settings), placement, &tags, progress)
    }

    /// Plays, captures, stores the take, analyses and stores the result.
    fn measured(
        &self,
        name: &str,
        job: Job,
        placement: Placement,
        tags: &[(&str, String)],
        progress: &mut Progress,
    ) -> Result<Measurement, Failure> {
        let scenario = preset(HEADPHONE)
            .ok_or_else(|| Failure::new(Exit::Bug, "the demo's headphone is not built in"))?;
        let (plan_name, wiring) = match job {
            Job::Response => ("response-quick", Wiring::Coupler),
            Job::Impedance(settings) => ("impedance", Wiring::SenseResistor(settings.topology)),
        };
        let plan = plan::load(plan_name)?;
        let stimulus = stimulus_of(&plan).map_err(Failure::data)?;
        let mut rig = SimulatedRig::new(scenario, wiring, placement)
            .map_err(|error| Failure::new(Exit::Bug, error))?;
        let take = rig.exchange(&stimulus, progress).map_err(|error| match error {
            RigError::Interrupted => Failure::new(Exit::Interrupted, error),
            other => other.into(),
        })?;
        let mut draft = Draft::create(&self.folder, name, Clash::Refuse)?;
        let record = draft.add_take(&take)?;
        let mut analyser = Analyser::new(stimulus, *plan.analysis(), Inverse::OfSamples)?;
        let takes = [take];
        let (analysed, impedance) = match job {
            Job::Response => (analyser.response(&takes, &wiring.channels())?, None),
            Job::Impedance(settings) => {
                (analyser.impedance(&takes, &wiring.channels(), &settings, None)?, Some(settings))
            }
        };
        let own = [("headphone".to_owned(), TITLE.to_owned())];
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
        let conditions = Conditions {
            loads: Vec::new(),
            levels: Vec::new(),
            crosstalk: Vec::new(),
            made_at: self.made_at.clone(),
            tool: super::TOOL.to_owned(),
            rig: rig.identity(),
            stimulus: plan.name().to_owned(),
            analysis: *plan.analysis(),
            plan: Some(plan),
            channels: analysed.channels,
            impedance,
            calibrations: Vec::new(),
            tags: tags.chain(own).collect::<BTreeMap<_, _>>(),
            takes: vec![record],
        };
        let measurement =
            Measurement { conditions, outcome: analysed.outcome, findings: analysed.findings };
        draft.finish(&measurement)?;
        Ok(measurement)
    }
}

#[derive(Debug, Clone, Copy)]
enum Job {
    Response,
    Impedance(Jig),
}

/// What is shown, and where.
struct Shown<'a> {
    folder: &'a Path,
    made_at: &'a str,
}

impl Shown<'_> {
    fn caption(&self, title: String, sample: &str) -> Caption {
        Caption {
            title,
            rig: Some(format!("sim:{HEADPHONE}")),
            sample: Some(sample.to_owned()),
            date: Some(figures::day(self.made_at)),
            simulated: true,
            remarks: Vec::new(),
        }
    }

    fn draw(
        &self,
        states: &StateComparison,
        impedance: &Measurement,
        sources: &SourceComparison,
    ) -> Result<usize, Failure> {
        let (all, refuse) = (Drawing::ALL, Overwrite::Refuse);
        let sample = format!("n = {SEATINGS} seatings each");
        let pads = self.caption(format!("{TITLE}: pads and glasses"), &sample);
        let amplifiers =
            self.caption(format!("{TITLE}: effect of the source"), "from the measured impedance");
        Ok(figures::of_states(self.folder, states, &pads, all, refuse)?
            + figures::of_measurement(self.folder, impedance, all)?
            + figures::of_source(self.folder, sources, &amplifiers, all, refuse)?)
    }

    fn write_page(
        &self,
        states: &StateComparison,
        impedance: &Measurement,
        sources: &SourceComparison,
    ) -> Result<(), Failure> {
        let page = Page {
            title: format!("{TITLE}: pads, glasses and amplifiers"),
            lead: "What worn pads and glasses do to the bass of a closed headphone, its \
                   impedance, and what the output resistance of an amplifier does to it. \
                   Everything here comes from a simulated bench; the way from the capture to \
                   the figures is the one that a real recording takes."
                .to_owned(),
            simulated: true,
            made_at: self.made_at.to_owned(),
            tool: super::TOOL.to_owned(),
            sections: vec![
                pads_section(states),
                difference_section(states),
                leak_section(states),
                impedance_section(impedance),
                source_section(sources),
            ],
            footer: vec![
                "Each seating is a measurement of its own in the folder measurements: the take \
                 as WAV, the settings as TOML, the curve as CSV and JSON."
                    .to_owned(),
            ],
        };
        let html = page::html(&page).map_err(|error| Failure::new(Exit::Bug, error))?;
        let path = self.folder.join("index.html");
        Ok(atomic::write_bytes(&path, html.as_bytes(), Overwrite::Refuse)?)
    }
}

fn pads_section(states: &StateComparison) -> Section {
    Section {
        heading: "Pads and glasses".to_owned(),
        sentences: words::states(states),
        figure: Some(picture(
            "states",
            "Frequency responses with fresh pads, worn pads and glasses, each with its band",
            &words::basis(states),
        )),
        tables: vec![summary::states(states)],
        downloads: downloads("states", &["csv", "json"]),
    }
}

fn difference_section(states: &StateComparison) -> Section {
    let reference = states.states.first().map_or("", |state| state.name.as_str());
    Section {
        heading: format!("The change against {reference}"),
        sentences: words::evidence(states),
        figure: Some(picture(
            "difference",
            "Change of level against fresh pads over frequency, with its uncertainty",
            "Difference of the means. The band holds the true difference at all frequencies at \
             once with 95 %: where it holds zero, seating alone explains the difference.",
        )),
        downloads: downloads("simultaneous", &["csv"]),
        ..Section::default()
    }
}

fn leak_section(states: &StateComparison) -> Section {
    Section {
        heading: "The leak".to_owned(),
        sentences: words::leaks(states),
        figure: Some(picture(
            "leak",
            "Change of level below 1 kHz, and that of the leak that comes nearest",
            "A leak that takes as much bass as the glasses do, on a closed back.",
        )),
        downloads: downloads("leak", &["csv"]),
        ..Section::default()
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

fn impedance_section(impedance: &Measurement) -> Section {
    Section {
        heading: "Impedance".to_owned(),
        sentences: words::measurement(impedance),
        figure: Some(picture(
            "impedance",
            "Magnitude and phase of the impedance over frequency",
            "Through a sense resistor of 100 Ω; the band is the uncertainty (k = 2).",
        )),
        downloads: vec![
            download("CSV", "measurements/impedance/impedance.csv"),
            download("JSON", "measurements/impedance/impedance.json"),
            download("take (WAV)", "measurements/impedance/take-1.wav"),
        ],
        ..Section::default()
    }
}

fn source_section(sources: &SourceComparison) -> Section {
    Section {
        heading: "What an amplifier's output resistance does".to_owned(),
        sentences: words::source(sources),
        figure: Some(picture(
            "source",
            "Change of the response for sources of 0.1, 10, 33 and 120 ohms",
            "Change against a source of 0 Ω, equal at 1 kHz.",
        )),
        tables: vec![summary::source(sources), summary::limits(sources)],
        downloads: downloads("source", &["csv", "json"]),
    }
}

fn downloads(stem: &str, kinds: &[&str]) -> Vec<Download> {
    let named = |kind: &&str| download(&kind.to_uppercase(), &format!("{stem}.{kind}"));
    kinds.iter().map(named).collect()
}

fn download(label: &str, href: &str) -> Download {
    Download { label: label.to_owned(), href: href.to_owned() }
}

fn picture(stem: &str, alt: &str, caption: &str) -> Picture {
    let themed = |width| {
        let file = |theme| format!("figures/{}.svg", variant(stem, theme, width));
        Themed { light: file(Theme::Light), dark: file(Theme::Dark) }
    };
    Picture {
        wide: themed(Width::Full),
        phone: Some(themed(Width::Phone)),
        alt: alt.to_owned(),
        caption: caption.to_owned(),
    }
}
