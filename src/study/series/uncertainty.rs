//! How well an inferred admittance is known.
//!
//! A fall is the difference of two levels, of which that behind 0 Ω is in all of them:
//!
//! ```text
//! δ(Re Y, |Y|²) = Σₖ gₖ·(δL₀ − δLₖ)
//! cov           = (Σ gₖ)(Σ gₖ)ᵀ·u₀² + Σ gₖgₖᵀ·uₖ²
//! ```
//!
//! with gₖ what a decibel of fall k adds. Errors of different responses are taken as independent;
//! what a seating or a resistor's tolerance does is in there only as far as the responses state it
//! or do not agree. Where no headphone fits the levels, the figures are those of the solution that
//! was not forced, and too large.

use super::fit::{Fall, LeastSquares};
use crate::metrology::statistics::few_values_factor;
use crate::model::{Curve, FrequencyGrid, InferredUncertainty};
use crate::quantity::unit::Decibel;
use crate::study::load::AdmittanceCovariance;

/// Scatter is pooled over this much on either side, in octaves.
const POOLED_OCTAVES: f64 = 1.0 / 6.0;
/// Levels that lie nearer to each other, in octaves, may come from one smoothing.
const INDEPENDENT_OCTAVES: f64 = 1.0 / 12.0;

/// The covariance at each frequency: from what the responses state, else from the scatter of more
/// than two resistors, else `None`.
pub(super) fn of(
    grid: &FrequencyGrid,
    falls: &[Vec<Fall>],
    levels: &[Curve<Decibel>],
) -> Option<(InferredUncertainty, Vec<AdmittanceCovariance>)> {
    let fits: Vec<LeastSquares> =
        falls.iter().map(|falls| LeastSquares::new(falls)).collect::<Option<_>>()?;
    let stated: Option<Vec<_>> = levels.iter().map(Curve::u).collect();
    if let Some(stated) = stated {
        let of = |(k, fit): (usize, &LeastSquares)| covariance(fit, stated.iter().map(|u| u[k]));
        let covariances = fits.iter().enumerate().map(of).collect();
        return Some((InferredUncertainty::Stated, covariances));
    }
    let spare = levels.len().checked_sub(4).map(|more| more as f64 + 1.0)?;
    let of = |(k, fit): (usize, &LeastSquares)| {
        let near = |f: f64| (f / grid.hz()[k]).log2().abs() <= POOLED_OCTAVES;
        let start = grid.hz().partition_point(|&f| f < grid.hz()[k] && !near(f));
        let pooled = fits[start..].iter().zip(&grid.hz()[start..]).take_while(|(_, f)| near(**f));
        let (mut squares, mut expected, mut last_hz, mut count) = (0.0, 0.0, grid.hz()[start], 0.0);
        for (fit, &hz) in pooled {
            squares += fit.squares_db();
            expected += fit.expected_squares();
            last_hz = hz;
            count += 1.0;
        }
        let width = (last_hz / grid.hz()[start]).log2() / INDEPENDENT_OCTAVES;
        let dof = spare * f64::min(count, width.max(1.0));
        let u = (squares / expected).sqrt() * few_values_factor(dof);
        covariance(fit, std::iter::repeat(u))
    };
    let covariances = fits.iter().enumerate().map(of).collect();
    Some((InferredUncertainty::Scatter, covariances))
}

/// From the standard uncertainties of the levels in decibels, that behind 0 Ω first.
fn covariance(fit: &LeastSquares, mut u_levels: impl Iterator<Item = f64>) -> AdmittanceCovariance {
    let unloaded = u_levels.next().unwrap_or_default();
    let all = fit.gains().fold((0.0, 0.0), |sum, gain| (sum.0 + gain.0, sum.1 + gain.1));
    let each = fit.gains().zip(u_levels).chain(std::iter::once((all, unloaded)));
    let none = AdmittanceCovariance { conductance: 0.0, both: 0.0, squared: 0.0 };
    each.fold(none, |sum, ((g, s), u)| AdmittanceCovariance {
        conductance: sum.conductance + (g * u).powi(2),
        both: sum.both + g * s * u * u,
        squared: sum.squared + (s * u).powi(2),
    })
}
