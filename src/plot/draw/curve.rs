//! Lines and areas in pixels: thinned to what can be seen, cut at the frame, broken into dashes.

use super::mark::{Rect, Xy};

/// Splits a sequence at its gaps and before each point that `breaks` against the one before it.
pub(crate) fn runs(
    points: impl Iterator<Item = Option<Xy>>,
    breaks: impl Fn(Xy, Xy) -> bool,
) -> Vec<Vec<Xy>> {
    let mut runs: Vec<Vec<Xy>> = Vec::new();
    let mut open = false;
    for point in points {
        let Some(point) = point else {
            open = false;
            continue;
        };
        match runs.last_mut() {
            Some(run) if open && !run.last().is_some_and(|&last| breaks(last, point)) => {
                run.push(point);
            }
            _ => runs.push(vec![point]),
        }
        open = true;
    }
    runs
}

/// A line with at most four points in each half pixel column: the first, the highest, the lowest
/// and the last, so that no peak is lost.
pub(crate) fn thinned(line: &[Xy]) -> Vec<Xy> {
    /// Half a pixel of the page is less than a pixel of any PNG.
    const COLUMN: f64 = 0.5;
    let column = |point: &Xy| (point.x / COLUMN).floor();
    let same_column = |a: &Xy, b: &Xy| (column(a) - column(b)).abs() < 0.5;
    let mut kept = Vec::with_capacity(line.len());
    for group in line.chunk_by(same_column) {
        if group.len() <= 4 {
            kept.extend_from_slice(group);
            continue;
        }
        let by_height = |a: &&Xy, b: &&Xy| a.y.total_cmp(&b.y);
        let (highest, lowest) = (group.iter().min_by(by_height), group.iter().max_by(by_height));
        let mut chosen: Vec<Xy> = group.first().into_iter().chain(highest).copied().collect();
        chosen.extend(lowest.into_iter().chain(group.last()).copied());
        chosen[1..3].sort_by(|a, b| a.x.total_cmp(&b.x));
        kept.append(&mut chosen);
    }
    kept
}

/// The parts of a line inside a frame.
pub(crate) fn clipped(line: &[Xy], frame: &Rect) -> Vec<Vec<Xy>> {
    let mut parts: Vec<Vec<Xy>> = Vec::new();
    let mut joined = false;
    for pair in line.windows(2) {
        let Some((from, to)) = segment_inside(pair[0], pair[1], frame) else {
            joined = false;
            continue;
        };
        match parts.last_mut() {
            Some(part) if joined => part.push(to),
            _ => parts.push(vec![from, to]),
        }
        joined = to == pair[1];
    }
    parts
}

/// The part of a segment inside a frame (Liang and Barsky, 1984).
fn segment_inside(from: Xy, to: Xy, frame: &Rect) -> Option<(Xy, Xy)> {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let borders = [
        (-dx, from.x - frame.left),
        (dx, frame.right - from.x),
        (-dy, from.y - frame.top),
        (dy, frame.bottom - from.y),
    ];
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (slope, distance) in borders {
        if slope.abs() < f64::EPSILON {
            if distance < 0.0 {
                return None;
            }
        } else if slope < 0.0 {
            enter = enter.max(distance / slope);
        } else {
            leave = leave.min(distance / slope);
        }
    }
    if enter > leave {
        return None;
    }
    let start = if enter > 0.0 { from.towards(to, enter) } else { from };
    let end = if leave < 1.0 { from.towards(to, leave) } else { to };
    Some((start, end))
}

/// The part of an area inside a frame (Sutherland and Hodgman, 1974); empty if none is.
pub(crate) fn area_inside(outline: &[Xy], frame: &Rect) -> Vec<Xy> {
    let depths: [&dyn Fn(Xy) -> f64; 4] =
        [&|p| p.x - frame.left, &|p| frame.right - p.x, &|p| p.y - frame.top, &|p| {
            frame.bottom - p.y
        }];
    let mut area = outline.to_vec();
    for depth in depths {
        let mut cut = Vec::with_capacity(area.len() + 4);
        for (i, &point) in area.iter().enumerate() {
            let before = area[(i + area.len() - 1) % area.len()];
            let (a, b) = (depth(before), depth(point));
            if (a < 0.0) != (b < 0.0) {
                cut.push(before.towards(point, a / (a - b)));
            }
            if b >= 0.0 {
                cut.push(point);
            }
        }
        area = cut;
    }
    if area.len() < 3 { Vec::new() } else { area }
}

