//! The size of a leak from the seatings of two states, with its interval.

use std::f64::consts::TAU;

use num_complex::Complex64;

use super::calibration::Drilled;
use super::elements::{Passage, Shape};
use super::network::{Front, Network, Opening};
use super::{BAND_HZ, TOGETHER, coverage_factor};
use crate::metrology::statistics::{self, welch_satterthwaite};
use crate::model::{Curve, FittedSize, FrequencyGrid, StateSummary};
use crate::quantity::unit::Decibel;
use crate::quantity::{DB_PER_NEPER, Uncertain};

/// Seatings are laid upon each other over the top of the band, from this frequency in hertz, where
/// leaks change least.
const LAID_HZ: f64 = 500.0;
/// A drilled hole is as wide as its drill to this share, either way.
const DRILL_TOLERANCE: f64 = 0.025;

/// The levels of the seatings of a state over the band of leaks, in nepers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seatings {
    omega: Vec<f64>,
    levels: Vec<Vec<f64>>,
    mean: Vec<f64>,
}

impl Seatings {
    /// Thinned to twelve points per octave, each the mean of those around it.
    pub(super) fn of(state: &StateSummary) -> Self {
        let hz: Vec<f64> =
            state.mean.hz().iter().copied().take_while(|f| *f <= BAND_HZ.1).collect();
        let thinned = |values: &[f64]| -> Vec<f64> {
            let of = |chunk: &[f64]| chunk.iter().sum::<f64>() / chunk.len() as f64;
            values.chunks(TOGETHER).map(of).collect()
        };
        let ln_hz: Vec<f64> = hz.iter().map(|f| f.ln()).collect();
        let omega: Vec<f64> = thinned(&ln_hz).iter().map(|ln| TAU * ln.exp()).collect();
        let top = omega.partition_point(|&omega| omega < TAU * LAID_HZ);
        let level = |curve: &Curve<Decibel>| {
            let values: Vec<f64> = curve.values().iter().copied().take(hz.len()).collect();
            let mut level = thinned(&values);
            let at_top = statistics::mean(&level[top.min(level.len())..]).unwrap_or(0.0);
            for value in &mut level {
                *value = (*value - at_top) / DB_PER_NEPER;
            }
            level
        };
        let levels: Vec<Vec<f64>> = state.seatings.iter().map(level).collect();
        let mean = mean(&levels, omega.len());
        Self { omega, levels, mean }
    }

    /// The mean without each of the seatings in turn.
    fn without_each(&self) -> Vec<Vec<f64>> {
        let left = (self.levels.len() as f64 - 1.0).max(1.0);
        let without = |seating: &Vec<f64>| {
            self.mean
                .iter()
                .zip(seating)
                .map(|(mean, level)| mean - (level - mean) / left)
                .collect()
        };
        self.levels.iter().map(without).collect()
    }

    /// Root mean squares over ln f of the difference of another state and of its standard error,
    /// in decibels.
    pub(super) fn rms_and_u_db(&self, state: &Self) -> (f64, f64) {
        let variance = |seatings: &Self, k: usize| {
            let at: Vec<f64> = seatings.levels.iter().map(|level| level[k]).collect();
            statistics::standard_error(&at).unwrap_or(0.0).powi(2)
        };
        let points = self.omega.len();
        let squares = |of: &dyn Fn(usize) -> f64| {
            ((0..points).map(of).sum::<f64>() / points as f64).sqrt() * DB_PER_NEPER
        };
        (
            squares(&|k| (state.mean[k] - self.mean[k]).powi(2)),
            squares(&|k| variance(self, k) + variance(state, k)),
        )
    }
}

fn mean(levels: &[Vec<f64>], points: usize) -> Vec<f64> {
    let at = |k: usize| levels.iter().map(|level| level[k]).sum::<f64>() / levels.len() as f64;
    (0..points).map(at).collect()
}

fn difference(state: &[f64], reference: &[f64]) -> Vec<f64> {
    state.iter().zip(reference).map(|(state, reference)| state - reference).collect()
}

/// What a fit rests on.
#[derive(Debug, Clone)]
pub(super) enum Basis {
    /// The seatings with a drilled hole.
    Drilled { seatings: Seatings, hole: Drilled },
    /// The compliance of the front volume in m³/Pa.
    Volume { compliance: f64 },
}

impl Basis {
    /// The seatings of a state that differs from the reference by a hole of this diameter; `None`
    /// where its difference is none of a leak.
    pub(super) fn drilled(
        reference: &Seatings,
        seatings: Seatings,
        passage: Passage,
        diameter_m: f64,
    ) -> Option<Self> {
        let at = |omega: &f64| passage.admittance(diameter_m, *omega).0;
        let admittance = reference.omega.iter().map(at).collect();
        let seen = difference(&seatings.mean, &reference.mean);
        let hole = Drilled::new(&reference.omega, admittance, &seen)?;
        Some(Self::Drilled { seatings, hole })
    }

