//! How the calibration of a jig stands in its file.

use ndarray::Array1;
use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use super::{CalibrationProblem, finite, no_curve};
use crate::model::{
    CheckedStandard, Covariance, FrequencyGrid, ImpedanceCalibration, Jig, MeasuredStandard,
    Response, Standard,
};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImpedanceTable {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    delay_samples: Option<f64>,
    jig: Jig,
    standards: Vec<MeasuredTable>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    checks: Vec<CheckedStandard>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasuredTable {
    standard: Standard,
    ratio: RatioTable,
}

/// Complex values in cartesian parts, so that they are read as they were written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RatioTable {
    frequency_hz: Vec<f64>,
    re: Vec<f64>,
    im: Vec<f64>,
    /// Variances of the two parts and their covariance.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    variance_re: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    covariance: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    variance_im: Option<Vec<f64>>,
}

impl ImpedanceTable {
    pub(super) fn of(data: &ImpedanceCalibration) -> Self {
        let measured = |measured: &MeasuredStandard| MeasuredTable {
            standard: measured.standard.clone(),
            ratio: RatioTable::of(&measured.ratio),
        };
        Self {
            delay_samples: data.delay_samples,
            jig: data.jig,
            standards: data.standards.iter().map(measured).collect(),
            checks: data.checks.clone(),
        }
    }

    pub(super) fn into_data(self) -> Result<ImpedanceCalibration, CalibrationProblem> {
        if self.standards.is_empty() {
            return Err(numbers("[impedance] has no standard"));
        }
        let delay = self.delay_samples.map(|delay| finite("delay_samples", delay));
        let measured = |table: MeasuredTable| {
            if let Some(objection) = table.standard.objection() {
                return Err(CalibrationProblem::Numbers(objection));
            }
            let ratio = table.ratio.into_response()?;
            Ok(MeasuredStandard { standard: table.standard, ratio })
        };
        let standards: Vec<_> =
            self.standards.into_iter().map(measured).collect::<Result<_, _>>()?;
        let first = standards.first().map(|first| first.ratio.grid().clone());
        if standards.iter().any(|measured| Some(measured.ratio.grid()) != first.as_ref()) {
            return Err(numbers("the standards have different frequencies"));
        }
        Ok(ImpedanceCalibration {
            jig: self.jig,
            delay_samples: delay.transpose()?,
            standards,
            checks: self.checks,
        })
    }
}

impl RatioTable {
    fn of(ratio: &Response) -> Self {
        let part = |of: &dyn Fn(&Complex64) -> f64| ratio.values().iter().map(of).collect();
        let variance = |of: &dyn Fn(&Covariance) -> f64| {
            ratio.covariance().map(|covariance| covariance.iter().map(of).collect())
        };
        Self {
            frequency_hz: ratio.hz().to_vec(),
            re: part(&|v| v.re),
            im: part(&|v| v.im),
            variance_re: variance(&|c| c.rr),
            covariance: variance(&|c| c.ri),
            variance_im: variance(&|c| c.ii),
        }
    }

    fn into_response(self) -> Result<Response, CalibrationProblem> {
        let count = self.frequency_hz.len();
        let lists = [Some(&self.re), Some(&self.im), self.variance_re.as_ref()];
        let lists = lists.into_iter().chain([self.covariance.as_ref(), self.variance_im.as_ref()]);
        if lists.flatten().any(|list| list.len() != count) {
            return Err(numbers("the lists of a ratio have different lengths"));
        }
        let grid = FrequencyGrid::new(self.frequency_hz)
            .map_err(|error| CalibrationProblem::Numbers(error.to_string()))?;
        let values: Array1<Complex64> =
            self.re.iter().zip(&self.im).map(|(&re, &im)| Complex64::new(re, im)).collect();
        let ratio = Response::new(grid, values).map_err(no_curve)?;
        let (Some(rr), Some(ri), Some(ii)) = (self.variance_re, self.covariance, self.variance_im)
        else {
            return Ok(ratio);
        };
        if rr.iter().chain(&ii).any(|&variance| variance < 0.0) {
            return Err(numbers("a variance of a ratio is negative"));
        }
        let of = |k: usize| Covariance { rr: rr[k], ri: ri[k], ii: ii[k] };
        ratio.with_covariance((0..count).map(of).collect()).map_err(no_curve)
    }
}

fn numbers(reason: &str) -> CalibrationProblem {
    CalibrationProblem::Numbers(reason.to_owned())
}
