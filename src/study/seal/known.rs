//! Leaks of known size: what a change is like, and the smallest that would have been seen.

use super::features::Features;
use super::test::{Judge, rms};
use crate::model::{BetweenLeaks, KnownLeak, SealTest, SmallestLeak};

/// A change that is further from every known leak, and from what lies between them, than this part of
/// itself is unlike them.
const LIKE: f64 = 0.5;

/// A leak lets at most this power of its diameter through: the fourth where viscosity rules
/// (Poiseuille). A smaller one changes the impedance at least as this says.
const STEEPEST: f64 = 4.0;

/// What a known change does to the impedance.
#[derive(Debug, Clone)]
pub(super) struct Effect {
    /// Over what chance gives; empty with a single reference seating.
    standardised: Vec<f64>,
    /// Root of the mean square, without what the spread of its own takes adds.
    pub(super) size: f64,
}

impl Effect {
    /// Of the mean of so many takes.
    pub(super) fn of(judge: &Judge, mean: &Features, takes: usize) -> Self {
        let standardised = judge.standardised(&judge.change(mean)).unwrap_or_default();
        let chance = judge.share(takes) / judge.share_of_now();
        let size = (rms(&standardised).powi(2) - chance).max(0.0).sqrt();
        Self { standardised, size }
    }

    pub(super) const fn known(&self, diameter_mm: f64) -> KnownLeak {
        KnownLeak { diameter_mm, size: self.size }
    }
}

/// Between which known leaks a change lies, on the way from no leak through all of them; `None` if it
/// is like none. The leaks are in order of size.
pub(super) fn place(
    standardised: &[f64],
    leaks: &[(f64, Effect)],
    test: SealTest,
) -> Option<BetweenLeaks> {
    let apart = |from: &[f64]| rms(&difference(standardised, from));
    let nearest = leaks
        .iter()
        .min_by(|(_, a), (_, b)| apart(&a.standardised).total_cmp(&apart(&b.standardised)));
    if let Some((mm, _)) = nearest.filter(|(_, leak)| apart(&leak.standardised) <= test.limit) {
        return Some(BetweenLeaks { from_mm: Some(*mm), to_mm: Some(*mm) });
    }
    let none = vec![0.0; standardised.len()];
    let corners: Vec<(Option<f64>, &[f64])> = std::iter::once((None, none.as_slice()))
        .chain(leaks.iter().map(|(mm, leak)| (Some(*mm), leak.standardised.as_slice())))
        .collect();
    let (from_mm, to_mm, left) = (corners.windows(2))
        .filter_map(|pair| {
            let [(from_mm, from), (to_mm, to)] = pair else { return None };
            let (share, left) = along(standardised, from, to);
            let last = leaks.last().map(|(mm, _)| *mm) == *to_mm;
            let beyond = last && share >= 1.0;
            Some(if beyond { (*to_mm, None, left) } else { (*from_mm, *to_mm, left) })
        })
        .min_by(|a, b| a.2.total_cmp(&b.2))?;
    (left <= LIKE * rms(standardised)).then_some(BetweenLeaks { from_mm, to_mm })
}

/// How far along a straight way the nearest point lies, 0 to 1, and how far off it is.
fn along(point: &[f64], from: &[f64], to: &[f64]) -> (f64, f64) {
    let (way, gone) = (difference(to, from), difference(point, from));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let length = dot(&way, &way);
    let share = if length > 0.0 { (dot(&gone, &way) / length).clamp(0.0, 1.0) } else { 0.0 };
    let left: Vec<f64> = gone.iter().zip(&way).map(|(g, w)| g - share * w).collect();
    (share, rms(&left))
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// The smallest leak that is seen four times in five, when that takes a change of size `seen`. Between
/// two known leaks the size is taken as a power of the diameter. The leaks are in order of size.
pub(super) fn smallest(leaks: &[(f64, Effect)], seen: f64) -> Option<SmallestLeak> {
    let (largest_mm, _) = leaks.last()?;
    // A wider leak that is not seen makes a smaller one that is a matter of luck.
    let first = leaks.iter().rposition(|(_, leak)| leak.size < seen).map_or(0, |k| k + 1);
    let Some((mm, leak)) = leaks.get(first) else {
        return Some(SmallestLeak::Above { diameter_mm: *largest_mm });
    };
    let unseen = first.checked_sub(1).and_then(|k| leaks.get(k));
    let unseen = unseen.filter(|(_, unseen)| unseen.size > 0.0);
    let power = unseen.map_or(STEEPEST, |(smaller_mm, unseen)| {
        ((leak.size / unseen.size).ln() / (mm / smaller_mm).ln()).max(f64::MIN_POSITIVE)
    });
    let diameter_mm = mm * (seen / leak.size).powf(power.recip());
    let least = unseen.map_or(0.0, |(smaller_mm, _)| *smaller_mm);
    Some(SmallestLeak::AtMost { diameter_mm: diameter_mm.max(least) })
}
