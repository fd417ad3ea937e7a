//! A simulated bench: a known truth to test against, and a demonstration without hardware.
//!
//! A [`Scenario`] describes amplifier, jig, headphone, coupler, microphone and converter, each by
//! its own equations; a [`Placement`] says in which state and seating the headphone is, and the
//! seed of all chance. [`SimulatedRig`] answers a stimulus with a recording, and with the truth
//! that an analysis of it must find. [`Faults`] are what can be wrong with the bench, and
//! [`Prepared`] makes many takes of one stimulus. Nothing is shared with the analysis that all
//! this tests.

mod acoustics;
mod check;
mod converter;
mod ear;
mod fault;
mod headphone;
mod prepared;
mod preset;
mod rig;
mod scenario;
mod spectral;
mod state;
mod wiring;

pub use acoustics::Leak;
pub use check::ScenarioError;
pub use ear::{EarSection, Microphone};
pub use fault::{
    Burst, Clipping, ClippingKind, Coupling, Crosstalk, Faults, Filling, GainDrift, GainStep, Gap,
    Hum, InputFault, InputNumber, Inserted, Lost, NoSuchInput, Offset, Resampling, ResponseChange,
    SteadyNoise, Wander,
};
pub use headphone::{Driver, Headphone, Rear};
pub use prepared::Prepared;
pub use preset::{preset, preset_names};
pub use rig::SimulatedRig;
pub use scenario::{Amplifier, Converter, Jig, Parts, Scenario};
pub use state::{Placement, Scatter, State};
pub use wiring::{Connected, Wiring};
