//! The guide: asks for a placement, measures it, shows it, and asks about one that is unlike.

use std::cell::RefCell;
use std::path::PathBuf;

use super::Wishes;
use super::auto::{Listener, Waited};
use super::place::{Place, seated};
use crate::cli::attempts::{Attempts, Taken};
use crate::cli::failure::Failure;
use crate::cli::figures::{self, Drawing};
use crate::cli::keep::{self, Keep, Takes, Task};
use crate::cli::origin::{Prepared, Source};
use crate::cli::output::{Output, counted};
use crate::cli::progress::was_interrupted;
use crate::cli::prompt::{ask, pose};
use crate::cli::{keep::from_files, now};
use crate::measure::{Analysed, Analyser};
use crate::model::{
    ChannelMap, Conditions, Decision, Departure, Finding, FindingKind, Measurand, Measurement,
    Outcome, Recording, RigKind, SeatingRecord, Seatings, Severity, Stimulus,
};
use crate::report::words;
use crate::store::seatings::{SeatingFolder, decide};
use crate::study::siblings::{self, Seated};

/// How the seatings of a place ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// All are there.
    Complete,
    /// Whoever measured stopped, or nobody answered.
    Stopped,
    /// A take could not be used, and nobody was there to repeat it.
    Refused,
}

/// What is to be done with a seating that is unlike its siblings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Repeat,
    Keep,
    Stop,
}

/// Analyses the takes of one seating.
pub(super) type Analyse<'a> =
    dyn Fn(&mut Analyser, Takes<'_>, &ChannelMap) -> Result<Analysed, Failure> + 'a;

/// A bench with everything that is the same for all seatings.
pub(super) struct Guide<'a> {
    keep: &'a Keep,
    task: &'a Task,
    analyse: &'a Analyse<'a>,
    analyser: RefCell<Analyser>,
    conditions: Conditions,
    stimulus: Stimulus,
    channels: ChannelMap,
    /// What was noticed before anything was played.
    findings: Vec<Finding>,
    source: Source,
    wanted: u32,
    /// Listens whether the headphone sits, if it starts by itself.
    listener: Option<Listener>,
    /// The seatings that were asked about and nobody answered.
    unanswered: Vec<PathBuf>,
}

impl<'a> Guide<'a> {
    pub(super) fn new(
        (keep, task): (&'a Keep, &'a Task),
        prepared: Prepared,
        wishes: &Wishes,
        analyse: &'a Analyse<'a>,
    ) -> Result<Self, Failure> {
        let wanted = wishes.wanted();
        if wishes.auto && task.measurand() != Measurand::Response {
            return Err(Failure::usage("--auto listens to a microphone, and here is none"));
        }
        let analyser = RefCell::new(keep::analyser(&prepared)?);
        let conditions = keep.conditions(&prepared, task);
        let Prepared { stimulus, channels, findings, source, .. } = prepared;
        if let Source::Files(files) = &source
            && files.len() != wanted as usize
        {
            let takes = counted(files.len(), "take");
            return Err(Failure::usage(format!("{takes} for {wanted} seatings"))
                .hint("with --seatings, every --take is one seating"));
        }
        let listener = wishes.auto.then(|| Listener::new(&stimulus)).transpose()?;
        Ok(Self {
            keep,
            task,
            analyse,
            analyser,
            conditions,
            stimulus,
            channels,
            findings,
            source,
            wanted,
            listener,
            unanswered: Vec::new(),
        })
    }

    pub(super) fn is_simulated(&self) -> bool {
        self.conditions.rig.kind == RigKind::Simulated
    }

    /// Looks before anything is played whether every place can be measured.
    pub(super) fn check(&mut self, places: &[Place]) -> Result<(), Failure> {
        for place in places {
            place.seatings(self.task.measurand())?;
            let state = place.state();
            if let (Source::Rig(rig, _), RigKind::Simulated) =
                (&mut self.source, self.conditions.rig.kind)
                && !rig.put_on(state, 1)
            {
                let state = state.unwrap_or_default();
                return Err(Failure::usage(format!("the simulated rig has no state '{state}'"))
                    .hint("a simulated headphone has the states that its rig file names"));
            }
        }
        Ok(())
    }

