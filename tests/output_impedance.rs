//! The output impedance of amplifiers: how near it comes, how honest its error bar is, and the whole
//! way through the simulated rig.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these are tests"
)]

use std::f64::consts::TAU;

use cansweep::measure::{Analysed, Analyser, Inverse, Rig, Unwatched, stimulus_of};
use cansweep::metrology::budget::combined;
use cansweep::metrology::thevenin::{LoadedTake, output};
use cansweep::model::{
    Covariance, Curve, Impedance, Jig, LoadedAt, Normalisation, Outcome, OutputBench,
    OutputFigures, OutputTap, Recording, Source, TestLoad, Topology, Verification,
};
use cansweep::quantity::unit::Decibel;
use cansweep::quantity::{Capacitance, Frequency, Percent, Resistance};
use cansweep::rig::simulated::{Placement, Scenario, SimulatedRig, Wiring, preset};
use cansweep::store::plan;
use cansweep::study::source::{OnSource, Question, compare};
use num_complex::Complex64;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// The promise.
const OHM: f64 = 0.01;
const RELATIVE: f64 = 0.002;
const SOURCES_OHM: [f64; 5] = [0.05, 0.5, 1.0, 10.0, 120.0];
const LOADS: [&str; 3] = ["open", "33", "100"];

fn bench() -> OutputBench {
    OutputBench {
        tap: OutputTap::Plug,
        load_tolerance: Percent::new(0.1).unwrap(),
        lead_resistance: Some(Resistance::new(0.12).unwrap()),
        contact_resistance: Resistance::new(5e-3).unwrap(),
        drift_db: 5e-4,
        input_resistance: Some(Resistance::new(20e3).unwrap()),
        input_capacitance: Some(Capacitance::new(150e-12).unwrap()),
    }
}

fn hz() -> Vec<f64> {
    (0..80).map(|k| 20.0 * (f64::from(k) / 8.0).exp2()).collect()
}

/// Takes of an output, with everything that is uncertain drawn from what is stated of it.
fn drawn(source_ohm: f64, seed: u64) -> Vec<LoadedTake> {
    /// A converter of 105 dB, over the drive.
    const NOISE: f64 = 3e-6;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let of = bench();
    let normal = |random: &mut ChaCha8Rng| -> f64 { StandardNormal.sample(random) };
    let within = |random: &mut ChaCha8Rng, half: f64| half * random.random_range(-1.0..1.0);
    let input = (1.0 + within(&mut random, 0.05)) / 20e3;
    let farad = 150e-12 * (1.0 + within(&mut random, 0.05));
    let drift = 10_f64.powf(of.drift_db / 20.0) - 1.0;
    LOADS
        .map(|load| {
            let load: TestLoad = load.parse().unwrap();
            let tolerance = within(&mut random, of.load_tolerance.fraction());
            let contact = of.contact_resistance.ohm() * normal(&mut random);
            let gain = 1.0 + drift * Complex64::new(normal(&mut random), normal(&mut random));
            let voltage = |f: f64| {
                let total = load.ohm().map(|ohm| ohm * (1.0 + tolerance) + 0.12 + contact);
                let y = total.map_or(0.0, f64::recip) + Complex64::new(input, TAU * f * farad);
                gain / (1.0 + source_ohm * y)
            };
            let noisy = |f: f64| {
                let noise = Complex64::new(normal(&mut random), normal(&mut random));
                voltage(f) + NOISE * noise
            };
            let ratio: Vec<Complex64> = hz().into_iter().map(noisy).collect();
            let noise = vec![Covariance::circular(NOISE); ratio.len()];
            LoadedTake { load, ratio, noise, across: None }
        })
        .into()
}

#[test]
fn sources_from_0_05_to_120_ohms_come_out_within_their_error_bars() {
    const SEEDS: u64 = 200;
    for source in SOURCES_OHM {
        let (mut inside, mut all, mut square, mut called_linear) = (0_u32, 0_u32, 0.0, 0_u64);
        for seed in 0..SEEDS {
            let found = output(&hz(), &drawn(source, seed), &bench()).unwrap();
            called_linear += u64::from(found.linear == Some(true));
            let covariance = combined(&found.impedance, &found.budget());
            for (z, u) in found.impedance.iter().zip(covariance) {
                let off = (z.norm() - source).abs();
                inside += u32::from(off <= 2.0 * u.u_magnitude(*z));
                square += off * off;
                all += 1;
            }
        }
        let percent = 100.0 * f64::from(inside) / f64::from(all);
        let rms = (square / f64::from(all)).sqrt();
        println!("{source} Ω: {rms:.4} Ω rms, {percent:.1} % inside k = 2, {called_linear} linear");
        assert!(rms < OHM.max(RELATIVE * source), "{source} Ω: {rms} Ω");
        // 95.4 % of 200 rigs, whose errors are each the same at all frequencies.
        assert!((91.0..=99.5).contains(&percent), "{source} Ω: {percent} %");
        assert!(called_linear >= SEEDS - 2, "{source} Ω: {called_linear}");
    }
}

