//! What can be wrong with a bench, on purpose: every fault is data, and strikes where it would.
//!
//! A take is made in the order in which a signal meets its troubles:
//!
//! 1. the headphone and its amplifier, whose gain or resonance changes ([`variance`])
//! 2. cables: inputs swapped, polarity inverted, an input with nothing or a short on it,
//!    crosstalk between the inputs ([`wiring`])
//! 3. sampling at the instants of the recorder's clock ([`clock`])
//! 4. what is added on the way: hum, steady noise, short noises ([`noise`])
//! 5. an analogue stage that is driven to its end ([`level`])
//! 6. the converter: its noise, an offset, an end below full scale, rounding
//! 7. the system: conversion of the sample rate, frames lost, inserted or replaced, a header
//!    that names another rate ([`transport`])
//!
//! The first two are counted on the player's clock, the others on the recorder's.

mod clock;
mod interpolation;
mod level;
mod noise;
mod transport;
mod variance;
mod wiring;

use serde::{Deserialize, Serialize};

use super::check::{Check, ScenarioError};
use super::state::{Placement, Purpose};
pub use clock::Wander;
pub use level::{Clipping, ClippingKind, Offset};
pub use noise::{Burst, Hum, SteadyNoise};
pub use transport::{Filling, Gap, Inserted, Lost, Resampling};
pub use variance::{GainDrift, GainStep, ResponseChange};
pub use wiring::{Coupling, Crosstalk, InputFault, InputNumber, NoSuchInput};

/// Everything that is wrong with a bench; nothing by default.
///
/// Where a level is in dBFS it is an effective value, 0 dB being that of a constant full scale:
/// a full-scale sine has −3 dB. Times are seconds from the beginning of the take.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// What belongs to input 1 is plugged into input 2 and the other way round, with its gain
    /// and its noise.
    pub swapped_inputs: bool,
    /// Inputs of which the poles are swapped.
    pub inverted: Vec<InputNumber>,
    /// Rate of the recorder's clock over the player's, minus one, in parts per million: positive
    /// if the recorder's clock is fast, so that more samples lie between two marks.
    pub clock_ppm: f64,
    /// The rate that the recording's header names, whatever its true one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_rate_hz: Option<u32>,
    /// A recorder's clock that is not steady.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_wander: Option<Wander>,
    /// The mains and its harmonics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hum: Option<Hum>,
    /// A gain that rises or falls all the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gain_drift: Option<GainDrift>,
    /// A gain that changes once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gain_step: Option<GainStep>,
    /// A resonance that appears at some time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_change: Option<ResponseChange>,
    /// The system converts the sample rate and back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resampled: Option<Resampling>,
    /// Inputs to which something else is connected than should be.
    pub inputs: Vec<InputFault>,
    /// What one input hears of another.
    pub crosstalk: Vec<Crosstalk>,
    /// Noise all the time, besides that of microphone and converter.
    pub noise: Vec<SteadyNoise>,
    /// Short noises: a door, a cough, a click.
    pub bursts: Vec<Burst>,
    /// Stages that are driven to their end.
    pub clipping: Vec<Clipping>,
    /// Constant voltages.
    pub dc_offset: Vec<Offset>,
    /// Frames that are missing.
    pub lost: Vec<Lost>,
    /// Frames that are there twice.
    pub inserted: Vec<Inserted>,
    /// Frames that are replaced.
    pub gaps: Vec<Gap>,
}

impl Faults {
    /// The largest difference of two clocks that is simulated, in parts per million.
    pub const LARGEST_CLOCK_PPM: f64 = 10_000.0;

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the signals arrive at the inputs as they should.
    pub(super) fn leaves_the_signal(&self) -> bool {
        let varies =
            self.gain_drift.is_some() || self.gain_step.is_some() || self.response_change.is_some();
        let miswired = self.swapped_inputs
            || !self.inverted.is_empty()
            || !self.inputs.is_empty()
            || !self.crosstalk.is_empty();
        !varies && !miswired
    }

    /// What is wrong with an input's connection, if anything.
    pub(super) fn of_input(&self, index: usize) -> Option<InputFault> {
        self.inputs.iter().copied().find(|fault| fault.input().index() == index)
    }

    /// Refuses values out of range.
    pub(super) fn check(&self) -> Result<(), ScenarioError> {
        let check = Check::of("faults");
        check_ppm(check, ("clock_ppm", self.clock_ppm))?;
        if let Some(hz) = self.claimed_rate_hz {
            check.rate("claimed_rate_hz", hz)?;
        }
        self.clock_wander.iter().try_for_each(|wander| wander.check())?;
        self.hum.iter().try_for_each(Hum::check)?;
        self.gain_drift.iter().try_for_each(|drift| drift.check())?;
        self.gain_step.iter().try_for_each(|step| step.check())?;
        self.response_change.iter().try_for_each(|change| change.check())?;
        self.resampled.iter().try_for_each(|resampling| resampling.check())?;
        self.check_inputs()?;
        self.crosstalk.iter().try_for_each(|crosstalk| crosstalk.check())?;
        self.noise.iter().try_for_each(SteadyNoise::check)?;
        self.bursts.iter().try_for_each(Burst::check)?;
        self.clipping.iter().try_for_each(|clipping| clipping.check())?;
        self.dc_offset.iter().try_for_each(|offset| offset.check())?;
        self.check_transport()
    }
}

