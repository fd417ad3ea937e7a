//! From frequencies and values to pixels.

use super::axis::ValueTicks;
use super::mark::{Rect, Xy};
use crate::plot::{FrequencyAxis, Point, Spacing};

/// Where a panel's coordinate system lies on the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Projection {
    pub(crate) area: Rect,
    frequency: FrequencyAxis,
    low: f64,
    high: f64,
    spacing: Spacing,
}

impl Projection {
    pub(crate) fn new(area: Rect, frequency: FrequencyAxis, ticks: &ValueTicks) -> Self {
        Self { area, frequency, low: ticks.low, high: ticks.high, spacing: ticks.spacing }
    }

    /// The pixel column of a frequency.
    pub(crate) fn x(&self, hz: f64) -> f64 {
        let share = (hz / self.frequency.from_hz()).ln()
            / (self.frequency.to_hz() / self.frequency.from_hz()).ln();
        self.area.left + share * self.area.width()
    }

    /// The pixel row of a value. A value that a logarithmic axis cannot show lies far below it.
    pub(crate) fn y(&self, value: f64) -> f64 {
        let share = match self.spacing {
            Spacing::Linear => (value - self.low) / (self.high - self.low),
            Spacing::Logarithmic => {
                (value.max(self.low / FAR) / self.low).ln() / (self.high / self.low).ln()
            }
        };
        let y = self.area.bottom - share * self.area.height();
        y.clamp(self.area.top - FAR, self.area.bottom + FAR)
    }

    /// The pixel of a point, unless a coordinate is not finite or the frequency not positive.
    pub(crate) fn point(&self, point: Point) -> Option<Xy> {
        let drawable = point.hz.is_finite() && point.hz > 0.0 && point.value.is_finite();
        drawable.then(|| Xy::new(self.x(point.hz), self.y(point.value)))
    }

    /// Whether a value lies between the ends of the axis.
    pub(crate) fn shows(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// Pixels, and ratio of values, beyond which nothing on the page can tell a difference. It keeps
/// the slopes of lines that leave the page.
const FAR: f64 = 1e5;
