//! An impedance from responses behind known resistors, without any electrical input.
//!
//! A resistor R in series with a headphone of impedance Zh on a source of impedance Zs takes a part
//! of its voltage, and with it of its sound:
//!
//! ```text
//! H_0 / H_R = (Zh + Zs + R) / (Zh + Zs) = 1 + R·Y,   Y = 1/(Zh + Zs)
//! |H_0 / H_R|² = 1 + 2R·Re Y + R²·|Y|²
//! ```
//!
//! (Ohm's law; nothing is assumed but that the headphone is linear and sits as it sat.) At each
//! frequency that is linear in Re Y and |Y|², so that two resistors give both and more of them a
//! least-squares solution. The level behind any other resistor follows from the same two numbers.
//! |Im Y| = √(|Y|² − (Re Y)²) follows too, but not its sign: an inductance and a capacitance take
//! the same level. What is inferred holds the source's own Zs, which is a fraction of an ohm for
//! most amplifiers that are meant for headphones.

mod fit;
mod uncertainty;

use num_complex::Complex64;

use super::load::{Admittance, Load};
use super::{AUDIBLE_HZ, StudyError};
use crate::model::{
    Covariance, Curve, Extremes, FrequencyGrid, Impedance, InferredImpedance, InferredUncertainty,
    QuotedMagnitude,
};
use crate::quantity::unit::Decibel;
use crate::quantity::{Resistance, power_db};
use fit::{Fall, solved};

/// Where people quote magnitudes, in hertz.
const QUOTED_HZ: [f64; 4] = [30.0, 100.0, 1000.0, 5000.0];

/// A response that was measured behind a resistor.
#[derive(Debug, Clone, PartialEq)]
pub struct Behind {
    /// The resistor, 0 Ω for none.
    pub resistor: Resistance,
    /// The level that one and the same voltage of the source gives.
    pub level: Curve<Decibel>,
}

/// What responses behind several resistors say of a headphone.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    resistors: Vec<Resistance>,
    unloaded: Curve<Decibel>,
    admittance: Vec<Admittance>,
    forced: usize,
    uncertainty: Option<InferredUncertainty>,
}

impl Series {
    /// Infers the admittance at the frequencies of the response behind 0 Ω from 20 Hz to 20 kHz, as
    /// far as all responses reach.
    ///
    /// # Errors
    ///
    /// When there is not one response behind 0 Ω and one behind each of two or more other
    /// resistors, when they have no band in common, or when they do not fall with the resistor.
    pub fn new(responses: &[Behind]) -> Result<Self, StudyError> {
        let ordered = in_order(responses)?;
        let grid = common_grid(&ordered)?;
        let levels = ordered
            .iter()
            .map(|behind| behind.level.resampled_onto(&grid))
            .collect::<Result<Vec<_>, _>>()?;
        let resistors: Vec<Resistance> = ordered.iter().map(|behind| behind.resistor).collect();
        let falls: Vec<Vec<Fall>> = (0..grid.len())
            .map(|k| {
                let fall_db = |level: &Curve<Decibel>| levels[0].values()[k] - level.values()[k];
                (resistors.iter().zip(&levels).skip(1))
                    .map(|(resistor, level)| Fall::new(*resistor, fall_db(level)))
                    .collect()
            })
            .collect();
        let (mut admittance, mut forced) = (Vec::with_capacity(grid.len()), 0);
        for (&frequency_hz, falls) in grid.hz().iter().zip(&falls) {
            let found = solved(falls).ok_or_else(|| no_fall(frequency_hz, falls))?;
            forced += usize::from(found.forced);
            admittance.push(found.admittance);
        }
        let known = uncertainty::of(&grid, &falls, &levels);
        if let Some((_, covariances)) = &known {
            for (admittance, covariance) in admittance.iter_mut().zip(covariances) {
                admittance.covariance = Some(*covariance);
            }
        }
        let uncertainty = known.map(|(origin, _)| origin);
        let [unloaded, ..] = levels.as_slice() else { return Err(StudyError::NoUnloaded) };
        Ok(Self { resistors, unloaded: unloaded.clone(), admittance, forced, uncertainty })
    }

    /// The response behind 0 Ω, where the impedance was inferred.
    pub(super) const fn unloaded(&self) -> &Curve<Decibel> {
        &self.unloaded
    }

    pub(super) fn load(&self) -> Load {
        Load::of_admittance(self.grid().clone(), self.admittance.clone())
    }

    fn grid(&self) -> &FrequencyGrid {
        self.unloaded.grid()
    }

