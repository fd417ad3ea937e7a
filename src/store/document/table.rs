//! Comparisons as one wide table: a row for each frequency, columns for each curve.

use crate::model::{Curve, SourceComparison, StateComparison};
use crate::quantity::unit::Decibel;

/// The states of a comparison: `frequency_hz`, then `NAME_mean_db`, `u_NAME_mean_db` and
/// `NAME_sd_db` for each state, where known.
#[must_use]
pub fn states_csv(comparison: &StateComparison) -> String {
    let mut table = WideTable::default();
    for state in &comparison.states {
        table.add(&format!("{}_mean_db", state.name), &state.mean);
        if let Some(sd) = &state.sd {
            table.add(&format!("{}_sd_db", state.name), sd);
        }
    }
    table.into_text()
}

/// The differences of a comparison: `frequency_hz`, then `STATE_minus_REFERENCE_db` and
/// `u_STATE_minus_REFERENCE_db` for each, where known.
#[must_use]
pub fn differences_csv(comparison: &StateComparison) -> String {
    let mut table = WideTable::default();
    for difference in &comparison.differences {
        let name = format!("{}_minus_{}_db", difference.state, difference.reference);
        table.add(&name, &difference.curve);
    }
    table.into_text()
}

/// What sources do: `frequency_hz`, then `source_33_ohm_db` for each, and the response that a
/// listener gets in `source_33_ohm_response_db`, where known.
#[must_use]
pub fn sources_csv(comparison: &SourceComparison) -> String {
    let mut table = WideTable::default();
    for effect in &comparison.sources {
        let ohm = effect.source.ohm();
        table.add(&format!("source_{ohm}_ohm_db"), &effect.curve);
        if let Some(response) = &effect.response {
            table.add(&format!("source_{ohm}_ohm_response_db"), response);
        }
    }
    table.into_text()
}

/// Columns over the frequencies of the first curve; a curve that ends earlier leaves cells empty.
#[derive(Default)]
struct WideTable {
    hz: Vec<f64>,
    columns: Vec<(String, Vec<Option<f64>>)>,
}

impl WideTable {
    fn add(&mut self, name: &str, curve: &Curve<Decibel>) {
        if self.columns.is_empty() {
            self.hz = curve.hz().to_vec();
        }
        let values = self.hz.iter().map(|&hz| curve.at(hz).ok()).collect();
        self.columns.push((name.split_whitespace().collect::<Vec<_>>().join("_"), values));
        let u = curve.u().map(|u| Curve::<Decibel>::new(curve.grid().clone(), u.clone()));
        if let Some(Ok(u)) = u {
            self.add(&format!("u_{name}"), &u);
        }
    }

    fn into_text(self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let names = self.columns.iter().map(|(name, _)| name.clone());
        // Writing into memory does not fail.
        let _ = writer.write_record(std::iter::once("frequency_hz".to_owned()).chain(names));
        for (row, hz) in self.hz.iter().enumerate() {
            let cells = self
                .columns
                .iter()
                .map(|(_, values)| values[row].map_or(String::new(), |value| value.to_string()));
            let _ = writer.write_record(std::iter::once(hz.to_string()).chain(cells));
        }
        let bytes = writer.into_inner().unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixture;

    #[test]
    fn a_comparison_is_one_row_for_each_frequency() {
        let text = states_csv(&fixture::states());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "frequency_hz,fresh_mean_db,fresh_sd_db,worn_mean_db");
        assert_eq!(lines[1], "100,1,0.1,-1");
        assert_eq!(lines.len(), 4);
        let differences = differences_csv(&fixture::states());
        assert!(
            differences.starts_with(
                "frequency_hz,worn_minus_fresh_db,u_worn_minus_fresh_db\n100,-2,0.3\n"
            )
        );
        assert!(sources_csv(&fixture::sources()).starts_with("frequency_hz,source_33_ohm_db\n"));
    }
}
