//! How long text is, and how it is fitted into a width.

use super::mark::Face;
use crate::plot::svg;

/// What a text cut short ends with.
const ELLIPSIS: char = '…';

/// What stands between the parts of a text that lists things.
pub(crate) const SEPARATOR: &str = " · ";

/// A typeface at a size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Font {
    pub(crate) size: f64,
    pub(crate) face: Face,
}

impl Font {
    pub(crate) const fn regular(size: f64) -> Self {
        Self { size, face: Face::Regular }
    }

    pub(crate) const fn semi_bold(size: f64) -> Self {
        Self { size, face: Face::SemiBold }
    }

    /// The length of a text.
    pub(crate) fn width(self, text: &str) -> f64 {
        self.size * svg::advance_em(text, self.face)
    }

    /// The length of a text in whatever typeface a viewer of the SVG puts in place of ours.
    pub(crate) fn width_anywhere(self, text: &str) -> f64 {
        /// `DejaVu Sans`, the widest of the usual substitutes, is so much wider than Inter.
        const WIDEST_REGULAR: f64 = 1.08;
        const WIDEST_BOLD: f64 = 1.16;
        let wider = match self.face {
            Face::Regular => WIDEST_REGULAR,
            Face::SemiBold => WIDEST_BOLD,
        };
        self.width(text) * wider
    }

    /// The text, cut short if it is longer than a length.
    pub(crate) fn shortened(self, text: &str, length: f64) -> String {
        if self.width_anywhere(text) <= length {
            return text.to_owned();
        }
        let fits = |end: usize| {
            let mut cut = text[..end].trim_end().to_owned();
            cut.push(ELLIPSIS);
            (self.width_anywhere(&cut) <= length).then_some(cut)
        };
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let longest = ends.partition_point(|&end| fits(end).is_some());
        longest
            .checked_sub(1)
            .and_then(|last| fits(ends[last]))
            .unwrap_or_else(|| ELLIPSIS.to_string())
    }

    /// The text in lines no longer than a length, at most `most` of them; the last is cut short if
    /// there is more to say. Lines end between parts if they can, or else between words.
    pub(crate) fn wrapped(self, text: &str, length: f64, most: usize) -> Vec<String> {
        let fits = |line: &str| self.width_anywhere(line) <= length;
        let mut lines: Vec<String> = Vec::new();
        for part in text.split(SEPARATOR).map(str::trim).filter(|part| !part.is_empty()) {
            match lines.last_mut() {
                Some(line) if fits(&format!("{line}{SEPARATOR}{part}")) => {
                    line.push_str(SEPARATOR);
                    line.push_str(part);
                }
                _ => lines.extend(joined(part.split_whitespace(), " ", fits)),
            }
        }
        if lines.len() > most {
            let rest = lines.split_off(most.saturating_sub(1));
            lines.push(rest.join(" "));
        }
        lines.iter().map(|line| self.shortened(line, length)).collect()
    }
}

/// Pieces joined as long as they fit; a piece that does not fit has a line of its own.
fn joined<'a>(
    pieces: impl Iterator<Item = &'a str>,
    between: &str,
    fits: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if fits(&format!("{line}{between}{piece}")) => {
                line.push_str(between);
                line.push_str(piece);
            }
            _ => lines.push(piece.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const FONT: Font = Font::regular(14.0);

    #[test]
    fn a_longer_text_is_wider_and_no_text_has_no_width() {
        assert!(FONT.width("") < f64::EPSILON);
        assert!(FONT.width("20 kHz") > FONT.width("20"));
        assert!(Font::semi_bold(14.0).width("worn pads") > FONT.width("worn pads"));
    }

    #[test]
    fn text_is_broken_between_words_and_cut_when_the_lines_are_used_up() {
        let text = "Sound card with a loopback, five seatings, on the second of May";
        let lines = FONT.wrapped(text, 120.0, 3);
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| FONT.width(line) <= 120.0), "{lines:?}");
        assert!(lines[2].ends_with(ELLIPSIS));
        assert_eq!(FONT.wrapped(text, 2000.0, 3), [text]);
        assert!(FONT.wrapped("", 100.0, 2).is_empty());
    }

    #[test]
    fn lines_end_between_parts_rather_than_between_words() {
        let lines = FONT.wrapped("Sound card · n = 5 seatings · May", 175.0, 3);
        assert_eq!(lines, ["Sound card", "n = 5 seatings · May"]);
    }

    #[test]
    fn a_word_longer_than_the_line_is_cut() {
        let cut = FONT.shortened("Donaudampfschifffahrt", 60.0);
        assert!(cut.starts_with("Donau") && cut.ends_with(ELLIPSIS), "{cut}");
        assert!(FONT.width(&cut) <= 60.0);
        assert_eq!(FONT.shortened("ΩΩΩ", 1.0), "…");
    }
}
