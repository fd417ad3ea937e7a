//! Recordings that other people made with real hardware, with answers that are known.
//!
//! The recordings are not part of the project; `CANSWEEP_REAL_DATA` names their folder. Where it
//! is absent a test says so and passes.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "these are tests")]

use std::path::{Path, PathBuf};

use cansweep::measure::{Analysed, Analyser, Inverse, foreign_stimulus};
use cansweep::model::{ChannelMap, FindingKind, Outcome, Response, ResponseFigures};
use cansweep::store::{plan, wav};

fn real_data() -> Option<PathBuf> {
    let named = std::env::var_os("CANSWEEP_REAL_DATA").map(PathBuf::from);
    let folder =
        named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no recordings in {} (CANSWEEP_REAL_DATA)", folder.display());
    None
}

fn analysed(stimulus: &Path, take: &Path, channels: &str) -> Analysed {
    let stimulus = wav::read(stimulus).unwrap().recording;
    let stimulus = foreign_stimulus(&stimulus, 0).unwrap();
    let analysis = *plan::load("response").unwrap().analysis();
    let take = wav::read(take).unwrap().recording;
    let channels: ChannelMap = channels.parse().unwrap();
    let mut analyser = Analyser::new(stimulus, analysis, Inverse::OfSamples).unwrap();
    analyser.response(&[take], &channels).unwrap()
}

fn measured(analysed: Analysed) -> (Response, ResponseFigures) {
    match analysed.outcome {
        Outcome::Response { response, figures } => (response, figures),
        _ => panic!("{:?}", analysed.findings),
    }
}

fn line_sweep(take: &str) -> Option<Analysed> {
    let folder = real_data()?.join("sid-8580-line-sweeps");
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
    let Some(folder) = real_data() else { return };
    let folder = folder.join("hifiberry-tannoy");
    let analysed =
        analysed(&folder.join("signal.wav"), &folder.join("recording.wav"), "microphone=1");
    assert_eq!(measured(analysed).1.delay_samples, Some(3875.0));
}

#[test]
fn in_ear_recordings_hold_the_sweep_at_its_place_and_far_above_the_noise() {
    let Some(folder) = real_data() else { return };
    let folder = folder.join("impulcifer-demo");
    let sweep = folder.join("sweep-6.15s-48000Hz-32bit-2.93Hz-24000Hz.wav");
    for ear in ["microphone=1", "microphone=2"] {
        let (_, figures) = measured(analysed(&sweep, &folder.join("FC.wav"), ear));
        println!("{ear}: {:?} dB", figures.peak_to_noise_db);
        assert_eq!(figures.delay_samples, Some(120_531.0), "{ear}");
        assert!(figures.peak_to_noise_db.unwrap() >= 92.0, "{ear}");
    }
}

#[test]
fn no_clean_recording_is_refused_and_none_is_called_clipped() {
    let Some(folder) = real_data() else { return };
    for (stimulus, take) in [
        ("sid-8580-line-sweeps/sweep.wav", "sid-8580-line-sweeps/lp_2047-0.wav"),
        ("hifiberry-tannoy/signal.wav", "hifiberry-tannoy/recording.wav"),
        (
            "impulcifer-demo/sweep-6.15s-48000Hz-32bit-2.93Hz-24000Hz.wav",
            "impulcifer-demo/room-FC-left.wav",
        ),
    ] {
        let analysed = analysed(&folder.join(stimulus), &folder.join(take), "microphone=1");
        let refusals: Vec<_> = analysed.findings.iter().filter(|f| f.is_refusal()).collect();
        assert!(refusals.is_empty(), "{take}: {refusals:?}");
    }
}
