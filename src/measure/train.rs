//! Sweep after sweep without an end: the stimulus of a live view, and its capture, cut into takes
//! of one sweep each while it comes.

use ndarray::Array2;

use super::port::Block;
use super::take::{Centre, Laboratory};
use crate::dsp::deconvolution::Inverse;
use crate::dsp::gate::Gate;
use crate::dsp::sweep::synchronised_sweep;
use crate::model::{Plan, Recording, RigIdentity, Stimulus, StimulusError};

/// So long after a sweep its take ends. The treble comes last and dies away within milliseconds;
/// the rest of the silence lies before the sweep, for channels that hear it earlier.
const AFTER_S: f64 = 0.025;

/// A row of equal sweeps that is played at once, and the single sweep that each take of it holds.
#[derive(Debug, Clone)]
pub struct Train {
    whole: Stimulus,
    single: Stimulus,
    gate: Gate,
    lead: usize,
}

impl Train {
    /// So many sweeps of a plan with its silence between them, without pilots.
    ///
    /// # Errors
    ///
    /// When the sweep is silent, or there is none.
    pub fn of(plan: &Plan, sweeps: usize) -> Result<Self, StimulusError> {
        let (rate, silence, band) = (plan.rate(), plan.silence(), plan.sweep().band());
        let sweep = synchronised_sweep(plan.sweep(), rate);
        let gap = rate.frames(silence.gap);
        let (lead, tail) = (rate.frames(silence.lead_in), rate.frames(silence.tail));
        let period = sweep.len() + gap;
        let stimulus = |frames, starts| {
            let (sweeps, none) = ((sweep.clone(), starts), (Vec::new(), Vec::new()));
            let made = Stimulus::sequence(plan.name(), rate, frames, sweeps, none, band)?;
            Ok(made.with_time_constant(Some(plan.sweep().time_constant_s())))
        };
        let before = gap.saturating_sub((AFTER_S * rate.as_f64()) as usize);
        let single = stimulus(period, vec![before])?;
        let starts = (0..sweeps).map(|k| lead + k * period).collect();
        let whole = stimulus(lead + sweeps * period + tail, starts)?;
        Ok(Self { whole, single, gate: Gate::new(plan.analysis(), rate), lead })
    }

    /// All of it, to be played.
    #[must_use]
    pub const fn stimulus(&self) -> &Stimulus {
        &self.whole
    }

    /// What each take of it holds: one sweep, with silence before and after.
    #[must_use]
    pub const fn single(&self) -> &Stimulus {
        &self.single
    }

    /// Cuts the capture of this train that comes from a rig. The sweeps are looked for in one
    /// channel, counted from zero.
    #[must_use]
    pub fn cutter(&self, rig: RigIdentity, channel: usize) -> Cutter {
        /// The delay between playing and capturing that is allowed for in the first look.
        const DELAY_S: f64 = 0.4;
        let rate = self.single.rate();
        let (period, sweeps) = (self.single.frames(), self.whole.sweep_starts().len());
        Cutter {
            laboratory: Laboratory::new(self.single.clone(), self.gate, Inverse::OfSamples),
            rig,
            channel,
            window: self.lead + period + (DELAY_S * rate.as_f64()) as usize,
            period,
            left: sweeps,
            channels: Vec::new(),
            first: 0,
            next: None,
            failed: 0,
        }
    }
}

/// Cuts the capture of a train into takes, each as long as from one sweep to the next.
///
/// It holds two or three seconds of the capture at most.
pub struct Cutter {
    laboratory: Laboratory,
    rig: RigIdentity,
    channel: usize,
    /// So many frames are searched for the first sweep.
    window: usize,
    period: usize,
    /// So many takes are still to come.
    left: usize,
    /// What is held of each channel.
    channels: Vec<Vec<f64>>,
    /// Frame of the capture that is the first held.
    first: usize,
    /// Frame of the capture at which the next take begins, once a sweep was found.
    next: Option<usize>,
    /// Searches in a row that found nothing.
    failed: usize,
}

