use num_complex::Complex64;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::*;
use crate::model::{
    Budget, Contribution, Covariance, Distribution, ErrorSource, Evaluation, FrequencyGrid,
    MeasuredOutput,
};
use crate::quantity::{Frequency, Resistance, amplitude_db};

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

fn of(source_ohm: f64) -> Question {
    Question::of_sources([ohm(source_ohm)], at_1_khz())
}

fn unnormalised(sources_ohm: &[f64]) -> Question {
    Question::of_sources(sources_ohm.iter().map(|&r| ohm(r)), Normalisation::None)
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
    let sources = sources.iter().map(|&r| ohm(r));
    compare(&headphone.impedance(), &Question::of_sources(sources, at_1_khz())).unwrap()
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
        let rule = compare(&impedance, &of(4.0)).unwrap().eighth_rule;
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
        let rule = compare(&impedance, &of(1.0)).unwrap().eighth_rule;
        prop_assert!(rule.costs_db <= amplitude_db(1.125) + ROUNDING);
    }
}

#[test]
fn a_listener_gets_the_response_and_the_effect() {
    let grid = FrequencyGrid::new(vec![5.0, 70.0, 1000.0, 30e3]).unwrap();
    let response = Curve::from_fn(grid, |f| 90.0 - f / 1000.0).unwrap();
    let response = response.with_u(vec![0.1, 0.2, 0.3, 0.4].into()).unwrap();
    let response = Some(OnSource { source: Source::IDEAL, level: response });
    let question = Question { response, ..of(120.0) };
    let found = compare(&CLOSED_33.impedance(), &question).unwrap();
    let heard = found.sources[0].response.as_ref().unwrap();
    assert_eq!(heard.hz(), [70.0, 1000.0]);
    let lift = found.sources[0].curve.at(70.0).unwrap();
    assert!((heard.values()[0] - 89.93 - lift).abs() < ROUNDING);
    assert!((heard.values()[1] - 89.0).abs() < ROUNDING);
    assert_eq!(heard.u().unwrap().to_vec(), [0.2, 0.3]);
}

#[test]
fn without_normalisation_the_curve_holds_the_loss() {
    let found = compare(&OPEN_300.impedance(), &unnormalised(&[120.0]));
    let found = &found.unwrap().sources[0];
    assert!((found.curve.at(1000.0).unwrap() - found.loss_db).abs() < ROUNDING);
    assert!(found.curve.values().iter().all(|&db| db < 0.0));
}

#[test]
fn what_has_no_answer_says_why() {
    let ask = |z: &Impedance, question: &Question| compare(z, question).unwrap_err().to_string();
    let one = of(1.0);
    let good = OPEN_300.impedance();
    assert_eq!(ask(&good, &unnormalised(&[])), "no source resistances to compare");
    let short = Impedance::from_fn(FrequencyGrid::standard(), |_| Complex64::ZERO).unwrap();
    assert!(ask(&short, &one).starts_with("the impedance is zero at 20 Hz"));
    let grid = |from, to| FrequencyGrid::logarithmic(hz(from), hz(to), 12);
    let bass = Impedance::from_fn(grid(20.0, 500.0), |_| Complex64::ONE).unwrap();
    assert!(ask(&bass, &one).contains("normalise the effect of the source"));
    let inaudible = Impedance::from_fn(grid(1.0, 10.0), |_| Complex64::ONE).unwrap();
    assert!(ask(&inaudible, &one).contains("no band in common"));
    let response = Curve::from_fn(grid(25e3, 40e3), |_| 0.0).unwrap();
    let response = OnSource { source: Source::IDEAL, level: response };
    let verify = vec![response.clone()];
    assert!(ask(&good, &Question { verify, ..one.clone() }).contains("no response to predict"));
    let question = Question { response: Some(response), ..one };
    assert!(ask(&good, &question).contains("no band in common"));
}

/// An impedance that states a relative uncertainty of its magnitude and none of its phase.
fn stated(z: impl Fn(f64) -> Complex64, relative_u: f64) -> Impedance {
    let clean = Impedance::from_fn(FrequencyGrid::standard(), z).unwrap();
    let u = |z: &Complex64| Covariance::radial(*z, relative_u * z.norm());
    let covariance = clean.values().iter().map(u).collect();
    clean.with_covariance(covariance).unwrap()
}

fn output(impedance: Impedance) -> Source {
    Source::Measured(MeasuredOutput { name: "amp".to_owned(), impedance })
}

/// An output behind a capacitor.
fn coupled(f: f64) -> Complex64 {
    Complex64::new(10.0, -1.0 / (std::f64::consts::TAU * f * 220e-6))
}

