//! Recordings that other people made with real hardware, with answers that are known.
//!
//! The recordings are not part of the project; `CANSWEEP_REAL_DATA` names their folder. Where it
//! is absent a test says so and passes.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "these are tests")]

#[path = "support/real_data.rs"]
#[allow(dead_code, reason = "every test binary uses its own part")]
mod real_data;

use std::path::Path;

use cansweep::measure::{Analysed, Analyser, Inverse, foreign_stimulus};
use cansweep::model::{ChannelMap, FindingKind, Outcome, Response, ResponseFigures};
use cansweep::store::{plan, wav};

use real_data::folder;

fn analysed(stimulus: &Path, take: &Path, channels: &str) -> Analysed {
    let stimulus = wav::read(stimulus).unwrap().recording;
    let stimulus = foreign_stimulus(&stimulus, 0).unwrap();
    let analysis = *plan::load("response").unwrap().analysis();
    let take = wav::read(take).unwrap().recording;
    let channels: ChannelMap = channels.parse().unwrap();
    let mut analyser =
        Analyser::new(stimulus, analysis, Inverse::OfSamples).unwrap().knowing(plan::builtin());
    analyser.response(&[take], &channels).unwrap()
}

fn measured(analysed: Analysed) -> (Response, ResponseFigures) {
    match analysed.outcome {
        Outcome::Response { response, figures } => (response, figures),
        _ => panic!("{:?}", analysed.findings),
    }
}

fn line_sweep(take: &str) -> Option<Analysed> {
    let folder = folder("sid-8580-line-sweeps")?;
    Some(analysed(&folder.join("sweep.wav"), &folder.join(take), "microphone=1"))
}

#[test]
fn a_line_recording_has_its_known_level_and_roll_off_and_a_negative_delay() {
    /// The figures were worked out by an independent script.
    const TOLERANCE_DB: f64 = 0.15;
    let Some(analysed) = line_sweep("bypass-15.wav") else { return };
    let (response, figures) = measured(analysed);
    let level = response.level();
    let at_1_khz = level.at(1000.0).unwrap();
    println!("1 kHz {at_1_khz:.2} dB, delay {:?}", figures.delay_samples);
    assert!((at_1_khz + 19.2).abs() < TOLERANCE_DB, "{at_1_khz}");
    for (hz, expected) in [(30.0, -1.8), (10e3, -1.4), (19e3, -3.6)] {
        let found = level.at(hz).unwrap() - at_1_khz;
        println!("{hz} Hz: {found:.2} dB");
        assert!((found - expected).abs() < TOLERANCE_DB, "{hz} Hz: {found}");
    }
    // The recording leads by about 4,760 samples.
    assert!((figures.delay_samples.unwrap() + 4760.0).abs() < 10.0);
    assert!(!figures.inverted);
}

#[test]
fn an_inverting_filter_is_reported_as_inverted() {
    let Some(analysed) = line_sweep("lp_2047-0.wav") else { return };
    let reported = |kind: &FindingKind| matches!(kind, FindingKind::PolarityInverted { .. });
    assert!(analysed.findings.iter().any(|finding| reported(&finding.kind)));
    assert!(measured(analysed).1.inverted);
}

#[test]
fn a_low_pass_filter_near_600_hz_is_measured_as_one() {
    let Some(analysed) = line_sweep("lp_105-0.wav") else { return };
    let level = measured(analysed).0.level();
    let pass_band = level.at(100.0).unwrap();
    let corner = level.points().find(|&(hz, db)| hz > 100.0 && db < pass_band - 3.0).unwrap().0;
    println!("−3 dB at {corner:.0} Hz");
    assert!((500.0..800.0).contains(&corner), "{corner}");
}

#[test]
fn a_recording_without_signal_is_refused_because_no_stimulus_was_found() {
    let Some(analysed) = line_sweep("bypass-0.wav") else { return };
    assert!(matches!(analysed.outcome, Outcome::Refused(_)));
    assert_eq!(analysed.findings[0].kind.slug(), "no-stimulus");
}

#[test]
fn the_latency_of_a_loudspeaker_recording_is_3875_samples() {
    let Some(folder) = folder("hifiberry-tannoy") else { return };
    let analysed =
        analysed(&folder.join("signal.wav"), &folder.join("recording.wav"), "microphone=1");
    assert_eq!(measured(analysed).1.delay_samples, Some(3875.0));
}

#[test]
fn in_ear_recordings_hold_the_sweep_at_its_place_and_far_above_the_noise() {
    let Some(folder) = folder("impulcifer-demo") else { return };
    let sweep = folder.join("sweep-6.15s-48000Hz-32bit-2.93Hz-24000Hz.wav");
    for ear in ["microphone=1", "microphone=2"] {
        let (_, figures) = measured(analysed(&sweep, &folder.join("FC.wav"), ear));
        println!("{ear}: {:?} dB", figures.peak_to_noise_db);
        assert_eq!(figures.delay_samples, Some(120_531.0), "{ear}");
        assert!(figures.peak_to_noise_db.unwrap() >= 92.0, "{ear}");
    }
}

