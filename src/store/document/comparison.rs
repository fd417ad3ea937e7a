//! Documents of comparisons.

use serde_json::{Map, Value, json};

use super::{curve_object, evidence, head, value, without_nulls};
use crate::model::{
    DampedResonance, EquivalentLeak, Impedance, InferredImpedance, InferredUncertainty, LeakBasis,
    LeakVerdict, NoLeak, Normalisation, PlacementSpread, Source, SourceComparison, SourceDamping,
    SourceEffect, Span, StateComparison, StateDifference, StateSummary, Verification, WidestSpread,
    placement_meaning,
};
use crate::quantity::Resistance;

/// The document of one headphone in several states.
#[must_use]
pub fn states(comparison: &StateComparison) -> Value {
    let mut document = head("states");
    let states: Value = comparison.states.iter().map(state).collect();
    let differences: Value = comparison.differences.iter().map(difference).collect();
    let figures = json!({
        "states": states,
        "differences": differences,
        "placements": comparison.placements.as_ref().map(placements),
        "normalisation": normalisation(comparison.normalisation),
        "smoothing": comparison.smoothing.to_string(),
    });
    document.insert("figures".to_owned(), figures);
    document.insert("findings".to_owned(), json!([]));
    without_nulls(Value::Object(document))
}

/// How much the response depends on the placement: curves, and where it does most.
fn placements(spread: &PlacementSpread) -> Value {
    let widest = |widest: Option<WidestSpread>| {
        widest.map(|widest| {
            let WidestSpread { db, hz, band: Span { from_hz, to_hz } } = widest;
            json!({ "widest_db": db, "at_hz": hz, "from_hz": from_hz, "to_hz": to_hz })
        })
    };
    json!({
        "consistency": value(&spread.consistency),
        "bass": widest(spread.bass),
        "treble": widest(spread.treble),
        "mean": curve_object(&spread.mean, None),
        "median": curve_object(&spread.median, None),
        "lowest": curve_object(&spread.lowest, None),
        "highest": curve_object(&spread.highest, None),
    })
}

fn state(state: &StateSummary) -> Value {
    let mut curve = curve_object(&state.mean, None);
    if let (Some(sd), Some(curve)) = (&state.sd, curve.as_object_mut()) {
        curve.insert("sd_magnitude_db".to_owned(), sd.values().to_vec().into());
    }
    json!({
        "name": state.name,
        "placement": placement_meaning(&state.name),
        "n": state.seatings.len(),
        "consistency": value(&state.consistency),
        "bass_shelf_db": state.bass_shelf_db.map(|spread| spread.mean),
        "bass_shelf_sd_db": state.bass_shelf_db.and_then(|spread| spread.sd),
        "corner_minus_3_db_hz": state.corner_minus_3_db_hz,
        "curve": curve,
    })
}

pub(super) fn difference(difference: &StateDifference) -> Value {
    let shelf = difference.bass_shelf_db;
    let (fitted, refused) = match &difference.leak {
        Some(LeakVerdict::Fitted(fitted)) => (Some(leak(fitted)), None),
        Some(LeakVerdict::Refused(refused)) => (None, Some(no_leak(refused))),
        None => (None, None),
    };
    let mut object = json!({
        "state": difference.state,
        "reference": difference.reference,
        "bass_shelf_db": shelf.map(|shelf| shelf.value),
        "u_bass_shelf_db": shelf.map(|shelf| shelf.u),
        "leak": fitted,
        "no_leak": refused,
        "curve": curve_object(&difference.curve, None),
    });
    if let (Some(seen), Some(object)) = (&difference.evidence, object.as_object_mut()) {
        object.extend(evidence::evidence(seen));
    }
    object
}

