//! A heat map: heads, cells, and what their colours mean.

use super::header::{Block, footer, header};
use super::legend::{Entry, legend};
use super::lettering::Font;
use super::mark::{Anchor, Mark, Rect, Xy};
use super::page::Page;
use super::sheet::{LEADING, Sheet, Width};
use crate::plot::theme::{Colours, Rgb};
use crate::plot::{Head, HeatCell, HeatMap, HeatRow, Theme};

/// Lays a heat map out. The page grows with the rows; columns for which it is too narrow go below
/// the others, with the names of the rows once more.
pub(crate) fn heat_map_page(map: &HeatMap, theme: Theme, width: Width) -> Page {
    let (sheet, colours) = (Sheet::new(width, 1), theme.colours());
    let head = header(map.into(), &sheet, colours);
    let top = head.bottom + sheet.gap / 2.0;
    let key = legend(&Entry::of_map(map), &sheet, colours, top);
    let layout = Layout::new(map, sheet, colours);
    let cells = layout.tables(key.bottom + sheet.gap);
    let small_print = footer(map.into(), &sheet, colours, 0.0).bottom;
    let height = (cells.bottom + sheet.gap - small_print).ceil();
    let area = Rect { left: 0.0, top: 0.0, right: sheet.width, bottom: height };
    let mut marks = vec![Mark::block(area, colours.ground)];
    marks.extend(head.marks);
    marks.extend(key.marks);
    marks.extend(cells.marks);
    marks.extend(footer(map.into(), &sheet, colours, height).marks);
    Page { width: sheet.width, height, marks }
}

/// The dot of a marked cell.
pub(super) fn dot(centre: Xy, sheet: &Sheet, colour: Rgb) -> Mark {
    Mark::Ring { centre, radius: sheet.line, line: colour, inside: colour }
}

/// Sizes of the cells and of what stands beside them, in CSS pixels.
struct Layout<'a> {
    map: &'a HeatMap,
    sheet: Sheet,
    colours: &'static Colours,
    /// Of the numbers.
    font: Font,
    /// Width of the rows' names and numbers.
    names: f64,
    cell: f64,
    row: f64,
    /// Columns beside each other.
    abreast: usize,
    heads: Heads,
}

/// How the heads of the columns are written.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Heads {
    /// Name above number, from left to right.
    Level,
    /// In one line from below, of a length.
    Rising(f64),
}

impl<'a> Layout<'a> {
    fn new(map: &'a HeatMap, sheet: Sheet, colours: &'static Colours) -> Self {
        /// Largest share of the width that names of rows get.
        const NAMES: f64 = 0.36;
        /// Narrowest cell that stands beside its neighbours with a dot, in letters.
        const NARROWEST_EM: f64 = 2.5;
        /// Wider cells look like bars.
        const WIDEST_EM: f64 = 10.0;
        let room = sheet.width - 2.0 * sheet.margin;
        let widest_name = map.rows.iter().map(|row| row_width(row, &sheet)).fold(0.0, f64::max);
        let names = widest_name.min(NAMES * room);
        let fitting = |font: Font| {
            let numbers = map.rows.iter().flat_map(|row| &row.cells);
            let widest = numbers.map(|cell| font.width_anywhere(&cell.text)).fold(0.0, f64::max);
            let cell = (widest + 0.5 * font.size).max(NARROWEST_EM * font.size);
            (((room - names) / cell).floor().max(1.0) as usize, font)
        };
        let columns = map.columns.len().max(1);
        let (large, small) = (Font::regular(sheet.label), Font::regular(sheet.footer));
        let (most, font) =
            Some(fitting(large)).filter(|f| f.0 >= columns).unwrap_or(fitting(small));
        // Tables below each other hold as many columns each, as far as that goes.
        let abreast = columns.div_ceil(columns.div_ceil(most));
        let cell = ((room - names) / abreast as f64).min(WIDEST_EM * font.size);
        let row = row_height(map.rows.len(), font, &sheet);
        let heads = Heads::of(&map.columns, cell, &sheet);
        Self { map, sheet, colours, font, names, cell, row, abreast, heads }
    }

    /// All tables below each other, from a row down.
    fn tables(&self, top: f64) -> Block {
        let mut block = Block { marks: Vec::new(), bottom: top };
        let columns: Vec<usize> = (0..self.map.columns.len()).collect();
        for (i, part) in columns.chunks(self.abreast).enumerate() {
            let top = block.bottom + if i > 0 { 1.5 * self.sheet.gap } else { 0.0 };
            let cells_top = top + self.heads.height(&self.sheet);
            for (place, &column) in part.iter().enumerate() {
                let middle = self.left(place) + self.cell / 2.0;
                let foot = Xy::new(middle, cells_top - 0.5 * self.sheet.tick);
                block.marks.extend(self.column_head(&self.map.columns[column], foot));
            }
            for (k, row) in self.map.rows.iter().enumerate() {
                let top = cells_top + k as f64 * self.row;
                block.marks.extend(self.row_head(&row.head, top));
                for (place, cell) in part.iter().filter_map(|&c| row.cells.get(c)).enumerate() {
                    let left = self.left(place);
                    let (right, bottom) = (left + self.cell, top + self.row);
                    block.marks.extend(self.cell(cell, Rect { left, top, right, bottom }));
                }
            }
            block.bottom = cells_top + self.map.rows.len() as f64 * self.row;
        }
        block
    }

    fn left(&self, place: usize) -> f64 {
        self.sheet.margin + self.names + place as f64 * self.cell
    }

