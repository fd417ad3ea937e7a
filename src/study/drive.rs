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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::StatedSensitivity;
    use crate::quantity::{Current, Frequency, Gain, Resistance, Voltage};

    /// Sums of levels below 200 dB.
    const ROUNDING: f64 = 1e-9;

    fn hz(f: f64) -> Frequency {
        Frequency::new(f).unwrap()
    }

    fn ohm(r: f64) -> Resistance {
        Resistance::new(r).unwrap()
    }

    fn impedance(z: impl Fn(f64) -> Complex64) -> Impedance {
        Impedance::from_fn(FrequencyGrid::standard(), z).unwrap()
    }

    /// A headphone with a sensitivity per milliwatt at 1 kHz.
    fn headphone(
        z: impl Fn(f64) -> Complex64,
        per_milliwatt_db: f64,
        rated: Option<f64>,
    ) -> DrivenHeadphone {
        let level = Level::from_db(per_milliwatt_db);
        let per = SensitivityPer::Milliwatt;
        let sensitivity = StatedSensitivity::new(level, per, hz(1e3), rated.map(ohm)).unwrap();
        DrivenHeadphone { impedance: impedance(z), sensitivity, response: None }
    }

    fn resistive(r: f64, per_milliwatt_db: f64) -> DrivenHeadphone {
        headphone(|_| Complex64::from(r), per_milliwatt_db, Some(r))
    }

    fn target(level_db: f64, headroom_db: f64) -> DriveTarget {
        DriveTarget::new(Level::from_db(level_db), Gain::from_db(headroom_db)).unwrap()
    }

    fn amplifier(volts: f64, milliamps: f64, source: f64) -> Amplifier {
        let current = Current::new(milliamps / 1e3).unwrap();
        Amplifier::new(Some(Voltage::new(volts).unwrap()), Some(current), ohm(source), true)
            .unwrap()
    }

    fn needed(headphone: &DrivenHeadphone) -> Drive {
        drive(headphone, target(110.0, 0.0), None).unwrap()
    }

    fn assert_near(found: f64, expected: f64, relative: f64) {
        assert!((found / expected - 1.0).abs() < relative, "{found} instead of {expected}");
    }

    /// Of the printed digits below.
    const DIGITS: f64 = 6e-3;

    #[test]
    fn four_headphones_at_110_db_need_what_their_data_sheets_say() {
        // Rated impedance, smallest impedance, dB SPL/mW; dB SPL/V, V, mA at the smallest, mW.
        let in_ear = |f: f64| Complex64::from(if f > 3e3 { 10.0 } else { 16.0 });
        let cases = [
            (resistive(300.0, 97.0), [102.2, 2.45, 8.15, 20.0]),
            (resistive(32.0, 96.0), [110.95, 0.897, 28.0, 25.1]),
            (headphone(in_ear, 105.0, Some(16.0)), [123.0, 0.224, 22.4, 3.16]),
            (resistive(60.0, 84.0), [96.2, 4.89, 81.4, 398.0]),
        ];
        for (headphone, [per_volt_db, volts, milliamps, milliwatts]) in cases {
            let found = needed(&headphone);
            assert!((found.sensitivity.per_volt_db - per_volt_db).abs() < 0.06);
            assert_near(found.need.at_sensitivity.voltage_v, volts, DIGITS);
            assert_near(found.need.most_voltage.value, volts, DIGITS);
            assert_near(found.need.most_current.value, milliamps, DIGITS);
            assert_near(found.need.at_sensitivity.power_mw, milliwatts, DIGITS);
        }
    }

    #[test]
    fn the_current_is_largest_where_the_impedance_is_smallest() {
        let z = |f: f64| Complex64::from(if f < 5e3 { 16.0 } else { 10.0 });
        let found = needed(&headphone(z, 105.0, Some(16.0)));
        assert_near(found.need.at_sensitivity.current_ma, 14.0, DIGITS);
        assert!((5e3..5.1e3).contains(&found.need.most_current.hz));
        assert!((found.least_impedance.value - 10.0).abs() < ROUNDING);
        // √10 mW into 16 Ω, at 10 Ω.
        assert_near(found.need.most_power.value, 5.06, DIGITS);
    }

    #[test]
    fn without_a_rated_impedance_the_magnitude_at_the_frequency_counts() {
        let z = |f: f64| Complex64::new(32.0, 24.0 * f / 1e3);
        let found = needed(&headphone(z, 100.0, None));
        // |32 + 24j| = 40, between points of a fine grid.
        let ReferenceImpedance::Magnitude(at_1_khz) = found.sensitivity.reference else {
            panic!("not the rated one")
        };
        assert_near(at_1_khz, 40.0, 1e-5);
        assert!((found.sensitivity.per_volt_db - 113.979).abs() < 1e-3);
        let rated = needed(&headphone(z, 100.0, Some(32.0)));
        assert_eq!(rated.sensitivity.reference, ReferenceImpedance::Rated(32.0));
        assert!((rated.sensitivity.per_volt_db - 114.949).abs() < 1e-3);
    }

    #[test]
    fn a_coil_takes_current_that_does_no_work() {
        // cos φ = 0.8 at |Z| = 40 Ω: 1 V is 25 mA and 20 mW.
        let mut headphone = headphone(|_| Complex64::new(32.0, 24.0), 97.0, None);
        let (level, per) = (Level::from_db(110.0), SensitivityPer::Volt);
        headphone.sensitivity = StatedSensitivity::new(level, per, hz(1e3), None).unwrap();
        let found = needed(&headphone);
        assert_near(found.need.most_voltage.value, 1.0, ROUNDING);
        assert_near(found.need.most_current.value, 25.0, ROUNDING);
        assert_near(found.need.most_power.value, 20.0, ROUNDING);
        assert!((found.sensitivity.per_milliwatt_db - 96.021).abs() < 1e-3);
    }

    #[test]
    fn headroom_is_level_too() {
        let headphone = resistive(32.0, 96.0);
        let loud = drive(&headphone, target(110.0, 0.0), None).unwrap();
        let peaky = drive(&headphone, target(90.0, 20.0), None).unwrap();
        assert_near(peaky.need.most_voltage.value, loud.need.most_voltage.value, ROUNDING);
        assert!(peaky.exposure.niosh_per_day_min > loud.exposure.niosh_per_day_min);
    }

    #[test]
    fn a_response_asks_for_more_where_it_is_weak() {
        let mut headphone = resistive(32.0, 96.0);
        let grid = FrequencyGrid::new(vec![40.0, 1e3, 10e3]).unwrap();
        headphone.response = Some(Curve::new(grid, vec![70.0, 80.0, 86.0].into()).unwrap());
        let found = needed(&headphone);
        let (at_1_khz, first) = (found.need.at_sensitivity.voltage_v, found.need.most_voltage);
        // The first point of the standard grid above 40 Hz is 40 Hz.
        assert!((first.hz - 40.0).abs() < 1e-6);
        assert_near(first.value / at_1_khz, amplitude_ratio(10.0), 1e-6);
        assert!(found.need.voltage.grid().last_hz() <= 10e3);
        assert!((found.sensitivity.per_volt.at(1e3).unwrap() - 110.949).abs() < 2e-2);
    }

    #[test]
    fn an_amplifier_is_bound_by_what_the_load_asks_first() {
        // 2 V, 50 mA, 1 Ω. 16 Ω: 1.882 V by voltage, 0.8 V by current. 300 Ω: 1.993 V, 15 V.
        let z = |f: f64| Complex64::from(if f < 200.0 { 300.0 } else { 16.0 });
        let found = drive(&headphone(z, 100.0, Some(16.0)), target(110.0, 0.0), None).unwrap();
        assert!(found.reach.is_empty() && found.balanced_gain.is_none());
        let amplifier = amplifier(2.0, 50.0, 1.0);
        let found = drive(&headphone(z, 100.0, Some(16.0)), target(110.0, 0.0), Some(amplifier));
        let found = found.unwrap();
        let [single, balanced] = found.reach.as_slice() else { panic!("two outputs") };
        let volts = |reach: &Reach, f: f64| reach.voltage.at(f).unwrap();
        assert_near(volts(single, 100.0), 2.0 * 300.0 / 301.0, ROUNDING);
        assert_near(volts(balanced, 100.0), 4.0 * 300.0 / 302.0, ROUNDING);
        assert_near(volts(single, 1e3), 0.05 * 16.0, ROUNDING);
        assert_near(volts(balanced, 1e3), 0.05 * 16.0, ROUNDING);
        assert_eq!(single.at_sensitivity.bound, Bound::Current);
        let [span] = single.current_bound.as_slice() else { panic!("one range") };
        assert!((200.0..205.0).contains(&span.from_hz) && span.to_hz > 19e3, "{span:?}");
        // 117.96 dB/V and 0.8 V.
        assert!((single.worst.level_db - 116.021).abs() < 1e-3, "{single:?}");
        assert!((single.worst.margin_db - 6.021).abs() < 1e-3 && single.is_enough());
        let gain = found.balanced_gain.unwrap();
        assert!(gain.at_sensitivity_db.abs() < ROUNDING && gain.least_hz > 199.0);
    }

    #[test]
    fn a_headphone_that_is_hard_to_drive_is_not_driven() {
        let amplifier = amplifier(2.0, 500.0, 0.0);
        let found = drive(&resistive(60.0, 84.0), target(110.0, 0.0), Some(amplifier)).unwrap();
        // 96.22 dB/V and 6.02 dB for 2 V, 12.04 dB for 4 V.
        assert!((found.reach[0].worst.margin_db + 7.761).abs() < 1e-3);
        assert!((found.best().unwrap().worst.margin_db + 1.740).abs() < 1e-3);
        assert!(!found.best().unwrap().is_enough());
        assert!((found.balanced_gain.unwrap().least_db - 6.0206).abs() < 1e-4);
    }

    #[test]
    fn exactly_enough_is_enough() {
        let need = needed(&resistive(32.0, 96.0)).need.at_sensitivity;
        let amplifier = amplifier(need.voltage_v, need.current_ma, 0.0);
        let found = drive(&resistive(32.0, 96.0), target(110.0, 0.0), Some(amplifier)).unwrap();
        assert!(found.reach[0].is_enough(), "{:?}", found.reach[0].worst);
    }

    #[test]
    fn exposures_are_those_of_niosh_and_of_the_who() {
        // The tables of NIOSH 98-126 and of ITU-T H.870; 10 080 minutes are a week.
        for (level_db, day_min, week_min) in [
            (60.0, 1440.0, 10_080.0),
            (80.0, 1440.0, 2400.0),
            (85.0, 480.0, 756.0),
            (94.0, 60.0, 94.5),
            (100.0, 15.0, 23.6),
            (110.0, 1.49, 2.34),
        ] {
            let found = exposure(Level::from_db(level_db));
            assert_near(found.niosh_per_day_min, day_min, 3e-3);
            assert_near(found.who_per_week_min, week_min, 3e-3);
        }
    }

    #[test]
    fn what_has_no_answer_says_why() {
        let ask = |headphone: &DrivenHeadphone| {
            drive(headphone, target(110.0, 0.0), None).unwrap_err().to_string()
        };
        let short = headphone(|_| Complex64::ZERO, 100.0, Some(32.0));
        assert!(ask(&short).starts_with("the impedance is zero at 20 Hz"));
        let mut apart = resistive(32.0, 100.0);
        let grid = FrequencyGrid::new(vec![1.0, 10.0]).unwrap();
        apart.response = Some(Curve::from_fn(grid, |_| 0.0).unwrap());
        assert!(ask(&apart).contains("no band in common"));
        let grid = FrequencyGrid::new(vec![20.0, 500.0]).unwrap();
        apart.response = Some(Curve::from_fn(grid.clone(), |_| 0.0).unwrap());
        assert!(ask(&apart).contains("1000 Hz lies outside the data"));
        apart.impedance = Impedance::from_fn(grid, |_| Complex64::ONE).unwrap();
        assert!(ask(&apart).contains("1000 Hz lies outside the data"));
    }

    proptest! {
        #[test]
        fn balanced_gains_between_nothing_and_twice_the_voltage_on_a_passive_load(
            re in 0.1_f64..1000.0, im in -1000.0_f64..1000.0,
            volts in 0.01_f64..20.0, milliamps in 0.1_f64..2000.0, source in 0.0_f64..300.0,
        ) {
            let headphone = headphone(|_| Complex64::new(re, im), 97.0, Some(32.0));
            let amplifier = amplifier(volts, milliamps, source);
            let found = drive(&headphone, target(110.0, 0.0), Some(amplifier)).unwrap();
            let gain = found.balanced_gain.unwrap();
            prop_assert!((-ROUNDING..=amplitude_db(2.0) + ROUNDING).contains(&gain.least_db));
            // What is reached needs what the limit lets through.
            let reached = found.reach[0].worst;
            let current_ma = 1e3 * reached.voltage_v / found.least_impedance.value;
            prop_assert!(current_ma <= milliamps * (1.0 + ROUNDING));
        }
    }
}