fn leak(leak: &EquivalentLeak) -> Value {
    let (calibration, front_volume_cm3) = match &leak.basis {
        LeakBasis::Calibrated { state, hole_mm } => (Some((state, hole_mm)), None),
        LeakBasis::FrontVolume { cm3 } => (None, Some(cm3)),
    };
    json!({
        "hole_mm": leak.hole.mm,
        "hole_from_mm": leak.hole.from_mm,
        "hole_to_mm": leak.hole.to_mm,
        "hole_rms_residual_db": leak.hole.rms_residual_db,
        "slit_mm": leak.slit.mm,
        "slit_from_mm": leak.slit.from_mm,
        "slit_to_mm": leak.slit.to_mm,
        "slit_rms_residual_db": leak.slit.rms_residual_db,
        "slit_width_mm": leak.slit_width_mm,
        "length_mm": leak.length_mm,
        "calibrated": calibration.is_some(),
        "calibration_state": calibration.map(|(state, _)| state),
        "calibration_hole_mm": calibration.map(|(_, hole_mm)| hole_mm),
        "front_volume_cm3": front_volume_cm3,
        "rms_residual_db": leak.rms_residual_db(),
        "from_hz": leak.model.grid().first_hz(),
        "to_hz": leak.model.grid().last_hz(),
        "curve": curve_object(&leak.model, None),
    })
}

fn no_leak(no_leak: &NoLeak) -> Value {
    let mut figures = match no_leak {
        NoLeak::TooFewSeatings { state } | NoLeak::CalibrationUnseen { state } => {
            json!({ "state": state })
        }
        NoLeak::Band { from_hz, to_hz } => json!({ "from_hz": from_hz, "to_hz": to_hz }),
        NoLeak::OpenBack => json!({}),
        NoLeak::Rises { by_db, u_db } => json!({ "by_db": by_db, "u_by_db": u_db }),
        NoLeak::Treble { octave_hz: (from_hz, to_hz), by_db, bass_db } => {
            json!({ "from_hz": from_hz, "to_hz": to_hz, "by_db": by_db, "bass_db": bass_db })
        }
        NoLeak::Unseen { hides_mm, length_mm } => {
            json!({ "hides_mm": hides_mm, "length_mm": length_mm })
        }
        NoLeak::Shape { rms_residual_db, rms_db } => {
            json!({ "rms_residual_db": rms_residual_db, "rms_db": rms_db })
        }
    };
    figures["reason"] = no_leak.name().into();
    figures
}

/// The document of what source impedances do to a headphone.
#[must_use]
pub fn sources(comparison: &SourceComparison) -> Value {
    let mut document = head("source");
    let damping = comparison.damping.as_ref();
    let sources: Value = (comparison.sources.iter().enumerate())
        .map(|(i, effect)| source(effect, damping.and_then(|damping| damping.sources.get(i))))
        .collect();
    let limits: Map<String, Value> = comparison
        .limits
        .iter()
        .filter_map(|limit| Some((limit.limit_db.to_string(), limit.source?.ohm().into())))
        .collect();
    let figures = json!({
        "impedance": comparison.inferred.as_ref().map(|from| inferred(from, &comparison.impedance)),
        "verification": verifications(comparison),
        "sources": sources,
        "resonance": damping.and_then(|damping| damping.resonance.as_ref()).map(resonance),
        "eighth_rule_ohm": comparison.eighth_rule.allows.ohm(),
        "eighth_rule_costs_db": comparison.eighth_rule.costs_db,
        "limit_ohm": limits,
        "normalisation": normalisation(comparison.normalisation),
    });
    document.insert("figures".to_owned(), figures);
    document.insert("findings".to_owned(), json!([]));
    without_nulls(Value::Object(document))
}

/// Its phase is left out: without its sign it is none.
fn inferred(from: &InferredImpedance, impedance: &Impedance) -> Value {
    let ohm = |resistor: &Resistance| resistor.ohm();
    let quoted: Map<String, Value> =
        from.quoted.iter().map(|at| (at.frequency_hz.to_string(), at.ohm.into())).collect();
    let u_quoted: Map<String, Value> = (from.quoted.iter())
        .filter_map(|at| Some((at.frequency_hz.to_string(), at.u_ohm?.into())))
        .collect();
    let u_quoted = (!u_quoted.is_empty()).then_some(u_quoted);
    json!({
        "inferred_from_ohm": from.resistors.iter().map(ohm).collect::<Vec<_>>(),
        "phase_sign_known": false,
        "forced_share": from.forced_share,
        "uncertainty_from": from.uncertainty.map(|origin| match origin {
            InferredUncertainty::Stated => "responses",
            InferredUncertainty::Scatter => "scatter",
        }),
        "magnitude_at_hz_ohm": quoted,
        "u_magnitude_at_hz_ohm": u_quoted,
        "minimum_ohm": from.extremes.minimum,
        "minimum_hz": from.extremes.minimum_hz,
        "maximum_ohm": from.extremes.maximum,
        "maximum_hz": from.extremes.maximum_hz,
        "curve": curve_object(&impedance.magnitude(), None),
    })
}