    /// Measures the seatings of a place that are not there yet. Each place of a simulated session is
    /// another ear.
    pub(super) fn fill(&mut self, place: &Place, ear: usize) -> Result<Ending, Failure> {
        place.mention_unfinished();
        let mut found = place.seatings(self.task.measurand())?;
        if let Some(listener) = &mut self.listener {
            listener.forget();
        }
        if self.goes_on(place, &found) && self.settle(place, &mut found)? == Answer::Stop {
            return Ok(self.stopped(place, self.next(&found)));
        }
        let mut is_new = true;
        while let Some(number) = self.next(&found) {
            let again = found.iter().any(|seating| seating.number == number);
            if is_new && let Some(instruction) = &place.instruction {
                Output::remark(&format!("{}: {instruction}", place.name()));
            }
            let drawn = (1000 * ear + found.len() + 1) as u32;
            if !self.put_on(place, (number, again, is_new), drawn)? {
                return Ok(self.stopped(place, Some(number)));
            }
            is_new = false;
            let (measurement, stopped) = self.measure(place, number, &found)?;
            found = place.seatings(self.task.measurand())?;
            if stopped {
                return Ok(self.stopped(place, Some(number)));
            }
            if matches!(measurement.outcome, Outcome::Refused(_)) {
                Output::remark(&format!(
                    "seating {number} of {} could not be used and is measured again",
                    self.wanted
                ));
                if !self.may_repeat(place)? {
                    return Ok(Ending::Refused);
                }
                continue;
            }
            self.show(place, &found, number)?;
            if self.settle(place, &mut found)? == Answer::Stop {
                return Ok(self.stopped(place, Some(number)));
            }
        }
        Ok(Ending::Complete)
    }

    /// The first number that no seating that counts has.
    fn next(&self, found: &[SeatingFolder]) -> Option<u32> {
        let counts = |number: u32| found.iter().any(|s| s.number == number && s.counts());
        (1..=self.wanted).find(|&number| !counts(number))
    }

    /// Says what is there already; whether anything is.
    fn goes_on(&self, place: &Place, found: &[SeatingFolder]) -> bool {
        let there = found.iter().filter(|seating| seating.counts()).count();
        if there > 0 {
            Output::remark(&format!(
                "{}: {} of {} in '{}' already",
                place.name(),
                counted(there, "seating"),
                self.wanted,
                place.results().display()
            ));
        }
        there > 0
    }

    fn stopped(&self, place: &Place, number: Option<u32>) -> Ending {
        let next = number.map_or(String::new(), |number| {
            format!(" with seating {number} of {} of {}", self.wanted, place.name())
        });
        Output::remark(&format!("stopped; the same command goes on{next}"));
        Ending::Stopped
    }

    /// Has the headphone put on; whether somebody did.
    fn put_on(
        &mut self,
        place: &Place,
        (number, again, is_new): (u32, bool, bool),
        drawn: u32,
    ) -> Result<bool, Failure> {
        let Source::Rig(rig, _) = &mut self.source else { return Ok(true) };
        if was_interrupted() {
            return Ok(false);
        }
        if rig.put_on(place.state(), drawn) {
            return Ok(true);
        }
        let what = match (is_new, again) {
            (true, _) => "Put the headphone on",
            (false, false) => "Take the headphone off and put it on again",
            (false, true) => "Take the headphone off and put it on again, to repeat this one",
        };
        let (wanted, name) = (self.wanted, place.name());
        let question = format!("Seating {number} of {wanted}, {name}. {what}.");
        if let Some(listener) = &mut self.listener {
            pose(&format!("{question}\nIt starts when it sits, or with Enter (q stops).\n"));
            return Ok(listener.wait(rig.as_mut(), &self.channels)? == Waited::Ready);
        }
        let question = format!("{question}\nPress Enter to measure it (q stops):");
        let answer = ask(&question)?;
        Ok(answer.is_some_and(|answer| !is_stop(&answer)) && !was_interrupted())
    }

