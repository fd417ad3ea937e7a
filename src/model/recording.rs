//! What a rig captured.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::quantity::SampleRate;

/// How the samples of a recording were stored by the device or file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SampleFormat {
    /// Integers of so many bits.
    Integer(u8),
    /// 32-bit floating point.
    Float,
}

impl SampleFormat {
    /// The step between two neighbouring sample values near full scale, 1.0 being full scale.
    #[must_use]
    pub fn step(self) -> f64 {
        match self {
            Self::Integer(bits) => 2_f64.powi(1 - i32::from(bits)),
            Self::Float => f64::from(f32::EPSILON),
        }
    }
}

impl fmt::Display for SampleFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(bits) => write!(f, "{bits}-bit"),
            Self::Float => f.write_str("32-bit float"),
        }
    }
}

/// The kinds of rig a recording can come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RigKind {
    /// Computed; figures made from it say *simulated*.
    Simulated,
    /// A file that somebody recorded.
    Replay,
    /// Played and captured just now.
    SoundCard,
}

/// Which rig a recording came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RigIdentity {
    /// The kind of rig.
    pub kind: RigKind,
    /// Its name: a rig's, a file's or a device's.
    pub name: String,
}

/// Whether a recording holds all that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completeness {
    /// Everything was captured.
    Complete,
    /// The capture was stopped before its end.
    Interrupted,
}

/// What the channels of one rig captured, in `FullScale`: 1.0 is digital full scale.
///
/// Samples have the shape channels × frames, so that a channel is contiguous. There is at least
/// one channel and one frame, and every sample is finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    rate: SampleRate,
    samples: Array2<f64>,
    format: SampleFormat,
    rig: RigIdentity,
    dropped_frames: u64,
    completeness: Completeness,
}

/// Why samples are not a recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// No channel or no frame.
    #[error("the recording is empty")]
    Empty,
    /// A sample is not a finite number.
    #[error("sample {frame} of channel {channel} is not a finite number")]
    NotFinite {
        /// Channel, counted from one.
        channel: usize,
        /// Frame, counted from zero.
        frame: usize,
    },
}

impl Recording {
    /// A complete recording of samples in the shape channels × frames.
    ///
    /// # Errors
    ///
    /// When there is nothing in it or a sample is not finite.
    pub fn new(
        rate: SampleRate,
        samples: Array2<f64>,
        format: SampleFormat,
        rig: RigIdentity,
    ) -> Result<Self, RecordingError> {
        if samples.is_empty() {
            return Err(RecordingError::Empty);
        }
        let finite = samples.iter().all(|v| v.is_finite());
        if !finite
            && let Some(((channel, frame), _)) =
                samples.indexed_iter().find(|(_, v)| !v.is_finite())
        {
            return Err(RecordingError::NotFinite { channel: channel + 1, frame });
        }
        let samples = if samples.is_standard_layout() {
            samples
        } else {
            samples.as_standard_layout().into_owned()
        };
        let completeness = Completeness::Complete;
        Ok(Self { rate, samples, format, rig, dropped_frames: 0, completeness })
    }

    /// The same recording, known to have lost frames or to have been cut short.
    #[must_use]
    pub fn with_losses(mut self, dropped_frames: u64, completeness: Completeness) -> Self {
        self.dropped_frames = dropped_frames;
        self.completeness = completeness;
        self
    }

    /// The sample rate.
    #[must_use]
    pub const fn rate(&self) -> SampleRate {
        self.rate
    }

    /// All samples, channels × frames.
    #[must_use]
    pub const fn samples(&self) -> &Array2<f64> {
        &self.samples
    }

    /// The number of channels, at least one.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.samples.nrows()
    }

    /// The number of frames, at least one.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.samples.ncols()
    }

    /// The samples of one channel, counted from zero; `None` if there is no such channel.
    #[must_use]
    pub fn channel(&self, index: usize) -> Option<&[f64]> {
        (index < self.channels()).then(|| self.samples.row(index).to_slice()).flatten()
    }

    /// How the samples were stored.
    #[must_use]
    pub const fn format(&self) -> SampleFormat {
        self.format
    }

    /// The rig it came from.
    #[must_use]
    pub const fn rig(&self) -> &RigIdentity {
        &self.rig
    }

    /// Frames the system is known to have lost; where they belong is not known.
    #[must_use]
    pub const fn dropped_frames(&self) -> u64 {
        self.dropped_frames
    }

    /// Whether the capture ran to its end.
    #[must_use]
    pub const fn completeness(&self) -> Completeness {
        self.completeness
    }
}

