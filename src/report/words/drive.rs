//! What a headphone needs for a level, and what an amplifier will do with it.

use super::listed;
use crate::model::{
    Bound, Drive, DriveTarget, OutputWiring, Reach, ReferenceImpedance, SensitivityPer, Span,
};
use crate::report::digits::{at_most, chosen, fixed, hertz, significant};

/// More ranges than this are counted rather than listed.
const MOST_SPANS: usize = 3;

/// Paragraphs on how the need was found, on what the amplifier does with it, on its output
/// resistance, and on how long the level is allowed.
#[must_use]
pub fn drive(drive: &Drive) -> Vec<String> {
    let fixed_ones = [Some(basis(drive)), verdict(drive), eighth_rule(drive), Some(ears(drive))];
    fixed_ones.into_iter().flatten().collect()
}

/// The level with its headroom, and what the sensitivity is.
fn basis(drive: &Drive) -> String {
    let sensitivity = &drive.sensitivity;
    let (milliwatt, volt) = (
        format!("{} dB SPL/mW", fixed(sensitivity.per_milliwatt_db, 1)),
        format!("{} dB SPL/V", fixed(sensitivity.per_volt_db, 1)),
    );
    let (given, same) = match sensitivity.stated.per() {
        SensitivityPer::Milliwatt => (milliwatt, volt),
        SensitivityPer::Volt => (volt, milliwatt),
    };
    let through = match sensitivity.reference {
        ReferenceImpedance::Rated(ohm) => format!("the rated {} Ω", chosen(ohm)),
        ReferenceImpedance::Magnitude(ohm) => {
            let at = hertz(sensitivity.stated.at().hz());
            format!("the {} Ω of its impedance at {at}, no rated one being given", chosen_ohm(ohm))
        }
    };
    let varies = if drive.with_response {
        "; elsewhere as the response has it"
    } else {
        ", taken to be the same at every frequency"
    };
    let level = level(drive.target);
    format!("For {level}: {given} are {same} through {through}{varies}. {}", smallest(drive))
}

fn smallest(drive: &Drive) -> String {
    /// A load that varies by less is a resistor.
    const SAME: f64 = 1e-9;
    let least = drive.least_impedance;
    let largest = drive.impedance.values().iter().map(|z| z.norm()).fold(0.0, f64::max);
    let ohm = chosen_ohm(least.value);
    if largest <= least.value * (1.0 + SAME) {
        return format!("The impedance is {ohm} Ω at every frequency.");
    }
    format!("The smallest impedance is {ohm} Ω, at {}.", hertz(least.hz))
}

fn chosen_ohm(ohm: f64) -> String {
    significant(ohm, 3)
}

/// The level that must be reached and what it is made of.
fn level(target: DriveTarget) -> String {
    let (level, headroom) = (chosen(target.level().db()), target.headroom().db());
    if headroom > 0.0 {
        let reached = chosen(target.reached().db());
        return format!("{reached} dB SPL ({level} and {} dB of headroom)", chosen(headroom));
    }
    format!("{level} dB SPL")
}

fn verdict(drive: &Drive) -> Option<String> {
    let best = drive.best()?;
    let balanced = if best.wiring == OutputWiring::Balanced { ", balanced," } else { "" };
    let level = level(drive.target);
    let verdict = if best.is_enough() {
        let spare = fixed(best.worst.margin_db.abs(), 1);
        format!(
            "The amplifier{balanced} reaches {level} at every frequency, with {spare} dB to spare \
             or more."
        )
    } else {
        format!("The amplifier{balanced} does not reach {level}: {}.", shortage(best))
    };
    let bounds = drive.reach.iter().map(bound).collect::<Vec<_>>().join(" ");
    let gain = drive.balanced_gain.map_or(String::new(), |gain| {
        format!(
            " Balanced drive gains {} dB at {}, and {} dB at least.",
            fixed(gain.at_sensitivity_db, 1),
            hertz(drive.sensitivity.stated.at().hz()),
            fixed(gain.least_db, 1)
        )
    });
    Some(format!("{verdict} {bounds}{gain}"))
}

/// Where an output falls short, by how much, and how it does where the sensitivity holds.
fn shortage(reach: &Reach) -> String {
    /// What is printed as the same.
    const SAME_DB: f64 = 0.05;
    let (worst, at) = (reach.worst, reach.at_sensitivity);
    let short = fixed(worst.margin_db.abs(), 1);
    let limit = worst.bound.name();
    if covers(&reach.short, reach) && at.margin_db - worst.margin_db < SAME_DB {
        return format!("it is {short} dB short, its {limit} being at its limit");
    }
    let there = fixed(at.margin_db.abs(), 1);
    let there = if at.margin_db < 0.0 {
        format!("is {there} dB short")
    } else {
        format!("has {there} dB to spare")
    };
    format!(
        "it is short {}, most at {}, by {short} dB, its {limit} being at its limit; at {} it {there}",
        ranges(&reach.short),
        hertz(worst.hz),
        hertz(at.hz),
    )
}

/// Whether ranges are one that is all of the band.
fn covers(spans: &[Span], reach: &Reach) -> bool {
    let all = reach.voltage.grid();
    let whole = Span { from_hz: all.first_hz(), to_hz: all.last_hz() };
    spans.first() == Some(&whole)
}

