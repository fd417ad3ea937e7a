//! Recordings that other programs make a curve of without a word: one sweep of a device with some
//! distortion, captured with one fault each. The same faults were put to nine published programs;
//! one of them stops on four of the eight, for the right reason on one.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "these are tests")]

use std::f64::consts::TAU;

use cansweep::dsp::clock::on_clock;
use cansweep::measure::{Analysed, Analyser, Inverse, foreign_stimulus, stimulus_of};
use cansweep::model::{
    Finding, FindingKind, Outcome, Plan, Recording, RigIdentity, RigKind, SampleFormat, Severity,
};
use cansweep::quantity::SampleRate;
use cansweep::store::plan;
use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

const RATE_HZ: f64 = 48e3;
/// Silence before the sweep in the capture, in frames.
const LATE: usize = 60_000;

/// Five seconds from 5 Hz to 23 kHz, a peak of half of full scale: somebody's sweep in a file.
fn sweep() -> Vec<f64> {
    let plan: Plan = plan::load("response").unwrap().at_level(level(-6.0)).unwrap();
    stimulus_of(&plan).unwrap().sweep().to_vec()
}

fn level(db: f64) -> cansweep::quantity::Level<cansweep::quantity::unit::FullScale> {
    cansweep::quantity::Level::from_db(db)
}

fn recording(samples: &[f64]) -> Recording {
    let rate = SampleRate::new(48_000).unwrap();
    let rig = RigIdentity { kind: RigKind::Replay, name: "take.wav".to_owned() };
    // As 24 bits hold it.
    let step = 2_f64.powi(-23);
    let held = |v: f64| ((v / step).round() * step).clamp(-1.0, 1.0 - step);
    let samples = Array2::from_shape_fn((1, samples.len()), |(_, k)| held(samples[k]));
    Recording::new(rate, samples, SampleFormat::Integer(24), rig).unwrap()
}

/// What the device makes of the sweep: a second-order resonance, 1 % of second and 0.3 % of third
/// harmonic, silence around it.
fn device() -> Vec<f64> {
    let mut played = vec![0.0; LATE];
    played.extend(sweep());
    played.extend(vec![0.0; 72_000]);
    // A peak of 6 dB at 3 kHz with a Q of 2 (Bristow-Johnson's cookbook).
    let (gain, omega) = (10_f64.powf(6.0 / 40.0), TAU * 3e3 / RATE_HZ);
    let alpha = omega.sin() / 4.0;
    let (b, a) = (
        [1.0 + alpha * gain, -2.0 * omega.cos(), 1.0 - alpha * gain],
        [1.0 + alpha / gain, -2.0 * omega.cos(), 1.0 - alpha / gain],
    );
    let (mut x, mut y) = ([0.0; 2], [0.0; 2]);
    let resonate = |v: f64| {
        let out = (b[0] * v + b[1] * x[0] + b[2] * x[1] - a[1] * y[0] - a[2] * y[1]) / a[0];
        (x, y) = ([v, x[0]], [out, y[0]]);
        out
    };
    let distort = |v: f64| {
        // cos² = (1 + cos 2)/2 and cos³ = (3 cos + cos 3)/4, for a peak of 0.5.
        0.6 * (v + 0.04 * v * v + 0.048 * v * v * v)
    };
    played.into_iter().map(resonate).map(distort).collect()
}

/// White noise 90 dB below full scale.
fn with_noise(mut samples: Vec<f64>) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(90);
    for v in &mut samples {
        let z: f64 = StandardNormal.sample(&mut rng);
        *v += 10_f64.powf(-90.0 / 20.0) * z;
    }
    samples
}

fn analysed(samples: &[f64]) -> Analysed {
    let stimulus = foreign_stimulus(&recording(&sweep()), 0).unwrap();
    let analysis = *plan::load("response").unwrap().analysis();
    let mut analyser =
        Analyser::new(stimulus, analysis, Inverse::OfSamples).unwrap().knowing(plan::builtin());
    analyser.response(&[recording(samples)], &"microphone=1".parse().unwrap()).unwrap()
}

/// The kinds of findings that matter.
fn matters(analysed: &Analysed) -> Vec<&'static str> {
    let matters = |finding: &&Finding| finding.severity > Severity::Note;
    analysed.findings.iter().filter(matters).map(|finding| finding.kind.slug()).collect()
}

#[track_caller]
fn names(samples: &[f64], kinds: &[&str], is_refused: bool) -> Analysed {
    let analysed = analysed(samples);
    let found = matters(&analysed);
    assert!(found.iter().any(|kind| kinds.contains(kind)), "{found:?}");
    assert_eq!(matches!(analysed.outcome, Outcome::Refused(_)), is_refused, "{found:?}");
    analysed
}

#[test]
fn the_good_recording_is_good() {
    let found = analysed(&with_noise(device()));
    assert_eq!(matters(&found), [""; 0], "{:?}", found.findings);
}

#[test]
fn a_clock_that_is_50_ppm_fast_is_measured_and_taken_out() {
    let found = names(&with_noise(on_clock(&device(), 1.0 + 50e-6)), &["clock-drift"], false);
    let ppm = found.findings.iter().find_map(|finding| match finding.kind {
        FindingKind::ClockDrift { ppm, .. } => Some(ppm),
        _ => None,
    });
    // What a single sweep tells is good to some parts per million.
    assert!((ppm.unwrap() - 50.0).abs() < 5.0, "{ppm:?}");
}

#[test]
fn sixty_four_samples_that_are_missing_are_noticed() {
    let mut samples = device();
    let at = LATE + 150_000;
    samples.drain(at..at + 64);
    names(&with_noise(samples), &["delay-step", "samples-lost"], true);
}

#[test]
fn clipping_3_db_below_the_peak_is_noticed_before_the_converter_and_at_its_end() {
    let samples = device();
    let peak = samples.iter().fold(0.0_f64, |peak, v| peak.max(v.abs()));
    let limit = peak / 2_f64.sqrt();
    let clipped = |v: &f64| v.clamp(-limit, limit);
    let analogue: Vec<f64> = samples.iter().map(clipped).collect();
    names(&with_noise(analogue), &["clipped", "soft-clipped"], true);
    let digital: Vec<f64> =
        with_noise(samples).iter().map(|v| (v / limit).clamp(-1.0, 1.0)).collect();
    names(&digital, &["clipped"], true);
}

#[test]
fn an_offset_and_hum_are_noticed_and_do_no_harm() {
    let offset: Vec<f64> = device().iter().map(|v| v + 0.0201).collect();
    names(&with_noise(offset), &["dc-offset"], false);
    let hum = |k: usize| {
        let t = k as f64 / RATE_HZ;
        // 50 dB below full scale, effective, and a third harmonic 6 dB lower.
        let amplitude = 10_f64.powf(-50.0 / 20.0) * 2_f64.sqrt();
        amplitude * ((TAU * 50.0 * t).sin() + 0.5 * (TAU * 150.0 * t).sin())
    };
    let hummed: Vec<f64> = device().iter().enumerate().map(|(k, v)| v + hum(k)).collect();
    names(&with_noise(hummed), &["mains-hum"], false);
}

#[test]
fn half_a_recording_and_an_unplugged_cable_are_refused() {
    let samples = with_noise(device());
    let half = LATE + (samples.len() - LATE) / 2;
    names(&samples[..half], &["truncated", "no-stimulus", "other-plan"], true);
    names(&with_noise(vec![0.0; samples.len()]), &["no-stimulus"], true);
}
