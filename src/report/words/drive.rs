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
    let least = drive.least_impedance;
    format!(
        "For {}: {given} are {same} through {through}{varies}. The smallest impedance is {} Ω, \
         at {}.",
        level(drive.target),
        chosen_ohm(least.value),
        hertz(least.hz)
    )
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
    let size = fixed(best.worst.margin_db.abs(), 1);
    let balanced = if best.wiring == OutputWiring::Balanced { ", balanced," } else { "" };
    let (at, level) = (hertz(best.worst.hz), level(drive.target));
    let verdict = if best.is_enough() {
        format!(
            "The amplifier{balanced} reaches {level} at every frequency, with {size} dB to spare \
             or more."
        )
    } else {
        format!(
            "The amplifier{balanced} does not reach {level}: at {at} it is {size} dB short, its \
             {} being at its limit.",
            best.worst.bound.name()
        )
    };
    let bounds = drive.reach.iter().map(bound).collect::<Vec<_>>().join(" ");
    let gain = drive.balanced_gain.map_or(String::new(), |gain| {
        format!(
            " Balanced gains {} dB at {}, and {} dB at least.",
            fixed(gain.at_sensitivity_db, 1),
            hertz(drive.sensitivity.stated.at().hz()),
            fixed(gain.least_db, 1)
        )
    });
    Some(format!("{verdict} {bounds}{gain}"))
}

/// Which limit an output meets, and where.
fn bound(reach: &Reach) -> String {
    let name = reach.wiring.name();
    let all = reach.voltage.grid();
    match reach.current_bound.as_slice() {
        [] => format!("Of the {name} output the {} is the limit.", Bound::Voltage.name()),
        [only] if (only.from_hz, only.to_hz) == (all.first_hz(), all.last_hz()) => {
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
    let range = |span: &Span| format!("from {} to {}", hertz(span.from_hz), hertz(span.to_hz));
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
