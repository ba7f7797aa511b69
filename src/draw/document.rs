//! An object that is read: a title, its lines with what has become of them in the gutter, and what must
//! be said of it below.

use super::canvas::{Canvas, INDENT, Piece, fill, width_of};
use super::title::glyph;
use super::{empty, status};
use crate::app::ui::Ui;
use crate::model::draft::Tone;
use crate::text::catalog::Text;
use crate::text::width::{ELLIPSIS, truncate_middle, width, wrap};
use crate::theme::Scope;
use crate::view::page::{Mark, Page, PageRow, Secrets};
use crate::view::snapshot::Snapshot;
use crate::view::spec::Form;
use ratatui::layout::Rect;

/// What stands before the text: the cursor, and what has become of the line.
pub(super) const GUTTER: u16 = 2;
/// The lines of what must be said, at most.
const MOST: u16 = 2;
/// A name is not cut shorter than this.
const NAME_LEAST: u16 = 12;

/// Where the text stands.
pub(super) fn lines(area: Rect, page: &Page) -> Rect {
    let said = said(area, page).len() as u16;
    Rect { height: area.height.saturating_sub(said), ..area }
}

/// The worst of what must be said of a text that shows.
fn said(area: Rect, page: &Page) -> Vec<String> {
    let Some(note) = page.notes.first().filter(|_| !page.is_empty() && area.height > 2 * MOST) else {
        return Vec::new();
    };
    let mut lines = wrap(&note.text, area.width.saturating_sub(GUTTER + INDENT));
    if lines.len() > usize::from(MOST) {
        lines.truncate(usize::from(MOST));
        if let Some(last) = lines.last_mut() {
            last.push_str(ELLIPSIS);
        }
    }
    lines
}

/// `shop/web-0`, or the name alone.
pub(super) fn name(page: &Page) -> String {
    let object = &page.object;
    let whole = match object.namespace.as_str() {
        "" => object.name.clone(),
        namespace => format!("{namespace}/{}", object.name),
    };
    crate::text::sanitize::sanitize(&whole).into_owned()
}

pub(super) fn draw(canvas: &mut Canvas<'_>, title: Rect, area: Rect, snapshot: &Snapshot, page: &Page) {
    head(canvas, title, snapshot, page);
    if page.is_empty() {
        return empty::document(canvas, area, snapshot, page);
    }
    let text = lines(area, page);
    for (y, (at, row)) in (text.y..text.bottom()).zip(page.rows.iter().enumerate()) {
        line(canvas, Rect { y, height: 1, ..text }, row, page.cursor_row == Some(at));
    }
    let Some(note) = page.notes.first() else { return };
    let style = canvas.style(Scope::Popup).patch(canvas.theme.tone(note.tone));
    let below = Rect { y: text.bottom(), height: area.bottom() - text.bottom(), ..area };
    canvas.clear(below, style);
    for (y, said) in (below.y..below.bottom()).zip(said(area, page)) {
        if y == below.y {
            let glyph = glyph(canvas, note.tone);
            canvas.put(below.x, y, below.right(), glyph, style);
        }
        canvas.put(below.x + GUTTER, y, below.right(), &said, style);
    }
}

/// `pods  shop/web-0  yaml  prod  live  changed 3× · 12s ago`
fn head(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, page: &Page) {
    if area.is_empty() {
        return;
    }
    let mut pieces =
        vec![Piece::new(page.kind.clone(), canvas.style(Scope::Kind)), Piece::new("", canvas.style(Scope::Identity))];
    let mut add = |text: String, style: ratatui::style::Style| {
        if !text.is_empty() {
            pieces.push(Piece::new(format!("  {text}"), style));
        }
    };
    let form = match page.object.form {
        Form::Yaml => Text::PageYaml,
        Form::Describe => Text::PageDescribe,
    };
    add(form.to_string(), canvas.style(Scope::Text));
    if let Some(line) = snapshot.clusters.get(usize::from(page.object.cluster.0)) {
        add(line.name.clone(), canvas.style(Scope::Text));
    }
    let (tone, state) = &page.state;
    let state = match tone {
        Tone::Warn | Tone::Bad => format!("{} {state}", glyph(canvas, *tone)),
        _ => state.clone(),
    };
    add(state, canvas.theme.tone(*tone));
    add(page.changes.clone(), canvas.style(Scope::DocChanged));
    match page.secrets {
        Secrets::None => {}
        Secrets::Masked => add(Text::PageMasked.to_string(), canvas.style(Scope::DocMasked)),
        Secrets::Revealed => {
            add(format!("{} {}", canvas.theme.glyphs.warn, Text::PageRevealed), canvas.theme.tone(Tone::Warn));
        }
    }
    // Descriptions are wrapped unless they are wanted otherwise.
    let wrap = page.wrap && page.object.form == Form::Yaml;
    for (on, text) in [(wrap, Text::PageWrap), (page.managed, Text::PageManaged)] {
        if on {
            add(text.to_string(), canvas.style(Scope::Dim));
        }
    }
    let room = area.width.saturating_sub(INDENT + width_of(&pieces) + 2).max(NAME_LEAST);
    if let Some(piece) = pieces.get_mut(1) {
        piece.text = format!("  {}", truncate_middle(&name(page), room));
    }
    canvas.put_all(area.x + INDENT, area.y, area.right(), &pieces);
}

