//! The safety ramp: short bursts, quiet ones first, before anything is played at its full level.

use num_complex::Complex64;

use super::port::{Observer, Rig, RigError};
use super::protection::{Exceeded, Limits, Prediction, Scale};
use super::tone::tone_amplitude;
use crate::model::{Band, Completeness, Recording, Stimulus, StimulusError};
use crate::quantity::unit::{FullScale, Pascal};
use crate::quantity::{Gain, Level, SampleRate, amplitude_db, amplitude_ratio};

/// Frequency of the bursts.
const TONE_HZ: f64 = 1000.0;
/// Duration of a burst.
const BURST_S: f64 = 0.25;
/// Duration of its raised-cosine edges.
const EDGE_S: f64 = 0.02;
/// From one burst to the next.
const SPACING_S: f64 = 0.45;
/// Silence before the first burst: there the noise is measured.
const LEAD_S: f64 = 0.4;
/// Silence after the last burst.
const TAIL_S: f64 = 0.3;
/// The step from one burst to the next.
const STEP_DB: f64 = 6.0;
/// The steps from the first burst to the target: the first lies 42 dB below it, so that a new rig
/// starts 40 dB down or more, and at −42 dBFS at most.
const STEPS: u32 = 7;
/// Bursts in one exchange. Two let the second of them be a step above what was heard to be safe
/// before; more could not be stopped in between.
const TOGETHER: usize = 2;
/// A captured level follows a step to this, or something between compresses, limits or regulates.
const TOLERANCE_DB: f64 = 1.5;
/// A captured peak stays below this.
const HEADROOM: Level<FullScale> = Level::from_db(-3.0);
/// Nothing louder is played to inputs that hear nothing: the target for an unknown chain.
const DEAF_LIMIT: Level<FullScale> = Level::from_db(-30.0);
/// A burst is heard if it stands so far above the noise; its level is then good to 0.9 dB.
const HEARD_DB: f64 = 20.0;
/// What lies below is not heard even where there is no noise at all.
const FAINTEST: f64 = 1e-6;

/// What a ramp leads to, and what must hold on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct RampGoal {
    /// The level that is to be played afterwards.
    pub target: Level<FullScale>,
    /// Sample rate.
    pub rate: SampleRate,
    /// The limits of the rig; `None` if they do not count.
    pub limits: Option<Limits>,
    /// What is known of the rig's scale already.
    pub scale: Scale,
    /// The microphone's input, counted from zero, and the sound pressure level that a full-scale
    /// sine there stands for.
    pub microphone: Option<(usize, Level<Pascal>)>,
    /// Inputs that must hear the bursts, counted from zero; if none, any one will do.
    pub expected: Vec<usize>,
}

/// What a ramp found at one input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InputGain {
    /// From output to this input at 1 kHz; `None` if it heard nothing.
    pub gain: Option<Gain>,
    /// Peak level that a tone of 1 kHz at the target level will have there.
    pub predicted_peak: Option<Level<FullScale>>,
}

/// What a ramp found.
#[derive(Debug, Clone, PartialEq)]
pub struct Ramped {
    /// One for each input.
    pub inputs: Vec<InputGain>,
    /// What playing at the target level means.
    pub at_target: Prediction,
    /// The loudest level that was played; `None` if nothing was.
    pub reached: Option<Level<FullScale>>,
    /// Why the ramp ended before its target; `None` if the target may be played.
    pub stop: Option<RampStop>,
}

impl Ramped {
    /// Whether the target level may be played.
    #[must_use]
    pub const fn is_safe(&self) -> bool {
        self.stop.is_none()
    }
}

