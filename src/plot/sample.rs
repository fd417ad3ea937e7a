//! Made-up results for tests: a closed headphone with an impedance peak of 66 Ω at 85 Hz.

use num_complex::Complex64;

use crate::model::{
    Back, ChannelMatching, ComparedCurve, Comparing, Consistency, Covariance, CrosstalkCurves,
    CrosstalkFigures, CrosstalkTake, Curve, CurveComparison, CurveDifference, Decision, Deviation,
    EighthRule, EquivalentLeak, FigureAt, FigureChange, FigureSpread, FittedSize, FrequencyGrid,
    Impedance, Isolation, LeakBasis, LeakVerdict, LevelDifference, MeasuredCrosstalk,
    Normalisation, PhaseMatching, PlacementSpread, Polar, PredictedCrosstalk, Repeatability,
    RepeatedFigure, Resolution, Response, SeatingFigure, SeatingRecord, Seatings, SeparationAt,
    SeparationFigures, Side, Source, SourceComparison, SourceEffect, Span, SpreadCause, SpreadPart,
    SpreadSource, StateComparison, StateDifference, StateSummary, StudyGap, TimeScale, Tolerance,
    ToleranceVerdict, Trace, Verdict, Verification, Wear, WearLine, WearPoint, WearTrack,
};
use crate::plot::{Caption, Figure, Seatings as Single, figures};
use crate::quantity::unit::{Decibel, Ohm, Unit};
use crate::quantity::{Frequency, Resistance, Smoothing, Uncertain, amplitude_db, amplitude_ratio};

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
        consistency: Consistency::default(),
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
        placements: None,
    }
}

/// The lowest, the median and the highest of the sample's states, which leak more and more.
pub(crate) fn placements(comparison: &StateComparison) -> PlacementSpread {
    let [highest, median, lowest] = [0, 1, 2].map(|i| comparison.states[i].mean.clone());
    PlacementSpread {
        mean: median.clone(),
        median,
        lowest,
        highest,
        consistency: Consistency { bass_sd_db: Some(2.1), ..Consistency::default() },
        bass: None,
        treble: None,
    }
}

fn level_difference(of: &str, against: &str, db: impl Fn(f64) -> f64) -> LevelDifference {
    let curve = Curve::from_fn(grid(), db).unwrap();
    let u = vec![0.3; curve.grid().len()];
    let named = |name: &str| StateSummary { name: name.to_owned(), ..state(name, 12.0) };
    LevelDifference {
        difference: StateDifference {
            state: of.to_owned(),
            reference: against.to_owned(),
            curve: curve.with_u(u.into()).unwrap(),
            bass_shelf_db: None,
            evidence: None,
            leak: None,
        },
        of: named(of),
        against: named(against),
        octaves: Vec::new(),
        mean: None,
        faint: Vec::new(),
    }
}

/// Two sides that differ by half a decibel in the treble, and a tolerance of one.
pub(crate) fn matching() -> ChannelMatching {
    let band = Span { from_hz: 100.0, to_hz: 10e3 };
    ChannelMatching {
        sides: level_difference("left", "right", |hz| hump(hz, 6000.0, 0.5, 0.5)),
        levels: Vec::new(),
        within: Vec::new(),
        phase: Some(PhaseMatching {
            inverted: Some(false),
            delay_us: None,
            curve: Curve::from_fn(grid(), |hz| hump(hz, 6000.0, 0.5, 8.0)).unwrap(),
            worst: None,
        }),
        tolerance: Some((Tolerance { db: 1.0, band }, ToleranceVerdict::Kept)),
        smoothing: Smoothing::None,
    }
}

