//! Wear of known size on a simulated headphone and a rig that drifts, and that of real pads; what
//! repeating does to a simulated rig.
//!
//! The simulated bench shares no code with the analysis. Real data are measured by other people:
//! `CANSWEEP_REAL_DATA` names the folder that holds them; without it, `../shared/data` beside the
//! project. Where the folder is absent the tests say so and pass. The expected figures were worked
//! out from the same files with numpy and scipy.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "figures that were found are worth seeing")]

#[path = "support/real_data.rs"]
mod real_data;

use cansweep::metrology::shelf::bass_shelf_db;
use cansweep::model::{
    Curve, FrequencyGrid, SpreadCause, SpreadSource, TimeScale, Wear, WearTrack,
};
use cansweep::quantity::Frequency;
use cansweep::quantity::unit::Decibel;
use cansweep::rig::simulated::{
    Placement, Scatter, Scenario, SimulatedRig, State as SimulatedState, Wiring, preset,
};
use cansweep::study::repeatability::{Repeated, repeatability};
use cansweep::study::wear::{BaselineInput, LineInput, TimeInput, WearQuestion, wear};

use self::real_data::{folder, read};

/// What leaks under the pads, at each time in hours.
const PADS: [(f64, f64); 3] = [(0.0, 1.0), (250.0, 1.8), (1000.0, 3.3)];
/// What the rig adds to the bass on the days of these times.
const DRIFTS_DB: [f64; 3] = [0.0, 0.5, -0.4];

fn name(pad_factor: f64) -> String {
    format!("pads {pad_factor}")
}

/// A closed headphone whose pads leak more and more.
fn bench() -> Scenario {
    let state = |(_, pad_factor): (f64, f64)| SimulatedState {
        name: name(pad_factor),
        pad_factor,
        front_volume_factor: 1.0,
        ear_factor: 1.0,
        leaks: Vec::new(),
        ear: Vec::new(),
        scatter: Scatter {
            pads: 0.2,
            leaks: 0.0,
            front_volume: 0.03,
            gain_db: 0.1,
            ear_frequency: 0.012,
            ear_gain_db: 0.5,
            ..Scatter::default()
        },
        off_head: false,
    };
    let closed = preset("closed-38").unwrap();
    closed.changed(|parts| parts.states = PADS.map(state).into()).unwrap()
}

fn seating(bench: &Scenario, pad_factor: f64, number: u32, seed: u64) -> Curve<Decibel> {
    let hz = |hz| Frequency::new(hz).unwrap();
    let grid = FrequencyGrid::logarithmic(hz(20.0), hz(12e3), 12);
    let placement = Placement::new(name(pad_factor), number, seed);
    let rig = SimulatedRig::new(bench.clone(), Wiring::Coupler, placement).unwrap();
    rig.truth_response(&grid).unwrap().level()
}

/// The same curve on a rig that has drifted in the bass.
fn drifted(curve: &Curve<Decibel>, by_db: f64) -> Curve<Decibel> {
    let added = curve.points().map(|(hz, db)| db + if hz < 200.0 { by_db } else { 0.0 });
    Curve::new(curve.grid().clone(), added.collect()).unwrap()
}

/// What the bass shelf changes by on the average of many seatings.
fn true_changes(bench: &Scenario) -> [f64; 3] {
    const MANY: u32 = 400;
    let mean = |(_, pads): (f64, f64)| {
        let shelf = |i| bass_shelf_db(&seating(bench, pads, i, 999)).unwrap();
        (1..=MANY).map(shelf).sum::<f64>() / f64::from(MANY)
    };
    let means = PADS.map(mean);
    means.map(|mean| mean - means[0])
}

/// Four seatings at each time, on a day of its own, with three of a baseline.
fn followed(bench: &Scenario, seed: u64, with_baseline: bool) -> Wear {
    let days = PADS.iter().zip(DRIFTS_DB).enumerate();
    let times = days.clone().map(|(i, (&(at, pads), drift))| TimeInput {
        at,
        seatings: (1..=4).map(|k| drifted(&seating(bench, pads, k, seed), drift)).collect(),
        days: vec![i.to_string()],
    });
    let baseline = days.map(|(i, (_, drift))| BaselineInput {
        day: i.to_string(),
        seatings: (1..=3)
            .map(|k| drifted(&seating(bench, 1.0, 10 * (i as u32 + 1) + k, seed), drift))
            .collect(),
    });
    let line = LineInput {
        name: "left".to_owned(),
        times: times.collect(),
        baseline: baseline.filter(|_| with_baseline).collect(),
    };
    wear(&WearQuestion { time: TimeScale::PadHours, lines: vec![line], rig: None }).unwrap()
}

