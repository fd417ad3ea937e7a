//! The chunks of a WAV file up to its samples.

use std::io::{ErrorKind, Read, Seek, SeekFrom};

use super::{MOST_CHANNELS, Shortfall, WavProblem};

/// A file with more chunks than this before its samples is not a recording.
const MOST_CHUNKS: usize = 4096;

/// A length that a writer leaves who does not know it, as one that writes into a pipe.
const UNKNOWN_LENGTH: u32 = u32::MAX;

/// The order of the bytes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByteOrder {
    /// RIFF and RF64.
    Little,
    /// RIFX.
    Big,
}

/// How a sample is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Integer,
    Float,
}

/// What the header says, as far as the file bears it out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) order: ByteOrder,
    pub(super) coding: Coding,
    pub(super) channels: u16,
    pub(super) rate_hz: u32,
    /// Bytes that one sample occupies.
    pub(super) width: u16,
    /// Bits of them that count.
    pub(super) bits: u16,
    /// Bytes of samples that are there.
    pub(super) found: u64,
    /// Bytes of samples according to the header, where it says.
    claimed: Option<u64>,
}

impl Header {
    /// Bytes of one sample of every channel.
    pub(super) fn block(&self) -> u64 {
        u64::from(self.width) * u64::from(self.channels)
    }

    /// Whole frames that are there.
    pub(super) fn frames(&self) -> u64 {
        self.found / self.block()
    }

    pub(super) fn shortfall(&self) -> Option<Shortfall> {
        let claimed_frames = self.claimed? / self.block();
        let found_frames = self.frames();
        (claimed_frames > found_frames).then_some(Shortfall { claimed_frames, found_frames })
    }
}

/// Reads the header and leaves the source at the first sample.
pub(super) fn read(source: &mut (impl Read + Seek), length: u64) -> Result<Header, WavProblem> {
    let order = read_form(source, length)?;
    let mut format = None;
    let mut long_claim = None;
    for _ in 0..MOST_CHUNKS {
        let Some((id, claim)) = chunk(source, order)? else {
            return Err(WavProblem::Damaged(match format {
                Some(_) => "it holds no samples (no data chunk)",
                None => "it ends before the sample format is stated",
            }));
        };
        match &id {
            b"fmt " => format = Some(read_format(source, order, claim)?),
            b"ds64" => long_claim = read_long_claim(source, claim)?,
            b"data" => {
                let format =
                    format.ok_or(WavProblem::Damaged("samples before their format is stated"))?;
                let found = length.saturating_sub(source.stream_position()?);
                return Ok(with_data(format, order, found, claim, long_claim));
            }
            _ => skip(source, u64::from(claim))?,
        }
        if claim % 2 == 1 {
            skip_padding(source)?;
        }
    }
    Err(WavProblem::Damaged("too many chunks before the samples"))
}

fn read_form(source: &mut impl Read, length: u64) -> Result<ByteOrder, WavProblem> {
    if length == 0 {
        return Err(WavProblem::NotWav("an empty file"));
    }
    let mut form = [0; 12];
    let read = read_up_to(source, &mut form)?;
    let order = match &form[..4] {
        b"RIFF" | b"RF64" | b"BW64" => ByteOrder::Little,
        b"RIFX" => ByteOrder::Big,
        _ => return Err(WavProblem::NotWav(other_kind(&form[..read]))),
    };
    if &form[8..] != b"WAVE" {
        return Err(WavProblem::NotWav("another kind of RIFF file"));
    }
    Ok(order)
}

/// The kind of a file by its first bytes.
fn other_kind(start: &[u8]) -> &'static str {
    match start {
        [b'f', b'L', b'a', b'C', ..] => "FLAC",
        [b'O', b'g', b'g', b'S', ..] => "Ogg",
        [b'F', b'O', b'R', b'M', ..] => "AIFF",
        [b'c', b'a', b'f', b'f', ..] => "CAF",
        [b'r', b'i', b'f', b'f', ..] => "Wave64",
        [b'I', b'D', b'3', ..] | [0xff, 0xfb | 0xf3, ..] => "MP3",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "MP4",
        _ => "something else (no RIFF at its start)",
    }
}

/// The next chunk's name and length; `None` at the end of the file.
fn chunk(source: &mut impl Read, order: ByteOrder) -> Result<Option<([u8; 4], u32)>, WavProblem> {
    let mut head = [0; 8];
    if read_up_to(source, &mut head)? < head.len() {
        return Ok(None);
    }
    let [a, b, c, d, length @ ..] = head;
    let length = match order {
        ByteOrder::Little => u32::from_le_bytes(length),
        ByteOrder::Big => u32::from_be_bytes(length),
    };
    Ok(Some(([a, b, c, d], length)))
}

