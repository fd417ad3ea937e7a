//! Calibrations from end to end: made, applied, and doubted, on the command line.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these are tests"
)]

#[path = "command_line/bench.rs"]
#[allow(dead_code, reason = "every test binary uses its own part")]
mod bench;
#[path = "support/real_data.rs"]
#[allow(dead_code, reason = "every test binary uses its own part")]
mod real_data;

use std::path::Path;

use cansweep::model::{
    Calibration, CalibrationConditions, CalibrationData, CurveSign, MicrophoneCalibration, RigKind,
};
use cansweep::store::curve::read_maker_file;
use cansweep::store::{Overwrite, calibration};
use serde_json::Value;

use bench::{Bench, RATE_HZ, copy_of, hiss, numbers, ran, read_wav, stimulus, worst};
use real_data::folder;

/// What a corrected response may be off: the promise for a rig without noise.
const CORRECTED_DB: f64 = 0.01;
/// Delays are found from the phase, which hiss 108 dB down moves by less than this.
const DELAY_SAMPLES: f64 = 0.02;
/// A delay that misses by 0.02 samples turns the phase at 20 kHz by 3°, but here loopback and take
/// miss alike; 0.01 dB of noise are 0.07°.
const CORRECTED_DEG: f64 = 0.1;
/// A level that is found by a fit, and stored as a 32-bit float.
const FITTED_DB: f64 = 1e-3;

const PLAN: &str = "--plan short.toml --no-figures";

/// What converters do here: a first-order low-pass near 14 kHz and a delay, on a signal that has
/// passed a wire.
fn converted(signal: &[f64], delay: isize, gain: f64) -> Vec<f64> {
    const POLE: f64 = 0.2;
    let mut state = 0.0;
    let filtered: Vec<f64> = signal
        .iter()
        .map(|v| {
            state = (1.0 - POLE) * v + POLE * state;
            state
        })
        .collect();
    copy_of(&filtered, delay, gain)
}

/// A headphone here: as flat as a wire, half as loud, 48 samples late.
fn headphone() -> Vec<f64> {
    copy_of(stimulus(), 48, 0.5)
}

fn sine(hz: f64, dbfs: f64, seconds: f64) -> Vec<f64> {
    let amplitude = 10_f64.powf(dbfs / 20.0);
    let frames = (seconds * f64::from(RATE_HZ)) as usize;
    let turn = |k: usize| std::f64::consts::TAU * (hz * k as f64 / f64::from(RATE_HZ)).fract();
    (0..frames).map(|k| amplitude * turn(k).sin() + hiss(k as isize)).collect()
}

fn document(bench: &Bench, line: &str) -> Value {
    bench.run(&format!("{line} --json")).ended(0).document()
}

