//! What a source's output impedance does to a headphone.
//!
//! A source of impedance Zs, a resistance or the measured output of an amplifier, and a headphone of
//! impedance Z divide the voltage:
//!
//! ```text
//! G(f) = Z(f) / (Z(f) + Zs(f))
//! ```
//!
//! Where |Z| is high the headphone keeps more of it, so its response bends towards its impedance
//! curve. All figures are those of the complex quotient; the familiar formulas with the extremes
//! of |Z| agree with them to about 0.01 dB.

use super::StudyError;
use super::load::{Load, combined, peak_to_peak};
use super::normalisation::{normalised_with_errors, normalised_with_u};
use super::series::Series;
use super::verification::verified;
use crate::model::{
    Budget, Curve, Impedance, Normalisation, Source, SourceComparison, SourceEffect, SourceLimit,
};
use crate::quantity::unit::Decibel;

/// Where the loss of level is stated, in hertz.
const LOSS_HZ: f64 = 1000.0;
/// The limits, in decibels from peak to peak, whose largest sources are given.
const LIMITS_DB: [f64; 3] = [0.1, 0.5, 1.0];

/// A response with the source that it was measured on.
#[derive(Debug, Clone, PartialEq)]
pub struct OnSource {
    /// The source.
    pub source: Source,
    /// The level that one and the same open voltage of the source gives.
    pub level: Curve<Decibel>,
}

/// What is asked of a headphone's impedance.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The sources.
    pub sources: Vec<Source>,
    /// The headphone's response, from which those on the sources are predicted.
    pub response: Option<OnSource>,
    /// Further responses to hold the predictions against.
    pub verify: Vec<OnSource>,
    /// Where the effects are laid upon each other.
    pub normalisation: Normalisation,
    /// What the uncertainty of the impedance is made of, on its frequencies: errors that are common
    /// to all of them matter less where curves are laid upon each other.
    pub budget: Option<Budget>,
}

impl Question {
    /// What sources do to a headphone of which only the impedance is known.
    #[must_use]
    pub fn of_sources(
        sources: impl IntoIterator<Item = impl Into<Source>>,
        normalisation: Normalisation,
    ) -> Self {
        let sources = sources.into_iter().map(Into::into).collect();
        Self { sources, response: None, verify: Vec::new(), normalisation, budget: None }
    }
}

/// What sources do to a headphone of a given impedance.
///
/// Everything is computed at the impedance's own frequencies from 20 Hz to 20 kHz, as far as a
/// measured output reaches; the curves carry their uncertainty if the impedances do. With a
/// response each effect also holds the response that a listener gets: the sum of both, on the
/// response's grid, as far as both reach.
///
/// # Errors
///
/// When no source is given, an impedance is zero somewhere, does not reach 1 kHz or where the
/// curves are normalised, shares no frequency with 20 Hz to 20 kHz or with the response; when
/// there is no response to predict those from that are to be verified, or one of these shares no
/// frequency with it inside 50 Hz to 10 kHz.
pub fn compare(impedance: &Impedance, question: &Question) -> Result<SourceComparison, StudyError> {
    let mut load = Load::new(impedance)?;
    if let Some(budget) = &question.budget {
        let first_hz = load.grid().first_hz();
        let before = impedance.hz().partition_point(|&f| f < first_hz);
        load = load.with_budget(budget, before);
    }
    about(&load, impedance.clone(), question)
}

/// As [`compare`], for a headphone whose impedance was inferred. Without a response the one that
/// was measured behind 0 Ω stands in.
///
/// # Errors
///
/// As [`compare`], and when a source was measured: what it does depends on the sign of the phase.
pub fn compare_inferred(
    series: &Series,
    question: &Question,
) -> Result<SourceComparison, StudyError> {
    let unloaded = || OnSource { source: Source::IDEAL, level: series.unloaded().clone() };
    let response = Some(question.response.clone().unwrap_or_else(unloaded));
    let question = Question { response, ..question.clone() };
    let comparison = about(&series.load(), series.impedance()?, &question)?;
    Ok(SourceComparison { inferred: Some(series.figures()?), ..comparison })
}

fn about(
    load: &Load,
    impedance: Impedance,
    question: &Question,
) -> Result<SourceComparison, StudyError> {
    if question.sources.is_empty() {
        return Err(StudyError::NoSources);
    }
    let effects = question.sources.iter().map(|source| effect(load, source, question));
    let limits = LIMITS_DB
        .map(|limit_db| SourceLimit { limit_db, source: load.largest_source(limit_db) })
        .to_vec();
    let verifications = question.verify.iter().map(|measured| {
        let response = question.response.as_ref().ok_or(StudyError::NoResponse)?;
        verified(load, response, measured)
    });
    Ok(SourceComparison {
        impedance,
        inferred: None,
        damping: None,
        sources: effects.collect::<Result<_, _>>()?,
        eighth_rule: load.eighth_rule(),
        limits,
        verifications: verifications.collect::<Result<_, _>>()?,
        normalisation: question.normalisation,
    })
}

fn effect(load: &Load, source: &Source, question: &Question) -> Result<SourceEffect, StudyError> {
    let laid = |from: &Source, level: &_| {
        let what = "the effect of the source";
        match load.errors(from, source)? {
            Some(errors) => normalised_with_errors(level, question.normalisation, what, &errors),
            None => normalised_with_u(level, question.normalisation, what),
        }
    };
    let level = load.change(&Source::IDEAL, source)?;
    let curve = laid(&Source::IDEAL, &level)?;
    let (worst_hz, worst_db) = worst(&curve);
    let response = question.response.as_ref().map(|OnSource { source: from, level }| {
        heard(level, &laid(from, &load.change(from, source)?)?)
    });
    Ok(SourceEffect {
        source: source.clone(),
        worst_db,
        worst_hz,
        peak_to_peak_db: peak_to_peak(level.values().iter().copied()),
        loss_db: level.at(LOSS_HZ)?,
        damping_factor: load.damping_factor(source)?,
        response: response.transpose()?,
        curve,
    })
}

/// Frequency and value of the largest deviation from 0 dB, the lowest frequency of equals.
pub(super) fn worst(curve: &Curve<Decibel>) -> (f64, f64) {
    let first = (curve.grid().first_hz(), curve.values()[0]);
    curve
        .points()
        .fold(first, |worst, point| if point.1.abs() > worst.1.abs() { point } else { worst })
}

/// The response on another source, on the response's grid. Both uncertainties are combined; where
/// the effect states none, that of the response stands, as a lower bound.
fn heard(response: &Curve<Decibel>, change: &Curve<Decibel>) -> Result<Curve<Decibel>, StudyError> {
    let (start_hz, end_hz) = (change.grid().first_hz(), change.grid().last_hz());
    let grid = response.grid().within(start_hz, end_hz).ok_or(StudyError::NoCommonBand {
        start_hz: start_hz.max(response.grid().first_hz()),
        end_hz: end_hz.min(response.grid().last_hz()),
    })?;
    let (own, change) = (response.resampled_onto(&grid)?, change.resampled_onto(&grid)?);
    let heard = Curve::new(grid, own.values() + change.values())?;
    match combined(&[own.u(), change.u()]).or_else(|| own.u().cloned()) {
        Some(u) => Ok(heard.with_u(u)?),
        None => Ok(heard),
    }
}

#[cfg(test)]
mod tests;
