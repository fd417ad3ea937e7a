//! The two sides of a real headphone, measured by somebody else with REW.
//!
//! `CANSWEEP_REAL_DATA` names the folder that holds them; without it, `../shared/data` beside the
//! project. Where the folder is absent the test says so and passes. The expected figures are those of
//! tests/golden/channels.py, which works them out from the same files with numpy and scipy.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "a skipped test says so")]

#[path = "support/real_data.rs"]
mod real_data;

use cansweep::model::{Covered, LevelPlace, Limit, Pairing, Polar, Trace};
use cansweep::quantity::Smoothing;
use cansweep::quantity::unit::Decibel;
use cansweep::store::curve;
use cansweep::study::channels::{MatchingQuestion, Sides, matched};

use self::real_data::{folder, read};

/// Sums of logarithms of frequency in another order.
const ROUNDING: f64 = 1e-6;

const QUESTION: MatchingQuestion = MatchingQuestion {
    pairing: Pairing::Independent,
    tolerance: None,
    common_time: true,
    smoothing: Smoothing::None,
};

fn side(side: char) -> Option<Vec<Polar<Decibel>>> {
    let folder = folder("htangl-hd650-pads")?;
    let seating = |i: u8| {
        let path = folder.join(format!("Sennheiser HD 650 (New Pads) {side}{i}.txt"));
        match curve::read(&path).unwrap().into_trace() {
            Trace::Response(polar) => polar,
            Trace::Impedance(_) => panic!("an impedance"),
        }
    };
    Some((1..=4).map(seating).collect())
}

fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < ROUNDING, "{found} {expected}");
}

#[test]
fn level_response_and_phase_of_both_sides_agree_with_numpy_and_scipy() {
    let (Some(left), Some(right)) = (side('L'), side('R')) else { return };
    let found = matched(&Sides { left, right }, QUESTION).unwrap();
    let level = |place| found.levels.iter().find(|level| level.place == place).unwrap().db;
    for (place, [value, from, to]) in [
        (LevelPlace::Broadband, [-0.276_709_363, -0.506_361_218, -0.047_057_507]),
        (LevelPlace::Midrange, [-0.707_202_523, -0.913_255_332, -0.501_149_713]),
        (LevelPlace::At1Khz, [-0.638_835_325, -0.980_237_235, -0.297_433_415]),
    ] {
        let Covered { value: db, interval } = level(place);
        let (low, high) = interval.unwrap();
        assert_close(db, value);
        assert_close(low, from);
        assert_close(high, to);
    }
    let within = found.within.iter().find(|within| within.band.to_hz < 11e3).unwrap();
    assert_close(within.worst_db, -2.507_558_051);
    assert_close(within.levelled_db, -2.230_848_688);
    assert!((within.worst_hz - 8992.0).abs() < 1.0);
    let seen = &found.sides.evidence().unwrap().curve;
    assert_close(seen.p, 2.0 / 70.0);
    assert!(matches!(seen.limit, Limit::Shuffled { assignments: 70, all: true, .. }));
    let ranges: Vec<(f64, f64)> =
        seen.ranges.iter().map(|span| (span.from_hz.round(), span.to_hz.round())).collect();
    println!("{ranges:?}");
    assert_eq!(ranges, [(69.0, 69.0), (110.0, 116.0), (147.0, 440.0)]);
    let phase = found.phase.unwrap();
    assert_eq!(phase.inverted, Some(false));
    // Means of −9.554, −10.478, −11.989, −12.774 and 0, −0.1, −0.275, 2.41 µs.
    assert!((phase.delay_us.unwrap().value + 11.7075).abs() < 1e-3, "{:?}", phase.delay_us);
    let worst = phase.worst.unwrap();
    assert!((worst.degrees + 12.413_943).abs() < 1e-4 && (worst.hz - 2915.3).abs() < 0.1);
}

#[test]
fn one_side_is_matched_to_itself_and_levels_alone_have_no_phase() {
    let Some(folder) = folder("htangl-hd650-pads") else { return };
    let seating = |i: u8| {
        let path = folder.join(format!("Sennheiser HD 650 (New Pads) L{i}.txt"));
        Polar::of_magnitude(read(&path))
    };
    let question = MatchingQuestion { common_time: false, ..QUESTION };
    let sides = Sides { left: vec![seating(1), seating(4)], right: vec![seating(2), seating(3)] };
    let found = matched(&sides, question).unwrap();
    assert!(found.sides.evidence().unwrap().curve.ranges.is_empty());
    assert_eq!(found.phase, None);
}
