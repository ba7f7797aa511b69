//! Copying through the terminal: OSC 52, and what multiplexers need around it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// The most that is copied this way: many terminals drop a sequence of 100 000 bytes or more.
pub const MOST: usize = 74_994;
/// GNU screen passes strings on only up to a length.
const SCREEN: usize = 252;

/// What stands between us and the terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrap {
    /// Nothing.
    Plain,
    /// tmux, which was too old to be asked.
    Tmux,
    /// GNU screen.
    Screen,
}

impl Wrap {
    /// What the environment says.
    pub fn of(var: &impl Fn(&str) -> Option<String>) -> Wrap {
        let set = |name: &str| var(name).is_some_and(|value| !value.is_empty());
        if set("TMUX") {
            Wrap::Tmux
        } else if set("STY") {
            Wrap::Screen
        } else {
            Wrap::Plain
        }
    }

    /// What makes the terminal copy a text.
    pub fn copy(self, text: &str) -> Vec<u8> {
        let plain = format!("\x1b]52;c;{}\x07", BASE64_STANDARD.encode(text));
        match self {
            Wrap::Plain => plain.into_bytes(),
            // Plain, for tmux that takes it itself, and wrapped, for tmux that only passes it on.
            Wrap::Tmux => format!("{plain}\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")).into_bytes(),
            Wrap::Screen => {
                let chunks = plain.as_bytes().chunks(SCREEN);
                chunks.flat_map(|chunk| [b"\x1bP", chunk, b"\x1b\\"].concat()).collect()
            }
        }
    }
}
