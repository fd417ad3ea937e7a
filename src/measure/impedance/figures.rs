//! The figures that people quote of an impedance.

use crate::metrology::equivalent::{Wanted, fit};
use crate::metrology::nominal::nominal_ohm;
use crate::model::{EquivalentCircuit, Impedance, ImpedanceFigures, Resonance};

/// The figures of an impedance.
pub(super) fn figures(impedance: &Impedance) -> ImpedanceFigures {
    let magnitude = impedance.magnitude();
    let points: Vec<(f64, f64)> = magnitude.points().collect();
    let by_magnitude = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
    let (minimum_hz, minimum_ohm) = points.iter().min_by(by_magnitude).copied().unwrap_or_default();
    let (maximum_hz, maximum_ohm) = points.iter().max_by(by_magnitude).copied().unwrap_or_default();
    let angle = impedance.phase();
    let angles: Vec<(f64, f64)> = angle.points().collect();
    let phase_minimum = angles.iter().min_by(by_magnitude).copied();
    let phase_maximum = angles.iter().max_by(by_magnitude).copied();
    let mut figures = ImpedanceFigures {
        minimum_ohm,
        minimum_hz,
        maximum_ohm,
        maximum_hz,
        flatness_ratio: (minimum_ohm > 0.0).then(|| maximum_ohm / minimum_ohm),
        at_1khz_ohm: magnitude.at(1000.0).ok(),
        u_at_1khz_ohm: magnitude.u_at(1000.0),
        phase_maximum_deg: phase_maximum.map(|(_, deg)| deg),
        phase_maximum_hz: phase_maximum.map(|(hz, _)| hz),
        phase_minimum_deg: phase_minimum.map(|(_, deg)| deg),
        phase_minimum_hz: phase_minimum.map(|(hz, _)| hz),
        nominal_ohm: nominal_ohm(minimum_ohm),
        resonances: resonances(&points),
        ..ImpedanceFigures::default()
    };
    if let Ok(circuit) = fit(impedance, Wanted::default()) {
        of_circuit(&circuit, impedance, &mut figures);
    }
    figures
}

/// What an equivalent circuit adds, if it comes near enough to the impedance.
fn of_circuit(circuit: &EquivalentCircuit, impedance: &Impedance, figures: &mut ImpedanceFigures) {
    /// A circuit that is further off says nothing.
    const NEAR_PERCENT: f64 = 10.0;
    /// A fitted resonance belongs to the maximum that lies this near, as a ratio of frequencies.
    const SAME: f64 = 1.1;
    if circuit.worst_percent > NEAR_PERCENT {
        return;
    }
    let resistance = circuit.dc_resistance_ohm;
    // The errors of a jig are the same at all frequencies, and no fit averages them away.
    let magnitude = impedance.magnitude();
    let common = magnitude.at(figures.minimum_hz).ok().zip(magnitude.u_at(figures.minimum_hz));
    let common = common.map_or(0.0, |(ohm, u)| resistance.value * u / ohm);
    figures.dc_resistance_ohm = Some(resistance.value);
    figures.u_dc_resistance_ohm = Some(resistance.u.hypot(common));
    for seen in &mut figures.resonances {
        let away = |f: f64| (f / seen.frequency_hz).ln().abs();
        let nearest = circuit
            .resonances
            .iter()
            .min_by(|a, b| away(a.frequency_hz.value).total_cmp(&away(b.frequency_hz.value)));
        if let Some(fitted) = nearest.filter(|r| away(r.frequency_hz.value) < SAME.ln()) {
            seen.q_mechanical = Some(fitted.q_mechanical.value);
            seen.q_electrical = Some(fitted.q_electrical.value);
            seen.q_total = Some(fitted.q_total.value);
        }
    }
}

/// The maxima that stand out from both sides by two percent or more.
fn resonances(points: &[(f64, f64)]) -> Vec<Resonance> {
    const PROMINENCE: f64 = 1.02;
    let lowest_until_higher = |side: &mut dyn Iterator<Item = &(f64, f64)>, peak: f64| {
        side.map(|&(_, z)| z).take_while(|&z| z <= peak).fold(peak, f64::min)
    };
    let stands_out = |&i: &usize| {
        let peak = points[i].1;
        let left = lowest_until_higher(&mut points[..i].iter().rev(), peak);
        let right = lowest_until_higher(&mut points[i + 1..].iter(), peak);
        peak >= PROMINENCE * left.max(right)
    };
    (1..points.len().saturating_sub(1))
        .filter(|&i| points[i].1 > points[i - 1].1 && points[i].1 >= points[i + 1].1)
        .filter(stands_out)
        .map(|i| Resonance {
            frequency_hz: points[i].0,
            peak_ohm: points[i].1,
            ..Resonance::default()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;

    use super::*;
    use crate::model::FrequencyGrid;

    #[test]
    fn the_figures_of_a_resonance_are_found() {
        let hz = (0..479).map(|k| 20.0 * (f64::from(k) / 48.0).exp2()).collect();
        let grid = FrequencyGrid::new(hz).unwrap();
        let motional = |f: f64| 25.0 / Complex64::new(1.0, 2.0 * (f / 90.0 - 90.0 / f));
        let impedance = Impedance::from_fn(grid, |f| 32.0 + motional(f)).unwrap();
        let figures = figures(&impedance);
        assert_eq!(figures.resonances.len(), 1);
        assert!((figures.maximum_hz / 90.0 - 1.0).abs() < 0.01);
        assert!((figures.maximum_ohm - 57.0).abs() < 0.05);
        assert_eq!(figures.nominal_ohm, Some(38.0));
    }
}
