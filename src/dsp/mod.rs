//! Pure numerics on signals and spectra: sweeps, transforms, deconvolution, gates, smoothing.
//!
//! Transforms are unnormalised forward and 1/N inverse; phases follow e^{+j2πft}.

pub mod band;
pub mod bursts;
pub mod clock;
pub mod comb;
pub mod deconvolution;
pub mod density;
pub mod detection;
pub mod edge;
pub mod exponential;
pub mod gate;
pub mod harmonics;
pub mod lag;
pub mod line;
pub mod minimum_phase;
pub mod pointwise;
pub mod repeats;
pub mod resample;
pub mod smoothing;
pub mod sweep;
pub mod track;
pub mod transform;
