//! The two sides of a headphone.

use super::differences::{BEYOND_CHANCE, SIMULTANEOUS, TWO_ERRORS, bars, simultaneous_band};
use super::{Caption, Seatings, expanded_band, points, smoothing_note, states};
use crate::model::{
    ChannelMatching, Curve, FrequencyGrid, Normalisation, StateComparison, Tolerance,
};
use crate::plot::{Figure, Panel, ReferenceLine, Scale, Series};
use crate::quantity::unit::Decibel;

/// The level of each side with a band of ± one standard deviation between seatings.
#[must_use]
pub fn channel_levels(matching: &ChannelMatching, caption: &Caption) -> Figure {
    let sides = StateComparison {
        states: vec![matching.sides.of.clone(), matching.sides.against.clone()],
        differences: Vec::new(),
        normalisation: Normalisation::None,
        smoothing: matching.smoothing,
        placements: None,
    };
    states(&sides, caption, Seatings::Hidden)
}

/// Left − right with its band and, where one was asked for, the tolerance; below, the difference of
/// the phases without delay and polarity, where phases are known.
#[must_use]
pub fn channels(matching: &ChannelMatching, caption: &Caption) -> Figure {
    let difference = &matching.sides.difference;
    let mut panel = Panel::new("Left over right", Scale::Difference);
    panel.series.push(Series { label: None, ..Series::named("", 0, points(&difference.curve)) });
    let simultaneous = simultaneous_band(0, difference);
    let band = if simultaneous.is_some() { SIMULTANEOUS } else { TWO_ERRORS };
    panel.bands.extend(simultaneous.or_else(|| expanded_band(0, &difference.curve)));
    let bars = bars(std::iter::once((0, difference)), &panel);
    let bar = (!bars.is_empty()).then(|| BEYOND_CHANCE.to_owned());
    let band = (!panel.bands.is_empty()).then(|| band.to_owned());
    panel.series.extend(bars);
    panel.references.push(ReferenceLine { value: 0.0, label: None });
    if let Some((tolerance, _)) = &matching.tolerance {
        let limits = limits(difference.curve.grid(), *tolerance);
        panel.series.extend(limits);
    }
    let limit = matching.tolerance.as_ref().map(|(tolerance, _)| {
        let db = format!("{:.2}", tolerance.db);
        format!("Thin lines: ± {} dB", db.trim_end_matches('0').trim_end_matches('.'))
    });
    let with_errors = matching.phase.as_ref().is_some_and(|phase| phase.curve.u().is_some());
    let phase_band = with_errors.then(|| "Phase: ± 2 standard errors".to_owned());
    let notes = band.into_iter().chain(phase_band).chain(bar).chain(limit);
    let below = matching.phase.as_ref().map(|phase| {
        let mut panel = Panel::new("Phase without delay", Scale::Angle);
        let line = Series { label: None, ..Series::named("", 0, points(&phase.curve)) };
        panel.series.push(line);
        panel.bands.extend(expanded_band(0, &phase.curve));
        panel.references.push(ReferenceLine { value: 0.0, label: None });
        panel
    });
    Figure { below, ..caption.on(panel, notes.chain(smoothing_note(matching.smoothing))) }
}

/// A thin line at either end of the tolerance, as long as its band.
fn limits(grid: &FrequencyGrid, tolerance: Tolerance) -> Vec<Series> {
    /// A colour that no side has.
    const SLOT: usize = 3;
    let Some(inside) = grid.within(tolerance.band.from_hz, tolerance.band.to_hz) else {
        return Vec::new();
    };
    let line = |db: f64| {
        let line = Curve::<Decibel>::from_fn(inside.clone(), |_| db).ok()?;
        Some(Series::thin(SLOT, points(&line)))
    };
    [-tolerance.db, tolerance.db].into_iter().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Stroke, sample};

    #[test]
    fn the_difference_stands_over_that_of_the_phases_with_its_tolerance() {
        let matching = sample::matching();
        let figure = channels(&matching, &sample::caption("Match"));
        assert_eq!(figure.panel.axis.title, "Left over right");
        let ends: Vec<f64> = figure.panel.series.iter().map(|s| s.points[0].value).collect();
        assert_eq!(ends[1..], [-1.0, 1.0]);
        assert_eq!(figure.panel.series[1].stroke, Stroke::Solid);
        assert_eq!(figure.below.unwrap().axis.title, "Phase without delay");
        assert!(figure.footer.unwrap().contains("Thin lines: ± 1 dB"));
    }

    #[test]
    fn both_sides_have_their_level_and_band() {
        let figure = channel_levels(&sample::matching(), &sample::caption("Match"));
        let names: Vec<_> = figure.panel.series.iter().filter_map(|s| s.label.as_deref()).collect();
        assert_eq!((names, figure.panel.bands.len()), (vec!["left", "right"], 2));
    }
}
