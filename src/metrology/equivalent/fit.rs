//! Least squares.

use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt};
use nalgebra::storage::Owned;
use nalgebra::{DMatrix, DVector, Dyn};
use num_complex::Complex64;

use super::circuit::Structure;
use crate::model::{Impedance, NoModel};

/// No impedance is believed to be known better than this share of its magnitude.
const FLOOR: f64 = 2e-4;
/// Fewer points do not hold a coil and a resonance.
const FEWEST: usize = 24;
/// More points than this in an octave tell no more of a circuit.
const PER_OCTAVE: f64 = 24.0;

/// What a circuit is fitted to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Data {
    pub(super) hz: Vec<f64>,
    pub(super) z: Vec<Complex64>,
    /// Standard deviation of real and imaginary part.
    pub(super) sigma: Vec<f64>,
}

/// A fit of one structure.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fitted {
    pub(super) theta: Vec<f64>,
    /// Covariance of the parameters, χ² over the degrees of freedom included.
    pub(super) covariance: DMatrix<f64>,
    pub(super) reduced: f64,
    pub(super) bic: f64,
}

impl Data {
    pub(super) fn of(impedance: &Impedance) -> Result<Self, NoModel> {
        /// Where circuits of this kind hold.
        const BAND_HZ: std::ops::RangeInclusive<f64> = 10.0..=20.5e3;
        let covariance = impedance.covariance();
        let mut data = Self { hz: Vec::new(), z: Vec::new(), sigma: Vec::new() };
        let apart = (1.0 / PER_OCTAVE - 1e-6).exp2();
        for (k, (&hz, &z)) in impedance.hz().iter().zip(impedance.values()).enumerate() {
            let near = data.hz.last().is_some_and(|&last| hz < last * apart);
            if !BAND_HZ.contains(&hz) || near {
                continue;
            }
            let known = covariance.map_or(0.0, |c| (0.5 * (c[k].rr + c[k].ii)).sqrt());
            data.hz.push(hz);
            data.z.push(z);
            data.sigma.push(known.max(FLOOR * z.norm() * std::f64::consts::FRAC_1_SQRT_2));
        }
        let (points, from_hz, to_hz) = (
            data.hz.len(),
            data.hz.first().copied().unwrap_or_default(),
            data.hz.last().copied().unwrap_or_default(),
        );
        if points < FEWEST {
            return Err(NoModel::TooFewPoints { points, from_hz, to_hz });
        }
        if data.z.iter().all(|z| z.im.abs() <= 1e-12 * z.norm())
            && data.z.windows(2).any(|pair| (pair[0].re / pair[1].re - 1.0).abs() > 1e-3)
        {
            return Err(NoModel::NoPhase);
        }
        let real_ohm = data.z.iter().map(|z| z.re).fold(f64::INFINITY, f64::min);
        if real_ohm <= 0.0 {
            return Err(NoModel::NotPassive { real_ohm });
        }
        Ok(data)
    }
}

struct Problem<'a> {
    data: &'a Data,
    structure: Structure,
    theta: DVector<f64>,
}

impl Problem<'_> {
    fn weighted(&self, mut each: impl FnMut(usize, Complex64, &[Complex64], f64)) {
        let mut slopes = vec![Complex64::ZERO; self.structure.parameters()];
        for k in 0..self.data.hz.len() {
            let z = self.structure.evaluate(self.theta.as_slice(), self.data.hz[k], &mut slopes);
            each(k, z - self.data.z[k], &slopes, 1.0 / self.data.sigma[k]);
        }
    }
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

    fn residuals(&self) -> Option<DVector<f64>> {
        let mut residuals = DVector::zeros(2 * self.data.hz.len());
        self.weighted(|k, off, _, weight| {
            residuals[2 * k] = off.re * weight;
            residuals[2 * k + 1] = off.im * weight;
        });
        residuals.iter().all(|r| r.is_finite()).then_some(residuals)
    }

    fn jacobian(&self) -> Option<DMatrix<f64>> {
        let mut jacobian = DMatrix::zeros(2 * self.data.hz.len(), self.theta.len());
        self.weighted(|k, _, slopes, weight| {
            for (i, slope) in slopes.iter().enumerate() {
                jacobian[(2 * k, i)] = slope.re * weight;
                jacobian[(2 * k + 1, i)] = slope.im * weight;
            }
        });
        jacobian.iter().all(|j| j.is_finite()).then_some(jacobian)
    }
}

/// Fits a structure from a start; `None` if that leads nowhere.
pub(super) fn fit(data: &Data, structure: Structure, start: Vec<f64>) -> Option<Fitted> {
    let problem = Problem { data, structure, theta: DVector::from_vec(start) };
    let solver = LevenbergMarquardt::new().with_ftol(1e-10).with_xtol(1e-10).with_patience(20);
    let (problem, _) = solver.minimize(problem);
    let residuals = problem.residuals()?;
    let (n, k) = (residuals.len() as f64, structure.parameters() as f64);
    let chi_squared = residuals.norm_squared();
    let reduced = chi_squared / (n - k).max(1.0);
    let jacobian = problem.jacobian()?;
    let normal = jacobian.transpose() * &jacobian;
    // A parameter that does nothing leaves no inverse: the structure has one too many.
    let covariance = normal.try_inverse()? * reduced;
    let is_sound = covariance.iter().all(|c| c.is_finite()) && covariance.diagonal().min() >= 0.0;
    let bic = n * (chi_squared / n).max(f64::MIN_POSITIVE).ln() + k * n.ln();
    let theta = problem.theta.as_slice().to_vec();
    is_sound.then_some(Fitted { theta, covariance, reduced, bic })
}
