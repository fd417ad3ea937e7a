//! The error terms of a jig from whatever is known of it: its parts, or standards that were
//! measured through it; and what is uncertain about them.

mod knowledge;
mod solution;

use num_complex::Complex64;

use self::knowledge::Knowledge;
use super::circuit::{Change, Circuit, Terms};
use super::standard::NoCalibration;
use crate::metrology::statistics::rectangular;
use crate::model::{
    Budget, Contribution, Covariance, Distribution, ErrorSource, Evaluation, FrequencyGrid,
    ImpedanceCalibration, Jig, MeasuredStandard, SenseAcross, StandardKind,
};
use crate::quantity::amplitude_ratio;

/// The terms at every frequency of a grid, with everything that makes them uncertain.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ErrorTerms {
    pub(super) terms: Vec<Terms>,
    causes: Vec<Cause>,
    /// What of the resistor is left to doubt, relative, if its value is not in the terms.
    resistor_drift: Option<f64>,
}

/// One cause of error, the same at all frequencies.
#[derive(Debug, Clone, PartialEq)]
struct Cause {
    source: ErrorSource,
    evaluation: Evaluation,
    distribution: Distribution,
    effects: Vec<Effect>,
}

/// What an error does to the terms at one frequency.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Effect {
    /// Change of the terms for an error of 1.
    change: Change,
    /// Of the error.
    covariance: Covariance,
}

/// A real quantity with its standard uncertainty.
fn real(u: f64) -> Covariance {
    Covariance { rr: u * u, ri: 0.0, ii: 0.0 }
}

/// What is taken from the description of the jig because no standard tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Assumption {
    /// `b/a`: where the sense input lies, and the leads.
    Proportion,
    /// `c`: the sense resistor with the input beside it.
    Slope,
    /// `a`: that the inputs are alike.
    Gain,
    /// `b`: likewise.
    Offset,
}

impl ErrorTerms {
    /// The terms of a jig, from its description alone or from a calibration.
    ///
    /// # Errors
    ///
    /// When the standards do not determine the terms.
    pub(super) fn of(
        jig: &Jig,
        calibration: Option<&ImpedanceCalibration>,
        grid: &FrequencyGrid,
    ) -> Result<Self, NoCalibration> {
        let standards = match calibration {
            Some(calibration) => on_grid(calibration, grid)?,
            None => Vec::new(),
        };
        let straight = |s: &&MeasuredStandard| s.standard.kind == StandardKind::Straight;
        let gain = standards.iter().find(straight).cloned();
        let through: Vec<MeasuredStandard> =
            standards.into_iter().filter(|s| !straight(&s)).collect();
        let assumed = assumptions(jig, &through)?;
        let gain = gain.filter(|_| through.is_empty());
        let mut solved = Vec::with_capacity(grid.len());
        for (at, &frequency_hz) in grid.hz().iter().enumerate() {
            let circuit = Circuit::of(jig, frequency_hz);
            let standards = &through;
            let knowledge =
                Knowledge { frequency_hz, at, jig, circuit, standards, assumed: &assumed };
            solved.push(match &gain {
                Some(gain) => knowledge.with_gain(gain),
                None => knowledge.solve()?,
            });
        }
        let resistor_drift = (!assumed.contains(&Assumption::Slope)).then(|| temperature(jig));
        Ok(Self::collected(solved, resistor_drift))
    }

    fn collected(solved: Vec<(Terms, Vec<Cause>)>, resistor_drift: Option<f64>) -> Self {
        let (terms, causes): (Vec<_>, Vec<_>) = solved.into_iter().unzip();
        let mut by_cause: Vec<Cause> = Vec::new();
        for (at, of_frequency) in causes.into_iter().enumerate() {
            for (i, cause) in of_frequency.into_iter().enumerate() {
                if at == 0 {
                    by_cause.push(cause);
                } else {
                    by_cause[i].effects.extend(cause.effects);
                }
            }
        }
        Self { terms, causes: by_cause, resistor_drift }
    }

