//! How the lag between two signals of equal shape runs over time, and where it jumps.

use std::ops::Range;

use num_complex::Complex64;

use super::transform::Transform;

/// The lag of a signal against another in a window of time.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowLag {
    /// The window, in samples of the earlier signal.
    pub window: Range<usize>,
    /// How much later the second signal comes there, in samples.
    pub lag: f64,
}

/// The lags of `later` against `earlier` in windows of time, each from the peak of the
/// cross-correlation with a parabola through it.
///
/// `later` begins `reach` samples before `earlier` does, and is as much longer at its end; lags
/// up to `reach` are found. A sweep passes frequencies one after the other, so a window of time
/// is also one of frequency.
#[must_use]
pub fn lag_track(
    earlier: &[f64],
    later: &[f64],
    reach: usize,
    windows: &[Range<usize>],
) -> Vec<WindowLag> {
    let longest = windows.iter().map(Range::len).max().unwrap_or(0);
    let mut correlator = Correlator::new(longest, reach);
    let lag_in = |window: &Range<usize>| {
        let piece = earlier.get(window.clone())?;
        let around = later.get(window.start..window.end + 2 * reach)?;
        let lag = correlator.peak(piece, around) - reach as f64;
        Some(WindowLag { window: window.clone(), lag })
    };
    windows.iter().filter_map(lag_in).collect()
}

struct Correlator {
    transform: Transform,
    piece: Vec<Complex64>,
    around: Vec<Complex64>,
    places: usize,
}

impl Correlator {
    fn new(longest: usize, reach: usize) -> Self {
        let transform = Transform::at_least(2 * longest + 2 * reach + 1);
        Self { transform, piece: Vec::new(), around: Vec::new(), places: 2 * reach + 1 }
    }

    /// Where a piece, its ends faded, fits best, to a fraction of a sample.
    fn peak(&mut self, piece: &[f64], around: &[f64]) -> f64 {
        let faded: Vec<f64> =
            piece.iter().enumerate().map(|(k, v)| v * fade(k, piece.len())).collect();
        self.transform.forward_into(&faded, &mut self.piece);
        self.transform.forward_into(around, &mut self.around);
        self.around.iter_mut().zip(&self.piece).for_each(|(a, p)| *a *= p.conj());
        let correlation = &self.transform.inverse(&mut self.around)[..self.places];
        let highest = |&i: &usize, &j: &usize| correlation[i].total_cmp(&correlation[j]);
        let peak = (0..correlation.len()).max_by(highest).unwrap_or(0);
        let [before, after] = [peak.wrapping_sub(1), peak + 1].map(|i| correlation.get(i));
        let (Some(before), Some(after)) = (before, after) else { return peak as f64 };
        let bend = before - 2.0 * correlation[peak] + after;
        peak as f64 + if bend < 0.0 { 0.5 * (before - after) / bend } else { 0.0 }
    }
}

/// A Tukey window: raised cosines over a quarter at either end.
fn fade(k: usize, len: usize) -> f64 {
    let edge = len as f64 / 4.0;
    let inside = (k.min(len - 1 - k) as f64 + 0.5) / edge;
    if inside < 1.0 { 0.5 - 0.5 * (std::f64::consts::PI * inside).cos() } else { 1.0 }
}

/// A jump of the lag.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The first window behind it.
    pub window: usize,
    /// The lag before.
    pub before: f64,
    /// The lag behind.
    pub after: f64,
    /// What the jump must exceed to be one: the track's own scatter, or half a sample.
    pub threshold: f64,
}

impl Step {
    /// The size of the jump in samples, negative if the second signal comes earlier behind it.
    #[must_use]
    pub fn samples(self) -> f64 {
        self.after - self.before
    }

    /// Whether it is more than the scatter of the track.
    #[must_use]
    pub fn is_significant(self) -> bool {
        self.samples().abs() > self.threshold
    }
}

/// The best split of a track into two constant lags by least absolute deviations; `None` of
/// fewer than four windows.
#[must_use]
pub fn best_step(track: &[WindowLag]) -> Option<Step> {
    const LEAST: f64 = 0.5;
    const SCATTER: f64 = 8.0;
    if track.len() < 4 {
        return None;
    }
    let lags: Vec<f64> = track.iter().map(|window| window.lag).collect();
    let deviations = |part: &[f64]| {
        let middle = median(part);
        part.iter().map(|lag| (lag - middle).abs()).sum::<f64>()
    };
    let cost = |k: usize| deviations(&lags[..k]) + deviations(&lags[k..]);
    let window = (1..lags.len()).min_by(|&a, &b| cost(a).total_cmp(&cost(b)))?;
    let changes: Vec<f64> = lags.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let threshold = LEAST.max(SCATTER * median(&changes));
    let (before, after) = (median(&lags[..window]), median(&lags[window..]));
    Some(Step { window, before, after, threshold })
}

