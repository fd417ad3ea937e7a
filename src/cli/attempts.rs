//! Takes that are played now: on the disk while they are captured, analysed at once, and played
//! again when a take cannot be used for a reason that passes.

use std::collections::BTreeSet;

use super::failure::Failure;
use super::loads::Loaded;
use super::progress::Progress;
use crate::measure::{Analysed, Block, Event, Flow, Observer, Rig};
use crate::model::{Finding, FindingKind, Outcome, Recording, Stimulus, TakeRecord};
use crate::store::library::Draft;

/// What the takes of a measurement gave.
pub(super) struct Taken {
    /// The result, with the findings of all takes.
    pub(super) analysed: Analysed,
    /// Every take that is on the disk.
    pub(super) records: Vec<TakeRecord>,
    /// What was connected in each of them, if that is different for each.
    pub(super) loads: Vec<Loaded>,
    /// Whether the user stopped the capture.
    pub(super) stopped: bool,
}

/// Plays one stimulus on one rig until a take can be used, so many times at most.
pub(super) struct Attempts<'a> {
    rig: &'a mut dyn Rig,
    stimulus: &'a Stimulus,
    most: u32,
    progress: Progress,
}

/// Plays and captures one take, which is on the disk when this returns.
pub(super) fn captured(
    rig: &mut dyn Rig,
    stimulus: &Stimulus,
    progress: &mut Progress,
    draft: &mut Draft,
) -> Result<(Recording, TakeRecord), Failure> {
    let take = rig.exchange(stimulus, &mut Watch { progress, draft })?;
    let record = draft.add_take(&take).map_err(|error| {
        Failure::from(error).hint(format!(
            "make room and measure again; what could be written of this take is kept in '{}'",
            draft.folder().display()
        ))
    })?;
    Ok((take, record))
}

/// One take, analysed by itself.
struct Attempt {
    record: TakeRecord,
    analysed: Analysed,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(rig: &'a mut dyn Rig, stimulus: &'a Stimulus, most: u32) -> Self {
        Self { rig, stimulus, most, progress: Progress::new("playing and capturing") }
    }

    /// Plays, captures and analyses, and repeats it while that may help.
    ///
    /// # Errors
    ///
    /// When the first exchange gives nothing, a take cannot be stored, or does not fit what was
    /// asked for.
    pub(super) fn run(
        mut self,
        draft: &mut Draft,
        analyse: &mut dyn FnMut(&[Recording]) -> Result<Analysed, Failure>,
    ) -> Result<Taken, Failure> {
        let mut done = vec![self.attempt(draft, analyse)?];
        while let Some(reason) = self.reason_to_repeat(&done) {
            let next = done.len() + 1;
            self.progress.remark(&format!(
                "note: {reason}; measuring again (try {next} of {} at most)",
                self.most
            ));
            match self.attempt(draft, analyse) {
                Ok(attempt) => done.push(attempt.in_take(next)),
                // What there is already is not thrown away.
                Err(failure) => {
                    self.progress.remark(&format!("warning: it was not repeated: {failure}"));
                    break;
                }
            }
        }
        Ok(chosen(&done, self.stimulus.sweep_starts().len(), self.progress.was_stopped()))
    }

    fn attempt(
        &mut self,
        draft: &mut Draft,
        analyse: &mut dyn FnMut(&[Recording]) -> Result<Analysed, Failure>,
    ) -> Result<Attempt, Failure> {
        let (take, record) = captured(self.rig, self.stimulus, &mut self.progress, draft)?;
        let folder = draft.folder().display().to_string();
        let analysed = analyse(&[take])
            .map_err(|failure| failure.hint(format!("the take is kept in '{folder}'")))?;
        Ok(Attempt { record, analysed })
    }

    /// Why it should be measured once more, if it should and may be.
    fn reason_to_repeat(&self, done: &[Attempt]) -> Option<String> {
        let may = (done.len() as u64) < u64::from(self.most) && !self.progress.was_stopped();
        let last = done.last().filter(|_| may)?;
        last.passing_reason(self.stimulus.sweep_starts().len())
    }
}

