//! How much of the air's load on the diaphragm is left.
//!
//! With an impedance off the head, the load that the head adds is known but for a factor, whatever
//! the headphone is made of:
//!
//! ```text
//! (Bl)²/(Z − Z_coil) = Z_m + Sd²·Z_a    →    F = 1/(Z − Z_coil) − 1/(Z_off − Z_coil) ~ Z_a on − off
//! ```
//!
//! The suspension may have changed in between: it adds c/(jω) to F, which is fitted and taken away.

use num_complex::Complex64;

use super::Jigs;
use super::features::Features;
use crate::metrology::statistics::{mean, sample_sd, student_t_quantile};
use crate::model::AirLoad;

/// Bands where the diaphragm moves less than this, of where it moves most, say little of its load.
const LEAST_MOTION: f64 = 0.05;
/// Fewer bands do not tell a load from a suspension.
const FEWEST_BANDS: usize = 4;
/// Nothing at all has no logarithm: less than this is this.
const LEAST_SHARE: f64 = 1e-3;

/// What a share is found from.
pub(super) struct Takes<'a> {
    pub(super) references: &'a [Features],
    pub(super) now: &'a [Features],
    pub(super) off_head: &'a [Features],
}

/// The share of the load that is left; `None` without a take off the head, or where the diaphragm
/// hardly moves. The spread is that of the logarithm, as a pad's leaks scatter; what is not known of
/// the impedances counts unless they come from one jig.
pub(super) fn air_load(takes: &Takes<'_>, jigs: Jigs, false_alarms: f64) -> Option<AirLoad> {
    let Takes { references, now, off_head } = *takes;
    if off_head.is_empty() || references.is_empty() {
        return None;
    }
    let reference = Features::mean(references);
    let load = Load::new(&reference, &Features::mean(off_head))?;
    let logs = |takes: &[Features]| -> Vec<f64> {
        takes.iter().map(|take| load.share(take).max(LEAST_SHARE).ln()).collect()
    };
    let (seated, seen) = (logs(references), logs(now));
    let (n, m) = (seated.len() as f64, seen.len() as f64);
    let centre = mean(&seated)?;
    let electrical = match jigs {
        Jigs::Same => 0.0,
        Jigs::Different => load.electrical(&reference, &Features::mean(now)),
    };
    let limit = || {
        let t = student_t_quantile(1.0 - false_alarms, n - 1.0)?;
        let seating = sample_sd(&seated)? * (1.0 / n + 1.0 / m).sqrt();
        Some((-t * seating.hypot(electrical)).exp())
    };
    Some(AirLoad {
        share: (mean(&seen)? - centre).exp(),
        limit: (seated.len() >= super::FEWEST_REFERENCES).then(limit).flatten(),
        false_alarms,
    })
}

/// The load of the reference seatings, as a measure of another's.
struct Load {
    bands: Vec<usize>,
    /// `1/(Z_off − Z_coil)`.
    off_head: Vec<Complex64>,
    /// In ohms per unit of F, so that all bands count as their impedance does.
    weight: Vec<f64>,
    /// The load of the reference, weighted, and its size.
    reference: Vec<f64>,
    size: f64,
    /// What a suspension adds, weighted.
    suspension: Vec<f64>,
}

impl Load {
    fn new(reference: &Features, off_head: &Features) -> Option<Self> {
        let moves = |take: &Features| take.motional.iter().map(|z| z.norm()).fold(0.0, f64::max);
        let least = [reference, off_head].map(|take| LEAST_MOTION * moves(take));
        let tells = |k: &usize| {
            let [seated, free] = [reference, off_head].map(|take| take.motional[*k].norm());
            seated > least[0] && free > least[1]
        };
        let bands: Vec<usize> = (0..reference.motional.len()).filter(tells).collect();
        if bands.len() < FEWEST_BANDS {
            return None;
        }
        let weight = |k: usize| (reference.motional[k] * off_head.motional[k]).norm();
        let spring = |k: usize| Complex64::new(0.0, std::f64::consts::TAU * reference.hz[k]).inv();
        let mut load = Self {
            off_head: bands.iter().map(|&k| off_head.motional[k].inv()).collect(),
            weight: bands.iter().map(|&k| weight(k)).collect(),
            reference: Vec::new(),
            size: 0.0,
            suspension: Vec::new(),
            bands,
        };
        let springs: Vec<Complex64> = load.bands.iter().map(|&k| spring(k)).collect();
        load.suspension = load.weighted(&springs);
        load.reference = load.of(reference);
        load.size = dot(&load.reference, &load.reference).sqrt();
        (load.size > 0.0).then_some(load)
    }

    fn weighted(&self, values: &[Complex64]) -> Vec<f64> {
        let weighted = values.iter().zip(&self.weight).map(|(z, w)| z * *w);
        weighted.flat_map(|z| [z.re, z.im]).collect()
    }

    /// F of a take, weighted.
    fn of(&self, take: &Features) -> Vec<f64> {
        let bands = self.bands.iter().zip(&self.off_head);
        let loads: Vec<Complex64> = bands
            .map(|(&k, free)| take.motional[k].inv() - free)
            .map(|load| if load.is_finite() { load } else { Complex64::ZERO })
            .collect();
        self.weighted(&loads)
    }

    /// Standard uncertainty of the logarithm of the share by those of the impedances.
    fn electrical(&self, reference: &Features, now: &Features) -> f64 {
        let share = |scale: f64, turn: f64| {
            let disturbed = reference.disturbed(scale, turn);
            self.share(&disturbed).max(LEAST_SHARE).ln()
        };
        let (scale, turn) =
            (reference.u_scale.hypot(now.u_scale), reference.u_turn.hypot(now.u_turn));
        let still = share(0.0, 0.0);
        (share(scale, 0.0) - still).hypot(share(0.0, turn) - still)
    }

    /// Size of a take's load over that of the reference, without what its suspension adds.
    fn share(&self, take: &Features) -> f64 {
        let load = self.of(take);
        // Fitted beside the reference's own load, which may look like a spring itself.
        let bare = projected_out(self.suspension.clone(), &self.reference);
        let spring = along(&load, &bare);
        let left: Vec<f64> =
            load.iter().zip(&self.suspension).map(|(load, s)| load - spring * s).collect();
        dot(&left, &left).sqrt() / self.size
    }
}

/// A vector without its part along another.
pub(super) fn projected_out(mut vector: Vec<f64>, direction: &[f64]) -> Vec<f64> {
    let share = along(&vector, direction);
    vector.iter_mut().zip(direction).for_each(|(x, d)| *x -= share * d);
    vector
}

/// How much of a direction there is in a vector.
pub(super) fn along(vector: &[f64], direction: &[f64]) -> f64 {
    let norm = dot(direction, direction);
    if norm > 0.0 { dot(vector, direction) / norm } else { 0.0 }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
