//! Where curves are laid upon each other.

use crate::quantity::Frequency;

/// Where curves are laid upon each other before they are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Normalisation {
    /// All curves pass through 0 dB at this frequency.
    At(Frequency),
    /// All curves have a mean of 0 dB over this band.
    Over(Frequency, Frequency),
    /// All curves have a mean power of 1 over 20 Hz to 20 kHz, the mean over the logarithm of
    /// frequency: about as loud as each other with pink noise.
    Broadband,
    /// As they are.
    None,
}
