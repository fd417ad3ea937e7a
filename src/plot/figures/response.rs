//! Frequency responses.

use super::{Caption, EXPANDED, expanded_band, points};
use crate::model::Polar;
use crate::plot::{Figure, Panel, Scale, Series};
use crate::quantity::unit::Decibel;

/// The level of each response, with a band of expanded uncertainty (k = 2) where it is known.
#[must_use]
pub fn response(responses: &[(&str, &Polar<Decibel>)], caption: &Caption) -> Figure {
    let mut panel = Panel::new("Level", Scale::Level);
    for (slot, (name, response)) in responses.iter().enumerate() {
        panel.series.push(Series::named(name, slot, points(response.magnitude())));
        panel.bands.extend(expanded_band(slot, response.magnitude()));
    }
    let notes = (!panel.bands.is_empty()).then(|| EXPANDED.to_owned());
    caption.on(panel, notes)
}
