//! Resonance and quality factors from three points of the magnitude (Small 1972).

use crate::model::{Curve, EquivalentCircuit, NoThreePoints, ThreePoints};
use crate::quantity::unit::Ohm;

/// The tallest resonance of a circuit, read off the curve that the circuit was fitted to: the peak,
/// and the two points where the magnitude is the geometric mean of peak and DC resistance.
///
/// `r0 = Zmax/Re`, `Qms = fs·√r0/(f2 − f1)`, `Qes = Qms/(r0 − 1)`, `Qts = Qms/r0`. The resistance is
/// that of the circuit, as a magnitude tells none. It needs no circuit that holds everywhere, and
/// is a check of one.
///
/// # Errors
///
/// When the points do not exist, or the peak is not that of one resonance.
pub fn three_points(
    magnitude: &Curve<Ohm>,
    circuit: &EquivalentCircuit,
) -> Result<ThreePoints, NoThreePoints> {
    /// How far the peak of the magnitude may lie from the resonance, as a ratio.
    const NEAR: f64 = 1.3;
    /// Another maximum so far above the resistance spoils the points.
    const OTHER: f64 = 1.1;
    const RESOLVED: f64 = 1.05;
    const BELOW_HZ: f64 = 500.0;
    /// How far the geometric mean of the outer points may lie from the peak.
    const SKEWED: f64 = 0.03;
    let re = circuit.dc_resistance_ohm.value;
    let tallest = circuit
        .resonances
        .iter()
        .max_by(|a, b| a.height_ohm.value.total_cmp(&b.height_ohm.value))
        .ok_or(NoThreePoints::NotResolved)?;
    let near = tallest.frequency_hz.value / NEAR..tallest.frequency_hz.value * NEAR;
    let points: Vec<(f64, f64)> = magnitude.points().collect();
    let at = (0..points.len())
        .filter(|&k| near.contains(&points[k].0))
        .max_by(|&a, &b| points[a].1.total_cmp(&points[b].1))
        .ok_or(NoThreePoints::NotResolved)?;
    let (frequency_hz, peak_ohm) = vertex(&points, at);
    let ratio = peak_ohm / re;
    if ratio < RESOLVED {
        return Err(NoThreePoints::NotResolved);
    }
    let is_other = |r: &&crate::model::FittedResonance| {
        *r != tallest && r.frequency_hz.value < BELOW_HZ && r.peak_ohm.value > OTHER * re
    };
    if let Some(other) = circuit.resonances.iter().find(is_other) {
        return Err(NoThreePoints::Another { at_hz: other.frequency_hz.value });
    }
    let level = re * ratio.sqrt();
    let lower = (1..=at).rev().find(|&k| points[k - 1].1 < level);
    let upper = (at + 1..points.len()).find(|&k| points[k].1 < level);
    let crossing = |k: usize| {
        let ((f0, z0), (f1, z1)) = (points[k - 1], points[k]);
        f0 * (f1 / f0).powf((level - z0) / (z1 - z0))
    };
    let Some((f1, f2)) = lower.map(crossing).zip(upper.map(crossing)) else {
        return Err(NoThreePoints::Outside { level_ohm: level });
    };
    let skew = (f1 * f2).sqrt() / frequency_hz - 1.0;
    if skew.abs() > SKEWED {
        return Err(NoThreePoints::Skewed { percent: 100.0 * skew });
    }
    let q_mechanical = frequency_hz * ratio.sqrt() / (f2 - f1);
    Ok(ThreePoints {
        frequency_hz,
        peak_ohm,
        q_mechanical,
        q_electrical: q_mechanical / (ratio - 1.0),
        q_total: q_mechanical / ratio,
    })
}

/// The top of the parabola through a maximum and its neighbours, over the logarithm of frequency.
fn vertex(points: &[(f64, f64)], at: usize) -> (f64, f64) {
    let (f, z) = points[at];
    let (Some(&(f_0, z_0)), Some(&(f_2, z_2))) =
        (at.checked_sub(1).and_then(|k| points.get(k)), points.get(at + 1))
    else {
        return (f, z);
    };
    let (left, right) = ((f_0 / f).ln(), (f_2 / f).ln());
    let (slope_0, slope_2) = ((z_0 - z) / left, (z_2 - z) / right);
    let curvature = (slope_2 - slope_0) / (right - left);
    let slope = slope_0 - curvature * left;
    let by = -0.5 * slope / curvature;
    if curvature < 0.0 && (left..=right).contains(&by) {
        (f * by.exp(), z + 0.5 * slope * by)
    } else {
        (f, z)
    }
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;

    use super::*;
    use crate::metrology::equivalent::{Wanted, fit};
    use crate::model::{FrequencyGrid, Impedance};

    fn three(z: impl Fn(f64) -> Complex64) -> Result<ThreePoints, NoThreePoints> {
        let hz = (0..479).map(|k| 20.0 * (f64::from(k) / 48.0).exp2()).collect();
        let impedance = Impedance::from_fn(FrequencyGrid::new(hz).unwrap(), z).unwrap();
        let circuit = fit(&impedance, Wanted::default()).unwrap();
        three_points(&impedance.magnitude(), &circuit)
    }

    fn resonance(f: f64, height: f64, fs: f64, q: f64) -> Complex64 {
        height / Complex64::new(1.0, q * (f / fs - fs / f))
    }

    #[test]
    fn one_resonance_has_the_figures_it_was_made_of() {
        let found = three(|f| 32.0 + resonance(f, 64.0, 90.0, 3.0)).unwrap();
        let pairs = [
            (found.frequency_hz, 90.0),
            (found.peak_ohm, 96.0),
            (found.q_mechanical, 3.0),
            (found.q_electrical, 1.5),
            (found.q_total, 1.0),
        ];
        for (value, truth) in pairs {
            // Linear between points of 48 in an octave.
            assert!((value / truth - 1.0).abs() < 2e-3, "{found:?}");
        }
    }

    #[test]
    fn points_that_do_not_exist_are_declined_with_the_reason() {
        let planar = three(|f| Complex64::new(18.0, 1e-4 * f));
        assert_eq!(planar, Err(NoThreePoints::NotResolved));
        let low = three(|f| 32.0 + resonance(f, 64.0, 25.0, 0.8));
        assert!(matches!(low, Err(NoThreePoints::Outside { .. })), "{low:?}");
        let two = three(|f| 32.0 + resonance(f, 64.0, 60.0, 3.0) + resonance(f, 30.0, 200.0, 4.0));
        assert!(matches!(two, Err(NoThreePoints::Another { .. })), "{two:?}");
    }
}
