//! What is simulated: amplifier, jig, headphone with its states, microphone, converter.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::check::{Check, ScenarioError};
use super::ear::{EarSection, Microphone};
use super::fault::Faults;
use super::headphone::Headphone;
use super::state::State;
use crate::quantity::Gain;

/// A checked description of everything that is simulated.
///
/// Read from TOML; see `calibration/rigs/sim-closed-38.toml` for every key with its meaning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Scenario {
    parts: Parts,
}

/// The parts of a scenario as its file has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parts {
    /// Name of the scenario.
    pub name: String,
    /// What it stands for, in a sentence or two.
    pub description: String,
    /// The amplifier that drives the headphone.
    pub amplifier: Amplifier,
    /// What sits between amplifier and headphone when its impedance is measured.
    pub jig: Jig,
    /// The headphone.
    pub headphone: Headphone,
    /// The way from its front volume to the microphone, section by section.
    #[serde(default)]
    pub ear: Vec<EarSection>,
    /// The coupler's microphone.
    pub microphone: Microphone,
    /// The sound card.
    pub converter: Converter,
    /// What is wrong with all of it; nothing if absent.
    #[serde(default, skip_serializing_if = "Faults::is_none")]
    pub faults: Faults,
    /// The states that the headphone can be in, the usual one first.
    pub states: Vec<State>,
}

/// An amplifier with its output impedance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amplifier {
    /// Peak voltage without load at digital full scale.
    pub full_scale_v: f64,
    /// Output resistance.
    pub output_resistance_ohm: f64,
    /// Output inductance.
    #[serde(default)]
    pub output_inductance_h: f64,
    /// Coupling capacitor in series with the output; none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_capacitor_f: Option<f64>,
    /// Output resistance of the inverting leg of a balanced output; the same as the other's if
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negative_leg_ohm: Option<f64>,
    /// Largest current into a load, in amperes (peak); no limit if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_limit_a: Option<f64>,
    /// Resistance of the return that both channels share, from the loads' common to ground.
    #[serde(default)]
    pub return_resistance_ohm: f64,
    /// Inductance of that return.
    #[serde(default)]
    pub return_inductance_h: f64,
    /// The idle channel's source over the driven one's, per angular frequency: what a capacitor
    /// between the two inputs makes, times the resistance that the idle one sees.
    #[serde(default)]
    pub crosstalk_s: f64,
}

/// A sense resistor and the leads to the headphone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jig {
    /// What is printed on the sense resistor.
    pub sense_resistor_ohm: f64,
    /// By how much its true resistance is larger.
    #[serde(default)]
    pub sense_resistor_deviation_percent: f64,
    /// Resistance of the leads to the headphone, there and back.
    #[serde(default)]
    pub lead_resistance_ohm: f64,
    /// Inductance of the leads to the headphone, there and back.
    #[serde(default)]
    pub lead_inductance_h: f64,
}

/// A sound card's two inputs, and its delay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Converter {
    /// Peak voltage at an electrical input that is digital full scale.
    pub full_scale_v: f64,
    /// Resolution, 8 to 32 bits; samples are not rounded if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bits: Option<u8>,
    /// A full-scale sine over the noise of the whole band, unweighted; no noise if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic_range_db: Option<f64>,
    /// From playback to capture, in samples; need not be whole.
    #[serde(default)]
    pub delay_samples: f64,
    /// By how much later the second input samples than the first, in seconds.
    #[serde(default)]
    pub skew_s: f64,
    /// Gain of the two inputs.
    #[serde(default)]
    pub gain_db: [f64; 2],
    /// Resistance of each electrical input; infinite if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_resistance_ohm: Option<f64>,
    /// Capacitance of each electrical input.
    #[serde(default)]
    pub input_capacitance_f: f64,
}

