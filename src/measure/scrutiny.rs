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
        let extremes = Extremes::of(channel);
        findings.extend(clipping(recording, index, channel, extremes));
        let peak_dbfs = amplitude_db(extremes.peak());
        // An empty channel holds no stimulus, which says more.
        if peak_dbfs.is_finite() && peak_dbfs < LOW_LEVEL_DBFS {
            let kind = FindingKind::LowLevel { channel: index + 1, peak_dbfs };
            findings.push(Finding::warning(kind));
        }
    }
    findings
}

/// The highest and the lowest sample of a channel, or zero.
#[derive(Debug, Clone, Copy)]
struct Extremes {
    top: f64,
    bottom: f64,
}

impl Extremes {
    fn of(channel: &[f64]) -> Self {
        // Side by side, because a sample need not wait for the last comparison then.
        let (mut tops, mut bottoms) = ([0.0_f64; 8], [0.0_f64; 8]);
        let (eights, rest) = channel.as_chunks::<8>();
        for (k, &v) in eights.iter().flat_map(|eight| eight.iter().enumerate()) {
            tops[k] = tops[k].max(v);
            bottoms[k] = bottoms[k].min(v);
        }
        let top = tops.into_iter().chain(rest.iter().copied()).fold(0.0, f64::max);
        let bottom = bottoms.into_iter().chain(rest.iter().copied()).fold(0.0, f64::min);
        Self { top, bottom }
    }

    fn peak(self) -> f64 {
        self.top.max(-self.bottom)
    }
}

fn clipping(
    recording: &Recording,
    index: usize,
    channel: &[f64],
    extremes: Extremes,
) -> Option<Finding> {
    let (level, first) = if extremes.peak() >= FULL_SCALE {
        (FULL_SCALE, channel.iter().position(|v| v.abs() >= FULL_SCALE)?)
    } else {
        let top = flat_top(channel, recording, extremes)?;
        (top.level, top.frame)
    };
    let samples = channel.iter().filter(|v| v.abs() >= level).count();
    let first_at_s = first as f64 / recording.rate().as_f64();
    let (channel, level_dbfs) = (index + 1, amplitude_db(level));
    Some(Finding::refusal(FindingKind::Clipped { channel, samples, first_at_s, level_dbfs }))
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
fn flat_top(channel: &[f64], recording: &Recording, extremes: Extremes) -> Option<FlatTop> {
    const WINDOW_S: f64 = 0.1;
    const WITHIN: f64 = 0.999;
    const SHARE: f64 = 0.075;
    // With fewer steps below the peak quantisation alone makes flat tops.
    const STEPS: f64 = 2000.0;
    let window = ((WINDOW_S * recording.rate().as_f64()) as usize).max(1);
    let step = match recording.format() {
        SampleFormat::Integer(_) => recording.format().step(),
        // A float file may hold what a 16-bit converter gave.
        SampleFormat::Float => SampleFormat::Integer(16).step(),
    };
    let far = |extreme: &f64| extreme.abs() > STEPS * step;
    let extremes: Vec<f64> = [extremes.top, extremes.bottom].into_iter().filter(far).collect();
    for (i, piece) in channel.chunks_exact(window).enumerate() {
        for &extreme in &extremes {
            let (limit, sign) = (WITHIN * extreme.abs(), extreme.signum());
            let count = piece.iter().filter(|&&v| v * sign >= limit).count();
            if count as f64 > SHARE * window as f64 {
                return Some(FlatTop { level: limit, frame: i * window });
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
