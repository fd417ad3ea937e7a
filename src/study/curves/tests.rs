//! Curves whose differences are known.

use num_complex::Complex64;
use proptest::prelude::*;

use super::*;
use crate::model::{FrequencyGrid, Span};
use crate::quantity::Frequency;

/// Interpolations, ratios and sums of numbers below a thousand.
const ROUNDING: f64 = 1e-9;

fn hz(f: f64) -> Frequency {
    Frequency::new(f).unwrap()
}

fn grid(per_octave: u16) -> FrequencyGrid {
    FrequencyGrid::logarithmic(hz(20.0), hz(20e3), per_octave)
}

/// An impedance with a relative standard uncertainty.
fn impedance(
    name: &str,
    grid: FrequencyGrid,
    ohm: impl Fn(f64) -> f64,
    relative_u: Option<f64>,
) -> NamedCurve {
    let mut magnitude = Curve::<Ohm>::from_fn(grid.clone(), ohm).unwrap();
    if let Some(u) = relative_u {
        let u = magnitude.values() * u;
        magnitude = magnitude.with_u(u).unwrap();
    }
    let phase = Curve::from_fn(grid, |f| 10.0 * (f / 1000.0).log10()).unwrap();
    let trace = Trace::Impedance(Polar::new(magnitude, phase).unwrap());
    NamedCurve { name: name.to_owned(), trace }
}

fn response(name: &str, grid: FrequencyGrid, db: impl Fn(f64) -> f64) -> NamedCurve {
    let level = Curve::<Decibel>::from_fn(grid, db).unwrap();
    NamedCurve { name: name.to_owned(), trace: Trace::Response(Polar::of_magnitude(level)) }
}

fn hump(f: f64) -> f64 {
    (-((f / 100.0).log2() * 2.0).powi(2)).exp()
}

fn compared(curves: &[NamedCurve]) -> CurveComparison {
    compare(curves, None, Normalisation::None, Smoothing::None).unwrap()
}

#[test]
fn a_known_ratio_comes_back_in_percent_and_decibels() {
    let left = impedance("left", grid(48), |_| 32.0, Some(0.003));
    let right = impedance("right", grid(48), |f| 32.0 * (1.0 + 0.1 * hump(f)), Some(0.004));
    let difference = compared(&[left, right]).differences.remove(0);
    let percent = difference.percent.unwrap();
    let near = grid(48).hz().iter().map(|&f| hump(f)).fold(0.0, f64::max);
    assert!((percent.worst - 10.0 * near).abs() < ROUNDING);
    assert!((percent.worst_hz / 100.0).log2().abs() < 0.5 / 48.0 + ROUNDING);
    let worst_db = 20.0 * (1.0 + 0.1 * near).log10();
    assert!((difference.level.worst - worst_db).abs() < ROUNDING);
    // Far from the hump: √(0.3² + 0.4²) %.
    let u = percent.curve.u().unwrap();
    assert!((u[u.len() - 1] - 0.5).abs() < ROUNDING);
    // The hump of half width 1/2 octave is √π/2 octaves wide in sum, of almost ten.
    let octaves = (grid(48).last_hz() / 20.0).log2();
    let mean = 10.0 * std::f64::consts::PI.sqrt() / 2.0 / octaves;
    assert!((percent.mean / mean - 1.0).abs() < 1e-3, "{} {mean}", percent.mean);
    // Its square is narrower by √2.
    let rms = (100.0 * (std::f64::consts::PI / 2.0).sqrt() / 2.0 / octaves).sqrt();
    assert!((percent.rms / rms - 1.0).abs() < 1e-3, "{} {rms}", percent.rms);
    assert!(difference.phase.unwrap().worst.abs() < ROUNDING);
}

#[test]
fn a_difference_is_significant_where_it_exceeds_twice_its_uncertainty() {
    let left = impedance("left", grid(48), |_| 32.0, Some(0.003));
    let right = impedance("right", grid(48), |f| 32.0 * (1.0 + 0.1 * hump(f)), Some(0.004));
    let significance = compared(&[left, right]).differences.remove(0).significance.unwrap();
    let [Span { from_hz, to_hz }] = significance.spans[..] else { panic!("one range") };
    // 10 % · hump = 2 · 0.5 % · √… ≈ 1 %, where hump = 0.1: √ln 10 / 2 octaves away.
    let reach = std::f64::consts::LN_10.sqrt() / 2.0;
    for (found, expected) in [(from_hz, 100.0 / reach.exp2()), (to_hz, 100.0 * reach.exp2())] {
        assert!((found / expected).log2().abs() < 1.0 / 48.0, "{found} {expected}");
    }
    let none_above = significance.none_above.unwrap();
    assert!((none_above - 1.0).abs() < 0.02, "{none_above}");
}

