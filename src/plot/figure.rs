//! What a figure shows, as plain data.

use super::render::PlotError;
use crate::quantity::Frequency;

/// One figure: a panel, or two above each other that share the frequency axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What the figure is about.
    pub title: String,
    /// Rig, number of seatings, date: whatever a reader needs to trust it.
    pub subtitle: Option<String>,
    /// Small print below the axes.
    pub footer: Option<String>,
    /// Whether the data were computed rather than measured; the figure then says so.
    pub simulated: bool,
    /// The frequency axis.
    pub frequency: FrequencyAxis,
    /// The panel, or the upper one of two.
    pub panel: Panel,
    /// The lower panel.
    pub below: Option<Panel>,
}

/// The logarithmic frequency axis, 20 Hz to 20 kHz unless told otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrequencyAxis {
    from_hz: f64,
    to_hz: f64,
}

/// One coordinate system with what is drawn in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// The vertical axis.
    pub axis: ValueAxis,
    /// The curves; the last lies on top.
    pub series: Vec<Series>,
    /// The bands behind the curves.
    pub bands: Vec<Band>,
    /// Horizontal lines to compare with.
    pub references: Vec<ReferenceLine>,
    /// Marked points with a text.
    pub annotations: Vec<Annotation>,
}

/// The vertical axis of a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueAxis {
    /// The quantity; the unit is added when the axis is drawn.
    pub title: String,
    /// Unit, spacing and steps.
    pub scale: Scale,
    /// Lowest and highest value, in the unit of the points. Chosen from the data when absent.
    pub range: Option<(f64, f64)>,
}

/// What a vertical axis counts, and in which steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Levels in decibels: steps of 5 dB, never stretched to make little look like much.
    Level,
    /// Differences in decibels, around zero: steps of 1 dB where they are small.
    Difference,
    /// Ohms.
    Ohm(Spacing),
    /// Volts.
    Volt(Spacing),
    /// Amperes.
    Ampere(Spacing),
    /// Degrees.
    Phase,
    /// Differences in percent, around zero.
    Percent,
    /// Differences of angles in degrees, around zero.
    Angle,
}

/// How values are spread over an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spacing {
    /// Equal differences, equal distances.
    Linear,
    /// Equal ratios, equal distances.
    Logarithmic,
}

/// A value at a frequency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Frequency in hertz.
    pub hz: f64,
    /// The value in the unit of the panel. A value that is not finite leaves a gap.
    pub value: f64,
}

/// A curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name; without one it stays nameless.
    pub label: Option<String>,
    /// Which colour of the palette; counted from zero, and starting over behind the last.
    pub slot: usize,
    /// Whether the line is broken.
    pub stroke: Stroke,
    /// How heavy the line is.
    pub weight: Weight,
    /// The points in order of frequency.
    pub points: Vec<Point>,
}

/// Whether a line is broken, so that curves differ without colour as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stroke {
    /// Unbroken.
    #[default]
    Solid,
    /// Dashes.
    Dashed,
    /// Dots.
    Dotted,
}

/// How heavy a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Weight {
    /// A curve to be read.
    #[default]
    Normal,
    /// One of many behind it.
    Thin,
}

/// An area between two curves, drawn translucent in the colour of its curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// The colour, as of [`Series::slot`].
    pub slot: usize,
    /// The borders in order of frequency.
    pub points: Vec<BandPoint>,
}

/// The borders of a band at a frequency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandPoint {
    /// Frequency in hertz.
    pub hz: f64,
    /// The lower border.
    pub lower: f64,
    /// The upper border.
    pub upper: f64,
}

/// A horizontal line to compare with.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferenceLine {
    /// Where.
    pub value: f64,
    /// Its name.
    pub label: Option<String>,
}

/// A marked point with a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// The point.
    pub at: Point,
    /// What is said about it.
    pub text: String,
    /// The colour, as of [`Series::slot`].
    pub slot: usize,
}

impl FrequencyAxis {
    /// The range of hearing, 20 Hz to 20 kHz.
    pub const AUDIO: Self = Self { from_hz: 20.0, to_hz: 20e3 };

    /// An axis between two frequencies.
    ///
    /// # Errors
    ///
    /// When the upper end is not at least a tenth above the lower one.
    pub fn new(from: Frequency, to: Frequency) -> Result<Self, PlotError> {
        /// Narrower axes have no room for two ticks.
        const NARROWEST: f64 = 1.1;
        let (from_hz, to_hz) = (from.hz(), to.hz());
        if to_hz < NARROWEST * from_hz {
            return Err(PlotError::FrequencyRange { from_hz, to_hz });
        }
        Ok(Self { from_hz, to_hz })
    }

    /// The lower end in hertz.
    #[must_use]
    pub const fn from_hz(self) -> f64 {
        self.from_hz
    }

    /// The upper end in hertz.
    #[must_use]
    pub const fn to_hz(self) -> f64 {
        self.to_hz
    }

    /// Whether a frequency in hertz lies on the axis.
    #[must_use]
    pub fn contains(self, hz: f64) -> bool {
        (self.from_hz..=self.to_hz).contains(&hz)
    }
}

impl Default for FrequencyAxis {
    fn default() -> Self {
        Self::AUDIO
    }
}

impl Panel {
    /// A panel with nothing in it yet.
    #[must_use]
    pub fn new(title: &str, scale: Scale) -> Self {
        Self {
            axis: ValueAxis { title: title.to_owned(), scale, range: None },
            series: Vec::new(),
            bands: Vec::new(),
            references: Vec::new(),
            annotations: Vec::new(),
        }
    }
}

impl Series {
    /// A named curve in the colour of its slot, with the stroke that goes with the colour.
    #[must_use]
    pub fn named(label: &str, slot: usize, points: Vec<Point>) -> Self {
        let label = Some(label.to_owned());
        Self { label, slot, stroke: Stroke::of_slot(slot), weight: Weight::Normal, points }
    }

    /// A thin curve without a name.
    #[must_use]
    pub fn thin(slot: usize, points: Vec<Point>) -> Self {
        Self { label: None, slot, stroke: Stroke::Solid, weight: Weight::Thin, points }
    }
}

impl Stroke {
    /// The stroke of a colour slot: two slots with the same stroke differ in lightness, so that a
    /// print without colour can be read. When the colours start over, the strokes move on, so that
    /// no two of eighteen slots look alike.
    #[must_use]
    pub const fn of_slot(slot: usize) -> Self {
        match (slot % 6 / 2 + slot / 6) % 3 {
            0 => Self::Solid,
            1 => Self::Dashed,
            _ => Self::Dotted,
        }
    }
}
