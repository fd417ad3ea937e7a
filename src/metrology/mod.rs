//! Statistics and the propagation of uncertainty.

pub mod band;
pub mod budget;
pub mod equivalent;
pub mod nominal;
pub mod permutation;
pub mod repeats;
pub mod shared_return;
pub mod shelf;
pub mod statistics;
pub mod thevenin;
pub mod welch;
