//! The seal of a headphone from its impedance.

use super::{capitalised, counted, evidence};
use crate::model::{BetweenLeaks, SealComparison, SealVerdict, SmallestLeak, StateComparison};
use crate::report::digits::{fixed, prose_db, signed, significant};

/// A change of the shelf that chance makes as seldom as this counts.
const FALSE_ALARMS: f64 = 0.05;

/// The verdict; what could have been seen; what a microphone says about it, where it was asked; and
/// that all this is an experiment.
#[must_use]
pub fn seal(seal: &SealComparison) -> Vec<String> {
    let mut told = vec![verdict(seal), could(seal)];
    if let Some(acoustic) = &seal.acoustic {
        told.push(together(seal, acoustic));
        told.extend(evidence(acoustic));
    }
    let jig = if seal.same_jig {
        "The impedances are taken to come from one jig with one calibration, whose errors cancel; if \
         not, --other-jig counts the uncertainty that they state."
    } else {
        "The impedances come from several jigs: the uncertainty that they state counts."
    };
    told.push(format!(
        "Experimental: proven on simulated headphones only. Measure your own headphone off the head \
         and with a leak that you know before you believe it. {jig}"
    ));
    told
}

fn verdict(seal: &SealComparison) -> String {
    let seatings = counted(seal.references, "reference seating", "reference seatings");
    let spread = format!("the spread of {seatings}");
    match seal.verdict {
        SealVerdict::TooFewReferences => format!(
            "No verdict: {seatings} say next to nothing about their spread. Take the headphone off, \
             put it on again and measure: three times or more, better five."
        ),
        SealVerdict::NotDistinguishable => {
            format!("Not distinguishable from the reference: its impedance lies within {spread}.")
        }
        SealVerdict::OffHead => format!(
            "Off the head, or open as wide as that: {} of the load of the air is left, which {spread} \
             does not explain.",
            left(seal)
        ),
        SealVerdict::Leak(leak) => {
            format!("It leaks: the impedance lies outside {spread}, and changes {}.", like(leak))
        }
        SealVerdict::Differs => {
            let off = match seal.air_load {
                Some(_) => {
                    format!("not off the head, as {} of the load of the air is left", left(seal))
                }
                None => {
                    "off the head, perhaps: an impedance measured there (--off-head) would tell"
                        .to_owned()
                }
            };
            format!(
                "It differs from the reference, by a leak or another placement: the impedance lies \
                 outside {spread}; {off}."
            )
        }
    }
}

fn left(seal: &SealComparison) -> String {
    seal.air_load.map_or_else(
        || "an unknown part".to_owned(),
        |load| format!("{} %", fixed(1e2 * load.share, 0)),
    )
}

fn like(leak: BetweenLeaks) -> String {
    match (leak.from_mm, leak.to_mm) {
        (Some(from), Some(to)) if from < to => {
            format!(
                "more than with a leak of {} and less than with {}",
                diameter(from),
                diameter(to)
            )
        }
        (Some(mm), Some(_)) => format!("as with the known leak of {}", diameter(mm)),
        (Some(from), None) => format!("more than with the largest known leak, {}", diameter(from)),
        (None, Some(to)) => format!("less than with the smallest known leak, {}", diameter(to)),
        (None, None) => "as known leaks do".to_owned(),
    }
}

/// What these seatings could have shown.
fn could(seal: &SealComparison) -> String {
    if seal.test.is_none() {
        return "What they could have shown cannot be told either.".to_owned();
    }
    let leak = match seal.smallest_leak {
        Some(SmallestLeak::AtMost { diameter_mm }) => format!(
            "These seatings would have shown a leak of {} four times in five, by the known leaks.",
            diameter(diameter_mm)
        ),
        Some(SmallestLeak::Above { diameter_mm }) => format!(
            "Not even the known leak of {} would have been shown four times in five.",
            diameter(diameter_mm)
        ),
        None => format!(
            "How small a leak these seatings would have shown depends on the headphone and is not \
             known: measure it once with a hole of known width (--leak 2mm=FILE).{}",
            ohms(seal)
        ),
    };
    match seal.smallest_share_of_off_head {
        Some(share) if share < 1.0 => format!(
            "{leak} They would have shown {} % of the change off the head.",
            fixed(1e2 * share, 0)
        ),
        Some(_) => format!(
            "{leak} Even off the head the bands might not stand out; the load of the air that is \
             left tells it."
        ),
        None => leak,
    }
}

