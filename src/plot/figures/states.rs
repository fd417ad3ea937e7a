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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sample;

    #[test]
    fn each_state_has_a_mean_and_a_band_of_one_standard_deviation() {
        let comparison = sample::states();
        let figure = states(&comparison, &sample::caption("Pads"), Seatings::Hidden);
        let names: Vec<_> = figure.panel.series.iter().filter_map(|s| s.label.as_deref()).collect();
        assert_eq!(names, ["fresh", "worn", "glasses"]);
        let (band, mean) = (figure.panel.bands[1].points[0], figure.panel.series[1].points[0]);
        let sd = comparison.states[1].sd.as_ref().unwrap().values()[0];
        assert!((band.upper - mean.value - sd).abs() < 1e-12);
        assert!((mean.value - band.lower - sd).abs() < 1e-12);
        assert_eq!(figure.panel.axis.title, "Level re 1 kHz");
        let footer = figure.footer.unwrap();
        assert_eq!(footer, "Band: ± 1 standard deviation between seatings · Smoothed, 1/12 octave");
    }

    #[test]
    fn seatings_are_thin_lines_without_names() {
        let figure = states(&sample::states(), &sample::caption("Pads"), Seatings::Shown);
        assert_eq!(figure.panel.series.len(), 9);
        assert_eq!(figure.panel.series.iter().filter(|s| s.label.is_none()).count(), 6);
    }
}
