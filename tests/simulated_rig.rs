//! From the simulated rig through the whole analysis, against the simulation's own truth.
//!
//! The simulator computes from circuit and acoustic equations and shares no analysis code, so
//! what agrees here agrees for a reason.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these are tests"
)]

mod support;

use cansweep::measure::{Analysed, Analyser, Inverse, Rig, Unwatched, stimulus_of};
use cansweep::model::{FindingKind, Impedance, Jig, Outcome, Plan, Recording, Response, Topology};
use cansweep::quantity::{Gain, Percent, Resistance, amplitude_db};
use cansweep::rig::simulated::{
    Faults, Placement, Scenario, SimulatedRig, Wiring, preset, preset_names,
};
use cansweep::store::plan;
use num_complex::Complex64;

/// The promise for a rig without noise.
const RESPONSE_DB: f64 = 0.01;
const RESPONSE_DEG: f64 = 0.1;
const IMPEDANCE_RELATIVE: f64 = 0.0005;
const IMPEDANCE_DEG: f64 = 0.05;

fn settings(topology: Topology) -> Jig {
    Jig {
        resistor_tolerance: Percent::new(0.0).unwrap(),
        topology,
        input_resistance: None,
        gain_match_db: 0.0,
        ..Jig::with_resistor(Resistance::new(100.0).unwrap())
    }
}

fn exchange(rig: &mut SimulatedRig, plan: &Plan) -> Recording {
    rig.exchange(&stimulus_of(plan).unwrap(), &mut Unwatched).unwrap()
}

fn analyser(plan: &Plan) -> Analyser {
    Analyser::new(stimulus_of(plan).unwrap(), *plan.analysis(), Inverse::OfSamples).unwrap()
}

fn rig(scenario: Scenario, wiring: Wiring, state: &str) -> SimulatedRig {
    SimulatedRig::new(scenario, wiring, Placement::new(state, 1, 1)).unwrap()
}

fn measured_response(rig: &mut SimulatedRig, plan: &Plan) -> Response {
    let take = exchange(rig, plan);
    let analysed = analyser(plan).response(&[take], &rig.wiring().channels()).unwrap();
    match analysed.outcome {
        Outcome::Response { response, .. } => response,
        other => panic!("{other:?} {:?}", analysed.findings),
    }
}

fn analysed_impedance(rig: &mut SimulatedRig, plan: &Plan, of: &Jig) -> Analysed {
    let take = exchange(rig, plan);
    analyser(plan).impedance(&[take], &rig.wiring().channels(), of, None).unwrap()
}

fn measured_impedance(rig: &mut SimulatedRig, plan: &Plan, of: &Jig) -> Impedance {
    match analysed_impedance(rig, plan, of).outcome {
        Outcome::Impedance { impedance, .. } => impedance,
        other => panic!("{other:?}"),
    }
}

/// Largest deviation of the level (dB) and of the phase (degrees).
fn deviation(found: &Response, truth: &Response) -> (f64, f64) {
    let ratios = found.values().iter().zip(truth.values()).map(|(found, truth)| found / truth);
    ratios.fold((0.0_f64, 0.0_f64), |(db, deg), ratio| {
        (db.max(amplitude_db(ratio.norm()).abs()), deg.max(ratio.arg().to_degrees().abs()))
    })
}

/// The benches with which nothing is wrong.
fn headphones() -> impl Iterator<Item = &'static str> {
    let sound = |name: &&str| preset(name).is_some_and(|of| of.parts().faults.is_none());
    preset_names().into_iter().filter(sound)
}

#[test]
fn without_noise_the_response_is_the_simulated_one_for_every_headphone_and_state() {
    let plan = plan::load("response").unwrap();
    for name in headphones() {
        for state in ["fresh", "worn", "glasses"] {
            let mut rig = rig(preset(name).unwrap().ideal(), Wiring::Coupler, state);
            let response = measured_response(&mut rig, &plan);
            let truth = rig.truth_response(response.grid()).unwrap();
            let (db, deg) = deviation(&response, &truth);
            println!("{name} {state}: {db:.5} dB, {deg:.4}°");
            assert!(db < RESPONSE_DB && deg < RESPONSE_DEG, "{name} {state}: {db} dB, {deg}°");
        }
    }
}

