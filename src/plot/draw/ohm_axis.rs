//! Range, steps and unit of an axis of ohms, volts or amperes.

use super::axis::{Extent, Steps, Tick, Unit, ValueTicks, round_step};
use crate::plot::Spacing;

/// How the multiples of a unit are written: a million, a thousand, one, a thousandth.
pub(super) type Symbols = [&'static str; 4];

pub(super) const OHMS: Symbols = ["MΩ", "kΩ", "Ω", "mΩ"];
pub(super) const VOLTS: Symbols = ["MV", "kV", "V", "mV"];
pub(super) const AMPERES: Symbols = ["MA", "kA", "A", "mA"];

/// Magnitudes in a unit, from zero if the spacing is linear.
pub(super) fn magnitudes(
    symbols: Symbols,
    fixed: Option<(f64, f64)>,
    extent: Option<Extent>,
    spacing: Spacing,
) -> ValueTicks {
    const STEPS: f64 = 6.0;
    /// Least empty space above the highest value, in parts of it.
    const CLEARANCE: f64 = 0.03;
    let highest = extent.map_or(0.0, |data| data.high);
    let highest = if highest > 0.0 { highest } else { 1.0 };
    if spacing == Spacing::Logarithmic {
        let lowest = extent.map_or(0.0, |data| data.low);
        return logarithmic(symbols, fixed, lowest, highest);
    }
    let chosen = || {
        let top = highest * (1.0 + CLEARANCE);
        let step = round_step(top / STEPS);
        let low = extent.map_or(0.0, |data| data.low.min(0.0));
        Steps { low: (low / step).floor() * step, high: (top / step).ceil() * step, step }
    };
    let given = |(low, high)| Steps { low, high, step: round_step((high - low) / STEPS) };
    let steps = fixed.map_or_else(chosen, given);
    steps.to_ticks(&unit_up_to(symbols, steps.high))
}

fn logarithmic(
    symbols: Symbols,
    fixed: Option<(f64, f64)>,
    lowest: f64,
    highest: f64,
) -> ValueTicks {
    /// An axis over less than this ratio has too few ticks.
    const SMALLEST_RATIO: f64 = 5.0;
    const LARGEST_RATIO: f64 = 1e5;
    const CLEARANCE: f64 = 1.05;
    let (low, high) = fixed.filter(|(low, _)| *low > 0.0).unwrap_or_else(|| {
        let high = round_step(highest * CLEARANCE);
        let low = lowest.max(high / LARGEST_RATIO).min(high / SMALLEST_RATIO);
        (round_below(low / CLEARANCE), high)
    });
    let unit = unit_up_to(symbols, high);
    let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let grid = decades.flat_map(|decade| (1..10).map(move |digit| (digit, decade)));
    let crowded = high / low > 2e3;
    let (mut labelled, mut fine) = (Vec::new(), Vec::new());
    for (digit, decade) in grid {
        let value = f64::from(digit) * 10_f64.powi(decade);
        if !(low * (1.0 - 1e-9)..=high * (1.0 + 1e-9)).contains(&value) {
            continue;
        }
        if digit == 1 || (matches!(digit, 2 | 5) && !crowded) {
            let decimals = (-(value / unit.size).log10().floor()).clamp(0.0, 9.0) as usize;
            labelled.push(Tick { value, label: unit.written(value, decimals) });
        } else {
            fine.push(value);
        }
    }
    ValueTicks { low, high, spacing: Spacing::Logarithmic, labelled, fine, unit: unit.symbol }
}

/// The largest of 1, 2, 5 times a power of ten that is not above a number.
fn round_below(most: f64) -> f64 {
    let decade = 10_f64.powf(most.log10().floor());
    let digit = [5.0, 2.0].into_iter().find(|digit| digit * decade <= most);
    digit.unwrap_or(1.0) * decade
}

/// The multiple of the unit for an axis that ends at a value.
fn unit_up_to([mega, kilo, one, milli]: Symbols, high: f64) -> Unit {
    let (symbol, size) = match high {
        high if high >= 2e6 => (mega, 1e6),
        high if high >= 2e3 => (kilo, 1e3),
        high if high <= 0.5 => (milli, 1e-3),
        _ => (one, 1.0),
    };
    Unit { symbol, size, signed: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(low: f64, high: f64, spacing: Spacing) -> ValueTicks {
        let extent = Extent { low, high, mostly_above: low, mostly_below: high };
        magnitudes(OHMS, None, Some(extent), spacing)
    }

    fn labels(ticks: &ValueTicks) -> Vec<&str> {
        ticks.labelled.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn a_linear_axis_starts_at_zero() {
        let ticks = axis(31.0, 68.0, Spacing::Linear);
        assert_eq!(labels(&ticks), ["0", "20", "40", "60", "80"]);
    }

    #[test]
    fn an_axis_chooses_its_unit_once() {
        let kilo = axis(300.0, 2600.0, Spacing::Linear);
        assert_eq!((kilo.unit, labels(&kilo)[1]), ("kΩ", "0.5"));
        let milli = axis(0.02, 0.3, Spacing::Linear);
        assert_eq!((milli.unit, labels(&milli)[1]), ("mΩ", "100"));
    }

    #[test]
    fn a_logarithmic_axis_has_round_ends_and_steps() {
        let ticks = axis(0.08, 1.4, Spacing::Logarithmic);
        assert_eq!(labels(&ticks), ["0.05", "0.1", "0.2", "0.5", "1", "2"]);
    }

    #[test]
    fn a_logarithmic_axis_is_never_narrow() {
        let ticks = axis(32.0, 32.0, Spacing::Logarithmic);
        assert!(ticks.high / ticks.low >= 5.0);
    }
}
