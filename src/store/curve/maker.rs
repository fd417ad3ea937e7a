//! What the makers of microphones and cards write above their curves: sensitivity, serial number,
//! and whether a curve is a response or a correction.

use std::path::Path;

use super::table::whole_lines;
use super::{CurveFileError, CurveProblem, bytes, parse, read_bytes};
use crate::model::{CurveSign, Polar, Sensitivity, SensitivityUnit, Trace};
use crate::quantity::parse_number;
use crate::quantity::unit::Decibel;

/// What was in a maker's calibration file.
#[derive(Debug, Clone, PartialEq)]
pub struct MakerFile {
    /// The curve; absent if the file states a sensitivity and has no rows.
    pub response: Option<Polar<Decibel>>,
    /// The sensitivity, where stated.
    pub sensitivity: Option<Sensitivity>,
    /// The serial number, where stated.
    pub serial: Option<String>,
    /// Which way round the curve seems to be.
    pub sign: CurveSign,
    /// Why it seems so.
    pub sign_reason: &'static str,
    /// The lines above the rows, without comment marks.
    pub header: Vec<String>,
    /// What the file does not say and was assumed.
    pub assumptions: Vec<String>,
}

/// Reads a maker's calibration file of a microphone or a converter.
///
/// # Errors
///
/// When the file cannot be read or holds neither a curve in decibels nor a sensitivity.
pub fn read_maker_file(path: &Path) -> Result<MakerFile, CurveFileError> {
    let read = read_bytes(path).and_then(|bytes| parse_maker_file(&bytes, path));
    read.map_err(|problem| CurveFileError { path: path.to_owned(), problem })
}

/// Reads a maker's calibration file from its bytes; of the path only the name counts.
///
/// # Errors
///
/// When it holds neither a curve in decibels nor a sensitivity.
pub fn parse_maker_file(bytes: &[u8], path: &Path) -> Result<MakerFile, CurveProblem> {
    let lines: Vec<String> = whole_lines(&bytes::decode(bytes, path)?.text).collect();
    let sensitivity = sensitivity(&lines);
    let (response, header, assumptions) = match parse(bytes, path) {
        Ok(file) => {
            let (header, assumptions) = (file.comments.clone(), file.assumptions.clone());
            let Trace::Response(polar) = file.into_trace() else {
                return Err(CurveProblem::NotALevel);
            };
            (Some(polar), header, assumptions)
        }
        Err(CurveProblem::NoRows) if sensitivity.is_some() => {
            (None, lines.iter().map(|line| bare(line).to_owned()).collect(), Vec::new())
        }
        Err(problem) => return Err(problem),
    };
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let (sign, sign_reason) = sign(&name, &header);
    Ok(MakerFile {
        response,
        sensitivity,
        serial: header.iter().find_map(|line| serial(line)),
        sign,
        sign_reason,
        header,
        // The sign is this file's own matter.
        assumptions: assumptions.into_iter().filter(|said| said != super::CORRECTION).collect(),
    })
}

fn bare(line: &str) -> &str {
    line.trim_matches(['*', '#', ';', '%', '"', '!', '/', ' ', '\t'])
}

fn is_comment(line: &str) -> bool {
    line.starts_with(['*', '#', ';', '%', '!', '/'])
}

/// The sensitivity that lines state. One that is commented out counts only if there is no other.
fn sensitivity(lines: &[String]) -> Option<Sensitivity> {
    let stated = |line: &String| {
        let line = bare(line);
        sens_factor(line).or_else(|| at_1khz(line)).or_else(|| assigned(line))
    };
    let plain = lines.iter().filter(|line| !is_comment(line)).find_map(stated);
    plain.or_else(|| lines.iter().find_map(stated))
}

/// `Sens Factor =-13.47dB, …`, as miniDSP writes it.
fn sens_factor(line: &str) -> Option<Sensitivity> {
    let rest = behind(line, "sens factor")?.trim_start_matches([' ', '=', ':']);
    let value = rest.split(',').next()?.split(';').next()?;
    let value = parse_number(value, "sensitivity", &["dB"], "").ok()?;
    Some(Sensitivity { value, unit: SensitivityUnit::SensFactor })
}

/// `1000Hz<TAB>-36.0`, as Dayton writes it: decibels re one volt per pascal.
fn at_1khz(line: &str) -> Option<Sensitivity> {
    let mut words = line.split_whitespace();
    let (frequency, value) = (words.next()?, words.next()?);
    let names_a_frequency = frequency.to_ascii_lowercase().ends_with("hz");
    let hz = parse_number(frequency, "frequency", &["Hz"], "").ok()?;
    let is_alone = names_a_frequency && words.next().is_none() && (hz - 1000.0).abs() < 1.0;
    let value = is_alone.then(|| parse_number(value, "sensitivity", &["dB"], "").ok())??;
    Some(Sensitivity { value, unit: SensitivityUnit::DecibelVoltPerPascal })
}

/// `sensitivity = 11.84 mV/Pa % remark`.
fn assigned(line: &str) -> Option<Sensitivity> {
    let rest = behind(line, "sensitivity")?.trim_start().strip_prefix(['=', ':'])?;
    rest.split(['%', '#', ',']).next()?.trim().parse().ok()
}

fn serial(line: &str) -> Option<String> {
    const KEYS: [&str; 4] = ["serno", "serial number", "serial", "(sn"];
    let rest = KEYS.iter().find_map(|key| behind(line, key))?;
    let rest = rest.trim_start_matches([' ', ':', '=', '#', '.']);
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
    let number = &rest[..end];
    number.contains(|c: char| c.is_ascii_digit()).then(|| number.to_owned())
}

/// What stands behind a word, whatever its case.
fn behind<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let at = line.to_ascii_lowercase().find(word)?;
    line.get(at + word.len()..)
}

