//! Seatings, one after another: whoever sits at the bench puts the headphone on anew, each seating is
//! shown against its siblings, and one that is unlike them may be repeated.
//!
//! Every seating is a measurement of its own. What a session did stands in their folders alone, so
//! the same command goes on where it was stopped.

mod auto;
mod guide;
mod place;

use std::path::PathBuf;

use clap::Args;

use self::guide::{Ending, Guide};
use self::place::Place;
use super::failure::{Exit, Failure};
use super::figures;
use super::keep::{Keep, Takes, Task};
use super::origin::Prepared;
use super::output::Output;
use crate::measure::{Analysed, Analyser};
use crate::model::{ChannelMap, SEATINGS, Seatings, SessionPlan};
use crate::report::words;
use crate::store::{document, session};

/// Whether one seating is measured, or a row of them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Seatings")]
pub(super) struct SeatingArgs {
    /// Measure so many seatings of the state one after another, each a measurement of its own; asks for
    /// each placement, and goes on where an earlier run stopped. With --take every take is a seating
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u32)
            .range(i64::from(*SEATINGS.start())..=i64::from(*SEATINGS.end()))
    )]
    seatings: Option<u32>,
    /// Measure what a session file says: several states, both sides, several persons, every day anew
    /// (sweeps/sessions holds two to copy)
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = [
            "seatings", "captured", "headphone", "unit", "side", "state", "pads", "pad_hours",
            "pads_fitted", "operator",
        ]
    )]
    session: Option<PathBuf>,
    /// Start by itself when the headphone was lifted and sits again: short sweeps, 20 dB quieter,
    /// listen to its bass meanwhile. Enter starts too
    #[arg(long, conflicts_with = "captured")]
    auto: bool,
}

impl SeatingArgs {
    /// What is to be measured, if it is a row of seatings.
    ///
    /// # Errors
    ///
    /// When the session file cannot be read.
    pub(super) fn wishes(&self) -> Result<Option<Wishes>, Failure> {
        let what = match (&self.session, self.seatings) {
            (Some(file), _) => Wanted::Session(session::load(file).map_err(Failure::data)?),
            (None, Some(count)) => Wanted::Seatings(count),
            (None, None) if self.auto => {
                return Err(Failure::usage("--auto belongs to a row of seatings")
                    .hint("say how many with --seatings, or name a --session"));
            }
            (None, None) => return Ok(None),
        };
        Ok(Some(Wishes { what, auto: self.auto }))
    }
}

/// A row of seatings.
#[derive(Debug)]
pub(super) struct Wishes {
    what: Wanted,
    /// Whether it starts by itself.
    auto: bool,
}

/// What a row of seatings is of.
#[derive(Debug)]
enum Wanted {
    /// So many of the state that the command line names.
    Seatings(u32),
    /// What a session file says.
    Session(SessionPlan),
}

impl Wishes {
    /// The state that comes first, if a session names it.
    pub(super) fn first_state(&self) -> Option<&str> {
        match &self.what {
            Wanted::Seatings(_) => None,
            Wanted::Session(plan) => plan.parts().states.first().map(|state| state.name.as_str()),
        }
    }

    fn wanted(&self) -> u32 {
        match &self.what {
            Wanted::Seatings(count) => *count,
            Wanted::Session(plan) => plan.parts().seatings,
        }
    }
}

/// Measures every seating that is not there yet, place by place, and says what they show.
pub(super) fn run(
    (keep, wishes): (&Keep, &Wishes),
    prepared: Prepared,
    task: &Task,
    output: Output,
    analyse: impl Fn(&mut Analyser, Takes<'_>, &ChannelMap) -> Result<Analysed, Failure>,
) -> Result<Exit, Failure> {
    let places = match &wishes.what {
        Wanted::Seatings(_) => vec![Place::of_state(keep)?],
        Wanted::Session(plan) => Place::of_session(keep, plan)?,
    };
    let mut guide = Guide::new((keep, task), prepared, wishes, &analyse)?;
    guide.check(&places)?;
    let mut ending = Ending::Complete;
    let mut shown: Vec<Seatings> = Vec::new();
    for (i, place) in places.iter().enumerate() {
        if ending == Ending::Complete {
            ending = guide.fill(place, i)?;
        }
        shown.extend(guide.finished(place)?);
    }
    let simulated = guide.is_simulated();
    output.result(
        || {
            let document = match (&wishes.what, shown.as_slice()) {
                (Wanted::Seatings(_), [only]) => document::seatings(only),
                (Wanted::Seatings(_), _) => document::session("", &shown),
                (Wanted::Session(plan), _) => document::session(&plan.parts().name, &shown),
            };
            figures::marked(document, simulated)
        },
        || text(&places, &shown, simulated),
    )?;
    Ok(match ending {
        Ending::Complete => Exit::Done,
        Ending::Stopped => Exit::Interrupted,
        Ending::Refused => Exit::Invalid,
    })
}

/// What came out, for a person to read.
fn text(places: &[Place], shown: &[Seatings], simulated: bool) -> String {
    let mut lines: Vec<String> = shown.iter().flat_map(words::seatings).collect();
    if simulated {
        lines.push("simulated".to_owned());
    }
    lines.extend(places.iter().map(|place| format!("stored in {}", place.results().display())));
    lines.join("\n") + "\n"
}
