//! A leak in front of a diaphragm: the difference it makes, and the fit of its unknowns.
//!
//! By Thevenin's theorem the front volume of any headphone on any coupler is a pressure behind an
//! impedance `Z_T`. An opening of admittance Y turns the pressure without it into
//!
//! ```text
//! p_leaking / p_sealed = 1 / (1 + Z_T·Y)
//! ```
//!
//! Levels are natural logarithms of magnitudes (nepers) throughout.

use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt};
use nalgebra::storage::Owned;
use nalgebra::{DMatrix, DVector, Dyn};
use num_complex::Complex64;

use super::elements::Passage;
use crate::quantity::DB_PER_NEPER;

/// So far may a level be off over a third of an octave, as a standard deviation, in nepers.
const OFF: f64 = 0.3 / DB_PER_NEPER;
/// Points in a third of an octave, whose errors are much the same.
const ALIKE: f64 = super::POINTS_PER_OCTAVE as f64 / 3.0;
/// Standard deviation of the gain between two states that were laid upon each other, in nepers.
const GAIN: f64 = 0.5 / DB_PER_NEPER;
/// Resistance through which the front volume is vented: centre, in Pa·s/m³, and standard deviation
/// of its logarithm. From foam pads to leather ones without vents.
const VENT: (f64, f64) = (1e7, 3.0);
/// Compliance of the front volume with the diaphragm, as that of a volume of air: centre in m³ and
/// standard deviation of its logarithm.
const VOLUME: (f64, f64) = (60e-6, 2.0);
/// No opening is smaller or larger, in metres. Outside, the elements lose their digits.
const SIZES_M: (f64, f64) = (1e-5, 5e-2);

/// The opening of a network.
#[derive(Debug, Clone, Copy)]
pub(super) enum Opening<'a> {
    /// A passage of unknown size.
    Sought(Passage),
    /// Its admittance at each frequency.
    Known(&'a [Complex64]),
}

/// The impedance `Z_T` that the opening sees.
#[derive(Debug, Clone, Copy)]
pub(super) enum Front<'a> {
    /// At each frequency.
    Known(&'a [Complex64]),
    /// A known compliance in m³/Pa, and an unknown resistance across it.
    Vented {
        /// The compliance.
        compliance: f64,
    },
    /// An unknown compliance with an unknown resistance across it.
    Lumped,
}

/// What a difference between two states is taken to be made of.
///
/// Its unknowns are, in this order, the gain, the logarithm of the size in metres, the logarithm of
/// the compliance, and that of the resistance, as far as they are not known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Network<'a> {
    pub(super) omega: &'a [f64],
    pub(super) opening: Opening<'a>,
    pub(super) front: Front<'a>,
}

/// A value with its derivative by each unknown but the gain; the unused ones are zero.
type Sloped = (Complex64, [Complex64; 3]);

impl Network<'_> {
    /// Index of the first unknown of the front, less the gain.
    const fn front_at(&self) -> usize {
        match self.opening {
            Opening::Sought(_) => 1,
            Opening::Known(_) => 0,
        }
    }

    fn unknowns(&self) -> usize {
        1 + self.front_at() + self.front_priors().len()
    }

    /// Centre and standard deviation of what is unknown about the front, as logarithms.
    fn front_priors(&self) -> Vec<(f64, f64)> {
        let vent = (VENT.0.ln(), VENT.1);
        match self.front {
            Front::Known(_) => Vec::new(),
            Front::Vented { .. } => vec![vent],
            Front::Lumped => vec![((VOLUME.0 / super::elements::STIFFNESS).ln(), VOLUME.1), vent],
        }
    }

    fn opening(&self, theta: &[f64], k: usize) -> Sloped {
        let mut slopes = [Complex64::ZERO; 3];
        match self.opening {
            Opening::Known(y) => (y[k], slopes),
            Opening::Sought(passage) => {
                let size_m = theta[1].exp().clamp(SIZES_M.0, SIZES_M.1);
                let (y, slope) = passage.admittance(size_m, self.omega[k]);
                slopes[0] = slope;
                (y, slopes)
            }
        }
    }

    fn front(&self, theta: &[f64], k: usize) -> Sloped {
        let (mut slopes, at) = ([Complex64::ZERO; 3], self.front_at());
        let (compliance, resistance) = match self.front {
            Front::Known(z) => return (z[k], slopes),
            Front::Vented { compliance } => (compliance, theta[1 + at].exp()),
            Front::Lumped => (theta[1 + at].exp(), theta[2 + at].exp()),
        };
        let susceptance = Complex64::new(0.0, self.omega[k] * compliance);
        let z = (susceptance + resistance.recip()).inv();
        let mut resistance_at = at;
        if matches!(self.front, Front::Lumped) {
            slopes[at] = -z * z * susceptance;
            resistance_at += 1;
        }
        slopes[resistance_at] = z * z / resistance;
        (z, slopes)
    }

    /// The difference `p_leaking/p_sealed` at each frequency, without the gain.
    pub(super) fn difference(&self, theta: &[f64]) -> Vec<Complex64> {
        let at = |k| (1.0 + self.front(theta, k).0 * self.opening(theta, k).0).inv();
        (0..self.omega.len()).map(at).collect()
    }

    /// The level of the difference at each frequency, gain included.
    pub(super) fn level(&self, theta: &[f64]) -> Vec<f64> {
        self.difference(theta).iter().map(|d| theta[0] + d.norm().ln()).collect()
    }

    /// The unknowns with which the network comes nearest to the levels of a difference, from the
    /// best of several starts, each without its gain.
    pub(super) fn fitted(&self, target: &[f64], starts: &[Vec<f64>]) -> Option<Vec<f64>> {
        let fit = |start: &Vec<f64>| {
            let theta = std::iter::once(0.0).chain(start.iter().copied()).collect::<Vec<_>>();
            let problem = Problem { network: *self, target, theta: DVector::from_vec(theta) };
            let solver = LevenbergMarquardt::new().with_ftol(1e-9).with_xtol(1e-9);
            let (problem, _) = solver.with_patience(20).minimize(problem);
            let off = problem.residuals()?.norm_squared();
            off.is_finite().then(|| (off, problem.theta.as_slice().to_vec()))
        };
        let best = starts.iter().filter_map(fit).min_by(|a, b| a.0.total_cmp(&b.0))?;
        Some(best.1)
    }

    /// The root mean square of what a fit leaves, in nepers.
    pub(super) fn rms(&self, target: &[f64], theta: &[f64]) -> f64 {
        let level = self.level(theta);
        let squares: f64 = level.iter().zip(target).map(|(a, b)| (a - b).powi(2)).sum();
        (squares / target.len() as f64).sqrt()
    }
}

