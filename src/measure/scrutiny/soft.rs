//! Stages that clip softly, or before a filter rounds the edges.

use crate::dsp::harmonics::Harmonics;
use crate::model::{ChannelRole, Finding, FindingKind};

/// Harmonics count if they lie this far above what is there without them.
const CLEAR_DB: f64 = 10.0;

/// How strong a channel's harmonics may be, in decibels.
struct Limits {
    /// Third harmonic above which there is a warning.
    warning: f64,
    /// … and a refusal.
    refusal: f64,
    /// The fifth harmonic of a stage at its end lies no further below the third.
    spread: f64,
}

/// Converters and amplifiers. A hard clip of 0.1 dB has a third harmonic of −57 dB.
const ELECTRICAL: Limits = Limits { warning: -60.0, refusal: -40.0, spread: 6.0 };
/// Headphones distort by themselves, by percents in the bass.
const ACOUSTIC: Limits = Limits { warning: -30.0, refusal: f64::INFINITY, spread: 10.0 };

/// The finding about a channel (counted from zero) whose odd harmonics look like those of an
/// overdriven stage: the flat top of a crest is a pulse, whose harmonics are equally strong,
/// while curved characteristics have a fifth far below the third.
pub(in crate::measure) fn soft_clipping(
    role: ChannelRole,
    index: usize,
    harmonics: &Harmonics,
) -> Option<Finding> {
    let limits = if role == ChannelRole::Microphone { ACOUSTIC } else { ELECTRICAL };
    let Harmonics { third, fifth, .. } = harmonics;
    let clear = [third, fifth].iter().all(|of| of.level_db > of.floor_db + CLEAR_DB);
    let alike = fifth.level_db > third.level_db - limits.spread;
    if !(clear && alike && third.level_db > limits.warning) {
        return None;
    }
    let (third_db, fifth_db) = (third.level_db, fifth.level_db);
    let kind = FindingKind::SoftClipped { channel: index + 1, third_db, fifth_db };
    let refused = third_db > limits.refusal;
    Some(if refused { Finding::refusal(kind) } else { Finding::warning(kind) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::harmonics::Harmonic;
    use crate::model::Severity;

    fn severity(role: ChannelRole, third: f64, fifth: f64, floor: f64) -> Option<Severity> {
        let harmonic = |level_db| Harmonic { level_db, floor_db: floor };
        let harmonics =
            Harmonics { second: harmonic(-200.0), third: harmonic(third), fifth: harmonic(fifth) };
        soft_clipping(role, 0, &harmonics).map(|finding| finding.severity)
    }

    #[test]
    fn an_electrical_channel_is_warned_about_from_minus_60_and_refused_from_minus_40_decibels() {
        for role in [ChannelRole::Reference, ChannelRole::Sense] {
            assert_eq!(severity(role, -61.0, -62.0, -100.0), None);
            assert_eq!(severity(role, -59.0, -62.0, -100.0), Some(Severity::Warning));
            assert_eq!(severity(role, -39.0, -42.0, -100.0), Some(Severity::Refusal));
        }
    }

    #[test]
    fn a_curved_characteristic_and_harmonics_in_the_noise_are_no_clipping() {
        assert_eq!(severity(ChannelRole::Reference, -35.0, -50.0, -100.0), None);
        assert_eq!(severity(ChannelRole::Reference, -45.0, -46.0, -53.0), None);
    }

    #[test]
    fn a_microphone_may_hear_what_a_headphone_does() {
        assert_eq!(severity(ChannelRole::Microphone, -35.0, -38.0, -100.0), None);
        assert_eq!(severity(ChannelRole::Microphone, -28.0, -36.0, -90.0), Some(Severity::Warning));
    }
}
