//! How sources damp a headphone.

use super::curve::Curve;
use crate::quantity::unit::One;

/// How the sources of a comparison damp a headphone.
#[derive(Debug, Clone, PartialEq)]
pub struct Damping {
    /// The main resonance on a source of 0 Ω, where a circuit could be fitted to the impedance.
    pub resonance: Option<DampedResonance>,
    /// One for each source, in the order of the comparison.
    pub sources: Vec<SourceDamping>,
}

/// A resonance of an equivalent circuit, on a source of 0 Ω.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DampedResonance {
    /// Its frequency in hertz.
    pub frequency_hz: f64,
    /// The circuit's DC resistance in ohms.
    pub dc_resistance_ohm: f64,
    /// Quality factor of the mechanical losses, which no source changes.
    pub q_mechanical: f64,
    /// Quality factor of the electrical losses.
    pub q_electrical: f64,
}

/// How one source damps a headphone.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceDamping {
    /// |Z|/Zs over frequency; absent for 0 Ω.
    pub factor: Option<Curve<One>>,
    /// Electrical quality factor on this source, Qes·(Re + Zs)/Re (Small 1972), and the total one.
    pub q: Option<DampedQ>,
}

/// Quality factors of a resonance on a source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DampedQ {
    /// Of the electrical losses.
    pub electrical: f64,
    /// Of all losses.
    pub total: f64,
}
