//! States and series resistors that other people measured on real headphones.
//!
//! `CANSWEEP_REAL_DATA` names the folder that holds them; without it, `../shared/data` beside the
//! project. Where the folder is absent the tests say so and pass. The expected figures were worked
//! out from the same files with numpy.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "a skipped test says so")]

#[path = "support/real_data.rs"]
mod real_data;

use std::path::Path;

use cansweep::metrology::band::mean_over;
use cansweep::model::{
    Back, Curve, LeakVerdict, NoLeak, Normalisation, Source, StateComparison, StateDifference,
    Trace,
};
use cansweep::quantity::unit::Decibel;
use cansweep::quantity::{Frequency, Length, Resistance, Smoothing, Volume};
use cansweep::store::curve;
use cansweep::study::leak::{self, LeakQuestion};
use cansweep::study::matrix::{Headphone, matrix};
use cansweep::study::series::{Behind, Series};
use cansweep::study::source::{OnSource, Question, compare_inferred};
use cansweep::study::states::{State, compare};

use self::real_data::{folder, read};

/// Figures rounded to a tenth, and interpolated on another grid.
const FIGURE_DB: f64 = 0.1;
/// Figures of the bass shelf rounded to a hundredth, on a grid of another density.
const SHELF_DB: f64 = 0.03;

/// The first `n` seatings `{stem}1.txt`, `{stem}2.txt` … of a state.
fn state(name: &str, folder: &Path, stem: &str, n: usize) -> State {
    let seating = |i: usize| read(&folder.join(format!("{stem}{i}.txt")));
    State { name: name.to_owned(), seatings: (1..=n).map(seating).collect() }
}

fn compared(reference: State, other: State) -> StateComparison {
    let at_1_khz = Normalisation::At(Frequency::new(1000.0).unwrap());
    compare(&[reference, other], None, at_1_khz, Smoothing::None).unwrap()
}

fn pads(ear: char) -> Option<StateComparison> {
    let folder = folder("htangl-hd650-pads")?;
    let stem = |pads| format!("Sennheiser HD 650 ({pads} Pads) {ear}");
    let new = state("new", &folder, &stem("New"), 4);
    Some(compared(new, state("worn", &folder, &stem("Worn"), 4)))
}

fn glasses(n: usize) -> Option<StateComparison> {
    let folder = folder("massiveadam-seal-glasses-position")?;
    let without = state("without", &folder, "Ouro (golem) L", n);
    Some(compared(without, state("glasses", &folder, "OuroborosGolem   (glasses) L", n)))
}

fn at(curve: &Curve<Decibel>, hz: f64) -> f64 {
    curve.at(hz).unwrap()
}

fn u_at(difference: &StateDifference, hz: f64) -> f64 {
    let u = difference.curve.u().unwrap().clone();
    at(&Curve::new(difference.curve.grid().clone(), u).unwrap(), hz)
}

#[test]
fn the_means_of_new_and_worn_pads_are_those_of_the_data() {
    let Some(result) = pads('L') else { return };
    let expected = [
        [(25.0, -4.0), (50.0, -0.3), (100.0, 1.1), (3000.0, 11.2)],
        [(25.0, -5.0), (50.0, -1.5), (100.0, 0.4), (3000.0, 10.3)],
    ];
    for (state, means) in result.states.iter().zip(expected) {
        for (hz, level) in means {
            let found = at(&state.mean, hz);
            assert!((found - level).abs() < FIGURE_DB, "{} at {hz} Hz: {found}", state.name);
        }
    }
}

#[test]
fn the_seating_spread_of_the_pads_is_that_of_the_data() {
    // Spreads rounded to a hundredth, and interpolated on another grid.
    const SPREAD_DB: f64 = 0.01;
    let Some(result) = pads('L') else { return };
    for (state, expected) in result.states.iter().zip([0.14, 0.17]) {
        let sd = at(state.sd.as_ref().unwrap(), 25.0);
        assert!((sd - expected).abs() < SPREAD_DB, "{}: {sd}", state.name);
    }
}

#[test]
fn worn_pads_cost_a_decibel_of_bass_which_is_many_times_its_uncertainty() {
    let Some(result) = pads('L') else { return };
    let change = at(&result.differences[0].curve, 25.0);
    assert!((change + 1.0).abs() < 0.2, "{change}");
    assert!(change.abs() > 5.0 * u_at(&result.differences[0], 25.0));
}

