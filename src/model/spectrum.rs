//! Complex values over frequency.

use std::marker::PhantomData;
use std::ops::Div;

use ndarray::Array1;
use num_complex::Complex64;

use super::curve::{Curve, CurveError};
use super::grid::FrequencyGrid;
use crate::quantity::unit::{Decibel, Degree, Ohm, One, Per, Unit};
use crate::quantity::{DB_PER_NEPER, amplitude_db};

/// Covariance of the real and imaginary part of one complex value, in its unit squared.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Covariance {
    /// Variance of the real part.
    pub rr: f64,
    /// Covariance of the real and the imaginary part.
    pub ri: f64,
    /// Variance of the imaginary part.
    pub ii: f64,
}

impl Covariance {
    /// The same standard uncertainty `u` in every direction, as noise has it.
    #[must_use]
    pub fn circular(u: f64) -> Self {
        Self { rr: u * u, ri: 0.0, ii: u * u }
    }

    /// A standard uncertainty `u` of the magnitude of `value` alone, as a gain or a resistor's
    /// tolerance has it.
    #[must_use]
    pub fn radial(value: Complex64, u: f64) -> Self {
        let direction = if value.norm() > 0.0 { value / value.norm() } else { Complex64::ONE };
        let variance = u * u;
        Self {
            rr: variance * direction.re * direction.re,
            ri: variance * direction.re * direction.im,
            ii: variance * direction.im * direction.im,
        }
    }

    /// Standard uncertainties of the magnitude of `value` and, at right angles to it in the same
    /// unit, of its direction.
    #[must_use]
    pub fn polar(value: Complex64, u_radial: f64, u_tangential: f64) -> Self {
        let across = if value.norm() > 0.0 { value * Complex64::I } else { Complex64::I };
        Self::radial(value, u_radial).plus(Self::radial(across, u_tangential))
    }

    /// Both together, if they are independent.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { rr: self.rr + other.rr, ri: self.ri + other.ri, ii: self.ii + other.ii }
    }

    /// The covariance of `factor · value`.
    #[must_use]
    pub fn scaled(self, factor: Complex64) -> Self {
        let (a, b) = (factor.re, factor.im);
        Self {
            rr: a * a * self.rr - 2.0 * a * b * self.ri + b * b * self.ii,
            ri: a * b * (self.rr - self.ii) + (a * a - b * b) * self.ri,
            ii: b * b * self.rr + 2.0 * a * b * self.ri + a * a * self.ii,
        }
    }

    /// Standard uncertainty of the magnitude of `value`, first order.
    #[must_use]
    pub fn u_magnitude(self, value: Complex64) -> f64 {
        self.along(value)
    }

    /// Standard uncertainty of the phase of `value` in radians, first order.
    #[must_use]
    pub fn u_phase(self, value: Complex64) -> f64 {
        let norm = value.norm();
        if norm > 0.0 { self.along(value * Complex64::I) / norm } else { std::f64::consts::PI }
    }

    fn along(self, direction: Complex64) -> f64 {
        let norm = direction.norm();
        if norm <= 0.0 {
            return (self.rr + self.ii).max(0.0).sqrt();
        }
        let (c, s) = (direction.re / norm, direction.im / norm);
        (c * c * self.rr + 2.0 * c * s * self.ri + s * s * self.ii).max(0.0).sqrt()
    }
}

/// Complex values over a frequency grid in the unit `U`, convention e^{+j2πft}: a negative phase
/// is a lag. Each may carry its covariance.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum<U: Unit> {
    grid: FrequencyGrid,
    values: Array1<Complex64>,
    covariance: Option<Vec<Covariance>>,
    coherence: Option<Array1<f64>>,
    unit: PhantomData<U>,
}

/// A transfer function: a ratio of two spectra of the same unit.
pub type Response = Spectrum<One>;

/// An electrical impedance.
pub type Impedance = Spectrum<Ohm>;

impl<U: Unit> Spectrum<U> {
    /// A spectrum with one finite value per frequency.
    ///
    /// # Errors
    ///
    /// When the lengths differ or a value is not finite.
    pub fn new(grid: FrequencyGrid, values: Array1<Complex64>) -> Result<Self, CurveError> {
        if values.len() != grid.len() {
            return Err(CurveError::Length { expected: grid.len(), found: values.len() });
        }
        if let Some(bad) = values.iter().position(|v| !v.is_finite()) {
            return Err(CurveError::NotFinite { frequency_hz: grid.hz()[bad] });
        }
        Ok(Self { grid, values, covariance: None, coherence: None, unit: PhantomData })
    }

