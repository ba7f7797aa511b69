//! The keys that go on with a sequence begun, over the last rows.

use super::canvas::{Canvas, INDENT};
use crate::app::ui::Ui;
use crate::text::width::{pad, width};
use crate::theme::Scope;
use ratatui::layout::Rect;

/// Lines at most.
const MOST: u16 = 8;
/// Between two columns.
const GAP: u16 = 3;

pub(super) fn draw(canvas: &mut Canvas<'_>, rows: Rect, ui: &Ui) {
    if ui.pending.is_empty() || ui.hints.is_empty() || rows.height < 2 {
        return;
    }
    let keys = ui.hints.iter().map(|hint| width(&hint.keys)).max().unwrap_or(0);
    let labels = ui.hints.iter().map(|hint| width(&hint.label)).max().unwrap_or(0);
    let cells = (keys + 2 + labels).min(rows.width.saturating_sub(2 * INDENT)).max(1);
    let room = rows.width.saturating_sub(2 * INDENT);
    let columns = ((room + GAP) / (cells + GAP)).max(1);
    let wanted = (ui.hints.len() as u16).div_ceil(columns);
    let height = wanted.min(MOST).min(rows.height - 1);
    let area = Rect { y: rows.bottom() - height - 1, height: height + 1, ..rows };
    canvas.clear(area, canvas.style(Scope::Popup));
    let ground = canvas.style(Scope::Popup);
    let begun = format!("{} …", ui.pending);
    canvas.put(area.x + INDENT, area.y, area.right(), &begun, ground.patch(canvas.style(Scope::Kind)));
    for (i, hint) in ui.hints.iter().enumerate().take(usize::from(height * columns)) {
        let (column, line) = ((i as u16) / height, (i as u16) % height);
        let x = area.x + INDENT + column * (cells + GAP);
        let y = area.y + 1 + line;
        let x = canvas.put(x, y, area.right(), &pad(&hint.keys, keys), ground.patch(canvas.style(Scope::Key)));
        canvas.put(x + 2, y, area.right(), &hint.label, ground);
    }
}
