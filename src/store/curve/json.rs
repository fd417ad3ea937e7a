//! Curves in our own JSON documents.

use num_complex::Complex64;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Bridge, CurveFile, CurveFormat, CurveProblem, NamedTrace};
use crate::model::{Budget, Contribution, Covariance, Curve, FrequencyGrid, Polar, Trace};
use crate::quantity::unit::Unit;
use crate::store::document;

/// The lists of a document whose members hold a curve, with the key that names each.
const LISTS: [(&str, &str); 3] =
    [("/curves", "name"), ("/figures/states", "name"), ("/figures/sources", "source_ohm")];

/// Reads the curves of a document: its own, else those that it compares.
pub(super) fn read(text: &str, name: &str) -> Result<CurveFile, CurveProblem> {
    let root: Value =
        serde_json::from_str(text).map_err(|error| CurveProblem::Json(error.to_string()))?;
    let document = root.as_object().ok_or_else(|| not_ours("no object"))?;
    match document.get("schema").and_then(Value::as_u64) {
        Some(document::SCHEMA) => {}
        Some(found) => return Err(CurveProblem::Schema { found, known: document::SCHEMA }),
        None => return Err(not_ours("no schema")),
    }
    let name = document.get("name").and_then(Value::as_str).unwrap_or(name).to_owned();
    let traces = match document.get("curve") {
        Some(curve) => vec![NamedTrace { name: name.clone(), trace: trace(curve)? }],
        None => listed(&root)?,
    };
    if traces.is_empty() {
        return Err(CurveProblem::NoCurve(reason(document)));
    }
    let bridge = Bridge::of_document(document);
    let budget = traces.first().and_then(|first| budget(document, &first.trace));
    Ok(CurveFile {
        name,
        format: CurveFormat::Json,
        budget,
        traces,
        drive: None,
        own_time: has_own_time(document),
        bridge,
        comments: bridge.map_or_else(Vec::new, |bridge| bridge.lines()),
        assumptions: Vec::new(),
        simulated: is_simulated(document),
    })
}

/// The lines of the uncertainty of an impedance; `None` if the document does not hold them as we write
/// them.
fn budget(document: &Map<String, Value>, trace: &Trace) -> Option<Budget> {
    let Trace::Impedance(polar) = trace else { return None };
    let impedance = polar.to_impedance().ok()?;
    let lines = document.get("budget")?.get("contributions")?.as_array()?;
    let line = |line: &Value| {
        let list =
            |key| numbers(line, key).ok().flatten().filter(|u| u.len() == impedance.hz().len());
        let (u, u_phase) = (list("u_magnitude_ohm")?, list("u_phase_deg")?);
        let of = |((&z, u), u_deg): ((&Complex64, f64), f64)| {
            Covariance::polar(z, u, u_deg.to_radians() * z.norm())
        };
        Some(Contribution {
            source: read_as(line, "source")?,
            evaluation: read_as(line, "evaluation")?,
            distribution: read_as(line, "distribution")?,
            covariance: impedance.values().iter().zip(u).zip(u_phase).map(of).collect(),
        })
    };
    let contributions: Option<Vec<_>> = lines.iter().map(line).collect();
    Some(Budget { contributions: contributions? })
}

fn read_as<T: DeserializeOwned>(object: &Value, key: &str) -> Option<T> {
    serde_json::from_value(object.get(key)?.clone()).ok()
}

fn is_simulated(document: &Map<String, Value>) -> bool {
    let rig = document.get("conditions").and_then(|conditions| conditions.pointer("/rig/kind"));
    rig.and_then(Value::as_str) == Some("simulated")
        || document.get("simulated").and_then(Value::as_bool) == Some(true)
}

/// Whether a response was measured without a reference.
fn has_own_time(document: &Map<String, Value>) -> bool {
    let channels = document.get("conditions").and_then(|conditions| conditions.get("channels"));
    let channels = channels.and_then(Value::as_str);
    document.get("kind").and_then(Value::as_str) == Some("response")
        && channels.is_some_and(|channels| !channels.contains("reference"))
}

fn not_ours(what: &str) -> CurveProblem {
    CurveProblem::Json(format!("{what} where a document with a curve was expected"))
}

/// Why a document holds no curve, from its own findings.
fn reason(document: &Map<String, Value>) -> String {
    let findings = document.get("findings").and_then(Value::as_array);
    let refusal = findings.and_then(|findings| {
        findings.iter().find(|finding| finding.get("severity") == Some(&"refusal".into()))
    });
    let kind = refusal.and_then(|finding| finding.get("kind")).and_then(Value::as_str);
    kind.map_or_else(String::new, |kind| format!(": the measurement was refused ({kind})"))
}

fn listed(document: &Value) -> Result<Vec<NamedTrace>, CurveProblem> {
    let mut traces = Vec::new();
    for (list, key) in LISTS {
        let members = document.pointer(list).and_then(Value::as_array);
        for member in members.into_iter().flatten() {
            let name = match member.get(key) {
                Some(Value::String(name)) => name.clone(),
                Some(number) => format!("{number} Ω"),
                None => list.rsplit('/').next().unwrap_or_default().to_owned(),
            };
            if let Some(curve) = member.get("curve") {
                traces.push(NamedTrace { name, trace: trace(curve)? });
            }
        }
    }
    Ok(traces)
}

fn trace(curve: &Value) -> Result<Trace, CurveProblem> {
    let hz = numbers(curve, "frequency_hz")?.ok_or_else(|| not_ours("no frequency_hz"))?;
    let grid = FrequencyGrid::new(hz)?;
    if let Some(db) = numbers(curve, "magnitude_db")? {
        return Ok(Trace::Response(polar(curve, grid, db, "u_magnitude_db")?));
    }
    if let Some(ohm) = numbers(curve, "magnitude_ohm")? {
        return Ok(Trace::Impedance(polar(curve, grid, ohm, "u_magnitude_ohm")?));
    }
    Err(not_ours("neither magnitude_db nor magnitude_ohm"))
}

fn polar<U: Unit>(
    curve: &Value,
    grid: FrequencyGrid,
    magnitude: Vec<f64>,
    u_key: &str,
) -> Result<Polar<U>, CurveProblem> {
    let magnitude = with_u(Curve::new(grid.clone(), magnitude.into())?, curve, u_key)?;
    let polar = match numbers(curve, "phase_deg")? {
        Some(degrees) => {
            let phase = with_u(Curve::new(grid, degrees.into())?, curve, "u_phase_deg")?;
            Polar::new(magnitude, phase)?
        }
        None => Polar::of_magnitude(magnitude),
    };
    match numbers(curve, "coherence")? {
        Some(coherence) => Ok(polar.with_coherence(coherence.into())?),
        None => Ok(polar),
    }
}

fn with_u<U: Unit>(values: Curve<U>, curve: &Value, key: &str) -> Result<Curve<U>, CurveProblem> {
    match numbers(curve, key)? {
        Some(u) => Ok(values.with_u(u.into())?),
        None => Ok(values),
    }
}

/// The numbers under a key; `None` if the key is absent.
fn numbers(curve: &Value, key: &str) -> Result<Option<Vec<f64>>, CurveProblem> {
    let Some(list) = curve.get(key) else { return Ok(None) };
    let numbers = list.as_array().and_then(|list| list.iter().map(Value::as_f64).collect());
    numbers.map(Some).ok_or_else(|| CurveProblem::Json(format!("{key} is not a list of numbers")))
}
