//! Questions put to measurements: what states, sources and seals do to a headphone, and how any
//! two curves differ.

pub mod curves;
pub mod damping;
mod error;
mod load;
mod normalisation;
pub mod series;
pub mod source;
pub mod states;

pub use error::StudyError;
