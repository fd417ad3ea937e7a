//! The harmonics that a deconvolved exponential sweep holds before its linear response.

use num_complex::Complex64;

use super::deconvolution::Impulse;
use super::transform::Transform;
use crate::model::Band;
use crate::quantity::{SampleRate, power_db};

/// One harmonic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Harmonic {
    /// Its level re the fundamental, in decibels.
    pub level_db: f64,
    /// What there is in the same band where no harmonic lies, likewise.
    pub floor_db: f64,
}

/// The harmonics that tell a bent characteristic, and a device that is driven to its end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Harmonics {
    /// The second.
    pub second: Harmonic,
    /// The third.
    pub third: Harmonic,
    /// The fifth.
    pub fifth: Harmonic,
}

/// Harmonics lie in a window of this length.
const WINDOW_S: f64 = 0.02;
/// Shorter ones show too little of the band.
const SHORTEST_S: f64 = 4e-3;
/// The fundamentals that are looked at: below, a window of 20 ms has no resolution, and above,
/// the fifth harmonic leaves the band of hearing.
const FUNDAMENTALS_HZ: (f64, f64) = (200.0, 4e3);

impl Harmonics {
    /// The harmonics of sweeps whose linear responses lie at `lags`; `None` if the sweep is too
    /// short for them to lie apart or its band too narrow.
    ///
    /// The n-th harmonic of an exponential sweep is the same sweep, `L ln n` earlier (`L` the time
    /// constant), so it deconvolves to an impulse there, whose spectrum at `n f` is the amplitude
    /// of the harmonic of `f` (Farina 2000). Its level is the energy per octave over the harmonics
    /// of 200 Hz to 4 kHz re that of the linear response over 200 Hz to 4 kHz.
    #[must_use]
    pub fn of(
        impulse: &Impulse<'_>,
        lags: &[isize],
        time_constant_s: f64,
        (band, rate): (Band, SampleRate),
    ) -> Option<Self> {
        let low = FUNDAMENTALS_HZ.0.max(2.0 * band.flat_from_hz);
        let high = FUNDAMENTALS_HZ.1.min(0.95 * band.flat_to_hz / 5.0);
        // The fifth is the closest to a place between two harmonics.
        let apart_s = 0.5 * time_constant_s * (5.0_f64 / 4.0).ln();
        let window_s = WINDOW_S.min(0.9 * apart_s);
        if high < 2.0 * low || window_s < SHORTEST_S {
            return None;
        }
        let fs = rate.as_f64();
        let mut slot = Slot::new((window_s * fs) as usize, fs);
        let mut power = |order: f64, of: f64| -> f64 {
            let early = (time_constant_s * order.ln() * fs).round() as isize;
            let at = |&lag: &isize| slot.power(impulse, lag - early, (of * low, of * high));
            lags.iter().map(at).sum()
        };
        let fundamental = power(1.0, 1.0);
        let mut harmonic = |order: f64| {
            let between = [6.0, 12.0, 20.0].map(f64::sqrt);
            let floor = between.map(|place| power(place, order)).iter().sum::<f64>() / 3.0;
            let level_db = power_db(power(order, order) / fundamental);
            Harmonic { level_db, floor_db: power_db(floor / fundamental) }
        };
        (fundamental > 0.0).then(|| {
            let [second, third, fifth] = [2.0, 3.0, 5.0].map(&mut harmonic);
            Self { second, third, fifth }
        })
    }
}

/// A window with its transform.
struct Slot {
    frames: usize,
    transform: Transform,
    spectrum: Vec<Complex64>,
    fs: f64,
}

impl Slot {
    fn new(frames: usize, fs: f64) -> Self {
        Self { frames, transform: Transform::at_least(frames), spectrum: Vec::new(), fs }
    }

