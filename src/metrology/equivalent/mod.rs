//! An equivalent circuit fitted to the impedance of a headphone.
//!
//! The structure (which coil, how many resonances) is chosen by the Bayesian information
//! criterion; each is fitted by least squares, weighted by the uncertainty of the data.

mod circuit;
mod data;
mod figures;
mod fit;
mod moving;
mod start;
mod three_points;

use num_complex::Complex64;

use self::circuit::Structure;
use self::data::{Data, Seen};
use self::fit::Fitted;
pub use self::moving::{Change, Known, moving_parts};
pub use self::three_points::three_points;
use crate::model::{Candidate, CoilModel, EquivalentCircuit, Impedance, NoModel};
use crate::quantity::Frequency;

/// What is asked of a fit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Wanted {
    /// Exactly so many resonances; as many as there are, up to three, if absent.
    pub resonances: Option<usize>,
    /// This coil; the one that fits best if absent.
    pub coil: Option<CoilModel>,
    /// Only what lies at or above this; 10 Hz if absent.
    pub from: Option<Frequency>,
    /// Only what lies at or below this; 20.5 kHz if absent.
    pub to: Option<Frequency>,
}

/// So much smaller must the criterion be for a structure with more parameters (Kass and Raftery
/// 1995: above 10 the evidence is very strong).
const BETTER: f64 = 10.0;
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
    let data = Data::of(impedance, wanted)?;
    if wanted.resonances == Some(1) {
        let at_hz = data.peaks();
        if at_hz.len() > 1 {
            return Err(NoModel::SeveralPeaks { peaks: at_hz.len(), at_hz });
        }
    }
    let first = if wanted.resonances == Some(0) { None } else { data.first_resonance()? };
    let circuit = match circuit(&data, wanted, first.as_ref()) {
        // What looked like a resonance was none.
        Err(NoModel::NoFit) if wanted.resonances.is_none() => circuit(&data, wanted, None)?,
        found => found?,
    };
    let is_resolved = circuit.resonances.iter().any(|r| circuit.resolves(r));
    match wanted.resonances {
        Some(1..) if !is_resolved => Err(NoModel::NoResonance { height: circuit.highest() }),
        Some(1) => {
            let two = Wanted { resonances: Some(2), ..wanted };
            match data.misses_the_peak(&circuit) {
                Some(refusal) if is_better(self::circuit(&data, two, first.as_ref()), &circuit) => {
                    Err(refusal)
                }
                _ => Ok(circuit),
            }
        }
        // A resonance that hardly stands out of the coil is none.
        None if first.is_some() && !is_resolved => self::circuit(&data, wanted, None),
        _ => Ok(circuit),
    }
}

/// The best circuit that starts from this resonance; without one, a coil alone.
fn circuit(
    data: &Data,
    wanted: Wanted,
    first: Option<&Seen>,
) -> Result<EquivalentCircuit, NoModel> {
    // A headphone with a resonance has a coil; what has none may be a resistor.
    let is_likely = |coil: &CoilModel| first.is_none() || *coil != CoilModel::None;
    let is_wanted = |coil: &CoilModel| wanted.coil.map_or(is_likely(coil), |w| w == *coil);
    let coils = CoilModel::ALL.into_iter().filter(is_wanted);
    let mut tried: Vec<Fitted> =
        coils.flat_map(|coil| chain(data, coil, first, wanted.resonances)).collect();
    if let (Some(_), Some(n)) = (first, wanted.resonances) {
        tried.retain(|fitted| fitted.structure.resonances == n);
    }
    tried.retain(|fitted| fitted.covariance.is_some());
    tried.sort_by(|a, b| a.bic.total_cmp(&b.bic));
    if tried.first().is_some_and(|best| data.misses_the_tallest(best)) {
        return Err(NoModel::PeakOutside { at_hz: data.ends().0 });
    }
    tried.retain(|fitted| data.holds(fitted));
    let candidates = tried.iter().map(|fitted| Candidate {
        coil: fitted.structure.coil,
        resonances: fitted.structure.resonances,
        bic: fitted.bic,
    });
    // The fewest parameters of those that are as good as the best.
    let smallest = tried.first().ok_or(NoModel::NoFit)?.bic;
    let as_good = tried.iter().take_while(|fitted| fitted.bic < smallest + BETTER);
    let best = as_good.min_by_key(|fitted| fitted.structure.parameters());
    best.and_then(|best| figures::circuit(data, best, candidates.collect())).ok_or(NoModel::NoFit)
}

