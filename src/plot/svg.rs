//! Writes marks as SVG; the only file that names plotters.
//!
//! Its back end counts in whole units, so the page is drawn at [`FINENESS`] times its size and the
//! root element shrinks it again.

use std::sync::OnceLock;

use plotters::prelude::{
    Circle, DrawingArea, IntoDrawingArea, PathElement, Polygon, RGBAColor, SVGBackend, ShapeStyle,
    Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, FontStyle, FontTransform, TextStyle, register_font};

use super::draw::{Anchor, Face, Mark, Page, Xy};
use super::render::PlotError;
use super::theme::Rgb;

/// Units of the drawing per CSS pixel.
const FINENESS: f64 = 16.0;

/// The embedded typeface.
pub(crate) const FAMILY: &str = "Inter";

/// What a viewer of the SVG looks for, in this order.
const FAMILIES: &str = "Inter, Helvetica Neue, Helvetica, Arial, Noto Sans, sans-serif";

/// The regular cut of the typeface.
pub(crate) const REGULAR: &[u8] = include_bytes!("../../reports/fonts/Inter-Regular.otf");

/// The semi-bold cut of the typeface.
pub(crate) const SEMI_BOLD: &[u8] = include_bytes!("../../reports/fonts/Inter-SemiBold.otf");

/// plotters writes a font this many times smaller than it is asked for.
const SHRINKING: f64 = 1.24;

/// plotters puts the top of a text this many font sizes above its baseline.
const TOP_TO_BASELINE: f64 = 0.76;

type Canvas<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// The page as an SVG document with a title for those who cannot see it.
pub(crate) fn document(page: &Page, title: &str) -> Result<String, PlotError> {
    let mut drawn = String::new();
    let size = (fine(page.width).unsigned_abs(), fine(page.height).unsigned_abs());
    {
        let canvas = SVGBackend::with_string(&mut drawn, size).into_drawing_area();
        page.marks.iter().try_for_each(|mark| put(&canvas, mark))?;
        canvas.present().map_err(|e| failed(&e))?;
    }
    let (_, content) =
        drawn.split_once('>').ok_or_else(|| PlotError::Svg("no root element".to_owned()))?;
    Ok(format!("{}{content}", root(page, size, title)))
}

/// The opening tag: CSS pixels outside, fine units inside.
fn root(page: &Page, (width, height): (u32, u32), title: &str) -> String {
    let mut name = String::with_capacity(title.len());
    for letter in title.chars().filter(|letter| !letter.is_control()) {
        match letter {
            '<' => name.push_str("&lt;"),
            '>' => name.push_str("&gt;"),
            '&' => name.push_str("&amp;"),
            '"' => name.push_str("&quot;"),
            letter => name.push(letter),
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{name}\" \
         stroke-linejoin=\"round\" stroke-linecap=\"round\">\n<title>{name}</title>",
        page.width, page.height
    )
}

/// The length of a text in font sizes, without kerning between pairs.
pub(crate) fn advance_em(text: &str, face: Face) -> f64 {
    /// Measured at this size, a rounding to whole units does not matter.
    const SIZE: f64 = 2000.0;
    /// plotters sets the height of a line, (2728 + 680) / 2816 font sizes in Inter.
    const LINE_EM: f64 = 3408.0 / 2816.0;
    /// An average letter, should the typeface not be readable.
    const LETTER_EM: f64 = 0.6;
    static REGISTERED: OnceLock<()> = OnceLock::new();
    REGISTERED.get_or_init(|| {
        // A typeface that cannot be read leaves the estimate below, and a test that fails.
        let _ = register_font(FAMILY, FontStyle::Normal, REGULAR);
        let _ = register_font(FAMILY, FontStyle::Bold, SEMI_BOLD);
    });
    let font = FontDesc::new(FontFamily::Name(FAMILY), SIZE * LINE_EM, style(face));
    match font.layout_box(text) {
        Ok(((left, _), (right, _))) => f64::from(right - left) / SIZE,
        Err(_) => LETTER_EM * text.chars().count() as f64,
    }
}

fn put(canvas: &Canvas<'_>, mark: &Mark) -> Result<(), PlotError> {
    match mark {
        Mark::Area { outline, colour, opacity } => {
            canvas.draw(&Polygon::new(units(outline), paint(*colour, *opacity)))
        }
        Mark::Path { points, colour, width } => {
            canvas.draw(&PathElement::new(units(points), stroke(*colour, *width)))
        }
        Mark::Ring { centre, radius, line, inside } => {
            let disc = |radius: f64, colour| Circle::new(unit(*centre), fine(radius), colour);
            canvas
                .draw(&disc(*radius, paint(*line, 1.0)))
                .and_then(|()| canvas.draw(&disc(0.55 * radius, paint(*inside, 1.0))))
        }
        Mark::Text { text, baseline, anchor, size, face, colour } => {
            let side = match anchor {
                Anchor::Start => HPos::Left,
                Anchor::Middle => HPos::Center,
                Anchor::End => HPos::Right,
            };
            let ink = rgba(*colour, 1.0);
            let style = lettering(*size, *face).color(&ink).pos(Pos::new(side, VPos::Top));
            let top = Xy::new(baseline.x, baseline.y - TOP_TO_BASELINE * size);
            canvas.draw(&Text::new(printable(text), unit(top), style))
        }
        Mark::RisingText { text, foot, size, face, colour } => {
            let ink = rgba(*colour, 1.0);
            let style = lettering(*size, *face).color(&ink).pos(Pos::new(HPos::Left, VPos::Top));
            let style = style.transform(FontTransform::Rotate270);
            // Turned, the top of the letters is on the left.
            let top = Xy::new(foot.x - TOP_TO_BASELINE * size, foot.y);
            canvas.draw(&Text::new(printable(text), unit(top), style))
        }
    }
    .map_err(|e| failed(&e))
}

fn lettering(size: f64, face: Face) -> TextStyle<'static> {
    let family = FontFamily::Name(FAMILIES);
    TextStyle::from(FontDesc::new(family, size * FINENESS * SHRINKING, style(face)))
}

/// The text without what XML does not allow.
fn printable(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}

const fn style(face: Face) -> FontStyle {
    match face {
        Face::Regular => FontStyle::Normal,
        Face::SemiBold => FontStyle::Bold,
    }
}

fn stroke(colour: Rgb, width: f64) -> ShapeStyle {
    ShapeStyle { color: rgba(colour, 1.0), filled: false, stroke_width: fine(width).unsigned_abs() }
}

fn paint(colour: Rgb, opacity: f64) -> ShapeStyle {
    ShapeStyle { color: rgba(colour, opacity), filled: true, stroke_width: 0 }
}

const fn rgba(colour: Rgb, opacity: f64) -> RGBAColor {
    RGBAColor(colour.0, colour.1, colour.2, opacity)
}

fn units(points: &[Xy]) -> Vec<(i32, i32)> {
    points.iter().map(|&point| unit(point)).collect()
}

fn unit(point: Xy) -> (i32, i32) {
    (fine(point.x), fine(point.y))
}

fn fine(pixels: f64) -> i32 {
    (pixels * FINENESS).round() as i32
}

fn failed(reason: &impl std::error::Error) -> PlotError {
    PlotError::Svg(reason.to_string())
}
