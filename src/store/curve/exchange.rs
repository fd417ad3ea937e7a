//! The layouts of other programs: REW, FRD and ZMA, DATS, LIMP and plain columns.

use std::fmt::Write;

use super::bridge::{Bridge, is_stated_by};
use super::write::CurveLabel;
use crate::model::{Curve, Trace, TraceKind};

/// Lines of comment above the rows of a REW response; some readers skip so many, whatever they
/// say.
const REW_HEADER_LINES: usize = 14;

/// The header of an FRD or ZMA file may not be longer: Speakerbench (Candy and Futtrup) says so.
const MOST_STARRED_LINES: usize = 256;

/// How a row of names begins; one is written anew, so an old one is left out.
const COLUMNS: &str = "Freq(Hz)";

fn rew_columns(kind: TraceKind, separator: &str) -> String {
    let magnitude = match kind {
        TraceKind::Response => "SPL(dB)",
        TraceKind::Impedance => "Z(ohms)",
    };
    [COLUMNS, magnitude, "Phase(degrees)"].join(separator)
}

/// The layout of a REW export, for a response with its number of header lines. Above an impedance
/// stands what it was measured with, where that is known.
pub(super) fn rew_text(trace: &Trace, label: &CurveLabel) -> String {
    let bridge = match trace.kind() {
        TraceKind::Impedance => Bridge::stated(&label.comments),
        TraceKind::Response => None,
    };
    let note: Vec<&str> = (label.comments.iter())
        .filter(|comment| bridge.is_none() || !is_stated_by(comment))
        .map(String::as_str)
        .collect();
    let mut lines = vec![
        "Measurement data in the layout of REW, written by cansweep".to_owned(),
        "Source: cansweep".to_owned(),
        "Format: logarithmic sweep".to_owned(),
        "Dated: not stated".to_owned(),
        "REW Settings:".to_owned(),
        " C-weighting compensation: Off".to_owned(),
        " Target level: not stated".to_owned(),
        format!("Note: {}", note.join("; ")),
        format!("Measurement: {}", label.name),
        "Smoothing: not stated".to_owned(),
        "Frequency Step: as listed".to_owned(),
        format!("Start Frequency: {:.3} Hz", first_hz(trace)),
    ];
    lines.extend(bridge.map_or_else(Vec::new, |bridge| bridge.lines()));
    lines.resize((REW_HEADER_LINES - 1).max(lines.len() + 1), String::new());
    lines.push(rew_columns(trace.kind(), "\t"));
    starred(lines) + &rows(trace, Row::four('\t', Phase::Known))
}

/// FRD and ZMA: comments with an asterisk as the first letter of a line, then three columns
/// between single blanks.
///
/// The strictest reader known (Speakerbench) wants ASCII even in comments, blanks and no tabs, a
/// decimal point, rising frequencies and at most 256 lines above the rows.
pub(super) fn starred_text(trace: &Trace, label: &CurveLabel) -> String {
    let columns = rew_columns(trace.kind(), " ");
    let comments = label.lines().filter(|line| !line.starts_with(COLUMNS)).map(ascii);
    let above = comments.take(MOST_STARRED_LINES - 1).chain([columns]).collect();
    starred(above) + &rows(trace, Row::four(' ', Phase::Always))
}

/// DATS: no header; three decimals, four blanks behind every number, TAB between columns.
pub(super) fn dats_text(trace: &Trace) -> String {
    rows(trace, Row { decimals: 3, padding: "    ", separator: '\t', phase: Phase::Always })
}

/// LIMP: comments with an asterisk, no row of names, three columns between commas.
///
/// No file of LIMP itself was seen. Public programs that read its exports take lines with an
/// asterisk as comments, expect commas, and no row of names; that is what is written here.
pub(super) fn limp_text(trace: &Trace, label: &CurveLabel) -> String {
    let first = "Impedance in the layout of LIMP, written by cansweep".to_owned();
    let comments = label.lines().filter(|line| !line.starts_with(COLUMNS)).map(ascii);
    let others = comments.filter(|line| *line != first);
    starred(std::iter::once(first.clone()).chain(others).collect())
        + &rows(trace, Row::four(',', Phase::Always))
}

