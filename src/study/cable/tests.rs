use super::specimen::{cable_ohm, headphone_ohm, impedance, question};
use super::*;
use crate::quantity::amplitude_db;

/// Sums of a few numbers of order one.
const ROUNDING: f64 = 1e-9;

#[test]
fn a_cable_is_its_resistance_its_coil_and_what_they_divide() {
    let found = compare(&question([(0.6, 2e-6), (0.2, 1e-6)], None)).unwrap();
    let stock = &found.cables[0];
    assert!((stock.resistance_ohm.value - 0.6).abs() < ROUNDING);
    let coil = stock.inductance_h.unwrap();
    assert!((coil.value - 2e-6).abs() < 1e-12, "{coil:?}");
    let level = |f: f64, ohm: f64, henry: f64| {
        let driven = headphone_ohm(f) + 0.5;
        amplitude_db((driven / (driven + cable_ohm(f, ohm, henry))).norm())
    };
    let effect = stock.effect.as_ref().unwrap();
    let loss = level(1000.0, 0.6, 2e-6);
    // Between two points of a twenty-fourth of an octave the curves are not quite straight.
    assert!((effect.loss_db.value - loss).abs() < 1e-6, "{effect:?}");
    for (hz, db) in effect.curve.points() {
        assert!((db - (level(hz, 0.6, 2e-6) - loss)).abs() < 1e-6, "{hz}: {db}");
    }
    let heard = found.differences[0].heard.as_ref().unwrap();
    for (hz, db) in heard.curve.points() {
        let expected = level(hz, 0.2, 1e-6) - level(hz, 0.6, 2e-6);
        assert!((db - expected).abs() < ROUNDING, "{hz}: {db}");
    }
    assert!((found.differences[0].resistance_ohm.value + 0.4).abs() < ROUNDING);
    assert_eq!((stock.resistance_ohm.u, &heard.verdict), (None, &None));
}

#[test]
fn equal_cables_do_not_differ_and_it_is_said_by_how_little() {
    let found = compare(&question([(0.4, 1e-6), (0.4, 1e-6)], Some(0.01))).unwrap();
    let heard = found.differences[0].heard.as_ref().unwrap();
    let verdict = heard.verdict.as_ref().unwrap();
    assert!(verdict.spans.is_empty());
    // Each of 0.01 Ω in a circle: most where the circuit, source and cable with it, is smallest.
    let least = |f: &f64| (headphone_ohm(*f) + 0.5 + cable_ohm(*f, 0.4, 1e-6)).norm();
    let least = FrequencyGrid::standard().hz().iter().map(least).fold(f64::INFINITY, f64::min);
    let u_db = 20.0 * std::f64::consts::LOG10_E * 0.01 * 2_f64.sqrt() / least;
    assert!((verdict.none_above_db - 2.0 * u_db).abs() < ROUNDING, "{verdict:?}");
}

#[test]
fn another_cable_differs_where_it_exceeds_its_uncertainty() {
    let found = compare(&question([(1.2, 1e-6), (0.2, 1e-6)], Some(0.01))).unwrap();
    let heard = found.differences[0].heard.as_ref().unwrap();
    let verdict = heard.verdict.as_ref().unwrap();
    assert_eq!(verdict.spans.len(), 1);
    assert!(verdict.none_above_db > heard.worst_db.value);
    assert!(heard.worst_db.value > 0.0, "less resistance is louder");
}

#[test]
fn what_was_measured_at_the_near_end_is_taken_off_and_does_not_blur_a_difference() {
    let alone = compare(&question([(0.6, 2e-6), (0.2, 1e-6)], Some(0.001))).unwrap();
    let mut ends = question([(2.6, 2e-6), (2.2, 1e-6)], Some(0.001));
    ends.near = Some(impedance(Some(0.05), |_| 2.0.into()));
    let ends = compare(&ends).unwrap();
    for (a, b) in alone.cables.iter().zip(&ends.cables) {
        assert!((a.resistance_ohm.value - b.resistance_ohm.value).abs() < ROUNDING);
        assert!((b.resistance_ohm.u.unwrap() - 0.001_f64.hypot(0.05)).abs() < ROUNDING);
    }
    let [a, b] = [&alone, &ends].map(|found| &found.differences[0]);
    assert!((b.resistance_ohm.u.unwrap() - 0.001 * 2_f64.sqrt()).abs() < ROUNDING);
    let [a, b] = [a, b].map(|difference| difference.heard.as_ref().unwrap());
    assert!((a.worst_db.value - b.worst_db.value).abs() < ROUNDING);
    // The near end's 0.05 Ω has a share of a hundredth of its own, as the headphone's error has.
    assert!(b.worst_db.u.unwrap() < 1.2 * a.worst_db.u.unwrap(), "{b:?}");
}

#[test]
fn without_a_headphone_there_are_resistances_alone() {
    let mut asked = question([(0.6, 2e-6), (0.2, 1e-6)], Some(0.01));
    asked.headphone = None;
    let found = compare(&asked).unwrap();
    assert!(found.cables[0].effect.is_none() && found.differences[0].heard.is_none());
    // A coil of 2 µH is 0.25 Ω at 20 kHz: seen with 0.01 Ω. One of 0.1 µH is not.
    assert!(found.cables[0].inductance_h.is_some());
    asked.cables[0].1 = impedance(Some(0.01), |f| cable_ohm(f, 0.6, 1e-7));
    assert!(compare(&asked).unwrap().cables[0].inductance_h.is_none());
}

#[test]
fn a_question_that_has_no_answer_says_why() {
    let mut asked = question([(0.6, 2e-6), (0.2, 1e-6)], None);
    asked.cables[1].0 = "stock".to_owned();
    assert_eq!(
        compare(&asked).unwrap_err(),
        StudyError::DuplicateCable { name: "stock".to_owned() }
    );
    asked.cables.clear();
    assert_eq!(compare(&asked).unwrap_err(), StudyError::NoCables);
}