fn analysed(takes: &[Recording], loads: &[TestLoad], bench: &OutputBench) -> Analysed {
    let plan = plan::load("output-impedance").unwrap();
    let stimulus = stimulus_of(&plan).unwrap();
    let mut analyser = Analyser::new(stimulus, *plan.analysis(), Inverse::OfSamples).unwrap();
    let channels = "reference=1,sense=2".parse().unwrap();
    let loads: Vec<LoadedAt> = loads.iter().map(|&load| load.into()).collect();
    analyser.output_impedance(takes, &channels, &loads, bench).unwrap()
}

fn of_output(analysed: Analysed) -> (Impedance, OutputFigures) {
    match analysed.outcome {
        Outcome::OutputImpedance { impedance, figures, .. } => (impedance, figures),
        other => panic!("{other:?} {:?}", analysed.findings),
    }
}

#[test]
fn simulated_amplifiers_have_the_output_impedance_they_were_given() {
    for (source, capacitor) in [(0.05, None), (1.0, None), (120.0, None), (10.0, Some(220e-6))] {
        let scenario = preset("closed-38").unwrap().changed(|parts| {
            parts.amplifier.output_resistance_ohm = source;
            parts.amplifier.output_capacitor_f = capacitor;
            parts.amplifier.output_inductance_h = 0.0;
            parts.converter.gain_db = [0.0, 0.3];
            parts.converter.input_resistance_ohm = Some(20e3);
            parts.converter.input_capacitance_f = 150e-12;
            parts.jig.lead_resistance_ohm = 0.12;
            parts.jig.lead_inductance_h = 0.0;
        });
        let placement = Placement::new("fresh", 1, 1);
        let mut rig =
            SimulatedRig::new(scenario.unwrap(), Wiring::Output(OutputTap::Plug), placement)
                .unwrap();
        let loads = LOADS.map(|load| load.parse::<TestLoad>().unwrap());
        let stimulus = stimulus_of(&plan::load("output-impedance").unwrap()).unwrap();
        let takes = loads.map(|load| {
            assert!(rig.connect(load));
            rig.exchange(&stimulus, &mut Unwatched).unwrap()
        });
        let (impedance, figures) = of_output(analysed(&takes, &loads, &bench()));
        println!("{source} Ω: {figures:?}");
        let mut worst = 0.0_f64;
        for (f, z) in impedance.hz().iter().zip(impedance.values()) {
            let reactance = capacitor.map_or(0.0, |c| -1.0 / (TAU * f * c));
            let truth = Complex64::new(source, reactance);
            worst = worst.max((z - truth).norm() / OHM.max(RELATIVE * truth.norm()));
        }
        assert!(worst < 1.0, "{source} Ω: {worst} of what is promised");
        assert_eq!(figures.linear, Some(true));
        assert_eq!(figures.capacitance_f.is_some(), capacitor.is_some(), "{figures:?}");
        if let (Some(found), Some(truth)) = (figures.capacitance_f, capacitor) {
            assert!((found / truth - 1.0).abs() < 0.01, "{found}");
        }
    }
}

