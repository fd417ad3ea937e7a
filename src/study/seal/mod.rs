//! The seal of a headphone from its electrical impedance, without a microphone.
//!
//! The air before the diaphragm is part of what it moves, and what it moves is part of the impedance.
//! Two things change the impedance without any change of the seal: the temperature of the coil, and
//! that of the suspension. Neither is looked at ([`features`]). What is left is judged against the
//! spread of the user's own reference seatings ([`test`]), and if the headphone was measured off the
//! head too, by how much of the air's load is left ([`load`]).
//!
//! Experimental: it is proven on simulated headphones; no public headphone impedance with phase,
//! sealed and leaking, is known.

mod features;
mod known;
mod load;
mod test;

use num_complex::Complex64;

use super::StudyError;
use crate::metrology::statistics::sample_sd;
use crate::model::{
    AirLoad, BetweenLeaks, Curve, FrequencyGrid, Impedance, SealBand, SealComparison, SealFeature,
    SealPart, SealTest, SealVerdict,
};
use crate::quantity::Length;
use crate::quantity::unit::Ohm;
use features::{Features, Frame, drawn, stiffened};
use known::Effect;
use test::Judge;

/// Fewer reference seatings know next to nothing of their spread.
pub const FEWEST_REFERENCES: usize = 3;

/// How often chance may be taken for a change of the seal, if spreads are normal. Leaks under pads
/// scatter by factors and make them skew; then it is one in a hundred (tests/seal.rs).
const FALSE_ALARMS: f64 = 0.006;

/// Less of the air's load than this is left off the head, or by an opening as wide as that: a
/// headphone that was taken off twice differs by up to a third of the load where its suspension
/// matters more than the air, and wide leaks of closed headphones leave more.
const OFF_HEAD: f64 = 0.35;

/// Whether all takes have the error of one jig in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Jigs {
    /// One jig with one calibration: what is wrong with it cancels.
    #[default]
    Same,
    /// Several: the stated uncertainty of each impedance counts.
    Different,
}

/// An impedance and what it is called.
pub type Named = (String, Impedance);

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The headphone as it should sit, one impedance for each seating.
    pub references: Vec<Named>,
    /// As it sits now; several are averaged.
    pub now: Vec<Named>,
    /// Off the head, in the free air; may be empty.
    pub off_head: Vec<Named>,
    /// With leaks of known diameter; may be empty.
    pub leaks: Vec<(Length, Vec<Named>)>,
    /// Whether they were all measured through one jig.
    pub jigs: Jigs,
}

/// Compares the impedance of a headphone with that of its reference seatings.
///
/// The takes of now must be few enough to be of one seating or one fit: their mean is judged against
/// the spread of the reference seatings, of which three are the fewest that give a verdict.
///
/// # Errors
///
/// When there is no reference or nothing to compare with it, or an impedance does not cover 60 Hz to
/// 2 kHz.
pub fn compare(question: &Question) -> Result<SealComparison, StudyError> {
    let (references, now) = (&question.references, &question.now);
    for (what, takes) in [("reference", references), ("now", now)] {
        if takes.is_empty() {
            return Err(StudyError::NoSeatings { state: what.to_owned() });
        }
    }
    let others = question.leaks.iter().flat_map(|(_, takes)| takes);
    let all: Vec<&Named> =
        references.iter().chain(now).chain(&question.off_head).chain(others).collect();
    let frame = Frame::of(&all)?;
    let features = |takes: &[Named]| {
        takes.iter().map(|take| frame.features(take)).collect::<Result<Vec<_>, _>>()
    };
    let (referred, current) = (features(references)?, features(now)?);
    let off_head = features(&question.off_head)?;
    let false_alarms = FALSE_ALARMS / if off_head.is_empty() { 1.0 } else { 2.0 };
    let judge = Judge::new(&referred, &current, question.jigs, false_alarms);
    let change = judge.change(&Features::mean(&current));
    let test = judge.test(&change);
    let effect = |takes: &[Features]| Effect::of(&judge, &Features::mean(takes), takes.len());
    let mut leaks = Vec::new();
    for (diameter, takes) in question.leaks.iter().filter(|(_, takes)| !takes.is_empty()) {
        leaks.push((1e3 * diameter.m(), effect(&features(takes)?)));
    }
    leaks.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let loads = load::Takes { references: &referred, now: &current, off_head: &off_head };
    let air_load = load::air_load(&loads, question.jigs, false_alarms);
    let seen = Seen { test, air_load };
    let verdict = seen.verdict(|test| {
        judge.standardised(&change).and_then(|change| known::place(&change, &leaks, test))
    });
    let free = (!off_head.is_empty()).then(|| effect(&off_head).size).filter(|size| *size > 0.0);
    let grid = drawn(&all)?;
    let drawing = Drawing { grid, judge: &judge, references: (references, &referred) };
    let [real, imaginary] = drawing.parts((now, &current))?;
    Ok(SealComparison {
        references: references.len(),
        now: now.len(),
        verdict,
        test,
        air_load,
        bands: bands(&frame, &judge, &change),
        real,
        imaginary,
        smallest_leak: test.and_then(|test| known::smallest(&leaks, test.seen)),
        smallest_share_of_off_head: test.zip(free).map(|(test, free)| test.seen / free),
        leaks: leaks.iter().map(|(mm, effect)| effect.known(*mm)).collect(),
        same_jig: question.jigs == Jigs::Same,
        acoustic: None,
    })
}

