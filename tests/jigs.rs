//! Jigs from the wire to the result, on the simulated rig: calibrated ones with everything that
//! changes between takes, one input alone, and wired wrongly in every way that is known.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these are tests"
)]

mod support;

use cansweep::measure::{
    Analysed, Analyser, Inverse, Rig, Unwatched, impedance_calibration, stimulus_of,
};
use cansweep::model::{
    Balance, Impedance, ImpedanceCalibration, Inputs, Jig, MeasuredStandard, Outcome, Plan,
    Recording, Severity, Standard, Topology,
};
use cansweep::quantity::{Percent, Resistance};
use cansweep::rig::simulated::{
    Connected, Parts, Placement, Scenario, SimulatedRig, Wiring, preset,
};
use cansweep::store::plan;
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

const LOAD_TOLERANCE_PERCENT: f64 = 0.1;

/// A sweep of two seconds with little silence.
fn short_plan() -> Plan {
    let text = plan::builtin_text("response-quick").unwrap();
    let mut table: toml::Table = text.parse().unwrap();
    table["markers"] = false.into();
    for (key, value) in [("lead_in", "50ms"), ("gap", "600ms"), ("tail", "200ms")] {
        table["silence"][key] = value.into();
    }
    plan::parse(&table.to_string(), "short").unwrap()
}

fn ohm(value: f64) -> Resistance {
    Resistance::new(value).unwrap()
}

/// A rig whose jig is what its description says, within the tolerances that stand there.
struct Bench {
    scenario: Scenario,
    jig: Jig,
    load_ohm: f64,
    analyser: Analyser,
    random: ChaCha8Rng,
    seed: u64,
}

impl Bench {
    fn new(name: &str, topology: Topology, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let preset = preset(name).unwrap();
        let sense = preset.parts().jig.sense_resistor_ohm;
        let jig = Jig { topology, ..Jig::with_resistor(ohm(sense)) };
        let mut within = |half: f64| half * random.random_range(-1.0..1.0);
        let (resistor, gain) = (within(1.0), within(jig.gain_match_db));
        let skew = within(1e-7).abs();
        let scenario = preset.changed(|parts| {
            parts.jig.sense_resistor_deviation_percent = resistor;
            parts.jig.lead_resistance_ohm = 0.15;
            parts.converter.gain_db = [0.0, gain];
            parts.converter.skew_s = skew;
        });
        let plan = short_plan();
        let stimulus = stimulus_of(&plan).unwrap();
        let analyser = Analyser::new(stimulus, *plan.analysis(), Inverse::OfSamples).unwrap();
        let load_ohm = sense * (1.0 + 1e-2 * within(LOAD_TOLERANCE_PERCENT));
        Self { scenario: scenario.unwrap(), jig, load_ohm, analyser, random, seed }
    }

    fn rig(&mut self, connected: Connected, change: impl FnOnce(&mut Parts)) -> SimulatedRig {
        let scenario = self.scenario.changed(change).unwrap();
        let wiring = Wiring::SenseResistor(self.jig.topology);
        let placement = Placement::new("fresh", 1, self.seed);
        SimulatedRig::new(scenario, wiring, placement).unwrap().connecting(connected)
    }

    /// A take with a contact and a gain of its own, in a room that is `warmth` percent of the
    /// resistor warmer.
    fn take_in(&mut self, connected: Connected, warmth: f64) -> Recording {
        let mut normal = || -> f64 { StandardNormal.sample(&mut self.random) };
        let contact = self.jig.contact_resistance.ohm() * normal();
        let drift = self.jig.drift_db * normal();
        let mut rig = self.rig(connected, |parts| {
            parts.jig.lead_resistance_ohm += contact;
            parts.jig.sense_resistor_deviation_percent += warmth;
            parts.converter.gain_db[1] += drift;
        });
        exchange(&mut rig)
    }

    fn take(&mut self, connected: Connected) -> Recording {
        self.take_in(connected, 0.0)
    }

