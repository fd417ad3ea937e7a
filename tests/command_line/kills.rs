//! The program killed at any moment: no finished take is lost, nothing half is taken for whole, and
//! the next run goes on.
//!
//! `CANSWEEP_KILLS` says how often; a dozen without it.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Child;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cansweep::model::Recording;
use cansweep::store::wav;
use serde_json::Value;

use crate::bad_day::{FAST, SLOW, bench, pause};
use crate::bench::Bench;

/// Runs at a time: they mostly sleep.
const AT_ONCE: usize = 3;

/// What became of a run that was killed, or was too fast for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Nothing,
    Captured,
    TakeKept,
    Stored,
    Ended,
}

#[test]
fn killed_at_any_moment_nothing_that_was_finished_is_lost_and_nothing_half_passes_for_whole() {
    let kills = std::env::var_os("CANSWEEP_KILLS");
    let kills = kills.map_or(12, |kills| kills.to_str().unwrap().parse().unwrap());
    let whole = Whole::measured();
    let next = AtomicUsize::new(0);
    let fates = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= kills {
                        break;
                    }
                    let fate = killed(&whole, whole.moment(i, kills));
                    fates.lock().unwrap().push(fate);
                }
            });
        }
    });
    let fates = fates.into_inner().unwrap();
    let count = |fate| fates.iter().filter(|&&f| f == fate).count();
    let fates_in_order = [Fate::Nothing, Fate::Captured, Fate::TakeKept, Fate::Stored, Fate::Ended];
    let [nothing, captured, kept, stored, ended] = fates_in_order.map(count);
    eprintln!(
        "{kills} kills: nothing captured yet {nothing}, while capturing {captured}, take on the \
         disk {kept}, measurement in its place {stored}, ended before {ended}"
    );
    assert_eq!(fates.len(), kills);
    assert!(captured > 0, "{fates:?}");
}

/// A run that nobody killed.
struct Whole {
    take: Recording,
    lasted: Duration,
}

impl Whole {
    fn measured() -> Self {
        let bench = bench();
        let begun = now();
        bench.run(SLOW).ended(0);
        let lasted = begun.elapsed();
        let take = wav::read(&only_folder(&bench).join("take-1.wav")).unwrap().recording;
        Self { take, lasted }
    }

    /// The moment of a kill. Two of three are spread over the whole run and a little more, the
    /// third over what follows the capture: analysis and storing are short.
    fn moment(&self, i: usize, kills: usize) -> Moment {
        let whole_s = self.lasted.as_secs_f64();
        let capture_s = self.take.frames() as f64 / self.take.rate().as_f64();
        let end_s = (whole_s - capture_s).max(0.1);
        // Spread evenly and yet in no order: multiples of the golden ratio.
        let share = (i as f64 * 0.618_033_988_749 + 0.5 / kills as f64).fract();
        if i % 3 == 2 {
            Moment::AfterCapture(Duration::from_secs_f64(end_s * share))
        } else {
            Moment::AfterStart(Duration::from_secs_f64(1.05 * whole_s * share))
        }
    }
}

/// When a run is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    AfterStart(Duration),
    AfterCapture(Duration),
}

impl Moment {
    fn await_in(self, bench: &Bench, child: &mut Child, frames: usize) {
        let (Self::AfterStart(after) | Self::AfterCapture(after)) = self;
        if matches!(self, Self::AfterCapture(_)) {
            let captured = |file: &Path| wav::extent(file).map_or(0, |extent| extent.frames);
            let all = |folder: &Path| {
                let files = ["take-1.partial.wav", "take-1.wav"].map(|file| folder.join(file));
                files.iter().any(|file| captured(file) >= frames as u64)
            };
            while child.try_wait().unwrap().is_none() {
                let folders = fs::read_dir(bench.path("library")).into_iter().flatten().flatten();
                if folders.into_iter().any(|folder| all(&folder.path())) {
                    break;
                }
                pause(Duration::from_millis(2));
            }
        }
        pause(after);
    }
}

#[expect(clippy::disallowed_methods, reason = "another process is timed")]
fn now() -> Instant {
    Instant::now()
}

