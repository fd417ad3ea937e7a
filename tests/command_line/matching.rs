//! `compare channels`, `compare isolation`, `compare leakage` and placements: from files to figures.

use std::fs;

use serde_json::Value;

use crate::bench::{Bench, demo};

/// Of files that are written with nine decimals.
const DIGITS: f64 = 1e-6;

/// Writes seatings `{stem}{i}.txt` of a level over frequency, 12 points to the octave from 20 Hz to
/// 20 kHz, and gives their names with commas between them.
fn write(bench: &Bench, stem: &str, n: u32, level: impl Fn(f64, f64) -> f64) -> String {
    let names = (0..n).map(|i| {
        let row = |k: u32| {
            let hz = 20.0 * (f64::from(k) / 12.0).exp2();
            format!("{hz:.9} {:.9}\n", level(f64::from(i), hz))
        };
        let name = format!("{stem}{i}.txt");
        bench.write(&name, (0..=120).map(row).collect::<String>().as_bytes());
        name
    });
    names.collect::<Vec<_>>().join(",")
}

/// The level without a headphone in seating `i`, as tests/golden/isolation.py has it.
fn open(i: f64, hz: f64) -> f64 {
    70.0 + 0.4 * (1.3 * i).sin() + 2.0 * (3.0 * (hz / 1e3).log2()).sin()
}

/// The level with it.
fn worn(i: f64, hz: f64) -> f64 {
    let kept_out = 30.0 / (1.0 + (600.0 / hz).powi(2));
    70.0 - kept_out + 0.6 * (2.1 * i).cos() + 0.5 * (i + 2.0 * (hz / 1e3).log2()).sin()
}

fn assert_close(found: &Value, expected: f64) {
    let off = found.as_f64().unwrap_or(f64::NAN) - expected;
    assert!(off.abs() < DIGITS, "{found} {expected}");
}

#[test]
fn isolation_in_octaves_agrees_with_numpy_and_scipy() {
    let bench = Bench::new();
    let (open, on) = (write(&bench, "o", 4, open), write(&bench, "w", 5, worn));
    let line = format!("compare isolation --open {open} --on {on}");
    let ran = bench.run(&format!("{line} -o out --json")).ended(0);
    let document = ran.document();
    let state = &document["figures"]["states"][0];
    assert_eq!((&document["kind"], &state["name"]), (&"isolation".into(), &"on".into()));
    // tests/golden/isolation.py
    for (k, [centre_hz, db, from_db, to_db]) in [
        (0, [31.5, -0.680_269_037, -1.449_670_920, 0.089_132_846]),
        (2, [125.0, 0.734_517_157, 0.046_489_831, 1.422_544_483]),
        (5, [1000.0, 21.768_340_000, 21.110_426_680, 22.426_253_321]),
        (8, [8000.0, 30.281_087_058, 29.642_714_804, 30.919_459_313]),
    ] {
        let octave = &state["octaves"][k];
        assert_eq!(octave["centre_hz"], centre_hz);
        assert_close(&octave["difference_db"], db);
        assert_close(&octave["from_db"], from_db);
        assert_close(&octave["to_db"], to_db);
        assert_eq!(octave["bound"], false);
    }
    let mean = &state["mean_125_hz_8_khz"];
    assert_close(&mean["difference_db"], 18.110_936_457);
    assert_close(&mean["from_db"], 17.485_226_990);
    assert_close(&mean["to_db"], 18.736_646_023);
    assert_eq!(state["max_t_method"], "all_permutations");
    assert_eq!(bench.json("out/isolation.json"), document);
    assert!(bench.text("out/isolation.csv").starts_with("frequency_hz,on_isolation_db,u_on"));
    assert!(bench.text("out/figures/isolation.svg").contains("Isolation"));
    assert!(fs::metadata(bench.path("out/figures/isolation-phone.png")).unwrap().len() > 5000);
    let ran = bench.run(&line).ended(0);
    ran.prints("mean").prints("no rating such as SNR").prints("ISO 4869-3");
}

#[test]
fn noise_cancelling_is_a_state_with_what_it_adds_and_the_floor_makes_bounds() {
    let bench = Bench::new();
    let anc = |i: f64, hz: f64| worn(i, hz) - if hz < 500.0 { 20.0 } else { 0.0 };
    let open = write(&bench, "o", 4, open);
    let (passive, anc) = (write(&bench, "p", 4, worn), write(&bench, "a", 4, anc));
    let floor = write(&bench, "f", 1, |_, hz| if hz < 100.0 { 45.0 } else { 0.0 });
    let line = format!(
        "compare isolation --open {open} --on passive={passive} --on anc={anc} --floor {floor}"
    );
    let figures = bench.run(&format!("{line} --json")).ended(0).document()["figures"].clone();
    let gained = &figures["gained"][0];
    assert_eq!((&gained["name"], &gained["of"]["name"]), (&"anc".into(), &"passive".into()));
    assert_close(&gained["octaves"][1]["difference_db"], 20.0);
    assert_close(&gained["octaves"][8]["difference_db"], 0.0);
    // With the headphone 70 dB are left, with noise cancelling 50: not ten above 45.
    let bounds = |state: &Value| -> Vec<bool> {
        let octaves = state["octaves"].as_array().unwrap();
        octaves.iter().map(|octave| octave["bound"].as_bool().unwrap()).collect()
    };
    assert!(!bounds(&figures["states"][0]).contains(&true));
    assert_eq!(bounds(&figures["states"][1])[..4], [true, true, true, false]);
    let ran = bench.run(&line).ended(0);
    ran.prints("≥ ").prints("“anc” against “passive”: +20.0 dB at 31.5 Hz").prints("lower bound");
}

