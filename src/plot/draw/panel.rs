//! One coordinate system with its grid, curves and bands.

use super::axis::ValueTicks;
use super::callout::{Callout, Obstacles};
use super::curve::{area_inside, clipped, dashed, runs, thinned};
use super::frequency_axis::FrequencyTicks;
use super::lettering::Font;
use super::mark::{Anchor, Face, Mark, Rect, Xy};
use super::projection::Projection;
use super::sheet::Sheet;
use crate::plot::theme::{Colours, Rgb};
use crate::plot::{Band, Panel, Point, Scale, Series, Spacing, Stroke, Weight};

/// Lengths of dashes and of the gaps between them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pattern {
    pub(crate) on: f64,
    pub(crate) off: f64,
}

impl Pattern {
    /// The pattern of a broken stroke of a width. Ends are round, so a piece without length is a
    /// dot.
    pub(crate) fn of(stroke: Stroke, width: f64) -> Option<Self> {
        match stroke {
            Stroke::Solid => None,
            Stroke::Dashed => Some(Self { on: 3.6 * width, off: 2.6 * width }),
            Stroke::Dotted => Some(Self { on: 0.1, off: 2.1 * width }),
        }
    }
}

/// Draws one panel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Painter<'a> {
    pub(crate) panel: &'a Panel,
    pub(crate) ticks: &'a ValueTicks,
    pub(crate) projection: Projection,
    pub(crate) sheet: &'a Sheet,
    pub(crate) colours: &'a Colours,
}

