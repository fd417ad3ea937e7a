//! What every one of several sources does to every one of several headphones.

use super::Caption;
use crate::model::{DeviationClass, MatrixCell, MatrixRow, MatrixSource, SourceMatrix};
use crate::plot::{Head, HeatCell, HeatMap, HeatRow};

/// The deviation from peak to peak of each pair, headphones by sources; a dot where the source has
/// more than an eighth of the headphone's smallest impedance.
#[must_use]
pub fn matrix(matrix: &SourceMatrix, caption: &Caption) -> HeatMap {
    let notes = [
        "Deviation of the response in dB, peak to peak from 20 Hz to 20 kHz".to_owned(),
        "Beside a headphone: its smallest impedance".to_owned(),
    ];
    let measured = matrix.sources.iter().any(|source| source.is_measured);
    let below = measured.then(|| "With an amplifier: its output impedance at 1 kHz".to_owned());
    HeatMap {
        title: caption.title.clone(),
        subtitle: caption.subtitle(),
        footer: caption.footer(notes.into_iter().chain(below)),
        simulated: caption.simulated,
        columns: matrix.sources.iter().map(column).collect(),
        rows: matrix.rows.iter().map(row).collect(),
        classes: classes(),
        mark: "more than an eighth of the smallest impedance".to_owned(),
    }
}

/// The classes in words.
fn classes() -> Vec<String> {
    let [a, b, c, d] = DeviationClass::EDGES_DB;
    vec![
        format!("below {a} dB: inaudible"),
        format!("{a}–{b} dB"),
        format!("{b}–{c} dB"),
        format!("{c}–{d} dB: audible"),
        format!("{d} dB and more: obvious"),
    ]
}

fn column(source: &MatrixSource) -> Head {
    let detail = source.is_measured.then(|| format!("{} Ω", short(source.ohm)));
    Head { name: source.name.clone(), detail }
}

fn row(row: &MatrixRow) -> HeatRow {
    let minimum = format!("{} Ω", short(row.minimum.value));
    let head = Head { name: row.headphone.clone(), detail: Some(minimum) };
    HeatRow { head, cells: row.cells.iter().map(cell).collect() }
}

fn cell(cell: &MatrixCell) -> HeatCell {
    match cell {
        MatrixCell::Known(effect) => HeatCell {
            class: Some(effect.class() as usize),
            text: short(effect.peak_to_peak.db),
            marked: !effect.keeps_eighth_rule,
        },
        MatrixCell::Unknown(_) => HeatCell { class: None, text: "–".to_owned(), marked: false },
    }
}

/// A deviation or a resistance in as few digits as matter: 0.03, 0.25, 1.4, 12, 304.
fn short(value: f64) -> String {
    match value {
        value if value < 0.005 => "0".to_owned(),
        value if value < 0.995 => format!("{value:.2}"),
        value if value < 9.95 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sample;
    use crate::study::matrix::specimen;

    #[test]
    fn a_cell_has_its_class_its_number_and_a_dot_where_the_rule_is_broken() {
        let map = matrix(&specimen::matrix(), &sample::caption("Matrix"));
        let names: Vec<_> = map.columns.iter().map(|head| head.name.as_str()).collect();
        assert_eq!(names, ["0 Ω", "amp", "120 Ω"]);
        assert_eq!(map.columns[1].detail.as_deref(), Some("10 Ω"));
        let [closed, planar] = map.rows.as_slice() else { panic!("two rows") };
        assert_eq!(closed.head.detail.as_deref(), Some("32 Ω"));
        let classes: Vec<_> = closed.cells.iter().map(|cell| cell.class).collect();
        assert_eq!(classes, [Some(0), Some(3), Some(4)]);
        let marked: Vec<_> = planar.cells.iter().map(|cell| cell.marked).collect();
        assert_eq!(marked, [false, true, true]);
        assert_eq!(closed.cells[0].text, "0");
    }

    #[test]
    fn what_is_not_known_has_a_dash() {
        let cell = cell(&MatrixCell::Unknown("no band in common".to_owned()));
        assert_eq!((cell.class, cell.text.as_str(), cell.marked), (None, "–", false));
    }

    #[test]
    fn numbers_are_short() {
        let written = [0.004, 0.034, 0.996, 1.44, 9.96, 303.8].map(short);
        assert_eq!(written, ["0", "0.03", "1.0", "1.4", "10", "304"]);
    }
}
