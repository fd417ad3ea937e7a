//! What a comparison of sources says.

use super::curve::Curve;
use super::damping::Damping;
use super::inferred::InferredImpedance;
use super::normalisation::Normalisation;
use super::spectrum::Impedance;
use crate::quantity::Resistance;
use crate::quantity::unit::Decibel;

/// An output whose impedance was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredOutput {
    /// What it is called.
    pub name: String,
    /// Its impedance.
    pub impedance: Impedance,
}

/// What one source impedance does to a headphone.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceEffect {
    /// The source's output resistance; of a measured output the magnitude of its impedance at 1 kHz.
    pub source: Resistance,
    /// The output, if it was measured.
    pub output: Option<MeasuredOutput>,
    /// Change of the response re a source of 0 Ω, normalised; decibels. With its uncertainty if the
    /// output was measured and the impedances state theirs.
    pub curve: Curve<Decibel>,
    /// The largest deviation from 0 dB, with its sign.
    pub worst_db: f64,
    /// Where.
    pub worst_hz: f64,
    /// Highest minus lowest value of the curve.
    pub peak_to_peak_db: f64,
    /// Voltage lost at 1 kHz against a source of 0 Ω, as a negative level.
    pub loss_db: f64,
    /// |Z| over the source's resistance, at the impedance minimum; absent for 0 Ω.
    pub damping_factor: Option<f64>,
    /// The response that a listener gets, if the headphone's own was given.
    pub response: Option<Curve<Decibel>>,
}

impl SourceEffect {
    /// What the source is called: its name, or its resistance.
    #[must_use]
    pub fn label(&self) -> String {
        self.output.as_ref().map_or_else(|| self.source.to_string(), |output| output.name.clone())
    }
}

/// The largest source resistance that keeps the response within a limit, peak to peak.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SourceLimit {
    /// The limit in decibels.
    pub limit_db: f64,
    /// The largest source resistance; absent if no source reaches the limit.
    pub source: Option<Resistance>,
}

/// What the rule of an eighth allows, and what that costs on this headphone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EighthRule {
    /// An eighth of the impedance minimum.
    pub allows: Resistance,
    /// Deviation, peak to peak, with a source of exactly that resistance.
    pub costs_db: f64,
}

/// What source impedances do to a headphone.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceComparison {
    /// The headphone's impedance. Of an inferred one the sign of the phase is not known, and taken
    /// as positive.
    pub impedance: Impedance,
    /// Where the impedance comes from, if it was not measured but inferred.
    pub inferred: Option<InferredImpedance>,
    /// How the sources damp the headphone, if that was asked.
    pub damping: Option<Damping>,
    /// One effect for each source, in the order asked.
    pub sources: Vec<SourceEffect>,
    /// The rule of an eighth.
    pub eighth_rule: EighthRule,
    /// The largest source for 0.1, 0.5 and 1 dB.
    pub limits: Vec<SourceLimit>,
    /// How the curves were laid upon each other.
    pub normalisation: Normalisation,
}
