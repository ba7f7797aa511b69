//! Draws a frame: a pure function of the view's snapshot, the application's state and the theme.
//! No frames, no logo: a header, the table's title and heads, and rows.

mod banner;
mod canvas;
mod columns;
mod detail;
mod document;
mod empty;
mod fleet;
mod header;
mod help;
mod palette;
mod prompt;
mod shorten;
mod status;
mod table;
mod title;
mod which;

use crate::app::ui::{Mode, Ui};
use crate::theme::Theme;
use crate::view::snapshot::Snapshot;
use canvas::Canvas;
use ratatui::buffer::{Buffer, CellWidth as _};
use ratatui::layout::Rect;

/// Where the parts of a frame lie; what has no room has no lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Areas {
    header: Rect,
    banner: Rect,
    title: Rect,
    heads: Rect,
    rows: Rect,
    status: Rect,
}

impl Areas {
    fn of(area: Rect, snapshot: &Snapshot, ui: &Ui) -> Areas {
        let wanted = match header::lines(snapshot, area.width) {
            _ if ui.no_header => 0,
            _ if area.height < 10 => 1,
            lines => lines,
        };
        let has = |least: u16| u16::from(area.height >= least);
        let banner = banner::lines(area, snapshot, ui);
        let heights = [wanted * has(6), banner, has(5), has(4), 0, has(2)];
        let fixed: u16 = heights.iter().sum();
        let mut y = area.y;
        let mut part = |height: u16| {
            let part = Rect { y, height, ..area };
            y += height;
            part
        };
        Areas {
            header: part(wanted * has(6)),
            banner: part(banner),
            title: part(has(5)),
            heads: part(has(4)),
            rows: part(area.height.saturating_sub(fixed)),
            status: part(has(2)),
        }
    }
}

/// How many rows of the table fit into a terminal of this size: what the view is to be told.
pub fn data_rows(area: Rect, snapshot: &Snapshot, ui: &Ui) -> u16 {
    let areas = Areas::of(area, snapshot, ui);
    match &snapshot.page {
        Some(page) => document::lines(areas.heads.union(areas.rows), page).height,
        None => areas.rows.height,
    }
}

/// How many cells a line of a document has in a terminal of this size.
pub fn text_width(area: Rect) -> u16 {
    area.width.saturating_sub(document::GUTTER)
}

/// How many lines lie below the header: what overlays have.
pub fn lines_below_header(area: Rect, snapshot: &Snapshot, ui: &Ui) -> u16 {
    area.bottom().saturating_sub(Areas::of(area, snapshot, ui).title.y)
}

/// Draws a frame into a blank buffer; returns where the cursor shows, if it does.
pub fn draw(area: Rect, buffer: &mut Buffer, snapshot: &Snapshot, ui: &Ui, theme: &Theme) -> Option<(u16, u16)> {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return None;
    }
    let cursor = parts(area, &mut Canvas::new(buffer, theme), snapshot, ui);
    legible(area, buffer, theme);
    cursor
}

/// Puts something else where the terminal may not show what stands there: as wide, so that a name stays
/// one word.
fn legible(area: Rect, buffer: &mut Buffer, theme: &Theme) {
    for position in area.positions() {
        let Some(cell) = buffer.cell_mut(position) else { continue };
        let Some(other) = theme.glyphs.instead(cell.symbol()) else { continue };
        let wide = cell.cell_width();
        cell.set_symbol(other);
        for covered in position.x + 1..(position.x + wide).min(area.right()) {
            if let Some(cell) = buffer.cell_mut((covered, position.y)) {
                cell.set_symbol(other);
            }
        }
    }
}

fn parts(area: Rect, canvas: &mut Canvas<'_>, snapshot: &Snapshot, ui: &Ui) -> Option<(u16, u16)> {
    let areas = Areas::of(area, snapshot, ui);
    let named = header::draw(canvas, areas.header, snapshot, ui);
    banner::draw(canvas, areas.banner, ui);
    if let Mode::Help(help) = &ui.mode {
        let below = Rect { height: area.bottom() - areas.title.y, ..areas.title };
        return help::draw(canvas, below, help);
    }
    if let Some(page) = &snapshot.page {
        document::draw(canvas, areas.title, areas.heads.union(areas.rows), snapshot, page);
        return match &ui.mode {
            Mode::Command(line) => prompt::draw(canvas, areas.rows, areas.status, ":", line, snapshot),
            Mode::Filter(line) => prompt::draw(canvas, areas.rows, areas.status, "/", line, snapshot),
            Mode::Palette(open) => {
                document::status(canvas, areas.status, snapshot, page, ui);
                palette::draw(canvas, areas.title.union(areas.heads).union(areas.rows), open)
            }
            Mode::Table | Mode::Help(_) => {
                document::status(canvas, areas.status, snapshot, page, ui);
                which::draw(canvas, areas.rows, ui);
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
    let cut = detail::cut(canvas, snapshot, &columns, named);
    match &ui.mode {
        Mode::Command(line) => prompt::draw(canvas, areas.rows, areas.status, ":", line, snapshot),
        Mode::Filter(line) => prompt::draw(canvas, areas.rows, areas.status, "/", line, snapshot),
        Mode::Palette(open) => {
            status::draw(canvas, areas.rows, areas.status, snapshot, ui, cut);
            palette::draw(canvas, areas.title.union(areas.heads).union(areas.rows), open)
        }
        Mode::Table | Mode::Help(_) => {
            status::draw(canvas, areas.rows, areas.status, snapshot, ui, cut);
            which::draw(canvas, areas.rows, ui);
            None
        }
    }
}

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod states_tests;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
