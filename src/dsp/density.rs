//! The power spectral density of noise, by averaged periodograms.

use std::f64::consts::TAU;

use super::transform::Transform;
use crate::quantity::SampleRate;

/// What the periodograms of the segments are combined to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Average {
    /// Their mean: the surest, if the noise is steady.
    Mean,
    /// Their median, corrected for its bias: a click in one segment does not spoil it.
    Median,
}

/// A one-sided power spectral density in FS²/Hz: its sum times [`Self::bin_hz`] is the mean
/// square of the signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Density {
    bins: Vec<f64>,
    /// Sums of the bins before each, so that the mean over a band costs nothing.
    sums: Vec<f64>,
    bin_hz: f64,
    dof_per_bin: f64,
}

/// A density over a band, and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandDensity {
    /// Mean over the band, in FS²/Hz.
    pub mean: f64,
    /// Degrees of freedom of the estimate.
    pub dof: f64,
}

impl Density {
    /// The density of noise in pieces, by Welch's method: segments of so many frames (made
    /// even) that overlap by half, each without its mean, under a Hann window.
    ///
    /// `None` if no piece holds a segment. P. D. Welch, IEEE Trans. Audio Electroacoust. 15
    /// (1967) 70; the bias of the median after B. Allen and others, Phys. Rev. D 85 (2012)
    /// 122006, appendix B.
    #[must_use]
    pub fn welch(
        pieces: &[&[f64]],
        segment: usize,
        rate: SampleRate,
        average: Average,
    ) -> Option<Self> {
        let periodograms = Periodograms::new(segment, rate).of(pieces);
        let count = periodograms.len();
        if count == 0 {
            return None;
        }
        let mut across = vec![0.0; count];
        let bins = (0..periodograms[0].len()).map(|k| {
            across.iter_mut().zip(&periodograms).for_each(|(value, of)| *value = of[k]);
            match average {
                Average::Mean => across.iter().sum::<f64>() / count as f64,
                Average::Median => median(&mut across) / MedianOfExponentials::of(count).mean,
            }
        });
        let per_segment = match average {
            Average::Mean => count as f64,
            Average::Median => MedianOfExponentials::of(count).worth(),
        };
        // Segments under a Hann window that overlap by half are correlated by 1/6.
        let overlap = 1.0 + 2.0 / 36.0 * (count - 1) as f64 / count as f64;
        let bin_hz = rate.as_f64() / segment.max(2).next_multiple_of(2) as f64;
        Some(Self::of_bins(bins.collect(), bin_hz, 2.0 * per_segment / overlap))
    }

    fn of_bins(bins: Vec<f64>, bin_hz: f64, dof_per_bin: f64) -> Self {
        let mut sum = 0.0;
        let mut sums = vec![0.0];
        sums.extend(bins.iter().map(|bin| {
            sum += bin;
            sum
        }));
        Self { bins, sums, bin_hz, dof_per_bin }
    }

    /// The density at multiples of [`Self::bin_hz`], from zero to half the sample rate.
    #[must_use]
    pub fn bins(&self) -> &[f64] {
        &self.bins
    }

    /// The width of a bin in hertz.
    #[must_use]
    pub const fn bin_hz(&self) -> f64 {
        self.bin_hz
    }

    /// The same where it lies above a floor in FS²/Hz, else the floor.
    #[must_use]
    pub fn at_least(self, floor: f64) -> Self {
        let bins = self.bins.into_iter().map(|bin| bin.max(floor)).collect();
        Self::of_bins(bins, self.bin_hz, self.dof_per_bin)
    }

    /// The mean over a band in hertz, or the nearest bin if the band holds none. The lowest two
    /// bins, which the removal of the mean distorts, are left out.
    #[must_use]
    pub fn over(&self, from_hz: f64, to_hz: f64) -> BandDensity {
        const FIRST: usize = 2;
        let last = self.bins.len() - 1;
        let first = FIRST.min(last);
        let nearest = (0.5 * (from_hz + to_hz) / self.bin_hz).round().max(0.0) as usize;
        let nearest = nearest.clamp(first, last);
        let low = ((from_hz / self.bin_hz).ceil().max(0.0) as usize).clamp(first, last);
        let high = ((to_hz / self.bin_hz).floor().max(0.0) as usize).clamp(first, last);
        let (low, high) = if low <= high { (low, high) } else { (nearest, nearest) };
        let count = (high + 1 - low) as f64;
        let mean = (self.sums[high + 1] - self.sums[low]) / count;
        BandDensity { mean, dof: self.dof_per_bin * independent_bins(count) }
    }
}