#[test]
fn leakage_is_what_a_microphone_outside_hears_of_what_the_ear_does() {
    let bench = Bench::new();
    let inside = write(&bench, "i", 3, |i, _| 90.0 + 0.1 * i);
    let outside = write(&bench, "o", 3, |i, hz| 45.0 + 0.2 * i + (hz / 1e3).log2());
    let line = format!("compare leakage --outside {outside} --inside {inside} --distance 500mm");
    let document = bench.run(&format!("{line} -o out --json")).ended(0).document();
    let figures = &document["figures"];
    assert_eq!((&document["kind"], &figures["distance_m"]), (&"leakage".into(), &0.5.into()));
    assert_close(&figures["octaves"][5]["difference_db"], -44.9);
    assert_close(&figures["mean_125_hz_8_khz"]["difference_db"], -44.9);
    assert!(bench.text("out/leakage.csv").contains("outside_minus_inside_db"));
    assert!(bench.text("out/figures/leakage.svg").contains("Outside over inside"));
    bench.run(&line).ended(0).prints("at 50 cm lies 44.9 dB below that at the ear");
}

#[test]
fn sides_are_matched_within_and_a_tolerance_is_judged_by_the_seatings() {
    let bench = Bench::new();
    let level = |off_db: f64| {
        move |i: f64, hz: f64| 75.0 + off_db + 0.1 * (1.7 * i + off_db).sin() + (hz / 3e3).sin()
    };
    let (left, right) = (write(&bench, "l", 5, level(1.5)), write(&bench, "r", 5, level(0.0)));
    let line = format!("compare channels --left {left} --right {right}");
    let ran = bench.run(&format!("{line} --tolerance 1dB -o out --json")).ended(1);
    let document = ran.document();
    let figures = &document["figures"];
    assert_eq!(document["kind"], "channels");
    assert_eq!(figures["tolerance"]["verdict"], "exceeded");
    let level = figures["level_100_hz_10_khz"]["difference_db"].as_f64().unwrap();
    assert!((level - 1.5).abs() < 0.1, "{level}");
    assert!(figures.get("phase").is_none());
    assert_eq!(bench.json("out/channels.json"), document);
    for stem in ["channels", "levels"] {
        assert!(fs::metadata(bench.path(&format!("out/figures/{stem}.png"))).unwrap().len() > 5000);
    }
    bench.run(&format!("{line} --tolerance 3")).ended(0).prints("is kept");
    let open = bench.run(&format!("{line} --tolerance 1.55 --paired")).ended(0);
    open.prints("stays open").prints("in pairs").prints("same channel of the amplifier");
    bench.run(&line).ended(0).prints("The left side is 1.5 dB louder").prints("The sides differ");
}

#[test]
fn measured_sides_have_polarity_and_a_delay_if_they_have_a_reference() {
    let bench = Bench::new();
    let folders = |numbers: [u8; 2]| {
        let folder = |n: u8| demo().join(format!("measurements/fresh-{n}"));
        numbers.map(|n| folder(n).to_string_lossy().into_owned()).join(",")
    };
    let line = format!("compare channels --left {} --right {}", folders([1, 2]), folders([3, 4]));
    let ran = bench.run(&format!("{line} --json")).ended(0).quietly();
    let document = ran.document();
    let phase = &document["figures"]["phase"];
    assert_eq!((&document["simulated"], &phase["inverted"]), (&true.into(), &false.into()));
    let delay = phase["delay"]["difference_us"].as_f64().unwrap();
    assert!(delay.abs() < 50.0, "{delay}");
    bench.run(&line).ended(0).prints("Both sides have the same polarity.");
}

/// A REW export of a flat response, driven at this level.
fn rew(bench: &Bench, name: &str, drive_db: Option<f64>, level_db: f64) {
    let drive = drive_db.map_or_else(String::new, |db| {
        format!("* Format: 256k Log Swept Sine, 1 sweep at {db:.1} dBFS with no timing reference\n")
    });
    let rows = |hz: f64| format!("{hz:.3} {level_db:.3} {:.3}\n", -hz / 1e3);
    let rows: String = (0..120).map(|k| rows(20.0 * (f64::from(k) / 12.0).exp2())).collect();
    let text = format!(
        "* Measurement data measured by REW V5.30\n{drive}* Freq(Hz) SPL(dB) Phase(degrees)\n{rows}"
    );
    bench.write(name, text.as_bytes());
}

