//! Bad days on a real sound server, from the command line: devices that cannot be used, a server
//! that is killed, a machine that loses frames.
//!
//! ```sh
//! CANSWEEP_BAD_DAY=1 cargo test --test sound_server_bad_day -- --test-threads=1
//! ```
//!
//! The tests start the servers they need and end them (`tests/sound_server`). Without
//! `CANSWEEP_BAD_DAY` they say that they were skipped and pass. `CANSWEEP_SERVER_KILLS` and
//! `CANSWEEP_LOADED_RUNS` say how often the long ones repeat.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these are tests"
)]
#![cfg(target_os = "linux")]

#[allow(dead_code, reason = "the command line's tests use the rest")]
#[path = "command_line/bench.rs"]
mod bench;

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bench::{Bench, read_wav};
use cansweep::measure::stimulus_of;
use cansweep::store::{plan, wav};
use serde_json::Value;

/// A sound server of one's own, and a folder to measure into.
struct Server {
    options: Vec<&'static str>,
    environment: Vec<(String, String)>,
    bench: Bench,
}

/// How often a test repeats what takes its time.
fn count(variable: &str, otherwise: usize) -> usize {
    let value = std::env::var_os(variable);
    value.map_or(otherwise, |value| value.to_str().unwrap().parse().unwrap())
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sound_server").join(name)
}

#[expect(clippy::disallowed_methods, reason = "other processes are waited for")]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

fn kill(signal: &str, pid: &str) {
    assert!(Command::new("kill").args([signal, pid]).status().unwrap().success());
}

impl Server {
    const NAME: &str = "bad-day";

