//! Takes and stimuli as WAV files.
//!
//! Reading walks the chunks itself and unpacks samples in big blocks: RIFF, RIFX and RF64, 8 to
//! 32-bit integers in any container, 32 and 64-bit floating point. Everything else is refused
//! with its name.

mod header;
mod samples;
mod spool;
mod write;

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use crate::model::{Recording, RecordingError, RigIdentity, RigKind};
use crate::quantity::{OutOfRange, SampleRate};

pub use spool::Spool;
pub use write::{WavWriteError, write, write_recording};

/// A WAV file may hold at most this many channels.
pub const MOST_CHANNELS: u16 = 64;

/// A WAV file may hold at most this many samples over all channels: 2 GiB in memory, or three
/// quarters of an hour of two channels at 48 kHz.
pub const MOST_SAMPLES: u64 = 1 << 28;

/// What was in a WAV file.
#[derive(Debug, Clone, PartialEq)]
pub struct WavRead {
    /// The samples.
    pub recording: Recording,
    /// The file ends before its header says it does.
    pub truncated: Option<Shortfall>,
}

/// How much less there is in a file than its header claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortfall {
    /// Frames according to the header.
    pub claimed_frames: u64,
    /// Frames that are there.
    pub found_frames: u64,
}

/// A WAV file that gave no recording.
#[derive(Debug, thiserror::Error)]
#[error("cannot read '{}': {problem}", path.display())]
pub struct WavError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub problem: WavProblem,
}

