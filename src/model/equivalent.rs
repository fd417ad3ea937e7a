//! A circuit that has the impedance of a headphone.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::quantity::Uncertain;

/// How the inductance of a voice coil is modelled; none of them is a lossless one in practice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoilModel {
    /// No inductance: a resistor.
    None,
    /// jωLe.
    Le,
    /// jωLe with jωL2 ∥ R2 in series.
    Lr2,
    /// K·(jω)ⁿ, 0 < n < 1 (Leach 2002).
    Leach,
    /// Kr·ω^xr + j·Kx·ω^xx (Wright 1990).
    Wright,
}

/// A text that names no model of a coil.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a coil model (expected none, le, lr2, leach or wright)")]
pub struct UnknownCoilModel(String);

impl CoilModel {
    /// All, the simplest first.
    pub const ALL: [Self; 5] = [Self::None, Self::Le, Self::Leach, Self::Lr2, Self::Wright];

    /// The name as the user writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Le => "le",
            Self::Lr2 => "lr2",
            Self::Leach => "leach",
            Self::Wright => "wright",
        }
    }
}

impl fmt::Display for CoilModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for CoilModel {
    type Err = UnknownCoilModel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|model| model.name() == text);
        found.ok_or_else(|| UnknownCoilModel(text.to_owned()))
    }
}

/// One resonance of the circuit (Small 1972).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FittedResonance {
    /// Frequency in hertz.
    pub frequency_hz: Uncertain,
    /// Quality factor of the mechanical losses.
    pub q_mechanical: Uncertain,
    /// Quality factor of the electrical losses, on a source without impedance.
    pub q_electrical: Uncertain,
    /// Quality factor of both.
    pub q_total: Uncertain,
    /// Height over the DC resistance, in ohms.
    pub height_ohm: Uncertain,
    /// DC resistance and height together, in ohms.
    pub peak_ohm: Uncertain,
}

/// A fitted parameter of the coil, with its unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CoilParameter {
    /// Its symbol.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Its value.
    pub value: Uncertain,
}

/// How well one structure fits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Candidate {
    /// Its coil.
    pub coil: CoilModel,
    /// Its number of resonances.
    pub resonances: usize,
    /// Bayesian information criterion, `n ln(χ²/n) + k ln n`; the smallest is the best.
    pub bic: f64,
}

/// A circuit whose impedance is that of a headphone:
///
/// ```text
/// Z = Re + Z_coil + Σ Res_i / (1 + jQ_i(f/f_i − f_i/f))
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EquivalentCircuit {
    /// Resistance at DC, extrapolated, in ohms.
    pub dc_resistance_ohm: Uncertain,
    /// How the coil is modelled.
    pub coil: CoilModel,
    /// The coil's parameters.
    pub coil_parameters: Vec<CoilParameter>,
    /// The resonances, in order of frequency.
    pub resonances: Vec<FittedResonance>,
    /// χ² over degrees of freedom; about 1 if the circuit is all there is.
    pub reduced_chi_squared: f64,
    /// Names of the fitted parameters, in the order of the correlations.
    pub parameters: Vec<String>,
    /// Correlation of the parameters' logarithms, row by row.
    pub correlation: Vec<Vec<f64>>,
    /// What was tried, the best first.
    pub candidates: Vec<Candidate>,
    /// Largest difference between circuit and data, in percent of the magnitude.
    pub worst_percent: f64,
    /// Where.
    pub worst_hz: f64,
    /// The frequencies that were fitted, in hertz.
    #[serde(skip)]
    pub frequency_hz: Vec<f64>,
    /// Real and imaginary part of the circuit's impedance there, in ohms.
    #[serde(skip)]
    pub impedance_ohm: Vec<(f64, f64)>,
    /// How far that lies from the data, in ohms.
    #[serde(skip)]
    pub residual_ohm: Vec<(f64, f64)>,
}

impl EquivalentCircuit {
    /// Whether a resonance stands so far out of the DC resistance that quality factors mean
    /// anything: by a twentieth.
    #[must_use]
    pub fn resolves(&self, resonance: &FittedResonance) -> bool {
        resonance.peak_ohm.value >= 1.05 * self.dc_resistance_ohm.value
    }

    /// The highest peak over the DC resistance, as a ratio; 1 without a resonance.
    #[must_use]
    pub fn highest(&self) -> f64 {
        let ratio = |r: &FittedResonance| r.peak_ohm.value / self.dc_resistance_ohm.value;
        self.resonances.iter().map(ratio).fold(1.0, f64::max)
    }
}

/// The main resonance as three points of the magnitude show it (Small 1972).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ThreePoints {
    /// Frequency of the peak, in hertz.
    pub frequency_hz: f64,
    /// Magnitude at the peak, in ohms.
    pub peak_ohm: f64,
    /// Quality factor of the mechanical losses.
    pub q_mechanical: f64,
    /// Quality factor of the electrical losses, on a source without impedance.
    pub q_electrical: f64,
    /// Quality factor of both.
    pub q_total: f64,
}

