//! `compare wear` and `compare repeatability`: from curve files, from tags, and what is refused.

use std::fs;

use serde_json::Value;

use crate::bench::{Bench, demo, numbers};

/// Numbers that are written with all their digits and read back.
const ROUNDING: f64 = 1e-9;

/// A curve whose bass, below 200 Hz, has this level.
fn curve(bench: &Bench, name: &str, bass_db: f64) {
    let rows = (0..121).map(|k| 20.0 * (f64::from(k) / 12.0).exp2());
    let rows = rows.map(|hz| format!("{hz},{}\n", if hz < 200.0 { bass_db } else { 0.0 }));
    let text: String = std::iter::once("frequency,raw\n".to_owned()).chain(rows).collect();
    bench.write(name, text.as_bytes());
}

/// Three times of three, two and one seatings.
fn worn() -> Bench {
    let bench = Bench::new();
    for (name, bass_db) in [
        ("n1", 0.1),
        ("n2", 0.0),
        ("n3", -0.1),
        ("t1", -0.9),
        ("t2", -1.1),
        ("y1", -2.0),
        ("g1", 4.0),
        ("g2", 4.1),
        ("h1", 4.3),
        ("h2", 4.4),
        ("i1", 3.9),
        ("i2", 4.0),
    ] {
        curve(&bench, &format!("{name}.csv"), bass_db);
    }
    bench
}

const AT: &str =
    "compare wear --at fresh=n1.csv,n2.csv,n3.csv --at 3mo=t1.csv,t2.csv --at 1y=y1.csv";

fn shelf(document: &Value, line: usize, point: usize) -> &Value {
    let figures = &document["figures"]["lines"][line]["points"][point]["figures"];
    figures.as_array().unwrap().iter().find(|of| of["figure"] == "bass_shelf").unwrap()
}

#[track_caller]
fn assert_near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() < ROUNDING, "{found} instead of {expected}");
}

#[test]
fn curve_files_with_their_times_are_followed() {
    let bench = worn();
    let document = bench.run(&format!("{AT} --json")).ended(0).document();
    assert_eq!(
        (&document["kind"], &document["figures"]["time"]),
        (&"wear".into(), &"days_since_fitted".into())
    );
    assert_near(&shelf(&document, 0, 1)["change_db"], -1.0);
    assert_near(&shelf(&document, 0, 2)["change_db"], -2.0);
    // Pooled over three times: (2 · 0.01 + 1 · 0.02)/3.
    assert_near(
        &shelf(&document, 0, 2)["u_change_db"],
        (0.04_f64 / 3.0 * (1.0 + 1.0 / 3.0)).sqrt(),
    );
    let line = &document["figures"]["lines"][0];
    assert_eq!((&line["changed"], &line["drift_removed"]), (&true.into(), &false.into()));
    assert_eq!(line["spread"], "pooled");
    assert!(line.get("no_change_above_db").is_none());
    assert!(numbers(&line["points"][1]["change"]["magnitude_db"]).len() > 100);
    let told = bench.run(AT).ended(0).stdout;
    for words in [
        "3 months",
        "more than what repeating it does",
        "a drift of the rig is not excluded",
        "for times of a single seating too",
        "dB per month",
    ] {
        let text = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(words), "{words}: {told}");
    }
    assert!(told.lines().all(|line| line.chars().count() <= 100), "{told}");
}

#[test]
fn a_baseline_takes_the_drift_out() {
    let bench = worn();
    let line = format!(
        "{AT} --baseline-at fresh=g1.csv,g2.csv --baseline-at 3mo=h1.csv,h2.csv \
         --baseline-at 1y=i1.csv,i2.csv"
    );
    let document = bench.run(&format!("{line} --json")).ended(0).document();
    assert_near(&shelf(&document, 0, 1)["change_db"], -1.3);
    assert_near(&shelf(&document, 0, 2)["change_db"], -1.9);
    assert_eq!(document["figures"]["lines"][0]["drift_removed"], true);
    assert_eq!(document["figures"]["baseline_days"], 3);
    let told = bench.run(&line).ended(0).stdout;
    assert!(told.contains("The baseline of the same days was subtracted"), "{told}");
}