/// Plain columns: a response as squig sites read it, an impedance under a row of names.
pub(super) fn plain_text(trace: &Trace) -> String {
    match trace.kind() {
        TraceKind::Response => rows(trace, Row::four('\t', Phase::Never)),
        TraceKind::Impedance => {
            let columns = rew_columns(trace.kind(), "\t");
            starred(vec![columns]) + &rows(trace, Row::four('\t', Phase::Known))
        }
    }
}

/// Lines behind an asterisk.
fn starred(lines: Vec<String>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(format!("* {line}").trim_end());
        text.push('\n');
    }
    text
}

/// A text in ASCII: units are spelled out, other letters become question marks.
fn ascii(text: &str) -> String {
    let spelled = |c: char| match c {
        'Ω' | '\u{2126}' => "ohm".to_owned(),
        'µ' | 'μ' => "u".to_owned(),
        '°' => "deg".to_owned(),
        '±' => "+/-".to_owned(),
        '−' | '–' | '—' => "-".to_owned(),
        '’' | '‘' | '“' | '”' => "'".to_owned(),
        c if c.is_ascii() => c.to_string(),
        _ => "?".to_owned(),
    };
    text.chars().map(spelled).collect()
}

fn first_hz(trace: &Trace) -> f64 {
    frequencies(trace).first().copied().unwrap_or_default()
}

pub(super) fn frequencies(trace: &Trace) -> &[f64] {
    match trace {
        Trace::Response(polar) => polar.magnitude().hz(),
        Trace::Impedance(polar) => polar.magnitude().hz(),
    }
}

pub(super) fn magnitudes(trace: &Trace) -> Vec<f64> {
    match trace {
        Trace::Response(polar) => polar.magnitude().values().to_vec(),
        Trace::Impedance(polar) => polar.magnitude().values().to_vec(),
    }
}

/// Whether rows have a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Never,
    Known,
    Always,
}

/// How a row is set.
#[derive(Debug, Clone, Copy)]
struct Row {
    decimals: usize,
    /// What stands behind every number.
    padding: &'static str,
    separator: char,
    phase: Phase,
}

impl Row {
    /// Four decimals, as most programs write them.
    const fn four(separator: char, phase: Phase) -> Self {
        Self { decimals: 4, padding: "", separator, phase }
    }
}

/// Rows at strictly rising frequencies.
fn rows(trace: &Trace, row: Row) -> String {
    let Row { decimals, padding, separator, phase } = row;
    let number = |value: f64| format!("{value:.decimals$}");
    let nothing = number(0.0);
    let mut text = String::new();
    let mut before = String::new();
    let degrees = trace.phase().map(Curve::values);
    for (i, (hz, magnitude)) in frequencies(trace).iter().zip(magnitudes(trace)).enumerate() {
        let frequency = number(*hz);
        // A frequency that rounds to nothing or to its predecessor has no place in such a file.
        if frequency == before || frequency == nothing {
            continue;
        }
        let _ = write!(text, "{frequency}{padding}{separator}{}{padding}", number(magnitude));
        let degree = degrees.map(|degrees| wrapped(degrees[i]));
        match (phase, degree) {
            (Phase::Never, _) | (Phase::Known, None) => {}
            (Phase::Known | Phase::Always, degree) => {
                let _ = write!(text, "{separator}{}{padding}", number(degree.unwrap_or(0.0)));
            }
        }
        text.push('\n');
        before = frequency;
    }
    text
}

