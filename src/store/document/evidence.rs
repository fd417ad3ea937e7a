//! The part of a document that says what seatings show.

use serde_json::{Map, Value, json};

use crate::model::{CurveEvidence, Evidence, FigureEvidence, Limit, Pairing, Span};

/// Its keys stand beside those of the difference; none without evidence.
pub(super) fn evidence(evidence: &Evidence) -> Map<String, Value> {
    let shelf = evidence.bass_shelf();
    let members = json!({
        "paired": evidence.pairing == Pairing::Paired,
        "bass_shelf_from_db": shelf.map(|seen| seen.interval.0),
        "bass_shelf_to_db": shelf.map(|seen| seen.interval.1),
        "welch_p": shelf.map(|seen| seen.p),
        "hedges_g": shelf.map(|seen| seen.hedges_g),
        "minimal_detectable_db": shelf.map(|seen| seen.minimal_detectable),
        "detect_db": evidence.detect_db,
        "seatings_needed": shelf.and_then(|seen| seen.seatings_needed),
        "spread_variance_ratio": shelf.and_then(|seen| Some(seen.spread?.variance_ratio)),
        "spread_p": shelf.and_then(|seen| Some(seen.spread?.p)),
        "figures": evidence.figures.iter().map(figure).collect::<Vec<_>>(),
    });
    members_of(members).into_iter().chain(curve(&evidence.curve)).collect()
}

/// What is said of all frequencies together, under the same keys wherever it stands.
pub(super) fn curve(curve: &CurveEvidence) -> Map<String, Value> {
    let (method, assignments, smallest_p) = match curve.limit {
        Limit::Shuffled { assignments, smallest_p, all: true } => {
            ("all_permutations", Some(assignments), smallest_p)
        }
        Limit::Shuffled { assignments, smallest_p, all: false } => {
            ("random_permutations", Some(assignments), smallest_p)
        }
        Limit::Student { smallest_p } => ("parametric", None, smallest_p),
    };
    let widest = curve.widest_unseen;
    members_of(json!({
        "max_t_p": curve.p,
        "max_t_method": method,
        "max_t_permutations": assignments,
        "max_t_smallest_p": smallest_p,
        "ranges": curve.ranges.iter().map(range).collect::<Vec<_>>(),
        "no_difference_above_db": widest.map(|unseen| unseen.above_db),
        "no_difference_from_hz": widest.map(|unseen| unseen.span.from_hz),
        "no_difference_to_hz": widest.map(|unseen| unseen.span.to_hz),
        "no_difference": curve.unseen.iter().map(|unseen| {
            let mut object = range(&unseen.span);
            object["above_db"] = unseen.above_db.into();
            object
        }).collect::<Vec<_>>(),
        "simultaneous": {
            "frequency_hz": curve.difference.hz(),
            "magnitude_db": curve.difference.values().to_vec(),
            "half_width_db": curve.half_width.values().to_vec(),
        },
    }))
}

fn members_of(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn range(span: &Span) -> Value {
    json!({ "from_hz": span.from_hz, "to_hz": span.to_hz })
}

fn figure(seen: &FigureEvidence) -> Value {
    let unit = if seen.figure.is_frequency() { "octaves" } else { "db" };
    let mut object = json!({
        "figure": seen.figure.name(),
        "welch_p": seen.p,
        "holm_p": seen.adjusted_p,
        "hedges_g": seen.hedges_g,
        "seatings_needed": seen.seatings_needed,
        "spread_variance_ratio": seen.spread.map(|spread| spread.variance_ratio),
        "spread_p": seen.spread.map(|spread| spread.p),
    });
    let figures = [
        ("change", seen.change.value),
        ("u_change", seen.change.u),
        ("from", seen.interval.0),
        ("to", seen.interval.1),
        ("minimal_detectable", seen.minimal_detectable),
    ];
    for (name, value) in figures {
        object[format!("{name}_{unit}")] = value.into();
    }
    object
}
