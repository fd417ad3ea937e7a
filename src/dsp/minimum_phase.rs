//! The phase that belongs to a magnitude, and how late a response is beyond that.

use std::f64::consts::PI;

use num_complex::Complex64;

use super::smoothing::LogMean;
use super::transform::Transform;
use crate::quantity::SampleRate;

/// The group delay of a response in excess of that of the minimum-phase response of the same
/// magnitude, as a mean over bands, weighted with the power that passes.
///
/// The magnitude is smoothed over a twelfth of an octave and held constant below 30 Hz and above
/// 0.4 times the sample rate. The minimum phase follows from its logarithm through the real
/// cepstrum, folded onto positive times (Oppenheim and Schafer, Discrete-Time Signal Processing,
/// 13.3).
pub struct ExcessDelay {
    power: Vec<f64>,
    /// Power times excess group delay at each bin, in samples.
    weighted: Vec<f64>,
    bin_hz: f64,
}

impl ExcessDelay {
    /// Of an impulse response; `None` if it is silent or shorter than some milliseconds.
    #[must_use]
    pub fn of(impulse: &[f64], rate: SampleRate) -> Option<Self> {
        const SHORTEST: usize = 256;
        if impulse.len() < SHORTEST {
            return None;
        }
        let mut transform = Transform::at_least(2 * impulse.len());
        let spectrum = transform.forward(impulse);
        // The transform of k·h[k] over that of h is the group delay.
        let ramp: Vec<f64> = impulse.iter().enumerate().map(|(k, v)| k as f64 * v).collect();
        let ramped = transform.forward(&ramp);
        let bin_hz = rate.as_f64() / transform.len() as f64;
        let power = smoothed_power(&spectrum, bin_hz, 0.4 * rate.as_f64());
        let floor = 1e-8 * power.iter().copied().fold(0.0, f64::max);
        if floor <= 0.0 {
            return None;
        }
        let half_log = |p: &f64| Complex64::new(0.5 * p.max(floor).ln(), 0.0);
        let mut logarithm: Vec<Complex64> = power.iter().map(half_log).collect();
        let cepstrum = folded(transform.inverse(&mut logarithm));
        let phase: Vec<f64> = transform.forward(&cepstrum).iter().map(|v| v.im).collect();
        let step = 2.0 * PI / transform.len() as f64;
        let explained = |k: usize| {
            let (a, b) = (k.saturating_sub(1), (k + 1).min(phase.len() - 1));
            -(phase[b] - phase[a]) / ((b - a) as f64 * step)
        };
        let of_bin = |(k, (h, r)): (usize, (&Complex64, &Complex64))| {
            (r * h.conj()).re - h.norm_sqr() * explained(k)
        };
        let weighted = spectrum.iter().zip(&ramped).enumerate().map(of_bin).collect();
        let power = spectrum.iter().map(Complex64::norm_sqr).collect();
        Some(Self { power, weighted, bin_hz })
    }

    /// The mean in a band, in samples from the beginning of the response.
    #[must_use]
    pub fn in_band(&self, (from_hz, to_hz): (f64, f64)) -> f64 {
        let last = self.power.len() - 1;
        let first = ((from_hz / self.bin_hz).ceil() as usize).min(last);
        let end = ((to_hz / self.bin_hz) as usize).clamp(first, last);
        let power: f64 = self.power[first..=end].iter().sum();
        let weighted: f64 = self.weighted[first..=end].iter().sum();
        if power > 0.0 { weighted / power } else { 0.0 }
    }
}

/// The phase in radians of the minimum-phase response of a magnitude, given as its natural logarithm
/// at frequencies in ascending order.
///
/// The logarithm is taken as straight over ln f between its points and as constant outside of them
/// (Bode 1945, chapter 14; each step counts with the weight of its middle):
///
/// ```text
/// φ(f) = (1/π) ∫ dA/du · ln coth |u/2| du,   A = ln |H|,  u = ln(f'/f)
/// ```
#[must_use]
pub fn phase_of_magnitude(hz: &[f64], ln_magnitude: &[f64]) -> Vec<f64> {
    let steps: Vec<(f64, f64)> = (hz.windows(2).zip(ln_magnitude.windows(2)))
        .map(|(f, a)| ((f[0] * f[1]).sqrt().ln(), a[1] - a[0]))
        .collect();
    let phase = |f: &f64| {
        let weighted = |&(u, step): &(f64, f64)| -step * (0.5 * (u - f.ln()).abs()).tanh().ln();
        steps.iter().map(weighted).sum::<f64>() / PI
    };
    hz.iter().map(phase).collect()
}

