//! What the seatings of two states say about their difference.

use super::{counted, listed, quoted};
use crate::model::{
    CurveEvidence, Evidence, FigureEvidence, Limit, Pairing, SeatingFigure, Span, StateComparison,
    StateDifference,
};
use crate::report::digits::{hertz, prose_db, signed};

/// How often chance may be taken for a difference.
const FALSE_ALARMS: f64 = 0.05;
/// That no difference larger than this is seen says nothing, in decibels.
const SAYS_NOTHING_DB: f64 = 6.0;
/// More ranges than these are counted, not named.
const MOST_RANGES: usize = 6;

/// A paragraph for each difference: the bass shelf, all frequencies, the other figures, and what
/// would not have been seen. A state of a single seating has none.
#[must_use]
pub fn evidence(comparison: &StateComparison) -> Vec<String> {
    let weighed = comparison.differences.iter().filter_map(|d| Some((d, d.evidence.as_ref()?)));
    weighed.map(|(difference, evidence)| paragraph(difference, evidence)).collect()
}

fn paragraph(difference: &StateDifference, evidence: &Evidence) -> String {
    let (state, reference) = (quoted(&difference.state), quoted(&difference.reference));
    let pairs = match evidence.pairing {
        Pairing::Independent => "",
        Pairing::Paired => ", seatings in pairs",
    };
    let shelf = evidence.bass_shelf();
    let sentences = [
        shelf.map(|shelf| bass_shelf(shelf, evidence.pairing)),
        shelf.and_then(|shelf| spread(shelf, &state, &reference)),
        Some(found_everywhere(&evidence.curve, evidence.pairing, "states")),
        nowhere(&evidence.curve),
        others(evidence),
        shelf.map(|shelf| power(shelf, evidence.detect_db)),
    ];
    let sentences: Vec<String> = sentences.into_iter().flatten().collect();
    format!("{state} against {reference}{pairs}: {}", sentences.join(" "))
}

fn bass_shelf(seen: &FigureEvidence, pairing: Pairing) -> String {
    let test = match pairing {
        Pairing::Independent => "Welch's t",
        Pairing::Paired => "Student's t of the pairs",
    };
    let verdict =
        if seen.p <= FALSE_ALARMS { "more than chance does" } else { "which chance alone may do" };
    format!(
        "the bass shelf changes by {} dB, {verdict} (95 % from {} to {} dB, {} by {test}, effect \
         size g = {}).",
        signed(seen.change.value, 2),
        signed(seen.interval.0, 2),
        signed(seen.interval.1, 2),
        chance(seen.p),
        signed(seen.hedges_g, 1),
    )
}

fn spread(seen: &FigureEvidence, state: &str, reference: &str) -> Option<String> {
    let spread = seen.spread.filter(|spread| spread.p <= FALSE_ALARMS)?;
    let times = spread.variance_ratio.sqrt();
    let (wider, narrower, times) =
        if times > 1.0 { (state, reference, times) } else { (reference, state, 1.0 / times) };
    Some(format!(
        "Its spread from seating to seating is {times:.1} times as wide in {wider} as in {narrower} \
         ({} by the F test).",
        chance(spread.p)
    ))
}

