//! From text to rows of numbers: lines, separators and decimal marks are found out.

use std::cmp::Reverse;

use super::number::{self, Decimal};

/// What stands between two columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    Tab,
    Semicolon,
    Comma,
    Blank,
}

/// The dialects that are tried, the one to be preferred first. The one that reads most rows, with
/// fewest marks that could be read otherwise, is the right one.
const DIALECTS: [(Separator, Decimal); 8] = [
    (Separator::Tab, Decimal::Point),
    (Separator::Tab, Decimal::Comma),
    (Separator::Semicolon, Decimal::Point),
    (Separator::Semicolon, Decimal::Comma),
    (Separator::Comma, Decimal::Point),
    (Separator::Blank, Decimal::Point),
    (Separator::Blank, Decimal::Comma),
    // Only within quotes can a comma be both.
    (Separator::Comma, Decimal::Comma),
];

/// A row may have at most this many cells.
const MOST_COLUMNS: usize = 256;

/// One row of numbers; a cell without one is `None`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// The line in the file, counted from one.
    pub(super) line: usize,
    pub(super) cells: Vec<Option<f64>>,
}

/// The rows of a file with what stands above them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    /// Lines above the rows, without their comment marks.
    pub(super) above: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// Cells of most rows.
    pub(super) columns: usize,
    pub(super) separator: Separator,
    pub(super) assumptions: Vec<String>,
}

/// A line of a file that is not empty.
struct Line {
    number: usize,
    text: String,
}

/// Finds the rows of numbers in a text; `None` if there are none.
pub(super) fn find(text: &str) -> Option<Table> {
    /// So many rows tell the dialect; the rest of a long file is read once.
    const SAMPLE: usize = 1000;
    let lines = lines(text);
    let sample = || lines.iter().filter(|line| begins_with_number(&line.text)).take(SAMPLE);
    let tried = DIALECTS.iter().enumerate().map(|(preference, &dialect)| {
        let attempt = Attempt::new(sample(), dialect);
        ((attempt.alike, Reverse((attempt.doubtful, preference))), dialect)
    });
    let ((alike, _), dialect) = tried.max_by_key(|(merit, _)| *merit)?;
    (alike > 0).then(|| Attempt::new(lines.iter(), dialect).into_table(&lines))
}

/// The lines of a text that are not blank, without the marks of a comment or a quotation.
pub(super) fn plain_lines(text: &str) -> impl Iterator<Item = String> {
    lines(text).into_iter().map(|line| bare(&line.text).to_owned())
}

/// The same lines with the marks of a comment or a quotation.
pub(super) fn whole_lines(text: &str) -> impl Iterator<Item = String> {
    lines(text).into_iter().map(|line| line.text)
}

fn lines(text: &str) -> Vec<Line> {
    let cleaned = raw_lines(text).enumerate();
    let numbered = cleaned.map(|(i, line)| Line { number: i + 1, text: clean(line) });
    numbered.filter(|line| !line.text.is_empty()).collect()
}

/// The lines of a text as they stand, whatever ends them: LF, CR LF, CR, CR CR LF, mixed.
pub(super) fn raw_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let (line, tail) = rest.split_at(end);
        let ending =
            ["\r\r\n", "\r\n", "\r", "\n"].iter().find(|ending| tail.starts_with(**ending));
        rest = &tail[ending.map_or(0, |ending| ending.len())..];
        Some(line)
    })
}

/// A line without control characters and blanks around it. A no-break blank between two digits is
/// a thousands mark and stays.
fn clean(line: &str) -> String {
    let mut cleaned = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let hard_blank = matches!(character, '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{2007}');
        let digit_before = cleaned.ends_with(|c: char| c.is_ascii_digit());
        let digit_after = characters.peek().is_some_and(char::is_ascii_digit);
        match character {
            _ if hard_blank && digit_before && digit_after => cleaned.push('\u{a0}'),
            '\t' => cleaned.push('\t'),
            _ if character.is_whitespace() => cleaned.push(' '),
            _ if character.is_control() || character == '\u{feff}' => {}
            _ => cleaned.push(character),
        }
    }
    // Tabs at the end are empty cells; those in front are not, but no known file has them.
    cleaned.trim().to_owned()
}

/// A line without the marks of a comment or a quotation.
fn bare(line: &str) -> &str {
    line.trim_start_matches(['*', '#', ';', '%', '"', '!', '/', ' ', '\t'])
        .trim_end_matches(['"', ',', ';', ' ', '\t'])
}

