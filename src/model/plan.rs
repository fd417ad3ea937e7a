//! What to play and how to look at what comes back.

use serde::{Deserialize, Serialize};

use crate::quantity::unit::FullScale;
use crate::quantity::{Frequency, Level, SampleRate, Seconds, Smoothing};

/// The frequencies of a sweep and of the band in which it measures, in hertz.
///
/// `start < flat_from <= flat_to < stop`: the sweep runs from `start` to `stop`, and its level is
/// constant, the measurement valid, from `flat_from` to `flat_to`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Where the sweep starts.
    pub start_hz: f64,
    /// Lowest frequency at full level.
    pub flat_from_hz: f64,
    /// Highest frequency at full level.
    pub flat_to_hz: f64,
    /// Where the sweep ends.
    pub stop_hz: f64,
}

/// The sweep of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepSpec {
    /// Instantaneous frequency at the beginning, an octave or more below the band of interest.
    pub start: Frequency,
    /// The fade-in ends here.
    pub flat_from: Frequency,
    /// The fade-out begins here.
    pub flat_to: Frequency,
    /// Instantaneous frequency at the end.
    pub stop: Frequency,
    /// Wanted duration of one sweep; rounded so that it starts at phase zero.
    pub duration: Seconds,
    /// How many sweeps are played.
    pub repeats: u16,
    /// Peak level; a full-scale sine is 0 dBFS.
    pub level: Level<FullScale>,
}

impl SweepSpec {
    /// The frequencies of the sweep.
    #[must_use]
    pub fn band(&self) -> Band {
        Band {
            start_hz: self.start.hz(),
            flat_from_hz: self.flat_from.hz(),
            flat_to_hz: self.flat_to.hz(),
            stop_hz: self.stop.hz(),
        }
    }

    /// Time in which the frequency grows by a factor e, `L` in seconds, rounded so that
    /// `start · L` is a whole number of periods and the sweep starts at phase zero.
    #[must_use]
    pub fn time_constant_s(&self) -> f64 {
        let wanted = self.duration.s() / (self.stop.hz() / self.start.hz()).ln();
        (self.start.hz() * wanted).round().max(1.0) / self.start.hz()
    }

    /// Duration of one sweep in seconds, after rounding.
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        self.time_constant_s() * (self.stop.hz() / self.start.hz()).ln()
    }
}

/// The silences around and between the sweeps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SilenceSpec {
    /// Before everything: the capture must run, and the noise is measured here.
    pub lead_in: Seconds,
    /// After every sweep: the device must have decayed.
    pub gap: Seconds,
    /// After everything: the latency of the system must fit in.
    pub tail: Seconds,
}

/// How the capture of a plan is analysed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnalysisSpec {
    /// Lowest frequency of the result.
    pub from: Frequency,
    /// Highest frequency of the result.
    pub to: Frequency,
    /// Points of the result per octave.
    pub points_per_octave: u16,
    /// How much of the impulse response before its peak is kept.
    pub gate_before: Seconds,
    /// How much of the impulse response after its peak is kept; its second half fades out.
    pub gate_after: Seconds,
    /// Smoothing of the result.
    #[serde(default)]
    pub smoothing: Smoothing,
}

impl AnalysisSpec {
    /// The gate may be as long as this.
    const LONGEST_GATE_S: f64 = 10.0;

    /// The same analysis, if it makes sense.
    ///
    /// # Errors
    ///
    /// When the band is empty, the gate has no length or is longer than ten seconds, or there are
    /// no points or more than 768 per octave.
    pub fn checked(self) -> Result<Self, PlanError> {
        in_order(("analysis.from", self.from), ("analysis.to", self.to))?;
        for gate in [self.gate_before, self.gate_after] {
            if gate.s() > Self::LONGEST_GATE_S {
                return Err(PlanError::Gate(gate));
            }
        }
        if self.gate_after.s() < 1e-3 {
            return Err(PlanError::Gate(self.gate_after));
        }
        if !(1..=768).contains(&self.points_per_octave) {
            return Err(PlanError::Points(self.points_per_octave));
        }
        Ok(self)
    }
}