#[test]
fn files_that_were_driven_differently_are_moved_to_one_level() {
    let bench = Bench::new();
    rew(&bench, "l.txt", Some(-16.0), 80.0);
    rew(&bench, "r.txt", Some(-18.0), 77.5);
    rew(&bench, "n.txt", None, 77.5);
    let ran = bench.run("compare channels --left l.txt --right r.txt --json").ended(0);
    let document = ran.says("moved to -16 dBFS").document();
    assert_close(&document["figures"]["level_1_khz"]["difference_db"], 0.5);
    assert!(document["figures"]["level_1_khz"].get("from_db").is_none());
    let phase = &document["figures"]["phase"];
    assert!(phase.get("delay").is_none(), "REW says that there is no common time: {phase}");
    assert_eq!(phase["inverted"], false);
    let mixed = bench.run("compare channels --left l.txt --right n.txt").ended(5);
    mixed.says("does not state its drive level");
}

#[test]
fn placements_say_how_much_the_response_depends_on_them() {
    let bench = Bench::new();
    let placed = |bass_db: f64, treble_db: f64| {
        move |i: f64, hz: f64| {
            let shelf = if hz < 150.0 { bass_db + 0.2 * i } else { 0.0 };
            80.0 + shelf + if hz > 4e3 { treble_db - 0.3 * i } else { 0.0 }
        }
    };
    let states = [("centred", 0.0, 0.0), ("forward", -2.0, 3.0), ("odd", -4.0, 1.0)];
    let line: Vec<String> = states
        .iter()
        .map(|(name, bass, treble)| {
            format!("--state {name}={}", write(&bench, name, 3, placed(*bass, *treble)))
        })
        .collect();
    let line = format!("compare states {}", line.join(" "));
    let plain = bench.run(&format!("{line} --json")).ended(0).document();
    assert!(plain["figures"].get("placements").is_none());
    let own = &plain["figures"]["states"][0];
    assert_eq!(own["placement"], "the ear in the middle of the cup");
    assert!((own["consistency"]["bass_sd_db"].as_f64().unwrap() - 0.2).abs() < 1e-3);
    assert!(plain["figures"]["states"][2].get("placement").is_none());
    let ran = bench.run(&format!("{line} --placements -o out --json")).ended(0);
    let found = ran.document()["figures"]["placements"].clone();
    assert!((found["bass"]["widest_db"].as_f64().unwrap() - 4.0).abs() < 1e-3, "{found}");
    assert!((found["treble"]["widest_db"].as_f64().unwrap() - 3.0).abs() < 1e-3, "{found}");
    assert!((found["consistency"]["bass_sd_db"].as_f64().unwrap() - 2.0).abs() < 1e-3);
    assert!(bench.text("out/placements.csv").starts_with("frequency_hz,mean_db,median_db"));
    assert!(bench.text("out/figures/placements.svg").contains("mean of 3"));
    let text = bench.run(&format!("{line} --placements")).ended(0);
    text.prints("the cup moved towards the face").prints("Over three placements");
}

#[test]
fn what_cannot_be_matched_or_isolated_says_why() {
    let bench = Bench::new();
    let all = write(&bench, "a", 2, open);
    bench.write("load.zma", b"20 32 0\n2000 33 0\n");
    for (line, code, reason) in [
        (format!("channels --left {all}"), 2, "--right"),
        (format!("channels --left {all} --right , "), 2, "FILE[,FILE"),
        (format!("channels --left {all} --right a0.txt,a0.txt"), 2, "given twice"),
        (format!("channels --left {all} --right a0.txt --paired"), 2, "pairs need as many"),
        (format!("channels --left {all} --right a0.txt --tolerance 0"), 2, "not a tolerance"),
        (format!("channels --left {all} --right a0.txt --band 1kHz"), 2, "is not a band"),
        (format!("channels --left {all} --right load.zma"), 5, "is an impedance"),
        (format!("channels --left {all} --right none.txt"), 5, "none.txt"),
        (format!("isolation --open {all}"), 2, "--on"),
        (format!("isolation --open {all} --on x=a0.txt --on x=a1.txt"), 2, "two states"),
        (format!("isolation --open {all} --on open=a0.txt"), 2, "two states"),
        (format!("leakage --outside {all} --inside a0.txt --distance 50"), 2, "distance"),
    ] {
        let ran = bench.run(&format!("compare {line} -o out")).ended(code).says(reason);
        drop(ran);
    }
    assert!(!bench.path("out").exists());
}
