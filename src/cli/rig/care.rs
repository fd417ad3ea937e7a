//! Care for ears, drivers and amplifiers before anything is played on a real device.

use std::time::Duration;

use clap::Args;

use crate::cli::failure::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::cli::rig_file::Placed;
use crate::measure::{
    Exceeded, Limits, Prediction, RampGoal, RampStop, Ramped, RigError, Scale, Wearer, ramp,
};
use crate::model::{Finding, FindingKind, Stimulus};
use crate::quantity::unit::{FullScale, Pascal};
use crate::quantity::{Level, amplitude_db};

/// Whether the limits of a rig hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Insistence {
    /// They hold.
    WithinLimits,
    /// The user insists on more.
    BeyondLimits,
}

/// What protects those who listen to a rig, and the rig.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Protection {
    pub(in crate::cli) limits: Limits,
    pub(in crate::cli) scale: Scale,
    /// The microphone's input and the sound pressure level that is full scale there.
    pub(in crate::cli) microphone: Option<(usize, Level<Pascal>)>,
    pub(in crate::cli) wearer: Wearer,
    /// The highest level that was found to be harmless.
    pub(in crate::cli) checked_to: Option<Level<FullScale>>,
    /// Whether anything sounds at all: a simulation harms nobody.
    pub(in crate::cli) plays_for_real: bool,
}

/// How careful to be.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Protection of ears, drivers and amplifiers")]
pub(in crate::cli) struct Care {
    /// Play louder than the limits of the rig file allow
    #[arg(long)]
    beyond_limit: bool,
    /// Play at full level at once on a rig that was never checked, without quiet bursts first
    #[arg(long)]
    no_ramp: bool,
    /// Do not wait before a level that would harm somebody who wears the headphone
    #[arg(long)]
    yes: bool,
}

impl Care {
    pub(in crate::cli) const fn insistence(self) -> Insistence {
        if self.beyond_limit { Insistence::BeyondLimits } else { Insistence::WithinLimits }
    }

    /// The same care, with every question answered.
    pub(super) const fn answered(self, yes: bool) -> Self {
        Self { yes: self.yes || yes, ..self }
    }

    /// Compares what is to be played with the limits, tries a rig that was never checked with
    /// quiet bursts, and warns of a level that harms. Gives what the result must say.
    ///
    /// # Errors
    ///
    /// When it must not be played, or the user stops.
    pub(in crate::cli) fn before_playing(
        self,
        placed: &mut Placed,
        stimulus: &Stimulus,
    ) -> Result<Vec<Finding>, Failure> {
        let Some(protection) = placed.protection.clone() else { return Ok(Vec::new()) };
        let level = Level::from_db(amplitude_db(stimulus.peak()));
        let mut findings = self.within_limits(&protection, &protection.scale.at(level))?;
        let mut prediction = protection.scale.at(level);
        let is_checked = protection.checked_to.is_some_and(|checked| level <= checked + SLACK);
        if protection.plays_for_real && !is_checked && !self.no_ramp {
            Output::remark(&format!(
                "this rig was not checked at {:.1} dBFS: quiet bursts first, which rise as long \
                 as all is well",
                level.db()
            ));
            let ramped = self.climb(placed, &protection, stimulus)?;
            prediction = ramped.at_target;
            // What the ramp learned may exceed a limit that nothing was known about before.
            if findings.is_empty() {
                findings = self.within_limits(&protection, &prediction)?;
            }
        }
        if protection.plays_for_real {
            Output::remark(&format!("playing at {prediction}"));
        }
        if prediction.calls_for_a_pause(protection.wearer) && !self.yes {
            pause(&prediction)?;
        }
        Ok(findings)
    }

    fn within_limits(
        self,
        protection: &Protection,
        prediction: &Prediction,
    ) -> Result<Vec<Finding>, Failure> {
        let Some(limit) = protection.limits.exceeded_by(prediction) else { return Ok(Vec::new()) };
        if self.insistence() == Insistence::BeyondLimits {
            let kind = FindingKind::BeyondLimit { limit: limit.to_string() };
            return Ok(vec![Finding::warning(kind)]);
        }
        Err(match limit {
            Exceeded::Level { limit } => RigError::TooLoud { peak: prediction.level, limit }.into(),
            _ => too_loud(&format!("{prediction} would exceed {limit}")),
        })
    }

    fn climb(
        self,
        placed: &mut Placed,
        protection: &Protection,
        stimulus: &Stimulus,
    ) -> Result<Ramped, Failure> {
        let goal = RampGoal {
            target: Level::from_db(amplitude_db(stimulus.peak())),
            rate: stimulus.rate(),
            limits: (!self.beyond_limit).then_some(protection.limits),
            scale: protection.scale,
            microphone: protection.microphone,
            expected: placed.channels.iter().map(|(_, index)| index).collect(),
        };
        let mut progress = Progress::new("quiet bursts first");
        let ramped = ramp(placed.rig.as_mut(), &goal, &mut progress)?;
        match ramped.stop {
            None => Ok(ramped),
            Some(stop) => Err(stopped(stop, progress.was_stopped())),
        }
    }
}

/// A level is as good as one that was checked this close to it.
const SLACK: crate::quantity::Gain = crate::quantity::Gain::from_db(0.01);

fn too_loud(reason: &str) -> Failure {
    Failure::usage(reason.to_owned()).hint(
        "lower --level; if headphone, amplifier and the ears near it can take it, raise the limit \
         in the rig file, or insist with --beyond-limit",
    )
}

/// Why a ramp ended, and what to do about it.
fn stopped(stop: RampStop, by_user: bool) -> Failure {
    let reason = format!("the quiet bursts were stopped: {stop}");
    let hint = match stop {
        RampStop::Beyond { .. } => return too_loud(&stop.to_string()),
        RampStop::Interrupted if by_user => {
            return Failure::new(Exit::Interrupted, "interrupted").hint("nothing was stored");
        }
        RampStop::Interrupted => {
            return Failure::new(Exit::NoRig, reason).hint("check the cable and the sound server");
        }
        RampStop::Deaf { .. } => {
            "nothing louder is played where nobody listens: check cables, volume, input gain and \
             --channels (the input may be another one)"
        }
        RampStop::Uneven { .. } => {
            "something between output and input regulates, limits or compresses the level, or \
             another sound came in: switch automatic gain, enhancements and limiters off, turn \
             the volume down, see that the input is the right one, and try again"
        }
        RampStop::Overdriven { .. } => "lower the gain of that input, the volume, or --level",
    };
    Failure::new(Exit::Invalid, reason).hint(hint).hint("--no-ramp plays without them")
}

/// Warns and waits; Ctrl-C ends it.
#[expect(clippy::disallowed_methods, reason = "the command line waits for the user")]
fn pause(prediction: &Prediction) -> Result<(), Failure> {
    const SECONDS: u32 = 3;
    const STEPS: u32 = 10;
    Output::remark(&format!(
        "warning: {prediction} at the ear: take the headphone off. Playing in {SECONDS} s, Ctrl-C \
         stops (--yes leaves this out)"
    ));
    let mut progress = Progress::new("waiting");
    for step in 0..SECONDS * STEPS {
        let (left, total) = (SECONDS - step / STEPS, f64::from(SECONDS * STEPS));
        let done = f64::from(step) / total;
        progress.step(&format!("playing in {left} s, Ctrl-C stops"), done..done)?;
        std::thread::sleep(Duration::from_millis(u64::from(1000 / STEPS)));
    }
    progress.step("playing", 1.0..1.0)
}
