//! Calibrated impedances against truths that are known: any bilinear jig, and hundreds of
//! simulated rigs whose errors are drawn from what is stated about them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these are tests"
)]

use cansweep::measure::{impedance_behind, impedance_calibration};
use cansweep::model::{
    Covariance, FrequencyGrid, ImpedanceCalibration, Jig, MeasuredStandard, Response, Standard,
    Topology,
};
use cansweep::quantity::Resistance;
use num_complex::Complex64;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

fn ohm(value: f64) -> Resistance {
    Resistance::new(value).unwrap()
}

fn grid() -> FrequencyGrid {
    FrequencyGrid::new((0..40).map(|k| 20.0 * (f64::from(k) / 4.0).exp2()).collect()).unwrap()
}

fn normal(random: &mut impl Rng) -> f64 {
    StandardNormal.sample(random)
}

fn complex(random: &mut impl Rng) -> Complex64 {
    Complex64::new(normal(random), normal(random))
}

/// A headphone of a coil, an inductance and one resonance.
fn headphone(re: f64, f: f64) -> Complex64 {
    let resonance = 0.5 * re / Complex64::new(1.0, 1.8 * (f / 85.0 - 85.0 / f));
    re + Complex64::new(0.0, 1e-6 * re * std::f64::consts::TAU * f) + resonance
}

#[test]
fn whatever_is_linear_about_a_jig_is_taken_out() {
    /// Rounding of three equations, amplified by how alike the standards are.
    const ROUNDING: f64 = 1e-9;
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..200 {
        let scale = 10_f64.powf(random.random_range(0.5..2.5));
        let a = (1.0 + 0.3 * complex(&mut random)) / scale;
        let b = 0.01 * complex(&mut random);
        let c = (1.0 + 0.3 * complex(&mut random)) / scale;
        let ratio = |z: Option<Complex64>| {
            let m = z.map_or(a / c, |z| (a * z + b) / (c * z + 1.0));
            Response::from_fn(grid(), |_| m).unwrap()
        };
        let load = scale * random.random_range(0.3..3.0);
        let standards = [Standard::open(), Standard::short(), Standard::load(ohm(load), 0.0)];
        let standards = standards
            .map(|standard| MeasuredStandard { ratio: ratio(standard.impedance(1e3)), standard });
        let jig = Jig::with_resistor(ohm(scale));
        let (calibration, _) = impedance_calibration(jig, None, standards.to_vec(), &[]).unwrap();
        let z = scale * (1.0 + 0.5 * complex(&mut random));
        let found = impedance_behind(&jig, Some(&calibration), &ratio(Some(z))).unwrap();
        let error = (found.values()[7] - z).norm() / z.norm();
        assert!(error < ROUNDING, "{error}");
    }
}

/// A rig with everything about it drawn from what its jig states.
struct Drawn {
    jig: Jig,
    resistor: f64,
    gain: Complex64,
    input: f64,
    capacitance: f64,
    leads: f64,
    noise: f64,
}

impl Drawn {
    fn new(ohms: f64, topology: Topology, random: &mut impl Rng) -> Self {
        let jig = Jig {
            topology,
            input_resistance: Some(ohm(20e3)),
            lead_resistance: Some(ohm(0.15)),
            ..Jig::with_resistor(ohm(ohms))
        };
        let uniform = |random: &mut dyn FnMut() -> f64, half: f64| half * (2.0 * random() - 1.0);
        let mut unit = || random.random::<f64>();
        let gain_db = uniform(&mut unit, jig.gain_match_db);
        let turn = uniform(&mut unit, jig.phase_match_deg).to_radians();
        let tolerance = uniform(&mut unit, jig.resistor_tolerance.fraction());
        let input = 20e3 / (1.0 + uniform(&mut unit, Jig::INPUT_TOLERANCE));
        let capacitance = unit() * Jig::LARGEST_INPUT_F;
        Self {
            jig,
            resistor: ohms * (1.0 + tolerance),
            gain: Complex64::from_polar(10_f64.powf(gain_db / 20.0), turn),
            input,
            capacitance,
            leads: 0.15,
            noise: 3e-6,
        }
    }

