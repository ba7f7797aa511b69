//! The palette: what is typed on top, what fits below, and what the chosen one does at the foot.

use super::canvas::{Canvas, Piece};
use crate::app::ui::{Palette, PaletteItem};
use crate::text::catalog::Text;
use crate::text::width::{pad, tail, truncate_middle, width, wrap};
use crate::theme::Scope;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation as _;

/// Items on the screen at once.
const MOST: u16 = 16;
/// Its lines grow to this.
const WIDEST: u16 = 110;
/// The name's column grows to this part of the popup, in hundredths.
const NAME: u16 = 42;
/// Lines of what the chosen one does.
const FOOT: u16 = 3;

/// Draws over `area`; returns where the cursor shows.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, palette: &Palette) -> Option<(u16, u16)> {
    if area.height < 2 || area.width < 20 {
        return None;
    }
    let foot = if area.height > FOOT + 4 { FOOT } else { 0 };
    let shown = area.height.saturating_sub(1 + foot).min(MOST).min(palette.items.len().max(1) as u16);
    // Over the whole width: without colours, what is left beside it would read as a part of it.
    let ground = Rect { height: 1 + shown + foot, ..area };
    canvas.clear(ground, canvas.style(Scope::Popup));
    let popup = Rect { width: area.width.min(WIDEST), ..ground };
    let cursor = line(canvas, popup, palette);
    let list = Rect { y: popup.y + 1, height: shown, ..popup };
    if palette.items.is_empty() {
        canvas.put(list.x + 2, list.y, list.right(), Text::PaletteNone.get(), canvas.style(Scope::PopupDim));
    } else {
        items(canvas, list, palette);
    }
    if let Some(chosen) = palette.items.get(palette.chosen).filter(|_| foot > 0) {
        about(canvas, Rect { y: list.bottom(), height: foot, ..popup }, chosen);
    }
    Some(cursor)
}

/// What is typed, and how many things fit it.
fn line(canvas: &mut Canvas<'_>, popup: Rect, palette: &Palette) -> (u16, u16) {
    let ground = canvas.style(Scope::Popup);
    let chosen = if palette.items.is_empty() { 0 } else { palette.chosen + 1 };
    let count = format!("{chosen}/{} ", palette.total);
    canvas.put_right(popup.right(), popup.y, &count, canvas.style(Scope::PopupDim));
    let end = popup.right().saturating_sub(width(&count) + 1);
    let mark = ground.patch(canvas.style(Scope::PromptMark));
    let x = canvas.put(popup.x + 1, popup.y, end, "> ", mark);
    let text = ground.patch(canvas.style(Scope::Prompt));
    let prompt = &palette.prompt;
    if prompt.text.is_empty() {
        canvas.put(x + 2, popup.y, end, Text::PaletteHint.get(), canvas.style(Scope::PopupDim));
        return (x, popup.y);
    }
    let (before, after) = prompt.text.split_at_checked(prompt.cursor).unwrap_or((&prompt.text, ""));
    let cursor = canvas.put(x, popup.y, end, tail(before, end.saturating_sub(x + 1)), text);
    canvas.put(cursor, popup.y, end, after, text);
    (cursor.min(end), popup.y)
}

fn items(canvas: &mut Canvas<'_>, list: Rect, palette: &Palette) {
    let height = usize::from(list.height);
    let first = (palette.chosen + 1).saturating_sub(height);
    let shown: Vec<(usize, &PaletteItem)> = palette.items.iter().enumerate().skip(first).take(height).collect();
    let most = |text: fn(&PaletteItem) -> &String, limit: u16| {
        shown.iter().map(|(_, item)| width(text(item))).max().unwrap_or(0).min(limit)
    };
    let names = most(|item| &item.text, u16::try_from(u32::from(list.width) * u32::from(NAME) / 100).unwrap_or(20));
    let abouts = most(|item| &item.about, 10);
    for (y, (at, item)) in (list.y..list.bottom()).zip(shown) {
        let row = Rect { y, height: 1, ..list };
        let chosen = at == palette.chosen;
        let ground = canvas.style(if chosen { Scope::PopupChosen } else { Scope::Popup });
        let dim = if chosen { ground } else { canvas.style(Scope::PopupDim) };
        canvas.clear(row, ground);
        let glyphs = canvas.theme.glyphs;
        if chosen {
            canvas.put(row.x, y, row.right(), glyphs.cursor, ground);
        }
        let name = if item.why_not.is_some() { dim } else { ground };
        canvas.put_all(row.x + 2, y, row.x + 2 + names, &marked(canvas, item, names, name));
        let x = canvas.put(row.x + 2 + names + 2, y, row.right(), &pad(&item.about, abouts), dim);
        let end = row.right().saturating_sub(width(&item.keys) + 2);
        let (text, style) = match &item.why_not {
            Some(why) => (format!("{} {why}", glyphs.bad), dim.patch(canvas.style(Scope::StatusWarn))),
            None => (item.doc.clone(), dim),
        };
        canvas.put(x + 2, y, end.saturating_sub(1), &text, if chosen { ground } else { style });
        let keys = if chosen { ground } else { ground.patch(canvas.style(Scope::Key)) };
        canvas.put_right(row.right().saturating_sub(1), y, &item.keys, keys);
    }
}

/// The name, with what was asked for in it standing out; cut names show no marks.
fn marked(canvas: &Canvas<'_>, item: &PaletteItem, limit: u16, style: ratatui::style::Style) -> Vec<Piece> {
    if width(&item.text) > limit {
        return vec![Piece::new(truncate_middle(&item.text, limit), style)];
    }
    let hit = style.patch(canvas.style(Scope::Match));
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = 0;
    for grapheme in item.text.graphemes(true) {
        let chars = grapheme.chars().count();
        let is_hit = (at..at + chars).any(|char| item.marks.binary_search(&char).is_ok());
        at += chars;
        let style = if is_hit { hit } else { style };
        match pieces.last_mut() {
            Some(last) if last.style == style => last.text.push_str(grapheme),
            _ => pieces.push(Piece::new(grapheme, style)),
        }
    }
    pieces
}

/// What the chosen one does, or why it does not, whole.
fn about(canvas: &mut Canvas<'_>, area: Rect, item: &PaletteItem) {
    let (text, style) = match &item.why_not {
        Some(why) => (
            format!("{} {why}", canvas.theme.glyphs.bad),
            canvas.style(Scope::Popup).patch(canvas.style(Scope::StatusWarn)),
        ),
        None => (item.doc.clone(), canvas.style(Scope::PopupDim)),
    };
    let lines = wrap(&text, area.width.saturating_sub(4));
    for (y, line) in (area.y..area.bottom()).zip(&lines) {
        canvas.put(area.x + 2, y, area.right(), line, style);
    }
}
