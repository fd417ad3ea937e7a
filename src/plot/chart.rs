//! Values over time, or beside each other, as plain data.

use super::figure::{ReferenceLine, ValueAxis};

/// One chart: values with their intervals over anything but frequency.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it is about.
    pub title: String,
    /// Whatever a reader needs to trust it.
    pub subtitle: Option<String>,
    /// Small print below the axes.
    pub footer: Option<String>,
    /// Whether the data were computed rather than measured; the chart then says so.
    pub simulated: bool,
    /// The horizontal axis.
    pub across: Across,
    /// The vertical axis; its range is given.
    pub axis: ValueAxis,
    /// What is drawn; the last lies on top.
    pub traces: Vec<ChartTrace>,
    /// Horizontal lines to compare with.
    pub references: Vec<ReferenceLine>,
    /// What a hollow point is.
    pub hollow: String,
}

/// A horizontal axis.
#[derive(Debug, Clone, PartialEq)]
pub enum Across {
    /// Hours, from and to.
    Hours(f64, f64),
    /// Days, from and to; counted in months where these are many.
    Days(f64, f64),
    /// Days since 1970-01-01, from and to; written as dates.
    Dates(f64, f64),
    /// Names side by side, under a title. A point lies at the number of its name.
    Names(String, Vec<String>),
}

/// What belongs together.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartTrace {
    /// Its name.
    pub label: String,
    /// Which colour of the palette, as of a curve.
    pub slot: usize,
    /// How it is drawn.
    pub form: Form,
    /// The points from left to right.
    pub points: Vec<ChartPoint>,
}

/// How points are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Points, joined by a line, with a band through their intervals.
    Line,
    /// Bars from zero, beside those of other traces.
    Bars,
}

/// A value with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChartPoint {
    /// Where on the horizontal axis.
    pub at: f64,
    /// The value in the unit of the vertical axis.
    pub value: f64,
    /// Where the true value lies; an end that is not finite is beyond the axis.
    pub interval: Option<(f64, f64)>,
    /// Whether the point is hollow: it is less than the others, and the chart says in what.
    pub hollow: bool,
}
