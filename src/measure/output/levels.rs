//! An output at several levels: from where on it does not follow its drive.

use super::{CERTAIN, Found, Taken, disagreement, found, middle_db};
use crate::measure::analyser::MeasureError;
use crate::model::{
    Finding, FindingKind, FrequencyGrid, LevelFigures, LoadedAt, Measurand, Outcome, OutputBench,
    OutputLimit, TestLoad,
};
use crate::quantity::Level;

/// The gain of an output under a load at a level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heard {
    /// The load.
    pub load: TestLoad,
    /// The level that was played, in dBFS.
    pub level_dbfs: f64,
    /// Voltage over the drive in decibels; absent if the take could not be used.
    pub gain_db: Option<f64>,
}

/// The different levels in dBFS, rising; empty if none is stated.
pub(super) fn levels(loads: &[LoadedAt]) -> Vec<f64> {
    let mut levels: Vec<f64> = loads.iter().filter_map(|load| Some(load.level?.db())).collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    levels
}

pub(super) fn is_above_the_lowest(load: LoadedAt, loads: &[LoadedAt]) -> bool {
    let lowest = levels(loads).first().copied();
    load.level.zip(lowest).is_some_and(|(level, lowest)| level.db() > lowest)
}

/// Where an output begins to limit: the lowest level at which its gain under a load is not what it
/// was with the same load at the lowest level, and the lightest load for which that is so. A take that
/// cannot be used is a limit above one that can.
///
/// A gain that differs by less than four times what the gains drift from take to take is no limit,
/// nor one that differs by less than 0.01 dB.
#[must_use]
pub fn limit(heard: &[Heard], drift_db: f64) -> Option<OutputLimit> {
    const LEAST_DB: f64 = 0.01;
    let allowed = LEAST_DB.max(CERTAIN * std::f64::consts::SQRT_2 * drift_db);
    let of = |one| {
        let one: &Heard = one;
        let usable = heard.iter().filter(|other| other.load == one.load && other.gain_db.is_some());
        let lowest = usable.min_by(|a, b| a.level_dbfs.total_cmp(&b.level_dbfs))?;
        let change_db = one.gain_db.zip(lowest.gain_db).map(|(own, first)| own - first);
        // What cannot be used at a low level has drowned in noise.
        let is_off = change_db.map_or(one.level_dbfs > lowest.level_dbfs, |db| db.abs() > allowed);
        is_off.then_some((one, change_db))
    };
    let off: Vec<(&Heard, Option<f64>)> = heard.iter().filter_map(of).collect();
    let (first, change_db) = off.iter().min_by(|(a, _), (b, _)| {
        let ohm = |one: &Heard| one.load.ohm().unwrap_or(f64::INFINITY);
        a.level_dbfs.total_cmp(&b.level_dbfs).then(ohm(b).total_cmp(&ohm(a)))
    })?;
    let is_off = |one: &Heard| off.iter().any(|(other, _)| *other == one);
    let clean = heard
        .iter()
        .filter(|one| one.load == first.load && one.level_dbfs < first.level_dbfs && !is_off(one));
    Some(OutputLimit {
        load_ohm: first.load.ohm(),
        limited_dbfs: first.level_dbfs,
        clean_dbfs: clean.map(|one| one.level_dbfs).reduce(f64::max),
        change_db: *change_db,
    })
}

