//! The figures of what a headphone needs and an amplifier offers as tables.

use super::digits::{ABSENT, fixed, hertz, signed, significant};
use super::table::{Column, Table};
use crate::model::{Curve, Drive, Reach};
use crate::quantity::unit::Unit;

/// Decimals of levels: a sensitivity is not known better.
const DB_DECIMALS: usize = 1;

/// What the level takes at the frequency of the sensitivity, and at most.
#[must_use]
pub fn need(drive: &Drive) -> Table {
    let need = &drive.need;
    let columns = [
        Column::text("Needed"),
        Column::number("Voltage", "V"),
        Column::number("At", "Hz"),
        Column::number("Current", "mA"),
        Column::number("At", "Hz"),
        Column::number("Power", "mW"),
        Column::number("At", "Hz"),
    ];
    let (at, none) = (need.at_sensitivity, || ABSENT.to_owned());
    let stated = [
        format!("at {}", hertz(drive.sensitivity.stated.at().hz())),
        digits(at.voltage_v),
        none(),
        digits(at.current_ma),
        none(),
        digits(at.power_mw),
        none(),
    ];
    let most = [
        "at most".to_owned(),
        digits(need.most_voltage.value),
        place(&need.voltage, need.most_voltage.hz),
        digits(need.most_current.value),
        place(&need.current, need.most_current.hz),
        digits(need.most_power.value),
        place(&need.power, need.most_power.hz),
    ];
    let notes = vec![
        "Effective values at the headphone. At most: where the impedance or the response asks for \
         most; there the power is the real one, without what only goes back and forth."
            .to_owned(),
    ];
    Table::new("What the level takes", columns, vec![stated, most]).with_notes(notes)
}

/// One row per output of the amplifier; none without one.
#[must_use]
pub fn reach(drive: &Drive) -> Option<Table> {
    let amplifier = drive.amplifier?;
    let at = hertz(drive.sensitivity.stated.at().hz());
    let columns = [
        Column::text("Output"),
        Column::number("Unloaded", "V"),
        Column::number("Source", "Ω"),
        Column::number(format!("At {at}"), "dB SPL"),
        Column::text("Bound by"),
        Column::number("Lowest", "dB SPL"),
        Column::number("At", "Hz"),
        Column::text("Bound by"),
        Column::number("Margin", "dB"),
    ];
    let row = |reach: &Reach| {
        let unloaded = amplifier.unloaded_v(reach.wiring);
        let (at, worst) = (reach.at_sensitivity, reach.worst);
        [
            reach.wiring.name().to_owned(),
            if unloaded.is_finite() { digits(unloaded) } else { ABSENT.to_owned() },
            significant(amplifier.source_ohm(reach.wiring), 2),
            fixed(at.level_db, DB_DECIMALS),
            at.bound.name().to_owned(),
            fixed(worst.level_db, DB_DECIMALS),
            place(&reach.level, worst.hz),
            worst.bound.name().to_owned(),
            signed(worst.margin_db, DB_DECIMALS),
        ]
    };
    let notes = vec![format!(
        "At {at}: the highest level there. Lowest: where the highest level is lowest between 20 Hz \
         and 20 kHz. Margin: how far that lies above {} dB SPL.",
        fixed(drive.target.reached().db(), DB_DECIMALS)
    )];
    let rows = drive.reach.iter().map(row).collect();
    Some(Table::new("What the amplifier reaches", columns, rows).with_notes(notes))
}

/// A voltage, current or power in three digits, to the microvolt: in-ear headphones at what people
/// listen to take less than a millivolt.
fn digits(value: f64) -> String {
    const DIGITS: f64 = 3.0;
    const MOST_DECIMALS: f64 = 6.0;
    let leading = if value > 0.0 { value.log10().floor() } else { 0.0 };
    fixed(value, (DIGITS - 1.0 - leading).clamp(0.0, MOST_DECIMALS) as usize)
}

/// Where an extreme is; nowhere if all values are the same.
fn place<U: Unit>(curve: &Curve<U>, hz: f64) -> String {
    /// Of what is computed from equal values.
    const ROUNDING: f64 = 1e-9;
    let first = curve.values()[0];
    let same = |value: &f64| (value - first).abs() <= ROUNDING * first.abs();
    if curve.values().iter().all(same) { ABSENT.to_owned() } else { fixed(hz, 0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::drive::specimen;

    #[test]
    fn a_need_is_one_row_where_the_sensitivity_holds_and_one_where_it_is_largest() {
        let table = need(&specimen::drive(110.0, None));
        assert_eq!(table.rows()[0], ["at 1 kHz", "0.897", "–", "28.0", "–", "25.1", "–"]);
        assert_eq!(table.rows()[1], ["at most", "0.897", "–", "56.0", "20", "50.2", "20"]);
    }

    #[test]
    fn small_voltages_keep_their_digits() {
        assert_eq!(digits(0.000_563_2), "0.000563");
        assert_eq!(digits(0.012_59), "0.0126");
        assert_eq!(digits(398.1), "398");
        assert_eq!(digits(0.0), "0.00");
    }

    #[test]
    fn an_output_is_a_row() {
        assert_eq!(reach(&specimen::drive(110.0, None)), None);
        let table = reach(&specimen::drive(110.0, Some(specimen::amplifier()))).unwrap();
        let rows = table.rows();
        assert_eq!(rows[0][..5], ["single-ended", "1.60", "2.0", "114.5", "voltage"]);
        assert_eq!(rows[1][..5], ["balanced", "3.20", "4.0", "115.0", "current"]);
        assert_eq!(rows[1][5..], ["109.0", "20", "current", "−1.0"]);
    }
}
