use super::specimen::{Seated, WELL, informed, now, question, references};
use super::*;
use crate::model::{Covariance, SmallestLeak};
use crate::quantity::Frequency;

fn verdict(seated: Seated) -> SealVerdict {
    compare(&informed(seated)).unwrap().verdict
}

#[test]
fn the_coil_may_warm_up_and_the_suspension_soften_without_a_verdict() {
    for seated in [
        Seated { kelvin: 30.0, ..WELL },
        Seated { stiffness: 0.95, ..WELL },
        Seated { stiffness: 1.05, kelvin: -10.0, ..WELL },
    ] {
        assert_eq!(verdict(seated), SealVerdict::NotDistinguishable, "{seated:?}");
    }
}

#[test]
fn off_the_head_nothing_is_left_of_the_load() {
    let seated = Seated { load: 0.0, stiffness: 0.98, kelvin: 1.0, ..WELL };
    let found = compare(&informed(seated)).unwrap();
    assert_eq!(found.verdict, SealVerdict::OffHead);
    assert!(found.air_load.unwrap().share < 0.05, "{:?}", found.air_load);
    let blind = compare(&question(references(5), now(seated))).unwrap();
    assert_eq!((blind.verdict, blind.air_load), (SealVerdict::Differs, None));
}

#[test]
fn a_share_of_the_load_is_found_as_it_is() {
    for load in [0.8, 1.2] {
        let found = compare(&informed(Seated { load, ..WELL })).unwrap().air_load.unwrap();
        // The reference's own mean is 1.6 permille above 1.
        assert!((found.share / load - 1.0).abs() < 0.02, "{load}: {}", found.share);
    }
}

#[test]
fn leaks_are_placed_between_those_known() {
    let leak = |leak_hz| match verdict(Seated { leak_hz, ..WELL }) {
        SealVerdict::Leak(BetweenLeaks { from_mm, to_mm }) => (from_mm, to_mm),
        other => panic!("{leak_hz} Hz: {other:?}"),
    };
    assert_eq!(leak(20.0), (Some(2.0), Some(2.0)));
    assert_eq!(leak(40.0), (Some(2.0), Some(4.0)));
}

#[test]
fn the_smallest_leak_lies_below_the_first_that_is_seen() {
    let found = compare(&informed(WELL)).unwrap();
    let Some(SmallestLeak::AtMost { diameter_mm }) = found.smallest_leak else {
        panic!("{:?}", found.smallest_leak)
    };
    assert!((0.5..4.0).contains(&diameter_mm), "{diameter_mm}");
    let mm: Vec<f64> = found.leaks.iter().map(|leak| leak.diameter_mm).collect();
    assert_eq!(mm, [2.0, 4.0]);
}

#[test]
fn fewer_than_three_reference_seatings_give_no_verdict() {
    for n in 1..=3 {
        let found = compare(&question(references(n), now(Seated { load: 0.0, ..WELL }))).unwrap();
        assert_eq!(found.verdict == SealVerdict::TooFewReferences, n < 3, "{n}");
        assert_eq!(found.bands[0].real.u_ohm.is_some(), n > 1);
    }
}

#[test]
fn the_uncertainty_of_a_jig_counts_unless_it_is_the_same() {
    let uncertain = |takes: Vec<Named>| -> Vec<Named> {
        let one = |(name, z): Named| {
            let covariance = z.values().iter().map(|&z| Covariance::radial(z, 0.2 * z.norm()));
            let covariance = covariance.collect();
            (name, z.with_covariance(covariance).unwrap())
        };
        takes.into_iter().map(one).collect()
    };
    let asked = |jigs| {
        let leaking = now(Seated { leak_hz: 40.0, ..WELL });
        let question = question(uncertain(references(5)), uncertain(leaking));
        compare(&Question { jigs, ..question }).unwrap()
    };
    let (same, other) = (asked(Jigs::Same), asked(Jigs::Different));
    assert!(same.verdict.is_negative());
    assert!(other.test.unwrap().size < 0.5 * same.test.unwrap().size);
}

#[test]
fn the_same_file_again_and_again_does_not_divide_by_nothing() {
    let one = now(WELL);
    let takes: Vec<Named> = one.iter().cycle().take(5).cloned().collect();
    let found = compare(&question(takes, one)).unwrap();
    assert_eq!(found.verdict, SealVerdict::NotDistinguishable);
}

#[test]
fn what_does_not_cover_the_bands_is_refused_by_name() {
    let hz = |f| Frequency::new(f).unwrap();
    let short = |from, to| {
        let grid = FrequencyGrid::logarithmic(hz(from), hz(to), 24);
        let flat = Impedance::from_fn(grid, |_| Complex64::new(32.0, 1.0)).unwrap();
        compare(&question(references(3), vec![("short".to_owned(), flat)]))
    };
    let error = short(100.0, 20e3).unwrap_err().to_string();
    assert!(error.starts_with("the impedance 'short' covers 100 Hz to"), "{error}");
    assert!(short(20.0, 800.0).is_err() && short(50.0, 20e3).is_ok());
    let bands = short(50.0, 20e3).unwrap().bands;
    assert!(bands[0].centre_hz > 45.0 && bands.len() < 14);
}
