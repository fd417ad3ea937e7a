//! From the rows of a table to a curve: in order, without doubles, with what was done to it.

use ndarray::Array1;

use super::CurveProblem;
use super::columns::Layout;
use super::table::Row;
use crate::model::{Curve, FrequencyGrid, Polar, Trace, TraceKind};
use crate::quantity::unit::Unit;

/// One row of one curve.
#[derive(Debug, Clone, Copy)]
struct Point {
    line: usize,
    hz: f64,
    magnitude: f64,
    phase: Option<f64>,
    u_magnitude: Option<f64>,
    u_phase: Option<f64>,
    coherence: Option<f64>,
}

/// The curve in the given columns; says what it assumed.
pub(super) fn to_trace(
    rows: &[Row],
    layout: &Layout,
    assumptions: &mut Vec<String>,
) -> Result<Trace, CurveProblem> {
    let points: Vec<Point> = rows.iter().filter_map(|row| point(row, layout)).collect();
    let points = in_order(points, assumptions);
    if points.is_empty() {
        return Err(CurveProblem::NoRows);
    }
    match layout.kind {
        TraceKind::Response => Ok(Trace::Response(polar(&points, assumptions)?)),
        TraceKind::Impedance => {
            if let Some(negative) = points.iter().find(|point| point.magnitude < 0.0) {
                return Err(CurveProblem::NegativeImpedance {
                    ohm: negative.magnitude,
                    line: negative.line,
                });
            }
            Ok(Trace::Impedance(polar(&points, assumptions)?))
        }
    }
}

fn point(row: &Row, layout: &Layout) -> Option<Point> {
    let cell = |column: usize| row.cells.get(column).copied().flatten();
    let phase = layout.phase.and_then(|phase| Some(cell(phase.column)? * phase.factor));
    Some(Point {
        line: row.line,
        hz: cell(layout.frequency.column)? * layout.frequency.factor,
        magnitude: cell(layout.magnitude)?,
        phase: phase.filter(|phase| phase.is_finite()),
        u_magnitude: layout.u_magnitude.and_then(cell),
        u_phase: layout.u_phase.and_then(cell),
        coherence: layout.coherence.and_then(cell),
    })
}

/// The points at strictly rising positive frequencies.
fn in_order(mut points: Vec<Point>, assumptions: &mut Vec<String>) -> Vec<Point> {
    let before = points.len();
    points.retain(|point| point.hz > 0.0 && point.hz.is_finite());
    if points.len() < before {
        assumptions.push(format!("rows at 0 Hz or below left out: {}", before - points.len()));
    }
    if !points.is_sorted_by(|a, b| a.hz <= b.hz) {
        points.sort_by(|a, b| a.hz.total_cmp(&b.hz));
        assumptions.push("rows were not in order of frequency: sorted".to_owned());
    }
    let before = points.len();
    points.dedup_by(|later, first| later.hz <= first.hz);
    if points.len() < before {
        let doubles = before - points.len();
        assumptions.push(format!("rows that repeat a frequency left out: {doubles}"));
    }
    points
}

fn polar<U: Unit>(
    points: &[Point],
    assumptions: &mut Vec<String>,
) -> Result<Polar<U>, CurveProblem> {
    let grid = FrequencyGrid::new(points.iter().map(|point| point.hz).collect())?;
    let magnitude = points.iter().map(|point| point.magnitude).collect();
    let mut magnitude = Curve::new(grid.clone(), magnitude)?;
    if let Some(u) = whole_column(points, |point| point.u_magnitude) {
        magnitude = magnitude.with_u(u)?;
    }
    let polar = match phase(points, assumptions) {
        Some(degrees) => {
            let mut phase = Curve::new(grid, degrees)?;
            if let Some(u) = whole_column(points, |point| point.u_phase) {
                phase = phase.with_u(u)?;
            }
            Polar::new(magnitude, phase)?
        }
        None => Polar::of_magnitude(magnitude),
    };
    match coherence(points, assumptions) {
        Some(coherence) => Ok(polar.with_coherence(coherence)?),
        None => Ok(polar),
    }
}

/// The coherence, if it is one: other programs write percent, or something else of that name.
fn coherence(points: &[Point], assumptions: &mut Vec<String>) -> Option<Array1<f64>> {
    let column = whole_column(points, |point| point.coherence)?;
    if column.iter().any(|value| !(0.0..=1.0).contains(value)) {
        assumptions.push("coherence is not between 0 and 1: left out".to_owned());
        return None;
    }
    Some(column)
}

fn whole_column(points: &[Point], of: impl Fn(&Point) -> Option<f64>) -> Option<Array1<f64>> {
    points.iter().map(of).collect::<Option<Vec<f64>>>().map(Array1::from)
}

/// The phase in degrees. Programs that know none write zeros.
fn phase(points: &[Point], assumptions: &mut Vec<String>) -> Option<Array1<f64>> {
    let missing = points.iter().filter(|point| point.phase.is_none()).count();
    if missing == points.len() {
        return None;
    }
    if missing > 0 {
        assumptions.push(format!("phase missing in {missing} rows: taken as no phase"));
        return None;
    }
    let degrees = whole_column(points, |point| point.phase)?;
    if degrees.iter().all(|&degree| degree == 0.0) {
        assumptions.push("phase column all zero: taken as no phase".to_owned());
        return None;
    }
    Some(degrees)
}