/// How many independent ones so many neighbouring bins are worth: under a Hann window the powers
/// of neighbours are correlated by 4/9, of second neighbours by 1/36.
fn independent_bins(count: f64) -> f64 {
    let correlated = 4.0 / 9.0 * (count - 1.0).max(0.0) + 1.0 / 36.0 * (count - 2.0).max(0.0);
    count / (1.0 + 2.0 * correlated / count)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { 0.5 * (values[middle - 1] + values[middle]) }
}

/// The median of powers of Gaussian noise, which are exponentially distributed with mean one.
struct MedianOfExponentials {
    mean: f64,
    variance: f64,
}

impl MedianOfExponentials {
    /// Of so many, at least one.
    ///
    /// Between ordered values lie gaps that are exponentials again, of mean `1/i` where `i` are
    /// still above. An even number has its median half a gap above the lower of the middle two.
    fn of(count: usize) -> Self {
        let middle = count.max(1) / 2;
        let gaps = (middle + 1..=count.max(1)).map(|i| 1.0 / i as f64);
        let half_gap = if count.is_multiple_of(2) { 0.5 / middle.max(1) as f64 } else { 0.0 };
        Self {
            mean: gaps.clone().sum::<f64>() + half_gap,
            variance: gaps.map(|gap| gap * gap).sum::<f64>() + half_gap * half_gap,
        }
    }

    /// How many segments a mean would need to be as sure.
    fn worth(&self) -> f64 {
        self.mean * self.mean / self.variance
    }
}

/// Makes the periodogram of each segment.
struct Periodograms {
    transform: Transform,
    window: Vec<f64>,
    scale: f64,
}

impl Periodograms {
    fn new(segment: usize, rate: SampleRate) -> Self {
        let transform = Transform::of_length(segment);
        let len = transform.len();
        let hann = |k: usize| 0.5 - 0.5 * (TAU * k as f64 / len as f64).cos();
        let window: Vec<f64> = (0..len).map(hann).collect();
        let energy: f64 = window.iter().map(|w| w * w).sum();
        Self { transform, window, scale: 1.0 / (rate.as_f64() * energy) }
    }

    fn of(&mut self, pieces: &[&[f64]]) -> Vec<Vec<f64>> {
        let len = self.window.len();
        let segments = pieces.iter().flat_map(|piece| piece.windows(len).step_by(len / 2));
        segments.map(|segment| self.periodogram(segment)).collect()
    }

