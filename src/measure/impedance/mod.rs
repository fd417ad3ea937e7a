//! From takes with a sense resistor to an electrical impedance.
//!
//! The takes give the ratio of two inputs ([`ratio`]); the jig, as it is described or as standards
//! show it, relates that to an impedance ([`circuit`], [`error_terms`]) and says how uncertain it
//! is; what the numbers tell about the wiring are findings, and what people quote are [`figures`].

mod circuit;
mod current;
mod error_terms;
mod figures;
mod ratio;
mod standard;
mod wiring;

use ndarray::Array1;
use num_complex::Complex64;

use self::error_terms::ErrorTerms;
use self::figures::figures;
use self::ratio::Judge;
pub(super) use self::ratio::{Ratios, Seen, Wanted};
pub(super) use self::standard::AsItIs;
pub use self::standard::{NoCalibration, StandardTakes, impedance_behind, impedance_calibration};
use self::wiring::{described, extremes, no_current, remarks_on};
use super::analyser::{Analysed, Analyser, MeasureError};
use super::wiring::ratio_faults;
use crate::metrology::budget::combined;
use crate::model::{
    Budget, ChannelMap, CurveError, Finding, FindingKind, FrequencyGrid, Impedance,
    ImpedanceCalibration, Inputs, Jig, Measurand, Outcome, Recording,
};

/// What a headphone's takes are judged by.
struct Behind<'a> {
    jig: &'a Jig,
    terms: &'a ErrorTerms,
    grid: &'a FrequencyGrid,
    /// Frequencies before those that the terms cover.
    before: usize,
}

impl Judge for Behind<'_> {
    fn leverage(&self, ratio: &Array1<Complex64>) -> Vec<f64> {
        // Without a current there is no impedance that noise could spoil; outside the calibration
        // there is no result.
        let mut leverage = vec![1.0; ratio.len()];
        if no_current(ratio).is_none() {
            let of = self.terms.terms.iter().zip(ratio.iter().skip(self.before));
            for (value, (terms, &m)) in leverage.iter_mut().skip(self.before).zip(of) {
                *value = terms.leverage(m);
            }
        }
        leverage
    }

    fn faults(
        &self,
        ratio: &Array1<Complex64>,
        (reference, sense): (Option<usize>, usize),
    ) -> Vec<Finding> {
        let covered = self.before..self.before + self.grid.len();
        let ratio: Vec<Complex64> = ratio.iter().copied().collect();
        let ratio = ratio.get(covered).unwrap_or_default();
        let impedances = self.terms.terms.iter().zip(ratio).map(|(terms, &m)| terms.impedance(m));
        let extreme = extremes(self.jig, impedances);
        let swapped = reference.map(|reference| ratio_faults(ratio, (reference, sense)));
        swapped.into_iter().flatten().chain(extreme).collect()
    }
}

