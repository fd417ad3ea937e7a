//! What is kept of a measurement: from the first captured frame to the folder in its place.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::attempts::{Attempts, Taken};
use super::failure::{Exit, Failure};
use super::figures::{self, Drawing};
use super::loads::{LoadPlan, Loaded, Session};
use super::measure::summary;
use super::origin::{Prepared, Source};
use super::output::Output;
use super::{Common, LibraryRoot, TOOL, now};
use crate::measure::{Analysed, Analyser};
use crate::model::{
    ChannelMap, Conditions, CrosstalkFigures, Finding, Jig, LoadedAt, Measurand, Measurement,
    Outcome, OutputFigures, Recording,
};
use crate::store::document;
use crate::store::library::{Clash, Draft, Library, Unfinished, folder_name};
use crate::store::plan;

/// What is kept of a measurement, and where.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Result")]
pub(super) struct Keep {
    /// Write the results to this folder instead of the library
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) library: LibraryRoot,
    /// What the headphone is
    #[arg(long, value_name = "NAME")]
    headphone: Option<String>,
    /// In which state it is: fresh, worn, glasses, …
    #[arg(long, value_name = "NAME")]
    pub(super) state: Option<String>,
    /// Which side: left or right
    #[arg(long, value_name = "SIDE")]
    side: Option<String>,
    /// Which one of its kind: a serial number
    #[arg(long, value_name = "NAME")]
    unit: Option<String>,
    /// The pair of pads, by a name of your own
    #[arg(long, value_name = "NAME")]
    pads: Option<String>,
    /// Hours that the pads were worn
    #[arg(long, value_name = "HOURS", value_parser = hours, allow_hyphen_values = true)]
    pad_hours: Option<f64>,
    /// The day on which the pads were put onto the headphone
    #[arg(long, value_name = "YYYY-MM-DD")]
    pads_fitted: Option<jiff::civil::Date>,
    /// Who measures
    #[arg(long, value_name = "NAME")]
    operator: Option<String>,
    /// Anything else worth keeping with the measurement
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
    tags: Vec<(String, String)>,
    #[command(flatten)]
    pub(super) drawing: Drawing,
    #[command(flatten)]
    common: Common,
}

/// What is measured, apart from how.
#[derive(Debug, Clone, Default)]
pub(super) struct Task {
    /// What sits between rig and headphone, if it is an impedance.
    pub(super) jig: Option<Jig>,
    /// How an output is loaded, if it is one that is measured.
    pub(super) loads: Option<LoadPlan>,
    /// Whether to print what the uncertainty is made of.
    pub(super) budget: bool,
}

/// Takes, as they are analysed.
#[derive(Clone, Copy)]
pub(super) struct Takes<'a> {
    pub(super) recordings: &'a [Recording],
    /// What the output was loaded with in each; empty if no output is measured.
    pub(super) loads: &'a [LoadedAt],
}

impl Task {
    pub(super) const fn measurand(&self) -> Measurand {
        match (&self.loads, &self.jig) {
            (Some(plan), _) => plan.measurand(),
            (None, Some(_)) => Measurand::Impedance,
            (None, None) => Measurand::Response,
        }
    }

    /// What is connected in each take, in the order of files; empty if it is always the same.
    fn planned(&self) -> Vec<Loaded> {
        self.loads.as_ref().map(LoadPlan::planned).unwrap_or_default()
    }
}

fn hours(text: &str) -> Result<f64, String> {
    match text.trim().trim_end_matches('h').trim_end().parse::<f64>() {
        Ok(hours) if hours >= 0.0 && hours.is_finite() => Ok(hours),
        _ => Err(format!("'{text}' is no number of hours from 0 on")),
    }
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err(format!("'{text}' is not KEY=VALUE")),
    }
}

impl Keep {
    pub(super) const fn common(&self) -> Common {
        self.common
    }

    /// The same, for one of several seatings: its number is a tag and, behind the name of a folder
    /// that was given, tells them apart.
    pub(super) fn numbered(&self, seating: u32) -> Self {
        let mut keep = self.clone();
        keep.tags.push(("seating".to_owned(), seating.to_string()));
        keep.output = self.numbered_output(seating);
        keep
    }

    /// The first number from this one on whose folder is free.
    pub(super) fn first_free(&self, from: u32) -> u32 {
        let is_free = |&n: &u32| self.numbered_output(n).is_none_or(|folder| !folder.exists());
        (from..u32::MAX).find(is_free).unwrap_or(from)
    }

