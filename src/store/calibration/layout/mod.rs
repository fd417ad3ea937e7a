//! How a calibration stands in its file.

mod impedance;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::impedance::ImpedanceTable;
use super::{CalibrationProblem, SCHEMA};
use crate::model::{
    Against, Calibration, CalibrationConditions, CalibrationData, CalibrationKind, Curve,
    CurveError, CurveSign, FrequencyGrid, LevelCalibration, LoopbackCalibration,
    MicrophoneCalibration, Polar, Sensitivity,
};
use crate::quantity::Uncertain;
use crate::quantity::unit::{Decibel, Unit};

/// The file as a whole. Of the tables there is the one that the kind names.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    schema: u32,
    kind: CalibrationKind,
    name: String,
    made_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    valid_until: Option<Timestamp>,
    tool: String,
    /// Hash of everything else.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) sha256: Option<String>,
    #[serde(default)]
    conditions: CalibrationConditions,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    loopback: Option<LoopbackTable>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    level: Option<LevelTable>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    microphone: Option<MicrophoneTable>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    impedance: Option<ImpedanceTable>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LoopbackTable {
    input: usize,
    /// Absent: against the stimulus.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    against_input: Option<usize>,
    delay_samples: f64,
    curve: CurveTable,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelTable {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    output_full_scale_v: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    u_output_full_scale_v: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    microphone_input: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    microphone_full_scale_db_spl: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    u_microphone_full_scale_db_spl: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    inputs: Vec<InputTable>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InputTable {
    input: usize,
    full_scale_v: f64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    u_full_scale_v: Option<f64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MicrophoneTable {
    sign: CurveSign,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    serial: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    sensitivity: Option<Sensitivity>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    tolerance_db: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    header: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    curve: Option<CurveTable>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CurveTable {
    frequency_hz: Vec<f64>,
    magnitude_db: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    phase_deg: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    u_magnitude_db: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    u_phase_deg: Option<Vec<f64>>,
}

impl Document {
    /// The document of a calibration, still without its hash.
    pub(super) fn of(calibration: &Calibration) -> Self {
        let (mut loopback, mut level, mut microphone, mut impedance) = (None, None, None, None);
        match &calibration.data {
            CalibrationData::Loopback(data) => loopback = Some(LoopbackTable::of(data)),
            CalibrationData::Level(data) => level = Some(LevelTable::of(data)),
            CalibrationData::Microphone(data) => microphone = Some(MicrophoneTable::of(data)),
            CalibrationData::Impedance(data) => impedance = Some(ImpedanceTable::of(data)),
        }
        Self {
            schema: SCHEMA,
            kind: calibration.kind(),
            name: calibration.name.clone(),
            made_at: calibration.made_at,
            valid_until: calibration.valid_until,
            tool: calibration.tool.clone(),
            sha256: None,
            conditions: calibration.conditions.clone(),
            loopback,
            level,
            microphone,
            impedance,
        }
    }

    pub(super) fn into_calibration(self) -> Result<Calibration, CalibrationProblem> {
        let kind = self.kind;
        let data = match (self.loopback, self.level, self.microphone, self.impedance) {
            (Some(table), None, None, None) => CalibrationData::Loopback(table.into_data()?),
            (None, Some(table), None, None) => CalibrationData::Level(table.into_data()?),
            (None, None, Some(table), None) => CalibrationData::Microphone(table.into_data()?),
            (None, None, None, Some(table)) => CalibrationData::Impedance(table.into_data()?),
            _ => return Err(missing(kind)),
        };
        let calibration = Calibration {
            name: self.name,
            made_at: self.made_at,
            valid_until: self.valid_until,
            tool: self.tool,
            conditions: self.conditions,
            data,
        };
        if calibration.kind() == kind { Ok(calibration) } else { Err(missing(kind)) }
    }
}

fn missing(kind: CalibrationKind) -> CalibrationProblem {
    CalibrationProblem::Numbers(format!(
        "its kind is {kind}, so it must have a table [{kind}] and no other"
    ))
}

impl LoopbackTable {
    fn of(data: &LoopbackCalibration) -> Self {
        let against_input = match data.against {
            Against::Stimulus => None,
            Against::Input(input) => Some(input),
        };
        let curve = CurveTable::of(&data.response);
        Self { input: data.input, against_input, delay_samples: data.delay_samples, curve }
    }

    fn into_data(self) -> Result<LoopbackCalibration, CalibrationProblem> {
        let against = match self.against_input {
            None => Against::Stimulus,
            Some(input) => Against::Input(counted("against_input", input)?),
        };
        Ok(LoopbackCalibration {
            input: counted("input", self.input)?,
            against,
            delay_samples: finite("delay_samples", self.delay_samples)?,
            response: self.curve.into_polar()?,
        })
    }
}

impl LevelTable {
    fn of(data: &LevelCalibration) -> Self {
        let microphone = data.microphone_full_scale_db_spl;
        let input = |&(input, volts): &(usize, Uncertain)| InputTable {
            input,
            full_scale_v: volts.value,
            u_full_scale_v: Some(volts.u),
        };
        Self {
            output_full_scale_v: data.output_full_scale_v.map(|volts| volts.value),
            u_output_full_scale_v: data.output_full_scale_v.map(|volts| volts.u),
            microphone_input: microphone.map(|(input, _)| input),
            microphone_full_scale_db_spl: microphone.map(|(_, level)| level.value),
            u_microphone_full_scale_db_spl: microphone.map(|(_, level)| level.u),
            inputs: data.input_full_scale_v.iter().map(input).collect(),
        }
    }

    fn into_data(self) -> Result<LevelCalibration, CalibrationProblem> {
        let output = self
            .output_full_scale_v
            .map(|volts| volts_of("output_full_scale_v", volts, self.u_output_full_scale_v));
        let input = |table: InputTable| {
            let volts = volts_of("full_scale_v", table.full_scale_v, table.u_full_scale_v)?;
            Ok::<_, CalibrationProblem>((counted("input", table.input)?, volts))
        };
        let microphone = self.microphone_full_scale_db_spl.map(|level| {
            let key = "microphone_full_scale_db_spl";
            let level = uncertain(key, level, self.u_microphone_full_scale_db_spl)?;
            let input = self.microphone_input.ok_or_else(|| {
                CalibrationProblem::Numbers(format!("{key} needs a microphone_input"))
            })?;
            Ok::<_, CalibrationProblem>((counted("microphone_input", input)?, level))
        });
        Ok(LevelCalibration {
            output_full_scale_v: output.transpose()?,
            input_full_scale_v: self.inputs.into_iter().map(input).collect::<Result<_, _>>()?,
            microphone_full_scale_db_spl: microphone.transpose()?,
        })
    }
}

impl MicrophoneTable {
    fn of(data: &MicrophoneCalibration) -> Self {
        Self {
            sign: data.sign,
            serial: data.serial.clone(),
            sensitivity: data.sensitivity,
            tolerance_db: data.tolerance_db,
            header: data.header.clone(),
            curve: data.response.as_ref().map(CurveTable::of),
        }
    }

    fn into_data(self) -> Result<MicrophoneCalibration, CalibrationProblem> {
        let tolerance = self.tolerance_db.map(|db| not_negative("tolerance_db", db));
        if self.curve.is_none() && self.sensitivity.is_none() {
            return Err(CalibrationProblem::Numbers(
                "[microphone] has neither a curve nor a sensitivity".to_owned(),
            ));
        }
        Ok(MicrophoneCalibration {
            response: self.curve.map(CurveTable::into_polar).transpose()?,
            sign: self.sign,
            sensitivity: self.sensitivity,
            serial: self.serial,
            header: self.header,
            tolerance_db: tolerance.transpose()?,
        })
    }
}

impl CurveTable {
    fn of(polar: &Polar<Decibel>) -> Self {
        let magnitude = polar.magnitude();
        let phase = polar.phase();
        Self {
            frequency_hz: magnitude.hz().to_vec(),
            magnitude_db: magnitude.values().to_vec(),
            phase_deg: phase.map(|phase| phase.values().to_vec()),
            u_magnitude_db: magnitude.u().map(|u| u.to_vec()),
            u_phase_deg: phase.and_then(Curve::u).map(|u| u.to_vec()),
        }
    }

    fn into_polar(self) -> Result<Polar<Decibel>, CalibrationProblem> {
        let grid = FrequencyGrid::new(self.frequency_hz)
            .map_err(|error| CalibrationProblem::Numbers(error.to_string()))?;
        let magnitude = curve(&grid, self.magnitude_db, self.u_magnitude_db)?;
        let Some(degrees) = self.phase_deg else { return Ok(Polar::of_magnitude(magnitude)) };
        let phase = curve(&grid, degrees, self.u_phase_deg)?;
        Polar::new(magnitude, phase).map_err(no_curve)
    }
}

fn curve<U: Unit>(
    grid: &FrequencyGrid,
    values: Vec<f64>,
    u: Option<Vec<f64>>,
) -> Result<Curve<U>, CalibrationProblem> {
    let curve = Curve::new(grid.clone(), values.into()).map_err(no_curve)?;
    match u {
        Some(u) => curve.with_u(u.into()).map_err(no_curve),
        None => Ok(curve),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn no_curve(error: CurveError) -> CalibrationProblem {
    CalibrationProblem::Numbers(error.to_string())
}

fn counted(key: &str, input: usize) -> Result<usize, CalibrationProblem> {
    if input > 0 {
        return Ok(input);
    }
    Err(CalibrationProblem::Numbers(format!("{key} is 0, and inputs are counted from 1")))
}

fn finite(key: &str, value: f64) -> Result<f64, CalibrationProblem> {
    if value.is_finite() {
        return Ok(value);
    }
    Err(CalibrationProblem::Numbers(format!("{key} is not a finite number")))
}

fn not_negative(key: &str, value: f64) -> Result<f64, CalibrationProblem> {
    if finite(key, value)? >= 0.0 {
        return Ok(value);
    }
    Err(CalibrationProblem::Numbers(format!("{key} of {value} is negative")))
}

fn uncertain(key: &str, value: f64, u: Option<f64>) -> Result<Uncertain, CalibrationProblem> {
    let u = not_negative(&format!("u_{key}"), u.unwrap_or(0.0))?;
    Ok(Uncertain::new(finite(key, value)?, u))
}

/// A voltage above zero.
fn volts_of(key: &str, value: f64, u: Option<f64>) -> Result<Uncertain, CalibrationProblem> {
    if value > 0.0 {
        return uncertain(key, value, u);
    }
    Err(CalibrationProblem::Numbers(format!("{key} of {value} is not above zero")))
}
