//! Title, subtitle, the stamp *simulated*, and the small print.

use super::lettering::Font;
use super::mark::{Anchor, Face, Mark, Rect, Xy};
use super::sheet::{LEADING, Sheet};
use crate::plot::theme::{Colours, Rgb};
use crate::plot::{Chart, Figure, HeatMap};

/// What a figure made from computed data says.
const SIMULATED: &str = "simulated";

/// Marks, and the row where they end.
pub(crate) struct Block {
    pub(crate) marks: Vec<Mark>,
    pub(crate) bottom: f64,
}

/// What stands above and below a drawing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heading<'a> {
    pub(crate) title: &'a str,
    pub(crate) subtitle: Option<&'a str>,
    pub(crate) footer: Option<&'a str>,
    pub(crate) simulated: bool,
}

impl<'a> From<&'a Figure> for Heading<'a> {
    fn from(figure: &'a Figure) -> Self {
        let (subtitle, footer) = (figure.subtitle.as_deref(), figure.footer.as_deref());
        Self { title: &figure.title, subtitle, footer, simulated: figure.simulated }
    }
}

impl<'a> From<&'a HeatMap> for Heading<'a> {
    fn from(map: &'a HeatMap) -> Self {
        let (subtitle, footer) = (map.subtitle.as_deref(), map.footer.as_deref());
        Self { title: &map.title, subtitle, footer, simulated: map.simulated }
    }
}

impl<'a> From<&'a Chart> for Heading<'a> {
    fn from(chart: &'a Chart) -> Self {
        let (subtitle, footer) = (chart.subtitle.as_deref(), chart.footer.as_deref());
        Self { title: &chart.title, subtitle, footer, simulated: chart.simulated }
    }
}

/// Title and subtitle from the upper margin down.
pub(crate) fn header(heading: Heading<'_>, sheet: &Sheet, colours: &Colours) -> Block {
    let mut marks = Vec::new();
    let mut right = sheet.width - sheet.margin;
    let mut bottom = sheet.margin;
    if heading.simulated {
        let pill = stamp(sheet, colours, &mut marks);
        right = pill.left - sheet.gap;
        bottom = pill.bottom;
    }
    let title = Font::semi_bold(sheet.title);
    let lines = title.wrapped(heading.title, right - sheet.margin, sheet.title_lines);
    let text = Column { lines, font: title, colour: colours.text };
    // The margin looks the same on all sides when it ends at the capitals, not at the line.
    let end = text.written(sheet.margin, sheet.margin - 0.2 * sheet.title, &mut marks);
    bottom = bottom.max(end);
    let subtitle = Font::regular(sheet.subtitle);
    let lines = heading.subtitle.iter().flat_map(|text| {
        let most = sheet.title_lines + 1;
        subtitle.wrapped(text, sheet.width - 2.0 * sheet.margin, most)
    });
    let text = Column { lines: lines.collect(), font: subtitle, colour: colours.muted };
    let bottom = text.written(sheet.margin, bottom, &mut marks);
    Block { marks, bottom }
}

/// Small print whose last line ends at the lower margin of a page of a height; the block ends at
/// its own upper side.
pub(crate) fn footer(heading: Heading<'_>, sheet: &Sheet, colours: &Colours, height: f64) -> Block {
    let font = Font::regular(sheet.footer);
    let length = sheet.width - 2.0 * sheet.margin;
    let lines: Vec<String> =
        heading.footer.iter().flat_map(|text| font.wrapped(text, length, 4)).collect();
    let mut marks = Vec::new();
    // The lowest line's descenders may reach into the margin.
    let lowest = height - sheet.margin + 0.3 * sheet.footer;
    let top = lowest - lines.len() as f64 * LEADING * sheet.footer;
    Column { lines, font, colour: colours.muted }.written(sheet.margin, top, &mut marks);
    Block { marks, bottom: top }
}

/// The pill in the upper right corner.
fn stamp(sheet: &Sheet, colours: &Colours, marks: &mut Vec<Mark>) -> Rect {
    let font = Font::semi_bold(sheet.subtitle);
    let width = font.width_anywhere(SIMULATED) + 1.7 * font.size;
    let right = sheet.width - sheet.margin;
    let top = sheet.margin - 0.3 * font.size;
    let pill = Rect { left: right - width, top, right, bottom: top + 1.65 * font.size };
    marks.push(Mark::Area { outline: pill.to_pill(), colour: colours.stamp, opacity: 1.0 });
    marks.push(Mark::Text {
        text: SIMULATED.to_owned(),
        baseline: Xy::new(f64::midpoint(pill.left, right), top + 1.17 * font.size),
        anchor: Anchor::Middle,
        size: font.size,
        face: Face::SemiBold,
        colour: colours.stamp_text,
    });
    pill
}

/// Lines of text below each other.
struct Column {
    lines: Vec<String>,
    font: Font,
    colour: Rgb,
}

impl Column {
    /// Writes the lines from a row down, and gives the row below the last.
    fn written(self, left: f64, top: f64, marks: &mut Vec<Mark>) -> f64 {
        let mut bottom = top;
        for text in self.lines {
            bottom += LEADING * self.font.size;
            marks.push(Mark::Text {
                text,
                baseline: Xy::new(left, bottom - 0.33 * self.font.size),
                anchor: Anchor::Start,
                size: self.font.size,
                face: self.font.face,
                colour: self.colour,
            });
        }
        bottom
    }
}
