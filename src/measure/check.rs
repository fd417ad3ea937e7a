//! A look at the rig itself: what each input hears, how noisy, how late, how distorted.

use num_complex::Complex64;

use super::noise::mains_in;
use super::timing::{PilotSearch, Pilots};
use crate::dsp::deconvolution::{Deconvolver, Impulse, Inverse, SweepSpectrum};
use crate::dsp::detection::{Detection, Detector, Search, active_frames};
use crate::dsp::edge::causal_low_edge;
use crate::model::{Plan, Recording, Stimulus};
use crate::quantity::unit::FullScale;
use crate::quantity::{Gain, Level, SampleRate, amplitude_db, power_db};

/// What a take of a plan says about the rig.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// One for each input.
    pub inputs: Vec<InputCheck>,
    /// Rate of the recorder's clock against the player's, minus one, in parts per million;
    /// `None` where the plan has no pilots or no input hears them.
    pub drift_ppm: Option<f64>,
    /// By how many samples the distance of the pilots differs from that played.
    pub distance_change: f64,
    /// Sample rate.
    pub rate: SampleRate,
}

/// What one input holds.
#[derive(Debug, Clone, PartialEq)]
pub struct InputCheck {
    /// Effective value in the silence before the stimulus, without its mean, re full scale;
    /// `None` if every sample is the same.
    pub noise: Option<Level<FullScale>>,
    /// Lines of the mains in that silence.
    pub hum: Option<Hum>,
    /// Largest magnitude in the whole take.
    pub peak: Level<FullScale>,
    /// What it hears of the stimulus; `None` if nothing.
    pub signal: Option<Signal>,
}

/// Lines of the mains.
#[derive(Debug, Clone, PartialEq)]
pub struct Hum {
    /// 50 or 60.
    pub mains_hz: f64,
    /// The lines that stand out, in hertz.
    pub lines_hz: Vec<f64>,
    /// Peak level of the strongest.
    pub level: Level<FullScale>,
}

/// What an input hears of the stimulus.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// From output to this input at 1 kHz.
    pub gain: Gain,
    /// The peak of the impulse response against the stimulus, in samples.
    pub delay_samples: f64,
    /// Whether it comes back upside down.
    pub inverted: bool,
    /// Highest minus lowest third of an octave from 100 Hz to 10 kHz.
    pub unevenness: Gain,
    /// Second, third and fifth harmonic, in this order.
    pub harmonics: [Harmonic; 3],
}

/// A harmonic, as a mean over fundamentals from 100 Hz to 5 kHz.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Harmonic {
    /// Order: 2 is the octave.
    pub order: u32,
    /// Its level re the fundamental, or what it lies below.
    pub level: Gain,
    /// Whether that is no more than the noise: the harmonic lies below.
    pub is_noise: bool,
}

/// Why a take says nothing about the rig.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CheckError {
    /// The take was recorded at another rate.
    #[error("the take was recorded at {found}, but the plan is played at {expected}")]
    Rate {
        /// Rate of the take.
        found: SampleRate,
        /// Rate of the plan.
        expected: SampleRate,
    },
}

/// The orders of the harmonics that are looked at: even, odd, and the one that tells a soft limit
/// from a bent characteristic.
const ORDERS: [u32; 3] = [2, 3, 5];

