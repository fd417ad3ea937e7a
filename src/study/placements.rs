//! How much a response depends on where the headphone sits.

use super::StudyError;
use crate::metrology::{band, statistics};
use crate::model::{Consistency, Curve, PlacementSpread, Span, StateComparison, WidestSpread};
use crate::quantity::unit::Decibel;

/// The bass, the midrange and the treble in hertz.
const BASS_HZ: (f64, f64) = (20.0, 100.0);
const MIDRANGE_HZ: (f64, f64) = (300.0, 3000.0);
const TREBLE_HZ: (f64, f64) = (5e3, 10e3);

/// How alike curves are whose standard deviation over frequency is given.
pub(super) fn consistency(sd: Option<&Curve<Decibel>>) -> Result<Consistency, StudyError> {
    let Some(sd) = sd else { return Ok(Consistency::default()) };
    let squares = Curve::<Decibel>::new(sd.grid().clone(), sd.values().mapv(|sd| sd * sd))?;
    let rms = |(from_hz, to_hz)| {
        band::mean_over(&squares, from_hz, to_hz).map(|square: f64| square.max(0.0).sqrt())
    };
    Ok(Consistency {
        bass_sd_db: rms(BASS_HZ),
        midrange_sd_db: rms(MIDRANGE_HZ),
        treble_sd_db: rms(TREBLE_HZ),
    })
}

/// What all states of a comparison together say, each being one placement of the headphone.
///
/// Each placement counts once, however many seatings it has: their means are compared.
///
/// # Errors
///
/// None for a comparison whose states have finite curves on one grid, which all have.
pub fn spread(comparison: &StateComparison) -> Result<PlacementSpread, StudyError> {
    let means: Vec<&Curve<Decibel>> = comparison.states.iter().map(|state| &state.mean).collect();
    let Some(first) = means.first() else { return Err(StudyError::TooFewStates { found: 0 }) };
    let grid = first.grid().clone();
    let columns: Vec<Vec<f64>> =
        (0..grid.len()).map(|k| means.iter().map(|mean| mean.values()[k]).collect()).collect();
    let curve = |figure: &dyn Fn(&[f64]) -> Option<f64>| -> Result<Curve<Decibel>, StudyError> {
        let values = columns.iter().map(|column| figure(column).unwrap_or_default());
        Ok(Curve::new(grid.clone(), values.collect())?)
    };
    let lowest = curve(&|levels| levels.iter().copied().reduce(f64::min))?;
    let highest = curve(&|levels| levels.iter().copied().reduce(f64::max))?;
    Ok(PlacementSpread {
        mean: curve(&statistics::mean)?,
        median: curve(&statistics::median)?,
        consistency: consistency(Some(&curve(&statistics::sample_sd)?))?,
        bass: widest(&lowest, &highest, BASS_HZ),
        treble: widest(&lowest, &highest, TREBLE_HZ),
        lowest,
        highest,
    })
}

/// `None` where the curves do not cover the band.
fn widest(
    lowest: &Curve<Decibel>,
    highest: &Curve<Decibel>,
    (from_hz, to_hz): (f64, f64),
) -> Option<WidestSpread> {
    band::mean_over(lowest, from_hz, to_hz)?;
    let widths = lowest.points().zip(highest.values()).map(|((hz, low), high)| (hz, high - low));
    let inside = widths.filter(|(hz, _)| (from_hz..=to_hz).contains(hz));
    let (hz, db) = inside.max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(WidestSpread { db, hz, band: Span { from_hz, to_hz } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FrequencyGrid, Normalisation};
    use crate::quantity::Smoothing;
    use crate::study::states::{State, compare};

    const ROUNDING: f64 = 1e-9;

    fn placed(name: &str, bass_db: f64, treble_db: f64) -> State {
        let level = |hz: f64| match hz {
            _ if hz < 150.0 => bass_db,
            _ if hz > 4000.0 => treble_db,
            _ => 0.0,
        };
        let seating = |off: f64| {
            Curve::from_fn(FrequencyGrid::standard(), |hz| {
                level(hz) + if hz < 150.0 { off } else { 0.0 }
            })
        };
        State {
            name: name.to_owned(),
            seatings: [-1.0, 1.0].map(seating).map(Result::unwrap).into(),
        }
    }

    #[test]
    fn a_state_is_as_consistent_as_its_seatings_and_all_as_their_means() {
        let states =
            [placed("centred", 0.0, 0.0), placed("forward", -3.0, 2.0), placed("up", 0.0, 7.0)];
        let result = compare(&states, None, Normalisation::None, Smoothing::None).unwrap();
        let own = result.states[0].consistency;
        assert!((own.bass_sd_db.unwrap() - 2_f64.sqrt()).abs() < ROUNDING);
        assert!(own.treble_sd_db.unwrap().abs() < ROUNDING);
        let all = spread(&result).unwrap();
        assert!((all.consistency.bass_sd_db.unwrap() - 3_f64.sqrt()).abs() < ROUNDING);
        assert!((all.consistency.treble_sd_db.unwrap() - 13_f64.sqrt()).abs() < ROUNDING);
        assert!((all.bass.unwrap().db - 3.0).abs() < ROUNDING);
        assert!((all.treble.unwrap().db - 7.0).abs() < ROUNDING);
        assert!((all.median.at(8e3).unwrap() - 2.0).abs() < ROUNDING);
        assert!((all.mean.at(8e3).unwrap() - 3.0).abs() < ROUNDING);
        assert_eq!(consistency(None).unwrap(), Consistency::default());
    }
}
