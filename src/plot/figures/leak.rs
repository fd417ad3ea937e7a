//! The leak that would explain what a state changes.

use super::{Caption, expanded_band, points, smoothing_note};
use crate::model::{EquivalentLeak, LeakBasis, LeakVerdict, StateComparison, StateDifference};
use crate::plot::{Figure, FrequencyAxis, Panel, Point, ReferenceLine, Scale, Series, Stroke};
use crate::quantity::Frequency;

/// The highest frequency of the figure, in hertz: leaks are fitted up to there.
const END_HZ: f64 = 1000.0;

/// The difference of each state that a leak was fitted to, with a band of ± two standard errors,
/// and the difference that the leak makes as a broken line; `None` where none was fitted.
#[must_use]
pub fn leak(comparison: &StateComparison, caption: &Caption) -> Option<Figure> {
    let reference = comparison.states.first().map(|state| state.name.as_str())?;
    let mut panel = Panel::new(&format!("Difference to {reference}"), Scale::Difference);
    for (i, difference) in comparison.differences.iter().enumerate() {
        let Some(LeakVerdict::Fitted(leak)) = &difference.leak else { continue };
        let same_name = comparison.states.iter().position(|s| s.name == difference.state);
        add(&mut panel, same_name.unwrap_or(i + 1), difference, leak);
    }
    if panel.series.is_empty() {
        return None;
    }
    panel.references.push(ReferenceLine { value: 0.0, label: Some(reference.to_owned()) });
    let band = (!panel.bands.is_empty()).then(|| "Band: ± 2 standard errors".to_owned());
    let basis = comparison.differences.iter().find_map(|difference| match &difference.leak {
        Some(LeakVerdict::Fitted(leak)) => Some(basis(leak)),
        _ => None,
    });
    let notes = band.into_iter().chain(basis).chain(smoothing_note(comparison.smoothing));
    let ends = (FrequencyAxis::AUDIO.from_hz(), END_HZ);
    let [from, to] = [ends.0, ends.1].map(Frequency::new);
    let frequency = FrequencyAxis::new(from.ok()?, to.ok()?).ok()?;
    Some(Figure { frequency, ..caption.on(panel, notes) })
}

fn add(panel: &mut Panel, slot: usize, difference: &StateDifference, leak: &EquivalentLeak) {
    let shown = |mut points: Vec<Point>| {
        points.retain(|point| point.hz <= END_HZ);
        points
    };
    let line =
        |name: &str, stroke, points| Series { stroke, ..Series::named(name, slot, shown(points)) };
    panel.series.push(line(&difference.state, Stroke::Solid, points(&difference.curve)));
    panel.series.push(line(&name(leak), Stroke::Dashed, points(&leak.model)));
    panel.bands.extend(expanded_band(slot, &difference.curve).map(|mut band| {
        band.points.retain(|point| point.hz <= END_HZ);
        band
    }));
}

/// The better of hole and slit.
fn name(leak: &EquivalentLeak) -> String {
    if leak.slit.rms_residual_db < leak.hole.rms_residual_db {
        format!("slit, {} high", millimetres(leak.slit.mm))
    } else {
        format!("hole, {} wide", millimetres(leak.hole.mm))
    }
}

fn millimetres(mm: f64) -> String {
    if mm < 1.0 { format!("{mm:.2} mm") } else { format!("{mm:.1} mm") }
}

/// What the fits rest on.
fn basis(leak: &EquivalentLeak) -> String {
    match &leak.basis {
        LeakBasis::Calibrated { state, hole_mm } => {
            format!("Leak calibrated with {state}, {}", millimetres(*hole_mm))
        }
        LeakBasis::FrontVolume { cm3 } => format!("Leak for a front volume of {cm3:.0} cm³"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sample;

    #[test]
    fn a_fitted_leak_is_a_broken_line_of_its_states_colour_up_to_1_khz() {
        let comparison = sample::leaks();
        let figure = leak(&comparison, &sample::caption("Leak")).unwrap();
        let [measured, model] = &figure.panel.series[..] else { panic!("two curves") };
        assert_eq!((measured.slot, model.slot), (2, 2));
        assert_eq!((measured.stroke, model.stroke), (Stroke::Solid, Stroke::Dashed));
        assert_eq!(model.label.as_deref(), Some("slit, 0.36 mm high"));
        assert!(measured.points.iter().all(|point| point.hz <= END_HZ));
        assert!((figure.frequency.to_hz() - END_HZ).abs() < f64::EPSILON);
        let footer = figure.footer.unwrap();
        assert!(footer.contains("Leak for a front volume of 35 cm³"), "{footer}");
    }

    #[test]
    fn without_a_fitted_leak_there_is_no_figure() {
        assert_eq!(leak(&sample::states(), &sample::caption("Leak")), None);
    }
}
