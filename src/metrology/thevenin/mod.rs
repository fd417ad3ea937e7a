//! A linear output by its open-circuit voltage and its impedance, from its voltage under several
//! loads.
//!
//! ```text
//! V_k = A / (1 + Z·Y_k)        Y_k = 1/R_k + Y_in
//! ```
//!
//! `A` open-circuit voltage, `Z` output impedance, `Y_k` admittance of the load in take k with the
//! input that measures beside it; everything complex, over the drive, at each frequency.

mod errors;
mod series;
mod solution;

use num_complex::Complex64;

pub use self::errors::Systematic;
pub use self::series::{SeriesFit, series};
use self::solution::{Fit, Taken};
use crate::metrology::statistics::median;
use crate::model::{Budget, Covariance, LoadResidual, OutputBench, TestLoad};

/// What one take gave: the voltage over the drive on the grid of the result.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedTake {
    /// The load.
    pub load: TestLoad,
    /// Voltage over drive.
    pub ratio: Vec<Complex64>,
    /// Covariance of the noise; empty if unknown.
    pub noise: Vec<Covariance>,
    /// The voltage over the load, where that is another than the one above.
    pub across: Option<Across>,
}

/// The voltage over a load, relative to that of the output.
#[derive(Debug, Clone, PartialEq)]
pub struct Across {
    /// Voltage over the load by voltage of the output.
    pub share: Vec<Complex64>,
    /// Standard uncertainty of each part of it by noise.
    pub u: Vec<f64>,
}

/// An output, as loads show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// The impedance in ohms, per frequency.
    pub impedance: Vec<Complex64>,
    /// Voltage without load over the drive, per frequency.
    pub open: Vec<Complex64>,
    /// Covariance of that.
    pub open_covariance: Vec<Covariance>,
    /// What its noise contributes, in ohms squared.
    pub noise: Vec<Covariance>,
    /// What else makes it uncertain.
    pub systematic: Vec<Systematic>,
    /// Whether one linear output explains all loads; `None` where two cannot tell.
    pub linear: Option<bool>,
    /// How each take agrees with what lighter loads say, in their order.
    pub residuals: Vec<LoadResidual>,
}

/// Why takes tell no output impedance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoOutput {
    /// One load says nothing.
    #[error("an output impedance needs takes with two different loads or more")]
    OneLoad,
    /// The voltages do not fall with the load.
    #[error("the takes differ in no way that an output impedance would explain")]
    Alike,
}

/// Where loads are compared: there no coupling capacitor and no output coil has a say.
pub const MIDDLE_HZ: std::ops::RangeInclusive<f64> = 100.0..=10e3;

/// The output impedance from takes with loads, by least squares over all of them.
///
/// Where a load comes back later, a drift that is linear in time is taken out (A-B-A). Starting
/// from the straight line `1/V = 1/A + (Z/A)·Y`, Gauss-Newton steps minimise the difference in
/// voltage, weighted by its uncertainty. With three loads or more χ² tells whether the output is
/// linear.
///
/// # Errors
///
/// With fewer than two different loads, or voltages that do not depend on them at all.
pub fn output(hz: &[f64], takes: &[LoadedTake], bench: &OutputBench) -> Result<Output, NoOutput> {
    let loads = solution::distinct(takes);
    if loads.len() < 2 {
        return Err(NoOutput::OneLoad);
    }
    let takes = solution::without_drift(hz, takes);
    let mut output = Output {
        impedance: Vec::with_capacity(hz.len()),
        open: Vec::with_capacity(hz.len()),
        open_covariance: Vec::with_capacity(hz.len()),
        noise: Vec::with_capacity(hz.len()),
        systematic: errors::lines(&takes, bench, hz.len()),
        linear: None,
        residuals: Vec::new(),
    };
    let mut chi_squared = Vec::new();
    for (i, &f) in hz.iter().enumerate() {
        let here = Taken::at(&takes, bench, f, i);
        let fit = Fit::of(&here).ok_or(NoOutput::Alike)?;
        output.impedance.push(fit.impedance);
        output.open.push(fit.open);
        output.open_covariance.push(fit.of_open());
        output.noise.push(fit.noise(&here));
        for line in &mut output.systematic {
            line.at(&here, &fit, f, i);
        }
        if MIDDLE_HZ.contains(&f) {
            chi_squared.push(fit.chi_squared(&here));
        }
    }
    let freedom = 2 * (takes.len() - 2);
    let limit = solution::limit(freedom);
    output.linear = (loads.len() > 2).then(|| median(&chi_squared).is_none_or(|x| x < limit));
    output.residuals = residuals(hz, &takes, bench);
    Ok(output)
}

impl Output {
    /// The lines of the uncertainty budget: those of one source together.
    #[must_use]
    pub fn budget(&self) -> Budget {
        errors::budget(&self.noise, &self.systematic)
    }
}

/// How each take agrees with what the takes with lighter loads say, in the middle of the band.
fn residuals(hz: &[f64], takes: &[LoadedTake], bench: &OutputBench) -> Vec<LoadResidual> {
    let conductance = |take: &LoadedTake| take.load.ohm().map_or(0.0, f64::recip);
    let of = |take: &LoadedTake| {
        let lighter: Vec<LoadedTake> =
            takes.iter().filter(|other| conductance(other) < conductance(take)).cloned().collect();
        let load_ohm = take.load.ohm();
        if solution::distinct(&lighter).len() < 2 {
            return LoadResidual { load_ohm, off_db: None, off_u: None };
        }
        let (mut db, mut u) = (Vec::new(), Vec::new());
        for (i, &f) in hz.iter().enumerate().filter(|(_, f)| MIDDLE_HZ.contains(*f)) {
            let Some(fit) = Fit::of(&Taken::at(&lighter, bench, f, i)) else { continue };
            let own = Taken::at(std::slice::from_ref(take), bench, f, i);
            let (off_db, u_db) = fit.against(&own);
            db.push(off_db);
            u.push(u_db);
        }
        let off_db = median(&db);
        let off_u = off_db.zip(median(&u)).map(|(off, u)| off / u);
        LoadResidual { load_ohm, off_db, off_u }
    };
    takes.iter().map(of).collect()
}

#[cfg(test)]
mod tests;
