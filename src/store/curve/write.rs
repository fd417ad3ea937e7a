//! Writing curves, in the way that the strictest known reader of each format takes.

use std::fmt::Write;
use std::path::Path;

use super::exchange::{
    dats_text, frequencies, limp_text, magnitudes, plain_text, rew_text, starred_text,
};
use super::format::{CurveFormat, FormatMismatch};
use super::{Bridge, SIMULATED};
use crate::model::{Curve, Polar, Trace};
use crate::quantity::unit::Unit;
use crate::store::atomic::{self, Overwrite, WriteError};
use crate::store::document;

/// What a file says about its curve.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CurveLabel {
    /// What the curve is called.
    pub name: String,
    /// More lines for the formats that have comments.
    pub comments: Vec<String>,
}

impl CurveLabel {
    /// A name without comments.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), comments: Vec::new() }
    }
}

/// Why a curve was not written.
#[derive(Debug, thiserror::Error)]
pub enum CurveWriteError {
    /// The format cannot hold it.
    #[error(transparent)]
    Mismatch(#[from] FormatMismatch),
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Writes a curve to a file.
///
/// # Errors
///
/// When the format cannot hold the curve, the file exists and must not be replaced, or the system
/// refuses.
pub fn write(
    path: &Path,
    trace: &Trace,
    label: &CurveLabel,
    format: CurveFormat,
    overwrite: Overwrite,
) -> Result<(), CurveWriteError> {
    let text = to_text(trace, label, format)?;
    Ok(atomic::write_bytes(path, text.as_bytes(), overwrite)?)
}

/// The text of a curve in a format.
///
/// Numbers have a decimal point in every language, lines end in LF. Our own formats keep every
/// digit and the uncertainty; the others have four decimals (DATS three, `AutoEq` two), drop rows
/// whose frequency would repeat for that, and keep the phase between −180° and 180°. A format that must
/// have a phase gets zeros where there is none, which readers take as no phase.
///
/// # Errors
///
/// When the format cannot hold the curve.
pub fn to_text(
    trace: &Trace,
    label: &CurveLabel,
    format: CurveFormat,
) -> Result<String, FormatMismatch> {
    let format = format.holding(trace.kind())?;
    let label = &label.cleaned();
    Ok(match format {
        CurveFormat::Json => {
            let mut document = document::curve(trace, &label.name);
            if label.comments.iter().any(|comment| comment == SIMULATED) {
                document["simulated"] = true.into();
            }
            if let Some(bridge) = Bridge::stated(&label.comments) {
                document["bridge"] = bridge.to_json();
            }
            document::to_text(&document)
        }
        CurveFormat::Csv => csv_text(trace, label),
        CurveFormat::Rew => rew_text(trace, label),
        CurveFormat::Frd | CurveFormat::Zma => starred_text(trace, label),
        CurveFormat::Dats => dats_text(trace),
        CurveFormat::Limp => limp_text(trace, label),
        CurveFormat::AutoEq => autoeq_text(trace),
        CurveFormat::Text => plain_text(trace),
    })
}

impl CurveLabel {
    /// The same label, every text on one line.
    fn cleaned(&self) -> Self {
        let clean = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { name: clean(&self.name), comments: self.comments.iter().map(clean).collect() }
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.name)
            .chain(&self.comments)
            .map(String::as_str)
            .filter(|l| !l.is_empty())
    }
}

/// The table that `AutoEq` reads: two columns, two decimals.
fn autoeq_text(trace: &Trace) -> String {
    let mut text = "frequency,raw\n".to_owned();
    let mut before = String::new();
    for (hz, magnitude) in frequencies(trace).iter().zip(magnitudes(trace)) {
        let frequency = format!("{hz:.2}");
        if frequency != before && frequency != "0.00" {
            let _ = writeln!(text, "{frequency},{magnitude:.2}");
            before = frequency;
        }
    }
    text
}

/// Our own table: every digit, units in the column names.
fn csv_text(trace: &Trace, label: &CurveLabel) -> String {
    let mut text = String::new();
    for (i, line) in label.lines().enumerate() {
        let _ = writeln!(
            text,
            "# {}{line}",
            if i == 0 && !label.name.is_empty() { "name: " } else { "" }
        );
    }
    let columns = match trace {
        Trace::Response(polar) => columns(polar),
        Trace::Impedance(polar) => columns(polar),
    };
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let _ = writeln!(text, "{}", names.join(","));
    for row in 0..frequencies(trace).len() {
        let cells: Vec<String> =
            columns.iter().map(|(_, values)| values[row].to_string()).collect();
        let _ = writeln!(text, "{}", cells.join(","));
    }
    text
}

fn columns<U: Unit>(polar: &Polar<U>) -> Vec<(String, Vec<f64>)> {
    let (magnitude, phase) = (polar.magnitude(), polar.phase());
    let mut columns = vec![
        ("frequency_hz".to_owned(), magnitude.hz().to_vec()),
        (format!("magnitude_{}", U::SUFFIX), magnitude.values().to_vec()),
    ];
    if let Some(phase) = phase {
        columns.push(("phase_deg".to_owned(), phase.values().to_vec()));
    }
    if let Some(u) = magnitude.u() {
        columns.push((format!("u_magnitude_{}", U::SUFFIX), u.to_vec()));
    }
    if let Some(u) = phase.and_then(Curve::u) {
        columns.push(("u_phase_deg".to_owned(), u.to_vec()));
    }
    if let Some(coherence) = polar.coherence() {
        columns.push(("coherence".to_owned(), coherence.to_vec()));
    }
    columns
}

#[cfg(test)]
mod tests {
    use ndarray::Array1;
    use proptest::prelude::*;

