//! What several integration tests need to damage a take.
#![allow(dead_code, reason = "every test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use cansweep::model::Recording;
use ndarray::{Array2, Axis, Slice, concatenate};

/// The same take with other samples.
pub(crate) fn with_samples(take: &Recording, samples: Array2<f64>) -> Recording {
    Recording::new(take.rate(), samples, take.format(), take.rig().clone()).unwrap()
}

/// The take without some frames, as if they had never been captured.
pub(crate) fn without_frames(take: &Recording, at: usize, count: usize) -> Recording {
    let samples = take.samples();
    let after = (at + count).min(take.frames());
    let part = |from, to: usize| samples.slice_axis(Axis(1), Slice::from(from..to));
    let parts = [part(0, at), part(after, take.frames())];
    with_samples(take, concatenate(Axis(1), &parts).unwrap())
}

/// The take with a function applied to every sample.
pub(crate) fn mapped(take: &Recording, f: impl Fn(f64) -> f64) -> Recording {
    with_samples(take, take.samples().mapv(f))
}

/// The take as a recorder would have it whose clock runs at `ratio` times the player's, by cubic
/// interpolation: good to −60 dB below 5 kHz at 48 kHz, enough to move the marks.
pub(crate) fn on_a_clock(take: &Recording, ratio: f64) -> Recording {
    let (source, last) = (take.samples(), take.frames() as isize - 1);
    let frames = ((last - 2) as f64 * ratio) as usize;
    let samples = Array2::from_shape_fn((take.channels(), frames), |(channel, k)| {
        let at = k as f64 / ratio;
        let (i, t) = (at.floor() as isize, at.fract());
        let v = |j: isize| source[[channel, (i + j).clamp(0, last) as usize]];
        // Catmull and Rom's cubic through four samples.
        let cubic = 3.0 * (v(0) - v(1)) + v(2) - v(-1);
        let square = 2.0 * v(-1) - 5.0 * v(0) + 4.0 * v(1) - v(2);
        v(0) + 0.5 * t * (v(1) - v(-1) + t * (square + t * cubic))
    });
    with_samples(take, samples)
}
