//! What spreads repeated measurements, as tables for a terminal.

use super::digits::{ABSENT, fixed};
use super::table::{Column, Table};
use super::words::{band_name, cause_name};
use crate::model::{Comparing, FigureSpread, Repeatability, SpreadCause, SpreadPart};

/// Decimals of levels.
const DB_DECIMALS: usize = 2;

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
    let number = |db| fixed(db, DB_DECIMALS);
    let to = part.to_db.map_or("…".to_owned(), |to| format!("–{}", number(to)));
    format!("{} ({}{to})", number(part.sd_db), number(part.from_db))
}

/// The smallest change of the bass shelf that can be resolved.
///
/// `None` where nothing is known of seatings.
#[must_use]
pub fn resolution(study: &Repeatability) -> Option<Table> {
    let shelf = study.figures.first().filter(|figure| !figure.resolutions.is_empty())?;
    let counts = Repeatability::SEATINGS.map(|n| Column::number(format!("n = {n}"), "dB"));
    let worst = Column::number(format!("worst, {}", Repeatability::AT_WORST), "dB");
    let needed = Repeatability::CHANGES_DB.map(|db| Column::count(format!("n for {db} dB")));
    let columns = [Column::text("Each state")]
        .into_iter()
        .chain(counts)
        .chain([worst])
        .chain(needed)
        .collect();
    let rows = shelf.resolutions.iter().map(|of| {
        let changes = of.change_db.iter().chain([&of.at_worst_db]);
        let changes = changes.map(|db| db.map_or(ABSENT.to_owned(), |db| fixed(db, DB_DECIMALS)));
        let needed = of.seatings.iter().map(|n| n.map_or("none".to_owned(), |n| n.to_string()));
        [spoken(of.comparing).to_owned()].into_iter().chain(changes).chain(needed).collect()
    });
    let note = format!(
        "The smallest change of the {} that is seen four times in five, at 5 % false alarms, with n \
         seatings of each of two states; worst: with {}, if every spread is as large as its \
         interval allows; and how many seatings a change needs.",
        band_name(shelf.figure),
        Repeatability::AT_WORST
    );
    Some(Table::of_columns("What can be resolved", columns, rows.collect()).with_notes(vec![note]))
}

const fn spoken(comparing: Comparing) -> &'static str {
    match comparing {
        Comparing::SameDay => "same person, same day",
        Comparing::OtherDay => "same person, another day",
        Comparing::OtherPerson => "another person",
    }
}
