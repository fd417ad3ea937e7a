//! When a headphone has been put on: short quiet sweeps listen to its bass, which falls when it is
//! lifted and comes back when it sits.

use crate::cli::failure::Failure;
use crate::cli::progress::{Progress, was_interrupted};
use crate::cli::prompt::{Typed, answered};
use crate::cli::sweep::adjusted;
use crate::measure::{Analyser, Inverse, Rig, stimulus_of};
use crate::metrology::band::mean_over;
use crate::model::{ChannelMap, Outcome, Stimulus};
use crate::quantity::{Level, amplitude_db};
use crate::store::plan;

/// The plan of a probe.
const PLAN: &str = include_str!("../../../sweeps/sessions/probe.toml");
/// So much quieter than what is measured with, in decibels.
const QUIETER_DB: f64 = 20.0;
/// The bass that a lifted headphone has not, in hertz.
const BASS_HZ: (f64, f64) = (60.0, 150.0);

/// How waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waited {
    /// The headphone sits, or somebody says so.
    Ready,
    /// Whoever measures wants to stop.
    Stop,
}

/// Listens whether a headphone was lifted and sits again.
pub(super) struct Listener {
    stimulus: Stimulus,
    analyser: Analyser,
    settling: Settling,
}

impl Listener {
    /// Listens with a probe at the rate of a stimulus, and well below its level.
    pub(super) fn new(measured: &Stimulus) -> Result<Self, Failure> {
        let level = Level::from_db(amplitude_db(measured.peak()) - QUIETER_DB);
        let plan = adjusted(plan::parse(PLAN, "probe")?, Some(measured.rate()), Some(level))?;
        let stimulus = stimulus_of(&plan).map_err(Failure::data)?;
        let analyser = Analyser::new(stimulus.clone(), *plan.analysis(), Inverse::OfSamples)?;
        Ok(Self { stimulus, analyser, settling: Settling::default() })
    }

    /// Forgets how loud the bass was: another state has another.
    pub(super) fn forget(&mut self) {
        self.settling = Settling::default();
    }

    /// Listens until the headphone was lifted and sits, or somebody presses Enter.
    pub(super) fn wait(
        &mut self,
        rig: &mut dyn Rig,
        channels: &ChannelMap,
    ) -> Result<Waited, Failure> {
        self.settling.begin();
        loop {
            match answered()? {
                Typed::Line(line) if super::guide::is_stop(&line) => return Ok(Waited::Stop),
                Typed::Line(_) => return Ok(Waited::Ready),
                // Nobody needs to be there to listen.
                Typed::NotYet | Typed::Nobody => {}
            }
            let bass_db = self.bass_db(rig, channels)?;
            if was_interrupted() {
                return Ok(Waited::Stop);
            }
            if self.settling.is_settled(bass_db) {
                return Ok(Waited::Ready);
            }
        }
    }

    /// The level of the bass; `None` where nothing usable was heard.
    fn bass_db(
        &mut self,
        rig: &mut dyn Rig,
        channels: &ChannelMap,
    ) -> Result<Option<f64>, Failure> {
        let take = rig.exchange(&self.stimulus, &mut Progress::new("listening"))?;
        let analysed = self.analyser.response(&[take], channels)?;
        Ok(match analysed.outcome {
            Outcome::Response { response, .. } => {
                mean_over(&response.level(), BASS_HZ.0, BASS_HZ.1)
            }
            _ => None,
        })
    }
}

/// What the bass did so far, in decibels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Settling {
    /// The loudest of this state.
    loudest: Option<f64>,
    /// The quietest since the last seating; where nothing was heard there is none quieter.
    quietest: Option<f64>,
    /// The probe before.
    last: Option<f64>,
}

impl Settling {
    /// The next seating begins.
    fn begin(&mut self) {
        (self.quietest, self.last) = (None, None);
    }