/// The change that would have been seen, if all bands changed as much for their spread.
fn ohms(seal: &SealComparison) -> String {
    let seen = |u_ohm: f64| seal.test.map(|test| test.seen * u_ohm);
    let features = seal.bands.iter().flat_map(|band| [band.real, band.imaginary]);
    let seen = features.filter_map(|feature| seen(feature.u_ohm?));
    let (least, most) =
        seen.fold((f64::INFINITY, 0.0_f64), |(a, b), ohm: f64| (a.min(ohm), b.max(ohm)));
    if !least.is_finite() {
        return String::new();
    }
    format!(
        " A change of the impedance by {} Ω to {} Ω, by band, would have been.",
        significant(least, 2),
        significant(most, 2)
    )
}

/// Whether microphone and impedance say the same.
fn together(seal: &SealComparison, acoustic: &StateComparison) -> String {
    let [reference, now] = &acoustic.states[..] else { return String::new() };
    let shelf = |state: &crate::model::StateSummary| Some(state.bass_shelf_db?.mean);
    let Some(change) = shelf(now).zip(shelf(reference)).map(|(now, was)| now - was) else {
        return "The responses do not reach far enough to tell the bass.".to_owned();
    };
    let evidence = acoustic.differences.first().and_then(|d| d.evidence.as_ref());
    let Some(seen) = evidence.and_then(|evidence| evidence.bass_shelf()) else {
        return format!(
            "By the microphone the bass shelf changes by {} dB; whether that is more than chance \
             takes two seatings of each.",
            signed(change, 2)
        );
    };
    let lost = seen.p <= FALSE_ALARMS;
    let microphone = match (lost, change < 0.0) {
        (true, true) => format!("the microphone finds {} of bass lost", prose_db(change, None)),
        (true, false) => format!("the microphone finds {} more bass", prose_db(change, None)),
        (false, _) => "the microphone finds no change of the bass shelf beyond chance".to_owned(),
    };
    let sentence = match (seal.verdict.is_negative(), lost) {
        (true, true) => format!("both say that it sits otherwise: {microphone} too"),
        (false, false) => format!("{microphone} either"),
        (true, false) => format!(
            "they do not agree: {microphone}; the headphone may have been moved between the two"
        ),
        (false, true) => format!(
            "they do not agree: {microphone}, which the impedance does not show; the microphone sees \
             smaller leaks"
        ),
    };
    format!("{}.", capitalised(&sentence))
}

/// A diameter in millimetres, as it was stated or in two digits.
pub(in crate::report) fn diameter(mm: f64) -> String {
    let text = format!("{mm:.1}");
    format!("{} mm", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::seal::specimen;

    #[test]
    fn a_leak_is_told_with_the_known_one_and_what_could_have_been_seen() {
        let told = seal(&specimen::leaking()).join(" ");
        assert!(
            told.starts_with("It leaks: the impedance lies outside the spread of five"),
            "{told}"
        );
        assert!(told.contains("leak of 4 mm"), "{told}");
        assert!(told.contains("four times in five, by the known leaks."), "{told}");
        assert!(told.contains("% of the change off the head."), "{told}");
        assert!(told.contains("Experimental"), "{told}");
    }

    #[test]
    fn what_is_alike_claims_no_seal_and_says_what_is_not_known() {
        let told = seal(&specimen::alike()).join(" ");
        assert!(told.starts_with("Not distinguishable from the reference:"), "{told}");
        assert!(told.contains("depends on the headphone and is not known"), "{told}");
    }

    #[test]
    fn too_few_seatings_have_no_verdict() {
        let told = seal(&specimen::of_two()).join(" ");
        assert!(
            told.starts_with("No verdict: two reference seatings say next to nothing"),
            "{told}"
        );
    }
}
