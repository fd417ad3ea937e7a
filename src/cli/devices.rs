//! `cansweep devices`: the sound devices of this machine.

use clap::Args;
use comfy_table::{Table, presets};
use serde_json::{Value, json};

use super::failure::Failure;
use super::hush::hushed;
use super::output::Output;
use super::{Common, Exit};
use crate::rig::simulated::preset_names;
use crate::rig::sound_card::{Abilities, DeviceListing, devices};

/// The arguments of `devices`.
#[derive(Debug, Args)]
#[command(after_help = "\
Name a device with --rig, for instance: cansweep measure response --rig alsa:hw:CARD=USB,DEV=0
Devices that show many rates are converters, not hardware: they resample silently.")]
pub(crate) struct DevicesArgs {
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) fn run(_: &DevicesArgs, output: Output) -> Result<Exit, Failure> {
    let devices = hushed(devices)?;
    output.result(
        || {
            let simulated: Vec<_> = preset_names().iter().map(|n| format!("sim:{n}")).collect();
            json!({ "schema": 1, "kind": "devices",
                    "devices": devices.iter().map(document).collect::<Vec<_>>(),
                    "simulated": simulated })
        },
        || text(&devices),
    )?;
    Ok(Exit::Done)
}

fn document(device: &DeviceListing) -> Value {
    let mut document = json!({
        "id": device.id, "name": device.name, "driver": device.driver, "duplex": device.duplex,
    });
    for (key, side) in [("input", &device.input), ("output", &device.output)] {
        if let Some(side) = side {
            let rates: Vec<u32> = side.rates_hz.iter().map(|rate| rate.hz()).collect();
            document[key] = json!({ "channels": side.channels, "rates_hz": rates,
                                    "formats": side.formats, "resamples": side.resamples });
        }
    }
    if let Some(trouble) = &device.trouble {
        document["trouble"] = json!(trouble);
    }
    document
}

fn text(devices: &[DeviceListing]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["device", "in", "out", "rates", "formats", ""]);
    let (answering, silent): (Vec<_>, Vec<_>) =
        devices.iter().partition(|device| device.trouble.is_none());
    for device in &answering {
        let sides = [&device.input, &device.output];
        let side = sides.into_iter().flatten().next();
        table.add_row([
            device.id.clone(),
            channels(device.input.as_ref()),
            channels(device.output.as_ref()),
            side.map_or_else(String::new, rates),
            side.map_or_else(String::new, |side| side.formats.join(" ")),
            remark(device),
        ]);
    }
    let mut found =
        if answering.is_empty() { "no sound devices".to_owned() } else { table.trim_fmt() };
    found.push_str(&troubles(&silent));
    let simulated = preset_names().join(", sim:");
    format!("{found}\n\nwithout hardware: sim:{simulated}\n")
}

/// The devices that cannot be used now, each reason once: ALSA names a dozen that are no devices.
fn troubles(silent: &[&DeviceListing]) -> String {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for device in silent {
        let reason = device.trouble.as_deref().unwrap_or_default();
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, ids)) => ids.push(&device.id),
            None => reasons.push((reason, vec![&device.id])),
        }
    }
    let lines = reasons
        .iter()
        .map(|(reason, ids)| format!("\ncannot be used: {} ({reason})", ids.join(", ")));
    lines.collect()
}

fn channels(side: Option<&Abilities>) -> String {
    match side.map(|side| (side.channels.iter().min(), side.channels.iter().max())) {
        Some((Some(low), Some(high))) if low == high => low.to_string(),
        Some((Some(low), Some(high))) => format!("{low}–{high}"),
        _ => "–".to_owned(),
    }
}

fn rates(side: &Abilities) -> String {
    let khz = |hz: u32| format!("{}k", f64::from(hz) / 1000.0);
    match (side.rates_hz.first(), side.rates_hz.last()) {
        (Some(low), Some(high)) if side.rates_hz.len() > 6 => {
            format!("{}–{}", khz(low.hz()), khz(high.hz()))
        }
        _ => side.rates_hz.iter().map(|rate| khz(rate.hz())).collect::<Vec<_>>().join(" "),
    }
}

fn remark(device: &DeviceListing) -> String {
    let converts = |side: &Option<Abilities>| side.as_ref().is_some_and(|side| side.resamples);
    if converts(&device.input) || converts(&device.output) {
        "resamples".to_owned()
    } else if device.duplex {
        "in and out together".to_owned()
    } else {
        String::new()
    }
}