    fn numbered_output(&self, seating: u32) -> Option<PathBuf> {
        let folder = self.output.as_ref()?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        Some(folder.with_file_name(format!("{name}-{seating}")))
    }

    /// Captures and keeps the takes, analyses them, stores and prints the result.
    pub(super) fn measure(
        &self,
        prepared: Prepared,
        task: &Task,
        output: Output,
        analyse: impl Fn(&mut Analyser, Takes<'_>, &ChannelMap) -> Result<Analysed, Failure>,
    ) -> Result<Exit, Failure> {
        let kind = task.measurand();
        let analyser = RefCell::new(analyser(&prepared)?);
        let conditions = self.conditions(&prepared, task);
        let mut draft = self.draft(kind, &conditions.made_at)?;
        draft.describe(kind, &conditions)?;
        let Prepared { source, channels, stimulus, findings, .. } = prepared;
        let mut analyse = |recordings: &[Recording], loads: &[Loaded]| {
            let loads: Vec<LoadedAt> = loads.iter().filter_map(|at| at.output()).collect();
            let takes = Takes { recordings, loads: &loads };
            analyse(&mut analyser.borrow_mut(), takes, &channels)
        };
        let taken = match (source, &task.loads) {
            (Source::Rig(rig, tries), Some(plan)) => {
                let mut look = |take: &Recording, at: Loaded| {
                    plan.look(&mut analyser.borrow_mut(), (take, &channels), at)
                };
                let session = Session::new((rig, tries), &stimulus, plan);
                session.run(&mut draft, &mut look, &mut analyse)?
            }
            (Source::Rig(mut rig, tries), None) => Attempts::new(rig.as_mut(), &stimulus, tries)
                .run(&mut draft, &mut |takes| analyse(takes, &[]))?,
            (Source::Files(files), _) => {
                match from_files(&mut draft, files, |takes| analyse(takes, &task.planned())) {
                    Ok(taken) => Taken { loads: task.planned(), ..taken },
                    Err(failure) => {
                        draft.discard();
                        return Err(failure);
                    }
                }
            }
        };
        let interrupted = taken.stopped;
        let measurement = measurement(conditions, findings, taken);
        let folder = draft.finish(&measurement)?;
        self.show(&measurement, &folder, task, output)?;
        Ok(exit_of(&measurement, interrupted))
    }

    /// Draws and prints a measurement that is in its folder.
    fn show(
        &self,
        measurement: &Measurement,
        folder: &Path,
        task: &Task,
        output: Output,
    ) -> Result<(), Failure> {
        let written = figures::of_measurement(folder, measurement, self.drawing)?;
        output.result(
            || document::measurement(measurement),
            || summary(measurement, folder, written, task.budget),
        )?;
        Output::findings(&measurement.findings);
        Ok(())
    }

    /// Under which conditions is measured, as far as they are known before.
    pub(super) fn conditions(&self, prepared: &Prepared, task: &Task) -> Conditions {
        let conditions = Conditions {
            made_at: now(),
            tool: TOOL.to_owned(),
            rig: prepared.rig.clone(),
            stimulus: prepared.stimulus.name().to_owned(),
            plan: prepared.plan.clone(),
            analysis: prepared.analysis,
            channels: prepared.channels.clone(),
            impedance: task.jig,
            loads: Vec::new(),
            levels: Vec::new(),
            crosstalk: Vec::new(),
            calibrations: prepared.calibrations.iter().map(|filed| filed.record.clone()).collect(),
            tags: self.tags(),
            takes: Vec::new(),
        };
        loaded(conditions, &task.planned())
    }

    /// The folder that the takes go into at once: the one that was named, or one in the library.
    /// Says which earlier ones beside it were never finished.
    fn draft(&self, kind: Measurand, made_at: &str) -> Result<Draft, Failure> {
        let Some(folder) = &self.output else {
            let root = self.library.folder()?;
            mention_unfinished(&root, self.library.folder.is_some());
            let name = folder_name(made_at, kind, &self.tags());
            return Ok(Draft::create(&root, &name, Clash::Number)?);
        };
        let name = folder.file_name().ok_or_else(|| {
            Failure::usage(format!("'{}' is no name for a new folder", folder.display()))
        })?;
        let parent = folder.parent().unwrap_or(Path::new(""));
        let here = parent.as_os_str().is_empty();
        mention_unfinished(if here { Path::new(".") } else { parent }, true);
        Ok(Draft::create(parent, &name.to_string_lossy(), Clash::Refuse)?)
    }

    /// What is said about the headphone and its pads, and anything else.
    pub(super) fn tags(&self) -> BTreeMap<String, String> {
        let (hours, fitted) = (self.pad_hours, self.pads_fitted);
        let named = [
            ("headphone", self.headphone.clone()),
            ("unit", self.unit.clone()),
            ("side", self.side.clone()),
            ("state", self.state.clone()),
            ("pads", self.pads.clone()),
            ("pad_hours", hours.map(|hours| hours.to_string())),
            ("pads_fitted", fitted.map(|day| day.to_string())),
            ("operator", self.operator.clone()),
        ];
        let named = named.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        named.chain(self.tags.iter().cloned()).collect()
    }
}

/// What analyses the takes, with everything that decides how.
pub(super) fn analyser(prepared: &Prepared) -> Result<Analyser, Failure> {
    let (stimulus, inverse) = (prepared.stimulus.clone(), prepared.inverse);
    let analyser = Analyser::new(stimulus, prepared.analysis, inverse)?;
    Ok(analyser.knowing(plan::builtin()).accepting(prepared.accepted.iter().cloned()))
}

/// Says which measurements in a folder were never finished, and what to do about them.
pub(super) fn mention_unfinished(root: &Path, named: bool) {
    // Whatever is wrong with the folder is said when the new measurement is put there.
    let abandoned = Library::open(root).abandoned().unwrap_or_default();
    let of_root = if named { format!(" --library '{}'", root.display()) } else { String::new() };
    match abandoned.as_slice() {
        [] => {}
        [Unfinished { name, folder, .. }] => Output::remark(&format!(
            "note: an earlier measurement never finished: '{name}'; its capture is kept in '{}' \
             (`cansweep library recover {name}{of_root}` makes a refused measurement of it)",
            folder.display()
        )),
        [.., last] => Output::remark(&format!(
            "note: {} earlier measurements never finished, the last is '{}'; their captures are \
             kept (`cansweep library list{of_root}` shows them)",
            abandoned.len(),
            last.name
        )),
    }
}

/// Copies takes that exist already, and analyses them together.
pub(super) fn from_files(
    draft: &mut Draft,
    files: Vec<(PathBuf, Recording)>,
    mut analyse: impl FnMut(&[Recording]) -> Result<Analysed, Failure>,
) -> Result<Taken, Failure> {
    let mut records = Vec::new();
    for (file, take) in &files {
        records.push(draft.add_take_file(file, take)?);
    }
    let takes: Vec<Recording> = files.into_iter().map(|(_, take)| take).collect();
    let analysed = analyse(&takes)?;
    for (record, delay) in records.iter_mut().zip(&analysed.delays) {
        record.delay_samples = *delay;
    }
    Ok(Taken { analysed, records, loads: Vec::new(), stopped: false })
}

/// The conditions with what is connected in each take.
fn loaded(conditions: Conditions, loads: &[Loaded]) -> Conditions {
    Conditions {
        loads: loads.iter().filter_map(|at| Some(at.output()?.load)).collect(),
        levels: loads.iter().filter_map(|at| at.level).collect(),
        crosstalk: loads.iter().filter_map(|at| at.both()).collect(),
        ..conditions
    }
}

pub(super) fn measurement(
    mut conditions: Conditions,
    mut findings: Vec<Finding>,
    taken: Taken,
) -> Measurement {
    findings.extend(taken.analysed.findings);
    conditions.channels = taken.analysed.channels;
    conditions.takes = taken.records;
    let conditions = loaded(conditions, &taken.loads);
    Measurement { conditions, outcome: taken.analysed.outcome, findings }
}

const fn exit_of(measurement: &Measurement, interrupted: bool) -> Exit {
    match measurement.outcome {
        Outcome::Refused(_) if interrupted => Exit::Interrupted,
        Outcome::Refused(_) => Exit::Invalid,
        // A load that limits, or a separation that is not reached, is an answer, and a negative one.
        Outcome::OutputImpedance {
            figures:
                OutputFigures { linear: Some(false), .. } | OutputFigures { limit: Some(_), .. },
            ..
        }
        | Outcome::Crosstalk { figures: CrosstalkFigures { reached: Some(false), .. }, .. } => {
            Exit::Negative
        }
        _ => Exit::Done,
    }
}