    /// Whether a take that could not be used may be repeated.
    fn may_repeat(&self, place: &Place) -> Result<bool, Failure> {
        if matches!(self.source, Source::Files(_)) {
            return Ok(false);
        }
        let question = format!("Measure {} again? Enter: yes, q: stop here:", place.name());
        Ok(ask(&question)?.is_some_and(|answer| !is_stop(&answer)))
    }

    /// Measures and stores one seating; also whether it was stopped.
    fn measure(
        &mut self,
        place: &Place,
        number: u32,
        found: &[SeatingFolder],
    ) -> Result<(Measurement, bool), Failure> {
        let kind = self.task.measurand();
        let (tags, made_at) = (place.tags(number), now());
        let mut draft = place.draft(number, (kind, &made_at))?;
        let conditions = Conditions { made_at, tags, ..self.conditions.clone() };
        draft.describe(kind, &conditions)?;
        let (analyse, analyser, channels) = (self.analyse, &self.analyser, &self.channels);
        let mut analyse = |recordings: &[Recording]| {
            let takes = Takes { recordings, loads: &[] };
            analyse(&mut analyser.borrow_mut(), takes, channels)
        };
        let taken: Taken = match &mut self.source {
            Source::Rig(rig, tries) => {
                Attempts::new(rig.as_mut(), &self.stimulus, *tries).run(&mut draft, &mut analyse)?
            }
            Source::Files(files) => {
                let file = files.get(number as usize - 1).cloned().into_iter().collect();
                match from_files(&mut draft, file, &mut analyse) {
                    Ok(taken) => taken,
                    Err(failure) => {
                        draft.discard();
                        return Err(failure);
                    }
                }
            }
        };
        let stopped = taken.stopped;
        let mut measurement = keep::measurement(conditions, self.findings.clone(), taken);
        measurement.findings.extend(unlike(&measurement.outcome, &seated(found)?)?);
        draft.finish(&measurement)?;
        let serious = |finding: &&Finding| finding.severity > Severity::Note;
        let serious: Vec<Finding> = measurement.findings.iter().filter(serious).cloned().collect();
        Output::findings(&serious);
        Ok((measurement, stopped))
    }

    /// Says how the latest seating sits among its siblings, and draws the fan.
    fn show(&self, place: &Place, found: &[SeatingFolder], number: u32) -> Result<(), Failure> {
        let Some(seatings) = self.gathered(place, found)? else {
            Output::remark(&format!("seating {number} of {}: measured", self.wanted));
            return Ok(());
        };
        if let Some(record) = latest(&seatings, number) {
            Output::remark(&words::seating(&seatings, record));
        }
        self.draw(place, &seatings, self.keep.drawing.at_the_bench())
    }

    /// Asks about the seating that is most unlike its siblings and was not asked about yet, until none
    /// is left that should be repeated.
    fn settle(&mut self, place: &Place, found: &mut [SeatingFolder]) -> Result<Answer, Failure> {
        while let Some(seatings) = self.gathered(place, found)? {
            let Some((record, departure)) = self.oddest(&seatings, found) else { break };
            let seen = unlike_siblings(departure).words().seen;
            let Some(seating) = found.iter_mut().find(|seating| seating.name == record.folder)
            else {
                break;
            };
            let decision = match self.ask_about(record, &seen)? {
                Some(Answer::Stop) => return Ok(Answer::Stop),
                Some(Answer::Repeat) => Decision::SetAside,
                Some(Answer::Keep) => Decision::Kept,
                None => {
                    self.unanswered.push(seating.folder.clone());
                    continue;
                }
            };
            decide(&seating.folder, decision, &seen, &now())?;
            seating.decision = Some(decision);
            if decision == Decision::SetAside {
                Output::remark(&format!(
                    "'{}' is kept, set aside and not counted",
                    seating.folder.display()
                ));
                return Ok(Answer::Repeat);
            }
        }
        Ok(Answer::Keep)
    }

