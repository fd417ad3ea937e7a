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

/// The spectrum of a sweep, padded for captures of a given length.
pub struct SweepSpectrum {
    transform: Transform,
    bins: Vec<Complex64>,
    rate: SampleRate,
    band: Band,
}

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
    /// The spectrum of the sweep, its bins inverted in their place.
    inverted: SweepSpectrum,
    capture: Vec<Complex64>,
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

impl SweepSpectrum {
    /// The spectrum of a sweep, for captures of up to `capture_frames`.
    #[must_use]
    pub fn new(sweep: &[f64], rate: SampleRate, band: Band, capture_frames: usize) -> Self {
        let mut transform = Transform::at_least(sweep.len() + capture_frames);
        let bins = transform.forward(sweep);
        Self { transform, bins, rate, band }
    }

    /// The values at multiples of [`Self::bin_hz`], from zero to half the sample rate.
    pub(super) fn bins(&self) -> &[Complex64] {
        &self.bins
    }

    /// The width of a bin in hertz.
    pub(super) fn bin_hz(&self) -> f64 {
        self.rate.as_f64() / self.transform.len() as f64
    }

    /// The sample rate.
    pub(super) const fn rate(&self) -> SampleRate {
        self.rate
    }

    /// The band of the sweep.
    pub(super) const fn band(&self) -> Band {
        self.band
    }

    /// The same with every bin inverted, ready to be multiplied with a capture's.
    fn inverted(mut self, inverse: Inverse) -> Self {
        let (bin_hz, band, rate) = (self.bin_hz(), self.band, self.rate);
        let epsilon = REGULARISATION * self.median_power();
        let of_samples = |x: Complex64, f: f64| {
            let below = band.start_hz / f;
            let floor = epsilon * (below * below * below * below).min(1e4);
            x.conj() * (1.0 / (x.norm_sqr() + floor))
        };
        for (k, x) in self.bins.iter_mut().enumerate() {
            let f = k as f64 * bin_hz;
            let high = high_edge(band, f);
            if k == 0 || high <= 0.0 {
                *x = Complex64::ZERO;
                continue;
            }
            let inverted = match inverse {
                Inverse::OfSamples => of_samples(*x, f),
                Inverse::Analytic(spec) => 1.0 / analytic_spectrum(&spec, rate, f),
            };
            *x = inverted * causal_low_edge(band, f) * high;
        }
        self
    }

    /// Median power of the sweep in its flat band: the measure of the regularisation.
    fn median_power(&self) -> f64 {
        let bin_hz = self.bin_hz();
        let first = (self.band.flat_from_hz / bin_hz).ceil() as usize;
        let last = ((self.band.flat_to_hz / bin_hz) as usize).min(self.bins.len() - 1);
        // A few thousand of the bins tell the median as well as a million do.
        let stride = (last.saturating_sub(first) / 4096).max(1);
        let mut powers: Vec<f64> =
            (first..=last).step_by(stride).map(|k| self.bins[k].norm_sqr()).collect();
        let middle = powers.len() / 2;
        if powers.is_empty() {
            return 0.0;
        }
        *powers.select_nth_unstable_by(middle, f64::total_cmp).1
    }
}

impl Deconvolver {
    /// A deconvolver of captures by a sweep.
    #[must_use]
    pub fn new(sweep: SweepSpectrum, inverse: Inverse) -> Self {
        Self { inverted: sweep.inverted(inverse), capture: Vec::new() }
    }

    /// By how much the deconvolution raises the power of noise around a frequency: the mean of the
    /// squared magnitude of the inverse over `half_width_hz` on either side, or the nearest bin.
    /// It carries the edges of the band as the impulse response does.
    #[must_use]
    pub fn noise_gain(&self, frequency_hz: f64, half_width_hz: f64) -> f64 {
        let (bins, bin_hz) = (&self.inverted.bins, self.inverted.bin_hz());
        let last = bins.len() - 1;
        let bin = |f: f64| ((f / bin_hz).round().max(0.0) as usize).min(last);
        let around = &bins[bin(frequency_hz - half_width_hz)..=bin(frequency_hz + half_width_hz)];
        around.iter().map(Complex64::norm_sqr).sum::<f64>() / around.len() as f64
    }

    /// A capture, transformed. Longer ones than the deconvolver is made for are cut.
    pub fn capture<'a>(&mut self, samples: impl IntoIterator<Item = &'a f64>) -> Capture<'_> {
        self.inverted.transform.forward_into(samples, &mut self.capture);
        Capture(self)
    }
}

