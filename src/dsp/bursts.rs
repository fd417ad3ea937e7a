//! Short events in a signal that is otherwise noise: clicks, doors, pieces that are missing.

use std::ops::Range;

use super::track::median;
use crate::quantity::SampleRate;

/// A stretch of time in which a signal holds more than its noise.
#[derive(Debug, Clone, PartialEq)]
pub struct Burst {
    /// Where, in samples.
    pub range: Range<usize>,
    /// Its power over that of the noise, in its strongest frame.
    pub excess: f64,
    /// Its amplitude re that of the accompanying signal, in its strongest frame.
    pub share: f64,
    /// Width in hertz of the band it was seen in.
    pub band_hz: f64,
    /// Length of the frames of that band, in seconds.
    pub frame_s: f64,
}

/// The bands in which a signal is looked at: each is the upper half of what is left after taking
/// the mean of so many neighbours.
const DECIMATIONS: [usize; 3] = [1, 8, 64];
/// Values in a frame: enough for its power to scatter little.
const FRAME: usize = 96;
/// A frame of Gaussian noise exceeds the median by so much once in 10⁸, whatever colour it has.
const THRESHOLD: f64 = 3.0;

/// Bursts in the difference of two equal sweeps, or in anything else that should be noise.
///
/// `accompanying` is the signal that the difference was taken of; differences of less than
/// a hundredth of its amplitude at that moment (or of what is usual in this take) are changes of
/// the device and no bursts. Three bands are looked at, in frames of 96 values each, so that
/// 2 ms in the treble and 130 ms in the bass are told apart. The second difference flattens
/// coloured noise. `step` is that between neighbouring sample values: what it makes is no burst
/// either, though a digital loop has no other noise.
#[must_use]
pub fn bursts_in(
    difference: &[f64],
    accompanying: &[f64],
    step: f64,
    rate: SampleRate,
) -> Vec<Burst> {
    let mut found = Vec::new();
    for by in DECIMATIONS {
        let (noise, signal) = (frame_powers(difference, by), frame_powers(accompanying, by));
        if noise.len() >= 8 {
            found.extend(in_band(&noise, &signal, step, by, rate));
        }
    }
    joined(found)
}

/// Bursts in one sweep alone: frames far above their neighbours in time.
///
/// A sweep changes its power slowly, and in the second difference its low notes are quiet, so a
/// click stands out there. A burst in the band that the sweep passes just then cannot be told.
#[must_use]
pub fn bursts_alone(signal: &[f64], rate: SampleRate) -> Vec<Burst> {
    /// A response may rise by 12 dB within the neighbourhood.
    const STEEPEST: f64 = 16.0;
    const NEIGHBOURS: usize = 10;
    let powers = frame_powers(signal, 1);
    let loudest = powers.iter().copied().fold(0.0, f64::max);
    let local = |i: usize| {
        let around = i.saturating_sub(NEIGHBOURS)..(i + NEIGHBOURS + 1).min(powers.len());
        median(&powers[around])
    };
    let hit = |i: usize| {
        let usual = local(i);
        (powers[i] > STEEPEST * usual && usual > 1e-12 * loudest).then(|| Burst {
            range: i * FRAME..(i + 1) * FRAME,
            excess: powers[i] / usual,
            share: (powers[i] / usual).sqrt(),
            band_hz: rate.nyquist_hz(),
            frame_s: FRAME as f64 / rate.as_f64(),
        })
    };
    joined((0..powers.len()).filter_map(hit).collect())
}

fn in_band(noise: &[f64], signal: &[f64], step: f64, by: usize, rate: SampleRate) -> Vec<Burst> {
    /// Differences of devices that are steady to −40 dB, in power.
    const STEADY: f64 = 1e-4;
    /// No device that is worth measuring differs by more between two sweeps.
    const UNSTEADY: f64 = 0.05;
    // Two rounded samples differ by an effective step/√6; the second difference of that has six
    // times the power.
    let usual = median(noise).max(step * step / by as f64);
    // A sweep that sounds beside a frame also sounds, fading, in it.
    let beside = |i: usize| {
        signal[i.saturating_sub(1)..(i + 2).min(signal.len())].iter().copied().fold(0.0, f64::max)
    };
    let loud: Vec<f64> = (0..noise.len())
        .filter(|&i| beside(i) > 100.0 * usual)
        .map(|i| noise[i] / beside(i))
        .collect();
    let changes = (4.0 * median(&loud)).clamp(STEADY, UNSTEADY);
    let length = FRAME * by;
    let hit = |i: usize| {
        let expected = usual.max(changes * beside(i));
        (noise[i] > THRESHOLD * expected && noise[i] > 0.0).then(|| Burst {
            range: i * length..(i + 1) * length,
            excess: noise[i] / usual.max(f64::MIN_POSITIVE),
            share: (noise[i] / beside(i).max(f64::MIN_POSITIVE)).sqrt(),
            band_hz: rate.nyquist_hz() / by as f64,
            frame_s: length as f64 / rate.as_f64(),
        })
    };
    (0..noise.len()).filter_map(hit).collect()
}

