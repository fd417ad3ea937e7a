//! The terminal while it shows the view.

use std::io::{self, Stdout, stdout};
use std::sync::Once;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{self, Event, KeyEvent};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use super::scene::Scene;
use super::view;

/// The terminal, which is as it was before once this goes, whatever happens.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

/// What the terminal told.
pub(super) enum Told {
    /// A key.
    Key(KeyEvent),
    /// The window has another size.
    Resized,
}

impl Screen {
    /// Takes the terminal over.
    pub(super) fn open() -> io::Result<Self> {
        restore_on_panic();
        enable_raw_mode()?;
        // From here on it is given back also when the next step fails.
        let opened = execute!(stdout(), EnterAlternateScreen)
            .and_then(|()| Terminal::new(CrosstermBackend::new(stdout())));
        match opened {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    pub(super) fn draw(&mut self, scene: &Scene) -> io::Result<()> {
        self.terminal.draw(|frame| view::draw(frame, scene)).map(|_| ())
    }
}

/// Waits for the terminal that a screen took over to tell something, for so long at most.
pub(super) fn listen(patience: Duration) -> io::Result<Option<Told>> {
    if !event::poll(patience)? {
        return Ok(None);
    }
    Ok(match event::read()? {
        Event::Key(key) => Some(Told::Key(key)),
        Event::Resize(..) => Some(Told::Resized),
        _ => None,
    })
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back.
fn restore() {
    // What cannot be given back is gone; there is nobody to tell.
    let _ = disable_raw_mode();
    let _ = execute!(stdout(), LeaveAlternateScreen, Show);
}

/// Lets a panic of any thread give the terminal back before it prints its message.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            before(panic);
        }));
    });
}
