//! Two channels with a shared return in ngspice: its resistance and coil come out of takes with
//! loads, and with a headphone they predict what ngspice shows.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these are tests"
)]

use std::f64::consts::TAU;

use cansweep::measure::{Analyser, Inverse, stimulus_of};
use cansweep::metrology::shared_return::crosstalk;
use cansweep::model::{
    CrosstalkBench, CrosstalkTake, FrequencyGrid, Ground, Impedance, KnownOutput, Outcome,
    Recording, RigIdentity, RigKind, SampleFormat, Side,
};
use cansweep::quantity::{Percent, Resistance};
use cansweep::rig::simulated::{Connected, Placement, SimulatedRig, Wiring, preset};
use ndarray::Array2;
use num_complex::Complex64;

use super::end_to_end::short_plan;
use super::ngspice::{self, Circuit};
use super::{FREQUENCIES_HZ, WRITTEN_DIGITS, relative};

const SOURCE_OHM: f64 = 4.0;
const RETURN_OHM: f64 = 0.3;
const RETURN_H: f64 = 1e-6;

/// Sources of 4 Ω with a capacitor between their inputs, each with a load between `a` (driven) or
/// `b` (idle) and `c`, and the return; `src` and `load` are what the inputs see.
fn netlist(ground: Ground, load: &dyn Fn(&str) -> String) -> String {
    let common = if ground == Ground::Common { "c" } else { "0" };
    format!(
        "Ra in a {SOURCE_OHM}\nCx in q 10p\nRq q 0 800\nEb e 0 q 0 1\nRb e b {SOURCE_OHM}\n\
         {}{}Rr c r {RETURN_OHM}\nLr r 0 {RETURN_H}\n\
         Esrc src 0 a {common} 1\nEload load 0 b {common} 1\nRsrc src 0 1k\nRload load 0 1k\n",
        load("a"),
        load("b"),
    )
}

/// A headphone of 32 Ω with a coil and one resonance at 85 Hz.
fn headphone(node: &str) -> String {
    format!(
        "Re{node} {node} {node}1 32\nLe{node} {node}1 {node}2 0.3m\n\
         Rm{node} {node}2 c 40\nLm{node} {node}2 c 50m\nCm{node} {node}2 c 70u\n"
    )
}

fn headphone_ohm(hz: f64) -> Complex64 {
    let jw = Complex64::new(0.0, TAU * hz);
    32.0 + jw * 0.3e-3 + (1.0 / 40.0 + (jw * 50e-3).inv() + jw * 70e-6).inv()
}

fn own(hz: f64) -> Complex64 {
    let jwt = Complex64::new(0.0, TAU * hz * 8e-9);
    jwt / (1.0 + jwt)
}

#[test]
fn the_formula_of_the_ratio_is_the_circuit_with_a_headphones_motional_impedance() {
    if ngspice::is_missing() {
        return;
    }
    for ground in [Ground::Common, Ground::Amplifier] {
        let nodes = Circuit::from_text(netlist(ground, &headphone)).ac(&FREQUENCIES_HZ).unwrap();
        for (&f, [driven, idle]) in FREQUENCIES_HZ.iter().zip(nodes) {
            let shared = Complex64::new(RETURN_OHM, TAU * f * RETURN_H);
            let load = Some(headphone_ohm(f));
            let expected = crosstalk(ground, own(f), shared, load, SOURCE_OHM.into());
            let off = relative(idle / driven, expected);
            assert!(off < WRITTEN_DIGITS / expected.norm(), "{ground} {f} Hz: {off}");
        }
    }
}

