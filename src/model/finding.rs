//! What was noticed about a take.

use serde::{Deserialize, Serialize};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; the result stands.
    Note,
    /// The result is affected, by as much as the message says.
    Warning,
    /// There is no result.
    Refusal,
}

/// A remark on the quality of a take or of a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What was noticed, with its figures.
    #[serde(flatten)]
    pub kind: FindingKind,
    /// How much it matters.
    pub severity: Severity,
    /// The take it was noticed in, counted from one; absent if it concerns the whole.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub take: Option<usize>,
}

/// What can be noticed. The figures say by how much, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum FindingKind {
    /// The stimulus is not in the recording.
    NoStimulus {
        /// Channel, counted from one.
        channel: usize,
        /// Peak of the whitened correlation over its robust deviation.
        statistic: f64,
        /// What noise alone stays below.
        threshold: f64,
    },
    /// The converter was driven to its end.
    Clipped {
        /// Channel, counted from one.
        channel: usize,
        /// How many samples lie at the end of the scale.
        samples: usize,
        /// Where the first lies.
        first_at_s: f64,
    },
    /// The recording ends before the stimulus does.
    Truncated {
        /// Frames that the stimulus needs after its beginning was found.
        needed_frames: usize,
        /// Frames that are there.
        found_frames: usize,
    },
    /// The file of a take ends before its header says it does.
    FileCutShort {
        /// Frames according to the header.
        claimed_frames: u64,
        /// Frames that are there.
        found_frames: u64,
    },
    /// The capture ended early: by hand, or because the device failed.
    Interrupted,
    /// The sound system reported that it lost frames.
    DroppedFrames {
        /// How many are known to be gone; there may be more.
        frames: u64,
    },
    /// The markers are not as far apart as they were played.
    SamplesLost {
        /// Change of distance in samples; negative is lost, positive inserted.
        samples: f64,
        /// Between which two events, in the stimulus.
        from_s: f64,
        /// The later event.
        to_s: f64,
    },
    /// The recording does not reach to where the markers of the stimulus lie.
    MarkersMissing,
    /// Playback and capture run on different clocks.
    ClockDrift {
        /// Rate of the recording against the playback, minus one, in parts per million.
        ppm: f64,
    },
    /// The peak of the impulse response points the other way.
    PolarityInverted {
        /// Channel, counted from one.
        channel: usize,
    },
    /// The recording starts later than the stimulus file: the delay is negative.
    NegativeDelay {
        /// Delay of the response against the stimulus, in samples.
        samples: f64,
    },
    /// More channels than roles: which was taken was not said.
    ChannelAssumed {
        /// Role.
        role: String,
        /// Channel, counted from one.
        channel: usize,
        /// Channels in the recording.
        channels: usize,
    },
    /// Only one sweep: no spread, no uncertainty.
    SingleSweep,
    /// The impulse response was cut shorter than the lowest frequency needs.
    ShortGate {
        /// Gate after the peak.
        gate_s: f64,
        /// Below this frequency the result is not resolved.
        unresolved_below_hz: f64,
    },
    /// The band of the result was narrowed to what the stimulus covers.
    BandNarrowed {
        /// Lowest frequency of the result.
        from_hz: f64,
        /// Highest frequency of the result.
        to_hz: f64,
    },
    /// The sense resistor seems not to carry the current: both channels are nearly alike.
    NoCurrent {
        /// Largest difference between the two channels, relative.
        difference: f64,
    },
    /// The impedance has a negative real part, which a passive load cannot have.
    NotPassive {
        /// Where it is worst.
        frequency_hz: f64,
        /// Its real part there.
        real_ohm: f64,
    },
    /// The level lies far below the converter's range.
    LowLevel {
        /// Channel, counted from one.
        channel: usize,
        /// Peak sample level re full scale.
        peak_dbfs: f64,
    },
    /// The tolerance of the two channels' gains against each other was never measured.
    Uncalibrated,
    /// The user insisted on a take that was refused.
    Accepted {
        /// The kind of the refusal.
        refusal: String,
    },
}

impl Finding {
    /// A finding that is worth knowing.
    #[must_use]
    pub const fn note(kind: FindingKind) -> Self {
        Self { kind, severity: Severity::Note, take: None }
    }