/// The spectrum of a capture.
pub struct Capture<'a>(&'a mut Deconvolver);

impl<'a> Capture<'a> {
    /// The values at the same bins as those of the sweep.
    pub(super) fn bins(&self) -> &[Complex64] {
        &self.0.capture
    }

    /// The impulse response of the capture.
    #[must_use]
    pub fn into_impulse(self) -> Impulse<'a> {
        let Deconvolver { inverted, capture } = self.0;
        let samples = inverted.transform.inverse_of_product(capture, &inverted.bins);
        Impulse { samples }
    }
}

/// A deconvolved capture: the impulse response of every sweep in it, each at the lag of its
/// sweep. Lags may be negative. It still carries the causal low edge.
#[derive(Debug, Clone, Copy)]
pub struct Impulse<'a> {
    samples: &'a [f64],
}

impl Impulse<'_> {
    /// The value at a lag in samples.
    #[must_use]
    pub fn at(&self, lag: isize) -> f64 {
        self.samples[lag.rem_euclid(self.samples.len() as isize) as usize]
    }

    /// The values from a lag on, so many.
    pub fn piece(&self, from: isize, len: usize) -> impl Iterator<Item = f64> {
        let first = from.rem_euclid(self.samples.len() as isize) as usize;
        self.samples[first..].iter().chain(self.samples.iter().cycle()).copied().take(len)
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
        let len = (to - from) as usize;
        let power: f64 = self.piece(from, len).map(|v| v * v).sum();
        (power / len as f64).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::sweep::{synchronised_sweep, tests::spec};

    fn rate() -> SampleRate {
        SampleRate::new(48_000).unwrap()
    }

    fn deconvolver(capture_frames: usize, inverse: Inverse) -> Deconvolver {
        let spec = spec(1.0);
        let sweep = synchronised_sweep(&spec, rate());
        let spectrum = SweepSpectrum::new(&sweep, rate(), spec.band(), capture_frames);
        Deconvolver::new(spectrum, inverse)
    }

    #[test]
    fn a_delayed_sweep_deconvolves_to_a_peak_at_its_delay() {
        let sweep = synchronised_sweep(&spec(1.0), rate());
        let mut capture = vec![0.0; 1000];
        capture.extend(sweep.iter().map(|v| -0.5 * v));
        capture.extend(vec![0.0; 500]);
        let mut deconvolver = deconvolver(capture.len(), Inverse::OfSamples);
        let impulse = deconvolver.capture(&capture).into_impulse();
        assert_eq!(impulse.peak_near(900, 300), 1000);
        assert!(impulse.at(1000) < 0.0);
    }

    #[test]
    fn a_capture_that_starts_late_has_a_negative_delay() {
        let sweep = synchronised_sweep(&spec(1.0), rate());
        let mut deconvolver = deconvolver(sweep.len(), Inverse::OfSamples);
        let impulse = deconvolver.capture(&sweep[100..]).into_impulse();
        assert_eq!(impulse.peak_near(0, 300), -100);
    }

    #[test]
    fn a_second_capture_is_deconvolved_as_if_it_were_the_first() {
        let sweep = synchronised_sweep(&spec(1.0), rate());
        let mut fresh = deconvolver(sweep.len(), Inverse::OfSamples);
        let mut used = deconvolver(sweep.len(), Inverse::OfSamples);
        let _ = used.capture(&[1.0; 500]).into_impulse();
        let first: Vec<f64> = fresh.capture(&sweep).into_impulse().piece(-500, 1000).collect();
        let second: Vec<f64> = used.capture(&sweep).into_impulse().piece(-500, 1000).collect();
        assert_eq!(first, second);
    }

    #[test]
    fn both_inverses_put_the_peak_at_the_same_place_and_height() {
        let sweep = synchronised_sweep(&spec(1.0), rate());
        let mut exact = deconvolver(sweep.len(), Inverse::OfSamples);
        let mut analytic = deconvolver(sweep.len(), Inverse::Analytic(spec(1.0)));
        let (exact, analytic) = (exact.capture(&sweep), analytic.capture(&sweep));
        let (exact, analytic) = (exact.into_impulse(), analytic.into_impulse());
        assert_eq!(analytic.peak_near(0, 100), 0);
        assert!((analytic.at(0) / exact.at(0) - 1.0).abs() < 0.02);
    }
}
