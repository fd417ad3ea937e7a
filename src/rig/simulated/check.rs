//! What a scenario may hold.

use crate::quantity::SampleRate;

/// Why a text is not a scenario, or a scenario cannot be simulated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScenarioError {
    /// The text is not TOML, or a key is missing, unknown or of the wrong kind.
    #[error("not a scenario: {0}")]
    Toml(String),
    /// A value outside its range.
    #[error("{section}.{key} of {value} must be {expected}")]
    Value {
        /// The table of the value.
        section: String,
        /// Its key.
        key: &'static str,
        /// What was found.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// A scenario without any state.
    #[error("a scenario needs at least one [[states]]")]
    NoState,
    /// Two states have one name.
    #[error("two states have the name '{0}'")]
    DuplicateState(String),
    /// A state that the scenario does not have.
    #[error("no state '{wanted}' (there is {known})")]
    UnknownState {
        /// What was asked for.
        wanted: String,
        /// The names there are.
        known: String,
    },
}

/// Checks the values of one table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Check<'a> {
    section: &'a str,
}

impl<'a> Check<'a> {
    pub(super) const fn of(section: &'a str) -> Self {
        Self { section }
    }

    pub(super) fn positive(self, values: &[(&'static str, f64)]) -> Result<(), ScenarioError> {
        self.all(values, "a number above zero", |value| value > 0.0)
    }

    pub(super) fn not_negative(self, values: &[(&'static str, f64)]) -> Result<(), ScenarioError> {
        self.all(values, "a number not below zero", |value| value >= 0.0)
    }

    pub(super) fn finite(self, values: &[(&'static str, f64)]) -> Result<(), ScenarioError> {
        self.all(values, "a number", |_| true)
    }

    pub(super) fn within(
        self,
        (key, value): (&'static str, f64),
        (low, high): (f64, f64),
        expected: &'static str,
    ) -> Result<(), ScenarioError> {
        self.all(&[(key, value)], expected, |value| (low..=high).contains(&value))
    }

    /// A sample rate that a recording can have.
    pub(super) fn rate(self, key: &'static str, hz: u32) -> Result<(), ScenarioError> {
        let range = (f64::from(SampleRate::MIN.hz()), f64::from(SampleRate::MAX.hz()));
        self.within((key, f64::from(hz)), range, "from 8000 to 768000")
    }

    fn all(
        self,
        values: &[(&'static str, f64)],
        expected: &'static str,
        fits: impl Fn(f64) -> bool,
    ) -> Result<(), ScenarioError> {
        match values.iter().find(|(_, value)| !(value.is_finite() && fits(*value))) {
            None => Ok(()),
            Some(&(key, value)) => {
                let section = self.section.to_owned();
                Err(ScenarioError::Value { section, key, value, expected })
            }
        }
    }
}
