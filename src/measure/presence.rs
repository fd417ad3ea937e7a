//! Why is the stimulus not there, and is it the right one?

use super::analyser::Analyser;
use super::stimulus::stimulus_of;
use crate::dsp::comb::dominating_mains_hz;
use crate::dsp::deconvolution::{Deconvolver, Inverse, SweepSpectrum};
use crate::dsp::detection::{Detection, Detector, Search, active_frames};
use crate::dsp::resample::stretched;
use crate::model::{
    Band, ChannelRole, Finding, FindingKind, Plan, Recording, SampleFormat, Stimulus,
};
use crate::quantity::amplitude_db;

/// Rates over each other that players, sound systems and recorders confuse: 44.1 and 48 kHz,
/// their doubles and halves, and 16 and 32 kHz beside 48 kHz.
const USUAL_RATIOS: [(u32, u32); 14] = [
    (147, 160),
    (160, 147),
    (1, 2),
    (2, 1),
    (147, 320),
    (320, 147),
    (147, 80),
    (80, 147),
    (1, 3),
    (3, 1),
    (2, 3),
    (3, 2),
    (1, 4),
    (4, 1),
];

/// A channel of a take in which the stimulus was not found, or not wholly.
pub(super) struct Absence {
    /// What it was to hold.
    pub(super) role: ChannelRole,
    /// Its index, counted from zero.
    pub(super) index: usize,
    /// What was noticed.
    pub(super) refusal: Finding,
}

impl Analyser {
    /// The same analyser, which names one of these plans if a take holds its stimulus instead of
    /// the right one. They are made into stimuli only then.
    #[must_use]
    pub fn knowing(mut self, plans: Vec<Plan>) -> Self {
        self.plans = plans;
        self
    }

    /// The reasons why channels of a take do not hold the stimulus, where they can be told.
    pub(super) fn reasons(
        &mut self,
        recording: &Recording,
        absences: Vec<Absence>,
        is_there: bool,
    ) -> Vec<Finding> {
        if absences.is_empty() {
            return Vec::new();
        }
        let is_cut =
            |absence: &Absence| matches!(absence.refusal.kind, FindingKind::Truncated { .. });
        // What seems to be cut may be a shorter stimulus, or one at another rate.
        if let Some(cut) = absences.iter().find(|absence| is_cut(absence))
            && let Some(other) = self.identified(recording, cut.index)
        {
            return vec![Finding::refusal(other)];
        }
        let is_absent = |i: usize| absences.iter().any(|absence| absence.index == i);
        let is_there = is_there
            || absences.iter().any(is_cut)
            || (0..recording.channels())
                .any(|i| !is_absent(i) && self.laboratory.holds(recording, i));
        if !is_there && let Some(other) = self.another_stimulus(recording, &absences) {
            return vec![Finding::refusal(other)];
        }
        absences.into_iter().map(|absence| reason(recording, absence, is_there)).collect()
    }

    /// What the loudest of some channels holds instead of the stimulus.
    fn another_stimulus(&self, recording: &Recording, absences: &[Absence]) -> Option<FindingKind> {
        let loudness = |index: usize| Noise::of(recording.channel(index).unwrap_or_default()).rms;
        let indices = absences.iter().map(|absence| absence.index);
        let loudest = indices.max_by(|&a, &b| loudness(a).total_cmp(&loudness(b)))?;
        (!is_empty(recording, loudest)).then(|| self.identified(recording, loudest)).flatten()
    }

    /// The finding about a channel that holds something like the stimulus, but not the stimulus.
    pub(super) fn impostor(
        &self,
        recording: &Recording,
        index: usize,
        found: &Detection,
    ) -> Option<Finding> {
        let doubt = Doubt::about(found, self.laboratory.stimulus())?;
        let known = match doubt {
            Doubt::Smeared => self.identified(recording, index),
            _ => self.known_plan(recording, index).map(|(_, kind)| kind),
        };
        let kind = match (known, doubt) {
            (Some(known), _) => known,
            // A sweep at another place may be the same sweep after a loss, which timing tells.
            (None, Doubt::Displaced) => return None,
            (None, _) => self.other_plan(None),
        };
        Some(Finding::refusal(kind))
    }

