//! A headphone as the load of a source.

use ndarray::Array1;
use num_complex::Complex64;

use super::{AUDIBLE_HZ, StudyError};
use crate::model::{Curve, EighthRule, FrequencyGrid, Impedance};
use crate::quantity::unit::Decibel;
use crate::quantity::{Resistance, amplitude_db, power_db};

/// What |1 + R·Y| follows from, at one frequency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Admittance {
    /// Real part in siemens, at least 0.
    pub(super) conductance: f64,
    /// Square of the magnitude, in siemens squared, above 0. Of measured levels it may be a little
    /// less than the square of the conductance.
    pub(super) squared: f64,
}

impl Admittance {
    /// |1 + R·Y|² = 1 + 2R·Re Y + R²·|Y|²: what a series resistor takes of the power.
    pub(super) fn power_behind(self, source_ohm: f64) -> f64 {
        (source_ohm * self.squared).mul_add(source_ohm, 2.0 * source_ohm * self.conductance) + 1.0
    }

    /// |Z| in ohms.
    pub(super) fn impedance_ohm(self) -> f64 {
        self.squared.sqrt().recip()
    }
}

/// What is known of a load.
enum Known {
    Impedance(Vec<Complex64>),
    Admittance(Vec<Admittance>),
}

/// The audible part of an impedance.
pub(super) struct Load {
    grid: FrequencyGrid,
    known: Known,
    /// The smallest magnitude.
    pub(super) minimum_ohm: f64,
    maximum_ohm: f64,
}

impl Load {
    /// # Errors
    ///
    /// When nothing of it is audible, or it is zero somewhere.
    pub(super) fn new(impedance: &Impedance) -> Result<Self, StudyError> {
        let (from_hz, to_hz) = AUDIBLE_HZ;
        let all = impedance.grid();
        let grid = all.within(from_hz, to_hz).ok_or(StudyError::NoCommonBand {
            start_hz: from_hz.max(all.first_hz()),
            end_hz: to_hz.min(all.last_hz()),
        })?;
        let points = impedance.hz().iter().zip(impedance.values());
        let inside = points.filter(|(f, _)| (from_hz..=to_hz).contains(*f));
        let z_ohm: Vec<Complex64> = inside.map(|(_, &z)| z).collect();
        if let Some(at) = z_ohm.iter().position(|z| z.norm() <= 0.0) {
            return Err(StudyError::ShortCircuit { frequency_hz: grid.hz()[at] });
        }
        let magnitudes = || z_ohm.iter().map(|z| z.norm());
        let minimum_ohm = magnitudes().fold(f64::INFINITY, f64::min);
        let maximum_ohm = magnitudes().fold(0.0, f64::max);
        Ok(Self { grid, known: Known::Impedance(z_ohm), minimum_ohm, maximum_ohm })
    }

    /// A load of which the phase's sign is not known; one admittance for each frequency.
    pub(super) fn of_admittance(grid: FrequencyGrid, admittance: Vec<Admittance>) -> Self {
        let magnitudes = || admittance.iter().map(|y| y.impedance_ohm());
        let minimum_ohm = magnitudes().fold(f64::INFINITY, f64::min);
        let maximum_ohm = magnitudes().fold(0.0, f64::max);
        Self { grid, minimum_ohm, maximum_ohm, known: Known::Admittance(admittance) }
    }

    /// The audible frequencies.
    pub(super) const fn grid(&self) -> &FrequencyGrid {
        &self.grid
    }

    fn levels_db(&self, source_ohm: f64) -> impl Iterator<Item = f64> {
        (0..self.grid.len()).map(move |k| match &self.known {
            Known::Impedance(z_ohm) => {
                let z = z_ohm[k];
                amplitude_db((z / (z + source_ohm)).norm())
            }
            Known::Admittance(admittance) => -power_db(admittance[k].power_behind(source_ohm)),
        })
    }

    /// Level behind a source against that behind 0 Ω.
    pub(super) fn level_behind(&self, source: Resistance) -> Result<Curve<Decibel>, StudyError> {
        let levels: Array1<f64> = self.levels_db(source.ohm()).collect();
        Ok(Curve::new(self.grid.clone(), levels)?)
    }

    /// Highest less lowest level behind a source.
    pub(super) fn peak_to_peak_db(&self, source_ohm: f64) -> f64 {
        let highest = self.levels_db(source_ohm).fold(f64::NEG_INFINITY, f64::max);
        let lowest = self.levels_db(source_ohm).fold(f64::INFINITY, f64::min);
        highest - lowest
    }

    /// What an eighth of the smallest magnitude costs.
    pub(super) fn eighth_rule(&self) -> EighthRule {
        let eighth_ohm = self.minimum_ohm / 8.0;
        EighthRule {
            allows: Resistance::new(eighth_ohm).unwrap_or(Resistance::MAX),
            costs_db: self.peak_to_peak_db(eighth_ohm),
        }
    }

    /// The source at which the response first deviates by the limit, peak to peak.
    ///
    /// Sources are doubled from far below the load to far above it until one exceeds the limit,
    /// then the last step is bisected. `None` if even the last, in effect a current source, stays
    /// within.
    pub(super) fn largest_source(&self, limit_db: f64) -> Option<Resistance> {
        /// Loads differ by less than 1e-3 dB behind a source this much smaller than the least.
        const SMALLEST: f64 = 1e-4;
        /// A source this much larger than the largest |Z| is a current source to 1e-3 dB.
        const LARGEST: f64 = 1e4;
        /// Halvings of a factor of two, to 1e-9.
        const HALVINGS: usize = 30;
        let end = self.maximum_ohm * LARGEST;
        let mut low = self.minimum_ohm * SMALLEST;
        while self.peak_to_peak_db(2.0 * low) <= limit_db {
            low *= 2.0;
            if low > end {
                return None;
            }
        }
        let mut high = 2.0 * low;
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if self.peak_to_peak_db(middle) <= limit_db { low = middle } else { high = middle }
        }
        Resistance::new(low).ok()
    }
}
