//! What a program says above an impedance about the bridge that it was measured with.

use serde_json::{Map, Value, json};

use crate::quantity::parse_number;

/// The resistances and the factor that an impedance rests on, where its file states them.
///
/// REW writes all four above its exports; our own documents keep them under `bridge`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bridge {
    /// The resistor whose voltage gives the current, in ohms.
    pub sense_resistor_ohm: Option<f64>,
    /// The resistance of the leads that was subtracted, in ohms.
    pub lead_resistance_ohm: Option<f64>,
    /// The input resistance that was allowed for, in ohms.
    pub input_resistance_ohm: Option<f64>,
    /// The factor that a known resistor asked for.
    pub calibration_factor: Option<f64>,
}

/// How the facts are spelled above a curve and in a document.
const SPELLINGS: [(&str, &str); 4] = [
    ("Sense Resistor", "sense_resistor_ohm"),
    ("Lead resistance", "lead_resistance_ohm"),
    ("Input resistance", "input_resistance_ohm"),
    ("Calibration factor", "calibration_factor"),
];

impl Bridge {
    /// The facts that lines above a curve state; `None` if they state none.
    #[must_use]
    pub fn stated(lines: &[String]) -> Option<Self> {
        Self::of(SPELLINGS.map(|(words, _)| lines.iter().find_map(|line| fact(line, words))))
    }

    /// The facts of a document, or those that a measurement of ours was made with.
    pub(super) fn of_document(document: &Map<String, Value>) -> Option<Self> {
        let number = |value: Option<&Value>| value.and_then(Value::as_f64).filter(|n| is_fact(*n));
        if let Some(bridge) = document.get("bridge") {
            return Self::of(SPELLINGS.map(|(_, key)| number(bridge.get(key))));
        }
        let settings = document.get("conditions")?.get("impedance")?;
        let [sense, input] =
            ["sense_resistor", "input_resistance"].map(|key| number(settings.get(key)));
        Self::of([sense, None, input, None])
    }

    fn of(facts: [Option<f64>; 4]) -> Option<Self> {
        let [sense_resistor_ohm, lead_resistance_ohm, input_resistance_ohm, calibration_factor] =
            facts;
        let bridge = Self {
            sense_resistor_ohm,
            lead_resistance_ohm,
            input_resistance_ohm,
            calibration_factor,
        };
        (bridge != Self::default()).then_some(bridge)
    }

    const fn facts(&self) -> [Option<f64>; 4] {
        [
            self.sense_resistor_ohm,
            self.lead_resistance_ohm,
            self.input_resistance_ohm,
            self.calibration_factor,
        ]
    }

    /// The facts as lines above a curve, spelled and ordered as REW does.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let written = |((words, _), fact): ((&str, &str), Option<f64>)| {
            fact.map(|fact| format!("{words}: {fact}"))
        };
        SPELLINGS.into_iter().zip(self.facts()).filter_map(written).collect()
    }

    /// The facts as a member of a document.
    pub(super) fn to_json(self) -> Value {
        let facts = SPELLINGS.into_iter().zip(self.facts());
        facts.filter_map(|((_, key), fact)| Some((key.to_owned(), json!(fact?)))).collect()
    }
}

/// Whether a line states one of the facts.
pub(super) fn is_stated_by(line: &str) -> bool {
    SPELLINGS.iter().any(|(words, _)| fact(line, words).is_some())
}

/// `Sense Resistor: 99.8`; a decimal comma and a unit behind the number are taken too.
fn fact(line: &str, words: &'static str) -> Option<f64> {
    let start = line.get(..words.len())?;
    let value = line[words.len()..].trim_start().strip_prefix([':', '='])?;
    if !start.eq_ignore_ascii_case(words) {
        return None;
    }
    let value = value.trim().replace(',', ".");
    parse_number(&value, words, &["ohms", "ohm", "Ω"], "").ok().filter(|n| is_fact(*n))
}

/// Whether a number can be a resistance or a factor.
fn is_fact(number: f64) -> bool {
    number.is_finite() && number >= 0.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(text: &[&str]) -> Vec<String> {
        text.iter().map(|&line| line.to_owned()).collect()
    }

    #[test]
    fn what_rew_states_is_read_and_written_in_the_same_words() {
        let header = lines(&[
            "Impedance data saved by REW V5.19",
            "Sense Resistor: 99.8",
            "Lead resistance: 0.25",
            "Input resistance: 20000",
            "Calibration factor: 1.0012",
        ]);
        let bridge = Bridge::stated(&header).unwrap();
        assert_eq!(bridge.sense_resistor_ohm, Some(99.8));
        assert_eq!(bridge.calibration_factor, Some(1.0012));
        assert_eq!(bridge.lines(), header[1..]);
        assert!(header[1..].iter().all(|line| is_stated_by(line)) && !is_stated_by(&header[0]));
    }

    #[test]
    fn other_spellings_are_understood_and_nonsense_is_no_fact() {
        for line in ["sense resistor = 99,8", "Sense Resistor: 99.8 ohms", "Sense Resistor:99.8Ω"]
        {
            let found = Bridge::stated(&lines(&[line])).and_then(|b| b.sense_resistor_ohm);
            assert_eq!(found, Some(99.8), "{line}");
        }
        for line in ["Sense Resistor", "Sense Resistor: none", "Sense Resistor: -5", "Sense: 5"] {
            assert_eq!(Bridge::stated(&lines(&[line])), None, "{line}");
        }
    }

    #[test]
    fn a_document_keeps_the_facts_and_a_measurement_has_its_settings() {
        let bridge = Bridge { sense_resistor_ohm: Some(47.0), ..Bridge::default() };
        let document = json!({ "bridge": bridge.to_json() });
        assert_eq!(Bridge::of_document(document.as_object().unwrap()), Some(bridge));
        let measured = json!({"conditions": {"impedance": {"sense_resistor": 47.0}}});
        assert_eq!(Bridge::of_document(measured.as_object().unwrap()), Some(bridge));
        assert_eq!(Bridge::of_document(&Map::new()), None);
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_panic(line in "(sense resistor|.{0,8})[:= ]{0,2}.{0,8}") {
            let _ = Bridge::stated(&[line]);
        }
    }
}
