//! Standard output for results, standard error for everything else.

use std::io::{self, IsTerminal, Write};

use serde_json::{Value, json};

use super::failure::{Exit, Failure};
use crate::model::{Finding, Severity};
use crate::store::document;

/// A number of things, in words.
pub(super) fn counted(count: usize, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

/// Prints results; a reader that went away ends the program quietly.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// Output as text, or as one JSON document.
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints a result: the document or the text, whichever was asked for.
    ///
    /// # Errors
    ///
    /// When standard output cannot be written to for another reason than a closed pipe.
    pub(super) fn result(
        self,
        document: impl FnOnce() -> Value,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let mut printed = if self.json { document::to_text(&document()) } else { text() };
        if !printed.ends_with('\n') && !printed.is_empty() {
            printed.push('\n');
        }
        let mut stdout = io::stdout().lock();
        match stdout.write_all(printed.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::data(format!("cannot write to standard output: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Prints a document on one line, as one of many; whether anybody is left to read it.
    ///
    /// # Errors
    ///
    /// When standard output cannot be written to for another reason than a closed pipe.
    pub(super) fn line(document: &Value) -> Result<bool, Failure> {
        let mut stdout = io::stdout().lock();
        match writeln!(stdout, "{document}").and_then(|()| stdout.flush()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(Failure::data(format!("cannot write to standard output: {error}"))),
        }
    }

    /// Prints the findings of a result to standard error.
    pub(super) fn findings(findings: &[Finding]) {
        for finding in findings {
            let word = match finding.severity {
                Severity::Note => "note",
                Severity::Warning => "warning",
                Severity::Refusal => "refused",
            };
            let take = finding.take.map_or(String::new(), |take| format!(" (take {take})"));
            Self::remark(&format!("{word}{take}: {}", finding.message()));
        }
    }

    /// Prints a line to standard error.
    pub(super) fn remark(line: &str) {
        // Nobody is left to tell if standard error is closed.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// Prints a failure: to standard error, and as a document if JSON was asked for.
    pub(super) fn failure(self, failure: &Failure) {
        if failure.exit() == Exit::Bug {
            Self::remark("this is a bug in cansweep; please report it with the command you typed");
        }
        Self::remark(&format!("error: {failure}"));
        if let Some(hint) = failure.advice() {
            Self::remark(&format!("hint: {hint}"));
        }
        if self.json {
            self.failure_document(failure);
        }
    }

    /// Prints a failure as a document.
    pub(super) fn failure_document(self, failure: &Failure) {
        let mut error =
            json!({ "message": failure.to_string(), "exit_code": failure.exit() as u8 });
        if let Some(hint) = failure.advice() {
            error["hint"] = hint.into();
        }
        let document = json!({ "schema": 1, "kind": "error", "error": error });
        let _ = self.result(|| document, String::new);
    }

    /// Whether progress can be shown.
    pub(super) fn shows_progress() -> bool {
        io::stderr().is_terminal()
    }
}