#[test]
fn the_simulated_channels_share_a_return_as_ngspice_has_it() {
    if ngspice::is_missing() {
        return;
    }
    let grid = FrequencyGrid::new(FREQUENCIES_HZ.to_vec()).unwrap();
    let scenario = preset("closed-38").unwrap().ideal().changed(|parts| {
        parts.amplifier.output_resistance_ohm = SOURCE_OHM;
        parts.amplifier.return_resistance_ohm = RETURN_OHM;
        parts.amplifier.return_inductance_h = RETURN_H;
        parts.amplifier.crosstalk_s = 0.0;
        parts.converter.input_resistance_ohm = Some(10e3);
        parts.converter.input_capacitance_f = 200e-12;
    });
    let scenario = scenario.unwrap();
    for ground in [Ground::Common, Ground::Amplifier] {
        let placement = Placement::new("fresh", 1, 1);
        let rig = SimulatedRig::new(scenario.clone(), Wiring::BothChannels(ground), placement);
        let truth = rig.unwrap().connecting(Connected::Load(33.0)).truth_response(&grid).unwrap();
        let end = if ground == Ground::Common { "c" } else { "0" };
        let load = |node: &str| {
            format!("R{node}l {node} c 33\nR{node}i {node} {end} 10k\nC{node}i {node} {end} 200p\n")
        };
        let silent = netlist(ground, &load).replace("Cx in q 10p\n", "");
        let nodes = Circuit::from_text(silent).ac(grid.hz()).unwrap();
        for ((&f, found), [driven, idle]) in grid.hz().iter().zip(truth.values()).zip(nodes) {
            let off = relative(*found, idle / driven);
            assert!(off < WRITTEN_DIGITS / found.norm(), "{ground} {f} Hz: {off}");
        }
    }
}

#[test]
fn resistance_and_coil_of_a_shared_return_come_out_and_predict_a_headphone() {
    /// The promise.
    const RELATIVE: f64 = 0.01;
    const RESIDUAL_DB: f64 = 0.02;
    if ngspice::is_missing() {
        return;
    }
    let plan = short_plan();
    let stimulus = stimulus_of(&plan).unwrap();
    let (samples, rate) = (stimulus.samples(), stimulus.rate());
    let stood = ["open", "33", "headphone"]
        .map(|load| CrosstalkTake { load: load.parse().unwrap(), driven: Side::Left });
    let impedance = Impedance::from_fn(FrequencyGrid::standard(), headphone_ohm).unwrap();
    for ground in [Ground::Common, Ground::Amplifier] {
        let open = |_: &str| String::new();
        let resistor = |node: &str| format!("R{node}l {node} c 33\n");
        let loads: [&dyn Fn(&str) -> String; 3] = [&open, &resistor, &headphone];
        let takes = loads.map(|load| {
            let circuit = Circuit::from_text(netlist(ground, load));
            let nodes = circuit.filtered(samples, rate.hz()).unwrap();
            let samples = Array2::from_shape_fn((2, nodes[0].len()), |(node, k)| nodes[node][k]);
            let rig = RigIdentity { kind: RigKind::Replay, name: "ngspice".to_owned() };
            Recording::new(rate, samples, SampleFormat::Float, rig).unwrap()
        });
        let bench = CrosstalkBench {
            ground,
            output: KnownOutput::Ohm(Resistance::new(SOURCE_OHM).unwrap()),
            load_tolerance: Percent::new(0.1).unwrap(),
            gain_match_db: 0.0,
            return_resistance: None,
            headphones: vec![("headphone".to_owned(), impedance.clone())],
            at_least_db: None,
        };
        let stimulus = stimulus_of(&plan).unwrap();
        let mut analyser = Analyser::new(stimulus, *plan.analysis(), Inverse::OfSamples).unwrap();
        let channels = "reference=1,sense=2".parse().unwrap();
        let analysed = analyser.crosstalk(&takes, &channels, &stood, &bench).unwrap();
        let Outcome::Crosstalk { figures, .. } = analysed.outcome else {
            panic!("{:?}", analysed.findings);
        };
        println!("{ground}: {figures:?}");
        let near = |found: Option<f64>, truth: f64| (found.unwrap() / truth - 1.0).abs() < RELATIVE;
        assert!(near(figures.return_ohm, RETURN_OHM), "{ground}");
        assert!(near(figures.return_h, RETURN_H), "{ground}");
        let residual = figures.takes[2].residual_db.unwrap();
        assert!(residual < RESIDUAL_DB, "{ground}: {residual} dB");
    }
}
