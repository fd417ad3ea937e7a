//! Plays sweep after sweep and analyses each as soon as it was captured.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::job::{How, Job};
use crate::cli::failure::{Exit, Failure};
use crate::cli::origin::Source;
use crate::cli::progress::was_interrupted;
use crate::measure::{
    Analysed, Analyser, Block, Cutter, Event, Flow, Inverse, Observer, Rig, RigError, Train,
};
use crate::model::{AnalysisSpec, ChannelMap, ChannelRole, Outcome, Plan, RigKind};
use crate::quantity::unit::FullScale;
use crate::quantity::{Gain, Level};

/// A sweep that was captured and analysed.
pub(super) struct Heard {
    pub(super) analysed: Analysed,
    /// When it ended, in seconds of captured sound.
    pub(super) at_s: f64,
}

/// What is wanted of the sweeps while they run; any thread may change it.
#[derive(Debug, Default)]
pub(super) struct Orders {
    stop: AtomicBool,
    quieter_db: AtomicU32,
}

impl Orders {
    /// Asks for an end.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Asks for another level, so many decibels below the one it began with.
    pub(super) fn play_quieter_by(&self, db: u32) {
        self.quieter_db.store(db, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || was_interrupted()
    }

    fn quieter_db(&self) -> u32 {
        self.quieter_db.load(Ordering::Relaxed)
    }
}

/// A rig that plays trains of sweeps.
pub(super) struct Live {
    rig: Box<dyn Rig>,
    plan: Plan,
    analysis: AnalysisSpec,
    inverse: Inverse,
    accepted: Vec<String>,
    channels: ChannelMap,
    how: How,
    /// The analyser of sweeps so many decibels quieter than planned.
    analyser: Option<(u32, Analyser)>,
    elapsed_s: f64,
}

impl Live {
    pub(super) fn new(job: Job) -> Result<Self, Failure> {
        let Job { prepared, how, .. } = job;
        // Without takes there is a rig, and without a stimulus of somebody else a plan.
        let (Source::Rig(rig, _), Some(plan)) = (prepared.source, prepared.plan) else {
            return Err(Failure::usage("a live view needs a rig and a plan"));
        };
        Ok(Self {
            rig,
            plan,
            analysis: prepared.analysis,
            inverse: prepared.inverse,
            accepted: prepared.accepted,
            channels: prepared.channels,
            how,
            analyser: None,
            elapsed_s: 0.0,
        })
    }

    /// The level that it begins with.
    pub(super) fn level(&self) -> Level<FullScale> {
        self.plan.sweep().level
    }

    /// Plays and delivers sweep after sweep: so many, or until it is told to stop.
    ///
    /// # Errors
    ///
    /// When the rig fails, or the takes do not fit what was asked for.
    pub(super) fn listen(
        &mut self,
        sweeps: Option<usize>,
        orders: &Orders,
        deliver: &mut dyn FnMut(Heard) -> Flow,
    ) -> Result<(), Failure> {
        let mut left = sweeps;
        while left != Some(0) && !orders.is_stopped() {
            let delivered = self.one_train(left, orders, deliver)?;
            left = left.map(|left| left.saturating_sub(delivered.sweeps));
            if delivered.is_last {
                break;
            }
        }
        Ok(())
    }

