//! What the view shows, and what its keys do. No terminal is touched here.

use std::collections::VecDeque;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::live::Heard;
use crate::model::{Finding, Glimpse, Severity, TraceKind};
use crate::quantity::unit::FullScale;
use crate::quantity::{Gain, Level};
use crate::study::live::{Reference, Watch};

/// What does not change while it is watched.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Setting {
    pub(super) rig: String,
    pub(super) is_simulated: bool,
    pub(super) kind: TraceKind,
}

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// An end.
    Quit,
    /// An end, as Ctrl-C.
    Interrupt,
    /// To measure and store this seating.
    Store,
    /// Another level, so many decibels below the first.
    Quieter(u32),
}

/// Everything that is shown. It does not grow.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scene {
    pub(super) setting: Setting,
    started_at: Level<FullScale>,
    quieter_db: u32,
    pub(super) watch: Watch,
    pub(super) last: Option<Glimpse>,
    /// The bass of the last sweeps, the latest at the end.
    pub(super) history: VecDeque<f64>,
    pub(super) note: Option<String>,
}

impl Scene {
    /// So many sweeps are remembered: a minute.
    const REMEMBERED: usize = 80;
    /// The step from one level to the next, in decibels.
    const STEP_DB: u32 = 3;
    /// As quiet as it gets, in decibels below the first level.
    const QUIETEST_DB: u32 = 30;

    pub(super) fn new(setting: Setting, level: Level<FullScale>, watch: Watch) -> Self {
        Self {
            setting,
            started_at: level,
            quieter_db: 0,
            watch,
            last: None,
            history: VecDeque::with_capacity(Self::REMEMBERED),
            note: None,
        }
    }

    /// The level that is played.
    pub(super) fn level(&self) -> Level<FullScale> {
        self.started_at + Gain::from_db(-f64::from(self.quieter_db))
    }

    pub(super) const fn quieter_db(&self) -> u32 {
        self.quieter_db
    }

    /// Takes a sweep.
    pub(super) fn hear(&mut self, heard: Heard) {
        let Heard { analysed, at_s } = heard;
        let glimpse = self.watch.look(&analysed.outcome, analysed.findings, at_s);
        if let Some(bass_db) = glimpse.seen.as_ref().and_then(|seen| seen.bass_db) {
            if self.history.len() == Self::REMEMBERED {
                self.history.pop_front();
            }
            self.history.push_back(bass_db);
        }
        self.last = Some(glimpse);
    }

    /// Says something until the next key; what was watched before is over.
    pub(super) fn note(&mut self, note: String) {
        self.note = Some(note);
        self.watch.restart();
    }

    /// What is said of the last sweep: the first refusal, else the first warning.
    pub(super) fn remark(&self) -> Option<&Finding> {
        let findings = &self.last.as_ref()?.findings;
        let worst = |severity| findings.iter().find(|finding| finding.severity == severity);
        worst(Severity::Refusal).or_else(|| worst(Severity::Warning))
    }

    /// Takes a key.
    pub(super) fn press(&mut self, key: KeyEvent) -> Option<Wish> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        let is_ctrl_c =
            key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c');
        if is_ctrl_c {
            return Some(Wish::Interrupt);
        }
        self.note = None;
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => Some(Wish::Quit),
            KeyCode::Char(' ') | KeyCode::Enter => Some(Wish::Store),
            KeyCode::Char('r') => {
                self.take_reference();
                None
            }
            KeyCode::Char('-') => self.change_level(self.quieter_db + Self::STEP_DB),
            KeyCode::Char('+' | '=') => {
                self.change_level(self.quieter_db.saturating_sub(Self::STEP_DB))
            }
            _ => None,
        }
    }

    fn change_level(&mut self, quieter_db: u32) -> Option<Wish> {
        let quieter_db = quieter_db.min(Self::QUIETEST_DB);
        if quieter_db == self.quieter_db {
            let end = if quieter_db == 0 { "louder than it began" } else { "more quietly" };
            self.note = Some(format!("it does not play {end}"));
            return None;
        }
        self.quieter_db = quieter_db;
        self.watch.restart();
        Some(Wish::Quieter(quieter_db))
    }

    /// Compares with what is seen now from here on.
    fn take_reference(&mut self) {
        let seen = self.last.as_ref().and_then(|glimpse| glimpse.seen.as_ref());
        let Some(seen) = seen else {
            self.note = Some("there is no sweep to compare with yet".to_owned());
            return;
        };
        match Reference::of(seen.kind, vec![seen.level.clone()]) {
            Ok(reference) => {
                self.watch.compare_with(reference);
                self.note = Some("what was seen is the reference now".to_owned());
            }
            Err(error) => self.note = Some(error.to_string()),
        }
    }
}
