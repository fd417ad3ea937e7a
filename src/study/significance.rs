//! Where a difference is larger than its uncertainty.

use crate::model::{Curve, Significance, Span};
use crate::quantity::unit::Unit;

/// Coverage factor of an expanded uncertainty, about 95 %.
const K: f64 = 2.0;

/// By chance alone one frequency in twenty exceeds k = 2, and there are several hundred. What
/// exceeds it over this width, in octaves, or once by so many times, does so by chance once in
/// thousands: four standard uncertainties are a probability of 6·10⁻⁵.
const LEAST_OCTAVES: f64 = 1.0 / 12.0;
const BEYOND_CHANCE: f64 = 2.0;

/// The share of the frequencies, 0 to 1, at which a difference lies inside its expanded
/// uncertainty; `None` where that is not known.
pub(super) fn share_inside<U: Unit>(difference: &Curve<U>) -> Option<f64> {
    let u = difference.u()?;
    let inside = difference.values().iter().zip(u).filter(|(value, u)| value.abs() <= K * **u);
    Some(inside.count() as f64 / u.len() as f64)
}

/// The ranges in which a difference exceeds its expanded uncertainty, and above what none is seen
/// elsewhere; `None` where the uncertainty is not known.
pub(super) fn significance<U: Unit>(difference: &Curve<U>) -> Option<Significance> {
    let u = difference.u()?;
    let points: Vec<Seen> = (difference.points().zip(u))
        .map(|((hz, value), u)| Seen { hz, size: value.abs(), expanded: K * u })
        .collect();
    let mut spans: Vec<Span> = Vec::new();
    for run in points.chunk_by(|a, b| a.exceeds() == b.exceeds()) {
        if run.iter().all(Seen::exceeds) && is_beyond_chance(run) {
            add(&mut spans, run);
        }
    }
    let outside = |p: &&Seen| !spans.iter().any(|s| (s.from_hz..=s.to_hz).contains(&p.hz));
    let unseen = points.iter().filter(outside).map(|p| p.expanded.max(p.size));
    let none_above = unseen.reduce(f64::max);
    Some(Significance { spans, none_above })
}

/// A point of a difference.
struct Seen {
    hz: f64,
    size: f64,
    expanded: f64,
}

impl Seen {
    fn exceeds(&self) -> bool {
        self.size > self.expanded
    }
}

fn is_beyond_chance(run: &[Seen]) -> bool {
    octaves(run) >= LEAST_OCTAVES || run.iter().any(|p| p.size > BEYOND_CHANCE * p.expanded)
}

fn octaves(run: &[Seen]) -> f64 {
    match run {
        [first, .., last] => (last.hz / first.hz).log2(),
        _ => 0.0,
    }
}

/// Adds a range, joined with the one before it if the two nearly touch.
fn add(spans: &mut Vec<Span>, run: &[Seen]) {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return };
    match spans.last_mut() {
        Some(before) if (first.hz / before.to_hz).log2() < LEAST_OCTAVES => before.to_hz = last.hz,
        _ => spans.push(Span { from_hz: first.hz, to_hz: last.hz }),
    }
}
