//! What headphones need and what amplifiers reach, against tables and closed forms.

use proptest::prelude::*;

use super::*;
use crate::model::StatedSensitivity;
use crate::quantity::{Current, Frequency, Gain, Resistance, Voltage};

/// Sums of levels below 200 dB.
const ROUNDING: f64 = 1e-9;

fn hz(f: f64) -> Frequency {
    Frequency::new(f).unwrap()
}

fn ohm(r: f64) -> Resistance {
    Resistance::new(r).unwrap()
}

fn impedance(z: impl Fn(f64) -> Complex64) -> Impedance {
    Impedance::from_fn(FrequencyGrid::standard(), z).unwrap()
}

/// A headphone with a sensitivity per milliwatt at 1 kHz.
fn headphone(
    z: impl Fn(f64) -> Complex64,
    per_milliwatt_db: f64,
    rated: Option<f64>,
) -> DrivenHeadphone {
    let level = Level::from_db(per_milliwatt_db);
    let per = SensitivityPer::Milliwatt;
    let sensitivity = StatedSensitivity::new(level, per, hz(1e3), rated.map(ohm)).unwrap();
    DrivenHeadphone { impedance: impedance(z), sensitivity, response: None }
}

fn resistive(r: f64, per_milliwatt_db: f64) -> DrivenHeadphone {
    headphone(|_| Complex64::from(r), per_milliwatt_db, Some(r))
}

fn target(level_db: f64, headroom_db: f64) -> DriveTarget {
    DriveTarget::new(Level::from_db(level_db), Gain::from_db(headroom_db)).unwrap()
}

fn amplifier(volts: f64, milliamps: f64, source: f64) -> Amplifier {
    let current = Current::new(milliamps / 1e3).unwrap();
    Amplifier::new(Some(Voltage::new(volts).unwrap()), Some(current), ohm(source), true).unwrap()
}

fn needed(headphone: &DrivenHeadphone) -> Drive {
    drive(headphone, target(110.0, 0.0), None).unwrap()
}

fn assert_near(found: f64, expected: f64, relative: f64) {
    assert!((found / expected - 1.0).abs() < relative, "{found} instead of {expected}");
}

/// Of the printed digits below.
const DIGITS: f64 = 6e-3;

#[test]
fn four_headphones_at_110_db_need_what_their_data_sheets_say() {
    // Rated impedance, smallest impedance, dB SPL/mW; dB SPL/V, V, mA at the smallest, mW.
    let in_ear = |f: f64| Complex64::from(if f > 3e3 { 10.0 } else { 16.0 });
    let cases = [
        (resistive(300.0, 97.0), [102.2, 2.45, 8.15, 20.0]),
        (resistive(32.0, 96.0), [110.95, 0.897, 28.0, 25.1]),
        (headphone(in_ear, 105.0, Some(16.0)), [123.0, 0.224, 22.4, 3.16]),
        (resistive(60.0, 84.0), [96.2, 4.89, 81.4, 398.0]),
    ];
    for (headphone, [per_volt_db, volts, milliamps, milliwatts]) in cases {
        let found = needed(&headphone);
        assert!((found.sensitivity.per_volt_db - per_volt_db).abs() < 0.06);
        assert_near(found.need.at_sensitivity.voltage_v, volts, DIGITS);
        assert_near(found.need.most_voltage.value, volts, DIGITS);
        assert_near(found.need.most_current.value, milliamps, DIGITS);
        assert_near(found.need.at_sensitivity.power_mw, milliwatts, DIGITS);
    }
}

#[test]
fn the_current_is_largest_where_the_impedance_is_smallest() {
    let z = |f: f64| Complex64::from(if f < 5e3 { 16.0 } else { 10.0 });
    let found = needed(&headphone(z, 105.0, Some(16.0)));
    assert_near(found.need.at_sensitivity.current_ma, 14.0, DIGITS);
    assert!((5e3..5.1e3).contains(&found.need.most_current.hz));
    assert!((found.least_impedance.value - 10.0).abs() < ROUNDING);
    // √10 mW into 16 Ω, at 10 Ω.
    assert_near(found.need.most_power.value, 5.06, DIGITS);
}

