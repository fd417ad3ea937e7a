//! How a headphone changes over time, and whether by more than the rig does.

#[cfg(test)]
mod tests;
mod track;

use ndarray::Array1;

use super::StudyError;
use super::evidence::value;
use super::normalisation::reference_band;
use super::states::{State, compare};
use crate::metrology::statistics::{self, few_values_factor, pooled};
use crate::model::{
    Curve, RigSpread, SeatingFigure, SpreadSource, StateComparison, StateSummary, TimeScale, Wear,
    WearLine, WearPoint,
};
use crate::quantity::Smoothing;
use crate::quantity::unit::Decibel;

pub use track::{FALSE_ALARMS, Known, Samples, Spread, track};

/// Fewer degrees of freedom than this say too little about a spread: that of all lines is taken.
const FEW_DOF: f64 = 3.0;
/// Times nearer than this are one, in hours or days.
const SAME_TIME: f64 = 1e-6;

/// A headphone at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeInput {
    /// When, in the unit of the time scale.
    pub at: f64,
    /// The response of each seating.
    pub seatings: Vec<Curve<Decibel>>,
    /// The days on which they were made, as [`BaselineInput::day`] says them.
    pub days: Vec<String>,
}

/// One pair of pads on one side of one unit, at its times in any order.
#[derive(Debug, Clone, PartialEq)]
pub struct LineInput {
    /// What it is called.
    pub name: String,
    /// The times; two of one time are one.
    pub times: Vec<TimeInput>,
    /// What does not change, one entry for each day; empty if there is nothing.
    pub baseline: Vec<BaselineInput>,
}

/// What does not change, measured on a day.
#[derive(Debug, Clone, PartialEq)]
pub struct BaselineInput {
    /// The day.
    pub day: String,
    /// The response of each seating.
    pub seatings: Vec<Curve<Decibel>>,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct WearQuestion {
    /// What time is counted in.
    pub time: TimeScale,
    /// The lines.
    pub lines: Vec<LineInput>,
    /// What the rig does by itself, if a study says so.
    pub rig: Option<RigSpread>,
}

/// Follows a headphone over time.
///
/// Figures are means over the seatings of a time; their spread is that within the times, pooled. A
/// baseline measured on the same days is subtracted, each day's against the mean of its days, and
/// its own spread added; where it is missing at any time of a line it is not used for that line.
/// Changes are against the first time, with intervals that hold for all later times at once.
///
/// # Errors
///
/// When a line has fewer than two times, or two lines one name, or curves do not have a band in
/// common that holds 300 Hz to 1 kHz.
pub fn wear(question: &WearQuestion) -> Result<Wear, StudyError> {
    let mut drawn = Vec::new();
    for (i, line) in question.lines.iter().enumerate() {
        if question.lines[..i].iter().any(|earlier| earlier.name == line.name) {
            return Err(StudyError::DuplicateState { name: line.name.clone() });
        }
        drawn.push(Drawn::new(line)?);
    }
    let all: Vec<&[StateSummary]> = drawn.iter().map(Drawn::own).collect();
    let lines = drawn.iter().map(|line| line.line(&all, question.rig)).collect::<Result<_, _>>()?;
    let days = question.lines.iter().map(|line| line.baseline.len());
    let baseline_days = days.max().unwrap_or_default();
    Ok(Wear { time: question.time, lines, rig: question.rig, baseline_days })
}

/// A line whose curves lie upon each other on one grid.
struct Drawn {
    name: String,
    times: Vec<TimeInput>,
    /// The times, then the days of the baseline.
    states: StateComparison,
    /// For each time the baseline's days, by their place behind the times.
    matched: Vec<Vec<usize>>,
}

impl Drawn {
    fn new(line: &LineInput) -> Result<Self, StudyError> {
        let times = merged(&line.times);
        if times.len() < 2 {
            return Err(StudyError::TooFewTimes { line: line.name.clone(), found: times.len() });
        }
        let of_time = |time: &TimeInput| State {
            name: format!("{} at {}", line.name, time.at),
            seatings: time.seatings.clone(),
        };
        let of_day = |day: &BaselineInput| State {
            name: format!("baseline of {}", day.day),
            seatings: day.seatings.clone(),
        };
        let states: Vec<State> =
            times.iter().map(of_time).chain(line.baseline.iter().map(of_day)).collect();
        let states = compare(&states, None, reference_band(), Smoothing::None)?;
        let days_of = |time: &TimeInput| {
            let on = |(i, day): (usize, &BaselineInput)| {
                time.days.contains(&day.day).then_some(times.len() + i)
            };
            line.baseline.iter().enumerate().filter_map(on).collect()
        };
        let matched = times.iter().map(days_of).collect();
        Ok(Self { name: line.name.clone(), times, states, matched })
    }

