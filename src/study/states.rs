//! One headphone in several states: fresh and worn pads, with and without glasses.

use ndarray::Array1;

use super::StudyError;
use super::normalisation::normalised;
use super::placements::consistency;
use crate::metrology::{shelf, statistics};
use crate::model::{
    Curve, FrequencyGrid, Normalisation, Spread, StateComparison, StateDifference, StateSummary,
};
use crate::quantity::unit::Decibel;
use crate::quantity::{Smoothing, Uncertain};

/// A state of a headphone with its seatings.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// What the state is called.
    pub name: String,
    /// The response of each seating. Repeats without taking the headphone off are one seating.
    pub seatings: Vec<Curve<Decibel>>,
}

/// Compares the states of a headphone with one of them.
///
/// The seatings are normalised, then interpolated onto the grid 20·2^(k/48) Hz inside the band
/// that all of them cover. Levels are averaged in decibels, as different seatings are different
/// responses and not noise upon one. The standard uncertainty of a state's mean is s/√n, that of
/// a difference √(s₁²/n₁ + s₂²/n₂); a state of a single seating has neither, and a difference to
/// it has none.
///
/// `reference` names the state that the others are compared with, the first if none is named.
/// `smoothing` is what the caller has applied to the seatings; it is passed on with the result.
///
/// # Errors
///
/// When there are fewer than two states, two of one name, a state without curves, no state of the
/// reference's name, no common band, or a curve that does not reach where it is normalised.
pub fn compare(
    states: &[State],
    reference: Option<&str>,
    normalisation: Normalisation,
    smoothing: Smoothing,
) -> Result<StateComparison, StudyError> {
    let ordered = reference_first(states, reference)?;
    let all: Vec<_> = ordered.iter().flat_map(|state| &state.seatings).collect();
    let grid = common_grid(&all)?;
    let summaries = ordered
        .into_iter()
        .map(|state| summary(state, normalisation, &grid))
        .collect::<Result<Vec<_>, _>>()?;
    let differences = match summaries.split_first() {
        Some((base, others)) => {
            others.iter().map(|other| difference(other, base)).collect::<Result<_, _>>()?
        }
        None => Vec::new(),
    };
    Ok(StateComparison {
        states: summaries,
        differences,
        normalisation,
        smoothing,
        placements: None,
    })
}

/// Bass shelf of a state less that of another, in decibels; absent if either has none.
///
/// It exists for single seatings too, where [`StateDifference::bass_shelf_db`] is absent because
/// nothing is known of its uncertainty.
#[must_use]
pub fn bass_shelf_change_db(state: &StateSummary, reference: &StateSummary) -> Option<f64> {
    Some(state.bass_shelf_db?.mean - reference.bass_shelf_db?.mean)
}

fn reference_first<'a>(
    states: &'a [State],
    reference: Option<&str>,
) -> Result<Vec<&'a State>, StudyError> {
    if states.len() < 2 {
        return Err(StudyError::TooFewStates { found: states.len() });
    }
    for (i, state) in states.iter().enumerate() {
        if state.seatings.is_empty() {
            return Err(StudyError::NoSeatings { state: state.name.clone() });
        }
        if states[..i].iter().any(|earlier| earlier.name == state.name) {
            return Err(StudyError::DuplicateState { name: state.name.clone() });
        }
    }
    let Some(name) = reference else { return Ok(states.iter().collect()) };
    let (base, others): (Vec<_>, Vec<_>) = states.iter().partition(|state| state.name == name);
    if base.is_empty() {
        let known = states.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(StudyError::UnknownReference { name: name.to_owned(), known });
    }
    Ok([base, others].concat())
}

/// The part of the standard grid that all curves cover.
pub(super) fn common_grid(curves: &[&Curve<Decibel>]) -> Result<FrequencyGrid, StudyError> {
    let grids = || curves.iter().map(|curve| curve.grid());
    let start_hz = grids().map(FrequencyGrid::first_hz).fold(0.0, f64::max);
    let end_hz = grids().map(FrequencyGrid::last_hz).fold(f64::INFINITY, f64::min);
    let common = FrequencyGrid::standard().within(start_hz, end_hz);
    common.ok_or(StudyError::NoCommonBand { start_hz, end_hz })
}

