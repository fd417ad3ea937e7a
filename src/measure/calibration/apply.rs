//! Calibrations applied to a result: whether they fit, what they take out, what they say.

use jiff::Timestamp;

use super::level::FullScales;
use super::term::ErrorTerm;
use crate::measure::analyser::Analysed;
use crate::metrology::shelf::{bass_shelf_db, corner_minus_3_db_hz};
use crate::model::{
    Against, Calibration, CalibrationData, CalibrationKind, ChannelMap, ChannelRole, Content,
    CurveError, FiledCalibration, Finding, FindingKind, FrequencyGrid, LoopbackCalibration,
    Outcome, Polar, Response, ResponseFigures, RigIdentity, RigKind,
};
use crate::quantity::unit::{Decibel, FullScale};
use crate::quantity::{Level, SampleRate};

/// The measurement that calibrations are applied to.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The time now.
    pub now: Timestamp,
    /// The rig.
    pub rig: &'a RigIdentity,
    /// The sample rate.
    pub rate: SampleRate,
    /// The level that was played.
    pub played: Level<FullScale>,
}

/// Calibrations that cannot be applied to a result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// Each would take out the same once more.
    #[error("the calibrations '{first}' and '{second}' are both of kind {kind}")]
    Twice {
        /// Their kind.
        kind: CalibrationKind,
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// One was made against the stimulus, the other against an input.
    #[error(
        "the calibration '{calibration}' holds {holds}, but this response is the microphone over \
         {measured}"
    )]
    OtherReference {
        /// Its name.
        calibration: String,
        /// What it was measured against.
        holds: &'static str,
        /// What the response was measured against.
        measured: &'static str,
    },
    /// They have no frequencies in common.
    #[error(
        "the calibration '{calibration}' covers {from_hz:.0} Hz to {to_hz:.0} Hz, and nothing of \
         the result lies there"
    )]
    Band {
        /// Its name.
        calibration: String,
        /// Its lowest frequency.
        from_hz: f64,
        /// Its highest frequency.
        to_hz: f64,
    },
    /// The numbers do not make a result.
    #[error(transparent)]
    Curve(#[from] CurveError),
}

/// The result of an analysis with everything taken out that the calibrations know, and the
/// findings about them behind its own.
///
/// A refused result stays as it is. Nothing here depends on the order of the calibrations.
///
/// # Errors
///
/// When two would do the same, one was made against something else than the response, or they
/// have no band in common with it.
pub fn calibrated(
    analysed: Analysed,
    filed: &[FiledCalibration],
    situation: &Situation<'_>,
) -> Result<Analysed, CalibrationError> {
    require_one_of_a_kind(filed)?;
    let Analysed { outcome, mut findings, delays, channels } = analysed;
    findings.extend(filed.iter().flat_map(|filed| doubts(filed, &channels, situation)));
    let outcome = match outcome {
        Outcome::Response { response, figures } if !filed.is_empty() => {
            let taken_out = Taking { filed, channels: &channels, situation };
            let (response, figures) = taken_out.out_of(&response, figures, &mut findings)?;
            Outcome::Response { response, figures }
        }
        other => other,
    };
    Ok(Analysed { outcome, findings, delays, channels })
}

fn require_one_of_a_kind(filed: &[FiledCalibration]) -> Result<(), CalibrationError> {
    for (i, later) in filed.iter().enumerate() {
        let kind = later.calibration.kind();
        // Levels do not add up: one may hold the output, another the microphone.
        let alike = |first: &&FiledCalibration| first.calibration.kind() == kind;
        if kind != CalibrationKind::Level
            && let Some(first) = filed[..i].iter().find(alike)
        {
            let name = |filed: &FiledCalibration| filed.calibration.name.clone();
            return Err(CalibrationError::Twice { kind, first: name(first), second: name(later) });
        }
    }
    Ok(())
}

