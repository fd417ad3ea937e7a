//! Signals and their spectra, for what is linear.

use std::sync::Arc;

use num_complex::Complex64;
use realfft::{ComplexToReal, FftError, RealFftPlanner, RealToComplex};

/// A transform of real signals of one even length, and back.
pub(super) struct Transform {
    length: usize,
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
}

impl Transform {
    /// A transform of an even length.
    pub(super) fn of_length(length: usize) -> Self {
        let mut planner = RealFftPlanner::<f64>::new();
        let (forward, inverse) =
            (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
        Self { length, forward, inverse }
    }

    /// The bins of a signal from DC to half the rate; a shorter signal is followed by silence.
    pub(super) fn spectrum(&self, signal: &[f64]) -> Result<Vec<Complex64>, FftError> {
        let mut padded = vec![0.0; self.length];
        padded[..signal.len()].copy_from_slice(signal);
        let mut spectrum = self.forward.make_output_vec();
        self.forward.process(&mut padded, &mut spectrum)?;
        Ok(spectrum)
    }

    /// The signal of a spectrum.
    pub(super) fn signal(&self, mut spectrum: Vec<Complex64>) -> Result<Vec<f64>, FftError> {
        // A real signal has real values at DC and at half the rate.
        spectrum[0].im = 0.0;
        spectrum[self.length / 2].im = 0.0;
        let mut signal = self.inverse.make_output_vec();
        self.inverse.process(&mut spectrum, &mut signal)?;
        // The transform does not normalise.
        let normal = (self.length as f64).recip();
        for value in &mut signal {
            *value *= normal;
        }
        Ok(signal)
    }

    /// A signal after a filter whose response is given over frequency.
    pub(super) fn filtered(
        &self,
        signal: &[f64],
        rate_hz: f64,
        response: impl Fn(f64) -> Complex64,
    ) -> Result<Vec<f64>, FftError> {
        let mut spectrum = self.spectrum(signal)?;
        let spacing_hz = rate_hz / self.length as f64;
        for (k, bin) in spectrum.iter_mut().enumerate() {
            *bin *= response(k as f64 * spacing_hz);
        }
        self.signal(spectrum)
    }
}

/// The signal through all its samples at a multiple of their rate.
///
/// The samples are taken as one period of a band-limited signal; a signal whose length is odd or
/// slow to transform is followed by silence.
pub(super) fn oversampled(signal: &[f64], factor: usize) -> Result<Vec<f64>, FftError> {
    let length = transform_length(signal.len());
    let mut spectrum = Transform::of_length(length).spectrum(signal)?;
    // What lies at half the old rate belongs to both sides of it.
    spectrum[length / 2] *= 0.5;
    spectrum.resize(factor * length / 2 + 1, Complex64::ZERO);
    let mut signal = Transform::of_length(factor * length).signal(spectrum)?;
    for value in &mut signal {
        *value *= factor as f64;
    }
    Ok(signal)
}

/// Every so-manieth sample of what lies below half of the lower rate, so many frames of it; the
/// way back from [`oversampled`].
pub(super) fn decimated(
    signal: &[f64],
    factor: usize,
    frames: usize,
) -> Result<Vec<f64>, FftError> {
    let length = signal.len() / factor;
    let mut spectrum = Transform::of_length(signal.len()).spectrum(signal)?;
    spectrum.truncate(length / 2 + 1);
    spectrum[length / 2] *= 2.0;
    let mut signal = Transform::of_length(length).signal(spectrum)?;
    signal.truncate(frames);
    for value in &mut signal {
        *value /= factor as f64;
    }
    Ok(signal)
}

/// The smallest even number with no prime factor above five that is not below `at_least`.
pub(super) fn transform_length(at_least: usize) -> usize {
    let smooth = |mut n: usize| {
        for factor in [2, 3, 5] {
            while n.is_multiple_of(factor) {
                n /= factor;
            }
        }
        n == 1
    };
    let even = at_least.max(2).next_multiple_of(2);
    (even..).step_by(2).find(|&n| smooth(n)).unwrap_or(even)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A phase of up to 2800 rad is rounded at 3e-13; a transform is ten times nearer.
    const ROUNDING: f64 = 1e-12;

    fn tone(length: usize, cycles: f64) -> Vec<f64> {
        let turn = std::f64::consts::TAU * cycles / length as f64;
        (0..length).map(|k| (turn * k as f64).sin()).collect()
    }

    #[test]
    fn transform_lengths_are_even_and_smooth() {
        assert_eq!([1, 7, 97, 65_537].map(transform_length), [2, 8, 100, 65_610]);
    }

    #[test]
    fn an_oversampled_tone_is_the_tone_at_the_higher_rate() {
        let found = oversampled(&tone(1000, 437.0), 4).unwrap();
        let expected = tone(4000, 437.0);
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < ROUNDING));
    }

    #[test]
    fn decimation_undoes_oversampling() {
        // 997 is prime: it is followed by silence up to 1000.
        let signal: Vec<f64> = (0..997).map(|k| f64::from(k * 7919 % 1013) / 1013.0).collect();
        let back = decimated(&oversampled(&signal, 3).unwrap(), 3, signal.len()).unwrap();
        assert_eq!(back.len(), signal.len());
        assert!(back.iter().zip(&signal).all(|(a, b)| (a - b).abs() < ROUNDING));
    }

    #[test]
    fn a_filter_changes_a_tone_by_its_response() {
        let transform = Transform::of_length(1000);
        let filter = |hz: f64| Complex64::new(0.0, hz / 100.0);
        let found = transform.filtered(&tone(1000, 50.0), 1000.0, filter).unwrap();
        // Half as large and a quarter of a turn ahead.
        let expected = |k: usize| 0.5 * (std::f64::consts::TAU * 0.05 * k as f64).cos();
        assert!(found.iter().enumerate().all(|(k, v)| (v - expected(k)).abs() < ROUNDING));
    }
}
