//! A signal as a clock of another rate sees it, and what a sweep tells about the clock.

use std::f64::consts::PI;

use super::minimum_phase::ExcessDelay;
use super::track::median;
use super::transform::Transform;
use crate::quantity::SampleRate;

/// The samples that a recorder takes of a band-limited signal whose clock runs at `ratio` times
/// the player's:
///
/// ```text
/// y[k] = x(k / ratio)
/// ```
///
/// `x` being the signal between its samples. With it the reference of a deconvolution is
/// synthesised anew on the recorder's clock, which leaves the capture as it was recorded.
///
/// The signal is oversampled twice through its spectrum and interpolated there by a Kaiser-windowed
/// sinc of 32 taps. Up to 0.48 of the sample rate the result is exact to 1e-8 of the peak.
#[must_use]
pub fn on_clock(signal: &[f64], ratio: f64) -> Vec<f64> {
    let kernel = Kernel::new();
    let dense = oversampled(signal);
    let frames = (signal.len() as f64 * ratio).ceil() as usize;
    (0..frames).map(|k| kernel.value(&dense, MARGIN as f64 + 2.0 * k as f64 / ratio)).collect()
}

/// The signal moved later by a fraction of a sample, zero to one, as long as before. Good to the
/// same accuracy as [`on_clock`].
#[must_use]
pub fn moved_later(signal: &[f64], fraction: f64) -> Vec<f64> {
    let kernel = Kernel::new();
    let dense = oversampled(signal);
    let at = |k: usize| MARGIN as f64 + 2.0 * (k as f64 - fraction);
    (0..signal.len()).map(|k| kernel.value(&dense, at(k))).collect()
}

/// Silence on either side of an oversampled signal: half the taps reach into it.
const MARGIN: usize = TAPS;

/// The signal at twice its rate, with silence on either side.
fn oversampled(signal: &[f64]) -> Vec<f64> {
    // A band-limited signal rings beyond its ends: the silence behind it keeps that from coming
    // in again at the beginning.
    const BEHIND: usize = 512;
    let mut forward = Transform::at_least(signal.len() + BEHIND);
    let mut spectrum = forward.forward(signal);
    // The bin at half the rate is shared by both halves of the doubled spectrum.
    if let Some(last) = spectrum.last_mut() {
        *last *= 0.5;
    }
    let mut inverse = Transform::of_length(2 * forward.len());
    let dense = inverse.inverse(&mut spectrum);
    let silence = std::iter::repeat_n(0.0, MARGIN);
    let doubled = dense.iter().map(|v| 2.0 * v).take(2 * signal.len() + BEHIND);
    silence.clone().chain(doubled).chain(silence).collect()
}

const TAPS: usize = 32;
/// Positions between two samples for which the taps are tabulated.
const PHASES: usize = 1024;

/// A windowed sinc, tabulated; between two tabulated positions the result is interpolated by a
/// parabola through three, which is exact to 1e-9.
struct Kernel {
    rows: Vec<[f64; TAPS]>,
}

impl Kernel {
    fn new() -> Self {
        let row = |p: isize| {
            let fraction = p as f64 / PHASES as f64;
            std::array::from_fn(|j| kaiser_sinc(j as f64 - (TAPS / 2 - 1) as f64 - fraction))
        };
        Self { rows: (-1..=PHASES as isize + 1).map(row).collect() }
    }

    /// The signal at a position in samples; zero outside.
    fn value(&self, dense: &[f64], at: f64) -> f64 {
        let whole = at.floor();
        let Some(first) = (whole as usize).checked_sub(TAPS / 2 - 1) else { return 0.0 };
        let Some(samples) = dense.get(first..first + TAPS) else { return 0.0 };
        let phase = (at - whole) * PHASES as f64;
        let nearest = phase.round();
        let t = phase - nearest;
        // Row zero is the position before the first.
        let row = nearest as usize;
        let sum = |row: &[f64; TAPS]| row.iter().zip(samples).map(|(a, b)| a * b).sum::<f64>();
        let [before, here, after] = [row, row + 1, row + 2].map(|r| sum(&self.rows[r]));
        here + 0.5 * t * (after - before + t * (before - 2.0 * here + after))
    }
}