    /// Starts one, or says that the test is skipped.
    fn start(options: &[&'static str]) -> Option<Self> {
        if std::env::var_os("CANSWEEP_BAD_DAY").is_none() {
            eprintln!("skipped: CANSWEEP_BAD_DAY is not set (scripts/test-sound-server)");
            return None;
        }
        let options = [&["--name", Self::NAME], options].concat();
        let mut server = Self { options, environment: Vec::new(), bench: Bench::new() };
        server.up();
        Some(server)
    }

    /// Starts what is not running.
    fn up(&mut self) {
        let output = Command::new(script("up")).args(&self.options).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let lines = String::from_utf8(output.stdout).unwrap();
        let exports =
            lines.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
        self.environment = exports.map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    }

    fn pid(&self, program: &str) -> String {
        let state = self.environment.iter().find(|(name, _)| name == "CANSWEEP_BENCH_STATE");
        let file = Path::new(&state.unwrap().1).join(program).with_extension("pid");
        fs::read_to_string(file).unwrap().split(' ').next().unwrap().to_owned()
    }

    fn begin(&self, line: &str) -> Child {
        let mut command = self.bench.process(line);
        command.envs(self.environment.iter().map(|(k, v)| (k, v)));
        command.spawn().unwrap()
    }

    fn run(&self, line: &str) -> Ended {
        Ended::of(self.begin(line))
    }

    /// The library's entries, each checked: what is not sound is not complete, and the reverse.
    fn entries(&self) -> Vec<Value> {
        let list = self.bench.run("library list --json").ended(0).document();
        list["measurements"].as_array().unwrap().clone()
    }

    /// Frames that the measurement under way has on the disk.
    fn frames_under_way(&self) -> u64 {
        let folders = fs::read_dir(self.bench.path("library")).into_iter().flatten().flatten();
        let files = folders.map(|folder| folder.path().join("take-1.partial.wav"));
        files.filter_map(|file| wav::extent(&file).ok()).map(|extent| extent.frames).sum()
    }

    /// Waits until so much is captured, or the program has ended.
    fn await_frames(&self, child: &mut Child, frames: u64) {
        while self.frames_under_way() < frames && child.try_wait().unwrap().is_none() {
            pause(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new(script("down")).args(["--name", Self::NAME]).output();
    }
}

/// A run of the program that has ended.
struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Ended {
    fn of(child: Child) -> Self {
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8(text).unwrap());
        assert!(!stderr.contains("panicked"), "{stderr}");
        let code = status.code().unwrap_or_else(|| panic!("ended by a signal: {stderr}"));
        Self { code, stdout, stderr }
    }

    #[track_caller]
    fn with(self, code: i32, words: &str) -> Self {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        assert!(self.stderr.contains(words), "no '{words}' in {}", self.stderr);
        self
    }
}

fn on(device: &str) -> String {
    format!(
        "measure response --rig alsa:cansweep_{device} --channels microphone=1 --plan short.toml \
         --buffer 4096 --no-figures --no-ramp"
    )
}

#[test]
fn a_device_that_cannot_be_used_ends_with_3_and_leaves_nothing() {
    let Some(server) = Server::start(&[]) else { return };
    server.run(&on("nothing")).with(3, "cansweep devices");
    server.run(&on("broken")).with(3, "cannot use the sound device 'alsa:cansweep_broken'");
    server.run(&format!("{} --rate 44100", on("loop"))).with(3, "does not offer 44100 Hz");
    server.run(&on("loop").replace("=1", "=7")).with(3, "does not offer 7 channels");
    assert!(server.entries().is_empty());
    let leftovers = fs::read_dir(server.bench.path("library")).into_iter().flatten();
    assert_eq!(leftovers.count(), 0);
}

#[test]
fn an_output_that_nobody_hears_ends_with_4_and_is_played_once() {
    let Some(server) = Server::start(&[]) else { return };
    let silent = server.run(&format!("{} --json", on("silent"))).with(4, "is silent");
    assert!(!silent.stderr.contains("measuring again"), "{}", silent.stderr);
    let document: Value = serde_json::from_str(&silent.stdout).unwrap();
    let refused = document["findings"].as_array().unwrap().iter();
    assert!(refused.clone().any(|finding| finding["severity"] == "refusal"), "{document}");
    assert_eq!(server.entries()[0]["state"], "refused");
    // The quiet bursts of a rig that was never checked notice it before anything loud is played.
    server.run(&on("silent").replace(" --no-ramp", "")).with(4, "hears nothing");
    assert_eq!(server.entries().len(), 1);
}

#[test]
fn a_second_control_c_does_not_wait_for_the_fade_and_what_was_captured_stays() {
    let Some(server) = Server::start(&[]) else { return };
    // With the largest buffer a fade takes seconds to be heard.
    let line = on("loop").replace("4096", "65536").replace("short.toml", "response-quick");
    let mut child = server.begin(&line);
    server.await_frames(&mut child, 100_000);
    let pid = child.id().to_string();
    kill("-INT", &pid);
    pause(Duration::from_millis(500));
    kill("-INT", &pid);
    let _ = Ended::of(child).with(130, "");
    assert_eq!(server.entries()[0]["state"], "incomplete");
    server.run(&on("loop")).with(0, "an earlier measurement never finished");
}

#[test]
fn a_server_that_is_killed_ends_with_3_or_4_and_the_next_run_is_clean() {
    let Some(mut server) = Server::start(&[]) else { return };
    let kills = count("CANSWEEP_SERVER_KILLS", 3);
    let whole = server.run(&on("loop")).with(0, "");
    assert!(whole.stdout.contains("stored in"));
    let mut codes = Vec::new();
    for i in 0..kills {
        let before = server.entries().len();
        let mut child = server.begin(&on("loop"));
        // From before the first frame to the last: the whole take has some 160 000.
        let frames = (i * 150_000 / kills.max(2)) as u64;
        server.await_frames(&mut child, frames);
        let there = server.frames_under_way();
        kill("-TERM", &server.pid("jackd"));
        let ended = Ended::of(child);
        assert!([3, 4].contains(&ended.code), "{}: {}", ended.code, ended.stderr);
        let entries = server.entries();
        if ended.code == 4 {
            let entry = entries.last().unwrap();
            assert_eq!((entries.len(), &entry["state"]), (before + 1, &"refused".into()));
            let take = Path::new(entry["folder"].as_str().unwrap()).join("take-1.wav");
            assert!(wav::extent(&take).unwrap().frames >= there, "{}", ended.stderr);
            assert!(ended.stderr.contains("the capture ended early"), "{}", ended.stderr);
        } else {
            assert_eq!((entries.len(), there), (before, 0), "{}", ended.stderr);
        }
        codes.push(ended.code);
        server.up();
        let next = server.run(&on("loop")).with(0, "");
        assert!(!next.stderr.contains("never finished"), "{}", next.stderr);
    }
    eprintln!("server killed {kills} times: exit codes {codes:?}");
    server.bench.run("library verify").ended(0);
}

/// Two channels out, four in: the device under test on the first two (its source node and its
/// load node, half as loud), what was played itself on the third.
const QUAD: &str = r#"
name = "quad"
channels = "reference=3,microphone=2"
[sound_card]
output = "alsa:cansweep_quad"
outputs = 4
play_on = [1, 3]
inputs = 4
buffer_frames = 2048
"#;

/// What is done to the machine while it measures.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    /// Every core computes, and the device under test is held up: a server that does not wait
    /// goes on without it.
    Loaded { held_ms: u64 },
    /// The processors are taken away for a while.
    Starved { ms: u64 },
}

/// Busy loops on every core while this lives.
struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    fn begin() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let spin = |stop: Arc<AtomicBool>| move || while !stop.load(Ordering::Relaxed) {};
        let threads = (0..cores).map(|_| std::thread::spawn(spin(Arc::clone(&stop)))).collect();
        Self { stop, threads }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().unwrap();
        }
    }
}

impl Server {
    /// Measures once in such trouble, some frames after the capture began.
    fn measured_in(&self, trouble: Trouble, frames: u64) -> Ended {
        let load = Load::begin();
        let line = "measure response --rig quad.toml --plan short.toml --no-figures --no-ramp \
                    --tries 1 --json";
        let mut child = self.begin(line);
        self.await_frames(&mut child, frames);
        match trouble {
            Trouble::Loaded { held_ms } => {
                kill("-STOP", &self.pid("dut"));
                pause(Duration::from_millis(held_ms));
                kill("-CONT", &self.pid("dut"));
            }
            Trouble::Starved { ms } => {
                // Who may not do this has the load alone.
                let _ = Command::new(script("starve")).arg(ms.to_string()).output();
            }
        }
        drop(load);
        Ended::of(child)
    }

