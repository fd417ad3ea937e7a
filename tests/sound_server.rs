//! The sound card rig on a real sound server, whose devices `tests/sound_server/up` provides.
//!
//! ```sh
//! eval "$(tests/sound_server/up)" && cargo test --test sound_server; tests/sound_server/down
//! ```
//!
//! Without a running bench every test says that it was skipped and passes. One process sees one
//! bench, at one sample rate: run it again with `up --rate 96000`. Streams of different tests
//! would add up in the server, so the tests take turns.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "these are tests")]

use std::num::NonZeroU16;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cansweep::measure::{Event, Flow, Observer, Rig, RigError, Unwatched};
use cansweep::model::{Band, Completeness, Recording, RigKind, SampleFormat, Stimulus};
use cansweep::quantity::{Level, SampleRate};
use cansweep::rig::sound_card::{Ending, Settings, SoundCard, devices};

/// Peak of the stimuli, in units of full scale: the level limit of a new rig is 0.251.
const PEAK: f64 = 0.25;

/// The convolver of the device under test computes in single precision, through transforms: an
/// impulse comes back within 3.3e-7 of full scale, and noise adds up to some ten times that.
const CONVOLVER_ERROR: f64 = 5e-6;

/// Delay of the device under test, in frames.
const DUT_DELAY: usize = 256;

/// A running bench; nobody else uses it meanwhile.
struct Bench {
    rate: SampleRate,
    _turn: MutexGuard<'static, ()>,
}

/// The bench, or `None` (after saying so) if none is running.
fn bench() -> Option<Bench> {
    static TURN: Mutex<()> = Mutex::new(());
    // A test that failed has let go of its streams all the same.
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    if std::env::var_os("CANSWEEP_BENCH_STATE").is_none() {
        eprintln!("skipped: no bench is running (see tests/sound_server/README.md)");
        return None;
    }
    let rate = std::env::var_os("CANSWEEP_BENCH_RATE").unwrap();
    Some(Bench { rate: rate.to_str().unwrap().parse().unwrap(), _turn: turn })
}

impl Bench {
    /// Noise that never repeats, in steps of 24 bits: every format of the bench holds it exactly.
    /// The first and the last sample are not zero.
    fn noise(&self, seconds: f64) -> Stimulus {
        let steps = PEAK * 2_f64.powi(23);
        let mut state = 1_u64;
        let mut next = || {
            // Knuth's linear congruential generator (MMIX).
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let uniform = (state >> 32) as f64 / 2_f64.powi(31) - 1.0;
            (uniform * steps).round().clamp(1.0 - steps, steps - 1.0) / 2_f64.powi(23)
        };
        let frames = (seconds * self.rate.as_f64()) as usize;
        let mut samples: Vec<f64> = (0..frames).map(|_| next()).collect();
        samples[0] = PEAK;
        samples[frames - 1] = -PEAK;
        self.stimulus(samples)
    }

    fn tone(&self, seconds: f64, hz: f64) -> Stimulus {
        let step = std::f64::consts::TAU * hz / self.rate.as_f64();
        let frames = (seconds * self.rate.as_f64()) as usize;
        self.stimulus((0..frames).map(|i| PEAK * (step * i as f64).sin()).collect())
    }

    fn stimulus(&self, samples: Vec<f64>) -> Stimulus {
        let band = Band { start_hz: 5.0, flat_from_hz: 10.0, flat_to_hz: 2e4, stop_hz: 2.3e4 };
        Stimulus::single("test", self.rate, samples, band).unwrap()
    }
}

fn settings(device: &str) -> Settings {
    Settings::new(format!("alsa:cansweep_{device}")).unwrap()
}

fn card(device: &str) -> SoundCard {
    SoundCard::open(settings(device)).unwrap()
}

fn opening_fails(settings: &Settings) -> RigError {
    SoundCard::open(settings.clone()).map(|_| ()).unwrap_err()
}

