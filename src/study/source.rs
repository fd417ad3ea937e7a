//! What a source's output impedance does to a headphone.
//!
//! A source of resistance Zs and a headphone of impedance Z divide the voltage:
//!
//! ```text
//! G(f) = Z(f) / (Z(f) + Zs)
//! ```
//!
//! Where |Z| is high the headphone keeps more of it, so its response bends towards its impedance
//! curve. All figures are those of the complex quotient; the familiar formulas with the extremes
//! of |Z| agree with them to about 0.01 dB.

use super::StudyError;
use super::load::Load;
use super::normalisation::normalised;
use super::series::{Behind, Series};
use crate::model::{Curve, Impedance, Normalisation, SourceComparison, SourceEffect, SourceLimit};
use crate::quantity::Resistance;
use crate::quantity::unit::Decibel;

/// Where the loss of level is stated, in hertz.
const LOSS_HZ: f64 = 1000.0;
/// The limits, in decibels from peak to peak, whose largest sources are given.
const LIMITS_DB: [f64; 3] = [0.1, 0.5, 1.0];

/// What sources of given resistances do to a headphone of a given impedance.
///
/// Everything is computed at the impedance's own frequencies from 20 Hz to 20 kHz; the curves
/// carry no uncertainty. With `response`, the headphone's response on a source of 0 Ω, each
/// effect also holds the response that a listener gets: the sum of both, on the response's grid,
/// as far as both reach.
///
/// # Errors
///
/// When no source is given, the impedance is zero somewhere, does not reach 1 kHz or where the
/// curves are normalised, or shares no frequency with 20 Hz to 20 kHz or with the response.
pub fn compare(
    impedance: &Impedance,
    sources: &[Resistance],
    response: Option<&Curve<Decibel>>,
    normalisation: Normalisation,
) -> Result<SourceComparison, StudyError> {
    let question = Question { sources, response, normalisation };
    about(&Load::new(impedance)?, impedance.clone(), question)
}

/// As [`compare`], for a headphone whose impedance was inferred. Each of the responses `kept` is
/// predicted from it and compared with what was measured. Without `response` a listener gets what
/// was measured behind 0 Ω.
///
/// # Errors
///
/// As [`compare`], and when a response of `kept` shares no frequency with 50 Hz to 10 kHz.
pub fn compare_inferred(
    series: &Series,
    kept: &[Behind],
    sources: &[Resistance],
    response: Option<&Curve<Decibel>>,
    normalisation: Normalisation,
) -> Result<SourceComparison, StudyError> {
    let response = Some(response.unwrap_or_else(|| series.unloaded()));
    let question = Question { sources, response, normalisation };
    let comparison = about(&series.load(), series.impedance()?, question)?;
    Ok(SourceComparison { inferred: Some(series.figures(kept)?), ..comparison })
}

/// What is asked of a load.
#[derive(Clone, Copy)]
struct Question<'a> {
    sources: &'a [Resistance],
    response: Option<&'a Curve<Decibel>>,
    normalisation: Normalisation,
}

fn about(
    load: &Load,
    impedance: Impedance,
    question: Question,
) -> Result<SourceComparison, StudyError> {
    let Question { sources, response, normalisation } = question;
    if sources.is_empty() {
        return Err(StudyError::NoSources);
    }
    let effects = sources
        .iter()
        .map(|&source| effect(load, source, response, normalisation))
        .collect::<Result<_, _>>()?;
    let limits = LIMITS_DB
        .map(|limit_db| SourceLimit { limit_db, source: load.largest_source(limit_db) })
        .to_vec();
    Ok(SourceComparison {
        impedance,
        inferred: None,
        damping: None,
        sources: effects,
        eighth_rule: load.eighth_rule(),
        limits,
        normalisation,
    })
}

fn effect(
    load: &Load,
    source: Resistance,
    response: Option<&Curve<Decibel>>,
    normalisation: Normalisation,
) -> Result<SourceEffect, StudyError> {
    let level = load.level_behind(source)?;
    let curve = normalised(&level, normalisation, "the effect of the source")?;
    let (worst_hz, worst_db) = worst(&curve);
    let damping = load.minimum_ohm / source.ohm();
    Ok(SourceEffect {
        output: None,
        source,
        worst_db,
        worst_hz,
        peak_to_peak_db: load.peak_to_peak_db(source.ohm()),
        loss_db: level.at(LOSS_HZ)?,
        damping_factor: damping.is_finite().then_some(damping),
        response: response.map(|response| heard(response, &curve)).transpose()?,
        curve,
    })
}