fn closed_33(relative_u: f64) -> Impedance {
    stated(|f| CLOSED_33.z(f), relative_u)
}

#[test]
fn a_measured_resistance_does_what_a_resistance_does() {
    let sources = [output(stated(|_| Complex64::from(10.0), 0.0)), ohm(10.0).into()];
    let found = compare(&closed_33(0.01), &Question::of_sources(sources, at_1_khz())).unwrap();
    let [measured, resistance] = found.sources.as_slice() else { panic!("two") };
    let (a, b) = (&measured.curve, &resistance.curve);
    for (a, b) in a.values().iter().zip(b.values()) {
        assert!((a - b).abs() < ROUNDING);
    }
    for (a, b) in a.u().unwrap().iter().zip(b.u().unwrap()) {
        assert!((a - b).abs() < ROUNDING);
    }
    assert!((measured.worst_db - resistance.worst_db).abs() < ROUNDING);
    assert!((measured.source.ohm() - 10.0).abs() < ROUNDING && measured.source.label() == "amp");
    let damping = |effect: &SourceEffect| effect.damping_factor.unwrap();
    assert!((damping(measured) - damping(resistance)).abs() < ROUNDING);
}

#[test]
fn the_uncertainty_is_that_of_small_changes_of_each_impedance() {
    /// Of a step of a thousandth, to first order.
    const STEP: f64 = 1e-3;
    let level = |z: Complex64, s: Complex64| amplitude_db((z / (z + s)).norm());
    let sources = [output(stated(coupled, 0.02)), ohm(120.0).into()];
    let question = Question::of_sources(sources, Normalisation::None);
    let found = compare(&closed_33(0.01), &question).unwrap();
    let u = |i: usize, k: usize| found.sources[i].curve.u().unwrap()[k];
    for (k, &f) in FrequencyGrid::standard().hz().iter().enumerate() {
        let (z, s) = (CLOSED_33.z(f), coupled(f));
        let by_z = (level(z * (1.0 + STEP), s) - level(z, s)) / STEP * 0.01;
        let by_s = (level(z, s * (1.0 + STEP)) - level(z, s)) / STEP * 0.02;
        assert!((u(0, k) / by_z.hypot(by_s) - 1.0).abs() < 0.01, "{f} Hz: {}", u(0, k));
        let s = Complex64::from(120.0);
        let by_z = (level(z * (1.0 + STEP), s) - level(z, s)) / STEP * 0.01;
        assert!((u(1, k) / by_z.abs() - 1.0).abs() < 0.01, "{f} Hz: {}", u(1, k));
    }
}

#[test]
fn the_band_covers_noise_and_what_is_common_to_all_frequencies() {
    // A draw of independent errors and one of a common one, each 1 % of the impedance.
    const RUNS: u64 = 200;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let normalisation = Normalisation::At(hz(FrequencyGrid::standard().hz()[271]));
    let question = Question { normalisation, ..of(120.0) };
    let truth = compare(&closed_33(0.01), &question).unwrap().sources.remove(0);
    let u = truth.curve.u().unwrap();
    for is_common in [false, true] {
        let (mut inside, mut count) = (0_u32, 0_u32);
        for _ in 0..RUNS {
            let common: f64 = rng.sample(StandardNormal);
            let z = CLOSED_33.impedance();
            let drawn = z.values().mapv(|z| {
                let own: f64 = rng.sample(StandardNormal);
                z * (1.0 + 0.01 * if is_common { common } else { own })
            });
            let drawn = Impedance::new(z.grid().clone(), drawn).unwrap();
            let found = compare(&drawn, &question).unwrap().sources.remove(0);
            let levels = found.curve.values().iter().zip(truth.curve.values()).zip(u);
            for ((found, truth), u) in levels {
                inside += u32::from((found - truth).abs() <= 2.0 * u);
                count += 1;
            }
        }
        let percent = 100.0 * f64::from(inside) / f64::from(count);
        // Exact for noise, more than enough for what is common.
        assert!(percent > 94.0 && (is_common || percent < 97.0), "{is_common}: {percent} %");
    }
}

#[test]
fn a_curve_is_certain_where_it_was_normalised() {
    let at = Normalisation::At(hz(FrequencyGrid::standard().hz()[200]));
    let question = Question { normalisation: at, ..of(120.0) };
    let found = compare(&closed_33(0.01), &question).unwrap().sources.remove(0);
    let u = found.curve.u().unwrap();
    assert!(u[200] < ROUNDING && u[199] > 0.05 && u[201] > 0.05, "{} {}", u[199], u[200]);
    assert!(
        (found.u_worst_db().unwrap() - found.curve.u_at(found.worst_hz).unwrap()).abs() < 1e-12
    );
}