struct Problem<'a> {
    network: Network<'a>,
    target: &'a [f64],
    theta: DVector<f64>,
}

impl LeastSquaresProblem<f64, Dyn, Dyn> for Problem<'_> {
    type ResidualStorage = Owned<f64, Dyn>;
    type JacobianStorage = Owned<f64, Dyn, Dyn>;
    type ParameterStorage = Owned<f64, Dyn>;

    fn set_params(&mut self, theta: &DVector<f64>) {
        self.theta.copy_from(theta);
    }

    fn params(&self) -> DVector<f64> {
        self.theta.clone()
    }

    /// What the levels are off, then what the gain and the front are off what they are believed.
    fn residuals(&self) -> Option<DVector<f64>> {
        let theta = self.theta.as_slice();
        let level = self.network.level(theta);
        let weight = 1.0 / (OFF * ALIKE.sqrt());
        let off = level.iter().zip(self.target).map(|(model, seen)| weight * (model - seen));
        let first = 1 + self.network.front_at();
        let priors = self.network.front_priors();
        let front = priors.iter().zip(&theta[first..]).map(|((centre, sd), x)| (x - centre) / sd);
        let residuals: Vec<f64> = off.chain([theta[0] / GAIN]).chain(front).collect();
        residuals.iter().all(|r| r.is_finite()).then(|| DVector::from_vec(residuals))
    }

    fn jacobian(&self) -> Option<DMatrix<f64>> {
        let (network, theta) = (&self.network, self.theta.as_slice());
        let (points, unknowns) = (network.omega.len(), network.unknowns());
        let priors = network.front_priors();
        let mut jacobian = DMatrix::zeros(points + 1 + priors.len(), unknowns);
        let weight = 1.0 / (OFF * ALIKE.sqrt());
        for k in 0..points {
            let ((z, z_slopes), (y, y_slopes)) =
                (network.front(theta, k), network.opening(theta, k));
            jacobian[(k, 0)] = weight;
            for i in 0..unknowns - 1 {
                let slope = (z_slopes[i] * y + z * y_slopes[i]) / (1.0 + z * y);
                jacobian[(k, 1 + i)] = -weight * slope.re;
            }
        }
        jacobian[(points, 0)] = 1.0 / GAIN;
        for (i, (_, sd)) in priors.iter().enumerate() {
            jacobian[(points + 1 + i, 1 + network.front_at() + i)] = 1.0 / sd;
        }
        jacobian.iter().all(|j| j.is_finite()).then_some(jacobian)
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::super::elements::Shape;
    use super::*;

    const HOLE: Passage = Passage { shape: Shape::Hole, length_m: 10e-3 };

    fn omega() -> Vec<f64> {
        (0..68).map(|k| TAU * 20.0 * (f64::from(k) / 12.0).exp2()).collect()
    }

    #[test]
    fn the_derivatives_are_the_slopes_of_the_residuals() {
        /// Second order of a central difference with this step, and its rounding.
        const STEP: f64 = 1e-4;
        const CLOSE: f64 = 1e-6;
        let omega = omega();
        let known: Vec<_> = omega.iter().map(|&w| HOLE.admittance(2e-3, w).0).collect();
        let sought = Opening::Sought(HOLE);
        let vented = Front::Vented { compliance: 2.5e-10 };
        for (opening, front, theta) in [
            (sought, vented, vec![0.01, -6.5, 16.5]),
            (Opening::Known(&known), Front::Lumped, vec![0.01, -21.5, 16.5]),
        ] {
            let network = Network { omega: &omega, opening, front };
            let target = vec![0.0; omega.len()];
            let at = |theta: &[f64]| Problem {
                network,
                target: &target,
                theta: DVector::from_column_slice(theta),
            };
            let jacobian = at(&theta).jacobian().unwrap();
            for i in 0..theta.len() {
                let moved = |by: f64| {
                    let mut theta = theta.clone();
                    theta[i] += by;
                    at(&theta).residuals().unwrap()
                };
                let slope = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
                let off = (jacobian.column(i) - &slope).norm() / slope.norm();
                assert!(off < CLOSE, "{i}: {off}");
            }
        }
    }

    #[test]
    fn a_hole_in_a_vented_volume_comes_back() {
        /// The weak belief in the vent pulls by less.
        const CLOSE: f64 = 2e-3;
        let omega = omega();
        let front = Front::Vented { compliance: 2.5e-10 };
        let network = Network { omega: &omega, opening: Opening::Sought(HOLE), front };
        let truth = [0.02, 1.5e-3_f64.ln(), 3e7_f64.ln()];
        let found = network.fitted(&network.level(&truth), &[vec![-7.5, 16.0], vec![-5.5, 16.0]]);
        let found = found.unwrap();
        assert!((found[1] - truth[1]).abs() < CLOSE, "{found:?}");
    }
}
