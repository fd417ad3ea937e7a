//! Small measurements and comparisons for the tests of this room.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2};
use num_complex::Complex64;

use super::plan;
use crate::model::{
    Back, Budget, ChannelMap, ChannelMatching, ChannelRole, ComparedCurve, Conditions, Consistency,
    Covariance, Covered, Curve, CurveComparison, CurveDifference, Decision, Departure, Deviation,
    EighthRule, EquivalentLeak, Extremes, Finding, FindingKind, FittedSize, FrequencyGrid,
    Impedance, ImpedanceFigures, Isolation, Jig, LeakBasis, LevelDifference, LevelPlace,
    MatchedLevel, Measurand, Measurement, Normalisation, OctaveMean, OctavesMean, Outcome,
    PhaseMatching, Polar, Recording, Resonance, Response, ResponseFigures, RigIdentity, RigKind,
    SampleFormat, SeatingRecord, Seatings, SiblingFigure, Significance, Source, SourceComparison,
    SourceEffect, SourceLimit, Span, Spread, StateComparison, StateDifference, StateSummary,
    Tolerance, ToleranceVerdict, Topology, Trace, Verdict, Verification, Within,
};
use crate::quantity::unit::{self, Decibel, Degree, Ohm, Unit};
use crate::quantity::{Frequency, Percent, Resistance, SampleRate, Smoothing, Uncertain};

fn grid() -> FrequencyGrid {
    FrequencyGrid::new(vec![100.0, 1000.0, 10_000.0]).unwrap()
}

fn conditions() -> Conditions {
    let plan = plan::load("response").unwrap();
    Conditions {
        loads: Vec::new(),
        levels: Vec::new(),
        crosstalk: Vec::new(),
        made_at: "2026-11-23T05:20:34Z".to_owned(),
        tool: "0.1.0".to_owned(),
        rig: RigIdentity { kind: RigKind::Simulated, name: "dynamic".to_owned() },
        stimulus: plan.name().to_owned(),
        analysis: *plan.analysis(),
        plan: Some(plan),
        channels: ChannelMap::new([(ChannelRole::Reference, 0), (ChannelRole::Microphone, 1)]),
        impedance: None,
        calibrations: Vec::new(),
        tags: BTreeMap::from([("state".to_owned(), "fresh".to_owned())]),
        takes: Vec::new(),
    }
}

/// A response of three points with uncertainty, a figure and a finding.
pub(super) fn response() -> Measurement {
    let response = Response::from_fn(grid(), |f| Complex64::from_polar(0.5, -f / 5000.0)).unwrap();
    let response = response.with_covariance(vec![Covariance::circular(1e-3); 3]).unwrap();
    let response = response.with_coherence(Array1::from(vec![0.999_99, 0.5, 1.0])).unwrap();
    let figures = ResponseFigures { delay_samples: Some(12.5), ..ResponseFigures::default() };
    Measurement {
        conditions: conditions(),
        outcome: Outcome::Response { response, figures },
        findings: vec![Finding::note(FindingKind::ClockDrift {
            ppm: 3.5,
            u_ppm: 0.001,
            corrected: false,
            u_phase_deg: 0.01,
        })],
    }
}

/// An impedance of three points behind a sense resistor.
pub(super) fn impedance() -> Measurement {
    let impedance = Impedance::from_fn(grid(), |f| Complex64::new(300.0, f / 100.0)).unwrap();
    let resonance = Resonance { frequency_hz: 100.0, peak_ohm: 300.0, ..Resonance::default() };
    let figures = ImpedanceFigures { resonances: vec![resonance], ..ImpedanceFigures::default() };
    let settings = Jig {
        resistor_tolerance: Percent::new(0.1).unwrap(),
        topology: Topology::HighSide,
        input_resistance: None,
        gain_match_db: 0.02,
        ..Jig::with_resistor(Resistance::new(100.0).unwrap())
    };
    Measurement {
        conditions: Conditions { impedance: Some(settings), ..conditions() },
        outcome: Outcome::Impedance { impedance, budget: Budget::default(), figures },
        findings: vec![Finding::warning(FindingKind::Uncalibrated)],
    }
}

/// A measurement that was refused.
pub(super) fn refused() -> Measurement {
    let clipped =
        FindingKind::Clipped { channel: 2, samples: 17, first_at_s: 1.25, level_dbfs: 0.0 };
    Measurement {
        conditions: conditions(),
        outcome: Outcome::Refused(Measurand::Response),
        findings: vec![Finding::refusal(clipped)],
    }
}

