//! Results on standard output, everything else on standard error; readers that go away, disks
//! that are full, and Ctrl-C.

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::bench::Bench;

/// The program for what `assert_cmd` does not do.
fn command(bench: &Bench, line: &str) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("cansweep"));
    command.args(line.split_whitespace()).current_dir(bench.path(""));
    command.env_remove("CANSWEEP_RIG").env("CANSWEEP_LIBRARY", bench.path("library"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_reader_that_goes_away_ends_the_program_quietly() {
    let bench = Bench::with_take();
    for line in [
        "sweep --list",
        "sweep response --print",
        "--help",
        "measure response --take take.wav --plan short.toml --no-figures --json -o out",
    ] {
        let mut child = command(&bench, line).spawn().unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""), "{line}");
    }
    assert!(bench.path("out/response.json").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_output_is_an_error() {
    let bench = Bench::new();
    for line in ["sweep --list", "sweep --list --json"] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let ended = command(&bench, line).stdout(full).output().unwrap();
        assert_eq!(ended.status.code(), Some(5), "{line}");
        assert!(String::from_utf8(ended.stderr).unwrap().contains("standard output"), "{line}");
    }
}

#[test]
fn nothing_needs_a_terminal_and_nothing_moves_without_one() {
    let bench = Bench::new();
    let line = "measure response --rig sim:closed-38 --plan response-quick --no-figures -o out";
    let ended = command(&bench, line).stdin(Stdio::null()).output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.lines().all(|line| line.starts_with("note: ")), "{said}");
    assert!(!said.contains(['\r', '\u{1b}']), "{said}");
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "another process is waited for")]
#[test]
fn control_c_ends_with_130_and_leaves_no_half_a_demo() {
    let bench = Bench::new();
    let mut child = command(&bench, "demo -o demo --json").spawn().unwrap();
    // The first measurement is being stored, so the work is well under way.
    while !bench.path(".demo.partial/measurements").exists() {
        assert!(child.try_wait().unwrap().is_none(), "the demo ended too soon");
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    let document: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(document["error"]["exit_code"], 130);
    assert!(!bench.path("demo").exists());
    assert!(bench.leftovers().is_empty(), "{:?}", bench.leftovers());
}
