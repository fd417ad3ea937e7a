//! `convert`: one curve through every format, and files that hold none.

use serde_json::Value;

use crate::bench::{Bench, demo, numbers};

/// REW and FRD have four decimals.
const DECIMALS: f64 = 0.5e-4 + 1e-9;
/// DATS has three.
const OF_DATS: f64 = 0.6e-3;

fn same(found: &Value, expected: &Value, key: &str, tolerance: f64) {
    let [found, expected] = [found, expected].map(|document| numbers(&document["curve"][key]));
    assert_eq!(found.len(), expected.len(), "{key}");
    for (found, expected) in found.iter().zip(&expected) {
        assert!((found - expected).abs() <= tolerance, "{key}: {found} is not {expected}");
    }
}

#[test]
fn a_response_keeps_its_values_through_every_format() {
    let bench = Bench::new();
    let original = demo().join("measurements/fresh-1/response.json");
    std::fs::copy(&original, bench.path("1.json")).unwrap();
    for line in ["1.json 2.csv", "2.csv 3.txt --to rew", "3.txt 4.frd", "4.frd 5.json"] {
        bench.run(&format!("convert {line}")).ended(0).prints("479 points");
    }
    let (first, last) = (bench.json("1.json"), bench.json("5.json"));
    assert_eq!((&last["schema"], &last["kind"]), (&1.into(), &"response".into()));
    for key in ["frequency_hz", "magnitude_db", "phase_deg"] {
        same(&last, &first, key, DECIMALS);
    }
    // Our own formats lose nothing, and what was simulated stays so wherever a comment can say it.
    bench.run("convert 2.csv exact.json").ended(0);
    same(&bench.json("exact.json"), &first, "magnitude_db", 0.0);
    for name in ["2.csv", "3.txt", "4.frd"] {
        assert!(bench.text(name).contains("simulated"), "{name}");
    }
    assert_eq!(last["simulated"], true);
    for line in ["1.json a.csv --to autoeq", "1.json b.txt"] {
        bench.run(&format!("convert {line}")).ended(0);
    }
}

#[test]
fn an_impedance_keeps_its_values_through_every_format() {
    let bench = Bench::new();
    let folder = demo().join("measurements/impedance").display().to_string();
    let report = bench.run(&format!("convert {folder} 1.json --json")).ended(0).document();
    assert_eq!((&report["kind"], &report["points"]), (&"conversion".into(), &479.into()));
    for line in ["1.json 2.zma", "2.zma 3.csv", "3.csv 4.txt --to rew", "4.txt 5.json"] {
        bench.run(&format!("convert {line}")).ended(0);
    }
    let (first, last) = (bench.json("1.json"), bench.json("5.json"));
    assert_eq!(last["kind"], "impedance");
    for key in ["frequency_hz", "magnitude_ohm", "phase_deg"] {
        same(&last, &first, key, DECIMALS);
    }
}

#[test]
fn an_impedance_goes_through_limp_and_dats_and_back() {
    let bench = Bench::new();
    let folder = demo().join("measurements/impedance").display().to_string();
    bench.run(&format!("convert {folder} 1.json")).ended(0);
    for line in ["1.json 2.txt --to limp", "2.txt 3.zma --to dats", "3.zma 4.json"] {
        bench.run(&format!("convert {line}")).ended(0);
    }
    let (first, last) = (bench.json("1.json"), bench.json("4.json"));
    assert_eq!(last["kind"], "impedance");
    for key in ["magnitude_ohm", "phase_deg"] {
        same(&last, &first, key, OF_DATS);
    }
}

#[test]
fn impedances_are_read_however_their_programs_write_them() {
    let bench = Bench::new();
    let files = [
        (
            "box.zma",
            "****************\n* Driver       *\n****************\n+20.00 +33.50 -5.00\n+1000.00 +32.25 +4.00\n",
        ),
        (
            "scientific.zma",
            "Freq Z Phase\n2.000E+01 3.350E+01 -5.000E+00\n1.000E+03 3.225E+01 4.000E+00\n",
        ),
        (
            "padded.zma",
            "00020.00000\t0033.50000\t-005.00000\n01000.00000\t0032.25000\t0004.00000\n",
        ),
        ("header.zma", "12\" Driver B RE = 5.81 ohms\n20 33.5 -5\n1000 32.25 4\n"),
    ];
    for (name, text) in files {
        bench.write(name, text.as_bytes());
        bench.run(&format!("convert {name} out.json --force")).ended(0);
        let document = bench.json("out.json");
        assert_eq!(document["kind"], "impedance", "{name}");
        assert_eq!(numbers(&document["curve"]["frequency_hz"]), [20.0, 1000.0], "{name}");
        assert_eq!(numbers(&document["curve"]["magnitude_ohm"]), [33.5, 32.25], "{name}");
        assert_eq!(numbers(&document["curve"]["phase_deg"]), [-5.0, 4.0], "{name}");
    }
}

#[test]
fn a_format_that_cannot_be_written_is_refused() {
    let bench = Bench::new();
    bench.write("level.txt", b"20 1\n1000 2\n");
    bench.write("load.zma", b"20 32 0\n1000 33 0\n");
    for (line, reason) in [
        ("level.txt out.zma", "zma cannot hold a response"),
        ("load.zma out.frd", "frd cannot hold an impedance"),
        ("load.zma out.csv --to autoeq", "autoeq cannot hold an impedance"),
        ("level.txt out.mdat", "does not say which format"),
        ("level.txt out.xyz", "--to: json, csv, rew"),
        ("level.txt out", "does not say which format"),
        ("level.txt out.csv --to excel", "'excel' is not a curve format"),
        ("level.txt", "<OUT>"),
    ] {
        bench.run(&format!("convert {line}")).ended(2).says(reason);
        let document = bench.run(&format!("convert {line} --json")).ended(2).document();
        assert_eq!(document["error"]["exit_code"], 2, "{line}");
    }
}

#[test]
fn a_file_without_a_curve_is_refused_with_what_it_is() {
    let bench = Bench::with_take();
    for (name, bytes, reason) in [
        ("empty.txt", &b""[..], "the file is empty"),
        ("page.txt", b"<!DOCTYPE html><html><body>404</body></html>", "found a web page"),
        ("rew.mdat", b"\xac\xed\x00\x05sr", "export the curve there"),
        ("words.txt", b"no numbers in here\n", "found none"),
        ("other.json", b"[1, 2, 3]", "JSON"),
        ("newer.json", b"{\"schema\":2,\"kind\":\"response\"}", "schema is 2"),
        ("negative.zma", b"20 -6 3\n30 6 3\n", "-6 Ω"),
    ] {
        bench.write(name, bytes);
        bench.run(&format!("convert {name} out.csv")).ended(5).says(name).says(reason);
    }
    bench.run("convert take.wav out.csv").ended(5).says("binary");
    bench.run("convert missing.txt out.csv").ended(5).says("cannot read 'missing.txt'");
    bench.run("convert . out.csv").ended(5);
    assert!(!bench.path("out.csv").exists());
}

#[test]
fn what_a_file_does_not_say_is_assumed_aloud() {
    let bench = Bench::new();
    bench.write("one.txt", b"1000 2\n");
    let ran = bench.run("convert one.txt one.csv").ended(0).prints("1 point,");
    ran.says("no header: columns taken as Hz, dB");
    let document = bench.run("convert one.txt one.frd --json").ended(0).document();
    assert!(document["assumptions"].as_array().unwrap().len() >= 2);
}
