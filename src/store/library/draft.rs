//! A measurement that is being made: takes first, the result when it is there.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::lock::Lock;
use super::manifest::{self, Manifest};
use super::{LibraryError, hash};
use crate::model::{
    Conditions, Finding, FindingKind, Measurand, Measurement, Outcome, Recording, SampleFormat,
    TakeRecord, Trace,
};
use crate::quantity::SampleRate;
use crate::store::atomic::{self, Overwrite, WriteError};
use crate::store::curve::{self, CurveFormat, CurveLabel};
use crate::store::wav::Spool;
use crate::store::{document, wav};

/// What a folder that is not finished is called: `.NAME.partial`.
pub(super) const PARTIAL: &str = ".partial";

/// The file of an unfinished folder that says what is being measured: the manifest that the
/// measurement gets if it is never finished.
pub(super) const INTENT: &str = "unfinished.toml";

/// What happens when a folder of the wanted name is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// The new one gets `-2`, `-3` … behind its name.
    Number,
    /// The new one is refused.
    Refuse,
}

/// A measurement's folder that is being filled, hidden beside its place.
///
/// A capture is on the disk while it runs ([`Self::spool`]), and every take before it is
/// analysed. A draft that is never finished stays there with what was captured, and
/// [`Library::list`](super::Library::list) reports it; one without goes away by itself. As long
/// as it lives, its folder is locked: others see that somebody is at work in it.
#[derive(Debug)]
pub struct Draft {
    parent: PathBuf,
    name: String,
    clash: Clash,
    folder: PathBuf,
    lock: Option<Lock>,
    takes: Vec<TakeRecord>,
    spool: Spooling,
    derived: BTreeMap<String, String>,
}

/// The capture that is under way.
#[derive(Debug, Default)]
enum Spooling {
    /// Nothing was captured yet.
    #[default]
    Nothing,
    /// It is written to the disk as it comes.
    Running(Spool),
    /// It was, until the disk refused; what was written stays.
    Failed,
}

impl Draft {
    /// Begins a measurement whose folder will be `parent/name`. The parent is made if missing.
    ///
    /// # Errors
    ///
    /// When the name is no plain name, the folder is there and must not be numbered, or the
    /// system refuses.
    pub fn create(parent: &Path, name: &str, clash: Clash) -> Result<Self, LibraryError> {
        super::plain_name(name)?;
        let refused = |path: &Path| {
            let path = path.to_owned();
            move |source| LibraryError::Io { path, source }
        };
        fs::create_dir_all(parent).map_err(refused(parent))?;
        let place = parent.join(name);
        if clash == Clash::Refuse && is_taken(&place) {
            return Err(LibraryError::Exists { path: place });
        }
        let mut number = 1;
        let (folder, lock) = loop {
            let folder = parent.join(format!(".{}{PARTIAL}", numbered(name, number)));
            match Lock::on_new(&folder) {
                Ok(lock) => break (folder, lock),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(refused(&folder)(error)),
            }
        };
        let mut draft = Self::resumed(parent, name, folder, lock);
        draft.clash = clash;
        Ok(draft)
    }

    /// A folder that was left behind, without what is in it.
    pub(super) fn resumed(parent: &Path, name: &str, folder: PathBuf, lock: Lock) -> Self {
        Self {
            parent: parent.to_owned(),
            name: name.to_owned(),
            clash: Clash::Number,
            folder,
            lock: Some(lock),
            takes: Vec::new(),
            spool: Spooling::Nothing,
            derived: BTreeMap::new(),
        }
    }

    /// The same with takes that are on the disk.
    pub(super) fn with_takes(mut self, takes: Vec<TakeRecord>) -> Self {
        self.takes = takes;
        self
    }

