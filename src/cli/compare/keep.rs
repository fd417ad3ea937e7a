//! What all comparisons understand: where to write, and where curves are laid upon each other.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::figures::{self, Drawing};
use crate::cli::output::counted;
use crate::cli::{Common, LibraryRoot};
use crate::model::Normalisation;
use crate::plot::Caption;
use crate::quantity::Frequency;
use crate::store::Overwrite;

#[derive(Debug, Args)]
#[command(next_help_heading = "Result")]
pub(super) struct KeepComparison {
    /// Write data and figures to this folder
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Overwrite files that exist
    #[arg(long)]
    force: bool,
    /// Title of the figures
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    #[command(flatten)]
    drawing: Drawing,
    #[command(flatten)]
    pub(super) library: LibraryRoot,
    #[command(flatten)]
    pub(super) common: Common,
}

impl KeepComparison {
    pub(super) fn caption(&self, title: &str, sample: Option<String>, simulated: bool) -> Caption {
        let title = self.title.clone().unwrap_or_else(|| title.to_owned());
        figures::caption_today(title, sample, simulated)
    }

    /// Writes data and figures of a result, if there is a folder for them; how many pictures that are.
    pub(super) fn written<T>(
        &self,
        found: &T,
        caption: &Caption,
        write: impl FnOnce(&Path, &T, &Caption, Drawing, Overwrite) -> Result<usize, Failure>,
    ) -> Result<usize, Failure> {
        let Some(folder) = &self.output else { return Ok(0) };
        let overwrite = if self.force { Overwrite::Allow } else { Overwrite::Refuse };
        write(folder, found, caption, self.drawing, overwrite)
    }

    /// What is said below the tables.
    pub(super) fn summary(&self, simulated: bool, figures: usize) -> String {
        let stored = match &self.output {
            Some(folder) => {
                format!("stored in {}, {}", folder.display(), counted(figures, "picture"))
            }
            None => "figures and data are written with -o DIR".to_owned(),
        };
        format!("{}{stored}\n", if simulated { "simulated\n" } else { "" })
    }
}

/// A normalisation as it is typed.
#[derive(Debug, Clone, Copy)]
pub(super) struct NormalisationArg(pub(super) Normalisation);

impl FromStr for NormalisationArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("none") {
            return Ok(Self(Normalisation::None));
        }
        if text.eq_ignore_ascii_case("broadband") {
            return Ok(Self(Normalisation::Broadband));
        }
        let hz = |part: &str| part.parse::<Frequency>().map_err(|error| error.to_string());
        let band = text.split_once('-').or_else(|| text.split_once('–'));
        let Some((from, to)) = band else { return Ok(Self(Normalisation::At(hz(text)?))) };
        let (from, to) = (hz(from)?, hz(to)?);
        if from >= to {
            return Err(format!("the band '{text}' ends before it begins"));
        }
        Ok(Self(Normalisation::Over(from, to)))
    }
}
