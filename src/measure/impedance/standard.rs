//! Known loads in place of the headphone: from takes of them to a calibration.

use crate::measure::analyser::{Analyser, MeasureError};
use crate::model::{
    ChannelMap, Finding, ImpedanceCalibration, Jig, MeasuredStandard, Recording, Response, Standard,
};

/// What the takes of one standard gave.
#[derive(Debug, Clone, PartialEq)]
pub struct StandardTakes {
    /// The sense input over the reference input, or over the stimulus; absent if the takes were
    /// refused.
    pub ratio: Option<Response>,
    /// With one input: the delay against the stimulus that is not in the phase of the ratio.
    pub delay_samples: Option<f64>,
    /// What was noticed.
    pub findings: Vec<Finding>,
    /// Which input was taken as which.
    pub channels: ChannelMap,
}

/// Standards that make no calibration.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoCalibration {
    /// There is none.
    #[error("there is no standard to calibrate with")]
    NoStandard,
}

impl Analyser {
    /// The ratio that a jig has with a standard in place of the headphone. With one input the
    /// delay of the first standard's takes is to be handed to the later ones.
    ///
    /// # Errors
    ///
    /// When a take does not fit the stimulus or lacks a channel.
    pub fn standard(
        &mut self,
        takes: &[Recording],
        channels: &ChannelMap,
        jig: &Jig,
        standard: &Standard,
        delay_samples: Option<f64>,
    ) -> Result<StandardTakes, MeasureError> {
        let _ = (takes, channels, jig, standard, delay_samples);
        Err(MeasureError::NoTakes)
    }
}

/// The calibration of a jig by standards, checked by others, and what is to be said about it.
///
/// # Errors
///
/// When the standards make none, with the reason.
pub fn impedance_calibration(
    jig: Jig,
    delay_samples: Option<f64>,
    standards: Vec<MeasuredStandard>,
    checks: &[MeasuredStandard],
) -> Result<(ImpedanceCalibration, Vec<Finding>), NoCalibration> {
    let _ = (jig, delay_samples, standards, checks);
    Err(NoCalibration::NoStandard)
}