    /// A take on another day than the standards.
    fn later_take(&mut self, connected: Connected) -> Recording {
        let jig = &self.jig;
        let most = 1e-4 * jig.temperature_coefficient_ppm * jig.temperature_range_k;
        let warmth = most * self.random.random_range(-1.0..1.0);
        self.take_in(connected, warmth)
    }

    fn truth(&mut self, of: &Impedance) -> Impedance {
        self.rig(Connected::Headphone, |_| ()).truth_impedance(of.grid()).unwrap()
    }

    fn calibrated(&mut self) -> ImpedanceCalibration {
        let load = Standard::load(self.jig.sense_resistor, LOAD_TOLERANCE_PERCENT);
        let standards = [
            (load, Connected::Load(self.load_ohm)),
            (Standard::open(), Connected::Open),
            (Standard::short(), Connected::Short),
        ];
        let mut delay = None;
        let mut measured = Vec::new();
        for (standard, connected) in standards {
            let take = self.take(connected);
            let channels = channels(&self.jig);
            let analyser = &mut self.analyser;
            let takes = analyser.standard(&[take], &channels, &self.jig, &standard, delay).unwrap();
            delay = delay.or(takes.delay_samples);
            let ratio = takes.ratio.unwrap_or_else(|| panic!("{:?}", takes.findings));
            measured.push(MeasuredStandard { standard, ratio });
        }
        let (calibration, doubts) = impedance_calibration(self.jig, delay, measured, &[]).unwrap();
        assert!(doubts.is_empty(), "{doubts:?}");
        calibration
    }

    fn analysed(
        &mut self,
        take: Recording,
        calibration: Option<&ImpedanceCalibration>,
    ) -> Analysed {
        let channels = channels(&self.jig);
        self.analyser.impedance(&[take], &channels, &self.jig, calibration).unwrap()
    }
}

fn channels(jig: &Jig) -> cansweep::model::ChannelMap {
    match jig.inputs {
        Inputs::One => "sense=2".parse().unwrap(),
        Inputs::Two => "reference=1,sense=2".parse().unwrap(),
    }
}

fn exchange(rig: &mut SimulatedRig) -> Recording {
    rig.exchange(&stimulus_of(&short_plan()).unwrap(), &mut Unwatched).unwrap()
}

fn impedance(analysed: Analysed) -> Impedance {
    match analysed.outcome {
        Outcome::Impedance { impedance, .. } => impedance,
        other => panic!("{other:?} {:?}", analysed.findings),
    }
}

/// Warnings and refusals, by their names.
fn doubts(analysed: &Analysed) -> Vec<&'static str> {
    let doubts = analysed.findings.iter().filter(|f| f.severity != Severity::Note);
    doubts.map(|finding| finding.kind.slug()).collect()
}

#[test]
fn calibrated_takes_cover_the_truth_with_contacts_drift_and_warmth_between_them() {
    const RIGS: u64 = 60;
    /// Errors of a rig are the same at all frequencies, so each rig is one draw: 95 % of 60, less
    /// twice its scatter of 2.8 %.
    const LEAST_PERCENT: f64 = 89.0;
    let (mut inside, mut all, mut worst) = ([0_u32; 2], 0_u32, 0.0_f64);
    for seed in 0..RIGS {
        let name = ["open-300", "closed-38", "planar-32"][(seed % 3) as usize];
        let topology = [Topology::HighSide, Topology::LowSide][(seed % 2) as usize];
        let mut bench = Bench::new(name, topology, seed);
        let calibration = bench.calibrated();
        let take = bench.later_take(Connected::Headphone);
        let found = impedance(bench.analysed(take, Some(&calibration)));
        let truth = bench.truth(&found);
        let covariance = found.covariance().unwrap();
        for ((&z, &truth), u) in found.values().iter().zip(truth.values()).zip(covariance) {
            let off = (z.norm() - truth.norm()).abs();
            inside[0] += u32::from(off <= 2.0 * u.u_magnitude(z));
            inside[1] += u32::from((z / truth).arg().abs() <= 2.0 * u.u_phase(z));
            worst = worst.max(off / truth.norm());
            all += 1;
        }
    }
    let percent = inside.map(|n| 100.0 * f64::from(n) / f64::from(all));
    println!("inside k = 2: magnitude, phase {percent:.1?} %; worst {:.3} %", 100.0 * worst);
    assert!(percent.iter().all(|p| *p > LEAST_PERCENT), "{percent:?}");
    assert!(worst < 0.004, "{worst}");
}

