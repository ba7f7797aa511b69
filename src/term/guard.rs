//! Takes the terminal and gives it back as it was, whatever happens.

use parking_lot::Mutex;
use std::io::{self, Write as _};
use std::panic::PanicHookInfo;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;
use std::time::Duration;

/// Alternate screen, no cursor, no wrapping, pastes in brackets.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[m\x1b[2J";
/// The reverse, and the end of a frame that was cut short.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[m\x1b[r\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l";
/// How long leaving waits for a frame on its way.
const PATIENCE: Duration = Duration::from_millis(300);

/// Whether the terminal is taken by a guard.
static ENTERED: AtomicBool = AtomicBool::new(false);
/// Whether it was ever: writers to something else need no guard.
static GUARDED: AtomicBool = AtomicBool::new(false);
/// Held while a frame is written.
static WRITING: Mutex<()> = Mutex::new(());
/// The thread whose panic ends the cockpit.
static OWNER: Mutex<Option<ThreadId>> = Mutex::new(None);
static HOOK: Once = Once::new();

/// Holds the terminal; dropping it gives the terminal back.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal. From now on a panic of this thread gives it back before it is printed, and
    /// a panic of another one goes to the log.
    pub fn enter() -> io::Result<Guard> {
        *OWNER.lock() = Some(std::thread::current().id());
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| on_panic(info, &before)));
        });
        take()?;
        Ok(Guard(()))
    }

    /// Gives the terminal back for a while: to a shell, an editor.
    pub fn leave(&self) -> io::Result<()> {
        restore()
    }

    /// Takes it again; the screen must be repainted. Also after the process was stopped and continued.
    pub fn resume(&self) -> io::Result<()> {
        take()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = restore();
    }
}

fn take() -> io::Result<()> {
    crossterm::terminal::enable_raw_mode()?;
    silence_others();
    GUARDED.store(true, Ordering::SeqCst);
    ENTERED.store(true, Ordering::SeqCst);
    say(ENTER)
}

/// Gives the terminal back if it is taken. May be called at any time, any number of times.
pub fn restore() -> io::Result<()> {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let frame = WRITING.try_lock_for(PATIENCE);
    let said = say(LEAVE);
    drop(frame);
    crossterm::terminal::disable_raw_mode().and(said)
}

/// Runs `write` unless the terminal was given back.
pub(super) fn while_entered(write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let _writing = WRITING.lock();
    if GUARDED.load(Ordering::SeqCst) && !ENTERED.load(Ordering::SeqCst) { Ok(()) } else { write() }
}

/// Stops what writes to our terminal from the background: a credential plugin that opens it by itself
/// must not draw on the screen. Leaving the raw mode undoes it.
fn silence_others() {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    if let Ok(mut modes) = tcgetattr(io::stdin()) {
        modes.local_modes |= LocalModes::TOSTOP;
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
    }
}

fn say(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

fn on_panic(info: &PanicHookInfo<'_>, before: &(dyn Fn(&PanicHookInfo<'_>) + Send + Sync)) {
    let owner = OWNER.try_lock().is_none_or(|owner| *owner == Some(std::thread::current().id()));
    if ENTERED.load(Ordering::SeqCst) && !owner {
        tracing::error!("panic in a task: {info}");
        return;
    }
    let _ = restore();
    before(info);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
#[path = "guard_tests.rs"]
mod tests;
