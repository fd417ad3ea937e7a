//! Where a calibration is written, until when it holds, and what is said about it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::{Value, json};

use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::{Common, TOOL};
use crate::model::{
    Calibration, CalibrationConditions, CalibrationData, CalibrationRecord, Finding, Recording,
};
use crate::store::{Overwrite, WriteError, calibration, document, wav};

/// What every calibration takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Result")]
pub(super) struct Keeping {
    /// Write the calibration to this file; what is captured for it is kept beside it
    #[arg(short, long, value_name = "CAL.toml")]
    output: PathBuf,
    /// Its name [default: that of the file]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// For how many days it holds; after that it is applied with a warning [default: for good]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    valid_days: Option<u16>,
    /// How the gains are set, for the person who repeats it
    #[arg(long, value_name = "TEXT")]
    gain: Option<String>,
    /// The temperature in the room
    #[arg(long, value_name = "TEXT")]
    temperature: Option<String>,
    /// Anything else worth keeping with it; may be given several times
    #[arg(long = "note", value_name = "TEXT")]
    notes: Vec<String>,
    /// Overwrite a file that exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

impl Keeping {
    const fn overwrite(&self) -> Overwrite {
        if self.force { Overwrite::Allow } else { Overwrite::Refuse }
    }

    /// Refuses a place that is taken, before anything is played.
    pub(super) fn require_free(&self) -> Result<(), Failure> {
        if self.output.exists() && !self.force {
            return Err(WriteError::Exists { path: self.output.clone() }.into());
        }
        Ok(())
    }

    /// Keeps a take that was captured just now beside the calibration, before it is looked at.
    /// Its file name.
    pub(super) fn keep_take(&self, take: &Recording, what: &str) -> Result<String, Failure> {
        let stem = self.output.file_stem().unwrap_or_default().to_string_lossy();
        let path = self.output.with_file_name(format!("{stem}-{what}.wav"));
        wav::write_recording(&path, take, self.overwrite())?;
        Ok(path.file_name().unwrap_or_default().to_string_lossy().into_owned())
    }

    /// Writes the calibration and prints it.
    pub(super) fn finish(
        &self,
        data: CalibrationData,
        conditions: CalibrationConditions,
        told: &Told,
        output: Output,
    ) -> Result<(), Failure> {
        let stem = || self.output.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let made_at = Timestamp::now();
        let made_at = made_at.round(Unit::Second).unwrap_or(made_at);
        let valid_until = self.valid_days.and_then(|days| {
            made_at.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok()
        });
        let calibration = Calibration {
            name: self.name.clone().unwrap_or_else(stem),
            made_at,
            valid_until,
            tool: TOOL.to_owned(),
            conditions: CalibrationConditions {
                gain: self.gain.clone(),
                temperature: self.temperature.clone(),
                notes: self.notes.clone(),
                ..conditions
            },
            data,
        };
        let record = calibration::write(&self.output, &calibration, self.overwrite())?;
        output.result(|| told.document(&calibration, &record), || told.text(&self.output))?;
        Output::findings(&told.findings);
        Ok(())
    }
}

/// What is printed of a calibration.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Lines for a person: what, and its value.
    pub(super) lines: Vec<(&'static str, String)>,
    /// Figures for a program.
    pub(super) figures: Value,
    /// What was noticed.
    pub(super) findings: Vec<Finding>,
    /// What was assumed.
    pub(super) assumptions: Vec<String>,
}

impl Told {
    fn text(&self, path: &Path) -> String {
        let mut text = String::new();
        for (what, value) in &self.lines {
            let _ = writeln!(text, "{what:<20}{value}");
        }
        let _ = writeln!(text, "stored in {}", path.display());
        text
    }

    fn document(&self, calibration: &Calibration, record: &CalibrationRecord) -> Value {
        let mut document = json!({
            "schema": 1, "kind": "calibration", "calibration": record,
            "figures": self.figures, "findings": document::findings(&self.findings),
            "assumptions": self.assumptions, "conditions": calibration.conditions,
        });
        if let Some(valid_until) = calibration.valid_until {
            document["valid_until"] = json!(valid_until);
        }
        document
    }
}
