//! Calibrations: making them from takes, and taking out of a result what they know.
//!
//! A loopback calibration and a microphone's curve are each one complex factor per frequency, an
//! [`ErrorTerm`], in which a response is embedded; it is divided out again. A level calibration
//! changes no curve: it says what the full scale of a result is in volts and in sound pressure.

mod apply;
mod level;
mod loopback;
mod term;
mod tone;

pub use apply::{CalibrationError, Situation, calibrated};
pub use loopback::{LoopbackFigures, NotALoopback, loopback_of};
pub use term::ErrorTerm;
pub use tone::{Tone, ToneError, find_tone, listening_stimulus, tone_stimulus};
