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

use num_complex::Complex64;

use super::load::{Admittance, Load};
use super::source::worst;
use super::{AUDIBLE_HZ, StudyError};
use crate::metrology::band::mean_over;
use crate::model::{
    Curve, Extremes, FrequencyGrid, Impedance, InferredImpedance, QuotedMagnitude,
    SeriesVerification,
};
use crate::quantity::unit::Decibel;
use crate::quantity::{Resistance, amplitude_ratio, power_db};

/// Where a prediction is judged, in hertz: above what a seal changes from one take to the next,
/// and below what the coupler's own resonances make of a hair's breadth.
const JUDGED_HZ: (f64, f64) = (50.0, 10e3);
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
        let (mut admittance, mut forced) = (Vec::with_capacity(grid.len()), 0);
        for (k, &frequency_hz) in grid.hz().iter().enumerate() {
            let fall_db = |level: &Curve<Decibel>| levels[0].values()[k] - level.values()[k];
            let falls: Vec<Fall> = (resistors.iter().zip(&levels).skip(1))
                .map(|(resistor, level)| Fall::new(*resistor, fall_db(level)))
                .collect();
            let found = solved(&falls).ok_or_else(|| no_fall(frequency_hz, &falls))?;
            forced += usize::from(found.forced);
            admittance.push(found.admittance);
        }
        let [unloaded, ..] = levels.as_slice() else { return Err(StudyError::NoUnloaded) };
        Ok(Self { resistors, unloaded: unloaded.clone(), admittance, forced })
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
        let z = |y: &Admittance| {
            let magnitude = y.impedance_ohm();
            let cosine = (y.conductance * magnitude).clamp(0.0, 1.0);
            Complex64::from_polar(magnitude, cosine.acos())
        };
        Ok(Impedance::new(self.grid().clone(), self.admittance.iter().map(z).collect())?)
    }

    /// Its figures, and how well it predicts the responses that it was not made from.
    ///
    /// # Errors
    ///
    /// When one of them shares no frequency with it inside 50 Hz to 10 kHz.
    pub fn figures(&self, kept: &[Behind]) -> Result<InferredImpedance, StudyError> {
        let magnitude = self.impedance()?.magnitude();
        let quoted = QUOTED_HZ.iter().filter_map(|&frequency_hz| {
            Some(QuotedMagnitude { frequency_hz, ohm: magnitude.at(frequency_hz).ok()? })
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
            verification: kept
                .iter()
                .map(|behind| self.verified(behind))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Measured against predicted, after one offset.
    fn verified(&self, behind: &Behind) -> Result<SeriesVerification, StudyError> {
        let (own, other) = (self.grid(), behind.level.grid());
        let from_hz = JUDGED_HZ.0.max(own.first_hz()).max(other.first_hz());
        let to_hz = JUDGED_HZ.1.min(own.last_hz()).min(other.last_hz());
        let apart = || StudyError::NoCommonBand { start_hz: from_hz, end_hz: to_hz };
        let grid = own.within(from_hz, to_hz).ok_or_else(apart)?;
        let first = own.hz().partition_point(|&f| f < grid.first_hz());
        let ohm = behind.resistor.ohm();
        let predicted = (self.unloaded.values().iter().zip(&self.admittance).skip(first))
            .map(|(level, y)| level - power_db(y.power_behind(ohm)));
        let measured = behind.level.resampled_onto(&grid)?;
        let difference = measured.values().iter().zip(predicted).map(|(m, p)| m - p).collect();
        let difference = Curve::<Decibel>::new(grid.clone(), difference)?;
        let mean = |curve: &Curve<Decibel>| {
            mean_over(curve, grid.first_hz(), grid.last_hz()).ok_or_else(apart)
        };
        let offset_db = mean(&difference)?;
        let rest = difference.shifted(-offset_db);
        let squares = Curve::<Decibel>::new(grid.clone(), rest.values().mapv(|db| db * db))?;
        let (worst_hz, worst_db) = worst(&rest);
        Ok(SeriesVerification {
            resistor: behind.resistor,
            offset_db,
            rms_db: mean(&squares)?.sqrt(),
            worst_db,
            worst_hz,
        })
    }
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

/// What one resistor takes at one frequency.
#[derive(Debug, Clone, Copy)]
struct Fall {
    resistor: Resistance,
    ohm: f64,
    /// The power behind 0 Ω over that behind the resistor; above 1 for a passive headphone.
    q: f64,
}

impl Fall {
    fn new(resistor: Resistance, fall_db: f64) -> Self {
        let q = amplitude_ratio(fall_db).powi(2);
        Self { resistor, ohm: resistor.ohm(), q }
    }
}

struct Solution {
    admittance: Admittance,
    forced: bool,
}

/// The least-squares solution at one frequency; `None` if no passive headphone comes near.
///
/// Levels scatter alike in decibels, so each q is weighted by 1/q. A solution in which (Re Y)²
/// exceeds |Y|² belongs to no headphone. A little of that comes from resistors and levels that are
/// off by a percent, and is left as it is, since the prediction is better for it. Where it is more,
/// noise decides, and the nearest pure resistance is taken: √q = 1 + R·Y.
fn solved(falls: &[Fall]) -> Option<Solution> {
    /// Least |Y|²/(Re Y)² that is left as it is. Behind 10 Ω and 50 Ω a level that is off by
    /// 0.05 dB makes 0.91 of the 1 of a resistor of 20 Ω, and 0.81 of that of 50 Ω.
    const LEAST_RATIO: f64 = 0.5;
    let (conductance, squared) = least_squares(falls)?;
    if conductance >= 0.0 && squared > LEAST_RATIO * conductance * conductance {
        return Some(Solution { admittance: Admittance { conductance, squared }, forced: false });
    }
    let weighted = |y: fn(&Fall) -> f64, x: fn(&Fall) -> f64| -> f64 {
        let (mut xy, mut xx) = (0.0, 0.0);
        for fall in falls {
            let weight = (fall.q * fall.q).recip();
            xy += weight * x(fall) * y(fall);
            xx += weight * x(fall) * x(fall);
        }
        xy / xx
    };
    let forced = if conductance < 0.0 {
        let squared = weighted(|fall| fall.q - 1.0, |fall| fall.ohm * fall.ohm);
        Admittance { conductance: 0.0, squared }
    } else {
        let conductance = weighted(|fall| fall.q.sqrt() - 1.0, |fall| fall.ohm);
        Admittance { conductance, squared: conductance * conductance.max(0.0) }
    };
    let is_load = forced.squared > 0.0 && forced.squared.is_finite();
    is_load.then_some(Solution { admittance: forced, forced: true })
}

/// Re Y and |Y|² from q − 1 = 2R·Re Y + R²·|Y|²; `None` if the resistors are equal.
fn least_squares(falls: &[Fall]) -> Option<(f64, f64)> {
    let (mut aa, mut ab, mut bb, mut ay, mut by) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for fall in falls {
        let (a, b, y) = (2.0 * fall.ohm / fall.q, fall.ohm.powi(2) / fall.q, 1.0 - 1.0 / fall.q);
        aa += a * a;
        ab += a * b;
        bb += b * b;
        ay += a * y;
        by += b * y;
    }
    let determinant = aa * bb - ab * ab;
    let solution = ((bb * ay - ab * by) / determinant, (aa * by - ab * ay) / determinant);
    (solution.0.is_finite() && solution.1.is_finite()).then_some(solution)
}

fn no_fall(frequency_hz: f64, falls: &[Fall]) -> StudyError {
    let least = falls.iter().min_by(|a, b| a.q.total_cmp(&b.q));
    let (resistor, q) = least.map_or((Resistance::MIN, 1.0), |fall| (fall.resistor, fall.q));
    StudyError::NoFall { frequency_hz, resistor, change_db: -power_db(q) }
}

#[cfg(test)]
mod tests;