/// The mean power of the second difference in each frame, after taking means of neighbours.
fn frame_powers(signal: &[f64], by: usize) -> Vec<f64> {
    let means: Vec<f64>;
    let values = if by == 1 {
        signal
    } else {
        means = signal.chunks_exact(by).map(|some| some.iter().sum::<f64>() / by as f64).collect();
        &means
    };
    let power = |frame: &[f64]| {
        let bends = frame.windows(3).map(|v| (v[0] - 2.0 * v[1] + v[2]).powi(2));
        bends.sum::<f64>() / FRAME as f64
    };
    values.chunks_exact(FRAME).map(power).collect()
}

/// Bursts that overlap or nearly touch made one, in order of time.
fn joined(mut bursts: Vec<Burst>) -> Vec<Burst> {
    bursts.sort_by_key(|burst| burst.range.start);
    let mut joined: Vec<Burst> = Vec::new();
    for burst in bursts {
        let length = burst.range.len();
        match joined.last_mut() {
            Some(last) if burst.range.start <= last.range.end + length => {
                let range = last.range.start..last.range.end.max(burst.range.end);
                // The finer band tells better where it is, the stronger one how strong.
                let stronger = burst.share * burst.frame_s.sqrt() / burst.band_hz.sqrt()
                    > last.share * last.frame_s.sqrt() / last.band_hz.sqrt();
                if stronger {
                    *last = burst;
                }
                last.range = range;
            }
            _ => joined.push(burst),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;
    use rand_distr::{Distribution, StandardNormal};

    use super::*;
    use crate::dsp::sweep::{synchronised_sweep, tests::spec};

    fn rate() -> SampleRate {
        SampleRate::new(48_000).unwrap()
    }

    fn white(frames: usize, seed: u64) -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..frames).map(|_| StandardNormal.sample(&mut rng)).collect()
    }

    /// Noise that falls by 20 dB per decade, and leaks so that it stays bounded.
    fn brown(frames: usize, seed: u64) -> Vec<f64> {
        let mut level = 0.0;
        let step = |v: f64| {
            level = 0.999 * level + v;
            level
        };
        white(frames, seed).into_iter().map(step).collect()
    }

    #[test]
    fn noise_of_any_colour_holds_no_bursts() {
        let sweep = synchronised_sweep(&spec(2.0), rate());
        for seed in 0..40 {
            for noise in [white(sweep.len(), seed), brown(sweep.len(), seed)] {
                let noise: Vec<f64> = noise.iter().map(|v| 1e-4 * v).collect();
                assert_eq!(bursts_in(&noise, &sweep, 0.0, rate()), [], "seed {seed}");
            }
        }
    }

    #[test]
    fn a_device_that_changes_by_a_hundredth_holds_no_bursts() {
        let sweep = synchronised_sweep(&spec(2.0), rate());
        let noise = white(sweep.len(), 1);
        let difference: Vec<f64> =
            sweep.iter().zip(&noise).map(|(s, n)| 0.01 * s + 1e-5 * n).collect();
        assert_eq!(bursts_in(&difference, &sweep, 0.0, rate()), []);
    }

    #[test]
    fn a_click_and_a_thump_are_found_where_they_are() {
        let sweep = synchronised_sweep(&spec(2.0), rate());
        let click = |k: usize| if k.abs_diff(40_000) < 24 { 0.05 } else { 0.0 };
        let thump = |k: usize| {
            let t = (k as f64 - 60_000.0) / 48e3;
            if t > 0.0 {
                0.1 * (-t / 0.05).exp() * (std::f64::consts::TAU * 120.0 * t).sin()
            } else {
                0.0
            }
        };
        for (event, at) in [(&click as &dyn Fn(usize) -> f64, 40_000), (&thump, 60_000)] {
            let noise = white(sweep.len(), 3);
            let difference: Vec<f64> =
                noise.iter().enumerate().map(|(k, n)| 1e-4 * n + event(k)).collect();
            let found = bursts_in(&difference, &sweep, 0.0, rate());
            assert_eq!(found.len(), 1, "{found:?}");
            let early = found[0].range.start <= at + 100;
            assert!(early && found[0].range.end > at, "{found:?}");
        }
    }

    #[test]
    fn a_click_in_a_single_sweep_stands_out_and_a_clean_one_is_clean() {
        let sweep = synchronised_sweep(&spec(2.0), rate());
        let noise = white(sweep.len(), 4);
        let clean: Vec<f64> = sweep.iter().zip(&noise).map(|(s, n)| s + 1e-5 * n).collect();
        assert_eq!(bursts_alone(&clean, rate()), []);
        let mut clicked = clean;
        clicked[40_000] += 0.2;
        assert_eq!(bursts_alone(&clicked, rate()).len(), 1);
    }
}