    /// The spectrum whose value at each frequency (in hertz) is given by a function.
    ///
    /// # Errors
    ///
    /// When the function gives a value that is not finite.
    pub fn from_fn(
        grid: FrequencyGrid,
        value: impl Fn(f64) -> Complex64,
    ) -> Result<Self, CurveError> {
        let values = grid.hz().iter().map(|&f| value(f)).collect();
        Self::new(grid, values)
    }

    /// The same spectrum with the covariance of each value.
    ///
    /// # Errors
    ///
    /// When the lengths differ or a variance is not finite.
    pub fn with_covariance(mut self, covariance: Vec<Covariance>) -> Result<Self, CurveError> {
        if covariance.len() != self.grid.len() {
            return Err(CurveError::Length { expected: self.grid.len(), found: covariance.len() });
        }
        let finite = |c: &Covariance| c.rr.is_finite() && c.ri.is_finite() && c.ii.is_finite();
        if let Some(bad) = covariance.iter().position(|c| !finite(c)) {
            return Err(CurveError::NotFinite { frequency_hz: self.grid.hz()[bad] });
        }
        self.covariance = Some(covariance);
        Ok(self)
    }

    /// The same spectrum with the coherence γ² of each value: the share of the power of a single
    /// repeat that is the same in all, from 0 to 1. Without one it is not known.
    ///
    /// # Errors
    ///
    /// When the lengths differ or a coherence lies outside 0 to 1.
    pub fn with_coherence(
        mut self,
        coherence: impl Into<Option<Array1<f64>>>,
    ) -> Result<Self, CurveError> {
        self.coherence = coherence.into();
        self.coherence.as_ref().map_or(Ok(()), |c| check_coherence(&self.grid, c))?;
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
    pub const fn values(&self) -> &Array1<Complex64> {
        &self.values
    }

    /// The covariance of each value, where known.
    #[must_use]
    pub fn covariance(&self) -> Option<&[Covariance]> {
        self.covariance.as_deref()
    }

    /// The coherence γ² of each value, where there were repeats.
    #[must_use]
    pub const fn coherence(&self) -> Option<&Array1<f64>> {
        self.coherence.as_ref()
    }

    /// The magnitude in the unit of the spectrum, with its standard uncertainty where known.
    #[must_use]
    pub fn magnitude(&self) -> Curve<U> {
        self.real_curve(Complex64::norm, |value, covariance| covariance.u_magnitude(value))
    }

    /// The phase in degrees, −180° to 180°, with its standard uncertainty where known.
    #[must_use]
    pub fn phase(&self) -> Curve<Degree> {
        self.real_curve(
            |value| value.arg().to_degrees(),
            |value, covariance| covariance.u_phase(value).to_degrees(),
        )
    }

    /// The spectrum on another grid, its real and imaginary part interpolated linearly over the
    /// logarithm of frequency; of the covariance likewise. The coherence is left behind.
    ///
    /// # Errors
    ///
    /// When the other grid reaches outside the data.
    pub fn resampled_onto(&self, grid: &FrequencyGrid) -> Result<Self, CurveError> {
        if *grid == self.grid {
            return Ok(Self { coherence: None, ..self.clone() });
        }
        let part = |of: &dyn Fn(usize) -> f64| -> Result<Array1<f64>, CurveError> {
            let curve = Curve::<U>::new(self.grid.clone(), (0..self.grid.len()).map(of).collect())?;
            Ok(curve.resampled_onto(grid)?.values().clone())
        };
        let (re, im) = (part(&|k| self.values[k].re)?, part(&|k| self.values[k].im)?);
        let values = re.iter().zip(&im).map(|(&re, &im)| Complex64::new(re, im)).collect();
        let resampled = Self::new(grid.clone(), values)?;
        let Some(covariance) = &self.covariance else { return Ok(resampled) };
        let (rr, ri) = (part(&|k| covariance[k].rr)?, part(&|k| covariance[k].ri)?);
        let ii = part(&|k| covariance[k].ii)?;
        let of = |k: usize| Covariance { rr: rr[k], ri: ri[k], ii: ii[k] };
        resampled.with_covariance((0..grid.len()).map(of).collect())
    }

    /// The spectrum at those of its frequencies that another grid holds, if they follow each other.
    ///
    /// # Errors
    ///
    /// When the other grid is not a part of this one.
    pub fn narrowed_to(&self, grid: &FrequencyGrid) -> Result<Self, CurveError> {
        let first = self.hz().partition_point(|&f| f < grid.first_hz());
        let part = first..first + grid.len();
        if self.hz().get(part.clone()) != Some(grid.hz()) {
            let (first_hz, last_hz) = (self.grid.first_hz(), self.grid.last_hz());
            return Err(CurveError::Outside { wanted_hz: grid.first_hz(), first_hz, last_hz });
        }
        let values = part.clone().map(|k| self.values[k]).collect();
        let covariance =
            self.covariance.as_ref().map(|covariance| covariance[part.clone()].to_vec());
        let coherence =
            self.coherence.as_ref().map(|coherence| part.map(|k| coherence[k]).collect());
        Ok(Self { grid: grid.clone(), values, covariance, coherence, unit: PhantomData })
    }

    fn real_curve<V: Unit>(
        &self,
        value: impl Fn(Complex64) -> f64,
        u: impl Fn(Complex64, Covariance) -> f64,
    ) -> Curve<V> {
        let curve = Curve::new(self.grid.clone(), self.values.mapv(&value));
        let curve = curve.unwrap_or_else(|_| unreachable!("finite in, finite out"));
        let Some(covariance) = &self.covariance else { return curve };
        let u = self.values.iter().zip(covariance).map(|(&v, &c)| u(v, c)).collect();
        curve.with_u(u).unwrap_or_else(|_| unreachable!("finite in, finite out"))
    }
}

impl Response {
    /// The level in decibels, with its standard uncertainty where known.
    ///
    /// A value of exactly zero has no level; it is given as [`Self::SILENCE_DB`].
    #[must_use]
    pub fn level(&self) -> Curve<Decibel> {
        let level = |value: Complex64| amplitude_db(value.norm()).max(Self::SILENCE_DB);
        self.real_curve(level, |value, covariance| {
            let relative = covariance.u_magnitude(value) / value.norm();
            if relative.is_finite() { DB_PER_NEPER * relative } else { -Self::SILENCE_DB }
        })
    }