#[test]
fn one_input_is_enough_once_three_standards_calibrate_it() {
    for (name, topology) in [("open-300", Topology::HighSide), ("closed-38", Topology::LowSide)] {
        let mut bench = Bench::new(name, topology, 5);
        bench.jig.inputs = Inputs::One;
        let calibration = bench.calibrated();
        let take = bench.later_take(Connected::Headphone);
        let found = impedance(bench.analysed(take, Some(&calibration)));
        let truth = bench.truth(&found);
        let u = found.covariance().unwrap();
        let mut worst = 0.0_f64;
        for ((z, truth), u) in found.values().iter().zip(truth.values()).zip(u) {
            let off = (z.norm() - truth.norm()).abs();
            assert!(off < 3.0 * u.u_magnitude(*z), "{name}: {z} for {truth}");
            worst = worst.max(off / truth.norm());
        }
        println!("{name}: {:.3} %", 100.0 * worst);
        assert!(worst < 0.003, "{name}: {worst}");
    }
}

#[test]
fn a_calibration_serves_other_sweeps_and_other_grids_at_its_rate() {
    let mut bench = Bench::new("open-300", Topology::HighSide, 7);
    let calibration = bench.calibrated();
    let text = plan::builtin_text("impedance").unwrap();
    let mut table: toml::Table = text.parse().unwrap();
    table["sweep"]["duration"] = "3s".into();
    table["sweep"]["repeats"] = 1.into();
    for (key, value) in [("points_per_octave", toml::Value::from(31)), ("from", "33Hz".into())] {
        table["analysis"][key] = value;
    }
    let plan = plan::parse(&table.to_string(), "other").unwrap();
    let stimulus = stimulus_of(&plan).unwrap();
    let mut rig = bench.rig(Connected::Headphone, |_| ());
    let take = rig.exchange(&stimulus, &mut Unwatched).unwrap();
    bench.analyser = Analyser::new(stimulus, *plan.analysis(), Inverse::OfSamples).unwrap();
    let found = impedance(bench.analysed(take, Some(&calibration)));
    let truth = bench.truth(&found);
    let u = found.covariance().unwrap();
    for (((f, z), truth), u) in found.hz().iter().zip(found.values()).zip(truth.values()).zip(u) {
        let off = (z.norm() - truth.norm()).abs();
        assert!(off < 3.0 * u.u_magnitude(*z), "{f} Hz: {z} for {truth}");
    }
}

#[test]
fn nothing_is_said_against_a_jig_that_is_wired_as_described() {
    for name in ["open-300", "closed-38", "planar-32"] {
        for (seed, topology) in [(1, Topology::HighSide), (2, Topology::LowSide)] {
            let mut bench = Bench::new(name, topology, seed);
            let calibration = bench.calibrated();
            for calibration in [None, Some(&calibration)] {
                let take = bench.take(Connected::Headphone);
                let analysed = bench.analysed(take, calibration);
                assert_eq!(doubts(&analysed), Vec::<&str>::new(), "{name}, {topology}");
            }
        }
    }
}

/// The names of what is said about a take with something else connected, uncalibrated and
/// calibrated.
fn said_of(
    bench: &mut Bench,
    connected: Connected,
    damage: impl Fn(&Recording) -> Recording,
) -> [Vec<&'static str>; 2] {
    let calibration = bench.calibrated();
    [None, Some(&calibration)].map(|calibration| {
        let take = damage(&bench.take(connected));
        doubts(&bench.analysed(take, calibration))
    })
}

fn rows(take: &Recording, f: impl Fn(usize, usize) -> f64) -> Recording {
    let samples = take.samples();
    support::with_samples(take, Array2::from_shape_fn(samples.dim(), |(c, k)| f(c, k)))
}

