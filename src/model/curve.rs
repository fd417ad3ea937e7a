//! Real values over frequency.

use std::marker::PhantomData;

use ndarray::Array1;

use super::grid::FrequencyGrid;
use crate::quantity::unit::Unit;

/// Real values over a frequency grid, in the unit `U`, with standard uncertainties where known.
///
/// For complex values there is [`Spectrum`](super::Spectrum).
#[derive(Debug, Clone, PartialEq)]
pub struct Curve<U: Unit> {
    grid: FrequencyGrid,
    values: Array1<f64>,
    u: Option<Array1<f64>>,
    unit: PhantomData<U>,
}

/// Why values do not make a curve or a spectrum.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CurveError {
    /// The number of values is not the number of frequencies.
    #[error("{found} values for {expected} frequencies")]
    Length {
        /// Frequencies in the grid.
        expected: usize,
        /// Values given.
        found: usize,
    },
    /// A value is not a finite number.
    #[error("the value at {frequency_hz} Hz is not a finite number")]
    NotFinite {
        /// Where.
        frequency_hz: f64,
    },
    /// A coherence that is none.
    #[error("the coherence at {frequency_hz} Hz does not lie between 0 and 1")]
    Coherence {
        /// Where.
        frequency_hz: f64,
    },
    /// A wanted frequency lies outside the data.
    #[error("{wanted_hz} Hz lies outside the data ({first_hz} Hz to {last_hz} Hz)")]
    Outside {
        /// The frequency asked for.
        wanted_hz: f64,
        /// First frequency of the data.
        first_hz: f64,
        /// Last frequency of the data.
        last_hz: f64,
    },
}

impl<U: Unit> Curve<U> {
    /// A curve with one finite value per frequency.
    ///
    /// # Errors
    ///
    /// When the lengths differ or a value is not finite.
    pub fn new(grid: FrequencyGrid, values: Array1<f64>) -> Result<Self, CurveError> {
        if values.len() != grid.len() {
            return Err(CurveError::Length { expected: grid.len(), found: values.len() });
        }
        if let Some(bad) = values.iter().position(|v| !v.is_finite()) {
            return Err(CurveError::NotFinite { frequency_hz: grid.hz()[bad] });
        }
        Ok(Self { grid, values, u: None, unit: PhantomData })
    }

    /// The curve whose value at each frequency (in hertz) is given by a function.
    ///
    /// # Errors
    ///
    /// When the function gives a value that is not finite.
    pub fn from_fn(grid: FrequencyGrid, value: impl Fn(f64) -> f64) -> Result<Self, CurveError> {
        let values = grid.hz().iter().map(|&f| value(f)).collect();
        Self::new(grid, values)
    }

    /// The same curve with standard uncertainties, in the unit of the values.
    ///
    /// # Errors
    ///
    /// When the lengths differ or an uncertainty is not finite.
    pub fn with_u(mut self, u: Array1<f64>) -> Result<Self, CurveError> {
        if u.len() != self.grid.len() {
            return Err(CurveError::Length { expected: self.grid.len(), found: u.len() });
        }
        if let Some(bad) = u.iter().position(|v| !v.is_finite()) {
            return Err(CurveError::NotFinite { frequency_hz: self.grid.hz()[bad] });
        }
        self.u = Some(u.mapv_into(f64::abs));
        Ok(self)
    }

    /// The frequencies.
    #[must_use]
    pub const fn grid(&self) -> &FrequencyGrid {
        &self.grid
    }

    /// The frequencies in hertz.
    #[must_use]
    pub fn hz(&self) -> &[f64] {
        self.grid.hz()
    }

    /// The values, one per frequency.
    #[must_use]
    pub const fn values(&self) -> &Array1<f64> {
        &self.values
    }

    /// The standard uncertainties, one per frequency, where known.
    #[must_use]
    pub const fn u(&self) -> Option<&Array1<f64>> {
        self.u.as_ref()
    }