fn kinds(document: &Value) -> Vec<&str> {
    let findings = document["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["kind"].as_str().unwrap()).collect()
}

fn figure(document: &Value, key: &str) -> f64 {
    document["figures"][key].as_f64().unwrap_or_else(|| panic!("no {key} in {document}"))
}

#[track_caller]
fn assert_figure(document: &Value, key: &str, expected: f64, off: f64) {
    let found = figure(document, key);
    assert!((found - expected).abs() < off, "{key}: {found}, not {expected}");
}

/// The worst distance of a response from a level.
fn off_level(document: &Value, db: f64) -> f64 {
    worst(&numbers(&document["curve"]["magnitude_db"]), db)
}

mod loopback {
    use super::*;

    fn bench_with_loopback() -> (Bench, Value) {
        let bench = Bench::new();
        bench.write_take("loop.wav", &[converted(stimulus(), 1000, 0.7)]);
        let line = "calibrate loopback --take loop.wav --plan short.toml -o loop.toml";
        let made = document(&bench, &format!("{line} --valid-days 90 --note short"));
        (bench, made)
    }

    #[test]
    fn a_known_converter_is_measured_and_taken_out_of_a_take() {
        let (bench, made) = bench_with_loopback();
        assert_figure(&made, "delay_samples", 1000.25, 0.05);
        assert!(figure(&made, "range_db") > 1.0 && figure(&made, "u_db") < CORRECTED_DB);
        assert_eq!(made["calibration"]["kind"], "loopback");
        bench.write_take("take.wav", &[converted(&headphone(), 1000, 0.7)]);
        let raw = document(&bench, &format!("measure response --take take.wav {PLAN} -o raw"));
        assert!(off_level(&raw, -6.0206 - 3.098) > 1.0);
        let line = "--calibration loop.toml -o out";
        let out = document(&bench, &format!("measure response --take take.wav {PLAN} {line}"));
        let off = off_level(&out, -6.0206);
        assert!(off < CORRECTED_DB, "{off}");
        assert_figure(&out, "delay_samples", 48.0, DELAY_SAMPLES);
        let turned = worst(&numbers(&out["curve"]["phase_deg"]), 0.0);
        assert!(turned < CORRECTED_DEG, "{turned}");
        assert!(kinds(&out).is_empty(), "{:?}", kinds(&out));
        let record = &out["conditions"]["calibrations"][0];
        assert_eq!(record, &made["calibration"]);
        let kept = bench.text("out/measurement.toml");
        assert!(kept.contains(record["sha256"].as_str().unwrap()), "{kept}");
        assert!(!bench.text("raw/measurement.toml").contains("calibrations"));
    }

    #[test]
    fn the_uncertainty_of_the_loopback_is_in_that_of_the_result() {
        let (bench, _) = bench_with_loopback();
        bench.write_take("take.wav", &[converted(&headphone(), 1000, 0.7)]);
        let u = |line: &str| {
            let line = format!("measure response --take take.wav {PLAN} {line}");
            numbers(&document(&bench, &line)["curve"]["u_magnitude_db"])
        };
        let (own, both) = (u("-o raw"), u("--calibration loop.toml -o out"));
        assert!(own.iter().zip(&both).all(|(own, both)| both > own));
    }

    #[test]
    fn two_wired_inputs_give_their_difference() {
        let bench = Bench::new();
        let (first, second) = (copy_of(stimulus(), 1000, 0.7), converted(stimulus(), 1003, 0.35));
        bench.write_take("inputs.wav", &[first, second]);
        let channels = "--channels reference=1,microphone=2";
        let line = format!("--take inputs.wav --plan short.toml {channels} -o inputs.toml");
        let made = document(&bench, &format!("calibrate loopback {line}"));
        assert_eq!(made["figures"]["against_input"], 1);
        assert_figure(&made, "delay_samples", 3.25, 0.05);
        let (first, second) = (copy_of(stimulus(), 1000, 0.7), converted(&headphone(), 1003, 0.35));
        bench.write_take("take.wav", &[first, second]);
        let line = format!("--take take.wav {PLAN} {channels} --calibration inputs.toml -o out");
        let out = document(&bench, &format!("measure response {line}"));
        let off = off_level(&out, -6.0206);
        assert!(off < CORRECTED_DB, "{off}");
        assert_figure(&out, "delay_samples", 48.0, DELAY_SAMPLES);
        // The same calibration says nothing about a response over the stimulus.
        let line = format!("--take take.wav {PLAN} --channels microphone=2 -o other");
        let line = format!("measure response {line} --calibration inputs.toml");
        bench.run(&line).ended(5).says("one input against another");
    }

    #[test]
    fn what_is_no_loopback_is_refused_and_nothing_is_written() {
        let bench = Bench::new();
        let echo = copy_of(stimulus(), 1024, 0.6);
        let comb = copy_of(stimulus(), 1000, 0.7);
        let comb = comb.iter().zip(&echo).map(|(a, b)| a + b).collect();
        bench.write_take("comb.wav", &[comb]);
        bench.write_take("faint.wav", &[copy_of(stimulus(), 1000, 1e-3)]);
        let line =
            |take: &str| format!("calibrate loopback --take {take} --plan short.toml -o c.toml");
        bench.run(&line("comb.wav")).ended(4).says("this is no loopback: its level varies");
        bench.run(&line("faint.wav")).ended(4).says("its level is -60.0 dB");
        assert!(!bench.path("c.toml").exists());
        assert!(bench.leftovers().is_empty());
    }

    #[test]
    fn a_simulated_rig_has_its_electrical_loopback_on_input_1() {
        let bench = Bench::new();
        let rig = "--rig sim:closed-38 --plan short.toml";
        let made = document(&bench, &format!("calibrate loopback {rig} -o sim.toml"));
        // The delay that the scenario states; its output sees the headphone, which is nearly flat.
        assert_figure(&made, "delay_samples", 1234.37, DELAY_SAMPLES);
        assert_eq!(made["figures"]["input"], 1);
        assert!(figure(&made, "range_db") < 0.2);
        // What was captured is kept.
        assert_eq!(read_wav(&bench.path("sim-take.wav")).len(), 2);
        let line = format!("measure response {rig} --no-figures --calibration sim.toml");
        let out = document(&bench, &format!("{line} --channels microphone=1 -o one"));
        let off = off_level(&out, 0.0);
        assert!(off < CORRECTED_DB, "{off}");
        assert!(figure(&out, "delay_samples").abs() < DELAY_SAMPLES);
        assert!(kinds(&out).is_empty(), "{:?}", kinds(&out));
        let out = document(&bench, &format!("{line} --channels microphone=2 -o two"));
        assert!(kinds(&out).contains(&"foreign-calibration"), "{:?}", kinds(&out));
        let other =
            format!("measure response {} --no-figures", rig.replace("closed-38", "open-300"));
        let other = format!("{other} --channels microphone=1 --calibration sim.toml -o three");
        assert_eq!(kinds(&document(&bench, &other)), ["foreign-calibration"]);
    }
}

mod level {
    use super::*;

    #[test]
    fn a_calibrator_in_a_take_says_what_full_scale_is() {
        let bench = Bench::new();
        bench.write_take("cal.wav", &[sine(1000.3, -26.0, 3.0)]);
        let line =
            "calibrate level --take cal.wav --spl 94 --calibrator-tolerance 0.25dB -o l.toml";
        let made = document(&bench, line);
        assert_figure(&made, "microphone_full_scale_db_spl", 120.0, FITTED_DB);
        assert_figure(&made, "u_microphone_full_scale_db_spl", 0.25 / 3_f64.sqrt(), FITTED_DB);
        let tone = &made["figures"]["microphone_tone"];
        assert!((tone["frequency_hz"].as_f64().unwrap() - 1000.3).abs() < 0.01, "{tone}");
        // It exists now, and stays.
        bench.run(line).ended(2).says("exists already");
        bench.run(&format!("{line} --force")).ended(0).prints("120.00 ± 0.14 dB SPL");
    }

    #[test]
    fn a_meter_says_what_full_scale_is_in_volts_at_output_and_input() {
        let bench = Bench::new();
        bench.write_take("tone.wav", &[sine(1000.0, -14.0, 2.0)]);
        let line = "calibrate level --take tone.wav --channels reference=1 --output-volts 200mV";
        let made = document(&bench, &format!("{line} --meter-tolerance 0.5% -o v.toml"));
        assert_figure(&made, "output_full_scale_v", 2.0, 1e-9);
        assert_figure(&made, "u_output_full_scale_v", 2.0 * 0.005 / 3_f64.sqrt(), 1e-9);
        let expected = 0.2 * 10_f64.powf(14.0 / 20.0);
        assert_figure(&made, "input_full_scale_v", expected, expected * FITTED_DB * 0.116);
        // Where nothing was recorded, the reading alone is enough.
        let made = document(&bench, "calibrate level --output-volts 0.5 --level -12 -o w.toml");
        assert_figure(&made, "output_full_scale_v", 0.5 * 10_f64.powf(0.6), 1e-9);
    }

    #[test]
    fn a_tone_that_cannot_be_used_is_refused() {
        let bench = Bench::new();
        let clipped = sine(1000.0, 3.0, 2.0).iter().map(|v: &f64| v.clamp(-1.0, 1.0)).collect();
        let noise = (0..96_000).map(|k| 1e4 * hiss(k)).collect();
        let swelling = sine(1000.0, -26.0, 3.0);
        let swelling =
            swelling.iter().enumerate().map(|(k, v)| v * (1.0 + k as f64 / 1e6)).collect();
        for (samples, words) in [
            (sine(250.0, -26.0, 2.0), "the strongest tone lies at 250.0 Hz"),
            (sine(1000.0, -26.0, 0.3), "is steady for"),
            (clipped, "it is clipped"),
            (noise, "above everything else"),
            (swelling, "varies by"),
        ] {
            bench.write_take("cal.wav", &[samples]);
            let ran = bench.run("calibrate level --take cal.wav --spl 94 -o l.toml");
            ran.ended(4).says(words).says("hint:");
            assert!(!bench.path("l.toml").exists());
        }
        bench.run("calibrate level --take cal.wav -o l.toml").ended(2);
        bench.run("calibrate level --spl 94 -o l.toml").ended(2).says("--rig");
        bench.run("calibrate level --output-volts 0V -o l.toml").ended(2);
    }

    #[test]
    fn guided_it_asks_on_standard_error_and_reads_a_pipe() {
        let bench = Bench::new();
        let words = [
            "calibrate",
            "level",
            "--rig",
            "sim:closed-38",
            "--duration",
            "2s",
            "-o",
            "l.toml",
            "--json",
        ];
        let mut command = bench.command();
        // Play; a reading that is none; the reading; no calibrator.
        command.args(words).write_stdin("\nabout three\n34.8mV\n\n");
        let ran = ran(&mut command, words.join(" ")).ended(0);
        let ran = ran.says("true-rms meter").says("'about three'").says("Put the calibrator");
        let made = ran.document();
        assert_figure(&made, "output_full_scale_v", 0.348, 1e-9);
        // Peak 0.6 V at the input, by the scenario; 34.8 mV is what a meter would read.
        assert_figure(&made, "input_full_scale_v", 0.6 / 2_f64.sqrt(), 0.002);
        assert!(bench.path("l-tone.wav").exists());
        assert_eq!(made["conditions"]["rig"]["name"], "sim:closed-38");
        let mut silent = bench.command();
        silent.args(words).arg("--force").write_stdin("");
        super::ran(&mut silent, "no answer".to_owned()).ended(2).says("nothing to calibrate");
    }

    #[test]
    fn a_simulated_microphone_hears_no_calibrator() {
        let bench = Bench::new();
        let line = "calibrate level --rig sim:closed-38 --spl 94 --duration 1s -o l.toml";
        bench.run(line).ended(4).says("the microphone's input cannot be used");
        // What was heard is kept all the same.
        assert!(bench.path("l-calibrator.wav").exists());
    }

    #[test]
    fn a_response_says_its_sound_pressure_once_full_scale_is_known() {
        let bench = Bench::with_take();
        bench.write_take("cal.wav", &[sine(1000.0, -26.0, 2.0)]);
        let volts = "--output-volts 0.2V --level -20dBFS";
        bench.run("calibrate level --take cal.wav --spl 94 -o spl.toml").ended(0);
        bench.run(&format!("calibrate level {volts} -o volts.toml")).ended(0);
        let line = format!("measure response --take take.wav {PLAN} --calibration spl.toml");
        let alone = document(&bench, &format!("{line} -o alone"));
        // Played at −12 dBFS, half of it comes back, and full scale is 120 dB SPL.
        assert_figure(&alone, "level_db_spl_at_1khz", 120.0 - 12.0 - 6.0206, CORRECTED_DB);
        assert!(alone["figures"].get("sensitivity_db_spl_per_v").is_none());
        let both = document(&bench, &format!("{line} --calibration volts.toml -o both"));
        assert_figure(&both, "sensitivity_db_spl_per_v", 120.0 - 6.0206 - 6.0206, CORRECTED_DB);
        // 0.4 dB and 1 %, both rectangular.
        let u = 0.4_f64.hypot(0.086_9) / 3_f64.sqrt();
        assert_figure(&both, "u_sensitivity_db_spl_per_v", u, FITTED_DB);
        let off = off_level(&both, -6.0206);
        assert!(off < CORRECTED_DB, "{off}");
        bench.run(&format!("{line} -o text")).ended(0).prints("101.98 ± 0.23 dB SPL at 1 kHz");
    }
}

mod microphone {
    use super::*;

    const CURVE: &str = "\"Sens Factor =-.8643dB, SERNO: 7047870\"\n20\t-3\n100\t-1\n1000\t0\n\
                         5000\t2\n20000\t4\n";

    #[test]
    fn a_response_is_subtracted_and_a_correction_added() {
        let bench = Bench::with_take();
        bench.write("umik.txt", CURVE.as_bytes());
        let made = document(&bench, "calibrate microphone umik.txt --tolerance 1dB -o r.toml");
        assert_eq!(made["figures"]["sensitivity"], "-0.8643 dB sens factor");
        assert_eq!(made["figures"]["serial"], "7047870");
        assert_eq!(made["figures"]["has_phase"], false);
        let said = made["assumptions"].to_string();
        assert!(said.contains("taken as a response (subtracted from results)"), "{said}");
        let ran = bench.run("calibrate microphone umik.txt --sign correction -o c.toml").ended(0);
        ran.prints("correction, added to results");
        std::fs::rename(bench.path("umik.txt"), bench.path("umik correction.txt")).unwrap();
        let words = ["calibrate", "microphone", "umik correction.txt", "-o", "n.toml", "--json"];
        let named = bench.run_words(&words).ended(0);
        assert_eq!(named.says("taken as a correction").document()["figures"]["sign"], "correction");
        for (file, at_20khz) in [("r.toml", -4.0), ("c.toml", 4.0)] {
            let line = format!("--take take.wav {PLAN} --calibration {file} -o {file}.out");
            let out = document(&bench, &format!("measure response {line}"));
            let db = numbers(&out["curve"]["magnitude_db"]);
            let hz = numbers(&out["curve"]["frequency_hz"]);
            // The last point lies just below 20 kHz, on a slope of 1 dB per octave.
            let expected = -6.0206 + at_20khz + at_20khz / 4.0 * (hz[hz.len() - 1] / 20e3).log2();
            let found = db[db.len() - 1];
            assert!((found - expected).abs() < CORRECTED_DB, "{file}: {found} {expected}");
        }
        let out = bench.json("r.toml.out/response.json");
        let u = numbers(&out["curve"]["u_magnitude_db"]);
        assert!(worst(&u, 1.0 / 3_f64.sqrt()) < CORRECTED_DB, "{u:?}");
    }

    #[test]
    fn what_is_no_microphone_is_refused() {
        let bench = Bench::new();
        bench.write("dac.txt", b"type = DAC\nsensitivity = 3.23 V\n");
        bench.write("page.txt", b"<!DOCTYPE html><html>no such serial</html>");
        bench.write("z.txt", b"* Freq(Hz) Z(ohms)\n20 6.5\n");
        for (file, words) in [
            ("dac.txt", "describes a converter"),
            ("page.txt", "a web page"),
            ("z.txt", "impedance"),
        ] {
            bench.run(&format!("calibrate microphone {file} -o m.toml")).ended(5).says(words);
        }
        bench.run("calibrate microphone no.txt -o m.toml").ended(5);
        bench.run("calibrate microphone z.txt --sign odd -o m.toml").ended(2);
        assert!(!bench.path("m.toml").exists());
    }

    /// Rows, first and last row, phase of the first row, sensitivity and serial number, read off
    /// the file by eye.
    struct Expected {
        rows: usize,
        first: (f64, f64),
        last: (f64, f64),
        phase: Option<f64>,
        sensitivity: Option<&'static str>,
        serial: Option<&'static str>,
    }

    fn assert_holds(bench: &Bench, folder: &Path, name: &str, expected: &Expected) {
        let file = folder.join(name);
        let words = ["calibrate", "microphone", file.to_str().unwrap(), "-o", "m.toml", "--force"];
        bench.run_words(&words).ended(0);
        let filed = calibration::read(&bench.path("m.toml")).unwrap();
        let CalibrationData::Microphone(microphone) = filed.calibration.data else {
            panic!("{name}: no microphone");
        };
        let polar = microphone.response.unwrap();
        let points: Vec<_> = polar.magnitude().points().collect();
        assert_eq!(
            (points.len(), points[0], points[points.len() - 1]),
            (expected.rows, expected.first, expected.last),
            "{name}"
        );
        let phase = polar.phase().map(|phase| phase.values()[0]);
        assert_eq!(phase, expected.phase, "{name}");
        let sensitivity = microphone.sensitivity.map(|stated| stated.to_string());
        assert_eq!(sensitivity.as_deref(), expected.sensitivity, "{name}");
        assert_eq!(microphone.serial.as_deref(), expected.serial, "{name}");
        assert_eq!(microphone.sign, CurveSign::Response, "{name}");
    }

    #[test]
    fn every_file_of_a_microphone_is_read_with_its_sensitivity() {
        let Some(folder) = folder("mic-and-card-calibration") else { return };
        let bench = Bench::new();
        let holds = |name, expected| assert_holds(&bench, &folder, name, &expected);
        let plain = |rows, first, last| Expected {
            rows,
            first,
            last,
            phase: None,
            sensitivity: None,
            serial: None,
        };
        holds(
            "drc-fir/ecm8000.txt",
            Expected { phase: Some(31.9), ..plain(125, (20.0, -0.07), (22_050.0, -4.92)) },
        );
        holds(
            "impulcifer/umik1-7047870.txt",
            Expected {
                sensitivity: Some("-0.8643 dB sens factor"),
                serial: Some("7047870"),
                ..plain(615, (10.054, -3.9156), (20_016.816, -6.296))
            },
        );
        holds(
            "openrefmic/frequency-response.csv",
            plain(264, (10.0, -0.989_527_417), (20_000.0, -5.811_116_664)),
        );
        holds(
            "resonalyze/imm6-calibration.txt",
            Expected {
                sensitivity: Some("-40.2 dBV/Pa"),
                ..plain(77, (20.0, -0.5), (20_000.0, 1.5))
            },
        );
        holds(
            "mataa/BEYERDYNAMIC_MM1_14308_MICROPHONE_CSLABS.txt",
            Expected {
                sensitivity: Some("6.76 mV/Pa"),
                serial: Some("14308"),
                ..plain(38, (5.0, -1.85), (25_000.0, 0.23))
            },
        );
        holds(
            "mataa/BEHRINGER_ECM8000_D1303397118_MICROPHONE.txt",
            Expected {
                sensitivity: Some("11.84 mV/Pa"),
                serial: Some("D1303397118"),
                ..plain(100, (82.2387, 0.970_328), (19_435.8, 3.401_49))
            },
        );
    }

    #[test]
    fn the_files_of_converters_give_their_sensitivity_and_are_no_microphones() {
        let Some(folder) = folder("mic-and-card-calibration") else { return };
        let bench = Bench::new();
        for (name, expected) in [
            ("BEHRINGER_UMC202HD_HEADPHONEOUT_DAC.txt", "3.23 V"),
            ("BEHRINGER_UMC202HD_LINEIN_ADC.txt", "0.536 1/V"),
        ] {
            let file = folder.join("mataa").join(name);
            let read = read_maker_file(&file).unwrap();
            assert!(read.response.is_none());
            assert_eq!(read.sensitivity.unwrap().to_string(), expected, "{name}");
            let words = ["calibrate", "microphone", file.to_str().unwrap(), "-o", "m.toml"];
            bench.run_words(&words).ended(5).says("describes a converter");
        }
    }
}

mod trust {
    use super::*;

    fn flat_microphone(valid_until: Option<&str>) -> Calibration {
        Calibration {
            name: "old microphone".to_owned(),
            made_at: "2020-01-01T00:00:00Z".parse().unwrap(),
            valid_until: valid_until.map(|time| time.parse().unwrap()),
            tool: "cansweep".to_owned(),
            conditions: CalibrationConditions::default(),
            data: CalibrationData::Microphone(MicrophoneCalibration {
                response: None,
                sign: CurveSign::Response,
                sensitivity: Some("10 mV/Pa".parse().unwrap()),
                serial: None,
                header: Vec::new(),
                tolerance_db: None,
            }),
        }
    }

    #[test]
    fn an_expired_calibration_is_a_finding() {
        let bench = Bench::with_take();
        let old = flat_microphone(Some("2021-01-01T00:00:00Z"));
        calibration::write(&bench.path("old.toml"), &old, Overwrite::Refuse).unwrap();
        let line = format!("measure response --take take.wav {PLAN} --calibration old.toml -o out");
        let out = document(&bench, &line);
        assert_eq!(kinds(&out), ["stale-calibration"]);
        assert_eq!(out["findings"][0]["valid_until"], "2021-01-01T00:00:00Z");
        assert_eq!(out["conditions"]["calibrations"][0]["name"], "old microphone");
    }

    #[test]
    fn a_calibration_that_was_changed_by_hand_is_a_finding_and_a_broken_one_an_error() {
        let bench = Bench::with_take();
        let path = bench.path("m.toml");
        calibration::write(&path, &flat_microphone(None), Overwrite::Refuse).unwrap();
        let text = bench.text("m.toml");
        bench.write("m.toml", text.replace("10 mV/Pa", "11 mV/Pa").as_bytes());
        let line = format!("measure response --take take.wav {PLAN} --calibration m.toml");
        let out = document(&bench, &format!("{line} -o out"));
        assert_eq!(kinds(&out), ["foreign-calibration"]);
        assert!(out["findings"][0]["differs"].as_str().unwrap().contains("content"));
        bench.write("m.toml", text.replace("schema = 1", "schema = 2").as_bytes());
        bench.run(&format!("{line} -o no")).ended(5).says("its schema is 2");
        bench.write("m.toml", b"kind = ");
        bench.run(&format!("{line} -o no")).ended(5).says("m.toml");
        let line = format!("measure response --take take.wav {PLAN} --calibration none.toml -o no");
        bench.run(&line).ended(5).says("none.toml");
        assert!(!bench.path("no").exists());
    }

    #[test]
    fn a_rig_file_names_its_calibrations_beside_itself() {
        let bench = Bench::new();
        std::fs::create_dir(bench.path("rigs")).unwrap();
        let old = flat_microphone(Some("2021-01-01T00:00:00Z"));
        calibration::write(&bench.path("rigs/mic.toml"), &old, Overwrite::Refuse).unwrap();
        let scenario = include_str!("../calibration/rigs/sim-closed-38.toml");
        let rig = |key: &str| {
            bench.write("rigs/mine.toml", format!("{key}\n{scenario}").as_bytes());
            format!("measure response --rig rigs/mine.toml {PLAN}")
        };
        let line = rig("calibrations = [\"mic.toml\"]");
        let out = document(&bench, &format!("{line} -o out"));
        assert!(kinds(&out).contains(&"stale-calibration"), "{:?}", kinds(&out));
        let file = out["conditions"]["calibrations"][0]["file"].as_str().unwrap();
        assert!(Path::new(file).ends_with("rigs/mic.toml"), "{file}");
        let line = rig("calibrations = [\"gone.toml\"]");
        bench.run(&format!("{line} -o no")).ended(5).says("gone.toml");
        let line = rig("calibrations = \"mic.toml\"");
        bench.run(&format!("{line} -o no")).ended(5).says("is a list of files");
    }

    #[test]
    fn a_recording_does_not_say_which_rig_it_came_from() {
        let bench = Bench::with_take();
        let mut calibration = flat_microphone(None);
        let rig =
            cansweep::model::RigIdentity { kind: RigKind::SoundCard, name: "desk".to_owned() };
        calibration.conditions.rig = Some(rig);
        calibration::write(&bench.path("m.toml"), &calibration, Overwrite::Refuse).unwrap();
        let line = format!("measure response --take take.wav {PLAN} --calibration m.toml -o out");
        assert!(kinds(&document(&bench, &line)).is_empty());
    }
}
