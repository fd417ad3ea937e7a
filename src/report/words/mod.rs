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
mod matching;
mod matrix;
mod measurement;
pub mod monitor;
mod placements;
mod repeatability;
mod seal;
mod seatings;
mod source;
mod states;
mod verification;
mod wear;

pub use cable::cables;
pub use curves::curves;
pub use damping::damping;
pub use drive::drive;
pub use evidence::evidence;
pub use inferred::inferred;
pub use leak::leaks;
pub use matching::{channels, isolation, leakage};
pub use matrix::matrix;
pub use measurement::{findings, measurement};
pub use placements::{consistency, placements};
pub use repeatability::repeatability;
pub use seal::seal;
pub use seatings::{seating, seatings};
pub use source::source;
pub use states::{basis, states};
pub use verification::verifications;
pub use wear::wear;

pub(super) use evidence::{chance, named as figure_name, unit as figure_unit};
pub(super) use repeatability::{band_name, cause_name};

pub(super) use seal::diameter;

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