/// What speaks against a calibration: that it is old, or of something else.
fn doubts(filed: &FiledCalibration, channels: &ChannelMap, now: &Situation<'_>) -> Vec<Finding> {
    let calibration = &filed.calibration;
    let name = || calibration.name.clone();
    let mut findings = Vec::new();
    if let Some(valid_until) = calibration.valid_until.filter(|_| calibration.is_stale(now.now)) {
        findings.push(Finding::warning(FindingKind::StaleCalibration {
            calibration: name(),
            made_at: calibration.made_at.to_string(),
            valid_until: valid_until.to_string(),
        }));
    }
    let mut differs = differences(calibration, channels, now);
    if filed.content == Content::Changed {
        differs.push("its content is not what was written into it".to_owned());
    }
    if !differs.is_empty() {
        let (calibration, differs) = (name(), differs.join(", "));
        let kind = FindingKind::ForeignCalibration { calibration, differs };
        findings.push(Finding::warning(kind));
    }
    findings
}

fn differences(
    calibration: &Calibration,
    channels: &ChannelMap,
    situation: &Situation<'_>,
) -> Vec<String> {
    let conditions = &calibration.conditions;
    let mut differs = Vec::new();
    // A file does not say which rig it was recorded on.
    let known = |rig: &&RigIdentity| rig.kind != RigKind::Replay;
    if let Some(rig) = conditions.rig.as_ref().filter(known)
        && known(&situation.rig)
        && rig != situation.rig
    {
        differs.push(format!("the rig '{}', not '{}'", rig.name, situation.rig.name));
    }
    if let Some(rate) = conditions.rate_hz.filter(|rate| *rate != situation.rate) {
        differs.push(format!("a sample rate of {rate}, not {}", situation.rate));
    }
    let input_of = |role| channels.get(role).map(|index| index + 1);
    let mut input = |held: Option<usize>, role: ChannelRole| {
        if let (Some(held), Some(used)) = (held, input_of(role))
            && held != used
        {
            differs.push(format!("input {held} as the {role}, not input {used}"));
        }
    };
    match &calibration.data {
        CalibrationData::Loopback(loopback) => {
            input(Some(loopback.input), ChannelRole::Microphone);
            if let Against::Input(reference) = loopback.against {
                input(Some(reference), ChannelRole::Reference);
            }
        }
        CalibrationData::Level(level) => {
            let microphone = level.microphone_full_scale_db_spl.map(|(input, _)| input);
            input(microphone, ChannelRole::Microphone);
        }
        CalibrationData::Impedance(_) => {
            for role in [ChannelRole::Reference, ChannelRole::Sense] {
                let held = calibration.conditions.channels.get(role).map(|index| index + 1);
                input(held, role);
            }
        }
        CalibrationData::Microphone(_) => {}
    }
    differs
}

/// Calibrations on their way into a response.
struct Taking<'a> {
    filed: &'a [FiledCalibration],
    channels: &'a ChannelMap,
    situation: &'a Situation<'a>,
}

