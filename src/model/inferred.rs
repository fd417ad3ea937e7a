//! An impedance that nobody measured electrically: it follows from what known resistors do.

use super::compared::Extremes;
use crate::quantity::Resistance;

/// Where an inferred impedance comes from, and how well it predicts what it was not made from.
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
    /// Predicted against measured, for each response that was kept apart.
    pub verification: Vec<SeriesVerification>,
}

/// The magnitude of an impedance at one frequency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuotedMagnitude {
    /// Where, in hertz.
    pub frequency_hz: f64,
    /// The magnitude in ohms.
    pub ohm: f64,
}

/// A response behind a resistor, predicted and measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeriesVerification {
    /// The resistor.
    pub resistor: Resistance,
    /// Mean of measured − predicted in decibels, over the logarithm of frequency. All that follows
    /// is what remains without it: the level of a file is not known as well as its shape.
    pub offset_db: f64,
    /// Root of the mean square, in decibels.
    pub rms_db: f64,
    /// The largest difference, with its sign, in decibels.
    pub worst_db: f64,
    /// Where, in hertz.
    pub worst_hz: f64,
}
