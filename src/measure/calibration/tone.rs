//! A steady tone: played quietly, found again, and refused when it is not what it should be.

use num_complex::Complex64;

use crate::dsp::transform::Transform;
use crate::model::{Band, Stimulus, StimulusError};
use crate::quantity::unit::FullScale;
use crate::quantity::{Frequency, Level, SampleRate, Seconds, amplitude_db};

/// A piece in which the level is looked at; at least so many periods of the tone.
const PIECE_S: f64 = 0.1;
const PIECE_PERIODS: f64 = 20.0;
/// The tone must last for so many pieces.
const FEWEST_PIECES: usize = 5;
/// How far the frequency of a tone may lie from the one expected. Calibrators keep to 2 %.
const FREQUENCY_TOLERANCE: f64 = 0.03;
/// The level of a tone may vary by this much: a calibrator that sits loosely varies more.
const MOST_RANGE_DB: f64 = 0.5;
/// A tone that lies less above the rest says nothing precise.
const LEAST_SNR_DB: f64 = 20.0;
/// At or above this level (−0.1 dB) a converter is at its end.
const FULL_SCALE: f64 = 0.988_553;
/// The tone rises and falls within this time.
const FADE_S: f64 = 0.05;

/// A steady tone as it was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tone {
    /// Its frequency.
    pub frequency_hz: f64,
    /// Its level; a sine that reaches full scale has 0 dBFS.
    pub level: Level<FullScale>,
    /// Standard deviation of the level over tenths of a second.
    pub sd_db: f64,
    /// Its level over everything else that is there.
    pub snr_db: f64,
    /// How long it is steady.
    pub duration_s: f64,
}

/// Why a recording holds no tone that could be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ToneError {
    /// The converter is at its end.
    #[error("it is clipped: samples reach {peak_dbfs:.1} dBFS")]
    Clipped {
        /// Peak sample level re full scale.
        peak_dbfs: f64,
    },
    /// There is nothing at all.
    #[error("it is silent")]
    Silent,
    /// The strongest tone is another one.
    #[error("the strongest tone lies at {found_hz:.1} Hz, not at {expected_hz:.0} Hz")]
    WrongFrequency {
        /// Where a tone should be.
        expected_hz: f64,
        /// Where there is one.
        found_hz: f64,
    },
    /// Noise, hum or distortion are nearly as strong.
    #[error(
        "the tone at {expected_hz:.0} Hz lies only {snr_db:.0} dB above everything else, and \
         {LEAST_SNR_DB:.0} dB are needed"
    )]
    Buried {
        /// Where a tone should be.
        expected_hz: f64,
        /// Its level over the rest.
        snr_db: f64,
    },
    /// It does not last.
    #[error("the tone is steady for {found_s:.1} s only, and {needed_s:.1} s are needed")]
    Short {
        /// How long it lasts.
        found_s: f64,
        /// How long it must.
        needed_s: f64,
    },
    /// It comes and goes.
    #[error("the level of the tone varies by {range_db:.2} dB, and {MOST_RANGE_DB} dB are allowed")]
    Unsteady {
        /// Highest minus lowest level.
        range_db: f64,
    },
}

/// Finds the tone of about the expected frequency in the samples of one channel, wherever in it
/// the tone begins and ends, and measures its level by a fit of a sine.
///
/// # Errors
///
/// When the channel is clipped or silent, the strongest tone has another frequency, the tone is
/// nearly buried, too short or unsteady.
pub fn find_tone(
    samples: &[f64],
    rate: SampleRate,
    expected: Frequency,
) -> Result<Tone, ToneError> {
    let peak = samples.iter().fold(0.0, |peak: f64, v| peak.max(v.abs()));
    if peak >= FULL_SCALE {
        return Err(ToneError::Clipped { peak_dbfs: amplitude_db(peak) });
    }
    if peak <= 0.0 {
        return Err(ToneError::Silent);
    }
    let near = strongest(samples, rate, expected)?;
    let length = (PIECE_S.max(PIECE_PERIODS / near) * rate.as_f64()).ceil() as usize;
    let pieces: Vec<Piece> =
        samples.chunks_exact(length).map(|piece| Piece::fit(piece, near, rate)).collect();
    let steady = steady_run(&pieces);
    let seconds = |pieces: usize| (pieces * length) as f64 / rate.as_f64();
    if steady.len() < FEWEST_PIECES {
        let (found_s, needed_s) = (seconds(steady.len()), seconds(FEWEST_PIECES));
        return Err(ToneError::Short { found_s, needed_s });
    }
    tone_of(steady, expected, seconds(steady.len()))
}

