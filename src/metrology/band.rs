//! The mean of a curve over a band.

use crate::model::Curve;
use crate::quantity::unit::Unit;

/// Data may miss this much of either end of a band, in octaves: exports that start "at 20 Hz"
/// start at 20.2 Hz or 20.6 Hz.
const MAY_MISS_OCTAVES: f64 = 1.0 / 6.0;

/// Mean of a curve over `from_hz` to `to_hz`, uniform in the logarithm of frequency.
///
/// The curve is taken as straight between its points, so the mean does not depend on how densely
/// they lie. `None` when the data miss more than a sixth of an octave at either end of the band,
/// or the band has no width.
#[must_use]
pub fn mean_over<U: Unit>(curve: &Curve<U>, from_hz: f64, to_hz: f64) -> Option<f64> {
    let slack = MAY_MISS_OCTAVES.exp2();
    let (first_hz, last_hz) = (curve.grid().first_hz(), curve.grid().last_hz());
    let (low, high) = (from_hz.max(first_hz), to_hz.min(last_hz));
    let covered = first_hz <= from_hz * slack && last_hz >= to_hz / slack && low < high;
    if !covered {
        return None;
    }
    let inside = curve.points().filter(|(f, _)| (low..high).contains(f) && *f > low);
    let corners = std::iter::once((low, curve.at(low).ok()?))
        .chain(inside)
        .chain(std::iter::once((high, curve.at(high).ok()?)));
    Some(area(corners) / (high / low).ln())
}

/// Area under straight lines between points, over ln f.
fn area(mut points: impl Iterator<Item = (f64, f64)>) -> f64 {
    let Some(mut last) = points.next() else { return 0.0 };
    let mut sum = 0.0;
    for (f, value) in points {
        sum += 0.5 * (value + last.1) * (f / last.0).ln();
        last = (f, value);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FrequencyGrid;
    use crate::quantity::unit::Decibel;

    /// Sums over some thousand points.
    const ROUNDING: f64 = 1e-9;

    fn curve(hz: Vec<f64>, value: impl Fn(f64) -> f64) -> Curve<Decibel> {
        Curve::from_fn(FrequencyGrid::new(hz).unwrap(), value).unwrap()
    }

    #[test]
    fn a_slope_has_the_value_at_its_geometric_middle_on_any_grid() {
        let slope = |f: f64| 3.0 * (f / 100.0).log2();
        let linear = curve((1..2000).map(|k| 10.0 * f64::from(k)).collect(), slope);
        let sparse = curve(vec![10.0, 70.0, 900.0, 3000.0], slope);
        for c in [linear, sparse] {
            assert!((mean_over(&c, 50.0, 800.0).unwrap() - 3.0).abs() < ROUNDING);
        }
    }

    #[test]
    fn a_band_that_the_data_do_not_cover_has_no_mean() {
        let c = curve(vec![20.3, 100.0, 1000.0], |_| 1.0);
        assert!((mean_over(&c, 20.0, 100.0).unwrap() - 1.0).abs() < ROUNDING);
        assert_eq!(mean_over(&c, 17.0, 100.0), None);
        assert_eq!(mean_over(&c, 300.0, 1200.0), None);
        assert_eq!(mean_over(&c, 300.0, 300.0), None);
        assert_eq!(mean_over(&c, 1010.0, 1020.0), None);
        assert_eq!(mean_over(&c, f64::NAN, 1000.0), None);
    }
}
