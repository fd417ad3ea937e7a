//! Numbers with units: what a value means, how it is written and how sure it is.
//!
//! Every scalar that crosses a module boundary is one of these types, so a frequency cannot be
//! handed over as a resistance and a peak level cannot be mistaken for a sound pressure level.
//! The units of curves and spectra are the marker types in [`mod@unit`].

mod decibel;
mod parse;
mod scalar;
mod uncertain;
pub mod unit;

pub use decibel::{DB_PER_NEPER, Gain, Level, amplitude_db, amplitude_ratio, power_db};
pub use parse::{ParseQuantityError, parse_number};
pub use scalar::{
    Capacitance, Current, Frequency, Length, Mass, OutOfRange, Percent, Resistance, SampleRate,
    Seconds, Smoothing, UnknownSmoothing, Voltage, Volume,
};
pub use uncertain::Uncertain;