/// Looks at a take of a plan's stimulus.
///
/// # Errors
///
/// When the take has another sample rate than the plan.
pub fn check(
    plan: &Plan,
    stimulus: &Stimulus,
    recording: &Recording,
) -> Result<Checked, CheckError> {
    let (found, expected) = (recording.rate(), stimulus.rate());
    if found != expected {
        return Err(CheckError::Rate { found, expected });
    }
    let mut examiner = Examiner::new(plan, stimulus, recording.frames());
    let channels = (0..recording.channels()).filter_map(|i| recording.channel(i));
    let inputs: Vec<InputCheck> = channels.map(|channel| examiner.input(channel)).collect();
    // The most even input is the electrical one, where a pilot is cleanest.
    let hearing =
        inputs.iter().enumerate().filter_map(|(i, input)| Some((i, input.signal.as_ref()?)));
    let cleanest = hearing.min_by(|a, b| a.1.unevenness.db().total_cmp(&b.1.unevenness.db()));
    let change = cleanest.and_then(|(index, signal)| {
        let channel = recording.channel(index)?;
        let found = PilotSearch::new(stimulus)?.find(channel, signal.delay_samples as isize);
        let Pilots::Found(pair) = found else { return None };
        Some((pair.distance.change, pair.distance.played))
    });
    Ok(Checked {
        inputs,
        drift_ppm: change.map(|(change, distance)| 1e6 * change / distance),
        distance_change: change.map_or(0.0, |(change, _)| change),
        rate: expected,
    })
}

/// What was played.
#[derive(Clone, Copy)]
struct Played<'a> {
    plan: &'a Plan,
    stimulus: &'a Stimulus,
}

/// Looks at channels of one length.
struct Examiner<'a> {
    played: Played<'a>,
    detector: Detector,
    deconvolver: Deconvolver,
    frames: usize,
}

impl<'a> Examiner<'a> {
    fn new(plan: &'a Plan, stimulus: &'a Stimulus, frames: usize) -> Self {
        let (rate, band) = (stimulus.rate(), stimulus.band());
        let sweep = SweepSpectrum::new(stimulus.sweep(), rate, band, frames);
        let detector = Detector::new(&sweep);
        let deconvolver = Deconvolver::new(sweep, Inverse::OfSamples);
        Self { played: Played { plan, stimulus }, detector, deconvolver, frames }
    }

    fn input(&mut self, channel: &[f64]) -> InputCheck {
        let played = self.played;
        let (active_from, active_to) = active_frames(played.stimulus.sweep());
        let (sweep_starts, frames) = (played.stimulus.sweep_starts(), self.frames);
        let stimulus_frames = played.stimulus.frames();
        let search = Search { sweep_starts, active_from, active_to, frames, stimulus_frames };
        let capture = self.deconvolver.capture(channel);
        let found = self.detector.detect(&capture, &search);
        let peak = channel.iter().fold(0.0_f64, |peak, v| peak.max(v.abs()));
        let impulse = capture.into_impulse();
        let signal = found.is_found().then(|| played.signal(&impulse, found));
        let silence = played.silence(channel, signal.as_ref());
        InputCheck {
            noise: effective_value(silence).map(|rms| Level::from_db(amplitude_db(rms))),
            hum: hum(silence, played.stimulus.rate()),
            peak: Level::from_db(amplitude_db(peak)),
            signal,
        }
    }
}

