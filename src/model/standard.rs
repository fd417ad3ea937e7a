//! Known loads that a jig is calibrated with.

use std::fmt;

use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use crate::quantity::Resistance;

/// What is connected in place of the headphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StandardKind {
    /// Nothing.
    Open,
    /// A wire.
    Short,
    /// A resistor of known value.
    Load,
    /// Nothing is measured through the jig: both inputs are wired to the same point, so that
    /// their ratio is that of their gains.
    Straight,
}

impl StandardKind {
    /// The name as the user writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Short => "short",
            Self::Load => "load",
            Self::Straight => "straight",
        }
    }
}

impl StandardKind {
    /// Whether it is measured through the jig, in place of the headphone.
    #[must_use]
    pub const fn is_through_the_jig(self) -> bool {
        !matches!(self, Self::Straight)
    }
}

impl fmt::Display for StandardKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How the value of a load was measured, which says what its leads have to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Connection {
    /// Four wires: the value is that between the points where it is connected.
    #[default]
    FourWire,
    /// Two wires: the meter's leads and contacts are in the value, and it is that much less
    /// certain.
    TwoWire,
}

/// A known load as its file describes it, for one frequency as for all:
///
/// ```text
/// Z = 1/(1/(R·(1 + αΔT) + jωL) + jωC) + R_leads        (open: 1/jωC;  short: R_leads + jωL)
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// What it is.
    pub kind: StandardKind,
    /// What is written on it.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub name: String,
    /// Its resistance at the temperature it was measured at; of a load only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resistance: Option<Resistance>,
    /// Half-width of the tolerance in percent, rectangular, where that is what is known.
    #[serde(default)]
    pub tolerance_percent: f64,
    /// Standard uncertainty of the value in percent, where somebody measured it.
    #[serde(default)]
    pub u_percent: f64,
    /// Temperature coefficient in parts per million per kelvin.
    #[serde(default)]
    pub temperature_coefficient_ppm: f64,
    /// How much warmer or colder it may be than when its value was found, in kelvin; half-width.
    #[serde(default)]
    pub temperature_range_k: f64,
    /// Inductance in series.
    #[serde(default)]
    pub inductance_h: f64,
    /// Capacitance in parallel.
    #[serde(default)]
    pub capacitance_f: f64,
    /// Resistance of its own leads to where the headphone will be connected, beyond its value.
    #[serde(default)]
    pub lead_resistance_ohm: f64,
    /// How its value was measured.
    #[serde(default)]
    pub connection: Connection,
}

impl Standard {
    /// Nothing connected.
    #[must_use]
    pub fn open() -> Self {
        Self::of(StandardKind::Open, None, 0.0)
    }

    /// A wire of no resistance.
    #[must_use]
    pub fn short() -> Self {
        Self::of(StandardKind::Short, None, 0.0)
    }

    /// Both inputs at the same point.
    #[must_use]
    pub fn straight() -> Self {
        Self::of(StandardKind::Straight, None, 0.0)
    }

    /// A resistor with its tolerance in percent.
    #[must_use]
    pub fn load(resistance: Resistance, tolerance_percent: f64) -> Self {
        Self::of(StandardKind::Load, Some(resistance), tolerance_percent)
    }

    fn of(kind: StandardKind, resistance: Option<Resistance>, tolerance_percent: f64) -> Self {
        Self {
            kind,
            name: String::new(),
            resistance,
            tolerance_percent,
            u_percent: 0.0,
            temperature_coefficient_ppm: 0.0,
            temperature_range_k: 0.0,
            inductance_h: 0.0,
            capacitance_f: 0.0,
            lead_resistance_ohm: 0.0,
            connection: Connection::FourWire,
        }
    }

    /// Its resistance in ohms; 0 of a short.
    #[must_use]
    pub fn ohm(&self) -> f64 {
        self.resistance.map_or(0.0, Resistance::ohm)
    }

    /// Its impedance at a frequency in hertz, above zero; `None` where it is infinite.
    #[must_use]
    pub fn impedance(&self, frequency_hz: f64) -> Option<Complex64> {
        let jw = Complex64::new(0.0, std::f64::consts::TAU * frequency_hz);
        let parallel = jw * self.capacitance_f;
        match self.kind {
            StandardKind::Open | StandardKind::Straight => {
                (self.capacitance_f > 0.0).then(|| parallel.inv())
            }
            StandardKind::Short => Some(self.lead_resistance_ohm + jw * self.inductance_h),
            StandardKind::Load => {
                let series = self.ohm() + jw * self.inductance_h;
                Some((series.inv() + parallel).inv() + self.lead_resistance_ohm)
            }
        }
    }

    /// Why the description makes no sense, if it does not.
    #[must_use]
    pub fn objection(&self) -> Option<String> {
        let numbers = [
            ("tolerance_percent", self.tolerance_percent),
            ("u_percent", self.u_percent),
            ("temperature_range_k", self.temperature_range_k),
            ("inductance_h", self.inductance_h),
            ("capacitance_f", self.capacitance_f),
            ("lead_resistance_ohm", self.lead_resistance_ohm),
        ];
        if let Some((key, value)) = numbers.iter().find(|(_, v)| !(0.0..=1e6).contains(v)) {
            return Some(format!("{key} of {value} must be from 0 to 1000000"));
        }
        if !(-1e5..=1e5).contains(&self.temperature_coefficient_ppm) {
            return Some("temperature_coefficient_ppm must be from -100000 to 100000".to_owned());
        }
        match (self.kind, self.resistance) {
            (StandardKind::Load, None) => Some("a load needs a resistance".to_owned()),
            (StandardKind::Load, Some(resistance)) if resistance.ohm() <= 0.0 => {
                Some("the resistance of a load must be more than 0 Ω".to_owned())
            }
            (StandardKind::Load, _) | (_, None) => None,
            (kind, Some(_)) => Some(format!("a standard of kind {kind} has no resistance")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_its_resistor_with_what_hangs_on_it() {
        let hundred = Resistance::new(100.0).unwrap();
        let mut load = Standard::load(hundred, 0.1);
        assert_eq!(load.impedance(1e3), Some(Complex64::from(100.0)));
        load.inductance_h = 1e-6;
        load.lead_resistance_ohm = 0.01;
        let z = load.impedance(20e3).unwrap();
        assert!((z - Complex64::new(100.01, std::f64::consts::TAU * 20e3 * 1e-6)).norm() < 1e-9);
        assert_eq!(Standard::open().impedance(1e3), None);
        assert_eq!(Standard::short().impedance(1e3), Some(Complex64::ZERO));
    }

    #[test]
    fn a_description_that_makes_no_sense_says_why() {
        let hundred = Resistance::new(100.0).unwrap();
        assert_eq!(Standard::load(hundred, 0.1).objection(), None);
        assert!(Standard::load(hundred, -0.1).objection().unwrap().contains("tolerance"));
        assert!(Standard::load(Resistance::MIN, 0.1).objection().is_some());
        assert!(Standard { resistance: Some(hundred), ..Standard::open() }.objection().is_some());
    }
}
