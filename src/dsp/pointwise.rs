//! The spectrum of a short signal at any frequencies, exactly.

use std::f64::consts::PI;

use num_complex::Complex64;

use super::transform::Transform;
use crate::quantity::SampleRate;

/// Neighbouring bins on each side that make up a value. Twelve give 1e-12.
const SPREAD: isize = 12;

/// The discrete-time Fourier transform of a signal at frequencies in hertz, with time zero at
/// sample `origin`:
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
#[must_use]
pub fn spectrum_at(
    signal: &[f64],
    origin: f64,
    rate: SampleRate,
    frequencies_hz: &[f64],
) -> Vec<Complex64> {
    let mut transform = Transform::at_least(2 * signal.len());
    let oversampling = transform.len() as f64 / signal.len() as f64;
    let middle = (signal.len() / 2) as f64;
    let width = PI * SPREAD as f64
        / ((signal.len() * signal.len()) as f64 * oversampling * (oversampling - 0.5));
    let spectrum = weighted_spectrum(signal, middle, width, &mut transform);
    let scale = (PI / width).sqrt() / transform.len() as f64;
    let bin = 2.0 * PI / transform.len() as f64;
    frequencies_hz
        .iter()
        .map(|f| {
            let omega = 2.0 * PI * f / rate.as_f64();
            let nearest = (omega / bin).round() as isize;
            let sum: Complex64 = (nearest - SPREAD..=nearest + SPREAD)
                .map(|m| {
                    let distance = omega - m as f64 * bin;
                    let weight = (-distance * distance / (4.0 * width)).exp();
                    let centred = Complex64::cis(m as f64 * bin * middle);
                    bin_of_real_signal(&spectrum, transform.len(), m) * centred * weight
                })
                .sum();
            sum * scale * Complex64::cis(omega * (origin - middle))
        })
        .collect()
}

fn weighted_spectrum(
    signal: &[f64],
    middle: f64,
    width: f64,
    transform: &mut Transform,
) -> Vec<Complex64> {
    let weighted: Vec<f64> = signal
        .iter()
        .enumerate()
        .map(|(k, &v)| {
            let n = k as f64 - middle;
            v * (width * n * n).exp()
        })
        .collect();
    transform.forward(&weighted)
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
            let found = spectrum_at(&signal, origin, rate, &frequencies);
            for (f, value) in frequencies.iter().zip(found) {
                let expected = summed(&signal, origin, rate, *f);
                prop_assert!((value - expected).norm() < tolerance, "{f}: {value} {expected}");
            }
        }
    }
}
