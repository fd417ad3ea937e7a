//! How curves differ.

use super::{counted, listed, quoted};
use crate::model::{CurveComparison, CurveDifference, Significance, Span, Trace};
use crate::report::digits::{hertz, signed, significant};

/// More ranges than this are counted rather than listed.
const MOST_SPANS: usize = 4;
/// A difference below this is rounding, in decibels.
const NOTHING_DB: f64 = 1e-9;

/// One paragraph for each curve but the reference: how large the difference is and where, its
/// mean, the phase, and whether it is larger than what the uncertainty explains.
#[must_use]
pub fn curves(comparison: &CurveComparison) -> Vec<String> {
    comparison.differences.iter().map(|d| paragraph(comparison, d)).collect()
}

fn paragraph(comparison: &CurveComparison, difference: &CurveDifference) -> String {
    let (name, reference) = (quoted(&difference.name), quoted(&difference.reference));
    if difference.level.worst.abs() < NOTHING_DB {
        let grid = difference.level.curve.grid();
        return format!(
            "{name} has the same magnitude as {reference} from {} to {}.",
            hertz(grid.first_hz()),
            hertz(grid.last_hz())
        );
    }
    let sentences = [Some(size(difference)), phase(difference), Some(seen(comparison, difference))];
    sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn size(difference: &CurveDifference) -> String {
    let (name, reference) = (quoted(&difference.name), quoted(&difference.reference));
    let level = &difference.level;
    let grid = level.curve.grid();
    let band = format!("from {} to {}", hertz(grid.first_hz()), hertz(grid.last_hz()));
    match &difference.percent {
        Some(percent) => {
            let same_db = level.curve.at(percent.worst_hz).unwrap_or(level.worst);
            format!(
                "{name} differs from {reference} most at {}, by {} % ({} dB); on average {band} \
                 by {} % (rms {} %).",
                hertz(percent.worst_hz),
                short(percent.worst),
                signed(same_db, 2),
                short(percent.mean),
                significant(percent.rms, 2),
            )
        }
        None => format!(
            "{name} differs from {reference} most at {}, by {} dB; on average {band} by {} dB \
             (rms {} dB).",
            hertz(level.worst_hz),
            signed(level.worst, 2),
            signed(level.mean, 2),
            significant(level.rms, 2),
        ),
    }
}

/// A number with its sign in two significant digits or more.
fn short(value: f64) -> String {
    match value.abs() {
        size if size < 1.0 => signed(value, 2),
        size if size < 100.0 => signed(value, 1),
        _ => signed(value, 0),
    }
}

fn phase(difference: &CurveDifference) -> Option<String> {
    let phase = difference.phase.as_ref()?;
    Some(format!(
        "Its phase differs most at {}, by {}°.",
        hertz(phase.worst_hz),
        short(phase.worst)
    ))
}

/// Whether the difference is larger than its uncertainty, and where.
fn seen(comparison: &CurveComparison, difference: &CurveDifference) -> String {
    let Some(significance) = &difference.significance else {
        return unknown(comparison, difference);
    };
    let unit = if difference.percent.is_some() { "%" } else { "dB" };
    let Significance { spans, none_above } = significance;
    let above =
        none_above.map(|above| format!("no difference above {} {unit}", significant(above, 2)));
    match (spans.as_slice(), above) {
        ([], Some(above)) => format!(
            "Nowhere is the difference larger than its expanded uncertainty (k = 2): {above} is \
             seen."
        ),
        ([], None) => "Nowhere is the difference larger than its expanded uncertainty.".to_owned(),
        (_, None) => "At every frequency the difference is larger than its expanded uncertainty \
                      (k = 2)."
            .to_owned(),
        (spans, Some(above)) => format!(
            "The difference is larger than its expanded uncertainty (k = 2) {}; elsewhere {above} \
             is seen.",
            ranges(spans)
        ),
    }
}

/// Where they lie, or how many they are and where the widest.
pub(super) fn ranges(spans: &[Span]) -> String {
    let range = |span: &Span| {
        let (from, to) = (hertz(span.from_hz), hertz(span.to_hz));
        if from == to { format!("at {from}") } else { format!("from {from} to {to}") }
    };
    if spans.len() <= MOST_SPANS {
        return listed(&spans.iter().map(range).collect::<Vec<_>>());
    }
    let width = |span: &&Span| span.to_hz / span.from_hz;
    let widest = spans.iter().max_by(|a, b| width(a).total_cmp(&width(b))).map(range);
    let count = counted(spans.len(), "range", "ranges");
    format!("in {count}, the widest {}", widest.unwrap_or_default())
}

fn unknown(comparison: &CurveComparison, difference: &CurveDifference) -> String {
    let lacks = |name: &&String| {
        let curve = comparison.curves.iter().find(|curve| curve.name == **name);
        curve.is_some_and(|curve| match &curve.trace {
            Trace::Response(polar) => polar.magnitude().u().is_none(),
            Trace::Impedance(polar) => polar.magnitude().u().is_none(),
        })
    };
    let names = [&difference.reference, &difference.name];
    let names: Vec<String> = names.iter().copied().filter(lacks).map(|name| quoted(name)).collect();
    format!(
        "The uncertainty of {} is not known, so nothing tells this difference from an error of \
         measurement.",
        listed(&names)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen;

    fn told(spans: Vec<Span>, none_above: Option<f64>) -> String {
        let mut comparison = specimen::curves();
        comparison.differences[0].significance = Some(Significance { spans, none_above });
        curves(&comparison).remove(0)
    }

    const BASS: Span = Span { from_hz: 60.0, to_hz: 131.0 };

    #[test]
    fn a_difference_is_told_with_its_place_its_mean_and_its_phase() {
        let text = told(Vec::new(), Some(0.84));
        for part in [
            "“right” differs from “left” most at 95 Hz, by +12.3 % (+1.01 dB); on average from \
             20 Hz to 19.9 kHz by +0.41 % (rms 1.2 %).",
            "Its phase differs most at 80 Hz, by −3.2°.",
            "Nowhere is the difference larger than its expanded uncertainty (k = 2): no \
             difference above 0.84 % is seen.",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn ranges_are_listed_or_counted() {
        let text = told(vec![BASS], Some(0.84));
        assert!(
            text.contains("(k = 2) from 60 Hz to 131 Hz; elsewhere no difference above 0.84 %")
        );
        let lone = Span { from_hz: 3000.0, to_hz: 3001.0 };
        assert!(told(vec![BASS, lone], Some(1.0)).contains("131 Hz and at 3 kHz; elsewhere"));
        let many = told(vec![BASS, lone, lone, lone, lone], Some(1.0));
        assert!(many.contains("in five ranges, the widest from 60 Hz to 131 Hz;"), "{many}");
        assert!(told(vec![BASS], None).contains("At every frequency"));
    }

    #[test]
    fn an_unknown_uncertainty_is_named_and_equal_curves_are_equal() {
        let mut comparison = specimen::curves();
        comparison.differences[0].significance = None;
        let text = curves(&comparison).remove(0);
        assert!(text.contains("The uncertainty of “left” and “right” is not known"), "{text}");
        comparison.differences[0].level.worst = 0.0;
        let text = curves(&comparison).remove(0);
        assert_eq!(text, "“right” has the same magnitude as “left” from 20 Hz to 19.9 kHz.");
    }
}
