//! The figures of curves beside each other as tables.

use super::digits::{ABSENT, decimals_of, fixed, signed, significant};
use super::table::{Column, Table};
use super::words::quoted;
use crate::model::{ComparedCurve, CurveComparison, CurveDifference, Deviation, TraceKind};
use crate::quantity::unit::Unit;

/// Decimals of percent, decibels and degrees, if no uncertainty asks for fewer.
const DECIMALS: usize = 2;

/// One row per curve: its smallest and largest magnitude between 20 Hz and 20 kHz.
#[must_use]
pub fn curves(comparison: &CurveComparison) -> Table {
    let unit = match comparison.curves.first().map(|curve| curve.trace.kind()) {
        Some(TraceKind::Impedance) => "Ω",
        _ => "dB",
    };
    let columns = [
        Column::text("Curve"),
        Column::number("Smallest", unit),
        Column::number("At", "Hz"),
        Column::number("Largest", unit),
        Column::number("At", "Hz"),
    ];
    let rows = comparison.curves.iter().map(curve_row);
    Table::new("The curves in figures", columns, rows.collect())
}

fn curve_row(curve: &ComparedCurve) -> [String; 5] {
    let number = |value: f64| match curve.trace.kind() {
        TraceKind::Impedance => significant(value, 4),
        TraceKind::Response => signed(value, DECIMALS),
    };
    let name = curve.name.clone();
    match curve.extremes {
        Some(extremes) => [
            name,
            number(extremes.minimum),
            fixed(extremes.minimum_hz, 0),
            number(extremes.maximum),
            fixed(extremes.maximum_hz, 0),
        ],
        None => [name, absent(), absent(), absent(), absent()],
    }
}

/// One row per curve but the reference: how it differs.
#[must_use]
pub fn differences(comparison: &CurveComparison) -> Table {
    let caption = "The differences in figures";
    let notes = notes(comparison);
    let of_impedances = comparison.differences.iter().any(|d| d.percent.is_some());
    let table = if of_impedances {
        let columns = [
            Column::text("Curve"),
            Column::number("Largest", "%"),
            Column::number("Same", "dB"),
            Column::number("At", "Hz"),
            Column::number("Mean", "%"),
            Column::number("rms", "%"),
            Column::number("Phase", "°"),
            Column::number("At", "Hz"),
            Column::number("None above", "%"),
        ];
        Table::new(caption, columns, comparison.differences.iter().map(impedance_row).collect())
    } else {
        let columns = [
            Column::text("Curve"),
            Column::number("Largest", "dB"),
            Column::number("At", "Hz"),
            Column::number("Mean", "dB"),
            Column::number("rms", "dB"),
            Column::number("None above", "dB"),
        ];
        Table::new(caption, columns, comparison.differences.iter().map(response_row).collect())
    };
    table.with_notes(notes)
}

fn notes(comparison: &CurveComparison) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(reference) = comparison.reference() {
        notes.push(format!(
            "Differences are against {}, between 20 Hz and 20 kHz as far as both curves reach. \
             Mean and rms: over the logarithm of frequency.",
            quoted(reference)
        ));
    }
    if comparison.differences.iter().any(|difference| difference.significance.is_some()) {
        notes.push(
            "None above: no difference above this is seen where it stays within its expanded \
             uncertainty (k = 2)."
                .to_owned(),
        );
    }
    notes
}

fn impedance_row(difference: &CurveDifference) -> [String; 9] {
    let name = difference.name.clone();
    let Some(percent) = &difference.percent else {
        return std::array::from_fn(|column| if column == 0 { name.clone() } else { absent() });
    };
    let phase = difference.phase.as_ref();
    let same_db = difference.level.curve.at(percent.worst_hz).ok();
    let percents = decimals(percent);
    [
        name,
        signed(percent.worst, percents),
        or_absent(same_db.map(|db| signed(db, DECIMALS))),
        hz(percent),
        signed(percent.mean, percents),
        fixed(percent.rms, percents),
        or_absent(phase.map(|phase| signed(phase.worst, decimals(phase)))),
        or_absent(phase.map(hz)),
        none_above(difference),
    ]
}

fn response_row(difference: &CurveDifference) -> [String; 6] {
    let level = &difference.level;
    [
        difference.name.clone(),
        signed(level.worst, DECIMALS),
        hz(level),
        signed(level.mean, DECIMALS),
        fixed(level.rms, DECIMALS),
        none_above(difference),
    ]
}

/// Where the largest difference is; nowhere if there is none.
fn hz<U: Unit>(deviation: &Deviation<U>) -> String {
    /// Rounding of ratios and sums.
    const NOTHING: f64 = 1e-9;
    if deviation.worst.abs() <= NOTHING { absent() } else { fixed(deviation.worst_hz, 0) }
}

fn none_above(difference: &CurveDifference) -> String {
    let above = difference.significance.as_ref().and_then(|seen| seen.none_above);
    or_absent(above.map(|above| significant(above, 2)))
}

/// As many decimals as three digits of the largest difference take and twice the smallest
/// uncertainty deserves, two at most.
fn decimals<U: Unit>(deviation: &Deviation<U>) -> usize {
    let smallest = deviation.curve.u().map_or(0.0, |u| u.iter().copied().fold(f64::MAX, f64::min));
    let digits = decimals_of(deviation.worst.abs(), 3, DECIMALS);
    decimals_of(2.0 * smallest, 2, DECIMALS).min(digits).min(DECIMALS)
}

fn absent() -> String {
    ABSENT.to_owned()
}

fn or_absent(cell: Option<String>) -> String {
    cell.unwrap_or_else(absent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen;

    #[test]
    fn a_row_holds_the_figures_of_a_difference() {
        let table = differences(&specimen::curves());
        let row = ["right", "+12.3", "+1.01", "95", "+0.4", "1.2", "−3.20", "80", "–"];
        assert_eq!(table.rows()[0], row);
        assert_eq!(table.notes().len(), 1);
        let curves = curves(&specimen::curves());
        assert_eq!(curves.rows()[0], ["left", "32.00", "1000", "66.05", "95"]);
    }

    #[test]
    fn responses_have_a_table_in_decibels() {
        let mut comparison = specimen::curves();
        (comparison.differences[0].percent, comparison.differences[0].phase) = (None, None);
        let table = differences(&comparison);
        assert_eq!(table.rows()[0], ["right", "+1.01", "95", "+0.41", "1.20", "–"]);
        assert_eq!(table.columns()[1].unit(), Some("dB"));
    }
}
