//! Comparisons as one wide table: a row for each frequency, columns for each curve.

use crate::model::{
    CrosstalkCurves, Curve, CurveComparison, Drive, LeakVerdict, Polar, Response, Source,
    SourceComparison, StateComparison, Trace,
};
use crate::quantity::unit::{Decibel, Unit};

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

/// How much a response depends on the placement: `frequency_hz`, `mean_db`, `median_db`,
/// `lowest_db` and `highest_db`; `None` where that was not asked.
#[must_use]
pub fn placements_csv(comparison: &StateComparison) -> Option<String> {
    let spread = comparison.placements.as_ref()?;
    let mut table = WideTable::default();
    for (name, curve) in [
        ("mean_db", &spread.mean),
        ("median_db", &spread.median),
        ("lowest_db", &spread.lowest),
        ("highest_db", &spread.highest),
    ] {
        table.add(name, curve);
    }
    Some(table.into_text())
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

/// The differences as they are judged, at all frequencies at once: `frequency_hz`, then
/// `STATE_minus_REFERENCE_db` and `STATE_minus_REFERENCE_half_width_db` for each, the half width of
/// the band that holds the true difference everywhere with 95 %; `None` where no state has two
/// seatings.
#[must_use]
pub fn simultaneous_csv(comparison: &StateComparison) -> Option<String> {
    let mut table = WideTable::default();
    for difference in &comparison.differences {
        if let Some(evidence) = &difference.evidence {
            let name = format!("{}_minus_{}", difference.state, difference.reference);
            table.add(&format!("{name}_db"), &evidence.curve.difference);
            table.add(&format!("{name}_half_width_db"), &evidence.curve.half_width);
        }
    }
    (!table.columns.is_empty()).then(|| table.into_text())
}

/// The leaks that were fitted: `frequency_hz`, then `STATE_leak_db` for each, the difference that
/// the leak makes; `None` where none was fitted.
#[must_use]
pub fn leaks_csv(comparison: &StateComparison) -> Option<String> {
    let mut table = WideTable::default();
    for difference in &comparison.differences {
        if let Some(LeakVerdict::Fitted(leak)) = &difference.leak {
            table.add(&format!("{}_leak_db", difference.state), &leak.model);
        }
    }
    (!table.columns.is_empty()).then(|| table.into_text())
}

/// What sources do: `frequency_hz`, then `source_33_ohm_db` for each, and the response that a
/// listener gets in `source_33_ohm_response_db`, where known.
#[must_use]
pub fn sources_csv(comparison: &SourceComparison) -> String {
    let mut table = WideTable::default();
    for effect in &comparison.sources {
        let source = column(&effect.source);
        table.add(&format!("source_{source}_db"), &effect.curve);
        if let Some(response) = &effect.response {
            table.add(&format!("source_{source}_response_db"), response);
        }
    }
    table.into_text()
}

/// Responses on sources and their predictions: `frequency_hz` of the first, then for each
/// `N_SOURCE_predicted_db` and `N_SOURCE_measured_db`, changes against the source that was predicted
/// from, and `N_SOURCE_residual_db`, with their standard uncertainties where known.
#[must_use]
pub fn verifications_csv(comparison: &SourceComparison) -> String {
    let mut table = WideTable::default();
    for (i, seen) in comparison.verifications.iter().enumerate() {
        let name = format!("{}_{}", i + 1, column(&seen.source));
        table.add(&format!("{name}_predicted_db"), &seen.predicted);
        table.add(&format!("{name}_measured_db"), &seen.measured);
        table.add(&format!("{name}_residual_db"), &seen.residual);
    }
    table.into_text()
}

/// What a source is called in the head of a column.
fn column(source: &Source) -> String {
    match source.output() {
        Some(output) => output.name.clone(),
        None => format!("{}_ohm", source.ohm()),
    }
}

/// Curves beside each other: `frequency_hz` of the first, then `NAME_ohm` or `NAME_db`,
/// `NAME_phase_deg`, and their standard uncertainties with `u_` in front, where known.
#[must_use]
pub fn curves_csv(comparison: &CurveComparison) -> String {
    let mut table = WideTable::default();
    for curve in &comparison.curves {
        match &curve.trace {
            Trace::Response(polar) => table.add_polar(&curve.name, polar),
            Trace::Impedance(polar) => table.add_polar(&curve.name, polar),
        }
    }
    table.into_text()
}

/// The differences of curves: `frequency_hz`, then `NAME_minus_REFERENCE_percent` (impedances),
/// `…_db`, `…_phase_deg` and their standard uncertainties, where known.
#[must_use]
pub fn curve_differences_csv(comparison: &CurveComparison) -> String {
    let mut table = WideTable::default();
    for difference in &comparison.differences {
        let name = format!("{}_minus_{}", difference.name, difference.reference);
        if let Some(percent) = &difference.percent {
            table.add(&format!("{name}_percent"), &percent.curve);
        }
        table.add(&format!("{name}_db"), &difference.level.curve);
        if let Some(phase) = &difference.phase {
            table.add(&format!("{name}_phase_deg"), &phase.curve);
        }
    }
    table.into_text()
}

/// What a level takes, and what outputs offer: `frequency_hz`, `impedance_ohm`,
/// `sensitivity_db_per_v`, `needed_v`, `needed_ma`, `needed_mw` (real power), and for each output
/// `single_ended_v` and its highest level `single_ended_db`.
#[must_use]
pub fn drive_csv(drive: &Drive) -> String {
    let mut table = WideTable::default();
    table.add("impedance_ohm", &drive.impedance.magnitude());
    table.add("sensitivity_db_per_v", &drive.sensitivity.per_volt);
    table.add("needed_v", &drive.need.voltage);
    table.add("needed_ma", &drive.need.current);
    table.add("needed_mw", &drive.need.power);
    for reach in &drive.reach {
        let name = reach.wiring.name().replace('-', "_");
        table.add(&format!("{name}_v"), &reach.voltage);
        table.add(&format!("{name}_db"), &reach.level);
    }
    table.into_text()
}

/// Crosstalk: `frequency_hz`, then for each take `NAME_db` (the idle channel over the driven one),
/// `NAME_phase_deg`, `NAME_floor_db` (the least that is told from none), `NAME_predicted_db` where
/// something is, and for each headphone `predicted_NAME_db`; standard uncertainties with `u_` in
/// front, where known.
#[must_use]
pub fn crosstalk_csv(curves: &CrosstalkCurves) -> String {
    let mut table = WideTable::default();
    let add = |table: &mut WideTable, name: &str, ratio: &Response| {
        if let Trace::Response(polar) = Trace::from(ratio) {
            table.add_polar(name, &polar);
        }
    };
    for of in &curves.measured {
        let name = of.name.replace(',', "");
        add(&mut table, &name, &of.ratio);
        let floor = of.floor.as_ref();
        let floor = floor.map(|floor| Curve::<Decibel>::new(floor.grid().clone(), -floor.values()));
        if let Some(Ok(floor)) = floor {
            table.add(&format!("{name}_floor_db"), &floor);
        }
        if let Some(predicted) = &of.predicted {
            add(&mut table, &format!("{name}_predicted"), predicted);
        }
    }
    for of in &curves.predicted {
        add(&mut table, &format!("predicted_{}", of.name), &of.ratio);
    }
    table.into_text()
}

/// Columns over the frequencies of the first curve; a curve that ends earlier leaves cells empty.
#[derive(Default)]
pub(super) struct WideTable {
    hz: Vec<f64>,
    columns: Vec<(String, Vec<Option<f64>>)>,
}

impl WideTable {
    pub(super) fn add_polar<U: Unit>(&mut self, name: &str, polar: &Polar<U>) {
        self.add(&format!("{name}_{}", U::SUFFIX), polar.magnitude());
        if let Some(phase) = polar.phase() {
            self.add(&format!("{name}_phase_deg"), phase);
        }
    }

    pub(super) fn add<U: Unit>(&mut self, name: &str, curve: &Curve<U>) {
        if self.columns.is_empty() {
            self.hz = curve.hz().to_vec();
        }
        let values = self.hz.iter().map(|&hz| curve.at(hz).ok()).collect();
        self.columns.push((name.split_whitespace().collect::<Vec<_>>().join("_"), values));
        let u = curve.u().map(|u| Curve::<U>::new(curve.grid().clone(), u.clone()));
        if let Some(Ok(u)) = u {
            self.add(&format!("u_{name}"), &u);
        }
    }

    pub(super) fn into_text(self) -> String {
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
    fn a_table_of_curves_is_read_back_as_the_same_curves() {
        let comparison = fixture::curves();
        let text = curves_csv(&comparison);
        let file = crate::store::curve::parse(text.as_bytes(), "a.csv".as_ref()).unwrap();
        assert_eq!(file.traces().len(), 2);
        for (read, written) in file.traces().iter().zip(&comparison.curves) {
            let (Trace::Impedance(read), Trace::Impedance(written)) = (&read.trace, &written.trace)
            else {
                panic!("impedances")
            };
            assert_eq!(read.magnitude(), written.magnitude());
        }
    }

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
        let curves = curves_csv(&fixture::curves());
        let names = "frequency_hz,left_ohm,u_left_ohm,left_phase_deg,right_ohm,u_right_ohm,\
                     right_phase_deg\n100,32,0.5,0,";
        assert!(curves.starts_with(names), "{curves}");
        let differences = curve_differences_csv(&fixture::curves());
        assert!(differences.starts_with("frequency_hz,right_minus_left_percent,u_right_minus"));
        assert!(sources_csv(&fixture::sources()).starts_with("frequency_hz,source_33_ohm_db\n"));
        assert!(verifications_csv(&fixture::sources()).starts_with(
            "frequency_hz,1_33_ohm_predicted_db,1_33_ohm_measured_db,1_33_ohm_residual_db,\
             u_1_33_ohm_residual_db\n100,0,0.5,0.5,0.1\n"
        ));
    }
}