/// A line in pieces of a length with gaps of another between them.
pub(crate) fn dashed(line: &[Xy], on: f64, off: f64) -> Vec<Vec<Xy>> {
    let mut dashes: Vec<Vec<Xy>> = Vec::new();
    let (mut drawing, mut left) = (true, on);
    if let Some(&first) = line.first() {
        dashes.push(vec![first]);
    }
    for pair in line.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        let mut rest = from.distance(to);
        while rest > left {
            from = from.towards(to, left / rest);
            rest -= left;
            if drawing {
                dashes.last_mut().into_iter().for_each(|dash| dash.push(from));
            } else {
                dashes.push(vec![from]);
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
        }
        left -= rest;
        if drawing {
            dashes.last_mut().into_iter().for_each(|dash| dash.push(to));
        }
    }
    dashes.retain(|dash| dash.len() > 1);
    dashes
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Rect = Rect { left: 0.0, top: 0.0, right: 10.0, bottom: 10.0 };

    fn line(points: &[(f64, f64)]) -> Vec<Xy> {
        points.iter().map(|&(x, y)| Xy::new(x, y)).collect()
    }

    #[test]
    fn a_line_that_leaves_the_frame_and_returns_is_cut_in_two() {
        let parts = clipped(&line(&[(1.0, 5.0), (5.0, 25.0), (9.0, 5.0)]), &FRAME);
        assert_eq!(parts, [line(&[(1.0, 5.0), (2.0, 10.0)]), line(&[(8.0, 10.0), (9.0, 5.0)])]);
        assert_eq!(clipped(&line(&[(1.0, 1.0), (2.0, 2.0), (3.0, 1.0)]), &FRAME).len(), 1);
        assert!(clipped(&line(&[(-5.0, 1.0), (-1.0, 2.0)]), &FRAME).is_empty());
    }

    #[test]
    fn an_area_is_cut_along_the_frame() {
        let triangle = line(&[(5.0, 5.0), (15.0, 5.0), (5.0, 15.0)]);
        let inside = area_inside(&triangle, &FRAME);
        assert!(inside.iter().all(|p| p.x <= 10.0 && p.y <= 10.0));
        assert!(inside.contains(&Xy::new(10.0, 5.0)));
        assert!(area_inside(&line(&[(20.0, 0.0), (30.0, 0.0), (30.0, 5.0)]), &FRAME).is_empty());
    }

    #[test]
    fn thinning_keeps_the_peak() {
        let comb: Vec<Xy> = (0..10_000)
            .map(|i| Xy::new(f64::from(i) * 1e-3, if i == 5_432 { -80.0 } else { 0.0 }))
            .collect();
        let thin = thinned(&comb);
        assert!(thin.len() <= 4 * 21);
        assert!(thin.contains(&comb[5_432]) && thin.contains(&comb[9_999]));
        assert!(thin.windows(2).all(|pair| pair[0].x <= pair[1].x));
    }

    #[test]
    fn dashes_and_gaps_have_their_lengths() {
        let dashes = dashed(&line(&[(0.0, 0.0), (3.0, 0.0), (10.0, 0.0)]), 4.0, 2.0);
        assert_eq!(
            dashes,
            [line(&[(0.0, 0.0), (3.0, 0.0), (4.0, 0.0)]), line(&[(6.0, 0.0), (10.0, 0.0)])]
        );
        assert!(dashed(&[], 4.0, 2.0).is_empty());
    }

    #[test]
    fn a_gap_and_a_break_start_a_new_run() {
        let points = [Some((0.0, 0.0)), Some((1.0, 0.0)), None, Some((2.0, 0.0)), Some((3.0, 9.0))];
        let points = points.map(|point| point.map(|(x, y)| Xy::new(x, y)));
        let runs = runs(points.into_iter(), |a, b| (a.y - b.y).abs() > 5.0);
        assert_eq!(runs.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 1]);
    }
}
