//! Signals that are nothing but hum.

use super::transform::Transform;
use crate::quantity::SampleRate;

/// Frequencies of the mains.
const MAINS_HZ: [f64; 2] = [50.0, 60.0];
/// The lines hold this share of the power where there is nothing but hum. A line input with a
/// ground loop and its own noise stays below: a chip at zero volume has 0.75.
const DOMINATING: f64 = 0.9;
/// … and the first three of them this share: a tone may lie on a high multiple by chance.
const LOWEST: f64 = 0.2;
/// Lines are looked for up to here.
const HIGHEST_HZ: f64 = 2000.0;
/// Below, there is drift and rumble, which belong to neither.
const LEAST_HZ: f64 = 10.0;

/// The frequency of the mains whose harmonics hold most of the power of a signal, in hertz;
/// `None` if there is none.
#[must_use]
pub fn dominating_mains_hz(signal: &[f64], rate: SampleRate) -> Option<f64> {
    let power = power_per_hertz(signal, rate);
    let total: f64 = power.iter().skip(LEAST_HZ as usize).sum();
    let lines = |mains_hz: f64, highest_hz: f64| -> f64 {
        let is_line = |hz: f64| {
            let nearest = (hz / mains_hz).round().max(1.0) * mains_hz;
            // A Hann window's main lobe, and a mains that is off by four thousandths.
            (hz - nearest).abs() <= 2.0 + 4e-3 * hz
        };
        let bins = power.iter().enumerate().skip(LEAST_HZ as usize);
        let bins = bins.take_while(|&(hz, _)| hz as f64 <= highest_hz);
        bins.filter(|&(hz, _)| is_line(hz as f64)).map(|(_, power)| power).sum()
    };
    let dominates = |mains_hz: f64| {
        lines(mains_hz, HIGHEST_HZ) > DOMINATING * total
            && lines(mains_hz, 3.5 * mains_hz) > LOWEST * total
    };
    let mains = MAINS_HZ.into_iter().filter(|&mains_hz| total > 0.0 && dominates(mains_hz));
    mains.max_by(|&a, &b| lines(a, HIGHEST_HZ).total_cmp(&lines(b, HIGHEST_HZ)))
}

/// Power in bins of one hertz, added up over seconds of the signal, at most twenty.
fn power_per_hertz(signal: &[f64], rate: SampleRate) -> Vec<f64> {
    const MOST: usize = 20;
    let mut transform = Transform::of_length(rate.hz() as usize);
    let frames = transform.len();
    let mut power = vec![0.0; transform.bins()];
    let mut spectrum = Vec::new();
    for second in signal.chunks_exact(frames).take(MOST) {
        let mean = second.iter().sum::<f64>() / frames as f64;
        let turn = std::f64::consts::TAU / frames as f64;
        let window = |k: usize| 0.5 - 0.5 * (turn * k as f64).cos();
        let windowed: Vec<f64> =
            second.iter().enumerate().map(|(k, v)| window(k) * (v - mean)).collect();
        transform.forward_into(&windowed, &mut spectrum);
        power.iter_mut().zip(&spectrum).for_each(|(sum, bin)| *sum += bin.norm_sqr());
    }
    power
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    fn found(hum: impl Fn(f64) -> f64) -> Option<f64> {
        let rate = SampleRate::new(48_000).unwrap();
        let signal: Vec<f64> = (0..96_000).map(|k| hum(f64::from(k) / 48e3)).collect();
        dominating_mains_hz(&signal, rate)
    }

    #[test]
    fn hum_is_told_by_its_mains_and_silence_has_none() {
        let hum = |hz: f64| move |t: f64| (1..9).map(|n| (TAU * f64::from(n) * hz * t).sin()).sum();
        assert_eq!(found(hum(50.05)), Some(50.0));
        assert_eq!(found(hum(59.95)), Some(60.0));
        assert_eq!(found(|_| 0.0), None);
    }

    #[test]
    fn a_tone_or_a_low_rumble_is_no_hum() {
        assert_eq!(found(|t| (TAU * 1000.0 * t).sin()), None);
        assert_eq!(found(|t| (TAU * 33.0 * t).sin()), None);
    }
}
