//! Draws figures.

use super::chart::Chart;
use super::draw::{Page, Width, chart_page, heat_map_page, page};
use super::figure::Figure;
use super::heat_map::HeatMap;
use super::theme::Theme;
use super::{png as pixels, svg as vectors};

/// Why a figure could not be drawn.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlotError {
    /// The ends of a frequency axis do not make one.
    #[error("a frequency axis from {from_hz} Hz to {to_hz} Hz is too short")]
    FrequencyRange {
        /// The lower end.
        from_hz: f64,
        /// The upper end.
        to_hz: f64,
    },
    /// The SVG could not be written.
    #[error("the figure cannot be written as SVG: {0}")]
    Svg(String),
    /// The PNG could not be made.
    #[error("the figure cannot be made into PNG: {0}")]
    Png(String),
}

/// What can be drawn.
#[derive(Debug, Clone, Copy)]
pub enum Drawable<'a> {
    /// Curves over frequency.
    Figure(&'a Figure),
    /// A table of coloured cells.
    HeatMap(&'a HeatMap),
    /// Values over anything but frequency.
    Chart(&'a Chart),
}

impl<'a> From<&'a Figure> for Drawable<'a> {
    fn from(figure: &'a Figure) -> Self {
        Self::Figure(figure)
    }
}

impl<'a> From<&'a HeatMap> for Drawable<'a> {
    fn from(map: &'a HeatMap) -> Self {
        Self::HeatMap(map)
    }
}

impl<'a> From<&'a Chart> for Drawable<'a> {
    fn from(chart: &'a Chart) -> Self {
        Self::Chart(chart)
    }
}

impl Drawable<'_> {
    fn title(&self) -> &str {
        match self {
            Self::Figure(figure) => &figure.title,
            Self::HeatMap(map) => &map.title,
            Self::Chart(chart) => &chart.title,
        }
    }

    fn page(&self, theme: Theme, width: Width) -> Page {
        match self {
            Self::Figure(figure) => page(figure, theme, width),
            Self::HeatMap(map) => heat_map_page(map, theme, width),
            Self::Chart(chart) => chart_page(chart, theme, width),
        }
    }
}

/// The figure as an SVG document: 1000 CSS pixels wide, or 390 for a telephone.
///
/// Text stays text. It is set in Inter or, where that is not installed, in another sans-serif.
///
/// # Errors
///
/// When the document cannot be written.
pub fn svg<'a>(
    figure: impl Into<Drawable<'a>>,
    theme: Theme,
    width: Width,
) -> Result<String, PlotError> {
    let drawable = figure.into();
    vectors::document(&drawable.page(theme, width), drawable.title())
}

