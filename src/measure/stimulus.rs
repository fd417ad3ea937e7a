//! From a plan, or from somebody else's sweep, to a stimulus.

use crate::dsp::band::{NoBand, covered_band};
use crate::dsp::exponential::time_constant_s;
use crate::dsp::repeats::{Repeats, repeats};
use crate::dsp::sweep::{pilot_chirp, synchronised_sweep};
use crate::model::{Plan, Recording, Stimulus, StimulusError};
use crate::quantity::Seconds;

/// Silence between a pilot chirp and what follows it.
const PILOT_GAP_S: f64 = 0.3;

/// The stimulus of a plan: silence, pilot, sweeps with their gaps, pilot, silence.
///
/// The pilots are there if the plan has markers. They are as loud as the sweep and show, by
/// their distance in the recording, whether samples were lost without an error.
///
/// # Errors
///
/// When the sweep is silent.
pub fn stimulus_of(plan: &Plan) -> Result<Stimulus, StimulusError> {
    let rate = plan.rate();
    let sweep = synchronised_sweep(plan.sweep(), rate);
    let frames = |time: Seconds| rate.frames(time);
    let pause = (PILOT_GAP_S * rate.as_f64()).round() as usize;
    let pilot = if plan.has_markers() {
        pilot_chirp(rate, plan.sweep().level.amplitude())
    } else {
        Vec::new()
    };
    let mut pilots = Vec::new();
    let mut at = frames(plan.silence().lead_in);
    if plan.has_markers() {
        pilots.push(at);
        at += pilot.len() + pause;
    }
    let mut sweeps = Vec::new();
    for _ in 0..plan.sweep().repeats {
        sweeps.push(at);
        at += sweep.len() + frames(plan.silence().gap);
    }
    if plan.has_markers() {
        pilots.push(at);
        at += pilot.len();
    }
    at += frames(plan.silence().tail);
    let band = plan.sweep().band();
    let (sweeps, pilots) = ((sweep, sweeps), (pilot, pilots));
    let stimulus = Stimulus::sequence(plan.name(), rate, at, sweeps, pilots, band)?;
    Ok(stimulus.with_time_constant(Some(plan.sweep().time_constant_s())))
}

/// Why somebody else's file cannot serve as a stimulus.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForeignStimulusError {
    /// It holds no signal.
    #[error(transparent)]
    Silent(#[from] StimulusError),
    /// Its band cannot be told.
    #[error(transparent)]
    Band(#[from] NoBand),
    /// It has no such channel.
    #[error("the stimulus has {channels} channels, so there is no channel {wanted} in it")]
    Channel {
        /// Channel asked for, counted from one.
        wanted: usize,
        /// Channels in the file.
        channels: usize,
    },
}

/// The stimulus that one channel (counted from zero) of a recording holds; its band is found
/// from its spectrum. A sweep that it holds several times is used as often.
///
/// # Errors
///
/// When the channel does not exist, is silent, or covers too little to be a sweep.
pub fn foreign_stimulus(
    recording: &Recording,
    channel: usize,
) -> Result<Stimulus, ForeignStimulusError> {
    let (wanted, channels) = (channel + 1, recording.channels());
    let samples =
        recording.channel(channel).ok_or(ForeignStimulusError::Channel { wanted, channels })?;
    if samples.iter().all(|&v| v == 0.0) {
        return Err(StimulusError::Silent.into());
    }
    let (name, rate) = (recording.rig().name.clone(), recording.rate());
    if let Some(Repeats { frames, starts }) = repeats(samples, rate) {
        let sweep = samples[starts[0]..starts[0] + frames].to_vec();
        let band = covered_band(&sweep, rate)?;
        let none = (Vec::new(), Vec::new());
        let constant = time_constant_s(&sweep, rate, band);
        let stimulus = Stimulus::sequence(name, rate, samples.len(), (sweep, starts), none, band)?;
        return Ok(stimulus.with_time_constant(constant));
    }
    let band = covered_band(samples, rate)?;
    let constant = time_constant_s(samples, rate, band);
    Ok(Stimulus::single(name, rate, samples.to_vec(), band)?.with_time_constant(constant))
}
