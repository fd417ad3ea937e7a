//! Turns SVG into PNG; the only file that names resvg.

use std::sync::{Arc, OnceLock};

use png::{BitDepth, ColorType, DeflateCompression, Encoder, EncodingError, Filter};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::render::PlotError;
use super::svg::{FAMILY, REGULAR, SEMI_BOLD};

/// The document at so many pixels per CSS pixel, with the embedded typeface.
pub(crate) fn rasterised(svg: &str, pixels: f64) -> Result<Vec<u8>, PlotError> {
    let options =
        Options { font_family: FAMILY.to_owned(), fontdb: typeface(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|e| PlotError::Png(e.to_string()))?;
    let (width, height) = (tree.size().width(), tree.size().height());
    // Rounded down: every pixel that is left is covered by the figure.
    let whole = |length: f32| (f64::from(length) * pixels + ROUNDING) as u32;
    let mut picture = Pixmap::new(whole(width), whole(height))
        .ok_or_else(|| PlotError::Png(format!("a size of {width} × {height}")))?;
    let scale = pixels as f32;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut picture.as_mut());
    encoded(&picture).map_err(|e| PlotError::Png(e.to_string()))
}

/// Sizes are not exact in binary.
const ROUNDING: f64 = 1e-6;

/// The picture without its opacity: a figure covers all of it.
fn encoded(picture: &Pixmap) -> Result<Vec<u8>, EncodingError> {
    let mut colours = vec![0; picture.data().len() / 4 * 3];
    for (to, from) in colours.chunks_exact_mut(3).zip(picture.data().chunks_exact(4)) {
        to.copy_from_slice(&from[..3]);
    }
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, picture.width(), picture.height());
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    // As small a file as the default settings make, in a third of their time: most rows of a
    // figure repeat the row above.
    encoder.set_filter(Filter::Up);
    encoder.set_deflate_compression(DeflateCompression::Level(2));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&colours)?;
    writer.finish()?;
    Ok(file)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::draw::Face;
    use crate::plot::svg::advance_em;
    use resvg::usvg::Node;

    /// The length of a text as the renderer sets it, in font sizes.
    fn set_em(text: &str, weight: &str) -> f64 {
        let svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><text font-family='Inter' \
             font-weight='{weight}' font-size='100'>{text}</text></svg>"
        );
        let options = Options { fontdb: typeface(), ..Options::default() };
        let tree = Tree::from_str(&svg, &options).unwrap();
        let [Node::Text(text)] = tree.root().children() else { panic!("no text") };
        f64::from(text.bounding_box().width()) / 100.0
    }

    #[test]
    fn text_is_as_long_as_the_layout_thinks() {
        /// Kerning of pairs shortens a text, and the layout does not count it.
        const KERNING: f64 = 0.04;
        for text in ["20k", "Frequency (Hz)", "worst −3.5 dB at 85 Hz", "max 66.0 Ω ± 0.2 Ω, 15°"]
        {
            for (face, weight) in [(Face::Regular, "normal"), (Face::SemiBold, "bold")] {
                let (thought, set) = (advance_em(text, face), set_em(text, weight));
                assert!((thought / set - 1.0).abs() < KERNING, "{text}: {thought} and {set}");
            }
        }
    }

    #[test]
    fn what_is_not_svg_is_refused() {
        assert!(matches!(rasterised("curve", 1.0), Err(PlotError::Png(_))));
    }
}
