//! Findings in words: what was seen, what it does to the result, what to change.

mod jigs;
mod seatings;

use std::borrow::Cow;

use super::kind::FindingKind;

/// What a finding says, in three parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What was seen, and by how much.
    pub seen: String,
    /// What it does to the result.
    pub effect: Cow<'static, str>,
    /// What to change.
    pub remedy: Cow<'static, str>,
}

impl Words {
    fn new(
        seen: impl Into<String>,
        effect: impl Into<Cow<'static, str>>,
        remedy: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { seen: seen.into(), effect: effect.into(), remedy: remedy.into() }
    }

    /// All of it, as one text.
    #[must_use]
    pub fn message(&self) -> String {
        format!("{}; {}. {}", self.seen, self.effect, self.remedy)
    }
}

const AGAIN: &str = "Close other programs, use a larger --buffer, and measure again";

const LEFT_OUT: &str = "that sweep was left out, and the others were used";

impl FindingKind {
    /// The finding in words.
    #[must_use]
    pub fn words(&self) -> Words {
        self.about_presence()
            .or_else(|| self.about_wholeness())
            .or_else(|| self.about_clocks())
            .or_else(|| self.about_level_and_noise())
            .or_else(|| self.about_wiring())
            .or_else(|| self.about_jigs())
            .or_else(|| self.about_linearity())
            .or_else(|| self.about_the_rig())
            .or_else(|| self.about_seatings())
            .unwrap_or_else(|| self.about_settings())
    }

    #[expect(clippy::too_many_lines, reason = "one text per kind, best read side by side")]
    fn about_presence(&self) -> Option<Words> {
        let words = match self {
            Self::NoStimulus { channel, statistic, threshold } => Words::new(
                format!(
                    "no stimulus found in channel {channel}: the correlation with the stimulus \
                     reaches {statistic:.1} deviations, and noise alone stays below \
                     {threshold:.0}"
                ),
                "there is nothing to analyse",
                "Check that the stimulus was played, that this is the right channel (--channels) \
                 and that the plan or stimulus file is the one that was played",
            ),
            Self::DeadInput { channel } => Words::new(
                format!("channel {channel} is silent: every sample has the same value"),
                "there is nothing to analyse",
                "Check the cable, that the input is not muted and that this is the right channel \
                 (--channels)",
            ),
            Self::ShortedInput { channel, rms_dbfs } => Words::new(
                format!(
                    "channel {channel} holds nothing but {rms_dbfs:.0} dBFS of noise, less than \
                     an input has that is connected to something"
                ),
                "there is nothing to analyse",
                "Look for a short in plug or cable, an input gain at its end, or a muted input",
            ),
            Self::FloatingInput { channel, mains_hz, rms_dbfs } => Words::new(
                format!(
                    "channel {channel} holds hum of {mains_hz:.0} Hz ({rms_dbfs:.0} dBFS) and no \
                     stimulus, as an input does to which nothing is connected"
                ),
                "there is nothing to analyse",
                "Plug the cable in, check its ground, and that this is the right channel \
                 (--channels)",
            ),
            Self::MicrophoneSilent { channel, rms_dbfs } => Words::new(
                format!(
                    "another channel holds the stimulus, but channel {channel} only noise \
                     ({rms_dbfs:.0} dBFS)"
                ),
                "the microphone heard nothing, so there is no response",
                "Check that the microphone is plugged in and powered (phantom or plug-in power), \
                 that this is the right channel (--channels), and that the headphone plays",
            ),
            Self::CrosstalkOnly { channel, level_db, slope_db_per_octave } => Words::new(
                format!(
                    "what channel {channel} holds is crosstalk: {level_db:.0} dB at 1 kHz, \
                     rising by {slope_db_per_octave:.1} dB per octave"
                ),
                "the curve is that of the crosstalk and not of a headphone",
                "Plug the microphone in, switch its power on, and check that the headphone plays",
            ),
            Self::OtherPlan { named, found: Some(found) } => Words::new(
                format!("the recording holds the stimulus '{found}', not '{named}'"),
                "divided by the wrong sweep, nothing of the curve is true",
                format!("Name the one that was played: --plan {found}"),
            ),
            Self::OtherPlan { named, found: None } => Words::new(
                format!(
                    "the recording holds something like '{named}' that does not fit it: another \
                     sweep, or one that was changed"
                ),
                "divided by the wrong sweep, nothing of the curve is true",
                "Name the plan or the stimulus file that was played",
            ),
            Self::WrongRate { claimed_hz, found_hz } => Words::new(
                format!(
                    "the file says {claimed_hz:.0} Hz, but its content fits the stimulus at \
                     {found_hz:.0} Hz"
                ),
                "all frequencies would be wrong by that ratio",
                "Set player, sound system and recorder to one sample rate, and record again",
            ),
            _ => return None,
        };
        Some(words)
    }

