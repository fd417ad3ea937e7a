//! What a leak sees, from a state that differs by a drilled hole.

use num_complex::Complex64;

use super::network::{Front, Network, Opening};
use crate::dsp::minimum_phase::phase_of_magnitude;

/// Above this frequency, in hertz, a leak is taken to change what a compliance and a resistance
/// say it does: the level there tells the gain.
const SETTLED_HZ: f64 = 500.0;

/// A drilled hole whose admittance is known, with the difference it makes.
///
/// The difference has minimum phase, as the front of a headphone is passive, so its level tells its
/// phase, up to what lies outside the band. A circuit of compliance and resistance that makes about
/// the same difference has a phase that is known everywhere; only what it leaves is turned into
/// phase by its level, and as that is small, so is what lies outside.
#[derive(Debug, Clone)]
pub(super) struct Drilled {
    admittance: Vec<Complex64>,
    lumped: Vec<Complex64>,
}

impl Drilled {
    /// A hole of this admittance that makes the difference of these levels, in nepers.
    pub(super) fn new(
        omega: &[f64],
        admittance: Vec<Complex64>,
        difference: &[f64],
    ) -> Option<Self> {
        let network = Network { omega, opening: Opening::Known(&admittance), front: Front::Lumped };
        // Compliances in m³/Pa and resistances in Pa·s/m³ from foam pads to a sealed cup.
        let start = |c: f64| [1e5, 3e6, 1e8].map(|r: f64| vec![c.ln(), r.ln()]);
        let starts: Vec<Vec<f64>> = [1e-10, 4e-10, 2e-9].into_iter().flat_map(start).collect();
        let theta = network.fitted(difference, &starts)?;
        let lumped = network.difference(&theta);
        Some(Self { admittance, lumped })
    }

    /// The impedance that the hole sees, if it makes the difference of these levels.
    pub(super) fn front(&self, omega: &[f64], difference: &[f64]) -> Vec<Complex64> {
        let rest: Vec<f64> =
            difference.iter().zip(&self.lumped).map(|(seen, d)| seen - d.norm().ln()).collect();
        let settled: Vec<f64> = (omega.iter().zip(&rest))
            .filter(|(omega, _)| **omega >= std::f64::consts::TAU * SETTLED_HZ)
            .map(|(_, rest)| *rest)
            .collect();
        let gain = settled.iter().sum::<f64>() / settled.len().max(1) as f64;
        let phase = phase_of_magnitude(omega, &rest);
        (self.lumped.iter().zip(&self.admittance).zip(rest.iter().zip(phase)))
            .map(|((d, y), (rest, phase))| {
                let difference = d * Complex64::new(rest - gain, phase).exp();
                (difference.inv() - 1.0) / y
            })
            .collect()
    }
}
