//! What is added to a signal on its way: the mains, steady noise, a door.

use ndarray::{Array2, ArrayViewMut1};
use num_complex::Complex64;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rand_distr::{Distribution, StandardNormal};
use realfft::FftError;
use serde::{Deserialize, Serialize};

use super::super::check::{Check, ScenarioError};
use super::super::spectral::{Transform, transform_length};
use super::wiring::{InputFault, InputNumber};
use super::{Chance, Faults, Source, frame, rms};

/// The mains and its harmonics, each with a phase of its own that is the same at both inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hum {
    /// Frequency of the fundamental.
    pub mains_hz: f64,
    /// Level of the fundamental.
    pub level_dbfs: f64,
    /// Levels of harmonics 2, 3, … re the fundamental.
    #[serde(default)]
    pub harmonics_db: Vec<f64>,
    /// At which input; at both if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub input: Option<InputNumber>,
}

/// Noise that lasts as long as the take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SteadyNoise {
    /// At which input; at both, with independent noises, if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub input: Option<InputNumber>,
    /// Level from 10 Hz to half the rate.
    pub level_dbfs: f64,
    /// Slope of its density: 0 is white, −3 is pink. Flat below 10 Hz.
    #[serde(default)]
    pub slope_db_per_octave: f64,
}

/// A short noise: rises within a millisecond, or a tenth of its time if that is shorter, and
/// falls evenly in decibels, by 60 dB until its end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Burst {
    /// When it begins.
    pub at_s: f64,
    /// How long it lasts.
    pub duration_s: f64,
    /// Level where it is loudest.
    pub level_dbfs: f64,
    /// Lower edge of its band.
    pub from_hz: f64,
    /// Upper edge of its band.
    pub to_hz: f64,
    /// At which input; the same noise at both if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub input: Option<InputNumber>,
}

impl Hum {
    /// What an input picks up to which nothing is connected: odd harmonics, mostly.
    fn floating(mains_hz: f64, level_dbfs: f64) -> Self {
        let harmonics_db = vec![-20.0, -10.0, -26.0, -16.0, -32.0, -22.0];
        Self { mains_hz, level_dbfs, harmonics_db, input: None }
    }

    /// Adds the hum to some inputs.
    fn add(
        &self,
        signals: &mut Array2<f64>,
        inputs: &[usize],
        rate_hz: f64,
        mut chance: ChaCha8Rng,
    ) {
        let levels = std::iter::once(0.0).chain(self.harmonics_db.iter().copied());
        for (n, level_db) in (1_u32..).zip(levels) {
            let turns = f64::from(chance.next_u32()) / 2_f64.powi(32);
            let frequency_hz = f64::from(n) * self.mains_hz;
            if frequency_hz >= rate_hz / 2.0 {
                break;
            }
            let amplitude = std::f64::consts::SQRT_2 * rms(self.level_dbfs + level_db);
            for &index in inputs {
                add_tone(signals.row_mut(index), amplitude, frequency_hz / rate_hz, turns);
            }
        }
    }

    pub(super) fn check(&self) -> Result<(), ScenarioError> {
        let check = Check::of("faults.hum");
        check.positive(&[("mains_hz", self.mains_hz)])?;
        check.finite(&[("level_dbfs", self.level_dbfs)])?;
        self.harmonics_db.iter().try_for_each(|&db| check.finite(&[("harmonics_db", db)]))
    }
}

/// Adds a sine of so many turns per frame that begins at a phase in turns.
fn add_tone(mut signal: ArrayViewMut1<'_, f64>, amplitude: f64, turns_per_frame: f64, turns: f64) {
    /// One product turns the phasor on; it is computed anew before rounding gathers.
    const ANEW: usize = 1024;
    let tau = std::f64::consts::TAU;
    let step = Complex64::cis(tau * turns_per_frame);
    let mut phasor = Complex64::ZERO;
    for (k, value) in signal.iter_mut().enumerate() {
        if k.is_multiple_of(ANEW) {
            let turns = (k as f64 * turns_per_frame + turns).fract();
            phasor = amplitude * Complex64::cis(tau * turns);
        }
        *value += phasor.im;
        phasor *= step;
    }
}

impl SteadyNoise {
    const LOWEST_HZ: f64 = 10.0;

