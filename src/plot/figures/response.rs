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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sample;

    #[test]
    fn the_band_is_twice_the_standard_uncertainty_wide_on_each_side() {
        let left = sample::response(12.0);
        let figure = response(&[("left", &left)], &sample::caption("Left"));
        let band = figure.panel.bands[0].points[7];
        let u = left.magnitude().u().unwrap()[7];
        assert!((band.upper - band.lower - 4.0 * u).abs() < 1e-12);
        assert_eq!(figure.footer.as_deref(), Some("Band: expanded uncertainty, k = 2"));
    }
}
