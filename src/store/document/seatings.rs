//! The document of the seatings of one state.

use serde_json::{Map, Value, json};

use super::comparison::normalisation;
use super::table::WideTable;
use super::{curve_object, head, without_nulls};
use crate::model::{Departure, SeatingRecord, Seatings, SiblingFigure};

/// The document of the seatings of one state: `curve` is their mean, `seatings` are the seatings.
#[must_use]
pub fn seatings(seatings: &Seatings) -> Value {
    let mut document = head("seatings");
    document.extend(members(seatings));
    without_nulls(Value::Object(document))
}

/// The document of a session: each place with its seatings, as [`seatings`] has them.
#[must_use]
pub fn session<'a>(name: &str, places: impl IntoIterator<Item = &'a Seatings>) -> Value {
    let mut document = head("session");
    document.insert("name".to_owned(), name.into());
    let places = places.into_iter().map(|place| Value::Object(members(place)));
    document.insert("figures".to_owned(), json!({ "places": places.collect::<Value>() }));
    document.insert("findings".to_owned(), json!([]));
    without_nulls(Value::Object(document))
}

fn members(seatings: &Seatings) -> Map<String, Value> {
    let summary = &seatings.summary;
    let mut curve = curve_object(&summary.mean, None);
    if let (Some(sd), Some(curve)) = (&summary.sd, curve.as_object_mut()) {
        curve.insert("sd_magnitude_db".to_owned(), sd.values().to_vec().into());
    }
    let count = seatings.counted().count();
    let figures = json!({
        "name": seatings.name,
        "wanted": seatings.wanted,
        "n": count,
        "set_aside": seatings.records.len() - count,
        "bass_shelf_db": summary.bass_shelf_db.map(|spread| spread.mean),
        "bass_shelf_sd_db": summary.bass_shelf_db.and_then(|spread| spread.sd),
        "corner_minus_3_db_hz": summary.corner_minus_3_db_hz,
        "seatings": seatings.records.iter().map(figures_of).collect::<Value>(),
        "normalisation": normalisation(seatings.normalisation),
    });
    let curves: Value = seatings
        .records
        .iter()
        .map(|record| json!({ "name": record.folder, "curve": curve_object(&record.curve, None) }))
        .collect();
    let members =
        [("curve", curve), ("curves", curves), ("figures", figures), ("findings", json!([]))];
    members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn figures_of(record: &SeatingRecord) -> Value {
    json!({
        "seating": record.number,
        "folder": record.folder,
        "bass_shelf_db": record.bass_shelf_db,
        "notch_hz": record.notch_hz,
        "counts": record.counts(),
        "decision": record.decision,
        "unlike": record.unlike().map(|departure| departure.figure.name()),
        "against_siblings": record.departures.iter().map(departure).collect::<Value>(),
    })
}

fn departure(departure: &Departure) -> Value {
    let unit = if departure.figure == SiblingFigure::Notch { "octaves" } else { "db" };
    let mut object = json!({
        "figure": departure.figure.name(),
        "siblings": departure.siblings,
        "unlike": departure.is_unlike(),
    });
    let (mean, sd) = (departure.mean, departure.sd);
    match departure.figure {
        SiblingFigure::Notch => object["mean_hz"] = mean.exp2().into(),
        SiblingFigure::BassShelf | SiblingFigure::Level => object["mean_db"] = mean.into(),
    }
    let figures = [
        ("sd", sd),
        ("by", Some(departure.by)),
        ("expected", Some(departure.expected)),
        ("limit", Some(departure.limit)),
    ];
    for (name, value) in figures {
        object[format!("{name}_{unit}")] = value.into();
    }
    object
}

/// The seatings of one state as a table: `frequency_hz`, mean and standard deviation of those that
/// count, then `seating_FOLDER_db` for each, those that were set aside as
/// `seating_FOLDER_set_aside_db`.
#[must_use]
pub fn seatings_csv(seatings: &Seatings) -> String {
    let mut table = WideTable::default();
    table.add("mean_db", &seatings.summary.mean);
    if let Some(sd) = &seatings.summary.sd {
        table.add("sd_db", sd);
    }
    for record in &seatings.records {
        let aside = if record.counts() { "" } else { "_set_aside" };
        table.add(&format!("seating_{}{aside}_db", record.folder), &record.curve);
    }
    table.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{curve, document, fixture};

    #[test]
    fn seatings_have_the_keys_that_others_read() {
        let document = seatings(&fixture::seatings());
        let figures = &document["figures"];
        assert_eq!((&figures["n"], &figures["set_aside"]), (&json!(2), &json!(1)));
        assert_eq!(figures["bass_shelf_db"], json!(1.5));
        let odd = &figures["seatings"][1];
        assert_eq!((&odd["seating"], &odd["counts"]), (&json!(2), &json!(false)));
        assert_eq!((&odd["decision"], &odd["unlike"]), (&json!("set-aside"), &json!("bass_shelf")));
        let shelf = &odd["against_siblings"][0];
        assert_eq!((&shelf["by_db"], &shelf["limit_db"]), (&json!(-3.0), &json!(1.5)));
        assert_eq!(odd["against_siblings"][1]["mean_hz"], json!(8192.0));
        assert_eq!(document["curves"][2]["name"], json!("2-2"));
        assert_eq!(document["curve"]["sd_magnitude_db"].as_array().map(Vec::len), Some(3));
    }

    #[test]
    fn the_curve_of_the_document_is_the_mean() {
        let text = document::to_text(&seatings(&fixture::seatings()));
        let file = curve::parse(text.as_bytes(), std::path::Path::new("a.json")).unwrap();
        let trace = file.into_trace();
        let mean = crate::model::Polar::of_magnitude(fixture::seatings().summary.mean);
        assert_eq!(trace, crate::model::Trace::Response(mean));
    }

    #[test]
    fn a_table_says_which_were_set_aside() {
        let table = seatings_csv(&fixture::seatings());
        let head = table.lines().next().unwrap();
        for column in ["mean_db", "sd_db", "seating_1_db", "seating_2_set_aside_db"] {
            assert!(head.split(',').any(|name| name == column), "{column}: {head}");
        }
    }
}
