//! What cables do between a source and a headphone.

use super::{Caption, EXPANDED, close_range, edges, expanded_band, points};
use crate::model::{CableComparison, Curve, Source};
use crate::plot::{Figure, Panel, ReferenceLine, Scale, Series};
use crate::quantity::unit::Decibel;

/// The change of the response with each cable against none, over the difference of every other cable
/// to the first, with bands of expanded uncertainty (k = 2) where it is known; `None` if no headphone
/// is known.
#[must_use]
pub fn cable(comparison: &CableComparison, caption: &Caption) -> Option<Figure> {
    let mut effects = Panel::new("Change re 1 kHz", Scale::Difference);
    for (slot, cable) in comparison.cables.iter().enumerate() {
        add(&mut effects, slot, &cable.name, &cable.effect.as_ref()?.curve);
    }
    let mut differences = Panel::new(&title(comparison), Scale::Difference);
    for (i, difference) in comparison.differences.iter().enumerate() {
        add(&mut differences, i + 1, &difference.name, &difference.heard.as_ref()?.curve);
    }
    let any = !(effects.bands.is_empty() && differences.bands.is_empty());
    let notes = [any.then(|| EXPANDED.to_owned()), Some(driven_by(&comparison.source))];
    let (effects, differences) = (finished(effects), finished(differences));
    let below = (!comparison.differences.is_empty()).then_some(differences);
    Some(Figure { below, ..caption.on(effects, notes.into_iter().flatten()) })
}

fn add(panel: &mut Panel, slot: usize, name: &str, curve: &Curve<Decibel>) {
    panel.series.push(Series::named(name, slot, points(curve)));
    panel.bands.extend(expanded_band(slot, curve));
}

fn finished(mut panel: Panel) -> Panel {
    panel.axis.range = Some(close_range(&panel));
    let edges = edges(&panel);
    panel.series.extend(edges);
    panel.references.push(ReferenceLine { value: 0.0, label: None });
    panel
}

fn title(comparison: &CableComparison) -> String {
    let first = comparison.cables.first().map_or("", |cable| cable.name.as_str());
    format!("Level against {first}")
}

fn driven_by(source: &Source) -> String {
    match source.output() {
        Some(output) => format!("On {}", output.name),
        None => format!("On a source of {} Ω", source.ohm()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sample;
    use crate::study::cable::specimen;

    #[test]
    fn effects_stand_over_the_differences_to_the_first_cable() {
        let figure = cable(&specimen::cables(), &sample::caption("Cables")).unwrap();
        let labels = |panel: &Panel| -> Vec<String> {
            panel.series.iter().filter_map(|series| series.label.clone()).collect()
        };
        assert_eq!(labels(&figure.panel), ["stock", "silver"]);
        let below = figure.below.unwrap();
        assert_eq!((labels(&below), below.series[0].slot), (vec!["silver".to_owned()], 1));
        assert_eq!(below.axis.title, "Level against stock");
        assert!(figure.footer.unwrap().contains("On a source of 0.5 Ω"));
    }

    #[test]
    fn there_is_nothing_to_draw_without_a_headphone() {
        let mut comparison = specimen::cables();
        comparison.cables[0].effect = None;
        assert_eq!(cable(&comparison, &sample::caption("Cables")), None);
    }
}
