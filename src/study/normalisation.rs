//! Laying curves upon each other.

use super::StudyError;
use crate::metrology::band;
use crate::model::{Curve, Normalisation};
use crate::quantity::unit::Decibel;

/// The curve, moved to 0 dB where the normalisation says. `what` names it in the error.
pub(super) fn normalised(
    curve: &Curve<Decibel>,
    normalisation: Normalisation,
    what: &str,
) -> Result<Curve<Decibel>, StudyError> {
    Ok(match level(curve, normalisation, what)? {
        Some(level) => curve.shifted(-level),
        None => curve.clone(),
    })
}

/// The level in decibels of a curve where the normalisation says; `None` if there is to be none.
pub(super) fn level(
    curve: &Curve<Decibel>,
    normalisation: Normalisation,
    what: &str,
) -> Result<Option<f64>, StudyError> {
    let (level, place) = match normalisation {
        Normalisation::None => return Ok(None),
        Normalisation::At(at) => (curve.at(at.hz()).ok(), format!("at {at}")),
        Normalisation::Over(from, to) => {
            (band::mean_over(curve, from.hz(), to.hz()), format!("over {from} to {to}"))
        }
    };
    let level = level.ok_or_else(|| StudyError::NotNormalisable {
        what: what.to_owned(),
        place,
        first_hz: curve.grid().first_hz(),
        last_hz: curve.grid().last_hz(),
    })?;
    Ok(Some(level))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FrequencyGrid;
    use crate::quantity::Frequency;

    fn hz(f: f64) -> Frequency {
        Frequency::new(f).unwrap()
    }

    fn slope() -> Curve<Decibel> {
        let grid = FrequencyGrid::logarithmic(hz(20.0), hz(20e3), 12);
        Curve::from_fn(grid, |f| 70.0 + 3.0 * (f / 1000.0).log2()).unwrap()
    }

    #[test]
    fn a_curve_is_zero_where_it_was_normalised() {
        let at = normalised(&slope(), Normalisation::At(hz(1234.0)), "it").unwrap();
        assert!(at.at(1234.0).unwrap().abs() < 1e-9);
        let over = normalised(&slope(), Normalisation::Over(hz(500.0), hz(2000.0)), "it").unwrap();
        assert!(over.at(1000.0).unwrap().abs() < 1e-9);
        assert_eq!(normalised(&slope(), Normalisation::None, "it").unwrap(), slope());
    }

    #[test]
    fn normalising_outside_the_data_names_the_curve_and_what_it_covers() {
        let error = normalised(&slope(), Normalisation::At(hz(30e3)), "'worn', seating 2");
        let text = error.unwrap_err().to_string();
        assert!(text.starts_with("cannot normalise 'worn', seating 2 at 30000 Hz: its data cover"));
        let band = Normalisation::Over(hz(5.0), hz(100.0));
        assert!(normalised(&slope(), band, "it").is_err());
    }
}