    /// The seating that counts, is unlike its siblings by most, and was not asked about.
    fn oddest<'s>(
        &self,
        seatings: &'s Seatings,
        found: &[SeatingFolder],
    ) -> Option<(&'s SeatingRecord, &'s Departure)> {
        let is_asked = |record: &SeatingRecord| {
            let of_record = |s: &&SeatingFolder| s.name == record.folder;
            let folder = found.iter().find(of_record).map(|seating| &seating.folder);
            folder.is_some_and(|folder| self.unanswered.contains(folder))
        };
        let open = seatings.counted().filter(|record| record.decision.is_none());
        let odd = open.filter_map(|record| Some((record, record.unlike()?)));
        odd.filter(|(record, _)| !is_asked(record)).max_by(|a, b| a.1.size().total_cmp(&b.1.size()))
    }

    /// What is to be done about a seating; `None` if nobody says.
    fn ask_about(&self, record: &SeatingRecord, seen: &str) -> Result<Option<Answer>, Failure> {
        let number = record.number;
        if matches!(self.source, Source::Files(_)) {
            Output::remark(&format!("seating {number}: {seen}; it counts all the same"));
            return Ok(None);
        }
        let question = format!(
            "Seating {number}: {seen}.\nRepeat it? Enter: repeat, k: keep it as it is, q: stop:"
        );
        loop {
            let Some(answer) = ask(&question)? else {
                Output::remark("nobody answered, so it counts as it is");
                return Ok(None);
            };
            match answer.to_lowercase().as_str() {
                "" | "y" | "yes" | "r" | "repeat" => return Ok(Some(Answer::Repeat)),
                "k" | "keep" | "n" | "no" => return Ok(Some(Answer::Keep)),
                answer if is_stop(answer) => return Ok(Some(Answer::Stop)),
                other => Output::remark(&format!("'{other}' is none of Enter, k and q")),
            }
        }
    }

    fn gathered(
        &self,
        place: &Place,
        found: &[SeatingFolder],
    ) -> Result<Option<Seatings>, Failure> {
        Ok(siblings::gather(&place.name(), self.wanted, &seated(found)?)?)
    }

    /// What the seatings of a place show together, written into its folder; nothing while there is
    /// none.
    pub(super) fn finished(&self, place: &Place) -> Result<Option<Seatings>, Failure> {
        let found = place.seatings(self.task.measurand())?;
        let seatings = self.gathered(place, &found)?;
        if let Some(seatings) = &seatings {
            self.draw(place, seatings, self.keep.drawing)?;
        }
        Ok(seatings)
    }

    fn draw(&self, place: &Place, seatings: &Seatings, drawing: Drawing) -> Result<(), Failure> {
        let title = match place.headphone() {
            Some(headphone) => format!("{headphone}: {}", seatings.name),
            None => format!("Seatings: {}", seatings.name),
        };
        let count = seatings.counted().count();
        let sample = Some(format!("{} of {}", counted(count, "seating"), self.wanted));
        let caption = figures::caption_today(title, sample, self.is_simulated());
        let folder: PathBuf = place.results().to_owned();
        figures::of_seatings(&folder, seatings, &caption, drawing).map(drop)
    }
}

/// Whether an answer asks to stop.
pub(super) fn is_stop(answer: &str) -> bool {
    matches!(answer.to_lowercase().as_str(), "q" | "quit" | "s" | "stop")
}

/// The latest of a number.
fn latest(seatings: &Seatings, number: u32) -> Option<&SeatingRecord> {
    seatings.records.iter().rfind(|record| record.number == number)
}

/// What is unlike its siblings in a seating that was just measured.
fn unlike(outcome: &Outcome, siblings: &[Seated]) -> Result<Vec<Finding>, Failure> {
    let Outcome::Response { response, .. } = outcome else { return Ok(Vec::new()) };
    let counted = siblings.iter().filter(|seated| seated.decision != Some(Decision::SetAside));
    let counted: Vec<_> = counted.map(|seated| &seated.curve).collect();
    let departures = siblings::departures(&response.level(), &counted)?;
    let unlike = departures.iter().filter(|departure| departure.is_unlike());
    Ok(unlike.map(|departure| Finding::warning(unlike_siblings(departure))).collect())
}

const fn unlike_siblings(departure: &Departure) -> FindingKind {
    let Departure { figure, siblings, by, expected, limit, .. } = *departure;
    FindingKind::SeatingUnlikeSiblings { figure, by, expected, limit, siblings }
}
