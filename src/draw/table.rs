//! The table's heads and rows.

use super::canvas::Canvas;
use super::columns::{self, CLUSTER, Column, Columns, GUTTER};
use super::empty;
use crate::kinds::short_of;
use crate::model::draft::Tone;
use crate::model::state::Phase;
use crate::text::width::{truncate, truncate_middle, width};
use crate::theme::Scope;
use crate::view::snapshot::{Head, Snapshot, Window, WindowRow};
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;

/// Columns of identity wider than this together are not highlighted whole.
const WIDE: u16 = 130;

pub(super) fn heads(canvas: &mut Canvas<'_>, area: Rect, window: &Window, columns: &Columns) {
    for column in &columns.shown {
        let Some(head) = window.heads.get(column.index).filter(|_| !area.is_empty()) else { continue };
        let sort = window.sort.as_ref().filter(|sort| sort.column == head.title);
        let glyphs = canvas.theme.glyphs;
        let (arrow, scope) = match sort {
            Some(sort) => (if sort.descending { glyphs.down } else { glyphs.up }, Scope::HeadSorted),
            None => ("", Scope::Head),
        };
        let text = format!("{}{arrow}", columns::title(&head.title, column.width.saturating_sub(width(arrow))));
        let x = if head.numeric { column.x + column.width.saturating_sub(width(&text)) } else { column.x };
        canvas.put(area.x + x, area.y, area.right(), &text, canvas.style(scope));
    }
}

pub(super) fn rows(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, columns: &Columns) {
    let window = &snapshot.window;
    let mut above: Option<&WindowRow> = None;
    for (line, row) in window.rows.iter().take(usize::from(area.height)).enumerate() {
        let y = area.y + line as u16;
        let chosen = window.cursor == Some(window.offset + line);
        gutter(canvas, area.x, y, row, chosen);
        for column in &columns.shown {
            let (Some(head), Some(cell)) = (window.heads.get(column.index), row.cells.get(column.index)) else {
                continue;
            };
            let repeated = head.repeats && above.and_then(|row| row.cells.get(column.index)) == Some(cell);
            let style = cell_style(canvas, row, head, columns.status == Some(column.index), repeated && !chosen);
            let text = match columns.clusters.get(cell.as_str()).filter(|_| head.title == CLUSTER) {
                Some(short) => Cow::Borrowed(short.as_str()),
                None => fit(cell, head, column.width),
            };
            let lead = if head.numeric { column.width.saturating_sub(width(&text)) } else { 0 };
            let x = area.x + column.x;
            canvas.put(x + lead, y, (x + column.width).min(area.right()), &text, style);
        }
        if chosen {
            highlight(canvas, area, y, window, columns);
        }
        above = Some(row);
    }
    let used = window.rows.len().min(usize::from(area.height)) as u16;
    let below = Rect { y: area.y + used, height: area.height - used, ..area };
    if below.height > 2 {
        empty::notes(canvas, Rect { y: below.y + 1, height: below.height - 1, ..below }, snapshot);
    }
}

/// The text of a cell in the width of its column.
pub(super) fn fit<'a>(cell: &'a str, head: &Head, limit: u16) -> Cow<'a, str> {
    if head.title == "OBJECT" && width(cell) > limit {
        return object(cell, limit);
    }
    if head.identity && !head.repeats { truncate_middle(cell, limit) } else { truncate(cell, limit) }
}

/// What an event is about, `replicaset/web-74666d8657`: its kind gives way to the short name before the name does.
fn object(cell: &str, limit: u16) -> Cow<'_, str> {
    let parts = cell.split_once('/').and_then(|(kind, name)| Some((short_of(kind)?, name)));
    match parts {
        Some((short, name)) => {
            let room = limit.saturating_sub(width(short) + 1);
            Cow::Owned(format!("{short}/{}", truncate_middle(name, room)))
        }
        None => truncate_middle(cell, limit),
    }
}

fn gutter(canvas: &mut Canvas<'_>, x: u16, y: u16, row: &WindowRow, chosen: bool) {
    let glyphs = canvas.theme.glyphs;
    if chosen {
        canvas.put(x, y, x + 1, glyphs.cursor, canvas.style(Scope::CursorMark));
    }
    let (glyph, style) = match row.tone {
        _ if row.marked => (glyphs.mark, canvas.style(Scope::Mark)),
        // How it fares was true once: that it is so no longer must be seen without colour, too.
        _ if row.stale => (glyphs.phase(Phase::Stale), canvas.style(Scope::Stale)),
        tone @ (Tone::Warn | Tone::Bad) => (glyphs.tone(tone), canvas.theme.tone(tone)),
        _ => return,
    };
    canvas.put(x + 1, y, x + 2, glyph, style);
}

fn cell_style(canvas: &Canvas<'_>, row: &WindowRow, head: &Head, status: bool, repeated: bool) -> Style {
    match row.tone {
        _ if row.stale => canvas.style(Scope::Stale),
        tone if status => canvas.theme.tone(tone),
        _ if repeated => canvas.style(Scope::Repeat),
        _ if head.identity => canvas.style(if row.marked { Scope::Mark } else { Scope::Identity }),
        _ => canvas.style(Scope::Text),
    }
}

/// Highlights what identifies the row, never the whole line: a step of the cursor must be cheap on a
/// slow link. Where that alone is wide, the name has to do.
fn highlight(canvas: &mut Canvas<'_>, area: Rect, y: u16, window: &Window, columns: &Columns) {
    let cursor = canvas.style(Scope::Cursor);
    let end = if columns.identity_end > WIDE { GUTTER } else { columns.identity_end.min(area.width) };
    canvas.tint(Rect { x: area.x + 1, y, width: end.saturating_sub(1), height: 1 }, cursor);
    let apart = |column: &&Column| {
        let head = window.heads.get(column.index);
        column.x >= end && head.is_some_and(|head| head.identity && !head.repeats)
    };
    for column in columns.shown.iter().filter(apart) {
        canvas.tint(Rect { x: area.x + column.x, y, width: column.width, height: 1 }.intersection(area), cursor);
    }
}
