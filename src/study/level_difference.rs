//! How one set of seatings lies above another, at the levels that were measured.

use super::StudyError;
use super::evidence::{self, EvidenceQuestion};
use super::states::{self, State};
use crate::metrology::{band, statistics, welch};
use crate::model::{
    Covered, Curve, LevelDifference, Normalisation, OctaveMean, OctavesMean, Pairing, Span,
    StateSummary,
};
use crate::quantity::Smoothing;
use crate::quantity::unit::Decibel;

/// Nominal middles of octaves in hertz (IEC 61260-1, 2014).
const OCTAVES_HZ: [f64; 9] = [31.5, 63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0];
/// The octaves that a mean is taken of, as for hearing protectors (ISO 4869-3, 2007).
const MEAN_HZ: (f64, f64) = (125.0, 8000.0);
/// Octaves from the first to the last of them.
const IN_MEAN: usize = 7;
/// A level counts where its power is ten times that of the noise.
const OVER_NOISE_DB: f64 = 10.0;
/// Where the power of the noise is a tenth of that of the level, this is the standard uncertainty of
/// the level in decibels: 20/ln 10 · √(1/10)/√2, as half of the noise is along the magnitude.
const U_AT_NOISE_DB: f64 = 1.942;
/// A tenth of an octave that is a bound makes the octave one.
const SHARE_OF_BOUND: f64 = 0.1;

/// What is known of noise that a level may drown in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Faint<'a> {
    /// Nobody asked.
    Ignored,
    /// The level that is taken away may drown: the difference is then a lower bound.
    Against(Option<&'a State>),
    /// The level that it is taken away from may drown: the difference is then an upper bound.
    Of(Option<&'a State>),
}

/// What is asked of two sets of seatings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelQuestion {
    /// How the seatings of both belong together.
    pub pairing: Pairing,
    /// What the caller has applied to the seatings; it is passed on with the result.
    pub smoothing: Smoothing,
}

/// `of` − `against` over frequency, in octaves and as a mean of octaves.
///
/// Levels stand as they were measured. An octave is the mean of decibels, uniform in the logarithm
/// of frequency, so that it does not depend on the spectrum of what plays.
pub(super) fn between(
    of: &State,
    against: &State,
    question: LevelQuestion,
    faint: Faint<'_>,
) -> Result<LevelDifference, StudyError> {
    let pair = [against.clone(), of.clone()];
    let mut comparison = states::compare(&pair, None, Normalisation::None, question.smoothing)?;
    let pairing = question.pairing;
    let asked = EvidenceQuestion { pairing, ..EvidenceQuestion::default() };
    let weighed = evidence::weigh(&comparison, asked)?;
    let (Some(of), Some(against), Some(mut difference)) =
        (comparison.states.pop(), comparison.states.pop(), comparison.differences.pop())
    else {
        // Two states make two summaries and a difference.
        return Err(StudyError::TooFewStates { found: 1 });
    };
    difference.evidence = weighed.into_iter().next().flatten();
    let mask = mask(&of, &against, faint);
    let octaves: Vec<OctaveMean> = OCTAVES_HZ
        .into_iter()
        .filter_map(|centre_hz| octave(&of, &against, centre_hz, (&mask, pairing)))
        .collect();
    Ok(LevelDifference {
        mean: mean_of_octaves(&of, &against, &octaves, pairing),
        faint: spans(difference.curve.hz(), &mask),
        octaves,
        of,
        against,
        difference,
    })
}

/// The mean of one set of values less that of another, with the interval of Welch's t, or that of
/// pairs; `None` of no values.
pub(super) fn covered(of: &[f64], against: &[f64], pairing: Pairing) -> Option<Covered> {
    let value = statistics::mean(of)? - statistics::mean(against)?;
    let change = match pairing {
        Pairing::Independent => (statistics::mean_with_u(of))
            .zip(statistics::mean_with_u(against))
            .filter(|_| of.len() > 1 && against.len() > 1)
            .map(|(of, against)| statistics::difference(of, against)),
        Pairing::Paired => {
            let changes: Vec<f64> = of.iter().zip(against).map(|(a, b)| a - b).collect();
            statistics::mean_with_u(&changes)
        }
    };
    Some(Covered { value, interval: change.and_then(welch::interval) })
}

