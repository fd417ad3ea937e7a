//! Which program's layout a table of text has.

use super::format::CurveFormat;
use super::table::{Separator, Table, raw_lines};
use crate::model::TraceKind;

/// What was found out from the whole text, before the columns are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// The columns of DATS.
    Dats,
    /// The header names LIMP.
    Limp,
    /// Nothing that says more than the columns do.
    Other,
}

impl Layout {
    /// The layout of a text, whose rows were found already.
    pub(super) fn of(table: &Table, text: &str) -> Self {
        let names_limp = |line: &String| {
            line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "LIMP")
        };
        if is_dats(table, text) {
            Self::Dats
        } else if table.above.iter().any(names_limp) {
            Self::Limp
        } else {
            Self::Other
        }
    }

    /// The kind of curve that the layout stands for: both programs measure impedances only.
    pub(super) const fn kind(self) -> Option<TraceKind> {
        match self {
            Self::Dats | Self::Limp => Some(TraceKind::Impedance),
            Self::Other => None,
        }
    }
}

/// Three columns without a header, each number with three decimals and blanks before the TAB.
///
/// A level below zero is no impedance, and other programs pad columns as well: then it is not.
fn is_dats(table: &Table, text: &str) -> bool {
    /// So many rows tell.
    const ROWS: usize = 64;
    let columns = table.above.is_empty() && table.columns == 3;
    if !columns || table.separator != Separator::Tab {
        return false;
    }
    let negative = |row: &super::table::Row| row.cells.get(1).copied().flatten() < Some(0.0);
    let padded = |cell: &str| cell.ends_with("  ") && has_three_decimals(cell.trim_end());
    let row = |line: &str| {
        let mut cells = line.split('\t');
        let [first, second, third] = [cells.next(), cells.next(), cells.next()];
        [first, second].into_iter().all(|cell| cell.is_some_and(padded))
            && third.is_some_and(|cell| has_three_decimals(cell.trim_end()))
    };
    let mut lines = raw_lines(text).filter(|line| !line.trim().is_empty()).take(ROWS);
    lines.all(row) && !table.rows.iter().any(negative)
}

fn has_three_decimals(cell: &str) -> bool {
    let decimals = cell.split_once(['.', ',']).map(|(_, decimals)| decimals);
    decimals.is_some_and(|d| d.len() == 3 && d.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The format that a table is named by.
///
/// An impedance that REW exported is one of REW's whatever its file is called; a response is
/// called after its extension, as FRD files of REW are FRD files.
pub(super) fn format_of(
    layout: Layout,
    header: Option<&[String]>,
    above: &[String],
    (extension, kind): (&str, TraceKind),
) -> CurveFormat {
    let first = header.and_then(|header| header.first()).map(String::as_str);
    let second = header.and_then(|header| header.get(1)).map(String::as_str);
    let of_rew = above.iter().any(|line| line.contains("REW"));
    match (first, second, extension) {
        (Some("frequency_hz"), ..) => CurveFormat::Csv,
        (Some("frequency"), Some("raw"), _) => CurveFormat::AutoEq,
        _ if layout == Layout::Dats => CurveFormat::Dats,
        _ if layout == Layout::Limp => CurveFormat::Limp,
        _ if of_rew && kind == TraceKind::Impedance => CurveFormat::Rew,
        (.., "frd") => CurveFormat::Frd,
        (.., "zma") => CurveFormat::Zma,
        _ if of_rew => CurveFormat::Rew,
        _ => CurveFormat::Text,
    }
}
