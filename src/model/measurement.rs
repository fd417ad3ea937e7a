//! A measurement: what was measured, how, and what came out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::budget::Budget;
use super::calibration::CalibrationRecord;
use super::crosstalk::{CrosstalkCurves, CrosstalkFigures, CrosstalkTake};
use super::finding::Finding;
use super::jig::Jig;
use super::output::{OutputDetail, OutputFigures, TestLoad};
use super::plan::{AnalysisSpec, Plan};
use super::recording::{ChannelMap, RigIdentity, RigKind};
use super::spectrum::{Impedance, Response};
use super::trace::{Trace, TraceKind};
use crate::quantity::Level;
use crate::quantity::unit::FullScale;

/// One take of a measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TakeRecord {
    /// File name of the take.
    pub file: String,
    /// SHA-256 of the file, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
    /// Frames in it.
    pub frames: usize,
    /// Channels in it.
    pub channels: usize,
    /// Its sample rate.
    pub rate_hz: u32,
    /// Delay of the response against the stimulus, where it was found.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub delay_samples: Option<f64>,
}

/// Under which conditions a measurement was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// When the measurement was made, RFC 3339.
    pub made_at: String,
    /// The version of cansweep.
    pub tool: String,
    /// The rig.
    pub rig: RigIdentity,
    /// Name of the stimulus: a plan or a file.
    pub stimulus: String,
    /// The plan, if the stimulus was made from one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub plan: Option<Plan>,
    /// The analysis that was applied.
    pub analysis: AnalysisSpec,
    /// Which input was which.
    pub channels: ChannelMap,
    /// What sat between rig and headphone, if it is an impedance.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub impedance: Option<Jig>,
    /// What each take was loaded with, if it is the impedance of an output.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub loads: Vec<TestLoad>,
    /// The level that each take was played at, if they differ.
    #[serde(skip_serializing_if = "Vec::is_empty", default, rename = "levels_dbfs")]
    pub levels: Vec<Level<FullScale>>,
    /// How the two channels stood in each take, if it is crosstalk.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub crosstalk: Vec<CrosstalkTake>,
    /// The calibrations that were applied.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub calibrations: Vec<CalibrationRecord>,
    /// What the user says about it: headphone, unit, side, pads, pad hours, state, seating …
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The takes.
    pub takes: Vec<TakeRecord>,
}

impl Conditions {
    /// Whether the recording was computed rather than captured.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.rig.kind == RigKind::Simulated
    }
}

/// Figures of a response. A figure that could not be determined is absent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ResponseFigures {
    /// Delay of the response against the stimulus, or against the reference channel where there
    /// is one, in samples; negative if it leads.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub delay_samples: Option<f64>,
    /// Whether the polarity is inverted.
    pub inverted: bool,
    /// Peak of the impulse response over the noise around it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub peak_to_noise_db: Option<f64>,
    /// Mean level 20 Hz to 100 Hz over the mean level 300 Hz to 1 kHz.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bass_shelf_db: Option<f64>,
    /// Lowest frequency above which the level stays within 3 dB of the mean 300 Hz to 1 kHz.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub corner_minus_3_db_hz: Option<f64>,
    /// Sound pressure level at 1 kHz re 20 µPa at the level that was played, where calibrations
    /// say what full scale is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub level_db_spl_at_1khz: Option<f64>,
    /// Standard uncertainty of that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub u_level_db_spl_at_1khz: Option<f64>,
    /// Sound pressure level at 1 kHz for one volt (effective value) at the output, or at the
    /// reference where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sensitivity_db_spl_per_v: Option<f64>,
    /// Standard uncertainty of that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub u_sensitivity_db_spl_per_v: Option<f64>,
}

/// A maximum of the impedance. What a model of it would give is absent where none fits.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Resonance {
    /// Where.
    pub frequency_hz: f64,
    /// How high.
    pub peak_ohm: f64,
    /// Quality factor of the mechanical losses (Small 1972).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub q_mechanical: Option<f64>,
    /// Quality factor of the electrical losses on a source without impedance.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub q_electrical: Option<f64>,
    /// Quality factor of both.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub q_total: Option<f64>,
}

