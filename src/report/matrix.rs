//! Headphones by sources as a table for a terminal.

use super::digits::{ABSENT, at_most, fixed, significant};
use super::table::{Column, Table};
use crate::model::{DeviationClass, MatrixCell, MatrixRow, MatrixSource, Pair, SourceMatrix};

/// More columns of cells do not fit beside the names.
const MOST_ABREAST: usize = 7;
/// Longer names are cut, so that the columns beside them stay in place.
const LONGEST_NAME: usize = 28;
/// Longer heads of columns are wrapped or cut.
const LONGEST_HEAD: usize = 20;
/// Decimals of levels.
const DB_DECIMALS: usize = 2;
/// Behind the deviation where the rule of an eighth is broken.
const BROKEN: char = '*';

/// The deviations from peak to peak: a row for each headphone and a column for each source, the
/// other way round, or, if there are many of both, a row for each headphone with its worst source.
#[must_use]
pub fn matrix(matrix: &SourceMatrix) -> Table {
    if matrix.sources.len() <= MOST_ABREAST {
        return by_headphone(matrix);
    }
    if matrix.rows.len() <= MOST_ABREAST { by_source(matrix) } else { worst_of_each(matrix) }
}

fn by_headphone(matrix: &SourceMatrix) -> Table {
    let columns = [Column::text("Headphone"), Column::number("Smallest", "Ω")];
    let sources = matrix.sources.iter().map(|source| Column::number(source_head(source), "dB"));
    let row = |row: &MatrixRow| {
        let heads = [cut(&row.headphone, LONGEST_NAME), significant(row.minimum.value, 3)];
        heads.into_iter().chain(row.cells.iter().map(deviation)).collect()
    };
    let rows = matrix.rows.iter().map(row).collect();
    titled(columns.into_iter().chain(sources).collect(), rows, matrix)
}

fn by_source(matrix: &SourceMatrix) -> Table {
    let columns = [Column::text("Source"), Column::number("At 1 kHz", "Ω")];
    let heads = matrix.rows.iter().map(|row| {
        let minimum = significant(row.minimum.value, 3);
        Column::number(format!("{} ({minimum}\u{a0}Ω)", cut(&row.headphone, LONGEST_HEAD)), "dB")
    });
    let row = |(i, source): (usize, &MatrixSource)| {
        let first = [cut(&source.name, LONGEST_NAME), significant(source.ohm, 2)];
        let cells = matrix.rows.iter().filter_map(|row| row.cells.get(i));
        first.into_iter().chain(cells.map(deviation)).collect()
    };
    let rows = matrix.sources.iter().enumerate().map(row).collect();
    titled(columns.into_iter().chain(heads).collect(), rows, matrix)
}

fn titled(columns: Vec<Column>, rows: Vec<Vec<String>>, matrix: &SourceMatrix) -> Table {
    let mut notes =
        vec!["Deviation of the response, peak to peak from 20 Hz to 20 kHz.".to_owned()];
    if matrix.pairs().any(|pair| !pair.effect.keeps_eighth_rule) {
        notes.push(format!(
            "{BROKEN}: the source has more than an eighth of the headphone's smallest impedance."
        ));
    }
    Table::of_columns("Headphones and sources", columns, rows).with_notes(notes)
}

