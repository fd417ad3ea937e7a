//! Hand-made results that the tests of this room share.

use std::collections::BTreeMap;

use ndarray::Array1;
use num_complex::Complex64;

use crate::model::{
    AnalysisSpec, Back, Budget, ChannelMap, ChannelMatching, ComparedCurve, Conditions,
    Consistency, Covariance, Covered, Curve, CurveComparison, CurveDifference, Decision, Departure,
    Deviation, EighthRule, EquivalentLeak, Extremes, Finding, FittedSize, FrequencyGrid, Impedance,
    ImpedanceFigures, InferredImpedance, Isolation, LeakBasis, LevelDifference, LevelPlace,
    MatchedLevel, Measurement, Normalisation, OctaveMean, OctavesMean, Outcome, PhaseMatching,
    Polar, QuotedMagnitude, Resonance, Response, ResponseFigures, RigIdentity, RigKind,
    SeatingRecord, Seatings, SiblingFigure, Source, SourceComparison, SourceEffect, SourceLimit,
    Span, Spread, StateComparison, StateDifference, StateSummary, TakeRecord, Tolerance,
    ToleranceVerdict, Trace, Verification, VerifiedPart, Within, WorstPhase,
};
use crate::quantity::unit::{Decibel, Ohm, Unit};
use crate::quantity::{Frequency, Resistance, Seconds, Smoothing, Uncertain};

fn curve(value: impl Fn(f64) -> f64) -> Curve<Decibel> {
    Curve::from_fn(FrequencyGrid::standard(), value).unwrap()
}

fn at_1_khz() -> Normalisation {
    Normalisation::At(Frequency::new(1000.0).unwrap())
}

/// A state whose bass, below 200 Hz, lies `bass_db` above the rest and spreads by `sd_db`.
pub(super) fn state(name: &str, n: usize, bass_db: f64, sd_db: f64) -> StateSummary {
    let shelf = |f: f64| if f < 200.0 { bass_db } else { 0.0 };
    let spread = |f: f64| if f < 200.0 { sd_db } else { 0.1 };
    let several = n > 1;
    let error: Array1<f64> =
        FrequencyGrid::standard().hz().iter().map(|&f| spread(f) / (n as f64).sqrt()).collect();
    let mean = curve(shelf);
    StateSummary {
        name: name.to_owned(),
        seatings: vec![curve(shelf); n],
        mean: if several { mean.with_u(error).unwrap() } else { mean },
        sd: several.then(|| curve(spread)),
        bass_shelf_db: Some(Spread { mean: bass_db, sd: several.then_some(sd_db) }),
        corner_minus_3_db_hz: None,
        consistency: Consistency::default(),
    }
}

fn level_difference(of: &str, against: &str, n: usize) -> LevelDifference {
    let (of, against) = (state(of, n, 0.0, 0.1), state(against, n, 0.0, 0.1));
    LevelDifference {
        difference: difference(&of, &against),
        of,
        against,
        octaves: Vec::new(),
        mean: None,
        faint: Vec::new(),
    }
}

fn covered(value: f64, by: f64) -> Covered {
    Covered { value, interval: Some((value - by, value + by)) }
}

/// Two sides of so many seatings, of which the left one is a little louder and earlier.
pub(super) fn matching(n: usize) -> ChannelMatching {
    let band = Span { from_hz: 100.0, to_hz: 10e3 };
    let exceeded = Span { from_hz: 500.0, to_hz: 1000.0 };
    ChannelMatching {
        sides: level_difference("left", "right", n),
        levels: vec![MatchedLevel { place: LevelPlace::Broadband, db: covered(0.4, 0.2) }],
        within: vec![Within {
            band,
            worst_db: 1.1,
            worst_hz: 800.0,
            levelled_db: 0.7,
            levelled_hz: 900.0,
        }],
        phase: Some(PhaseMatching {
            inverted: Some(false),
            delay_us: Some(covered(-2.0, 1.0)),
            curve: Curve::from_fn(FrequencyGrid::standard(), |_| 0.0).unwrap(),
            worst: Some(WorstPhase { degrees: -12.0, hz: 2500.0 }),
        }),
        tolerance: Some((
            Tolerance { db: 1.0, band },
            ToleranceVerdict::Exceeded { ranges: vec![exceeded], by_level: false },
        )),
        smoothing: Smoothing::None,
    }
}

