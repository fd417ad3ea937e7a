use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use super::*;
use crate::model::FrequencyGrid;
use crate::quantity::Frequency;

fn bass(bass_db: f64) -> Curve<Decibel> {
    let hz = |f: f64| Frequency::new(f).unwrap();
    let grid = FrequencyGrid::logarithmic(hz(20.0), hz(20e3), 12);
    // The treble moves too, by twice as much: no figure is the same in all measurements.
    let at = |f: f64| if f < 200.0 { bass_db } else { bass_db * (f / 548.0).log2() / 5.0 };
    Curve::from_fn(grid, at).unwrap()
}

fn one(operator: &str, day: &str, seating: Option<&str>, bass_db: f64) -> Repeated {
    Repeated {
        operator: operator.to_owned(),
        day: day.to_owned(),
        seating: seating.map(str::to_owned),
        name: format!("{operator} {day}"),
        curve: bass(bass_db),
    }
}

/// So many persons on so many days of their own or common to all, with so many seatings.
fn study(
    rng: &mut ChaCha8Rng,
    (persons, days, seatings): (usize, usize, usize),
    common_days: bool,
    sd: [f64; 3],
) -> Vec<Repeated> {
    let mut normal = || -> f64 { StandardNormal.sample(rng) };
    let shared: Vec<f64> = (0..days).map(|_| sd[1] * normal()).collect();
    let mut all = Vec::new();
    for person in 0..persons {
        let by_person = sd[0] * normal();
        for (d, shared) in shared.iter().enumerate() {
            let own = sd[1] * normal();
            let by_day = if common_days { *shared } else { own };
            let day = if common_days { format!("{d}") } else { format!("{person}/{d}") };
            for _ in 0..seatings {
                let level = by_person + by_day + sd[2] * normal();
                all.push(one(&format!("person {person}"), &day, None, level));
            }
        }
    }
    all
}

#[test]
fn days_that_persons_share_are_told_from_days_of_their_own() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for common in [false, true] {
        let found = repeatability(&study(&mut rng, (10, 4, 3), common, [0.8, 0.5, 0.3])).unwrap();
        assert_eq!((found.crossed, found.operators.len(), found.gaps.len()), (common, 10, 0));
        let shelf = found.bass_shelf().unwrap();
        let known = |cause| shelf.part(cause).is_some();
        assert!(known(SpreadCause::Operator) && known(SpreadCause::Day));
        assert_eq!((known(SpreadCause::Session), known(SpreadCause::Repeat)), (common, false));
        let inside = |part: &SpreadPart| part.from_db <= part.sd_db;
        assert!(shelf.parts.iter().all(inside));
    }
}

#[test]
fn intervals_of_the_spreads_cover_them() {
    // Of 300 draws at 95 %, three standard deviations are 4 %; three persons are few
    // degrees of freedom for a likelihood, which costs two more.
    const AT_LEAST: f64 = 0.89;
    const DRAWS: u64 = 300;
    let truth = [0.6, 0.4, 0.3];
    let mut covered = [0_u64; 3];
    for seed in 0..DRAWS {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let design = Design::of(&study(&mut rng, (3, 3, 4), false, truth));
        let values: Vec<f64> = {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let of = |m: &Repeated| shelf::bass_shelf_db(&m.curve).unwrap();
            study(&mut rng, (3, 3, 4), false, truth).iter().map(of).collect()
        };
        let found = design.spread(RepeatedFigure::BassShelf, &values).unwrap();
        for ((covered, part), sd) in covered.iter_mut().zip(&found.parts).zip(truth) {
            *covered += u64::from(part.from_db <= sd && part.to_db.is_none_or(|to| sd <= to));
        }
    }
    let shares = covered.map(|count| count as f64 / DRAWS as f64);
    println!("covered {shares:?}");
    assert!(shares.iter().all(|share| *share >= AT_LEAST), "{shares:?}");
}

