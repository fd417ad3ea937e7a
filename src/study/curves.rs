//! Any curves beside each other: left and right, before and after, one program and another.

mod difference;

use super::normalisation::level;
use super::{AUDIBLE_HZ, StudyError};
use crate::dsp::smoothing::{LogMean, smoothed_level};
use crate::model::{
    ComparedCurve, Curve, CurveComparison, Extremes, Normalisation, Polar, Trace, TraceKind,
};
use crate::quantity::unit::{Decibel, Degree, Ohm, Unit};
use crate::quantity::{Smoothing, amplitude_db};

/// A curve with what it is called.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedCurve {
    /// The name.
    pub name: String,
    /// The curve.
    pub trace: Trace,
}

/// Lays curves of one kind beside each other and compares each with one of them.
///
/// Curves are smoothed, then normalised. Responses are moved to 0 dB where the normalisation
/// says; impedances are multiplied so that they have the reference's magnitude there, and stay in
/// ohms. Smoothing is the mean of power over a window in ln f, of the phase of an impedance the
/// mean of the angle. Uncertainties are left as they were, which is too large where noise was
/// smoothed away, and never too small.
///
/// A difference is that of a curve to the reference over the band that both cover between 20 Hz
/// and 20 kHz, at the frequencies of the one that has fewer there; the other is interpolated over
/// ln f. Standard uncertainties are combined as independent, u² = u₁² + u₂². What the two have in
/// common, for instance the tolerance of one sense resistor used for both, cancels in truth, so
/// the combined uncertainty is then too large.
///
/// `reference` names the curve that the others are compared with, the first if none is named.
///
/// # Errors
///
/// When there are fewer than two curves, two of one name, responses and impedances together, no
/// curve of the reference's name, two curves without a common band, an impedance of zero, or a
/// curve that does not reach where it is normalised.
pub fn compare(
    curves: &[NamedCurve],
    reference: Option<&str>,
    normalisation: Normalisation,
    smoothing: Smoothing,
) -> Result<CurveComparison, StudyError> {
    check(curves)?;
    let base = position(curves, reference)?;
    let traces = laid_upon(curves, base, normalisation, smoothing)?;
    let compared: Vec<ComparedCurve> = (curves.iter().zip(traces))
        .map(|(curve, trace)| ComparedCurve {
            name: curve.name.clone(),
            extremes: extremes(&trace),
            trace,
        })
        .collect();
    let others = compared.iter().enumerate().filter(|(i, _)| *i != base);
    let differences = others
        .map(|(_, curve)| difference::between(curve, &compared[base]))
        .collect::<Result<_, _>>()?;
    Ok(CurveComparison { curves: compared, differences, normalisation, smoothing })
}

fn check(curves: &[NamedCurve]) -> Result<(), StudyError> {
    if curves.len() < 2 {
        return Err(StudyError::TooFewCurves { found: curves.len() });
    }
    for (i, curve) in curves.iter().enumerate() {
        if curves[..i].iter().any(|earlier| earlier.name == curve.name) {
            return Err(StudyError::DuplicateCurve { name: curve.name.clone() });
        }
    }
    let of = |kind| curves.iter().find(|curve| curve.trace.kind() == kind);
    match (of(TraceKind::Response), of(TraceKind::Impedance)) {
        (Some(response), Some(impedance)) => Err(StudyError::MixedKinds {
            response: response.name.clone(),
            impedance: impedance.name.clone(),
        }),
        _ => Ok(()),
    }
}

fn position(curves: &[NamedCurve], reference: Option<&str>) -> Result<usize, StudyError> {
    let Some(name) = reference else { return Ok(0) };
    curves.iter().position(|curve| curve.name == name).ok_or_else(|| {
        let known = curves.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
        StudyError::UnknownCurve { name: name.to_owned(), known }
    })
}

/// The curves, smoothed and normalised.
fn laid_upon(
    curves: &[NamedCurve],
    base: usize,
    normalisation: Normalisation,
    smoothing: Smoothing,
) -> Result<Vec<Trace>, StudyError> {
    let smooth: Vec<Trace> =
        curves.iter().map(|curve| smoothed(&curve.trace, smoothing)).collect::<Result<_, _>>()?;
    let levels = (curves.iter().zip(&smooth))
        .map(|(curve, trace)| match normalisation {
            Normalisation::None => Ok(None),
            _ => level(&to_level(trace, &curve.name)?, normalisation, &quoted(&curve.name)),
        })
        .collect::<Result<Vec<_>, StudyError>>()?;
    let target = levels[base].unwrap_or_default();
    let moved = |(trace, level): (Trace, &Option<f64>)| match (level, trace) {
        (None, trace) => Ok(trace),
        (Some(level), Trace::Response(polar)) => {
            let magnitude = polar.magnitude().shifted(-level);
            Ok(Trace::Response(rejoined(magnitude, &polar)?))
        }
        (Some(level), Trace::Impedance(polar)) => {
            let factor = 10_f64.powf((target - level) / 20.0);
            Ok(Trace::Impedance(rejoined(times(polar.magnitude(), factor)?, &polar)?))
        }
    };
    smooth.into_iter().zip(&levels).map(moved).collect()
}

