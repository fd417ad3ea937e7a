//! What the audio threads and the measuring thread tell each other while a stream runs.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

/// What ended a measurement on the device's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    /// The system reported an underrun or overrun.
    Xrun = 1,
    /// What was captured was not fetched in time.
    Overrun,
    /// The device was disconnected or its server ended.
    Disconnected,
    /// The system moved the stream to another device.
    Rerouted,
    /// The stream became invalid, for instance because the device's settings changed.
    Invalidated,
    /// Another program took the device.
    Busy,
    /// The system withdrew the permission.
    Denied,
    /// The system reported an error of no known kind.
    System,
}

impl Fault {
    const ALL: [Self; 8] = [
        Self::Xrun,
        Self::Overrun,
        Self::Disconnected,
        Self::Rerouted,
        Self::Invalidated,
        Self::Busy,
        Self::Denied,
        Self::System,
    ];

    /// The fault that an error of a running stream means; `None` for one that does no harm.
    pub(super) fn of(kind: cpal::ErrorKind) -> Option<Self> {
        use cpal::ErrorKind as Kind;
        match kind {
            // Sound goes on; should it suffer, an overrun follows.
            Kind::RealtimeDenied => None,
            Kind::Xrun => Some(Self::Xrun),
            Kind::DeviceNotAvailable | Kind::HostUnavailable => Some(Self::Disconnected),
            Kind::DeviceChanged => Some(Self::Rerouted),
            Kind::StreamInvalidated => Some(Self::Invalidated),
            Kind::DeviceBusy => Some(Self::Busy),
            Kind::PermissionDenied => Some(Self::Denied),
            _ => Some(Self::System),
        }
    }

    /// Whether frames may be missing inside what was captured, not only after it.
    pub(super) const fn loses_frames(self) -> bool {
        !matches!(self, Self::Disconnected)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Xrun => "the system lost frames (underrun or overrun)",
            Self::Overrun => "captured frames were not fetched in time",
            Self::Disconnected => "the device was disconnected or its server ended",
            Self::Rerouted => "the system moved the stream to another device",
            Self::Invalidated => "the stream became invalid",
            Self::Busy => "another program took the device",
            Self::Denied => "the system withdrew the permission to use the device",
            Self::System => "the system reported an error",
        })
    }
}

/// Shared by both audio threads and the measuring thread. Every method is wait-free: it may be
/// called from an audio thread, and as often as a failing device likes.
#[derive(Debug, Default)]
pub(super) struct Signals {
    fade_out: AtomicBool,
    silenced: AtomicBool,
    played: AtomicU64,
    captured: AtomicU64,
    lost: AtomicU64,
    fault: AtomicU8,
}

impl Signals {
    /// Asks the output to fade out.
    pub(super) fn fade_out(&self) {
        self.fade_out.store(true, Ordering::Release);
    }

    /// Whether the output is to fade out.
    pub(super) fn is_fading_out(&self) -> bool {
        self.fade_out.load(Ordering::Acquire)
    }

    /// Says that so many more frames were handed to the output.
    pub(super) fn note_played(&self, frames: u64, silenced: bool) {
        self.played.fetch_add(frames, Ordering::AcqRel);
        if silenced {
            self.silenced.store(true, Ordering::Release);
        }
    }

    /// Says that so many more frames came from the input.
    pub(super) fn note_captured(&self, frames: u64) {
        self.captured.fetch_add(frames, Ordering::AcqRel);
    }

    /// Says that so many frames came from the input and could not be kept.
    pub(super) fn note_lost(&self, frames: u64) {
        self.lost.fetch_add(frames, Ordering::AcqRel);
        self.note_fault(Fault::Overrun);
    }

    /// Says that something went wrong. The first fault is remembered.
    pub(super) fn note_fault(&self, fault: Fault) {
        let none = 0;
        // Whichever thread comes second finds the first fault in place, as it should.
        let _ = self.fault.compare_exchange(none, fault as u8, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Frames handed to the output so far.
    pub(super) fn played(&self) -> u64 {
        self.played.load(Ordering::Acquire)
    }

    /// Frames that came from the input so far, kept or not.
    pub(super) fn captured(&self) -> u64 {
        self.captured.load(Ordering::Acquire)
    }

    /// Frames that came from the input and could not be kept.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Acquire)
    }

    /// Whether the output has faded to silence.
    pub(super) fn is_silenced(&self) -> bool {
        self.silenced.load(Ordering::Acquire)
    }

    /// The first fault.
    pub(super) fn fault(&self) -> Option<Fault> {
        let code = self.fault.load(Ordering::Acquire);
        Fault::ALL.into_iter().find(|&fault| fault as u8 == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fault_is_the_one_remembered() {
        for first in Fault::ALL {
            let signals = Signals::default();
            assert_eq!(signals.fault(), None);
            signals.note_fault(first);
            signals.note_fault(Fault::System);
            assert_eq!(signals.fault(), Some(first));
        }
    }

    #[test]
    fn lost_frames_are_a_fault_and_counted() {
        let signals = Signals::default();
        signals.note_lost(512);
        signals.note_lost(512);
        assert_eq!((signals.lost(), signals.fault()), (1024, Some(Fault::Overrun)));
    }

    #[test]
    fn being_refused_real_time_priority_is_no_fault() {
        assert_eq!(Fault::of(cpal::ErrorKind::RealtimeDenied), None);
        assert_eq!(Fault::of(cpal::ErrorKind::BackendError), Some(Fault::System));
    }
}
