//! Statistics and the propagation of uncertainty.

pub mod band;
pub mod budget;
pub mod equivalent;
pub mod many_to_one;
pub mod nominal;
pub mod permutation;
pub mod repeats;
pub mod shared_return;
pub mod shelf;
pub mod statistics;
pub mod thevenin;
pub mod trend;
pub mod variance_components;
pub mod welch;
