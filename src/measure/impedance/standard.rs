//! Known loads in place of the headphone: from takes of them to a calibration.

use ndarray::Array1;
use num_complex::Complex64;

use super::error_terms::ErrorTerms;
use super::ratio::{Judge, Seen, Wanted};
use super::wiring::of_standards;
use super::with_budget;
use crate::measure::analyser::{Analyser, MeasureError};
use crate::metrology::statistics::rectangular;
use crate::model::{
    ChannelMap, CheckedStandard, CurveError, Finding, Impedance, ImpedanceCalibration, Jig,
    MeasuredStandard, Recording, Response, SenseAcross, Standard, StandardKind,
};

/// What the takes of one standard gave.
#[derive(Debug, Clone, PartialEq)]
pub struct StandardTakes {
    /// The sense input over the reference input, or over the stimulus; absent if the takes were
    /// refused.
    pub ratio: Option<Response>,
    /// With one input: the delay against the stimulus that is not in the phase of the ratio.
    pub delay_samples: Option<f64>,
    /// What was noticed.
    pub findings: Vec<Finding>,
    /// Which input was taken as which.
    pub channels: ChannelMap,
}

/// Standards that make no calibration, or none for what is measured.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoCalibration {
    /// There is none.
    #[error("there is no standard to calibrate with")]
    NoStandard,
    /// The one there is says nothing about the gains.
    #[error(
        "with the sense input where it is, its voltage with the {standard} is zero whatever the \
         gains are, so that this standard alone calibrates nothing"
    )]
    Mute {
        /// Which.
        standard: StandardKind,
    },
    /// Two give the same ratio.
    #[error(
        "the standards look alike at {frequency_hz:.0} Hz, so they cannot all be what they are said to be"
    )]
    Alike {
        /// Where.
        frequency_hz: f64,
    },
    /// The frequencies do not fit, or the numbers are none.
    #[error("the calibration does not fit: {0}")]
    Curve(#[from] CurveError),
}

/// Known loads are judged by what they are, not by what they do to a result.
pub(in crate::measure) struct AsItIs;

impl Judge for AsItIs {
    fn leverage(&self, ratio: &Array1<Complex64>) -> Vec<f64> {
        vec![1.0; ratio.len()]
    }

    fn faults(&self, _: &Array1<Complex64>, _: (Option<usize>, usize)) -> Vec<Finding> {
        Vec::new()
    }
}

impl Analyser {
    /// The ratio that a jig has with a standard in place of the headphone. With one input the
    /// delay of the first standard's takes is to be handed to the later ones.
    ///
    /// # Errors
    ///
    /// When a take does not fit the stimulus or lacks a channel.
    pub fn standard(
        &mut self,
        takes: &[Recording],
        channels: &ChannelMap,
        jig: &Jig,
        standard: &Standard,
        delay_samples: Option<f64>,
    ) -> Result<StandardTakes, MeasureError> {
        let is_mute = matches!(
            (standard.kind, jig.sense()),
            (StandardKind::Short, SenseAcross::Headphone)
                | (StandardKind::Open, SenseAcross::Resistor)
        );
        let wanted =
            Wanted { takes, channels, inputs: jig.inputs, jig: Some(jig), delay_samples, is_mute };
        let mut seen = Seen::default();
        let ratios = self.ratios(&wanted, &AsItIs, &mut seen)?;
        let delay_samples = ratios.as_ref().and_then(|ratios| ratios.delay_samples);
        let grid = self.resolution.grid().clone();
        let ratio = ratios.map(|ratios| {
            let ratio = Response::new(grid, ratios.mean.mean)?;
            match ratios.mean.covariance {
                Some(covariance) => ratio.with_covariance(covariance),
                None => Ok(ratio),
            }
        });
        let Seen { findings, channels, .. } = seen;
        Ok(StandardTakes { ratio: ratio.transpose()?, delay_samples, findings, channels })
    }
}

/// The calibration of a jig by standards, checked by others, and what is to be said about it.
///
/// # Errors
///
/// When the standards make none, with the reason.
pub fn impedance_calibration(
    jig: Jig,
    delay_samples: Option<f64>,
    standards: Vec<MeasuredStandard>,
    checks: &[MeasuredStandard],
) -> Result<(ImpedanceCalibration, Vec<Finding>), NoCalibration> {
    let mut calibration =
        ImpedanceCalibration { jig, delay_samples, standards, checks: Vec::new() };
    let first = calibration.standards.first().ok_or(NoCalibration::NoStandard)?;
    let terms = ErrorTerms::of(&calibration.jig, Some(&calibration), first.ratio.grid())?;
    let doubts = of_standards(&calibration, &terms);
    let checked = checks.iter().map(|check| checked(&calibration, check));
    calibration.checks = checked.collect::<Result<_, _>>()?;
    Ok((calibration, doubts))
}

/// The impedance behind a ratio of the inputs, with its uncertainty, on the grid of the ratio: of a
/// jig as it is described, or as a calibration shows it.
///
/// # Errors
///
/// When the calibration does not cover the grid, or there is no finite impedance.
pub fn impedance_behind(
    jig: &Jig,
    calibration: Option<&ImpedanceCalibration>,
    ratio: &Response,
) -> Result<Impedance, NoCalibration> {
    let terms = ErrorTerms::of(jig, calibration, ratio.grid())?;
    let values = ratio.values().iter().zip(&terms.terms).map(|(&m, terms)| terms.impedance(m));
    let impedance = Impedance::new(ratio.grid().clone(), values.collect())?;
    let m = ratio.values().to_vec();
    let budget = terms.budget(jig, &m, ratio.covariance(), 0.0);
    Ok(with_budget(impedance, &budget)?)
}

/// What a standard comes out as.
fn checked(
    calibration: &ImpedanceCalibration,
    check: &MeasuredStandard,
) -> Result<CheckedStandard, NoCalibration> {
    let found = impedance_behind(&calibration.jig, Some(calibration), &check.ratio)?;
    let standard = &check.standard;
    let relative = rectangular(1e-2 * standard.tolerance_percent).hypot(1e-2 * standard.u_percent);
    let mut result = CheckedStandard {
        standard: standard.clone(),
        worst_percent: 0.0,
        worst_hz: found.grid().first_hz(),
        worst_deg: 0.0,
        covered: 0.0,
    };
    let covariance = found.covariance().unwrap_or_default();
    let (mut inside, mut known_at) = (0, 0);
    for (k, (&hz, &z)) in found.hz().iter().zip(found.values()).enumerate() {
        let Some(known) = standard.impedance(hz).filter(|known| known.norm() > 0.0) else {
            continue;
        };
        let off = z.norm() - known.norm();
        let percent = 100.0 * off.abs() / known.norm();
        if percent > result.worst_percent {
            (result.worst_percent, result.worst_hz) = (percent, hz);
        }
        result.worst_deg = result.worst_deg.max((z / known).arg().to_degrees().abs());
        let u = covariance.get(k).map_or(0.0, |c| c.u_magnitude(z)).hypot(relative * known.norm());
        inside += usize::from(off.abs() <= 2.0 * u);
        known_at += 1;
    }
    result.covered = f64::from(inside as u32) / f64::from((known_at as u32).max(1));
    Ok(result)
}