/// Which limit an output meets, and where.
fn bound(reach: &Reach) -> String {
    let name = reach.wiring.name();
    match reach.current_bound.as_slice() {
        [] => format!("Of the {name} output the {} is the limit.", Bound::Voltage.name()),
        spans if covers(spans, reach) => {
            format!("Of the {name} output the {} is the limit.", Bound::Current.name())
        }
        spans => format!(
            "Of the {name} output the {} is the limit {}, elsewhere the {}.",
            Bound::Current.name(),
            ranges(spans),
            Bound::Voltage.name()
        ),
    }
}

fn ranges(spans: &[Span]) -> String {
    let range = |span: &Span| {
        let (from, to) = (hertz(span.from_hz), hertz(span.to_hz));
        if from == to { format!("at {from}") } else { format!("from {from} to {to}") }
    };
    if spans.len() <= MOST_SPANS {
        return listed(&spans.iter().map(range).collect::<Vec<_>>());
    }
    let (first, last) = (spans.first(), spans.last());
    let ends = first.zip(last).map(|(first, last)| (first.from_hz, last.to_hz));
    let (from, to) = ends.unwrap_or_default();
    format!("in {} ranges between {} and {}", spans.len(), hertz(from), hertz(to))
}

/// What the output resistance is against the rule of an eighth, where it was given.
fn eighth_rule(drive: &Drive) -> Option<String> {
    let amplifier = drive.amplifier?;
    let allows = drive.eighth_rule.allows.ohm();
    let source = |reach: &Reach| amplifier.source_ohm(reach.wiring);
    let worst = drive.reach.iter().map(source).fold(0.0, f64::max);
    if worst <= 0.0 {
        return None;
    }
    let verdict = if worst <= allows { "is within" } else { "is more than" };
    Some(format!(
        "Its output resistance of {} Ω {verdict} the {} Ω that the rule of an eighth allows; \
         `compare source` shows what it does to the response.",
        chosen(worst),
        at_most(allows)
    ))
}

fn ears(drive: &Drive) -> String {
    let exposure = drive.exposure;
    format!(
        "Ears are allowed {} dB(A) for {} a day (NIOSH: 8 h at 85 dB(A), half for each 3 dB more), \
         and for {} a week (WHO and ITU-T H.870: 40 h at 80 dB(A)).",
        chosen(drive.target.level().db()),
        duration(exposure.niosh_per_day_min),
        duration(exposure.who_per_week_min)
    )
}

/// A span of time in two digits, in seconds below a minute and in hours from two on.
fn duration(minutes: f64) -> String {
    match minutes {
        minutes if minutes < 0.1 => "less than 6 s".to_owned(),
        minutes if minutes < 1.0 => format!("{:.0} s", 60.0 * minutes),
        minutes if minutes < 119.5 => format!("{} min", significant(minutes, 2)),
        minutes => format!("{} h", significant(minutes / 60.0, 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::drive::specimen;

    #[test]
    fn a_need_is_told_with_what_it_rests_upon() {
        let paragraphs = drive(&specimen::drive(110.0, None));
        assert_eq!(
            paragraphs,
            [
                "For 110 dB SPL: 96.0 dB SPL/mW are 110.9 dB SPL/V through the rated 32 Ω, taken \
                 to be the same at every frequency. The smallest impedance is 16.0 Ω, at 20 Hz.",
                "Ears are allowed 110 dB(A) for 1.5 min a day (NIOSH: 8 h at 85 dB(A), half for \
                 each 3 dB more), and for 2.3 min a week (WHO and ITU-T H.870: 40 h at 80 dB(A)).",
            ]
        );
    }

    #[test]
    fn an_amplifier_that_is_enough_is_told_with_its_limits_and_its_resistance() {
        let paragraphs = drive(&specimen::drive(100.0, Some(specimen::amplifier())));
        assert_eq!(
            paragraphs[1],
            "The amplifier, balanced, reaches 100 dB SPL at every frequency, with 9.0 dB to spare \
             or more. Of the single-ended output the current is the limit from 20 Hz to 199 Hz, \
             elsewhere the voltage. Of the balanced output the current is the limit. Balanced \
             drive gains 0.5 dB at 1 kHz, and 0.0 dB at least."
        );
        assert_eq!(
            paragraphs[2],
            "Its output resistance of 4 Ω is more than the 2.0 Ω that the rule of an eighth \
             allows; `compare source` shows what it does to the response."
        );
    }

    #[test]
    fn an_amplifier_that_is_not_enough_is_told_where_and_by_how_much() {
        let paragraphs = drive(&specimen::drive(110.0, Some(specimen::amplifier())));
        let told = "The amplifier, balanced, does not reach 110 dB SPL: it is short from 20 Hz to \
                    199 Hz, most at 20 Hz, by 1.0 dB, its current being at its limit; at 1 kHz it \
                    has 5.0 dB to spare.";
        assert!(paragraphs[1].starts_with(told), "{}", paragraphs[1]);
    }

    #[test]
    fn times_are_as_long_as_they_are() {
        assert_eq!(duration(1.49), "1.5 min");
        assert_eq!(duration(0.37), "22 s");
        assert_eq!(duration(480.0), "8.0 h");
        assert_eq!(duration(0.01), "less than 6 s");
    }
}
