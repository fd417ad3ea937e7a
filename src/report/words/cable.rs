//! What cables do, and whether two of them differ.

use super::curves::ranges;
use super::{listed, quoted};
use crate::model::{Cable, CableChange, CableComparison, CableDifference, Estimate};
use crate::report::digits::{chosen, fixed, hertz, level, ohms, significant};

/// A change smaller than this is none, in decibels.
const NEGLIGIBLE_DB: f64 = 5e-4;

/// A paragraph on what each cable does to the headphone, if one is known, and one on each difference
/// to the first cable.
#[must_use]
pub fn cables(comparison: &CableComparison) -> Vec<String> {
    let effects = comparison.cables.iter().filter_map(effect);
    effects.chain(comparison.differences.iter().map(difference)).chain(driven(comparison)).collect()
}

fn effect(cable: &Cable) -> Option<String> {
    let effect = cable.effect.as_ref()?;
    let worst = effect.worst_db.value;
    let change = if worst.abs() < NEGLIGIBLE_DB {
        "changes the response by less than 0.001 dB".to_owned()
    } else {
        let verb = if worst < 0.0 { "lowers" } else { "raises" };
        let by = level(worst, effect.worst_db.u);
        format!("{verb} the response by {by} at most, at {}", hertz(effect.worst_hz))
    };
    let loss = effect.loss_db;
    let costs = (loss.value <= -NEGLIGIBLE_DB)
        .then(|| format!("costs {} of level at 1 kHz", level(loss.value, loss.u)));
    let clauses: Vec<String> = [Some(change), costs].into_iter().flatten().collect();
    Some(format!("The cable {} {}.", quoted(&cable.name), listed(&clauses)))
}

fn difference(difference: &CableDifference) -> String {
    let names = [&difference.reference, &difference.name].map(|name| quoted(name));
    let [first, other] = &names;
    let resistance = resistance(other, first, difference.resistance_ohm);
    match &difference.heard {
        Some(heard) => format!("{resistance} {}", told(heard)),
        None => resistance,
    }
}

fn resistance(other: &str, first: &str, apart: Estimate) -> String {
    /// Coverage factor of an expanded uncertainty.
    const K: f64 = 2.0;
    let size = apart.value.abs();
    if apart.u.is_some_and(|u| size <= K * u) {
        let above = size + K * apart.u.unwrap_or_default();
        return format!(
            "The resistances of {other} and {first} do not differ by more than their uncertainty: \
             no difference above {} Ω.",
            significant(above, 2)
        );
    }
    let which = if apart.value < 0.0 { "less" } else { "more" };
    format!("{other} has {} {which} than {first}.", ohms(size, apart.u))
}

fn told(heard: &CableChange) -> String {
    let grid = heard.curve.grid();
    let (from, to) = (hertz(grid.first_hz()), hertz(grid.last_hz()));
    let worst =
        format!("{}, at {}", level(heard.worst_db.value, heard.worst_db.u), hertz(heard.worst_hz));
    match &heard.verdict {
        None => format!(
            "From {from} to {to} a listener gets a difference of {worst}, at most; whether that is \
             more than the uncertainty cannot be told, since not all impedances state theirs."
        ),
        Some(verdict) if verdict.spans.is_empty() => format!(
            "For a listener there is no difference above {} dB between {from} and {to}.",
            bound(verdict.none_above_db)
        ),
        Some(verdict) => {
            let is = if heard.worst_db.value < 0.0 { "quieter" } else { "louder" };
            format!(
                "For a listener they differ by more than the uncertainty {}; it is {is} by {worst}. \
                 No difference is above {} dB.",
                ranges(&verdict.spans),
                bound(verdict.none_above_db)
            )
        }
    }
}

/// A level that is not exceeded, rounded up.
fn bound(db: f64) -> String {
    /// Decimals that are printed.
    const DECIMALS: usize = 3;
    const STEPS: f64 = 1e3;
    fixed((db * STEPS).ceil() / STEPS, DECIMALS)
}

/// What the effects are those on.
fn driven(comparison: &CableComparison) -> Option<String> {
    comparison.cables.first()?.effect.as_ref()?;
    let source = match comparison.source.output() {
        Some(output) => format!("the output {}", quoted(&output.name)),
        None => format!("a source of {} Ω", chosen(comparison.source.ohm())),
    };
    Some(format!(
        "All on {source}; what a cable does is against none at all, laid upon each other at 1 kHz, \
         and what a listener gets is with the volume left as it is."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::cable::{compare, specimen};

    #[test]
    fn cables_that_differ_are_told_with_where_and_by_how_much() {
        let told = cables(&specimen::cables());
        assert_eq!(told.len(), 4);
        assert!(told[0].starts_with("The cable “stock” raises the response by 0.0"), "{told:?}");
        assert!(told[0].contains("and costs 0.1") && told[0].ends_with("at 1 kHz."), "{told:?}");
        assert!(told[2].starts_with("“silver” has 0.400 ± 0.028 Ω (k = 2) less than “stock”."));
        assert!(told[2].contains("more than the uncertainty from 20 Hz to 19.9 kHz"), "{told:?}");
        assert!(told[2].contains("it is louder by 0.0"), "{told:?}");
        assert!(told[3].starts_with("All on a source of 0.5 Ω"), "{told:?}");
    }

    #[test]
    fn cables_that_do_not_differ_are_told_with_a_bound() {
        let alike = compare(&specimen::question([(0.4, 1e-6), (0.4, 1e-6)], Some(0.01))).unwrap();
        let told = cables(&alike).remove(2);
        assert!(told.contains("no difference above 0.028 Ω. For a listener"), "{told}");
        assert!(told.contains("no difference above 0.007 dB between 20 Hz and 19.9 kHz"), "{told}");
        let bare = compare(&specimen::question([(0.4, 1e-6), (0.4, 1e-6)], None)).unwrap();
        assert!(cables(&bare)[2].contains("cannot be told"));
    }

    #[test]
    fn a_bound_is_rounded_up() {
        assert_eq!(bound(0.0041), "0.005");
        assert_eq!(bound(0.0), "0.000");
    }
}