/// Why a ramp ended before its target. Inputs are counted from one.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum RampStop {
    /// Nothing comes back.
    #[error("input {input} hears nothing of bursts up to {} dBFS", .level.db())]
    Deaf {
        /// Input.
        input: usize,
        /// Loudest burst.
        level: Level<FullScale>,
    },
    /// What comes back does not follow what is played.
    #[error(
        "input {input} changed by {change_db:.1} dB when the output rose by {step_db:.0} dB to \
         {:.0} dBFS", .level.db()
    )]
    Uneven {
        /// Input.
        input: usize,
        /// By how much the output rose.
        step_db: f64,
        /// By how much the captured level changed.
        change_db: f64,
        /// The level that was played last.
        level: Level<FullScale>,
    },
    /// An input would be overdriven at the target, or is already.
    #[error("input {input} would peak at {:.1} dBFS", .peak.db())]
    Overdriven {
        /// Input.
        input: usize,
        /// Its peak level.
        peak: Level<FullScale>,
    },
    /// The target lies above a limit.
    #[error("{prediction} would exceed {limit}")]
    Beyond {
        /// The limit.
        limit: Exceeded,
        /// What playing at the target means.
        prediction: Prediction,
    },
    /// The exchange was stopped, or the device failed.
    #[error("the ramp was interrupted")]
    Interrupted,
}

/// Plays bursts of 1 kHz that rise in steps of 6 dB to the target, and listens after every two.
///
/// The captured level must follow each step within 1.5 dB, its peak must stay below −3 dBFS, and
/// what it predicts for the target must keep the limits. At the first thing that does not hold,
/// nothing louder is played.
///
/// # Errors
///
/// When the rig gives no recording.
pub fn ramp(
    rig: &mut dyn Rig,
    goal: &RampGoal,
    observer: &mut dyn Observer,
) -> Result<Ramped, RigError> {
    let mut climb = Climb::new(goal, rig.capabilities().inputs);
    let levels = levels(goal.target);
    // What is too loud by what is known already is not approached at all.
    if let Some(stop) = climb.beyond_limits() {
        return Ok(climb.ended(Some(stop)));
    }
    let mut left = levels.as_slice();
    while !left.is_empty() {
        let Some(group) = climb.next(left) else { break };
        left = &left[group.len()..];
        // What is silent harms nobody, and shows nothing.
        let Ok(stimulus) = bursts(group, goal.rate) else { continue };
        let recording = rig.exchange(&stimulus, observer)?;
        climb.reached = group.last().copied();
        if let Some(stop) = climb.listen(group, &recording) {
            return Ok(climb.ended(Some(stop)));
        }
    }
    let stop = climb.deaf();
    Ok(climb.ended(stop))
}

/// The levels of the bursts, rising.
fn levels(target: Level<FullScale>) -> Vec<Level<FullScale>> {
    (0..=STEPS).rev().map(|down| target + Gain::from_db(-STEP_DB * f64::from(down))).collect()
}

/// Bursts at these levels, with silence around them.
fn bursts(levels: &[Level<FullScale>], rate: SampleRate) -> Result<Stimulus, StimulusError> {
    let fs = rate.as_f64();
    let (burst, edge) = ((BURST_S * fs) as usize, EDGE_S * fs);
    let seconds = LEAD_S + SPACING_S * levels.len() as f64 + TAIL_S;
    let mut samples = vec![0.0; (seconds * fs) as usize];
    for (i, level) in levels.iter().enumerate() {
        let start = start_of(i, fs);
        for k in 0..burst {
            let from_edge = (k.min(burst - 1 - k) as f64 / edge).min(1.0);
            let envelope = 0.5 - 0.5 * (std::f64::consts::PI * from_edge).cos();
            let turns = TONE_HZ * k as f64 / fs;
            let tone = (std::f64::consts::TAU * turns.fract()).sin();
            samples[start + k] = level.amplitude() * envelope * tone;
        }
    }
    let band = Band {
        start_hz: TONE_HZ / 2.0,
        flat_from_hz: TONE_HZ * 0.9,
        flat_to_hz: TONE_HZ * 1.1,
        stop_hz: TONE_HZ * 2.0,
    };
    Stimulus::single("ramp", rate, samples, band)
}

/// The frame at which a burst starts.
fn start_of(burst: usize, fs: f64) -> usize {
    ((LEAD_S + SPACING_S * burst as f64) * fs) as usize
}

/// What is known while the level rises.
struct Climb<'a> {
    goal: &'a RampGoal,
    /// The last burst that each input heard: level played, level captured.
    heard: Vec<Option<(Level<FullScale>, Level<FullScale>)>>,
    reached: Option<Level<FullScale>>,
}