    /// Power per octave around a lag, added up over a band. The window is flat in its middle half.
    fn power(&mut self, impulse: &Impulse<'_>, around: isize, (low, high): (f64, f64)) -> f64 {
        let quarter = self.frames as f64 / 4.0;
        let weight = |k: usize| {
            let from_edge = (k.min(self.frames - 1 - k) as f64 + 0.5) / quarter;
            0.5 - 0.5 * (std::f64::consts::PI * from_edge.min(1.0)).cos()
        };
        let piece = impulse.piece(around - self.frames as isize / 2, self.frames);
        let piece: Vec<f64> = piece.enumerate().map(|(k, v)| weight(k) * v).collect();
        self.transform.forward_into(&piece, &mut self.spectrum);
        let bin_hz = self.fs / self.transform.len() as f64;
        let bins = self.spectrum.iter().enumerate().skip(1);
        let bins = bins.filter(|&(k, _)| (low..high).contains(&(k as f64 * bin_hz)));
        bins.map(|(k, bin)| bin.norm_sqr() / k as f64).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::deconvolution::{Deconvolver, Inverse, SweepSpectrum};
    use crate::dsp::sweep::{synchronised_sweep, tests::spec};

    /// The harmonics of a sweep of five seconds that went through something.
    fn harmonics(device: impl Fn(f64) -> f64) -> Harmonics {
        let (spec, rate) = (spec(5.0), SampleRate::new(48_000).unwrap());
        let sweep = synchronised_sweep(&spec, rate);
        let mut capture = vec![0.0; 4800];
        capture.extend(sweep.iter().map(|&v| device(v)));
        capture.resize(capture.len() + 24_000, 0.0);
        let spectrum = SweepSpectrum::new(&sweep, rate, spec.band(), capture.len());
        let mut deconvolver = Deconvolver::new(spectrum, Inverse::OfSamples);
        let impulse = deconvolver.capture(&capture).into_impulse();
        let of = (spec.band(), rate);
        Harmonics::of(&impulse, &[4800], spec.time_constant_s(), of).unwrap()
    }

    #[test]
    fn a_hard_clip_has_the_third_harmonic_that_its_fourier_series_has() {
        /// Above 4 kHz, where nothing is looked at, a clipped sample jitters by its own width.
        const TOLERANCE_DB: f64 = 1.0;
        for (clip_db, expected_db) in [(0.05, -65.9), (0.1, -56.8), (0.5, -36.7)] {
            let limit = 0.5 * 10_f64.powf((-6.0 + 6.020_6 - clip_db) / 20.0);
            let found = harmonics(|v| v.clamp(-limit, limit));
            println!("{clip_db} dB: {found:?}");
            assert!((found.third.level_db - expected_db).abs() < TOLERANCE_DB, "{found:?}");
            assert!(found.third.level_db - found.fifth.level_db < 6.0, "{found:?}");
        }
    }

    #[test]
    fn a_cubic_device_has_a_third_harmonic_and_no_fifth() {
        // x − a x³ at amplitude A: the third is a A²/4 of the first.
        let found = harmonics(|v| v - 0.04 * v * v * v);
        let amplitude = 10_f64.powf(-6.0 / 20.0);
        let expected_db = 20.0 * (0.04 * amplitude * amplitude / 4.0).log10();
        assert!((found.third.level_db - expected_db).abs() < 0.1, "{found:?} {expected_db}");
        assert!(found.fifth.level_db < found.third.level_db - 30.0, "{found:?}");
    }

    #[test]
    fn a_square_device_has_a_second_harmonic_alone() {
        // x + b x² at amplitude A: the second is b A/2 of the first.
        let found = harmonics(|v| v + 0.02 * v * v);
        let expected_db = 20.0 * (0.02 * 10_f64.powf(-6.0 / 20.0) / 2.0).log10();
        assert!((found.second.level_db - expected_db).abs() < 0.1, "{found:?} {expected_db}");
        assert!(found.third.level_db < found.second.level_db - 30.0, "{found:?}");
    }

    #[test]
    fn a_linear_device_has_no_harmonics() {
        let found = harmonics(|v| 0.5 * v);
        assert!(found.third.level_db < -100.0 && found.fifth.level_db < -100.0, "{found:?}");
    }
}