impl Played<'_> {
    /// The last second before the stimulus arrives, or what there is.
    fn silence<'b>(self, channel: &'b [f64], signal: Option<&Signal>) -> &'b [f64] {
        /// What rings before a peak of the impulse response.
        const MARGIN_S: f64 = 0.01;
        let fs = self.stimulus.rate().as_f64();
        let starts = self.stimulus.pilot_starts().iter().chain(self.stimulus.sweep_starts());
        let first = starts.min().map_or(0.0, |&start| start as f64);
        let delay = signal.map_or(0.0, |signal| signal.delay_samples);
        let end = ((first + delay - MARGIN_S * fs).max(1.0) as usize).min(channel.len());
        &channel[end.saturating_sub(fs as usize)..end]
    }

    fn signal(self, impulse: &Impulse<'_>, found: Detection) -> Signal {
        /// The peak lies this close to what a band-limited search finds.
        const REACH_S: f64 = 0.01;
        let rate = self.stimulus.rate();
        let first = self.stimulus.sweep_starts()[0] as isize;
        let peak = impulse.peak_near(found.lag + first, (REACH_S * rate.as_f64()) as usize);
        let linear = self.linear(impulse, peak);
        let at = |hz: f64| (linear.at(hz) / causal_low_edge(self.stimulus.band(), hz)).norm();
        Signal {
            gain: Gain::from_db(amplitude_db(at(1000.0))),
            delay_samples: (peak - first) as f64,
            inverted: found.inverted,
            unevenness: self.unevenness(&at),
            harmonics: ORDERS.map(|order| self.harmonic(impulse, peak, order, &linear)),
        }
    }

    /// The linear response of the first sweep.
    fn linear(self, impulse: &Impulse<'_>, peak: isize) -> Piece {
        const BEFORE_S: f64 = 0.01;
        const AFTER_S: f64 = 0.2;
        Piece::cut(impulse, peak, (BEFORE_S, AFTER_S), self.stimulus.rate())
    }

    fn unevenness(self, magnitude: &impl Fn(f64) -> f64) -> Gain {
        const THIRDS: std::ops::RangeInclusive<i32> = -10..=10;
        let flat_to = self.stimulus.band().flat_to_hz;
        let third = |n: i32| {
            let power = |k: i32| {
                let hz = 1000.0 * (f64::from(n) / 3.0 + f64::from(k) / 15.0).exp2();
                magnitude(hz.min(flat_to)).powi(2)
            };
            power_db((-2..=2).map(power).sum::<f64>() / 5.0)
        };
        let levels = THIRDS.map(third);
        let (low, high) =
            levels.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        Gain::from_db(high - low)
    }

    /// A harmonic of order n lies L ln n before the linear response (Farina 2000; Novak, Lotton
    /// and Simon 2015), and at n times the frequency of its fundamental.
    fn harmonic(self, impulse: &Impulse<'_>, peak: isize, order: u32, linear: &Piece) -> Harmonic {
        /// Nothing sounds any more so long after the linear response.
        const QUIET_S: f64 = 0.25;
        /// Noise alone, as a mean over so many frequencies, stays below twice its expectation.
        const OVER_NOISE: f64 = 2.0;
        let (rate, n) = (self.stimulus.rate(), f64::from(order));
        let constant = self.plan.sweep().time_constant_s();
        let before_s = (0.1 * constant * ((n + 1.0) / n).ln()).min(0.05);
        let after_s = (0.8 * constant * (n / (n - 1.0)).ln()).min(0.4);
        let gate = (before_s, after_s);
        let samples = |seconds: f64| (seconds * rate.as_f64()).round() as isize;
        let of = Piece::cut(impulse, peak - samples(constant * n.ln()), gate, rate);
        let noise = Piece::cut(impulse, peak + samples(QUIET_S + before_s), gate, rate);
        let (power, floor) = self.relative_power(n, &of, &noise, linear);
        let is_noise = power <= OVER_NOISE * floor;
        let shown = if is_noise { power.max(OVER_NOISE * floor) } else { power - floor };
        Harmonic { order, level: Gain::from_db(power_db(shown)), is_noise }
    }

    /// Mean power of a harmonic and of the noise re the fundamental, over fundamentals.
    fn relative_power(self, n: f64, of: &Piece, noise: &Piece, linear: &Piece) -> (f64, f64) {
        const LOWEST_HZ: f64 = 100.0;
        const HIGHEST_HZ: f64 = 5e3;
        const PER_OCTAVE: f64 = 4.0;
        let highest = HIGHEST_HZ.min(self.stimulus.band().flat_to_hz / n);
        let count = (PER_OCTAVE * (highest / LOWEST_HZ).log2()).max(1.0) as u32;
        let frequencies = (0..=count).map(|k| LOWEST_HZ * (f64::from(k) / PER_OCTAVE).exp2());
        let (mut power, mut floor) = (0.0, 0.0);
        for hz in frequencies {
            let fundamental = linear.at(hz).norm_sqr();
            power += of.at(n * hz).norm_sqr() / fundamental;
            floor += noise.at(n * hz).norm_sqr() / fundamental;
        }
        let count = f64::from(count + 1);
        (power / count, floor / count)
    }
}

/// A piece of an impulse response, faded at both ends.
struct Piece {
    samples: Vec<f64>,
    rate: SampleRate,
}