/// Absent where nothing was to be verified, unless the impedance was inferred.
fn verifications(comparison: &SourceComparison) -> Option<Value> {
    let all = &comparison.verifications;
    let asked = !all.is_empty() || comparison.inferred.is_some();
    asked.then(|| all.iter().map(verification).collect())
}

fn verification(seen: &Verification) -> Value {
    let verdict = seen.verdict.as_ref().ok();
    let unstated = seen.verdict.as_ref().err();
    let span = |span: &Span| json!({ "from_hz": span.from_hz, "to_hz": span.to_hz });
    json!({
        "source": name(&seen.source),
        "ohm": seen.source.ohm(),
        "from_source": name(&seen.from),
        "from_ohm": seen.from.ohm(),
        "offset_db": seen.offset_db,
        "rms_db": seen.rms_db,
        "worst_db": seen.worst_db,
        "u_worst_db": seen.u_worst_db(),
        "worst_hz": seen.worst_hz,
        "share_inside": verdict.map(|verdict| verdict.share_inside),
        "verdict": verdict.map(|v| if v.is_inside() { "inside" } else { "outside" }),
        "outside": verdict.map(|v| v.outside.iter().map(span).collect::<Vec<_>>()),
        "unstated": unstated.map(|parts| parts.iter().map(|p| p.name()).collect::<Vec<_>>()),
        "predicted": curve_object(&seen.predicted, None),
        "measured": curve_object(&seen.measured, None),
        "curve": curve_object(&seen.residual, None),
    })
}

/// The name of a source that was measured.
fn name(source: &Source) -> Option<&str> {
    source.output().map(|output| output.name.as_str())
}

fn resonance(resonance: &DampedResonance) -> Value {
    json!({
        "frequency_hz": resonance.frequency_hz,
        "dc_resistance_ohm": resonance.dc_resistance_ohm,
        "q_mechanical": resonance.q_mechanical,
        "q_electrical": resonance.q_electrical,
    })
}

fn source(effect: &SourceEffect, damping: Option<&SourceDamping>) -> Value {
    let q = damping.and_then(|damping| damping.q);
    let factor = damping
        .and_then(|damping| damping.factor.as_ref())
        .map(|factor| json!({ "frequency_hz": factor.hz(), "factor": factor.values().to_vec() }));
    let response = effect.response.as_ref().map(|response| curve_object(response, None));
    json!({
        "source": name(&effect.source),
        "source_ohm": effect.source.ohm(),
        "worst_db": effect.worst_db,
        "u_worst_db": effect.u_worst_db(),
        "worst_hz": effect.worst_hz,
        "peak_to_peak_db": effect.peak_to_peak_db,
        "loss_db": effect.loss_db,
        "damping_factor": effect.damping_factor,
        "damping": factor,
        "q_electrical": q.map(|q| q.electrical),
        "q_total": q.map(|q| q.total),
        "curve": curve_object(&effect.curve, None),
        "response": response,
    })
}