/// A headphone without and with noise cancelling; the latter in one seating, at the noise in places.
pub(super) fn isolation() -> Isolation {
    let single = |value: f64| Covered { value, interval: None };
    let of = |name: (&str, &str), octave: Covered, mean: Covered, bound: bool| LevelDifference {
        octaves: vec![OctaveMean { centre_hz: 125.0, db: octave, bound }],
        mean: Some(OctavesMean { db: mean, bound }),
        ..level_difference(name.0, name.1, 4)
    };
    let anc = of(("open", "anc"), single(30.0), single(30.0), true);
    let faint = vec![Span { from_hz: 5e3, to_hz: 10e3 }];
    Isolation {
        states: vec![
            of(("open", "passive"), covered(12.0, 1.0), covered(20.0, 1.0), false),
            LevelDifference { faint, ..anc },
        ],
        gained: vec![of(("passive", "anc"), single(18.0), single(10.0), false)],
        smoothing: Smoothing::None,
    }
}

/// Three seatings of one state, the second of which leaked and was set aside.
pub(super) fn seatings() -> Seatings {
    let departure = |figure, mean: f64, by: f64, limit: f64| Departure {
        figure,
        siblings: 2,
        mean,
        sd: Some(0.1),
        by,
        expected: limit / 5.0,
        limit,
    };
    let record = |number: u32, folder: &str, by: f64, decision| SeatingRecord {
        number,
        folder: folder.to_owned(),
        bass_shelf_db: Some(1.5 + by),
        notch_hz: Some(8192.0),
        departures: vec![
            departure(SiblingFigure::BassShelf, 1.5, by, 1.5),
            departure(SiblingFigure::Notch, 12.984, 0.016, 0.2),
        ],
        decision,
        curve: curve(|_| by),
    };
    Seatings {
        name: "worn".to_owned(),
        wanted: 5,
        records: vec![
            record(1, "1", 0.1, None),
            record(2, "2", -3.0, Some(Decision::SetAside)),
            record(2, "2-2", -0.1, None),
        ],
        summary: state("worn", 2, 1.5, 0.14),
        normalisation: at_1_khz(),
    }
}

/// The states compared with the first of them.
pub(super) fn comparison(states: Vec<StateSummary>) -> StateComparison {
    let differences = states[1..].iter().map(|state| difference(state, &states[0])).collect();
    StateComparison {
        states,
        differences,
        normalisation: at_1_khz(),
        smoothing: Smoothing::Octave(12),
        placements: None,
    }
}

fn difference(state: &StateSummary, reference: &StateSummary) -> StateDifference {
    let grid = FrequencyGrid::standard();
    let mut curve = Curve::new(grid, state.mean.values() - reference.mean.values()).unwrap();
    if let (Some(a), Some(b)) = (state.mean.u(), reference.mean.u()) {
        curve = curve.with_u(a.iter().zip(b).map(|(a, b)| a.hypot(*b)).collect()).unwrap();
    }
    let error = |s: &StateSummary| Some(s.bass_shelf_db?.sd? / (s.seatings.len() as f64).sqrt());
    let change = state.bass_shelf_db.unwrap().mean - reference.bass_shelf_db.unwrap().mean;
    let u = error(state).zip(error(reference)).map(|(a, b)| a.hypot(b));
    StateDifference {
        state: state.name.clone(),
        reference: reference.name.clone(),
        curve,
        bass_shelf_db: u.map(|u| Uncertain::with_dof(change, u, 6.0)),
        evidence: None,
        leak: None,
    }
}

