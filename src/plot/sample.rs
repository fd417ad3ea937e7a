//! Made-up results for tests: a closed headphone with an impedance peak of 66 Ω at 85 Hz.

use num_complex::Complex64;

use crate::model::{
    Back, ComparedCurve, Covariance, CrosstalkCurves, CrosstalkFigures, CrosstalkTake, Curve,
    CurveComparison, CurveDifference, Decision, Deviation, EighthRule, EquivalentLeak, FittedSize,
    FrequencyGrid, Impedance, LeakBasis, LeakVerdict, MeasuredCrosstalk, Normalisation, Polar,
    PredictedCrosstalk, Response, SeatingRecord, Seatings, SeparationAt, SeparationFigures, Side,
    Source, SourceComparison, SourceEffect, StateComparison, StateDifference, StateSummary, Trace,
    Verdict, Verification,
};
use crate::plot::{Caption, Figure, Seatings as Single, figures};
use crate::quantity::unit::{Decibel, Ohm, Unit};
use crate::quantity::{Frequency, Resistance, Smoothing, amplitude_db, amplitude_ratio};

/// 48 points per octave, 479 in all.
pub(crate) fn grid() -> FrequencyGrid {
    let hz = |value| Frequency::new(value).unwrap();
    FrequencyGrid::logarithmic(hz(20.0), hz(20e3), 48)
}

pub(crate) fn caption(title: &str) -> Caption {
    Caption {
        title: title.to_owned(),
        rig: Some("Sound card with loopback, flat-plate coupler".to_owned()),
        sample: Some("n = 5 seatings per state".to_owned()),
        date: Some("2026-05-02".to_owned()),
        simulated: true,
        remarks: Vec::new(),
    }
}

fn hump(hz: f64, centre_hz: f64, octaves: f64, db: f64) -> f64 {
    db * (-((hz / centre_hz).log2() / octaves).powi(2)).exp()
}

/// The level of a headphone whose pads leak below a corner.
fn level_db(hz: f64, leak_hz: f64) -> f64 {
    let leak = -10.0 * (1.0 + (leak_hz / hz).powi(2)).log10();
    leak + hump(hz, 3200.0, 0.6, 7.0) - hump(hz, 5600.0, 0.25, 6.0) + hump(hz, 8600.0, 0.35, 5.0)
}

/// Four seatings of one state, the third of which leaked and was set aside.
pub(crate) fn seatings() -> Seatings {
    let curve = |leak_hz: f64| Curve::from_fn(grid(), |hz| level_db(hz, leak_hz)).unwrap();
    let record = |number: u32, folder: &str, leak_hz: f64, decision| SeatingRecord {
        number,
        folder: folder.to_owned(),
        bass_shelf_db: None,
        notch_hz: None,
        departures: Vec::new(),
        decision,
        curve: curve(leak_hz),
    };
    let band = [300.0, 1000.0].map(|hz| Frequency::new(hz).unwrap());
    Seatings {
        name: "worn".to_owned(),
        wanted: 5,
        records: vec![
            record(1, "1", 45.0, None),
            record(2, "2", 50.0, None),
            record(3, "3", 120.0, Some(Decision::SetAside)),
            record(3, "3-2", 48.0, None),
        ],
        summary: state("worn", 47.0),
        normalisation: Normalisation::Over(band[0], band[1]),
    }
}

/// A level with a standard uncertainty that grows towards both ends.
pub(crate) fn response(leak_hz: f64) -> Polar<Decibel> {
    let u = grid().hz().iter().map(|&hz| 0.1 + hump(hz, 20.0, 1.0, 1.0)).collect();
    let level = Curve::from_fn(grid(), |hz| level_db(hz, leak_hz)).unwrap();
    Polar::of_magnitude(level.with_u(u).unwrap())
}

fn state(name: &str, leak_hz: f64) -> StateSummary {
    let seating = |share: f64| Curve::from_fn(grid(), |hz| level_db(hz, leak_hz * share)).unwrap();
    let sd = Curve::from_fn(grid(), |hz| 0.2 + hump(hz, 20.0, 1.0, 1.5)).unwrap();
    StateSummary {
        name: name.to_owned(),
        seatings: vec![seating(0.9), seating(1.1)],
        mean: seating(1.0),
        sd: Some(sd),
        bass_shelf_db: None,
        corner_minus_3_db_hz: None,
    }
}

pub(crate) fn states() -> StateComparison {
    let states = vec![state("fresh", 12.0), state("worn", 45.0), state("glasses", 120.0)];
    let difference = |of: &StateSummary| {
        let curve = Curve::new(grid(), of.mean.values() - states[0].mean.values()).unwrap();
        StateDifference {
            state: of.name.clone(),
            reference: states[0].name.clone(),
            curve: curve.with_u(of.sd.as_ref().unwrap().values() * 0.5).unwrap(),
            bass_shelf_db: None,
            evidence: None,
            leak: None,
        }
    };
    StateComparison {
        differences: states[1..].iter().map(difference).collect(),
        states,
        normalisation: Normalisation::At(Frequency::new(1000.0).unwrap()),
        smoothing: Smoothing::Octave(12),
    }
}

