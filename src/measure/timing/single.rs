//! One sweep alone: is there a jump of the delay in it?
//!
//! A sweep passes the frequencies one after the other, so a loss in it looks like a device whose
//! delay jumps at some frequency. An electrical reference has no such jump. Without one, the
//! delay is compared with the one that the magnitude explains.

use num_complex::Complex64;

use super::damage::{Captured, Played};
use super::marks::piece;
use crate::dsp::minimum_phase::ExcessDelay;
use crate::dsp::track::{WindowLag, best_step, lag_track, locate, median};
use crate::dsp::transform::Transform;

/// Lags of up to so many samples are looked for.
const REACH: usize = 1500;

/// A jump of the delay in a single sweep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Jump {
    /// By how many samples; negative is lost.
    pub(super) samples: f64,
    /// In samples of the sweep.
    pub(super) at: usize,
}

/// Samples lost or inserted in a single sweep of an electrical reference; `rate` is by how much
/// the recorder's clock is fast.
pub(super) fn loss_in_reference(
    reference: &Captured<'_>,
    played: &Played<'_>,
    rate: f64,
) -> Option<Jump> {
    /// A reference is delayed alike at all frequencies, so one sample is a jump.
    const LEAST: f64 = 0.75;
    if !is_even(reference.pieces.first()?, played) {
        return None;
    }
    let later = around(reference, played);
    let mut track = lag_track(played.sweep, &later, REACH, &played.windows());
    take_drift_out(&mut track, rate);
    let step = best_step(&track).filter(|step| step.is_significant())?;
    if step.samples().abs() < LEAST {
        return None;
    }
    let from = track[step.window.saturating_sub(2)].window.start;
    let to = track[(step.window + 1).min(track.len() - 1)].window.end;
    let (at, _) = locate(played.sweep, (&later, REACH), from..to, step);
    Some(Jump { samples: step.samples().round(), at })
}

/// The largest jump of the delay that the magnitude of the response does not explain; `None` if
/// the response is one of a room, whose delays mean nothing.
pub(super) fn unexplained_jump(captured: &Captured<'_>, played: &Played<'_>) -> Option<Jump> {
    const SIDE: usize = 3;
    const HIGHEST_HZ: f64 = 8e3;
    let response = captured.pieces.first()?;
    if !is_compact(response, captured.origin, played.rate.as_f64()) {
        return None;
    }
    let delay = ExcessDelay::of(response, played.rate)?;
    let windows: Vec<(usize, f64)> = played
        .windows()
        .into_iter()
        .filter_map(|window| Some((window.start, played.band_hz(&window)?)))
        .filter(|(_, (_, to_hz))| *to_hz <= HIGHEST_HZ)
        .map(|(start, band)| (start, delay.in_band(band)))
        .collect();
    let middle = |range: std::ops::Range<usize>| {
        median(&windows[range].iter().map(|(_, delay)| *delay).collect::<Vec<_>>())
    };
    let jump = |k: usize| middle(k..k + SIDE) - middle(k - SIDE..k);
    let places = SIDE..(windows.len() + 1).saturating_sub(SIDE);
    let largest = places.max_by(|&a, &b| jump(a).abs().total_cmp(&jump(b).abs()))?;
    Some(Jump { samples: jump(largest), at: windows[largest].0 })
}

/// Whether a response is that of a wire: as strong at all frequencies.
fn is_even(response: &[f64], played: &Played<'_>) -> bool {
    /// In power; a loudspeaker or a microphone on a coupler varies by far more.
    const EVEN: f64 = 4.0;
    let mut transform = Transform::at_least(response.len());
    let spectrum = transform.forward(response);
    let bin_hz = played.rate.as_f64() / transform.len() as f64;
    let power = |(from_hz, to_hz): (f64, f64)| {
        let bins = (from_hz / bin_hz) as usize..(to_hz / bin_hz).ceil() as usize;
        let count = bins.len() as f64;
        Some(spectrum.get(bins)?.iter().map(Complex64::norm_sqr).sum::<f64>() / count)
    };
    let bands = played.windows().into_iter().filter_map(|window| power(played.band_hz(&window)?));
    let (least, most) =
        bands.fold((f64::MAX, 0.0_f64), |(least, most), p| (least.min(p), most.max(p)));
    most < EVEN * least
}

fn around(captured: &Captured<'_>, played: &Played<'_>) -> Vec<f64> {
    let from = captured.delay + captured.starts[0] as isize - REACH as isize;
    piece(captured.channel, from, played.sweep.len() + 2 * REACH)
}

fn take_drift_out(track: &mut [WindowLag], rate: f64) {
    for window in track {
        let middle = 0.5 * (window.window.start + window.window.end) as f64;
        window.lag -= rate * middle;
    }
}

/// Whether nearly all of a response lies within some milliseconds of its peak, as behind a wire
/// or on a coupler.
pub(super) fn is_compact(response: &[f64], origin: usize, rate_hz: f64) -> bool {
    const WITHIN_S: f64 = 5e-3;
    const NEARLY_ALL: f64 = 0.99;
    let end = (origin + (WITHIN_S * rate_hz) as usize).min(response.len());
    // The bass rings longer than that; differences of neighbours leave it out. Those of samples
    // hear the treble, those of means over eight the notes around one kilohertz.
    let power = |values: &[f64]| values.windows(2).map(|v| (v[1] - v[0]).powi(2)).sum::<f64>();
    let means: Vec<f64> = response.chunks_exact(8).map(|some| some.iter().sum::<f64>()).collect();
    let holds = |values: &[f64], end: usize| power(&values[..end]) > NEARLY_ALL * power(values);
    holds(response, end) && holds(&means, (end / 8).min(means.len()))
}
