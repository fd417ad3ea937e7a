//! Responses that were measured on sources, held against what the impedance predicts of them.
//!
//! From a response on one source the impedance tells the one on another,
//!
//! ```text
//! L₁ = L₀ + 20·lg|(Z + Zs₀)/(Z + Zs₁)|
//! ```
//!
//! A response of the same seating meets it within the uncertainty of its parts; a headphone that
//! was moved, or an impedance of another one, does not.

use super::StudyError;
use super::load::{Load, combined};
use super::normalisation::normalised_with_u;
use super::significance::{share_inside, significance};
use super::source::{OnSource, worst};
use crate::metrology::band::mean_over;
use crate::model::{Curve, Normalisation, Verdict, Verification, VerifiedPart};
use crate::quantity::Frequency;
use crate::quantity::unit::Decibel;

/// Where a prediction is judged, in hertz: above what a seal changes from one take to the next,
/// and below what the coupler's own resonances make of a hair's breadth.
const JUDGED_HZ: (f64, f64) = (50.0, 10e3);

/// Measured against predicted, after one offset.
///
/// The parts are taken as independent. Those of an inferred impedance are not, since it holds the
/// response that the prediction starts from; their errors oppose each other, and the uncertainty
/// is too large rather than too small.
///
/// # Errors
///
/// When the responses, the impedance and the sources have no band in common from 50 Hz to 10 kHz,
/// or the load cannot be combined with the sources.
pub(super) fn verified(
    load: &Load,
    response: &OnSource,
    measured: &OnSource,
) -> Result<Verification, StudyError> {
    let change = load.change(&response.source, &measured.source)?;
    let grids = [change.grid(), response.level.grid(), measured.level.grid()];
    let start_hz = grids.iter().map(|grid| grid.first_hz()).fold(JUDGED_HZ.0, f64::max);
    let end_hz = grids.iter().map(|grid| grid.last_hz()).fold(JUDGED_HZ.1, f64::min);
    let apart = || StudyError::NoCommonBand { start_hz, end_hz };
    let grid = change.grid().within(start_hz, end_hz).ok_or_else(apart)?;
    let curves = [&change, &response.level, &measured.level];
    let [change, before, after] = curves.map(|curve| curve.resampled_onto(&grid));
    let (change, before, after) = (change?, before?, after?);
    let (first_hz, last_hz) = (grid.first_hz(), grid.last_hz());
    let mean = |curve: &Curve<Decibel>| mean_over(curve, first_hz, last_hz).ok_or_else(apart);
    let seen = Curve::new(grid.clone(), after.values() - before.values())?;
    let parts = [
        (VerifiedPart::Impedance, change.u()),
        (VerifiedPart::Response, before.u()),
        (VerifiedPart::Measured, after.u()),
    ];
    let difference = Curve::<Decibel>::new(grid.clone(), seen.values() - change.values())?;
    let difference = match combined(&parts.map(|(_, u)| u)) {
        Some(u) => difference.with_u(u)?,
        None => difference,
    };
    let offset_db = mean(&difference)?;
    let edge = |hz: f64| Frequency::new(hz).map_err(|_| apart());
    let band = Normalisation::Over(edge(first_hz)?, edge(last_hz)?);
    let residual = normalised_with_u(&difference, band, "the verification")?;
    let squares = Curve::<Decibel>::new(grid, residual.values().mapv(|db| db * db))?;
    let (worst_hz, worst_db) = worst(&residual);
    let level = mean(&change)?;
    Ok(Verification {
        source: measured.source.clone(),
        from: response.source.clone(),
        predicted: change.shifted(-level),
        measured: seen.shifted(-offset_db - level),
        offset_db,
        rms_db: mean(&squares)?.sqrt(),
        worst_db,
        worst_hz,
        verdict: verdict(&residual).ok_or_else(|| {
            parts.iter().filter(|(_, u)| u.is_none()).map(|(part, _)| *part).collect()
        }),
        residual,
    })
}

fn verdict(residual: &Curve<Decibel>) -> Option<Verdict> {
    Some(Verdict { share_inside: share_inside(residual)?, outside: significance(residual)?.spans })
}
