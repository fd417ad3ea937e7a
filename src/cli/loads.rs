//! Takes of an output under several loads and at several levels: whoever sits at the bench connects
//! the loads, and what a take shows decides what is played next.

use super::attempts::{Taken, captured, passing_reason};
use super::failure::{Exit, Failure};
use super::progress::Progress;
use super::prompt::ask;
use crate::measure::{Analysed, Heard, Rig, limit};
use crate::model::{
    Finding, FindingKind, LoadedAt, OutputBench, OutputLimit, Recording, Stimulus, TakeRecord,
    TestLoad,
};
use crate::quantity::Level;
use crate::quantity::unit::FullScale;
use crate::store::library::Draft;

/// How an output is loaded and driven, take by take.
#[derive(Debug, Clone)]
pub(super) struct OutputTask {
    /// The loads, in order.
    pub(super) loads: Vec<TestLoad>,
    /// The levels that each load is played at, rising; empty for the stimulus' own alone.
    pub(super) levels: Vec<Level<FullScale>>,
    /// How they are connected and how well that is known.
    pub(super) bench: OutputBench,
}

impl OutputTask {
    /// The levels of each load; `None` is the stimulus' own.
    fn levels(&self) -> Vec<Option<Level<FullScale>>> {
        if self.levels.is_empty() {
            return vec![None];
        }
        self.levels.iter().copied().map(Some).collect()
    }

    /// What the takes are, in the order in which files of them are named: each load at every level.
    pub(super) fn planned(&self) -> Vec<LoadedAt> {
        let levels = self.levels();
        let of = |&load: &TestLoad| levels.iter().map(move |&level| LoadedAt { load, level });
        self.loads.iter().flat_map(of).collect()
    }
}

/// What a take shows by itself: its voltage over the drive in decibels, if it can be used, and what
/// was noticed.
pub(super) type Look<'a> =
    dyn FnMut(&Recording, LoadedAt) -> Result<(Option<f64>, Vec<Finding>), Failure> + 'a;

