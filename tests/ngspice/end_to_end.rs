//! A two-channel take that ngspice computed, through the whole analysis, against ngspice's own
//! answer in the frequency domain.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these are tests"
)]

use std::path::Path;

use cansweep::measure::{Analyser, Inverse, stimulus_of};
use cansweep::model::{
    Jig, Outcome, Plan, Recording, RigIdentity, RigKind, SampleFormat, Topology,
};
use cansweep::quantity::{Percent, Resistance};
use cansweep::store::plan;
use ndarray::Array2;

use super::ngspice::{self, Circuit};

/// The promise. The transient itself is good to 0.04 %.
const RELATIVE: f64 = 0.001;
const DEGREES: f64 = 0.1;

/// One sweep of two seconds with little silence: a second of transient takes ngspice some ten.
pub(crate) fn short_plan() -> Plan {
    let text = plan::builtin_text("response-quick").unwrap();
    let mut table: toml::Table = text.parse().unwrap();
    table["markers"] = false.into();
    for (key, value) in [("lead_in", "50ms"), ("gap", "600ms"), ("tail", "50ms")] {
        table["silence"][key] = value.into();
    }
    plan::parse(&table.to_string(), "short").unwrap()
}

/// The same with a sweep of one second, for takes that come several at a time.
pub(crate) fn brief_plan() -> Plan {
    let mut table: toml::Table = toml::to_string(&short_plan()).unwrap().parse().unwrap();
    table["sweep"]["duration"] = "1s".into();
    plan::parse(&table.to_string(), "brief").unwrap()
}

fn agrees_with_ac(circuit: &Circuit, sense_ohm: f64) {
    if ngspice::is_missing() {
        return;
    }
    let plan = short_plan();
    let stimulus = stimulus_of(&plan).unwrap();
    let rate = stimulus.rate();
    let nodes = circuit.transient(stimulus.samples(), rate.hz()).unwrap();
    let samples = Array2::from_shape_fn((2, nodes[0].len()), |(node, k)| nodes[node][k]);
    let rig = RigIdentity { kind: RigKind::Replay, name: "ngspice".to_owned() };
    let take = Recording::new(rate, samples, SampleFormat::Float, rig).unwrap();
    let settings = Jig {
        resistor_tolerance: Percent::new(0.0).unwrap(),
        topology: Topology::HighSide,
        input_resistance: None,
        gain_match_db: 0.0,
        ..Jig::with_resistor(Resistance::new(sense_ohm).unwrap())
    };
    let mut analyser = Analyser::new(stimulus, *plan.analysis(), Inverse::OfSamples).unwrap();
    let channels = "reference=1,sense=2".parse().unwrap();
    let analysed = analyser.impedance(&[take], &channels, &settings, None).unwrap();
    let Outcome::Impedance { impedance, .. } = analysed.outcome else {
        panic!("{:?}", analysed.findings);
    };
    let expected = ngspice::impedance(&circuit.ac(impedance.hz()).unwrap(), sense_ohm);
    let (mut worst, mut worst_deg) = (0.0_f64, 0.0_f64);
    for (z, expected) in impedance.values().iter().zip(expected) {
        worst = worst.max((z.norm() / expected.norm() - 1.0).abs());
        worst_deg = worst_deg.max((z / expected).arg().to_degrees().abs());
    }
    println!("worst: {:.4} %, {worst_deg:.4}°", worst * 100.0);
    assert!(worst < RELATIVE && worst_deg < DEGREES, "{worst} {worst_deg}°");
}

#[test]
fn the_transient_of_a_32_ohm_headphone_gives_the_impedance_of_its_ac_analysis() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sound_server/headphone.inc");
    agrees_with_ac(&Circuit::from_file(&path).unwrap(), 10.0);
}

#[test]
fn the_transient_of_a_300_ohm_headphone_gives_the_impedance_of_its_ac_analysis() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ngspice/headphone-300.inc");
    agrees_with_ac(&Circuit::from_file(&path).unwrap(), 100.0);
}
