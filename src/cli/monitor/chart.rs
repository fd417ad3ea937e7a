//! The curve of the last sweep upon that of the reference.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::canvas::{Canvas, Context, Line as Stroke, Points};

use super::scene::Scene;
use crate::model::{Curve, TraceKind};
use crate::quantity::amplitude_db;
use crate::quantity::unit::Decibel;

/// The band that is shown, in hertz.
const BAND_HZ: (f64, f64) = (20.0, 20e3);
/// Where frequencies are written.
const WRITTEN_HZ: [(f64, &str); 10] = [
    (20.0, "20"),
    (50.0, "50"),
    (100.0, "100"),
    (200.0, "200"),
    (500.0, "500"),
    (1e3, "1k"),
    (2e3, "2k"),
    (5e3, "5k"),
    (10e3, "10k"),
    (20e3, "20k"),
];
/// Columns left of the curve.
const GUTTER: u16 = 6;
/// Now and the reference, told apart by everybody (Okabe and Ito 2008); one is a line, the other
/// dots.
const NOW: Color = Color::Rgb(86, 180, 233);
const REFERENCE: Color = Color::Rgb(230, 159, 0);
const GRID: Color = Color::DarkGray;

/// Draws the curves with their axes.
pub(super) fn draw(frame: &mut Frame<'_>, scene: &Scene, area: Rect) {
    let [legend, plot, ticks] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(1), Constraint::Length(1)])
            .areas(area);
    let [scale, canvas] =
        Layout::horizontal([Constraint::Length(GUTTER), Constraint::Min(1)]).areas(plot);
    let curves = Curves::of(scene);
    let axis = Axis::of(scene.setting.kind, &curves);
    frame.render_widget(legend_line(scene, &curves), legend);
    draw_scale(frame, &axis, scale);
    frame.render_widget(canvas_of(&curves, &axis, canvas), canvas);
    draw_frequencies(frame, ticks);
}

/// The points to be drawn: logarithm of frequency, and level in decibels.
struct Curves {
    now: Vec<(f64, f64)>,
    reference: Vec<(f64, f64)>,
}

impl Curves {
    fn of(scene: &Scene) -> Self {
        let seen = scene.last.as_ref().and_then(|glimpse| glimpse.seen.as_ref());
        let now = seen.map_or_else(Vec::new, |seen| {
            let base = match seen.kind {
                TraceKind::Response => seen.middle_db.unwrap_or_default(),
                TraceKind::Impedance => 0.0,
            };
            points(&seen.level, base)
        });
        let reference = scene.watch.reference();
        Self { now, reference: reference.map_or_else(Vec::new, |r| points(r.mean(), 0.0)) }
    }

    fn all(&self) -> impl Iterator<Item = f64> + '_ {
        self.now.iter().chain(&self.reference).map(|&(_, db)| db)
    }
}

fn points(curve: &Curve<Decibel>, base_db: f64) -> Vec<(f64, f64)> {
    let inside = |f: f64| (BAND_HZ.0..=BAND_HZ.1).contains(&f);
    curve.points().filter(|&(f, _)| inside(f)).map(|(f, db)| (f.log10(), db - base_db)).collect()
}

/// The levels that are shown, and where they are written.
struct Axis {
    from_db: f64,
    to_db: f64,
    written: Vec<(f64, String)>,
}

impl Axis {
    fn of(kind: TraceKind, curves: &Curves) -> Self {
        match kind {
            TraceKind::Response => Self::in_decibels(curves),
            TraceKind::Impedance => Self::in_ohms(curves),
        }
    }

    /// From −20 dB to +10 dB, and as much further as the curves reach, in steps of 10 dB.
    fn in_decibels(curves: &Curves) -> Self {
        const STEP_DB: f64 = 10.0;
        /// A notch deeper than this need not be seen to its ground.
        const FURTHEST_DB: f64 = 60.0;
        let lowest = curves.all().fold(-20.0, f64::min).max(-FURTHEST_DB);
        let highest = curves.all().fold(10.0, f64::max).min(FURTHEST_DB);
        let from = (lowest / STEP_DB).floor() as i32;
        let to = (highest / STEP_DB).ceil() as i32;
        let written = (from..=to).map(|k| {
            let db = f64::from(k) * STEP_DB;
            (db, if k == 0 { "0".to_owned() } else { format!("{db:+.0}").replace('-', "−") })
        });
        let written = written.collect();
        let (from_db, to_db) = (f64::from(from) * STEP_DB, f64::from(to) * STEP_DB);
        Self { from_db, to_db, written }
    }

    /// From one round number of ohms below the curves to one above.
    fn in_ohms(curves: &Curves) -> Self {
        let (lowest, highest) =
            curves.all().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), db| {
                (low.min(db), high.max(db))
            });
        let (lowest, highest) = if lowest <= highest { (lowest, highest) } else { (20.0, 40.0) };
        let round: Vec<f64> = round_numbers().collect();
        let below = round.iter().rposition(|&ohm| amplitude_db(ohm) <= lowest).unwrap_or(0);
        let above = round.iter().position(|&ohm| amplitude_db(ohm) >= highest);
        let above = above.unwrap_or(round.len() - 1).max(below + 1).min(round.len() - 1);
        let shown = &round[below..=above];
        let written = shown.iter().map(|&ohm| (amplitude_db(ohm), ohms(ohm))).collect();
        Self { from_db: amplitude_db(shown[0]), to_db: amplitude_db(round[above]), written }
    }
}

