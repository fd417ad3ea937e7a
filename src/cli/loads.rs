//! Takes of an amplifier under several loads and at several levels: whoever sits at the bench connects
//! the loads, and what a take shows decides what is played next.

use super::attempts::{Taken, captured, passing_reason};
use super::failure::{Exit, Failure};
use super::progress::Progress;
use super::prompt::ask;
use crate::measure::{Analysed, Analyser, Heard, Rig, limit};
use crate::model::{
    ChannelLoad, ChannelMap, CrosstalkTake, Finding, FindingKind, LoadedAt, Measurand, OutputBench,
    OutputLimit, Recording, Stimulus, TakeRecord, TestLoad,
};
use crate::quantity::Level;
use crate::quantity::unit::FullScale;
use crate::store::library::Draft;

/// What is connected for one take of several.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Loading {
    /// A load at the output that is measured.
    Output(TestLoad),
    /// Loads at both channels, of which one is driven.
    Both(CrosstalkTake),
}

/// What is connected for a take, and how loud it is played.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Loaded {
    pub(super) loading: Loading,
    /// Peak level; absent if the stimulus' own is the only one.
    pub(super) level: Option<Level<FullScale>>,
}

/// What is connected and how loud it is played, take by take.
#[derive(Debug, Clone)]
pub(super) struct LoadPlan {
    loadings: Vec<Loading>,
    /// The levels that each load is played at, rising; empty for the stimulus' own alone.
    levels: Vec<Level<FullScale>>,
    /// How an output is connected and how well that is known; absent for two channels.
    bench: Option<OutputBench>,
}

impl Loading {
    /// Whether the rig connects it by itself.
    fn connect(self, rig: &mut dyn Rig) -> bool {
        match self {
            Self::Output(load) => rig.connect(load),
            Self::Both(take) => rig.connect_both(take),
        }
    }

    /// What whoever sits at the bench is asked to do.
    fn question(self) -> String {
        let what = match self {
            Self::Output(TestLoad::Open) => {
                "Connect nothing to the output but the input that measures".to_owned()
            }
            Self::Output(TestLoad::Ohm(ohm)) => format!("Connect the load of {ohm} to the output"),
            Self::Both(CrosstalkTake { load, driven }) => {
                let loads = match load {
                    ChannelLoad::Open => "nothing but the inputs".to_owned(),
                    ChannelLoad::Ohm(ohm) => format!("a load of {ohm} each"),
                    ChannelLoad::Headphone => "the headphone".to_owned(),
                };
                let idle = driven.other();
                format!(
                    "Connect {loads} to both channels. Let the {driven} channel play and the \
                     {idle} one be silent;\ninput 1 (reference) at the {driven} channel's contact, \
                     input 2 (sense) at the {idle} one's"
                )
            }
        };
        format!("{what}.\nPress Enter to measure it:")
    }
}

impl Loaded {
    /// The load of an output with its level, if it is one.
    pub(super) const fn output(self) -> Option<LoadedAt> {
        match self.loading {
            Loading::Output(load) => Some(LoadedAt { load, level: self.level }),
            Loading::Both(_) => None,
        }
    }

    /// How both channels stand, if two are measured.
    pub(super) const fn both(self) -> Option<CrosstalkTake> {
        match self.loading {
            Loading::Output(_) => None,
            Loading::Both(take) => Some(take),
        }
    }
}

impl LoadPlan {
    /// Loads of one output, each at these levels, rising.
    pub(super) fn of_output(
        loads: &[TestLoad],
        levels: Vec<Level<FullScale>>,
        bench: OutputBench,
    ) -> Self {
        let loadings = loads.iter().map(|&load| Loading::Output(load)).collect();
        Self { loadings, levels, bench: Some(bench) }
    }

    /// Loads of two channels.
    pub(super) fn of_channels(takes: &[CrosstalkTake]) -> Self {
        let loadings = takes.iter().map(|&take| Loading::Both(take)).collect();
        Self { loadings, levels: Vec::new(), bench: None }
    }

    pub(super) const fn measurand(&self) -> Measurand {
        if self.bench.is_some() { Measurand::OutputImpedance } else { Measurand::Crosstalk }
    }

    /// The levels of each load; `None` is the stimulus' own.
    fn levels(&self) -> Vec<Option<Level<FullScale>>> {
        if self.levels.is_empty() {
            return vec![None];
        }
        self.levels.iter().copied().map(Some).collect()
    }

