//! Where recordings come from: a rig, or files that exist already.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::progress::Progress;
use super::rig::Care;
use super::rig_file::{self, Placing};
use super::sweep::adjusted;
use crate::measure::{Inverse, Rig, RigError, foreign_stimulus, stimulus_of};
use crate::model::{
    AnalysisSpec, ChannelMap, FiledCalibration, Finding, FindingKind, Plan, PlanError, Recording,
    RigIdentity, Stimulus,
};
use crate::quantity::unit::FullScale;
use crate::quantity::{Frequency, Level, SampleRate, Seconds, Smoothing, amplitude_db};
use crate::rig::replay::Replay;
use crate::store::{plan, wav};

/// Where recordings come from, and what was played.
#[derive(Debug, Clone, Args)]
#[command(
    next_help_heading = "Where the recording comes from",
    group = clap::ArgGroup::new("captured").multiple(true)
)]
pub(super) struct Origin {
    #[arg(
        long,
        value_name = "NAME|FILE",
        conflicts_with = "captured",
        help = "Play and capture on this rig: sim:NAME, a sound device (alsa:…), or a rig file \
                [env: CANSWEEP_RIG]"
    )]
    rig: Option<String>,
    /// Analyse this capture instead of playing; may be given several times
    #[arg(long, value_name = "FILE.wav", group = "captured")]
    take: Vec<PathBuf>,
    /// The plan that is played, or was: a name from `cansweep sweep --list`, or a file
    /// [default: response or impedance, as is measured]
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "stimulus")]
    plan: Option<String>,
    /// The sweep that was played, if cansweep did not make it
    #[arg(long, value_name = "FILE.wav", requires = "captured")]
    stimulus: Option<PathBuf>,
    /// Which input is which, counted from 1: reference=1,sense=2 or reference=1,microphone=2
    #[arg(long, value_name = "ROLE=N,…")]
    pub(super) channels: Option<ChannelMap>,
    /// Sample rate [default: the plan's]
    #[arg(long, value_name = "HZ", allow_hyphen_values = true, conflicts_with = "stimulus")]
    rate: Option<SampleRate>,
    /// Peak level [default: the plan's]
    #[arg(long, value_name = "dBFS", allow_hyphen_values = true, conflicts_with = "stimulus")]
    level: Option<Level<FullScale>>,
    /// For a sound card: frames per buffer, a power of two [default: 8192, above 48 kHz 16384]
    #[arg(long, value_name = "FRAMES", conflicts_with = "captured")]
    buffer: Option<u32>,
    /// For a simulated rig: how the headphone sits; the number picks one seating of many
    #[arg(long, value_name = "N", default_value_t = 1)]
    seating: u32,
    /// For a simulated rig: take the time that a real one would
    #[arg(long, conflicts_with = "captured")]
    real_time: bool,
    /// Play so many times at most: again if frames were lost or a noise fell into the sweeps
    #[arg(
        long,
        value_name = "N",
        default_value_t = 3,
        conflicts_with = "captured",
        value_parser = clap::value_parser!(u32).range(1..=20)
    )]
    tries: u32,
    #[command(flatten)]
    care: Care,
}

/// The kinds of findings that refuse a take.
const REFUSALS: [&str; 27] = [
    "no-stimulus",
    "dead-input",
    "shorted-input",
    "floating-input",
    "microphone-silent",
    "crosstalk-only",
    "other-plan",
    "wrong-rate",
    "truncated",
    "interrupted",
    "dropped-frames",
    "samples-lost",
    "gap",
    "delay-step",
    "markers-missing",
    "clock-unsteady",
    "clipped",
    "soft-clipped",
    "low-snr",
    "impulsive-noise",
    "time-variant",
    "channels-swapped",
    "polarity-inverted",
    "no-current",
    "not-connected",
    "balanced-drive-grounded",
    "current-distorted",
];

/// How the captures are looked at.
#[derive(Debug, Args)]
#[command(next_help_heading = "Analysis")]
pub(super) struct Look {
    /// Lowest frequency of the result [default: the plan's]
    #[arg(long, value_name = "HZ", allow_hyphen_values = true)]
    from: Option<Frequency>,
    /// Highest frequency of the result [default: the plan's]
    #[arg(long, value_name = "HZ", allow_hyphen_values = true)]
    to: Option<Frequency>,
    /// Points of the result per octave [default: the plan's]
    #[arg(long, value_name = "N")]
    points_per_octave: Option<u16>,
    /// How much of the impulse response after its peak is kept [default: the plan's]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    gate: Option<Seconds>,
    /// Smoothing of the result: none, or 1/n octave [default: the plan's]
    #[arg(long, value_name = "1/N")]
    smoothing: Option<Smoothing>,
    /// Divide by the formula of the sweep instead of its samples; for checks
    #[arg(long)]
    analytic_inverse: bool,
    /// Go on in spite of a refusal of this kind (the figure then says so)
    #[arg(long, value_name = "KIND", value_parser = REFUSALS)]
    accept: Vec<String>,
}

