//! States of a headphone, and how each seating differs from the last.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::acoustics::Leak;
use super::check::{Check, ScenarioError};
use super::ear::EarSection;
use super::headphone::{Front, Seated, check_leaks};
use super::scenario::Parts;

/// What a state changes on a headphone, and how much its seatings scatter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The state's name.
    pub name: String,
    /// Whether the headphone hangs in the free air: no pads and no volume load the diaphragm from
    /// the front, and nothing of its pressure is left there.
    #[serde(default)]
    pub off_head: bool,
    /// Factor on what leaks through and under the pads.
    #[serde(default = "unchanged")]
    pub pad_factor: f64,
    /// Factor on the front volume.
    #[serde(default = "unchanged")]
    pub front_volume_factor: f64,
    /// Factor on the frequencies of the way to the microphone.
    #[serde(default = "unchanged")]
    pub ear_factor: f64,
    /// Further leaks.
    #[serde(default)]
    pub leaks: Vec<Leak>,
    /// Further sections of the way to the microphone.
    #[serde(default)]
    pub ear: Vec<EarSection>,
    /// How much the seatings scatter.
    #[serde(default)]
    pub scatter: Scatter,
}

const fn unchanged() -> f64 {
    1.0
}

/// Standard deviations between seatings, each drawn anew for every seating.
///
/// Those of factors are of their natural logarithm: 0.03 is about 3 %.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scatter {
    /// Of what leaks through and under the pads.
    pub pads: f64,
    /// Of what leaks through the further leaks of the state.
    pub leaks: f64,
    /// Of the front volume.
    pub front_volume: f64,
    /// Of the level.
    pub gain_db: f64,
    /// Of the frequencies of each section of the way to the microphone.
    pub ear_frequency: f64,
    /// Of the height of each peak of the way to the microphone.
    pub ear_gain_db: f64,
    /// Of the compliance of the suspension: its temperature, and what it was made to do before.
    pub suspension: f64,
    /// Of the temperature of the coil, in kelvins around the one that its resistance is stated at.
    pub coil_kelvin: f64,
}

/// One seating of a headphone: which state, the how-manieth, and the seed of all chance.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Placement {
    /// Name of the state.
    pub state: String,
    /// Number of the seating. Another number is another seating.
    pub seating: u32,
    /// Seed of everything that is drawn at random.
    pub seed: u64,
}

impl Placement {
    /// A seating of a state.
    #[must_use]
    pub fn new(state: impl Into<String>, seating: u32, seed: u64) -> Self {
        Self { state: state.into(), seating, seed }
    }

    /// The generator of what is drawn for one purpose; always the same for the same placement.
    pub(super) fn generator(&self, purpose: Purpose) -> ChaCha8Rng {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..16].copy_from_slice(&fingerprint(&self.state).to_le_bytes());
        key[16..20].copy_from_slice(&self.seating.to_le_bytes());
        key[20] = match purpose {
            Purpose::Seating => 0,
            Purpose::Noise { channel } => 1 + channel,
            Purpose::Fault { .. } => 3,
        };
        if let Purpose::Fault { source, index } = purpose {
            key[21] = source;
            key[22..26].copy_from_slice(&index.to_le_bytes());
        }
        ChaCha8Rng::from_seed(key)
    }
}

/// What random numbers are drawn for: one purpose's do not depend on another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// How the headphone sits.
    Seating,
    /// The noise of one channel.
    Noise { channel: u8 },
    /// One of the faults of the bench.
    Fault { source: u8, index: u32 },
}

/// 64-bit FNV-1a (Fowler, Noll, Vo), which no update of a library changes.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// A seating with everything that was drawn for it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seating {
    pub(super) headphone: Seated,
    pub(super) ear: Vec<EarSection>,
    pub(super) gain: f64,
}

/// Rise of the resistance of copper, per kelvin, near 20 °C (IEC 60028).
const COPPER_PER_KELVIN: f64 = 3.93e-3;

