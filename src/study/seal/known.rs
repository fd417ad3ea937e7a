//! Leaks of known size: what a change is like, and the smallest that would have been seen.

use super::features::Features;
use super::load::projected_out;
use super::test::{Judge, rms};
use crate::model::{BetweenLeaks, KnownLeak, SealTest, SmallestLeak};

/// A change of which more than this part is of another kind than known leaks is unlike them.
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

/// Between which known leaks the size of a change lies; `None` if it is of another kind than those, as
/// far as it is not made of the two between which it lies, or if the effects of the known ones do not
/// grow with their diameter. The leaks are in order of diameter.
pub(super) fn place(
    standardised: &[f64],
    leaks: &[(f64, Effect)],
    test: SealTest,
) -> Option<BetweenLeaks> {
    let apart = |leak: &Effect| rms(&difference(standardised, &leak.standardised));
    let nearest = leaks.iter().min_by(|(_, a), (_, b)| apart(a).total_cmp(&apart(b)));
    if let Some((mm, _)) = nearest.filter(|(_, leak)| apart(leak) <= test.limit) {
        return Some(BetweenLeaks { from_mm: Some(*mm), to_mm: Some(*mm) });
    }
    if !leaks.is_sorted_by(|(_, narrow), (_, wide)| narrow.size < wide.size) {
        return None;
    }
    let size = rms(standardised);
    let larger = leaks.iter().position(|(_, leak)| leak.size > size).unwrap_or(leaks.len());
    let from = larger.checked_sub(1).and_then(|k| leaks.get(k));
    let to = leaks.get(larger);
    // Beyond the largest the two before it tell in which direction it goes on.
    let before = if to.is_none() { larger.checked_sub(2).and_then(|k| leaks.get(k)) } else { None };
    let alike = [from, to, before].into_iter().flatten();
    let mut axes: Vec<Vec<f64>> = Vec::new();
    for (_, leak) in alike {
        let bare = |axis, of: &Vec<f64>| projected_out(axis, of);
        axes.push(axes.iter().fold(leak.standardised.clone(), bare));
    }
    let left = axes.iter().fold(standardised.to_vec(), |left, axis| projected_out(left, axis));
    let (from_mm, to_mm) = (from.map(|(mm, _)| *mm), to.map(|(mm, _)| *mm));
    (!axes.is_empty() && rms(&left) <= LIKE * size).then_some(BetweenLeaks { from_mm, to_mm })
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
