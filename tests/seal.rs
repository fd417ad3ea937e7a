//! Leaks and heads that are not there, told from the impedances of simulated headphones.
//!
//! The simulated bench has an acoustic network of its own and shares no code with the analysis.
//! Impedances are the truth of each seating with 0.05 % of noise on each of 24 points to the octave.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "figures that were found are worth seeing")]

use cansweep::model::{FrequencyGrid, Impedance, SealComparison, SealVerdict, SmallestLeak};
use cansweep::quantity::{Frequency, Length};
use cansweep::rig::simulated::{
    Driver, Headphone, Leak, Placement, Rear, Scatter, Scenario, SimulatedRig, State, Wiring,
    preset,
};
use cansweep::study::seal::{Jigs, Named, Question, compare};
use num_complex::Complex64;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

/// What is told apart, once as often as this by chance.
const FALSE_ALARMS: f64 = 0.01;

/// Between seatings: of the front volume, of what leaks under the pads, of the suspension, in kelvins
/// of the coil.
const SCATTER: Scatter = Scatter {
    pads: 0.3,
    leaks: 0.0,
    front_volume: 0.03,
    gain_db: 0.0,
    ear_frequency: 0.0,
    ear_gain_db: 0.0,
    suspension: 0.02,
    coil_kelvin: 1.0,
};

/// The kinds of headphone; all parameters as in tests/golden/seal.py.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// A closed one of 33 ohms with a vented baffle.
    Closed,
    /// A closed one with a light diaphragm and a strongly vented cup.
    Light,
    /// An open one of 300 ohms with porous pads.
    Open,
    /// An open planar magnetic one of 32 ohms.
    Planar,
}

const KINDS: [Kind; 4] = [Kind::Closed, Kind::Light, Kind::Open, Kind::Planar];

const fn holes(count: u32, diameter_mm: f64, length_mm: f64, mesh_rayl: f64) -> Leak {
    Leak::Hole { diameter_mm, length_mm, count, mesh_rayl }
}

impl Kind {
    /// Resistance, coil in millihenries, Bl, mass, compliance, damping, area.
    fn driver(self) -> Driver {
        let [ohm, mh, force_factor_t_m, mass_g, compliance_mm_per_n, damping_n_s_per_m, area_cm2] =
            match self {
                Self::Closed => [32.8, 0.02, 2.24, 0.30, 12.62, 0.057, 10.0],
                Self::Light => [33.4, 0.02, 1.645, 0.056, 6.65, 0.0306, 6.16],
                Self::Open => [300.0, 0.3, 5.6, 0.15, 21.0, 0.03, 9.0],
                Self::Planar => [32.0, 0.0, 0.9, 0.9, 6.0, 0.35, 45.0],
            };
        Driver {
            voice_coil_ohm: ohm,
            inductance_at_1_khz_ohm: std::f64::consts::TAU * mh,
            inductance_exponent: 1.0,
            force_factor_t_m,
            mass_g,
            compliance_mm_per_n,
            damping_n_s_per_m,
            area_cm2,
        }
    }

    fn headphone(self) -> Headphone {
        let slit = Leak::Slit { gap_mm: 0.06, width_mm: 200.0, length_mm: 15.0 };
        let foam = Leak::Foam { resistance_pa_s_per_m3: 6e4, mass_kg_per_m4: 0.0 };
        let closed = |volume_cm3, vent| Rear::Closed { volume_cm3, vents: vec![vent] };
        let open = |resistance_pa_s_per_m3, mass_kg_per_m4| Rear::Open {
            resistance_pa_s_per_m3,
            mass_kg_per_m4,
        };
        let (front_volume_cm3, pad, baffle, rear) = match self {
            Self::Closed => {
                let rear = closed(25.0, holes(1, 3.0, 2.0, 160.0));
                (35.0, slit, Some(holes(4, 4.0, 2.0, 65.0)), rear)
            }
            Self::Light => {
                let rear = closed(40.0, holes(4, 3.0, 2.0, 40.0));
                (60.0, slit, Some(holes(24, 1.9, 1.0, 12.0)), rear)
            }
            Self::Open => (60.0, foam, None, open(0.085 / 8.1e-7, 20.0)),
            Self::Planar => (90.0, slit, None, open(2e4, 8.0)),
        };
        Headphone {
            driver: self.driver(),
            front_volume_cm3,
            pads: vec![pad],
            baffle: baffle.into_iter().collect(),
            rear,
        }
    }