impl Attempt {
    /// The same as the measurement's take of that number.
    fn in_take(mut self, number: usize) -> Self {
        for finding in &mut self.analysed.findings {
            finding.take = finding.take.map(|_| number);
        }
        self
    }

    fn is_refused(&self) -> bool {
        matches!(self.analysed.outcome, Outcome::Refused(_))
    }

    /// Sweeps that were used, of so many.
    fn used(&self, sweeps: usize) -> usize {
        if self.is_refused() { 0 } else { sweeps - left_out(&self.analysed.findings).min(sweeps) }
    }

    /// What spoiled it, if that is likely to be gone the next time.
    fn passing_reason(&self, sweeps: usize) -> Option<String> {
        /// Fewer have no spread, and so no uncertainty of their own.
        const LEAST_SWEEPS: usize = 2;
        let findings = &self.analysed.findings;
        if !self.is_refused() {
            let lost = left_out(findings);
            let too_few = lost > 0 && self.used(sweeps) < LEAST_SWEEPS;
            return too_few.then(|| format!("{lost} of {sweeps} sweeps could not be used"));
        }
        passing_reason(findings)
    }
}

/// What refused a take, if all of it is likely to be gone the next time.
pub(super) fn passing_reason(findings: &[Finding]) -> Option<String> {
    let refusals: Vec<&Finding> = findings.iter().filter(|f| f.is_refusal()).collect();
    // A loss ends a capture early; the end alone may be the device's.
    let passes = |f: &&&Finding| f.kind.is_passing() || f.kind == FindingKind::Interrupted;
    let reason = refusals.iter().find(|finding| finding.kind.is_passing())?;
    let all_pass = refusals.iter().filter(passes).count() == refusals.len();
    all_pass.then(|| reason.kind.words().seen)
}

/// How many sweeps of a take were left out.
fn left_out(findings: &[Finding]) -> usize {
    findings
        .iter()
        .filter_map(|finding| left_out_sweep(&finding.kind))
        .collect::<BTreeSet<_>>()
        .len()
}

const fn left_out_sweep(kind: &FindingKind) -> Option<usize> {
    match *kind {
        FindingKind::SamplesLost { sweep, left_out: true, .. } => sweep,
        FindingKind::Gap { sweep, left_out: true, .. }
        | FindingKind::ImpulsiveNoise { sweep, left_out: true, .. } => Some(sweep),
        _ => None,
    }
}

/// The result of the take with the most sweeps that could be used (the last of them), with what
/// spoiled the others. There is at least one take.
fn chosen(done: &[Attempt], sweeps: usize, stopped: bool) -> Taken {
    let best = (0..done.len()).max_by_key(|&i| done[i].used(sweeps)).unwrap_or_default();
    let delay = |attempt: &Attempt| attempt.analysed.delays.first().copied().flatten();
    let spoils = |f: &&Finding| f.is_refusal() || left_out_sweep(&f.kind).is_some();
    let noticed = done.iter().enumerate().flat_map(|(i, attempt)| {
        attempt.analysed.findings.iter().filter(move |f| i == best || spoils(f)).cloned()
    });
    let mut findings: Vec<Finding> = noticed.collect();
    if done.len() > 1 {
        findings.push(Finding::note(FindingKind::Remeasured { refused: done.len() - 1 }));
    }
    let delays = done.iter().map(delay).collect();
    let records = done
        .iter()
        .map(|attempt| TakeRecord { delay_samples: delay(attempt), ..attempt.record.clone() });
    let records = records.collect();
    let analysed = Analysed { findings, delays, ..done[best].analysed.clone() };
    Taken { analysed, records, loads: Vec::new(), stopped }
}

/// Shows the progress of an exchange, and keeps what is captured.
struct Watch<'a> {
    progress: &'a mut Progress,
    draft: &'a mut Draft,
}

