//! An equivalent circuit in words.

use std::fmt::Write as _;

use super::{Found, ModelArgs};
use crate::cli::output::counted;
use crate::model::{EquivalentCircuit, FittedResonance, MovingParts, Polar};
use crate::quantity::Uncertain;
use crate::quantity::unit::Ohm;

/// Lines that begin with a name.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.0, "{}", format!("{name:<18}{value}").trim_end());
    }
}

pub(super) fn of(found: &Found, polar: &Polar<Ohm>, args: &ModelArgs, pictures: usize) -> String {
    let mut lines = Lines::default();
    let circuit = &found.circuit;
    lines.add("DC resistance", &format!("{} Ω (extrapolated)", circuit.dc_resistance_ohm));
    coil(&mut lines, circuit);
    for of in &circuit.resonances {
        resonance(&mut lines, circuit, of);
    }
    if circuit.resonances.is_empty() {
        lines.add("resonance", "none is resolved, so there are no quality factors");
    } else {
        lines.add(
            "three points",
            &match &found.three_points {
                Ok(small) => format!(
                    "{:.1} Hz, {:.1} Ω, Qms {:.2}, Qes {:.2}, Qts {:.2}",
                    small.frequency_hz,
                    small.peak_ohm,
                    small.q_mechanical,
                    small.q_electrical,
                    small.q_total
                ),
                Err(refusal) => format!("none: {refusal}"),
            },
        );
    }
    if let Some(parts) = &found.moving_parts {
        moving(&mut lines, parts);
    }
    quality(&mut lines, circuit, polar);
    let Lines(mut text) = lines;
    match &args.output {
        Some(folder) => {
            let pictures = counted(pictures, "picture");
            let _ = writeln!(text, "stored in {}, {pictures}", folder.display());
        }
        None => text.push_str("figures and data are written with -o DIR\n"),
    }
    text
}

fn coil(lines: &mut Lines, circuit: &EquivalentCircuit) {
    lines.add("coil", circuit.coil.name());
    for parameter in &circuit.coil_parameters {
        let (value, unit) = match parameter.unit {
            "H" => {
                let Uncertain { value, u, .. } = parameter.value;
                (Uncertain::new(1e6 * value, 1e6 * u), "µH")
            }
            unit => (parameter.value, unit),
        };
        lines.add(&format!("  {}", parameter.name), &format!("{value} {unit}"));
    }
}

fn resonance(lines: &mut Lines, circuit: &EquivalentCircuit, of: &FittedResonance) {
    lines.add("resonance", &format!("{} Hz, {} Ω", of.frequency_hz, of.peak_ohm));
    if circuit.resolves(of) {
        lines.add("  Qms", &of.q_mechanical.to_string());
        lines.add("  Qes", &of.q_electrical.to_string());
        lines.add("  Qts", &of.q_total.to_string());
    } else {
        lines.add("", "too small beside the DC resistance for quality factors");
    }
}

fn moving(lines: &mut Lines, parts: &MovingParts) {
    /// A share of the height by which the losses may differ.
    const SAME: f64 = 0.1;
    let figures = [
        ("Bl", parts.force_factor_tm, "Tm"),
        ("Mms", parts.moving_mass_g, "g"),
        ("Cms", parts.compliance_mm_per_n, "mm/N"),
        ("Rms", parts.mechanical_resistance_kg_per_s, "kg/s"),
        ("Vas", parts.equivalent_volume_l, "L"),
    ];
    for (name, value, unit) in figures {
        match value {
            Some(value) => lines.add(name, &format!("{value} {unit}")),
            None => lines.add(name, "needs --diameter"),
        }
    }
    if (parts.height_ratio - 1.0).abs() > SAME {
        let percent = 100.0 * (parts.height_ratio - 1.0);
        lines.add(
            "",
            &format!(
                "the change moved the peak's height by {percent:+.0} %, so it brought losses too:\n\
                 {:18}is the mass fixed firmly, or the volume airtight?",
                ""
            ),
        );
    }
}

fn quality(lines: &mut Lines, circuit: &EquivalentCircuit, polar: &Polar<Ohm>) {
    /// Above this the circuit is not all there is; further off, where the curve states no
    /// uncertainty to judge by.
    const EXACT: f64 = 4.0;
    const NEAR_PERCENT: f64 = 2.0;
    const SHOWN: usize = 4;
    let (percent, hz) = (circuit.worst_percent, circuit.worst_hz);
    lines.add("fit", &format!("within {percent:.2} %, worst at {hz:.0} Hz"));
    let is_known = polar.magnitude().u().is_some();
    if if is_known { circuit.reduced_chi_squared > EXACT } else { percent > NEAR_PERCENT } {
        lines.add(
            "",
            "the circuit is not all there is to this curve (a cup and a pad resonate too):",
        );
        lines.add("", "the ± hold for a circuit of this kind only");
    } else if !is_known {
        lines.add("", "the curve states no uncertainty: the ± are from its scatter");
    }
    let best = circuit.candidates.first().map_or(0.0, |candidate| candidate.bic);
    let tried = circuit.candidates.iter().take(SHOWN).map(|candidate| {
        let (coil, resonances) = (candidate.coil, candidate.resonances);
        format!("{coil} with {resonances} ({:+.0})", candidate.bic - best)
    });
    lines.add("BIC", &tried.collect::<Vec<_>>().join(", "));
}
