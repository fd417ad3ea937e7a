//! What can be drawn, and the geometry of it.

use crate::plot::theme::Rgb;

/// A point in CSS pixels; y grows downwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Xy {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// An upright rectangle in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rect {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

/// The end or middle of a text that its position names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// Which cut of the typeface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    Regular,
    SemiBold,
}

/// Something drawn. Widths, radii and sizes are in CSS pixels.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mark {
    Area {
        outline: Vec<Xy>,
        colour: Rgb,
        opacity: f64,
    },
    Path {
        points: Vec<Xy>,
        colour: Rgb,
        width: f64,
    },
    Ring {
        centre: Xy,
        radius: f64,
        line: Rgb,
        inside: Rgb,
    },
    Text {
        text: String,
        baseline: Xy,
        anchor: Anchor,
        size: f64,
        face: Face,
        colour: Rgb,
    },
    /// Text that is read from below; its baseline runs up from its foot.
    RisingText {
        text: String,
        foot: Xy,
        size: f64,
        face: Face,
        colour: Rgb,
    },
}

impl Xy {
    pub(crate) const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    pub(crate) fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The point at a share (0 to 1) of the way to another.
    pub(crate) fn towards(self, other: Self, share: f64) -> Self {
        Self::new(self.x + share * (other.x - self.x), self.y + share * (other.y - self.y))
    }
}

impl Rect {
    pub(crate) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// The rectangle with each side moved outwards; inwards if negative.
    pub(crate) fn grown(self, by: f64) -> Self {
        Self {
            left: self.left - by,
            top: self.top - by,
            right: self.right + by,
            bottom: self.bottom + by,
        }
    }

    pub(crate) fn encloses(&self, inner: &Self) -> bool {
        self.left <= inner.left
            && inner.right <= self.right
            && self.top <= inner.top
            && inner.bottom <= self.bottom
    }

    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    /// The point of the rectangle that lies nearest to another point.
    pub(crate) fn nearest_to(&self, point: Xy) -> Xy {
        Xy::new(point.x.clamp(self.left, self.right), point.y.clamp(self.top, self.bottom))
    }

    pub(crate) fn corners(&self) -> Vec<Xy> {
        vec![
            Xy::new(self.left, self.top),
            Xy::new(self.right, self.top),
            Xy::new(self.right, self.bottom),
            Xy::new(self.left, self.bottom),
        ]
    }

    /// The outline with its ends rounded to half circles.
    pub(crate) fn to_pill(self) -> Vec<Xy> {
        const STEPS: u32 = 12;
        let radius = self.height() / 2.0;
        let middle = self.top + radius;
        let arc = |x: f64, from: f64| {
            (0..=STEPS).map(move |step| {
                let angle = from + std::f64::consts::PI * f64::from(step) / f64::from(STEPS);
                Xy::new(x + radius * angle.sin(), middle - radius * angle.cos())
            })
        };
        arc(self.right - radius, 0.0).chain(arc(self.left + radius, std::f64::consts::PI)).collect()
    }
}

impl Mark {
    /// A filled rectangle.
    pub(crate) fn block(rect: Rect, colour: Rgb) -> Self {
        Self::Area { outline: rect.corners(), colour, opacity: 1.0 }
    }

    /// A straight line.
    pub(crate) fn line(from: Xy, to: Xy, colour: Rgb, width: f64) -> Self {
        Self::Path { points: vec![from, to], colour, width }
    }
}
