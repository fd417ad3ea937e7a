//! Linear deconvolution: what a system's impulse response was, from what went in and came out.

use num_complex::Complex64;

use super::edge::{causal_low_edge, high_edge};
use super::sweep::analytic_spectrum;
use super::transform::Transform;
use crate::model::{Band, SweepSpec};
use crate::quantity::SampleRate;

/// Regularisation in the flat band, re the median power of the sweep there. It costs less than
/// 1e-5 dB inside the band and keeps the division finite outside.
const REGULARISATION: f64 = 1e-6;

/// Divides captures by a sweep.
///
/// The regularised inverse of the sweep is computed once and applied to every channel:
///
/// ```text
/// h = IDFT{ Y · X* / (|X|² + ε(f)) · B(f) · W(f) },   ε = 10⁻⁶ P · min(10⁴, (f₁/f)⁴)
/// ```
///
/// `X` spectrum of the sweep as played, `Y` of the capture, `P` median of `|X|²` in the flat
/// band, `f₁` its start, `B` the causal low edge (divided out after gating), `W` the high edge.
/// Regularised inversion after Kirkeby and Nelson 1999. Padding to the sum of both lengths makes
/// it linear: negative delays come out as such.
pub struct Deconvolver {
    transform: Transform,
    rate: SampleRate,
    band: Band,
    sweep: Vec<Complex64>,
    capture_frames: usize,
    inverse: Inverse,
}

/// Where the inverse of the sweep comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Inverse {
    /// The transform of the samples as they were played. Exact; the default.
    OfSamples,
    /// The analytic spectrum of the sweep: no measured samples enter. A few hundredths of a
    /// decibel off at the ends of the band.
    Analytic(SweepSpec),
}

impl Deconvolver {
    /// A deconvolver for captures of up to `capture_frames` by a sweep.
    #[must_use]
    pub fn new(
        sweep: &[f64],
        rate: SampleRate,
        band: Band,
        capture_frames: usize,
        inverse: Inverse,
    ) -> Self {
        let mut transform = Transform::at_least(sweep.len() + capture_frames);
        let sweep = transform.forward(sweep);
        Self { transform, rate, band, sweep, capture_frames, inverse }
    }

    /// The width of a bin in hertz.
    fn bin_hz(&self) -> f64 {
        self.rate.as_f64() / self.transform.len() as f64
    }

    /// The spectrum of a capture, for [`Self::impulse`] and for the detection of the sweep.
    pub fn spectrum<'a>(&mut self, capture: impl IntoIterator<Item = &'a f64>) -> Vec<Complex64> {
        self.transform.forward(capture)
    }

    /// The spectrum of the sweep, at the same bins.
    #[must_use]
    pub fn sweep_spectrum(&self) -> &[Complex64] {
        &self.sweep
    }

    /// The impulse response of a capture whose spectrum is given.
    #[must_use]
    pub fn impulse(&mut self, capture: Vec<Complex64>) -> Impulse {
        let quotient = match self.inverse {
            Inverse::OfSamples => self.divided_by_samples(capture),
            Inverse::Analytic(spec) => self.divided_by_formula(capture, &spec),
        };
        let samples = self.transform.inverse(quotient);
        let (rate, band, capture_frames) = (self.rate, self.band, self.capture_frames);
        Impulse { samples, rate, band, capture_frames }
    }

    fn divided_by_samples(&self, mut capture: Vec<Complex64>) -> Vec<Complex64> {
        let bin_hz = self.bin_hz();
        let epsilon = REGULARISATION * self.median_power();
        for (k, y) in capture.iter_mut().enumerate().skip(1) {
            let f = k as f64 * bin_hz;
            let (x, below) = (self.sweep[k], self.band.start_hz / f);
            let floor = epsilon * (below * below * below * below).min(1e4);
            *y *= x.conj() * self.edges(f) / (x.norm_sqr() + floor);
        }
        capture[0] = Complex64::ZERO;
        capture
    }

    fn divided_by_formula(&self, mut capture: Vec<Complex64>, spec: &SweepSpec) -> Vec<Complex64> {
        let bin_hz = self.bin_hz();
        for (k, y) in capture.iter_mut().enumerate().skip(1) {
            let f = k as f64 * bin_hz;
            *y *= self.edges(f) / analytic_spectrum(spec, self.rate, f);
        }
        capture[0] = Complex64::ZERO;
        capture
    }

    fn edges(&self, frequency_hz: f64) -> Complex64 {
        let high = high_edge(self.band, frequency_hz);
        if high > 0.0 { causal_low_edge(self.band, frequency_hz) * high } else { Complex64::ZERO }
    }

    /// Median power of the sweep in its flat band: the measure of the regularisation.
    fn median_power(&self) -> f64 {
        let bin_hz = self.bin_hz();
        let first = (self.band.flat_from_hz / bin_hz).ceil() as usize;
        let last = ((self.band.flat_to_hz / bin_hz) as usize).min(self.sweep.len() - 1);
        // A few thousand of the bins tell the median as well as a million do.
        let stride = (last.saturating_sub(first) / 4096).max(1);
        let mut powers: Vec<f64> =
            (first..=last).step_by(stride).map(|k| self.sweep[k].norm_sqr()).collect();
        let middle = powers.len() / 2;
        if powers.is_empty() {
            return 0.0;
        }
        *powers.select_nth_unstable_by(middle, f64::total_cmp).1
    }
}

