//! Laying curves upon each other.

use ndarray::Array1;

use super::StudyError;
use super::load::LevelErrors;
use crate::metrology::{band, shelf};
use crate::model::{Curve, Normalisation};
use crate::quantity::unit::{Decibel, One};
use crate::quantity::{Frequency, amplitude_ratio, power_db};

/// Where levels are matched broadband, in hertz.
const BROADBAND_HZ: (f64, f64) = (20.0, 20e3);

/// Where the bass shelf has its reference.
pub(super) fn reference_band() -> Normalisation {
    let (from, to) = shelf::REFERENCE_HZ;
    match (Frequency::new(from), Frequency::new(to)) {
        (Ok(from), Ok(to)) => Normalisation::Over(from, to),
        // Both are frequencies.
        _ => Normalisation::None,
    }
}

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

/// As [`normalised`]; the uncertainty holds that of where the curve is normalised too.
///
/// How errors at different frequencies belong together is not known: a resistor's tolerance moves
/// all alike, noise each by itself. With weights w of the frequencies where it is normalised,
///
/// ```text
/// u'ₖ = √( (1 − wₖ)²·uₖ² + (Σ_{j≠k} wⱼuⱼ)² )
/// ```
///
/// is the most that any errors can do which are not opposed to each other. It is exact for a
/// single frequency with noise, 0 at that frequency, and too large for what all have in common.
pub(super) fn normalised_with_u(
    curve: &Curve<Decibel>,
    normalisation: Normalisation,
    what: &str,
) -> Result<Curve<Decibel>, StudyError> {
    let laid = normalised(curve, normalisation, what)?;
    match curve.u() {
        Some(u) => Ok(laid.with_u(unopposed(curve, u, normalisation)?)?),
        None => Ok(laid),
    }
}

/// As [`normalised_with_u`], where it is known which errors are common to all frequencies: of such a
/// one that is left by which it moves a value more than where the curve is normalised.
pub(super) fn normalised_with_errors(
    curve: &Curve<Decibel>,
    normalisation: Normalisation,
    what: &str,
    errors: &LevelErrors,
) -> Result<Curve<Decibel>, StudyError> {
    let laid = normalised(curve, normalisation, what)?;
    let mut u = unopposed(curve, &errors.independent, normalisation)?;
    for error in &errors.common {
        let error = Curve::<Decibel>::new(curve.grid().clone(), error.clone())?;
        let moved = match normalisation {
            // The mean power moves by about the mean level.
            Normalisation::Broadband => error
                .shifted(-band::mean_over(&error, BROADBAND_HZ.0, BROADBAND_HZ.1).unwrap_or(0.0)),
            _ => normalised(&error, normalisation, what)?,
        };
        u.zip_mut_with(moved.values(), |u, moved| *u = u.hypot(*moved));
    }
    Ok(laid.with_u(u)?)
}

/// The uncertainty of a normalised curve by errors that are not opposed to each other.
fn unopposed(
    curve: &Curve<Decibel>,
    u: &Array1<f64>,
    normalisation: Normalisation,
) -> Result<Array1<f64>, StudyError> {
    let mean = |from_hz: f64, to_hz: f64| {
        // One of several hundred frequencies has no weight of its own.
        let mean = band::mean_over(
            &Curve::<Decibel>::new(curve.grid().clone(), u.clone())?,
            from_hz,
            to_hz,
        );
        Ok::<_, StudyError>(u.mapv(|u| u.hypot(mean.unwrap_or_default())))
    };
    Ok(match normalisation {
        Normalisation::None => u.clone(),
        Normalisation::At(at) => {
            let weights = weights_at(curve.hz(), at.hz());
            let reference: f64 = weights.iter().map(|&(j, weight)| weight * u[j]).sum();
            let of = |(k, u): (usize, &f64)| {
                let own: f64 = weights.iter().filter(|(j, _)| *j == k).map(|(_, w)| w).sum();
                ((1.0 - own) * u).hypot(reference - own * u)
            };
            u.iter().enumerate().map(of).collect()
        }
        Normalisation::Over(from, to) => mean(from.hz(), to.hz())?,
        Normalisation::Broadband => mean(BROADBAND_HZ.0, BROADBAND_HZ.1)?,
    })
}

/// The frequencies that an interpolated value is made from, with their weights.
fn weights_at(hz: &[f64], at_hz: f64) -> Vec<(usize, f64)> {
    let after = hz.partition_point(|&f| f < at_hz);
    if after == 0 || after == hz.len() {
        return vec![(after.min(hz.len() - 1), 1.0)];
    }
    let share = (at_hz / hz[after - 1]).ln() / (hz[after] / hz[after - 1]).ln();
    vec![(after - 1, 1.0 - share), (after, share)]
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