/// The median; of an even number the mean of both in the middle, of none zero.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[middle],
        _ => 0.5 * (sorted[middle - 1] + sorted[middle]),
    }
}

/// Where in a range the lag of `later` changes from `before` to about `after`, and by how many
/// whole samples: the place and the change, two either side of the one found, for which the
/// earlier signal explains the later one best.
///
/// `later` begins `reach` samples before `earlier`, as in [`lag_track`].
#[must_use]
pub fn locate(
    earlier: &[f64],
    (later, reach): (&[f64], usize),
    range: Range<usize>,
    step: Step,
) -> (usize, isize) {
    let before = step.before.round() as isize;
    let change = step.samples().round() as isize;
    let sample = |of: &[f64], k: isize| {
        usize::try_from(k).ok().and_then(|k| of.get(k).copied()).unwrap_or(0.0)
    };
    // Inserted samples have no counterpart in the earlier signal and lost ones none in the later
    // one, so the place is sharp if it is counted in the signal that has fewer.
    let error = |k: usize, lag: isize| {
        let k = k as isize;
        let (a, b) = if change < 0 { (k + before - lag, k + before) } else { (k, k + lag) };
        (sample(later, b + reach as isize) - sample(earlier, a)).powi(2)
    };
    let best_place = |change: isize| {
        // Cost of changing at a place: that of the first lag before it and the second behind.
        let mut cost: f64 = range.clone().map(|k| error(k, before + change)).sum();
        let mut best = (cost, range.start);
        for k in range.clone() {
            cost += error(k, before) - error(k, before + change);
            // Of places that explain it equally well the last is where a repetition begins.
            if cost <= best.0 {
                best = (cost, k + 1);
            }
        }
        best
    };
    let candidates = (change - 2..=change + 2).filter(|&candidate| candidate != 0);
    let best = candidates
        .map(|candidate| (best_place(candidate), candidate))
        .min_by(|a, b| a.0.0.total_cmp(&b.0.0));
    best.map_or((range.start, change), |((_, place), candidate)| (place, candidate))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::sweep::{synchronised_sweep, tests::spec};
    use crate::quantity::SampleRate;

    const REACH: usize = 600;

    fn sweep() -> Vec<f64> {
        synchronised_sweep(&spec(1.0), SampleRate::new(48_000).unwrap())
    }

    fn padded(samples: &[f64]) -> Vec<f64> {
        let silence = [0.0; REACH];
        [&silence[..], samples, &silence[..], &silence[..]].concat()
    }

    fn windows(len: usize) -> Vec<Range<usize>> {
        (12..36).map(|i| i * len / 36..(i + 1) * len / 36).collect()
    }

    #[test]
    fn a_constant_lag_has_no_step() {
        let sweep = sweep();
        let later = [&[0.0; 7][..], &sweep[..]].concat();
        let track = lag_track(&sweep, &padded(&later), REACH, &windows(sweep.len()));
        assert!(track.iter().all(|window| (window.lag - 7.0).abs() < 0.05), "{track:?}");
        assert!(!best_step(&track).unwrap().is_significant());
    }

    #[test]
    fn lost_and_inserted_samples_are_found_where_they_are() {
        let sweep = sweep();
        let at = sweep.len() * 2 / 3 + 123;
        for change in [-480_isize, -64, -1, 16, 100] {
            let mut later = sweep.clone();
            if change < 0 {
                later.drain(at..at + change.unsigned_abs());
            } else {
                let again = sweep[at - change as usize..at].to_vec();
                later.splice(at..at, again);
            }
            let later = padded(&later);
            let track = lag_track(&sweep, &later, REACH, &windows(sweep.len()));
            let step = best_step(&track).unwrap();
            assert!(step.is_significant(), "{change}: {step:?}");
            assert!((step.samples() - change as f64).abs() < 1.0, "{change}: {step:?}");
            let around = track[step.window - 2].window.start..track[step.window + 1].window.end;
            let (place, samples) = locate(&sweep, (&later, REACH), around, step);
            assert_eq!(samples, change);
            // Without noise the place is sharp, but for a sample that happens to fit as well.
            assert!(place.abs_diff(at) <= 1, "{change}: {place} for {at}");
        }
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert!((median(&[4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < 1e-12);
        assert!((median(&[5.0, 1.0, 3.0]) - 3.0).abs() < 1e-12);
    }
}
