//! The impedance of the circuit and its derivatives by the logarithms of its parameters.

use std::f64::consts::FRAC_PI_2;

use num_complex::Complex64;

use crate::model::CoilModel;

/// Coil parameters are sizes at this frequency.
const MIDDLE_HZ: f64 = 1e3;

/// A structure: a coil and a number of resonances.
///
/// Its parameters are, in this order, the DC resistance, those of the coil, and height, frequency
/// and Q of each resonance; all as natural logarithms, the exponent of a lossy coil as the
/// logarithm of n/(1 − n).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Structure {
    pub(super) coil: CoilModel,
    pub(super) resonances: usize,
}

impl Structure {
    pub(super) const fn coil_parameters(self) -> usize {
        match self.coil {
            CoilModel::None => 0,
            CoilModel::Le => 1,
            CoilModel::Leach => 2,
            CoilModel::Lr2 => 3,
            CoilModel::Wright => 4,
        }
    }

    pub(super) const fn parameters(self) -> usize {
        1 + self.coil_parameters() + 3 * self.resonances
    }

    /// Where the parameters of a resonance begin.
    pub(super) const fn resonance(self, i: usize) -> usize {
        1 + self.coil_parameters() + 3 * i
    }

    /// The circuit with these values of its parameters.
    pub(super) fn with(self, theta: &[f64]) -> Circuit {
        let end = 1 + self.coil_parameters();
        Circuit {
            re_ohm: theta[0].exp(),
            coil: Coil::new(self.coil, &theta[1..end]),
            resonances: theta[end..].chunks_exact(3).map(Resonance::new).collect(),
        }
    }

    /// The same parameters, the resonances in order of frequency.
    pub(super) fn in_order_of_frequency(self, theta: &[f64]) -> Vec<f64> {
        let (coil, motional) = theta.split_at(self.resonance(0));
        let mut resonances: Vec<&[f64]> = motional.chunks_exact(3).collect();
        resonances.sort_by(|a, b| a[1].total_cmp(&b[1]));
        [coil, &resonances.concat()].concat()
    }

    /// A coil to start from, with a reactance of so many ohms at 1 kHz.
    pub(super) fn coil_start(self, ohm: f64) -> Vec<f64> {
        match self.coil {
            CoilModel::None => Vec::new(),
            CoilModel::Le => vec![ohm.ln()],
            CoilModel::Leach => vec![ohm.ln(), 0.5],
            CoilModel::Lr2 => vec![(0.3 * ohm).ln(), ohm.ln(), (10.0 * ohm).ln()],
            CoilModel::Wright => vec![(0.5 * ohm).ln(), -0.4, ohm.ln(), -0.4],
        }
    }
}

pub(super) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// A frequency, with what every circuit needs of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tone {
    pub(super) hz: f64,
    /// In kilohertz.
    x: f64,
    ln_x: f64,
}

impl Tone {
    pub(super) fn new(hz: f64) -> Self {
        let x = hz / MIDDLE_HZ;
        Self { hz, x, ln_x: x.ln() }
    }
}

/// A structure whose parameters have values. The exponentials of the logarithms are taken once,
/// as the frequencies are many.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Circuit {
    re_ohm: f64,
    coil: Coil,
    resonances: Vec<Resonance>,
}

impl Circuit {
    /// The impedance.
    pub(super) fn impedance(&self, at: Tone) -> Complex64 {
        let motional: Complex64 = self.resonances.iter().map(|r| r.impedance(at)).sum();
        self.re_ohm + self.coil.slopes(at).0 + motional
    }

    /// The impedance, and its derivative by each parameter.
    pub(super) fn slopes(&self, at: Tone, slopes: &mut [Complex64]) -> Complex64 {
        let (coil, of_coil) = self.coil.slopes(at);
        let end = 1 + self.coil.parameters();
        slopes[0] = Complex64::from(self.re_ohm);
        slopes[1..end].copy_from_slice(&of_coil[..end - 1]);
        let mut sum = self.re_ohm + coil;
        for (resonance, slopes) in self.resonances.iter().zip(slopes[end..].chunks_exact_mut(3)) {
            let z = resonance.impedance(at);
            slopes.copy_from_slice(&resonance.slopes(at, z));
            sum += z;
        }
        sum
    }
}

/// A coil; sizes are ohms at 1 kHz.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Coil {
    None,
    Le { size: f64 },
    Leach { size: f64, n: f64, unit: Complex64 },
    Lr2 { first: f64, second: f64, across: f64 },
    Wright { real: f64, xr: f64, imaginary: f64, xx: f64 },
}

