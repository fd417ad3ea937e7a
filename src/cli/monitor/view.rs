//! From what is known to what the terminal shows: a function of the scene alone.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use tui_big_text::{BigText, PixelSize};

use super::chart;
use super::scene::Scene;
use crate::model::{AgainstReference, BassVerdict, Motion, Seen, Severity, TraceKind};
use crate::report::words::monitor as words;

/// What is good, what is not, and what is neither, told apart by everybody (Okabe and Ito 2008);
/// words say the same.
const GOOD: Color = Color::Rgb(0, 158, 115);
const BAD: Color = Color::Rgb(230, 159, 0);
const DIM: Color = Color::DarkGray;

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, scene: &Scene) {
    let size = Size::of(frame.area());
    let [head, figures, chart, note, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(size.rows() + 1),
        Constraint::Min(3),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(head_line(scene), head);
    draw_figures(frame, scene, figures, size);
    chart::draw(frame, scene, chart);
    frame.render_widget(note_line(scene), note);
    let help = "space store   r take as reference   −/+ level   q end";
    frame.render_widget(Line::styled(help, Style::new().fg(DIM)), keys);
}

/// How large figures are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    /// Four lines, to be read at arm's length.
    Large,
    /// Eight lines, to be read from across the bench.
    Huge,
}

impl Size {
    /// Columns of the widest figure, and rows that must be left for the curve.
    const HUGE_AREA: (u16, u16) = (110, 32);

    const fn of(area: Rect) -> Self {
        if area.width >= Self::HUGE_AREA.0 && area.height >= Self::HUGE_AREA.1 {
            Self::Huge
        } else {
            Self::Large
        }
    }

    const fn rows(self) -> u16 {
        match self {
            Self::Large => 4,
            Self::Huge => 8,
        }
    }

    /// Columns that eight letters take.
    const fn columns(self) -> u16 {
        8 * self.rows()
    }

    const fn pixels(self) -> PixelSize {
        match self {
            Self::Large => PixelSize::Quadrant,
            Self::Huge => PixelSize::Full,
        }
    }
}

fn head_line(scene: &Scene) -> Line<'static> {
    let simulated = if scene.setting.is_simulated { " (simulated)" } else { "" };
    let level = format!("{:.0} dBFS", scene.level().db()).replace('-', "−");
    let sweep = scene.last.as_ref().map_or(0, |glimpse| glimpse.sweep);
    Line::from(vec![
        Span::styled("cansweep monitor", Style::new().add_modifier(Modifier::BOLD)),
        Span::raw(format!("  {}{simulated}  {level}  sweep {sweep}", scene.setting.rig)),
    ])
}

/// The large figure on the left, and what it means on the right.
fn draw_figures(frame: &mut Frame<'_>, scene: &Scene, area: Rect, size: Size) {
    let [left, right] =
        Layout::horizontal([Constraint::Length(size.columns() + 1), Constraint::Min(10)])
            .areas(area);
    let [label, digits] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(left);
    let figure = Figure::of(scene);
    frame.render_widget(Line::styled(figure.label, Style::new().fg(DIM)), label);
    let big = BigText::builder()
        .pixel_size(size.pixels())
        .style(Style::new().fg(figure.colour))
        .lines(vec![Line::from(figure.text)])
        .build();
    frame.render_widget(big, digits);
    frame.render_widget(Paragraph::new(sayings(scene)).wrap(Wrap { trim: true }), right);
}

/// The figure to be read from afar.
struct Figure {
    label: &'static str,
    text: String,
    colour: Color,
}

impl Figure {
    fn of(scene: &Scene) -> Self {
        let glimpse = scene.last.as_ref();
        let seen = glimpse.and_then(|glimpse| glimpse.seen.as_ref());
        let against = glimpse.and_then(|glimpse| glimpse.against.as_ref());
        let colour = match against.map(|against| against.verdict) {
            Some(BassVerdict::Within) => GOOD,
            Some(BassVerdict::Below | BassVerdict::Above) => BAD,
            None => Color::Reset,
        };
        let (label, text) = match (scene.setting.kind, against) {
            (TraceKind::Impedance, _) => ("resonance", seen.and_then(resonance_text)),
            (TraceKind::Response, Some(against)) => {
                ("bass re your reference", Some(decibels(against.bass_db)))
            }
            (TraceKind::Response, None) => {
                ("bass 20–100 Hz re 0.3–1 kHz", seen.and_then(|seen| seen.bass_db).map(decibels))
            }
        };
        Self { label, text: text.unwrap_or_else(|| "- - -".to_owned()), colour }
    }
}

/// The letters of the large figures have no typographic minus.
fn decibels(db: f64) -> String {
    words::signed(db).replace('−', "-")
}

fn resonance_text(seen: &Seen) -> Option<String> {
    let hz = seen.resonance.as_ref()?.frequency_hz;
    Some(if hz < 1000.0 { format!("{hz:.1} Hz") } else { format!("{hz:.0} Hz") })
}

/// What the figure means, line by line.
fn sayings(scene: &Scene) -> Vec<Line<'static>> {
    let Some(glimpse) = &scene.last else { return vec![Line::raw("waiting for the first sweep")] };
    let mut lines = vec![motion_line(glimpse.motion)];
    if let Some(against) = &glimpse.against {
        lines.push(Line::raw(words::seal(against, scene.setting.kind)));
        lines.extend(resonance_line(against));
    }
    if let Some(seen) = &glimpse.seen {
        lines.push(Line::raw(figures_text(seen)));
    }
    lines
}

fn motion_line(motion: Motion) -> Line<'static> {
    let (mark, colour) = match motion {
        Motion::Steady { .. } => ("●", GOOD),
        Motion::Settling { .. } => ("○", Color::Reset),
        Motion::Moved { .. } => ("▲", BAD),
    };
    let text = format!("{mark} {}", capitalised(&words::motion(motion)));
    Line::styled(text, Style::new().fg(colour).add_modifier(Modifier::BOLD))
}

/// A text with its first letter large.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn resonance_line(against: &AgainstReference) -> Option<Line<'static>> {
    Some(Line::raw(words::resonance(against.resonance?)))
}

/// The figures that are not large.
fn figures_text(seen: &Seen) -> String {
    match seen.kind {
        TraceKind::Response => {
            let corner = seen.corner_minus_3_db_hz;
            let corner = corner
                .map_or("−3 dB below 20 Hz".to_owned(), |hz| format!("−3 dB at {hz:.0} Hz"));
            let level = seen.middle_db.map(|db| format!("level {}", words::signed(db)));
            let bass = seen.bass_db.map(|db| format!("bass {}", words::signed(db)));
            bass.into_iter().chain(level).chain([corner]).collect::<Vec<_>>().join(", ")
        }
        TraceKind::Impedance => seen.resonance.as_ref().map_or_else(
            || "no resonance stands out".to_owned(),
            |resonance| format!("{:.1} Ω at {:.1} Hz", resonance.peak_ohm, resonance.frequency_hz),
        ),
    }
}

/// What was noted, or else what is wrong with the last sweep.
fn note_line(scene: &Scene) -> Line<'static> {
    if let Some(note) = &scene.note {
        return Line::styled(note.clone(), Style::new().add_modifier(Modifier::BOLD));
    }
    scene.remark().map_or_else(Line::default, |finding| {
        let word = if finding.severity == Severity::Refusal { "refused" } else { "warning" };
        Line::styled(format!("{word}: {}", finding.message()), Style::new().fg(BAD))
    })
}

#[cfg(test)]
#[path = "view/tests.rs"]
mod tests;
