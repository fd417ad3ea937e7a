//! What a headphone keeps out, and what it lets out.

pub use super::level_difference::LevelQuestion;

use super::StudyError;
use super::level_difference::{Faint, between};
use super::states::State;
use crate::model::{Isolation, Leakage, LevelDifference, OctaveMean};
use crate::quantity::Length;

/// Insertion loss: the level at the ear without the headphone less that with it, of sound that
/// another source plays (ISO 4869-3, 2007; ANSI/ASA S12.42, 2010, with a fixture).
///
/// Each of `worn` is a state of the headphone, for instance without and with noise cancelling; what
/// each further one keeps out beyond the first is told too. Where a level with the headphone is not
/// ten decibels above the noise, the isolation is a lower bound. `silence` is what was heard with
/// the headphone on and nothing playing, analysed as if something did; without it the noise is taken
/// from the uncertainty of the seatings.
///
/// # Errors
///
/// When there is no state, one has no curves, two have one name, the curves have no band in common,
/// or pairs do not come out even.
pub fn isolation(
    open: &State,
    worn: &[State],
    silence: Option<&State>,
    question: LevelQuestion,
) -> Result<Isolation, StudyError> {
    let Some((first, others)) = worn.split_first() else {
        return Err(StudyError::TooFewStates { found: 1 });
    };
    for (i, state) in worn.iter().enumerate() {
        if worn[..i].iter().any(|earlier| earlier.name == state.name) {
            return Err(StudyError::DuplicateState { name: state.name.clone() });
        }
    }
    let beyond = |of: &State, state: &State| between(of, state, question, Faint::Against(silence));
    let states: Vec<LevelDifference> =
        worn.iter().map(|state| beyond(open, state)).collect::<Result<_, _>>()?;
    let mut gained: Vec<LevelDifference> =
        others.iter().map(|state| beyond(first, state)).collect::<Result<_, _>>()?;
    for gained in &mut gained {
        without_drowned(gained, &states[0]);
    }
    Ok(Isolation { states, gained, smoothing: question.smoothing })
}

/// Leaves out the octaves in which the first state drowns as well: a difference of two bounds is
/// none.
fn without_drowned(gained: &mut LevelDifference, first: &LevelDifference) {
    let drowned = |octave: &OctaveMean| {
        let same = |other: &&OctaveMean| other.centre_hz.total_cmp(&octave.centre_hz).is_eq();
        first.octaves.iter().find(same).is_some_and(|first| first.bound)
    };
    gained.octaves.retain(|octave| !drowned(octave));
    gained.mean = gained.mean.filter(|_| first.mean.is_some_and(|mean| !mean.bound));
}

/// The level of a headphone at a distance less that at the ear, of what it plays itself.
///
/// Where the level outside is not ten decibels above the noise, the leakage is an upper bound; see
/// [`isolation`] for `silence`.
///
/// # Errors
///
/// As [`isolation`].
pub fn leakage(
    outside: &State,
    inside: &State,
    silence: Option<&State>,
    distance: Option<Length>,
    question: LevelQuestion,
) -> Result<Leakage, StudyError> {
    let outside = between(outside, inside, question, Faint::Of(silence))?;
    Ok(Leakage { outside, distance, smoothing: question.smoothing })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Curve, FrequencyGrid, Pairing};
    use crate::quantity::Smoothing;

    const ROUNDING: f64 = 1e-9;
    const QUESTION: LevelQuestion =
        LevelQuestion { pairing: Pairing::Independent, smoothing: Smoothing::None };

    fn state(name: &str, level: impl Fn(f64) -> f64) -> State {
        let seating = |k: usize| {
            let off = 0.1 * k as f64;
            Curve::from_fn(FrequencyGrid::standard(), |hz| level(hz) + off).unwrap()
        };
        State { name: name.to_owned(), seatings: (0..4).map(seating).collect() }
    }

    #[test]
    fn isolation_is_without_less_with_and_what_a_state_adds_beyond_the_first() {
        let passive = |hz: f64| -10.0 * (hz / 500.0).log2().max(0.0);
        let anc = |hz: f64| passive(hz) - if hz < 500.0 { 20.0 } else { 0.0 };
        let worn = [state("passive", passive), state("anc", anc)];
        let found = isolation(&state("open", |_| 3.0), &worn, None, QUESTION).unwrap();
        let at = |curve: &Curve<_>, hz: f64| curve.at(hz).unwrap();
        assert!((at(found.states[0].curve(), 2000.0) - 23.0).abs() < 0.01);
        assert!((at(found.states[1].curve(), 100.0) - 23.0).abs() < ROUNDING);
        assert_eq!(found.gained.len(), 1);
        assert!((at(found.gained[0].curve(), 100.0) - 20.0).abs() < ROUNDING);
        assert!(at(found.gained[0].curve(), 2000.0).abs() < ROUNDING);
        assert!(found.states[0].evidence().is_some());
    }

    #[test]
    fn what_two_bounds_leave_is_no_gain() {
        let passive = |hz: f64| if hz > 1000.0 { -60.0 } else { -10.0 };
        let worn = [state("passive", passive), state("anc", |hz| passive(hz) - 10.0)];
        let silence = state("silence", |_| -61.0);
        let found = isolation(&state("open", |_| 0.0), &worn, Some(&silence), QUESTION).unwrap();
        let last = |of: &LevelDifference| of.octaves.last().map(|octave| octave.centre_hz);
        assert_eq!((last(&found.states[1]), last(&found.gained[0])), (Some(8e3), Some(500.0)));
        assert_eq!(found.gained[0].mean, None);
    }

    #[test]
    fn leakage_is_outside_less_inside() {
        let (outside, inside) = (state("outside", |_| 40.0), state("inside", |_| 90.0));
        let found = leakage(&outside, &inside, None, None, QUESTION).unwrap();
        assert!((found.outside.mean.unwrap().db.value + 50.0).abs() < ROUNDING);
    }

    #[test]
    fn states_of_one_name_and_no_state_are_refused() {
        let (open, on) = (state("open", |_| 0.0), state("on", |_| -20.0));
        let error = isolation(&open, &[on.clone(), on], None, QUESTION).unwrap_err();
        assert_eq!(error.to_string(), "two states are called 'on'");
        assert!(isolation(&open, &[], None, QUESTION).is_err());
    }
}
