//! Questions put to measurements: what states, sources, seals and time do to a headphone, how its
//! sides match, what it keeps out and lets out, what it needs for a level, what repeating shows of a
//! rig, and how any two curves differ.

pub mod cable;
pub mod channels;
pub mod curves;
pub mod damping;
pub mod drive;
mod error;
pub mod evidence;
pub mod isolation;
pub mod leak;
mod level_difference;
pub mod live;
mod load;
pub mod matrix;
mod normalisation;
pub mod placements;
pub mod repeatability;
pub mod seal;
pub mod series;
pub mod siblings;
mod significance;
pub mod source;
pub mod states;
pub mod steady;
mod verification;
pub mod wear;

pub use error::StudyError;

/// The range of hearing, in hertz: what lies outside has no say.
const AUDIBLE_HZ: (f64, f64) = (20.0, 20e3);