    #[expect(clippy::too_many_lines, reason = "one text per kind, best read side by side")]
    fn about_wholeness(&self) -> Option<Words> {
        let words = match self {
            Self::Truncated { needed_frames, found_frames } => Words::new(
                format!(
                    "the take is cut short: the stimulus needs {needed_frames} frames from where \
                     it begins, the take has {found_frames}"
                ),
                "the missing part is the missing band",
                "Record from before the stimulus until it has ended, plus a second",
            ),
            Self::FileCutShort { claimed_frames, found_frames } => Words::new(
                format!(
                    "the file of the take ends early: its header claims {claimed_frames} frames, \
                     and {found_frames} are there"
                ),
                "they were analysed as far as they go",
                "Copy the file again, or stop the recorder before taking the file",
            ),
            Self::Interrupted => Words::new(
                "the capture ended before the stimulus had",
                "the take is kept but not analysed",
                "Measure again",
            ),
            Self::DroppedFrames { frames } => Words::new(
                format!("the sound system reported a gap of {frames} frames or more"),
                "what comes after it is shifted in time, so the take is not analysed",
                AGAIN,
            ),
            Self::SamplesLost { samples, from_s, to_s, sweep, left_out } => {
                lost(*samples, (*from_s, *to_s), *sweep, *left_out)
            }
            Self::Gap { sweep, at_s, duration_s, left_out } => Words::new(
                format!(
                    "{:.1} ms of sweep {sweep} are missing or repeated at {at_s:.3} s, without \
                     any error from the sound system",
                    duration_s * 1e3
                ),
                left_out_or(
                    *left_out,
                    "the result is wrong in the band that the sweep passed there",
                ),
                AGAIN,
            ),
            Self::DelayStep { samples, at_s, at_hz } => Words::new(
                format!(
                    "the delay jumps by {:.0} samples at {at_s:.2} s ({at_hz:.0} Hz), which the \
                     device's own response does not explain: samples were probably {}",
                    samples.abs(),
                    lost_or_inserted(*samples)
                ),
                "phase, and near that frequency the level, are wrong",
                "Use a plan with two sweeps, which can tell for certain, and measure again",
            ),
            Self::MarkersMissing => Words::new(
                "the take was cut so that the marks before and after the sweeps are not both in it",
                "whether samples were lost can be told less well",
                "Keep the whole recording",
            ),
            Self::LossesNotCheckable { snr_db } => Words::new(
                format!("the sweeps lie only {snr_db:.0} dB above the noise"),
                "whether samples were lost inside them cannot be told below 20 dB",
                "Raise the level or lower the noise",
            ),
            _ => return None,
        };
        Some(words)
    }

    fn about_clocks(&self) -> Option<Words> {
        let words = match self {
            Self::ClockDrift { ppm, corrected: true, u_ppm, u_phase_deg } => Words::new(
                format!(
                    "playback and capture run on different clocks ({ppm:+.3} ppm, good to {:.3} ppm)",
                    (2.0 * u_ppm).max(0.001)
                ),
                format!(
                    "the reference was synthesised anew on the recorder's clock; what is left \
                     makes the phase uncertain by {u_phase_deg:.2}° at 10 kHz"
                ),
                "Play and record with one device if that is too much",
            ),
            Self::ClockDrift { ppm, .. } => Words::new(
                format!("playback and capture run on different clocks ({ppm:+.2} ppm)"),
                "each sweep is aligned on its own, magnitudes are hardly affected, but the phase \
                 is uncertain towards high frequencies",
                "Play and record with one device if phase matters",
            ),
            Self::ClockUnsteady { least_ppm, most_ppm } => Words::new(
                format!(
                    "the clocks of playback and capture drift unevenly, between {least_ppm:+.1} \
                     and {most_ppm:+.1} ppm"
                ),
                "magnitudes are averaged sweep by sweep, but phase and group delay have no meaning",
                "Play and record with one device, or over a cable instead of a wireless link",
            ),
            Self::Resampled { cutoff_hz, rate_hz, image_db } => Words::new(
                format!(
                    "nothing passes above {cutoff_hz:.0} Hz, as after a conversion to {rate_hz:.0} \
                     Hz and back{}",
                    image_db.map_or(String::new(), |db| format!(
                        ", and mirror images lie at {db:.0} dB"
                    ))
                ),
                "the curve ends there, and what a converter of rates adds is in it",
                "Set device, sound system and plan to one sample rate, or name the device itself \
                 (hw:…)",
            ),
            _ => return None,
        };
        Some(words)
    }