/// Where the curves differ, and what decides that. `things` are what has the curves: states, sides.
pub(super) fn found_everywhere(curve: &CurveEvidence, pairing: Pairing, things: &str) -> String {
    let enough = match pairing {
        Pairing::Independent => "Four seatings of each can, five or more are better",
        Pairing::Paired => "Six pairs can, more are better",
    };
    let found = match &curve.ranges[..] {
        [] => format!("At no frequency do the {things} differ beyond chance"),
        ranges if ranges.len() <= MOST_RANGES => {
            let ranges: Vec<String> = ranges.iter().map(range).collect();
            format!("The {things} differ {}", listed(&ranges))
        }
        [first, .., last] => format!(
            "The {things} differ in {} ranges from {} to {}",
            curve.ranges.len(),
            hertz(first.from_hz),
            hertz(last.to_hz)
        ),
        [only] => format!("The {things} differ {}", range(only)),
    };
    let p = chance(curve.p);
    match curve.limit {
        Limit::Shuffled { assignments, all, smallest_p } => {
            /// Of probabilities that are the same.
            const ROUNDING: f64 = 1e-9;
            let least = if all && curve.p <= smallest_p * (1.0 + ROUNDING) {
                ", the smallest that so few seatings can give"
            } else {
                ""
            };
            let of = if all {
                format!("all {assignments} assignments")
            } else {
                format!("{assignments} assignments, drawn at random,")
            };
            format!(
                "{found}: largest t at all frequencies together, {p}{least} (over {of} of the \
                 seatings to the {things})."
            )
        }
        Limit::Student { smallest_p } => format!(
            "{found}: {p} by Student's t for all frequencies together (Bonferroni), which assumes \
             normal spreads, as so few seatings cannot show 5 % by shuffling (the smallest would be \
             p = {smallest_p:.2}). {enough}."
        ),
    }
}

fn range(span: &Span) -> String {
    let (from, to) = (hertz(span.from_hz), hertz(span.to_hz));
    if from == to { format!("at {from}") } else { format!("from {from} to {to}") }
}

fn nowhere(curve: &CurveEvidence) -> Option<String> {
    let bounds: Vec<String> = (curve.unseen.iter())
        .filter(|unseen| unseen.above_db < SAYS_NOTHING_DB)
        .map(|unseen| format!("above {} {}", prose_db(unseen.above_db, None), range(&unseen.span)))
        .collect();
    let text = format!("No difference is seen {}.", listed(&bounds));
    (!bounds.is_empty() && bounds.len() <= MOST_RANGES).then_some(text)
}

/// The figures beside the bass shelf.
fn others(evidence: &Evidence) -> Option<String> {
    let others = || evidence.figures.iter().filter(|seen| seen.figure != SeatingFigure::BassShelf);
    let count = others().count();
    let changed: Vec<String> = others()
        .filter(|seen| seen.adjusted_p <= FALSE_ALARMS)
        .map(|seen| {
            let (value, unit) = (seen.change.value, unit(seen.figure));
            format!("{} ({} {unit})", named(seen.figure), signed(value, 2))
        })
        .collect();
    let figures = counted(count, "other figure", "other figures");
    match &changed[..] {
        _ if count == 0 => None,
        [] => Some(format!("Of {figures} none changes beyond chance.")),
        changed => Some(format!("Of {figures} these change beyond chance: {}.", listed(changed))),
    }
}

pub(in crate::report) const fn unit(figure: SeatingFigure) -> &'static str {
    if figure.is_frequency() { "octaves" } else { "dB" }
}

pub(in crate::report) fn named(figure: SeatingFigure) -> String {
    match figure {
        SeatingFigure::BassShelf => "the bass shelf".to_owned(),
        SeatingFigure::Corner(db) => format!("the −{db} dB corner"),
        SeatingFigure::Level(hz) => format!("the level at {}", hertz(f64::from(hz))),
        SeatingFigure::Treble => "the treble 5 kHz to 10 kHz".to_owned(),
    }
}

/// What these seatings could have shown, and how many more would show.
fn power(seen: &FigureEvidence, detect_db: f64) -> String {
    let amount = prose_db(detect_db, None);
    let needed = match seen.seatings_needed {
        Some(n) => format!("{amount} takes {} of each", counted(n, "seating", "seatings")),
        None => format!("{amount} takes more than a thousand seatings of each"),
    };
    format!(
        "These seatings show a change of the bass shelf of {} four times in five; {needed}.",
        prose_db(seen.minimal_detectable, None)
    )
}

/// A probability, no smaller than what the digits of a t are worth.
pub(in crate::report) fn chance(p: f64) -> String {
    if p < 0.001 {
        "p < 0.001".to_owned()
    } else if p < 0.1 {
        format!("p = {p:.3}")
    } else {
        format!("p = {p:.2}")
    }
}
