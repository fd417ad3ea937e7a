//! `cansweep calibrate microphone`: a maker's file as a calibration.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::keeping::{Keeping, Told};
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::{Output, counted};
use crate::model::{
    CalibrationConditions, CalibrationData, CurveSign, MicrophoneCalibration, Sensitivity,
};
use crate::quantity::Gain;
use crate::store::curve::{MakerFile, read_maker_file};

/// The arguments of `calibrate microphone`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep calibrate microphone 7047870.txt -o umik.toml
  cansweep calibrate microphone mm1.txt --tolerance 1dB -o mm1.toml
  cansweep calibrate microphone ecm8000-correction.txt --sign correction -o ecm8000.toml
  cansweep calibrate microphone plain.csv --sensitivity 11.8mV/Pa -o mic.toml

A response is what the microphone does, and is subtracted from a result; a correction takes it
away, and is added. A file that calls itself a correction or compensation is taken as one; what
was assumed is printed, and --sign overrules it. A phase is used where the file has one.")]
pub(crate) struct MicrophoneArgs {
    #[arg(
        value_name = "FILE",
        help = "The maker's file: UMIK, EARS, Dayton, OmniMic, FRD, REW or any table of Hz and dB"
    )]
    file: PathBuf,
    /// Which way round its curve is: response or correction [default: as the file says]
    #[arg(long, value_name = "SIGN")]
    sign: Option<CurveSign>,
    /// Sensitivity: 11.8mV/Pa or -40dBV/Pa [default: as the file says]
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    sensitivity: Option<Sensitivity>,
    /// How far the microphone may differ from the curve [default: not known]
    #[arg(long, value_name = "dB")]
    tolerance: Option<Gain>,
    #[command(flatten)]
    pub(super) keeping: Keeping,
}

pub(super) fn run(args: &MicrophoneArgs, output: Output) -> Result<Exit, Failure> {
    args.keeping.require_free()?;
    let file = read_maker_file(&args.file)?;
    let sensitivity = args.sensitivity.or(file.sensitivity);
    if let Some(other) = sensitivity.filter(|stated| !stated.is_of_a_microphone()) {
        return Err(Failure::data(format!(
            "'{}' describes a converter ({other} at full scale) and not a microphone",
            args.file.display()
        ))
        .hint("what full scale is in volts is found with: cansweep calibrate level"));
    }
    let sign = args.sign.unwrap_or(file.sign);
    let told = args.told(&file, sign, sensitivity);
    for assumption in &told.assumptions {
        Output::remark(&format!("note: {assumption}"));
    }
    let data = CalibrationData::Microphone(MicrophoneCalibration {
        response: file.response,
        sign,
        sensitivity,
        serial: file.serial,
        header: file.header,
        tolerance_db: args.tolerance.map(|tolerance| tolerance.db().abs()),
    });
    let source = Some(args.file.display().to_string());
    let conditions = CalibrationConditions { source, ..CalibrationConditions::default() };
    args.keeping.finish(data, conditions, &told, output)?;
    Ok(Exit::Done)
}

impl MicrophoneArgs {
    fn told(&self, file: &MakerFile, sign: CurveSign, sensitivity: Option<Sensitivity>) -> Told {
        let said = |value: Option<String>| value.unwrap_or_else(|| "not stated".to_owned());
        let stated = sensitivity.map(|sensitivity| sensitivity.to_string());
        let effect = match sign {
            CurveSign::Response => "subtracted from results",
            CurveSign::Correction => "added to results",
        };
        let mut figures = json!({ "sign": sign, "sign_assumed": self.sign.is_none() });
        if let Some(curve) = file.response.as_ref() {
            let grid = curve.magnitude().grid();
            figures["points"] = json!(grid.len());
            figures["from_hz"] = json!(grid.first_hz());
            figures["to_hz"] = json!(grid.last_hz());
            figures["has_phase"] = json!(curve.phase().is_some());
        }
        if let Some(stated) = &stated {
            figures["sensitivity"] = json!(stated);
        }
        if let Some(serial) = &file.serial {
            figures["serial"] = json!(serial);
        }
        let mut assumptions = file.assumptions.clone();
        if self.sign.is_none() && file.response.is_some() {
            assumptions.push(format!("taken as a {sign} ({effect}): {}", file.sign_reason));
        }
        Told {
            lines: vec![
                ("serial number", said(file.serial.clone())),
                ("curve", curve_words(file)),
                ("taken as", format!("{sign}, {effect}")),
                ("sensitivity", said(stated)),
                (
                    "tolerance",
                    self.tolerance.map_or_else(
                        || "not known: it adds nothing to the uncertainty".to_owned(),
                        |tolerance| format!("±{} dB", tolerance.db().abs()),
                    ),
                ),
            ],
            figures,
            assumptions,
            ..Told::default()
        }
    }
}

fn curve_words(file: &MakerFile) -> String {
    let Some(curve) = &file.response else {
        return "none: the file states a sensitivity only".to_owned();
    };
    let grid = curve.magnitude().grid();
    let phase = if curve.phase().is_some() { "with phase" } else { "without phase" };
    let points = counted(grid.len(), "point");
    format!("{points}, {:.1} Hz to {:.0} Hz, {phase}", grid.first_hz(), grid.last_hz())
}