/// The states, with a leak that explains what glasses do.
pub(crate) fn leaks() -> StateComparison {
    let mut comparison = states();
    let below = grid().within(20.0, 1e3).unwrap();
    let model = Curve::from_fn(below, |hz| level_db(hz, 115.0) - level_db(hz, 12.0)).unwrap();
    let leak = EquivalentLeak {
        hole: FittedSize { mm: 2.34, from_mm: 1.93, to_mm: 2.83, rms_residual_db: 1.26 },
        slit: FittedSize { mm: 0.362, from_mm: 0.311, to_mm: 0.421, rms_residual_db: 0.62 },
        slit_width_mm: 10.0,
        length_mm: 10.0,
        basis: LeakBasis::FrontVolume { cm3: 35.0 },
        back: Back::Unknown,
        model,
    };
    comparison.differences[1].leak = Some(LeakVerdict::Fitted(Box::new(leak)));
    comparison
}

fn z(hz: f64) -> Complex64 {
    let detuning = hz / 85.0 - 85.0 / hz;
    Complex64::new(32.0, hz * 3.4e-4) + 34.0 / Complex64::new(1.0, 1.6 * detuning)
}

pub(crate) fn impedance() -> Polar<Ohm> {
    let z = Impedance::from_fn(grid(), z).unwrap();
    let covariance = z.values().iter().map(|&v| Covariance::radial(v, 0.02 * v.norm())).collect();
    let z = z.with_covariance(covariance).unwrap();
    Polar::new(z.magnitude(), z.phase()).unwrap()
}

fn effect(source_ohm: f64) -> SourceEffect {
    let loss = |hz: f64| amplitude_db((z(hz) / (z(hz) + source_ohm)).norm());
    let curve = Curve::from_fn(grid(), |hz| loss(hz) - loss(1000.0)).unwrap();
    let by_size = |a: &(f64, f64), b: &(f64, f64)| a.1.abs().total_cmp(&b.1.abs());
    let (worst_hz, worst_db) = curve.points().max_by(by_size).unwrap();
    SourceEffect {
        source: Source::Resistance(Resistance::new(source_ohm).unwrap()),
        curve,
        worst_db,
        worst_hz,
        peak_to_peak_db: worst_db,
        loss_db: loss(1000.0),
        damping_factor: None,
        response: None,
    }
}

pub(crate) fn sources() -> SourceComparison {
    SourceComparison {
        impedance: Impedance::from_fn(grid(), z).unwrap(),
        inferred: None,
        damping: None,
        sources: [0.1, 10.0, 33.0, 120.0].map(effect).into(),
        eighth_rule: EighthRule { allows: Resistance::new(4.0).unwrap(), costs_db: 0.5 },
        limits: Vec::new(),
        verifications: Vec::new(),
        normalisation: Normalisation::At(Frequency::new(1000.0).unwrap()),
    }
}

/// The response on 33 Ω, held against its prediction.
pub(crate) fn verified() -> SourceComparison {
    let effect = effect(33.0);
    let residual = Curve::from_fn(grid(), |hz| 0.01 * hump(hz, 90.0, 1.0, 1.0)).unwrap();
    let measured = Curve::new(grid(), effect.curve.values() + residual.values()).unwrap();
    let u = vec![0.02; grid().len()];
    let verification = Verification {
        source: effect.source,
        from: Source::IDEAL,
        predicted: effect.curve,
        measured,
        residual: residual.with_u(u.into()).unwrap(),
        offset_db: 0.0,
        rms_db: 0.005,
        worst_db: 0.01,
        worst_hz: 90.0,
        verdict: Ok(Verdict { share_inside: 1.0, outside: Vec::new() }),
    };
    SourceComparison { verifications: vec![verification], ..sources() }
}

