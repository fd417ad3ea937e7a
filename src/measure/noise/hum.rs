//! Hum of the mains in a piece of silence.

use std::f64::consts::TAU;

use crate::dsp::transform::Transform;
use crate::quantity::SampleRate;

/// A line is there if its power exceeds the median around it by this. In noise alone the highest
/// of all the places that are looked at does so in 2 to 3 of 1000 pieces (4000 runs each of white
/// noise and of rumble, whose 99 % quantiles are 19).
const THRESHOLD: f64 = 23.0;
/// What the mains run at.
const MAINS_HZ: [f64; 2] = [50.0, 60.0];
/// Harmonics that are looked for, the mains' own frequency included.
const HARMONICS: usize = 10;
/// A piece is no longer than this: the mains do not keep their frequency.
const LONGEST_S: f64 = 1.0;
/// A shorter piece does not tell 50 Hz from 60 Hz.
const SHORTEST_S: f64 = 0.5;

/// The mains in a channel.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::measure) struct Hum {
    /// Frequency of the mains: 50 or 60.
    pub(in crate::measure) mains_hz: f64,
    /// The lines that stand out, rising.
    pub(in crate::measure) lines: Vec<Line>,
}

/// One of its lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::measure) struct Line {
    /// Where it lies.
    pub(in crate::measure) hz: f64,
    /// Its peak amplitude, 1.0 being full scale.
    pub(in crate::measure) amplitude: f64,
    /// Its power over the median around it.
    ratio: f64,
}

/// The mains in a piece of silence, of whose end up to a second is used; `None` if no line stands
/// out or the piece is too short.
pub(in crate::measure) fn hum(silence: &[f64], rate: SampleRate) -> Option<Hum> {
    let frames = silence.len().min((LONGEST_S * rate.as_f64()) as usize);
    if (frames as f64) < SHORTEST_S * rate.as_f64() {
        return None;
    }
    let lines = Lines::of(&silence[silence.len() - frames..], rate);
    let found = MAINS_HZ.map(|mains_hz| lines.strongest(mains_hz));
    let (_, best) = found.into_iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    (!best.lines.is_empty()).then_some(best)
}

/// The spectrum of a piece under a Hann window, four points for each of its bins.
struct Lines {
    power: Vec<f64>,
    /// Points per hertz.
    density: f64,
    /// Length of the piece.
    duration_s: f64,
    /// Amplitude of a line over the magnitude of its point.
    scale: f64,
}

impl Lines {
    fn of(piece: &[f64], rate: SampleRate) -> Self {
        /// The tenth harmonic of 60.3 Hz lies far enough below half of this rate.
        const REDUCED_HZ: f64 = 4800.0;
        const POINTS: usize = 4;
        let step = ((rate.as_f64() / REDUCED_HZ) as usize).max(1);
        let reduced = piece.chunks_exact(step).map(|some| some.iter().sum::<f64>() / step as f64);
        let mut samples: Vec<f64> = reduced.collect();
        let count = samples.len() as f64;
        let mean = samples.iter().sum::<f64>() / count;
        for (k, value) in samples.iter_mut().enumerate() {
            *value = (*value - mean) * (0.5 - 0.5 * (TAU * k as f64 / count).cos());
        }
        let mut transform = Transform::at_least(POINTS * samples.len());
        let spectrum = transform.forward(&samples);
        let reduced_hz = rate.as_f64() / step as f64;
        Self {
            power: spectrum.iter().map(num_complex::Complex::norm_sqr).collect(),
            density: transform.len() as f64 / reduced_hz,
            duration_s: count / reduced_hz,
            // The sum of a Hann window is half its length, and a line has two sides.
            scale: 4.0 / count,
        }
    }

    /// The lines of the mains where they stand out most, and how sure all of them together are.
    fn strongest(&self, mains_hz: f64) -> (f64, Hum) {
        let nominal = (1..=HARMONICS).map(|k| k as f64);
        let harmonics: Vec<(f64, f64)> = nominal.map(|k| (k, self.around(k * mains_hz))).collect();
        // Up to 0.3 Hz off, as weak grids are.
        let tried = (-6..=6).map(|step| {
            let hz = mains_hz + 0.05 * f64::from(step);
            let lines = harmonics.iter().filter_map(|&(k, around)| self.line(k * hz, around));
            let lines: Vec<Line> = lines.collect();
            let score = lines.iter().map(|line| line.ratio.ln()).sum::<f64>();
            (score, Hum { mains_hz, lines })
        });
        let none = (0.0, Hum { mains_hz, lines: Vec::new() });
        tried.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or(none)
    }

