//! Questions on standard error, answers from standard input.

use std::io::{self, BufRead, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use crate::cli::failure::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::progress::was_interrupted;

/// Asks, or takes what would have been answered by pressing Enter.
pub(super) struct Questions {
    /// Lines as they are typed; `None` if nobody is asked.
    answers: Option<Receiver<String>>,
}

impl Questions {
    /// Questions that are asked, or not.
    pub(super) fn new(asks: bool) -> Self {
        Self { answers: asks.then(lines) }
    }

    /// Whether somebody answers.
    pub(super) const fn are_answered(&self) -> bool {
        self.answers.is_some()
    }

    /// Says something that needs no answer, if anybody is there.
    pub(super) fn tell(&self, text: &str) {
        if self.are_answered() {
            Output::remark(text.trim_end());
        }
    }

    /// The line that was typed; `None` for an empty one, and at the end of standard input, where
    /// nobody answers any more.
    fn answer(&mut self, question: &str, default: &str) -> Result<Option<String>, Failure> {
        /// How often to look whether the user has pressed Ctrl-C instead.
        const LOOK: Duration = Duration::from_millis(50);
        let Some(answers) = &self.answers else { return Ok(None) };
        let mut stderr = io::stderr().lock();
        // Nobody is left to ask if standard error is closed.
        let _ = write!(stderr, "{question} [{default}]: ").and_then(|()| stderr.flush());
        drop(stderr);
        loop {
            match answers.recv_timeout(LOOK) {
                Ok(line) => {
                    let line = line.trim().to_owned();
                    return Ok((!line.is_empty()).then_some(line));
                }
                Err(RecvTimeoutError::Timeout) if was_interrupted() => {
                    return Err(Failure::new(Exit::Interrupted, "interrupted"));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    Output::remark("");
                    self.answers = None;
                    return Ok(None);
                }
            }
        }
    }

    /// A value that is parsed; asked again until it can be.
    pub(super) fn value<T>(
        &mut self,
        question: &str,
        default: (&str, T),
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Failure> {
        loop {
            let Some(answer) = self.answer(question, default.0)? else { return Ok(default.1) };
            match parse(&answer) {
                Ok(value) => return Ok(value),
                Err(reason) => Output::remark(&format!("  {reason}")),
            }
        }
    }

    /// One of several, by its number.
    pub(super) fn choice(
        &mut self,
        question: &str,
        options: &[String],
        default: usize,
    ) -> Result<usize, Failure> {
        self.tell(question);
        for (i, option) in options.iter().enumerate() {
            self.tell(&format!("  {}  {option}", i + 1));
        }
        let last = options.len();
        self.value("number", (&(default + 1).to_string(), default), |answer| {
            let number = answer.parse::<usize>().ok().filter(|n| (1..=last).contains(n));
            number.map(|n| n - 1).ok_or_else(|| format!("a number from 1 to {last}, please"))
        })
    }

    /// Yes or no.
    pub(super) fn agrees(&mut self, question: &str, default: bool) -> Result<bool, Failure> {
        let shown = if default { "yes" } else { "no" };
        self.value(question, (shown, default), |answer| match &*answer.to_ascii_lowercase() {
            "y" | "yes" => Ok(true),
            "n" | "no" => Ok(false),
            _ => Err("yes or no, please".to_owned()),
        })
    }
}

/// Reads standard input in a thread of its own, so that Ctrl-C is noticed while nobody types.
fn lines() -> Receiver<String> {
    // From now on Ctrl-C is a wish and no end.
    was_interrupted();
    let (send, receive) = channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    receive
}
