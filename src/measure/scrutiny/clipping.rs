//! Samples that pile up at the end of a range.

use crate::model::{Finding, FindingKind, Recording};
use crate::quantity::amplitude_db;

/// At or above this level (−0.1 dB) a converter is at its end.
const FULL_SCALE: f64 = 0.988_553;

/// The finding about a channel (counted from zero) that was driven to the end of the converter's
/// range, or of another stage's before it.
pub(super) fn clipping(recording: &Recording, index: usize, extremes: Extremes) -> Option<Finding> {
    let channel = recording.channel(index)?;
    let plateau = extremes.plateau(channel);
    if plateau.is_none() && extremes.peak() < FULL_SCALE {
        return None;
    }
    let level = plateau.unwrap_or(FULL_SCALE);
    let first = channel.iter().position(|v| v.abs() >= level)?;
    let samples = channel.iter().filter(|v| v.abs() >= level).count();
    let first_at_s = first as f64 / recording.rate().as_f64();
    let (channel, level_dbfs) = (index + 1, amplitude_db(level));
    Some(Finding::refusal(FindingKind::Clipped { channel, samples, first_at_s, level_dbfs }))
}

/// The highest and the lowest sample of a channel, or zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extremes {
    top: f64,
    bottom: f64,
}

impl Extremes {
    pub(super) fn of(channel: &[f64]) -> Self {
        // Side by side, because a sample need not wait for the last comparison then.
        let (mut tops, mut bottoms) = ([0.0_f64; 8], [0.0_f64; 8]);
        let (eights, rest) = channel.as_chunks::<8>();
        for (k, &v) in eights.iter().flat_map(|eight| eight.iter().enumerate()) {
            tops[k] = tops[k].max(v);
            bottoms[k] = bottoms[k].min(v);
        }
        let top = tops.into_iter().chain(rest.iter().copied()).fold(0.0, f64::max);
        let bottom = bottoms.into_iter().chain(rest.iter().copied()).fold(0.0, f64::min);
        Self { top, bottom }
    }

    pub(super) fn peak(self) -> f64 {
        self.top.max(-self.bottom)
    }

    /// The magnitude at or above which samples pile up at either end, if they do.
    fn plateau(self, channel: &[f64]) -> Option<f64> {
        let near = |sign: f64, extreme: f64| Depths::new(channel, sign, extreme).plateau();
        let (top, bottom) = (near(1.0, self.top), near(-1.0, -self.bottom));
        match (top, bottom) {
            (Some(top), Some(bottom)) => Some(top.min(bottom)),
            (top, bottom) => top.or(bottom),
        }
    }
}

/// How far samples lie below the extreme: their number within the smallest distance that occurs,
/// within four times that, sixteen times …
///
/// A smooth crest is a parabola, so that the number within a distance grows as its root or
/// faster, with noise, with several crests of unlike height and with rounding too: four times the
/// distance holds twice as many or more. Where samples pile up at a limit it holds hardly more.
/// This needs to know neither the limit nor the resolution, and a single resonance that is cut
/// suffices.
struct Depths {
    extreme: f64,
    smallest: f64,
    counts: [usize; Self::SCALES],
}

impl Depths {
    /// Four to the fourteenth covers the range of 24 bits.
    const SCALES: usize = 14;
    /// Distances are looked at up to this share of the extreme.
    const DEEPEST: f64 = 0.2;

    fn new(channel: &[f64], sign: f64, extreme: f64) -> Self {
        let floor = (1.0 - Self::DEEPEST) * extreme;
        let close = || channel.iter().map(|v| v * sign).filter(|&v| v > floor);
        let second = close().filter(|&v| v < extreme).fold(floor, f64::max);
        let smallest = extreme - second;
        let mut counts = [0; Self::SCALES];
        for value in close() {
            // Half a distance more parts two steps of a converter in spite of rounding.
            let ratio = (extreme - value) / smallest + 0.5;
            let scale = if ratio < 1.0 { 0 } else { (ratio.log2() / 2.0) as usize + 1 };
            if let Some(count) = counts.get_mut(scale) {
                *count += 1;
            }
        }
        Self { extreme, smallest, counts }
    }

    /// The distance up to which a scale counts.
    fn reach(&self, scale: i32) -> f64 {
        self.smallest * (4_f64.powi(scale) - 0.5)
    }