    /// Relative uncertainty that the tolerance of a drill leaves in a size.
    fn u_of_drill(&self) -> f64 {
        match self {
            Self::Drilled { .. } => statistics::rectangular(DRILL_TOLERANCE),
            Self::Volume { .. } => 0.0,
        }
    }

    /// The impedance that a leak sees, if the reference and the drilled state had these means.
    fn front(&self, omega: &[f64], reference: &[f64], drilled: Option<&[f64]>) -> FrontData {
        match self {
            Self::Drilled { seatings, hole } => {
                let seen = difference(drilled.unwrap_or(&seatings.mean), reference);
                FrontData::Known(hole.front(omega, &seen))
            }
            Self::Volume { compliance } => FrontData::Vented(*compliance),
        }
    }

    /// Sizes and, where unknown, vents to start from.
    fn starts(&self, shape: Shape) -> Vec<Vec<f64>> {
        /// In metres.
        const HOLES: [f64; 4] = [0.4e-3, 1e-3, 2.5e-3, 6e-3];
        const SLITS: [f64; 4] = [0.06e-3, 0.2e-3, 0.6e-3, 2e-3];
        /// In Pa·s/m³.
        const VENTS: [f64; 3] = [3e5, 3e6, 5e7];
        let sizes = if shape == Shape::Hole { HOLES } else { SLITS };
        let sizes = sizes.into_iter().map(f64::ln);
        match self {
            Self::Drilled { .. } => sizes.map(|size| vec![size]).collect(),
            Self::Volume { .. } => {
                sizes.flat_map(|size| VENTS.map(|vent| vec![size, vent.ln()])).collect()
            }
        }
    }
}

/// What a leak sees, held while a network looks at it.
enum FrontData {
    Known(Vec<Complex64>),
    Vented(f64),
}

impl FrontData {
    fn seen(&self) -> Front<'_> {
        match self {
            Self::Known(z) => Front::Known(z),
            Self::Vented(compliance) => Front::Vented { compliance: *compliance },
        }
    }
}

/// A leak that was fitted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) size: FittedSize,
    /// The difference that it makes, in nepers, with the fitted gain.
    pub(super) level: Vec<f64>,
}

/// The passage that makes the mean difference of two states; `None` where no size does.
pub(super) fn fitted(
    reference: &Seatings,
    state: &Seatings,
    basis: &Basis,
    passage: Passage,
) -> Option<Found> {
    let fit = Fit { reference, state, basis, passage };
    let (front, seen) = fit.data(&reference.mean, &state.mean, None);
    let network = fit.network(&front);
    let theta = network.fitted(&seen, &basis.starts(passage.shape))?;
    let u = fit.uncertainty(&theta)?;
    let half = coverage_factor(u.dof) * u.u;
    let mm = 1e3 * theta.get(1)?.exp();
    let (from_mm, to_mm) = (mm * (-half).exp(), mm * half.exp());
    let rms_residual_db = network.rms(&seen, &theta) * DB_PER_NEPER;
    [mm, from_mm, to_mm].iter().all(|mm| mm.is_finite()).then(|| Found {
        size: FittedSize { mm, from_mm, to_mm, rms_residual_db },
        level: network.level(&theta),
    })
}

struct Fit<'a> {
    reference: &'a Seatings,
    state: &'a Seatings,
    basis: &'a Basis,
    passage: Passage,
}

impl Fit<'_> {
    /// What the leak sees and what it makes, if the states had these means.
    fn data(
        &self,
        reference: &[f64],
        state: &[f64],
        drilled: Option<&[f64]>,
    ) -> (FrontData, Vec<f64>) {
        let front = self.basis.front(&self.reference.omega, reference, drilled);
        (front, difference(state, reference))
    }

    fn network<'b>(&'b self, front: &'b FrontData) -> Network<'b> {
        Network {
            omega: &self.reference.omega,
            opening: Opening::Sought(self.passage),
            front: front.seen(),
        }
    }

    /// The uncertainty of the logarithm of the size: the jackknife's over the seatings of each
    /// state (Efron 1982), and the drill's.
    ///
    /// ```text
    /// u² = Σ_states (n − 1)/n · Σ_i (x_(i) − x̄)²
    /// ```
    ///
    /// x_(i): the estimate without seating i, fitted from that with all.
    fn uncertainty(&self, theta: &[f64]) -> Option<Uncertain> {
        let refitted = |reference: &[f64], state: &[f64], drilled: Option<&[f64]>| {
            let (front, seen) = self.data(reference, state, drilled);
            self.network(&front).fitted(&seen, &[theta[1..].to_vec()]).map(|theta| theta[1])
        };
        let (reference, state) = (&self.reference.mean, &self.state.mean);
        let each = |seatings: &Seatings, refitted: &dyn Fn(&[f64]) -> Option<f64>| {
            let means = seatings.without_each();
            jackknife(&means.iter().map(|mean| refitted(mean)).collect::<Option<Vec<f64>>>()?)
        };
        let mut parts = vec![
            each(self.reference, &|without| refitted(without, state, None))?,
            each(self.state, &|without| refitted(reference, without, None))?,
        ];
        if let Basis::Drilled { seatings, .. } = self.basis {
            parts.push(each(seatings, &|without| refitted(reference, state, Some(without)))?);
        }
        parts.push(Uncertain::new(0.0, self.basis.u_of_drill()));
        let u = parts.iter().map(|part| part.u.powi(2)).sum::<f64>().sqrt();
        Some(Uncertain { value: 0.0, u, dof: welch_satterthwaite(&parts) })
    }
}