fn tone_of(pieces: &[Piece], expected: Frequency, duration_s: f64) -> Result<Tone, ToneError> {
    let count = pieces.len() as f64;
    let mean = |of: &dyn Fn(&Piece) -> f64| pieces.iter().map(of).sum::<f64>() / count;
    let power = mean(&|piece| piece.amplitude * piece.amplitude);
    let snr_db = amplitude_db((power / 2.0 / mean(&|piece| piece.rest)).sqrt());
    if snr_db < LEAST_SNR_DB {
        return Err(ToneError::Buried { expected_hz: expected.hz(), snr_db });
    }
    let levels: Vec<f64> = pieces.iter().map(|piece| amplitude_db(piece.amplitude)).collect();
    let (low, high) = levels
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &db| (low.min(db), high.max(db)));
    if high - low > MOST_RANGE_DB {
        return Err(ToneError::Unsteady { range_db: high - low });
    }
    let middle = levels.iter().sum::<f64>() / count;
    let variance = levels.iter().map(|db| (db - middle).powi(2)).sum::<f64>() / (count - 1.0);
    Ok(Tone {
        frequency_hz: mean(&|piece| piece.frequency_hz),
        level: Level::from_db(amplitude_db(power.sqrt())),
        sd_db: variance.sqrt(),
        snr_db,
        duration_s,
    })
}

/// Frequency of the strongest line, if it is the one expected.
fn strongest(samples: &[f64], rate: SampleRate, expected: Frequency) -> Result<f64, ToneError> {
    /// Below this there is the offset of the converter and what walks by.
    const LOWEST_HZ: f64 = 15.0;
    /// A line, and not noise: it holds this share of all power.
    const LINE: f64 = 0.5;
    let windowed: Vec<f64> = windowed(samples).collect();
    let mut transform = Transform::at_least(samples.len());
    let powers: Vec<f64> = transform.forward(&windowed).iter().map(Complex64::norm_sqr).collect();
    let spacing = rate.as_f64() / transform.len() as f64;
    let first = (LOWEST_HZ / spacing).ceil() as usize;
    let within = |hz: f64| (hz / expected.hz() - 1.0).abs() <= FREQUENCY_TOLERANCE;
    let top = |of: &dyn Fn(f64) -> bool| {
        let bins = (first..powers.len()).filter(|&k| of(k as f64 * spacing));
        bins.max_by(|&a, &b| powers[a].total_cmp(&powers[b]))
    };
    let buried = ToneError::Buried { expected_hz: expected.hz(), snr_db: 0.0 };
    let (Some(any), Some(near)) = (top(&|_| true), top(&within)) else { return Err(buried) };
    if powers[any] > powers[near] {
        let total: f64 = powers.iter().skip(first).sum();
        let line: f64 = powers[any.saturating_sub(3)..(any + 4).min(powers.len())].iter().sum();
        if line < LINE * total {
            return Err(buried);
        }
        let (expected_hz, found_hz) = (expected.hz(), any as f64 * spacing);
        return Err(ToneError::WrongFrequency { expected_hz, found_hz });
    }
    Ok(near as f64 * spacing)
}

/// The samples without their mean, under a Hann window.
fn windowed(samples: &[f64]) -> impl Iterator<Item = f64> + '_ {
    let (mean, weights) = (mean(samples), hann(samples.len()));
    samples.iter().zip(weights).map(move |(v, weight)| (v - mean) * weight)
}

/// The mean under a Hann window: a period of the tone that is cut off does not matter to it.
fn mean(samples: &[f64]) -> f64 {
    let sum: f64 = samples.iter().zip(hann(samples.len())).map(|(v, weight)| v * weight).sum();
    2.0 * sum / samples.len() as f64
}

fn hann(count: usize) -> impl Iterator<Item = f64> {
    let angle = move |k: usize| std::f64::consts::TAU * (k as f64 + 0.5) / count as f64;
    (0..count).map(move |k| 0.5 - 0.5 * angle(k).cos())
}

/// A sine in one piece of a recording.
#[derive(Debug, Clone, Copy)]
struct Piece {
    amplitude: f64,
    frequency_hz: f64,
    /// Mean square of what is left.
    rest: f64,
}

