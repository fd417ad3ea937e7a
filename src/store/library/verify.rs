//! Whether what is on the disk is still what was measured.

use std::path::{Component, Path, PathBuf};

use super::{Entry, EntryState, Manifest, hash};

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// As it was written.
    Intact,
    /// Its hash is another one.
    Changed,
    /// It is not there.
    Missing,
    /// It cannot be read, or its name leads out of the folder.
    Unreadable(String),
    /// The manifest states no hash for it.
    Unhashed,
}

/// What verifying found in one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The measurement's name.
    pub name: String,
    /// Where it is.
    pub folder: PathBuf,
    /// Every file that the manifest names, with what became of it.
    pub files: Vec<(String, FileState)>,
    /// Why the folder as a whole is not sound.
    pub trouble: Option<String>,
}

impl Verdict {
    pub(super) fn of(entry: Entry) -> Self {
        let (files, trouble) = match entry.state {
            EntryState::Complete(manifest) => (verify_folder(&entry.folder, &manifest), None),
            EntryState::Incomplete(left) => (Vec::new(), Some(left.to_string())),
            EntryState::Unreadable(error) => (Vec::new(), Some(error.to_string())),
        };
        Self { name: entry.name, folder: entry.folder, files, trouble }
    }

    /// Whether everything is as it was written.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.trouble.is_none() && self.files.iter().all(|(_, state)| *state == FileState::Intact)
    }

    /// What is wrong, one line for each.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let of_file = |(file, state): &(String, FileState)| {
            let what = match state {
                FileState::Intact => return None,
                FileState::Changed => "was changed after it was written",
                FileState::Missing => "is missing",
                FileState::Unreadable(reason) => return Some(format!("{file}: {reason}")),
                FileState::Unhashed => "has no hash in the manifest",
            };
            Some(format!("{file} {what}"))
        };
        self.trouble.iter().cloned().chain(self.files.iter().filter_map(of_file)).collect()
    }
}

/// Recomputes the hash of every file that a manifest names.
#[must_use]
pub fn verify_folder(folder: &Path, manifest: &Manifest) -> Vec<(String, FileState)> {
    let takes = manifest.conditions.takes.iter();
    let takes = takes.map(|take| (take.file.clone(), take.sha256.as_deref()));
    let derived = manifest.derived.iter().map(|(name, hash)| (name.clone(), Some(hash.as_str())));
    takes
        .chain(derived)
        .map(|(name, hash)| {
            let state = state(folder, &name, hash);
            (name, state)
        })
        .collect()
}

fn state(folder: &Path, name: &str, expected: Option<&str>) -> FileState {
    let is_inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    if !is_inside {
        return FileState::Unreadable("the name leads out of the folder".to_owned());
    }
    match (hash::of_file(&folder.join(name)), expected) {
        (Ok(_), None) => FileState::Unhashed,
        (Ok(found), Some(expected)) if found.eq_ignore_ascii_case(expected) => FileState::Intact,
        (Ok(_), Some(_)) => FileState::Changed,
        (Err(error), _) if error.kind() == std::io::ErrorKind::NotFound => FileState::Missing,
        (Err(error), _) => FileState::Unreadable(error.to_string()),
    }
}
