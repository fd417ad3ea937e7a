//! What the uncertainty of an impedance is made of.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::spectrum::Covariance;

/// Where a part of an uncertainty comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorSource {
    /// Noise of the measurement, from its repeats or its silence.
    Noise,
    /// Noise of the takes of the calibration.
    CalibrationNoise,
    /// Tolerance of the sense resistor.
    SenseResistor,
    /// Temperature of the sense resistor.
    ResistorTemperature,
    /// Gains of the two inputs.
    GainMatch,
    /// Phase between the two inputs.
    PhaseMatch,
    /// Resistance of the sense input.
    InputResistance,
    /// Capacitance of the sense input.
    InputCapacitance,
    /// Leads to the headphone.
    Leads,
    /// Contacts, each time they are made.
    Contacts,
    /// Value of the load that the jig was calibrated with.
    LoadStandard,
    /// Temperature of that load.
    LoadTemperature,
    /// Change of gains between calibration and measurement.
    Drift,
    /// Dependence on the level of the drive.
    DriveLevel,
    /// Change of gains from one take to the next.
    DriftBetweenTakes,
}

impl ErrorSource {
    /// What it is called in a table.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::CalibrationNoise => "noise of the calibration",
            Self::SenseResistor => "sense resistor, tolerance",
            Self::ResistorTemperature => "sense resistor, temperature",
            Self::GainMatch => "gain ratio of the inputs",
            Self::PhaseMatch => "phase between the inputs",
            Self::InputResistance => "input resistance",
            Self::InputCapacitance => "input capacitance",
            Self::Leads => "leads",
            Self::Contacts => "contacts",
            Self::LoadStandard => "load standard, value",
            Self::LoadTemperature => "load standard, temperature",
            Self::Drift => "drift since the calibration",
            Self::DriveLevel => "drive level",
            Self::DriftBetweenTakes => "drift between takes",
        }
    }
}

impl ErrorSource {
    /// Whether its errors at different frequencies have nothing to do with each other.
    #[must_use]
    pub const fn is_noise(self) -> bool {
        matches!(self, Self::Noise | Self::CalibrationNoise)
    }
}

impl fmt::Display for ErrorSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// How a contribution was evaluated (JCGM 100:2008, 4.2 and 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Evaluation {
    /// By statistics of repeated observations.
    A,
    /// By other means: a data sheet, a tolerance, experience.
    B,
}

/// How the errors of a contribution are distributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distribution {
    /// Normal.
    Normal,
    /// All values between two bounds are as likely.
    Rectangular,
}

/// One line of a budget.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// Where it comes from.
    pub source: ErrorSource,
    /// How it was evaluated.
    pub evaluation: Evaluation,
    /// How its errors are distributed.
    pub distribution: Distribution,
    /// What it contributes to the covariance of each value, in ohms squared.
    pub covariance: Vec<Covariance>,
}

/// The lines of the uncertainty of an impedance, all on its grid and independent of each other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Budget {
    /// The lines.
    pub contributions: Vec<Contribution>,
}
