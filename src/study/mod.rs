//! Questions put to measurements: what states, sources, seals and time do to a headphone, what it
//! needs for a level, what repeating shows of a rig, and how any two curves differ.

pub mod cable;
pub mod curves;
pub mod damping;
pub mod drive;
mod error;
pub mod evidence;
pub mod leak;
mod load;
pub mod matrix;
mod normalisation;
pub mod repeatability;
pub mod series;
mod significance;
pub mod source;
pub mod states;
mod verification;
pub mod wear;

pub use error::StudyError;

/// The range of hearing, in hertz: what lies outside has no say.
const AUDIBLE_HZ: (f64, f64) = (20.0, 20e3);
