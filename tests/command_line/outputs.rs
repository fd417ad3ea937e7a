//! `measure output-impedance`, from takes and on a simulated rig.

use crate::bench::{Bench, copy_of, numbers, stimulus, worst};

/// Takes of a source of 5 Ω, at a level of 0.7: open, 100 Ω and 33 Ω.
fn bench() -> Bench {
    let bench = Bench::new();
    for (name, load) in [("open.wav", f64::INFINITY), ("100.wav", 100.0), ("33.wav", 33.0)] {
        let voltage = 0.7 / (1.0 + 5.0 / load);
        bench.write_take(name, &[0.6, voltage].map(|gain| copy_of(stimulus(), 300, gain)));
    }
    bench
}

const TAKES: &str = "measure output-impedance --plan short.toml --no-figures --take open.wav \
                     --take 100.wav --take 33.wav --load open --load 100 --load 33";
/// An input that loads nothing, and no leads: the takes were made without.
const BARE: &str = "--input-resistance 1G --input-capacitance 0F --lead-resistance 0";

#[test]
fn takes_with_three_loads_tell_the_output_and_that_it_is_linear() {
    let bench = bench();
    let document = bench.run(&format!("{TAKES} {BARE} -o amp --json")).ended(0).document();
    assert_eq!(document["kind"], "output-impedance");
    let figures = &document["figures"];
    assert!((figures["at_1khz_ohm"].as_f64().unwrap() / 5.0 - 1.0).abs() < 1e-3, "{figures}");
    assert_eq!(figures["linear"], true);
    assert!(figures.get("capacitance_f").is_none() && figures.get("inductance_h").is_none());
    // Sixteen bits.
    assert!(worst(&numbers(&document["curve"]["magnitude_ohm"]), 5.0) < 0.02);
    assert_eq!(document["conditions"]["loads"][1]["ohm"], 100.0);
    assert!(bench.path("amp/take-3.wav").exists());
    // Whatever reads an impedance reads it.
    bench.run("convert amp amp.zma").ended(0);
    bench.run("inspect model amp --coil none").ended(0).prints("DC resistance");
    let told = bench.run(&format!("{TAKES} {BARE} --budget -o again")).ended(0);
    for words in ["at 1 kHz", "all loads agree", "drift between takes", "floor"] {
        assert!(told.stdout.contains(words), "{words}: {}", told.stdout);
    }
}

#[test]
fn a_load_that_the_others_do_not_explain_is_a_negative_answer_that_names_it() {
    let bench = bench();
    bench.write_take("33.wav", &[0.6, 0.55].map(|gain| copy_of(stimulus(), 300, gain)));
    let told = bench.run(&format!("{TAKES} {BARE} -o amp")).ended(1).says("with 33 Ω");
    assert!(told.stdout.contains("the loads do not agree"), "{}", told.stdout);
}

#[test]
fn a_take_that_cannot_be_used_is_named_by_its_number() {
    let bench = bench();
    for name in ["open.wav", "33.wav"] {
        bench.write_take(name, &[0.6, 0.0].map(|gain| copy_of(stimulus(), 300, gain)));
    }
    let told = bench.run(&format!("{TAKES} {BARE} -o amp")).ended(4);
    for words in ["refused (take 1)", "refused (take 3)"] {
        assert!(told.stderr.contains(words), "{words}: {}", told.stderr);
    }
    assert!(!told.stderr.contains("(take 2)"), "{}", told.stderr);
}

#[test]
fn loads_that_make_no_sense_are_refused_before_anything_is_read() {
    let bench = bench();
    let line = "measure output-impedance --plan short.toml --take open.wav --take 33.wav";
    for (loads, reason) in [
        ("", "--load"),
        ("--load open --load short", "may harm"),
        ("--load open --load 0", "may harm"),
        ("--load open --load lamp", "no load"),
        ("--load 33 --load 33", "two different loads"),
        ("--load open,100,33", "2 takes and 3 loads"),
    ] {
        let code = if loads.contains("100") { 5 } else { 2 };
        bench.run(&format!("{line} {loads} -o amp")).ended(code).says(reason);
    }
    assert!(!bench.path("amp").exists());
}

#[test]
fn a_simulated_amplifier_has_its_loads_connected_by_itself() {
    let bench = Bench::new();
    let line = "measure output-impedance --rig sim:closed-38 --load open,33 --no-figures -o amp";
    let document = bench.run(&format!("{line} --json")).ended(0).document();
    let figures = &document["figures"];
    assert!((figures["resistance_ohm"].as_f64().unwrap() - 0.5).abs() < 0.02, "{figures}");
    assert!(figures.get("linear").is_none());
    let floor = figures["floor_ohm"].as_f64().unwrap();
    assert!((0.01..0.05).contains(&floor), "{floor}");
}

#[test]
fn a_measured_output_is_a_source_with_a_name_and_a_band() {
    let bench = Bench::new();
    let of = |what: &str| format!("measure {what} --rig sim:closed-38 --no-figures");
    bench.run(&of("output-impedance --load open,33,100 -o amp")).ended(0);
    bench.run(&of("impedance --sense-resistor 100 -o z")).ended(0);
    let line = "compare source --impedance z --source desk=amp --source-ohm 0.5,10 -o out --json";
    let document = bench.run(line).ended(0).document();
    let sources = document["figures"]["sources"].as_array().unwrap();
    let (half, desk) = (&sources[0], &sources[2]);
    assert_eq!(desk["source"], "desk");
    assert!((desk["source_ohm"].as_f64().unwrap() - 0.5).abs() < 0.02, "{desk}");
    let [a, b] = [half, desk].map(|source| source["worst_db"].as_f64().unwrap());
    assert!((a - b).abs() < 0.01, "{a} {b}");
    let u = numbers(&desk["curve"]["u_magnitude_db"]);
    assert!(u.iter().all(|u| (0.0..0.05).contains(u)), "{u:?}");
    assert!(bench.text("out/figures/source.svg").contains("desk"));
    assert!(bench.text("out/source.csv").contains("source_desk_db"));
    bench.run("compare source --impedance z --source amp/none").ended(5);
}
