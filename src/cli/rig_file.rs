//! From the name of a rig to a rig: `sim:NAME`, a sound device, or a rig file.

use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::failure::{Exit, Failure};
use super::hush::hushed;
use super::output::Output;
use crate::measure::Rig;
use crate::model::{ChannelMap, ImpedanceSettings};
use crate::rig::simulated::{Placement, Scenario, SimulatedRig, Wiring, preset, preset_names};
use crate::rig::sound_card::{Settings, SoundCard};

/// The seed of what is random in a simulated seating; together with its state and number it
/// determines a seating completely.
pub(super) const SEED: u64 = 1;

/// How a headphone is connected and how it sits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placing<'a> {
    pub(super) wires: Wires,
    /// The state of the headphone; a simulated one is put into it.
    pub(super) state: Option<&'a str>,
    /// Which of many simulated seatings.
    pub(super) seating: u32,
    /// Frames per buffer of a sound card, if not what its settings say.
    pub(super) buffer: Option<u32>,
    /// The plan that is played if none is named.
    pub(super) default_plan: &'static str,
}

/// What the inputs are connected to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wires {
    /// A loopback and a coupler microphone.
    Coupler,
    /// Both sides of a sense resistor.
    Jig(ImpedanceSettings),
}

/// A rig that is ready, and which input is which.
pub(super) struct Placed {
    pub(super) rig: Box<dyn Rig>,
    pub(super) channels: ChannelMap,
}

/// A rig file of a sound card.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CardFile {
    name: String,
    #[serde(default)]
    channels: ChannelMap,
    /// Read by [`calibrations`].
    #[serde(default, rename = "calibrations")]
    _calibrations: Vec<PathBuf>,
    sound_card: Settings,
}

/// The calibrations that a rig file names with `calibrations = ["desk-loopback.toml", …]`,
/// relative to itself. A rig without a file, or without the key, has none; what else is wrong
/// with the file is said when it is opened.
pub(super) fn calibrations(name: &str) -> Result<Vec<PathBuf>, Failure> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(default)]
        calibrations: Vec<PathBuf>,
    }
    let path = Path::new(name);
    let Ok(text) = std::fs::read_to_string(path) else { return Ok(Vec::new()) };
    let Ok(table) = text.parse::<toml::Table>() else { return Ok(Vec::new()) };
    let Named { calibrations } = table.try_into().map_err(|error: toml::de::Error| {
        let reason = error.message().to_owned();
        Failure::data(format!("the rig file '{}' is not right: {reason}", path.display()))
            .hint("calibrations is a list of files: calibrations = [\"desk-loopback.toml\"]")
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(calibrations.iter().map(|file| folder.join(file)).collect())
}

/// Opens a rig by its name. Nothing is played yet.
pub(super) fn open(
    name: &str,
    placing: &Placing<'_>,
    channels: Option<&ChannelMap>,
) -> Result<Placed, Failure> {
    if let Some(preset_name) = name.strip_prefix("sim:") {
        let scenario = preset(preset_name).ok_or_else(|| {
            Failure::new(Exit::NoRig, format!("there is no simulated rig '{preset_name}'"))
                .hint(format!("simulated rigs are sim:{}", preset_names().join(", sim:")))
        })?;
        return simulated(&scenario, placing);
    }
    let path = Path::new(name);
    if path.extension().is_some_and(|extension| extension == "toml") {
        return from_file(path, placing, channels);
    }
    let settings = Settings::new(name).map_err(Failure::usage)?;
    sound_card(settings, name, channels.cloned().unwrap_or_default(), placing.buffer)
}

fn from_file(
    path: &Path,
    placing: &Placing<'_>,
    channels: Option<&ChannelMap>,
) -> Result<Placed, Failure> {
    let refuse = |reason: &dyn std::fmt::Display| {
        Failure::data(format!("the rig file '{}' is not right: {reason}", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::new(Exit::NoRig, format!("cannot read the rig '{}': {error}", path.display()))
            .hint("--rig takes a rig file (.toml), a sound device or sim:NAME")
    })?;
    let mut table: toml::Table = text.parse().map_err(|error| refuse(&error))?;
    if !table.contains_key("sound_card") {
        // A scenario knows nothing of calibrations; the text keeps the lines that errors name.
        let scenario = match table.remove("calibrations") {
            Some(_) => table.to_string(),
            None => text,
        };
        let scenario: Scenario = scenario.parse().map_err(|error| refuse(&error))?;
        return simulated(&scenario, placing);
    }
    let file: CardFile = toml::from_str(&text).map_err(|error| refuse(&error))?;
    let channels = channels.cloned().unwrap_or(file.channels);
    sound_card(file.sound_card, &file.name, channels, placing.buffer)
}

fn simulated(scenario: &Scenario, placing: &Placing<'_>) -> Result<Placed, Failure> {
    let (wiring, scenario) = match placing.wires {
        Wires::Coupler => (Wiring::Coupler, scenario.clone()),
        // The simulated jig holds whatever resistor the user says it does.
        Wires::Jig(settings) => {
            let ohm = settings.sense_resistor.ohm();
            let scenario = scenario.changed(|parts| parts.jig.sense_resistor_ohm = ohm);
            (Wiring::SenseResistor(settings.topology), scenario.map_err(Failure::usage)?)
        }
    };
    let state = placing.state.unwrap_or("fresh");
    let placement = Placement::new(state, placing.seating, SEED);
    let rig = SimulatedRig::new(scenario, wiring, placement).map_err(|error| {
        Failure::usage(error).hint("a simulated headphone has the states that its rig file names")
    })?;
    Ok(Placed { rig: Box::new(rig), channels: wiring.channels() })
}

fn sound_card(
    settings: Settings,
    name: &str,
    channels: ChannelMap,
    buffer: Option<u32>,
) -> Result<Placed, Failure> {
    let settings = match buffer {
        Some(frames) => settings.with_buffer_frames(frames).map_err(Failure::usage)?,
        None => settings,
    };
    // As many inputs as the highest that is used, where that is known.
    let highest = channels.iter().map(|(_, channel)| channel + 1).max();
    let highest = highest.and_then(|n| u16::try_from(n).ok()).and_then(NonZeroU16::new);
    let settings = match (settings.inputs(), highest) {
        (None, Some(inputs)) => settings.with_inputs(inputs),
        _ => settings,
    };
    let card = hushed(|| SoundCard::open(settings))?.with_name(name);
    if card.resamples() {
        Output::remark(&format!(
            "note: '{name}' accepts nearly any sample rate, so something converts rates behind \
             it and says nothing; name the device itself (hw:…) to be sure of the rate"
        ));
    }
    Ok(Placed { rig: Box::new(card), channels })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rig_file_to_copy_is_a_rig_file() {
        let text = include_str!("../../calibration/rigs/sound-card.toml");
        let file: CardFile = toml::from_str(text).unwrap();
        assert_eq!(file.sound_card.output(), "alsa:hw:CARD=USB,DEV=0");
        assert_eq!(file.channels.to_string(), "reference=1,microphone=2");
        // The keys that are commented out are right as well.
        let all: String = text
            .lines()
            .map(|l| l.trim_start_matches("# ").to_owned() + "\n")
            .filter(|line| line.starts_with('[') || line.contains(" = "))
            .collect();
        let file: CardFile = toml::from_str(&all).unwrap();
        assert_eq!(file.sound_card.buffer_frames(), Some(8192));
    }
}
