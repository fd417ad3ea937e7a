//! Air in narrow gaps and tubes: the leaks and vents of a cup.
//!
//! Acoustic impedances are pressure over volume velocity, in Pa·s/m³; convention e^{+jωt}.

use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use super::check::{Check, ScenarioError};

/// Density of air at 20 °C and 101.325 kPa, in kg/m³.
pub(super) const AIR_DENSITY: f64 = 1.204;
/// Dynamic viscosity of air at 20 °C, in Pa·s.
pub(super) const AIR_VISCOSITY: f64 = 1.82e-5;
/// Adiabatic bulk modulus of air γ·P₀ at 101.325 kPa, in Pa.
pub(super) const AIR_STIFFNESS: f64 = 1.42e5;

/// End correction of one flanged opening, in radii.
const END_CORRECTION: f64 = 0.8216;

/// A way for air out of a volume, with the exact solution of viscous flow.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Leak {
    /// A flat gap, as under a pad that does not close.
    Slit {
        /// Height of the gap.
        gap_mm: f64,
        /// Width across the flow, along the pad.
        width_mm: f64,
        /// Length in the direction of the flow.
        length_mm: f64,
    },
    /// Round holes side by side, optionally behind a mesh.
    Hole {
        /// Diameter of each.
        diameter_mm: f64,
        /// Length of each, without end corrections.
        length_mm: f64,
        /// How many.
        #[serde(default = "one")]
        count: u32,
        /// Specific flow resistance of a mesh over the holes, in Pa·s/m.
        #[serde(default)]
        mesh_rayl: f64,
    },
    /// A porous layer: a flow resistance with the mass of the air in it.
    Foam {
        /// Flow resistance in Pa·s/m³.
        resistance_pa_s_per_m3: f64,
        /// Acoustic mass in kg/m⁴.
        #[serde(default)]
        mass_kg_per_m4: f64,
    },
}

const fn one() -> u32 {
    1
}

impl Leak {
    /// The acoustic impedance at a frequency above zero.
    pub(super) fn impedance(self, frequency_hz: f64) -> Complex64 {
        let jw = Complex64::new(0.0, std::f64::consts::TAU * frequency_hz);
        match self {
            Self::Slit { gap_mm, width_mm, length_mm } => {
                slit(jw, gap_mm * 1e-3, width_mm * 1e-3, length_mm * 1e-3)
            }
            Self::Hole { diameter_mm, length_mm, count, mesh_rayl } => {
                let radius = diameter_mm * 0.5e-3;
                let mesh = mesh_rayl / (std::f64::consts::PI * radius * radius);
                (hole(jw, radius, length_mm * 1e-3) + mesh) / f64::from(count)
            }
            Self::Foam { resistance_pa_s_per_m3, mass_kg_per_m4 } => {
                resistance_pa_s_per_m3 + jw * mass_kg_per_m4
            }
        }
    }

    /// The acoustic admittance at a frequency above zero.
    pub(super) fn admittance(self, frequency_hz: f64) -> Complex64 {
        self.impedance(frequency_hz).inv()
    }

    pub(super) fn check(self, key: &str) -> Result<(), ScenarioError> {
        let check = Check::of(key);
        match self {
            Self::Slit { gap_mm, width_mm, length_mm } => check.positive(&[
                ("gap_mm", gap_mm),
                ("width_mm", width_mm),
                ("length_mm", length_mm),
            ]),
            Self::Hole { diameter_mm, length_mm, count, mesh_rayl } => {
                check.positive(&[
                    ("diameter_mm", diameter_mm),
                    ("length_mm", length_mm),
                    ("count", f64::from(count)),
                ])?;
                check.not_negative(&[("mesh_rayl", mesh_rayl)])
            }
            Self::Foam { resistance_pa_s_per_m3, mass_kg_per_m4 } => {
                check.positive(&[("resistance_pa_s_per_m3", resistance_pa_s_per_m3)])?;
                check.not_negative(&[("mass_kg_per_m4", mass_kg_per_m4)])
            }
        }
    }
}

/// The sum of the admittances of several leaks.
pub(super) fn total_admittance(leaks: &[Leak], frequency_hz: f64) -> Complex64 {
    leaks.iter().map(|leak| leak.admittance(frequency_hz)).sum()
}

