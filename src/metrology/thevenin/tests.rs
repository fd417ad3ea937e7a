//! Outputs whose parts are known.

use super::*;
use crate::model::OutputTap;
use crate::quantity::{Capacitance, Percent, Resistance};

fn ohm(value: f64) -> Resistance {
    Resistance::new(value).unwrap()
}

/// A bench of which everything is known exactly.
fn exact() -> OutputBench {
    OutputBench {
        tap: OutputTap::Plug,
        load_tolerance: Percent::new(0.1).unwrap(),
        lead_resistance: Some(ohm(0.2)),
        contact_resistance: ohm(5e-3),
        drift_db: 5e-4,
        input_resistance: Some(ohm(10e3)),
        input_capacitance: Some(Capacitance::new(200e-12).unwrap()),
    }
}

fn hz() -> Vec<f64> {
    (0..240).map(|k| 20.0 * (f64::from(k) / 24.0).exp2()).collect()
}

/// The voltage of an output of 1.7 V without load.
fn take(load: &str, z: impl Fn(f64) -> Complex64) -> LoadedTake {
    let load: TestLoad = load.parse().unwrap();
    let voltage = |f: f64| {
        let input = Complex64::new(1e-4, std::f64::consts::TAU * f * 200e-12);
        let y = load.ohm().map_or(0.0, |ohm| 1.0 / (ohm + 0.2)) + input;
        1.7 / (1.0 + z(f) * y)
    };
    LoadedTake {
        load,
        ratio: hz().into_iter().map(voltage).collect(),
        noise: Vec::new(),
        across: None,
    }
}

/// A resistance with a coupling capacitor of 220 µF and a coil of 2 µH.
fn coupled(f: f64) -> Complex64 {
    let omega = std::f64::consts::TAU * f;
    Complex64::new(4.7, omega * 2e-6 - 1.0 / (omega * 220e-6))
}

#[test]
fn two_loads_and_three_give_the_impedance_that_was_there() {
    const ROUNDING: f64 = 1e-9;
    for loads in [&["open", "33"][..], &["100", "15", "open", "33"]] {
        let takes: Vec<_> = loads.iter().map(|load| take(load, coupled)).collect();
        let found = output(&hz(), &takes, &exact()).unwrap();
        for (f, z) in hz().iter().zip(&found.impedance) {
            assert!((z - coupled(*f)).norm() < ROUNDING, "{loads:?} {f}: {z}");
        }
        assert_eq!(found.linear, (loads.len() > 2).then_some(true));
    }
}

#[test]
fn resistance_capacitor_and_coil_come_out_of_the_curve() {
    let takes = ["open", "33", "100"].map(|load| take(load, coupled));
    let found = output(&hz(), &takes, &exact()).unwrap();
    let fit = series(&hz(), &found.impedance, &found.noise, &found.systematic).unwrap();
    let pairs = [
        (fit.resistance_ohm, 4.7),
        (fit.capacitance_f.unwrap(), 220e-6),
        (fit.inductance_h.unwrap(), 2e-6),
    ];
    for (value, truth) in pairs {
        assert!((value.value / truth - 1.0).abs() < 1e-6, "{value:?} for {truth}");
        assert!(value.u > 0.0 && value.u < 0.2 * truth, "{value:?}");
    }
    let bare = ["open", "33"].map(|load| take(load, |_| Complex64::from(0.5)));
    let found = output(&hz(), &bare, &exact()).unwrap();
    let fit = series(&hz(), &found.impedance, &found.noise, &found.systematic).unwrap();
    assert_eq!((fit.capacitance_f, fit.inductance_h), (None, None));
}

#[test]
fn a_drift_is_taken_out_where_loads_come_back() {
    let drift = |k: usize, take: LoadedTake| {
        let factor = Complex64::from_polar(1.0 + 1e-3 * k as f64, 1e-4 * k as f64);
        LoadedTake { ratio: take.ratio.iter().map(|v| v * factor).collect(), ..take }
    };
    let loads = ["open", "33", "open", "33", "open"];
    let half = |_: f64| Complex64::from(0.5);
    let takes: Vec<_> =
        loads.iter().enumerate().map(|(k, load)| drift(k, take(load, half))).collect();
    let found = output(&hz(), &takes, &exact()).unwrap();
    // The drift is linear, and its logarithm nearly so.
    assert!(found.impedance.iter().all(|z| (z - 0.5).norm() < 1e-3), "{:?}", found.impedance[0]);
    let found = output(&hz(), &takes[..2], &exact()).unwrap();
    assert!(found.impedance.iter().all(|z| (z - 0.5).norm() > 0.02));
}

#[test]
fn an_output_that_gives_way_is_not_linear_and_the_load_is_named() {
    let mut takes = ["open", "100", "33"].map(|load| take(load, |_| Complex64::ONE));
    for v in &mut takes[2].ratio {
        *v *= 0.97;
    }
    let found = output(&hz(), &takes, &exact()).unwrap();
    assert_eq!(found.linear, Some(false));
    let last = found.residuals[2];
    assert_eq!(last.load_ohm, Some(33.0));
    assert!((last.off_db.unwrap() - 20.0 * 0.97_f64.log10()).abs() < 1e-6, "{last:?}");
    assert!(last.off_u.unwrap() < -4.0, "{last:?}");
    assert_eq!(found.residuals[0].off_db, None);
}

#[test]
fn one_load_or_none_that_matters_is_refused() {
    let one = ["33", "33"].map(|load| take(load, coupled));
    assert_eq!(output(&hz(), &one, &exact()), Err(NoOutput::OneLoad));
    assert_eq!(output(&hz(), &one[..1], &exact()), Err(NoOutput::OneLoad));
    let dead = ["open", "33"]
        .map(|load| LoadedTake { ratio: vec![Complex64::ZERO; 240], ..take(load, coupled) });
    assert_eq!(output(&hz(), &dead, &exact()), Err(NoOutput::Alike));
}
