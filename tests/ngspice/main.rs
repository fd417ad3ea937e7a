//! The electrical half of the simulated rig, and our own use of ngspice, against ngspice.

#[path = "mod.rs"]
mod ngspice;

mod calibrated;
mod crosstalk;
mod end_to_end;
mod outputs;

use std::io;
use std::path::Path;

use cansweep::model::{FrequencyGrid, Topology};
use cansweep::rig::simulated::{
    Driver, Headphone, Parts, Placement, Rear, Scenario, SimulatedRig, Wiring, preset,
};
use ngspice::Circuit;
use num_complex::Complex64;

const FREQUENCIES_HZ: [f64; 8] = [20.0, 63.0, 95.0, 200.0, 1e3, 3.6e3, 7e3, 20e3];

/// ngspice writes 15 digits of values computed in double precision.
const WRITTEN_DIGITS: f64 = 1e-11;

/// What the straight lines between 16 points per sample leave, as a share of v(load)/v(src):
/// 0.0013 dB and 0.009° were seen over 20 Hz to 20 kHz, here with some room.
const STRAIGHT_LINES: f64 = 3e-4;

const RATE_HZ: u32 = 48_000;

/// Stiffness of air γ·P₀, in pascals, as the simulated rig takes it.
const AIR_STIFFNESS_PA: f64 = 1.42e5;

fn headphone_300() -> io::Result<Circuit> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ngspice/headphone-300.inc");
    Circuit::from_file(&path)
}

fn relative(found: Complex64, expected: Complex64) -> f64 {
    (found - expected).norm() / expected.norm()
}

#[test]
fn the_headphone_of_300_ohms_has_the_impedance_of_its_parameters() {
    if ngspice::is_missing() {
        return;
    }
    let found = ngspice::impedance(&headphone_300().unwrap().ac(&FREQUENCIES_HZ).unwrap(), 100.0);
    let resonance =
        |f: f64, ohm: f64, f0: f64, q: f64| ohm / Complex64::new(1.0, q * (f / f0 - f0 / f));
    for (&f, z) in FREQUENCIES_HZ.iter().zip(found) {
        let jw = Complex64::new(0.0, std::f64::consts::TAU * f);
        let coil = 300.0 + jw * 0.15e-3 + (1.0 / 55.0 + (jw * 0.6e-3).inv()).inv();
        let expected = coil + resonance(f, 270.0, 95.0, 0.8) + resonance(f, 18.0, 3600.0, 4.0);
        assert!(relative(z, expected) < WRITTEN_DIGITS, "{f} Hz: {z} for {expected}");
    }
}

#[test]
fn a_transient_holds_the_frequency_response_of_its_circuit() {
    if ngspice::is_missing() {
        return;
    }
    // A chirp from 20 Hz to 20 kHz within 0.2 s, faded at both ends, and silence.
    let rate = f64::from(RATE_HZ);
    let growth = 1000_f64.ln() / 0.2;
    let stimulus: Vec<f64> = (0..RATE_HZ * 2 / 5)
        .map(|k| {
            let t = f64::from(k) / rate;
            let phase = std::f64::consts::TAU * 20.0 * ((growth * t).exp() - 1.0) / growth;
            let fade = (t / 0.02).min((0.2 - t) / 0.002).clamp(0.0, 1.0);
            0.5 * fade * phase.sin()
        })
        .collect();
    let [src, load] = headphone_300().unwrap().transient(&stimulus, RATE_HZ).unwrap();
    assert_eq!((src.len(), load.len()), (stimulus.len(), stimulus.len()));
    let at = |signal: &[f64], f: f64| -> Complex64 {
        let turn = -std::f64::consts::TAU * f / rate;
        signal.iter().enumerate().map(|(k, v)| v * Complex64::cis(turn * k as f64)).sum()
    };
    let frequencies_hz = [60.0, 95.0, 300.0, 1e3, 3.6e3, 10e3];
    let expected = headphone_300().unwrap().ac(&frequencies_hz).unwrap();
    for (f, [ac_src, ac_load]) in frequencies_hz.into_iter().zip(expected) {
        let difference = relative(at(&load, f) / at(&src, f), ac_load / ac_src);
        assert!(difference < STRAIGHT_LINES, "{f} Hz: {difference}");
    }
}

