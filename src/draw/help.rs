//! The help overlay: sections of keys in columns.

use super::canvas::{Canvas, INDENT, Piece, fill};
use crate::app::ui::{Help, HelpSection};
use crate::text::catalog::Text;
use crate::text::width::{pad, width, wrap};
use crate::theme::Scope;
use ratatui::layout::Rect;

/// Narrower columns are hard to read.
const COLUMN: u16 = 38;
/// Between two columns.
const GAP: u16 = 2;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, help: &Help) {
    if area.height < 3 {
        return;
    }
    canvas.clear(area, canvas.style(Scope::Text));
    let left = area.x + INDENT;
    canvas.put(left, area.y, area.right(), &help.title, canvas.style(Scope::Kind));
    let page = Rect { y: area.y + 1, height: area.height - 2, ..area };
    let room = area.width.saturating_sub(INDENT + 1);
    let count = if help.prose { 1 } else { ((room + GAP) / (COLUMN + GAP)).max(1) };
    let cells = (room + GAP) / count - GAP;
    let columns = if help.prose {
        vec![sentences(canvas, &help.sections, cells)]
    } else {
        columns(canvas, &help.sections, usize::from(count), cells)
    };
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    let most = height.saturating_sub(usize::from(page.height));
    let scroll = usize::from(help.scroll).min(most);
    for (i, column) in columns.iter().enumerate() {
        let x = left + i as u16 * (cells + GAP);
        for (y, line) in (page.y..page.bottom()).zip(column.iter().skip(scroll)) {
            canvas.put_all(x, y, x + cells, line);
        }
    }
    let mut foot = vec![Piece::new(Text::HelpHint.get(), canvas.style(Scope::Dim))];
    let mut add = |text: String| foot.push(Piece::new(format!("   {text}"), canvas.style(Scope::Dim)));
    if most > 0 {
        add(Text::HelpScroll.to_string());
    }
    if scroll > 0 {
        add(fill(Text::MoreAbove, &[&scroll.to_string()]));
    }
    if scroll < most {
        add(fill(Text::MoreBelow, &[&(most - scroll).to_string()]));
    }
    canvas.put_all(left, area.bottom() - 1, area.right(), &foot);
}

/// The entries whole, with a blank line between two.
fn sentences(canvas: &Canvas<'_>, sections: &[HelpSection], cells: u16) -> Vec<Vec<Piece>> {
    let mut lines = Vec::new();
    for entry in sections.iter().flat_map(|section| &section.entries) {
        if !lines.is_empty() {
            lines.push(Vec::new());
        }
        lines.extend(
            wrap(&entry.label, cells).into_iter().map(|line| vec![Piece::new(line, canvas.style(Scope::Text))]),
        );
    }
    lines
}

/// The sections as lines, each in the column that is shortest so far: the first ones stand on top.
fn columns(canvas: &Canvas<'_>, sections: &[HelpSection], count: usize, cells: u16) -> Vec<Vec<Vec<Piece>>> {
    let mut columns: Vec<Vec<Vec<Piece>>> = vec![Vec::new(); count];
    for section in sections {
        let Some(column) = columns.iter_mut().min_by_key(|column| column.len()) else { break };
        if !column.is_empty() {
            column.push(Vec::new());
        }
        column.push(vec![Piece::new(section.title.clone(), canvas.style(Scope::Number))]);
        let keys = section.entries.iter().map(|entry| width(&entry.keys)).max().unwrap_or(0).min(cells / 2);
        for entry in &section.entries {
            column.push(vec![
                Piece::new(pad(&entry.keys, keys), canvas.style(Scope::Key)),
                Piece::new(format!("  {}", entry.label), canvas.style(Scope::Text)),
            ]);
        }
    }
    columns
}
