//! Results in sentences, with the numbers that matter.
//!
//! Each function gives paragraphs of one or more sentences. A figure that is absent has no
//! sentence. Spreads and standard errors are put beside the differences; what differs beyond chance
//! is claimed of seatings alone, and with the test that says so.

mod cable;
mod curves;
mod damping;
mod drive;
mod evidence;
mod extent;
mod inferred;
mod leak;
mod matrix;
mod measurement;
mod seatings;
mod source;
mod states;
mod verification;

pub use cable::cables;
pub use curves::curves;
pub use damping::damping;
pub use drive::drive;
pub use evidence::evidence;
pub use inferred::inferred;
pub use leak::leaks;
pub use matrix::matrix;
pub use measurement::{findings, measurement};
pub use seatings::{seating, seatings};
pub use source::source;
pub use states::{basis, states};
pub use verification::verifications;

/// A name that somebody chose, in quotation marks and without control characters.
pub(super) fn quoted(name: &str) -> String {
    let printable: String = name.chars().filter(|c| !c.is_control()).collect();
    format!("“{printable}”")
}

/// Parts of a sentence in a row: `a`, `a and b`, `a, b and c`.
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A small number as a word.
fn counted(count: usize, one: &str, many: &str) -> String {
    const WORDS: [&str; 10] =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let noun = if count == 1 { one } else { many };
    match WORDS.get(count) {
        Some(word) => format!("{word} {noun}"),
        None => format!("{count} {noun}"),
    }
}

/// The text with its first letter as a capital.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
