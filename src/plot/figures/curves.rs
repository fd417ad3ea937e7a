//! Any curves beside each other, and their differences.

use super::{
    Caption, EXPANDED, edges, expanded_band, impedance, level_title, one_of, points,
    smoothing_note, spoken, spoken_hz,
};
use crate::model::{Curve, CurveComparison, Deviation, Normalisation, Polar, Trace};
use crate::plot::{Annotation, Figure, FrequencyAxis, Panel, Point, ReferenceLine, Scale};
use crate::quantity::unit::{Decibel, Ohm, Unit};

/// The curves in the order in which they were given, with bands of expanded uncertainty (k = 2)
/// where it is known: levels, or magnitudes of impedances over their phases.
#[must_use]
pub fn curves(comparison: &CurveComparison, caption: &Caption) -> Figure {
    let mut responses: Vec<(&str, &Polar<Decibel>)> = Vec::new();
    let mut impedances: Vec<(&str, &Polar<Ohm>)> = Vec::new();
    for curve in &comparison.curves {
        match &curve.trace {
            Trace::Response(polar) => responses.push((&curve.name, polar)),
            Trace::Impedance(polar) => impedances.push((&curve.name, polar)),
        }
    }
    let smoothing = smoothing_note(comparison.smoothing);
    if responses.is_empty() {
        let notes = scaling_note(comparison).into_iter().chain(smoothing);
        let remarks = notes.chain(caption.remarks.iter().cloned()).collect();
        return impedance(&impedances, &Caption { remarks, ..caption.clone() });
    }
    let mut panel = Panel::new(&level_title(&comparison.normalisation), Scale::Level);
    for (slot, (name, response)) in responses.iter().enumerate() {
        let points = points(response.magnitude());
        panel.series.push(one_of(responses.len(), name, slot, points));
        panel.bands.extend(expanded_band(slot, response.magnitude()));
    }
    let edges = edges(&panel);
    panel.series.extend(edges);
    let band = (!panel.bands.is_empty()).then(|| EXPANDED.to_owned());
    caption.on(panel, band.into_iter().chain(smoothing))
}

/// How impedances were scaled.
fn scaling_note(comparison: &CurveComparison) -> Option<String> {
    let place = match comparison.normalisation {
        Normalisation::None => return None,
        Normalisation::Broadband => "to equal mean power, 20 Hz to 20 kHz".to_owned(),
        Normalisation::At(at) => format!("at {}", spoken(at)),
        Normalisation::Over(from, to) => format!("over {} to {}", spoken(from), spoken(to)),
    };
    let reference = comparison.reference().unwrap_or("the first");
    Some(format!("Scaled to {reference} {place}"))
}

/// The difference of each curve to the reference, with bands of expanded uncertainty (k = 2): in
/// decibels for responses; for impedances in percent over the difference of the phases.
///
/// A curve has the same colour as in the figure of the curves themselves. A single difference has
/// its largest value marked.
#[must_use]
pub fn curve_differences(comparison: &CurveComparison, caption: &Caption) -> Figure {
    let reference = comparison.reference().unwrap_or_default();
    let of_impedances = comparison.differences.iter().any(|d| d.percent.is_some());
    let scale = if of_impedances { Scale::Percent } else { Scale::Difference };
    let title = |what: &str| format!("{what} against {reference}");
    let mut panel = Panel::new(&title("Difference"), scale);
    let mut phase = Panel::new(&title("Phase"), Scale::Angle);
    let count = comparison.curves.len();
    for (i, difference) in comparison.differences.iter().enumerate() {
        let same_name = comparison.curves.iter().position(|c| c.name == difference.name);
        let (name, slot) = (&difference.name, same_name.unwrap_or(i + 1));
        let look = (count, name.as_str(), slot);
        match &difference.percent {
            Some(percent) => add(&mut panel, look, &percent.curve),
            None => add(&mut panel, look, &difference.level.curve),
        }
        if let Some(angle) = &difference.phase {
            add(&mut phase, look, &angle.curve);
        }
        if comparison.differences.len() == 1 {
            panel.annotations.extend(match &difference.percent {
                Some(percent) => largest(percent, slot),
                None => largest(&difference.level, slot),
            });
        }
    }
    for panel in [&mut panel, &mut phase] {
        let edges = edges(panel);
        panel.series.extend(edges);
    }
    let label = Some(reference.to_owned());
    panel.references.push(ReferenceLine { value: 0.0, label });
    phase.references.push(ReferenceLine { value: 0.0, label: None });
    let band = (!panel.bands.is_empty())
        .then(|| "Band: expanded uncertainty of the difference, k = 2".to_owned());
    let below = (!phase.series.is_empty()).then_some(phase);
    let notes = band.into_iter().chain(smoothing_note(comparison.smoothing));
    Figure { below, ..caption.on(panel, notes) }
}

fn add<U: Unit>(panel: &mut Panel, (count, name, slot): (usize, &str, usize), curve: &Curve<U>) {
    panel.series.push(one_of(count, name, slot, points(curve)));
    panel.bands.extend(expanded_band(slot, curve));
}

/// The largest difference, if a reader could see it and it lies on the axis.
fn largest<U: Unit>(deviation: &Deviation<U>, slot: usize) -> Option<Annotation> {
    const VISIBLE: f64 = 0.05;
    let Deviation { worst, worst_hz, .. } = *deviation;
    let visible = worst.abs() >= VISIBLE && FrequencyAxis::AUDIO.contains(worst_hz);
    let sign = if worst < 0.0 { '−' } else { '+' };
    let decimals = match worst.abs() {
        size if size < 1.0 => 2,
        size if size < 100.0 => 1,
        _ => 0,
    };
    let (size, unit) = (worst.abs(), U::SYMBOL);
    let text = format!("{sign}{size:.decimals$} {unit} at {}", spoken_hz(worst_hz));
    visible.then_some(Annotation { at: Point { hz: worst_hz, value: worst }, text, slot })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sample;

    #[test]
    fn differences_of_impedances_are_in_percent_over_their_phase() {
        let comparison = sample::curves(2);
        let figure = curve_differences(&comparison, &sample::caption("Left and right"));
        assert_eq!(figure.panel.axis.scale, Scale::Percent);
        assert_eq!(figure.panel.axis.title, "Difference against curve 1");
        assert_eq!(figure.panel.series[0].slot, 1);
        let zero = ReferenceLine { value: 0.0, label: Some("curve 1".to_owned()) };
        assert_eq!(figure.panel.references, [zero]);
        assert_eq!(figure.below.unwrap().axis.scale, Scale::Angle);
        let [mark] = figure.panel.annotations.as_slice() else { panic!("one mark") };
        assert!(mark.text.starts_with('+') && mark.text.contains(" % at "), "{}", mark.text);
        assert!(figure.footer.unwrap().contains("k = 2"));
    }

    #[test]
    fn several_impedances_have_their_own_colours_and_bands() {
        let comparison = sample::curves(3);
        let figure = curves(&comparison, &sample::caption("Three"));
        let slots: Vec<usize> = figure.panel.bands.iter().map(|band| band.slot).collect();
        assert_eq!(slots, [0, 1, 2]);
        let named = figure.panel.series.iter().filter(|series| series.label.is_some());
        assert_eq!(named.count(), 3);
        assert!(figure.below.is_some() && figure.panel.annotations.is_empty());
    }
}
