//! What the measured output of an amplifier does to a headphone.
//!
//! As for a resistance, `G = Z/(Z + Zs)`, with both impedances complex. Of their errors
//!
//! ```text
//! δ ln G = Zs/(Z·(Z + Zs))·δZ − 1/(Z + Zs)·δZs
//! ```
//!
//! the real part is that of the level in nepers.

use num_complex::Complex64;

use super::normalisation::normalised;
use super::source::{heard, worst};
use super::{AUDIBLE_HZ, StudyError};
use crate::model::{
    Covariance, Curve, FrequencyGrid, Impedance, MeasuredOutput, Normalisation, SourceEffect,
};
use crate::quantity::unit::Decibel;
use crate::quantity::{Resistance, amplitude_db};

/// Where loss and impedance are stated, in hertz.
const AT_HZ: f64 = 1e3;
/// Decibels per neper.
const DB: f64 = 20.0 * std::f64::consts::LOG10_E;

/// What the output of an amplifier does to a headphone, both measured.
///
/// Errors at different frequencies, and of the two impedances, are taken as independent, so that
/// the uncertainty of a normalised curve holds that of where it is normalised too: what the two have
/// in common, for instance a resistor, makes it too large.
///
/// # Errors
///
/// When the two share no frequency from 20 Hz to 20 kHz or do not reach 1 kHz, or the curve cannot
/// be normalised.
pub fn effect(
    impedance: &Impedance,
    output: &MeasuredOutput,
    response: Option<&Curve<Decibel>>,
    normalisation: Normalisation,
) -> Result<SourceEffect, StudyError> {
    let grid = common(impedance, &output.impedance)?;
    let z = impedance.resampled_onto(&grid)?;
    let source = output.impedance.resampled_onto(&grid)?;
    let level = level(&z, &source)?;
    let bare = Curve::new(grid.clone(), level.values().clone())?;
    let mut curve = normalised(&bare, normalisation, "the effect of the source")?;
    if let Some(u) = level.u() {
        let u_at = match normalisation {
            Normalisation::At(at) => level.u_at(at.hz()).unwrap_or_default(),
            // A mean over many frequencies is known better than each.
            _ => 0.0,
        };
        curve = curve.with_u(u.mapv(|u| u.hypot(u_at)))?;
    }
    let (worst_hz, worst_db) = worst(&curve);
    let levels = || curve.values().iter().copied();
    let damping = z.values().iter().zip(source.values());
    let damping = damping.map(|(z, source)| z.norm() / source.norm()).fold(f64::INFINITY, f64::min);
    let at = source.magnitude().at(AT_HZ)?;
    Ok(SourceEffect {
        source: Resistance::new(at).unwrap_or(Resistance::MAX),
        output: Some(output.clone()),
        worst_db,
        worst_hz,
        peak_to_peak_db: levels().fold(f64::NEG_INFINITY, f64::max)
            - levels().fold(f64::INFINITY, f64::min),
        loss_db: bare.at(AT_HZ)?,
        damping_factor: damping.is_finite().then_some(damping),
        response: response.map(|response| heard(response, &curve)).transpose()?,
        curve,
    })
}

/// The audible frequencies of the headphone that the output covers too.
fn common(impedance: &Impedance, output: &Impedance) -> Result<FrequencyGrid, StudyError> {
    /// Files round their frequencies.
    const ROUNDING: f64 = 1e-6;
    let (own, other) = (impedance.grid(), output.grid());
    let start_hz = AUDIBLE_HZ.0.max(own.first_hz()).max(other.first_hz());
    let end_hz = AUDIBLE_HZ.1.min(own.last_hz()).min(other.last_hz());
    let (from_hz, to_hz) = (start_hz * (1.0 - ROUNDING), end_hz * (1.0 + ROUNDING));
    let inside = own.within(from_hz.max(other.first_hz()), to_hz.min(other.last_hz()));
    inside.ok_or(StudyError::NoCommonBand { start_hz, end_hz })
}