#[test]
fn a_quick_and_a_wide_sweep_find_the_same_response() {
    for plan_name in ["response-quick", "wide-96k"] {
        let plan = plan::load(plan_name).unwrap();
        let mut rig = rig(preset("closed-38").unwrap().ideal(), Wiring::Coupler, "fresh");
        let response = measured_response(&mut rig, &plan);
        let truth = rig.truth_response(response.grid()).unwrap();
        let (db, deg) = deviation(&response, &truth);
        println!("{plan_name}: {db:.5} dB, {deg:.4}°");
        assert!(db < RESPONSE_DB && deg < RESPONSE_DEG, "{plan_name}: {db} dB, {deg}°");
    }
}

#[test]
fn without_noise_resistors_from_1_ohm_to_1_kilohm_are_found_on_both_sides_of_the_jig() {
    let plan = plan::load("impedance").unwrap();
    for topology in [Topology::HighSide, Topology::LowSide] {
        for ohm in [1.0, 10.0, 32.0, 300.0, 1000.0] {
            // Without force factor the driver is its voice coil, a resistor.
            let scenario = preset("closed-38").unwrap().ideal();
            let scenario = scenario.changed(|parts| {
                parts.headphone.driver.voice_coil_ohm = ohm;
                parts.headphone.driver.force_factor_t_m = 1e-9;
                parts.headphone.driver.inductance_at_1_khz_ohm = 0.0;
            });
            let mut rig = rig(scenario.unwrap(), Wiring::SenseResistor(topology), "fresh");
            let impedance = measured_impedance(&mut rig, &plan, &settings(topology));
            for z in impedance.values() {
                let ratio = z / ohm;
                assert!((ratio.norm() - 1.0).abs() < IMPEDANCE_RELATIVE, "{topology} {ohm}: {z}");
                assert!(ratio.arg().to_degrees().abs() < IMPEDANCE_DEG, "{topology} {ohm}: {z}");
            }
        }
    }
}

#[test]
fn without_noise_the_impedance_of_every_headphone_is_found() {
    let plan = plan::load("impedance").unwrap();
    for name in headphones() {
        let wiring = Wiring::SenseResistor(Topology::HighSide);
        let mut rig = rig(preset(name).unwrap().ideal(), wiring, "fresh");
        let impedance = measured_impedance(&mut rig, &plan, &settings(Topology::HighSide));
        let truth = rig.truth_impedance(impedance.grid()).unwrap();
        let ratios = impedance.values() / truth.values();
        let relative = ratios.iter().map(|r| (r.norm() - 1.0).abs()).fold(0.0, f64::max);
        let degrees = ratios.iter().map(|r| r.arg().to_degrees().abs()).fold(0.0, f64::max);
        println!("{name}: {:.5} %, {degrees:.5}°", relative * 100.0);
        assert!(relative < IMPEDANCE_RELATIVE, "{name}: {relative}");
        assert!(degrees < IMPEDANCE_DEG, "{name}: {degrees}");
    }
}