    /// The ratio with something connected, with everything that changes from take to take.
    fn ratio(
        &self,
        z: impl Fn(f64) -> Option<Complex64>,
        is_later: bool,
        random: &mut ChaCha8Rng,
    ) -> Response {
        let jig = &self.jig;
        let contact = jig.contact_resistance.ohm() * normal(random);
        let drift = Complex64::new(normal(random), normal(random))
            * (10_f64.powf(jig.drift_db / 20.0) - 1.0);
        let warmth = if is_later {
            1e-6 * jig.temperature_coefficient_ppm
                * jig.temperature_range_k
                * random.random_range(-1.0..1.0)
        } else {
            0.0
        };
        let resistor = self.resistor * (1.0 + warmth);
        let ratio = |f: f64| {
            let omega = std::f64::consts::TAU * f;
            let input = Complex64::new(1.0 / self.input, omega * self.capacitance);
            let z = z(f).map_or(Complex64::from(1e15), |z| z + self.leads + contact);
            let m = match jig.topology {
                Topology::HighSide => {
                    let loaded = (z.inv() + input).inv();
                    loaded / (loaded + resistor)
                }
                Topology::LowSide => {
                    let loaded = (1.0 / resistor + input).inv();
                    loaded / (loaded + z)
                }
            };
            self.gain * (1.0 + drift) * m
        };
        let clean = Response::from_fn(grid(), ratio).unwrap();
        let noisy = clean.values().mapv(|m| m + self.noise * complex(random));
        let covariance = vec![Covariance::circular(self.noise); grid().len()];
        Response::new(grid(), noisy).unwrap().with_covariance(covariance).unwrap()
    }

    fn calibrated(
        &self,
        load: f64,
        tolerance: f64,
        random: &mut ChaCha8Rng,
    ) -> ImpedanceCalibration {
        let true_load = load * (1.0 + 1e-2 * tolerance * random.random_range(-1.0..1.0));
        let standards = vec![
            (Standard::open(), self.ratio(|_| None, false, random)),
            (Standard::short(), self.ratio(|_| Some(Complex64::ZERO), false, random)),
            (
                Standard::load(ohm(load), tolerance),
                self.ratio(|_| Some(true_load.into()), false, random),
            ),
        ];
        let standards =
            standards.into_iter().map(|(standard, ratio)| MeasuredStandard { standard, ratio });
        // The plane of the standards is the plug: the leads belong to the jig.
        let jig = Jig { lead_resistance: None, ..self.jig };
        impedance_calibration(jig, None, standards.collect(), &[]).unwrap().0
    }
}

/// How many of so many values lie inside twice the uncertainty, of magnitude and phase.
#[derive(Default)]
struct Tally {
    magnitude: u32,
    phase: u32,
    all: u32,
}

impl Tally {
    fn count(&mut self, found: &cansweep::model::Impedance, truth: impl Fn(f64) -> Complex64) {
        let covariance = found.covariance().unwrap();
        for ((&f, &z), u) in found.hz().iter().zip(found.values()).zip(covariance) {
            let truth = truth(f);
            self.all += 1;
            let off = (z.norm() - truth.norm()).abs();
            self.magnitude += u32::from(off <= 2.0 * u.u_magnitude(z));
            self.phase += u32::from((z / truth).arg().abs() <= 2.0 * u.u_phase(z));
        }
    }

    fn percent(&self) -> (f64, f64) {
        let of = |inside: u32| 100.0 * f64::from(inside) / f64::from(self.all);
        (of(self.magnitude), of(self.phase))
    }
}

/// Resistors and headphones that people have: sense resistor, load, DC resistance.
const BENCHES: [(f64, f64, f64); 5] = [
    (10.0, 10.0, 4.0),
    (33.0, 33.0, 16.0),
    (33.0, 33.0, 32.0),
    (100.0, 100.0, 60.0),
    (100.0, 100.0, 300.0),
];