fn only_folder(bench: &Bench) -> std::path::PathBuf {
    let list = bench.run("library list --json").ended(0).document();
    Path::new(list["measurements"][0]["folder"].as_str().unwrap()).to_owned()
}

/// Kills a run after a while, looks at what is left, and runs the next.
fn killed(whole: &Whole, moment: Moment) -> Fate {
    let bench = bench();
    let mut child = bench.process(SLOW).spawn().unwrap();
    moment.await_in(&bench, &mut child, whole.take.frames());
    let _ = child.kill();
    let fate = judged(&bench, whole, child);
    let next = bench.run(FAST).ended(0);
    let mentions = next.stderr.contains("an earlier measurement never finished");
    assert_eq!(mentions, matches!(fate, Fate::Captured | Fate::TakeKept), "{}", next.stderr);
    if mentions {
        recovered(&bench, whole);
    }
    let all = usize::from(fate != Fate::Nothing) + 1;
    bench.run("library verify").ended(0).prints(&format!("{all} of {all}"));
    fate
}

fn judged(bench: &Bench, whole: &Whole, child: Child) -> Fate {
    let ended = child.wait_with_output().unwrap();
    let printed = String::from_utf8(ended.stdout).unwrap().contains("stored in");
    let list = bench.run("library list --json").ended(0).document();
    let verdicts = bench.run("library verify --json");
    let verdicts: Value = serde_json::from_str(&verdicts.stdout).unwrap();
    let (entries, verdicts) = (&list["measurements"], &verdicts["measurements"]);
    let entry = &entries[0];
    if entry["state"] == "complete" {
        assert_eq!(verdicts[0]["sound"], true, "{verdicts}");
        let name = entry["name"].as_str().unwrap();
        let shown = bench.run(&format!("library show {name} --json")).ended(0).document();
        assert!(shown["curve"].is_object());
        let folder = Path::new(entry["folder"].as_str().unwrap());
        assert_is_beginning(&folder.join("take-1.wav"), whole, whole.take.frames());
        return if ended.status.success() { Fate::Ended } else { Fate::Stored };
    }
    assert!(!ended.status.success() && !printed, "it ended well, and there is nothing");
    let Some(state) = entry["state"].as_str() else { return Fate::Nothing };
    assert_eq!(state, "incomplete", "{entries}");
    assert_eq!(verdicts[0]["sound"], false, "{verdicts}");
    let folder = Path::new(entry["folder"].as_str().unwrap());
    if entry["takes"] == 1 {
        assert_is_beginning(&folder.join("take-1.wav"), whole, whole.take.frames());
        return Fate::TakeKept;
    }
    match entry["frames_under_way"].as_u64() {
        None | Some(0) => Fate::Nothing,
        Some(frames) => {
            assert_is_beginning(&folder.join("take-1.partial.wav"), whole, frames as usize);
            Fate::Captured
        }
    }
}

/// A file holds the first frames of the take, bit for bit: the simulation repeats itself.
fn assert_is_beginning(file: &Path, whole: &Whole, frames: usize) {
    let part = wav::read(file).unwrap().recording;
    assert_eq!(part.frames(), frames, "{}", file.display());
    for channel in 0..part.channels() {
        let expected = &whole.take.channel(channel).unwrap()[..frames];
        assert!(part.channel(channel).unwrap() == expected, "{}", file.display());
    }
}

/// Makes a measurement of what is left.
fn recovered(bench: &Bench, whole: &Whole) {
    let list = bench.run("library list --json").ended(0).document();
    let left = list["measurements"].as_array().unwrap().iter();
    let left = left.filter(|entry| entry["state"] == "incomplete");
    for entry in left {
        let name = entry["name"].as_str().unwrap();
        let line = format!("library recover {name} --json");
        let recovered = bench.run(&line).ended(0).document();
        let take = Path::new(recovered["folder"].as_str().unwrap()).join("take-1.wav");
        let frames = wav::extent(&take).unwrap().frames as usize;
        assert!(frames > 0);
        assert_is_beginning(&take, whole, frames);
        assert!(!fs::exists(entry["folder"].as_str().unwrap()).unwrap());
    }
}
