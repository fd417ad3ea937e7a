//! Where the seatings of one state and side are, and what is known of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::cli::figures::day;
use crate::cli::keep::{Keep, mention_unfinished};
use crate::cli::now;
use crate::model::{Measurand, SessionPlace, SessionPlan, Trace};
use crate::store::curve;
use crate::store::library::{Clash, Draft, folder_name};
use crate::store::seatings::{self, NUMBER, SeatingFolder};
use crate::study::siblings::Seated;

/// Tags in which all seatings of one place agree: what is measured, when in the life of the pads, and by
/// whom.
const SAME: [&str; 7] = ["headphone", "unit", "side", "state", "pads", "pad_hours", "operator"];
/// The tag that holds the name of a session.
const SESSION: &str = "session";

/// One state on one side: what its seatings have in common.
#[derive(Debug)]
pub(super) struct Place {
    /// What every seating is tagged with.
    tags: BTreeMap<String, String>,
    /// What to do before it is measured.
    pub(super) instruction: Option<String>,
    /// Who measures, where several do.
    person: Option<String>,
    /// The folder in which the seatings' folders stand.
    root: PathBuf,
    /// The folder of what they show together.
    results: PathBuf,
    /// Whether the root is the library, in which other measurements stand beside them.
    in_library: bool,
}

impl Place {
    /// The state that the command line names: its seatings are DIR/1, DIR/2 …
    pub(super) fn of_state(keep: &Keep) -> Result<Self, Failure> {
        Self::new(keep, keep.tags(), keep.output.clone())
    }

    /// The states and sides of a session: their seatings are DIR/SIDE/STATE/1 …, or DIR/STATE/1 … if
    /// the session names no side. Of several persons each has a folder above them, and so has each
    /// day of a session that begins anew every day.
    pub(super) fn of_session(keep: &Keep, plan: &SessionPlan) -> Result<Vec<Self>, Failure> {
        let parts = plan.parts();
        let several = parts.operators.len() > 1;
        let day = parts.daily.then(today);
        let folder = |at: &SessionPlace<'_>| {
            let person = at.operator.filter(|_| several).map(str::to_owned);
            let side = at.side.map(|side| side.to_string());
            let above = [day.clone(), person, side].into_iter().flatten();
            let root = keep.output.as_ref()?;
            Some(above.fold(root.clone(), |folder, name| folder.join(name)).join(&at.state.name))
        };
        let place = |at: SessionPlace<'_>| {
            let own = session_tags(plan, &at, day.as_deref());
            let tags = keep.tags().into_iter().chain(own).collect();
            let place = Self::new(keep, tags, folder(&at))?;
            let person = at.operator.filter(|_| several).map(str::to_owned);
            Ok(Self { instruction: at.state.instruction.clone(), person, ..place })
        };
        plan.places().into_iter().map(place).collect()
    }

    fn new(
        keep: &Keep,
        mut tags: BTreeMap<String, String>,
        folder: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        if let Some(root) = folder {
            let results = root.clone();
            let (instruction, person) = (None, None);
            return Ok(Self { tags, instruction, person, root, results, in_library: false });
        }
        let root = keep.library.folder()?;
        // What is measured on one day belongs together, unless it has a name.
        let session = tags.entry(SESSION.to_owned()).or_insert_with(today).clone();
        let telling = SAME.iter().filter_map(|key| tags.get(*key));
        let name = std::iter::once(&session).chain(telling).map(|part| plain(part));
        let name = name.collect::<Vec<_>>().join("-");
        let results = root.join(format!("seatings-{name}"));
        Ok(Self { tags, instruction: None, person: None, root, results, in_library: true })
    }

    /// The folder of what they show together.
    pub(super) fn results(&self) -> &Path {
        &self.results
    }

    /// The state, if it has a name.
    pub(super) fn state(&self) -> Option<&str> {
        self.tags.get("state").map(String::as_str)
    }

    /// The headphone, if it has a name.
    pub(super) fn headphone(&self) -> Option<&str> {
        self.tags.get("headphone").map(String::as_str)
    }

    /// What the seatings are of, in words.
    pub(super) fn name(&self) -> String {
        let told = ["state", "side"].iter().filter_map(|key| Some(self.tags.get(*key)?.as_str()));
        let words: Vec<&str> = self.person.as_deref().into_iter().chain(told).collect();
        if words.is_empty() { "the headphone".to_owned() } else { words.join(", ") }
    }

    /// The tags of a seating.
    pub(super) fn tags(&self, number: u32) -> BTreeMap<String, String> {
        let mut tags = self.tags.clone();
        tags.insert(NUMBER.to_owned(), number.to_string());
        tags
    }

    /// The seatings that are there.
    ///
    /// # Errors
    ///
    /// When they cannot be read, or are of something else.
    pub(super) fn seatings(&self, kind: Measurand) -> Result<Vec<SeatingFolder>, Failure> {
        let mut found = seatings::in_folder(&self.root, kind)?;
        let differs = |seating: &SeatingFolder, key: &&str| {
            seating.tag(key) != self.tags.get(*key).map(String::as_str)
        };
        if self.in_library {
            let keys = || SAME.iter().chain([&SESSION]);
            found.retain(|seating| !keys().any(|key| differs(seating, key)));
            return Ok(found);
        }
        let other = found.iter().find_map(|seating| {
            SAME.iter().find(|key| differs(seating, key)).map(|key| (seating, *key))
        });
        let Some((seating, key)) = other else { return Ok(found) };
        let said =
            |value: Option<&str>| value.map_or("none".to_owned(), |name| format!("'{name}'"));
        Err(Failure::usage(format!(
            "'{}' holds seatings of another {}: {}, not {}",
            self.root.display(),
            key.replace('_', " "),
            said(seating.tag(key)),
            said(self.tags.get(key).map(String::as_str))
        ))
        .hint("name another folder with -o, or say the same of the headphone as the first time"))
    }

    /// Begins the folder of a seating; one that replaces another gets `-2`, `-3` … behind its number.
    pub(super) fn draft(
        &self,
        number: u32,
        (kind, made_at): (Measurand, &str),
    ) -> Result<Draft, Failure> {
        let name = if self.in_library {
            folder_name(made_at, kind, &self.tags(number))
        } else {
            number.to_string()
        };
        Ok(Draft::create(&self.root, &name, Clash::Number)?)
    }

    /// Says which earlier measurements beside the seatings were never finished.
    pub(super) fn mention_unfinished(&self) {
        mention_unfinished(&self.root, true);
    }
}