    /// A finding that affects the result.
    #[must_use]
    pub const fn warning(kind: FindingKind) -> Self {
        Self { kind, severity: Severity::Warning, take: None }
    }

    /// A finding that leaves no result.
    #[must_use]
    pub const fn refusal(kind: FindingKind) -> Self {
        Self { kind, severity: Severity::Refusal, take: None }
    }

    /// The same finding, noticed in a take counted from one.
    #[must_use]
    pub const fn in_take(mut self, take: usize) -> Self {
        self.take = Some(take);
        self
    }

    /// Whether the take is refused.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.severity == Severity::Refusal
    }

    /// What was seen, what it does to the result and what to change, in words.
    #[must_use]
    pub fn message(&self) -> String {
        self.kind.message()
    }
}

impl FindingKind {
    /// The kind's name, as in JSON and behind `--accept`.
    #[must_use]
    pub const fn slug(&self) -> &'static str {
        match self {
            Self::NoStimulus { .. } => "no-stimulus",
            Self::Clipped { .. } => "clipped",
            Self::Truncated { .. } => "truncated",
            Self::FileCutShort { .. } => "file-cut-short",
            Self::Interrupted => "interrupted",
            Self::DroppedFrames { .. } => "dropped-frames",
            Self::SamplesLost { .. } => "samples-lost",
            Self::MarkersMissing => "markers-missing",
            Self::ClockDrift { .. } => "clock-drift",
            Self::PolarityInverted { .. } => "polarity-inverted",
            Self::NegativeDelay { .. } => "negative-delay",
            Self::ChannelAssumed { .. } => "channel-assumed",
            Self::SingleSweep => "single-sweep",
            Self::ShortGate { .. } => "short-gate",
            Self::BandNarrowed { .. } => "band-narrowed",
            Self::NoCurrent { .. } => "no-current",
            Self::NotPassive { .. } => "not-passive",
            Self::LowLevel { .. } => "low-level",
            Self::Uncalibrated => "uncalibrated",
            Self::Accepted { .. } => "accepted",
        }
    }

    #[expect(clippy::too_many_lines, reason = "one text per kind, best read side by side")]
    fn message(&self) -> String {
        match self {
            Self::NoStimulus { channel, statistic: 0.0, .. } => format!(
                "channel {channel} is silent: every sample is zero, so there is nothing to \
                 analyse. Check the cable, that the input is not muted and that this is the right \
                 channel (--channels)"
            ),
            Self::NoStimulus { channel, statistic, threshold } => format!(
                "no stimulus found in channel {channel}: the correlation with the stimulus \
                 reaches {statistic:.1} deviations, and noise alone stays below {threshold:.0}; \
                 there is nothing to analyse. Check that the stimulus was played, that this is \
                 the right channel (--channels) and that the plan or stimulus file is the one \
                 that was played"
            ),
            Self::Clipped { channel, samples, first_at_s } => format!(
                "channel {channel} is clipped: {samples} samples lie at the end of the \
                 converter's scale, the first {first_at_s:.3} s into the take; a clipped \
                 response is wrong by decibels. Lower the input gain or the output level until \
                 the peak stays below -3 dBFS, and measure again"
            ),
            Self::Truncated { needed_frames, found_frames } => format!(
                "the take is cut short: the stimulus needs {needed_frames} frames from where it \
                 begins, the take has {found_frames}; the missing part is the missing band. \
                 Record from before the stimulus until it has ended, plus a second"
            ),
            Self::FileCutShort { claimed_frames, found_frames } => format!(
                "the file of the take ends early: its header claims {claimed_frames} frames, and \
                 {found_frames} are there; they were analysed as far as they go. Copy the file \
                 again, or stop the recorder before taking the file"
            ),
            Self::Interrupted => "the capture ended before the stimulus had; the take is kept but \
                 not analysed. Measure again"
                .to_owned(),
            Self::DroppedFrames { frames } => format!(
                "the sound system reported a gap of {frames} frames or more; what comes after \
                 it is shifted in time, so the take is not analysed. Close other programs, use a \
                 larger --buffer, and measure again"
            ),
            Self::SamplesLost { samples, from_s, to_s } => format!(
                "{:.0} samples were {} between {from_s:.2} s and {to_s:.2} s of the stimulus, \
                 without any error from the sound system; response and phase are wrong from \
                 there on. Close other programs, use a larger --buffer, and measure again",
                samples.abs(),
                if *samples < 0.0 { "lost" } else { "inserted" },
            ),
            Self::MarkersMissing => "the take was cut so that the marks before and after the \
                 sweeps are not both in it: whether samples were lost cannot be told. Keep the \
                 whole recording"
                .to_owned(),
            Self::ClockDrift { ppm } => format!(
                "playback and capture run on different clocks ({ppm:+.2} ppm): each sweep is \
                 aligned on its own, magnitudes are hardly affected, but the phase is uncertain \
                 towards high frequencies. Play and record with one device if phase matters"
            ),
            Self::PolarityInverted { channel } => format!(
                "channel {channel} has inverted polarity: the impulse response points down, so \
                 the phase is off by 180°. Swap the two wires of the microphone or of the \
                 output, or note that the device inverts"
            ),
            Self::NegativeDelay { samples } => format!(
                "the response comes {:.0} samples before the stimulus file: the recording was \
                 started later than the file begins. The magnitude is not affected, only the \
                 delay has no meaning of its own",
                samples.abs()
            ),
            Self::ChannelAssumed { role, channel, channels } => format!(
                "the take has {channels} channels and --channels does not say which is the \
                 {role}: channel {channel} was taken"
            ),
            Self::SingleSweep => "there is only one sweep, so the spread between sweeps, and with \
                 it the uncertainty, is not known. Use a plan with two or more sweeps, or \
                 several takes"
                .to_owned(),
            Self::ShortGate { gate_s, unresolved_below_hz } => format!(
                "the gate of {:.0} ms after the peak resolves nothing below \
                 {unresolved_below_hz:.0} Hz. Use a longer --gate on a coupler, where there is \
                 no reflection to remove",
                gate_s * 1e3
            ),
            Self::BandNarrowed { from_hz, to_hz } => format!(
                "the result covers {from_hz:.0} Hz to {to_hz:.0} Hz, which is what the stimulus \
                 excites"
            ),
            Self::NoCurrent { difference } => format!(
                "both channels carry the same signal (they differ by {:.3} % at most), so no \
                 current flows through the sense resistor. Check that the headphone is plugged \
                 in and that the inputs sit on the two sides of the resistor",
                difference * 100.0
            ),
            Self::NotPassive { frequency_hz, real_ohm } => format!(
                "the impedance has a negative real part ({real_ohm:.2} Ω at \
                 {frequency_hz:.0} Hz), which no headphone has. The two inputs are probably \
                 swapped (try --channels reference=2,sense=1), the topology is the other one, \
                 or the gains of the inputs differ"
            ),
            Self::LowLevel { channel, peak_dbfs } => format!(
                "channel {channel} peaks at {peak_dbfs:.1} dBFS only; noise will show in the \
                 result. Raise the input gain until the peak lies between -20 and -3 dBFS"
            ),
            Self::Uncalibrated => "the gains of the two inputs were taken as equal within the \
                 stated tolerance (--gain-match); no calibration was applied. 0.01 dB of \
                 mismatch is 0.5 % of a headphone three times the sense resistor"
                .to_owned(),
            Self::Accepted { refusal } => format!(
                "this take would have been refused ({refusal}) and was analysed because \
                 --accept {refusal} insisted; do not publish it without saying so"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slug_is_the_kind_in_json() {
        let kinds = [
            FindingKind::SingleSweep,
            FindingKind::NoStimulus { channel: 1, statistic: 4.0, threshold: 8.0 },
            FindingKind::PolarityInverted { channel: 2 },
            FindingKind::Accepted { refusal: "clipped".to_owned() },
        ];
        for kind in kinds {
            let json = serde_json::to_value(Finding::note(kind.clone())).unwrap();
            assert_eq!(json["kind"], kind.slug());
            assert_eq!(json["severity"], "note");
        }
    }

    #[test]
    fn every_message_says_what_to_do_in_whole_words() {
        let clipped = FindingKind::Clipped { channel: 1, samples: 12, first_at_s: 1.5 };
        let message = Finding::refusal(clipped).message();
        assert!(message.contains("12 samples") && message.contains("Lower the input gain"));
        assert!(!message.contains("  "), "{message}");
    }
}