/// Why a file is not a recording.
#[derive(Debug, thiserror::Error)]
pub enum WavProblem {
    /// The system refused.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// It is another kind of file.
    #[error("expected a WAV file, found {0}")]
    NotWav(&'static str),
    /// The samples are coded in a way that is not supported.
    #[error("{0} WAV is not supported; convert it to PCM")]
    Coding(String),
    /// The header contradicts itself or ends early.
    #[error("the WAV header is damaged: {0}")]
    Damaged(&'static str),
    /// Too many channels, or none.
    #[error("expected 1 to {MOST_CHANNELS} channels, found {0}")]
    Channels(u16),
    /// A sample rate that no converter has.
    #[error(transparent)]
    Rate(#[from] OutOfRange),
    /// More samples than are taken into memory.
    #[error("too long: {0} samples over all channels, at most {MOST_SAMPLES} are read")]
    TooLong(u64),
    /// The samples are not a recording.
    #[error(transparent)]
    Samples(#[from] RecordingError),
}

/// Reads a WAV file. Its rig is a replay that bears the file's name.
///
/// Integers are scaled so that full scale is 1.0 (divided by 2^(bits−1)); floating point is taken
/// as it is. A file that ends early gives what is there, and says so.
///
/// # Errors
///
/// When the file cannot be read, is not WAV, is coded in an unsupported way, or holds no sample,
/// a sample that is not finite, a rate outside 8 kHz to 768 kHz or more than 64 channels.
pub fn read(path: &Path) -> Result<WavRead, WavError> {
    read_file(path).map_err(|problem| WavError { path: path.to_owned(), problem })
}

/// How much is in a WAV file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WavExtent {
    /// Whole frames that are there.
    pub frames: u64,
    /// Channels.
    pub channels: u16,
    /// Sample rate.
    pub rate: SampleRate,
}

/// Reads how much is in a WAV file, but not the samples.
///
/// # Errors
///
/// When the file cannot be read, is not WAV or is coded in an unsupported way.
pub fn extent(path: &Path) -> Result<WavExtent, WavError> {
    let extent = || {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let header = header::read(&mut BufReader::new(file), length)?;
        let rate = SampleRate::new(header.rate_hz)?;
        Ok(WavExtent { frames: header.frames(), channels: header.channels, rate })
    };
    extent().map_err(|problem| WavError { path: path.to_owned(), problem })
}

fn read_file(path: &Path) -> Result<WavRead, WavProblem> {
    let file = File::open(path)?;
    let there = file.metadata()?;
    if !there.is_file() {
        return Err(WavProblem::NotWav("a folder or a device"));
    }
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    from_reader(&mut BufReader::new(file), there.len(), name)
}

/// Reads a WAV file from anything that is `length` bytes long.
///
/// # Errors
///
/// As [`read`].
pub fn from_reader(
    source: &mut (impl Read + Seek),
    length: u64,
    name: String,
) -> Result<WavRead, WavProblem> {
    let header = header::read(source, length)?;
    let rate = SampleRate::new(header.rate_hz)?;
    let (samples, format) = samples::read(source, &header)?;
    let rig = RigIdentity { kind: RigKind::Replay, name };
    let recording = Recording::new(rate, samples, format, rig)?;
    Ok(WavRead { recording, truncated: header.shortfall() })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;
    use crate::model::SampleFormat;

    /// A file of the given 16 bytes of format, extra chunks and data.
    fn file(form: &[u8], format: &[u8], extra: &[u8], claim: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = form.to_vec();
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend(b"WAVEfmt ");
        bytes.extend(u32::try_from(format.len()).unwrap().to_le_bytes());
        bytes.extend(format);
        bytes.extend(extra);
        bytes.extend(b"data");
        bytes.extend(claim.to_le_bytes());
        bytes.extend(data);
        bytes
    }

    fn pcm(tag: u16, channels: u16, rate: u32, width: u16, bits: u16) -> Vec<u8> {
        let block = width * channels;
        let mut bytes = Vec::new();
        bytes.extend(tag.to_le_bytes());
        bytes.extend(channels.to_le_bytes());
        bytes.extend(rate.to_le_bytes());
        bytes.extend((rate.wrapping_mul(u32::from(block))).to_le_bytes());
        bytes.extend(block.to_le_bytes());
        bytes.extend(bits.to_le_bytes());
        bytes
    }

    fn parse(bytes: &[u8]) -> Result<WavRead, WavProblem> {
        from_reader(&mut Cursor::new(bytes), bytes.len() as u64, "test.wav".to_owned())
    }

    fn values(bytes: &[u8]) -> Vec<f64> {
        parse(bytes).unwrap().recording.samples().iter().copied().collect()
    }

    #[test]
    fn half_of_full_scale_is_one_half_at_every_width() {
        assert_eq!(values(&file(b"RIFF", &pcm(1, 1, 8000, 1, 8), &[], 1, &[192])), [0.5]);
        assert_eq!(values(&file(b"RIFF", &pcm(1, 1, 8000, 2, 16), &[], 2, &[0, 64])), [0.5]);
        assert_eq!(values(&file(b"RIFF", &pcm(1, 1, 8000, 3, 24), &[], 3, &[0, 0, 192])), [-0.5]);
        assert_eq!(values(&file(b"RIFF", &pcm(1, 1, 8000, 4, 32), &[], 4, &[0, 0, 0, 64])), [0.5]);
        let float = 0.5_f32.to_le_bytes();
        assert_eq!(values(&file(b"RIFF", &pcm(3, 1, 8000, 4, 32), &[], 4, &float)), [0.5]);
        let double = 0.5_f64.to_le_bytes();
        assert_eq!(values(&file(b"RIFF", &pcm(3, 1, 8000, 8, 64), &[], 8, &double)), [0.5]);
    }

    #[test]
    fn twenty_four_bits_in_four_bytes_are_found_on_either_side() {
        let format = pcm(1, 1, 48000, 4, 24);
        let low = [0x60, 0xff, 0xff, 0x00, 0x01, 0x00, 0x40, 0x00];
        let expected = [-160.0 / 8_388_608.0, 4_194_305.0 / 8_388_608.0];
        assert_eq!(values(&file(b"RIFF", &format, &[], 8, &low)), expected);
        let high = [0, 0, 0, 0x40, 0, 0, 0, 0xc0];
        let read = parse(&file(b"RIFF", &format, &[], 8, &high)).unwrap().recording;
        assert_eq!(read.samples().row(0).to_vec(), [0.5, -0.5]);
        assert_eq!(read.format(), SampleFormat::Integer(24));
    }

    #[test]
    fn a_file_that_ends_early_gives_what_is_there_and_says_so() {
        let bytes = file(b"RIFF", &pcm(1, 1, 8000, 2, 16), &[], 4_000_000_000, &[0, 64, 0, 0, 1]);
        let read = parse(&bytes).unwrap();
        assert_eq!(read.recording.frames(), 2);
        let expected = Shortfall { claimed_frames: 2_000_000_000, found_frames: 2 };
        assert_eq!(read.truncated, Some(expected));
    }

    #[test]
    fn a_length_that_was_never_filled_in_reaches_to_the_end_of_the_file() {
        for unknown in [0, u32::MAX] {
            let bytes = file(b"RIFF", &pcm(1, 1, 8000, 2, 16), &[], unknown, &[0, 64, 0, 0]);
            let read = parse(&bytes).unwrap();
            assert_eq!((read.recording.frames(), read.truncated), (2, None));
        }
    }

    #[test]
    fn an_odd_chunk_before_the_data_is_skipped_with_and_without_its_padding() {
        let format = pcm(1, 1, 8000, 2, 16);
        for extra in [&b"LIST\x03\0\0\0abc\0"[..], &b"LIST\x03\0\0\0abc"[..]] {
            assert_eq!(values(&file(b"RIFF", &format, extra, 2, &[0, 64])), [0.5]);
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let refusal = |bytes: &[u8]| parse(bytes).unwrap_err().to_string();
        let law = file(b"RIFF", &pcm(7, 1, 8000, 1, 8), &[], 1, &[0]);
        assert_eq!(refusal(&law), "μ-law compressed WAV is not supported; convert it to PCM");
        let still = file(b"RIFF", &pcm(1, 1, 0, 2, 16), &[], 2, &[0, 0]);
        assert_eq!(refusal(&still), "sample rate of 0 Hz is outside 8000 to 768000 Hz");
        let crowd = file(b"RIFF", &pcm(1, 65, 8000, 2, 16), &[], 2, &[0; 130]);
        assert_eq!(refusal(&crowd), "expected 1 to 64 channels, found 65");
        let empty = file(b"RIFF", &pcm(1, 1, 8000, 2, 16), &[], 0, &[]);
        assert_eq!(refusal(&empty), "the recording is empty");
        assert_eq!(refusal(b""), "expected a WAV file, found an empty file");
        assert_eq!(refusal(b"fLaC\0\0\0\0\0\0\0\0"), "expected a WAV file, found FLAC");
        let nan = file(b"RIFF", &pcm(3, 1, 8000, 4, 32), &[], 4, &f32::NAN.to_le_bytes());
        assert_eq!(refusal(&nan), "sample 0 of channel 1 is not a finite number");
    }

    #[test]
    fn a_long_header_of_nothing_is_not_walked_for_ever() {
        let mut bytes = b"RIFF\0\0\0\0WAVE".to_vec();
        bytes.resize(1 << 20, 0);
        assert!(matches!(parse(&bytes), Err(WavProblem::Damaged(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_without_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let _ = parse(&bytes);
        }

        #[test]
        fn any_header_is_read_or_refused_without_panic(
            form in prop::sample::select(vec![*b"RIFF", *b"RIFX", *b"RF64"]),
            format in proptest::collection::vec(any::<u8>(), 14..44),
            claim in any::<u32>(),
            data in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            let _ = parse(&file(&form[..], &format, &[], claim, &data));
        }

        #[test]
        fn any_plain_format_is_read_or_refused_without_panic(
            tag in prop::sample::select(vec![1_u16, 3]),
            channels in 0_u16..5,
            width in 0_u16..10,
            bits in 0_u16..70,
            data in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            let format = pcm(tag, channels, 48000, width, bits);
            let _ = parse(&file(b"RIFF", &format, &[], 60, &data));
        }
    }
}
