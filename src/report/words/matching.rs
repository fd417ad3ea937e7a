//! How well two sides match, what a headphone keeps out, and what it lets out.

use super::evidence::found_everywhere;
use super::{capitalised, counted, listed, quoted};
use crate::model::{
    ChannelMatching, Covered, Isolation, Leakage, LevelDifference, LevelPlace, OctaveMean, Pairing,
    PhaseMatching, Span, Tolerance, ToleranceVerdict,
};
use crate::report::digits::{chosen, fixed, hertz, octave_hz, prose_db, signed};

/// More ranges than these are counted, not named.
const MOST_RANGES: usize = 4;

/// Paragraphs on the level, the response, the phase, the tolerance, and what it all rests on.
#[must_use]
pub fn channels(matching: &ChannelMatching) -> Vec<String> {
    let paragraphs = [
        level(matching),
        everywhere(&matching.sides),
        matching.phase.as_ref().map(phase),
        matching.tolerance.as_ref().map(|(asked, verdict)| tolerance(*asked, verdict)),
        Some(basis(&matching.sides)),
    ];
    paragraphs.into_iter().flatten().collect()
}

fn level(matching: &ChannelMatching) -> Option<String> {
    let level = matching.levels.iter().find(|level| level.place == LevelPlace::Broadband)?;
    let amount = prose_db(level.db.value, None);
    let louder = if level.db.value < 0.0 { "right" } else { "left" };
    let verdict = match level.db.interval {
        None => "; one seating of a side tells nothing of what seating alone does".to_owned(),
        Some((from, to)) if from > 0.0 || to < 0.0 => ", more than seating does".to_owned(),
        Some(_) => ", which seating alone may do".to_owned(),
    };
    Some(format!("The {louder} side is {amount} louder, 100 Hz to 10 kHz{verdict}."))
}

/// Where the sides differ beyond chance.
fn everywhere(sides: &LevelDifference) -> Option<String> {
    let seen = sides.evidence()?;
    Some(found_everywhere(&seen.curve, seen.pairing, "sides"))
}

fn phase(phase: &PhaseMatching) -> String {
    let polarity = match phase.inverted {
        Some(false) => "Both sides have the same polarity.",
        Some(true) => {
            "The polarity of one side is inverted: its wires are swapped, in the headphone, its \
             cable or an adapter."
        }
        None => {
            "The polarity is not clear: the phases of 200 Hz to 2 kHz are neither alike nor \
             opposed, or the seatings of a side disagree."
        }
    };
    let delay = match phase.delay_us {
        Some(delay) => delayed(delay),
        None => "A delay between the sides cannot be told, as each curve has its time zero where \
                 its own sound arrives."
            .to_owned(),
    };
    let rest = phase.worst.map(|worst| {
        format!(
            " Beyond polarity and delay the phases differ by {}° at most from 100 Hz to 3 kHz, at \
             {}.",
            fixed(worst.degrees.abs(), 0),
            hertz(worst.hz)
        )
    });
    format!("{polarity} {delay}{}", rest.unwrap_or_default())
}

fn delayed(delay: Covered) -> String {
    let later = if delay.value < 0.0 { "right" } else { "left" };
    let amount = fixed(delay.value.abs(), 1);
    match delay.interval {
        Some((from, to)) if from > 0.0 || to < 0.0 => format!(
            "The {later} side is {amount} µs later (95 %: left − right {} to {} µs).",
            signed(from, 1),
            signed(to, 1)
        ),
        Some((from, to)) => format!(
            "No delay is seen between them (left − right {} µs, 95 % {} to {} µs).",
            signed(delay.value, 1),
            signed(from, 1),
            signed(to, 1)
        ),
        None => format!("The {later} side is {amount} µs later in these single seatings."),
    }
}

