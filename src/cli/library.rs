//! `cansweep library`: the stored measurements.

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use serde_json::{Value, json};

use super::failure::Failure;
use super::output::{Output, counted};
use super::{Common, Exit, LibraryRoot};
use crate::model::Decision;
use crate::report::words;
use crate::store::library::{Entry, EntryState, Library, Unfinished, Verdict};
use crate::store::{document, seatings};

/// What can be done with the library.
#[derive(Debug, Subcommand)]
pub(crate) enum LibraryCommand {
    /// List the stored measurements
    List(ListArgs),
    /// Show one measurement
    Show(ShowArgs),
    /// Recompute every hash: is everything still what it was?
    Verify(ListArgs),
    /// Make a refused measurement of one that was never finished, with all that was captured
    Recover(ShowArgs),
}

/// The arguments of `library list` and `library verify`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    root: LibraryRoot,
    #[command(flatten)]
    common: Common,
}

/// The arguments of `library show` and `library recover`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The measurement's name; to show it, the beginning is enough
    name: String,
    #[command(flatten)]
    root: LibraryRoot,
    #[command(flatten)]
    common: Common,
}

impl LibraryCommand {
    pub(super) const fn common(&self) -> Common {
        match self {
            Self::List(args) | Self::Verify(args) => args.common,
            Self::Show(args) | Self::Recover(args) => args.common,
        }
    }
}

pub(super) fn run(command: LibraryCommand, output: Output) -> Result<Exit, Failure> {
    match command {
        LibraryCommand::List(args) => list(&args, output),
        LibraryCommand::Show(args) => show(&args, output),
        LibraryCommand::Verify(args) => verify(&args, output),
        LibraryCommand::Recover(args) => recover(&args, output),
    }
}

fn list(args: &ListArgs, output: Output) -> Result<Exit, Failure> {
    let library = Library::open(args.root.folder()?);
    let entries = library.list()?;
    output.result(
        || {
            json!({ "schema": 1, "kind": "library", "folder": library.root(),
                    "measurements": entries.iter().map(entry_document).collect::<Vec<_>>() })
        },
        || entries_text(&library, &entries),
    )?;
    Ok(Exit::Done)
}

fn entry_document(entry: &Entry) -> Value {
    let mut document = json!({ "name": entry.name, "folder": entry.folder });
    match &entry.state {
        EntryState::Complete(manifest) => {
            document["state"] = json!(if manifest.refused { "refused" } else { "complete" });
            document["kind"] = json!(manifest.kind);
            document["made_at"] = json!(manifest.conditions.made_at);
            document["tags"] = json!(manifest.conditions.tags);
            document["simulated"] = json!(manifest.conditions.is_simulated());
        }
        EntryState::Incomplete(left) => {
            document["state"] = json!(if left.running { "running" } else { "incomplete" });
            document["takes"] = json!(left.takes);
            if let Some(frames) = left.under_way {
                document["frames_under_way"] = json!(frames);
            }
        }
        EntryState::Unreadable(reason) => {
            document["state"] = json!("unreadable");
            document["reason"] = json!(reason.to_string());
        }
    }
    document
}

fn entries_text(library: &Library, entries: &[Entry]) -> String {
    if entries.is_empty() {
        return format!("no measurements in {}\n", library.root().display());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for entry in entries {
        let (kind, remark) = match &entry.state {
            EntryState::Complete(manifest) => {
                let mut remark = Vec::new();
                if manifest.refused {
                    remark.push("refused".to_owned());
                }
                if manifest.conditions.is_simulated() {
                    remark.push("simulated".to_owned());
                }
                if seatings::decision(&entry.folder).ok().flatten() == Some(Decision::SetAside) {
                    remark.push("set aside".to_owned());
                }
                remark.extend(manifest.conditions.tags.iter().map(|(k, v)| format!("{k}: {v}")));
                (manifest.kind.name(), remark.join(", "))
            }
            EntryState::Incomplete(left) => ("", remains(left)),
            EntryState::Unreadable(reason) => ("", format!("unreadable: {reason}")),
        };
        table.add_row([entry.name.as_str(), kind, remark.as_str()]);
    }
    format!("{}\n", table.trim_fmt())
}

/// What there is of an unfinished measurement.
fn remains(left: &Unfinished) -> String {
    let state = if left.running { "being measured" } else { "incomplete" };
    let takes = counted(left.takes, "take");
    let another = left.under_way.map(|frames| format!(" and {frames} frames of another"));
    let another = another.unwrap_or_default();
    format!("{state}, {takes}{another} kept in {}", left.folder.display())
}

fn show(args: &ShowArgs, output: Output) -> Result<Exit, Failure> {
    let library = Library::open(args.root.folder()?);
    let stored = library.load(&args.name)?;
    let measurement = stored.to_measurement().map_err(Failure::data)?;
    output.result(
        || document::measurement(&measurement),
        || {
            let conditions = &measurement.conditions;
            let mut lines = vec![
                stored.name(),
                format!("made {} with {}", conditions.made_at, conditions.tool),
                format!("rig {}, stimulus {}", conditions.rig.name, conditions.stimulus),
            ];
            let tags = conditions.tags.iter().map(|(key, value)| format!("{key}: {value}"));
            lines.extend(tags);
            lines.extend(words::measurement(&measurement));
            lines.push(format!("in {}", stored.folder.display()));
            lines.join("\n")
        },
    )?;
    Output::findings(&measurement.findings);
    Ok(Exit::Done)
}

fn recover(args: &ShowArgs, output: Output) -> Result<Exit, Failure> {
    let library = Library::open(args.root.folder()?);
    let folder = library.recover(&args.name)?;
    output.result(
        || json!({ "schema": 1, "kind": "recovery", "name": args.name, "folder": folder }),
        || format!("stored in {}", folder.display()),
    )?;
    Ok(Exit::Done)
}

fn verify(args: &ListArgs, output: Output) -> Result<Exit, Failure> {
    let library = Library::open(args.root.folder()?);
    let verdicts = library.verify()?;
    let sound = verdicts.iter().all(Verdict::is_sound);
    output.result(
        || {
            let verdicts: Vec<_> = verdicts
                .iter()
                .map(|v| json!({ "name": v.name, "sound": v.is_sound(), "problems": v.problems() }))
                .collect();
            json!({ "schema": 1, "kind": "verification", "sound": sound, "measurements": verdicts })
        },
        || verdicts_text(&verdicts),
    )?;
    Ok(if sound { Exit::Done } else { Exit::Negative })
}

fn verdicts_text(verdicts: &[Verdict]) -> String {
    let mut lines = Vec::new();
    for verdict in verdicts.iter().filter(|verdict| !verdict.is_sound()) {
        let problems = verdict.problems().into_iter();
        lines.extend(problems.map(|problem| format!("{}: {problem}", verdict.name)));
    }
    let sound = verdicts.iter().filter(|verdict| verdict.is_sound()).count();
    let all = counted(verdicts.len(), "measurement");
    lines.push(format!("{sound} of {all} as stored"));
    lines.join("\n")
}