impl Taking<'_> {
    fn out_of(
        &self,
        response: &Response,
        mut figures: ResponseFigures,
        findings: &mut Vec<Finding>,
    ) -> Result<(Response, ResponseFigures), CalibrationError> {
        let has_reference = self.channels.get(ChannelRole::Reference).is_some();
        let full_scales = FullScales::of(self.filed, self.channels);
        // In full scale, as it was captured: what is divided out below has its part in it.
        full_scales.tell(response, self.situation.played, has_reference, &mut figures);
        let mut result = response.clone();
        for filed in self.filed {
            let calibration = &filed.calibration;
            let Some(curve) = curve_of(calibration) else { continue };
            result = narrowed(&result, curve, calibration, findings)?;
            if let CalibrationData::Loopback(loopback) = &calibration.data {
                let delay = self.delay_of(loopback, calibration, has_reference)?;
                figures.delay_samples = figures.delay_samples.map(|at| at - delay.round());
            }
            if let Some(term) = self.term_of(calibration, result.grid(), has_reference)? {
                result = term.apply(&result)?;
            }
        }
        let level = result.level();
        figures.bass_shelf_db = bass_shelf_db(&level);
        figures.corner_minus_3_db_hz = corner_minus_3_db_hz(&level);
        Ok((result, figures))
    }

    fn term_of(
        &self,
        calibration: &Calibration,
        grid: &FrequencyGrid,
        has_reference: bool,
    ) -> Result<Option<ErrorTerm>, CalibrationError> {
        match &calibration.data {
            CalibrationData::Loopback(loopback) => {
                let delay = self.delay_of(loopback, calibration, has_reference)?;
                // Against the stimulus, phase zero lies at the peak of the impulse response, on a
                // whole sample: only what the delay has beyond whole ones is in the phase.
                let in_phase = if has_reference { delay } else { delay - delay.round() };
                let in_phase_s = in_phase / self.situation.rate.as_f64();
                Ok(Some(ErrorTerm::of_loopback(loopback, grid, in_phase_s)?))
            }
            CalibrationData::Microphone(microphone) => {
                Ok(ErrorTerm::of_microphone(microphone, grid)?)
            }
            CalibrationData::Level(_) | CalibrationData::Impedance(_) => Ok(None),
        }
    }

    /// The delay of the converters in samples of this measurement's rate.
    fn delay_of(
        &self,
        loopback: &LoopbackCalibration,
        calibration: &Calibration,
        has_reference: bool,
    ) -> Result<f64, CalibrationError> {
        let (stimulus, input) = ("the stimulus", "a reference channel");
        let (holds, measured) = match (loopback.against, has_reference) {
            (Against::Stimulus, true) => ("output and input against the stimulus", input),
            (Against::Input(_), false) => ("one input against another", stimulus),
            _ => {
                let rate = calibration.conditions.rate_hz.unwrap_or(self.situation.rate);
                let ratio = self.situation.rate.as_f64() / rate.as_f64();
                return Ok(loopback.delay_samples * ratio);
            }
        };
        let calibration = calibration.name.clone();
        Err(CalibrationError::OtherReference { calibration, holds, measured })
    }
}

const fn curve_of(calibration: &Calibration) -> Option<&Polar<Decibel>> {
    match &calibration.data {
        CalibrationData::Loopback(loopback) => Some(&loopback.response),
        CalibrationData::Microphone(microphone) => microphone.response.as_ref(),
        CalibrationData::Level(_) | CalibrationData::Impedance(_) => None,
    }
}

