//! A signal on another time axis.

use num_complex::Complex64;

use super::transform::Transform;

/// A signal stretched to `factor` times its frames, by cutting or padding its spectrum. It is
/// taken as periodic, so it should begin and end in silence; the factor is rounded to a whole
/// even number of frames.
#[must_use]
pub fn stretched(signal: &[f64], factor: f64) -> Vec<f64> {
    let mut from = Transform::of_length(signal.len());
    let half = (0.5 * factor * from.len() as f64).round() as usize;
    let mut to = Transform::of_length(2 * half.max(1));
    let mut spectrum = from.forward(signal);
    let scale = to.len() as f64 / from.len() as f64;
    spectrum.resize(to.bins(), Complex64::ZERO);
    for bin in &mut spectrum {
        *bin *= scale;
    }
    to.inverse(&mut spectrum).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretched_burst_has_its_shape_over_more_frames() {
        // A Hann-windowed tone is band-limited to rounding.
        let burst = |k: f64, frames: f64| {
            let x = k / frames;
            (0.5 - 0.5 * (std::f64::consts::TAU * x).cos())
                * (std::f64::consts::TAU * 20.0 * x).sin()
        };
        let short: Vec<f64> = (0..480).map(|k| burst(f64::from(k), 480.0)).collect();
        let long = stretched(&short, 2.0);
        assert_eq!(long.len(), 960);
        for (k, v) in long.iter().enumerate() {
            assert!((v - burst(k as f64, 960.0)).abs() < 1e-9, "{k}");
        }
    }
}