/// A take of one sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// The take.
    pub take: Recording,
    /// When it ended, in seconds since the beginning of the capture, by the clock of the recorder.
    pub ended_s: f64,
}

impl Cutter {
    /// Takes the next frames of the capture; gives the takes that they complete.
    ///
    /// Where no sweep is found for two seconds, what was captured is given as it is: its analysis
    /// says what is wrong with it.
    pub fn push(&mut self, block: Block<'_>) -> Vec<Cut> {
        self.channels.resize_with(block.channels.len(), Vec::new);
        for (held, fresh) in self.channels.iter_mut().zip(block.channels) {
            held.extend_from_slice(fresh);
        }
        let mut cuts = Vec::new();
        while self.left > 0 {
            let begin = match self.next {
                Some(begin) => begin,
                None => match self.search(block) {
                    Some(begin) => begin,
                    None => break,
                },
            };
            if self.end() < begin + self.period {
                break;
            }
            cuts.extend(self.cut(begin, block));
            self.forget_before(begin + self.period);
            self.next = self.next.map(|_| begin + self.period);
            self.left -= 1;
        }
        cuts
    }

    /// Looks for the sweeps anew: they are not where they should be.
    pub fn search_again(&mut self) {
        self.next = None;
    }

    /// Frame of the capture behind the last held.
    fn end(&self) -> usize {
        self.first + self.channels.first().map_or(0, Vec::len)
    }

    /// Frame at which a take begins, if there is enough to say so.
    fn search(&mut self, block: Block<'_>) -> Option<usize> {
        /// Each search goes on half a sweep later.
        const IN_VAIN: usize = 5;
        // The analysis says that there is no such channel.
        if self.channel >= self.channels.len() {
            return Some(self.first);
        }
        while self.end() >= self.first + self.window {
            let take = self.recording(self.first, self.window, block)?;
            if let Ok(found) = self.laboratory.examine(&take, self.channel, Centre::OwnPeak) {
                let begin = self.first as isize + found.delay;
                // A sweep whose silence before it was not captured is left to the next.
                let missed = usize::from(begin < self.first as isize) * self.period;
                let begin = (begin + missed as isize).max(0) as usize;
                self.failed = 0;
                self.next = Some(begin);
                return self.next;
            }
            self.failed += 1;
            if self.failed >= IN_VAIN {
                return Some(self.first);
            }
            self.forget_before(self.first + self.period / 2);
        }
        None
    }

    fn cut(&self, begin: usize, block: Block<'_>) -> Option<Cut> {
        let take = self.recording(begin, self.period, block)?;
        let ended_s = (begin + self.period) as f64 / block.rate.as_f64();
        Some(Cut { take, ended_s })
    }

    /// Frames that are held, as a recording.
    fn recording(&self, begin: usize, frames: usize, block: Block<'_>) -> Option<Recording> {
        let from = begin.checked_sub(self.first)?;
        let mut samples = Vec::with_capacity(self.channels.len() * frames);
        for held in &self.channels {
            samples.extend_from_slice(held.get(from..from + frames)?);
        }
        let samples = Array2::from_shape_vec((self.channels.len(), frames), samples).ok()?;
        Recording::new(block.rate, samples, block.format, self.rig.clone()).ok()
    }

