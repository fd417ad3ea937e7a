//! The names of the curve formats.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::model::TraceKind;

/// A file format for curves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurveFormat {
    /// Our own document for machines.
    Json,
    /// Our own table: units in the column names, comments above.
    Csv,
    /// The text export of Room EQ Wizard, of a response or an impedance.
    Rew,
    /// Hz, dB and degrees, for loudspeaker programs.
    Frd,
    /// Hz, ohms and degrees, for loudspeaker programs.
    Zma,
    /// The impedance export of DATS: Hz, ohms and degrees in padded columns, no header.
    Dats,
    /// The text export of LIMP, of an impedance.
    Limp,
    /// A measurement for AutoEq: `frequency,raw`.
    AutoEq,
    /// Plain columns, as squig sites read them: frequency, tab, decibels.
    Text,
}

/// A text that names no curve format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a curve format (expected json, csv, rew, frd, zma, dats, limp, autoeq or txt)"
)]
pub struct UnknownCurveFormat(String);

/// A format that cannot hold what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatMismatch {
    /// The format is made for the other kind of curve.
    #[error("the format {format} cannot hold {}", kind_words(*kind))]
    Kind {
        /// The format.
        format: CurveFormat,
        /// What should go into it.
        kind: TraceKind,
    },
    /// The file's name does not say which format is wanted.
    #[error(
        "the name '{}' does not say which format is wanted \
         (expected .json, .csv, .frd, .zma or .txt, or a format named)",
        path.display()
    )]
    Extension {
        /// The file.
        path: PathBuf,
    },
}

const fn kind_words(kind: TraceKind) -> &'static str {
    match kind {
        TraceKind::Response => "a response",
        TraceKind::Impedance => "an impedance",
    }
}

impl CurveFormat {
    /// Every format.
    pub const ALL: [Self; 9] = [
        Self::Json,
        Self::Csv,
        Self::Rew,
        Self::Frd,
        Self::Zma,
        Self::Dats,
        Self::Limp,
        Self::AutoEq,
        Self::Text,
    ];

    /// The name as the user writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Rew => "rew",
            Self::Frd => "frd",
            Self::Zma => "zma",
            Self::Dats => "dats",
            Self::Limp => "limp",
            Self::AutoEq => "autoeq",
            Self::Text => "txt",
        }
    }

    /// The format for a file: the one that is wanted, else the one its extension names.
    ///
    /// # Errors
    ///
    /// When the extension names none, or the format cannot hold such a curve.
    pub fn choose(
        path: &Path,
        wanted: Option<Self>,
        kind: TraceKind,
    ) -> Result<Self, FormatMismatch> {
        wanted
            .or_else(|| Self::of_extension(path))
            .ok_or_else(|| FormatMismatch::Extension { path: path.to_owned() })?
            .holding(kind)
    }

    /// This format, if it can hold a curve of the kind.
    ///
    /// # Errors
    ///
    /// When it cannot.
    pub fn holding(self, kind: TraceKind) -> Result<Self, FormatMismatch> {
        match (self, kind) {
            (Self::Zma | Self::Dats | Self::Limp, TraceKind::Response)
            | (Self::Frd | Self::AutoEq, TraceKind::Impedance) => {
                Err(FormatMismatch::Kind { format: self, kind })
            }
            _ => Ok(self),
        }
    }

    fn of_extension(path: &Path) -> Option<Self> {
        match extension(path).as_str() {
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            "frd" => Some(Self::Frd),
            "zma" => Some(Self::Zma),
            "txt" => Some(Self::Text),
            _ => None,
        }
    }
}

/// The extension of a file's name in lower case; empty if there is none.
pub(super) fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

impl fmt::Display for CurveFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for CurveFormat {
    type Err = UnknownCurveFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim().trim_start_matches('.').to_ascii_lowercase();
        match name.as_str() {
            "text" | "plain" | "squig" | "crin" | "cringraph" => Ok(Self::Text),
            name => Self::ALL
                .into_iter()
                .find(|format| format.name() == name)
                .ok_or_else(|| UnknownCurveFormat(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_read_by_its_name() {
        for format in CurveFormat::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert!("xls".parse::<CurveFormat>().is_err());
    }

    #[test]
    fn a_format_for_the_other_kind_of_curve_is_refused() {
        let (response, impedance) = (TraceKind::Response, TraceKind::Impedance);
        let choose = |name: &str, kind| CurveFormat::choose(Path::new(name), None, kind);
        assert_eq!(
            choose("a.zma", response).unwrap_err().to_string(),
            "the format zma cannot hold a response"
        );
        assert!(choose("a.frd", impedance).is_err());
        assert!(CurveFormat::AutoEq.holding(impedance).is_err());
        assert_eq!(choose("a.ZMA", impedance), Ok(CurveFormat::Zma));
        assert!(choose("a.png", response).unwrap_err().to_string().contains("'a.png'"));
    }
}
