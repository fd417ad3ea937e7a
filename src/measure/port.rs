//! The ports of a measurement: where a recording comes from, and who watches.

use crate::model::{CrosstalkTake, Recording, RigIdentity, SampleFormat, Stimulus, TestLoad};
use crate::quantity::unit::FullScale;
use crate::quantity::{Level, SampleRate};

/// A place that a recording comes from: a sound card, a file, a simulation.
pub trait Rig {
    /// Which rig it is.
    fn identity(&self) -> RigIdentity;

    /// What the rig can do.
    fn capabilities(&self) -> Capabilities;

    /// Connects a load to the output by itself, if the rig can; else a person has to.
    fn connect(&mut self, _: TestLoad) -> bool {
        false
    }

    /// Loads both channels and drives one of them by itself, if the rig can; else a person has to.
    fn connect_both(&mut self, _: CrosstalkTake) -> bool {
        false
    }

    /// Puts the headphone on anew by itself, in a state of this name, if the rig can; else a person
    /// has to. Another number is another seating.
    fn put_on(&mut self, _state: Option<&str>, _seating: u32) -> bool {
        false
    }

    /// Plays a stimulus and gives back what was captured meanwhile.
    ///
    /// The capture starts before the stimulus and ends after it. A recording that is known to be
    /// damaged or cut short says so ([`Recording::dropped_frames`],
    /// [`Recording::completeness`]); it is given back rather than thrown away, because a take is
    /// kept even when it cannot be used.
    ///
    /// # Errors
    ///
    /// When there is nothing to give back, with the reason.
    fn exchange(
        &mut self,
        stimulus: &Stimulus,
        observer: &mut dyn Observer,
    ) -> Result<Recording, RigError>;
}

/// What a rig can do.
#[derive(Debug, Clone, PartialEq)]
pub struct Capabilities {
    /// Number of input channels.
    pub inputs: usize,
    /// The sample rates it runs at; empty if any.
    pub rates: Vec<SampleRate>,
    /// The highest level that may be played.
    pub level_limit: Level<FullScale>,
}

/// Watches an exchange, may stop it, and may keep what is captured while it comes.
///
/// Every method is called by the thread that called [`Rig::exchange`], never by an audio thread.
/// It should return within a second: a rig fetches nothing meanwhile.
pub trait Observer {
    /// Is told what happens; the answer says whether to go on.
    fn notice(&mut self, event: Event) -> Flow;

    /// Is handed every frame that was captured, in order, a fraction of a second at a time and
    /// before the exchange ends. They are those of the recording that the exchange gives back.
    fn captured(&mut self, _: Block<'_>) {}

    /// Is told why an exchange ends early though nobody stopped it.
    fn broken_off(&mut self, _: &str) {}
}

/// Frames that were captured one after another.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    /// Their sample rate.
    pub rate: SampleRate,
    /// How the device gave the samples.
    pub format: SampleFormat,
    /// The samples of each channel, equally many; 1.0 is digital full scale.
    pub channels: &'a [&'a [f64]],
}

/// What happens during an exchange.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// So much of the stimulus was played.
    Progress {
        /// Time played, in seconds.
        done_s: f64,
        /// Time in all, in seconds.
        total_s: f64,
    },
    /// The exchange has ended.
    Finished,
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Fade out and stop.
    Stop,
}

/// An observer that lets everything pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Observer for Unwatched {
    fn notice(&mut self, _: Event) -> Flow {
        Flow::Continue
    }
}

/// Why a rig gave no recording.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RigError {
    /// The device is not there.
    #[error("no sound device '{device}'")]
    Missing {
        /// What was asked for.
        device: String,
    },
    /// The device is there but cannot be used.
    #[error("cannot use the sound device '{device}': {reason}")]
    Unusable {
        /// The device.
        device: String,
        /// What the system said.
        reason: String,
    },
    /// The device cannot do what the stimulus needs.
    #[error("the sound device '{device}' does not offer {wanted} (it offers {offered})")]
    Unsupported {
        /// The device.
        device: String,
        /// What was needed.
        wanted: String,
        /// What there is.
        offered: String,
    },
    /// The stimulus is louder than the rig allows.
    #[error("the stimulus peaks at {peak}, above this rig's limit of {limit}")]
    TooLoud {
        /// Peak of the stimulus.
        peak: Level<FullScale>,
        /// The limit.
        limit: Level<FullScale>,
    },
    /// The recording has another sample rate than the stimulus.
    #[error("the take '{take}' was recorded at {found} but the stimulus is made for {expected}")]
    WrongRate {
        /// The take.
        take: String,
        /// Rate of the take.
        found: SampleRate,
        /// Rate of the stimulus.
        expected: SampleRate,
    },
    /// The device went away before anything was captured.
    #[error("the sound device '{device}' stopped answering: {reason}")]
    Gone {
        /// The device.
        device: String,
        /// What was seen.
        reason: String,
    },
    /// The user stopped before anything was captured.
    #[error("interrupted before anything was captured")]
    Interrupted,
}
