//! What a headphone needs for a level, and what an amplifier will do with it.
//!
//! ```text
//! dB SPL/V = dB SPL/mW + 10·log10(1000 Ω / Z)        1 mW into Z is √(0.001 W · Z)
//! V(f) = 10^((level + headroom − S(f)) / 20)         S: level of one volt
//! I(f) = V/|Z|      P(f) = V²·Re(Z)/|Z|²
//! Vmax(f) = min(Voc·|Z/(Z + Zs)|, Imax·|Z|)          Voc, Imax: limits, Zs: output resistance
//! ```
//!
//! A balanced output is two amplifiers in opposite phase: twice Voc and twice Zs, the same Imax.
//! It gains 6.02 dB where the voltage is the limit, and nothing where the current is.

use num_complex::Complex64;

use super::StudyError;
use super::load::Load;
use crate::model::{
    Amplifier, BalancedGain, Bound, Curve, CurveError, Drive, DriveSensitivity, DriveTarget,
    DrivenHeadphone, Exposure, FrequencyGrid, Impedance, Need, NeedPoint, OutputWiring, Peak,
    Reach, ReachPoint, ReferenceImpedance, SensitivityPer, Span,
};
use crate::quantity::unit::{Decibel, Milliampere, Milliwatt, Pascal, Unit, Volt};
use crate::quantity::{Level, amplitude_db, amplitude_ratio, power_db};

/// Of one in a thousand: milliamperes from amperes, milliwatts from watts, and back.
const MILLI: f64 = 1e3;
/// What is exactly enough is enough: rounding of levels and logarithms.
const ROUNDING_DB: f64 = 1e-9;

/// What a level takes of a headphone, and what the outputs of an amplifier reach with it.
///
/// Everything is computed at the impedance's own frequencies from 20 Hz to 20 kHz, as far as the
/// response reaches; the curves carry no uncertainty.
///
/// # Errors
///
/// When the impedance is zero somewhere, impedance or response do not reach the frequency of the
/// sensitivity, or they share no frequency with 20 Hz to 20 kHz or with each other.
pub fn drive(
    headphone: &DrivenHeadphone,
    target: DriveTarget,
    amplifier: Option<Amplifier>,
) -> Result<Drive, StudyError> {
    let load = Load::new(&headphone.impedance)?;
    let grid = match &headphone.response {
        Some(response) => common(load.grid(), response)?,
        None => load.grid().clone(),
    };
    let impedance = headphone.impedance.narrowed_to(&grid)?;
    let stated_z = stated_impedance(headphone)?;
    let sensitivity = sensitivity(headphone, &grid, stated_z)?;
    let bench = Bench { impedance: &impedance, sensitivity: &sensitivity, target, stated_z };
    let outputs = amplifier.iter().flat_map(|amplifier| {
        amplifier.outputs().iter().map(|&wiring| bench.reach(amplifier, wiring))
    });
    let reach = outputs.collect::<Result<Vec<_>, _>>()?;
    Ok(Drive {
        target,
        least_impedance: least(&impedance.magnitude()),
        need: bench.need()?,
        balanced_gain: balanced_gain(&reach)?,
        reach,
        with_response: headphone.response.is_some(),
        amplifier,
        eighth_rule: load.eighth_rule(),
        exposure: exposure(target.level()),
        sensitivity,
        impedance,
    })
}

/// How long a level is allowed to ears.
#[must_use]
pub fn exposure(level: Level<Pascal>) -> Exposure {
    /// Each of these halves the time.
    const EXCHANGE_DB: f64 = 3.0;
    const DAY_MIN: f64 = 24.0 * 60.0;
    let halved = |from_db: f64| ((from_db - level.db()) / EXCHANGE_DB).exp2();
    Exposure {
        niosh_per_day_min: (8.0 * 60.0 * halved(85.0)).min(DAY_MIN),
        who_per_week_min: (40.0 * 60.0 * halved(80.0)).min(7.0 * DAY_MIN),
    }
}

/// The part of a grid that a response covers.
fn common(grid: &FrequencyGrid, response: &Curve<Decibel>) -> Result<FrequencyGrid, StudyError> {
    let (from_hz, to_hz) = (response.grid().first_hz(), response.grid().last_hz());
    grid.within(from_hz, to_hz).ok_or(StudyError::NoCommonBand {
        start_hz: from_hz.max(grid.first_hz()),
        end_hz: to_hz.min(grid.last_hz()),
    })
}

