//! Where a difference shows and where it does not.

use crate::model::Curve;
use crate::quantity::unit::Decibel;

/// A difference smaller than this is none, in decibels: it is printed as zero, and where the
/// curves were normalised its standard error is nearly zero too.
const NEGLIGIBLE_DB: f64 = 0.05;
/// What is said of the end of a curve is said of an octave or more.
const WORTH_SAYING: f64 = 2.0;

/// The largest difference in a part of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Largest {
    /// The difference with its sign, in decibels.
    pub(super) value_db: f64,
    /// Its standard error, in decibels.
    pub(super) u_db: f64,
    /// Where, in hertz.
    pub(super) at_hz: f64,
}

/// The upper end of a band, in which no difference exceeds twice its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Quiet {
    /// Where it starts, in hertz.
    pub(super) from_hz: f64,
    /// Where it ends, in hertz: the last frequency of the band.
    pub(super) to_hz: f64,
    /// The largest difference in it.
    pub(super) largest: Largest,
}

/// The upper end, an octave or more, of a curve up to some frequency, in which no difference
/// exceeds twice its standard error; `None` if there is none, or the standard error is not known.
pub(super) fn quiet_end(curve: &Curve<Decibel>, up_to_hz: f64) -> Option<Quiet> {
    let mut points = points(curve)?;
    points.retain(|p| p.at_hz <= up_to_hz);
    let loud = points.iter().rposition(|p| p.value_db.abs() > (2.0 * p.u_db).max(NEGLIGIBLE_DB));
    let quiet = &points[loud.map_or(0, |at| at + 1)..];
    let (from_hz, to_hz) = (quiet.first()?.at_hz, quiet.last()?.at_hz);
    let largest = largest(quiet)?;
    (to_hz >= WORTH_SAYING * from_hz).then_some(Quiet { from_hz, to_hz, largest })
}

/// The largest difference in a band; `None` if the curve has no point there or the standard error
/// is not known.
pub(super) fn largest_between(curve: &Curve<Decibel>, from_hz: f64, to_hz: f64) -> Option<Largest> {
    let mut points = points(curve)?;
    points.retain(|p| (from_hz..=to_hz).contains(&p.at_hz));
    largest(&points)
}

fn points(curve: &Curve<Decibel>) -> Option<Vec<Largest>> {
    let with_u = curve.points().zip(curve.u()?);
    Some(with_u.map(|((at_hz, value_db), &u_db)| Largest { value_db, u_db, at_hz }).collect())
}

fn largest(points: &[Largest]) -> Option<Largest> {
    points.iter().copied().max_by(|a, b| a.value_db.abs().total_cmp(&b.value_db.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FrequencyGrid;

    fn curve(u_db: f64, value: impl Fn(f64) -> f64) -> Curve<Decibel> {
        let grid = FrequencyGrid::standard();
        let u = vec![u_db; grid.len()];
        Curve::from_fn(grid, value).unwrap().with_u(u.into()).unwrap()
    }

    #[test]
    fn the_quiet_end_starts_above_the_last_difference_beyond_twice_its_error() {
        let bass_loss = curve(0.2, |f| if f < 200.0 { -3.0 } else { 0.3 });
        let quiet = quiet_end(&bass_loss, f64::INFINITY).unwrap();
        assert!((200.0..204.0).contains(&quiet.from_hz), "{quiet:?}");
        assert!(quiet.to_hz > 19e3);
        assert!((quiet.largest.value_db - 0.3).abs() < 1e-12);
    }

    #[test]
    fn a_curve_within_its_error_is_quiet_as_a_whole() {
        for curve in [curve(0.2, |_| -0.3), curve(0.0, |_| 0.0)] {
            let quiet = quiet_end(&curve, f64::INFINITY).unwrap();
            assert!((quiet.from_hz - 20.0).abs() < 1e-9, "{quiet:?}");
        }
    }

    #[test]
    fn less_than_an_octave_is_not_worth_saying() {
        let treble_loss = curve(0.2, |f| if f < 12e3 { -3.0 } else { 0.0 });
        assert_eq!(quiet_end(&treble_loss, f64::INFINITY), None);
    }

    #[test]
    fn what_lies_above_the_band_is_not_looked_at() {
        let air = curve(0.2, |f| if f > 10e3 { 5.0 } else { 0.0 });
        assert_eq!(quiet_end(&air, f64::INFINITY), None);
        let quiet = quiet_end(&air, 8e3).unwrap();
        assert!(quiet.to_hz <= 8e3 && quiet.to_hz > 7.8e3);
    }

    #[test]
    fn nothing_is_said_without_a_standard_error() {
        let bare = Curve::from_fn(FrequencyGrid::standard(), |_| 0.0).unwrap();
        assert_eq!(quiet_end(&bare, f64::INFINITY), None);
        assert_eq!(largest_between(&bare, 1e3, 8e3), None);
    }

    #[test]
    fn the_largest_difference_keeps_its_sign_and_place() {
        let treble = curve(0.2, |f| if (6e3..7e3).contains(&f) { -2.0 } else { 1.0 });
        let largest = largest_between(&treble, 1e3, 8e3).unwrap();
        assert!((largest.value_db + 2.0).abs() < 1e-12);
        assert!((6e3..7e3).contains(&largest.at_hz));
        assert_eq!(largest_between(&treble, 30e3, 40e3), None);
    }
}
