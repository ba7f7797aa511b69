//! From a key to a command.

use super::{App, Effect};
use crate::command::chord::Chord;
use crate::command::keymap::{Look, Meaning};
use crate::command::known::Known;
use crate::command::line::{self, Line};
use crate::command::table::{Id, Scope};
use crate::model::draft::Tone;
use crate::view::spec::Pane;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};
use std::borrow::Cow;

impl App {
    /// A key was pressed. What acts on the selected row waits until the view has moved the cursor to
    /// where the keys before it have put it, and so does every key after it.
    pub fn on_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        if key.kind == KeyEventKind::Release {
            return Vec::new();
        }
        if !self.waiting.is_empty() {
            if self.waiting.len() < MOST_WAITING {
                self.waiting.push_back(key);
            }
            return Vec::new();
        }
        let out = self.press(key);
        self.counted(out)
    }

    /// Presses the keys that wait, as far as the view has caught up.
    pub(super) fn press_waiting(&mut self) -> Vec<Effect> {
        let mut out = Vec::new();
        let mut rest = std::mem::take(&mut self.waiting);
        while let Some(key) = rest.pop_front() {
            let pressed = self.press(key);
            out.extend(self.counted(pressed));
            if !self.waiting.is_empty() {
                // It waits still, or again.
                break;
            }
        }
        self.waiting.append(&mut rest);
        out
    }

    fn press(&mut self, key: KeyEvent) -> Vec<Effect> {
        let mut out = Vec::new();
        self.untouched = false;
        self.timer.pressed(&mut self.ui.flash);
        let chord = Chord::from(key);
        self.pending.push(chord);
        match self.look(chord) {
            Found::Begun => {}
            Found::Nothing => {
                let alone = self.pending.len() == 1;
                self.pending.clear();
                if let Some(next) = chord.behind_esc().filter(|_| alone) {
                    // Nobody gave that key a meaning: it was two.
                    out.extend(self.press(KeyCode::Esc.into()));
                    if self.waiting.is_empty() {
                        out.extend(self.press(next.into()));
                    } else {
                        self.waiting.push_back(next.into());
                    }
                }
            }
            Found::Typed(c) => {
                self.pending.clear();
                self.insert(c.encode_utf8(&mut [0; 4]), &mut out);
            }
            Found::Meaning(Meaning::Call(call)) if acts_on_selection(call.id) && self.is_behind() => {
                self.pending.pop();
                self.waiting.push_back(key);
            }
            Found::Meaning(meaning) => {
                self.pending.clear();
                if let Err(error) = self.obey(&meaning, &mut out) {
                    self.say(Tone::Warn, error);
                }
            }
        }
        self.refresh();
        out
    }

    /// Text was pasted: it goes where text is being typed, and nowhere else.
    pub fn on_paste(&mut self, text: &str) -> Vec<Effect> {
        let mut out = Vec::new();
        if self.scope() == Scope::Prompt {
            let text = text.trim_end_matches(['\r', '\n']);
            let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            self.insert(&line, &mut out);
            self.refresh();
        }
        self.counted(out)
    }

    fn look(&self, chord: Chord) -> Found {
        let scope = self.scope();
        let mut look = self.keymap.look_in(scope, &self.pending);
        if look == Look::Nothing {
            // What types a character types it where text is typed.
            if let (Scope::Prompt, [_], Some(c)) = (scope, self.pending.as_slice(), chord.typed()) {
                return if c.is_control() { Found::Nothing } else { Found::Typed(c) };
            }
            look = self.keymap.look(scope, &self.pending);
        }
        match look {
            Look::Nothing => Found::Nothing,
            Look::Begun => Found::Begun,
            Look::Bound(meaning) => Found::Meaning(meaning.clone()),
        }
    }

    fn obey(&mut self, meaning: &Meaning, out: &mut Vec<Effect>) -> Result<(), String> {
        match meaning {
            Meaning::Nothing => Ok(()),
            Meaning::Call(call) if call.id.command().scope == Scope::Prompt => {
                self.edit(call.id, out);
                Ok(())
            }
            // What a keymap's Esc and q mean while text is typed.
            Meaning::Call(call) if call.id == Id::Back && self.scope() == Scope::Prompt => {
                self.edit(Id::Cancel, out);
                Ok(())
            }
            Meaning::Call(call) => self.perform(call, out),
            Meaning::Line(text) => self.run(text, out),
        }
    }

    /// Does what a line of the command line says.
    pub(super) fn run(&mut self, text: &str, out: &mut Vec<Effect>) -> Result<(), String> {
        let columns = self.columns();
        let text = self.unaliased(text);
        let line = line::parse(&text, &Known::of(&self.snapshot, &columns)).map_err(|error| error.to_string())?;
        match line {
            Line::Empty => Ok(()),
            Line::Call(call) => self.perform(&call, out),
            Line::Open(open) => {
                let several = match &open.pane {
                    Some(Pane::Kind(word)) => self.snapshot.names.several(word).map(<[String]>::to_vec),
                    _ => None,
                };
                match several {
                    Some(kinds) => self.begin_pick(kinds, open),
                    None => self.open(open, out),
                }
                Ok(())
            }
        }
    }

    /// A line with the user's own word for its beginning spelt out.
    fn unaliased<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let line = text.trim().trim_start_matches(':').trim_start();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match self.aliases.get(word) {
            Some(said) => Cow::Owned(format!("{said} {rest}")),
            None => Cow::Borrowed(text),
        }
    }
}

/// Keys that may wait; more are lost.
const MOST_WAITING: usize = 256;

/// Whether a command acts on the row under the cursor or on the marked rows.
fn acts_on_selection(id: Id) -> bool {
    matches!(
        id,
        Id::Enter
            | Id::Retry
            | Id::Connect
            | Id::Yaml
            | Id::Describe
            | Id::Reveal
            | Id::Copy
            | Id::Palette
            | Id::Owner
            | Id::UsedBy
            | Id::EventsOf
            | Id::Warp
    )
}

/// What a key means here.
enum Found {
    Nothing,
    Begun,
    Typed(char),
    Meaning(Meaning),
}
