//! Whether features differ from those of the reference seatings, beyond chance.
//!
//! A handful of seatings says nothing about how 28 features scatter together. Each is therefore held
//! against its own spread, and the mean of their squares t² against the limit for a single one:
//!
//! ```text
//! t_j = Δ_j / √(s_j²·(1/m + 1/n) + u_j²),   size² = mean_j t_j²  >  F(1 − α; 1, n − 1)
//! ```
//!
//! `s_j`: sample standard deviation of n reference seatings; m: takes of now; `u_j`: electrical. If all
//! features go together, which is the worst case, size² has just that distribution; the less they do,
//! the less often it exceeds the limit.

use super::Jigs;
use super::features::Features;
use super::load::{along, projected_out};
use crate::metrology::statistics::{f_exceedance, sample_sd, student_t_quantile};
use crate::model::SealTest;

/// Of what no impedance is known better, in parts of the coil's: rounding of files.
const ROUNDING: f64 = 1e-5;

/// How often a change is to be seen for which it is said that it is.
const POWER: f64 = 0.8;

/// The reference seatings, as a measure of what is seen now.
#[derive(Debug, Clone)]
pub(super) struct Judge {
    mean: Vec<f64>,
    /// Where the features go with the stiffness of the suspension.
    suspension: Vec<f64>,
    /// What chance gives the change of each feature; `None` with a single reference seating.
    u: Option<Vec<f64>>,
    references: usize,
    now: usize,
    false_alarms: f64,
}

impl Judge {
    pub(super) fn new(
        references: &[Features],
        now: &[Features],
        jigs: Jigs,
        false_alarms: f64,
    ) -> Self {
        let reference = Features::mean(references);
        let mut judge = Self {
            mean: reference.stacked(),
            suspension: reference.suspension(),
            u: None,
            references: references.len(),
            now: now.len(),
            false_alarms,
        };
        let electrical = judge.electrical(&reference, &Features::mean(now), jigs);
        let changes: Vec<Vec<f64>> = references.iter().map(|take| judge.change(take)).collect();
        let spread = |k: usize| sample_sd(&changes.iter().map(|c| c[k]).collect::<Vec<f64>>());
        let spreads: Option<Vec<f64>> = (0..judge.mean.len()).map(spread).collect();
        let share = judge.share(now.len());
        let u = |s: Vec<f64>| {
            s.iter().zip(electrical).map(|(s, u)| (s * s * share + u * u).sqrt()).collect()
        };
        judge.u = spreads.map(u);
        judge
    }

    /// Change of the features against the mean of the reference seatings, in ohms, without what the
    /// suspension may explain.
    pub(super) fn change(&self, features: &Features) -> Vec<f64> {
        let (_, relaxed) = self.relaxed(features);
        projected_out(self.against_mean(&relaxed), &self.suspension)
    }

    /// The stiffness, over (Bl)², that brings features closest to those of the reference, and what
    /// they are with it.
    ///
    /// The direction of a suspension holds for small changes; a few steps along it hold for those of
    /// some percent too.
    pub(super) fn relaxed(&self, features: &Features) -> (f64, Features) {
        /// Each step squares what is left of a small change.
        const STEPS: u8 = 3;
        let (mut stiffness, mut relaxed) = (0.0, features.clone());
        for _ in 0..STEPS {
            let next = stiffness + along(&self.against_mean(&relaxed), &self.suspension);
            let Some(moved) = features.stiffened(next) else { break };
            (stiffness, relaxed) = (next, moved);
        }
        (stiffness, relaxed)
    }

    fn against_mean(&self, features: &Features) -> Vec<f64> {
        features.stacked().iter().zip(&self.mean).map(|(x, m)| x - m).collect()
    }

    /// A change over what chance gives it; `None` with a single reference seating.
    pub(super) fn standardised(&self, change: &[f64]) -> Option<Vec<f64>> {
        Some(change.iter().zip(self.u.as_ref()?).map(|(d, u)| d / u).collect())
    }

    /// What chance gives the change of each feature, in ohms.
    pub(super) fn u(&self) -> Option<&[f64]> {
        self.u.as_deref()
    }

    /// Variance of the difference between the mean of so many takes and that of the references, over
    /// that of one seating.
    pub(super) fn share(&self, takes: usize) -> f64 {
        1.0 / takes.max(1) as f64 + 1.0 / self.references.max(1) as f64
    }

    /// As [`Self::share`], of the takes of now.
    pub(super) fn share_of_now(&self) -> f64 {
        self.share(self.now)
    }

    /// The test of a change; `None` with fewer reference seatings than it takes.
    pub(super) fn test(&self, change: &[f64]) -> Option<SealTest> {
        if self.references < super::FEWEST_REFERENCES {
            return None;
        }
        let size = rms(&self.standardised(change)?);
        let dof = self.references as f64 - 1.0;
        let limit = student_t_quantile(1.0 - 0.5 * self.false_alarms, dof)?;
        Some(SealTest {
            size,
            limit,
            p: f_exceedance(size * size, (1.0, dof))?,
            false_alarms: self.false_alarms,
            seen: limit + student_t_quantile(POWER, dof)?,
        })
    }

    /// Electrical standard uncertainty of each change: none but rounding through one jig.
    fn electrical(&self, reference: &Features, now: &Features, jigs: Jigs) -> Vec<f64> {
        let rounding = ROUNDING * reference.coil.re;
        if jigs == Jigs::Same {
            return vec![rounding; self.mean.len()];
        }
        let [scale, turn] =
            reference.electrical().map(|effect| projected_out(effect, &self.suspension));
        let u_scale = reference.u_scale.hypot(now.u_scale);
        let u_turn = reference.u_turn.hypot(now.u_turn);
        let of = |(scale, turn): (f64, f64)| (u_scale * scale).hypot(u_turn * turn).hypot(rounding);
        scale.into_iter().zip(turn).map(of).collect()
    }
}

/// Root of the mean square.
pub(super) fn rms(values: &[f64]) -> f64 {
    let squares: f64 = values.iter().map(|x| x * x).sum();
    (squares / values.len().max(1) as f64).sqrt()
}