/// The part of one state in the jackknife.
fn jackknife(estimates: &[f64]) -> Option<Uncertain> {
    let n = estimates.len() as f64;
    // The sum of squares is (n − 1)·s².
    let u = (n - 1.0) / n.sqrt() * statistics::sample_sd(estimates)?;
    Some(Uncertain::with_dof(0.0, u, n - 1.0))
}

/// The largest passage of this shape, in millimetres, that takes no more than so many decibels of
/// bass; `None` if none takes as much.
///
/// Without a calibration the front is taken as well vented, so that the figure is not too small.
pub(super) fn hides_mm(
    reference: &Seatings,
    basis: &Basis,
    passage: Passage,
    loss_db: f64,
) -> Option<f64> {
    let front = basis.front(&reference.omega, &reference.mean, None);
    let takes = taken(reference, &front, passage);
    sizes_mm().find(|&mm| takes(mm) >= loss_db)
}

/// The interval of a size, down to where only this share of the loss of bass is left that its
/// lower end makes.
pub(super) fn widened(
    found: Found,
    reference: &Seatings,
    basis: &Basis,
    passage: Passage,
    share: f64,
) -> Found {
    let front = basis.front(&reference.omega, &reference.mean, None);
    let takes = taken(reference, &front, passage);
    let least_db = share * takes(found.size.from_mm);
    let least_mm = sizes_mm().take_while(|&mm| takes(mm) <= least_db).last().unwrap_or(0.0);
    let from_mm = if share < 1.0 { found.size.from_mm.min(least_mm) } else { found.size.from_mm };
    Found { size: FittedSize { from_mm, ..found.size }, ..found }
}

/// From 0.02 mm to 20 mm.
fn sizes_mm() -> impl Iterator<Item = f64> {
    const FINEST: f64 = 1.02;
    const STEPS: i32 = 349;
    (0..STEPS).map(|step| 0.02 * FINEST.powi(step))
}

/// How much bass a passage takes, in decibels, by its size in millimetres.
fn taken<'a>(
    reference: &'a Seatings,
    front: &'a FrontData,
    passage: Passage,
) -> impl Fn(f64) -> f64 + 'a {
    /// In Pa·s/m³: a light driver with vents of half a square centimetre.
    const VENTED: f64 = 3e6;
    let opening = Opening::Sought(passage);
    let network = Network { omega: &reference.omega, opening, front: front.seen() };
    move |mm| {
        let level = network.level(&[0.0, (1e-3 * mm).ln(), VENTED.ln()]);
        bass_loss(&reference.omega, &level) * DB_PER_NEPER
    }
}

/// How far the mean 20 Hz to 100 Hz lies below that from 300 Hz.
fn bass_loss(omega: &[f64], level: &[f64]) -> f64 {
    let bass = omega.partition_point(|&omega| omega <= TAU * 100.0);
    let middle = omega.partition_point(|&omega| omega < TAU * 300.0);
    let mean = |level: &[f64]| statistics::mean(level).unwrap_or(0.0);
    mean(&level[middle..]) - mean(&level[..bass])
}

/// A fitted difference as a curve, laid upon the measured one.
pub(super) fn curve_of(
    reference: &Seatings,
    state: &Seatings,
    level: &[f64],
    measured: &Curve<Decibel>,
) -> Option<Curve<Decibel>> {
    let hz: Vec<f64> = reference.omega.iter().map(|omega| omega / TAU).collect();
    let seen = difference(&state.mean, &reference.mean);
    let offset = |(hz, seen): (&f64, &f64)| Some(measured.at(*hz).ok()? - seen * DB_PER_NEPER);
    let offsets: Option<Vec<f64>> = hz.iter().zip(&seen).map(offset).collect();
    let offset = statistics::median(&offsets?)?;
    let values = level.iter().map(|level| level * DB_PER_NEPER + offset).collect();
    Curve::new(FrequencyGrid::new(hz).ok()?, values).ok()
}