/// A state by itself, on a grid that all its seatings cover.
///
/// # Errors
///
/// As [`compare`], of one state.
pub(super) fn summary_of(
    state: &State,
    normalisation: Normalisation,
) -> Result<StateSummary, StudyError> {
    if state.seatings.is_empty() {
        return Err(StudyError::NoSeatings { state: state.name.clone() });
    }
    summary(state, normalisation, &common_grid(&state.seatings.iter().collect::<Vec<_>>())?)
}

/// Mean and spread of a state's seatings, on a grid that all of them cover.
pub(super) fn summary(
    state: &State,
    normalisation: Normalisation,
    grid: &FrequencyGrid,
) -> Result<StateSummary, StudyError> {
    let on_grid = |(i, curve): (usize, &Curve<Decibel>)| {
        let what = format!("seating {} of '{}'", i + 1, state.name);
        Ok::<_, StudyError>(normalised(curve, normalisation, &what)?.resampled_onto(grid)?)
    };
    let seatings: Vec<_> =
        state.seatings.iter().enumerate().map(on_grid).collect::<Result<_, _>>()?;
    let (mean, sd) = mean_and_sd(&seatings, grid)?;
    let shelves: Option<Vec<f64>> = seatings.iter().map(shelf::bass_shelf_db).collect();
    Ok(StateSummary {
        name: state.name.clone(),
        bass_shelf_db: shelves.as_deref().and_then(spread),
        corner_minus_3_db_hz: shelf::corner_minus_3_db_hz(&mean),
        consistency: consistency(sd.as_ref())?,
        mean,
        sd,
        seatings,
    })
}

/// Mean with its standard error, and standard deviation, of curves on one grid.
fn mean_and_sd(
    curves: &[Curve<Decibel>],
    grid: &FrequencyGrid,
) -> Result<(Curve<Decibel>, Option<Curve<Decibel>>), StudyError> {
    let at = |k: usize| curves.iter().map(|c| c.values()[k]).collect::<Vec<f64>>();
    let columns: Vec<Vec<f64>> = (0..grid.len()).map(at).collect();
    let per_column = |figure: fn(&[f64]) -> Option<f64>| -> Option<Array1<f64>> {
        columns.iter().map(|column| figure(column)).collect()
    };
    let means = per_column(statistics::mean).unwrap_or_default();
    let mean = Curve::new(grid.clone(), means)?;
    let Some(errors) = per_column(statistics::standard_error) else { return Ok((mean, None)) };
    let sd = per_column(statistics::sample_sd);
    let sd = sd.map(|values| Curve::new(grid.clone(), values)).transpose()?;
    Ok((mean.with_u(errors)?, sd))
}

fn spread(values: &[f64]) -> Option<Spread> {
    Some(Spread { mean: statistics::mean(values)?, sd: statistics::sample_sd(values) })
}

fn difference(state: &StateSummary, base: &StateSummary) -> Result<StateDifference, StudyError> {
    let values = state.mean.values() - base.mean.values();
    let mut curve = Curve::new(base.mean.grid().clone(), values)?;
    if let (Some(a), Some(b)) = (state.mean.u(), base.mean.u()) {
        curve = curve.with_u(a.iter().zip(b).map(|(a, b)| a.hypot(*b)).collect())?;
    }
    Ok(StateDifference {
        state: state.name.clone(),
        reference: base.name.clone(),
        curve,
        bass_shelf_db: shelf_difference(state, base),
        evidence: None,
        leak: None,
    })
}

