//! Documents for people: sentences, tables and pages.
//!
//! [`words`] says in sentences what a result holds, [`summary`] puts its figures into a [`Table`],
//! [`text`] writes tables for a terminal, and [`page`] writes a self-contained HTML page. Results
//! come in as model types, pictures as file names; nothing here reads a file or a clock.

mod budget;
pub mod cable;
pub mod curves;
mod digits;
pub mod drive;
pub mod matching;
pub mod matrix;
pub mod page;
mod reading;
pub mod repeatability;
pub mod seal;
#[cfg(test)]
mod specimen;
pub mod summary;
mod table;
pub mod text;
pub mod wear;
pub mod words;

pub use budget::budget;
pub use page::{Download, Page, Picture, ReportError, Section, Themed};
pub use table::{Align, Column, Table};
