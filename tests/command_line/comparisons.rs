//! `compare states` and `compare source`, from an impedance and from resistors in series.

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
fn a_leak_is_told_with_its_figure_from_an_assumed_volume_or_a_drilled_hole() {
    let bench = Bench::new();
    let states = ["fresh", "glasses", "worn"].map(seatings);
    let line = states.map(|state| format!("--state {state}")).join(" ");
    let leaks = |options: &str| {
        let ran = bench.run(&format!("compare states {line} {options} --json")).ended(0);
        let differences = ran.document()["figures"]["differences"].clone();
        [0, 1].map(|i| differences[i].clone())
    };
    let [glasses, _] = leaks("-o out --front-volume 38cm3");
    let leak = &glasses["leak"];
    assert_eq!((&leak["calibrated"], &leak["front_volume_cm3"]), (&false.into(), &38.0.into()));
    let slit = leak["slit_mm"].as_f64().unwrap();
    assert!((0.2..0.5).contains(&slit), "the temple holds open 0.36 mm, not {slit}");
    assert!(bench.text("out/leak.csv").contains("glasses_leak_db"));
    assert!(bench.text("out/figures/leak.svg").contains("simulated"));
    // The leak of the glasses taken as that of a drilled hole; it has no verdict of its own then.
    let [glasses, worn] = leaks("--calibration-leak glasses=2.5mm --leak-length 12mm");
    assert!(glasses.get("leak").is_none() && glasses.get("no_leak").is_none());
    let told = if worn.get("leak").is_some() { &worn["leak"] } else { &worn["no_leak"] };
    assert!(told.is_object());
    let [glasses, _] = leaks("--back open");
    assert_eq!(glasses["no_leak"]["reason"], "open-back");
    let text = bench.run(&format!("compare states {line}")).ended(0).stdout;
    assert!(text.contains("is that of a leak like a round hole"), "{text}");
}

#[test]
fn what_the_seatings_show_stands_in_text_document_table_and_figure() {
    let bench = Bench::new();
    let states = ["fresh", "worn"].map(seatings);
    let line = states.map(|state| format!("--state {state}")).join(" ");
    let ran = bench.run(&format!("compare states {line} --back closed -o out")).ended(0).quietly();
    ran.prints("“worn” against “fresh”: the bass shelf changes by −")
        .prints("by Welch's t, effect size g = −")
        .prints("p = 0.029, the smallest that so few seatings")
        .prints("(over all 70 assignments of the seatings to the states)")
        .prints("1.0 dB takes three seatings of each");
    let worn = &bench.json("out/states.json")["figures"]["differences"][0];
    assert_eq!(
        (&worn["max_t_method"], &worn["paired"]),
        (&"all_permutations".into(), &false.into())
    );
    assert_eq!((&worn["max_t_permutations"], &worn["detect_db"]), (&70.into(), &1.0.into()));
    let number = |key: &str| worn[key].as_f64().unwrap();
    assert!(number("welch_p") < 0.05 && number("hedges_g") < -1.0);
    assert!(number("bass_shelf_from_db") < number("bass_shelf_db"));
    assert!(number("bass_shelf_db") < number("bass_shelf_to_db"));
    assert!(!worn["ranges"].as_array().unwrap().is_empty());
    let figures = worn["figures"].as_array().unwrap();
    assert_eq!(figures[0]["figure"], "bass_shelf");
    assert!(figures.iter().all(|seen| seen["holm_p"].as_f64() >= seen["welch_p"].as_f64()));
    let table = bench.text("out/simultaneous.csv");
    let head = "frequency_hz,worn_minus_fresh_db,worn_minus_fresh_half_width_db";
    assert_eq!(table.lines().nth(1), Some(head));
    let points = numbers(&worn["simultaneous"]["frequency_hz"]).len();
    assert_eq!(table.lines().count(), 2 + points);
    let figure = bench.text("out/figures/difference.svg");
    assert!(figure.contains("95 % at all frequencies at once"));
    assert!(figure.contains("Bar: differs beyond chance"));
}