/// A short take of two channels.
pub(super) fn recording() -> Recording {
    let samples = Array2::from_shape_fn((2, 480), |(channel, frame)| {
        let step = 1.0 / 8_388_608.0;
        step * ((frame * 1009 + channel * 17) % 8_000_000) as f64 - 0.25
    });
    let rig = RigIdentity { kind: RigKind::Simulated, name: "dynamic".to_owned() };
    let rate = SampleRate::new(48_000).unwrap();
    Recording::new(rate, samples, SampleFormat::Integer(24), rig).unwrap()
}

fn constant(db: f64) -> Curve<Decibel> {
    Curve::from_fn(grid(), |_| db).unwrap()
}

/// Two states: two seatings of one, one of the other.
pub(super) fn states() -> StateComparison {
    let state = |name: &str, mean: f64, seatings: usize| StateSummary {
        name: name.to_owned(),
        seatings: vec![constant(mean); seatings],
        mean: constant(mean),
        sd: (seatings > 1).then(|| constant(0.1)),
        bass_shelf_db: (seatings > 1).then_some(Spread { mean: 1.5, sd: Some(0.2) }),
        corner_minus_3_db_hz: None,
        consistency: Consistency::default(),
    };
    let difference = StateDifference {
        state: "worn".to_owned(),
        reference: "fresh".to_owned(),
        curve: constant(-2.0).with_u(vec![0.3; 3].into()).unwrap(),
        bass_shelf_db: Some(Uncertain::new(-1.0, 0.25)),
        evidence: None,
        leak: None,
    };
    StateComparison {
        states: vec![state("fresh", 1.0, 2), state("worn", -1.0, 1)],
        differences: vec![difference],
        normalisation: Normalisation::At(Frequency::new(1000.0).unwrap()),
        smoothing: Smoothing::None,
        placements: None,
    }
}

fn level_difference(of: &str, against: &str, db: f64) -> LevelDifference {
    let [first, second] = <[StateSummary; 2]>::try_from(states().states).unwrap();
    LevelDifference {
        of: StateSummary { name: of.to_owned(), ..first },
        against: StateSummary { name: against.to_owned(), ..second },
        difference: StateDifference { curve: constant(db), ..states().differences.remove(0) },
        octaves: Vec::new(),
        mean: None,
        faint: Vec::new(),
    }
}

/// Two sides that exceed a tolerance in the midrange, without a clear polarity.
pub(super) fn matching() -> ChannelMatching {
    let band = Span { from_hz: 100.0, to_hz: 10e3 };
    let covered = |value, by| Covered { value, interval: Some((value - by, value + by)) };
    let exceeded = Span { from_hz: 500.0, to_hz: 1000.0 };
    ChannelMatching {
        sides: level_difference("left", "right", 2.0),
        levels: vec![MatchedLevel { place: LevelPlace::Broadband, db: covered(0.5, 0.25) }],
        within: vec![Within {
            band,
            worst_db: 1.1,
            worst_hz: 800.0,
            levelled_db: 0.7,
            levelled_hz: 900.0,
        }],
        phase: Some(PhaseMatching {
            inverted: None,
            delay_us: Some(covered(-2.0, 1.0)),
            curve: Curve::from_fn(grid(), |_| 3.0).unwrap(),
            worst: None,
        }),
        tolerance: Some((
            Tolerance { db: 1.0, band },
            ToleranceVerdict::Exceeded { ranges: vec![exceeded], by_level: false },
        )),
        smoothing: Smoothing::None,
    }
}

/// A headphone that keeps out 25 dB, in one seating, at the noise below 200 Hz.
pub(super) fn isolation() -> Isolation {
    let db = Covered { value: 25.0, interval: None };
    Isolation {
        states: vec![LevelDifference {
            octaves: vec![OctaveMean { centre_hz: 125.0, db, bound: true }],
            mean: Some(OctavesMean { db, bound: true }),
            faint: vec![Span { from_hz: 100.0, to_hz: 200.0 }],
            ..level_difference("open", "on", 2.0)
        }],
        gained: Vec::new(),
        smoothing: Smoothing::None,
    }
}

/// Three seatings of one state, the second of which was unlike the first and set aside.
pub(super) fn seatings() -> Seatings {
    let departure = |figure, mean: f64, by: f64| Departure {
        figure,
        siblings: 2,
        mean,
        sd: Some(0.1),
        by,
        expected: 0.3,
        limit: 1.5,
    };
    let record = |number: u32, folder: &str, by: f64, decision| SeatingRecord {
        number,
        folder: folder.to_owned(),
        bass_shelf_db: Some(1.5 + by),
        notch_hz: Some(8192.0),
        departures: vec![
            departure(SiblingFigure::BassShelf, 1.5, by),
            departure(SiblingFigure::Notch, 13.0, 0.01),
        ],
        decision,
        curve: constant(by),
    };
    let mut comparison = states();
    Seatings {
        name: "fresh".to_owned(),
        wanted: 5,
        records: vec![
            record(1, "1", 0.1, None),
            record(2, "2", -3.0, Some(Decision::SetAside)),
            record(2, "2-2", -0.1, None),
        ],
        summary: comparison.states.swap_remove(0),
        normalisation: comparison.normalisation,
    }
}