/// What the tests say.
#[derive(Debug, Clone, Copy)]
struct Seen {
    test: Option<SealTest>,
    air_load: Option<AirLoad>,
}

impl Seen {
    /// The verdict, with a leak's size if the change is like those known.
    fn verdict(self, place: impl Fn(SealTest) -> Option<BetweenLeaks>) -> SealVerdict {
        let Some(test) = self.test else { return SealVerdict::TooFewReferences };
        let unloaded = self.air_load.filter(|load| load.limit.is_some_and(|l| load.share < l));
        if test.size <= test.limit && unloaded.is_none() {
            return SealVerdict::NotDistinguishable;
        }
        if self.air_load.is_some_and(|load| load.share <= OFF_HEAD) {
            return SealVerdict::OffHead;
        }
        place(test).map_or(SealVerdict::Differs, SealVerdict::Leak)
    }
}

fn bands(frame: &Frame, judge: &Judge, change: &[f64]) -> Vec<SealBand> {
    let count = frame.centres_hz().len();
    let feature = |k: usize| SealFeature { change_ohm: change[k], u_ohm: judge.u().map(|u| u[k]) };
    let band = |(k, &centre_hz): (usize, &f64)| SealBand {
        centre_hz,
        real: feature(k),
        imaginary: feature(count + k),
    };
    frame.centres_hz().iter().enumerate().map(band).collect()
}

/// What the tests of this and other rooms say in words, tables, documents and pictures.
#[cfg(test)]
pub(crate) mod specimen;

#[cfg(test)]
mod tests;

/// Takes with what is looked at of them.
type Takes<'a> = (&'a [Named], &'a [Features]);

/// The change over frequency, as the bands have it.
struct Drawing<'a> {
    grid: FrequencyGrid,
    judge: &'a Judge,
    references: Takes<'a>,
}

impl Drawing<'_> {
    /// Real and imaginary part.
    fn parts(&self, now: Takes<'_>) -> Result<[SealPart; 2], StudyError> {
        let motional = self.motional(self.references)?;
        let mean = self.mean(&motional);
        let bare = |takes: Takes<'_>, motional: &[Vec<Complex64>]| -> Vec<Vec<Complex64>> {
            let one = |(z, features): (&Vec<Complex64>, &Features)| {
                let (stiffness, _) = self.judge.relaxed(features);
                let points = z.iter().zip(self.grid.hz()).zip(&mean);
                let relaxed = |z, hz| stiffened(z, hz, stiffness).unwrap_or(z);
                points.map(|((&z, &hz), mean)| relaxed(z, hz) - mean).collect()
            };
            motional.iter().zip(takes.1).map(one).collect()
        };
        let seatings = bare(self.references, &motional);
        let change = self.mean(&bare(now, &self.motional(now)?));
        let part = |of: fn(&Complex64) -> f64| self.part(&seatings, &change, of);
        Ok([part(|z| z.re)?, part(|z| z.im)?])
    }

    /// The motional impedance of each take.
    fn motional(&self, (takes, features): Takes<'_>) -> Result<Vec<Vec<Complex64>>, StudyError> {
        let one = |((_, impedance), features): (&Named, &Features)| {
            let impedance = impedance.resampled_onto(&self.grid)?;
            Ok(impedance.values().iter().map(|z| z - features.coil.re).collect())
        };
        takes.iter().zip(features).map(one).collect()
    }

    fn mean(&self, takes: &[Vec<Complex64>]) -> Vec<Complex64> {
        let n = takes.len().max(1) as f64;
        let at = |k: usize| takes.iter().map(|take| take[k]).sum::<Complex64>() / n;
        (0..self.grid.len()).map(at).collect()
    }

    fn part(
        &self,
        seatings: &[Vec<Complex64>],
        change: &[Complex64],
        of: fn(&Complex64) -> f64,
    ) -> Result<SealPart, StudyError> {
        let curve = |values: &[Complex64]| {
            Curve::<Ohm>::new(self.grid.clone(), values.iter().map(of).collect())
        };
        let references: Vec<Curve<Ohm>> =
            seatings.iter().map(|take| curve(take)).collect::<Result<_, _>>()?;
        let chance = self.judge.share_of_now().sqrt();
        let spread = |k: usize| {
            let values: Vec<f64> = references.iter().map(|take| take.values()[k]).collect();
            Some(chance * sample_sd(&values)?)
        };
        let spreads: Option<Vec<f64>> = (0..self.grid.len()).map(spread).collect();
        let change = curve(change)?;
        let change = match spreads {
            Some(spreads) => change.with_u(spreads.into())?,
            None => change,
        };
        Ok(SealPart { change, references })
    }
}
