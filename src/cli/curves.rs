//! Curves that a comparison is about: from files, from measurements' folders, from the library.

use std::path::{Path, PathBuf};

use super::LibraryRoot;
use super::failure::Failure;
use super::output::Output;
use crate::model::{Budget, Curve, Decision, Measurand, Polar, Trace};
use crate::quantity::Level;
use crate::quantity::unit::{Decibel, FullScale, Ohm};
use crate::store::curve::{self, CurveFile};
use crate::store::library::Library;
use crate::store::seatings;

/// Reads curves, and remembers what was assumed about them.
pub(super) struct Curves<'a> {
    library: &'a LibraryRoot,
    any_simulated: bool,
    /// Each assumption with the files that it was made about.
    assumptions: Vec<(String, Vec<String>)>,
}

impl<'a> Curves<'a> {
    /// Curves; a name that is no file is looked up in the library.
    pub(super) const fn new(library: &'a LibraryRoot) -> Self {
        Self { library, any_simulated: false, assumptions: Vec::new() }
    }

    /// Whether a curve that was read had been computed rather than measured.
    pub(super) const fn any_simulated(&self) -> bool {
        self.any_simulated
    }

    /// The files that a name stands for: of a folder of seatings of this kind all that count, and it is said which
    /// are left out; else the name itself.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read, or none of its seatings counts.
    pub(super) fn seatings(&self, name: &str, kind: Measurand) -> Result<Vec<String>, Failure> {
        let path = Path::new(name);
        let in_library = || Ok::<_, Failure>(self.library.folder()?.join(name));
        let folder = if path.exists() { path.to_owned() } else { in_library()? };
        if !folder.is_dir() || has_curve(&folder) {
            if seatings::decision(&folder).ok().flatten() == Some(Decision::SetAside) {
                Output::remark(&format!(
                    "note: '{name}' was set aside, and was named all the same"
                ));
            }
            return Ok(vec![name.to_owned()]);
        }
        let found = seatings::behind(&folder, kind)?;
        if found.is_empty() {
            return Ok(vec![name.to_owned()]);
        }
        let (counted, left_out): (Vec<_>, Vec<_>) = found.iter().partition(|s| s.counts());
        if !left_out.is_empty() {
            let names: Vec<&str> = left_out.iter().map(|seating| seating.name.as_str()).collect();
            Output::remark(&format!(
                "note: of the seatings in '{name}' these are left out, as they were set aside or \
                 refused: {}",
                names.join(", ")
            ));
        }
        if counted.is_empty() {
            return Err(Failure::data(format!("no seating in '{name}' counts")));
        }
        Ok(counted.iter().map(|seating| seating.folder.display().to_string()).collect())
    }

    /// A curve from a file, from the folder of a measurement, or from the library.
    pub(super) fn read(&mut self, name: &str) -> Result<CurveFile, Failure> {
        let path = Path::new(name);
        let read = if path.is_dir() {
            curve::read(&curve_in(path)?)?
        } else if path.exists() {
            curve::read(path)?
        } else {
            match Library::open(self.library.folder()?).find(name) {
                Ok(folder) => curve::read(&curve_in(&folder)?)?,
                // The reader says best what is wrong with a path that is not there.
                Err(_) => curve::read(path)?,
            }
        };
        self.any_simulated |= read.simulated;
        for assumption in &read.assumptions {
            match self.assumptions.iter_mut().find(|(known, _)| known == assumption) {
                Some((_, files)) => files.push(name.to_owned()),
                None => self.assumptions.push((assumption.clone(), vec![name.to_owned()])),
            }
        }
        Ok(read)
    }

    /// The level of a response.
    pub(super) fn level(&mut self, name: &str) -> Result<Curve<Decibel>, Failure> {
        Ok(self.level_and_drive(name)?.0)
    }

    /// The level of a response, and what it was driven with where its file says so.
    pub(super) fn level_and_drive(
        &mut self,
        name: &str,
    ) -> Result<(Curve<Decibel>, Option<Level<FullScale>>), Failure> {
        let read = self.read(name)?;
        let drive = read.drive;
        match read.into_trace() {
            Trace::Response(polar) => Ok((polar.magnitude().clone(), drive)),
            Trace::Impedance(_) => {
                Err(Failure::data(format!("'{name}' is an impedance, not a response")))
            }
        }
    }

    /// The curve of an impedance.
    pub(super) fn ohms(&mut self, name: &str) -> Result<Polar<Ohm>, Failure> {
        Ok(self.ohms_and_budget(name)?.0)
    }

    /// The curve of an impedance, and what its uncertainty is made of where its file says so.
    fn ohms_and_budget(&mut self, name: &str) -> Result<(Polar<Ohm>, Option<Budget>), Failure> {
        let mut read = self.read(name)?;
        let budget = read.budget.take();
        match read.into_trace() {
            Trace::Impedance(polar) => Ok((polar, budget)),
            Trace::Response(_) => {
                Err(Failure::data(format!("'{name}' is a response, not an impedance"))
                    .hint("an impedance has a column in ohms; a .zma file always holds one"))
            }
        }
    }

    /// The curve of an impedance that will be computed with, and a remark if it has no phase.
    pub(super) fn load(&mut self, name: &str) -> Result<Polar<Ohm>, Failure> {
        Ok(self.load_and_budget(name)?.0)
    }

    /// As [`Self::load`], and what its uncertainty is made of where its file says so.
    pub(super) fn load_and_budget(
        &mut self,
        name: &str,
    ) -> Result<(Polar<Ohm>, Option<Budget>), Failure> {
        let (polar, budget) = self.ohms_and_budget(name)?;
        if polar.phase().is_none() {
            Output::remark(&format!(
                "note: '{name}' has no phase; the impedance was taken as a resistance at every \
                 frequency"
            ));
        }
        Ok((polar, budget))
    }

    /// Says what was assumed: each assumption once, however many files it was made about.
    pub(super) fn remark_on_assumptions(&self) {
        for (assumption, files) in &self.assumptions {
            match files.as_slice() {
                [file] => Output::remark(&format!("note: {file}: {assumption}")),
                _ => Output::remark(&format!("note: {} files: {assumption}", files.len())),
            }
        }
    }
}

/// The files of which a measurement's folder holds one.
const CURVES: [&str; 4] =
    ["response.json", "impedance.json", "output-impedance.json", "crosstalk.json"];

fn has_curve(folder: &Path) -> bool {
    CURVES.iter().any(|name| folder.join(name).exists())
}

/// The curve of a measurement's folder.
fn curve_in(folder: &Path) -> Result<PathBuf, Failure> {
    CURVES.into_iter().map(|name| folder.join(name)).find(|path| path.exists()).ok_or_else(|| {
        Failure::data(format!("'{}' holds no measured curve", folder.display()))
            .hint("a folder of a measurement holds response.json or impedance.json")
    })
}