impl Scenario {
    /// The parts.
    #[must_use]
    pub const fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The scenario's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.parts.name
    }

    /// What it stands for.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.parts.description
    }

    /// The names of the states, the usual one first.
    #[must_use]
    pub fn state_names(&self) -> Vec<&str> {
        self.parts.states.iter().map(|state| state.name.as_str()).collect()
    }

    /// The state of a name.
    ///
    /// # Errors
    ///
    /// When there is none; the message names those there are.
    pub fn state(&self, name: &str) -> Result<&State, ScenarioError> {
        let found = self.parts.states.iter().find(|state| state.name == name);
        found.ok_or_else(|| ScenarioError::UnknownState {
            wanted: name.to_owned(),
            known: self.state_names().join(", "),
        })
    }

    /// The same scenario with some parts changed.
    ///
    /// # Errors
    ///
    /// When a changed value is out of range.
    pub fn changed(&self, change: impl FnOnce(&mut Parts)) -> Result<Self, ScenarioError> {
        let mut parts = self.parts.clone();
        change(&mut parts);
        Self::try_from(parts)
    }

    /// The same headphone on a bench without faults: no noise, no rounding, equal inputs that
    /// take no current, a sense resistor that is what it says, leads without impedance.
    ///
    /// Amplifier, delay and the scatter between seatings stay.
    #[must_use]
    pub fn ideal(&self) -> Self {
        let mut parts = self.parts.clone();
        parts.faults = Faults::default();
        parts.microphone.noise_db_spl = None;
        parts.jig = Jig {
            sense_resistor_deviation_percent: 0.0,
            lead_resistance_ohm: 0.0,
            lead_inductance_h: 0.0,
            ..parts.jig
        };
        parts.converter = Converter {
            bits: None,
            dynamic_range_db: None,
            skew_s: 0.0,
            gain_db: [0.0; 2],
            input_resistance_ohm: None,
            input_capacitance_f: 0.0,
            ..parts.converter
        };
        Self { parts }
    }

    /// The same scenario whose second input is louder than the first by a gain.
    ///
    /// # Errors
    ///
    /// When the gain is not finite.
    pub fn with_gain_mismatch(&self, mismatch: Gain) -> Result<Self, ScenarioError> {
        self.changed(|parts| parts.converter.gain_db = [0.0, mismatch.db()])
    }

    /// The same scenario with another delay from playback to capture, in samples.
    ///
    /// # Errors
    ///
    /// When the delay is negative or longer than [`Converter::LONGEST_DELAY_SAMPLES`].
    pub fn with_delay(&self, samples: f64) -> Result<Self, ScenarioError> {
        self.changed(|parts| parts.converter.delay_samples = samples)
    }

    /// The same scenario with other faults.
    ///
    /// # Errors
    ///
    /// When a value of them is out of range.
    pub fn with_faults(&self, faults: Faults) -> Result<Self, ScenarioError> {
        self.changed(|parts| parts.faults = faults)
    }

    /// The same scenario with another amplifier output resistance.
    ///
    /// # Errors
    ///
    /// When the resistance is negative.
    pub fn with_output_resistance(&self, ohm: f64) -> Result<Self, ScenarioError> {
        self.changed(|parts| parts.amplifier.output_resistance_ohm = ohm)
    }
}

impl Converter {
    /// The longest delay that is simulated: ten seconds at 96 kHz.
    pub const LONGEST_DELAY_SAMPLES: f64 = 960_000.0;

    /// Standard deviation of the noise of one input, 1.0 being digital full scale.
    pub(super) fn noise(&self) -> f64 {
        // The effective value of a full-scale sine is 1/√2.
        let below = |db: f64| std::f64::consts::FRAC_1_SQRT_2 * 10_f64.powf(-db / 20.0);
        self.dynamic_range_db.map_or(0.0, below)
    }

    fn check(&self) -> Result<(), ScenarioError> {
        let check = Check::of("converter");
        check.positive(&[
            ("full_scale_v", self.full_scale_v),
            ("input_resistance_ohm", self.input_resistance_ohm.unwrap_or(1.0)),
        ])?;
        check.not_negative(&[("input_capacitance_f", self.input_capacitance_f)])?;
        check.finite(&[
            ("dynamic_range_db", self.dynamic_range_db.unwrap_or(0.0)),
            ("gain_db", self.gain_db[0]),
            ("gain_db", self.gain_db[1]),
        ])?;
        let delay = ("delay_samples", self.delay_samples);
        check.within(delay, (0.0, Self::LONGEST_DELAY_SAMPLES), "from 0 to 960000")?;
        check.within(("skew_s", self.skew_s), (0.0, 1.0), "from 0 to 1")?;
        let bits = ("bits", f64::from(self.bits.unwrap_or(24)));
        check.within(bits, (8.0, 32.0), "from 8 to 32")
    }
}

