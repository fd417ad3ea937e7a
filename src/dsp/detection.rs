//! Is the stimulus in the recording at all, where, and which way round?

use num_complex::Complex64;

use super::deconvolution::Deconvolver;
use super::transform::Transform;
use crate::model::Band;
use crate::quantity::SampleRate;

/// Noise alone stays below this many deviations (largest of 150 trials 5.8, 1e-6 quantile 6.6);
/// a sweep 25 dB below the noise still exceeds it.
pub const THRESHOLD: f64 = 8.0;

/// What the search for the stimulus found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// Best lag of the recording against the stimulus, in samples, good to a few samples.
    pub lag: isize,
    /// Height of the correlation there over its robust deviation in the half seconds around.
    pub statistic: f64,
    /// Whether the stimulus comes back upside down.
    pub inverted: bool,
}

impl Detection {
    /// Whether the stimulus is there.
    #[must_use]
    pub fn is_found(&self) -> bool {
        self.statistic >= THRESHOLD
    }
}

/// Where to look for the stimulus.
#[derive(Debug, Clone, PartialEq)]
pub struct Search<'a> {
    /// Frames at which a sweep begins in the stimulus.
    pub sweep_starts: &'a [usize],
    /// First frame of a sweep that is not silent.
    pub active_from: usize,
    /// First silent frame after a sweep.
    pub active_to: usize,
    /// Length of the recording in frames.
    pub frames: usize,
}

impl Search<'_> {
    /// Lags for which a quarter of the first sweep or more lies inside the recording. Elsewhere
    /// the correlation rests on a few samples and means nothing.
    fn lags(&self) -> std::ops::RangeInclusive<isize> {
        let start = self.sweep_starts[0] as isize;
        let active = (self.active_to - self.active_from) as isize;
        let from = -(start + self.active_to as isize) + active / 4;
        let to = self.frames as isize - (start + self.active_from as isize) - active / 4;
        from..=to.max(from)
    }
}

/// Looks for a stimulus in a capture, both given by their spectra.
///
/// The cross-spectrum is whitened, limited to 200 Hz–8 kHz and transformed back at a rate just
/// sufficient for that band; its largest magnitude over plausible lags is compared with the
/// median around it. Comparing locally keeps hum and steady tones from passing for a stimulus.
#[must_use]
pub fn detect(
    deconvolver: &Deconvolver,
    capture: &[Complex64],
    (rate, band): (SampleRate, Band),
    search: &Search<'_>,
) -> Detection {
    /// A stimulus that is there is found again within this time by the polarity's correlation.
    const NEAR_S: f64 = 0.02;
    let sweep = deconvolver.sweep_spectrum();
    let within = |low: f64, high: f64| {
        let (low, high) = (low.max(band.flat_from_hz), high.min(band.flat_to_hz));
        Correlation::new(capture, sweep, rate, (low, high.max(low * 2.0)))
    };
    let broad = within(200.0, 8e3);
    let (lag, statistic) = broad.best(search, rate);
    let narrow = within(200.0, 2e3);
    let inverted = narrow
        .is_negative_near(lag + search.sweep_starts[0] as isize, (NEAR_S * rate.as_f64()) as isize);
    Detection { lag, statistic, inverted }
}

/// A band-limited, whitened correlation at a reduced rate.
struct Correlation {
    values: Vec<f64>,
    /// Samples of the recording for each value.
    step: f64,
}

impl Correlation {
    fn new(
        capture: &[Complex64],
        sweep: &[Complex64],
        rate: SampleRate,
        (low_hz, high_hz): (f64, f64),
    ) -> Self {
        let frames = 2 * (capture.len() - 1);
        let bin_hz = rate.as_f64() / frames as f64;
        let last = ((high_hz / bin_hz) as usize).min(capture.len() - 1);
        let first = ((low_hz / bin_hz).ceil() as usize).clamp(1, last);
        let mut transform = Transform::at_least(2 * (last + 1));
        let mut cross = vec![Complex64::ZERO; transform.bins()];
        for k in first..=last {
            let norm = sweep[k].norm();
            if norm > 0.0 {
                cross[k] = capture[k] * sweep[k].conj() / norm;
            }
        }
        let values = transform.inverse(cross);
        Self { step: frames as f64 / values.len() as f64, values }
    }

    fn index(&self, lag: isize) -> usize {
        let at = (lag as f64 / self.step).round() as isize;
        at.rem_euclid(self.values.len() as isize) as usize
    }

    /// The best plausible lag and the statistic there.
    fn best(&self, search: &Search<'_>, rate: SampleRate) -> (isize, f64) {
        let lags = search.lags();
        let count = ((lags.end() - lags.start()) as f64 / self.step) as usize;
        let lag_of = |i: usize| lags.start() + (i as f64 * self.step).round() as isize;
        // With several sweeps only the right lag has them all.
        let height = |lag: isize| -> f64 {
            let of_sweep = |&start: &usize| self.values[self.index(lag + start as isize)].abs();
            search.sweep_starts.iter().map(of_sweep).sum()
        };
        let best = (0..=count).map(lag_of).max_by(|&a, &b| height(a).total_cmp(&height(b)));
        let best = best.unwrap_or(*lags.start());
        let at_sweeps = search.sweep_starts.iter();
        let statistic =
            at_sweeps.map(|&s| self.statistic(best + s as isize, rate)).fold(0.0, f64::max);
        (best, statistic)
    }

