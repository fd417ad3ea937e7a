//! The frequencies at which a curve has values.

use std::sync::Arc;

use crate::quantity::Frequency;

/// Strictly increasing, positive, finite frequencies in hertz; shared, cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct FrequencyGrid(Arc<[f64]>);

/// Why a list of numbers is not a frequency grid.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GridError {
    /// There is no frequency at all.
    #[error("no frequencies")]
    Empty,
    /// A frequency that is not a positive number.
    #[error("frequency {value} Hz in row {row} is not a positive number")]
    NotPositive {
        /// Row, counted from one.
        row: usize,
        /// The value found.
        value: f64,
    },
    /// A frequency that does not lie above its predecessor.
    #[error("frequency {value} Hz in row {row} does not lie above the one before ({before} Hz)")]
    NotIncreasing {
        /// Row, counted from one.
        row: usize,
        /// The value found.
        value: f64,
        /// The value before it.
        before: f64,
    },
}

impl FrequencyGrid {
    /// A grid of the given frequencies in hertz.
    ///
    /// # Errors
    ///
    /// When there is none, or one is not positive and finite, or they do not strictly increase.
    pub fn new(hz: Vec<f64>) -> Result<Self, GridError> {
        if hz.is_empty() {
            return Err(GridError::Empty);
        }
        for (i, &value) in hz.iter().enumerate() {
            if !(value.is_finite() && value > 0.0) {
                return Err(GridError::NotPositive { row: i + 1, value });
            }
            if i > 0 && value <= hz[i - 1] {
                return Err(GridError::NotIncreasing { row: i + 1, value, before: hz[i - 1] });
            }
        }
        Ok(Self(hz.into()))
    }

    /// The logarithmic grid `f_k = from·2^(k/n)` with `n` points per octave, up to `to`.
    ///
    /// It always holds at least `from` itself.
    #[must_use]
    pub fn logarithmic(from: Frequency, to: Frequency, points_per_octave: u16) -> Self {
        /// A grid point may lie this much above `to`, so that rounding does not lose the last one.
        const ROUNDING: f64 = 1e-9;
        let per_octave = f64::from(points_per_octave.max(1));
        let count =
            (per_octave * (to.hz() / from.hz()).log2() + ROUNDING).floor().max(0.0) as usize;
        Self((0..=count).map(|k| from.hz() * (k as f64 / per_octave).exp2()).collect())
    }

    /// The grid on which results are compared: 48 points per octave from 20 Hz to 20 kHz.
    #[must_use]
    pub fn standard() -> Self {
        Self((0..479).map(|k| 20.0 * (f64::from(k) / 48.0).exp2()).collect())
    }

    /// The frequencies in hertz.
    #[must_use]
    pub fn hz(&self) -> &[f64] {
        &self.0
    }

    /// The number of frequencies, at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a grid is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The lowest frequency in hertz.
    #[must_use]
    pub fn first_hz(&self) -> f64 {
        self.0[0]
    }

    /// The highest frequency in hertz.
    #[must_use]
    pub fn last_hz(&self) -> f64 {
        self.0[self.0.len() - 1]
    }

    /// The part of the grid inside `from_hz..=to_hz`; `None` when no point lies there.
    #[must_use]
    pub fn within(&self, from_hz: f64, to_hz: f64) -> Option<Self> {
        let inside: Vec<f64> =
            self.0.iter().copied().filter(|f| (from_hz..=to_hz).contains(f)).collect();
        if inside.is_empty() { None } else { Some(Self(inside.into())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_grid_has_479_points_from_20_hz_to_just_below_20_khz() {
        let hz = |f| Frequency::new(f).unwrap();
        let grid = FrequencyGrid::logarithmic(hz(20.0), hz(20e3), 48);
        assert_eq!(grid, FrequencyGrid::standard());
        assert_eq!(grid.len(), 479);
        assert!((grid.first_hz() - 20.0).abs() < 1e-12);
        assert!((grid.last_hz() - 20.0 * (478.0_f64 / 48.0).exp2()).abs() < 1e-9);
    }

    #[test]
    fn a_grid_that_falls_names_the_row() {
        let error = FrequencyGrid::new(vec![20.0, 30.0, 30.0]).unwrap_err();
        assert_eq!(error, GridError::NotIncreasing { row: 3, value: 30.0, before: 30.0 });
    }
}
