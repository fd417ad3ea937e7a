//! A chart: points with their intervals over time, or bars beside each other.

use super::across::AcrossTicks;
use super::axis::ValueTicks;
use super::curve::{area_inside, dashed};
use super::frequency_axis::FrequencyTicks;
use super::header::{footer, header};
use super::legend::{Entry, legend};
use super::lettering::Font;
use super::mark::{Anchor, Face, Mark, Rect, Xy};
use super::page::Page;
use super::panel::{Painter, Pattern, line_width};
use super::projection::Projection;
use super::sheet::{LEADING, Sheet, Width};
use crate::plot::theme::{Colours, Rgb};
use crate::plot::{Chart, ChartPoint, ChartTrace, Form, FrequencyAxis, Panel, Stroke, Theme};

/// Lays a chart out.
pub(crate) fn chart_page(chart: &Chart, theme: Theme, width: Width) -> Page {
    let (sheet, colours) = (Sheet::new(width, 1), theme.colours());
    let head = header(chart.into(), &sheet, colours);
    let top = head.bottom + sheet.gap / 2.0;
    let key = legend(&Entry::of_chart(chart), &sheet, colours, top);
    let panel = Panel {
        axis: chart.axis.clone(),
        references: chart.references.clone(),
        ..Panel::new("", chart.axis.scale)
    };
    let values = ValueTicks::of(&panel, FrequencyAxis::AUDIO);
    let area = area(chart, &values, &sheet, key.bottom);
    let drawing = Drawing::new(chart, &panel, &values, (area, &sheet, colours));
    let ground = Rect { left: 0.0, top: 0.0, right: sheet.width, bottom: sheet.height };
    let mut marks = vec![Mark::block(ground, colours.ground)];
    marks.extend(drawing.marks());
    marks.extend(head.marks);
    marks.extend(key.marks);
    marks.extend(footer(chart.into(), &sheet, colours, sheet.height).marks);
    Page { width: sheet.width, height: sheet.height, marks }
}

/// Where the coordinate system lies.
fn area(chart: &Chart, values: &ValueTicks, sheet: &Sheet, above: f64) -> Rect {
    let font = Font::regular(sheet.tick);
    let line = LEADING * sheet.tick;
    let labels = values.labelled.iter().map(|tick| font.width_anywhere(&tick.label));
    let column = labels.fold(0.0, f64::max) + 0.5 * sheet.tick;
    let small_print = footer(chart.into(), sheet, Theme::Light.colours(), 0.0).bottom;
    Rect {
        left: sheet.margin + column,
        top: above + line + 1.4 * sheet.gap,
        right: sheet.width - sheet.margin - sheet.tick,
        bottom: sheet.height + small_print - 2.0 * line - sheet.gap,
    }
}

struct Drawing<'a> {
    chart: &'a Chart,
    painter: Painter<'a>,
    ticks: AcrossTicks,
    area: Rect,
    sheet: &'a Sheet,
    colours: &'static Colours,
}

impl<'a> Drawing<'a> {
    fn new(
        chart: &'a Chart,
        panel: &'a Panel,
        values: &'a ValueTicks,
        (area, sheet, colours): (Rect, &'a Sheet, &'static Colours),
    ) -> Self {
        let font = Font::regular(sheet.tick);
        let spacing = sheet.tick_spacing_em * sheet.tick;
        let ticks = AcrossTicks::new(&chart.across, area.width(), font, spacing);
        let projection = Projection::new(area, FrequencyAxis::AUDIO, values);
        let painter = Painter { panel, ticks: values, projection, sheet, colours };
        Self { chart, painter, ticks, area, sheet, colours }
    }

    fn marks(&self) -> Vec<Mark> {
        let no_frequencies = FrequencyTicks { labelled: Vec::new(), fine: Vec::new() };
        let mut marks = self.painter.axes(&no_frequencies);
        marks.extend(self.upright_grid());
        marks.extend(self.references());
        let lines: Vec<&ChartTrace> = self.of(Form::Line).collect();
        marks.extend(lines.iter().filter_map(|trace| self.band(trace)));
        for (i, trace) in self.of(Form::Bars).enumerate() {
            marks.extend(trace.points.iter().flat_map(|point| self.bar(trace, i, *point)));
        }
        marks.extend(lines.iter().flat_map(|trace| self.joined(trace)));
        for (i, trace) in lines.iter().enumerate() {
            marks.extend(trace.points.iter().flat_map(|p| self.dot(trace, (i, lines.len()), *p)));
        }
        marks.push(self.painter.frame());
        marks.extend(self.labels());
        marks
    }

