//! From full scale to sound pressure: what a response says in dB SPL.

use crate::model::{
    CalibrationData, ChannelMap, ChannelRole, FiledCalibration, LevelCalibration, Response,
    ResponseFigures,
};
use crate::quantity::unit::FullScale;
use crate::quantity::{DB_PER_NEPER, Level, Uncertain, amplitude_db};

/// A sound pressure of one pascal re 20 µPa.
const ONE_PASCAL_DB_SPL: f64 = 93.979_400_086_720_37;

/// What full scale is, from all calibrations that say something about it.
#[derive(Debug, Default)]
pub(super) struct FullScales {
    /// Effective value at the output, dB re 1 V.
    output_dbv: Option<Uncertain>,
    /// Effective value at the reference, dB re 1 V.
    reference_dbv: Option<Uncertain>,
    /// At the microphone, dB SPL.
    microphone_db_spl: Option<Uncertain>,
}

impl FullScales {
    /// Of several calibrations that say the same, the first counts.
    pub(super) fn of(filed: &[FiledCalibration], channels: &ChannelMap) -> Self {
        let levels = || filed.iter().filter_map(|filed| level_of(filed));
        let input = |role| {
            let input = channels.get(role)? + 1;
            levels().find_map(|level| level.input_v(input)).map(in_decibels)
        };
        let microphone_dbv = input(ChannelRole::Microphone);
        let stated = filed.iter().find_map(volts_per_pascal);
        let from_sensitivity = || {
            let (full_scale, sensitivity) = (microphone_dbv?, stated?);
            let db = ONE_PASCAL_DB_SPL + full_scale.value - amplitude_db(sensitivity);
            Some(Uncertain::new(db, full_scale.u))
        };
        let calibrated =
            levels().find_map(|level| level.microphone_full_scale_db_spl).map(|(_, level)| level);
        Self {
            output_dbv: levels().find_map(|level| level.output_full_scale_v).map(in_decibels),
            reference_dbv: input(ChannelRole::Reference),
            microphone_db_spl: calibrated.or_else(from_sensitivity),
        }
    }

    /// Adds to the figures what a response (in full scale, before anything was taken out of it)
    /// means in sound pressure.
    ///
    /// ```text
    /// S = M + H − V      H level at 1 kHz, M full scale of the microphone in dB SPL, V full scale
    /// L = S + A + O      of what it was divided by, O of the output in dBV, A level played in dBFS
    /// ```
    pub(super) fn tell(
        &self,
        response: &Response,
        played: Level<FullScale>,
        has_reference: bool,
        figures: &mut ResponseFigures,
    ) {
        let (Some(microphone), Some(at_1khz)) = (self.microphone_db_spl, at_1khz(response)) else {
            return;
        };
        let captured = sum(microphone, at_1khz);
        let driven = if has_reference { self.reference_dbv } else { self.output_dbv };
        let sensitivity = driven.map(|volts| sum(captured, negative(volts)));
        let level = match (has_reference, sensitivity, self.output_dbv) {
            // Against the stimulus the voltage does not matter.
            (false, ..) => Some(captured),
            (true, Some(sensitivity), Some(output)) => Some(sum(sensitivity, output)),
            _ => None,
        };
        figures.sensitivity_db_spl_per_v = sensitivity.map(|level| level.value);
        figures.u_sensitivity_db_spl_per_v = sensitivity.map(|level| level.u);
        figures.level_db_spl_at_1khz = level.map(|level| level.value + played.db());
        figures.u_level_db_spl_at_1khz = level.map(|level| level.u);
    }
}

const fn level_of(filed: &FiledCalibration) -> Option<&LevelCalibration> {
    match &filed.calibration.data {
        CalibrationData::Level(level) => Some(level),
        _ => None,
    }
}

fn volts_per_pascal(filed: &FiledCalibration) -> Option<f64> {
    match &filed.calibration.data {
        CalibrationData::Microphone(microphone) => microphone.sensitivity?.volts_per_pascal(),
        _ => None,
    }
}

fn in_decibels(volts: Uncertain) -> Uncertain {
    Uncertain::new(amplitude_db(volts.value), DB_PER_NEPER * volts.u / volts.value)
}

fn at_1khz(response: &Response) -> Option<Uncertain> {
    let level = response.level();
    let value = level.at(1000.0).ok()?;
    let off = |&(_, f): &(usize, &f64)| (f - 1000.0).abs();
    let nearest = level.hz().iter().enumerate().min_by(|a, b| off(a).total_cmp(&off(b)));
    let (index, _) = nearest?;
    Some(Uncertain::new(value, level.u().map_or(0.0, |u| u[index])))
}

/// The sum of two independent decibel values.
fn sum(a: Uncertain, b: Uncertain) -> Uncertain {
    Uncertain::new(a.value + b.value, a.u.hypot(b.u))
}

fn negative(a: Uncertain) -> Uncertain {
    Uncertain::new(-a.value, a.u)
}
