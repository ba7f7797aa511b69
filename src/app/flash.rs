//! Messages of the moment, and when they go.

use super::App;
use super::ui::Flash;
use crate::model::draft::Tone;
use std::time::{Duration, Instant};

/// How long a message stays at least, and how much longer for each of its bytes.
const LEAST: Duration = Duration::from_secs(4);
const PER_BYTE: Duration = Duration::from_millis(40);

/// When the message goes.
#[derive(Clone, Copy, Debug, Default)]
pub enum Timer {
    /// There is none.
    #[default]
    Off,
    /// So long after the next tick.
    Begins(Duration),
    /// At this moment.
    Ends(Instant),
    /// When the place is left.
    WhenLeft,
    /// With the next key.
    WhenPressed,
}

impl Timer {
    /// Whether the message goes at `now`.
    pub fn is_over(&mut self, now: Instant) -> bool {
        match *self {
            Timer::Begins(length) => *self = Timer::Ends(now + length),
            Timer::Ends(end) if end <= now => {
                *self = Timer::Off;
                return true;
            }
            _ => {}
        }
        false
    }

    /// When to look again.
    pub fn wake(self) -> Option<Instant> {
        match self {
            Timer::Ends(end) => Some(end),
            _ => None,
        }
    }

    /// A key was pressed: what was said before is read by now.
    pub fn pressed(&mut self, flash: &mut Option<Flash>) {
        if !matches!(self, Timer::WhenLeft) {
            (*self, *flash) = (Timer::Off, None);
        }
    }

    /// Another place is shown.
    pub fn left(&mut self, flash: &mut Option<Flash>) {
        if matches!(self, Timer::WhenLeft) {
            (*self, *flash) = (Timer::Off, None);
        }
    }
}

impl App {
    /// Says something for a moment.
    pub(super) fn say(&mut self, tone: Tone, text: String) {
        self.timer = Timer::Begins(LEAST + PER_BYTE * text.len() as u32);
        self.ui.flash = Some(Flash { tone, text });
    }

    /// Says something until a key is pressed.
    pub(super) fn say_until_pressed(&mut self, tone: Tone, text: String) {
        self.timer = Timer::WhenPressed;
        self.ui.flash = Some(Flash { tone, text });
    }

    /// Says something until another place is shown.
    pub(super) fn say_until_left(&mut self, tone: Tone, text: String) {
        self.timer = Timer::WhenLeft;
        self.ui.flash = Some(Flash { tone, text });
    }
}