    /// What the takes are, in the order in which files of them are named: each load at every level.
    pub(super) fn planned(&self) -> Vec<Loaded> {
        let levels = self.levels();
        let of = |&loading: &Loading| levels.iter().map(move |&level| Loaded { loading, level });
        self.loadings.iter().flat_map(of).collect()
    }

    /// What a take of an output shows by itself; of two channels nothing that would change what is
    /// played next.
    pub(super) fn look(
        &self,
        analyser: &mut Analyser,
        (take, channels): (&Recording, &ChannelMap),
        at: Loaded,
    ) -> Result<(Option<f64>, Vec<Finding>), Failure> {
        let Some((bench, own)) = self.bench.zip(at.output()) else {
            return Ok((None, Vec::new()));
        };
        let all: Vec<LoadedAt> = self.planned().iter().filter_map(|at| at.output()).collect();
        Ok(analyser.output_voltage(take, channels, (own, &all), bench.tap)?)
    }

    fn drift_db(&self) -> f64 {
        self.bench.map_or(0.0, |bench| bench.drift_db)
    }
}

/// What a take shows by itself: its voltage over the drive in decibels, if it can be used, and what
/// was noticed.
pub(super) type Look<'a> =
    dyn FnMut(&Recording, Loaded) -> Result<(Option<f64>, Vec<Finding>), Failure> + 'a;

/// Analyses all takes with what was connected in each.
pub(super) type Analyse<'a> = dyn FnMut(&[Recording], &[Loaded]) -> Result<Analysed, Failure> + 'a;

/// A session at the bench of one amplifier.
pub(super) struct Session<'a> {
    rig: Box<dyn Rig>,
    /// At the loudest level.
    stimulus: &'a Stimulus,
    plan: &'a LoadPlan,
    /// How often a take is played at most.
    tries: u32,
    progress: Progress,
    takes: Vec<Recording>,
    loads: Vec<Loaded>,
    /// The record of each take that is analysed.
    numbers: Vec<usize>,
    records: Vec<TakeRecord>,
    of_records: Vec<Loaded>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        (rig, tries): (Box<dyn Rig>, u32),
        stimulus: &'a Stimulus,
        plan: &'a LoadPlan,
    ) -> Self {
        Self {
            rig,
            stimulus,
            plan,
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
        analyse: &mut Analyse<'_>,
    ) -> Result<Taken, Failure> {
        for &loading in &self.plan.loadings {
            if !loading.connect(self.rig.as_mut()) && ask(&loading.question())?.is_none() {
                return Err(Failure::new(Exit::Interrupted, "nobody answered, so it ends here"));
            }
            self.levels_of(loading, draft, look)?;
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
        loading: Loading,
        draft: &mut Draft,
        look: &mut Look<'_>,
    ) -> Result<(), Failure> {
        let mut heard = Vec::new();
        for level in self.plan.levels() {
            let gain_db = self.take(Loaded { loading, level }, draft, look)?;
            let (Loading::Output(load), Some(level)) = (loading, level) else { continue };
            heard.push(Heard { load, level_dbfs: level.db(), gain_db });
            // Louder than the limit tells nothing, and may harm.
            if let Some(begins) = limit(&heard, self.plan.drift_db()) {
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
            let level = Some(Level::from_db(level_dbfs));
            let at = Loaded { loading: Loading::Output(load), level };
            let gain_db = self.take(at, draft, look)?;
            heard.push(Heard { load, level_dbfs, gain_db });
            let Some(narrower) = limit(heard, self.plan.drift_db()) else { break };
            begins = narrower;
        }
        Ok(())
    }

    /// Plays and captures one take, again while that may help; its voltage over the drive, if it can
    /// be used.
    fn take(
        &mut self,
        at: Loaded,
        draft: &mut Draft,
        look: &mut Look<'_>,
    ) -> Result<Option<f64>, Failure> {
        let loudest = self.plan.levels.last().copied();
        let below_db =
            at.level.zip(loudest).map_or(0.0, |(level, loudest)| loudest.db() - level.db());
        let stimulus = self.stimulus.quieter_by(below_db);
        for attempt in 1..=self.tries {
            if let Some(LoadedAt { load, level: Some(level) }) = at.output() {
                self.progress.remark(&format!("{load} at {level:.1}"));
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