#[test]
fn the_folder_holds_figures_tables_and_the_document() {
    let bench = worn();
    let lines =
        AT.replace("--at ", "--at left:").replace("y1.csv", "y1.csv --at right:0=n1.csv,n2.csv")
            + " --at right:1y=t1.csv,t2.csv";
    bench.run(&format!("{lines} --title Pads -o out")).ended(0).prints("24 pictures");
    assert_eq!(bench.json("out/wear.json")["kind"], "wear");
    let table = bench.text("out/wear.csv");
    assert!(
        table.starts_with("line,days_since_fitted,time,n,baseline_n,figure,unit,mean,"),
        "{table}"
    );
    assert!(table.contains("left,91.3125,3 months,2,0,bass_shelf,db,"), "{table}");
    assert!(
        bench.text("out/wear-curves.csv").starts_with("frequency_hz,left_3_months_change_db,u_")
    );
    let figure = bench.text("out/figures/wear.svg");
    for words in ["left", "right", "single seating", "Months since", "Bass shelf (dB)"] {
        assert!(figure.contains(words), "{words}");
    }
    assert!(bench.text("out/figures/wear-curves-1.svg").contains("3 months"));
    bench.run(&format!("{lines} -o out")).ended(2).says("exists");
}

#[test]
fn what_cannot_be_followed_says_why() {
    let bench = worn();
    bench.run("compare wear").ended(5).says("no response to follow").says("--at TIME=FILE");
    bench
        .run("compare wear n1.csv")
        .ended(2)
        .says("whose headphone, pads and day are not known")
        .says("--at");
    bench.run("compare wear --at 0h=n1.csv").ended(2).says("measured at 1 time");
    bench.run("compare wear --at 0h=n1.csv --at 1y=n2.csv").ended(2).says("different units");
    bench.run("compare wear --at 5=n1.csv").ended(2).says("is no time");
    bench.run("compare wear --at 0h=no.csv --at 1h=n1.csv").ended(5);
    bench
        .run("compare wear --at 0h=n1.csv --at 1h=n2.csv --repeatability n1.csv")
        .ended(5)
        .says("no study of a rig");
}

/// A measurement of the demo with other tags, made on another day.
fn placed(bench: &Bench, of: &str, name: &str, day: &str, tags: &str) {
    let from = demo().join("measurements").join(of);
    let to = bench.path("library").join(name);
    fs::create_dir_all(&to).unwrap();
    for file in ["response.json", "response.csv"] {
        fs::copy(from.join(file), to.join(file)).unwrap();
    }
    let text = fs::read_to_string(from.join("measurement.toml")).unwrap();
    let (before, rest) = text.split_once("made_at = \"").unwrap();
    let text = format!("{before}made_at = \"{day}{}", &rest[10..]);
    let (before, rest) = text.split_once("[conditions.tags]\n").unwrap();
    let rest: String = rest
        .lines()
        .skip_while(|line| !line.is_empty())
        .fold(String::new(), |text, line| text + line + "\n");
    let tags = tags.split(' ').map(|tag| tag.split_once('=').unwrap());
    let tags = tags.fold(String::new(), |text, (key, value)| text + key + " = \"" + value + "\"\n");
    fs::write(to.join("measurement.toml"), format!("{before}[conditions.tags]\n{tags}{rest}"))
        .unwrap();
}

/// Fresh and worn pads on two days, a year apart, with a golden headphone on both.
fn library() -> Bench {
    let bench = Bench::new();
    for n in 1..=4 {
        let tags = "headphone=HD side=left pads=stock";
        placed(
            &bench,
            &format!("fresh-{n}"),
            &format!("a{n}"),
            "2026-01-05",
            &format!("{tags} pad_hours=0"),
        );
        placed(
            &bench,
            &format!("worn-{n}"),
            &format!("b{n}"),
            "2027-01-09",
            &format!("{tags} pad_hours=900"),
        );
        for (day, name) in [("2026-01-05", "c"), ("2027-01-09", "d")] {
            placed(
                &bench,
                &format!("fresh-{n}"),
                &format!("{name}{n}"),
                day,
                "headphone=golden side=left",
            );
        }
    }
    bench
}

