//! What a source's output impedance does.

use super::{capitalised, listed};
use crate::model::{SourceComparison, SourceEffect, SourceLimit};
use crate::report::digits::{at_most, chosen, hertz, level, prose_db, significant};

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
    if effect.source.is_ideal() {
        return "A source of 0 Ω is what the others are compared with.".to_owned();
    }
    let clauses = [Some(change(effect)), loss(effect), damping(effect)];
    let clauses: Vec<String> = clauses.into_iter().flatten().collect();
    let source = match effect.source.output() {
        Some(output) => format!("The output of {}", output.name),
        None => format!("A source of {} Ω", chosen(effect.source.ohm())),
    };
    format!("{source} {}.", listed(&clauses))
}

fn change(effect: &SourceEffect) -> String {
    if effect.peak_to_peak_db < NEGLIGIBLE_DB {
        return "changes the response by less than 0.01 dB".to_owned();
    }
    let verb = if effect.worst_db < 0.0 { "lowers" } else { "raises" };
    format!(
        "{verb} the response by up to {}, at {} ({} from peak to peak)",
        level(effect.worst_db, effect.u_worst_db()),
        hertz(effect.worst_hz),
        prose_db(effect.peak_to_peak_db, None)
    )
}

fn loss(effect: &SourceEffect) -> Option<String> {
    (effect.loss_db <= -NEGLIGIBLE_DB)
        .then(|| format!("costs {} of level at 1 kHz", prose_db(effect.loss_db, None)))
}

fn damping(effect: &SourceEffect) -> Option<String> {
    Some(format!("leaves a damping factor of {}", significant(effect.damping_factor?, 2)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen::{effect, sources};

    #[test]
    fn a_source_is_told_by_its_worst_change_its_loss_and_its_damping() {
        let effects = vec![effect(120.0, 1.21, -2.87, Some(2.5))];
        let paragraphs = source(&sources(effects, [Some(7.49), Some(40.9), Some(89.9)]));
        assert_eq!(
            paragraphs,
            [
                "A source of 120 Ω raises the response by up to 1.2 dB, at 95 Hz (1.2 dB from peak \
                 to peak), costs 2.9 dB of level at 1 kHz and leaves a damping factor of 2.5.",
                "The rule of an eighth allows this headphone a source of 37 Ω, an eighth of its \
                 smallest impedance; a source of exactly that changes the response by 0.47 dB from \
                 peak to peak.",
                "A source of up to 7.4 Ω keeps the response within 0.1 dB from peak to peak, one \
                 of up to 40 Ω within 0.5 dB and one of up to 89 Ω within 1 dB.",
            ]
        );
    }

    #[test]
    fn a_change_is_told_with_its_uncertainty() {
        let mut changed = effect(120.0, 1.21, -2.87, None);
        let u = vec![0.03; changed.curve.grid().len()];
        changed.curve = changed.curve.with_u(u.into()).unwrap();
        let told = source(&sources(vec![changed], [None; 3])).remove(0);
        assert!(told.contains("by up to 1.210 ± 0.060 dB (k = 2), at 95 Hz"), "{told}");
    }

    #[test]
    fn a_dip_is_told_as_one() {
        let paragraphs = source(&sources(vec![effect(10.0, -5.55, -3.0, None)], [None; 3]));
        assert!(paragraphs[0].contains("lowers the response by up to 5.5 dB"), "{}", paragraphs[0]);
        assert!(!paragraphs[0].contains("damping"));
    }

    #[test]
    fn a_source_that_changes_nothing_is_no_change() {
        let effects = vec![effect(0.0, 0.0, 0.0, None), effect(0.1, 1e-4, -1e-4, Some(3000.0))];
        let paragraphs = source(&sources(effects, [None; 3]));
        assert_eq!(paragraphs[0], "A source of 0 Ω is what the others are compared with.");
        assert_eq!(
            paragraphs[1],
            "A source of 0.1 Ω changes the response by less than 0.01 dB and leaves a damping \
             factor of 3000."
        );
    }

    #[test]
    fn a_limit_that_no_source_reaches_is_said_so() {
        let last = |limits| source(&sources(Vec::new(), limits)).pop().unwrap();
        assert_eq!(
            last([Some(36.5), None, None]),
            "A source of up to 36 Ω keeps the response within 0.1 dB from peak to peak; however \
             large the source, the response stays within 0.5 dB."
        );
        assert_eq!(last([None; 3]), "However large the source, the response stays within 0.1 dB.");
    }
}
