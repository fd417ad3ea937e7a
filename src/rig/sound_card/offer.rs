//! What a device offers, and which of it an exchange takes.

use std::collections::BTreeSet;

use cpal::{BufferSize, StreamConfig, SupportedBufferSize, SupportedStreamConfigRange};

use crate::quantity::SampleRate;

/// Rates at which converters run, in hertz; a continuous range is listed by those inside it.
const USUAL_RATES_HZ: [u32; 17] = [
    8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000, 176_400,
    192_000, 352_800, 384_000, 705_600, 768_000,
];

/// Channels that are opened even where fewer are needed: a system that converts would spread a
/// single channel over both, or record the mean of both.
const PAIR: u16 = 2;

/// What one direction of a device offers.
#[derive(Debug, Clone)]
pub(super) struct Offer(Vec<SupportedStreamConfigRange>);

/// How many channels to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channels {
    /// So many.
    Exactly(u16),
    /// As few as there are from so many on.
    AtLeast(u16),
}

/// How a stream is to be opened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    pub(super) config: StreamConfig,
    pub(super) format: cpal::SampleFormat,
}

/// Something that is not offered: what was wanted and what there is instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotOffered {
    pub(super) wanted: String,
    pub(super) offered: String,
}

impl Offer {
    /// An offer of the configurations that the system lists.
    pub(super) fn new(ranges: impl IntoIterator<Item = SupportedStreamConfigRange>) -> Self {
        Self(ranges.into_iter().collect())
    }

    /// The channel counts, rising.
    pub(super) fn channels(&self) -> BTreeSet<u16> {
        self.0.iter().map(SupportedStreamConfigRange::channels).collect()
    }

    /// The sample types, by name.
    pub(super) fn formats(&self) -> BTreeSet<String> {
        self.0.iter().map(|range| range.sample_format().to_string()).collect()
    }

    /// The sample rates: those of a fixed list, and the usual ones in a continuous range.
    pub(super) fn rates(&self) -> BTreeSet<SampleRate> {
        let ends = self.0.iter().flat_map(|r| [r.min_sample_rate(), r.max_sample_rate()]);
        let candidates = ends.chain(USUAL_RATES_HZ);
        let offered = candidates.filter(|&hz| self.0.iter().any(|r| r.contains_rate(hz)));
        offered.filter_map(|hz| SampleRate::new(hz).ok()).collect()
    }

    /// Whether rates are offered that no converter has: then the system converts them without
    /// saying so, and a rate proves nothing.
    pub(super) fn resamples(&self) -> bool {
        let beyond = |r: &SupportedStreamConfigRange| {
            let (low, high) = (r.min_sample_rate(), r.max_sample_rate());
            low != high && (low < SampleRate::MIN.hz() || high > SampleRate::MAX.hz())
        };
        self.0.iter().any(beyond)
    }

    /// The number of channels that would be opened; `None` if there are not so many.
    pub(super) fn opened(&self, channels: Channels) -> Option<u16> {
        let counts = self.channels();
        match channels {
            Channels::Exactly(count) => counts.contains(&count).then_some(count),
            Channels::AtLeast(count) => {
                let from = |least| counts.range(least..).next().copied();
                from(count.max(PAIR)).or_else(|| from(count))
            }
        }
    }

    /// How to open a stream.
    ///
    /// Of the sample types, floating point comes first: a server has it inside, and a converter
    /// that is reached directly does not offer it. Then those with more bits.
    pub(super) fn choose(
        &self,
        rate: SampleRate,
        channels: Channels,
        buffer_frames: Option<u32>,
    ) -> Result<Choice, NotOffered> {
        let at_rate = self.keep(|range| range.contains_rate(rate.hz()));
        if at_rate.0.is_empty() {
            return Err(NotOffered { wanted: rate.to_string(), offered: self.rates_in_words() });
        }
        let count = at_rate.opened(channels).ok_or_else(|| at_rate.lacks_channels(channels))?;
        let usable = at_rate.keep(|range| range.channels() == count);
        let best = usable.0.iter().filter_map(|r| Some((rank(r.sample_format())?, r)));
        let (_, range) = best.min_by_key(|&(rank, _)| rank).ok_or_else(|| NotOffered {
            wanted: "samples of 16, 24 or 32 bits".to_owned(),
            offered: in_words(usable.formats()),
        })?;
        let wanted = buffer_frames.unwrap_or(default_buffer_frames(rate));
        let buffer_size = BufferSize::Fixed(nearest_buffer(wanted, *range.buffer_size()));
        let config = StreamConfig { channels: count, sample_rate: rate.hz(), buffer_size };
        Ok(Choice { config, format: range.sample_format() })
    }

    fn keep(&self, wanted: impl Fn(&&SupportedStreamConfigRange) -> bool) -> Self {
        Self(self.0.iter().filter(wanted).copied().collect())
    }

    /// What to say where [`Self::opened`] finds nothing.
    pub(super) fn lacks_channels(&self, channels: Channels) -> NotOffered {
        let wanted = match channels {
            Channels::Exactly(count) => format!("exactly {count} channels"),
            Channels::AtLeast(count) => format!("{count} channels"),
        };
        NotOffered { wanted, offered: in_words(self.channels()) }
    }

    fn rates_in_words(&self) -> String {
        let rates = self.rates();
        if rates.is_empty() { "no rate".to_owned() } else { in_words(rates) }
    }
}

impl Choice {
    /// The frames per callback that are asked for; `None` if that is left to the device.
    pub(super) fn asked_frames(&self) -> Option<u32> {
        match self.config.buffer_size {
            BufferSize::Fixed(frames) => Some(frames),
            BufferSize::Default => None,
        }
    }