    /// The take of the measurement that was made last.
    fn last_take(&self) -> Vec<Vec<f64>> {
        let entry = self.entries().pop().unwrap();
        read_wav(&Path::new(entry["folder"].as_str().unwrap()).join("take-1.wav"))
    }
}

/// What was played, and which frames of it the result comes from.
struct Played {
    samples: Vec<f64>,
    sweeps: Vec<Range<usize>>,
}

impl Played {
    /// The stimulus of the short plan, as the program writes it.
    fn short(bench: &Bench) -> Self {
        bench.run("sweep short.toml -o s.wav --format float").ended(0);
        let samples = read_wav(&bench.path("s.wav")).remove(0);
        let plan = plan::load(&bench.path("short.toml").to_string_lossy()).unwrap();
        let (gate, rate) = (plan.analysis().gate_after, plan.rate());
        let stimulus = stimulus_of(&plan).unwrap();
        let length = stimulus.sweep().len() + rate.frames(gate);
        let starts = stimulus.sweep_starts().iter();
        let sweeps = starts.map(|&start| start..(start + length).min(samples.len())).collect();
        Self { samples, sweeps }
    }

    /// Whether a channel holds every sweep times a gain, all with one delay. What was lost in
    /// the silence between them, or of a marker, does no harm.
    fn is_whole_in(&self, channel: &[f64], gain: f64, tolerance: f64) -> bool {
        /// Where a channel begins and ends: the same share of the peak on both sides, far above
        /// what the convolver rounds.
        const FLOOR: f64 = 1e-4;
        let loud = |v: &f64| v.abs() > FLOOR;
        let heard = |v: &f64| v.abs() > gain * FLOOR;
        let delays = [
            self.samples.iter().position(loud).zip(channel.iter().position(heard)),
            self.samples.iter().rposition(loud).zip(channel.iter().rposition(heard)),
        ];
        delays.into_iter().flatten().any(|(there, here)| {
            let close = |k: usize| {
                let found = (k + here).checked_sub(there).and_then(|k| channel.get(k));
                found.is_some_and(|v| (v - gain * self.samples[k]).abs() <= tolerance)
            };
            self.sweeps.iter().cloned().flatten().all(close)
        })
    }
}

/// What speaks of a loss in the findings of a take.
fn names_a_loss(document: &Value) -> bool {
    const LOSSES: [&str; 8] = [
        "dropped-frames",
        "interrupted",
        "samples-lost",
        "gap",
        "delay-step",
        "impulsive-noise",
        "truncated",
        "clock-unsteady",
    ];
    let findings = document["findings"].as_array().unwrap().iter();
    findings.into_iter().any(|finding| LOSSES.iter().any(|loss| finding["kind"] == *loss))
}

#[test]
fn when_frames_are_lost_no_damaged_take_is_accepted() {
    /// The convolver computes in single precision; see `tests/sound_server.rs`.
    const CONVOLVER_ERROR: f64 = 5e-6;
    /// Half as loud, in decibels, and what rounding and the gate leave of it.
    const HALF_DB: f64 = -6.0206;
    const RESPONSE_DB: f64 = 0.02;
    let Some(server) = Server::start(&["--async"]) else { return };
    server.bench.write("quad.toml", QUAD.as_bytes());
    let played = Played::short(&server.bench);
    let runs = count("CANSWEEP_LOADED_RUNS", 2);
    let (mut whole, mut refused, mut left_out) = (0, 0, 0);
    for run in 0..runs {
        let trouble = match run % 4 {
            0 => Trouble::Loaded { held_ms: 400 },
            1 => Trouble::Starved { ms: 300 },
            2 => Trouble::Loaded { held_ms: 30 },
            _ => Trouble::Starved { ms: 600 },
        };
        let frames = 20_000 + (run * 37_000 % 100_000) as u64;
        let ended = server.measured_in(trouble, frames);
        let about = format!("run {run}, {trouble:?} after {frames} frames: {}", ended.stderr);
        assert!([0, 4].contains(&ended.code), "{about}");
        let document: Value = serde_json::from_str(&ended.stdout).unwrap();
        let take = server.last_take();
        let is_sound = played.is_whole_in(&take[2], 1.0, 0.0)
            && played.is_whole_in(&take[1], 0.5, CONVOLVER_ERROR);
        if ended.code == 4 {
            assert!(names_a_loss(&document), "refused without naming a loss: {about}");
            refused += 1;
            continue;
        }
        assert!(is_sound || names_a_loss(&document), "a damaged take was accepted: {about}");
        let levels = document["curve"]["magnitude_db"].as_array().unwrap().iter();
        let off = levels.map(|db| (db.as_f64().unwrap() - HALF_DB).abs()).fold(0.0, f64::max);
        assert!(off < RESPONSE_DB, "off by {off} dB: {about}");
        if is_sound {
            whole += 1;
        } else {
            left_out += 1;
        }
    }
    eprintln!("{runs} runs: {whole} whole, {refused} refused, {left_out} with sweeps left out");
}