/// What an input channel is connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelRole {
    /// The electrical reference: a loopback, or the source side of the sense resistor.
    Reference,
    /// The far side of the sense resistor.
    Sense,
    /// The measured signal of a response: a coupler microphone or a line output.
    Microphone,
    /// The inverting leg of a balanced output; the other one is the sense input's.
    Negative,
    /// The end of the leads, at the load itself.
    Load,
}

impl ChannelRole {
    /// The name as the user writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Sense => "sense",
            Self::Microphone => "microphone",
            Self::Negative => "negative",
            Self::Load => "load",
        }
    }
}

impl fmt::Display for ChannelRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which input is which. Written `reference=1,sense=2`, with inputs counted from one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChannelMap(BTreeMap<ChannelRole, usize>);

/// Why a text is not a channel map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' does not say which input is which (expected something like reference=1,microphone=2; \
     roles are reference, sense, microphone, negative and load, inputs are counted from 1)"
)]
pub struct ChannelMapError(String);

impl ChannelMap {
    /// A map from roles to channels counted from zero.
    #[must_use]
    pub fn new(roles: impl IntoIterator<Item = (ChannelRole, usize)>) -> Self {
        Self(roles.into_iter().collect())
    }

    /// The channel of a role, counted from zero.
    #[must_use]
    pub fn get(&self, role: ChannelRole) -> Option<usize> {
        self.0.get(&role).copied()
    }

    /// Whether no role was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Roles with their channels, counted from zero.
    pub fn iter(&self) -> impl Iterator<Item = (ChannelRole, usize)> + '_ {
        self.0.iter().map(|(&role, &channel)| (role, channel))
    }
}

impl FromStr for ChannelMap {
    type Err = ChannelMapError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || ChannelMapError(text.to_owned());
        let mut map = BTreeMap::new();
        for part in text.split(',') {
            let (role, number) = part.split_once('=').ok_or_else(refuse)?;
            let role = match role.trim().to_ascii_lowercase().as_str() {
                "reference" | "ref" | "loopback" => ChannelRole::Reference,
                "sense" => ChannelRole::Sense,
                "microphone" | "mic" | "line" => ChannelRole::Microphone,
                "negative" => ChannelRole::Negative,
                "load" => ChannelRole::Load,
                _ => return Err(refuse()),
            };
            let number: usize = number.trim().parse().map_err(|_| refuse())?;
            let channel = number.checked_sub(1).ok_or_else(refuse)?;
            let taken = map.values().any(|&other| other == channel);
            if taken || map.insert(role, channel).is_some() {
                return Err(refuse());
            }
        }
        Ok(Self(map))
    }
}

impl fmt::Display for ChannelMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (role, channel)) in self.iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            write!(f, "{comma}{role}={}", channel + 1)?;
        }
        Ok(())
    }
}

impl Serialize for ChannelMap {
    fn serialize<S: serde::Serializer>(&self, sink: S) -> Result<S::Ok, S::Error> {
        sink.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ChannelMap {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let text = String::deserialize(source)?;
        // An empty map is written as nothing; typed, nothing is a mistake.
        if text.is_empty() {
            return Ok(Self::default());
        }
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_map_without_roles_is_stored_and_read_back() {
        let stored = serde_json::to_string(&ChannelMap::default()).unwrap();
        assert_eq!(serde_json::from_str::<ChannelMap>(&stored).unwrap(), ChannelMap::default());
    }

    #[test]
    fn a_channel_map_is_written_as_it_is_read() {
        let map: ChannelMap = "sense=2,reference=1".parse().unwrap();
        assert_eq!(map.get(ChannelRole::Sense), Some(1));
        assert_eq!(map.to_string(), "reference=1,sense=2");
    }

    #[test]
    fn an_impossible_channel_map_is_refused() {
        for text in ["", "sense", "sense=0", "sense=1,reference=1", "sense=1,sense=2", "tuba=1"] {
            assert!(text.parse::<ChannelMap>().is_err(), "{text}");
        }
    }
}
