//! A response on a source, predicted and measured.

use super::compared::Span;
use super::curve::Curve;
use super::source::Source;
use crate::quantity::unit::Decibel;

/// A response that was measured on a source, held against the one that follows from the response
/// on another source and from the impedance.
#[derive(Debug, Clone, PartialEq)]
pub struct Verification {
    /// The source that the response was measured on.
    pub source: Source,
    /// The source of the response that it was predicted from.
    pub from: Source,
    /// The predicted change from the one source to the other, with a mean of 0 dB.
    pub predicted: Curve<Decibel>,
    /// The measured change, laid upon the predicted one.
    pub measured: Curve<Decibel>,
    /// Measured − predicted without the offset, with the uncertainty of all parts if each states
    /// its own.
    pub residual: Curve<Decibel>,
    /// Mean of measured − predicted in decibels, over the logarithm of frequency. All that follows
    /// is what remains without it: the level of a file is not known as well as its shape.
    pub offset_db: f64,
    /// Root of the mean square of the residual, in decibels.
    pub rms_db: f64,
    /// The largest residual, with its sign, in decibels. Its uncertainty is that of the curve there.
    pub worst_db: f64,
    /// Where, in hertz.
    pub worst_hz: f64,
    /// Whether the residual is explained by its uncertainty, or what would be needed to tell.
    pub verdict: Result<Verdict, Vec<VerifiedPart>>,
}

impl Verification {
    /// The standard uncertainty of the largest residual in decibels, where known.
    #[must_use]
    pub fn u_worst_db(&self) -> Option<f64> {
        self.residual.u_at(self.worst_hz)
    }
}

/// A residual against its uncertainty.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The share of the frequencies, 0 to 1, at which it lies inside the expanded uncertainty
    /// (k = 2).
    pub share_inside: f64,
    /// Where it is larger, over more than chance explains.
    pub outside: Vec<Span>,
}

impl Verdict {
    /// Whether the residual lies inside its uncertainty.
    #[must_use]
    pub const fn is_inside(&self) -> bool {
        self.outside.is_empty()
    }
}

/// What a verification is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifiedPart {
    /// The impedances of headphone and sources.
    Impedance,
    /// The response that the prediction starts from.
    Response,
    /// The response that was measured on the source.
    Measured,
}

impl VerifiedPart {
    /// The name of a part in a document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Impedance => "impedance",
            Self::Response => "response",
            Self::Measured => "measured",
        }
    }
}
