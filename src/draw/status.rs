//! The last line: a message, else what is cut in the row under the cursor, then the keys.

use super::canvas::{Canvas, INDENT, Piece};
use super::{detail, title};
use crate::app::ui::{Hint, Ui};
use crate::model::draft::Tone;
use crate::text::width::{width, wrap};
use crate::theme::Scope;
use crate::view::snapshot::{Snapshot, Window};
use ratatui::layout::Rect;

/// What is cut takes this many lines at most; in a wide view more, for what has no column.
const MOST: usize = 4;
const MOST_WIDE: usize = 6;

/// Draws it; `cut` is what is cut in the row under the cursor.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    rows: Rect,
    area: Rect,
    snapshot: &Snapshot,
    ui: &Ui,
    cut: Vec<[Piece; 2]>,
) {
    if area.is_empty() {
        return;
    }
    let window = &snapshot.window;
    let left = area.x + INDENT;
    let place = place(window);
    canvas.put_right(area.right(), area.y, &place, canvas.style(Scope::Dim));
    let right = area.right().saturating_sub(width(&place) + 2);
    let message = match (&ui.flash, &window.filter_error) {
        (Some(flash), _) => Some((flash.tone, &flash.text)),
        (None, Some(error)) => Some((Tone::Bad, error)),
        (None, None) => None,
    };
    if let Some((tone, text)) = message {
        let text = format!("{} {text}", title::glyph(canvas, tone));
        if width(&text) <= right.saturating_sub(left) {
            canvas.put(left, area.y, right, &text, canvas.theme.tone(tone));
        } else {
            long(canvas, rows, area, window, &text, tone);
        }
        return;
    }
    let mut lines = detail::lines(cut, right.saturating_sub(left));
    let mut x = left;
    match (lines.pop(), lines.is_empty()) {
        (Some(only), true) => x = canvas.put_all(x, area.y, right, &only) + 3,
        (Some(last), false) => {
            lines.push(last);
            // Where the cursor is stays to be seen.
            if over(canvas, rows, area, window, lines) {
                let style = canvas.style(Scope::Popup).patch(canvas.style(Scope::Dim));
                canvas.put_right(area.right(), area.y, &place, style);
            }
            return;
        }
        (None, _) => {}
    }
    // The keys that go on with a sequence stand above.
    let shown = if ui.pending.is_empty() { fitting(&ui.hints, right.saturating_sub(x)) } else { Vec::new() };
    hints(canvas, x, area.y, right, &shown);
}

/// `12/15000`, so that it is plain where the window lies.
fn place(window: &Window) -> String {
    match window.cursor {
        Some(cursor) if !window.rows.is_empty() => format!("{}/{} ", cursor + 1, window.matched),
        _ => String::new(),
    }
}

/// As many hints as fit, most useful first; the one for help stays.
pub(super) fn fitting(hints: &[Hint], room: u16) -> Vec<&Hint> {
    let takes = |hint: &Hint| width(&hint.keys) + width(&hint.label) + 4;
    let help = hints.iter().find(|hint| hint.keys == "?");
    let mut left = (room + 3).saturating_sub(help.map_or(0, takes));
    let mut shown = Vec::new();
    for hint in hints.iter().filter(|hint| Some(*hint) != help) {
        if takes(hint) > left {
            break;
        }
        left -= takes(hint);
        shown.push(hint);
    }
    shown.extend(help);
    shown
}

pub(super) fn hints(canvas: &mut Canvas<'_>, mut x: u16, y: u16, right: u16, hints: &[&Hint]) {
    for hint in hints {
        x = canvas.put(x, y, right, &hint.keys, canvas.style(Scope::Key));
        x = canvas.put(x + 1, y, right, &hint.label, canvas.style(Scope::Label)) + 3;
    }
}

/// A message that is too long for the line goes over rows, away from the cursor.
fn long(canvas: &mut Canvas<'_>, rows: Rect, area: Rect, window: &Window, text: &str, tone: Tone) {
    let style = canvas.style(Scope::Popup).patch(canvas.theme.tone(tone));
    let lines: Vec<_> = wrap(text, area.width.saturating_sub(2 * INDENT));
    let lines = lines.into_iter().map(|line| vec![Piece::new(line, style)]).collect();
    over(canvas, rows, area, window, lines);
}

/// What is too long for the line goes over rows, away from the cursor; says whether its end lies on the line itself.
fn over(canvas: &mut Canvas<'_>, rows: Rect, area: Rect, window: &Window, mut lines: Vec<Vec<Piece>>) -> bool {
    lines.truncate(if window.wide { MOST_WIDE } else { MOST });
    let above = (lines.len() as u16 - 1).min(rows.height);
    let line = window.cursor.map_or(0, |cursor| cursor.saturating_sub(window.offset)) as u16;
    let hidden = line >= rows.height.saturating_sub(above);
    let top = if hidden { rows.y } else { area.y - above };
    let height = if hidden { lines.len() as u16 } else { above + 1 };
    canvas.clear(Rect { y: top, height, ..area }, canvas.style(Scope::Popup));
    for (y, pieces) in (top..).zip(&mut lines) {
        let ground = canvas.style(Scope::Popup);
        for piece in pieces.iter_mut() {
            piece.style = ground.patch(piece.style);
        }
        canvas.put_all(area.x + INDENT, y, area.right(), pieces);
    }
    !hidden
}
