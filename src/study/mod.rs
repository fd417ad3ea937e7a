//! Questions put to measurements: what states, sources and seals do to a headphone, what it
//! needs for a level, and how any two curves differ.

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
pub mod series;
pub mod siblings;
mod significance;
pub mod source;
pub mod states;
mod verification;

pub use error::StudyError;

/// The range of hearing, in hertz: what lies outside has no say.
const AUDIBLE_HZ: (f64, f64) = (20.0, 20e3);