/// sinc(t) under a Kaiser window that ends where the taps do.
fn kaiser_sinc(t: f64) -> f64 {
    /// Side lobes below −170 dB, and a pass band up to a quarter of the doubled rate.
    const BETA: f64 = 18.0;
    let u = t / (TAPS / 2) as f64;
    if u.abs() >= 1.0 {
        return 0.0;
    }
    let window = bessel_i0(BETA * (1.0 - u * u).sqrt()) / bessel_i0(BETA);
    let sinc = if t.abs() < 1e-12 { 1.0 } else { (PI * t).sin() / (PI * t) };
    sinc * window
}

/// The modified Bessel function of the first kind and order zero, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term) = (1.0, 1.0);
    for n in 1..200 {
        term *= quarter / f64::from(n * n);
        sum += term;
        if term < 1e-17 * sum {
            break;
        }
    }
    sum
}

/// When a sweep passes which frequency: times in seconds, rising with frequencies in hertz.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    points: Vec<(f64, f64)>,
}

impl Passage {
    /// Reads it off a sweep's zero crossings; `None` if the frequency does not rise steadily.
    ///
    /// It serves every sweep, whatever its law: exponential, linear or anything between.
    #[must_use]
    pub fn of(sweep: &[f64], rate: SampleRate) -> Option<Self> {
        const POINTS: usize = 96;
        let window = (sweep.len() / POINTS).max(16);
        let peak = sweep.iter().fold(0.0_f64, |peak, v| peak.max(v.abs()));
        let mut points: Vec<(f64, f64)> = Vec::new();
        for (i, piece) in sweep.chunks_exact(window).enumerate() {
            let loud = piece.iter().fold(0.0_f64, |peak, v| peak.max(v.abs())) > 0.05 * peak;
            // With fewer crossings the distance between them says too little.
            if let Some((middle, per_sample)) = loud.then(|| crossings(piece)).flatten() {
                let time_s = (i as f64 * window as f64 + middle) / rate.as_f64();
                points.push((time_s, per_sample * rate.as_f64()));
            }
        }
        let rising = points.windows(2).filter(|pair| pair[1].1 > pair[0].1).count();
        let steady = points.len() > 12 && rising + points.len() / 10 >= points.len() - 1;
        steady.then_some(Self { points })
    }

    /// When a frequency is passed, in seconds from the beginning of the sweep; held at the ends.
    #[must_use]
    pub fn time_s(&self, frequency_hz: f64) -> f64 {
        let after = self.points.partition_point(|&(_, f)| f < frequency_hz);
        let Some(&(t1, f1)) = self.points.get(after) else {
            return self.points.last().map_or(0.0, |&(t, _)| t);
        };
        let Some(&(t0, f0)) = after.checked_sub(1).and_then(|i| self.points.get(i)) else {
            return t1;
        };
        // Sweeps are closer to exponential than to linear between two points.
        t0 + (t1 - t0) * (frequency_hz / f0).ln() / (f1 / f0).ln()
    }

    /// The frequency that is passed at a time, held at the ends.
    #[must_use]
    pub fn frequency_hz(&self, time_s: f64) -> f64 {
        let after = self.points.partition_point(|&(t, _)| t < time_s);
        let Some(&(t1, f1)) = self.points.get(after) else {
            return self.points.last().map_or(0.0, |&(_, f)| f);
        };
        let Some(&(t0, f0)) = after.checked_sub(1).and_then(|i| self.points.get(i)) else {
            return f1;
        };
        f0 * ((f1 / f0).ln() * (time_s - t0) / (t1 - t0)).exp()
    }
}

