//! Figures as data, drawn as SVG and PNG.
//!
//! A [`Figure`] says what is to be seen: curves, bands, reference lines, remarks. The builders in
//! [`figures`] make one from results; [`render`] draws it, at two widths and in two themes.
//! Drawing decides everything else: ranges, ticks, where labels go.

mod chart;
mod draw;
mod figure;
pub mod figures;
mod heat_map;
mod png;
pub mod render;
#[cfg(test)]
mod sample;
mod svg;
mod theme;

pub use chart::{Across, Chart, ChartPoint, ChartTrace, Form};
pub use draw::Width;
pub use figure::{
    Annotation, Band, BandPoint, Figure, FrequencyAxis, Panel, Point, ReferenceLine, Scale, Series,
    Spacing, Stroke, ValueAxis, Weight,
};
pub use figures::{Caption, Seatings};
pub use heat_map::{Head, HeatCell, HeatMap, HeatRow};
pub use render::{Drawable, PlotError};
pub use theme::Theme;
