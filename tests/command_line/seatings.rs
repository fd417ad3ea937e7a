//! `measure response --seatings` and `--session` on a simulated rig and from takes, and
//! `compare states` of what they leave.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::bench::{Bench, Ran, ran};

const LINE: &str = "measure response --rig sim:closed-38 --plan single.toml --from 20Hz --to 18kHz \
                    --no-figures";

/// A folder with the shortest plan that reaches from 20 Hz to the notches.
fn bench() -> Bench {
    let bench = Bench::new();
    let plan = crate::bench::single_plan()
        .replace("start = \"20Hz\"", "start = \"5Hz\"")
        .replace("flat_from = \"40Hz\"", "flat_from = \"10Hz\"")
        .replace("from = \"100Hz\"", "from = \"20Hz\"")
        .replace("gate_after = \"100ms\"", "gate_after = \"200ms\"")
        .replace("points_per_octave = 12", "points_per_octave = 48");
    bench.write("single.toml", plan.as_bytes());
    bench
}

/// Runs the program with these lines typed.
fn typing(bench: &Bench, line: &str, typed: &str) -> Ran {
    let mut command = bench.command();
    command.args(line.split_whitespace()).write_stdin(typed.to_owned());
    ran(&mut command, line.to_owned())
}

/// The simulated rig whose state `worn` holds a gap open now and then.
fn leaky(bench: &Bench) {
    let rig = fs::read_to_string("calibration/rigs/sim-closed-38.toml").unwrap();
    let worn = "name = \"worn\"\n";
    let gap = "name = \"worn\"\nleaks = [{ kind = \"slit\", gap_mm = 0.6, width_mm = 12, length_mm = \
               18 }]\n";
    let leaky = rig.replace(worn, gap);
    assert_ne!(rig, leaky);
    bench.write("leaky.toml", leaky.as_bytes());
}

