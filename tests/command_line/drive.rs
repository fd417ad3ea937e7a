//! `drive`: what a level takes, what an amplifier reaches, and the verdict as an exit code.

use std::fs;

use serde_json::Value;

use crate::bench::{Bench, Ran, demo, numbers};

/// Figures of data sheets, to three digits.
const DIGITS: f64 = 6e-3;

fn assert_near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap();
    assert!((found / expected - 1.0).abs() < DIGITS, "{found} instead of {expected}");
}

/// What is said in sentences, wherever the lines break.
trait Telling {
    fn tells(self, words: &str) -> Self;
}

impl Telling for Ran {
    #[track_caller]
    fn tells(self, words: &str) -> Self {
        let told = self.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(words), "no '{words}' in {told}");
        self
    }
}

#[test]
fn a_level_takes_what_the_data_sheet_says() {
    let bench = Bench::new();
    for (options, per_volt_db, [volts, milliamps, milliwatts]) in [
        ("--ohm 300 --db-per-mw 97", 102.2, [2.45, 8.15, 20.0]),
        ("--ohm 32 --db-per-mw 96 --level 110dB", 110.95, [0.897, 28.0, 25.1]),
        ("--ohm 60 --db-per-mw 84 --level 100 --headroom 10", 96.2, [4.89, 81.4, 398.0]),
        ("--ohm 60 --db-per-v 96.22", 96.2, [4.89, 81.4, 398.0]),
    ] {
        let ran = bench.run(&format!("drive {options} --json")).ended(0).quietly();
        let document = ran.document();
        assert_eq!(document["kind"], "drive");
        let figures = &document["figures"];
        assert_near(&figures["sensitivity"]["per_volt_db"], per_volt_db);
        assert_eq!(figures["sensitivity"]["reference"], "rated", "{options}");
        for place in ["at_sensitivity", "largest"] {
            let need = &figures["need"][place];
            assert_near(&need["voltage_v"], volts);
            assert_near(&need["current_ma"], milliamps);
            assert_near(&need["power_mw"], milliwatts);
        }
        assert!(figures.get("amplifier").is_none(), "{options}");
        assert_eq!(numbers(&document["curve"]["needed_v"]).len(), 479);
        assert_eq!(document["findings"], Value::Array(Vec::new()));
    }
}

#[test]
fn the_current_is_that_of_the_smallest_impedance() {
    let bench = Bench::new();
    bench.write("in-ear.zma", b"20 16 0\n1000 16 0\n4000 10 0\n20000 30 0\n");
    let line = "drive --impedance in-ear.zma --db-per-mw 105 --rated-ohm 16";
    let figures = bench.run(&format!("{line} --json")).ended(0).document()["figures"].clone();
    assert_near(&figures["need"]["largest"]["current_ma"], 22.4);
    assert_near(&figures["need"]["largest"]["current_hz"], 4000.0);
    assert_near(&figures["need"]["at_sensitivity"]["power_mw"], 3.16);
    assert_near(&figures["impedance_minimum_ohm"], 10.0);
    bench
        .run(line)
        .ended(0)
        .tells("105.0 dB SPL/mW are 123.0 dB SPL/V through the rated 16 Ω")
        .tells("The smallest impedance is 10.0 Ω, at 4 kHz.")
        .tells("-o DIR");
    let unrated = "drive --impedance in-ear.zma --db-per-mw 105";
    bench.run(unrated).ended(0).tells("through the 16.0 Ω of its impedance at 1 kHz, no rated one");
}