#[test]
fn worn_pads_lower_the_bass_shelf_of_both_ears() {
    for (ear, expected) in [('L', -1.24), ('R', -1.17)] {
        let Some(result) = pads(ear) else { return };
        let change = result.differences[0].bass_shelf_db.unwrap();
        assert!((change.value - expected).abs() < SHELF_DB, "{ear}: {change}");
        assert!(change.value.abs() > 5.0 * change.u, "{ear}: {change}");
    }
}

#[test]
fn glasses_cost_the_bass() {
    let Some(result) = glasses(6) else { return };
    let change = at(&result.differences[0].curve, 25.0);
    assert!((change + 8.0).abs() < 1.0, "{change}");
    assert!(change.abs() > 5.0 * u_at(&result.differences[0], 25.0));
}

#[test]
fn glasses_lower_the_bass_shelf() {
    // These data start at 20.2 Hz; from 21 Hz on it would be -5.19 dB.
    let Some(result) = glasses(5) else { return };
    let change = result.differences[0].bass_shelf_db.unwrap();
    assert!((change.value + 5.25).abs() < SHELF_DB, "{change}");
}

#[test]
fn glasses_widen_the_spread_of_the_bass() {
    let Some(result) = glasses(6) else { return };
    let spread = |i: usize| mean_over(result.states[i].sd.as_ref().unwrap(), 20.0, 150.0).unwrap();
    // 1.1 dB against 0.37 dB.
    assert!(spread(1) > 2.5 * spread(0), "{} {}", spread(1), spread(0));
}

#[test]
fn glasses_leave_the_midrange_as_it_was() {
    // Single frequencies of these two sets do move, by up to 1.5 dB in narrow ripples and by more
    // above 8 kHz, where any change of position does that. What a leak would do is a broad loss,
    // and there is none: the mean 1 kHz to 8 kHz stays to a tenth of what the bass loses.
    const BROAD_DB: f64 = 0.5;
    const RIPPLE_DB: f64 = 2.0;
    let Some(result) = glasses(6) else { return };
    let change = &result.differences[0].curve;
    assert!(mean_over(change, 1000.0, 8000.0).unwrap().abs() < BROAD_DB);
    let ripple = change.points().filter(|(f, _)| (1000.0..8000.0).contains(f));
    assert!(ripple.map(|(_, db)| db.abs()).fold(0.0, f64::max) < RIPPLE_DB);
}

/// What is said about the leak behind a difference, for a front volume of 35 cm³.
fn leak(comparison: &StateComparison) -> LeakVerdict {
    let question = LeakQuestion {
        length: Length::new(10e-3).unwrap(),
        calibration: None,
        front_volume: Volume::new(35e-3).unwrap(),
        back: Back::Unknown,
    };
    leak::fit(comparison, &question).unwrap().pop().flatten().unwrap()
}

#[test]
fn glasses_hold_a_slit_open() {
    // Sizes that scipy's least_squares finds for the same model with the same priors, 2.57197 mm
    // and 0.352047 mm, with a standard error of 8.3 % and 8.4 % by its own jackknife.
    const SAME: f64 = 1e-3;
    const HALF_WIDTHS: [f64; 2] = [0.0832, 0.0840];
    let Some(result) = glasses(6) else { return };
    let LeakVerdict::Fitted(leak) = leak(&result) else { panic!("the leak is refused") };
    let sizes = [(leak.hole, 2.571_97), (leak.slit, 0.352_047)];
    for ((size, expected), u) in sizes.into_iter().zip(HALF_WIDTHS) {
        println!("{size:?}");
        assert!((size.mm / expected - 1.0).abs() < SAME, "{size:?}");
        let half = 0.5 * (size.to_mm / size.from_mm).ln();
        // Student's t is 2.23 for ten degrees of freedom and 2.57 for five.
        assert!((2.2 * u..2.6 * u).contains(&half), "{half}");
    }
    assert!(leak.rms_residual_db() < 0.65, "{}", leak.rms_residual_db());
}

#[test]
fn the_same_headphone_without_glasses_leaks_nowhere() {
    let Some(folder) = folder("massiveadam-seal-glasses-position") else { return };
    let all = state("without", &folder, "Ouro (golem) L", 6).seatings;
    let every_other = |name: &str, first: usize| State {
        name: name.to_owned(),
        seatings: all.iter().skip(first).step_by(2).cloned().collect(),
    };
    let verdict = leak(&compared(every_other("odd", 0), every_other("even", 1)));
    assert!(matches!(verdict, LeakVerdict::Refused(NoLeak::Unseen { .. })), "{verdict:?}");
}