#[test]
fn twice_the_stated_uncertainty_of_a_calibrated_rig_covers_the_truth_at_95_percent() {
    /// 400 rigs, each of whose errors is nearly the same at all frequencies: the share scatters by
    /// √(0.95 · 0.05/400) = 1.1 %.
    const RIGS: usize = 400;
    const SCATTER: f64 = 2.0;
    for topology in [Topology::HighSide, Topology::LowSide] {
        let mut tally = Tally::default();
        for rig in 0..RIGS {
            let mut random = ChaCha8Rng::seed_from_u64(1000 + rig as u64);
            let (resistor, load, re) = BENCHES[rig % BENCHES.len()];
            let drawn = Drawn::new(resistor, topology, &mut random);
            let calibration = drawn.calibrated(load, 0.1, &mut random);
            let truth = |f: f64| headphone(re, f);
            let ratio = drawn.ratio(|f| Some(truth(f)), true, &mut random);
            tally.count(&impedance_behind(&drawn.jig, Some(&calibration), &ratio).unwrap(), truth);
        }
        let (magnitude, phase) = tally.percent();
        println!("{topology}: magnitude {magnitude:.1} %, phase {phase:.1} %");
        assert!((magnitude - 95.45).abs() < SCATTER, "{topology}: magnitude {magnitude} %");
        assert!((phase - 95.45).abs() < SCATTER, "{topology}: phase {phase} %");
    }
}

#[test]
fn twice_the_stated_uncertainty_of_a_rig_that_is_not_calibrated_covers_the_truth() {
    /// Several rectangular errors of like size together reach less far than a normal one.
    const AT_LEAST: f64 = 93.0;
    let mut tally = Tally::default();
    for rig in 0..400 {
        let mut random = ChaCha8Rng::seed_from_u64(5000 + rig as u64);
        let (resistor, _, re) = BENCHES[rig % BENCHES.len()];
        let topology = if rig % 2 == 0 { Topology::HighSide } else { Topology::LowSide };
        let drawn = Drawn::new(resistor, topology, &mut random);
        let truth = |f: f64| headphone(re, f);
        let ratio = drawn.ratio(|f| Some(truth(f)), true, &mut random);
        tally.count(&impedance_behind(&drawn.jig, None, &ratio).unwrap(), truth);
    }
    let (magnitude, phase) = tally.percent();
    println!("uncalibrated: magnitude {magnitude:.1} %, phase {phase:.1} %");
    assert!(magnitude > AT_LEAST && phase > AT_LEAST, "{magnitude} % {phase} %");
}

/// scikit-rf's one-port calibration of the same numbers.
#[test]
fn scikit_rf_finds_the_same_impedances() {
    const AGREEMENT: f64 = 1e-9;
    let text = include_str!("golden/one_port.csv");
    let mut rows = 0;
    for line in text.lines().filter(|line| !line.starts_with(['#', 'f'])) {
        let numbers: Vec<f64> = line.split(',').map(|number| number.parse().unwrap()).collect();
        let value = |k: usize| Complex64::new(numbers[2 * k + 2], numbers[2 * k + 3]);
        let grid = FrequencyGrid::new(vec![numbers[0]]).unwrap();
        let ratio = |k: usize| Response::new(grid.clone(), vec![value(k)].into()).unwrap();
        let load = Standard::load(ohm(numbers[1]), 0.0);
        let standards = [(Standard::open(), 0), (Standard::short(), 1), (load, 2)];
        let standards =
            standards.map(|(standard, k)| MeasuredStandard { standard, ratio: ratio(k) }).to_vec();
        let jig = Jig::with_resistor(ohm(numbers[1]));
        let (calibration, _) = impedance_calibration(jig, None, standards, &[]).unwrap();
        let found = impedance_behind(&jig, Some(&calibration), &ratio(3)).unwrap().values()[0];
        let error = (found - value(4)).norm() / value(4).norm();
        assert!(error < AGREEMENT, "{line}: {found}, {error}");
        rows += 1;
    }
    assert_eq!(rows, 90);
}