    /// The bench with the headphone as it should sit, with holes 10 mm long, and off the head.
    fn bench(self, scatter: Scatter) -> Scenario {
        let state = |name: &str, hole_mm: Option<f64>| State {
            name: name.to_owned(),
            off_head: name == "off",
            pad_factor: 1.0,
            front_volume_factor: 1.0,
            ear_factor: 1.0,
            leaks: hole_mm.map(|mm| holes(1, mm, 10.0, 0.0)).into_iter().collect(),
            ear: Vec::new(),
            scatter,
        };
        let bench = preset("closed-38").unwrap().changed(|parts| {
            parts.headphone = self.headphone();
            parts.states = vec![state("sealed", None), state("off", None)];
            let leaks = [1.0, 2.0, 4.0, 8.0].map(|mm| state(&format!("{mm} mm"), Some(mm)));
            parts.states.extend(leaks);
        });
        bench.unwrap()
    }
}

fn grid() -> FrequencyGrid {
    let hz = |hz| Frequency::new(hz).unwrap();
    FrequencyGrid::logarithmic(hz(15.0), hz(2.2e3), 24)
}

/// The impedance of a seating, with the noise of a measurement.
fn impedance(bench: &Scenario, state: &str, seating: u32, seed: u64) -> Named {
    const NOISE: f64 = 5e-4;
    let placement = Placement::new(state, seating, seed);
    let rig = SimulatedRig::new(bench.clone(), Wiring::Coupler, placement).unwrap();
    let truth = rig.truth_impedance(&grid()).unwrap();
    let mut chance = ChaCha8Rng::seed_from_u64((seed << 20) + u64::from(seating));
    let mut normal = || {
        let z: f64 = StandardNormal.sample(&mut chance);
        z * NOISE * std::f64::consts::FRAC_1_SQRT_2
    };
    let noisy = truth.values().mapv(|z| z * (1.0 + Complex64::new(normal(), normal())));
    (format!("{state} {seating}"), Impedance::new(grid(), noisy).unwrap())
}

/// What is known beside the reference seatings.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Known {
    Nothing,
    OffHead,
    Leaks,
}

/// So many reference seatings, one take now, and what is known.
fn judged(bench: &Scenario, now: &str, references: u32, seed: u64, known: Known) -> SealComparison {
    let takes = |state: &str, from: u32, n: u32| -> Vec<Named> {
        (from..from + n).map(|seating| impedance(bench, state, seating, seed)).collect()
    };
    let leak = |mm: f64| {
        let length = Length::new(1e-3 * mm).unwrap();
        (length, takes(&format!("{mm} mm"), 200, 1))
    };
    let question = Question {
        references: takes("sealed", 1, references),
        now: takes(now, 100, 1),
        off_head: if known == Known::OffHead { takes("off", 200, 1) } else { Vec::new() },
        leaks: if known == Known::Leaks { [2.0, 4.0, 8.0].map(leak).into() } else { Vec::new() },
        jigs: Jigs::Same,
    };
    compare(&question).unwrap()
}

/// In which part of the seeds the verdict is such.
fn share(
    kind: Kind,
    now: &str,
    (references, seeds): (u32, u64),
    known: Known,
    such: impl Fn(&SealComparison) -> bool,
) -> f64 {
    let bench = kind.bench(SCATTER);
    let found = (1..=seeds).filter(|&seed| such(&judged(&bench, now, references, seed, known)));
    found.count() as f64 / seeds as f64
}

fn negative(found: &SealComparison) -> bool {
    found.verdict.is_negative()
}

#[test]
fn explore() {
    for kind in KINDS {
        for known in [Known::Nothing, Known::OffHead] {
            for n in [3, 5, 8] {
                let line: Vec<String> = ["sealed", "1 mm", "2 mm", "4 mm", "8 mm", "off"]
                    .map(|now| {
                        let seeds = if now == "sealed" { 1000 } else { 100 };
                        let neg = share(kind, now, (n, seeds), known, negative);
                        let off = share(kind, now, (n, 100), known, |f| {
                            f.verdict == SealVerdict::OffHead
                        });
                        format!("{now}: {neg:.3} (off {off:.2})")
                    })
                    .into();
                println!("{kind:?} {known:?} n={n}: {}", line.join(" | "));
            }
        }
        let bench = kind.bench(SCATTER);
        for seed in 1..4 {
            let f = judged(&bench, "4 mm", 5, seed, Known::Leaks);
            println!("{kind:?} {:?} {:?} {:?}", f.verdict, f.leaks, f.smallest_leak);
            let f = judged(&bench, "4 mm", 5, seed, Known::OffHead);
            println!("   {:?} {:?} {:?}", f.test, f.air_load, f.smallest_share_of_off_head);
        }
    }
}
