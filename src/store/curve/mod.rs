//! Curves in files: every format that headphone and loudspeaker programs exchange.
//!
//! Reading is tolerant: separators, decimal marks, encodings, line endings and headers are found
//! out from the file, and whatever was assumed is said in [`CurveFile::assumptions`]. Writing is
//! strict, so that the strictest known reader of a format takes it.

mod bridge;
mod bytes;
mod columns;
mod dialect;
mod exchange;
mod format;
mod json;
mod maker;
mod number;
mod rows;
mod table;
mod write;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::model::{Budget, CurveError, GridError, Trace, TraceKind};
use crate::quantity::Level;
use crate::quantity::unit::FullScale;

use dialect::Layout;

pub use bridge::Bridge;
pub use format::{CurveFormat, FormatMismatch, UnknownCurveFormat};
pub use maker::{MakerFile, parse_maker_file, read_maker_file};
pub use write::{CurveLabel, CurveWriteError, to_text, write};

/// A curve file is not longer than this; the longest known have some hundred thousand rows.
pub const MOST_BYTES: u64 = 64 << 20;

/// The comment line of a curve that was computed rather than measured.
pub const SIMULATED: &str = "simulated";

/// What is said of a curve that is called a correction.
const CORRECTION: &str = "called a correction: taken as it stands, although a correction has the \
                          opposite sign of a response";

/// What was in a file of curves.
#[derive(Debug, Clone, PartialEq)]
pub struct CurveFile {
    /// What the file calls the curve, else the file's own name without extension.
    pub name: String,
    /// The format it was read as.
    pub format: CurveFormat,
    /// The curves, at least one.
    traces: Vec<NamedTrace>,
    /// The level of the sweep, where the header states one (REW does).
    pub drive: Option<Level<FullScale>>,
    /// Whether time zero of a response is where its own sound arrives, so that delays between files
    /// mean nothing: REW says so, and a response of ours without a reference is so.
    pub own_time: bool,
    /// What an impedance was measured with, where the file says so (REW's do).
    pub bridge: Option<Bridge>,
    /// What the uncertainty of the first curve is made of, where the file says so (our documents of
    /// impedances do).
    pub budget: Option<Budget>,
    /// The lines above the rows, without comment marks.
    pub comments: Vec<String>,
    /// What the file does not say and was assumed.
    pub assumptions: Vec<String>,
    /// Whether the file says that its curves were computed rather than measured.
    pub simulated: bool,
}

/// One curve of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTrace {
    /// What the file calls it.
    pub name: String,
    /// The curve.
    pub trace: Trace,
}

impl CurveFile {
    /// The first curve, which is the only one in most files.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.traces[0].trace
    }

    /// All curves, at least one.
    #[must_use]
    pub fn traces(&self) -> &[NamedTrace] {
        &self.traces
    }

    /// The first curve.
    #[must_use]
    pub fn into_trace(mut self) -> Trace {
        self.traces.swap_remove(0).trace
    }
}

/// A file that gave no curve.
#[derive(Debug, thiserror::Error)]
#[error("cannot read '{}': {problem}", path.display())]
pub struct CurveFileError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub problem: CurveProblem,
}

