//! The library: a folder of measurement folders, each complete in itself.
//!
//! A measurement's folder holds `measurement.toml`, the takes as `take-N.wav`, and what was
//! derived from them. There is no index: what a library holds is what its folder holds.

mod draft;
pub(in crate::store) mod hash;
mod lock;
mod manifest;
mod recovery;
mod stored;
mod unfinished;
mod verify;

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::curve::CurveFileError;
use super::wav::{WavError, WavWriteError};
use super::{WriteError, curve};

pub use draft::{Clash, Draft};
pub use manifest::{Manifest, SCHEMA, folder_name};
pub use stored::{Stored, load};
pub use unfinished::Unfinished;
pub use verify::{FileState, Verdict, verify_folder};

/// A manifest is not longer than this.
const MOST_MANIFEST_BYTES: u64 = 16 << 20;

/// Why the library could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The system refused.
    #[error("cannot use '{}': {source}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A take could not be written.
    #[error(transparent)]
    Take(#[from] WavWriteError),
    /// A take could not be read.
    #[error(transparent)]
    UnreadableTake(#[from] WavError),
    /// A curve could not be read.
    #[error(transparent)]
    Curve(#[from] CurveFileError),
    /// There is no such measurement.
    #[error("there is no measurement '{name}' in '{}'", root.display())]
    Missing {
        /// What was asked for.
        name: String,
        /// The library.
        root: PathBuf,
    },
    /// Several measurements begin so.
    #[error("'{name}' could be any of {}", candidates.join(", "))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// What begins with it.
        candidates: Vec<String>,
    },
    /// The folder is there.
    #[error("'{}' exists already and was not overwritten", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A measurement that is still being made.
    #[error("the measurement in '{}' is still being made by another process", folder.display())]
    Running {
        /// Its folder.
        folder: PathBuf,
    },
    /// An unfinished measurement in which nothing was captured.
    #[error("nothing was captured in '{}'", folder.display())]
    Nothing {
        /// Its folder.
        folder: PathBuf,
    },
    /// A name that is a path or otherwise not a plain name.
    #[error("'{0}' is not a plain name for a file or folder")]
    Name(String),
    /// A manifest of a later version.
    #[error(
        "'{}' has schema {found}, and this version of cansweep knows {SCHEMA} at most: it was \
         written by a later version",
        path.display()
    )]
    Newer {
        /// The manifest.
        path: PathBuf,
        /// The schema found.
        found: u32,
    },
    /// A manifest that cannot be understood.
    #[error("'{}' is not a measurement: {reason}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
}

impl LibraryError {
    fn manifest(path: &Path, reason: &str) -> Self {
        Self::Manifest { path: path.to_owned(), reason: reason.trim_end().replace('\n', ", ") }
    }
}

/// A folder of measurements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    root: PathBuf,
}

/// One folder in a library.
#[derive(Debug)]
pub struct Entry {
    /// The folder's name; of one that was never finished, the name it would have got.
    pub name: String,
    /// Where it is.
    pub folder: PathBuf,
    /// What is in it.
    pub state: EntryState,
}

/// What is in a folder of the library.
#[derive(Debug)]
pub enum EntryState {
    /// A measurement.
    Complete(Box<Manifest>),
    /// A measurement that is not finished, and what there is of it.
    Incomplete(Unfinished),
    /// A measurement that cannot be read, and why.
    Unreadable(LibraryError),
}

