//! Draws figures.

use super::draw::{Width, page};
use super::figure::Figure;
use super::theme::Theme;
use super::{png as pixels, svg as vectors};

/// Why a figure could not be drawn.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlotError {
    /// The ends of a frequency axis do not make one.
    #[error("a frequency axis from {from_hz} Hz to {to_hz} Hz is too short")]
    FrequencyRange {
        /// The lower end.
        from_hz: f64,
        /// The upper end.
        to_hz: f64,
    },
    /// The SVG could not be written.
    #[error("the figure cannot be written as SVG: {0}")]
    Svg(String),
    /// The PNG could not be made.
    #[error("the figure cannot be made into PNG: {0}")]
    Png(String),
}

/// The figure as an SVG document: 1000 CSS pixels wide, or 390 for a telephone.
///
/// Text stays text. It is set in Inter or, where that is not installed, in another sans-serif.
///
/// # Errors
///
/// When the document cannot be written.
pub fn svg(figure: &Figure, theme: Theme, width: Width) -> Result<String, PlotError> {
    vectors::document(&page(figure, theme, width), &figure.title)
}

/// The figure as a PNG file: 1600 pixels wide, or 1170 for a telephone.
///
/// # Errors
///
/// When the picture cannot be drawn or encoded.
pub fn png(figure: &Figure, theme: Theme, width: Width) -> Result<Vec<u8>, PlotError> {
    pixels::rasterised(&svg(figure, theme, width)?, width.pixels())
}
