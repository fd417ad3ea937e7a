//! What a headphone keeps out, and what it lets out.

use super::differences::{SIMULTANEOUS, TWO_ERRORS, simultaneous_band};
use super::{Caption, edges, expanded_band, points, smoothing_note};
use crate::model::{Isolation, Leakage, LevelDifference, Span};
use crate::plot::{Figure, FrequencyAxis, Panel, Point, ReferenceLine, Scale, Series, Stroke};
use crate::quantity::Smoothing;

/// How much each state keeps out, with its band; dotted where the noise leaves a lower bound.
#[must_use]
pub fn isolation(isolation: &Isolation, caption: &Caption) -> Figure {
    let states = isolation.states.iter();
    let differences = states.map(|state| (state.against.name.as_str(), state)).collect();
    let of = Differences { title: "Isolation", bound: "a lower bound", list: differences };
    of.drawn(caption, isolation.smoothing)
}

/// The level at a distance over that inside; dotted where the noise leaves an upper bound.
#[must_use]
pub fn leakage(leakage: &Leakage, caption: &Caption) -> Figure {
    let list = vec![("", &leakage.outside)];
    let of = Differences { title: "Outside over inside", bound: "an upper bound", list };
    of.drawn(caption, leakage.smoothing)
}

/// Named differences on one panel.
struct Differences<'a> {
    title: &'a str,
    /// What a difference is where it is faint.
    bound: &'a str,
    list: Vec<(&'a str, &'a LevelDifference)>,
}

impl Differences<'_> {
    fn drawn(&self, caption: &Caption, smoothing: Smoothing) -> Figure {
        let mut panel = Panel::new(self.title, Scale::Difference);
        let band = |slot: usize, of: &LevelDifference| simultaneous_band(slot, &of.difference);
        let simultaneous = self.list.iter().all(|(_, of)| band(0, of).is_some());
        for (slot, (name, of)) in self.list.iter().enumerate() {
            let (sure, faint) = parted(&points(of.curve()), &of.faint);
            let label = (!name.is_empty()).then(|| (*name).to_owned());
            // The line that is sure comes first, as its end carries the name.
            panel.series.push(Series { label, ..Series::named("", slot, sure) });
            if !of.faint.is_empty() {
                let (label, stroke) = (None, Stroke::Dotted);
                panel.series.push(Series { label, stroke, ..Series::named("", slot, faint) });
            }
            panel.bands.extend(if simultaneous {
                band(slot, of)
            } else {
                expanded_band(slot, of.curve())
            });
        }
        panel.axis.range = Some(range(&panel));
        let edges = edges(&panel);
        panel.series.extend(edges);
        panel.references.push(ReferenceLine { value: 0.0, label: None });
        let band = if simultaneous { SIMULTANEOUS } else { TWO_ERRORS };
        let band = (!panel.bands.is_empty()).then(|| band.to_owned());
        let any_faint = self.list.iter().any(|(_, of)| !of.faint.is_empty());
        let dotted = any_faint.then(|| format!("Dotted: {}, at the noise", self.bound));
        caption.on(panel, band.into_iter().chain(dotted).chain(smoothing_note(smoothing)))
    }
}

/// All of curves and bands in steps of five decibels, and zero where it is not far: what a headphone
/// keeps in or out may be far from it.
fn range(panel: &Panel) -> (f64, f64) {
    const STEP_DB: f64 = 5.0;
    /// From here on zero would waste half of the figure.
    const FAR_DB: f64 = 20.0;
    let audible = |hz: f64| FrequencyAxis::AUDIO.contains(hz);
    let curves = panel.series.iter().flat_map(|series| &series.points);
    let curves = curves.filter(|p| audible(p.hz)).map(|p| p.value);
    let bands = panel.bands.iter().flat_map(|band| &band.points);
    let bands = bands.filter(|p| audible(p.hz)).flat_map(|p| [p.lower, p.upper]);
    let (low, high) = (curves.chain(bands).filter(|db| db.is_finite()))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), db| (low.min(db), high.max(db)));
    if low > high {
        return (0.0, FAR_DB);
    }
    let low = if low < FAR_DB { low.min(0.0) } else { low };
    let high = if high > -FAR_DB { high.max(0.0) } else { high };
    ((low / STEP_DB).floor() * STEP_DB, (high / STEP_DB).ceil() * STEP_DB)
}

/// The points outside of some ranges and those inside, each with gaps where the others are.
fn parted(points: &[Point], faint: &[Span]) -> (Vec<Point>, Vec<Point>) {
    let is_faint = |hz: f64| faint.iter().any(|span| (span.from_hz..=span.to_hz).contains(&hz));
    let kept = |wanted: bool| {
        let point = |p: &Point| {
            let value = if is_faint(p.hz) == wanted { p.value } else { f64::NAN };
            Point { value, ..*p }
        };
        points.iter().map(point).collect::<Vec<_>>()
    };
    (kept(false), kept(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Curve;
    use crate::plot::sample;

    #[test]
    fn a_state_has_its_name_and_is_dotted_where_it_is_a_bound() {
        let figure = isolation(&sample::isolation(), &sample::caption("Isolation"));
        let labels: Vec<_> = figure.panel.series.iter().filter_map(|s| s.label.clone()).collect();
        assert_eq!(labels, ["passive", "anc"]);
        let dotted: Vec<_> =
            figure.panel.series.iter().filter(|s| s.stroke == Stroke::Dotted).collect();
        let [dotted] = &dotted[..] else { panic!("one state is faint") };
        assert!(dotted.points.iter().all(|p| p.value.is_finite() == (p.hz >= 8e3)));
        assert!(figure.footer.unwrap().contains("Dotted: a lower bound, at the noise"));
    }

    #[test]
    fn leakage_is_one_curve() {
        let isolation = sample::isolation();
        let outside = isolation.states[0].clone();
        let of = Leakage { outside, distance: None, smoothing: isolation.smoothing };
        let figure = leakage(&of, &sample::caption("Leakage"));
        assert_eq!(figure.panel.axis.title, "Outside over inside");
        assert!(figure.panel.series[0].label.is_none());
    }

    #[test]
    fn the_axis_holds_what_lies_far_from_zero() {
        let drawn = |db: f64| {
            let mut isolation = sample::isolation();
            let curve = &mut isolation.states[0].difference.curve;
            *curve = Curve::from_fn(curve.grid().clone(), |hz| db + (hz / 1e3).log10()).unwrap();
            let outside = isolation.states.remove(0);
            let of = Leakage { outside, distance: None, smoothing: isolation.smoothing };
            leakage(&of, &sample::caption("Leakage")).panel.axis.range
        };
        assert_eq!(drawn(-45.0), Some((-50.0, -40.0)));
        assert_eq!(drawn(-15.0), Some((-20.0, 0.0)));
        assert_eq!(drawn(62.0), Some((60.0, 65.0)));
    }
}
