//! The three places that a recording comes from: a sound card, a file, a simulation.

pub mod replay;
pub mod simulated;
pub mod sound_card;
