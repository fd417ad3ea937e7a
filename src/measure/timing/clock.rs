//! Two clocks, a loss, or neither: what the distances between the marks tell.

use crate::dsp::clock::Stretch;

/// How the recorder's clock ran against the player's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::measure) struct Clock {
    /// Recorded samples for each played one.
    pub(in crate::measure) ratio: f64,
    /// Standard uncertainty of the ratio.
    pub(in crate::measure) u: f64,
    /// Whether it ran evenly, so that phases mean something.
    pub(in crate::measure) steady: bool,
}

impl Clock {
    /// One clock for both.
    pub(in crate::measure) const SAME: Self = Self { ratio: 1.0, u: 0.0, steady: true };

    /// Deviation in parts per million: positive if the recorder's clock is fast.
    pub(in crate::measure) fn ppm(self) -> f64 {
        1e6 * (self.ratio - 1.0)
    }
}

/// A distance between two marks that look alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::measure) struct Distance {
    /// As played, in samples.
    pub(in crate::measure) played: f64,
    /// As found, minus as played.
    pub(in crate::measure) change: f64,
    /// Standard uncertainty of the change.
    pub(in crate::measure) u: f64,
    /// Where it begins and ends in the stimulus, in samples.
    pub(in crate::measure) from: f64,
    pub(in crate::measure) to: f64,
}

/// What the distances say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    /// Nothing is missing; the clock is this one.
    Clock(Clock),
    /// The clocks differ, and by more in one place than in another.
    Unsteady {
        /// The mean.
        clock: Clock,
        /// The smallest rate, in parts per million.
        least_ppm: f64,
        /// The largest.
        most_ppm: f64,
    },
    /// Samples are missing (negative) or were inserted between two places of the stimulus.
    Lost { samples: f64, from: f64, to: f64 },
}

/// Where a single distance cannot tell a loss from a drift, this does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hints {
    /// The stretch that one sweep shows by itself.
    pub(super) stretch: Option<Stretch>,
    /// Whether one device plays and records, so that its clocks do not differ.
    pub(super) one_device: bool,
}

/// Distances of one clock, or of two even ones, agree to so many samples, or to six times their
/// uncertainty: the rate of a crystal wanders by some hundredths of a part per million.
const EVENLY: f64 = 0.05;
/// Clocks of two devices differ by about this.
const USUAL_DRIFT: f64 = 30e-6;
/// So many standard uncertainties are no chance.
const SURELY: f64 = 6.0;
/// Clocks that differ by less are one clock.
const ONE_CLOCK: f64 = 0.1e-6;
/// Clocks of working devices do not differ by more.
const WIDEST: f64 = 1000e-6;
/// Wireless links and adaptive converters wander by less than this.
const WANDER: f64 = 100e-6;
/// Standard uncertainty of what a single sweep says.
const U_OF_STRETCH: f64 = 5e-6;

/// Judges the distances: the one between the pilots, if there are two, and those between
/// neighbouring sweeps.
pub(super) fn judge(pilots: Option<Distance>, sweeps: &[Distance], hints: Hints) -> Verdict {
    let all: Vec<Distance> = pilots.into_iter().chain(sweeps.iter().copied()).collect();
    match all.as_slice() {
        [] => Verdict::Clock(by_itself(hints)),
        [single] => judge_one(*single, hints),
        _ => judge_several(pilots, sweeps, &all),
    }
}

/// The clock of a single sweep without marks.
fn by_itself(hints: Hints) -> Clock {
    match hints.stretch {
        Some(stretch) if !hints.one_device && stretch.value.abs() > stretch.good_to => {
            let u = U_OF_STRETCH.max(0.2 * stretch.good_to);
            Clock { ratio: 1.0 + stretch.value, u, steady: true }
        }
        _ => Clock::SAME,
    }
}

fn judge_one(distance: Distance, hints: Hints) -> Verdict {
    let clock = fitted(&[distance]);
    if is_one_clock(clock) || distance.change.abs() <= tolerance(distance) && hints.one_device {
        return Verdict::Clock(Clock::SAME);
    }
    let lost = Verdict::Lost { samples: distance.change, from: distance.from, to: distance.to };
    let rate = clock.ratio - 1.0;
    if rate.abs() > WIDEST {
        return lost;
    }
    let seen = hints.stretch.is_some_and(|stretch| {
        stretch.value.abs() > stretch.good_to && (stretch.value - rate).abs() < stretch.good_to
    });
    let contradicted = hints.stretch.is_some_and(|stretch| {
        (stretch.value - rate).abs() > (2.0 * stretch.good_to).max(0.5 * rate.abs())
    });
    let whole = is_whole(distance.change, tolerance(distance));
    // A loss is whole, and a sweep that shows by itself that it was stretched was not cut.
    let is_loss = !seen && (hints.one_device || whole && contradicted);
    if is_loss { lost } else { Verdict::Clock(clock) }
}