fn assert_all_say(said: &[Vec<&str>; 2], expected: &[&str], what: &str) {
    for names in said {
        assert!(names.iter().any(|name| expected.contains(name)), "{what}: {said:?}");
    }
}

#[test]
fn a_jig_that_is_wired_wrongly_is_told_what_is_wrong() {
    for name in ["open-300", "closed-38", "planar-32"] {
        for topology in [Topology::HighSide, Topology::LowSide] {
            let what = |fault: &str| format!("{name}, {topology}, {fault}");
            let mut bench = Bench::new(name, topology, 3);
            let same = |take: &Recording| take.clone();
            // No headphone, or a return that does not reach the ground. On the low side a common
            // return that bridges the resistor looks the same: nothing at the sense input.
            let open = said_of(&mut bench, Connected::Open, same);
            assert_all_say(&open, &["not-connected", "no-current", "no-stimulus"], &what("open"));
            let shorted = said_of(&mut bench, Connected::Short, same);
            assert_all_say(&shorted, &["jig-shorted", "no-current"], &what("shorted"));
            let swapped = said_of(&mut bench, Connected::Headphone, |take| {
                rows(take, |c, k| take.samples()[(1 - c, k)])
            });
            assert_all_say(&swapped, &["channels-swapped", "not-passive"], &what("swapped"));
            let crossed = said_of(&mut bench, Connected::Headphone, |take| {
                rows(take, |c, k| if c == 1 { -1.0 } else { 1.0 } * take.samples()[(c, k)])
            });
            assert_all_say(&crossed, &["polarity-inverted"], &what("crossed wires"));
            // A driver that rubs: the voltage across the headphone is bent, that of the source is not.
            let bent = said_of(&mut bench, Connected::Headphone, |take| {
                let row = take.samples().row(1).to_owned();
                let peak = row.iter().fold(0.0_f64, |peak, v| peak.max(v.abs()));
                rows(take, |c, k| match take.samples()[(c, k)] {
                    v if c == 1 => v - 0.2 * v * v / peak,
                    v => v,
                })
            });
            assert_all_say(&bent, &["current-distorted"], &what("bent"));
        }
    }
}

#[test]
fn a_sense_resistor_that_is_another_one_shows_in_the_standards() {
    for topology in [Topology::HighSide, Topology::LowSide] {
        let mut bench = Bench::new("closed-38", topology, 4);
        bench.jig = Jig {
            sense_resistor: ohm(bench.jig.sense_resistor.ohm() * 0.33),
            resistor_tolerance: Percent::new(1.0).unwrap(),
            ..bench.jig
        };
        let load_ohm = bench.load_ohm;
        let standards = [
            (Standard::open(), Connected::Open),
            (Standard::short(), Connected::Short),
            (Standard::load(ohm(100.0), 0.1), Connected::Load(load_ohm)),
        ];
        let measured = standards.map(|(standard, connected)| {
            let take = bench.take(connected);
            let (channels, jig) = (channels(&bench.jig), bench.jig);
            let takes = bench.analyser.standard(&[take], &channels, &jig, &standard, None).unwrap();
            MeasuredStandard { standard, ratio: takes.ratio.unwrap() }
        });
        let (_, doubts) = impedance_calibration(bench.jig, None, measured.to_vec(), &[]).unwrap();
        let names: Vec<_> = doubts.iter().map(|finding| finding.kind.slug()).collect();
        assert_eq!(names, ["wrong-sense-resistor"], "{topology}");
    }
}

#[test]
fn a_balanced_output_on_grounded_inputs_is_refused_before_anything_is_computed() {
    let mut bench = Bench::new("closed-38", Topology::HighSide, 6);
    bench.jig.drive = Balance::Balanced;
    let take = bench.take(Connected::Headphone);
    let analysed = bench.analysed(take, None);
    assert!(matches!(analysed.outcome, Outcome::Refused(_)));
    assert_eq!(doubts(&analysed), ["balanced-drive-grounded"]);
}