/// A figure of all seatings of both, compared; `None` where one of them does not have it.
pub(super) fn of_seatings(
    of: &StateSummary,
    against: &StateSummary,
    pairing: Pairing,
    figure: impl Fn(&Curve<Decibel>) -> Option<f64>,
) -> Option<Covered> {
    let all = |summary: &StateSummary| -> Option<Vec<f64>> {
        summary.seatings.iter().map(&figure).collect()
    };
    covered(&all(of)?, &all(against)?, pairing)
}

fn edges(centre_hz: f64) -> (f64, f64) {
    (centre_hz / std::f64::consts::SQRT_2, centre_hz * std::f64::consts::SQRT_2)
}

fn octave_db(curve: &Curve<Decibel>, centre_hz: f64) -> Option<f64> {
    let (from_hz, to_hz) = edges(centre_hz);
    band::mean_over(curve, from_hz, to_hz)
}

fn octave(
    of: &StateSummary,
    against: &StateSummary,
    centre_hz: f64,
    (mask, pairing): (&[bool], Pairing),
) -> Option<OctaveMean> {
    let db = of_seatings(of, against, pairing, |seating| octave_db(seating, centre_hz))?;
    let (from_hz, to_hz) = edges(centre_hz);
    let inside: Vec<bool> = (of.mean.hz().iter().zip(mask))
        .filter(|(hz, _)| (from_hz..=to_hz).contains(*hz))
        .map(|(_, &faint)| faint)
        .collect();
    let faint = inside.iter().filter(|&&faint| faint).count();
    let bound = faint as f64 >= SHARE_OF_BOUND * inside.len() as f64 && faint > 0;
    Some(OctaveMean { centre_hz, db, bound })
}

fn mean_of_octaves(
    of: &StateSummary,
    against: &StateSummary,
    octaves: &[OctaveMean],
    pairing: Pairing,
) -> Option<OctavesMean> {
    let inside = |hz: f64| (MEAN_HZ.0..=MEAN_HZ.1).contains(&hz);
    let taken: Vec<&OctaveMean> = octaves.iter().filter(|o| inside(o.centre_hz)).collect();
    if taken.len() < IN_MEAN {
        return None;
    }
    let mean = |seating: &Curve<Decibel>| {
        let octaves: Option<Vec<f64>> =
            taken.iter().map(|octave| octave_db(seating, octave.centre_hz)).collect();
        statistics::mean(&octaves?)
    };
    let db = of_seatings(of, against, pairing, mean)?;
    Some(OctavesMean { db, bound: taken.iter().any(|octave| octave.bound) })
}

/// At which frequencies of the grid the level that may drown is not ten decibels above the noise.
///
/// The noise is what was heard with nothing playing, where that was measured, and what the
/// uncertainty of the seatings says of it.
fn mask(of: &StateSummary, against: &StateSummary, faint: Faint<'_>) -> Vec<bool> {
    let (weak, noise) = match faint {
        Faint::Ignored => return vec![false; of.mean.hz().len()],
        Faint::Against(noise) => (against, noise),
        Faint::Of(noise) => (of, noise),
    };
    let silent = |hz: f64, db: f64| {
        let noises = noise.into_iter().flat_map(|noise| &noise.seatings);
        let levels: Vec<f64> = noises.filter_map(|noise| noise.at(hz).ok()).collect();
        statistics::mean(&levels).is_some_and(|noise_db| db < noise_db + OVER_NOISE_DB)
    };
    let unsure = |k: usize| {
        let known = || weak.seatings.iter().filter_map(|seating| Some(seating.u()?[k]));
        let mean = statistics::mean(&known().collect::<Vec<f64>>());
        mean.is_some_and(|u_db| u_db > U_AT_NOISE_DB)
    };
    let points = weak.mean.points().enumerate();
    points.map(|(k, (hz, db))| unsure(k) || silent(hz, db)).collect()
}

