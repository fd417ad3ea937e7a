//! The curves of crosstalk.

use serde_json::{Value, json};

use super::{curve_object, value};
use crate::model::{CrosstalkCurves, MeasuredCrosstalk, PredictedCrosstalk, Response};

/// Each take and each prediction: `kind`, `name` and its `curve`, the idle channel over the driven
/// one. A take also has its separation, the floor of that, and what is predicted for it.
pub(super) fn curves(curves: &CrosstalkCurves) -> Value {
    let measured = curves.measured.iter().map(measured);
    measured.chain(curves.predicted.iter().map(predicted)).collect()
}

fn ratio(ratio: &Response) -> Value {
    curve_object(&ratio.level(), Some(&ratio.phase()))
}

fn measured(of: &MeasuredCrosstalk) -> Value {
    json!({
        "kind": "measured",
        "name": of.name,
        "load": value(&of.take.load),
        "driven": of.take.driven,
        "curve": ratio(&of.ratio),
        "separation_db": of.separation.values().to_vec(),
        "above_noise": of.above_noise,
        "floor_db": of.floor.as_ref().map(|floor| floor.values().to_vec()),
        "predicted": of.predicted.as_ref().map(ratio),
    })
}

fn predicted(of: &PredictedCrosstalk) -> Value {
    json!({
        "kind": "predicted",
        "name": of.name,
        "curve": ratio(&of.ratio),
        "separation_db": of.separation.values().to_vec(),
    })
}
