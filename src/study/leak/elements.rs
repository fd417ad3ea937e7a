//! Air in narrow passages, with the exact solution of viscous flow.
//!
//! Acoustic impedances are pressure over volume velocity, in Pa·s/m³; convention e^{+jωt}.

use std::f64::consts::PI;

use num_complex::Complex64;

/// Density of air at 20 °C and 101.325 kPa, in kg/m³.
const DENSITY: f64 = 1.204;
/// Dynamic viscosity of air at 20 °C, in Pa·s.
const VISCOSITY: f64 = 1.82e-5;
/// Adiabatic bulk modulus γ·P₀ of air, in Pa.
pub(super) const STIFFNESS: f64 = 1.402 * 101_325.0;
/// End correction of one flanged opening, in radii.
const END_CORRECTION: f64 = 0.8216;

/// A passage whose size is looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Passage {
    pub(super) shape: Shape,
    /// In the direction of the flow.
    pub(super) length_m: f64,
}

/// The cross section of a passage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// Round; its size is the diameter.
    Hole,
    /// A flat gap; its size is the height.
    Slit {
        /// Across the flow.
        width_m: f64,
    },
}

impl Passage {
    /// The admittance of the passage at an angular frequency above zero, and its derivative by
    /// the logarithm of the size.
    pub(super) fn admittance(self, size_m: f64, omega: f64) -> (Complex64, Complex64) {
        let (z, slope) = match self.shape {
            Shape::Hole => hole(0.5 * size_m, self.length_m, omega),
            Shape::Slit { width_m } => slit(size_m, width_m, self.length_m, omega),
        };
        let y = z.inv();
        (y, -y * y * slope)
    }
}

/// A slit of height `h`, width `w` and length `l` (Beranek and Mellow 2012, section 4.22), and its
/// derivative by ln h:
///
/// ```text
/// Z = jωρl / (w·h) / F,   F = 1 − tanh(s)/s,   s = (h/2)·√(jωρ/μ)
/// ```
fn slit(h: f64, w: f64, l: f64, omega: f64) -> (Complex64, Complex64) {
    let s = Complex64::new(0.0, omega * DENSITY / VISCOSITY).sqrt() * (0.5 * h);
    let tanh = s.tanh();
    let factor = 1.0 - tanh / s;
    let factor_slope = tanh / s - 1.0 + tanh * tanh;
    let impedance = Complex64::new(0.0, omega * DENSITY * l / (w * h)) / factor;
    (impedance, -impedance * (1.0 + factor_slope / factor))
}

/// A tube of radius `a` and length `l` with two flanged ends (Beranek and Mellow 2012, section
/// 4.23), and its derivative by ln a:
///
/// ```text
/// Z = jωρ/(πa²) · (l/F + 2·0.8216·a),   F = 1 − 2·J₁(x)/(x·J₀(x)),   x = a·√(−jωρ/μ)
/// ```
fn hole(a: f64, l: f64, omega: f64) -> (Complex64, Complex64) {
    let x = Complex64::new(0.0, -omega * DENSITY / VISCOSITY).sqrt() * a;
    let ratio = bessel_ratio(x);
    let f = 1.0 - 2.0 * ratio / x;
    // From the derivative of J₁/J₀, which is 1 − (J₁/J₀)/x + (J₁/J₀)².
    let f_slope = -2.0 * (1.0 + ratio * ratio - 2.0 * ratio / x);
    let per_metre = Complex64::new(0.0, omega * DENSITY / (PI * a * a));
    let ends = 2.0 * END_CORRECTION * a;
    (per_metre * (l / f + ends), per_metre * (-l / f * (2.0 + f_slope / f) - ends))
}

