//! Setting up, checking and showing a rig, and the protection of those who listen, as a user
//! meets them. Everything here runs on simulated rigs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

#[path = "command_line/bench.rs"]
#[allow(dead_code, reason = "every test binary uses its own part")]
mod bench;

use std::time::{Duration, Instant};

use bench::{Bench, Ran, ran};
use cansweep::measure::stimulus_of;
use cansweep::store::plan;

/// A rig file for practice: its microphone reaches full scale at 120 dB SPL, its output gives 2 V.
fn practice(more: &str) -> String {
    format!(
        "# a remark of mine\nname = \"practice\"\nsimulated = \"closed-38\"\n{more}\n\
         [scale]\noutput_volts = 2.0\nmicrophone_db_spl = 120\n"
    )
}

/// What a check has found of its microphone: so much gain from output to input.
fn checked(gain_db: f64) -> String {
    format!(
        "[checked]\nat = \"2026-01-01T00:00:00+00:00\"\nlevel_dbfs = -12.0\nrate_hz = 48000\n\
         inputs = [{{ channel = 2, gain_db = {gain_db} }}]\n"
    )
}

fn bench_with(rig: &str) -> Bench {
    let bench = Bench::new();
    bench.write("practice.toml", rig.as_bytes());
    bench
}

/// Runs the program with lines typed into it.
fn answered(bench: &Bench, line: &str, answers: &str) -> Ran {
    let mut command = bench.command();
    command.args(line.split_whitespace()).write_stdin(answers);
    ran(&mut command, line.to_owned())
}

#[test]
fn a_check_of_a_good_rig_says_so_and_gives_its_figures() {
    let bench = Bench::new();
    bench.run("rig check sim:open-300").ended(0).prints("good: nothing").prints("microphone");
}

#[test]
fn the_document_of_a_check_holds_what_the_simulation_is_made_of() {
    /// Noise of the sweep, and of a peak between samples.
    const GAIN_DB: f64 = 0.05;
    let document = Bench::new().run("rig check sim:open-300 --json").ended(0).document();
    assert_eq!((&document["kind"], &document["verdict"]), (&"rig-check".into(), &"good".into()));
    let figures = &document["figures"];
    let [reference, microphone] = [0, 1].map(|i| &figures["inputs"][i]);
    assert_eq!(
        (&reference["role"], &microphone["role"]),
        (&"reference".into(), &"microphone".into())
    );
    // The delay of the scenario is 1234.37 samples.
    assert!((figures["delay_samples"].as_f64().unwrap() - 1234.37).abs() <= 1.0);
    // 2 V of 2.4 V, and the divider of 1 Ω with the headphone's impedance at 1 kHz.
    let gain = 20.0 * (2.0_f64 / 2.4 * 303.0 / 304.0).log10();
    assert!((reference["gain_db"].as_f64().unwrap() - gain).abs() < GAIN_DB, "{reference}");
    // 105 dB below a sine of full scale, whose effective value is 3 dB below its peak.
    assert!((reference["noise_dbfs"].as_f64().unwrap() + 108.0).abs() < 0.2, "{reference}");
    assert!(figures["drift_ppm"].as_f64().unwrap().abs() < 0.1);
    let harmonics = reference["harmonics"].as_array().unwrap();
    assert!(harmonics.iter().all(|harmonic| harmonic["is_upper_limit"] == true), "{reference}");
}

#[test]
fn swapped_channels_are_found_by_a_check_and_named_with_the_remedy() {
    let bench = Bench::new();
    let line = "rig check sim:open-300 --channels reference=2,microphone=1";
    bench.run(line).ended(1).says("seem to be swapped").prints("something to change");
}

#[test]
fn a_set_up_through_a_pipe_writes_a_rig_file_that_measures() {
    let bench = Bench::new();
    let ran =
        answered(&bench, "rig init desk.toml --output sim:closed-38", "1\n1\n-15dBFS\n\n\n\n");
    ran.ended(0)
        .says("What is the rig for?")
        .says("input 1  reference")
        .prints("written to desk.toml");
    let text = bench.text("desk.toml");
    for words in ["level_dbfs = -15.0", "channels = \"reference=1,microphone=2\"", "[checked]"] {
        assert!(text.contains(words), "{text}");
    }
    bench.run("rig show desk.toml").ended(0).quietly().prints("coupler").prints("-15 dBFS");
    let shown = bench.run("rig show desk.toml --json").ended(0).document();
    assert_eq!(shown["limits"]["level_dbfs"], -15.0);
    let line = "measure response --rig desk.toml --plan short.toml --level -15dBFS -o out";
    bench.run(line).ended(0);
    // Its limit holds.
    let line = "measure response --rig desk.toml --plan short.toml -o loud";
    bench.run(line).ended(2).says("limit of -15 dBFS").says("--beyond-limit");
    assert!(bench.leftovers().is_empty());
}

#[test]
fn a_jig_is_set_up_without_a_question_and_its_louder_side_is_the_reference() {
    let bench = Bench::new();
    let line = "rig init jig.toml --output sim:open-300 --for impedance --yes --json";
    let document = bench.run(line).ended(0).document();
    assert_eq!(document["channels"], "reference=1,sense=2");
    assert!(bench.text("jig.toml").contains("[ sense resistor ]"));
}

#[test]
fn a_rig_file_is_not_overwritten_unless_told() {
    let bench = bench_with("name = 'mine'");
    let line = "rig init practice.toml --output sim:closed-38 --yes";
    bench.run(line).ended(2).says("exists already");
    assert_eq!(bench.text("practice.toml"), "name = 'mine'");
    bench.run(&format!("{line} --force")).ended(0);
    assert!(bench.text("practice.toml").contains("simulated = \"closed-38\""));
    bench.run("rig init desk.txt --output sim:closed-38 --yes").ended(2).says(".toml");
}

