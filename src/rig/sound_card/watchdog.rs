//! Notices that a device has stopped calling.
//!
//! A sound server that ends, or a device that hangs, is often not reported as an error: the
//! callbacks just cease.

use std::time::Duration;

/// The longest step of time that is believed. If the measuring thread itself was held up for
/// longer, so were the audio threads, and nothing can be held against the device.
const LONGEST_STEP: Duration = Duration::from_millis(100);

/// How long the first callback may take: a wireless device first has to be set up.
const START: Duration = Duration::from_secs(5);

/// Watches one counter that must keep growing.
#[derive(Debug)]
pub(super) struct Watchdog {
    limit: Duration,
    count: u64,
    still: Duration,
}

impl Watchdog {
    /// A watchdog for callbacks that come every `period`: it waits for one second or four
    /// periods, whichever is longer, and for the first callback five seconds at least.
    pub(super) fn new(period: Duration) -> Self {
        let limit = Duration::from_secs(1).max(period * 4);
        Self { limit, count: 0, still: Duration::ZERO }
    }

    /// Looks at the counter after so much more time; `true` if it has stood still for too long.
    pub(super) fn is_gone(&mut self, elapsed: Duration, count: u64) -> bool {
        if count == self.count {
            self.still += elapsed.min(LONGEST_STEP);
        } else {
            self.count = count;
            self.still = Duration::ZERO;
        }
        let limit = if self.count == 0 { self.limit.max(START) } else { self.limit };
        self.still > limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(50);

    fn steps_until_gone(period: Duration) -> usize {
        let mut dog = Watchdog::new(period);
        assert!(!dog.is_gone(STEP, 1));
        (1..1000).find(|_| dog.is_gone(STEP, 1)).unwrap()
    }

    #[test]
    fn the_first_callback_may_take_five_seconds() {
        let mut dog = Watchdog::new(Duration::from_millis(10));
        assert_eq!((1..1000).find(|_| dog.is_gone(STEP, 0)), Some(101));
    }

    #[test]
    fn silence_of_more_than_a_second_or_four_periods_is_the_end() {
        assert_eq!(steps_until_gone(Duration::from_millis(10)), 21);
        assert_eq!(steps_until_gone(Duration::from_millis(500)), 41);
    }

    #[test]
    fn a_counter_that_moves_keeps_the_device_alive() {
        let mut dog = Watchdog::new(STEP);
        assert!((0..100).all(|i| !dog.is_gone(STEP, i / 10)));
    }

    #[test]
    fn being_held_up_oneself_proves_nothing() {
        let mut dog = Watchdog::new(STEP);
        assert!(!dog.is_gone(Duration::from_secs(60), 0));
    }
}