/// A session at the bench of one output.
pub(super) struct Session<'a> {
    rig: Box<dyn Rig>,
    /// At the loudest level.
    stimulus: &'a Stimulus,
    task: &'a OutputTask,
    /// How often a take is played at most.
    tries: u32,
    progress: Progress,
    takes: Vec<Recording>,
    loads: Vec<LoadedAt>,
    /// The record of each take that is analysed.
    numbers: Vec<usize>,
    records: Vec<TakeRecord>,
    of_records: Vec<LoadedAt>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        (rig, tries): (Box<dyn Rig>, u32),
        stimulus: &'a Stimulus,
        task: &'a OutputTask,
    ) -> Self {
        Self {
            rig,
            stimulus,
            task,
            tries,
            progress: Progress::new("playing and capturing"),
            takes: Vec::new(),
            loads: Vec::new(),
            numbers: Vec::new(),
            records: Vec::new(),
            of_records: Vec::new(),
        }
    }

    /// Asks for each load in turn, plays and captures it at every level up to where it limits, looks
    /// there for the level at which that begins, and analyses all takes together. A take that
    /// cannot be used for a reason that passes is played again at once.
    ///
    /// # Errors
    ///
    /// When nobody answers, an exchange gives nothing, or a take cannot be stored; those that were
    /// captured stay.
    pub(super) fn run(
        mut self,
        draft: &mut Draft,
        look: &mut Look<'_>,
        analyse: &mut dyn FnMut(&[Recording], &[LoadedAt]) -> Result<Analysed, Failure>,
    ) -> Result<Taken, Failure> {
        for &load in &self.task.loads {
            if !self.rig.connect(load) && ask(&question(load))?.is_none() {
                return Err(Failure::new(Exit::Interrupted, "nobody answered, so it ends here"));
            }
            self.levels_of(load, draft, look)?;
        }
        let mut analysed = analyse(&self.takes, &self.loads)?;
        for finding in &mut analysed.findings {
            finding.take = finding.take.and_then(|take| self.numbers.get(take - 1).copied());
        }
        for (number, delay) in self.numbers.iter().zip(&analysed.delays) {
            self.records[number - 1].delay_samples = *delay;
        }
        let repeated = self.records.len() - self.takes.len();
        if repeated > 0 {
            let kind = FindingKind::Remeasured { refused: repeated };
            analysed.findings.push(Finding::note(kind));
        }
        Ok(Taken { analysed, records: self.records, loads: self.of_records, stopped: false })
    }

    fn levels_of(
        &mut self,
        load: TestLoad,
        draft: &mut Draft,
        look: &mut Look<'_>,
    ) -> Result<(), Failure> {
        let mut heard = Vec::new();
        for level in self.task.levels() {
            let at = LoadedAt { load, level };
            let gain_db = self.take(at, draft, look)?;
            let Some(level) = level else { continue };
            heard.push(Heard { load, level_dbfs: level.db(), gain_db });
            // Louder than the limit tells nothing, and may harm.
            if let Some(begins) = limit(&heard, self.task.bench.drift_db) {
                return self.narrow(begins, &mut heard, draft, look);
            }
        }
        Ok(())
    }

    /// Halves the range in which a load begins to limit until it is narrow.
    fn narrow(
        &mut self,
        mut begins: OutputLimit,
        heard: &mut Vec<Heard>,
        draft: &mut Draft,
        look: &mut Look<'_>,
    ) -> Result<(), Failure> {
        const NARROW_DB: f64 = 0.5;
        let Some(Heard { load, .. }) = heard.first().copied() else { return Ok(()) };
        while let Some(clean) = begins.clean_dbfs
            && begins.limited_dbfs - clean > NARROW_DB
        {
            let level_dbfs = 0.5 * (clean + begins.limited_dbfs);
            let at = LoadedAt { load, level: Some(Level::from_db(level_dbfs)) };
            let gain_db = self.take(at, draft, look)?;
            heard.push(Heard { load, level_dbfs, gain_db });
            let Some(narrower) = limit(heard, self.task.bench.drift_db) else { break };
            begins = narrower;
        }
        Ok(())
    }

    /// Plays and captures one take, again while that may help; its voltage over the drive, if it can
    /// be used.
    fn take(
        &mut self,
        at: LoadedAt,
        draft: &mut Draft,
        look: &mut Look<'_>,
    ) -> Result<Option<f64>, Failure> {
        let loudest = self.task.levels.last().copied();
        let below_db =
            at.level.zip(loudest).map_or(0.0, |(level, loudest)| loudest.db() - level.db());
        let stimulus = self.stimulus.quieter_by(below_db);
        for attempt in 1..=self.tries {
            if let Some(level) = at.level {
                self.progress.remark(&format!("{} at {level:.1}", at.load));
            }
            let (take, record) = captured(self.rig.as_mut(), &stimulus, &mut self.progress, draft)?;
            self.records.push(record);
            self.of_records.push(at);
            if self.progress.was_stopped() {
                return Err(Failure::new(Exit::Interrupted, "it was stopped before the last load")
                    .hint(format!("the takes are kept in '{}'", draft.folder().display())));
            }
            let folder = draft.folder().display().to_string();
            let (gain_db, findings) = look(&take, at)
                .map_err(|failure| failure.hint(format!("the takes are kept in '{folder}'")))?;
            let reason = passing_reason(&findings).filter(|_| gain_db.is_none());
            if let Some(reason) = reason.filter(|_| attempt < self.tries) {
                self.progress.remark(&format!(
                    "note: {reason}; measuring again (try {} of {} at most)",
                    attempt + 1,
                    self.tries
                ));
                continue;
            }
            self.takes.push(take);
            self.loads.push(at);
            self.numbers.push(self.records.len());
            return Ok(gain_db);
        }
        Ok(None)
    }
}

fn question(load: TestLoad) -> String {
    let what = match load {
        TestLoad::Open => "Connect nothing to the output but the input that measures".to_owned(),
        TestLoad::Ohm(ohm) => format!("Connect the load of {ohm} to the output"),
    };
    format!("{what}.\nPress Enter to measure it:")
}