    fn other_plan(&self, found: Option<String>) -> FindingKind {
        FindingKind::OtherPlan { named: self.laboratory.stimulus().name().to_owned(), found }
    }

    /// Which known stimulus, or at which rate the right one, a channel holds.
    fn identified(&self, recording: &Recording, index: usize) -> Option<FindingKind> {
        let samples = recording.channel(index)?;
        let rates = USUAL_RATIOS.iter().filter_map(|&(numerator, denominator)| {
            let ratio = f64::from(numerator) / f64::from(denominator);
            let fit = fit(&at_ratio(self.laboratory.stimulus(), ratio)?, samples)?;
            let claimed_hz = recording.rate().as_f64();
            let found_hz = claimed_hz * ratio;
            Some((fit, FindingKind::WrongRate { claimed_hz, found_hz }))
        });
        let plan = self.known_plan(recording, index);
        plan.into_iter().chain(rates).reduce(better).map(|(_, kind)| kind)
    }

    /// Which of the known plans a channel holds, with how well it fits.
    fn known_plan(&self, recording: &Recording, index: usize) -> Option<(f64, FindingKind)> {
        let (samples, named) = (recording.channel(index)?, self.laboratory.stimulus());
        let plans = self.plans.iter().filter_map(|plan| {
            let candidate = candidate(plan, recording)?;
            let is_other = candidate.sweep_starts() != named.sweep_starts()
                || candidate.sweep().len() != named.sweep().len();
            let fit = is_other.then(|| fit(&candidate, samples)).flatten()?;
            Some((fit, self.other_plan(Some(plan.name().to_owned()))))
        });
        plans.reduce(better)
    }
}

/// The better of two; of equal ones the first, which is the more usual one.
fn better(best: (f64, FindingKind), next: (f64, FindingKind)) -> (f64, FindingKind) {
    if next.0 > best.0 { next } else { best }
}

/// How a take disagrees with the stimulus that it is said to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// Another sweep.
    Smeared,
    /// A sweep is not there.
    Missing,
    /// A sweep lies elsewhere.
    Displaced,
    /// There are more sweeps.
    Extra,
}

impl Doubt {
    fn about(found: &Detection, stimulus: &Stimulus) -> Option<Self> {
        /// Below this the heights of the correlation are as much noise as anything.
        const CLEAR: f64 = 16.0;
        /// Delays that rise by this with every neper are no device's.
        const TREND_S: f64 = 3e-3;
        const ABSENT: f64 = 0.3;
        const PRESENT: f64 = 0.6;
        let fit = &found.fit;
        if found.statistic < CLEAR {
            return None;
        }
        // The recording of a file that somebody made may hold it several times.
        let is_sequence = stimulus.sweep_starts().len() == 1
            && stimulus.frames() > stimulus.sweep().len()
            || !stimulus.pilot().is_empty();
        if fit.trend_s.abs() > TREND_S {
            Some(Self::Smeared)
        } else if fit.weakest < ABSENT {
            Some(if fit.elsewhere < ABSENT { Self::Missing } else { Self::Displaced })
        } else {
            (fit.extra > PRESENT && is_sequence).then_some(Self::Extra)
        }
    }
}

/// The stimulus of a plan at the rate of a recording; `None` if it does not fit below half of it.
fn candidate(plan: &Plan, recording: &Recording) -> Option<Stimulus> {
    let at_rate = plan.at_rate(recording.rate()).ok()?;
    let is_whole = at_rate.sweep() == plan.sweep();
    is_whole.then(|| stimulus_of(&at_rate).ok()).flatten()
}

