//! How much bass and treble there is: one figure for each shelf, one for the corner.

use super::band;
use crate::model::Curve;
use crate::quantity::unit::Decibel;

/// The bass, in hertz.
const BASS_HZ: (f64, f64) = (20.0, 100.0);
/// What the bass is compared with, in hertz: above the seal, below the ear.
pub const REFERENCE_HZ: (f64, f64) = (300.0, 1000.0);
/// The treble, in hertz; above it a millimetre changes the level more than most states do.
const TREBLE_HZ: (f64, f64) = (5e3, 10e3);
/// How far the level has fallen at the corner, in decibels.
const CORNER_DB: f64 = 3.0;

/// Mean level 20 Hz to 100 Hz over the mean level 300 Hz to 1 kHz, in decibels.
///
/// Both means are of decibels, uniform in the logarithm of frequency. `None` when the curve does
/// not cover 20 Hz to 1 kHz (to a sixth of an octave at either end).
#[must_use]
pub fn bass_shelf_db(curve: &Curve<Decibel>) -> Option<f64> {
    let bass = band::mean_over(curve, BASS_HZ.0, BASS_HZ.1)?;
    Some(bass - reference_db(curve)?)
}

/// Mean level 5 kHz to 10 kHz over the mean level 300 Hz to 1 kHz, in decibels; `None` when the
/// curve does not cover 300 Hz to 10 kHz.
#[must_use]
pub fn treble_db(curve: &Curve<Decibel>) -> Option<f64> {
    Some(band::mean_over(curve, TREBLE_HZ.0, TREBLE_HZ.1)? - reference_db(curve)?)
}

/// The frequency in hertz below which the level falls under its mean 300 Hz to 1 kHz less 3 dB.
///
/// Looked for downwards from the loudest point of 300 Hz to 1 kHz, so that a dip in the treble is
/// not taken for a corner; between points the curve is straight over the logarithm of frequency.
/// `None` when the level holds down to 20 Hz or to the end of the data, whichever comes first, or
/// when the curve does not cover 300 Hz to 1 kHz.
#[must_use]
pub fn corner_minus_3_db_hz(curve: &Curve<Decibel>) -> Option<f64> {
    corner_hz(curve, CORNER_DB)
}

/// As [`corner_minus_3_db_hz`], where the level has fallen by `fall_db`.
#[must_use]
pub fn corner_hz(curve: &Curve<Decibel>, fall_db: f64) -> Option<f64> {
    let threshold = reference_db(curve)? - fall_db;
    let points: Vec<(f64, f64)> = curve.points().collect();
    let start = loudest_in_reference(&points).filter(|&at| points[at].1 >= threshold)?;
    let below = points[..start].iter().rposition(|&(_, level)| level < threshold)?;
    let (low, high) = (points[below], points[below + 1]);
    let share = (threshold - low.1) / (high.1 - low.1);
    let corner = low.0 * (high.0 / low.0).powf(share);
    if corner < BASS_HZ.0 { None } else { Some(corner) }
}

fn reference_db(curve: &Curve<Decibel>) -> Option<f64> {
    band::mean_over(curve, REFERENCE_HZ.0, REFERENCE_HZ.1)
}

fn loudest_in_reference(points: &[(f64, f64)]) -> Option<usize> {
    let inside = |f: f64| (REFERENCE_HZ.0..=REFERENCE_HZ.1).contains(&f);
    (0..points.len())
        .filter(|&at| inside(points[at].0))
        .max_by(|&a, &b| points[a].1.total_cmp(&points[b].1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FrequencyGrid;
    use crate::quantity::{Frequency, amplitude_db};

    fn curve(from_hz: f64, to_hz: f64, level: impl Fn(f64) -> f64) -> Curve<Decibel> {
        let hz = |f| Frequency::new(f).unwrap();
        Curve::from_fn(FrequencyGrid::logarithmic(hz(from_hz), hz(to_hz), 48), level).unwrap()
    }

    /// First-order high-pass: 3.01 dB down at its corner.
    fn high_pass(corner_hz: f64) -> impl Fn(f64) -> f64 {
        move |f| -amplitude_db(1.0_f64.hypot(corner_hz / f))
    }

    #[test]
    fn a_high_pass_has_its_corner_where_it_was_built() {
        // The mean 300 Hz to 1 kHz of a 60 Hz high-pass is itself 0.06 dB down, so the corner is
        // found 0.05 dB below its 3.01 dB: at 1.2 % lower frequency.
        const REFERENCE_IS_NOT_FLAT: f64 = 0.015;
        let corner = corner_minus_3_db_hz(&curve(10.0, 20e3, high_pass(60.0))).unwrap();
        assert!((corner / 60.0 - 1.0).abs() < REFERENCE_IS_NOT_FLAT, "{corner}");
    }

    #[test]
    fn neither_a_boost_nor_a_treble_dip_is_a_corner() {
        let dip = |f: f64| if (5e3..8e3).contains(&f) { -20.0 } else { 0.0 };
        assert_eq!(corner_minus_3_db_hz(&curve(20.0, 20e3, dip)), None);
        assert_eq!(corner_minus_3_db_hz(&curve(20.0, 20e3, |f| 100.0 / f)), None);
    }

    #[test]
    fn a_corner_below_20_hz_is_none_however_far_the_data_reach() {
        assert_eq!(corner_minus_3_db_hz(&curve(2.0, 20e3, high_pass(10.0))), None);
        assert_eq!(corner_minus_3_db_hz(&curve(20.0, 20e3, high_pass(10.0))), None);
    }

    #[test]
    fn a_corner_inside_the_reference_band_is_found() {
        let corner = corner_minus_3_db_hz(&curve(20.0, 20e3, high_pass(800.0))).unwrap();
        assert!((300.0..800.0).contains(&corner), "{corner}");
    }

    #[test]
    fn a_step_of_six_decibels_is_a_shelf_of_six() {
        let step = curve(20.0, 20e3, |f| if f < 150.0 { 6.0 } else { 0.0 });
        assert!((bass_shelf_db(&step).unwrap() - 6.0).abs() < 1e-9);
        assert!((bass_shelf_db(&step.shifted(80.0)).unwrap() - 6.0).abs() < 1e-9);
    }

    #[test]
    fn a_curve_without_bass_has_no_shelf() {
        assert_eq!(bass_shelf_db(&curve(40.0, 20e3, |_| 0.0)), None);
        assert_eq!(bass_shelf_db(&curve(20.0, 500.0, |_| 0.0)), None);
        assert_eq!(corner_minus_3_db_hz(&curve(20.0, 500.0, |_| 0.0)), None);
        assert!(bass_shelf_db(&curve(20.3, 20e3, |_| 0.0)).is_some());
    }
}
