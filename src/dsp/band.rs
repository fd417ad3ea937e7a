//! Which band a stimulus that somebody else made covers.

use crate::dsp::transform::Transform;
use crate::model::Band;
use crate::quantity::SampleRate;

/// A stimulus whose band cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stimulus covers less than three octaves, so it is not a sweep that can be used")]
pub struct NoBand;

/// The band that a signal covers, from its power spectrum.
///
/// The power per octave is taken in narrow bands. From the strongest the edges are followed
/// outwards until a band lies 6 dB below the mean of the half octave before it: sweeps and
/// noises of any usual colour change by less inside their band, and all of them end steeply.
///
/// # Errors
///
/// When the signal covers less than three octaves.
pub fn covered_band(signal: &[f64], rate: SampleRate) -> Result<Band, NoBand> {
    let bands = power_per_octave(signal, rate);
    let strongest = (0..bands.len()).max_by(|&a, &b| bands[a].power.total_cmp(&bands[b].power));
    let strongest = strongest.ok_or(NoBand)?;
    let upwards = covered(bands[strongest..].iter());
    let downwards = covered(bands[..=strongest].iter().rev());
    let from_hz = bands[strongest + 1 - downwards].from_hz;
    let to_hz = bands[strongest + upwards - 1].to_hz;
    if to_hz / from_hz < 8.0 {
        return Err(NoBand);
    }
    let flat_to_hz = to_hz.min(0.499 * rate.as_f64() / EDGE_WIDTH);
    let stop_hz = flat_to_hz * EDGE_WIDTH;
    Ok(Band { start_hz: from_hz, flat_from_hz: from_hz, flat_to_hz, stop_hz })
}

/// How many bands, from the first on, belong together; at least one.
fn covered<'a>(bands: impl Iterator<Item = &'a OctaveShare>) -> usize {
    let mut inside: Vec<f64> = Vec::new();
    for band in bands {
        let recent = &inside[inside.len().saturating_sub(PER_OCTAVE / 2)..];
        let mean = recent.iter().sum::<f64>() / recent.len().max(1) as f64;
        if band.power < mean * 10_f64.powf(-EDGE_DB / 10.0) {
            break;
        }
        inside.push(band.power);
    }
    inside.len().max(1)
}

/// Bands per octave.
const PER_OCTAVE: usize = 24;
/// A band this far below the half octave before it lies outside.
const EDGE_DB: f64 = 6.0;
/// The high edge of the deconvolution ends this factor above the covered band.
const EDGE_WIDTH: f64 = 1.06;

struct OctaveShare {
    from_hz: f64,
    to_hz: f64,
    power: f64,
}

/// Mean of `|X|² · f`, which is power per octave, in narrow bands from 1 Hz up.
///
/// The lowest bands need the resolution of the whole signal but not its rate, the others do with
/// that of pieces: one short transform serves both.
fn power_per_octave(signal: &[f64], rate: SampleRate) -> Vec<OctaveShare> {
    const LOWEST_HZ: f64 = 1.0;
    const LONGEST: usize = 1 << 17;
    // Sums of neighbours pass the lowest twentieth of their rate and, by 26 dB, nothing else to
    // there.
    const SUMMED_SHARE: f64 = 0.05;
    let mut transform = Transform::at_least(signal.len().min(LONGEST));
    let neighbours = signal.len().div_ceil(transform.len());
    let sums: Vec<f64> = signal.chunks(neighbours).map(|some| some.iter().sum()).collect();
    let (summed_hz, piece_hz) = (rate.as_f64() / neighbours as f64, rate.as_f64());
    let of_sums = Power::new(&mut transform, &sums, summed_hz);
    let of_pieces = Power::new(&mut transform, signal, piece_hz);
    let edges = (0..).map(|k| LOWEST_HZ * (f64::from(k) / PER_OCTAVE as f64).exp2());
    let edges: Vec<f64> = edges.take_while(|&f| f < rate.nyquist_hz()).collect();
    let share = |pair: &[f64]| {
        let (from_hz, to_hz) = (pair[0], pair[1]);
        let power = if to_hz < SUMMED_SHARE * summed_hz { &of_sums } else { &of_pieces };
        let power = power.mean(from_hz, to_hz)? * (from_hz * to_hz).sqrt();
        Some(OctaveShare { from_hz, to_hz, power })
    };
    edges.windows(2).filter_map(share).collect()
}

/// The power spectrum of a signal, added up over pieces as long as a transform.
struct Power {
    bins: Vec<f64>,
    bin_hz: f64,
}

impl Power {
    fn new(transform: &mut Transform, signal: &[f64], rate_hz: f64) -> Self {
        let mut bins = vec![0.0; transform.bins()];
        let mut spectrum = Vec::new();
        for piece in signal.chunks(transform.len()) {
            transform.forward_into(piece, &mut spectrum);
            bins.iter_mut().zip(&spectrum).for_each(|(sum, bin)| *sum += bin.norm_sqr());
        }
        Self { bins, bin_hz: rate_hz / transform.len() as f64 }
    }

    /// The mean between two frequencies; `None` if no bin lies there.
    fn mean(&self, from_hz: f64, to_hz: f64) -> Option<f64> {
        let first = (from_hz / self.bin_hz).ceil() as usize;
        let end = ((to_hz / self.bin_hz).ceil() as usize).min(self.bins.len());
        let bins = self.bins.get(first..end).filter(|bins| !bins.is_empty())?;
        Some(bins.iter().sum::<f64>() / bins.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::sweep::{synchronised_sweep, tests::spec};

    #[test]
    fn the_band_of_a_sweep_begins_and_ends_inside_its_fades() {
        let rate = SampleRate::new(48_000).unwrap();
        let mut signal = vec![0.0; 48_000];
        signal.extend(synchronised_sweep(&spec(5.0), rate));
        let band = covered_band(&signal, rate).unwrap();
        assert!((5.0..=10.0).contains(&band.start_hz), "{band:?}");
        assert!((20.5e3..=23e3).contains(&band.flat_to_hz), "{band:?}");
    }

    #[test]
    fn a_tone_covers_no_band() {
        let rate = SampleRate::new(48_000).unwrap();
        let tone: Vec<f64> = (0..48_000).map(|k| (f64::from(k) * 0.1).sin()).collect();
        assert_eq!(covered_band(&tone, rate), Err(NoBand));
    }
}
