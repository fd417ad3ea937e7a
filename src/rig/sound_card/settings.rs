//! What a rig file says about the sound card.

use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use crate::quantity::unit::FullScale;
use crate::quantity::{Level, Seconds};

/// Which devices and channels to use, and how.
///
/// In a rig file only `output` has to be given:
///
/// ```toml
/// output = "alsa:hw:CARD=USB,DEV=0"   # an id as the list of devices gives it
/// input = "alsa:hw:CARD=USB,DEV=0"    # the same device if left out
/// outputs = 2                         # channels to open; as few as do if left out
/// play_on = [1]                       # the channels that play, counted from 1
/// inputs = 2                          # channels to record; two, or what there is, if left out
/// buffer_frames = 8192                # frames per callback; by the sample rate if left out
/// level_limit_dbfs = -12.0            # nothing above this peak level is ever played
/// latency_allowance = "0.5s"          # recorded beyond the stimulus
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Settings {
    written: Written,
}

/// The settings as a file holds them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    output: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outputs: Option<NonZeroU16>,
    #[serde(default = "first_channel")]
    play_on: Vec<NonZeroU16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inputs: Option<NonZeroU16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    buffer_frames: Option<u32>,
    #[serde(default = "Settings::default_level_limit")]
    level_limit_dbfs: Level<FullScale>,
    #[serde(default = "default_latency_allowance")]
    latency_allowance: Seconds,
}

/// Why settings make no sense.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SettingsError {
    /// A device has no name.
    #[error("a device id of the sound card is empty")]
    NoDevice,
    /// Nothing would play.
    #[error("play_on names no output channel")]
    PlaysNowhere,
    /// A channel that plays is not among those opened.
    #[error("play_on names output {channel} but only {outputs} outputs are opened")]
    NoSuchOutput {
        /// The channel, counted from one.
        channel: u16,
        /// How many are opened.
        outputs: u16,
    },
    /// The buffer is too small, too large or of an odd size.
    #[error("a buffer of {0} frames is not a power of two from 64 to 65536")]
    Buffer(u32),
    /// The limit lies above full scale or is not a number.
    #[error("a level limit of {0} is above 0 dBFS")]
    Limit(Level<FullScale>),
}

fn first_channel() -> Vec<NonZeroU16> {
    vec![NonZeroU16::MIN]
}

/// Half a second: more than any wired device takes, and a wireless one rarely takes longer.
fn default_latency_allowance() -> Seconds {
    Seconds::new(0.5).unwrap_or(Seconds::MIN)
}

impl Settings {
    /// Settings for one device that plays on its first channel, with all else left at its
    /// default.
    ///
    /// # Errors
    ///
    /// When the id is empty.
    pub fn new(device: impl Into<String>) -> Result<Self, SettingsError> {
        Written {
            output: device.into(),
            input: None,
            outputs: None,
            play_on: first_channel(),
            inputs: None,
            buffer_frames: None,
            level_limit_dbfs: Self::default_level_limit(),
            latency_allowance: default_latency_allowance(),
        }
        .try_into()
    }

    /// The level limit of a new rig: a peak of −12 dBFS.
    ///
    /// A line output of 2 V at full scale then gives 0.5 V at most, which most headphones and
    /// ears survive, and a sweep still stands far above the noise. Who knows the voltages of
    /// the rig raises it in the rig file.
    #[must_use]
    pub const fn default_level_limit() -> Level<FullScale> {
        Level::from_db(-12.0)
    }

    /// The same settings with another device for the input.
    ///
    /// # Errors
    ///
    /// When the id is empty.
    pub fn with_input(mut self, device: impl Into<String>) -> Result<Self, SettingsError> {
        self.written.input = Some(device.into());
        self.written.try_into()
    }

    /// The same settings with so many output channels opened, of which those in `play_on` play,
    /// counted from one.
    ///
    /// # Errors
    ///
    /// When no channel plays, or one that is not opened.
    pub fn with_outputs(
        mut self,
        outputs: Option<NonZeroU16>,
        play_on: impl IntoIterator<Item = NonZeroU16>,
    ) -> Result<Self, SettingsError> {
        self.written.outputs = outputs;
        self.written.play_on = play_on.into_iter().collect();
        self.written.try_into()
    }

    /// The same settings with so many channels recorded.
    #[must_use]
    pub fn with_inputs(mut self, inputs: NonZeroU16) -> Self {
        self.written.inputs = Some(inputs);
        self
    }

    /// The same settings with so many frames per callback.
    ///
    /// # Errors
    ///
    /// When the number is not a power of two from 64 to 65536.
    pub fn with_buffer_frames(mut self, frames: u32) -> Result<Self, SettingsError> {
        self.written.buffer_frames = Some(frames);
        self.written.try_into()
    }

