//! Typing: the command line and the filter.

use super::ui::{Candidate, Mode, Prompt};
use super::{App, Effect};
use crate::command::complete::complete;
use crate::command::known::Known;
use crate::command::table::Id;
use crate::view::spec::{Read, ViewCommand};
use unicode_segmentation::UnicodeSegmentation as _;

/// How many lines are remembered.
const MOST: usize = 100;

/// What is known of the line beside what the screen shows of it.
#[derive(Clone, Debug, Default)]
pub struct Editor {
    /// The filter when the prompt was opened.
    pub filter_before: String,
    /// Where the candidates' word begins.
    start: usize,
    /// Lines run, and filters kept.
    commands: Vec<String>,
    filters: Vec<String>,
    /// How many lines back the text comes from, and the text before that.
    back: usize,
    draft: String,
}

impl Editor {
    /// A line is begun.
    pub fn begin(&mut self) {
        self.back = 0;
        self.draft.clear();
        self.start = 0;
    }
}

fn remember(lines: &mut Vec<String>, line: &str) {
    if line.is_empty() {
        return;
    }
    lines.retain(|other| other != line);
    lines.push(line.to_owned());
    if lines.len() > MOST {
        lines.remove(0);
    }
}

impl App {
    fn prompt_mut(&mut self) -> Option<&mut Prompt> {
        match &mut self.ui.mode {
            Mode::Command(prompt) | Mode::Filter(prompt) => Some(prompt),
            Mode::Palette(open) => Some(&mut open.prompt),
            Mode::Help(help) => Some(&mut help.search).filter(|_| help.typing),
            Mode::Table => None,
        }
    }

    /// Types text at the cursor.
    pub(super) fn insert(&mut self, text: &str, out: &mut Vec<Effect>) {
        if let Some(prompt) = self.prompt_mut() {
            prompt.text.insert_str(prompt.cursor, text);
            prompt.cursor += text.len();
            self.changed(out);
        }
    }

    /// Does a command of the prompt.
    pub(super) fn edit(&mut self, id: Id, out: &mut Vec<Effect>) {
        let is_command = matches!(self.ui.mode, Mode::Command(_));
        if matches!(self.ui.mode, Mode::Palette(_)) {
            match id {
                Id::Earlier | Id::CompletePrevious => return self.choose(-1),
                Id::Later => return self.choose(1),
                Id::CompleteNext => return self.complete_palette(),
                _ => {}
            }
        }
        let Some(prompt) = self.prompt_mut() else { return };
        let (before, after) = prompt.text.split_at(prompt.cursor);
        let left = before.grapheme_indices(true).next_back().map_or(0, |(at, _)| at);
        let right = prompt.cursor + after.graphemes(true).next().map_or(0, str::len);
        let stem = before.trim_end();
        let blank = stem.char_indices().rev().find(|(_, c)| c.is_whitespace());
        let word = blank.map_or(0, |(at, c)| at + c.len_utf8());
        let ahead = after.len() - after.trim_start().len();
        let next = after.trim_start().find(char::is_whitespace).map_or(after.len(), |at| ahead + at);
        let next = prompt.cursor + next;
        let (cursor, is_at_end, is_empty) = (prompt.cursor, after.is_empty(), prompt.text.is_empty());
        match id {
            Id::Accept => self.accept(out),
            Id::Cancel => self.cancel(out),
            Id::Left => self.place(left),
            Id::Right if is_command && is_at_end => self.take_candidate(out),
            Id::Right => self.place(right),
            Id::LineStart => self.place(0),
            Id::LineEnd => self.place(usize::MAX),
            Id::ClearLine => self.delete(0, usize::MAX, out),
            Id::DeleteLeft if is_empty => self.cancel(out),
            Id::DeleteLeft => self.delete(left, cursor, out),
            Id::DeleteRight => self.delete(cursor, right, out),
            Id::DeleteWord => self.delete(word, cursor, out),
            Id::DeleteWordRight => self.delete(cursor, next, out),
            Id::WordLeft => self.place(word),
            Id::WordRight => self.place(next),
            Id::CompleteNext => self.cycle(1),
            Id::CompletePrevious => self.cycle(-1),
            Id::Earlier => self.recall(1, out),
            Id::Later => self.recall(-1, out),
            _ => {}
        }
    }

    /// The text has changed: a filter is tried, a command completed.
    fn changed(&mut self, out: &mut Vec<Effect>) {
        let Some(prompt) = self.prompt_mut() else { return };
        prompt.error = None;
        let text = prompt.text.clone();
        match self.ui.mode {
            Mode::Filter(_) => self.set_filter(text.trim(), out),
            Mode::Palette(_) => self.search_palette(),
            Mode::Help(_) => self.lay_out_help(),
            _ => self.offer_again(),
        }
    }

