//! Figures made from results, one file for each.

mod cable;
mod channels;
mod crosstalk;
mod curves;
mod differences;
mod drive;
mod impedance;
mod isolation;
mod leak;
mod matrix;
mod model;
mod placements;
mod repeatability;
mod response;
mod seal;
mod seatings;
mod source;
mod states;
mod verification;
mod wear;

pub use cable::cable;
pub use channels::{channel_levels, channels};
pub use crosstalk::crosstalk;
pub use curves::{curve_differences, curves};
pub use differences::differences;
pub use drive::drive;
pub use impedance::impedance;
pub use isolation::{isolation, leakage};
pub use leak::leak;
pub use matrix::matrix;
pub use model::model;
pub use placements::placements;
pub use repeatability::repeatability;
pub use response::response;
pub use seal::seal;
pub use seatings::seatings;
pub use source::source;
pub use states::{Seatings, states};
pub use verification::verification;
pub use wear::{wear, wear_curves};

use std::borrow::Borrow;

use super::draw::SEPARATOR;
use super::{Band, BandPoint, Figure, FrequencyAxis, Panel, Point, Scale, Series, Spacing, Stroke};
use crate::model::{Curve, Normalisation};
use crate::quantity::unit::Unit;
use crate::quantity::{Frequency, Smoothing};

/// What stands above and below a figure, apart from what its data say themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caption {
    /// The headphone, and what was asked of it.
    pub title: String,
    /// What it was measured with.
    pub rig: Option<String>,
    /// How many seatings, sweeps, units; for instance `n = 5 seatings`.
    pub sample: Option<String>,
    /// When.
    pub date: Option<String>,
    /// Whether the data were computed rather than measured.
    pub simulated: bool,
    /// What else a reader must know, for instance that a refused take was accepted.
    pub remarks: Vec<String>,
}

impl Caption {
    /// A figure with this caption, and notes about its data in the small print.
    fn on(&self, panel: Panel, notes: impl IntoIterator<Item = String>) -> Figure {
        Figure {
            title: self.title.clone(),
            subtitle: self.subtitle(),
            footer: self.footer(notes),
            simulated: self.simulated,
            frequency: FrequencyAxis::AUDIO,
            panel,
            below: None,
        }
    }

    fn subtitle(&self) -> Option<String> {
        let known = [&self.rig, &self.sample, &self.date].into_iter().flatten();
        written(&known.map(String::as_str).collect::<Vec<_>>())
    }

    fn footer(&self, notes: impl IntoIterator<Item = String>) -> Option<String> {
        written(&notes.into_iter().chain(self.remarks.iter().cloned()).collect::<Vec<_>>())
    }
}

/// The parts in one line; nothing if there is none.
fn written<S: Borrow<str>>(parts: &[S]) -> Option<String> {
    (!parts.is_empty()).then(|| parts.join(SEPARATOR))
}

/// The points of a curve.
fn points<U: Unit>(curve: &Curve<U>) -> Vec<Point> {
    curve.points().map(|(hz, value)| Point { hz, value }).collect()
}

/// The band between `centre` − `half` and `centre` + `half` at each point.
fn band_around<U: Unit>(
    slot: usize,
    centre: &Curve<U>,
    half: impl IntoIterator<Item = f64>,
) -> Band {
    let points = (centre.points().zip(half))
        .map(|((hz, value), half)| BandPoint { hz, lower: value - half, upper: value + half })
        .collect();
    Band { slot, points }
}

/// The expanded uncertainty band (k = 2) of a curve that knows its uncertainty.
fn expanded_band<U: Unit>(slot: usize, curve: &Curve<U>) -> Option<Band> {
    /// Coverage factor: about 95 %.
    const K: f64 = 2.0;
    curve.u().map(|u| band_around(slot, curve, u.iter().map(|u| K * u)))
}

/// Thin lines along the edges of bands, so that bands that overlap can be told apart; none for a
/// lone band, and none for one that is hardly anywhere wider than its curve.
fn edges(panel: &Panel) -> Vec<Series> {
    /// Least width of a band with edges, in parts of what the curves of the panel take up.
    const LEAST_WIDTH: f64 = 0.04;
    /// A band is as wide over one point in so many at least.
    const ONE_IN: usize = 10;
    if panel.bands.len() < 2 {
        return Vec::new();
    }
    let place = |value: f64| match panel.axis.scale {
        Scale::Ohm(Spacing::Logarithmic)
        | Scale::Volt(Spacing::Logarithmic)
        | Scale::Ampere(Spacing::Logarithmic) => value.ln(),
        _ => value,
    };
    let audible = |hz: f64| FrequencyAxis::AUDIO.contains(hz);
    let points = panel.series.iter().flat_map(|series| &series.points);
    let places = points.filter(|point| audible(point.hz)).map(|point| place(point.value));
    let (low, high) = places
        .filter(|place| place.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| (low.min(p), high.max(p)));
    let is_wide = |band: &&Band| {
        let wide = |p: &&BandPoint| place(p.upper) - place(p.lower) > LEAST_WIDTH * (high - low);
        band.points.iter().filter(wide).count() * ONE_IN >= band.points.len()
    };
    let edge = |band: &Band, of: fn(&BandPoint) -> f64| {
        let points = band.points.iter().map(|p| Point { hz: p.hz, value: of(p) });
        Series::thin(band.slot, points.collect())
    };
    let wide = panel.bands.iter().filter(is_wide);
    wide.flat_map(|band| [edge(band, |p| p.lower), edge(band, |p| p.upper)]).collect()
}

