//! The glyphs that say without colour what colours say, and their ASCII for terminals without Unicode.

use crate::model::draft::Tone;
use crate::model::state::Phase;

/// One set of glyphs; each is one cell wide.
#[derive(PartialEq, Eq, Debug)]
pub struct Glyphs {
    /// At the left edge of the cursor's row.
    pub cursor: &'static str,
    /// A marked row.
    pub mark: &'static str,
    /// A row, note or message that wants attention.
    pub warn: &'static str,
    /// A row, note or message about something broken.
    pub bad: &'static str,
    /// Sorted, smallest first.
    pub up: &'static str,
    /// Sorted, largest first.
    pub down: &'static str,
    /// Beside a line that changed.
    pub changed: &'static str,
    /// Beside a line before which others went.
    pub removed: &'static str,
    /// A line leads to another object.
    pub link: &'static str,
    /// Between facts of a line.
    pub dot: &'static str,
    phases: [&'static str; 9],
}

/// For terminals that show Unicode.
pub static UNICODE: Glyphs = Glyphs {
    cursor: "▌",
    mark: "✓",
    warn: "▲",
    bad: "✗",
    up: "▲",
    down: "▼",
    changed: "┃",
    removed: "▔",
    link: "→",
    dot: "·",
    phases: ["○", "◌", "●", "◐", "✗", "⊘", "⊖", "◍", "≠"],
};

/// For the rest.
pub static ASCII: Glyphs = Glyphs {
    cursor: ">",
    mark: "*",
    warn: "!",
    bad: "x",
    up: "^",
    down: "v",
    changed: "|",
    removed: "^",
    link: ">",
    dot: "-",
    phases: ["-", "~", "+", "?", "x", "!", "!", "%", "#"],
};

impl Glyphs {
    /// What the environment says: a locale of UTF-8, and not the Linux console with its small font.
    pub fn detect(var: impl Fn(&str) -> Option<String>) -> &'static Glyphs {
        let set = |name: &str| var(name).filter(|value| !value.is_empty());
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
        let locale = locale.to_ascii_lowercase();
        let term = var("TERM").unwrap_or_default();
        let unicode = locale.contains("utf-8") || locale.contains("utf8");
        if unicode && term != "linux" && term != "dumb" { &UNICODE } else { &ASCII }
    }

    /// What stands for a character that the terminal may not show; `None` when it shows them all.
    pub fn instead(&self, symbol: &str) -> Option<&'static str> {
        if symbol.is_ascii() || *self != ASCII {
            return None;
        }
        Some(match symbol {
            "…" => "~",
            "↑" => "^",
            "↓" => "v",
            "←" => "<",
            "→" => ">",
            _ => "?",
        })
    }

    /// The glyph of a cluster's phase.
    pub fn phase(&self, phase: Phase) -> &'static str {
        let [idle, connecting, live, stale, unreachable, denied, expired, throttled, replaced] = self.phases;
        match phase {
            Phase::Idle => idle,
            Phase::Connecting => connecting,
            Phase::Live => live,
            Phase::Stale => stale,
            Phase::Unreachable => unreachable,
            Phase::Denied => denied,
            Phase::Expired => expired,
            Phase::Throttled => throttled,
            Phase::Replaced => replaced,
        }
    }

    /// The glyph of a tone; only what wants attention has one.
    pub fn tone(&self, tone: Tone) -> &'static str {
        match tone {
            Tone::Warn => self.warn,
            Tone::Bad => self.bad,
            Tone::Plain | Tone::Good | Tone::Quiet => " ",
        }
    }
}
