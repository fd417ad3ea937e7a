//! An impedance that nobody measured electrically: it follows from what known resistors do.

use super::compared::Extremes;
use crate::quantity::Resistance;

/// Where an inferred impedance comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct InferredImpedance {
    /// The resistors that it was inferred from, the smallest first, which is 0 Ω.
    pub resistors: Vec<Resistance>,
    /// Magnitudes at the frequencies that people quote, as far as the data reach.
    pub quoted: Vec<QuotedMagnitude>,
    /// Its smallest and its largest magnitude, in ohms.
    pub extremes: Extremes,
    /// The share of frequencies, 0 to 1, at which no passive headphone fits the levels and the
    /// nearest pure resistance or reactance was taken instead.
    pub forced_share: f64,
    /// Where its uncertainty comes from; `None` where nothing tells it.
    pub uncertainty: Option<InferredUncertainty>,
}

/// The magnitude of an impedance at one frequency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuotedMagnitude {
    /// Where, in hertz.
    pub frequency_hz: f64,
    /// The magnitude in ohms.
    pub ohm: f64,
    /// Its standard uncertainty in ohms, where known.
    pub u_ohm: Option<f64>,
}

/// Where the uncertainty of an inferred impedance comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InferredUncertainty {
    /// Every response states its own.
    Stated,
    /// The responses behind more than two resistors do not agree entirely.
    Scatter,
}
