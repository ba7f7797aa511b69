//! Draws a frame: a pure function of the view's snapshot, the application's state and the theme.
//! No frames, no logo: a header, the table's title and heads, and rows.

mod canvas;
mod columns;
mod detail;
mod document;
mod empty;
mod fleet;
mod header;
mod help;
mod prompt;
mod shorten;
mod status;
mod table;
mod title;

use crate::app::ui::{Mode, Ui};
use crate::theme::Theme;
use crate::view::snapshot::Snapshot;
use canvas::Canvas;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Where the parts of a frame lie; what has no room has no lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Areas {
    header: Rect,
    title: Rect,
    heads: Rect,
    rows: Rect,
    status: Rect,
}

impl Areas {
    fn of(area: Rect, snapshot: &Snapshot) -> Areas {
        let wanted = if area.height < 10 { 1 } else { header::lines(snapshot, area.width) };
        let has = |least: u16| u16::from(area.height >= least);
        let heights = [wanted * has(6), has(5), has(4), 0, has(2)];
        let fixed: u16 = heights.iter().sum();
        let mut y = area.y;
        let mut part = |height: u16| {
            let part = Rect { y, height, ..area };
            y += height;
            part
        };
        Areas {
            header: part(wanted * has(6)),
            title: part(has(5)),
            heads: part(has(4)),
            rows: part(area.height.saturating_sub(fixed)),
            status: part(has(2)),
        }
    }
}

/// How many rows of the table fit into a terminal of this size: what the view is to be told.
pub fn data_rows(area: Rect, snapshot: &Snapshot) -> u16 {
    let areas = Areas::of(area, snapshot);
    match &snapshot.page {
        Some(page) => document::lines(areas.heads.union(areas.rows), page).height,
        None => areas.rows.height,
    }
}

/// How many cells a line of a document has in a terminal of this size.
pub fn text_width(area: Rect) -> u16 {
    area.width.saturating_sub(document::GUTTER)
}

/// Draws a frame into a blank buffer; returns where the cursor shows, if it does.
pub fn draw(area: Rect, buffer: &mut Buffer, snapshot: &Snapshot, ui: &Ui, theme: &Theme) -> Option<(u16, u16)> {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return None;
    }
    let cursor = parts(area, &mut Canvas::new(buffer, theme), snapshot, ui);
    for position in area.positions() {
        if let Some(cell) = buffer.cell_mut(position)
            && let Some(other) = theme.glyphs.instead(cell.symbol())
        {
            cell.set_symbol(other);
        }
    }
    cursor
}

fn parts(area: Rect, canvas: &mut Canvas<'_>, snapshot: &Snapshot, ui: &Ui) -> Option<(u16, u16)> {
    let areas = Areas::of(area, snapshot);
    header::draw(canvas, areas.header, snapshot, ui);
    if let Mode::Help(help) = &ui.mode {
        let below = Rect { height: area.bottom() - areas.title.y, ..areas.title };
        help::draw(canvas, below, help);
        return None;
    }
    if let Some(page) = &snapshot.page {
        document::draw(canvas, areas.title, areas.heads.union(areas.rows), snapshot, page);
        return match &ui.mode {
            Mode::Command(line) => prompt::draw(canvas, areas.rows, areas.status, ":", line, snapshot),
            Mode::Filter(line) => prompt::draw(canvas, areas.rows, areas.status, "/", line, snapshot),
            Mode::Table | Mode::Help(_) => {
                document::status(canvas, areas.status, snapshot, page, ui);
                None
            }
        };
    }
    let columns = columns::lay_out(snapshot, area.width);
    title::draw(canvas, areas.title, snapshot, &columns);
    if snapshot.window.rows.is_empty() {
        empty::draw(canvas, areas.heads.union(areas.rows), snapshot);
    } else {
        table::heads(canvas, areas.heads, &snapshot.window, &columns);
        table::rows(canvas, areas.rows, snapshot, &columns);
    }
    match &ui.mode {
        Mode::Command(line) => prompt::draw(canvas, areas.rows, areas.status, ":", line, snapshot),
        Mode::Filter(line) => prompt::draw(canvas, areas.rows, areas.status, "/", line, snapshot),
        Mode::Table | Mode::Help(_) => {
            status::draw(canvas, areas.rows, areas.status, snapshot, ui, &columns);
            None
        }
    }
}

#[cfg(test)]
mod fixtures;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