/// A deconvolved capture: the impulse response of every sweep in it, each at the lag of its
/// sweep. Lags may be negative. It still carries the causal low edge.
#[derive(Debug, Clone)]
pub struct Impulse {
    samples: Vec<f64>,
    rate: SampleRate,
    band: Band,
    capture_frames: usize,
}

impl Impulse {
    /// The sample rate.
    #[must_use]
    pub const fn rate(&self) -> SampleRate {
        self.rate
    }

    /// The band of the sweep.
    #[must_use]
    pub const fn band(&self) -> Band {
        self.band
    }

    /// The value at a lag in samples.
    #[must_use]
    pub fn at(&self, lag: isize) -> f64 {
        self.samples[lag.rem_euclid(self.samples.len() as isize) as usize]
    }

    /// The lag, in samples, of the largest magnitude within `reach` of `near`.
    #[must_use]
    pub fn peak_near(&self, near: isize, reach: usize) -> isize {
        let reach = reach as isize;
        let mut best = near;
        for lag in near - reach..=near + reach {
            if self.at(lag).abs() > self.at(best).abs() {
                best = lag;
            }
        }
        best
    }

    /// Root mean square over lags `from..to`; zero if that is empty.
    #[must_use]
    pub fn rms(&self, from: isize, to: isize) -> f64 {
        if to <= from {
            return 0.0;
        }
        let power: f64 = (from..to).map(|lag| self.at(lag).powi(2)).sum();
        (power / (to - from) as f64).sqrt()
    }

    /// The largest lag, in samples, that the capture can hold.
    #[must_use]
    pub const fn last_lag(&self) -> isize {
        self.capture_frames as isize
    }
}

/// The causal low edge that every [`Impulse`] carries, at a frequency: a gated spectrum is
/// divided by it, unless a ratio of two spectra cancels it.
#[must_use]
pub fn low_edge(band: Band, frequency_hz: f64) -> Complex64 {
    causal_low_edge(band, frequency_hz)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::sweep::{synchronised_sweep, tests::spec};

    fn rate() -> SampleRate {
        SampleRate::new(48_000).unwrap()
    }

    fn deconvolved(capture: &[f64], inverse: Inverse) -> Impulse {
        let spec = spec(1.0);
        let sweep = synchronised_sweep(&spec, rate());
        let mut deconvolver = Deconvolver::new(&sweep, rate(), spec.band(), capture.len(), inverse);
        let spectrum = deconvolver.spectrum(capture);
        deconvolver.impulse(spectrum)
    }

    #[test]
    fn a_delayed_sweep_deconvolves_to_a_peak_at_its_delay() {
        let sweep = synchronised_sweep(&spec(1.0), rate());
        let mut capture = vec![0.0; 1000];
        capture.extend(sweep.iter().map(|v| -0.5 * v));
        capture.extend(vec![0.0; 500]);
        let impulse = deconvolved(&capture, Inverse::OfSamples);
        assert_eq!(impulse.peak_near(900, 300), 1000);
        assert!(impulse.at(1000) < 0.0);
    }

    #[test]
    fn a_capture_that_starts_late_has_a_negative_delay() {
        let sweep = synchronised_sweep(&spec(1.0), rate());
        let impulse = deconvolved(&sweep[100..], Inverse::OfSamples);
        assert_eq!(impulse.peak_near(0, 300), -100);
    }

    #[test]
    fn both_inverses_put_the_peak_at_the_same_place_and_height() {
        let sweep = synchronised_sweep(&spec(1.0), rate());
        let exact = deconvolved(&sweep, Inverse::OfSamples);
        let analytic = deconvolved(&sweep, Inverse::Analytic(spec(1.0)));
        assert_eq!(analytic.peak_near(0, 100), 0);
        assert!((analytic.at(0) / exact.at(0) - 1.0).abs() < 0.02);
    }
}
