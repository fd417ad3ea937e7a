//! Tables for a terminal.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table as Grid, TableStyle};

use super::summary;
use super::table::{Align, Column, Table};
use crate::model::{SourceComparison, StateComparison};

/// Columns of a terminal that a table fits into.
const WIDTH: u16 = 96;

/// A rule below the head and nothing else.
const STYLE: TableStyle = NOTHING.header_separator(LineStyle::new('─', '─', '─', '─'));

/// The states of a comparison as a table with its notes; ends with a line feed.
#[must_use]
pub fn states(comparison: &StateComparison) -> String {
    table(&summary::states(comparison))
}

/// The sources of a comparison, and how large a source may be, as two tables with their notes;
/// ends with a line feed.
#[must_use]
pub fn source(comparison: &SourceComparison) -> String {
    let effects = table(&summary::source(comparison));
    format!("{effects}\n{}", table(&summary::limits(comparison)))
}

/// A table with its notes below it; every line, the last too, ends with a line feed.
///
/// Units stand in the head, numbers are set to the right. Lines are up to 96 columns wide; longer
/// cells are wrapped.
#[must_use]
pub fn table(table: &Table) -> String {
    let mut grid = Grid::new();
    grid.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    grid.set_header(table.columns().iter().map(head).collect::<Vec<_>>());
    for row in table.rows() {
        grid.add_row(table.cells(row).map(|(column, text)| cell(column, text)).collect::<Vec<_>>());
    }
    let mut lines = grid.trim_fmt();
    lines.push('\n');
    for note in table.notes() {
        for line in wrapped(note) {
            lines.push_str(&line);
            lines.push('\n');
        }
    }
    lines
}

fn head(column: &Column) -> Cell {
    let unit = column.unit().unwrap_or_default();
    cell(column, &format!("{}\n{unit}", column.title()))
}

fn cell(column: &Column, text: &str) -> Cell {
    // A name may come from a file: it must not steer the terminal.
    let printable: String = text.chars().filter(|&c| c == '\n' || !c.is_control()).collect();
    Cell::new(printable).set_alignment(match column.align() {
        Align::Text => CellAlignment::Left,
        Align::Number => CellAlignment::Right,
    })
}

/// A text in lines that fit, indented as the cells are.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() < WIDTH.into() => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!(" {word}")),
        }
    }
    lines
}
