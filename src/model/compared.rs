//! What a comparison of any curves says.

use serde::Serialize;

use super::curve::Curve;
use super::normalisation::Normalisation;
use super::trace::Trace;
use crate::quantity::Smoothing;
use crate::quantity::unit::{Decibel, Degree, Percent, Unit};

/// A curve of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedCurve {
    /// What it is called.
    pub name: String,
    /// The curve over its own frequencies, normalised and smoothed.
    pub trace: Trace,
    /// Its smallest and its largest magnitude; absent if it has no point in the range of hearing.
    pub extremes: Option<Extremes>,
}

/// Smallest and largest magnitude of a curve between 20 Hz and 20 kHz, in its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extremes {
    /// The smallest magnitude.
    pub minimum: f64,
    /// Where, in hertz.
    pub minimum_hz: f64,
    /// The largest magnitude.
    pub maximum: f64,
    /// Where, in hertz.
    pub maximum_hz: f64,
}

/// A difference over frequency with its figures, in the unit of the curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Deviation<U: Unit> {
    /// The difference; its standard uncertainty is the combined one, where both are known.
    pub curve: Curve<U>,
    /// The largest difference, with its sign.
    pub worst: f64,
    /// Where, in hertz.
    pub worst_hz: f64,
    /// Mean over the logarithm of frequency, with its sign.
    pub mean: f64,
    /// Root of the mean square over the logarithm of frequency.
    pub rms: f64,
}

/// A range of frequencies in hertz.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Span {
    /// Where it begins.
    pub from_hz: f64,
    /// Where it ends.
    pub to_hz: f64,
}

/// Where a difference is larger than its expanded uncertainty (k = 2).
#[derive(Debug, Clone, PartialEq)]
pub struct Significance {
    /// The ranges in which it is, in order of frequency.
    pub spans: Vec<Span>,
    /// Outside them no difference above this is seen, in the unit of the difference; absent if
    /// nothing lies outside.
    pub none_above: Option<f64>,
}

/// How a curve differs from the reference.
#[derive(Debug, Clone, PartialEq)]
pub struct CurveDifference {
    /// The curve.
    pub name: String,
    /// The reference.
    pub reference: String,
    /// In decibels: difference of two levels, or ratio of two impedances.
    pub level: Deviation<Decibel>,
    /// In percent of the reference; impedances only.
    pub percent: Option<Deviation<Percent>>,
    /// Difference of the phases in degrees; impedances whose phases are known only.
    pub phase: Option<Deviation<Degree>>,
    /// Where the difference exceeds its uncertainty, in percent for impedances and decibels for
    /// responses; absent where the uncertainty of one of the curves is not known.
    pub significance: Option<Significance>,
}

/// Curves of one kind beside each other.
#[derive(Debug, Clone, PartialEq)]
pub struct CurveComparison {
    /// The curves, in the order in which they were given.
    pub curves: Vec<ComparedCurve>,
    /// The difference of every other curve to the reference, in the same order.
    pub differences: Vec<CurveDifference>,
    /// How the curves were laid upon each other.
    pub normalisation: Normalisation,
    /// Smoothing of the curves.
    pub smoothing: Smoothing,
}

impl CurveComparison {
    /// The name of the curve that the others are compared with.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.differences.first().map(|difference| difference.reference.as_str())
    }
}
