//! Statistics and the propagation of uncertainty.
