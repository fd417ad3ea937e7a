//! A look at the raw samples of a take, before anything is computed from them.

use crate::model::{Completeness, Finding, FindingKind, Recording, SampleFormat};
use crate::quantity::amplitude_db;

/// At or above this level (−0.1 dB) a converter is at its end.
const FULL_SCALE: f64 = 0.988_553;
/// Below this peak level a take is quieter than it need be.
const LOW_LEVEL_DBFS: f64 = -50.0;

/// What the samples of the given channels (counted from zero) tell without analysis: losses,
/// clipping, low level.
pub(super) fn scrutinise(recording: &Recording, channels: &[usize]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if recording.dropped_frames() > 0 {
        let frames = recording.dropped_frames();
        findings.push(Finding::refusal(FindingKind::DroppedFrames { frames }));
    }
    if recording.completeness() == Completeness::Interrupted {
        findings.push(Finding::refusal(FindingKind::Interrupted));
    }
    for &index in channels {
        let Some(channel) = recording.channel(index) else { continue };
        findings.extend(clipping(recording, index, channel));
        let peak_dbfs = amplitude_db(peak(channel));
        // An empty channel holds no stimulus, which says more.
        if peak_dbfs.is_finite() && peak_dbfs < LOW_LEVEL_DBFS {
            let kind = FindingKind::LowLevel { channel: index + 1, peak_dbfs };
            findings.push(Finding::warning(kind));
        }
    }
    findings
}

fn peak(channel: &[f64]) -> f64 {
    channel.iter().fold(0.0_f64, |peak, v| peak.max(v.abs()))
}

fn clipping(recording: &Recording, index: usize, channel: &[f64]) -> Option<Finding> {
    let at_the_end = |v: &&f64| v.abs() >= FULL_SCALE;
    let mut samples = channel.iter().filter(at_the_end).count();
    let mut first = channel.iter().position(|v| v.abs() >= FULL_SCALE);
    if first.is_none() {
        let top = flat_top(channel, recording)?;
        samples = channel.iter().filter(|v| v.abs() >= top.level).count();
        first = Some(top.frame);
    }
    let first_at_s = first? as f64 / recording.rate().as_f64();
    Some(Finding::refusal(FindingKind::Clipped { channel: index + 1, samples, first_at_s }))
}

struct FlatTop {
    level: f64,
    frame: usize,
}

/// Clipping below full scale: the file was scaled afterwards, or something before the converter
/// clips hard.
///
/// A steady sine spends 1.4 % of its time within a thousandth of its upper peak, and a noisy or
/// varying signal less; clipped by 0.1 dB it spends 5 % there, by 0.5 dB 11 %.
fn flat_top(channel: &[f64], recording: &Recording) -> Option<FlatTop> {
    const WINDOW_S: f64 = 0.1;
    const WITHIN: f64 = 0.999;
    const SHARE: f64 = 0.075;
    // With fewer steps below the peak quantisation alone makes flat tops.
    const STEPS: f64 = 2000.0;
    let window = ((WINDOW_S * recording.rate().as_f64()) as usize).max(1);
    let top = channel.iter().copied().fold(0.0_f64, f64::max);
    let bottom = channel.iter().copied().fold(0.0_f64, f64::min);
    let step = match recording.format() {
        SampleFormat::Integer(_) => recording.format().step(),
        // A float file may hold what a 16-bit converter gave.
        SampleFormat::Float => SampleFormat::Integer(16).step(),
    };
    let chunks = channel.chunks_exact(window).enumerate();
    for (i, piece) in chunks {
        for extreme in [top, bottom] {
            let count = piece.iter().filter(|&&v| v / extreme >= WITHIN).count();
            let many = count as f64 > SHARE * window as f64;
            if many && extreme.abs() > STEPS * step {
                return Some(FlatTop { level: WITHIN * extreme.abs(), frame: i * window });
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use ndarray::Array2;

    use super::*;
    use crate::model::{RigIdentity, RigKind};
    use crate::quantity::SampleRate;

    fn recording(sample: impl Fn(f64) -> f64) -> Recording {
        let rate = SampleRate::new(48_000).unwrap();
        let samples = Array2::from_shape_fn((1, 48_000), |(_, k)| sample(k as f64 / 48e3));
        let rig = RigIdentity { kind: RigKind::Replay, name: "test".to_owned() };
        Recording::new(rate, samples, SampleFormat::Integer(24), rig).unwrap()
    }

    fn kinds(recording: &Recording) -> Vec<&'static str> {
        scrutinise(recording, &[0]).iter().map(|finding| finding.kind.slug()).collect()
    }

    #[test]
    fn a_sine_below_full_scale_is_not_clipped_at_any_frequency() {
        for hz in [7.0, 20.0, 1000.0, 15_999.0] {
            let sine = recording(|t| 0.9 * (TAU * hz * t).sin());
            assert_eq!(kinds(&sine), [""; 0], "{hz} Hz");
        }
    }

    #[test]
    fn a_sine_at_full_scale_is_clipped() {
        assert_eq!(kinds(&recording(|t| (TAU * 100.0 * t).sin())), ["clipped"]);
    }

    #[test]
    fn a_sine_clipped_by_half_a_decibel_below_full_scale_is_noticed() {
        let clipped = recording(|t| (0.53 * (TAU * 100.0 * t).sin()).clamp(-0.5, 0.5));
        assert_eq!(kinds(&clipped), ["clipped"]);
    }

    #[test]
    fn frames_that_the_system_lost_refuse_the_take() {
        let lossy = recording(|t| 0.5 * (TAU * 100.0 * t).sin())
            .with_losses(512, Completeness::Interrupted);
        assert_eq!(kinds(&lossy), ["dropped-frames", "interrupted"]);
    }
}