/// The figure as a PNG file: 1600 pixels wide, or 1170 for a telephone.
///
/// # Errors
///
/// When the picture cannot be drawn or encoded.
pub fn png<'a>(
    figure: impl Into<Drawable<'a>>,
    theme: Theme,
    width: Width,
) -> Result<Vec<u8>, PlotError> {
    pixels::rasterised(&svg(figure, theme, width)?, width.pixels())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::draw::Face;
    use crate::plot::sample::{every_figure, states};
    use crate::plot::svg::advance_em;
    use crate::plot::{
        Annotation, Band, BandPoint, Caption, FrequencyAxis, Panel, Point, ReferenceLine, Scale,
        Seatings, Series, Spacing, figures,
    };

    const LOOKS: [(Theme, Width); 4] = [
        (Theme::Light, Width::Full),
        (Theme::Light, Width::Phone),
        (Theme::Dark, Width::Full),
        (Theme::Dark, Width::Phone),
    ];

    /// A text of an SVG document with the box around it, in CSS pixels.
    #[derive(Debug)]
    struct Placed {
        text: String,
        left: f64,
        right: f64,
        top: f64,
        bottom: f64,
    }

    impl Placed {
        fn meets(&self, other: &Self) -> bool {
            self.left < other.right
                && other.left < self.right
                && self.top < other.bottom
                && other.top < self.bottom
        }

        fn holds(&self, (x, y): (f64, f64)) -> bool {
            (self.left..self.right).contains(&x) && (self.top..self.bottom).contains(&y)
        }
    }

    fn attribute<'a>(tag: &'a str, name: &str) -> &'a str {
        let (_, rest) = tag.split_once(&format!(" {name}=\"")).unwrap_or(("", "\""));
        rest.split_once('"').map_or("", |(value, _)| value)
    }

    fn number(tag: &str, name: &str) -> f64 {
        attribute(tag, name).parse().unwrap()
    }

    /// The texts, from the capitals' height to the baseline.
    fn texts(svg: &str) -> Vec<Placed> {
        let placed = |element: &str| {
            let (tag, rest) = element.split_once('>').unwrap();
            let text = rest.split_once("</text>").unwrap().0.trim().to_owned();
            let size = number(tag, "font-size") / 16.0;
            let bold = attribute(tag, "font-weight") == "bold";
            let face = if bold { Face::SemiBold } else { Face::Regular };
            let width = size * advance_em(&text, face);
            let left = number(tag, "x") / 16.0
                - match attribute(tag, "text-anchor") {
                    "start" => 0.0,
                    "middle" => width / 2.0,
                    _ => width,
                };
            let baseline = number(tag, "y") / 16.0 + 0.76 * size;
            Placed {
                text,
                left,
                right: left + width,
                top: baseline - 0.73 * size,
                bottom: baseline,
            }
        };
        svg.split("<text").skip(1).map(placed).collect()
    }

    /// The points, a quarter pixel apart or nearer, of all lines in the colours of curves.
    fn ink_of_curves(svg: &str, theme: Theme) -> Vec<(f64, f64)> {
        let colours: Vec<String> = (0..6)
            .map(|slot| theme.colours().line(slot))
            .map(|colour| format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2))
            .collect();
        let mut ink = Vec::new();
        for tag in svg.split("<polyline").skip(1) {
            if !colours.iter().any(|colour| colour == attribute(tag, "stroke")) {
                continue;
            }
            let points: Vec<(f64, f64)> = attribute(tag, "points")
                .split_whitespace()
                .filter_map(|pair| pair.split_once(','))
                .map(|(x, y)| (x.parse::<f64>().unwrap() / 16.0, y.parse::<f64>().unwrap() / 16.0))
                .collect();
            for pair in points.windows(2) {
                let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
                let steps = ((x1 - x0).hypot(y1 - y0) * 4.0).ceil().max(1.0);
                let at = |i: f64| (x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps);
                ink.extend((0..=steps as u32).map(|i| at(f64::from(i))));
            }
        }
        ink
    }

    fn pixels_of(file: &[u8]) -> (u32, u32, Vec<u8>) {
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(info.color_type, ::png::ColorType::Rgb);
        (info.width, info.height, pixels)
    }

    fn figure(panel: Panel) -> Figure {
        Figure {
            title: "Figure".to_owned(),
            subtitle: None,
            footer: None,
            simulated: false,
            frequency: FrequencyAxis::AUDIO,
            panel,
            below: None,
        }
    }

    fn drawn_in_every_look(figure: &Figure) {
        for (theme, width) in LOOKS {
            let document = svg(figure, theme, width).unwrap();
            assert!(!document.contains("NaN") && !document.contains("inf\""));
        }
        png(figure, Theme::Dark, Width::Phone).unwrap();
    }

    #[test]
    fn a_figure_says_what_it_shows_and_that_it_is_simulated() {
        for figure in every_figure() {
            for (theme, width) in LOOKS {
                let texts = texts(&svg(&figure, theme, width).unwrap());
                let all: Vec<&str> = texts.iter().map(|placed| placed.text.as_str()).collect();
                let text = all.join(" ");
                let first_word = figure.title.split(' ').next().unwrap();
                let expected = [first_word, "simulated", "2026-05-02", "Frequency (Hz)"];
                assert!(expected.iter().all(|part| text.contains(part)), "{text}");
                let ticks = [("20", 20.0), ("100", 100.0), ("1k", 1e3), ("10k", 1e4)];
                let mut ticks = ticks.iter().filter(|(_, hz)| figure.frequency.contains(*hz));
                assert!(ticks.all(|(tick, _)| all.contains(tick)), "{text}");
            }
        }
    }

    #[test]
    fn a_measured_figure_does_not_say_that_it_is_simulated() {
        let caption = Caption { title: "Pads".to_owned(), ..Caption::default() };
        let figure = figures::states(&states(), &caption, Seatings::Hidden);
        assert!(!svg(&figure, Theme::Light, Width::Full).unwrap().contains("simulated"));
    }

    #[test]
    fn a_wide_figure_has_all_ticks_of_the_audio_axis() {
        let figure = &every_figure()[0];
        let texts = texts(&svg(figure, Theme::Light, Width::Full).unwrap());
        for tick in ["20", "50", "100", "200", "500", "1k", "2k", "5k", "10k", "20k", "−5", "0"] {
            assert!(texts.iter().any(|placed| placed.text == tick), "{tick}");
        }
    }

    #[test]
    fn a_band_is_a_translucent_area_below_its_line() {
        let document = svg(&every_figure()[0], Theme::Light, Width::Full).unwrap();
        let band = document.find("<polygon opacity=\"0.16\" fill=\"#0A4F9E\"").unwrap();
        let line = document.find("stroke=\"#0A4F9E\"").unwrap();
        assert!(band < line);
    }

    #[test]
    fn no_text_leaves_the_page_or_meets_another() {
        for figure in every_figure() {
            for (theme, width) in LOOKS {
                let document = svg(&figure, theme, width).unwrap();
                let (wide, high) = (number(&document, "width"), number(&document, "height"));
                let texts = texts(&document);
                for (i, a) in texts.iter().enumerate() {
                    assert!(a.left >= 0.0 && a.right <= wide, "{a:?} of {wide}");
                    assert!(a.top >= 0.0 && a.bottom <= high, "{a:?} of {high}");
                    let clash = texts[..i].iter().find(|b| a.meets(b));
                    assert!(clash.is_none(), "{a:?} meets {clash:?} in {width:?}");
                }
            }
        }
    }

    #[test]
    fn no_text_covers_a_curve() {
        for figure in every_figure() {
            for (theme, width) in LOOKS {
                let document = svg(&figure, theme, width).unwrap();
                let texts = texts(&document);
                for point in ink_of_curves(&document, theme) {
                    let covered = texts.iter().find(|text| text.holds(point));
                    assert!(covered.is_none(), "{point:?} lies below {covered:?} in {width:?}");
                }
            }
        }
    }

    #[test]
    fn every_text_of_a_picture_has_ink() {
        for (theme, width) in LOOKS {
            let figure = &every_figure()[3];
            let document = svg(figure, theme, width).unwrap();
            let (columns, _, pixels) = pixels_of(&png(figure, theme, width).unwrap());
            for text in texts(&document) {
                let at = |css: f64| (css * width.pixels()) as usize;
                let colours: std::collections::HashSet<&[u8]> = (at(text.top)..at(text.bottom))
                    .flat_map(|row| (at(text.left)..at(text.right)).map(move |x| (row, x)))
                    .map(|(row, x)| &pixels[3 * (row * columns as usize + x)..][..3])
                    .collect();
                // Ground, ink, and the shades between them at the letters' edges.
                assert!(colours.len() > 4, "{text:?} has {} colours", colours.len());
            }
        }
    }

    #[test]
    fn a_picture_has_the_promised_size_and_no_transparent_edge() {
        let figure = &every_figure()[0];
        let (wide, high, pixels) = pixels_of(&png(figure, Theme::Light, Width::Full).unwrap());
        assert_eq!((wide, high), (1600, 1000));
        assert_eq!(pixels[pixels.len() - 3..], [0xFF, 0xFF, 0xFF]);
        let (wide, _, pixels) = pixels_of(&png(figure, Theme::Dark, Width::Phone).unwrap());
        assert_eq!(wide, 1170);
        assert_eq!(pixels[pixels.len() - 3..], [0x15, 0x19, 0x1E]);
    }

    #[test]
    fn what_a_user_writes_cannot_break_the_document() {
        let mut panel = Panel::new("<Level>", Scale::Level);
        panel.series.push(Series::named("</svg>\u{1}", 0, vec![Point { hz: 1e3, value: 0.0 }]));
        let hostile = Figure { title: "\"A\" & <B>\u{0}".to_owned(), ..figure(panel) };
        drawn_in_every_look(&hostile);
        let document = svg(&hostile, Theme::Light, Width::Full).unwrap();
        assert!(document.contains("<title>&quot;A&quot; &amp; &lt;B&gt;</title>"));
        assert_eq!(document.matches("</svg>").count(), 1);
    }

    #[test]
    fn a_figure_without_data_says_so() {
        for scale in [Scale::Level, Scale::Difference, Scale::Ohm(Spacing::Logarithmic)] {
            let empty = figure(Panel::new("Level", scale));
            drawn_in_every_look(&empty);
            assert!(svg(&empty, Theme::Light, Width::Full).unwrap().contains("no data"));
        }
    }

    #[test]
    fn odd_data_are_drawn_as_far_as_they_can() {
        let odd = [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300, 1e-300];
        let scales = [
            Scale::Level,
            Scale::Difference,
            Scale::Phase,
            Scale::Ohm(Spacing::Linear),
            Scale::Ohm(Spacing::Logarithmic),
        ];
        for scale in scales {
            for (i, value) in odd.into_iter().enumerate() {
                let mut panel = Panel::new("Odd", scale);
                for hz in [1e3, -1.0, f64::NAN, 0.0, 20.0, 20e3] {
                    let point = Point { hz, value };
                    panel.series.push(Series::named("one", i, vec![point]));
                    let last = Point { hz: 20e3, value: 1.0 };
                    panel.series.push(Series::named("two", i + 1, vec![point, last]));
                    let point = BandPoint { hz, lower: value, upper: 1.0 };
                    panel.bands.push(Band { slot: 0, points: vec![point; 2] });
                    let at = Point { hz, value };
                    panel.annotations.push(Annotation { at, text: "here".to_owned(), slot: 0 });
                }
                panel.references.push(ReferenceLine { value, label: Some("line".to_owned()) });
                let below = Some(panel.clone());
                drawn_in_every_look(&Figure { below, ..figure(panel) });
            }
        }
    }

    #[test]
    fn remarks_without_a_place_go_above_the_axes() {
        let level =
            |i: u32| Point { hz: 20.0 * 1.02_f64.powf(f64::from(i)), value: f64::from(i % 2) };
        let mut panel = Panel::new("Comb", Scale::Level);
        panel.axis.range = Some((0.0, 1.0));
        panel.series.push(Series::named("comb", 0, (0..349).map(level).collect()));
        let remark = |text: &str, i| Annotation { at: level(i), text: text.to_owned(), slot: 0 };
        panel.annotations = vec![remark("a first remark", 100), remark("and a second", 200)];
        let document = svg(&figure(panel), Theme::Light, Width::Full).unwrap();
        let ticks =
            texts(&document).into_iter().find(|placed| placed.text.starts_with('1')).unwrap();
        for text in ["a first remark", "and a second"] {
            let placed = texts(&document).into_iter().find(|placed| placed.text == text).unwrap();
            assert!(placed.bottom < ticks.top);
        }
    }

    #[test]
    fn names_beside_their_curves_do_not_overlap() {
        for distance in [0.2, 1.0, 3.0] {
            let mut panel = Panel::new("Level", Scale::Level);
            for slot in 0..6 {
                let value = -distance * slot as f64;
                let points = [20.0, 20e3].map(|hz| Point { hz, value });
                panel.series.push(Series::named(&format!("curve {slot}"), slot, points.into()));
            }
            for width in [Width::Full, Width::Phone] {
                let texts = texts(&svg(&figure(panel.clone()), Theme::Light, width).unwrap());
                let names: Vec<_> = texts.iter().filter(|t| t.text.starts_with("curve")).collect();
                assert_eq!(names.len(), 6);
                for (i, a) in names.iter().enumerate() {
                    assert!(!names[..i].iter().any(|b| a.meets(b)), "{a:?}");
                }
            }
        }
    }
}
