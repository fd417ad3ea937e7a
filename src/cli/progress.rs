//! Progress on a terminal, and Ctrl-C.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::failure::{Exit, Failure};
use super::output::Output;
use crate::measure::{Event, Flow, Observer};

/// Watches long work: draws a bar if standard error is a terminal, and stops at Ctrl-C.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// The part of the whole that the exchange under way is.
    part: Range<f64>,
    stop: Arc<AtomicBool>,
}

impl Progress {
    /// Steps of the bar; an exchange moves it smoothly.
    const STEPS: u64 = 1000;

    /// Progress under a heading. From now on Ctrl-C asks the work to stop instead of ending the
    /// program.
    pub(super) fn new(heading: &str) -> Self {
        let bar = ProgressBar::new(Self::STEPS);
        if !Output::shows_progress() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) = ProgressStyle::with_template("{msg:32} {bar:30} {percent:>3} %") {
            bar.set_style(style);
        }
        bar.set_message(heading.to_owned());
        Self { bar, part: 0.0..1.0, stop: stop_flag() }
    }

    /// Whether the user has pressed Ctrl-C.
    pub(super) fn was_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Prints a line to standard error without disturbing the bar.
    pub(super) fn remark(&self, line: &str) {
        self.bar.suspend(|| Output::remark(line));
    }

    /// Names the step that begins and says which part of the whole it is.
    ///
    /// # Errors
    ///
    /// When the user has pressed Ctrl-C.
    pub(super) fn step(&mut self, name: &str, part: Range<f64>) -> Result<(), Failure> {
        self.bar.set_message(name.to_owned());
        self.part = part;
        self.show(0.0);
        if self.was_stopped() {
            return Err(Failure::new(Exit::Interrupted, "interrupted"));
        }
        Ok(())
    }

    /// Shows how much of the step is done.
    fn show(&self, done: f64) {
        let whole = self.part.start + done.clamp(0.0, 1.0) * (self.part.end - self.part.start);
        self.bar.set_position((whole * Self::STEPS as f64) as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Progress {
    fn notice(&mut self, event: Event) -> Flow {
        if let Event::Progress { done_s, total_s } = event
            && total_s > 0.0
        {
            self.show(done_s / total_s);
        }
        if self.was_stopped() { Flow::Stop } else { Flow::Continue }
    }
}

/// Whether the user has pressed Ctrl-C. From now on that does not end the program by itself.
pub(super) fn was_interrupted() -> bool {
    stop_flag().load(Ordering::Relaxed)
}

/// The flag that Ctrl-C sets; the handler is installed on first use, once in a process. A closed
/// terminal and a request to end do the same.
///
/// Whoever presses it again does not want to wait for the end of the fade: then the program ends
/// at once. What was captured is on the disk by then.
fn stop_flag() -> Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let flag = FLAG.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let mut asked = Asked { stop: Arc::clone(&flag), first: None };
        // Without a handler Ctrl-C ends the program at once, which is safe if less polite.
        let _ = ctrlc::set_handler(move || asked.once_more());
        flag
    });
    Arc::clone(flag)
}

/// How often the user has asked to stop.
struct Asked {
    stop: Arc<AtomicBool>,
    first: Option<Instant>,
}

impl Asked {
    /// What follows the first request within this time belongs to it: of a terminal that closes,
    /// both the system and the shell tell.
    const TOGETHER: Duration = Duration::from_millis(300);

    #[expect(clippy::disallowed_methods, reason = "requests to stop are told apart by their time")]
    fn once_more(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let first = *self.first.get_or_insert_with(Instant::now);
        if first.elapsed() > Self::TOGETHER {
            std::process::exit(i32::from(Exit::Interrupted as u8));
        }
    }
}
