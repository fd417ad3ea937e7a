//! Range, steps and unit of a vertical axis.

use super::ohm_axis::{AMPERES, OHMS, VOLTS, magnitudes};
use crate::plot::{FrequencyAxis, Panel, Scale, Spacing};

/// A labelled position on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    pub(crate) label: String,
}

/// A vertical axis, settled.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ValueTicks {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) spacing: Spacing,
    pub(crate) labelled: Vec<Tick>,
    /// Values of the other grid lines.
    pub(crate) fine: Vec<f64>,
    pub(crate) unit: &'static str,
}

/// What the data take up of an axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub(super) low: f64,
    pub(super) high: f64,
    /// All but one value in fifty lie above.
    pub(super) mostly_above: f64,
    /// All but one value in fifty lie below.
    pub(super) mostly_below: f64,
}

/// The largest value that an axis is made for; beyond is nothing that can be measured.
const LARGEST: f64 = 1e9;

/// An axis with equal steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Steps {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) step: f64,
}

impl ValueTicks {
    /// The axis that suits a panel's data between the ends of the frequency axis.
    pub(crate) fn of(panel: &Panel, frequency: FrequencyAxis) -> Self {
        let extent = Extent::of(panel, frequency);
        let fixed = panel.axis.range.filter(|(a, b)| a.abs().max(b.abs()) <= LARGEST && a < b);
        match panel.axis.scale {
            Scale::Level => linear(fixed, || level(extent), decibel_step, "dB", false),
            Scale::Difference => linear(fixed, || difference(extent), decibel_step, "dB", true),
            Scale::Phase => linear(fixed, || phase(extent), degree_step, "°", false),
            Scale::Ohm(spacing) => magnitudes(OHMS, fixed, extent, spacing),
            Scale::Volt(spacing) => magnitudes(VOLTS, fixed, extent, spacing),
            Scale::Ampere(spacing) => magnitudes(AMPERES, fixed, extent, spacing),
            Scale::Percent => linear(fixed, || around_zero(extent), even_step, "%", true),
            Scale::Angle => linear(fixed, || around_zero(extent), even_step, "°", true),
        }
    }
}

impl Extent {
    /// What the curves take up, and the bands as far as they do not dwarf the curves.
    fn of(panel: &Panel, frequency: FrequencyAxis) -> Option<Self> {
        let on_axis = |hz: f64, value: f64| frequency.contains(hz) && value.abs() <= LARGEST;
        let mut values: Vec<f64> = (panel.series.iter())
            .flat_map(|series| &series.points)
            .filter(|point| on_axis(point.hz, point.value))
            .map(|point| point.value)
            .collect();
        let fiftieth = values.len().checked_sub(1)? / 50;
        let mostly_above = *values.select_nth_unstable_by(fiftieth, f64::total_cmp).1;
        let above = values.len() - 1 - fiftieth;
        let mostly_below = *values.select_nth_unstable_by(above, f64::total_cmp).1;
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let reach = (high - low) / 2.0;
        let bands = (panel.bands.iter().flat_map(|band| &band.points))
            .filter(|point| on_axis(point.hz, point.lower) && point.upper.abs() <= LARGEST);
        let (low, high) = bands.fold((low, high), |(l, h), point| {
            (l.min(point.lower.max(low - reach)), h.max(point.upper.min(high + reach)))
        });
        Some(Self { low, high, mostly_above, mostly_below })
    }
}

