//! A simulated bench: a known truth to test against, and a demonstration without hardware.
//!
//! A [`Scenario`] describes amplifier, jig, headphone, coupler, microphone and converter, each by
//! its own equations; a [`Placement`] says in which state and seating the headphone is, and the
//! seed of all chance. [`SimulatedRig`] answers a stimulus with a recording, and with the truth
//! that an analysis of it must find. It shares no analysis code with what it tests.

mod acoustics;
mod check;
mod converter;
mod ear;
mod headphone;
mod preset;
mod rig;
mod scenario;
mod state;
mod wiring;

pub use acoustics::Leak;
pub use check::ScenarioError;
pub use ear::{EarSection, Microphone};
pub use headphone::{Driver, Headphone, Rear};
pub use preset::{preset, preset_names};
pub use rig::SimulatedRig;
pub use scenario::{Amplifier, Converter, Jig, Parts, Scenario};
pub use state::{Placement, Scatter, State};
pub use wiring::Wiring;
