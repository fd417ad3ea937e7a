//! The scenarios that are built in.

use super::scenario::Scenario;

/// Name and text of every built-in scenario.
const PRESETS: [(&str, &str); 5] = [
    ("closed-38", include_str!("../../../calibration/rigs/sim-closed-38.toml")),
    ("closed-33", include_str!("../../../calibration/rigs/sim-closed-33.toml")),
    ("open-300", include_str!("../../../calibration/rigs/sim-open-300.toml")),
    ("planar-32", include_str!("../../../calibration/rigs/sim-planar-32.toml")),
    ("two-clocks", include_str!("../../../calibration/rigs/sim-two-clocks.toml")),
];

/// The names of the built-in scenarios.
#[must_use]
pub fn preset_names() -> Vec<&'static str> {
    PRESETS.iter().map(|(name, _)| *name).collect()
}

/// The built-in scenario of a name; `None` if there is none.
#[must_use]
pub fn preset(name: &str) -> Option<Scenario> {
    let (_, text) = PRESETS.iter().find(|(known, _)| *known == name)?;
    // A test reads them all, so the text of a known name is a scenario.
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::{Faults, Placement, SimulatedRig, Wiring};
    use super::*;
    use crate::metrology::band::mean_over;
    use crate::model::FrequencyGrid;
    use crate::quantity::Frequency;

    const SEATINGS: u32 = 24;

    fn grid() -> FrequencyGrid {
        let hz = |f| Frequency::new(f).unwrap();
        FrequencyGrid::logarithmic(hz(20.0), hz(20e3), 24)
    }

    fn rig(name: &str, state: &str, seating: u32) -> SimulatedRig {
        let placement = Placement::new(state, seating, 1);
        SimulatedRig::new(preset(name).unwrap(), Wiring::Coupler, placement).unwrap()
    }

    /// Mean and standard deviation over the seatings of a state at a frequency, in decibels over
    /// the mean from 300 Hz to 1 kHz.
    fn level(name: &str, state: &str, frequency_hz: f64) -> (f64, f64) {
        let levels: Vec<f64> = (1..=SEATINGS)
            .map(|seating| {
                let level = rig(name, state, seating).truth_response(&grid()).unwrap().level();
                level.at(frequency_hz).unwrap() - mean_over(&level, 300.0, 1e3).unwrap()
            })
            .collect();
        let n = levels.len() as f64;
        let mean = levels.iter().sum::<f64>() / n;
        let sum_of_squares: f64 = levels.iter().map(|level| (level - mean).powi(2)).sum();
        (mean, (sum_of_squares / (n - 1.0)).sqrt())
    }

    /// By how much a state of the closed headphone differs from the fresh one.
    fn difference(state: &str, frequency_hz: f64) -> f64 {
        level("closed-38", state, frequency_hz).0 - level("closed-38", "fresh", frequency_hz).0
    }

    /// Lowest and highest |Z| below 1.2 kHz in ohms, and where the highest lies.
    fn extremes(name: &str) -> (f64, f64, f64) {
        let magnitude = rig(name, "fresh", 1).truth_impedance(&grid()).unwrap().magnitude();
        let lowest = magnitude.values().iter().copied().fold(f64::INFINITY, f64::min);
        let below = magnitude.points().filter(|(f, _)| *f < 1.2e3);
        let (at_hz, highest) = below.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        (lowest, highest, at_hz)
    }

    #[test]
    fn every_built_in_scenario_is_one_of_its_name() {
        for name in preset_names() {
            let scenario = preset(name).unwrap();
            assert_eq!(scenario.name(), name);
            let states =
                ["fresh", "worn", "glasses", "forward", "hole-2mm", "hole-4mm", "off-head"];
            assert_eq!(scenario.state_names(), states, "{name}");
        }
        assert_eq!(preset("closed-39"), None);
    }

    #[test]
    fn the_text_of_every_built_in_scenario_is_free_of_errors() {
        for (name, text) in PRESETS {
            assert_eq!(text.parse::<Scenario>().err(), None, "{name}");
        }
    }

    #[test]
    fn the_bench_with_two_clocks_is_the_closed_headphone_with_faults() {
        let two_clocks = preset("two-clocks").unwrap();
        assert!((two_clocks.parts().faults.clock_ppm - 38.0).abs() < f64::EPSILON);
        assert!(two_clocks.parts().faults.hum.is_some());
        let closed = preset("closed-38").unwrap();
        let without = two_clocks.changed(|parts| {
            parts.name = closed.name().to_owned();
            parts.description = closed.description().to_owned();
            parts.faults = Faults::default();
        });
        assert_eq!(without, Ok(closed));
    }

    #[test]
    fn the_keys_that_the_file_to_copy_has_commented_out_are_right_as_well() {
        let (_, text) = PRESETS[0];
        let faults = text.lines().skip_while(|line| *line != "# [faults]");
        let keys = faults.map_while(|line| line.strip_prefix("# ")).skip(1);
        let keys: Vec<_> = keys.collect();
        let faults: Faults = toml::from_str(&keys.join("\n")).unwrap();
        preset("closed-38").unwrap().with_faults(faults.clone()).unwrap();
        // Every key is there: with any of them missing the table would be shorter.
        let table = toml::Table::try_from(&faults).unwrap();
        assert_eq!(table.len(), keys.len());
        for (key, value) in toml::Table::try_from(Faults::default()).unwrap() {
            assert!(key == "swapped_inputs" || table[&key] != value, "{key} is not shown");
        }
    }

    #[test]
    fn the_closed_headphone_lies_between_32_and_38_ohms() {
        let (lowest, highest, at_hz) = extremes("closed-38");
        assert!((32.0..33.0).contains(&lowest), "{lowest}");
        assert!((37.5..38.5).contains(&highest), "{highest}");
        assert!((25.0..95.0).contains(&at_hz), "fixture maxima lie there, not at {at_hz}");
    }

    #[test]
    fn the_open_headphone_lies_between_304_and_570_ohms() {
        let (lowest, highest, at_hz) = extremes("open-300");
        assert!((302.0..306.0).contains(&lowest), "{lowest}");
        assert!((555.0..580.0).contains(&highest), "{highest}");
        assert!((70.0..110.0).contains(&at_hz), "{at_hz}");
    }

    #[test]
    fn the_planar_headphone_is_all_but_a_resistor_of_32_ohms() {
        let (lowest, highest, _) = extremes("planar-32");
        assert!(31.9 < lowest && highest < 32.6, "{lowest} {highest}");
    }

    #[test]
    fn the_light_headphone_peaks_at_60_ohms_near_233_hz() {
        let (lowest, highest, at_hz) = extremes("closed-33");
        assert!((33.3..33.8).contains(&lowest), "{lowest}");
        assert!((57.0..63.0).contains(&highest), "{highest}");
        assert!((220.0..245.0).contains(&at_hz), "{at_hz}");
    }

    #[test]
    fn every_headphone_can_be_taken_off_and_leaves_silence() {
        for name in preset_names() {
            let bass = |state| {
                let response = rig(name, state, 1).truth_response(&grid()).unwrap();
                response.level().at(100.0).unwrap()
            };
            assert!(bass("fresh") - bass("off-head") > 60.0, "{name}");
        }
    }

    #[test]
    fn glasses_cost_five_to_nine_decibels_at_30_hz_and_scatter_more() {
        let cost = difference("glasses", 30.0);
        assert!((-9.0..-5.0).contains(&cost), "{cost}");
        let (fresh, glasses) =
            (level("closed-38", "fresh", 30.0), level("closed-38", "glasses", 30.0));
        assert!(glasses.1 > 4.0 * fresh.1, "{} {}", glasses.1, fresh.1);
    }

    #[test]
    fn glasses_leave_the_midrange_as_it_was() {
        let change = difference("glasses", 600.0);
        assert!(change.abs() < 0.1, "{change}");
    }

    #[test]
    fn worn_pads_cost_about_one_to_two_decibels_in_the_bass_and_one_at_3_khz() {
        for (frequency_hz, low, high) in [(30.0, -2.2, -1.4), (50.0, -1.2, -0.6), (3e3, -1.3, -0.6)]
        {
            let change = difference("worn", frequency_hz);
            assert!((low..high).contains(&change), "{frequency_hz} Hz: {change}");
        }
    }

    #[test]
    fn fresh_seatings_scatter_by_a_tenth_to_a_third_of_a_decibel_in_the_bass() {
        for frequency_hz in [20.0, 30.0, 40.0] {
            let (_, sd) = level("closed-38", "fresh", frequency_hz);
            assert!((0.08..0.33).contains(&sd), "{frequency_hz} Hz: {sd}");
        }
    }

    #[test]
    fn every_headphone_has_the_gain_of_an_ear_near_3_khz() {
        for name in preset_names() {
            let (gain, _) = level(name, "fresh", 2.9e3);
            assert!((4.0..12.0).contains(&gain), "{name}: {gain}");
        }
    }
}
