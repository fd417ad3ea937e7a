//! A folder of one's own, the program run in it, and takes made from its stimulus.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use assert_cmd::Command;
use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use serde_json::Value;
use tempfile::TempDir;

/// The rate of the plan below.
pub(crate) const RATE_HZ: u32 = 48_000;

/// A plan as short as one can be and still hold 100 Hz to 20 kHz: half a second for each sweep.
pub(crate) const SHORT_PLAN: &str = r#"
name = "short"
description = "short"
rate = "48k"
markers = true
[sweep]
start = "20Hz"
flat_from = "40Hz"
flat_to = "20.5kHz"
stop = "23kHz"
duration = "0.5s"
repeats = 2
level = "-12dBFS"
[silence]
lead_in = "0.3s"
gap = "0.5s"
tail = "0.3s"
[analysis]
from = "100Hz"
to = "20kHz"
points_per_octave = 12
gate_before = "10ms"
gate_after = "100ms"
"#;

/// A plan that is even shorter: 0.4 s, one sweep, two seconds in all.
pub(crate) fn single_plan() -> String {
    SHORT_PLAN.replace("repeats = 2", "repeats = 1").replace("\"short\"", "\"single\"")
}

/// A folder with a library, in which the program runs.
pub(crate) struct Bench {
    folder: TempDir,
}

/// What a run of the program left.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    line: String,
}

impl Bench {
    /// An empty folder with the short plan in it.
    pub(crate) fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        bench.write("short.toml", SHORT_PLAN.as_bytes());
        bench
    }

    /// An empty folder with a take of the short plan: half as loud, a thousand samples late.
    pub(crate) fn with_take() -> Self {
        let bench = Self::new();
        bench.write_take("take.wav", &[copy_of(stimulus(), 1000, 0.5)]);
        bench
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    /// Writes channels as a file of 32-bit floats.
    pub(crate) fn write_take(&self, name: &str, channels: &[Vec<f64>]) {
        write_wav(&self.path(name), RATE_HZ, channels);
    }

    /// The command, in this folder and without any setting of the machine.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("cansweep"));
        let ours = |name: &std::ffi::OsString| name.to_string_lossy().starts_with("CANSWEEP_");
        for (name, _) in std::env::vars_os().filter(|(name, _)| ours(name)) {
            command.env_remove(name);
        }
        command.current_dir(self.folder.path());
        command.env("CANSWEEP_LIBRARY", self.path("library")).env("HOME", self.path("home"));
        command
    }

    /// The command for what `assert_cmd` does not do, with pipes for what it prints.
    pub(crate) fn process(&self, line: &str) -> std::process::Command {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("cansweep"));
        command.args(line.split_whitespace()).current_dir(self.path(""));
        command.env_remove("CANSWEEP_RIG").env("CANSWEEP_LIBRARY", self.path("library"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program with the words of a line.
    pub(crate) fn run(&self, line: &str) -> Ran {
        self.run_words(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs the program with arguments that may hold blanks.
    pub(crate) fn run_words(&self, words: &[&str]) -> Ran {
        ran(self.command().args(words), words.join(" "))
    }

    /// Every file in the folder with its bytes.
    pub(crate) fn snapshot(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        snapshot(self.folder.path())
    }

    /// The hidden files and folders that unfinished work would leave.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with('.')).collect()
    }
}

pub(crate) fn ran(command: &mut Command, line: String) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let ran = Ran {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
        line,
    };
    assert!(!ran.stderr.contains("panicked"), "{}: {}", ran.line, ran.stderr);
    assert_ne!(ran.code, Some(70), "{}: {}", ran.line, ran.stderr);
    ran
}

impl Ran {
    /// The run ended with this code.
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}\n{}", self.line, self.stdout, self.stderr);
        self
    }

    /// Standard error holds this.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.stderr.contains(words), "{}: no '{words}' in {}", self.line, self.stderr);
        self
    }

    /// Standard output holds this.
    #[track_caller]
    pub(crate) fn prints(self, words: &str) -> Self {
        assert!(self.stdout.contains(words), "{}: no '{words}' in {}", self.line, self.stdout);
        self
    }

    /// Nothing is on standard error.
    #[track_caller]
    pub(crate) fn quietly(self) -> Self {
        assert_eq!(self.stderr, "", "{}", self.line);
        self
    }

    /// The one document that standard output holds.
    #[track_caller]
    pub(crate) fn document(&self) -> Value {
        let document: Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{}: {error} in '{}'", self.line, self.stdout));
        assert_eq!(document["schema"], 1, "{}", self.line);
        assert!(document["kind"].is_string(), "{}", self.line);
        document
    }
}