    /// Looks up what could stand at the cursor of the command line.
    pub(super) fn offer_again(&mut self) {
        let columns = self.columns();
        let Mode::Command(prompt) = &mut self.ui.mode else { return };
        let before = prompt.text.get(..prompt.cursor).unwrap_or_default();
        let found = complete(before, &Known::of(&self.snapshot, &columns));
        self.editor.start = found.start;
        prompt.chosen = None;
        prompt.candidates =
            found.items.into_iter().map(|item| Candidate { text: item.text, about: item.about }).collect();
    }

    fn place(&mut self, cursor: usize) {
        if let Some(prompt) = self.prompt_mut() {
            prompt.cursor = cursor.min(prompt.text.len());
            self.offer_again();
        }
    }

    fn delete(&mut self, from: usize, to: usize, out: &mut Vec<Effect>) {
        if let Some(prompt) = self.prompt_mut() {
            let to = to.min(prompt.text.len());
            if from < to {
                prompt.text.replace_range(from..to, "");
                prompt.cursor = from;
                self.changed(out);
            }
        }
    }

    /// Puts the next candidate into the text.
    fn cycle(&mut self, step: isize) {
        let start = self.editor.start;
        let Mode::Command(prompt) = &mut self.ui.mode else { return };
        let Ok(count @ 1..) = isize::try_from(prompt.candidates.len()) else { return };
        let next = match prompt.chosen {
            Some(at) => (at as isize + step).rem_euclid(count),
            None if step > 0 => 0,
            None => count - 1,
        };
        let next = next.unsigned_abs();
        if let Some(candidate) = prompt.candidates.get(next) {
            prompt.text.replace_range(start..prompt.cursor, &candidate.text);
            prompt.cursor = start + candidate.text.len();
            prompt.chosen = Some(next);
            prompt.error = None;
        }
    }

    /// Takes the chosen candidate, else the first, and goes on to the next word.
    fn take_candidate(&mut self, out: &mut Vec<Effect>) {
        if let Mode::Command(Prompt { chosen: None, .. }) = self.ui.mode {
            self.cycle(1);
        }
        if matches!(self.ui.mode, Mode::Command(Prompt { chosen: Some(_), .. })) {
            self.insert(" ", out);
        }
    }

    /// Brings back a line typed earlier, or one typed later.
    fn recall(&mut self, step: isize, out: &mut Vec<Effect>) {
        if matches!(self.ui.mode, Mode::Help(_)) {
            return;
        }
        let lines = match self.ui.mode {
            Mode::Filter(_) => &self.editor.filters,
            _ => &self.editor.commands,
        };
        let Some(back) = self.editor.back.checked_add_signed(step).filter(|back| *back <= lines.len()) else { return };
        let line = lines.len().checked_sub(back).and_then(|at| lines.get(at)).cloned();
        let was = std::mem::replace(&mut self.editor.back, back);
        let draft = self.editor.draft.clone();
        let Some(prompt) = self.prompt_mut() else { return };
        let typed = std::mem::replace(&mut prompt.text, line.unwrap_or(draft));
        prompt.cursor = prompt.text.len();
        if was == 0 {
            self.editor.draft = typed;
        }
        self.changed(out);
    }

    fn cancel(&mut self, out: &mut Vec<Effect>) {
        if matches!(self.ui.mode, Mode::Help(_)) {
            return self.end_help_search(false);
        }
        if matches!(std::mem::take(&mut self.ui.mode), Mode::Filter(_)) {
            let before = std::mem::take(&mut self.editor.filter_before);
            self.set_filter(&before, out);
        }
    }

    fn accept(&mut self, out: &mut Vec<Effect>) {
        match &self.ui.mode {
            Mode::Help(_) => return self.end_help_search(true),
            Mode::Palette(_) => {
                if let Err(why) = self.accept_palette(out) {
                    self.say(crate::model::draft::Tone::Warn, why);
                }
                return;
            }
            _ => {}
        }
        match std::mem::take(&mut self.ui.mode) {
            // What is not valid is not kept: it can be mended where it stands.
            Mode::Filter(prompt) if prompt.error.is_some() => self.ui.mode = Mode::Filter(prompt),
            Mode::Filter(prompt) => {
                remember(&mut self.editor.filters, prompt.text.trim());
                if self.page().is_some() {
                    out.push(Effect::View(ViewCommand::Read(Read::Settle)));
                }
            }
            Mode::Command(mut prompt) => match self.run(&prompt.text, out) {
                Ok(()) => remember(&mut self.editor.commands, prompt.text.trim()),
                Err(error) => {
                    prompt.error = Some(error);
                    self.ui.mode = Mode::Command(prompt);
                }
            },
            other => self.ui.mode = other,
        }
    }
}