/// A stimulus as a file holds it that claims another rate: with `ratio` times as many frames.
fn at_ratio(stimulus: &Stimulus, ratio: f64) -> Option<Stimulus> {
    let frames = |count: usize| (count as f64 * ratio).round() as usize;
    let sweep = stretched(stimulus.sweep(), ratio);
    let starts: Vec<usize> = stimulus.sweep_starts().iter().map(|&start| frames(start)).collect();
    let (band, rate) = (stimulus.band(), stimulus.rate());
    let limit_hz = Plan::HIGHEST_STOP * rate.as_f64();
    let stop_hz = (band.stop_hz / ratio).min(limit_hz);
    let band = Band {
        start_hz: band.start_hz / ratio,
        flat_from_hz: band.flat_from_hz / ratio,
        flat_to_hz: (band.flat_to_hz / ratio).min(0.96 * stop_hz),
        stop_hz,
    };
    let whole = frames(stimulus.frames()).max(starts.last()? + sweep.len());
    let none = (Vec::new(), Vec::new());
    Stimulus::sequence(stimulus.name(), rate, whole, (sweep, starts), none, band).ok()
}

/// How well a stimulus fits a channel; `None` if it does not.
fn fit(stimulus: &Stimulus, samples: &[f64]) -> Option<f64> {
    /// One of many candidates is to be surer than the only one, and to explain what is there:
    /// pieces of other sweeps correlate, too.
    const SURE: f64 = 12.0;
    const MOST_OF_IT: f64 = 0.9;
    let (rate, band, frames) = (stimulus.rate(), stimulus.band(), samples.len());
    let sweep = SweepSpectrum::new(stimulus.sweep(), rate, band, frames);
    let mut detector = Detector::new(&sweep);
    let mut deconvolver = Deconvolver::new(sweep, Inverse::OfSamples);
    let (active_from, active_to) = active_frames(stimulus.sweep());
    let (sweep_starts, stimulus_frames) = (stimulus.sweep_starts(), stimulus.frames());
    let search = Search { sweep_starts, active_from, active_to, frames, stimulus_frames };
    let found = detector.detect(&deconvolver.capture(samples), &search);
    let fits = found.statistic >= SURE && found.fit.share >= MOST_OF_IT;
    (fits && Doubt::about(&found, stimulus).is_none()).then_some(found.statistic)
}

/// Why one channel holds no stimulus, where its samples tell.
fn reason(recording: &Recording, absence: Absence, is_there: bool) -> Finding {
    let Absence { role, index, refusal } = absence;
    if !matches!(refusal.kind, FindingKind::NoStimulus { .. }) {
        return refusal;
    }
    let (samples, channel) = (recording.channel(index).unwrap_or_default(), index + 1);
    let noise = Noise::of(samples);
    let rms_dbfs = amplitude_db(noise.rms);
    let kind = if noise.is_constant {
        FindingKind::DeadInput { channel }
    } else if is_empty(recording, index) {
        FindingKind::ShortedInput { channel, rms_dbfs }
    } else if let Some(mains_hz) = dominating_mains_hz(samples, recording.rate()) {
        FindingKind::FloatingInput { channel, mains_hz, rms_dbfs }
    } else if is_there && role == ChannelRole::Microphone {
        FindingKind::MicrophoneSilent { channel, rms_dbfs }
    } else {
        return refusal;
    };
    Finding::refusal(kind)
}

/// Whether a channel holds less than an input does that is connected to anything.
fn is_empty(recording: &Recording, index: usize) -> bool {
    /// Open inputs of the best converters have −115 dBFS.
    const QUIETEST: f64 = 1e-6;
    /// Rounding has 0.29 steps, with the usual dither 0.5.
    const STEPS: f64 = 0.75;
    let rounding = match recording.format() {
        SampleFormat::Integer(_) => STEPS * recording.format().step(),
        SampleFormat::Float => 0.0,
    };
    let noise = Noise::of(recording.channel(index).unwrap_or_default());
    noise.rms < rounding.max(QUIETEST)
}

/// What a channel without stimulus holds.
struct Noise {
    is_constant: bool,
    /// Effective value without the mean.
    rms: f64,
}

