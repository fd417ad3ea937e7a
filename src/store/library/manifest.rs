//! `measurement.toml`: what was measured, how, and what came out.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::LibraryError;
use crate::model::{
    Conditions, CrosstalkFigures, Finding, ImpedanceFigures, Measurand, Measurement, Outcome,
    OutputFigures, ResponseFigures,
};

/// The version of the manifest's layout that is written. Older ones stay readable.
pub const SCHEMA: u32 = 1;

/// The manifest's name in the folder of a measurement.
pub(super) const FILE_NAME: &str = "measurement.toml";

/// What a measurement's folder says about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the layout.
    pub schema: u32,
    /// What was measured.
    pub kind: Measurand,
    /// Whether the takes were refused; then there is no curve.
    #[serde(default)]
    pub refused: bool,
    /// How it was made, with the takes and their hashes.
    pub conditions: Conditions,
    /// Figures of a response.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub response: Option<ResponseFigures>,
    /// Figures of an impedance.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub impedance: Option<ImpedanceFigures>,
    /// Figures of an output impedance.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output: Option<OutputFigures>,
    /// Figures of crosstalk.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub crosstalk: Option<CrosstalkFigures>,
    /// What was noticed.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// SHA-256 of the files that were derived from the takes, by name.
    #[serde(default)]
    pub derived: BTreeMap<String, String>,
}

impl Manifest {
    /// The manifest of a measurement whose derived files have the given hashes.
    #[must_use]
    pub fn of(measurement: &Measurement, derived: BTreeMap<String, String>) -> Self {
        let mut manifest = Self {
            schema: SCHEMA,
            kind: measurement.outcome.measurand(),
            refused: matches!(measurement.outcome, Outcome::Refused(_)),
            conditions: measurement.conditions.clone(),
            response: None,
            impedance: None,
            output: None,
            crosstalk: None,
            findings: measurement.findings.clone(),
            derived,
        };
        match &measurement.outcome {
            Outcome::Response { figures, .. } => manifest.response = Some(figures.clone()),
            Outcome::Impedance { figures, .. } => manifest.impedance = Some(figures.clone()),
            Outcome::OutputImpedance { figures, .. } => manifest.output = Some(figures.clone()),
            Outcome::Crosstalk { figures, .. } => manifest.crosstalk = Some(figures.clone()),
            Outcome::Refused(_) => {}
        }
        manifest
    }

    /// The manifest as text.
    pub(super) fn to_text(&self, path: &Path) -> Result<String, LibraryError> {
        let head = "# What was measured, how, and what came out. The takes are kept beside this \
                    file;\n# everything else can be made again from them.\n\n";
        match toml::to_string(self) {
            Ok(text) => Ok(head.to_owned() + &text),
            Err(error) => Err(LibraryError::manifest(path, &error.to_string())),
        }
    }

    /// Reads a manifest. The schema is looked at first, so that a later one is named as such.
    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, LibraryError> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let refuse = |error: toml::de::Error| {
            let line = error.span().and_then(|span| text.get(..span.start));
            let line = line.map(|before| format!("line {}: ", before.matches('\n').count() + 1));
            LibraryError::manifest(path, &(line.unwrap_or_default() + error.message()))
        };
        let Version { schema } = toml::from_str(text).map_err(refuse)?;
        if schema > SCHEMA {
            return Err(LibraryError::Newer { path: path.to_owned(), found: schema });
        }
        toml::from_str(text).map_err(refuse)
    }
}

/// The name of a new measurement's folder, from when it was made (RFC 3339), what it is and what
/// its tags say: `2026-11-23T05-20-34-response-fresh`.
///
/// It holds nothing that a file system could object to.
#[must_use]
pub fn folder_name(made_at: &str, measurand: Measurand, tags: &BTreeMap<String, String>) -> String {
    /// The tags that tell measurements of one session apart, in the order they are written.
    const TELLING: [&str; 6] = ["headphone", "amplifier", "side", "pads", "state", "seating"];
    /// A name with all of them stays below what any file system takes.
    const LONGEST_TAG: usize = 32;
    /// Year to seconds.
    const TIME: usize = 19;
    let time: String = made_at.chars().take(TIME).collect();
    let time = time.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "-");
    let words =
        TELLING.iter().filter_map(|tag| tags.get(*tag)).map(|value| slug(value, LONGEST_TAG));
    let parts = [time, measurand.name().to_owned()].into_iter().chain(words);
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// Lower-case letters and digits with single dashes between them.
fn slug(text: &str, longest: usize) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join("-").to_lowercase();
    joined.chars().take(longest).collect::<String>().trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::fixture;

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        for measurement in [fixture::response(), fixture::impedance(), fixture::refused()] {
            let derived = BTreeMap::from([("response.csv".to_owned(), "00ff".to_owned())]);
            let manifest = Manifest::of(&measurement, derived);
            let path = Path::new("measurement.toml");
            let text = manifest.to_text(path).unwrap();

            assert_eq!(Manifest::parse(&text, path).unwrap(), manifest, "{text}");
        }
    }

    #[test]
    fn a_manifest_of_a_later_version_is_named_as_such() {
        let error = Manifest::parse("schema = 2\nnew = true\n", Path::new("a/measurement.toml"));
        let message = error.unwrap_err().to_string();
        assert!(
            message.contains("schema 2") && message.contains("a/measurement.toml"),
            "{message}"
        );
    }

    #[test]
    fn a_manifest_that_is_broken_names_file_and_line() {
        let error = Manifest::parse("schema = 1\nkind = \"tuba\"\n", Path::new("m.toml"));
        let message = error.unwrap_err().to_string();
        assert!(message.contains("'m.toml'") && message.contains("line 2"), "{message}");
    }

    #[test]
    fn a_folders_name_says_when_what_and_which() {
        let tags = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let name = |tags: &BTreeMap<String, String>| {
            folder_name("2026-11-23T05:20:34.5+01:00", Measurand::Response, tags)
        };
        assert_eq!(name(&tags(&[("state", "fresh")])), "2026-11-23T05-20-34-response-fresh");
        let full = tags(&[("headphone", "HD 650"), ("state", "../worn: 2"), ("pad hours", "9")]);
        assert_eq!(name(&full), "2026-11-23T05-20-34-response-hd-650-worn-2");
        assert_eq!(name(&tags(&[])), "2026-11-23T05-20-34-response");
    }
    proptest! {
        #[test]
        fn any_text_is_a_manifest_or_refused_without_panic(text in ".{0,80}", value in ".{0,12}") {
            let path = Path::new("measurement.toml");
            let _ = Manifest::parse(&text, path);
            let right = Manifest::of(&fixture::response(), BTreeMap::new()).to_text(path).unwrap();
            let _ = Manifest::parse(&right.replace("48000", &value), path);
        }
    }
}
