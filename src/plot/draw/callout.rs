//! Texts about single points, put where they cover nothing.

use super::lettering::Font;
use super::mark::{Anchor, Face, Mark, Rect, Xy};
use super::sheet::Sheet;
use crate::plot::theme::Colours;

/// What a text must not cover.
#[derive(Debug, Clone)]
pub(crate) struct Obstacles {
    area: Rect,
    /// From upper to lower row of each line in each pixel column.
    columns: Vec<Vec<(f64, f64)>>,
    taken: Vec<Rect>,
}

/// A text about a point of the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Callout<'a> {
    pub(crate) at: Xy,
    pub(crate) text: &'a str,
    pub(crate) slot: usize,
}

impl Obstacles {
    pub(crate) fn new(area: Rect) -> Self {
        let count = area.width().max(0.0).ceil() as usize + 1;
        Self { area, columns: vec![Vec::new(); count], taken: Vec::new() }
    }

    /// A line inside the area.
    pub(crate) fn add_line(&mut self, line: &[Xy]) {
        for pair in line.windows(2) {
            let (a, b) =
                if pair[0].x <= pair[1].x { (pair[0], pair[1]) } else { (pair[1], pair[0]) };
            for column in self.column(a.x)..=self.column(b.x) {
                let (left, right) =
                    (self.area.left + column as f64, self.area.left + column as f64 + 1.0);
                let row = |x: f64| {
                    let share =
                        if b.x > a.x { ((x - a.x) / (b.x - a.x)).clamp(0.0, 1.0) } else { 0.0 };
                    a.towards(b, share).y
                };
                let (p, q) = if b.x - a.x < 1.0 { (a.y, b.y) } else { (row(left), row(right)) };
                self.columns[column].push((p.min(q), p.max(q)));
            }
        }
    }

    fn column(&self, x: f64) -> usize {
        ((x - self.area.left).max(0.0) as usize).min(self.columns.len() - 1)
    }

    fn is_free(&self, text: &Rect) -> bool {
        let columns = &self.columns[self.column(text.left)..=self.column(text.right)];
        self.area.grown(-2.0).encloses(text)
            && !self.taken.iter().any(|taken| taken.meets(text))
            && !columns.iter().flatten().any(|&(from, to)| from < text.bottom && text.top < to)
    }

    /// Puts a text beside its point; nothing if there is no free place near enough.
    pub(crate) fn place(
        &mut self,
        callout: &Callout<'_>,
        sheet: &Sheet,
        colours: &Colours,
    ) -> Option<Vec<Mark>> {
        let font = Font::semi_bold(sheet.label * 0.93);
        let size = (font.width_anywhere(callout.text), 1.15 * font.size);
        let clearance = 0.25 * font.size;
        let spot =
            spots(callout.at, size, font.size).find(|spot| self.is_free(&spot.grown(clearance)))?;
        self.taken.push(spot.grown(clearance));
        let radius = 2.0 * sheet.line;
        self.taken.push(around(callout.at, radius));
        Some(marks(callout, spot, font, radius, sheet, colours))
    }
}

fn around(centre: Xy, radius: f64) -> Rect {
    Rect { left: centre.x, top: centre.y, right: centre.x, bottom: centre.y }.grown(radius)
}

/// Places for a text around a point, the nearest first; above and below before beside.
fn spots(at: Xy, (width, height): (f64, f64), em: f64) -> impl Iterator<Item = Rect> {
    const DIRECTIONS: [(f64, f64); 12] = [
        (0.0, -1.0),
        (0.0, 1.0),
        (1.0, 0.0),
        (-1.0, 0.0),
        (0.5, -1.0),
        (-0.5, -1.0),
        (0.5, 1.0),
        (-0.5, 1.0),
        (1.0, -0.6),
        (1.0, 0.6),
        (-1.0, -0.6),
        (-1.0, 0.6),
    ];
    const DISTANCES_EM: [f64; 9] = [0.9, 1.3, 1.9, 2.7, 3.7, 5.0, 6.5, 8.0, 10.0];
    DISTANCES_EM.into_iter().flat_map(move |distance| {
        DIRECTIONS.into_iter().map(move |(across, down)| {
            let x = at.x + across * (distance * em + width / 2.0);
            let y = at.y + down * (distance * em + height / 2.0);
            Rect {
                left: x - width / 2.0,
                top: y - height / 2.0,
                right: x + width / 2.0,
                bottom: y + height / 2.0,
            }
        })
    })
}

fn marks(
    callout: &Callout<'_>,
    spot: Rect,
    font: Font,
    radius: f64,
    sheet: &Sheet,
    colours: &Colours,
) -> Vec<Mark> {
    let line = colours.line(callout.slot);
    let mut marks = Vec::new();
    let edge = spot.nearest_to(callout.at);
    let way = edge.distance(callout.at);
    if way > 1.2 * font.size {
        let from = callout.at.towards(edge, radius / way);
        marks.push(Mark::line(from, edge, line, sheet.thin_line));
    }
    marks.push(Mark::Ring { centre: callout.at, radius, line, inside: colours.ground });
    marks.push(Mark::Text {
        text: callout.text.to_owned(),
        baseline: Xy::new(f64::midpoint(spot.left, spot.right), spot.bottom - 0.22 * font.size),
        anchor: Anchor::Middle,
        size: font.size,
        face: Face::SemiBold,
        colour: colours.lettering(callout.slot),
    });
    marks
}