#[test]
fn an_amplifier_that_is_not_enough_ends_with_a_negative_verdict() {
    let bench = Bench::new();
    let planar = "drive --ohm 60 --db-per-mw 84 --amp-volts 2.5 --amp-milliamps 500";
    bench
        .run(planar)
        .ended(1)
        .tells("does not reach 110 dB SPL")
        .tells("it is 5.8 dB short, its voltage being at its limit");
    // Twice 2.5 V are the 4.9 V that it takes.
    bench
        .run(&format!("{planar} --balanced"))
        .ended(0)
        .tells("The amplifier, balanced, reaches 110 dB SPL at every frequency")
        .tells("Balanced drive gains 6.0 dB at 1 kHz");
    bench.run(&format!("{planar} --balanced --headroom 3")).ended(1).tells("113 dB SPL (110 and 3");
    let document = bench.run(&format!("{planar} --json")).ended(1).quietly().document();
    let amplifier = &document["figures"]["amplifier"];
    assert_eq!(amplifier["reaches_level"], false);
    assert_eq!(amplifier["outputs"].as_array().map(Vec::len), Some(1));
    assert_near(&amplifier["outputs"][0]["worst"]["margin_db"], -5.82);
}

#[test]
fn the_limit_that_binds_is_named_with_its_place() {
    let bench = Bench::new();
    bench.write("in-ear.zma", b"20 64 0\n990 64 0\n1000 8 0\n20000 8 0\n");
    let line = "drive --impedance in-ear.zma --db-per-mw 100 --rated-ohm 8 --amp-volts 2 \
                --amp-milliamps 50mA --amp-ohm 2 --balanced";
    let ran = bench.run(line).ended(0);
    let ran = ran
        .tells("Of the balanced output the current is the limit. Balanced drive gains 0.0 dB at");
    ran.tells("Its output resistance of 4 Ω is more than the 1.0 Ω that the rule of an eighth");
    let document = bench.run(&format!("{line} --json")).ended(0).document();
    let [single, balanced] = [0, 1].map(|i| document["figures"]["amplifier"]["outputs"][i].clone());
    assert_eq!(
        (&single["output"], &balanced["output"]),
        (&"single-ended".into(), &"balanced".into())
    );
    assert_near(&single["current_bound"][0]["from_hz"], 1000.0);
    assert_near(&balanced["source_ohm"], 4.0);
    // 64/66 of 2 V in the bass, where the balanced output is bound by 50 mA · 64 Ω.
    assert_near(&document["curve"]["single_ended_v"][0], 1.939);
    assert_near(&document["curve"]["balanced_v"][0], 3.2);
    assert_near(&document["curve"]["balanced_v"][3], 0.4);
    let gain = &document["figures"]["amplifier"]["balanced_gain"];
    assert!(gain["least_db"].as_f64().unwrap().abs() < 1e-9);
}

#[test]
fn a_level_says_how_long_ears_are_allowed_it() {
    let bench = Bench::new();
    let line = "drive --ohm 32 --db-per-mw 96 --level";
    bench.run(&format!("{line} 94")).ended(0).tells("for 60 min a day").tells("94 min a week");
    bench.run(&format!("{line} 110")).ended(0).tells("for 1.5 min a day").tells("2.3 min a week");
    let document = bench.run(&format!("{line} 100 --json")).ended(0).document();
    assert_near(&document["figures"]["exposure"]["niosh_per_day_min"], 15.0);
    assert_near(&document["figures"]["exposure"]["who_per_week_min"], 23.6);
}

#[test]
fn a_measurement_is_driven_with_figures_and_data() {
    let bench = Bench::new();
    let impedance = demo().join("measurements/impedance").display().to_string();
    let response = demo().join("measurements/fresh-1").display().to_string();
    let line = format!(
        "drive --impedance {impedance} --response {response} --db-per-v 112 --level 90 \
         --headroom 10 --amp-volts 2 --amp-milliamps 30 --amp-ohm 10 --balanced -o out"
    );
    let document = bench.run(&format!("{line} --json")).quietly().document();
    assert_eq!(document["simulated"], true);
    assert_eq!(bench.json("out/drive.json"), document);
    let table = bench.text("out/drive.csv");
    assert!(table.starts_with("# simulated\nfrequency_hz,impedance_ohm,sensitivity_db_per_v,"));
    assert!(bench.text("out/figures/drive.svg").contains("simulated"));
    for name in ["drive", "drive-dark", "drive-phone", "drive-phone-dark"] {
        let png = fs::metadata(bench.path(&format!("out/figures/{name}.png"))).unwrap();
        assert!(png.len() > 5000, "{name}");
    }
    bench.run(&line).ended(2).says("--force");
    bench.run(&format!("{line} --force --no-figures")).tells("simulated stored in out, 0 pictures");
}

