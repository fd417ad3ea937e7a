//! Seatings of one state: measurements that stand beside each other in a folder, each tagged with the
//! number of its seating. What was decided about one stands in a file of its own beside its result,
//! so that the measurement itself stays as it was made.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::atomic::{self, Overwrite, WriteError};
use super::library::{Entry, EntryState, Library, LibraryError, Manifest};
use crate::model::{Decision, Measurand};

/// The file in a seating's folder that says what was decided about it.
const FILE_NAME: &str = "decision.toml";
/// The tag that holds the number of a seating.
pub const NUMBER: &str = "seating";
/// The document of what seatings show together.
const RESULTS: &str = "seatings.json";
/// A document of fifty seatings is shorter than this.
const MOST_RESULTS_BYTES: u64 = 64 << 20;
/// A decision is not longer than this.
const MOST_BYTES: u64 = 1 << 16;

/// A seating as it was found.
#[derive(Debug)]
pub struct SeatingFolder {
    /// Its folder.
    pub folder: PathBuf,
    /// The folder's name.
    pub name: String,
    /// What was measured.
    pub manifest: Manifest,
    /// The number of the seating.
    pub number: u32,
    /// What was decided about it.
    pub decision: Option<Decision>,
}

impl SeatingFolder {
    /// Whether comparisons count it: it was neither refused nor set aside.
    #[must_use]
    pub fn counts(&self) -> bool {
        !self.manifest.refused && self.decision != Some(Decision::SetAside)
    }

    /// A tag of the measurement.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.manifest.conditions.tags.get(key).map(String::as_str)
    }
}

/// The layout of [`FILE_NAME`].
#[derive(Debug, Serialize, Deserialize)]
struct Decided {
    schema: u32,
    decision: Decision,
    reason: String,
    at: String,
}

/// The seatings in a folder, in order of their numbers, a repeated one behind the one it replaces.
/// A folder that is not there has none.
///
/// # Errors
///
/// When the folder, a measurement in it or a decision cannot be read: to pass one over would be to
/// drop it silently.
pub fn in_folder(root: &Path, kind: Measurand) -> Result<Vec<SeatingFolder>, LibraryError> {
    let mut found = Vec::new();
    for entry in Library::open(root).list()? {
        found.extend(of_entry(entry, kind)?);
    }
    // `3-10` was made after `3-9`.
    found.sort_by(|a, b| (a.number, a.name.len(), &a.name).cmp(&(b.number, b.name.len(), &b.name)));
    Ok(found)
}

fn of_entry(entry: Entry, kind: Measurand) -> Result<Option<SeatingFolder>, LibraryError> {
    let manifest = match entry.state {
        EntryState::Complete(manifest) => *manifest,
        EntryState::Incomplete(_) => return Ok(None),
        EntryState::Unreadable(error) => return Err(error),
    };
    let number = manifest.conditions.tags.get(NUMBER).and_then(|text| text.parse().ok());
    let Some(number) = number.filter(|_| manifest.kind == kind) else { return Ok(None) };
    let decision = decision(&entry.folder)?;
    let (folder, name) = (entry.folder, entry.name);
    Ok(Some(SeatingFolder { folder, name, manifest, number, decision }))
}

/// The seatings that a folder stands for: those in it, or, where it holds nothing but what seatings of
/// the library show together, those in the library.
///
/// # Errors
///
/// As of [`in_folder`], and when the list of seatings cannot be read.
pub fn behind(folder: &Path, kind: Measurand) -> Result<Vec<SeatingFolder>, LibraryError> {
    let found = in_folder(folder, kind)?;
    let list = folder.join(RESULTS);
    let Some(library) = folder.parent().filter(|_| found.is_empty() && list.is_file()) else {
        return Ok(found);
    };
    let names = names_in(&list).map_err(|source| LibraryError::Io { path: list, source })?;
    let mut found = in_folder(library, kind)?;
    found.retain(|seating| names.contains(&seating.name));
    Ok(found)
}

/// The folders that a document of seatings names.
fn names_in(list: &Path) -> io::Result<Vec<String>> {
    let mut text = String::new();
    File::open(list)?.take(MOST_RESULTS_BYTES).read_to_string(&mut text)?;
    let document: Value = serde_json::from_str(&text)?;
    let seatings = document.pointer("/figures/seatings").and_then(Value::as_array);
    let name = |seating: &Value| Some(seating.get("folder")?.as_str()?.to_owned());
    Ok(seatings.into_iter().flatten().filter_map(name).collect())
}