/// Which way round the curve is, from the file's name and its header.
fn sign(name: &str, header: &[String]) -> (CurveSign, &'static str) {
    let lines = || std::iter::once(name).chain(header.iter().map(String::as_str));
    let says = |word: &str| lines().any(|line| line.to_lowercase().contains(word));
    // The ears of miniDSP are shipped with responses; their "compensation" names the target
    // that is in them.
    if says("ears serial") || says("idf") && says("ears") {
        return (CurveSign::Response, "files of this maker's ears are responses");
    }
    let corrects = lines().any(|line| {
        let line = line.to_lowercase();
        let is_weighting = line.contains("weighting compensation");
        line.contains("correction") || line.contains("compensation") && !is_weighting
    });
    if corrects {
        (CurveSign::Correction, "the file calls itself a correction")
    } else {
        (CurveSign::Response, "nothing in the file says that it is a correction")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn made(text: &str, name: &str) -> MakerFile {
        parse_maker_file(text.as_bytes(), Path::new(name))
            .unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    fn stated(text: &str) -> Option<String> {
        made(text, "a.txt").sensitivity.map(|sensitivity| sensitivity.to_string())
    }

    fn serial_of(text: &str) -> Option<String> {
        made(text, "a.txt").serial
    }

    const ROWS: &str = "20\t-0.5\r\n1000\t0\r\n20000\t1.5\r\n";

    #[test]
    fn the_sensitivities_of_all_makers_are_understood() {
        let umik = "\"Sens Factor =-13.47dB, AGain =18dB, SERNO: 8105623\"\r\n";
        for (head, expected) in [
            (umik, Some("-13.47 dB sens factor")),
            ("\"Sens Factor =.58440dB, SERNO: 7000001\"\r\n", Some("0.5844 dB sens factor")),
            ("*1000Hz\t-36.0\n", Some("-36 dBV/Pa")),
            ("sensitivity = 11.84 mV/Pa\n", Some("11.84 mV/Pa")),
            ("% sensitivity = 12.5 mV/Pa\nsensitivity = 11.84 mV/Pa\n", Some("11.84 mV/Pa")),
            ("% sensitivity = 12.5 mV/Pa\n", Some("12.5 mV/Pa")),
            ("* a plain curve\n", None),
        ] {
            assert_eq!(stated(&format!("{head}{ROWS}")).as_deref(), expected, "{head}");
        }
        assert_eq!(serial_of(&format!("{umik}{ROWS}")).unwrap(), "8105623");
    }

    #[test]
    fn a_microphone_file_with_three_columns_has_its_phase() {
        let omni =
            "\"Sens Factor =-1.2dB, SERNO: 12345\"\r\n5.00\t-2.1\t40.0\r\n20.0\t-0.4\t9.0\r\n";
        let file = made(omni, "12345.omm");
        let polar = file.response.unwrap();
        assert_eq!(polar.phase().unwrap().values().to_vec(), [40.0, 9.0]);
    }

    #[test]
    fn the_ears_are_responses_although_their_header_says_compensation() {
        let ears = "\"Sens Factor =0.9dB, EARS Serial 860-4350, compensation HEQ V2\"\r\n\
                    \"Left ear\"\r\n* Hz dB\r\n    10.054    -3.91\r\n   100.000     0.12\r\n";
        let file = made(ears, "L_HEQ_8604350.txt");
        assert_eq!(file.sign, CurveSign::Response);
        assert_eq!(file.serial.unwrap(), "860-4350");
        assert_eq!(file.sensitivity.unwrap().to_string(), "0.9 dB sens factor");
        assert_eq!(file.response.unwrap().magnitude().hz(), [10.054, 100.0]);
    }

    #[test]
    fn a_correction_is_known_by_its_name_or_its_header() {
        for (text, name, expected) in [
            (ROWS, "mic correction.txt", CurveSign::Correction),
            (ROWS, "mic.txt", CurveSign::Response),
            ("* Compensation curve\n20 1\n30 2\n", "mic.txt", CurveSign::Correction),
            ("* C-weighting compensation: Off\n20 1\n30 2\n", "mic.txt", CurveSign::Response),
        ] {
            let file = made(text, name);
            assert_eq!(file.sign, expected, "{name}");
            assert!(file.assumptions.iter().all(|said| !said.contains("opposite")));
        }
    }

    #[test]
    fn a_file_with_a_sensitivity_alone_is_read_and_one_with_nothing_is_refused() {
        let file = made("\"Sens Factor =-13.47dB, SERNO: 8105623\"\r\n", "a.txt");
        assert!(file.response.is_none() && file.sensitivity.is_some());
        let refusal =
            |text: &str| parse_maker_file(text.as_bytes(), Path::new("a.txt")).unwrap_err();
        assert!(matches!(refusal("no microphone\n"), CurveProblem::NoRows));
        assert!(matches!(refusal("* Freq(Hz) Z(ohms)\n20 6.5\n"), CurveProblem::NotALevel));
    }

    #[test]
    fn an_error_page_under_the_name_of_a_microphone_is_named_as_such() {
        for page in
            ["<!DOCTYPE html><html>not found</html>", "Sorry\n<html><body>404</body></html>"]
        {
            let refusal = parse_maker_file(page.as_bytes(), Path::new("7000001.txt")).unwrap_err();
            assert!(refusal.to_string().contains("web page"), "{refusal}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_panic(
            text in "((sens factor|sensitivity|serial|1000Hz|[*%\"]|[0-9.,=: \t-]{0,6}|.{0,6})[\n]?){0,12}",
            name in prop::sample::select(vec!["a.txt", "a correction.omm", ""]),
        ) {
            let _ = parse_maker_file(text.as_bytes(), Path::new(name));
        }
    }
}