#[test]
fn questions_that_make_no_sense_are_refused() {
    let bench = Bench::new();
    bench.write("load.zma", b"20 32 0\n1000 33 0\n20000 32 0\n");
    bench.write("level.txt", b"20 1\n1000 2\n20000 3\n");
    bench.write("bass.txt", b"20 1\n500 2\n");
    bench.write("short.zma", b"20 0 0\n1000 0 0\n");
    bench.write("nan.zma", b"20 nan 0\n1000 nan 0\n");
    let ohm = "--ohm 32 --db-per-mw 96";
    for (options, code, reason) in [
        (String::new(), 2, "--impedance"),
        ("--ohm 32".to_owned(), 2, "--db-per-mw"),
        ("--ohm 32 --db-per-mw 96 --db-per-v 110".to_owned(), 2, "cannot be used with"),
        ("--ohm 32 --impedance load.zma --db-per-mw 96".to_owned(), 2, "cannot be used with"),
        ("--ohm 0 --db-per-mw 96".to_owned(), 2, "rated 0 Ω"),
        ("--ohm -32 --db-per-mw 96".to_owned(), 2, "outside"),
        ("--ohm nan --db-per-mw 96".to_owned(), 2, "'nan' is not a resistance"),
        ("--ohm 32 --db-per-mw loud".to_owned(), 2, "'loud' is not a level"),
        ("--ohm 32 --db-per-mw 9.6".to_owned(), 2, "a sensitivity of 9.6 dB SPL is outside 40"),
        (format!("{ohm} --level 400"), 2, "a level of 400 dB SPL is outside"),
        (format!("{ohm} --level nan"), 2, "'nan' is not a level"),
        (format!("{ohm} --headroom -3"), 2, "a headroom of -3 dB is outside"),
        (format!("{ohm} --amp-volts 0"), 2, "voltage of 0 V is outside"),
        (format!("{ohm} --amp-milliamps 0"), 2, "outside"),
        (format!("{ohm} --amp-milliamps 0.05A"), 2, "50 or 50mA"),
        (format!("{ohm} --amp-ohm 1"), 2, "without a limit"),
        (format!("{ohm} --balanced"), 2, "without a limit"),
        (format!("{ohm} --sensitivity-at 0"), 2, "outside"),
        (format!("{ohm} --rated-ohm 32"), 2, "cannot be used with"),
        (format!("{ohm} --response load.zma"), 5, "is an impedance, not a response"),
        (format!("{ohm} --response bass.txt"), 5, "1000 Hz lies outside the data"),
        ("--impedance load.zma --db-per-mw 96 --rated-ohm 0".to_owned(), 2, "rated 0 Ω"),
        ("--impedance level.txt --db-per-mw 96".to_owned(), 5, "is a response, not an impedance"),
        ("--impedance missing.zma --db-per-mw 96".to_owned(), 5, "cannot read 'missing.zma'"),
        ("--impedance short.zma --db-per-mw 96".to_owned(), 5, "zero at 20 Hz"),
        ("--impedance nan.zma --db-per-mw 96".to_owned(), 5, "nan.zma"),
    ] {
        let line = format!("drive {options} -o out");
        bench.run(&line).ended(code).says(reason);
        let document = bench.run(&format!("{line} --json")).ended(code).document();
        assert_eq!(document["error"]["exit_code"], code, "{options}");
    }
    assert!(!bench.path("out").exists());
}
