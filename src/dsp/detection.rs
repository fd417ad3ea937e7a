//! Is the stimulus in the recording at all, where, and which way round?

use num_complex::Complex64;

use super::deconvolution::{Capture, SweepSpectrum};
use super::line::Line;
use super::transform::Transform;
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
    /// How the recording agrees with the stimulus.
    pub fit: Fit,
}

/// How the sweeps of a stimulus agree with what a recording holds, told from the correlation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// Share of the correlation's energy that lies where the sweeps should be. Recordings of the
    /// right sweep have 0.97 and more, in rooms too, and 0.9 with the sweep 10 dB above the noise;
    /// another sweep is smeared.
    pub share: f64,
    /// Height of the weakest of the sweeps re the strongest.
    pub weakest: f64,
    /// Largest height within the stimulus, but not where a sweep should be, re the strongest.
    pub elsewhere: f64,
    /// The same, but a sweep's length or more away from where any should be.
    pub extra: f64,
    /// How much later a neper of frequency arrives, in seconds, if the delay is a straight line
    /// over the logarithm of frequency: an exponential sweep of another rate. Zero otherwise, and
    /// where nothing made it worth a look.
    pub trend_s: f64,
}

impl Fit {
    /// Whether something is smeared, missing or too much.
    fn is_dubious(&self) -> bool {
        self.share < 0.9 || self.weakest < 0.5 || self.extra > 0.5
    }
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
    /// Length of the whole stimulus in frames.
    pub stimulus_frames: usize,
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

/// Looks for a stimulus in captures.
///
/// The cross-spectrum is whitened, limited to 200 Hz–8 kHz and transformed back at a rate just
/// sufficient for that band; its largest magnitude over plausible lags is compared with the
/// median around it. Comparing locally keeps hum and steady tones from passing for a stimulus.
pub struct Detector {
    broad: Correlator,
    narrow: Correlator,
    rate: SampleRate,
}

impl Detector {
    /// A detector of a sweep.
    #[must_use]
    pub fn new(sweep: &SweepSpectrum) -> Self {
        let band = sweep.band();
        let within = |low: f64, high: f64| {
            let (low, high) = (low.max(band.flat_from_hz), high.min(band.flat_to_hz));
            Correlator::new(sweep, (low, high.max(low * 2.0)))
        };
        Self { broad: within(200.0, 8e3), narrow: within(200.0, 2e3), rate: sweep.rate() }
    }

    /// Looks for the sweep in a capture.
    pub fn detect(&mut self, capture: &Capture<'_>, search: &Search<'_>) -> Detection {
        /// A stimulus that is there is found again within this time by the polarity's correlation.
        const NEAR_S: f64 = 0.02;
        let correlation = self.broad.correlate(capture.bins());
        let (lag, statistic) = correlation.best(search, self.rate);
        let mut fit = correlation.fit(search, lag, self.rate);
        let sweep = lag + search.sweep_starts[0] as isize;
        if statistic >= THRESHOLD && fit.is_dubious() {
            fit.trend_s = self.trend_s(capture, sweep);
        }
        let narrow = self.narrow.correlate(capture.bins());
        let inverted = narrow.is_negative_near(sweep, (NEAR_S * self.rate.as_f64()) as isize);
        Detection { lag, statistic, inverted, fit }
    }

    /// The slope of the delay over the natural logarithm of frequency in seconds; zero if it is
    /// no straight line, as after a loss of samples, or too few bands show the stimulus.
    fn trend_s(&self, capture: &Capture<'_>, sweep: isize) -> f64 {
        const BANDS_PER_OCTAVE: f64 = 2.0;
        const REACH_S: f64 = 0.75;
        const FEWEST: usize = 6;
        /// A line explains this share of the variance; of a step in the middle, three quarters.
        const STRAIGHT: f64 = 0.95;
        let edge = (1.0 / BANDS_PER_OCTAVE).exp2();
        let (first, last) = (self.broad.first, self.broad.first + self.broad.whitened.len());
        let edges = (0..).map(|k| (first as f64 * edge.powi(k)) as usize);
        let edges: Vec<usize> = edges.take_while(|&bin| bin < last).collect();
        let points = edges.windows(2).filter_map(|pair| {
            let mut band = self.broad.part(pair[0], pair[1]);
            let correlation = band.correlate(capture.bins());
            let reach = (REACH_S * self.rate.as_f64()) as isize;
            let (lag, height) = correlation.highest_near(sweep, reach, self.rate);
            let middle = ((pair[0] as f64) * (pair[1] as f64)).sqrt();
            (height >= THRESHOLD).then(|| (middle.ln(), lag as f64 / self.rate.as_f64()))
        });
        let points: Vec<(f64, f64)> = points.collect();
        let line = Line::through(&points);
        line.filter(|line| points.len() >= FEWEST && line.explained >= STRAIGHT)
            .map_or(0.0, |line| line.slope)
    }
}

/// Correlates captures with a sweep in one band, at a reduced rate.
struct Correlator {
    /// The conjugate of the sweep's spectrum over its magnitude, in the band.
    whitened: Vec<Complex64>,
    /// The bin of the first.
    first: usize,
    transform: Transform,
    cross: Vec<Complex64>,
    /// Samples of the recording for each value.
    step: f64,
}

impl Correlator {
    fn new(sweep: &SweepSpectrum, (low_hz, high_hz): (f64, f64)) -> Self {
        let (bins, bin_hz) = (sweep.bins(), sweep.bin_hz());
        let last = ((high_hz / bin_hz) as usize).clamp(1, bins.len() - 1);
        let first = ((low_hz / bin_hz).ceil() as usize).clamp(1, last);
        let whitened = bins[first..=last].iter().map(|x| {
            let norm = x.norm_sqr().sqrt();
            if norm > 0.0 { x.conj() / norm } else { Complex64::ZERO }
        });
        let transform = Transform::at_least(2 * (last + 1));
        let step = (2 * (bins.len() - 1)) as f64 / transform.len() as f64;
        Self { whitened: whitened.collect(), first, transform, cross: Vec::new(), step }
    }