fn tolerance(asked: Tolerance, verdict: &ToleranceVerdict) -> String {
    let limit = format!(
        "± {} dB from {} to {}",
        chosen(asked.db),
        hertz(asked.band.from_hz),
        hertz(asked.band.to_hz)
    );
    match verdict {
        ToleranceVerdict::Kept => format!(
            "The tolerance of {limit} is kept: the band that holds the true difference lies inside \
             it."
        ),
        ToleranceVerdict::Exceeded { ranges, by_level } => {
            let mut where_: Vec<String> = if ranges.len() > MOST_RANGES {
                vec![format!("in {} ranges", ranges.len())]
            } else {
                ranges.iter().map(range).collect()
            };
            if *by_level {
                where_.push("with the level of one side as a whole".to_owned());
            }
            format!("The tolerance of {limit} is exceeded beyond chance {}.", listed(&where_))
        }
        ToleranceVerdict::Open { reached: Some(reached) } => format!(
            "Whether the tolerance of {limit} is kept stays open: the band that holds the true \
             difference reaches {} at {}. More seatings make it narrower.",
            prose_db(reached.db, None),
            hertz(reached.hz)
        ),
        ToleranceVerdict::Open { reached: None } => format!(
            "Whether the tolerance of {limit} is kept cannot be told from a single seating of a \
             side."
        ),
    }
}

fn range(span: &Span) -> String {
    let (from, to) = (hertz(span.from_hz), hertz(span.to_hz));
    if from == to { format!("at {from}") } else { format!("from {from} to {to}") }
}

fn basis(sides: &LevelDifference) -> String {
    let pairs = match sides.evidence().map(|seen| seen.pairing) {
        Some(Pairing::Paired) => " in pairs, both sides at once",
        _ => "",
    };
    format!(
        "{}{pairs}. This is a difference of the sides only if nothing else changed: the same \
         coupler and microphone, the same channel of the amplifier and the same volume for both; \
         another microphone or channel adds its own difference.",
        seatings(sides)
    )
}

fn seatings(of: &LevelDifference) -> String {
    let side =
        |name: &str, n: usize| format!("{} of {}", counted(n, "seating", "seatings"), quoted(name));
    let (first, second) = (&of.of, &of.against);
    let text = listed(&[
        side(&first.name, first.seatings.len()),
        side(&second.name, second.seatings.len()),
    ]);
    capitalised(&text)
}

/// Paragraphs on each state of a headphone, on what further states add, and on the basis.
#[must_use]
pub fn isolation(isolation: &Isolation) -> Vec<String> {
    let states = isolation.states.iter().map(|of| {
        let mean = of.mean.map_or_else(String::new, |mean| {
            let bound = if mean.bound { " or more" } else { "" };
            format!(
                "keeps out {}{bound} (mean of octaves, 125 Hz to 8 kHz{}). ",
                prose_db(mean.db.value, None),
                interval(mean.db)
            )
        });
        format!("{} {mean}{}{}", quoted(&of.against.name), least(of), faint(of, "a lower bound"))
    });
    let gained = isolation.gained.iter().filter_map(gained);
    let basis = isolation.states.first().map(|of| {
        format!(
            "{}. The level at the microphone without the headphone less that with it (insertion \
             loss; ISO 4869-3, 2007, and ANSI/ASA S12.42, 2010, measure hearing protectors so). It \
             holds for a source that stayed where it was and played the same; bone conduction, \
             which lets people hear past some 40 dB, has no part in it.",
            seatings(of)
        )
    });
    states.chain(gained).chain(basis).collect()
}

/// The octaves with the least and with the most.
fn least(of: &LevelDifference) -> String {
    let by_value = |a: &&OctaveMean, b: &&OctaveMean| a.db.value.total_cmp(&b.db.value);
    let (least, most) = (of.octaves.iter().min_by(by_value), of.octaves.iter().max_by(by_value));
    let (Some(least), Some(most)) = (least, most) else { return String::new() };
    format!(
        "Of the octaves the one at {} has the least, {} dB, and that at {} the most, {} dB.",
        octave_hz(least.centre_hz),
        signed(least.db.value, 1),
        octave_hz(most.centre_hz),
        signed(most.db.value, 1)
    )
}

fn interval(db: Covered) -> String {
    db.interval.map_or_else(String::new, |(from, to)| {
        format!("; 95 % from {} to {} dB", fixed(from, 1), fixed(to, 1))
    })
}

fn faint(of: &LevelDifference, bound: &str) -> String {
    if of.faint.is_empty() {
        return String::new();
    }
    let ranges = if of.faint.len() > MOST_RANGES {
        format!("in {} ranges", of.faint.len())
    } else {
        listed(&of.faint.iter().map(range).collect::<Vec<_>>())
    };
    format!(" {} what was left lay at the noise: {bound}.", capitalised(&ranges))
}

