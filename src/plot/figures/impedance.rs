//! Electrical impedances.

use super::{Caption, EXPANDED, edges, expanded_band, one_of, points, spoken_hz};
use crate::model::Polar;
use crate::plot::{Annotation, Figure, FrequencyAxis, Panel, Point, Scale, Spacing};
use crate::quantity::unit::Ohm;

/// The magnitude of each impedance over its phase, with bands of expanded uncertainty (k = 2)
/// where it is known. A single impedance has its extremes marked.
#[must_use]
pub fn impedance(impedances: &[(&str, &Polar<Ohm>)], caption: &Caption) -> Figure {
    let mut magnitude = Panel::new("Impedance", Scale::Ohm(spacing(impedances)));
    let mut phase = Panel::new("Phase", Scale::Phase);
    let count = impedances.len();
    for (slot, (name, impedance)) in impedances.iter().enumerate() {
        magnitude.series.push(one_of(count, name, slot, points(impedance.magnitude())));
        magnitude.bands.extend(expanded_band(slot, impedance.magnitude()));
        if let Some(angle) = impedance.phase() {
            phase.series.push(one_of(count, name, slot, points(angle)));
            phase.bands.extend(expanded_band(slot, angle));
        }
    }
    for panel in [&mut magnitude, &mut phase] {
        let edges = edges(panel);
        panel.series.extend(edges);
    }
    if let [(_, only)] = impedances {
        magnitude.annotations = extremes(only);
    }
    let notes = (!magnitude.bands.is_empty()).then(|| EXPANDED.to_owned());
    let below = (!phase.series.is_empty()).then_some(phase);
    Figure { below, ..caption.on(magnitude, notes) }
}

/// The magnitudes on the frequency axis.
fn audible(impedance: &Polar<Ohm>) -> impl Iterator<Item = Point> + '_ {
    points(impedance.magnitude()).into_iter().filter(|p| FrequencyAxis::AUDIO.contains(p.hz))
}

/// Linear from zero, unless that would leave the smallest value at the bottom.
fn spacing(impedances: &[(&str, &Polar<Ohm>)]) -> Spacing {
    const LARGEST_LINEAR_RATIO: f64 = 12.0;
    let magnitudes = || impedances.iter().flat_map(|(_, z)| audible(z)).map(|p| p.value);
    let lowest = magnitudes().fold(f64::INFINITY, f64::min);
    let highest = magnitudes().fold(0.0, f64::max);
    if lowest > 0.0 && highest > LARGEST_LINEAR_RATIO * lowest {
        Spacing::Logarithmic
    } else {
        Spacing::Linear
    }
}

/// The largest and the smallest magnitude, if they differ by more than a tenth.
fn extremes(impedance: &Polar<Ohm>) -> Vec<Annotation> {
    const PLAIN_RATIO: f64 = 1.1;
    let by_value = |a: &Point, b: &Point| a.value.total_cmp(&b.value);
    let (Some(most), Some(least)) =
        (audible(impedance).max_by(by_value), audible(impedance).min_by(by_value))
    else {
        return Vec::new();
    };
    if most.value <= PLAIN_RATIO * least.value {
        return Vec::new();
    }
    [("max", most), ("min", least)]
        .map(|(word, at)| Annotation {
            text: format!("{word} {} at {}", spoken_ohm(at.value), spoken_hz(at.hz)),
            at,
            slot: 0,
        })
        .into()
}

/// Ohms with three significant digits.
fn spoken_ohm(ohm: f64) -> String {
    let decimals = (2.0 - ohm.abs().max(1e-6).log10().floor()).clamp(0.0, 6.0) as usize;
    format!("{ohm:.decimals$} Ω")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Curve, FrequencyGrid};
    use crate::plot::{Stroke, sample};

    #[test]
    fn the_peak_and_the_minimum_are_marked() {
        let figure = impedance(&[("left", &sample::impedance())], &sample::caption("Impedance"));
        let texts: Vec<_> = figure.panel.annotations.iter().map(|a| a.text.as_str()).collect();
        assert!(texts[0].starts_with("max 66.0 Ω at 85 Hz"), "{texts:?}");
        assert!(texts[1].starts_with("min 32."), "{texts:?}");
        assert_eq!(figure.panel.axis.scale, Scale::Ohm(Spacing::Linear));
    }

    #[test]
    fn magnitude_stands_over_phase_where_there_is_one() {
        let z = sample::impedance();
        let with = impedance(&[("left", &z)], &sample::caption("Impedance"));
        assert_eq!(with.below.unwrap().axis.scale, Scale::Phase);
        let bare = Polar::of_magnitude(z.magnitude().clone());
        assert!(impedance(&[("left", &bare)], &sample::caption("Impedance")).below.is_none());
    }

    #[test]
    fn of_two_impedances_the_first_shows_through_the_second() {
        let z = sample::impedance();
        let figure = impedance(&[("left", &z), ("right", &z)], &sample::caption("Both"));
        let strokes: Vec<Stroke> = figure.panel.series.iter().map(|series| series.stroke).collect();
        assert_eq!(strokes[..2], [Stroke::Solid, Stroke::Dashed]);
    }

    #[test]
    fn a_wide_range_of_impedances_is_spread_logarithmically() {
        let grid = FrequencyGrid::new(vec![100.0, 1000.0]).unwrap();
        let z = Polar::of_magnitude(Curve::new(grid, vec![0.1, 30.0].into()).unwrap());
        let figure = impedance(&[("output", &z)], &sample::caption("Output impedance"));
        assert_eq!(figure.panel.axis.scale, Scale::Ohm(Spacing::Logarithmic));
        assert_eq!(figure.panel.annotations[1].text, "min 0.100 Ω at 100 Hz");
    }
}