    /// A correlator of the bins `from..to` of this one.
    fn part(&self, from: usize, to: usize) -> Self {
        let whitened = self.whitened[from - self.first..to - self.first].to_vec();
        let transform = Transform::at_least(2 * (to + 1));
        let step = self.step * self.transform.len() as f64 / transform.len() as f64;
        Self { whitened, first: from, transform, cross: Vec::new(), step }
    }

    fn correlate(&mut self, capture: &[Complex64]) -> Correlation<'_> {
        let pairs = capture[self.first..].iter().zip(&self.whitened);
        self.cross.clear();
        self.cross.resize(self.first, Complex64::ZERO);
        self.cross.extend(pairs.map(|(capture, sweep)| capture * sweep));
        // The transform fills the rest with zeros.
        let values = self.transform.inverse(&mut self.cross);
        Correlation { values, step: self.step }
    }
}

/// A band-limited, whitened correlation at a reduced rate.
struct Correlation<'a> {
    values: &'a [f64],
    /// Samples of the recording for each value.
    step: f64,
}

impl Correlation<'_> {
    fn index(&self, lag: isize) -> usize {
        let at = (lag as f64 / self.step).round() as isize;
        at.rem_euclid(self.values.len() as isize) as usize
    }

    /// The best plausible lag and the statistic there.
    fn best(&self, search: &Search<'_>, rate: SampleRate) -> (isize, f64) {
        let lags = search.lags();
        let count = ((lags.end() - lags.start()) as f64 / self.step) as usize;
        // With several sweeps only the right lag has them all.
        let mut heights = vec![0.0; count + 1];
        let starts = search.sweep_starts.iter().map(|&s| self.index(lags.start() + s as isize));
        for start in starts.clone() {
            // The lags are fewer than the values, so these go around once at most.
            let values = self.values[start..].iter().chain(self.values);
            heights.iter_mut().zip(values).for_each(|(height, value)| *height += value.abs());
        }
        let highest = (0..=count).max_by(|&a, &b| heights[a].total_cmp(&heights[b])).unwrap_or(0);
        let statistic =
            starts.map(|start| self.statistic(start + highest, rate)).fold(0.0, f64::max);
        (lags.start() + (highest as f64 * self.step).round() as isize, statistic)
    }

    /// The magnitude of a value over 1.4826 times the median magnitude of the half seconds around,
    /// which is the standard deviation of Gaussian noise.
    fn statistic(&self, at: usize, rate: SampleRate) -> f64 {
        const MEDIAN_TO_DEVIATION: f64 = 1.4826;
        let reach = (0.5 * rate.as_f64() / self.step) as usize;
        let (len, centre) = (self.values.len(), at % self.values.len());
        let span = (2 * reach + 1).min(len);
        let mut around: Vec<f64> =
            (0..span).map(|i| self.values[(centre + len - span / 2 + i) % len].abs()).collect();
        let median = *around.select_nth_unstable_by(span / 2, f64::total_cmp).1;
        if median > 0.0 { self.values[centre].abs() / (MEDIAN_TO_DEVIATION * median) } else { 0.0 }
    }

    /// The lag of the largest magnitude within reach of a lag, and the statistic there.
    fn highest_near(&self, lag: isize, reach: isize, rate: SampleRate) -> (isize, f64) {
        let steps = (reach as f64 / self.step) as isize;
        let (len, centre) = (self.values.len() as isize, self.index(lag) as isize);
        let at = |i: isize| (centre + i).rem_euclid(len) as usize;
        let height = |i: isize| self.values[at(i)].abs();
        let highest = (-steps..=steps).max_by(|&a, &b| height(a).total_cmp(&height(b)));
        let highest = highest.unwrap_or(0);
        (lag + (highest as f64 * self.step) as isize, self.statistic(at(highest), rate))
    }

    /// The magnitudes of so many values from an index on.
    fn magnitudes(&self, from: usize, count: usize) -> impl Iterator<Item = f64> {
        let first = from % self.values.len();
        let around = self.values[first..].iter().chain(self.values);
        around.take(count.min(self.values.len())).map(|v| v.abs())
    }

    /// How the sweeps of the stimulus, laid into the recording at a lag, agree with it.
    fn fit(&self, search: &Search<'_>, lag: isize, rate: SampleRate) -> Fit {
        /// What a device answers and the dispersion of a drifting clock lie within.
        const BEFORE_S: f64 = 0.01;
        const AFTER_S: f64 = 0.05;
        let steps = |frames: f64| (frames / self.step) as usize;
        let before = steps(BEFORE_S * rate.as_f64());
        let width = before + steps(AFTER_S * rate.as_f64()).max(1);
        let len = self.values.len();
        let window =
            |&start: &usize| self.index(lag + start as isize - (BEFORE_S * rate.as_f64()) as isize);
        let windows: Vec<usize> = search.sweep_starts.iter().map(window).collect();
        let energy: f64 = self.values.iter().map(|v| v * v).sum();
        let inside = windows.iter().flat_map(|&from| self.magnitudes(from, width));
        let inside: f64 = inside.map(|v| v * v).sum();
        let heights = windows.iter().map(|&from| self.magnitudes(from, width).fold(0.0, f64::max));
        let (weakest, strongest) =
            heights.fold((f64::INFINITY, 0.0_f64), |(least, most), h| (least.min(h), most.max(h)));
        let (from, span) = (self.index(lag), steps(search.stimulus_frames as f64));
        let sweep = steps((search.active_to - search.active_from) as f64);
        let (mut elsewhere, mut extra) = (0.0_f64, 0.0_f64);
        for (i, v) in self.magnitudes(from, span).enumerate().filter(|&(_, v)| v > 0.1 * strongest)
        {
            let after = |window: usize| (from + i + len - window) % len;
            if windows.iter().all(|&window| after(window) >= width) {
                elsewhere = elsewhere.max(v);
            }
            let is_apart = |after: usize| after.min(len - after) >= sweep;
            if windows.iter().all(|&window| is_apart(after(window))) {
                extra = extra.max(v);
            }
        }
        let of = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        let (elsewhere, extra) = (of(elsewhere, strongest), of(extra, strongest));
        let (share, weakest) = (of(inside, energy), of(weakest, strongest));
        Fit { share, weakest, elsewhere, extra, trend_s: 0.0 }
    }

    fn is_negative_near(&self, lag: isize, reach: isize) -> bool {
        let steps = (reach as f64 / self.step) as isize;
        let (len, centre) = (self.values.len() as isize, self.index(lag) as isize);
        let value = |i: isize| self.values[(centre + i).rem_euclid(len) as usize];
        let largest = (-steps..=steps).max_by(|&a, &b| value(a).abs().total_cmp(&value(b).abs()));
        largest.is_some_and(|i| value(i) < 0.0)
    }
}

