//! Measurements that were never finished: what is left of them.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::lock::{self, Lock};
use super::{Library, LibraryError, draft};
use crate::store::{atomic, wav};

/// A measurement that is not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The name it would have got.
    pub name: String,
    /// Its folder, hidden beside the place it would have got.
    pub folder: PathBuf,
    /// Takes that are on the disk and whole.
    pub takes: usize,
    /// Frames of the capture that was under way, if one was.
    pub under_way: Option<u64>,
    /// Whether the process that makes it still lives.
    pub running: bool,
}

impl Unfinished {
    /// What a folder holds, if it is an unfinished one. Nothing but names and headers is read.
    pub(super) fn in_folder(folder: &Path) -> Option<Self> {
        let own = folder.file_name()?.to_string_lossy().into_owned();
        let name = own.strip_suffix(draft::PARTIAL)?.trim_start_matches('.').to_owned();
        // Nothing was even begun: the process ended between making the folder and locking it.
        fs::read_dir(folder).ok()?.next()?.ok()?;
        let takes = takes_in(folder);
        let under_way = wav::extent(&draft::spool(folder, takes.len() + 1)).ok();
        Some(Self {
            name,
            folder: folder.to_owned(),
            takes: takes.len(),
            under_way: under_way.map(|extent| extent.frames),
            running: lock::is_held(folder),
        })
    }

    /// Whether there is anything to keep.
    #[must_use]
    pub fn holds_something(&self) -> bool {
        self.takes > 0 || self.under_way.is_some_and(|frames| frames > 0)
    }

    /// Clears a folder away in which nothing was captured, unless there is anything in it that no
    /// measurement leaves there.
    fn clear(&self) {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let files: Vec<PathBuf> = files.map(|file| file.path()).collect();
        let begun = files.contains(&self.folder.join(lock::FILE_NAME));
        if !begun || !files.iter().all(|file| self.is_own(file)) {
            return;
        }
        let Some(lock) = Lock::on_abandoned(&self.folder) else { return };
        for file in files.iter().filter(|file| !file.ends_with(lock::FILE_NAME)) {
            let _ = fs::remove_file(file);
        }
        lock.remove();
        let _ = fs::remove_dir(&self.folder);
    }

    /// Whether a measurement makes this file before anything is captured.
    fn is_own(&self, file: &Path) -> bool {
        let named = [lock::FILE_NAME, draft::INTENT].iter().any(|name| file.ends_with(name));
        named || *file == draft::spool(&self.folder, 1) || atomic::is_unfinished(file)
    }
}

/// What is left, in words.
impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.running { "still being measured" } else { "never finished" };
        write!(f, "{state}; takes on the disk: {}", self.takes)?;
        match self.under_way {
            Some(frames) => write!(f, ", and {frames} frames of another"),
            None => Ok(()),
        }
    }
}

/// The whole takes in a folder, in their order, counted from one without a gap.
pub(super) fn takes_in(folder: &Path) -> Vec<PathBuf> {
    let takes = (1..).map(|number| draft::take(folder, number));
    takes.take_while(|take| take.is_file()).collect()
}

impl Library {
    /// The measurements that were never finished and whose process has ended, in order of their
    /// names. Those in which nothing was captured are cleared away.
    ///
    /// # Errors
    ///
    /// When the library's folder cannot be read.
    pub fn abandoned(&self) -> Result<Vec<Unfinished>, LibraryError> {
        let mut found = Vec::new();
        for folder in self.folders()? {
            let Some(unfinished) = Unfinished::in_folder(&folder).filter(|left| !left.running)
            else {
                continue;
            };
            if unfinished.holds_something() {
                found.push(unfinished);
            } else {
                unfinished.clear();
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }
}