    /// The line at a frequency, if its power exceeds the median around it by enough.
    fn line(&self, hz: f64, around: f64) -> Option<Line> {
        let power = self.power_at(hz);
        let ratio = Some(power / around).filter(|&ratio| ratio > THRESHOLD)?;
        Some(Line { hz, amplitude: self.scale * power.sqrt(), ratio })
    }

    /// The median power on both sides of a frequency.
    fn around(&self, hz: f64) -> f64 {
        let mut around: Vec<f64> = Self::NEIGHBOURS
            .flat_map(|bins| [-1.0, 1.0].map(|side| side * f64::from(bins) / self.duration_s))
            .map(|offset| self.power_at(hz + offset))
            .collect();
        let middle = around.len() / 2;
        *around.select_nth_unstable_by(middle, f64::total_cmp).1
    }

    /// Bins on either side that a line is compared with: beyond its own foot, and so many that
    /// their median is steady.
    const NEIGHBOURS: std::ops::RangeInclusive<u8> = 4..=20;

    fn power_at(&self, hz: f64) -> f64 {
        let point = (hz.abs() * self.density).round() as usize;
        self.power[point.min(self.power.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;
    use rand_distr::{Distribution, StandardNormal};

    use super::*;

    const RATE_HZ: f64 = 8000.0;

    fn rate() -> SampleRate {
        SampleRate::new(8000).unwrap()
    }

    fn white(frames: usize, seed: u64) -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..frames)
            .map(|_| {
                1e-3 * <StandardNormal as Distribution<f64>>::sample(&StandardNormal, &mut rng)
            })
            .collect()
    }

    /// White noise through a first-order low-pass at 20 Hz.
    fn rumble(frames: usize, seed: u64) -> Vec<f64> {
        let mut held = 0.0;
        let smoothing = TAU * 20.0 / RATE_HZ;
        let filtered = white(frames + 4000, seed).into_iter().map(|v| {
            held += smoothing * (v - held);
            held
        });
        filtered.skip(4000).collect()
    }

    fn with_lines(mut noise: Vec<f64>, mains_hz: f64, lines: &[(f64, f64)]) -> Vec<f64> {
        for (k, value) in noise.iter_mut().enumerate() {
            let t = k as f64 / RATE_HZ;
            *value += lines
                .iter()
                .map(|(harmonic, amplitude)| {
                    amplitude * (TAU * harmonic * mains_hz * t + harmonic).sin()
                })
                .sum::<f64>();
        }
        noise
    }

    #[test]
    fn noise_alone_has_no_mains_in_it() {
        // 2 to 3 of 1000 are expected, so about 2 of 600 here; six or more would come by chance
        // once in sixty such tests, and the seeds stay the same.
        const AT_MOST: usize = 5;
        let heard = |noise: &dyn Fn(u64) -> Vec<f64>| {
            (0..300).filter(|&seed| hum(&noise(seed), rate()).is_some()).count()
        };
        let (of_white, of_rumble) =
            (heard(&|seed| white(8000, seed)), heard(&|seed| rumble(8000, seed)));
        println!("false alarms: white {of_white}, rumble {of_rumble} of 300 each");
        assert!(of_white + of_rumble <= AT_MOST, "{of_white} {of_rumble}");
    }

    #[test]
    fn the_mains_are_found_at_either_frequency_and_somewhat_off_it() {
        // 1e-4 beside noise of 1e-3: 16 dB over what a second holds of it in a bin.
        for (mains_hz, actual_hz) in [(50.0, 50.0), (50.0, 49.75), (60.0, 60.02), (60.0, 60.28)] {
            let lines = [(1.0, 3e-4), (3.0, 4e-4), (10.0, 3e-4)];
            let piece = with_lines(white(8000, 5), actual_hz, &lines);
            let found = hum(&piece, rate()).unwrap();
            assert!((found.mains_hz - mains_hz).abs() < 1e-9, "{found:?}");
            assert_eq!(found.lines.len(), 3, "{actual_hz}: {found:?}");
            for (line, (harmonic, amplitude)) in found.lines.iter().zip(lines) {
                // Steps of 0.05 Hz, half of one off.
                assert!((line.hz / harmonic - actual_hz).abs() < 0.03, "{line:?}");
                // Noise of 1e-3 adds 2e-5 to the amplitude of a line, typically.
                assert!((line.amplitude / amplitude - 1.0).abs() < 0.25, "{line:?}");
            }
        }
    }

    #[test]
    fn half_a_second_is_enough_and_less_is_not() {
        let lines = [(2.0, 1e-3)];
        let piece = with_lines(white(4000, 6), 50.0, &lines);
        assert_eq!(hum(&piece, rate()).unwrap().lines.len(), 1);
        assert_eq!(hum(&piece[..3900], rate()), None);
        assert_eq!(hum(&vec![0.0; 8000], rate()), None);
    }
}
