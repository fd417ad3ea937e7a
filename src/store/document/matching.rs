//! Documents of two sides, of isolation and of leakage.

use serde_json::{Map, Value, json};

use super::table::WideTable;
use super::{curve_object, evidence, head, value, without_nulls};
use crate::model::{
    ChannelMatching, Covered, Isolation, Leakage, LevelDifference, LevelPlace, OctaveMean, Pairing,
    PhaseMatching, StateSummary, Tolerance, ToleranceVerdict, Within,
};
use crate::quantity::Length;

/// The document of the two sides of a headphone. Everything is left − right.
#[must_use]
pub fn channels(matching: &ChannelMatching) -> Value {
    let mut figures = difference(&matching.sides);
    let mut insert = |key: &str, value: Value| figures.insert(key.to_owned(), value);
    for level in &matching.levels {
        let name = match level.place {
            LevelPlace::Broadband => "level_100_hz_10_khz",
            LevelPlace::Midrange => "level_300_hz_1_khz",
            LevelPlace::At1Khz => "level_1_khz",
        };
        insert(name, covered(level.db, "db"));
    }
    insert("within", matching.within.iter().map(within).collect());
    insert("phase", matching.phase.as_ref().map_or(Value::Null, phase));
    let tolerance = matching.tolerance.as_ref();
    insert("tolerance", tolerance.map_or(Value::Null, |(asked, verdict)| kept(*asked, verdict)));
    insert("smoothing", matching.smoothing.to_string().into());
    with_figures("channels", Value::Object(figures))
}

/// The document of what a headphone keeps out: of each state, open − on, and what each beyond the
/// first adds.
#[must_use]
pub fn isolation(isolation: &Isolation) -> Value {
    let named = |of: &LevelDifference| {
        let mut object = difference(of);
        object.insert("name".to_owned(), of.against.name.as_str().into());
        Value::Object(object)
    };
    let list =
        |differences: &[LevelDifference]| -> Value { differences.iter().map(named).collect() };
    let figures = json!({
        "states": list(&isolation.states),
        "gained": list(&isolation.gained),
        "smoothing": isolation.smoothing.to_string(),
    });
    with_figures("isolation", figures)
}

/// The document of what a headphone lets out: outside − inside.
#[must_use]
pub fn leakage(leakage: &Leakage) -> Value {
    let mut figures = difference(&leakage.outside);
    let distance_m = leakage.distance.map(Length::m);
    figures.insert("distance_m".to_owned(), json!(distance_m));
    figures.insert("smoothing".to_owned(), leakage.smoothing.to_string().into());
    with_figures("leakage", Value::Object(figures))
}

fn with_figures(kind: &str, figures: Value) -> Value {
    let mut document = head(kind);
    document.insert("figures".to_owned(), figures);
    document.insert("findings".to_owned(), json!([]));
    without_nulls(Value::Object(document))
}

/// A difference of levels: seatings, curve, octaves, their mean, what the seatings say, and where it
/// is a bound.
fn difference(of: &LevelDifference) -> Map<String, Value> {
    let mut object = Map::new();
    let mut insert = |key: &str, value: Value| object.insert(key.to_owned(), value);
    insert("of", side(&of.of));
    insert("against", side(&of.against));
    insert("curve", curve_object(of.curve(), None));
    insert("octaves", of.octaves.iter().map(octave).collect());
    if let Some(mean) = of.mean {
        let mut figure = covered(mean.db, "db");
        figure["bound"] = mean.bound.into();
        insert("mean_125_hz_8_khz", figure);
    }
    insert("bound", value(&of.faint));
    if let Some(seen) = of.evidence() {
        insert("paired", (seen.pairing == Pairing::Paired).into());
        object.extend(evidence::curve(&seen.curve));
    }
    object
}

fn side(side: &StateSummary) -> Value {
    json!({
        "name": side.name,
        "n": side.seatings.len(),
        "consistency": value(&side.consistency),
        "curve": curve_object(&side.mean, None),
    })
}

fn octave(octave: &OctaveMean) -> Value {
    let mut figure = covered(octave.db, "db");
    figure["centre_hz"] = octave.centre_hz.into();
    figure["bound"] = octave.bound.into();
    figure
}

/// A difference with its interval, named after its unit.
fn covered(covered: Covered, unit: &str) -> Value {
    let mut object = Map::new();
    object.insert(format!("difference_{unit}"), covered.value.into());
    if let Some((from, to)) = covered.interval {
        object.insert(format!("from_{unit}"), from.into());
        object.insert(format!("to_{unit}"), to.into());
    }
    Value::Object(object)
}

fn within(within: &Within) -> Value {
    json!({
        "from_hz": within.band.from_hz,
        "to_hz": within.band.to_hz,
        "worst_db": within.worst_db,
        "worst_hz": within.worst_hz,
        "levelled_worst_db": within.levelled_db,
        "levelled_worst_hz": within.levelled_hz,
    })
}