/// Why three points do not exist.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum NoThreePoints {
    /// There is no peak.
    #[error("no resonance is resolved")]
    NotResolved,
    /// The flanks leave the data.
    #[error("a flank does not come down to {level_ohm:.1} Ω inside the data")]
    Outside {
        /// The geometric mean of peak and DC resistance.
        level_ohm: f64,
    },
    /// A second resonance lifts a flank.
    #[error("another resonance at {at_hz:.0} Hz lifts the flanks")]
    Another {
        /// Its frequency.
        at_hz: f64,
    },
    /// The peak is not that of one resonance.
    #[error("the peak is skewed: its flanks are centred {percent:+.0} % off")]
    Skewed {
        /// How far the geometric mean of the flanks lies from the peak.
        percent: f64,
    },
}

/// The moving parts of a driver, from two impedances (Small 1972).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MovingParts {
    /// Force factor Bl in tesla metres; unknown without a diameter if a volume was the change.
    pub force_factor_tm: Option<Uncertain>,
    /// Moving mass Mms with its load of air, in grams; as the force factor.
    pub moving_mass_g: Option<Uncertain>,
    /// Compliance Cms of the suspension, in millimetres per newton; as the force factor.
    pub compliance_mm_per_n: Option<Uncertain>,
    /// Mechanical resistance Rms in kilograms per second; as the force factor.
    pub mechanical_resistance_kg_per_s: Option<Uncertain>,
    /// Volume of air as compliant as the suspension, Vas, in litres; unknown without a diameter if
    /// a mass was the change.
    pub equivalent_volume_l: Option<Uncertain>,
    /// Peak over the DC resistance with the change, by that without it: 1 if only mass or stiffness
    /// changed, and no losses.
    pub height_ratio: f64,
}

/// Why two impedances tell nothing of the moving parts.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum NoMovingParts {
    /// One of them has no resonance.
    #[error("{which} has no resonance that is resolved")]
    NoResonance {
        /// Which.
        which: &'static str,
    },
    /// The resonance went the wrong way.
    #[error(
        "the resonance went from {from_hz:.1} Hz to {to_hz:.1} Hz, and {change} moves it {expected}"
    )]
    WrongWay {
        /// Without the change.
        from_hz: f64,
        /// With it.
        to_hz: f64,
        /// What was changed.
        change: &'static str,
        /// Where that moves a resonance.
        expected: &'static str,
    },
    /// The resonance hardly moved.
    #[error(
        "the resonance moved by {percent:.1} % only, and 5 % are needed for a mass or a volume that means something"
    )]
    TooLittle {
        /// How far it moved, in percent.
        percent: f64,
    },
}

/// Why data hold no such circuit.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoModel {
    /// Without the phase a resonance cannot be told from an inductance.
    #[error("the impedance has no phase, and a circuit cannot be fitted to a magnitude alone")]
    NoPhase,
    /// Too few points.
    #[error("there are {points} points from {from_hz:.0} Hz to {to_hz:.0} Hz, and 24 are needed")]
    TooFewPoints {
        /// Points there are.
        points: usize,
        /// Lowest frequency.
        from_hz: f64,
        /// Highest frequency.
        to_hz: f64,
    },
    /// A resistance that is not above zero.
    #[error("the impedance has a real part of {real_ohm:.2} Ω, and no passive headphone has one")]
    NotPassive {
        /// The smallest real part.
        real_ohm: f64,
    },
    /// The peak is cut off.
    #[error(
        "the resonance lies at the end of the data ({at_hz:.0} Hz), so that it is cut off; measure from a lower frequency on"
    )]
    PeakOutside {
        /// Where the data end.
        at_hz: f64,
    },
    /// More peaks than one.
    #[error("there are {peaks} peaks (at {}), and one resonance was asked for", listed(at_hz))]
    SeveralPeaks {
        /// How many.
        peaks: usize,
        /// Where.
        at_hz: Vec<f64>,
    },
    /// No peak stands out.
    #[error(
        "no resonance is resolved: the peak is {height:.3} times the DC resistance, and 1.05 is needed"
    )]
    NoResonance {
        /// Peak over resistance.
        height: f64,
    },
    /// One resonance does not follow the peak.
    #[error(
        "one resonance is off by {percent:.0} % of the peak's height at {at_hz:.0} Hz, and two are not"
    )]
    NotOneResonance {
        /// How far, in percent of the height.
        percent: f64,
        /// Where.
        at_hz: f64,
    },
    /// The fit does not converge.
    #[error("no circuit of this kind comes near the data")]
    NoFit,
}

fn listed(hz: &[f64]) -> String {
    hz.iter().map(|hz| format!("{hz:.0} Hz")).collect::<Vec<_>>().join(", ")
}
