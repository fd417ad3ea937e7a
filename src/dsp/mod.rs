//! Pure numerics on signals and spectra: sweeps, transforms, deconvolution, gates, smoothing.
