//! A headphone as the load of a source.
//!
//! A source of impedance Zs and a headphone of impedance Z divide the voltage, G = Z/(Z + Zs), so
//! that going from one source to another changes the level by
//!
//! ```text
//! G₁/G₀     = (Z + Zs₀)/(Z + Zs₁)
//! δ ln G₁/G₀ = (1/(Z + Zs₀) − 1/(Z + Zs₁))·δZ + δZs₀/(Z + Zs₀) − δZs₁/(Z + Zs₁)
//! ```
//!
//! of which the real part is that of the level in nepers. The error of Z is the same on either
//! source and cancels as far as the two are alike; errors of different impedances are taken as
//! independent.

use ndarray::Array1;
use num_complex::Complex64;

use super::{AUDIBLE_HZ, StudyError};
use crate::model::{Budget, Covariance, Curve, EighthRule, FrequencyGrid, Impedance, Source};
use crate::quantity::unit::Decibel;
use crate::quantity::{DB_PER_NEPER, Resistance, amplitude_db, power_db};

/// The errors of a level, in decibels.
pub(super) struct LevelErrors {
    /// Standard uncertainty by errors that have nothing to do with each other.
    pub(super) independent: Array1<f64>,
    /// What a standard deviation of each error does that is common to all frequencies.
    pub(super) common: Vec<Array1<f64>>,
}

/// What |1 + R·Y| follows from, at one frequency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Admittance {
    /// Real part in siemens, at least 0.
    pub(super) conductance: f64,
    /// Square of the magnitude, in siemens squared, above 0. Of measured levels it may be a little
    /// less than the square of the conductance.
    pub(super) squared: f64,
    /// How well both are known, if that is known.
    pub(super) covariance: Option<AdmittanceCovariance>,
}

/// Covariance of Re Y and |Y|².
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AdmittanceCovariance {
    /// Variance of Re Y, in S².
    pub(super) conductance: f64,
    /// Covariance of Re Y and |Y|², in S³.
    pub(super) both: f64,
    /// Variance of |Y|², in S⁴.
    pub(super) squared: f64,
}

impl AdmittanceCovariance {
    /// Standard uncertainty of `a·Re Y + b·|Y|²`.
    pub(super) fn u_along(self, a: f64, b: f64) -> f64 {
        let variance = a * a * self.conductance + 2.0 * a * b * self.both + b * b * self.squared;
        variance.max(0.0).sqrt()
    }
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

    /// The cosine of the phase.
    pub(super) fn cosine(self) -> f64 {
        (self.conductance * self.impedance_ohm()).clamp(0.0, 1.0)
    }

    /// Level behind `to_ohm` against that behind `from_ohm`, with its uncertainty where known.
    fn change(self, from_ohm: f64, to_ohm: f64) -> (f64, Option<f64>) {
        let (from, to) = (self.power_behind(from_ohm), self.power_behind(to_ohm));
        let by_conductance = 2.0 * (from_ohm / from - to_ohm / to);
        let by_squared = from_ohm * from_ohm / from - to_ohm * to_ohm / to;
        let u = self.covariance.map(|c| 0.5 * DB_PER_NEPER * c.u_along(by_conductance, by_squared));
        (power_db(from / to), u)
    }
}

/// What is known of a load.
enum Known {
    Impedance { z_ohm: Vec<Complex64>, covariance: Option<Vec<Covariance>>, errors: Option<Errors> },
    Admittance(Vec<Admittance>),
}

/// The uncertainty of an impedance by what its errors at different frequencies have to do with each
/// other.
struct Errors {
    /// Of those that have nothing to do with each other.
    noise: Vec<Covariance>,
    /// Each error that is one and the same at all frequencies: what a standard deviation of it does,
    /// in ohms.
    common: Vec<Vec<Complex64>>,
}

impl Errors {
    /// From the lines of a budget. Each moves magnitude and phase; their signs are not kept, and are
    /// taken as the same at all frequencies.
    fn of(budget: &Budget, z_ohm: &[Complex64], first: usize) -> Option<Self> {
        let mut errors =
            Self { noise: vec![Covariance::default(); z_ohm.len()], common: Vec::new() };
        for line in &budget.contributions {
            let own = line.covariance.get(first..first + z_ohm.len())?;
            if line.source.is_noise() {
                for (sum, more) in errors.noise.iter_mut().zip(own) {
                    *sum = sum.plus(*more);
                }
                continue;
            }
            let pairs = || z_ohm.iter().zip(own);
            let along = pairs().map(|(&z, c)| z / z.norm() * c.u_magnitude(z));
            errors.common.push(along.collect());
            let across = pairs().map(|(&z, c)| z * Complex64::I * c.u_phase(z));
            errors.common.push(across.collect());
        }
        Some(errors)
    }
}