    use super::*;
    use crate::model::FrequencyGrid;
    use crate::quantity::unit::{Decibel, Ohm};
    use crate::store::curve::{self, CurveFile};

    /// Half of the last of four decimals, and of three.
    const FOUR_DECIMALS: f64 = 0.5e-4;
    const THREE_DECIMALS: f64 = 0.5e-3;

    fn curve<U: Unit>(values: &[f64]) -> Curve<U> {
        let hz = (0_i32..).take(values.len()).map(|i| 20.0 * 1.07_f64.powi(i)).collect();
        Curve::new(FrequencyGrid::new(hz).unwrap(), values.to_vec().into()).unwrap()
    }

    fn response(magnitude: &[f64], phase: &[f64]) -> Trace {
        let u = Array1::from_elem(magnitude.len(), 0.012_345_678_9);
        let coherence = magnitude.iter().map(|db| 1.0 / (1.0 + db * db)).collect();
        let magnitude = curve::<Decibel>(magnitude).with_u(u.clone()).unwrap();
        let polar = Polar::new(magnitude, curve(phase).with_u(u).unwrap()).unwrap();
        Trace::Response(polar.with_coherence(coherence).unwrap())
    }

    fn impedance(magnitude: &[f64], phase: &[f64]) -> Trace {
        let u: Array1<f64> = magnitude.iter().map(|ohm| 0.001_234_5 * ohm).collect();
        let magnitude = curve::<Ohm>(magnitude).with_u(u.clone()).unwrap();
        Trace::Impedance(Polar::new(magnitude, curve(phase).with_u(u).unwrap()).unwrap())
    }