impl Parts {
    fn check(&self) -> Result<(), ScenarioError> {
        let check = Check::of("amplifier");
        check.positive(&[
            ("full_scale_v", self.amplifier.full_scale_v),
            ("output_capacitor_f", self.amplifier.output_capacitor_f.unwrap_or(1.0)),
            ("current_limit_a", self.amplifier.current_limit_a.unwrap_or(1.0)),
            ("negative_leg_ohm", self.amplifier.negative_leg_ohm.unwrap_or(1.0)),
        ])?;
        check.not_negative(&[
            ("output_resistance_ohm", self.amplifier.output_resistance_ohm),
            ("output_inductance_h", self.amplifier.output_inductance_h),
            ("return_resistance_ohm", self.amplifier.return_resistance_ohm),
            ("return_inductance_h", self.amplifier.return_inductance_h),
            ("crosstalk_s", self.amplifier.crosstalk_s),
        ])?;
        let check = Check::of("jig");
        let deviation =
            ("sense_resistor_deviation_percent", self.jig.sense_resistor_deviation_percent);
        check.within(deviation, (-50.0, 50.0), "from -50 to 50")?;
        check.positive(&[("sense_resistor_ohm", self.jig.sense_resistor_ohm)])?;
        check.not_negative(&[
            ("lead_resistance_ohm", self.jig.lead_resistance_ohm),
            ("lead_inductance_h", self.jig.lead_inductance_h),
        ])?;
        self.headphone.check()?;
        self.ear.iter().try_for_each(|section| section.check())?;
        self.microphone.check()?;
        self.converter.check()?;
        self.faults.check()?;
        self.check_states()
    }

    fn check_states(&self) -> Result<(), ScenarioError> {
        if self.states.is_empty() {
            return Err(ScenarioError::NoState);
        }
        for (i, state) in self.states.iter().enumerate() {
            state.check()?;
            if self.states[..i].iter().any(|before| before.name == state.name) {
                return Err(ScenarioError::DuplicateState(state.name.clone()));
            }
        }
        Ok(())
    }
}

impl TryFrom<Parts> for Scenario {
    type Error = ScenarioError;

    fn try_from(parts: Parts) -> Result<Self, ScenarioError> {
        parts.check()?;
        Ok(Self { parts })
    }
}

impl From<Scenario> for Parts {
    fn from(scenario: Scenario) -> Self {
        scenario.parts
    }
}

impl FromStr for Scenario {
    type Err = ScenarioError;

    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        let parts: Parts =
            toml::from_str(text).map_err(|error| ScenarioError::Toml(error.to_string()))?;
        Self::try_from(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::super::preset;
    use super::*;

    #[test]
    fn a_scenario_is_written_as_it_is_read() {
        let scenario = preset("closed-38").unwrap();
        let text = toml::to_string(&scenario).unwrap();
        assert_eq!(text.parse(), Ok(scenario));
    }

    #[test]
    fn a_key_that_nobody_knows_is_refused_by_name() {
        let text = toml::to_string(&preset("open-300").unwrap()).unwrap();
        let text = text.replace("front_volume_cm3", "front_volume_cm4");
        let error = text.parse::<Scenario>().unwrap_err().to_string();
        assert!(error.contains("front_volume_cm4"), "{error}");
    }

    #[test]
    fn a_value_out_of_range_is_refused_with_its_place() {
        let scenario = preset("open-300").unwrap();
        let error = scenario.with_delay(-1.0).unwrap_err().to_string();
        assert_eq!(error, "converter.delay_samples of -1 must be from 0 to 960000");
        let error = scenario.changed(|parts| parts.headphone.driver.area_cm2 = f64::NAN);
        assert!(matches!(error, Err(ScenarioError::Value { key: "area_cm2", .. })));
    }

    #[test]
    fn an_unknown_state_is_answered_with_those_there_are() {
        let error = preset("closed-38").unwrap().state("soggy").unwrap_err().to_string();
        assert_eq!(
            error,
            "no state 'soggy' (there is fresh, worn, glasses, forward, hole-2mm, hole-4mm, off-head)"
        );
    }

    #[test]
    fn two_states_of_one_name_are_refused() {
        let scenario = preset("closed-38").unwrap();
        let twice = scenario.changed(|parts| {
            let first = parts.states[0].clone();
            parts.states.push(first);
        });
        assert_eq!(twice, Err(ScenarioError::DuplicateState("fresh".into())));
        assert_eq!(scenario.changed(|parts| parts.states.clear()), Err(ScenarioError::NoState));
    }
}