impl Piece {
    /// The piece around a lag: half a Hann window before it, and one over its last half.
    fn cut(
        impulse: &Impulse<'_>,
        around: isize,
        (before_s, after_s): (f64, f64),
        rate: SampleRate,
    ) -> Self {
        let frames = |seconds: f64| ((seconds * rate.as_f64()) as usize).max(1);
        let (before, after) = (frames(before_s), frames(after_s));
        let fade = (after / 2).max(1);
        let len = before + after;
        let piece = impulse.piece(around - before as isize, len);
        let window = |k: usize| {
            let inside = if k < before {
                k as f64 / before as f64
            } else {
                ((len - k) as f64 / fade as f64).min(1.0)
            };
            0.5 - 0.5 * (std::f64::consts::PI * inside).cos()
        };
        let samples = piece.enumerate().map(|(k, v)| v * window(k)).collect();
        Self { samples, rate }
    }

    /// Its spectrum at a frequency, but for the phase.
    fn at(&self, hz: f64) -> Complex64 {
        let step = Complex64::cis(-std::f64::consts::TAU * hz / self.rate.as_f64());
        let mut phasor = Complex64::ONE;
        let mut sum = Complex64::ZERO;
        for &sample in &self.samples {
            sum += phasor * sample;
            phasor *= step;
        }
        sum
    }
}

/// Effective value without the mean; `None` if there is nothing but the mean.
fn effective_value(samples: &[f64]) -> Option<f64> {
    /// No converter has a step as fine as this (−200 dBFS): it is rounding.
    const ROUNDING: f64 = 1e-10;
    let count = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / count;
    let power = samples.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
    Some(power.sqrt()).filter(|&rms| rms > ROUNDING)
}