/// A slit of height `h`, width `w` and length `l` (Beranek & Mellow 2012, section 4.22):
///
/// ```text
/// Z = jωρl / (w·h) / (1 − tanh(s)/s),   s = (h/2)·√(jωρ/μ)
/// ```
fn slit(jw: Complex64, h: f64, w: f64, l: f64) -> Complex64 {
    let s_squared = jw * (AIR_DENSITY / AIR_VISCOSITY * 0.25 * h * h);
    jw * (AIR_DENSITY * l / (w * h)) / slit_factor(s_squared)
}

/// A tube of radius `a` and length `l` with two flanged ends (Beranek & Mellow 2012, 4.23):
///
/// ```text
/// Z = jωρl / (πa²) / (1 − 2·I₁(s)/(s·I₀(s))) + jωρ·2·0.8216·a / (πa²),   s = a·√(jωρ/μ)
/// ```
fn hole(jw: Complex64, a: f64, l: f64) -> Complex64 {
    let s_squared = jw * (AIR_DENSITY / AIR_VISCOSITY * a * a);
    let mass_per_metre = jw * (AIR_DENSITY / (std::f64::consts::PI * a * a));
    mass_per_metre * (l / tube_factor(s_squared) + 2.0 * END_CORRECTION * a)
}

/// `1 − tanh(s)/s` without cancellation at small `s`.
///
/// With the continued fraction tanh(s)/s = 1/(1 + c), c = s²/(3 + s²/(5 + …)), it is c/(1 + c).
fn slit_factor(s_squared: Complex64) -> Complex64 {
    /// Above this |s| the hyperbolic tangent of a number at 45° is 1 to within e^(−√2·30).
    const SATURATED: f64 = 30.0;
    /// Below this |s| the fraction is used; its terms then suffice for full precision.
    const SMALL: f64 = 2.0;
    const TERMS: u32 = 14;
    let size = s_squared.norm().sqrt();
    if size < SMALL {
        let fraction = (1..=TERMS)
            .rev()
            .fold(Complex64::ZERO, |rest, k| s_squared / (f64::from(2 * k + 1) + rest));
        return fraction / (1.0 + fraction);
    }
    let s = s_squared.sqrt();
    if size > SATURATED { 1.0 - s.inv() } else { 1.0 - s.tanh() / s }
}

/// `1 − 2·I₁(s)/(s·I₀(s))` without cancellation at small `s`.
///
/// With 2·I₁/(s·I₀) = 1/(1 + c) and c = (q/2)/(1 + (q/6)/(1 + (q/12)/…)), q = s²/4, it is
/// c/(1 + c). The k-th term is q/(k·(k+1)), so the fraction settles once k passes |s|/2.
fn tube_factor(s_squared: Complex64) -> Complex64 {
    /// Above this |s| twelve terms of the asymptotic series are exact to 2e−16.
    const LARGE: f64 = 40.0;
    let size = s_squared.norm().sqrt();
    if size > LARGE { asymptotic_tube_factor(s_squared) } else { fractional_tube_factor(s_squared) }
}

fn fractional_tube_factor(s_squared: Complex64) -> Complex64 {
    let q = s_squared / 4.0;
    let terms = (0.6 * s_squared.norm().sqrt()) as u32 + 14;
    let fraction = (1..=terms)
        .rev()
        .fold(Complex64::ZERO, |rest, k| q / (f64::from(k) * f64::from(k + 1)) / (1.0 + rest));
    fraction / (1.0 + fraction)
}

fn asymptotic_tube_factor(s_squared: Complex64) -> Complex64 {
    let s = s_squared.sqrt();
    1.0 - 2.0 * bessel_series(4.0, s) / (bessel_series(0.0, s) * s)
}

