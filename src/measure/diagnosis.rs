//! What a check of a rig means: which input is which, and what should be changed.

use serde::{Deserialize, Serialize};

use super::check::{Checked, Hum, InputCheck, Signal};
use crate::model::{ChannelMap, ChannelRole, Finding, FindingKind};
use crate::quantity::{amplitude_db, amplitude_ratio};

/// What a rig is for, and so what its inputs are connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// A coupler's microphone, and a loopback where there is an input for it.
    Response,
    /// Both sides of a sense resistor.
    Impedance,
    /// Output to input by a cable, through a device or not.
    Loopback,
}

/// An input this far below the loudest hears it by crosstalk only.
const CROSSTALK_DB: f64 = -40.0;
/// An electrical path is even to this, between 100 Hz and 10 kHz: an amplifier of high output
/// impedance bends a headphone's voltage by so much, and no coupler is as even.
const EVEN_DB: f64 = 6.0;
/// Two sides of a sense resistor differ by more; less is no headphone.
const NO_CURRENT_DB: f64 = 0.05;
/// Peaks above this leave no room for a resonance.
const HEADROOM_DBFS: f64 = -3.0;
/// Peaks below this waste the converter.
const LOW_LEVEL_DBFS: f64 = -50.0;
/// A peak to noise below this shows in a result.
const SNR_DB: f64 = 40.0;
/// Distortion of an electrical path above this (0.1 %) hides a headphone's.
const DISTORTION_DB: f64 = -60.0;
/// An idle input that hears more than this of the output couples it into the others.
const IDLE_DB: f64 = -60.0;
/// Clocks that differ by less are one clock.
const ONE_CLOCK_PPM: f64 = 0.1;
/// Clocks of working devices do not differ by more: it is a loss of samples.
const DRIFT_LIMIT_PPM: f64 = 1000.0;
/// Hum this far below the signal's peak is only worth knowing.
const HUM_BELOW_DB: f64 = -60.0;

/// Which input is which, by what comes back: an electrical input is even and hears the output
/// first, a microphone is uneven and hears it later; of two sides of a sense resistor the
/// louder is the source's. `None` if what a rig of this purpose needs is not there.
#[must_use]
pub fn recognise(checked: &Checked, purpose: Purpose) -> Option<ChannelMap> {
    let mut hearing = connected(checked);
    let role = |role: ChannelRole, of: &(usize, &Signal)| (role, of.0);
    match purpose {
        Purpose::Response => {
            hearing.sort_by(|a, b| a.1.unevenness.db().total_cmp(&b.1.unevenness.db()));
            let roughest = hearing.last().filter(|(_, s)| s.unevenness.db() > EVEN_DB)?;
            let evenest = hearing.first().filter(|(_, s)| s.unevenness.db() <= EVEN_DB);
            let reference = evenest.map(|input| role(ChannelRole::Reference, input));
            let microphone = role(ChannelRole::Microphone, roughest);
            Some(ChannelMap::new(reference.into_iter().chain([microphone])))
        }
        Purpose::Impedance => {
            hearing.sort_by(|a, b| b.1.gain.db().total_cmp(&a.1.gain.db()));
            let [source, sense, ..] = hearing.as_slice() else { return None };
            let roles = [role(ChannelRole::Reference, source), role(ChannelRole::Sense, sense)];
            Some(ChannelMap::new(roles))
        }
        Purpose::Loopback => match hearing.as_slice() {
            [] => None,
            [only] => Some(ChannelMap::new([role(ChannelRole::Microphone, only)])),
            [first, second, ..] => Some(ChannelMap::new([
                role(ChannelRole::Reference, first),
                role(ChannelRole::Microphone, second),
            ])),
        },
    }
}

impl Signal {
    /// Whether an input of this role hears a wire rather than a headphone: its distortion is then
    /// that of the converters. The voltage at a headphone counts as a wire.
    #[must_use]
    pub fn is_electrical(&self, role: ChannelRole) -> bool {
        role != ChannelRole::Microphone || self.unevenness.db() <= EVEN_DB
    }
}

