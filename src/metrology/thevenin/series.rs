//! An impedance as a resistance, a coil and a capacitor in series.

use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;

use super::Systematic;
use crate::model::Covariance;
use crate::quantity::Uncertain;

/// What an output impedance consists of, as far as a series circuit holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeriesFit {
    /// Resistance in ohms.
    pub resistance_ohm: Uncertain,
    /// Coupling capacitor in farads, where the impedance rises towards low frequencies.
    pub capacitance_f: Option<Uncertain>,
    /// Inductance in henries, where it rises towards high frequencies.
    pub inductance_h: Option<Uncertain>,
}

/// `Z = R + jωL + 1/(jωC)`, of which coil and capacitor are left out unless they are significant;
/// `None` where such a circuit does not hold.
///
/// Weighted least squares, linear in R, L and 1/C; the structure by the Bayesian information
/// criterion. The uncertainty is that of noise, of what is left of the residual, and of errors that
/// are the same at all frequencies.
#[must_use]
pub fn series(
    hz: &[f64],
    impedance: &[Complex64],
    noise: &[Covariance],
    systematic: &[Systematic],
) -> Option<SeriesFit> {
    const CANDIDATES: [(bool, bool); 4] =
        [(false, false), (true, false), (false, true), (true, true)];
    /// A structure with more parameters must be better by so much (Kass and Raftery 1995).
    const BETTER: f64 = 10.0;
    let data = Data { hz, impedance, noise, systematic };
    let mut best: Option<Fitted> = None;
    for (coil, capacitor) in CANDIDATES {
        let Some(fitted) = data.fit(coil, capacitor).filter(Fitted::is_significant) else {
            continue;
        };
        if best.as_ref().is_none_or(|best| fitted.criterion < best.criterion - BETTER) {
            best = Some(fitted);
        }
    }
    best.filter(|fitted| data.holds(fitted)).map(|fitted| fitted.figures())
}

struct Data<'a> {
    hz: &'a [f64],
    impedance: &'a [Complex64],
    noise: &'a [Covariance],
    systematic: &'a [Systematic],
}

struct Fitted {
    coil: bool,
    capacitor: bool,
    /// Resistance, inductance, inverse capacitance: those that are in it.
    values: Vec<Uncertain>,
    criterion: f64,
}

impl Data<'_> {
    /// Standard deviation of each part: noise, and what no circuit of three parts follows.
    fn sigma(&self, i: usize) -> f64 {
        const RELATIVE: f64 = 1e-4;
        const OHM: f64 = 1e-5;
        let noise = self.noise.get(i).map_or(0.0, |c| (0.5 * (c.rr + c.ii)).sqrt());
        noise.max(RELATIVE * self.impedance[i].norm()).max(OHM)
    }

    /// The columns of the parts that are in it, real and imaginary parts below each other.
    fn columns(coil: bool, capacitor: bool) -> Vec<Box<dyn Fn(f64) -> Complex64>> {
        let mut columns: Vec<Box<dyn Fn(f64) -> Complex64>> = vec![Box::new(|_| Complex64::ONE)];
        if coil {
            columns.push(Box::new(|omega| Complex64::new(0.0, omega)));
        }
        if capacitor {
            columns.push(Box::new(|omega| Complex64::new(0.0, -omega.recip())));
        }
        columns
    }

    fn fit(&self, coil: bool, capacitor: bool) -> Option<Fitted> {
        let columns = Self::columns(coil, capacitor);
        let points = self.hz.len();
        let stacked = |of: &dyn Fn(usize) -> Complex64| {
            DVector::from_iterator(
                2 * points,
                (0..points).flat_map(|i| {
                    let z = of(i) / self.sigma(i);
                    [z.re, z.im]
                }),
            )
        };
        let omega = |i: usize| std::f64::consts::TAU * self.hz[i];
        let x: Vec<DVector<f64>> =
            columns.iter().map(|column| stacked(&|i| column(omega(i)))).collect();
        // Columns of one size: farads and henries differ from ohms by many powers of ten.
        let scales: Vec<f64> = x.iter().map(DVector::norm).collect();
        let x = DMatrix::from_columns(
            &x.iter().zip(&scales).map(|(column, scale)| column / *scale).collect::<Vec<_>>(),
        );
        let inverse = (x.tr_mul(&x)).try_inverse()?;
        let estimator = &inverse * x.transpose();
        let z = stacked(&|i| self.impedance[i]);
        let theta = &estimator * &z;
        let residual = (&z - &x * &theta).norm_squared();
        let (n, k) = (2.0 * points as f64, columns.len() as f64);
        let reduced = (residual / (n - k)).max(1.0);
        let mut variance: Vec<f64> =
            (0..columns.len()).map(|j| inverse[(j, j)] * reduced).collect();
        for one in self.systematic {
            let moved = &estimator * stacked(&|i| one.effect[i]);
            for (variance, moved) in variance.iter_mut().zip(moved.iter()) {
                *variance += moved * moved;
            }
        }
        let value = |j: usize| Uncertain::new(theta[j] / scales[j], variance[j].sqrt() / scales[j]);
        let values = (0..columns.len()).map(value).collect();
        let criterion = n * (residual / n).max(f64::MIN_POSITIVE).ln() + k * n.ln();
        Some(Fitted { coil, capacitor, values, criterion })
    }

    /// Whether the circuit is near the data.
    fn holds(&self, fitted: &Fitted) -> bool {
        const NEAR: f64 = 0.1;
        const CERTAIN: f64 = 3.0;
        let columns = Self::columns(fitted.coil, fitted.capacitor);
        let off = |i: usize| {
            let omega = std::f64::consts::TAU * self.hz[i];
            let parts = columns.iter().zip(&fitted.values);
            let z: Complex64 = parts.map(|(column, value)| column(omega) * value.value).sum();
            (z - self.impedance[i]).norm()
        };
        let u = |i: usize| {
            let systematic =
                self.systematic.iter().map(|one| one.effect[i].norm_sqr()).sum::<f64>();
            let noise = self.noise.get(i).map_or(0.0, |c| c.rr + c.ii);
            (systematic + noise).sqrt()
        };
        (0..self.hz.len()).all(|i| off(i) < (NEAR * self.impedance[i].norm()).max(CERTAIN * u(i)))
    }
}

impl Fitted {
    /// Whether coil and capacitor are there beyond doubt, and positive.
    fn is_significant(&self) -> bool {
        const CERTAIN: f64 = 3.0;
        self.values[1..].iter().all(|value| value.value > CERTAIN * value.u)
    }

    fn figures(&self) -> SeriesFit {
        let coil = self.coil.then(|| self.values[1]);
        let elastance = self.capacitor.then(|| self.values[self.values.len() - 1]);
        let inverted =
            |of: Uncertain| Uncertain::new(of.value.recip(), of.u / (of.value * of.value));
        SeriesFit {
            resistance_ohm: self.values[0],
            capacitance_f: elastance.map(inverted),
            inductance_h: coil,
        }
    }
}