/// A leak that was calibrated with a hole of 1.5 mm.
pub(super) fn leak() -> EquivalentLeak {
    let size = |mm: f64, by_mm: f64, rms_residual_db: f64| FittedSize {
        mm,
        from_mm: mm - by_mm,
        to_mm: mm + by_mm,
        rms_residual_db,
    };
    EquivalentLeak {
        hole: size(2.0, 0.1, 0.1),
        slit: size(0.3, 0.02, 0.2),
        slit_width_mm: 10.0,
        length_mm: 10.0,
        basis: LeakBasis::Calibrated { state: "drilled".to_owned(), hole_mm: 1.5 },
        back: Back::Closed,
        model: constant(-2.0),
    }
}

/// One source, and limits of which one is never reached.
pub(super) fn sources() -> SourceComparison {
    let Outcome::Impedance { impedance, .. } = impedance().outcome else { unreachable!() };
    let ohm = |ohm: f64| Resistance::new(ohm).unwrap();
    let effect = SourceEffect {
        source: Source::Resistance(ohm(33.0)),
        curve: constant(2.0),
        worst_db: 2.0,
        worst_hz: 100.0,
        peak_to_peak_db: 2.5,
        loss_db: -3.0,
        damping_factor: Some(9.0),
        response: None,
    };
    let limit = |limit_db, source| SourceLimit { limit_db, source };
    SourceComparison {
        impedance,
        inferred: None,
        damping: None,
        sources: vec![effect],
        eighth_rule: EighthRule { allows: ohm(4.0), costs_db: 0.4 },
        limits: vec![limit(0.1, Some(ohm(1.25))), limit(0.5, None), limit(1.0, Some(ohm(14.0)))],
        verifications: vec![verification()],
        normalisation: Normalisation::None,
    }
}

/// The response on 33 Ω, outside its uncertainty at one of three frequencies.
fn verification() -> Verification {
    let residual = Curve::new(grid(), vec![0.5, 0.0, 0.0].into()).unwrap();
    Verification {
        source: Source::Resistance(Resistance::new(33.0).unwrap()),
        from: Source::IDEAL,
        predicted: constant(0.0),
        measured: residual.clone(),
        residual: residual.with_u(vec![0.1; 3].into()).unwrap(),
        offset_db: 0.25,
        rms_db: 0.2,
        worst_db: 0.5,
        worst_hz: 100.0,
        verdict: Ok(Verdict {
            share_inside: 2.0 / 3.0,
            outside: vec![Span { from_hz: 100.0, to_hz: 100.0 }],
        }),
    }
}

fn deviation<U: Unit>(worst: f64) -> Deviation<U> {
    let curve = Curve::from_fn(grid(), |_| worst).unwrap().with_u(vec![0.75; 3].into()).unwrap();
    Deviation { curve, worst, worst_hz: 1000.0, mean: 5.0, rms: 6.0 }
}

/// Two impedances of three points.
pub(super) fn curves() -> CurveComparison {
    let curve = |name: &str, ohm: f64| {
        let magnitude = Curve::<Ohm>::from_fn(grid(), |_| ohm).unwrap();
        let magnitude = magnitude.with_u(vec![0.5; 3].into()).unwrap();
        let phase = Curve::<Degree>::from_fn(grid(), |f| (f - 100.0) / 1e3).unwrap();
        ComparedCurve {
            name: name.to_owned(),
            trace: Trace::Impedance(Polar::new(magnitude, phase).unwrap()),
            extremes: Some(Extremes {
                minimum: ohm,
                minimum_hz: 100.0,
                maximum: ohm,
                maximum_hz: 100.0,
            }),
        }
    };
    let difference = CurveDifference {
        name: "right".to_owned(),
        reference: "left".to_owned(),
        level: deviation::<Decibel>(0.83),
        percent: Some(deviation::<unit::Percent>(10.0)),
        phase: Some(deviation::<Degree>(-2.0)),
        significance: Some(Significance {
            spans: vec![Span { from_hz: 100.0, to_hz: 1000.0 }],
            none_above: Some(1.5),
        }),
    };
    CurveComparison {
        curves: vec![curve("left", 32.0), curve("right", 35.2)],
        differences: vec![difference],
        normalisation: Normalisation::None,
        smoothing: Smoothing::None,
    }
}