/// An angle between −180° and 180°.
fn wrapped(degrees: f64) -> f64 {
    let turned = degrees.rem_euclid(360.0);
    if turned > 180.0 { turned - 360.0 } else { turned }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::model::{FrequencyGrid, Polar};
    use crate::quantity::unit::{Decibel, Degree, Ohm, Unit};
    use crate::store::curve::{self, CurveFormat};

    fn curve<U: Unit>(values: &[f64]) -> Curve<U> {
        let hz = (0_i32..).take(values.len()).map(|i| 20.0 * 1.07_f64.powi(i)).collect();
        Curve::new(FrequencyGrid::new(hz).unwrap(), values.to_vec().into()).unwrap()
    }

    fn impedance() -> Trace {
        let phase = curve::<Degree>(&[2.5, -12.25]);
        Trace::Impedance(Polar::new(curve::<Ohm>(&[32.0, 101.125]), phase).unwrap())
    }

    fn header(text: &str) -> Vec<&str> {
        text.lines().take_while(|line| line.starts_with('*')).collect()
    }

    #[test]
    fn a_rew_response_has_as_many_header_lines_as_rew_writes() {
        let trace = Trace::Response(Polar::of_magnitude(curve::<Decibel>(&[80.0])));
        let label = CurveLabel::named("x y");
        let text = rew_text(&trace, &label);
        let header = header(&text);
        assert_eq!(header.len(), REW_HEADER_LINES);
        assert_eq!(header[13], "* Freq(Hz)\tSPL(dB)\tPhase(degrees)");
        assert_eq!(text.lines().nth(14), Some("20.0000\t80.0000"));
        assert!(text.contains("* Measurement: x y\n"));
    }

    #[test]
    fn a_rew_impedance_says_what_it_was_measured_with_as_rew_does() {
        let comments = vec!["at home".to_owned(), "Sense Resistor: 99.8".to_owned()];
        let text = rew_text(&impedance(), &CurveLabel { name: "left".to_owned(), comments });
        assert!(text.contains("* Note: at home\n"), "{text}");
        assert!(text.contains("\n* Sense Resistor: 99.8\n*\n* Freq(Hz)\tZ(ohms)"), "{text}");
        let file = curve::parse(text.as_bytes(), Path::new("left.txt")).unwrap();
        assert_eq!(file.bridge.unwrap().sense_resistor_ohm, Some(99.8));
    }

    #[test]
    fn a_dats_file_has_no_header_and_padded_columns() {
        let text = dats_text(&impedance());
        let expected = "20.000    \t32.000    \t2.500    \n21.400    \t101.125    \t-12.250    \n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_limp_file_has_comments_commas_and_no_names() {
        let label = CurveLabel::named("HD 600, links, 300 Ω");
        let text = limp_text(&impedance(), &label);
        assert_eq!(header(&text)[1], "* HD 600, links, 300 ohm");
        assert!(text.ends_with("ohm\n20.0000,32.0000,2.5000\n21.4000,101.1250,-12.2500\n"));
        let again = curve::parse(text.as_bytes(), Path::new("a.csv")).unwrap();
        assert_eq!((again.format, again.trace().kind()), (CurveFormat::Limp, TraceKind::Impedance));
        let label = CurveLabel { name: String::new(), comments: again.comments.clone() };
        assert_eq!(limp_text(again.trace(), &label), text);
    }

    #[test]
    fn a_zma_file_is_ascii_with_one_row_of_names_and_a_header_that_ends() {
        let mut comments = vec!["größer als 1 µV ± 2 °".to_owned(); 300];
        comments[0] = "Freq(Hz) Z(ohms) Phase(degrees)".to_owned();
        let text = starred_text(&impedance(), &CurveLabel { name: "x".to_owned(), comments });
        let header = header(&text);
        assert!(text.is_ascii());
        assert_eq!(header.len(), MOST_STARRED_LINES);
        assert_eq!(header[1], "* gr??er als 1 uV +/- 2 deg");
        assert_eq!(header.iter().filter(|line| line.contains("Z(ohms)")).count(), 1);
        assert!(text.ends_with("\n20.0000 32.0000 2.5000\n21.4000 101.1250 -12.2500\n"));
    }
}
