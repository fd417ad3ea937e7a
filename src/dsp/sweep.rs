//! The synchronised exponential sweep (Novak, Lotton and Simon 2015), its analytic spectrum, and
//! the pilot chirp.

use std::f64::consts::PI;
use std::ops::Range;

use num_complex::Complex64;

use crate::model::SweepSpec;
use crate::quantity::SampleRate;

/// The samples of one sweep, from its first to its last.
///
/// ```text
/// x(t) = A · e(t) · sin(2π · f₁ L exp(t/L)),   0 ≤ t ≤ T,   T = L ln(f₂/f₁)
/// ```
///
/// `f₁`, `f₂` start and stop frequency, `L` the time constant (rounded so that `f₁ L` is whole),
/// `A` the peak amplitude, `e` an envelope that rises as a raised cosine while the frequency runs
/// from start to `flat_from` and falls likewise from `flat_to` to stop, so that the fades lie
/// outside the measured band (Novak, Lotton and Simon 2015, without the −1 of the 2010 form).
#[must_use]
pub fn synchronised_sweep(spec: &SweepSpec, rate: SampleRate) -> Vec<f64> {
    let constant = spec.time_constant_s();
    let envelope = Envelope::new(spec);
    let frames = (spec.duration_s() * rate.as_f64()).floor() as usize + 1;
    let amplitude = spec.level.amplitude();
    let periods_per_e = spec.start.hz() * constant;
    (0..frames)
        .map(|k| {
            let t = k as f64 / rate.as_f64();
            // Whole periods are taken off before the sine: it keeps its precision at 10⁵ periods.
            let periods = periods_per_e * (t / constant).exp();
            amplitude * envelope.at(t) * (2.0 * PI * periods.fract()).sin()
        })
        .collect()
}

/// When the level of a sweep rises and falls.
struct Envelope {
    risen_s: f64,
    fall_s: Range<f64>,
}

impl Envelope {
    fn new(spec: &SweepSpec) -> Self {
        let time_of = |f: f64| spec.time_constant_s() * (f / spec.start.hz()).ln();
        let fall_s = time_of(spec.flat_to.hz())..spec.duration_s();
        Self { risen_s: time_of(spec.flat_from.hz()), fall_s }
    }

    fn at(&self, t: f64) -> f64 {
        if t < self.risen_s {
            0.5 - 0.5 * (PI * t / self.risen_s).cos()
        } else if t > self.fall_s.start {
            let Range { start, end } = self.fall_s;
            0.5 + 0.5 * (PI * (t - start) / (end - start)).cos()
        } else {
            1.0
        }
    }
}

/// The spectrum of the sweep at a frequency by stationary phase, in the scale of the discrete
/// transform of its samples; it holds inside the flat band and continues beyond it.
///
/// ```text
/// X(f) = (A fs / 2) √(L/f) · exp(j[2π f L (1 − ln(f/f₁)) − π/4])
/// ```
///
/// Novak, Lotton and Simon 2015, eq. 42 for the inverse. Its agreement with the samples' own
/// transform is 0.04 dB and 0.2° for 5 s from an octave below to just above the band, so a
/// response is divided by the samples' transform, and this one serves as check and beyond the
/// band.
#[must_use]
pub fn analytic_spectrum(spec: &SweepSpec, rate: SampleRate, frequency_hz: f64) -> Complex64 {
    let constant = spec.time_constant_s();
    let magnitude = 0.5 * spec.level.amplitude() * rate.as_f64() * (constant / frequency_hz).sqrt();
    let turns = frequency_hz * constant * (1.0 - (frequency_hz / spec.start.hz()).ln());
    Complex64::from_polar(magnitude, 2.0 * PI * turns.fract() - PI / 4.0)
}

/// A pilot chirp: 100 ms, Hann-windowed, linear from 300 Hz to 9 kHz (or 0.4 times the sample
/// rate if that is less), at a peak amplitude.
#[must_use]
pub fn pilot_chirp(rate: SampleRate, amplitude: f64) -> Vec<f64> {
    const DURATION_S: f64 = 0.1;
    const FROM_HZ: f64 = 300.0;
    let to_hz = 9e3_f64.min(0.4 * rate.as_f64());
    let frames = (DURATION_S * rate.as_f64()).round() as usize;
    (0..frames)
        .map(|k| {
            let t = k as f64 / rate.as_f64();
            let turns = FROM_HZ * t + 0.5 * (to_hz - FROM_HZ) * t * t / DURATION_S;
            let window = 0.5 - 0.5 * (2.0 * PI * k as f64 / frames as f64).cos();
            amplitude * window * (2.0 * PI * turns).sin()
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::dsp::transform::Transform;
    use crate::quantity::{Frequency, Level, Seconds, amplitude_db};

    pub(crate) fn spec(seconds: f64) -> SweepSpec {
        let hz = |f| Frequency::new(f).unwrap();
        SweepSpec {
            start: hz(5.0),
            flat_from: hz(10.0),
            flat_to: hz(20.5e3),
            stop: hz(23e3),
            duration: Seconds::new(seconds).unwrap(),
            repeats: 1,
            level: Level::from_db(-6.0),
        }
    }

    fn rate() -> SampleRate {
        SampleRate::new(48_000).unwrap()
    }

    #[test]
    fn the_sweep_starts_at_phase_zero_and_never_exceeds_its_level() {
        let spec = spec(2.0);
        let whole = spec.start.hz() * spec.time_constant_s();
        assert!((whole - whole.round()).abs() < 1e-9);
        let peak = synchronised_sweep(&spec, rate()).iter().fold(0.0_f64, |p, v| p.max(v.abs()));
        assert!(peak <= spec.level.amplitude() && peak > 0.99 * spec.level.amplitude());
    }

    #[test]
    fn the_analytic_spectrum_agrees_with_the_transform_of_the_samples_inside_the_band() {
        // The published prototype of the method reaches 0.036 dB and 0.16° for 5 s.
        const LIMIT_DB: f64 = 0.05;
        const LIMIT_DEG: f64 = 0.25;
        let spec = spec(5.0);
        let samples = synchronised_sweep(&spec, rate());
        let mut transform = Transform::at_least(samples.len());
        let spectrum = transform.forward(&samples);
        let bin = rate().as_f64() / transform.len() as f64;
        for (k, value) in spectrum.iter().enumerate() {
            let f = k as f64 * bin;
            if !(20.0..=20e3).contains(&f) {
                continue;
            }
            let ratio = value / analytic_spectrum(&spec, rate(), f);
            assert!(amplitude_db(ratio.norm()).abs() < LIMIT_DB, "{f} Hz");
            assert!(ratio.arg().to_degrees().abs() < LIMIT_DEG, "{f} Hz");
        }
    }

    #[test]
    fn the_third_harmonic_of_the_sweep_is_the_sweep_a_time_earlier() {
        // n·φ(t) = φ(t + L ln n): the synchronisation that harmonic separation rests on.
        let spec = spec(2.0);
        let (start, constant) = (spec.start.hz(), spec.time_constant_s());
        let phase = |t: f64| start * constant * (t / constant).exp();
        for t in [0.1, 0.4, 0.9] {
            let late = phase(t + constant * 3_f64.ln());
            assert!((3.0 * phase(t) - late).abs() < 1e-9 * late);
        }
    }

    #[test]
    fn the_pilot_is_silent_at_its_ends() {
        let pilot = pilot_chirp(rate(), 0.5);
        assert_eq!(pilot.len(), 4800);
        assert!(pilot[0].abs() < 1e-12 && pilot[4799].abs() < 1e-4);
    }
}