fn shelf(wear: &Wear) -> &WearTrack {
    wear.lines[0].bass_shelf().unwrap()
}

#[test]
fn wear_of_known_size_is_covered_though_the_rig_drifts() {
    const SEEDS: u64 = 100;
    // 95 % less three standard deviations of a hundred draws.
    const AT_LEAST: f64 = 0.885;
    let bench = bench();
    let truth = true_changes(&bench);
    let (mut covered, mut found) = ([0_u32; 3], [0.0; 3]);
    for seed in 1..=SEEDS {
        let wear = followed(&bench, seed, true);
        assert!(wear.lines[0].drift_removed);
        for (i, point) in shelf(&wear).points.iter().enumerate().skip(1) {
            let change = point.change.unwrap();
            let (from, to) = change.interval;
            covered[i] += u32::from((from..=to).contains(&truth[i]));
            found[i] += change.change.value / SEEDS as f64;
        }
    }
    println!("true {truth:.3?}, found on the average {found:.3?}, covered {covered:?} of {SEEDS}");
    for i in 1..3 {
        assert!(f64::from(covered[i]) >= AT_LEAST * SEEDS as f64, "{covered:?}");
        assert!((found[i] - truth[i]).abs() < 0.05, "{found:?} {truth:?}");
    }
}

#[test]
fn without_a_baseline_the_drift_is_in_the_change() {
    let bench = bench();
    let truth = true_changes(&bench);
    let wear = followed(&bench, 1, false);
    let change = shelf(&wear).points[1].change.unwrap().change;
    assert!((change.value - truth[1] - DRIFTS_DB[1]).abs() < 4.0 * change.u, "{change}");
    assert!(!wear.lines[0].drift_removed);
}

#[test]
fn worn_pads_of_a_real_headphone_have_lost_bass() {
    // Worked out on the files' own points; the grid of the study is another.
    const GRID_DB: f64 = 0.03;
    let Some(folder) = folder("htangl-hd650-pads") else { return };
    let seatings = |pads: &str, ear: char| {
        let file = |i: u8| folder.join(format!("Sennheiser HD 650 ({pads} Pads) {ear}{i}.txt"));
        (1..=4).map(|i| read(&file(i))).collect::<Vec<_>>()
    };
    let line = |ear: char| {
        let time = |at, pads| TimeInput { at, seatings: seatings(pads, ear), days: Vec::new() };
        let times = vec![time(0.0, "New"), time(1000.0, "Worn")];
        LineInput { name: ear.to_string(), times, baseline: Vec::new() }
    };
    let lines = vec![line('L'), line('R')];
    let wear = wear(&WearQuestion { time: TimeScale::PadHours, lines, rig: None }).unwrap();
    for (line, (change, from, to)) in wear.lines.iter().zip(REAL) {
        let shelf = line.bass_shelf().unwrap();
        let found = shelf.points[1].change.unwrap();
        println!("{}: {found:?} sd {:?} slope {:?}", line.name, shelf.sd, shelf.slope);
        assert!((found.change.value - change).abs() < GRID_DB, "{found:?}");
        assert!((found.interval.0 - from).abs() < GRID_DB, "{found:?}");
        assert!((found.interval.1 - to).abs() < GRID_DB, "{found:?}");
        assert!(found.exceeds() && line.spread == Some(SpreadSource::Pooled));
        assert!((shelf.slope.unwrap().value - change / 1000.0).abs() < GRID_DB / 1000.0);
    }
}

/// Change of the bass shelf of both ears with the ends of scipy's interval (t test, pooled).
const REAL: [(f64, f64, f64); 2] = [(-1.240, -1.430, -1.050), (-1.174, -1.422, -0.925)];

#[test]
fn seatings_of_a_real_headphone_spread_as_their_sample_does() {
    let Some(folder) = folder("massiveadam-seal-glasses-position") else { return };
    let seating = |i: u8| Repeated {
        operator: "adam".to_owned(),
        day: "1".to_owned(),
        seating: None,
        name: format!("L{i}"),
        curve: read(&folder.join(format!("Ouro (golem) L{i}.txt"))),
    };
    let study = repeatability(&(1..=6).map(seating).collect::<Vec<_>>()).unwrap();
    let reseat = study.bass_shelf().unwrap().part(SpreadCause::Reseat).unwrap();
    println!("{reseat:?} {:?}", study.gaps);
    assert!((reseat.sd_db - OURO_SD_DB).abs() < 0.02, "{reseat:?}");
    assert_eq!((study.bass_shelf().unwrap().parts.len(), study.gaps.len()), (1, 2));
}

/// Standard deviation of the bass shelf over six seatings.
const OURO_SD_DB: f64 = 0.496;
