//! How a headphone changes over time, as tables for a terminal.

use super::digits::{ABSENT, signed};
use super::table::{Column, Table};
use super::words::{chance, figure_name, figure_unit};
use crate::model::{FigureAt, Wear, WearLine, WearPoint};

/// Decimals of levels.
const DB_DECIMALS: usize = 2;

/// The bass shelf of every line at every time, and how it has changed since the first.
#[must_use]
pub fn wear(wear: &Wear) -> Table {
    let columns = [
        Column::text("Pads"),
        Column::text("Time"),
        Column::count("n"),
        Column::number("Bass shelf", "dB"),
        Column::number("From", "dB"),
        Column::number("To", "dB"),
        Column::number("Change", "dB"),
        Column::number("From", "dB"),
        Column::number("To", "dB"),
        Column::count("Chance"),
    ];
    let mut rows = Vec::new();
    for line in &wear.lines {
        let Some(shelf) = line.bass_shelf() else { continue };
        let times = line.points.iter().zip(&shelf.points);
        rows.extend(times.map(|(point, figure)| row(wear, line, point, figure)));
    }
    Table::new("Bass over time", columns, rows).with_notes(vec![
        "From and to: 95 % intervals; those of changes hold at all later times of a line at once \
         (Dunnett)."
            .to_owned(),
    ])
}

fn row(wear: &Wear, line: &WearLine, point: &WearPoint, figure: &FigureAt) -> [String; 10] {
    let db = |value: Option<f64>| value.map_or(ABSENT.to_owned(), |db| signed(db, DB_DECIMALS));
    let change = figure.change;
    [
        line.name.clone(),
        wear.time.spoken(point.at),
        point.seatings.to_string(),
        db(Some(figure.mean)),
        db(figure.interval.map(|interval| interval.0)),
        db(figure.interval.map(|interval| interval.1)),
        db(change.map(|change| change.change.value)),
        db(change.map(|change| change.interval.0)),
        db(change.map(|change| change.interval.1)),
        change.map_or(ABSENT.to_owned(), |change| chance(change.p)),
    ]
}

/// How all other figures of every line have changed from the first time to the last.
#[must_use]
pub fn figures(wear: &Wear) -> Table {
    let columns = [
        Column::text("Pads"),
        Column::text("Figure"),
        Column::text("Unit"),
        Column::count("Change"),
        Column::count("From"),
        Column::count("To"),
        Column::count("Chance"),
    ];
    let mut rows = Vec::new();
    for line in &wear.lines {
        for track in line.tracks.iter().skip(1) {
            let Some(change) = track.points.last().and_then(|last| last.change) else { continue };
            let number = |value| signed(value, DB_DECIMALS);
            rows.push([
                line.name.clone(),
                figure_name(track.figure),
                figure_unit(track.figure).to_owned(),
                number(change.change.value),
                number(change.interval.0),
                number(change.interval.1),
                chance(change.p),
            ]);
        }
    }
    let note = "From the first time to the last; intervals of 95 % that hold for all of these \
                figures and all later times at once (Dunnett, Bonferroni).";
    Table::new("Other figures", columns, rows).with_notes(vec![note.to_owned()])
}