    fn add(
        &self,
        mut signal: ArrayViewMut1<'_, f64>,
        rate_hz: f64,
        mut chance: ChaCha8Rng,
    ) -> Result<(), FftError> {
        let level = rms(self.level_dbfs);
        if self.slope_db_per_octave == 0.0 {
            for value in &mut signal {
                let z: f64 = StandardNormal.sample(&mut chance);
                *value += level * z;
            }
            return Ok(());
        }
        // Decibels per octave to a power of the frequency.
        let exponent = self.slope_db_per_octave / (20.0 * 2_f64.log10());
        let shape = |hz: f64| hz.max(Self::LOWEST_HZ).powf(exponent);
        let counted = |hz: f64| hz >= Self::LOWEST_HZ;
        let noise = shaped(signal.len(), rate_hz, chance, shape, counted)?;
        signal.iter_mut().zip(noise).for_each(|(value, noise)| *value += level * noise);
        Ok(())
    }

    pub(super) fn check(&self) -> Result<(), ScenarioError> {
        let check = Check::of("faults.noise");
        check.finite(&[("level_dbfs", self.level_dbfs)])?;
        let slope = ("slope_db_per_octave", self.slope_db_per_octave);
        check.within(slope, (-12.0, 12.0), "from -12 to 12")
    }
}

impl Burst {
    /// The noise from its beginning on.
    fn noise(&self, rate_hz: f64, chance: ChaCha8Rng) -> Result<Vec<f64>, FftError> {
        let frames = frame(self.duration_s, rate_hz).max(1);
        let inside = |hz: f64| (self.from_hz..=self.to_hz).contains(&hz);
        let shape = |hz: f64| f64::from(u8::from(inside(hz)));
        // A second at least, for the band to have edges.
        let length = frames.max(rate_hz as usize);
        let mut noise = shaped(length, rate_hz, chance, shape, inside)?;
        noise.truncate(frames);
        let envelope: Vec<f64> = (0..frames).map(|k| self.envelope(k as f64 / rate_hz)).collect();
        noise.iter_mut().zip(&envelope).for_each(|(value, envelope)| *value *= envelope);
        // A short piece of noise has any energy; this one has what its level says.
        let power = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>();
        let gain = rms(self.level_dbfs) * (power(&envelope) / power(&noise)).sqrt();
        for value in &mut noise {
            *value *= gain;
        }
        Ok(noise)
    }

    fn envelope(&self, time_s: f64) -> f64 {
        const ATTACK_S: f64 = 1e-3;
        const FALL: f64 = 1e-3;
        let attack_s = ATTACK_S.min(self.duration_s / 10.0);
        let rise = (time_s / attack_s).min(1.0);
        let fallen = ((time_s - attack_s) / (self.duration_s - attack_s)).max(0.0);
        rise * FALL.powf(fallen)
    }

    pub(super) fn check(&self) -> Result<(), ScenarioError> {
        let check = Check::of("faults.bursts");
        check.not_negative(&[("at_s", self.at_s), ("from_hz", self.from_hz)])?;
        // Below this there is no sample in it that is not its beginning, at any rate.
        check.within(("duration_s", self.duration_s), (1e-4, 60.0), "from 0.0001 to 60")?;
        check.finite(&[("level_dbfs", self.level_dbfs)])?;
        let width = (self.from_hz + 2.0, f64::MAX);
        check.within(("to_hz", self.to_hz), width, "2 Hz or more above from_hz")
    }
}

/// Gaussian noise whose density follows the square of a shape over frequency, with an expected
/// effective value of 1 in the frequencies that count.
fn shaped(
    frames: usize,
    rate_hz: f64,
    mut chance: ChaCha8Rng,
    shape: impl Fn(f64) -> f64,
    counts: impl Fn(f64) -> bool,
) -> Result<Vec<f64>, FftError> {
    let length = transform_length(frames);
    let mut normal = || -> f64 { StandardNormal.sample(&mut chance) };
    let mut power = 0.0;
    let spectrum: Vec<_> = (0..=length / 2)
        .map(|k| {
            let frequency_hz = k as f64 * rate_hz / length as f64;
            let amplitude = shape(frequency_hz);
            if counts(frequency_hz) {
                power += 4.0 * amplitude * amplitude;
            }
            amplitude * Complex64::new(normal(), normal())
        })
        .collect();
    let mut noise = Transform::of_length(length).signal(spectrum)?;
    noise.truncate(frames);
    // A bin of re, im ~ N(0, a²) is a mean square of 4a²/N² in the signal.
    let gain = if power > 0.0 { length as f64 / power.sqrt() } else { 0.0 };
    for value in &mut noise {
        *value *= gain;
    }
    Ok(noise)
}