/// The outcome of takes at several levels.
pub(super) fn compared(
    grid: &FrequencyGrid,
    taken: &[Taken],
    levels: &[f64],
    bench: &OutputBench,
) -> Result<(Outcome, Option<Finding>), MeasureError> {
    let heard: Vec<Heard> = taken
        .iter()
        .map(|(load, voltages)| Heard {
            load: load.load,
            level_dbfs: load.level.map_or(0.0, Level::db),
            gain_db: voltages.as_ref().map(|voltages| middle_db(grid.hz(), voltages)),
        })
        .collect();
    let limit = limit(&heard, bench.drift_db);
    let mut best: Option<Found> = None;
    let mut figures = Vec::new();
    for &level in levels {
        let Some(found) = of_level(grid, taken, level, bench)? else { continue };
        let (_, of_level, _) = &found.outcome;
        figures.push(LevelFigures {
            level_dbfs: level,
            at_1khz_ohm: of_level.at_1khz_ohm,
            u_at_1khz_ohm: of_level.u_at_1khz_ohm,
            linear: of_level.linear,
        });
        let is_clean = limit.as_ref().is_none_or(|limit| level < limit.limited_dbfs);
        if best.is_none() || is_clean {
            best = Some(found);
        }
    }
    let Some(mut found) = best else {
        return Ok((Outcome::Refused(Measurand::OutputImpedance), None));
    };
    let finding = disagreement(&found.output).or_else(|| limit.as_ref().map(begins));
    found.outcome.1.levels = figures;
    found.outcome.1.limit = limit;
    Ok((found.into_outcome(), finding))
}

/// What the takes of one level say, if there are two loads that can be used.
fn of_level(
    grid: &FrequencyGrid,
    taken: &[Taken],
    level: f64,
    bench: &OutputBench,
) -> Result<Option<Found>, MeasureError> {
    // The level is one of theirs.
    let own = |load: &LoadedAt| load.level.is_some_and(|own| own.db().total_cmp(&level).is_eq());
    let usable: Vec<_> = taken
        .iter()
        .filter(|(load, _)| own(load))
        .filter_map(|(load, voltages)| Some((load.load, voltages.as_ref()?)))
        .collect();
    let is_enough = usable.iter().any(|(load, _)| *load != usable[0].0);
    if is_enough { found(grid, &usable, bench).map(Some) } else { Ok(None) }
}

fn begins(limit: &OutputLimit) -> Finding {
    let OutputLimit { load_ohm, clean_dbfs, limited_dbfs, change_db } = *limit;
    let kind = FindingKind::LevelDependent { load_ohm, clean_dbfs, limited_dbfs, change_db };
    Finding::warning(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRIFT_DB: f64 = 5e-4;

    fn heard(takes: &[(&str, f64, Option<f64>)]) -> Vec<Heard> {
        let of = |&(load, level_dbfs, gain_db): &(&str, f64, Option<f64>)| {
            let load = load.parse().unwrap();
            Heard { load, level_dbfs, gain_db }
        };
        takes.iter().map(of).collect()
    }

    #[test]
    fn the_lightest_load_of_the_lowest_level_is_where_it_begins() {
        let takes = heard(&[
            ("open", -30.0, Some(0.0)),
            ("open", -10.0, Some(0.001)),
            ("100", -30.0, Some(-0.1)),
            ("100", -10.0, Some(-0.2)),
            ("33", -30.0, Some(-0.3)),
            ("33", -20.0, Some(-0.305)),
            ("33", -10.0, None),
        ]);
        let found = limit(&takes, DRIFT_DB).unwrap();
        assert_eq!((found.load_ohm, found.limited_dbfs), (Some(100.0), -10.0));
        assert_eq!(found.clean_dbfs, Some(-30.0));
        assert!((found.change_db.unwrap() + 0.1).abs() < 1e-12);
        let found = limit(&takes[4..], DRIFT_DB).unwrap();
        assert_eq!((found.clean_dbfs, found.change_db), (Some(-20.0), None));
    }

    #[test]
    fn what_drifts_or_drowns_in_noise_is_no_limit() {
        assert_eq!(limit(&heard(&[("33", -30.0, Some(0.0)), ("33", 0.0, Some(0.009))]), 0.0), None);
        let noisy =
            heard(&[("33", -80.0, None), ("33", -30.0, Some(0.0)), ("33", -10.0, Some(0.0))]);
        assert_eq!(limit(&noisy, DRIFT_DB), None);
        assert_eq!(limit(&heard(&[("33", -80.0, None)]), DRIFT_DB), None);
        let drifting = heard(&[("33", -30.0, Some(0.0)), ("33", 0.0, Some(0.05))]);
        assert_eq!(limit(&drifting, 0.01), None);
        assert!(limit(&drifting, 1e-3).is_some());
    }
}