    /// The same with the buffer left to the device.
    pub(super) fn with_default_buffer(mut self) -> Self {
        self.config.buffer_size = BufferSize::Default;
        self
    }
}

fn in_words<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<_> = items.into_iter().map(|item| item.to_string()).collect();
    items.join(", ")
}

/// The place of a sample type in the order of choice; `None` if it is not used here.
fn rank(format: cpal::SampleFormat) -> Option<u8> {
    use cpal::SampleFormat as Format;
    match format {
        Format::F32 => Some(0),
        Format::F64 => Some(1),
        Format::I32 => Some(2),
        Format::I24 => Some(3),
        Format::I16 => Some(4),
        _ => None,
    }
}

/// A sixth of a second or so: delay costs nothing here, and a lost block costs the measurement.
fn default_buffer_frames(rate: SampleRate) -> u32 {
    if rate.hz() <= 48_000 { 8_192 } else { 16_384 }
}

/// The power of two nearest to the wanted one in the range of a device; where there is none,
/// the nearest number.
fn nearest_buffer(wanted: u32, range: SupportedBufferSize) -> u32 {
    let SupportedBufferSize::Range { min, max } = range else { return wanted };
    let inside = wanted.clamp(min, max.max(min));
    if inside.is_power_of_two() {
        return inside;
    }
    let above = inside.checked_next_power_of_two();
    let below = above.map_or(1 << 31, |above| above / 2);
    [Some(below), above].into_iter().flatten().find(|n| (min..=max).contains(n)).unwrap_or(inside)
}

#[cfg(test)]
mod tests {
    use cpal::SampleFormat as Format;

    use super::*;

    const BUFFER: SupportedBufferSize = SupportedBufferSize::Range { min: 1024, max: 65_536 };

    fn range(channels: u16, low: u32, high: u32, format: Format) -> SupportedStreamConfigRange {
        SupportedStreamConfigRange::new(channels, low, high, BUFFER, format)
    }

    fn rate(hz: u32) -> SampleRate {
        SampleRate::new(hz).unwrap()
    }

    fn interface() -> Offer {
        let formats = [Format::I16, Format::I32];
        let rates = [44_100, 48_000, 96_000];
        Offer::new(formats.iter().flat_map(|&f| rates.map(|hz| range(2, hz, hz, f))))
    }

    #[test]
    fn a_device_is_opened_with_its_best_format_and_a_large_buffer() {
        let choice = interface().choose(rate(48_000), Channels::AtLeast(1), None).unwrap();
        assert_eq!(choice.format, Format::I32);
        assert_eq!((choice.config.channels, choice.asked_frames()), (2, Some(8192)));
        let choice = interface().choose(rate(96_000), Channels::AtLeast(1), None).unwrap();
        assert_eq!(choice.asked_frames(), Some(16_384));
    }

    #[test]
    fn what_is_not_offered_is_said_beside_what_is() {
        let error = interface().choose(rate(88_200), Channels::AtLeast(1), None).unwrap_err();
        assert_eq!(error.wanted, "88200 Hz");
        assert_eq!(error.offered, "44100 Hz, 48000 Hz, 96000 Hz");
        let error = interface().choose(rate(48_000), Channels::AtLeast(3), None).unwrap_err();
        assert_eq!((error.wanted.as_str(), error.offered.as_str()), ("3 channels", "2"));
        let bytes = Offer::new([range(2, 48_000, 48_000, Format::U8)]);
        let error = bytes.choose(rate(48_000), Channels::AtLeast(1), None).unwrap_err();
        assert_eq!(error.offered, "u8");
    }

    #[test]
    fn a_single_channel_is_never_taken_from_a_device_that_has_two() {
        let any = Offer::new((1..=8).map(|n| range(n, 48_000, 48_000, Format::F32)));
        assert_eq!(any.opened(Channels::AtLeast(1)), Some(2));
        assert_eq!(any.opened(Channels::AtLeast(3)), Some(3));
        assert_eq!(any.opened(Channels::Exactly(1)), Some(1));
        let mono = Offer::new([range(1, 48_000, 48_000, Format::F32)]);
        assert_eq!(mono.opened(Channels::AtLeast(1)), Some(1));
        let ten = Offer::new([range(10, 48_000, 48_000, Format::I32)]);
        assert_eq!(ten.opened(Channels::AtLeast(2)), Some(10));
        assert_eq!(ten.opened(Channels::Exactly(2)), None);
    }

    #[test]
    fn a_rate_range_that_no_converter_has_is_recognised() {
        let plug = Offer::new([range(2, 4_000, u32::MAX, Format::F32)]);
        let loopback = Offer::new([range(2, 8_000, 192_000, Format::I32)]);
        assert!(plug.resamples());
        assert!(!loopback.resamples() && !interface().resamples());
        assert!(loopback.rates().contains(&rate(96_000)));
        assert_eq!(interface().rates().len(), 3);
    }

    #[test]
    fn a_buffer_is_the_nearest_power_of_two_that_the_device_takes() {
        let range = |min, max| SupportedBufferSize::Range { min, max };
        assert_eq!(nearest_buffer(8192, range(64, 65_536)), 8192);
        assert_eq!(nearest_buffer(8192, range(64, 5000)), 4096);
        assert_eq!(nearest_buffer(8192, range(10_000, 50_000)), 16_384);
        assert_eq!(nearest_buffer(8192, range(1, 4_194_304)), 8192);
        assert_eq!(nearest_buffer(8192, range(441, 441)), 441);
        assert_eq!(nearest_buffer(8192, range(u32::MAX, u32::MAX)), u32::MAX);
        assert_eq!(nearest_buffer(8192, SupportedBufferSize::Unknown), 8192);
    }
}