pub(super) fn normalisation(normalisation: Normalisation) -> Value {
    match normalisation {
        Normalisation::At(frequency) => json!({ "at_hz": frequency.hz() }),
        Normalisation::Over(from, to) => json!({ "from_hz": from.hz(), "to_hz": to.hz() }),
        Normalisation::Broadband => json!({ "broadband": true }),
        Normalisation::None => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{curve, document, fixture};

    #[test]
    fn states_have_the_keys_that_others_read() {
        let document = states(&fixture::states());
        let figures = &document["figures"];
        let fresh = &figures["states"][0];
        assert_eq!((&fresh["name"], &fresh["n"]), (&json!("fresh"), &json!(2)));
        assert_eq!(fresh["bass_shelf_db"], json!(1.5));
        assert_eq!(fresh["bass_shelf_sd_db"], json!(0.2));
        assert_eq!(fresh["curve"]["sd_magnitude_db"].as_array().map(Vec::len), Some(3));
        let worn = &figures["states"][1];
        assert!(worn.get("corner_minus_3_db_hz").is_none() && worn.get("bass_shelf_db").is_none());
        let difference = &figures["differences"][0];
        assert_eq!(
            (&difference["state"], &difference["reference"]),
            (&json!("worn"), &json!("fresh"))
        );
        assert_eq!(difference["u_bass_shelf_db"], json!(0.25));
        assert_eq!(difference["curve"]["u_magnitude_db"].as_array().map(Vec::len), Some(3));
        assert_eq!(figures["normalisation"]["at_hz"], json!(1000.0));
    }

    #[test]
    fn a_leak_or_its_refusal_stands_with_its_difference() {
        let mut comparison = fixture::states();
        let with =
            |comparison: &StateComparison| states(comparison)["figures"]["differences"][0].clone();
        let bare = with(&comparison);
        assert!(bare.get("leak").is_none() && bare.get("no_leak").is_none());
        let fitted = LeakVerdict::Fitted(Box::new(fixture::leak()));
        comparison.differences[0].leak = Some(fitted);
        let leak = &with(&comparison)["leak"];
        assert_eq!((&leak["hole_mm"], &leak["calibrated"]), (&json!(2.0), &json!(true)));
        assert_eq!((&leak["hole_from_mm"], &leak["hole_to_mm"]), (&json!(1.9), &json!(2.1)));
        assert_eq!((&leak["slit_mm"], &leak["length_mm"]), (&json!(0.3), &json!(10.0)));
        assert_eq!(leak["rms_residual_db"], json!(0.1));
        assert_eq!((&leak["from_hz"], &leak["to_hz"]), (&json!(100.0), &json!(10_000.0)));
        assert!(leak.get("front_volume_cm3").is_none());
        let unseen = NoLeak::Unseen { hides_mm: Some(0.6), length_mm: 10.0 };
        comparison.differences[0].leak = Some(LeakVerdict::Refused(unseen));
        let refused = with(&comparison);
        assert!(refused.get("leak").is_none());
        let expected = json!({ "reason": "unseen", "hides_mm": 0.6, "length_mm": 10.0 });
        assert_eq!(refused["no_leak"], expected);
    }

    #[test]
    fn sources_have_the_keys_that_others_read() {
        let document = sources(&fixture::sources());
        let figures = &document["figures"];
        let effect = &figures["sources"][0];
        assert_eq!((&effect["source_ohm"], &effect["worst_db"]), (&json!(33.0), &json!(2.0)));
        assert!(effect.get("damping_factor").is_some() && effect.get("response").is_none());
        assert!(effect.get("u_worst_db").is_none());
        let seen = &figures["verification"][0];
        assert_eq!((&seen["ohm"], &seen["from_ohm"]), (&json!(33.0), &json!(0.0)));
        assert_eq!((&seen["verdict"], &seen["u_worst_db"]), (&json!("outside"), &json!(0.1)));
        assert_eq!(seen["outside"], json!([{ "from_hz": 100.0, "to_hz": 100.0 }]));
        assert_eq!(figures["eighth_rule_ohm"], json!(4.0));
        assert_eq!(figures["limit_ohm"], json!({ "0.1": 1.25, "1": 14.0 }));
    }

    #[test]
    fn a_documents_curves_are_read_back_by_their_names() {
        for (document, name) in
            [(states(&fixture::states()), "fresh"), (sources(&fixture::sources()), "33.0 Ω")]
        {
            let text = document::to_text(&document);
            let file = curve::parse(text.as_bytes(), std::path::Path::new("a.json")).unwrap();
            assert_eq!(file.traces()[0].name, name);
        }
    }
}
