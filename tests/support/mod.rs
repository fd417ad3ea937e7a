//! What several integration tests need to damage a take.
#![allow(dead_code, reason = "every test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use cansweep::dsp::clock::on_clock;
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

/// The take as a recorder would have it whose clock runs at `ratio` times the player's.
pub(crate) fn on_a_clock(take: &Recording, ratio: f64) -> Recording {
    let rows: Vec<Vec<f64>> =
        take.samples().rows().into_iter().map(|row| on_clock(&row.to_vec(), ratio)).collect();
    let samples = Array2::from_shape_fn((rows.len(), rows[0].len()), |(c, k)| rows[c][k]);
    with_samples(take, samples)
}