/// Whether a line begins like a row of numbers.
fn begins_with_number(line: &str) -> bool {
    let line = line.trim_start_matches('"').trim_start();
    let line = line.strip_prefix(['-', '+', '\u{2212}']).unwrap_or(line);
    let line = line.strip_prefix(['.', ',']).unwrap_or(line);
    line.starts_with(|c: char| c.is_ascii_digit())
}

/// The lines read as one dialect.
struct Attempt {
    dialect: (Separator, Decimal),
    /// One for each line; `None` where the line is no row.
    rows: Vec<Option<Vec<Option<f64>>>>,
    /// Cells of most rows.
    columns: usize,
    /// How many rows have so many.
    alike: usize,
    doubtful: usize,
}

impl Attempt {
    fn new<'a>(lines: impl Iterator<Item = &'a Line>, dialect: (Separator, Decimal)) -> Self {
        let mut doubtful = 0;
        let mut counts = [0; MOST_COLUMNS + 1];
        let mut rows = Vec::new();
        for line in lines {
            let row = read_row(&line.text, dialect).map(|(cells, marks)| {
                doubtful += marks;
                counts[cells.len()] += 1;
                cells
            });
            rows.push(row);
        }
        let (columns, &alike) =
            counts.iter().enumerate().rev().max_by_key(|(_, n)| **n).unwrap_or((0, &0));
        Self { dialect, rows, columns, alike, doubtful }
    }

    fn into_table(mut self, lines: &[Line]) -> Table {
        let blocks = self.blocks(lines);
        let longest = blocks.iter().max_by_key(|block| block.rows.len());
        let (first, indices) =
            longest.map_or((0, Vec::new()), |block| (block.first, block.rows.clone()));
        let mut assumptions = vec![self.dialect_words()];
        let elsewhere = blocks.iter().map(|block| block.rows.len()).sum::<usize>() - indices.len();
        if elsewhere > 0 {
            assumptions.push(format!("{elsewhere} rows of another table were left out"));
        }
        let last = indices.last().copied().unwrap_or(first);
        let broken =
            (first..last).find(|&i| self.rows[i].is_none() && begins_with_number(&lines[i].text));
        if let Some(broken) = broken {
            assumptions.push(format!(
                "line {} is no row of numbers and was left out",
                lines[broken].number
            ));
        }
        let rows = indices
            .into_iter()
            .filter_map(|i| Some(Row { line: lines[i].number, cells: self.rows[i].take()? }))
            .collect();
        let above = lines[..first].iter().map(|line| bare(&line.text).to_owned()).collect();
        let (separator, _) = self.dialect;
        Table { above, rows, columns: self.columns, separator, assumptions }
    }

    /// Runs of rows. A line of words ends a run, comments and broken rows do not.
    fn blocks(&self, lines: &[Line]) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut open = false;
        for (i, line) in lines.iter().enumerate() {
            if self.rows[i].is_some() {
                match blocks.last_mut().filter(|_| open) {
                    Some(block) => block.rows.push(i),
                    None => blocks.push(Block { first: i, rows: vec![i] }),
                }
                open = true;
            } else if !is_comment(&line.text) && !begins_with_number(&line.text) {
                open = false;
            }
        }
        blocks
    }

    fn dialect_words(&self) -> String {
        let separator = match self.dialect.0 {
            Separator::Tab => "tabs",
            Separator::Semicolon => "semicolons",
            Separator::Comma => "commas",
            Separator::Blank => "blanks",
        };
        let decimal = match self.dialect.1 {
            Decimal::Point => "point",
            Decimal::Comma => "comma",
        };
        format!("columns taken as separated by {separator}, with a decimal {decimal}")
    }
}

struct Block {
    first: usize,
    rows: Vec<usize>,
}

fn is_comment(line: &str) -> bool {
    line.starts_with(['*', '#', ';', '%', '!', '/'])
}

/// The numbers of a row, and how many of their marks are doubtful; `None` if it is no row.
fn read_row(
    line: &str,
    (separator, decimal): (Separator, Decimal),
) -> Option<(Vec<Option<f64>>, usize)> {
    if !begins_with_number(line) {
        return None;
    }
    let line = line.split(['%', '#']).next()?;
    let mut doubtful = 0;
    let mut cells = Vec::with_capacity(4);
    for cell in split(line, separator) {
        let blanks_mark =
            cell.contains(' ') && separator != Separator::Tab && separator != Separator::Semicolon;
        let written = if blanks_mark { None } else { number::parse(cell, decimal) };
        match written {
            Some(written) => {
                doubtful += written.doubtful;
                cells.push(Some(written.value));
            }
            None if says_nothing(cell) => cells.push(None),
            None => return None,
        }
    }
    while cells.last().is_some_and(Option::is_none) {
        cells.pop();
    }
    let complete = (2..=MOST_COLUMNS).contains(&cells.len()) && cells[0].is_some();
    complete.then_some((cells, doubtful))
}

