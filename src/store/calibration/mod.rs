//! Calibrations in files: one TOML document each, scalars first, that a person can read.
//!
//! A hash over everything else tells whether the file was changed since it was written: over the
//! meaning of the document, so that a comment may be added. A file that was changed is read all
//! the same, and says so ([`Content::Changed`]).

mod layout;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::atomic::{self, Overwrite, WriteError};
use super::library::hash;
use crate::model::{Calibration, CalibrationRecord, Content, FiledCalibration};
use layout::Document;

/// The version of the layout that is written. Older ones stay readable.
pub const SCHEMA: u32 = 1;

/// A calibration file is not longer than this.
const MOST_BYTES: u64 = 16 << 20;

/// A file that gave no calibration.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the calibration '{}': {problem}", path.display())]
pub struct CalibrationFileError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub problem: CalibrationProblem,
}

/// Why a text is no calibration.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationProblem {
    /// The system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is longer than any calibration.
    #[error("longer than {} MiB, which no calibration is", MOST_BYTES >> 20)]
    TooLong,
    /// It was written by a later version.
    #[error("its schema is {found}, and this version of cansweep knows {SCHEMA} at most")]
    Newer {
        /// The schema found.
        found: u32,
    },
    /// The text is not TOML, or a key is missing, unknown or of the wrong kind.
    #[error("{}{reason}", line.map_or(String::new(), |line| format!("line {line}: ")))]
    Text {
        /// The line, counted from one, where one line is to blame.
        line: Option<usize>,
        /// What is wrong.
        reason: String,
    },
    /// The numbers do not make a calibration.
    #[error("{0}")]
    Numbers(String),
}

/// Reads a calibration.
///
/// # Errors
///
/// When the file cannot be read or holds no calibration, with the reason.
pub fn read(path: &Path) -> Result<FiledCalibration, CalibrationFileError> {
    let read = read_text(path).and_then(|text| parse(&text, path));
    read.map_err(|problem| CalibrationFileError { path: path.to_owned(), problem })
}

fn read_text(path: &Path) -> Result<String, CalibrationProblem> {
    let mut text = String::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST_BYTES { Err(CalibrationProblem::TooLong) } else { Ok(text) }
}

/// Reads a calibration from its text; of the path only the name counts.
///
/// # Errors
///
/// When it is none, with the reason.
pub fn parse(text: &str, path: &Path) -> Result<FiledCalibration, CalibrationProblem> {
    #[derive(serde::Deserialize)]
    struct Version {
        schema: u32,
    }
    let text = text.trim_start_matches('\u{feff}');
    let Version { schema } = toml::from_str(text).map_err(|error| refused(text, &error))?;
    if schema > SCHEMA {
        return Err(CalibrationProblem::Newer { found: schema });
    }
    let document: Document = toml::from_str(text).map_err(|error| refused(text, &error))?;
    let sha256 = content_hash(&document).map_err(CalibrationProblem::Numbers)?;
    let written = document.sha256.as_deref();
    let as_written = written.is_some_and(|hash| hash.eq_ignore_ascii_case(&sha256));
    let calibration = document.into_calibration()?;
    let record = record(&calibration, path, sha256);
    let content = if as_written { Content::AsWritten } else { Content::Changed };
    Ok(FiledCalibration { calibration, record, content })
}

/// What TOML says about a text, with the line if one line is to blame.
fn refused(text: &str, error: &toml::de::Error) -> CalibrationProblem {
    let start = error.span().filter(|span| span.len() < text.trim().len());
    let before = start.and_then(|span| text.get(..span.start));
    CalibrationProblem::Text {
        line: before.map(|before| before.matches('\n').count() + 1),
        reason: error.message().trim_end_matches('.').replace('\n', ", "),
    }
}

/// Writes a calibration and gives back what a measurement would keep of it.
///
/// # Errors
///
/// When the file exists and must not be replaced, or the system refuses.
pub fn write(
    path: &Path,
    calibration: &Calibration,
    overwrite: Overwrite,
) -> Result<CalibrationRecord, WriteError> {
    let unwritable = |reason: String| WriteError::at(path)(io::Error::other(reason));
    let mut document = Document::of(calibration);
    let sha256 = content_hash(&document).map_err(unwritable)?;
    document.sha256 = Some(sha256.clone());
    let text = toml::to_string(&document).map_err(|error| unwritable(error.to_string()))?;
    let head = format!(
        "# A calibration of kind {}, to be named to --calibration. Comments may be added; a value\n\
         # that is changed by hand is noticed by its hash.\n\n",
        calibration.kind()
    );
    atomic::write_bytes(path, (head + &text).as_bytes(), overwrite)?;
    Ok(record(calibration, path, sha256))
}

