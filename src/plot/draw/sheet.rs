//! The sizes of a figure.

/// How wide a figure will be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Width {
    /// A page or a screen: 1000 CSS pixels, PNG 1600 pixels.
    #[default]
    Full,
    /// A telephone held upright: 390 CSS pixels, PNG 1170 pixels, larger letters, fewer ticks.
    Phone,
}

/// The sizes that go with a width, in CSS pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sheet {
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// Empty space at the edges.
    pub(crate) margin: f64,
    /// Space between the parts.
    pub(crate) gap: f64,
    pub(crate) title: f64,
    pub(crate) title_lines: usize,
    pub(crate) subtitle: f64,
    /// Names of curves and remarks.
    pub(crate) label: f64,
    /// Ticks and axis titles.
    pub(crate) tick: f64,
    pub(crate) footer: f64,
    pub(crate) line: f64,
    pub(crate) thin_line: f64,
    /// Least empty space between two ticks' labels, in their font size.
    pub(crate) tick_spacing_em: f64,
    /// Share of a two-panel figure's height that the upper panel gets.
    pub(crate) upper_share: f64,
}

/// Distance of two lines of text in their font size.
pub(crate) const LEADING: f64 = 1.35;

const FULL: Sheet = Sheet {
    width: 1000.0,
    height: 625.0,
    margin: 26.0,
    gap: 12.0,
    title: 22.0,
    title_lines: 2,
    subtitle: 14.5,
    label: 15.0,
    tick: 14.5,
    footer: 12.5,
    line: 2.2,
    thin_line: 1.0,
    tick_spacing_em: 0.6,
    upper_share: 0.64,
};

const PHONE: Sheet = Sheet {
    width: 390.0,
    height: 400.0,
    margin: 12.0,
    gap: 8.0,
    title: 16.5,
    title_lines: 3,
    subtitle: 12.5,
    label: 12.5,
    tick: 12.0,
    footer: 11.0,
    line: 2.0,
    thin_line: 0.8,
    tick_spacing_em: 1.15,
    upper_share: 0.6,
};

impl Sheet {
    /// The sizes for a width and one or two panels.
    pub(crate) fn new(width: Width, panels: usize) -> Self {
        let (sheet, two_panels) = match width {
            Width::Full => (FULL, 750.0),
            Width::Phone => (PHONE, 540.0),
        };
        if panels > 1 { Self { height: two_panels, ..sheet } } else { sheet }
    }
}

impl Width {
    /// PNG pixels per CSS pixel.
    pub(crate) const fn pixels(self) -> f64 {
        match self {
            Self::Full => 1.6,
            Self::Phone => 3.0,
        }
    }
}