    #[expect(clippy::too_many_lines, reason = "one text per kind, best read side by side")]
    fn about_level_and_noise(&self) -> Option<Words> {
        let words = match self {
            Self::Clipped { channel, samples, first_at_s, level_dbfs } => Words::new(
                format!(
                    "channel {channel} is clipped: {samples} samples lie at the end of the scale \
                     ({level_dbfs:.1} dBFS), the first {first_at_s:.3} s into the take"
                ),
                "a clipped response is wrong by decibels",
                "Lower the input gain or the output level until the peak stays below -3 dBFS, \
                 and measure again",
            ),
            Self::SoftClipped { channel, third_db, fifth_db } => Words::new(
                format!(
                    "channel {channel} is distorted as an overdriven stage distorts: third \
                     harmonic {third_db:.0} dB, fifth {fifth_db:.0} dB"
                ),
                "its level is too low where the signal is strong",
                "Lower the output level, or the gain before the input, and measure again; on a \
                 balanced output see that neither wire is grounded",
            ),
            Self::LowLevel { channel, peak_dbfs } => Words::new(
                format!("channel {channel} peaks at {peak_dbfs:.1} dBFS only"),
                "noise will show in the result",
                "Raise the input gain until the peak lies between -20 and -3 dBFS",
            ),
            Self::DcOffset { channel, offset_fs } => Words::new(
                format!("channel {channel} has a mean of {:.2} % of full scale", offset_fs * 100.0),
                "the result is not affected, but the range of the converter is smaller by that",
                "Look for a fault in cable, input or microphone supply",
            ),
            Self::LowSnr { from_hz, to_hz, snr_db, half_width_db, limit_db } => Words::new(
                format!(
                    "between {from_hz:.0} and {to_hz:.0} Hz the result lies only {snr_db:.0} dB \
                     above the noise"
                ),
                format!(
                    "there it is uncertain by ±{half_width_db:.2} dB (95 %), and ±{limit_db} dB \
                     are wanted"
                ),
                "Raise the level, lower the noise, or play more sweeps: four times as many halve \
                 the uncertainty",
            ),
            Self::MainsHum { channel, mains_hz, level_dbfs, lines_hz, spoiled_hz, effect_db } => {
                hum(*channel, (*mains_hz, *level_dbfs, *effect_db), lines_hz, spoiled_hz)
            }
            Self::ImpulsiveNoise {
                channel,
                sweep,
                at_s,
                from_hz,
                to_hz,
                excess_db,
                left_out,
                ..
            } => Words::new(
                format!(
                    "a short noise fell into sweep {sweep} of channel {channel} at {at_s:.3} \
                         s, {excess_db:.0} dB above the rest, while the sweep passed {from_hz:.0} \
                         to {to_hz:.0} Hz"
                ),
                left_out_or(*left_out, "the result is wrong in that band"),
                "Wait until it is quiet, and measure again",
            ),
            Self::TimeVariant { from_hz, to_hz, ratio_db, effect_db } => Words::new(
                format!(
                    "the sweeps differ by {ratio_db:.0} dB more than the noise explains, most \
                     between {from_hz:.0} and {to_hz:.0} Hz"
                ),
                format!(
                    "something changed between them by {effect_db:.2} dB, and the stated \
                     uncertainty contains it"
                ),
                "Let the headphone settle, leave the cable alone, and look for what moves or warms",
            ),
            Self::LevelDrift { db_per_sweep } => Words::new(
                format!("the level changes by {db_per_sweep:+.3} dB from sweep to sweep"),
                "the mean is that of a device that warms or settles",
                "Lower the level, or wait until it is steady",
            ),
            _ => return None,
        };
        Some(words)
    }