/// The ranges of frequencies at which something holds.
fn spans(hz: &[f64], mask: &[bool]) -> Vec<Span> {
    let points: Vec<(f64, bool)> = hz.iter().copied().zip(mask.iter().copied()).collect();
    let runs = points.chunk_by(|a, b| a.1 == b.1).filter(|run| run[0].1);
    runs.map(|run| Span { from_hz: run[0].0, to_hz: run[run.len() - 1].0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FrequencyGrid;

    const ROUNDING: f64 = 1e-9;
    const QUESTION: LevelQuestion =
        LevelQuestion { pairing: Pairing::Independent, smoothing: Smoothing::None };

    fn state(name: &str, levels_db: &[f64], u_db: impl Fn(f64) -> f64) -> State {
        let grid = FrequencyGrid::standard();
        let u: Vec<f64> = grid.hz().iter().map(|&hz| u_db(hz)).collect();
        let seating = |&db: &f64| {
            let curve = Curve::from_fn(grid.clone(), |_| db).unwrap();
            curve.with_u(u.clone().into()).unwrap()
        };
        State { name: name.to_owned(), seatings: levels_db.iter().map(seating).collect() }
    }

    fn quiet(_: f64) -> f64 {
        0.1
    }

    #[test]
    fn octaves_and_their_mean_are_differences_with_welchs_interval() {
        // The levels of tests/golden/states.py, whose interval is scipy's.
        let open = state("open", &[8.0, 9.5, 7.1, 8.8, 9.9, 7.6], quiet);
        let on = state("on", &[10.1, 10.4, 9.9, 10.2], quiet);
        let found = between(&open, &on, QUESTION, Faint::Against(None)).unwrap();
        let centres: Vec<f64> = found.octaves.iter().map(|octave| octave.centre_hz).collect();
        assert_eq!(centres, OCTAVES_HZ);
        for db in found.octaves.iter().map(|octave| octave.db).chain([found.mean.unwrap().db]) {
            let (from, to) = db.interval.unwrap();
            assert!((db.value + 1.666_666_667).abs() < 1e-8, "{db:?}");
            assert!((from + 2.820_305_211).abs() < 1e-6 && (to + 0.513_028_122).abs() < 1e-6);
        }
        assert!(found.faint.is_empty() && !found.mean.unwrap().bound);
    }

    #[test]
    fn pairs_have_the_interval_of_their_changes() {
        let (before, after) = ([1.0, 2.5, 0.7, 1.9, 3.0], [0.2, 1.9, 0.3, 0.8, 2.6]);
        let found = covered(&after, &before, Pairing::Paired).unwrap();
        let (from, to) = found.interval.unwrap();
        assert!((from + 1.028_337_067).abs() < 1e-6 && (to + 0.291_662_933).abs() < 1e-6);
        assert_eq!(covered(&[1.0], &[0.5], Pairing::Paired).unwrap().interval, None);
        assert_eq!(covered(&[1.0], &[0.5, 0.7], Pairing::Independent).unwrap().interval, None);
        assert_eq!(covered(&[], &[0.5], Pairing::Independent), None);
    }

    #[test]
    fn what_drowns_in_noise_is_a_bound_and_marks_its_octave() {
        let open = state("open", &[0.0, 0.2], quiet);
        let on = state("on", &[-30.0, -30.2], |hz| if hz > 3000.0 { 3.0 } else { 0.1 });
        let found = between(&open, &on, QUESTION, Faint::Against(None)).unwrap();
        let [faint] = &found.faint[..] else { panic!("{:?}", found.faint) };
        assert!((3000.0..3060.0).contains(&faint.from_hz) && faint.to_hz > 19e3, "{faint:?}");
        let bounds: Vec<f64> =
            found.octaves.iter().filter(|o| o.bound).map(|o| o.centre_hz).collect();
        assert_eq!(bounds[..2], [4000.0, 8000.0]);
        assert!(found.mean.unwrap().bound);
        let ignored = between(&open, &on, QUESTION, Faint::Ignored).unwrap();
        assert!(ignored.faint.is_empty());
    }

    #[test]
    fn a_level_less_than_ten_decibels_above_silence_is_faint() {
        let (open, on) = (state("open", &[0.0], quiet), state("on", &[-40.0], quiet));
        let faint = |silence_db: f64| {
            let silence = state("silence", &[silence_db], quiet);
            between(&open, &on, QUESTION, Faint::Against(Some(&silence))).unwrap().faint.len()
        };
        assert_eq!((faint(-49.9), faint(-50.1)), (1, 0));
        let silence = state("silence", &[-9.0], quiet);
        let found = between(&open, &on, QUESTION, Faint::Of(Some(&silence))).unwrap();
        assert_eq!(found.faint.len(), 1);
        assert!((found.mean.unwrap().db.value - 40.0).abs() < ROUNDING);
    }
}
