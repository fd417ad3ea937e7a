//! One exchange with the streams open: everything here touches the device or the clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cpal::Stream;
use cpal::traits::{DeviceTrait, StreamTrait};

use super::capture::{Assembly, Catcher, Fetch, ring};
use super::course::{Course, Ending, Extent, Look, Step};
use super::devices::unusable;
use super::offer::{Choice, NotOffered};
use super::player::{Drive, Player};
use super::sample::Wire;
use super::signals::{Fault, Signals};
use crate::measure::{Event, Flow, Observer, RigError};
use crate::model::{SampleFormat, Stimulus};
use crate::quantity::Seconds;

/// Least silence before the stimulus, in seconds: the device settles.
const LEAD_S: f64 = 0.3;

/// Periods in the ring between the system and a device.
const PERIODS: u64 = 2;

/// Time between two looks at the streams.
const LOOK: Duration = Duration::from_millis(20);

/// Time between two notices to the observer.
const NOTICE: Duration = Duration::from_millis(100);

/// How long the system waits for a device before it looks whether the device is still there.
const DEVICE_CHECK: Duration = Duration::from_millis(500);

/// The largest block that is reckoned with where a device chooses the size itself.
const LARGEST_BLOCK: u32 = 65_536;

/// One direction of an exchange.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) id: &'a str,
    pub(super) device: &'a cpal::Device,
    pub(super) choice: Choice,
}

/// What an exchange is to do.
pub(super) struct Orders<'a> {
    pub(super) stimulus: &'a Stimulus,
    pub(super) output: Line<'a>,
    pub(super) input: Line<'a>,
    /// For every output channel opened, whether it plays.
    pub(super) plays: Box<[bool]>,
    /// Input channels to keep.
    pub(super) kept: usize,
    pub(super) latency_allowance: Seconds,
}

/// What came of it.
pub(super) struct Catch {
    pub(super) assembly: Assembly,
    pub(super) format: SampleFormat,
    pub(super) lost: u64,
    pub(super) ending: Ending,
}

/// Plays and records.
pub(super) fn run(orders: &Orders<'_>, observer: &mut dyn Observer) -> Result<Catch, RigError> {
    let signals = Arc::new(Signals::default());
    let mut streams = Streams::open(orders, &signals)?;
    let extent = streams.extent;
    let rate_hz = orders.stimulus.rate().as_f64();
    let expected = extent.to_play + extent.to_trail + extent.held_back;
    let width = usize::from(orders.input.choice.config.channels);
    let mut assembly = Assembly::new(orders.kept, width, expected as usize);
    let mut reporter = Reporter::new(extent, orders.stimulus.frames(), rate_hz);
    streams.input.play().map_err(|e| refusal(orders.input, &e))?;
    let ending = streams.follow(&signals, &mut assembly, &mut |elapsed, played| {
        reporter.report(elapsed, played, observer)
    });
    let (mut fetch, format) = streams.close();
    // What came in between the last look and the end.
    fetch.fetch(&mut assembly);
    observer.notice(Event::Finished);
    let lost = signals.lost();
    Ok(Catch { assembly, format, lost, ending })
}

/// Both streams, opened.
struct Streams {
    output: Stream,
    input: Stream,
    fetch: Box<dyn Fetch>,
    course: Course,
    extent: Extent,
}

impl Streams {
    /// Opens both streams. Neither runs yet.
    fn open(orders: &Orders<'_>, signals: &Arc<Signals>) -> Result<Self, RigError> {
        let lead = lead_frames(orders);
        let output = with_fallback(orders.output, |line| open_output(line, orders, lead, signals))?;
        let (input, fetch) = with_fallback(orders.input, |line| open_input(line, signals))?;
        let rate_hz = orders.stimulus.rate().as_f64();
        let output_frames = block_frames(&output, orders.output.choice);
        let input_frames = block_frames(&input, orders.input.choice);
        let latency = orders.stimulus.rate().frames(orders.latency_allowance) as u64;
        let extent = Extent {
            to_play: (lead + orders.stimulus.frames()) as u64,
            to_trail: latency + PERIODS * (output_frames + input_frames),
            held_back: PERIODS * output_frames,
        };
        let period = |frames: u64| Duration::from_secs_f64(frames as f64 / rate_hz);
        let course = Course::new(extent, period(input_frames), period(output_frames));
        Ok(Self { output, input, fetch, course, extent })
    }

    /// Looks after the running streams until the exchange is over.
    #[expect(
        clippy::disallowed_methods,
        reason = "the audio threads run by themselves; this one waits and watches the time"
    )]
    fn follow(
        &mut self,
        signals: &Signals,
        assembly: &mut Assembly,
        report: &mut dyn FnMut(Duration, u64) -> Flow,
    ) -> Ending {
        let mut last = Instant::now();
        loop {
            std::thread::sleep(LOOK);
            let elapsed = last.elapsed();
            last += elapsed;
            self.fetch.fetch(assembly);
            let stop = report(elapsed, signals.played()) == Flow::Stop;
            match self.course.step(Look::at(signals, elapsed, stop)) {
                Step::Wait => {}
                Step::StartPlaying => {
                    if let Err(error) = self.output.play() {
                        signals.note_fault(Fault::of(error.kind()).unwrap_or(Fault::System));
                    }
                }
                Step::FadeOut => signals.fade_out(),
                Step::End(ending) => return ending,
            }
        }
    }

    /// Closes both streams and gives back what still holds captured frames.
    fn close(self) -> (Box<dyn Fetch>, SampleFormat) {
        // The output first, so that the end of the capture is not the end of the sound.
        drop(self.output);
        drop(self.input);
        let format = self.fetch.format();
        (self.fetch, format)
    }
}

