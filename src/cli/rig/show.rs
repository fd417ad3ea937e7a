//! `cansweep rig show`: a rig file in words.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::in_words;
use super::wiring::drawing;
use crate::cli::Common;
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::rig_file::{CheckedTable, RigFile};
use crate::measure::Wearer;
use crate::rig::sound_card::Settings;

/// The arguments of `rig show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// A rig file
    rig: PathBuf,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) fn run(args: &ShowArgs, output: Output) -> Result<Exit, Failure> {
    let file = RigFile::read(Path::new(&args.rig))?.ok_or_else(|| {
        Failure::data(format!("'{}' describes a simulation, not a rig", args.rig.display()))
            .hint("its text explains itself; `cansweep rig check` tries it")
    })?;
    output.result(|| document(&file), || text(&file))?;
    Ok(Exit::Done)
}

fn document(file: &RigFile) -> serde_json::Value {
    let limits = file.limits();
    let mut document = json!({
        "schema": 1, "kind": "rig", "name": file.name, "channels": file.channels,
        "limits": { "level_dbfs": limits.level.db(), "db_spl": limits.pressure.db() },
    });
    if let Some(volts) = limits.volts_rms {
        document["limits"]["volts"] = volts.into();
    }
    let parts = [
        ("purpose", json!(file.purpose)),
        ("worn", json!(file.worn)),
        ("simulated", json!(file.simulated)),
        ("sound_card", json!(file.sound_card)),
        ("checked", json!(file.checked)),
    ];
    for (key, value) in parts {
        if !value.is_null() {
            document[key] = value;
        }
    }
    document
}

/// The rig in words, with its wiring.
pub(super) fn text(file: &RigFile) -> String {
    let mut text = format!("rig '{}'\n", file.name);
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<12}{value}");
    };
    if let Some(purpose) = file.purpose {
        line("for", in_words(purpose).to_owned());
    }
    if let Some(name) = &file.simulated {
        line("simulated", format!("sim:{name}"));
    }
    if let Some(card) = &file.sound_card {
        line("plays on", format!("{}, output {}", card.output(), played(card)));
        line("records", card.input().to_owned());
    }
    line(
        "inputs",
        if file.channels.is_empty() { "not said".to_owned() } else { file.channels.to_string() },
    );
    line("limits", limits(file));
    line(
        "worn",
        match file.wearer() {
            Wearer::Person => "yes: the microphones sit in a person's ears".to_owned(),
            Wearer::Nobody => "no".to_owned(),
            Wearer::Unknown => "not said".to_owned(),
        },
    );
    line("checked", file.checked.as_ref().map_or_else(never_checked, checked));
    if let Some(purpose) = file.purpose {
        let outputs = file.sound_card.as_ref().map_or_else(|| vec![1], outputs);
        let _ = write!(text, "\n{}", drawing(purpose, &outputs, &file.channels));
    }
    text
}

fn outputs(card: &Settings) -> Vec<u16> {
    card.play_on().iter().map(|channel| channel.get()).collect()
}

fn played(card: &Settings) -> String {
    outputs(card).iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

fn limits(file: &RigFile) -> String {
    let limits = file.limits();
    let volts = limits.volts_rms.map_or(String::new(), |volts| format!(", {volts} V"));
    format!("{} dBFS{volts}, {} dB SPL", limits.level.db(), limits.pressure.db())
}

fn never_checked() -> String {
    "never: `measure` plays quiet bursts first (`cansweep rig check FILE --save` checks it)"
        .to_owned()
}

fn checked(checked: &CheckedTable) -> String {
    let mut words = format!("{} at {} dBFS", checked.at, checked.level_dbfs.db());
    if let Some(samples) = checked.delay_samples {
        let _ = write!(words, ", {samples:.0} samples into the capture");
    }
    for input in &checked.inputs {
        let noise = input.noise_dbfs.map(|noise| format!("noise {} dBFS", noise.db()));
        let gain = input.gain_db.map(|gain| format!("gain {} dB", gain.db()));
        let known: Vec<_> = gain.into_iter().chain(noise).collect();
        if !known.is_empty() {
            let _ = write!(words, "\n{:<12}input {}: {}", "", input.channel, known.join(", "));
        }
    }
    words
}
