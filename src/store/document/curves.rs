//! The document of curves beside each other.

use serde_json::{Map, Value, json};

use super::comparison::normalisation;
use super::{head, trace_object, without_nulls};
use crate::model::{
    ComparedCurve, Curve, CurveComparison, CurveDifference, Deviation, Extremes, Measurand,
    TraceKind,
};
use crate::quantity::unit::{Decibel, Ohm, Unit};

/// The document of curves of one kind beside each other: `curves` holds each curve, `figures` what
/// was read off them and how they differ from the reference.
#[must_use]
pub fn curves(comparison: &CurveComparison) -> Value {
    let mut document = head("curves");
    let each = comparison.curves.iter();
    let curves: Value = each
        .clone()
        .map(|curve| json!({ "name": curve.name, "curve": trace_object(&curve.trace) }))
        .collect();
    let figures = json!({
        "kind": comparison.curves.first().map(|curve| Measurand::from(curve.trace.kind()).name()),
        "reference": comparison.reference(),
        "curves": each.map(figures_of).collect::<Value>(),
        "differences": comparison.differences.iter().map(difference).collect::<Value>(),
        "normalisation": normalisation(comparison.normalisation),
        "smoothing": comparison.smoothing.to_string(),
    });
    document.insert("curves".to_owned(), curves);
    document.insert("figures".to_owned(), figures);
    document.insert("findings".to_owned(), json!([]));
    without_nulls(Value::Object(document))
}

fn figures_of(curve: &ComparedCurve) -> Value {
    let mut figures = Map::new();
    figures.insert("name".to_owned(), curve.name.as_str().into());
    let unit = match curve.trace.kind() {
        TraceKind::Response => Decibel::SUFFIX,
        TraceKind::Impedance => Ohm::SUFFIX,
    };
    if let Some(Extremes { minimum, minimum_hz, maximum, maximum_hz }) = curve.extremes {
        figures.insert(format!("minimum_{unit}"), minimum.into());
        figures.insert("minimum_hz".to_owned(), minimum_hz.into());
        figures.insert(format!("maximum_{unit}"), maximum.into());
        figures.insert("maximum_hz".to_owned(), maximum_hz.into());
    }
    Value::Object(figures)
}

fn difference(difference: &CurveDifference) -> Value {
    let CurveDifference { name, reference, level, percent, phase, significance } = difference;
    let grid = level.curve.grid();
    let worst_hz = percent.as_ref().map_or(level.worst_hz, |percent| percent.worst_hz);
    let mut object = Map::new();
    object.insert("name".to_owned(), name.as_str().into());
    object.insert("reference".to_owned(), reference.as_str().into());
    object.insert("from_hz".to_owned(), grid.first_hz().into());
    object.insert("to_hz".to_owned(), grid.last_hz().into());
    let mut curve = Map::new();
    curve.insert("frequency_hz".to_owned(), grid.hz().into());
    if let Some(percent) = percent {
        object.insert("worst_percent".to_owned(), percent.worst.into());
        add(&mut object, &mut curve, percent, "percent");
    }
    object.insert("worst_hz".to_owned(), worst_hz.into());
    // Where an impedance differs most in percent it need not differ most in decibels.
    object.insert("worst_db".to_owned(), level.curve.at(worst_hz).unwrap_or(level.worst).into());
    add(&mut object, &mut curve, level, "db");
    if let Some(phase) = phase {
        object.insert("worst_phase_deg".to_owned(), phase.worst.into());
        object.insert("worst_phase_hz".to_owned(), phase.worst_hz.into());
        add(&mut object, &mut curve, phase, "phase_deg");
    }
    if let Some(significance) = significance {
        let unit = if percent.is_some() { "percent" } else { "db" };
        object.insert("significant".to_owned(), json!(significance.spans));
        object.insert(format!("no_difference_above_{unit}"), significance.none_above.into());
    }
    object.insert("curve".to_owned(), Value::Object(curve));
    Value::Object(object)
}

/// Mean and root mean square of a deviation among the figures, its values into the curve.
fn add<U: Unit>(
    figures: &mut Map<String, Value>,
    curve: &mut Map<String, Value>,
    deviation: &Deviation<U>,
    unit: &str,
) {
    figures.insert(format!("mean_{unit}"), deviation.mean.into());
    figures.insert(format!("rms_{unit}"), deviation.rms.into());
    curve.insert(format!("difference_{unit}"), deviation.curve.values().to_vec().into());
    if let Some(u) = Curve::u(&deviation.curve) {
        curve.insert(format!("u_difference_{unit}"), u.to_vec().into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{curve, document, fixture};

    #[test]
    fn curves_have_the_keys_that_others_read() {
        let document = curves(&fixture::curves());
        assert_eq!(document["kind"], json!("curves"));
        assert_eq!(document["curves"][1]["name"], json!("right"));
        assert_eq!(document["curves"][1]["curve"]["u_magnitude_ohm"][0], json!(0.5));
        let figures = &document["figures"];
        assert_eq!(
            (&figures["kind"], &figures["reference"]),
            (&json!("impedance"), &json!("left"))
        );
        assert_eq!(figures["curves"][0]["minimum_ohm"], json!(32.0));
        let difference = &figures["differences"][0];
        for (key, value) in [
            ("name", json!("right")),
            ("reference", json!("left")),
            ("worst_percent", json!(10.0)),
            ("worst_hz", json!(1000.0)),
            ("mean_percent", json!(5.0)),
            ("rms_percent", json!(6.0)),
            ("worst_phase_deg", json!(-2.0)),
            ("significant", json!([{ "from_hz": 100.0, "to_hz": 1000.0 }])),
            ("no_difference_above_percent", json!(1.5)),
        ] {
            assert_eq!(difference[key], value, "{key}");
        }
        for key in ["frequency_hz", "difference_percent", "u_difference_percent"] {
            assert_eq!(difference["curve"][key].as_array().map(Vec::len), Some(3), "{key}");
        }
    }

    #[test]
    fn the_curves_of_a_document_are_read_back() {
        let text = document::to_text(&curves(&fixture::curves()));
        let file = curve::parse(text.as_bytes(), std::path::Path::new("a.json")).unwrap();
        let names: Vec<&str> = file.traces().iter().map(|named| named.name.as_str()).collect();
        assert_eq!(names, ["left", "right"]);
        assert_eq!(file.traces()[1].trace, fixture::curves().curves[1].trace);
    }
}