impl Observer for Watch<'_> {
    fn notice(&mut self, event: Event) -> Flow {
        self.progress.notice(event)
    }

    fn captured(&mut self, block: Block<'_>) {
        if let Err(error) = self.draft.spool(block.rate, block.format, block.channels) {
            self.progress.remark(&format!(
                "warning: the capture is not on the disk while it runs: {error}; it goes on, and \
                 is stored at its end if there is room by then"
            ));
        }
    }

    fn broken_off(&mut self, reason: &str) {
        self.progress.remark(&format!(
            "warning: the capture ended early: {reason}; check the cable and the sound server"
        ));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::measure::{Capabilities, RigError};
    use crate::model::{
        Band, ChannelMap, Completeness, FrequencyGrid, Measurand, Response, ResponseFigures,
        RigIdentity, RigKind, SampleFormat,
    };
    use crate::quantity::{Level, SampleRate};
    use crate::store::library::Clash;

    const RATE_HZ: u32 = 8000;

    /// Gives one frame each time; the analyses come from a list.
    struct OneFrame;

    impl Rig for OneFrame {
        fn identity(&self) -> RigIdentity {
            RigIdentity { kind: RigKind::SoundCard, name: "one frame".to_owned() }
        }

        fn capabilities(&self) -> Capabilities {
            Capabilities { inputs: 1, rates: Vec::new(), level_limit: Level::from_db(0.0) }
        }

        fn exchange(
            &mut self,
            stimulus: &Stimulus,
            observer: &mut dyn Observer,
        ) -> Result<Recording, RigError> {
            let (rate, format) = (stimulus.rate(), SampleFormat::Float);
            observer.captured(Block { rate, format, channels: &[&[0.5]] });
            let samples = ndarray::array![[0.5]];
            let recording = Recording::new(rate, samples, format, self.identity()).unwrap();
            Ok(recording.with_losses(0, Completeness::Complete))
        }
    }

    fn stimulus() -> Stimulus {
        let band = Band { start_hz: 10.0, flat_from_hz: 20.0, flat_to_hz: 3e3, stop_hz: 35e2 };
        let samples = vec![0.1; RATE_HZ as usize];
        Stimulus::single("test", SampleRate::new(RATE_HZ).unwrap(), samples, band).unwrap()
    }

    fn refused(kinds: Vec<FindingKind>) -> Analysed {
        let findings = kinds.into_iter().map(|kind| Finding::refusal(kind).in_take(1)).collect();
        let outcome = Outcome::Refused(Measurand::Response);
        Analysed { outcome, findings, delays: vec![None], channels: ChannelMap::default() }
    }

    fn clipped() -> FindingKind {
        FindingKind::Clipped { channel: 1, samples: 9, first_at_s: 0.1, level_dbfs: 0.0 }
    }

    fn lost() -> FindingKind {
        FindingKind::DroppedFrames { frames: 9 }
    }

    /// Measures with analyses from a list; also gives how many of them were left.
    fn run(most: u32, analyses: Vec<Analysed>) -> (Taken, usize) {
        let folder = tempfile::tempdir().unwrap();
        let mut draft = Draft::create(folder.path(), "a", Clash::Refuse).unwrap();
        let mut left = VecDeque::from(analyses);
        let (stimulus, mut rig) = (stimulus(), OneFrame);
        let attempts = Attempts::new(&mut rig, &stimulus, most);
        let taken = attempts.run(&mut draft, &mut |takes| {
            assert_eq!(takes.len(), 1);
            Ok(left.pop_front().unwrap())
        });
        let taken = taken.unwrap();
        for record in &taken.records {
            assert!(draft.folder().join(&record.file).exists());
        }
        let spools = std::fs::read_dir(draft.folder()).unwrap();
        let spools = spools
            .filter(|f| f.as_ref().unwrap().file_name().to_string_lossy().contains("partial"));
        assert_eq!(spools.count(), 0);
        (taken, left.len())
    }

    fn slugs(taken: &Taken) -> Vec<(&'static str, Option<usize>)> {
        taken.analysed.findings.iter().map(|f| (f.kind.slug(), f.take)).collect()
    }

    #[test]
    fn a_take_with_lost_frames_is_repeated_and_every_take_is_kept() {
        let analyses = vec![
            refused(vec![lost(), FindingKind::Interrupted]),
            refused(vec![lost()]),
            refused(vec![lost()]),
            refused(vec![lost()]),
        ];
        let (taken, left) = run(3, analyses);
        assert_eq!((taken.records.len(), left), (3, 1));
        let expected = [
            ("dropped-frames", Some(1)),
            ("interrupted", Some(1)),
            ("dropped-frames", Some(2)),
            ("dropped-frames", Some(3)),
            ("remeasured", None),
        ];
        assert_eq!(slugs(&taken), expected);
    }

    #[test]
    fn what_does_not_pass_by_itself_is_not_repeated() {
        for kinds in
            [vec![clipped()], vec![clipped(), lost()], vec![FindingKind::Interrupted], vec![]]
        {
            let (taken, left) = run(3, vec![refused(kinds), refused(vec![])]);
            assert_eq!((taken.records.len(), left), (1, 1));
        }
    }

    #[test]
    fn it_ends_with_the_first_take_that_can_be_used_or_when_no_try_is_left() {
        let once = run(1, vec![refused(vec![lost()])]);
        assert_eq!((once.0.records.len(), once.1), (1, 0));
        let (taken, left) = run(3, vec![refused(vec![lost()]), refused(vec![clipped()])]);
        assert_eq!((taken.records.len(), left), (2, 0));
    }

    /// A take of two sweeps of which some were left out.
    fn accepted(left_out: &[usize]) -> Attempt {
        let gap = |&sweep: &usize| {
            let kind = FindingKind::Gap { sweep, at_s: 1.0, duration_s: 0.1, left_out: true };
            Finding::warning(kind).in_take(1)
        };
        let grid = FrequencyGrid::new(vec![20.0, 2000.0]).unwrap();
        let response = Response::from_fn(grid, |_| 1.0.into()).unwrap();
        let mut findings: Vec<Finding> = left_out.iter().map(gap).collect();
        findings.push(Finding::note(FindingKind::SingleSweep { predicted: false }));
        let outcome = Outcome::Response { response, figures: ResponseFigures::default() };
        let (delays, channels) = (vec![Some(7.0)], ChannelMap::default());
        let analysed = Analysed { outcome, findings, delays, channels };
        let record = TakeRecord {
            file: "take-1.wav".to_owned(),
            sha256: None,
            frames: 1,
            channels: 1,
            rate_hz: RATE_HZ,
            delay_samples: None,
        };
        Attempt { record, analysed }
    }

    #[test]
    fn a_take_with_fewer_than_two_sweeps_left_is_repeated() {
        assert!(accepted(&[2]).passing_reason(2).unwrap().contains("1 of 2 sweeps"));
        assert!(accepted(&[2, 2]).passing_reason(3).is_none(), "two are left");
        assert!(accepted(&[]).passing_reason(1).is_none(), "one was played");
    }

    #[test]
    fn the_result_is_that_of_the_take_with_the_most_sweeps_and_says_what_spoiled_the_others() {
        let takes = [accepted(&[1]), accepted(&[]).in_take(2)];
        let taken = chosen(&takes, 2, false);
        let expected = [("gap", Some(1)), ("single-sweep", None), ("remeasured", None)];
        assert_eq!(slugs(&taken), expected);
        assert_eq!(taken.analysed.delays, [Some(7.0), Some(7.0)]);
        let takes = [accepted(&[]), accepted(&[1, 2]).in_take(2)];
        assert!(!slugs(&chosen(&takes[..1], 2, false)).contains(&("remeasured", None)));
        let both = slugs(&chosen(&takes, 2, false));
        assert_eq!(both.iter().filter(|(_, take)| *take == Some(2)).count(), 2);
    }
}
