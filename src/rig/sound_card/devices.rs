//! The sound devices of this computer.

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{DeviceDirection, DeviceId, ErrorKind, HostId};
use serde::Serialize;

use super::offer::Offer;
use crate::measure::RigError;
use crate::quantity::SampleRate;

/// A sound device, as a list shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeviceListing {
    /// The id by which a rig file names it.
    pub id: String,
    /// What the system calls it.
    pub name: String,
    /// The system's sound interface.
    pub driver: String,
    /// What it can record; absent if nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Abilities>,
    /// What it can play; absent if nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Abilities>,
    /// Whether input and output have a sample rate in common, so that both can run together as
    /// far as the device says; only an exchange proves it.
    pub duplex: bool,
    /// Why it could not be asked, or not in one direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// What a device can do in one direction.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Abilities {
    /// Channel counts that it can be opened with, rising.
    pub channels: Vec<u16>,
    /// Sample rates, rising.
    pub rates_hz: Vec<SampleRate>,
    /// Sample types, for instance `i16` or `f32`.
    pub formats: Vec<String>,
    /// Whether it takes nearly any rate and converts it without saying so: then a sample rate
    /// is not known to be that of the converter.
    pub resamples: bool,
}

/// Every sound device that the system lists, in its order.
///
/// Each is opened for a moment in the directions it claims, which is the only way to learn what
/// it offers; nothing is played or recorded. A device that cannot be opened, for instance because
/// another program uses it, is listed with the reason. Sound libraries may write to standard
/// error meanwhile.
///
/// # Errors
///
/// When the system has no sound interface or does not give a list.
pub fn devices() -> Result<Vec<DeviceListing>, RigError> {
    let host_id = usual_host();
    let host = cpal::host_from_id(host_id).map_err(|e| unusable(host_id.name(), &e))?;
    let devices = host.devices().map_err(|e| unusable(host_id.name(), &e))?;
    Ok(devices.map(|device| listing(host_id, &device)).collect())
}

/// The device with an id. An id without the name of a sound interface means the usual one.
pub(super) fn find(id: &str) -> Result<cpal::Device, RigError> {
    let parsed = id.parse().unwrap_or_else(|_| DeviceId::new(usual_host(), id));
    let host = cpal::host_from_id(parsed.host()).map_err(|e| unusable(id, &e))?;
    // The system's default need not be listed.
    let default = || host.default_output_device().filter(|d| d.id().is_ok_and(|id| id == parsed));
    host.device_by_id(&parsed)
        .or_else(default)
        .ok_or_else(|| RigError::Missing { device: id.to_owned() })
}

/// What a device offers for recording.
pub(super) fn inputs_of(device: &cpal::Device) -> Result<Offer, cpal::Error> {
    device.supported_input_configs().map(Offer::new)
}

/// What a device offers for playing.
pub(super) fn outputs_of(device: &cpal::Device) -> Result<Offer, cpal::Error> {
    device.supported_output_configs().map(Offer::new)
}

/// The error for a device that the system lists but cannot open.
pub(super) fn unusable(device: &str, error: &cpal::Error) -> RigError {
    RigError::Unusable { device: device.to_owned(), reason: reason(error) }
}

/// The interface through which devices are listed. On Linux always ALSA: others may be compiled
/// in, and would then be preferred, but rates and buffers are only certain here.
#[cfg(any(
    target_os = "linux",
    target_os = "dragonfly",
    target_os = "freebsd",
    target_os = "netbsd"
))]
fn usual_host() -> HostId {
    HostId::Alsa
}

/// The interface through which devices are listed: the system's own.
#[cfg(not(any(
    target_os = "linux",
    target_os = "dragonfly",
    target_os = "freebsd",
    target_os = "netbsd"
)))]
fn usual_host() -> HostId {
    cpal::default_host().id()
}

fn listing(host: HostId, device: &cpal::Device) -> DeviceListing {
    let id = device.id().map_or_else(|_| String::new(), |id| id.to_string());
    let description = device.description().ok();
    let direction =
        description.as_ref().map_or(DeviceDirection::Unknown, cpal::DeviceDescription::direction);
    let name = description.as_ref().map_or_else(|| id.clone(), |d| d.name().to_owned());
    let mut troubles = Vec::new();
    let mut ask = |is_offered: bool, offer: fn(&cpal::Device) -> Result<Offer, cpal::Error>| {
        let asked = is_offered.then(|| offer(device))?;
        asked.map_err(|error| troubles.push(reason(&error))).ok()
    };
    let input = ask(direction != DeviceDirection::Output, inputs_of);
    let output = ask(direction != DeviceDirection::Input, outputs_of);
    // What cannot be opened in either direction has the same trouble twice, as a rule.
    troubles.dedup();
    let duplex = input.as_ref().zip(output.as_ref()).is_some_and(|(input, output)| {
        let common = input.rates();
        output.rates().iter().any(|rate| common.contains(rate))
    });
    DeviceListing {
        id,
        name,
        driver: host.name().to_owned(),
        input: input.as_ref().map(abilities),
        output: output.as_ref().map(abilities),
        duplex,
        trouble: (!troubles.is_empty()).then(|| troubles.join("; ")),
    }
}

fn abilities(offer: &Offer) -> Abilities {
    Abilities {
        channels: offer.channels().into_iter().collect(),
        rates_hz: offer.rates().into_iter().collect(),
        formats: offer.formats().into_iter().collect(),
        resamples: offer.resamples(),
    }
}

/// What the system said, in words that fit behind a colon.
fn reason(error: &cpal::Error) -> String {
    let known = match error.kind() {
        ErrorKind::DeviceBusy => Some("another program uses it"),
        ErrorKind::DeviceNotAvailable => Some("nothing answers behind this name"),
        ErrorKind::HostUnavailable => Some("the system's sound interface is not available"),
        ErrorKind::PermissionDenied => Some("the system does not permit it"),
        ErrorKind::UnsupportedOperation => Some("it does not work in this direction"),
        ErrorKind::UnsupportedConfig => Some("it refused what it had offered"),
        _ => None,
    };
    match (known, error.message()) {
        (Some(known), None) => known.to_owned(),
        (Some(known), Some(message)) => format!("{known} ({})", in_lower_case(message)),
        (None, Some(message)) => in_lower_case(message),
        (None, None) => in_lower_case(&error.to_string()),
    }
}

/// A sentence of somebody else in the form of an error text.
fn in_lower_case(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    let Some(first) = letters.next() else { return String::new() };
    // An abbreviation such as ALSA stays as it is.
    if letters.clone().next().is_some_and(char::is_uppercase) {
        return text.to_owned();
    }
    first.to_lowercase().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_short_and_in_lower_case() {
        let busy = cpal::Error::new(ErrorKind::DeviceBusy);
        assert_eq!(reason(&busy), "another program uses it");
        let other = cpal::Error::with_message(ErrorKind::BackendError, "Host is down (112).");
        assert_eq!(reason(&other), "host is down (112)");
        let acronym = cpal::Error::with_message(ErrorKind::BackendError, "ALSA is not there");
        assert_eq!(reason(&acronym), "ALSA is not there");
    }

    #[test]
    fn a_device_that_does_not_exist_is_missing() {
        let id = "alsa:no_such_device_in_the_world";
        let missing = RigError::Missing { device: id.to_owned() };
        // Where there is no sound system at all, that is the reason given.
        let error = find(id).map(|_| ()).unwrap_err();
        assert!(error == missing || matches!(error, RigError::Unusable { .. }), "{error}");
    }
}