/// Frequency and value of the largest deviation from 0 dB, the lowest frequency of equals.
pub(super) fn worst(curve: &Curve<Decibel>) -> (f64, f64) {
    let first = (curve.grid().first_hz(), curve.values()[0]);
    curve
        .points()
        .fold(first, |worst, point| if point.1.abs() > worst.1.abs() { point } else { worst })
}

/// The response behind the source, on the response's grid.
pub(super) fn heard(
    response: &Curve<Decibel>,
    effect: &Curve<Decibel>,
) -> Result<Curve<Decibel>, StudyError> {
    let (start_hz, end_hz) = (effect.grid().first_hz(), effect.grid().last_hz());
    let grid = response.grid().within(start_hz, end_hz).ok_or(StudyError::NoCommonBand {
        start_hz: start_hz.max(response.grid().first_hz()),
        end_hz: end_hz.min(response.grid().last_hz()),
    })?;
    let own = response.resampled_onto(&grid)?;
    let sum = own.values() + effect.resampled_onto(&grid)?.values();
    let heard = Curve::new(grid, sum)?;
    match own.u() {
        Some(u) => Ok(heard.with_u(u.clone())?),
        None => Ok(heard),
    }
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;
    use proptest::prelude::*;

    use super::*;
    use crate::model::FrequencyGrid;
    use crate::quantity::{Frequency, amplitude_db};

    /// Sums of levels below 100 dB.
    const ROUNDING: f64 = 1e-9;

    fn hz(f: f64) -> Frequency {
        Frequency::new(f).unwrap()
    }

    fn ohm(r: f64) -> Resistance {
        Resistance::new(r).unwrap()
    }

    fn at_1_khz() -> Normalisation {
        Normalisation::At(hz(1000.0))
    }

    /// A voice coil (resistance, inductance, and an inductance with parallel losses) with its
    /// motional resonances, each of a height in ohms, a frequency in hertz and a Q.
    struct Headphone {
        coil_ohm: f64,
        coil_h: f64,
        lossy_h: f64,
        losses_ohm: f64,
        resonances: &'static [(f64, f64, f64)],
    }

    impl Headphone {
        fn z(&self, f: f64) -> Complex64 {
            let s = Complex64::new(0.0, std::f64::consts::TAU * f);
            let lossy = ((s * self.lossy_h).inv() + 1.0 / self.losses_ohm).inv();
            let motional = |&(height, f0, q): &(f64, f64, f64)| {
                height / Complex64::new(1.0, q * (f / f0 - f0 / f))
            };
            let motion: Complex64 = self.resonances.iter().map(motional).sum();
            self.coil_ohm + s * self.coil_h + lossy + motion
        }

        fn impedance(&self) -> Impedance {
            Impedance::from_fn(FrequencyGrid::standard(), |f| self.z(f)).unwrap()
        }
    }

    /// Like an HD 600: 300 Ω, open.
    const OPEN_300: Headphone = Headphone {
        coil_ohm: 300.0,
        coil_h: 0.4e-3,
        lossy_h: 1e-3,
        losses_ohm: 60.0,
        resonances: &[(270.0, 95.0, 0.8), (18.0, 3600.0, 4.0)],
    };
    /// A closed dynamic headphone of 33 Ω with a peak of 57 Ω.
    const CLOSED_33: Headphone = Headphone {
        coil_ohm: 33.0,
        coil_h: 20e-6,
        lossy_h: 30e-6,
        losses_ohm: 3.0,
        resonances: &[(24.0, 70.0, 1.2), (1.5, 3500.0, 4.0)],
    };
    const PLANAR_32: Headphone = Headphone {
        coil_ohm: 32.0,
        coil_h: 1e-6,
        lossy_h: 1e-9,
        losses_ohm: 1e-6,
        resonances: &[(0.7, 50.0, 0.6)],
    };
    /// A multi-driver in-ear headphone of 8 Ω to 53 Ω.
    const IN_EAR_8: Headphone = Headphone {
        coil_ohm: 8.0,
        coil_h: 10e-6,
        lossy_h: 80e-6,
        losses_ohm: 18.0,
        resonances: &[(45.0, 2200.0, 1.5), (10.0, 6500.0, 3.0)],
    };

    fn compared(headphone: &Headphone, sources: &[f64]) -> SourceComparison {
        let sources: Vec<_> = sources.iter().map(|&r| ohm(r)).collect();
        compare(&headphone.impedance(), &sources, None, at_1_khz()).unwrap()
    }

    /// `peak_to_peak`: at 10 Ω and 120 Ω; `limits`: largest source for 0.1, 0.5 and 1 dB.
    /// The figures were computed from the same circuits with numpy, limits by scipy's `brentq`.
    fn assert_table(headphone: &Headphone, peak_to_peak: [f64; 2], limits: [Option<f64>; 3]) {
        /// Of the printed digits.
        const DB: f64 = 0.000_51;
        const RELATIVE: f64 = 1e-4;
        let found = compared(headphone, &[10.0, 120.0]);
        for (effect, expected) in found.sources.iter().zip(peak_to_peak) {
            assert!((effect.peak_to_peak_db - expected).abs() < DB, "{}", effect.peak_to_peak_db);
        }
        for (limit, expected) in found.limits.iter().zip(limits) {
            match (limit.source, expected) {
                (Some(source), Some(expected)) => {
                    assert!((source.ohm() / expected - 1.0).abs() < RELATIVE, "{source}");
                }
                (found, expected) => assert!(found.is_none() && expected.is_none(), "{found:?}"),
            }
        }
    }

    #[test]
    fn an_open_300_ohm_headphone_bears_tens_of_ohms() {
        assert_table(&OPEN_300, [0.1305, 1.2344], [Some(7.61761), Some(41.2492), Some(91.9915)]);
    }

    #[test]
    fn a_closed_33_ohm_headphone_bears_a_few_ohms() {
        assert_table(&CLOSED_33, [0.8896, 3.4632], [Some(0.92834), Some(5.09182), Some(11.5810)]);
    }

    #[test]
    fn a_planar_headphone_bears_any_source() {
        assert_table(&PLANAR_32, [0.0444, 0.1480], [Some(36.7960), None, None]);
    }

    #[test]
    fn a_multi_driver_in_ear_headphone_bears_next_to_nothing() {
        let limits = [Some(0.109_232), Some(0.563_668), Some(1.173_781)];
        assert_table(&IN_EAR_8, [5.5528, 13.8423], limits);
    }

    #[test]
    fn bisection_on_the_complex_curve_agrees_with_the_formula_of_the_extremes() {
        // Zs = (g − 1)/(1/Zmin − g/Zmax), g = 10^(limit/20): exact for resistive extremes.
        const PHASE_AT_THE_EXTREMES: f64 = 0.01;
        for headphone in [OPEN_300, CLOSED_33, IN_EAR_8] {
            let magnitude = headphone.impedance().magnitude();
            let least = magnitude.values().iter().copied().fold(f64::INFINITY, f64::min);
            let most = magnitude.values().iter().copied().fold(0.0, f64::max);
            for limit in compared(&headphone, &[1.0]).limits {
                let g = 10_f64.powf(limit.limit_db / 20.0);
                let formula = (g - 1.0) / (1.0 / least - g / most);
                let found = limit.source.unwrap().ohm();
                assert!((found / formula - 1.0).abs() < PHASE_AT_THE_EXTREMES, "{found} {formula}");
            }
        }
    }

    #[test]
    fn the_worst_deviation_comes_with_its_sign_and_place() {
        // numpy, the same circuits behind 120 Ω, relative to 1 kHz.
        let cases = [
            (OPEN_300, 1.2150, 95.14, -2.8744),
            (CLOSED_33, 3.4567, 70.25, -13.2988),
            (IN_EAR_8, -8.0025, 20.0, -16.0723),
        ];
        for (headphone, worst_db, worst_hz, loss_db) in cases {
            let found = &compared(&headphone, &[120.0]).sources[0];
            assert!((found.worst_db - worst_db).abs() < 1e-4, "{}", found.worst_db);
            assert!((found.worst_hz - worst_hz).abs() < 0.01, "{}", found.worst_hz);
            assert!((found.loss_db - loss_db).abs() < 1e-4, "{}", found.loss_db);
        }
    }

    #[test]
    fn a_source_of_zero_ohms_changes_nothing() {
        let found = &compared(&IN_EAR_8, &[0.0]).sources[0];
        assert!(found.curve.values().iter().all(|db| db.abs() < ROUNDING));
        assert!(found.peak_to_peak_db.abs() < ROUNDING && found.loss_db.abs() < ROUNDING);
        assert_eq!(found.damping_factor, None);
    }

    #[test]
    fn damping_is_that_at_the_impedance_minimum() {
        let damping = compared(&CLOSED_33, &[10.0]).sources[0].damping_factor.unwrap();
        assert!((damping - 3.308_807).abs() < 1e-6);
    }

    #[test]
    fn the_rule_of_an_eighth_costs_what_the_extremes_say() {
        // 20·log10(1.125/(1 + 0.125/ratio)) for resistive extremes.
        for (ratio, cost_db) in [(1.5, 0.33), (2.0, 0.50), (3.0, 0.67), (5.0, 0.81), (10.0, 0.92)] {
            let z = |f: f64| Complex64::from(if f < 200.0 { 32.0 * ratio } else { 32.0 });
            let impedance = Impedance::from_fn(FrequencyGrid::standard(), z).unwrap();
            let rule = compare(&impedance, &[ohm(4.0)], None, at_1_khz()).unwrap().eighth_rule;
            assert!((rule.allows.ohm() - 4.0).abs() < ROUNDING);
            assert!((rule.costs_db - cost_db).abs() < 0.005, "{ratio}: {}", rule.costs_db);
        }
    }

    proptest! {
        #[test]
        fn the_rule_of_an_eighth_never_costs_more_than_1_023_db_on_a_passive_load(
            parts in prop::collection::vec((0.0_f64..500.0, -500.0_f64..500.0), 6..20),
        ) {
            let grid = FrequencyGrid::new((1..=parts.len()).map(|k| k as f64 * 500.0).collect());
            let z = parts.iter().map(|&(re, im)| Complex64::new(re + 1e-3, im)).collect();
            let impedance = Impedance::new(grid.unwrap(), z).unwrap();
            let rule = compare(&impedance, &[ohm(1.0)], None, at_1_khz()).unwrap().eighth_rule;
            prop_assert!(rule.costs_db <= amplitude_db(1.125) + ROUNDING);
        }
    }

    #[test]
    fn a_listener_gets_the_response_and_the_effect() {
        let grid = FrequencyGrid::new(vec![5.0, 70.0, 1000.0, 30e3]).unwrap();
        let response = Curve::from_fn(grid, |f| 90.0 - f / 1000.0).unwrap();
        let response = response.with_u(vec![0.1, 0.2, 0.3, 0.4].into()).unwrap();
        let found =
            compare(&CLOSED_33.impedance(), &[ohm(120.0)], Some(&response), at_1_khz()).unwrap();
        let heard = found.sources[0].response.as_ref().unwrap();
        assert_eq!(heard.hz(), [70.0, 1000.0]);
        let lift = found.sources[0].curve.at(70.0).unwrap();
        assert!((heard.values()[0] - 89.93 - lift).abs() < ROUNDING);
        assert!((heard.values()[1] - 89.0).abs() < ROUNDING);
        assert_eq!(heard.u().unwrap().to_vec(), [0.2, 0.3]);
    }

    #[test]
    fn without_normalisation_the_curve_holds_the_loss() {
        let found = compare(&OPEN_300.impedance(), &[ohm(120.0)], None, Normalisation::None);
        let found = &found.unwrap().sources[0];
        assert!((found.curve.at(1000.0).unwrap() - found.loss_db).abs() < ROUNDING);
        assert!(found.curve.values().iter().all(|&db| db < 0.0));
    }

    #[test]
    fn what_has_no_answer_says_why() {
        let ask = |z: &Impedance, sources: &[Resistance], response: Option<&Curve<Decibel>>| {
            compare(z, sources, response, at_1_khz()).unwrap_err().to_string()
        };
        let good = OPEN_300.impedance();
        assert_eq!(ask(&good, &[], None), "no source resistances to compare");
        let short = Impedance::from_fn(FrequencyGrid::standard(), |_| Complex64::ZERO).unwrap();
        assert!(ask(&short, &[ohm(1.0)], None).starts_with("the impedance is zero at 20 Hz"));
        let grid = |from, to| FrequencyGrid::logarithmic(hz(from), hz(to), 12);
        let bass = Impedance::from_fn(grid(20.0, 500.0), |_| Complex64::ONE).unwrap();
        assert!(ask(&bass, &[ohm(1.0)], None).contains("normalise the effect of the source"));
        let inaudible = Impedance::from_fn(grid(1.0, 10.0), |_| Complex64::ONE).unwrap();
        assert!(ask(&inaudible, &[ohm(1.0)], None).contains("no band in common"));
        let response = Curve::from_fn(grid(25e3, 40e3), |_| 0.0).unwrap();
        assert!(ask(&good, &[ohm(1.0)], Some(&response)).contains("no band in common"));
    }
}