/// The audible part of an impedance.
pub(super) struct Load {
    grid: FrequencyGrid,
    known: Known,
    /// The smallest magnitude.
    minimum_ohm: f64,
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
        let audible = impedance.narrowed_to(&grid)?;
        let z_ohm = audible.values().to_vec();
        if let Some(at) = z_ohm.iter().position(|z| z.norm() <= 0.0) {
            return Err(StudyError::ShortCircuit { frequency_hz: grid.hz()[at] });
        }
        let covariance = audible.covariance().map(<[Covariance]>::to_vec);
        Ok(Self::of(grid, Known::Impedance { z_ohm, covariance, errors: None }))
    }

    /// The same load, of which it is known what the uncertainty is made of; the budget is on the
    /// impedance's own frequencies, of which so many come before the audible ones.
    pub(super) fn with_budget(mut self, budget: &Budget, before: usize) -> Self {
        if let Known::Impedance { z_ohm, errors, .. } = &mut self.known {
            *errors = Errors::of(budget, z_ohm, before);
        }
        self
    }

    /// By how much the level's change from one source to another is moved by each error of the load
    /// that is common to all frequencies, in decibels at the frequencies of [`Self::change`], and the
    /// uncertainty of that change by noise and by the sources; `None` if either is not known.
    ///
    /// # Errors
    ///
    /// As [`Self::change`].
    pub(super) fn errors(
        &self,
        from: &Source,
        to: &Source,
    ) -> Result<Option<LevelErrors>, StudyError> {
        let Known::Impedance { z_ohm, errors: Some(errors), .. } = &self.known else {
            return Ok(None);
        };
        let (grid, first) = self.shared_with(&[from, to])?;
        let (before, after) = (SourceSeen::new(from, &grid)?, SourceSeen::new(to, &grid)?);
        let slope = |k: usize| {
            let z = z_ohm[first + k];
            DB_PER_NEPER * ((z + before.ohm(k)).inv() - (z + after.ohm(k)).inv())
        };
        let slopes: Vec<Complex64> = (0..grid.len()).map(slope).collect();
        let common = errors.common.iter().map(|error| {
            let here = error.iter().skip(first);
            slopes.iter().zip(here).map(|(slope, error)| (slope * error).re).collect()
        });
        let (common, is_same) = (common.collect(), from == to);
        let own = |k: usize| {
            let own = (z_ohm[first + k], Some(errors.noise[first + k]));
            of_impedance(own, [before.at(k), after.at(k)], is_same)?.1
        };
        let independent: Option<Array1<f64>> = (0..grid.len()).map(own).collect();
        Ok(independent.map(|independent| LevelErrors { independent, common }))
    }

    /// A load of which the phase's sign is not known; one admittance for each frequency.
    pub(super) fn of_admittance(grid: FrequencyGrid, admittance: Vec<Admittance>) -> Self {
        Self::of(grid, Known::Admittance(admittance))
    }

    fn of(grid: FrequencyGrid, known: Known) -> Self {
        let load = Self { grid, known, minimum_ohm: 0.0, maximum_ohm: 0.0 };
        let magnitudes = || (0..load.grid.len()).map(|k| load.magnitude_ohm(k));
        let minimum_ohm = magnitudes().fold(f64::INFINITY, f64::min);
        let maximum_ohm = magnitudes().fold(0.0, f64::max);
        Self { minimum_ohm, maximum_ohm, ..load }
    }

    /// The audible frequencies.
    pub(super) const fn grid(&self) -> &FrequencyGrid {
        &self.grid
    }

    /// The smallest magnitude, in ohms.
    pub(super) const fn minimum_ohm(&self) -> f64 {
        self.minimum_ohm
    }

    fn magnitude_ohm(&self, k: usize) -> f64 {
        match &self.known {
            Known::Impedance { z_ohm, .. } => z_ohm[k].norm(),
            Known::Admittance(admittance) => admittance[k].impedance_ohm(),
        }
    }

    /// Level on one source against that on another, where both are known, with its uncertainty if
    /// all impedances state theirs.
    ///
    /// # Errors
    ///
    /// When a source was measured at no frequency of the load, or the load's phase would have to be
    /// known, or a source cancels the load.
    pub(super) fn change(&self, from: &Source, to: &Source) -> Result<Curve<Decibel>, StudyError> {
        let (grid, first) = self.shared_with(&[from, to])?;
        if let (Known::Admittance(_), Some(output)) =
            (&self.known, from.output().or_else(|| to.output()))
        {
            return Err(StudyError::PhaseUnknown { name: output.name.clone() });
        }
        let (before, after) = (SourceSeen::new(from, &grid)?, SourceSeen::new(to, &grid)?);
        let is_same = from == to;
        let (mut levels, mut us) = (Vec::new(), Some(Vec::new()));
        for k in 0..grid.len() {
            let (level, u) = match &self.known {
                Known::Admittance(admittance) => {
                    admittance[first + k].change(before.ohm(k).re, after.ohm(k).re)
                }
                Known::Impedance { z_ohm, covariance, .. } => {
                    let own = (z_ohm[first + k], covariance.as_ref().map(|c| c[first + k]));
                    let sources = [before.at(k), after.at(k)];
                    of_impedance(own, sources, is_same)
                        .ok_or(StudyError::ShortCircuit { frequency_hz: grid.hz()[k] })?
                }
            };
            levels.push(level);
            us = us.zip(u).map(|(mut us, u)| {
                us.push(u);
                us
            });
        }
        let curve = Curve::new(grid, levels.into())?;
        Ok(match us {
            Some(us) => curve.with_u(us.into())?,
            None => curve,
        })
    }

    /// The smallest |Z|/|Zs| where both are known; `None` if that has no end.
    pub(super) fn damping_factor(&self, source: &Source) -> Result<Option<f64>, StudyError> {
        let (grid, first) = self.shared_with(&[source])?;
        let seen = SourceSeen::new(source, &grid)?;
        let ratios = (0..grid.len()).map(|k| self.magnitude_ohm(first + k) / seen.ohm(k).norm());
        let least = ratios.fold(f64::INFINITY, f64::min);
        Ok(least.is_finite().then_some(least))
    }

    /// The frequencies that measured sources cover too, and how many of the load's come before.
    fn shared_with(&self, sources: &[&Source]) -> Result<(FrequencyGrid, usize), StudyError> {
        let outputs =
            || sources.iter().filter_map(|source| source.output()).map(|o| o.impedance.grid());
        let start_hz = outputs().map(FrequencyGrid::first_hz).fold(self.grid.first_hz(), f64::max);
        let end_hz = outputs().map(FrequencyGrid::last_hz).fold(self.grid.last_hz(), f64::min);
        let inside = self.grid.within(start_hz, end_hz);
        let grid = inside.ok_or(StudyError::NoCommonBand { start_hz, end_hz })?;
        let first = self.grid.hz().partition_point(|&f| f < grid.first_hz());
        Ok((grid, first))
    }

    /// Highest less lowest level behind a resistance.
    fn peak_to_peak_db(&self, source_ohm: f64) -> f64 {
        peak_to_peak((0..self.grid.len()).map(|k| match &self.known {
            Known::Impedance { z_ohm, .. } => {
                amplitude_db((z_ohm[k] / (z_ohm[k] + source_ohm)).norm())
            }
            Known::Admittance(admittance) => -power_db(admittance[k].power_behind(source_ohm)),
        }))
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

/// Highest less lowest of some levels.
pub(super) fn peak_to_peak(levels_db: impl Iterator<Item = f64> + Clone) -> f64 {
    let highest = levels_db.clone().fold(f64::NEG_INFINITY, f64::max);
    highest - levels_db.fold(f64::INFINITY, f64::min)
}

/// A source at the frequencies of a comparison.
enum SourceSeen {
    Resistance(f64),
    Measured(Impedance),
}

/// An impedance at one frequency, with what is known of its error.
type Seen = (Complex64, Option<Covariance>);

impl SourceSeen {
    fn new(source: &Source, grid: &FrequencyGrid) -> Result<Self, StudyError> {
        Ok(match source {
            Source::Resistance(resistance) => Self::Resistance(resistance.ohm()),
            Source::Measured(output) => Self::Measured(output.impedance.resampled_onto(grid)?),
        })
    }

    fn ohm(&self, k: usize) -> Complex64 {
        match self {
            Self::Resistance(ohm) => Complex64::from(*ohm),
            Self::Measured(impedance) => impedance.values()[k],
        }
    }

    fn at(&self, k: usize) -> Seen {
        let covariance = match self {
            Self::Resistance(_) => Some(Covariance::default()),
            Self::Measured(impedance) => impedance.covariance().map(|c| c[k]),
        };
        (self.ohm(k), covariance)
    }
}

/// The change of level from one source to another, with its uncertainty if all are known; `None`
/// if one of them short-circuits the headphone.
fn of_impedance(
    (z, own): Seen,
    [from, to]: [Seen; 2],
    is_same: bool,
) -> Option<(f64, Option<f64>)> {
    let (before, after) = (z + from.0, z + to.0);
    if before.norm() * after.norm() <= 0.0 {
        return None;
    }
    let level = amplitude_db((before / after).norm());
    let (before, after) = (before.inv(), after.inv());
    let u = own.zip(from.1).zip(to.1).map(|((own, from), to)| {
        let of_load = own.scaled(before - after);
        // The error of one and the same source cancels, as the source does.
        let of_sources = if is_same {
            Covariance::default()
        } else {
            from.scaled(before).plus(to.scaled(-after))
        };
        DB_PER_NEPER * of_load.plus(of_sources).rr.max(0.0).sqrt()
    });
    Some((level, u))
}

/// Uncertainties combined as independent ones; `None` if one is not known.
pub(super) fn combined(parts: &[Option<&Array1<f64>>]) -> Option<Array1<f64>> {
    let (first, rest) = parts.split_first()?;
    rest.iter().try_fold((*first)?.clone(), |sum, part| {
        let part = (*part)?;
        Some(sum.iter().zip(part).map(|(a, b)| a.hypot(*b)).collect())
    })
}
