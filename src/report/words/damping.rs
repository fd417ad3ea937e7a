//! How sources damp the main resonance.

use super::listed;
use crate::model::{SourceComparison, SourceEffect};
use crate::report::digits::{chosen, hertz, significant};

/// One sentence on the quality factor of the main resonance with each source; nothing where no
/// resonance is known.
#[must_use]
pub fn damping(comparison: &SourceComparison) -> Option<String> {
    let damping = comparison.damping.as_ref()?;
    let resonance = damping.resonance?;
    let with: Vec<String> = (comparison.sources.iter().zip(&damping.sources))
        .filter_map(|(effect, source)| {
            let q = source.q?;
            let (electrical, total) = (significant(q.electrical, 2), significant(q.total, 2));
            Some(format!("{electrical} ({total}) with {}", named(effect)))
        })
        .collect();
    (!with.is_empty()).then(|| {
        format!(
            "The resonance at {} has an electrical quality factor Qes (with the mechanical losses, \
             Qts) of {}.",
            hertz(resonance.frequency_hz),
            listed(&with)
        )
    })
}

fn named(effect: &SourceEffect) -> String {
    match effect.source.output() {
        Some(output) => output.name.clone(),
        None => format!("{} Ω", chosen(effect.source.ohm())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DampedQ, DampedResonance, Damping, SourceDamping};
    use crate::report::specimen::{effect, sources};

    #[test]
    fn a_resonance_is_told_with_each_source() {
        let effects = vec![effect(0.0, 0.0, 0.0, None), effect(15.0, 1.0, -1.0, Some(2.0))];
        let mut comparison = sources(effects, [None; 3]);
        assert_eq!(damping(&comparison), None);
        let on = |electrical, total| SourceDamping {
            factor: None,
            q: Some(DampedQ { electrical, total }),
        };
        let resonance = DampedResonance {
            frequency_hz: 80.2,
            dc_resistance_ohm: 30.0,
            q_mechanical: 3.0,
            q_electrical: 1.5,
        };
        comparison.damping = Some(Damping {
            resonance: Some(resonance),
            sources: vec![on(1.5, 1.0), on(2.31, 1.31)],
        });
        assert_eq!(
            damping(&comparison).unwrap(),
            "The resonance at 80 Hz has an electrical quality factor Qes (with the mechanical \
             losses, Qts) of 1.5 (1.0) with 0 Ω and 2.3 (1.3) with 15 Ω."
        );
    }
}