/// What is true of every recording besides that it holds one sweep only.
///
/// The chip's filter inverts, its bypass does not, and at zero volume nothing but its hum is left.
/// The chip was recorded by a program that starts late, so its captures lead the file. What the
/// loudspeaker of `impulcifer-demo` plays comes back upside down in the microphones of both ears
/// and in that of the room.
///
/// The chip hums with the mains and all its harmonics, more so through its filter, where the octave
/// around 50 Hz and what the filter stops are uncertain. The loudspeaker falls below 40 Hz. In the
/// ears, though not in the room's microphone, stands one line at 50 Hz. Nothing is clipped, swapped, resampled or of another plan.
const TRUTHS: [(&str, &str, &str, &[&str]); 9] = [
    (SID, "bypass-0.wav", "microphone=1", &["no-stimulus"]),
    (SID, "bypass-15.wav", "microphone=1", &["mains-hum", "negative-delay"]),
    (SID, "lp_105-0.wav", "microphone=1", &HUMMING_CHIP),
    (SID, "lp_2047-0.wav", "microphone=1", &HUMMING_CHIP),
    (TANNOY, "recording.wav", "microphone=1", &["low-snr"]),
    (IMPULCIFER, "FC.wav", "microphone=1", &["mains-hum", "polarity-inverted"]),
    (IMPULCIFER, "FC.wav", "microphone=2", &["mains-hum", "polarity-inverted"]),
    (IMPULCIFER, "room-FC-left.wav", "microphone=1", &["polarity-inverted"]),
    (IMPULCIFER_LEAD_IN, "room-FC-left.wav", "microphone=1", &["polarity-inverted"]),
];
const HUMMING_CHIP: [&str; 5] =
    ["mains-hum", "low-snr", "low-snr", "polarity-inverted", "negative-delay"];
const SID: &str = "sid-8580-line-sweeps/sweep.wav";
const TANNOY: &str = "hifiberry-tannoy/signal.wav";
const IMPULCIFER: &str = "impulcifer-demo/sweep-6.15s-48000Hz-32bit-2.93Hz-24000Hz.wav";
const IMPULCIFER_LEAD_IN: &str =
    "impulcifer-demo/sweep-seg-FL-mono-6.15s-48000Hz-32bit-2.93Hz-24000Hz.wav";

#[test]
fn what_is_said_of_a_recording_is_true_and_nothing_else_is_said() {
    let Some(folder) = folder(".") else { return };
    for (sweep, take, channels, truths) in TRUTHS {
        let stimulus = folder.join(sweep);
        let take = stimulus.with_file_name(take);
        let analysed = analysed(&stimulus, &take, channels);
        let kinds = analysed.findings.iter().map(|finding| finding.kind.slug());
        let kinds: Vec<_> = kinds.filter(|&kind| kind != "single-sweep").collect();
        assert_eq!(kinds, truths, "{} {channels}", take.display());
    }
}

#[test]
fn a_recording_divided_by_another_persons_sweep_is_refused_and_no_plan_is_guessed() {
    let Some(folder) = folder(".") else { return };
    for (sweep, take) in
        [(SID, "impulcifer-demo/FC.wav"), (IMPULCIFER, "sid-8580-line-sweeps/bypass-15.wav")]
    {
        let analysed = analysed(&folder.join(sweep), &folder.join(take), "microphone=1");
        assert!(matches!(analysed.outcome, Outcome::Refused(_)), "{take}");
        let kinds: Vec<_> = analysed.findings.iter().map(|f| f.kind.slug()).collect();
        assert_eq!(kinds, ["no-stimulus"], "{take}");
    }
}

#[test]
fn somebody_elses_exponential_sweep_is_recognised_as_one() {
    /// From frequencies and duration that the files' makers state: T / ln(f₂/f₁).
    const CONSTANTS_S: [(&str, f64); 3] =
        [(SID, 10.0 / 6.9078), (IMPULCIFER, 6.1515 / 9.0109), (TANNOY, 10.0 / 6.9078)];
    let Some(folder) = folder(".") else { return };
    for (sweep, expected_s) in CONSTANTS_S {
        let file = wav::read(&folder.join(sweep)).unwrap().recording;
        let found_s = foreign_stimulus(&file, 0).unwrap().time_constant_s().unwrap();
        println!("{sweep}: {found_s:.4} s");
        assert!((found_s / expected_s - 1.0).abs() < 0.01, "{sweep}: {found_s} s");
    }
}