/// The part of a response that a calibration covers, with a note if that is not all of it.
fn narrowed(
    response: &Response,
    curve: &Polar<Decibel>,
    calibration: &Calibration,
    findings: &mut Vec<Finding>,
) -> Result<Response, CalibrationError> {
    /// Frequencies in files are rounded: "20 kHz" may be 19 999.9 Hz.
    const ROUNDING: f64 = 1e-6;
    let covered = curve.magnitude().grid();
    let (from_hz, to_hz) = (covered.first_hz(), covered.last_hz());
    let (from, to) = (from_hz * (1.0 - ROUNDING), to_hz * (1.0 + ROUNDING));
    let name = || calibration.name.clone();
    let outside = || CalibrationError::Band { calibration: name(), from_hz, to_hz };
    let grid = response.grid().within(from, to).ok_or_else(outside)?;
    if grid.len() == response.grid().len() {
        return Ok(response.clone());
    }
    let kind = FindingKind::CalibrationBand { calibration: name(), from_hz, to_hz };
    findings.push(Finding::note(kind));
    let first = response.hz().partition_point(|&f| f < grid.first_hz());
    let part = first..first + grid.len();
    let values = part.clone().map(|k| response.values()[k]).collect();
    let narrowed = Response::new(grid, values)?;
    Ok(match response.covariance() {
        Some(covariance) => narrowed.with_covariance(covariance[part].to_vec())?,
        None => narrowed,
    })
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;

    use super::*;
    use crate::model::{
        CalibrationConditions, CalibrationRecord, Covariance, Curve, CurveSign, LevelCalibration,
        MicrophoneCalibration,
    };
    use crate::quantity::Uncertain;

    const ROUNDING: f64 = 1e-9;

    fn rig(kind: RigKind, name: &str) -> RigIdentity {
        RigIdentity { kind, name: name.to_owned() }
    }

    fn grid() -> FrequencyGrid {
        FrequencyGrid::new(vec![50.0, 1e3, 15e3]).unwrap()
    }

    fn polar(db: f64, grid: &FrequencyGrid) -> Polar<Decibel> {
        let curve = |value: f64| Curve::new(grid.clone(), vec![value; grid.len()].into()).unwrap();
        let magnitude = curve(db).with_u(vec![0.01; grid.len()].into()).unwrap();
        let phase = Curve::new(grid.clone(), vec![0.0; grid.len()].into()).unwrap();
        Polar::new(magnitude, phase).unwrap()
    }

    fn filed(name: &str, data: CalibrationData) -> FiledCalibration {
        let made_at = "2026-01-01T00:00:00Z".parse().unwrap();
        let calibration = Calibration {
            name: name.to_owned(),
            made_at,
            valid_until: Some("2026-07-01T00:00:00Z".parse().unwrap()),
            tool: "cansweep".to_owned(),
            conditions: CalibrationConditions {
                rig: Some(rig(RigKind::SoundCard, "desk")),
                rate_hz: Some(SampleRate::new(48_000).unwrap()),
                ..CalibrationConditions::default()
            },
            data,
        };
        let record = CalibrationRecord {
            name: name.to_owned(),
            kind: calibration.kind(),
            file: format!("{name}.toml"),
            sha256: "00".to_owned(),
            made_at,
        };
        FiledCalibration { calibration, record, content: Content::AsWritten }
    }

    fn loopback(against: Against) -> FiledCalibration {
        let response = polar(-6.0, &FrequencyGrid::new(vec![20.0, 20e3]).unwrap());
        let data = LoopbackCalibration { input: 2, against, delay_samples: 100.25, response };
        filed("loop", CalibrationData::Loopback(data))
    }

    fn level() -> FiledCalibration {
        filed(
            "level",
            CalibrationData::Level(LevelCalibration {
                output_full_scale_v: Some(Uncertain::new(2.0, 0.02)),
                input_full_scale_v: vec![(1, Uncertain::new(4.0, 0.04))],
                microphone_full_scale_db_spl: Some((2, Uncertain::new(120.0, 0.2))),
            }),
        )
    }

    fn microphone(hz: Vec<f64>, sensitivity: &str) -> FiledCalibration {
        filed(
            "mic",
            CalibrationData::Microphone(MicrophoneCalibration {
                response: Some(polar(1.0, &FrequencyGrid::new(hz).unwrap())),
                sign: CurveSign::Response,
                sensitivity: Some(sensitivity.parse().unwrap()),
                serial: None,
                header: Vec::new(),
                tolerance_db: None,
            }),
        )
    }

    /// A response of −10 dB, 112 samples late.
    fn analysed(with_reference: bool) -> Analysed {
        let response = Response::from_fn(grid(), |_| Complex64::from(10_f64.powf(-0.5))).unwrap();
        let response = response.with_covariance(vec![Covariance::circular(1e-4); 3]).unwrap();
        let figures = ResponseFigures { delay_samples: Some(112.0), ..ResponseFigures::default() };
        let reference = with_reference.then_some((ChannelRole::Reference, 0));
        let channels = ChannelMap::new(reference.into_iter().chain([(ChannelRole::Microphone, 1)]));
        let outcome = Outcome::Response { response, figures };
        Analysed { outcome, findings: Vec::new(), delays: vec![Some(112.0)], channels }
    }

    fn applied(
        analysed: Analysed,
        filed: &[FiledCalibration],
        now: &str,
        rig: &RigIdentity,
        rate: u32,
    ) -> Result<(Response, ResponseFigures, Vec<Finding>), CalibrationError> {
        let (now, rate) = (now.parse().unwrap(), SampleRate::new(rate).unwrap());
        let situation = Situation { now, rig, rate, played: Level::from_db(-20.0) };
        let done = calibrated(analysed, filed, &situation)?;
        let Outcome::Response { response, figures } = done.outcome else { unreachable!() };
        Ok((response, figures, done.findings))
    }

    fn at_the_desk(
        with_reference: bool,
        filed: &[FiledCalibration],
    ) -> Result<(Response, ResponseFigures, Vec<Finding>), CalibrationError> {
        let desk = rig(RigKind::SoundCard, "desk");
        applied(analysed(with_reference), filed, "2026-06-01T00:00:00Z", &desk, 48_000)
    }

    #[test]
    fn a_loopback_takes_out_gain_and_delay() {
        let (response, figures, findings) =
            at_the_desk(false, &[loopback(Against::Stimulus)]).unwrap();
        let level = response.level();
        assert!((level.values()[1] + 4.0).abs() < ROUNDING, "{}", level.values()[1]);
        assert_eq!(figures.delay_samples, Some(12.0));
        // A quarter of a sample of the 100.25 was in the phase.
        assert!((response.phase().values()[1] - 360.0 * 0.25 / 48.0).abs() < ROUNDING);
        // 1e-4 of 0.316 is 0.00275 dB; the loopback adds 0.01 dB.
        let u = level.u().unwrap()[1];
        assert!((u - 0.002_747_f64.hypot(0.01)).abs() < 1e-5, "{u}");
        assert!(findings.is_empty(), "{findings:?}");
    }

    #[test]
    fn against_a_reference_the_delay_between_the_inputs_is_in_the_phase() {
        let (response, figures, _) = at_the_desk(true, &[loopback(Against::Input(1))]).unwrap();
        assert_eq!(figures.delay_samples, Some(12.0));
        let turns: f64 = 1e3 * 100.25 / 48e3;
        let expected = 360.0 * (turns - turns.round());
        assert!((response.phase().values()[1] - expected).abs() < ROUNDING);
    }

    #[test]
    fn a_loopback_against_something_else_is_refused() {
        let refusal = at_the_desk(true, &[loopback(Against::Stimulus)]).unwrap_err();
        assert!(refusal.to_string().contains("over a reference channel"), "{refusal}");
        let refusal = at_the_desk(false, &[loopback(Against::Input(1))]).unwrap_err();
        assert!(refusal.to_string().contains("over the stimulus"), "{refusal}");
        let twice = [loopback(Against::Stimulus), loopback(Against::Stimulus)];
        assert!(matches!(at_the_desk(false, &twice), Err(CalibrationError::Twice { .. })));
    }

    #[test]
    fn full_scales_give_sound_pressure_with_its_uncertainty() {
        let (response, figures, _) = at_the_desk(false, &[level()]).unwrap();
        assert!((response.level().values()[1] + 10.0).abs() < ROUNDING);
        // 120 dB SPL at full scale, 10 dB less comes back, 20 dB less was played.
        assert!((figures.level_db_spl_at_1khz.unwrap() - 90.0).abs() < ROUNDING);
        // One volt is 6.02 dB below the full scale of the output.
        let per_volt = figures.sensitivity_db_spl_per_v.unwrap();
        assert!((per_volt - (110.0 - 6.020_6)).abs() < 1e-4, "{per_volt}");
        // 0.2 dB, 1 % of a voltage and a little noise.
        let u = figures.u_sensitivity_db_spl_per_v.unwrap();
        assert!((u - 0.2_f64.hypot(0.086_86)).abs() < 1e-4, "{u}");
    }

    #[test]
    fn against_a_reference_the_volts_are_those_at_the_reference() {
        let (_, figures, _) = at_the_desk(true, &[level()]).unwrap();
        let per_volt = figures.sensitivity_db_spl_per_v.unwrap();
        assert!((per_volt - (110.0 - 12.041_2)).abs() < 1e-4, "{per_volt}");
        let level = figures.level_db_spl_at_1khz.unwrap();
        assert!((level - (per_volt - 20.0 + 6.020_6)).abs() < 1e-4, "{level}");
    }

    #[test]
    fn sensitivity_and_volts_at_the_input_give_sound_pressure_too() {
        let volts = filed(
            "volts",
            CalibrationData::Level(LevelCalibration {
                input_full_scale_v: vec![(2, Uncertain::new(0.1, 0.001))],
                ..LevelCalibration::default()
            }),
        );
        let (_, figures, _) =
            at_the_desk(false, &[volts, microphone(vec![20.0, 20e3], "10 mV/Pa")]).unwrap();
        // 0.1 V is 10 Pa or 113.98 dB SPL.
        let level = figures.level_db_spl_at_1khz.unwrap();
        assert!((level - (113.979_4 - 30.0)).abs() < 1e-4, "{level}");
        assert_eq!(figures.sensitivity_db_spl_per_v, None);
    }

    #[test]
    fn the_result_reaches_no_further_than_the_calibration() {
        let (response, _, findings) =
            at_the_desk(false, &[microphone(vec![100.0, 20e3], "10 mV/Pa")]).unwrap();
        assert_eq!(response.hz(), [1e3, 15e3]);
        assert!(matches!(&findings[0].kind, FindingKind::CalibrationBand { from_hz: 100.0, .. }));
        let refusal = at_the_desk(false, &[microphone(vec![20e3, 30e3], "10 mV/Pa")]);
        assert!(matches!(refusal, Err(CalibrationError::Band { .. })));
    }

    #[test]
    fn an_old_calibration_and_one_of_something_else_are_findings() {
        let kinds = |now: &str, rig: &RigIdentity, rate: u32, filed: FiledCalibration| {
            let (_, _, findings) = applied(analysed(false), &[filed], now, rig, rate).unwrap();
            findings.iter().map(Finding::message).collect::<Vec<_>>()
        };
        let desk = rig(RigKind::SoundCard, "desk");
        let (soon, late) = ("2026-06-30T00:00:00Z", "2026-07-02T00:00:00Z");
        let loopback = || loopback(Against::Stimulus);
        assert!(kinds(soon, &desk, 48_000, loopback()).is_empty());
        let stale = kinds(late, &desk, 48_000, loopback());
        assert!(stale.len() == 1 && stale[0].contains("valid until 2026-07-01"), "{stale:?}");
        let other = rig(RigKind::SoundCard, "kitchen");
        let foreign = kinds(soon, &other, 44_100, loopback());
        assert!(
            foreign[0].contains("'desk', not 'kitchen', a sample rate of 48000 Hz"),
            "{foreign:?}"
        );
        // A file does not say which rig it came from.
        assert!(kinds(soon, &rig(RigKind::Replay, "take"), 48_000, loopback()).is_empty());
        let changed = FiledCalibration { content: Content::Changed, ..loopback() };
        assert!(kinds(soon, &desk, 48_000, changed)[0].contains("content"));
        let swapped = LoopbackCalibration {
            input: 1,
            against: Against::Stimulus,
            delay_samples: 0.0,
            response: polar(0.0, &grid()),
        };
        let swapped = kinds(soon, &desk, 48_000, filed("l", CalibrationData::Loopback(swapped)));
        assert!(swapped[0].contains("input 1 as the microphone, not input 2"), "{swapped:?}");
    }
}
