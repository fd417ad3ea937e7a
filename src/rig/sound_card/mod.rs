//! The sound card: plays a stimulus and records what comes back.
//!
//! Only this folder knows cpal. Everything that can be decided without a device lives in files
//! of its own and is tested there:
//!
//! | file | what |
//! |---|---|
//! | `settings` | what a rig file says |
//! | `devices` | the list of devices, and finding one |
//! | `offer` | what a device offers, and which of it is taken |
//! | `sample` | samples in the device's format |
//! | `player` | the next block of the output, and the fade when it is stopped |
//! | `capture` | the way of a captured block into a recording |
//! | `signals` | what the threads tell each other |
//! | `course`, `watchdog` | what to do next, and whether the device is still there |
//! | `streams` | the streams themselves |
//! | `session` | one exchange, from opening the streams to closing them |
//!
//! Input and output are two streams, and nothing is assumed about the delay or the drift between
//! them. The audio threads only copy and count: what they need is prepared before, and they hand
//! captured frames over through a ring that never waits. Absence of an error proves nothing
//! (some sound servers lose frames and say nothing), so a recording without losses is still to
//! be checked by its content.

mod capture;
mod course;
mod devices;
mod offer;
mod player;
mod sample;
mod session;
mod settings;
mod signals;
mod streams;
mod watchdog;

pub use course::Ending;
pub use devices::{Abilities, DeviceListing, devices};
pub use settings::{Settings, SettingsError};
pub use signals::Fault;

use crate::measure::{Capabilities, Observer, Rig, RigError};
use crate::model::{Completeness, Recording, RigIdentity, RigKind, Stimulus};
use crate::quantity::unit::FullScale;
use crate::quantity::{Level, amplitude_db};
use offer::{Channels, Offer};
use session::{Catch, Orders};
use streams::{Line, unsupported};

/// Excess of a stimulus over the level limit that is put down to rounding, in decibels: half a
/// step of a 16-bit file is 0.01 dB at −37 dBFS, and no limit is set finer than that.
const LEVEL_ROUNDING_DB: f64 = 0.01;

/// A sound card as a rig.
///
/// Each [`Rig::exchange`] opens the streams, plays, records and closes them again. The recording
/// begins before the stimulus and ends after it, by amounts that differ from one exchange to the
/// next. If the first error of any kind, the observer, or a device that stops answering ends it
/// early, what was captured so far is given back as [`Completeness::Interrupted`], and
/// [`Self::last_ending`] says why. Frames known to be lost are counted; where only a loss is
/// known but not how much, the count is one.
#[derive(Debug)]
pub struct SoundCard {
    settings: Settings,
    name: String,
    output: Side,
    input: Side,
    last_ending: Option<Ending>,
}

/// One direction of a device.
#[derive(Debug)]
struct Side {
    id: String,
    device: cpal::Device,
    offer: Offer,
    channels: Channels,
}

impl SoundCard {
    /// Finds the devices of the settings and asks what they offer. Nothing is played.
    ///
    /// # Errors
    ///
    /// When a device does not exist, cannot be opened, does not have the channels, or when input
    /// and output have no sample rate in common.
    pub fn open(settings: Settings) -> Result<Self, RigError> {
        let played = settings.last_played();
        let outputs = settings.outputs().map_or(Channels::AtLeast(played), Channels::Exactly);
        let inputs = Channels::AtLeast(settings.inputs().unwrap_or(1));
        let output = Side::find(settings.output(), devices::outputs_of, outputs)?;
        let input = Side::find(settings.input(), devices::inputs_of, inputs)?;
        let name = if input.id == output.id {
            output.id.clone()
        } else {
            format!("{} and {}", output.id, input.id)
        };
        let card = Self { settings, name, output, input, last_ending: None };
        card.check_common_rate()?;
        Ok(card)
    }

    /// The same card under the name of its rig; without one it is named after its devices.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The settings it was opened with.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether a device takes nearly any sample rate and converts it without saying so. Then the
    /// rate of a measurement is not known to be that of the converters.
    #[must_use]
    pub fn resamples(&self) -> bool {
        self.output.offer.resamples() || self.input.offer.resamples()
    }

    /// How the last exchange ended; `None` before the first.
    #[must_use]
    pub const fn last_ending(&self) -> Option<Ending> {
        self.last_ending
    }

    fn check_common_rate(&self) -> Result<(), RigError> {
        let inputs = self.input.offer.rates();
        if self.output.offer.rates().iter().any(|rate| inputs.contains(rate)) {
            return Ok(());
        }
        let listed: Vec<_> = inputs.iter().map(ToString::to_string).collect();
        Err(RigError::Unsupported {
            device: self.input.id.clone(),
            wanted: "a sample rate of the output device".to_owned(),
            offered: listed.join(", "),
        })
    }

