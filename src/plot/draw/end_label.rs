//! Names at the right ends of the curves, which no reader has to look up.

use super::lettering::Font;
use super::mark::{Anchor, Face, Mark, Rect, Xy};
use super::projection::Projection;
use super::sheet::Sheet;
use crate::plot::theme::{Colours, Rgb};
use crate::plot::{FrequencyAxis, Panel, Point, Series};

/// Names more than these are easier to find in a legend.
const MOST: usize = 8;

/// Least distance of two names in their font size.
const ROW_EM: f64 = 1.25;

/// A name that wants to stand beside the end of its line.
#[derive(Debug, Clone)]
pub(crate) struct EndLabel {
    text: String,
    lettering: Rgb,
    line: Rgb,
    end: Point,
}

/// The names of a panel, if each has an end to stand beside.
pub(crate) fn end_labels(
    panel: &Panel,
    frequency: FrequencyAxis,
    colours: &Colours,
) -> Option<Vec<EndLabel>> {
    let curves = panel.series.iter().filter_map(|series| {
        let text = series.label.clone()?;
        let (lettering, line) = (colours.lettering(series.slot), colours.line(series.slot));
        Some(end_of(series, frequency).map(|end| EndLabel { text, lettering, line, end }))
    });
    let references = panel.references.iter().filter_map(|reference| {
        let text = reference.label.clone()?;
        let end = Point { hz: frequency.to_hz(), value: reference.value };
        let (lettering, line) = (colours.muted, colours.reference);
        Some(Some(EndLabel { text, lettering, line, end }))
    });
    let labels: Vec<EndLabel> = curves.chain(references).collect::<Option<_>>()?;
    (labels.len() <= MOST).then_some(labels)
}

/// The last point of a curve, if it lies at the right end of the axis.
fn end_of(series: &Series, frequency: FrequencyAxis) -> Option<Point> {
    /// A name may stand this ratio of frequencies, an eighth of an octave, beyond its curve.
    const NEAR: f64 = 1.1;
    let on_axis = |p: &&Point| frequency.contains(p.hz) && p.value.is_finite();
    let last = series.points.iter().rev().find(on_axis)?;
    (last.hz * NEAR >= frequency.to_hz()).then_some(*last)
}

/// The width that names need beside the axes, if it is not too much of the page.
pub(crate) fn column_width(labels: &[EndLabel], sheet: &Sheet) -> Option<f64> {
    const LARGEST_SHARE: f64 = 0.2;
    let font = Font::semi_bold(sheet.label);
    let widest = labels.iter().map(|label| font.width_anywhere(&label.text)).fold(0.0, f64::max);
    let width = leader_length(sheet) + widest;
    (width <= LARGEST_SHARE * sheet.width).then_some(width)
}

/// From the frame to the name.
fn leader_length(sheet: &Sheet) -> f64 {
    1.3 * sheet.label
}

/// Names beside the frame, moved apart where they would overlap; nothing if a name would end up
/// too far from its line, or two lines end in the same place.
pub(crate) fn placed(
    labels: &[EndLabel],
    projection: &Projection,
    sheet: &Sheet,
) -> Option<Vec<Mark>> {
    /// Furthest way of a name from its line, in rows.
    const FURTHEST: f64 = 1.6;
    /// Two lines whose ends lie nearer, in line widths, cannot be told apart by where they end.
    const NEAREST_ENDS: f64 = 2.0;
    if labels.iter().any(|label| !projection.shows(label.end.value)) {
        return None;
    }
    let row = ROW_EM * sheet.label;
    let mut sorted: Vec<(f64, &EndLabel)> =
        labels.iter().map(|label| (projection.y(label.end.value), label)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ends: Vec<f64> = sorted.iter().map(|(y, _)| *y).collect();
    if ends.windows(2).any(|pair| pair[1] - pair[0] < NEAREST_ENDS * sheet.line) {
        return None;
    }
    let rows = moved_apart(&ends, row, &projection.area)?;
    let near = ends.iter().zip(&rows).all(|(end, placed)| (end - placed).abs() <= FURTHEST * row);
    near.then(|| {
        sorted
            .iter()
            .zip(&rows)
            .flat_map(|(&(end, label), &y)| label.marks(end, y, projection.area.right, sheet))
            .collect()
    })
}

impl EndLabel {
    fn marks(&self, end: f64, y: f64, edge: f64, sheet: &Sheet) -> [Mark; 2] {
        let leader = leader_length(sheet);
        let points = vec![
            Xy::new(edge + 0.12 * leader, end),
            Xy::new(edge + 0.3 * leader, end),
            Xy::new(edge + 0.65 * leader, y),
            Xy::new(edge + 0.83 * leader, y),
        ];
        [
            Mark::Path { points, colour: self.line, width: 1.5 * sheet.thin_line },
            Mark::Text {
                text: self.text.clone(),
                baseline: Xy::new(edge + leader, y + 0.36 * sheet.label),
                anchor: Anchor::Start,
                size: sheet.label,
                face: Face::SemiBold,
                colour: self.lettering,
            },
        ]
    }
}

/// The rows nearest to the wanted ones (sum of squares) that keep their order and a distance, and
/// whose texts stay beside the area: isotonic regression by pooling adjacent violators, after
/// Ayer et al. (1955). Nothing if they do not fit.
fn moved_apart(wanted: &[f64], row: f64, area: &Rect) -> Option<Vec<f64>> {
    let (top, bottom) = (area.top + row / 2.0, area.bottom - row / 2.0);
    let last = wanted.len().saturating_sub(1) as f64;
    if top + last * row > bottom {
        return None;
    }
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (i, y) in wanted.iter().enumerate() {
        let mut pool = (y - i as f64 * row, 1);
        while let Some(&(mean, count)) = pools.last().filter(|above| above.0 > pool.0) {
            pools.pop();
            let total = (count + pool.1) as f64;
            pool = ((mean * count as f64 + pool.0 * pool.1 as f64) / total, count + pool.1);
        }
        pools.push(pool);
    }
    let rows = pools.into_iter().flat_map(|(mean, count)| std::iter::repeat_n(mean, count));
    let placed = |(i, base): (usize, f64)| base.clamp(top, bottom - last * row) + i as f64 * row;
    Some(rows.enumerate().map(placed).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Rect = Rect { left: 0.0, top: 0.0, right: 100.0, bottom: 100.0 };

    #[test]
    fn labels_that_do_not_overlap_stay_where_they_are() {
        assert_eq!(moved_apart(&[20.0, 50.0, 80.0], 10.0, &AREA), Some(vec![20.0, 50.0, 80.0]));
    }

    #[test]
    fn labels_that_overlap_make_way_for_each_other_by_the_same_amount() {
        assert_eq!(moved_apart(&[50.0, 52.0, 90.0], 10.0, &AREA), Some(vec![46.0, 56.0, 90.0]));
    }

    #[test]
    fn labels_stay_beside_the_area() {
        assert_eq!(moved_apart(&[0.0, 1.0], 10.0, &AREA), Some(vec![5.0, 15.0]));
        assert_eq!(moved_apart(&[99.0, 100.0], 10.0, &AREA), Some(vec![85.0, 95.0]));
        assert_eq!(moved_apart(&[50.0; 11], 10.0, &AREA), None);
        assert_eq!(moved_apart(&[], 10.0, &AREA), Some(vec![]));
    }
}