#[test]
fn worn_pads_that_change_the_treble_too_are_not_told_as_a_leak() {
    for ear in ['L', 'R'] {
        let Some(result) = pads(ear) else { return };
        let verdict = leak(&result);
        assert!(matches!(verdict, LeakVerdict::Refused(NoLeak::Treble { .. })), "{verdict:?}");
    }
}

/// An in-ear headphone behind a resistor, for one drive level.
fn explorer(folder: &Path, ohm: u16) -> Behind {
    let name = match ohm {
        0 => "Aful Explorer L.txt".to_owned(),
        ohm => format!("Aful Explorer ({ohm} Ohm) L.txt"),
    };
    let path = folder.join(name);
    let drive_db = curve::read(&path).unwrap().drive.unwrap().db();
    Behind {
        resistor: Resistance::new(f64::from(ohm)).unwrap(),
        level: read(&path).shifted(-drive_db),
    }
}

#[test]
fn a_balanced_armature_on_three_sources_does_what_numpy_says() {
    /// Of printed digits.
    const DIGITS: f64 = 6e-5;
    let Some(folder) = folder("knowles-ba-traces") else { return };
    let Trace::Impedance(polar) = curve::read(&folder.join("ED_30262.zma")).unwrap().into_trace()
    else {
        panic!("no impedance")
    };
    let receiver =
        Headphone { name: "ED-30262".to_owned(), impedance: polar.to_impedance().unwrap() };
    let sources = [1.0, 10.0, 120.0].map(|ohm| Source::Resistance(Resistance::new(ohm).unwrap()));
    let found = matrix(&[receiver], &sources);
    let row = &found.rows[0];
    assert_eq!((row.minimum.value, row.nominal_ohm), (12.648_511, Some(8.0)));
    assert!((row.at_1khz_ohm - 34.5639).abs() < DIGITS);
    let expected = [
        [0.619_13, -0.413_18, 20.0127, -0.247_73],
        [4.650_93, -2.852_80, 20.0127, -2.207_21],
        [16.447_37, 9.043_82, 19_977.931_5, -13.009_71],
    ];
    for (pair, [peak_to_peak, worst, worst_hz, loss]) in found.pairs().zip(expected) {
        let effect = pair.effect;
        assert!((effect.peak_to_peak.db - peak_to_peak).abs() < DIGITS, "{effect:?}");
        assert!((effect.worst.db - worst).abs() < DIGITS, "{effect:?}");
        assert!((effect.worst_hz / worst_hz - 1.0).abs() < DIGITS, "{effect:?}");
        assert!((effect.loss.db - loss).abs() < DIGITS, "{effect:?}");
        assert_eq!(effect.keeps_eighth_rule, pair.source.ohm < 1.5);
    }
}

#[test]
fn two_series_resistors_predict_what_three_others_do() {
    const RMS_DB: f64 = 0.02;
    const RELATIVE: f64 = 0.02;
    let Some(folder) = folder("htangl-series-resistor") else { return };
    let series = Series::new(&[0, 10, 50].map(|ohm| explorer(&folder, ohm))).unwrap();
    let verify = [20, 75, 100].map(|ohm| {
        let Behind { resistor, level } = explorer(&folder, ohm);
        OnSource { source: resistor.into(), level }
    });
    let sources = Question::of_sources([Resistance::MIN], Normalisation::None);
    let question = Question { verify: verify.into(), ..sources };
    let found = compare_inferred(&series, &question).unwrap();
    for seen in &found.verifications {
        println!("{}: {} dB rms, worst {} dB", seen.source.label(), seen.rms_db, seen.worst_db);
        assert!(seen.rms_db < RMS_DB, "{seen:?}");
        // These files state no uncertainty, and two resistors leave no scatter.
        assert!(seen.verdict.is_err(), "{:?}", seen.verdict);
    }
    assert_eq!(found.verifications.len(), 3);
    let figures = found.inferred.unwrap();
    for (quoted, ohm) in figures.quoted.iter().zip([24.4, 22.8, 10.8, 12.4]) {
        println!("{quoted:?}");
        assert!((quoted.ohm / ohm - 1.0).abs() < RELATIVE, "{quoted:?}");
    }
    assert_eq!(figures.quoted.len(), 4);
    assert!(figures.forced_share < 0.01, "{}", figures.forced_share);
}