    /// Whether after this probe the headphone has been off and sits again: its bass is back and the
    /// same in two probes.
    fn is_settled(&mut self, bass_db: Option<f64>) -> bool {
        /// A lifted headphone loses more than that of its bass, and one that sits badly less.
        const OFF_DB: f64 = 8.0;
        /// Two probes of a headphone that nobody touches differ by less.
        const STEADY_DB: f64 = 0.5;
        let last_db = std::mem::replace(&mut self.last, bass_db);
        let heard_db = bass_db.unwrap_or(f64::NEG_INFINITY);
        let quietest_db = self.quietest.map_or(heard_db, |quietest| quietest.min(heard_db));
        self.quietest = Some(quietest_db);
        let Some(bass_db) = bass_db else { return false };
        let loudest_db = self.loudest.map_or(bass_db, |loudest| loudest.max(bass_db));
        self.loudest = Some(loudest_db);
        let was_off = quietest_db < loudest_db - OFF_DB;
        let is_off = bass_db < loudest_db - OFF_DB;
        let is_steady = last_db.is_some_and(|last| (bass_db - last).abs() <= STEADY_DB);
        was_off && !is_off && is_steady
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{Capabilities, Observer, RigError};
    use crate::model::{Recording, RigIdentity};
    use crate::rig::simulated::{Placement, SimulatedRig, Wiring, preset};

    /// The probe, from 0, after which it starts; `None` if after none.
    fn starts(settling: &mut Settling, probes: &[Option<f64>]) -> Option<usize> {
        settling.begin();
        probes.iter().position(|&bass_db| settling.is_settled(bass_db))
    }

    #[test]
    fn it_starts_when_the_headphone_was_lifted_and_sits_again() {
        let mut settling = Settling::default();
        let first = [Some(-41.0), Some(-40.9), Some(-20.0), Some(-12.0), Some(-12.2)];
        assert_eq!(starts(&mut settling, &first), Some(4));
        // Still on, lifted, held in the air, put down, moved, let go.
        let next = [-12.2, -12.2, -38.0, -38.1, -38.1, -14.0, -11.0, -11.3].map(Some);
        assert_eq!(starts(&mut settling, &next), Some(7));
        assert_eq!(starts(&mut settling, &[Some(-11.0); 20]), None, "nobody lifted it");
        let silent = [Some(-11.0), None, None, Some(-11.5), Some(-11.4)];
        assert_eq!(starts(&mut settling, &silent), Some(4));
    }

    /// A headphone on a simulated bench, whose state changes from probe to probe.
    struct Hands {
        states: Vec<&'static str>,
        played: usize,
    }

    impl Rig for Hands {
        fn identity(&self) -> RigIdentity {
            rig("fresh").identity()
        }

        fn capabilities(&self) -> Capabilities {
            rig("fresh").capabilities()
        }

        fn exchange(
            &mut self,
            stimulus: &Stimulus,
            observer: &mut dyn Observer,
        ) -> Result<Recording, RigError> {
            let state = self.states[self.played.min(self.states.len() - 1)];
            self.played += 1;
            rig(state).exchange(stimulus, observer)
        }
    }

    fn rig(state: &str) -> SimulatedRig {
        let lifted = preset("closed-38").unwrap().changed(|parts| {
            let mut state = parts.states[2].clone();
            state.name = "lifted".to_owned();
            state.pad_factor = 1e5;
            parts.states.push(state);
        });
        let placement = Placement::new(state, 1, 1);
        SimulatedRig::new(lifted.unwrap(), Wiring::Coupler, placement).unwrap()
    }

    #[test]
    fn probes_hear_a_headphone_being_lifted() {
        let plan = plan::load("response").unwrap();
        let mut listener = Listener::new(&stimulus_of(&plan).unwrap()).unwrap();
        let states = vec!["fresh", "fresh", "lifted", "lifted", "lifted", "fresh", "fresh"];
        let channels = Wiring::Coupler.channels();
        let mut hands = Hands { states: states.clone(), played: 0 };
        let heard: Vec<Option<f64>> =
            states.iter().map(|_| listener.bass_db(&mut hands, &channels).unwrap()).collect();
        println!("{heard:?}");
        assert_eq!(starts(&mut Settling::default(), &heard), Some(6), "{heard:?}");
    }
}
