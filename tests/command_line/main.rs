//! The command line as a user and as another program meet it: every command, every exit code,
//! bad input of every kind, and the way from a stimulus to a result and back.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these are tests"
)]

mod bad_day;
mod bad_files;
mod bench;
mod cables;
mod calibrated_impedances;
mod comparisons;
mod conversions;
mod crosstalk;
mod drive;
mod endings;
mod impedances;
mod keeping;
mod kills;
mod matching;
mod matrix;
mod models;
mod monitor;
mod outputs;
mod responses;
mod seals;
mod seatings;
mod stimuli;
mod streams;
mod wear;
