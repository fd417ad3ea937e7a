//! `measure crosstalk`, from takes and on a simulated rig.

use crate::bench::{Bench, copy_of, stimulus};

const DRIVEN: f64 = 0.6;

/// What a return of 0.2 Ω makes of a load on a source of 0 Ω.
fn idle(load_ohm: f64) -> f64 {
    -DRIVEN * 0.2 / (load_ohm + 0.2)
}

/// Takes without load, with 33 Ω and with 64 Ω.
fn bench() -> Bench {
    let bench = Bench::new();
    for (name, idle) in [("o.wav", 6e-7), ("33.wav", idle(33.0)), ("64.wav", idle(64.0))] {
        bench.write_take(name, &[DRIVEN, idle].map(|gain| copy_of(stimulus(), 300, gain)));
    }
    bench.write("hd.zma", b"20 64 0\n1000 64 0\n20000 64 0\n");
    bench
}

const TAKES: &str = "measure crosstalk --plan short.toml --output-impedance 0 --gain-match 0dB \
                     --take o.wav --take 33.wav --load open,33";

#[test]
fn takes_with_and_without_load_tell_separation_and_return() {
    let bench = bench();
    let document = bench.run(&format!("{TAKES} -o amp --json")).ended(0).document();
    assert_eq!(document["kind"], "crosstalk");
    let figures = &document["figures"];
    let ohm = figures["return_ohm"].as_f64().unwrap();
    assert!((ohm / 0.2 - 1.0).abs() < 1e-3, "{figures}");
    assert_eq!(figures["ground"], "common");
    let at = &figures["takes"][1]["at_1khz"];
    let separation = at["separation_db"].as_f64().unwrap();
    assert!((separation - 20.0 * (33.2_f64 / 0.2).log10()).abs() < 0.01, "{at}");
    assert_eq!(at["or_more"], false);
    assert_eq!(figures["takes"][1]["load"]["ohm"], 33.0);
    assert_eq!(document["conditions"]["crosstalk"][0]["load"], "open");
    let curves = bench.text("amp/curves.csv");
    assert!(curves.starts_with("frequency_hz,open_db,"), "{}", &curves[..80]);
    assert!(bench.text("amp/figures/crosstalk.svg").contains("33 Ω"));
    // Whatever reads a response reads the take with the heaviest load.
    bench.run("convert amp amp.txt").ended(0);
    bench.run("library verify --library .").ended(0);
    let told = bench.run(&format!("{TAKES} --no-figures -o again")).ended(0);
    for words in ["what the drivers hear", "shared return", "at 1 kHz", "worst"] {
        assert!(told.stdout.contains(words), "{words}: {}", told.stdout);
    }
}

#[test]
fn a_separation_that_is_not_reached_is_a_negative_answer() {
    let bench = bench();
    let line = format!("{TAKES} --no-figures");
    bench.run(&format!("{line} --at-least 60dB -o a")).ended(1).prints("not reached");
    bench.run(&format!("{line} --at-least 40dB -o b")).ended(0).prints("reached");
}

#[test]
fn a_headphone_is_predicted_and_held_against_its_own_take() {
    let bench = bench();
    let line = format!("{TAKES} --take 64.wav --load headphone --impedance HD=hd.zma -o amp");
    let document = bench.run(&format!("{line} --json")).ended(0).document();
    let figures = &document["figures"];
    let expected = 20.0 * (64.2_f64 / 0.2).log10();
    let predicted = figures["predicted"][0]["at_1khz"]["separation_db"].as_f64().unwrap();
    assert!((predicted - expected).abs() < 0.02, "{predicted}");
    assert!(figures["takes"][2]["residual_db"].as_f64().unwrap() < 0.02, "{figures}");
    assert!(bench.text("amp/figures/crosstalk.svg").contains("HD, predicted"));
    let stated = format!("{TAKES} --return-ohm 2 --impedance HD=hd.zma -o stated --json");
    let figures = &bench.run(&stated).ended(0).document()["figures"];
    assert_eq!(figures["return_ohm"], 2.0);
    assert!(figures.get("u_return_ohm").is_none());
    let predicted = figures["predicted"][0]["at_1khz"]["separation_db"].as_f64().unwrap();
    assert!((predicted - 20.0 * (66.0_f64 / 2.0).log10()).abs() < 0.02, "{predicted}");
}

#[test]
fn both_directions_have_their_own_curves_and_names() {
    let bench = bench();
    let line = format!("{TAKES} --take o.wav --take 33.wav --load open,33 --no-figures");
    let sides = "--driven left,left,right,right";
    let document = bench.run(&format!("{line} {sides} -o amp --json")).ended(0).document();
    let takes = &document["figures"]["takes"];
    assert_eq!(takes[1]["name"], "33 Ω, left to right");
    assert_eq!(
        (&takes[3]["name"], &takes[3]["driven"]),
        (&"33 Ω, right to left".into(), &"right".into())
    );
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_read() {
    let bench = bench();
    for (more, reason) in [
        ("--driven left,right,left", "2 loads and 3 driven channels"),
        ("--driven up", "left or right"),
        ("--load headphone", "no --impedance"),
        ("--load short", "may harm"),
        ("--ground earth", "common or amplifier"),
    ] {
        bench.run(&format!("{TAKES} {more} -o amp")).ended(2).says(reason);
    }
    assert!(!bench.path("amp").exists());
}

#[test]
fn a_simulated_amplifier_has_its_loads_connected_by_itself() {
    let bench = Bench::new();
    let line = "measure crosstalk --rig sim:closed-38 --load open,33 --no-figures -o amp --json";
    let document = bench.run(line).ended(0).document();
    let figures = &document["figures"];
    let value = |key: &str| figures[key].as_f64().unwrap();
    assert!((value("return_ohm") - 0.15).abs() < 2.0 * value("u_return_ohm"), "{figures}");
    assert_eq!(figures["own_known"], true);
    bench.run("library show amp --library .").ended(0);
}