impl<'a> Climb<'a> {
    fn new(goal: &'a RampGoal, inputs: usize) -> Self {
        Self { goal, heard: vec![None; inputs], reached: None }
    }

    /// Takes in what came back of a group of bursts; says why to stop, if there is a reason.
    fn listen(&mut self, group: &[Level<FullScale>], recording: &Recording) -> Option<RampStop> {
        if recording.completeness() == Completeness::Interrupted {
            return Some(RampStop::Interrupted);
        }
        self.heard.resize(recording.channels(), None);
        for input in 0..recording.channels() {
            let channel = recording.channel(input).unwrap_or_default();
            let captured = burst_levels(channel, group, self.goal.rate);
            for (&played, captured) in group.iter().zip(captured) {
                let Some(captured) = captured else { continue };
                let before = self.heard[input].replace((played, captured));
                let step =
                    before.map(|(was, heard)| ((played - was).db(), (captured - heard).db()));
                if let Some((step_db, change_db)) = step
                    && (change_db - step_db).abs() > TOLERANCE_DB
                {
                    let (input, level) = (input + 1, played);
                    return Some(RampStop::Uneven { input, step_db, change_db, level });
                }
            }
            let loudest = channel.iter().fold(0.0_f64, |peak, v| peak.max(v.abs()));
            let peak = Level::from_db(amplitude_db(loudest));
            if peak > HEADROOM {
                return Some(RampStop::Overdriven { input: input + 1, peak });
            }
        }
        self.overdriven().or_else(|| self.beyond_limits())
    }

    /// The bursts to play next; `None` if an input that should hear them would stay without
    /// protection.
    fn next<'b>(&self, left: &'b [Level<FullScale>]) -> Option<&'b [Level<FullScale>]> {
        let group = &left[..TOGETHER.min(left.len())];
        if self.unheard().is_none() {
            return Some(group);
        }
        let quiet = group.iter().take_while(|&&level| level <= DEAF_LIMIT).count();
        (quiet > 0).then(|| &group[..quiet])
    }

    fn gain(&self, input: usize) -> Option<Gain> {
        let (played, captured) = self.heard.get(input).copied().flatten()?;
        Some(captured - played)
    }

    fn predicted_peak(&self, input: usize) -> Option<Level<FullScale>> {
        self.gain(input).map(|gain| self.goal.target + gain)
    }

    /// The first input that the target would overdrive.
    fn overdriven(&self) -> Option<RampStop> {
        let peaks = (0..self.heard.len()).filter_map(|i| Some((i + 1, self.predicted_peak(i)?)));
        let mut above = peaks.filter(|&(_, peak)| peak > HEADROOM);
        above.next().map(|(input, peak)| RampStop::Overdriven { input, peak })
    }

    fn at_target(&self) -> Prediction {
        let goal = self.goal;
        let scale = match goal.microphone.map(|(input, full)| (self.gain(input), full)) {
            Some((Some(gain), full_scale)) => goal.scale.with_microphone(gain, full_scale),
            _ => goal.scale,
        };
        scale.at(goal.target)
    }

    fn beyond_limits(&self) -> Option<RampStop> {
        let prediction = self.at_target();
        let limit = self.goal.limits?.exceeded_by(&prediction)?;
        Some(RampStop::Beyond { limit, prediction })
    }

    /// An input that should have heard what was played and did not, counted from zero.
    fn unheard(&self) -> Option<usize> {
        let expected = &self.goal.expected;
        if expected.is_empty() {
            return self.heard.iter().all(Option::is_none).then_some(0);
        }
        let deaf = |&input: &usize| self.heard.get(input).copied().flatten().is_none();
        expected.iter().copied().find(deaf)
    }

    fn deaf(&self) -> Option<RampStop> {
        let (input, level) = (self.unheard()? + 1, self.reached?);
        Some(RampStop::Deaf { input, level })
    }

    fn ended(self, stop: Option<RampStop>) -> Ramped {
        let at_target = self.at_target();
        let of = |input| InputGain {
            gain: self.gain(input),
            predicted_peak: self.predicted_peak(input),
        };
        let inputs = (0..self.heard.len()).map(of).collect();
        Ramped { inputs, at_target, reached: self.reached, stop }
    }
}

