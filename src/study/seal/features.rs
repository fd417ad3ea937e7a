//! What is looked at of an impedance: what the temperature of the coil does not change.

use num_complex::Complex64;

use super::Named;
use crate::metrology::band::mean_over;
use crate::model::{Curve, FrequencyGrid, Impedance};
use crate::quantity::unit::Ohm;
use crate::study::StudyError;

/// Middle of the lowest band; there is one for every third of an octave.
const LOWEST_HZ: f64 = 25.0;
/// Bands from 25 Hz to 500 Hz, where leaks of a millimetre and more tell on the impedance.
const BANDS: u8 = 14;
/// The band that must be there, with all above it: 63 Hz.
const INDISPENSABLE: u8 = 4;
/// Where the diaphragm hardly moves: what is left is the coil with its temperature.
const COIL_HZ: (f64, f64) = (1e3, 2e3);

/// The bands that all takes cover.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    centres_hz: Vec<f64>,
}

/// What is looked at of an impedance, and what is not known of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Features {
    /// Mean of the motional impedance in each band: the impedance less [`Self::coil`]'s real part.
    pub(super) motional: Vec<Complex64>,
    /// Middles of the bands in hertz.
    pub(super) hz: Vec<f64>,
    /// Mean impedance where the diaphragm hardly moves.
    pub(super) coil: Complex64,
    /// Relative standard uncertainty of the magnitude; zero where none is stated.
    pub(super) u_scale: f64,
    /// Standard uncertainty of the phase in radians; zero where none is stated.
    pub(super) u_turn: f64,
}

impl Frame {
    /// The bands that all takes cover, from 60 Hz at least.
    pub(super) fn of(takes: &[&Named]) -> Result<Self, StudyError> {
        let mut lowest = 0;
        for (name, impedance) in takes {
            let bare = part(impedance, |z| z.re)?;
            let covered = |k: &u8| band_mean(&bare, centre_hz(*k)).is_some();
            let first = (0..=INDISPENSABLE).find(|k| (*k..BANDS).all(|k| covered(&k)));
            let coil = mean_over(&bare, COIL_HZ.0, COIL_HZ.1);
            let (Some(first), Some(_)) = (first, coil) else {
                let grid = impedance.grid();
                return Err(StudyError::SealBand {
                    name: name.clone(),
                    first_hz: grid.first_hz(),
                    last_hz: grid.last_hz(),
                });
            };
            lowest = lowest.max(first);
        }
        Ok(Self { centres_hz: (lowest..BANDS).map(centre_hz).collect() })
    }

    /// What is looked at of a take.
    pub(super) fn features(&self, (name, impedance): &Named) -> Result<Features, StudyError> {
        let parts = [part(impedance, |z| z.re)?, part(impedance, |z| z.im)?];
        let complex = |mean: &dyn Fn(&Curve<Ohm>) -> Option<f64>| {
            let [re, im] = parts.each_ref().map(mean);
            Some(Complex64::new(re?, im?))
        };
        let coil = complex(&|curve| mean_over(curve, COIL_HZ.0, COIL_HZ.1));
        let mean = |&hz: &f64| complex(&|curve| band_mean(curve, hz));
        let bands: Option<Vec<Complex64>> = self.centres_hz.iter().map(mean).collect();
        let (Some(coil), Some(bands)) = (coil, bands) else {
            let (first_hz, last_hz) = (impedance.grid().first_hz(), impedance.grid().last_hz());
            return Err(StudyError::SealBand { name: name.clone(), first_hz, last_hz });
        };
        let (u_scale, u_turn) = self.uncertainty(impedance);
        let motional = bands.iter().map(|z| z - coil.re).collect();
        Ok(Features { motional, hz: self.centres_hz.clone(), coil, u_scale, u_turn })
    }

    /// Mean standard uncertainty of the magnitude, relative, and of the phase in radians over the
    /// bands.
    fn uncertainty(&self, impedance: &Impedance) -> (f64, f64) {
        let Some(covariance) = impedance.covariance() else { return (0.0, 0.0) };
        let (from, to) = (self.centres_hz.first(), self.centres_hz.last());
        let (Some(from), Some(to)) = (from, to) else { return (0.0, 0.0) };
        let points = impedance.hz().iter().zip(impedance.values()).zip(covariance);
        let inside = points.filter(|((hz, z), _)| (*from..=*to).contains(hz) && z.norm() > 0.0);
        let of = inside.map(|((_, &z), c)| (c.u_magnitude(z) / z.norm(), c.u_phase(z)));
        let (scale, turn, n) =
            of.fold((0.0, 0.0, 0.0_f64), |(a, b, n), (scale, turn)| (a + scale, b + turn, n + 1.0));
        (scale / n.max(1.0), turn / n.max(1.0))
    }

    /// Middles of the bands in hertz.
    pub(super) fn centres_hz(&self) -> &[f64] {
        &self.centres_hz
    }
}