fn indices(input: Option<InputNumber>) -> impl Iterator<Item = usize> {
    let concerned = move |each: &InputNumber| input.is_none_or(|one| one == *each);
    InputNumber::ALL.into_iter().filter(concerned).map(InputNumber::index)
}

impl Faults {
    /// Adds hum and noise to the inputs to which something is connected.
    pub(in super::super) fn disturb(
        &self,
        signals: &mut Array2<f64>,
        rate_hz: f64,
        chance: Chance<'_>,
    ) -> Result<(), FftError> {
        let connected = |index: &usize| self.of_input(*index).is_none();
        if let Some(hum) = &self.hum {
            let inputs: Vec<_> = indices(hum.input).filter(connected).collect();
            hum.add(signals, &inputs, rate_hz, chance.of(Source::Hum, 0));
        }
        for fault in &self.inputs {
            if let InputFault::Floating { input, mains_hz, level_dbfs } = *fault {
                let index = input.index();
                let chance = chance.of(Source::Floating, index);
                Hum::floating(mains_hz, level_dbfs).add(signals, &[index], rate_hz, chance);
            }
        }
        for (n, noise) in self.noise.iter().enumerate() {
            for index in indices(noise.input).filter(connected) {
                let chance = chance.of(Source::Noise, 2 * n + index);
                noise.add(signals.row_mut(index), rate_hz, chance)?;
            }
        }
        for (n, burst) in self.bursts.iter().enumerate() {
            let noise = burst.noise(rate_hz, chance.of(Source::Burst, n))?;
            for index in indices(burst.input).filter(connected) {
                let mut row = signals.row_mut(index);
                let from = row.iter_mut().skip(frame(burst.at_s, rate_hz));
                from.zip(&noise).for_each(|(value, noise)| *value += noise);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::state::Placement;
    use super::super::tests::{amplitude, effective, read};
    use super::*;
    use crate::quantity::amplitude_db;

    const RATE_HZ: f64 = 48_000.0;
    const FRAMES: usize = 48_000;

    fn noise(text: &str, seed: u64) -> [Vec<f64>; 2] {
        let mut signals = Array2::zeros((2, FRAMES));
        let placement = Placement::new("fresh", 1, seed);
        let chance = Chance { placement: &placement };
        read(text).disturb(&mut signals, RATE_HZ, chance).unwrap();
        [0, 1].map(|row| signals.row(row).to_vec())
    }

    /// Effective value re full scale of what lies between two whole frequencies.
    fn level_between(signal: &[f64], from_hz: u32, to_hz: u32) -> f64 {
        let spectrum = Transform::of_length(FRAMES).spectrum(signal).unwrap();
        let bins = &spectrum[from_hz as usize..to_hz as usize];
        let power: f64 = bins.iter().map(Complex64::norm_sqr).sum();
        10.0 * (2.0 * power / (FRAMES as f64).powi(2)).log10()
    }

    #[test]
    fn hum_has_its_level_and_its_lines_and_nothing_else() {
        /// Rounding of a phasor that is turned on a thousand times.
        const ROUNDING: f64 = 1e-13;
        let text = "hum = { mains_hz = 50, level_dbfs = -60, harmonics_db = [-20, -6], input = 2 }";
        let [first, second] = noise(text, 1);
        assert!(first.iter().all(|&v| v == 0.0));
        for (hz, level_dbfs) in [(50.0, -60.0), (100.0, -80.0), (150.0, -66.0)] {
            let found = amplitude(&second, hz) / std::f64::consts::SQRT_2;
            assert!((found / rms(level_dbfs) - 1.0).abs() < ROUNDING / rms(level_dbfs), "{hz} Hz");
        }
        let lines = rms(-60.0).hypot(rms(-80.0)).hypot(rms(-66.0));
        assert!((effective(&second) - lines).abs() < ROUNDING);
    }

    #[test]
    fn hum_is_the_same_at_both_inputs_and_begins_differently_with_another_seed() {
        let text = "hum = { mains_hz = 60, level_dbfs = -60, harmonics_db = [-6] }";
        let [first, second] = noise(text, 1);
        assert_eq!(first, second);
        assert_ne!(first, noise(text, 2)[0]);
        assert_eq!(first, noise(text, 1)[0]);
    }

    #[test]
    fn white_noise_has_its_level_and_independent_inputs() {
        let [first, second] = noise("noise = [{ level_dbfs = -50 }]", 1);
        // Four standard errors, 8.7 dB/√(2n) each.
        let error_db = 4.0 * 8.7 / (2.0 * FRAMES as f64).sqrt();
        for signal in [&first, &second] {
            assert!((amplitude_db(effective(signal)) + 50.0).abs() < error_db);
        }
        let product: f64 = first.iter().zip(&second).map(|(a, b)| a * b).sum();
        let correlation = product / FRAMES as f64 / (effective(&first) * effective(&second));
        assert!(correlation.abs() < 4.0 / (FRAMES as f64).sqrt(), "{correlation}");
    }

    #[test]
    fn pink_noise_has_the_same_level_in_every_octave() {
        let text = "noise = [{ input = 2, level_dbfs = -50, slope_db_per_octave = -3.0103 }]";
        let [first, second] = noise(text, 1);
        assert!(first.iter().all(|&v| v == 0.0));
        // Of ln(24000/10) in all, an octave is ln 2.
        let octave_db = -50.0 + 10.0 * (2.0_f64.ln() / 2400.0_f64.ln()).log10();
        for from_hz in [250, 1000, 4000] {
            // Four standard errors of the power of n bins, 4.3 dB/√n each.
            let error_db = 4.0 * 4.3 / f64::from(from_hz).sqrt();
            let found = level_between(&second, from_hz, 2 * from_hz);
            assert!((found - octave_db).abs() < error_db, "{from_hz} Hz: {found} {octave_db}");
        }
    }

    #[test]
    fn a_door_is_heard_in_its_band_and_its_time_and_with_its_level() {
        let text = "bursts = [{ at_s = 0.25, duration_s = 0.3, level_dbfs = -30, from_hz = 100, \
                    to_hz = 2000 }]";
        let [first, second] = noise(text, 3);
        assert_eq!(first, second);
        let silent = |v: &f64| *v == 0.0;
        assert!(first[..12_000].iter().all(silent) && first[26_400..].iter().all(silent));
        assert!(first[12_000..26_400].iter().any(|v| !silent(v)));
        // ∫envelope² = level²·τ/2·(1 − 10⁻⁶) with τ = 0.299 s/ln 1000, and a third of the
        // millisecond before it.
        let energy: f64 = first.iter().map(|v| v * v).sum::<f64>() / RATE_HZ;
        let expected = rms(-30.0).powi(2) * (0.299 / (2.0 * 1000.0_f64.ln()) + 1e-3 / 3.0);
        assert!((energy / expected - 1.0).abs() < 0.01, "{energy} {expected}");
        // A sharp onset widens the band somewhat.
        let (inside, above) =
            (level_between(&first, 80, 2200), level_between(&first, 2200, 24_000));
        assert!(inside > above + 20.0, "{inside} {above}");
    }

    #[test]
    fn a_click_is_over_after_a_millisecond() {
        let text = "bursts = [{ at_s = 0.5, duration_s = 0.001, level_dbfs = -20, from_hz = 100, \
                    to_hz = 20000, input = 1 }]";
        let [first, second] = noise(text, 3);
        let heard: Vec<_> = (0..FRAMES).filter(|&k| first[k] != 0.0).collect();
        assert!(heard.first() >= Some(&24_000) && heard.last() < Some(&24_048), "{heard:?}");
        assert!(heard.len() > 40);
        assert!(second.iter().all(|&v| v == 0.0));
    }

    #[test]
    fn an_input_that_is_not_connected_hears_nothing_and_one_that_floats_the_mains() {
        let around = "hum = { mains_hz = 60, level_dbfs = -40 }\nnoise = [{ level_dbfs = -40 }]\n";
        let of = |kind: &str| {
            noise(&format!("{around}inputs = [{{ input = 2, kind = \"{kind}\" }}]"), 1)
        };
        assert!(of("dead")[1].iter().all(|&v| v == 0.0));
        let floating = &of("floating")[1];
        let line = amplitude(floating, 50.0) / std::f64::consts::SQRT_2;
        assert!((amplitude_db(line) + 50.0).abs() < 1e-9);
        assert!(amplitude(floating, 60.0) < 1e-12);
        assert!(amplitude(floating, 150.0) > amplitude(floating, 100.0));
    }
}
