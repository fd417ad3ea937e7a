//! What the columns of a table are: from the header above them, else by the usual order.

use super::table::{Separator, Table, split};
use crate::model::TraceKind;

/// One curve's columns in a table, counted from zero.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    /// The header of the magnitude; empty without a header.
    pub(super) name: String,
    pub(super) kind: TraceKind,
    pub(super) frequency: Scaled,
    pub(super) magnitude: usize,
    pub(super) phase: Option<Scaled>,
    pub(super) u_magnitude: Option<usize>,
    pub(super) u_phase: Option<usize>,
    pub(super) coherence: Option<usize>,
}

/// A column and what its numbers are multiplied with to be hertz or degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scaled {
    pub(super) column: usize,
    pub(super) factor: f64,
}

/// The meaning of a column's header.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    Frequency {
        to_hz: f64,
    },
    /// A magnitude whose unit the header says.
    Magnitude(TraceKind),
    /// A magnitude without a unit.
    Value,
    Phase {
        to_degrees: f64,
    },
    UMagnitude,
    UPhase,
    Coherence,
    Other,
}

/// What the columns are, with what was assumed.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) layouts: Vec<Layout>,
    /// The header's names in lower case, where there is a header.
    pub(super) header: Option<Vec<String>>,
    pub(super) assumptions: Vec<String>,
}

/// Finds out what the columns of a table are. `fallback` is the kind of curve that the file's
/// name stands for, where it stands for one.
pub(super) fn find(table: &Table, fallback: Option<TraceKind>) -> Columns {
    let header = table.above.iter().rev().find_map(|line| read_header(line, table.separator));
    let header = header.map(|mut cells| {
        cells.truncate(table.columns);
        cells
    });
    match header {
        Some(cells) => from_header(&cells, table.columns, fallback),
        None => by_order(table.columns, fallback),
    }
}

/// The cells of a header line; `None` if the line is none.
fn read_header(line: &str, separator: Separator) -> Option<Vec<String>> {
    let mut ways = vec![split(line, separator)];
    ways.extend([Separator::Tab, Separator::Semicolon, Separator::Comma].map(|by| split(line, by)));
    ways.push(line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect());
    ways.push(split(line, Separator::Blank));
    let found = ways.into_iter().find(|cells| is_header(cells))?;
    Some(found.into_iter().map(str::to_owned).collect())
}

/// A header begins with a frequency and goes on with a magnitude.
fn is_header(cells: &[&str]) -> bool {
    /// A cell that is longer is a sentence.
    const LONGEST: usize = 48;
    let [first, second, ..] = cells else { return false };
    let short = cells.iter().all(|cell| cell.len() <= LONGEST);
    let frequency = matches!(role(first), Role::Frequency { .. });
    short && frequency && matches!(role(second), Role::Magnitude(_) | Role::Value)
}

fn role(cell: &str) -> Role {
    let name = cell.trim().to_lowercase();
    let has = |part: &str| name.contains(part);
    if matches!(name.as_str(), "x" | "f" | "hz" | "khz")
        || name.starts_with("freq")
        || has("frequency")
    {
        return Role::Frequency { to_hz: if has("khz") { 1e3 } else { 1.0 } };
    }
    if name.starts_with("u_") {
        return if name.ends_with("_deg") { Role::UPhase } else { Role::UMagnitude };
    }
    if name == "coherence" {
        return Role::Coherence;
    }
    if has("phase") || name.starts_with("deg") {
        let radians = has("rad");
        return Role::Phase { to_degrees: if radians { 1_f64.to_degrees() } else { 1.0 } };
    }
    if is_spread(&name) {
        return Role::Other;
    }
    // What a column is called may hold the other unit: `300_ohm_model_db`.
    if name.ends_with("_db") {
        return Role::Magnitude(TraceKind::Response);
    }
    if has("ohm") || has("\u{3a9}") || has("\u{3c9}") || has("impedance") {
        return Role::Magnitude(TraceKind::Impedance);
    }
    if has("db") || has("spl") {
        return Role::Magnitude(TraceKind::Response);
    }
    match name.as_str() {
        "raw" => Role::Magnitude(TraceKind::Response),
        "z" | "|z|" => Role::Magnitude(TraceKind::Impedance),
        "y" | "magnitude" | "mag" | "amplitude" | "gain" | "level" | "response" | "value" => {
            Role::Value
        }
        name if name.starts_with("curve") => Role::Value,
        _ => Role::Other,
    }
}

/// Whether a column is a spread or a floor rather than a curve.
fn is_spread(name: &str) -> bool {
    let words = ["_sd_", "deviation", "noise", "coherence", "distortion", "thd"];
    words.iter().any(|word| name.contains(word))
}

fn from_header(cells: &[String], columns: usize, fallback: Option<TraceKind>) -> Columns {
    let mut layouts: Vec<Layout> = Vec::new();
    let mut frequency = Scaled { column: 0, factor: 1.0 };
    let mut left_out = Vec::new();
    for (column, cell) in cells.iter().enumerate() {
        let last = layouts.last_mut();
        match (role(cell), last) {
            (Role::Frequency { to_hz }, _) => frequency = Scaled { column, factor: to_hz },
            (Role::Magnitude(kind), _) => {
                layouts.push(Layout::new(cell, kind, frequency, column));
            }
            (Role::Value, _) => {
                let kind = fallback.unwrap_or(TraceKind::Response);
                layouts.push(Layout::new(cell, kind, frequency, column));
            }
            (Role::Phase { to_degrees }, Some(last)) if last.phase.is_none() => {
                last.phase = Some(Scaled { column, factor: to_degrees });
            }
            (Role::UMagnitude, Some(last)) => last.u_magnitude = Some(column),
            (Role::UPhase, Some(last)) => last.u_phase = Some(column),
            (Role::Coherence, Some(last)) => last.coherence = Some(column),
            _ => left_out.push(cell.as_str()),
        }
    }
    let mut assumptions = Vec::new();
    if !left_out.is_empty() {
        assumptions.push(format!("columns left out: {}", left_out.join(", ")));
    }
    if columns > cells.len() {
        assumptions.push(format!(
            "columns {} to {columns} have no header and were left out",
            cells.len() + 1
        ));
    }
    let header = Some(cells.iter().map(|cell| cell.to_lowercase()).collect());
    Columns { layouts, header, assumptions }
}

