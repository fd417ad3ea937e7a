//! Questions to the person at the bench: asked on standard error, answered on standard input, so
//! that they work in a pipe and leave the result alone.

use std::io::{self, BufRead, Write};

use crate::cli::failure::{Exit, Failure};
use crate::cli::output::Output;

/// Asks and waits for a line. `None` if nobody is there to answer.
///
/// # Errors
///
/// When standard input cannot be read.
pub(in crate::cli) fn ask(question: &str) -> Result<Option<String>, Failure> {
    let mut stderr = io::stderr().lock();
    // Nobody is left to ask if standard error is closed; the answer may come all the same.
    let _ = write!(stderr, "{question} ").and_then(|()| stderr.flush());
    drop(stderr);
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(0) => {
            Output::remark("");
            Ok(None)
        }
        Ok(_) => Ok(Some(line.trim().to_owned())),
        Err(error) => {
            Err(Failure::new(Exit::Usage, format!("cannot read standard input: {error}")))
        }
    }
}

/// Asks until the answer can be read; an empty one, or none, is no answer.
///
/// # Errors
///
/// When standard input cannot be read.
pub(in crate::cli) fn ask_for<T, E: std::fmt::Display>(
    question: &str,
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>, Failure> {
    loop {
        let Some(answer) = ask(question)?.filter(|answer| !answer.is_empty()) else {
            return Ok(None);
        };
        match read(&answer) {
            Ok(value) => return Ok(Some(value)),
            Err(error) => Output::remark(&error.to_string()),
        }
    }
}