fn channel(recording: &Recording, index: usize) -> Vec<f64> {
    recording.channel(index).unwrap().to_vec()
}

fn peak(samples: &[f64]) -> f64 {
    samples.iter().fold(0.0, |peak, v| v.abs().max(peak))
}

/// The frame at which a recording that is otherwise silent holds exactly the stimulus.
fn exact_start(samples: &[f64], stimulus: &Stimulus) -> usize {
    let start = samples.iter().position(|&v| v != 0.0).unwrap();
    let end = start + stimulus.frames();
    assert!(samples[start..end] == *stimulus.samples(), "the stimulus came back changed");
    assert!(samples[end..].iter().all(|&v| v == 0.0), "something follows the stimulus");
    start
}

fn assert_whole(card: &SoundCard, recording: &Recording) {
    assert_eq!(card.last_ending(), Some(Ending::Complete));
    assert_eq!(recording.completeness(), Completeness::Complete);
    assert_eq!(recording.dropped_frames(), 0);
}

/// Notes every event and stops once so much has been played.
struct Watcher {
    events: Vec<Event>,
    stop_after_s: f64,
}

impl Watcher {
    fn stopping_after(stop_after_s: f64) -> Self {
        Self { events: Vec::new(), stop_after_s }
    }
}

impl Observer for Watcher {
    fn notice(&mut self, event: Event) -> Flow {
        self.events.push(event);
        match event {
            Event::Progress { done_s, .. } if done_s > self.stop_after_s => Flow::Stop,
            _ => Flow::Continue,
        }
    }
}

