//! The course of an exchange: what to do next, given what the streams have done so far.
//!
//! ```text
//! Listening ──captured──▶ Playing ──all handed out──▶ Trailing ──enough captured──▶ end
//!     └───────────────fault, stop, device gone──▶ Fading ──silent, or time is up──▶ end
//! ```

use std::fmt;
use std::time::Duration;

use super::signals::{Fault, Signals};
use super::watchdog::Watchdog;

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Everything was played and captured.
    Complete,
    /// The observer stopped it.
    Stopped,
    /// The device stopped calling, without an error.
    Silent,
    /// The device or the system reported an error.
    Failed(Fault),
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => f.write_str("everything was captured"),
            Self::Stopped => f.write_str("stopped on request"),
            Self::Silent => f.write_str("the device stopped answering without an error"),
            Self::Failed(fault) => fault.fmt(f),
        }
    }
}

/// What the streams need, in frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// Silence and stimulus.
    pub(super) to_play: u64,
    /// What must still be captured after the last of them was handed to the output.
    pub(super) to_trail: u64,
    /// What the output holds back: so much of what was handed out may not have sounded yet.
    pub(super) held_back: u64,
}

/// What the measuring thread sees at one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Look {
    /// Time since the look before.
    pub(super) elapsed: Duration,
    /// Frames captured so far.
    pub(super) captured: u64,
    /// Frames handed to the output so far.
    pub(super) played: u64,
    /// Whether the output has faded to silence.
    pub(super) silenced: bool,
    /// The first fault.
    pub(super) fault: Option<Fault>,
    /// Whether the observer wants to stop.
    pub(super) stop: bool,
}

impl Look {
    /// A look at the signals after so much time.
    pub(super) fn at(signals: &Signals, elapsed: Duration, stop: bool) -> Self {
        // The fault first: what was captured before it is then seen as well.
        let fault = signals.fault();
        let silenced = signals.is_silenced();
        let (captured, played) = (signals.captured(), signals.played());
        Self { elapsed, captured, played, silenced, fault, stop }
    }
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Look again in a moment.
    Wait,
    /// Start the output.
    StartPlaying,
    /// Let the output fade.
    FadeOut,
    /// Close the streams.
    End(Ending),
}

#[derive(Debug, Clone, Copy)]
enum State {
    Listening,
    Playing,
    Trailing { until: u64 },
    Fading { ending: Ending, left: Duration, silent_at: Option<u64> },
}

/// The course of one exchange.
#[derive(Debug)]
pub(super) struct Course {
    extent: Extent,
    state: State,
    input: Watchdog,
    output: Watchdog,
    patience: Duration,
}

/// Time beyond the output's own delay that a fade may take.
const FADE_ALLOWANCE: Duration = Duration::from_millis(250);

impl Course {
    /// The course of an exchange whose callbacks come every so often.
    pub(super) fn new(extent: Extent, input_period: Duration, output_period: Duration) -> Self {
        Self {
            extent,
            state: State::Listening,
            input: Watchdog::new(input_period),
            output: Watchdog::new(output_period),
            // Two periods until the next block is asked for, two until it has sounded.
            patience: output_period * 4 + FADE_ALLOWANCE,
        }
    }

    /// Takes a look and says what to do.
    pub(super) fn step(&mut self, look: Look) -> Step {
        if let State::Fading { ending, left, silent_at } = self.state {
            return self.fade(look, ending, left, silent_at);
        }
        if let Some(ending) = self.trouble(look) {
            return self.break_off(ending);
        }
        match self.state {
            State::Listening if look.captured > 0 => {
                self.state = State::Playing;
                Step::StartPlaying
            }
            State::Playing if look.played >= self.extent.to_play => {
                self.state = State::Trailing { until: look.captured + self.extent.to_trail };
                Step::Wait
            }
            State::Trailing { until } if look.captured >= until => Step::End(Ending::Complete),
            _ => Step::Wait,
        }
    }

    fn trouble(&mut self, look: Look) -> Option<Ending> {
        if let Some(fault) = look.fault {
            return Some(Ending::Failed(fault));
        }
        let listening = matches!(self.state, State::Listening);
        let silent = self.input.is_gone(look.elapsed, look.captured)
            || (!listening && self.output.is_gone(look.elapsed, look.played));
        match (silent, look.stop) {
            (true, _) => Some(Ending::Silent),
            (false, true) => Some(Ending::Stopped),
            (false, false) => None,
        }
    }

