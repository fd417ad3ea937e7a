//! The data of a measurement, with their invariants: no algorithms, no files, no devices.
//!
//! A value that exists is correct: constructors check, fields are private where a rule binds
//! them, and every later step may rely on it.

mod budget;
mod cable;
mod calibration;
mod compared;
mod crosstalk;
mod curve;
mod damping;
mod drive;
mod equivalent;
mod evidence;
mod finding;
mod grid;
mod inferred;
mod jig;
mod leak;
mod matching;
mod matrix;
mod measurement;
mod monitor;
mod normalisation;
mod output;
mod placement;
mod plan;
mod recording;
mod repeatability;
mod seal;
mod session;
mod siblings;
mod source;
mod spectrum;
mod standard;
mod states;
mod stimulus;
mod trace;
mod verification;
mod wear;

pub use budget::{Budget, Contribution, Distribution, ErrorSource, Evaluation};
pub use cable::{
    Cable, CableChange, CableComparison, CableDifference, CableEffect, CableVerdict, Estimate,
};
pub use calibration::{
    Against, Calibration, CalibrationConditions, CalibrationData, CalibrationKind,
    CalibrationMethod, CalibrationRecord, CheckedStandard, Content, CurveSign, FiledCalibration,
    ImpedanceCalibration, LevelCalibration, LoopbackCalibration, MeasuredStandard,
    MicrophoneCalibration, Sensitivity, SensitivityUnit, UnknownCurveSign, UnknownSensitivity,
};
pub use compared::{
    ComparedCurve, CurveComparison, CurveDifference, Deviation, Extremes, Significance, Span,
};
pub use crosstalk::{
    ChannelLoad, CrosstalkBench, CrosstalkCurves, CrosstalkFigures, CrosstalkTake, Ground,
    KnownOutput, MeasuredCrosstalk, PredictedCrosstalk, SeparationAt, SeparationFigures, Side,
    UnknownGround, UnknownSide,
};
pub use curve::{Curve, CurveError};
pub use damping::{DampedQ, DampedResonance, Damping, SourceDamping};
pub use drive::{
    Amplifier, BalancedGain, Bound, Drive, DriveInputError, DriveSensitivity, DriveTarget,
    DrivenHeadphone, Exposure, Need, NeedPoint, OutputWiring, Peak, Reach, ReachPoint,
    ReferenceImpedance, SensitivityPer, StatedSensitivity,
};
pub use equivalent::{
    Candidate, CoilModel, CoilParameter, EquivalentCircuit, FittedResonance, MovingParts, NoModel,
    NoMovingParts, NoThreePoints, ThreePoints, UnknownCoilModel,
};
pub use evidence::{
    CurveEvidence, Evidence, FigureEvidence, Limit, Pairing, SeatingFigure, SpreadChange, Unseen,
};
pub use finding::{Finding, FindingKind, Severity, Words};
pub use grid::{FrequencyGrid, GridError};
pub use inferred::{InferredImpedance, InferredUncertainty, QuotedMagnitude};
pub use jig::{
    Balance, Inputs, Jig, SenseAcross, Topology, UnknownBalance, UnknownInputs, UnknownSenseAcross,
    UnknownTopology,
};
pub use leak::{Back, EquivalentLeak, FittedSize, LeakBasis, LeakVerdict, NoLeak};
pub use matching::{
    ChannelMatching, Covered, Isolation, Leakage, LevelAt, LevelDifference, LevelPlace,
    MatchedLevel, OctaveMean, OctavesMean, PhaseMatching, Tolerance, ToleranceVerdict, Within,
    WorstPhase,
};
pub use matrix::{
    DeviationClass, LeftOut, LevelFigure, MatrixCell, MatrixRow, MatrixSource, Pair, PairEffect,
    SourceMatrix,
};
pub use measurement::{
    Conditions, ImpedanceFigures, Measurand, Measurement, Outcome, Resonance, ResponseFigures,
    TakeRecord,
};
pub use monitor::{AgainstReference, BassVerdict, Glimpse, Motion, Seen};
pub use normalisation::Normalisation;
pub use output::{
    BalancedFigures, Legs, LevelFigures, LoadResidual, LoadedAt, OutputBench, OutputDetail,
    OutputFigures, OutputLimit, OutputTap, TestLoad, UnknownLoad,
};
pub use placement::{Consistency, PlacementSpread, WidestSpread, placement_meaning};
pub use plan::{AnalysisSpec, Band, Plan, PlanError, SilenceSpec, SweepSpec};
pub use recording::{
    ChannelMap, ChannelMapError, ChannelRole, Completeness, Recording, RecordingError, RigIdentity,
    RigKind, SampleFormat,
};
pub use repeatability::{
    Comparing, FigureSpread, Repeatability, RepeatedFigure, Resolution, SpreadCause, SpreadPart,
    StudyGap,
};
pub use seal::{
    AirLoad, BetweenLeaks, KnownLeak, SealBand, SealComparison, SealFeature, SealPart, SealTest,
    SealVerdict, SmallestLeak,
};
pub use session::{SEATINGS, SessionError, SessionParts, SessionPlace, SessionPlan, SessionState};
pub use siblings::{Decision, Departure, SeatingRecord, Seatings, SiblingFigure};
pub use source::{EighthRule, MeasuredOutput, Source, SourceComparison, SourceEffect, SourceLimit};
pub use spectrum::{Covariance, Impedance, Response, Spectrum};
pub use standard::{Connection, Standard, StandardKind};
pub use states::{Spread, StateComparison, StateDifference, StateSummary};
pub use stimulus::{Stimulus, StimulusError};
pub use trace::{Polar, Trace, TraceKind};
pub use verification::{Verdict, Verification, VerifiedPart};
pub use wear::{
    FigureAt, FigureChange, RigSpread, SpreadSource, TimeScale, Wear, WearLine, WearPoint,
    WearTrack,
};
