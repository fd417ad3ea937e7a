//! One figure over time.

use crate::metrology::many_to_one::ManyToOne;
use crate::metrology::statistics::{mean, welch_satterthwaite};
use crate::metrology::trend::{self, PointOnLine};
use crate::metrology::welch;
use crate::model::{FigureAt, FigureChange, SeatingFigure, WearTrack};
use crate::quantity::Uncertain;

/// How often it may be said of a line that it has changed where nothing has.
pub const FALSE_ALARMS: f64 = 0.05;

/// A figure of the seatings of one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// When.
    pub at: f64,
    /// Of each seating, one or more.
    pub seatings: Vec<f64>,
    /// Of each seating of the baseline on the same day; empty if the drift is not to be removed.
    pub baseline: Vec<f64>,
}

/// How much a figure spreads: standard deviations with their degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// From seating to seating.
    pub reseat: (f64, f64),
    /// From seating to seating of the baseline.
    pub baseline: (f64, f64),
    /// From day to day; it counts where no baseline takes it out.
    pub day: Option<(f64, f64)>,
}

/// What is known beside the samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// How much the figure spreads; nothing is told from chance without.
    pub spread: Option<Spread>,
    /// The mean of the baseline over its days.
    pub baseline_mean: Option<f64>,
    /// How many figures are looked at together: their intervals hold for all of them at once.
    pub looked_at: usize,
}

/// Follows a figure over the times, the first being the one that the others are compared with.
#[must_use]
pub fn track(figure: SeatingFigure, samples: &[Samples], known: Known) -> WearTrack {
    let drifts: Vec<Option<f64>> =
        samples.iter().map(|s| Some(mean(&s.baseline)? - known.baseline_mean?)).collect();
    let means = samples.iter().zip(&drifts);
    let means: Vec<f64> = means
        .map(|(s, drift)| mean(&s.seatings).unwrap_or_default() - drift.unwrap_or_default())
        .collect();
    let parts: Option<Vec<Parts>> =
        known.spread.map(|spread| samples.iter().map(|s| Parts::of(s, spread)).collect());
    let mut changes = vec![None; samples.len()];
    if let Some(parts) = &parts {
        changes = self::changes(&means, parts, known.looked_at);
    }
    let uncertain = |i: usize| parts.as_ref().map(|parts| parts[i].uncertain(means[i]));
    let point = |i: usize| {
        let u = uncertain(i);
        let interval = u.and_then(welch::interval);
        FigureAt { mean: means[i], u, interval, drift: drifts[i], change: changes[i] }
    };
    let points = (0..samples.len()).map(point).collect();
    let line = parts.as_ref().and_then(|parts| fitted(samples, &means, parts));
    WearTrack {
        figure,
        sd: known.spread.map(|spread| spread.reseat.0),
        points,
        slope: line.map(|line| line.slope),
        slope_interval: line.and_then(|line| welch::interval(line.slope)),
        between: line.and_then(|line| line.between),
    }
}

/// What makes the mean of one time uncertain: standard errors with degrees of freedom.
struct Parts([Uncertain; 2]);

impl Parts {
    fn of(samples: &Samples, spread: Spread) -> Self {
        let error = |(sd, dof): (f64, f64), count: usize| {
            Uncertain::with_dof(0.0, sd / (count.max(1) as f64).sqrt(), dof)
        };
        let rig = if samples.baseline.is_empty() {
            spread.day.map_or(Uncertain::new(0.0, 0.0), |day| error(day, 1))
        } else {
            error(spread.baseline, samples.baseline.len())
        };
        Self([error(spread.reseat, samples.seatings.len()), rig])
    }

    fn variance(&self) -> f64 {
        self.0.iter().map(|part| part.u * part.u).sum()
    }

    fn uncertain(&self, value: f64) -> Uncertain {
        Uncertain { value, u: self.variance().sqrt(), dof: welch_satterthwaite(&self.0) }
    }

    /// What makes the change from one time to another uncertain. What both have from one estimate
    /// has its degrees of freedom once.
    fn change(&self, since: &Self, value: f64) -> Uncertain {
        let parts = self.0.iter().zip(&since.0);
        let parts: Vec<Uncertain> = parts
            .map(|(a, b)| Uncertain { value: 0.0, u: a.u.hypot(b.u), dof: a.dof.or(b.dof) })
            .collect();
        let u = parts.iter().map(|part| part.u * part.u).sum::<f64>().sqrt();
        Uncertain { value, u, dof: welch_satterthwaite(&parts) }
    }
}

/// The changes since the first time, which has none.
fn changes(means: &[f64], parts: &[Parts], looked_at: usize) -> Vec<Option<FigureChange>> {
    let Some((first, others)) = parts.split_first() else { return Vec::new() };
    let changes: Vec<Uncertain> = (others.iter().zip(&means[1..]))
        .map(|(part, now)| part.change(first, now - means[0]))
        .collect();
    let variances: Vec<f64> = others.iter().map(Parts::variance).collect();
    let test = ManyToOne::new(first.variance(), &variances, least_dof(&changes));
    let Some(test) = test else { return vec![None; parts.len()] };
    let limit = test.limit(FALSE_ALARMS / looked_at as f64);
    let weighed = changes.into_iter().map(|change| {
        let half = limit * change.u;
        let p = test.chance(change.value / change.u) * looked_at as f64;
        let interval = (change.value - half, change.value + half);
        Some(FigureChange { change, interval, p: p.min(1.0) })
    });
    std::iter::once(None).chain(weighed).collect()
}

/// The fewest degrees of freedom; without end where all is known.
fn least_dof(values: &[Uncertain]) -> f64 {
    values.iter().filter_map(|value| value.dof).fold(f64::INFINITY, f64::min)
}

fn fitted(samples: &[Samples], means: &[f64], parts: &[Parts]) -> Option<trend::Line> {
    let points: Vec<PointOnLine> = (samples.iter().zip(means).zip(parts))
        .map(|((s, &value), parts)| PointOnLine { at: s.at, value, variance: parts.variance() })
        .collect();
    let of_means: Vec<Uncertain> = parts.iter().map(|parts| parts.uncertain(0.0)).collect();
    let dof = least_dof(&of_means);
    trend::line(&points, dof.is_finite().then_some(dof))
}