/// Levels: whole steps of 5 dB, at least 30 dB so that ripples look like ripples; a deep notch
/// may leave the axis, so that it does not flatten the rest.
fn level(extent: Option<Extent>) -> Steps {
    const STEP: f64 = 5.0;
    const SMALLEST_SPAN: f64 = 30.0;
    /// Below this far under the highest value, an axis shows only what is more than a notch.
    const USEFUL_SPAN: f64 = 40.0;
    const LARGEST_SPAN: f64 = 60.0;
    /// Least distance of a curve to the frame.
    const CLEARANCE: f64 = 1.0;
    let Some(data) = extent else { return Steps { low: -20.0, high: 10.0, step: STEP } };
    let low = data.low.max(data.mostly_above.min(data.high - USEFUL_SPAN));
    let low = low.max(data.high - LARGEST_SPAN);
    let (low, high) = ((low - CLEARANCE) / STEP, (data.high + CLEARANCE) / STEP);
    let (low, high) = (low.floor() * STEP, high.ceil() * STEP);
    let missing = ((SMALLEST_SPAN - (high - low)) / STEP).max(0.0);
    let (low, high) = (low - (missing / 2.0).ceil() * STEP, high + (missing / 2.0).floor() * STEP);
    Steps { low, high, step: decibel_step(high - low) }
}

/// Differences: zero is always seen, 3 dB at least.
fn difference(extent: Option<Extent>) -> Steps {
    const SMALLEST: f64 = 1.5;
    /// Beyond this, an axis shows only what is more than a notch or a spike.
    const USEFUL: f64 = 20.0;
    const FURTHEST: f64 = 30.0;
    let Some(data) = extent else { return Steps { low: -SMALLEST, high: SMALLEST, step: 0.5 } };
    let low = data.low.max(data.mostly_above.min(-USEFUL)).clamp(-FURTHEST, 0.0);
    let high = data.high.min(data.mostly_below.max(USEFUL)).clamp(0.0, FURTHEST);
    let missing = (2.0 * SMALLEST - (high - low)).max(0.0) / 2.0;
    let step = decibel_step(high - low + 2.0 * missing);
    let clearance = step / 5.0;
    Steps {
        low: ((low - missing - clearance) / step).floor() * step,
        high: ((high + missing + clearance) / step).ceil() * step,
        step,
    }
}

/// Percent and angles: zero is always seen, one unit to each side at least; a spike may leave the
/// axis.
fn around_zero(extent: Option<Extent>) -> Steps {
    const SMALLEST: f64 = 1.0;
    /// Beyond this, an axis shows only what is more than a spike.
    const USEFUL: f64 = 100.0;
    /// Least distance of a curve to the frame, in steps.
    const CLEARANCE: f64 = 0.2;
    let (low, high) = extent.map_or((0.0, 0.0), |data| {
        let low = data.low.max(data.mostly_above.min(-USEFUL));
        (low, data.high.min(data.mostly_below.max(USEFUL)))
    });
    let (low, high) = (low.min(0.0), high.max(0.0));
    let missing = (2.0 * SMALLEST - (high - low)).max(0.0) / 2.0;
    let step = even_step(high - low + 2.0 * missing);
    Steps {
        low: ((low - missing) / step - CLEARANCE).floor() * step,
        high: ((high + missing) / step + CLEARANCE).ceil() * step,
        step,
    }
}

/// The step of an axis that has some seven of them.
fn even_step(span: f64) -> f64 {
    const STEPS: f64 = 7.0;
    round_step(span / STEPS)
}

/// The step of a decibel axis with a span.
fn decibel_step(span: f64) -> f64 {
    match span {
        span if span <= 0.3 => round_step(span / 6.0),
        span if span <= 0.7 => 0.1,
        span if span <= 4.0 => 0.5,
        span if span <= 14.0 => 1.0,
        span if span <= 24.0 => 2.0,
        span if span <= 60.0 => 5.0,
        span => round_step(span / 8.0),
    }
}

/// Degrees: symmetric about zero, to 45°, 90° or 180°, and further only for unwrapped phase.
fn phase(extent: Option<Extent>) -> Steps {
    let reach = extent.map_or(0.0, |data| data.low.abs().max(data.high.abs()));
    let high = [45.0, 90.0, 180.0]
        .into_iter()
        .find(|&end| reach <= end)
        .unwrap_or_else(|| (reach / 360.0).ceil() * 360.0);
    Steps { low: -high, high, step: degree_step(2.0 * high) }
}

