//! What states change against the reference state.

use super::{Caption, band_around, expanded_band, points, smoothing_note};
use crate::model::{Limit, StateComparison, StateDifference};
use crate::plot::{Band, Figure, FrequencyAxis, Panel, Point, ReferenceLine, Scale, Series};

/// The difference of each state to the reference, with a band that holds it at all frequencies at
/// once with 95 %, where seatings could be shuffled for it, or of ± two standard errors. A bar below
/// the curves marks where a state differs beyond chance.
///
/// A state has the same colour as in the figure of the states themselves.
#[must_use]
pub fn differences(comparison: &StateComparison, caption: &Caption) -> Figure {
    let reference = comparison.states.first().map(|state| state.name.as_str());
    let title = reference.map_or("Difference".to_owned(), |name| format!("Difference to {name}"));
    let mut panel = Panel::new(&title, Scale::Difference);
    let simultaneous = comparison.differences.iter().all(|d| simultaneous_band(0, d).is_some());
    for (i, difference) in comparison.differences.iter().enumerate() {
        let same_name = comparison.states.iter().position(|s| s.name == difference.state);
        let slot = same_name.unwrap_or(i + 1);
        panel.series.push(Series::named(&difference.state, slot, points(&difference.curve)));
        panel.bands.extend(if simultaneous {
            simultaneous_band(slot, difference)
        } else {
            expanded_band(slot, &difference.curve)
        });
    }
    let slots: Vec<usize> = panel.series.iter().map(|series| series.slot).collect();
    let bars = bars(slots.into_iter().zip(&comparison.differences), &panel);
    let marked = !bars.is_empty();
    panel.series.extend(bars);
    panel.references.push(ReferenceLine { value: 0.0, label: reference.map(str::to_owned) });
    let band = if simultaneous { SIMULTANEOUS } else { TWO_ERRORS };
    let band = (!panel.bands.is_empty()).then(|| band.to_owned());
    let bar = marked.then(|| BEYOND_CHANCE.to_owned());
    let notes = band.into_iter().chain(bar);
    caption.on(panel, notes.chain(smoothing_note(comparison.smoothing)))
}

/// `None` where seatings are too few to be shuffled: the band would be as wide as the figure.
pub(super) fn simultaneous_band(slot: usize, difference: &StateDifference) -> Option<Band> {
    let curve = &difference.evidence.as_ref()?.curve;
    let half_width = curve.half_width.values().iter().copied();
    matches!(curve.limit, Limit::Shuffled { .. })
        .then(|| band_around(slot, &curve.difference, half_width))
}

/// What [`simultaneous_band`] is.
pub(super) const SIMULTANEOUS: &str = "Band: 95 % at all frequencies at once";
/// What [`expanded_band`] of a difference is.
pub(super) const TWO_ERRORS: &str = "Band: ± 2 standard errors of the difference";
/// What [`bars`] are.
pub(super) const BEYOND_CHANCE: &str = "Bar: differs beyond chance";

/// A row of bars for each difference that has any, below everything else in the panel, each in
/// the colour of its slot.
pub(super) fn bars<'a>(
    differences: impl Iterator<Item = (usize, &'a StateDifference)>,
    panel: &Panel,
) -> Vec<Series> {
    /// From row to row, in parts of what is drawn.
    const STEP: f64 = 0.04;
    // Half a bar of a single frequency, as a ratio: half of what lies between two.
    let half = (0.5 / 12.0_f64).exp2();
    let audible = |hz: f64| FrequencyAxis::AUDIO.contains(hz);
    let curves = panel.series.iter().flat_map(|series| &series.points);
    let borders = panel.bands.iter().flat_map(|band| &band.points);
    let values = curves
        .filter(|p| audible(p.hz))
        .map(|p| p.value)
        .chain(borders.filter(|p| audible(p.hz)).flat_map(|p| [p.lower, p.upper]));
    let (low, high) = values.fold((0.0_f64, 0.0_f64), |(l, h), v| (l.min(v), h.max(v)));
    let ranges = |d: &StateDifference| Some(d.evidence.as_ref()?.curve.ranges.clone());
    let rows = differences
        .filter_map(|(slot, difference)| Some((slot, ranges(difference)?)))
        .filter(|(_, ranges)| !ranges.is_empty());
    rows.enumerate()
        .flat_map(|(row, (slot, ranges))| {
            let value = low - STEP * (row + 1) as f64 * (high - low);
            ranges.into_iter().map(move |span| {
                let ends = [span.from_hz / half, span.to_hz * half];
                let points = ends.map(|hz| Point { hz, value }).into();
                Series { label: None, ..Series::named("", slot, points) }
            })
        })
        .collect()
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
