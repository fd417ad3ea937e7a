//! Ticks of a horizontal axis of time.

use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::axis::{Tick, round_step};
use super::lettering::Font;
use crate::plot::Across;

/// Days of a month on the average.
const DAYS_PER_MONTH: f64 = 365.25 / 12.0;
/// Below so many days, days are counted and not months.
const SHORT_DAYS: f64 = 92.0;
/// Steps of months.
const MONTHS: [f64; 7] = [1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 60.0];

/// A horizontal axis, settled.
pub(super) struct AcrossTicks {
    pub(super) title: String,
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) labelled: Vec<Tick>,
}

impl AcrossTicks {
    /// Ticks for an axis of a length in pixels, with at least `spacing` pixels between labels.
    pub(super) fn new(across: &Across, length: f64, font: Font, spacing: f64) -> Self {
        let most = |widest: &str| (length / (font.width(widest) + spacing)).max(1.0);
        match across {
            Across::Names(title, names) => Self {
                title: title.clone(),
                from: -0.5,
                to: names.len() as f64 - 0.5,
                labelled: (names.iter().enumerate())
                    .map(|(i, name)| Tick { value: i as f64, label: name.clone() })
                    .collect(),
            },
            &Across::Hours(from, to) => {
                let step = round_step((to - from) / most("10000"));
                Self::even("Hours that the pads were worn", (from, to), step, 1.0)
            }
            &Across::Days(from, to) if to - from < SHORT_DAYS => {
                let step = round_step((to - from) / most("100")).max(1.0);
                Self::even("Days since the pads were fitted", (from, to), step, 1.0)
            }
            &Across::Days(from, to) => {
                let months = (to - from) / DAYS_PER_MONTH;
                let title = "Months since the pads were fitted";
                Self::even(title, (from, to), month_step(months, most("100")), DAYS_PER_MONTH)
            }
            &Across::Dates(from, to) => Self::dates((from, to), most("2026-01-01")),
        }
    }

    fn even(title: &str, (from, to): (f64, f64), step: f64, unit: f64) -> Self {
        let first = (from / unit / step).ceil() as i64;
        let last = (to / unit / step).floor() as i64;
        let decimals = usize::from(step < 1.0);
        let tick = |i: i64| {
            let value = i as f64 * step;
            Tick { value: value * unit, label: format!("{value:.decimals$}") }
        };
        Self { title: title.to_owned(), from, to, labelled: (first..=last).map(tick).collect() }
    }

    /// Days where they are few, else the first of months.
    fn dates((from, to): (f64, f64), most: f64) -> Self {
        let title = "Measured on".to_owned();
        if to - from < SHORT_DAYS {
            let step = round_step((to - from) / most).max(1.0);
            let days = (0..).map(|i| (from / step).ceil().mul_add(step, f64::from(i) * step));
            let labelled = days
                .take_while(|day| *day <= to)
                .filter_map(|day| Some(Tick { value: day, label: of_day(day)?.to_string() }))
                .collect();
            return Self { title, from, to, labelled };
        }
        let step = month_step((to - from) / DAYS_PER_MONTH, most) as i32;
        let start = of_day(from);
        let months = (0..).map_while(|i: i32| {
            let start = start?;
            let month = i32::from(start.year()) * 12 + i32::from(start.month()) - 1;
            let month = (month.div_euclid(step) + i) * step;
            let year = i16::try_from(month.div_euclid(12)).ok()?;
            Date::new(year, (month.rem_euclid(12) + 1) as i8, 1).ok()
        });
        let labelled = months
            .map(|month| Tick {
                value: days_since_1970(month),
                label: month.strftime("%Y-%m").to_string(),
            })
            .take_while(|tick| tick.value <= to)
            .filter(|tick| tick.value >= from)
            .collect();
        Self { title, from, to, labelled }
    }
}

/// The finest step of months that leaves no more labels than fit.
fn month_step(months: f64, most: f64) -> f64 {
    MONTHS.into_iter().find(|step| months / step <= most).unwrap_or(120.0)
}

fn of_day(day: f64) -> Option<Date> {
    date(1970, 1, 1).checked_add((day.round() as i64).days()).ok()
}

fn days_since_1970(day: Date) -> f64 {
    day.since(date(1970, 1, 1)).map_or(0.0, |span| f64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(across: &Across, length: f64) -> Vec<String> {
        let ticks = AcrossTicks::new(across, length, Font::regular(14.0), 10.0);
        ticks.labelled.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn hours_have_round_steps() {
        assert_eq!(
            labels(&Across::Hours(-20.0, 1020.0), 320.0),
            ["0", "200", "400", "600", "800", "1000"]
        );
    }

    #[test]
    fn many_days_are_months_and_few_are_days() {
        assert_eq!(
            labels(&Across::Days(-5.0, 370.0), 320.0),
            ["0", "2", "4", "6", "8", "10", "12"]
        );
        assert_eq!(labels(&Across::Days(0.0, 10.0), 320.0)[..3], ["0", "2", "4"]);
    }

    #[test]
    fn dates_are_the_first_of_months_where_they_are_far_apart() {
        // 2026-01-05 to 2027-01-10
        let found = labels(&Across::Dates(20_458.0, 20_828.0), 500.0);
        assert_eq!(found, ["2026-04", "2026-07", "2026-10", "2027-01"]);
        let near = labels(&Across::Dates(20_458.0, 20_468.0), 500.0);
        assert_eq!(near[0], "2026-01-05");
    }
}