fn degree_step(span: f64) -> f64 {
    match span {
        span if span <= 90.0 => 15.0,
        span if span <= 180.0 => 30.0,
        span if span <= 360.0 => 90.0,
        span => (span / 8.0 / 180.0).ceil() * 180.0,
    }
}

/// The next of 1, 2, 5 times a power of ten that is not smaller than a number.
pub(super) fn round_step(least: f64) -> f64 {
    let decade = 10_f64.powf(least.log10().floor());
    let digit = [1.0, 2.0, 5.0].into_iter().find(|digit| digit * decade >= least);
    digit.unwrap_or(10.0) * decade
}

/// An axis with equal steps, of a range that was given or else chosen.
fn linear(
    fixed: Option<(f64, f64)>,
    chosen: impl Fn() -> Steps,
    step: impl Fn(f64) -> f64,
    unit: &'static str,
    signed: bool,
) -> ValueTicks {
    let steps =
        fixed.map_or_else(chosen, |(low, high)| Steps { low, high, step: step(high - low) });
    steps.to_ticks(&Unit { symbol: unit, size: 1.0, signed })
}

/// The unit of a whole axis.
pub(super) struct Unit {
    pub(super) symbol: &'static str,
    /// The unit in the unit of the data.
    pub(super) size: f64,
    /// Whether values above zero have a sign as well.
    pub(super) signed: bool,
}

impl Unit {
    pub(super) fn written(&self, value: f64, decimals: usize) -> String {
        let number = format!("{:.decimals$}", (value / self.size).abs());
        let sign = match value {
            _ if number.bytes().all(|byte| matches!(byte, b'0' | b'.')) => "",
            value if value < 0.0 => "−",
            _ if self.signed => "+",
            _ => "",
        };
        format!("{sign}{number}")
    }
}

