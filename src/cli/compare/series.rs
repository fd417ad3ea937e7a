//! `compare source --series`: the impedance from responses behind known resistors.

use std::str::FromStr;

use clap::Args;

use crate::cli::curves::Curves;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::quantity::{Gain, Level, Resistance};
use crate::study::series::{Behind, Series};

/// The arguments that take the place of an impedance.
#[derive(Debug, Args)]
#[command(next_help_heading = "Impedance from resistors in series")]
pub(super) struct SeriesArgs {
    /// The headphone's response behind a resistor; give 0=FILE and two others or more, in place of
    /// --impedance
    #[arg(long = "series", value_name = "OHM=FILE", conflicts_with = "impedance")]
    series: Vec<BehindFile>,
    /// The drive level of the response behind a resistor, in place of what its file says
    #[arg(
        long,
        value_name = "OHM=DB[,OHM=DB…]",
        value_delimiter = ',',
        allow_hyphen_values = true,
        requires = "series",
        conflicts_with = "impedance"
    )]
    series_level: Vec<DriveLevel>,
}

/// `OHM=FILE`.
#[derive(Debug, Clone)]
struct BehindFile {
    resistor: Resistance,
    file: String,
}

impl FromStr for BehindFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (resistor, file) = halves(text, "OHM=FILE")?;
        Ok(Self { resistor, file: file.to_owned() })
    }
}

/// `OHM=DB`.
#[derive(Debug, Clone, Copy)]
struct DriveLevel {
    resistor: Resistance,
    level: Gain,
}

impl FromStr for DriveLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (resistor, level) = halves(text, "OHM=DB")?;
        Ok(Self { resistor, level: level.parse().map_err(|error| format!("{error}"))? })
    }
}

/// What stands before the first `=`, which is a resistance, and what behind it.
fn halves<'a>(text: &'a str, form: &str) -> Result<(Resistance, &'a str), String> {
    let (resistor, rest) = text
        .split_once('=')
        .filter(|(_, rest)| !rest.trim().is_empty())
        .ok_or_else(|| format!("'{text}' is not {form}"))?;
    Ok((resistor.parse().map_err(|error| format!("{error}"))?, rest))
}

/// A response with the drive level that its file states, in decibels.
struct Read {
    behind: Behind,
    drive_db: Option<f64>,
}

impl Read {
    /// The response for a drive of 0 dBFS, if its own is known.
    fn at_one_drive(self) -> Behind {
        let Self { behind, drive_db } = self;
        Behind { level: behind.level.shifted(-drive_db.unwrap_or(0.0)), ..behind }
    }
}

impl SeriesArgs {
    /// The impedance that follows from the responses.
    pub(super) fn inferred(&self, curves: &mut Curves) -> Result<Series, Failure> {
        let mut read = read(curves, &self.series)?;
        self.override_levels(&mut read)?;
        let known = read.iter().filter(|read| read.drive_db.is_some()).count();
        if known == 0 {
            Output::remark("note: no file states its drive level; levels are taken as they are");
        } else if let Some(at) = read.iter().position(|read| read.drive_db.is_none()) {
            let file = &self.series[at];
            return Err(Failure::data(format!(
                "'{}' does not state its drive level, and others do: their levels cannot be \
                 compared",
                file.file
            ))
            .hint(format!("state it as --series-level {}=DB", file.resistor.ohm())));
        }
        let responses: Vec<Behind> = read.into_iter().map(Read::at_one_drive).collect();
        Ok(Series::new(&responses)?)
    }

    fn override_levels(&self, read: &mut [Read]) -> Result<(), Failure> {
        for stated in &self.series_level {
            let same = |read: &&mut Read| read.behind.resistor == stated.resistor;
            let Some(read) = read.iter_mut().find(same) else {
                return Err(Failure::usage(format!(
                    "--series-level for {}, and no --series has that resistor",
                    stated.resistor
                )));
            };
            read.drive_db = Some(stated.level.db());
        }
        Ok(())
    }
}

fn read(curves: &mut Curves, files: &[BehindFile]) -> Result<Vec<Read>, Failure> {
    let one = |BehindFile { resistor, file }: &BehindFile| {
        let (level, drive) = curves.level_and_drive(file)?;
        let behind = Behind { resistor: *resistor, level };
        Ok(Read { behind, drive_db: drive.map(Level::db) })
    };
    files.iter().map(one).collect()
}
