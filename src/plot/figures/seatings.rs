//! The seatings of one state, as they come.

use super::{Caption, band_around, level_title, points};
use crate::model::Seatings;
use crate::plot::{Figure, Panel, Scale, Series, Stroke, Weight};

/// Colour of the mean and of those that it is made of.
const MEAN: usize = 0;
/// Colour of the last one, which is looked at.
const LAST: usize = 1;

/// A fan: every seating that counts as a thin line, those that were set aside as thin dots, the last
/// one heavy, and the mean with a band of ± one standard deviation between seatings.
#[must_use]
pub fn seatings(seatings: &Seatings, caption: &Caption) -> Figure {
    let mut panel = Panel::new(&level_title(&seatings.normalisation), Scale::Level);
    let summary = &seatings.summary;
    let count = seatings.counted().count();
    if let Some(sd) = &summary.sd {
        panel.bands.push(band_around(MEAN, &summary.mean, sd.values().iter().copied()));
    }
    let Some((last, earlier)) = seatings.records.split_last() else {
        return caption.on(panel, None);
    };
    for record in earlier {
        let thin = Series::thin(MEAN, points(&record.curve));
        let stroke = if record.counts() { Stroke::Solid } else { Stroke::Dotted };
        panel.series.push(Series { stroke, ..thin });
    }
    if count > 1 {
        panel.series.push(Series::named(&format!("mean of {count}"), MEAN, points(&summary.mean)));
    }
    let aside = if last.counts() { "" } else { ", set aside" };
    let name = format!("seating {}{aside}", last.number);
    let latest = Series::named(&name, LAST, points(&last.curve));
    panel.series.push(Series { stroke: Stroke::Dashed, weight: Weight::Normal, ..latest });
    let band = (!panel.bands.is_empty())
        .then(|| "Band: ± 1 standard deviation between seatings".to_owned());
    let dots = earlier.iter().any(|record| !record.counts()).then(|| "Dots: set aside".to_owned());
    caption.on(panel, band.into_iter().chain(dots))
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
        let thin = figure.panel.series.iter().filter(|series| series.weight == Weight::Thin);
        let strokes: Vec<Stroke> = thin.map(|series| series.stroke).collect();
        assert_eq!(strokes, [Stroke::Solid, Stroke::Solid, Stroke::Dotted]);
        assert_eq!(figure.panel.axis.title, "Level re mean 300 Hz to 1 kHz");
        let footer = "Band: ± 1 standard deviation between seatings · Dots: set aside";
        assert_eq!(figure.footer.as_deref(), Some(footer));
    }

    #[test]
    fn a_single_seating_is_itself() {
        let mut single = sample::seatings();
        single.records.truncate(1);
        single.summary.sd = None;
        let figure = seatings(&single, &sample::caption("Worn"));
        assert_eq!(figure.panel.series.len(), 1);
        assert_eq!(figure.footer, None);
    }
}
