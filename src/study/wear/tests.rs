use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use super::*;
use crate::model::FrequencyGrid;
use crate::quantity::Frequency;

/// Interpolations and sums of levels.
const ROUNDING: f64 = 1e-9;
const TIMES: [f64; 4] = [0.0, 100.0, 250.0, 1000.0];

/// A headphone whose bass, below 200 Hz, has this level.
fn bass(bass_db: f64) -> Curve<Decibel> {
    let hz = |f: f64| Frequency::new(f).unwrap();
    let grid = FrequencyGrid::logarithmic(hz(20.0), hz(20e3), 12);
    Curve::from_fn(grid, |f| 80.0 + if f < 200.0 { bass_db } else { 0.0 }).unwrap()
}

fn time(at: f64, basses_db: &[f64], day: &str) -> TimeInput {
    let seatings = basses_db.iter().map(|db| bass(*db)).collect();
    TimeInput { at, seatings, days: vec![day.to_owned()] }
}

fn baseline(day: &str, basses_db: &[f64]) -> BaselineInput {
    let seatings = basses_db.iter().map(|db| bass(*db)).collect();
    BaselineInput { day: day.to_owned(), seatings }
}

fn line(times: Vec<TimeInput>) -> LineInput {
    LineInput { name: "left".to_owned(), times, baseline: Vec::new() }
}

fn asked(times: Vec<TimeInput>, baseline: Vec<BaselineInput>) -> Wear {
    let lines = vec![LineInput { baseline, ..line(times) }];
    wear(&WearQuestion { time: TimeScale::PadHours, lines, rig: None }).unwrap()
}

fn shelf_of(wear: &Wear) -> &crate::model::WearTrack {
    wear.lines[0].bass_shelf().unwrap()
}

#[test]
fn a_loss_of_bass_is_found_with_its_interval() {
    let worn = time(500.0, &[-1.9, -2.0, -2.1], "b");
    let found = asked(vec![worn, time(0.0, &[0.1, 0.0, -0.1], "a")], Vec::new());
    let shelf = shelf_of(&found);
    let change = shelf.points[1].change.unwrap();
    // Two means of three, sd 0.1, four degrees of freedom: Student's t.
    let u = 0.1 * (2.0_f64 / 3.0).sqrt();
    assert!((change.change.value + 2.0).abs() < ROUNDING);
    assert!((change.change.u - u).abs() < ROUNDING);
    assert!((change.interval.1 - change.change.value - 2.776_445 * u).abs() < 1e-5);
    assert!(change.exceeds() && change.p < 1e-4, "{}", change.p);
    assert_eq!((shelf.first_exceeding(), shelf.points[0].change), (Some(1), None));
    assert!((shelf.slope.unwrap().value + 2.0 / 500.0).abs() < ROUNDING);
    let curve = found.lines[0].points[1].change.as_ref().unwrap();
    assert!((curve.at(50.0).unwrap() + 2.0).abs() < ROUNDING);
    assert!(curve.u().is_some() && !found.lines[0].drift_removed);
    assert_eq!(found.lines[0].spread, Some(SpreadSource::Pooled));
}

#[test]
fn what_the_rig_drifts_by_is_taken_out() {
    let times = vec![time(0.0, &[0.0, 0.2], "a"), time(9.0, &[1.0, 1.2], "b")];
    let days = vec![baseline("a", &[5.0, 5.1]), baseline("b", &[6.0, 6.1])];
    let found = asked(times.clone(), days.clone());
    let shelf = shelf_of(&found);
    assert!(found.lines[0].drift_removed);
    assert!(shelf.points[1].change.unwrap().change.value.abs() < ROUNDING);
    assert!((shelf.points[1].drift.unwrap() - 0.5).abs() < ROUNDING);
    assert!((shelf.points[0].mean - shelf.points[1].mean).abs() < ROUNDING);
    let curve = found.lines[0].points[1].change.as_ref().unwrap();
    assert!(curve.at(50.0).unwrap().abs() < ROUNDING);
    // Without a baseline on one of the days it is not used at all.
    let found = asked(times, days[..1].to_vec());
    assert!(!found.lines[0].drift_removed);
    assert!((shelf_of(&found).points[1].change.unwrap().change.value - 1.0).abs() < ROUNDING);
}

#[test]
fn a_single_seating_has_the_spread_of_the_others_and_none_without() {
    let times = vec![time(0.0, &[0.0, 0.2, 0.1, 0.3], "a"), time(9.0, &[1.0], "b")];
    let found = asked(times, Vec::new());
    assert!(shelf_of(&found).points[1].u.unwrap().u > 0.1);
    let single = vec![time(0.0, &[0.0], "a"), time(9.0, &[1.0], "b")];
    let found = asked(single.clone(), Vec::new());
    let shelf = shelf_of(&found);
    assert_eq!((shelf.points[1].u, shelf.points[1].change, shelf.slope), (None, None, None));
    assert_eq!((found.lines[0].spread, shelf.bound()), (None, None));
    let rig = Some(RigSpread { reseat: (0.1, 20.0), day: Some((0.2, 5.0)) });
    let lines = vec![line(single)];
    let question = WearQuestion { time: TimeScale::Date, lines, rig };
    let found = wear(&question).unwrap();
    let change = shelf_of(&found).points[1].change.unwrap().change;
    assert!((change.u - (2.0 * (0.01_f64 + 0.04)).sqrt()).abs() < ROUNDING);
    assert_eq!(found.lines[0].spread, Some(SpreadSource::Study));
}

