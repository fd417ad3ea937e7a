//! A page: what it holds, and its HTML.

use askama::Template;

use super::table::Table;

/// Why a document could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The template gave up.
    #[error("the page could not be written: {0}")]
    Template(#[from] askama::Error),
}

/// What a page holds. All texts are plain; the page escapes them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// The title.
    pub title: String,
    /// What the page shows and found, in a sentence or two.
    pub lead: String,
    /// Whether any of it was computed rather than measured; the page then says so in many places.
    pub simulated: bool,
    /// When the page was made, RFC 3339.
    pub made_at: String,
    /// The program that made it, with its version.
    pub tool: String,
    /// The sections, in order.
    pub sections: Vec<Section>,
    /// Lines at the foot: how it was made, what to quote.
    pub footer: Vec<String>,
}

/// A section of a page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// Paragraphs, as [`words`](super::words) gives them.
    pub sentences: Vec<String>,
    /// The picture.
    pub figure: Option<Picture>,
    /// The tables.
    pub tables: Vec<Table>,
    /// Files to take away.
    pub downloads: Vec<Download>,
}

/// A picture that lies in files beside the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The picture for a desk's screen and for print.
    pub wide: Themed,
    /// The picture for windows narrower than 600 px.
    pub phone: Option<Themed>,
    /// What is to be seen, for those who cannot see it.
    pub alt: String,
    /// What stands below it.
    pub caption: String,
}

/// The files of a picture on both grounds: paths relative to the page, `/` between folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Themed {
    /// On a light ground.
    pub light: String,
    /// On a dark ground.
    pub dark: String,
}

/// A file to take away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// What it is.
    pub label: String,
    /// Its path relative to the page, `/` between folders.
    pub href: String,
}

#[derive(Template)]
#[template(path = "page.html")]
struct Document<'a> {
    page: &'a Page,
}

impl Document<'_> {
    /// The date of [`Page::made_at`].
    fn date(&self) -> &str {
        self.page.made_at.split_once('T').map_or(&*self.page.made_at, |(date, _)| date)
    }
}

/// The page as an HTML document.
///
/// It holds its style and needs neither scripts nor a network, only the picture files beside it.
/// It follows the reader's light or dark scheme; windows narrower than 600 px get the phone's
/// pictures.
///
/// # Errors
///
/// When the template cannot be filled.
pub fn html(page: &Page) -> Result<String, ReportError> {
    Ok(Document { page }.render()?)
}
