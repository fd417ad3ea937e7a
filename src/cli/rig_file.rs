//! From the name of a rig to a rig: `sim:NAME`, a sound device, or a rig file.

use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::failure::{Exit, Failure};
use super::hush::hushed;
use super::output::Output;
use super::rig::{Insistence, Protection};
use crate::measure::{Limits, Purpose, Rig, Scale, Wearer};
use crate::model::{
    CalibrationData, ChannelMap, ChannelRole, Ground, Jig, OutputTap, StandardKind,
};
use crate::quantity::unit::{FullScale, Pascal};
use crate::quantity::{Gain, Level, SampleRate};
use crate::rig::simulated::{
    Connected, Placement, Scenario, ScenarioError, SimulatedRig, Wiring, preset, preset_names,
};
use crate::rig::sound_card::{Settings, SoundCard};
use crate::store::calibration;

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
    /// Whether a simulated rig takes the time that a real one would.
    pub(super) real_time: bool,
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
    Jig(Jig),
    /// The same, with a standard of a kind (a load of so many ohms) in place of the headphone.
    Standard(Jig, StandardKind, f64),
    /// What drives an amplifier, and its output; or the output at two places.
    Output(OutputTap),
    /// The driven and the idle channel of an amplifier.
    BothChannels(Ground),
}

/// A rig that is ready, and which input is which.
pub(super) struct Placed {
    pub(super) rig: Box<dyn Rig>,
    pub(super) channels: ChannelMap,
    /// What protects those who listen; a simulation without a rig file needs nothing.
    pub(super) protection: Option<Protection>,
}

/// A rig file: of a sound card, or of a simulated rig under a name of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RigFile {
    pub(super) name: String,
    pub(super) purpose: Option<Purpose>,
    #[serde(default)]
    pub(super) channels: ChannelMap,
    /// Applied to what is measured; relative to the file in it, found from here once it is read.
    #[serde(default)]
    pub(super) calibrations: Vec<PathBuf>,
    /// Whether the microphones sit in a person's ears.
    pub(super) worn: Option<bool>,
    /// A simulated rig that is built in.
    pub(super) simulated: Option<String>,
    pub(super) sound_card: Option<Settings>,
    #[serde(default)]
    pub(super) limits: LimitsTable,
    #[serde(default)]
    pub(super) scale: ScaleTable,
    pub(super) checked: Option<CheckedTable>,
}

/// What is never exceeded.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsTable {
    pub(super) level_dbfs: Option<Level<FullScale>>,
    pub(super) volts: Option<f64>,
    pub(super) db_spl: Option<Level<Pascal>>,
}

/// What full scale stands for.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScaleTable {
    /// Volts rms at the output of a full-scale sine.
    pub(super) output_volts: Option<f64>,
    /// Sound pressure level at the microphone that reaches full scale.
    pub(super) microphone_db_spl: Option<Level<Pascal>>,
}

impl ScaleTable {
    /// What the file does not say itself, from the level calibrations that it names.
    fn complete_from(&mut self, files: &[PathBuf]) -> Result<(), Failure> {
        for file in files {
            let filed = calibration::read(file)?;
            let CalibrationData::Level(level) = filed.calibration.data else { continue };
            let volts = level.output_full_scale_v.map(|volts| volts.value);
            let microphone = level.microphone_full_scale_db_spl;
            let pressure = microphone.map(|(_, db)| Level::from_db(db.value));
            self.output_volts = self.output_volts.or(volts);
            self.microphone_db_spl = self.microphone_db_spl.or(pressure);
        }
        Ok(())
    }
}

/// What the last check of the rig found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckedTable {
    /// When, RFC 3339.
    pub(super) at: String,
    pub(super) level_dbfs: Level<FullScale>,
    pub(super) rate_hz: SampleRate,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delay_samples: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) drift_ppm: Option<f64>,
    #[serde(default)]
    pub(super) inputs: Vec<CheckedInput>,
}

