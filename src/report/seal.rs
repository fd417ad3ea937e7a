//! A seal that was told from the impedance as a table for a terminal.

use super::digits::{ABSENT, fixed};
use super::table::{Column, Table};
use super::words::diameter;
use crate::model::SealComparison;

/// What was looked at, what was found, and from where on chance no longer does it.
#[must_use]
pub fn seal(seal: &SealComparison) -> Table {
    let columns = [
        Column::text("Looked at"),
        Column::count("Found"),
        Column::count("Chance goes to"),
        Column::count("Seen 4 times in 5"),
    ];
    let mut rows = Vec::new();
    if let Some(test) = seal.test {
        let seen = format!("from {}", fixed(test.seen, 1));
        rows.push([
            "Change of the impedance".to_owned(),
            fixed(test.size, 1),
            fixed(test.limit, 1),
            seen,
        ]);
    }
    if let Some(load) = seal.air_load {
        let percent = |share: f64| format!("{} %", fixed(1e2 * share, 0));
        rows.push([
            "Load of the air that is left".to_owned(),
            percent(load.share),
            load.limit.map_or(ABSENT.to_owned(), percent),
            ABSENT.to_owned(),
        ]);
    }
    for leak in &seal.leaks {
        let seen = seal.test.map(|test| if leak.size >= test.seen { "yes" } else { "no" });
        rows.push([
            format!("Known leak of {}", diameter(leak.diameter_mm)),
            fixed(leak.size, 1),
            seal.test.map_or(ABSENT.to_owned(), |test| fixed(test.limit, 1)),
            seen.unwrap_or(ABSENT).to_owned(),
        ]);
    }
    let note = "Changes of the impedance: in parts of what chance gives them, 28 figures from 25 Hz \
                to 500 Hz that neither the temperature of the coil nor the suspension changes.";
    Table::new("The seal in figures", columns, rows).with_notes(vec![note.to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::seal::specimen;

    #[test]
    fn a_row_tells_what_was_found_and_how_far_chance_goes() {
        let table = seal(&specimen::leaking());
        let looked_at: Vec<&str> = table.rows().iter().map(|row| row[0].as_str()).collect();
        let expected = [
            "Change of the impedance",
            "Load of the air that is left",
            "Known leak of 2 mm",
            "Known leak of 4 mm",
        ];
        assert_eq!(looked_at, expected);
        assert_eq!(table.rows()[3][3], "yes");
    }
}