/// 0.1 Ω to 100 kΩ in steps that an ear for round numbers likes.
fn round_numbers() -> impl Iterator<Item = f64> {
    let decades = (-1..5).map(|k| 10_f64.powi(k));
    decades.flat_map(|decade| {
        [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0].map(|step| step * decade)
    })
}

fn ohms(ohm: f64) -> String {
    if ohm >= 1e3 {
        format!("{} kΩ", ohm / 1e3)
    } else {
        format!("{} Ω", (ohm * 10.0).round() / 10.0)
    }
}

fn legend_line(scene: &Scene, curves: &Curves) -> Line<'static> {
    let unit = match scene.setting.kind {
        TraceKind::Response => "dB re 0.3–1 kHz",
        TraceKind::Impedance => "|Z|",
    };
    let mut spans = vec![
        Span::styled(format!("{unit}   "), Style::new().fg(GRID)),
        Span::styled("━━ now", Style::new().fg(NOW)),
    ];
    if !curves.reference.is_empty() {
        spans.push(Span::styled("   ··· reference", Style::new().fg(REFERENCE)));
    }
    if let Some(trend) = trend(scene) {
        spans.push(Span::styled(format!("   bass, last sweeps {trend}"), Style::new().fg(GRID)));
    }
    Line::from(spans)
}

/// The bass of the last sweeps, low to high over a range of two decibels or more.
fn trend(scene: &Scene) -> Option<String> {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    const SHOWN: usize = 20;
    const LEAST_DB: f64 = 2.0;
    let shown = scene.history.iter().rev().take(SHOWN).rev();
    let (low, high) = shown
        .clone()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &db| (low.min(db), high.max(db)));
    let (middle, range) = (0.5 * (low + high), (high - low).max(LEAST_DB));
    let step = |&db: &f64| {
        let share = 0.5 + (db - middle) / range;
        STEPS[((share * STEPS.len() as f64) as usize).min(STEPS.len() - 1)]
    };
    let is_shown = scene.setting.kind == TraceKind::Response && scene.history.len() > 1;
    is_shown.then(|| shown.map(step).collect())
}

fn draw_scale(frame: &mut Frame<'_>, axis: &Axis, area: Rect) {
    let last_row = f64::from(area.height.saturating_sub(1));
    let mut written_at = None;
    for (db, text) in &axis.written {
        let share = (axis.to_db - db) / (axis.to_db - axis.from_db);
        let row = (share * last_row).round() as u16;
        // Two figures on one row cannot be read.
        if area.height == 0 || written_at == Some(row) {
            continue;
        }
        written_at = Some(row);
        let place = Rect { y: area.y + row, height: 1, width: GUTTER - 1, ..area };
        frame.render_widget(
            Line::styled(text.clone(), Style::new().fg(GRID)).right_aligned(),
            place,
        );
    }
}

fn draw_frequencies(frame: &mut Frame<'_>, area: Rect) {
    let columns = f64::from(area.width.saturating_sub(GUTTER + 1));
    let mut free_from = 0;
    for (hz, text) in WRITTEN_HZ {
        let share = (hz / BAND_HZ.0).ln() / (BAND_HZ.1 / BAND_HZ.0).ln();
        let (middle, width) = (GUTTER + (share * columns).round() as u16, text.len() as u16);
        let left = middle.saturating_sub(width / 2).min(area.width.saturating_sub(width));
        if left < free_from {
            continue;
        }
        free_from = left + width + 1;
        let place = Rect { x: area.x + left, width: width.min(area.width), ..area };
        frame.render_widget(Line::styled(text, Style::new().fg(GRID)), place);
    }
}

fn canvas_of<'a>(
    curves: &'a Curves,
    axis: &'a Axis,
    area: Rect,
) -> Canvas<'a, impl Fn(&mut Context<'_>) + 'a> {
    let x = [BAND_HZ.0.log10(), BAND_HZ.1.log10()];
    // One dot for each cell, so that they are seen as dots.
    let dots = dotted(&curves.reference, usize::from(area.width));
    Canvas::default()
        .marker(Marker::Braille)
        .x_bounds(x)
        .y_bounds([axis.from_db, axis.to_db])
        .paint(move |context| {
            draw_grid(context, axis);
            context.layer();
            context.draw(&Points::new(&dots, REFERENCE));
            context.layer();
            for pair in curves.now.windows(2) {
                let (from, to) = (pair[0], pair[1]);
                context.draw(&Stroke::new(from.0, from.1, to.0, to.1, NOW));
            }
        })
}

/// A curve as so many dots, evenly spread over the band.
fn dotted(curve: &[(f64, f64)], dots: usize) -> Vec<(f64, f64)> {
    let (from, to) = (BAND_HZ.0.log10(), BAND_HZ.1.log10());
    let at = |k: usize| from + (to - from) * k as f64 / dots.max(1) as f64;
    let level = |x: f64| {
        let after = curve.partition_point(|point| point.0 < x);
        let (low, high) = (curve.get(after.checked_sub(1)?)?, curve.get(after)?);
        let share = (x - low.0) / (high.0 - low.0);
        Some((x, low.1 + share * (high.1 - low.1)))
    };
    (0..=dots).filter_map(|k| level(at(k))).collect()
}

fn draw_grid(context: &mut Context<'_>, axis: &Axis) {
    let (left, right) = (BAND_HZ.0.log10(), BAND_HZ.1.log10());
    for hz in [100.0_f64, 1e3, 10e3] {
        let x = hz.log10();
        context.draw(&Stroke::new(x, axis.from_db, x, axis.to_db, GRID));
    }
    for (db, _) in &axis.written {
        context.draw(&Stroke::new(left, *db, right, *db, GRID));
    }
}