/// The impedance at the frequency of the sensitivity.
fn stated_impedance(headphone: &DrivenHeadphone) -> Result<Complex64, StudyError> {
    let at_hz = headphone.sensitivity.at().hz();
    let outside = |_| CurveError::NotFinite { frequency_hz: at_hz };
    let there = FrequencyGrid::new(vec![at_hz]).map_err(outside)?;
    let z = headphone.impedance.resampled_onto(&there)?.values()[0];
    if z.norm() > 0.0 { Ok(z) } else { Err(StudyError::ShortCircuit { frequency_hz: at_hz }) }
}

fn sensitivity(
    headphone: &DrivenHeadphone,
    grid: &FrequencyGrid,
    stated_z: Complex64,
) -> Result<DriveSensitivity, StudyError> {
    let stated = headphone.sensitivity;
    let reference = match stated.rated() {
        Some(rated) => ReferenceImpedance::Rated(rated.ohm()),
        None => ReferenceImpedance::Magnitude(stated_z.norm()),
    };
    // One volt into Z is 1000/Z milliwatts.
    let volt_over_milliwatt_db = power_db(MILLI / reference.ohm());
    let (per_volt_db, per_milliwatt_db) = match stated.per() {
        SensitivityPer::Volt => (stated.level().db(), stated.level().db() - volt_over_milliwatt_db),
        SensitivityPer::Milliwatt => {
            (stated.level().db() + volt_over_milliwatt_db, stated.level().db())
        }
    };
    let per_volt = match &headphone.response {
        Some(response) => {
            let shift = per_volt_db - response.at(stated.at().hz())?;
            let there = response.resampled_onto(grid)?;
            Curve::new(grid.clone(), there.values() + shift)?
        }
        None => Curve::from_fn(grid.clone(), |_| per_volt_db)?,
    };
    Ok(DriveSensitivity { stated, per_volt_db, per_milliwatt_db, reference, per_volt })
}

/// What every output is held against.
struct Bench<'a> {
    impedance: &'a Impedance,
    sensitivity: &'a DriveSensitivity,
    target: DriveTarget,
    /// The impedance at the frequency of the sensitivity.
    stated_z: Complex64,
}

impl Bench<'_> {
    /// Each impedance with the level of one volt there.
    fn points(&self) -> impl Iterator<Item = (Complex64, f64)> {
        let levels = self.sensitivity.per_volt.values();
        self.impedance.values().iter().copied().zip(levels.iter().copied())
    }

    fn curve<U: Unit>(&self, values: impl Iterator<Item = f64>) -> Result<Curve<U>, CurveError> {
        Curve::new(self.impedance.grid().clone(), values.collect())
    }

    /// The voltage that makes the level where one volt makes another.
    fn voltage_v(&self, per_volt_db: f64) -> f64 {
        amplitude_ratio(self.target.reached().db() - per_volt_db)
    }

    fn need(&self) -> Result<Need, StudyError> {
        let voltage_v = self.voltage_v(self.sensitivity.per_volt_db);
        let at_sensitivity = NeedPoint {
            voltage_v,
            current_ma: MILLI * voltage_v / self.stated_z.norm(),
            power_mw: MILLI * voltage_v.powi(2) / self.sensitivity.reference.ohm(),
        };
        let with_volts = || self.points().map(|(z, level)| (z, self.voltage_v(level)));
        let voltage: Curve<Volt> = self.curve(with_volts().map(|(_, v)| v))?;
        let current: Curve<Milliampere> =
            self.curve(with_volts().map(|(z, v)| MILLI * v / z.norm()))?;
        let power: Curve<Milliwatt> =
            self.curve(with_volts().map(|(z, v)| MILLI * v * v * z.re / z.norm_sqr()))?;
        Ok(Need {
            at_sensitivity,
            most_voltage: most(&voltage),
            most_current: most(&current),
            most_power: most(&power),
            voltage,
            current,
            power,
        })
    }

    fn reach(&self, amplifier: &Amplifier, wiring: OutputWiring) -> Result<Reach, StudyError> {
        let offers: Vec<_> =
            self.impedance.values().iter().map(|&z| offered(amplifier, wiring, z)).collect();
        let voltage: Curve<Volt> = self.curve(offers.iter().map(|(v, _)| *v))?;
        let levels = self.sensitivity.per_volt.values().iter();
        let level: Curve<Decibel> =
            self.curve(levels.zip(&offers).map(|(s, (v, _))| s + amplitude_db(*v)))?;
        let hz = self.impedance.hz();
        let least_db = self.target.reached().db() - ROUNDING_DB;
        let Peak { value, hz: worst_hz } = least(&level);
        let worst_at = hz.partition_point(|&f| f < worst_hz);
        let worst = self.point(worst_hz, value, offers[worst_at]);
        let offer = offered(amplifier, wiring, self.stated_z);
        let at_hz = self.sensitivity.stated.at().hz();
        let level_db = self.sensitivity.per_volt_db + amplitude_db(offer.0);
        Ok(Reach {
            wiring,
            at_sensitivity: self.point(at_hz, level_db, offer),
            worst,
            current_bound: spans(hz, offers.iter().map(|offer| offer.1 == Bound::Current)),
            short: spans(hz, level.values().iter().map(|&level| level < least_db)),
            voltage,
            level,
        })
    }

    fn point(&self, hz: f64, level_db: f64, (voltage_v, bound): (f64, Bound)) -> ReachPoint {
        let margin_db = level_db - self.target.reached().db();
        ReachPoint { hz, level_db, voltage_v, margin_db, bound }
    }
}