    fn of(&self, form: Form) -> impl Iterator<Item = &'a ChartTrace> + use<'a> {
        self.chart.traces.iter().filter(move |trace| trace.form == form)
    }

    fn x(&self, at: f64) -> f64 {
        let span = self.ticks.to - self.ticks.from;
        let share = if span > 0.0 { (at - self.ticks.from) / span } else { 0.5 };
        self.area.left + share * self.area.width()
    }

    /// The row of a value; one beyond the axis lies at the frame.
    fn y(&self, value: f64) -> f64 {
        let value = if value.is_nan() { 0.0 } else { value };
        // What is infinite goes as far as a number goes.
        let value = value.clamp(-1e12, 1e12);
        self.painter.projection.y(value).clamp(self.area.top, self.area.bottom)
    }

    fn upright_grid(&self) -> Vec<Mark> {
        let is_time = !matches!(self.chart.across, crate::plot::Across::Names(..));
        let ticks = self.ticks.labelled.iter().filter(|_| is_time);
        let line = |x: f64| {
            let (top, bottom) = (Xy::new(x, self.area.top), Xy::new(x, self.area.bottom));
            Mark::line(top, bottom, self.colours.grid, 1.0)
        };
        ticks.map(|tick| line(self.x(tick.value))).collect()
    }

    fn references(&self) -> Vec<Mark> {
        let shown = self.chart.references.iter();
        let shown = shown.filter(|line| self.painter.projection.shows(line.value));
        shown
            .map(|line| {
                let y = self.y(line.value);
                let (from, to) = (Xy::new(self.area.left, y), Xy::new(self.area.right, y));
                Mark::line(from, to, self.colours.reference, 1.3 * self.sheet.thin_line)
            })
            .collect()
    }

    fn band(&self, trace: &ChartTrace) -> Option<Mark> {
        let border = |of: fn((f64, f64)) -> f64| {
            trace.points.iter().filter_map(move |p| Some((p.at, of(p.interval?))))
        };
        let xy = |(at, value): (f64, f64)| Xy::new(self.x(at), self.y(value));
        let upper = border(|(_, to)| to).map(xy);
        let lower: Vec<Xy> = border(|(from, _)| from).map(xy).collect();
        let outline: Vec<Xy> = upper.chain(lower.into_iter().rev()).collect();
        let outline = area_inside(&outline, &self.area);
        let (colour, opacity) = (self.colours.line(trace.slot), self.colours.band);
        (!outline.is_empty()).then_some(Mark::Area { outline, colour, opacity })
    }

    fn joined(&self, trace: &ChartTrace) -> Vec<Mark> {
        let points: Vec<Xy> =
            trace.points.iter().map(|p| Xy::new(self.x(p.at), self.y(p.value))).collect();
        let stroke = Stroke::of_slot(trace.slot);
        let width = line_width(stroke, self.sheet);
        let pieces = match Pattern::of(stroke, width) {
            Some(Pattern { on, off }) => dashed(&points, on, off),
            None => vec![points],
        };
        let colour = self.colours.line(trace.slot);
        pieces.into_iter().map(|points| Mark::Path { points, colour, width }).collect()
    }

    /// A point with its interval. Several traces stand beside each other, so that intervals at one
    /// time do not hide each other.
    fn dot(&self, trace: &ChartTrace, (i, count): (usize, usize), point: ChartPoint) -> Vec<Mark> {
        /// Distance of neighbours in widths of a line.
        const ASIDE: f64 = 2.2;
        let aside = (i as f64 - (count as f64 - 1.0) / 2.0) * ASIDE * self.sheet.line;
        let x = self.x(point.at) + aside;
        let colour = self.colours.line(trace.slot);
        let inside = if point.hollow { self.colours.ground } else { colour };
        let mut marks = self.whisker(x, point, colour);
        let centre = Xy::new(x, self.y(point.value));
        marks.push(Mark::Ring { centre, radius: 1.9 * self.sheet.line, line: colour, inside });
        marks
    }

