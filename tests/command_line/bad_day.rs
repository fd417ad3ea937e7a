//! A terminal that closes, a disk that is full, a program that is killed: what was captured is
//! kept, and the next run says so.

#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use cansweep::store::wav;
use serde_json::Value;

use crate::bench::{Bench, ran, single_plan};

/// A measurement that takes two seconds, as on a real rig.
pub(crate) const SLOW: &str =
    "measure response --rig sim:closed-38 --real-time --plan single.toml --no-figures";

/// The same without waiting.
pub(crate) const FAST: &str =
    "measure response --rig sim:closed-38 --plan single.toml --no-figures";

pub(crate) fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("single.toml", single_plan().as_bytes());
    bench
}

#[expect(clippy::disallowed_methods, reason = "another process is waited for")]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

pub(crate) fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
}

/// The file of a folder's only unfinished measurement in which its first take grows.
fn spool_below(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    entries.flatten().map(|e| e.path().join("take-1.partial.wav")).find(|file| file.exists())
}

/// Starts a measurement and waits until it has captured half a second.
fn under_way(bench: &Bench, line: &str, drafts: &str) -> Child {
    let mut child = bench.process(line).spawn().unwrap();
    let half_a_second = 24_000;
    loop {
        let spool = spool_below(&bench.path(drafts));
        if spool.is_some_and(|file| wav::extent(&file).is_ok_and(|e| e.frames > half_a_second)) {
            return child;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended too soon");
        pause(Duration::from_millis(10));
    }
}

fn said(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(!said.contains("panicked"), "{said}");
    said
}

fn entries(bench: &Bench) -> Vec<Value> {
    let list = bench.run("library list --json").ended(0).document();
    list["measurements"].as_array().unwrap().clone()
}

#[test]
fn a_closed_terminal_and_control_c_stop_the_capture_and_keep_the_take() {
    for name in ["-HUP", "-INT", "-TERM"] {
        let bench = bench();
        let mut child = under_way(&bench, SLOW, "library");
        // The terminal and everything that was printed on it are gone.
        drop((child.stdout.take(), child.stderr.take()));
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(130), "{name}");
        let entries = entries(&bench);
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0]["state"], "refused", "{name}");
        let folder = PathBuf::from(entries[0]["folder"].as_str().unwrap());
        assert!(wav::read(&folder.join("take-1.wav")).unwrap().recording.frames() > 24_000);
        assert!(
            fs::read_to_string(folder.join("measurement.toml")).unwrap().contains("interrupted")
        );
        let next = bench.run(FAST).ended(0);
        assert!(!next.stderr.contains("never finished"), "{}", next.stderr);
    }
}

#[test]
fn standard_error_may_be_closed() {
    let bench = bench();
    let program = assert_cmd::cargo::cargo_bin!("cansweep");
    let line = format!("exec '{}' {FAST} 2>&-", program.display());
    let mut shell = Command::new("sh");
    shell.args(["-c", &line]).current_dir(bench.path(""));
    shell.env("CANSWEEP_LIBRARY", bench.path("library"));
    let ended = shell.output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(String::from_utf8(ended.stdout).unwrap().contains("stored in"));
}

#[test]
fn a_full_disk_ends_with_5_and_what_fitted_is_kept() {
    let bench = bench();
    let program = assert_cmd::cargo::cargo_bin!("cansweep");
    // No file may grow beyond so many KiB: less than half of the take, more than the rest.
    let line = format!("trap '' XFSZ; ulimit -f 200; exec '{}' {FAST}", program.display());
    let mut shell = Command::new("bash");
    shell.args(["-c", &line]).current_dir(bench.path("")).stdin(Stdio::null());
    shell.env("CANSWEEP_LIBRARY", bench.path("library"));
    let Ok(ended) = shell.output() else {
        eprintln!("skipped: there is no bash to limit the size of files with");
        return;
    };
    let said = said(&ended);
    assert_eq!(ended.status.code(), Some(5), "{said}");
    // Whether the full disk is noticed before the short capture ends is a matter of its speed.
    assert!(said.contains("error: cannot write") && said.contains("too large"), "{said}");
    assert!(said.contains("hint: make room"), "{said}");
    let kept = entries(&bench);
    assert_eq!((kept.len(), &kept[0]["state"]), (1, &"incomplete".into()));
    // 200 KiB less the header, in frames of two channels of three bytes.
    assert_eq!(kept[0]["frames_under_way"], (200 * 1024 - 68) / 6);
    bench.run("library verify").ended(1).prints("never finished");
    let name = kept[0]["name"].as_str().unwrap();
    bench.run(FAST).ended(0).says(&format!("an earlier measurement never finished: '{name}'"));
    bench.run(&format!("library recover {name}")).ended(0).prints("stored in");
    bench.run("library verify").ended(0).prints("2 of 2");
}

#[test]
fn a_measurement_that_is_still_running_is_not_taken_for_one_that_never_finished() {
    let bench = bench();
    let child = under_way(&bench, SLOW, "library");
    let name = entries(&bench)[0]["name"].as_str().unwrap().to_owned();
    bench.run("library list").ended(0).prints("being measured");
    bench.run("library verify").ended(1).prints("still being measured");
    bench.run(&format!("library recover {name}")).ended(5).says("by another process");
    let other = bench.run(FAST).ended(0);
    assert!(!other.stderr.contains("never finished"), "{}", other.stderr);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended));
    bench.run("library verify").ended(0).prints("2 of 2");
}

#[test]
fn a_named_folder_can_be_used_again_after_a_kill() {
    let bench = bench();
    let mut child = under_way(&bench, &format!("{SLOW} -o out"), ".");
    signal(&child, "-KILL");
    child.wait().unwrap();
    assert!(!bench.path("out").exists());
    let again = bench.run(&format!("{FAST} -o out")).ended(0);
    again.says("never finished: 'out'").says("library recover out --library '.'");
    bench.run("library recover out --library .").ended(0).prints("stored in ./out-2");
    bench.run("library verify --library .").ended(0).prints("2 of 2");
    let shown = bench.run("library show out-2 --library . --json").ended(0).document();
    assert_eq!(shown["findings"][0]["kind"], "interrupted");
    assert!(bench.leftovers().is_empty(), "{:?}", bench.leftovers());
}

#[test]
fn tries_are_bounded_and_only_for_what_is_played() {
    let bench = Bench::with_take();
    let take = "measure response --take take.wav --plan short.toml";
    for (line, reason) in [
        (format!("{take} --tries 2"), "cannot be used"),
        (format!("{take} --real-time"), "cannot be used"),
        (format!("{FAST} --tries 0"), "1..=20"),
    ] {
        ran(bench.command().args(line.split_whitespace()), line).ended(2).says(reason);
    }
}