impl Steps {
    pub(super) fn to_ticks(self, unit: &Unit) -> ValueTicks {
        /// No axis that is chosen here has more; a range that is given might.
        const MOST: usize = 100;
        let decimals = (-(self.step / unit.size).log10().floor()).clamp(0.0, 9.0) as usize;
        let first = (self.low / self.step).ceil();
        let count = ((self.high / self.step).floor() - first).max(-1.0) as usize + 1;
        let labelled = (0..count.min(MOST))
            .map(|i| (first + i as f64) * self.step)
            .map(|value| Tick { value, label: unit.written(value, decimals) })
            .collect();
        ValueTicks {
            low: self.low,
            high: self.high,
            spacing: Spacing::Linear,
            labelled,
            fine: Vec::new(),
            unit: unit.symbol,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Band, BandPoint, Point, Series};

    fn panel(scale: Scale, values: &[f64]) -> Panel {
        let point = |(i, &value)| Point { hz: 100.0 + i as f64, value };
        let points = values.iter().enumerate().map(point).collect();
        let mut panel = Panel::new("Level", scale);
        panel.series.push(Series::named("a", 0, points));
        panel
    }

    fn range(scale: Scale, values: &[f64]) -> (f64, f64) {
        let ticks = ValueTicks::of(&panel(scale, values), FrequencyAxis::AUDIO);
        (ticks.low, ticks.high)
    }

    fn labels(scale: Scale, values: &[f64]) -> Vec<String> {
        let ticks = ValueTicks::of(&panel(scale, values), FrequencyAxis::AUDIO);
        ticks.labelled.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn levels_have_whole_steps_of_five_decibels_and_are_not_stretched() {
        assert_eq!(range(Scale::Level, &[-18.0, 3.0]), (-25.0, 5.0));
        assert_eq!(range(Scale::Level, &[-31.0, 3.0]), (-35.0, 5.0));
        assert_eq!(range(Scale::Level, &[0.0, 0.0]), (-15.0, 15.0));
        assert_eq!(range(Scale::Level, &[94.2]), (80.0, 110.0));
    }

    #[test]
    fn one_deep_notch_does_not_flatten_the_picture() {
        let mut values = vec![0.0; 100];
        values[50] = -90.0;
        assert_eq!(range(Scale::Level, &values), (-45.0, 5.0));
    }

    #[test]
    fn a_broad_roll_off_is_shown_to_sixty_decibels() {
        let values: Vec<f64> = (0..100).map(|i| -f64::from(i)).collect();
        assert_eq!(range(Scale::Level, &values), (-65.0, 5.0));
    }

    #[test]
    fn small_differences_have_a_grid_of_one_decibel_around_zero() {
        assert_eq!(
            labels(Scale::Difference, &[-4.1, 2.2]),
            ["−5", "−4", "−3", "−2", "−1", "0", "+1", "+2", "+3"]
        );
        assert_eq!(range(Scale::Difference, &[0.0]), (-2.0, 2.0));
        assert_eq!(range(Scale::Difference, &[-25.0, -24.0]), (-30.0, 5.0));
    }

    #[test]
    fn a_range_of_hundredths_of_a_decibel_has_steps_of_its_own() {
        let mut panel = panel(Scale::Difference, &[0.01]);
        panel.axis.range = Some((-0.05, 0.05));
        let ticks = ValueTicks::of(&panel, FrequencyAxis::AUDIO);
        let labels: Vec<String> = ticks.labelled.into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels, ["−0.04", "−0.02", "0.00", "+0.02", "+0.04"]);
    }

    #[test]
    fn differences_in_percent_lie_around_zero_and_are_never_stretched_far() {
        assert_eq!(range(Scale::Percent, &[0.1]), (-1.5, 1.5));
        assert_eq!(
            labels(Scale::Percent, &[-2.0, 11.0]),
            ["−4", "−2", "0", "+2", "+4", "+6", "+8", "+10", "+12"]
        );
        let mut spike = vec![0.0; 100];
        spike[50] = 5000.0;
        assert!(range(Scale::Percent, &spike).1 < 150.0);
    }

    #[test]
    fn a_phase_axis_ends_where_angles_do() {
        assert_eq!(range(Scale::Phase, &[-20.0, 40.0]), (-45.0, 45.0));
        assert_eq!(range(Scale::Phase, &[-120.0]), (-180.0, 180.0));
        assert_eq!(labels(Scale::Phase, &[50.0]).first().map(String::as_str), Some("−90"));
    }

    #[test]
    fn a_band_without_bounds_does_not_dwarf_its_curve() {
        let mut panel = panel(Scale::Level, &[-20.0, 0.0]);
        let points = vec![BandPoint { hz: 100.0, lower: -400.0, upper: 400.0 }];
        panel.bands.push(Band { slot: 0, points });
        let ticks = ValueTicks::of(&panel, FrequencyAxis::AUDIO);
        assert_eq!((ticks.low, ticks.high), (-35.0, 15.0));
    }

    #[test]
    fn a_range_that_was_given_is_kept() {
        let mut panel = panel(Scale::Level, &[-3.0]);
        panel.axis.range = Some((60.0, 110.0));
        let ticks = ValueTicks::of(&panel, FrequencyAxis::AUDIO);
        assert_eq!((ticks.low, ticks.high, ticks.labelled.len()), (60.0, 110.0, 11));
    }

    #[test]
    fn data_outside_the_frequency_axis_have_no_say() {
        let mut panel = panel(Scale::Level, &[0.0]);
        panel.series[0].points.push(Point { hz: 30e3, value: -50.0 });
        let ticks = ValueTicks::of(&panel, FrequencyAxis::AUDIO);
        assert_eq!((ticks.low, ticks.high), (-15.0, 15.0));
    }

    #[test]
    fn no_data_make_an_axis_all_the_same() {
        for scale in [
            Scale::Level,
            Scale::Difference,
            Scale::Phase,
            Scale::Ohm(Spacing::Linear),
            Scale::Ohm(Spacing::Logarithmic),
            Scale::Percent,
            Scale::Angle,
        ] {
            let (low, high) = range(scale, &[]);
            assert!(low < high, "{scale:?}");
            let (low, high) = range(scale, &[0.0]);
            assert!(low < high, "{scale:?}");
        }
    }
}
