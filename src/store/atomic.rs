//! Files that are either whole or not there: written beside their place, then renamed into it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Whether a file that is already there may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overwrite {
    /// A file that is there stays, and writing fails.
    #[default]
    Refuse,
    /// A file that is there is replaced.
    Allow,
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file is there and was not to be replaced.
    #[error("'{}' exists already and was not overwritten", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot write '{}': {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl WriteError {
    /// Makes an error of the system one that names the file.
    pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> Self + '_ {
        |source| Self::Io { path: path.to_owned(), source }
    }
}

/// Writes bytes to a file.
///
/// # Errors
///
/// When the file exists and must not be replaced, or the system refuses.
pub fn write_bytes(path: &Path, bytes: &[u8], overwrite: Overwrite) -> Result<(), WriteError> {
    write_with(path, overwrite, |file| file.write_all(bytes).map_err(WriteError::at(path)))
}

/// Writes a file with a function; the file appears only after the function has succeeded and the
/// bytes are on the disk.
///
/// # Errors
///
/// What the function returns; when the file exists and must not be replaced; when the system
/// refuses.
pub fn write_with<E: From<WriteError>>(
    path: &Path,
    overwrite: Overwrite,
    fill: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    let refused = WriteError::at(path);
    let there = fs::metadata(path).ok();
    if there.is_some() && overwrite == Overwrite::Refuse {
        return Err(WriteError::Exists { path: path.to_owned() }.into());
    }
    // A pipe or a device is written to, not replaced.
    if there.is_some_and(|there| !there.is_file() && !there.is_dir()) {
        return fill(&mut File::options().write(true).open(path).map_err(refused)?);
    }
    let mut beside = beside(path).map_err(&refused)?;
    fill(beside.as_file_mut())?;
    beside.as_file().sync_all().map_err(&refused)?;
    put_in_place(beside, path, overwrite)?;
    sync_folder(folder_of(path));
    Ok(())
}

fn put_in_place(
    beside: NamedTempFile,
    path: &Path,
    overwrite: Overwrite,
) -> Result<(), WriteError> {
    let placed = match overwrite {
        Overwrite::Refuse => beside.persist_noclobber(path),
        Overwrite::Allow => beside.persist(path),
    };
    match placed {
        Ok(_) => Ok(()),
        Err(refusal) if refusal.error.kind() == io::ErrorKind::AlreadyExists => {
            Err(WriteError::Exists { path: path.to_owned() })
        }
        Err(refusal) => Err(WriteError::at(path)(refusal.error)),
    }
}

/// What a file is called before it is in its place: these, with something random between them.
const PREFIX: &str = ".cansweep-";
const SUFFIX: &str = ".partial";

/// Whether a file was being written when its program ended.
pub(super) fn is_unfinished(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    // Temporary files are private by default; a result is as readable as any other file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder_of(path)).map_err(without_path)
}

/// What the system said alone: the name of a temporary file means nothing to anybody.
fn without_path(error: io::Error) -> io::Error {
    let text = error.to_string();
    match text.split_once(" at path ") {
        Some((said, _)) => io::Error::new(error.kind(), said),
        None => error,
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes a rename last through a loss of power. Not every file system can; none needs it for the
/// file to be whole.
pub(super) fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_replaced_only_when_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curve.csv");
        write_bytes(&path, b"first", Overwrite::Refuse).unwrap();
        let refusal = write_bytes(&path, b"second", Overwrite::Refuse).unwrap_err();
        assert!(matches!(refusal, WriteError::Exists { .. }));
        assert_eq!(fs::read(&path).unwrap(), b"first");
        write_bytes(&path, b"second", Overwrite::Allow).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
    }

    #[test]
    fn a_write_that_fails_half_way_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curve.csv");
        let half = write_with(&path, Overwrite::Refuse, |file| {
            file.write_all(b"half").map_err(WriteError::at(&path))?;
            Err(WriteError::at(&path)(io::Error::other("no more")))
        });
        assert!(half.is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = write_bytes(Path::new("/no/such/folder/x.csv"), b"", Overwrite::Allow);
        let message = error.unwrap_err().to_string();
        assert!(message.contains("/no/such/folder/x.csv"), "{message}");
        assert!(!message.contains(".partial"), "{message}");
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        let null = Path::new("/dev/null");
        write_bytes(null, b"gone", Overwrite::Allow).unwrap();
        assert!(!fs::metadata(null).unwrap().is_file());
    }
}
