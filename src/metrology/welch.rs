//! One figure of two states: how much it changed, whether by chance, what could have been seen.

use super::statistics::{self, f_exceedance, student_t_exceedance, student_t_quantile};
use crate::quantity::Uncertain;

/// One-sided probability that leaves 5 % outside both ends of an interval.
const TWO_SIDED: f64 = 0.975;
/// How often a change that is there is to be seen.
const POWER: f64 = 0.8;
/// More seatings than this nobody makes.
const MOST_SEATINGS: usize = 1000;

/// Probability that a difference as large as this, either way, comes about by chance alone:
/// Student's t with the difference's degrees of freedom, which are Welch's for independent
/// seatings (B. L. Welch 1947).
///
/// `None` without degrees of freedom, as where nothing spreads.
#[must_use]
pub fn chance(difference: Uncertain) -> Option<f64> {
    let dof = difference.dof?;
    Some((2.0 * student_t_exceedance((difference.value / difference.u).abs(), dof)?).min(1.0))
}

/// The interval that covers the true difference with 95 %; `None` without degrees of freedom.
#[must_use]
pub fn interval(difference: Uncertain) -> Option<(f64, f64)> {
    let half = student_t_quantile(TWO_SIDED, difference.dof?)? * difference.u;
    Some((difference.value - half, difference.value + half))
}

/// Effect size of `b` against `a`: the difference of the means in pooled standard deviations, less
/// what few values exaggerate it (Hedges 1981).
///
/// ```text
/// g = (x̄_b − x̄_a)/s_p · (1 − 3/(4ν − 1)),   ν = n_a + n_b − 2
/// ```
///
/// `None` of a group of fewer than two, and where nothing spreads.
#[must_use]
pub fn hedges_g(a: &[f64], b: &[f64]) -> Option<f64> {
    let change = statistics::mean(b)? - statistics::mean(a)?;
    let sd = statistics::pooled_sd(&[a, b]).filter(|_| a.len() > 1 && b.len() > 1)?;
    effect(change, sd, a.len() + b.len() - 2)
}

/// As [`hedges_g`] of paired values: the mean change in standard deviations of the changes.
#[must_use]
pub fn hedges_g_of_changes(changes: &[f64]) -> Option<f64> {
    let sd = statistics::sample_sd(changes)?;
    effect(statistics::mean(changes)?, sd, changes.len() - 1)
}

fn effect(change: f64, sd: f64, dof: usize) -> Option<f64> {
    let few = 1.0 - 3.0 / (4.0 * dof as f64 - 1.0);
    (sd > 0.0 && dof > 0).then(|| change / sd * few.max(0.0))
}

/// Variance of `b` over that of `a`, and the probability that variances of equal spreads are as
/// different, either way (F test).
///
/// `None` of a group of fewer than two, and where `a` does not spread.
#[must_use]
pub fn spreads(a: &[f64], b: &[f64]) -> Option<(f64, f64)> {
    let (sd_a, sd_b) = (statistics::sample_sd(a)?, statistics::sample_sd(b)?);
    let ratio = (sd_b / sd_a).powi(2);
    if !(sd_a > 0.0 && ratio.is_finite()) {
        return None;
    }
    let above = f_exceedance(ratio, ((b.len() - 1) as f64, (a.len() - 1) as f64))?;
    Some((ratio, (2.0 * above.min(1.0 - above)).min(1.0)))
}

/// The smallest true difference that such seatings show four times in five, at 5 % false alarms.
///
/// ```text
/// (t_0.975(ν) + t_0.8(ν))·u
/// ```
///
/// which is within a hundredth of the exact (noncentral t) value for three seatings each or more.
/// `None` without degrees of freedom.
#[must_use]
pub fn minimal_detectable(difference: Uncertain) -> Option<f64> {
    Some(detection_factor(difference.dof?)? * difference.u)
}

/// How many seatings of each of two states show a difference of `change` four times in five, if
/// single seatings spread by `sd`, in the same unit.
///
/// `None` if more than a thousand would be needed.
#[must_use]
pub fn seatings_for(change: f64, sd: f64) -> Option<usize> {
    (2..=MOST_SEATINGS).find(|&n| {
        let factor = detection_factor(2.0 * n as f64 - 2.0);
        factor.is_some_and(|factor| factor * sd * (2.0 / n as f64).sqrt() <= change.abs())
    })
}

/// As [`seatings_for`] of pairs whose changes spread by `sd`.
#[must_use]
pub fn pairs_for(change: f64, sd: f64) -> Option<usize> {
    (2..=MOST_SEATINGS).find(|&n| {
        let factor = detection_factor(n as f64 - 1.0);
        factor.is_some_and(|factor| factor * sd / (n as f64).sqrt() <= change.abs())
    })
}

fn detection_factor(dof: f64) -> Option<f64> {
    Some(student_t_quantile(TWO_SIDED, dof)? + student_t_quantile(POWER, dof)?)
}

/// Probabilities that are no larger than those of asking several questions at once (Holm 1979).
///
/// In the order of what is given.
#[must_use]
pub fn holm(chances: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_by(|&a, &b| chances[a].total_cmp(&chances[b]));
    let mut adjusted = vec![1.0; chances.len()];
    let mut largest = 0.0_f64;
    for (rank, &at) in order.iter().enumerate() {
        largest = largest.max(chances[at] * (chances.len() - rank) as f64).min(1.0);
        adjusted[at] = largest;
    }
    adjusted
}
