//! What a state of a headphone changes.

use super::extent::{Largest, Quiet, largest_between, quiet_end};
use super::{capitalised, counted, listed, quoted};
use crate::model::{Normalisation, StateComparison};
use crate::quantity::{Smoothing, Uncertain};
use crate::report::digits::{fixed, hertz, prose_db};
use crate::report::reading::{Pair, deep_bass};

/// A change of the bass smaller than this is none, in decibels: it would be printed as 0.0.
const NEGLIGIBLE_DB: f64 = 0.05;
/// A spread below this is printed as nothing, in decibels.
const NO_SPREAD_DB: f64 = 0.005;
/// Above this many standard errors a change is called far larger than seating, if it is also twice
/// the spread of single seatings. For three seatings each, t = 4 is p = 0.016; with fewer the
/// sentence is followed by one that says how little that is.
const FAR_LARGER: f64 = 4.0;
/// So many times the spread, from enough seatings, is worth a sentence.
const SPREAD_GROWTH: f64 = 2.0;
/// Fewer seatings than this say little about a spread, and a sentence says so.
const FEW_SEATINGS: usize = 4;
/// Above the bass, and below where narrow dips move with every placement, in hertz.
const TREBLE_HZ: (f64, f64) = (1000.0, 8000.0);

/// How many seatings the states have, and how the curves were laid upon each other.
#[must_use]
pub fn basis(comparison: &StateComparison) -> String {
    let states: Vec<String> = (comparison.states.iter())
        .map(|state| {
            let seatings = counted(state.seatings.len(), "seating", "seatings");
            format!("{seatings} of {}", quoted(&state.name))
        })
        .collect();
    let place = match comparison.normalisation {
        Normalisation::At(at) => format!("All curves pass through 0 dB at {}", hertz(at.hz())),
        Normalisation::Over(from, to) => {
            format!(
                "All curves have a mean of 0 dB from {} to {}",
                hertz(from.hz()),
                hertz(to.hz())
            )
        }
        Normalisation::Broadband => {
            "All curves have the same mean power from 20 Hz to 20 kHz".to_owned()
        }
        Normalisation::None => "The curves stand at the levels they were measured at".to_owned(),
    };
    let smoothing = match comparison.smoothing {
        Smoothing::None => "not smoothed".to_owned(),
        Smoothing::Octave(_) => format!("smoothed over {}", comparison.smoothing),
    };
    format!("{}. {place} and are {smoothing}.", capitalised(&listed(&states)))
}

/// One paragraph for each state but the reference: what changes in the bass, whether that is more
/// than seating does, where the bass ends, and what is seen above.
#[must_use]
pub fn states(comparison: &StateComparison) -> Vec<String> {
    let pairs = comparison.differences.iter().filter_map(|d| Pair::of(comparison, d));
    pairs.map(|pair| paragraph(&pair)).filter(|text| !text.is_empty()).collect()
}

