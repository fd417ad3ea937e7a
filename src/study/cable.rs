//! What a cable or an adapter adds, and whether two of them differ.
//!
//! A cable of impedance Zc between a source and a headphone is one more source impedance. Whatever
//! is there with any cable, headphone and source, is the load that the cables are compared on:
//!
//! ```text
//! G/G₀ = (Z + Zs)/(Z + Zs + Zc)
//! ```
//!
//! so that the error of the source, like that of the headphone, cancels as far as two cables are
//! alike. The same holds for what was measured at the near end of the cables, Zc = far − near: it
//! is not in the difference of two cables, and is counted to what all have in common.

use super::load::Load;
use super::normalisation::normalised_with_u;
use super::significance::significance;
use super::source::worst;
use super::{AUDIBLE_HZ, StudyError};
use crate::metrology::thevenin::series;
use crate::model::{
    Cable, CableChange, CableComparison, CableDifference, CableEffect, CableVerdict, Covariance,
    Curve, Estimate, FrequencyGrid, Impedance, MeasuredOutput, Normalisation, Source, Spectrum,
};
use crate::quantity::Frequency;
use crate::quantity::unit::{Decibel, Ohm, Unit};

/// Where the resistance of a cable and its loss of level are quoted, in hertz.
const QUOTED_HZ: f64 = 1000.0;

/// Coverage factor of an expanded uncertainty, about 95 %.
const K: f64 = 2.0;

/// What is asked of cables.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Name and impedance of each cable: itself, or with `near` what is seen at its far end.
    pub cables: Vec<(String, Impedance)>,
    /// What is seen at the near end of every cable, if the impedances are those of far ends.
    pub near: Option<Impedance>,
    /// The headphone's impedance.
    pub headphone: Option<Impedance>,
    /// What drives the headphone, without any cable.
    pub source: Source,
}

/// Resistance and coil of each cable, what it does between source and headphone, and how every
/// other differs from the first.
///
/// # Errors
///
/// When no cable is given, two have one name, or the impedances do not all reach 1 kHz and share
/// frequencies inside 20 Hz to 20 kHz.
pub fn compare(question: &Question) -> Result<CableComparison, StudyError> {
    check_names(question)?;
    let bench = Bench::new(question)?;
    let seen: Vec<Seen> = (question.cables.iter())
        .map(|(name, impedance)| bench.seen(name, impedance))
        .collect::<Result<_, _>>()?;
    let (first, others) = seen.split_first().ok_or(StudyError::NoCables)?;
    let cables = seen.iter().map(|seen| bench.cable(seen));
    let differences = others.iter().map(|other| bench.difference(other, first));
    Ok(CableComparison {
        cables: cables.collect::<Result<_, _>>()?,
        differences: differences.collect::<Result<_, _>>()?,
        source: question.source.clone(),
    })
}

fn check_names(question: &Question) -> Result<(), StudyError> {
    for (i, (name, _)) in question.cables.iter().enumerate() {
        if question.cables[..i].iter().any(|(earlier, _)| earlier == name) {
            return Err(StudyError::DuplicateCable { name: name.clone() });
        }
    }
    Ok(())
}

/// A cable as it was measured.
struct Seen {
    name: String,
    /// What was measured: the far end, if there is a near one.
    measured: Impedance,
    /// The cable alone.
    alone: Impedance,
}

impl Seen {
    /// One of the impedances as a source.
    fn source(&self, impedance: &Impedance) -> Source {
        let (name, impedance) = (self.name.clone(), impedance.clone());
        Source::Measured(MeasuredOutput { name, impedance })
    }
}

/// What all cables have in common.
struct Bench<'a> {
    near: Option<&'a Impedance>,
    /// Headphone and source, in series with the cable alone.
    load: Option<Load>,
    /// Headphone and source, in series with what was measured of a cable.
    load_of_measured: Option<Load>,
}

impl<'a> Bench<'a> {
    fn new(question: &'a Question) -> Result<Self, StudyError> {
        let near = question.near.as_ref();
        let Some(headphone) = &question.headphone else {
            return Ok(Self { near, load: None, load_of_measured: None });
        };
        let driven = match &question.source {
            Source::Resistance(resistance) => {
                let resistance =
                    Impedance::from_fn(headphone.grid().clone(), |_| resistance.ohm().into())?;
                let known = vec![Covariance::default(); headphone.grid().len()];
                sum(headphone, &resistance.with_covariance(known)?, 1.0)?
            }
            Source::Measured(output) => sum(headphone, &output.impedance, 1.0)?,
        };
        let of_measured = near.map(|near| sum(&driven, near, -1.0)).transpose()?;
        Ok(Self {
            near,
            load: Some(Load::new(&driven)?),
            load_of_measured: Some(Load::new(of_measured.as_ref().unwrap_or(&driven))?),
        })
    }

    fn seen(&self, name: &str, measured: &Impedance) -> Result<Seen, StudyError> {
        let alone = match self.near {
            Some(near) => sum(measured, near, -1.0)?,
            None => measured.clone(),
        };
        let alone = alone.narrowed_to(&audible(&[alone.grid()])?)?;
        Ok(Seen { name: name.to_owned(), measured: measured.clone(), alone })
    }