fn smoothed_power(spectrum: &[Complex64], bin_hz: f64, highest_hz: f64) -> Vec<f64> {
    const LOWEST_HZ: f64 = 30.0;
    const HALF_WIDTH: f64 = std::f64::consts::LN_2 / 24.0;
    let hz = (1..spectrum.len()).map(|k| k as f64 * bin_hz);
    let powers = spectrum.iter().skip(1).map(Complex64::norm_sqr).collect();
    let mean = LogMean::new(hz, powers);
    (0..spectrum.len())
        .map(|k| mean.at((k as f64 * bin_hz).clamp(LOWEST_HZ, highest_hz), HALF_WIDTH))
        .collect()
}

/// What lies at negative times added to the positive ones.
fn folded(cepstrum: &[f64]) -> Vec<f64> {
    let half = cepstrum.len() / 2;
    let fold = |(k, v): (usize, &f64)| match k {
        0 => *v,
        k if k < half => 2.0 * v,
        k if k == half => *v,
        _ => 0.0,
    };
    cepstrum.iter().enumerate().map(fold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: f64 = 48e3;

    /// The impulse response of a resonator, which is minimum-phase, delayed.
    fn resonator(frequency_hz: f64, q: f64, delay: usize) -> Vec<f64> {
        let omega = 2.0 * PI * frequency_hz / RATE_HZ;
        let decay = omega / (2.0 * q);
        let ring = |k: usize| (-decay * k as f64).exp() * (omega * k as f64).cos();
        let mut impulse = vec![0.0; 16_384];
        for (k, v) in impulse[delay..].iter_mut().enumerate() {
            *v = 0.02 * ring(k);
        }
        impulse[delay] += 1.0;
        impulse
    }

    #[test]
    fn a_resonator_is_delayed_by_what_its_magnitude_says_however_late_it_comes() {
        // Smoothing over a twelfth of an octave blurs a resonance of Q 8 a little.
        const TOLERANCE: f64 = 2.0;
        let rate = SampleRate::new(48_000).unwrap();
        for delay in [0, 700] {
            let excess = ExcessDelay::of(&resonator(2000.0, 8.0, delay), rate).unwrap();
            for band in [(500.0, 600.0), (1900.0, 2100.0), (6000.0, 8000.0)] {
                let found = excess.in_band(band);
                assert!((found - delay as f64).abs() < TOLERANCE, "{delay} {band:?}: {found}");
            }
        }
    }

    #[test]
    fn an_all_pass_is_delay_that_no_magnitude_explains() {
        // First order, corner at a sixth of the rate: (1 − a)/(1 + a) samples at low frequencies.
        let rate = SampleRate::new(48_000).unwrap();
        let a: f64 = -0.8;
        let mut impulse = vec![0.0; 4096];
        impulse[0] = a;
        for (k, v) in (0..).zip(&mut impulse[1..]) {
            *v = (1.0 - a * a) * (-a).powi(k);
        }
        let excess = ExcessDelay::of(&impulse, rate).unwrap();
        let expected = (1.0 - a) / (1.0 + a);
        assert!((excess.in_band((100.0, 300.0)) / expected - 1.0).abs() < 0.05);
    }

    #[test]
    fn a_shelf_has_the_phase_that_its_corners_give_it() {
        // The steps beside a frequency weigh too little with the weight of their middles: (2/π)·
        // (1 − ln 2) of their width, ln 2/12, times the slope dA/du, which is below 1 here.
        const BLURRED: f64 = 0.0113;
        let hz: Vec<f64> = (0..240).map(|k| (f64::from(k) / 12.0).exp2()).collect();
        let shelf = |f: f64| Complex64::new(1.0, f / 400.0) / Complex64::new(1.0, f / 1200.0);
        let magnitude: Vec<f64> = hz.iter().map(|&f| shelf(f).norm().ln()).collect();
        for (f, found) in hz.iter().zip(phase_of_magnitude(&hz, &magnitude)) {
            let expected = shelf(*f).arg();
            assert!((found - expected).abs() < BLURRED, "{f} Hz: {found} {expected}");
        }
    }

    #[test]
    fn a_silent_or_very_short_response_has_none() {
        let rate = SampleRate::new(48_000).unwrap();
        assert!(ExcessDelay::of(&vec![0.0; 4096], rate).is_none());
        assert!(ExcessDelay::of(&[1.0; 16], rate).is_none());
    }
}