#[test]
fn the_loopback_gives_back_every_bit() {
    let Some(bench) = bench() else { return };
    let stimulus = bench.noise(1.0);
    let mut card = card("loop");
    let mut watcher = Watcher::stopping_after(f64::INFINITY);
    let recording = card.exchange(&stimulus, &mut watcher).unwrap();
    assert_whole(&card, &recording);
    assert_eq!(recording.rate(), bench.rate);
    assert_eq!(recording.format(), SampleFormat::Float);
    assert_eq!(recording.rig().kind, RigKind::SoundCard);
    assert_eq!(recording.rig().name, "alsa:cansweep_loop");
    let start = exact_start(&channel(&recording, 0), &stimulus);
    let lead = bench.rate.as_f64() * 0.3;
    assert!(start as f64 >= lead, "only {start} frames of silence before the stimulus");
    assert!(peak(&channel(&recording, 1)) == 0.0, "the other channel played as well");

    let (last, progress) = watcher.events.split_last().unwrap();
    assert_eq!(*last, Event::Finished);
    let done: Vec<f64> = progress
        .iter()
        .map(|event| match event {
            Event::Progress { done_s, total_s } if done_s <= total_s => *done_s,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(done.len() > 5 && done.is_sorted(), "{done:?}");
    assert!(done.last() == Some(&1.0), "{done:?}");
}

#[test]
fn integer_samples_come_back_exactly_too() {
    let Some(bench) = bench() else { return };
    let stimulus = bench.noise(0.5);
    let mut card = card("loop_int");
    let recording = card.exchange(&stimulus, &mut Unwatched).unwrap();
    assert_whole(&card, &recording);
    assert_eq!(recording.format(), SampleFormat::Integer(32));
    exact_start(&channel(&recording, 0), &stimulus);
}

#[test]
fn the_chosen_outputs_play_and_the_chosen_inputs_are_kept() {
    let Some(bench) = bench() else { return };
    let stimulus = bench.noise(0.5);
    let [three, four] = [3, 4].map(|n| NonZeroU16::new(n).unwrap());
    let settings = settings("quad")
        .with_outputs(Some(four), [four])
        .and_then(|s| s.with_buffer_frames(2048))
        .unwrap();
    let mut both = SoundCard::open(settings.clone().with_inputs(four)).unwrap().with_name("bench");
    assert_eq!(both.capabilities().inputs, 4);
    let recording = both.exchange(&stimulus, &mut Unwatched).unwrap();
    assert_whole(&both, &recording);
    assert_eq!((recording.channels(), recording.rig().name.as_str()), (4, "bench"));
    exact_start(&channel(&recording, 3), &stimulus);
    assert!((0..3).all(|other| peak(&channel(&recording, other)) == 0.0));

    let mut fewer = SoundCard::open(settings.with_inputs(three)).unwrap();
    let recording = fewer.exchange(&stimulus, &mut Unwatched).unwrap();
    assert_eq!(recording.channels(), 3);
}

#[test]
fn a_device_under_test_is_heard_on_both_inputs() {
    let Some(bench) = bench() else { return };
    let stimulus = bench.noise(0.5);
    let mut card = card("dut");
    let recording = card.exchange(&stimulus, &mut Unwatched).unwrap();
    assert_whole(&card, &recording);
    let [source, load] = [0, 1].map(|index| channel(&recording, index));
    // With another impulse response than the built-in one, the figures are another test's.
    let is_resistive = source.iter().zip(&load).all(|(s, l)| (s - 2.0 * l).abs() < CONVOLVER_ERROR);
    if !is_resistive {
        eprintln!("skipped: this bench runs with an impulse response of its own");
        return;
    }
    let first = source.iter().position(|v| v.abs() > PEAK / 2.0).unwrap();
    assert!(first > DUT_DELAY);
    let heard = &source[first..first + stimulus.frames()];
    let errors: Vec<f64> = heard.iter().zip(stimulus.samples()).map(|(a, b)| a - b).collect();
    assert!(peak(&errors) < CONVOLVER_ERROR, "off by {}", peak(&errors));
}

#[test]
fn a_device_that_hears_nothing_gives_silence_and_no_error() {
    let Some(bench) = bench() else { return };
    let mut card = card("silent");
    let recording = card.exchange(&bench.noise(0.3), &mut Unwatched).unwrap();
    assert_whole(&card, &recording);
    assert!((0..2).all(|index| peak(&channel(&recording, index)) == 0.0));
}

#[test]
fn a_stop_fades_the_output_and_gives_back_what_was_captured() {
    let Some(bench) = bench() else { return };
    let hz = 100.0;
    let stimulus = bench.tone(20.0, hz);
    let mut card = card("loop");
    let mut watcher = Watcher::stopping_after(0.3);
    let recording = card.exchange(&stimulus, &mut watcher).unwrap();
    assert_eq!(card.last_ending(), Some(Ending::Stopped));
    assert_eq!(recording.completeness(), Completeness::Interrupted);
    assert_eq!(recording.dropped_frames(), 0);
    assert_eq!(watcher.events.last(), Some(&Event::Finished));
    let heard = channel(&recording, 0);
    assert!(peak(&heard) > 0.99 * PEAK);
    assert!((heard.len() as f64) < 10.0 * bench.rate.as_f64(), "it played on");
    assert!(heard.last() == Some(&0.0), "the capture ended before the sound");
    // The steepest step of the tone, and a little for the slope of the fade.
    let step = PEAK * std::f64::consts::TAU * hz / bench.rate.as_f64();
    let click = heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max);
    assert!(click < 1.5 * step, "a step of {click} where {step} was played");
}

#[test]
fn frames_that_the_system_lost_are_counted() {
    let Some(bench) = bench() else { return };
    let starve = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sound_server/starve");
    let may_starve = Command::new(&starve).arg("1").status().is_ok_and(|status| status.success());
    if !may_starve {
        eprintln!("skipped: {} needs the right to real-time scheduling", starve.display());
        return;
    }
    let mut card = SoundCard::open(settings("loop").with_buffer_frames(2048).unwrap()).unwrap();
    // The first progress starts it: by then both streams run.
    let mut watcher = Starver { starve: &starve, child: None };
    let recording = card.exchange(&bench.noise(4.0), &mut watcher).unwrap();
    watcher.child.unwrap().wait().unwrap();
    assert!(matches!(card.last_ending(), Some(Ending::Failed(_))), "{:?}", card.last_ending());
    assert!(recording.dropped_frames() > 0);
    assert_eq!(recording.completeness(), Completeness::Interrupted);
    // The next exchange is not affected.
    let stimulus = bench.noise(0.3);
    let recording = card.exchange(&stimulus, &mut Unwatched).unwrap();
    assert_whole(&card, &recording);
    exact_start(&channel(&recording, 0), &stimulus);
}

/// Takes the processors away for a while, once the stimulus plays.
struct Starver<'a> {
    starve: &'a Path,
    child: Option<std::process::Child>,
}

