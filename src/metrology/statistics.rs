//! Means, spreads and degrees of freedom.
//!
//! Symbols and terms follow JCGM 100:2008, the Guide to the expression of uncertainty.

use statrs::distribution::{ContinuousCDF, FisherSnedecor, Normal, StudentsT};

use crate::quantity::Uncertain;

/// Arithmetic mean; `None` of no values.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    Some(values.iter().sum::<f64>() / values.len() as f64)
}

/// Standard deviation of the population that the values were drawn from, in their unit.
///
/// ```text
/// s² = Σ (x − x̄)² / (n − 1)
/// ```
///
/// `None` of fewer than two values: one value has no spread.
#[must_use]
pub fn sample_sd(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let centre = mean(values)?;
    let squares: f64 = values.iter().map(|x| (x - centre).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// Standard deviation of the mean, `s/√n`; `None` of fewer than two values.
#[must_use]
pub fn standard_error(values: &[f64]) -> Option<f64> {
    Some(sample_sd(values)? / (values.len() as f64).sqrt())
}

/// The common standard deviation of groups whose means may differ.
///
/// ```text
/// s_p² = Σ (n_i − 1)·s_i² / Σ (n_i − 1)
/// ```
///
/// Groups of one value say nothing about the spread and are passed over; `None` if all are.
#[must_use]
pub fn pooled_sd(groups: &[&[f64]]) -> Option<f64> {
    Some(pooled(groups)?.0)
}

/// As [`pooled_sd`], with its degrees of freedom.
#[must_use]
pub fn pooled(groups: &[&[f64]]) -> Option<(f64, f64)> {
    let (mut squares, mut dof) = (0.0, 0.0);
    for group in groups {
        if let Some(sd) = sample_sd(group) {
            let group_dof = (group.len() - 1) as f64;
            squares += group_dof * sd * sd;
            dof += group_dof;
        }
    }
    if dof > 0.0 { Some(((squares / dof).sqrt(), dof)) } else { None }
}

/// The median; `None` of nothing.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        1 => sorted.get(middle).copied(),
        _ => Some(0.5 * (sorted.get(middle.checked_sub(1)?)? + sorted.get(middle)?)),
    }
}

/// The mean with its standard error, n − 1 degrees of freedom; `None` of fewer than two values.
#[must_use]
pub fn mean_with_u(values: &[f64]) -> Option<Uncertain> {
    let dof = values.len().checked_sub(1)? as f64;
    Some(Uncertain::with_dof(mean(values)?, standard_error(values)?, dof))
}

/// `a − b` of two independent values, with Welch's degrees of freedom (B. L. Welch 1947).
#[must_use]
pub fn difference(a: Uncertain, b: Uncertain) -> Uncertain {
    let dof = welch_satterthwaite(&[a, b]);
    Uncertain { value: a.value - b.value, u: a.u.hypot(b.u), dof }
}

/// Effective degrees of freedom of a sum of independent contributions (JCGM 100:2008, G.4.1).
///
/// ```text
/// ν_eff = (Σ u_i²)² / Σ (u_i⁴ / ν_i)
/// ```
///
/// A contribution without degrees of freedom counts as exactly known. `None` means the same of
/// the sum: no contribution with degrees of freedom has any size.
#[must_use]
pub fn welch_satterthwaite(contributions: &[Uncertain]) -> Option<f64> {
    let variance: f64 = contributions.iter().map(|c| c.u * c.u).sum();
    // Shares of the variance, so that tiny uncertainties do not vanish in the fourth power.
    let doubt: f64 = contributions
        .iter()
        .filter_map(|c| c.dof.map(|dof| (c.u * c.u / variance).powi(2) / dof))
        .sum();
    if variance > 0.0 && doubt > 0.0 { Some(1.0 / doubt) } else { None }
}

/// The value that Student's t stays below with probability `p`.
///
/// `None` unless 0 < p < 1 and the degrees of freedom are positive. They need not be whole.
#[must_use]
pub fn student_t_quantile(p: f64, dof: f64) -> Option<f64> {
    if !(p > 0.0 && p < 1.0) {
        return None;
    }
    Some(StudentsT::new(0.0, 1.0, dof).ok()?.inverse_cdf(p))
}

/// The probability that Student's t exceeds `t`: the upper tail.
///
/// `None` unless the degrees of freedom are positive. They need not be whole.
#[must_use]
pub fn student_t_exceedance(t: f64, dof: f64) -> Option<f64> {
    Some(StudentsT::new(0.0, 1.0, dof).ok()?.sf(t)).filter(|p| p.is_finite())
}

