//! An equivalent circuit fitted to the impedance of a headphone.
//!
//! The structure (which coil, how many resonances) is chosen by the Bayesian information
//! criterion; each is fitted by least squares, weighted by the uncertainty of the data.

mod circuit;
mod figures;
mod fit;
mod start;

use num_complex::Complex64;

use self::circuit::Structure;
use self::fit::{Data, Fitted};
use crate::model::{Candidate, CoilModel, EquivalentCircuit, Impedance, NoModel};

/// What is asked of a fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Exactly so many resonances; as many as there are, up to three, if absent.
    pub resonances: Option<usize>,
    /// This coil; the one that fits best if absent.
    pub coil: Option<CoilModel>,
}

/// So much smaller must the criterion be for a structure with more parameters (Kass and Raftery
/// 1995: above 10 the evidence is very strong).
const BETTER: f64 = 10.0;
/// A peak over the DC resistance below which there is no resonance to speak of.
const RESOLVED: f64 = 1.05;
const MOST_RESONANCES: usize = 3;

/// The circuit whose impedance is nearest to the data, with standard errors.
///
/// Data without uncertainty count as known to 2·10⁻⁴ of the magnitude; no smaller one is believed,
/// as no headphone follows a circuit more closely. Where nothing stands out of the coil, the
/// circuit has no resonances.
///
/// # Errors
///
/// When the data do not hold what is wanted, with the reason.
pub fn fit(impedance: &Impedance, wanted: Wanted) -> Result<EquivalentCircuit, NoModel> {
    let data = Data::of(impedance)?;
    let peaks = data.peaks();
    if let (Some(1), true) = (wanted.resonances, peaks.len() > 1) {
        return Err(NoModel::SeveralPeaks { peaks: peaks.len(), at_hz: peaks });
    }
    let first = data.first_resonance()?;
    let most = wanted.resonances.unwrap_or(MOST_RESONANCES).min(MOST_RESONANCES);
    let mut tried: Vec<(Structure, Fitted)> = Vec::new();
    for coil in CoilModel::ALL.into_iter().filter(|coil| wanted.coil.is_none_or(|w| w == *coil)) {
        let bare = Structure { coil, resonances: 0 };
        let mut last = None;
        if let Some(start) = &first {
            let structure = Structure { resonances: 1, ..bare };
            last = fit::fit(&data, structure, data.start(structure, start));
        } else if let Some(fitted) = fit::fit(&data, bare, data.bare_start(bare)) {
            tried.push((bare, fitted));
        }
        let mut structure = Structure { resonances: 1, ..bare };
        while let Some(fitted) = last.take() {
            let worth = structure.resonances == 1
                || tried.last().is_none_or(|(_, before)| fitted.bic < before.bic - BETTER)
                || wanted.resonances.is_some();
            if !worth {
                break;
            }
            tried.push((structure, fitted.clone()));
            if structure.resonances >= most {
                break;
            }
            let further = Structure { resonances: structure.resonances + 1, ..structure };
            last = data
                .further(structure, &fitted)
                .and_then(|start| fit::fit(&data, further, start))
                .filter(|fitted| data.holds(further, fitted));
            structure = further;
        }
    }
    let fits = |(structure, _): &&(Structure, Fitted)| {
        wanted.resonances.is_none_or(|n| structure.resonances == n)
    };
    let best = tried.iter().filter(fits).min_by(|a, b| simpler(a, b)).ok_or(NoModel::NoFit)?;
    let mut candidates: Vec<Candidate> = tried
        .iter()
        .map(|(of, fitted)| Candidate { coil: of.coil, resonances: of.resonances, bic: fitted.bic })
        .collect();
    candidates.sort_by(|a, b| a.bic.total_cmp(&b.bic));
    let circuit = figures::circuit(&data, best.0, &best.1, candidates);
    resolved(circuit, wanted)
}

/// The order of preference: the smaller criterion, unless it is smaller by little with more
/// parameters.
fn simpler(a: &(Structure, Fitted), b: &(Structure, Fitted)) -> std::cmp::Ordering {
    let near = (a.1.bic - b.1.bic).abs() < BETTER;
    if near { a.0.parameters().cmp(&b.0.parameters()) } else { a.1.bic.total_cmp(&b.1.bic) }
}

/// A resonance that hardly stands out is none.
fn resolved(mut circuit: EquivalentCircuit, wanted: Wanted) -> Result<EquivalentCircuit, NoModel> {
    let re = circuit.dc_resistance_ohm.value;
    let highest = circuit.resonances.iter().map(|r| r.peak_ohm.value / re).fold(1.0_f64, f64::max);
    if highest >= RESOLVED {
        return Ok(circuit);
    }
    if wanted.resonances.is_some_and(|n| n > 0) {
        return Err(NoModel::NoResonance { height: highest });
    }
    circuit.resonances.clear();
    Ok(circuit)
}

/// How far a value lies from another, relative to that.
fn relative(found: Complex64, expected: Complex64) -> f64 {
    (found - expected).norm() / expected.norm().max(f64::MIN_POSITIVE)
}
