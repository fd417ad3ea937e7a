//! From what is left of a measurement to one that is whole: refused, with all that was captured.

use std::fs;
use std::path::{Path, PathBuf};

use super::draft::{self, Draft};
use super::lock::Lock;
use super::stored::manifest_at;
use super::unfinished::takes_in;
use super::{FileState, Library, LibraryError, Manifest, hash, manifest, verify_folder};
use crate::model::{Finding, FindingKind, Measurand, Measurement, Outcome, TakeRecord};
use crate::store::atomic::{self, Overwrite};
use crate::store::wav;

impl Library {
    /// Finishes a measurement that was never finished, and gives its folder.
    ///
    /// If only the last step was missing, it is the measurement as it was meant. Otherwise it is
    /// a refused one that holds every take, also the one that was being captured.
    ///
    /// # Errors
    ///
    /// When there is none of that name, its process still lives, it does not say what was being
    /// measured, nothing was captured, or the system refuses.
    pub fn recover(&self, name: &str) -> Result<PathBuf, LibraryError> {
        super::plain_name(name)?;
        let folder = self.root.join(format!(".{name}{}", draft::PARTIAL));
        if !folder.is_dir() {
            return Err(LibraryError::Missing { name: name.to_owned(), root: self.root.clone() });
        }
        let lock = Lock::on_abandoned(&folder)
            .ok_or_else(|| LibraryError::Running { folder: folder.clone() })?;
        if is_whole(&folder) {
            return Draft::resumed(&self.root, name, folder, lock).publish();
        }
        let intent = manifest_at(&folder.join(draft::INTENT))?;
        let measurement = refused(&folder, intent)?;
        let takes = measurement.conditions.takes.clone();
        Draft::resumed(&self.root, name, folder, lock).with_takes(takes).finish(&measurement)
    }
}

/// Whether everything was written and only the folder's move was missing.
fn is_whole(folder: &Path) -> bool {
    let manifest = manifest_at(&folder.join(manifest::FILE_NAME));
    manifest.is_ok_and(|manifest| {
        verify_folder(folder, &manifest).iter().all(|(_, state)| *state == FileState::Intact)
    })
}

/// The refused measurement that the takes on the disk make.
fn refused(folder: &Path, intent: Manifest) -> Result<Measurement, LibraryError> {
    let interrupted = rescue_spool(folder)?;
    let takes = takes_in(folder);
    if takes.is_empty() {
        return Err(LibraryError::Nothing { folder: folder.to_owned() });
    }
    clear_derived(folder, takes.len())?;
    let mut conditions = intent.conditions;
    conditions.takes = takes.iter().map(|take| record(take)).collect::<Result<_, _>>()?;
    let finding = Finding::refusal(FindingKind::Interrupted);
    let findings = vec![if interrupted { finding.in_take(takes.len()) } else { finding }];
    Ok(Measurement { conditions, outcome: Outcome::Refused(intent.kind), findings })
}

/// Makes a take of the capture that was under way, if one was; whether there was.
fn rescue_spool(folder: &Path) -> Result<bool, LibraryError> {
    let number = takes_in(folder).len() + 1;
    let spool = draft::spool(folder, number);
    let Ok(read) = wav::read(&spool) else { return Ok(false) };
    wav::write_recording(&draft::take(folder, number), &read.recording, Overwrite::Refuse)?;
    Ok(true)
}

/// Takes away the result that was being written, which can be made again from the takes, and the
/// spools of takes that are whole. Whatever else lies there stays.
fn clear_derived(folder: &Path, takes: usize) -> Result<(), LibraryError> {
    let refused = |source| LibraryError::Io { path: folder.to_owned(), source };
    let results = Measurand::ALL
        .iter()
        .flat_map(|of| ["csv", "json"].map(|form| format!("{}.{form}", of.name())));
    let mut made_again: Vec<PathBuf> = results.map(|name| folder.join(name)).collect();
    made_again.push(folder.join(manifest::FILE_NAME));
    made_again.extend((1..=takes).map(|number| draft::spool(folder, number)));
    for file in fs::read_dir(folder).map_err(refused)? {
        let path = file.map_err(refused)?.path();
        if made_again.contains(&path) || atomic::is_unfinished(&path) {
            fs::remove_file(&path).map_err(refused)?;
        }
    }
    Ok(())
}