/// What the last check found at one input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckedInput {
    /// Counted from one.
    pub(super) channel: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) noise_dbfs: Option<Level<FullScale>>,
    /// From output to this input at 1 kHz.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) gain_db: Option<Gain>,
}

impl RigFile {
    /// Reads a rig file; `None` if it describes a simulated scenario instead.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Failure> {
        let text = read_text(path)?;
        let table: toml::Table = text.parse().map_err(|error| not_right(path, &error))?;
        if !table.contains_key("sound_card") && !table.contains_key("simulated") {
            return Ok(None);
        }
        let mut file = Self::parse(&text).map_err(|reason| not_right(path, &reason))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for calibration in &mut file.calibrations {
            *calibration = folder.join(&calibration);
        }
        file.scale.complete_from(&file.calibrations)?;
        Ok(Some(file))
    }

    /// A rig file from its text.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut file: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let is_positive = |value: Option<f64>| value.is_none_or(|v| v > 0.0 && v.is_finite());
        if file.sound_card.is_some() == file.simulated.is_some() {
            return Err("it needs either [sound_card] or simulated".to_owned());
        }
        if !is_positive(file.limits.volts) || !is_positive(file.scale.output_volts) {
            return Err("a voltage must be above 0 V".to_owned());
        }
        if file.limits.level_dbfs.is_some_and(|level| level.db().is_nan() || level.db() > 0.0) {
            return Err("limits.level_dbfs must not lie above 0 dBFS".to_owned());
        }
        // The usual limit of a card is for those who set none.
        if let (Some(level), Some(card)) = (file.limits.level_dbfs, file.sound_card.as_mut())
            && !says_level_limit(text)
        {
            *card = card.clone().with_level_limit(level).map_err(|error| error.to_string())?;
        }
        Ok(file)
    }

    pub(super) fn wearer(&self) -> Wearer {
        match self.worn {
            Some(true) => Wearer::Person,
            Some(false) => Wearer::Nobody,
            None => Wearer::Unknown,
        }
    }

    /// The limits that hold: the lowest of what the file says in several places.
    pub(super) fn limits(&self) -> Limits {
        let of_card = self.sound_card.as_ref().map(Settings::level_limit);
        let levels = self.limits.level_dbfs.into_iter().chain(of_card);
        let lowest = levels.map(Level::db).reduce(f64::min);
        let level = lowest.map_or(Settings::default_level_limit(), Level::from_db);
        let usual = self.wearer().pressure_limit();
        let pressure = match (self.limits.db_spl, self.wearer()) {
            (Some(limit), Wearer::Person) if limit > usual => usual,
            (limit, _) => limit.unwrap_or(usual),
        };
        Limits { level, volts_rms: self.limits.volts, pressure }
    }

    fn protection(&self, channels: &ChannelMap) -> Protection {
        let microphone = channels.get(ChannelRole::Microphone).zip(self.scale.microphone_db_spl);
        let scale = Scale { output_volts_rms: self.scale.output_volts, ear: None };
        let gain = microphone.and_then(|(index, full_scale)| {
            let inputs = &self.checked.as_ref()?.inputs;
            let input = inputs.iter().find(|input| input.channel == index + 1)?;
            Some((input.gain_db?, full_scale))
        });
        Protection {
            limits: self.limits(),
            scale: gain.map_or(scale, |(gain, full)| scale.with_microphone(gain, full)),
            microphone,
            wearer: self.wearer(),
            checked_to: self.checked.as_ref().map(|checked| checked.level_dbfs),
            plays_for_real: self.sound_card.is_some(),
        }
    }
}

/// Whether the part about the sound card has a limit of its own.
fn says_level_limit(text: &str) -> bool {
    let table = text.parse::<toml::Table>().unwrap_or_default();
    table.get("sound_card").is_some_and(|card| card.get("level_limit_dbfs").is_some())
}

fn not_right(path: &Path, reason: &dyn std::fmt::Display) -> Failure {
    Failure::data(format!("the rig file '{}' is not right: {reason}", path.display()))
}

