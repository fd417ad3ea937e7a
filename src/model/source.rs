//! What a comparison of sources says.

use super::curve::Curve;
use super::damping::Damping;
use super::inferred::InferredImpedance;
use super::normalisation::Normalisation;
use super::spectrum::Impedance;
use super::verification::Verification;
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

/// What a headphone is driven from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A resistance, known without error.
    Resistance(Resistance),
    /// An output whose impedance was measured.
    Measured(MeasuredOutput),
}

impl Source {
    /// The source that others are compared with: 0 Ω.
    pub const IDEAL: Self = Self::Resistance(Resistance::MIN);

    /// The resistance in ohms; of a measured output the magnitude of its impedance at 1 kHz, or
    /// where it comes nearest to that.
    #[must_use]
    pub fn ohm(&self) -> f64 {
        /// Where the impedance of an output is quoted, in hertz.
        const AT_HZ: f64 = 1e3;
        match self {
            Self::Resistance(resistance) => resistance.ohm(),
            Self::Measured(output) => {
                let magnitude = output.impedance.magnitude();
                let (first_hz, last_hz) = (magnitude.grid().first_hz(), magnitude.grid().last_hz());
                magnitude.at(AT_HZ.clamp(first_hz, last_hz)).unwrap_or_default()
            }
        }
    }

    /// The output, if it was measured.
    #[must_use]
    pub const fn output(&self) -> Option<&MeasuredOutput> {
        match self {
            Self::Resistance(_) => None,
            Self::Measured(output) => Some(output),
        }
    }

    /// Whether it is 0 Ω.
    #[must_use]
    pub fn is_ideal(&self) -> bool {
        *self == Self::IDEAL
    }

    /// What it is called: its name, or its resistance.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Resistance(resistance) => resistance.to_string(),
            Self::Measured(output) => output.name.clone(),
        }
    }
}

impl From<Resistance> for Source {
    fn from(resistance: Resistance) -> Self {
        Self::Resistance(resistance)
    }
}

/// What one source impedance does to a headphone.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceEffect {
    /// The source.
    pub source: Source,
    /// Change of the response re a source of 0 Ω, normalised; decibels. With its uncertainty where
    /// the impedances state theirs.
    pub curve: Curve<Decibel>,
    /// The largest deviation from 0 dB, with its sign. Its uncertainty is that of the curve there.
    pub worst_db: f64,
    /// Where.
    pub worst_hz: f64,
    /// Highest minus lowest value of the curve.
    pub peak_to_peak_db: f64,
    /// Voltage lost at 1 kHz against a source of 0 Ω, as a negative level.
    pub loss_db: f64,
    /// The smallest |Z| over the source's impedance; absent for 0 Ω.
    pub damping_factor: Option<f64>,
    /// The response that a listener gets, if one was given.
    pub response: Option<Curve<Decibel>>,
}

impl SourceEffect {
    /// The standard uncertainty of the largest deviation in decibels, where known.
    #[must_use]
    pub fn u_worst_db(&self) -> Option<f64> {
        self.curve.u_at(self.worst_hz)
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
    /// Responses that were measured on sources, held against what the impedance predicts of them.
    pub verifications: Vec<Verification>,
    /// How the curves were laid upon each other.
    pub normalisation: Normalisation,
}
