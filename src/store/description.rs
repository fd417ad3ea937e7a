//! Descriptions in TOML that are built in by name and may be copied, edited and given as files.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::de::DeserializeOwned;

/// A description is not longer than this.
const MOST_BYTES: u64 = 1 << 20;

/// A name or file that gave no description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read the {what} '{name}': {reason}")]
pub struct DescriptionError {
    what: &'static str,
    name: String,
    reason: String,
}

impl DescriptionError {
    pub(super) fn new(what: &'static str, name: &str, reason: impl Into<String>) -> Self {
        Self { what, name: name.to_owned(), reason: reason.into() }
    }
}

/// The description of a name that is built in, or of a file.
pub(super) fn load<T: DeserializeOwned>(
    what: &'static str,
    name: &str,
    built_in: &[(&str, &str)],
) -> Result<T, DescriptionError> {
    let refuse = |reason: String| DescriptionError::new(what, name, reason);
    if let Some((_, text)) = built_in.iter().find(|(known, _)| *known == name) {
        return parse(text).map_err(refuse);
    }
    let file = File::open(Path::new(name)).map_err(|error| refuse(error.to_string()))?;
    let mut text = String::new();
    file.take(MOST_BYTES).read_to_string(&mut text).map_err(|error| refuse(error.to_string()))?;
    parse(&text).map_err(refuse)
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let text = text.trim_start_matches('\u{feff}');
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map(|before| before.matches('\n').count() + 1);
        let line = line.map_or(String::new(), |line| format!("line {line}: "));
        format!("{line}{}", error.message().trim_end_matches('.').replace('\n', ", "))
    })
}
