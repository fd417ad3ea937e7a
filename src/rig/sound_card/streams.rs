//! Opening the streams of an exchange.

use std::sync::Arc;
use std::time::Duration;

use cpal::Stream;
use cpal::traits::{DeviceTrait, StreamTrait};

use super::capture::{Catcher, Fetch, ring};
use super::devices::unusable;
use super::offer::{Choice, NotOffered};
use super::player::{Drive, Player};
use super::sample::Wire;
use super::signals::{Fault, Signals};
use crate::measure::RigError;
use crate::model::Stimulus;

/// How long the system waits for a device before it looks whether the device is still there.
const DEVICE_CHECK: Duration = Duration::from_millis(500);

/// The largest block that is reckoned with where a device chooses the size itself.
pub(super) const LARGEST_BLOCK: u32 = 65_536;

/// One direction of an exchange.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) id: &'a str,
    pub(super) device: &'a cpal::Device,
    pub(super) choice: Choice,
}

/// What the output is to play.
#[derive(Debug, Clone, Copy)]
pub(super) struct Playback<'a> {
    pub(super) stimulus: &'a Stimulus,
    /// Frames of silence before it.
    pub(super) lead: usize,
    /// For every output channel opened, whether it plays.
    pub(super) plays: &'a [bool],
}

/// Opens a stream as chosen and, if the device does not take that buffer after all, with its own.
fn with_fallback<S>(
    line: Line<'_>,
    open: impl Fn(Line<'_>) -> Result<S, cpal::Error>,
) -> Result<S, RigError> {
    let error = match open(line) {
        Ok(stream) => return Ok(stream),
        Err(error) => error,
    };
    if error.kind() == cpal::ErrorKind::UnsupportedConfig {
        let choice = line.choice.with_default_buffer();
        if let Ok(stream) = open(Line { choice, ..line }) {
            return Ok(stream);
        }
    }
    Err(refusal(line, &error))
}

/// The error for a stream that the device did not open or start.
pub(super) fn refusal(line: Line<'_>, error: &cpal::Error) -> RigError {
    if error.kind() != cpal::ErrorKind::UnsupportedConfig {
        return unusable(line.id, error);
    }
    let Choice { config, format } = line.choice;
    let wanted = format!("{} channels of {format} at {} Hz", config.channels, config.sample_rate);
    let offered = "no such combination, although it lists each".to_owned();
    unsupported(line.id, NotOffered { wanted, offered })
}

/// The error for what a device does not offer.
pub(super) fn unsupported(device: &str, not: NotOffered) -> RigError {
    let NotOffered { wanted, offered } = not;
    RigError::Unsupported { device: device.to_owned(), wanted, offered }
}

/// Frames per callback, as far as they are known.
pub(super) fn block_frames(stream: &Stream, choice: Choice) -> u64 {
    let asked = choice.asked_frames().unwrap_or(LARGEST_BLOCK);
    u64::from(stream.buffer_size().unwrap_or(asked).max(1))
}

/// An error callback. It may be called thirty thousand times a second: it only stores a number.
fn on_error(signals: &Arc<Signals>) -> impl FnMut(cpal::Error) + Send + 'static + use<> {
    let signals = Arc::clone(signals);
    move |error| {
        if let Some(fault) = Fault::of(error.kind()) {
            signals.note_fault(fault);
        }
    }
}

/// Opens the stream that plays. It is paused.
pub(super) fn open_output(
    line: Line<'_>,
    playback: Playback<'_>,
    signals: &Arc<Signals>,
) -> Result<Stream, RigError> {
    use cpal::SampleFormat as Format;
    with_fallback(line, |line| match line.choice.format {
        Format::F32 => output_of::<f32>(line, playback, signals),
        Format::F64 => output_of::<f64>(line, playback, signals),
        Format::I32 => output_of::<i32>(line, playback, signals),
        Format::I24 => output_of::<cpal::I24>(line, playback, signals),
        Format::I16 => output_of::<i16>(line, playback, signals),
        _ => Err(cpal::ErrorKind::UnsupportedConfig.into()),
    })
}

fn output_of<T: Wire>(
    line: Line<'_>,
    playback: Playback<'_>,
    signals: &Arc<Signals>,
) -> Result<Stream, cpal::Error> {
    let Playback { stimulus, lead, plays } = playback;
    let (channels, rate_hz) = (plays.len(), stimulus.rate().as_f64());
    let mut player = Player::<T>::new(stimulus.samples(), lead, plays.into(), rate_hz);
    let shared = Arc::clone(signals);
    let fill = move |block: &mut [T], _: &cpal::OutputCallbackInfo| {
        let drive = if shared.is_fading_out() { Drive::FadeOut } else { Drive::Play };
        player.fill(block, drive);
        shared.note_played((block.len() / channels) as u64, player.is_silenced());
    };
    let check = Some(DEVICE_CHECK);
    line.device.build_output_stream(line.choice.config, fill, on_error(signals), check)
}

/// Opens the stream that records, and gives what fetches its frames. It is paused.
pub(super) fn open_input(
    line: Line<'_>,
    signals: &Arc<Signals>,
) -> Result<(Stream, Box<dyn Fetch>), RigError> {
    use cpal::SampleFormat as Format;
    with_fallback(line, |line| match line.choice.format {
        Format::F32 => input_of::<f32>(line, signals),
        Format::F64 => input_of::<f64>(line, signals),
        Format::I32 => input_of::<i32>(line, signals),
        Format::I24 => input_of::<cpal::I24>(line, signals),
        Format::I16 => input_of::<i16>(line, signals),
        _ => Err(cpal::ErrorKind::UnsupportedConfig.into()),
    })
}

fn input_of<T: Wire>(
    line: Line<'_>,
    signals: &Arc<Signals>,
) -> Result<(Stream, Box<dyn Fetch>), cpal::Error> {
    let config = line.choice.config;
    let block = line.choice.asked_frames().unwrap_or(LARGEST_BLOCK) as usize;
    let rate_hz = f64::from(config.sample_rate);
    let (mut catcher, fetcher): (Catcher<T>, _) =
        ring(usize::from(config.channels), rate_hz, block);
    let shared = Arc::clone(signals);
    let keep = move |block: &[T], _: &cpal::InputCallbackInfo| catcher.catch(block, &shared);
    let check = Some(DEVICE_CHECK);
    let stream = line.device.build_input_stream(config, keep, on_error(signals), check)?;
    Ok((stream, Box::new(fetcher)))
}