/// A bench that ngspice can hold too: a sealed cup and an inductance without losses.
fn lumped(parts: &mut Parts) {
    parts.amplifier.output_resistance_ohm = 4.7;
    parts.amplifier.output_inductance_h = 3e-6;
    parts.amplifier.output_capacitor_f = Some(220e-6);
    parts.jig.sense_resistor_ohm = 33.0;
    parts.jig.sense_resistor_deviation_percent = 1.0;
    parts.jig.lead_resistance_ohm = 0.12;
    parts.jig.lead_inductance_h = 0.6e-6;
    parts.converter.input_resistance_ohm = Some(10e3);
    parts.converter.input_capacitance_f = 150e-12;
    parts.headphone = Headphone {
        driver: Driver { inductance_exponent: 1.0, ..parts.headphone.driver },
        front_volume_cm3: 35.0,
        pads: Vec::new(),
        baffle: Vec::new(),
        rear: Rear::Closed { volume_cm3: 25.0, vents: Vec::new() },
    };
    for state in &mut parts.states {
        state.scatter = cansweep::rig::simulated::Scatter::default();
    }
}

/// The same bench as a netlist, with the driver as a coil and one parallel resonant circuit.
fn netlist(scenario: &Scenario, topology: Topology) -> String {
    let driver = scenario.parts().headphone.driver;
    let (bl, area) = (driver.force_factor_t_m.powi(2), driver.area_cm2 * 1e-4);
    let air = area * area * AIR_STIFFNESS_PA * (1.0 / 35e-6 + 1.0 / 25e-6);
    let spring = 1e3 / driver.compliance_mm_per_n + air;
    let inductance = driver.inductance_at_1_khz_ohm / (std::f64::consts::TAU * 1e3);
    let (upper, lower) = match topology {
        Topology::HighSide => (("src", "load"), ("load", "0")),
        Topology::LowSide => (("load", "0"), ("src", "load")),
    };
    let ((r_from, r_to), (z_from, z_to)) = (upper, lower);
    format!(
        "Cout in a 220u\nRout a b 4.7\nLout b src 3u\n\
         Rin1 src 0 10k\nCin1 src 0 150p\nRin2 load 0 10k\nCin2 load 0 150p\n\
         Rsense {r_from} {r_to} 33.33\nRlead {z_from} c 0.12\nLlead c d 0.6u\n\
         Re d e {:e}\nLe e f {inductance:e}\n\
         Rm f {z_to} {:e}\nCm f {z_to} {:e}\nLm f {z_to} {:e}\n",
        driver.voice_coil_ohm,
        bl / driver.damping_n_s_per_m,
        driver.mass_g * 1e-3 / bl,
        bl / spring,
    )
}

#[test]
fn the_simulated_jig_divides_as_ngspice_does() {
    if ngspice::is_missing() {
        return;
    }
    let scenario = preset("closed-38").unwrap().changed(lumped).unwrap();
    let grid = FrequencyGrid::new(FREQUENCIES_HZ.to_vec()).unwrap();
    for topology in [Topology::HighSide, Topology::LowSide] {
        let wiring = Wiring::SenseResistor(topology);
        let placement = Placement::new("fresh", 1, 1);
        let rig = SimulatedRig::new(scenario.clone(), wiring, placement).unwrap();
        let truth = rig.truth_response(&grid).unwrap();
        let nodes = Circuit::from_text(netlist(&scenario, topology)).ac(grid.hz()).unwrap();
        for ((&f, found), [src, load]) in grid.hz().iter().zip(truth.values()).zip(nodes) {
            assert!(relative(*found, load / src) < WRITTEN_DIGITS, "{topology:?} {f} Hz");
        }
    }
}