    /// The budget of impedances that follow from ratios: what is uncertain about the terms, then
    /// what a measurement adds. `noise` is the covariance of each ratio, `bend` what the level of
    /// the drive does to it, relative.
    pub(super) fn budget(
        &self,
        jig: &Jig,
        ratios: &[Complex64],
        noise: Option<&[Covariance]>,
        bend: f64,
    ) -> Budget {
        let at_terms = |cause: &Cause| {
            let of = |((terms, &m), effect): ((&Terms, &Complex64), &Effect)| {
                effect.covariance.scaled(terms.by_terms(m, effect.change))
            };
            let covariance =
                self.terms.iter().zip(ratios).zip(&cause.effects).map(of).collect::<Vec<_>>();
            let Cause { source, evaluation, distribution, .. } = *cause;
            Contribution { source, evaluation, distribution, covariance }
        };
        let mut lines: Vec<Contribution> = self.causes.iter().map(at_terms).collect();
        let slopes = || self.terms.iter().zip(ratios).map(|(terms, &m)| (terms.by_ratio(m), m));
        if let Some(noise) = noise {
            let covariance = slopes().zip(noise).map(|((slope, _), noise)| noise.scaled(slope));
            lines.push(normal(ErrorSource::Noise, Evaluation::A, covariance.collect()));
        }
        if self.is_calibrated() {
            let drift = drift(jig);
            let covariance =
                slopes().map(|(slope, m)| Covariance::circular((slope * m).norm() * drift));
            lines.push(normal(ErrorSource::Drift, Evaluation::B, covariance.collect()));
        }
        let contact = vec![real(jig.contact_resistance.ohm()); ratios.len()];
        lines.push(normal(ErrorSource::Contacts, Evaluation::B, contact));
        if bend > 0.0 {
            let covariance =
                slopes().map(|(slope, m)| Covariance::circular((slope * m).norm() * bend));
            lines.push(normal(ErrorSource::DriveLevel, Evaluation::B, covariance.collect()));
        }
        if let Some(drift) = self.resistor_drift {
            let impedances = self.terms.iter().zip(ratios).map(|(terms, &m)| terms.impedance(m));
            lines.push(Contribution {
                source: ErrorSource::ResistorTemperature,
                evaluation: Evaluation::B,
                distribution: Distribution::Rectangular,
                covariance: impedances.map(|z| real(drift).scaled(z)).collect(),
            });
        }
        Budget { contributions: merged(lines) }
    }

    /// The sense resistor with the input beside it that standards show at a point of the grid, and
    /// its standard uncertainty, in ohms; `None` if its value went into the terms.
    pub(super) fn resistor(&self, at: usize) -> Option<(f64, f64)> {
        self.resistor_drift?;
        let c = self.terms.get(at)?.c;
        let by_c = -1.0 / (c * c);
        let variance = |cause: &Cause| {
            let effect = cause.effects[at];
            effect.covariance.scaled(effect.change[2] * by_c).rr
        };
        let variance: f64 = self.causes.iter().map(variance).sum();
        Some((c.inv().re, variance.sqrt()))
    }

    /// Whether anything was measured to find the terms.
    fn is_calibrated(&self) -> bool {
        self.causes.iter().any(|cause| cause.source == ErrorSource::Drift)
    }
}

const fn normal(
    source: ErrorSource,
    evaluation: Evaluation,
    covariance: Vec<Covariance>,
) -> Contribution {
    Contribution { source, evaluation, distribution: Distribution::Normal, covariance }
}

/// Lines of the same source made one: the largest first, what does not matter left out.
///
/// Several independent rectangular errors together are nearly normal.
fn merged(lines: Vec<Contribution>) -> Vec<Contribution> {
    let mut merged: Vec<Contribution> = Vec::new();
    for line in lines {
        if line.covariance.iter().all(|c| c.rr + c.ii <= 0.0) {
            continue;
        }
        let Some(known) = merged.iter_mut().find(|known| known.source == line.source) else {
            merged.push(line);
            continue;
        };
        known.distribution = Distribution::Normal;
        for (sum, more) in known.covariance.iter_mut().zip(line.covariance) {
            *sum = sum.plus(more);
        }
    }
    let weight = |line: &Contribution| line.covariance.iter().map(|c| c.rr + c.ii).sum::<f64>();
    merged.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    merged
}

/// Change of the ratio between two takes at different times, relative, in magnitude and phase.
fn drift(jig: &Jig) -> f64 {
    (amplitude_ratio(jig.drift_db) - 1.0).abs()
}

/// Standard uncertainty of the sense resistor for its temperature, relative.
fn temperature(jig: &Jig) -> f64 {
    rectangular(1e-6 * jig.temperature_coefficient_ppm * jig.temperature_range_k)
}

/// The standards of a calibration at the frequencies of a grid.
fn on_grid(
    calibration: &ImpedanceCalibration,
    grid: &FrequencyGrid,
) -> Result<Vec<MeasuredStandard>, NoCalibration> {
    let moved = |measured: &MeasuredStandard| {
        let ratio = measured.ratio.resampled_onto(grid)?;
        Ok(MeasuredStandard { standard: measured.standard.clone(), ratio })
    };
    calibration.standards.iter().map(moved).collect()
}

/// What standards leave to be assumed about the jig.
fn assumptions(jig: &Jig, through: &[MeasuredStandard]) -> Result<Vec<Assumption>, NoCalibration> {
    // This one's ratio is near zero whatever the gains are.
    let mute = match jig.sense() {
        SenseAcross::Headphone => StandardKind::Short,
        SenseAcross::Resistor => StandardKind::Open,
    };
    let has_mute = through.iter().any(|s| s.standard.kind == mute);
    Ok(match (through.len(), has_mute) {
        (0, _) => vec![Assumption::Gain, Assumption::Offset, Assumption::Slope],
        (1, true) => return Err(NoCalibration::Mute { standard: mute }),
        (1, false) => vec![Assumption::Proportion, Assumption::Slope],
        (2, true) => vec![Assumption::Slope],
        (2, false) => vec![Assumption::Proportion],
        _ => Vec::new(),
    })
}
