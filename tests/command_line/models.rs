//! `inspect model`: circuits of impedance files, moving parts, and what is refused.

use std::f64::consts::{PI, TAU};
use std::fmt::Write as _;

use num_complex::Complex64;

use crate::bench::Bench;

const MASS_KG: f64 = 0.4e-3;
const COMPLIANCE: f64 = 7e-3;
/// Files have four decimals.
const WRITTEN: f64 = 2e-3;

/// A driver of 32 Ω with a force factor of 1.6 Tm.
fn driver(mass: f64, compliance: f64) -> impl Fn(f64) -> Complex64 {
    move |f| {
        let s = Complex64::new(0.0, TAU * f);
        32.0 + s * 5e-5 + 1.6 * 1.6 / (0.08 + s * mass + 1.0 / (s * compliance))
    }
}

fn resonance(f: f64, height: f64, fs: f64, q: f64) -> Complex64 {
    height / Complex64::new(1.0, q * (f / fs - fs / f))
}

fn write(bench: &Bench, name: &str, from_hz: f64, z: impl Fn(f64) -> Complex64) {
    let mut text = "Freq(Hz) Z(ohms) Phase(degrees)\n".to_owned();
    let hz = (0..).map(|k| from_hz * (f64::from(k) / 48.0).exp2()).take_while(|f| *f < 20e3);
    for f in hz {
        let z = z(f);
        writeln!(text, "{f:.5} {:.6} {:.6}", z.norm(), z.arg().to_degrees()).unwrap();
    }
    bench.write(name, text.as_bytes());
}

fn figure(document: &serde_json::Value, name: &str) -> f64 {
    document["figures"]["moving_parts"][name]["value"].as_f64().unwrap()
}

#[test]
fn an_added_mass_and_a_closed_volume_tell_the_same_moving_parts() {
    let bench = Bench::new();
    let area = 0.25 * PI * 0.036 * 0.036;
    let of_air = 150e-6 / (1.4 * 101_325.0 * area * area);
    write(&bench, "free.zma", 20.0, driver(MASS_KG, COMPLIANCE));
    write(&bench, "heavy.zma", 20.0, driver(MASS_KG + 0.3e-3, COMPLIANCE));
    write(&bench, "boxed.zma", 20.0, driver(MASS_KG, 1.0 / (1.0 / COMPLIANCE + 1.0 / of_air)));
    for change in ["heavy.zma --added-mass 300mg", "boxed.zma --closed-volume 150mL"] {
        let line = format!("inspect model free.zma --with {change} --diameter 36mm");
        let document = bench.run(&format!("{line} --json")).ended(0).document();
        for (name, expected) in [
            ("force_factor_tm", 1.6),
            ("moving_mass_g", 0.4),
            ("compliance_mm_per_n", 7.0),
            ("mechanical_resistance_kg_per_s", 0.08),
        ] {
            let found = figure(&document, name);
            assert!((found / expected - 1.0).abs() < WRITTEN, "{change}: {name} {found}");
        }
        bench.run(&line).ended(0).prints("Vas").prints("three points");
    }
    bench.run("inspect model free.zma --with heavy.zma").ended(2).says("--added-mass");
    bench.run("inspect model free.zma --with heavy.zma --added-mass 0g").ended(2);
    bench.run("inspect model free.zma --with heavy.zma --added-mass -1g").ended(2);
    bench.run("inspect model free.zma --added-mass 1g").ended(2).says("--with");
    let swapped = "inspect model heavy.zma --with free.zma --added-mass 300mg";
    bench.run(swapped).ended(1).says("moves it down");
}

#[test]
fn a_curve_that_holds_no_such_circuit_is_a_negative_answer_with_its_reason() {
    let bench = Bench::new();
    let coil = |f: f64| 32.0 + 0.8 * Complex64::new(0.0, f / 1e3).powf(0.6);
    write(&bench, "two.zma", 20.0, |f| {
        coil(f) + resonance(f, 24.0, 90.0, 2.2) + resonance(f, 15.0, 2500.0, 4.0)
    });
    write(&bench, "cut.zma", 20.0, |f| coil(f) + resonance(f, 24.0, 18.0, 2.2));
    write(&bench, "planar.zma", 20.0, |f| Complex64::new(18.0, 4e-5 * f));
    write(&bench, "blind.zma", 20.0, |f| Complex64::from(coil(f).norm()));
    for (line, reason) in [
        ("two.zma --resonances 1", "there are 2 peaks"),
        ("cut.zma", "cut off"),
        ("planar.zma --resonances 1", "no resonance is resolved"),
        ("blind.zma", "no phase"),
        ("two.zma --from 15kHz", "points from"),
    ] {
        let ran = bench.run(&format!("inspect model {line}")).ended(1).says(reason);
        assert!(ran.stderr.contains("hint:"), "{}", ran.stderr);
        let document = bench.run(&format!("inspect model {line} --json")).ended(1).document();
        assert!(document["error"]["message"].as_str().unwrap().contains(reason));
    }
    bench.run("inspect model two.zma --from 2kHz --to 50Hz").ended(2).says("--from lies above");
    let planar = bench.run("inspect model planar.zma").ended(0);
    assert!(planar.stdout.contains("none is resolved") && !planar.stdout.contains("Qms"));
    let document = bench.run("inspect model two.zma --json").ended(0).document();
    let found = document["figures"]["resonances"].as_array().unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    let residual = document["curve"]["residual_re_ohm"].as_array().unwrap();
    assert_eq!(residual.len(), document["curve"]["frequency_hz"].as_array().unwrap().len());
}