#[test]
fn seatings_in_pairs_are_judged_by_their_changes() {
    let bench = Bench::new();
    let states = ["fresh", "worn"].map(seatings);
    let line = states.map(|state| format!("--state {state}")).join(" ");
    let line = format!("compare states {line} --paired --detect 0.5");
    bench
        .run(&line)
        .ended(0)
        .prints("“worn” against “fresh”, seatings in pairs: the bass shelf changes by −")
        .prints("by Student's t of the pairs")
        .prints("(the smallest would be p = 0.12). Six pairs can, more are better.")
        .prints("; 0.50 dB takes ");
    let document = bench.run(&format!("{line} --json")).ended(0).document();
    let worn = &document["figures"]["differences"][0];
    assert_eq!((&worn["paired"], &worn["detect_db"]), (&true.into(), &0.5.into()));
    assert_eq!(worn["max_t_method"], "parametric");
    assert!(worn.get("max_t_permutations").is_none());
    let three = seatings("worn").rsplit_once(',').unwrap().0.to_owned();
    bench
        .run(&format!("compare states --state {} --state {three} --paired", seatings("fresh")))
        .ended(2)
        .says("'worn' has 3 seatings");
    bench
        .run(&format!("{} --detect 0", line.replace(" --paired --detect 0.5", "")))
        .ended(2)
        .says("not a change of 0.01 dB to 40 dB");
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
        ("--state a=low.txt --state b=low.txt --leak-length 10", 2, "write 2mm for millimetres"),
        ("--state a=low.txt --state b=low.txt --front-volume 35kg", 2, "is not a volume"),
        ("--state a=low.txt --state b=low.txt --calibration-leak b", 2, "STATE=DIAMETER"),
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
fn a_calibration_leak_must_be_a_state_beside_the_reference() {
    let bench = Bench::new();
    bench.write("a.txt", b"20 1\n1000 0\n20000 2\n");
    let line = "compare states --state a=a.txt --state b=a.txt --calibration-leak";
    bench.run(&format!("{line} c=2mm")).ended(2).says("no state is called 'c'");
    bench.run(&format!("{line} a=2mm")).ended(2).says("'a' is the reference");
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
        let source_ohm = found["sources"][i]["source_ohm"].as_f64().unwrap();
        let (on_none, dc_ohm) =
            (&found["resonance"]["q_electrical"], &found["resonance"]["dc_resistance_ohm"]);
        let (on_none, dc_ohm) = (on_none.as_f64().unwrap(), dc_ohm.as_f64().unwrap());
        let q = found["sources"][i]["q_electrical"].as_f64().unwrap();
        assert!((q / (on_none * (1.0 + source_ohm / dc_ohm)) - 1.0).abs() < SAME, "{q}");
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
    for factor in numbers(&source["damping"]["factor"]) {
        assert!((factor - 1.0).abs() < SAME);
    }
    assert!(source.get("q_electrical").is_none());
    let document = bench.run(&format!("{line} --normalise broadband")).ended(0).document();
    assert_eq!(document["figures"]["normalisation"]["broadband"], true);
    let worst = &document["figures"]["sources"][0]["worst_db"];
    assert!(worst.as_f64().unwrap().abs() < SAME);
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

/// A headphone of 32 Ω behind a resistor, in a file like REW's: at each level of drive the file
/// holds what a microphone would have heard.
fn behind(bench: &Bench, ohm: f64, drive_db: Option<f64>) -> String {
    let head = drive_db.map_or_else(String::new, |db| {
        format!("* Format: 256k Log Swept Sine, 1 sweep at {db:.1} dBFS with no timing reference\n")
    });
    let level = 110.0 + drive_db.unwrap_or(0.0) - 20.0 * (1.0 + ohm / 32.0).log10();
    let rows = [20, 50, 100, 1000, 5000, 10_000, 20_000].map(|hz| format!("{hz} {level:.9}\n"));
    let name = format!("{ohm}.txt");
    bench.write(&name, format!("{head}{}", rows.concat()).as_bytes());
    name
}

#[test]
fn an_impedance_is_inferred_from_responses_behind_resistors() {
    let bench = Bench::new();
    for (ohm, drive_db) in [(0.0, -35.0), (10.0, -30.0), (20.0, -28.0), (50.0, -23.0)] {
        behind(&bench, ohm, Some(drive_db));
    }
    let line = "compare source --series 0=0.txt --series 10=10.txt --series 50=50.txt \
                --verify 20=20.txt --source-ohm 32,100";
    let ran = bench.run(&format!("{line} --normalise none -o out --json")).ended(0);
    let document = ran.document();
    let (figures, close) = (&document["figures"], |value: &Value, expected: f64| {
        assert!((value.as_f64().unwrap() - expected).abs() < 1e-6, "{value} {expected}");
    });
    let impedance = &figures["impedance"];
    assert_eq!(impedance["inferred_from_ohm"], serde_json::json!([0.0, 10.0, 50.0]));
    assert_eq!(impedance["phase_sign_known"], false);
    for hz in ["30", "100", "1000", "5000"] {
        close(&impedance["magnitude_at_hz_ohm"][hz], 32.0);
    }
    close(&impedance["minimum_ohm"], 32.0);
    close(&impedance["maximum_ohm"], 32.0);
    let seen = &figures["verification"][0];
    assert_eq!(seen["ohm"], 20.0);
    close(&seen["offset_db"], 0.0);
    close(&seen["rms_db"], 0.0);
    assert_eq!(seen["unstated"], serde_json::json!(["impedance", "response", "measured"]));
    close(&figures["sources"][0]["loss_db"], -20.0 * 2_f64.log10());
    assert!(figures["sources"][0]["response"].is_object());
    assert_eq!(bench.json("out/source.json"), document);
    assert!(bench.text("out/figures/source.svg").contains("inferred"));
    bench.run(line).ended(0).prints("was inferred from responses behind 0, 10 and 50 Ω");
}

/// A file with a curve that states its uncertainty, the same at all frequencies.
fn stated(bench: &Bench, name: &str, unit: &str, value: f64, u: f64) {
    let hz = [20.0, 50.0, 100.0, 1000.0, 5000.0, 10_000.0, 20_000.0];
    let mut curve = serde_json::json!({ "frequency_hz": hz, "phase_deg": vec![0.0; 7] });
    curve[format!("magnitude_{unit}")] = vec![value; 7].into();
    curve[format!("u_magnitude_{unit}")] = vec![u; 7].into();
    curve["u_phase_deg"] = vec![0.0; 7].into();
    let document = serde_json::json!({ "schema": 1, "kind": "curve", "curve": curve });
    bench.write(name, document.to_string().as_bytes());
}

#[test]
fn a_response_on_a_source_is_held_against_the_one_that_the_impedance_predicts() {
    let bench = Bench::new();
    stated(&bench, "load.json", "ohm", 32.0, 0.1);
    stated(&bench, "amp.json", "ohm", 32.0, 0.2);
    stated(&bench, "on-0.json", "db", 90.0, 0.01);
    stated(&bench, "on-amp.json", "db", 84.5, 0.01);
    let line = "compare source --impedance load.json --source amp=amp.json --response on-0.json \
                --verify amp=on-amp.json --verify 100=on-amp.json";
    let document = bench.run(&format!("{line} -o out --json")).ended(0).document();
    let figures = &document["figures"];
    let seen = &figures["verification"][0];
    assert_eq!((&seen["source"], &seen["verdict"]), (&"amp".into(), &"inside".into()));
    assert_eq!((&seen["share_inside"], &seen["from_ohm"]), (&1.0.into(), &0.0.into()));
    // −6.02 dB were predicted, −5.5 dB measured.
    let offset = seen["offset_db"].as_f64().unwrap();
    assert!((offset - (20.0 * 2_f64.log10() - 5.5)).abs() < SAME, "{offset}");
    // Half of a relative 0.1/32 and 0.2/32, with the responses' 0.01 dB each; the offset as much.
    let nepers = (0.05_f64 / 32.0).hypot(0.1 / 32.0);
    let level = (8.685_889_638 * nepers).hypot(0.01).hypot(0.01);
    let u = seen["u_worst_db"].as_f64().unwrap();
    assert!((u / (level * 2_f64.sqrt()) - 1.0).abs() < SAME, "{u}");
    assert_eq!(figures["verification"][1]["ohm"], 100.0);
    let effect = &figures["sources"][1];
    assert!(effect["u_worst_db"].is_f64() && effect["response"]["u_magnitude_db"].is_array());
    assert!(bench.text("out/figures/verification.svg").contains("amp predicted"));
    assert!(bench.text("out/verification.csv").contains("2_100_ohm_residual_db"));
    bench.run(line).ended(0).prints("inside its uncertainty").prints("predicted from that on 0 Ω");
    // The same the other way round.
    let line = "compare source --impedance load.json --source amp=amp.json --response on-amp.json \
                --response-source amp --verify 0=on-0.json --json";
    let back = bench.run(line).ended(0).document();
    let seen = &back["figures"]["verification"][0];
    assert_eq!((&seen["from_source"], &seen["verdict"]), (&"amp".into(), &"inside".into()));
    assert!((seen["offset_db"].as_f64().unwrap() + offset).abs() < SAME);
}

#[test]
fn drive_levels_that_no_file_states_are_asked_for() {
    let bench = Bench::new();
    for (ohm, drive_db) in [(0.0, Some(-35.0)), (10.0, None), (50.0, None)] {
        behind(&bench, ohm, drive_db);
    }
    let line = "compare source --series 0=0.txt --series 10=10.txt --series 50=50.txt";
    bench.run(line).ended(5).says("'10.txt' does not state its drive level").says("10=DB");
    let stated = format!("{line} --series-level 10=0,50=0");
    let document = bench.run(&format!("{stated} --json")).ended(0).document();
    let ohm = document["figures"]["impedance"]["minimum_ohm"].as_f64().unwrap();
    assert!((ohm - 32.0).abs() < 1e-6, "{ohm}");
    bench.run(&format!("{line} --series-level 33=0")).ended(2).says("no --series has that");
    // Drive levels that are wrong: behind 10 Ω it is 30 dB louder.
    let wrong = format!("{line} --series-level 10=-30,50=-30");
    bench.run(&wrong).ended(5).says("does not fall").says("--series-level OHM=DB");
    behind(&bench, 0.0, None);
    bench.run(line).ended(0).says("no file states its drive level");
}

#[test]
fn responses_that_tell_no_impedance_are_refused() {
    let bench = Bench::new();
    for ohm in [0.0, 10.0, 50.0] {
        behind(&bench, ohm, None);
    }
    bench.write("high.txt", b"21000 80\n22000 80\n");
    bench.write("load.zma", b"20 32 0\n1000 33 0\n20000 32 0\n");
    let [none, ten, fifty] = ["--series 0=0.txt", "--series 10=10.txt", "--series 50=50.txt"];
    for (options, code, reason) in [
        (format!("{none} {ten}"), 2, "two or more resistors beside 0 Ω, found 1"),
        (format!("{ten} {fifty}"), 2, "no response behind 0 Ω"),
        (format!("{none} {ten} {ten}"), 2, "two responses behind 10"),
        (format!("{none} {ten} {fifty} --impedance load.zma"), 2, "cannot be used with"),
        ("--impedance load.zma --verify 20=10.txt".to_owned(), 2, "no response to predict"),
        ("--impedance load.zma --response-source 20".to_owned(), 2, "--response <FILE>"),
        (
            "--impedance load.zma --response 0.txt --verify amp=10.txt".to_owned(),
            2,
            "'amp' is no --source",
        ),
        ("--impedance load.zma --verify 10.txt".to_owned(), 2, "is not SOURCE=FILE"),
        (format!("{none} --series ten=10.txt"), 2, "'ten' is not a resistance"),
        (format!("{none} --series 10"), 2, "'10' is not OHM=FILE"),
        (format!("{none} {ten} --series 50=high.txt"), 5, "no band in common"),
        (format!("{none} {ten} --series 50=load.zma"), 5, "is an impedance, not a response"),
        (format!("{none} {ten} --series 50=missing.txt"), 5, "cannot read 'missing.txt'"),
        (format!("{none} {ten} {fifty} --verify 20=high.txt"), 5, "no band in common"),
    ] {
        let line = format!("compare source {options} -o out");
        bench.run(&line).ended(code).says(reason);
        let document = bench.run(&format!("{line} --json")).ended(code).document();
        assert_eq!(document["error"]["exit_code"], code, "{options}");
    }
    assert!(!bench.path("out").exists());
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
