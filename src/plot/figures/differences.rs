//! What states change against the reference state.

use super::{Caption, expanded_band, points, smoothing_note};
use crate::model::StateComparison;
use crate::plot::{Figure, Panel, ReferenceLine, Scale, Series};

/// The difference of each state to the reference, with a band of ± two standard errors.
///
/// A state has the same colour as in the figure of the states themselves.
#[must_use]
pub fn differences(comparison: &StateComparison, caption: &Caption) -> Figure {
    let reference = comparison.states.first().map(|state| state.name.as_str());
    let title = reference.map_or("Difference".to_owned(), |name| format!("Difference to {name}"));
    let mut panel = Panel::new(&title, Scale::Difference);
    for (i, difference) in comparison.differences.iter().enumerate() {
        let same_name = comparison.states.iter().position(|s| s.name == difference.state);
        let slot = same_name.unwrap_or(i + 1);
        panel.series.push(Series::named(&difference.state, slot, points(&difference.curve)));
        panel.bands.extend(expanded_band(slot, &difference.curve));
    }
    panel.references.push(ReferenceLine { value: 0.0, label: reference.map(str::to_owned) });
    let band = "Band: ± 2 standard errors of the difference".to_owned();
    let notes = (!panel.bands.is_empty()).then_some(band);
    caption.on(panel, notes.into_iter().chain(smoothing_note(comparison.smoothing)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Seatings, figures, sample};

    #[test]
    fn a_difference_has_the_colour_of_its_state_and_a_line_at_zero() {
        let (comparison, caption) = (sample::states(), sample::caption("Pads"));
        let figure = differences(&comparison, &caption);
        let states = figures::states(&comparison, &caption, Seatings::Hidden);
        for series in &figure.panel.series {
            let state = states.panel.series.iter().find(|s| s.label == series.label).unwrap();
            assert_eq!(series.slot, state.slot);
        }
        assert_eq!(figure.panel.axis.title, "Difference to fresh");
        let zero = ReferenceLine { value: 0.0, label: Some("fresh".to_owned()) };
        assert_eq!(figure.panel.references, [zero]);
        assert_eq!(figure.panel.bands.len(), 2);
    }
}