/// Takes of a tap through the simulated rig, with leads of 0.6 Ω to the loads.
fn tapped(tap: OutputTap, legs_ohm: (f64, Option<f64>)) -> (OutputFigures, Analysed) {
    let scenario = preset("closed-38").unwrap().changed(|parts| {
        parts.amplifier.output_resistance_ohm = legs_ohm.0;
        parts.amplifier.output_inductance_h = 0.0;
        parts.amplifier.negative_leg_ohm = legs_ohm.1;
        parts.converter.gain_db = [0.0, 0.02];
        parts.converter.input_resistance_ohm = Some(20e3);
        parts.converter.input_capacitance_f = 150e-12;
        parts.jig.lead_resistance_ohm = 0.6;
        parts.jig.lead_inductance_h = 0.0;
    });
    let wiring = Wiring::Output(tap);
    let placement = Placement::new("fresh", 1, 1);
    let mut rig = SimulatedRig::new(scenario.unwrap(), wiring, placement).unwrap();
    let loads = LOADS.map(|load| load.parse::<TestLoad>().unwrap());
    let plan = plan::load("output-impedance").unwrap();
    let stimulus = stimulus_of(&plan).unwrap();
    let takes = loads.map(|load| {
        assert!(rig.connect(load));
        rig.exchange(&stimulus, &mut Unwatched).unwrap()
    });
    let mut analyser = Analyser::new(stimulus, *plan.analysis(), Inverse::OfSamples).unwrap();
    // Of a tap at the load the leads do not matter, so that nobody states them.
    let lead_resistance = (tap == OutputTap::Balanced).then(|| Resistance::new(0.6).unwrap());
    let bench = OutputBench { tap, lead_resistance, ..bench() };
    let loads = loads.map(LoadedAt::from);
    let analysed = analyser.output_impedance(&takes, &wiring.channels(), &loads, &bench).unwrap();
    (of_output(analysed.clone()).1, analysed)
}

#[test]
fn a_tap_at_the_load_leaves_leads_and_contacts_out() {
    let (figures, _) = tapped(OutputTap::FourWire, (1.0, None));
    println!("{figures:?}");
    assert!((figures.at_1khz_ohm.unwrap() - 1.0).abs() < OHM, "{figures:?}");
    assert!((figures.lead_resistance_ohm.unwrap() - 0.6).abs() < 1e-3, "{figures:?}");
    assert!(figures.u_at_1khz_ohm.unwrap() < 0.005, "{figures:?}");
    assert_eq!(figures.linear, Some(true));
}

#[test]
fn the_legs_of_a_balanced_output_come_out_each_by_itself() {
    /// Both inputs differ by 0.02 dB, which a quarter of the asymmetry of the legs sees.
    const LEG: f64 = 0.005;
    let (figures, analysed) = tapped(OutputTap::Balanced, (4.7, Some(10.0)));
    println!("{figures:?}");
    let balanced = figures.balanced.clone().unwrap();
    assert!((figures.at_1khz_ohm.unwrap() / 14.7 - 1.0).abs() < RELATIVE, "{figures:?}");
    for (found, truth) in [
        (balanced.positive_ohm, 4.7),
        (balanced.negative_ohm, 10.0),
        (balanced.common_ohm, 4.7 * 10.0 / 14.7),
    ] {
        assert!((found.unwrap() / truth - 1.0).abs() < LEG, "{found:?} {truth}");
    }
    assert!((balanced.swing_db - 6.02).abs() < 0.03, "{balanced:?}");
    assert!(balanced.symmetry_db < -50.0, "{balanced:?}");
    let Outcome::OutputImpedance { detail: Some(detail), .. } = analysed.outcome else { panic!() };
    let open = detail.open_circuit.level().at(1000.0).unwrap();
    assert!((open - figures.open_circuit_db.unwrap()).abs() < 1e-9);
    assert!(detail.legs.is_some());
}

/// The response of a headphone behind a source, by its microphone alone.
fn response(scenario: &Scenario, source_ohm: f64, seating: u32) -> Curve<Decibel> {
    let scenario = scenario.with_output_resistance(source_ohm).unwrap();
    let placement = Placement::new("fresh", seating, 1);
    let mut rig = SimulatedRig::new(scenario, Wiring::Coupler, placement).unwrap();
    let plan = plan::load("response").unwrap();
    let stimulus = stimulus_of(&plan).unwrap();
    let take = rig.exchange(&stimulus, &mut Unwatched).unwrap();
    let mut analyser = Analyser::new(stimulus, *plan.analysis(), Inverse::OfSamples).unwrap();
    let analysed = analyser.response(&[take], &"microphone=2".parse().unwrap()).unwrap();
    match analysed.outcome {
        Outcome::Response { response, .. } => response.level(),
        other => panic!("{other:?} {:?}", analysed.findings),
    }
}

