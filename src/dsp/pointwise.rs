//! The spectrum of a short signal at any frequencies, exactly.

use std::f64::consts::PI;

use num_complex::Complex64;

use super::transform::Transform;
use crate::quantity::SampleRate;

/// Neighbouring bins on each side that make up a value. Twelve give 1e-12.
const SPREAD: isize = 12;

/// The discrete-time Fourier transform of signals of one length, at frequencies in hertz, with
/// time zero at sample `origin`:
///
/// ```text
/// H(f) = Σ h[k] · exp(−j 2π f (k − origin) / fs)
/// ```
///
/// A point of a logarithmic grid lies between the bins of any transform, and interpolation there
/// would cost accuracy. This is Gaussian gridding (Greengard and Lee 2004): the signal is
/// weighted, transformed at twice its length, and each value is a Gaussian sum over the nearest
/// bins. The result is that of the sum above to 1e-12 of the largest value, in a fraction of its
/// time. Frequencies must lie below half the sample rate.
pub struct PointwiseTransform {
    transform: Transform,
    /// What the samples are weighted with.
    weights: Vec<f64>,
    weighted: Vec<f64>,
    spectrum: Vec<Complex64>,
    /// What the bins around the nearest are weighted with if the frequency is that of a bin.
    kernel: Vec<Complex64>,
    rate: SampleRate,
    origin: f64,
    /// Width parameter of the Gaussian, in radians squared per sample squared.
    width: f64,
}

impl PointwiseTransform {
    /// For signals of `frames` samples.
    #[must_use]
    pub fn new(frames: usize, origin: f64, rate: SampleRate) -> Self {
        let transform = Transform::at_least(2 * frames);
        let oversampling = transform.len() as f64 / frames as f64;
        let width =
            PI * SPREAD as f64 / ((frames * frames) as f64 * oversampling * (oversampling - 0.5));
        let middle = (frames / 2) as f64;
        let weight = |k: usize| {
            let n = k as f64 - middle;
            (width * n * n).exp()
        };
        let bin = 2.0 * PI / transform.len() as f64;
        let scale = (PI / width).sqrt() / transform.len() as f64;
        let kernel = |m: isize| {
            let distance = m as f64 * bin;
            let size = scale * (-distance * distance / (4.0 * width)).exp();
            Complex64::from_polar(size, distance * middle)
        };
        Self {
            weights: (0..frames).map(weight).collect(),
            weighted: Vec::new(),
            spectrum: Vec::new(),
            kernel: (-SPREAD..=SPREAD).map(kernel).collect(),
            transform,
            rate,
            origin,
            width,
        }
    }

    /// The spectrum of a signal at any frequencies. Samples past the planned length are left out.
    pub fn at(&mut self, signal: &[f64], frequencies_hz: &[f64]) -> Vec<Complex64> {
        self.weighted.clear();
        self.weighted.extend(signal.iter().zip(&self.weights).map(|(v, weight)| v * weight));
        self.transform.forward_into(&self.weighted, &mut self.spectrum);
        frequencies_hz.iter().map(|f| self.value(2.0 * PI * f / self.rate.as_f64())).collect()
    }

    /// The value at an angular frequency in radians per sample.
    fn value(&self, omega: f64) -> Complex64 {
        let len = self.transform.len();
        let bin = 2.0 * PI / len as f64;
        let nearest = (omega / bin).round();
        let beside = omega - nearest * bin;
        // The Gaussian around `omega` is the one around the nearest bin times a power of this.
        let shift = (beside * bin / (2.0 * self.width)).exp();
        let mut weight = shift.powi(-SPREAD as i32);
        let mut sum = Complex64::ZERO;
        for (m, kernel) in (nearest as isize - SPREAD..).zip(&self.kernel) {
            sum += bin_of_real_signal(&self.spectrum, len, m) * kernel * weight;
            weight *= shift;
        }
        let size = (-beside * beside / (4.0 * self.width)).exp();
        let middle = (self.weights.len() / 2) as f64;
        sum * Complex64::from_polar(size, omega * self.origin - beside * middle)
    }
}

/// Any bin of the transform of a real signal, of which only the first half is stored.
fn bin_of_real_signal(spectrum: &[Complex64], len: usize, bin: isize) -> Complex64 {
    let wrapped = bin.rem_euclid(len as isize) as usize;
    if wrapped < spectrum.len() { spectrum[wrapped] } else { spectrum[len - wrapped].conj() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn summed(signal: &[f64], origin: f64, rate: SampleRate, f: f64) -> Complex64 {
        let omega = 2.0 * PI * f / rate.as_f64();
        let term = |(k, &v): (usize, &f64)| Complex64::from_polar(v, -omega * (k as f64 - origin));
        signal.iter().enumerate().map(term).sum()
    }

    proptest! {
        #[test]
        fn gridding_agrees_with_the_sum_it_stands_for(
            signal in prop::collection::vec(-1.0_f64..1.0, 3..200),
            frequencies in prop::collection::vec(0.0_f64..23_999.0, 1..8),
            origin in 0.0_f64..100.0,
        ) {
            let rate = SampleRate::new(48_000).unwrap();
            // The published accuracy of the method for this spread, per unit of Σ|h|.
            let tolerance = 1e-11 * signal.iter().map(|v| v.abs()).sum::<f64>() + 1e-15;
            let mut transform = PointwiseTransform::new(signal.len(), origin, rate);
            let found = transform.at(&signal, &frequencies);
            for (f, value) in frequencies.iter().zip(found) {
                let expected = summed(&signal, origin, rate, *f);
                prop_assert!((value - expected).norm() < tolerance, "{f}: {value} {expected}");
            }
        }
    }
}