/// J₁(x)/J₀(x) by the continued fraction of Gauss, from its far end:
///
/// ```text
/// (x/2) / (1 − q/(1·2) / (1 − q/(2·3) / (1 − …))),   q = x²/4
/// ```
fn bessel_ratio(x: Complex64) -> Complex64 {
    // Term k is q/(k·(k+1)), which is small once k has passed |x|/2.
    let terms = (1.2 * x.norm()) as u32 + 40;
    let q = x * x / 4.0;
    let fraction = (1..=terms)
        .rev()
        .fold(Complex64::ONE, |rest, k| 1.0 - q / (f64::from(k) * f64::from(k + 1)) / rest);
    x / 2.0 / fraction
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    const HOLE: Passage = Passage { shape: Shape::Hole, length_m: 10e-3 };
    const SLIT: Passage = Passage { shape: Shape::Slit { width_m: 10e-3 }, length_m: 10e-3 };

    /// Impedances in MPa·s/m³ that scipy.special.jve and numpy.tanh give for the formulas:
    /// tests/golden/leak.py.
    const GOLDEN: [(Passage, f64, f64, f64, f64); 8] = [
        (HOLE, 0.0003, 20.0, 915.502_753_316, 29.066_662_667_7),
        (HOLE, 0.001, 20.0, 7.443_004_879_5, 2.724_891_563_24),
        (HOLE, 0.002, 200.0, 0.937_561_314_146, 6.334_765_387_56),
        (HOLE, 0.008, 1000.0, 0.026_785_262_214_7, 2.520_297_922_93),
        (SLIT, 0.0003, 20.0, 8.089_427_893, 0.605_191_928_007),
        (SLIT, 0.001, 20.0, 0.220_180_411_698, 0.181_394_626_571),
        (SLIT, 0.002, 200.0, 0.068_464_391_219_9, 0.814_340_823_457),
        (SLIT, 0.008, 1000.0, 0.008_342_665_786_61, 0.953_817_379_891),
    ];

    #[test]
    fn holes_and_slits_have_the_impedance_that_scipy_gives() {
        /// Twelve digits are written; the subtraction in F leaves 10⁻⁴ of its terms at least.
        const ROUNDING: f64 = 1e-10;
        for (passage, size_m, hz, re, im) in GOLDEN {
            let (y, _) = passage.admittance(size_m, TAU * hz);
            let off = (y * Complex64::new(re, im) * 1e6 - 1.0).norm();
            assert!(off < ROUNDING, "{passage:?} {size_m} m, {hz} Hz: {off}");
        }
    }

    #[test]
    fn the_derivatives_are_the_slopes_of_the_admittance() {
        /// Second order of a central difference with this step, and its rounding.
        const STEP: f64 = 1e-4;
        const CLOSE: f64 = 1e-6;
        for passage in [HOLE, SLIT] {
            for (size_m, hz) in [(0.1e-3, 20.0), (1e-3, 20.0), (1e-3, 1e3), (4e-3, 100.0)] {
                let at = |ln: f64| passage.admittance(size_m * ln.exp(), TAU * hz).0;
                let slope = (at(STEP) - at(-STEP)) / (2.0 * STEP);
                let (_, found) = passage.admittance(size_m, TAU * hz);
                assert!((found / slope - 1.0).norm() < CLOSE, "{passage:?} {size_m} m {hz} Hz");
            }
        }
    }

    #[test]
    fn a_narrow_hole_resists_like_poiseuilles_and_weighs_four_thirds_of_its_air() {
        /// The next term of the series is |x|²/24 of the resistance; here |x|² is 0.2.
        const NEXT_TERM: f64 = 0.01;
        let (a, omega) = (0.15e-3_f64, TAU * 20.0);
        let (z, _) = hole(a, 10e-3, omega);
        let resistance = 8.0 * VISCOSITY * 10e-3 / (PI * a.powi(4));
        let ends = 2.0 * END_CORRECTION * a;
        let mass = DENSITY * (4.0 / 3.0 * 10e-3 + ends) / (PI * a * a);
        assert!((z.re / resistance - 1.0).abs() < NEXT_TERM);
        assert!((z.im / (omega * mass) - 1.0).abs() < NEXT_TERM);
    }
}