    /// The level at or above which samples pile up.
    fn plateau(&self) -> Option<f64> {
        // Fewer are no pile: below a smooth crest that few may lie by chance.
        const FEWEST: usize = 32;
        const FEW: usize = 128;
        let mut within = 0;
        for (scale, pair) in (0..).zip(self.counts.windows(2)) {
            within += pair[0];
            if self.reach(scale + 1) > Self::DEEPEST * self.extreme {
                break;
            }
            let hardly = if within < FEW { within / 8 } else { within / 3 };
            if within >= FEWEST && pair[1] <= hardly {
                return Some(self.extreme - self.reach(scale));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{kinds, recording, recording_of};
    use super::*;
    use crate::dsp::sweep::{synchronised_sweep, tests::spec};
    use crate::model::SampleFormat;
    use crate::quantity::SampleRate;
    use rand::RngExt;
    use rand_chacha::rand_core::SeedableRng;
    use std::f64::consts::TAU;

    #[test]
    fn a_sine_below_full_scale_is_not_clipped_at_any_frequency() {
        for hz in [7.0, 20.0, 1000.0, 15_999.0] {
            let sine = recording(|t| 0.9 * (TAU * hz * t).sin());
            assert_eq!(clipped(&sine), None, "{hz} Hz");
        }
    }

    #[test]
    fn a_sine_at_full_scale_is_clipped() {
        assert_eq!(kinds(&recording(|t| (TAU * 100.0 * t).sin())), ["clipped"]);
    }

    #[test]
    fn a_sine_clipped_by_half_a_decibel_below_full_scale_is_noticed() {
        let clipped = recording(|t| (0.53 * (TAU * 100.0 * t).sin()).clamp(-0.5, 0.5));
        assert_eq!(kinds(&clipped), ["clipped"]);
    }

    /// A sweep of two seconds, peak `level`, through a resonance whose `height` is the peak of its
    /// gain over one, with a noise of so many steps.
    fn take(bits: u8, level: f64, height: f64, noise_steps: f64, seed: u64) -> Vec<f64> {
        let rate = SampleRate::new(48_000).unwrap();
        let (mut spec, step) = (spec(2.0), SampleFormat::Integer(bits).step());
        spec.level = crate::quantity::Level::from_db(0.0);
        let constant = spec.time_constant_s();
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let mut noise = || noise_steps * step * random.random_range(-1.0..1.0);
        let samples = synchronised_sweep(&spec, rate);
        let gained = samples.iter().enumerate().map(|(k, v)| {
            let octaves = (k as f64 / 48e3 / constant - (3e3_f64 / 5.0).ln()) / 2_f64.ln();
            let gain = 1.0 + (height - 1.0) * (-(octaves * 6.0).powi(2)).exp();
            level / height * gain * v
        });
        let silence = std::iter::repeat_n(0.0, 24_000);
        silence.clone().chain(gained).chain(silence).map(|v| v + noise()).collect()
    }

    fn rounded(samples: &[f64], bits: u8) -> Recording {
        let step = SampleFormat::Integer(bits).step();
        let samples = samples.iter().map(|v| (v / step).round() * step).collect();
        recording_of(samples, SampleFormat::Integer(bits))
    }

    fn clipped(recording: &Recording) -> Option<Finding> {
        clipping(recording, 0, Extremes::of(recording.channel(0).unwrap()))
    }

    #[test]
    fn clean_sweeps_of_every_level_and_resolution_are_not_clipped() {
        for (bits, noises) in [(16, [0.0, 0.3, 3.0]), (24, [0.0, 1.0, 100.0])] {
            for level in [0.003, 0.05, 0.251_19, 0.98] {
                for height in [1.0, 3.0] {
                    for noise in noises {
                        for seed in 0..4 {
                            let clean = rounded(&take(bits, level, height, noise, seed), bits);
                            let found = clipped(&clean);
                            assert_eq!(found, None, "{bits} {level} {height} {noise}");
                        }
                    }
                }
            }
        }
    }

    /// The level above which a share of the samples lies.
    fn quantile(samples: &[f64], share: f64) -> f64 {
        let mut sizes: Vec<f64> = samples.iter().map(|v| v.abs()).collect();
        sizes.sort_by(f64::total_cmp);
        sizes[((1.0 - share) * sizes.len() as f64) as usize]
    }

    #[test]
    fn a_tenth_of_a_percent_of_clipped_samples_is_always_found_where_a_resonance_is_cut() {
        for (bits, noise) in [(16, 0.3), (24, 100.0)] {
            for level in [0.03, 0.251_19, 0.9] {
                for share in [0.001, 0.003, 0.01] {
                    let take = take(bits, level, 3.0, noise, 7);
                    let limit = quantile(&take, share);
                    let cut: Vec<f64> = take.iter().map(|v| v.clamp(-limit, limit)).collect();
                    let found = clipped(&rounded(&cut, bits));
                    let kind = found.map(|finding| finding.kind);
                    let Some(FindingKind::Clipped { samples, level_dbfs, .. }) = kind else {
                        panic!("{bits} {level} {share}");
                    };
                    let expected = share * take.len() as f64;
                    assert!(samples as f64 >= 0.9 * expected, "{samples} of {expected}");
                    // A step of 16 bits at the lowest of these levels is 0.01 dB.
                    assert!((level_dbfs - amplitude_db(limit)).abs() < 0.03, "{level_dbfs}");
                }
            }
        }
    }

    #[test]
    fn a_tenth_of_a_percent_is_found_at_a_constant_level_too_where_the_resolution_shows_it() {
        let take = take(24, 0.25, 1.0, 100.0, 3);
        let limit = quantile(&take, 0.001);
        let cut: Vec<f64> = take.iter().map(|v| v.clamp(-limit, limit)).collect();
        assert!(clipped(&rounded(&cut, 24)).is_some());
    }

    #[test]
    fn a_stage_that_clips_before_the_noise_of_the_converter_is_noticed() {
        let take = take(24, 0.25, 1.0, 0.0, 3);
        // A noise of −100 dBFS hides what is cut by less than some hundredths of a decibel.
        for (limit_db, expected) in [(-0.001, false), (-0.1, true), (-0.5, true)] {
            let limit = 0.25 * 10_f64.powf(limit_db / 20.0);
            let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(9);
            let mut noise = || 1.7e-5 * random.random_range(-1.0..1.0);
            let cut: Vec<f64> = take.iter().map(|v| v.clamp(-limit, limit) + noise()).collect();
            assert_eq!(clipped(&rounded(&cut, 24)).is_some(), expected, "{limit_db} dB");
        }
    }
}
