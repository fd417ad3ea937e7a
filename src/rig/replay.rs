//! A rig over recordings that exist already.

use std::collections::VecDeque;

use crate::measure::{Capabilities, Event, Flow, Observer, Rig, RigError};
use crate::model::{Recording, RigIdentity, RigKind, Stimulus};
use crate::quantity::Level;

/// Hands out takes that somebody recorded earlier, in their order, each once.
///
/// Nothing is played. Whether a take really holds the stimulus is for the analysis to find out;
/// here only the sample rates are compared.
#[derive(Debug, Clone)]
pub struct Replay {
    takes: VecDeque<Recording>,
    given: usize,
    capabilities: Capabilities,
    name: String,
}

impl Replay {
    /// A replay of takes in the order in which [`Rig::exchange`] is to give them back.
    #[must_use]
    pub fn new(takes: impl IntoIterator<Item = Recording>) -> Self {
        let takes: VecDeque<_> = takes.into_iter().collect();
        let mut rates: Vec<_> = takes.iter().map(Recording::rate).collect();
        rates.sort_unstable();
        rates.dedup();
        let names: Vec<_> = takes.iter().map(|take| take.rig().name.as_str()).collect();
        let name = names.join(", ");
        // What every take has: a channel that only some have cannot be measured throughout.
        let inputs = takes.iter().map(Recording::channels).min().unwrap_or(0);
        // A file holds what was played, whatever its level; above full scale it cannot be.
        let capabilities = Capabilities { inputs, rates, level_limit: Level::from_db(0.0) };
        Self { takes, given: 0, capabilities, name }
    }

    /// How many takes have not been handed out yet.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.takes.len()
    }
}

impl Rig for Replay {
    /// The rig, named after its takes.
    fn identity(&self) -> RigIdentity {
        RigIdentity { kind: RigKind::Replay, name: self.name.clone() }
    }

    /// The channels that all takes have and the sample rates among them.
    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    /// Hands out the next take, unchanged.
    ///
    /// A take of the wrong rate stays where it is, so that a stimulus of the right rate can
    /// still be tried.
    ///
    /// # Errors
    ///
    /// When the take has another sample rate than the stimulus, when no take is left, or when
    /// the observer stops.
    fn exchange(
        &mut self,
        stimulus: &Stimulus,
        observer: &mut dyn Observer,
    ) -> Result<Recording, RigError> {
        if let Some(take) = self.takes.front()
            && take.rate() != stimulus.rate()
        {
            return Err(RigError::WrongRate {
                take: take.rig().name.clone(),
                found: take.rate(),
                expected: stimulus.rate(),
            });
        }
        let total_s = stimulus.frames() as f64 / stimulus.rate().as_f64();
        if observer.notice(Event::Progress { done_s: total_s, total_s }) == Flow::Stop {
            return Err(RigError::Interrupted);
        }
        let take = self.takes.pop_front().ok_or_else(|| RigError::Unusable {
            device: "replay".to_owned(),
            reason: format!("asked for take {} of {}", self.given + 1, self.given),
        })?;
        self.given += 1;
        observer.notice(Event::Finished);
        Ok(take)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::measure::Unwatched;
    use crate::model::{Band, SampleFormat};
    use crate::quantity::SampleRate;

    fn take(name: &str, hz: u32, channels: usize) -> Recording {
        let rig = RigIdentity { kind: RigKind::Replay, name: name.to_owned() };
        let samples = Array2::from_elem((channels, 8), 0.25);
        Recording::new(SampleRate::new(hz).unwrap(), samples, SampleFormat::Integer(24), rig)
            .unwrap()
    }

    fn stimulus(hz: u32) -> Stimulus {
        let band = Band { start_hz: 5.0, flat_from_hz: 10.0, flat_to_hz: 2e4, stop_hz: 2.3e4 };
        Stimulus::single("test", SampleRate::new(hz).unwrap(), vec![0.0, 0.5], band).unwrap()
    }

    #[test]
    fn takes_are_handed_out_in_order_and_each_once() {
        let mut rig = Replay::new([take("a.wav", 48_000, 2), take("b.wav", 48_000, 1)]);
        let stimulus = stimulus(48_000);
        assert_eq!(rig.capabilities().inputs, 1);
        assert_eq!(rig.identity().name, "a.wav, b.wav");
        assert_eq!(rig.exchange(&stimulus, &mut Unwatched).unwrap(), take("a.wav", 48_000, 2));
        assert_eq!(rig.exchange(&stimulus, &mut Unwatched).unwrap(), take("b.wav", 48_000, 1));
        let error = rig.exchange(&stimulus, &mut Unwatched).unwrap_err();
        assert!(error.to_string().ends_with("asked for take 3 of 2"), "{error}");
    }

    #[test]
    fn a_take_of_another_rate_is_refused_by_name_and_kept() {
        let mut rig = Replay::new([take("a.wav", 44_100, 2)]);
        let error = rig.exchange(&stimulus(48_000), &mut Unwatched).unwrap_err();
        let text =
            "the take 'a.wav' was recorded at 44100 Hz but the stimulus is made for 48000 Hz";
        assert_eq!(error.to_string(), text);
        assert_eq!(rig.remaining(), 1);
        assert!(rig.exchange(&stimulus(44_100), &mut Unwatched).is_ok());
    }

    struct Stops;

    impl Observer for Stops {
        fn notice(&mut self, _: Event) -> Flow {
            Flow::Stop
        }
    }

    #[test]
    fn an_observer_that_stops_gets_no_take() {
        let mut rig = Replay::new([take("a.wav", 48_000, 1)]);
        assert_eq!(rig.exchange(&stimulus(48_000), &mut Stops), Err(RigError::Interrupted));
        assert_eq!(rig.remaining(), 1);
    }
}
