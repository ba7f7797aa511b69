//! What went wrong beside the tables: said when it happens, and again whenever `:errors` asks.

use super::App;
use super::ui::{Help, HelpSection, Hint, Mode};
use crate::model::draft::Tone;
use crate::text::catalog::Text;
use crate::text::sanitize::sanitize;

/// More are not kept: the log has them.
const MOST: usize = 100;

impl App {
    /// Takes in sentences that the reader should see. The first stays on the screen until a key is
    /// pressed, unless something worse stands there.
    pub fn heed(&mut self, sentences: Vec<String>) {
        let known = self.ui.notices.len();
        for sentence in sentences {
            let sentence = sanitize(&sentence).into_owned();
            if self.ui.notices.len() < MOST && !self.ui.notices.contains(&sentence) {
                self.ui.notices.push(sentence);
            }
        }
        let new = self.ui.notices.get(known..).unwrap_or_default();
        let Some(first) = new.first() else { return };
        // Where it is long, its end is what gives way.
        let text = Text::ErrorsSaid.with(&[&new.len().to_string(), first]);
        if self.ui.flash.as_ref().is_none_or(|flash| flash.tone < Tone::Bad) {
            self.say_until_pressed(Tone::Warn, text);
        }
    }

    /// Everything that went wrong, one below the other.
    pub(super) fn show_errors(&mut self) {
        let all: Vec<&String> = self.ui.problems.iter().chain(&self.ui.notices).collect();
        let line = |text: &str| Hint { keys: String::new(), label: text.to_owned() };
        let entries = match all.as_slice() {
            [] => vec![line(Text::ErrorsNone.get())],
            all => all.iter().map(|text| line(text)).collect(),
        };
        let sections = vec![HelpSection { title: String::new(), entries }];
        self.ui.mode = Mode::Help(Help { title: Text::ErrorsTitle.get().to_owned(), sections, prose: true, scroll: 0 });
    }
}