    /// The summaries of the times.
    fn own(&self) -> &[StateSummary] {
        &self.states.states[..self.times.len()]
    }

    fn baseline(&self) -> &[StateSummary] {
        &self.states.states[self.times.len()..]
    }

    fn drift_removed(&self) -> bool {
        self.matched.iter().all(|days| !days.is_empty())
    }

    fn line(
        &self,
        all: &[&[StateSummary]],
        rig: Option<RigSpread>,
    ) -> Result<WearLine, StudyError> {
        let figures: Vec<SeatingFigure> = (SeatingFigure::ALL.into_iter())
            .filter(|figure| self.own().iter().all(|state| values(state, *figure).is_some()))
            .collect();
        let others = figures.iter().filter(|f| **f != SeatingFigure::BassShelf).count().max(1);
        let mut source = None;
        let mut tracks = Vec::new();
        for figure in figures {
            let is_primary = figure == SeatingFigure::BassShelf;
            let spread = self.spread(figure, all, rig.filter(|_| is_primary));
            if is_primary {
                source = spread.map(|(_, source)| source);
            }
            let known = Known {
                spread: spread.map(|(spread, _)| spread),
                baseline_mean: self.baseline_mean(figure),
                looked_at: if is_primary { 1 } else { others },
            };
            let samples: Vec<Samples> = (0..self.times.len())
                .map(|i| self.samples(i, figure, known.baseline_mean.is_some()))
                .collect();
            tracks.push(track(figure, &samples, known));
        }
        let drift_removed = self.drift_removed();
        let points = (0..self.times.len()).map(|i| self.point(i)).collect::<Result<_, _>>()?;
        Ok(WearLine { name: self.name.clone(), points, spread: source, drift_removed, tracks })
    }

    fn samples(&self, i: usize, figure: SeatingFigure, with_baseline: bool) -> Samples {
        let days = self.matched[i].iter().filter(|_| with_baseline);
        let baseline =
            days.filter_map(|&day| values(&self.states.states[day], figure)).flatten().collect();
        let seatings = values(&self.own()[i], figure).unwrap_or_default();
        Samples { at: self.times[i].at, seatings, baseline }
    }

    /// The mean of the baseline's days, if it is to be used.
    fn baseline_mean(&self, figure: SeatingFigure) -> Option<f64> {
        if !self.drift_removed() {
            return None;
        }
        let days: Option<Vec<f64>> =
            (self.baseline().iter()).map(|day| statistics::mean(&values(day, figure)?)).collect();
        statistics::mean(&days?)
    }

    /// How seatings spread, and where that is known from.
    fn spread(
        &self,
        figure: SeatingFigure,
        all: &[&[StateSummary]],
        rig: Option<RigSpread>,
    ) -> Option<(Spread, SpreadSource)> {
        let of = |states: &[StateSummary]| -> Vec<Vec<f64>> {
            states.iter().filter_map(|state| values(state, figure)).collect()
        };
        let pool = |groups: &[Vec<f64>]| {
            let groups: Vec<&[f64]> = groups.iter().map(Vec::as_slice).collect();
            pooled(&groups).filter(|(sd, _)| *sd > 0.0)
        };
        let own = pool(&of(self.own()));
        let everyone = || pool(&all.iter().flat_map(|states| of(states)).collect::<Vec<_>>());
        let (reseat, source) = match own {
            Some(own) if own.1 >= FEW_DOF || all.len() < 2 => (own, SpreadSource::Pooled),
            _ => match (everyone(), rig) {
                (Some(everyone), _) => (everyone, SpreadSource::PooledOverLines),
                (None, Some(rig)) => (rig.reseat, SpreadSource::Study),
                (None, None) => return None,
            },
        };
        let baseline = pool(&of(self.baseline())).filter(|(_, dof)| *dof >= 2.0);
        let day = rig.and_then(|rig| rig.day);
        Some((Spread { reseat, baseline: baseline.unwrap_or(reseat), day }, source))
    }