/// Tells the observer ten times a second how much has sounded.
struct Reporter {
    since: Duration,
    /// Frames that were handed out before the first frame of the stimulus sounds.
    before: u64,
    total_s: f64,
    rate_hz: f64,
}

impl Reporter {
    fn new(extent: Extent, stimulus_frames: usize, rate_hz: f64) -> Self {
        let before = extent.to_play - stimulus_frames as u64 + extent.held_back;
        let total_s = stimulus_frames as f64 / rate_hz;
        Self { since: Duration::ZERO, before, total_s, rate_hz }
    }

    fn report(&mut self, elapsed: Duration, played: u64, observer: &mut dyn Observer) -> Flow {
        self.since += elapsed;
        if self.since < NOTICE {
            return Flow::Continue;
        }
        self.since = Duration::ZERO;
        let done_s = played.saturating_sub(self.before) as f64 / self.rate_hz;
        observer.notice(Event::Progress { done_s: done_s.min(self.total_s), total_s: self.total_s })
    }
}

/// Silence before the stimulus: a first block that the system throws away holds none of it.
fn lead_frames(orders: &Orders<'_>) -> usize {
    let block = orders.output.choice.asked_frames().unwrap_or(LARGEST_BLOCK);
    let least = (LEAD_S * orders.stimulus.rate().as_f64()).ceil() as usize;
    least.max(PERIODS as usize * block as usize)
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
fn refusal(line: Line<'_>, error: &cpal::Error) -> RigError {
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
fn block_frames(stream: &Stream, choice: Choice) -> u64 {
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

fn open_output(
    line: Line<'_>,
    orders: &Orders<'_>,
    lead: usize,
    signals: &Arc<Signals>,
) -> Result<Stream, cpal::Error> {
    use cpal::SampleFormat as Format;
    match line.choice.format {
        Format::F32 => output_of::<f32>(line, orders, lead, signals),
        Format::F64 => output_of::<f64>(line, orders, lead, signals),
        Format::I32 => output_of::<i32>(line, orders, lead, signals),
        Format::I24 => output_of::<cpal::I24>(line, orders, lead, signals),
        Format::I16 => output_of::<i16>(line, orders, lead, signals),
        _ => Err(cpal::ErrorKind::UnsupportedConfig.into()),
    }
}

fn output_of<T: Wire>(
    line: Line<'_>,
    orders: &Orders<'_>,
    lead: usize,
    signals: &Arc<Signals>,
) -> Result<Stream, cpal::Error> {
    let (stimulus, plays) = (orders.stimulus, orders.plays.clone());
    let channels = plays.len();
    let mut player = Player::<T>::new(stimulus.samples(), lead, plays, stimulus.rate().as_f64());
    let shared = Arc::clone(signals);
    let fill = move |block: &mut [T], _: &cpal::OutputCallbackInfo| {
        let drive = if shared.is_fading_out() { Drive::FadeOut } else { Drive::Play };
        player.fill(block, drive);
        shared.note_played((block.len() / channels) as u64, player.is_silenced());
    };
    let check = Some(DEVICE_CHECK);
    line.device.build_output_stream(line.choice.config, fill, on_error(signals), check)
}

fn open_input(
    line: Line<'_>,
    signals: &Arc<Signals>,
) -> Result<(Stream, Box<dyn Fetch>), cpal::Error> {
    use cpal::SampleFormat as Format;
    match line.choice.format {
        Format::F32 => input_of::<f32>(line, signals),
        Format::F64 => input_of::<f64>(line, signals),
        Format::I32 => input_of::<i32>(line, signals),
        Format::I24 => input_of::<cpal::I24>(line, signals),
        Format::I16 => input_of::<i16>(line, signals),
        _ => Err(cpal::ErrorKind::UnsupportedConfig.into()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Unwatched;

    struct Notes(Vec<Event>);

    impl Observer for Notes {
        fn notice(&mut self, event: Event) -> Flow {
            self.0.push(event);
            Flow::Continue
        }
    }

    const EXTENT: Extent = Extent { to_play: 1300, to_trail: 0, held_back: 200 };

    #[test]
    fn progress_counts_what_has_sounded_of_the_stimulus() {
        let mut reporter = Reporter::new(EXTENT, 1000, 1000.0);
        let mut notes = Notes(Vec::new());
        for played in [0, 500, 1000, 5000] {
            reporter.report(NOTICE, played, &mut notes);
        }
        let done = [0.0, 0.0, 0.5, 1.0];
        let expected = done.map(|done_s| Event::Progress { done_s, total_s: 1.0 });
        assert_eq!(notes.0, expected);
    }

    #[test]
    fn the_observer_is_asked_ten_times_a_second_and_no_more() {
        let mut reporter = Reporter::new(EXTENT, 1000, 1000.0);
        let mut notes = Notes(Vec::new());
        for _ in 0..50 {
            reporter.report(LOOK, 0, &mut notes);
        }
        assert_eq!(notes.0.len(), 10);
        assert_eq!(reporter.report(LOOK, 0, &mut Unwatched), Flow::Continue);
    }
}