/// The value that the true one exceeds with a probability of 97.5 %, in standard errors, of one that
/// was reported only because it came out above `threshold` standard errors.
///
/// What barely exceeds a threshold has come out too large as a rule. The limit μ is that of the
/// truncated normal distribution (Zhong and Prentice 2008):
///
/// ```text
/// P(X > value − μ) / P(X > threshold − μ) = 2.5 %
/// ```
///
/// Far above the threshold it is value − 1.96; close to it there is none (−∞). `None` unless the value
/// is above the threshold.
#[must_use]
pub fn lower_limit_when_selected(value: f64, threshold: f64) -> Option<f64> {
    const TAIL: f64 = 0.025;
    /// As far down as the tails are numbers.
    const FAR: f64 = 30.0;
    const HALVINGS: u8 = 60;
    let normal = Normal::standard();
    let share = |mu: f64| normal.sf(value - mu) / normal.sf(threshold - mu);
    (value > threshold).then_some(())?;
    let (mut low, mut high) = (threshold - FAR, value);
    if share(low) > TAIL {
        return Some(f64::NEG_INFINITY);
    }
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if share(middle) > TAIL { high = middle } else { low = middle }
    }
    Some(low)
}

/// The probability that a ratio of two estimates of one variance exceeds `ratio`, by chance: the
/// upper tail of the F distribution with the degrees of freedom of numerator and denominator.
///
/// `None` unless these are positive.
#[must_use]
pub fn f_exceedance(ratio: f64, dof: (f64, f64)) -> Option<f64> {
    Some(FisherSnedecor::new(dof.0, dof.1).ok()?.sf(ratio))
}

/// How much an estimated standard uncertainty grows so that twice it covers 95 %.
///
/// A standard deviation from few values is itself uncertain: with ν degrees of freedom the mean
/// lies within `t·s`, not `2·s`, of the truth (JCGM 100:2008, G.3). Readers double what they are
/// given, so what is given is
///
/// ```text
/// u = s · t_p(ν) / 2,   p = 95.45 %   (the last column but one of table G.2)
/// ```
///
/// which a doubling turns into the interval of table G.2 for every ν; without end of ν the factor
/// is 1. The Bayesian factor √(ν/(ν−2)) (Kacker and Jones 2003) serves the same end but does not
/// exist for the two degrees of freedom that two sweeps have.
#[must_use]
pub fn few_values_factor(dof: f64) -> f64 {
    /// One-sided probability that a normal value lies below two standard deviations.
    const TWO_SIGMA: f64 = 0.977_249_868_051_820_8;
    /// Above this the factor differs from 1 by less than 1e-6.
    const MANY: f64 = 1e6;
    if dof >= MANY {
        return 1.0;
    }
    student_t_quantile(TWO_SIGMA, dof.max(1.0)).map_or(1.0, |t| t / 2.0)
}

