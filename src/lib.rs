//! cansweep measures headphones, and the amplifiers that drive them, with an ordinary sound card.
//!
//! It plays a logarithmic sweep, captures a coupler microphone or a sense resistor, and turns the
//! capture into a frequency response or an electrical impedance with its uncertainty. The rooms,
//! in the order of a measurement; each uses only those the design allows it:
//!
//! | room | what lives there |
//! |---|---|
//! | [`quantity`] | numbers with units |
//! | [`model`] | data with invariants |
//! | [`dsp`] | numerics on signals and spectra |
//! | [`metrology`] | statistics and uncertainty |
//! | [`measure`] | procedures, and the ports [`measure::Rig`] and [`measure::Observer`] |
//! | [`study`] | questions put to measurements |
//! | [`rig`] | sound card, replay, simulation |
//! | [`store`] | folders, files and formats |
//! | [`plot`] | figures |
//! | [`report`] | documents |
//! | [`cli`] | the command line |

pub mod cli;
pub mod dsp;
pub mod measure;
pub mod metrology;
pub mod model;
pub mod plot;
pub mod quantity;
pub mod report;
pub mod rig;
pub mod store;
pub mod study;
