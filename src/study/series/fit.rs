//! Re Y and |Y|² at one frequency, from what each resistor takes.

use crate::quantity::{Resistance, amplitude_ratio};
use crate::study::load::Admittance;

/// Relative change of a power for a decibel.
const PER_DECIBEL: f64 = std::f64::consts::LN_10 / 10.0;

/// What one resistor takes at one frequency.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fall {
    pub(super) resistor: Resistance,
    ohm: f64,
    /// The power behind 0 Ω over that behind the resistor; above 1 for a passive headphone.
    pub(super) q: f64,
}

impl Fall {
    pub(super) fn new(resistor: Resistance, fall_db: f64) -> Self {
        let q = amplitude_ratio(fall_db).powi(2);
        Self { resistor, ohm: resistor.ohm(), q }
    }
}

pub(super) struct Solution {
    pub(super) admittance: Admittance,
    pub(super) forced: bool,
}

/// The least-squares solution at one frequency; `None` if no passive headphone comes near.
///
/// Levels scatter alike in decibels, so each q is weighted by 1/q. A solution in which (Re Y)²
/// exceeds |Y|² belongs to no headphone. A little of that comes from resistors and levels that are
/// off by a percent, and is left as it is, since the prediction is better for it. Where it is more,
/// noise decides, and the nearest pure resistance is taken: √q = 1 + R·Y.
pub(super) fn solved(falls: &[Fall]) -> Option<Solution> {
    /// Least |Y|²/(Re Y)² that is left as it is. Behind 10 Ω and 50 Ω a level that is off by
    /// 0.05 dB makes 0.91 of the 1 of a resistor of 20 Ω, and 0.81 of that of 50 Ω.
    const LEAST_RATIO: f64 = 0.5;
    let LeastSquares { conductance, squared, .. } = LeastSquares::new(falls)?;
    if conductance >= 0.0 && squared > LEAST_RATIO * conductance * conductance {
        let admittance = Admittance { conductance, squared, covariance: None };
        return Some(Solution { admittance, forced: false });
    }
    let weighted = |y: fn(&Fall) -> f64, x: fn(&Fall) -> f64| -> f64 {
        let (mut xy, mut xx) = (0.0, 0.0);
        for fall in falls {
            let weight = (fall.q * fall.q).recip();
            xy += weight * x(fall) * y(fall);
            xx += weight * x(fall) * x(fall);
        }
        xy / xx
    };
    let forced = if conductance < 0.0 {
        let squared = weighted(|fall| fall.q - 1.0, |fall| fall.ohm * fall.ohm);
        Admittance { conductance: 0.0, squared, covariance: None }
    } else {
        let conductance = weighted(|fall| fall.q.sqrt() - 1.0, |fall| fall.ohm);
        let squared = conductance * conductance.max(0.0);
        Admittance { conductance, squared, covariance: None }
    };
    let is_load = forced.squared > 0.0 && forced.squared.is_finite();
    is_load.then_some(Solution { admittance: forced, forced: true })
}

/// The solution of q − 1 = 2R·Re Y + R²·|Y|², each row divided by its q.
pub(super) struct LeastSquares {
    pub(super) conductance: f64,
    pub(super) squared: f64,
    /// The factors of both unknowns, and what they should give, for each fall.
    rows: Vec<(f64, f64, f64)>,
    /// The inverse of the normal matrix: its diagonal and, between, the element beside it.
    inverse: (f64, f64, f64),
}

impl LeastSquares {
    /// `None` if the resistors are equal.
    pub(super) fn new(falls: &[Fall]) -> Option<Self> {
        let row =
            |fall: &Fall| (2.0 * fall.ohm / fall.q, fall.ohm.powi(2) / fall.q, 1.0 - 1.0 / fall.q);
        let rows: Vec<(f64, f64, f64)> = falls.iter().map(row).collect();
        let (mut aa, mut ab, mut bb, mut ay, mut by) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (a, b, y) in &rows {
            aa += a * a;
            ab += a * b;
            bb += b * b;
            ay += a * y;
            by += b * y;
        }
        let determinant = aa * bb - ab * ab;
        let (conductance, squared) =
            ((bb * ay - ab * by) / determinant, (aa * by - ab * ay) / determinant);
        let inverse = (bb / determinant, -ab / determinant, aa / determinant);
        let is_one = conductance.is_finite() && squared.is_finite();
        is_one.then_some(Self { conductance, squared, rows, inverse })
    }

    /// What a decibel more of each fall adds to Re Y and to |Y|².
    pub(super) fn gains(&self) -> impl Iterator<Item = (f64, f64)> {
        let (p, q, r) = self.inverse;
        let of = move |&(a, b, _): &(f64, f64, f64)| {
            (PER_DECIBEL * (p * a + q * b), PER_DECIBEL * (q * a + r * b))
        };
        self.rows.iter().map(of)
    }

    /// Sum of the squares, in decibels squared, of what remains of the falls.
    pub(super) fn squares_db(&self) -> f64 {
        let rest = |(a, b, y): &(f64, f64, f64)| {
            (y - a * self.conductance - b * self.squared) / PER_DECIBEL
        };
        self.rows.iter().map(|row| rest(row).powi(2)).sum()
    }

    /// What that sum is expected to be if each level, that behind 0 Ω too, has a variance of 1 dB²:
    /// the degrees of freedom, and what the fit cannot follow of an error of all falls alike.
    pub(super) fn expected_squares(&self) -> f64 {
        let (by_conductance, by_squared) =
            self.gains().fold((0.0, 0.0), |sum, gain| (sum.0 + gain.0, sum.1 + gain.1));
        let common =
            |(a, b, _): &(f64, f64, f64)| 1.0 - (a * by_conductance + b * by_squared) / PER_DECIBEL;
        let common: f64 = self.rows.iter().map(|row| common(row).powi(2)).sum();
        self.rows.len() as f64 - 2.0 + common
    }
}
