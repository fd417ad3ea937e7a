//! A mean that is not zero.

use crate::model::{Finding, FindingKind, Recording};

/// Converters without a fault stay below this, re full scale.
const NOTED: f64 = 2e-3;
/// Above this, something is connected wrongly or broken.
const FAULTY: f64 = 2e-2;

/// The finding about the mean of a channel (counted from zero).
///
/// It is the median over pieces that counts: a sweep that begins without a fade has a mean of its
/// own, but only in the few pieces of its lowest frequencies.
pub(super) fn offset(recording: &Recording, index: usize) -> Option<Finding> {
    const PIECE_S: f64 = 0.1;
    let channel = recording.channel(index)?;
    let frames = ((PIECE_S * recording.rate().as_f64()) as usize).min(channel.len()).max(1);
    let means = channel.chunks_exact(frames).map(|piece| piece.iter().sum::<f64>() / frames as f64);
    let mut means: Vec<f64> = means.collect();
    let middle = means.len() / 2;
    let offset_fs = *means.select_nth_unstable_by(middle, f64::total_cmp).1;
    let kind = FindingKind::DcOffset { channel: index + 1, offset_fs };
    match offset_fs.abs() {
        size if size > FAULTY => Some(Finding::warning(kind)),
        size if size > NOTED => Some(Finding::note(kind)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::super::fixture::recording;
    use crate::model::Severity;

    fn severity(offset: f64) -> Option<Severity> {
        let take = recording(|t| offset + 0.3 * (TAU * 100.0 * t).sin());
        super::offset(&take, 0).map(|finding| finding.severity)
    }

    #[test]
    fn an_offset_is_noted_from_a_fifth_of_a_percent_and_a_warning_from_two() {
        for sign in [1.0, -1.0] {
            assert_eq!(severity(sign * 0.0015), None);
            assert_eq!(severity(sign * 0.0025), Some(Severity::Note));
            assert_eq!(severity(sign * 0.015), Some(Severity::Note));
            assert_eq!(severity(sign * 0.025), Some(Severity::Warning));
        }
    }

    #[test]
    fn a_sweep_that_begins_with_a_half_wave_has_no_offset() {
        let take = recording(|t| 0.9 * (TAU * 20.0 * (t * 6.0).exp_m1() / 6.0).sin());
        assert_eq!(super::offset(&take, 0), None);
    }
}
