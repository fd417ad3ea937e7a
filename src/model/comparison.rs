//! Results of putting questions to measurements.

use serde::Serialize;

use super::curve::Curve;
use super::damping::Damping;
use super::inferred::InferredImpedance;
use super::spectrum::Impedance;
use super::trace::Trace;
use crate::quantity::unit::{Decibel, Degree, Percent, Unit};
use crate::quantity::{Frequency, Resistance, Smoothing, Uncertain};

/// Where curves are laid upon each other before they are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Normalisation {
    /// All curves pass through 0 dB at this frequency.
    At(Frequency),
    /// All curves have a mean of 0 dB over this band.
    Over(Frequency, Frequency),
    /// All curves have a mean power of 1 over 20 Hz to 20 kHz, the mean over the logarithm of
    /// frequency: about as loud as each other with pink noise.
    Broadband,
    /// As they are.
    None,
}

/// A figure over several seatings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Mean over the seatings.
    pub mean: f64,
    /// Standard deviation between the seatings; absent for a single one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sd: Option<f64>,
}

/// One state of a headphone, over its seatings.
#[derive(Debug, Clone, PartialEq)]
pub struct StateSummary {
    /// The state's name.
    pub name: String,
    /// The normalised, smoothed seatings.
    pub seatings: Vec<Curve<Decibel>>,
    /// Mean over the seatings, in decibels. Its uncertainty is that of the mean.
    pub mean: Curve<Decibel>,
    /// Standard deviation between seatings; absent for a single one.
    pub sd: Option<Curve<Decibel>>,
    /// Mean 20 Hz to 100 Hz over mean 300 Hz to 1 kHz.
    pub bass_shelf_db: Option<Spread>,
    /// Lowest frequency above which the level stays within 3 dB of the mean 300 Hz to 1 kHz, of
    /// the mean curve.
    pub corner_minus_3_db_hz: Option<f64>,
}

/// The difference of a state to the reference state.
#[derive(Debug, Clone, PartialEq)]
pub struct StateDifference {
    /// The state.
    pub state: String,
    /// The reference state.
    pub reference: String,
    /// State − reference in decibels; its uncertainty is the standard error, where both states
    /// have two or more seatings.
    pub curve: Curve<Decibel>,
    /// Difference of the bass shelves; the uncertainty is the standard error.
    pub bass_shelf_db: Option<Uncertain>,
}

/// One headphone in several states.
#[derive(Debug, Clone, PartialEq)]
pub struct StateComparison {
    /// The states, the reference first.
    pub states: Vec<StateSummary>,
    /// The difference of every other state to the reference.
    pub differences: Vec<StateDifference>,
    /// How the curves were laid upon each other.
    pub normalisation: Normalisation,
    /// Smoothing of the curves.
    pub smoothing: Smoothing,
}

/// An output whose impedance was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredOutput {
    /// What it is called.
    pub name: String,
    /// Its impedance.
    pub impedance: Impedance,
}

impl SourceEffect {
    /// What the source is called: its name, or its resistance.
    #[must_use]
    pub fn label(&self) -> String {
        self.output.as_ref().map_or_else(|| self.source.to_string(), |output| output.name.clone())
    }
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