impl Noise {
    fn of(samples: &[f64]) -> Self {
        let count = samples.len().max(1) as f64;
        let mean = samples.iter().sum::<f64>() / count;
        let power = samples.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
        let is_constant = samples.windows(2).all(|pair| pair[0] - pair[1] == 0.0);
        Self { is_constant, rms: power.sqrt() }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use rand::RngExt;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::model::{RigIdentity, RigKind};
    use crate::quantity::SampleRate;

    const ABSENT: FindingKind =
        FindingKind::NoStimulus { channel: 1, statistic: 4.0, threshold: 8.0 };

    fn take(bits: u8, sample: impl FnMut(usize) -> f64) -> Recording {
        let format = SampleFormat::Integer(bits);
        let rounded = |v: f64| (v / format.step()).round() * format.step();
        let samples: Vec<f64> = (0..96_000).map(sample).map(rounded).collect();
        let samples = Array2::from_shape_vec((1, samples.len()), samples).unwrap();
        let rig = RigIdentity { kind: RigKind::Replay, name: "test".to_owned() };
        Recording::new(SampleRate::new(48_000).unwrap(), samples, format, rig).unwrap()
    }

    /// What a channel of a role is said to hold.
    fn said(take: &Recording, role: ChannelRole, is_there: bool) -> &'static str {
        let absence = Absence { role, index: 0, refusal: Finding::refusal(ABSENT) };
        reason(take, absence, is_there).kind.slug()
    }

    fn noise(rms: f64) -> impl FnMut(usize) -> f64 {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        move |_| rms * 3_f64.sqrt() * random.random_range(-1.0..1.0)
    }

    #[test]
    fn an_input_whose_samples_are_equal_is_dead_at_any_value() {
        for value in [0.0, 0.25, -1.0] {
            assert_eq!(said(&take(24, |_| value), ChannelRole::Microphone, true), "dead-input");
        }
    }

    #[test]
    fn less_noise_than_an_open_input_has_is_a_short() {
        let of = |bits, rms| said(&take(bits, noise(rms)), ChannelRole::Reference, false);
        assert_eq!(of(24, 0.5e-6), "shorted-input");
        assert_eq!(of(24, 0.8e-6), "shorted-input");
        assert_eq!(of(24, 2e-6), "no-stimulus");
        // A quarter, half, and two steps.
        let step = SampleFormat::Integer(16).step();
        assert_eq!(of(16, 0.4 * step), "shorted-input");
        assert_eq!(of(16, 2.0 * step), "no-stimulus");
    }

    #[test]
    fn an_input_is_floating_when_hum_of_either_mains_dominates_it() {
        for mains_hz in [49.9, 60.05] {
            for (hum, expected) in
                [(1e-3, "no-stimulus"), (5e-3, "floating-input"), (0.1, "floating-input")]
            {
                let mut noise = noise(1e-3);
                let humming = take(24, |k| {
                    let t = k as f64 / 48e3;
                    let line = |n: f64| (std::f64::consts::TAU * n * mains_hz * t).sin() / n;
                    noise(k) + hum * (line(1.0) + line(3.0) + line(5.0))
                });
                assert_eq!(said(&humming, ChannelRole::Reference, false), expected, "{hum}");
            }
        }
    }

    #[test]
    fn a_tone_is_no_hum() {
        let tone = take(24, |k| 0.1 * (std::f64::consts::TAU * k as f64 / 48.0).sin());
        assert_eq!(said(&tone, ChannelRole::Reference, false), "no-stimulus");
    }

    #[test]
    fn a_microphone_is_silent_only_if_another_channel_is_not() {
        let quiet = take(24, noise(1e-4));
        assert_eq!(said(&quiet, ChannelRole::Microphone, true), "microphone-silent");
        assert_eq!(said(&quiet, ChannelRole::Microphone, false), "no-stimulus");
        assert_eq!(said(&quiet, ChannelRole::Sense, true), "no-stimulus");
    }
}
