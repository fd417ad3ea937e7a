//! From a voltage to samples: noise, clipping, rounding.

use ndarray::ArrayViewMut1;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::model::SampleFormat;

/// One input of the converter.
pub(super) struct Input {
    /// Standard deviation of the noise, 1.0 being full scale.
    pub(super) noise: f64,
    /// Where the noise comes from.
    pub(super) generator: ChaCha8Rng,
    /// Resolution; samples are not rounded if absent.
    pub(super) bits: Option<u8>,
    /// What is there without a signal, 1.0 being full scale.
    pub(super) offset: f64,
    /// Where the converter ends, 1.0 or below.
    pub(super) limit: f64,
}

impl Input {
    /// Turns what arrives at the input into samples, in place.
    ///
    /// Rounding is plain: the converter's own noise does what a dither would.
    pub(super) fn digitise(&mut self, mut signal: ArrayViewMut1<'_, f64>) {
        let noise = self.noise;
        if noise > 0.0 {
            for value in &mut signal {
                let z: f64 = StandardNormal.sample(&mut self.generator);
                *value += noise * z;
            }
        }
        let (offset, limit) = (self.offset, self.limit);
        signal.mapv_inplace(|value| (value + offset).clamp(-limit, limit));
        self.round(signal);
    }

    /// Gives samples the resolution and the range of the format, in place.
    pub(super) fn round(&self, mut signal: ArrayViewMut1<'_, f64>) {
        let Some(bits) = self.bits else {
            signal.mapv_inplace(|value| value.clamp(-1.0, 1.0));
            return;
        };
        let step = SampleFormat::Integer(bits).step();
        let highest = 1.0 - step;
        signal.mapv_inplace(|value| ((value / step).round() * step).clamp(-1.0, highest));
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::{Placement, Purpose};
    use super::*;
    use ndarray::Array1;

    fn input(noise: f64, bits: Option<u8>) -> Input {
        let generator = Placement::new("fresh", 1, 1).generator(Purpose::Noise { channel: 0 });
        Input { noise, generator, bits, offset: 0.0, limit: 1.0 }
    }

    #[test]
    fn a_signal_beyond_full_scale_stops_at_both_ends_of_the_scale() {
        let mut signal = Array1::from(vec![-1.5, -1.0, 0.0, 1.0, 1.5]);
        input(0.0, Some(16)).digitise(signal.view_mut());
        let highest = 1.0 - 2_f64.powi(-15);
        assert_eq!(signal.to_vec(), [-1.0, -1.0, 0.0, highest, highest]);
    }

    #[test]
    fn rounding_moves_a_sample_by_half_a_step_at_most() {
        let exact = Array1::from_iter((0..1000).map(|k| 0.9 * (f64::from(k) * 0.1).sin()));
        let mut rounded = exact.clone();
        input(0.0, Some(12)).digitise(rounded.view_mut());
        let step = SampleFormat::Integer(12).step();
        for (a, b) in exact.iter().zip(&rounded) {
            assert!((a - b).abs() <= step / 2.0);
            assert!((b / step).fract().abs() < 1e-12);
        }
    }

    #[test]
    fn the_noise_has_its_standard_deviation() {
        const FRAMES: usize = 100_000;
        let mut signal = Array1::zeros(FRAMES);
        input(1e-3, None).digitise(signal.view_mut());
        let sd = (signal.iter().map(|v| v * v).sum::<f64>() / FRAMES as f64).sqrt();
        // Four standard errors of a standard deviation.
        assert!((sd / 1e-3 - 1.0).abs() < 4.0 / (2.0 * FRAMES as f64).sqrt(), "{sd}");
    }
}
