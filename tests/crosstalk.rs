//! Crosstalk of an amplifier under load: how near the shared return comes, how honest its error bar
//! is, and the whole way through the simulated rig.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these are tests"
)]

use std::f64::consts::TAU;

use cansweep::measure::{Analysed, Analyser, Inverse, Rig, Unwatched, stimulus_of};
use cansweep::metrology::shared_return::{IdleRatio, crosstalk, inferred};
use cansweep::model::{
    ChannelLoad, Covariance, CrosstalkBench, CrosstalkCurves, CrosstalkFigures, CrosstalkTake,
    FrequencyGrid, Ground, Impedance, KnownOutput, Outcome, Recording, Side,
};
use cansweep::quantity::{Percent, Resistance};
use cansweep::rig::simulated::{Placement, SimulatedRig, Wiring, preset};
use cansweep::store::plan;
use num_complex::Complex64;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// What the drawn amplifiers have.
const RETURN_OHM: f64 = 0.15;
const RETURN_H: f64 = 1e-6;
const OWN_S: f64 = 8e-9;

fn bench(ground: Ground, output: KnownOutput) -> CrosstalkBench {
    CrosstalkBench {
        ground,
        output,
        load_tolerance: Percent::new(1.0).unwrap(),
        gain_match_db: 0.3,
        return_resistance: None,
        headphones: Vec::new(),
        at_least_db: None,
    }
}

fn ohm(ohm: f64) -> KnownOutput {
    KnownOutput::Ohm(Resistance::new(ohm).unwrap())
}

fn take(load: &str) -> CrosstalkTake {
    CrosstalkTake { load: load.parse().unwrap(), driven: Side::Left }
}

fn grid() -> FrequencyGrid {
    FrequencyGrid::new((0..80).map(|k| 20.0 * (f64::from(k) / 8.0).exp2()).collect()).unwrap()
}

/// A headphone with one resonance.
fn headphone() -> Impedance {
    let z = |hz: f64| {
        let detuning = hz / 85.0 - 85.0 / hz;
        Complex64::new(32.0, TAU * hz * 1e-4) + 34.0 / Complex64::new(1.0, 1.6 * detuning)
    };
    Impedance::from_fn(grid(), z).unwrap()
}

/// Takes with everything that is uncertain drawn from what is stated of it.
fn drawn(bench: &CrosstalkBench, source: f64, noise: f64, seed: u64) -> Vec<IdleRatio> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let within = |random: &mut ChaCha8Rng, half: f64| half * random.random_range(-1.0..1.0);
    let normal = |random: &mut ChaCha8Rng| -> f64 { StandardNormal.sample(random) };
    let gain = 10_f64.powf(within(&mut random, bench.gain_match_db) / 20.0);
    let taken = ["open", "33", "100"].map(|load| {
        let stood = take(load);
        let off = 1.0 + within(&mut random, bench.load_tolerance.fraction());
        let load = match stood.load {
            ChannelLoad::Ohm(ohm) => Some(Complex64::from(ohm.ohm() * off)),
            _ => None,
        };
        let at = |&f: &f64| {
            let own = Complex64::new(0.0, TAU * f * OWN_S);
            let shared = Complex64::new(RETURN_OHM, TAU * f * RETURN_H);
            let h = gain * crosstalk(bench.ground, own, shared, load, source.into());
            h + noise * Complex64::new(normal(&mut random), normal(&mut random))
        };
        let ratio: Vec<Complex64> = grid().hz().iter().map(at).collect();
        let noise = Some(vec![Covariance::circular(noise); ratio.len()]);
        IdleRatio { stood, ratio, noise }
    });
    taken.into()
}

