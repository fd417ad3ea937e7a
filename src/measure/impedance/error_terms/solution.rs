//! Linear equations for three terms.

use nalgebra::{Matrix3, Matrix3xX, MatrixXx3};
use num_complex::Complex64;

use crate::metrology::statistics::rectangular;
use crate::model::{Jig, MeasuredStandard, StandardKind};

/// An equation that is linear in the terms: `A·x = y`.
///
/// A standard of impedance Z = p/q whose ratio is m:  a·p + b·q − c·m·p = m·q.
pub(super) struct Equation {
    pub(super) coefficients: [Complex64; 3],
    pub(super) right: Complex64,
    pub(super) weight: f64,
}

/// The impedance of a standard as p/q in multiples of a scale, so that an open is 1/0.
pub(super) fn fraction(measured: &MeasuredStandard, hz: f64, scale: f64) -> (Complex64, Complex64) {
    let standard = &measured.standard;
    match (standard.kind, standard.impedance(hz)) {
        (_, None) => (Complex64::ONE, Complex64::ZERO),
        // Its admittance, which is what is small.
        (StandardKind::Open, Some(z)) => (Complex64::ONE, scale / z),
        (_, Some(z)) => (z / scale, Complex64::ONE),
    }
}

/// What is uncertain about the impedance of a standard, in ohms.
pub(super) fn u_of(measured: &MeasuredStandard, jig: &Jig) -> f64 {
    let standard = &measured.standard;
    let relative = rectangular(1e-2 * standard.tolerance_percent).hypot(1e-2 * standard.u_percent);
    (relative * standard.ohm()).hypot(jig.contact_resistance.ohm())
}

/// The matrix that turns right-hand sides into the three terms, by weighted least squares if there
/// are more than three equations; `None` if they do not determine the terms.
pub(super) fn pseudo_inverse(equations: &[Equation]) -> Option<Matrix3xX<Complex64>> {
    /// Standards so much alike lose as many digits.
    const SMALLEST_DETERMINANT: f64 = 1e-9;
    let rows = equations.len();
    let a = MatrixXx3::from_fn(rows, |k, i| equations[k].coefficients[i]);
    if rows == 3 {
        let square = Matrix3::from_fn(|k, i| a[(k, i)]);
        let is_regular = square.determinant().norm() > SMALLEST_DETERMINANT * square.norm().powi(3);
        let inverse = square.try_inverse().filter(|_| is_regular)?;
        return Some(Matrix3xX::from_fn(3, |i, k| inverse[(i, k)]));
    }
    let largest = equations.iter().map(|e| e.weight).fold(f64::MIN_POSITIVE, f64::max);
    let weight = |k: usize| Complex64::from((equations[k].weight / largest).powi(2));
    let weighted = Matrix3xX::from_fn(rows, |i, k| a[(k, i)].conj() * weight(k));
    let solver = (&weighted * &a).try_inverse()? * weighted;
    solver.iter().all(|value| value.is_finite()).then_some(solver)
}
