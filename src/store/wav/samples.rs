//! From the bytes of a WAV file to samples.

use std::io::Read;

use ndarray::Array2;

use super::header::{ByteOrder, Coding, Header};
use super::{MOST_SAMPLES, WavProblem};
use crate::model::SampleFormat;

/// Bytes that are unpacked at a time: few enough to stay in a processor's second cache while
/// every channel is picked out of them.
const PIECE: u64 = 1 << 16;

/// Full scale of an integer that fills four bytes.
const FULL_SCALE_32: f64 = 2_147_483_648.0;

/// Reads all samples, channels × frames, from a source that stands at the first.
pub(super) fn read(
    source: &mut impl Read,
    header: &Header,
) -> Result<(Array2<f64>, SampleFormat), WavProblem> {
    let channels = usize::from(header.channels);
    let count = header.frames().saturating_mul(u64::from(header.channels));
    if count > MOST_SAMPLES {
        return Err(WavProblem::TooLong(count));
    }
    let frames = header.frames() as usize;
    let mut samples = vec![0.0; channels * frames];
    let block = header.block() as usize;
    let at_once = (PIECE / header.block()).max(1) as usize;
    let mut bytes = vec![0; at_once * block];
    let mut done = 0;
    while done < frames {
        let now = at_once.min(frames - done);
        let bytes = &mut bytes[..now * block];
        source.read_exact(bytes)?;
        if header.order == ByteOrder::Big {
            bytes.chunks_exact_mut(usize::from(header.width)).for_each(<[u8]>::reverse);
        }
        for (channel, row) in samples.chunks_exact_mut(frames).enumerate() {
            unpack(header, bytes, channel, &mut row[done..done + now]);
        }
        done += now;
    }
    let format = settle_format(header, &mut samples);
    let samples = Array2::from_shape_vec((channels, frames), samples);
    Ok((samples.unwrap_or_default(), format))
}

fn unpack(header: &Header, bytes: &[u8], channel: usize, row: &mut [f64]) {
    let block = header.block() as usize;
    let place = channel * usize::from(header.width);
    match (header.coding, header.width) {
        (Coding::Integer, 1) => {
            pick(bytes, block, place, row, |[a]| (f64::from(a) - 128.0) / 128.0);
        }
        (Coding::Integer, 2) => {
            pick(bytes, block, place, row, |pair| f64::from(i16::from_le_bytes(pair)) / 32_768.0);
        }
        (Coding::Integer, 3) => pick(bytes, block, place, row, |[a, b, c]| {
            f64::from(i32::from_le_bytes([0, a, b, c])) / FULL_SCALE_32
        }),
        (Coding::Integer, _) => pick(bytes, block, place, row, |four| {
            f64::from(i32::from_le_bytes(four)) / FULL_SCALE_32
        }),
        (Coding::Float, 8) => pick(bytes, block, place, row, f64::from_le_bytes),
        (Coding::Float, _) => {
            pick(bytes, block, place, row, |four| f64::from(f32::from_le_bytes(four)));
        }
    }
}

/// Decodes the `N` bytes at `place` of every block.
fn pick<const N: usize>(
    bytes: &[u8],
    block: usize,
    place: usize,
    row: &mut [f64],
    decode: impl Fn([u8; N]) -> f64,
) {
    for (sample, frame) in row.iter_mut().zip(bytes.chunks_exact(block)) {
        if let Some(bytes) = frame.get(place..).and_then(|rest| rest.first_chunk()) {
            *sample = decode(*bytes);
        }
    }
}

/// The format of the samples. Twenty-four bits in four bytes lie in the upper three by the
/// standard, and in the lower three where ALSA wrote them; which it is shows in the samples.
fn settle_format(header: &Header, samples: &mut [f64]) -> SampleFormat {
    if header.coding == Coding::Float {
        return SampleFormat::Float;
    }
    let bits = header.bits as u8;
    if header.width != 4 || bits > 24 {
        return SampleFormat::Integer(bits);
    }
    let raw = |sample: &f64| (sample * FULL_SCALE_32) as i32;
    if samples.iter().all(|sample| raw(sample).trailing_zeros() >= 8) {
        return SampleFormat::Integer(bits);
    }
    if samples.iter().all(|sample| matches!(raw(sample) >> 24, -1 | 0)) {
        for sample in samples.iter_mut() {
            *sample = f64::from(raw(sample) << 8) / FULL_SCALE_32;
        }
        return SampleFormat::Integer(bits);
    }
    SampleFormat::Integer(32)
}
