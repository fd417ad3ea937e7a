//! A table of coloured cells, as plain data.

/// One heat map: rows of cells in a few classes, each with its number.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeatMap {
    /// What it is about.
    pub title: String,
    /// Whatever a reader needs to trust it.
    pub subtitle: Option<String>,
    /// Small print below the cells.
    pub footer: Option<String>,
    /// Whether the data were computed rather than measured; the figure then says so.
    pub simulated: bool,
    /// The heads of the columns.
    pub columns: Vec<Head>,
    /// The rows, each with one cell per column.
    pub rows: Vec<HeatRow>,
    /// What the classes are, the lowest first; five at most.
    pub classes: Vec<String>,
    /// What a marked cell is.
    pub mark: String,
}

/// What a row or a column is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// Its name.
    pub name: String,
    /// A number that goes with it.
    pub detail: Option<String>,
}

/// A row of cells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeatRow {
    /// What it is.
    pub head: Head,
    /// The cells.
    pub cells: Vec<HeatCell>,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeatCell {
    /// Its class, counted from zero; `None` if it has no value.
    pub class: Option<usize>,
    /// Its number.
    pub text: String,
    /// Whether it is marked with a dot.
    pub marked: bool,
}
