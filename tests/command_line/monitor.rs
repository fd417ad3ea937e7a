//! `monitor`: one line for each sweep, steady or not, against a reference; its memory.

use std::io::{BufRead, BufReader};

use serde_json::Value;

use crate::bench::{Bench, Ran};

/// Sweeps until a simulated headphone that nobody touches is steady.
const UNTIL_STEADY: usize = 4;

fn lines(ran: &Ran) -> Vec<Value> {
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_sweep_is_a_line_and_four_alike_are_steady() {
    let bench = Bench::new();
    let ran = bench.run("monitor --rig sim:closed-38 --sweeps 10 --json").ended(0).quietly();
    let lines = lines(&ran);
    assert_eq!(lines.len(), 10);
    for (k, line) in lines.iter().enumerate() {
        assert_eq!((&line["schema"], &line["kind"]), (&1.into(), &"monitor".into()));
        assert_eq!(line["sweep"], k + 1);
        let state = if k + 1 < UNTIL_STEADY { "settling" } else { "steady" };
        assert_eq!(line["motion"]["state"], state, "{line}");
        assert!(line["findings"].as_array().unwrap().is_empty(), "{line}");
        assert!(line.get("against_reference").is_none());
    }
    let times: Vec<f64> = lines.iter().map(|line| line["at_s"].as_f64().unwrap()).collect();
    assert!(times.is_sorted());
}

#[test]
fn half_a_second_tells_the_bass_of_the_long_sweeps() {
    /// What noise at −30 dBFS and a gate of 250 ms leave.
    const ALIKE_DB: f64 = 0.01;
    let bench = Bench::new();
    for state in ["fresh", "glasses"] {
        let rig = format!("--rig sim:closed-38 --state {state} --json");
        let line = format!("measure response {rig} --no-figures -o {state}");
        let long = bench.run(&line).ended(0).document();
        let long = long["figures"]["bass_shelf_db"].as_f64().unwrap();
        let live = bench.run(&format!("monitor {rig} --sweeps 1")).ended(0);
        let live = lines(&live)[0]["figures"]["bass_shelf_db"].as_f64().unwrap();
        assert!((live - long).abs() < ALIKE_DB, "{state}: {live} {long}");
    }
}

#[test]
fn glasses_are_below_the_reference_of_fresh_seatings_and_another_fresh_one_is_within() {
    let bench = Bench::new();
    let references = [1, 2, 3, 4].map(|n| format!(" --reference fresh-{n}")).concat();
    for seating in 1..=4 {
        let options = format!("--state fresh --seating {seating} --no-figures -o fresh-{seating}");
        bench.run(&format!("measure response --rig sim:closed-38 {options}")).ended(0);
    }
    let verdict = |state: &str| {
        let options = format!("--state {state} --seating 7 --sweeps 5 --json{references}");
        let lines = lines(&bench.run(&format!("monitor --rig sim:closed-38 {options}")).ended(0));
        lines[4]["against_reference"].clone()
    };
    let glasses = verdict("glasses");
    assert_eq!((&glasses["verdict"], &glasses["seatings"]), (&"below".into(), &4.into()));
    assert!(glasses["bass_db"].as_f64().unwrap() < -1.5, "{glasses}");
    assert_eq!(verdict("fresh")["verdict"], "within");
}

#[test]
fn behind_a_sense_resistor_the_resonance_is_shown_and_compared() {
    let bench = Bench::new();
    let jig = "--rig sim:open-300 --sense-resistor 100";
    bench.run(&format!("measure impedance {jig} --no-figures -o z")).ended(0);
    let ran = bench.run(&format!("monitor {jig} --reference z --sweeps 2 --json")).ended(0);
    for line in lines(&ran) {
        let hz = line["figures"]["resonance_hz"].as_f64().unwrap();
        assert!((70.0..110.0).contains(&hz), "{line}");
        let against = &line["against_reference"];
        for (key, within) in [("resonance_frequency_ratio", 0.02), ("resonance_height_ratio", 0.01)]
        {
            assert!((against[key].as_f64().unwrap() - 1.0).abs() < within, "{key}: {line}");
        }
        assert_eq!(against["verdict"], "within", "{line}");
    }
}

#[test]
fn what_cannot_be_watched_is_said_with_a_way_out() {
    let bench = Bench::with_take();
    bench.run("monitor --rig sim:closed-38").ended(2).says("needs a terminal").says("--json");
    bench.run("monitor --json").ended(2).says("needs a rig");
    bench.run("monitor --take take.wav --json").ended(2).says("needs a rig");
    bench.run("monitor --rig sim:closed-38 --json --sweeps 0").ended(2).says("--sweeps");
    bench.run("monitor --rig sim:closed-38 --json --reference gone").ended(5).says("gone");
    let loud = "monitor --rig sim:closed-38 --json --sweeps 1 --level 3dBFS";
    bench.run(loud).ended(2).says("full scale");
    let channels = "monitor --rig sim:closed-38 --json --channels microphone=5";
    bench.run(channels).ended(5).says("channel 5");
}

#[test]
fn a_reference_of_another_kind_or_without_bass_is_refused() {
    let bench = Bench::new();
    let short = "--plan short.toml --rig sim:closed-38 --no-figures";
    bench.run(&format!("measure response {short} -o short")).ended(0);
    let monitor = "monitor --rig sim:closed-38 --json --sweeps 1";
    bench.run(&format!("{monitor} --reference short")).ended(5).says("20 Hz to 1 kHz");
    let impedance = "--rig sim:closed-38 --sense-resistor 100 --no-figures -o z";
    bench.run(&format!("measure impedance {impedance}")).ended(0);
    bench.run(&format!("{monitor} --reference z")).ended(5).says("not a response");
}

/// Resident memory of a process in kibibytes.
#[cfg(target_os = "linux")]
fn resident_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Runs so many sweeps; resident memory after a tenth of them, and near their end.
#[cfg(target_os = "linux")]
fn memory_over(sweeps: usize) -> (u64, u64) {
    let line = format!("monitor --rig sim:closed-38 --json --sweeps {sweeps}");
    let mut process = Bench::new().process(&line).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let id = process.id();
    let mut after = |count: usize| {
        for _ in 0..count {
            lines.next().unwrap().unwrap();
        }
        resident_kib(id)
    };
    let early = after(sweeps / 10);
    let late = after(sweeps * 8 / 10);
    lines.for_each(drop);
    assert!(process.wait().unwrap().success());
    (early, late)
}

/// An allocator may keep a train that was freed and lay out the next one elsewhere; a train of
/// eight sweeps with its spectra takes some tens of mebibytes, a sweep that leaked would take
/// one.
#[cfg(target_os = "linux")]
const MAY_GROW_KIB: u64 = 16 * 1024;

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_sweeps() {
    let (early, late) = memory_over(200);
    assert!(late <= early + MAY_GROW_KIB, "{early} KiB, then {late} KiB");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "an hour of sweeps, some minutes of computing"]
fn memory_does_not_grow_within_an_hour() {
    let (early, late) = memory_over(4_600);
    println!("{early} KiB after a tenth, {late} KiB near the end");
    assert!(late <= early + MAY_GROW_KIB, "{early} KiB, then {late} KiB");
}
