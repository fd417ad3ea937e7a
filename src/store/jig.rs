//! Descriptions of jigs.

use serde::Deserialize;

use super::description::{self, DescriptionError};
use crate::model::{ChannelMap, Jig};

/// Those that are built in, each with its text.
const BUILT_IN: [(&str, &str); 5] = [
    ("high-side-100", include_str!("../../calibration/jigs/high-side-100.toml")),
    ("high-side-33", include_str!("../../calibration/jigs/high-side-33.toml")),
    ("low-side-33", include_str!("../../calibration/jigs/low-side-33.toml")),
    ("balanced", include_str!("../../calibration/jigs/balanced.toml")),
    ("single-input", include_str!("../../calibration/jigs/single-input.toml")),
];

/// A jig as its file describes it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JigDescription {
    /// Its name.
    pub name: String,
    /// What it is for, in a sentence.
    #[serde(default)]
    pub description: String,
    /// Which input is where.
    #[serde(default)]
    pub channels: ChannelMap,
    /// The jig.
    pub jig: Jig,
}

/// The names of the jigs that are built in.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// A jig that is built in, or that a file describes.
///
/// # Errors
///
/// When there is no such name or file, or it describes no jig.
pub fn load(name: &str) -> Result<JigDescription, DescriptionError> {
    description::load("jig", name, &BUILT_IN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_jig_that_is_built_in_is_read_under_its_own_name() {
        for name in builtin_names() {
            let description = load(name).unwrap();
            assert_eq!(description.name, name);
            assert!(!description.description.is_empty());
        }
    }

    #[test]
    fn a_description_that_makes_no_sense_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jig.toml");
        std::fs::write(&path, "name = 'x'\n[jig]\nsense_resistor = '100 V'\n").unwrap();
        let error = load(&path.to_string_lossy()).unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("100 V"), "{error}");
        assert!(load("no-such-jig").unwrap_err().to_string().contains("no-such-jig"));
    }
}
