//! An equivalent circuit as a document.

use serde_json::{Value, json};

use super::Found;
use crate::model::{FittedResonance, Polar};
use crate::quantity::unit::Ohm;

pub(super) fn of(found: &Found, polar: &Polar<Ohm>) -> Value {
    let circuit = &found.circuit;
    let resonance = |r: &FittedResonance| {
        let mut figures = json!({
            "frequency_hz": r.frequency_hz.value, "u_frequency_hz": r.frequency_hz.u,
            "peak_ohm": r.peak_ohm.value, "u_peak_ohm": r.peak_ohm.u,
        });
        let factors = [
            ("q_mechanical", r.q_mechanical),
            ("q_electrical", r.q_electrical),
            ("q_total", r.q_total),
        ];
        for (name, factor) in factors.into_iter().filter(|_| circuit.resolves(r)) {
            figures[name] = json!(factor.value);
            figures[format!("u_{name}")] = json!(factor.u);
        }
        figures
    };
    let highest = polar.magnitude().points().max_by(|a, b| a.1.total_cmp(&b.1));
    let (maximum_hz, maximum_ohm) = highest.unwrap_or_default();
    json!({
        "schema": 1, "kind": "model",
        "curve": {
            "frequency_hz": circuit.frequency_hz,
            "re_ohm": circuit.impedance_ohm.iter().map(|z| z.0).collect::<Vec<_>>(),
            "im_ohm": circuit.impedance_ohm.iter().map(|z| z.1).collect::<Vec<_>>(),
            "residual_re_ohm": circuit.residual_ohm.iter().map(|z| z.0).collect::<Vec<_>>(),
            "residual_im_ohm": circuit.residual_ohm.iter().map(|z| z.1).collect::<Vec<_>>(),
        },
        "figures": {
            "dc_resistance_ohm": circuit.dc_resistance_ohm.value,
            "u_dc_resistance_ohm": circuit.dc_resistance_ohm.u,
            "maximum_ohm": maximum_ohm, "maximum_hz": maximum_hz,
            "coil": circuit.coil, "coil_parameters": circuit.coil_parameters,
            "resonances": circuit.resonances.iter().map(resonance).collect::<Vec<_>>(),
            "three_points": found.three_points.ok(),
            "moving_parts": found.moving_parts,
            "reduced_chi_squared": circuit.reduced_chi_squared,
            "worst_percent": circuit.worst_percent, "worst_hz": circuit.worst_hz,
            "parameters": circuit.parameters, "correlation": circuit.correlation,
            "candidates": circuit.candidates,
        },
        "findings": [],
    })
}