/// A stimulus plan: what to play and how to look at what comes back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "PlanFile", into = "PlanFile")]
pub struct Plan {
    file: PlanFile,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    name: String,
    description: String,
    rate: SampleRate,
    markers: bool,
    sweep: SweepSpec,
    silence: SilenceSpec,
    analysis: AnalysisSpec,
}

/// Why a plan cannot be played or analysed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The frequencies are not in order.
    #[error(
        "the frequencies of a plan must rise from sweep.start over sweep.flat_from and \
         sweep.flat_to to sweep.stop, but {lower} ({lower_hz} Hz) does not lie below {upper} \
         ({upper_hz} Hz)"
    )]
    Order {
        /// Key that should be lower.
        lower: &'static str,
        /// Its value.
        lower_hz: f64,
        /// Key that should be higher.
        upper: &'static str,
        /// Its value.
        upper_hz: f64,
    },
    /// The sweep runs too close to half the sample rate.
    #[error(
        "sweep.stop of {stop_hz} Hz is too close to half the sample rate of {rate_hz} Hz \
         (at most {limit_hz} Hz)"
    )]
    AboveNyquist {
        /// Where the sweep should end.
        stop_hz: f64,
        /// The plan's rate.
        rate_hz: u32,
        /// Highest allowed end.
        limit_hz: f64,
    },
    /// A level above digital full scale.
    #[error("sweep.level of {0} is above full scale (0 dBFS)")]
    TooLoud(Level<FullScale>),
    /// A number of sweeps that cannot be played.
    #[error("sweep.repeats of {0} is outside 1 to 64")]
    Repeats(u16),
    /// A sweep too short to be deconvolved.
    #[error("sweep.duration of {0} is too short (at least 0.1 s)")]
    TooShort(Seconds),
    /// A gate without length, or one that no impulse response needs.
    #[error("a gate of {0} is outside 1 ms to 10 s (analysis.gate_before may be shorter)")]
    Gate(Seconds),
    /// A stimulus that would take too much memory.
    #[error(
        "the whole stimulus would last {duration_s:.0} s; at this sample rate at most \
         {limit_s:.0} s are played"
    )]
    TooLong {
        /// Its duration.
        duration_s: f64,
        /// The longest that is played.
        limit_s: f64,
    },
    /// A grid with too few or too many points.
    #[error("analysis.points_per_octave of {0} is outside 1 to 768")]
    Points(u16),
}

impl Plan {
    /// A sweep may end at this share of the sample rate at most: above it the converter's own
    /// filter cuts, and a deconvolution divides by nothing.
    pub const HIGHEST_STOP: f64 = 0.49;
    /// A stimulus has at most this many frames: twelve minutes at 96 kHz.
    const MOST_FRAMES: f64 = 7e7;
    /// Where a sweep ends that was planned for a higher rate, re the sample rate.
    const CLAMPED_STOP: f64 = 0.479;
    /// Where its full level ends, re its end.
    const CLAMPED_FLAT: f64 = 0.96;

