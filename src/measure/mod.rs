//! Procedures: a stimulus and what came back become a result with its findings.
//!
//! The way of a measurement runs through this room: a plan becomes a stimulus, a [`Rig`] plays
//! and captures it, the takes are checked, aligned and deconvolved, and the mean over sweeps
//! carries its spread as uncertainty. Nothing here touches a device, a file or a clock: those
//! come in through the two ports [`Rig`] and [`Observer`].

mod analyser;
mod calibration;
mod check;
mod crosstalk;
mod diagnosis;
mod impedance;
mod noise;
mod output;
mod port;
mod presence;
mod protection;
mod ramp;
mod resolution;
mod response;
mod scrutiny;
mod stimulus;
mod take;
mod timing;
mod tone;
mod train;
mod wiring;

pub use crate::dsp::deconvolution::Inverse;
pub use analyser::{Analysed, Analyser, MeasureError};
pub use calibration::{
    CalibrationError, ErrorTerm, LoopbackFigures, NotALoopback, Situation, Tone, ToneError,
    calibrated, find_tone, listening_stimulus, loopback_of, tone_stimulus,
};
pub use check::{CheckError, Checked, Harmonic, Hum, InputCheck, Signal, check};
pub use diagnosis::{Purpose, diagnose, recognise};
pub use impedance::{NoCalibration, StandardTakes, impedance_behind, impedance_calibration};
pub use output::{Heard, limit, resistance_of_leads};
pub use port::{Block, Capabilities, Event, Flow, Observer, Rig, RigError, Unwatched};
pub use protection::{Exceeded, Limits, Prediction, Scale, Wearer};
pub use ramp::{InputGain, RampGoal, RampStop, Ramped, ramp};
pub use stimulus::{ForeignStimulusError, foreign_stimulus, stimulus_of};
pub use train::{Cut, Cutter, Train};
