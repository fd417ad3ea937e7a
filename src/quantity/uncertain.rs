//! A number that knows how sure it is.

use std::fmt;

use serde::Serialize;

/// A value with its standard uncertainty and degrees of freedom (JCGM 100:2008).
///
/// `u` is one standard deviation in the unit of the value. Degrees of freedom are `None` where
/// the uncertainty itself is taken as exactly known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Uncertain {
    /// The best estimate.
    pub value: f64,
    /// The standard uncertainty, not negative.
    pub u: f64,
    /// Degrees of freedom behind `u`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dof: Option<f64>,
}

impl Uncertain {
    /// A value whose uncertainty is known without doubt.
    #[must_use]
    pub fn new(value: f64, u: f64) -> Self {
        Self { value, u: u.abs(), dof: None }
    }

    /// A value whose uncertainty was estimated with so many degrees of freedom.
    #[must_use]
    pub fn with_dof(value: f64, u: f64, dof: f64) -> Self {
        Self { value, u: u.abs(), dof: Some(dof) }
    }
}

/// Prints `value ± u` with as many decimals as two significant digits of `u` need.
impl fmt::Display for Uncertain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = decimals_for(self.u);
        write!(f, "{:.decimals$} ± {:.decimals$}", self.value, self.u)
    }
}

fn decimals_for(u: f64) -> usize {
    if !u.is_finite() || u <= 0.0 {
        return 3;
    }
    let leading = u.log10().floor();
    (1.0 - leading).clamp(0.0, 12.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_digits_follow_the_uncertainty() {
        assert_eq!(Uncertain::new(32.123_456, 0.012_3).to_string(), "32.123 ± 0.012");
        assert_eq!(Uncertain::new(-1.24, 0.2).to_string(), "-1.24 ± 0.20");
        assert_eq!(Uncertain::new(300.4, 12.0).to_string(), "300 ± 12");
    }
}
