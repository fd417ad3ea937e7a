//! The whole figure: which part goes where.

use super::axis::ValueTicks;
use super::end_label::{column_width, end_labels, placed};
use super::frequency_axis::FrequencyTicks;
use super::header::{Block, footer, header};
use super::legend::{Entry, legend};
use super::lettering::Font;
use super::mark::{Anchor, Face, Mark, Rect, Xy};
use super::panel::Painter;
use super::projection::Projection;
use super::sheet::{LEADING, Sheet, Width};
use crate::plot::theme::Colours;
use crate::plot::{Figure, Panel, Theme};

/// A finished figure: its size in CSS pixels and its marks, the lowest first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Page {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) marks: Vec<Mark>,
}

/// A remark by panel and index.
type RemarkAt = (usize, usize);

/// Lays a figure out.
pub(crate) fn page(figure: &Figure, theme: Theme, width: Width) -> Page {
    let composer = Composer::new(figure, theme, width);
    let mut noted: Vec<RemarkAt> = Vec::new();
    // Remarks without a place go into the legend, which takes room from the panels: once more.
    loop {
        let (page, crowded_out) = composer.composed(&noted);
        if crowded_out.is_empty() {
            return page;
        }
        noted.extend(crowded_out);
    }
}

struct Composer<'a> {
    figure: &'a Figure,
    panels: Vec<&'a Panel>,
    ticks: Vec<ValueTicks>,
    sheet: Sheet,
    colours: &'static Colours,
}

/// The panels' places and what stands beside and above them.
struct Arrangement {
    projections: Vec<Projection>,
    height: f64,
    marks: Vec<Mark>,
}

impl<'a> Composer<'a> {
    fn new(figure: &'a Figure, theme: Theme, width: Width) -> Self {
        let panels: Vec<&Panel> = std::iter::once(&figure.panel).chain(&figure.below).collect();
        let ticks = panels.iter().map(|panel| ValueTicks::of(panel, figure.frequency)).collect();
        let sheet = Sheet::new(width, panels.len());
        Self { figure, panels, ticks, sheet, colours: theme.colours() }
    }

    /// The page with some remarks in the legend, and those that found no other place either.
    fn composed(&self, noted: &[RemarkAt]) -> (Page, Vec<RemarkAt>) {
        let head = header(self.figure.into(), &self.sheet, self.colours);
        let Arrangement { projections, height, marks: mut names } = self.arranged(&head, noted);
        let mut crowded_out = Vec::new();
        let area = Rect { left: 0.0, top: 0.0, right: self.sheet.width, bottom: height };
        let mut marks = vec![Mark::block(area, self.colours.ground)];
        for (i, projection) in projections.iter().enumerate() {
            let painter = self.painter(i, *projection);
            marks.extend(painter.axes(&self.frequency_ticks(projection)));
            let (data, mut obstacles) = painter.data();
            marks.extend(data);
            marks.push(painter.frame());
            for (remark, callout) in painter.callouts() {
                if noted.contains(&(i, remark)) {
                    continue;
                }
                match obstacles.place(&callout, &self.sheet, self.colours) {
                    Some(placed) => marks.extend(placed),
                    None => crowded_out.push((i, remark)),
                }
            }
        }
        marks.extend(projections.last().into_iter().flat_map(|last| self.frequency_labels(last)));
        marks.extend(head.marks);
        marks.append(&mut names);
        marks.extend(footer(self.figure.into(), &self.sheet, self.colours, height).marks);
        (Page { width: self.sheet.width, height, marks }, crowded_out)
    }