/// The mains in the silence before the sweep, with the level of its strongest line.
fn hum(silence: &[f64], rate: SampleRate) -> Option<Hum> {
    let found = mains_in(silence, rate)?;
    let strongest = found.lines.iter().map(|line| line.amplitude).reduce(f64::max)?;
    let lines_hz = found.lines.iter().map(|line| line.hz).collect();
    let level = Level::from_db(amplitude_db(strongest));
    Some(Hum { mains_hz: found.mains_hz, lines_hz, level })
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::measure::{Purpose, diagnose, recognise, stimulus_of};
    use crate::model::{ChannelMap, RigIdentity, RigKind, SampleFormat};

    /// Two sweeps of half a second with pilots, and silence that is long enough to hear hum.
    const PLAN: &str = r#"
        name = "short"
        description = "short"
        rate = 48000
        markers = true
        sweep = { start = 20, flat_from = 40, flat_to = 20500, stop = 23000, duration = "1s", repeats = 1, level = -12 }
        silence = { lead_in = "1s", gap = "0.8s", tail = "0.3s" }
        analysis = { from = 100, to = 20000, points_per_octave = 12, gate_before = "10ms", gate_after = "100ms" }
    "#;
    const DELAY: usize = 1500;
    const NOISE: f64 = 1e-5;

    fn plan() -> Plan {
        toml::from_str(PLAN).unwrap()
    }

    /// What an input holds at a frame, from the stimulus.
    type Input<'a> = dyn Fn(&dyn Fn(isize) -> f64, isize) -> f64 + 'a;

    /// A take whose inputs are functions of the stimulus at a frame.
    fn taken(inputs: &[&Input<'_>]) -> (Plan, Stimulus, Recording) {
        let (plan, stimulus) = (plan(), stimulus_of(&plan()).unwrap());
        let played = stimulus.samples().to_vec();
        let at =
            |k: isize| usize::try_from(k).ok().and_then(|k| played.get(k)).copied().unwrap_or(0.0);
        let frames = stimulus.frames() + 12_000;
        let samples = Array2::from_shape_fn((inputs.len(), frames), |(input, k)| {
            let value = inputs[input](&at, k as isize - DELAY as isize);
            value + NOISE * hiss(3 * k + input)
        });
        let rig = RigIdentity { kind: RigKind::SoundCard, name: "fake".to_owned() };
        let recording = Recording::new(stimulus.rate(), samples, SampleFormat::Float, rig).unwrap();
        (plan, stimulus, recording)
    }

    /// Noise of unit variance that is the same every time.
    fn hiss(k: usize) -> f64 {
        let mut x = (k as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x >> 11) as f64 / (1_u64 << 52) as f64 - 1.0) * 3_f64.sqrt()
    }

    fn checked((plan, stimulus, recording): &(Plan, Stimulus, Recording)) -> Checked {
        check(plan, stimulus, recording).unwrap()
    }

    /// Half as loud.
    fn wire(at: &dyn Fn(isize) -> f64, k: isize) -> f64 {
        0.5 * at(k)
    }

    /// Later, and with an echo that makes it uneven: a comb of ±9.5 dB.
    fn microphone(at: &dyn Fn(isize) -> f64, k: isize) -> f64 {
        0.1 * (at(k - 20) + 0.5 * at(k - 32))
    }

    fn nothing(_: &dyn Fn(isize) -> f64, _: isize) -> f64 {
        0.0
    }

    fn kinds(checked: &Checked, channels: &str, purpose: Purpose) -> Vec<String> {
        let channels: ChannelMap = channels.parse().unwrap();
        let findings = diagnose(checked, &channels, purpose);
        findings.iter().map(|finding| finding.kind.slug().to_owned()).collect()
    }

    #[test]
    fn gain_delay_noise_and_drift_of_a_plain_wire_are_found() {
        /// The noise of a deconvolution at 80 dB, and regularisation.
        const GAIN_DB: f64 = 0.01;
        /// Four standard errors of a standard deviation from 48000 samples, in decibels.
        const NOISE_DB: f64 = 0.12;
        let checked = checked(&taken(&[&wire, &microphone]));
        let signal = checked.inputs[0].signal.clone().unwrap();
        assert!((signal.gain.db() - amplitude_db(0.5)).abs() < GAIN_DB);
        assert!((signal.delay_samples - DELAY as f64).abs() < 0.5);
        assert!(!signal.inverted && signal.unevenness.db() < GAIN_DB);
        let noise = checked.inputs[0].noise.unwrap().db();
        assert!((noise - amplitude_db(NOISE)).abs() < NOISE_DB, "{noise}");
        assert!(checked.drift_ppm.unwrap().abs() < 0.1, "{:?}", checked.drift_ppm);
        assert!(signal.harmonics.iter().all(|harmonic| harmonic.is_noise), "{signal:?}");
        assert!(checked.inputs[0].hum.is_none());
    }

    #[test]
    fn the_harmonics_of_a_bent_characteristic_have_their_levels() {
        /// The separation at half a second of time constant, and noise 60 dB below.
        const SEPARATION_DB: f64 = 0.5;
        // y = x + a x² + b x³ of amplitude A: second harmonic a A / 2, third b A² / 4.
        let level = 10_f64.powf(-12.0 / 20.0);
        let bent = |at: &dyn Fn(isize) -> f64, k: isize| {
            let v = at(k);
            v + 0.02 * v * v + 0.05 * v.powi(3)
        };
        let checked = checked(&taken(&[&bent]));
        let [second, third, _] = checked.inputs[0].signal.as_ref().unwrap().harmonics;
        let (a2, a3) = (0.02 * level / 2.0, 0.05 * level * level / 4.0);
        assert!((second.level.db() - amplitude_db(a2)).abs() < SEPARATION_DB, "{second:?}");
        assert!((third.level.db() - amplitude_db(a3)).abs() < SEPARATION_DB, "{third:?}");
        assert!(!second.is_noise && !third.is_noise);
        let found = kinds(&checked, "microphone=1", Purpose::Loopback);
        assert_eq!(found, ["converter-distortion"]);
    }

    #[test]
    fn which_input_is_which_follows_from_what_comes_back() {
        let coupler = checked(&taken(&[&microphone, &wire, &nothing]));
        let found = recognise(&coupler, Purpose::Response).unwrap();
        assert_eq!(found.to_string(), "reference=2,microphone=1");
        let jig = checked(&taken(&[&|at, k| 0.3 * at(k), &wire]));
        let found = recognise(&jig, Purpose::Impedance).unwrap();
        assert_eq!(found.to_string(), "reference=2,sense=1");
        let cable = checked(&taken(&[&nothing, &wire]));
        let found = recognise(&cable, Purpose::Loopback).unwrap();
        assert_eq!(found.to_string(), "microphone=2");
        assert_eq!(recognise(&cable, Purpose::Response), None);
        assert_eq!(recognise(&cable, Purpose::Impedance), None);
    }

    #[test]
    fn what_is_wrong_with_the_wiring_is_named() {
        let swapped = checked(&taken(&[&microphone, &wire]));
        let found = kinds(&swapped, "reference=1,microphone=2", Purpose::Response);
        assert_eq!(found, ["channels-swapped"]);
        assert!(kinds(&swapped, "reference=2,microphone=1", Purpose::Response).is_empty());
        let unplugged = checked(&taken(&[&wire, &wire]));
        let found = kinds(&unplugged, "reference=1,sense=2", Purpose::Impedance);
        assert_eq!(found, ["no-current"]);
        let silent = checked(&taken(&[&wire, &nothing]));
        let found = kinds(&silent, "reference=1,microphone=2", Purpose::Response);
        assert_eq!(found, ["microphone-silent"]);
        let inverted = checked(&taken(&[&|at, k| -0.5 * at(k)]));
        assert_eq!(kinds(&inverted, "microphone=1", Purpose::Loopback), ["polarity-inverted"]);
    }

    #[test]
    fn noise_hum_level_and_crosstalk_are_named() {
        let hum = |at: &dyn Fn(isize) -> f64, k: isize| {
            0.5 * at(k) + 1e-3 * (std::f64::consts::TAU * 50.0 * k as f64 / 48e3).sin()
        };
        let checked_hum = checked(&taken(&[&hum]));
        let found = checked_hum.inputs[0].hum.clone().unwrap();
        let [line_hz] = found.lines_hz[..] else { panic!("{found:?}") };
        // Mains that are off by up to 0.3 Hz are looked for in steps.
        assert!((line_hz - 50.0).abs() < 0.3 && (found.mains_hz - 50.0).abs() < 1e-9);
        assert!((found.level.db() - amplitude_db(1e-3)).abs() < 0.1);
        assert_eq!(kinds(&checked_hum, "microphone=1", Purpose::Loopback), ["mains-hum"]);

        let quiet = checked(&taken(&[&|at, k| 0.002 * at(k)]));
        let found = kinds(&quiet, "microphone=1", Purpose::Loopback);
        assert_eq!(found, ["low-level", "noisy-input"]);
        let loud = checked(&taken(&[&|at, k| 3.5 * at(k)]));
        assert_eq!(kinds(&loud, "microphone=1", Purpose::Loopback), ["little-headroom"]);
        let leaking = checked(&taken(&[&wire, &|at, k| 0.001 * at(k)]));
        assert_eq!(kinds(&leaking, "microphone=1", Purpose::Loopback), ["crosstalk"]);
    }

    #[test]
    fn samples_lost_between_the_pilots_are_not_taken_for_drift() {
        let (plan, stimulus, _) = taken(&[&wire]);
        let split = (stimulus.pilot_starts()[1] - 4000) as isize;
        let lossy =
            |at: &dyn Fn(isize) -> f64, k: isize| 0.5 * at(if k > split { k + 480 } else { k });
        let (_, _, recording) = taken(&[&lossy]);
        let checked = check(&plan, &stimulus, &recording).unwrap();
        assert!((checked.distance_change + 480.0).abs() < 0.5, "{}", checked.distance_change);
        let found = kinds(&checked, "microphone=1", Purpose::Loopback);
        assert_eq!(found, ["samples-lost"]);
    }
}
