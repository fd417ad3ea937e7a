//! What the uncertainty of an impedance is made of, as a table.

use super::digits::{ABSENT, significant};
use super::table::{Column, Table};
use crate::model::{Budget, Covariance, Distribution, Evaluation, Impedance};

/// Where the budget is shown: these, as far as the impedance is known there.
const AT_HZ: [f64; 5] = [20.0, 100.0, 1e3, 10e3, 20e3];

/// One row per line of the budget, the largest first: its standard uncertainty in percent of the
/// magnitude at some frequencies; then the combined and the expanded uncertainty, and the
/// magnitude they belong to.
#[must_use]
pub fn budget(impedance: &Impedance, budget: &Budget) -> Table {
    let near: Vec<Option<usize>> = AT_HZ.iter().map(|&hz| nearest(impedance, hz)).collect();
    let cell = |percent: Option<f64>| {
        percent.map_or(ABSENT.to_owned(), |percent| match percent {
            none if none <= 0.0 => "0".to_owned(),
            small if small < 1e-3 => "< 0.001".to_owned(),
            percent => significant(percent, 2),
        })
    };
    let percent = |covariance: &[Covariance], at: Option<usize>| {
        let (at, z) = at.map(|at| (at, impedance.values()[at]))?;
        Some(100.0 * covariance.get(at)?.u_magnitude(z) / z.norm())
    };
    let row = |name: &str, kind: &str, of: &dyn Fn(Option<usize>) -> String| {
        let [low, bass, middle, high, top] =
            [0, 1, 2, 3, 4].map(|i| of(near.get(i).copied().flatten()));
        [name.to_owned(), kind.to_owned(), low, bass, middle, high, top]
    };
    let lines = budget.contributions.iter().map(|line| {
        let evaluation = match line.evaluation {
            Evaluation::A => "A",
            Evaluation::B => "B",
        };
        let distribution = match line.distribution {
            Distribution::Normal => "normal",
            Distribution::Rectangular => "rectangular",
        };
        let kind = format!("{evaluation}, {distribution}");
        row(line.source.words(), &kind, &|at| cell(percent(&line.covariance, at)))
    });
    let mut rows: Vec<_> = lines.collect();
    let combined = impedance.covariance().unwrap_or_default();
    let times = |k: f64| move |u: f64| k * u;
    let of = |k: f64| move |at: Option<usize>| cell(percent(combined, at).map(times(k)));
    rows.push(row("combined", "", &of(1.0)));
    rows.push(row("expanded, k = 2", "", &of(2.0)));
    let magnitude = |at: Option<usize>| {
        at.map_or(ABSENT.to_owned(), |at| significant(impedance.values()[at].norm(), 4))
    };
    rows.push(row("|Z| in Ω", "", &magnitude));
    let columns = [
        Column::text("Uncertainty from"),
        Column::text("Type"),
        Column::number("20 Hz", "%"),
        Column::number("100 Hz", "%"),
        Column::number("1 kHz", "%"),
        Column::number("10 kHz", "%"),
        Column::number("20 kHz", "%"),
    ];
    let notes = vec![
        "Standard uncertainties in percent of the magnitude. Type A: from repeats or silence; type \
         B: from what is stated. Combined: the lines in squares, and so that doubling it covers \
         95 % also where a rectangular line dominates."
            .to_owned(),
    ];
    Table::new("What the uncertainty is made of", columns, rows).with_notes(notes)
}

/// The point of the impedance nearest to a frequency, if one lies within a tenth of an octave.
fn nearest(impedance: &Impedance, hz: f64) -> Option<usize> {
    const NEAR_OCTAVES: f64 = 0.1;
    let away = |f: f64| (f / hz).log2().abs();
    let closest = impedance.hz().iter().enumerate();
    let (at, &f) = closest.min_by(|a, b| away(*a.1).total_cmp(&away(*b.1)))?;
    (away(f) < NEAR_OCTAVES).then_some(at)
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;

    use super::*;
    use crate::model::{Contribution, ErrorSource, FrequencyGrid};
    use crate::report::text;

    #[test]
    fn a_budget_has_a_row_per_line_and_its_sum() {
        let grid = FrequencyGrid::new(vec![100.0, 1000.0]).unwrap();
        let z = Impedance::from_fn(grid, |_| Complex64::from(50.0)).unwrap();
        let covariance = vec![Covariance::circular(0.1); 2];
        let impedance = z.with_covariance(covariance.clone()).unwrap();
        let line = Contribution {
            source: ErrorSource::Contacts,
            evaluation: Evaluation::B,
            distribution: Distribution::Normal,
            covariance,
        };
        let table = text::table(&budget(&impedance, &Budget { contributions: vec![line] }));
        assert!(table.contains("contacts"), "{table}");
        assert!(table.contains("0.20") && table.contains("0.40"), "{table}");
        assert!(table.contains(ABSENT), "{table}");
    }
}
