//! Ticks of the frequency axis.

use super::axis::Tick;
use super::lettering::Font;
use crate::plot::FrequencyAxis;

/// Which multiples of a power of ten are labelled, from many to few.
const LABELLED: [&[u8]; 3] = [&[1, 2, 5], &[1, 5], &[1]];

/// All multiples of a power of ten, for an axis too short for the others.
const EVERY: &[u8] = &[1, 2, 3, 4, 5, 6, 7, 8, 9];

/// The lines and labels of a frequency axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FrequencyTicks {
    pub(crate) labelled: Vec<Tick>,
    /// Frequencies of the other grid lines.
    pub(crate) fine: Vec<f64>,
}

impl FrequencyTicks {
    /// Ticks for an axis of a length in pixels, with at least `spacing` pixels between labels.
    pub(crate) fn new(axis: FrequencyAxis, length: f64, font: Font, spacing: f64) -> Self {
        let row = Row { axis, length, font };
        let all = multiples(axis, EVERY);
        let short = multiples(axis, LABELLED[0]).len() < 3;
        let candidates = if short { EVERY } else { LABELLED[0] };
        let labelled = std::iter::once(candidates)
            .chain(LABELLED)
            .map(|digits| multiples(axis, digits))
            .find(|ticks| row.least_gap(ticks) >= spacing)
            .unwrap_or_default();
        let labelled = row.with_ends(labelled, &all);
        let fine = all.into_iter().filter(|hz| !holds(&labelled, *hz)).collect();
        let labelled =
            labelled.into_iter().map(|hz| Tick { value: hz, label: written(hz) }).collect();
        Self { labelled, fine }
    }
}

/// Labels side by side below an axis.
struct Row {
    axis: FrequencyAxis,
    length: f64,
    font: Font,
}

impl Row {
    /// The smallest space between two neighbours, in pixels.
    fn least_gap(&self, ticks: &[f64]) -> f64 {
        let per_ratio = self.length / (self.axis.to_hz() / self.axis.from_hz()).ln();
        let gap = |pair: &[f64]| {
            let widths = self.font.width(&written(pair[0])) + self.font.width(&written(pair[1]));
            per_ratio * (pair[1] / pair[0]).ln() - widths / 2.0
        };
        ticks.windows(2).map(gap).fold(f64::INFINITY, f64::min)
    }

    /// The ticks with the axis's ends, where these are round numbers and have room, or there is
    /// nothing else.
    fn with_ends(&self, mut ticks: Vec<f64>, round: &[f64]) -> Vec<f64> {
        /// What says where an axis ends may stand nearer than others, in font sizes.
        const NEARER_EM: f64 = 0.5;
        let ends = [self.axis.from_hz(), self.axis.to_hz()];
        if ticks.is_empty() {
            return ends.to_vec();
        }
        for end in ends {
            let mut more = ticks.clone();
            more.push(end);
            more.sort_by(f64::total_cmp);
            let roomy = self.least_gap(&more) >= NEARER_EM * self.font.size;
            if roomy && holds(round, end) && !holds(&ticks, end) {
                ticks = more;
            }
        }
        ticks
    }
}

/// How a frequency is written at a tick: 50, 200, 1k, 12.5k.
fn written(hz: f64) -> String {
    if hz >= 1e6 {
        format!("{}M", rounded(hz / 1e6))
    } else if hz >= 1e3 {
        format!("{}k", rounded(hz / 1e3))
    } else {
        rounded(hz).to_string()
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// The multiples of powers of ten on an axis whose first digit is one of the given.
fn multiples(axis: FrequencyAxis, digits: &[u8]) -> Vec<f64> {
    let decades = axis.from_hz().log10().floor() as i32..=axis.to_hz().log10().ceil() as i32;
    decades
        .flat_map(|decade| digits.iter().map(move |&d| f64::from(d) * 10_f64.powi(decade)))
        .filter(|&hz| axis.contains(hz))
        .collect()
}

fn holds(ticks: &[f64], hz: f64) -> bool {
    /// Powers of ten are not exact.
    const ROUNDING: f64 = 1e-9;
    ticks.iter().any(|tick| (tick / hz - 1.0).abs() < ROUNDING)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Frequency;

    const FONT: Font = Font::regular(14.0);

    fn labels(axis: FrequencyAxis, length: f64, spacing: f64) -> Vec<String> {
        let ticks = FrequencyTicks::new(axis, length, FONT, spacing);
        ticks.labelled.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn a_wide_axis_has_the_ticks_that_audio_uses() {
        let expected = ["20", "50", "100", "200", "500", "1k", "2k", "5k", "10k", "20k"];
        assert_eq!(labels(FrequencyAxis::AUDIO, 900.0, 10.0), expected);
    }

    #[test]
    fn a_narrow_axis_keeps_the_decades_and_its_ends() {
        assert_eq!(labels(FrequencyAxis::AUDIO, 320.0, 14.0), ["20", "100", "1k", "10k", "20k"]);
    }

    #[test]
    fn every_multiple_of_a_power_of_ten_has_a_grid_line() {
        let ticks = FrequencyTicks::new(FrequencyAxis::AUDIO, 900.0, FONT, 10.0);
        assert_eq!(ticks.labelled.len() + ticks.fine.len(), 28);
    }

    #[test]
    fn an_axis_of_less_than_a_decade_has_ticks_too() {
        let hz = |value| Frequency::new(value).unwrap();
        let axis = FrequencyAxis::new(hz(100.0), hz(400.0)).unwrap();
        assert_eq!(labels(axis, 900.0, 10.0), ["100", "200", "300", "400"]);
        let odd = FrequencyAxis::new(hz(1234.0), hz(1500.0)).unwrap();
        assert_eq!(labels(odd, 900.0, 10.0), ["1.234k", "1.5k"]);
    }
}