#[test]
fn one_frequency_beyond_its_uncertainty_is_chance_unless_it_is_far_beyond() {
    let spike = |size: f64| move |f: f64| 32.0 * if f < 20.1 { 1.0 + size } else { 1.0 };
    let seen = |size: f64| {
        let left = impedance("left", grid(48), |_| 32.0, Some(0.003));
        let right = impedance("right", grid(48), spike(size), Some(0.004));
        compared(&[left, right]).differences.remove(0).significance.unwrap()
    };
    let chance = seen(0.013);
    assert_eq!(chance.spans, []);
    assert!((chance.none_above.unwrap() - 1.3).abs() < ROUNDING);
    let real = seen(0.04);
    assert_eq!(real.spans, [Span { from_hz: 20.0, to_hz: 20.0 }]);
    assert!((real.none_above.unwrap() - 1.0).abs() < ROUNDING);
}

#[test]
fn without_both_uncertainties_nothing_is_said_of_significance() {
    let left = impedance("left", grid(48), |_| 32.0, None);
    let right = impedance("right", grid(48), |_| 64.0, Some(0.01));
    let difference = compared(&[left, right]).differences.remove(0);
    assert_eq!(difference.significance, None);
    assert!(difference.percent.unwrap().curve.u().is_none());
}

#[test]
fn the_coarser_grid_inside_the_common_band_is_compared_on() {
    let coarse = FrequencyGrid::new(vec![5.0, 30.0, 100.0, 1000.0, 15e3, 30e3]).unwrap();
    let fine = FrequencyGrid::logarithmic(hz(25.0), hz(18e3), 96);
    let slope = |f: f64| 3.0 * f.log2();
    for pair in [
        [response("a", fine.clone(), slope), response("b", coarse.clone(), |f| slope(f) - 1.0)],
        [response("a", coarse, |f| slope(f) + 1.0), response("b", fine, slope)],
    ] {
        let difference = compared(&pair).differences.remove(0);
        assert_eq!(difference.level.curve.hz(), [30.0, 100.0, 1000.0, 15e3]);
        assert!((difference.level.worst + 1.0).abs() < ROUNDING);
        assert!((difference.level.mean + 1.0).abs() < ROUNDING);
        assert!((difference.level.rms - 1.0).abs() < ROUNDING);
        assert_eq!((difference.percent, difference.phase), (None, None));
    }
}

#[test]
fn the_reference_may_be_any_curve_and_the_order_stays() {
    let curves = ["a", "b", "c"].map(|name| response(name, grid(12), |_| 0.0));
    let result = compare(&curves, Some("b"), Normalisation::None, Smoothing::None).unwrap();
    let names: Vec<&str> = result.curves.iter().map(|c| c.name.as_str()).collect();
    let compared: Vec<&str> = result.differences.iter().map(|d| d.name.as_str()).collect();
    assert_eq!((names, compared), (vec!["a", "b", "c"], vec!["a", "c"]));
    assert_eq!(result.reference(), Some("b"));
}

#[test]
fn impedances_are_scaled_to_the_reference_where_they_are_normalised() {
    let left = impedance("left", grid(48), |f| 32.0 + 10.0 * hump(f), Some(0.01));
    let right = impedance("right", grid(48), |f| 64.0 + 20.0 * hump(f), Some(0.01));
    let at = Normalisation::At(hz(1000.0));
    let result = compare(&[left, right], None, at, Smoothing::None).unwrap();
    let Trace::Impedance(scaled) = &result.curves[1].trace else { panic!("an impedance") };
    assert!((scaled.magnitude().values()[0] - 32.0).abs() < 0.01);
    assert!((scaled.magnitude().u().unwrap()[0] - 0.32).abs() < 0.001);
    assert!(result.differences[0].percent.as_ref().unwrap().worst.abs() < ROUNDING);
}

#[test]
fn smoothing_takes_a_ripple_away_and_leaves_a_constant() {
    let rippled = impedance("a", grid(96), |f| 32.0 + (20.0 * f.ln()).sin(), None);
    let flat = impedance("b", grid(96), |_| 32.0, None);
    let smoothing = Smoothing::Octave(2);
    let result = compare(&[flat, rippled], None, Normalisation::None, smoothing).unwrap();
    let percent = result.differences[0].percent.as_ref().unwrap();
    assert!(percent.curve.at(1000.0).unwrap().abs() < 1.0);
    let extremes = result.curves[0].extremes.unwrap();
    assert!((extremes.maximum - 32.0).abs() < ROUNDING);
}