    fn point(&self, i: usize) -> Result<WearPoint, StudyError> {
        let change = if i == 0 { None } else { Some(self.change(i)?) };
        Ok(WearPoint {
            at: self.times[i].at,
            seatings: self.times[i].seatings.len(),
            baseline: self.matched[i].iter().map(|&d| self.states.states[d].seatings.len()).sum(),
            change,
        })
    }

    /// The change of the whole curve; its uncertainty is widened for the few seatings, so that
    /// twice it holds 95 % at any one frequency.
    fn change(&self, i: usize) -> Result<Curve<Decibel>, StudyError> {
        let own = self.own();
        let mut change = own[i].mean.values() - own[0].mean.values();
        let share = 1.0 / own[i].seatings.len() as f64 + 1.0 / own[0].seatings.len() as f64;
        let mut variance = pooled_variance(own).map(|(of, dof)| (of * share, dof));
        if self.drift_removed() {
            let (now, then) = (self.baseline_curve(i), self.baseline_curve(0));
            change = change - (&now.0 - &then.0);
            let share = 1.0 / now.1 + 1.0 / then.1;
            // Without a spread of the baseline's own, that of the headphone stands in.
            let baseline = pooled_variance(self.baseline()).or_else(|| pooled_variance(own));
            variance = match (variance, baseline) {
                (Some((sum, dof)), Some((of, _))) => Some((sum + of * share, dof)),
                _ => None,
            };
        }
        let curve = Curve::new(own[0].mean.grid().clone(), change)?;
        let Some((variance, dof)) = variance else { return Ok(curve) };
        let factor = few_values_factor(dof);
        Ok(curve.with_u(variance.mapv(|v| v.sqrt() * factor))?)
    }

    /// Mean of the baseline on the days of a time, and of how many seatings.
    fn baseline_curve(&self, i: usize) -> (Array1<f64>, f64) {
        let days = self.matched[i].iter().map(|&day| &self.states.states[day]);
        let mut sum = Array1::zeros(self.own()[0].mean.grid().len());
        let mut count = 0.0;
        for seating in days.flat_map(|day| &day.seatings) {
            sum += seating.values();
            count += 1.0;
        }
        (sum / f64::max(count, 1.0), count)
    }
}

/// The times in order; what is of one time is put together.
fn merged(times: &[TimeInput]) -> Vec<TimeInput> {
    let mut sorted = times.to_vec();
    sorted.sort_by(|a, b| a.at.total_cmp(&b.at));
    let mut merged: Vec<TimeInput> = Vec::new();
    for time in sorted {
        match merged.last_mut() {
            Some(last) if time.at - last.at < SAME_TIME => {
                last.seatings.extend(time.seatings);
                last.days.extend(time.days);
            }
            _ => merged.push(time),
        }
    }
    merged
}

/// A figure of every seating; `None` if one does not have it.
fn values(state: &StateSummary, figure: SeatingFigure) -> Option<Vec<f64>> {
    state.seatings.iter().map(|seating| value(seating, figure)).collect()
}

/// The variance between seatings at each frequency, pooled over states, with its degrees of
/// freedom; `None` if no state has two seatings.
fn pooled_variance(states: &[StateSummary]) -> Option<(Array1<f64>, f64)> {
    let mut sum: Option<Array1<f64>> = None;
    let mut dof = 0.0;
    for state in states {
        let Some(sd) = &state.sd else { continue };
        let own = state.seatings.len() as f64 - 1.0;
        let squares = sd.values().mapv(|sd| sd * sd * own);
        sum = Some(sum.map_or_else(|| squares.clone(), |sum| sum + &squares));
        dof += own;
    }
    Some((sum? / dof, dof))
}
