//! Outputs of amplifiers in ngspice: what they consist of comes out of takes with three loads, and
//! one that limits is told from a linear one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these are tests"
)]

use cansweep::measure::{Analysed, Analyser, Inverse, stimulus_of};
use cansweep::model::{
    FindingKind, LoadedAt, Outcome, OutputBench, OutputFigures, OutputTap, Plan, Recording,
    RigIdentity, RigKind, SampleFormat, TestLoad,
};
use cansweep::quantity::{Capacitance, Percent, Resistance};
use ndarray::Array2;

use super::end_to_end::{brief_plan, short_plan};
use super::ngspice::{self, Circuit};

const LOADS: [&str; 3] = ["open", "100", "33"];

/// Takes of an output between the nodes `src` and `load` with each load; `step` computes them.
fn analysed(
    output: &str,
    plan: &Plan,
    step: impl Fn(&Circuit, &[f64], u32) -> [Vec<f64>; 2],
) -> Analysed {
    let stimulus = stimulus_of(plan).unwrap();
    let (samples, rate) = (stimulus.samples(), stimulus.rate());
    let loads = LOADS.map(|load| load.parse::<TestLoad>().unwrap());
    let takes = loads.map(|load| {
        let load = load.ohm().map_or_else(String::new, |ohm| format!("Rl load 0 {ohm}\n"));
        let input = "Vdrive in src 0\nRj load 0 10k\nCj load 0 200p\n";
        let nodes = step(&Circuit::from_text(format!("{input}{output}{load}")), samples, rate.hz());
        let samples = Array2::from_shape_fn((2, nodes[0].len()), |(node, k)| nodes[node][k]);
        let rig = RigIdentity { kind: RigKind::Replay, name: "ngspice".to_owned() };
        Recording::new(rate, samples, SampleFormat::Float, rig).unwrap()
    });
    let bench = OutputBench {
        tap: OutputTap::Plug,
        load_tolerance: Percent::new(0.1).unwrap(),
        lead_resistance: Some(Resistance::new(0.0).unwrap()),
        contact_resistance: Resistance::new(5e-3).unwrap(),
        drift_db: 5e-4,
        input_resistance: Some(Resistance::new(10e3).unwrap()),
        input_capacitance: Some(Capacitance::new(200e-12).unwrap()),
    };
    let mut analyser = Analyser::new(stimulus, *plan.analysis(), Inverse::OfSamples).unwrap();
    let channels = "reference=1,sense=2".parse().unwrap();
    let loads = loads.map(LoadedAt::from);
    analyser.output_impedance(&takes, &channels, &loads, &bench).unwrap()
}

fn figures(analysed: Analysed) -> OutputFigures {
    match analysed.outcome {
        Outcome::OutputImpedance { figures, .. } => figures,
        other => panic!("{other:?} {:?}", analysed.findings),
    }
}

#[test]
fn resistance_capacitor_and_coil_of_an_output_come_out_to_a_hundredth() {
    /// The promise.
    const RELATIVE: f64 = 0.01;
    if ngspice::is_missing() {
        return;
    }
    let outputs = [
        ("resistive", "Ro src load 4.7\n", (4.7, None, None)),
        ("coupled", "Ro src o1 10\nCo o1 load 220u\n", (10.0, Some(220e-6), None)),
        ("behind a coil", "Ro src o1 0.5\nLo o1 load 2u\nRz o1 load 10\n", (0.5, None, Some(2e-6))),
    ];
    for (name, output, (ohm, farad, henry)) in outputs {
        let found = figures(analysed(output, &short_plan(), |circuit, samples, rate| {
            circuit.filtered(samples, rate).unwrap()
        }));
        println!("{name}: {found:?}");
        let near = |found: Option<f64>, truth: f64| (found.unwrap() / truth - 1.0).abs() < RELATIVE;
        assert!(near(found.resistance_ohm, ohm), "{name}");
        assert_eq!(found.capacitance_f.is_some(), farad.is_some(), "{name}");
        assert_eq!(found.inductance_h.is_some(), henry.is_some(), "{name}");
        assert!(farad.is_none_or(|farad| near(found.capacitance_f, farad)), "{name}");
        assert!(henry.is_none_or(|henry| near(found.inductance_h, henry)), "{name}");
        assert_eq!(found.linear, Some(true), "{name}");
    }
}

#[test]
fn an_output_behind_a_diode_limiter_is_not_called_linear_and_its_load_is_named() {
    if ngspice::is_missing() {
        return;
    }
    // Four diodes with a bias that the current may not exceed.
    let output = "Ro src o1 1\nIb bottom top 12m\nD1 top o1 dio\nD2 top load dio\nD3 o1 bottom dio\n\
                  D4 load bottom dio\n.model dio d(is=1e-9 n=1)\nRt top 0 1e7\nRb bottom 0 1e7\n";
    let analysed = analysed(output, &brief_plan(), |circuit, samples, rate| {
        circuit.transient(samples, rate).unwrap()
    });
    let named = analysed.findings.iter().find_map(|finding| match finding.kind {
        FindingKind::LoadDependent { load_ohm, off_db } => Some((load_ohm, off_db)),
        _ => None,
    });
    println!("{named:?}");
    assert_eq!(named.map(|(ohm, _)| ohm), Some(Some(33.0)), "{:?}", analysed.findings);
    assert_eq!(figures(analysed).linear, Some(false));
}