#[test]
fn what_cannot_be_compared_says_why() {
    let (a, b) = (response("a", grid(12), |_| 0.0), response("b", grid(12), |_| 0.0));
    let z = impedance("z", grid(12), |_| 32.0, None);
    let ask = |curves: &[NamedCurve], reference| {
        let asked = compare(curves, reference, Normalisation::None, Smoothing::None);
        asked.unwrap_err().to_string()
    };
    assert_eq!(
        ask(std::slice::from_ref(&a), None),
        "a comparison needs two or more curves, found 1"
    );
    assert_eq!(ask(&[a.clone(), a.clone()], None), "two curves are called 'a'");
    assert!(ask(&[a.clone(), b], Some("c")).ends_with("'c' (expected one of a, b)"));
    assert!(ask(&[z.clone(), a.clone()], None).contains("'z' an impedance in ohms"));
    let far = response("far", FrequencyGrid::logarithmic(hz(30e3), hz(40e3), 12), |_| 0.0);
    assert!(ask(&[a, far], None).starts_with("'far' and 'a' have no band in common"));
    let short = impedance("short", grid(12), |_| 0.0, None);
    assert!(ask(&[z, short], None).starts_with("the impedance 'short' is zero at 20 Hz"));
}

#[test]
fn numpy_finds_the_same_difference_of_two_impedances() {
    /// Numbers are printed with 14 digits.
    const DIGITS: f64 = 1e-9;
    let of = |name: &str, hz: Vec<f64>, [re, rp, f0, q]: [f64; 4], relative: f64| {
        let z = |f: f64| {
            Complex64::new(re, f * 3.4e-4) + rp / Complex64::new(1.0, q * (f / f0 - f0 / f))
        };
        let grid = FrequencyGrid::new(hz).unwrap();
        let magnitude = Curve::<Ohm>::from_fn(grid.clone(), |f| z(f).norm()).unwrap();
        let u = magnitude.values() * relative;
        let phase = Curve::from_fn(grid, |f| z(f).arg().to_degrees()).unwrap();
        let polar = Polar::new(magnitude.with_u(u).unwrap(), phase).unwrap();
        NamedCurve { name: name.to_owned(), trace: Trace::Impedance(polar) }
    };
    let fine = (0..520).map(|k| 15.0 * (f64::from(k) / 48.0).exp2()).collect();
    let coarse = (0..240).map(|k| 21.0 * (f64::from(k) / 24.0).exp2()).collect();
    let left = of("left", fine, [32.0, 34.0, 85.0, 1.6], 0.002);
    let right = of("right", coarse, [32.4, 36.0, 88.0, 1.7], 0.003);
    let difference = compared(&[left, right]).differences.remove(0);
    let percent = difference.percent.unwrap();
    let phase = difference.phase.unwrap();
    let at = percent.curve.hz().iter().position(|&f| f >= percent.worst_hz).unwrap();
    let spans = difference.significance.unwrap().spans;
    // The first point alone is beyond its uncertainty too, but by too little: chance.
    let [a, b] = spans[..] else { panic!("{spans:?}") };
    // tests/golden/curves.py
    for (found, expected) in [
        (percent.curve.hz().len() as f64, 238.0),
        (percent.worst, 6.101_840_750_226_284),
        (percent.worst_hz, 102.820_497_637_591_03),
        (percent.mean, 1.213_655_362_282_989_8),
        (percent.rms, 1.903_387_690_492_636_3),
        (difference.level.mean, 0.103_874_790_476_132_12),
        (percent.curve.u().unwrap()[at], 0.382_555_627_246_055_73),
        (phase.worst, 3.654_053_607_325_393_7),
        (phase.worst_hz, 81.608_683_056_902_89),
        (a.from_hz, 40.804_341_528_451_445),
        (a.to_hz, 72.705_071_124_516_02),
        (b.from_hz, 79.285_442_265_262_26),
        (b.to_hz, 19_719.254_945_073_25),
    ] {
        assert!((found / expected - 1.0).abs() < DIGITS, "{found} for {expected}");
    }
}

proptest! {
    #[test]
    fn turning_the_comparison_around_turns_the_level_around(
        a in 1.0_f64..1000.0, b in 1.0_f64..1000.0, u in 0.0_f64..0.1,
    ) {
        let left = impedance("left", grid(12), |f| a * (1.0 + hump(f)), Some(u));
        let right = impedance("right", grid(12), |_| b, Some(u));
        let of = |reference| {
            let curves = [left.clone(), right.clone()];
            compare(&curves, Some(reference), Normalisation::None, Smoothing::None)
                .unwrap().differences.remove(0)
        };
        let (forth, back) = (of("left"), of("right"));
        for (x, y) in forth.level.curve.values().iter().zip(back.level.curve.values()) {
            prop_assert!((x + y).abs() < ROUNDING);
        }
        prop_assert!((forth.level.mean + back.level.mean).abs() < ROUNDING);
    }
}