#[test]
fn no_device_is_played_on_that_nobody_named() {
    let bench = Bench::new();
    bench.run("rig init desk.toml --yes").ended(2).says("nothing says which device plays");
    bench.run("rig check").ended(2).says("no rig was named");
    bench.run("rig check alsa:not_there").ended(3).says("no sound device");
    assert!(!bench.path("desk.toml").exists());
}

#[test]
fn no_is_an_answer_and_leaves_nothing_behind() {
    let bench = Bench::new();
    let line = "rig init desk.toml --output sim:closed-38";
    answered(&bench, line, "1\n1\n\nno\n").ended(130).says("nothing was played");
    answered(&bench, line, "7\ntuba\n1\n1\nloud\n\nno\n").ended(130).says("from 1 to 3, please");
    assert!(!bench.path("desk.toml").exists() && bench.leftovers().is_empty());
}

#[test]
fn what_a_check_found_is_kept_in_the_rig_file_beside_the_users_own_words() {
    let bench = bench_with(&practice(""));
    bench.run("rig check practice.toml --save").ended(0);
    bench.run("rig check practice.toml --save --level -20dBFS").ended(0);
    let text = bench.text("practice.toml");
    assert!(text.starts_with("# a remark of mine\n"), "{text}");
    assert_eq!(text.matches("[checked]").count(), 1, "{text}");
    assert!(text.contains("level_dbfs = -20.0"), "{text}");
    bench.run("rig show practice.toml").ended(0).prints("at -20 dBFS");
    bench.run("rig check sim:closed-38 --save").ended(2).says("needs a rig file");
}

#[test]
fn a_limit_in_volts_or_sound_pressure_is_kept_unless_the_user_insists() {
    let measure = "measure response --rig practice.toml --plan short.toml";
    // 2 V at full scale are 0.50 V at −12 dBFS.
    let bench = bench_with(&practice("limits = { volts = 0.4 }"));
    bench.run(&format!("{measure} -o a")).ended(2).says("limit of 0.4 V").says("0.50 V");
    assert!(!bench.path("a").exists());
    let insisted = bench.run(&format!("{measure} -o a --beyond-limit --json")).ended(0).document();
    let findings = insisted["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["kind"] == "beyond-limit"), "{insisted}");
    // 120 dB SPL, +5 dB and −12 dBFS are 113 dB SPL.
    let bench = bench_with(&(practice("") + &checked(5.0)));
    bench.run(&format!("{measure} -o a")).ended(2).says("110 dB SPL").says("113 dB SPL");
    // 90 dB SPL are too much in a person's ears.
    let bench = bench_with(&(practice("worn = true") + &checked(-18.0)));
    bench.run(&format!("{measure} -o a")).ended(2).says("85 dB SPL");
    bench.run("rig check practice.toml").ended(2).says("85 dB SPL");
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a pause is seen by the clock alone")]
fn a_level_that_harms_is_announced_and_waits_unless_nobody_wears_the_headphone() {
    const PAUSE: Duration = Duration::from_secs(3);
    let measure = "measure response --rig practice.toml --plan short.toml";
    // 120 dB SPL, −6 dB and −12 dBFS are 102 dB SPL.
    let bench = bench_with(&(practice("") + &checked(-6.0)));
    let since = Instant::now();
    bench
        .run(&format!("{measure} -o a"))
        .ended(0)
        .says("102 dB SPL")
        .says("take the headphone off");
    assert!(since.elapsed() >= PAUSE);
    let hasty = bench.run(&format!("{measure} -o b --yes")).ended(0);
    assert!(!hasty.stderr.contains("take the headphone off"), "{}", hasty.stderr);
    let bench = bench_with(&(practice("worn = false") + &checked(-6.0)));
    let coupler = bench.run(&format!("{measure} -o a")).ended(0);
    assert!(!coupler.stderr.contains("take the headphone off"), "{}", coupler.stderr);
}

#[test]
fn a_rig_file_that_makes_no_sense_is_refused_with_the_reason() {
    let bench = bench_with(&practice("limits = { volts = -1 }"));
    bench.run("rig show practice.toml").ended(5).says("above 0 V");
    bench.run("rig check practice.toml").ended(5).says("above 0 V");
    bench.run("rig show missing.toml").ended(3).says("cannot read the rig");
}

/// The steepest change from one sample to the next that the signal's own frequencies make.
fn steepest(samples: &[f64]) -> f64 {
    samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max)
}

#[test]
fn every_part_of_every_stimulus_begins_and_ends_softly() {
    /// A hundredth of the peak within the first and the last tenth of a millisecond.
    const SOFT: f64 = 0.01;
    for name in plan::builtin_names() {
        let stimulus = stimulus_of(&plan::load(name).unwrap()).unwrap();
        let edge = stimulus.rate().hz() as usize / 10_000;
        for part in [stimulus.sweep(), stimulus.pilot()] {
            let (first, last) = (&part[..edge], &part[part.len() - edge..]);
            assert!(steepest(first) < SOFT * stimulus.peak(), "{name} begins hard");
            assert!(steepest(last) < SOFT * stimulus.peak(), "{name} ends hard");
            assert!(first[0].abs() < SOFT * stimulus.peak(), "{name}");
            assert!(last[edge - 1].abs() < SOFT * stimulus.peak(), "{name}");
        }
    }
}
