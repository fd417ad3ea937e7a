//! Least squares.

use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt};
use nalgebra::storage::Owned;
use nalgebra::{DMatrix, DVector, Dyn};
use num_complex::Complex64;

use super::circuit::Structure;
use super::data::Data;

/// A fit of one structure.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fitted {
    pub(super) structure: Structure,
    pub(super) theta: Vec<f64>,
    /// Covariance of the parameters, χ² over the degrees of freedom included; none where a
    /// parameter does nothing.
    pub(super) covariance: Option<DMatrix<f64>>,
    pub(super) chi_squared: f64,
    /// χ² over the degrees of freedom.
    pub(super) reduced: f64,
    pub(super) bic: f64,
}

struct Problem<'a> {
    data: &'a Data,
    structure: Structure,
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

    fn residuals(&self) -> Option<DVector<f64>> {
        let circuit = self.structure.with(self.theta.as_slice());
        let mut residuals = DVector::zeros(2 * self.data.z.len());
        for (k, &at) in self.data.tones.iter().enumerate() {
            let off = (circuit.impedance(at) - self.data.z[k]) / self.data.sigma[k];
            residuals[2 * k] = off.re;
            residuals[2 * k + 1] = off.im;
        }
        residuals.iter().all(|r| r.is_finite()).then_some(residuals)
    }

    fn jacobian(&self) -> Option<DMatrix<f64>> {
        let circuit = self.structure.with(self.theta.as_slice());
        let mut slopes = vec![Complex64::ZERO; self.theta.len()];
        let mut jacobian = DMatrix::zeros(2 * self.data.z.len(), self.theta.len());
        for (k, &at) in self.data.tones.iter().enumerate() {
            circuit.slopes(at, &mut slopes);
            for (i, slope) in slopes.iter().enumerate() {
                jacobian[(2 * k, i)] = slope.re / self.data.sigma[k];
                jacobian[(2 * k + 1, i)] = slope.im / self.data.sigma[k];
            }
        }
        jacobian.iter().all(|j| j.is_finite()).then_some(jacobian)
    }
}

/// The Bayesian information criterion of a fit with k parameters to n numbers.
pub(super) fn criterion(chi_squared: f64, n: f64, k: f64) -> f64 {
    /// What is left of the residual below this share of the believed variance is nobody's.
    const NOTHING: f64 = 0.01;
    n * (chi_squared / n).max(NOTHING).ln() + k * n.ln()
}

/// Fits a structure from a start; `None` if that leads nowhere. The resonances of the result are in
/// order of frequency.
pub(super) fn fit(data: &Data, structure: Structure, start: Vec<f64>) -> Option<Fitted> {
    let problem = Problem { data, structure, theta: DVector::from_vec(start) };
    let solver = LevenbergMarquardt::new().with_ftol(1e-7).with_xtol(1e-10).with_patience(5);
    let (mut problem, _) = solver.minimize(problem);
    problem.theta = structure.in_order_of_frequency(problem.theta.as_slice()).into();
    let residuals = problem.residuals()?;
    let (n, k) = (residuals.len() as f64, structure.parameters() as f64);
    let chi_squared = residuals.norm_squared();
    let reduced = chi_squared / (n - k).max(1.0);
    let jacobian = problem.jacobian()?;
    let normal = jacobian.tr_mul(&jacobian);
    let is_sound = |c: &DMatrix<f64>| c.iter().all(|c| c.is_finite()) && c.diagonal().min() >= 0.0;
    let covariance = normal.try_inverse().map(|inverse| inverse * reduced).filter(is_sound);
    let bic = criterion(chi_squared, n, k);
    let theta = problem.theta.as_slice().to_vec();
    Some(Fitted { structure, theta, covariance, chi_squared, reduced, bic })
}