    fn painter(&self, i: usize, projection: Projection) -> Painter<'_> {
        let (panel, ticks) = (self.panels[i], &self.ticks[i]);
        Painter { panel, ticks, projection, sheet: &self.sheet, colours: self.colours }
    }

    /// Names at the ends of the lines if they fit there, or else a legend.
    fn arranged(&self, head: &Block, noted: &[RemarkAt]) -> Arrangement {
        let remarks = noted.iter().map(|&(i, k)| Entry::of_remark(&self.panels[i].annotations[k]));
        let remarks: Vec<Entry> = remarks.collect();
        if let Some(arrangement) = self.with_end_labels(head, &remarks) {
            return arrangement;
        }
        let entries: Vec<Entry> = Entry::of(self.panels[0]).into_iter().chain(remarks).collect();
        let top = head.bottom + self.sheet.gap / 2.0;
        let block = legend(&entries, &self.sheet, self.colours, top);
        let (projections, height) = self.projected(&block, 0.0);
        Arrangement { projections, height, marks: block.marks }
    }

    fn with_end_labels(&self, head: &Block, remarks: &[Entry]) -> Option<Arrangement> {
        let labels = end_labels(self.panels[0], self.figure.frequency, self.colours)?;
        let column = if labels.is_empty() { 0.0 } else { column_width(&labels, &self.sheet)? };
        let top = head.bottom + self.sheet.gap / 2.0;
        let block = legend(remarks, &self.sheet, self.colours, top);
        let (projections, height) = self.projected(&block, column);
        let mut marks = placed(&labels, projections.first()?, &self.sheet)?;
        marks.extend(block.marks);
        Some(Arrangement { projections, height, marks })
    }

    /// The panels between what is above them and the small print, with a column on the right.
    /// The page grows rather than have flat panels.
    fn projected(&self, above: &Block, column: f64) -> (Vec<Projection>, f64) {
        /// Least height of the panels in parts of the whole page's.
        const LEAST: f64 = 0.5;
        let sheet = &self.sheet;
        let line = LEADING * sheet.tick;
        let small_print = footer(self.figure.into(), sheet, self.colours, 0.0).bottom;
        let below = -small_print + 2.0 * line + sheet.gap;
        let title = line + 1.4 * sheet.gap;
        let titles = self.panels.len() as f64 * (title + 0.3 * line) - 0.3 * line;
        let room = sheet.height - above.bottom - below - titles;
        let missing = (LEAST * sheet.height - room).max(0.0);
        let (room, height) = (room + missing, sheet.height + missing);
        let shares = if self.panels.len() > 1 {
            vec![sheet.upper_share, 1.0 - sheet.upper_share]
        } else {
            vec![1.0]
        };
        let left = sheet.margin + self.value_column();
        let right = sheet.width - sheet.margin - column.max(self.overhang());
        let mut top = above.bottom;
        let mut projections = Vec::new();
        for (share, ticks) in shares.into_iter().zip(&self.ticks) {
            top += title;
            let area = Rect { left, top, right, bottom: top + share * room };
            projections.push(Projection::new(area, self.figure.frequency, ticks));
            top = area.bottom + 0.3 * line;
        }
        (projections, height.ceil())
    }

    /// Width of the values' labels, the same for all panels so that they are aligned.
    fn value_column(&self) -> f64 {
        let font = Font::regular(self.sheet.tick);
        let labels = self.ticks.iter().flat_map(|ticks| &ticks.labelled);
        let widest = labels.map(|tick| font.width_anywhere(&tick.label)).fold(0.0, f64::max);
        widest + 0.5 * self.sheet.tick
    }

    /// How far the last frequency's label reaches beyond the frame.
    fn overhang(&self) -> f64 {
        Font::regular(self.sheet.tick).width_anywhere("20k") / 2.0
    }

    fn frequency_ticks(&self, projection: &Projection) -> FrequencyTicks {
        let font = Font::regular(self.sheet.tick);
        let spacing = self.sheet.tick_spacing_em * self.sheet.tick;
        FrequencyTicks::new(self.figure.frequency, projection.area.width(), font, spacing)
    }

    fn frequency_labels(&self, projection: &Projection) -> Vec<Mark> {
        let (area, size) = (projection.area, self.sheet.tick);
        let text = |text: &str, x: f64, row: f64| Mark::Text {
            text: text.to_owned(),
            baseline: Xy::new(x, area.bottom + row * size),
            anchor: Anchor::Middle,
            size,
            face: Face::Regular,
            colour: self.colours.muted,
        };
        let ticks = self.frequency_ticks(projection).labelled;
        let title = text("Frequency (Hz)", f64::midpoint(area.left, area.right), 2.65);
        ticks
            .iter()
            .map(|tick| text(&tick.label, projection.x(tick.value), 1.35))
            .chain([title])
            .collect()
    }
}
