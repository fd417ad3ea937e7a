//! What spreads repeated measurements, and what a study of it lacks.

use super::{capitalised, counted, listed, quoted};
use crate::model::{Repeatability, RepeatedFigure, SpreadCause, StudyGap};
use crate::report::digits::{hertz, prose_db};

/// Fewer degrees of freedom than this say little about a spread.
const FEW_DOF: f64 = 4.0;

/// Paragraphs on what was measured, on what spreads it most, and on what is missing.
#[must_use]
pub fn repeatability(study: &Repeatability) -> Vec<String> {
    [Some(design(study)), most(study), few(study), missing(study)].into_iter().flatten().collect()
}

/// What a cause is called.
pub(in crate::report) const fn cause_name(cause: SpreadCause) -> &'static str {
    match cause {
        SpreadCause::Operator => "Person",
        SpreadCause::Day => "Day",
        SpreadCause::Session => "Person's day",
        SpreadCause::Reseat => "Reseat",
        SpreadCause::Repeat => "Repeat",
    }
}

/// What a figure is called.
pub(in crate::report) fn band_name(figure: RepeatedFigure) -> String {
    match figure {
        RepeatedFigure::BassShelf => "bass shelf".to_owned(),
        RepeatedFigure::Level(hz) => hertz(f64::from(hz)),
    }
}

fn design(study: &Repeatability) -> String {
    let days = if study.crossed { "days that persons share" } else { "days of each person's own" };
    format!(
        "{}, {} by {}, on {days}. Levels are means over a third of an octave against the mean \
         300 Hz to 1 kHz.",
        capitalised(&counted(study.measurements, "measurement", "measurements")),
        counted(study.sessions.len(), "session", "sessions"),
        counted(study.operators.len(), "person", "persons"),
    )
}

/// Which cause spreads the bass most, and what that means.
fn most(study: &Repeatability) -> Option<String> {
    let shelf = study.figures.first()?;
    let by_size = |part: &&crate::model::SpreadPart| part.sd_db;
    let largest = shelf.parts.iter().max_by(|a, b| by_size(a).total_cmp(&by_size(b)))?;
    let advice = match largest.cause {
        SpreadCause::Repeat => {
            "noise or a device that changes: look at the rig before anything else"
        }
        SpreadCause::Reseat => "more seatings help",
        SpreadCause::Day | SpreadCause::Session => {
            "more seatings on one day do not help: measure both states on the same day, or a \
             reference with each"
        }
        SpreadCause::Operator => "let one person measure both states",
    };
    let name = band_name(shelf.figure);
    let cause = match largest.cause {
        SpreadCause::Repeat => "repeating without touching anything",
        SpreadCause::Reseat => "reseating",
        SpreadCause::Day => "the day",
        SpreadCause::Session => "the day of each person",
        SpreadCause::Operator => "the person",
    };
    let sd = prose_db(largest.sd_db, None);
    Some(format!("Most of what spreads the {name} is {cause} ({sd}): {advice}."))
}

/// Which spreads are known from hardly anything.
fn few(study: &Repeatability) -> Option<String> {
    let (reseat, day) = study.figures.first()?.dof;
    let said = |dof: Option<f64>, what: &str| {
        let dof = dof.filter(|dof| *dof < FEW_DOF)?;
        Some(format!("{what} with {dof:.1}"))
    };
    let few: Vec<String> = [said(reseat, "from seating to seating"), said(day, "from day to day")]
        .into_iter()
        .flatten()
        .collect();
    (!few.is_empty()).then(|| {
        format!(
            "The spread is known from few degrees of freedom ({}): the upper end of its interval is \
             what counts, and more days or seatings would lower it.",
            listed(&few)
        )
    })
}

fn missing(study: &Repeatability) -> Option<String> {
    let gaps: Vec<String> = study.gaps.iter().map(gap).collect();
    (!gaps.is_empty()).then(|| format!("For a balanced study is missing: {}.", gaps.join("; ")))
}

fn gap(gap: &StudyGap) -> String {
    let who = |operator: &String| {
        if operator.is_empty() { "nobody".to_owned() } else { quoted(operator) }
    };
    match gap {
        StudyGap::OneOperator { operator } if operator.is_empty() => {
            "a second person (none of the measurements says who measured: --tag operator=NAME)"
                .to_owned()
        }
        StudyGap::OneOperator { operator } => {
            format!("a second person, as {} has measured alone", who(operator))
        }
        StudyGap::OneDay { operator } => {
            let operator =
                if operator.is_empty() { "the person".to_owned() } else { quoted(operator) };
            format!("{operator} has not measured on a second day")
        }
        StudyGap::FewerDays { operator, days, most } => format!(
            "{} has measured on {} and another person on {most}",
            who(operator),
            counted(*days, "day", "days")
        ),
        StudyGap::FewSeatings { operator, day, seatings, wanted } => format!(
            "{} has only {} on {day}, and {wanted} or more say something",
            who(operator),
            counted(*seatings, "seating", "seatings")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FigureSpread, SpreadPart};

    fn study(largest: SpreadCause, gaps: Vec<StudyGap>) -> Repeatability {
        let part = |cause, sd_db| SpreadPart { cause, sd_db, from_db: 0.1, to_db: None };
        let other =
            if largest == SpreadCause::Reseat { SpreadCause::Day } else { SpreadCause::Reseat };
        let figure = FigureSpread {
            figure: RepeatedFigure::BassShelf,
            mean_db: 1.0,
            parts: vec![part(largest, 0.42), part(other, 0.3)],
            resolutions: Vec::new(),
            dof: (Some(12.0), Some(1.52)),
        };
        Repeatability {
            operators: vec!["ann".to_owned()],
            sessions: vec![("ann".to_owned(), "1".to_owned(), 3)],
            measurements: 3,
            crossed: false,
            figures: vec![figure],
            gaps,
        }
    }

    #[test]
    fn what_spreads_most_comes_with_advice_and_what_is_missing_is_named() {
        let gaps = vec![
            StudyGap::OneDay { operator: "B".to_owned() },
            StudyGap::FewSeatings {
                operator: "A".to_owned(),
                day: "2026-01-05".to_owned(),
                seatings: 1,
                wanted: 3,
            },
        ];
        let text = repeatability(&study(SpreadCause::Day, gaps)).join("\n");
        for words in [
            "Three measurements, one session by one person",
            "the bass shelf is the day (0.42 dB): more seatings on one day do not help",
            "from few degrees of freedom (from day to day with 1.5)",
            "“B” has not measured on a second day; “A” has only one seating on 2026-01-05",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let text = repeatability(&study(SpreadCause::Reseat, Vec::new())).join("\n");
        assert!(text.contains("more seatings help") && !text.contains("missing"), "{text}");
    }
}
