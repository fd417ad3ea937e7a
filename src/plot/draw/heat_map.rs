//! A heat map: heads, cells, and what their colours mean.

use super::header::{Block, footer, header};
use super::legend::{Entry, legend};
use super::lettering::Font;
use super::mark::{Anchor, Mark, Rect, Xy};
use super::page::Page;
use super::sheet::{LEADING, Sheet, Width};
use crate::plot::theme::{Colours, Rgb};
use crate::plot::{Head, HeatCell, HeatMap, HeatRow, Theme};

/// Distance of the two lines of a name, in their font size.
const NAME_LEADING: f64 = 1.15;
/// Of sums of lengths.
const ROUNDING: f64 = 1e-9;

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
    /// Name above number, from left to right, in so many lines.
    Level(u8),
    /// In one line from below, of a length.
    Rising(f64),
}

impl<'a> Layout<'a> {
    fn new(map: &'a HeatMap, sheet: Sheet, colours: &'static Colours) -> Self {
        /// Wider cells look like bars.
        const WIDEST_EM: f64 = 10.0;
        let room = sheet.width - 2.0 * sheet.margin;
        let columns = map.columns.len().max(1);
        let Density { names, font, most } = Density::of(map, &sheet, room);
        // Tables below each other hold as many columns each, as far as that goes.
        let abreast = columns.div_ceil(columns.div_ceil(most));
        let cell = ((room - names) / abreast as f64).min(WIDEST_EM * font.size);
        let is_long = |row: &HeatRow| row_width(row, &sheet) > names + ROUNDING;
        let lines = if map.rows.iter().any(is_long) { 2.0 } else { 1.0 };
        let row = row_height(map.rows.len(), lines, font, &sheet);
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
        let (name, number) = head_fonts(&self.sheet);
        let (ink, muted) = (self.colours.text, self.colours.muted);
        let line = LEADING * self.sheet.tick;
        match (self.heads, &head.detail) {
            (Heads::Level(_), None) => vec![text(&head.name, foot, name, ink)],
            (Heads::Level(_), Some(detail)) => {
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

    /// Name and number left of a row's cells; a name that is longer takes two lines.
    fn row_head(&self, head: &Head, top: f64) -> Vec<Mark> {
        let (name, number) = head_fonts(&self.sheet);
        let middle = top + self.row / 2.0 + 0.36 * name.size;
        let length = self.names - 0.5 * name.size;
        let detail = head.detail.as_deref().unwrap_or_default();
        let room = length - number.width_anywhere(detail) - 0.6 * name.size;
        let mut lines = vec![head.name.clone()];
        if name.width_anywhere(&head.name) > room {
            lines = name.wrapped(&head.name, length, 2);
            // A name that fills its line has the number below it.
            lines.resize(2, String::new());
        }
        let half = (lines.len() as f64 - 1.0) / 2.0;
        let baseline = |line: f64| middle + (line - half) * NAME_LEADING * name.size;
        let write = |text: String, at: Xy, anchor, font: Font, colour| Mark::Text {
            text,
            baseline: at,
            anchor,
            size: font.size,
            face: font.face,
            colour,
        };
        let left = self.sheet.margin;
        let last = lines.len() as f64 - 1.0;
        let end = Xy::new(left + length, baseline(last));
        let mut marks =
            vec![write(detail.to_owned(), end, Anchor::End, number, self.colours.muted)];
        for (i, line) in lines.into_iter().enumerate() {
            // The last line makes room for the number.
            let line = if (i as f64) < last { line } else { name.shortened(&line, room) };
            let at = Xy::new(left, baseline(i as f64));
            marks.push(write(line, at, Anchor::Start, name, self.colours.text));
        }
        marks
    }
}

/// How much goes beside each other.
struct Density {
    /// Width of the rows' names and numbers.
    names: f64,
    /// Of the numbers in the cells.
    font: Font,
    /// The most columns that fit, at least 1.
    most: usize,
}

impl Density {
    /// The most spacious at which all columns fit beside each other; if they fit at none, that
    /// with the usual letters.
    fn of(map: &HeatMap, sheet: &Sheet, room: f64) -> Self {
        /// Largest shares of the width that names of rows get, where there is room and where not.
        const WIDE: f64 = 0.42;
        const NARROW: f64 = 0.22;
        /// Letters that are read on paper, if not with ease.
        const SMALLEST: f64 = 10.5;
        let widest_name = map.rows.iter().map(|row| row_width(row, sheet)).fold(0.0, f64::max);
        let at = |size: f64, share: f64| {
            let (font, names) = (Font::regular(size), widest_name.min(share * room));
            Self { names, font, most: fitting(map, font, room - names) }
        };
        let small = (0.88 * sheet.footer).max(SMALLEST);
        [(sheet.label, WIDE), (sheet.footer, WIDE), (small, NARROW)]
            .map(|(size, share)| at(size, share))
            .into_iter()
            .find(|density| density.most >= map.columns.len())
            .unwrap_or_else(|| at(sheet.footer, WIDE))
    }
}

/// Cells that stand beside each other in a width, at least one.
fn fitting(map: &HeatMap, font: Font, width: f64) -> usize {
    /// Narrowest cell, in letters: a dot needs its corner.
    const NARROWEST_EM: f64 = 2.5;
    let numbers = map.rows.iter().flat_map(|row| &row.cells);
    let widest = numbers.map(|cell| font.width_anywhere(&cell.text)).fold(0.0, f64::max);
    let cell = (widest + 0.3 * font.size).max(NARROWEST_EM * font.size);
    (width / cell).floor().max(1.0) as usize
}

impl Heads {
    /// From left to right if all fit above their cells.
    fn of(columns: &[Head], cell: f64, sheet: &Sheet) -> Self {
        /// Longest head that is read from below, in letters.
        const LONGEST_EM: f64 = 12.0;
        let (name, number) = head_fonts(sheet);
        let widths = columns.iter().map(|head| {
            let detail = head.detail.as_deref().map_or(0.0, |detail| number.width_anywhere(detail));
            (name.width_anywhere(&head.name), detail)
        });
        let fits = |(name, detail): (f64, f64)| name.max(detail) + 0.5 * sheet.tick <= cell;
        if widths.clone().all(fits) {
            let numbered = columns.iter().any(|head| head.detail.is_some());
            return Self::Level(if numbered { 2 } else { 1 });
        }
        let space = 0.5 * sheet.tick;
        let longest = widths.map(|(name, detail)| name + detail + space).fold(0.0, f64::max);
        Self::Rising(longest.min(LONGEST_EM * sheet.tick))
    }

    fn height(self, sheet: &Sheet) -> f64 {
        match self {
            Self::Level(lines) => (f64::from(lines) * LEADING + 0.5) * sheet.tick,
            Self::Rising(length) => length + sheet.tick,
        }
    }
}

/// The fewer the rows, the higher, within limits.
fn row_height(rows: usize, lines: f64, font: Font, sheet: &Sheet) -> f64 {
    const LOWEST_EM: f64 = 1.9;
    const HIGHEST_EM: f64 = 3.2;
    let names = (lines * NAME_LEADING + 0.4) * sheet.tick;
    let wanted = (0.6 * sheet.height / rows.max(1) as f64).min(HIGHEST_EM * font.size);
    wanted.max(LOWEST_EM * font.size).max(names)
}

fn row_width(row: &HeatRow, sheet: &Sheet) -> f64 {
    let (name, number) = head_fonts(sheet);
    let detail = row.head.detail.as_deref().map_or(0.0, |detail| number.width_anywhere(detail));
    name.width_anywhere(&row.head.name) + detail + 1.2 * name.size
}

/// Of names and of numbers beside rows and above columns.
fn head_fonts(sheet: &Sheet) -> (Font, Font) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn map(rows: usize, columns: usize) -> HeatMap {
        let cell = HeatCell { class: Some(1), text: "0.25".to_owned(), marked: true };
        let head = |name: &str, i: usize| Head {
            name: format!("{name} with quite a long name, number {i}"),
            detail: Some("32 Ω".to_owned()),
        };
        HeatMap {
            columns: (0..columns).map(|i| head("Source", i)).collect(),
            rows: (0..rows)
                .map(|i| HeatRow { head: head("Headphone", i), cells: vec![cell.clone(); columns] })
                .collect(),
            classes: vec!["little".to_owned(), "much".to_owned()],
            mark: "broken".to_owned(),
            ..HeatMap::default()
        }
    }

    /// Boxes around everything but the ground.
    fn boxes(page: &Page) -> Vec<Rect> {
        let of = |mark: &Mark| match mark {
            Mark::Area { outline, .. } => {
                let (a, c) = (outline[0], outline[2]);
                Some(Rect { left: a.x, top: a.y, right: c.x, bottom: c.y })
            }
            Mark::Text { text, baseline, anchor, size, face, .. } => {
                let width = Font { size: *size, face: *face }.width(text);
                let left = baseline.x
                    - match anchor {
                        Anchor::Start => 0.0,
                        Anchor::Middle => width / 2.0,
                        Anchor::End => width,
                    };
                let (top, bottom) = (baseline.y - size, baseline.y);
                Some(Rect { left, top, right: left + width, bottom })
            }
            Mark::RisingText { text, foot, size, face, .. } => {
                let length = Font { size: *size, face: *face }.width(text);
                let (left, top) = (foot.x - size, foot.y - length);
                Some(Rect { left, top, right: foot.x, bottom: foot.y })
            }
            Mark::Path { .. } | Mark::Ring { .. } => None,
        };
        page.marks[1..].iter().filter_map(of).collect()
    }

    #[test]
    fn everything_is_on_the_page_whatever_its_size() {
        for (rows, columns) in [(0, 0), (1, 1), (2, 2), (40, 25), (3, 60)] {
            for width in [Width::Full, Width::Phone] {
                let page = heat_map_page(&map(rows, columns), Theme::Light, width);
                let area = Rect { left: 0.0, top: 0.0, right: page.width, bottom: page.height };
                let out: Vec<_> = boxes(&page).into_iter().filter(|b| !area.encloses(b)).collect();
                assert!(out.is_empty(), "{rows} × {columns}, {width:?}: {out:?}");
                let cells = page
                    .marks
                    .iter()
                    .filter(|mark| matches!(mark, Mark::Text { text, .. } if text == "0.25"));
                assert_eq!(cells.count(), rows * columns);
            }
        }
    }

    #[test]
    fn twenty_five_columns_are_one_table_on_a_wide_page_and_several_on_a_telephone() {
        let tables = |width| {
            let map = map(40, 25);
            let sheet = Sheet::new(width, 1);
            25_usize.div_ceil(Layout::new(&map, sheet, Theme::Light.colours()).abreast)
        };
        assert_eq!((tables(Width::Full), tables(Width::Phone)), (1, 4));
    }

    #[test]
    fn a_number_fits_into_its_cell() {
        for width in [Width::Full, Width::Phone] {
            let map = map(40, 25);
            let layout = Layout::new(&map, Sheet::new(width, 1), Theme::Light.colours());
            assert!(layout.font.width("0.25") < layout.cell && layout.font.size < layout.row);
        }
    }
}