fn quoted(name: &str) -> String {
    format!("'{name}'")
}

fn smoothed(trace: &Trace, smoothing: Smoothing) -> Result<Trace, StudyError> {
    let Some(half_width) = smoothing.half_width() else { return Ok(trace.clone()) };
    Ok(match trace {
        Trace::Response(polar) => {
            let level = polar.magnitude();
            let values = smoothed_level(level.hz(), &level.values().to_vec(), smoothing);
            Trace::Response(rejoined(with_values(level, values)?, polar)?)
        }
        Trace::Impedance(polar) => {
            let ohm = polar.magnitude();
            let power = ohm.values().iter().map(|ohm| ohm * ohm).collect();
            let mean = LogMean::new(ohm.hz().iter().copied(), power);
            let rms = ohm.hz().iter().map(|&f| mean.at(f, half_width).max(0.0).sqrt()).collect();
            let magnitude = with_values(ohm, rms)?;
            let Some(phase) = polar.phase() else {
                return Ok(Trace::Impedance(Polar::of_magnitude(magnitude)));
            };
            let mean = LogMean::new(phase.hz().iter().copied(), phase.values().to_vec());
            let angle = phase.hz().iter().map(|&f| mean.at(f, half_width)).collect();
            let phase: Curve<Degree> = with_values(phase, angle)?;
            Trace::Impedance(Polar::new(magnitude, phase)?)
        }
    })
}

/// Other values with the frequencies and the uncertainties of a curve.
fn with_values<U: Unit>(curve: &Curve<U>, values: Vec<f64>) -> Result<Curve<U>, StudyError> {
    let other = Curve::new(curve.grid().clone(), values.into())?;
    Ok(match curve.u() {
        Some(u) => other.with_u(u.clone())?,
        None => other,
    })
}

/// Another magnitude with the phase that was there.
fn rejoined<U: Unit>(magnitude: Curve<U>, polar: &Polar<U>) -> Result<Polar<U>, StudyError> {
    Ok(match polar.phase() {
        Some(phase) => Polar::new(magnitude, phase.clone())?,
        None => Polar::of_magnitude(magnitude),
    })
}

fn times(curve: &Curve<Ohm>, factor: f64) -> Result<Curve<Ohm>, StudyError> {
    let scaled = Curve::new(curve.grid().clone(), curve.values() * factor)?;
    Ok(match curve.u() {
        Some(u) => scaled.with_u(u * factor)?,
        None => scaled,
    })
}

/// The level of a curve: of an impedance, 20·lg |Z| / Ω.
fn to_level(trace: &Trace, name: &str) -> Result<Curve<Decibel>, StudyError> {
    match trace {
        Trace::Response(polar) => Ok(polar.magnitude().clone()),
        Trace::Impedance(polar) => {
            let ohm = polar.magnitude();
            if let Some((frequency_hz, _)) = ohm.points().find(|(_, ohm)| *ohm <= 0.0) {
                return Err(StudyError::NoRatio { name: name.to_owned(), frequency_hz });
            }
            Ok(Curve::new(ohm.grid().clone(), ohm.values().mapv(amplitude_db))?)
        }
    }
}

fn extremes(trace: &Trace) -> Option<Extremes> {
    let points: Vec<(f64, f64)> = match trace {
        Trace::Response(polar) => polar.magnitude().points().collect(),
        Trace::Impedance(polar) => polar.magnitude().points().collect(),
    };
    let audible = |(hz, _): &&(f64, f64)| (AUDIBLE_HZ.0..=AUDIBLE_HZ.1).contains(hz);
    let by_value = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
    let &(minimum_hz, minimum) = points.iter().filter(audible).min_by(by_value)?;
    let &(maximum_hz, maximum) = points.iter().filter(audible).max_by(by_value)?;
    Some(Extremes { minimum, minimum_hz, maximum, maximum_hz })
}

#[cfg(test)]
mod tests;