#[test]
fn tagged_measurements_of_the_library_are_followed_against_a_golden_headphone() {
    let bench = library();
    let line = "compare wear --headphone HD --side left --baseline golden";
    let document = bench.run(&format!("{line} --json")).ended(0).document();
    assert_eq!(document["simulated"], true);
    assert_eq!(document["figures"]["time"], "pad_hours");
    let of = &document["figures"]["lines"][0];
    assert_eq!(
        (&of["name"], &of["drift_removed"], &of["changed"]),
        (&"left".into(), &true.into(), &true.into())
    );
    assert_eq!((&of["points"][1]["n"], &of["points"][1]["baseline_n"]), (&4.into(), &4.into()));
    // The golden headphone was the same on both days, so nothing is subtracted.
    let states = fs::read_to_string(demo().join("states.json")).unwrap();
    let states: Value = serde_json::from_str(&states).unwrap();
    let expected = states["figures"]["differences"][0]["bass_shelf_db"].as_f64().unwrap();
    let found = shelf(&document, 0, 1)["change_db"].as_f64().unwrap();
    // The grid of the study starts and ends a little elsewhere.
    assert!((found - expected).abs() < 0.02, "{found} {expected}");
    // Without hours the day is the time.
    placed(&bench, "fresh-1", "a1", "2026-01-05", "headphone=HD side=left pads=stock");
    let ran = bench.run(&format!("{line} --json")).ended(0).says("have no pad_hours");
    assert_eq!(ran.document()["figures"]["lines"][0]["points"][1]["time"], "2027-01-09");
    bench.run("compare wear --headphone HD --baseline silver").ended(5).says("baseline 'silver'");
}

/// Two persons on two days each; the second day of one is missing.
fn repeated() -> Bench {
    let bench = Bench::new();
    for (who, day, from) in
        [("ann", "2026-01-05", 1), ("ann", "2026-01-06", 2), ("ben", "2026-01-05", 1)]
    {
        for n in 0..3 {
            let tags = format!("headphone=golden side=left operator={who} seating={n}");
            let of = if who == "ben" { "worn" } else { "fresh" };
            placed(
                &bench,
                &format!("{of}-{}", (n + from) % 4 + 1),
                &format!("{who}-{day}-{n}"),
                day,
                &tags,
            );
        }
    }
    bench
}

#[test]
fn a_study_of_a_rig_tells_the_causes_apart_and_what_is_missing() {
    let bench = repeated();
    let ran = bench.run("compare repeatability -o rig --json").ended(0);
    let figures = &ran.document()["figures"];
    assert_eq!((&figures["operators"][1], &figures["days_shared"]), (&"ben".into(), &true.into()));
    assert_eq!(figures["sessions"].as_array().unwrap().len(), 3);
    let missing = &figures["missing"][0];
    assert_eq!((&missing["reason"], &missing["operator"]), (&"one-day".into(), &"ben".into()));
    assert_eq!(figures["spreads"][0]["figure"], "bass_shelf");
    assert!(bench.text("rig/repeatability.csv").contains("bass_shelf,reseat,"));
    let figure = bench.text("rig/figures/repeatability-phone.svg");
    for words in ["reseat", "person", "16k", "bass"] {
        assert!(figure.contains(words), "{words}");
    }
    let told = bench.run("compare repeatability --headphone golden").ended(0).stdout;
    assert!(told.contains("“ben” has not measured on a second day"), "{told}");
    assert!(told.lines().all(|line| line.chars().count() <= 100), "{told}");
    // What the study says of the rig makes up for seatings that are not repeated.
    for (name, bass_db) in [("n", 0.0), ("w", -6.0)] {
        curve(&bench, &format!("{name}.csv"), bass_db);
    }
    let line = "compare wear --at 0h=n.csv --at 900h=w.csv";
    let told = bench.run(line).ended(0).stdout;
    assert!(told.contains("no verdict is possible"), "{told}");
    let told = bench.run(&format!("{line} --repeatability rig/repeatability.json")).ended(0).stdout;
    assert!(told.contains("according to the study"), "{told}");
}

#[test]
fn sessions_of_curve_files_are_studied_and_mixtures_refused() {
    let bench = worn();
    let line =
        "compare repeatability --session ann@1=n1.csv,n2.csv,n3.csv --session ann@2=g1.csv,h1.csv";
    let document = bench.run(&format!("{line} --json")).ended(0).document();
    assert_eq!(document["figures"]["measurements"], 5);
    bench.run("compare repeatability --session ann=n1.csv").ended(2).says("PERSON@DAY=FILE");
    bench.run("compare repeatability").ended(5).says("no repeated measurement");
    bench.run("compare repeatability n1.csv").ended(2).says("--session");
    bench.run("compare repeatability --session ann@1=n1.csv,n2.csv").ended(5).says("three or more");
    let bench = repeated();
    placed(
        &bench,
        "fresh-1",
        "x",
        "2026-01-05",
        "headphone=golden side=right operator=ann seating=9",
    );
    bench.run("compare repeatability").ended(2).says("the tag side is 'left', 'right'");
}
