//! The document of how a headphone changes over time.

use serde_json::{Map, Value, json};

use super::table::WideTable;
use super::{curve_object, head, without_nulls};
use crate::model::{FigureAt, SpreadSource, TimeScale, Wear, WearLine, WearPoint, WearTrack};

/// The document: a list of lines, each with its times, and each time with its figures.
#[must_use]
pub fn wear(wear: &Wear) -> Value {
    let mut document = head("wear");
    let lines: Value = wear.lines.iter().map(|of| line(of, wear.time)).collect();
    let rig = wear.rig.map(|rig| {
        json!({
            "reseat_sd_db": rig.reseat.0, "reseat_dof": rig.reseat.1,
            "day_sd_db": rig.day.map(|day| day.0), "day_dof": rig.day.map(|day| day.1),
        })
    });
    let figures = json!({
        "time": wear.time.key(),
        "lines": lines,
        "rig": rig,
        "baseline_days": wear.baseline_days,
    });
    document.insert("figures".to_owned(), figures);
    document.insert("findings".to_owned(), json!([]));
    without_nulls(Value::Object(document))
}

fn line(line: &WearLine, time: TimeScale) -> Value {
    let points = line.points.iter().enumerate();
    let points: Value = points.map(|(i, of)| point(of, line, i, time)).collect();
    let shelf = line.bass_shelf();
    let first = shelf.and_then(WearTrack::first_exceeding);
    json!({
        "name": line.name,
        "spread": line.spread.map(spread),
        "drift_removed": line.drift_removed,
        "changed": shelf.and_then(WearTrack::bound).map(|_| first.is_some()),
        "first_changed_at": first.map(|i| line.points[i].at),
        "no_change_above_db": shelf.filter(|_| first.is_none()).and_then(WearTrack::bound),
        "trends": line.tracks.iter().filter_map(trend).collect::<Vec<_>>(),
        "points": points,
    })
}

const fn spread(source: SpreadSource) -> &'static str {
    match source {
        SpreadSource::Pooled => "pooled",
        SpreadSource::PooledOverLines => "pooled-over-lines",
        SpreadSource::Study => "study",
    }
}

/// The unit of a figure as the end of a key.
const fn unit(track: &WearTrack) -> &'static str {
    if track.figure.is_frequency() { "octaves" } else { "db" }
}

fn trend(track: &WearTrack) -> Option<Value> {
    let (slope, unit) = (track.slope?, unit(track));
    let mut object = Map::new();
    object.insert("figure".to_owned(), track.figure.name().into());
    object.insert(format!("slope_{unit}_per_time"), slope.value.into());
    object.insert(format!("u_slope_{unit}_per_time"), slope.u.into());
    let interval = track.slope_interval;
    object.insert(format!("slope_from_{unit}_per_time"), interval.map(|of| of.0).into());
    object.insert(format!("slope_to_{unit}_per_time"), interval.map(|of| of.1).into());
    object.insert("dof".to_owned(), slope.dof.into());
    object.insert(format!("seating_sd_{unit}"), track.sd.into());
    object.insert(format!("between_times_sd_{unit}"), track.between.into());
    Some(Value::Object(object))
}

fn point(point: &WearPoint, line: &WearLine, i: usize, time: TimeScale) -> Value {
    let figures = line.tracks.iter().map(|track| figure(track, &track.points[i]));
    json!({
        time.key(): point.at,
        "time": time.spoken(point.at),
        "n": point.seatings,
        "baseline_n": point.baseline,
        "figures": figures.collect::<Vec<_>>(),
        "change": point.change.as_ref().map(|curve| curve_object(curve, None)),
    })
}

/// The numbers of a figure at a time, by the start of their names.
fn numbers(at: &FigureAt) -> [(&'static str, Option<f64>); 9] {
    let change = at.change;
    [
        ("mean", Some(at.mean)),
        ("u_mean", at.u.map(|u| u.u)),
        ("mean_from", at.interval.map(|interval| interval.0)),
        ("mean_to", at.interval.map(|interval| interval.1)),
        ("drift", at.drift),
        ("change", change.map(|change| change.change.value)),
        ("u_change", change.map(|change| change.change.u)),
        ("change_from", change.map(|change| change.interval.0)),
        ("change_to", change.map(|change| change.interval.1)),
    ]
}

fn figure(track: &WearTrack, at: &FigureAt) -> Value {
    let mut object = Map::new();
    object.insert("figure".to_owned(), track.figure.name().into());
    for (name, value) in numbers(at) {
        object.insert(format!("{name}_{}", unit(track)), value.into());
    }
    object.insert("p".to_owned(), at.change.map(|change| change.p).into());
    object.insert("changed".to_owned(), at.change.map(|change| change.exceeds()).into());
    Value::Object(object)
}

/// One row for each line, time and figure; what is not known is empty. `unit` says what the
/// numbers are in: decibels, or octaves above 1 Hz for a corner and octaves for its changes.
#[must_use]
pub fn wear_csv(wear: &Wear) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let cell = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let names = ["line", wear.time.key(), "time", "n", "baseline_n", "figure", "unit"];
    let blank = FigureAt { mean: 0.0, u: None, interval: None, drift: None, change: None };
    let numbered = numbers(&blank).map(|(name, _)| name);
    // Writing into memory does not fail.
    let _ = writer.write_record(names.into_iter().chain(numbered).chain(["p"]));
    for line in &wear.lines {
        for (i, point) in line.points.iter().enumerate() {
            for track in &line.tracks {
                let at = &track.points[i];
                let head = [
                    line.name.clone(),
                    point.at.to_string(),
                    wear.time.spoken(point.at),
                    point.seatings.to_string(),
                    point.baseline.to_string(),
                    track.figure.name(),
                    unit(track).to_owned(),
                ];
                let p = cell(at.change.map(|change| change.p));
                let numbers = numbers(at).map(|(_, value)| cell(value));
                let _ = writer.write_record(head.into_iter().chain(numbers).chain([p]));
            }
        }
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// The changes of whole responses since the first time: `frequency_hz`, then for each line and
/// later time `LINE_TIME_change_db` and its standard uncertainty with `u_` in front.
#[must_use]
pub fn wear_changes_csv(wear: &Wear) -> String {
    let mut table = WideTable::default();
    for line in &wear.lines {
        for point in &line.points {
            let Some(change) = &point.change else { continue };
            let time = wear.time.spoken(point.at);
            table.add(&format!("{}_{time}_change_db", line.name.replace(',', "")), change);
        }
    }
    table.into_text()
}
