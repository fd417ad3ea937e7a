//! The document of what spreads repeated measurements.

use serde_json::{Value, json};

use super::{head, without_nulls};
use crate::model::{
    FigureSpread, Repeatability, Resolution, RigSpread, SpreadCause, SpreadPart, StudyGap,
};

/// The document: the design, a list of figures with their causes, and what is missing.
#[must_use]
pub fn repeatability(study: &Repeatability) -> Value {
    let mut document = head("repeatability");
    let sessions: Value = (study.sessions.iter())
        .map(|(operator, day, n)| json!({ "operator": operator, "day": day, "n": n }))
        .collect();
    let figures = json!({
        "operators": study.operators,
        "sessions": sessions,
        "measurements": study.measurements,
        "days_shared": study.crossed,
        "spreads": study.figures.iter().map(spread).collect::<Vec<_>>(),
        "missing": study.gaps.iter().map(gap).collect::<Vec<_>>(),
    });
    document.insert("figures".to_owned(), figures);
    document.insert("findings".to_owned(), json!([]));
    without_nulls(Value::Object(document))
}

fn spread(spread: &FigureSpread) -> Value {
    json!({
        "figure": spread.figure.name(),
        "mean_db": spread.mean_db,
        "causes": spread.parts.iter().map(part).collect::<Vec<_>>(),
        "reseat_dof": spread.dof.0,
        "day_dof": spread.dof.1,
        "resolution": spread.resolutions.iter().map(resolution).collect::<Vec<_>>(),
    })
}

fn part(part: &SpreadPart) -> Value {
    json!({
        "cause": part.cause.name(),
        "sd_db": part.sd_db, "from_db": part.from_db, "to_db": part.to_db,
    })
}

/// What cannot be said is absent.
fn resolution(resolution: &Resolution) -> Value {
    let changes: Value = (Repeatability::SEATINGS.iter().zip(&resolution.change_db))
        .filter_map(|(n, db)| Some(json!({ "n": n, "change_db": (*db)? })))
        .collect();
    let seatings: Value = (Repeatability::CHANGES_DB.iter().zip(&resolution.seatings))
        .filter_map(|(db, n)| Some(json!({ "change_db": db, "n": (*n)? })))
        .collect();
    json!({
        "comparing": resolution.comparing.name(),
        "smallest": changes,
        "at_worst": {
            "n": resolution.at_worst_db.map(|_| Repeatability::AT_WORST),
            "change_db": resolution.at_worst_db,
        },
        "needed": seatings,
    })
}

fn gap(gap: &StudyGap) -> Value {
    match gap {
        StudyGap::OneOperator { operator } => {
            json!({ "reason": "one-operator", "operator": operator })
        }
        StudyGap::OneDay { operator } => json!({ "reason": "one-day", "operator": operator }),
        StudyGap::FewerDays { operator, days, most } => {
            json!({ "reason": "fewer-days", "operator": operator, "days": days, "most": most })
        }
        StudyGap::FewSeatings { operator, day, seatings, wanted } => json!({
            "reason": "few-seatings", "operator": operator, "day": day, "n": seatings,
            "wanted": wanted,
        }),
    }
}

/// One row for each figure and cause.
#[must_use]
pub fn repeatability_csv(study: &Repeatability) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory does not fail.
    let _ = writer.write_record(["figure", "cause", "sd_db", "from_db", "to_db"]);
    for spread in &study.figures {
        for part in &spread.parts {
            let to = part.to_db.map_or(String::new(), |to| to.to_string());
            let _ = writer.write_record([
                spread.figure.name(),
                part.cause.name().to_owned(),
                part.sd_db.to_string(),
                part.from_db.to_string(),
                to,
            ]);
        }
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// What a document of this kind says about the bass shelf: from seating to seating, and from day to
/// day.
///
/// # Errors
///
/// With the reason, when the text is no such document or holds no spread from seating to seating.
pub fn rig_spread(text: &str) -> Result<RigSpread, String> {
    let document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if document["kind"] != "repeatability" {
        return Err("expected a document of the kind 'repeatability'".to_owned());
    }
    let spreads = document["figures"]["spreads"].as_array();
    let shelf = spreads.and_then(|all| all.iter().find(|of| of["figure"] == "bass_shelf"));
    let shelf = shelf.ok_or("it holds no spread of the bass shelf")?;
    let causes = shelf["causes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let variance = |wanted: &[SpreadCause]| {
        let named = |cause: &&Value| wanted.iter().any(|of| cause["cause"] == of.name());
        let sds = causes.iter().filter(named).filter_map(|cause| cause["sd_db"].as_f64());
        sds.map(|sd| sd * sd).reduce(|a, b| a + b)
    };
    let of = |variance: Option<f64>, dof: &str| {
        let dof = shelf[dof].as_f64().filter(|dof| *dof > 0.0)?;
        variance.filter(|v| *v > 0.0 && v.is_finite()).map(|v| (v.sqrt(), dof))
    };
    let day = variance(&[SpreadCause::Day, SpreadCause::Session]);
    let reseat = variance(&[SpreadCause::Reseat, SpreadCause::Repeat]);
    let reseat = of(reseat, "reseat_dof").ok_or("it holds no spread from seating to seating")?;
    Ok(RigSpread { reseat, day: of(day, "day_dof") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RepeatedFigure;

    fn study() -> Repeatability {
        let part = |cause, sd_db| SpreadPart { cause, sd_db, from_db: 0.1, to_db: None };
        let figure = FigureSpread {
            figure: RepeatedFigure::BassShelf,
            mean_db: 1.0,
            parts: vec![part(SpreadCause::Day, 0.3), part(SpreadCause::Reseat, 0.4)],
            resolutions: Vec::new(),
            dof: (Some(12.0), Some(1.5)),
        };
        let gaps = vec![StudyGap::OneOperator { operator: "ann".to_owned() }];
        Repeatability {
            operators: vec!["ann".to_owned()],
            sessions: vec![("ann".to_owned(), "1".to_owned(), 3)],
            measurements: 3,
            crossed: false,
            figures: vec![figure],
            gaps,
        }
    }

    #[test]
    fn what_a_study_says_of_the_rig_is_read_back() {
        let text = super::super::to_text(&repeatability(&study()));
        assert!(!text.contains("null"));
        let found = rig_spread(&text).unwrap();
        assert_eq!(found, RigSpread { reseat: (0.4, 12.0), day: Some((0.3, 1.5)) });
        assert!(rig_spread("{}").unwrap_err().contains("of the kind"));
        assert!(rig_spread("no").is_err());
        assert!(rig_spread(r#"{"kind":"repeatability"}"#).unwrap_err().contains("no spread"));
    }

    #[test]
    fn a_table_has_a_row_for_each_cause() {
        let text = repeatability_csv(&study());
        assert_eq!(text.lines().nth(1), Some("bass_shelf,day,0.3,0.1,"));
    }
}
