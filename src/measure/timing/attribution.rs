//! What a difference between two sweeps is due to: the device, or a noise in one of them.

use std::ops::Range;

use super::damage::{Captured, Played};
use super::marks::piece;
use crate::dsp::bursts::Burst;
use crate::dsp::transform::Transform;
use crate::quantity::SampleRate;

/// Whether the difference of two sweeps is, in a stretch of time, what another gain and phase
/// make of the first: then the device has changed, and no noise fell into it.
pub(super) fn is_a_change(
    difference: &[f64],
    first: &[f64],
    burst: &Burst,
    rate: SampleRate,
) -> bool {
    /// While so many samples last, a sweep is nearly a tone and a response nearly constant.
    const PIECE: usize = 256;
    /// A noise has this share of its power in what gains and phases could explain only if it is
    /// a tone at the frequency that the sweep passes, or if a piece holds hardly more than the
    /// two: in the bass pieces are longer.
    const EXPLAINED: f64 = 0.5;
    const PERIODS_OF_THE_BAND: f64 = 6.0;
    let range = &burst.range;
    let piece = PIECE.max((PERIODS_OF_THE_BAND * rate.as_f64() / burst.band_hz) as usize);
    let end = range.end.min(first.len() - 1).min(difference.len());
    let pieces = (range.start.max(1)..end).step_by(piece).map(|from| from..(from + piece).min(end));
    let (explained, all) = pieces
        .map(|piece| explained_power(difference, first, piece))
        .fold((0.0, 0.0), |sum, (part, whole)| (sum.0 + part, sum.1 + whole));
    explained > EXPLAINED * all
}

/// The power of a difference that one gain and one phase of the first sweep explain by least
/// squares, and all its power.
fn explained_power(difference: &[f64], first: &[f64], piece: Range<usize>) -> (f64, f64) {
    // In phase: the samples themselves; at right angles: the difference of their neighbours.
    let in_phase = |k: usize| first[k];
    let across = |k: usize| first[k + 1] - first[k - 1];
    let d = |k: usize| difference[k];
    let sum = |a: &dyn Fn(usize) -> f64, b: &dyn Fn(usize) -> f64| -> f64 {
        piece.clone().map(|k| a(k) * b(k)).sum()
    };
    let (aa, bb, ab) = (sum(&in_phase, &in_phase), sum(&across, &across), sum(&in_phase, &across));
    let (ad, bd, dd) = (sum(&in_phase, &d), sum(&across, &d), sum(&d, &d));
    let determinant = aa * bb - ab * ab;
    if determinant <= 1e-9 * aa * bb {
        return (0.0, dd);
    }
    let (a, b) = ((ad * bb - bd * ab) / determinant, (bd * aa - ad * ab) / determinant);
    (a * ad + b * bd, dd)
}

/// Which of two sweeps deviates from what both have in common, in a stretch of
/// time; `None` if that is not clear.
///
/// With m what both deviate from the common response by, and the noise n in one of them, the
/// powers of the deviations differ by that of n, up to chance: `|m + n|² − |m|²`.
pub(super) fn louder(
    channel: &Captured<'_>,
    (earlier, later): (usize, usize),
    burst: &Burst,
    played: &Played<'_>,
) -> Option<usize> {
    const CLEARLY: f64 = 0.3;
    let range = &burst.range;
    let neighbours = (played.rate.nyquist_hz() / burst.band_hz).round().max(1.0) as usize;
    let expected = expected(channel, (earlier, later), range, played);
    let frames = played.frames();
    let deviation = |sweep: usize| -> Vec<f64> {
        let samples = channel.aligned(sweep, frames);
        range.clone().zip(&expected).map(|(k, e)| samples.get(k).unwrap_or(&0.0) - e).collect()
    };
    let (first, second) =
        (bends(&deviation(earlier), neighbours), bends(&deviation(later), neighbours));
    let power = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>();
    let difference: Vec<f64> = second.iter().zip(&first).map(|(b, a)| b - a).collect();
    let excess = power(&second) - power(&first);
    (excess.abs() > CLEARLY * power(&difference)).then_some(if excess > 0.0 {
        later
    } else {
        earlier
    })
}

/// The second difference of means over so many neighbours: what is short stands out in it.
fn bends(values: &[f64], neighbours: usize) -> Vec<f64> {
    let means: Vec<f64> = values.chunks(neighbours).map(|some| some.iter().sum()).collect();
    means.windows(3).map(|v| v[0] - 2.0 * v[1] + v[2]).collect()
}

/// What the mean of two sweeps' gated responses makes of the sweep in a stretch of time.
fn expected(
    channel: &Captured<'_>,
    (earlier, later): (usize, usize),
    range: &Range<usize>,
    played: &Played<'_>,
) -> Vec<f64> {
    let (a, b) = (channel.pieces[earlier], channel.pieces[later]);
    let response: Vec<f64> = a.iter().zip(b).map(|(a, b)| 0.5 * (a + b)).collect();
    // y[n] = Σ h[k] x[n − k + origin]: these samples of the sweep take part.
    let from = range.start as isize + channel.origin as isize - response.len() as isize + 1;
    let sweep = piece(played.sweep, from, range.len() + response.len());
    let mut transform = Transform::at_least(sweep.len() + response.len());
    let mut product = transform.forward(&sweep);
    let response_bins = transform.forward(&response);
    product.iter_mut().zip(&response_bins).for_each(|(x, h)| *x *= h);
    let convolved = transform.inverse(&mut product);
    convolved.iter().skip(response.len() - 1).take(range.len()).copied().collect()
}
