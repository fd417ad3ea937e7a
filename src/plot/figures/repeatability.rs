//! What spreads repeated measurements.

use super::Caption;
use crate::model::{FigureSpread, Repeatability, RepeatedFigure, SpreadCause};
use crate::plot::{Across, Chart, ChartPoint, ChartTrace, Form, Scale, ValueAxis};

/// The causes with their names and colours, from the nearest to the furthest.
const CAUSES: [(SpreadCause, &str, usize); 5] = [
    (SpreadCause::Repeat, "repeat, untouched", 4),
    (SpreadCause::Reseat, "reseat", 0),
    (SpreadCause::Day, "day", 1),
    (SpreadCause::Session, "person's day", 5),
    (SpreadCause::Operator, "person", 2),
];

/// Standard deviations of each cause with their 95 % intervals, from bass to treble.
#[must_use]
pub fn repeatability(study: &Repeatability, caption: &Caption) -> Chart {
    let traces: Vec<ChartTrace> = CAUSES.into_iter().filter_map(|of| trace(study, of)).collect();
    let notes = [
        "Bass: 20 Hz to 100 Hz against 300 Hz to 1 kHz; else a third of an octave".to_owned(),
        "Whisker: 95 % interval".to_owned(),
    ];
    let names = study.figures.iter().map(name).collect();
    Chart {
        title: caption.title.clone(),
        subtitle: caption.subtitle(),
        footer: caption.footer(notes),
        simulated: caption.simulated,
        across: Across::Names("Band (Hz)".to_owned(), names),
        axis: ValueAxis {
            title: "Standard deviation".to_owned(),
            scale: Scale::Level,
            range: Some((0.0, top(&traces))),
        },
        traces,
        references: Vec::new(),
        hollow: String::new(),
    }
}

fn trace(
    study: &Repeatability,
    (cause, label, slot): (SpreadCause, &str, usize),
) -> Option<ChartTrace> {
    let points: Vec<ChartPoint> = (study.figures.iter().enumerate())
        .filter_map(|(i, figure)| {
            let part = figure.part(cause)?;
            let interval = Some((part.from_db, part.to_db.unwrap_or(f64::INFINITY)));
            Some(ChartPoint { at: i as f64, value: part.sd_db, interval, hollow: false })
        })
        .collect();
    let label = label.to_owned();
    (!points.is_empty()).then_some(ChartTrace { label, slot, form: Form::Bars, points })
}

fn name(figure: &FigureSpread) -> String {
    match figure.figure {
        RepeatedFigure::BassShelf => "bass".to_owned(),
        RepeatedFigure::Level(hz) if hz >= 1000 => format!("{}k", hz / 1000),
        RepeatedFigure::Level(hz) => hz.to_string(),
    }
}

/// Above all bars, and above their intervals as far as these do not dwarf them.
fn top(traces: &[ChartTrace]) -> f64 {
    /// An interval may be so much longer than the longest bar.
    const DWARFS: f64 = 2.0;
    const LEAST_DB: f64 = 0.1;
    let points = || traces.iter().flat_map(|trace| &trace.points);
    let longest = points().map(|point| point.value).fold(LEAST_DB, f64::max);
    let ends = points().filter_map(|point| Some(point.interval?.1));
    let end = ends.fold(longest, |top, end| top.max(end.min(DWARFS * longest)));
    let decade = 10_f64.powf(end.log10().floor());
    let step = decade / 2.0;
    (end / step + 0.1).ceil() * step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sample;

    #[test]
    fn every_cause_has_its_bars_and_an_open_interval_ends_at_the_frame() {
        let chart = repeatability(&sample::repeatability(), &sample::caption("Rig"));
        let labels: Vec<_> = chart.traces.iter().map(|trace| trace.label.as_str()).collect();
        assert_eq!(labels, ["reseat", "day", "person"]);
        let Across::Names(_, names) = &chart.across else { panic!() };
        assert_eq!(names[..3], ["bass", "25", "2k"]);
        let (_, top) = chart.axis.range.unwrap();
        assert!((0.9..3.0).contains(&top), "{top}");
        assert!(chart.traces[2].points[0].interval.unwrap().1.is_infinite());
    }
}