    fn through(trace: &Trace, format: CurveFormat, name: &str) -> CurveFile {
        let label =
            CurveLabel { name: "HD 650, left".to_owned(), comments: vec!["at 90 dB".to_owned()] };
        let text = to_text(trace, &label, format).unwrap();
        curve::parse(text.as_bytes(), Path::new(name))
            .unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    fn assert_close(a: &Trace, b: &Trace, rounding: f64) {
        let pairs = |a: &[f64], b: &[f64]| {
            assert_eq!(a.len(), b.len());
            for (a, b) in a.iter().zip(b) {
                assert!((a - b).abs() <= rounding * (1.0 + 1e-9), "{a} is not {b}");
            }
        };
        pairs(frequencies(a), frequencies(b));
        pairs(&magnitudes(a), &magnitudes(b));
        let degrees = |trace: &Trace| trace.phase().map(|phase| phase.values().to_vec());
        match (degrees(a), degrees(b)) {
            (Some(a), Some(b)) => pairs(&a, &b),
            (a, b) => assert_eq!(a, b),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn our_own_formats_give_back_every_digit(
            rows in proptest::collection::vec((-200.0_f64..200.0, -179.0_f64..180.0), 1..60),
        ) {
            let (magnitude, mut phase): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
            phase[0] = 1.0;
            let ohms: Vec<f64> = magnitude.iter().map(|ohm| ohm.abs()).collect();
            for trace in [response(&magnitude, &phase), impedance(&ohms, &phase)] {
                for (format, name) in [(CurveFormat::Csv, "a.csv"), (CurveFormat::Json, "a.json")] {
                    let file = through(&trace, format, name);
                    prop_assert_eq!(file.trace(), &trace);
                    prop_assert_eq!(file.format, format);
                    prop_assert_eq!(&file.name, "HD 650, left");
                }
            }
        }

        #[test]
        fn exchange_formats_give_back_four_decimals(
            rows in proptest::collection::vec((0.001_f64..2000.0, -179.0_f64..180.0), 1..60),
        ) {
            let (magnitude, mut phase): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
            phase[0] = 1.0;
            let levels = response(&magnitude, &phase);
            for (format, name) in [(CurveFormat::Rew, "a.txt"), (CurveFormat::Frd, "a.frd")] {
                let file = through(&levels, format, name);
                assert_close(file.trace(), &levels, FOUR_DECIMALS);
                prop_assert_eq!(file.format, format);
            }
            let ohms = impedance(&magnitude, &phase);
            for (format, name, rounding) in [
                (CurveFormat::Rew, "a.zma", FOUR_DECIMALS),
                (CurveFormat::Zma, "a.zma", FOUR_DECIMALS),
                (CurveFormat::Limp, "a.txt", FOUR_DECIMALS),
                (CurveFormat::Limp, "a.zma", FOUR_DECIMALS),
                (CurveFormat::Dats, "a.zma", THREE_DECIMALS),
                (CurveFormat::Dats, "a.txt", THREE_DECIMALS),
            ] {
                let file = through(&ohms, format, name);
                assert_close(file.trace(), &ohms, rounding);
                prop_assert_eq!(file.format, format);
            }
            assert_close(through(&ohms, CurveFormat::Text, "a.txt").trace(), &ohms, FOUR_DECIMALS);
        }
    }

    #[test]
    fn a_squig_file_holds_frequency_tab_decibels_and_nothing_else() {
        let text = to_text(
            &response(&[80.0, -0.5], &[1.0, 2.0]),
            &CurveLabel::named("x"),
            CurveFormat::Text,
        );
        assert_eq!(text.unwrap(), "20.0000\t80.0000\n21.4000\t-0.5000\n");
    }

    #[test]
    fn an_autoeq_file_has_its_header_and_two_decimals() {
        let trace = response(&[80.004, -0.5], &[1.0, 2.0]);
        let text = to_text(&trace, &CurveLabel::named("x"), CurveFormat::AutoEq).unwrap();
        assert_eq!(text, "frequency,raw\n20.00,80.00\n21.40,-0.50\n");
        assert_eq!(through(&trace, CurveFormat::AutoEq, "a.csv").format, CurveFormat::AutoEq);
    }

    #[test]
    fn a_phase_that_is_not_known_is_written_as_zero_and_read_as_none() {
        let trace = Trace::Impedance(Polar::of_magnitude(curve(&[32.0, 33.0])));
        let text = to_text(&trace, &CurveLabel::default(), CurveFormat::Zma).unwrap();
        assert!(text.ends_with("20.0000 32.0000 0.0000\n21.4000 33.0000 0.0000\n"), "{text}");
        assert_eq!(through(&trace, CurveFormat::Zma, "a.zma").trace().phase(), None);
    }

    #[test]
    fn a_phase_that_was_unwrapped_is_wrapped_and_a_frequency_never_repeats() {
        let hz = FrequencyGrid::new(vec![20.0, 20.000_01, 21.0]).unwrap();
        let magnitude = Curve::<Decibel>::new(hz.clone(), vec![1.0, 2.0, 3.0].into()).unwrap();
        let phase = Curve::new(hz, vec![-190.0, 0.0, 540.0].into()).unwrap();
        let trace = Trace::Response(Polar::new(magnitude, phase).unwrap());
        let text = to_text(&trace, &CurveLabel::default(), CurveFormat::Frd).unwrap();
        assert!(text.ends_with("20.0000 1.0000 170.0000\n21.0000 3.0000 180.0000\n"), "{text}");
    }
}