/// A measurement that is ready to begin.
pub(super) struct Prepared {
    pub(super) stimulus: Stimulus,
    pub(super) plan: Option<Plan>,
    pub(super) analysis: AnalysisSpec,
    pub(super) inverse: Inverse,
    pub(super) accepted: Vec<String>,
    pub(super) channels: ChannelMap,
    pub(super) rig: RigIdentity,
    pub(super) source: Source,
    pub(super) findings: Vec<Finding>,
    /// The calibrations to be applied to a response.
    pub(super) calibrations: Vec<FiledCalibration>,
}

/// Where the takes come from.
pub(super) enum Source {
    /// They exist already: each with its file.
    Files(Vec<(PathBuf, Recording)>),
    /// They are played and captured on a rig, so many times at most.
    Rig(Box<dyn Rig>, u32),
}

impl Source {
    /// All takes at once, with their files: those that exist, or one that is captured now and has
    /// no file yet.
    pub(super) fn takes(
        self,
        stimulus: &Stimulus,
    ) -> Result<(Vec<PathBuf>, Vec<Recording>), Failure> {
        match self {
            Self::Files(files) => Ok(files.into_iter().unzip()),
            Self::Rig(mut rig, _) => {
                let mut progress = Progress::new("playing and capturing");
                Ok((Vec::new(), vec![rig.exchange(stimulus, &mut progress)?]))
            }
        }
    }
}

impl Origin {
    /// Reads the takes, or makes the rig ready. Nothing is played yet.
    pub(super) fn prepare(&self, look: &Look, placing: &Placing<'_>) -> Result<Prepared, Failure> {
        self.prepare_of(&self.take, look, placing)
    }

    /// Reads these takes, or makes the rig ready if there are none.
    pub(super) fn prepare_of(
        &self,
        takes: &[PathBuf],
        look: &Look,
        placing: &Placing<'_>,
    ) -> Result<Prepared, Failure> {
        if takes.is_empty() { self.place(look, placing) } else { self.read(takes, look, placing) }
    }

    /// The rig that plays; `None` if there are takes already, or nothing names a rig.
    pub(super) fn rig_name(&self) -> Option<String> {
        let named = || self.rig.clone().or_else(|| super::environment("CANSWEEP_RIG"));
        self.take.is_empty().then(named).flatten()
    }

    /// The same origin, played at a level that the command has found out.
    pub(super) fn at_level(&self, level: Option<Level<FullScale>>) -> Self {
        Self { level: level.or(self.level), ..self.clone() }
    }

    /// The same origin, where another plan is played than the one that was typed.
    pub(super) fn playing(&self, plan: Option<String>) -> Self {
        Self { plan, ..self.clone() }
    }

    fn read(
        &self,
        files: &[PathBuf],
        look: &Look,
        placing: &Placing<'_>,
    ) -> Result<Prepared, Failure> {
        let (stimulus, plan) = self.stimulus(placing.default_plan)?;
        let mut findings = Vec::new();
        let mut recordings = Vec::new();
        for (i, path) in files.iter().enumerate() {
            let read = wav::read(path)?;
            if let Some(short) = read.truncated {
                let wav::Shortfall { claimed_frames, found_frames } = short;
                let kind = FindingKind::FileCutShort { claimed_frames, found_frames };
                findings.push(Finding::warning(kind).in_take(i + 1));
            }
            recordings.push(read.recording);
        }
        let mut rig = Replay::new(recordings);
        let identity = rig.identity();
        let mut progress = Progress::new("reading");
        let takes = files.iter().map(|_| rig.exchange(&stimulus, &mut progress));
        let takes = takes.collect::<Result<Vec<_>, RigError>>()?;
        let source = Source::Files(files.iter().cloned().zip(takes).collect());
        let channels = self.channels.clone().unwrap_or_default();
        Self::prepared(look, (stimulus, plan), (identity, source, channels), findings)
    }

