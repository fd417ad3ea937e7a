//! Tables for a terminal.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table as Grid, TableStyle};

use super::table::{Align, Column, Table};
use super::{
    cable as cable_tables, curves as curve_tables, drive as drive_tables,
    matching as matching_tables, matrix as matrix_tables, repeatability as repeatability_tables,
    seal as seal_tables, summary, wear as wear_tables, words,
};
use crate::model::{
    CableComparison, ChannelMatching, CurveComparison, Drive, Isolation, Leakage, Repeatability,
    SealComparison, SourceComparison, SourceMatrix, StateComparison, Wear,
};

/// Columns of a terminal that a table fits into.
const WIDTH: u16 = 96;

/// A rule below the head and nothing else.
const STYLE: TableStyle = NOTHING.header_separator(LineStyle::new('─', '─', '─', '─'));

/// The states of a comparison as a table with its notes, a paragraph for each difference on what
/// its seatings show, one for each leak that was looked for, and what placements say; ends with a
/// line feed.
#[must_use]
pub fn states(comparison: &StateComparison) -> String {
    table(&summary::states(comparison))
        + &paragraphs(&words::evidence(comparison))
        + &paragraphs(&words::leaks(comparison))
        + &paragraphs(&words::consistency(comparison))
        + &paragraphs(&words::placements(comparison))
}

/// The levels of two sides, within what they match, and paragraphs on what follows; ends with a line
/// feed.
#[must_use]
pub fn channels(matching: &ChannelMatching) -> String {
    let levels = table(&matching_tables::levels(matching));
    let within = table(&matching_tables::within(matching));
    format!("{levels}\n{within}{}", paragraphs(&words::channels(matching)))
}

/// What a headphone keeps out, in octaves, and paragraphs on what follows; ends with a line feed.
#[must_use]
pub fn isolation(isolation: &Isolation) -> String {
    table(&matching_tables::isolation(isolation)) + &paragraphs(&words::isolation(isolation))
}

/// What a headphone lets out, in octaves, and paragraphs on what follows; ends with a line feed.
#[must_use]
pub fn leakage(leakage: &Leakage) -> String {
    table(&matching_tables::leakage(leakage)) + &paragraphs(&words::leakage(leakage))
}

/// The sources of a comparison, and how large a source may be, as two tables with their notes; of
/// an inferred impedance its figures; what it predicts against what was measured. Ends with a line
/// feed.
#[must_use]
pub fn source(comparison: &SourceComparison) -> String {
    let effects = table(&summary::source(comparison));
    let mut text = format!("{effects}\n{}", table(&summary::limits(comparison)));
    text.extend(words::damping(comparison).iter().map(|paragraph| spaced(paragraph)));
    if let Some(inferred) = &comparison.inferred {
        text.extend(words::inferred(inferred).iter().map(|paragraph| spaced(paragraph)));
    }
    if !comparison.verifications.is_empty() {
        text.push('\n');
        text.push_str(&table(&summary::verifications(comparison)));
        text.push_str(&paragraphs(&words::verifications(comparison)));
    }
    text
}

/// A paragraph in lines that fit, below an empty one.
fn spaced(paragraph: &str) -> String {
    wrapped(paragraph).into_iter().fold("\n".to_owned(), |text, line| text + &line + "\n")
}

/// Curves beside each other: their extremes, their differences, and a paragraph for each
/// difference; ends with a line feed.
#[must_use]
pub fn curves(comparison: &CurveComparison) -> String {
    let curves = table(&curve_tables::curves(comparison));
    let differences = table(&curve_tables::differences(comparison));
    format!("{curves}\n{differences}{}", paragraphs(&words::curves(comparison)))
}

/// What a level takes of a headphone, what an amplifier reaches with it, and a paragraph each on
/// how that was found, on the amplifier, and on the ears; ends with a line feed.
#[must_use]
pub fn drive(drive: &Drive) -> String {
    let reach = drive_tables::reach(drive).map(|reach| format!("\n{}", table(&reach)));
    let (need, reach) = (table(&drive_tables::need(drive)), reach.unwrap_or_default());
    format!("{need}{reach}{}", paragraphs(&words::drive(drive)))
}

/// What sources do to headphones, and a paragraph each on what can be heard, on the rule of an
/// eighth, and on what is not known; ends with a line feed.
#[must_use]
pub fn matrix(matrix: &SourceMatrix) -> String {
    table(&matrix_tables::matrix(matrix)) + &paragraphs(&words::matrix(matrix))
}

/// Cables with what they do, and a paragraph each on its effect and on how it differs from the first;
/// ends with a line feed.
#[must_use]
pub fn cables(comparison: &CableComparison) -> String {
    table(&cable_tables::cables(comparison)) + &paragraphs(&words::cables(comparison))
}

/// The seal by the impedance in figures, and a paragraph each on the verdict, on what could have been
/// seen, and on what a microphone says; ends with a line feed.
#[must_use]
pub fn seal(seal: &SealComparison) -> String {
    table(&seal_tables::seal(seal)) + &paragraphs(&words::seal(seal))
}

/// The bass over time, the other figures, and a paragraph for each line; ends with a line feed.
#[must_use]
pub fn wear(wear: &Wear) -> String {
    let (bass, others) = (wear_tables::wear(wear), wear_tables::figures(wear));
    let others =
        if others.rows().is_empty() { String::new() } else { format!("\n{}", table(&others)) };
    format!("{}{others}{}", table(&bass), paragraphs(&words::wear(wear)))
}

