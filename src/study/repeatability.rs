//! What a rig can resolve: the same headphone measured by several persons, on several days, with
//! several seatings each.

#[cfg(test)]
mod tests;

use super::StudyError;
use super::normalisation::{normalised, reference_band};
use crate::metrology::variance_components::{Components, Variance, estimate, is_estimable};
use crate::metrology::{band, shelf, welch};
use crate::model::{
    Comparing, Curve, FigureSpread, Repeatability, RepeatedFigure, Resolution, SpreadCause,
    SpreadPart, StudyGap,
};
use crate::quantity::Uncertain;
use crate::quantity::unit::Decibel;

/// A session should have so many seatings.
const WANTED_SEATINGS: usize = 3;
/// A change that takes more than this to be seen says that nothing is known, in decibels.
const MOST_DB: f64 = 40.0;
/// More seatings than this nobody makes.
const MOST_SEATINGS: f64 = 1000.0;

/// One measurement of the study.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeated {
    /// Who measured.
    pub operator: String,
    /// On which day.
    pub day: String,
    /// Which seating of that session; two measurements of one seating are repeats without
    /// touching anything. Each is a seating of its own where it is absent.
    pub seating: Option<String>,
    /// What names it in errors.
    pub name: String,
    /// The response.
    pub curve: Curve<Decibel>,
}

/// Estimates what spreads the measurements.
///
/// The bass shelf, and the mean over a third of an octave at frequencies from bass to treble
/// against the mean 300 Hz to 1 kHz; a figure that not all curves hold is left out. Person and day
/// are random effects. Where persons share days, the day is one cause, and what the day does to one
/// person alone another; where they do not, a day is one of its person. A cause that the
/// measurements cannot tell from another is left out.
///
/// # Errors
///
/// When there are fewer than three measurements, when they do not differ, or a curve does not
/// cover 300 Hz to 1 kHz.
pub fn repeatability(measurements: &[Repeated]) -> Result<Repeatability, StudyError> {
    const FEWEST: usize = 3;
    if measurements.len() < FEWEST {
        return Err(StudyError::TooFewRepeats { found: measurements.len() });
    }
    let curves = (measurements.iter())
        .map(|m| normalised(&m.curve, reference_band(), &format!("'{}'", m.name)))
        .collect::<Result<Vec<_>, _>>()?;
    let design = Design::of(measurements);
    let figures: Vec<FigureSpread> = RepeatedFigure::ALL
        .into_iter()
        .filter_map(|figure| {
            let values: Option<Vec<f64>> = curves.iter().map(|c| value(c, figure)).collect();
            design.spread(figure, &values?)
        })
        .collect();
    if figures.is_empty() {
        return Err(StudyError::NoSpread);
    }
    let sessions = sessions(measurements);
    let mut operators: Vec<String> = sessions.iter().map(|(who, ..)| who.clone()).collect();
    operators.dedup();
    Ok(Repeatability {
        gaps: gaps(&operators, &sessions),
        operators,
        sessions,
        measurements: measurements.len(),
        crossed: design.crossed,
        figures,
    })
}

fn value(curve: &Curve<Decibel>, figure: RepeatedFigure) -> Option<f64> {
    let half = (1.0_f64 / 6.0).exp2();
    match figure {
        RepeatedFigure::BassShelf => shelf::bass_shelf_db(curve),
        RepeatedFigure::Level(hz) => {
            band::mean_over(curve, f64::from(hz) / half, f64::from(hz) * half)
        }
    }
}

/// Person, day and number of seatings of each session, in order.
fn sessions(measurements: &[Repeated]) -> Vec<(String, String, usize)> {
    let mut sessions: Vec<(String, String, usize)> = Vec::new();
    for (i, m) in measurements.iter().enumerate() {
        let same = |o: &&Repeated| o.operator == m.operator && o.day == m.day;
        let again = m.seating.is_some()
            && measurements[..i].iter().filter(same).any(|o| o.seating == m.seating);
        let session = sessions.iter_mut().find(|(who, day, _)| (who, day) == (&m.operator, &m.day));
        match session {
            Some((.., seatings)) => *seatings += usize::from(!again),
            None => sessions.push((m.operator.clone(), m.day.clone(), 1)),
        }
    }
    sessions.sort();
    sessions
}

