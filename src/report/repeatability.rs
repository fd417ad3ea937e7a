//! What spreads repeated measurements, as tables for a terminal.

use super::digits::{ABSENT, decimals_of, fixed};
use super::table::{Column, Table};
use super::words::{band_name, cause_name};
use crate::model::{Comparing, FigureSpread, Repeatability, SpreadCause, SpreadPart};

/// The causes in the order of their columns.
const CAUSES: [SpreadCause; 5] = [
    SpreadCause::Repeat,
    SpreadCause::Reseat,
    SpreadCause::Day,
    SpreadCause::Session,
    SpreadCause::Operator,
];

/// A row for each figure, a column for each cause.
#[must_use]
pub fn spreads(study: &Repeatability) -> Table {
    let known = |cause: &SpreadCause| study.figures.iter().any(|of| of.part(*cause).is_some());
    let causes: Vec<SpreadCause> = CAUSES.into_iter().filter(known).collect();
    let heads = causes.iter().map(|cause| Column::number(cause_name(*cause), "dB"));
    let columns = [Column::text("Figure")].into_iter().chain(heads).collect();
    let row = |figure: &FigureSpread| {
        let cells = causes.iter().map(|cause| figure.part(*cause).map_or(ABSENT.to_owned(), cell));
        [band_name(figure.figure)].into_iter().chain(cells).collect()
    };
    let rows = study.figures.iter().map(row).collect();
    Table::of_columns("Standard deviations", columns, rows).with_notes(vec![
        "Standard deviations with 95 % intervals; no upper end where the study sets none."
            .to_owned(),
    ])
}

fn cell(part: &SpreadPart) -> String {
    let decimals = decimals_of(part.sd_db, 2, 2).max(2);
    let number = |db| fixed(db, decimals);
    let to = part.to_db.map_or("…".to_owned(), |to| format!("–{}", fixed(to, decimals.min(2))));
    format!("{} ({}{to})", number(part.sd_db), number(part.from_db))
}

/// The smallest change of the bass shelf that can be resolved.
///
/// `None` where nothing is known of seatings.
#[must_use]
pub fn resolution(study: &Repeatability) -> Option<Table> {
    let shelf = study.figures.first().filter(|figure| !figure.resolutions.is_empty())?;
    let counts = Repeatability::SEATINGS.map(|n| Column::number(format!("n = {n}"), "dB"));
    let needed = Repeatability::CHANGES_DB.map(|db| Column::count(format!("n for {db} dB")));
    let columns = [Column::text("Each state")].into_iter().chain(counts).chain(needed).collect();
    let rows = shelf.resolutions.iter().map(|of| {
        let changes = of.change_db.iter().map(|db| db.map_or(ABSENT.to_owned(), |db| fixed(db, 2)));
        let needed = of.seatings.iter().map(|n| n.map_or("none".to_owned(), |n| n.to_string()));
        [spoken(of.comparing).to_owned()].into_iter().chain(changes).chain(needed).collect()
    });
    let note = format!(
        "The smallest change of {} that is seen four times in five, at 5 % false alarms, with n \
         seatings of each of two states; and how many seatings a change needs.",
        band_name(shelf.figure)
    );
    Some(Table::of_columns("What can be resolved", columns, rows.collect()).with_notes(vec![note]))
}

const fn spoken(comparing: Comparing) -> &'static str {
    match comparing {
        Comparing::SameDay => "by one person, on one day",
        Comparing::OtherDay => "by one person, on another day",
        Comparing::OtherPerson => "by another person",
    }
}