/// How many percent of seeds have return and prediction within k = 2, and the error of the return.
fn covered(bench: &CrosstalkBench, source: impl Fn(u64) -> f64, noise: f64) -> (f64, f64, f64) {
    const SEEDS: u64 = 200;
    let (mut inside, mut predicted_inside, mut square) = (0_u32, 0_u32, 0.0);
    for seed in 0..SEEDS {
        let source = source(seed);
        let taken = drawn(bench, source, noise, seed);
        let found = inferred(&grid(), &taken, bench, &|_, _| f64::INFINITY).unwrap();
        let resistance = found.shared.resistance_ohm;
        let off = (resistance.value - RETURN_OHM).abs();
        inside += u32::from(off <= 2.0 * resistance.u);
        square += off * off;
        // Near 1 kHz, across the drivers of a headphone that was not there.
        let predicted = found.predicted(Ground::Common, Side::Left, &headphone()).unwrap();
        let i = grid().hz().partition_point(|&f| f < 1e3);
        let f = grid().hz()[i];
        let own = Complex64::new(0.0, TAU * f * OWN_S);
        let shared = Complex64::new(RETURN_OHM, TAU * f * RETURN_H);
        let load = Some(headphone().values()[i]);
        let truth = crosstalk(Ground::Common, own, shared, load, source.into()).norm();
        let level = predicted.level();
        let off = (level.values()[i] - 20.0 * truth.log10()).abs();
        predicted_inside += u32::from(off <= 2.0 * level.u().unwrap()[i]);
    }
    let percent = |count: u32| 100.0 * f64::from(count) / SEEDS as f64;
    (percent(inside), percent(predicted_inside), (square / SEEDS as f64).sqrt())
}

#[test]
fn the_error_bar_of_a_return_holds_the_truth_as_often_as_it_says() {
    /// A converter of 105 dB, over the driven channel.
    const NOISE: f64 = 3e-6;
    let exact = |of: CrosstalkBench| CrosstalkBench {
        load_tolerance: Percent::new(0.0).unwrap(),
        gain_match_db: 0.0,
        ..of
    };
    let unknown = |seed: u64| (seed as f64 * 0.618_034).fract();
    let ten = |_| 10.0;
    let cases = [
        // Tolerances have bounds, and twice their standard uncertainty lies beyond them.
        ("tolerances", covered(&bench(Ground::Common, KnownOutput::Unknown), unknown, NOISE), 99.9),
        ("amplifier's ground", covered(&bench(Ground::Amplifier, ohm(10.0)), ten, NOISE), 99.9),
        // 95.4 % of 200 seeds.
        ("noise", covered(&exact(bench(Ground::Common, ohm(10.0))), ten, 1e-3), 99.0),
    ];
    for (name, (inside, predicted, rms), most) in cases {
        println!("{name}: {inside} % inside k = 2, predicted {predicted} %, {rms:.2e} Ω rms");
        for percent in [inside, predicted] {
            assert!((91.0..=100.0_f64.min(most + 0.2)).contains(&percent), "{name}: {percent} %");
        }
        assert!(rms < 0.05 * RETURN_OHM, "{name}: {rms} Ω");
    }
}

fn analysed(takes: &[Recording], stood: &[CrosstalkTake], bench: &CrosstalkBench) -> Analysed {
    let plan = plan::load("output-impedance").unwrap();
    let stimulus = stimulus_of(&plan).unwrap();
    let mut analyser = Analyser::new(stimulus, *plan.analysis(), Inverse::OfSamples).unwrap();
    let channels = "reference=1,sense=2".parse().unwrap();
    analyser.crosstalk(takes, &channels, stood, bench).unwrap()
}

fn outcome(analysed: Analysed) -> (CrosstalkCurves, CrosstalkFigures) {
    match analysed.outcome {
        Outcome::Crosstalk { curves, figures, .. } => (curves, figures),
        other => panic!("{other:?} {:?}", analysed.findings),
    }
}

/// A closed headphone on an amplifier of so many ohms with a shared return.
fn rig(wired: Ground, source: f64, shared: f64) -> SimulatedRig {
    let scenario = preset("closed-38").unwrap().changed(|parts| {
        parts.amplifier.output_resistance_ohm = source;
        parts.amplifier.return_resistance_ohm = shared;
        parts.amplifier.crosstalk_s = if shared > 0.0 { OWN_S } else { 0.0 };
        parts.converter.input_resistance_ohm = Some(20e3);
        parts.converter.input_capacitance_f = 150e-12;
    });
    let placement = Placement::new("fresh", 1, 1);
    SimulatedRig::new(scenario.unwrap(), Wiring::BothChannels(wired), placement).unwrap()
}