#[test]
fn what_can_be_resolved_follows_from_the_spreads() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let found = repeatability(&study(&mut rng, (10, 4, 3), false, [0.8, 0.5, 0.3])).unwrap();
    let shelf = found.bass_shelf().unwrap();
    let [same_day, other_day, other_person] = &shelf.resolutions[..] else { panic!() };
    let sd = |cause| shelf.part(cause).unwrap().sd_db;
    let reseat = sd(SpreadCause::Reseat);
    // Five seatings of each: 2.02 standard deviations (noncentral t), to 2 %.
    let five = same_day.change_db[3].unwrap();
    assert!((five / reseat / 2.02 - 1.0).abs() < 0.02, "{five}");
    assert_eq!(same_day.change_db[0], None);
    assert_eq!(same_day.seatings[0], welch::seatings_for(1.0, reseat));
    // What days do cannot be averaged away on one day.
    let floor = 2.8 * 2.0_f64.sqrt() * sd(SpreadCause::Day);
    assert!(other_day.change_db[4].unwrap() > floor);
    assert!(other_day.change_db.is_sorted_by(|more, fewer| more >= fewer));
    assert!(other_day.at_worst_db > other_day.change_db[3]);
    assert_eq!(other_day.seatings, [None, None]);
    assert!(other_person.change_db[4] > other_day.change_db[4]);
}

#[test]
fn repeats_without_touching_are_told_from_seatings() {
    let mut measurements = Vec::new();
    for (seating, level) in [("1", 0.0), ("2", 1.0), ("3", -0.5), ("4", 0.3)] {
        measurements.push(one("a", "1", Some(seating), level));
        measurements.push(one("a", "1", Some(seating), level + 0.01));
    }
    let found = repeatability(&measurements).unwrap();
    let shelf = found.bass_shelf().unwrap();
    let causes: Vec<SpreadCause> = shelf.parts.iter().map(|part| part.cause).collect();
    assert_eq!(causes, [SpreadCause::Reseat, SpreadCause::Repeat]);
    assert!((shelf.parts[1].sd_db - 0.01 / 2.0_f64.sqrt()).abs() < 1e-4);
    assert_eq!(found.sessions, [("a".to_owned(), "1".to_owned(), 4)]);
    // One seating only: nothing is known of what a comparison meets.
    let repeats: Vec<Repeated> =
        [0.0, 0.1, 0.05].iter().map(|db| one("a", "1", Some("1"), *db)).collect();
    let shelf = repeatability(&repeats).unwrap().bass_shelf().unwrap().clone();
    assert_eq!((shelf.parts.len(), shelf.resolutions.len()), (1, 0));
}

#[test]
fn what_a_balanced_study_lacks_is_named() {
    let mut measurements = Vec::new();
    for (who, day) in
        [("ann", "1"), ("ann", "2"), ("ann", "3"), ("ben", "1"), ("ben", "2"), ("cy", "1")]
    {
        measurements.extend((0..3).map(|i| one(who, day, None, f64::from(i) * 0.1)));
    }
    measurements.push(one("ann", "4", None, 0.2));
    let found = repeatability(&measurements).unwrap();
    let few =
        |operator: &str, days| StudyGap::FewerDays { operator: operator.to_owned(), days, most: 4 };
    assert_eq!(
        found.gaps,
        [
            few("ben", 2),
            StudyGap::OneDay { operator: "cy".to_owned() },
            StudyGap::FewSeatings {
                operator: "ann".to_owned(),
                day: "4".to_owned(),
                seatings: 1,
                wanted: 3
            },
        ]
    );
    let alone: Vec<Repeated> = measurements.into_iter().filter(|m| m.operator == "cy").collect();
    let found = repeatability(&alone).unwrap();
    let cy = || "cy".to_owned();
    assert_eq!(
        found.gaps,
        [StudyGap::OneOperator { operator: cy() }, StudyGap::OneDay { operator: cy() }]
    );
}

#[test]
fn copies_and_too_few_are_refused() {
    let copies: Vec<Repeated> = (0..4).map(|_| one("a", "1", None, 0.5)).collect();
    assert_eq!(repeatability(&copies), Err(StudyError::NoSpread));
    assert_eq!(repeatability(&copies[..2]), Err(StudyError::TooFewRepeats { found: 2 }));
}