    fn about_wiring(&self) -> Option<Words> {
        let words = match self {
            Self::ChannelsSwapped { reference, measured } => Words::new(
                format!(
                    "channels {reference} and {measured} seem to be swapped: each holds what the \
                     other one should"
                ),
                "the curve is upside down, or one of nothing",
                "Swap the two plugs, or say which is which with --channels",
            ),
            Self::PolarityInverted { channel } => Words::new(
                format!(
                    "channel {channel} has inverted polarity: the impulse response points down"
                ),
                "the phase is off by 180°",
                "Swap the two wires of the microphone or of the output, or note that the device \
                 inverts",
            ),
            Self::NoCurrent { difference } => Words::new(
                format!(
                    "both channels carry the same signal (they differ by {:.3} % at most)",
                    difference * 100.0
                ),
                "no current flows through the sense resistor",
                "Check that the headphone is plugged in, that the inputs sit on the two sides of \
                 the resistor, and that the jig's ground is connected (without it hum stands in \
                 both inputs)",
            ),
            Self::NotPassive { frequency_hz, real_ohm } => Words::new(
                format!(
                    "the impedance has a negative real part ({real_ohm:.2} Ω at \
                     {frequency_hz:.0} Hz)"
                ),
                "no headphone has one",
                "The two inputs are probably swapped (try --channels reference=2,sense=1), the \
                 topology is the other one, or the gains of the inputs differ",
            ),
            Self::ChannelAssumed { role, channel, channels } => Words::new(
                format!("the take has {channels} channels and nothing says which is the {role}"),
                format!("channel {channel} was taken"),
                "Say which is which with --channels",
            ),
            _ => return None,
        };
        Some(words)
    }

    fn about_the_rig(&self) -> Option<Words> {
        let words = match self {
            Self::NothingHeard { channel, rms_dbfs } => Words::new(
                format!(
                    "input {channel} hears nothing of the output (noise of {rms_dbfs:.0} dBFS)"
                ),
                "there is nothing to measure",
                "Check cable, plug and input switch, and turn volume and input gain up a little",
            ),
            Self::Crosstalk { channel, from, level_db } => Words::new(
                format!(
                    "input {channel}, which is not in use, hears {level_db:.0} dB of input {from}"
                ),
                "the inputs that are in use hear each other as much",
                "Keep the cables of microphone and loopback apart, and turn unused gains down",
            ),
            Self::LittleHeadroom { channel, peak_dbfs } => Words::new(
                format!("input {channel} peaks at {peak_dbfs:.1} dBFS"),
                "a resonance of the next headphone will clip it",
                "Lower the gain of that input until the peak lies between -20 and -3 dBFS",
            ),
            Self::NoisyInput { channel, rms_dbfs, snr_db } => Words::new(
                format!(
                    "the noise of input {channel} ({rms_dbfs:.0} dBFS) lies only {snr_db:.0} dB \
                     below the signal's peak"
                ),
                "it shows in a result",
                "Raise the level, find a quieter room, or use an input with less noise",
            ),
            Self::ConverterDistortion { channel, second_db, third_db } => Words::new(
                format!(
                    "output and input {channel} distort by themselves (second harmonic \
                     {second_db:.0} dB, third {third_db:.0} dB)"
                ),
                "a headphone's distortion below that cannot be seen",
                "Lower the output level, or the gain before the input, and check again",
            ),
            _ => return None,
        };
        Some(words)
    }

