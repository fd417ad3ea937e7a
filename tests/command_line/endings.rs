//! Wrong command lines, rigs that are not there, takes that are refused.

use serde_json::Value;

use crate::bench::{Bench, copy_of, hiss, stimulus};

/// The document of a failure, which must be the only one on standard output.
fn failure(bench: &Bench, line: &str, code: i32) -> Value {
    let document = bench.run(&format!("{line} --json")).ended(code).document();
    assert_eq!(document["kind"], "error", "{line}");
    assert_eq!(document["error"]["exit_code"], code, "{line}");
    assert!(!document["error"]["message"].as_str().unwrap().is_empty(), "{line}");
    document
}

#[test]
fn help_is_a_result_and_names_every_command_in_the_order_of_a_session() {
    let bench = Bench::new();
    let help = bench.run("--help").ended(0).quietly().stdout;
    let commands = ["devices", "sweep", "measure", "compare", "library", "convert", "demo"];
    let at = commands.map(|command| help.find(&format!("\n  {command} ")).unwrap());
    assert!(at.is_sorted(), "{help}");
    assert!(help.contains("Exit codes: 0 done"), "{help}");
    for command in [
        "devices",
        "sweep",
        "measure response",
        "measure impedance",
        "monitor",
        "compare states",
        "compare source",
        "library list",
        "library show",
        "library verify",
        "library recover",
        "convert",
        "demo",
    ] {
        let help = bench.run(&format!("{command} --help")).ended(0).quietly().stdout;
        assert!(help.contains(&format!("cansweep {command}")) && help.contains("--json"), "{help}");
        assert!(!help.contains(&*bench.path("library").to_string_lossy()), "{command}");
    }
    bench.run("--version").ended(0).quietly().prints("cansweep ");
}

#[test]
fn a_wrong_command_line_ends_with_2_and_says_what_is_wrong_with_it() {
    let bench = Bench::with_take();
    let take = "--take take.wav --plan short.toml";
    for (line, reason) in [
        ("", "Usage:"),
        ("mesure", "unrecognized subcommand 'mesure'"),
        ("sweep", "<PLAN>"),
        ("sweep response", "--output"),
        ("sweep response -o x.wav --rate nan", "'nan' is not a sample rate"),
        ("sweep response -o x.wav --rate -48000", "--rate"),
        ("sweep response -o x.wav --rate 0", "8000 to 768000 Hz"),
        ("sweep short.toml -o x.wav --level 3dBFS", "full scale"),
        ("sweep short.toml -o x.wav --level nan", "'nan' is not a level"),
        ("sweep short.toml -o x.wav --format 8", "16, 24, float"),
        ("sweep short.toml --print --rate 96k", "--print"),
        ("measure response", "nothing says where the recording comes from"),
        ("measure response --take take.wav --rig sim:closed-38", "cannot be used"),
        ("measure response --stimulus s.wav", "--take"),
        ("measure response --take take.wav --stimulus s.wav --plan short.toml", "cannot be used"),
        ("measure impedance --take take.wav", "--sense-resistor"),
    ] {
        bench.run(line).ended(2).says(reason);
        failure(&bench, line, 2);
    }
    for (options, reason) in [
        ("--channels tuba=1", "roles are reference, sense, microphone, negative and load"),
        ("--channels microphone=0", "counted from 1"),
        ("--channels reference=1,microphone=1", "which input is which"),
        ("--from 1k --to 100", "--from 1000 Hz does not lie below --to 100 Hz"),
        ("--from 1", "the sweep runs from 20 Hz"),
        ("--from -20", "outside"),
        ("--to nan", "'nan' is not a frequency"),
        ("--gate 0", "outside 1 ms to 10 s"),
        ("--gate -5ms", "outside"),
        ("--smoothing 1/0", "1/n with n from 1 to 96"),
        ("--points-per-octave 0", "1 to 768"),
        ("--points-per-octave -3", "unexpected argument"),
        ("--accept everything", "no-stimulus, dead-input, shorted-input"),
        ("--tag pads", "KEY=VALUE"),
        ("-o .", "no name for a new folder"),
    ] {
        let line = format!("measure response {take} {options}");
        bench.run(&line).ended(2).says(reason);
        failure(&bench, &line, 2);
    }
    for (options, reason) in [
        ("--sense-resistor 0", "more than 0 Ω"),
        ("--sense-resistor -100", "outside"),
        ("--sense-resistor nan", "'nan' is not a resistance"),
        ("--sense-resistor lots", "4k7"),
        ("--sense-resistor 100 --input-resistance 0", "more than 0 Ω"),
        ("--sense-resistor 100 --resistor-tolerance -1%", "outside"),
        ("--sense-resistor 100 --topology middle", "high-side or low-side"),
    ] {
        let line = format!("measure impedance {take} {options}");
        bench.run(&line).ended(2).says(reason);
        failure(&bench, &line, 2);
    }
    assert!(!bench.path("library").exists() && !bench.path("x.wav").exists());
}

