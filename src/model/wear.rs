//! How a headphone changes with the hours or the months of its pads.

use jiff::ToSpan;
use jiff::civil::date;

use super::curve::Curve;
use super::evidence::SeatingFigure;
use crate::quantity::Uncertain;
use crate::quantity::unit::Decibel;

/// What the time of a measurement is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeScale {
    /// Hours that the pads were worn.
    PadHours,
    /// Days since the pads were fitted.
    PadDays,
    /// Days since 1970-01-01, when it was measured.
    Date,
}

/// How figures are told apart from what the rig does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpreadSource {
    /// The spread of seatings at one time, pooled over all times of the line.
    Pooled,
    /// As few seatings repeat: pooled over all lines.
    PooledOverLines,
    /// No time has two seatings: from a study of the rig.
    Study,
}

/// One time on a line.
#[derive(Debug, Clone, PartialEq)]
pub struct WearPoint {
    /// When, in the unit of the time scale.
    pub at: f64,
    /// How many seatings.
    pub seatings: usize,
    /// How many seatings of the baseline were made on the same day.
    pub baseline: usize,
    /// The response at this time less that at the first, which has none. Twice its uncertainty holds
    /// 95 % at any one frequency. The drift of the rig is taken out where
    /// [`WearLine::drift_removed`].
    pub change: Option<Curve<Decibel>>,
}

/// A figure at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FigureAt {
    /// Mean over the seatings, less what the baseline says the rig has drifted; in decibels, or
    /// octaves above 1 Hz for a corner. It has no uncertainty where nothing is known of the spread.
    pub mean: f64,
    /// Standard error of the mean.
    pub u: Option<Uncertain>,
    /// Where the true mean lies with 95 %.
    pub interval: Option<(f64, f64)>,
    /// By how much the baseline of the day differs from its mean over all days; it was subtracted.
    pub drift: Option<f64>,
    /// The change since the first time; absent for the first, and without a known spread.
    pub change: Option<FigureChange>,
}

/// How a figure has changed since the first time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FigureChange {
    /// The change with its standard error.
    pub change: Uncertain,
    /// Where the true change lies with 95 %, at all later times at once; of all figures beside the
    /// bass shelf, for all of these at once too.
    pub interval: (f64, f64),
    /// Probability that chance changes it as much, with account of how many times, and figures
    /// beside the bass shelf, were looked at.
    pub p: f64,
}

impl FigureChange {
    /// Whether it is more than what repeating it does.
    #[must_use]
    pub fn exceeds(&self) -> bool {
        self.interval.0 > 0.0 || self.interval.1 < 0.0
    }
}

/// A figure over time.
#[derive(Debug, Clone, PartialEq)]
pub struct WearTrack {
    /// Which.
    pub figure: SeatingFigure,
    /// Standard deviation from seating to seating.
    pub sd: Option<f64>,
    /// At each time of the line.
    pub points: Vec<FigureAt>,
    /// Change for one hour or day, by a straight line.
    pub slope: Option<Uncertain>,
    /// Where the true slope lies with 95 %.
    pub slope_interval: Option<(f64, f64)>,
    /// Standard deviation of what scatters the times about the line beside their seatings.
    pub between: Option<f64>,
}

/// One pair of pads on one side of one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct WearLine {
    /// What it is called: pads, side and unit as far as they differ.
    pub name: String,
    /// Its times, the first first.
    pub points: Vec<WearPoint>,
    /// Where the spread of its seatings is known from; absent where it is not.
    pub spread: Option<SpreadSource>,
    /// Whether the drift of the rig was taken out at every time.
    pub drift_removed: bool,
    /// The figures that all seatings have, the bass shelf first.
    pub tracks: Vec<WearTrack>,
}

/// What a rig itself does to the bass shelf, from a study of its repeatability, in decibels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RigSpread {
    /// Standard deviation from seating to seating, and its degrees of freedom.
    pub reseat: (f64, f64),
    /// Standard deviation from day to day, and its degrees of freedom; absent where the study
    /// cannot tell.
    pub day: Option<(f64, f64)>,
}

/// How a headphone changes over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Wear {
    /// What time is counted in.
    pub time: TimeScale,
    /// The lines.
    pub lines: Vec<WearLine>,
    /// What the rig does, where a study of it was given.
    pub rig: Option<RigSpread>,
    /// How many days have a baseline.
    pub baseline_days: usize,
}

impl TimeScale {
    /// A time in words: `250 h`, `3 months`, `2026-01-05`.
    #[must_use]
    pub fn spoken(self, at: f64) -> String {
        const DAYS_PER_MONTH: f64 = 365.25 / 12.0;
        /// Fewer days are counted as such.
        const FEW_DAYS: f64 = 28.0;
        /// Less than this has not been worn, in days.
        const NEW: f64 = 0.5;
        let counted = |number: f64, one: &str| {
            let text = format!("{number:.1}");
            let text = text.trim_end_matches(".0");
            format!("{text} {one}{}", if text == "1" { "" } else { "s" })
        };
        match self {
            Self::PadHours => format!("{} h", (at * 10.0).round() / 10.0),
            Self::PadDays if at.abs() < NEW => "fresh".to_owned(),
            Self::PadDays if at.abs() < FEW_DAYS => counted(at, "day"),
            Self::PadDays => counted(at / DAYS_PER_MONTH, "month"),
            Self::Date => {
                let day = date(1970, 1, 1).checked_add((at.round() as i64).days());
                day.map_or_else(|_| counted(at, "day"), |day| day.to_string())
            }
        }
    }

    /// Its name in documents, with the unit.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::PadHours => "pad_hours",
            Self::PadDays => "days_since_fitted",
            Self::Date => "days_since_1970",
        }
    }
}

impl WearLine {
    /// The figure that is chosen before looking.
    #[must_use]
    pub fn bass_shelf(&self) -> Option<&WearTrack> {
        self.tracks.iter().find(|track| track.figure == SeatingFigure::BassShelf)
    }
}

impl WearTrack {
    /// The first time, by its number, at which the change is more than repeating it does.
    #[must_use]
    pub fn first_exceeding(&self) -> Option<usize> {
        self.points.iter().position(|point| point.change.is_some_and(|change| change.exceeds()))
    }

    /// The largest change that the intervals leave open at any time; `None` if nothing is known.
    #[must_use]
    pub fn bound(&self) -> Option<f64> {
        let intervals = self.points.iter().filter_map(|point| Some(point.change?.interval));
        intervals.map(|(from, to)| from.abs().max(to.abs())).reduce(f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_say_them() {
        assert_eq!(TimeScale::PadHours.spoken(250.0), "250 h");
        assert_eq!(TimeScale::PadDays.spoken(1.0), "1 day");
        assert_eq!(TimeScale::PadDays.spoken(0.0), "fresh");
        assert_eq!(TimeScale::PadDays.spoken(91.3), "3 months");
        assert_eq!(TimeScale::PadDays.spoken(380.0), "12.5 months");
        assert_eq!(TimeScale::Date.spoken(20_458.0), "2026-01-05");
    }
}
