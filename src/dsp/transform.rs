//! The discrete Fourier transform of real signals: unnormalised forward, 1/N inverse.

use std::sync::Arc;

use num_complex::Complex64;
use realfft::{RealFftPlanner, RealToComplex};

/// A planned transform of one length, with its working memory.
///
/// Both directions run on the plan of one: its table is as large as the signal and takes as long
/// to compute as the transform itself.
pub struct Transform {
    len: usize,
    plan: Arc<dyn RealToComplex<f64>>,
    scratch: Vec<Complex64>,
    signal: Vec<f64>,
}

impl Transform {
    /// A transform of the next even length that is quick to compute, `frames` or longer.
    #[must_use]
    pub fn at_least(frames: usize) -> Self {
        Self::of_length(quick_length(frames))
    }

    /// A transform of exactly so many frames (at least two, made even).
    #[must_use]
    pub fn of_length(frames: usize) -> Self {
        let len = frames.max(2).next_multiple_of(2);
        let plan = RealFftPlanner::new().plan_fft_forward(len);
        let scratch = plan.make_scratch_vec();
        Self { len, plan, scratch, signal: Vec::new() }
    }

    /// The number of frames.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a transform is never empty")]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// The number of bins, `len / 2 + 1`.
    #[must_use]
    pub const fn bins(&self) -> usize {
        self.len / 2 + 1
    }

    /// The spectrum of a signal, zero-padded (or cut) to the length of the transform: bins 0 to
    /// `len / 2`.
    pub fn forward<'a>(&mut self, signal: impl IntoIterator<Item = &'a f64>) -> Vec<Complex64> {
        let mut spectrum = Vec::new();
        self.forward_into(signal, &mut spectrum);
        spectrum
    }

    /// As [`Self::forward`], into memory that is there already.
    pub fn forward_into<'a>(
        &mut self,
        signal: impl IntoIterator<Item = &'a f64>,
        spectrum: &mut Vec<Complex64>,
    ) {
        self.signal.clear();
        self.signal.extend(signal.into_iter().copied().take(self.len));
        self.signal.resize(self.len, 0.0);
        self.run(spectrum);
    }

    /// The signal of a spectrum of `len / 2 + 1` bins, normalised by 1/N. The spectrum serves as
    /// working memory and holds nothing of use afterwards.
    ///
    /// Imaginary parts of the first and last bin, which no real signal has, are dropped.
    pub fn inverse(&mut self, spectrum: &mut Vec<Complex64>) -> &[f64] {
        spectrum.resize(self.bins(), Complex64::ZERO);
        self.fold(|k| spectrum[k]);
        self.run(spectrum);
        self.unfold(spectrum)
    }

    /// As [`Self::inverse`], of the product of a spectrum and a factor that has as many bins.
    pub fn inverse_of_product(
        &mut self,
        spectrum: &mut Vec<Complex64>,
        factor: &[Complex64],
    ) -> &[f64] {
        spectrum.resize(self.bins(), Complex64::ZERO);
        self.fold(|k| spectrum[k] * factor[k]);
        self.run(spectrum);
        self.unfold(spectrum)
    }

    /// Transforms the signal, which is spoilt by that.
    fn run(&mut self, spectrum: &mut Vec<Complex64>) {
        spectrum.resize(self.bins(), Complex64::ZERO);
        let done = self.plan.process_with_scratch(&mut self.signal, spectrum, &mut self.scratch);
        debug_assert!(done.is_ok(), "the buffers have the planned lengths");
    }

    /// Lays a spectrum `X` out as the real signal `Re X[k] + Im X[k]`, `k` from 0 to N − 1.
    ///
    /// The real part of `X` is even and the imaginary part odd, so the forward transform `G` of
    /// that signal holds the inverse transform `x` of `X` (Bracewell 1984):
    ///
    /// ```text
    /// N x[n] = Re G[n] + Im G[n]
    /// ```
    fn fold(&mut self, bin: impl Fn(usize) -> Complex64) {
        let middle = self.len / 2;
        self.signal.resize(self.len, 0.0);
        let (rising, falling) = self.signal.split_at_mut(middle);
        (rising[0], falling[0]) = (bin(0).re, bin(middle).re);
        let mirrored = rising.iter_mut().skip(1).zip(falling.iter_mut().rev());
        for (k, (place, mirror)) in (1..).zip(mirrored) {
            let bin = bin(k);
            *place = bin.re + bin.im;
            *mirror = bin.re - bin.im;
        }
    }

    /// The other half of what [`Self::fold`] begins.
    fn unfold(&mut self, folded: &[Complex64]) -> &[f64] {
        let scale = 1.0 / self.len as f64;
        let middle = self.len / 2;
        let (rising, falling) = self.signal.split_at_mut(middle);
        (rising[0], falling[0]) = (scale * folded[0].re, scale * folded[middle].re);
        let mirrored = rising.iter_mut().skip(1).zip(falling.iter_mut().rev());
        for ((place, mirror), bin) in mirrored.zip(&folded[1..]) {
            *place = scale * (bin.re + bin.im);
            *mirror = scale * (bin.re - bin.im);
        }
        &self.signal
    }
}