#[test]
fn a_rig_that_is_not_there_ends_with_3() {
    let bench = Bench::new();
    for (rig, reason) in [
        ("sim:nothing", "sim:closed-38"),
        ("no-such-device", "`cansweep devices` lists the devices"),
        ("missing.toml", "cannot read the rig 'missing.toml'"),
    ] {
        let line = format!("measure response --rig {rig}");
        bench.run(&line).ended(3).says(reason);
        failure(&bench, &line, 3);
    }
    bench.write("broken.toml", b"[sound_card]\ndevice = 7\n");
    bench.run("measure response --rig broken.toml").ended(5).says("the rig file 'broken.toml'");
    assert!(!bench.path("library").exists());
}

#[test]
fn the_devices_are_listed_without_the_noise_of_sound_libraries() {
    let bench = Bench::new();
    bench.run("devices").ended(0).quietly().prints("sim:closed-38");
    let document = bench.run("devices --json").ended(0).quietly().document();
    assert_eq!(document["kind"], "devices");
    assert!(document["devices"].is_array());
    assert_eq!(document["simulated"][0], "sim:closed-38");
}

#[test]
fn a_take_that_cannot_be_trusted_is_kept_and_refused_with_4() {
    let bench = Bench::new();
    let take = copy_of(stimulus(), 100, 0.5);
    let noise = (0..take.len() as isize).map(|k| 1e5 * hiss(k)).collect();
    let clipped = take.iter().map(|v| (8.0 * v).clamp(-1.0, 1.0)).collect();
    let middle = take.len() / 2;
    let lost = [&take[..middle], &take[middle + 900..]].concat();
    for (kind, samples, reason) in [
        ("dead-input", vec![0.0; take.len()], "channel 1 is silent"),
        ("no-stimulus", noise, "no stimulus found"),
        ("clipped", clipped, "Lower the input gain"),
        ("truncated", take[..take.len() / 3].to_vec(), "Record from before the stimulus"),
        ("samples-lost", lost, "samples were lost"),
    ] {
        bench.write_take("take.wav", &[samples]);
        let ran = bench.run("measure response --take take.wav --plan short.toml --json -o out");
        let document = ran.ended(4).says(reason).document();
        assert_eq!(document["kind"], "response", "{kind}");
        assert!(document.get("curve").is_none(), "{kind}");
        let refusals = document["findings"].as_array().unwrap().iter();
        let mut refusals = refusals.filter(|finding| finding["severity"] == "refusal");
        assert!(refusals.any(|finding| finding["kind"] == kind), "{kind}: {document}");
        assert!(bench.path("out/take-1.wav").exists() && !bench.path("out/figures").exists());
        bench.run("convert out x.csv").ended(5).says("was refused");
        bench.run("compare source --impedance out").ended(5);
        std::fs::remove_dir_all(bench.path("out")).unwrap();
    }
}

#[test]
fn the_user_may_insist_and_the_result_says_so() {
    let bench = Bench::new();
    let clipped = copy_of(stimulus(), 100, 4.1).iter().map(|v| v.clamp(-1.0, 1.0)).collect();
    bench.write_take("take.wav", &[clipped]);
    let line = "measure response --take take.wav --plan short.toml --accept clipped -o out";
    bench.run(line).ended(0).says("--accept clipped insisted");
    assert!(bench.text("out/figures/response.svg").contains("clipped"));
}

#[test]
fn one_bad_take_among_good_ones_is_left_out() {
    let bench = Bench::with_take();
    bench.write_take("silent.wav", &[vec![0.0; 200_000]]);
    let line = "measure response --take take.wav --take silent.wav --plan short.toml --no-figures";
    let document = bench.run(&format!("{line} -o out --json")).ended(0).document();
    assert_eq!(document["findings"][0]["take"], 2);
    assert_eq!(document["findings"][0]["severity"], "refusal");
    assert!(document["curve"].is_object());
}
