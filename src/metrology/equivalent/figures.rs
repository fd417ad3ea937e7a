//! What a fit says in the figures that people use.

use nalgebra::DMatrix;
use num_complex::Complex64;

use super::circuit::{Structure, logistic};
use super::data::Data;
use super::fit::Fitted;
use super::relative;
use crate::model::{Candidate, CoilModel, CoilParameter, EquivalentCircuit, FittedResonance};
use crate::quantity::Uncertain;

/// A quantity whose logarithm depends on the parameters, with its propagated error.
struct Logarithms<'a> {
    theta: &'a [f64],
    covariance: &'a DMatrix<f64>,
}

impl Logarithms<'_> {
    /// `value` whose logarithm changes by so much for each of some parameters.
    fn of(&self, value: f64, slopes: &[(usize, f64)]) -> Uncertain {
        let pairs = slopes.iter().flat_map(|a| slopes.iter().map(move |b| (a, b)));
        let variance: f64 = pairs.map(|(&(i, a), &(j, b))| a * b * self.covariance[(i, j)]).sum();
        Uncertain::new(value, value * variance.max(0.0).sqrt())
    }

    fn parameter(&self, i: usize) -> Uncertain {
        self.of(self.theta[i].exp(), &[(i, 1.0)])
    }
}

/// The circuit of a fit; none without standard errors.
pub(super) fn circuit(
    data: &Data,
    fitted: &Fitted,
    candidates: Vec<Candidate>,
) -> Option<EquivalentCircuit> {
    let structure = fitted.structure;
    let covariance = fitted.covariance.as_ref()?;
    let known = Logarithms { theta: &fitted.theta, covariance };
    let circuit = structure.with(&fitted.theta);
    let found: Vec<Complex64> = data.tones.iter().map(|&at| circuit.impedance(at)).collect();
    let off = |k: &usize| relative(found[*k], data.z[*k]);
    let worst = (0..found.len()).max_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(0);
    let resonances = (0..structure.resonances).map(|i| resonance(&known, structure.resonance(i)));
    Some(EquivalentCircuit {
        dc_resistance_ohm: known.parameter(0),
        coil: structure.coil,
        coil_parameters: coil(&known, structure),
        resonances: resonances.collect(),
        reduced_chi_squared: fitted.reduced,
        parameters: names(structure),
        correlation: correlation(covariance),
        candidates,
        worst_percent: 100.0 * off(&worst),
        worst_hz: data.tones[worst].hz,
        frequency_hz: data.tones.iter().map(|tone| tone.hz).collect(),
        residual_ohm: found.iter().zip(&data.z).map(|(z, data)| parts(z - data)).collect(),
        impedance_ohm: found.into_iter().map(parts).collect(),
    })
}

fn parts(z: Complex64) -> (f64, f64) {
    (z.re, z.im)
}

/// Small 1972: `r0 = (Re + Res)/Re`, `Qes = Qms/(r0 − 1)`, `Qts = Qms/r0`.
fn resonance(known: &Logarithms<'_>, at: usize) -> FittedResonance {
    let (re, height, q) = (known.theta[0].exp(), known.theta[at].exp(), known.theta[at + 2].exp());
    let share = height / (re + height);
    FittedResonance {
        frequency_hz: known.parameter(at + 1),
        q_mechanical: known.parameter(at + 2),
        q_electrical: known.of(q * re / height, &[(at + 2, 1.0), (0, 1.0), (at, -1.0)]),
        q_total: known.of(q * re / (re + height), &[(at + 2, 1.0), (0, share), (at, -share)]),
        height_ohm: known.parameter(at),
        peak_ohm: known.of(re + height, &[(0, 1.0 - share), (at, share)]),
    }
}

fn coil(known: &Logarithms<'_>, structure: Structure) -> Vec<CoilParameter> {
    let of = |name, unit, value| CoilParameter { name, unit, value };
    // Sizes are reactances at 1 kHz.
    let henry = |i: usize| {
        let size = known.parameter(i);
        let omega = std::f64::consts::TAU * 1e3;
        Uncertain::new(size.value / omega, size.u / omega)
    };
    match structure.coil {
        CoilModel::None => Vec::new(),
        CoilModel::Le => vec![of("Le", "H", henry(1))],
        CoilModel::Leach => {
            let n = logistic(known.theta[2]);
            let exponent = known.of(n, &[(2, 1.0 - n)]);
            vec![of("|Z| at 1 kHz", "Ω", known.parameter(1)), of("n", "", exponent)]
        }
        CoilModel::Lr2 => vec![
            of("Le", "H", henry(1)),
            of("L2", "H", henry(2)),
            of("R2", "Ω", known.parameter(3)),
        ],
        CoilModel::Wright => vec![
            of("R at 1 kHz", "Ω", known.parameter(1)),
            of("xr", "", known.parameter(2)),
            of("X at 1 kHz", "Ω", known.parameter(3)),
            of("xx", "", known.parameter(4)),
        ],
    }
}

fn names(structure: Structure) -> Vec<String> {
    let coil: &[&str] = match structure.coil {
        CoilModel::None => &[],
        CoilModel::Le => &["Le"],
        CoilModel::Leach => &["K", "n"],
        CoilModel::Lr2 => &["Le", "L2", "R2"],
        CoilModel::Wright => &["Kr", "xr", "Kx", "xx"],
    };
    let of_coil = coil.iter().map(|name| (*name).to_owned());
    let of_resonance = |i: usize| ["Res", "fs", "Q"].map(|name| format!("{name}{}", i + 1));
    let resonances = (0..structure.resonances).flat_map(of_resonance);
    std::iter::once("Re".to_owned()).chain(of_coil).chain(resonances).collect()
}

fn correlation(covariance: &DMatrix<f64>) -> Vec<Vec<f64>> {
    let u = |i: usize| covariance[(i, i)].max(f64::MIN_POSITIVE).sqrt();
    let count = covariance.nrows();
    (0..count).map(|i| (0..count).map(|j| covariance[(i, j)] / (u(i) * u(j))).collect()).collect()
}
