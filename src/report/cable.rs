//! Cables as a table for a terminal.

use super::digits::{ABSENT, decimals_of, fixed, signed};
use super::table::{Column, Table};
use crate::model::{Cable, CableComparison, Estimate};

/// Decimals of levels: those of cables are hundredths and thousandths of a decibel.
const DB_DECIMALS: usize = 3;

/// A row for each cable: resistance, coil, and what it does to the headphone, if one is known.
#[must_use]
pub fn cables(comparison: &CableComparison) -> Table {
    let mut columns = vec![
        Column::text("Cable"),
        Column::number("At 1 kHz", "Ω"),
        Column::number("± (k = 2)", "Ω"),
        Column::number("Coil", "µH"),
        Column::number("± (k = 2)", "µH"),
    ];
    let mut notes = vec!["Both conductors together. Coil: where one in series holds.".to_owned()];
    let heard = comparison.cables.iter().any(|cable| cable.effect.is_some());
    if heard {
        columns.extend([
            Column::number("Largest change", "dB"),
            Column::number("At", "Hz"),
            Column::number("± (k = 2)", "dB"),
            Column::number("Level at 1 kHz", "dB"),
        ]);
        notes.push("Largest change: of the response, re 1 kHz, against no cable.".to_owned());
    }
    let row = |cable: &Cable| {
        let mut row = own(cable);
        if heard {
            row.extend(effect(cable));
        }
        row
    };
    Table::of_columns("Cables", columns, comparison.cables.iter().map(row).collect())
        .with_notes(notes)
}

fn own(cable: &Cable) -> Vec<String> {
    /// Microhenries in a henry.
    const MICRO: f64 = 1e6;
    let coil = cable
        .inductance_h
        .map(|coil| Estimate { value: MICRO * coil.value, u: coil.u.map(|u| MICRO * u) });
    let [ohm, u_ohm] = with_u(Some(cable.resistance_ohm), 3);
    let [coil, u_coil] = with_u(coil, 2);
    vec![cable.name.clone(), ohm, u_ohm, coil, u_coil]
}

/// A value and its expanded uncertainty, with the digits that this leaves.
fn with_u(estimate: Option<Estimate>, otherwise: usize) -> [String; 2] {
    let Some(Estimate { value, u }) = estimate else { return [ABSENT; 2].map(str::to_owned) };
    let expanded = u.map(|u| 2.0 * u);
    let decimals = expanded.map_or(otherwise, |u| decimals_of(u, 2, otherwise));
    [fixed(value, decimals), expanded.map_or(ABSENT.to_owned(), |u| fixed(u, decimals))]
}

fn effect(cable: &Cable) -> [String; 4] {
    let Some(effect) = &cable.effect else { return [ABSENT; 4].map(str::to_owned) };
    let expanded = effect.worst_db.u.map(|u| fixed(2.0 * u, DB_DECIMALS));
    [
        signed(effect.worst_db.value, DB_DECIMALS),
        fixed(effect.worst_hz, 0),
        expanded.unwrap_or_else(|| ABSENT.to_owned()),
        signed(effect.loss_db.value, DB_DECIMALS),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::cable::{compare, specimen};

    #[test]
    fn a_cable_is_told_by_resistance_coil_and_effect() {
        let table = cables(&specimen::cables());
        let row = &table.rows()[0];
        assert_eq!(&row[..4], ["stock", "0.600", "0.020", "2.00"]);
        assert_eq!((row.len(), row[8].starts_with("−0.1")), (9, true), "{row:?}");
    }

    #[test]
    fn without_a_headphone_there_is_no_effect() {
        let mut question = specimen::question([(0.6, 2e-6), (0.2, 0.0)], None);
        question.headphone = None;
        let table = cables(&compare(&question).unwrap());
        assert_eq!(table.rows()[1], ["silver", "0.200", "–", "–", "–"]);
    }
}