/// The inputs that hear the output by more than crosstalk.
fn connected(checked: &Checked) -> Vec<(usize, &Signal)> {
    let signals = checked.inputs.iter().enumerate();
    let signals: Vec<_> =
        signals.filter_map(|(i, input)| Some((i, input.signal.as_ref()?))).collect();
    let loudest = signals.iter().map(|(_, s)| s.gain.db()).fold(f64::NEG_INFINITY, f64::max);
    signals.into_iter().filter(|(_, s)| s.gain.db() - loudest > CROSSTALK_DB).collect()
}

/// What should be changed, and what is worth knowing.
#[must_use]
pub fn diagnose(checked: &Checked, channels: &ChannelMap, purpose: Purpose) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (role, index) in channels.iter() {
        let Some(input) = checked.inputs.get(index) else { continue };
        findings.extend(about_input(input, index + 1, role, channels));
    }
    findings.extend(about_wiring(checked, channels, purpose));
    findings.extend(about_idle(checked, channels));
    findings.extend(about_clock(checked));
    findings
}

fn about_input(
    input: &InputCheck,
    channel: usize,
    role: ChannelRole,
    channels: &ChannelMap,
) -> Vec<Finding> {
    let Some(signal) = &input.signal else { return vec![silent(input, channel, role, channels)] };
    let peak_dbfs = input.peak.db();
    let mut findings = Vec::new();
    if peak_dbfs > HEADROOM_DBFS {
        findings.push(Finding::warning(FindingKind::LittleHeadroom { channel, peak_dbfs }));
    } else if peak_dbfs < LOW_LEVEL_DBFS {
        findings.push(Finding::warning(FindingKind::LowLevel { channel, peak_dbfs }));
    }
    if let Some(noise) = input.noise
        && peak_dbfs - noise.db() < SNR_DB
    {
        let (rms_dbfs, snr_db) = (noise.db(), peak_dbfs - noise.db());
        findings.push(Finding::warning(FindingKind::NoisyInput { channel, rms_dbfs, snr_db }));
    }
    findings.extend(input.hum.as_ref().map(|hum| about_hum(hum, channel, peak_dbfs)));
    if signal.inverted {
        findings.push(Finding::warning(FindingKind::PolarityInverted { channel }));
    }
    if signal.is_electrical(role) {
        findings.extend(about_distortion(signal, channel));
    }
    findings
}

/// An input that hears nothing.
fn silent(input: &InputCheck, channel: usize, role: ChannelRole, channels: &ChannelMap) -> Finding {
    let Some(noise) = input.noise else {
        return Finding::refusal(FindingKind::DeadInput { channel });
    };
    let rms_dbfs = noise.db();
    if role == ChannelRole::Microphone && channels.get(ChannelRole::Reference).is_some() {
        return Finding::refusal(FindingKind::MicrophoneSilent { channel, rms_dbfs });
    }
    Finding::refusal(FindingKind::NothingHeard { channel, rms_dbfs })
}

fn about_hum(hum: &Hum, channel: usize, peak_dbfs: f64) -> Finding {
    let below = hum.level.db() - peak_dbfs;
    let kind = FindingKind::MainsHum {
        channel,
        mains_hz: hum.mains_hz,
        // A sine's effective value is 3 dB below its peak.
        level_dbfs: hum.level.db() - amplitude_db(std::f64::consts::SQRT_2),
        lines_hz: hum.lines_hz.clone(),
        spoiled_hz: Vec::new(),
        effect_db: amplitude_db(1.0 + amplitude_ratio(below)),
    };
    if below > HUM_BELOW_DB { Finding::warning(kind) } else { Finding::note(kind) }
}