/// Where the middle of a piece's zero crossings lies, and their frequency per sample; `None` if
/// there are too few.
fn crossings(piece: &[f64]) -> Option<(f64, f64)> {
    const FEWEST: usize = 8;
    let at = |(k, pair): (usize, &[f64])| {
        ((pair[0] < 0.0) != (pair[1] < 0.0)).then(|| k as f64 + pair[0] / (pair[0] - pair[1]))
    };
    let mut all = piece.windows(2).enumerate().filter_map(at);
    let (first, mut last, mut count) = (all.next()?, 0.0, 0);
    for crossing in all {
        (last, count) = (crossing, count + 1);
    }
    (count >= FEWEST).then(|| (0.5 * (first + last), 0.5 * count as f64 / (last - first)))
}

/// How much faster a clock ran, as a single sweep tells it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Ratio of the clocks minus one.
    pub value: f64,
    /// What a device alone can make of it: line inputs of one clock have been seen to read
    /// 14 ppm, a loudspeaker 18, and a delay is good to a sample or two.
    pub good_to: f64,
}

/// How much faster the recorder's clock ran, from the impulse response of a single sweep.
///
/// A sweep that is stretched by ε arrives later by `ε · d(f t)/df`, `t(f)` being when it passes
/// the frequency f. So the delay that the magnitude of the response does not explain rises
/// steadily from low to high frequencies; its slope is the median of those between all pairs of
/// bands (Theil 1950, Sen 1968). What a device delays beyond its minimum phase makes an error of
/// some parts per million: good enough for levels, not for phases. `None` beyond ±500 ppm, or
/// where too little of the band is there.
#[must_use]
pub fn stretch_of(impulse: &[f64], passage: &Passage, rate: SampleRate) -> Option<Stretch> {
    const WIDEST: f64 = 500e-6;
    const DEVICES: f64 = 25e-6;
    const DELAY_SAMPLES: f64 = 1.5;
    const LOWEST_HZ: f64 = 500.0;
    const PER_OCTAVE: i32 = 6;
    const BANDS: i32 = 27;
    let delay = ExcessDelay::of(impulse, rate)?;
    let highest_hz = 0.4 * rate.as_f64();
    let edge = |i: i32| LOWEST_HZ * (f64::from(i) / f64::from(PER_OCTAVE)).exp2();
    let points: Vec<(f64, f64)> = (0..BANDS)
        .map(|i| (edge(i), edge(i + 1)))
        .filter(|(_, to_hz)| *to_hz <= highest_hz)
        .map(|(from_hz, to_hz)| {
            // d(f t)/df over the band, in samples.
            let product = to_hz * passage.time_s(to_hz) - from_hz * passage.time_s(from_hz);
            (product / (to_hz - from_hz) * rate.as_f64(), delay.in_band((from_hz, to_hz)))
        })
        .collect();
    let mut slopes = Vec::new();
    for (i, a) in points.iter().enumerate() {
        // Neighbours say more about the device than about the clock.
        let distant = points.iter().skip(i + PER_OCTAVE as usize);
        slopes.extend(distant.filter(|b| b.0 > a.0).map(|b| (b.1 - a.1) / (b.0 - a.0)));
    }
    let value = median(&slopes);
    let (first, last) = (points.first()?.0, points.last()?.0);
    let good_to = DEVICES.max(DELAY_SAMPLES / (last - first).abs().max(1.0));
    (slopes.len() > 20 && value.abs() < WIDEST).then_some(Stretch { value, good_to })
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;

    use super::*;
    use crate::dsp::sweep::{synchronised_sweep, tests::spec};
    use crate::model::SweepSpec;
    use crate::quantity::Seconds;

    fn rate() -> SampleRate {
        SampleRate::new(48_000).unwrap()
    }

    /// Tones under a bell, known at any time.
    fn tones(t: f64) -> f64 {
        let bell = (-((t - 1000.0) / 180.0).powi(2)).exp();
        let tone = |share: f64| (2.0 * PI * share * t + share).sin();
        bell * (tone(0.01) + tone(0.2) + tone(0.47)) / 3.0
    }

    #[test]
    fn a_signal_on_another_clock_is_the_signal_between_its_samples() {
        // What the tabulated kernel and its parabola are exact to.
        const TOLERANCE: f64 = 1e-8;
        let signal: Vec<f64> = (0..2000).map(|k| tones(f64::from(k))).collect();
        for ratio in [1.0, 1.0 + 300e-6, 1.0 - 150e-6, 1.01] {
            for (k, v) in on_clock(&signal, ratio).iter().enumerate() {
                assert!((v - tones(k as f64 / ratio)).abs() < TOLERANCE, "{ratio}: {k} {v}");
            }
        }
        for (k, v) in moved_later(&signal, 0.37).iter().enumerate() {
            assert!((v - tones(k as f64 - 0.37)).abs() < TOLERANCE, "{k}");
        }
    }

    #[test]
    fn a_sweep_on_another_clock_is_the_formula_at_other_times() {
        // The sweep ends at 0.479 of the rate and is not strictly band-limited at its fades.
        const TOLERANCE: f64 = 2e-5;
        let spec = spec(1.0);
        let slow = 1.0 / (1.0 + 200e-6);
        let stretched = on_clock(&synchronised_sweep(&spec, rate()), 1.0 / slow);
        let constant = spec.time_constant_s();
        let flat = |t: f64| (0.2..0.95).contains(&(t / spec.duration_s()));
        for (k, v) in stretched.iter().enumerate() {
            let t = k as f64 * slow / rate().as_f64();
            let periods = spec.start.hz() * constant * (t / constant).exp();
            let expected = spec.level.amplitude() * (2.0 * PI * periods.fract()).sin();
            assert!(!flat(t) || (v - expected).abs() < TOLERANCE, "{k}: {v} {expected}");
        }
    }

    #[test]
    fn the_passage_of_a_sweep_is_that_of_its_formula() {
        let spec = spec(2.0);
        let passage = Passage::of(&synchronised_sweep(&spec, rate()), rate()).unwrap();
        for hz in [500.0, 1000.0, 5000.0, 15_000.0] {
            let expected = spec.time_constant_s() * (hz / spec.start.hz()).ln();
            // A crossing more or less in a window of a 96th of the sweep.
            assert!((passage.time_s(hz) - expected).abs() < 0.005, "{hz}");
            assert!((passage.frequency_hz(expected) / hz - 1.0).abs() < 0.05, "{hz}");
        }
        assert_eq!(Passage::of(&vec![0.0; 4800], rate()), None);
    }

    #[test]
    fn a_single_sweep_tells_its_stretch_to_a_few_parts_per_million() {
        // The regularisation of this division alone makes some parts per million.
        const TOLERANCE: f64 = 5e-6;
        let spec = SweepSpec { duration: Seconds::new(4.0).unwrap(), ..spec(4.0) };
        let sweep = synchronised_sweep(&spec, rate());
        let passage = Passage::of(&sweep, rate()).unwrap();
        for stretch in [-250e-6, 40e-6, 300e-6] {
            let mut transform = Transform::at_least(3 * sweep.len());
            let played = transform.forward(&sweep);
            let captured = transform.forward(&on_clock(&sweep, 1.0 + stretch));
            let mut ratio: Vec<Complex64> = captured
                .iter()
                .zip(&played)
                .map(|(y, x)| y * x.conj() / (x.norm_sqr() + 1e-3 * played[1000].norm_sqr()))
                .collect();
            let impulse = transform.inverse(&mut ratio);
            let len = impulse.len();
            let piece: Vec<f64> = (0..24_000).map(|k| impulse[(k + len - 2400) % len]).collect();
            let found = stretch_of(&piece, &passage, rate()).unwrap();
            assert!((found.value - stretch).abs() < TOLERANCE, "{stretch}: {found:?}");
            assert!((25e-6..35e-6).contains(&found.good_to), "{found:?}");
        }
    }
}
