//! `compare source --verify`: responses that were measured on sources.

use std::str::FromStr;

use crate::cli::curves::Curves;
use crate::cli::failure::Failure;
use crate::model::{MeasuredOutput, Source};
use crate::quantity::unit::FullScale;
use crate::quantity::{Level, Resistance};
use crate::study::source::OnSource;

/// `SOURCE=FILE`.
#[derive(Debug, Clone)]
pub(super) struct OnSourceFile {
    source: String,
    file: String,
}

impl FromStr for OnSourceFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let halves = text.split_once('=').map(|(source, file)| (source.trim(), file.trim()));
        match halves {
            Some((source, file)) if !source.is_empty() && !file.is_empty() => {
                Ok(Self { source: source.to_owned(), file: file.to_owned() })
            }
            _ => Err(format!("'{text}' is not SOURCE=FILE")),
        }
    }
}

impl OnSourceFile {
    /// The response, moved by the difference of the drives if its own is stated and the one that
    /// it will be compared with is known.
    pub(super) fn read(
        &self,
        curves: &mut Curves,
        outputs: &[MeasuredOutput],
        drive: Option<Level<FullScale>>,
    ) -> Result<OnSource, Failure> {
        let source = named(&self.source, outputs)?;
        let (level, own) = curves.level_and_drive(&self.file)?;
        let by = own.zip(drive).map_or(0.0, |(own, drive)| drive.db() - own.db());
        Ok(OnSource { source, level: level.shifted(by) })
    }
}

/// The measured output of that name, or a resistance.
pub(super) fn named(text: &str, outputs: &[MeasuredOutput]) -> Result<Source, Failure> {
    if let Some(output) = outputs.iter().find(|output| output.name == text) {
        return Ok(Source::Measured(output.clone()));
    }
    text.parse::<Resistance>().map(Source::Resistance).map_err(|error| {
        Failure::usage(format!("'{text}' is no --source, and {error}"))
            .hint("name a source by its resistance, or as in --source NAME=FILE")
    })
}