/// Every file below a folder with its bytes.
pub(crate) fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(snapshot(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

/// The stimulus of the short plan, as the program writes it.
pub(crate) fn stimulus() -> &'static [f64] {
    static STIMULUS: OnceLock<Vec<f64>> = OnceLock::new();
    STIMULUS.get_or_init(|| {
        let bench = Bench::new();
        bench.run("sweep short.toml -o s.wav --format float").ended(0);
        read_wav(&bench.path("s.wav")).remove(0)
    })
}

/// A finished demo, made once.
pub(crate) fn demo() -> &'static Path {
    static DEMO: OnceLock<(Bench, PathBuf)> = OnceLock::new();
    let (_, folder) = DEMO.get_or_init(|| {
        let bench = Bench::new();
        bench.run("demo -o demo").ended(0).quietly().prints("simulated");
        let folder = bench.path("demo");
        (bench, folder)
    });
    folder
}

/// What a path of `delay` samples and a gain makes of a signal, with a second of quiet behind it
/// and the hiss of a converter, 120 dB down.
pub(crate) fn copy_of(signal: &[f64], delay: isize, gain: f64) -> Vec<f64> {
    let frames = signal.len() as isize + RATE_HZ as isize;
    let at = |k: isize| usize::try_from(k - delay).ok().and_then(|k| signal.get(k)).copied();
    (0..frames).map(|k| gain * at(k).unwrap_or(0.0) + hiss(k)).collect()
}

/// A hiss of −120 dBFS that is the same every time.
pub(crate) fn hiss(k: isize) -> f64 {
    // Steele, Lea and Flood's splitmix: neighbouring numbers have nothing in common.
    let mut z = (k as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    1e-6 * ((z >> 11) as f64 / 2_f64.powi(53) - 0.5)
}

pub(crate) fn write_wav(path: &Path, rate: u32, channels: &[Vec<f64>]) {
    let spec = WavSpec {
        channels: channels.len() as u16,
        sample_rate: rate,
        bits_per_sample: 32,
        sample_format: SampleFormat::Float,
    };
    let mut writer = WavWriter::create(path, spec).unwrap();
    for frame in 0..channels[0].len() {
        for channel in channels {
            writer.write_sample(channel[frame] as f32).unwrap();
        }
    }
    writer.finalize().unwrap();
}

/// The channels of a WAV file; 1 is full scale.
pub(crate) fn read_wav(path: &Path) -> Vec<Vec<f64>> {
    let mut reader = WavReader::open(path).unwrap();
    let spec = reader.spec();
    let samples: Vec<f64> = match spec.sample_format {
        SampleFormat::Float => reader.samples::<f32>().map(|v| f64::from(v.unwrap())).collect(),
        SampleFormat::Int => {
            let full_scale = f64::from(1 << (spec.bits_per_sample - 1));
            reader.samples::<i32>().map(|v| f64::from(v.unwrap()) / full_scale).collect()
        }
    };
    let channels = usize::from(spec.channels);
    (0..channels).map(|c| samples.iter().skip(c).step_by(channels).copied().collect()).collect()
}

/// The numbers of an array of a document.
pub(crate) fn numbers(array: &Value) -> Vec<f64> {
    array.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// The largest distance of numbers from one number.
pub(crate) fn worst(numbers: &[f64], expected: f64) -> f64 {
    assert!(!numbers.is_empty());
    numbers.iter().fold(0.0, |worst: f64, number| worst.max((number - expected).abs()))
}
