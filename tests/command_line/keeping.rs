//! What is written where, that nothing is overwritten, and the library.

use std::fs;

use crate::bench::{Bench, demo, snapshot};

const TAKE: &str = "measure response --take take.wav --plan short.toml --no-figures";

#[test]
fn nothing_is_overwritten_unless_told() {
    let bench = Bench::with_take();
    bench.write("low.txt", b"20 1\n40 2\n2000 3\n");
    bench.write("load.zma", b"20 32 0\n2000 33 0\n");
    for line in [
        "sweep short.toml -o out.wav",
        "convert low.txt low.csv",
        &format!("{TAKE} -o out"),
        "compare states --state a=low.txt --state b=low.txt --normalise none -o states",
        "compare source --impedance load.zma -o source",
    ] {
        bench.run(line).ended(0);
        let before = bench.snapshot();
        bench.run(line).ended(2).says("exists already and was not overwritten");
        let document = bench.run(&format!("{line} --json")).ended(2).document();
        assert_eq!(document["kind"], "error", "{line}");
        assert_eq!(bench.snapshot(), before, "{line}");
        if !line.starts_with("measure") {
            bench.run(&format!("{line} --force")).ended(0);
        }
    }
    assert!(bench.leftovers().is_empty(), "{:?}", bench.leftovers());
}

#[test]
fn an_empty_folder_may_be_filled_and_a_missing_one_is_made() {
    let bench = Bench::with_take();
    fs::create_dir(bench.path("empty")).unwrap();
    bench.run(&format!("{TAKE} -o empty")).ended(0).prints("stored in empty\n");
    bench.run(&format!("{TAKE} -o new/and/newer/")).ended(0);
    assert!(bench.path("new/and/newer/response.json").exists());
    let line = "compare states --state a=empty --state b=empty -o other/comparison";
    bench.run(line).ended(0).prints("stored in other/comparison");
}