fn gaps(operators: &[String], sessions: &[(String, String, usize)]) -> Vec<StudyGap> {
    let days_of = |operator: &String| sessions.iter().filter(|(who, ..)| who == operator).count();
    let most = operators.iter().map(days_of).max().unwrap_or_default();
    let mut gaps = Vec::new();
    if let [operator] = operators {
        gaps.push(StudyGap::OneOperator { operator: operator.clone() });
    }
    for operator in operators {
        let (operator, days) = (operator.clone(), days_of(operator));
        if days == 1 {
            gaps.push(StudyGap::OneDay { operator });
        } else if days < most {
            gaps.push(StudyGap::FewerDays { operator, days, most });
        }
    }
    let few = sessions.iter().filter(|(.., seatings)| *seatings < WANTED_SEATINGS);
    gaps.extend(few.map(|(operator, day, seatings)| StudyGap::FewSeatings {
        operator: operator.clone(),
        day: day.clone(),
        seatings: *seatings,
        wanted: WANTED_SEATINGS,
    }));
    gaps
}

/// Which causes the measurements can tell apart, and the level of each measurement.
struct Design {
    causes: Vec<(SpreadCause, Vec<usize>)>,
    /// What the residual is.
    rest: SpreadCause,
    crossed: bool,
}

impl Design {
    fn of(measurements: &[Repeated]) -> Self {
        let operators = levels(measurements.iter().map(|m| m.operator.clone()));
        let days = levels(measurements.iter().map(|m| m.day.clone()));
        let sessions = levels(measurements.iter().map(|m| (m.operator.clone(), m.day.clone())));
        let seatings =
            levels(measurements.iter().zip(&sessions).enumerate().map(|(i, (m, session))| {
                match &m.seating {
                    Some(seating) => (*session, Ok(seating.clone())),
                    None => (*session, Err(i)),
                }
            }));
        let count = |levels: &[usize]| levels.iter().max().map_or(0, |last| last + 1);
        // A day that two persons share makes fewer days than sessions.
        let crossed = count(&days) < count(&sessions);
        let repeats = count(&seatings) < measurements.len();
        let mut candidates = vec![(SpreadCause::Operator, operators), (SpreadCause::Day, days)];
        if crossed {
            candidates.push((SpreadCause::Session, sessions));
        }
        if repeats {
            candidates.push((SpreadCause::Reseat, seatings));
        }
        let mut causes: Vec<(SpreadCause, Vec<usize>)> = Vec::new();
        for (cause, levels) in candidates {
            let known: Vec<&[usize]> = causes.iter().map(|(_, of)| of.as_slice()).collect();
            if is_estimable(&levels, &known) {
                causes.push((cause, levels));
            }
        }
        let rest = if repeats { SpreadCause::Repeat } else { SpreadCause::Reseat };
        Self { causes, rest, crossed }
    }

    /// `None` of values that do not spread.
    fn spread(&self, figure: RepeatedFigure, values: &[f64]) -> Option<FigureSpread> {
        let levels: Vec<&[usize]> = self.causes.iter().map(|(_, of)| of.as_slice()).collect();
        let found = estimate(values, &levels)?;
        let causes = self.causes.iter().map(|(cause, _)| *cause).chain([self.rest]);
        let parts = causes.zip(&found.variances).map(|(cause, variance)| SpreadPart {
            cause,
            sd_db: variance.value.sqrt(),
            from_db: variance.from.sqrt(),
            to_db: Some(variance.to.sqrt()).filter(|to| to.is_finite()),
        });
        let dof = |wanted: &[SpreadCause]| Some(found.sum(&self.factors(wanted, 1.0)?)?.1);
        Some(FigureSpread {
            figure,
            mean_db: found.mean,
            parts: parts.collect(),
            resolutions: self.resolutions(&found),
            dof: (dof(&RESEAT), dof(&DAY)),
        })
    }

    /// A factor for each variance: `times` for those of the causes; `None` if none of the causes is
    /// among them.
    fn factors(&self, causes: &[SpreadCause], times: f64) -> Option<Vec<f64>> {
        let own = self.causes.iter().map(|(cause, _)| *cause).chain([self.rest]);
        let factors: Vec<f64> =
            own.map(|cause| if causes.contains(&cause) { times } else { 0.0 }).collect();
        factors.iter().any(|factor| *factor > 0.0).then_some(factors)
    }