    fn periodogram(&mut self, segment: &[f64]) -> Vec<f64> {
        let mean = segment.iter().sum::<f64>() / segment.len() as f64;
        let windowed: Vec<f64> =
            segment.iter().zip(&self.window).map(|(v, w)| (v - mean) * w).collect();
        let spectrum = self.transform.forward(&windowed);
        let last = spectrum.len() - 1;
        // All but the first and the last bin stand for two.
        let sides = |k: usize| if k == 0 || k == last { 1.0 } else { 2.0 };
        let bins = spectrum.iter().enumerate();
        bins.map(|(k, bin)| sides(k) * self.scale * bin.norm_sqr()).collect()
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;
    use rand_distr::{Distribution, StandardNormal};

    use super::*;

    fn rate() -> SampleRate {
        SampleRate::new(8000).unwrap()
    }

    fn white(frames: usize, seed: u64) -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..frames).map(|_| StandardNormal.sample(&mut rng)).collect()
    }

    #[test]
    fn the_density_of_a_known_signal_is_that_of_scipy() {
        // scipy 1.17.1, numpy 2: n = arange(2000.); x = sin(0.7*n) + 0.5*cos(0.1*n + 0.3) +
        // 0.1*sin(0.001*n*n) + 0.25; signal.welch(x, 8000, window="hann", nperseg=400,
        // noverlap=200, average=…).
        const DIGITS: f64 = 1e-9;
        let signal = |n: f64| {
            (0.7 * n).sin() + 0.5 * (0.1 * n + 0.3).cos() + 0.1 * (0.001 * n * n).sin() + 0.25
        };
        let signal: Vec<f64> = (0..2000).map(|n| signal(f64::from(n))).collect();
        let mean = [
            (1, 4.626_005_009_099_437e-6),
            (6, 0.003_496_926_787_905_206),
            (44, 0.010_915_532_575_971_7),
            (100, 1.416_732_643_544_027_3e-6),
            (199, 1.452_250_842_177_763_7e-6),
        ];
        let median = [
            (1, 4.801_457_312_473_351_5e-6),
            (6, 0.004_692_707_470_748_111),
            (44, 0.014_714_569_673_009_51),
        ];
        for (average, expected) in [(Average::Mean, &mean[..]), (Average::Median, &median[..])] {
            let density = Density::welch(&[&signal], 400, rate(), average).unwrap();
            assert_eq!(density.bins().len(), 201);
            for &(k, value) in expected {
                let found = density.bins()[k];
                assert!((found / value - 1.0).abs() < DIGITS, "{average:?} {k}: {found}");
            }
        }
    }

    #[test]
    fn white_noise_has_its_variance_over_half_the_sample_rate() {
        // 2 · 10⁵ samples: the power scatters by √(2/n) = 0.3 %; four of these.
        const SCATTER: f64 = 0.013;
        let noise = white(200_000, 1);
        for average in [Average::Mean, Average::Median] {
            let density = Density::welch(&[&noise], 400, rate(), average).unwrap();
            let found = density.over(100.0, 3900.0).mean * 4000.0;
            assert!((found - 1.0).abs() < SCATTER, "{average:?}: {found}");
        }
    }

    #[test]
    fn the_stated_degrees_of_freedom_are_those_of_the_scatter() {
        // The variance of 2000 chi-squared values scatters by about 1/√1000; four of these, and
        // what is left on the safe side: medians of neighbouring bins are less alike than means.
        const SCATTER: f64 = 0.2;
        for (average, frames) in
            [(Average::Mean, 800), (Average::Median, 800), (Average::Median, 900)]
        {
            for band in [(1000.0, 1000.0), (940.0, 1060.0), (800.0, 1200.0)] {
                let found: Vec<BandDensity> = (0..2000)
                    .map(|seed| {
                        let noise = white(frames, seed);
                        Density::welch(&[&noise], 200, rate(), average)
                            .unwrap()
                            .over(band.0, band.1)
                    })
                    .collect();
                let mean = found.iter().map(|f| f.mean).sum::<f64>() / 2000.0;
                let squares = found.iter().map(|f| (f.mean / mean - 1.0).powi(2)).sum::<f64>();
                let dof = 2.0 * 2000.0 / squares;
                let ratio = found[0].dof / dof;
                assert!((ratio - 1.0).abs() < SCATTER, "{average:?} {frames} {band:?}: {ratio}");
            }
        }
    }

    #[test]
    fn a_click_does_not_move_the_median() {
        let quiet = white(8000, 2);
        let mut clicked = quiet.clone();
        clicked[3000] += 1000.0;
        let of = |signal: &[f64]| {
            let density = Density::welch(&[signal], 800, rate(), Average::Median).unwrap();
            density.over(100.0, 3900.0).mean
        };
        // Two of nineteen segments hold the click: the median is then the tenth of seventeen
        // rather than of nineteen, 15 % higher.
        let change = of(&clicked) / of(&quiet);
        assert!((1.0..1.25).contains(&change), "{change}");
    }

    #[test]
    fn pieces_are_not_joined_and_too_short_ones_say_nothing() {
        let noise = white(1000, 3);
        let average = Average::Mean;
        assert_eq!(Density::welch(&[&noise[..100]], 200, rate(), average), None);
        let apart = Density::welch(&[&noise[..200], &noise[500..800]], 200, rate(), average);
        // One segment of the first, two of the second.
        let dof = 2.0 * 3.0 / (1.0 + 2.0 / 36.0 * 2.0 / 3.0);
        assert!((apart.unwrap().over(500.0, 500.0).dof - dof).abs() < 1e-12);
    }

    #[test]
    fn silence_of_zeros_is_lifted_to_the_floor() {
        let density = Density::welch(&[&[0.0; 400]], 200, rate(), Average::Median).unwrap();
        let band = density.at_least(1e-12).over(100.0, 200.0);
        assert!((band.mean / 1e-12 - 1.0).abs() < 1e-12);
    }
}