fn line(canvas: &mut Canvas<'_>, area: Rect, row: &PageRow, chosen: bool) {
    let glyphs = canvas.theme.glyphs;
    let (x, y, right) = (area.x + GUTTER, area.y, area.right());
    if chosen {
        canvas.put(area.x, y, area.x + 1, glyphs.cursor, canvas.style(Scope::CursorMark));
    }
    let changed = canvas.style(if row.fresh { Scope::DocChanged } else { Scope::DocChangedBefore });
    match row.mark {
        Mark::None => {}
        Mark::Changed => drop(canvas.put(area.x + 1, y, x, glyphs.changed, changed)),
        Mark::Removed => drop(canvas.put(area.x + 1, y, x, glyphs.removed, changed)),
    }
    let mut end = x;
    for piece in &row.pieces {
        let style = canvas.theme.ink(piece.ink);
        end = canvas.put(end, y, right, &piece.text, style);
    }
    for (cells, here) in &row.found {
        let style = canvas.style(if *here { Scope::DocFoundHere } else { Scope::DocFound });
        let found = Rect { x: x + cells.start, width: cells.len() as u16, ..area };
        canvas.tint(found.intersection(area), style);
    }
    if row.linked && !row.cut.right {
        canvas.put(end + 1, y, right, glyphs.link, canvas.style(Scope::DocLink));
    }
    if row.cut.left {
        canvas.put(x, y, x + 1, ELLIPSIS, canvas.style(Scope::Dim));
    }
    if row.cut.right {
        canvas.put(right.saturating_sub(1), y, right, ELLIPSIS, canvas.style(Scope::Dim));
    }
}

/// `3 of 17`, or that there is nothing.
pub(super) fn found(page: &Page) -> String {
    match page.found {
        None => String::new(),
        Some(found) if found.of == 0 => Text::PageFoundNone.to_string(),
        Some(found) => {
            let text = if found.more { Text::PageFoundMore } else { Text::PageFound };
            fill(text, &[&found.at.to_string(), &found.of.to_string()])
        }
    }
}

/// The last line: a message, else the keys; what was found, and where the cursor is.
pub(super) fn status(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, page: &Page, ui: &Ui) {
    if area.is_empty() {
        return;
    }
    let (left, mut right) = (area.x + INDENT, area.right());
    let place = match page.lines {
        0 => String::new(),
        lines => fill(
            Text::PagePlace,
            &[&(page.cursor + 1).to_string(), &lines.to_string(), &((page.cursor + 1) * 100 / lines).to_string()],
        ),
    };
    for (text, scope) in [(place, Scope::Dim), (found(page), Scope::Filter)] {
        if !text.is_empty() {
            canvas.put_right(right, area.y, &text, canvas.style(scope));
            right = right.saturating_sub(width(&text) + 2);
        }
    }
    let message = match (&ui.flash, &snapshot.window.filter_error) {
        (Some(flash), _) => Some((flash.tone, &flash.text)),
        (None, Some(error)) => Some((Tone::Bad, error)),
        (None, None) => None,
    };
    if let Some((tone, text)) = message {
        let text = format!("{} {text}", glyph(canvas, tone));
        canvas.put(left, area.y, right, &text, canvas.theme.tone(tone));
        return;
    }
    let shown = status::fitting(&ui.hints, right.saturating_sub(left));
    status::hints(canvas, left, area.y, right, &shown);
}
