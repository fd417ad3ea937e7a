//! Whether a headphone that is watched sweep by sweep sits still.

use std::collections::VecDeque;

use crate::model::Motion;

/// Tells from the last few sweeps whether the level still changes.
///
/// It is steady once so many sweeps in a row lie within a range of each other, in the bass and in
/// the level, and stays so until they do not. Sweeps further apart than [`Self::PAUSE_S`] are not
/// in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Steadiness {
    wanted: usize,
    within_db: f64,
    recent: VecDeque<Figures>,
    /// Where it was steady, if it was so at the last sweep.
    rest: Option<Figures>,
}

/// The figures of one sweep.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Figures {
    bass_db: f64,
    level_db: f64,
    at_s: f64,
}

impl Figures {
    /// The larger change of the two, in decibels.
    fn distance(self, other: Self) -> f64 {
        (self.bass_db - other.bass_db).abs().max((self.level_db - other.level_db).abs())
    }
}

impl Default for Steadiness {
    /// Four sweeps within 0.2 dB: three seconds without a touch. Noise of a quiet room moves the
    /// figures by some hundredths of a decibel, a hand on the headphone by decibels.
    fn default() -> Self {
        Self::new(4, 0.2)
    }
}

impl Steadiness {
    /// Sweeps further apart than this are not in a row, in seconds.
    pub const PAUSE_S: f64 = 5.0;
    /// A change of so many times the range is a movement and not a drift.
    const MOVEMENT: f64 = 2.0;

    /// So many sweeps (two or more) within a range in decibels.
    #[must_use]
    pub fn new(wanted: usize, within_db: f64) -> Self {
        let wanted = wanted.max(2);
        Self { wanted, within_db, recent: VecDeque::with_capacity(wanted), rest: None }
    }

    /// Takes the figures of a sweep and when it ended; says what that means.
    ///
    /// Figures that are no numbers are like no others.
    pub fn push(&mut self, bass_db: f64, level_db: f64, at_s: f64) -> Motion {
        let figures = Figures { bass_db, level_db, at_s };
        if self.recent.back().is_some_and(|last| at_s - last.at_s > Self::PAUSE_S) {
            self.restart();
        }
        let moved =
            self.rest.filter(|rest| rest.distance(figures) > Self::MOVEMENT * self.within_db);
        if moved.is_some() {
            self.restart();
        }
        if self.recent.len() == self.wanted {
            self.recent.pop_front();
        }
        self.recent.push_back(figures);
        if let Some(rest) = moved {
            let (bass_db, level_db) = (bass_db - rest.bass_db, level_db - rest.level_db);
            return Motion::Moved { bass_db, level_db };
        }
        let alike = self.alike();
        if alike < self.wanted {
            self.rest = None;
            return Motion::Settling { alike, wanted: self.wanted };
        }
        let mean = |of: fn(&Figures) -> f64| {
            self.recent.iter().map(of).sum::<f64>() / self.recent.len() as f64
        };
        let (bass_db, level_db) = (mean(|f| f.bass_db), mean(|f| f.level_db));
        self.rest = Some(Figures { bass_db, level_db, at_s });
        Motion::Steady { bass_db, level_db }
    }

    /// Forgets what was seen: a sweep was refused, or something else was done meanwhile.
    pub fn restart(&mut self) -> Motion {
        self.recent.clear();
        self.rest = None;
        Motion::Settling { alike: 0, wanted: self.wanted }
    }

    /// How many of the last sweeps lie within the range of each other.
    fn alike(&self) -> usize {
        let latest_first: Vec<Figures> = self.recent.iter().rev().copied().collect();
        let fits = |&n: &usize| {
            let row = &latest_first[..n];
            row.iter().all(|a| row.iter().all(|b| a.distance(*b) <= self.within_db))
        };
        (1..=latest_first.len()).take_while(fits).last().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pushes sweeps with these bass figures a second apart.
    fn watched(steadiness: &mut Steadiness, bass: &[f64]) -> Vec<Motion> {
        let start = steadiness.recent.back().map_or(0.0, |last| last.at_s + 1.0);
        let at = |k: usize| start + k as f64;
        bass.iter().enumerate().map(|(k, &db)| steadiness.push(db, -20.0, at(k))).collect()
    }

    #[test]
    fn it_is_steady_with_the_fourth_sweep_that_is_like_the_others() {
        let motions = watched(&mut Steadiness::default(), &[3.0, 4.0, 4.1, 4.0, 4.05, 4.1]);
        let names: Vec<_> = motions.iter().map(|motion| motion.name()).collect();
        assert_eq!(names, ["settling", "settling", "settling", "settling", "steady", "steady"]);
        assert_eq!(motions[3], Motion::Settling { alike: 3, wanted: 4 });
        let Motion::Steady { bass_db, level_db } = motions[4] else { panic!("{motions:?}") };
        assert!((bass_db - 4.0375).abs() < 1e-9 && (level_db + 20.0).abs() < 1e-9);
    }

    #[test]
    fn a_change_after_rest_is_a_movement_with_its_size_and_it_settles_anew() {
        let mut steadiness = Steadiness::default();
        watched(&mut steadiness, &[4.0; 4]);
        let motions = watched(&mut steadiness, &[1.5, 1.5, 1.5, 1.5]);
        let Motion::Moved { bass_db, level_db } = motions[0] else { panic!("{motions:?}") };
        assert!((bass_db + 2.5).abs() < 1e-9 && level_db.abs() < 1e-9);
        assert_eq!(motions[1], Motion::Settling { alike: 2, wanted: 4 });
        assert!(motions[3].is_steady());
    }

    #[test]
    fn a_level_alone_moves_too() {
        let mut steadiness = Steadiness::default();
        watched(&mut steadiness, &[4.0; 4]);
        let moved = steadiness.push(4.0, -26.0, 4.0);
        assert_eq!(moved, Motion::Moved { bass_db: 0.0, level_db: -6.0 });
    }

    #[test]
    fn a_drift_that_leaves_the_range_is_unsteady_but_no_movement() {
        let mut steadiness = Steadiness::default();
        watched(&mut steadiness, &[4.0; 4]);
        let motions = watched(&mut steadiness, &[4.1, 4.19, 4.29]);
        assert!(motions[1].is_steady());
        assert_eq!(motions[2], Motion::Settling { alike: 3, wanted: 4 });
    }

    #[test]
    fn a_pause_or_a_restart_forgets_what_was_before() {
        let mut steadiness = Steadiness::default();
        watched(&mut steadiness, &[4.0; 4]);
        let after = steadiness.push(4.0, -20.0, 4.0 + Steadiness::PAUSE_S);
        assert_eq!(after, Motion::Settling { alike: 1, wanted: 4 });
        assert_eq!(steadiness.restart(), Motion::Settling { alike: 0, wanted: 4 });
    }

    proptest! {
        #[test]
        fn any_figures_are_taken_and_no_more_are_kept_than_wanted(
            figures in proptest::collection::vec((any::<f64>(), any::<f64>(), any::<f64>()), 0..40)
        ) {
            let mut steadiness = Steadiness::default();
            for (bass_db, level_db, at_s) in figures {
                steadiness.push(bass_db, level_db, at_s);
                prop_assert!(steadiness.recent.len() <= 4);
            }
        }
    }
}