impl Observer for Starver<'_> {
    fn notice(&mut self, event: Event) -> Flow {
        if matches!(event, Event::Progress { done_s, .. } if done_s > 0.0) {
            self.child.get_or_insert_with(|| Command::new(self.starve).arg("600").spawn().unwrap());
        }
        Flow::Continue
    }
}

#[test]
fn a_rate_that_the_device_lacks_is_refused_beside_the_one_it_has() {
    let Some(bench) = bench() else { return };
    let mut card = card("loop");
    assert_eq!(card.capabilities().rates, [bench.rate]);
    assert!(!card.resamples());
    let other = Bench { rate: SampleRate::new(44_100).unwrap(), ..bench };
    let error = card.exchange(&other.noise(0.1), &mut Unwatched).unwrap_err();
    let expected = RigError::Unsupported {
        device: "alsa:cansweep_loop".to_owned(),
        wanted: "44100 Hz".to_owned(),
        offered: card.capabilities().rates[0].to_string(),
    };
    assert_eq!(error, expected);
}

#[test]
fn devices_that_are_missing_or_too_small_say_so() {
    let Some(_bench) = bench() else { return };
    let missing = RigError::Missing { device: "alsa:cansweep_nothing".to_owned() };
    assert_eq!(opening_fails(&settings("nothing")), missing);
    let three = NonZeroU16::new(3).unwrap();
    let error = opening_fails(&settings("loop").with_inputs(three));
    let text = "the sound device 'alsa:cansweep_loop' does not offer 3 channels (it offers 2)";
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_device_that_is_listed_but_broken_says_what_the_system_said() {
    let Some(bench) = bench() else { return };
    // It answers every question; only its streams cannot be opened.
    let error = card("broken").exchange(&bench.noise(0.1), &mut Unwatched).unwrap_err();
    let RigError::Unusable { device, reason } = error else { panic!("{error:?}") };
    assert_eq!(device, "alsa:cansweep_broken");
    assert!(!reason.is_empty());
}

#[test]
fn a_stimulus_above_the_limit_is_not_played() {
    let Some(bench) = bench() else { return };
    let limit = Level::from_db(-20.0);
    let quiet = settings("loop").with_level_limit(limit).unwrap();
    let error = SoundCard::open(quiet).unwrap().exchange(&bench.noise(0.1), &mut Unwatched);
    assert!(matches!(error, Err(RigError::TooLoud { limit: l, .. }) if l == limit), "{error:?}");
}

#[test]
fn the_list_of_devices_tells_what_each_can_do() {
    let Some(bench) = bench() else { return };
    let listed = devices().unwrap();
    let find = |name: &str| {
        let id = format!("alsa:cansweep_{name}");
        listed.iter().find(|device| device.id == id).unwrap()
    };
    let quad = find("quad");
    let input = quad.input.as_ref().unwrap();
    assert!(quad.duplex && quad.trouble.is_none());
    assert_eq!(
        (input.channels.as_slice(), input.rates_hz.as_slice()),
        (&[4][..], &[bench.rate][..])
    );
    assert_eq!(input.formats, ["f32"]);
    assert!(!input.resamples);
    assert!(find("any").output.as_ref().unwrap().resamples);
}