#[test]
fn without_a_rated_impedance_the_magnitude_at_the_frequency_counts() {
    let z = |f: f64| Complex64::new(32.0, 24.0 * f / 1e3);
    let found = needed(&headphone(z, 100.0, None));
    // |32 + 24j| = 40, between points of a fine grid.
    let ReferenceImpedance::Magnitude(at_1_khz) = found.sensitivity.reference else {
        panic!("not the rated one")
    };
    assert_near(at_1_khz, 40.0, 1e-5);
    assert!((found.sensitivity.per_volt_db - 113.979).abs() < 1e-3);
    let rated = needed(&headphone(z, 100.0, Some(32.0)));
    assert_eq!(rated.sensitivity.reference, ReferenceImpedance::Rated(32.0));
    assert!((rated.sensitivity.per_volt_db - 114.949).abs() < 1e-3);
}

#[test]
fn a_coil_takes_current_that_does_no_work() {
    // cos φ = 0.8 at |Z| = 40 Ω: 1 V is 25 mA and 20 mW.
    let mut headphone = headphone(|_| Complex64::new(32.0, 24.0), 97.0, None);
    let (level, per) = (Level::from_db(110.0), SensitivityPer::Volt);
    headphone.sensitivity = StatedSensitivity::new(level, per, hz(1e3), None).unwrap();
    let found = needed(&headphone);
    assert_near(found.need.most_voltage.value, 1.0, ROUNDING);
    assert_near(found.need.most_current.value, 25.0, ROUNDING);
    assert_near(found.need.most_power.value, 20.0, ROUNDING);
    assert!((found.sensitivity.per_milliwatt_db - 96.021).abs() < 1e-3);
}

#[test]
fn headroom_is_level_too() {
    let headphone = resistive(32.0, 96.0);
    let loud = drive(&headphone, target(110.0, 0.0), None).unwrap();
    let peaky = drive(&headphone, target(90.0, 20.0), None).unwrap();
    assert_near(peaky.need.most_voltage.value, loud.need.most_voltage.value, ROUNDING);
    assert!(peaky.exposure.niosh_per_day_min > loud.exposure.niosh_per_day_min);
}

#[test]
fn a_response_asks_for_more_where_it_is_weak() {
    let mut headphone = resistive(32.0, 96.0);
    let grid = FrequencyGrid::new(vec![40.0, 1e3, 10e3]).unwrap();
    headphone.response = Some(Curve::new(grid, vec![70.0, 80.0, 86.0].into()).unwrap());
    let found = needed(&headphone);
    let (at_1_khz, first) = (found.need.at_sensitivity.voltage_v, found.need.most_voltage);
    // The first point of the standard grid above 40 Hz is 40 Hz.
    assert!((first.hz - 40.0).abs() < 1e-6);
    assert_near(first.value / at_1_khz, amplitude_ratio(10.0), 1e-6);
    assert!(found.need.voltage.grid().last_hz() <= 10e3);
    assert!((found.sensitivity.per_volt.at(1e3).unwrap() - 110.949).abs() < 2e-2);
}

#[test]
fn an_amplifier_is_bound_by_what_the_load_asks_first() {
    // 2 V, 50 mA, 1 Ω. 16 Ω: 1.882 V by voltage, 0.8 V by current. 300 Ω: 1.993 V, 15 V.
    let z = |f: f64| Complex64::from(if f < 200.0 { 300.0 } else { 16.0 });
    let found = drive(&headphone(z, 100.0, Some(16.0)), target(110.0, 0.0), None).unwrap();
    assert!(found.reach.is_empty() && found.balanced_gain.is_none());
    let amplifier = amplifier(2.0, 50.0, 1.0);
    let found = drive(&headphone(z, 100.0, Some(16.0)), target(110.0, 0.0), Some(amplifier));
    let found = found.unwrap();
    let [single, balanced] = found.reach.as_slice() else { panic!("two outputs") };
    let volts = |reach: &Reach, f: f64| reach.voltage.at(f).unwrap();
    assert_near(volts(single, 100.0), 2.0 * 300.0 / 301.0, ROUNDING);
    assert_near(volts(balanced, 100.0), 4.0 * 300.0 / 302.0, ROUNDING);
    assert_near(volts(single, 1e3), 0.05 * 16.0, ROUNDING);
    assert_near(volts(balanced, 1e3), 0.05 * 16.0, ROUNDING);
    assert_eq!(single.at_sensitivity.bound, Bound::Current);
    let [span] = single.current_bound.as_slice() else { panic!("one range") };
    assert!((200.0..205.0).contains(&span.from_hz) && span.to_hz > 19e3, "{span:?}");
    // 117.96 dB/V and 0.8 V.
    assert!((single.worst.level_db - 116.021).abs() < 1e-3, "{single:?}");
    assert!((single.worst.margin_db - 6.021).abs() < 1e-3 && single.is_enough());
    let gain = found.balanced_gain.unwrap();
    assert!(gain.at_sensitivity_db.abs() < ROUNDING && gain.least_hz > 199.0);
}