/// Impedances that differ by a few percent, the more the later they come.
pub(crate) fn curves(count: usize) -> CurveComparison {
    let step = |i: usize| 0.03 * i as f64;
    let curve = |i: usize| {
        let z = impedance();
        let scaled = z
            .magnitude()
            .points()
            .map(|(hz, ohm)| ohm * (1.0 + step(i) * hump(hz, 90.0, 1.0, 1.0)));
        let magnitude = Curve::new(grid(), scaled.collect()).unwrap();
        let magnitude = magnitude.with_u(z.magnitude().u().unwrap() * 0.5).unwrap();
        let phase = z.phase().unwrap().shifted(0.5 * i as f64);
        let trace = Trace::Impedance(Polar::new(magnitude, phase).unwrap());
        ComparedCurve { name: format!("curve {}", i + 1), trace, extremes: None }
    };
    let difference = |i: usize| CurveDifference {
        name: format!("curve {}", i + 1),
        reference: "curve 1".to_owned(),
        level: deviation(move |hz| 8.686 * step(i) * hump(hz, 90.0, 1.0, 1.0)),
        percent: Some(deviation(move |hz| 100.0 * step(i) * hump(hz, 90.0, 1.0, 1.0))),
        phase: Some(deviation(move |_| 0.5 * i as f64)),
        significance: None,
    };
    CurveComparison {
        curves: (0..count).map(curve).collect(),
        differences: (1..count).map(difference).collect(),
        normalisation: Normalisation::None,
        smoothing: Smoothing::None,
    }
}

fn deviation<U: Unit>(value: impl Fn(f64) -> f64) -> Deviation<U> {
    let curve = Curve::from_fn(grid(), value).unwrap();
    let u = curve.values().mapv(|value| 0.4 + 0.05 * value.abs());
    let by_size = |a: &(f64, f64), b: &(f64, f64)| a.1.abs().total_cmp(&b.1.abs());
    let (worst_hz, worst) = curve.points().max_by(by_size).unwrap();
    Deviation { curve: curve.with_u(u).unwrap(), worst, worst_hz, mean: 0.0, rms: 0.0 }
}

/// One figure of each kind.
pub(crate) fn every_figure() -> Vec<Figure> {
    let (left, right) = (response(12.0), response(60.0));
    let impedance = impedance();
    vec![
        figures::states(&states(), &caption("Fresh pads, worn pads, glasses"), Single::Hidden),
        figures::states(&states(), &caption("Each seating"), Single::Shown),
        figures::differences(&states(), &caption("What worn pads and glasses take away")),
        figures::leak(&leaks(), &caption("The leak under the temples of glasses")).unwrap(),
        figures::impedance(&[("left", &impedance)], &caption("Impedance")),
        figures::impedance(&[("left", &impedance), ("right", &impedance)], &caption("Both sides")),
        figures::response(&[("left", &left), ("right", &right)], &caption("Response")),
        figures::response(&[("left", &left)], &caption("Response of one side")),
        figures::curves(&curves(2), &caption("Left and right")),
        figures::curves(&curves(6), &caption("Six impedances")),
        figures::curve_differences(&curves(2), &caption("Left and right: difference")),
        figures::curve_differences(&curves(6), &caption("Six impedances: difference")),
        figures::source(&sources(), &caption("What the amplifier's output impedance does")),
    ]
}

/// An amplifier without load, partly below the noise, and with 33 Ω, a prediction besides.
pub(crate) fn crosstalk() -> (CrosstalkCurves, CrosstalkFigures) {
    let curve = |db: &dyn Fn(f64) -> f64| Curve::from_fn(grid(), db).unwrap();
    let ratio = |db: &dyn Fn(f64) -> f64| {
        Response::from_fn(grid(), |hz| amplitude_ratio(db(hz)).into()).unwrap()
    };
    let measured = |name: &str, load: &str, db: &dyn Fn(f64) -> f64| MeasuredCrosstalk {
        name: name.to_owned(),
        take: CrosstalkTake { load: load.parse().unwrap(), driven: Side::Left },
        ratio: ratio(db),
        separation: curve(&|hz| -db(hz)),
        above_noise: grid().hz().iter().map(|&hz| db(hz) > -110.0).collect(),
        floor: Some(curve(&|_| 110.0)),
        predicted: None,
    };
    let own = |hz: f64| -86.0 + 20.0 * (hz / 1e3).log10();
    let loaded = |_: f64| -46.9;
    let curves = CrosstalkCurves {
        measured: vec![measured("open", "open", &own), measured("33 Ω", "33", &loaded)],
        predicted: vec![PredictedCrosstalk {
            name: "HD".to_owned(),
            ratio: ratio(&|_| -66.0),
            separation: curve(&|_| 66.0),
        }],
    };
    let worst = SeparationAt {
        frequency_hz: 1e3,
        separation_db: 46.9,
        u_separation_db: None,
        or_more: false,
    };
    let of = |name: &str, worst| SeparationFigures {
        name: name.to_owned(),
        take: None,
        at_100hz: None,
        at_1khz: None,
        at_10khz: None,
        worst,
        floor_db: None,
        residual_db: None,
    };
    let figures = CrosstalkFigures {
        return_ohm: Some(0.15),
        takes: vec![of("open", None), of("33 Ω", Some(worst))],
        at_least_db: Some(60.0),
        ..CrosstalkFigures::default()
    };
    (curves, figures)
}