fn worst_of_each(matrix: &SourceMatrix) -> Table {
    let [_, hardly, ..] = DeviationClass::EDGES_DB;
    let columns = [
        Column::text("Headphone"),
        Column::number("Smallest", "Ω"),
        Column::number("Eighth", "Ω"),
        Column::number("Below", "0.5 dB"),
        Column::text("Worst source"),
        Column::number("Deviation", "dB"),
        Column::number("At", "Hz"),
    ];
    let row = |row: &MatrixRow| {
        let pairs = row.pairs(&matrix.sources);
        let below = pairs.clone().filter(|pair| pair.effect.peak_to_peak.db < hardly).count();
        let worst = Pair::worst_of(pairs);
        let of_worst = |text: fn(Pair<'_>) -> String| worst.map_or(ABSENT.to_owned(), text);
        [
            cut(&row.headphone, LONGEST_NAME),
            significant(row.minimum.value, 3),
            at_most(row.eighth_rule.allows.ohm()),
            format!("{below} of {}", matrix.sources.len()),
            of_worst(|pair| source_head(pair.source)),
            of_worst(|pair| fixed(pair.effect.peak_to_peak.db, DB_DECIMALS)),
            of_worst(|pair| fixed(pair.effect.worst_hz, 0)),
        ]
    };
    let notes = vec![format!(
        "Eighth: what the rule of an eighth allows. Below {hardly} dB: with how many sources the \
         response deviates by less, peak to peak. Deviation: of the worst source, peak to peak. At: where it is furthest from its level at 1 kHz. \
         Every pair is in the table and the figure that -o DIR writes, and in the document of --json."
    )];
    Table::new("Headphones and their worst sources", columns, matrix.rows.iter().map(row).collect())
        .with_notes(notes)
}

/// A source by its name and, if that is not its resistance, its impedance at 1 kHz.
fn source_head(source: &MatrixSource) -> String {
    let name = cut(&source.name, LONGEST_HEAD);
    if source.is_measured {
        format!("{name} ({}\u{a0}Ω)", significant(source.ohm, 2))
    } else {
        name
    }
}

/// A deviation, with a mark if the rule of an eighth is broken.
fn deviation(cell: &MatrixCell) -> String {
    let Some(effect) = cell.effect() else { return ABSENT.to_owned() };
    let mut text = fixed(effect.peak_to_peak.db, DB_DECIMALS);
    if !effect.keeps_eighth_rule {
        text.push(BROKEN);
    }
    text
}

/// A name of so many letters at most.
fn cut(name: &str, longest: usize) -> String {
    if name.chars().count() <= longest {
        return name.to_owned();
    }
    let mut kept: String = name.chars().take(longest - 1).collect();
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::matrix::specimen;

    /// The specimen with every source, or every headphone, so many times.
    fn grown(rows: usize, sources: usize) -> SourceMatrix {
        let mut matrix = specimen::matrix();
        matrix.sources = matrix.sources.into_iter().cycle().take(sources).collect();
        for row in &mut matrix.rows {
            row.cells = row.cells.clone().into_iter().cycle().take(sources).collect();
        }
        matrix.rows = matrix.rows.into_iter().cycle().take(rows).collect();
        matrix
    }

    #[test]
    fn headphones_are_rows_as_long_as_the_sources_fit_beside_each_other() {
        let table = matrix(&specimen::matrix());
        let heads: Vec<_> = table.columns().iter().map(Column::title).collect();
        assert_eq!(heads, ["Headphone", "Smallest", "0 Ω", "amp (10\u{a0}Ω)", "120 Ω"]);
        assert_eq!(table.rows()[0], ["closed", "32.0", "0.00", "1.14*", "4.53*"]);
        assert_eq!(table.rows()[1], ["planar", "32.0", "0.00", "0.00*", "0.00*"]);
        assert!(table.notes()[1].contains("*: the source"));
    }

    #[test]
    fn many_sources_are_rows_and_many_of_both_are_told_by_the_worst() {
        let table = matrix(&grown(2, 9));
        assert_eq!(table.columns()[2].title(), "closed (32.0\u{a0}Ω)");
        assert_eq!(table.rows()[1], ["amp", "10", "1.14*", "0.00*"]);
        let table = matrix(&grown(8, 9));
        assert_eq!(table.rows()[0], ["closed", "32.0", "4.0", "3 of 9", "120 Ω", "4.53", "85"]);
        assert_eq!(table.rows().len(), 8);
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(cut("Sennheiser", 5), "Senn…");
        assert_eq!(cut("Ω", 5), "Ω");
    }
}