/// The axis of differences that may be hundredths of a decibel and would be a line on that of
/// others: as wide as curves and bands ask for, the same to both sides.
fn close_range(panel: &Panel) -> (f64, f64) {
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

/// A curve that is one of `count`. Of two the second is broken, so that the first shows through
/// where they agree.
fn one_of(count: usize, name: &str, slot: usize, points: Vec<Point>) -> Series {
    let series = Series::named(name, slot, points);
    let stroke = if count == 2 && slot == 1 { Stroke::Dashed } else { series.stroke };
    Series { stroke, ..series }
}

/// What a band of [`expanded_band`] is.
const EXPANDED: &str = "Band: expanded uncertainty, k = 2";

/// The vertical axis's title of normalised levels.
fn level_title(normalisation: &Normalisation) -> String {
    match normalisation {
        Normalisation::At(frequency) => format!("Level re {}", spoken(*frequency)),
        Normalisation::Over(from, to) => {
            format!("Level re mean {} to {}", spoken(*from), spoken(*to))
        }
        Normalisation::Broadband => "Level re mean power".to_owned(),
        Normalisation::None => "Level".to_owned(),
    }
}

/// What was done to the curves.
fn smoothing_note(smoothing: Smoothing) -> Option<String> {
    (smoothing != Smoothing::None).then(|| format!("Smoothed, {smoothing}"))
}

/// A frequency in hertz or kilohertz.
fn spoken(frequency: Frequency) -> String {
    spoken_hz(frequency.hz())
}

/// A frequency with two or three significant digits: 85 Hz, 1.25 kHz.
fn spoken_hz(hz: f64) -> String {
    let (value, unit) = if hz >= 1e3 { (hz / 1e3, "kHz") } else { (hz, "Hz") };
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0 && unit == "kHz") };
    let number = format!("{value:.decimals$}");
    let number = if decimals > 0 {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number.as_str()
    };
    format!("{number} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frequency_is_written_as_people_say_it() {
        assert_eq!(spoken_hz(85.3), "85 Hz");
        assert_eq!(spoken_hz(1000.0), "1 kHz");
        assert_eq!(spoken_hz(3_250.0), "3.25 kHz");
        assert_eq!(spoken_hz(12_500.0), "12.5 kHz");
        assert_eq!(spoken_hz(200.0), "200 Hz");
    }

    #[test]
    fn bands_that_may_overlap_have_edges_if_they_are_wide() {
        let band = |slot: usize, half: f64| {
            let at = |hz: f64, half: f64| BandPoint { hz, lower: 50.0 - half, upper: 50.0 + half };
            Band { slot, points: vec![at(100.0, half), at(1000.0, 0.1)] }
        };
        let mut panel = Panel::new("Impedance", Scale::Ohm(Spacing::Linear));
        let point = |value: f64| Point { hz: 100.0, value };
        panel.series.push(Series::named("a", 0, vec![point(20.0), point(70.0)]));
        panel.bands.push(band(0, 5.0));
        assert!(edges(&panel).is_empty());
        panel.bands.extend([band(1, 8.0), band(2, 0.5)]);
        let edges = edges(&panel);
        let slots: Vec<usize> = edges.iter().map(|edge| edge.slot).collect();
        assert_eq!(slots, [0, 0, 1, 1]);
        assert!((edges[3].points[0].value - 58.0).abs() < 1e-12);
    }

    #[test]
    fn a_caption_leaves_out_what_is_not_known() {
        let caption = Caption {
            title: "X".to_owned(),
            date: Some("2026-05-02".to_owned()),
            sample: Some("n = 5".to_owned()),
            ..Caption::default()
        };
        let figure = caption.on(Panel::new("Level", Scale::Level), None);
        assert_eq!(figure.subtitle.as_deref(), Some("n = 5 · 2026-05-02"));
        assert_eq!(figure.footer, None);
    }
}