impl Library {
    /// The library in a folder, which need not be there yet.
    #[must_use]
    pub fn open(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All measurements in order of their names, which is that of time. Folders that are no
    /// measurement are passed over; a library that is not there yet is empty.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn list(&self) -> Result<Vec<Entry>, LibraryError> {
        let mut entries: Vec<Entry> = self.folders()?.into_iter().filter_map(entry).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// As [`Self::list`], with the measurements in folders below, `depth` of them at most: a guided
    /// session has a folder for each side, and in it one for each state.
    ///
    /// # Errors
    ///
    /// When a folder cannot be read.
    pub fn list_below(&self, depth: usize) -> Result<Vec<Entry>, LibraryError> {
        let mut folders = self.folders()?;
        folders.sort();
        let mut found = Vec::new();
        for folder in folders {
            match entry(folder.clone()) {
                Some(entry) => found.push(entry),
                None if depth > 0 && folder.is_dir() => {
                    found.extend(Self::open(folder).list_below(depth - 1)?);
                }
                None => {}
            }
        }
        Ok(found)
    }

    /// Everything that the library's folder holds.
    fn folders(&self) -> Result<Vec<PathBuf>, LibraryError> {
        let refused = |source| LibraryError::Io { path: self.root.clone(), source };
        match fs::read_dir(&self.root) {
            Ok(entries) => entries.map(|entry| entry.map(|e| e.path()).map_err(refused)).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(refused(error)),
        }
    }

    /// Loads a measurement by its name, or by the beginning of its name if only one begins so.
    ///
    /// # Errors
    ///
    /// When there is none, several begin so, or it cannot be read.
    pub fn load(&self, name: &str) -> Result<Stored, LibraryError> {
        load(&self.find(name)?)
    }

    /// The folder of a measurement, by its name or the beginning of it.
    ///
    /// # Errors
    ///
    /// When there is none, or several begin so.
    pub fn find(&self, name: &str) -> Result<PathBuf, LibraryError> {
        plain_name(name)?;
        let exact = self.root.join(name);
        if exact.join(manifest::FILE_NAME).is_file() {
            return Ok(exact);
        }
        let entries = self.list()?.into_iter();
        let mut found: Vec<Entry> = entries
            .filter(|entry| entry.name.starts_with(name))
            .filter(|entry| !matches!(entry.state, EntryState::Incomplete(_)))
            .collect();
        match (found.pop(), found.len()) {
            (Some(entry), 0) => Ok(entry.folder),
            (None, _) => {
                Err(LibraryError::Missing { name: name.to_owned(), root: self.root.clone() })
            }
            (Some(last), _) => Err(LibraryError::Ambiguous {
                name: name.to_owned(),
                candidates: found.into_iter().chain([last]).map(|entry| entry.name).collect(),
            }),
        }
    }

    /// Recomputes every hash of every measurement.
    ///
    /// # Errors
    ///
    /// When the library's folder cannot be read. What is wrong with a measurement is its verdict.
    pub fn verify(&self) -> Result<Vec<Verdict>, LibraryError> {
        Ok(self.list()?.into_iter().map(Verdict::of).collect())
    }
}

fn entry(folder: PathBuf) -> Option<Entry> {
    let name = folder.file_name()?.to_string_lossy().into_owned();
    if !folder.is_dir() {
        return None;
    }
    if let Some(unfinished) = Unfinished::in_folder(&folder) {
        let name = unfinished.name.clone();
        return Some(Entry { name, folder, state: EntryState::Incomplete(unfinished) });
    }
    if !folder.join(manifest::FILE_NAME).exists() {
        return None;
    }
    let state = match stored::manifest_of(&folder) {
        Ok(manifest) => EntryState::Complete(Box::new(manifest)),
        Err(error) => EntryState::Unreadable(error),
    };
    Some(Entry { name, folder, state })
}

/// A name that stays inside its folder.
fn plain_name(name: &str) -> Result<(), LibraryError> {
    let mut parts = Path::new(name).components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(part)), None) if part == name => Ok(()),
        _ => Err(LibraryError::Name(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Measurement, Outcome, TraceKind};
    use crate::store::{fixture, wav};

    fn store(root: &Path, name: &str, measurement: &Measurement) -> PathBuf {
        let mut draft = Draft::create(root, name, Clash::Number).unwrap();
        draft.add_take(&fixture::recording()).unwrap();
        draft.finish(measurement).unwrap()
    }

    fn names(root: &Path) -> Vec<String> {
        let entries = fs::read_dir(root).unwrap();
        let mut names: Vec<String> =
            entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_take_is_on_the_disk_before_the_measurement_is_finished() {
        let root = tempfile::tempdir().unwrap();
        let mut draft = Draft::create(root.path(), "a", Clash::Number).unwrap();
        let record = draft.add_take(&fixture::recording()).unwrap();
        assert_eq!(names(root.path()), [".a.partial"]);
        let read = wav::read(&draft.folder().join(&record.file)).unwrap();
        assert_eq!(read.recording.samples(), fixture::recording().samples());
        drop(draft);
        let list = Library::open(root.path()).list().unwrap();
        assert!(matches!(&list[0].state, EntryState::Incomplete(left) if left.takes == 1));
        assert_eq!(list[0].name, "a");
    }

    #[test]
    fn a_finished_measurement_is_loaded_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        for measurement in [fixture::response(), fixture::impedance(), fixture::refused()] {
            let folder = store(root.path(), "a", &measurement);
            let stored = load(&folder).unwrap();
            assert_eq!(stored.manifest.findings, measurement.findings);
            assert_eq!(stored.manifest.conditions.takes[0].file, "take-1.wav");
            assert_eq!(stored.trace, measurement.outcome.to_trace());
        }
        assert_eq!(names(root.path()), ["a", "a-2", "a-3"]);
    }

    #[test]
    fn a_stored_measurement_becomes_a_measurement_again() {
        /// Level and phase are written with every digit; back to real and imaginary part they
        /// lose a few roundings, and the uncertainties a few more.
        const ROUNDING: f64 = 1e-12;
        let root = tempfile::tempdir().unwrap();
        let original = fixture::response();
        let stored = load(&store(root.path(), "a", &original)).unwrap();
        let again = stored.to_measurement().unwrap();
        let (
            Outcome::Response { response: a, figures: fa },
            Outcome::Response { response: b, figures: fb },
        ) = (&original.outcome, &again.outcome)
        else {
            panic!("no responses")
        };
        assert_eq!((fa, a.coherence()), (fb, b.coherence()));
        for (a, b) in a.values().iter().zip(b.values()) {
            assert!((a - b).norm() < ROUNDING, "{a} is not {b}");
        }
        for (a, b) in a.covariance().unwrap().iter().zip(b.covariance().unwrap()) {
            assert!((a.rr - b.rr).abs() < ROUNDING * a.rr, "{a:?} is not {b:?}");
            assert!(b.ri.abs() < ROUNDING, "{b:?}");
        }
    }

    #[test]
    fn a_folder_holds_the_document_and_the_table() {
        let root = tempfile::tempdir().unwrap();
        let folder = store(root.path(), "a", &fixture::impedance());
        let expected = ["impedance.csv", "impedance.json", "measurement.toml", "take-1.wav"];
        assert_eq!(names(&folder), expected);
        assert_eq!(curve::read(&folder).unwrap().trace().kind(), TraceKind::Impedance);
    }

    #[test]
    fn a_take_that_exists_is_copied_byte_for_byte() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("mine.wav");
        let mut bytes =
            fs::read(store(root.path(), "a", &fixture::response()).join("take-1.wav")).unwrap();
        bytes.extend(b"LIST\0\0\0\0");
        fs::write(&file, &bytes).unwrap();
        let mut draft = Draft::create(root.path(), "b", Clash::Refuse).unwrap();
        let record = draft.add_take_file(&file, &fixture::recording()).unwrap();
        let folder = draft.finish(&fixture::response()).unwrap();
        assert_eq!(fs::read(folder.join(record.file)).unwrap(), bytes);
    }

    #[test]
    fn nothing_is_overwritten() {
        let root = tempfile::tempdir().unwrap();
        store(root.path(), "a", &fixture::response());
        let refused = Draft::create(root.path(), "a", Clash::Refuse).unwrap_err();
        assert!(matches!(refused, LibraryError::Exists { .. }));
        fs::create_dir(root.path().join("empty")).unwrap();
        let mut draft = Draft::create(root.path(), "empty", Clash::Refuse).unwrap();
        draft.add_take(&fixture::recording()).unwrap();
        assert_eq!(draft.finish(&fixture::response()).unwrap(), root.path().join("empty"));
    }

    #[test]
    fn a_draft_without_takes_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        drop(Draft::create(root.path(), "a", Clash::Number).unwrap());
        assert!(names(root.path()).is_empty());
    }

    #[test]
    fn a_measurement_is_found_by_the_beginning_of_its_name() {
        let root = tempfile::tempdir().unwrap();
        store(root.path(), "2026-01-01-a", &fixture::response());
        store(root.path(), "2026-01-02-b", &fixture::response());
        let library = Library::open(root.path());
        assert!(library.load("2026-01-02").is_ok());
        assert!(matches!(library.load("2026"), Err(LibraryError::Ambiguous { .. })));
        assert!(matches!(library.load("2027"), Err(LibraryError::Missing { .. })));
        assert!(matches!(library.load("../x"), Err(LibraryError::Name(_))));
        assert!(Library::open(root.path().join("none")).list().unwrap().is_empty());
    }

    #[test]
    fn verifying_finds_what_was_changed_removed_or_never_finished() {
        let root = tempfile::tempdir().unwrap();
        let whole = store(root.path(), "a-whole", &fixture::response());
        let changed = store(root.path(), "b-changed", &fixture::response());
        let mut bytes = fs::read(changed.join("take-1.wav")).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(changed.join("take-1.wav"), bytes).unwrap();
        let missing = store(root.path(), "c-missing", &fixture::response());
        fs::remove_file(missing.join("response.csv")).unwrap();
        Draft::create(root.path(), "d-draft", Clash::Number)
            .unwrap()
            .add_take(&fixture::recording())
            .unwrap();
        let broken = store(root.path(), "e-broken", &fixture::response());
        fs::write(broken.join("measurement.toml"), "schema = 9\n").unwrap();
        let verdicts = Library::open(root.path()).verify().unwrap();
        let sound: Vec<bool> = verdicts.iter().map(Verdict::is_sound).collect();
        assert_eq!(sound, [true, false, false, false, false]);
        assert!(whole.ends_with(&verdicts[0].name));
        let said: Vec<String> = verdicts.iter().flat_map(Verdict::problems).collect();
        assert_eq!(said.len(), 4, "{said:?}");
        assert!(said[0].contains("take-1.wav") && said[0].contains("changed"), "{said:?}");
        assert!(said[1].contains("response.csv") && said[1].contains("missing"), "{said:?}");
        assert!(said[2].contains("never finished"), "{said:?}");
        assert!(said[3].contains("schema 9"), "{said:?}");
    }
}
