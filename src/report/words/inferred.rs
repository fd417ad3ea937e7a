//! Where an impedance comes from that was not measured.

use super::{capitalised, listed};
use crate::model::{InferredImpedance, InferredUncertainty};
use crate::report::digits::{chosen, hertz, ohms};

/// One paragraph on an inferred impedance, one on its uncertainty, and one more if levels and
/// headphone did not fit.
#[must_use]
pub fn inferred(inferred: &InferredImpedance) -> Vec<String> {
    let extremes = inferred.extremes;
    let resistors: Vec<String> = inferred.resistors.iter().map(|r| chosen(r.ohm())).collect();
    let quoted: Vec<String> = (inferred.quoted.iter())
        .map(|at| format!("{} at {}", ohms(at.ohm, at.u_ohm), hertz(at.frequency_hz)))
        .collect();
    let quoted = if quoted.is_empty() { String::new() } else { format!("{}; ", listed(&quoted)) };
    let figures = format!(
        "{quoted}smallest {} at {}, largest {} at {}",
        ohms(extremes.minimum, None),
        hertz(extremes.minimum_hz),
        ohms(extremes.maximum, None),
        hertz(extremes.maximum_hz)
    );
    let origin = format!(
        "The impedance was inferred from responses behind {} Ω, not measured. {}. It includes the \
         output resistance of the source that was used; the sign of its phase is unknown, and the \
         level behind a resistance does not depend on it.",
        listed(&resistors),
        capitalised(&figures)
    );
    [origin, uncertainty(inferred)].into_iter().chain(forced(inferred)).collect()
}

fn uncertainty(inferred: &InferredImpedance) -> String {
    match inferred.uncertainty {
        Some(InferredUncertainty::Stated) => {
            "Its uncertainty is the one that the responses state, each for itself; resistors that \
             are not what they are said to be are not in it."
        }
        Some(InferredUncertainty::Scatter) => {
            "Its uncertainty is that of the scatter by which the resistors do not agree, since not \
             every response states one; what all have in common is not in it."
        }
        None => {
            "Its uncertainty is not known: not every response states one, and two resistors leave \
             no scatter. A third would."
        }
    }
    .to_owned()
}

fn forced(inferred: &InferredImpedance) -> Option<String> {
    let percent = 100.0 * inferred.forced_share;
    (percent > 0.0).then(|| {
        let percent =
            if percent < 1.0 { "less than 1".to_owned() } else { format!("{percent:.0}") };
        format!(
            "At {percent} % of the frequencies no headphone fits these levels, and the nearest \
             pure resistance or reactance was taken: resistors further apart, or as large as the \
             headphone, tell more."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen;

    #[test]
    fn an_inferred_impedance_says_what_it_was_made_from_and_what_is_not_known() {
        let told = inferred(&specimen::inferred());
        assert_eq!(
            told[0],
            "The impedance was inferred from responses behind 0, 10 and 50 Ω, not measured. 24.4 Ω \
             at 30 Hz and 10.8 Ω at 1 kHz; smallest 10.5 Ω at 1.25 kHz, largest 24.5 Ω at 41 Hz. \
             It includes the output resistance of the source that was used; the sign of its phase \
             is unknown, and the level behind a resistance does not depend on it."
        );
    }

    #[test]
    fn an_inferred_impedance_says_where_its_uncertainty_comes_from() {
        let of = |uncertainty| {
            let told = inferred(&InferredImpedance { uncertainty, ..specimen::inferred() });
            told.into_iter().nth(1).unwrap()
        };
        assert!(of(None).contains("two resistors leave no scatter"));
        assert!(of(Some(InferredUncertainty::Scatter)).contains("do not agree"));
        assert!(of(Some(InferredUncertainty::Stated)).contains("the responses state"));
    }

    #[test]
    fn levels_that_fit_no_headphone_are_told() {
        let of = |forced_share| {
            let told = inferred(&InferredImpedance { forced_share, ..specimen::inferred() });
            told.into_iter().nth(2).unwrap()
        };
        assert!(of(0.123).starts_with("At 12 % of the frequencies no headphone fits"));
        assert!(of(0.002).starts_with("At less than 1 % of the frequencies"));
    }
}
