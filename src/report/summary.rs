//! The figures of a comparison as tables.

use super::digits::{ABSENT, at_most, chosen, decimals_of, fixed, signed, significant};
use super::reading::{Pair, deep_bass};
use super::table::{Column, Table};
use super::words::quoted;
use crate::model::{SourceComparison, SourceEffect, StateComparison, StateSummary, Verification};

/// Decimals of levels that carry no uncertainty.
const DB_DECIMALS: usize = 2;
/// Decimals of levels that may be thousandths of a decibel.
const FINE_DECIMALS: usize = 3;
/// A change below this is printed as zero and has no place.
const NO_CHANGE_DB: f64 = 0.005;

/// One row per state: its bass, the spread between its seatings, and its change against the
/// reference.
#[must_use]
pub fn states(comparison: &StateComparison) -> Table {
    let decimals = bass_decimals(comparison);
    let rows = comparison.states.iter().map(|state| state_row(comparison, state, decimals));
    let columns = [
        Column::text("State"),
        Column::count("Seatings"),
        Column::number("Bass", "dB"),
        Column::number("sd", "dB"),
        Column::number("−3 dB at", "Hz"),
        Column::number("Change", "dB"),
        Column::number("s.e.", "dB"),
        Column::number("At 30 Hz", "dB"),
        Column::number("s.e.", "dB"),
    ];
    Table::new("The states in figures", columns, rows.collect()).with_notes(state_notes(comparison))
}

fn state_notes(comparison: &StateComparison) -> Vec<String> {
    let mut notes = vec![
        "Bass: mean level 20 Hz to 100 Hz over 300 Hz to 1 kHz. sd: standard deviation between \
         seatings. −3 dB at: where the bass has fallen 3 dB below 300 Hz to 1 kHz."
            .to_owned(),
    ];
    if let Some(difference) = comparison.differences.first() {
        notes.push(format!(
            "Change and At 30 Hz: against {}, each with its standard error (s.e.).",
            quoted(&difference.reference)
        ));
    }
    notes
}

/// As many decimals as the surest bass figure deserves, one or two.
fn bass_decimals(comparison: &StateComparison) -> usize {
    let u_of = |state: &StateSummary| {
        Some(state.bass_shelf_db?.sd? / (state.seatings.len() as f64).sqrt())
    };
    let decimals = comparison.states.iter().filter_map(u_of).map(|u| decimals_of(u, 2, 1));
    decimals.max().unwrap_or(1).clamp(1, DB_DECIMALS)
}

fn state_row(comparison: &StateComparison, state: &StateSummary, decimals: usize) -> [String; 9] {
    let pair = (comparison.differences.iter())
        .find(|difference| difference.state == state.name)
        .and_then(|difference| Pair::of(comparison, difference));
    let shelf = state.bass_shelf_db;
    let change = pair.and_then(|pair| pair.shelf_change_db());
    let change_u = pair.and_then(|pair| pair.difference.bass_shelf_db).map(|change| change.u);
    let deep = pair.and_then(|pair| deep_bass(&pair.difference.curve));
    let db = |value| fixed(value, decimals);
    let signed_db = |value| signed(value, decimals);
    [
        state.name.clone(),
        state.seatings.len().to_string(),
        or_absent(shelf.map(|shelf| signed_db(shelf.mean))),
        or_absent(shelf.and_then(|shelf| shelf.sd).map(db)),
        or_absent(state.corner_minus_3_db_hz.map(|hz| fixed(hz, 0))),
        or_absent(change.map(signed_db)),
        or_absent(change_u.map(db)),
        or_absent(deep.map(|(value, _)| signed_db(value))),
        or_absent(deep.and_then(|(_, u)| u).map(db)),
    ]
}

