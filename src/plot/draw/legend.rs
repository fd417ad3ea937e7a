//! The names of the curves above the axes, for when there is no room at their ends.

use super::curve::dashed;
use super::header::Block;
use super::heat_map::dot;
use super::lettering::Font;
use super::mark::{Anchor, Face, Mark, Rect, Xy};
use super::panel::{Pattern, line_width};
use super::sheet::Sheet;
use crate::plot::theme::Colours;
use crate::plot::{Annotation, Chart, Form, HeatMap, Panel, Stroke};

/// One line of a legend.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    sample: Sample,
    text: String,
}

/// What stands before a name.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sample {
    Curve { slot: usize, stroke: Stroke },
    Reference,
    Point { slot: usize },
    Class { class: usize },
    Bar { slot: usize },
    Dot,
}

impl Entry {
    /// The named curves and reference lines of a panel.
    pub(crate) fn of(panel: &Panel) -> Vec<Self> {
        let curves = panel.series.iter().filter_map(|series| {
            let sample = Sample::Curve { slot: series.slot, stroke: series.stroke };
            Some(Self { sample, text: series.label.clone()? })
        });
        let references = panel.references.iter().filter_map(|reference| {
            Some(Self { sample: Sample::Reference, text: reference.label.clone()? })
        });
        curves.chain(references).collect()
    }

    /// A remark for which there is no room beside its point.
    pub(crate) fn of_remark(remark: &Annotation) -> Self {
        Self { sample: Sample::Point { slot: remark.slot }, text: remark.text.clone() }
    }

    /// The traces of a chart, and what its hollow points are if there are any.
    pub(crate) fn of_chart(chart: &Chart) -> Vec<Self> {
        let traces = chart.traces.iter().map(|trace| {
            let slot = trace.slot;
            let sample = match trace.form {
                Form::Line => Sample::Curve { slot, stroke: Stroke::of_slot(slot) },
                Form::Bars => Sample::Bar { slot },
            };
            Self { sample, text: trace.label.clone() }
        });
        let hollow = chart.traces.iter().find(|trace| trace.points.iter().any(|p| p.hollow));
        let hollow = hollow.map(|trace| Self {
            sample: Sample::Point { slot: trace.slot },
            text: chart.hollow.clone(),
        });
        traces.chain(hollow).collect()
    }

    /// The classes of a heat map, and what its dots mean if there are any.
    pub(crate) fn of_map(map: &HeatMap) -> Vec<Self> {
        let classes = map.classes.iter().enumerate();
        let classes = classes.map(|(class, text)| (Sample::Class { class }, text));
        let marked = map.rows.iter().flat_map(|row| &row.cells).any(|cell| cell.marked);
        let mark = marked.then_some((Sample::Dot, &map.mark));
        classes.chain(mark).map(|(sample, text)| Self { sample, text: text.clone() }).collect()
    }
}

/// Writes entries side by side, in as many rows as they need, from a row down.
pub(crate) fn legend(entries: &[Entry], sheet: &Sheet, colours: &Colours, top: f64) -> Block {
    let mut block = Block { marks: Vec::new(), bottom: top };
    if entries.is_empty() {
        return block;
    }
    let font = Font::regular(sheet.label);
    let (row, sample, space) = (1.5 * font.size, 2.3 * font.size, 0.5 * font.size);
    let right = sheet.width - sheet.margin;
    let (mut x, mut middle) = (sheet.margin, top + row / 2.0);
    for entry in entries {
        let text = font.shortened(&entry.text, right - sheet.margin - sample - space);
        let length = sample + space + font.width_anywhere(&text);
        if x + length > right && x > sheet.margin {
            (x, middle) = (sheet.margin, middle + row);
        }
        let from = Xy::new(x, middle);
        block.marks.append(&mut entry.sample.marks(from, sample, sheet, colours));
        block.marks.push(Mark::Text {
            text,
            baseline: Xy::new(x + sample + space, middle + 0.36 * font.size),
            anchor: Anchor::Start,
            size: font.size,
            face: Face::Regular,
            colour: colours.text,
        });
        x += length + 1.6 * font.size;
    }
    block.bottom = middle + row / 2.0;
    block
}

impl Sample {
    fn marks(self, from: Xy, length: f64, sheet: &Sheet, colours: &Colours) -> Vec<Mark> {
        // Round ends reach beyond the line.
        let cap = sheet.line / 2.0;
        let line = vec![Xy::new(from.x + cap, from.y), Xy::new(from.x + length - cap, from.y)];
        match self {
            Self::Curve { slot, stroke } => {
                let width = 1.1 * line_width(stroke, sheet);
                let pattern = Pattern::of(stroke, width);
                let pieces = pattern.map_or_else(
                    || vec![line.clone()],
                    |Pattern { on, off }| dashed(&line, on, off),
                );
                let colour = colours.line(slot);
                pieces.into_iter().map(|points| Mark::Path { points, colour, width }).collect()
            }
            Self::Reference => {
                let (colour, width) = (colours.reference, sheet.thin_line * 1.3);
                vec![Mark::Path { points: line, colour, width }]
            }
            Self::Point { slot } => vec![Mark::Ring {
                centre: from.towards(line[1], 0.5),
                radius: 2.0 * sheet.line,
                line: colours.line(slot),
                inside: colours.ground,
            }],
            Self::Class { class } => {
                let swatch = swatch(from, length);
                vec![
                    Mark::block(swatch.grown(0.5), colours.frame),
                    Mark::block(swatch, colours.class(class)),
                ]
            }
            Self::Bar { slot } => vec![Mark::block(swatch(from, length), colours.line(slot))],
            Self::Dot => vec![dot(from.towards(line[1], 0.5), sheet, colours.text)],
        }
    }
}

/// A filled sample beside a name.
fn swatch(from: Xy, length: f64) -> Rect {
    let half = 0.27 * length;
    let (left, right) = (from.x + 0.1 * length, from.x + 0.9 * length);
    Rect { left, top: from.y - half, right, bottom: from.y + half }
}
