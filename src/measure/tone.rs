//! The level of one frequency in a piece of a recording.

use num_complex::Complex64;

use crate::quantity::SampleRate;

/// The peak amplitude of a tone in samples, looked at through a Hann window: 1.0 for a sine that
/// swings to full scale.
///
/// A tone is told from its neighbours that are two reciprocals of the duration away.
pub(super) fn tone_amplitude(samples: &[f64], frequency_hz: f64, rate: SampleRate) -> f64 {
    let count = samples.len() as f64;
    if samples.is_empty() {
        return 0.0;
    }
    let turn = |hz: f64| Complex64::cis(-std::f64::consts::TAU * hz / rate.as_f64());
    let (step, window_step) = (turn(frequency_hz), turn(rate.as_f64() / count));
    let (mut phasor, mut window) = (Complex64::ONE, Complex64::ONE);
    let mut sum = Complex64::ZERO;
    for &sample in samples {
        sum += phasor * (sample * (0.5 - 0.5 * window.re));
        phasor *= step;
        window *= window_step;
    }
    // The window has a mean of one half, and a sine of amplitude one gives half of that.
    4.0 * sum.norm() / count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_has_its_amplitude_and_a_distant_one_adds_nothing() {
        /// Side lobes of the window at a distance of 60 bins, below −100 dB of 0.5.
        const SIDE_LOBES: f64 = 1e-5;
        let rate = SampleRate::new(48_000).unwrap();
        let tone = |hz: f64, k: usize| (std::f64::consts::TAU * hz * k as f64 / 48e3 + 0.3).sin();
        let samples: Vec<f64> =
            (0..12_000).map(|k| 0.01 * tone(1000.0, k) + 0.5 * tone(1240.0, k)).collect();
        assert!((tone_amplitude(&samples, 1000.0, rate) - 0.01).abs() < SIDE_LOBES);
        assert!((tone_amplitude(&samples, 1240.0, rate) - 0.5).abs() < SIDE_LOBES);
        assert!(tone_amplitude(&[], 1000.0, rate).abs() < f64::EPSILON);
    }
}
