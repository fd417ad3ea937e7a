//! Decides where everything in a figure goes, in CSS pixels from the upper left corner.
//!
//! Nothing here knows a file format: the outcome is a list of marks that a back end writes down.

mod across;
mod axis;
mod callout;
mod chart;
mod curve;
mod end_label;
mod frequency_axis;
mod header;
mod heat_map;
mod legend;
mod lettering;
mod mark;
mod ohm_axis;
mod page;
mod panel;
mod projection;
mod sheet;

pub(crate) use chart::chart_page;
pub(crate) use heat_map::heat_map_page;
pub(crate) use lettering::SEPARATOR;
pub(crate) use mark::{Anchor, Face, Mark, Xy};
pub(crate) use page::{Page, page};
pub use sheet::Width;
