//! What a source's output impedance does.

use super::{capitalised, listed};
use crate::model::{SourceComparison, SourceEffect, SourceLimit};
use crate::report::digits::{at_most, chosen, hertz, prose_db, significant};

/// A change smaller than this is none, in decibels: it would be printed as 0.00.
const NEGLIGIBLE_DB: f64 = 0.005;

/// One paragraph per source, one on the rule of an eighth, one on the largest sources for given
/// limits.
#[must_use]
pub fn source(comparison: &SourceComparison) -> Vec<String> {
    let effects = comparison.sources.iter().map(effect);
    let rest = [Some(eighth_rule(comparison)), limits(&comparison.limits)];
    effects.chain(rest.into_iter().flatten()).collect()
}

fn effect(effect: &SourceEffect) -> String {
    let source = chosen(effect.source.ohm());
    if effect.source.ohm() <= 0.0 {
        return "A source of 0 Ω is what the others are compared with.".to_owned();
    }
    let sentences = [Some(change(&source, effect)), loss(effect), damping(effect)];
    sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn change(source: &str, effect: &SourceEffect) -> String {
    if effect.peak_to_peak_db < NEGLIGIBLE_DB {
        return format!("A source of {source} Ω changes the response by less than 0.01 dB.");
    }
    let verb = if effect.worst_db < 0.0 { "lowers" } else { "raises" };
    format!(
        "A source of {source} Ω {verb} the response by up to {}, at {}; from its highest to its \
         lowest point the change spans {}.",
        prose_db(effect.worst_db, None),
        hertz(effect.worst_hz),
        prose_db(effect.peak_to_peak_db, None)
    )
}

fn loss(effect: &SourceEffect) -> Option<String> {
    (effect.loss_db <= -NEGLIGIBLE_DB)
        .then(|| format!("It costs {} of level at 1 kHz.", prose_db(effect.loss_db, None)))
}

fn damping(effect: &SourceEffect) -> Option<String> {
    let factor = significant(effect.damping_factor?, 2);
    Some(format!("The damping factor, at the smallest impedance, is {factor}."))
}

fn eighth_rule(comparison: &SourceComparison) -> String {
    let rule = comparison.eighth_rule;
    format!(
        "The rule of an eighth allows this headphone a source of {} Ω, an eighth of its smallest \
         impedance; a source of exactly that changes the response by {} from peak to peak.",
        at_most(rule.allows.ohm()),
        prose_db(rule.costs_db, None)
    )
}

fn limits(limits: &[SourceLimit]) -> Option<String> {
    let bounded = limits.iter().filter_map(|limit| Some((limit.limit_db, limit.source?)));
    let parts: Vec<String> = bounded
        .enumerate()
        .map(|(i, (limit_db, source))| {
            let (source, limit_db) = (at_most(source.ohm()), chosen(limit_db));
            match i {
                0 => format!(
                    "a source of up to {source} Ω keeps the response within {limit_db} dB from \
                     peak to peak"
                ),
                _ => format!("one of up to {source} Ω within {limit_db} dB"),
            }
        })
        .collect();
    let unlimited = limits.iter().filter(|limit| limit.source.is_none()).map(|l| l.limit_db);
    let unlimited = unlimited.min_by(f64::total_cmp).map(|limit_db| {
        format!("however large the source, the response stays within {} dB", chosen(limit_db))
    });
    let bounded = (!parts.is_empty()).then(|| listed(&parts));
    let sentence: Vec<String> = bounded.into_iter().chain(unlimited).collect();
    (!sentence.is_empty()).then(|| format!("{}.", capitalised(&sentence.join("; "))))
}
