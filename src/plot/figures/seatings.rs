//! The seatings of one state, as they come.

use super::{Caption, band_around, level_title, points};
use crate::model::{Curve, SeatingRecord, Seatings};
use crate::plot::{Figure, Panel, Point, ReferenceLine, Scale, Series, Stroke, Weight};
use crate::quantity::unit::Decibel;

/// Colour of the mean and of those that it is made of.
const MEAN: usize = 0;
/// Colour of the last one, which is looked at.
const LAST: usize = 1;

/// A fan: every seating that counts as a thin line, those that were set aside as thin dots, the last
/// one heavy, and the mean with a band of ± one standard deviation between seatings. Below it, where
/// there are two or more, each of them less the mean: there a leak of half a decibel can be seen.
#[must_use]
pub fn seatings(seatings: &Seatings, caption: &Caption) -> Figure {
    let (summary, records) = (&seatings.summary, &seatings.records);
    let count = seatings.counted().count();
    let mut panel = Panel::new(&level_title(&seatings.normalisation), Scale::Level);
    let mut below = Panel::new("Difference to the mean", Scale::Difference);
    if let Some(sd) = &summary.sd {
        let half = || sd.values().iter().copied();
        panel.bands.push(band_around(MEAN, &summary.mean, half()));
        below.bands.push(band_around(MEAN, &zero(&summary.mean), half()));
    }
    let last = records.len().saturating_sub(1);
    panel.series.extend(records[..last].iter().map(|record| thin(record, points(&record.curve))));
    let less_mean = |record: &SeatingRecord| difference(&record.curve, &summary.mean);
    below.series.extend(records[..last].iter().map(|record| thin(record, less_mean(record))));
    if count > 1 {
        panel.series.push(Series::named(&format!("mean of {count}"), MEAN, points(&summary.mean)));
    }
    if let Some(record) = records.last() {
        panel.series.push(heavy(record, points(&record.curve)));
        below.series.push(heavy(record, less_mean(record)));
    }
    below.references.push(ReferenceLine { value: 0.0, label: None });
    let band = (!panel.bands.is_empty())
        .then(|| "Band: ± 1 standard deviation between seatings".to_owned());
    let is_dotted = records[..last].iter().any(|record| !record.counts());
    let dots = is_dotted.then(|| "Dots: set aside".to_owned());
    let figure = caption.on(panel, band.into_iter().chain(dots));
    Figure { below: (records.len() > 1).then_some(below), ..figure }
}

/// One of many.
fn thin(record: &SeatingRecord, points: Vec<Point>) -> Series {
    let stroke = if record.counts() { Stroke::Solid } else { Stroke::Dotted };
    Series { stroke, ..Series::thin(MEAN, points) }
}

/// The last one.
fn heavy(record: &SeatingRecord, points: Vec<Point>) -> Series {
    let aside = if record.counts() { "" } else { ", set aside" };
    let name = format!("seating {}{aside}", record.number);
    Series { stroke: Stroke::Dashed, weight: Weight::Normal, ..Series::named(&name, LAST, points) }
}

/// The curve that is nothing everywhere.
fn zero(curve: &Curve<Decibel>) -> Curve<Decibel> {
    let nothing = curve.values() * 0.0;
    Curve::new(curve.grid().clone(), nothing).unwrap_or_else(|_| curve.clone())
}

/// A seating less the mean, which has the same grid.
fn difference(curve: &Curve<Decibel>, mean: &Curve<Decibel>) -> Vec<Point> {
    let both = curve.points().zip(mean.values());
    both.map(|((hz, level), mean)| Point { hz, value: level - mean }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sample;

    #[test]
    fn the_last_seating_is_heavy_and_the_others_thin() {
        let figure = seatings(&sample::seatings(), &sample::caption("Worn"));
        let names: Vec<_> = figure.panel.series.iter().filter_map(|s| s.label.as_deref()).collect();
        assert_eq!(names, ["mean of 3", "seating 3"]);
        let below = figure.below.unwrap();
        for panel in [&figure.panel, &below] {
            let thin = panel.series.iter().filter(|series| series.weight == Weight::Thin);
            let strokes: Vec<Stroke> = thin.map(|series| series.stroke).collect();
            assert_eq!(strokes, [Stroke::Solid, Stroke::Solid, Stroke::Dotted]);
        }
        assert_eq!(figure.panel.axis.title, "Level re mean 300 Hz to 1 kHz");
        let footer = "Band: ± 1 standard deviation between seatings · Dots: set aside";
        assert_eq!(figure.footer.as_deref(), Some(footer));
    }

    #[test]
    fn differences_are_those_to_the_mean() {
        let sample = sample::seatings();
        let figure = seatings(&sample, &sample::caption("Worn"));
        let below = figure.below.unwrap();
        let (point, record) = (below.series[2].points[0], &sample.records[2]);
        let expected = record.curve.values()[0] - sample.summary.mean.values()[0];
        assert!((point.value - expected).abs() < 1e-12 && expected < -1.0, "{point:?}");
        let band = below.bands[0].points[0];
        assert!((band.upper + band.lower).abs() < 1e-12 && band.upper > 0.0, "{band:?}");
    }

    #[test]
    fn a_single_seating_is_itself() {
        let mut single = sample::seatings();
        single.records.truncate(1);
        single.summary.sd = None;
        single.summary.mean = single.records[0].curve.clone();
        let figure = seatings(&single, &sample::caption("Worn"));
        assert_eq!((figure.panel.series.len(), figure.below), (1, None));
        assert_eq!(figure.footer, None);
    }
}