/// What spreads repeated measurements, what can be resolved, and paragraphs on both and on what is
/// missing; ends with a line feed.
#[must_use]
pub fn repeatability(study: &Repeatability) -> String {
    let spreads = table(&repeatability_tables::spreads(study));
    let resolution = repeatability_tables::resolution(study);
    let resolution = resolution.map_or_else(String::new, |of| format!("\n{}", table(&of)));
    format!("{spreads}{resolution}{}", paragraphs(&words::repeatability(study)))
}

/// Paragraphs, each below an empty line.
fn paragraphs(paragraphs: &[String]) -> String {
    paragraphs.iter().map(|text| spaced(text)).collect()
}

/// A table with its notes below it; every line, the last too, ends with a line feed.
///
/// Units stand in the head, numbers are set to the right. Lines are up to 96 columns wide; longer
/// cells are wrapped.
#[must_use]
pub fn table(table: &Table) -> String {
    let mut grid = Grid::new();
    grid.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    let has_units = table.columns().iter().any(|column| column.unit().is_some());
    let heads = table.columns().iter().map(|column| head(column, has_units));
    grid.set_header(heads.collect::<Vec<_>>());
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

/// The title, and below it the unit where any column has one.
fn head(column: &Column, has_units: bool) -> Cell {
    if !has_units {
        return cell(column, column.title());
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen;

    fn compared() -> StateComparison {
        let mut worn = specimen::state("worn pads", 4, -11.238, 0.10);
        worn.corner_minus_3_db_hz = Some(31.8);
        let one = specimen::state("once", 1, 0.4, 0.0);
        specimen::comparison(vec![specimen::state("new", 12, 0.0, 0.12), worn, one])
    }

    /// Where each cell of a line ends, counted in letters.
    fn ends(line: &str) -> Vec<usize> {
        let letters: Vec<char> = line.chars().chain([' ']).collect();
        (1..letters.len())
            .filter(|&i| letters[i] == ' ' && letters[i - 1] != ' ')
            .map(|i| i - 1)
            .collect()
    }

    #[test]
    fn numbers_of_a_column_end_in_one_place() {
        let text = states(&compared());
        let rows: Vec<&str> = text.lines().skip(3).take(3).collect();
        let numbers = |row: &str| {
            let all = ends(row);
            all[all.len() - 8..].to_vec()
        };
        assert_eq!(numbers(rows[0]), numbers(rows[1]), "{text}");
        assert_eq!(numbers(rows[1]), numbers(rows[2]), "{text}");
        // The units, one per column behind the first two.
        assert_eq!(ends(text.lines().nth(1).unwrap()), numbers(rows[0])[1..], "{text}");
    }

    #[test]
    fn a_row_holds_the_figures_of_its_state_and_dashes_for_what_is_not_known() {
        let text = states(&compared());
        let row = |name: &str| {
            let line = text.lines().find(|line| line.contains(name)).unwrap();
            line.trim_start().trim_start_matches(name).split_whitespace().collect::<Vec<_>>()
        };
        let worn = ["4", "−11.24", "0.10", "32", "−11.24", "0.06", "−11.24", "0.06"];
        assert_eq!(row("worn pads"), worn);
        assert_eq!(row("once"), ["1", "+0.40", "–", "–", "+0.40", "–", "+0.40", "–"]);
    }

    #[test]
    fn sources_come_with_their_limits() {
        let effects = vec![
            specimen::effect(0.0, 0.0, 0.0, None),
            specimen::effect(120.0, 1.21, -2.87, Some(2.5)),
        ];
        let text = source(&specimen::sources(effects, [Some(7.49), Some(40.9), None]));
        let cells =
            |line: usize| text.lines().nth(line).unwrap().split_whitespace().collect::<Vec<_>>();
        assert_eq!(cells(1), ["Ω", "dB", "Hz", "dB", "dB", "dB"]);
        assert_eq!(cells(3), ["0", "0.00", "–", "–", "0.00", "0.00", "–"]);
        assert_eq!(cells(4), ["120", "+1.21", "95", "–", "1.21", "−2.87", "2.5"]);
        assert!(text.contains("0.5 dB") && text.contains(" any "), "{text}");
    }

    #[test]
    fn an_inferred_impedance_comes_with_what_it_predicts() {
        let mut sources = specimen::sources(Vec::new(), [None; 3]);
        sources.inferred = Some(specimen::inferred());
        sources.verifications = vec![specimen::verification()];
        let text = source(&sources);
        assert!(
            text.contains("\n The impedance was inferred from responses behind 0, 10 and 50 Ω")
        );
        let row = text.lines().find(|line| line.trim_start().starts_with("20 ")).unwrap();
        let cells: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(cells, ["20", "Ω", "+0.047", "0.004", "−0.009", "3450", "–", "–", "–"]);
    }

    #[test]
    fn lines_fit_a_terminal_and_end_without_blanks() {
        let long = "a state with a very long name, told in so many words that no line could ever \
                    hold it beside its figures";
        let states = states(&specimen::comparison(vec![
            specimen::state("new", 4, 0.0, 0.12),
            specimen::state(long, 4, -1.0, 0.12),
        ]));
        let sources = source(&specimen::sources(Vec::new(), [None; 3]));
        for line in states.lines().chain(sources.lines()) {
            assert!(line.chars().count() <= usize::from(WIDTH), "{line}");
            assert_eq!(line, line.trim_end());
        }
        assert!(states.ends_with('\n') && sources.ends_with('\n'));
    }

    #[test]
    fn a_name_does_not_steer_the_terminal() {
        let text = states(&specimen::comparison(vec![
            specimen::state("new", 4, 0.0, 0.12),
            specimen::state("\u{1b}[31mred", 4, -1.0, 0.12),
        ]));
        assert!(!text.contains('\u{1b}'));
    }
}