/// Why a file holds no curve.
#[derive(Debug, thiserror::Error)]
pub enum CurveProblem {
    /// The system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file is larger than any curve.
    #[error("longer than {} MiB, which no curve is", MOST_BYTES >> 20)]
    TooLong,
    /// The file is not text.
    #[error("expected text, found a binary file")]
    Binary,
    /// A measurement file of REW.
    #[error(
        "a REW measurement file (.mdat) is private to REW; export the curve there with File, \
         Export, Export measurement as text"
    )]
    RewMeasurement,
    /// A measurement file of LIMP.
    #[error(
        "a measurement file of LIMP (.lim) is private to LIMP; export the curve there as text or \
         as .zma with File, Export"
    )]
    LimpMeasurement,
    /// A web page under the name of a text file.
    #[error(
        "expected a curve, found a web page: a shop or server that does not know the file may \
         serve its error page under the file's name"
    )]
    WebPage,
    /// XML or the like.
    #[error("expected a curve, found markup")]
    Markup,
    /// A list of filters.
    #[error("expected a curve, found the settings of an equaliser")]
    Equaliser,
    /// An impedance where a level was wanted.
    #[error("expected a response in decibels, found an impedance")]
    NotALevel,
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// There is text, but no table.
    #[error("expected rows of frequency and magnitude, found none")]
    NoRows,
    /// The magnitude of an impedance below zero.
    #[error("an impedance of {ohm} Ω in line {line}")]
    NegativeImpedance {
        /// The value found.
        ohm: f64,
        /// The line, counted from one.
        line: usize,
    },
    /// JSON that is not ours, or none at all.
    #[error("not a JSON document of cansweep: {0}")]
    Json(String),
    /// A document of a later version.
    #[error("its schema is {found}, and this version of cansweep knows {known} at most")]
    Schema {
        /// The schema found.
        found: u64,
        /// The schema known.
        known: u64,
    },
    /// A document of ours that holds figures only.
    #[error("the document holds no curve{0}")]
    NoCurve(String),
    /// The values are not a curve.
    #[error(transparent)]
    Curve(#[from] CurveError),
    /// The frequencies are not a grid.
    #[error(transparent)]
    Grid(#[from] GridError),
}

/// Reads a curve from a file in any known format, or from the folder of a measurement.
///
/// # Errors
///
/// When the file cannot be read or holds no curve, with the reason.
pub fn read(path: &Path) -> Result<CurveFile, CurveFileError> {
    let within = curve_of_folder(path);
    let path = within.as_deref().unwrap_or(path);
    let read = read_bytes(path).and_then(|bytes| parse(&bytes, path));
    read.map_err(|problem| CurveFileError { path: path.to_owned(), problem })
}

/// The curve of a measurement's folder.
fn curve_of_folder(path: &Path) -> Option<PathBuf> {
    if !path.is_dir() {
        return None;
    }
    let names = [
        "response.csv",
        "impedance.csv",
        "output-impedance.csv",
        "crosstalk.csv",
        "response.json",
        "impedance.json",
        "output-impedance.json",
        "crosstalk.json",
    ];
    names.iter().map(|name| path.join(name)).find(|file| file.is_file())
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, CurveProblem> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES { Err(CurveProblem::TooLong) } else { Ok(bytes) }
}

/// Reads a curve from the bytes of a file; of the path only the name counts.
///
/// # Errors
///
/// When they hold no curve, with the reason.
pub fn parse(bytes: &[u8], path: &Path) -> Result<CurveFile, CurveProblem> {
    let decoded = bytes::decode(bytes, path)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let start = decoded.text.trim_start();
    if start.is_empty() {
        return Err(CurveProblem::Empty);
    }
    if start.starts_with(['{', '[']) {
        return json::read(start, &name);
    }
    let table = table::find(&decoded.text).ok_or_else(|| nothing_in(&decoded.text))?;
    let layout = Layout::of(&table, &decoded.text);
    let mut file = from_table(&table, layout, path, name)?;
    file.assumptions.splice(0..0, decoded.assumption);
    Ok(file)
}

/// Why a text has no rows.
fn nothing_in(text: &str) -> CurveProblem {
    let starts = ["Filter", "Preamp:", "GraphicEQ:", "Channel:"];
    let is_equaliser = |line: String| starts.iter().any(|start| line.starts_with(start));
    let lower = text.to_ascii_lowercase();
    if table::plain_lines(text).any(is_equaliser) {
        CurveProblem::Equaliser
    } else if lower.contains("<html") || lower.contains("<!doctype html") {
        CurveProblem::WebPage
    } else {
        CurveProblem::NoRows
    }
}

fn from_table(
    table: &table::Table,
    layout: Layout,
    path: &Path,
    stem: String,
) -> Result<CurveFile, CurveProblem> {
    let extension = format::extension(path);
    let named = match extension.as_str() {
        "zma" => Some(TraceKind::Impedance),
        "frd" => Some(TraceKind::Response),
        _ => None,
    };
    let fallback = named.or_else(|| layout.kind());
    let columns = columns::find(table, fallback);
    let mut assumptions = table.assumptions.clone();
    assumptions.extend(columns.assumptions);
    let name = stated(&table.above, &["Measurement:", "name:"]).unwrap_or(stem);
    let mut traces = Vec::new();
    for layout in &columns.layouts {
        let trace = rows::to_trace(&table.rows, layout, &mut assumptions)?;
        let alone = columns.layouts.len() == 1;
        let name = if alone { name.clone() } else { layout.name.clone() };
        traces.push(NamedTrace { name, trace });
    }
    if is_correction(&name, &table.above) {
        assumptions.push(CORRECTION.to_owned());
    }
    let kind = traces.first().map_or(TraceKind::Response, |named| named.trace.kind());
    let header = columns.header.as_deref();
    let format = dialect::format_of(layout, header, &table.above, (&extension, kind));
    if matches!(format, CurveFormat::Csv | CurveFormat::Dats) {
        // These have one separator and one decimal mark; nothing was assumed.
        assumptions.retain(|said| !table.assumptions.iter().take(1).any(|dialect| dialect == said));
    }
    let bridge = (kind == TraceKind::Impedance).then(|| Bridge::stated(&table.above)).flatten();
    let (drive, comments) = (drive(&table.above), table.above.clone());
    // REW has one line for all notes.
    let mut notes =
        comments.iter().flat_map(|comment| comment.trim_start_matches("Note:").split(';'));
    let simulated = notes.any(|note| note.trim() == SIMULATED);
    let own_time = comments.iter().any(|line| line.contains("no timing reference"));
    Ok(CurveFile {
        name,
        format,
        traces,
        drive,
        own_time,
        bridge,
        budget: None,
        comments,
        assumptions,
        simulated,
    })
}

/// What stands behind one of the keys in the lines above the rows.
fn stated(above: &[String], keys: &[&str]) -> Option<String> {
    let value = above.iter().find_map(|line| keys.iter().find_map(|key| line.strip_prefix(key)))?;
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn is_correction(name: &str, above: &[String]) -> bool {
    let says = |text: &str| text.to_lowercase().contains("correction");
    says(name) || above.iter().any(|line| says(line))
}

/// The level that REW states: `Format: 256k Log Swept Sine, 1 sweep at -12.0 dBFS …`.
fn drive(above: &[String]) -> Option<Level<FullScale>> {
    let format = stated(above, &["Format:"])?;
    let before = format.split(" dBFS").next().filter(|before| before.len() < format.len())?;
    let number = before.rsplit(' ').next()?.replace(',', ".");
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_text(text: &str, name: &str) -> CurveFile {
        parse(text.as_bytes(), Path::new(name)).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    fn refusal(bytes: &[u8], name: &str) -> String {
        parse(bytes, Path::new(name)).unwrap_err().to_string()
    }

    fn says(file: &CurveFile, what: &str) -> bool {
        file.assumptions.iter().any(|assumption| assumption.contains(what))
    }

    fn values(trace: &Trace) -> Vec<(f64, f64)> {
        match trace {
            Trace::Response(polar) => polar.magnitude().points().collect(),
            Trace::Impedance(polar) => polar.magnitude().points().collect(),
        }
    }

    #[test]
    fn a_rew_export_gives_its_name_and_its_level() {
        let file = read_text(
            "* Measurement data measured by REW V5.20.5\r\r\n\
             * Format: 256k Log Swept Sine, 1 sweep at -14,0 dBFS with no timing reference\r\r\n\
             * Measurement: Eternal Day1\r\r\n\
             * Freq(Hz)\tSPL(dB)\tPhase(degrees)\r\r\n\
             20.299999\t80.973\t-178.1344\r\r\n20.600000\t80.970\t-178.2395\r\r\n",
            "a.txt",
        );
        assert_eq!((file.name.as_str(), file.format), ("Eternal Day1", CurveFormat::Rew));
        assert_eq!((file.drive, file.own_time), (Some(Level::from_db(-14.0)), true));
        assert_eq!(values(file.trace()), [(20.299_999, 80.973), (20.6, 80.97)]);
        assert!(file.trace().phase().is_some());
    }

    #[test]
    fn a_phase_of_zeros_is_no_phase() {
        let file = read_text("19.5 13.15 0\n19.6 12.65 0\n", "receiver.zma");
        assert_eq!(file.trace().kind(), TraceKind::Impedance);
        assert!(file.trace().phase().is_none());
        assert!(says(&file, "all zero"));
        assert_eq!(file.name, "receiver");
    }

    #[test]
    fn rows_are_put_in_order_and_what_was_done_is_said() {
        let file = read_text("0 1\n30 3\n20 2\n30 4\n", "a.txt");
        assert_eq!(values(file.trace()), [(20.0, 2.0), (30.0, 3.0)]);
        for what in ["0 Hz or below left out: 1", "sorted", "repeat a frequency left out: 1"] {
            assert!(says(&file, what), "{what}: {:?}", file.assumptions);
        }
        assert!(says(&file, "no header: columns taken as Hz, dB"));
    }

    #[test]
    fn a_file_without_a_curve_says_what_it_is() {
        assert_eq!(refusal(b"", "a.txt"), "the file is empty");
        assert!(refusal(b"\"Sens Factor =-13.47dB\"\r\n", "a.txt").contains("found none"));
        let equaliser = b"Preamp: -6.1 dB\nFilter 1: ON PK Fc 121 Hz Gain -3.1 dB Q 0.50\n";
        assert!(refusal(equaliser, "a.txt").contains("equaliser"));
        assert!(refusal(b"20 -6 3\n30 6 3\n", "a.zma").contains("-6 Ω in line 1"));
        assert!(
            refusal(b"[{\"name\": \"AKG\"}]", "phone_book.json").contains("not a JSON document")
        );
        assert!(refusal(b"{\"schema\":2}", "a.json").contains("schema is 2"));
        let refused = br#"{"schema":1,"kind":"response","figures":{},
            "findings":[{"kind":"clipped","severity":"refusal","message":""}]}"#;
        assert!(refusal(refused, "a.json").contains("refused (clipped)"));
    }

    #[test]
    fn a_correction_is_taken_as_it_stands_and_mentioned() {
        assert!(says(&read_text("20 1\n30 2\n", "mic correction.txt"), "opposite"));
    }

    #[test]
    fn a_document_with_a_curve_is_read_with_its_uncertainty() {
        let file = read_text(
            r#"{"schema":1,"kind":"impedance","curve":{"frequency_hz":[20,30],
                "magnitude_ohm":[32,33.5],"phase_deg":[1,-2],"u_magnitude_ohm":[0.1,0.2]}}"#,
            "a.json",
        );
        let Trace::Impedance(polar) = file.trace() else { panic!("no impedance") };
        assert_eq!(polar.magnitude().u().unwrap().to_vec(), [0.1, 0.2]);
        assert_eq!(polar.phase().unwrap().values().to_vec(), [1.0, -2.0]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_without_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            name in prop::sample::select(vec!["a.txt", "a.zma", "a.json", "a.csv", ""]),
        ) {
            let _ = parse(&bytes, Path::new(name));
        }

        #[test]
        fn anything_like_a_table_is_read_or_refused_without_panic(
            text in "([0-9.,;\t \"*#eE+-]{0,12}[\r\n]{0,2}|Freq\\(Hz\\)[ ,;\t]dB[\n]){0,30}",
        ) {
            let _ = parse(text.as_bytes(), Path::new("a.txt"));
        }

        #[test]
        fn anything_like_a_document_is_read_or_refused_without_panic(
            hz in proptest::collection::vec(any::<f32>(), 0..4),
            db in proptest::collection::vec(any::<f32>(), 0..4),
            key in prop::sample::select(vec!["magnitude_db", "magnitude_ohm", "phase_deg", "x"]),
        ) {
            let document = serde_json::json!({"schema": 1, "curve": {"frequency_hz": hz, key: db}});
            let _ = parse(document.to_string().as_bytes(), Path::new("a.json"));
        }
    }
}