/// One row per source: what it does to the response, the level and the damping.
#[must_use]
pub fn source(comparison: &SourceComparison) -> Table {
    let columns = [
        Column::number("Source", "Ω"),
        Column::number("Largest change", "dB"),
        Column::number("At", "Hz"),
        Column::number("± (k = 2)", "dB"),
        Column::number("Peak to peak", "dB"),
        Column::number("Level at 1 kHz", "dB"),
        Column::count("Damping factor"),
    ];
    let rows = comparison.sources.iter().map(source_row).collect();
    let notes = vec![
        "Largest change: of the response, against a source of 0 Ω. Damping factor: the smallest \
         impedance over the source's; it is the same effect seen from another side, not a second \
         one."
            .to_owned(),
    ];
    Table::new("The sources in figures", columns, rows).with_notes(notes)
}

fn source_row(effect: &SourceEffect) -> [String; 7] {
    let changes = effect.worst_db.abs() >= NO_CHANGE_DB;
    [
        effect.source.output().map_or_else(
            || chosen(effect.source.ohm()),
            |output| format!("{} ({})", output.name, significant(effect.source.ohm(), 2)),
        ),
        signed(effect.worst_db, DB_DECIMALS),
        or_absent(changes.then(|| fixed(effect.worst_hz, 0))),
        or_absent(effect.u_worst_db().filter(|_| changes).map(expanded)),
        fixed(effect.peak_to_peak_db, DB_DECIMALS),
        signed(effect.loss_db, DB_DECIMALS),
        or_absent(effect.damping_factor.map(|factor| significant(factor, 2))),
    ]
}

/// The largest source for each limit, and what the rule of an eighth allows.
#[must_use]
pub fn limits(comparison: &SourceComparison) -> Table {
    let columns = [
        Column::text("Limit"),
        Column::number("Largest source", "Ω"),
        Column::number("Peak to peak", "dB"),
    ];
    let limit_rows = comparison.limits.iter().map(|limit| {
        let source = limit.source.map_or_else(|| "any".to_owned(), |source| at_most(source.ohm()));
        let limit_db = chosen(limit.limit_db);
        [format!("{limit_db} dB"), source, limit_db]
    });
    let rule = comparison.eighth_rule;
    let eighth = [
        "an eighth of the smallest impedance".to_owned(),
        at_most(rule.allows.ohm()),
        fixed(rule.costs_db, DB_DECIMALS),
    ];
    let rows = limit_rows.chain(std::iter::once(eighth)).collect();
    Table::new("How large a source may be", columns, rows)
}

/// One row per response that was held against its prediction.
#[must_use]
pub fn verifications(comparison: &SourceComparison) -> Table {
    let columns = [
        Column::text("Source"),
        Column::number("Offset", "dB"),
        Column::number("rms", "dB"),
        Column::number("Largest", "dB"),
        Column::number("At", "Hz"),
        Column::number("± (k = 2)", "dB"),
        Column::number("Within", "%"),
        Column::text("Uncertainty"),
    ];
    let rows = comparison.verifications.iter().map(verification_row).collect();
    let note = "Measured less predicted, 50 Hz to 10 kHz: one offset, and what remains without it. \
                Within: share of the frequencies inside the expanded uncertainty.";
    Table::new("Predicted and measured", columns, rows).with_notes(vec![note.to_owned()])
}

fn verification_row(seen: &Verification) -> [String; 8] {
    let verdict = seen.verdict.as_ref().ok();
    [
        seen.source.output().map_or_else(
            || format!("{} Ω", chosen(seen.source.ohm())),
            |output| output.name.clone(),
        ),
        signed(seen.offset_db, FINE_DECIMALS),
        fixed(seen.rms_db, FINE_DECIMALS),
        signed(seen.worst_db, FINE_DECIMALS),
        fixed(seen.worst_hz, 0),
        or_absent(seen.u_worst_db().map(expanded)),
        or_absent(verdict.map(|verdict| fixed(100.0 * verdict.share_inside, 0))),
        or_absent(
            verdict
                .map(|verdict| if verdict.is_inside() { "inside" } else { "outside" }.to_owned()),
        ),
    ]
}

/// Twice a standard uncertainty in decibels.
fn expanded(u_db: f64) -> String {
    fixed(2.0 * u_db, FINE_DECIMALS)
}

fn or_absent(cell: Option<String>) -> String {
    cell.unwrap_or_else(|| ABSENT.to_owned())
}