/// What was decided about the seating in a folder.
///
/// # Errors
///
/// When the decision is there and cannot be read.
pub fn decision(folder: &Path) -> Result<Option<Decision>, LibraryError> {
    let path = folder.join(FILE_NAME);
    let refused = |source| LibraryError::Io { path: path.clone(), source };
    let mut text = String::new();
    match File::open(&path) {
        Ok(file) => file.take(MOST_BYTES).read_to_string(&mut text).map_err(refused)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(error)),
    };
    let decided: Decided = toml::from_str(&text)
        .map_err(|error| refused(io::Error::new(io::ErrorKind::InvalidData, error.message())))?;
    Ok(Some(decided.decision))
}

/// Writes down what is decided about the seating in a folder, and why. A later decision takes the
/// place of an earlier one.
///
/// # Errors
///
/// When it cannot be written.
pub fn decide(folder: &Path, decision: Decision, reason: &str, at: &str) -> Result<(), WriteError> {
    let (reason, at) = (reason.to_owned(), at.to_owned());
    let decided = Decided { schema: 1, decision, reason, at };
    let head = "# What was decided about this seating. \"set-aside\" leaves it out of comparisons; \
                without this\n# file it counts.\n";
    // Three texts and a number always serialise.
    let text = head.to_owned() + &toml::to_string(&decided).unwrap_or_default();
    atomic::write_bytes(&folder.join(FILE_NAME), text.as_bytes(), Overwrite::Allow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixture;
    use crate::store::library::{Clash, Draft, Verdict};

    fn seat(root: &Path, number: u32) -> PathBuf {
        let mut measurement = fixture::response();
        measurement.conditions.tags.insert(NUMBER.to_owned(), number.to_string());
        let mut draft = Draft::create(root, &number.to_string(), Clash::Number).unwrap();
        draft.add_take(&fixture::recording()).unwrap();
        draft.finish(&measurement).unwrap()
    }

    fn found(root: &Path) -> Vec<(String, bool)> {
        let found = in_folder(root, Measurand::Response).unwrap();
        found.iter().map(|seating| (seating.name.clone(), seating.counts())).collect()
    }

    #[test]
    fn a_seating_that_was_set_aside_stays_and_does_not_count() {
        let root = tempfile::tempdir().unwrap();
        seat(root.path(), 10);
        let second = seat(root.path(), 2);
        decide(&second, Decision::SetAside, "a leak", "2026-05-02T10:00:00Z").unwrap();
        seat(root.path(), 2);
        let expected = [("2", false), ("2-2", true), ("10", true)];
        assert_eq!(found(root.path()), expected.map(|(name, counts)| (name.to_owned(), counts)));
        decide(&second, Decision::Kept, "no leak", "2026-05-02T10:01:00Z").unwrap();
        assert_eq!(decision(&second).unwrap(), Some(Decision::Kept));
        assert!(Library::open(root.path()).verify().unwrap().iter().all(Verdict::is_sound));
    }

    #[test]
    fn a_decision_that_cannot_be_read_is_not_passed_over() {
        let root = tempfile::tempdir().unwrap();
        let folder = seat(root.path(), 1);
        std::fs::write(folder.join(FILE_NAME), "decision = 'perhaps'").unwrap();
        let error = in_folder(root.path(), Measurand::Response).unwrap_err().to_string();
        assert!(error.contains(FILE_NAME), "{error}");
    }

    #[test]
    fn a_folder_of_results_in_the_library_stands_for_its_seatings() {
        let root = tempfile::tempdir().unwrap();
        let results = root.path().join("seatings-today");
        std::fs::create_dir(&results).unwrap();
        for number in 1..=3 {
            seat(root.path(), number);
        }
        let list = r#"{"figures": {"seatings": [{"folder": "1"}, {"folder": "3"}]}}"#;
        std::fs::write(results.join(RESULTS), list).unwrap();
        let names = |folder: &Path| -> Vec<String> {
            let found = behind(folder, Measurand::Response).unwrap();
            found.into_iter().map(|seating| seating.name).collect()
        };
        assert_eq!(names(&results), ["1", "3"]);
        assert_eq!(names(root.path()), ["1", "2", "3"]);
        std::fs::write(results.join(RESULTS), "{").unwrap();
        assert!(behind(&results, Measurand::Response).is_err());
    }

    #[test]
    fn what_is_no_seating_is_none() {
        let root = tempfile::tempdir().unwrap();
        assert!(found(&root.path().join("none")).is_empty());
        seat(root.path(), 1);
        let mut draft = Draft::create(root.path(), "other", Clash::Number).unwrap();
        draft.add_take(&fixture::recording()).unwrap();
        draft.finish(&fixture::response()).unwrap();
        assert_eq!(found(root.path()).len(), 1);
        assert!(in_folder(root.path(), Measurand::Impedance).unwrap().is_empty());
    }
}
