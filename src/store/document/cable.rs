//! The document of cables and what they do.

use serde_json::{Value, json};

use super::table::WideTable;
use super::{curve_object, head, value, without_nulls};
use crate::model::{Cable, CableComparison, CableDifference, CableVerdict};

/// The document of cables: each with its resistance, coil, effect and impedance, and the difference
/// of every other one to the first.
#[must_use]
pub fn cables(comparison: &CableComparison) -> Value {
    let mut document = head("cables");
    let source = comparison.source.output().map(|output| output.name.as_str());
    let figures = json!({
        "source": source,
        "source_ohm": comparison.source.ohm(),
        "cables": comparison.cables.iter().map(cable).collect::<Vec<_>>(),
        "differences": comparison.differences.iter().map(difference).collect::<Vec<_>>(),
    });
    document.insert("figures".to_owned(), figures);
    document.insert("findings".to_owned(), json!([]));
    without_nulls(Value::Object(document))
}

fn cable(cable: &Cable) -> Value {
    let effect = cable.effect.as_ref();
    json!({
        "name": cable.name,
        "resistance_ohm": cable.resistance_ohm.value,
        "u_resistance_ohm": cable.resistance_ohm.u,
        "inductance_h": cable.inductance_h.map(|coil| coil.value),
        "u_inductance_h": cable.inductance_h.and_then(|coil| coil.u),
        "worst_db": effect.map(|effect| effect.worst_db.value),
        "u_worst_db": effect.and_then(|effect| effect.worst_db.u),
        "worst_hz": effect.map(|effect| effect.worst_hz),
        "loss_db": effect.map(|effect| effect.loss_db.value),
        "u_loss_db": effect.and_then(|effect| effect.loss_db.u),
        "impedance": curve_object(&cable.impedance.magnitude(), Some(&cable.impedance.phase())),
        "effect": effect.map(|effect| curve_object(&effect.curve, None)),
    })
}

fn difference(difference: &CableDifference) -> Value {
    let heard = difference.heard.as_ref();
    let verdict = heard.and_then(|heard| heard.verdict.as_ref());
    json!({
        "name": difference.name,
        "reference": difference.reference,
        "resistance_ohm": difference.resistance_ohm.value,
        "u_resistance_ohm": difference.resistance_ohm.u,
        "worst_db": heard.map(|heard| heard.worst_db.value),
        "u_worst_db": heard.and_then(|heard| heard.worst_db.u),
        "worst_hz": heard.map(|heard| heard.worst_hz),
        "significant": verdict.map(|CableVerdict { spans, .. }| value(spans)),
        "none_above_db": verdict.map(|verdict| verdict.none_above_db),
        "curve": heard.map(|heard| curve_object(&heard.curve, None)),
    })
}

/// Cables beside each other: `frequency_hz`, then for each `NAME_ohm`, `NAME_phase_deg` and, with a
/// headphone, `NAME_effect_db` and `NAME_minus_FIRST_db`, with their standard uncertainties where
/// known.
#[must_use]
pub fn cables_csv(comparison: &CableComparison) -> String {
    let mut table = WideTable::default();
    for cable in &comparison.cables {
        table.add_polar(&cable.name, &(&cable.impedance).into());
        if let Some(effect) = &cable.effect {
            table.add(&format!("{}_effect_db", cable.name), &effect.curve);
        }
    }
    for CableDifference { name, reference, heard, .. } in &comparison.differences {
        if let Some(heard) = heard {
            table.add(&format!("{name}_minus_{reference}_db"), &heard.curve);
        }
    }
    table.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::cable::specimen;

    #[test]
    fn cables_have_the_keys_that_others_read() {
        let document = cables(&specimen::cables());
        assert_eq!((&document["schema"], &document["kind"]), (&json!(1), &json!("cables")));
        let figures = &document["figures"];
        assert_eq!(figures["source_ohm"], json!(0.5));
        let stock = &figures["cables"][0];
        assert_eq!(stock["name"], json!("stock"));
        for key in ["resistance_ohm", "u_resistance_ohm", "inductance_h", "u_worst_db", "loss_db"] {
            assert!(stock[key].is_number(), "{key}: {stock}");
        }
        let silver = &figures["differences"][0];
        assert_eq!((&silver["name"], &silver["reference"]), (&json!("silver"), &json!("stock")));
        assert!(silver["none_above_db"].is_number() && silver["significant"].is_array());
        assert!(silver["curve"]["u_magnitude_db"].is_array());
    }

    #[test]
    fn the_table_has_impedances_effects_and_differences() {
        let text = cables_csv(&specimen::cables());
        let head = text.lines().next().unwrap();
        for column in ["stock_ohm", "u_stock_effect_db", "silver_effect_db"] {
            assert!(head.split(',').any(|found| found == column), "{column}: {head}");
        }
        assert!(head.ends_with("silver_minus_stock_db,u_silver_minus_stock_db"), "{head}");
    }
}
