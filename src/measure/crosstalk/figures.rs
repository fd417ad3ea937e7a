//! The figures of crosstalk, and what is to be said about it.

use crate::metrology::shared_return::{IdleRatio, Inferred, Untold};
use crate::model::{
    ChannelLoad, CrosstalkBench, CrosstalkCurves, CrosstalkFigures, Curve, Finding, FindingKind,
    SeparationAt, SeparationFigures,
};
use crate::quantity::unit::Decibel;

/// Where the smallest separation is looked for.
const AUDIBLE_HZ: std::ops::RangeInclusive<f64> = 20.0..=20e3;

pub(super) fn figures(
    curves: &CrosstalkCurves,
    bench: &CrosstalkBench,
    inferred: &Result<Inferred, Untold>,
    taken: &[IdleRatio],
) -> (CrosstalkFigures, Option<Finding>) {
    let told = inferred.as_ref().ok();
    let takes = curves.measured.iter().zip(taken).map(|(of, taken)| {
        let residual = |inferred: &Inferred| {
            let predicted = inferred.of_take(taken, bench)?;
            inferred.residual_db(of.ratio.grid(), (taken, &of.above_noise), &predicted)
        };
        SeparationFigures {
            take: Some(of.take),
            floor_db: of.floor.as_ref().and_then(|floor| floor.at(1e3).ok()),
            residual_db: told.and_then(residual),
            ..of_curve(&of.name, &of.separation, &of.above_noise)
        }
    });
    let predicted = curves.predicted.iter().map(|of| {
        let all = vec![true; of.separation.hz().len()];
        of_curve(&of.name, &of.separation, &all)
    });
    let shared = told.map(|told| told.shared);
    let found = shared.filter(|_| told.is_some_and(|told| told.is_found));
    let inductance = shared.and_then(|shared| shared.inductance_h);
    let figures = CrosstalkFigures {
        ground: bench.ground,
        return_ohm: shared.map(|shared| shared.resistance_ohm.value),
        u_return_ohm: found.map(|found| found.resistance_ohm.u),
        return_h: inductance.map(|henry| henry.value),
        u_return_h: inductance.map(|henry| henry.u),
        own_known: told.is_some_and(Inferred::own_known),
        takes: takes.collect(),
        predicted: predicted.collect(),
        at_least_db: bench.at_least_db,
        reached: bench.at_least_db.and_then(|least| reached(curves, least)),
    };
    let remark = match inferred {
        Err(Untold::Negative { return_ohm }) => {
            Some(Finding::warning(FindingKind::OtherGround { return_ohm: *return_ohm }))
        }
        _ => None,
    };
    (figures, remark)
}

fn of_curve(name: &str, separation: &Curve<Decibel>, above_noise: &[bool]) -> SeparationFigures {
    SeparationFigures {
        name: name.to_owned(),
        take: None,
        at_100hz: near(separation, above_noise, 100.0),
        at_1khz: near(separation, above_noise, 1e3),
        at_10khz: near(separation, above_noise, 10e3),
        worst: worst(separation, above_noise),
        floor_db: None,
        residual_db: None,
    }
}

/// The separation at the point of the grid that is nearest.
fn near(separation: &Curve<Decibel>, above_noise: &[bool], wanted_hz: f64) -> Option<SeparationAt> {
    /// A sixth of an octave; no coarser grid is of use.
    const FURTHEST: f64 = 0.12;
    let away = |hz: f64| (hz / wanted_hz).ln().abs();
    let nearest = (separation.hz().iter().enumerate())
        .min_by(|(_, a), (_, b)| away(**a).total_cmp(&away(**b)))?;
    (away(*nearest.1) <= FURTHEST).then(|| at(separation, above_noise, nearest.0))
}

/// The smallest separation that is more than noise.
fn worst(separation: &Curve<Decibel>, above_noise: &[bool]) -> Option<SeparationAt> {
    let audible = separation
        .points()
        .enumerate()
        .filter(|(i, (hz, db))| above_noise[*i] && AUDIBLE_HZ.contains(hz) && db.is_finite());
    let smallest = audible.min_by(|(_, (_, a)), (_, (_, b))| a.total_cmp(b))?;
    Some(at(separation, above_noise, smallest.0))
}

fn at(separation: &Curve<Decibel>, above_noise: &[bool], i: usize) -> SeparationAt {
    SeparationAt {
        frequency_hz: separation.hz()[i],
        separation_db: separation.values()[i],
        u_separation_db: separation.u().map(|u| u[i]).filter(|_| above_noise[i]),
        or_more: !above_noise[i],
    }
}

/// Whether all takes with a load (all, if none has one) reach a separation; `None` if noise hides
/// it.
fn reached(curves: &CrosstalkCurves, least_db: f64) -> Option<bool> {
    let is_open = |load: ChannelLoad| load == ChannelLoad::Open;
    let all_open = curves.measured.iter().all(|of| is_open(of.take.load));
    let judged = curves.measured.iter().filter(|of| all_open || !is_open(of.take.load));
    let mut is_certain = true;
    for of in judged {
        let points = of.separation.points().enumerate();
        for (i, (_, db)) in points.filter(|(_, (hz, _))| AUDIBLE_HZ.contains(hz)) {
            match (db < least_db, of.above_noise[i]) {
                (true, true) => return Some(false),
                (true, false) => is_certain = false,
                (false, _) => {}
            }
        }
    }
    is_certain.then_some(true)
}