    fn break_off(&mut self, ending: Ending) -> Step {
        if matches!(self.state, State::Listening) {
            return Step::End(ending);
        }
        self.state = State::Fading { ending, left: self.patience, silent_at: None };
        Step::FadeOut
    }

    /// Waits until the end of the fade has left the device.
    fn fade(&mut self, look: Look, ending: Ending, left: Duration, silent_at: Option<u64>) -> Step {
        let silent_at = silent_at.or(look.silenced.then_some(look.played));
        let has_sounded = silent_at.is_some_and(|at| look.played >= at + self.extent.held_back);
        if has_sounded || left.is_zero() {
            return Step::End(ending);
        }
        let left = left.saturating_sub(look.elapsed);
        self.state = State::Fading { ending, left, silent_at };
        Step::Wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(20);
    const PERIOD: Duration = Duration::from_millis(100);
    const EXTENT: Extent = Extent { to_play: 1000, to_trail: 500, held_back: 200 };

    fn course() -> Course {
        Course::new(EXTENT, PERIOD, PERIOD)
    }

    fn look(captured: u64, played: u64) -> Look {
        Look { elapsed: TICK, captured, played, ..Look::default() }
    }

    /// A course that has begun to play.
    fn playing() -> Course {
        let mut course = course();
        assert_eq!(course.step(look(100, 0)), Step::StartPlaying);
        course
    }

    #[test]
    fn the_output_starts_only_when_the_input_runs() {
        let mut course = course();
        assert_eq!(course.step(look(0, 0)), Step::Wait);
        assert_eq!(course.step(look(100, 0)), Step::StartPlaying);
    }

    #[test]
    fn the_capture_goes_on_after_the_last_frame_was_handed_out() {
        let mut course = playing();
        assert_eq!(course.step(look(800, 999)), Step::Wait);
        assert_eq!(course.step(look(900, 1000)), Step::Wait);
        assert_eq!(course.step(look(1399, 1500)), Step::Wait);
        assert_eq!(course.step(look(1400, 1500)), Step::End(Ending::Complete));
    }

    #[test]
    fn a_stop_fades_and_ends_when_the_fade_has_sounded() {
        let mut course = playing();
        assert_eq!(course.step(Look { stop: true, ..look(200, 300) }), Step::FadeOut);
        assert_eq!(course.step(look(300, 400)), Step::Wait);
        assert_eq!(course.step(Look { silenced: true, ..look(400, 500) }), Step::Wait);
        assert_eq!(course.step(Look { silenced: true, ..look(500, 600) }), Step::Wait);
        let end = course.step(Look { silenced: true, ..look(600, 700) });
        assert_eq!(end, Step::End(Ending::Stopped));
    }

    #[test]
    fn a_fault_ends_the_exchange_even_if_the_output_never_fades() {
        let mut course = playing();
        let fault = Some(Fault::Xrun);
        assert_eq!(course.step(Look { fault, ..look(200, 300) }), Step::FadeOut);
        let steps = (1..1000).find(|_| course.step(look(200, 300)) != Step::Wait).unwrap();
        let longest = (PERIOD * 4 + FADE_ALLOWANCE).as_millis() / TICK.as_millis() + 2;
        assert!(steps <= longest as usize, "{steps}");
        assert_eq!(course.step(look(200, 300)), Step::End(Ending::Failed(Fault::Xrun)));
    }

    #[test]
    fn a_fault_before_anything_is_played_ends_at_once() {
        let fault = Some(Fault::Disconnected);
        let step = course().step(Look { fault, ..look(0, 0) });
        assert_eq!(step, Step::End(Ending::Failed(Fault::Disconnected)));
        assert_eq!(course().step(Look { stop: true, ..look(0, 0) }), Step::End(Ending::Stopped));
    }

    #[test]
    fn an_output_that_stops_calling_is_noticed_while_the_input_goes_on() {
        let mut course = playing();
        let first = (0..200).map(|i| course.step(look(200 + i, 300))).find(|s| *s != Step::Wait);
        assert_eq!(first, Some(Step::FadeOut));
    }

    #[test]
    fn an_input_that_never_calls_is_noticed() {
        let mut course = course();
        let first = (0..400).map(|_| course.step(look(0, 0))).find(|s| *s != Step::Wait);
        assert_eq!(first, Some(Step::End(Ending::Silent)));
    }
}