#[test]
fn a_file_in_a_folder_that_is_not_there_is_refused_with_advice() {
    let bench = Bench::with_take();
    bench.write("low.txt", b"20 1\n40 2\n");
    for line in ["sweep short.toml -o no/such/out.wav", "convert low.txt no/such/low.csv"] {
        let ran = bench.run(line).ended(5).says("make the folder first");
        assert!(!ran.stderr.contains(".partial"), "{}", ran.stderr);
    }
    // A file cannot hold a folder.
    for line in [
        "sweep short.toml -o take.wav/out.wav",
        "compare states --state a=low.txt --state b=low.txt --normalise none -o take.wav/x",
        "demo -o take.wav/demo",
        &format!("{TAKE} -o take.wav/out"),
        &format!("{TAKE} --library take.wav/library"),
    ] {
        bench.run(line).ended(5).says("take.wav");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_to_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    fs::create_dir(bench.path("locked")).unwrap();
    fs::set_permissions(bench.path("locked"), PermissionsExt::from_mode(0o555)).unwrap();
    // The superuser may write anywhere.
    if fs::write(bench.path("locked/try"), b"").is_ok() {
        return;
    }
    bench.run("sweep short.toml -o locked/out.wav").ended(5).says("Permission denied");
    bench.run("demo -o locked/demo").ended(5).says("locked");
}

#[test]
fn names_may_hold_blanks_commas_and_letters_of_any_language() {
    let bench = Bench::new();
    let (sweep, folder) = ("my sweep (ü, 1).wav", "Kopfhörer, „neu“ (耳机) #1");
    bench.run_words(&["sweep", "short.toml", "-o", sweep, "--format", "float"]).ended(0);
    let take = ["measure", "response", "--take", sweep, "--plan", "short.toml", "--no-figures"];
    bench.run_words(&[&take[..], &["-o", folder]].concat()).ended(0).prints(folder);
    // Into the library, whose folders are named after the headphone.
    let named = ["--headphone", "HD 650 (ä, \"x\") / \\ : ..", "--state", "brand new"];
    bench.run_words(&[&take[..], &named].concat()).ended(0);
    bench.run("library list").ended(0).prints("HD 650 (ä");
    bench.run("library verify").ended(0).prints("1 of 1 measurement as stored");
    let state = format!("a b={folder}/response.json");
    bench
        .run_words(&["compare", "states", "--state", &state, "--state", "c, d=seven.txt"])
        .ended(5)
        .says("seven.txt");
    let other = format!("c, d={folder}");
    let words = ["compare", "states", "--state", &state, "--state", &other, "-o", "a (b), c"];
    bench.run_words(&words).ended(0).prints("c, d");
    bench.run_words(&["convert", &format!("{folder}/response.csv"), "ü (2).frd"]).ended(0);
}

#[test]
fn a_stored_measurement_is_listed_shown_verified_and_compared() {
    let bench = Bench::with_take();
    bench.run("library list").ended(0).prints("no measurements");
    bench.run("library verify").ended(0);
    bench.run(&format!("{TAKE} --state fresh --tag pads=leather")).ended(0).prints("stored in");
    bench.run(&format!("{TAKE} --state worn --side left")).ended(0);
    let list = bench.run("library list --json").ended(0).quietly().document();
    let entries = list["measurements"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    for entry in entries {
        assert_eq!((&entry["state"], &entry["kind"]), (&"complete".into(), &"response".into()));
        assert_eq!(entry["simulated"], false);
        let name = entry["name"].as_str().unwrap();
        bench.run("library list").ended(0).prints(name);
        bench.run(&format!("library show {name}")).ended(0).prints("stimulus short").prints("in /");
        let shown = bench.run(&format!("library show {name} --json")).ended(0).document();
        let kept = fs::read_to_string(bench.path("library").join(name).join("response.json"));
        let kept: serde_json::Value = serde_json::from_str(&kept.unwrap()).unwrap();
        assert_eq!(shown["figures"], kept["figures"]);
        assert_eq!(shown["conditions"], kept["conditions"]);
    }
    let [fresh, worn] = [0, 1].map(|i| entries[i]["name"].as_str().unwrap());
    let line = format!("compare states --state fresh={fresh} --state worn={worn} --json");
    let by_name = bench.run(&line).ended(0).document();
    let line = format!("compare states --state fresh=library/{fresh} --state worn=library/{worn}");
    let by_folder = bench.run(&format!("{line} --json")).ended(0).document();
    assert_eq!(by_name, by_folder);
    bench.run("library show 2").ended(5).says("could be any of").says("type more");
    bench.run("library show zebra").ended(5).says("library list");
    bench.run("library show ../take.wav").ended(2).says("not a plain name");
}

#[test]
fn a_take_that_was_changed_is_found_out_with_1() {
    let bench = Bench::with_take();
    bench.run(&format!("{TAKE} --library mine")).ended(0);
    bench.run(&format!("{TAKE} --library mine --state worn")).ended(0);
    bench.run("library verify --library mine").ended(0).quietly().prints("2 of 2 measurements");
    let take = snapshot(&bench.path("mine")).into_keys().find(|path| path.ends_with("take-1.wav"));
    let take = take.unwrap();
    let mut bytes = fs::read(&take).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&take, bytes).unwrap();
    let ran = bench.run("library verify --library mine").ended(1);
    ran.prints("take-1.wav was changed").prints("1 of 2");
    let document = bench.run("library verify --library mine --json").ended(1).document();
    assert_eq!(document["sound"], false);
    assert_eq!(document["measurements"].as_array().unwrap().len(), 2);
    // A manifest that is no manifest spoils its own measurement only.
    fs::write(take.with_file_name("measurement.toml"), "junk").unwrap();
    bench.run("library list --library mine").ended(0).prints("unreadable");
    bench.run("library verify --library mine").ended(1).prints("1 of 2");
}

#[test]
fn a_library_may_be_named_by_the_environment_or_not_at_all() {
    let bench = Bench::new();
    bench.run("library list").ended(0).prints("library");
    let mut command = bench.command();
    command.env("CANSWEEP_LIBRARY", "").args(["library", "list"]);
    let ran = crate::bench::ran(&mut command, "library list".to_owned()).ended(0);
    ran.prints("home").prints("cansweep");
}

#[test]
fn a_demo_shows_everything_and_stays_as_it_is() {
    let folder = demo();
    let page = fs::read_to_string(folder.join("index.html")).unwrap();
    assert!(page.contains("simulated"));
    for link in page.split(['"', ' ']).filter(|word| word.starts_with("figures/")) {
        assert!(folder.join(link).is_file(), "{link}");
    }
    for stem in ["states", "difference", "impedance", "source"] {
        let svg = fs::read_to_string(folder.join(format!("figures/{stem}.svg"))).unwrap();
        assert!(svg.contains("simulated"), "{stem}");
        let png = fs::read(folder.join(format!("figures/{stem}-phone-dark.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n"), "{stem}");
    }
    let bench = Bench::new();
    bench.run(&format!("library verify --library {}/measurements", folder.display())).ended(0);
    let before = snapshot(folder);
    bench.run(&format!("demo -o {}", folder.display())).ended(2).says("--force");
    assert_eq!(snapshot(folder), before);
    bench.write("precious.txt", b"mine");
    let here = bench.path("").display().to_string();
    bench.run(&format!("demo --force -o {here}")).ended(2).says("it does not hold a demo");
    assert_eq!(bench.text("precious.txt"), "mine");
}
