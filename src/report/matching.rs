//! Two sides, isolation and leakage as tables for a terminal.

use super::digits::{ABSENT, fixed, hertz, octave_hz, signed};
use super::table::{Column, Table};
use crate::model::{
    ChannelMatching, Covered, Isolation, Leakage, LevelDifference, LevelPlace, OctaveMean, Within,
};

/// Decimals of levels that are matched.
const FINE_DECIMALS: usize = 2;
/// Decimals of levels that are tens of decibels.
const DECIMALS: usize = 1;

/// One row for each place where the levels of both sides are compared.
#[must_use]
pub fn levels(matching: &ChannelMatching) -> Table {
    let columns = [
        Column::text("Level"),
        Column::number("Left over right", "dB"),
        Column::number("95 % from", "dB"),
        Column::number("to", "dB"),
    ];
    let rows = matching.levels.iter().map(|level| {
        let place = match level.place {
            LevelPlace::Broadband => "mean 100 Hz to 10 kHz",
            LevelPlace::Midrange => "mean 300 Hz to 1 kHz",
            LevelPlace::At1Khz => "at 1 kHz",
        };
        let [value, from, to] = covered(level.db, FINE_DECIMALS);
        [place.to_owned(), value, from, to]
    });
    Table::new("The levels of both sides", columns, rows.collect())
}

/// One row for each band within which the sides lie.
#[must_use]
pub fn within(matching: &ChannelMatching) -> Table {
    let columns = [
        Column::text("Band"),
        Column::number("Matched within", "± dB"),
        Column::number("at", "Hz"),
        Column::number("Equally loud", "± dB"),
        Column::number("at", "Hz"),
    ];
    let row = |within: &Within| {
        [
            format!("{} to {}", hertz(within.band.from_hz), hertz(within.band.to_hz)),
            fixed(within.worst_db.abs(), FINE_DECIMALS),
            fixed(within.worst_hz, 0),
            fixed(within.levelled_db.abs(), FINE_DECIMALS),
            fixed(within.levelled_hz, 0),
        ]
    };
    let notes = vec![
        "Matched within: the largest difference of the means, as measured. Equally loud: what \
         remains of it when both sides have the same mean level over the band, as a balance control \
         makes them."
            .to_owned(),
    ];
    Table::new("How well the sides match", columns, matching.within.iter().map(row).collect())
        .with_notes(notes)
}

/// One row for each octave with the isolation of each state, and their mean.
#[must_use]
pub fn isolation(isolation: &Isolation) -> Table {
    let states: Vec<Listed<'_>> = (isolation.states.iter())
        .map(|of| Listed { title: of.against.name.clone(), of, bound: "≥ " })
        .chain(isolation.gained.iter().map(|of| {
            let title = format!("{} over {}", of.against.name, of.of.name);
            Listed { title, of, bound: "≥ " }
        }))
        .collect();
    let rating = "That is no rating such as SNR or NRR, which are made from tests with people.";
    octaves("What is kept out", &states, Some(rating))
}

/// One row for each octave with the level outside over that inside, and their mean.
#[must_use]
pub fn leakage(leakage: &Leakage) -> Table {
    let title = "Outside over inside".to_owned();
    octaves("What is let out", &[Listed { title, of: &leakage.outside, bound: "≤ " }], None)
}

/// A difference with the head of its column, and what stands before a bound.
struct Listed<'a> {
    title: String,
    of: &'a LevelDifference,
    bound: &'a str,
}

fn octaves(caption: &str, list: &[Listed<'_>], remark: Option<&str>) -> Table {
    let columns =
        std::iter::once(Column::text("Octave at")).chain(list.iter().flat_map(|one| {
            [Column::number(one.title.clone(), "dB"), Column::number("95 %", "dB")]
        }));
    let centres: Vec<f64> = list.first().map_or_else(Vec::new, |one| {
        one.of.octaves.iter().map(|octave| octave.centre_hz).collect()
    });
    let mut rows: Vec<Vec<String>> = (centres.iter())
        .map(|&centre_hz| {
            let of = |one: &Listed<'_>| -> Option<(Covered, bool)> {
                let same = |octave: &&OctaveMean| octave.centre_hz.total_cmp(&centre_hz).is_eq();
                one.of.octaves.iter().find(same).map(|octave| (octave.db, octave.bound))
            };
            row(octave_hz(centre_hz), list, of)
        })
        .collect();
    if list.iter().any(|one| one.of.mean.is_some()) {
        let mean = |one: &Listed<'_>| one.of.mean.map(|mean| (mean.db, mean.bound));
        rows.push(row("mean".to_owned(), list, mean));
    }
    let mut notes = vec![
        "Means of decibels over octaves; in the last row the plain mean of the seven from 125 Hz to \
         8 kHz."
            .to_owned(),
    ];
    notes.extend(remark.map(str::to_owned));
    if list.iter().any(|one| !one.of.faint.is_empty()) {
        let bound = list.first().map_or("", |one| one.bound.trim());
        notes.push(format!("{bound}: a bound, as what was left lay at the noise."));
    }
    Table::of_columns(caption, columns.collect(), rows).with_notes(notes)
}

fn row(
    name: String,
    list: &[Listed<'_>],
    of: impl Fn(&Listed<'_>) -> Option<(Covered, bool)>,
) -> Vec<String> {
    let cells = list.iter().flat_map(|one| {
        let Some((db, bound)) = of(one) else { return [ABSENT; 2].map(str::to_owned) };
        let [value, from, to] = covered(db, DECIMALS);
        let before = if bound { one.bound } else { "" };
        let interval = if db.interval.is_some() { format!("{from} … {to}") } else { from };
        [format!("{before}{value}"), interval]
    });
    std::iter::once(name).chain(cells).collect()
}

/// A difference with its sign, and both ends of its interval.
fn covered(covered: Covered, decimals: usize) -> [String; 3] {
    let ends = covered.interval.map(|(from, to)| [signed(from, decimals), signed(to, decimals)]);
    let [from, to] = ends.unwrap_or_else(|| [ABSENT; 2].map(str::to_owned));
    [signed(covered.value, decimals), from, to]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen;

    #[test]
    fn levels_and_bands_of_both_sides_have_rows() {
        let matching = specimen::matching(4);
        let table = levels(&matching);
        assert_eq!(table.rows()[0], ["mean 100 Hz to 10 kHz", "+0.40", "+0.20", "+0.60"]);
        let table = within(&matching);
        assert_eq!(table.rows()[0], ["100 Hz to 10 kHz", "1.10", "800", "0.70", "900"]);
    }

    #[test]
    fn an_octave_that_is_a_bound_says_so_and_a_single_seating_has_no_interval() {
        let table = isolation(&specimen::isolation());
        assert_eq!(table.rows()[0][..3], ["125 Hz", "+12.0", "+11.0 … +13.0"]);
        assert_eq!(table.rows()[0][3..], ["≥ +30.0", "–", "+18.0", "–"]);
        assert_eq!(table.rows()[1][0], "mean");
        assert!(table.notes()[2].starts_with("≥: a bound"), "{:?}", table.notes());
        assert_eq!(table.columns()[5].title(), "anc over passive");
    }
}
