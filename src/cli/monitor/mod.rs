//! `cansweep monitor`: what a headphone does, sweep by sweep, while it is seated.

mod chart;
mod job;
mod live;
mod scene;
mod screen;
mod session;
mod view;

use std::io::{self, IsTerminal};

use clap::Args;

use self::job::{Job, Purpose};
use self::live::{Heard, Live, Orders};
use self::scene::{Scene, Setting};
use self::session::End;
use super::Common;
use super::calibrate::Calibrations;
use super::curves::Curves;
use super::failure::{Exit, Failure};
use super::jig::JigArgs;
use super::keep::Keep;
use super::origin::{Look, Origin};
use super::output::Output;
use super::progress::was_interrupted;
use crate::measure::Flow;
use crate::model::{RigKind, TraceKind};
use crate::store::document;
use crate::study::live::{Reference, Watch, re_one_ohm};
use crate::study::steady::Steadiness;

/// The arguments of `monitor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep monitor --rig sim:closed-38 --state glasses
  cansweep monitor --rig desk.toml --reference fresh
  cansweep monitor --rig desk.toml --reference fresh-1.txt --headphone HD600 --state worn -o worn
  cansweep monitor --rig desk.toml --sense-resistor 100 --reference impedance
  cansweep monitor --rig sim:closed-38 --sweeps 8 --json

Keys: space or Enter measures this seating with the plan `response` (`impedance` behind a sense
resistor) and stores it, seatings numbered on; r takes what is seen as the reference; − and + play
more quietly and louder again, never above the level it began with; q, Esc or Ctrl-C ends.

The sweeps are those of the plan `monitor` (--plan names another): half a second each, every three
quarters of a second, at -30 dBFS. That is enough for the mean from 20 Hz to 100 Hz, which shows a
leak first, and for the whole curve at a glance; what is published is what the keys store. With
several --reference (seatings of one state) the verdict knows how far seatings scatter: a further
one would stay within the allowance 19 times of 20. With one it allows 1 dB.")]
pub(crate) struct MonitorArgs {
    #[command(flatten)]
    origin: Origin,
    #[command(flatten)]
    jig: JigArgs,
    #[command(flatten)]
    look: Look,
    #[command(flatten)]
    calibrations: Calibrations,
    /// Compare with this response or impedance: a file, a measurement's folder, or a name in the
    /// library; may be given several times, for seatings of one state, or be a folder of them
    #[arg(long = "reference", value_name = "FILE", help_heading = "Analysis")]
    references: Vec<String>,
    /// End after so many sweeps [default: go on until told to stop]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sweeps: Option<u32>,
    /// The plan of what a key stores [default: response, or impedance]
    #[arg(long, value_name = "NAME|FILE", help_heading = "Result")]
    store_plan: Option<String>,
    #[command(flatten)]
    keep: Keep,
}

impl MonitorArgs {
    pub(super) const fn common(&self) -> Common {
        self.keep.common()
    }

    const fn kind(&self) -> TraceKind {
        if self.jig.names_a_resistor() { TraceKind::Impedance } else { TraceKind::Response }
    }

    fn sweeps(&self) -> Option<usize> {
        self.sweeps.map(|sweeps| sweeps as usize)
    }

    /// The reference of the files that were named; `None` if none were.
    fn reference(&self) -> Result<Option<Reference>, Failure> {
        if self.references.is_empty() {
            return Ok(None);
        }
        let mut curves = Curves::new(&self.keep.library);
        let mut seatings = Vec::new();
        let names = self.references.iter().map(|name| curves.seatings(name, self.kind().into()));
        for name in names.collect::<Result<Vec<_>, _>>()?.concat() {
            seatings.push(match self.kind() {
                TraceKind::Response => curves.level(&name)?,
                TraceKind::Impedance => re_one_ohm(curves.ohms(&name)?.magnitude())
                    .ok_or_else(|| Failure::data(format!("'{name}' is 0 Ω somewhere")))?,
            });
        }
        curves.remark_on_assumptions();
        Ok(Some(Reference::of(self.kind(), seatings)?))
    }
}

pub(super) fn run(args: &MonitorArgs) -> Result<Exit, Failure> {
    let is_json = args.common().json;
    let has_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    if !is_json && !has_terminal {
        return Err(Failure::usage("the live view needs a terminal")
            .hint("--json prints one line for each sweep instead; `--sweeps 8` ends it"));
    }
    if args.origin.rig_name().is_none() {
        let reason = "a live view needs a rig: what was captured already is over";
        return Err(Failure::usage(reason).hint(
            "name one with --rig: sim:closed-38 is simulated, `cansweep devices` lists real ones",
        ));
    }
    let watch = Watch::new(Steadiness::default(), args.reference()?);
    let job = Job::prepare(args, Purpose::Watching { in_real_time: !is_json })?;
    Output::findings(&job.prepared.findings);
    if is_json { print_lines(args, job, watch) } else { show(args, job, watch) }
}

/// One line for each sweep.
fn print_lines(args: &MonitorArgs, job: Job, mut watch: Watch) -> Result<Exit, Failure> {
    let mut live = Live::new(job)?;
    let (mut seen, mut failure) = (false, None);
    live.listen(args.sweeps(), &Orders::default(), &mut |heard: Heard| {
        let glimpse = watch.look(&heard.analysed.outcome, heard.analysed.findings, heard.at_s);
        seen |= glimpse.seen.is_some();
        match Output::line(&document::glimpse(&glimpse)) {
            Ok(true) => Flow::Continue,
            Ok(false) => Flow::Stop,
            Err(error) => {
                failure = Some(error);
                Flow::Stop
            }
        }
    })?;
    match failure {
        Some(failure) => Err(failure),
        None if was_interrupted() => Ok(Exit::Interrupted),
        None if seen => Ok(Exit::Done),
        None => Ok(Exit::Invalid),
    }
}

/// The view, left for a moment whenever a seating is stored.
fn show(args: &MonitorArgs, job: Job, watch: Watch) -> Result<Exit, Failure> {
    let setting = Setting {
        rig: job.prepared.rig.name.clone(),
        is_simulated: job.prepared.rig.kind == RigKind::Simulated,
        kind: args.kind(),
    };
    let mut live = Live::new(job)?;
    let mut scene = Scene::new(setting, live.level(), watch);
    let mut next = 1;
    loop {
        let (end, after) = session::watch(&mut live, scene, args.sweeps())?;
        scene = after;
        match end {
            End::Over => return Ok(Exit::Done),
            End::Interrupted => return Ok(Exit::Interrupted),
            End::Store => {
                let seating = args.keep.first_free(next);
                Output::remark(&format!("measuring seating {seating}"));
                scene.note(match store(args, seating) {
                    Ok(Exit::Done) => format!("seating {seating} is stored"),
                    Ok(Exit::Interrupted) => return Ok(Exit::Interrupted),
                    Ok(_) => {
                        format!("seating {seating} is stored as refused: its findings say why")
                    }
                    Err(failure) => format!("seating {seating} is not stored: {failure}"),
                });
                next = seating + 1;
            }
        }
    }
}

/// Measures the seating as it is, with a plan whose result may be published.
fn store(args: &MonitorArgs, seating: u32) -> Result<Exit, Failure> {
    let Job { prepared, task, how } = Job::prepare(args, Purpose::Storing)?;
    args.keep.numbered(seating).measure(
        prepared,
        &task,
        Output::new(false),
        |analyser, takes, channels| how.analyse(analyser, takes.recordings, channels),
    )
}
