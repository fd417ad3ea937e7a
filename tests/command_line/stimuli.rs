//! `sweep`: a stimulus as a file.

use hound::{SampleFormat, WavReader};

use crate::bench::{Bench, read_wav};

/// A peak of −12 dBFS between two samples of a 23 kHz sweep may be missed, at 48 kHz by less.
const PEAK_DB: f64 = 0.1;

#[test]
fn a_stimulus_is_written_in_every_format_with_the_level_that_is_asked_for() {
    let bench = Bench::new();
    for (format, bits, kind) in [
        ("16", 16, SampleFormat::Int),
        ("24", 24, SampleFormat::Int),
        ("float", 32, SampleFormat::Float),
    ] {
        let name = format!("{format}.wav");
        let line = format!("sweep short.toml -o {name} --format {format} --level -20dBFS --json");
        let document = bench.run(&line).ended(0).quietly().document();
        let spec = WavReader::open(bench.path(&name)).unwrap().spec();
        assert_eq!((spec.channels, spec.bits_per_sample, spec.sample_format), (1, bits, kind));
        let samples = read_wav(&bench.path(&name)).remove(0);
        let peak = samples.iter().fold(0.0_f64, |peak, v| peak.max(v.abs()));
        assert!((20.0 * peak.log10() + 20.0).abs() < PEAK_DB, "{format}: {peak}");
        assert_eq!(document["kind"], "stimulus");
        assert_eq!(document["frames"], samples.len());
        assert_eq!(document["level_dbfs"], -20.0);
    }
}

#[test]
fn a_plan_can_be_played_at_another_rate() {
    let bench = Bench::new();
    let line = "sweep response-quick -o s.wav --rate 96k --json";
    let document = bench.run(line).ended(0).document();
    assert_eq!(document["rate_hz"], 96_000);
    assert_eq!(WavReader::open(bench.path("s.wav")).unwrap().spec().sample_rate, 96_000);
}

#[test]
fn a_plan_is_listed_printed_edited_and_played() {
    let bench = Bench::new();
    let list = bench.run("sweep --list").ended(0).quietly().prints("response-quick").stdout;
    let plans = bench.run("sweep --list --json").ended(0).document()["plans"].clone();
    for plan in plans.as_array().unwrap() {
        let name = plan["name"].as_str().unwrap();
        assert!(list.contains(name), "{name}");
        let printed = bench.run(&format!("sweep {name} --print")).ended(0).quietly().stdout;
        let edited = printed.replace("-12dBFS", "-30dBFS");
        bench.write("mine.toml", edited.as_bytes());
        let line = "sweep mine.toml -o mine.wav --force --json";
        assert_eq!(bench.run(line).ended(0).document()["level_dbfs"], -30.0, "{name}");
    }
}

#[test]
fn a_plan_that_is_wrong_is_refused_with_its_place_and_reason() {
    let bench = Bench::new();
    let right = crate::bench::SHORT_PLAN;
    for (name, text, reason) in [
        ("empty", String::new(), "missing field"),
        ("words", "hello world".to_owned(), "line 1"),
        ("end-below-start", right.replace("\"23kHz\"", "\"2Hz\""), "sweep.stop (2 Hz)"),
        ("result-outside", right.replace("from = \"100Hz\"", "from = \"1Hz\""), "analysis.from"),
        ("unknown-key", format!("{right}colour = \"red\"\n"), "unknown field `colour`"),
        ("no-number", right.replace("\"0.5s\"", "\"soon\""), "'soon'"),
        ("negative", right.replace("\"0.5s\"", "\"-0.5s\""), "-0.5"),
        ("not-a-number", right.replace("\"20Hz\"", "nan"), ""),
        ("no-sweeps", right.replace("repeats = 2", "repeats = 0"), "repeats"),
        ("too-loud", right.replace("-12dBFS", "1dBFS"), "full scale"),
    ] {
        let file = format!("{name}.toml");
        bench.write(&file, text.as_bytes());
        let ran = bench.run(&format!("sweep {file} -o out.wav --json")).ended(5);
        let ran = ran.says(&format!("the plan '{file}'")).says(reason);
        assert_eq!(ran.document()["error"]["exit_code"], 5, "{name}");
        assert!(!bench.path("out.wav").exists(), "{name}");
        // The same plan is no better for a measurement.
        bench.run(&format!("measure response --rig sim:closed-38 --plan {file}")).ended(5);
    }
    bench.run("sweep respones -o out.wav").ended(5).says("built in are response");
    bench.run("sweep respones --print").ended(5).says("built in are response");
    bench.run("sweep missing.toml -o out.wav").ended(5).says("cannot read the plan 'missing.toml'");
    bench.run("sweep . -o out.wav").ended(5).says("cannot read the plan '.'");
}
