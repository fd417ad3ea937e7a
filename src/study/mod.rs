//! Questions put to measurements: what states, sources and seals do to a headphone.
