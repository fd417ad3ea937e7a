//! Descriptions of known loads.

use super::description::{self, DescriptionError};
use crate::model::Standard;

/// Those that are built in, each with its text.
const BUILT_IN: [(&str, &str); 6] = [
    ("open", include_str!("../../calibration/standards/open.toml")),
    ("short", include_str!("../../calibration/standards/short.toml")),
    ("load-10", include_str!("../../calibration/standards/load-10.toml")),
    ("load-33", include_str!("../../calibration/standards/load-33.toml")),
    ("load-100", include_str!("../../calibration/standards/load-100.toml")),
    ("load-330", include_str!("../../calibration/standards/load-330.toml")),
];

/// The names of the standards that are built in.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// A standard that is built in, or that a file describes.
///
/// # Errors
///
/// When there is no such name or file, or it describes no standard.
pub fn load(name: &str) -> Result<Standard, DescriptionError> {
    let standard: Standard = description::load("standard", name, &BUILT_IN)?;
    match standard.objection() {
        None => Ok(standard),
        Some(objection) => Err(DescriptionError::new("standard", name, objection)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_standard_that_is_built_in_is_read_under_its_own_name() {
        for name in builtin_names() {
            assert_eq!(load(name).unwrap().name, name);
        }
    }

    #[test]
    fn a_load_without_resistance_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("load.toml");
        std::fs::write(&path, "kind = 'load'\n").unwrap();
        let error = load(&path.to_string_lossy()).unwrap_err().to_string();
        assert!(error.contains("needs a resistance"), "{error}");
    }
}