    fn whisker(&self, x: f64, point: ChartPoint, colour: Rgb) -> Vec<Mark> {
        let Some((from, to)) = point.interval else { return Vec::new() };
        let (low, high) = (self.y(from), self.y(to));
        let (width, half) = (0.7 * self.sheet.line, 1.6 * self.sheet.line);
        let mut marks = vec![Mark::line(Xy::new(x, low), Xy::new(x, high), colour, width)];
        // An end that lies on the page has a foot.
        for (value, y) in [(from, low), (to, high)] {
            if self.painter.projection.shows(value) {
                marks.push(Mark::line(Xy::new(x - half, y), Xy::new(x + half, y), colour, width));
            }
        }
        marks
    }

    fn bar(&self, trace: &ChartTrace, i: usize, point: ChartPoint) -> Vec<Mark> {
        /// Of the room of a name, the bars take so much.
        const SHARE: f64 = 0.8;
        let count = self.of(Form::Bars).count().max(1) as f64;
        let room = SHARE * (self.x(1.0) - self.x(0.0)) / count;
        let left = self.x(point.at) + (i as f64 - count / 2.0) * room;
        let (right, bottom) = (left + room, self.y(0.0));
        let bar = Rect { left, top: self.y(point.value), right, bottom };
        let gap = (0.08 * room).min(1.5);
        let bar = Rect { left: bar.left + gap, right: bar.right - gap, ..bar };
        let mut marks = vec![Mark::block(bar, self.colours.line(trace.slot))];
        marks.extend(self.whisker(f64::midpoint(left, right), point, self.colours.text));
        marks
    }

    fn labels(&self) -> Vec<Mark> {
        let size = self.sheet.tick;
        let text = |text: &str, x: f64, row: f64| Mark::Text {
            text: text.to_owned(),
            baseline: Xy::new(x, self.area.bottom + row * size),
            anchor: Anchor::Middle,
            size,
            face: Face::Regular,
            colour: self.colours.muted,
        };
        let length = self.sheet.width - 2.0 * self.sheet.margin;
        let title = Font::regular(size).shortened(&self.ticks.title, length);
        let middle = f64::midpoint(self.area.left, self.area.right);
        let ticks = self.ticks.labelled.iter();
        ticks
            .map(|tick| text(&tick.label, self.x(tick.value), 1.35))
            .chain([text(&title, middle, 2.65)])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Across, ReferenceLine, Scale, ValueAxis};

    fn chart(across: Across, form: Form) -> Chart {
        let point = |at: f64| ChartPoint {
            at,
            value: 0.5 - at,
            interval: Some((-1.0 - at, f64::INFINITY)),
            hollow: at > 0.5,
        };
        let trace = |slot| ChartTrace {
            label: format!("trace {slot}"),
            slot,
            form,
            points: vec![point(0.0), point(1.0)],
        };
        Chart {
            title: "Chart".to_owned(),
            subtitle: None,
            footer: Some("Small print".to_owned()),
            simulated: true,
            across,
            axis: ValueAxis {
                title: "Bass".to_owned(),
                scale: Scale::Difference,
                range: Some((-2.0, 2.0)),
            },
            traces: (0..7).map(trace).collect(),
            references: vec![ReferenceLine { value: 0.0, label: None }],
            hollow: "single seating".to_owned(),
        }
    }

    #[test]
    fn everything_is_on_the_page() {
        let names = Across::Names("Band".to_owned(), vec!["a".to_owned(), "b".to_owned()]);
        let charts = [
            chart(Across::Hours(-0.1, 1.1), Form::Line),
            chart(Across::Days(0.0, 0.0), Form::Line),
            chart(Across::Dates(0.0, 1.0), Form::Line),
            chart(names, Form::Bars),
        ];
        for chart in &charts {
            for width in [Width::Full, Width::Phone] {
                let page = chart_page(chart, Theme::Dark, width);
                let on_page = |at: &Xy| {
                    (0.0..=page.width).contains(&at.x) && (0.0..=page.height).contains(&at.y)
                };
                for mark in &page.marks {
                    let points = match mark {
                        Mark::Area { outline, .. } => outline.clone(),
                        Mark::Path { points, .. } => points.clone(),
                        Mark::Ring { centre, .. } => vec![*centre],
                        Mark::Text { baseline, .. } => vec![*baseline],
                        Mark::RisingText { foot, .. } => vec![*foot],
                    };
                    assert!(points.iter().all(on_page), "{:?}: {mark:?}", chart.across);
                }
                let said = |text: &str| {
                    page.marks
                        .iter()
                        .any(|mark| matches!(mark, Mark::Text { text: t, .. } if t == text))
                };
                assert!(said("single seating") && said("trace 6"));
            }
        }
    }
}