/// Whether an impulse response points down: the sign of its largest peak between 200 Hz and 2 kHz.
#[must_use]
pub fn points_down(impulse: &[f64], rate: SampleRate) -> bool {
    let mut transform = Transform::at_least(2 * impulse.len());
    let mut spectrum = transform.forward(impulse);
    let bin_hz = rate.as_f64() / transform.len() as f64;
    for (k, bin) in spectrum.iter_mut().enumerate() {
        if !(200.0..=2e3).contains(&(k as f64 * bin_hz)) {
            *bin = Complex64::ZERO;
        }
    }
    let narrow = transform.inverse(&mut spectrum);
    narrow.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).is_some_and(|peak| peak < 0.0)
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
    use crate::dsp::deconvolution::{Deconvolver, Inverse};
    use crate::dsp::sweep::{synchronised_sweep, tests::spec};

    fn detection(capture: &[f64]) -> Detection {
        let rate = SampleRate::new(48_000).unwrap();
        let spec = spec(1.0);
        let sweep = synchronised_sweep(&spec, rate);
        let spectrum = SweepSpectrum::new(&sweep, rate, spec.band(), capture.len());
        let mut detector = Detector::new(&spectrum);
        let mut deconvolver = Deconvolver::new(spectrum, Inverse::OfSamples);
        let (active_from, active_to) = active_frames(&sweep);
        let search = Search {
            sweep_starts: &[0],
            active_from,
            active_to,
            frames: capture.len(),
            stimulus_frames: sweep.len(),
        };
        detector.detect(&deconvolver.capture(capture), &search)
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
