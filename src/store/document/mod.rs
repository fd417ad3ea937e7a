//! JSON documents: what `--json` prints and what a measurement's folder keeps for machines.
//!
//! Names are `snake_case` with the unit at the end; a figure that could not be determined is
//! absent, never null and never a magic number.

mod cable;
mod comparison;
mod crosstalk;
mod curves;
mod drive;
mod evidence;
mod matching;
mod matrix;
mod monitor;
mod repeatability;
mod seal;
mod seatings;
mod table;
mod wear;

use serde::Serialize;
use serde_json::{Map, Value, json};

use num_complex::Complex64;

use crate::model::{
    Budget, Contribution, Covariance, Curve, Finding, Impedance, Legs, Measurand, Measurement,
    Outcome, Polar, Trace,
};
use crate::quantity::unit::{Degree, Unit};

pub use cable::{cables, cables_csv};
pub use comparison::{sources, states};
pub use curves::curves;
pub use drive::drive;
pub use matching::{channels, channels_csv, isolation, isolation_csv, leakage, leakage_csv};
pub use matrix::{matrix, matrix_csv};
pub use monitor::glimpse;
pub use repeatability::{repeatability, repeatability_csv, rig_spread};
pub use seal::{seal, seal_csv};
pub use seatings::{seatings, seatings_csv, session};
pub use table::{
    crosstalk_csv, curve_differences_csv, curves_csv, differences_csv, drive_csv, leaks_csv,
    placements_csv, simultaneous_csv, sources_csv, states_csv, verifications_csv,
};
pub use wear::{wear, wear_changes_csv, wear_csv};

/// The version of the documents' layout. It rises when a key changes its meaning or goes away;
/// new keys leave it as it is.
pub const SCHEMA: u64 = 1;

/// A document as text: indented, lists of numbers on one line, with a line end behind it.
#[must_use]
pub fn to_text(document: &Value) -> String {
    let mut text = String::new();
    lay_out(document, 0, &mut text);
    text.push('\n');
    text
}

fn lay_out(value: &Value, depth: usize, text: &mut String) {
    let line = |depth: usize| format!("\n{}", "  ".repeat(depth));
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (i, (key, member)) in members.iter().enumerate() {
                text.push(if i == 0 { '{' } else { ',' });
                text.push_str(&line(depth + 1));
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push_str(": ");
                lay_out(member, depth + 1, text);
            }
            text.push_str(&line(depth));
            text.push('}');
        }
        Value::Array(members) if members.iter().any(Value::is_object) => {
            for (i, member) in members.iter().enumerate() {
                text.push(if i == 0 { '[' } else { ',' });
                text.push_str(&line(depth + 1));
                lay_out(member, depth + 1, text);
            }
            text.push_str(&line(depth));
            text.push(']');
        }
        short => text.push_str(&short.to_string()),
    }
}

/// The document of a curve that is known for itself alone.
#[must_use]
pub fn curve(trace: &Trace, name: &str) -> Value {
    let mut document = head(Measurand::from(trace.kind()).name());
    if !name.is_empty() {
        document.insert("name".to_owned(), name.into());
    }
    document.insert("curve".to_owned(), trace_object(trace));
    document.insert("figures".to_owned(), json!({}));
    document.insert("findings".to_owned(), json!([]));
    Value::Object(document)
}

/// The document of a measurement. A refused one has no curve and no figures.
#[must_use]
pub fn measurement(measurement: &Measurement) -> Value {
    let outcome = &measurement.outcome;
    let mut document = head(outcome.measurand().name());
    if let Some(trace) = outcome.to_trace() {
        document.insert("curve".to_owned(), trace_object(&trace));
    }
    if let Outcome::Impedance { impedance, budget, .. }
    | Outcome::OutputImpedance { impedance, budget, .. } = outcome
    {
        document.insert("budget".to_owned(), budget_object(impedance, budget));
    }
    if let Outcome::OutputImpedance { detail: Some(detail), .. } = outcome {
        let open_circuit = polar_object(&Polar::from(&detail.open_circuit));
        document.insert("open_circuit".to_owned(), open_circuit);
        if let Some(Legs { positive, negative }) = &detail.legs {
            let [positive, negative] =
                [positive, negative].map(|leg| polar_object(&Polar::from(leg)));
            let legs = json!({ "positive": positive, "negative": negative });
            document.insert("legs".to_owned(), legs);
        }
    }
    if let Outcome::Crosstalk { curves, .. } = outcome {
        document.insert("curves".to_owned(), crosstalk::curves(curves));
    }
    let figures = match outcome {
        Outcome::Response { figures, .. } => value(figures),
        Outcome::Impedance { figures, .. } => value(figures),
        Outcome::OutputImpedance { figures, .. } => value(figures),
        Outcome::Crosstalk { figures, .. } => value(figures),
        Outcome::Refused(_) => json!({}),
    };
    document.insert("figures".to_owned(), figures);
    document.insert("findings".to_owned(), findings(&measurement.findings));
    document.insert("conditions".to_owned(), value(&measurement.conditions));
    without_nulls(Value::Object(document))
}