#[test]
fn what_states_no_uncertainty_has_no_band() {
    let sources =
        [ohm(10.0).into(), output(Impedance::from_fn(FrequencyGrid::standard(), coupled).unwrap())];
    let question = Question::of_sources(sources, at_1_khz());
    let found = compare(&CLOSED_33.impedance(), &question).unwrap();
    assert!(found.sources[0].curve.u().is_none() && found.sources[0].u_worst_db().is_none());
    let found = compare(&closed_33(0.01), &question).unwrap();
    assert!(found.sources[0].curve.u().is_some() && found.sources[1].curve.u().is_none());
}

#[test]
fn what_a_listener_gets_is_as_uncertain_as_the_response_and_the_effect_together() {
    let level = Curve::from_fn(FrequencyGrid::standard(), |_| 90.0).unwrap();
    let level = level.with_u(vec![0.1; 479].into()).unwrap();
    let response = Some(OnSource { source: Source::IDEAL, level });
    let found = compare(&closed_33(0.01), &Question { response, ..of(120.0) }).unwrap();
    let effect = &found.sources[0];
    let heard = effect.response.as_ref().unwrap();
    for (heard, effect) in heard.u().unwrap().iter().zip(effect.curve.u().unwrap()) {
        assert!((heard - effect.hypot(0.1)).abs() < ROUNDING);
    }
}

#[test]
fn a_response_on_a_source_is_what_another_source_makes_of_it() {
    // From 120 Ω to 120 Ω nothing changes, and nothing is uncertain but the response.
    let level = Curve::from_fn(FrequencyGrid::standard(), |_| 90.0).unwrap();
    let level = level.with_u(vec![0.1; 479].into()).unwrap();
    let response = Some(OnSource { source: ohm(120.0).into(), level });
    let question = Question { response, ..unnormalised(&[120.0, 0.0]) };
    let found = compare(&closed_33(0.01), &question).unwrap();
    let heard = |i: usize| found.sources[i].response.clone().unwrap();
    assert!(heard(0).values().iter().all(|db| (db - 90.0).abs() < ROUNDING));
    assert!(heard(0).u().unwrap().iter().all(|u| (u - 0.1).abs() < ROUNDING));
    let effect = &found.sources[0].curve;
    for (heard, effect) in heard(1).values().iter().zip(effect.values()) {
        assert!((heard - 90.0 + effect).abs() < ROUNDING);
    }
}

#[test]
fn an_output_that_was_measured_elsewhere_is_refused() {
    let high = FrequencyGrid::new(vec![30e3, 40e3]).unwrap();
    let sources = [output(Impedance::from_fn(high, |_| Complex64::ONE).unwrap())];
    let refused = compare(&closed_33(0.0), &Question::of_sources(sources, at_1_khz()));
    assert!(matches!(refused, Err(StudyError::NoCommonBand { .. })), "{refused:?}");
}

#[test]
fn an_error_that_is_common_to_all_frequencies_matters_less_where_curves_are_laid_upon_each_other() {
    /// Of the common error, to first order.
    const STEP: f64 = 1e-3;
    let impedance = closed_33(0.01);
    let line = |source, share: f64| Contribution {
        source,
        evaluation: Evaluation::B,
        distribution: Distribution::Normal,
        covariance: impedance
            .values()
            .iter()
            .map(|z| Covariance::radial(*z, share * z.norm()))
            .collect(),
    };
    let of_budget = |contributions| {
        let budget = Some(Budget { contributions });
        let question = Question { budget, ..Question::of_sources([ohm(120.0)], at_1_khz()) };
        compare(&impedance, &question).unwrap().sources.remove(0)
    };
    let common = of_budget(vec![line(ErrorSource::SenseResistor, 0.01)]);
    let noise = of_budget(vec![line(ErrorSource::Noise, 0.01)]);
    let level = |f: f64, by: f64| {
        let z = CLOSED_33.z(f) * (1.0 + by);
        amplitude_db((z / (z + 120.0)).norm())
    };
    let slope = |f: f64| (level(f, STEP) - level(f, 0.0)) / STEP * 0.01;
    for (f, u) in common.curve.hz().iter().zip(common.curve.u().unwrap()) {
        let expected = (slope(*f) - slope(1000.0)).abs();
        assert!((u - expected).abs() < 1e-3 * slope(1000.0), "{f} Hz: {u} and not {expected}");
    }
    let plain = compare(&impedance, &Question::of_sources([ohm(120.0)], at_1_khz())).unwrap();
    for (a, b) in noise.curve.u().unwrap().iter().zip(plain.sources[0].curve.u().unwrap()) {
        assert!((a - b).abs() < ROUNDING);
    }
}