#[test]
fn with_a_105_db_converter_the_impedance_is_right_to_0_1_percent_and_its_error_bar_holds() {
    /// The promise, and what k = 2 stands for.
    const RELATIVE: f64 = 0.001;
    const COVERAGE: f64 = 0.95;
    let plan = plan::load("impedance").unwrap();
    for name in headphones() {
        let (mut inside, mut count, mut worst) = (0_usize, 0_usize, 0.0_f64);
        for seating in 1..=8 {
            let wiring = Wiring::SenseResistor(Topology::HighSide);
            let placement = Placement::new("fresh", seating, 7);
            let scenario = preset(name).unwrap();
            let input = scenario.parts().converter.input_resistance_ohm;
            let input_resistance = input.map(|ohm| Resistance::new(ohm).unwrap());
            let mut rig = SimulatedRig::new(scenario, wiring, placement).unwrap();
            let of = Jig { input_resistance, ..settings(Topology::HighSide) };
            let impedance = measured_impedance(&mut rig, &plan, &of);
            let truth = rig.truth_impedance(impedance.grid()).unwrap();
            let magnitude = impedance.magnitude();
            let u = magnitude.u().unwrap();
            for k in 0..magnitude.values().len() {
                let error = (magnitude.values()[k] - truth.values()[k].norm()).abs();
                assert!(error < RELATIVE * truth.values()[k].norm(), "{name}: {error}");
                worst = worst.max(error / truth.values()[k].norm());
                inside += usize::from(error <= 2.0 * u[k]);
                count += 1;
            }
        }
        let coverage = inside as f64 / count as f64;
        println!("{name}: {:.1} % inside k = 2, worst {:.4} %", coverage * 100.0, worst * 100.0);
        assert!(coverage >= COVERAGE, "{name}: {coverage}");
    }
}

#[test]
fn the_input_resistance_of_the_card_is_taken_out_if_it_is_given() {
    let plan = plan::load("impedance").unwrap();
    for topology in [Topology::HighSide, Topology::LowSide] {
        let scenario = preset("open-300").unwrap().ideal();
        let scenario =
            scenario.changed(|parts| parts.converter.input_resistance_ohm = Some(10e3)).unwrap();
        let mut rig = rig(scenario, Wiring::SenseResistor(topology), "fresh");
        let input_resistance = Some(Resistance::new(10e3).unwrap());
        let of = Jig { input_resistance, ..settings(topology) };
        let corrected = measured_impedance(&mut rig, &plan, &of);
        let truth = rig.truth_impedance(corrected.grid()).unwrap();
        let uncorrected = measured_impedance(&mut rig, &plan, &settings(topology));
        for k in 0..corrected.values().len() {
            let error = |z: &Impedance| (z.values()[k] / truth.values()[k] - 1.0).norm();
            assert!(error(&corrected) < IMPEDANCE_RELATIVE, "{topology}: {}", error(&corrected));
            // 10 kΩ beside some hundred ohms is one percent and more.
            assert!(error(&uncorrected) > 0.005, "{topology}: {}", error(&uncorrected));
        }
    }
}

#[test]
fn a_stated_gain_mismatch_covers_the_error_that_it_makes() {
    let plan = plan::load("impedance").unwrap();
    let scenario = preset("open-300").unwrap().ideal();
    let scenario = scenario.with_gain_mismatch(Gain::from_db(0.1)).unwrap();
    let mut rig = rig(scenario, Wiring::SenseResistor(Topology::HighSide), "fresh");
    let of = Jig { gain_match_db: 0.1, ..settings(Topology::HighSide) };
    let impedance = measured_impedance(&mut rig, &plan, &of).magnitude();
    let truth = rig.truth_impedance(impedance.grid()).unwrap();
    for k in 0..impedance.values().len() {
        let error = (impedance.values()[k] - truth.values()[k].norm()).abs();
        assert!(error < 2.0 * impedance.u().unwrap()[k] && error > 0.0);
    }
}

#[test]
fn a_headphone_that_is_not_plugged_in_is_noticed() {
    let plan = plan::load("impedance").unwrap();
    let scenario = preset("closed-38").unwrap();
    let scenario = scenario.changed(|parts| parts.headphone.driver.voice_coil_ohm = 1e7).unwrap();
    let mut rig = rig(scenario, Wiring::SenseResistor(Topology::HighSide), "fresh");
    let analysed = analysed_impedance(&mut rig, &plan, &settings(Topology::HighSide));
    let open = |kind: &FindingKind| matches!(kind, FindingKind::NotConnected { .. });
    assert!(analysed.findings.iter().any(|f| open(&f.kind)), "{:?}", analysed.findings);
}

