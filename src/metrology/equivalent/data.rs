//! What a circuit is fitted to.

use num_complex::Complex64;

use super::Wanted;
use super::circuit::Tone;
use crate::model::{Impedance, NoModel};
use crate::quantity::Frequency;

/// No impedance is believed to be known better than this share of its magnitude.
const FLOOR: f64 = 2e-4;
/// Fewer points do not hold a coil and a resonance.
const FEWEST: usize = 24;
/// More points than this in an octave tell no more of a circuit.
const PER_OCTAVE: f64 = 24.0;
/// Main resonances lie below this.
const MAIN_BELOW_HZ: f64 = 1e3;

/// The points of an impedance that are fitted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Data {
    pub(super) tones: Vec<Tone>,
    pub(super) z: Vec<Complex64>,
    /// Standard deviation of real and imaginary part.
    pub(super) sigma: Vec<f64>,
}

/// A resonance as it is seen: height over the rest, frequency, Q.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    pub(super) height: f64,
    pub(super) hz: f64,
    pub(super) q: f64,
}

impl Data {
    pub(super) fn of(impedance: &Impedance, wanted: Wanted) -> Result<Self, NoModel> {
        /// Where circuits of this kind hold.
        const FROM_HZ: f64 = 10.0;
        const TO_HZ: f64 = 20.5e3;
        let band_hz =
            wanted.from.map_or(FROM_HZ, Frequency::hz)..=wanted.to.map_or(TO_HZ, Frequency::hz);
        let covariance = impedance.covariance();
        let mut data = Self { tones: Vec::new(), z: Vec::new(), sigma: Vec::new() };
        let apart = (1.0 / PER_OCTAVE - 1e-6).exp2();
        for (k, (&hz, &z)) in impedance.hz().iter().zip(impedance.values()).enumerate() {
            let near = data.tones.last().is_some_and(|last| hz < last.hz * apart);
            if !band_hz.contains(&hz) || near {
                continue;
            }
            let known = covariance.map_or(0.0, |c| (0.5 * (c[k].rr + c[k].ii)).sqrt());
            data.tones.push(Tone::new(hz));
            data.z.push(z);
            data.sigma.push(known.max(FLOOR * z.norm() * std::f64::consts::FRAC_1_SQRT_2));
        }
        data.sound()
    }

    fn sound(self) -> Result<Self, NoModel> {
        let hz = |tone: Option<&Tone>| tone.map_or(0.0, |tone| tone.hz);
        let (points, from_hz, to_hz) =
            (self.z.len(), hz(self.tones.first()), hz(self.tones.last()));
        if points < FEWEST {
            return Err(NoModel::TooFewPoints { points, from_hz, to_hz });
        }
        if self.z.iter().all(|z| z.im.abs() <= 1e-12 * z.norm())
            && self.z.windows(2).any(|pair| (pair[0].re / pair[1].re - 1.0).abs() > 1e-3)
        {
            return Err(NoModel::NoPhase);
        }
        let real_ohm = self.lowest();
        if real_ohm <= 0.0 {
            return Err(NoModel::NotPassive { real_ohm });
        }
        Ok(self)
    }

    /// The first and last frequency, in hertz.
    pub(super) fn ends(&self) -> (f64, f64) {
        (self.tones[0].hz, self.tones[self.tones.len() - 1].hz)
    }

    /// About the DC resistance: a little below the smallest real part.
    pub(super) fn resistance(&self) -> f64 {
        0.995 * self.lowest()
    }

    /// The smallest real part, in ohms.
    fn lowest(&self) -> f64 {
        self.z.iter().map(|z| z.re).fold(f64::INFINITY, f64::min)
    }

    /// Reactance at 1 kHz that the end of the data extrapolates to; never nothing.
    pub(super) fn reactance(&self) -> f64 {
        let top = self.tones.iter().zip(&self.z).rev().take(6);
        let of = |(tone, z): (&Tone, &Complex64)| z.im / (tone.hz / 1e3).powf(0.7);
        let largest = top.map(of).fold(0.0_f64, f64::max);
        largest.max(1e-4 * self.resistance())
    }

    /// Frequencies of the maxima of the real part that are peaks of their own: a tenth above the
    /// resistance, and above the valley on either side by more than noise would make them, and by
    /// enough to matter beside the tallest.
    pub(super) fn peaks(&self) -> Vec<f64> {
        const STANDING: f64 = 1.1;
        const OVER_VALLEY: f64 = 0.03;
        const OF_TALLEST: f64 = 0.05;
        /// In standard deviations; of some hundred points two differ by 6 now and then.
        const OVER_NOISE: f64 = 8.0;
        let real: Vec<f64> = self.z.iter().map(|z| z.re).collect();
        let valley = |side: &mut dyn Iterator<Item = f64>, peak: f64| {
            side.take_while(|&z| z <= peak).fold(peak, f64::min)
        };
        let prominence = |k: usize| {
            let left = valley(&mut real[..k].iter().rev().copied(), real[k]);
            let right = valley(&mut real[k + 1..].iter().copied(), real[k]);
            real[k] - left.max(right)
        };
        let maxima: Vec<(usize, f64)> = (1..real.len() - 1)
            .filter(|&k| real[k] > real[k - 1] && real[k] >= real[k + 1])
            .map(|k| (k, prominence(k)))
            .collect();
        let tallest = maxima.iter().map(|&(_, prominence)| prominence).fold(0.0, f64::max);
        let standing = STANDING * self.resistance();
        let is_peak = |&&(k, prominence): &&(usize, f64)| {
            real[k] > standing
                && prominence > OVER_VALLEY * real[k]
                && prominence > OF_TALLEST * tallest
                && prominence > OVER_NOISE * self.sigma[k]
        };
        maxima.iter().filter(is_peak).map(|&(k, _)| self.tones[k].hz).collect()
    }

    /// The main resonance, as the real part shows it; none where nothing stands out.
    pub(super) fn first_resonance(&self) -> Result<Option<Seen>, NoModel> {
        /// A peak of the real part over its smallest value that is worth a start.
        const STANDS_OUT: f64 = 1.004;
        const CERTAIN: f64 = 1.05;
        let below = self.tones.partition_point(|tone| tone.hz < MAIN_BELOW_HZ);
        let by_real = |a: &usize, b: &usize| self.z[*a].re.total_cmp(&self.z[*b].re);
        let Some(at) = (0..below).max_by(by_real) else { return Ok(None) };
        let (re, peak) = (self.resistance(), self.z[at].re);
        if peak < STANDS_OUT * self.lowest() {
            return Ok(None);
        }
        let (last, hz) = (self.tones.len() - 1, self.tones[at].hz);
        if at == 0 || at == last {
            let certain = peak > CERTAIN * re;
            return if certain { Err(NoModel::PeakOutside { at_hz: hz }) } else { Ok(None) };
        }
        let height = peak - re;
        let half = re + 0.5 * height;
        let falls = |k: usize| (self.z[k].re < half).then(|| self.tones[k].hz);
        let (first_hz, last_hz) = self.ends();
        let left = (0..at).rev().find_map(falls).unwrap_or(first_hz);
        let right = (at..below).find_map(falls).unwrap_or(last_hz);
        let q = (hz / (right - left)).clamp(0.2, 20.0);
        Ok(Some(Seen { height, hz, q }))
    }
}
