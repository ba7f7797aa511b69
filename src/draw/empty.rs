//! What stands where rows would: why there are none, and what to do. What may not be listed never
//! looks like nothing.

use super::canvas::{Canvas, fill};
use super::columns::GUTTER;
use super::title::{glyph, sentence};
use crate::model::state::Phase;
use crate::text::catalog::Text;
use crate::text::width::{width, wrap};
use crate::theme::Scope;
use crate::view::page;
use crate::view::snapshot::{Completeness, Note, Snapshot};
use ratatui::layout::Rect;
use ratatui::style::Style;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot) {
    let window = &snapshot.window;
    let top = Rect { y: area.y + area.height.min(2), height: area.height.saturating_sub(2), ..area };
    let mut page = Page { canvas, area: top };
    let text = page.canvas.style(Scope::Text);
    let kind = if window.kind.is_empty() { Text::Pods.get() } else { &window.kind };
    if snapshot.clusters.is_empty() {
        page.say(Text::EmptyFleet.get(), text);
        page.gap();
        page.notes(snapshot);
        page.hint(Text::EmptyFleetHint);
    } else if window.total > 0 {
        let mut line = fill(Text::EmptyNoMatch, &[&window.total.to_string(), kind]);
        line.push_str("  ");
        let x = page.say(&line, text);
        let y = page.area.y.saturating_sub(1);
        let filter = page.canvas.style(Scope::Match);
        page.canvas.put(x, y, area.right(), &format!("/{}", window.filter), filter);
        page.gap();
        page.hint(Text::EmptyNoMatchHint);
        page.gap();
        page.notes(snapshot);
    } else {
        match window.completeness {
            Completeness::Waiting => {
                page.say(Text::EmptyWaiting.get(), text);
                page.gap();
                page.clusters(snapshot);
                page.gap();
                page.notes(snapshot);
                page.hint(Text::EmptyNotShownHint);
            }
            Completeness::Loading => {
                page.say(&fill(Text::EmptyLoading, &[kind]), text);
                if let Some(expected) = window.expected {
                    page.say(&fill(Text::EmptyExpected, &[&expected.to_string()]), text);
                }
                page.gap();
                page.clusters(snapshot);
                page.notes(snapshot);
            }
            Completeness::Complete => {
                let line = if window.scope.is_empty() {
                    fill(Text::EmptyNone, &[kind])
                } else {
                    fill(Text::EmptyNoneIn, &[kind, &window.scope])
                };
                page.say(&line, text);
                page.gap();
                page.notes(snapshot);
                page.hint(Text::EmptyNoneHint);
            }
            Completeness::Partial => {
                page.say(&fill(Text::EmptyNotShown, &[kind]), text);
                page.gap();
                page.notes(snapshot);
                page.hint(Text::EmptyNotShownHint);
            }
        }
    }
}

/// An object that is to be read, and is not here.
pub(super) fn document(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, page: &page::Page) {
    let top = Rect { y: area.y + area.height.min(2), height: area.height.saturating_sub(2), ..area };
    let mut lines = Page { canvas, area: top };
    let text = lines.canvas.style(Scope::Text);
    let name = super::document::name(page);
    let said = if page.notes.is_empty() { Text::EmptyPage } else { Text::EmptyPageNot };
    lines.say(&fill(said, &[&name]), text);
    lines.gap();
    lines.notes_of(&page.notes, snapshot);
    lines.hint(Text::EmptyPageHint);
}

/// The notes in full, as far as there is room.
pub(super) fn notes(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot) {
    Page { canvas, area }.notes(snapshot);
}

struct Page<'a, 'b> {
    canvas: &'a mut Canvas<'b>,
    /// What is left of it.
    area: Rect,
}

impl Page<'_, '_> {
    /// Writes a line; returns where it ends.
    fn say(&mut self, text: &str, style: Style) -> u16 {
        if self.area.is_empty() {
            return self.area.right();
        }
        let x = self.canvas.put(self.area.x + GUTTER, self.area.y, self.area.right(), text, style);
        self.gap();
        x
    }

    fn gap(&mut self) {
        if self.area.height > 0 {
            self.area.y += 1;
            self.area.height -= 1;
        }
    }

    fn hint(&mut self, text: Text) {
        let mut x = self.area.x + GUTTER;
        let (key, label) = (self.canvas.style(Scope::Key), self.canvas.style(Scope::Label));
        for (i, part) in text.get().split("     ").enumerate() {
            let (keys, does) = part.split_once("  ").unwrap_or((part, ""));
            if self.area.is_empty() {
                return;
            }
            x = if i > 0 { x + 4 } else { x };
            x = self.canvas.put(x, self.area.y, self.area.right(), keys, key);
            x = self.canvas.put(x + 1, self.area.y, self.area.right(), does.trim(), label);
        }
        self.gap();
    }

    /// The clusters of the scope that are not live, each with its reason.
    fn clusters(&mut self, snapshot: &Snapshot) {
        let noted =
            |at: usize| snapshot.window.notes.iter().any(|note| note.cluster.is_some_and(|id| usize::from(id.0) == at));
        let odd = snapshot
            .clusters
            .iter()
            .enumerate()
            .filter(|(at, line)| line.in_scope && line.state.phase != Phase::Live && !noted(*at));
        for (_, line) in odd {
            let phase = line.state.phase;
            let mut text = format!("{} {} {}", self.canvas.theme.glyphs.phase(phase), line.name, phase.word());
            if !line.state.reason.is_empty() {
                text = format!("{text}: {}", line.state.reason);
            }
            let style = self.canvas.theme.phase(phase);
            self.wrapped(&text, style);
        }
    }

    fn notes(&mut self, snapshot: &Snapshot) {
        self.notes_of(&snapshot.window.notes, snapshot);
    }

    fn notes_of(&mut self, notes: &[Note], snapshot: &Snapshot) {
        if notes.is_empty() {
            return;
        }
        for note in notes {
            let text = format!("{} {}", glyph(self.canvas, note.tone), sentence(note, snapshot));
            let style = self.canvas.theme.tone(note.tone);
            self.wrapped(&text, style);
        }
        self.gap();
    }

    /// Writes a sentence whole; the glyph that it begins with stands out to the left.
    fn wrapped(&mut self, text: &str, style: Style) {
        let (glyph, rest) = text.split_once(' ').unwrap_or(("", text));
        let room = self.area.width.saturating_sub(GUTTER + 1).max(10);
        for (i, line) in wrap(rest, room).iter().enumerate() {
            if i == 0 && !self.area.is_empty() {
                self.canvas.put(
                    self.area.x + GUTTER - 2,
                    self.area.y,
                    self.area.x + GUTTER - 2 + width(glyph),
                    glyph,
                    style,
                );
            }
            self.say(line, style);
        }
    }
}
