//! `compare states` and `compare source`.

use std::fs;

use serde_json::Value;

use crate::bench::{Bench, demo, numbers};

/// Numbers of the same computation on the same curves, read back from their documents.
const SAME: f64 = 1e-9;

/// A folder of the demo's measurements.
fn seatings(state: &str) -> String {
    let folders = [1, 2, 3, 4]
        .map(|n| demo().join(format!("measurements/{state}-{n}")).to_string_lossy().into_owned());
    format!("{state}={}", folders.join(","))
}

fn written(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(demo().join(name)).unwrap()).unwrap()
}

#[test]
fn states_compared_from_folders_are_those_of_the_demo() {
    let bench = Bench::new();
    let states = ["fresh", "worn", "glasses"].map(seatings);
    let line = states.map(|state| format!("--state {state}")).join(" ");
    let ran = bench.run(&format!("compare states {line} -o out --json")).ended(0).quietly();
    let document = ran.document();
    assert_eq!((&document["kind"], &document["simulated"]), (&"states".into(), &true.into()));
    let (found, expected) = (&document["figures"], &written("states.json")["figures"]);
    for (list, keys) in [
        ("states", &["bass_shelf_db", "bass_shelf_sd_db", "n"][..]),
        ("differences", &["bass_shelf_db", "u_bass_shelf_db"]),
    ] {
        let (found, expected) = (found[list].as_array(), expected[list].as_array());
        for (found, expected) in found.unwrap().iter().zip(expected.unwrap()) {
            for key in keys {
                let off = found[key].as_f64().unwrap() - expected[key].as_f64().unwrap();
                assert!(off.abs() < SAME, "{list} {key}: {off}");
            }
            assert!(found["curve"]["frequency_hz"].is_array(), "{list}");
        }
    }
    assert_eq!(found["differences"][1]["state"], "glasses");
    assert_eq!(found["differences"][1]["reference"], "fresh");
    assert_eq!(bench.json("out/states.json"), document);
    for name in ["states.csv", "difference.csv"] {
        assert!(bench.text(&format!("out/{name}")).starts_with("# simulated\n"), "{name}");
    }
    for stem in ["states", "difference"] {
        assert!(bench.text(&format!("out/figures/{stem}.svg")).contains("simulated"), "{stem}");
        let png = fs::metadata(bench.path(&format!("out/figures/{stem}.png"))).unwrap();
        assert!(png.len() > 5000, "{stem}");
    }
}

#[test]
fn another_reference_turns_the_difference_around() {
    let bench = Bench::new();
    let line = format!("compare states --state {} --state {}", seatings("fresh"), seatings("worn"));
    let shelf = |options: &str| {
        let document = bench.run(&format!("{line} {options} --json")).ended(0).document();
        let difference = document["figures"]["differences"][0].clone();
        (difference["state"].clone(), difference["bass_shelf_db"].as_f64().unwrap())
    };
    let (usual, turned) = (shelf(""), shelf("--reference worn"));
    assert_eq!((usual.0, turned.0), ("worn".into(), "fresh".into()));
    assert!((usual.1 + turned.1).abs() < SAME);
    // The bass shelf is a difference of means, so where the curves meet does not matter to it.
    assert!((shelf("--normalise 300Hz-1kHz").1 - usual.1).abs() < SAME);
    bench.run(&format!("{line} --smoothing 1/6 --normalize none")).ended(0);
}

#[test]
fn states_that_cannot_be_compared_are_refused() {
    let bench = Bench::new();
    bench.write("low.txt", b"20 1\n40 2\n");
    bench.write("high.txt", b"2000 1\n4000 2\n");
    bench.write("load.zma", b"20 32 0\n2000 33 0\n");
    for (options, code, reason) in [
        ("", 2, "--state"),
        ("--state a=low.txt", 2, "two or more states, found 1"),
        ("--state a=low.txt --state a=high.txt", 2, "two or more states, found 1"),
        ("--state a=low.txt,low.txt --state b=high.txt", 2, "given twice"),
        ("--state a --state b=low.txt", 2, "NAME=FILE"),
        ("--state a= --state b=low.txt", 2, "NAME=FILE"),
        ("--state a=low.txt --state b=low.txt --reference c", 2, "expected one of a, b"),
        ("--state a=low.txt --state b=low.txt --normalise 3k-300", 2, "ends before it begins"),
        ("--state a=low.txt --state b=low.txt --normalise loud", 2, "'loud' is not a frequency"),
        ("--state a=low.txt --state b=low.txt", 5, "cannot normalise"),
        ("--state a=low.txt --state b=high.txt", 5, "no band in common"),
        ("--state a=low.txt --state b=load.zma", 5, "'load.zma' is an impedance"),
        ("--state a=low.txt --state b=missing.txt", 5, "cannot read 'missing.txt'"),
        ("--state a=low.txt --state b=.", 5, "holds no measured curve"),
    ] {
        let line = format!("compare states {options} -o out");
        bench.run(&line).ended(code).says(reason);
        let document = bench.run(&format!("{line} --json")).ended(code).document();
        assert_eq!(document["error"]["exit_code"], code, "{options}");
    }
    assert!(!bench.path("out").exists());
}

