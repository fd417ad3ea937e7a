//! Where fits begin.

use num_complex::Complex64;

use super::BETTER;
use super::circuit::{Structure, Tone};
use super::data::{Data, Seen};
use super::fit::{Fitted, criterion};

impl Data {
    /// The parameters of a coil alone, as the ends of the data show them.
    pub(super) fn bare_start(&self, structure: Structure) -> Vec<f64> {
        let mut theta = vec![self.resistance().ln()];
        theta.extend(structure.coil_start(self.reactance()));
        theta
    }

    /// The parameters of a coil and the main resonance.
    pub(super) fn start(&self, structure: Structure, seen: &Seen) -> Vec<f64> {
        let mut theta = self.bare_start(structure);
        theta.extend([seen.height.ln(), seen.hz.ln(), seen.q.ln()]);
        theta
    }

    /// Where to begin with one resonance more than a fit has; none where nothing asks for one.
    ///
    /// A coil that stood in for the missing resonance may have gone astray, to where it has no
    /// slope. The second start is one from a fresh coil, for such a fit.
    pub(super) fn further(&self, fitted: &Fitted) -> Vec<Vec<f64>> {
        let Fitted { structure, theta, .. } = fitted;
        let as_fitted = self.with_another(*structure, theta.clone());
        let pays = |gain: f64| {
            let (n, k) = (2.0 * self.z.len() as f64, structure.parameters() as f64);
            let chi_squared = (fitted.chi_squared - gain).max(0.0);
            criterion(chi_squared, n, k) < criterion(fitted.chi_squared, n, k) - BETTER
        };
        let is_sound = fitted.covariance.is_some();
        if is_sound && as_fitted.as_ref().is_none_or(|(_, gain)| !pays(*gain)) {
            return Vec::new();
        }
        let mut fresh = self.bare_start(*structure);
        fresh.extend_from_slice(&theta[structure.resonance(0)..]);
        let starts = as_fitted.into_iter().chain(self.with_another(*structure, fresh));
        starts.map(|(theta, _)| theta).collect()
    }

    /// The parameters with one resonance more, where the residual asks for it most, and what it
    /// takes off χ² there before anything else is fitted again.
    ///
    /// For each place and Q the height is a linear parameter, so that needs no fit. A blind start
    /// ends in false minima above the band.
    fn with_another(&self, structure: Structure, mut theta: Vec<f64>) -> Option<(Vec<f64>, f64)> {
        const PLACES_PER_OCTAVE: f64 = 6.0;
        const QS: [f64; 4] = [1.0, 2.0, 4.0, 8.0];
        const FROM_HZ: f64 = 30.0;
        const TO_HZ: f64 = 15e3;
        let circuit = structure.with(&theta);
        let off = |(&at, z): (&Tone, &Complex64)| z - circuit.impedance(at);
        let residual: Vec<Complex64> = self.tones.iter().zip(&self.z).map(off).collect();
        let steps = ((TO_HZ / FROM_HZ).log2() * PLACES_PER_OCTAVE) as i32;
        let places = (0..=steps).map(|k| FROM_HZ * (f64::from(k) / PLACES_PER_OCTAVE).exp2());
        let (first, last) = (self.tones[1].hz, self.tones[self.tones.len() - 2].hz);
        let weights: Vec<f64> = self.sigma.iter().map(|sigma| 1.0 / (sigma * sigma)).collect();
        let mut best: Option<(f64, [f64; 3])> = None;
        for hz in places.filter(|f| *f > first && *f < last) {
            let detunings: Vec<f64> =
                self.tones.iter().map(|tone| tone.hz / hz - hz / tone.hz).collect();
            for q in QS {
                let (mut along, mut norm) = (0.0, 0.0);
                for ((off, weight), detuning) in residual.iter().zip(&weights).zip(&detunings) {
                    // Of the shape h = 1/(1 + jx): |h|² and the part of the residual along it.
                    let x = q * detuning;
                    let share = weight / (1.0 + x * x);
                    along += share * (off.re - x * off.im);
                    norm += share;
                }
                let (height, gain) = (along / norm, along * along / norm);
                if height > 0.0 && best.is_none_or(|(most, _)| gain > most) {
                    best = Some((gain, [height.ln(), hz.ln(), q.ln()]));
                }
            }
        }
        let (gain, resonance) = best?;
        theta.extend(resonance);
        Some((theta, gain))
    }
}
