//! What can be noticed, with its figures.

use serde::{Deserialize, Serialize};

use crate::model::SiblingFigure;

/// What can be noticed. The figures say by how much, and where in time or frequency.
///
/// Channels, sweeps and takes are counted from one. Times are seconds from the beginning of the
/// take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum FindingKind {
    // Is the stimulus there, and is it the right one?
    /// The stimulus is not in the recording.
    NoStimulus {
        /// Channel.
        channel: usize,
        /// Peak of the whitened correlation over its robust deviation.
        statistic: f64,
        /// What noise alone stays below.
        threshold: f64,
    },
    /// Every sample of the channel has the same value.
    DeadInput {
        /// Channel.
        channel: usize,
    },
    /// The channel holds less noise than any open input of a converter has.
    ShortedInput {
        /// Channel.
        channel: usize,
        /// Effective value of what is there, without its mean, re full scale.
        rms_dbfs: f64,
    },
    /// Nothing but hum and its harmonics, as an input has to which nothing is connected.
    FloatingInput {
        /// Channel.
        channel: usize,
        /// Frequency of the mains.
        mains_hz: f64,
        /// Effective value re full scale.
        rms_dbfs: f64,
    },
    /// Another channel holds the stimulus, the measured one only noise.
    MicrophoneSilent {
        /// Channel.
        channel: usize,
        /// Effective value of its noise re full scale.
        rms_dbfs: f64,
    },
    /// What looks like the measured signal is crosstalk from the output or the reference.
    CrosstalkOnly {
        /// Channel.
        channel: usize,
        /// Level at 1 kHz re the reference, or re the stimulus.
        level_db: f64,
        /// Its rise over frequency.
        slope_db_per_octave: f64,
    },
    /// The recording holds another stimulus than the one that was named.
    OtherPlan {
        /// The stimulus that was named.
        named: String,
        /// The one that fits; absent if none of the known ones does.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        found: Option<String>,
    },
    /// The stimulus is there, but played or recorded at another rate than the file says.
    WrongRate {
        /// The rate that the file claims.
        claimed_hz: f64,
        /// The rate at which its content fits the stimulus.
        found_hz: f64,
    },

    // Is it whole?
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
    /// Samples are missing or were inserted, without any error from the sound system.
    SamplesLost {
        /// How many, as far as the content tells: negative is lost, positive inserted.
        samples: f64,
        /// The fault lies between this time …
        from_s: f64,
        /// … and this one.
        to_s: f64,
        /// The sweep in which it happened; absent if it happened outside of all.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        sweep: Option<usize>,
        /// Whether that sweep was left out and the others were used.
        #[serde(default)]
        left_out: bool,
    },
    /// A piece of a sweep is missing or repeated, though the time base is kept.
    Gap {
        /// Sweep.
        sweep: usize,
        /// Where it begins.
        at_s: f64,
        /// How long it lasts.
        duration_s: f64,
        /// Whether the sweep was left out and the others were used.
        left_out: bool,
    },
    /// Within one sweep the delay jumps in a way that the device's own response does not explain.
    DelayStep {
        /// By how many samples; negative is lost, positive inserted.
        samples: f64,
        /// Where.
        at_s: f64,
        /// Frequency of the sweep there.
        at_hz: f64,
    },
    /// The recording does not reach to where the markers of the stimulus lie.
    MarkersMissing,
    /// The noise is too high to tell whether samples were lost inside the sweeps.
    LossesNotCheckable {
        /// Level of the sweeps over the noise.
        snr_db: f64,
    },

    // Do the clocks agree?
    /// Playback and capture run on different clocks.
    ClockDrift {
        /// Rate of the recording against the playback, minus one, in parts per million: positive
        /// if the recorder's clock is fast.
        ppm: f64,
        /// Standard uncertainty of that.
        #[serde(default)]
        u_ppm: f64,
        /// Whether the reference was synthesised anew on the recorder's clock.
        #[serde(default)]
        corrected: bool,
        /// What the uncertainty does to the phase at 10 kHz.
        #[serde(default)]
        u_phase_deg: f64,
    },
    /// The difference of the clocks is not constant.
    ClockUnsteady {
        /// The smallest difference between two marks, in parts per million.
        least_ppm: f64,
        /// The largest.
        most_ppm: f64,
    },
    /// The sound system converted the sample rate.
    Resampled {
        /// Nothing passes above this frequency.
        cutoff_hz: f64,
        /// The sample rate with that limit.
        rate_hz: f64,
        /// Level of the mirror images re the signal, where there are any.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        image_db: Option<f64>,
    },

    // Level, noise and distortion.
    /// The converter, or something before it, was driven to its end.
    Clipped {
        /// Channel.
        channel: usize,
        /// How many samples lie at the end of the scale.
        samples: usize,
        /// Where the first lies.
        first_at_s: f64,
        /// The level at which they lie, re full scale.
        #[serde(default)]
        level_dbfs: f64,
    },
    /// An electrical channel is distorted as an overdriven stage distorts.
    SoftClipped {
        /// Channel.
        channel: usize,
        /// Third harmonic re the fundamental.
        third_db: f64,
        /// Fifth harmonic re the fundamental.
        fifth_db: f64,
    },
    /// The level lies far below the converter's range.
    LowLevel {
        /// Channel.
        channel: usize,
        /// Peak sample level re full scale.
        peak_dbfs: f64,
    },
    /// The mean of the samples is far from zero.
    DcOffset {
        /// Channel.
        channel: usize,
        /// The mean, 1.0 being full scale.
        offset_fs: f64,
    },
    /// In an octave the noise is too high for the wanted uncertainty.
    LowSnr {
        /// Lower edge of the band.
        from_hz: f64,
        /// Upper edge.
        to_hz: f64,
        /// Level of the result over the noise in it.
        snr_db: f64,
        /// Half the width of the 95 % interval of a third of an octave there.
        half_width_db: f64,
        /// What is wanted.
        limit_db: f64,
    },
    /// An input peaks so high that a resonance would clip it.
    LittleHeadroom {
        /// Channel.
        channel: usize,
        /// Its peak re full scale.
        peak_dbfs: f64,
    },
    /// An input is so noisy that it shows in a result.
    NoisyInput {
        /// Channel.
        channel: usize,
        /// Effective value in the silence re full scale.
        rms_dbfs: f64,
        /// The signal's peak over it.
        snr_db: f64,
    },
    /// Output and input distort by themselves.
    ConverterDistortion {
        /// Channel.
        channel: usize,
        /// Second harmonic re the fundamental.
        second_db: f64,
        /// Third harmonic re the fundamental.
        third_db: f64,
    },
    /// The mains and its harmonics are in the capture.
    MainsHum {
        /// Channel.
        channel: usize,
        /// Frequency of the mains: 50 or 60.
        mains_hz: f64,
        /// Effective value of the strongest line re full scale.
        level_dbfs: f64,
        /// The lines that were found.
        lines_hz: Vec<f64>,
        /// The lines at which the result is off by more than a tenth of a decibel.
        spoiled_hz: Vec<f64>,
        /// The largest error that they can cause in the result.
        effect_db: f64,
    },
    /// A short noise (a door, a cough, a click) fell into a sweep.
    ImpulsiveNoise {
        /// Channel.
        channel: usize,
        /// Sweep.
        sweep: usize,
        /// Where it begins.
        at_s: f64,
        /// How long it lasts.
        duration_s: f64,
        /// Lower edge of the band that the sweep passed meanwhile.
        from_hz: f64,
        /// Upper edge of it.
        to_hz: f64,
        /// Its level re the noise without it.
        excess_db: f64,
        /// What it does to the level of the result in that band, about.
        #[serde(default)]
        effect_db: f64,
        /// Whether the sweep was left out and the others were used.
        left_out: bool,
    },
    /// The sweeps of a take differ by more than the noise explains.
    TimeVariant {
        /// Lower edge of the band in which they differ most.
        from_hz: f64,
        /// Upper edge of it.
        to_hz: f64,
        /// Scatter of the sweeps over that of the noise, in power.
        ratio_db: f64,
        /// Standard deviation between sweeps that the noise does not explain.
        #[serde(default)]
        effect_db: f64,
    },
    /// The level rises or falls from sweep to sweep.
    LevelDrift {
        /// By how much per sweep.
        db_per_sweep: f64,
    },

    // Wiring.
    /// Two channels hold what the other one should.
    ChannelsSwapped {
        /// The channel that was taken for the reference.
        reference: usize,
        /// The channel that was taken for the measured one.
        measured: usize,
    },
    /// The peak of the impulse response points the other way.
    PolarityInverted {
        /// Channel.
        channel: usize,
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
    /// The impedance is larger than that of any headphone.
    NotConnected {
        /// Its smallest magnitude.
        lowest_ohm: f64,
        /// Whether the headphone lies between the source and the sense resistor.
        low_side: bool,
    },
    /// The impedance is smaller than that of any headphone.
    JigShorted {
        /// Its largest magnitude.
        highest_ohm: f64,
    },
    /// The current through the headphone has harmonics that the drive has not.
    CurrentDistorted {
        /// The strongest: 2 or 3.
        order: u8,
        /// Its amplitude, in percent of the fundamental.
        percent: f64,
    },
    /// The loads of an output do not agree on one linear output.
    LoadDependent {
        /// The lightest load at which the voltage is not what lighter ones say, if one stands out.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        load_ohm: Option<f64>,
        /// By how much the voltage is above that, in decibels.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        off_db: Option<f64>,
    },
    /// An output does not follow its drive above a level.
    LevelDependent {
        /// The lightest load for which it does not; absent if open.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        load_ohm: Option<f64>,
        /// The highest level at which it does, in dBFS.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        clean_dbfs: Option<f64>,
        /// The lowest level at which it does not, in dBFS.
        limited_dbfs: f64,
        /// By how much the gain differs there, in decibels; absent if the take could not be used.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        change_db: Option<f64>,
    },
    /// Nothing but noise reaches the input at the idle channel, whatever the load.
    IdleSilent {
        /// That input, counted from one.
        channel: usize,
    },
    /// The load changes crosstalk with the sign that another ground of the inputs would give.
    OtherGround {
        /// The resistance that a shared return would have.
        return_ohm: f64,
    },
    /// A balanced output drives a jig whose inputs are referred to ground.
    BalancedDriveGrounded,
    /// The sense resistor that standards show is not the one that is described.
    WrongSenseResistor {
        /// What is described, with the input beside it.
        stated_ohm: f64,
        /// What was found.
        found_ohm: f64,
        /// Standard uncertainty of that.
        u_ohm: f64,
    },
    /// A standard's take looks like that of another one.
    StandardsConfused {
        /// What it is said to be.
        said: String,
        /// What it looks like.
        looks_like: String,
        /// Ratio of the inputs at 1 kHz.
        ratio: f64,
        /// What it should be.
        expected: f64,
    },
    /// More channels than roles: which was taken was not said.
    ChannelAssumed {
        /// Role.
        role: String,
        /// Channel.
        channel: usize,
        /// Channels in the recording.
        channels: usize,
    },

    /// An input that should hear the output holds only noise.
    NothingHeard {
        /// Channel.
        channel: usize,
        /// Effective value of its noise re full scale.
        rms_dbfs: f64,
    },
    /// An input that nothing is connected to hears the output.
    Crosstalk {
        /// Channel.
        channel: usize,
        /// The loudest channel that is connected.
        from: usize,
        /// Level at 1 kHz re that channel.
        level_db: f64,
    },

    // Settings and calibrations.
    /// The recording starts later than the stimulus file: the delay is negative.
    NegativeDelay {
        /// Delay of the response against the stimulus, in samples.
        samples: f64,
    },
    /// Only one sweep: the uncertainty is what the silence predicts, or not known.
    SingleSweep {
        /// Whether there was silence to predict the uncertainty from.
        #[serde(default)]
        predicted: bool,
    },
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
    /// The tolerance of the two channels' gains against each other was never measured.
    Uncalibrated,
    /// A calibration is older than it may be.
    StaleCalibration {
        /// Its name.
        calibration: String,
        /// When it was made, RFC 3339.
        made_at: String,
        /// Until when it held, RFC 3339.
        valid_until: String,
    },
    /// A calibration was made for something else.
    ForeignCalibration {
        /// Its name.
        calibration: String,
        /// What differs, in words: rig, rate, channel, content.
        differs: String,
    },
    /// A calibration reaches less far than the stimulus, and the result no further than it.
    CalibrationBand {
        /// Its name.
        calibration: String,
        /// Lowest frequency that it covers.
        from_hz: f64,
        /// Highest frequency that it covers.
        to_hz: f64,
    },
    /// A level above the rig's limit was played because the user insisted.
    BeyondLimit {
        /// What was exceeded, in words.
        limit: String,
    },
    /// The take was repeated by itself because an earlier one could not be used.
    Remeasured {
        /// Takes that could not be used.
        refused: usize,
    },
    /// The headphone sat otherwise than in the other seatings of its state.
    SeatingUnlikeSiblings {
        /// In what.
        figure: SiblingFigure,
        /// By how much it lies above, or negative below, the mean of the others: octaves for the
        /// notch, decibels else.
        by: f64,
        /// The standard deviation that is expected of one more seating, in the same unit.
        expected: f64,
        /// What a good seating exceeds once in two hundred times, in the same unit.
        limit: f64,
        /// How many others there were.
        siblings: usize,
    },
    /// The user insisted on a take that was refused.
    Accepted {
        /// The kind of the refusal.
        refusal: String,
    },
}