/// Level behind the output against that behind 0 Ω, with its uncertainty where one is known.
fn level(z: &Impedance, source: &Impedance) -> Result<Curve<Decibel>, StudyError> {
    let pairs = || z.values().iter().zip(source.values());
    if let Some(at) = pairs().position(|(z, source)| z.norm() * (z + source).norm() <= 0.0) {
        return Err(StudyError::ShortCircuit { frequency_hz: z.hz()[at] });
    }
    let db = pairs().map(|(z, source)| amplitude_db((z / (z + source)).norm())).collect();
    let curve = Curve::new(z.grid().clone(), db)?;
    if z.covariance().is_none() && source.covariance().is_none() {
        return Ok(curve);
    }
    let known =
        |of: &Impedance, i: usize| of.covariance().map_or_else(Covariance::default, |c| c[i]);
    let u = |(i, (&own, &other)): (usize, (&Complex64, &Complex64))| {
        let sum = own + other;
        let neper =
            known(z, i).scaled(other / (own * sum)).plus(known(source, i).scaled(-sum.inv()));
        DB * neper.rr.max(0.0).sqrt()
    };
    Ok(curve.with_u(pairs().enumerate().map(u).collect())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Frequency;
    use crate::study::source;

    fn headphone(f: f64) -> Complex64 {
        32.0 + 24.0 / Complex64::new(1.0, 2.2 * (f / 90.0 - 90.0 / f))
    }

    fn of(z: impl Fn(f64) -> Complex64, relative_u: f64) -> Impedance {
        let clean = Impedance::from_fn(FrequencyGrid::standard(), z).unwrap();
        let u = |z: &Complex64| Covariance::radial(*z, relative_u * z.norm());
        let covariance = clean.values().iter().map(u).collect();
        clean.with_covariance(covariance).unwrap()
    }

    fn named(impedance: Impedance) -> MeasuredOutput {
        MeasuredOutput { name: "amp".to_owned(), impedance }
    }

    fn at_1khz() -> Normalisation {
        Normalisation::At(Frequency::new(1e3).unwrap())
    }

    #[test]
    fn a_measured_resistance_does_what_a_resistance_does() {
        let output = named(of(|_| Complex64::from(10.0), 0.0));
        let found = effect(&of(headphone, 0.0), &output, None, at_1khz()).unwrap();
        let ten = [Resistance::new(10.0).unwrap()];
        let expected = source::compare(&of(headphone, 0.0), &ten, None, at_1khz()).unwrap();
        let expected = &expected.sources[0];
        for (a, b) in found.curve.values().iter().zip(expected.curve.values()) {
            assert!((a - b).abs() < 1e-9);
        }
        assert!((found.worst_db - expected.worst_db).abs() < 1e-9);
        assert!((found.source.ohm() - 10.0).abs() < 1e-9 && found.label() == "amp");
        assert!(found.curve.u().unwrap().iter().all(|u| *u < 1e-12));
    }

    #[test]
    fn the_uncertainty_is_that_of_small_changes_of_both_impedances() {
        /// Of a step of a thousandth, to first order.
        const STEP: f64 = 1e-3;
        let coupled = |f: f64| Complex64::new(10.0, -1.0 / (std::f64::consts::TAU * f * 220e-6));
        let found =
            effect(&of(headphone, 0.01), &named(of(coupled, 0.02)), None, Normalisation::None);
        let u = found.unwrap().curve.u().unwrap().clone();
        for (f, u) in FrequencyGrid::standard().hz().iter().zip(u) {
            let level = |z: Complex64, s: Complex64| amplitude_db((z / (z + s)).norm());
            let (z, s) = (headphone(*f), coupled(*f));
            let by_z = (level(z * (1.0 + STEP), s) - level(z, s)) / STEP * 0.01;
            let by_s = (level(z, s * (1.0 + STEP)) - level(z, s)) / STEP * 0.02;
            assert!((u / by_z.hypot(by_s) - 1.0).abs() < 0.01, "{f} Hz: {u}");
        }
    }

    #[test]
    fn an_output_that_was_measured_elsewhere_is_refused() {
        let high = FrequencyGrid::new(vec![30e3, 40e3]).unwrap();
        let output = named(Impedance::from_fn(high, |_| Complex64::ONE).unwrap());
        let refused = effect(&of(headphone, 0.0), &output, None, at_1khz());
        assert!(matches!(refused, Err(StudyError::NoCommonBand { .. })), "{refused:?}");
    }
}
