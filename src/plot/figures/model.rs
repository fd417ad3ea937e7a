//! An impedance with the circuit that was fitted to it.

use super::{Caption, expanded_band, impedance, points};
use crate::model::{EquivalentCircuit, Polar};
use crate::plot::{Figure, Panel, Point, Scale, Series};
use crate::quantity::unit::Ohm;

/// The magnitude as measured and as the circuit has it, over their difference in percent.
#[must_use]
pub fn model(
    measured: &Polar<Ohm>,
    fitted: &Polar<Ohm>,
    circuit: &EquivalentCircuit,
    caption: &Caption,
) -> Figure {
    let both = [("measured", measured), ("fitted", fitted)];
    let mut residual = Panel::new("Fitted against measured", Scale::Percent);
    let off = |Point { hz, value }: Point| {
        let data = measured.magnitude().at(hz).ok()?;
        Some(Point { hz, value: 100.0 * (value / data - 1.0) })
    };
    let difference = points(fitted.magnitude()).into_iter().filter_map(off).collect();
    residual.series.push(Series::named("fitted against measured", 1, difference));
    let mut figure = impedance(&both, caption);
    figure.panel.bands = expanded_band(0, measured.magnitude()).into_iter().collect();
    let resistance = format!("Re {:.2} Ω", circuit.dc_resistance_ohm.value);
    let of = |r: &crate::model::FittedResonance| {
        format!(
            "Fs {:.1} Hz, Qms {:.2}, Qes {:.2}, Qts {:.2}",
            r.frequency_hz.value, r.q_mechanical.value, r.q_electrical.value, r.q_total.value
        )
    };
    let main = circuit.resonances.first().map(of);
    let words: Vec<String> = std::iter::once(resistance).chain(main).collect();
    figure.footer = Some(words.join(" · "));
    Figure { below: Some(residual), ..figure }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sample;
    use crate::quantity::Uncertain;

    #[test]
    fn the_residual_stands_below_in_percent() {
        let z = sample::impedance();
        let circuit = EquivalentCircuit {
            dc_resistance_ohm: Uncertain::new(32.0, 0.1),
            coil: crate::model::CoilModel::Le,
            coil_parameters: Vec::new(),
            resonances: Vec::new(),
            reduced_chi_squared: 1.0,
            parameters: Vec::new(),
            correlation: Vec::new(),
            candidates: Vec::new(),
            worst_percent: 0.0,
            worst_hz: 20.0,
            frequency_hz: Vec::new(),
            impedance_ohm: Vec::new(),
            residual_ohm: Vec::new(),
        };
        let figure = model(&z, &z, &circuit, &sample::caption("Circuit"));
        let below = figure.below.unwrap();
        assert_eq!(below.axis.scale, Scale::Percent);
        assert!(below.series[0].points.iter().all(|p| p.value.abs() < 1e-9));
        assert_eq!(figure.footer.as_deref(), Some("Re 32.00 Ω"));
    }
}