#[test]
fn a_single_seating_gets_no_error_bar_and_says_why() {
    let bench = Bench::new();
    bench.write("a.txt", b"20 1\n1000 0\n20000 2\n");
    bench.write("b.txt", b"20 3\n1000 0\n20000 2\n");
    let line = "compare states --state a=a.txt --state b=b.txt --json";
    let ran = bench.run(line).ended(0).says("have one seating only");
    let document = ran.document();
    assert!(document.get("simulated").is_none());
    assert!(document["figures"]["differences"][0].get("u_bass_shelf_db").is_none());
}

#[test]
fn sources_are_compared_from_the_folder_of_an_impedance() {
    let bench = Bench::new();
    let impedance = demo().join("measurements/impedance").display().to_string();
    let response = demo().join("measurements/fresh-1").display().to_string();
    let line = format!("compare source --impedance {impedance} --response {response}");
    let ran = bench.run(&format!("{line} --source-ohm 0.1,10,33,120 -o out --json")).ended(0);
    let document = ran.quietly().document();
    assert_eq!((&document["kind"], &document["simulated"]), (&"source".into(), &true.into()));
    let (found, expected) = (&document["figures"], &written("source.json")["figures"]);
    for i in 0..4 {
        for key in ["source_ohm", "worst_db", "worst_hz", "damping_factor"] {
            let [found, expected] =
                [found, expected].map(|figures| figures["sources"][i][key].as_f64().unwrap());
            assert!((found - expected).abs() <= SAME * expected.abs(), "{key}: {found} {expected}");
        }
        assert!(!numbers(&found["sources"][i]["curve"]["magnitude_db"]).is_empty());
    }
    for limit in ["0.1", "0.5", "1"] {
        assert!(found["limit_ohm"][limit].is_number(), "{limit}");
    }
    assert!(found["eighth_rule_ohm"].is_number());
    assert_eq!(bench.json("out/source.json"), document);
    assert!(bench.text("out/figures/source.svg").contains("simulated"));
    bench.run(&line).ended(0).prints("simulated").prints("-o DIR");
}

#[test]
fn a_resistor_divides_alike_at_every_frequency() {
    let bench = Bench::new();
    bench.write("load.zma", b"20 32 0\n1000 32 0\n20000 32 0\n");
    let line = "compare source --impedance load.zma --source-ohm 32 --json";
    let source = bench.run(line).ended(0).document()["figures"]["sources"][0].clone();
    assert!(source["worst_db"].as_f64().unwrap().abs() < SAME);
    assert!((source["damping_factor"].as_f64().unwrap() - 1.0).abs() < SAME);
}

#[test]
fn sources_that_make_no_sense_are_refused() {
    let bench = Bench::new();
    bench.write("load.zma", b"20 32 0\n1000 33 0\n20000 32 0\n");
    bench.write("level.txt", b"20 1\n1000 2\n20000 3\n");
    bench.write("short.zma", b"20 0 0\n1000 0 0\n");
    for (options, code, reason) in [
        ("", 2, "--impedance"),
        ("--impedance load.zma --source-ohm abc", 2, "'abc' is not a resistance"),
        ("--impedance load.zma --source-ohm -5", 2, "outside"),
        ("--impedance load.zma --source-ohm nan", 2, "'nan' is not a resistance"),
        ("--impedance load.zma --source-ohm 10,", 2, "'' is not a resistance"),
        ("--impedance level.txt", 5, "is a response, not an impedance"),
        ("--impedance missing.zma", 5, "cannot read 'missing.zma'"),
        ("--impedance load.zma --response load.zma", 5, "is an impedance, not a response"),
        ("--impedance short.zma", 5, "zero at 20 Hz"),
        ("--impedance load.zma -o level.txt", 5, "level.txt"),
    ] {
        let line = format!("compare source {options}");
        bench.run(&line).ended(code).says(reason);
        let document = bench.run(&format!("{line} --json")).ended(code).document();
        assert_eq!(document["error"]["exit_code"], code, "{options}");
    }
}

#[test]
fn impedances_are_compared_in_percent_with_figures_and_tables() {
    let bench = Bench::new();
    let folder = demo().join("measurements/impedance").display().to_string();
    bench.run(&format!("convert {folder} left.csv")).ended(0);
    // The same, a hundredth higher.
    let scaled = |line: &str| -> String {
        let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
        match fields.get(1).and_then(|ohm| ohm.parse::<f64>().ok()) {
            Some(ohm) => fields[1] = (1.01 * ohm).to_string(),
            None => return line.to_owned(),
        }
        fields.join(",")
    };
    let text: Vec<String> = bench.text("left.csv").lines().map(scaled).collect();
    bench.write("right.csv", (text.join("\n") + "\n").as_bytes());
    let line = "compare curves left=left.csv right=right.csv -o out --json";
    let document = bench.run(line).ended(0).document();
    assert_eq!(document["kind"], "curves");
    let difference = &document["figures"]["differences"][0];
    let worst = difference["worst_percent"].as_f64().unwrap();
    assert!((worst - 1.0).abs() < 1e-6, "{difference}");
    for name in ["curves.json", "curves.csv", "difference.csv"] {
        assert!(bench.path(&format!("out/{name}")).exists(), "{name}");
    }
    for stem in ["curves", "difference"] {
        assert!(bench.text(&format!("out/figures/{stem}.svg")).contains("simulated"), "{stem}");
    }
    bench.run("compare curves left.csv").ended(2).says("two or more");
    bench.write("level.txt", b"20 1\n1000 2\n");
    bench.run("compare curves left.csv level.txt").ended(5).says("an impedance in ohms");
}