/// The impedance of a headphone behind a sense resistor.
fn impedance(scenario: Scenario) -> Impedance {
    let jig = Jig::with_resistor(Resistance::new(scenario.parts().jig.sense_resistor_ohm).unwrap());
    let wiring = Wiring::SenseResistor(Topology::HighSide);
    let mut rig = SimulatedRig::new(scenario, wiring, Placement::new("fresh", 1, 1)).unwrap();
    let plan = plan::load("impedance").unwrap();
    let stimulus = stimulus_of(&plan).unwrap();
    let take = rig.exchange(&stimulus, &mut Unwatched).unwrap();
    let mut analyser = Analyser::new(stimulus, *plan.analysis(), Inverse::OfSamples).unwrap();
    let jig = Jig { input_resistance: Some(Resistance::MAX), ..jig };
    let jig = Jig {
        input_capacitance: Some(Capacitance::MIN),
        lead_resistance: Some(Resistance::MIN),
        ..jig
    };
    let channels = "reference=1,sense=2".parse().unwrap();
    match analyser.impedance(&[take], &channels, &jig, None).unwrap().outcome {
        Outcome::Impedance { impedance, .. } => impedance,
        other => panic!("{other:?}"),
    }
}

fn on_120_ohms() -> Question {
    let at = Normalisation::At(Frequency::new(1000.0).unwrap());
    Question::of_sources([Resistance::new(120.0).unwrap()], at)
}

#[test]
fn the_response_behind_120_ohms_is_the_one_that_the_impedance_predicts() {
    /// The promise.
    const RESIDUAL_DB: f64 = 0.02;
    for name in ["open-300", "closed-38"] {
        let ideal = || preset(name).unwrap().ideal();
        let (bare, behind) = (response(&ideal(), 0.0, 1), response(&ideal(), 120.0, 1));
        let level = OnSource { source: Source::IDEAL, level: bare };
        let question = Question { response: Some(level), ..on_120_ohms() };
        let compared = compare(&impedance(ideal()), &question).unwrap();
        let predicted = compared.sources[0].response.clone().unwrap();
        let measured = behind.resampled_onto(predicted.grid()).unwrap();
        let at_1khz = |curve: &Curve<Decibel>| curve.at(1000.0).unwrap();
        let offset = at_1khz(&measured) - at_1khz(&predicted);
        let worst = measured
            .values()
            .iter()
            .zip(predicted.values())
            .map(|(measured, predicted)| (measured - predicted - offset).abs())
            .fold(0.0, f64::max);
        println!("{name}: {worst:.4} dB");
        assert!(worst < RESIDUAL_DB, "{name}: {worst} dB");
    }
}

/// Responses of a simulated headphone, on 0 Ω and on 120 Ω, held against each other.
fn verified(scenario: &Scenario, seating_on_120_ohms: u32) -> Verification {
    let on = |source_ohm, seating| OnSource {
        source: Resistance::new(source_ohm).unwrap().into(),
        level: response(scenario, source_ohm, seating),
    };
    let (response, measured) = (on(0.0, 1), on(120.0, seating_on_120_ohms));
    let question = Question { response: Some(response), verify: vec![measured], ..on_120_ohms() };
    let seen = compare(&impedance(scenario.clone()), &question).unwrap().verifications.remove(0);
    let (worst, u, rms) = (seen.worst_db, seen.u_worst_db(), seen.rms_db);
    println!("worst {worst:.4} dB, u {u:?}, rms {rms:.4} dB, {:?}", seen.verdict);
    seen
}

#[test]
fn a_response_of_the_same_seating_is_inside_the_uncertainty_of_its_prediction() {
    /// The promise.
    const RESIDUAL_DB: f64 = 0.02;
    for name in ["open-300", "closed-38"] {
        let scenario = preset(name).unwrap();
        let (clean, noisy) = (verified(&scenario.clone().ideal(), 1), verified(&scenario, 1));
        assert!(clean.worst_db.abs() < RESIDUAL_DB, "{name}: {} dB", clean.worst_db);
        assert!(noisy.rms_db < RESIDUAL_DB, "{name}: {} dB", noisy.rms_db);
        for seen in [clean, noisy] {
            let verdict = seen.verdict.unwrap();
            assert!(verdict.is_inside() && verdict.share_inside > 0.95, "{name}: {verdict:?}");
        }
    }
}

#[test]
fn a_response_of_another_seating_is_outside_the_uncertainty_of_its_prediction() {
    for name in ["open-300", "closed-38"] {
        let seen = verified(&preset(name).unwrap(), 2);
        assert!(!seen.verdict.as_ref().unwrap().is_inside(), "{name}: {:?}", seen.verdict);
    }
}