impl Seating {
    /// Draws a seating of a state.
    pub(super) fn draw(parts: &Parts, state: &State, placement: &Placement) -> Self {
        let mut generator = placement.generator(Purpose::Seating);
        let mut normal = |sd: f64| -> f64 {
            let z: f64 = StandardNormal.sample(&mut generator);
            sd * z
        };
        let scatter = &state.scatter;
        let mut headphone = parts.headphone.clone();
        let pad_factor = state.pad_factor * normal(scatter.pads).exp();
        let extra_factor = normal(scatter.leaks).exp();
        headphone.front_volume_cm3 *=
            state.front_volume_factor * normal(scatter.front_volume).exp();
        let gain = 10_f64.powf(normal(scatter.gain_db) / 20.0);
        let sections = parts.ear.iter().map(|section| section.moved(state.ear_factor, 0.0));
        let ear = sections
            .chain(state.ear.iter().copied())
            .map(|section| {
                let factor = normal(scatter.ear_frequency).exp();
                section.moved(factor, normal(scatter.ear_gain_db))
            })
            .collect();
        let driver = &mut headphone.driver;
        driver.compliance_mm_per_n *= normal(scatter.suspension).exp();
        driver.voice_coil_ohm *= 1.0 + COPPER_PER_KELVIN * normal(scatter.coil_kelvin);
        let front = if state.off_head { Front::FreeAir } else { Front::Covered };
        let extra = state.leaks.clone();
        let headphone = Seated { headphone, front, pad_factor, extra, extra_factor };
        Self { headphone, ear, gain }
    }
}

impl State {
    pub(super) fn check(&self) -> Result<(), ScenarioError> {
        let section = format!("states.{}", self.name);
        Check::of(&section).positive(&[
            ("pad_factor", self.pad_factor),
            ("front_volume_factor", self.front_volume_factor),
            ("ear_factor", self.ear_factor),
        ])?;
        check_leaks(&format!("{section}.leaks"), &self.leaks)?;
        self.ear.iter().try_for_each(|section| section.check())?;
        let scatter = &self.scatter;
        Check::of(&format!("{section}.scatter")).not_negative(&[
            ("pads", scatter.pads),
            ("leaks", scatter.leaks),
            ("front_volume", scatter.front_volume),
            ("gain_db", scatter.gain_db),
            ("ear_frequency", scatter.ear_frequency),
            ("ear_gain_db", scatter.ear_gain_db),
            ("suspension", scatter.suspension),
            ("coil_kelvin", scatter.coil_kelvin),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::super::preset;
    use super::*;

    fn drawn(placement: &Placement) -> Seating {
        let scenario = preset("closed-38").unwrap();
        Seating::draw(scenario.parts(), scenario.state(&placement.state).unwrap(), placement)
    }

    #[test]
    fn the_same_placement_is_the_same_seating_and_any_other_is_another() {
        let placement = Placement::new("fresh", 1, 7);
        assert_eq!(drawn(&placement), drawn(&placement.clone()));
        for other in [Placement::new("fresh", 2, 7), Placement::new("fresh", 1, 8)] {
            assert_ne!(drawn(&placement), drawn(&other));
        }
    }

    #[test]
    fn pads_scatter_as_the_state_says() {
        const SEATINGS: u32 = 400;
        let logs: Vec<f64> = (0..SEATINGS)
            .map(|seating| drawn(&Placement::new("fresh", seating, 1)).headphone.pad_factor.ln())
            .collect();
        let n = f64::from(SEATINGS);
        let mean = logs.iter().sum::<f64>() / n;
        let sd = (logs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        let expected = preset("closed-38").unwrap().state("fresh").unwrap().scatter.pads;
        // Four standard errors, sd/√(2(n−1)) each.
        assert!((sd / expected - 1.0).abs() < 4.0 / (2.0 * (n - 1.0)).sqrt(), "{sd}");
        assert!(mean.abs() < 4.0 * expected / n.sqrt(), "{mean}");
    }

    #[test]
    fn suspension_and_coil_are_drawn_last_so_that_the_rest_of_a_seating_stays() {
        let scenario = preset("closed-38").unwrap();
        let placement = Placement::new("fresh", 1, 7);
        let fresh = scenario.state("fresh").unwrap();
        let mut restless = fresh.clone();
        restless.scatter.suspension = 0.02;
        restless.scatter.coil_kelvin = 1.0;
        let [before, after] =
            [fresh, &restless].map(|state| Seating::draw(scenario.parts(), state, &placement));
        assert_eq!((&before.ear, before.gain), (&after.ear, after.gain));
        let (calm, moved) = (&before.headphone.headphone, &after.headphone.headphone);
        assert!((calm.front_volume_cm3 / moved.front_volume_cm3 - 1.0).abs() < f64::EPSILON);
        let compliance = moved.driver.compliance_mm_per_n / calm.driver.compliance_mm_per_n;
        // Five standard deviations of what is drawn.
        assert!((1e-6..0.1).contains(&compliance.ln().abs()), "{compliance}");
        let kelvins = (moved.driver.voice_coil_ohm / calm.driver.voice_coil_ohm - 1.0) / 3.93e-3;
        assert!((1e-6..5.0).contains(&kelvins.abs()), "{kelvins}");
    }
}
