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

/// A simulated amplifier of 0.5 V behind 0.5 Ω that gives no more than 5 mA, which is 0.165 V with
/// 33 Ω.
fn limited() -> Bench {
    let bench = Bench::new();
    let rig = std::fs::read_to_string("calibration/rigs/sim-closed-38.toml").unwrap();
    let weak = rig.replace("[amplifier]", "[amplifier]\ncurrent_limit_a = 0.005");
    assert_ne!(rig, weak);
    std::fs::write(bench.path("weak.toml"), weak).unwrap();
    bench
}

#[test]
fn the_level_from_which_a_load_limits_is_narrowed_down() {
    let line = "measure output-impedance --rig weak.toml --load open,33,100 \
                --levels=-2dBFS,-30dBFS,-14dBFS --no-figures -o amp --json";
    let told = limited().run(line).ended(1).says("with 33 Ω the output does not follow");
    let document = told.document();
    let figures = &document["figures"];
    let limit = &figures["limit"];
    let (clean, limited) =
        (limit["clean_dbfs"].as_f64().unwrap(), limit["limited_dbfs"].as_f64().unwrap());
    assert_eq!(limit["load_ohm"], 33.0);
    assert!(limited - clean <= 0.5 && clean < limited, "{limit}");
    let begins = 20.0 * (0.165_f64 / (0.5 * 33.0 / 33.5)).log10();
    assert!((clean - 0.1..limited + 0.1).contains(&begins), "{begins} {limit}");
    // At the loudest level the other two loads still tell the impedance.
    assert_eq!(figures["levels"].as_array().unwrap().len(), 3, "{figures}");
    assert!((figures["at_1khz_ohm"].as_f64().unwrap() - 0.5).abs() < 0.01, "{figures}");
    let levels = &document["conditions"]["levels_dbfs"];
    assert_eq!(
        levels.as_array().unwrap().len(),
        document["conditions"]["takes"].as_array().unwrap().len()
    );
}

#[test]
fn takes_at_levels_are_named_load_by_load() {
    let bench = Bench::new();
    for (name, load, drive) in [
        ("o1.wav", f64::INFINITY, 0.1),
        ("o2.wav", f64::INFINITY, 0.6),
        ("l1.wav", 33.0, 0.1),
        ("l2.wav", 33.0, 0.6),
    ] {
        let voltage = drive / (1.0 + 5.0 / load);
        bench.write_take(name, &[drive, voltage].map(|gain| copy_of(stimulus(), 300, gain)));
    }
    let takes = "measure output-impedance --plan short.toml --no-figures --take o1.wav \
                 --take o2.wav --take l1.wav --take l2.wav --load open,33 --levels=-20,-4.437";
    let document =
        bench.run(&format!("{takes} {BARE} --drift 0.01 -o amp --json")).ended(0).document();
    let levels = document["figures"]["levels"].as_array().unwrap();
    for level in levels {
        assert!((level["at_1khz_ohm"].as_f64().unwrap() / 5.0 - 1.0).abs() < 0.01, "{level}");
    }
    assert_eq!(levels.len(), 2);
    bench.run(&format!("{takes},-1 {BARE} -o three")).ended(5);
}

#[test]
fn a_balanced_output_tells_its_legs_and_its_swing() {
    let bench = Bench::new();
    let line = "measure output-impedance --rig sim:closed-38 --load open,33,100 --balanced -o amp";
    let told = bench.run(line).ended(0);
    for words in ["positive leg", "common mode", "+6.02 dB over one leg"] {
        assert!(told.stdout.contains(words), "{words}: {}", told.stdout);
    }
    let document = std::fs::read_to_string(bench.path("amp/output-impedance.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    for curve in ["open_circuit", "curve"] {
        assert!(document[curve]["frequency_hz"].is_array(), "{curve}");
    }
    assert!(document["legs"]["negative"]["magnitude_ohm"].is_array());
}

#[test]
fn leads_that_were_measured_at_a_short_are_taken_out() {
    let bench = Bench::new();
    bench.write("leads.zma", b"20 0.6 0\n200 0.6 0\n2000 0.6 0\n20000 0.6 0\n");
    for (name, load) in [("open.wav", f64::INFINITY), ("33.wav", 33.6)] {
        let voltage = 0.7 / (1.0 + 5.0 / load);
        bench.write_take(name, &[0.6, voltage].map(|gain| copy_of(stimulus(), 300, gain)));
    }
    let line = "measure output-impedance --plan short.toml --no-figures --take open.wav --take \
                33.wav --load open,33 --input-resistance 1G --input-capacitance 0F --json";
    let with = |leads: &str, folder: &str| {
        let document =
            bench.run(&format!("{line} --lead-resistance {leads} -o {folder}")).ended(0).document();
        document["figures"]["at_1khz_ohm"].as_f64().unwrap()
    };
    assert!((with("leads.zma", "a") / 5.0 - 1.0).abs() < 1e-3);
    assert!((with("0", "b") / 5.0 - 1.0).abs() > 0.01);
    bench.run(&format!("{line} --lead-resistance nowhere.zma -o c")).ended(5).says("nowhere.zma");
}