impl Painter<'_> {
    /// Grid and frame, and the texts left of and above them.
    pub(crate) fn axes(&self, frequency: &FrequencyTicks) -> Vec<Mark> {
        let area = self.projection.area;
        let upright =
            |x: f64, colour| Mark::line(Xy::new(x, area.top), Xy::new(x, area.bottom), colour, 1.0);
        let level =
            |y: f64, colour| Mark::line(Xy::new(area.left, y), Xy::new(area.right, y), colour, 1.0);
        let (fine, grid) = (self.colours.fine_grid, self.colours.grid);
        let mut marks: Vec<Mark> = Vec::new();
        marks.extend(frequency.fine.iter().map(|&hz| upright(self.projection.x(hz), fine)));
        marks.extend(self.ticks.fine.iter().map(|&v| level(self.projection.y(v), fine)));
        marks.extend(
            frequency.labelled.iter().map(|tick| upright(self.projection.x(tick.value), grid)),
        );
        marks.extend(
            self.ticks.labelled.iter().map(|tick| level(self.projection.y(tick.value), grid)),
        );
        marks.append(&mut self.value_labels());
        marks
    }

    /// The frame, drawn over what ends at it.
    pub(crate) fn frame(&self) -> Mark {
        let mut points = self.projection.area.corners();
        points.extend(points.first().copied());
        Mark::Path { points, colour: self.colours.frame, width: 1.0 }
    }

    fn value_labels(&self) -> Vec<Mark> {
        let (area, size) = (self.projection.area, self.sheet.tick);
        let title = format!("{} ({})", self.panel.axis.title, self.ticks.unit);
        let text = |text: String, baseline: Xy, anchor: Anchor| Mark::Text {
            text,
            baseline,
            anchor,
            size,
            face: Face::Regular,
            colour: self.colours.muted,
        };
        let length = self.sheet.width - 2.0 * self.sheet.margin;
        let title = Font::regular(size).shortened(&title, length);
        let above = Xy::new(self.sheet.margin, area.top - 0.95 * size);
        let mut marks = vec![text(title, above, Anchor::Start)];
        let stride = self.label_stride();
        for tick in &self.ticks.labelled {
            let at = Xy::new(area.left - 0.5 * size, self.projection.y(tick.value) + 0.36 * size);
            if stride.is_none_or(|step| is_multiple(tick.value, step)) {
                marks.push(text(tick.label.clone(), at, Anchor::End));
            }
        }
        marks
    }

    /// The step between values whose labels have room above each other, where the axis is linear.
    fn label_stride(&self) -> Option<f64> {
        const LEAST_DISTANCE_EM: f64 = 1.45;
        let [first, second, ..] = self.ticks.labelled.as_slice() else { return None };
        if self.ticks.spacing == Spacing::Logarithmic {
            return None;
        }
        let step = second.value - first.value;
        let distance = (self.projection.y(0.0) - self.projection.y(step)).abs();
        let needed = LEAST_DISTANCE_EM * self.sheet.tick / distance;
        let stride = [1.0, 2.0, 5.0, 10.0].into_iter().find(|&n| n >= needed).unwrap_or(20.0);
        Some(stride * step)
    }

    /// Bands, reference lines and curves, and all lines as obstacles for texts.
    pub(crate) fn data(&self) -> (Vec<Mark>, Obstacles) {
        let area = self.projection.area;
        let mut obstacles = Obstacles::new(area);
        let mut marks: Vec<Mark> = Vec::new();
        marks.extend(self.panel.bands.iter().flat_map(|band| self.band(band)));
        for reference in self.panel.references.iter().filter(|r| self.projection.shows(r.value)) {
            let y = self.projection.y(reference.value);
            let points = vec![Xy::new(area.left, y), Xy::new(area.right, y)];
            obstacles.add_line(&points);
            let (colour, width) = (self.colours.reference, 1.3 * self.sheet.thin_line);
            marks.push(Mark::Path { points, colour, width });
        }
        let behind = |series: &&Series| series.weight == Weight::Thin;
        let (thin, normal): (Vec<_>, Vec<_>) = self.panel.series.iter().partition(behind);
        for series in thin.into_iter().chain(normal) {
            let lines = self.lines(series);
            for line in &lines {
                obstacles.add_line(line);
            }
            marks.append(&mut self.stroked(series, lines));
        }
        if !marks.iter().any(|mark| !matches!(mark, Mark::Area { .. })) {
            marks.push(self.emptiness());
        }
        (marks, obstacles)
    }

    /// The visible parts of a curve; a lone point is a part of no length.
    fn lines(&self, series: &Series) -> Vec<Vec<Xy>> {
        let area = self.projection.area;
        let points = series.points.iter().map(|&point| self.projection.point(point));
        let half_turn = (self.projection.y(0.0) - self.projection.y(180.0)).abs();
        let wraps =
            |a: Xy, b: Xy| self.panel.axis.scale == Scale::Phase && (a.y - b.y).abs() > half_turn;
        let visible = |run: Vec<Xy>| match run.as_slice() {
            [lone]
                if area.encloses(&Rect {
                    left: lone.x,
                    top: lone.y,
                    right: lone.x,
                    bottom: lone.y,
                }) =>
            {
                vec![vec![*lone, *lone]]
            }
            _ => clipped(&thinned(&run), &area),
        };
        runs(points, wraps).into_iter().flat_map(visible).collect()
    }

    fn stroked(&self, series: &Series, lines: Vec<Vec<Xy>>) -> Vec<Mark> {
        let (colour, width) = match series.weight {
            Weight::Normal => {
                (self.colours.line(series.slot), line_width(series.stroke, self.sheet))
            }
            Weight::Thin => (self.colours.thin_line(series.slot), self.sheet.thin_line),
        };
        let pattern = Pattern::of(series.stroke, width);
        lines.into_iter().flat_map(|line| stroked_line(line, pattern, colour, width)).collect()
    }

    /// The visible parts of a band.
    fn band(&self, band: &Band) -> Vec<Mark> {
        let finite = band
            .points
            .chunk_by(|a, b| [a, b].iter().all(|p| p.lower.is_finite() && p.upper.is_finite()));
        let border = |hz: f64, value: f64| self.projection.point(Point { hz, value });
        let area = |part: &[crate::plot::BandPoint]| {
            let upper: Vec<Xy> = part.iter().filter_map(|p| border(p.hz, p.upper)).collect();
            let lower: Vec<Xy> = part.iter().filter_map(|p| border(p.hz, p.lower)).collect();
            let outline: Vec<Xy> =
                thinned(&upper).into_iter().chain(thinned(&lower).into_iter().rev()).collect();
            let outline = area_inside(&outline, &self.projection.area);
            let (colour, opacity) = (self.colours.line(band.slot), self.colours.band);
            (!outline.is_empty()).then_some(Mark::Area { outline, colour, opacity })
        };
        finite.filter_map(area).collect()
    }

    fn emptiness(&self) -> Mark {
        let area = self.projection.area;
        Mark::Text {
            text: "no data on these axes".to_owned(),
            baseline: Xy::new(
                f64::midpoint(area.left, area.right),
                f64::midpoint(area.top, area.bottom),
            ),
            anchor: Anchor::Middle,
            size: self.sheet.label,
            face: Face::Regular,
            colour: self.colours.muted,
        }
    }

    /// The panel's remarks whose points are visible, by their index.
    pub(crate) fn callouts(&self) -> Vec<(usize, Callout<'_>)> {
        let visible = |point: Point| {
            self.projection.point(point).filter(|at| {
                self.projection.shows(point.value)
                    && (self.projection.area.left..=self.projection.area.right).contains(&at.x)
            })
        };
        (self.panel.annotations.iter().enumerate())
            .filter_map(|(i, remark)| {
                let at = visible(remark.at)?;
                Some((i, Callout { at, text: &remark.text, slot: remark.slot }))
            })
            .collect()
    }
}

/// The width of a curve; dots are thicker than lines to weigh the same.
pub(crate) fn line_width(stroke: Stroke, sheet: &Sheet) -> f64 {
    match stroke {
        Stroke::Solid | Stroke::Dashed => sheet.line,
        Stroke::Dotted => 1.3 * sheet.line,
    }
}

fn stroked_line(line: Vec<Xy>, pattern: Option<Pattern>, colour: Rgb, width: f64) -> Vec<Mark> {
    let lone = line.windows(2).all(|pair| pair[0] == pair[1]);
    match (line.first(), pattern) {
        (Some(&centre), _) if lone => {
            vec![Mark::Ring { centre, radius: 1.5 * width, line: colour, inside: colour }]
        }
        (_, None) => vec![Mark::Path { points: line, colour, width }],
        (_, Some(Pattern { on, off })) => dashed(&line, on, off)
            .into_iter()
            .map(|points| Mark::Path { points, colour, width })
            .collect(),
    }
}

fn is_multiple(value: f64, step: f64) -> bool {
    /// Multiples of a decimal step are not exact.
    const ROUNDING: f64 = 1e-6;
    let count = value / step;
    (count - count.round()).abs() < ROUNDING
}