    fn check_level(&self, stimulus: &Stimulus) -> Result<(), RigError> {
        let limit = self.settings.level_limit();
        let peak: Level<FullScale> = Level::from_db(amplitude_db(stimulus.peak()));
        // Written so that a peak that is no number is refused.
        if (peak - limit).db() <= LEVEL_ROUNDING_DB {
            return Ok(());
        }
        Err(RigError::TooLoud { peak, limit })
    }

    /// Channels to keep of so many opened.
    fn kept(&self, opened: u16) -> u16 {
        self.settings.inputs().unwrap_or(2).min(opened)
    }

    fn exchange_with(
        &self,
        stimulus: &Stimulus,
        observer: &mut dyn Observer,
    ) -> Result<Catch, RigError> {
        self.check_level(stimulus)?;
        let buffer = self.settings.buffer_frames();
        let output = self.output.line(stimulus, buffer)?;
        let input = self.input.line(stimulus, buffer)?;
        let opened = output.choice.config.channels;
        let play_on = self.settings.play_on();
        let plays = (1..=opened).map(|n| play_on.iter().any(|c| c.get() == n)).collect();
        let orders = Orders {
            stimulus,
            output,
            input,
            plays,
            kept: usize::from(self.kept(input.choice.config.channels)),
            latency_allowance: self.settings.latency_allowance(),
        };
        session::run(&orders, observer)
    }

    fn recording(&self, stimulus: &Stimulus, catch: Catch) -> Result<Recording, RigError> {
        let Catch { assembly, format, lost, ending } = catch;
        let known = lost + assembly.broken_frames();
        let Some(samples) = assembly.into_samples() else { return Err(self.nothing(ending)) };
        let dropped = match ending {
            Ending::Failed(fault) if fault.loses_frames() => known.max(1),
            _ => known,
        };
        let completeness = match ending {
            Ending::Complete => Completeness::Complete,
            _ => Completeness::Interrupted,
        };
        Recording::new(stimulus.rate(), samples, format, self.identity())
            .map(|recording| recording.with_losses(dropped, completeness))
            .map_err(|error| RigError::Unusable {
                device: self.input.id.clone(),
                reason: error.to_string(),
            })
    }

    /// The error where nothing was captured.
    fn nothing(&self, ending: Ending) -> RigError {
        if ending == Ending::Stopped {
            return RigError::Interrupted;
        }
        RigError::Gone { device: self.input.id.clone(), reason: ending.to_string() }
    }
}

impl Rig for SoundCard {
    fn identity(&self) -> RigIdentity {
        RigIdentity { kind: RigKind::SoundCard, name: self.name.clone() }
    }

    /// What both devices can do together. No rates are listed where any would be converted.
    fn capabilities(&self) -> Capabilities {
        let opened = self.input.offer.opened(self.input.channels).unwrap_or(0);
        let outputs = self.output.offer.rates();
        let converts = self.output.offer.resamples() && self.input.offer.resamples();
        let rates = self.input.offer.rates().into_iter().filter(|r| outputs.contains(r));
        Capabilities {
            inputs: usize::from(self.kept(opened)),
            rates: if converts { Vec::new() } else { rates.collect() },
            level_limit: self.settings.level_limit(),
        }
    }

    /// Plays a stimulus on the channels of the settings and records.
    ///
    /// The observer is asked 25 times a second and handed what was captured meanwhile; when it
    /// stops, the output fades over 20 ms.
    ///
    /// # Errors
    ///
    /// When the stimulus is louder than the settings allow, a device cannot do what it needs or
    /// cannot be opened, or nothing was captured at all.
    fn exchange(
        &mut self,
        stimulus: &Stimulus,
        observer: &mut dyn Observer,
    ) -> Result<Recording, RigError> {
        self.last_ending = None;
        let catch = self.exchange_with(stimulus, observer)?;
        self.last_ending = Some(catch.ending);
        if let Ending::Silent | Ending::Failed(_) = catch.ending {
            observer.broken_off(&catch.ending.to_string());
        }
        self.recording(stimulus, catch)
    }
}

impl Side {
    fn find(
        id: &str,
        ask: fn(&cpal::Device) -> Result<Offer, cpal::Error>,
        channels: Channels,
    ) -> Result<Self, RigError> {
        let device = devices::find(id)?;
        let offer = ask(&device).map_err(|error| devices::unusable(id, &error))?;
        if offer.opened(channels).is_none() {
            return Err(unsupported(id, offer.lacks_channels(channels)));
        }
        Ok(Self { id: id.to_owned(), device, offer, channels })
    }

    fn line(&self, stimulus: &Stimulus, buffer: Option<u32>) -> Result<Line<'_>, RigError> {
        let choice = self.offer.choose(stimulus.rate(), self.channels, buffer);
        let choice = choice.map_err(|not| unsupported(&self.id, not))?;
        Ok(Line { id: &self.id, device: &self.device, choice })
    }
}