    /// Writes down what is being measured, before anything is captured. Should the measurement
    /// never be finished, [`Library::recover`](super::Library::recover) needs it.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn describe(
        &mut self,
        measurand: Measurand,
        conditions: &Conditions,
    ) -> Result<(), LibraryError> {
        let unfinished = Measurement {
            conditions: conditions.clone(),
            outcome: Outcome::Refused(measurand),
            findings: vec![Finding::refusal(FindingKind::Interrupted)],
        };
        let path = self.folder.join(INTENT);
        let text = Manifest::of(&unfinished, BTreeMap::new()).to_text(&path)?;
        Ok(atomic::write_bytes(&path, text.as_bytes(), Overwrite::Refuse)?)
    }

    /// Keeps frames of the take that is being captured, given by channel. They are on the disk
    /// about a second later, and stay there if the program ends before [`Self::add_take`].
    ///
    /// # Errors
    ///
    /// Once, when the disk refuses. The capture may go on: [`Self::add_take`] still writes it
    /// whole if it can, and until then what was written stays.
    pub fn spool(
        &mut self,
        rate: SampleRate,
        format: SampleFormat,
        channels: &[&[f64]],
    ) -> Result<(), LibraryError> {
        let running = match std::mem::replace(&mut self.spool, Spooling::Failed) {
            Spooling::Failed => return Ok(()),
            Spooling::Running(spool) => spool,
            Spooling::Nothing => {
                let path = spool(&self.folder, self.takes.len() + 1);
                Spool::create(&path, channels.len(), rate, format)?
            }
        };
        if !running.push(channels) {
            return Ok(running.finish()?);
        }
        self.spool = Spooling::Running(running);
        Ok(())
    }

    /// The folder as it is now, hidden.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The takes that are on the disk.
    #[must_use]
    pub fn takes(&self) -> &[TakeRecord] {
        &self.takes
    }

    /// Writes a take, with as many bits as the device gave, and waits until it is on the disk.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn add_take(&mut self, recording: &Recording) -> Result<TakeRecord, LibraryError> {
        self.settle();
        let path = self.next_take();
        wav::write_recording(&path, recording, Overwrite::Refuse)?;
        let _ = fs::remove_file(spool(&self.folder, self.takes.len() + 1));
        self.spool = Spooling::Nothing;
        self.record(&path, recording)
    }

    /// Waits until what was spooled is written. Whether all of it is matters only if the take
    /// cannot be written as a whole.
    fn settle(&mut self) {
        if let Spooling::Running(spool) = std::mem::replace(&mut self.spool, Spooling::Failed) {
            let _ = spool.finish();
        }
    }

    /// Copies the file of a take that exists already, byte for byte, so that the folder can be
    /// moved and kept by itself.
    ///
    /// # Errors
    ///
    /// When it cannot be copied.
    pub fn add_take_file(
        &mut self,
        file: &Path,
        recording: &Recording,
    ) -> Result<TakeRecord, LibraryError> {
        let path = self.next_take();
        let unreadable = |source| LibraryError::Io { path: file.to_owned(), source };
        let mut source = fs::File::open(file).map_err(unreadable)?;
        atomic::write_with(&path, Overwrite::Refuse, |copy| {
            io::copy(&mut source, copy).map(drop).map_err(WriteError::at(&path))
        })?;
        self.record(&path, recording)
    }

    fn next_take(&self) -> PathBuf {
        take(&self.folder, self.takes.len() + 1)
    }

    /// The record of a take, with the hash of what the disk gives back.
    fn record(&mut self, path: &Path, recording: &Recording) -> Result<TakeRecord, LibraryError> {
        let sha256 = hash::of_file(path)
            .map_err(|source| LibraryError::Io { path: path.to_owned(), source })?;
        let record = TakeRecord {
            file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            sha256: Some(sha256),
            frames: recording.frames(),
            channels: recording.channels(),
            rate_hz: recording.rate().hz(),
            delay_samples: None,
        };
        self.takes.push(record.clone());
        Ok(record)
    }

    /// Writes a file that was derived from the takes: a figure, a table.
    ///
    /// # Errors
    ///
    /// When the name is no plain name, is taken, or the file cannot be written.
    pub fn add_file(&mut self, name: &str, bytes: &[u8]) -> Result<(), LibraryError> {
        super::plain_name(name)?;
        atomic::write_bytes(&self.folder.join(name), bytes, Overwrite::Refuse)?;
        self.derived.insert(name.to_owned(), hash::of_bytes(bytes));
        Ok(())
    }

    /// Gives the measurement up. Its takes go too, so they must exist elsewhere.
    pub fn discard(mut self) {
        for take in std::mem::take(&mut self.takes) {
            let _ = fs::remove_file(self.folder.join(take.file));
        }
    }

    /// Writes the result beside its takes and moves the folder into its place, which it returns.
    ///
    /// The manifest's takes are those of this draft, with the delays that the measurement found.
    ///
    /// # Errors
    ///
    /// When something cannot be written or the place is taken; the takes stay where they are.
    pub fn finish(mut self, measurement: &Measurement) -> Result<PathBuf, LibraryError> {
        let measurement = self.with_own_takes(measurement);
        if let Some(trace) = measurement.outcome.to_trace() {
            let mut label = CurveLabel::named(self.name.clone());
            if measurement.conditions.is_simulated() {
                label.comments.push(curve::SIMULATED.to_owned());
            }
            self.add_curve(&trace, measurement.outcome.measurand(), &label)?;
        }
        let kind = measurement.outcome.measurand().name();
        let text = document::to_text(&document::measurement(&measurement));
        self.add_file(&format!("{kind}.json"), text.as_bytes())?;
        let path = self.folder.join(manifest::FILE_NAME);
        let text = Manifest::of(&measurement, self.derived.clone()).to_text(&path)?;
        atomic::write_bytes(&path, text.as_bytes(), Overwrite::Refuse)?;
        self.publish()
    }

    fn with_own_takes(&self, measurement: &Measurement) -> Measurement {
        let mut measurement = measurement.clone();
        let found = std::mem::take(&mut measurement.conditions.takes);
        let delay = |i: usize| found.get(i).and_then(|take: &TakeRecord| take.delay_samples);
        let takes = self.takes.iter().enumerate();
        measurement.conditions.takes =
            takes.map(|(i, take)| TakeRecord { delay_samples: delay(i), ..take.clone() }).collect();
        measurement
    }

    fn add_curve(
        &mut self,
        trace: &Trace,
        of: Measurand,
        label: &CurveLabel,
    ) -> Result<(), LibraryError> {
        let name = format!("{}.csv", of.name());
        let text = curve::to_text(trace, label, CurveFormat::Csv);
        self.add_file(&name, text.unwrap_or_default().as_bytes())
    }

    fn unlock(&mut self) {
        if let Some(lock) = self.lock.take() {
            lock.remove();
        }
    }

    /// Moves the folder, which holds everything, into its place.
    pub(super) fn publish(mut self) -> Result<PathBuf, LibraryError> {
        let _ = fs::remove_file(self.folder.join(INTENT));
        // Not every system moves a folder in which a file is open.
        self.unlock();
        atomic::sync_folder(&self.folder);
        let mut number = 1;
        loop {
            let place = self.parent.join(numbered(&self.name, number));
            if is_taken(&place) {
                if self.clash == Clash::Refuse {
                    return Err(LibraryError::Exists { path: place });
                }
                number += 1;
                continue;
            }
            // Not every system renames onto a folder that is there, empty as it is.
            let _ = fs::remove_dir(&place);
            fs::rename(&self.folder, &place)
                .map_err(|source| LibraryError::Io { path: place.clone(), source })?;
            atomic::sync_folder(&self.parent);
            self.folder.clone_from(&place);
            return Ok(place);
        }
    }
}

/// A draft without takes has nothing to keep.
impl Drop for Draft {
    fn drop(&mut self) {
        self.settle();
        if self.takes.is_empty() && !spool(&self.folder, 1).exists() {
            let _ = fs::remove_file(self.folder.join(INTENT));
            self.unlock();
            // Only an empty folder goes: one with files in it stays.
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

/// The file of a take, counted from one.
pub(super) fn take(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("take-{number}.wav"))
}

/// The file that a take is in while it is being captured.
pub(super) fn spool(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("take-{number}{PARTIAL}.wav"))
}

fn numbered(name: &str, number: usize) -> String {
    if number == 1 { name.to_owned() } else { format!("{name}-{number}") }
}

/// Whether something is there. An empty folder may be moved onto.
fn is_taken(place: &Path) -> bool {
    match fs::read_dir(place) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => fs::symlink_metadata(place).is_ok(),
    }
}
