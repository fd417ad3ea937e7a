//! `measure response`: from takes and from the simulated rig.

use serde_json::Value;

use crate::bench::{
    Bench, RATE_HZ, SHORT_PLAN, copy_of, numbers, read_wav, stimulus, worst, write_wav,
};

/// What a program that reads the figures may rely on.
const FLAT_DB: f64 = 0.01;
/// A delay of whole samples comes back as such.
const DELAY_SAMPLES: f64 = 0.01;
/// In a plan as short as this the next sweep comes within the second where noise is looked for.
const PEAK_TO_NOISE_DB: f64 = 40.0;
/// Half the amplitude.
const HALF_DB: f64 = -6.020_6;

const PLAN: &str = "--plan short.toml --no-figures";

fn measured(bench: &Bench, options: &str) -> Value {
    let ran = bench.run(&format!("measure response {options} --json")).ended(0);
    let document = ran.document();
    assert_eq!(document["kind"], "response");
    assert!(document["findings"].is_array());
    document
}

fn kinds(document: &Value) -> Vec<&str> {
    let findings = document["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["kind"].as_str().unwrap()).collect()
}

#[track_caller]
fn assert_flat(document: &Value, level_db: f64) {
    let off = worst(&numbers(&document["curve"]["magnitude_db"]), level_db);
    assert!(off < FLAT_DB, "{off} dB off {level_db} dB");
}

#[track_caller]
fn assert_delay(document: &Value, samples: f64) {
    let found = document["figures"]["delay_samples"].as_f64().unwrap();
    assert!((found - samples).abs() < DELAY_SAMPLES, "{found}");
}

#[test]
fn a_late_and_quiet_copy_is_a_flat_response_with_its_delay() {
    let bench = Bench::with_take();
    let document = measured(&bench, &format!("--take take.wav {PLAN} -o out"));
    assert_flat(&document, HALF_DB);
    assert_delay(&document, 1000.0);
    assert_eq!(document["figures"]["inverted"], false);
    assert!(document["figures"]["peak_to_noise_db"].as_f64().unwrap() > PEAK_TO_NOISE_DB);
    assert!(kinds(&document).is_empty(), "{:?}", kinds(&document));
    let hz = numbers(&document["curve"]["frequency_hz"]);
    assert!((hz[0] - 100.0).abs() < 1e-6 && hz.len() == 92, "{} points from {}", hz.len(), hz[0]);
    for key in ["magnitude_db", "phase_deg", "u_magnitude_db"] {
        assert_eq!(numbers(&document["curve"][key]).len(), hz.len(), "{key}");
    }
    assert_eq!(bench.json("out/response.json")["figures"], document["figures"]);
}

#[test]
fn an_inverted_copy_is_said_to_be_inverted() {
    let bench = Bench::new();
    bench.write_take("take.wav", &[copy_of(stimulus(), 77, -0.5)]);
    let document = measured(&bench, &format!("--take take.wav {PLAN} -o out"));
    assert_flat(&document, HALF_DB);
    assert_eq!(document["figures"]["inverted"], true);
    assert_eq!(kinds(&document), ["polarity-inverted"]);
}

#[test]
fn a_take_that_begins_after_the_stimulus_has_a_negative_delay() {
    let bench = Bench::new();
    bench.write_take("take.wav", &[copy_of(stimulus(), -9000, 0.5)]);
    let document = measured(&bench, &format!("--take take.wav {PLAN} -o out"));
    assert_flat(&document, HALF_DB);
    assert_delay(&document, -9000.0);
    assert_eq!(kinds(&document), ["negative-delay"]);
}

#[test]
fn a_foreign_stimulus_serves_as_well_as_a_plan() {
    let bench = Bench::with_take();
    // Nobody tells where in it the two sweeps lie, nor that the chirps around them are none.
    write_wav(&bench.path("their sweep.wav"), RATE_HZ, &[stimulus().to_vec()]);
    let words = [
        "measure",
        "response",
        "--take",
        "take.wav",
        "--stimulus",
        "their sweep.wav",
        "--from",
        "100",
        "--to",
        "18k",
        "-o",
        "out",
        "--json",
        "--no-figures",
    ];
    let document = bench.run_words(&words).ended(0).document();
    assert_flat(&document, HALF_DB);
    assert_delay(&document, 1000.0);
    assert!(kinds(&document).is_empty(), "{:?}", kinds(&document));
    // Two sweeps have a spread, and with it an uncertainty.
    assert!(document["curve"]["u_magnitude_db"].is_array());
}

#[test]
fn a_foreign_stimulus_with_one_sweep_serves_too() {
    let bench = Bench::new();
    bench.write("one.toml", SHORT_PLAN.replace("repeats = 2", "repeats = 1").as_bytes());
    bench.run("sweep one.toml -o s.wav --format float").ended(0);
    bench.write_take("take.wav", &[copy_of(&read_wav(&bench.path("s.wav"))[0], 1000, 0.5)]);
    let line = "--take take.wav --stimulus s.wav --from 100 --to 18k --no-figures -o out";
    let document = measured(&bench, line);
    assert_flat(&document, HALF_DB);
    assert_delay(&document, 1000.0);
    assert_eq!(kinds(&document), ["single-sweep"]);
}

#[test]
fn a_foreign_stimulus_is_not_held_to_the_band_of_our_own_plan() {
    let bench = Bench::new();
    bench.run("sweep wide-96k -o s.wav --format float").ended(0);
    std::fs::copy(bench.path("s.wav"), bench.path("take.wav")).unwrap();
    let line = "--take take.wav --stimulus s.wav --to 30k --no-figures -o out";
    let hz = numbers(&measured(&bench, line)["curve"]["frequency_hz"]);
    assert!(hz.last().unwrap() > &29e3, "{:?}", hz.last());
}

#[test]
fn the_microphone_is_put_over_the_reference() {
    let bench = Bench::new();
    let channels = [copy_of(stimulus(), 200, 0.8), copy_of(stimulus(), 205, 0.4)];
    bench.write_take("take.wav", &channels);
    let line = format!("--take take.wav {PLAN} --channels reference=1,microphone=2 -o out");
    let document = measured(&bench, &line);
    assert_flat(&document, HALF_DB);
    // With a reference the delay is that of the microphone against it.
    assert_delay(&document, 5.0);
    assert!(kinds(&document).is_empty(), "{:?}", kinds(&document));
    // Without being told, the program takes the first and says so.
    let document = measured(&bench, &format!("--take take.wav {PLAN} -o guessed"));
    assert_delay(&document, 200.0);
    assert_eq!(kinds(&document), ["channel-assumed"]);
}

#[test]
fn several_takes_are_averaged_and_all_kept() {
    let bench = Bench::with_take();
    bench.write_take("again.wav", &[copy_of(stimulus(), 500, 0.5)]);
    let line = format!("--take take.wav --take again.wav {PLAN} -o out");
    let document = measured(&bench, &line);
    assert_flat(&document, HALF_DB);
    let takes = document["conditions"]["takes"].as_array().unwrap();
    assert_eq!(takes.len(), 2);
    for (take, source) in takes.iter().zip(["take.wav", "again.wav"]) {
        let kept = bench.path("out").join(take["file"].as_str().unwrap());
        assert_eq!(std::fs::read(kept).unwrap(), std::fs::read(bench.path(source)).unwrap());
    }
}

#[test]
fn the_analysis_can_be_changed_without_playing_again() {
    let bench = Bench::with_take();
    let line = "--from 200Hz --to 5k --points-per-octave 3 --smoothing 1/3 --gate 20ms -o out";
    let document = measured(&bench, &format!("--take take.wav {PLAN} {line}"));
    let hz = numbers(&document["curve"]["frequency_hz"]);
    assert!((hz[0] - 200.0).abs() < 1.0 && *hz.last().unwrap() <= 5000.0, "{hz:?}");
    assert!((hz[3] / hz[0] - 2.0).abs() < 1e-6, "{hz:?}");
    assert_eq!(document["conditions"]["analysis"]["smoothing"], "1/3 octave");
    assert_flat(&document, HALF_DB);
    let line = format!("--take take.wav {PLAN} --gate 5ms -o short");
    assert!(kinds(&measured(&bench, &line)).contains(&"short-gate"));
}

#[test]
fn a_simulated_headphone_with_worn_pads_has_less_bass() {
    let bench = Bench::new();
    let shelf = |state: &str| {
        let line = format!("--rig sim:closed-38 --plan response-quick --state {state}");
        let document = measured(&bench, &format!("{line} --no-figures -o {state}"));
        assert_eq!(document["conditions"]["rig"]["kind"], "simulated");
        document["figures"]["bass_shelf_db"].as_f64().unwrap()
    };
    assert!(shelf("worn") < shelf("fresh"));
    assert!(bench.text("worn/response.csv").contains("# simulated"));
    let line = "measure response --rig sim:closed-38 --state shiny";
    bench.run(line).ended(2).says("there is fresh, worn, glasses, forward, hole-2mm");
}

#[test]
fn figures_of_a_simulation_say_so_and_those_of_a_take_do_not() {
    let bench = Bench::with_take();
    bench.run("measure response --take take.wav --plan short.toml -o real").ended(0).quietly();
    let line = "measure response --rig sim:open-300 --plan short.toml -o sim --theme light";
    bench.run(line).ended(0).prints("simulated").prints("4 pictures");
    for (folder, simulated, count) in [("real", false, 8), ("sim", true, 4)] {
        let pictures = crate::bench::snapshot(&bench.path(folder).join("figures"));
        assert_eq!(pictures.len(), count, "{folder}");
        for (path, bytes) in pictures {
            if path.extension().unwrap() == "png" {
                assert!(bytes.starts_with(b"\x89PNG\r\n") && bytes.len() > 5000, "{path:?}");
            } else {
                let svg = String::from_utf8(bytes).unwrap();
                assert!(svg.contains("<svg") && svg.contains("Frequency"), "{path:?}");
                assert_eq!(svg.contains("simulated"), simulated, "{path:?}");
            }
        }
    }
}

#[test]
fn a_rig_in_the_environment_is_used_only_where_nothing_else_is_named() {
    let bench = Bench::with_take();
    let run = |rig: &str, line: &str| {
        let words = line.split_whitespace();
        crate::bench::ran(bench.command().env("CANSWEEP_RIG", rig).args(words), line.to_owned())
    };
    let take = "measure response --take take.wav --plan short.toml --no-figures -o out";
    run("sim:nothing", take).ended(0);
    let play = "measure response --plan short.toml --no-figures -o sim";
    run("sim:nothing", play).ended(3).says("no simulated rig 'nothing'");
    run("sim:closed-38", play).ended(0).prints("simulated");
    run("", play).ended(2).says("nothing says where the recording comes from");
}