#[test]
fn swapped_inputs_are_noticed_because_the_divider_would_amplify() {
    let plan = plan::load("impedance").unwrap();
    let wiring = Wiring::SenseResistor(Topology::HighSide);
    let mut rig = rig(preset("closed-38").unwrap(), wiring, "fresh");
    let take = exchange(&mut rig, &plan);
    let swapped = "reference=2,sense=1".parse().unwrap();
    let analysed =
        analyser(&plan).impedance(&[take], &swapped, &settings(Topology::HighSide), None).unwrap();
    let swapped = |kind: &FindingKind| matches!(kind, FindingKind::ChannelsSwapped { .. });
    assert!(analysed.findings.iter().any(|f| swapped(&f.kind)), "{:?}", analysed.findings);
}

#[test]
fn a_sweep_that_lost_samples_without_an_error_is_left_out_and_a_broken_time_base_refused() {
    let plan = plan::load("response").unwrap();
    let mut rig = rig(preset("closed-38").unwrap(), Wiring::Coupler, "fresh");
    let take = exchange(&mut rig, &plan);
    let stimulus = stimulus_of(&plan).unwrap();
    let in_first = (stimulus.sweep_starts()[0] + 170_000, Some(1));
    let in_its_bass = (stimulus.sweep_starts()[0] + 100_000, None);
    let in_second = (stimulus.sweep_starts()[1] + 150_000, Some(2));
    let in_gap = (stimulus.sweep_starts()[1] - 20_000, None);
    let before = (stimulus.sweep_starts()[0] - 5_000, None);
    for (at, broken) in [before, in_its_bass, in_first, in_gap, in_second] {
        for lost in [1, 64, 480] {
            let damaged = support::without_frames(&take, at, lost);
            let analysed = analyser(&plan).response(&[damaged], &rig.wiring().channels()).unwrap();
            let found = analysed.findings.iter().find_map(|f| match f.kind {
                FindingKind::SamplesLost { samples, from_s, to_s, sweep, .. } => {
                    Some((samples, from_s, to_s, sweep))
                }
                _ => None,
            });
            let case = format!("{lost} lost at {at}: {:?}", analysed.findings);
            let (samples, from_s, to_s, sweep) = found.unwrap_or_else(|| panic!("{case}"));
            assert!((samples + lost as f64).abs() < 0.5 && sweep == broken, "{case}");
            let at_s = at as f64 / 48e3;
            assert!(from_s < at_s + 1e-3 && to_s > at_s - 1e-3, "{case}");
            assert_eq!(matches!(analysed.outcome, Outcome::Refused(_)), broken.is_none(), "{case}");
            let Outcome::Response { response, .. } = analysed.outcome else { continue };
            let truth = rig.truth_response(response.grid()).unwrap();
            let (db, _) = deviation(&response, &truth);
            // One sweep with the noise of the microphone.
            assert!(db < 0.3, "{case}: {db}");
        }
    }
}

#[test]
fn a_clipped_silent_or_half_take_is_refused_with_its_reason() {
    let plan = plan::load("response").unwrap();
    let mut rig = rig(preset("closed-38").unwrap(), Wiring::Coupler, "fresh");
    let take = exchange(&mut rig, &plan);
    let frames = take.frames();
    let cases = [
        ("clipped", support::mapped(&take, |v| (40.0 * v).clamp(-1.0, 1.0))),
        ("dead-input", support::mapped(&take, |_| 0.0)),
        ("truncated", support::without_frames(&take, frames * 2 / 3, frames)),
    ];
    for (kind, damaged) in cases {
        let analysed = analyser(&plan).response(&[damaged], &rig.wiring().channels()).unwrap();
        assert!(matches!(analysed.outcome, Outcome::Refused(_)), "{kind}");
        let slugs: Vec<_> = analysed.findings.iter().map(|f| f.kind.slug()).collect();
        assert!(slugs.contains(&kind), "{kind}: {slugs:?}");
    }
}