fn by_order(columns: usize, fallback: Option<TraceKind>) -> Columns {
    let kind = fallback.unwrap_or(TraceKind::Response);
    let mut layout = Layout::new("", kind, Scaled { column: 0, factor: 1.0 }, 1);
    let unit = match kind {
        TraceKind::Response => "dB",
        TraceKind::Impedance => "Ω",
    };
    let mut assumptions = Vec::new();
    if columns > 2 {
        layout.phase = Some(Scaled { column: 2, factor: 1.0 });
        assumptions.push(format!("no header: columns taken as Hz, {unit}, degrees"));
    } else {
        assumptions.push(format!("no header: columns taken as Hz, {unit}"));
    }
    if columns > 3 {
        assumptions.push(format!("columns from the fourth to the {columns}th were left out"));
    }
    Columns { layouts: vec![layout], header: None, assumptions }
}

impl Layout {
    fn new(name: &str, kind: TraceKind, frequency: Scaled, magnitude: usize) -> Self {
        let name = name.to_owned();
        Self {
            name,
            kind,
            frequency,
            magnitude,
            phase: None,
            u_magnitude: None,
            u_phase: None,
            coherence: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::*;

    fn columns(text: &str, fallback: Option<TraceKind>) -> Columns {
        find(&table::find(text).unwrap(), fallback)
    }

    fn only(text: &str) -> Layout {
        let mut layouts = columns(text, None).layouts;
        assert_eq!(layouts.len(), 1, "{text:?}");
        layouts.remove(0)
    }

    #[test]
    fn headers_met_in_the_wild_are_understood() {
        for (header, row) in [
            ("* Freq(Hz) SPL(dB) Phase(degrees)", "20 80 10"),
            ("* Freq(Hz), SPL(dB), Phase(degrees)", "20, 80, 10"),
            ("Frequency(Hz)\t   Magnitude(dB)\tPhase(rad)", "20\t80\t0.1"),
            ("Freq[Hz]     dBSPL  Phase[Deg]", "20     80  10"),
            ("Frequency (Hz);Magnitude (dB);Phase (deg)", "20;80;10"),
        ] {
            let layout = only(&format!("{header}\n{row}\n"));
            assert_eq!((layout.kind, layout.magnitude), (TraceKind::Response, 1), "{header}");
            assert_eq!(layout.phase.unwrap().column, 2, "{header}");
        }
        assert_eq!(only("Frequency\tdB\tUnweighted\n20\t80\n").phase, None);
        assert_eq!(only("x\tCurve1\n20\t80\n").kind, TraceKind::Response);
        let thousands = Scaled { column: 0, factor: 1e3 };
        assert_eq!(only("kHz,dB\n0.02,80\n").frequency, thousands);
    }

    #[test]
    fn an_impedance_is_known_by_its_unit_or_by_the_files_name() {
        let rew = "* Measurement: 12\" woofer\n* Freq(Hz) Z(ohms) Phase(degrees)\n20 6.5 3\n";
        assert_eq!(only(rew).kind, TraceKind::Impedance);
        let bare = columns("20 6.5 3\n", Some(TraceKind::Impedance));
        assert_eq!(bare.layouts[0].kind, TraceKind::Impedance);
        assert!(bare.assumptions[0].contains("Hz, Ω, degrees"));
    }

    #[test]
    fn a_name_that_mentions_ohms_is_no_header() {
        let text = "* Measurement: Explorer (75 Ohm) L\n* Frequency Step: 1/48 octave\n\
                    * Start Frequency: 20.300 Hz\n20 80\n";
        assert_eq!(only(text).kind, TraceKind::Response);
    }

    #[test]
    fn several_curves_side_by_side_are_several_curves() {
        let ap = "\"Level\",,,\n\"Left (94 dB)\",,Right\nX,Y,X,Y\nHz,dBSPL,Hz,dBSPL\n20,1,20,2\n";
        let layouts = columns(ap, None).layouts;
        assert_eq!(layouts.len(), 2);
        assert_eq!((layouts[1].frequency.column, layouts[1].magnitude), (2, 3));
        let wide =
            columns("frequency_hz,fresh_mean_db,fresh_sd_db,worn_mean_db\n20,1,0.1,2\n", None);
        assert_eq!(wide.layouts.len(), 2);
        assert!(wide.assumptions[0].contains("fresh_sd_db"));
    }

    #[test]
    fn our_own_columns_keep_their_uncertainties_and_their_coherence() {
        let own = only(
            "frequency_hz,magnitude_ohm,phase_deg,u_magnitude_ohm,u_phase_deg,coherence\n\
             20,1,2,3,4,0.5",
        );
        assert_eq!(own.kind, TraceKind::Impedance);
        assert_eq!((own.u_magnitude, own.u_phase, own.coherence), (Some(3), Some(4), Some(5)));
    }
}