fn today() -> String {
    day(&now())
}

/// What a session says of its seatings, as tags; the day if each has seatings of its own.
fn session_tags(
    plan: &SessionPlan,
    at: &SessionPlace<'_>,
    day: Option<&str>,
) -> impl Iterator<Item = (String, String)> + use<> {
    let (parts, state) = (plan.parts(), at.state);
    let name = day.map_or_else(|| parts.name.clone(), |day| format!("{} {day}", parts.name));
    let tags = [
        (SESSION, Some(name)),
        ("headphone", parts.headphone.clone()),
        ("unit", parts.unit.clone()),
        ("operator", at.operator.map(str::to_owned)),
        ("day", day.map(str::to_owned)),
        ("side", at.side.map(|side| side.to_string())),
        ("state", Some(state.name.clone())),
        ("pads", state.pads.clone()),
        ("pad_hours", state.pad_hours.map(|hours| hours.to_string())),
        ("pads_fitted", state.pads_fitted.map(|day| day.to_string())),
    ];
    tags.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)))
}

/// A part of a folder's name.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_lowercase()
}

/// The seatings that have a response, ready to be compared, the latest last.
pub(super) fn seated(found: &[SeatingFolder]) -> Result<Vec<Seated>, Failure> {
    let mut seated = Vec::new();
    let mut found: Vec<_> = found.iter().filter(|seating| !seating.manifest.refused).collect();
    found.sort_by(|a, b| a.manifest.conditions.made_at.cmp(&b.manifest.conditions.made_at));
    for seating in found {
        let Trace::Response(polar) = curve::read(&seating.folder)?.into_trace() else { continue };
        seated.push(Seated {
            number: seating.number,
            folder: seating.name.clone(),
            decision: seating.decision,
            curve: polar.magnitude().clone(),
        });
    }
    Ok(seated)
}
