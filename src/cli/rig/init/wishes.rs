//! What the user wants: from the flags, or by asking.

use std::num::NonZeroU16;

use super::super::ask::Questions;
use super::InitArgs;
use crate::cli::failure::{Exit, Failure};
use crate::cli::hush::hushed;
use crate::measure::Purpose;
use crate::quantity::Level;
use crate::quantity::unit::FullScale;
use crate::rig::simulated::preset_names;
use crate::rig::sound_card::{Abilities, DeviceListing, Settings, devices};

/// What the user wants.
pub(super) struct Wishes {
    pub(super) output: String,
    pub(super) input: String,
    /// Inputs to record while it is not known which are used; `None` for what there is.
    pub(super) inputs: Option<NonZeroU16>,
    pub(super) play_on: u16,
    pub(super) purpose: Purpose,
    pub(super) worn: Option<bool>,
    pub(super) limit: Level<FullScale>,
    pub(super) name: String,
}

impl Wishes {
    pub(super) fn ask(args: &InitArgs, questions: &mut Questions) -> Result<Self, Failure> {
        let listed = match &args.output {
            Some(name) if name.starts_with("sim:") => Vec::new(),
            _ => hushed(devices).unwrap_or_default(),
        };
        let output = match &args.output {
            Some(id) => id.clone(),
            None => ask_output(&listed, questions)?,
        };
        let is_simulated = output.starts_with("sim:");
        let play_on = match args.play_on {
            Some(channel) => channel,
            None if is_simulated => 1,
            None => ask_channel(&listed, &output, questions)?,
        };
        let input = match &args.input {
            Some(id) => id.clone(),
            None if is_simulated => output.clone(),
            None => ask_input(&listed, &output, questions)?,
        };
        let purpose = match args.purpose {
            Some(purpose) => purpose.into(),
            None => ask_purpose(questions)?,
        };
        let worn = match purpose {
            Purpose::Response if args.worn => Some(true),
            Purpose::Response => Some(ask_worn(questions)?),
            _ => None,
        };
        let name =
            args.file.file_stem().map_or_else(|| "rig".into(), |stem| stem.to_string_lossy());
        let name = args.name.clone().unwrap_or_else(|| name.into_owned());
        let limit = match args.limit {
            Some(limit) => limit,
            None => ask_limit(questions)?,
        };
        let limit = checked_limit(limit).map_err(Failure::usage)?;
        let inputs = inputs_of(&listed, &input);
        Ok(Self { output, input, inputs, play_on, purpose, worn, limit, name })
    }

    /// The name of the simulated rig, if it is one.
    pub(super) fn simulated(&self) -> Option<&str> {
        self.output.strip_prefix("sim:")
    }
}

/// How well a device suits: hardware before converters, both directions before one.
fn suitability(device: &DeviceListing) -> (bool, bool, bool) {
    let converts = |side: &Option<Abilities>| side.as_ref().is_some_and(|side| side.resamples);
    let resamples = converts(&device.output) || converts(&device.input);
    (device.duplex, !resamples, device.id.contains("hw:"))
}

fn most_suitable(devices: &[&DeviceListing]) -> usize {
    let best = (0..devices.len()).rev().max_by_key(|&i| suitability(devices[i]));
    best.unwrap_or(0)
}

fn in_words(device: &DeviceListing) -> String {
    let converts = |side: &Option<Abilities>| side.as_ref().is_some_and(|side| side.resamples);
    let remark =
        if converts(&device.output) || converts(&device.input) { "  (resamples)" } else { "" };
    if device.name == device.id || device.id.ends_with(&device.name) {
        format!("{}{remark}", device.id)
    } else {
        format!("{}  {}{remark}", device.id, device.name.replace('\n', ", "))
    }
}