    fn cable(&self, seen: &Seen) -> Result<Cable, StudyError> {
        let effect = self.load.as_ref().map(|load| effect(load, seen)).transpose()?;
        Ok(Cable {
            name: seen.name.clone(),
            resistance_ohm: at_quoted(&resistance(&seen.alone)?)?,
            inductance_h: inductance(&seen.alone),
            impedance: seen.alone.clone(),
            effect,
        })
    }

    fn difference(&self, other: &Seen, first: &Seen) -> Result<CableDifference, StudyError> {
        let apart = sum(&other.measured, &first.measured, -1.0)?;
        let [from, to] = [first, other].map(|seen| seen.source(&seen.measured));
        let change = |load: &Load| load.change(&from, &to);
        let heard = self.load_of_measured.as_ref().map(change).transpose()?;
        Ok(CableDifference {
            name: other.name.clone(),
            reference: first.name.clone(),
            resistance_ohm: at_quoted(&resistance(&apart)?)?,
            heard: heard.map(changed),
        })
    }
}

/// The frequencies of the first grid that all have, inside the range of hearing.
fn audible(grids: &[&FrequencyGrid]) -> Result<FrequencyGrid, StudyError> {
    let start_hz = grids.iter().map(|grid| grid.first_hz()).fold(AUDIBLE_HZ.0, f64::max);
    let end_hz = grids.iter().map(|grid| grid.last_hz()).fold(AUDIBLE_HZ.1, f64::min);
    let common = grids.first().and_then(|grid| grid.within(start_hz, end_hz));
    common.ok_or(StudyError::NoCommonBand { start_hz, end_hz })
}

/// `a + sign·b` where both are known, with both uncertainties if they have theirs.
fn sum(a: &Impedance, b: &Impedance, sign: f64) -> Result<Impedance, StudyError> {
    let grid = audible(&[a.grid(), b.grid()])?;
    let (a, b) = (a.resampled_onto(&grid)?, b.resampled_onto(&grid)?);
    let values = a.values().iter().zip(b.values()).map(|(a, b)| a + sign * b).collect();
    let sum = Spectrum::new(grid, values)?;
    let Some((a, b)) = a.covariance().zip(b.covariance()) else { return Ok(sum) };
    Ok(sum.with_covariance(a.iter().zip(b).map(|(&a, &b)| a.plus(b)).collect())?)
}

/// The real part.
fn resistance(impedance: &Impedance) -> Result<Curve<Ohm>, StudyError> {
    let real = impedance.values().mapv(|z| z.re);
    let curve = Curve::new(impedance.grid().clone(), real)?;
    let Some(covariance) = impedance.covariance() else { return Ok(curve) };
    Ok(curve.with_u(covariance.iter().map(|c| c.rr.max(0.0).sqrt()).collect())?)
}

fn at_quoted<U: Unit>(curve: &Curve<U>) -> Result<Estimate, StudyError> {
    Ok(Estimate { value: curve.at(QUOTED_HZ)?, u: curve.u_at(QUOTED_HZ) })
}

/// The coil, where resistance and coil in series hold and it stands out from its uncertainty.
///
/// The stated uncertainty may be noise or one error at all frequencies; of the latter the coil has
/// that of the reactance at the highest frequency, which is where it shows.
fn inductance(cable: &Impedance) -> Option<Estimate> {
    let values = cable.values().to_vec();
    let covariance = cable.covariance();
    let fit = series(cable.hz(), &values, covariance.unwrap_or_default(), &[])?;
    let coil = fit.inductance_h.filter(|_| fit.capacitance_f.is_none())?;
    let omega = std::f64::consts::TAU * cable.grid().last_hz();
    let of_reactance = covariance.and_then(<[_]>::last).map(|c| c.ii.max(0.0).sqrt() / omega);
    let figure = Estimate { value: coil.value, u: of_reactance.map(|u| u.hypot(coil.u)) };
    figure.u.is_none_or(|u| figure.value > K * u).then_some(figure)
}

fn effect(load: &Load, seen: &Seen) -> Result<CableEffect, StudyError> {
    let level = load.change(&Source::IDEAL, &seen.source(&seen.alone))?;
    let at = Frequency::new(QUOTED_HZ).map_or(Normalisation::None, Normalisation::At);
    let curve = normalised_with_u(&level, at, "the effect of the cable")?;
    let (worst_hz, worst_db) = worst(&curve);
    Ok(CableEffect {
        worst_db: Estimate { value: worst_db, u: curve.u_at(worst_hz) },
        worst_hz,
        loss_db: at_quoted(&level)?,
        curve,
    })
}

fn changed(curve: Curve<Decibel>) -> CableChange {
    let (worst_hz, worst_db) = worst(&curve);
    CableChange {
        worst_db: Estimate { value: worst_db, u: curve.u_at(worst_hz) },
        worst_hz,
        verdict: verdict(&curve),
        curve,
    }
}

fn verdict(difference: &Curve<Decibel>) -> Option<CableVerdict> {
    let spans = significance(difference)?.spans;
    let sizes = difference.values().iter().zip(difference.u()?);
    let none_above_db = sizes.map(|(db, u)| K.mul_add(*u, db.abs())).fold(0.0, f64::max);
    Some(CableVerdict { spans, none_above_db })
}

#[cfg(test)]
pub(crate) mod specimen;
#[cfg(test)]
mod tests;