fn captured(rig: &mut SimulatedRig, stood: &[CrosstalkTake]) -> Vec<Recording> {
    let stimulus = stimulus_of(&plan::load("output-impedance").unwrap()).unwrap();
    let one = |&stood: &CrosstalkTake| {
        assert!(rig.connect_both(stood));
        rig.exchange(&stimulus, &mut Unwatched).unwrap()
    };
    stood.iter().map(one).collect()
}

#[test]
fn a_simulated_amplifier_has_the_return_it_was_given_and_a_headphone_what_that_predicts() {
    /// The inputs take a part in a thousand of the current.
    const RELATIVE: f64 = 0.005;
    const RESIDUAL_DB: f64 = 0.05;
    for (ground, source) in [(Ground::Common, 0.5), (Ground::Amplifier, 10.0)] {
        let stood = [take("open"), take("33"), take("headphone")];
        let mut rig = rig(ground, source, RETURN_OHM);
        let takes = captured(&mut rig, &stood);
        let impedance = rig.truth_impedance(&FrequencyGrid::standard()).unwrap();
        let headphones = vec![("closed".to_owned(), impedance)];
        let bench = CrosstalkBench { headphones, ..bench(ground, ohm(source)) };
        let (curves, figures) = outcome(analysed(&takes, &stood, &bench));
        println!("{ground}: {figures:?}");
        let found = figures.return_ohm.unwrap();
        assert!((found / RETURN_OHM - 1.0).abs() < RELATIVE, "{ground}: {found} Ω");
        assert!(figures.own_known && figures.return_h.is_none(), "{figures:?}");
        let residual = figures.takes[2].residual_db.unwrap();
        assert!(residual < RESIDUAL_DB, "{ground}: {residual} dB");
        // The rig's own equations, with the headphone.
        let truth = rig.truth_response(curves.measured[2].ratio.grid()).unwrap();
        let measured = curves.measured[2].ratio.values();
        let noisy = curves.measured[2].ratio.covariance().unwrap();
        let inside = (truth.values().iter().zip(measured).zip(noisy))
            .filter(|((truth, found), u)| (*truth - *found).norm() < 5.0 * u.rr.max(u.ii).sqrt());
        assert!(inside.count() * 100 >= 99 * truth.values().len(), "{ground}");
        assert_eq!(curves.predicted.len(), 1);
    }
}

fn slugs(analysed: &Analysed) -> Vec<&'static str> {
    analysed.findings.iter().map(|finding| finding.kind.slug()).collect()
}

#[test]
fn swapped_inputs_a_silent_input_and_the_other_ground_are_said() {
    let stood = [take("open"), take("33")];
    let unknown = bench(Ground::Common, KnownOutput::Unknown);
    let takes = captured(&mut rig(Ground::Common, 0.5, RETURN_OHM), &stood);
    let swapped: Vec<Recording> = takes
        .iter()
        .map(|take| {
            let mut samples = take.samples().clone();
            samples.invert_axis(ndarray::Axis(0));
            Recording::new(take.rate(), samples, take.format(), take.rig().clone()).unwrap()
        })
        .collect();
    let of_swapped = analysed(&swapped, &stood, &unknown);
    assert!(matches!(of_swapped.outcome, Outcome::Refused(_)), "{:?}", of_swapped.findings);

    let silent = captured(&mut rig(Ground::Common, 0.5, 0.0), &stood);
    let of_silent = analysed(&silent, &stood, &unknown);
    assert!(slugs(&of_silent).contains(&"idle-silent"), "{:?}", of_silent.findings);
    let (curves, figures) = outcome(of_silent);
    assert!(figures.takes.iter().all(|take| take.worst.is_none()));
    assert!(figures.takes[1].at_1khz.unwrap().or_more);
    let floor = figures.takes[1].floor_db.unwrap();
    assert!((90.0..150.0).contains(&floor), "{floor} dB");
    assert!(curves.measured.iter().all(|of| !of.above_noise.contains(&true)));

    let other = captured(&mut rig(Ground::Amplifier, 10.0, 1.0), &stood);
    let of_other = analysed(&other, &stood, &unknown);
    assert!(slugs(&of_other).contains(&"other-ground"), "{:?}", of_other.findings);
    assert_eq!(outcome(of_other).1.return_ohm, None);
}