/// The captured peak level of each burst of a group, as far as they are heard.
fn burst_levels(
    channel: &[f64],
    group: &[Level<FullScale>],
    rate: SampleRate,
) -> Vec<Option<Level<FullScale>>> {
    let (fs, inner) = (rate.as_f64(), BURST_S - 2.0 * EDGE_S);
    let length = (inner * fs) as usize;
    let least = (amplitude_ratio(HEARD_DB) * noise(channel, length, rate)).max(FAINTEST);
    let delay = delay_of(channel, group, rate);
    let level = |burst: usize| {
        let from = delay + start_of(burst, fs) + (EDGE_S * fs) as usize;
        let piece = channel.get(from..from + length)?;
        let amplitude = tone_amplitude(piece, TONE_HZ, rate);
        (amplitude > least).then(|| Level::from_db(amplitude_db(amplitude)))
    };
    (0..group.len()).map(level).collect()
}

/// The amplitude of the noise around the tone's frequency, in the silence before the bursts.
fn noise(channel: &[f64], length: usize, rate: SampleRate) -> f64 {
    /// Between the harmonics of the mains, and not too far from the tone.
    const OFFSETS_HZ: [f64; 8] = [-75.0, -55.0, -35.0, -15.0, 15.0, 35.0, 55.0, 75.0];
    let silence = &channel[..length.min(channel.len())];
    let power = |offset: f64| tone_amplitude(silence, TONE_HZ + offset, rate).powi(2);
    let around = (OFFSETS_HZ.map(power).iter().sum::<f64>() / OFFSETS_HZ.len() as f64).sqrt();
    around.max(tone_amplitude(silence, TONE_HZ, rate))
}

/// Frames by which the bursts come late: where their pattern fits best.
fn delay_of(channel: &[f64], group: &[Level<FullScale>], rate: SampleRate) -> usize {
    /// From one trial to the next; a burst may lie off by its edges.
    const TRIAL_S: f64 = 0.002;
    let fs = rate.as_f64();
    let (burst, hop) = ((BURST_S * fs) as usize, ((TRIAL_S * fs) as usize).max(1));
    let sums = running_sums(channel, rate);
    let end = start_of(group.len() - 1, fs) + burst;
    let height = |delay: usize| -> f64 {
        let of = |(i, level): (usize, &Level<FullScale>)| {
            let from = delay + start_of(i, fs);
            level.amplitude() * (sums[from + burst] - sums[from]).norm()
        };
        group.iter().enumerate().map(of).sum()
    };
    let trials = (0..=channel.len().saturating_sub(end)).step_by(hop);
    let trials = trials.filter(|delay| delay + end <= channel.len());
    let best = trials.map(|delay| (delay, height(delay))).max_by(|a, b| a.1.total_cmp(&b.1));
    best.map_or(0, |(delay, _)| delay)
}

