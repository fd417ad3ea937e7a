//! What calibrates a jig: known loads, measured through it.

use serde::{Deserialize, Serialize};

use crate::model::jig::Jig;
use crate::model::spectrum::Response;
use crate::model::standard::{Standard, StandardKind};

/// A jig that was measured with known loads in place of the headphone.
///
/// What it can take out of a measurement depends on which loads there are; with an open, a short
/// and a load it is everything that is linear.
#[derive(Debug, Clone, PartialEq)]
pub struct ImpedanceCalibration {
    /// The jig as it was described.
    pub jig: Jig,
    /// With one input: the delay against the stimulus that is not in the ratios' phase, in
    /// samples of the rate it was made at.
    pub delay_samples: Option<f64>,
    /// The standards it is calibrated with, one or more.
    pub standards: Vec<MeasuredStandard>,
    /// Further standards, which were measured to see how well it does.
    pub checks: Vec<CheckedStandard>,
}

/// A known load with what was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredStandard {
    /// What it is.
    pub standard: Standard,
    /// The sense input over the reference input, or over the stimulus if there is one input; with
    /// its covariance where there were repeats or silence.
    pub ratio: Response,
}

/// What a standard came out as that the calibration does not rest on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckedStandard {
    /// What it is.
    pub standard: Standard,
    /// Largest deviation of the magnitude from the known value, in percent of it.
    pub worst_percent: f64,
    /// Where.
    pub worst_hz: f64,
    /// Largest deviation of the phase.
    pub worst_deg: f64,
    /// Share of the frequencies at which the known value lies inside twice the uncertainties of
    /// measurement and standard.
    pub covered: f64,
}

/// How much a set of standards can take out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CalibrationMethod {
    /// Three standards or more: everything that is linear.
    OpenShortLoad,
    /// An open and a load: gains, loading and the value of the sense resistor, but not the leads.
    OpenLoad,
    /// An open and a short: gains, loading and leads; the sense resistor's value is believed.
    OpenShort,
    /// A short and a load.
    ShortLoad,
    /// An open alone: gains and nearly all of the loading.
    Open,
    /// A short alone: gains, where the sense input lies across the resistor.
    Short,
    /// A load alone: gains, if the sense resistor's value is right.
    Load,
    /// Both inputs at one point: the gains alone.
    GainMatch,
}

impl CalibrationMethod {
    /// The name as the user writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenShortLoad => "open-short-load",
            Self::OpenLoad => "open-load",
            Self::OpenShort => "open-short",
            Self::ShortLoad => "short-load",
            Self::Open => "open",
            Self::Short => "short",
            Self::Load => "load",
            Self::GainMatch => "gain-match",
        }
    }
}

impl std::fmt::Display for CalibrationMethod {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl ImpedanceCalibration {
    /// What the standards can take out; `None` if there are none.
    #[must_use]
    pub fn method(&self) -> Option<CalibrationMethod> {
        let has = |kind| self.standards.iter().any(|s| s.standard.kind == kind);
        Some(match [StandardKind::Open, StandardKind::Short, StandardKind::Load].map(has) {
            [true, true, true] => CalibrationMethod::OpenShortLoad,
            // Two loads that differ, with a third of any kind, tell as much.
            _ if self.through_the_jig() >= 3 => CalibrationMethod::OpenShortLoad,
            [true, false, true] => CalibrationMethod::OpenLoad,
            [true, true, false] => CalibrationMethod::OpenShort,
            [false, true, true] => CalibrationMethod::ShortLoad,
            [true, false, false] => CalibrationMethod::Open,
            [false, true, false] => CalibrationMethod::Short,
            [false, false, true] => CalibrationMethod::Load,
            [false, false, false] if has(StandardKind::Straight) => CalibrationMethod::GainMatch,
            [false, false, false] => return None,
        })
    }

    fn through_the_jig(&self) -> usize {
        self.standards.iter().filter(|s| s.standard.kind != StandardKind::Straight).count()
    }
}
