//! A table as data, before anybody decides how it looks.

/// How the cells of a column are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words, from the left.
    Text,
    /// Numbers, to the right.
    Number,
}

/// The head of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    title: String,
    unit: Option<&'static str>,
    align: Align,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub fn text(title: impl Into<String>) -> Self {
        Self { title: title.into(), unit: None, align: Align::Text }
    }

    /// A column of numbers without a unit.
    #[must_use]
    pub fn count(title: impl Into<String>) -> Self {
        Self { title: title.into(), unit: None, align: Align::Number }
    }

    /// A column of numbers in one unit.
    #[must_use]
    pub fn number(title: impl Into<String>, unit: &'static str) -> Self {
        Self { title: title.into(), unit: Some(unit), align: Align::Number }
    }

    /// What the column holds.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The unit of all its numbers, if they have one.
    #[must_use]
    pub const fn unit(&self) -> Option<&'static str> {
        self.unit
    }

    /// How its cells are set.
    #[must_use]
    pub const fn align(&self) -> Align {
        self.align
    }

    /// Whether it holds numbers.
    #[must_use]
    pub fn is_number(&self) -> bool {
        self.align == Align::Number
    }
}

/// Rows of cells under column heads, each row as long as the head. The first column names the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    caption: String,
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
    notes: Vec<String>,
}

impl Table {
    /// A table of rows that have one cell per column.
    #[must_use]
    pub fn new<const N: usize>(
        caption: impl Into<String>,
        columns: [Column; N],
        rows: Vec<[String; N]>,
    ) -> Self {
        Self {
            caption: caption.into(),
            columns: columns.into(),
            rows: rows.into_iter().map(Vec::from).collect(),
            notes: Vec::new(),
        }
    }

    /// A table whose number of columns depends on the data; rows have one cell per column.
    #[must_use]
    pub fn of_columns(
        caption: impl Into<String>,
        columns: Vec<Column>,
        rows: Vec<Vec<String>>,
    ) -> Self {
        Self { caption: caption.into(), columns, rows, notes: Vec::new() }
    }

    /// The same table with remarks below it.
    #[must_use]
    pub fn with_notes(mut self, notes: Vec<String>) -> Self {
        self.notes = notes;
        self
    }

    /// What the table shows.
    #[must_use]
    pub fn caption(&self) -> &str {
        &self.caption
    }

    /// The heads of the columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The rows, each with one cell per column.
    #[must_use]
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// Remarks on what the columns mean.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The cells of a row with the heads of their columns.
    pub fn cells<'a>(&'a self, row: &'a [String]) -> impl Iterator<Item = (&'a Column, &'a str)> {
        self.columns.iter().zip(row.iter().map(String::as_str))
    }
}