/// Where the chance of all faults of a take comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chance<'a> {
    /// The seating, with the seed of the take.
    pub(super) placement: &'a Placement,
}

impl Chance<'_> {
    fn of(self, source: Source, index: usize) -> rand_chacha::ChaCha8Rng {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        self.placement.generator(Purpose::Fault { source: source as u8, index })
    }
}

/// What chance is drawn for; the value is part of the seed.
#[derive(Debug, Clone, Copy)]
enum Source {
    Hum = 0,
    Noise = 1,
    Burst = 2,
    Floating = 3,
}

fn check_ppm(check: Check<'_>, value: (&'static str, f64)) -> Result<(), ScenarioError> {
    let limit = Faults::LARGEST_CLOCK_PPM;
    check.within(value, (-limit, limit), "from -10000 to 10000")
}

/// The effective value of a level re full scale.
fn rms(level_dbfs: f64) -> f64 {
    crate::quantity::amplitude_ratio(level_dbfs)
}

/// The frame at a time of the take.
fn frame(at_s: f64, rate_hz: f64) -> usize {
    (at_s * rate_hz).round() as usize
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;

    use super::super::preset;
    use super::*;

    /// The phasor of a sine with so many cycles in the signal: amplitude and phase of its cosine.
    pub(super) fn phasor(signal: &[f64], cycles: f64) -> Complex64 {
        let turn = -std::f64::consts::TAU * cycles / signal.len() as f64;
        let terms = signal.iter().enumerate();
        let sum: Complex64 = terms.map(|(k, value)| value * Complex64::cis(turn * k as f64)).sum();
        2.0 * sum / signal.len() as f64
    }

    /// The amplitude of a sine with so many cycles in the signal.
    pub(super) fn amplitude(signal: &[f64], cycles: f64) -> f64 {
        phasor(signal, cycles).norm()
    }

    pub(super) fn effective(signal: &[f64]) -> f64 {
        (signal.iter().map(|v| v * v).sum::<f64>() / signal.len() as f64).sqrt()
    }

    /// Faults as they stand in a scenario.
    pub(super) fn read(text: &str) -> Faults {
        let faults: Faults = toml::from_str(text).unwrap();
        faults.check().unwrap();
        faults
    }

    #[test]
    fn nothing_is_wrong_by_default_and_then_nothing_is_written() {
        assert!(read("").is_none());
        assert!(!read("swapped_inputs = true").is_none());
        let text = toml::to_string(&preset("closed-38").unwrap()).unwrap();
        assert!(!text.contains("faults"), "{text}");
    }

    #[test]
    fn a_value_out_of_range_is_refused_with_its_place() {
        for (text, expected) in [
            ("clock_ppm = 20000", "faults.clock_ppm of 20000 must be from -10000 to 10000"),
            (
                "lost = [{ at_s = -1, frames = 64 }]",
                "faults.lost.at_s of -1 must be a number not below zero",
            ),
            (
                "gaps = [{ at_s = 1, frames = 0 }]",
                "faults.gaps.frames of 0 must be from 1 to 1920000",
            ),
            (
                "bursts = [{ at_s = 1, duration_s = 0.1, level_dbfs = -20, from_hz = 100, to_hz = 50 }]",
                "faults.bursts.to_hz of 50 must be 2 Hz or more above from_hz",
            ),
            (
                "crosstalk = [{ from = 1, to = 1, at_1khz_db = -60, kind = \"resistive\" }]",
                "faults.crosstalk.to of 1 must be another input than from",
            ),
            (
                "inputs = [{ input = 2, kind = \"dead\" }, { input = 2, kind = \"shorted\" }]",
                "faults.inputs.input of 2 must be named once",
            ),
            ("claimed_rate_hz = 100", "faults.claimed_rate_hz of 100 must be from 8000 to 768000"),
        ] {
            let faults: Faults = toml::from_str(text).unwrap();
            assert_eq!(faults.check().unwrap_err().to_string(), expected);
            assert!(preset("closed-38").unwrap().with_faults(faults).is_err());
        }
    }

    #[test]
    fn an_input_that_is_not_there_and_a_key_that_nobody_knows_are_refused() {
        let error = toml::from_str::<Faults>("inverted = [3]").unwrap_err().to_string();
        assert!(error.contains("there is no input 3 (expected 1 or 2)"), "{error}");
        assert!(toml::from_str::<Faults>("clock_pmm = 3").is_err());
        assert!(toml::from_str::<Faults>("hum = { mains_hz = 50, level = 3 }").is_err());
    }
}