/// The smallest even number of the form `2^a · 3^b · 5^c` that is `frames` or more.
fn quick_length(frames: usize) -> usize {
    let frames = frames.max(2);
    let mut best = frames.next_power_of_two();
    let mut fives = 1;
    while fives < best {
        let mut odd = fives;
        while odd < best {
            let twos = frames.div_ceil(odd).next_power_of_two().max(2);
            best = best.min(odd * twos);
            odd *= 3;
        }
        fives *= 5;
    }
    best
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use proptest::prelude::*;

    use super::*;

    /// The definition, one multiplication at a time: the root of the chain of trust.
    pub(crate) fn naive_spectrum(signal: &[f64], bins: usize) -> Vec<Complex64> {
        let n = signal.len() as f64;
        (0..bins)
            .map(|k| {
                let turn = |i: usize| -2.0 * PI * (k * i % signal.len()) as f64 / n;
                signal.iter().enumerate().map(|(i, &v)| Complex64::from_polar(v, turn(i))).sum()
            })
            .collect()
    }

    #[test]
    fn the_naive_transform_of_a_cosine_is_one_line() {
        let signal: Vec<f64> =
            (0..16).map(|i| (2.0 * PI * 3.0 * f64::from(i) / 16.0).cos()).collect();
        let spectrum = naive_spectrum(&signal, 9);
        for (k, bin) in spectrum.iter().enumerate() {
            let expected = if k == 3 { 8.0 } else { 0.0 };
            assert!((bin - expected).norm() < 1e-12, "bin {k}");
        }
    }

    #[test]
    fn quick_lengths_are_even_smooth_and_close() {
        for frames in [2, 3, 7, 1000, 24_481, 1_179_648, 2_228_224] {
            let quick = quick_length(frames);
            let mut rest = quick;
            for prime in [2, 3, 5] {
                while rest.is_multiple_of(prime) {
                    rest /= prime;
                }
            }
            assert!(quick >= frames && quick.is_multiple_of(2) && rest == 1, "{frames}: {quick}");
            assert!(quick as f64 <= 1.1 * frames as f64 + 2.0, "{frames}: {quick}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn the_fast_transform_agrees_with_the_naive_one(
            signal in prop::collection::vec(-1.0_f64..1.0, 2..120)
        ) {
            // Rounding of a sum of n terms of size one.
            let tolerance = f64::EPSILON * 4.0 * signal.len() as f64;
            let mut transform = Transform::at_least(signal.len());
            let mut padded = signal.clone();
            padded.resize(transform.len(), 0.0);
            let expected = naive_spectrum(&padded, transform.bins());
            let mut found = transform.forward(&signal);
            for (a, b) in expected.iter().zip(&found) {
                prop_assert!((a - b).norm() < tolerance);
            }
            let back = transform.inverse(&mut found);
            for (a, b) in padded.iter().zip(back) {
                prop_assert!((a - b).abs() < tolerance);
            }
        }
    }
}