    /// The lowest level that is told apart from nothing: below the rounding of 64-bit numbers.
    pub const SILENCE_DB: f64 = -400.0;
}

/// The quotient on the grid of the numerator, without uncertainty.
///
/// # Panics
///
/// When the two grids differ: spectra of one measurement share theirs.
impl<A: Per<B>, B: Unit> Div<&Spectrum<B>> for &Spectrum<A> {
    type Output = Spectrum<A::Quotient>;

    fn div(self, denominator: &Spectrum<B>) -> Self::Output {
        assert!(self.grid == denominator.grid, "spectra on different grids");
        Spectrum {
            grid: self.grid.clone(),
            values: &self.values / &denominator.values,
            covariance: None,
            coherence: None,
            unit: PhantomData,
        }
    }
}

/// Whether there is one coherence from 0 to 1 for each frequency.
pub(super) fn check_coherence(
    grid: &FrequencyGrid,
    coherence: &Array1<f64>,
) -> Result<(), CurveError> {
    if coherence.len() != grid.len() {
        return Err(CurveError::Length { expected: grid.len(), found: coherence.len() });
    }
    let outside = coherence.iter().position(|value| !(0.0..=1.0).contains(value));
    outside.map_or(Ok(()), |bad| Err(CurveError::Coherence { frequency_hz: grid.hz()[bad] }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::unit::{Ampere, Volt};

    fn grid() -> FrequencyGrid {
        FrequencyGrid::new(vec![100.0, 1000.0]).unwrap()
    }

    #[test]
    fn volts_over_amperes_are_ohms() {
        let volts = Spectrum::<Volt>::from_fn(grid(), |_| Complex64::new(3.0, 4.0)).unwrap();
        let amperes = Spectrum::<Ampere>::from_fn(grid(), |_| Complex64::new(0.0, 0.5)).unwrap();
        let impedance: Impedance = &volts / &amperes;
        assert!((impedance.magnitude().values()[0] - 10.0).abs() < 1e-12);
    }

    #[test]
    fn a_gain_error_leaves_the_phase_certain() {
        let value = Complex64::new(3.0, 4.0);
        let covariance = Covariance::radial(value, 0.1);
        assert!((covariance.u_magnitude(value) - 0.1).abs() < 1e-12);
        assert!(covariance.u_phase(value) < 1e-8);
    }

    #[test]
    fn turning_a_value_turns_its_covariance_with_it() {
        let value = Complex64::new(3.0, 4.0);
        let covariance = Covariance::radial(value, 0.1).plus(Covariance::circular(0.01));
        let turn = Complex64::from_polar(2.0, 1.1);
        let turned = covariance.scaled(turn);
        let expected = 2.0 * covariance.u_magnitude(value);
        assert!((turned.u_magnitude(turn * value) - expected).abs() < 1e-12);
        assert!((turned.u_phase(turn * value) - covariance.u_phase(value)).abs() < 1e-12);
    }

    #[test]
    fn one_percent_is_0_087_decibels() {
        let response = Response::from_fn(grid(), |_| Complex64::new(0.0, 2.0)).unwrap();
        let response = response.with_covariance(vec![Covariance::circular(0.02); 2]).unwrap();
        let u = response.level().u().unwrap()[0];
        assert!((u - 0.08686).abs() < 1e-5);
    }
}