#[test]
fn times_that_are_one_are_put_together_and_one_time_is_too_few() {
    let found = asked(
        vec![time(0.0, &[0.0], "a"), time(0.0, &[0.3], "b"), time(9.0, &[1.0], "c")],
        Vec::new(),
    );
    assert_eq!(found.lines[0].points[0].seatings, 2);
    let lines = vec![line(vec![time(0.0, &[0.0], "a")])];
    let question = WearQuestion { time: TimeScale::Date, lines, rig: None };
    let refused = wear(&question).unwrap_err().to_string();
    assert_eq!(refused, "'left' was measured at 1 time, and a change needs two or more");
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// Seatings and baseline of a rig that drifts, with a wear of so much per hour.
fn drawn(rng: &mut ChaCha8Rng, per_hour: f64, drift_db: f64) -> (Vec<Samples>, f64) {
    let counts = [5, 3, 2, 4];
    let mut days = Vec::new();
    let samples: Vec<Samples> = (TIMES.iter().zip(counts))
        .map(|(&at, count)| {
            let drift = drift_db * normal(rng);
            let mut of = |count, level: f64| -> Vec<f64> {
                (0..count).map(|_| level + drift + 0.3 * normal(rng)).collect()
            };
            let (seatings, baseline) = (of(count, per_hour * at), of(3, 4.0));
            if drift_db > 0.0 {
                days.push(statistics::mean(&baseline).unwrap());
            }
            Samples { at, seatings, baseline: if drift_db > 0.0 { baseline } else { Vec::new() } }
        })
        .collect();
    let mean = statistics::mean(&days).unwrap_or_default();
    (samples, mean)
}

fn tracked(samples: &[Samples], baseline_mean: f64) -> crate::model::WearTrack {
    let pool = |of: &dyn Fn(&Samples) -> &Vec<f64>| {
        pooled(&samples.iter().map(|s| of(s).as_slice()).collect::<Vec<_>>())
    };
    let reseat = pool(&|s| &s.seatings).unwrap();
    let baseline = pool(&|s| &s.baseline).unwrap_or(reseat);
    let known = Known {
        spread: Some(Spread { reseat, baseline, day: None }),
        baseline_mean: Some(baseline_mean),
        looked_at: 1,
    };
    track(SeatingFigure::BassShelf, samples, known)
}

/// Of 500 draws at 95 %, 92 % are three standard deviations below.
const DRAWS: u64 = 500;
const AT_LEAST: f64 = 0.92;

#[test]
fn changes_and_slopes_are_covered_with_and_without_drift() {
    for drift_db in [0.0, 0.8] {
        let (mut one, mut all, mut slopes) = (0, 0, 0);
        for seed in 0..DRAWS {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let (samples, mean) = drawn(&mut rng, -0.001, drift_db);
            let found = tracked(&samples, mean);
            let inside: Vec<bool> = (found.points.iter().zip(TIMES))
                .filter_map(|(point, at)| {
                    let (from, to) = point.change?.interval;
                    Some((from..=to).contains(&(-0.001 * at)))
                })
                .collect();
            all += u64::from(inside.iter().all(|inside| *inside));
            one += u64::from(inside[2]);
            let slope = found.slope.unwrap();
            let t = statistics::student_t_quantile(0.975, slope.dof.unwrap()).unwrap();
            slopes += u64::from((slope.value + 0.001).abs() <= t * slope.u);
        }
        println!("drift {drift_db} dB: {one} single, {all} all, {slopes} slopes of {DRAWS}");
        for count in [one, all, slopes] {
            let share = count as f64 / DRAWS as f64;
            assert!(share >= AT_LEAST, "{drift_db}: {one} {all} {slopes} of {DRAWS}");
        }
    }
}

#[test]
fn nothing_is_said_to_change_more_often_than_one_time_in_twenty() {
    // 5 % and three standard deviations of so many draws.
    const AT_MOST: f64 = 0.08;
    for drift_db in [0.0, 0.8] {
        let alarms = (0..DRAWS).filter(|seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(*seed + DRAWS);
            let (samples, mean) = drawn(&mut rng, 0.0, drift_db);
            tracked(&samples, mean).first_exceeding().is_some()
        });
        let share = alarms.count() as f64 / DRAWS as f64;
        println!("drift {drift_db} dB: {share} false alarms");
        assert!(share <= AT_MOST, "{drift_db}: {share}");
    }
}

#[test]
fn a_slope_is_covered_where_days_scatter_more_than_seatings() {
    let mut covered = 0;
    for seed in 0..DRAWS {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let samples: Vec<Samples> = (0..6)
            .map(|i| {
                let (at, day) = (f64::from(i), 0.5 * normal(&mut rng));
                let seatings = (0..4).map(|_| -0.3 * at + day + 0.2 * normal(&mut rng)).collect();
                Samples { at, seatings, baseline: Vec::new() }
            })
            .collect();
        let slope = tracked(&samples, 0.0).slope.unwrap();
        let t = statistics::student_t_quantile(0.975, slope.dof.unwrap()).unwrap();
        covered += u64::from((slope.value + 0.3).abs() <= t * slope.u);
    }
    println!("{covered} of {DRAWS} slopes");
    assert!(covered as f64 >= AT_LEAST * DRAWS as f64, "{covered} of {DRAWS}");
}