    /// Frequency (Hz) and value, in order of frequency.
    #[must_use]
    pub fn points(&self) -> impl DoubleEndedIterator<Item = (f64, f64)> + ExactSizeIterator + '_ {
        self.hz().iter().copied().zip(self.values.iter().copied())
    }

    /// The curve moved by a constant; the uncertainty stays.
    #[must_use]
    pub fn shifted(&self, by: f64) -> Self {
        Self { values: &self.values + by, ..self.clone() }
    }

    /// The value at a frequency, interpolated linearly over the logarithm of frequency.
    ///
    /// # Errors
    ///
    /// When the frequency lies outside the data.
    pub fn at(&self, frequency_hz: f64) -> Result<f64, CurveError> {
        self.interpolated(&self.values, frequency_hz)
    }

    /// The standard uncertainty at a frequency; `None` where unknown or outside the data.
    #[must_use]
    pub fn u_at(&self, frequency_hz: f64) -> Option<f64> {
        self.interpolated(self.u.as_ref()?, frequency_hz).ok()
    }

    /// The curve on another grid, interpolated linearly over the logarithm of frequency.
    ///
    /// # Errors
    ///
    /// When the other grid reaches outside the data.
    pub fn resampled_onto(&self, grid: &FrequencyGrid) -> Result<Self, CurveError> {
        if *grid == self.grid {
            return Ok(self.clone());
        }
        let sample = |source: &Array1<f64>| -> Result<Array1<f64>, CurveError> {
            grid.hz().iter().map(|&f| self.interpolated(source, f)).collect()
        };
        let values = sample(&self.values)?;
        let u = self.u.as_ref().map(sample).transpose()?;
        Ok(Self { grid: grid.clone(), values, u, unit: PhantomData })
    }

    fn interpolated(&self, source: &Array1<f64>, frequency_hz: f64) -> Result<f64, CurveError> {
        /// A wanted frequency may miss the ends of the data by this much: written files round.
        const ROUNDING: f64 = 1e-6;
        let hz = self.hz();
        let (first_hz, last_hz) = (self.grid.first_hz(), self.grid.last_hz());
        let inside = first_hz * (1.0 - ROUNDING)..=last_hz * (1.0 + ROUNDING);
        if !inside.contains(&frequency_hz) {
            return Err(CurveError::Outside { wanted_hz: frequency_hz, first_hz, last_hz });
        }
        let after = hz.partition_point(|&f| f < frequency_hz);
        if after == 0 || hz.len() == 1 {
            return Ok(source[0]);
        }
        if after == hz.len() {
            return Ok(source[hz.len() - 1]);
        }
        let (low, high) = (hz[after - 1], hz[after]);
        let share = (frequency_hz / low).ln() / (high / low).ln();
        Ok(source[after - 1] + share * (source[after] - source[after - 1]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::unit::Decibel;

    fn sloped() -> Curve<Decibel> {
        let grid = FrequencyGrid::new(vec![100.0, 200.0, 400.0]).unwrap();
        Curve::new(grid, vec![0.0, 6.0, 12.0].into()).unwrap()
    }

    #[test]
    fn a_slope_in_decibels_per_octave_is_interpolated_without_error() {
        let value = sloped().at(100.0 * 2_f64.sqrt()).unwrap();
        assert!((value - 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_curve_has_no_value_outside_its_data() {
        assert!(matches!(sloped().at(99.0), Err(CurveError::Outside { .. })));
        let wider = FrequencyGrid::new(vec![50.0, 200.0]).unwrap();
        assert!(sloped().resampled_onto(&wider).is_err());
    }

    #[test]
    fn a_curve_holds_no_value_that_is_not_finite() {
        let grid = FrequencyGrid::new(vec![100.0, 200.0]).unwrap();
        let error = Curve::<Decibel>::new(grid, vec![0.0, f64::NAN].into()).unwrap_err();
        assert_eq!(error, CurveError::NotFinite { frequency_hz: 200.0 });
    }
}
