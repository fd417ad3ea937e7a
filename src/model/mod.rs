//! The data of a measurement, with their invariants: no algorithms, no files, no devices.
//!
//! A value that exists is correct: constructors check, fields are private where a rule binds
//! them, and every later step may rely on it.

mod calibration;
mod comparison;
mod curve;
mod finding;
mod grid;
mod measurement;
mod plan;
mod recording;
mod spectrum;
mod stimulus;
mod trace;

pub use calibration::{
    Against, Calibration, CalibrationConditions, CalibrationData, CalibrationKind,
    CalibrationRecord, Content, CurveSign, FiledCalibration, LevelCalibration, LoopbackCalibration,
    MicrophoneCalibration, Sensitivity, SensitivityUnit, UnknownCurveSign, UnknownSensitivity,
};
pub use comparison::{
    ComparedCurve, CurveComparison, CurveDifference, Deviation, EighthRule, Extremes,
    Normalisation, Significance, SourceComparison, SourceEffect, SourceLimit, Span, Spread,
    StateComparison, StateDifference, StateSummary,
};
pub use curve::{Curve, CurveError};
pub use finding::{Finding, FindingKind, Severity, Words};
pub use grid::{FrequencyGrid, GridError};
pub use measurement::{
    Conditions, ImpedanceFigures, ImpedanceSettings, Measurement, Outcome, Resonance,
    ResponseFigures, TakeRecord, Topology, UnknownTopology,
};
pub use plan::{AnalysisSpec, Band, Plan, PlanError, SilenceSpec, SweepSpec};
pub use recording::{
    ChannelMap, ChannelMapError, ChannelRole, Completeness, Recording, RecordingError, RigIdentity,
    RigKind, SampleFormat,
};
pub use spectrum::{Covariance, Impedance, Response, Spectrum};
pub use stimulus::{Stimulus, StimulusError};
pub use trace::{Polar, Trace, TraceKind};