/// A leak of a front volume of 35 cm³, better told as a slit.
pub(super) fn leak() -> EquivalentLeak {
    EquivalentLeak {
        hole: FittedSize { mm: 2.34, from_mm: 1.93, to_mm: 2.83, rms_residual_db: 1.26 },
        slit: FittedSize { mm: 0.362, from_mm: 0.311, to_mm: 0.421, rms_residual_db: 0.62 },
        slit_width_mm: 10.0,
        length_mm: 10.0,
        basis: LeakBasis::FrontVolume { cm3: 35.0 },
        back: Back::Unknown,
        model: curve(|f| if f < 200.0 { -5.0 } else { 0.0 }),
    }
}

fn ohm(value: f64) -> Resistance {
    Resistance::new(value).unwrap()
}

/// The effect of a source: worst deviation in decibels at 95 Hz, loss, damping factor.
pub(super) fn effect(
    source_ohm: f64,
    worst_db: f64,
    loss_db: f64,
    damping_factor: Option<f64>,
) -> SourceEffect {
    SourceEffect {
        source: Source::Resistance(ohm(source_ohm)),
        curve: curve(|f| if f < 200.0 { worst_db } else { 0.0 }),
        worst_db,
        worst_hz: 95.0,
        peak_to_peak_db: worst_db.abs(),
        loss_db,
        damping_factor,
        response: None,
    }
}

/// A headphone of 300 Ω behind sources, with limits for 0.1, 0.5 and 1 dB.
pub(super) fn sources(
    sources: Vec<SourceEffect>,
    limits_ohm: [Option<f64>; 3],
) -> SourceComparison {
    let limit =
        |(limit_db, source): (f64, Option<f64>)| SourceLimit { limit_db, source: source.map(ohm) };
    SourceComparison {
        impedance: impedance(None),
        inferred: None,
        damping: None,
        sources,
        verifications: Vec::new(),
        eighth_rule: EighthRule { allows: ohm(37.5), costs_db: 0.467 },
        limits: [0.1, 0.5, 1.0].into_iter().zip(limits_ohm).map(limit).collect(),
        normalisation: at_1_khz(),
    }
}

/// An impedance from responses behind 0, 10 and 50 Ω.
pub(super) fn inferred() -> InferredImpedance {
    let quoted = |frequency_hz, ohm| QuotedMagnitude { frequency_hz, ohm, u_ohm: None };
    InferredImpedance {
        resistors: [0.0, 10.0, 50.0].map(ohm).into(),
        quoted: vec![quoted(30.0, 24.37), quoted(1000.0, 10.76)],
        extremes: Extremes { minimum: 10.54, minimum_hz: 1250.0, maximum: 24.46, maximum_hz: 41.2 },
        forced_share: 0.0,
        uncertainty: None,
    }
}

/// The response on 20 Ω, held against its prediction; nothing states its uncertainty.
pub(super) fn verification() -> Verification {
    Verification {
        source: Source::Resistance(ohm(20.0)),
        from: Source::IDEAL,
        predicted: curve(|_| 0.0),
        measured: curve(|_| 0.0),
        residual: curve(|_| 0.0),
        offset_db: 0.047,
        rms_db: 0.0041,
        worst_db: -0.0093,
        worst_hz: 3450.0,
        verdict: Err(vec![VerifiedPart::Impedance]),
    }
}

/// 300 Ω with a standard uncertainty where one is given.
fn impedance(u_ohm: Option<f64>) -> Impedance {
    let grid = FrequencyGrid::standard();
    let bare = Impedance::from_fn(grid.clone(), |_| Complex64::new(300.0, 0.0)).unwrap();
    match u_ohm {
        Some(u) => bare.with_covariance(vec![Covariance::circular(u); grid.len()]).unwrap(),
        None => bare,
    }
}