fn judge_several(pilots: Option<Distance>, sweeps: &[Distance], all: &[Distance]) -> Verdict {
    let clock = fitted(all);
    if is_even(all, clock) && (clock.ratio - 1.0).abs() <= WIDEST {
        let same = is_one_clock(clock);
        return Verdict::Clock(if same { Clock::SAME } else { clock });
    }
    if let Some(lost) = one_loss(pilots, sweeps) {
        return lost;
    }
    let rates = all.iter().map(|distance| 1e6 * distance.change / distance.played);
    let (least_ppm, most_ppm) =
        rates.fold((f64::MAX, f64::MIN), |(low, high), rate| (low.min(rate), high.max(rate)));
    if most_ppm - least_ppm <= 1e6 * WANDER && least_ppm.abs().max(most_ppm.abs()) <= 1e6 * WIDEST {
        let clock = Clock { steady: false, ..clock };
        return Verdict::Unsteady { clock, least_ppm, most_ppm };
    }
    let off = |distance: &Distance| (distance.change - (clock.ratio - 1.0) * distance.played).abs();
    let worst = all.iter().max_by(|a, b| off(a).total_cmp(&off(b)));
    worst.map_or(Verdict::Clock(clock), |worst| Verdict::Lost {
        samples: worst.change,
        from: worst.from,
        to: worst.to,
    })
}

/// The one place and whole number of samples that explain all distances together with an even
/// clock, if there is one.
fn one_loss(pilots: Option<Distance>, sweeps: &[Distance]) -> Option<Verdict> {
    let all: Vec<Distance> = pilots.into_iter().chain(sweeps.iter().copied()).collect();
    let between = (0..sweeps.len()).map(|i| (Some(i), sweeps[i].from, sweeps[i].to));
    // Before the first sweep or behind the last one: only the pilots are further apart.
    let outside = pilots.zip(sweeps.first()).zip(sweeps.last()).into_iter().flat_map(
        |((pilots, first), last)| [(None, pilots.from, first.from), (None, last.to, pilots.to)],
    );
    let explain = |(place, from, to): (Option<usize>, f64, f64)| {
        let has_step = |k: usize| match (pilots.is_some(), place) {
            (true, _) if k == 0 => true,
            (true, Some(i)) => k == i + 1,
            (false, Some(i)) => k == i,
            (_, None) => false,
        };
        let marked: Vec<(Distance, f64)> = all
            .iter()
            .enumerate()
            .map(|(k, distance)| (*distance, f64::from(u8::from(has_step(k)))))
            .collect();
        let (rate, samples) = with_step(&marked)?;
        let whole = samples.round();
        let without: Vec<Distance> = marked
            .iter()
            .map(|(d, step)| Distance { change: d.change - step * whole, ..*d })
            .collect();
        let fits = is_even(&without, fitted(&without)) && rate.abs() <= WIDEST && whole != 0.0;
        // The step must be whole, and a small drift is likelier than a large one.
        let score = ((samples - whole) / EVENLY).powi(2) + (rate / USUAL_DRIFT).powi(2);
        fits.then_some((score, Verdict::Lost { samples: whole, from, to }))
    };
    let best = between.chain(outside).filter_map(explain).min_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, verdict)| verdict)
}

/// Rate and step of `change = rate · played + step · samples` by least squares.
fn with_step(marked: &[(Distance, f64)]) -> Option<(f64, f64)> {
    let sum = |term: &dyn Fn(&Distance, f64) -> f64| -> f64 {
        marked.iter().map(|(d, step)| term(d, *step) / (d.u * d.u)).sum()
    };
    let (pp, ps, ss) =
        (sum(&|d, _| d.played * d.played), sum(&|d, s| d.played * s), sum(&|_, s| s));
    let (pc, sc) = (sum(&|d, _| d.played * d.change), sum(&|d, s| s * d.change));
    let determinant = pp * ss - ps * ps;
    (determinant > 1e-9 * pp * ss)
        .then(|| ((pc * ss - sc * ps) / determinant, (pp * sc - ps * pc) / determinant))
}

/// The even clock that fits distances best.
fn fitted(distances: &[Distance]) -> Clock {
    let weight = |d: &Distance| d.played / (d.u * d.u);
    let below: f64 = distances.iter().map(|d| weight(d) * d.played).sum();
    let rate = distances.iter().map(|d| weight(d) * d.change).sum::<f64>() / below;
    let scatter: f64 = distances.iter().map(|d| ((d.change - rate * d.played) / d.u).powi(2)).sum();
    let freedom = (distances.len() - 1).max(1) as f64;
    let inflation = (scatter / freedom).max(1.0).sqrt();
    Clock { ratio: 1.0 + rate, u: inflation / below.sqrt(), steady: true }
}

