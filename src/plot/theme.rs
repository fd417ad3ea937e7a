//! Colours.

/// On what ground a figure is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// Dark ink on white, for print and bright pages.
    #[default]
    Light,
    /// Bright ink on a dark ground.
    Dark,
}

/// A colour in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) u8, pub(crate) u8, pub(crate) u8);

/// The colours of a theme.
#[derive(Debug)]
pub(crate) struct Colours {
    pub(crate) ground: Rgb,
    pub(crate) text: Rgb,
    /// Subtitle, ticks, axis titles, footer.
    pub(crate) muted: Rgb,
    pub(crate) frame: Rgb,
    pub(crate) grid: Rgb,
    pub(crate) fine_grid: Rgb,
    pub(crate) reference: Rgb,
    pub(crate) stamp: Rgb,
    pub(crate) stamp_text: Rgb,
    slots: [Rgb; 6],
    /// From next to nothing to much, each class plainly darker (on white) than the one before.
    classes: [Rgb; 5],
    /// Opacity of a band.
    pub(crate) band: f64,
}

/// Chosen for contrast on white, for distance under red and green blindness (Machado, Oliveira
/// and Fernandes, 2009), and so that slots with the same stroke differ in lightness.
const LIGHT: Colours = Colours {
    ground: Rgb(0xFF, 0xFF, 0xFF),
    text: Rgb(0x1B, 0x1F, 0x24),
    muted: Rgb(0x57, 0x60, 0x6A),
    frame: Rgb(0x8C, 0x95, 0x9F),
    grid: Rgb(0xDC, 0xE0, 0xE5),
    fine_grid: Rgb(0xEF, 0xF1, 0xF4),
    reference: Rgb(0x57, 0x60, 0x6A),
    stamp: Rgb(0xFF, 0xE2, 0x8A),
    stamp_text: Rgb(0x4A, 0x35, 0x00),
    slots: [
        Rgb(0x0A, 0x4F, 0x9E),
        Rgb(0xD9, 0x54, 0x0B),
        Rgb(0x0A, 0x9A, 0x78),
        Rgb(0x8F, 0x1D, 0x4E),
        Rgb(0x4A, 0x4A, 0x4A),
        Rgb(0x2E, 0x9F, 0xCB),
    ],
    classes: [
        Rgb(0xFF, 0xF6, 0xD6),
        Rgb(0xFB, 0xCB, 0x77),
        Rgb(0xF2, 0x96, 0x38),
        Rgb(0xD9, 0x65, 0x0F),
        Rgb(0x8A, 0x2F, 0x06),
    ],
    band: 0.16,
};

/// The same hues, made for a dark ground.
const DARK: Colours = Colours {
    ground: Rgb(0x15, 0x19, 0x1E),
    text: Rgb(0xF0, 0xF3, 0xF6),
    muted: Rgb(0xA9, 0xB3, 0xBE),
    frame: Rgb(0x6B, 0x76, 0x82),
    grid: Rgb(0x33, 0x3B, 0x44),
    fine_grid: Rgb(0x22, 0x28, 0x2F),
    reference: Rgb(0xA9, 0xB3, 0xBE),
    stamp: Rgb(0x5C, 0x45, 0x08),
    stamp_text: Rgb(0xFF, 0xE7, 0x9E),
    slots: [
        Rgb(0x7C, 0xC4, 0xFF),
        Rgb(0xE8, 0x74, 0x2C),
        Rgb(0x5F, 0xE0, 0xB4),
        Rgb(0xC6, 0x5B, 0x9A),
        Rgb(0xF4, 0xE9, 0xA6),
        Rgb(0x9A, 0xA4, 0xAE),
    ],
    classes: [
        Rgb(0x2B, 0x2F, 0x36),
        Rgb(0x6A, 0x44, 0x15),
        Rgb(0xA0, 0x5F, 0x12),
        Rgb(0xE0, 0x8A, 0x2B),
        Rgb(0xFF, 0xE0, 0xA0),
    ],
    band: 0.24,
};

impl Theme {
    /// The colours of this theme.
    pub(crate) const fn colours(self) -> &'static Colours {
        match self {
            Self::Light => &LIGHT,
            Self::Dark => &DARK,
        }
    }
}

