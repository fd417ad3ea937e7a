//! Where fits begin.

use num_complex::Complex64;

use super::circuit::{Structure, resonance};
use super::fit::{Data, Fitted};
use crate::model::NoModel;

/// Main resonances lie below this.
const MAIN_BELOW_HZ: f64 = 1e3;
/// A peak of the real part over its surroundings that is worth a start.
const STANDS_OUT: f64 = 1.004;

/// A resonance as it is seen: height over the rest, frequency, Q.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    height: f64,
    hz: f64,
    q: f64,
}

impl Data {
    fn resistance(&self) -> f64 {
        0.995 * self.z.iter().map(|z| z.re).fold(f64::INFINITY, f64::min)
    }

    /// Reactance at 1 kHz that the end of the data extrapolates to; never nothing.
    fn reactance(&self) -> f64 {
        let top = self.hz.iter().zip(&self.z).rev().take(6);
        let of = |(hz, z): (&f64, &Complex64)| z.im / (hz / 1e3).powf(0.7);
        let largest = top.map(of).fold(0.0_f64, f64::max);
        largest.max(1e-4 * self.resistance())
    }

    /// Frequencies of the maxima of the magnitude below 1 kHz that stand a tenth above the
    /// resistance and above the valley on either side.
    pub(super) fn peaks(&self) -> Vec<f64> {
        const STANDING: f64 = 1.1;
        const OVER_VALLEY: f64 = 1.03;
        let size: Vec<f64> = self.z.iter().map(|z| z.norm()).collect();
        let valley = |side: &mut dyn Iterator<Item = f64>, peak: f64| {
            side.take_while(|&z| z <= peak).fold(peak, f64::min)
        };
        let is_peak = |&k: &usize| {
            let peak = size[k];
            let left = valley(&mut size[..k].iter().rev().copied(), peak);
            let right = valley(&mut size[k + 1..].iter().copied(), peak);
            peak > size[k - 1]
                && peak >= size[k + 1]
                && peak > STANDING * self.resistance()
                && peak > OVER_VALLEY * left.max(right)
                && self.hz[k] < MAIN_BELOW_HZ
        };
        (1..size.len() - 1).filter(is_peak).map(|k| self.hz[k]).collect()
    }

    /// The main resonance, as the real part shows it; none where nothing stands out.
    pub(super) fn first_resonance(&self) -> Result<Option<Seen>, NoModel> {
        let below = self.hz.partition_point(|&f| f < MAIN_BELOW_HZ);
        let by_real = |a: &usize, b: &usize| self.z[*a].re.total_cmp(&self.z[*b].re);
        let Some(at) = (0..below).max_by(by_real) else { return Ok(None) };
        let (re, peak) = (self.resistance(), self.z[at].re);
        if peak < STANDS_OUT * re {
            return Ok(None);
        }
        let last = self.hz.len() - 1;
        if at == 0 || at == last {
            const CERTAIN: f64 = 1.05;
            let at_hz = self.hz[at];
            return if peak > CERTAIN * re {
                Err(NoModel::PeakOutside { at_hz })
            } else {
                Ok(None)
            };
        }
        let height = peak - re;
        let half = re + 0.5 * height;
        let left = (0..at).rev().find(|&k| self.z[k].re < half).map_or(self.hz[0], |k| self.hz[k]);
        let right =
            (at..below).find(|&k| self.z[k].re < half).map_or(self.hz[last], |k| self.hz[k]);
        let hz = self.hz[at];
        let q = (hz / (right - left)).clamp(0.2, 20.0);
        Ok(Some(Seen { height, hz, q }))
    }

    /// Whether every resonance of a fit lies inside the data.
    pub(super) fn holds(&self, structure: Structure, fitted: &Fitted) -> bool {
        let (first, last) = (self.hz[0], self.hz[self.hz.len() - 1]);
        (0..structure.resonances)
            .map(|i| fitted.theta[structure.resonance(i) + 1].exp())
            .all(|hz| (first..=last).contains(&hz))
    }

    pub(super) fn bare_start(&self, structure: Structure) -> Vec<f64> {
        let mut theta = vec![self.resistance().ln()];
        theta.extend(structure.coil_start(self.reactance()));
        theta
    }

    pub(super) fn start(&self, structure: Structure, seen: &Seen) -> Vec<f64> {
        let mut theta = self.bare_start(structure);
        theta.extend([seen.height.ln(), seen.hz.ln(), seen.q.ln()]);
        theta
    }

    /// The parameters of a fit with one resonance more, where its residual asks for it most.
    ///
    /// For each place and Q the height is a linear parameter: what it would take off χ² is known
    /// without a fit. A blind start ends in false minima above the band.
    pub(super) fn further(&self, structure: Structure, fitted: &Fitted) -> Option<Vec<f64>> {
        const PLACES_PER_OCTAVE: f64 = 6.0;
        const QS: [f64; 4] = [1.0, 2.0, 4.0, 8.0];
        const FROM_HZ: f64 = 30.0;
        const TO_HZ: f64 = 15e3;
        let mut slopes = vec![Complex64::ZERO; structure.parameters()];
        let residual: Vec<Complex64> = (0..self.hz.len())
            .map(|k| self.z[k] - structure.evaluate(&fitted.theta, self.hz[k], &mut slopes))
            .collect();
        let steps = ((TO_HZ / FROM_HZ).log2() * PLACES_PER_OCTAVE) as i32;
        let places = (0..=steps).map(|k| FROM_HZ * (f64::from(k) / PLACES_PER_OCTAVE).exp2());
        let inside = places.filter(|f| *f > self.hz[1] && *f < self.hz[self.hz.len() - 2]);
        let mut best: Option<(f64, [f64; 3])> = None;
        for hz in inside {
            for q in QS {
                let shape = [0.0, hz.ln(), q.ln()];
                let mut unused = [Complex64::ZERO; 3];
                let (mut along, mut norm) = (0.0, 0.0);
                for (k, off) in residual.iter().enumerate() {
                    let weight = 1.0 / self.sigma[k].powi(2);
                    let h = resonance(&shape, self.hz[k], &mut unused);
                    along += weight * (off * h.conj()).re;
                    norm += weight * h.norm_sqr();
                }
                let (height, gain) = (along / norm, along * along / norm);
                if height > 0.0 && best.is_none_or(|(most, _)| gain > most) {
                    best = Some((gain, [height.ln(), hz.ln(), q.ln()]));
                }
            }
        }
        let mut theta = fitted.theta.clone();
        theta.extend(best?.1);
        Some(theta)
    }
}