/// What a state adds to the first.
fn gained(of: &LevelDifference) -> Option<String> {
    let (state, first) = (quoted(&of.against.name), quoted(&of.of.name));
    let octaves: Vec<String> = (of.octaves.iter())
        .filter(|octave| octave.db.interval.is_some_and(|(from, to)| from > 0.0 || to < 0.0))
        .map(|octave| {
            format!("{} dB at {}", signed(octave.db.value, 1), octave_hz(octave.centre_hz))
        })
        .collect();
    let sentence = if octaves.is_empty() {
        format!("{state} keeps out as much as {first}, as far as these seatings tell.")
    } else {
        format!("{state} against {first}: {} (octaves that differ).", listed(&octaves))
    };
    (!of.octaves.is_empty()).then_some(sentence)
}

/// Paragraphs on what a headphone lets out, and on the basis.
#[must_use]
pub fn leakage(leakage: &Leakage) -> Vec<String> {
    let of = &leakage.outside;
    let place = leakage.distance.map_or_else(
        || "outside, at a distance that was not stated".to_owned(),
        |distance| format!("at {} cm", chosen(100.0 * distance.m())),
    );
    let mean = of.mean.map(|mean| {
        let bound = if mean.bound { ", or lower" } else { "" };
        format!(
            "The level {place} lies {} {} that at the ear{bound} (mean of octaves, 125 Hz to \
             8 kHz{}).",
            prose_db(mean.db.value, None),
            if mean.db.value < 0.0 { "below" } else { "above" },
            interval(mean.db)
        )
    });
    let octaves = format!("{}{}", least(of), faint(of, "an upper bound"));
    let basis = format!(
        "{}. Both from one microphone, or from two that are calibrated, with the headphone on the \
         coupler and at one setting of the volume; the room adds to what is heard outside.",
        seatings(of)
    );
    [mean, Some(octaves).filter(|text| !text.is_empty()), Some(basis)]
        .into_iter()
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LevelAt;
    use crate::report::specimen;

    fn assert_says(paragraphs: &[String], parts: &[&str]) {
        let text = paragraphs.join("\n");
        for part in parts {
            assert!(text.contains(part), "'{part}' is not in '{text}'");
        }
    }

    #[test]
    fn two_sides_are_told_by_level_phase_and_tolerance() {
        let mut matching = specimen::matching(4);
        assert_says(
            &channels(&matching),
            &[
                "The left side is 0.40 dB louder, 100 Hz to 10 kHz, more than seating does.",
                "Both sides have the same polarity. The right side is 2.0 µs later",
                "differ by 12° at most from 100 Hz to 3 kHz, at 2.5 kHz.",
                "± 1 dB from 100 Hz to 10 kHz is exceeded beyond chance from 500 Hz to 1 kHz.",
                "Four seatings of “left” and four seatings of “right”.",
                "the same channel of the amplifier",
            ],
        );
        let phase = matching.phase.as_mut().unwrap();
        (phase.inverted, phase.delay_us) = (Some(true), None);
        matching.tolerance.as_mut().unwrap().1 =
            ToleranceVerdict::Open { reached: Some(LevelAt { db: 1.6, hz: 9e3 }) };
        assert_says(
            &channels(&matching),
            &[
                "polarity of one side is inverted",
                "cannot be told",
                "open",
                "reaches 1.6 dB at 9 kHz",
            ],
        );
    }

    #[test]
    fn isolation_names_bounds_and_what_a_state_adds() {
        let mut of = specimen::isolation();
        assert_says(
            &isolation(&of),
            &[
                "“passive” keeps out 20.0 dB (mean of octaves, 125 Hz to 8 kHz; 95 % from 19.0 to",
                "“anc” keeps out 30.0 dB or more",
                "From 5 kHz to 10 kHz what was left lay at the noise: a lower bound.",
                "“anc” keeps out as much as “passive”",
                "ISO 4869-3",
            ],
        );
        of.gained[0].octaves[0].db.interval = Some((17.0, 19.0));
        assert_says(&isolation(&of), &["“anc” against “passive”: +18.0 dB at 125 Hz"]);
    }

    #[test]
    fn leakage_says_how_far_away() {
        let outside = specimen::isolation().states.remove(0);
        let distance = crate::quantity::Length::new(0.5).ok();
        let mut of = Leakage { outside, distance, smoothing: crate::quantity::Smoothing::None };
        assert_says(&leakage(&of), &["The level at 50 cm lies 20.0 dB above that at the ear"]);
        of.distance = None;
        assert_says(&leakage(&of), &["at a distance that was not stated"]);
    }
}
