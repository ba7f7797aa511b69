//! The help overlay: what is laid out already, and a foot that says where in it one is.

use super::canvas::{Canvas, INDENT, Piece, fill};
use crate::app::ui::{Help, HelpLine};
use crate::text::catalog::Text;
use crate::text::width::pad;
use crate::theme::Scope;
use ratatui::layout::Rect;

/// Between two columns.
const GAP: u16 = 2;

/// Draws over `area`; returns where the cursor shows, while a search is typed.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, help: &Help) -> Option<(u16, u16)> {
    if area.height < 3 {
        return None;
    }
    canvas.clear(area, canvas.style(Scope::Text));
    let left = area.x + INDENT;
    canvas.put(left, area.y, area.right(), &help.title, canvas.style(Scope::Kind));
    let page = Rect { y: area.y + 1, height: area.height - 2, ..area };
    let height = help.columns.iter().map(Vec::len).max().unwrap_or(0);
    if height == 0 {
        canvas.put(left, page.y, area.right(), Text::HelpNothing.get(), canvas.style(Scope::Text));
    }
    let most = height.saturating_sub(usize::from(page.height));
    let scroll = usize::from(help.scroll).min(most);
    for (i, column) in help.columns.iter().enumerate() {
        let x = left + i as u16 * (help.cells + GAP);
        for (y, line) in (page.y..page.bottom()).zip(column.iter().skip(scroll)) {
            canvas.put_all(x, y, x + help.cells, &pieces(canvas, line));
        }
    }
    let foot = area.bottom() - 1;
    if help.typing || !help.search.text.is_empty() {
        let x = canvas.put(left, foot, area.right(), "/", canvas.style(Scope::PromptMark));
        let (before, after) = help.search.text.split_at_checked(help.search.cursor).unwrap_or((&help.search.text, ""));
        let cursor = canvas.put(x, foot, area.right(), before, canvas.style(Scope::Prompt));
        canvas.put(cursor, foot, area.right(), after, canvas.style(Scope::Prompt));
        return help.typing.then_some((cursor.min(area.right() - 1), foot));
    }
    let mut pieces = vec![Piece::new(Text::HelpHint.get(), canvas.style(Scope::Dim))];
    let mut add = |text: String| pieces.push(Piece::new(format!("   {text}"), canvas.style(Scope::Dim)));
    if most > 0 {
        add(Text::HelpScroll.to_string());
    }
    if scroll > 0 {
        add(fill(Text::MoreAbove, &[&scroll.to_string()]));
    }
    if scroll < most {
        add(fill(Text::MoreBelow, &[&(most - scroll).to_string()]));
    }
    canvas.put_all(left, foot, area.right(), &pieces);
    None
}

fn pieces(canvas: &Canvas<'_>, line: &HelpLine) -> Vec<Piece> {
    if !line.title.is_empty() {
        return vec![Piece::new(line.title.clone(), canvas.style(Scope::Number))];
    }
    let keys = if line.indent > 0 { pad(&line.keys, line.indent) } else { line.keys.clone() };
    vec![Piece::new(keys, canvas.style(Scope::Key)), Piece::new(line.text.clone(), canvas.style(Scope::Text))]
}
