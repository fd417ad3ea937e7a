//! A guided session: which states of which headphone are to be measured, how often, on which side.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::crosstalk::Side;

/// The fewest seatings that have a spread, and more than anybody has patience for.
pub const SEATINGS: std::ops::RangeInclusive<u32> = 2..=50;

/// What a session file says. A value that exists can be measured: names are plain and differ,
/// numbers are in their range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SessionParts", into = "SessionParts")]
pub struct SessionPlan {
    parts: SessionParts,
}

/// The parts of a session as its file has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionParts {
    /// Name of the session; kept with every seating.
    pub name: String,
    /// What the headphone is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub headphone: Option<String>,
    /// Which one of its kind: a serial number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unit: Option<String>,
    /// Who measures, in this order; each measures everything.
    #[serde(default)]
    pub operators: Vec<String>,
    /// Whether every day has seatings of its own, to learn what days do.
    #[serde(default)]
    pub daily: bool,
    /// Seatings of each state on each side.
    #[serde(default = "usual_seatings")]
    pub seatings: u32,
    /// The sides, in the order in which they are measured; none if it does not matter.
    #[serde(default)]
    pub sides: Vec<Side>,
    /// The states, in the order in which they are measured.
    pub states: Vec<SessionState>,
}

/// A state of the headphone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionState {
    /// Its name.
    pub name: String,
    /// What to do before it is measured, shown as it stands.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub instruction: Option<String>,
    /// Name of the pair of pads.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pads: Option<String>,
    /// Hours that the pads were worn.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pad_hours: Option<f64>,
    /// The day on which the pads were put onto the headphone, YYYY-MM-DD.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pads_fitted: Option<jiff::civil::Date>,
}

const fn usual_seatings() -> u32 {
    5
}

/// Why a text is no session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// A name that cannot be that of a folder.
    #[error("the {what} '{name}' is no plain name (letters, digits, blanks and - _ . + are)")]
    Name {
        /// What it names.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Two of one name.
    #[error("there are two {what} '{name}'")]
    Twice {
        /// Of what.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Nothing to measure.
    #[error("there is no [[states]] to measure")]
    NoStates,
    /// Too few or too many seatings.
    #[error("seatings = {0} does not lie between {start} and {end}", start = SEATINGS.start(), end = SEATINGS.end())]
    Seatings(u32),
    /// Hours that are none.
    #[error("the pad_hours of '{0}' are not 0 or more")]
    Hours(String),
}

impl SessionPlan {
    /// The parts.
    #[must_use]
    pub const fn parts(&self) -> &SessionParts {
        &self.parts
    }

    /// Person by person, state by state, and within it side by side: pads are harder to change than
    /// sides. A session without sides has one place for each state.
    #[must_use]
    pub fn places(&self) -> Vec<SessionPlace<'_>> {
        let SessionParts { operators, states, sides, .. } = &self.parts;
        let mut places = Vec::new();
        for operator in or_none(operators.iter().map(String::as_str)) {
            for state in states {
                let place = |side| SessionPlace { operator, state, side };
                places.extend(or_none(sides.iter().copied()).into_iter().map(place));
            }
        }
        places
    }
}

/// One state on one side by one person.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SessionPlace<'a> {
    /// Who measures, if the session says so.
    pub operator: Option<&'a str>,
    /// The state.
    pub state: &'a SessionState,
    /// The side, if the session says so.
    pub side: Option<Side>,
}

/// All of them, or one that is none.
fn or_none<T>(all: impl Iterator<Item = T>) -> Vec<Option<T>> {
    let all: Vec<Option<T>> = all.map(Some).collect();
    if all.is_empty() { vec![None] } else { all }
}

impl TryFrom<SessionParts> for SessionPlan {
    type Error = SessionError;

