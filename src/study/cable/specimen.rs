//! What the tests of this and other rooms say in words, tables, documents and pictures.

use num_complex::Complex64;

use super::*;
use crate::quantity::Resistance;

/// 38 Ω with a resonance of 38 Ω more at 90 Hz, and a coil of 0.1 mH.
pub(crate) fn headphone_ohm(f: f64) -> Complex64 {
    let detuned = Complex64::new(1.0, 3.0 * (f / 90.0 - 90.0 / f));
    38.0 + 38.0 / detuned + Complex64::new(0.0, std::f64::consts::TAU * f * 1e-4)
}

pub(crate) fn cable_ohm(f: f64, ohm: f64, henry: f64) -> Complex64 {
    Complex64::new(ohm, std::f64::consts::TAU * f * henry)
}

/// An impedance on the usual grid, known to the same in every direction, if at all.
pub(crate) fn impedance(u_ohm: Option<f64>, z: impl Fn(f64) -> Complex64) -> Impedance {
    let bare = Impedance::from_fn(FrequencyGrid::standard(), z).unwrap();
    let Some(u) = u_ohm else { return bare };
    let covariance = vec![Covariance::circular(u); bare.grid().len()];
    bare.with_covariance(covariance).unwrap()
}

/// Two cables of so many ohms and henries at the headphone on 0.5 Ω.
pub(crate) fn question(cables: [(f64, f64); 2], u_ohm: Option<f64>) -> Question {
    let named = ["stock", "silver"].into_iter().zip(cables);
    let cables = named.map(|(name, (ohm, henry))| {
        (name.to_owned(), impedance(u_ohm, |f| cable_ohm(f, ohm, henry)))
    });
    Question {
        cables: cables.collect(),
        near: None,
        headphone: Some(impedance(u_ohm.map(|_| 0.1), headphone_ohm)),
        source: Source::Resistance(Resistance::new(0.5).unwrap()),
    }
}

/// Cables of 0.6 Ω and 0.2 Ω, known to 0.01 Ω.
pub(crate) fn cables() -> CableComparison {
    compare(&question([(0.6, 2e-6), (0.2, 1e-6)], Some(0.01))).unwrap()
}
