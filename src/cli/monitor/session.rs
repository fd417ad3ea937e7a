//! One stretch of watching: this thread plays and listens, another shows and reads keys.

use std::io;
use std::sync::mpsc::{Receiver, TryRecvError, TrySendError, sync_channel};
use std::time::Duration;

use super::live::{Heard, Live, Orders};
use super::scene::{Scene, Wish};
use super::screen::{self, Screen, Told};
use crate::cli::failure::{Exit, Failure};
use crate::cli::hush::hushed;
use crate::cli::progress::was_interrupted;
use crate::measure::Flow;

/// Why watching ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Enough was seen.
    Over,
    /// Ctrl-C.
    Interrupted,
    /// A seating is to be stored.
    Store,
}

/// Sweeps that may wait to be shown. A terminal that is slower than that misses some.
const WAITING: usize = 4;

/// Plays, listens and shows until a key, or after so many sweeps, it ends. Gives the scene back.
pub(super) fn watch(
    live: &mut Live,
    scene: Scene,
    sweeps: Option<usize>,
) -> Result<(End, Scene), Failure> {
    let orders = Orders::default();
    orders.play_quieter_by(scene.quieter_db());
    let (sender, receiver) = sync_channel(WAITING);
    let (listened, shown) = std::thread::scope(|scope| {
        let orders = &orders;
        let shown = scope.spawn(move || {
            let shown = show(scene, &receiver, orders);
            orders.stop();
            shown
        });
        let mut deliver = |heard| match sender.try_send(heard) {
            Err(TrySendError::Disconnected(_)) => Flow::Stop,
            _ => Flow::Continue,
        };
        let listened = hushed(|| live.listen(sweeps, orders, &mut deliver));
        drop(sender);
        (listened, shown.join())
    });
    let shown = shown.map_err(|_| Failure::new(Exit::Bug, "the view ran into a contradiction"))?;
    listened?;
    shown.map_err(|error| Failure::data(format!("cannot use the terminal: {error}")))
}

/// Shows what is heard until there is no more, or a key ends it.
fn show(mut scene: Scene, heard: &Receiver<Heard>, orders: &Orders) -> io::Result<(End, Scene)> {
    /// So long a sweep that was heard waits for a key at most.
    const PATIENCE: Duration = Duration::from_millis(10);
    let mut screen = Screen::open()?;
    let mut is_new = true;
    loop {
        if is_new {
            screen.draw(&scene)?;
        }
        let told = screen::listen(PATIENCE)?;
        is_new = told.is_some();
        if let Some(Told::Key(key)) = told {
            match scene.press(key) {
                Some(Wish::Quit) => return Ok((End::Over, scene)),
                Some(Wish::Interrupt) => return Ok((End::Interrupted, scene)),
                Some(Wish::Store) => return Ok((End::Store, scene)),
                Some(Wish::Quieter(db)) => orders.play_quieter_by(db),
                None => {}
            }
        }
        if was_interrupted() {
            return Ok((End::Interrupted, scene));
        }
        match heard.try_recv() {
            Ok(heard) => {
                scene.hear(heard);
                is_new = true;
            }
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => return Ok((End::Over, scene)),
        }
    }
}