fn is_one_clock(clock: Clock) -> bool {
    (clock.ratio - 1.0).abs() <= ONE_CLOCK.max(SURELY * clock.u)
}

fn is_even(distances: &[Distance], clock: Clock) -> bool {
    distances.iter().all(|d| (d.change - (clock.ratio - 1.0) * d.played).abs() <= tolerance(*d))
}

fn tolerance(distance: Distance) -> f64 {
    EVENLY.max(SURELY * distance.u)
}

fn is_whole(value: f64, tolerance: f64) -> bool {
    (value - value.round()).abs() <= tolerance && value.round() != 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const HINTS: Hints = Hints { stretch: None, one_device: false };

    fn distance(from: f64, to: f64, change: f64) -> Distance {
        Distance { played: to - from, change, u: 0.002, from, to }
    }

    /// Pilots, two sweeps inside, as found on a clock with a step somewhere.
    fn found(rate: f64, step: f64, at: f64) -> (Option<Distance>, Vec<Distance>) {
        let moved = |from: f64, to: f64| {
            let step = if (from..to).contains(&at) { step } else { 0.0 };
            distance(from, to, rate * (to - from) + step)
        };
        (Some(moved(48e3, 650e3)), vec![moved(68e3, 356e3)])
    }

    fn verdict((pilots, sweeps): (Option<Distance>, Vec<Distance>)) -> Verdict {
        judge(pilots, &sweeps, HINTS)
    }

    #[test]
    fn distances_as_played_are_one_clock() {
        assert_eq!(verdict(found(0.0, 0.0, 0.0)), Verdict::Clock(Clock::SAME));
    }

    #[test]
    fn an_even_change_is_a_drift_with_its_uncertainty() {
        for ppm in [-300.0, -1.0, 0.2, 40.0, 300.0] {
            let Verdict::Clock(clock) = verdict(found(ppm * 1e-6, 0.0, 0.0)) else {
                panic!("{ppm}");
            };
            assert!((clock.ppm() - ppm).abs() < 1e-6 && clock.steady, "{clock:?}");
            // 0.002 samples over the distances of the pilots and the sweeps, combined.
            let expected = 0.002 / (602e3_f64.powi(2) + 288e3_f64.powi(2)).sqrt();
            assert!((clock.u / expected - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_step_is_a_loss_between_the_marks_where_it_happened() {
        for rate in [0.0, 25e-6] {
            for samples in [-18_432.0, -64.0, -1.0, 1.0, 480.0] {
                for (at, from, to) in
                    [(100e3, 68e3, 356e3), (60e3, 48e3, 68e3), (600e3, 356e3, 650e3)]
                {
                    let verdict = verdict(found(rate, samples, at));
                    let Verdict::Lost { samples: found, from: a, to: b } = verdict else {
                        panic!("{samples} at {at}: {verdict:?}");
                    };
                    assert!((found - samples).abs() < 1e-9, "{samples} at {at}: {found}");
                    // Before the sweeps or behind them looks alike.
                    let outside = |x: f64| x <= 68e3 || x > 355e3;
                    assert!((a, b) == (from, to) || outside(at) && outside(a.max(b)), "{a} {b}");
                }
            }
        }
    }

    #[test]
    fn a_rate_that_wanders_is_no_loss() {
        let pilots = Some(distance(48e3, 950e3, 12.63));
        let sweeps = [distance(68e3, 356e3, 2.41), distance(356e3, 644e3, 5.77)];
        let verdict = judge(pilots, &sweeps, HINTS);
        assert!(matches!(verdict, Verdict::Unsteady { .. }), "{verdict:?}");
    }

    #[test]
    fn a_single_distance_is_a_drift_unless_the_sweep_contradicts_it() {
        let pilots = Some(distance(48e3, 350e3, 64.0));
        let seen = |value| Some(Stretch { value, good_to: 25e-6 });
        let hinted = |stretch, one_device| judge(pilots, &[], Hints { stretch, one_device });
        assert!(matches!(hinted(seen(211e-6), false), Verdict::Clock(_)));
        assert!(matches!(hinted(seen(0.0), false), Verdict::Lost { .. }));
        assert!(matches!(hinted(None, true), Verdict::Lost { .. }));
        let none = judge(None, &[], Hints { stretch: seen(1e-6), one_device: false });
        assert_eq!(none, Verdict::Clock(Clock::SAME));
    }
}
