//! Predicted and measured responses on sources.

use super::{Caption, EXPANDED, edges, expanded_band, points};
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
    rest.axis.range = Some(range(&rest));
    let edges = edges(&rest);
    rest.series.extend(edges);
    rest.references.push(ReferenceLine { value: 0.0, label: None });
    let band = (!rest.bands.is_empty()).then(|| EXPANDED.to_owned());
    let laid = "Laid upon each other over 50 Hz to 10 kHz".to_owned();
    Figure { below: Some(rest), ..caption.on(changes, band.into_iter().chain([laid])) }
}

/// What remains is hundredths of a decibel where all is well, and would be a line on the axis of
/// other differences: as wide as curves and bands ask for, the same to both sides.
fn range(panel: &Panel) -> (f64, f64) {
    /// Less would make much of nothing.
    const LEAST_DB: f64 = 0.05;
    let curves = panel.series.iter().flat_map(|series| &series.points).map(|p| p.value.abs());
    let bands = panel.bands.iter().flat_map(|band| &band.points);
    let bands = bands.map(|p| p.lower.abs().max(p.upper.abs()));
    let most = curves.chain(bands).filter(|db| db.is_finite()).fold(LEAST_DB, f64::max);
    let decade = 10_f64.powf(most.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * decade);
    let half = steps.into_iter().find(|step| most <= *step).unwrap_or(most);
    (-half, half)
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
