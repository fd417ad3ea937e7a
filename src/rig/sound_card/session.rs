//! One exchange with the streams open: everything here touches the device or the clock.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use cpal::Stream;
use cpal::traits::StreamTrait;

use super::capture::{Assembly, Fetch};
use super::course::{Course, Ending, Extent, Look, Step};
use super::signals::{Fault, Signals};
use super::streams::{
    LARGEST_BLOCK, Line, Playback, block_frames, open_input, open_output, refusal,
};
use crate::measure::{Block, Event, Flow, Observer, RigError};
use crate::model::{SampleFormat, Stimulus};
use crate::quantity::{SampleRate, Seconds};

/// Least silence before the stimulus, in seconds: the device settles.
const LEAD_S: f64 = 0.3;

/// Periods in the ring between the system and a device.
const PERIODS: u64 = 2;

/// Time between two looks at the streams.
const LOOK: Duration = Duration::from_millis(20);

/// Time between two notices to the observer: what is shown of a capture is as old at most.
const NOTICE: Duration = Duration::from_millis(40);

/// How long closing the streams may take; a quarter of a second is usual.
const CLOSING: Duration = Duration::from_secs(2);

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
    let expected = extent.to_play + extent.to_trail + extent.held_back;
    let width = usize::from(orders.input.choice.config.channels);
    let mut assembly = Assembly::new(orders.kept, width, expected as usize);
    let format = streams.fetch.format();
    let mut reporter = Reporter::new(extent, orders.stimulus, format);
    streams.input.play().map_err(|e| refusal(orders.input, &e))?;
    let ending = streams.follow(&signals, &mut assembly, &mut |look, assembly| {
        reporter.report(look, assembly, observer)
    });
    let mut fetch = streams.close();
    // What came in between the last look and the end.
    fetch.fetch(&mut assembly);
    reporter.hand_out(&mut assembly, observer);
    observer.notice(Event::Finished);
    Ok(Catch { assembly, format, lost: signals.lost(), ending })
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
        let playback = Playback { stimulus: orders.stimulus, lead, plays: &orders.plays };
        let output = open_output(orders.output, playback, signals)?;
        let (input, fetch) = open_input(orders.input, signals)?;
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
        report: &mut dyn FnMut((Duration, u64), &mut Assembly) -> Flow,
    ) -> Ending {
        let mut last = Instant::now();
        loop {
            std::thread::sleep(LOOK);
            let elapsed = last.elapsed();
            last += elapsed;
            self.fetch.fetch(assembly);
            let stop = report((elapsed, signals.played()), assembly) == Flow::Stop;
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
    ///
    /// A server that hangs may never let go of a stream. Then the streams are left behind: what
    /// was captured matters more, and the output is silent by now.
    fn close(self) -> Box<dyn Fetch> {
        let (done, closed) = mpsc::channel();
        let (output, input) = (self.output, self.input);
        std::thread::spawn(move || {
            drop((output, input));
            // Nobody may be waiting any more.
            let _ = done.send(());
        });
        let _ = closed.recv_timeout(CLOSING);
        self.fetch
    }
}

/// Tells the observer 25 times a second how much has sounded, and hands it what was captured.
struct Reporter {
    since: Duration,
    /// Frames that were handed out before the first frame of the stimulus sounds.
    before: u64,
    total_s: f64,
    rate: SampleRate,
    format: SampleFormat,
}

impl Reporter {
    fn new(extent: Extent, stimulus: &Stimulus, format: SampleFormat) -> Self {
        let before = extent.to_play - stimulus.frames() as u64 + extent.held_back;
        let rate = stimulus.rate();
        let total_s = stimulus.frames() as f64 / rate.as_f64();
        Self { since: Duration::ZERO, before, total_s, rate, format }
    }

    /// Reports after so much more time, with so many frames handed to the output.
    fn report(
        &mut self,
        (elapsed, played): (Duration, u64),
        assembly: &mut Assembly,
        observer: &mut dyn Observer,
    ) -> Flow {
        self.since += elapsed;
        if self.since < NOTICE {
            return Flow::Continue;
        }
        self.since = Duration::ZERO;
        self.hand_out(assembly, observer);
        let done_s = played.saturating_sub(self.before) as f64 / self.rate.as_f64();
        observer.notice(Event::Progress { done_s: done_s.min(self.total_s), total_s: self.total_s })
    }

    /// Hands out what was captured since the last time.
    fn hand_out(&self, assembly: &mut Assembly, observer: &mut dyn Observer) {
        if let Some(channels) = assembly.fresh() {
            observer.captured(Block { rate: self.rate, format: self.format, channels: &channels });
        }
    }
}

/// Silence before the stimulus: a first block that the system throws away holds none of it.
fn lead_frames(orders: &Orders<'_>) -> usize {
    let block = orders.output.choice.asked_frames().unwrap_or(LARGEST_BLOCK);
    let least = (LEAD_S * orders.stimulus.rate().as_f64()).ceil() as usize;
    least.max(PERIODS as usize * block as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Unwatched;
    use crate::model::Band;

    struct Notes(Vec<Event>);

    impl Observer for Notes {
        fn notice(&mut self, event: Event) -> Flow {
            self.0.push(event);
            Flow::Continue
        }
    }

    const RATE_HZ: u32 = 8000;

    /// One second is played after 0.3 s of silence.
    const EXTENT: Extent = Extent { to_play: 10_400, to_trail: 0, held_back: 1600 };

    fn reporter() -> Reporter {
        let band = Band { start_hz: 10.0, flat_from_hz: 20.0, flat_to_hz: 3e3, stop_hz: 35e2 };
        let (rate, samples) = (SampleRate::new(RATE_HZ).unwrap(), vec![0.1; RATE_HZ as usize]);
        let stimulus = Stimulus::single("test", rate, samples, band).unwrap();
        Reporter::new(EXTENT, &stimulus, SampleFormat::Float)
    }

    fn nothing() -> Assembly {
        Assembly::new(1, 1, 0)
    }

    #[test]
    fn progress_counts_what_has_sounded_of_the_stimulus() {
        let (mut reporter, mut notes) = (reporter(), Notes(Vec::new()));
        for played in [0, 4000, 8000, 40_000] {
            reporter.report((NOTICE, played), &mut nothing(), &mut notes);
        }
        let done = [0.0, 0.0, 0.5, 1.0];
        let expected = done.map(|done_s| Event::Progress { done_s, total_s: 1.0 });
        assert_eq!(notes.0, expected);
    }

    #[test]
    fn the_observer_is_asked_25_times_a_second_and_no_more() {
        let (mut reporter, mut notes) = (reporter(), Notes(Vec::new()));
        for _ in 0..50 {
            reporter.report((LOOK, 0), &mut nothing(), &mut notes);
        }
        assert_eq!(notes.0.len(), 25);
        let flow = reporter.report((LOOK, 0), &mut nothing(), &mut Unwatched);
        assert_eq!(flow, Flow::Continue);
    }
}