/// The text of a rig file.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::new(Exit::NoRig, format!("cannot read the rig '{}': {error}", path.display()))
            .hint("--rig takes a rig file (.toml), a sound device or sim:NAME")
    })
}

/// Whether the name of a rig is that of a file.
pub(super) fn names_a_file(name: &str) -> bool {
    !name.starts_with("sim:") && Path::new(name).extension().is_some_and(|e| e == "toml")
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
    insistence: Insistence,
) -> Result<Placed, Failure> {
    if let Some(preset_name) = name.strip_prefix("sim:") {
        return simulated(&built_in(preset_name)?, placing);
    }
    if names_a_file(name) {
        let path = Path::new(name);
        let Some(file) = RigFile::read(path)? else {
            let scenario = scenario(&read_text(path)?).map_err(|error| not_right(path, &error))?;
            return simulated(&scenario, placing);
        };
        return placed(&file, placing, channels, insistence);
    }
    let file = RigFile {
        name: name.to_owned(),
        purpose: None,
        channels: ChannelMap::default(),
        calibrations: Vec::new(),
        worn: None,
        simulated: None,
        sound_card: Some(Settings::new(name).map_err(Failure::usage)?),
        limits: LimitsTable::default(),
        scale: ScaleTable::default(),
        checked: None,
    };
    placed(&file, placing, channels, insistence)
}

/// Opens the rig of a rig file.
pub(super) fn placed(
    file: &RigFile,
    placing: &Placing<'_>,
    channels: Option<&ChannelMap>,
    insistence: Insistence,
) -> Result<Placed, Failure> {
    let channels = channels.unwrap_or(&file.channels);
    if let Some(preset_name) = &file.simulated {
        let placed = simulated(&built_in(preset_name)?, placing)?;
        let channels = if channels.is_empty() { placed.channels } else { channels.clone() };
        let protection = Some(file.protection(&channels));
        return Ok(Placed { channels, protection, ..placed });
    }
    let settings = file
        .sound_card
        .clone()
        .ok_or_else(|| Failure::data(format!("the rig '{}' has no sound card", file.name)))?;
    let level = match insistence {
        Insistence::WithinLimits => file.limits().level,
        Insistence::BeyondLimits => Level::from_db(0.0),
    };
    let settings = settings.with_level_limit(level).map_err(Failure::data)?;
    let protection = Some(file.protection(channels));
    let card = sound_card(settings, &file.name, channels.clone(), placing.buffer)?;
    Ok(Placed { protection, ..card })
}

/// A scenario from the text of a rig file. It knows nothing of calibrations itself.
fn scenario(text: &str) -> Result<Scenario, String> {
    let mut table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    // The text keeps the lines that errors name.
    let without = table.remove("calibrations").map(|_| table.to_string());
    without.as_deref().unwrap_or(text).parse().map_err(|error: ScenarioError| error.to_string())
}

fn built_in(preset_name: &str) -> Result<Scenario, Failure> {
    preset(preset_name).ok_or_else(|| {
        Failure::new(Exit::NoRig, format!("there is no simulated rig '{preset_name}'"))
            .hint(format!("simulated rigs are sim:{}", preset_names().join(", sim:")))
    })
}