fn about_distortion(signal: &Signal, channel: usize) -> Option<Finding> {
    /// In a soft limit the fifth harmonic is within this of the third.
    const SOFT_LIMIT_DB: f64 = 6.0;
    let [second, third, fifth] = signal.harmonics;
    let is_high = |harmonic: super::check::Harmonic| {
        !harmonic.is_noise && harmonic.level.db() > DISTORTION_DB
    };
    let (second_db, third_db, fifth_db) = (second.level.db(), third.level.db(), fifth.level.db());
    if is_high(third) && !fifth.is_noise && fifth_db > third_db - SOFT_LIMIT_DB {
        let kind = FindingKind::SoftClipped { channel, third_db, fifth_db };
        return Some(Finding::warning(kind));
    }
    let kind = FindingKind::ConverterDistortion { channel, second_db, third_db };
    (is_high(second) || is_high(third)).then(|| Finding::warning(kind))
}

/// Roles that what comes back contradicts.
fn about_wiring(checked: &Checked, channels: &ChannelMap, purpose: Purpose) -> Option<Finding> {
    let of = |role: ChannelRole| {
        let index = channels.get(role)?;
        Some((index, checked.inputs.get(index)?.signal.as_ref()?))
    };
    let (reference, electrical) = of(ChannelRole::Reference)?;
    let swapped = |measured: usize| {
        let (reference, measured) = (reference + 1, measured + 1);
        Finding::warning(FindingKind::ChannelsSwapped { reference, measured })
    };
    if purpose == Purpose::Impedance {
        let (sense, at_sense) = of(ChannelRole::Sense)?;
        let difference_db = electrical.gain.db() - at_sense.gain.db();
        if difference_db.abs() < NO_CURRENT_DB && at_sense.unevenness.db() < NO_CURRENT_DB {
            let difference = (amplitude_ratio(difference_db) - 1.0).abs();
            return Some(Finding::warning(FindingKind::NoCurrent { difference }));
        }
        return (difference_db < 0.0).then(|| swapped(sense));
    }
    let (microphone, acoustical) = of(ChannelRole::Microphone)?;
    let is_even = |signal: &Signal| signal.unevenness.db() <= EVEN_DB;
    (purpose == Purpose::Response && !is_even(electrical) && is_even(acoustical))
        .then(|| swapped(microphone))
}

/// Inputs without a role that hear the output all the same.
fn about_idle(checked: &Checked, channels: &ChannelMap) -> Vec<Finding> {
    let signal = |index: usize| checked.inputs.get(index)?.signal.as_ref();
    let used = || channels.iter().filter_map(|(_, index)| Some((index, signal(index)?)));
    let loudest = used().max_by(|a, b| a.1.gain.db().total_cmp(&b.1.gain.db()));
    let Some((from, of)) = loudest else { return Vec::new() };
    let idle = (0..checked.inputs.len()).filter(|&i| channels.iter().all(|(_, used)| used != i));
    let heard = idle.filter_map(|index| {
        let level_db = signal(index)?.gain.db() - of.gain.db();
        // What is as loud as a signal is connected, and no crosstalk.
        (level_db > IDLE_DB && level_db < CROSSTALK_DB).then(|| {
            let (channel, from) = (index + 1, from + 1);
            Finding::warning(FindingKind::Crosstalk { channel, from, level_db })
        })
    });
    heard.collect()
}

fn about_clock(checked: &Checked) -> Option<Finding> {
    let ppm = checked.drift_ppm?;
    if ppm.abs() > DRIFT_LIMIT_PPM {
        let (from_s, to_s) = (0.0, 0.0);
        let samples = checked.distance_change;
        let kind = FindingKind::SamplesLost { samples, from_s, to_s, sweep: None, left_out: false };
        return Some(Finding::refusal(kind));
    }
    let kind = FindingKind::ClockDrift { ppm, u_ppm: 0.0, corrected: false, u_phase_deg: 0.0 };
    (ppm.abs() > ONE_CLOCK_PPM).then(|| Finding::warning(kind))
}