/// Standard uncertainty of a value known to lie within ± a half-width, any place in it being as
/// likely as any other: `a/√3` (type B, rectangular; JCGM 100:2008, 4.3.7).
#[must_use]
pub fn rectangular(half_width: f64) -> f64 {
    half_width.abs() / 3_f64.sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Sums of a handful of numbers near one.
    const ROUNDING: f64 = 1e-12;
    /// The reference figures are quoted to six or more digits.
    const QUOTED: f64 = 1e-6;

    #[test]
    fn what_barely_exceeded_a_threshold_may_be_nothing() {
        // tests/golden/states.py
        for (value, threshold, limit) in
            [(3.0, 1.96, -0.801_368), (5.0, 2.3, 2.907_750), (8.0, 2.3, 6.039_997)]
        {
            let found = lower_limit_when_selected(value, threshold).unwrap();
            assert!((found - limit).abs() < QUOTED, "{value}: {found}");
        }
        assert_eq!(lower_limit_when_selected(2.301, 2.3), Some(f64::NEG_INFINITY));
        assert_eq!(lower_limit_when_selected(2.3, 2.3), None);
    }

    #[test]
    fn mean_and_spread_of_a_worked_example() {
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert!((mean(&values).unwrap() - 5.0).abs() < ROUNDING);
        assert!((sample_sd(&values).unwrap() - (32.0_f64 / 7.0).sqrt()).abs() < ROUNDING);
        assert!((standard_error(&values).unwrap() - (4.0_f64 / 7.0).sqrt()).abs() < ROUNDING);
    }

    #[test]
    fn a_single_value_has_a_mean_but_no_spread() {
        assert_eq!(mean(&[3.0]), Some(3.0));
        assert_eq!(sample_sd(&[3.0]), None);
        assert_eq!(mean_with_u(&[3.0]), None);
        assert_eq!(mean_with_u(&[]), None);
        assert_eq!(mean(&[]), None);
        assert_eq!(pooled_sd(&[&[1.0], &[2.0]]), None);
    }

    #[test]
    fn pooling_forgets_where_the_groups_lie() {
        let pooled = pooled_sd(&[&[1.0, 3.0], &[101.0, 103.0, 102.0], &[7.0]]).unwrap();
        assert!((pooled - (4.0_f64 / 3.0).sqrt()).abs() < ROUNDING);
    }

    #[test]
    fn quantiles_agree_with_scipy() {
        // scipy 1.17.1, scipy.stats.t.ppf(p, dof).
        let cases = [
            (0.975, 1.0, 12.706_204_736_174_694),
            (0.975, 2.0, 4.302_652_729_749_462),
            (0.975, 6.0, 2.446_911_851_144_98),
            (0.975, 50.0, 2.008_559_112_100_761),
        ];
        for (p, dof, expected) in cases {
            let t = student_t_quantile(p, dof).unwrap();
            assert!((t - expected).abs() < QUOTED, "{p} {dof}: {t}");
        }
        assert_eq!(student_t_quantile(1.0, 3.0), None);
        assert_eq!(student_t_quantile(0.975, 0.0), None);
        assert_eq!(student_t_quantile(f64::NAN, 3.0), None);
    }

    #[test]
    fn exceedances_agree_with_scipy() {
        // scipy 1.17.1, scipy.stats.f.sf(x, d1, d2).
        let cases = [
            (4.0, (2.0, 7.0), 0.069_426_254_078_501_57),
            (1.2, (2000.0, 1500.0), 8.745_391_986_354_15e-5),
            (3.5, (6.4, 13.3), 0.025_478_698_032_444_534),
        ];
        for (ratio, dof, expected) in cases {
            let found = f_exceedance(ratio, dof).unwrap();
            assert!((found / expected - 1.0).abs() < QUOTED, "{ratio} {dof:?}: {found}");
        }
        assert_eq!(f_exceedance(1.0, (0.0, 3.0)), None);
    }

    #[test]
    fn the_doubled_uncertainty_is_that_of_the_guides_table() {
        // JCGM 100:2008, table G.2, column 95.45 %, printed to two decimals.
        let table = [(1.0, 13.97), (2.0, 4.53), (3.0, 3.31), (4.0, 2.87), (10.0, 2.28)];
        for (dof, k) in table {
            assert!((2.0 * few_values_factor(dof) - k).abs() < 0.005, "{dof}");
        }
        assert!((few_values_factor(1e5) - 1.0).abs() < 1e-4);
        assert!((few_values_factor(f64::INFINITY) - 1.0).abs() < ROUNDING);
    }

    #[test]
    fn welchs_degrees_of_freedom_agree_with_scipy() {
        // scipy 1.17.1, scipy.stats.ttest_ind(d, c, equal_var=False): df; the standard error by
        // numpy.
        let c = [10.1, 10.4, 9.9, 10.2];
        let d = [8.0, 9.5, 7.1, 8.8, 9.9, 7.6];
        let found = difference(mean_with_u(&d).unwrap(), mean_with_u(&c).unwrap());
        assert!((found.value + 1.666_666_7).abs() < QUOTED);
        assert!((found.u - 0.461_639_590).abs() < QUOTED);
        assert!((found.dof.unwrap() - 5.523_503_452).abs() < QUOTED);
    }

    #[test]
    fn what_is_exactly_known_leaves_the_degrees_of_freedom_to_the_rest() {
        let sure = Uncertain::new(0.0, 1.0);
        let guessed = Uncertain::with_dof(0.0, 1.0, 3.0);
        assert!((welch_satterthwaite(&[guessed]).unwrap() - 3.0).abs() < ROUNDING);
        assert!((welch_satterthwaite(&[sure, guessed]).unwrap() - 12.0).abs() < ROUNDING);
        assert_eq!(welch_satterthwaite(&[sure]), None);
        assert_eq!(welch_satterthwaite(&[Uncertain::with_dof(0.0, 0.0, 3.0)]), None);
    }

    #[test]
    fn a_rectangle_is_narrower_than_its_half_width() {
        assert!((rectangular(-3.0) - 3_f64.sqrt()).abs() < ROUNDING);
    }

    proptest! {
        #[test]
        fn moving_all_values_moves_the_mean_alone(
            values in prop::collection::vec(-10.0_f64..10.0, 2..12),
            by in -10.0_f64..10.0,
        ) {
            let moved: Vec<f64> = values.iter().map(|v| v + by).collect();
            prop_assert!((mean(&moved).unwrap() - mean(&values).unwrap() - by).abs() < 1e-10);
            prop_assert!((sample_sd(&moved).unwrap() - sample_sd(&values).unwrap()).abs() < 1e-6);
        }

        #[test]
        fn effective_degrees_of_freedom_lie_between_the_least_and_the_sum(
            u in (0.01_f64..10.0, 0.01_f64..10.0),
            n in (1_u8..40, 1_u8..40),
        ) {
            let (a, b) = (f64::from(n.0), f64::from(n.1));
            let parts = [Uncertain::with_dof(0.0, u.0, a), Uncertain::with_dof(0.0, u.1, b)];
            let dof = welch_satterthwaite(&parts).unwrap();
            prop_assert!(dof >= a.min(b) * (1.0 - 1e-12) && dof <= (a + b) * (1.0 + 1e-12));
        }
    }
}
