//! Keys as keymaps write them: `g`, `Shift-N`, `Ctrl-Space`, `PgUp`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::fmt;

/// One key with its modifiers, in the one form that stands for all the ways in which terminals report it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// Keys that have a name.
const NAMED: &[(&str, KeyCode)] = &[
    ("Space", KeyCode::Char(' ')),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
];

/// Modifiers in the order in which they are written.
const MODIFIERS: &[(&str, KeyModifiers)] =
    &[("Ctrl-", KeyModifiers::CONTROL), ("Alt-", KeyModifiers::ALT), ("Shift-", KeyModifiers::SHIFT)];

impl Chord {
    /// A key with modifiers.
    pub fn new(code: KeyCode, modifiers: KeyModifiers) -> Chord {
        let mut modifiers = modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let code = match code {
            KeyCode::BackTab => {
                modifiers |= KeyModifiers::SHIFT;
                KeyCode::Tab
            }
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => {
                // What terminals send for Ctrl-\ and its neighbours is read as Ctrl-4 and on.
                KeyCode::Char(match c {
                    '4' => '\\',
                    '5' => ']',
                    '6' => '^',
                    '7' => '_',
                    c => c.to_ascii_lowercase(),
                })
            }
            KeyCode::Char(c) => {
                // Shift is in the character already.
                let upper = modifiers.contains(KeyModifiers::SHIFT) && c.is_ascii_lowercase();
                if c != ' ' {
                    modifiers -= KeyModifiers::SHIFT;
                }
                KeyCode::Char(if upper { c.to_ascii_uppercase() } else { c })
            }
            code => code,
        };
        Chord { code, modifiers }
    }

    /// The character that this key types, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if (self.modifiers - KeyModifiers::SHIFT).is_empty() => Some(c),
            _ => None,
        }
    }

    /// The key without Alt, where it is held: what a terminal also sends for Esc and that key, when they come
    /// together, as over a slow line.
    pub fn behind_esc(self) -> Option<Chord> {
        let modifiers = self.modifiers - KeyModifiers::ALT;
        (modifiers != self.modifiers).then_some(Chord { modifiers, ..self })
    }

    /// Reads a key; modifiers and names in any case. `Ctrl-`, `Alt-` and `Shift-` may also be `C-`,
    /// `A-` and `S-`.
    pub fn parse(text: &str) -> Option<Chord> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        'modifiers: loop {
            for (long, modifier) in MODIFIERS {
                for prefix in [*long, &[&long[..1], "-"].concat()] {
                    let head = rest.get(..prefix.len()).filter(|head| head.eq_ignore_ascii_case(prefix));
                    if let (Some(_), Some(tail)) = (head, rest.get(prefix.len()..).filter(|tail| !tail.is_empty())) {
                        modifiers |= *modifier;
                        rest = tail;
                        continue 'modifiers;
                    }
                }
            }
            break;
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_whitespace() && !c.is_control() => KeyCode::Char(c),
            _ => {
                NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(rest)).map(|(_, code)| *code).or_else(|| {
                    let number = rest.strip_prefix(['F', 'f'])?.parse().ok()?;
                    (1..=24).contains(&number).then_some(KeyCode::F(number))
                })?
            }
        };
        Some(Chord::new(code, modifiers))
    }

    /// Reads a sequence of keys with blanks between them.
    pub fn parse_all(text: &str) -> Result<Vec<Chord>, &str> {
        text.split_whitespace().map(|key| Chord::parse(key).ok_or(key)).collect()
    }
}

impl From<Chord> for KeyEvent {
    fn from(chord: Chord) -> KeyEvent {
        KeyEvent::new(chord.code, chord.modifiers)
    }
}

impl From<KeyEvent> for Chord {
    fn from(key: KeyEvent) -> Chord {
        Chord::new(key.code, key.modifiers)
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut modifiers = self.modifiers;
        let mut code = self.code;
        if let KeyCode::Char(c) = code {
            if c.is_ascii_uppercase() {
                modifiers |= KeyModifiers::SHIFT;
            } else if modifiers.contains(KeyModifiers::CONTROL) {
                code = KeyCode::Char(c.to_ascii_uppercase());
            }
        }
        for (name, modifier) in MODIFIERS {
            if modifiers.contains(*modifier) {
                f.write_str(name)?;
            }
        }
        match (NAMED.iter().find(|(_, named)| *named == code), code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, KeyCode::F(number)) => write!(f, "F{number}"),
            (None, other) => write!(f, "{other:?}"),
        }
    }
}

/// Writes a sequence.
pub fn write_all(chords: &[Chord]) -> String {
    chords.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Option<String> {
        Chord::parse(text).map(|chord| chord.to_string())
    }

    #[test]
    fn keys_are_written_in_one_way() {
        for (text, expected) in [
            ("g", "g"),
            ("G", "Shift-G"),
            ("shift-g", "Shift-G"),
            ("S-G", "Shift-G"),
            ("ctrl-f", "Ctrl-F"),
            ("C-F", "Ctrl-F"),
            ("Ctrl-Shift-f", "Ctrl-Shift-F"),
            ("ctrl-space", "Ctrl-Space"),
            ("Ctrl-\\", "Ctrl-\\"),
            ("-", "-"),
            ("Ctrl--", "Ctrl--"),
            ("pgup", "PgUp"),
            ("Shift-Tab", "Shift-Tab"),
            ("Shift-Left", "Shift-Left"),
            ("f5", "F5"),
            ("é", "é"),
            ("?", "?"),
        ] {
            assert_eq!(written(text).as_deref(), Some(expected), "{text}");
            assert_eq!(Chord::parse(text), Chord::parse(expected), "{text}");
        }
        for text in ["", "Ctrl-", "gg", "F25", "Hyper-x", "\u{7}", " "] {
            assert_eq!(written(text), None, "{text:?}");
        }
    }

    #[test]
    fn events_become_the_same_keys() {
        for (code, modifiers, expected) in [
            (KeyCode::Char('4'), KeyModifiers::CONTROL, "Ctrl-\\"),
            (KeyCode::Char('N'), KeyModifiers::SHIFT, "Shift-N"),
            (KeyCode::Char('N'), KeyModifiers::NONE, "Shift-N"),
            (KeyCode::Char('n'), KeyModifiers::SHIFT, "Shift-N"),
            (KeyCode::Char('?'), KeyModifiers::SHIFT, "?"),
            (KeyCode::BackTab, KeyModifiers::SHIFT, "Shift-Tab"),
            (KeyCode::BackTab, KeyModifiers::NONE, "Shift-Tab"),
            (KeyCode::Char(' '), KeyModifiers::CONTROL, "Ctrl-Space"),
            (KeyCode::Enter, KeyModifiers::SUPER, "Enter"),
        ] {
            let chord = Chord::from(KeyEvent::new(code, modifiers));
            assert_eq!(chord.to_string(), expected);
            assert_eq!(Chord::parse(expected), Some(chord), "{expected}");
        }
    }

    #[test]
    fn sequences() {
        assert_eq!(Chord::parse_all("g  Shift-G").map(|keys| write_all(&keys)), Ok("g Shift-G".into()));
        assert_eq!(Chord::parse_all("g hh").err(), Some("hh"));
    }

    #[test]
    fn only_plain_keys_type() {
        let typed = |text| Chord::parse(text).and_then(Chord::typed);
        assert_eq!(typed("x"), Some('x'));
        assert_eq!(typed("Shift-X"), Some('X'));
        assert_eq!(typed("Space"), Some(' '));
        assert_eq!(typed("Ctrl-X"), None);
        assert_eq!(typed("Enter"), None);
    }
}