#[test]
fn a_headphone_that_is_hard_to_drive_is_not_driven() {
    let amplifier = amplifier(2.0, 500.0, 0.0);
    let found = drive(&resistive(60.0, 84.0), target(110.0, 0.0), Some(amplifier)).unwrap();
    // 96.22 dB/V and 6.02 dB for 2 V, 12.04 dB for 4 V.
    assert!((found.reach[0].worst.margin_db + 7.761).abs() < 1e-3);
    assert!((found.best().unwrap().worst.margin_db + 1.740).abs() < 1e-3);
    assert!(!found.best().unwrap().is_enough());
    assert!((found.balanced_gain.unwrap().least_db - 6.0206).abs() < 1e-4);
}

#[test]
fn exactly_enough_is_enough() {
    let need = needed(&resistive(32.0, 96.0)).need.at_sensitivity;
    let amplifier = amplifier(need.voltage_v, need.current_ma, 0.0);
    let found = drive(&resistive(32.0, 96.0), target(110.0, 0.0), Some(amplifier)).unwrap();
    assert!(found.reach[0].is_enough(), "{:?}", found.reach[0].worst);
}

#[test]
fn exposures_are_those_of_niosh_and_of_the_who() {
    // The tables of NIOSH 98-126 and of ITU-T H.870; 10 080 minutes are a week.
    for (level_db, day_min, week_min) in [
        (60.0, 1440.0, 10_080.0),
        (80.0, 1440.0, 2400.0),
        (85.0, 480.0, 756.0),
        (94.0, 60.0, 94.5),
        (100.0, 15.0, 23.6),
        (110.0, 1.49, 2.34),
    ] {
        let found = exposure(Level::from_db(level_db));
        assert_near(found.niosh_per_day_min, day_min, 3e-3);
        assert_near(found.who_per_week_min, week_min, 3e-3);
    }
}

#[test]
fn what_has_no_answer_says_why() {
    let ask = |headphone: &DrivenHeadphone| {
        drive(headphone, target(110.0, 0.0), None).unwrap_err().to_string()
    };
    let short = headphone(|_| Complex64::ZERO, 100.0, Some(32.0));
    assert!(ask(&short).starts_with("the impedance is zero at 20 Hz"));
    let mut apart = resistive(32.0, 100.0);
    let grid = FrequencyGrid::new(vec![1.0, 10.0]).unwrap();
    apart.response = Some(Curve::from_fn(grid, |_| 0.0).unwrap());
    assert!(ask(&apart).contains("no band in common"));
    let grid = FrequencyGrid::new(vec![20.0, 500.0]).unwrap();
    apart.response = Some(Curve::from_fn(grid.clone(), |_| 0.0).unwrap());
    assert!(ask(&apart).contains("1000 Hz lies outside the data"));
    apart.impedance = Impedance::from_fn(grid, |_| Complex64::ONE).unwrap();
    assert!(ask(&apart).contains("1000 Hz lies outside the data"));
}

proptest! {
    #[test]
    fn balanced_gains_between_nothing_and_twice_the_voltage_on_a_passive_load(
        re in 0.1_f64..1000.0, im in -1000.0_f64..1000.0,
        volts in 0.01_f64..20.0, milliamps in 0.1_f64..2000.0, source in 0.0_f64..300.0,
    ) {
        let headphone = headphone(|_| Complex64::new(re, im), 97.0, Some(32.0));
        let amplifier = amplifier(volts, milliamps, source);
        let found = drive(&headphone, target(110.0, 0.0), Some(amplifier)).unwrap();
        let gain = found.balanced_gain.unwrap();
        prop_assert!((-ROUNDING..=amplitude_db(2.0) + ROUNDING).contains(&gain.least_db));
        // What is reached needs what the limit lets through.
        let reached = found.reach[0].worst;
        let current_ma = 1e3 * reached.voltage_v / found.least_impedance.value;
        prop_assert!(current_ma <= milliamps * (1.0 + ROUNDING));
    }
}
