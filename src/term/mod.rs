//! The terminal: one write a frame, nothing while nothing changes, and restored on every way out.

mod away;
pub mod emit;
pub mod guard;
pub mod outlet;
pub mod screen;
mod scroll;
pub mod signals;

pub use away::Away;
pub use guard::Guard;
pub use outlet::{Mailbox, Outlet};
pub use screen::{Drawn, Screen};
pub use signals::{Signal, Signals};

use std::io::{self, IsTerminal};

/// Whether a cockpit can be opened: both ends are a terminal.
pub fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// The terminal's columns and lines.
pub fn size() -> io::Result<(u16, u16)> {
    crossterm::terminal::size()
}
