//! The edges of the band in which a deconvolution divides.

use std::f64::consts::PI;

use num_complex::Complex64;

use crate::model::Band;

/// The causal low edge of a deconvolution at a frequency: a fourth-order Butterworth high-pass
/// with its corner at 1.4 times the start of the sweep.
///
/// A zero-phase edge would make the impulse response ring before its beginning, where a gate
/// cuts it off and bends the lowest two octaves by tenths of a decibel; a causal edge rings
/// afterwards, inside the gate, and is divided out again once the gated response is transformed.
#[must_use]
pub fn causal_low_edge(band: Band, frequency_hz: f64) -> Complex64 {
    const CORNER: f64 = 1.4;
    let s = Complex64::new(0.0, frequency_hz / (CORNER * band.start_hz));
    let square = s * s;
    let section = |q_inverse: f64| square + q_inverse * s + 1.0;
    let poles = section(2.0 * (PI / 8.0).sin()) * section(2.0 * (3.0 * PI / 8.0).sin());
    // The fourth power of s is real.
    poles.conj() * (square.re * square.re / poles.norm_sqr())
}

/// The high edge at a frequency: one up to the end of the flat band, zero from the end of the
/// sweep, a raised cosine over the logarithm of frequency between.
#[must_use]
pub fn high_edge(band: Band, frequency_hz: f64) -> f64 {
    if frequency_hz <= band.flat_to_hz {
        return 1.0;
    }
    if frequency_hz >= band.stop_hz {
        return 0.0;
    }
    let share = (frequency_hz / band.flat_to_hz).ln() / (band.stop_hz / band.flat_to_hz).ln();
    0.5 + 0.5 * (PI * share).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAND: Band = Band { start_hz: 5.0, flat_from_hz: 10.0, flat_to_hz: 20e3, stop_hz: 22e3 };

    #[test]
    fn the_low_edge_is_three_decibels_down_at_its_corner_and_falls_24_db_per_octave() {
        assert!((causal_low_edge(BAND, 7.0).norm() - 0.5_f64.sqrt()).abs() < 1e-12);
        let octave = causal_low_edge(BAND, 0.1).norm() / causal_low_edge(BAND, 0.05).norm();
        assert!((octave - 16.0).abs() < 1e-2);
    }

    #[test]
    fn the_high_edge_passes_the_flat_band_and_nothing_beyond_the_sweep() {
        assert!((high_edge(BAND, 20e3) - 1.0).abs() < 1e-12);
        assert!(high_edge(BAND, 22e3).abs() < 1e-12);
        let middle = (20e3_f64 * 22e3).sqrt();
        assert!((high_edge(BAND, middle) - 0.5).abs() < 1e-12);
    }
}
