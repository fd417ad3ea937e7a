//! The document of what a headphone needs for a level and what an amplifier offers.

use serde_json::{Map, Value, json};

use super::{head, without_nulls};
use crate::model::{
    Amplifier, Drive, NeedPoint, Reach, ReachPoint, ReferenceImpedance, SensitivityPer,
};

/// The document of a level, of what it takes, and of the outputs of an amplifier.
#[must_use]
pub fn drive(drive: &Drive) -> Value {
    let mut document = head("drive");
    document.insert("curve".to_owned(), curve(drive));
    let figures = json!({
        "level_db": drive.target.level().db(),
        "headroom_db": drive.target.headroom().db(),
        "sensitivity": sensitivity(drive),
        "impedance_minimum_ohm": drive.least_impedance.value,
        "impedance_minimum_hz": drive.least_impedance.hz,
        "need": need(drive),
        "amplifier": drive.amplifier.as_ref().map(|amplifier| self::amplifier(drive, amplifier)),
        "exposure": {
            "niosh_per_day_min": drive.exposure.niosh_per_day_min,
            "who_per_week_min": drive.exposure.who_per_week_min,
        },
    });
    document.insert("figures".to_owned(), figures);
    document.insert("findings".to_owned(), json!([]));
    without_nulls(Value::Object(document))
}

/// Everything over frequency, each a list.
fn curve(drive: &Drive) -> Value {
    let mut object = Map::new();
    let mut list = |key: &str, values: Vec<f64>| object.insert(key.to_owned(), values.into());
    list("frequency_hz", drive.impedance.hz().to_vec());
    list("impedance_ohm", drive.impedance.magnitude().values().to_vec());
    list("sensitivity_db_per_v", drive.sensitivity.per_volt.values().to_vec());
    list("needed_v", drive.need.voltage.values().to_vec());
    list("needed_ma", drive.need.current.values().to_vec());
    list("needed_mw", drive.need.power.values().to_vec());
    for reach in &drive.reach {
        let name = reach.wiring.name().replace('-', "_");
        list(&format!("{name}_v"), reach.voltage.values().to_vec());
        list(&format!("{name}_db"), reach.level.values().to_vec());
    }
    Value::Object(object)
}

fn sensitivity(drive: &Drive) -> Value {
    let sensitivity = &drive.sensitivity;
    json!({
        "stated": match sensitivity.stated.per() {
            SensitivityPer::Milliwatt => "per-milliwatt",
            SensitivityPer::Volt => "per-volt",
        },
        "frequency_hz": sensitivity.stated.at().hz(),
        "per_milliwatt_db": sensitivity.per_milliwatt_db,
        "per_volt_db": sensitivity.per_volt_db,
        "reference": match sensitivity.reference {
            ReferenceImpedance::Rated(_) => "rated",
            ReferenceImpedance::Magnitude(_) => "measured",
        },
        "reference_ohm": sensitivity.reference.ohm(),
    })
}

fn need(drive: &Drive) -> Value {
    let need = &drive.need;
    let NeedPoint { voltage_v, current_ma, power_mw } = need.at_sensitivity;
    json!({
        "at_sensitivity": {
            "voltage_v": voltage_v, "current_ma": current_ma, "power_mw": power_mw,
        },
        "largest": {
            "voltage_v": need.most_voltage.value, "voltage_hz": need.most_voltage.hz,
            "current_ma": need.most_current.value, "current_hz": need.most_current.hz,
            "power_mw": need.most_power.value, "power_hz": need.most_power.hz,
        },
    })
}

fn amplifier(drive: &Drive, amplifier: &Amplifier) -> Value {
    let outputs: Value = drive.reach.iter().map(|reach| output(amplifier, reach)).collect();
    json!({
        "reaches_level": drive.best().map(Reach::is_enough),
        "outputs": outputs,
        "balanced_gain": drive.balanced_gain.map(|gain| json!({
            "at_sensitivity_db": gain.at_sensitivity_db,
            "least_db": gain.least_db,
            "least_hz": gain.least_hz,
        })),
        "eighth_rule_ohm": drive.eighth_rule.allows.ohm(),
    })
}

fn output(amplifier: &Amplifier, reach: &Reach) -> Value {
    let wiring = reach.wiring;
    json!({
        "output": wiring.name(),
        // What is not limited has no limit here: a number that is not finite becomes null.
        "unloaded_v": amplifier.unloaded_v(wiring),
        "limit_ma": 1e3 * amplifier.limit_a(),
        "source_ohm": amplifier.source_ohm(wiring),
        "at_sensitivity": point(&reach.at_sensitivity),
        "worst": point(&reach.worst),
        "current_bound": reach.current_bound,
        "short": reach.short,
        "reaches_level": reach.is_enough(),
    })
}

fn point(point: &ReachPoint) -> Value {
    json!({
        "frequency_hz": point.hz,
        "level_db": point.level_db,
        "voltage_v": point.voltage_v,
        "margin_db": point.margin_db,
        "bound": point.bound.name(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::document::{drive_csv, to_text};
    use crate::study::drive::specimen;

    #[test]
    fn a_need_has_the_keys_that_others_read() {
        let document = drive(&specimen::drive(110.0, None));
        assert_eq!((&document["schema"], &document["kind"]), (&json!(1), &json!("drive")));
        let figures = &document["figures"];
        assert!(figures.get("amplifier").is_none());
        assert_eq!(figures["sensitivity"]["reference"], json!("rated"));
        assert_eq!(figures["sensitivity"]["reference_ohm"], json!(32.0));
        assert!(figures["need"]["largest"]["current_ma"].is_number());
        assert!(figures["exposure"]["niosh_per_day_min"].is_number());
        assert!(!to_text(&document).contains("null"));
    }

    #[test]
    fn an_output_has_a_curve_in_volts_and_one_in_decibels() {
        let found = specimen::drive(110.0, Some(specimen::amplifier()));
        let document = drive(&found);
        for key in ["single_ended_v", "single_ended_db", "balanced_v", "balanced_db"] {
            assert_eq!(document["curve"][key].as_array().map(Vec::len), Some(479), "{key}");
        }
        let output = &document["figures"]["amplifier"]["outputs"][1];
        assert_eq!((&output["source_ohm"], &output["reaches_level"]), (&json!(4.0), &json!(false)));
        assert_eq!(output["worst"]["bound"], json!("current"));
        assert_eq!(output["short"].as_array().map(Vec::len), Some(1));
        let head = "frequency_hz,impedance_ohm,sensitivity_db_per_v,needed_v,needed_ma,needed_mw,\
                    single_ended_v,single_ended_db,balanced_v,balanced_db\n";
        assert!(drive_csv(&found).starts_with(head));
    }
}
