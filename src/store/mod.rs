//! Folders and files: measurements, takes, plans and every curve format.
//!
//! Reading is tolerant and says what it assumed; writing is strict, beside its place and renamed
//! into it, and overwrites nothing unless told. No file is trusted: what a header claims is
//! checked against what is there before memory is taken for it.

pub mod atomic;
pub mod calibration;
pub mod curve;
mod description;
pub mod document;
#[cfg(test)]
mod fixture;
pub mod jig;
pub mod library;
pub mod plan;
pub mod seatings;
pub mod session;
pub mod standard;
pub mod wav;

pub use atomic::{Overwrite, WriteError};
pub use description::DescriptionError;