fn record(take: &Path) -> Result<TakeRecord, LibraryError> {
    let unreadable = |source| LibraryError::Io { path: take.to_owned(), source };
    let extent = wav::extent(take)?;
    Ok(TakeRecord {
        file: take.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        sha256: Some(hash::of_file(take).map_err(unreadable)?),
        frames: extent.frames as usize,
        channels: usize::from(extent.channels),
        rate_hz: extent.rate.hz(),
        delay_samples: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Recording;
    use crate::store::fixture;
    use crate::store::library::{Clash, EntryState, load};

    /// Spools a take and forgets the draft, as a program does that is killed.
    fn abandoned(root: &Path, name: &str, recording: &Recording) {
        let mut draft = Draft::create(root, name, Clash::Number).unwrap();
        draft.describe(Measurand::Response, &fixture::response().conditions).unwrap();
        spool(&mut draft, recording);
    }

    fn spool(draft: &mut Draft, recording: &Recording) {
        let rows = recording.samples().rows();
        let channels: Vec<&[f64]> = rows.into_iter().map(|r| r.to_slice().unwrap()).collect();
        draft.spool(recording.rate(), recording.format(), &channels).unwrap();
    }

    #[test]
    fn a_capture_that_was_cut_off_becomes_a_refused_measurement_with_its_take() {
        let root = tempfile::tempdir().unwrap();
        let library = Library::open(root.path());
        let recording = fixture::recording();
        abandoned(root.path(), "a", &recording);
        let list = library.list().unwrap();
        let EntryState::Incomplete(left) = &list[0].state else { panic!("{list:?}") };
        assert_eq!((left.takes, left.under_way), (0, Some(recording.frames() as u64)));
        assert_eq!(library.abandoned().unwrap(), std::slice::from_ref(left));
        assert!(!library.verify().unwrap()[0].is_sound());

        let folder = library.recover("a").unwrap();
        let stored = load(&folder).unwrap();
        assert!(stored.manifest.refused);
        assert_eq!(stored.manifest.findings[0].kind, FindingKind::Interrupted);
        assert_eq!(stored.manifest.conditions.tags, fixture::response().conditions.tags);
        let take = wav::read(&stored.takes()[0]).unwrap().recording;
        assert_eq!(take.samples(), recording.samples());
        let verdicts = library.verify().unwrap();
        assert!(verdicts.len() == 1 && verdicts[0].is_sound(), "{verdicts:?}");
        assert!(library.abandoned().unwrap().is_empty());
    }

    #[test]
    fn a_take_that_is_whole_comes_before_the_capture_after_it() {
        let root = tempfile::tempdir().unwrap();
        let library = Library::open(root.path());
        let mut draft = Draft::create(root.path(), "a", Clash::Number).unwrap();
        draft.describe(Measurand::Impedance, &fixture::impedance().conditions).unwrap();
        spool(&mut draft, &fixture::recording());
        draft.add_take(&fixture::recording()).unwrap();
        spool(&mut draft, &fixture::recording());
        drop(draft);
        let stored = load(&library.recover("a").unwrap()).unwrap();
        assert_eq!(stored.takes().len(), 2);
        assert_eq!(stored.manifest.findings[0].take, Some(2));
        assert!(library.verify().unwrap()[0].is_sound());
    }

    #[test]
    fn a_measurement_that_was_whole_but_not_in_its_place_is_moved_there() {
        let root = tempfile::tempdir().unwrap();
        let library = Library::open(root.path());
        let mut draft = Draft::create(root.path(), "a", Clash::Number).unwrap();
        draft.add_take(&fixture::recording()).unwrap();
        let folder = draft.finish(&fixture::response()).unwrap();
        fs::rename(&folder, root.path().join(".a.partial")).unwrap();
        assert!(!library.verify().unwrap()[0].is_sound());
        let stored = load(&library.recover("a").unwrap()).unwrap();
        assert_eq!(stored.trace, fixture::response().outcome.to_trace());
    }

    #[test]
    fn what_is_running_missing_or_empty_is_not_recovered() {
        let root = tempfile::tempdir().unwrap();
        let library = Library::open(root.path());
        assert!(matches!(library.recover("a"), Err(LibraryError::Missing { .. })));
        assert!(matches!(library.recover("../a"), Err(LibraryError::Name(_))));
        let mut draft = Draft::create(root.path(), "a", Clash::Number).unwrap();
        draft.describe(Measurand::Response, &fixture::response().conditions).unwrap();
        assert!(matches!(library.recover("a"), Err(LibraryError::Running { .. })));
        assert!(library.abandoned().unwrap().is_empty());
        // Killed before anything was captured.
        let folder = draft.folder().to_owned();
        let intent = fs::read(folder.join(draft::INTENT)).unwrap();
        drop(draft);
        assert!(!folder.exists());
        fs::create_dir(&folder).unwrap();
        assert!(library.list().unwrap().is_empty(), "an empty folder is nothing");
        fs::write(folder.join(draft::INTENT), intent).unwrap();
        fs::write(folder.join(".lock"), b"").unwrap();
        fs::write(folder.join(".cansweep-x.partial"), b"").unwrap();
        fs::write(folder.join("mine.txt"), b"").unwrap();
        assert!(matches!(library.recover("a"), Err(LibraryError::Nothing { .. })));
        assert!(library.abandoned().unwrap().is_empty());
        assert!(folder.exists(), "what somebody put there stays");
        fs::remove_file(folder.join("mine.txt")).unwrap();
        assert!(library.abandoned().unwrap().is_empty());
        assert!(!folder.exists());
    }
}