/// Sums of the channel, turned down by the tone's frequency, up to every frame.
fn running_sums(channel: &[f64], rate: SampleRate) -> Vec<Complex64> {
    let step = Complex64::cis(-std::f64::consts::TAU * TONE_HZ / rate.as_f64());
    let (mut phasor, mut sum) = (Complex64::ONE, Complex64::ZERO);
    let mut sums = Vec::with_capacity(channel.len() + 1);
    sums.push(sum);
    for &sample in channel {
        sum += phasor * sample;
        phasor *= step;
        sums.push(sum);
    }
    sums
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::super::port::{Capabilities, Unwatched};
    use super::super::protection::Wearer;
    use super::*;
    use crate::model::{RigIdentity, RigKind, SampleFormat};

    /// A rig of one or more inputs, each a function of the frame and of what is played.
    struct FakeRig<F> {
        inputs: usize,
        answer: F,
        played: Vec<f64>,
    }

    const DELAY: usize = 3210;
    /// Standard deviation of the noise at every input: −80 dBFS.
    const NOISE: f64 = 1e-4;

    impl<F: FnMut(usize, f64) -> f64> FakeRig<F> {
        fn new(inputs: usize, answer: F) -> Self {
            Self { inputs, answer, played: Vec::new() }
        }
    }

    impl<F: FnMut(usize, f64) -> f64> Rig for FakeRig<F> {
        fn identity(&self) -> RigIdentity {
            RigIdentity { kind: RigKind::SoundCard, name: "fake".to_owned() }
        }

        fn capabilities(&self) -> Capabilities {
            let level_limit = Level::from_db(0.0);
            Capabilities { inputs: self.inputs, rates: Vec::new(), level_limit }
        }

        fn exchange(
            &mut self,
            stimulus: &Stimulus,
            _: &mut dyn Observer,
        ) -> Result<Recording, RigError> {
            self.played.push(stimulus.peak());
            let frames = stimulus.frames() + 2 * DELAY;
            let played = stimulus.samples();
            let mut samples = Array2::zeros((self.inputs, frames));
            for frame in 0..frames {
                let at = frame.checked_sub(DELAY).and_then(|k| played.get(k)).copied();
                for input in 0..self.inputs {
                    let value = (self.answer)(input, at.unwrap_or(0.0));
                    samples[[input, frame]] = value + NOISE * noise_at(frame * 7 + input);
                }
            }
            let format = SampleFormat::Float;
            Ok(Recording::new(stimulus.rate(), samples, format, self.identity()).unwrap())
        }
    }

    /// Noise of unit variance that is the same every time (uniform, from a mixed counter).
    fn noise_at(k: usize) -> f64 {
        let mut x = (k as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x >> 11) as f64 / (1_u64 << 52) as f64 - 1.0) * 3_f64.sqrt()
    }

    fn goal() -> RampGoal {
        RampGoal {
            target: Level::from_db(-12.0),
            rate: SampleRate::new(48_000).unwrap(),
            limits: Some(Limits {
                level: Level::from_db(-12.0),
                volts_rms: None,
                pressure: Wearer::Unknown.pressure_limit(),
            }),
            scale: Scale::default(),
            microphone: None,
            expected: vec![0],
        }
    }

    fn ramped<F: FnMut(usize, f64) -> f64>(rig: &mut FakeRig<F>, goal: &RampGoal) -> Ramped {
        ramp(rig, goal, &mut Unwatched).unwrap()
    }

    fn loudest<F>(rig: &FakeRig<F>) -> f64 {
        amplitude_db(rig.played.iter().fold(0.0_f64, |peak, &v| peak.max(v)))
    }

    #[test]
    fn a_plain_rig_is_climbed_to_its_target_and_its_gains_are_known() {
        /// Noise of a burst 60 dB above the narrow-band noise, and the edges of a window.
        const GAIN_DB: f64 = 0.05;
        let mut rig = FakeRig::new(2, |input, v| v * [0.5, 0.05][input]);
        let ramped = ramped(&mut rig, &goal());
        assert!(ramped.is_safe(), "{:?}", ramped.stop);
        assert_eq!(rig.played.len(), 4);
        assert!(amplitude_db(rig.played[0]) <= -12.0 - 30.0);
        assert!((loudest(&rig) + 12.0).abs() < 0.01);
        for (input, gain) in [0.5, 0.05].map(amplitude_db).into_iter().enumerate() {
            assert!((ramped.inputs[input].gain.unwrap().db() - gain).abs() < GAIN_DB);
            let peak = ramped.inputs[input].predicted_peak.unwrap();
            assert!((peak.db() - (gain - 12.0)).abs() < GAIN_DB);
        }
    }

    #[test]
    fn an_unknown_chain_starts_40_db_down_and_never_above_minus_40_dbfs() {
        for target in [0.0, -12.0, -50.0] {
            let first = levels(Level::from_db(target))[0].db();
            assert!(first <= target - 40.0 && first <= -40.0);
        }
    }

    #[test]
    fn bursts_begin_and_end_without_a_step() {
        let stimulus = bursts(&levels(Level::from_db(0.0)), goal().rate).unwrap();
        let steepest = stimulus.samples().windows(2).map(|w| (w[1] - w[0]).abs());
        // A sine of 1 kHz at full scale is never steeper than 2π·1000/48000.
        assert!(steepest.fold(0.0, f64::max) < 0.132);
        let edge = &stimulus.samples()[start_of(0, 48e3)..][..48];
        assert!(edge.iter().all(|v| v.abs() < 1e-4));
    }

    #[test]
    fn automatic_gain_stops_the_ramp_far_below_the_target() {
        // Whatever is loud enough comes back equally loud.
        let mut level = 0.0_f64;
        let mut rig = FakeRig::new(1, move |_, v: f64| {
            level = (level * 0.999).max(v.abs());
            if level > 1e-3 { 0.1 * v / level } else { v }
        });
        let ramped = ramped(&mut rig, &goal());
        let Some(RampStop::Uneven { input: 1, change_db, .. }) = ramped.stop else {
            panic!("{:?}", ramped.stop)
        };
        assert!(change_db.abs() < 1.0 || change_db > 7.5, "{change_db}");
        assert!(loudest(&rig) < -30.0, "{}", loudest(&rig));
    }

    #[test]
    fn a_limiter_stops_the_ramp_at_the_step_it_does_not_follow() {
        let mut rig = FakeRig::new(1, |_, v: f64| v.clamp(-0.02, 0.02));
        let ramped = ramped(&mut rig, &goal());
        assert!(matches!(ramped.stop, Some(RampStop::Uneven { input: 1, .. })), "{ramped:?}");
        assert!(loudest(&rig) < -18.0);
    }

    #[test]
    fn a_deaf_rig_is_played_no_louder_than_an_unknown_one_may_be() {
        let mut rig = FakeRig::new(2, |input, v| if input == 1 { v } else { 0.0 });
        let stop = ramped(&mut rig, &goal()).stop;
        assert!(matches!(stop, Some(RampStop::Deaf { input: 1, .. })), "{stop:?}");
        assert!(loudest(&rig) <= -30.0 + 0.01);
        // Where nothing says which input matters, one that hears is enough.
        let any = RampGoal { expected: Vec::new(), ..goal() };
        assert!(ramped(&mut rig, &any).is_safe());
        let stop = ramped(&mut FakeRig::new(2, |_, _| 0.0), &any).stop;
        assert!(matches!(stop, Some(RampStop::Deaf { .. })));
    }

    #[test]
    fn a_rig_that_is_too_loud_for_its_input_is_stopped_before_it_clips() {
        let mut rig = FakeRig::new(1, |_, v: f64| (v * 8.0).clamp(-1.0, 1.0));
        let stop = ramped(&mut rig, &goal()).stop;
        let Some(RampStop::Overdriven { input: 1, peak }) = stop else { panic!("{stop:?}") };
        // −12 dBFS and 18 dB of gain.
        assert!((peak.db() - 6.06).abs() < 1.0);
        assert!(loudest(&rig) < -36.0, "{}", loudest(&rig));
    }

    #[test]
    fn a_limit_of_sound_pressure_is_seen_long_before_it_is_reached() {
        let mut rig = FakeRig::new(1, |_, v| v * 0.3);
        let goal = RampGoal { microphone: Some((0, Level::from_db(140.0))), ..goal() };
        // −12 dBFS, −10.5 dB, 140 dB SPL at full scale: 117.5 dB SPL.
        let ramped = ramped(&mut rig, &goal);
        let Some(RampStop::Beyond { limit: Exceeded::Pressure { .. }, prediction }) = ramped.stop
        else {
            panic!("{:?}", ramped.stop)
        };
        assert!((prediction.pressure.unwrap().db() - 117.5).abs() < 1.0);
        assert!(loudest(&rig) < -36.0);
        let insisting = RampGoal { limits: None, ..goal };
        assert!(ramp(&mut rig, &insisting, &mut Unwatched).unwrap().is_safe());
    }

    #[test]
    fn a_target_above_the_level_limit_is_not_played_at_all() {
        let mut rig = FakeRig::new(1, |_, v| v);
        let goal = RampGoal { target: Level::from_db(-6.0), ..goal() };
        let ramped = ramped(&mut rig, &goal);
        assert!(matches!(ramped.stop, Some(RampStop::Beyond { .. })));
        assert!(rig.played.is_empty() && ramped.reached.is_none());
    }
}