impl FindingKind {
    /// The kind's name, as in JSON and behind `--accept`.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a line for each kind")]
    pub const fn slug(&self) -> &'static str {
        match self {
            Self::NoStimulus { .. } => "no-stimulus",
            Self::DeadInput { .. } => "dead-input",
            Self::ShortedInput { .. } => "shorted-input",
            Self::FloatingInput { .. } => "floating-input",
            Self::MicrophoneSilent { .. } => "microphone-silent",
            Self::CrosstalkOnly { .. } => "crosstalk-only",
            Self::OtherPlan { .. } => "other-plan",
            Self::WrongRate { .. } => "wrong-rate",
            Self::Truncated { .. } => "truncated",
            Self::FileCutShort { .. } => "file-cut-short",
            Self::Interrupted => "interrupted",
            Self::DroppedFrames { .. } => "dropped-frames",
            Self::SamplesLost { .. } => "samples-lost",
            Self::Gap { .. } => "gap",
            Self::DelayStep { .. } => "delay-step",
            Self::MarkersMissing => "markers-missing",
            Self::LossesNotCheckable { .. } => "losses-not-checkable",
            Self::ClockDrift { .. } => "clock-drift",
            Self::ClockUnsteady { .. } => "clock-unsteady",
            Self::Resampled { .. } => "resampled",
            Self::Clipped { .. } => "clipped",
            Self::SoftClipped { .. } => "soft-clipped",
            Self::LowLevel { .. } => "low-level",
            Self::DcOffset { .. } => "dc-offset",
            Self::LowSnr { .. } => "low-snr",
            Self::LittleHeadroom { .. } => "little-headroom",
            Self::NoisyInput { .. } => "noisy-input",
            Self::ConverterDistortion { .. } => "converter-distortion",
            Self::MainsHum { .. } => "mains-hum",
            Self::ImpulsiveNoise { .. } => "impulsive-noise",
            Self::TimeVariant { .. } => "time-variant",
            Self::LevelDrift { .. } => "level-drift",
            Self::ChannelsSwapped { .. } => "channels-swapped",
            Self::PolarityInverted { .. } => "polarity-inverted",
            Self::NoCurrent { .. } => "no-current",
            Self::NotConnected { .. } => "not-connected",
            Self::JigShorted { .. } => "jig-shorted",
            Self::CurrentDistorted { .. } => "current-distorted",
            Self::LoadDependent { .. } => "load-dependent",
            Self::LevelDependent { .. } => "level-dependent",
            Self::IdleSilent { .. } => "idle-silent",
            Self::OtherGround { .. } => "other-ground",
            Self::BalancedDriveGrounded => "balanced-drive-grounded",
            Self::WrongSenseResistor { .. } => "wrong-sense-resistor",
            Self::StandardsConfused { .. } => "standards-confused",
            Self::NotPassive { .. } => "not-passive",
            Self::ChannelAssumed { .. } => "channel-assumed",
            Self::NothingHeard { .. } => "nothing-heard",
            Self::Crosstalk { .. } => "crosstalk",
            Self::NegativeDelay { .. } => "negative-delay",
            Self::SingleSweep { .. } => "single-sweep",
            Self::ShortGate { .. } => "short-gate",
            Self::BandNarrowed { .. } => "band-narrowed",
            Self::Uncalibrated => "uncalibrated",
            Self::StaleCalibration { .. } => "stale-calibration",
            Self::ForeignCalibration { .. } => "foreign-calibration",
            Self::CalibrationBand { .. } => "calibration-band",
            Self::BeyondLimit { .. } => "beyond-limit",
            Self::Remeasured { .. } => "remeasured",
            Self::SeatingUnlikeSiblings { .. } => "seating-unlike-siblings",
            Self::Accepted { .. } => "accepted",
        }
    }

    /// Whether the same rig may give a good take the next time, without anything being changed:
    /// frames that were lost, a door that fell shut.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::DroppedFrames { .. }
                | Self::SamplesLost { .. }
                | Self::Gap { .. }
                | Self::DelayStep { .. }
                | Self::ImpulsiveNoise { .. }
        )
    }
}
