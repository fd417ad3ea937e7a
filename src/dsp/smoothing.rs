//! Fractional-octave smoothing: the exact mean over a window in the logarithm of frequency.

use crate::quantity::{Smoothing, amplitude_db};

/// Mean of a function over windows in the logarithm of frequency, in linear time.
///
/// The function is piecewise linear in ln f between its points; its integral from the first point
/// is kept at every point, so a mean is two look-ups, whatever its width. The window is
/// rectangular in ln f, which does not tilt a slope (Tylka, Boren and Choueiri 2017).
pub struct LogMean {
    ln_f: Vec<f64>,
    values: Vec<f64>,
    integral: Vec<f64>,
}

impl LogMean {
    /// Of values at strictly increasing, positive frequencies, as many as there are values.
    #[must_use]
    pub fn new(frequencies_hz: impl IntoIterator<Item = f64>, values: Vec<f64>) -> Self {
        let ln_f: Vec<f64> = frequencies_hz.into_iter().map(f64::ln).collect();
        debug_assert_eq!(ln_f.len(), values.len());
        let mut integral = Vec::with_capacity(values.len());
        let mut sum = 0.0;
        for i in 0..values.len() {
            if i > 0 {
                sum += 0.5 * (values[i] + values[i - 1]) * (ln_f[i] - ln_f[i - 1]);
            }
            integral.push(sum);
        }
        Self { ln_f, values, integral }
    }

    /// Mean over `ln f ± half_width`. Near the ends of the data the window shrinks on both sides
    /// alike; at the ends it is the value there.
    #[must_use]
    pub fn at(&self, frequency_hz: f64, half_width: f64) -> f64 {
        /// A window narrower than this holds less than rounding.
        const NARROWEST: f64 = 1e-9;
        let (first, last) = (self.ln_f[0], self.ln_f[self.ln_f.len() - 1]);
        let centre = frequency_hz.ln().clamp(first, last);
        let half = half_width.min(centre - first).min(last - centre);
        if half < NARROWEST {
            return self.value(centre);
        }
        (self.integral_to(centre + half) - self.integral_to(centre - half)) / (2.0 * half)
    }

    fn segment(&self, x: f64) -> usize {
        let after = self.ln_f.partition_point(|&at| at <= x);
        after.saturating_sub(1).min(self.ln_f.len().saturating_sub(2))
    }

    fn slope(&self, i: usize) -> f64 {
        if self.ln_f.len() < 2 {
            return 0.0;
        }
        (self.values[i + 1] - self.values[i]) / (self.ln_f[i + 1] - self.ln_f[i])
    }

    fn value(&self, x: f64) -> f64 {
        let i = self.segment(x);
        self.values[i] + (x - self.ln_f[i]) * self.slope(i)
    }

    fn integral_to(&self, x: f64) -> f64 {
        let i = self.segment(x);
        let h = x - self.ln_f[i];
        self.integral[i] + h * (self.values[i] + 0.5 * self.slope(i) * h)
    }
}

/// A level curve in decibels, smoothed as the mean of *power*: the curve that display and targets
/// use. Values at strictly increasing frequencies in hertz; the result has as many.
#[must_use]
pub fn smoothed_level(frequencies_hz: &[f64], level_db: &[f64], smoothing: Smoothing) -> Vec<f64> {
    let Some(half_width) = smoothing.half_width() else { return level_db.to_vec() };
    let power = level_db.iter().map(|db| 10_f64.powf(db / 10.0)).collect();
    let mean = LogMean::new(frequencies_hz.iter().copied(), power);
    frequencies_hz.iter().map(|&f| amplitude_db(mean.at(f, half_width).sqrt())).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grid() -> Vec<f64> {
        (0..479).map(|k| 20.0 * (f64::from(k) / 48.0).exp2()).collect()
    }

    proptest! {
        #[test]
        fn a_constant_stays_what_it_is(level in -60.0_f64..60.0, n in 1_u8..97) {
            let smoothed = smoothed_level(&grid(), &[level; 479], Smoothing::Octave(n));
            for value in smoothed {
                prop_assert!((value - level).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn the_mean_agrees_with_brute_force_integration() {
        // Trapezoids of 2000 steps on a curve of this bend are right to about 1e-7.
        const STEPS: u32 = 2000;
        let values: Vec<f64> = grid().iter().map(|f| (f.ln() * 3.0).sin() + 2.0).collect();
        let mean = LogMean::new(grid(), values);
        let half = std::f64::consts::LN_2 / 6.0;
        for f in [100.0_f64, 1234.0, 15e3] {
            let at =
                |i: u32| mean.value(f.ln() - half + 2.0 * half * f64::from(i) / f64::from(STEPS));
            let sum: f64 = (0..STEPS).map(|i| 0.5 * (at(i) + at(i + 1))).sum();
            assert!((mean.at(f, half) - sum / f64::from(STEPS)).abs() < 1e-7);
        }
    }

    #[test]
    fn a_straight_slope_is_not_tilted_even_at_its_ends() {
        let mean = LogMean::new(grid(), grid().iter().map(|f| f.ln()).collect());
        for f in grid() {
            assert!((mean.at(f, 0.3) - f.ln()).abs() < 1e-9);
        }
    }

    #[test]
    fn a_single_point_is_its_own_mean() {
        assert!((LogMean::new([1000.0], vec![3.0]).at(1000.0, 0.1) - 3.0).abs() < 1e-12);
    }
}