    fn try_from(parts: SessionParts) -> Result<Self, SessionError> {
        plain("name", &parts.name)?;
        if !SEATINGS.contains(&parts.seatings) {
            return Err(SessionError::Seatings(parts.seatings));
        }
        if parts.states.is_empty() {
            return Err(SessionError::NoStates);
        }
        for (i, state) in parts.states.iter().enumerate() {
            plain("state", &state.name)?;
            // Two folders whose names differ in case alone are one to many systems.
            let same =
                |other: &SessionState| other.name.to_lowercase() == state.name.to_lowercase();
            if parts.states[..i].iter().any(same) {
                return Err(SessionError::Twice { what: "states", name: state.name.clone() });
            }
            if state.pad_hours.is_some_and(|hours| !(hours >= 0.0 && hours.is_finite())) {
                return Err(SessionError::Hours(state.name.clone()));
            }
        }
        for (i, operator) in parts.operators.iter().enumerate() {
            plain("operator", operator)?;
            let same = |other: &String| other.to_lowercase() == operator.to_lowercase();
            if parts.operators[..i].iter().any(same) {
                return Err(SessionError::Twice { what: "operators", name: operator.clone() });
            }
        }
        for (i, side) in parts.sides.iter().enumerate() {
            if parts.sides[..i].contains(side) {
                return Err(SessionError::Twice { what: "sides", name: side.to_string() });
            }
        }
        Ok(Self { parts })
    }
}

impl From<SessionPlan> for SessionParts {
    fn from(plan: SessionPlan) -> Self {
        plan.parts
    }
}

impl fmt::Display for SessionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A name that is also that of a folder on any system.
fn plain(what: &'static str, name: &str) -> Result<(), SessionError> {
    const LONGEST: usize = 64;
    let allowed = |c: char| c.is_alphanumeric() || " -_.+".contains(c);
    let edges = |c: char| c.is_alphanumeric() || c == '+';
    let is_plain = (1..=LONGEST).contains(&name.chars().count())
        && name.chars().all(allowed)
        && name.starts_with(edges)
        && name.ends_with(edges);
    if is_plain { Ok(()) } else { Err(SessionError::Name { what, name: name.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SessionPlan, String> {
        toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())
    }

    #[test]
    fn sides_follow_each_other_within_a_state() {
        let plan = read(
            "name = 'a'\nsides = ['left', 'right']\n[[states]]\nname = 'worn'\n[[states]]\nname = 'new'",
        );
        let plan = plan.unwrap();
        let names: Vec<String> =
            plan.places().iter().map(|at| format!("{} {}", at.state, at.side.unwrap())).collect();
        assert_eq!(names, ["worn left", "worn right", "new left", "new right"]);
        assert_eq!(plan.parts().seatings, 5);
    }

    #[test]
    fn a_session_without_sides_has_one_place_for_each_state() {
        let plan = read("name = 'a'\n[[states]]\nname = 'worn'").unwrap();
        assert_eq!(plan.places().len(), 1);
        assert_eq!((plan.places()[0].side, plan.places()[0].operator), (None, None));
    }

    #[test]
    fn every_person_measures_everything() {
        let plan = read(
            "name = 'a'\noperators = ['Ann', 'Bob']\ndaily = true\n[[states]]\nname = 'x'\n[[states]]\nname = 'y'",
        );
        let plan = plan.unwrap();
        let names: Vec<String> = plan
            .places()
            .iter()
            .map(|at| format!("{} {}", at.operator.unwrap(), at.state))
            .collect();
        assert_eq!(names, ["Ann x", "Ann y", "Bob x", "Bob y"]);
    }

    #[test]
    fn what_makes_no_session_is_refused_with_the_reason() {
        let cases = [
            ("name = 'a'\nstates = []", "no [[states]]"),
            ("name = '../a'\n[[states]]\nname = 'x'", "no plain name"),
            ("name = 'a'\n[[states]]\nname = 'x/y'", "no plain name"),
            ("name = 'a'\n[[states]]\nname = '.'", "no plain name"),
            ("name = 'a'\n[[states]]\nname = 'x'\n[[states]]\nname = 'X'", "two states 'X'"),
            ("name = 'a'\nsides = ['left', 'left']\n[[states]]\nname = 'x'", "two sides"),
            ("name = 'a'\noperators = ['A', 'a']\n[[states]]\nname = 'x'", "two operators 'a'"),
            ("name = 'a'\noperators = ['']\n[[states]]\nname = 'x'", "no plain name"),
            ("name = 'a'\nseatings = 1\n[[states]]\nname = 'x'", "between 2 and 50"),
            ("name = 'a'\n[[states]]\nname = 'x'\npad_hours = -1", "pad_hours"),
            ("name = 'a'\n[[states]]\nname = 'x'\npad_hours = nan", "pad_hours"),
            ("name = 'a'\n[[states]]\nname = 'x'\npads_fitted = '2025-02-30'", "day"),
            ("name = 'a'\n[[states]]\nname = 'x'\ncolour = 'red'", "colour"),
        ];
        for (text, reason) in cases {
            let error = read(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