impl Coil {
    fn new(model: CoilModel, theta: &[f64]) -> Self {
        match model {
            CoilModel::None => Self::None,
            CoilModel::Le => Self::Le { size: theta[0].exp() },
            CoilModel::Leach => {
                let n = logistic(theta[1]);
                Self::Leach { size: theta[0].exp(), n, unit: Complex64::cis(n * FRAC_PI_2) }
            }
            CoilModel::Lr2 => {
                let [first, second, across] = [0, 1, 2].map(|i| theta[i].exp());
                Self::Lr2 { first, second, across }
            }
            CoilModel::Wright => {
                let [real, xr, imaginary, xx] = [0, 1, 2, 3].map(|i| theta[i].exp());
                Self::Wright { real, xr, imaginary, xx }
            }
        }
    }

    const fn parameters(self) -> usize {
        match self {
            Self::None => 0,
            Self::Le { .. } => 1,
            Self::Leach { .. } => 2,
            Self::Lr2 { .. } => 3,
            Self::Wright { .. } => 4,
        }
    }

    /// The impedance and its derivative by each parameter; the unused ones are zero.
    fn slopes(self, at: Tone) -> (Complex64, [Complex64; 4]) {
        let none = Complex64::ZERO;
        let j = Complex64::I;
        match self {
            Self::None => (none, [none; 4]),
            Self::Le { size } => {
                let z = j * (size * at.x);
                (z, [z, none, none, none])
            }
            Self::Leach { size, n, unit } => {
                let z = unit * (size * (n * at.ln_x).exp());
                let by_n = z * Complex64::new(at.ln_x, FRAC_PI_2) * (n * (1.0 - n));
                (z, [z, by_n, none, none])
            }
            Self::Lr2 { first, second, across } => {
                let first = j * (first * at.x);
                let l = j * (second * at.x);
                let share = across / (l + across);
                let second = l * share;
                (first + second, [first, second * share, second * (1.0 - share), none])
            }
            Self::Wright { real, xr, imaginary, xx } => {
                let z_r = Complex64::from(real * (xr * at.ln_x).exp());
                let z_x = j * (imaginary * (xx * at.ln_x).exp());
                (z_r + z_x, [z_r, z_r * (at.ln_x * xr), z_x, z_x * (at.ln_x * xx)])
            }
        }
    }
}

/// `Res/(1 + jQ(f/fs − fs/f))`, of the logarithms of height, frequency and Q.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Resonance {
    height: f64,
    hz: f64,
    q: f64,
}

impl Resonance {
    fn new(theta: &[f64]) -> Self {
        Self { height: theta[0].exp(), hz: theta[1].exp(), q: theta[2].exp() }
    }

    fn impedance(self, at: Tone) -> Complex64 {
        self.height / Complex64::new(1.0, self.q * (at.hz / self.hz - self.hz / at.hz))
    }

    /// The derivatives of the impedance `z` of this resonance.
    fn slopes(self, at: Tone, z: Complex64) -> [Complex64; 3] {
        let (above, below) = (at.hz / self.hz, self.hz / at.hz);
        let turned = z * z / self.height * Complex64::I * self.q;
        [z, turned * (above + below), -turned * (above - below)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivatives_are_the_slopes_of_the_impedance() {
        const STEP: f64 = 1e-5;
        /// Second order of a central difference with that step.
        const DIFFERENCE: f64 = 1e-8;
        for coil in CoilModel::ALL {
            let of = Structure { coil, resonances: 2 };
            let mut theta = vec![32_f64.ln()];
            theta.extend(of.coil_start(0.7));
            theta.extend([24_f64.ln(), 90_f64.ln(), 0.8, 4_f64.ln(), 3.8e3_f64.ln(), 1.6]);
            let mut slopes = vec![Complex64::ZERO; of.parameters()];
            for hz in [20.0, 85.0, 1e3, 4e3, 20e3] {
                let at = Tone::new(hz);
                let z = of.with(&theta).slopes(at, &mut slopes);
                assert!((z - of.with(&theta).impedance(at)).norm() < 1e-12 * z.norm());
                for i in 0..theta.len() {
                    let moved = |by: f64| {
                        let mut theta = theta.clone();
                        theta[i] += by;
                        of.with(&theta).impedance(at)
                    };
                    let slope = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
                    let off = (slopes[i] - slope).norm();
                    assert!(off < DIFFERENCE * z.norm(), "{coil} {i} at {hz} Hz: {off}");
                }
            }
        }
    }
}