    /// The same settings with another level limit.
    ///
    /// # Errors
    ///
    /// When the limit lies above full scale.
    pub fn with_level_limit(mut self, limit: Level<FullScale>) -> Result<Self, SettingsError> {
        self.written.level_limit_dbfs = limit;
        self.written.try_into()
    }

    /// The id of the device that plays.
    #[must_use]
    pub fn output(&self) -> &str {
        &self.written.output
    }

    /// The id of the device that records.
    #[must_use]
    pub fn input(&self) -> &str {
        self.written.input.as_deref().unwrap_or(&self.written.output)
    }

    /// How many output channels to open; `None` for as few as do.
    #[must_use]
    pub fn outputs(&self) -> Option<u16> {
        self.written.outputs.map(NonZeroU16::get)
    }

    /// The output channels that play, counted from one.
    #[must_use]
    pub fn play_on(&self) -> &[NonZeroU16] {
        &self.written.play_on
    }

    /// How many channels to record; `None` for two, or one where there is only one.
    #[must_use]
    pub fn inputs(&self) -> Option<u16> {
        self.written.inputs.map(NonZeroU16::get)
    }

    /// Frames per callback; `None` for what suits the sample rate.
    #[must_use]
    pub const fn buffer_frames(&self) -> Option<u32> {
        self.written.buffer_frames
    }

    /// The highest peak level that may be played.
    #[must_use]
    pub const fn level_limit(&self) -> Level<FullScale> {
        self.written.level_limit_dbfs
    }

    /// What is recorded beyond the stimulus and the buffers.
    #[must_use]
    pub const fn latency_allowance(&self) -> Seconds {
        self.written.latency_allowance
    }

    /// The highest channel that plays, counted from one.
    pub(super) fn last_played(&self) -> u16 {
        self.written.play_on.iter().map(|channel| channel.get()).max().unwrap_or(1)
    }
}

impl TryFrom<Written> for Settings {
    type Error = SettingsError;

    fn try_from(written: Written) -> Result<Self, SettingsError> {
        if written.output.is_empty() || written.input.as_deref() == Some("") {
            return Err(SettingsError::NoDevice);
        }
        if written.play_on.is_empty() {
            return Err(SettingsError::PlaysNowhere);
        }
        if let Some(outputs) = written.outputs
            && let Some(&channel) = written.play_on.iter().find(|&&channel| channel > outputs)
        {
            let (channel, outputs) = (channel.get(), outputs.get());
            return Err(SettingsError::NoSuchOutput { channel, outputs });
        }
        if let Some(frames) = written.buffer_frames
            && !(frames.is_power_of_two() && (64..=65_536).contains(&frames))
        {
            return Err(SettingsError::Buffer(frames));
        }
        let limit = written.level_limit_dbfs;
        if limit.db().is_nan() || limit.db() > 0.0 {
            return Err(SettingsError::Limit(limit));
        }
        Ok(Self { written })
    }
}

impl From<Settings> for Written {
    fn from(settings: Settings) -> Self {
        settings.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn a_rig_file_needs_only_a_device() {
        let settings = read("output = 'alsa:hw:CARD=USB,DEV=0'").unwrap();
        assert_eq!(settings, Settings::new("alsa:hw:CARD=USB,DEV=0").unwrap());
        assert_eq!(settings.input(), settings.output());
        assert_eq!(settings.level_limit(), Level::from_db(-12.0));
    }

    #[test]
    fn settings_are_written_as_they_are_read() {
        let two = NonZeroU16::new(2).unwrap();
        let settings = Settings::new("alsa:a")
            .and_then(|s| s.with_input("alsa:b"))
            .and_then(|s| s.with_outputs(Some(two), [two]))
            .and_then(|s| s.with_buffer_frames(1024))
            .and_then(|s| s.with_level_limit(Level::from_db(-30.0)))
            .unwrap()
            .with_inputs(two);
        let text = toml::to_string(&settings).unwrap();
        assert_eq!(read(&text).unwrap(), settings, "{text}");
    }

    #[test]
    fn settings_that_make_no_sense_are_refused_with_the_reason() {
        let cases = [
            ("output = ''", "empty"),
            ("output = 'a'\nplay_on = []", "no output channel"),
            ("output = 'a'\noutputs = 2\nplay_on = [3]", "output 3 but only 2"),
            ("output = 'a'\nbuffer_frames = 1000", "1000 frames is not a power of two"),
            ("output = 'a'\nlevel_limit_dbfs = 3.0", "3 dBFS is above 0 dBFS"),
            ("output = 'a'\nlevel_limit_dbfs = nan", "above 0 dBFS"),
            ("output = 'a'\nvolume = 11", "volume"),
        ];
        for (text, reason) in cases {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