/// The series of `√(2πs)·e^(−s)·I_ν(s)` for large `s`, with `four_nu_squared` = 4ν²
/// (Abramowitz & Stegun 9.7.1).
fn bessel_series(four_nu_squared: f64, s: Complex64) -> Complex64 {
    const TERMS: u32 = 12;
    let step = -(8.0 * s).inv();
    let mut term = Complex64::ONE;
    let mut sum = term;
    for k in 1..=TERMS {
        let odd = f64::from(2 * k - 1);
        term *= step * ((four_nu_squared - odd * odd) / f64::from(k));
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relative(found: Complex64, expected: Complex64) -> f64 {
        (found - expected).norm() / expected.norm()
    }

    /// Where rounding alone separates two ways of computing the same number. A direct formula
    /// cancels to about 1/|s|² of its terms, here at most 4.
    const ROUNDING: f64 = 1e-14;

    #[test]
    fn the_slit_factor_is_the_same_on_both_sides_of_its_seams() {
        for size in [1.0_f64, 2.0, 29.9, 30.1] {
            let s = Complex64::from_polar(size, std::f64::consts::FRAC_PI_4);
            let direct = 1.0 - s.tanh() / s;
            assert!(relative(slit_factor(s * s), direct) < ROUNDING, "{size}");
        }
    }

    #[test]
    fn the_tube_factor_agrees_with_the_power_series_of_the_bessel_functions() {
        for size in [0.01_f64, 0.5, 3.0, 6.0] {
            let s = Complex64::from_polar(size, std::f64::consts::FRAC_PI_4);
            let (quarter, mut term) = (s * s / 4.0, Complex64::ONE);
            // c/(1 + c) = (I0 − 2·I1/s)/I0, and term by term (q^k/k!²)·(1 − 1/(k+1)).
            let (mut above, mut below) = (Complex64::ZERO, term);
            for k in 1..40 {
                term *= quarter / f64::from(k * k);
                above += term * (f64::from(k) / f64::from(k + 1));
                below += term;
            }
            assert!(relative(tube_factor(s * s), above / below) < ROUNDING, "{size}");
        }
    }

    #[test]
    fn the_tube_factor_is_the_same_by_fraction_and_by_asymptotic_series() {
        for size in [40.0_f64, 50.0, 80.0] {
            let s = Complex64::from_polar(size, std::f64::consts::FRAC_PI_4);
            let difference = relative(fractional_tube_factor(s * s), asymptotic_tube_factor(s * s));
            assert!(difference < 10.0 * ROUNDING, "{size}: {difference}");
        }
    }

    #[test]
    fn a_small_hole_resists_like_poiseuille_and_weighs_four_thirds_at_low_frequencies() {
        let (a, l) = (0.15e-3_f64, 5e-3);
        let area = std::f64::consts::PI * a * a;
        let leak = Leak::Hole { diameter_mm: 0.3, length_mm: 5.0, count: 1, mesh_rayl: 0.0 };
        let z = leak.impedance(20.0);
        let resistance = 8.0 * AIR_VISCOSITY * l / (std::f64::consts::PI * a.powi(4));
        let mass = AIR_DENSITY * (4.0 / 3.0 * l + 2.0 * END_CORRECTION * a) / area;
        // The next terms are of the order s⁴/384 and s²/… : |s|² = 0.19 at 20 Hz.
        assert!((z.re / resistance - 1.0).abs() < 1e-3);
        assert!((z.im / (std::f64::consts::TAU * 20.0 * mass) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn a_narrow_slit_has_its_textbook_resistance_and_six_fifths_of_its_mass() {
        let (h, w, l) = (0.05e-3_f64, 30e-3, 15e-3);
        let leak = Leak::Slit { gap_mm: 0.05, width_mm: 30.0, length_mm: 15.0 };
        let z = leak.impedance(20.0);
        let resistance = 12.0 * AIR_VISCOSITY * l / (w * h.powi(3));
        let mass = 1.2 * AIR_DENSITY * l / (w * h);
        assert!((z.re / resistance - 1.0).abs() < 1e-4);
        assert!((z.im / (std::f64::consts::TAU * 20.0 * mass) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn a_wide_hole_at_high_frequencies_is_a_plain_mass() {
        let leak = Leak::Hole { diameter_mm: 10.0, length_mm: 5.0, count: 1, mesh_rayl: 0.0 };
        let z = leak.impedance(20e3);
        let area = std::f64::consts::PI * 25e-6;
        let mass = AIR_DENSITY * (5e-3 + 2.0 * END_CORRECTION * 5e-3) / area;
        // The boundary layer takes 2/|s| of the area: |s| = 455.
        assert!((z.im / (std::f64::consts::TAU * 20e3 * mass) - 1.0).abs() < 2.0 / 455.0);
    }

    #[test]
    fn four_holes_carry_four_times_the_air_of_one() {
        let holes = |count| Leak::Hole { diameter_mm: 3.0, length_mm: 2.0, count, mesh_rayl: 65.0 };
        let ratio = holes(4).admittance(100.0) / holes(1).admittance(100.0);
        assert!((ratio - 4.0).norm() < ROUNDING * 4.0);
    }
}
