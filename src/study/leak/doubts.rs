//! When a difference is not told as a leak.

use super::fit::{Found, Seatings};
use super::{BAND_HZ, coverage_factor};
use crate::metrology::{band, statistics};
use crate::model::{NoLeak, StateComparison, StateDifference, StateSummary};
use crate::quantity::Uncertain;

/// Bass that rises by less is what a leak with a resonance does, in decibels.
const RISE_DB: f64 = 0.3;
/// A leak changes the level around 20 Hz by more than so many times what changes above 1 kHz.
const BASS_OVER_TREBLE: f64 = 2.0;
/// Changes above 1 kHz below this are what any two seatings have, in decibels.
const TREBLE_DB: f64 = 0.5;
/// Octaves above the band of leaks; higher up each placement differs.
const OCTAVES_HZ: [(f64, f64); 3] = [(1e3, 2e3), (2e3, 4e3), (4e3, 8e3)];
/// The octave in which leaks take most, in hertz.
const LOWEST_HZ: (f64, f64) = (20.0, 40.0);
/// Where the level is taken as unchanged, in hertz.
const MIDDLE_HZ: (f64, f64) = (300.0, 1000.0);
/// A leak leaves less than this share of what it is to explain; half as much is left by a hole
/// that is really a slit.
const UNEXPLAINED: f64 = 0.35;
/// Differences below so many of their standard errors are chance.
const CHANCE: f64 = 2.0;
/// Sizes that no seal leaks by, in millimetres: a fit that ends there has found nothing.
const SIZES_MM: (f64, f64) = (0.03, 25.0);

pub(super) fn of_seatings(states: [Option<&StateSummary>; 3]) -> Result<(), NoLeak> {
    let single = states.into_iter().flatten().find(|state| state.seatings.len() < 2);
    single.map_or(Ok(()), |state| Err(NoLeak::TooFewSeatings { state: state.name.clone() }))
}

/// The change of the bass shelf, where the curves cover the band of leaks.
pub(super) fn of_band(difference: &StateDifference) -> Result<Uncertain, NoLeak> {
    let covered = band::mean_over(&difference.curve, BAND_HZ.0, BAND_HZ.1).is_some();
    difference.bass_shelf_db.filter(|_| covered).ok_or_else(|| band(difference))
}

/// The refusal of curves that do not cover the band of leaks.
pub(super) fn band(difference: &StateDifference) -> NoLeak {
    let grid = difference.curve.grid();
    NoLeak::Band { from_hz: grid.first_hz(), to_hz: grid.last_hz() }
}

pub(super) fn of_calibration(
    comparison: &StateComparison,
    drilled: &StateSummary,
) -> Result<(), NoLeak> {
    let difference = comparison.differences.iter().find(|d| d.state == drilled.name);
    let change = difference.and_then(|difference| difference.bass_shelf_db);
    if change.is_some_and(is_lost) {
        return Ok(());
    }
    Err(NoLeak::CalibrationUnseen { state: drilled.name.clone() })
}

fn is_lost(change: Uncertain) -> bool {
    change.value + coverage_factor(change.dof) * change.u < 0.0
}

/// Whether the bass is lost at all; if not, how large a hole hides behind the largest loss that
/// the seatings allow.
pub(super) fn of_bass(
    change: Uncertain,
    length_mm: f64,
    hides_mm: impl Fn(f64) -> Option<f64>,
) -> Result<(), NoLeak> {
    let spread = coverage_factor(change.dof) * change.u;
    if change.value > RISE_DB.max(spread) {
        return Err(NoLeak::Rises { by_db: change.value, u_db: change.u });
    }
    if is_lost(change) {
        return Ok(());
    }
    Err(NoLeak::Unseen { hides_mm: hides_mm(spread - change.value), length_mm })
}

/// By which share the least loss of bass is smaller, as a loss is only told if it stands out: what
/// barely stands out has come out too large.
pub(super) fn least_share(change: Uncertain) -> f64 {
    let seen = -change.value / change.u;
    let limit = statistics::lower_limit_when_selected(seen, coverage_factor(change.dof));
    limit.map_or(1.0, |limit| (limit / (seen - coverage_factor(None))).clamp(0.0, 1.0))
}

/// Whether the change lies in the bass: no octave from 1 kHz to 8 kHz changes half as much as that
/// from 20 Hz.
pub(super) fn of_treble(state: &StateSummary, reference: &StateSummary) -> Result<(), NoLeak> {
    let change = |octave_hz| -> Option<Uncertain> {
        Some(statistics::difference(octave(state, octave_hz)?, octave(reference, octave_hz)?))
    };
    let bass_db = change(LOWEST_HZ).map_or(0.0, |change| change.value);
    let least_db = TREBLE_DB.max(bass_db.abs() / BASS_OVER_TREBLE);
    let changed = OCTAVES_HZ
        .into_iter()
        .filter_map(|octave_hz| Some((octave_hz, change(octave_hz)?)))
        .filter(|(_, change)| change.value.abs() > least_db.max(CHANCE * change.u))
        .max_by(|a, b| a.1.value.abs().total_cmp(&b.1.value.abs()));
    changed.map_or(Ok(()), |(octave_hz, change)| {
        Err(NoLeak::Treble { octave_hz, by_db: change.value, bass_db })
    })
}

/// The level of an octave against 300 Hz to 1 kHz, over the seatings of a state.
fn octave(state: &StateSummary, (from_hz, to_hz): (f64, f64)) -> Option<Uncertain> {
    let level = |curve| {
        let middle = band::mean_over(curve, MIDDLE_HZ.0, MIDDLE_HZ.1)?;
        Some(band::mean_over(curve, from_hz, to_hz)? - middle)
    };
    let levels: Option<Vec<f64>> = state.seatings.iter().map(level).collect();
    statistics::mean_with_u(&levels?)
}

/// Both leaks, if the better one explains the difference.
pub(super) fn of_shape(
    hole: Option<Found>,
    slit: Option<Found>,
    reference: &Seatings,
    state: &Seatings,
) -> Result<(Found, Found), NoLeak> {
    let (rms_db, u_db) = reference.rms_and_u_db(state);
    let sized = |found: &Found| (SIZES_MM.0..SIZES_MM.1).contains(&found.size.mm);
    let (hole, slit) = (hole.filter(sized), slit.filter(sized));
    let left = [&hole, &slit].into_iter().flatten().map(|found| found.size.rms_residual_db);
    let rms_residual_db = left.fold(rms_db, f64::min);
    match (hole, slit) {
        (Some(hole), Some(slit))
            if rms_residual_db <= (UNEXPLAINED * rms_db).max(CHANCE * u_db) =>
        {
            Ok((hole, slit))
        }
        _ => Err(NoLeak::Shape { rms_residual_db, rms_db }),
    }
}
