//! Stimulus plans: those that are built in, and those in files.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::model::Plan;

/// The plans that are built in, by name.
const BUILT_IN: [(&str, &str); 6] = [
    ("response", include_str!("../../sweeps/response.toml")),
    ("response-quick", include_str!("../../sweeps/response-quick.toml")),
    ("impedance", include_str!("../../sweeps/impedance.toml")),
    ("output-impedance", include_str!("../../sweeps/output-impedance.toml")),
    ("monitor", include_str!("../../sweeps/monitor.toml")),
    ("wide-96k", include_str!("../../sweeps/wide-96k.toml")),
];

/// A plan file is not longer than this.
const MOST_BYTES: u64 = 1 << 20;

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// Neither a plan that is built in nor a file.
    #[error("there is no plan '{name}' (built in are {}), and no such file", names())]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The file cannot be read.
    #[error("cannot read the plan '{}': {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not a plan.
    #[error("the plan '{place}'{} is not right: {reason}", line.map_or(String::new(), |n| format!(", line {n},")))]
    Invalid {
        /// The file, or the name of the plan.
        place: String,
        /// The line, counted from one, where one line is to blame.
        line: Option<usize>,
        /// What is wrong.
        reason: String,
    },
}

fn names() -> String {
    builtin_names().collect::<Vec<_>>().join(", ")
}

/// The names of the plans that are built in.
#[must_use]
pub fn builtin_names() -> impl ExactSizeIterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// The plans that are built in.
#[must_use]
pub fn builtin() -> Vec<Plan> {
    builtin_names().filter_map(|name| load(name).ok()).collect()
}

/// The text of a plan that is built in, to be copied and edited.
#[must_use]
pub fn builtin_text(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Loads a plan by its name, if it is built in, or from a file.
///
/// # Errors
///
/// When there is neither, or the text is not a plan, with the line and the reason.
pub fn load(name_or_path: &str) -> Result<Plan, PlanFileError> {
    if let Some(text) = builtin_text(name_or_path) {
        return parse(text, name_or_path);
    }
    let path = Path::new(name_or_path);
    let names_a_file = path.extension().is_some() || path.components().count() > 1;
    if !names_a_file && !path.exists() {
        return Err(PlanFileError::Unknown { name: name_or_path.to_owned() });
    }
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text));
    read.map_err(|source| PlanFileError::Io { path: path.to_owned(), source })?;
    parse(&text, name_or_path)
}

/// Reads a plan from its text; `place` is what an error calls it.
///
/// # Errors
///
/// When the text is not TOML, a key is missing, unknown or of the wrong kind, or the plan cannot
/// be played or analysed.
pub fn parse(text: &str, place: &str) -> Result<Plan, PlanFileError> {
    toml::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        // A rule that binds several keys has no line of its own: its span is the whole text.
        let start = error.span().filter(|span| span.len() < text.trim().len());
        let line = start.and_then(|span| text.get(..span.start));
        PlanFileError::Invalid {
            place: place.to_owned(),
            line: line.map(|before| before.matches('\n').count() + 1),
            reason: error.message().trim_end_matches('.').replace('\n', ", "),
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::quantity::{Frequency, Level, Seconds};

    fn refusal(change: (&str, &str)) -> String {
        let text = builtin_text("response").unwrap();
        assert!(text.contains(change.0), "{}", change.0);
        parse(&text.replace(change.0, change.1), "mine.toml").unwrap_err().to_string()
    }

    #[test]
    fn every_plan_that_is_built_in_is_right_and_bears_its_name() {
        for name in builtin_names() {
            let plan = load(name).unwrap();
            assert_eq!(plan.name(), name);
            let (sweep, silence, analysis) = (plan.sweep(), plan.silence(), plan.analysis());
            assert!(plan.has_markers(), "{name}");
            assert!(analysis.to <= sweep.flat_to, "{name}");
            // A look while seating is quick instead.
            let (octaves, decay_s) = if name == "monitor" { (0.0_f64, 0.0) } else { (1.0, 0.3) };
            assert!(analysis.from.hz() >= octaves.exp2() * sweep.flat_from.hz(), "{name}");
            assert!(silence.gap.s() >= analysis.gate_after.s() + decay_s, "{name}");
            assert!((sweep.duration_s() - sweep.duration.s()).abs() < 1.0, "{name}");
        }
    }

    #[test]
    fn the_standard_plan_is_what_the_documentation_says() {
        let plan = load("response").unwrap();
        let sweep = plan.sweep();
        assert_eq!(plan.rate().hz(), 48_000);
        assert_eq!((sweep.start.hz(), sweep.stop.hz()), (5.0, 23_000.0));
        assert_eq!((sweep.flat_from.hz(), sweep.flat_to.hz()), (10.0, 20_500.0));
        assert_eq!((sweep.repeats, sweep.level.db()), (2, -12.0));
        assert_eq!(plan.analysis().gate_after, Seconds::new(0.5).unwrap());
        assert_eq!(load("response-quick").unwrap().sweep().repeats, 1);
        assert_eq!(load("wide-96k").unwrap().analysis().to, Frequency::new(40e3).unwrap());
    }

    #[test]
    fn a_misspelt_name_is_answered_with_the_list() {
        let message = load("respones").unwrap_err().to_string();
        assert!(message.contains("'respones'") && message.contains("response-quick"), "{message}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let message = load("no/such/plan.toml").unwrap_err().to_string();
        assert!(message.starts_with("cannot read the plan 'no/such/plan.toml'"), "{message}");
    }

    #[test]
    fn an_error_names_file_line_and_reason() {
        let line = 1 + builtin_text("response")
            .unwrap()
            .split("repeats")
            .next()
            .unwrap()
            .matches('\n')
            .count();
        let message = refusal(("repeats = 2", "repeats = \"two\""));
        assert!(message.starts_with(&format!("the plan 'mine.toml', line {line},")), "{message}");
        let message = refusal(("start = \"5Hz\"", "start = \"5V\""));
        assert!(message.contains("'5V' is not a frequency"), "{message}");
        let message = refusal(("repeats = 2", "repeat = 2"));
        assert!(message.contains("repeat"), "{message}");
    }

    #[test]
    fn a_rule_that_binds_several_keys_names_them() {
        let message = refusal(("stop = \"23kHz\"", "stop = \"20kHz\""));
        assert!(message.starts_with("the plan 'mine.toml' is not right: "), "{message}");
        assert!(message.contains("sweep.flat_to") && message.contains("sweep.stop"), "{message}");
    }

    #[test]
    fn a_level_may_be_written_as_a_number() {
        let text = builtin_text("response").unwrap().replace("\"-12dBFS\"", "-6");
        assert_eq!(parse(&text, "mine.toml").unwrap().sweep().level, Level::from_db(-6.0));
    }
    proptest! {
        #[test]
        fn any_text_is_a_plan_or_refused_without_panic(text in ".{0,80}", value in ".{0,12}") {
            let _ = parse(&text, "a.toml");
            let right = builtin_text("response").unwrap();
            let _ = parse(&right.replace("\"5Hz\"", &value), "a.toml");
        }
    }

    #[test]
    fn a_plan_for_48_khz_ends_earlier_at_44_1_khz_and_still_measures_up_to_20_khz() {
        let plan = load("response").unwrap().at_rate("44.1k".parse().unwrap()).unwrap();
        assert!(plan.sweep().stop.hz() < 22_050.0 * 0.98);
        assert!(plan.sweep().flat_to.hz() > 20e3);
        assert!((plan.analysis().to.hz() - 20e3).abs() < 1e-9);
    }
}
