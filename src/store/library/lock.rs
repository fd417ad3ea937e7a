//! Whether the process that fills a folder still lives.
//!
//! A lock of the system ends with the process that holds it, however it ends.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The file in an unfinished folder that its process keeps locked.
pub(super) const FILE_NAME: &str = ".lock";

/// How often a folder is made anew that somebody takes for an abandoned one and clears away.
const MOST_TRIES: usize = 16;

/// A folder that is locked as long as this lives.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Makes a new folder and locks it.
    ///
    /// # Errors
    ///
    /// When the folder is there, or the system refuses.
    pub(super) fn on_new(folder: &Path) -> io::Result<Self> {
        for _ in 0..MOST_TRIES {
            fs::create_dir(folder)?;
            match Self::on(folder) {
                // Between the two steps another process may have cleared the empty folder away.
                Ok(lock) if lock.path.exists() => return Ok(lock),
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    let _ = fs::remove_dir(folder);
                    return Err(error);
                }
                _ => {}
            }
        }
        Err(io::Error::other("another process clears it away again and again"))
    }

    fn on(folder: &Path) -> io::Result<Self> {
        let path = folder.join(FILE_NAME);
        let file = File::options().write(true).create(true).truncate(false).open(&path)?;
        // Not every file system can; without locks the folder only looks abandoned.
        let _ = file.lock();
        Ok(Self { path, _file: file })
    }

    /// Locks a folder that was left behind; `None` if its process still lives.
    pub(super) fn on_abandoned(folder: &Path) -> Option<Self> {
        let path = folder.join(FILE_NAME);
        let file = File::options().write(true).create(true).truncate(false).open(&path).ok()?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => None,
            _ => Some(Self { path, _file: file }),
        }
    }

    /// Takes the lock and its file away.
    pub(super) fn remove(self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether a process is still at work in a folder.
pub(super) fn is_held(folder: &Path) -> bool {
    let file = File::options().write(true).open(folder.join(FILE_NAME));
    file.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_as_long_as_its_lock_lives() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a");
        let lock = Lock::on_new(&folder).unwrap();
        assert!(is_held(&folder) && Lock::on_abandoned(&folder).is_none());
        drop(lock);
        assert!(!is_held(&folder));
        assert_eq!(Lock::on_new(&folder).unwrap_err().kind(), ErrorKind::AlreadyExists);
        let lock = Lock::on_abandoned(&folder).unwrap();
        assert!(is_held(&folder));
        lock.remove();
        assert!(fs::read_dir(&folder).unwrap().next().is_none());
    }
}
