//! Laying curves upon each other.

use super::StudyError;
use crate::metrology::band;
use crate::model::{Curve, Normalisation};
use crate::quantity::unit::{Decibel, One};
use crate::quantity::{amplitude_ratio, power_db};

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
        Normalisation::Broadband => (mean_power_db(curve)?, "over 20 Hz to 20 kHz".to_owned()),
    };
    let level = level.ok_or_else(|| StudyError::NotNormalisable {
        what: what.to_owned(),
        place,
        first_hz: curve.grid().first_hz(),
        last_hz: curve.grid().last_hz(),
    })?;
    Ok(Some(level))
}

/// 10·log10 of the mean of 10^(level/10) over ln f, 20 Hz to 20 kHz, in decibels.
fn mean_power_db(curve: &Curve<Decibel>) -> Result<Option<f64>, StudyError> {
    const BROADBAND_HZ: (f64, f64) = (20.0, 20e3);
    // Levels that are a hundred decibels high or low would lose digits as powers.
    let highest = curve.values().iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let power = curve.values().mapv(|db| amplitude_ratio(db - highest).powi(2));
    let power = Curve::<One>::new(curve.grid().clone(), power)?;
    let mean = band::mean_over(&power, BROADBAND_HZ.0, BROADBAND_HZ.1);
    Ok(mean.map(|mean| highest + power_db(mean)))
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
    fn levels_that_are_matched_broadband_have_a_mean_power_of_one() {
        // Half the octaves at +3 dB and half at −3 dB: (2 + 1/2)/2, from a hundred decibels.
        let two = 10.0 * 2_f64.log10();
        let step = |f: f64| 100.0 + if f < 632.0 { two } else { -two };
        let grid = FrequencyGrid::logarithmic(hz(20.0), hz(20e3), 480);
        let stepped = Curve::from_fn(grid, step).unwrap();
        let matched = normalised(&stepped, Normalisation::Broadband, "it").unwrap();
        let expected = two - 10.0 * 1.25_f64.log10();
        assert!((matched.at(100.0).unwrap() - expected).abs() < 0.002);
        let short = FrequencyGrid::logarithmic(hz(20.0), hz(10e3), 12);
        let short = Curve::from_fn(short, |_| 0.0).unwrap();
        let error = normalised(&short, Normalisation::Broadband, "it").unwrap_err().to_string();
        assert!(error.contains("over 20 Hz to 20 kHz"), "{error}");
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
