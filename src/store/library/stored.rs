//! A measurement that was stored.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use ndarray::Array1;
use num_complex::Complex64;

use super::manifest::{self, Manifest};
use super::{LibraryError, MOST_MANIFEST_BYTES, curve};
use crate::model::{
    Budget, Covariance, CrosstalkCurves, Curve, CurveError, Measurand, Measurement, Outcome, Polar,
    Spectrum, Trace,
};
use crate::quantity::unit::{Ohm, Unit};
use crate::quantity::{DB_PER_NEPER, amplitude_ratio};

/// A measurement as its folder holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The folder.
    pub folder: PathBuf,
    /// What was measured, how, and what came out.
    pub manifest: Manifest,
    /// The curve; absent if the takes were refused.
    pub trace: Option<Trace>,
}

/// Loads a measurement from its folder.
///
/// # Errors
///
/// When the folder holds none, or manifest or curve cannot be read.
pub fn load(folder: &Path) -> Result<Stored, LibraryError> {
    let manifest = manifest_of(folder)?;
    let trace = if manifest.refused { None } else { Some(curve::read(folder)?.into_trace()) };
    Ok(Stored { folder: folder.to_owned(), manifest, trace })
}

pub(super) fn manifest_of(folder: &Path) -> Result<Manifest, LibraryError> {
    manifest_at(&folder.join(manifest::FILE_NAME))
}

pub(super) fn manifest_at(path: &Path) -> Result<Manifest, LibraryError> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MOST_MANIFEST_BYTES).read_to_string(&mut text))
        .map_err(|source| LibraryError::Io { path: path.to_owned(), source })?;
    Manifest::parse(&text, path)
}

impl Stored {
    /// The folder's name.
    #[must_use]
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The files of the takes.
    #[must_use]
    pub fn takes(&self) -> Vec<PathBuf> {
        let takes = &self.manifest.conditions.takes;
        takes.iter().map(|take| self.folder.join(&take.file)).collect()
    }

    /// The measurement as it was, up to rounding. Of the uncertainty, the parts along and across
    /// the value are kept, not their correlation.
    ///
    /// # Errors
    ///
    /// When the stored curve holds numbers that are no spectrum.
    pub fn to_measurement(&self) -> Result<Measurement, CurveError> {
        let manifest = &self.manifest;
        let ratio =
            |polar| spectrum(polar, amplitude_ratio, |u, magnitude| u / DB_PER_NEPER * magnitude);
        let outcome = match &self.trace {
            Some(Trace::Response(polar)) if manifest.kind == Measurand::Crosstalk => {
                Outcome::Crosstalk {
                    response: ratio(polar)?,
                    curves: CrosstalkCurves::default(),
                    figures: manifest.crosstalk.clone().unwrap_or_default(),
                }
            }
            Some(Trace::Response(polar)) => Outcome::Response {
                response: ratio(polar)?,
                figures: manifest.response.clone().unwrap_or_default(),
            },
            Some(Trace::Impedance(polar)) if manifest.kind == Measurand::OutputImpedance => {
                Outcome::OutputImpedance {
                    impedance: spectrum::<Ohm, Ohm>(polar, |ohm| ohm, |u, _| u)?,
                    budget: Budget::default(),
                    figures: manifest.output.clone().unwrap_or_default(),
                    detail: None,
                }
            }
            Some(Trace::Impedance(polar)) => Outcome::Impedance {
                impedance: spectrum::<Ohm, Ohm>(polar, |ohm| ohm, |u, _| u)?,
                budget: Budget::default(),
                figures: manifest.impedance.clone().unwrap_or_default(),
            },
            None => Outcome::Refused(manifest.kind),
        };
        let (conditions, findings) = (manifest.conditions.clone(), manifest.findings.clone());
        Ok(Measurement { conditions, outcome, findings })
    }
}

/// The spectrum of a curve. `linear` turns a value of the curve into a magnitude, `scale` its
/// uncertainty at that magnitude.
fn spectrum<U: Unit, V: Unit>(
    polar: &Polar<U>,
    linear: impl Fn(f64) -> f64,
    scale: impl Fn(f64, f64) -> f64,
) -> Result<Spectrum<V>, CurveError> {
    let grid = polar.magnitude().grid().clone();
    let magnitudes: Vec<f64> = polar.magnitude().values().iter().map(|&v| linear(v)).collect();
    let radians = |i: usize| polar.phase().map_or(0.0, |phase| phase.values()[i].to_radians());
    let directions: Vec<Complex64> =
        (0..magnitudes.len()).map(|i| Complex64::from_polar(1.0, radians(i))).collect();
    let values = directions.iter().zip(&magnitudes).map(|(d, m)| d * m).collect();
    let spectrum = Spectrum::new(grid, values)?.with_coherence(polar.coherence().cloned())?;
    let Some(u) = polar.magnitude().u() else { return Ok(spectrum) };
    let u_phase = polar.phase().and_then(Curve::u);
    let covariance = (0..magnitudes.len()).map(|i| {
        let along = scale(u[i], magnitudes[i]);
        let across = u_phase.map_or(0.0, |u: &Array1<f64>| u[i].to_radians() * magnitudes[i]);
        let direction = directions[i];
        Covariance::radial(direction, along)
            .plus(Covariance::radial(direction * Complex64::I, across))
    });
    spectrum.with_covariance(covariance.collect())
}
