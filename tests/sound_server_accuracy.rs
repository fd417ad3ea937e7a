//! Response and impedance of a circuit in the loop of a real sound server, played and captured
//! through the sound card rig, against the circuit.
//!
//! `scripts/test-sound-server` starts a bench whose device under test is a circuit and says so:
//! `CANSWEEP_BENCH_CIRCUIT` is the netlist, `CANSWEEP_BENCH_IR` the impulse responses that the
//! convolver plays. Without them every test says that it was skipped. `CANSWEEP_BENCH_RUNS`
//! repeats (one by default), without load and with every core busy in turn.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these are tests"
)]

#[path = "ngspice/mod.rs"]
mod ngspice;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use cansweep::measure::{Analyser, Inverse, Rig, Unwatched, stimulus_of};
use cansweep::model::{Jig, Outcome, Plan, Recording, Topology};
use cansweep::quantity::{Percent, Resistance, SampleRate, amplitude_db};
use cansweep::rig::sound_card::{Settings, SoundCard};
use cansweep::store::{plan, wav};
use num_complex::Complex64;

/// The promises of the whole chain.
const RESPONSE_DB: f64 = 0.01;
const RESPONSE_DEG: f64 = 0.05;
const IMPEDANCE_RELATIVE: f64 = 0.003;
/// The sense resistor of the circuit.
const SENSE_OHM: f64 = 10.0;

struct Bench {
    rate: SampleRate,
    circuit: PathBuf,
    impulse_responses: Recording,
    runs: usize,
}

fn bench() -> Option<Bench> {
    let variable = |name: &str| std::env::var_os(name)?.into_string().ok();
    let (Some(rate), Some(circuit), Some(ir)) = (
        variable("CANSWEEP_BENCH_RATE"),
        variable("CANSWEEP_BENCH_CIRCUIT"),
        variable("CANSWEEP_BENCH_IR"),
    ) else {
        eprintln!("skipped: no bench with a circuit is running (scripts/test-sound-server)");
        return None;
    };
    let runs = variable("CANSWEEP_BENCH_RUNS").map_or(1, |runs| runs.parse().unwrap());
    let impulse_responses = wav::read(Path::new(&ir)).unwrap().recording;
    Some(Bench { rate: rate.parse().unwrap(), circuit: circuit.into(), impulse_responses, runs })
}

impl Bench {
    fn plan(&self) -> Plan {
        plan::load("response-quick").unwrap().at_rate(self.rate).unwrap()
    }

    fn capture(&self) -> Recording {
        let settings = Settings::new("alsa:cansweep_dut").unwrap();
        let mut card = SoundCard::open(settings).unwrap();
        card.exchange(&stimulus_of(&self.plan()).unwrap(), &mut Unwatched).unwrap()
    }

    fn analyser(&self) -> Analyser {
        let stimulus = stimulus_of(&self.plan()).unwrap();
        Analyser::new(stimulus, *self.plan().analysis(), Inverse::OfSamples).unwrap()
    }

    /// Load over source as the convolver computes it, by the sum that defines it.
    fn convolved(&self, hz: f64) -> Complex64 {
        let turn = -std::f64::consts::TAU * hz / self.rate.as_f64();
        let at = |channel: usize| -> Complex64 {
            let samples = self.impulse_responses.channel(channel).unwrap();
            samples.iter().enumerate().map(|(k, v)| v * Complex64::cis(turn * k as f64)).sum()
        };
        at(1) / at(0)
    }

    fn check_response(&self, take: Recording) {
        let channels = "reference=1,microphone=2".parse().unwrap();
        let analysed = self.analyser().response(&[take], &channels).unwrap();
        let Outcome::Response { response, .. } = analysed.outcome else {
            panic!("{:?}", analysed.findings);
        };
        let (mut worst_db, mut worst_deg) = (0.0_f64, 0.0_f64);
        for (&hz, found) in response.hz().iter().zip(response.values()).step_by(4) {
            let ratio = found / self.convolved(hz);
            worst_db = worst_db.max(amplitude_db(ratio.norm()).abs());
            worst_deg = worst_deg.max(ratio.arg().to_degrees().abs());
        }
        eprintln!("response: {worst_db:.5} dB, {worst_deg:.4}°");
        assert!(worst_db < RESPONSE_DB && worst_deg < RESPONSE_DEG, "{worst_db} {worst_deg}");
    }

    fn check_impedance(&self, take: Recording) {
        let settings = Jig {
            resistor_tolerance: Percent::new(0.0).unwrap(),
            topology: Topology::HighSide,
            input_resistance: None,
            gain_match_db: 0.0,
            ..Jig::with_resistor(Resistance::new(SENSE_OHM).unwrap())
        };
        let channels = "reference=1,sense=2".parse().unwrap();
        let analysed = self.analyser().impedance(&[take], &channels, &settings, None).unwrap();
        let Outcome::Impedance { impedance, .. } = analysed.outcome else {
            panic!("{:?}", analysed.findings);
        };
        let circuit = ngspice::Circuit::from_file(&self.circuit).unwrap();
        let nodes = circuit.ac(impedance.hz()).unwrap();
        let expected = ngspice::impedance(&nodes, SENSE_OHM);
        let worst = impedance
            .values()
            .iter()
            .zip(expected)
            .map(|(z, expected)| (z.norm() / expected.norm() - 1.0).abs())
            .fold(0.0, f64::max);
        eprintln!("impedance: {:.4} %", worst * 100.0);
        assert!(worst < IMPEDANCE_RELATIVE, "{worst}");
    }
}

/// Keeps every core busy while it lives.
struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Load {
    fn on_every_core() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let cores = thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let spin = |stop: Arc<AtomicBool>| move || while !stop.load(Ordering::Relaxed) {};
        let threads = (0..cores).map(|_| thread::spawn(spin(Arc::clone(&stop)))).collect();
        Self { stop, threads }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().unwrap();
        }
    }
}

#[test]
fn response_and_impedance_of_a_circuit_in_the_loop_are_those_of_the_circuit() {
    let Some(bench) = bench() else { return };
    for run in 0..bench.runs {
        for loaded in [false, true] {
            let load = loaded.then(Load::on_every_core);
            let take = bench.capture();
            drop(load);
            eprintln!("run {} {}", run + 1, if loaded { "with load" } else { "without load" });
            bench.check_response(take.clone());
            bench.check_impedance(take);
        }
    }
}