/// The largest voltage at a load, and what stands in the way of more.
fn offered(amplifier: &Amplifier, wiring: OutputWiring, z: Complex64) -> (f64, Bound) {
    let share = (z / (z + amplifier.source_ohm(wiring))).norm();
    let by_voltage = amplifier.unloaded_v(wiring) * share;
    let by_current = amplifier.limit_a() * z.norm();
    if by_current < by_voltage {
        (by_current, Bound::Current)
    } else {
        (by_voltage, Bound::Voltage)
    }
}

/// What the second output gains over the first, if there are two.
fn balanced_gain(reach: &[Reach]) -> Result<Option<BalancedGain>, StudyError> {
    let [single, balanced] = reach else { return Ok(None) };
    let gain = balanced.level.values() - single.level.values();
    let gain = Curve::<Decibel>::new(single.level.grid().clone(), gain)?;
    let Peak { value: least_db, hz: least_hz } = least(&gain);
    let at_sensitivity_db = balanced.at_sensitivity.level_db - single.at_sensitivity.level_db;
    Ok(Some(BalancedGain { at_sensitivity_db, least_db, least_hz }))
}

/// The ranges in which something holds.
fn spans(hz: &[f64], holds: impl Iterator<Item = bool>) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut open = false;
    for (&f, holds) in hz.iter().zip(holds) {
        match spans.last_mut() {
            Some(last) if holds && open => last.to_hz = f,
            _ if holds => spans.push(Span { from_hz: f, to_hz: f }),
            _ => {}
        }
        open = holds;
    }
    spans
}

/// The largest value, at the lowest frequency of equals.
fn most<U: Unit>(curve: &Curve<U>) -> Peak {
    extreme(curve, |value, than| value > than)
}

/// The smallest value, at the lowest frequency of equals.
fn least<U: Unit>(curve: &Curve<U>) -> Peak {
    extreme(curve, |value, than| value < than)
}

fn extreme<U: Unit>(curve: &Curve<U>, beats: impl Fn(f64, f64) -> bool) -> Peak {
    let first = Peak { value: curve.values()[0], hz: curve.grid().first_hz() };
    curve.points().fold(
        first,
        |best, (hz, value)| {
            if beats(value, best.value) { Peak { value, hz } } else { best }
        },
    )
}

#[cfg(test)]
pub(crate) mod specimen {
    //! What the tests of other rooms say in words, tables, documents and pictures.

    use super::*;
    use crate::model::StatedSensitivity;
    use crate::quantity::{Current, Frequency, Gain, Resistance, Voltage};

    /// A headphone of 32 Ω with 16 Ω below 200 Hz and 96 dB SPL/mW, at a level.
    pub(crate) fn drive(level_db: f64, amplifier: Option<Amplifier>) -> Drive {
        let z = |f: f64| Complex64::from(if f < 200.0 { 16.0 } else { 32.0 });
        let (level, per) = (Level::from_db(96.0), SensitivityPer::Milliwatt);
        let (at, rated) = (Frequency::new(1e3).unwrap(), Resistance::new(32.0).unwrap());
        let headphone = DrivenHeadphone {
            impedance: Impedance::from_fn(FrequencyGrid::standard(), z).unwrap(),
            sensitivity: StatedSensitivity::new(level, per, at, Some(rated)).unwrap(),
            response: None,
        };
        let target = DriveTarget::new(Level::from_db(level_db), Gain::from_db(0.0)).unwrap();
        super::drive(&headphone, target, amplifier).unwrap()
    }

    /// 1.6 V, 50 mA, 2 Ω, with a balanced output.
    pub(crate) fn amplifier() -> Amplifier {
        let (volts, current) = (Voltage::new(1.6).unwrap(), Current::new(0.05).unwrap());
        Amplifier::new(Some(volts), Some(current), Resistance::new(2.0).unwrap(), true).unwrap()
    }
}

#[cfg(test)]
mod tests;
