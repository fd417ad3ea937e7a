//! Seatings as they are typed: files with commas between them, with or without a name.

use std::path::Path;
use std::str::FromStr;

use crate::cli::curves::Curves;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, counted};
use crate::dsp::smoothing::smoothed_level;
use crate::model::{Curve, Measurand, Polar, Trace};
use crate::quantity::unit::{Decibel, FullScale};
use crate::quantity::{Level, Smoothing};
use crate::study::states::State;

/// `FILE[,FILE…]`, at least one.
#[derive(Debug, Clone)]
pub(super) struct Files(pub(super) Vec<String>);

impl Files {
    /// All of several lists.
    pub(super) fn joined(lists: &[Self]) -> Self {
        Self(lists.iter().flat_map(|list| list.0.clone()).collect())
    }

    /// The files, and of folders of seatings those that count.
    pub(super) fn seatings(
        &self,
        curves: &Curves<'_>,
        kind: Measurand,
    ) -> Result<Vec<String>, Failure> {
        let files = self.0.iter().map(|file| curves.seatings(file, kind));
        Ok(files.collect::<Result<Vec<_>, _>>()?.concat())
    }
}

impl FromStr for Files {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A file whose name holds a comma is still one file.
        let files: Vec<String> = if Path::new(text).exists() {
            vec![text.to_owned()]
        } else {
            text.split(',').filter(|file| !file.is_empty()).map(str::to_owned).collect()
        };
        if files.is_empty() {
            return Err(format!("'{text}' is not FILE[,FILE…]"));
        }
        Ok(Self(files))
    }
}

/// `NAME=FILE[,FILE…]`.
#[derive(Debug, Clone)]
pub(super) struct NamedFiles {
    /// The name, not empty.
    pub(super) name: String,
    /// The files.
    pub(super) files: Files,
}

impl FromStr for NamedFiles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || format!("'{text}' is not NAME=FILE[,FILE…]");
        let (name, files) = text.split_once('=').ok_or_else(refuse)?;
        let files = files.parse().map_err(|_| refuse())?;
        if name.trim().is_empty() {
            return Err(refuse());
        }
        Ok(Self { name: name.trim().to_owned(), files })
    }
}

/// A curve, smoothed.
pub(super) fn smoothed(
    curve: Curve<Decibel>,
    smoothing: Smoothing,
) -> Result<Curve<Decibel>, Failure> {
    if smoothing == Smoothing::None {
        return Ok(curve);
    }
    let level = curve.values().to_vec();
    let values = smoothed_level(curve.hz(), &level, smoothing);
    let other = Curve::new(curve.grid().clone(), values.into()).map_err(Failure::data)?;
    match curve.u() {
        Some(u) => other.with_u(u.clone()).map_err(Failure::data),
        None => Ok(other),
    }
}

/// A response with the level that it was driven with, where its file says so.
struct Driven {
    file: String,
    polar: Polar<Decibel>,
    drive: Option<Level<FullScale>>,
}

/// Seatings at one drive level.
pub(super) struct Seatings {
    /// What they are seatings of.
    name: String,
    /// Their curves.
    pub(super) curves: Vec<Polar<Decibel>>,
}

impl From<Seatings> for State {
    fn from(seatings: Seatings) -> Self {
        let levels = seatings.curves.iter().map(|polar| polar.magnitude().clone());
        Self { name: seatings.name, seatings: levels.collect() }
    }
}

/// Sets of seatings whose levels are compared as they were measured.
pub(super) struct Levels<'a> {
    curves: Curves<'a>,
    sets: Vec<(String, Vec<Driven>)>,
    own_time: bool,
}

impl<'a> Levels<'a> {
    /// None yet.
    pub(super) const fn new(curves: Curves<'a>) -> Self {
        Self { curves, sets: Vec::new(), own_time: false }
    }

    /// Reads the seatings of a set.
    pub(super) fn read(&mut self, name: &str, files: &Files) -> Result<(), Failure> {
        let mut set: Vec<Driven> = Vec::new();
        for file in files.seatings(&self.curves, Measurand::Response)? {
            if set.iter().any(|earlier| earlier.file == file) {
                let message = format!("'{file}' is given twice as a seating of '{name}'");
                return Err(Failure::usage(message).hint("every seating counts once"));
            }
            let read = self.curves.read(&file)?;
            let drive = read.drive;
            self.own_time |= read.own_time;
            let Trace::Response(polar) = read.into_trace() else {
                return Err(Failure::data(format!("'{file}' is an impedance, not a response")));
            };
            set.push(Driven { file, polar, drive });
        }
        self.sets.push((name.to_owned(), set));
        Ok(())
    }

    /// Whether a curve has its time zero where its own sound arrives.
    pub(super) const fn own_time(&self) -> bool {
        self.own_time
    }

    /// Whether a curve that was read had been computed rather than measured.
    pub(super) const fn any_simulated(&self) -> bool {
        self.curves.any_simulated()
    }

    /// The sets in the order in which they were read, at the drive level of the first file, smoothed.
    ///
    /// # Errors
    ///
    /// When some files state a drive level and others do not: their levels say nothing together.
    pub(super) fn at_one_drive(self, smoothing: Smoothing) -> Result<Vec<Seatings>, Failure> {
        self.curves.remark_on_assumptions();
        let all = || self.sets.iter().flat_map(|(_, set)| set);
        let stated: Vec<f64> = all().filter_map(|driven| driven.drive).map(Level::db).collect();
        let silent = all().find(|driven| driven.drive.is_none());
        if let (Some(silent), false) = (silent, stated.is_empty()) {
            let message = format!(
                "'{}' does not state its drive level, and others do: their levels cannot be \
                 compared",
                silent.file
            );
            let hint = "export all files alike; or strip the line 'Format:' from those that have it \
                        if all were driven alike";
            return Err(Failure::data(message).hint(hint));
        }
        let base_db = stated.first().copied().unwrap_or_default();
        if stated.iter().any(|&db| db.total_cmp(&base_db).is_ne()) {
            Output::remark(&format!(
                "note: the files were driven at different levels; all were moved to {base_db} dBFS"
            ));
        }
        let level = |driven: Driven| -> Result<Polar<Decibel>, Failure> {
            let less_db = driven.drive.map_or(0.0, |drive| drive.db() - base_db);
            let magnitude = driven.polar.magnitude().shifted(-less_db);
            let magnitude = smoothed(magnitude, smoothing)?;
            match driven.polar.phase() {
                Some(phase) => Polar::new(magnitude, phase.clone()).map_err(Failure::data),
                None => Ok(Polar::of_magnitude(magnitude)),
            }
        };
        let set = |(name, set): (String, Vec<Driven>)| {
            let curves = set.into_iter().map(level).collect::<Result<_, Failure>>()?;
            Ok(Seatings { name, curves })
        };
        self.sets.into_iter().map(set).collect()
    }
}

/// What a comparison rests on, from how many seatings its sets have: for the caption of a figure.
pub(super) fn sample(counts: &[usize]) -> Option<String> {
    let (fewest, most) = (counts.iter().min()?, counts.iter().max()?);
    Some(if fewest == most {
        format!("n = {} each", counted(*most, "seating"))
    } else {
        format!("n = {fewest} to {most} seatings")
    })
}