fn measured(outcome: Outcome, findings: Vec<Finding>) -> Measurement {
    let take = TakeRecord {
        file: "take-1.wav".to_owned(),
        sha256: None,
        frames: 96_000,
        channels: 2,
        rate_hz: 48_000,
        delay_samples: None,
    };
    let conditions = Conditions {
        loads: Vec::new(),
        levels: Vec::new(),
        crosstalk: Vec::new(),
        made_at: "2026-03-01T12:00:00Z".to_owned(),
        tool: "cansweep 0.1.0".to_owned(),
        rig: RigIdentity { kind: RigKind::Simulated, name: "sim:open".to_owned() },
        stimulus: "sweep".to_owned(),
        plan: None,
        analysis: AnalysisSpec {
            from: Frequency::new(20.0).unwrap(),
            to: Frequency::new(20e3).unwrap(),
            points_per_octave: 48,
            gate_before: Seconds::new(0.01).unwrap(),
            gate_after: Seconds::new(0.5).unwrap(),
            smoothing: Smoothing::None,
        },
        channels: ChannelMap::default(),
        impedance: None,
        calibrations: Vec::new(),
        tags: BTreeMap::new(),
        takes: vec![take],
    };
    Measurement { conditions, outcome, findings }
}

/// An impedance measurement with two maxima.
pub(super) fn impedance_measurement(u_ohm: Option<f64>) -> Measurement {
    let figures = ImpedanceFigures {
        minimum_ohm: 302.4,
        minimum_hz: 1200.0,
        maximum_ohm: 570.1,
        maximum_hz: 95.2,
        at_1khz_ohm: Some(304.2),
        nominal_ohm: Some(300.0),
        resonances: vec![
            Resonance { frequency_hz: 95.2, peak_ohm: 570.1, ..Resonance::default() },
            Resonance { frequency_hz: 3600.0, peak_ohm: 320.0, ..Resonance::default() },
        ],
        ..ImpedanceFigures::default()
    };
    measured(
        Outcome::Impedance { impedance: impedance(u_ohm), budget: Budget::default(), figures },
        Vec::new(),
    )
}

/// A response measurement with these figures.
pub(super) fn response_measurement(figures: ResponseFigures) -> Measurement {
    let response = Response::from_fn(FrequencyGrid::standard(), |_| Complex64::ONE).unwrap();
    measured(Outcome::Response { response, figures }, Vec::new())
}

/// A measurement that was refused.
pub(super) fn refused_measurement(findings: Vec<Finding>) -> Measurement {
    measured(Outcome::Refused(crate::model::Measurand::Response), findings)
}

fn deviation<U: Unit>(value: f64, worst: f64, worst_hz: f64) -> Deviation<U> {
    let curve = Curve::from_fn(FrequencyGrid::standard(), |_| value).unwrap();
    Deviation { curve, worst, worst_hz, mean: 0.41, rms: 1.2 }
}

/// Two impedances without uncertainty.
pub(super) fn curves() -> CurveComparison {
    let curve = |name: &str| {
        let ohm = Curve::<Ohm>::from_fn(FrequencyGrid::standard(), |_| 32.0).unwrap();
        let (minimum, maximum) = (32.0, 66.05);
        ComparedCurve {
            name: name.to_owned(),
            trace: Trace::Impedance(Polar::of_magnitude(ohm)),
            extremes: Some(Extremes { minimum, minimum_hz: 1000.0, maximum, maximum_hz: 95.2 }),
        }
    };
    let difference = CurveDifference {
        name: "right".to_owned(),
        reference: "left".to_owned(),
        level: deviation(1.01, 1.01, 95.2),
        percent: Some(deviation(12.3, 12.3, 95.2)),
        phase: Some(deviation(-3.2, -3.2, 80.0)),
        significance: None,
    };
    CurveComparison {
        curves: vec![curve("left"), curve("right")],
        differences: vec![difference],
        normalisation: Normalisation::None,
        smoothing: Smoothing::None,
    }
}
