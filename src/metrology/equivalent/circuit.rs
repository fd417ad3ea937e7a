//! The impedance of the circuit and its derivatives by the logarithms of its parameters.

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

    /// The impedance at a frequency, and its derivative by each parameter.
    pub(super) fn evaluate(self, theta: &[f64], hz: f64, slopes: &mut [Complex64]) -> Complex64 {
        let re = Complex64::from(theta[0].exp());
        slopes[0] = re;
        let end = 1 + self.coil_parameters();
        let coil = &theta[1..end];
        let mut sum = re + self.coil_impedance(coil, hz, &mut slopes[1..end]);
        for i in 0..self.resonances {
            let at = self.resonance(i);
            sum += resonance(&theta[at..at + 3], hz, &mut slopes[at..at + 3]);
        }
        sum
    }

    fn coil_impedance(self, theta: &[f64], hz: f64, slopes: &mut [Complex64]) -> Complex64 {
        let x = hz / MIDDLE_HZ;
        let j = Complex64::I;
        match self.coil {
            CoilModel::Le => {
                slopes[0] = j * theta[0].exp() * x;
                slopes[0]
            }
            CoilModel::Leach => {
                let n = logistic(theta[1]);
                let z = theta[0].exp() * (j * x).powf(n);
                slopes[0] = z;
                slopes[1] = z * (j * x).ln() * n * (1.0 - n);
                z
            }
            CoilModel::Lr2 => {
                let first = j * theta[0].exp() * x;
                let (l, r) = (j * theta[1].exp() * x, Complex64::from(theta[2].exp()));
                let second = l * r / (l + r);
                slopes[0] = first;
                slopes[1] = second * r / (l + r);
                slopes[2] = second * l / (l + r);
                first + second
            }
            CoilModel::Wright => {
                let (real, imaginary) = (theta[1].exp(), theta[3].exp());
                let z_r = Complex64::from(theta[0].exp() * x.powf(real));
                let z_x = j * theta[2].exp() * x.powf(imaginary);
                slopes[0] = z_r;
                slopes[1] = z_r * x.ln() * real;
                slopes[2] = z_x;
                slopes[3] = z_x * x.ln() * imaginary;
                z_r + z_x
            }
        }
    }

    /// A coil to start from, with a reactance of so many ohms at 1 kHz.
    pub(super) fn coil_start(self, ohm: f64) -> Vec<f64> {
        match self.coil {
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

/// `Res/(1 + jQ(f/fs − fs/f))` of the logarithms of height, frequency and Q.
pub(super) fn resonance(theta: &[f64], hz: f64, slopes: &mut [Complex64]) -> Complex64 {
    let (height, frequency, q) = (theta[0].exp(), theta[1].exp(), theta[2].exp());
    let j = Complex64::I;
    let detuning = j * q * (hz / frequency - frequency / hz);
    let z = height / (1.0 + detuning);
    slopes[0] = z;
    slopes[1] = z * j * q * (hz / frequency + frequency / hz) / (1.0 + detuning);
    slopes[2] = -z * detuning / (1.0 + detuning);
    z
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
            let mut unused = slopes.clone();
            for hz in [20.0, 85.0, 1e3, 4e3, 20e3] {
                let z = of.evaluate(&theta, hz, &mut slopes);
                for i in 0..theta.len() {
                    let mut moved = |by: f64| {
                        let mut theta = theta.clone();
                        theta[i] += by;
                        of.evaluate(&theta, hz, &mut unused)
                    };
                    let slope = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
                    let off = (slopes[i] - slope).norm();
                    assert!(off < DIFFERENCE * z.norm(), "{coil} {i} at {hz} Hz: {off}");
                }
            }
        }
    }
}