fn ask_output(listed: &[DeviceListing], questions: &mut Questions) -> Result<String, Failure> {
    let nobody = |questions: &Questions| {
        let names = preset_names().join(", sim:");
        (!questions.are_answered()).then(|| {
            Failure::usage("nothing says which device plays").hint(format!(
                "name it with --output; `cansweep devices` lists them, and sim:{names} need none"
            ))
        })
    };
    if let Some(failure) = nobody(questions) {
        return Err(failure);
    }
    let playing: Vec<_> = listed.iter().filter(|device| device.output.is_some()).collect();
    if playing.is_empty() {
        return Err(Failure::new(Exit::NoRig, "no sound device can play")
            .hint("connect one, or practise with --output sim:closed-38"));
    }
    let options: Vec<String> = playing.iter().map(|device| in_words(device)).collect();
    let chosen = questions.choice("Which device plays?", &options, most_suitable(&playing))?;
    // The end of standard input is nobody's choice, and a device is only used if it was named.
    nobody(questions).map_or_else(|| Ok(playing[chosen].id.clone()), Err)
}

fn ask_channel(
    listed: &[DeviceListing],
    output: &str,
    questions: &mut Questions,
) -> Result<u16, Failure> {
    let device = listed.iter().find(|device| device.id == output);
    let most = device.and_then(|device| device.output.as_ref()?.channels.iter().max().copied());
    let most = most.unwrap_or(2);
    if most == 1 {
        return Ok(1);
    }
    let question = format!("\nWhich of its outputs plays? 1 is left, 2 is right (1 to {most})");
    questions.value(&question, ("1", 1), |answer| {
        let number = answer.parse::<u16>().ok().filter(|n| (1..=most).contains(n));
        number.ok_or_else(|| format!("a number from 1 to {most}, please"))
    })
}

fn ask_input(
    listed: &[DeviceListing],
    output: &str,
    questions: &mut Questions,
) -> Result<String, Failure> {
    let recording: Vec<_> = listed.iter().filter(|device| device.input.is_some()).collect();
    let same = recording.iter().position(|device| device.id == output);
    if recording.is_empty() || (same.is_some() && recording.len() == 1) {
        return Ok(output.to_owned());
    }
    let options: Vec<String> = recording.iter().map(|device| in_words(device)).collect();
    let default = same.unwrap_or_else(|| most_suitable(&recording));
    let question = "\nWhich device records? (the same one has no clock of its own)";
    let chosen = questions.choice(question, &options, default)?;
    if same.is_none() && !questions.are_answered() {
        // Left to itself, a device that was named does both.
        return Ok(output.to_owned());
    }
    Ok(recording[chosen].id.clone())
}

fn ask_purpose(questions: &mut Questions) -> Result<Purpose, Failure> {
    let purposes = [Purpose::Response, Purpose::Impedance, Purpose::Loopback];
    let options = purposes.map(|purpose| super::super::in_words(purpose).to_owned());
    let chosen = questions.choice("\nWhat is the rig for?", &options, 0)?;
    Ok(purposes[chosen])
}

fn ask_worn(questions: &mut Questions) -> Result<bool, Failure> {
    let options = ["a coupler, a flat plate or a dummy head", "a person's ears"];
    let question = "\nWhere is the microphone?";
    Ok(questions.choice(question, &options.map(str::to_owned), 0)? == 1)
}

fn ask_limit(questions: &mut Questions) -> Result<Level<FullScale>, Failure> {
    let default = Settings::default_level_limit();
    let shown = format!("{}dBFS", default.db());
    let question = "\nHow loud may it ever play? A line output gives 0.5 V at -12 dBFS";
    questions.value(question, (&shown, default), |answer| {
        answer.parse().map_err(|error| format!("{error}")).and_then(checked_limit)
    })
}

fn checked_limit(limit: Level<FullScale>) -> Result<Level<FullScale>, String> {
    if limit.db() <= 0.0 { Ok(limit) } else { Err(format!("a limit of {limit} is above 0 dBFS")) }
}

/// All inputs of a device, up to eight: a converter of the system pretends to have dozens.
fn inputs_of(listed: &[DeviceListing], id: &str) -> Option<NonZeroU16> {
    const MOST: u16 = 8;
    let side = listed.iter().find(|device| device.id == id)?.input.as_ref()?;
    let usable = side.channels.iter().copied().filter(|&n| n <= MOST);
    let most = if side.resamples { usable.filter(|&n| n <= 2).max() } else { usable.max() };
    most.and_then(NonZeroU16::new)
}
