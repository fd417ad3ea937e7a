//! What time does to a headphone, and whether by more than the rig does.

use super::evidence::chance;
use super::quoted;
use crate::model::{SpreadSource, TimeScale, Wear, WearLine, WearTrack};
use crate::report::digits::{prose_db, signed};

/// A paragraph for each line: how the bass has changed, when that was first seen, how fast, and
/// against what it was held; one on the drift of the rig.
#[must_use]
pub fn wear(wear: &Wear) -> Vec<String> {
    let lines = wear.lines.iter().filter_map(|line| paragraph(wear, line));
    lines.chain([drift(wear)]).collect()
}

fn paragraph(wear: &Wear, line: &WearLine) -> Option<String> {
    let shelf = line.bass_shelf()?;
    let sentences =
        [Some(changed(wear, line, shelf)), slope(wear, line, shelf), spread(line, shelf)];
    let sentences: Vec<String> = sentences.into_iter().flatten().collect();
    Some(format!("{}: {}", quoted(&line.name), sentences.join(" ")))
}

fn changed(wear: &Wear, line: &WearLine, shelf: &WearTrack) -> String {
    let at = |i: usize| wear.time.spoken(line.points[i].at);
    let last = line.points.len() - 1;
    let Some(change) = shelf.points[last].change else {
        let change = shelf.points[last].mean - shelf.points[0].mean;
        return format!(
            "from {} to {} the bass shelf changes by {} dB. No time has two seatings, so nothing \
             is known of the spread and no verdict is possible: this may be wear or the placement \
             (measure again, or give a study of the rig with --repeatability).",
            at(0),
            at(last),
            signed(change, 2)
        );
    };
    let amount = format!(
        "from {} to {} the bass shelf changes by {} dB (95 % from {} to {} dB, {} by Dunnett's \
         test)",
        at(0),
        at(last),
        signed(change.change.value, 2),
        signed(change.interval.0, 2),
        signed(change.interval.1, 2),
        chance(change.p)
    );
    let verdict = match (shelf.first_exceeding(), change.exceeds()) {
        (Some(first), _) if first == last => {
            ", more than what repeating it does. That is seen there first.".to_owned()
        }
        (Some(first), true) => format!(
            ", more than what repeating it does. It is first seen to have changed at {}.",
            at(first)
        ),
        (Some(first), false) => format!(
            ", which repeating it may do. It had changed by more than that at {}.",
            at(first)
        ),
        (None, _) => format!(
            ". No change is seen above {}.",
            prose_db(shelf.bound().unwrap_or_default(), None)
        ),
    };
    amount + &verdict
}

/// The slope for a step that people count in, with its interval.
fn slope(wear: &Wear, line: &WearLine, shelf: &WearTrack) -> Option<String> {
    const DAYS_PER_MONTH: f64 = 365.25 / 12.0;
    if line.points.len() < 3 {
        return None;
    }
    let (step, name) = match wear.time {
        TimeScale::PadHours => (100.0, "100 h"),
        TimeScale::PadDays | TimeScale::Date => (DAYS_PER_MONTH, "month"),
    };
    let (slope, (from, to)) = (shelf.slope?, shelf.slope_interval?);
    let between = match shelf.between {
        None => "; what scatters the times beside their seatings is not known from fewer than five"
            .to_owned(),
        Some(db) if db > 0.0 => {
            format!("; beside their seatings the times scatter about it by {}", prose_db(db, None))
        }
        Some(_) => String::new(),
    };
    Some(format!(
        "A straight line changes by {} dB per {name} (95 % from {} to {} dB{between}).",
        signed(slope.value * step, 3),
        signed(from * step, 3),
        signed(to * step, 3),
    ))
}

fn spread(line: &WearLine, shelf: &WearTrack) -> Option<String> {
    let sd = prose_db(shelf.sd?, None);
    let single = line.points.iter().any(|point| point.seatings < 2);
    let single = if single { ", for times of a single seating too" } else { "" };
    Some(match line.spread? {
        SpreadSource::Pooled => {
            format!("Seatings spread by {sd}, pooled over the times{single}.")
        }
        SpreadSource::PooledOverLines => format!(
            "Seatings spread by {sd}, pooled over all lines, as too few of this one are repeated\
             {single}."
        ),
        SpreadSource::Study => {
            format!(
                "Seatings spread by {sd} according to the study of the rig, as none is repeated."
            )
        }
    })
}

fn drift(wear: &Wear) -> String {
    let removed = wear.lines.iter().filter(|line| line.drift_removed).count();
    let largest =
        wear.lines.iter().filter_map(WearLine::bass_shelf).flat_map(|track| &track.points);
    let largest = largest.filter_map(|point| Some(point.drift?.abs())).fold(0.0, f64::max);
    let day = wear.rig.and_then(|rig| rig.day);
    if removed == wear.lines.len() {
        return format!(
            "The baseline of the same days was subtracted, which differs by up to {} from its mean; \
             what changes in the baseline itself looks like the opposite of wear.",
            prose_db(largest, None)
        );
    }
    let why = match (wear.baseline_days, removed) {
        (0, _) => "No baseline was measured",
        (_, 0) => "The baseline is missing on some of the days and was not used",
        _ => "The baseline is missing on some of the days of some lines and was not used for these",
    };
    match day {
        Some((sd, _)) => format!(
            "{why}; what a day does to the rig ({} according to the study) is counted in the \
             intervals.",
            prose_db(sd, None)
        ),
        None => format!(
            "{why}: a drift of the rig is not excluded and would look like wear. A reference that \
             does not wear, measured on the same days, takes it out (--baseline)."
        ),
    }
}
