//! What was noticed about a take.

mod kind;
mod words;

use serde::{Deserialize, Serialize};

pub use kind::FindingKind;
pub use words::Words;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; the result stands.
    Note,
    /// The result is affected, by as much as the message says.
    Warning,
    /// There is no result.
    Refusal,
}

/// A remark on the quality of a take or of a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What was noticed, with its figures.
    #[serde(flatten)]
    pub kind: FindingKind,
    /// How much it matters.
    pub severity: Severity,
    /// The take it was noticed in, counted from one; absent if it concerns the whole.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub take: Option<usize>,
}

impl Finding {
    /// A finding that is worth knowing.
    #[must_use]
    pub const fn note(kind: FindingKind) -> Self {
        Self { kind, severity: Severity::Note, take: None }
    }

    /// A finding that affects the result.
    #[must_use]
    pub const fn warning(kind: FindingKind) -> Self {
        Self { kind, severity: Severity::Warning, take: None }
    }

    /// A finding that leaves no result.
    #[must_use]
    pub const fn refusal(kind: FindingKind) -> Self {
        Self { kind, severity: Severity::Refusal, take: None }
    }

    /// The same finding, noticed in a take counted from one.
    #[must_use]
    pub const fn in_take(mut self, take: usize) -> Self {
        self.take = Some(take);
        self
    }

    /// Whether the take is refused.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.severity == Severity::Refusal
    }

    /// What was seen, what it does to the result and what to change, in words.
    #[must_use]
    pub fn message(&self) -> String {
        self.kind.words().message()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slug_is_the_kind_in_json() {
        let kinds = [
            FindingKind::SingleSweep { predicted: true },
            FindingKind::NoStimulus { channel: 1, statistic: 4.0, threshold: 8.0 },
            FindingKind::PolarityInverted { channel: 2 },
            FindingKind::Accepted { refusal: "clipped".to_owned() },
        ];
        for kind in kinds {
            let json = serde_json::to_value(Finding::note(kind.clone())).unwrap();
            assert_eq!(json["kind"], kind.slug());
            assert_eq!(json["severity"], "note");
        }
    }

    #[test]
    fn every_message_says_what_to_do_in_whole_words() {
        let clipped =
            FindingKind::Clipped { channel: 1, samples: 12, first_at_s: 1.5, level_dbfs: 0.0 };
        let message = Finding::refusal(clipped).message();
        assert!(message.contains("12 samples") && message.contains("Lower the input gain"));
        assert!(!message.contains("  "), "{message}");
    }
}
