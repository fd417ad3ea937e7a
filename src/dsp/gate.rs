//! Cutting the part of an impulse response that belongs to the device.

use std::f64::consts::PI;

use super::deconvolution::Impulse;
use crate::model::AnalysisSpec;
use crate::quantity::SampleRate;

/// A gate around the peak of an impulse response, in samples.
///
/// It rises as half a Hann window over all of `before`, stays at one over the first half of
/// `after` and falls as half a Hann window over its second half. A rectangular end is not
/// offered: it leaks the treble's noise into the bass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    before: usize,
    after: usize,
}

impl Gate {
    /// The gate of an analysis at a sample rate; it holds at least one sample on either side.
    #[must_use]
    pub fn new(analysis: &AnalysisSpec, rate: SampleRate) -> Self {
        let frames = |time| rate.frames(time).max(1);
        Self { before: frames(analysis.gate_before), after: frames(analysis.gate_after) }
    }

    /// Samples kept after the peak, the fade included.
    #[must_use]
    pub const fn after(self) -> usize {
        self.after
    }

    /// Samples kept before the peak.
    #[must_use]
    pub const fn before(self) -> usize {
        self.before
    }

    /// The lowest frequency that a gate of this length resolves to half a decibel, in hertz:
    /// two periods must fit in.
    #[must_use]
    pub fn resolves_down_to_hz(self, rate: SampleRate) -> f64 {
        2.0 * rate.as_f64() / self.after as f64
    }

    /// The gated piece of an impulse response around a lag. Its sample number
    /// [`Self::before`] lies at that lag.
    #[must_use]
    pub fn cut(self, impulse: &Impulse<'_>, around: isize) -> Vec<f64> {
        let first = around - self.before as isize;
        let piece = impulse.piece(first, self.before + self.after);
        piece.enumerate().map(|(k, v)| self.weight(k) * v).collect()
    }

    /// The sum of the weights: what a steady line keeps of its samples.
    #[must_use]
    pub fn sum(self) -> f64 {
        (0..self.before + self.after).map(|k| self.weight(k)).sum()
    }

    /// The sum of the squared weights: what white noise keeps of its energy.
    #[must_use]
    pub fn energy(self) -> f64 {
        (0..self.before + self.after).map(|k| self.weight(k).powi(2)).sum()
    }

    fn weight(self, k: usize) -> f64 {
        let half = self.after / 2;
        if k < self.before {
            0.5 - 0.5 * (PI * (k as f64 + 0.5) / self.before as f64).cos()
        } else if k < self.before + half {
            1.0
        } else {
            let fall = (self.after - half) as f64;
            0.5 + 0.5 * (PI * ((k - self.before - half) as f64 + 0.5) / fall).cos()
        }
    }
}
