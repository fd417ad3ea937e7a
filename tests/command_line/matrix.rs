//! `compare matrix`: from files, over the library, and what is left out.

use serde_json::Value;

use crate::bench::{Bench, copy_of, stimulus};

/// 32 Ω with 64 Ω at 100 Hz, known exactly, and a planar headphone of 20 Ω.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.write(
        "closed.csv",
        b"frequency_hz,magnitude_ohm,phase_deg,u_magnitude_ohm,u_phase_deg\n\
          20,32,0,0,0\n100,64,0,0,0\n1000,32,0,0,0\n20000,40,45,0,0\n",
    );
    bench.write("planar.zma", b"20 20 0\n1000 20 0\n20000 20 0\n");
    bench.write(
        "amp.csv",
        b"frequency_hz,magnitude_ohm,phase_deg,u_magnitude_ohm,u_phase_deg\n\
          20,2,0,0.04,0.5\n1000,2,0,0.04,0.5\n20000,4,60,0.04,0.5\n",
    );
    bench
}

fn cell(document: &Value, headphone: usize, source: usize) -> &Value {
    &document["figures"]["headphones"][headphone]["cells"][source]
}

#[track_caller]
fn assert_near(found: &Value, expected: f64) {
    /// Of printed digits.
    const DIGITS: f64 = 6e-5;
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() < DIGITS, "{found} instead of {expected}");
}

/// The figures were worked out from the same four points with numpy.
#[test]
fn headphones_and_sources_from_files_make_a_matrix() {
    let bench = bench();
    let line = "compare matrix --headphone Closed=closed.csv planar.zma --source desk=amp.csv \
                --source-ohm 120,0";
    let document = bench.run(&format!("{line} --json")).ended(0).document();
    assert_eq!(document["kind"], "source-matrix");
    let sources = document["figures"]["sources"].as_array().unwrap();
    let names: Vec<_> = sources.iter().map(|source| source["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["0 Ω", "desk", "120 Ω"]);
    let closed = &document["figures"]["headphones"][0];
    assert_eq!((&closed["name"], &closed["nominal_ohm"]), (&"Closed".into(), &38.0.into()));
    assert_near(&closed["impedance_minimum_ohm"], 32.0);
    assert_near(&cell(&document, 0, 0)["peak_to_peak_db"], 0.0);
    let desk = cell(&document, 0, 1);
    assert_near(&desk["peak_to_peak_db"], 0.536_05);
    assert_near(&desk["u_peak_to_peak_db"], 0.009_46);
    assert_near(&desk["worst_db"], -0.276_75);
    assert_near(&desk["loss_db"], -0.526_58);
    assert_near(&desk["damping_factor"], 10.000_00);
    assert_eq!(desk["keeps_eighth_rule"], true);
    let strong = cell(&document, 0, 2);
    assert_near(&strong["peak_to_peak_db"], 4.361_12);
    assert_near(&strong["worst_hz"], 100.0);
    assert_near(&strong["damping_factor"], 32.0 / 120.0);
    assert_eq!(strong["keeps_eighth_rule"], false);
    assert_near(&cell(&document, 1, 2)["peak_to_peak_db"], 0.0);
    let told = bench.run(line).ended(0);
    for words in ["desk (2.0\u{a0}Ω)", "Smallest", "Of six pairs", "-o DIR"] {
        assert!(told.stdout.contains(words), "{words}: {}", told.stdout);
    }
    assert!(told.stdout.lines().all(|line| line.chars().count() <= 100), "{}", told.stdout);
}

#[test]
fn the_folder_holds_the_figure_the_table_and_the_document() {
    let bench = bench();
    let line = "compare matrix --headphone closed.csv planar.zma --source-ohm 1,10 -o out";
    bench.run(line).ended(0).prints("8 pictures");
    assert_eq!(bench.json("out/matrix.json")["kind"], "source-matrix");
    assert_eq!(bench.text("out/matrix.csv").lines().count(), 5);
    let figure = bench.text("out/figures/matrix.svg");
    for words in ["closed", "planar", "10 Ω", "inaudible", "an eighth"] {
        assert!(figure.contains(words), "{words}");
    }
    assert!(bench.path("out/figures/matrix-phone-dark.png").exists());
    bench.run(line).ended(2).says("not overwritten");
    bench.run(&format!("{line} --force --no-figures")).ended(0);
}

#[test]
fn the_library_is_the_matrix_of_what_was_measured() {
    let bench = Bench::new();
    bench.run("compare matrix").ended(5).says("no headphone to compare");
    for (name, share) in [("old.wav", 0.5), ("new.wav", 32.0 / 132.0)] {
        bench.write_take(name, &[0.8, 0.8 * share].map(|gain| copy_of(stimulus(), 300, gain)));
        let line = "measure impedance --plan short.toml --sense-resistor 100 --no-figures";
        bench.run(&format!("{line} --take {name} --headphone HD")).ended(0);
    }
    let told = bench.run("compare matrix").ended(0).says("no output impedance is stored");
    assert!(told.stdout.contains("120 Ω"), "{}", told.stdout);
    for (name, load) in [("open.wav", f64::INFINITY), ("100.wav", 100.0), ("33.wav", 33.0)] {
        let voltage = 0.7 / (1.0 + 5.0 / load);
        bench.write_take(name, &[0.6, voltage].map(|gain| copy_of(stimulus(), 300, gain)));
    }
    let line = "measure output-impedance --plan short.toml --no-figures --take open.wav \
                --take 100.wav --take 33.wav --load open --load 100 --load 33";
    bench.run(&format!("{line} --tag amplifier=Desk")).ended(0);
    bench.run(line).ended(0);
    let document = bench.run("compare matrix --json").ended(0).quietly().document();
    let figures = &document["figures"];
    let headphones = figures["headphones"].as_array().unwrap();
    assert_eq!((headphones.len(), &headphones[0]["name"]), (1, &Value::from("HD")));
    let minimum = headphones[0]["impedance_minimum_ohm"].as_f64().unwrap();
    assert!((minimum - 32.0).abs() < 0.1, "the newest is of 32 Ω, not of {minimum} Ω");
    let mut names: Vec<_> = figures["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&"Desk") && names[0].contains("output-impedance"), "{names:?}");
    assert!(cell(&document, 0, 0)["u_peak_to_peak_db"].is_number());
}

#[test]
fn what_cannot_be_used_is_named_with_the_reason() {
    let bench = bench();
    bench.write("low.zma", b"20 32 0\n500 64 0\n");
    let line = "compare matrix --source-ohm 1 --headphone";
    let told = bench.run(&format!("{line} closed.csv low.zma")).ended(0);
    assert!(told.stdout.contains("Not known is “low”: 1000 Hz lies outside"), "{}", told.stdout);
    bench.run(&format!("{line} low.zma")).ended(5).says("'low'").says("covers 1 kHz");
    bench.run(&format!("{line} none.zma")).ended(5).says("none.zma");
    bench.run(&format!("{line} closed.csv closed.csv")).ended(2).says("two headphones are called");
    bench.write("response.csv", b"frequency_hz,magnitude_db\n20,0\n20000,0\n");
    bench.run(&format!("{line} response.csv")).ended(5).says("not an impedance");
}