    /// The plan's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// What the plan is for, in a sentence.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.file.description
    }

    /// The sample rate it is played at.
    #[must_use]
    pub const fn rate(&self) -> SampleRate {
        self.file.rate
    }

    /// The sweep.
    #[must_use]
    pub const fn sweep(&self) -> &SweepSpec {
        &self.file.sweep
    }

    /// The silences.
    #[must_use]
    pub const fn silence(&self) -> &SilenceSpec {
        &self.file.silence
    }

    /// How the capture is analysed.
    #[must_use]
    pub const fn analysis(&self) -> &AnalysisSpec {
        &self.file.analysis
    }

    /// Whether a pilot chirp before and after the sweeps marks lost samples.
    #[must_use]
    pub const fn has_markers(&self) -> bool {
        self.file.markers
    }

    /// The same plan at another sample rate. Where the sweep does not fit below half that rate, it
    /// ends earlier: at 0.479 times the rate, full level up to 0.96 times that.
    ///
    /// # Errors
    ///
    /// When the band of the result does not fit either.
    pub fn at_rate(&self, rate: SampleRate) -> Result<Self, PlanError> {
        let mut file = PlanFile { rate, ..self.file.clone() };
        let limit = |hz: f64, wanted: Frequency| {
            if wanted.hz() > hz { Frequency::new(hz).unwrap_or(wanted) } else { wanted }
        };
        if file.sweep.stop.hz() > Self::HIGHEST_STOP * rate.as_f64() {
            file.sweep.stop = limit(Self::CLAMPED_STOP * rate.as_f64(), file.sweep.stop);
            let flat_to_hz = Self::CLAMPED_FLAT * file.sweep.stop.hz();
            file.sweep.flat_to = limit(flat_to_hz, file.sweep.flat_to);
            file.analysis.to = limit(flat_to_hz, file.analysis.to);
        }
        file.try_into()
    }

    /// The same plan at another level.
    ///
    /// # Errors
    ///
    /// When the level is above full scale.
    pub fn at_level(&self, level: Level<FullScale>) -> Result<Self, PlanError> {
        let sweep = SweepSpec { level, ..self.file.sweep };
        PlanFile { sweep, ..self.file.clone() }.try_into()
    }

    /// The same plan analysed otherwise.
    ///
    /// # Errors
    ///
    /// When the new settings break a rule of plans.
    pub fn analysed(&self, analysis: AnalysisSpec) -> Result<Self, PlanError> {
        PlanFile { analysis, ..self.file.clone() }.try_into()
    }
}

impl TryFrom<PlanFile> for Plan {
    type Error = PlanError;

    fn try_from(file: PlanFile) -> Result<Self, Self::Error> {
        let (sweep, analysis) = (&file.sweep, &file.analysis);
        in_order(("sweep.start", sweep.start), ("sweep.stop", sweep.stop))?;
        in_order(("sweep.start", sweep.start), ("sweep.flat_from", sweep.flat_from))?;
        in_order(("sweep.flat_from", sweep.flat_from), ("sweep.flat_to", sweep.flat_to))?;
        in_order(("sweep.flat_to", sweep.flat_to), ("sweep.stop", sweep.stop))?;
        analysis.checked()?;
        in_order(("sweep.start", sweep.start), ("analysis.from", analysis.from))?;
        in_order(("analysis.to", analysis.to), ("sweep.stop", sweep.stop))?;
        let limit_hz = Self::HIGHEST_STOP * file.rate.as_f64();
        if sweep.stop.hz() > limit_hz {
            let (stop_hz, rate_hz) = (sweep.stop.hz(), file.rate.hz());
            return Err(PlanError::AboveNyquist { stop_hz, rate_hz, limit_hz });
        }
        // A level that is not a number is not a level either.
        if sweep.level.db().is_nan() || sweep.level.db() > 0.0 {
            return Err(PlanError::TooLoud(sweep.level));
        }
        if !(1..=64).contains(&sweep.repeats) {
            return Err(PlanError::Repeats(sweep.repeats));
        }
        if sweep.duration.s() < 0.1 {
            return Err(PlanError::TooShort(sweep.duration));
        }
        let limit_s = Self::MOST_FRAMES / file.rate.as_f64();
        let duration_s = file.duration_s();
        if duration_s > limit_s {
            return Err(PlanError::TooLong { duration_s, limit_s });
        }
        Ok(Self { file })
    }
}

impl PlanFile {
    /// Duration of the whole stimulus but for its markers.
    fn duration_s(&self) -> f64 {
        let (sweep, silence) = (&self.sweep, &self.silence);
        let repeat_s = sweep.duration.s() + silence.gap.s();
        silence.lead_in.s() + f64::from(sweep.repeats) * repeat_s + silence.tail.s()
    }
}

fn in_order(
    (lower, low): (&'static str, Frequency),
    (upper, high): (&'static str, Frequency),
) -> Result<(), PlanError> {
    if low < high {
        return Ok(());
    }
    Err(PlanError::Order { lower, lower_hz: low.hz(), upper, upper_hz: high.hz() })
}

impl From<Plan> for PlanFile {
    fn from(plan: Plan) -> Self {
        plan.file
    }
}