fn paragraph(pair: &Pair<'_>) -> String {
    let sentences = [
        bass(pair),
        corner(pair),
        verdict(pair),
        spread_growth(pair),
        few_seatings(pair),
        above(pair),
    ];
    sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn bass(pair: &Pair<'_>) -> Option<String> {
    let (state, reference) = (quoted(&pair.state.name), quoted(&pair.reference.name));
    let change = pair.shelf_change_db()?;
    let u = pair.difference.bass_shelf_db.map(|change| change.u);
    let amount = if change.abs() < NEGLIGIBLE_DB {
        format!("{state} has as much bass as {reference}")
    } else {
        let direction = if change < 0.0 { "less" } else { "more" };
        format!("{state} has {} {direction} bass than {reference}", prose_db(change, u))
    };
    let deep = deep_bass(&pair.difference.curve)
        .filter(|(value, _)| value.abs() >= NEGLIGIBLE_DB)
        .map_or_else(String::new, |(value, u)| {
            let direction = if value < 0.0 { "lower" } else { "higher" };
            format!("; at 30 Hz it is {} {direction}", prose_db(value, u))
        });
    Some(format!("{amount} (20–100 Hz against 300 Hz–1 kHz){deep}."))
}

fn corner(pair: &Pair<'_>) -> Option<String> {
    // A curve that holds the bass and has no corner keeps its level to the end.
    pair.state.bass_shelf_db.and(pair.reference.bass_shelf_db)?;
    let (reference, end) = (quoted(&pair.reference.name), hertz(lower_end_hz(pair)));
    let (own, other) = (pair.state.corner_minus_3_db_hz, pair.reference.corner_minus_3_db_hz);
    let sentence = match (own.map(hertz), other.map(hertz)) {
        (None, None) => return None,
        (Some(own), Some(other)) if own == other => {
            format!("The level of both has fallen by 3 dB at {own}.")
        }
        (Some(own), Some(other)) => {
            format!("Its level has fallen by 3 dB at {own}, that of {reference} at {other}.")
        }
        (Some(own), None) => {
            format!("Its level has fallen by 3 dB at {own}; that of {reference} holds to {end}.")
        }
        (None, Some(other)) => {
            format!("Its level holds to {end}; that of {reference} has fallen by 3 dB at {other}.")
        }
    };
    Some(sentence)
}

/// Down to where a corner is looked for, in hertz.
fn lower_end_hz(pair: &Pair<'_>) -> f64 {
    /// Below it, corners are not looked for.
    const BASS_HZ: f64 = 20.0;
    pair.difference.curve.grid().first_hz().max(BASS_HZ)
}

/// What the change means beside the spread between seatings.
fn verdict(pair: &Pair<'_>) -> Option<String> {
    if pair.fewest_seatings() < 2 {
        return Some(no_verdict(pair));
    }
    let change = pair.difference.bass_shelf_db?;
    let (own_sd, other_sd) = spreads(pair)?;
    let conclusion = conclusion(change, own_sd.max(other_sd), pair.fewest_seatings());
    Some(format!(
        "From seating to seating this figure spreads by {} in {} and by {} in {} (standard \
         deviation); {conclusion}",
        prose_db(own_sd, None),
        quoted(&pair.state.name),
        prose_db(other_sd, None),
        quoted(&pair.reference.name),
    ))
}

/// What follows from the change of the bass and the larger spread of the two states.
fn conclusion(change: Uncertain, largest_sd: f64, fewest_seatings: usize) -> String {
    let size = change.value.abs();
    let error = prose_db(change.u, None);
    if size <= (2.0 * change.u).max(NEGLIGIBLE_DB) {
        return format!(
            "the change is within twice its standard error of {error}, so these seatings do not \
             tell the two states apart by their bass."
        );
    }
    if change.u < NO_SPREAD_DB {
        return "next to that the change is large.".to_owned();
    }
    let times = size / change.u;
    let beyond = format!("the change is {} times its standard error of {error}", multiple(times));
    match fewest_seatings {
        _ if times <= FAR_LARGER => format!("{beyond}: more seatings would make it surer."),
        ..=2 => format!("{beyond}."),
        _ if size > 2.0 * largest_sd => format!("{beyond}, far larger than what seating does."),
        _ => format!("{beyond}: it is there on average, but a single seating need not show it."),
    }
}

fn no_verdict(pair: &Pair<'_>) -> String {
    let single: Vec<String> = [pair.state, pair.reference]
        .into_iter()
        .filter(|state| state.seatings.len() < 2)
        .map(|state| quoted(&state.name))
        .collect();
    format!(
        "There is only one seating of {}, so nothing is known of the spread between seatings and \
         no verdict is possible: this may be the state or the placement.",
        single.join(" and one of ")
    )
}

fn spread_growth(pair: &Pair<'_>) -> Option<String> {
    let (own_sd, other_sd) = spreads(pair)?;
    let enough = pair.fewest_seatings() >= FEW_SEATINGS && other_sd >= NO_SPREAD_DB;
    let growth = own_sd / other_sd;
    (enough && growth >= SPREAD_GROWTH).then(|| {
        format!(
            "The spread is {} times as wide as that of {}, which can be a sign that the seal \
             changes from one placement to the next.",
            multiple(growth),
            quoted(&pair.reference.name)
        )
    })
}

/// Standard deviations of the bass between the seatings of the state and of the reference.
fn spreads(pair: &Pair<'_>) -> Option<(f64, f64)> {
    Some((pair.state.bass_shelf_db?.sd?, pair.reference.bass_shelf_db?.sd?))
}

fn few_seatings(pair: &Pair<'_>) -> Option<String> {
    let fewest = pair.fewest_seatings();
    (2..FEW_SEATINGS).contains(&fewest).then(|| {
        let seatings = counted(fewest, "seating", "seatings");
        format!("{} say little about a spread; five or more say it well.", capitalised(&seatings))
    })
}

/// What is seen above the bass, for states with two or more seatings.
fn above(pair: &Pair<'_>) -> Option<String> {
    let curve = &pair.difference.curve;
    let (from_hz, to_hz) = TREBLE_HZ;
    match quiet_end(curve, f64::INFINITY).or_else(|| quiet_end(curve, to_hz)) {
        Some(quiet) => Some(silence(&quiet)),
        None => Some(loudest(&largest_between(curve, from_hz, to_hz)?)),
    }
}

fn silence(quiet: &Quiet) -> String {
    format!(
        "Nowhere from {} to {} does the difference exceed twice its standard error; the largest \
         there is {} at {}.",
        hertz(quiet.from_hz),
        hertz(quiet.to_hz),
        prose_db(quiet.largest.value_db, None),
        hertz(quiet.largest.at_hz)
    )
}

fn loudest(largest: &Largest) -> String {
    let sign = if largest.value_db < 0.0 { '−' } else { '+' };
    let chance = if largest.value_db.abs() > FAR_LARGER * largest.u_db {
        ""
    } else {
        "; among so many frequencies that may be chance"
    };
    format!(
        "From {} to {} the largest difference is {sign}{} at {}, where its standard error is \
         {}{chance}.",
        hertz(TREBLE_HZ.0),
        hertz(TREBLE_HZ.1),
        prose_db(largest.value_db, None),
        hertz(largest.at_hz),
        prose_db(largest.u_db, None),
    )
}

/// How many times: tenths below ten, whole above.
fn multiple(times: f64) -> String {
    fixed(times, usize::from(times < 9.95))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen::{comparison, state};

    fn only(comparison: &StateComparison) -> String {
        let paragraphs = states(comparison);
        assert_eq!(paragraphs.len(), 1);
        paragraphs[0].clone()
    }

    fn against_new(n: usize, bass_db: f64, sd_db: f64) -> String {
        only(&comparison(vec![state("new", 4, 0.0, 0.12), state("worn", n, bass_db, sd_db)]))
    }

    fn assert_says(text: &str, parts: &[&str]) {
        for part in parts {
            assert!(text.contains(part), "'{part}' is not in '{text}'");
        }
    }

    #[test]
    fn a_loss_of_bass_beyond_the_spread_is_far_larger_than_seating() {
        let text = against_new(4, -1.24, 0.11);
        assert_says(
            &text,
            &[
                "“worn” has 1.24 dB less bass than “new” (20–100 Hz against 300 Hz–1 kHz)",
                "; at 30 Hz it is 1.24 dB lower.",
                "spreads by 0.11 dB in “worn” and by 0.12 dB in “new”",
                "15 times its standard error of 0.08 dB, far larger than what seating does.",
            ],
        );
        assert!(!text.contains("significant"), "{text}");
    }

    #[test]
    fn a_change_within_twice_its_error_does_not_tell_states_apart() {
        let text = against_new(4, 0.15, 0.2);
        assert_says(&text, &["0.1 dB more bass", "within twice its standard error of 0.12 dB"]);
        assert!(!text.contains("far larger"), "{text}");
    }

    #[test]
    fn a_change_of_three_errors_asks_for_more_seatings() {
        assert_says(
            &against_new(4, -0.35, 0.2),
            &["3.0 times its standard error", "more seatings would make it surer"],
        );
    }

    #[test]
    fn a_change_that_single_seatings_may_hide_is_one_on_average() {
        let text = only(&comparison(vec![state("a", 25, 0.0, 1.0), state("b", 25, -1.5, 1.0)]));
        assert_says(&text, &["5.3 times", "it is there on average"]);
    }

    #[test]
    fn a_single_seating_allows_no_verdict() {
        let text = against_new(1, -5.0, 0.0);
        assert_says(
            &text,
            &["5.0 dB less bass", "only one seating of “worn”, so", "no verdict is possible"],
        );
        assert!(!text.contains("standard error"), "{text}");
        let both = only(&comparison(vec![state("a", 1, 0.0, 0.0), state("b", 1, -1.0, 0.0)]));
        assert_says(&both, &["only one seating of “b” and one of “a”"]);
    }

    #[test]
    fn two_seatings_are_said_to_be_few() {
        let text = against_new(2, -5.0, 0.05);
        assert_says(&text, &["Two seatings say little about a spread"]);
        assert!(!text.contains("far larger"), "{text}");
    }

    #[test]
    fn a_spread_that_grows_points_to_the_seal() {
        assert_says(
            &against_new(5, -5.8, 0.6),
            &["The spread is 5.0 times as wide as that of “new”"],
        );
        assert!(!against_new(5, -5.8, 0.2).contains("as wide as"));
        assert!(!against_new(3, -5.8, 0.6).contains("as wide as"));
    }

    #[test]
    fn a_corner_is_named_where_there_is_one() {
        let with = |own: Option<f64>, other: Option<f64>| {
            let mut new = state("new", 4, 0.0, 0.1);
            let mut worn = state("worn", 4, -1.0, 0.1);
            (worn.corner_minus_3_db_hz, new.corner_minus_3_db_hz) = (own, other);
            only(&comparison(vec![new, worn]))
        };
        assert!(!with(None, None).contains("3 dB at"));
        let level = "Its level has fallen by 3 dB at 32 Hz";
        assert_says(&with(Some(32.1), Some(27.0)), &[level, ", that of “new” at 27 Hz."]);
        assert_says(&with(Some(32.1), None), &[level, "; that of “new” holds to 20 Hz."]);
        assert_says(&with(None, Some(27.0)), &["Its level holds to 20 Hz; that of “new”"]);
        assert_says(&with(Some(32.1), Some(32.2)), &["The level of both has fallen"]);
    }

    #[test]
    fn where_nothing_is_seen_is_said_so() {
        let text = against_new(4, -3.0, 0.1);
        let start = text.find("Nowhere from 20").unwrap();
        assert_says(&text[start..], &["kHz does the difference exceed twice its standard error"]);
    }

    #[test]
    fn what_is_seen_above_the_bass_stands_beside_its_error() {
        let mut result = comparison(vec![state("new", 4, 0.0, 0.1), state("worn", 4, -1.0, 0.1)]);
        let curve = &result.differences[0].curve;
        let tilted = curve.hz().iter().map(|f| 0.5 * (f / 1000.0).log2()).collect();
        let tilted = crate::model::Curve::new(curve.grid().clone(), tilted).unwrap();
        result.differences[0].curve = tilted.with_u(curve.u().unwrap().clone()).unwrap();
        assert_says(
            &only(&result),
            &[
                "From 1 kHz to 8 kHz the largest difference is +1.5 dB at",
                "where its standard error is 0.07 dB.",
            ],
        );
    }

    #[test]
    fn absent_figures_have_no_sentence() {
        let mut result = comparison(vec![state("a", 4, 0.0, 0.1), state("b", 4, 0.0, 0.1)]);
        for state in &mut result.states {
            state.bass_shelf_db = None;
        }
        let difference = &mut result.differences[0];
        difference.bass_shelf_db = None;
        let grid = difference.curve.grid().clone();
        difference.curve = crate::model::Curve::from_fn(grid, |_| 0.0).unwrap();
        assert_eq!(states(&result), [""; 0]);
    }

    #[test]
    fn the_basis_names_seatings_normalisation_and_smoothing() {
        let result = comparison(vec![state("new", 4, 0.0, 0.1), state("worn", 1, 0.0, 0.1)]);
        assert_eq!(
            basis(&result),
            "Four seatings of “new” and one seating of “worn”. All curves pass through 0 dB at \
             1 kHz and are smoothed over 1/12 octave."
        );
    }
}
