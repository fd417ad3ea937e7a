//! The way from the front volume to the converter: pinna, ear canal, coupler and microphone.

use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use super::check::{Check, ScenarioError};

/// One section of the way from the front volume to the microphone.
///
/// A chain of them stands for what lumped volumes cannot hold: the concha's resonance near
/// 3 kHz, the dips and peaks of the canal and the cup above 5 kHz, the roll-off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum EarSection {
    /// A rise by 12 dB per octave from one frequency to another: it takes the place of the fall
    /// that a lumped volume has above its resonance, where real sound waves begin.
    Rise {
        /// Where it begins.
        from_hz: f64,
        /// Quality factor there; above 0.7 there is a dip.
        from_q: f64,
        /// Where it ends.
        to_hz: f64,
        /// Quality factor there; above 0.7 there is a peak.
        to_q: f64,
    },
    /// A peak or dip.
    Peak {
        /// Centre.
        frequency_hz: f64,
        /// Quality factor.
        q: f64,
        /// Height; negative for a dip.
        gain_db: f64,
    },
    /// A fall by 12 dB per octave.
    LowPass {
        /// Corner.
        frequency_hz: f64,
        /// Quality factor.
        q: f64,
    },
}

impl EarSection {
    /// The response at a frequency.
    pub(super) fn response(self, frequency_hz: f64) -> Complex64 {
        match self {
            Self::Rise { from_hz, from_q, to_hz, to_q } => {
                resonator(frequency_hz / from_hz, 1.0 / from_q)
                    / resonator(frequency_hz / to_hz, 1.0 / to_q)
            }
            Self::Peak { frequency_hz: centre_hz, q, gain_db } => {
                // The peaking filter of Bristow-Johnson's cookbook, before its bilinear transform.
                let root = 10_f64.powf(gain_db / 40.0);
                let x = frequency_hz / centre_hz;
                resonator(x, root / q) / resonator(x, 1.0 / (root * q))
            }
            Self::LowPass { frequency_hz: corner_hz, q } => {
                resonator(frequency_hz / corner_hz, 1.0 / q).inv()
            }
        }
    }

    /// The section with its frequencies multiplied and, if it is a peak, its height changed.
    pub(super) fn moved(self, factor: f64, by_db: f64) -> Self {
        match self {
            Self::Rise { from_hz, from_q, to_hz, to_q } => {
                Self::Rise { from_hz: factor * from_hz, from_q, to_hz: factor * to_hz, to_q }
            }
            Self::Peak { frequency_hz, q, gain_db } => {
                Self::Peak { frequency_hz: factor * frequency_hz, q, gain_db: gain_db + by_db }
            }
            Self::LowPass { frequency_hz, q } => {
                Self::LowPass { frequency_hz: factor * frequency_hz, q }
            }
        }
    }

    pub(super) fn check(self) -> Result<(), ScenarioError> {
        let check = Check::of("ear");
        match self {
            Self::Rise { from_hz, from_q, to_hz, to_q } => check.positive(&[
                ("from_hz", from_hz),
                ("from_q", from_q),
                ("to_hz", to_hz),
                ("to_q", to_q),
            ]),
            Self::Peak { frequency_hz, q, gain_db } => {
                check.positive(&[("frequency_hz", frequency_hz), ("q", q)])?;
                check.finite(&[("gain_db", gain_db)])
            }
            Self::LowPass { frequency_hz, q } => {
                check.positive(&[("frequency_hz", frequency_hz), ("q", q)])
            }
        }
    }
}

/// `1 + damping·jx + (jx)²`.
fn resonator(x: f64, damping: f64) -> Complex64 {
    Complex64::new(1.0 - x * x, damping * x)
}

/// The coupler's microphone with its preamplifier.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Microphone {
    /// Peak pressure that drives the converter to its end.
    pub full_scale_pa: f64,
    /// Corner of a first-order high-pass; none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low_corner_hz: Option<f64>,
    /// Corner of a first-order low-pass; none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high_corner_hz: Option<f64>,
    /// Equivalent sound level of its noise, white over the whole band; none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise_db_spl: Option<f64>,
}

impl Microphone {
    /// Full scale per pascal at a frequency.
    pub(super) fn response(&self, frequency_hz: f64) -> Complex64 {
        let mut response = Complex64::new(self.full_scale_pa.recip(), 0.0);
        if let Some(corner_hz) = self.low_corner_hz {
            response /= Complex64::new(1.0, -corner_hz / frequency_hz);
        }
        if let Some(corner_hz) = self.high_corner_hz {
            response /= Complex64::new(1.0, frequency_hz / corner_hz);
        }
        response
    }

    /// Standard deviation of the noise, 1.0 being digital full scale.
    pub(super) fn noise(&self) -> f64 {
        /// Reference pressure of sound levels, rms.
        const REFERENCE_PA: f64 = 20e-6;
        let level = |db: f64| REFERENCE_PA * 10_f64.powf(db / 20.0) / self.full_scale_pa;
        self.noise_db_spl.map_or(0.0, level)
    }

    pub(super) fn check(&self) -> Result<(), ScenarioError> {
        let check = Check::of("microphone");
        check.positive(&[
            ("full_scale_pa", self.full_scale_pa),
            ("low_corner_hz", self.low_corner_hz.unwrap_or(1.0)),
            ("high_corner_hz", self.high_corner_hz.unwrap_or(1.0)),
        ])?;
        check.finite(&[("noise_db_spl", self.noise_db_spl.unwrap_or(0.0))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn db(value: Complex64) -> f64 {
        20.0 * value.norm().log10()
    }

    #[test]
    fn a_peak_has_its_height_at_its_centre_and_none_far_away() {
        let peak = EarSection::Peak { frequency_hz: 3e3, q: 2.0, gain_db: -7.0 };
        assert!((db(peak.response(3e3)) + 7.0).abs() < 1e-12);
        assert!(db(peak.response(3.0)).abs() < 1e-4);
    }

    #[test]
    fn a_rise_of_one_octave_gains_twelve_decibels() {
        let rise = EarSection::Rise { from_hz: 1e3, from_q: 0.7, to_hz: 2e3, to_q: 0.7 };
        assert!((db(rise.response(1e7)) - 12.04).abs() < 0.01);
        assert!(db(rise.response(1.0)).abs() < 1e-4);
    }

    #[test]
    fn a_corner_of_the_microphone_is_three_decibels_down() {
        let microphone = Microphone {
            full_scale_pa: 1.0,
            low_corner_hz: Some(5.0),
            high_corner_hz: None,
            noise_db_spl: None,
        };
        assert!((db(microphone.response(5.0)) + 3.0103).abs() < 1e-4);
    }

    #[test]
    fn noise_of_94_decibels_is_one_pascal() {
        let microphone = Microphone {
            full_scale_pa: 2.0,
            low_corner_hz: None,
            high_corner_hz: None,
            noise_db_spl: Some(93.979_4),
        };
        assert!((microphone.noise() - 0.5).abs() < 1e-6);
    }
}
