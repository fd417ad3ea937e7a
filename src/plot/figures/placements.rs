//! How much a response depends on where the headphone sits.

use super::{Caption, level_title, points, smoothing_note};
use crate::model::StateComparison;
use crate::plot::{Band, BandPoint, Figure, Panel, Scale, Series};

/// The mean of the placements with a band from the lowest to the highest of them, and each placement
/// as a thin line; `None` where placements were not asked about.
#[must_use]
pub fn placements(comparison: &StateComparison, caption: &Caption) -> Option<Figure> {
    let spread = comparison.placements.as_ref()?;
    let mut panel = Panel::new(&level_title(&comparison.normalisation), Scale::Level);
    let count = comparison.states.len();
    let mean = Series::named(&format!("mean of {count}"), 0, points(&spread.mean));
    panel.series.extend(comparison.states.iter().map(|s| Series::thin(0, points(&s.mean))));
    panel.series.push(mean);
    let borders = spread.lowest.points().zip(spread.highest.values());
    let points = borders.map(|((hz, lower), &upper)| BandPoint { hz, lower, upper }).collect();
    panel.bands.push(Band { slot: 0, points });
    let notes = ["Band: lowest to highest placement", "Thin: each placement"].map(str::to_owned);
    let notes = notes.into_iter().chain(smoothing_note(comparison.smoothing));
    Some(caption.on(panel, notes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sample;

    #[test]
    fn placements_are_a_mean_in_a_band_from_the_lowest_to_the_highest() {
        let mut comparison = sample::states();
        assert_eq!(placements(&comparison, &sample::caption("Places")), None);
        comparison.placements = Some(sample::placements(&comparison));
        let figure = placements(&comparison, &sample::caption("Places")).unwrap();
        assert_eq!((figure.panel.series.len(), figure.panel.bands.len()), (4, 1));
        let point = figure.panel.bands[0].points[0];
        assert!(point.lower < point.upper);
    }
}