/// Figures of an impedance. A figure that could not be determined is absent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ImpedanceFigures {
    /// The smallest magnitude.
    pub minimum_ohm: f64,
    /// Where it is smallest.
    pub minimum_hz: f64,
    /// The largest magnitude.
    pub maximum_ohm: f64,
    /// Where it is largest.
    pub maximum_hz: f64,
    /// Largest over smallest magnitude; 1 is a resistor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub flatness_ratio: Option<f64>,
    /// The magnitude at 1 kHz.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at_1khz_ohm: Option<f64>,
    /// Standard uncertainty of that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub u_at_1khz_ohm: Option<f64>,
    /// Resistance at DC, extrapolated by a fitted model.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dc_resistance_ohm: Option<f64>,
    /// Standard uncertainty of that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub u_dc_resistance_ohm: Option<f64>,
    /// The phase furthest ahead, as of an inductance.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phase_maximum_deg: Option<f64>,
    /// Where it is furthest ahead.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phase_maximum_hz: Option<f64>,
    /// The phase furthest behind, as of a capacitance.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phase_minimum_deg: Option<f64>,
    /// Where it is furthest behind.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phase_minimum_hz: Option<f64>,
    /// Largest standard value that the minimum is not more than 20 % below.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nominal_ohm: Option<f64>,
    /// The maxima, in order of frequency.
    pub resonances: Vec<Resonance>,
}

/// What a measurement measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measurand {
    /// A transfer function.
    Response,
    /// The impedance of a headphone.
    Impedance,
    /// The impedance of an amplifier's output.
    OutputImpedance,
    /// Crosstalk between the two channels of an amplifier.
    Crosstalk,
}

impl Measurand {
    /// All.
    pub const ALL: [Self; 4] =
        [Self::Response, Self::Impedance, Self::OutputImpedance, Self::Crosstalk];

    /// The name, as in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Impedance => "impedance",
            Self::OutputImpedance => "output-impedance",
            Self::Crosstalk => "crosstalk",
        }
    }
}

impl From<TraceKind> for Measurand {
    fn from(kind: TraceKind) -> Self {
        match kind {
            TraceKind::Response => Self::Response,
            TraceKind::Impedance => Self::Impedance,
        }
    }
}

/// What came out of a measurement.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A transfer function.
    Response {
        /// The response, with its uncertainty where there were repeats.
        response: Response,
        /// Its figures.
        figures: ResponseFigures,
    },
    /// An electrical impedance.
    Impedance {
        /// The impedance, with its uncertainty.
        impedance: Impedance,
        /// What the uncertainty is made of.
        budget: Budget,
        /// Its figures.
        figures: ImpedanceFigures,
    },
    /// The impedance of an amplifier's output.
    OutputImpedance {
        /// The impedance, with its uncertainty.
        impedance: Impedance,
        /// What the uncertainty is made of.
        budget: Budget,
        /// Its figures.
        figures: OutputFigures,
        /// The voltage behind it, and its legs; absent when read back.
        detail: Option<Box<OutputDetail>>,
    },
    /// Crosstalk between the two channels of an amplifier.
    Crosstalk {
        /// The idle channel over the driven one, of the take with the heaviest load.
        response: Response,
        /// The curves of all takes, and what is predicted for headphones.
        curves: CrosstalkCurves,
        /// The figures.
        figures: CrosstalkFigures,
    },
    /// Nothing: the takes were refused, and the findings say why.
    Refused(Measurand),
}

impl Outcome {
    /// What was measured.
    #[must_use]
    pub const fn measurand(&self) -> Measurand {
        match self {
            Self::Response { .. } => Measurand::Response,
            Self::Impedance { .. } => Measurand::Impedance,
            Self::OutputImpedance { .. } => Measurand::OutputImpedance,
            Self::Crosstalk { .. } => Measurand::Crosstalk,
            Self::Refused(measurand) => *measurand,
        }
    }

    /// The curve, unless the takes were refused.
    #[must_use]
    pub fn to_trace(&self) -> Option<Trace> {
        match self {
            Self::Response { response, .. } | Self::Crosstalk { response, .. } => {
                Some(response.into())
            }
            Self::Impedance { impedance, .. } | Self::OutputImpedance { impedance, .. } => {
                Some(impedance.into())
            }
            Self::Refused(_) => None,
        }
    }
}

/// A measurement: what, how, what came out and what was noticed.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// How it was made.
    pub conditions: Conditions,
    /// What came out.
    pub outcome: Outcome,
    /// What was noticed.
    pub findings: Vec<Finding>,
}