fn phase(phase: &PhaseMatching) -> Value {
    let mut curve = Map::new();
    let mut list = |key: &str, values: Vec<f64>| curve.insert(key.to_owned(), values.into());
    list("frequency_hz", phase.curve.hz().to_vec());
    list("phase_deg", phase.curve.values().to_vec());
    if let Some(u) = phase.curve.u() {
        list("u_phase_deg", u.to_vec());
    }
    json!({
        "inverted": phase.inverted,
        "delay": phase.delay_us.map(|delay| covered(delay, "us")),
        "worst_deg": phase.worst.map(|worst| worst.degrees),
        "worst_hz": phase.worst.map(|worst| worst.hz),
        "curve": curve,
    })
}

fn kept(asked: Tolerance, verdict: &ToleranceVerdict) -> Value {
    let (name, ranges, by_level, reached) = match verdict {
        ToleranceVerdict::Kept => ("kept", None, None, None),
        ToleranceVerdict::Exceeded { ranges, by_level } => {
            ("exceeded", Some(value(ranges)), Some(*by_level), None)
        }
        ToleranceVerdict::Open { reached } => ("open", None, None, *reached),
    };
    json!({
        "tolerance_db": asked.db,
        "from_hz": asked.band.from_hz,
        "to_hz": asked.band.to_hz,
        "verdict": name,
        "exceeded": ranges,
        "exceeded_by_level": by_level,
        "reached_db": reached.map(|reached| reached.db),
        "reached_hz": reached.map(|reached| reached.hz),
    })
}

/// Both sides over frequency: `frequency_hz`, `left_mean_db`, `right_mean_db`, `left_minus_right_db`,
/// and `left_minus_right_phase_deg` where phases are known, with standard errors in `u_` where known.
#[must_use]
pub fn channels_csv(matching: &ChannelMatching) -> String {
    let mut table = WideTable::default();
    let sides = &matching.sides;
    for side in [&sides.of, &sides.against] {
        table.add(&format!("{}_mean_db", side.name), &side.mean);
    }
    table.add("left_minus_right_db", sides.curve());
    if let Some(phase) = &matching.phase {
        table.add("left_minus_right_phase_deg", &phase.curve);
    }
    table.into_text()
}

/// What each state keeps out: `frequency_hz`, then `NAME_isolation_db` and `NAME_over_FIRST_db`.
#[must_use]
pub fn isolation_csv(isolation: &Isolation) -> String {
    let mut table = WideTable::default();
    for state in &isolation.states {
        table.add(&format!("{}_isolation_db", state.against.name), state.curve());
    }
    for gained in &isolation.gained {
        let name = format!("{}_over_{}_db", gained.against.name, gained.of.name);
        table.add(&name, gained.curve());
    }
    table.into_text()
}

/// What is let out: `frequency_hz`, `outside_mean_db`, `inside_mean_db`, `outside_minus_inside_db`.
#[must_use]
pub fn leakage_csv(leakage: &Leakage) -> String {
    let mut table = WideTable::default();
    let of = &leakage.outside;
    for side in [&of.of, &of.against] {
        table.add(&format!("{}_mean_db", side.name), &side.mean);
    }
    table.add(&format!("{}_minus_{}_db", of.of.name, of.against.name), of.curve());
    table.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixture;

    #[test]
    fn two_sides_have_the_keys_that_others_read() {
        let document = channels(&fixture::matching());
        assert_eq!((&document["schema"], &document["kind"]), (&json!(1), &json!("channels")));
        let figures = &document["figures"];
        assert_eq!(figures["level_100_hz_10_khz"]["difference_db"], json!(0.5));
        assert_eq!(figures["level_100_hz_10_khz"]["to_db"], json!(0.75));
        assert_eq!(figures["within"][0]["worst_db"], json!(1.1));
        assert_eq!(figures["phase"]["delay"]["difference_us"], json!(-2.0));
        assert!(figures["phase"].get("inverted").is_none());
        assert_eq!(figures["tolerance"]["verdict"], json!("exceeded"));
        assert_eq!(figures["tolerance"]["exceeded"][0]["to_hz"], json!(1000.0));
        assert_eq!(figures["curve"]["frequency_hz"].as_array().map(Vec::len), Some(3));
        let head = channels_csv(&fixture::matching());
        let columns = "frequency_hz,left_mean_db,right_mean_db,left_minus_right_db,\
                       left_minus_right_phase_deg\n";
        assert!(head.starts_with(columns), "{head}");
    }

    #[test]
    fn isolation_names_its_states_and_marks_bounds() {
        let of = fixture::isolation();
        let document = isolation(&of);
        let state = &document["figures"]["states"][0];
        assert_eq!((&state["name"], &state["of"]["name"]), (&json!("on"), &json!("open")));
        assert_eq!(state["octaves"][0]["centre_hz"], json!(125.0));
        assert_eq!(state["octaves"][0]["bound"], json!(true));
        assert_eq!(state["bound"][0]["from_hz"], json!(100.0));
        assert_eq!(state["mean_125_hz_8_khz"]["difference_db"], json!(25.0));
        assert!(state["mean_125_hz_8_khz"].get("from_db").is_none());
        assert!(isolation_csv(&of).starts_with("frequency_hz,on_isolation_db\n100,2\n"));
    }
}