impl Features {
    /// The mean of takes. Their electrical uncertainty is taken as one that they have in common.
    pub(super) fn mean(takes: &[Self]) -> Self {
        let n = takes.len().max(1) as f64;
        let over = |of: &dyn Fn(&Self) -> f64| takes.iter().map(of).sum::<f64>() / n;
        let bands = takes.first().map_or(0, |take| take.motional.len());
        let band = |k: usize| takes.iter().map(|take| take.motional[k]).sum::<Complex64>() / n;
        Self {
            motional: (0..bands).map(band).collect(),
            hz: takes.first().map(|take| take.hz.clone()).unwrap_or_default(),
            coil: takes.iter().map(|take| take.coil).sum::<Complex64>() / n,
            u_scale: over(&|take| take.u_scale),
            u_turn: over(&|take| take.u_turn),
        }
    }

    /// Real parts, then imaginary parts.
    pub(super) fn stacked(&self) -> Vec<f64> {
        stacked(&self.motional)
    }

    /// How the features change with the compliance of the suspension.
    ///
    /// ```text
    /// Z = Z_coil + (Bl)²/Z_m,   δZ_m = δk/(jω)   →   δZ = −(Z − Z_coil)²/(Bl)² · δk/(jω)
    /// ```
    ///
    /// k: stiffness. The direction is the same whatever loads the diaphragm.
    pub(super) fn suspension(&self) -> Vec<f64> {
        let of =
            |(&z, &hz): (&Complex64, &f64)| z * z / Complex64::new(0.0, std::f64::consts::TAU * hz);
        stacked(&self.motional.iter().zip(&self.hz).map(of).collect::<Vec<_>>())
    }

    /// The features with a suspension that is stiffer by so much, over (Bl)²; `None` if that is more
    /// than a suspension may be.
    pub(super) fn stiffened(&self, by: f64) -> Option<Self> {
        let moved = self.motional.iter().zip(&self.hz).map(|(&z, &hz)| stiffened(z, hz, by));
        Some(Self { motional: moved.collect::<Option<_>>()?, ..self.clone() })
    }

    /// How the features change with a relative error of the magnitude, and with one of the phase in
    /// radians.
    pub(super) fn electrical(&self) -> [Vec<f64>; 2] {
        let turned = self.motional.iter().map(|&z| self.turned(z));
        [self.stacked(), stacked(&turned.collect::<Vec<_>>())]
    }

    /// The features with a relative error of the magnitude and one of the phase in radians.
    pub(super) fn disturbed(&self, scale: f64, turn: f64) -> Self {
        let motional = self.motional.iter().map(|&z| z + scale * z + turn * self.turned(z));
        Self { motional: motional.collect(), ..self.clone() }
    }

    /// How a motional impedance changes with the phase, per radian.
    fn turned(&self, motional: Complex64) -> Complex64 {
        let turned = Complex64::I * (motional + self.coil.re);
        turned - (Complex64::I * self.coil).re
    }
}

/// A motional impedance with a suspension that is stiffer by so much, over (Bl)².
///
/// ```text
/// 1/Z' = 1/Z + k/((Bl)²·jω)
/// ```
///
/// `None` where that changes the admittance by half of itself or more: no suspension does.
pub(super) fn stiffened(motional: Complex64, hz: f64, by: f64) -> Option<Complex64> {
    const MOST: f64 = 0.5;
    let change = by * motional / Complex64::new(0.0, std::f64::consts::TAU * hz);
    (change.norm() < MOST).then(|| motional / (1.0 + change))
}

fn stacked(values: &[Complex64]) -> Vec<f64> {
    values.iter().map(|z| z.re).chain(values.iter().map(|z| z.im)).collect()
}

fn centre_hz(k: u8) -> f64 {
    LOWEST_HZ * (f64::from(k) / 3.0).exp2()
}

fn band_mean(curve: &Curve<Ohm>, centre_hz: f64) -> Option<f64> {
    let half = (1.0_f64 / 6.0).exp2();
    mean_over(curve, centre_hz / half, centre_hz * half)
}

/// The real or the imaginary part over frequency.
pub(super) fn part(
    impedance: &Impedance,
    of: impl Fn(&Complex64) -> f64,
) -> Result<Curve<Ohm>, StudyError> {
    Ok(Curve::new(impedance.grid().clone(), impedance.values().iter().map(of).collect())?)
}

/// The frequencies at which the difference is drawn: those up to 1 kHz that all takes cover.
pub(super) fn drawn(takes: &[&Named]) -> Result<FrequencyGrid, StudyError> {
    let first = |hz: f64, (_, z): &&Named| hz.max(z.grid().first_hz());
    let start_hz = takes.iter().fold(0.0, first);
    FrequencyGrid::standard()
        .within(start_hz, COIL_HZ.0)
        .ok_or(StudyError::NoCommonBand { start_hz, end_hz: COIL_HZ.0 })
}