    #[expect(clippy::too_many_lines, reason = "one text per kind, best read side by side")]
    fn about_settings(&self) -> Words {
        match self {
            Self::NegativeDelay { samples } => Words::new(
                format!(
                    "the response comes {:.0} samples before the stimulus file: the recording \
                     was started later than the file begins",
                    samples.abs()
                ),
                "the magnitude is not affected, only the delay has no meaning of its own",
                "Nothing needs to be done",
            ),
            Self::SingleSweep { predicted } => Words::new(
                "there is only one sweep",
                if *predicted {
                    "the uncertainty is what the noise in the silence before it predicts"
                } else {
                    "without silence before it either, the uncertainty is not known"
                },
                "Use a plan with two or more sweeps, or several takes",
            ),
            Self::ShortGate { gate_s, unresolved_below_hz } => Words::new(
                format!("the gate after the peak is {:.0} ms long", gate_s * 1e3),
                format!("nothing is resolved below {unresolved_below_hz:.0} Hz"),
                "Use a longer --gate on a coupler, where there is no reflection to remove",
            ),
            Self::BandNarrowed { from_hz, to_hz } => Words::new(
                format!("the stimulus excites {from_hz:.0} Hz to {to_hz:.0} Hz"),
                "the result covers no more than that",
                "Use a plan with a wider sweep if more is wanted",
            ),
            Self::StaleCalibration { calibration, made_at, valid_until } => Words::new(
                format!(
                    "the calibration '{calibration}' of {made_at} was valid until {valid_until}"
                ),
                "it was applied all the same, and may no longer hold",
                "Calibrate again",
            ),
            Self::ForeignCalibration { calibration, differs } => Words::new(
                format!("the calibration '{calibration}' was made for something else: {differs}"),
                "it was applied all the same, and may be wrong here",
                "Use the calibration of this rig, or calibrate again",
            ),
            Self::CalibrationBand { calibration, from_hz, to_hz } => Words::new(
                format!(
                    "the calibration '{calibration}' covers {from_hz:.0} Hz to {to_hz:.0} Hz only"
                ),
                "the result covers no more than that",
                "Use a calibration that reaches further if more is wanted",
            ),
            Self::BeyondLimit { limit } => Words::new(
                format!("a level above {limit} was played because --beyond-limit insisted"),
                "the result is not affected, but ears and drivers may be",
                "Leave --beyond-limit away unless it is needed",
            ),
            Self::Remeasured { refused } => Words::new(
                if *refused == 1 {
                    "an earlier take could not be used and was measured again".to_owned()
                } else {
                    format!("{refused} earlier takes could not be used and were measured again")
                },
                "what was captured is kept, and not in the result",
                "If it happens often, look for the cause that the findings name",
            ),
            Self::Accepted { refusal } => Words::new(
                format!("this take would have been refused ({refusal})"),
                format!("it was analysed because --accept {refusal} insisted"),
                "Do not publish it without saying so",
            ),
            // What is left: every other kind has its words above.
            _ => Words::new(
                "the gains of the two inputs were taken as equal within the stated tolerance \
                 (--gain-match)",
                "no calibration was applied, and 0.01 dB of mismatch is 0.5 % of a headphone \
                 three times the sense resistor",
                "Calibrate the inputs",
            ),
        }
    }
}

const fn lost_or_inserted(samples: f64) -> &'static str {
    if samples < 0.0 { "lost" } else { "inserted" }
}

fn left_out_or(left_out: bool, effect: &'static str) -> &'static str {
    if left_out { LEFT_OUT } else { effect }
}

fn lost(samples: f64, (from_s, to_s): (f64, f64), sweep: Option<usize>, left_out: bool) -> Words {
    let place = if to_s - from_s < 0.01 {
        format!("at {from_s:.3} s")
    } else {
        format!("between {from_s:.2} s and {to_s:.2} s")
    };
    let sweep_name = sweep.map_or(String::new(), |sweep| format!(" (sweep {sweep})"));
    let seen = format!(
        "{:.0} samples were {} {place} of the take{sweep_name}, without any error from the sound \
         system",
        samples.abs(),
        lost_or_inserted(samples),
    );
    let effect = match (left_out, sweep) {
        (true, _) => LEFT_OUT,
        (false, Some(_)) => "response and phase are wrong from there on",
        (false, None) => "the time base is broken there",
    };
    Words::new(seen, effect, AGAIN)
}

fn hum(
    channel: usize,
    (mains_hz, level_dbfs, effect_db): (f64, f64, f64),
    lines_hz: &[f64],
    spoiled_hz: &[f64],
) -> Words {
    let listed =
        |lines: &[f64]| lines.iter().map(|hz| format!("{hz:.0}")).collect::<Vec<_>>().join(", ");
    let effect = if spoiled_hz.is_empty() {
        format!("the result is affected by {effect_db:.2} dB at most")
    } else {
        format!("the result can be off by {effect_db:.1} dB at {} Hz", listed(spoiled_hz))
    };
    Words::new(
        format!(
            "channel {channel} holds hum of the mains ({mains_hz:.0} Hz, {level_dbfs:.0} dBFS at \
             {} Hz)",
            listed(lines_hz)
        ),
        effect,
        "Break the ground loop: one mains outlet for all devices, balanced or shorter cables, a \
         laptop on its battery",
    )
}