#[test]
fn a_take_that_was_cut_to_its_sweeps_is_analysed_with_a_warning() {
    let plan = plan::load("response").unwrap();
    let mut rig = rig(preset("closed-38").unwrap(), Wiring::Coupler, "fresh");
    let take = exchange(&mut rig, &plan);
    // The lead-in and the first pilot are gone.
    let cut = support::without_frames(&take, 0, 58_000);
    let analysed = analyser(&plan).response(&[cut], &rig.wiring().channels()).unwrap();
    assert!(matches!(analysed.outcome, Outcome::Response { .. }), "{:?}", analysed.findings);
    let slugs: Vec<_> = analysed.findings.iter().map(|f| f.kind.slug()).collect();
    assert!(slugs.contains(&"markers-missing"), "{slugs:?}");
}

#[test]
fn two_clocks_are_told_from_lost_samples() {
    let plan = plan::load("response").unwrap();
    let mut rig = rig(preset("closed-38").unwrap(), Wiring::Coupler, "fresh");
    let take = support::on_a_clock(&exchange(&mut rig, &plan), 1.0 + 40e-6);
    let analysed = analyser(&plan).response(&[take], &rig.wiring().channels()).unwrap();
    let drift = analysed.findings.iter().find_map(|f| match f.kind {
        FindingKind::ClockDrift { ppm, .. } => Some(ppm),
        _ => None,
    });
    let drift = drift.unwrap_or_else(|| panic!("{:?}", analysed.findings));
    assert!((drift - 40.0).abs() < 0.01, "{drift}");
    let Outcome::Response { response, .. } = analysed.outcome else { panic!("refused") };
    let truth = rig.truth_response(response.grid()).unwrap();
    let (db, deg) = deviation(&response, &truth);
    println!("{db} dB, {deg}°");
    // The noise of the microphone is in it.
    assert!(db < 0.3 && deg < 2.0, "{db} dB, {deg}°");
}

#[test]
fn a_drift_of_300_ppm_is_taken_out_to_0_02_db_and_1_degree_without_a_reference() {
    /// The promise, after the common delay, from 20 Hz to 20 kHz.
    const WITHIN_DB: f64 = 0.02;
    const WITHIN_DEG: f64 = 1.0;
    let plan = plan::load("response").unwrap();
    let channels = "microphone=2".parse().unwrap();
    let found = |ppm: f64| {
        let scenario = preset("closed-38").unwrap().ideal();
        let faults = Faults { clock_ppm: ppm, ..Faults::default() };
        let mut rig = rig(scenario.with_faults(faults).unwrap(), Wiring::Coupler, "fresh");
        let take = exchange(&mut rig, &plan);
        let analysed = analyser(&plan).response(&[take], &channels).unwrap();
        match analysed.outcome {
            Outcome::Response { response, .. } => response,
            other => panic!("{other:?} {:?}", analysed.findings),
        }
    };
    let undrifted = found(0.0);
    for ppm in [-300.0, 300.0] {
        let response = found(ppm);
        let ratios: Vec<_> =
            response.values().iter().zip(undrifted.values()).map(|(a, b)| a / b).collect();
        // The peak lies at another fraction of a sample. The delay that is common to all is found
        // where it turns the phase little, and then everywhere.
        let mut slope = 0.0;
        for highest_hz in [2e3, 20e3] {
            let points = response.hz().iter().zip(&ratios).filter(|(f, _)| **f <= highest_hz);
            let (above, below) = points.fold((0.0, 0.0), |(above, below), (f, ratio)| {
                (above + f * (ratio * Complex64::cis(-slope * f)).arg(), below + f * f)
            });
            slope += above / below;
        }
        let (mut db, mut deg) = (0.0_f64, 0.0_f64);
        for (hz, ratio) in response.hz().iter().zip(&ratios) {
            db = db.max(amplitude_db(ratio.norm()).abs());
            deg = deg.max((ratio * Complex64::cis(-slope * hz)).arg().to_degrees().abs());
        }
        println!("{ppm} ppm: {db:.5} dB, {deg:.4}°");
        assert!(db < WITHIN_DB && deg < WITHIN_DEG, "{ppm} ppm: {db} dB, {deg}°");
    }
}
