//! A curve as it stands in a file: magnitude, and phase where there is one.

use ndarray::Array1;
use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use super::curve::{Curve, CurveError};
use super::grid::FrequencyGrid;
use super::spectrum::{Covariance, Impedance, Response, Spectrum, check_coherence};
use crate::quantity::unit::{Decibel, Degree, Ohm, Unit};

/// Magnitude over frequency with the phase where it is known, both on the same grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Polar<U: Unit> {
    magnitude: Curve<U>,
    phase: Option<Curve<Degree>>,
    coherence: Option<Array1<f64>>,
}

impl<U: Unit> Polar<U> {
    /// A magnitude without phase.
    #[must_use]
    pub const fn of_magnitude(magnitude: Curve<U>) -> Self {
        Self { magnitude, phase: None, coherence: None }
    }

    /// A magnitude with its phase.
    ///
    /// # Errors
    ///
    /// When the two grids differ.
    pub fn new(magnitude: Curve<U>, phase: Curve<Degree>) -> Result<Self, CurveError> {
        if phase.grid() != magnitude.grid() {
            let (expected, found) = (magnitude.grid().len(), phase.grid().len());
            return Err(CurveError::Length { expected, found });
        }
        Ok(Self { magnitude, phase: Some(phase), coherence: None })
    }

    /// The same with the coherence γ² of each value, 0 to 1.
    ///
    /// # Errors
    ///
    /// When there is not one for each frequency, or one lies outside 0 to 1.
    pub fn with_coherence(mut self, coherence: Array1<f64>) -> Result<Self, CurveError> {
        check_coherence(self.magnitude.grid(), &coherence)?;
        self.coherence = Some(coherence);
        Ok(self)
    }

    fn of_spectrum<V: Unit>(magnitude: Curve<U>, spectrum: &Spectrum<V>) -> Self {
        let (phase, coherence) = (Some(spectrum.phase()), spectrum.coherence().cloned());
        Self { magnitude, phase, coherence }
    }

    /// The magnitude.
    #[must_use]
    pub const fn magnitude(&self) -> &Curve<U> {
        &self.magnitude
    }

    /// The phase, where known.
    #[must_use]
    pub const fn phase(&self) -> Option<&Curve<Degree>> {
        self.phase.as_ref()
    }

    /// The coherence γ² of each value, where known.
    #[must_use]
    pub const fn coherence(&self) -> Option<&Array1<f64>> {
        self.coherence.as_ref()
    }
}

/// What a curve in a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TraceKind {
    /// A level in decibels over frequency.
    Response,
    /// An impedance in ohms over frequency.
    Impedance,
}

/// A curve of either kind, as files hold it.
#[derive(Debug, Clone, PartialEq)]
pub enum Trace {
    /// A level in decibels; what it is relative to is not known to a file.
    Response(Polar<Decibel>),
    /// An impedance.
    Impedance(Polar<Ohm>),
}

impl Trace {
    /// What the curve is.
    #[must_use]
    pub const fn kind(&self) -> TraceKind {
        match self {
            Self::Response(_) => TraceKind::Response,
            Self::Impedance(_) => TraceKind::Impedance,
        }
    }

    /// The frequencies.
    #[must_use]
    pub const fn grid(&self) -> &FrequencyGrid {
        match self {
            Self::Response(polar) => polar.magnitude().grid(),
            Self::Impedance(polar) => polar.magnitude().grid(),
        }
    }

    /// The phase, where known.
    #[must_use]
    pub const fn phase(&self) -> Option<&Curve<Degree>> {
        match self {
            Self::Response(polar) => polar.phase(),
            Self::Impedance(polar) => polar.phase(),
        }
    }

    /// The coherence γ² of each value, where known.
    #[must_use]
    pub const fn coherence(&self) -> Option<&Array1<f64>> {
        match self {
            Self::Response(polar) => polar.coherence(),
            Self::Impedance(polar) => polar.coherence(),
        }
    }
}

impl From<&Response> for Trace {
    fn from(response: &Response) -> Self {
        Self::Response(response.into())
    }
}

impl From<&Impedance> for Trace {
    fn from(impedance: &Impedance) -> Self {
        Self::Impedance(impedance.into())
    }
}

impl From<&Response> for Polar<Decibel> {
    fn from(response: &Response) -> Self {
        Self::of_spectrum(response.level(), response)
    }
}

impl From<&Impedance> for Polar<Ohm> {
    fn from(impedance: &Impedance) -> Self {
        Self::of_spectrum(impedance.magnitude(), impedance)
    }
}

impl Polar<Ohm> {
    /// The complex impedance. A magnitude without phase is taken as a pure resistance.
    ///
    /// # Errors
    ///
    /// When a value is not finite.
    pub fn to_impedance(&self) -> Result<Impedance, CurveError> {
        let values = match &self.phase {
            Some(phase) => (self.magnitude.values().iter())
                .zip(phase.values())
                .map(|(&ohm, &degrees)| Complex64::from_polar(ohm, degrees.to_radians()))
                .collect(),
            None => self.magnitude.values().mapv(|ohm| Complex64::new(ohm, 0.0)),
        };
        Impedance::new(self.magnitude.grid().clone(), values)
    }

    /// As [`Self::to_impedance`], with the uncertainty where magnitude and phase have theirs.
    ///
    /// # Errors
    ///
    /// When a value is not finite.
    pub fn to_impedance_with_u(&self) -> Result<Impedance, CurveError> {
        let bare = self.to_impedance()?;
        let u_phase = self.phase.as_ref().and_then(Curve::u);
        let (Some(u), Some(u_phase)) = (self.magnitude.u(), u_phase) else { return Ok(bare) };
        let of = |((&z, &u), &u_deg): ((&Complex64, &f64), &f64)| {
            Covariance::polar(z, u, u_deg.to_radians() * z.norm())
        };
        let covariance = bare.values().iter().zip(u).zip(u_phase).map(of).collect();
        bare.with_covariance(covariance)
    }
}
