//! How well the two sides of a headphone match.

mod phase;

use super::StudyError;
use super::level_difference::{Faint, LevelQuestion, between, of_seatings};
use super::states::State;
use crate::metrology::band;
use crate::model::{
    ChannelMatching, CurveEvidence, LevelAt, LevelDifference, LevelPlace, MatchedLevel, Pairing,
    Polar, Span, Tolerance, ToleranceVerdict, Within,
};
use crate::quantity::Smoothing;
use crate::quantity::unit::Decibel;

/// What the sides are called.
const LEFT: &str = "left";
const RIGHT: &str = "right";
/// The bands over which it is said within what the sides lie, in hertz.
const WITHIN_HZ: [(f64, f64); 3] = [(20.0, 20e3), BROADBAND_HZ, (300.0, 3000.0)];
/// Above what the seal decides and below what a millimetre decides.
const BROADBAND_HZ: (f64, f64) = (100.0, 10e3);
/// The midrange, in hertz.
const MIDRANGE_HZ: (f64, f64) = (300.0, 1000.0);

/// The seatings of both sides, all measured at one setting of the rig.
#[derive(Debug, Clone, PartialEq)]
pub struct Sides {
    /// Those of the left side.
    pub left: Vec<Polar<Decibel>>,
    /// Those of the right side.
    pub right: Vec<Polar<Decibel>>,
}

/// What is asked of two sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatchingQuestion {
    /// How seatings belong together: pairs have both sides on at once.
    pub pairing: Pairing,
    /// What is to be kept.
    pub tolerance: Option<Tolerance>,
    /// Whether all curves have one time zero; only then does a delay between them mean anything.
    pub common_time: bool,
    /// What the caller has applied to the magnitudes; it is passed on with the result.
    pub smoothing: Smoothing,
}

/// Compares the left side of a headphone with the right one: level, response, polarity and delay.
///
/// Levels stand as they were measured. Everything is left − right, over seatings that are
/// independent or pairs. A tolerance is exceeded only where the band that holds the true difference
/// at all frequencies with 95 % lies outside it, or the interval of the broadband level does, and
/// kept only where the band lies inside: the seatings decide, not their mean.
///
/// # Errors
///
/// When a side has no curves, the curves have no band in common, or pairs do not come out even.
pub fn matched(sides: &Sides, question: MatchingQuestion) -> Result<ChannelMatching, StudyError> {
    let state = |name: &str, seatings: &[Polar<Decibel>]| State {
        name: name.to_owned(),
        seatings: seatings.iter().map(|polar| polar.magnitude().clone()).collect(),
    };
    let MatchingQuestion { pairing, smoothing, .. } = question;
    let (left, right) = (state(LEFT, &sides.left), state(RIGHT, &sides.right));
    let asked = LevelQuestion { pairing, smoothing };
    let difference = between(&left, &right, asked, Faint::Ignored)?;
    let levels = levels(&difference, pairing);
    let within = WITHIN_HZ.into_iter().filter_map(|band| within(&difference, band)).collect();
    let tolerance = question.tolerance.map(|tolerance| {
        let verdict = verdict(&difference, &levels, tolerance);
        (tolerance, verdict)
    });
    let grid = difference.curve().grid().clone();
    let phase = phase::compared(sides, &grid, pairing, question.common_time)?;
    Ok(ChannelMatching { sides: difference, levels, within, phase, tolerance, smoothing })
}

fn levels(sides: &LevelDifference, pairing: Pairing) -> Vec<MatchedLevel> {
    let mean = |(from_hz, to_hz)| {
        of_seatings(&sides.of, &sides.against, pairing, |seating| {
            band::mean_over(seating, from_hz, to_hz)
        })
    };
    let at_1khz = of_seatings(&sides.of, &sides.against, pairing, |seating| seating.at(1e3).ok());
    let all = [
        (LevelPlace::Broadband, mean(BROADBAND_HZ)),
        (LevelPlace::Midrange, mean(MIDRANGE_HZ)),
        (LevelPlace::At1Khz, at_1khz),
    ];
    all.into_iter().filter_map(|(place, db)| Some(MatchedLevel { place, db: db? })).collect()
}

/// `None` where the data do not cover the band.
fn within(sides: &LevelDifference, (from_hz, to_hz): (f64, f64)) -> Option<Within> {
    let mean = band::mean_over(sides.curve(), from_hz, to_hz)?;
    let largest = |less: f64| {
        let inside = sides.curve().points().filter(|(hz, _)| (from_hz..=to_hz).contains(hz));
        let off = inside.map(|(hz, db)| (hz, db - less));
        off.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
    };
    let ((worst_hz, worst_db), (levelled_hz, levelled_db)) = (largest(0.0)?, largest(mean)?);
    let band = Span { from_hz, to_hz };
    Some(Within { band, worst_db, worst_hz, levelled_db, levelled_hz })
}

fn verdict(
    sides: &LevelDifference,
    levels: &[MatchedLevel],
    tolerance: Tolerance,
) -> ToleranceVerdict {
    let Some(seen) = sides.evidence() else { return ToleranceVerdict::Open { reached: None } };
    let points = points_within(&seen.curve, tolerance.band);
    let outside = |&(_, db, half): &(f64, f64, f64)| db.abs() - half > tolerance.db;
    let ranges: Vec<Span> = (points.chunk_by(|a, b| outside(a) == outside(b)))
        .filter(|run| outside(&run[0]))
        .map(|run| Span { from_hz: run[0].0, to_hz: run[run.len() - 1].0 })
        .collect();
    // A mean beyond the tolerance needs a frequency beyond it, if it is of frequencies in the band.
    let band = tolerance.band;
    let covers = band.from_hz <= BROADBAND_HZ.0 && band.to_hz >= BROADBAND_HZ.1;
    let broadband = levels.iter().find(|level| level.place == LevelPlace::Broadband);
    let by_level = broadband
        .and_then(|level| level.db.interval)
        .is_some_and(|(from, to)| covers && (from > tolerance.db || to < -tolerance.db));
    if by_level || !ranges.is_empty() {
        return ToleranceVerdict::Exceeded { ranges, by_level };
    }
    let reach = points.iter().map(|&(hz, db, half)| LevelAt { db: db.abs() + half, hz });
    match reach.max_by(|a, b| a.db.total_cmp(&b.db)) {
        Some(most) if most.db <= tolerance.db => ToleranceVerdict::Kept,
        reached => ToleranceVerdict::Open { reached },
    }
}

/// Frequency in hertz, difference and half width of its band in decibels, inside a band.
fn points_within(seen: &CurveEvidence, band: Span) -> Vec<(f64, f64, f64)> {
    (seen.difference.points().zip(seen.half_width.values()))
        .map(|((hz, db), &half)| (hz, db, half))
        .filter(|(hz, ..)| (band.from_hz..=band.to_hz).contains(hz))
        .collect()
}

#[cfg(test)]
mod tests;
