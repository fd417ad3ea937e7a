//! How the phases of two sides differ: polarity, delay, and what these leave.

use std::f64::consts::{PI, TAU};

use ndarray::Array1;
use num_complex::Complex64;

use super::{Sides, StudyError};
use crate::metrology::statistics;
use crate::model::{Curve, FrequencyGrid, Pairing, PhaseMatching, Polar, WorstPhase};
use crate::quantity::unit::{Decibel, Degree};
use crate::study::level_difference::covered;

/// Where polarity and delay are read off, in hertz: above the bass, where the seal turns the phase,
/// and below the treble, where the place of the ear does.
const FIT_HZ: (f64, f64) = (200.0, 2000.0);
/// Where phases are followed from, upwards and downwards, in hertz.
const START_HZ: f64 = 500.0;
/// A phase is near 0° or 180° if it is no farther off than this, in radians.
const CLEAR: f64 = PI / 4.0;
/// Where the largest difference is looked for, in hertz.
const WORST_HZ: (f64, f64) = (100.0, 3000.0);
const MICRO: f64 = 1e6;

/// A seating against the first one of the right side.
struct Turned {
    /// Half turns at zero frequency; `None` if it is near no whole number of them.
    half_turns: Option<i64>,
    /// How much later it is, in seconds.
    delay_s: f64,
    /// Phase without delay and half turns, in radians on the common grid.
    rest: Vec<f64>,
}

/// Compares phases on a grid; `None` where a curve has none, or the grid none of the frequencies
/// that a delay is read off.
pub(super) fn compared(
    sides: &Sides,
    grid: &FrequencyGrid,
    pairing: Pairing,
    common_time: bool,
) -> Result<Option<PhaseMatching>, StudyError> {
    let Some(reference) = sides.right.first().and_then(Polar::phase) else { return Ok(None) };
    let turned = |side: &[Polar<Decibel>]| -> Option<Vec<Turned>> {
        side.iter().map(|polar| against(polar.phase()?, reference, grid)).collect()
    };
    let (Some(left), Some(right)) = (turned(&sides.left), turned(&sides.right)) else {
        return Ok(None);
    };
    let delays = |side: &[Turned]| -> Vec<f64> {
        side.iter().map(|seating| MICRO * seating.delay_s).collect()
    };
    let delay = covered(&delays(&left), &delays(&right), pairing);
    let curve = difference(&left, &right, grid)?;
    Ok(Some(PhaseMatching {
        inverted: inverted(&left, &right),
        delay_us: delay.filter(|_| common_time),
        worst: worst(&curve),
        curve,
    }))
}

/// A phase less that of a reference on a grid, parted into half turns, delay and rest.
///
/// ```text
/// φ(f) = π·k − 2π·f·τ + rest
/// ```
///
/// k is the whole number nearest to the intercept of a straight line over f, τ then its slope
/// through π·k, both by least squares over the logarithm of frequency.
fn against(
    phase: &Curve<Degree>,
    reference: &Curve<Degree>,
    grid: &FrequencyGrid,
) -> Option<Turned> {
    let turns = followed(phase, reference, grid)?;
    let hz = grid.hz();
    let fitted = || {
        let points = hz.iter().zip(&turns);
        points.filter(|(f, _)| (FIT_HZ.0..=FIT_HZ.1).contains(*f))
    };
    let n = fitted().count() as f64;
    if n < 3.0 {
        return None;
    }
    let sum = |term: &dyn Fn(f64, f64) -> f64| fitted().map(|(&f, &phi)| term(f, phi)).sum::<f64>();
    let (f, ff) = (sum(&|f, _| f), sum(&|f, _| f * f));
    let (phi, f_phi) = (sum(&|_, phi| phi), sum(&|f, phi| f * phi));
    let intercept = (ff * phi - f * f_phi) / (n * ff - f * f);
    let nearest = (intercept / PI).round();
    let slope = (f_phi - PI * nearest * f) / ff;
    let rest = hz.iter().zip(&turns).map(|(f, phi)| phi - PI * nearest - slope * f).collect();
    let clear = (intercept - PI * nearest).abs() <= CLEAR;
    Some(Turned { half_turns: clear.then_some(nearest as i64), delay_s: -slope / TAU, rest })
}

