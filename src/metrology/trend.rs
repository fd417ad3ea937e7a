//! A straight line through means that scatter more than their own uncertainty says.

use super::statistics::mean;
use crate::quantity::Uncertain;

/// Of fewer points than this nothing is said about what else scatters them.
const FEWEST_FOR_BETWEEN: usize = 5;

/// A mean at a place, with the variance that it has by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PointOnLine {
    /// The place.
    pub at: f64,
    /// The mean.
    pub value: f64,
    /// Its variance.
    pub variance: f64,
}

/// A straight line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Change of the value for a step of one.
    pub slope: Uncertain,
    /// The value at zero.
    pub at_zero: f64,
    /// Standard deviation of what scatters the points beside their own variances; absent where
    /// there are fewer than five.
    pub between: Option<f64>,
}

/// The line by weighted least squares.
///
/// Of five points or more, what scatters them beside their own variances is estimated with them
/// (Paule and Mandel 1982) and the slope has the degrees of freedom of the points (Hartung and Knapp
/// 2001), never a smaller error than the points' own. Of fewer the points' own variances are all
/// that is known; `dof` are their degrees of freedom.
///
/// `None` of points at fewer than two places, and of variances that are not positive.
#[must_use]
pub fn line(points: &[PointOnLine], dof: Option<f64>) -> Option<Line> {
    let sound = |p: &PointOnLine| p.variance > 0.0 && p.variance.is_finite();
    if !points.iter().all(sound) {
        return None;
    }
    let own = weighted(points, 0.0)?;
    if points.len() < FEWEST_FOR_BETWEEN {
        let slope = Uncertain { value: own.slope, u: own.u_slope, dof };
        return Some(Line { slope, at_zero: own.at_zero, between: None });
    }
    let left = points.len() as f64 - 2.0;
    let between = between(points, left)?;
    let fit = weighted(points, between)?;
    let u = fit.u_slope * (fit.squares / left).sqrt().max(1.0);
    let slope = Uncertain::with_dof(fit.slope, u, left);
    Some(Line { slope, at_zero: fit.at_zero, between: Some(between.sqrt()) })
}

/// The variance between points at which the weighted squares are what is expected of them; zero
/// if they are less already.
fn between(points: &[PointOnLine], expected: f64) -> Option<f64> {
    const HALVINGS: usize = 100;
    let excess = |variance: f64| Some(weighted(points, variance)?.squares - expected);
    if excess(0.0)? <= 0.0 {
        return Some(0.0);
    }
    let mut high = points.iter().map(|p| p.variance).fold(0.0, f64::max);
    while excess(high)? > 0.0 {
        high *= 4.0;
    }
    let mut low = 0.0;
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if excess(middle)? > 0.0 { low = middle } else { high = middle }
    }
    Some(high)
}

struct Fit {
    slope: f64,
    u_slope: f64,
    at_zero: f64,
    /// Sum of the weighted squares of what is left.
    squares: f64,
}

fn weighted(points: &[PointOnLine], between: f64) -> Option<Fit> {
    let weights: Vec<f64> = points.iter().map(|p| 1.0 / (p.variance + between)).collect();
    let average = |of: &dyn Fn(&PointOnLine) -> f64| {
        let parts: Vec<f64> = points.iter().zip(&weights).map(|(p, w)| w * of(p)).collect();
        Some(mean(&parts)? / mean(&weights)?)
    };
    let (centre, level) = (average(&|p| p.at)?, average(&|p| p.value)?);
    let sum = |of: &dyn Fn(&PointOnLine) -> f64| {
        points.iter().zip(&weights).map(|(p, w)| w * of(p)).sum::<f64>()
    };
    let width = sum(&|p| (p.at - centre).powi(2));
    if !(width > 0.0 && width.is_finite()) {
        return None;
    }
    let slope = sum(&|p| (p.at - centre) * (p.value - level)) / width;
    let squares = sum(&|p| (p.value - level - slope * (p.at - centre)).powi(2));
    let at_zero = level - slope * centre;
    Some(Fit { slope, u_slope: (1.0 / width).sqrt(), at_zero, squares })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten digits of the generator's figures.
    const QUOTED: f64 = 1e-8;

    fn points(count: usize) -> Vec<PointOnLine> {
        let at = [0.0, 10.0, 20.0, 40.0, 80.0, 100.0];
        let value = [0.0, -0.3, -0.1, -0.9, -1.1, -1.9];
        let variance = [0.01, 0.02, 0.01, 0.01, 0.03, 0.01];
        let point = |i: usize| PointOnLine { at: at[i], value: value[i], variance: variance[i] };
        (0..count).map(point).collect()
    }

    #[test]
    fn a_line_through_scattered_points_agrees_with_numpy() {
        // tests/golden/variance.py
        let found = line(&points(6), Some(7.0)).unwrap();
        assert!((found.between.unwrap() - 0.201_103_921).abs() < QUOTED);
        assert!((found.slope.value + 0.017_804_79).abs() < QUOTED);
        assert!((found.slope.u - 0.002_594_350_26).abs() < QUOTED);
        assert!((found.at_zero - 0.014_282_38).abs() < QUOTED);
        assert_eq!(found.slope.dof, Some(4.0));
    }

    #[test]
    fn two_points_have_the_slope_between_them_and_their_own_errors() {
        let found = line(&points(2), Some(7.0)).unwrap();
        assert!((found.slope.value + 0.03).abs() < QUOTED);
        assert!((found.slope.u - 0.03_f64.sqrt() / 10.0).abs() < QUOTED);
        assert_eq!((found.between, found.slope.dof), (None, Some(7.0)));
    }

    #[test]
    fn points_at_one_place_have_no_slope() {
        let one = points(1)[0];
        assert_eq!(line(&[one, one], None), None);
        assert_eq!(line(&[one], None), None);
        assert_eq!(line(&[], None), None);
        let sure = PointOnLine { at: 1.0, value: 0.0, variance: 0.0 };
        assert_eq!(line(&[one, sure], None), None);
    }
}