/// A closed headphone, and one that cancels noise, whose isolation is a bound above 8 kHz.
pub(crate) fn isolation() -> Isolation {
    let passive = |hz: f64| 30.0 / (1.0 + (600.0 / hz).powi(2));
    let anc = move |hz: f64| passive(hz) + hump(hz, 150.0, 2.0, 22.0);
    let last_hz = grid().last_hz();
    let faint = vec![Span { from_hz: 8e3, to_hz: last_hz }];
    Isolation {
        states: vec![
            level_difference("open", "passive", passive),
            LevelDifference { faint, ..level_difference("open", "anc", anc) },
        ],
        gained: vec![level_difference("passive", "anc", move |hz| anc(hz) - passive(hz))],
        smoothing: Smoothing::None,
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

/// Two sides over four times, the third with a single seating.
pub(crate) fn wear() -> Wear {
    let line = |name: &str, per_hour: f64| {
        let times = [(0.0, 4), (100.0, 3), (250.0, 1), (1000.0, 4)];
        let curve = |at: f64| {
            let curve = Curve::from_fn(grid(), |hz| at * per_hour * hump(hz, 20.0, 2.0, 1.0));
            curve.unwrap().with_u(grid().hz().iter().map(|_| 0.1).collect()).unwrap()
        };
        let point = |&(at, seatings): &(f64, usize)| WearPoint {
            at,
            seatings,
            baseline: 0,
            change: (at > 0.0).then(|| curve(at)),
        };
        let figure = |&(at, seatings): &(f64, usize)| {
            let (mean, u) = (at * per_hour, 0.2 / (seatings as f64).sqrt());
            let change = (at > 0.0).then(|| FigureChange {
                change: Uncertain::with_dof(mean, 1.5 * u, 8.0),
                interval: (mean - 4.0 * u, mean + 4.0 * u),
                p: 0.01,
            });
            let interval = Some((mean - 2.3 * u, mean + 2.3 * u));
            let u = Some(Uncertain::with_dof(mean, u, 8.0));
            FigureAt { mean, u, interval, drift: None, change }
        };
        WearLine {
            name: name.to_owned(),
            points: times.iter().map(point).collect(),
            spread: Some(SpreadSource::Pooled),
            drift_removed: false,
            tracks: vec![WearTrack {
                figure: SeatingFigure::BassShelf,
                sd: Some(0.2),
                points: times.iter().map(figure).collect(),
                slope: Some(Uncertain::with_dof(per_hour, 2e-4, 8.0)),
                slope_interval: None,
                between: None,
            }],
        }
    };
    let lines = vec![line("left", -0.003), line("right", -0.0012)];
    Wear { time: TimeScale::PadHours, lines, rig: None, baseline_days: 0 }
}

/// Three causes in three bands, the last known from hardly anything.
pub(crate) fn repeatability() -> Repeatability {
    let part = |cause, sd_db: f64, to_db| SpreadPart { cause, sd_db, from_db: 0.6 * sd_db, to_db };
    let spread = |figure, sd: f64| FigureSpread {
        figure,
        mean_db: 0.0,
        parts: vec![
            part(SpreadCause::Operator, 0.9 * sd, None),
            part(SpreadCause::Day, 0.5 * sd, Some(2.0 * sd)),
            part(SpreadCause::Reseat, sd, Some(1.4 * sd)),
        ],
        resolutions: vec![Resolution {
            comparing: Comparing::SameDay,
            change_db: vec![None, Some(1.2), Some(0.9), Some(0.6), Some(0.4)],
            at_worst_db: None,
            seatings: vec![Some(3), None],
        }],
        dof: (Some(20.0), Some(1.4)),
    };
    let figures = vec![
        spread(RepeatedFigure::BassShelf, 0.3),
        spread(RepeatedFigure::Level(25), 0.5),
        spread(RepeatedFigure::Level(2000), 0.9),
    ];
    Repeatability {
        operators: vec!["ann".to_owned(), "ben".to_owned()],
        sessions: vec![("ann".to_owned(), "1".to_owned(), 3)],
        measurements: 3,
        crossed: false,
        figures,
        gaps: vec![StudyGap::OneDay { operator: "ben".to_owned() }],
    }
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