fn simulated(scenario: &Scenario, placing: &Placing<'_>) -> Result<Placed, Failure> {
    let connected = match placing.wires {
        Wires::Standard(_, StandardKind::Open, _) | Wires::Output(_) | Wires::BothChannels(_) => {
            Connected::Open
        }
        Wires::Standard(_, StandardKind::Short, _) => Connected::Short,
        Wires::Standard(_, StandardKind::Load, ohm) => Connected::Load(ohm),
        Wires::Standard(_, StandardKind::Straight, _) => Connected::Straight,
        Wires::Coupler | Wires::Jig(_) => Connected::Headphone,
    };
    let (wiring, scenario) = match placing.wires {
        Wires::Coupler => (Wiring::Coupler, scenario.clone()),
        Wires::Output(tap) => (Wiring::Output(tap), scenario.clone()),
        Wires::BothChannels(ground) => (Wiring::BothChannels(ground), scenario.clone()),
        // The simulated jig holds whatever resistor the user says it does.
        Wires::Jig(settings) | Wires::Standard(settings, ..) => {
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
    let rig = rig.connecting(connected);
    let rig = if placing.real_time { rig.in_real_time() } else { rig };
    Ok(Placed { rig: Box::new(rig), channels: wiring.channels(), protection: None })
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
    Ok(Placed { rig: Box::new(card), channels, protection: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rig_file_to_copy_is_a_rig_file() {
        let text = include_str!("../../calibration/rigs/sound-card.toml");
        let file = RigFile::parse(text).unwrap();
        assert_eq!(file.sound_card.unwrap().output(), "alsa:hw:CARD=USB,DEV=0");
        assert_eq!(file.channels.to_string(), "reference=1,microphone=2");
        // The keys that are commented out are right as well.
        let all: String = text
            .lines()
            .map(|l| l.trim_start_matches("# ").to_owned() + "\n")
            .filter(|line| line.starts_with('[') || line.contains(" = "))
            .collect();
        let file = RigFile::parse(&all).unwrap();
        assert_eq!(file.sound_card.unwrap().buffer_frames(), Some(8192));
        assert_eq!(file.limits.volts, Some(1.0));
    }

    fn file(more: &str) -> Result<RigFile, String> {
        RigFile::parse(&format!("name = 'x'\n{more}\n[sound_card]\noutput = 'alsa:a'\n"))
    }

    #[test]
    fn the_lowest_limit_holds_and_a_person_hears_no_more_than_a_person_may() {
        assert_eq!(file("").unwrap().limits().level, Level::from_db(-12.0));
        let quiet = file("limits = { level_dbfs = -30, volts = 0.2 }").unwrap().limits();
        assert_eq!((quiet.level, quiet.volts_rms), (Level::from_db(-30.0), Some(0.2)));
        assert_eq!(quiet.pressure, Level::from_db(110.0));
        let loud = file("limits = { level_dbfs = -3 }").unwrap().limits();
        assert_eq!(loud.level, Level::from_db(-3.0));
        let both = "name = 'x'\n[sound_card]\noutput = 'a'\nlevel_limit_dbfs = -30\n\
                    [limits]\nlevel_dbfs = -3";
        assert_eq!(RigFile::parse(both).unwrap().limits().level, Level::from_db(-30.0));
        let worn = file("worn = true\nlimits = { db_spl = 110 }").unwrap().limits();
        assert_eq!(worn.pressure, Level::from_db(85.0));
        let loud = file("worn = false\nlimits = { db_spl = 120 }").unwrap().limits();
        assert_eq!(loud.pressure, Level::from_db(120.0));
    }

    #[test]
    fn a_rig_file_that_makes_no_sense_is_refused_with_the_reason() {
        let cases = [
            ("limits = { volts = 0 }", "above 0 V"),
            ("limits = { level_dbfs = 3 }", "above 0 dBFS"),
            ("simulated = 'closed-38'", "either"),
            ("limits = { loud = true }", "loud"),
        ];
        for (text, reason) in cases {
            let error = file(text).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_checked_microphone_of_known_sensitivity_ties_the_level_to_the_ear() {
        let text = "
            channels = 'microphone=2'
            scale = { microphone_db_spl = 120, output_volts = 2.0 }
            [checked]
            at = '2026-01-01T00:00:00+00:00'
            level_dbfs = -20.0
            rate_hz = 48000
            inputs = [{ channel = 2, gain_db = -14.0, noise_dbfs = -80.0 }]";
        let file = file(text).unwrap();
        let protection = file.protection(&file.channels);
        let prediction = protection.scale.at(Level::from_db(-20.0));
        assert_eq!(prediction.pressure, Some(Level::from_db(86.0)));
        assert_eq!(protection.checked_to, Some(Level::from_db(-20.0)));
    }
}
