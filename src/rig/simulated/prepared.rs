//! One stimulus on its way through the rig, captured as often as wanted.

use ndarray::Array2;
use realfft::FftError;

use super::fault::{Chance, Faults};
use super::rig::SimulatedRig;
use crate::measure::{Rig, RigError};
use crate::model::{Completeness, Recording};
use crate::quantity::SampleRate;

/// What arrives at the inputs when a stimulus is played, before chance and faults.
///
/// It is computed once; each take then costs its noise and its faults. The takes differ as
/// repetitions without touching the headphone do.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    rig: SimulatedRig,
    rate: SampleRate,
    frames: usize,
    /// One period, longer than the take, channels × frames.
    arriving: Array2<f64>,
}

impl Prepared {
    pub(super) const fn new(
        rig: SimulatedRig,
        rate: SampleRate,
        frames: usize,
        arriving: Array2<f64>,
    ) -> Self {
        Self { rig, rate, frames, arriving }
    }

    /// Frames of a take without faults.
    #[must_use]
    pub const fn frames(&self) -> usize {
        self.frames
    }

    /// A take with a seed of its noise, and with these faults in place of the scenario's.
    ///
    /// The seed of the placement and the scenario's own faults give what the rig itself captures.
    ///
    /// # Errors
    ///
    /// When a value of the faults is out of range, or nothing is left of the take.
    pub fn take(&self, seed: u64, faults: &Faults) -> Result<Recording, RigError> {
        self.captured(self.sampled(faults)?, seed, faults)
    }