    fn forget_before(&mut self, frame: usize) {
        let gone = frame.saturating_sub(self.first).min(self.end() - self.first);
        for held in &mut self.channels {
            held.drain(..gone);
        }
        self.first += gone;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{Analysed, Analyser, Event, Flow, Observer, Rig};
    use crate::metrology::shelf::bass_shelf_db;
    use crate::model::{ChannelMap, Outcome};
    use crate::rig::simulated::{Placement, Scenario, SimulatedRig, Wiring, preset};
    use crate::store::plan;

    /// What noise at this level and a gate of 250 ms leave of the bass.
    const BASS_DB: f64 = 0.01;

    /// Cuts what comes, and remembers how much was held at most.
    struct Listener {
        cutter: Cutter,
        cuts: Vec<Cut>,
        most_held: usize,
    }

    impl Observer for Listener {
        fn notice(&mut self, _: Event) -> Flow {
            Flow::Continue
        }

        fn captured(&mut self, block: Block<'_>) {
            self.cuts.extend(self.cutter.push(block));
            self.most_held = self.most_held.max(self.cutter.channels[0].len());
        }
    }

    fn train(sweeps: usize) -> Train {
        Train::of(&plan::load("monitor").unwrap(), sweeps).unwrap()
    }

    fn closed() -> Scenario {
        preset("closed-38").unwrap()
    }

    fn rig(scenario: Scenario) -> SimulatedRig {
        SimulatedRig::new(scenario, Wiring::Coupler, Placement::new("glasses", 1, 1)).unwrap()
    }

    fn heard(rig: &mut SimulatedRig, train: &Train, channel: usize) -> Listener {
        let cutter = train.cutter(rig.identity(), channel);
        let mut listener = Listener { cutter, cuts: Vec::new(), most_held: 0 };
        rig.exchange(train.stimulus(), &mut listener).unwrap();
        listener
    }

    fn analysed(train: &Train, cuts: &[Cut]) -> Vec<Analysed> {
        let analysis = *plan::load("monitor").unwrap().analysis();
        let mut analyser =
            Analyser::new(train.single().clone(), analysis, Inverse::OfSamples).unwrap();
        let channels: ChannelMap = "reference=1,microphone=2".parse().unwrap();
        let takes = cuts.iter().map(|cut| std::slice::from_ref(&cut.take));
        takes.map(|take| analyser.response(take, &channels).unwrap()).collect()
    }

    #[test]
    fn every_sweep_of_a_train_is_a_take_whose_bass_is_that_of_the_bench() {
        let train = train(5);
        let mut rig = rig(closed());
        let listener = heard(&mut rig, &train, 0);
        assert_eq!(listener.cuts.len(), 5);
        for analysed in analysed(&train, &listener.cuts) {
            let Outcome::Response { response, .. } = analysed.outcome else {
                panic!("{:?}", analysed.findings)
            };
            let truth = rig.truth_response(response.grid()).unwrap();
            let bass = bass_shelf_db(&response.level()).unwrap();
            let error = bass - bass_shelf_db(&truth.level()).unwrap();
            assert!(error.abs() < BASS_DB, "{error}");
        }
        let ends: Vec<f64> = listener.cuts.iter().map(|cut| cut.ended_s).collect();
        let period_s = train.single().frames() as f64 / 48e3;
        assert!(ends.windows(2).all(|pair| (pair[1] - pair[0] - period_s).abs() < 1e-9));
    }

    #[test]
    fn no_more_of_the_capture_is_held_than_is_needed() {
        let train = train(12);
        let listener = heard(&mut rig(closed()), &train, 0);
        let a_block = 48_000 / 4;
        assert!(listener.most_held <= listener.cutter.window + listener.cutter.period + a_block);
    }

    #[test]
    fn sweeps_are_found_behind_any_delay() {
        for delay in [0.0, 9_000.4, 30_000.0] {
            let scenario = closed().with_delay(delay).unwrap();
            let train = train(3);
            let listener = heard(&mut rig(scenario), &train, 0);
            let all = analysed(&train, &listener.cuts);
            let used = |a: &&Analysed| matches!(a.outcome, Outcome::Response { .. });
            assert!(all.iter().filter(used).count() >= 2, "{delay}: {}", all.len());
        }
    }

    #[test]
    fn what_is_captured_where_nothing_is_heard_is_given_as_it_is() {
        let mut cutter = train(9).cutter(rig(closed()).identity(), 0);
        let silence = vec![0.0; 48_000];
        let (rate, format) = (train(1).single().rate(), crate::model::SampleFormat::Float);
        let block = Block { rate, format, channels: &[&silence] };
        let cuts: Vec<Cut> = (0..8).flat_map(|_| cutter.push(block)).collect();
        assert!(cuts.len() > 3, "{}", cuts.len());
        let elsewhere = train(9).cutter(rig(closed()).identity(), 4).push(block);
        assert_eq!(elsewhere.len(), 1, "there is no such channel");
    }
}
