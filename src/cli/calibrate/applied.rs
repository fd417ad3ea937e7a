//! Calibrations that a measurement names, itself or by its rig file.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use crate::cli::failure::{Exit, Failure};
use crate::cli::origin::{Captured, Origin};
use crate::cli::rig_file;
use crate::measure::{Analysed, CalibrationError, Situation, calibrated};
use crate::model::FiledCalibration;
use crate::quantity::{Level, amplitude_db};
use crate::store::calibration::{self, CalibrationFileError};

/// The calibrations of a measurement.
#[derive(Debug, Args)]
pub(in crate::cli) struct Calibrations {
    /// Apply this calibration; may be given several times. A rig file's come first
    #[arg(long = "calibration", value_name = "CAL.toml", help_heading = "Analysis")]
    files: Vec<PathBuf>,
}

impl Calibrations {
    /// Reads them all: those of the rig and those that were named. Nothing is played yet.
    ///
    /// # Errors
    ///
    /// When one cannot be read.
    pub(in crate::cli) fn load(&self, origin: &Origin) -> Result<Vec<FiledCalibration>, Failure> {
        let mut files = match origin.rig_name() {
            Some(rig) => rig_file::calibrations(&rig)?,
            None => Vec::new(),
        };
        for file in &self.files {
            if !files.contains(file) {
                files.push(file.clone());
            }
        }
        Ok(files.iter().map(|file| calibration::read(file)).collect::<Result<_, _>>()?)
    }
}

/// A result with the calibrations of its capture applied.
pub(in crate::cli) fn apply(analysed: Analysed, captured: &Captured) -> Result<Analysed, Failure> {
    let situation = Situation {
        now: Timestamp::now(),
        rig: &captured.rig,
        rate: captured.stimulus.rate(),
        // A sweep's peaks are those of a sine at its level.
        played: Level::from_db(amplitude_db(captured.stimulus.peak())),
    };
    Ok(calibrated(analysed, &captured.calibrations, &situation)?)
}

impl From<CalibrationFileError> for Failure {
    fn from(error: CalibrationFileError) -> Self {
        Self::new(Exit::Data, error)
            .hint("calibrations are made with `cansweep calibrate loopback`, `level`, `microphone`")
    }
}

impl From<CalibrationError> for Failure {
    fn from(error: CalibrationError) -> Self {
        let hint = match &error {
            CalibrationError::Twice { .. } => "name one of them",
            CalibrationError::OtherReference { .. } => {
                "without a reference channel use a loopback of that input alone, with one a \
                 loopback of both inputs (--channels reference=1,microphone=2)"
            }
            CalibrationError::Band { .. } => "use a calibration that covers the band",
            CalibrationError::Curve(_) => return Self::new(Exit::Data, error),
        };
        Self::new(Exit::Data, error).hint(hint)
    }
}