    fn place(&self, look: &Look, placing: &Placing<'_>) -> Result<Prepared, Failure> {
        let name = self.rig_name().ok_or_else(|| {
            Failure::usage("nothing says where the recording comes from").hint(
                "name a rig with --rig (sim:closed-38 is simulated, `cansweep devices` lists \
                 real ones), or analyse a recording with --take",
            )
        })?;
        let (seating, buffer) = (self.seating, self.buffer.or(placing.buffer));
        let real_time = self.real_time || placing.real_time;
        let placing = Placing { seating, real_time, buffer, ..*placing };
        let insistence = self.care.insistence();
        let mut placed = rig_file::open(&name, &placing, self.channels.as_ref(), insistence)?;
        let (stimulus, plan) = self.stimulus(placing.default_plan)?;
        require_quiet(&stimulus, placed.rig.capabilities().level_limit)?;
        let cautions = self.care.before_playing(&mut placed, &stimulus)?;
        let channels = self.channels.clone().unwrap_or(placed.channels);
        let identity = placed.rig.identity();
        let source = Source::Rig(placed.rig, self.tries);
        Self::prepared(look, (stimulus, plan), (identity, source, channels), cautions)
    }

    fn prepared(
        look: &Look,
        (stimulus, plan): (Stimulus, Option<Plan>),
        (rig, source, channels): (RigIdentity, Source, ChannelMap),
        findings: Vec<Finding>,
    ) -> Result<Prepared, Failure> {
        let analysis = look.analysis(plan.as_ref())?;
        let inverse = match (&plan, look.analytic_inverse) {
            (Some(plan), true) => Inverse::Analytic(*plan.sweep()),
            (None, true) => {
                return Err(Failure::usage(
                    "--analytic-inverse needs a --plan: only its sweep has a formula",
                ));
            }
            (_, false) => Inverse::OfSamples,
        };
        let accepted = look.accept.clone();
        Ok(Prepared {
            stimulus,
            plan,
            analysis,
            inverse,
            accepted,
            channels,
            rig,
            source,
            findings,
            calibrations: Vec::new(),
        })
    }

    fn stimulus(&self, default_plan: &str) -> Result<(Stimulus, Option<Plan>), Failure> {
        if let Some(path) = &self.stimulus {
            let read = wav::read(path)?;
            let stimulus = foreign_stimulus(&read.recording, 0).map_err(|error| {
                Failure::data(format!("cannot use '{}' as stimulus: {error}", path.display()))
            })?;
            return Ok((stimulus, None));
        }
        let plan = plan::load(self.plan.as_deref().unwrap_or(default_plan))?;
        let plan = adjusted(plan, self.rate, self.level)?;
        let stimulus = stimulus_of(&plan).map_err(Failure::data)?;
        Ok((stimulus, Some(plan)))
    }
}

/// Refuses a stimulus that is louder than the rig allows, before anything is played.
pub(super) fn require_quiet(stimulus: &Stimulus, limit: Level<FullScale>) -> Result<(), Failure> {
    /// A sweep's highest sample lies this close to its level.
    const ROUNDING_DB: f64 = 1e-6;
    let peak = Level::from_db(amplitude_db(stimulus.peak()));
    if peak.db() > limit.db() + ROUNDING_DB {
        return Err(RigError::TooLoud { peak, limit }.into());
    }
    Ok(())
}

impl Look {
    /// The analysis of a plan (or the usual one) with what the command line changes.
    fn analysis(&self, plan: Option<&Plan>) -> Result<AnalysisSpec, Failure> {
        let planned = match plan {
            Some(plan) => *plan.analysis(),
            None => *plan::load("response")?.analysis(),
        };
        let analysis = AnalysisSpec {
            from: self.from.unwrap_or(planned.from),
            to: self.to.unwrap_or(planned.to),
            points_per_octave: self.points_per_octave.unwrap_or(planned.points_per_octave),
            gate_after: self.gate.unwrap_or(planned.gate_after),
            smoothing: self.smoothing.unwrap_or(planned.smoothing),
            ..planned
        };
        let (from, to) = (analysis.from, analysis.to);
        if from >= to {
            return Err(Failure::usage(format!("--from {from} does not lie below --to {to}")));
        }
        // Somebody else's sweep says itself what band it covers.
        let checked = match plan {
            Some(plan) => plan.analysed(analysis).map(|_| analysis),
            None => analysis.checked(),
        };
        match (checked, plan.map(Plan::sweep)) {
            (Err(error @ PlanError::Order { .. }), Some(sweep)) => {
                let covers = format!("the sweep runs from {} to {}", sweep.start, sweep.stop);
                Err(Failure::usage(error).hint(covers))
            }
            (checked, _) => checked.map_err(Failure::usage),
        }
    }
}
