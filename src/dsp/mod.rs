//! Pure numerics on signals and spectra: sweeps, transforms, deconvolution, gates, smoothing.
//!
//! Transforms are unnormalised forward and 1/N inverse; phases follow e^{+j2πft}.

pub mod band;
pub mod bursts;
pub mod clock;
pub mod deconvolution;
pub mod density;
pub mod detection;
pub mod edge;
pub mod gate;
pub mod lag;
pub mod pointwise;
pub mod repeats;
pub mod smoothing;
pub mod sweep;
pub mod track;
pub mod transform;