    fn resolutions(&self, found: &Components) -> Vec<Resolution> {
        let knows = |causes: &[SpreadCause]| self.factors(causes, 1.0).is_some();
        // Without reseats nothing is known of what a comparison meets.
        if !knows(&[SpreadCause::Reseat]) {
            return Vec::new();
        }
        let day = knows(&DAY).then(|| self.between(found, Comparing::OtherDay, &DAY));
        let person = [SpreadCause::Operator, DAY[0], DAY[1]];
        let person = knows(&[SpreadCause::Operator])
            .then(|| self.between(found, Comparing::OtherPerson, &person));
        [Some(self.same_day(found)), day, person].into_iter().flatten().collect()
    }

    /// The variance of some causes together, each as it was estimated or at the end of its interval.
    fn variance(
        &self,
        found: &Components,
        causes: &[SpreadCause],
        of: fn(&Variance) -> f64,
    ) -> f64 {
        let all = self.causes.iter().map(|(cause, _)| *cause).chain([self.rest]);
        let wanted = all.zip(&found.variances).filter(|(cause, _)| causes.contains(cause));
        wanted.map(|(_, variance)| of(variance)).sum()
    }

    /// On one day the seatings that are compared say themselves how they spread.
    fn same_day(&self, found: &Components) -> Resolution {
        let sd = |of| self.variance(found, &RESEAT, of).sqrt();
        let change = |sd: f64, n: usize| {
            let n = n as f64;
            let dof = 2.0 * n - 2.0;
            let difference = Uncertain::with_dof(0.0, sd * (2.0 / n).sqrt(), dof);
            (dof > 0.0).then(|| welch::minimal_detectable(difference)).flatten()
        };
        let (likely, most) = (sd(|v| v.value), sd(|v| v.to));
        Resolution {
            comparing: Comparing::SameDay,
            change_db: Repeatability::SEATINGS.map(|n| change(likely, n)).into(),
            at_worst_db: change(most, Repeatability::AT_WORST).filter(|db| *db <= MOST_DB),
            seatings: Repeatability::CHANGES_DB.map(|db| welch::seatings_for(db, likely)).into(),
        }
    }

    /// From day to day and person to person the seatings say nothing; the study's variances are
    /// taken as they are, and at their worst.
    fn between(
        &self,
        found: &Components,
        comparing: Comparing,
        common: &[SpreadCause],
    ) -> Resolution {
        /// What is seen four times in five at 5 % false alarms, in standard deviations that are
        /// known.
        const SEEN: f64 = 1.959_964 + 0.841_621;
        let change = |of, n: usize| {
            let (common, own) =
                (self.variance(found, common, of), self.variance(found, &RESEAT, of));
            Some(SEEN * (2.0 * (common + own / n as f64)).sqrt()).filter(|db| *db <= MOST_DB)
        };
        let likely: fn(&Variance) -> f64 = |v| v.value;
        let seatings = |db: f64| {
            let room = (db / SEEN).powi(2) / 2.0 - self.variance(found, common, likely);
            let n = (self.variance(found, &RESEAT, likely) / room).ceil().max(1.0);
            (room > 0.0 && n <= MOST_SEATINGS).then_some(n as usize)
        };
        Resolution {
            comparing,
            change_db: Repeatability::SEATINGS.map(|n| change(likely, n)).into(),
            at_worst_db: change(|v| v.to, Repeatability::AT_WORST),
            seatings: Repeatability::CHANGES_DB.map(seatings).into(),
        }
    }
}

/// What spreads single takes of one session.
const RESEAT: [SpreadCause; 2] = [SpreadCause::Reseat, SpreadCause::Repeat];
/// What spreads the sessions of one person.
const DAY: [SpreadCause; 2] = [SpreadCause::Day, SpreadCause::Session];

/// The levels of names, numbered in the order in which they come.
fn levels<T: PartialEq>(names: impl Iterator<Item = T>) -> Vec<usize> {
    let mut known: Vec<T> = Vec::new();
    names
        .map(|name| {
            known.iter().position(|seen| *seen == name).unwrap_or_else(|| {
                known.push(name);
                known.len() - 1
            })
        })
        .collect()
}