/// Whether a cell says that there is no value.
fn says_nothing(cell: &str) -> bool {
    matches!(
        cell.to_ascii_lowercase().as_str(),
        "" | "-" | "--" | "n/a" | "na" | "nan" | "inf" | "-inf"
    )
}

/// The cells of a line, without blanks and quotes around them.
pub(super) fn split(line: &str, separator: Separator) -> Vec<&str> {
    let mark = match separator {
        Separator::Tab => '\t',
        Separator::Semicolon => ';',
        Separator::Comma => ',',
        Separator::Blank => {
            return line.split([' ', '\t']).filter(|cell| !cell.is_empty()).map(unquoted).collect();
        }
    };
    let mut quoted = false;
    line.split(move |c: char| {
        quoted ^= c == '"';
        c == mark && !quoted
    })
    .map(unquoted)
    .collect()
}

fn unquoted(cell: &str) -> &str {
    let cell = cell.trim();
    let inner = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"'));
    inner.unwrap_or(cell).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<f64>> {
        let table = find(text).unwrap_or_else(|| panic!("no rows in {text:?}"));
        table.rows.into_iter().map(|row| row.cells.into_iter().flatten().collect()).collect()
    }

    #[test]
    fn every_separator_and_decimal_mark_is_found_out() {
        let expected = vec![vec![20.5, -3.25], vec![1000.0, 80.125]];
        for text in [
            "20.5\t-3.25\n1000\t80.125",
            "20,5\t-3,25\n1000\t80,125",
            "20.5;-3.25\n1000;80.125",
            "20,5;-3,25\n1.000;80,125",
            "20.5,-3.25\n1000,80.125",
            "20.5, -3.25\n1000, 80.125",
            "20.5,\t-3.25\n1000,\t80.125",
            "20.5  -3.25\n1000  80.125",
            "20,5 -3,25\n1000,0 80,125",
            "\"20,5\",\"-3,25\"\n\"1000\",\"80,125\"",
            "\"20.5\"\t\"-3.25\"\n\"1,000\"\t\"80.125\"",
            "20.5 \t-3.25\t\n1\u{a0}000 \t80.125\t",
            "20,5;-3,25\n1 000,0;80,125",
        ] {
            assert_eq!(rows(text), expected, "{text:?}");
        }
    }

    #[test]
    fn three_decimals_behind_a_comma_are_not_thousands() {
        assert_eq!(rows("20,300\t80,973\n20,600\t80,970"), [[20.3, 80.973], [20.6, 80.97]]);
        assert_eq!(rows("20.300\t80.973\n20.600\t80.970"), [[20.3, 80.973], [20.6, 80.97]]);
    }

    #[test]
    fn every_line_ending_is_a_line_ending() {
        for ending in ["\n", "\r\n", "\r", "\r\r\n"] {
            let text = ["* a", "20 1", "30 2"].join(ending);
            assert_eq!(rows(&text), [[20.0, 1.0], [30.0, 2.0]], "{ending:?}");
            assert_eq!(find(&text).unwrap().rows[0].line, 2, "{ending:?}");
        }
        assert_eq!(rows("20 1\r30 2\n40 3\r\n50 4").len(), 4);
    }

    #[test]
    fn words_around_the_rows_are_not_rows() {
        let text = "12\" Driver B RE = 5.81 ohms\nFrequency\tdB\n19.5\t48.7 \n19.8\t49\n\nsaved\t--\n\
                    peak\t0.0Hz";
        assert_eq!(rows(text), [[19.5, 48.7], [19.8, 49.0]]);
        assert_eq!(find(text).unwrap().above.len(), 2);
    }

    #[test]
    fn of_two_tables_the_longer_is_taken_and_the_other_mentioned() {
        let table = find("Hz,dB\n20,1\n30,2\n40,3\nSummary\n1,2\n").unwrap();
        assert_eq!(table.rows.len(), 3);
        assert!(table.assumptions[1].contains("1 rows of another table"));
    }

    #[test]
    fn a_sensitivity_is_not_a_row() {
        assert_eq!(rows("*1000Hz\t-40.2\n\t\n20 -0.5\n25 -0.2").len(), 2);
        assert!(find("sensitivity = 0.536 1/V % input gain at 50% setting").is_none());
    }
}
