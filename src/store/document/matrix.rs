//! The document of what every one of several sources does to every one of several headphones.

use serde_json::{Map, Value, json};

use super::{head, without_nulls};
use crate::model::{
    DeviationClass, LevelFigure, MatrixCell, MatrixRow, MatrixSource, PairEffect, SourceMatrix,
};

/// The document of headphones by sources: a list of the sources, and the headphones each with one
/// cell for each source, in the same order.
#[must_use]
pub fn matrix(matrix: &SourceMatrix) -> Value {
    let mut document = head("source-matrix");
    let sources: Value = matrix.sources.iter().map(source).collect();
    let headphones: Value = matrix.rows.iter().map(|row| headphone(row, matrix)).collect();
    let left_out: Value = (matrix.left_out.iter())
        .map(|out| json!({ "name": out.name, "reason": out.reason }))
        .collect();
    let figures = json!({
        "class_edges_db": DeviationClass::EDGES_DB,
        "sources": sources,
        "headphones": headphones,
        "left_out": left_out,
    });
    document.insert("figures".to_owned(), figures);
    document.insert("findings".to_owned(), json!([]));
    without_nulls(Value::Object(document))
}

fn source(source: &MatrixSource) -> Value {
    json!({ "name": source.name, "source_ohm": source.ohm, "measured": source.is_measured })
}

fn headphone(row: &MatrixRow, matrix: &SourceMatrix) -> Value {
    let cells = matrix.sources.iter().zip(&row.cells);
    let cells: Vec<Value> = cells.map(|(source, cell)| cell_object(source, cell)).collect();
    json!({
        "name": row.headphone,
        "impedance_minimum_ohm": row.minimum.value,
        "impedance_minimum_hz": row.minimum.hz,
        "impedance_at_1khz_ohm": row.at_1khz_ohm,
        "nominal_ohm": row.nominal_ohm,
        "eighth_rule_ohm": row.eighth_rule.allows.ohm(),
        "eighth_rule_costs_db": row.eighth_rule.costs_db,
        "cells": cells,
    })
}

fn cell_object(source: &MatrixSource, cell: &MatrixCell) -> Value {
    let mut object = Map::new();
    object.insert("source".to_owned(), source.name.clone().into());
    match cell {
        MatrixCell::Unknown(reason) => {
            object.insert("reason".to_owned(), reason.clone().into());
        }
        MatrixCell::Known(effect) => {
            let figures = figures(effect).map(|(key, value)| (key.to_owned(), value.into()));
            object.extend(figures);
            object.insert("keeps_eighth_rule".to_owned(), effect.keeps_eighth_rule.into());
        }
    }
    Value::Object(object)
}

/// The numbers of a cell with their names; absent where not known.
fn figures(effect: &PairEffect) -> [(&'static str, Option<f64>); 10] {
    let LevelFigure { db: peak_to_peak, u_db: u_peak_to_peak } = effect.peak_to_peak;
    let LevelFigure { db: worst, u_db: u_worst } = effect.worst;
    let LevelFigure { db: loss, u_db: u_loss } = effect.loss;
    [
        ("peak_to_peak_db", Some(peak_to_peak)),
        ("u_peak_to_peak_db", u_peak_to_peak),
        ("worst_db", Some(worst)),
        ("u_worst_db", u_worst),
        ("worst_hz", Some(effect.worst_hz)),
        ("loss_db", Some(loss)),
        ("u_loss_db", u_loss),
        ("damping_factor", effect.damping_factor),
        ("from_hz", Some(effect.band.from_hz)),
        ("to_hz", Some(effect.band.to_hz)),
    ]
}

/// One row for each pair: the headphone with its impedance, the source with its, and what the
/// keys of the document's cells say; what is not known is empty.
#[must_use]
pub fn matrix_csv(matrix: &SourceMatrix) -> String {
    const HEAD: [&str; 17] = [
        "headphone",
        "impedance_minimum_ohm",
        "impedance_at_1khz_ohm",
        "nominal_ohm",
        "source",
        "source_ohm",
        "peak_to_peak_db",
        "u_peak_to_peak_db",
        "worst_db",
        "u_worst_db",
        "worst_hz",
        "loss_db",
        "u_loss_db",
        "damping_factor",
        "from_hz",
        "to_hz",
        "keeps_eighth_rule",
    ];
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory does not fail.
    let _ = writer.write_record(HEAD);
    for row in &matrix.rows {
        for (source, cell) in matrix.sources.iter().zip(&row.cells) {
            let _ = writer.write_record(record(row, source, cell));
        }
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn record(row: &MatrixRow, source: &MatrixSource, cell: &MatrixCell) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let mut record = vec![
        row.headphone.clone(),
        number(Some(row.minimum.value)),
        number(Some(row.at_1khz_ohm)),
        number(row.nominal_ohm),
        source.name.clone(),
        number(Some(source.ohm)),
    ];
    match cell.effect() {
        Some(effect) => {
            record.extend(figures(effect).map(|(_, value)| number(value)));
            record.push(effect.keeps_eighth_rule.to_string());
        }
        None => record.resize(17, String::new()),
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::matrix::specimen;

    #[test]
    fn a_matrix_has_the_keys_that_others_read() {
        let document = matrix(&specimen::matrix());
        let kind = (&document["schema"], &document["kind"]);
        assert_eq!(kind, (&json!(1), &json!("source-matrix")));
        let figures = &document["figures"];
        let source = json!({ "name": "120 Ω", "source_ohm": 120.0, "measured": false });
        assert_eq!(figures["sources"][2], source);
        let closed = &figures["headphones"][0];
        assert_eq!((&closed["name"], &closed["nominal_ohm"]), (&json!("closed"), &json!(38.0)));
        let cell = &closed["cells"][1];
        assert_eq!((&cell["source"], &cell["keeps_eighth_rule"]), (&json!("amp"), &json!(false)));
        for key in ["peak_to_peak_db", "u_peak_to_peak_db", "worst_hz", "damping_factor"] {
            assert!(cell[key].is_number(), "{key}: {cell}");
        }
        assert!(closed["cells"][0].get("damping_factor").is_none());
        // Nothing is said of how well the planar headphone is known.
        assert!(figures["headphones"][1]["cells"][1].get("u_worst_db").is_none());
        assert_eq!(figures["left_out"][0]["name"], "half");
    }

    #[test]
    fn the_table_has_a_row_for_each_pair() {
        let mut found = specimen::matrix();
        found.rows[1].cells[2] = MatrixCell::Unknown("nothing in common".to_owned());
        let text = matrix_csv(&found);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 6);
        assert_eq!((&rows[1][0], &rows[1][4], &rows[1][16]), ("closed", "amp", "false"));
        assert_eq!((&rows[5][0], &rows[5][6], &rows[5][16]), ("planar", "", ""));
        assert_eq!(
            matrix(&found)["figures"]["headphones"][1]["cells"][2]["reason"],
            "nothing in common"
        );
    }
}
