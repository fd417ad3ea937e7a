//! What the idle channel of an amplifier holds of the driven one.

use super::{Caption, EXPANDED, expanded_band, points, spoken_hz};
use crate::model::{CrosstalkCurves, CrosstalkFigures, Curve, Ground, MeasuredCrosstalk};
use crate::plot::{
    Annotation, Band, BandPoint, Figure, FrequencyAxis, Panel, Point, ReferenceLine, Scale, Series,
    Stroke, Weight,
};
use crate::quantity::unit::Decibel;

/// The level of the idle channel against the driven one: of every take, with bands of expanded
/// uncertainty (k = 2) and a gap where it holds no more than noise; and dashed as the shared return
/// predicts it. Thin and dotted, in the colour of its take, lies the least that is told from none.
#[must_use]
pub fn crosstalk(
    curves: &CrosstalkCurves,
    figures: &CrosstalkFigures,
    caption: &Caption,
) -> Figure {
    let mut panel = Panel::new("Idle channel re driven", Scale::Level);
    let mut any_floor = false;
    for (slot, of) in curves.measured.iter().enumerate() {
        let level = of.ratio.level();
        any_floor |= of.floor.is_some();
        if let Some(floor) = of.floor.as_ref() {
            panel.series.push(floor_of(of, floor, slot));
        }
        if of.above_noise.contains(&true) {
            let points = points(&level).into_iter().zip(&of.above_noise);
            let or_gap = |(point, &above): (Point, &bool)| {
                if above { point } else { Point { value: f64::NAN, ..point } }
            };
            let series = Series::named(&of.name, slot, points.map(or_gap).collect());
            panel.series.push(Series { stroke: Stroke::Solid, ..series });
            panel.bands.extend(band_of(of, &level, slot));
        }
    }
    // On top and in colours of their own: where a prediction holds, its take shows in the gaps.
    let mut slots = curves.measured.len()..;
    let mut dashed = |name: &str, level: &Curve<Decibel>| {
        let slot = slots.next().unwrap_or_default();
        let series = Series::named(&format!("{name}, predicted"), slot, points(level));
        panel.series.push(Series { stroke: Stroke::Dashed, ..series });
    };
    for of in &curves.measured {
        if let Some(predicted) = &of.predicted {
            dashed(&of.name, &predicted.level());
        }
    }
    // Seen from the common, the first headphone's own take bears its prediction already.
    let is_common = figures.ground == Ground::Common;
    let drawn = is_common && curves.measured.iter().any(|of| of.predicted.is_some());
    let others = curves.predicted.iter().skip(usize::from(drawn));
    for of in others {
        let place = if is_common { "" } else { " across its drivers" };
        dashed(&format!("{}{place}", of.name), &of.ratio.level());
    }
    panel.references.extend(figures.at_least_db.map(|least| {
        let label = Some(format!("at least {least} dB asked for"));
        ReferenceLine { value: -least, label }
    }));
    panel.annotations.extend(worst(curves, figures));
    panel.axis.range = range(&panel);
    let band = (!panel.bands.is_empty()).then(|| EXPANDED.to_owned());
    let floor = any_floor.then(|| "Thin, dotted: least that is told from none".to_owned());
    caption.on(panel, band.into_iter().chain(floor).chain(shared(figures)))
}

/// The floor of a take; it bears the name of a take that holds nothing else.
fn floor_of(of: &MeasuredCrosstalk, floor: &Curve<Decibel>, slot: usize) -> Series {
    let points = floor.points().map(|(hz, db)| Point { hz, value: -db }).collect();
    let label = (!of.above_noise.contains(&true)).then(|| format!("{}: below", of.name));
    Series { label, slot, stroke: Stroke::Dotted, weight: Weight::Thin, points }
}

/// The band of a take, with a gap where the take has one.
fn band_of(of: &MeasuredCrosstalk, level: &Curve<Decibel>, slot: usize) -> Option<Band> {
    let band = expanded_band(slot, level)?;
    let or_gap = |(point, &above): (BandPoint, &bool)| {
        if above { point } else { BandPoint { lower: f64::NAN, upper: f64::NAN, ..point } }
    };
    Some(Band { slot, points: band.points.into_iter().zip(&of.above_noise).map(or_gap).collect() })
}

/// Whole steps of 10 dB around everything, floors too: a good separation is a large one, and the
/// axis of a response would cut it off.
fn range(panel: &Panel) -> Option<(f64, f64)> {
    const STEP_DB: f64 = 10.0;
    /// Least distance of a curve to the frame.
    const CLEARANCE_DB: f64 = 2.0;
    /// Below this there is no converter.
    const LOWEST_DB: f64 = -180.0;
    let points = panel.series.iter().flat_map(|series| &series.points);
    let drawn = points.filter(|point| FrequencyAxis::AUDIO.contains(point.hz));
    let values = drawn.map(|point| point.value).chain(panel.references.iter().map(|r| r.value));
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let low = ((low - CLEARANCE_DB) / STEP_DB).floor() * STEP_DB;
    let high = ((high + CLEARANCE_DB) / STEP_DB).ceil() * STEP_DB;
    (low < high).then_some((low.max(LOWEST_DB), high))
}

/// The highest level of all takes.
fn worst(curves: &CrosstalkCurves, figures: &CrosstalkFigures) -> Option<Annotation> {
    let worsts = figures.takes.iter().enumerate().filter_map(|(i, of)| Some((i, of.worst?)));
    let (slot, worst) =
        worsts.min_by(|(_, a), (_, b)| a.separation_db.total_cmp(&b.separation_db))?;
    let value = -worst.separation_db;
    let sign = if value < 0.0 { '−' } else { '+' };
    let text = format!("{sign}{:.1} dB at {}", value.abs(), spoken_hz(worst.frequency_hz));
    let at = Point { hz: worst.frequency_hz, value };
    (slot < curves.measured.len()).then_some(Annotation { at, text, slot })
}

/// The shared return, in words.
fn shared(figures: &CrosstalkFigures) -> Option<String> {
    let ohm = figures.return_ohm?;
    Some(format!(
        "Shared return {ohm:.3} Ω, seen against the {}",
        match figures.ground {
            Ground::Common => "common of the loads",
            Ground::Amplifier => "amplifier\u{2019}s ground",
        }
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sample;

    #[test]
    fn a_take_has_a_gap_where_there_is_only_noise_and_its_floor_stays() {
        let (curves, figures) = sample::crosstalk();
        let figure = crosstalk(&curves, &figures, &sample::caption("Amplifier"));
        let named = |name: &str| {
            figure.panel.series.iter().find(|s| s.label.as_deref() == Some(name)).unwrap()
        };
        assert!(named("open").points.iter().any(|point| point.value.is_nan()));
        assert!(named("33 Ω").points.iter().all(|point| point.value.is_finite()));
        assert_eq!(named("HD, predicted").stroke, Stroke::Dashed);
        let [mark] = figure.panel.annotations.as_slice() else { panic!("one mark") };
        assert_eq!((mark.slot, mark.text.as_str()), (1, "−46.9 dB at 1 kHz"));
        assert_eq!(figure.panel.axis.range, Some((-120.0, -40.0)));
        assert_eq!(figure.panel.references[0].value.to_bits(), (-60.0_f64).to_bits());
        assert!(figure.footer.unwrap().contains("Shared return 0.150 Ω"));
    }
}