    /// The magnitude at a lag over 1.4826 times the median magnitude of the half seconds around,
    /// which is the standard deviation of Gaussian noise.
    fn statistic(&self, lag: isize, rate: SampleRate) -> f64 {
        const MEDIAN_TO_DEVIATION: f64 = 1.4826;
        let reach = (0.5 * rate.as_f64() / self.step) as usize;
        let (len, centre) = (self.values.len(), self.index(lag));
        let span = (2 * reach + 1).min(len);
        let mut around: Vec<f64> =
            (0..span).map(|i| self.values[(centre + len - span / 2 + i) % len].abs()).collect();
        let median = *around.select_nth_unstable_by(span / 2, f64::total_cmp).1;
        if median > 0.0 { self.values[centre].abs() / (MEDIAN_TO_DEVIATION * median) } else { 0.0 }
    }

    fn is_negative_near(&self, lag: isize, reach: isize) -> bool {
        let steps = (reach as f64 / self.step) as isize;
        let (len, centre) = (self.values.len() as isize, self.index(lag) as isize);
        let value = |i: isize| self.values[(centre + i).rem_euclid(len) as usize];
        let largest = (-steps..=steps).max_by(|&a, &b| value(a).abs().total_cmp(&value(b).abs()));
        largest.is_some_and(|i| value(i) < 0.0)
    }
}

/// The frames of a sweep between its first and last sample above −60 dB of its peak.
#[must_use]
pub fn active_frames(sweep: &[f64]) -> (usize, usize) {
    let peak = sweep.iter().fold(0.0_f64, |peak, v| peak.max(v.abs()));
    let audible = |v: &f64| v.abs() > 1e-3 * peak;
    let first = sweep.iter().position(audible).unwrap_or(0);
    let last = sweep.iter().rposition(audible).map_or(sweep.len(), |i| i + 1);
    (first, last)
}

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::dsp::deconvolution::Inverse;
    use crate::dsp::sweep::{synchronised_sweep, tests::spec};

    fn detection(capture: &[f64]) -> Detection {
        let rate = SampleRate::new(48_000).unwrap();
        let spec = spec(1.0);
        let sweep = synchronised_sweep(&spec, rate);
        let mut deconvolver =
            Deconvolver::new(&sweep, rate, spec.band(), capture.len(), Inverse::OfSamples);
        let spectrum = deconvolver.spectrum(capture);
        let (active_from, active_to) = active_frames(&sweep);
        let search = Search { sweep_starts: &[0], active_from, active_to, frames: capture.len() };
        detect(&deconvolver, &spectrum, (rate, spec.band()), &search)
    }

    fn noise(frames: usize, amplitude: f64, seed: u64) -> Vec<f64> {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        (0..frames).map(|_| amplitude * random.random_range(-1.0..1.0)).collect()
    }

    fn sweep_in(mut capture: Vec<f64>, at: usize, gain: f64) -> Vec<f64> {
        let sweep = synchronised_sweep(&spec(1.0), SampleRate::new(48_000).unwrap());
        for (out, v) in capture[at..].iter_mut().zip(sweep) {
            *out += gain * v;
        }
        capture
    }

    #[test]
    fn noise_alone_holds_no_stimulus() {
        for seed in 0..10 {
            let found = detection(&noise(96_000, 0.1, seed));
            assert!(!found.is_found(), "seed {seed}: {found:?}");
        }
    }

    #[test]
    fn hum_alone_holds_no_stimulus() {
        let hum = |k: usize| {
            let t = k as f64 / 48_000.0;
            (1..20).map(|n| (std::f64::consts::TAU * 50.1 * f64::from(n) * t).sin()).sum::<f64>()
        };
        let quiet = noise(96_000, 1e-4, 1);
        let capture: Vec<f64> = (0..96_000).map(|k| 0.01 * hum(k) + quiet[k]).collect();
        assert!(!detection(&capture).is_found());
    }

    #[test]
    fn a_sweep_20_db_below_the_noise_is_found_where_it_is() {
        // A uniform noise of amplitude a has an rms of a/√3; the sweep one of 0.5/√2.
        let capture = sweep_in(noise(96_000, 1.0, 3), 30_000, 0.1 * (2.0_f64 / 3.0).sqrt() / 0.5);
        let found = detection(&capture);
        assert!(found.is_found() && !found.inverted, "{found:?}");
        assert!((found.lag - 30_000).abs() < 8, "{found:?}");
    }

    #[test]
    fn an_inverted_sweep_is_recognised() {
        let found = detection(&sweep_in(noise(96_000, 1e-3, 4), 20_000, -0.3));
        assert!(found.is_found() && found.inverted);
    }
}