fn folders(bench: &Bench, root: &str) -> Vec<String> {
    let entries = fs::read_dir(bench.path(root)).unwrap();
    let with_result = |path: &PathBuf| path.join("response.json").exists();
    let paths = entries.map(|entry| entry.unwrap().path()).filter(with_result);
    let mut names: Vec<String> =
        paths.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn seatings(document: &Value) -> Vec<Value> {
    document["figures"]["seatings"].as_array().unwrap().clone()
}

#[test]
fn five_seatings_are_five_measurements_and_one_result() {
    let bench = bench();
    let line = format!(
        "{LINE} --state worn --headphone HD --pads A --pad-hours 900 \
                        --pads-fitted 2023-05-14 --unit 42 --operator me --seatings 5 -o worn"
    );
    let told = bench.run(&format!("{line} --json")).ended(0).says("seating 5 of 5: bass shelf");
    let document = told.document();
    assert_eq!(document["kind"], "seatings");
    assert_eq!(document["figures"]["n"], 5);
    assert_eq!(document["simulated"], true);
    assert_eq!(folders(&bench, "worn"), ["1", "2", "3", "4", "5"]);
    let shelves: Vec<f64> =
        seatings(&document).iter().map(|s| s["bass_shelf_db"].as_f64().unwrap()).collect();
    let mean = shelves.iter().sum::<f64>() / 5.0;
    assert!((document["figures"]["bass_shelf_db"].as_f64().unwrap() - mean).abs() < 1e-9);
    assert!(shelves.windows(2).all(|pair| (pair[0] - pair[1]).abs() > 1e-3), "{shelves:?}");
    let manifest: toml::Table = bench.text("worn/3/measurement.toml").parse().unwrap();
    let tags = manifest["conditions"]["tags"].as_table().unwrap();
    for (key, value) in [
        ("headphone", "HD"),
        ("unit", "42"),
        ("pads", "A"),
        ("pad_hours", "900"),
        ("pads_fitted", "2023-05-14"),
        ("operator", "me"),
        ("state", "worn"),
        ("seating", "3"),
    ] {
        assert_eq!(tags[key].as_str(), Some(value), "{key}");
    }
    assert_eq!(bench.json("worn/seatings.json")["figures"], document["figures"]);
    assert!(bench.text("worn/seatings.csv").contains("seating_5_db"));
    // There is nothing left to do.
    bench.run(&line).ended(0).says("5 seatings of 5 in 'worn' already").prints("five seatings");
    assert_eq!(folders(&bench, "worn").len(), 5);
    // Of other pads there is.
    bench.run(&line.replace("--pads A", "--pads B")).ended(2).says("another pads: 'A', not 'B'");
}

#[test]
fn a_second_run_goes_on_where_the_first_one_stopped() {
    let bench = bench();
    bench.run(&format!("{LINE} --state worn --seatings 2 -o worn")).ended(0);
    let before = crate::bench::snapshot(&bench.path("worn/1"));
    let told = bench.run(&format!("{LINE} --state worn --seatings 4 -o worn")).ended(0);
    let told = told.says("worn: 2 seatings of 4 in 'worn' already").says("seating 4 of 4");
    assert!(!told.stderr.contains("seating 2 of 4"), "{}", told.stderr);
    assert_eq!(folders(&bench, "worn"), ["1", "2", "3", "4"]);
    assert_eq!(crate::bench::snapshot(&bench.path("worn/1")), before);
    // It is the same as four in one go.
    bench.run(&format!("{LINE} --state worn --seatings 4 -o whole")).ended(0);
    assert_eq!(bench.text("worn/seatings.csv"), bench.text("whole/seatings.csv"));
}

#[test]
fn a_seating_unlike_its_siblings_is_repeated_on_request_and_kept() {
    let bench = bench();
    leaky(&bench);
    bench.run(&format!("{LINE} --state worn --seatings 3 -o worn")).ended(0);
    let spoilt =
        format!("{LINE} --state worn --seatings 4 -o worn").replace("sim:closed-38", "leaky.toml");
    // Repeated once, which is no better on this rig, and stopped.
    let told = typing(&bench, &spoilt, "\nq\n").ended(130);
    let told = told.says("UNLIKE the others").says("warning: the bass shelf lies -");
    let told = told.says("Seating 4: the bass shelf lies").says("set aside and not counted");
    told.says("stopped; the same command goes on with seating 4 of 4 of worn");
    assert_eq!(folders(&bench, "worn"), ["1", "2", "3", "4", "4-2"]);
    let decision: toml::Table = bench.text("worn/4/decision.toml").parse().unwrap();
    assert_eq!(decision["decision"].as_str(), Some("set-aside"));
    assert!(decision["reason"].as_str().unwrap().contains("bass shelf"));
    let measurement = bench.json("worn/4/response.json");
    let finding = &measurement["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["kind"] == "seating-unlike-siblings");
    let finding = finding.unwrap();
    assert_eq!((&finding["figure"], &finding["siblings"]), (&"bass-shelf".into(), &3.into()));
    let [by, limit] = ["by", "limit"].map(|key| finding[key].as_f64().unwrap());
    assert!(by < -limit && limit > 0.0, "{finding}");
    // The question that was not answered is asked again.
    let again = format!("{LINE} --state worn --seatings 4 -o worn");
    typing(&bench, &again, "q\n").ended(130).says("Seating 4: the bass shelf lies");
    // What counts, comparisons read; what was set aside they leave out and say so.
    bench.run(&format!("{LINE} --state fresh --seatings 3 -o fresh")).ended(0);
    let compare = "compare states --state fresh=fresh --state worn=worn --json";
    let told = bench.run(compare).ended(0).says("left out, as they were set aside or refused: 4");
    assert_eq!(told.document()["figures"]["states"][1]["n"], 4);
    bench
        .run("compare states --state fresh=fresh --state worn=worn/4,worn/1")
        .ended(0)
        .says("'worn/4' was set aside, and was named all the same");
}

#[test]
fn a_seating_that_is_kept_is_not_asked_about_again() {
    let bench = bench();
    leaky(&bench);
    bench.run(&format!("{LINE} --state worn --seatings 3 -o worn")).ended(0);
    let line = format!("{LINE} --state worn --seatings 4 -o worn");
    let told = typing(&bench, &line.replace("sim:closed-38", "leaky.toml"), "perhaps\nk\n");
    told.ended(0).says("'perhaps' is none of").prints("counted all the same: 4.");
    let told = bench.run(&line.replace("--seatings 4", "--seatings 5")).ended(0);
    assert!(!told.stderr.contains("Repeat it?"), "{}", told.stderr);
    // Nobody to ask: it counts, and it is said.
    let spoilt =
        line.replace("sim:closed-38", "leaky.toml").replace("--seatings 4", "--seatings 6");
    let told = bench.run(&spoilt).ended(0);
    assert_eq!(told.stderr.contains("Repeat it?"), told.stderr.contains("nobody answered"));
}

const SESSION: &str = "
name = 'evening'
headphone = 'HD'
seatings = 2
sides = ['left', 'right']
[[states]]
name = 'fresh'
pads = 'A'
pads_fitted = '2026-05-02'
[[states]]
name = 'glasses'
pads = 'A'
instruction = 'Put the glasses on.'
";

#[test]
fn a_session_measures_every_state_on_every_side_and_resumes() {
    let bench = bench();
    bench.write("evening.toml", SESSION.as_bytes());
    let line = format!("{LINE} --session evening.toml -o evening");
    let told =
        bench.run(&format!("{line} --json")).ended(0).says("glasses, right: Put the glasses");
    let document = told.document();
    assert_eq!((&document["kind"], &document["name"]), (&"session".into(), &"evening".into()));
    let places = document["figures"]["places"].as_array().unwrap();
    let names: Vec<&str> = places.iter().map(|p| p["figures"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["fresh, left", "fresh, right", "glasses, left", "glasses, right"]);
    for place in ["left/fresh", "right/fresh", "left/glasses", "right/glasses"] {
        assert_eq!(folders(&bench, &format!("evening/{place}")), ["1", "2"]);
    }
    // The two ears of a simulation are not copies.
    assert_ne!(
        bench.text("evening/left/fresh/seatings.csv"),
        bench.text("evening/right/fresh/seatings.csv")
    );
    let tags = &bench.json("evening/right/glasses/2/response.json")["conditions"]["tags"];
    for (key, value) in
        [("session", "evening"), ("side", "right"), ("state", "glasses"), ("pads", "A")]
    {
        assert_eq!(tags[key], value, "{key}");
    }
    // What is taken away is measured again, and nothing else.
    fs::remove_dir_all(bench.path("evening/right/fresh/2")).unwrap();
    let told = bench.run(&line).ended(0).says("seating 2 of 2");
    assert_eq!(told.stderr.matches("bass shelf").count(), 1, "{}", told.stderr);
    let told = bench.run("compare states --session evening/left --json").ended(0).document();
    let states = told["figures"]["states"].as_array().unwrap();
    let names: Vec<&str> = states.iter().map(|state| state["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["fresh", "glasses"]);
    bench.run("compare states --session evening").ended(5).says("name one of them");
}

#[test]
fn without_a_folder_seatings_are_in_the_library_and_belong_together() {
    let bench = bench();
    let line = format!("{LINE} --state worn --tag session=may --seatings 2");
    bench.run(&line).ended(0);
    bench.run(&line).ended(0).says("2 seatings of 2");
    // Another session of the same headphone is another one.
    bench.run(&line.replace("may", "june")).ended(0);
    let list = bench.run("library list --json").ended(0).document();
    assert_eq!(list["measurements"].as_array().unwrap().len(), 4);
    bench.run("library verify").ended(0);
    let compare =
        "compare states --state may=seatings-may-worn --state june=seatings-june-worn --json";
    let document = bench.run(compare).ended(0).document();
    assert_eq!(document["figures"]["states"][0]["n"], 2);
}

#[test]
fn what_another_person_seats_is_a_row_of_its_own() {
    let bench = bench();
    for person in ["Ann", "Bob"] {
        let line = format!("{LINE} --headphone golden --operator {person} --seatings 2");
        bench.run(&line).ended(0).says("seating 1 of 2");
    }
    bench.run("compare repeatability --headphone golden").ended(0).prints("by two persons");
    bench
        .run(&format!("{LINE} --headphone golden --pad-hours 10 --seatings 2 -o ten"))
        .ended(0)
        .says("seating 2 of 2");
    bench
        .run(&format!("{LINE} --headphone golden --pad-hours 20 --seatings 2 -o ten"))
        .ended(2)
        .says("holds seatings of another pad hours: '10', not '20'");
}

#[test]
fn a_study_of_several_persons_begins_anew_every_day() {
    let bench = bench();
    let study = "name = 'study'\nheadphone = 'golden'\noperators = ['Ann', 'Bob']\ndaily = \
                 true\nseatings = 2\n[[states]]\nname = 'fresh'\n";
    bench.write("study.toml", study.as_bytes());
    let line = format!("{LINE} --session study.toml -o study");
    let told = bench.run(&line).ended(0).prints("Ann, fresh: two").prints("Bob, fresh: two");
    assert_eq!(told.stderr.matches("seating 2 of 2").count(), 2, "{}", told.stderr);
    let told = bench.run(&line).ended(0).says("2 seatings of 2");
    assert_eq!(told.stderr.matches("bass shelf").count(), 0, "{}", told.stderr);
    let days: Vec<_> = fs::read_dir(bench.path("study")).unwrap().collect();
    let [Ok(day)] = days.as_slice() else { panic!("{days:?}") };
    let day = day.file_name().into_string().unwrap();
    assert_eq!(folders(&bench, &format!("study/{day}/Bob/fresh")), ["1", "2"]);
    // An earlier day does not count for today.
    fs::rename(bench.path(&format!("study/{day}")), bench.path("study/2001-02-03")).unwrap();
    bench.run(&line).ended(0).says("seating 2 of 2");
    bench
        .run("compare repeatability study")
        .ended(0)
        .prints("by two persons")
        .prints("has not measured on a second day");
}

#[test]
fn takes_that_exist_are_seatings_one_each() {
    let bench = bench();
    leaky(&bench);
    bench.run(&format!("{LINE} --state worn --seatings 3 -o worn")).ended(0);
    let leaky = LINE.replace("sim:closed-38", "leaky.toml");
    bench.run(&format!("{leaky} --state worn -o odd")).ended(0);
    let line = "measure response --plan single.toml --channels reference=1,microphone=2 \
                --take worn/1/take-1.wav --take worn/2/take-1.wav --take worn/3/take-1.wav \
                --take odd/take-1.wav --no-figures -o again";
    let told = bench.run(&format!("{line} --seatings 4")).ended(0);
    told.says("seating 4: the bass shelf").says("it counts all the same").prints("four seatings");
    assert_eq!(folders(&bench, "again"), ["1", "2", "3", "4"]);
    bench.run(&format!("{line} --seatings 5")).ended(2).says("4 takes for 5 seatings");
}

#[test]
fn impedances_are_seated_too() {
    let bench = bench();
    let line = "measure impedance --rig sim:closed-38 --plan short.toml --sense-resistor 100 \
                --no-figures --state worn --seatings 2 -o z";
    bench.run(line).ended(0).says("seating 2 of 2: measured");
    assert!(bench.path("z/2/impedance.json").exists());
    bench.run(line).ended(0).says("2 seatings of 2");
}

#[test]
fn wishes_that_make_no_sense_are_refused_before_anything_is_played() {
    let bench = bench();
    bench.write("bad.toml", b"name = 'x'\n[[states]]\nname = 'a/b'\n");
    bench.write("evening.toml", SESSION.replace("glasses", "hat").as_bytes());
    for (flags, code, reason) in [
        ("--seatings 1", 2, "2..=50"),
        ("--seatings 51", 2, "2..=50"),
        ("--session evening.toml --state worn", 2, "--state"),
        ("--session evening.toml --seatings 3", 2, "--seatings"),
        ("--session nowhere.toml", 5, "nowhere.toml"),
        ("--session bad.toml", 5, "plain name"),
        ("--session evening.toml", 2, "no state 'hat'"),
        ("--state worn --pad-hours=-1 --seatings 2", 2, "hours"),
        ("--state worn --pads-fitted 2025-02-30 --seatings 2", 2, "--pads-fitted"),
    ] {
        bench.run(&format!("{LINE} {flags} -o out")).ended(code).says(reason);
    }
    assert!(!bench.path("out").exists());
}