fn read_up_to(source: &mut impl Read, buffer: &mut [u8]) -> Result<usize, WavProblem> {
    let mut read = 0;
    while read < buffer.len() {
        match source.read(&mut buffer[read..]) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(read)
}

fn skip(source: &mut impl Seek, bytes: u64) -> Result<(), WavProblem> {
    let bytes = i64::try_from(bytes).map_err(|_| WavProblem::Damaged("a chunk without end"))?;
    source.seek(SeekFrom::Current(bytes))?;
    Ok(())
}

/// Chunks start at even places; not every writer knows. No chunk's name starts with a zero.
fn skip_padding(source: &mut (impl Read + Seek)) -> Result<(), WavProblem> {
    let mut byte = [1];
    let read = read_up_to(source, &mut byte)?;
    if read == 1 && byte != [0] {
        source.seek(SeekFrom::Current(-1))?;
    }
    Ok(())
}

/// The length of the samples in an RF64 file, whose own field is too short for it.
fn read_long_claim(source: &mut (impl Read + Seek), claim: u32) -> Result<Option<u64>, WavProblem> {
    let mut fields = [0; 16];
    let wanted = fields.len().min(claim as usize);
    let read = read_up_to(source, &mut fields[..wanted])?;
    skip(source, u64::from(claim).saturating_sub(read as u64))?;
    let [_, _, _, _, _, _, _, _, data @ ..] = fields;
    Ok((read == fields.len()).then(|| u64::from_le_bytes(data)))
}

fn with_data(
    format: Header,
    order: ByteOrder,
    there: u64,
    claim: u32,
    long_claim: Option<u64>,
) -> Header {
    let claimed = match (claim, long_claim) {
        (0 | UNKNOWN_LENGTH, Some(long)) => Some(long),
        // A recorder that was killed leaves a zero, one that writes into a pipe the largest number.
        (0 | UNKNOWN_LENGTH, None) => None,
        (claim, _) => Some(u64::from(claim)),
    };
    Header { order, claimed, found: claimed.map_or(there, |claimed| claimed.min(there)), ..format }
}

/// The format chunk, of 16, 18, 40 or any other number of bytes.
fn read_format(
    source: &mut (impl Read + Seek),
    order: ByteOrder,
    claim: u32,
) -> Result<Header, WavProblem> {
    let mut bytes = [0; 40];
    let wanted = bytes.len().min(claim as usize);
    let read = read_up_to(source, &mut bytes[..wanted])?;
    if read < 16 {
        return Err(WavProblem::Damaged("its format chunk is too short"));
    }
    skip(source, u64::from(claim).saturating_sub(read as u64))?;
    let at = |place: usize| {
        let pair = [bytes[place], bytes[place + 1]];
        match order {
            ByteOrder::Little => u16::from_le_bytes(pair),
            ByteOrder::Big => u16::from_be_bytes(pair),
        }
    };
    let rate = [bytes[4], bytes[5], bytes[6], bytes[7]];
    let rate_hz = match order {
        ByteOrder::Little => u32::from_le_bytes(rate),
        ByteOrder::Big => u32::from_be_bytes(rate),
    };
    let (channels, block, container) = (at(2), at(12), at(14));
    let extended = at(0) == EXTENSIBLE && read == bytes.len();
    // The coding of an extensible format is a number of four bytes.
    let extended_tag = if order == ByteOrder::Little { at(24) } else { at(26) };
    let coding = coding(if extended { extended_tag } else { at(0) })?;
    let bits = if extended && at(18) > 0 { at(18) } else { container };
    let width = sample_width(coding, channels, block, bits)?;
    Ok(Header { order, coding, channels, rate_hz, width, bits, found: 0, claimed: None })
}

const EXTENSIBLE: u16 = 0xfffe;

fn coding(tag: u16) -> Result<Coding, WavProblem> {
    let name = match tag {
        1 => return Ok(Coding::Integer),
        3 => return Ok(Coding::Float),
        2 | 0x11 => "ADPCM compressed",
        6 => "A-law compressed",
        7 => "μ-law compressed",
        0x50 | 0x55 => "MPEG compressed",
        EXTENSIBLE => return Err(WavProblem::Damaged("its format chunk is too short")),
        _ => return Err(WavProblem::Coding(format!("compressed (format {tag:#06x})"))),
    };
    Err(WavProblem::Coding(name.to_owned()))
}

fn sample_width(coding: Coding, channels: u16, block: u16, bits: u16) -> Result<u16, WavProblem> {
    if !(1..=MOST_CHANNELS).contains(&channels) {
        return Err(WavProblem::Channels(channels));
    }
    let width = block / channels;
    if !block.is_multiple_of(channels) || bits == 0 || bits > width.saturating_mul(8) {
        return Err(WavProblem::Damaged("channels, bits and bytes do not fit together"));
    }
    match (coding, width) {
        (Coding::Integer, 1..=4) | (Coding::Float, 4 | 8) => Ok(width),
        (Coding::Integer, _) => Err(WavProblem::Coding(format!("{bits}-bit integer"))),
        (Coding::Float, _) => Err(WavProblem::Coding(format!("{bits}-bit floating point"))),
    }
}
