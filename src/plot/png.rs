//! Turns SVG into PNG; the only file that names resvg.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::render::PlotError;
use super::svg::{FAMILY, REGULAR, SEMI_BOLD};

/// The document at so many pixels per CSS pixel, with the embedded typeface.
pub(crate) fn rasterised(svg: &str, pixels: f64) -> Result<Vec<u8>, PlotError> {
    let options =
        Options { font_family: FAMILY.to_owned(), fontdb: typeface(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(failed)?;
    let size = tree.size();
    let scaled = |length: f32| (f64::from(length) * pixels).round() as u32;
    let mut picture = Pixmap::new(scaled(size.width()), scaled(size.height()))
        .ok_or_else(|| failed("the picture has no size"))?;
    let scale = pixels as f32;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut picture.as_mut());
    picture.encode_png().map_err(failed)
}

/// A font data base with nothing but the embedded typeface: the same picture on every machine.
fn typeface() -> Arc<fontdb::Database> {
    static TYPEFACE: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    TYPEFACE
        .get_or_init(|| {
            let mut fonts = fontdb::Database::new();
            fonts.load_font_data(REGULAR.to_vec());
            fonts.load_font_data(SEMI_BOLD.to_vec());
            fonts.set_sans_serif_family(FAMILY);
            Arc::new(fonts)
        })
        .clone()
}

fn failed(reason: impl ToString) -> PlotError {
    PlotError::Png(reason.to_string())
}