impl Analyser {
    /// The impedance behind a sense resistor, from the *reference* channel (source side of the
    /// jig) and the *sense* channel (the node between resistor and headphone).
    ///
    /// All sweeps of all takes are averaged as complex values. Without a calibration the jig is
    /// believed to be what its description says, within the tolerances stated there; with one,
    /// what standards showed is taken out. The uncertainty combines the spread of the sweeps with
    /// everything that is uncertain about the jig, and its budget says how.
    ///
    /// # Errors
    ///
    /// When a take does not fit the stimulus or lacks a channel, or the calibration does not fit.
    /// A take that holds nothing usable is no error: the outcome is then [`Outcome::Refused`] and
    /// the findings say why.
    pub fn impedance(
        &mut self,
        takes: &[Recording],
        channels: &ChannelMap,
        jig: &Jig,
        calibration: Option<&ImpedanceCalibration>,
    ) -> Result<Analysed, MeasureError> {
        if jig.inputs == Inputs::One && calibration.is_none() {
            return Err(MeasureError::NeedsCalibration);
        }
        let whole = self.resolution.grid().clone();
        let grid = covered(&whole, calibration)?;
        let before = whole.hz().partition_point(|&f| f < grid.first_hz());
        let terms = ErrorTerms::of(jig, calibration, &grid)?;
        let delay_samples = calibration.and_then(|calibration| calibration.delay_samples);
        let wanted = Wanted {
            takes,
            channels,
            inputs: jig.inputs,
            jig: Some(jig),
            delay_samples,
            is_mute: false,
        };
        let judge = Behind { jig, terms: &terms, grid: &grid, before };
        let mut seen = Seen::default();
        let refused = self.judge(described(jig).into_iter().collect(), 1, &mut seen.findings);
        let ratios = if refused { None } else { self.ratios(&wanted, &judge, &mut seen)? };
        let Seen { mut findings, delays, channels } = seen;
        let Some(ratios) = ratios else {
            let outcome = Outcome::Refused(Measurand::Impedance);
            return Ok(Analysed { outcome, findings, delays, channels });
        };
        findings.extend(self.remarks(ratios.sweeps, ratios.is_predicted));
        if calibration.is_none() {
            findings.push(Finding::note(FindingKind::Uncalibrated));
        } else if grid.len() < whole.len() {
            let calibration = "of the jig".to_owned();
            let (from_hz, to_hz) = (grid.first_hz(), grid.last_hz());
            let kind = FindingKind::CalibrationBand { calibration, from_hz, to_hz };
            findings.push(Finding::note(kind));
        }
        let computed = impedance_of(jig, &terms, (&whole, &grid), &ratios);
        let (outcome, remarks) = match (computed, no_current(&ratios.mean.mean)) {
            (Ok((impedance, budget)), _) => {
                let remarks = remarks_on(&ratios.mean.mean, &impedance);
                let figures = figures(&impedance);
                (Outcome::Impedance { impedance, budget, figures }, remarks)
            }
            // An infinite impedance is no number.
            (Err(CurveError::NotFinite { .. }), Some(kind)) => {
                (Outcome::Refused(Measurand::Impedance), vec![Finding::refusal(kind)])
            }
            (Err(error), _) => return Err(error.into()),
        };
        findings.extend(remarks);
        Ok(Analysed { outcome, findings, delays, channels })
    }
}

/// The part of a grid that a calibration covers.
fn covered(
    grid: &FrequencyGrid,
    calibration: Option<&ImpedanceCalibration>,
) -> Result<FrequencyGrid, NoCalibration> {
    /// Frequencies in files are rounded.
    const ROUNDING: f64 = 1e-6;
    let Some(first) = calibration.and_then(|calibration| calibration.standards.first()) else {
        return Ok(grid.clone());
    };
    let (first_hz, last_hz) = (first.ratio.grid().first_hz(), first.ratio.grid().last_hz());
    let outside = CurveError::Outside { wanted_hz: grid.first_hz(), first_hz, last_hz };
    let within = grid.within(first_hz * (1.0 - ROUNDING), last_hz * (1.0 + ROUNDING));
    within.ok_or(NoCalibration::Curve(outside))
}

/// The impedance on the part of the grid that the terms cover, and what its uncertainty is made
/// of.
fn impedance_of(
    jig: &Jig,
    terms: &ErrorTerms,
    (whole, grid): (&FrequencyGrid, &FrequencyGrid),
    ratios: &Ratios,
) -> Result<(Impedance, Budget), CurveError> {
    let mean = crate::model::Response::new(whole.clone(), ratios.mean.mean.clone())?;
    let mean = match &ratios.mean.covariance {
        Some(covariance) => mean.with_covariance(covariance.clone())?,
        None => mean,
    };
    let ratio = mean.with_coherence(ratios.coherence.clone())?.narrowed_to(grid)?;
    let values = terms.terms.iter().zip(ratio.values()).map(|(terms, &m)| terms.impedance(m));
    let impedance = Impedance::new(grid.clone(), values.collect())?;
    let m: Vec<Complex64> = ratio.values().to_vec();
    let budget = terms.budget(jig, &m, ratio.covariance(), ratios.bend);
    let impedance = with_budget(impedance, &budget)?.with_coherence(ratio.coherence().cloned())?;
    Ok((impedance, budget))
}

/// The impedance with the uncertainty that a budget makes.
fn with_budget(impedance: Impedance, budget: &Budget) -> Result<Impedance, CurveError> {
    let values: Vec<Complex64> = impedance.values().to_vec();
    impedance.with_covariance(combined(&values, budget))
}