fn shelf_difference(state: &StateSummary, base: &StateSummary) -> Option<Uncertain> {
    let shelf_of = |summary: &StateSummary| {
        let Spread { mean, sd } = summary.bass_shelf_db?;
        let n = summary.seatings.len() as f64;
        Some(Uncertain::with_dof(mean, sd? / n.sqrt(), n - 1.0))
    };
    Some(statistics::difference(shelf_of(state)?, shelf_of(base)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::quantity::Frequency;

    /// Interpolations and sums of levels below 100 dB.
    const ROUNDING: f64 = 1e-9;

    fn hz(f: f64) -> Frequency {
        Frequency::new(f).unwrap()
    }

    fn at_1_khz() -> Normalisation {
        Normalisation::At(hz(1000.0))
    }

    fn curve(level: impl Fn(f64) -> f64) -> Curve<Decibel> {
        Curve::from_fn(FrequencyGrid::logarithmic(hz(10.0), hz(24e3), 24), level).unwrap()
    }

    /// A headphone whose bass, below 200 Hz, has this level, at some level of the drive.
    fn bass(bass_db: f64, drive_db: f64) -> Curve<Decibel> {
        curve(|f| drive_db + if f < 200.0 { bass_db } else { 0.0 })
    }

    fn state(name: &str, basses_db: &[f64]) -> State {
        let seating = |(i, &b): (usize, &f64)| bass(b, 70.0 + i as f64);
        State {
            name: name.to_owned(),
            seatings: basses_db.iter().enumerate().map(seating).collect(),
        }
    }

    fn compared(states: &[State]) -> StateComparison {
        compare(states, None, at_1_khz(), Smoothing::None).unwrap()
    }

    #[test]
    fn known_means_spreads_and_errors_come_back() {
        let result = compared(&[state("new", &[1.0, 3.0]), state("worn", &[-3.0, 0.0, -3.0])]);
        let [new, worn] = &result.states[..] else { panic!() };
        let at = |c: &Curve<Decibel>| c.at(50.0).unwrap();
        let u = |c: &Curve<Decibel>| c.u().unwrap()[20];
        assert!((at(&new.mean) - 2.0).abs() < ROUNDING);
        assert!((at(new.sd.as_ref().unwrap()) - 2_f64.sqrt()).abs() < ROUNDING);
        assert!((u(&new.mean) - 1.0).abs() < ROUNDING);
        assert!((at(&worn.mean) + 2.0).abs() < ROUNDING);
        assert!((at(worn.sd.as_ref().unwrap()) - 3_f64.sqrt()).abs() < ROUNDING);
        assert!((u(&worn.mean) - 1.0).abs() < ROUNDING);
        let difference = &result.differences[0];
        assert!((at(&difference.curve) + 4.0).abs() < ROUNDING);
        assert!((u(&difference.curve) - 2_f64.sqrt()).abs() < ROUNDING);
        assert_eq!((difference.state.as_str(), difference.reference.as_str()), ("worn", "new"));
    }

    #[test]
    fn shelves_differ_with_welchs_degrees_of_freedom() {
        // Basses as in statistics::tests::welchs_degrees_of_freedom_agree_with_scipy.
        let new = state("new", &[10.1, 10.4, 9.9, 10.2]);
        let result = compared(&[new, state("worn", &[8.0, 9.5, 7.1, 8.8, 9.9, 7.6])]);
        let shelf = result.states[0].bass_shelf_db.unwrap();
        assert!((shelf.mean - 10.15).abs() < ROUNDING);
        assert!((shelf.sd.unwrap() - 0.208_166_599).abs() < ROUNDING);
        let change = result.differences[0].bass_shelf_db.unwrap();
        assert!((change.value + 1.666_666_667).abs() < ROUNDING);
        assert!((change.u - 0.461_639_590).abs() < ROUNDING);
        assert!((change.dof.unwrap() - 5.523_503_452).abs() < ROUNDING);
    }

    #[test]
    fn identical_states_do_not_differ() {
        let result = compared(&[state("a", &[1.0, 2.0, 4.0]), state("b", &[1.0, 2.0, 4.0])]);
        let difference = &result.differences[0];
        assert!(difference.curve.values().iter().all(|d| d.abs() < ROUNDING));
        assert!(difference.bass_shelf_db.unwrap().value.abs() < ROUNDING);
    }

    #[test]
    fn a_single_seating_has_no_spread_and_a_difference_to_it_no_error() {
        let result = compared(&[state("new", &[1.0]), state("worn", &[-1.0, -2.0])]);
        let new = &result.states[0];
        assert_eq!((&new.sd, new.mean.u(), new.bass_shelf_db.unwrap().sd), (&None, None, None));
        assert_eq!(result.differences[0].curve.u(), None);
        assert_eq!(result.differences[0].bass_shelf_db, None);
        let change = bass_shelf_change_db(&result.states[1], new).unwrap();
        assert!((change + 2.5).abs() < ROUNDING);
    }

    #[test]
    fn the_named_reference_comes_first_and_is_subtracted() {
        let states = [state("a", &[0.0]), state("b", &[1.0]), state("c", &[3.0])];
        let result = compare(&states, Some("b"), at_1_khz(), Smoothing::None).unwrap();
        let names: Vec<_> = result.states.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["b", "a", "c"]);
        let at_50: Vec<f64> =
            result.differences.iter().map(|d| d.curve.at(50.0).unwrap().round()).collect();
        assert_eq!(at_50, [-1.0, 2.0]);
    }

    #[test]
    fn the_result_covers_what_all_curves_cover() {
        let narrow =
            Curve::from_fn(FrequencyGrid::logarithmic(hz(20.3), hz(9e3), 48), |_| 1.0).unwrap();
        let narrow = State { name: "narrow".to_owned(), seatings: vec![narrow] };
        let grid = compared(&[state("wide", &[0.0]), narrow]).states[0].mean.grid().clone();
        assert!(grid.first_hz() >= 20.3 && grid.last_hz() <= 9e3);
        assert!(grid.first_hz() < 21.0 && grid.last_hz() > 8.5e3);
    }

    #[test]
    fn a_corner_is_that_of_the_mean_curve() {
        // 3 against 3.01 dB, a reference 0.004 dB down and 24 points per octave.
        const CLOSE: f64 = 0.01;
        let rolled = curve(|f| -10.0 * (1.0 + (80.0 / f).powi(4)).log10());
        let rolled = State { name: "open".to_owned(), seatings: vec![rolled] };
        let result = compared(&[state("sealed", &[0.0]), rolled]);
        assert_eq!(result.states[0].corner_minus_3_db_hz, None);
        assert!((result.states[1].corner_minus_3_db_hz.unwrap() / 80.0 - 1.0).abs() < CLOSE);
    }

    #[test]
    fn what_cannot_be_compared_says_why() {
        let ask = |states: &[State], reference| {
            compare(states, reference, at_1_khz(), Smoothing::None).unwrap_err().to_string()
        };
        let (a, b) = (state("a", &[0.0]), state("b", &[0.0]));
        let one = [a.clone()];
        assert_eq!(ask(&one, None), "a comparison needs two or more states, found 1");
        assert_eq!(ask(&[a.clone(), a.clone()], None), "two states are called 'a'");
        assert_eq!(ask(&[a.clone(), state("b", &[])], None), "the state 'b' has no curves");
        assert_eq!(
            ask(&[a.clone(), b], Some("c")),
            "no state is called 'c' (expected one of a, b)"
        );
        let part = |from, to| {
            let grid = FrequencyGrid::logarithmic(hz(from), hz(to), 12);
            vec![Curve::from_fn(grid, |_| 0.0).unwrap()]
        };
        let low = State { name: "low".to_owned(), seatings: part(20.0, 200.0) };
        let high = State { name: "high".to_owned(), seatings: part(400.0, 4e3) };
        assert!(ask(&[low.clone(), high], None).contains("no band in common"));
        assert!(ask(&[a, low], None).starts_with("cannot normalise seating 1 of 'low' at 1000 Hz"));
    }

    proptest! {
        #[test]
        fn the_order_of_seatings_and_their_drive_do_not_matter(
            mut basses in prop::collection::vec(-6.0_f64..6.0, 2..7),
            drive in -20.0_f64..20.0,
        ) {
            let forth = compared(&[state("a", &basses), state("b", &[0.0, 1.0])]);
            basses.reverse();
            let mut turned = state("a", &basses);
            turned.seatings = turned.seatings.iter().map(|c| c.shifted(drive)).collect();
            let back = compared(&[turned, state("b", &[0.0, 1.0])]);
            let (forth, back) = (&forth.differences[0], &back.differences[0]);
            for (x, y) in forth.curve.values().iter().zip(back.curve.values()) {
                prop_assert!((x - y).abs() < ROUNDING);
            }
            let (x, y) = (forth.bass_shelf_db.unwrap(), back.bass_shelf_db.unwrap());
            prop_assert!((x.value - y.value).abs() < ROUNDING && (x.u - y.u).abs() < 1e-6);
        }
    }
}
