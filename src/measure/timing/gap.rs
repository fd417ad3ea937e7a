//! Pieces of a sweep that are missing or repeated while the time base is kept.

use std::ops::Range;

use crate::quantity::SampleRate;

/// A run of equal samples, or samples that are those of a moment before once more, in a stretch
/// of a sweep that begins at `from`; the result counts from there.
pub(super) fn gap_near(
    channel: &[f64],
    from: isize,
    range: &Range<usize>,
    rate: SampleRate,
) -> Option<Range<usize>> {
    /// Shorter runs of equal samples happen by chance at the crest of a slow sine.
    const EQUAL: usize = 16;
    /// Blocks that sound systems repeat are no longer than that.
    const LONGEST_S: f64 = 0.2;
    let begin = usize::try_from(from + range.start as isize).ok()?.saturating_sub(8);
    let end = (usize::try_from(from + range.end as isize).ok()? + 8).min(channel.len());
    let stretch = channel.get(begin..end).filter(|stretch| stretch.len() > EQUAL)?;
    let counted = |run: Range<usize>| {
        let at = |k: usize| (begin as isize + k as isize - from).max(0) as usize;
        at(run.start)..at(run.end)
    };
    if let Some(run) = longest_run(stretch.len() - 1, |k| same(stretch[k], stretch[k + 1]))
        && run.len() + 1 >= EQUAL
    {
        return Some(counted(run.start..run.end + 1));
    }
    let furthest = ((LONGEST_S * rate.as_f64()) as usize).min(begin);
    let repeated = (1..=furthest).find_map(|back| {
        // Most distances fail at once.
        let matches = |k: usize| same(channel[begin + k], channel[begin + k - back]);
        let probe = (0..stretch.len()).step_by(8).any(matches);
        let run = probe.then(|| longest_run(stretch.len(), matches)).flatten()?;
        let moving = stretch[run.clone()].windows(2).any(|pair| !same(pair[0], pair[1]));
        (run.len() >= EQUAL && moving).then_some(run)
    });
    repeated.map(counted)
}

/// Samples that are one and the same number.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits()
}

fn longest_run(len: usize, holds: impl Fn(usize) -> bool) -> Option<Range<usize>> {
    let (mut best, mut start) = (0..0, None);
    for k in 0..=len {
        match (k < len && holds(k), start) {
            (true, None) => start = Some(k),
            (false, Some(from)) => {
                if k - from > best.len() {
                    best = from..k;
                }
                start = None;
            }
            _ => {}
        }
    }
    (!best.is_empty()).then_some(best)
}