/// The difference of two phases in radians on a grid, without jumps by whole turns.
///
/// Where both have the same frequencies they are subtracted there, so that a delay that both have
/// turns nothing, however long it is.
fn followed(
    phase: &Curve<Degree>,
    reference: &Curve<Degree>,
    grid: &FrequencyGrid,
) -> Option<Vec<f64>> {
    if phase.grid() == reference.grid() {
        return on_grid(phase.grid(), &(phase.values() - reference.values()), grid);
    }
    let [own, theirs] = [phase, reference].map(|phase| on_grid(phase.grid(), phase.values(), grid));
    let difference: Vec<f64> = own?.iter().zip(theirs?).map(|(own, theirs)| own - theirs).collect();
    Some(without_jumps(grid.hz(), &difference))
}

/// Degrees with jumps by whole turns on one grid, as radians without on another.
fn on_grid(own: &FrequencyGrid, degrees: &Array1<f64>, grid: &FrequencyGrid) -> Option<Vec<f64>> {
    let straight = without_jumps(own.hz(), &degrees.mapv(f64::to_radians).to_vec());
    let degrees = straight.into_iter().map(f64::to_degrees).collect();
    let curve = Curve::<Degree>::new(own.clone(), degrees).ok()?;
    Some(curve.resampled_onto(grid).ok()?.values().mapv(f64::to_radians).to_vec())
}

/// An angle between −π and π.
fn wrapped(angle: f64) -> f64 {
    let turned = angle.rem_euclid(TAU);
    if turned > PI { turned - TAU } else { turned }
}

/// Angles without jumps by whole turns, followed from where headphones are loud and smooth.
fn without_jumps(hz: &[f64], angles: &[f64]) -> Vec<f64> {
    let start = hz.partition_point(|&f| f < START_HZ).min(hz.len().saturating_sub(1));
    let mut straight: Vec<f64> = angles.iter().map(|&angle| wrapped(angle)).collect();
    for k in start + 1..straight.len() {
        straight[k] = straight[k - 1] + wrapped(straight[k] - straight[k - 1]);
    }
    for k in (0..start).rev() {
        straight[k] = straight[k + 1] + wrapped(straight[k] - straight[k + 1]);
    }
    straight
}

/// `None` where the seatings of a side do not agree, or one is near neither polarity.
fn inverted(left: &[Turned], right: &[Turned]) -> Option<bool> {
    let odd = |side: &[Turned]| -> Option<bool> {
        let odd: Option<Vec<bool>> =
            side.iter().map(|seating| Some(seating.half_turns? % 2 != 0)).collect();
        let odd = odd?;
        let first = *odd.first()?;
        odd.iter().all(|&other| other == first).then_some(first)
    };
    Some(odd(left)? != odd(right)?)
}

/// Mean direction of the left seatings less that of the right ones, in degrees, with its standard
/// error where both have two or more.
fn difference(
    left: &[Turned],
    right: &[Turned],
    grid: &FrequencyGrid,
) -> Result<Curve<Degree>, StudyError> {
    let of = |side: &[Turned]| -> Vec<(f64, Option<f64>)> {
        (0..grid.len())
            .map(|k| mean_direction(side.iter().map(|seating| seating.rest[k])))
            .collect()
    };
    let (left, right) = (of(left), of(right));
    let degrees = left.iter().zip(&right).map(|(a, b)| wrapped(a.0 - b.0).to_degrees()).collect();
    let curve = Curve::new(grid.clone(), degrees)?;
    let u: Option<Vec<f64>> =
        left.iter().zip(&right).map(|(a, b)| Some(a.1?.hypot(b.1?).to_degrees())).collect();
    Ok(match u {
        Some(u) => curve.with_u(u.into())?,
        None => curve,
    })
}

/// The direction of the mean of unit vectors, and the standard error of the angles about it.
fn mean_direction(angles: impl Iterator<Item = f64> + Clone) -> (f64, Option<f64>) {
    let sum: Complex64 = angles.clone().map(|angle| Complex64::from_polar(1.0, angle)).sum();
    let mean = sum.arg();
    let off: Vec<f64> = angles.map(|angle| wrapped(angle - mean)).collect();
    (mean, statistics::standard_error(&off))
}

fn worst(curve: &Curve<Degree>) -> Option<WorstPhase> {
    let inside = curve.points().filter(|(hz, _)| (WORST_HZ.0..=WORST_HZ.1).contains(hz));
    let (hz, degrees) = inside.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    Some(WorstPhase { degrees, hz })
}