    /// One take for each seed, all with the same faults. What chance does not touch is computed
    /// once, which pays where a fault is costly: another clock, crosstalk, a resonance.
    ///
    /// # Errors
    ///
    /// As [`Self::take`].
    pub fn takes<'a>(
        &'a self,
        seeds: impl IntoIterator<Item = u64> + 'a,
        faults: &'a Faults,
    ) -> Result<impl Iterator<Item = Result<Recording, RigError>> + 'a, RigError> {
        let sampled = self.sampled(faults)?;
        let take = move |seed| self.captured(sampled.clone(), seed, faults);
        Ok(seeds.into_iter().map(take))
    }

    /// What the converter samples, before noise.
    fn sampled(&self, faults: &Faults) -> Result<Array2<f64>, RigError> {
        faults.check().map_err(|error| self.rig.failed(&error.to_string()))?;
        let rate_hz = self.rate.as_f64();
        let arrived = if faults.leaves_the_signal() {
            faults.sampled(&self.arriving, self.frames, rate_hz)
        } else {
            self.changed(faults)
                .and_then(|arriving| faults.sampled(&arriving, self.frames, rate_hz))
        };
        arrived.map_err(|error| self.rig.failed(&error.to_string()))
    }

    /// What arrives at the inputs of a bench that is wired wrongly or changes meanwhile.
    fn changed(&self, faults: &Faults) -> Result<Array2<f64>, FftError> {
        let rate_hz = self.rate.as_f64();
        let mut arriving = self.arriving.clone();
        faults.vary(&mut arriving, rate_hz)?;
        faults.miswire(&mut arriving, rate_hz)?;
        Ok(arriving)
    }

    fn captured(
        &self,
        sampled: Array2<f64>,
        seed: u64,
        faults: &Faults,
    ) -> Result<Recording, RigError> {
        let refuse = |reason: &dyn std::fmt::Display| self.rig.failed(&reason.to_string());
        let samples = self.digitised(sampled, seed, faults).map_err(|error| refuse(&error))?;
        let rate = faults.claimed_rate(self.rate);
        let recording = Recording::new(rate, samples, self.rig.format(), self.rig.identity())
            .map_err(|error| refuse(&error))?;
        Ok(recording.with_losses(faults.reported_losses(), Completeness::Complete))
    }

    /// The samples of a take, fault by fault in the order in which they strike.
    fn digitised(
        &self,
        mut signals: Array2<f64>,
        seed: u64,
        faults: &Faults,
    ) -> Result<Array2<f64>, FftError> {
        let rate_hz = self.rate.as_f64();
        faults.disturb(&mut signals, rate_hz, Chance { placement: &self.rig.seeded(seed) })?;
        faults.overdrive(&mut signals)?;
        let mut inputs = self.rig.inputs(seed, faults);
        for (input, signal) in inputs.iter_mut().zip(signals.rows_mut()) {
            input.digitise(signal);
        }
        if faults.resampled.is_some() {
            faults.resample(&mut signals, rate_hz)?;
            for (input, signal) in inputs.iter().zip(signals.rows_mut()) {
                input.round(signal);
            }
        }
        Ok(faults.transported(signals, rate_hz))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Placement, Scenario, Wiring, preset};
    use super::*;
    use crate::measure::Unwatched;
    use crate::model::{Band, SampleFormat, Stimulus};

    const RATE_HZ: u32 = 48_000;
    /// Where the marks of the stimulus lie.
    const MARKS: [f64; 2] = [1000.0, 41_000.0];

    /// Two bells whose spectrum has vanished (e^−π²·8) at half the sample rate.
    fn stimulus() -> Stimulus {
        let band = Band { start_hz: 10.0, flat_from_hz: 20.0, flat_to_hz: 20e3, stop_hz: 22e3 };
        let bell = |at: f64| (-(at / 4.0).powi(2)).exp();
        let value = |k| 0.5 * MARKS.iter().map(|at| bell(f64::from(k) - at)).sum::<f64>();
        let samples = (0..RATE_HZ).map(value).collect();
        Stimulus::single("marks", SampleRate::new(RATE_HZ).unwrap(), samples, band).unwrap()
    }

    fn prepared(scenario: &Scenario) -> Prepared {
        let placement = Placement::new("fresh", 1, 1);
        let rig = SimulatedRig::new(scenario.clone(), Wiring::Coupler, placement).unwrap();
        rig.prepared(&stimulus()).unwrap()
    }

    /// A bench whose first input shows what is played, delayed by so many samples.
    fn transparent(delay: f64) -> Scenario {
        let scenario = preset("open-300").unwrap().ideal();
        scenario.with_delay(delay).unwrap().with_output_resistance(0.0).unwrap()
    }

    fn faults(text: &str) -> Faults {
        toml::from_str(text).unwrap()
    }

    fn samples(prepared: &Prepared, text: &str, channel: usize) -> Vec<f64> {
        prepared.take(5, &faults(text)).unwrap().channel(channel).unwrap().to_vec()
    }

    /// Centre of gravity of what lies around a frame.
    fn centre(signal: &[f64], around: f64) -> f64 {
        let from = around as usize - 100;
        let piece = signal[from..from + 200].iter().enumerate();
        let (sum, moment) = piece.fold((0.0, 0.0), |(sum, moment), (k, value)| {
            (sum + value, moment + value * (from + k) as f64)
        });
        moment / sum
    }

    fn deviation(signal: &[f64]) -> f64 {
        let mean = signal.iter().sum::<f64>() / signal.len() as f64;
        (signal.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / signal.len() as f64).sqrt()
    }

    #[test]
    fn the_rig_captures_the_take_of_its_own_seed_and_faults() {
        let own = faults("clock_ppm = 38\nhum = { mains_hz = 50, level_dbfs = -60 }");
        let scenario = preset("closed-38").unwrap().with_faults(own.clone()).unwrap();
        let placement = Placement::new("fresh", 1, 9);
        let mut rig = SimulatedRig::new(scenario, Wiring::Coupler, placement).unwrap();
        let captured = rig.exchange(&stimulus(), &mut Unwatched).unwrap();
        let prepared = rig.prepared(&stimulus()).unwrap();
        assert_eq!(captured, prepared.take(9, &own).unwrap());
        assert_ne!(captured, prepared.take(10, &own).unwrap());
        assert_ne!(captured, prepared.take(9, &Faults::default()).unwrap());
    }

    #[test]
    fn takes_of_many_seeds_are_the_takes_of_each() {
        let prepared = prepared(&preset("closed-38").unwrap());
        let faults = faults(
            "clock_ppm = -20\nbursts = [{ at_s = 0.3, duration_s = 0.1, \
                             level_dbfs = -40, from_hz = 100, to_hz = 1000 }]",
        );
        let takes: Vec<_> = prepared.takes([3, 4], &faults).unwrap().map(Result::unwrap).collect();
        let each: Vec<_> = [3, 4].map(|seed| prepared.take(seed, &faults).unwrap()).into();
        assert_eq!(takes, each);
        assert_ne!(takes[0], takes[1]);
    }

    #[test]
    fn drift_moves_marks_apart_by_its_ppm_of_their_distance() {
        /// What is asked for; the centre of a bell of 28 frames at 1e−8 of its peak is nearer.
        const SAMPLES: f64 = 1e-4;
        let delay = 517.37;
        let prepared = prepared(&transparent(delay));
        for ppm in [-300.0, -0.1, 0.0, 38.0, 300.0] {
            let signal = samples(&prepared, &format!("clock_ppm = {ppm}"), 0);
            for mark in MARKS {
                // Sample k shows the player's time k/(1 + p), the delay being the player's.
                let expected = (mark + delay) * (1.0 + ppm * 1e-6);
                let found = centre(&signal, mark + delay);
                assert!((found - expected).abs() < SAMPLES, "{ppm} ppm: {found} {expected}");
            }
        }
    }

    #[test]
    fn lost_frames_leave_the_samples_of_a_whole_take_on_both_sides() {
        let prepared = prepared(&preset("closed-38").unwrap());
        let whole = samples(&prepared, "", 1);
        let found = samples(&prepared, "lost = [{ at_s = 0.5, frames = 64 }]", 1);
        assert_eq!(found.len(), whole.len() - 64);
        assert_eq!(found[..24_000], whole[..24_000]);
        assert_eq!(found[24_000..], whole[24_064..]);
    }

    #[test]
    fn a_gap_is_exactly_zero_in_spite_of_the_noise() {
        let prepared = prepared(&preset("closed-38").unwrap());
        let found = samples(&prepared, "gaps = [{ at_s = 0.5, frames = 64 }]", 1);
        assert_eq!(found[24_000..24_064], [0.0; 64]);
        assert_ne!(found[23_999].to_bits(), 0);
    }

    #[test]
    fn inputs_with_the_wrong_thing_on_them_have_the_noise_of_that_thing() {
        let scenario = preset("closed-38").unwrap();
        let parts = scenario.parts();
        let (electrical, microphone) = (parts.converter.noise(), parts.microphone.noise());
        let prepared = prepared(&scenario);
        let noise = |kind: &str| {
            let text = format!("inputs = [{{ input = 1, kind = \"{kind}\" }}]");
            deviation(&samples(&prepared, &text, 0))
        };
        let dead = r#"inputs = [{ input = 1, kind = "dead", value_fs = 0.25 }]"#;
        assert!(samples(&prepared, dead, 0).iter().all(|v| v.to_bits() == 0.25_f64.to_bits()));
        // Four standard errors of a deviation from 61000 samples, and rounding to 24 bits, which
        // adds its step²/12 to the smallest of them.
        let step = SampleFormat::Integer(24).step();
        let tolerance = 4.0 / (2.0 * 61_000_f64).sqrt();
        let shorted = (electrical / 10.0).hypot(step / 12_f64.sqrt());
        assert!((noise("shorted") / shorted - 1.0).abs() < tolerance);
        let unplugged = electrical.hypot(microphone);
        assert!((noise("unplugged") / unplugged - 1.0).abs() < tolerance);
    }

    #[test]
    fn swapped_inputs_take_the_microphones_noise_with_them() {
        let scenario = preset("closed-38").unwrap();
        let scenario = scenario.changed(|parts| parts.microphone.noise_db_spl = Some(60.0));
        let prepared = prepared(&scenario.unwrap());
        let quiet =
            |text: &str, channel| deviation(&samples(&prepared, text, channel)[20_000..30_000]);
        let (reference, microphone) = (quiet("", 0), quiet("", 1));
        assert!(microphone > 3.0 * reference);
        // Four standard errors of a ratio of two deviations from 10000 samples.
        let tolerance = 4.0 / 10_000_f64.sqrt();
        let swapped = |channel| quiet("swapped_inputs = true", channel);
        assert!((swapped(0) / microphone - 1.0).abs() < tolerance);
        assert!((swapped(1) / reference - 1.0).abs() < tolerance);
    }

    #[test]
    fn an_offset_is_the_mean_of_the_samples_and_a_converters_early_end_is_flat() {
        let prepared = prepared(&preset("closed-38").unwrap());
        let signal = samples(&prepared, "dc_offset = [{ input = 2, value_fs = -0.02 }]", 1);
        let mean = signal.iter().sum::<f64>() / signal.len() as f64;
        let without = samples(&prepared, "", 1);
        let before = without.iter().sum::<f64>() / without.len() as f64;
        // A sample is rounded by half a step at most.
        assert!((mean - before + 0.02).abs() < SampleFormat::Integer(24).step());
        let text = r#"clipping = [{ input = 1, level_fs = 0.25, kind = "converter" }]"#;
        let clipped = samples(&prepared, text, 0);
        let flat = clipped.iter().filter(|v| v.to_bits() == 0.25_f64.to_bits()).count();
        let above = samples(&prepared, "", 0).iter().filter(|&&v| v >= 0.25).count();
        assert_eq!(flat, above);
        assert!(flat > 5 && clipped.iter().all(|&v| v <= 0.25));
    }

    #[test]
    fn a_claimed_rate_is_in_the_header_and_changes_no_sample() {
        let prepared = prepared(&preset("closed-38").unwrap());
        let take = prepared.take(5, &faults("claimed_rate_hz = 44100")).unwrap();
        assert_eq!(take.rate().hz(), 44_100);
        assert_eq!(take.channel(1).unwrap(), samples(&prepared, "", 1));
    }

    #[test]
    fn what_a_system_resampled_is_rounded_again() {
        let prepared = prepared(&preset("closed-38").unwrap());
        let step = SampleFormat::Integer(24).step();
        let signal = samples(&prepared, "resampled = { via_hz = 44100 }", 1);
        assert!(signal.iter().all(|v| (v / step).fract() == 0.0));
        assert_ne!(signal, samples(&prepared, "", 1));
    }

    #[test]
    fn faults_out_of_range_and_a_take_of_which_nothing_is_left_are_refused() {
        let prepared = prepared(&transparent(0.0));
        let error = prepared.take(1, &faults("clock_ppm = 1e9")).unwrap_err().to_string();
        assert!(error.contains("faults.clock_ppm"), "{error}");
        let all = faults("lost = [{ at_s = 0, frames = 1000000 }]");
        assert!(prepared.take(1, &all).unwrap_err().to_string().contains("empty"));
    }
}
