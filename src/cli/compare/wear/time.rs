//! Times as they are typed: hours, days to years, dates.

use std::str::FromStr;

use jiff::civil::{Date, date};

use crate::cli::compare::files::Files;
use crate::cli::failure::Failure;
use crate::model::TimeScale;

const DAYS_PER_WEEK: f64 = 7.0;
const DAYS_PER_YEAR: f64 = 365.25;

/// A time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Time {
    /// Whatever the others are counted in, zero of it.
    Fresh,
    /// Hours that the pads were worn.
    Hours(f64),
    /// Days since the pads were new.
    Days(f64),
    /// Days since 1970-01-01.
    Date(f64),
}

/// `[LINE:]TIME=FILE[,FILE…]`.
#[derive(Debug, Clone)]
pub(super) struct AtFiles {
    /// Which line; empty if it is not said.
    pub(super) line: String,
    pub(super) time: Time,
    pub(super) files: Files,
}

impl FromStr for AtFiles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || format!("'{text}' is not [LINE:]TIME=FILE[,FILE…]");
        let (head, files) = text.split_once('=').ok_or_else(refuse)?;
        let files = files.parse().map_err(|_| refuse())?;
        let (line, time) = head.rsplit_once(':').unwrap_or(("", head));
        Ok(Self { line: line.trim().to_owned(), time: time.trim().parse()?, files })
    }
}

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse =
            || format!("'{text}' is no time (250h, 90d, 12w, 3mo, 1y, 2026-01-05, or fresh)");
        if text.eq_ignore_ascii_case("fresh") || text == "0" {
            return Ok(Self::Fresh);
        }
        if let Some(day) = days_since_1970(text) {
            return Ok(Self::Date(day));
        }
        let unit = text.find(|c: char| c.is_alphabetic()).ok_or_else(refuse)?;
        let (number, unit) = text.split_at(unit);
        let number: f64 = number.trim().parse().map_err(|_| refuse())?;
        if !(number.is_finite() && number >= 0.0) {
            return Err(refuse());
        }
        match unit {
            "h" | "hour" | "hours" => Ok(Self::Hours(number)),
            "d" | "day" | "days" => Ok(Self::Days(number)),
            "w" | "week" | "weeks" => Ok(Self::Days(number * DAYS_PER_WEEK)),
            "mo" | "month" | "months" => Ok(Self::Days(number * DAYS_PER_YEAR / 12.0)),
            "y" | "year" | "years" => Ok(Self::Days(number * DAYS_PER_YEAR)),
            _ => Err(refuse()),
        }
    }
}

impl Time {
    /// The number in the unit of its scale.
    pub(super) const fn value(self) -> f64 {
        match self {
            Self::Fresh => 0.0,
            Self::Hours(value) | Self::Days(value) | Self::Date(value) => value,
        }
    }

    /// What a baseline of the same time is known by.
    pub(super) fn key(self) -> String {
        self.value().to_string()
    }

    const fn scale(self) -> Option<TimeScale> {
        match self {
            Self::Fresh => None,
            Self::Hours(_) => Some(TimeScale::PadHours),
            Self::Days(_) => Some(TimeScale::PadDays),
            Self::Date(_) => Some(TimeScale::Date),
        }
    }
}

/// What all the times are counted in.
pub(super) fn common_scale<'a>(
    all: impl Iterator<Item = &'a AtFiles>,
) -> Result<TimeScale, Failure> {
    let (mut common, mut fresh) = (None, false);
    for at in all {
        let Some(scale) = at.time.scale() else {
            fresh = true;
            continue;
        };
        if *common.get_or_insert(scale) != scale {
            return Err(Failure::usage("the times of --at are counted in different units")
                .hint("give all in hours, all in days to years, or all as dates"));
        }
    }
    if fresh && common == Some(TimeScale::Date) {
        return Err(Failure::usage("'fresh' is no date")
            .hint("give the day on which the fresh pads were measured"));
    }
    Ok(common.unwrap_or(TimeScale::PadHours))
}

/// The number of a day that is written YYYY-MM-DD.
pub(super) fn days_since_1970(text: &str) -> Option<f64> {
    let day: Date = text.parse().ok().filter(|_| text.len() == "2026-01-05".len())?;
    Some(f64::from(day.since(date(1970, 1, 1)).ok()?.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let read = |text: &str| text.parse::<Time>();
        assert_eq!(read("250h"), Ok(Time::Hours(250.0)));
        assert_eq!(read("2 weeks"), Ok(Time::Days(14.0)));
        assert_eq!(read("1y"), Ok(Time::Days(365.25)));
        assert_eq!(read("3mo"), Ok(Time::Days(91.3125)));
        assert_eq!(read("2026-01-05"), Ok(Time::Date(20_458.0)));
        assert_eq!(read("Fresh"), Ok(Time::Fresh));
        for wrong in ["", "h", "-3h", "3m", "250", "2026-13-05", "NaNh", "1e999h"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_line_and_several_files_may_be_named() {
        let at: AtFiles = "left: 250h=a.txt,b.txt".parse().unwrap();
        assert_eq!((at.line.as_str(), at.time, at.files.0.len()), ("left", Time::Hours(250.0), 2));
        assert!("250h".parse::<AtFiles>().is_err());
        assert!("250h=".parse::<AtFiles>().is_err());
    }

    #[test]
    fn units_do_not_mix() {
        let all = |texts: &[&str]| {
            let all: Vec<AtFiles> = texts.iter().map(|text| text.parse().unwrap()).collect();
            common_scale(all.iter()).ok()
        };
        assert_eq!(all(&["fresh=a", "3mo=b"]), Some(TimeScale::PadDays));
        assert_eq!(all(&["fresh=a", "3h=b"]), Some(TimeScale::PadHours));
        assert_eq!(all(&["3mo=a", "3h=b"]), None);
        assert_eq!(all(&["fresh=a", "2026-01-05=b"]), None);
    }
}
