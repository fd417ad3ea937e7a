//! How a headphone changes over time.

use super::{Caption, expanded_band, points};
use crate::model::{TimeScale, Wear, WearLine};
use crate::plot::{
    Across, Chart, ChartPoint, ChartTrace, Figure, Form, Panel, ReferenceLine, Scale, Series,
    ValueAxis,
};

/// Of a figure whose values lie together, the least that the axis shows, in decibels.
const LEAST_SPAN_DB: f64 = 2.0;
/// More times than this are too many for one figure of curves.
const MOST_TIMES: usize = 4;

/// The bass shelf over time, a line for each pair of pads, with 95 % intervals of the means.
///
/// `None` where no line has a bass shelf.
#[must_use]
pub fn wear(wear: &Wear, caption: &Caption) -> Option<Chart> {
    let traces: Vec<ChartTrace> =
        wear.lines.iter().enumerate().filter_map(|(slot, line)| trace(slot, line)).collect();
    let all = || traces.iter().flat_map(|trace| &trace.points);
    let span = |values: &dyn Fn(&ChartPoint) -> f64| {
        all().map(values).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)))
    };
    let (first, last) = span(&|point| point.at);
    if traces.is_empty() {
        return None;
    }
    let removed = wear.lines.iter().all(|line| line.drift_removed);
    let drift =
        if removed { "Drift of the rig taken out" } else { "Drift of the rig not excluded" };
    let notes = [
        "Bass shelf: 20 Hz to 100 Hz against 300 Hz to 1 kHz".to_owned(),
        "Bars and band: 95 % interval of a mean".to_owned(),
        drift.to_owned(),
    ];
    Some(Chart {
        title: caption.title.clone(),
        subtitle: caption.subtitle(),
        footer: caption.footer(notes),
        simulated: caption.simulated,
        across: across(wear.time, first, last),
        axis: ValueAxis {
            title: "Bass shelf".to_owned(),
            scale: Scale::Difference,
            range: Some(range(&traces)),
        },
        traces,
        references: Vec::new(),
        hollow: "single seating".to_owned(),
    })
}

fn trace(slot: usize, line: &WearLine) -> Option<ChartTrace> {
    let shelf = line.bass_shelf()?;
    let points = line.points.iter().zip(&shelf.points).map(|(time, figure)| ChartPoint {
        at: time.at,
        value: figure.mean,
        interval: figure.interval,
        hollow: time.seatings < 2,
    });
    Some(ChartTrace { label: line.name.clone(), slot, form: Form::Line, points: points.collect() })
}

/// The axis with some room at both ends.
fn across(time: TimeScale, first: f64, last: f64) -> Across {
    const ROOM: f64 = 0.04;
    let room = ROOM * (last - first);
    let (from, to) = (first - room, last + room);
    match time {
        TimeScale::PadHours => Across::Hours(from, to),
        TimeScale::PadDays => Across::Days(from, to),
        TimeScale::Date => Across::Dates(from, to),
    }
}

/// All values, and their intervals as far as they do not dwarf them; whole half decibels.
fn range(traces: &[ChartTrace]) -> (f64, f64) {
    const STEP_DB: f64 = 0.5;
    let points = || traces.iter().flat_map(|trace| &trace.points);
    let (low, high) = (points().map(|point| point.value))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let reach = (high - low).max(LEAST_SPAN_DB);
    let ends = points().filter_map(|point| point.interval);
    let (from, to) = ends.fold((low, high), |(l, h), (from, to)| {
        (l.min(from.max(low - reach)), h.max(to.min(high + reach)))
    });
    let missing = (LEAST_SPAN_DB - (to - from)).max(0.0) / 2.0;
    let (from, to) = (from - missing, to + missing);
    ((from / STEP_DB - 0.1).floor() * STEP_DB, (to / STEP_DB + 0.1).ceil() * STEP_DB)
}

/// What time does to the response of one line: the difference to the first time, with a band of
/// 95 %. Of many times four are shown, the last among them.
///
/// `None` if there is no such line.
#[must_use]
pub fn wear_curves(wear: &Wear, line: usize, caption: &Caption) -> Option<Figure> {
    let line = wear.lines.get(line)?;
    let spoken = |at: f64| wear.time.spoken(at);
    let first = spoken(line.points.first()?.at);
    let mut panel = Panel::new(&format!("Change since {first}"), Scale::Difference);
    for (slot, i) in shown(line).into_iter().enumerate() {
        let point = &line.points[i];
        let Some(change) = &point.change else { continue };
        panel.series.push(Series::named(&spoken(point.at), slot, points(change)));
        panel.bands.extend(expanded_band(slot, change));
    }
    panel.references.push(ReferenceLine { value: 0.0, label: Some(first) });
    let band = "Band: 95 % interval at any one frequency".to_owned();
    let band = (!panel.bands.is_empty()).then_some(band);
    let level = "Levels re mean 300 Hz to 1 kHz".to_owned();
    let drift = line.drift_removed.then(|| "Drift of the rig taken out".to_owned());
    Some(caption.on(panel, band.into_iter().chain([level]).chain(drift)))
}

/// The times that are shown: all later ones, or those nearest to equal parts of the time.
fn shown(line: &WearLine) -> Vec<usize> {
    let last = line.points.len().saturating_sub(1);
    if last <= MOST_TIMES {
        return (1..=last).collect();
    }
    let (from, to) = (line.points[0].at, line.points[last].at);
    let mut shown: Vec<usize> = (1..=MOST_TIMES)
        .filter_map(|part| {
            let wanted = from + (to - from) * part as f64 / MOST_TIMES as f64;
            let off = |i: &usize| (line.points[*i].at - wanted).abs();
            (1..=last).min_by(|a, b| off(a).total_cmp(&off(b)))
        })
        .collect();
    shown.dedup();
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sample;

    #[test]
    fn a_single_seating_is_hollow_and_every_line_has_its_trace() {
        let wear = sample::wear();
        let chart = super::wear(&wear, &sample::caption("Pads")).unwrap();
        assert_eq!(chart.traces.len(), 2);
        let hollow: Vec<bool> = chart.traces[0].points.iter().map(|p| p.hollow).collect();
        assert_eq!(hollow, [false, false, true, false]);
        let (low, high) = chart.axis.range.unwrap();
        assert!(low <= -3.2 && high >= 0.1 && high - low < 6.0, "{low} {high}");
        assert!(chart.footer.unwrap().contains("not excluded"));
    }

    #[test]
    fn curves_are_differences_to_the_first_time() {
        let wear = sample::wear();
        let figure = wear_curves(&wear, 0, &sample::caption("Pads")).unwrap();
        let names: Vec<_> = figure.panel.series.iter().filter_map(|s| s.label.clone()).collect();
        assert_eq!(names, ["100 h", "250 h", "1000 h"]);
        assert_eq!(figure.panel.axis.title, "Change since 0 h");
        assert_eq!(wear_curves(&wear, 9, &sample::caption("Pads")), None);
    }
}
