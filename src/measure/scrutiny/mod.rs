//! A look at the raw samples of a take, before anything is computed from them.

mod clipping;
mod offset;
mod soft;

use self::clipping::{Extremes, clipping};
use self::offset::offset;
pub(super) use self::soft::soft_clipping;
use crate::model::{Completeness, Finding, FindingKind, Recording};
use crate::quantity::amplitude_db;

/// Below this peak level a take is quieter than it need be.
const LOW_LEVEL_DBFS: f64 = -50.0;

/// What the samples of the given channels (counted from zero) tell without analysis: losses,
/// clipping, an offset, low level.
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
        findings.extend(clipping(recording, index, extremes));
        findings.extend(offset(recording, index));
        let peak_dbfs = amplitude_db(extremes.peak());
        // An empty channel holds no stimulus, which says more.
        if peak_dbfs.is_finite() && peak_dbfs < LOW_LEVEL_DBFS {
            let kind = FindingKind::LowLevel { channel: index + 1, peak_dbfs };
            findings.push(Finding::warning(kind));
        }
    }
    findings
}

/// Recordings for the tests of the checks.
#[cfg(test)]
mod fixture {
    use ndarray::Array2;

    use super::*;
    use crate::model::{RigIdentity, RigKind, SampleFormat};
    use crate::quantity::SampleRate;

    pub(super) fn recording(sample: impl Fn(f64) -> f64) -> Recording {
        let samples = (0..48_000).map(|k| sample(f64::from(k) / 48e3)).collect();
        recording_of(samples, SampleFormat::Integer(24))
    }

    pub(super) fn recording_of(samples: Vec<f64>, format: SampleFormat) -> Recording {
        let rate = SampleRate::new(48_000).unwrap();
        let samples = Array2::from_shape_vec((1, samples.len()), samples).unwrap();
        let rig = RigIdentity { kind: RigKind::Replay, name: "test".to_owned() };
        Recording::new(rate, samples, format, rig).unwrap()
    }

    pub(super) fn kinds(recording: &Recording) -> Vec<&'static str> {
        scrutinise(recording, &[0]).iter().map(|finding| finding.kind.slug()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::fixture::{kinds, recording};
    use super::*;

    #[test]
    fn frames_that_the_system_lost_refuse_the_take() {
        let lossy = recording(|t| 0.5 * (TAU * 100.0 * t).sin())
            .with_losses(512, Completeness::Interrupted);
        assert_eq!(kinds(&lossy), ["dropped-frames", "interrupted"]);
    }
}
