//! Jigs calibrated from takes and on a simulated rig, what is measured with them, and the circuit
//! behind it.

use crate::bench::{Bench, copy_of, numbers, stimulus, worst};

/// Gain of the second input over the first: 0.5 dB that nobody matched.
const MISMATCH: f64 = 1.059;
/// What the sense resistor really has, of the 100 Ω that are typed.
const RESISTOR: f64 = 103.0;
/// Rounding of 16-bit takes and the noise of none.
const RELATIVE: f64 = 1e-3;

/// Takes of an open, a short, loads and a resistor of 47 Ω behind an unmatched jig.
fn bench() -> Bench {
    let bench = Bench::new();
    let takes = [
        ("open.wav", 1.0),
        ("short.wav", 1e-4),
        ("load.wav", 100.0 / (100.0 + RESISTOR)),
        ("check.wav", 33.0 / (33.0 + RESISTOR)),
        ("take.wav", 47.0 / (47.0 + RESISTOR)),
    ];
    for (name, share) in takes {
        let gains = [0.7, 0.7 * share * MISMATCH];
        bench.write_take(name, &gains.map(|gain| copy_of(stimulus(), 300, gain)));
    }
    bench
}

const OSL: &str = "calibrate impedance --open open.wav --short short.wav --load load.wav \
                   --load-ohm 100 --sense-resistor 100 --plan short.toml";

fn magnitude(bench: &Bench, options: &str) -> Vec<f64> {
    let line = "measure impedance --take take.wav --plan short.toml --no-figures --json";
    let document = bench.run(&format!("{line} {options} -o out")).ended(0).document();
    std::fs::remove_dir_all(bench.path("out")).unwrap();
    numbers(&document["curve"]["magnitude_ohm"])
}

#[test]
fn open_short_and_load_take_out_an_unmatched_jig() {
    let bench = bench();
    let line = format!("{OSL} --check check.wav --check-ohm 33 -o cal.toml --json");
    let document = bench.run(&line).ended(0).document();
    assert_eq!(document["kind"], "calibration");
    assert_eq!(document["figures"]["method"], "open-short-load");
    let check = &document["figures"]["checks"][0];
    assert!(check["worst_percent"].as_f64().unwrap() < 0.1, "{check}");
    let kinds: Vec<_> =
        document["findings"].as_array().unwrap().iter().map(|f| &f["kind"]).collect();
    assert!(kinds.iter().any(|kind| **kind == "wrong-sense-resistor"), "{kinds:?}");
    let off = worst(&magnitude(&bench, "--calibration cal.toml"), 47.0) / 47.0;
    assert!(off < RELATIVE, "{off}");
    let bare = worst(&magnitude(&bench, "--sense-resistor 100"), 47.0) / 47.0;
    assert!(bare > 0.03, "{bare}");
}

#[test]
fn fewer_standards_take_out_less_and_say_so() {
    let bench = bench();
    let calibrate = |standards: &str| {
        let line = format!(
            "calibrate impedance {standards} --sense-resistor {RESISTOR} --plan short.toml \
             -o cal.toml --force --json"
        );
        let document = bench.run(&line).ended(0).document();
        let off = worst(&magnitude(&bench, "--calibration cal.toml"), 47.0) / 47.0;
        assert!(off < RELATIVE, "{standards}: {off}");
        document["figures"]["method"].as_str().unwrap().to_owned()
    };
    assert_eq!(calibrate("--open open.wav"), "open");
    assert_eq!(calibrate("--load load.wav --load-ohm 100"), "load");
    assert_eq!(calibrate("--open open.wav --load load.wav --load-ohm 100"), "open-load");
    let refused = bench.run(
        "calibrate impedance --short short.wav --sense-resistor 100 --plan short.toml -o no.toml",
    );
    assert!(refused.ended(4).stderr.contains("this standard alone calibrates nothing"));
    assert!(!bench.path("no.toml").exists());
}

#[test]
fn takes_that_were_mixed_up_are_refused_by_name() {
    let bench = bench();
    let line = OSL
        .replace("open.wav", "x")
        .replace("load.wav", "open.wav")
        .replace("--open x", "--open load.wav");
    let refused = bench.run(&format!("{line} -o cal.toml")).ended(4);
    assert!(refused.stderr.contains("looks like that of the"), "{}", refused.stderr);
}

#[test]
fn the_uncertainty_has_a_budget_in_print_and_in_the_document() {
    let bench = bench();
    bench.run(&format!("{OSL} -o cal.toml")).ended(0);
    let line = "measure impedance --take take.wav --plan short.toml --no-figures";
    let told = bench.run(&format!("{line} --calibration cal.toml --budget -o out")).ended(0);
    for words in ["load standard, value", "contacts", "expanded, k = 2", "DC resistance"] {
        assert!(told.stdout.contains(words), "{words}: {}", told.stdout);
    }
    let text = std::fs::read_to_string(bench.path("out/impedance.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let lines = document["budget"]["contributions"].as_array().unwrap();
    assert!(lines.iter().any(|line| line["source"] == "load-standard"));
    let points = document["curve"]["frequency_hz"].as_array().unwrap().len();
    assert_eq!(lines[0]["u_magnitude_ohm"].as_array().unwrap().len(), points);
}

#[test]
fn another_jig_than_the_calibrated_one_is_refused() {
    let bench = bench();
    bench.run(&format!("{OSL} -o cal.toml")).ended(0);
    let line = "measure impedance --take take.wav --plan short.toml --calibration cal.toml -o out";
    let refused = bench.run(&format!("{line} --sense-resistor 33")).ended(5);
    assert!(refused.stderr.contains("sense resistor"), "{}", refused.stderr);
    bench.run(&format!("{line} --topology low-side")).ended(5);
    let bare = "measure impedance --take take.wav --plan short.toml -o out";
    assert!(bench.run(bare).ended(2).stderr.contains("--sense-resistor"));
    assert!(bench.run(&format!("{bare} --jig nothing")).ended(5).stderr.contains("high-side-100"));
    let balanced = format!("{bare} --sense-resistor 100 --drive balanced --no-figures");
    assert!(bench.run(&balanced).ended(4).stderr.contains("differential inputs"));
}

#[test]
fn a_simulated_rig_is_calibrated_measured_and_modelled() {
    let bench = Bench::new();
    let line = "calibrate impedance --rig sim:open-300 --jig high-side-100 --load-ohm 100 \
                --check-ohm 330 -o cal.toml --json";
    let document = bench.run(line).ended(0).document();
    let check = &document["figures"]["checks"][0];
    assert!(check["worst_percent"].as_f64().unwrap() < 0.2, "{check}");
    assert!(bench.path("cal-open.wav").exists() && bench.path("cal-load-100.wav").exists());
    let line = "measure impedance --rig sim:open-300 --calibration cal.toml --no-figures -o z";
    assert!(bench.run(line).ended(0).stdout.contains("DC resistance"));
    let model = bench.run("inspect model z --json").ended(0).document();
    assert_eq!(model["kind"], "model");
    let re = model["figures"]["dc_resistance_ohm"].as_f64().unwrap();
    assert!((290.0..310.0).contains(&re), "{re}");
    bench.run("inspect model z --no-figures -o model").ended(0);
    assert!(bench.path("model/model.json").exists());
}
