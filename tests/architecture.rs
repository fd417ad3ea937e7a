//! The rooms of the code and who may use whom, held against the `crate::` paths in the sources.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these are tests"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms it may use. `docs/design.md` shows the same table.
const ROOMS: [(&str, &[&str]); 11] = [
    ("quantity", &[]),
    ("model", &["quantity"]),
    ("dsp", &["quantity", "model"]),
    ("metrology", &["quantity", "model"]),
    ("measure", &["quantity", "model", "dsp", "metrology"]),
    ("study", &["quantity", "model", "dsp", "metrology"]),
    ("rig", &["quantity", "model", "measure"]),
    ("store", &["quantity", "model"]),
    ("plot", &["quantity", "model"]),
    ("report", &["quantity", "model", "plot"]),
    (
        "cli",
        &[
            "quantity",
            "model",
            "dsp",
            "metrology",
            "measure",
            "study",
            "rig",
            "store",
            "plot",
            "report",
        ],
    ),
];

/// Of `measure`, a rig uses the ports and nothing else.
const PORTS: [&str; 8] =
    ["Block", "Capabilities", "Event", "Flow", "Observer", "Rig", "RigError", "Unwatched"];

/// Crates that one room, or one file, alone may name.
const KEPT_APART: [(&str, &str); 6] = [
    ("cpal", "src/rig/sound_card"),
    ("plotters", "src/plot"),
    ("resvg", "src/plot"),
    ("clap", "src/cli"),
    ("ratatui", "src/cli/monitor"),
    ("tui_big_text", "src/cli/monitor"),
];

#[test]
fn every_room_uses_only_the_rooms_below_it() {
    let mut wrong = Vec::new();
    for (room, allowed) in ROOMS {
        for file in sources(&root().join("src").join(room)) {
            for used in rooms_named_in(&product_code(&file)) {
                if used != room && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{} uses {used}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_folder_of_the_sources_is_a_room() {
    let rooms: BTreeSet<_> = ROOMS.iter().map(|(room, _)| (*room).to_owned()).collect();
    let folders: BTreeSet<_> = fs::read_dir(root().join("src"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(folders, rooms);
}

#[test]
fn a_rig_knows_the_ports_of_a_measurement_and_not_its_procedures() {
    for file in sources(&root().join("src/rig")) {
        let code = product_code(&file);
        for (at, _) in code.match_indices("crate::measure::") {
            let rest = &code[at + "crate::measure::".len()..];
            let end = rest.find(';').unwrap_or(rest.len());
            let names = rest[..end].split(|c: char| !c.is_alphanumeric()).filter(|n| !n.is_empty());
            for name in names.take_while(|name| name.starts_with(char::is_uppercase)) {
                assert!(PORTS.contains(&name), "{} uses {name} of measure", file.display());
            }
        }
    }
}

#[test]
fn a_crate_of_the_outside_is_named_where_it_belongs_and_nowhere_else() {
    for (name, place) in KEPT_APART {
        let place = root().join(place);
        for file in sources(&root().join("src")) {
            let named = product_code(&file).contains(&format!("{name}::"));
            assert!(!named || file.starts_with(&place), "{} names {name}", file.display());
        }
    }
}

#[test]
fn one_file_alone_draws_with_plotters_and_one_alone_with_resvg() {
    for name in ["plotters", "resvg"] {
        let files = sources(&root().join("src/plot"));
        let naming = files.iter().filter(|file| product_code(file).contains(&format!("{name}::")));
        assert_eq!(naming.count(), 1, "{name}");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The code of a file without comments and without its tests, which may look everywhere.
fn product_code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let product = text.split("\n#[cfg(test)]").next().unwrap_or_default();
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    product.lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

/// The rooms behind `crate::`, also inside braces: `use crate::{model::X, quantity::Y}`.
fn rooms_named_in(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let end = rest.find(';').unwrap_or(rest.len());
        for (room, _) in ROOMS {
            let alone = rest.starts_with(&format!("{room}::"));
            let braced = rest.starts_with('{') && rest[..end].contains(&format!("{room}::"));
            if alone || braced {
                named.insert(room.to_owned());
            }
        }
    }
    named
}
