//! `compare cable`: what cables add, whether two differ, and what cannot be told.

use serde_json::Value;

use crate::bench::{Bench, copy_of, stimulus};

/// A headphone of 32 Ω with 64 Ω at 100 Hz, two cables with their coils, and an output at both ends
/// of the first.
fn bench() -> Bench {
    let bench = Bench::new();
    let head = "frequency_hz,magnitude_ohm,phase_deg,u_magnitude_ohm,u_phase_deg\n";
    let write = |name: &str, rows: &[&str]| {
        bench.write(name, format!("{head}{}\n", rows.join("\n")).as_bytes());
    };
    write(
        "hd.csv",
        &["20,32,0,0.1,0.2", "100,64,0,0.1,0.2", "1000,32,0,0.1,0.2", "20000,40,45,0.1,0.2"],
    );
    write(
        "stock.csv",
        &["20,0.6,0,0.004,0.4", "1000,0.6,0,0.004,0.4", "20000,0.65,22.6,0.004,0.4"],
    );
    write("silver.csv", &["20,0.2,0,0.004,1", "1000,0.2,0,0.004,1", "20000,0.23,29.5,0.004,1"]);
    write("near.csv", &["20,2,0,0.02,0.5", "1000,2,0,0.02,0.5", "20000,2,1,0.02,0.5"]);
    write("far.csv", &["20,2.6,0,0.004,0.1", "1000,2.6,0,0.004,0.1", "20000,2.6,1,0.004,0.1"]);
    bench
}

#[track_caller]
fn assert_near(found: &Value, expected: f64) {
    /// Of printed digits.
    const DIGITS: f64 = 2e-6;
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() < DIGITS, "{found} instead of {expected}");
}

/// The figures were worked out from the same points with numpy, as 2 × 2 covariances.
#[test]
fn cables_are_told_with_what_they_do_and_by_how_much_they_differ() {
    let bench = bench();
    let line = "compare cable --impedance hd.csv --cable stock=stock.csv --cable silver=silver.csv \
                --source-ohm 0.5";
    let document = bench.run(&format!("{line} --json")).ended(0).document();
    let figures = &document["figures"];
    let stock = &figures["cables"][0];
    assert_near(&stock["resistance_ohm"], 0.6);
    assert_near(&stock["u_resistance_ohm"], 0.004);
    assert_near(&stock["loss_db"], -0.158_892_66);
    assert_near(&stock["u_loss_db"], 0.001_156_06);
    assert_near(&stock["worst_db"], 0.078_467_18);
    assert_near(&stock["u_worst_db"], 0.001_279_34);
    assert_near(&stock["worst_hz"], 100.0);
    let coil = stock["inductance_h"].as_f64().unwrap();
    // The reactance at 20 kHz over 2πf, which the fit of all three points meets to its own error.
    assert!((coil - 1.9878e-6).abs() < 2.0 * stock["u_inductance_h"].as_f64().unwrap());
    let silver = &figures["differences"][0];
    assert_eq!((&silver["name"], &silver["reference"]), (&"silver".into(), &"stock".into()));
    assert_near(&silver["resistance_ohm"], -0.4);
    assert_near(&silver["worst_db"], 0.105_604_82);
    assert_near(&silver["u_worst_db"], 0.001_527_65);
    assert_near(&silver["none_above_db"], 0.108_660_12);
    let told = bench.run(line).ended(0);
    let words = told.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in
        ["“silver” has 0.400 ± 0.011 Ω (k = 2) less", "All on a source of 0.5 Ω", "-o DIR"]
    {
        assert!(words.contains(expected), "{expected}: {}", told.stdout);
    }
    assert!(told.stdout.lines().all(|line| line.chars().count() <= 100), "{}", told.stdout);
}

#[test]
fn the_cable_is_what_two_ends_differ_by() {
    let bench = bench();
    let line = "compare cable --cable extension=far.csv --near near.csv --json";
    let document = bench.run(line).ended(0).document();
    let cable = &document["figures"]["cables"][0];
    assert_near(&cable["resistance_ohm"], 0.6);
    assert_near(&cable["u_resistance_ohm"], 0.004_f64.hypot(0.02));
    assert!(cable.get("loss_db").is_none() && cable.get("effect").is_none());
}

#[test]
fn cables_that_were_measured_as_headphones_are_compared_by_their_folders() {
    /// The hiss of the recording, −120 dBFS, on 0.2 Ω of 10.2 Ω.
    const NOISE_OHM: f64 = 2e-3;
    let bench = Bench::new();
    for (name, ohm) in [("stock", 0.6), ("silver", 0.2)] {
        let share = ohm / (ohm + 10.0);
        bench
            .write_take("take.wav", &[0.8, 0.8 * share].map(|gain| copy_of(stimulus(), 300, gain)));
        let line = "measure impedance --plan short.toml --take take.wav --sense-resistor 10";
        bench.run(&format!("{line} --no-figures -o {name}")).ended(0);
    }
    let line = "compare cable --cable stock --cable silver --json";
    let document = bench.run(line).ended(0).document();
    for (cable, ohm) in document["figures"]["cables"].as_array().unwrap().iter().zip([0.6, 0.2]) {
        let found = cable["resistance_ohm"].as_f64().unwrap();
        assert!((found - ohm).abs() < NOISE_OHM, "{found} instead of {ohm}");
        assert!(cable["u_resistance_ohm"].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn the_folder_holds_the_figures_the_table_and_the_document() {
    let bench = bench();
    let line = "compare cable --cable stock.csv silver.csv -o out";
    bench.run(line).ended(2);
    let line = "compare cable --cable stock.csv --cable silver.csv -o out";
    bench.run(line).ended(0).prints("8 pictures");
    let line = format!("{line} --impedance hd.csv --source desk=near.csv --force");
    bench.run(&line).ended(0).prints("16 pictures");
    assert_eq!(bench.json("out/cables.json")["kind"], "cables");
    assert_eq!(bench.json("out/cables.json")["figures"]["source"], "desk");
    assert!(bench.text("out/cables.csv").contains("silver_minus_stock_db"));
    for words in ["stock", "silver", "Level against stock", "On desk"] {
        assert!(bench.text("out/figures/cables.svg").contains(words), "{words}");
    }
    assert!(bench.path("out/figures/impedance-phone-dark.png").exists());
}

#[test]
fn what_cannot_be_compared_is_said() {
    let bench = bench();
    bench.run("compare cable").ended(2).says("--cable");
    let twice = "compare cable --cable stock.csv --cable stock.csv";
    bench.run(twice).ended(2).says("two cables are called 'stock'").says("NAME=FILE");
    bench.run("compare cable --cable none.csv").ended(5).says("none.csv");
    bench.run("compare cable --cable stock.csv --source-ohm 1").ended(2).says("--impedance");
    bench.write("low.zma", b"20 0.3 1\n500 0.3 1\n");
    bench.run("compare cable --cable low.zma").ended(5).says("1000 Hz lies outside");
    let unknown = "compare cable --cable stock.csv --cable low.csv --impedance hd.csv";
    bench.write("low.csv", b"frequency_hz,magnitude_ohm,phase_deg\n20,0.3,1\n20000,0.3,1\n");
    let told = bench.run(unknown).ended(0);
    assert!(told.stdout.contains("cannot be told"), "{}", told.stdout);
}
