//! Figures made from results, one file for each.

mod curves;
mod differences;
mod impedance;
mod response;
mod source;
mod states;

pub use curves::{curve_differences, curves};
pub use differences::differences;
pub use impedance::impedance;
pub use response::response;
pub use source::source;
pub use states::{Seatings, states};

use std::borrow::Borrow;

use super::draw::SEPARATOR;
use super::{Band, BandPoint, Figure, FrequencyAxis, Panel, Point};
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
        let subtitle: Vec<&str> = [&self.rig, &self.sample, &self.date]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let notes: Vec<String> = notes.into_iter().chain(self.remarks.iter().cloned()).collect();
        Figure {
            title: self.title.clone(),
            subtitle: written(&subtitle),
            footer: written(&notes),
            simulated: self.simulated,
            frequency: FrequencyAxis::AUDIO,
            panel,
            below: None,
        }
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

/// What a band of [`expanded_band`] is.
const EXPANDED: &str = "Band: expanded uncertainty, k = 2";

/// The vertical axis's title of normalised levels.
fn level_title(normalisation: &Normalisation) -> String {
    match normalisation {
        Normalisation::At(frequency) => format!("Level re {}", spoken(*frequency)),
        Normalisation::Over(from, to) => {
            format!("Level re mean {} to {}", spoken(*from), spoken(*to))
        }
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
    fn a_caption_leaves_out_what_is_not_known() {
        let caption = Caption {
            title: "X".to_owned(),
            date: Some("2026-05-02".to_owned()),
            sample: Some("n = 5".to_owned()),
            ..Caption::default()
        };
        let figure = caption.on(Panel::new("Level", super::super::Scale::Level), None);
        assert_eq!(figure.subtitle.as_deref(), Some("n = 5 · 2026-05-02"));
        assert_eq!(figure.footer, None);
    }
}
