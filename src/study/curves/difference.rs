//! The difference of two curves of one kind.

use super::StudyError;
use crate::metrology::band::mean_over;
use crate::model::{ComparedCurve, Curve, CurveDifference, Deviation, FrequencyGrid, Polar, Trace};
use crate::quantity::unit::{Decibel, Degree, Ohm, Percent, Unit};
use crate::quantity::{DB_PER_NEPER, amplitude_db};
use crate::study::AUDIBLE_HZ;
use crate::study::significance::significance;

/// Frequencies may miss the ends of a band by this much: written files round.
const ROUNDING: f64 = 1e-6;

/// A curve less the reference.
pub(super) fn between(
    curve: &ComparedCurve,
    reference: &ComparedCurve,
) -> Result<CurveDifference, StudyError> {
    let grid = common_grid(curve, reference)?;
    let (name, base) = (curve.name.clone(), reference.name.clone());
    match (&curve.trace, &reference.trace) {
        (Trace::Response(a), Trace::Response(b)) => {
            let level = deviation(subtracted(a.magnitude(), b.magnitude(), &grid)?)?;
            Ok(CurveDifference {
                name,
                reference: base,
                significance: significance(&level.curve),
                level,
                percent: None,
                phase: None,
            })
        }
        (Trace::Impedance(a), Trace::Impedance(b)) => {
            let [z, to] = [(a, &name), (b, &base)].map(|(polar, name)| ohms(polar, name, &grid));
            let (z, to) = (z?, to?);
            let percent = deviation(percent(&z, &to)?)?;
            let phase = match (a.phase(), b.phase()) {
                (Some(a), Some(b)) => Some(deviation(angle(a, b, &grid)?)?),
                _ => None,
            };
            Ok(CurveDifference {
                level: deviation(decibels(&z, &to)?)?,
                significance: significance(&percent.curve),
                percent: Some(percent),
                phase,
                name,
                reference: base,
            })
        }
        (Trace::Response(_), Trace::Impedance(_)) => {
            Err(StudyError::MixedKinds { response: name, impedance: base })
        }
        (Trace::Impedance(_), Trace::Response(_)) => {
            Err(StudyError::MixedKinds { response: base, impedance: name })
        }
    }
}

/// The frequencies of the curve that has fewer inside the band that both cover.
fn common_grid(a: &ComparedCurve, b: &ComparedCurve) -> Result<FrequencyGrid, StudyError> {
    let grids = [a.trace.grid(), b.trace.grid()];
    let start_hz = grids.iter().map(|grid| grid.first_hz()).fold(AUDIBLE_HZ.0, f64::max);
    let end_hz = grids.iter().map(|grid| grid.last_hz()).fold(AUDIBLE_HZ.1, f64::min);
    let inside = grids
        .iter()
        .filter_map(|g| g.within(start_hz * (1.0 - ROUNDING), end_hz * (1.0 + ROUNDING)));
    inside.min_by_key(FrequencyGrid::len).ok_or_else(|| StudyError::Apart {
        name: a.name.clone(),
        reference: b.name.clone(),
        start_hz,
        end_hz,
    })
}

fn ohms(polar: &Polar<Ohm>, name: &str, grid: &FrequencyGrid) -> Result<Curve<Ohm>, StudyError> {
    let curve = polar.magnitude().resampled_onto(grid)?;
    let zero = curve.points().find(|(_, ohm)| *ohm <= 0.0);
    match zero {
        Some((frequency_hz, _)) => Err(StudyError::NoRatio { name: name.to_owned(), frequency_hz }),
        None => Ok(curve),
    }
}

/// The difference of two curves on a grid.
fn subtracted<U: Unit>(
    a: &Curve<U>,
    b: &Curve<U>,
    grid: &FrequencyGrid,
) -> Result<Curve<U>, StudyError> {
    let (a, b) = (a.resampled_onto(grid)?, b.resampled_onto(grid)?);
    let difference = Curve::new(grid.clone(), a.values() - b.values())?;
    Ok(match (a.u(), b.u()) {
        (Some(a), Some(b)) => {
            difference.with_u(a.iter().zip(b).map(|(a, b)| a.hypot(*b)).collect())?
        }
        _ => difference,
    })
}

/// The difference of two angles, between −180° and 180°.
fn angle(
    a: &Curve<Degree>,
    b: &Curve<Degree>,
    grid: &FrequencyGrid,
) -> Result<Curve<Degree>, StudyError> {
    let difference = subtracted(a, b, grid)?;
    let wrapped = difference.values().mapv(|degrees| {
        let turned = degrees.rem_euclid(360.0);
        if turned > 180.0 { turned - 360.0 } else { turned }
    });
    let curve = Curve::new(grid.clone(), wrapped)?;
    Ok(match difference.u() {
        Some(u) => curve.with_u(u.clone())?,
        None => curve,
    })
}

/// 100·(|Z|/|Z₀| − 1) on the grid of both.
fn percent(z: &Curve<Ohm>, to: &Curve<Ohm>) -> Result<Curve<Percent>, StudyError> {
    let ratio = z.values() / to.values();
    let curve = Curve::new(z.grid().clone(), ratio.mapv(|ratio| 100.0 * (ratio - 1.0)))?;
    Ok(match relative_u(z, to) {
        Some(u) => {
            curve.with_u(ratio.iter().zip(u).map(|(ratio, u)| 100.0 * ratio * u).collect())?
        }
        None => curve,
    })
}

/// 20·lg(|Z|/|Z₀|) on the grid of both.
fn decibels(z: &Curve<Ohm>, to: &Curve<Ohm>) -> Result<Curve<Decibel>, StudyError> {
    let ratio = z.values() / to.values();
    let curve = Curve::new(z.grid().clone(), ratio.mapv(amplitude_db))?;
    Ok(match relative_u(z, to) {
        Some(u) => curve.with_u(u.into_iter().map(|u| DB_PER_NEPER * u).collect())?,
        None => curve,
    })
}

/// The relative standard uncertainty of a ratio, of first order.
fn relative_u(z: &Curve<Ohm>, to: &Curve<Ohm>) -> Option<Vec<f64>> {
    let relative = |curve: &Curve<Ohm>| Some(curve.u()? / curve.values());
    let (z, to) = (relative(z)?, relative(to)?);
    Some(z.iter().zip(&to).map(|(z, to)| z.hypot(*to)).collect())
}

fn deviation<U: Unit>(curve: Curve<U>) -> Result<Deviation<U>, StudyError> {
    let by_size = |a: &(f64, f64), b: &(f64, f64)| a.1.abs().total_cmp(&b.1.abs());
    // A grid holds one frequency at least.
    let (worst_hz, worst) = curve.points().max_by(by_size).unwrap_or_default();
    let over_all = |curve: &Curve<U>| {
        mean_over(curve, curve.grid().first_hz(), curve.grid().last_hz())
            .unwrap_or_else(|| curve.values()[0])
    };
    let squares = Curve::new(curve.grid().clone(), curve.values().mapv(|d| d * d))?;
    let (mean, rms) = (over_all(&curve), over_all(&squares).max(0.0).sqrt());
    Ok(Deviation { curve, worst, worst_hz, mean, rms })
}
