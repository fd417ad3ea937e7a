//! Silence while sound libraries look around: ALSA and JACK print a line to standard error for
//! every name that does not open, dozens on a machine where all is well.

#[cfg(unix)]
use std::os::fd::{AsFd, OwnedFd};

/// Does something while standard error leads nowhere. What went wrong is in the errors returned.
pub(super) fn hushed<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(unix)]
    let _silence = Silence::begin();
    work()
}

/// Standard error leads nowhere until this goes.
#[cfg(unix)]
struct Silence {
    before: OwnedFd,
}

#[cfg(unix)]
impl Silence {
    /// `None` where it cannot be had; then there is noise, and no harm.
    fn begin() -> Option<Self> {
        let before = std::io::stderr().as_fd().try_clone_to_owned().ok()?;
        let nowhere = std::fs::File::options().write(true).open("/dev/null").ok()?;
        rustix::stdio::dup2_stderr(&nowhere).ok()?;
        Some(Self { before })
    }
}

#[cfg(unix)]
impl Drop for Silence {
    fn drop(&mut self) {
        // Without its old place standard error stays silent, and nobody could be told.
        let _ = rustix::stdio::dup2_stderr(&self.before);
    }
}
