//! How much a response depends on where the headphone sits.

use super::{counted, listed, quoted};
use crate::model::{
    Consistency, Spread, StateComparison, StateSummary, WidestSpread, placement_meaning,
};
use crate::report::digits::{fixed, hertz, prose_db};

/// A paragraph on how alike the seatings of each state are; none without a second seating.
#[must_use]
pub fn consistency(comparison: &StateComparison) -> Vec<String> {
    let of = |state: &StateSummary| -> Option<String> {
        Some(format!("{} {}", quoted(&state.name), in_bands(state.consistency)?))
    };
    let states: Vec<String> = comparison.states.iter().filter_map(of).collect();
    if states.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "From seating to seating levels spread (standard deviation; bass 20 Hz to 100 Hz, midrange \
         300 Hz to 3 kHz, treble 5 kHz to 10 kHz): {}.",
        states.join("; ")
    )]
}

fn in_bands(of: Consistency) -> Option<String> {
    let bands =
        [("bass", of.bass_sd_db), ("midrange", of.midrange_sd_db), ("treble", of.treble_sd_db)];
    let known: Vec<String> = (bands.into_iter())
        .filter_map(|(band, sd)| Some(format!("{band} {} dB", fixed(sd?, 2))))
        .collect();
    (!known.is_empty()).then(|| known.join(", "))
}

/// A paragraph on all placements together, and one on what their names mean; none where placements
/// were not asked about.
#[must_use]
pub fn placements(comparison: &StateComparison) -> Vec<String> {
    let Some(spread) = &comparison.placements else { return Vec::new() };
    let places = counted(comparison.states.len(), "placement", "placements");
    let sentences = [
        in_bands(spread.consistency)
            .map(|bands| format!("Over {places} the means spread (standard deviation): {bands}.")),
        widest(spread.bass, "In the bass"),
        widest(spread.treble, "In the treble"),
        shelves(comparison),
    ];
    let sentences: Vec<String> = sentences.into_iter().flatten().collect();
    let known: Vec<String> = (comparison.states.iter())
        .filter_map(|state| {
            Some(format!("{}: {}", quoted(&state.name), placement_meaning(&state.name)?))
        })
        .collect();
    let meanings = (!known.is_empty()).then(|| format!("{}.", known.join("; ")));
    let sentences = (!sentences.is_empty()).then(|| sentences.join(" "));
    sentences.into_iter().chain(meanings).collect()
}

fn widest(widest: Option<WidestSpread>, band: &str) -> Option<String> {
    let WidestSpread { db, hz, .. } = widest?;
    Some(format!(
        "{band} two placements differ by {} at most, at {}.",
        prose_db(db, None),
        hertz(hz)
    ))
}

/// The placements with the least and the most bass.
fn shelves(comparison: &StateComparison) -> Option<String> {
    let shelf = |state: &&StateSummary| state.bass_shelf_db.map(|Spread { mean, .. }| mean);
    let known = || comparison.states.iter().filter_map(|state| Some((shelf(&state)?, &state.name)));
    let (least, most) =
        (known().min_by(|a, b| a.0.total_cmp(&b.0))?, known().max_by(|a, b| a.0.total_cmp(&b.0))?);
    (least.1 != most.1).then(|| {
        let names = listed(&[quoted(least.1), quoted(most.1)]);
        format!("Least and most bass have {names}, {} apart.", prose_db(most.0 - least.0, None))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PlacementSpread, Span};
    use crate::report::specimen::{comparison, state};

    fn placed() -> StateComparison {
        let mut result = comparison(vec![
            state("centred", 4, 0.0, 0.1),
            state("forward", 4, -2.0, 0.1),
            state("odd", 4, -1.0, 0.1),
        ]);
        let bands =
            Consistency { bass_sd_db: Some(0.12), midrange_sd_db: None, treble_sd_db: Some(1.5) };
        result.states[0].consistency = bands;
        let curve = result.states[0].mean.clone();
        let widest =
            |db, hz| Some(WidestSpread { db, hz, band: Span { from_hz: 20.0, to_hz: 1e2 } });
        result.placements = Some(PlacementSpread {
            mean: curve.clone(),
            lowest: curve.clone(),
            median: curve.clone(),
            highest: curve,
            consistency: bands,
            bass: widest(2.0, 20.0),
            treble: widest(6.5, 7e3),
        });
        result
    }

    #[test]
    fn placements_are_told_by_spread_and_by_the_two_that_differ_most() {
        let paragraphs = placements(&placed());
        let [spread, meanings] = &paragraphs[..] else { panic!("{paragraphs:?}") };
        for part in [
            "Over three placements the means spread (standard deviation): bass 0.12 dB, treble",
            "In the treble two placements differ by 6.5 dB at most, at 7 kHz.",
            "Least and most bass have “forward” and “centred”, 2.0 dB apart.",
        ] {
            assert!(spread.contains(part), "{part}: {spread}");
        }
        assert!(meanings.contains("“forward”: the cup moved towards the face"), "{meanings}");
        assert!(!meanings.contains("odd"), "{meanings}");
    }

    #[test]
    fn each_state_says_how_alike_its_seatings_are() {
        let said = consistency(&placed());
        assert!(said[0].ends_with("“centred” bass 0.12 dB, treble 1.50 dB."), "{said:?}");
        assert!(consistency(&comparison(vec![state("a", 1, 0.0, 0.0)])).is_empty());
    }
}