/// Findings as machines read them: kind, severity, message and figures side by side.
#[must_use]
pub fn findings(findings: &[Finding]) -> Value {
    let with_message = |finding: &Finding| {
        let mut object = value(finding);
        if let Some(object) = object.as_object_mut() {
            let words = finding.kind.words();
            object.insert("message".to_owned(), words.message().into());
            object.insert("effect".to_owned(), words.effect.into());
            object.insert("remedy".to_owned(), words.remedy.into());
        }
        without_nulls(object)
    };
    findings.iter().map(with_message).collect()
}

/// The first keys of every document.
fn head(kind: &str) -> Map<String, Value> {
    let mut document = Map::new();
    document.insert("schema".to_owned(), SCHEMA.into());
    document.insert("kind".to_owned(), kind.into());
    document
}

/// Records of ours always serialise; a number that JSON has no word for becomes null.
fn value(record: &impl Serialize) -> Value {
    serde_json::to_value(record).unwrap_or_default()
}

/// The value without members that are null, at every depth.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, member)| !member.is_null())
            .map(|(key, member)| (key, without_nulls(member)))
            .collect(),
        Value::Array(members) => members.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

fn trace_object(trace: &Trace) -> Value {
    match trace {
        Trace::Response(polar) => polar_object(polar),
        Trace::Impedance(polar) => polar_object(polar),
    }
}

/// As [`curve_object`], with the coherence where it is known.
fn polar_object<U: Unit>(polar: &Polar<U>) -> Value {
    let mut object = curve_object(polar.magnitude(), polar.phase());
    if let (Some(coherence), Some(object)) = (polar.coherence(), object.as_object_mut()) {
        object.insert("coherence".to_owned(), coherence.to_vec().into());
    }
    object
}

/// The lines of a budget, each with its standard uncertainties at the frequencies of the curve.
fn budget_object(impedance: &Impedance, budget: &Budget) -> Value {
    let line = |line: &Contribution| {
        let of = |u: &dyn Fn(Covariance, Complex64) -> f64| -> Vec<f64> {
            line.covariance.iter().zip(impedance.values()).map(|(&c, &z)| u(c, z)).collect()
        };
        json!({
            "source": line.source, "evaluation": line.evaluation,
            "distribution": line.distribution,
            "u_magnitude_ohm": of(&|c, z| c.u_magnitude(z)),
            "u_phase_deg": of(&|c, z| c.u_phase(z).to_degrees()),
        })
    };
    json!({ "contributions": budget.contributions.iter().map(line).collect::<Vec<_>>() })
}

/// Frequency, magnitude, phase and their uncertainties, each a list.
fn curve_object<U: Unit>(magnitude: &Curve<U>, phase: Option<&Curve<Degree>>) -> Value {
    let mut object = Map::new();
    let mut list = |key: String, values: &[f64]| object.insert(key, values.into());
    list("frequency_hz".to_owned(), magnitude.hz());
    list(format!("magnitude_{}", U::SUFFIX), &magnitude.values().to_vec());
    if let Some(u) = magnitude.u() {
        list(format!("u_magnitude_{}", U::SUFFIX), &u.to_vec());
    }
    if let Some(phase) = phase {
        list("phase_deg".to_owned(), &phase.values().to_vec());
        if let Some(u) = phase.u() {
            list("u_phase_deg".to_owned(), &u.to_vec());
        }
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixture;

    #[test]
    fn a_response_has_its_curve_figures_findings_and_conditions() {
        let document = measurement(&fixture::response());
        assert_eq!((&document["schema"], &document["kind"]), (&json!(1), &json!("response")));
        for key in [
            "frequency_hz",
            "magnitude_db",
            "phase_deg",
            "u_magnitude_db",
            "u_phase_deg",
            "coherence",
        ] {
            assert_eq!(document["curve"][key].as_array().map(Vec::len), Some(3), "{key}");
        }
        assert_eq!(document["figures"]["inverted"], json!(false));
        assert_eq!(document["figures"]["delay_samples"], json!(12.5));
        let finding = &document["findings"][0];
        assert_eq!(
            (&finding["kind"], &finding["severity"]),
            (&json!("clock-drift"), &json!("note"))
        );
        assert_eq!(finding["ppm"], json!(3.5));
        assert!(finding["message"].as_str().unwrap().contains("+3.50 ppm"));
        assert_eq!(document["conditions"]["tags"]["state"], json!("fresh"));
    }

    #[test]
    fn what_is_not_known_is_absent() {
        let document = measurement(&fixture::response());
        assert!(document["figures"].get("bass_shelf_db").is_none());
        assert!(!to_text(&document).contains("null"));
    }

    #[test]
    fn a_refused_measurement_has_no_curve() {
        let document = measurement(&fixture::refused());
        assert!(document.get("curve").is_none());
        assert_eq!(document["findings"][0]["severity"], json!("refusal"));
    }

    #[test]
    fn an_impedance_is_in_ohms() {
        let document = measurement(&fixture::impedance());
        assert_eq!(document["kind"], json!("impedance"));
        assert!(document["curve"].get("magnitude_ohm").is_some());
        assert_eq!(document["figures"]["resonances"][0]["peak_ohm"], json!(300.0));
    }

    #[test]
    fn the_text_of_a_document_is_the_document() {
        let document = measurement(&fixture::impedance());
        let text = to_text(&document);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document);
        let longest_list = text.lines().filter(|line| line.contains("frequency_hz\": [")).count();
        assert_eq!(longest_list, 1, "{text}");
    }
}
