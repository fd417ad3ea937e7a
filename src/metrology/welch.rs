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
/// which is at most 2 % below the exact (noncentral t) value for three seatings each or more.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Quantiles and tails by another series than scipy's.
    const ROUNDING: f64 = 1e-6;
    const NEW: [f64; 4] = [10.1, 10.4, 9.9, 10.2];
    const WORN: [f64; 6] = [8.0, 9.5, 7.1, 8.8, 9.9, 7.6];
    const CHANGES: [f64; 5] = [0.2 - 1.0, 1.9 - 2.5, 0.3 - 0.7, 0.8 - 1.9, 2.6 - 3.0];

    fn of(values: &[f64]) -> Uncertain {
        statistics::mean_with_u(values).unwrap()
    }

    fn assert_close(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < ROUNDING, "{found} {expected}");
    }

    #[test]
    fn a_change_of_independent_seatings_agrees_with_scipy() {
        // tests/golden/states.py
        let change = statistics::difference(of(&WORN), of(&NEW));
        assert_close(chance(change).unwrap(), 0.012_947_839_723);
        let (from, to) = interval(change).unwrap();
        assert_close(from, -2.820_305_211);
        assert_close(to, -0.513_028_122_4);
        assert_close(hedges_g(&NEW, &WORN).unwrap(), -1.710_222_503);
        let (ratio, p) = spreads(&NEW, &WORN).unwrap();
        assert_close(ratio, 28.007_692_31);
        assert_close(p, 0.020_237_960_399);
    }

    #[test]
    fn a_change_of_pairs_agrees_with_scipy() {
        // tests/golden/states.py
        let change = of(&CHANGES);
        assert_close(chance(change).unwrap(), 0.007_624_695_508);
        let (from, to) = interval(change).unwrap();
        assert_close(from, -1.028_337_067);
        assert_close(to, -0.291_662_933_4);
        assert_close(hedges_g_of_changes(&CHANGES).unwrap(), -1.779_887_637);
    }

    #[test]
    fn what_can_be_seen_agrees_with_the_power_of_the_t_test() {
        // Standard deviations seen with 80 %, from the noncentral t by quadrature.
        const APPROXIMATION: f64 = 0.04;
        for (n, exact) in [(3, 3.07), (4, 2.38), (5, 2.02), (6, 1.80), (10, 1.32), (20, 0.91)] {
            let n = f64::from(n);
            let change = Uncertain::with_dof(0.0, (2.0 / n).sqrt(), 2.0 * n - 2.0);
            let found = minimal_detectable(change).unwrap();
            assert!((found - exact).abs() < APPROXIMATION, "{n}: {found}");
        }
        let needed = [3.0, 2.0, 1.5, 1.0, 0.5].map(|effect| seatings_for(effect, 1.0));
        assert_eq!(needed, [4, 6, 9, 17, 64].map(Some));
        assert_eq!(seatings_for(0.01, 1.0), None);
        assert!(pairs_for(1.0, 1.0).unwrap() < 17);
    }

    #[test]
    fn what_does_not_spread_has_no_chance() {
        let copies = statistics::difference(of(&[1.0, 1.0]), of(&[2.0, 2.0]));
        assert_eq!((chance(copies), interval(copies)), (None, None));
        assert_eq!(minimal_detectable(copies), None);
        assert_eq!(hedges_g(&[1.0, 1.0], &[2.0, 2.0]), None);
        assert_eq!((hedges_g(&[1.0], &[1.0, 2.0]), hedges_g_of_changes(&[1.0])), (None, None));
        assert_eq!(spreads(&[1.0, 1.0], &[2.0, 3.0]), None);
    }

    #[test]
    fn holm_takes_the_smallest_times_all_and_never_falls() {
        let adjusted = holm(&[0.04, 0.01, 0.03, 0.9]);
        for (found, expected) in adjusted.iter().zip([0.09, 0.04, 0.09, 0.9]) {
            assert_close(*found, expected);
        }
        assert_eq!(holm(&[]), [0.0; 0]);
    }
}
