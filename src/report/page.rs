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

    /// The text with numbers and their units kept on one line.
    fn bound(text: &str) -> String {
        const UNITS: [&str; 6] = ["Hz", "kHz", "dB", "Ω", "ms", "%"];
        let mut bound = String::with_capacity(text.len());
        for word in text.split_inclusive(' ') {
            let unit = word.trim_end_matches(|c: char| !c.is_alphabetic() && c != '%');
            if UNITS.contains(&unit)
                && let Some(number) = bound.strip_suffix(' ')
                && number.ends_with(|c: char| c.is_ascii_digit())
            {
                bound.truncate(number.len());
                bound.push('\u{a0}');
            }
            bound.push_str(word);
        }
        bound
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{specimen, summary};

    fn picture() -> Picture {
        let themed = |stem: &str| Themed {
            light: format!("{stem}-light.svg"),
            dark: format!("figures/{stem} dark, 2.svg"),
        };
        Picture {
            wide: themed("bass"),
            phone: Some(themed("bass-phone")),
            alt: "Two lines that part below 100 Hz".to_owned(),
            caption: "Worn against new pads".to_owned(),
        }
    }

    fn page() -> Page {
        let comparison = specimen::comparison(vec![
            specimen::state("new", 4, 0.0, 0.12),
            specimen::state("<worn>", 4, -1.24, 0.11),
        ]);
        Page {
            title: "HD 650: <worn> & new".to_owned(),
            lead: "Pads \"matter\".".to_owned(),
            simulated: false,
            made_at: "2026-03-01T12:00:00Z".to_owned(),
            tool: "cansweep 0.1.0".to_owned(),
            sections: vec![Section {
                heading: "Seal".to_owned(),
                sentences: vec!["Less bass, <b>more</b> trouble.".to_owned()],
                figure: Some(picture()),
                tables: vec![summary::states(&comparison)],
                downloads: vec![Download {
                    label: "The data".to_owned(),
                    href: "data/states 1.csv".to_owned(),
                }],
            }],
            footer: vec!["Measured on a flat plate.".to_owned()],
        }
    }

    fn written(page: &Page) -> String {
        html(page).unwrap()
    }

    #[test]
    fn texts_are_escaped() {
        let text = written(&page());
        assert!(!text.contains("<worn>") && !text.contains("<b>"), "{text}");
        assert!(text.contains("&#60;worn&#62; &#38; new"), "{text}");
    }

    #[test]
    fn pictures_are_chosen_by_width_and_scheme_and_described() {
        let text = written(&page());
        assert!(text.contains("alt=\"Two lines that part below 100 Hz\""));
        assert!(text.contains("Worn against new pads"));
        for file in [
            "src=\"bass-light.svg\"",
            "srcset=\"figures/bass%20dark%2C%202.svg\"",
            "srcset=\"bass-phone-light.svg\"",
            "srcset=\"figures/bass-phone%20dark%2C%202.svg\"",
        ] {
            assert_eq!(text.matches(file).count(), 1, "{file}");
        }
        let phone = text.find("max-width: 599.98px").unwrap();
        assert!(phone < text.find("bass-light.svg").unwrap());
    }

    #[test]
    fn a_picture_without_a_phones_variant_has_two_files() {
        let mut page = page();
        page.sections[0].figure.as_mut().unwrap().phone = None;
        assert!(!written(&page).contains("599.98px) and"));
    }

    #[test]
    fn downloads_are_linked() {
        let text = written(&page());
        assert!(text.contains("<a href=\"data/states%201.csv\">The data</a>"), "{text}");
    }

    #[test]
    fn a_path_cannot_become_a_script() {
        let mut page = page();
        page.sections[0].downloads[0].href = "javascript:alert(1)".to_owned();
        assert!(!written(&page).contains("javascript:"));
    }

    #[test]
    fn tables_have_heads_units_and_rows() {
        let text = written(&page());
        assert!(text.contains("<th scope=\"row\">new</th>"), "{text}");
        assert!(text.contains("Bass <span class=\"unit\">dB</span></th>"), "{text}");
        assert!(text.contains("<td class=\"number\">−1.24</td>"), "{text}");
        assert!(text.contains("between seatings"), "{text}");
    }

    #[test]
    fn only_a_simulated_page_says_so_and_says_so_everywhere() {
        let measured = written(&page());
        let body = measured.find("<body>").unwrap();
        assert!(!measured[body..].to_lowercase().contains("simulated"));
        let simulated = written(&Page { simulated: true, ..page() });
        assert!(simulated.contains("<title>Simulated: HD 650"));
        // Banner, byline, caption, table, foot.
        let body = simulated.find("<body>").unwrap();
        assert!(simulated[body..].matches(">simulated<").count() >= 3);
        assert!(simulated[body..].contains("<strong>Simulated</strong>"));
    }

    #[test]
    fn the_page_needs_no_network_and_no_script() {
        let text = written(&page());
        assert!(!text.contains("http:") && !text.contains("https:") && !text.contains("<script"));
        assert!(!text.contains("@import") && !text.contains("url("));
    }

    #[test]
    fn the_date_stands_in_the_byline() {
        let text = written(&page());
        assert!(text.contains("<time datetime=\"2026-03-01T12:00:00Z\">2026-03-01</time>"));
        assert!(text.contains("cansweep 0.1.0") && text.contains("Measured on a flat plate."));
    }

    #[test]
    fn a_number_is_not_parted_from_its_unit() {
        let mut page = page();
        page.sections[0].sentences = vec!["1.2 dB at 5.58 kHz, or 32 Ω. It is dB".to_owned()];
        let text = written(&page);
        assert!(text.contains("<p>1.2\u{a0}dB at 5.58\u{a0}kHz, or 32\u{a0}Ω. It is dB</p>"));
    }

    #[test]
    fn an_empty_page_is_a_page() {
        assert!(written(&Page::default()).contains("</html>"));
    }
}