/// Fits with one coil and ever more resonances, until one more does not pay.
fn chain(data: &Data, coil: CoilModel, first: Option<&Seen>, wanted: Option<usize>) -> Vec<Fitted> {
    let bare = Structure { coil, resonances: 0 };
    let Some(first) = first else {
        return fit::fit(data, bare, data.bare_start(bare)).into_iter().collect();
    };
    let most = wanted.unwrap_or(MOST_RESONANCES).min(MOST_RESONANCES);
    let one = Structure { coil, resonances: 1 };
    let mut fits: Vec<Fitted> = fit::fit(data, one, data.start(one, first)).into_iter().collect();
    while let Some(last) = fits.last().filter(|last| last.structure.resonances < most) {
        let structure = Structure { coil, resonances: last.structure.resonances + 1 };
        let starts = data.further(last);
        let best = starts
            .into_iter()
            .filter_map(|start| fit::fit(data, structure, start))
            .min_by(|a, b| a.chi_squared.total_cmp(&b.chi_squared));
        let Some(next) = best else { break };
        // While a resonance is missing, the coil may have run off to where it has no slope: such a
        // fit is no candidate, and no reason to stop either.
        let pays = last.covariance.is_none() || next.bic < last.bic - BETTER || wanted.is_some();
        if !pays {
            break;
        }
        fits.push(next);
    }
    fits
}

impl Data {
    /// Whether every resonance of a fit lies inside the data, at a frequency that they tell.
    fn holds(&self, fitted: &Fitted) -> bool {
        /// Standard error of a logarithm.
        const TOLD: f64 = 0.1;
        let (first, last) = self.ends();
        (0..fitted.structure.resonances).map(|i| fitted.structure.resonance(i) + 1).all(|at| {
            let u = fitted.covariance.as_ref().map_or(f64::INFINITY, |c| c[(at, at)].sqrt());
            (first..=last).contains(&fitted.theta[at].exp()) && u < TOLD
        })
    }

    /// Whether the tallest resonance of a fit lies below the data. One above them is no resonance,
    /// but a coil that none of the models has.
    fn misses_the_tallest(&self, fitted: &Fitted) -> bool {
        let places = (0..fitted.structure.resonances).map(|i| fitted.structure.resonance(i));
        let tallest = places.max_by(|&a, &b| fitted.theta[a].total_cmp(&fitted.theta[b]));
        tallest.is_some_and(|at| fitted.theta[at + 1].exp() < self.ends().0)
    }

    /// Where a circuit is far from the data around its only resonance, if it is.
    fn misses_the_peak(&self, circuit: &EquivalentCircuit) -> Option<NoModel> {
        /// Of the height of the resonance.
        const FAR: f64 = 0.05;
        let main = circuit.resonances.first()?;
        let (hz, height) = (main.frequency_hz.value, main.height_ohm.value);
        let off = circuit.residual_ohm.iter().map(|(re, im)| re.hypot(*im) / height);
        let near = |(tone, _): &(&circuit::Tone, f64)| (0.5 * hz..2.0 * hz).contains(&tone.hz);
        let (tone, share) =
            self.tones.iter().zip(off).filter(near).max_by(|a, b| a.1.total_cmp(&b.1))?;
        let refusal = NoModel::NotOneResonance { percent: 100.0 * share, at_hz: tone.hz };
        (share > FAR).then_some(refusal)
    }
}

/// Whether two resonances explain what one does not: a driver that is no ideal one is far from
/// either.
fn is_better(two: Result<EquivalentCircuit, NoModel>, one: &EquivalentCircuit) -> bool {
    const SHARE: f64 = 0.1;
    two.is_ok_and(|two| two.reduced_chi_squared < SHARE * one.reduced_chi_squared)
}

/// How far a value lies from another, relative to that.
fn relative(found: Complex64, expected: Complex64) -> f64 {
    (found - expected).norm() / expected.norm().max(f64::MIN_POSITIVE)
}
