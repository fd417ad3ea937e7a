//! Several states against one of them, without false alarms: Dunnett's test.
//!
//! Every one of k comparisons with the same first state has its chance of 5 % to be taken for a
//! change. What chance does to the largest of them follows from Student's t in several dimensions
//! (Dunnett 1955), whose correlations are products because all share the first state:
//!
//! ```text
//! P(c) = ∫ f_ν(s) ∫ φ(z)·Π_i [ Φ((λ_i·z + c·s)/√(1−λ_i²)) − Φ((λ_i·z − c·s)/√(1−λ_i²)) ] dz ds
//! λ_i = √(v₀/(v₀ + v_i))
//! ```
//!
//! with `v₀` and `v_i` the variances of the means of the first and of the i-th state, and s the ratio
//! of the estimated standard deviation, of ν degrees of freedom, to the true one.

use statrs::function::erf::erfc;
use statrs::function::gamma::ln_gamma;

/// Means that are compared with a first one, by the variances of all.
#[derive(Debug, Clone, PartialEq)]
pub struct ManyToOne {
    /// `λ_i` and `√(1 − λ_i²)` of each comparison.
    shares: Vec<(f64, f64)>,
    /// Weight and s of each node of the integral over s.
    nodes: Vec<(f64, f64)>,
}

impl ManyToOne {
    /// Comparisons of means with variances `others` to one with the variance `first`; all
    /// variances are known up to one factor, estimated with `dof` degrees of freedom.
    ///
    /// `None` without comparisons, of variances that are not positive and of no degrees of freedom.
    #[must_use]
    pub fn new(first: f64, others: &[f64], dof: f64) -> Option<Self> {
        let positive = |v: &f64| *v > 0.0 && v.is_finite();
        if others.is_empty()
            || !others.iter().chain([&first]).all(positive)
            || dof.is_nan()
            || dof <= 0.0
        {
            return None;
        }
        let share = |v: &f64| ((first / (first + v)).sqrt(), (v / (first + v)).sqrt());
        Some(Self { shares: others.iter().map(share).collect(), nodes: nodes(dof) })
    }

    /// Probability that the largest |t| of all comparisons is by chance as large as this or larger.
    #[must_use]
    pub fn chance(&self, t: f64) -> f64 {
        let inside: f64 =
            self.nodes.iter().map(|(weight, s)| weight * self.none_beyond(t.abs() * s)).sum();
        (1.0 - inside).clamp(0.0, 1.0)
    }

    /// The |t| that the largest of all comparisons exceeds by chance with a probability.
    #[must_use]
    pub fn limit(&self, false_alarms: f64) -> f64 {
        /// As far as a limit is looked for.
        const FURTHEST: f64 = 1e4;
        const CLOSE: f64 = 1e-5;
        let (mut low, mut high) = (0.0, 1.0);
        while self.chance(high) > false_alarms && high < FURTHEST {
            (low, high) = (high, 2.0 * high);
        }
        while high - low > CLOSE * high {
            let middle = f64::midpoint(low, high);
            if self.chance(middle) > false_alarms { low = middle } else { high = middle }
        }
        high
    }

    /// Probability that no comparison exceeds a limit, the standard deviation being known.
    fn none_beyond(&self, limit: f64) -> f64 {
        /// Beyond, the normal density is below 1e-14.
        const REACH: f64 = 8.0;
        const STEP: f64 = 0.25;
        let steps = (2.0 * REACH / STEP) as usize;
        let density = |z: f64| (-0.5 * z * z).exp() * STEP / std::f64::consts::TAU.sqrt();
        let below = |x: f64| 0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
        (0..=steps)
            .map(|i| STEP * i as f64 - REACH)
            .map(|z| {
                let one = |(share, own): &(f64, f64)| {
                    below((share * z + limit) / own) - below((share * z - limit) / own)
                };
                density(z) * self.shares.iter().map(one).product::<f64>()
            })
            .sum()
    }
}

/// Weights and values of s at equal steps of ln s: the trapezoidal rule, which is exact to many
/// digits where a function falls off to both sides as fast as this does.
fn nodes(dof: f64) -> Vec<(f64, f64)> {
    const STEPS: usize = 80;
    /// Above this, s is one.
    const MANY: f64 = 1e5;
    if dof >= MANY {
        return vec![(1.0, 1.0)];
    }
    let width = 1.0 / (2.0 * dof).sqrt();
    // To the left the density in ln s falls as s^ν.
    let (from, to) = (-(30.0 / dof + 7.0 * width).min(40.0 / dof.min(1.0)), 7.0 * width.min(0.5));
    let step = (to - from) / STEPS as f64;
    let constant = std::f64::consts::LN_2 + 0.5 * dof * (0.5 * dof).ln() - ln_gamma(0.5 * dof);
    let nodes = (0..=STEPS).map(|i| from + step * i as f64).map(|x| {
        let log = constant + dof * x - 0.5 * dof * (2.0 * x).exp();
        (log.exp() * step, x.exp())
    });
    let nodes: Vec<(f64, f64)> = nodes.collect();
    let total: f64 = nodes.iter().map(|(weight, _)| weight).sum();
    nodes.into_iter().map(|(weight, s)| (weight / total, s)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrology::statistics::student_t_quantile;

    #[test]
    fn limits_and_chances_agree_with_scipy() {
        // tests/golden/variance.py; scipy draws at random, to about a thousandth.
        const DRAWN: f64 = 2e-3;
        let found = ManyToOne::new(1.0 / 4.0, &[1.0 / 3.0, 1.0 / 5.0, 1.0 / 2.0], 10.0).unwrap();
        assert!((found.limit(0.05) - 2.777_2).abs() < 5.0 * DRAWN, "{}", found.limit(0.05));
        for (t, p) in [(2.187_071_46, 0.130_697), (2.154_583_48, 0.137_648), (5.664_627, 0.000_521)]
        {
            assert!((found.chance(t) - p).abs() < DRAWN, "{t}: {} {p}", found.chance(t));
        }
    }

    #[test]
    fn a_table_of_dunnetts_is_found_again() {
        // Two-sided 5 %, equal numbers (Dunnett 1964, table 2).
        const PRINTED: f64 = 0.006;
        for (count, dof, limit) in
            [(2, 5.0, 3.03), (3, 10.0, 2.76), (5, 20.0, 2.73), (9, 60.0, 2.77)]
        {
            let found = ManyToOne::new(1.0, &vec![1.0; count], dof).unwrap().limit(0.05);
            assert!((found - limit).abs() < PRINTED, "{count} {dof}: {found} {limit}");
        }
    }

    #[test]
    fn one_comparison_is_students() {
        for dof in [1.0, 2.0, 3.5, 12.0, 200.0, 1e6] {
            let found = ManyToOne::new(0.3, &[2.0], dof).unwrap().limit(0.05);
            let t = student_t_quantile(0.975, dof).unwrap();
            assert!((found / t - 1.0).abs() < 1e-4, "{dof}: {found} {t}");
        }
    }

    #[test]
    fn what_is_no_comparison_is_none() {
        assert_eq!(ManyToOne::new(1.0, &[], 3.0), None);
        assert_eq!(ManyToOne::new(1.0, &[0.0], 3.0), None);
        assert_eq!(ManyToOne::new(1.0, &[1.0], 0.0), None);
        assert_eq!(ManyToOne::new(f64::NAN, &[1.0], 3.0), None);
    }
}
