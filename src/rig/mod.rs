//! The three places that a recording comes from: a sound card, a file, a simulation.

pub mod simulated;
