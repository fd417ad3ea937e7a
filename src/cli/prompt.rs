//! Questions to the person at the bench: asked on standard error, answered on standard input, so
//! that they work in a pipe and leave the result alone.

use std::io::{self, BufRead, Write};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use crate::cli::failure::{Exit, Failure};
use crate::cli::output::Output;

/// What standard input gives: lines, and once why there are no more.
type Lines = Receiver<io::Result<String>>;

/// Standard input, line by line. It is read by a thread, so that something else can be waited for at
/// the same time.
fn lines() -> &'static Mutex<Lines> {
    static LINES: OnceLock<Mutex<Lines>> = OnceLock::new();
    LINES.get_or_init(|| {
        let (sender, receiver) = channel();
        thread::spawn(move || {
            for line in io::stdin().lock().lines() {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Mutex::new(receiver)
    })
}

/// Writes a question, without waiting for the answer.
pub(in crate::cli) fn pose(question: &str) {
    let mut stderr = io::stderr().lock();
    // Nobody is left to ask if standard error is closed; the answer may come all the same.
    let _ = write!(stderr, "{question} ").and_then(|()| stderr.flush());
}

/// Asks and waits for a line. `None` if nobody is there to answer.
///
/// # Errors
///
/// When standard input cannot be read.
pub(in crate::cli) fn ask(question: &str) -> Result<Option<String>, Failure> {
    pose(question);
    let answer = lines().lock().unwrap_or_else(PoisonError::into_inner).recv();
    let Ok(line) = answer else {
        Output::remark("");
        return Ok(None);
    };
    Ok(Some(typed(line)?))
}

/// What has been answered by now, if anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum Typed {
    /// Nothing yet.
    NotYet,
    /// This line.
    Line(String),
    /// Nothing, and nobody is there to answer.
    Nobody,
}

/// Looks whether a line was typed, without waiting.
///
/// # Errors
///
/// When standard input cannot be read.
pub(in crate::cli) fn answered() -> Result<Typed, Failure> {
    match lines().lock().unwrap_or_else(PoisonError::into_inner).try_recv() {
        Ok(line) => Ok(Typed::Line(typed(line)?)),
        Err(TryRecvError::Empty) => Ok(Typed::NotYet),
        Err(TryRecvError::Disconnected) => Ok(Typed::Nobody),
    }
}

fn typed(line: io::Result<String>) -> Result<String, Failure> {
    let unreadable =
        |error| Failure::new(Exit::Usage, format!("cannot read standard input: {error}"));
    Ok(line.map_err(unreadable)?.trim().to_owned())
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