impl Piece {
    /// The sine of about a frequency that lies closest to some samples.
    fn fit(samples: &[f64], near_hz: f64, rate: SampleRate) -> Self {
        let fs = rate.as_f64();
        let (first, second) = samples.split_at(samples.len() / 2);
        // From half to half the phase runs on by the frequency that is missing.
        let run = (phasor(second, near_hz, fs) / phasor(first, near_hz, fs)).arg()
            - std::f64::consts::TAU * (near_hz * first.len() as f64 / fs).fract();
        let missing = (run / std::f64::consts::TAU - (run / std::f64::consts::TAU).round()) * fs;
        let frequency_hz = near_hz + missing / first.len() as f64;
        let frequency_hz = if frequency_hz.is_finite() { frequency_hz } else { near_hz };
        let sine = phasor(samples, frequency_hz, fs);
        let mean = mean(samples);
        let rest = samples.iter().enumerate().map(|(k, v)| {
            let turn =
                Complex64::cis(std::f64::consts::TAU * (frequency_hz * k as f64 / fs).fract());
            (v - mean - (sine * turn).re).powi(2)
        });
        let rest = rest.sum::<f64>() / samples.len() as f64;
        Self { amplitude: sine.norm(), frequency_hz, rest }
    }
}

/// Amplitude and phase of the line at a frequency, its phase at the first sample.
fn phasor(samples: &[f64], frequency_hz: f64, fs: f64) -> Complex64 {
    let turn =
        |k: usize| Complex64::cis(-std::f64::consts::TAU * (frequency_hz * k as f64 / fs).fract());
    let sum: Complex64 = windowed(samples).enumerate().map(|(k, v)| v * turn(k)).sum();
    // The mean of a Hann window is one half, and a sine has two lines.
    4.0 * sum / samples.len() as f64
}

/// The longest run of pieces in which the tone is there, without the pieces in which it begins
/// and ends.
fn steady_run(pieces: &[Piece]) -> &[Piece] {
    let strongest = pieces.iter().fold(0.0, |most: f64, piece| most.max(piece.amplitude));
    let runs = pieces.split(|piece| piece.amplitude < strongest / 2.0);
    let longest = runs.max_by_key(|run| run.len()).unwrap_or_default();
    longest.get(1..longest.len().saturating_sub(1)).unwrap_or_default()
}

/// A tone to be played, with soft ends.
///
/// # Errors
///
/// When it is silent.
pub fn tone_stimulus(
    frequency: Frequency,
    level: Level<FullScale>,
    duration: Seconds,
    rate: SampleRate,
) -> Result<Stimulus, StimulusError> {
    let (fs, frames) = (rate.as_f64(), rate.frames(duration));
    let fade = (FADE_S * fs).min(frames as f64 / 2.0).max(1.0);
    let sample = |k: usize| {
        let from_end = (k as f64).min((frames - 1 - k) as f64) / fade;
        let envelope = 0.5 - 0.5 * (std::f64::consts::PI * from_end.min(1.0)).cos();
        let turns = (frequency.hz() * k as f64 / fs).fract();
        level.amplitude() * envelope * (std::f64::consts::TAU * turns).sin()
    };
    let name = format!("{frequency} tone");
    Stimulus::single(name, rate, (0..frames).map(sample).collect(), band_around(frequency.hz()))
}

/// A stimulus during which nothing is heard, to listen to what comes in.
///
/// A rig needs something to play: it is one sample below the smallest step of any converter.
///
/// # Errors
///
/// When it has no length.
pub fn listening_stimulus(duration: Seconds, rate: SampleRate) -> Result<Stimulus, StimulusError> {
    /// −200 dBFS: a step of 32 bits lies 13 dB higher.
    const INAUDIBLE: f64 = 1e-10;
    let mut samples = vec![0.0; rate.frames(duration)];
    if let Some(first) = samples.first_mut() {
        *first = INAUDIBLE;
    }
    Stimulus::single("silence", rate, samples, band_around(1e3))
}