fn record(calibration: &Calibration, path: &Path, sha256: String) -> CalibrationRecord {
    CalibrationRecord {
        name: calibration.name.clone(),
        kind: calibration.kind(),
        file: path.display().to_string(),
        sha256,
        made_at: calibration.made_at,
    }
}

/// The hash of everything but the hash, in the form in which it is written.
fn content_hash(document: &Document) -> Result<String, String> {
    let mut bare = document.clone();
    bare.sha256 = None;
    let text = toml::to_string(&bare).map_err(|error| error.to_string())?;
    Ok(hash::of_bytes(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;
    use proptest::prelude::*;

    use super::*;
    use crate::model::{
        Against, CalibrationConditions, CalibrationData, ChannelMap, CheckedStandard, Covariance,
        CurveSign, FrequencyGrid, ImpedanceCalibration, Jig, LevelCalibration, LoopbackCalibration,
        MeasuredStandard, MicrophoneCalibration, Polar, Response, RigIdentity, RigKind, Standard,
    };
    use crate::model::{ChannelRole, Curve};
    use crate::quantity::{Resistance, SampleRate, Uncertain};

    fn polar() -> Polar<crate::quantity::unit::Decibel> {
        let grid = FrequencyGrid::new(vec![20.0, 1e3, 20e3]).unwrap();
        let curve = |values: [f64; 3]| Curve::new(grid.clone(), values.to_vec().into()).unwrap();
        let magnitude = curve([-1.8, 0.1, -3.6]).with_u(vec![0.01, 0.001, 0.1].into()).unwrap();
        let phase = Curve::new(grid.clone(), vec![12.0, 0.5, -200.0].into()).unwrap();
        Polar::new(magnitude, phase.with_u(vec![0.1, 0.01, 1.0].into()).unwrap()).unwrap()
    }

    fn calibration(data: CalibrationData) -> Calibration {
        let rig = RigIdentity { kind: RigKind::SoundCard, name: "desk".to_owned() };
        let channels = [(ChannelRole::Reference, 0), (ChannelRole::Microphone, 1)];
        Calibration {
            name: "desk loopback".to_owned(),
            made_at: "2026-11-23T05:20:34Z".parse().unwrap(),
            valid_until: Some("2027-11-23T05:20:34Z".parse().unwrap()),
            tool: "cansweep 0.1.0".to_owned(),
            conditions: CalibrationConditions {
                rig: Some(rig),
                rate_hz: Some(SampleRate::new(48_000).unwrap()),
                channels: ChannelMap::new(channels),
                gain: Some("both knobs at noon".to_owned()),
                notes: vec!["short cable".to_owned()],
                ..CalibrationConditions::default()
            },
            data,
        }
    }

    fn impedance() -> ImpedanceCalibration {
        let hundred = Resistance::new(100.0).unwrap();
        let grid = FrequencyGrid::new(vec![20.0, 1e3, 20e3]).unwrap();
        let ratio = |re: f64| {
            let values = Response::from_fn(grid.clone(), |f| Complex64::new(re, f / 1e7)).unwrap();
            let covariance = Covariance { rr: 1e-12, ri: -1.3e-13, ii: 2e-12 };
            values.with_covariance(vec![covariance; 3]).unwrap()
        };
        let load = Standard::load(hundred, 0.1);
        let standards = [(Standard::open(), 1.01), (Standard::short(), 1e-4), (load.clone(), 0.5)];
        let standards = standards
            .map(|(standard, re)| MeasuredStandard { standard, ratio: ratio(re) })
            .to_vec();
        let check = CheckedStandard {
            standard: load,
            worst_percent: 0.02,
            worst_hz: 20e3,
            worst_deg: 0.01,
            covered: 1.0,
        };
        let jig = Jig::with_resistor(hundred);
        ImpedanceCalibration { jig, delay_samples: Some(0.5), standards, checks: vec![check] }
    }

    fn of_every_kind() -> [Calibration; 6] {
        let loopback = |against| LoopbackCalibration {
            input: 2,
            against,
            delay_samples: -0.25,
            response: polar(),
        };
        let level = LevelCalibration {
            output_full_scale_v: Some(Uncertain::new(2.0, 0.01)),
            input_full_scale_v: vec![(1, Uncertain::new(2.4, 0.02))],
            microphone_full_scale_db_spl: Some((2, Uncertain::new(120.0, 0.3))),
        };
        let microphone = |response| MicrophoneCalibration {
            response,
            sign: CurveSign::Correction,
            sensitivity: Some("-13.47 dB sens factor".parse().unwrap()),
            serial: Some("8105623".to_owned()),
            header: vec!["Sens Factor =-13.47dB".to_owned()],
            tolerance_db: Some(1.0),
        };
        [
            CalibrationData::Loopback(loopback(Against::Stimulus)),
            CalibrationData::Loopback(loopback(Against::Input(1))),
            CalibrationData::Level(level),
            CalibrationData::Microphone(microphone(Some(polar()))),
            CalibrationData::Microphone(microphone(None)),
            CalibrationData::Impedance(impedance()),
        ]
        .map(calibration)
    }

    fn written(calibration: &Calibration) -> (String, CalibrationRecord) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cal.toml");
        let record = write(&path, calibration, Overwrite::Refuse).unwrap();
        assert!(write(&path, calibration, Overwrite::Refuse).is_err());
        let filed = read(&path).unwrap();
        assert_eq!(filed.record, record);
        (std::fs::read_to_string(path).unwrap(), record)
    }

    fn parsed(text: &str) -> Result<FiledCalibration, CalibrationProblem> {
        parse(text, Path::new("cal.toml"))
    }

    #[test]
    fn a_calibration_is_read_as_it_was_written() {
        for calibration in of_every_kind() {
            let (text, _) = written(&calibration);
            let filed = parsed(&text).unwrap();
            assert_eq!(filed.calibration, calibration, "{text}");
            assert_eq!(filed.content, Content::AsWritten, "{text}");
        }
    }

    #[test]
    fn a_value_that_was_changed_by_hand_is_noticed_and_a_comment_is_not() {
        let (text, record) = written(&of_every_kind()[2]);
        let remark = text.replace("[conditions]", "# the old cable\n[conditions]");
        assert_eq!(parsed(&remark).unwrap().content, Content::AsWritten);
        let changed = parsed(&text.replace("2.4", "2.5")).unwrap();
        assert_eq!(changed.content, Content::Changed);
        assert_ne!(changed.record.sha256, record.sha256);
        let unhashed: Vec<&str> = text.lines().filter(|line| !line.contains("sha256")).collect();
        assert_eq!(parsed(&unhashed.join("\n")).unwrap().content, Content::Changed);
    }

    #[test]
    fn a_broken_file_names_line_and_reason() {
        let (text, _) = written(&of_every_kind()[0]);
        let refusal = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            parsed(&text.replace(from, to)).unwrap_err().to_string()
        };
        assert!(refusal("schema = 1", "schema = 7").contains("schema is 7"));
        assert!(refusal("input = 2", "inputt = 2").contains("line "));
        assert!(refusal("kind = \"loopback\"", "kind = \"level\"").contains("[level]"));
        assert!(refusal("[20.0, 1000.0, 20000.0]", "[20.0, 10.0, 20000.0]").contains("above"));
        assert!(refusal("[20.0, 1000.0, 20000.0]", "[20.0, 20000.0]").contains("frequencies"));
        assert!(refusal("[20.0, 1000.0, 20000.0]", "[20.0, nan, 20000.0]").contains("number"));
        assert!(refusal("input = 2", "input = 0").contains("counted from 1"));
        assert!(refusal("2027-11-23", "never").contains("line "));
    }

    #[test]
    fn a_missing_file_is_named() {
        let message = read(Path::new("/no/such/cal.toml")).unwrap_err().to_string();
        assert!(
            message.starts_with("cannot read the calibration '/no/such/cal.toml'"),
            "{message}"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_a_calibration_or_refused_without_panic(
            text in ".{0,80}", value in ".{0,12}", which in 0_usize..6, at in 0_usize..60,
        ) {
            let _ = parsed(&text);
            let (right, _) = written(&of_every_kind()[which]);
            let lines: Vec<&str> = right.lines().collect();
            let changed = lines.iter().enumerate().map(|(i, line)| match line.split_once(" = ") {
                Some((key, _)) if i == at => format!("{key} = {value}"),
                _ => (*line).to_owned(),
            });
            let _ = parsed(&changed.collect::<Vec<_>>().join("\n"));
        }
    }
}
