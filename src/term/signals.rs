//! Signals as a stream.

use std::io;
use tokio::signal::unix::{self, SignalKind};

/// What a signal asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// To end (SIGTERM, SIGHUP, SIGINT), with the signal's name.
    Quit(&'static str),
    /// The terminal has another size (SIGWINCH).
    Resize,
    /// The process was stopped and goes on (SIGCONT): the terminal may be as the shell wants it.
    Continue,
}

/// The signals that the cockpit heeds. The terminal's events tell of SIGWINCH, too, but only while they are waited for.
#[derive(Debug)]
pub struct Signals {
    terminate: unix::Signal,
    hangup: unix::Signal,
    interrupt: unix::Signal,
    proceed: unix::Signal,
    window: unix::Signal,
}

impl Signals {
    /// Begins to listen; needs a runtime.
    pub fn new() -> io::Result<Signals> {
        // SIGCONT, which tokio has no name for.
        let proceed = if cfg!(any(target_os = "linux", target_os = "android")) { 18 } else { 19 };
        Ok(Signals {
            terminate: unix::signal(SignalKind::terminate())?,
            hangup: unix::signal(SignalKind::hangup())?,
            interrupt: unix::signal(SignalKind::interrupt())?,
            proceed: unix::signal(SignalKind::from_raw(proceed))?,
            window: unix::signal(SignalKind::window_change())?,
        })
    }

    /// The next signal.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Quit("SIGTERM"),
            _ = self.hangup.recv() => Signal::Quit("SIGHUP"),
            _ = self.interrupt.recv() => Signal::Quit("SIGINT"),
            _ = self.proceed.recv() => Signal::Continue,
            _ = self.window.recv() => Signal::Resize,
        }
    }
}