    /// The impedance as far as it is known: the sign of its phase is not, and is taken as positive.
    ///
    /// # Errors
    ///
    /// Never for the finite admittances that are in here.
    pub fn impedance(&self) -> Result<Impedance, StudyError> {
        let z = |y: &Admittance| Complex64::from_polar(y.impedance_ohm(), y.cosine().acos());
        let bare = Impedance::new(self.grid().clone(), self.admittance.iter().map(z).collect())?;
        let covariance: Option<Vec<Covariance>> =
            (self.admittance.iter().zip(bare.values())).map(|(y, &z)| covariance(*y, z)).collect();
        Ok(match covariance {
            Some(covariance) => bare.with_covariance(covariance)?,
            None => bare,
        })
    }

    /// Its figures.
    ///
    /// # Errors
    ///
    /// Never for the finite admittances that are in here.
    pub fn figures(&self) -> Result<InferredImpedance, StudyError> {
        let magnitude = self.impedance()?.magnitude();
        let quoted = QUOTED_HZ.iter().filter_map(|&frequency_hz| {
            let ohm = magnitude.at(frequency_hz).ok()?;
            Some(QuotedMagnitude { frequency_hz, ohm, u_ohm: magnitude.u_at(frequency_hz) })
        });
        let mut extremes = Extremes {
            minimum: f64::INFINITY,
            minimum_hz: magnitude.grid().first_hz(),
            maximum: 0.0,
            maximum_hz: magnitude.grid().first_hz(),
        };
        for (hz, ohm) in magnitude.points() {
            if ohm < extremes.minimum {
                (extremes.minimum, extremes.minimum_hz) = (ohm, hz);
            }
            if ohm > extremes.maximum {
                (extremes.maximum, extremes.maximum_hz) = (ohm, hz);
            }
        }
        Ok(InferredImpedance {
            resistors: self.resistors.clone(),
            quoted: quoted.collect(),
            extremes,
            forced_share: self.forced as f64 / self.admittance.len() as f64,
            uncertainty: self.uncertainty,
        })
    }
}

/// Covariance of Z, from that of Re Y and |Y|²: |Z| = |Y|⁻¹, cos φ = Re Y·|Z|.
fn covariance(y: Admittance, z: Complex64) -> Option<Covariance> {
    let known = y.covariance?;
    let (ohm, cosine) = (y.impedance_ohm(), y.cosine());
    let u_ohm = known.u_along(0.0, 0.5 * ohm / y.squared);
    let u_cosine = known.u_along(ohm, -0.5 * cosine / y.squared);
    // Of a resistance the cosine hardly depends on the angle, which may then be any.
    let u_angle = u_cosine.atan2((1.0 - cosine * cosine).sqrt());
    Some(Covariance::polar(z, u_ohm, ohm * u_angle))
}

/// The responses in order of their resistors, 0 Ω first.
fn in_order(responses: &[Behind]) -> Result<Vec<&Behind>, StudyError> {
    let mut ordered: Vec<&Behind> = responses.iter().collect();
    ordered.sort_by(|a, b| a.resistor.ohm().total_cmp(&b.resistor.ohm()));
    let same = |pair: &[&Behind]| pair[0].resistor.ohm() >= pair[1].resistor.ohm();
    if let Some(pair) = ordered.windows(2).find(|pair| same(pair)) {
        return Err(StudyError::DuplicateResistor { resistor: pair[0].resistor });
    }
    match ordered.first() {
        Some(first) if first.resistor.ohm() <= 0.0 => {}
        _ => return Err(StudyError::NoUnloaded),
    }
    let found = ordered.len() - 1;
    if found < 2 { Err(StudyError::TooFewResistors { found }) } else { Ok(ordered) }
}

/// The audible frequencies of the first response that all reach.
fn common_grid(ordered: &[&Behind]) -> Result<FrequencyGrid, StudyError> {
    let grids = || ordered.iter().map(|behind| behind.level.grid());
    let start_hz = grids().map(FrequencyGrid::first_hz).fold(AUDIBLE_HZ.0, f64::max);
    let end_hz = grids().map(FrequencyGrid::last_hz).fold(AUDIBLE_HZ.1, f64::min);
    let first = ordered.first().ok_or(StudyError::NoUnloaded)?;
    let apart = StudyError::NoCommonBand { start_hz, end_hz };
    first.level.grid().within(start_hz, end_hz).ok_or(apart)
}

fn no_fall(frequency_hz: f64, falls: &[Fall]) -> StudyError {
    let least = falls.iter().min_by(|a, b| a.q.total_cmp(&b.q));
    let (resistor, q) = least.map_or((Resistance::MIN, 1.0), |fall| (fall.resistor, fall.q));
    StudyError::NoFall { frequency_hz, resistor, change_db: -power_db(q) }
}

#[cfg(test)]
mod tests;
