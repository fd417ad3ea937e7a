//! Measured responses with what their tags say: from folders, or from the library.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use clap::Args;

use crate::cli::LibraryRoot;
use crate::cli::failure::Failure;
use crate::cli::figures::day;
use crate::cli::output::{Output, counted};
use crate::model::{Curve, Decision, Measurand, Trace};
use crate::quantity::unit::Decibel;
use crate::store::library::{EntryState, Library, Manifest, load};
use crate::store::seatings::decision;

/// Which measurements are meant.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Which measurements")]
pub(super) struct Filter {
    /// Only of this headphone (tag `headphone`)
    #[arg(long, value_name = "NAME")]
    pub(super) headphone: Option<String>,
    /// Only of this unit (tag `unit`)
    #[arg(long, value_name = "NAME")]
    unit: Option<String>,
    /// Only of this side (tag `side`)
    #[arg(long, value_name = "SIDE")]
    side: Option<String>,
    /// Only with this pair of pads (tag `pads`)
    #[arg(long, value_name = "NAME")]
    pads: Option<String>,
}

/// A measured response.
pub(super) struct Tagged {
    /// What it is stored under.
    pub(super) name: String,
    tags: BTreeMap<String, String>,
    /// The day on which it was made, YYYY-MM-DD.
    pub(super) day: String,
    pub(super) curve: Curve<Decibel>,
    pub(super) simulated: bool,
}

impl Filter {
    /// A filter for a headphone alone.
    pub(super) fn of_headphone(name: &str) -> Self {
        Self { headphone: Some(name.to_owned()), ..Self::default() }
    }

    fn tags(&self) -> [(&'static str, Option<&String>); 4] {
        [
            ("headphone", self.headphone.as_ref()),
            ("unit", self.unit.as_ref()),
            ("side", self.side.as_ref()),
            ("pads", self.pads.as_ref()),
        ]
    }

    fn wants(&self, manifest: &Manifest) -> bool {
        let tags = &manifest.conditions.tags;
        let matches = |(key, wanted): (&str, Option<&String>)| {
            wanted.is_none_or(|wanted| {
                tags.get(key).is_some_and(|found| found.eq_ignore_ascii_case(wanted))
            })
        };
        manifest.kind == Measurand::Response && self.tags().into_iter().all(matches)
    }

    /// Those of the library.
    pub(super) fn stored(&self, root: &LibraryRoot) -> Result<Vec<Tagged>, Failure> {
        self.in_folder(&Library::open(root.folder()?))
    }

    /// Those in folders: of measurements, or of folders of them, as deep as sessions go; a name that is no folder is looked
    /// up in the library.
    pub(super) fn named(
        &self,
        files: &[String],
        root: &LibraryRoot,
    ) -> Result<Vec<Tagged>, Failure> {
        let mut found = Vec::new();
        for file in files {
            let path = Path::new(file);
            if path.is_file() {
                return Err(Failure::usage(format!(
                    "'{file}' is a file, whose headphone, pads and day are not known"
                )));
            }
            let folder = if path.is_dir() {
                path.to_owned()
            } else {
                Library::open(root.folder()?).find(file)?
            };
            if !folder.join("measurement.toml").exists() {
                found.extend(self.in_folder(&Library::open(folder))?);
                continue;
            }
            found.extend(self.read(&folder)?);
        }
        Ok(found)
    }

    fn in_folder(&self, library: &Library) -> Result<Vec<Tagged>, Failure> {
        /// A session has folders for days, persons, sides and states.
        const DEPTH: usize = 4;
        let mut found = Vec::new();
        let mut left_out = 0;
        for entry in library.list_below(DEPTH)? {
            let EntryState::Complete(manifest) = &entry.state else { continue };
            if !self.wants(manifest) {
                continue;
            }
            if manifest.refused || decision(&entry.folder)? == Some(Decision::SetAside) {
                left_out += 1;
                continue;
            }
            found.extend(self.read(&entry.folder)?);
        }
        if left_out > 0 {
            Output::remark(&format!(
                "note: {} that had been refused or set aside {} left out",
                counted(left_out, "measurement"),
                if left_out == 1 { "is" } else { "are" }
            ));
        }
        Ok(found)
    }

    /// `None` of one that is not wanted, or was refused.
    fn read(&self, folder: &Path) -> Result<Option<Tagged>, Failure> {
        let stored = load(folder)?;
        let Some(Trace::Response(polar)) = &stored.trace else { return Ok(None) };
        let conditions = &stored.manifest.conditions;
        Ok(self.wants(&stored.manifest).then(|| Tagged {
            name: stored.name(),
            tags: conditions.tags.clone(),
            day: day(&conditions.made_at),
            curve: polar.magnitude().clone(),
            simulated: conditions.is_simulated(),
        }))
    }
}

impl Tagged {
    /// What a tag says; nothing and blanks are no tag.
    pub(super) fn tag(&self, key: &str) -> Option<&str> {
        self.tags.get(key).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The tags by the keys, with nothing for one that is not there.
    pub(super) fn key<const N: usize>(&self, keys: [&str; N]) -> [String; N] {
        keys.map(|key| self.tag(key).unwrap_or_default().to_owned())
    }
}

/// What a tag says of some measurements, each value once.
pub(super) fn values(measurements: &[Tagged], key: &str) -> Vec<String> {
    let all = measurements.iter().map(|m| m.tag(key).unwrap_or_default().to_owned());
    all.collect::<BTreeSet<_>>().into_iter().collect()
}
