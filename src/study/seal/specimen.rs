//! A headphone with a resonance at 85 Hz, the load of the air on it, and what disturbs both.

use num_complex::Complex64;

use super::*;
use crate::quantity::Frequency;

/// How it sits: the share of the air's load that is there, a part of it that leaks away below a
/// corner, stiffness of the suspension in parts of the usual, and kelvins of the coil.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seated {
    pub(crate) load: f64,
    pub(crate) leak_hz: f64,
    pub(crate) stiffness: f64,
    pub(crate) kelvin: f64,
}

pub(crate) const WELL: Seated = Seated { load: 1.0, leak_hz: 0.0, stiffness: 1.0, kelvin: 0.0 };

/// Motional admittance: damping, mass and spring; the load is damping, mass and spring too, of which
/// a leak takes the spring.
pub(crate) fn impedance(seated: Seated) -> Impedance {
    let hz = |f| Frequency::new(f).unwrap();
    let grid = FrequencyGrid::logarithmic(hz(15.0), hz(2.5e3), 24);
    let of = |f: f64| {
        let jw = Complex64::new(0.0, std::f64::consts::TAU * f);
        let bare = 0.0114 + jw * 6e-5 + 15.9 * seated.stiffness / jw;
        let sealed = 1.0 / Complex64::new(1.0, -seated.leak_hz / f);
        let load = (0.03 + jw * 1e-5 + 30.0 / jw) * seated.load * sealed;
        33.0 * (1.0 + 3.9e-3 * seated.kelvin) + (bare + load).inv()
    };
    Impedance::from_fn(grid, of).unwrap()
}

/// Deviations of five seatings.
const SCATTER: [f64; 5] = [-1.0, 0.4, 1.2, -0.5, 0.1];

/// Seatings whose load scatters by 4 %, suspension by 2 % and coil by a kelvin.
pub(crate) fn references(n: usize) -> Vec<Named> {
    let one = |k: usize| {
        let (a, b, c) = (SCATTER[k % 5], SCATTER[(2 * k + 1) % 5], SCATTER[(3 * k + 2) % 5]);
        let load = 1.0 + 0.04 * a;
        Seated { load, stiffness: 1.0 + 0.02 * b, kelvin: c, ..WELL }
    };
    (0..n).map(|k| (format!("reference {k}"), impedance(one(k)))).collect()
}

pub(crate) fn now(seated: Seated) -> Vec<Named> {
    vec![("now".to_owned(), impedance(seated))]
}

pub(crate) fn question(references: Vec<Named>, now: Vec<Named>) -> Question {
    Question { references, now, off_head: Vec::new(), leaks: Vec::new(), jigs: Jigs::Same }
}

/// With leaks of 2 mm and 4 mm and a take off the head.
pub(crate) fn informed(seated: Seated) -> Question {
    let leak =
        |mm: f64, leak_hz: f64| (Length::new(1e-3 * mm).unwrap(), now(Seated { leak_hz, ..WELL }));
    Question {
        off_head: now(Seated { load: 0.0, stiffness: 1.01, ..WELL }),
        leaks: vec![leak(4.0, 80.0), leak(2.0, 20.0)],
        ..question(references(5), now(seated))
    }
}

/// Five reference seatings, and a leak as that of 4 mm.
pub(crate) fn leaking() -> SealComparison {
    compare(&informed(Seated { leak_hz: 78.0, kelvin: 2.0, ..WELL })).unwrap()
}

/// Another seating of the same, and nothing else known.
pub(crate) fn alike() -> SealComparison {
    compare(&question(references(5), now(Seated { load: 1.02, kelvin: 3.0, ..WELL }))).unwrap()
}

/// Too few reference seatings.
pub(crate) fn of_two() -> SealComparison {
    compare(&question(references(2), now(WELL))).unwrap()
}
