//! A straight line through points.

/// A straight line through points, by least squares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Rise of the second coordinate with the first.
    pub slope: f64,
    /// Share of the variance that the line explains.
    pub explained: f64,
    /// A point of the line: the mean of both coordinates.
    pub through: (f64, f64),
}

impl Line {
    /// How far a point lies above the line.
    #[must_use]
    pub fn above(&self, (x, y): (f64, f64)) -> f64 {
        y - self.through.1 - self.slope * (x - self.through.0)
    }

    /// The line through some points; `None` for fewer than two different ones.
    #[must_use]
    pub fn through(points: &[(f64, f64)]) -> Option<Self> {
        let n = points.len() as f64;
        let (x_mean, y_mean) = points
            .iter()
            .fold((0.0, 0.0), |(x_sum, y_sum), &(x, y)| (x_sum + x / n, y_sum + y / n));
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for (x, y) in points.iter().map(|&(x, y)| (x - x_mean, y - y_mean)) {
            xx += x * x;
            xy += x * y;
            yy += y * y;
        }
        (xx > 0.0 && yy > 0.0).then(|| Self {
            slope: xy / xx,
            explained: xy * xy / (xx * yy),
            through: (x_mean, y_mean),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_explains_itself_and_a_step_no_more_than_three_quarters() {
        let line: Vec<(f64, f64)> = (0..10).map(f64::from).map(|x| (x, 3.0 - 2.0 * x)).collect();
        let fitted = Line::through(&line).unwrap();
        assert!((fitted.slope + 2.0).abs() < 1e-12 && (fitted.explained - 1.0).abs() < 1e-12);
        assert!((fitted.above((4.0, -4.0)) - 1.0).abs() < 1e-12);
        let step: Vec<(f64, f64)> =
            (0..10).map(|k| (f64::from(k), if k < 5 { 0.0 } else { 1.0 })).collect();
        assert!(Line::through(&step).unwrap().explained <= 0.76);
        assert!(Line::through(&[(1.0, 1.0)]).is_none());
    }
}
