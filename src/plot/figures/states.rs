//! One headphone in several states.

use super::{Caption, band_around, level_title, points, smoothing_note};
use crate::model::StateComparison;
use crate::plot::{Figure, Panel, Scale, Series};

/// Whether single seatings are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Seatings {
    /// Means and bands only.
    #[default]
    Hidden,
    /// Each seating as a thin line behind the means.
    Shown,
}

/// The mean level of each state with a band of ± one standard deviation between seatings.
#[must_use]
pub fn states(comparison: &StateComparison, caption: &Caption, seatings: Seatings) -> Figure {
    let mut panel = Panel::new(&level_title(&comparison.normalisation), Scale::Level);
    for (slot, state) in comparison.states.iter().enumerate() {
        panel.series.push(Series::named(&state.name, slot, points(&state.mean)));
        if let Some(sd) = &state.sd {
            panel.bands.push(band_around(slot, &state.mean, sd.values().iter().copied()));
        }
        if seatings == Seatings::Shown {
            panel.series.extend(state.seatings.iter().map(|s| Series::thin(slot, points(s))));
        }
    }
    let band = "Band: ± 1 standard deviation between seatings".to_owned();
    let notes = (!panel.bands.is_empty()).then_some(band);
    caption.on(panel, notes.into_iter().chain(smoothing_note(comparison.smoothing)))
}