    fn cell(&self, cell: &HeatCell, area: Rect) -> Vec<Mark> {
        /// Half of the line between two cells.
        const GAP: f64 = 0.75;
        let colours = self.colours;
        let colour = cell.class.map_or(colours.fine_grid, |class| colours.class(class));
        let ink = colours.ink_on(colour);
        let middle = f64::midpoint(area.top, area.bottom);
        let baseline =
            Xy::new(f64::midpoint(area.left, area.right), middle + 0.36 * self.font.size);
        let mut marks =
            vec![Mark::block(area.grown(-GAP), colour), text(&cell.text, baseline, self.font, ink)];
        if cell.marked {
            let inside = 2.0 * self.sheet.line;
            marks.push(dot(Xy::new(area.right - inside, area.top + inside), &self.sheet, ink));
        }
        marks
    }

    /// A head above the cells; `foot` is in the middle of its lower side.
    fn column_head(&self, head: &Head, foot: Xy) -> Vec<Mark> {
        let (name, number) = column_fonts(&self.sheet);
        let (ink, muted) = (self.colours.text, self.colours.muted);
        let line = LEADING * self.sheet.tick;
        match (self.heads, &head.detail) {
            (Heads::Level, None) => vec![text(&head.name, foot, name, ink)],
            (Heads::Level, Some(detail)) => {
                let above = Xy::new(foot.x, foot.y - line);
                vec![text(&head.name, above, name, ink), text(detail, foot, number, muted)]
            }
            (Heads::Rising(length), detail) => {
                let detail = detail.as_deref().unwrap_or_default();
                let below = number.width_anywhere(detail);
                let space = if detail.is_empty() { 0.0 } else { 0.5 * number.size };
                let right = foot.x + 0.36 * self.sheet.tick;
                let rising = |text: String, y: f64, font: Font, colour: Rgb| Mark::RisingText {
                    text,
                    foot: Xy::new(right, y),
                    size: font.size,
                    face: font.face,
                    colour,
                };
                let shortened = name.shortened(&head.name, length - below - space);
                vec![
                    rising(detail.to_owned(), foot.y, number, muted),
                    rising(shortened, foot.y - below - space, name, ink),
                ]
            }
        }
    }

    /// Name and number left of a row's cells.
    fn row_head(&self, head: &Head, top: f64) -> Vec<Mark> {
        let (name, number) = row_fonts(&self.sheet);
        let baseline = top + self.row / 2.0 + 0.36 * name.size;
        let end = self.sheet.margin + self.names - 0.5 * name.size;
        let detail = head.detail.as_deref().unwrap_or_default();
        let room = end - self.sheet.margin - number.width_anywhere(detail) - 0.6 * name.size;
        let write = |text: String, x: f64, anchor, font: Font, colour| Mark::Text {
            text,
            baseline: Xy::new(x, baseline),
            anchor,
            size: font.size,
            face: font.face,
            colour,
        };
        let shortened = name.shortened(&head.name, room);
        vec![
            write(shortened, self.sheet.margin, Anchor::Start, name, self.colours.text),
            write(detail.to_owned(), end, Anchor::End, number, self.colours.muted),
        ]
    }
}

impl Heads {
    /// From left to right if all fit above their cells.
    fn of(columns: &[Head], cell: f64, sheet: &Sheet) -> Self {
        /// Longest head that is read from below, in letters.
        const LONGEST_EM: f64 = 12.0;
        let (name, number) = column_fonts(sheet);
        let widths = columns.iter().map(|head| {
            let detail = head.detail.as_deref().map_or(0.0, |detail| number.width_anywhere(detail));
            (name.width_anywhere(&head.name), detail)
        });
        let fits = |(name, detail): (f64, f64)| name.max(detail) + 0.5 * sheet.tick <= cell;
        if widths.clone().all(fits) {
            return Self::Level;
        }
        let space = 0.5 * sheet.tick;
        let longest = widths.map(|(name, detail)| name + detail + space).fold(0.0, f64::max);
        Self::Rising(longest.min(LONGEST_EM * sheet.tick))
    }

    fn height(self, sheet: &Sheet) -> f64 {
        match self {
            Self::Level => 2.0 * LEADING * sheet.tick + 0.5 * sheet.tick,
            Self::Rising(length) => length + sheet.tick,
        }
    }
}

/// The fewer the rows, the higher, within limits.
fn row_height(rows: usize, font: Font, sheet: &Sheet) -> f64 {
    const LOWEST_EM: f64 = 1.9;
    const HIGHEST_EM: f64 = 3.2;
    let (lowest, highest) = (LOWEST_EM * font.size, HIGHEST_EM * font.size);
    (0.6 * sheet.height / rows.max(1) as f64).clamp(lowest, highest)
}

fn row_width(row: &HeatRow, sheet: &Sheet) -> f64 {
    let (name, number) = row_fonts(sheet);
    let detail = row.head.detail.as_deref().map_or(0.0, |detail| number.width_anywhere(detail));
    name.width_anywhere(&row.head.name) + detail + 1.2 * name.size
}

/// Of names and of numbers beside the rows.
fn row_fonts(sheet: &Sheet) -> (Font, Font) {
    (Font::regular(sheet.tick), Font::regular(sheet.footer))
}

/// Of names and of numbers above the columns.
fn column_fonts(sheet: &Sheet) -> (Font, Font) {
    (Font::regular(sheet.tick), Font::regular(sheet.footer))
}

fn text(text: &str, baseline: Xy, font: Font, colour: Rgb) -> Mark {
    Mark::Text {
        text: text.to_owned(),
        baseline,
        anchor: Anchor::Middle,
        size: font.size,
        face: font.face,
        colour,
    }
}