impl Colours {
    /// The colour of a line.
    pub(crate) const fn line(&self, slot: usize) -> Rgb {
        self.slots[slot % self.slots.len()]
    }

    /// The colour of a line that stays behind the others.
    pub(crate) fn thin_line(&self, slot: usize) -> Rgb {
        self.line(slot).mixed(self.ground, 0.45)
    }

    /// The colour of a line's name: the line's, nearer to the text's so that it can be read.
    pub(crate) fn lettering(&self, slot: usize) -> Rgb {
        self.line(slot).mixed(self.text, 0.25)
    }

    /// The colour of a class, counted from zero; those above the last are like the last.
    pub(crate) fn class(&self, class: usize) -> Rgb {
        self.classes[class.min(self.classes.len() - 1)]
    }

    /// The ink that is read best on a colour.
    pub(crate) fn ink_on(&self, colour: Rgb) -> Rgb {
        let inks = [self.text, self.ground];
        let [text, ground] = inks.map(|ink| contrast(ink, colour));
        if text >= ground { self.text } else { self.ground }
    }
}

impl Rgb {
    /// This colour with a share (0 to 1) of another.
    fn mixed(self, other: Self, share: f64) -> Self {
        let mix = |a: u8, b: u8| (f64::from(a) * (1.0 - share) + f64::from(b) * share).round();
        Self(mix(self.0, other.0) as u8, mix(self.1, other.1) as u8, mix(self.2, other.2) as u8)
    }
}

/// Relative luminance (WCAG 2.1).
fn luminance(colour: Rgb) -> f64 {
    let linear = |byte: u8| {
        let c = f64::from(byte) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(colour.0) + 0.7152 * linear(colour.1) + 0.0722 * linear(colour.2)
}

/// Contrast ratio (WCAG 2.1), 1 to 21.
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Stroke;

    /// Lightness L* (CIE 1976), 0 to 100.
    fn lightness(colour: Rgb) -> f64 {
        116.0 * luminance(colour).cbrt() - 16.0
    }

    #[test]
    fn lines_and_text_stand_out_from_the_ground() {
        /// WCAG 2.1, success criteria 1.4.11 (graphics) and 1.4.3 (text).
        const GRAPHICS: f64 = 3.0;
        const TEXT: f64 = 4.5;
        for colours in [&LIGHT, &DARK] {
            for slot in 0..6 {
                assert!(contrast(colours.line(slot), colours.ground) >= GRAPHICS);
                assert!(contrast(colours.lettering(slot), colours.ground) >= TEXT, "{slot}");
            }
            assert!(contrast(colours.text, colours.ground) >= TEXT);
            assert!(contrast(colours.muted, colours.ground) >= TEXT);
            assert!(contrast(colours.stamp_text, colours.stamp) >= TEXT);
        }
    }

    #[test]
    fn classes_differ_in_a_print_without_colour_and_their_numbers_can_be_read() {
        /// Two greys beside each other, without a gap between them, are told apart by less.
        const APART: f64 = 12.0;
        /// WCAG 2.1, success criterion 1.4.3.
        const TEXT: f64 = 4.5;
        for colours in [&LIGHT, &DARK] {
            let lightness: Vec<f64> = colours.classes.iter().map(|&c| lightness(c)).collect();
            let falls = lightness[0] > lightness[4];
            for pair in lightness.windows(2) {
                assert!((pair[0] - pair[1]).abs() >= APART, "{lightness:?}");
                assert_eq!(pair[0] > pair[1], falls, "{lightness:?}");
            }
            for &class in &colours.classes {
                assert!(contrast(colours.ink_on(class), class) >= TEXT, "{class:?}");
            }
        }
    }

    #[test]
    fn lines_with_the_same_stroke_differ_in_a_print_without_colour() {
        /// A sixth of the way from black to white: plainly two greys.
        const APART: f64 = 15.0;
        for colours in [&LIGHT, &DARK] {
            for (a, b) in (0..6).flat_map(|a| (0..a).map(move |b| (a, b))) {
                if Stroke::of_slot(a) == Stroke::of_slot(b) {
                    let distance = lightness(colours.line(a)) - lightness(colours.line(b));
                    assert!(distance.abs() >= APART, "slots {a} and {b}: {distance}");
                }
            }
        }
    }
}
