//! The terminal while somebody else has it.

use super::guard::Guard;
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};
use std::io::{self, Write as _};

/// The terminal as the shell had it, until [`Away::back`]. Whatever its borrowers do to its modes is
/// undone: a password prompt that was broken off leaves no silent terminal behind.
#[derive(Debug)]
pub struct Away {
    modes: Termios,
}

impl Away {
    /// Puts our screen away. What was typed for it goes to nobody.
    pub fn begin(guard: &Guard) -> io::Result<Away> {
        guard.leave()?;
        let away = Away { modes: tcgetattr(io::stdin())? };
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
        Ok(away)
    }

    /// Says a line there.
    pub fn say(&self, line: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()
    }

    /// A borrower has ended: its modes and what it did not read go with it.
    pub fn settle(&self) -> io::Result<()> {
        tcsetattr(io::stdin(), OptionalActions::Flush, &self.modes)?;
        let mut out = io::stdout().lock();
        out.write_all(b"\x1b[m\r\n")?;
        out.flush()
    }

    /// Takes the terminal again; the screen must be repainted.
    pub fn back(self, guard: &Guard) -> io::Result<()> {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.modes);
        guard.resume()
    }
}
