//! What one seating of a headphone shows beside the others.

use std::fmt::Write as _;

use super::counted;
use crate::model::{Departure, SeatingRecord, Seatings, SiblingFigure};
use crate::report::digits::{fixed, hertz, signed};

/// A seating in a line: its figures against those of its siblings, and whether it is like them.
#[must_use]
pub fn seating(seatings: &Seatings, record: &SeatingRecord) -> String {
    let of = |figure| record.departures.iter().find(|departure| departure.figure == figure);
    let mut parts = Vec::new();
    if let Some(db) = record.bass_shelf_db {
        let others = of(SiblingFigure::BassShelf).map(others).unwrap_or_default();
        parts.push(format!("bass shelf {} dB{others}", signed(db, 2)));
    }
    if let Some(hz) = record.notch_hz {
        let moved = of(SiblingFigure::Notch).map(|notch| 100.0 * (notch.by.exp2() - 1.0));
        let moved = moved.map_or(String::new(), |part| format!(" ({} %)", signed(part, 1)));
        parts.push(format!("notch at {}{moved}", hertz(hz)));
    }
    if let Some(level) = of(SiblingFigure::Level) {
        parts.push(format!("level {} dB", signed(level.by, 2)));
    }
    let verdict = match record.unlike() {
        _ if record.departures.is_empty() => "nothing to compare it with yet",
        None => "like the others",
        Some(_) => "UNLIKE the others",
    };
    parts.push(verdict.to_owned());
    let (number, wanted) = (record.number, seatings.wanted);
    format!("seating {number} of {wanted}: {}", parts.join(", "))
}

fn others(shelf: &Departure) -> String {
    let sd = shelf.sd.map_or(String::new(), |sd| format!(" ± {}", fixed(sd, 2)));
    format!(" (others {}{sd} dB)", signed(shelf.mean, 2))
}

/// The seatings of one state together: how many count, the bass shelf with its spread, what was set
/// aside, and what is unlike its siblings and counts all the same.
#[must_use]
pub fn seatings(seatings: &Seatings) -> Vec<String> {
    let count = seatings.counted().count();
    let mut text = format!("{}: {}", seatings.name, counted(count, "seating", "seatings"));
    if let Some(shelf) = seatings.summary.bass_shelf_db {
        let sd = shelf.sd.map_or(String::new(), |sd| {
            format!(", standard deviation between seatings {} dB", fixed(sd, 2))
        });
        let _ = write!(text, ", bass shelf {} dB{sd}", signed(shelf.mean, 2));
    }
    text.push('.');
    let mut paragraphs = vec![text];
    let folders = |records: Vec<&SeatingRecord>| {
        records.iter().map(|record| record.folder.as_str()).collect::<Vec<_>>().join(", ")
    };
    let aside: Vec<_> = seatings.records.iter().filter(|record| !record.counts()).collect();
    if !aside.is_empty() {
        paragraphs.push(format!(
            "Set aside and measured again, kept and not counted: {}.",
            folders(aside)
        ));
    }
    let odd: Vec<_> = seatings.counted().filter(|record| record.unlike().is_some()).collect();
    if !odd.is_empty() {
        paragraphs.push(format!("Unlike the others, and counted all the same: {}.", folders(odd)));
    }
    paragraphs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Decision;
    use crate::report::specimen;

    #[test]
    fn a_line_tells_shelf_notch_and_verdict() {
        let of = specimen::seatings();
        let lines: Vec<String> = of.records.iter().map(|record| seating(&of, record)).collect();
        assert_eq!(
            lines[1],
            "seating 2 of 5: bass shelf −1.50 dB (others +1.50 ± 0.10 dB), notch at 8.19 kHz \
             (+1.1 %), UNLIKE the others"
        );
        assert!(lines[0].ends_with("like the others") && !lines[0].contains("UNLIKE"));
        let mut first = of.clone();
        first.records[0].departures.clear();
        assert!(seating(&first, &first.records[0]).ends_with("nothing to compare it with yet"));
    }

    #[test]
    fn nothing_is_left_out_without_a_word() {
        let mut of = specimen::seatings();
        let text = seatings(&of).join("\n");
        assert!(text.contains("two seatings") && text.contains("not counted: 2."), "{text}");
        assert!(!text.contains("Unlike"), "{text}");
        of.records[1].decision = Some(Decision::Kept);
        let text = seatings(&of).join("\n");
        assert!(text.contains("counted all the same: 2.") && !text.contains("aside"), "{text}");
    }
}