const fn band_around(hz: f64) -> Band {
    Band { start_hz: hz / 2.0, flat_from_hz: hz, flat_to_hz: hz, stop_hz: 2.0 * hz }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: f64 = 48e3;
    /// What the window lets through of the line on the other side of zero.
    const LEAKAGE_DB: f64 = 1e-4;

    fn rate() -> SampleRate {
        SampleRate::new(48_000).unwrap()
    }

    fn sine(hz: f64, amplitude: f64, seconds: f64) -> Vec<f64> {
        let frames = (seconds * RATE_HZ) as usize;
        (0..frames)
            .map(|k| amplitude * (std::f64::consts::TAU * hz * k as f64 / RATE_HZ + 0.7).sin())
            .collect()
    }

    fn kilohertz() -> Frequency {
        Frequency::new(1e3).unwrap()
    }

    fn found(samples: &[f64]) -> Result<Tone, ToneError> {
        find_tone(samples, rate(), kilohertz())
    }

    #[test]
    fn a_tone_has_its_level_whatever_its_frequency_and_phase() {
        for hz in [1000.0, 998.37, 1012.9] {
            let tone = found(&sine(hz, 0.1, 2.0)).unwrap();
            assert!((tone.level.db() + 20.0).abs() < LEAKAGE_DB, "{hz}: {}", tone.level);
            assert!((tone.frequency_hz - hz).abs() < 1e-3, "{hz}: {}", tone.frequency_hz);
            assert!(tone.sd_db < LEAKAGE_DB && tone.snr_db > 80.0, "{tone:?}");
        }
        let low = Frequency::new(100.0).unwrap();
        let tone = find_tone(&sine(100.3, 0.1, 3.0), rate(), low).unwrap();
        assert!((tone.level.db() + 20.0).abs() < LEAKAGE_DB, "{}", tone.level);
    }

    #[test]
    fn silence_and_an_offset_around_the_tone_do_not_matter() {
        let mut samples = vec![0.01; 30_000];
        samples.extend(sine(1000.0, 0.05, 1.5).iter().map(|v| v + 0.01));
        samples.extend(vec![0.01; 50_000]);
        let tone = found(&samples).unwrap();
        assert!((tone.level.db() - amplitude_db(0.05)).abs() < LEAKAGE_DB, "{}", tone.level);
        assert!((1.0..1.5).contains(&tone.duration_s), "{}", tone.duration_s);
    }

    #[test]
    fn a_tone_that_cannot_be_used_is_refused_with_its_reason() {
        assert!(matches!(found(&sine(1e3, 0.999, 2.0)), Err(ToneError::Clipped { .. })));
        assert_eq!(found(&vec![0.0; 48_000]), Err(ToneError::Silent));
        assert!(matches!(found(&sine(1e3, 0.1, 0.4)), Err(ToneError::Short { .. })));
        let other = found(&sine(250.0, 0.1, 2.0)).unwrap_err();
        assert!(
            matches!(other, ToneError::WrongFrequency { found_hz, .. } if (found_hz - 250.0).abs() < 1.0)
        );
        let swelling: Vec<f64> = sine(1e3, 0.1, 2.0)
            .iter()
            .enumerate()
            .map(|(k, v)| v * (1.0 + k as f64 / 9e5))
            .collect();
        assert!(matches!(found(&swelling), Err(ToneError::Unsteady { .. })));
    }

    #[test]
    fn a_tone_in_noise_is_refused_below_20_db() {
        // The fractions of a square are well mixed, with a variance of one twelfth.
        let noise = |k: usize| (k as f64 * 0.618_033_988_749).powi(2).fract() - 0.5;
        let noisy = |amplitude: f64| {
            let tone = sine(1e3, amplitude, 2.0);
            found(&tone.iter().enumerate().map(|(k, v)| v + 0.1 * noise(k)).collect::<Vec<_>>())
        };
        assert!(matches!(noisy(0.2), Err(ToneError::Buried { snr_db, .. }) if snr_db > 10.0));
        assert!(matches!(noisy(1e-5), Err(ToneError::Buried { .. })));
        let tone = noisy(0.6).unwrap();
        // Rms 0.424 over 0.0289.
        assert!((tone.snr_db - 23.3).abs() < 0.5, "{}", tone.snr_db);
    }

    #[test]
    fn what_is_played_is_found_at_its_level() {
        let level = Level::from_db(-20.0);
        let seconds = |s| Seconds::new(s).unwrap();
        let stimulus = tone_stimulus(kilohertz(), level, seconds(2.0), rate()).unwrap();
        assert!(stimulus.samples()[0].abs() < 1e-9 && stimulus.peak() <= level.amplitude());
        let tone = found(stimulus.samples()).unwrap();
        assert!((tone.level.db() + 20.0).abs() < LEAKAGE_DB, "{}", tone.level);
        let listening = listening_stimulus(seconds(1.0), rate()).unwrap();
        assert!(listening.frames() == 48_000 && listening.peak() < 2_f64.powi(-32));
    }
}