    /// Plays one train.
    fn one_train(
        &mut self,
        left: Option<usize>,
        orders: &Orders,
        deliver: &mut dyn FnMut(Heard) -> Flow,
    ) -> Result<Delivered, Failure> {
        let quieter_db = orders.quieter_db();
        let level = self.level() + Gain::from_db(-f64::from(quieter_db));
        let plan = self.plan.at_level(level).map_err(Failure::usage)?;
        let together = self.together();
        let train = Train::of(&plan, left.map_or(together, |left| left.min(together)));
        let train = train.map_err(Failure::data)?;
        let analyser = match self.analyser.take() {
            Some((of, analyser)) if of == quieter_db => analyser,
            _ => Analyser::new(train.single().clone(), self.analysis, self.inverse)?
                .accepting(self.accepted.iter().cloned()),
        };
        let mut ear = Ear {
            cutter: train.cutter(self.rig.identity(), self.searched_channel()),
            analyser,
            how: &self.how,
            channels: &self.channels,
            deliver,
            orders,
            quieter_db,
            since_s: self.elapsed_s,
            captured_s: 0.0,
            delivered: Delivered::default(),
            refused: 0,
            failure: None,
            broken: None,
        };
        let exchanged = self.rig.exchange(train.stimulus(), &mut ear);
        let Ear { analyser, captured_s, delivered, failure, broken, .. } = ear;
        self.analyser = Some((quieter_db, analyser));
        self.elapsed_s += captured_s;
        match (failure, exchanged, broken) {
            (Some(failure), ..) => Err(failure),
            (None, Err(RigError::Interrupted), _) => Ok(delivered),
            (None, Err(error), _) => Err(error.into()),
            // A device that fails now and then is worth another train, one that fails at once not.
            (None, Ok(_), Some(reason)) if delivered.sweeps == 0 => {
                let message = format!("the sound device stopped answering: {reason}");
                Err(Failure::new(Exit::NoRig, message).hint("check the cable and the sound server"))
            }
            (None, Ok(_), _) => Ok(delivered),
        }
    }

    /// How many sweeps are played without opening the device anew.
    fn together(&self) -> usize {
        /// A minute: opening a device takes a second, and a stimulus of a minute 25 MB.
        const ON_A_DEVICE: usize = 75;
        /// A simulation computes all of it before the first sweep is seen.
        const SIMULATED: usize = 8;
        if self.rig.identity().kind == RigKind::Simulated { SIMULATED } else { ON_A_DEVICE }
    }

    /// The channel in which sweeps are looked for, counted from zero: the one that hears them
    /// last, as a take ends soon after it.
    fn searched_channel(&self) -> usize {
        let roles = [ChannelRole::Microphone, ChannelRole::Sense, ChannelRole::Reference];
        roles.into_iter().find_map(|role| self.channels.get(role)).unwrap_or(0)
    }
}

/// What a train gave.
#[derive(Debug, Clone, Copy, Default)]
struct Delivered {
    sweeps: usize,
    /// Whether no more is wanted.
    is_last: bool,
}

/// Listens to a train.
struct Ear<'a> {
    cutter: Cutter,
    analyser: Analyser,
    how: &'a How,
    channels: &'a ChannelMap,
    deliver: &'a mut dyn FnMut(Heard) -> Flow,
    orders: &'a Orders,
    quieter_db: u32,
    since_s: f64,
    captured_s: f64,
    delivered: Delivered,
    /// Sweeps in a row that were refused.
    refused: usize,
    failure: Option<Failure>,
    broken: Option<String>,
}

impl Observer for Ear<'_> {
    fn notice(&mut self, _: Event) -> Flow {
        let ends = self.delivered.is_last || self.failure.is_some();
        let changes = self.orders.quieter_db() != self.quieter_db;
        if ends || changes || self.orders.is_stopped() { Flow::Stop } else { Flow::Continue }
    }

    fn captured(&mut self, block: Block<'_>) {
        /// After so many refusals in a row the sweeps may be elsewhere.
        const IN_A_ROW: usize = 3;
        let frames = block.channels.first().map_or(0, |channel| channel.len());
        self.captured_s += frames as f64 / block.rate.as_f64();
        for cut in self.cutter.push(block) {
            if self.delivered.is_last || self.failure.is_some() {
                return;
            }
            let takes = std::slice::from_ref(&cut.take);
            let analysed = match self.how.analyse(&mut self.analyser, takes, self.channels) {
                Ok(analysed) => analysed,
                Err(failure) => {
                    self.failure = Some(failure);
                    return;
                }
            };
            let is_refused = matches!(analysed.outcome, Outcome::Refused(_));
            self.refused = if is_refused { self.refused + 1 } else { 0 };
            if self.refused >= IN_A_ROW {
                self.refused = 0;
                self.cutter.search_again();
            }
            self.delivered.sweeps += 1;
            let heard = Heard { analysed, at_s: self.since_s + cut.ended_s };
            self.delivered.is_last = (self.deliver)(heard) == Flow::Stop;
        }
    }

    fn broken_off(&mut self, reason: &str) {
        self.broken = Some(reason.to_owned());
    }
}
