//! Predicted and measured responses on sources.

use super::{Caption, EXPANDED, close_range, edges, expanded_band, points};
use crate::model::{Source, SourceComparison, Verification};
use crate::plot::{Figure, Panel, ReferenceLine, Scale, Series, Stroke};

/// What was predicted and what was measured of each source, over what remains between them with
/// its band of expanded uncertainty (k = 2).
#[must_use]
pub fn verification(comparison: &SourceComparison, caption: &Caption) -> Figure {
    let seen = &comparison.verifications;
    let mut changes = Panel::new(&title(seen), Scale::Difference);
    let mut rest = Panel::new("Measured − predicted", Scale::Difference);
    for (i, seen) in seen.iter().enumerate() {
        let (name, slot) = (seen.source.label(), 2 * i);
        let named = |what: &str, slot, stroke, curve| {
            let series = Series::named(&format!("{name} {what}"), slot, points(curve));
            Series { stroke, ..series }
        };
        // The measured curve is broken, so that the predicted one shows through.
        changes.series.push(named("predicted", slot, Stroke::Solid, &seen.predicted));
        changes.series.push(named("measured", slot + 1, Stroke::Dashed, &seen.measured));
        changes.bands.extend(expanded_band(slot, &seen.predicted));
        rest.series.push(Series::named(&name, slot + 1, points(&seen.residual)));
        rest.bands.extend(expanded_band(slot + 1, &seen.residual));
    }
    rest.axis.range = Some(close_range(&rest));
    let edges = edges(&rest);
    rest.series.extend(edges);
    rest.references.push(ReferenceLine { value: 0.0, label: None });
    let band = (!rest.bands.is_empty()).then(|| EXPANDED.to_owned());
    let laid = "Laid upon each other over 50 Hz to 10 kHz".to_owned();
    Figure { below: Some(rest), ..caption.on(changes, band.into_iter().chain([laid])) }
}

fn title(seen: &[Verification]) -> String {
    let from = seen.first().map_or(Source::IDEAL, |seen| seen.from.clone());
    match from.output() {
        Some(output) => format!("Change against {}", output.name),
        None => format!("Change against {} Ω", from.ohm()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sample;

    #[test]
    fn each_source_is_there_as_predicted_and_as_measured_over_their_difference() {
        let figure = verification(&sample::verified(), &sample::caption("Verified"));
        let labels: Vec<&str> =
            figure.panel.series.iter().filter_map(|series| series.label.as_deref()).collect();
        assert_eq!(labels, ["33 Ω predicted", "33 Ω measured"]);
        let slots: Vec<usize> = figure.panel.series.iter().map(|series| series.slot).collect();
        assert_eq!(slots, [0, 1]);
        let rest = figure.below.unwrap();
        assert_eq!((rest.series[0].slot, rest.bands.len()), (1, 1));
        assert!(figure.footer.unwrap().starts_with("Band: expanded uncertainty, k = 2"));
    }
}
