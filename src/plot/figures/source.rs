//! What source impedances do to a headphone.

use super::{Caption, EXPANDED, expanded_band, points, spoken_hz};
use crate::model::{InferredImpedance, Normalisation, SourceComparison, SourceEffect};
use crate::plot::{Annotation, Figure, FrequencyAxis, Panel, Point, ReferenceLine, Scale, Series};

/// The change of the response with each source against a source of 0 Ω, the worst one marked.
#[must_use]
pub fn source(comparison: &SourceComparison, caption: &Caption) -> Figure {
    let mut panel = Panel::new("Change against 0 Ω", Scale::Difference);
    for (slot, effect) in comparison.sources.iter().enumerate() {
        panel.series.push(Series::named(&effect.source.label(), slot, points(&effect.curve)));
        panel.bands.extend(expanded_band(slot, &effect.curve));
    }
    panel.references.push(ReferenceLine { value: 0.0, label: None });
    panel.annotations.extend(worst(&comparison.sources));
    let note = match comparison.normalisation {
        Normalisation::None => None,
        Normalisation::Broadband => {
            Some("Level-matched: equal mean power, 20 Hz to 20 kHz".to_owned())
        }
        Normalisation::At(frequency) => {
            Some(format!("Curves laid upon each other at {}", super::spoken(frequency)))
        }
        Normalisation::Over(from, to) => {
            let (from, to) = (super::spoken(from), super::spoken(to));
            Some(format!("Curves laid upon each other over {from} to {to}"))
        }
    };
    let band = (!panel.bands.is_empty()).then(|| EXPANDED.to_owned());
    caption
        .on(panel, band.into_iter().chain(note).chain(comparison.inferred.as_ref().map(inferred)))
}

/// What a reader must know of an impedance that nobody measured.
fn inferred(from: &InferredImpedance) -> String {
    let resistors: Vec<String> = from.resistors.iter().map(|r| r.ohm().to_string()).collect();
    format!("Impedance inferred from responses behind {} Ω", resistors.join(", "))
}

/// The largest deviation of all, if a reader could see it and it lies on the axis.
fn worst(sources: &[SourceEffect]) -> Option<Annotation> {
    const VISIBLE_DB: f64 = 0.05;
    let (slot, effect) = (sources.iter().enumerate())
        .filter(|(_, e)| e.worst_db.is_finite() && FrequencyAxis::AUDIO.contains(e.worst_hz))
        .max_by(|(_, a), (_, b)| a.worst_db.abs().total_cmp(&b.worst_db.abs()))?;
    let sign = if effect.worst_db < 0.0 { '−' } else { '+' };
    let at = Point { hz: effect.worst_hz, value: effect.worst_db };
    let size = effect.worst_db.abs();
    let decimals = if size < 1.0 { 2 } else { 1 };
    let text = format!("worst {sign}{size:.decimals$} dB at {}", spoken_hz(effect.worst_hz));
    (size >= VISIBLE_DB).then_some(Annotation { at, text, slot })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sample;

    #[test]
    fn the_worst_of_all_sources_is_marked() {
        let figure = source(&sample::sources(), &sample::caption("Sources"));
        let [mark] = figure.panel.annotations.as_slice() else { panic!("one mark") };
        assert_eq!(mark.slot, 3);
        assert!(mark.text.starts_with("worst +4.5 dB at 85 Hz"), "{}", mark.text);
        assert_eq!(figure.panel.series[0].label.as_deref(), Some("0.1 Ω"));
    }

    #[test]
    fn nothing_is_marked_where_nothing_can_be_seen() {
        let mut comparison = sample::sources();
        comparison.sources.truncate(1);
        assert!(source(&comparison, &sample::caption("Sources")).panel.annotations.is_empty());
    }
}
