//! The table's title: kind, scope, exact number of rows, and what is missing.

use super::canvas::{Canvas, INDENT, Piece, fill, width_of};
use super::columns::Columns;
use crate::model::draft::Tone;
use crate::text::catalog::Text;
use crate::text::width::{truncate_middle, width};
use crate::theme::Scope;
use crate::view::snapshot::{Completeness, Note, Snapshot, Window};
use ratatui::layout::Rect;

/// Cells of the bar that says how far rows have arrived.
const BAR: usize = 10;
/// A note shorter than this is only counted.
const NOTE_LEAST: u16 = 20;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, columns: &Columns) {
    if area.is_empty() {
        return;
    }
    let window = &snapshot.window;
    let mut pieces = Vec::new();
    let mut add = |text: String, scope: Scope| {
        if !text.is_empty() {
            pieces.push(Piece::new(format!("  {text}"), canvas.style(scope)));
        }
    };
    add(window.scope.clone(), Scope::Text);
    add(count(window), Scope::Number);
    add(bar(window, canvas.theme.glyphs.bar, BAR), Scope::PhaseConnecting);
    if window.completeness == Completeness::Partial {
        add(format!("{} {}", canvas.theme.glyphs.warn, Text::Partial), Scope::StatusWarn);
    }
    if !window.marked.is_empty() {
        add(fill(Text::Marked, &[&window.marked.len().to_string()]), Scope::Mark);
    }
    if let Some(sort) = &window.sort {
        let seen = |column: &super::columns::Column| {
            window.heads.get(column.index).is_some_and(|head| head.title == sort.column)
        };
        if !columns.shown.iter().any(seen) {
            let arrow = if sort.descending { canvas.theme.glyphs.down } else { canvas.theme.glyphs.up };
            add(fill(Text::SortedBy, &[&sort.column, arrow]), Scope::Dim);
        }
    }
    if columns.hidden > 0 && !window.rows.is_empty() {
        let text = if columns.hidden == 1 { Text::HiddenColumn } else { Text::HiddenColumns };
        add(fill(text, &[&columns.hidden.to_string()]), Scope::Dim);
    }
    let noted = if snapshot.window.notes.is_empty() { 0 } else { NOTE_LEAST };
    let rest = width_of(&pieces).saturating_add(noted).saturating_add(INDENT);
    pieces.splice(0..0, kind(canvas, window, area.width.saturating_sub(rest)));
    let x = canvas.put_all(area.x + INDENT, area.y, area.right(), &pieces);
    notes(canvas, Rect { x: x + 2, width: area.right().saturating_sub(x + 2), ..area }, snapshot);
}

/// How far rows have arrived: `███░░░░░░░ 31%`; nothing where it is not known how many there will be.
pub(super) fn bar(window: &Window, [full, rest]: [&str; 2], cells: usize) -> String {
    let arriving = matches!(window.completeness, Completeness::Waiting | Completeness::Loading);
    let Some(expected) = window.expected.filter(|expected| arriving && *expected > window.total) else {
        return String::new();
    };
    let filled = window.total * cells / expected;
    format!("{}{} {}%", full.repeat(filled), rest.repeat(cells - filled), window.total * 100 / expected)
}

/// Between two crumbs.
const BETWEEN: &str = " › ";
/// What the crumbs keep of the line, however long the rest is.
const CRUMBS_LEAST: u16 = 30;

/// The kind, with the way to it where it was opened from something, in so many cells.
fn kind(canvas: &Canvas<'_>, window: &Window, limit: u16) -> Vec<Piece> {
    let crumbs = fit(&window.crumbs, limit.max(CRUMBS_LEAST));
    let Some((last, way)) = crumbs.split_last() else {
        return vec![Piece::new(window.kind.clone(), canvas.style(Scope::Kind))];
    };
    let mut pieces = Vec::new();
    for (at, crumb) in way.iter().enumerate() {
        // What it was opened from matters more than the kinds on the way.
        let scope = if at + 1 == way.len() { Scope::Identity } else { Scope::Dim };
        pieces.push(Piece::new(crumb.clone(), canvas.style(scope)));
        pieces.push(Piece::new(BETWEEN, canvas.style(Scope::Dim)));
    }
    pieces.push(Piece::new(last.clone(), canvas.style(Scope::Kind)));
    pieces
}

/// As many of the crumbs as fit, the innermost first; the object itself is cut when it must be.
fn fit(crumbs: &[String], limit: u16) -> Vec<String> {
    let wide = |crumbs: &[String]| {
        let between = width(BETWEEN) * u16::try_from(crumbs.len().saturating_sub(1)).unwrap_or(u16::MAX);
        crumbs.iter().fold(between, |sum, crumb| sum.saturating_add(width(crumb)))
    };
    let mut from = 0;
    let mut shown = crumbs.to_vec();
    while wide(&shown) > limit && crumbs.len() - from > 2 {
        from += 1;
        shown = [&["…".to_owned()], &crumbs[from..]].concat();
    }
    let over = wide(&shown).saturating_sub(limit);
    let count = shown.len();
    if let Some(object) = count.checked_sub(2).and_then(|at| shown.get_mut(at)).filter(|_| over > 0) {
        *object = truncate_middle(object, width(object).saturating_sub(over).max(8)).into_owned();
    }
    shown
}

/// The number of rows, exact also while they arrive.
fn count(window: &Window) -> String {
    let (matched, total) = (window.matched.to_string(), window.total.to_string());
    let expected = window.expected.filter(|expected| *expected > window.total).map(|expected| expected.to_string());
    let filtered = !window.filter.is_empty() || window.faults;
    match (window.completeness, expected) {
        (Completeness::Waiting, None) if window.total == 0 => Text::CountWaiting.to_string(),
        (_, Some(expected)) if filtered => fill(Text::CountMatchExpected, &[&matched, &total, &expected]),
        (_, Some(expected)) => fill(Text::CountOf, &[&total, &expected]),
        (Completeness::Loading, None) if filtered => fill(Text::CountMatchSoFar, &[&matched, &total]),
        (_, None) if filtered => fill(Text::CountMatch, &[&matched, &total]),
        (Completeness::Loading, None) => fill(Text::CountSoFar, &[&total]),
        _ => total,
    }
}

/// The worst note as far as it fits, and how many more there are.
fn notes(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot) {
    let notes = &snapshot.window.notes;
    let Some(worst) = notes.first() else { return };
    let glyph = glyph(canvas, worst.tone);
    let text = format!("{glyph} {}", sentence(worst, snapshot));
    let mut pieces = vec![Piece::new(text, canvas.theme.tone(worst.tone))];
    let more = match notes.len() {
        1 => String::new(),
        count => format!("  {}", fill(Text::NotesMore, &[&(count - 1).to_string()])),
    };
    if width_of(&pieces) + width(&more) > area.width && area.width < NOTE_LEAST + width(&more) {
        let count = match notes.len() {
            1 => Text::OneNote.to_string(),
            count => fill(Text::NotesOnly, &[&count.to_string()]),
        };
        let whole = format!("{glyph} {count}");
        let count = if width(&whole) <= area.width { whole } else { glyph.to_owned() };
        pieces = vec![Piece::new(count, canvas.theme.tone(worst.tone))];
        canvas.put_all(area.x, area.y, area.right(), &pieces);
        return;
    }
    let x = canvas.put_all(area.x, area.y, area.right().saturating_sub(width(&more)), &pieces);
    canvas.put(x, area.y, area.right(), &more, canvas.style(Scope::Dim));
}

pub(super) fn glyph(canvas: &Canvas<'_>, tone: Tone) -> &'static str {
    match tone {
        Tone::Warn | Tone::Bad => canvas.theme.glyphs.tone(tone),
        Tone::Plain | Tone::Good | Tone::Quiet => canvas.theme.glyphs.dot,
    }
}

/// A note with the name of its cluster, where the sentence does not name it.
pub(super) fn sentence(note: &Note, snapshot: &Snapshot) -> String {
    let line = note.cluster.and_then(|id| snapshot.clusters.get(usize::from(id.0)));
    match line {
        Some(line) if !note.text.contains(&line.name) => format!("{}: {}", line.name, note.text),
        _ => note.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_crumbs_stay() {
        let crumbs = ["deployments", "web", "pods", "web-6d4b-x2x7q (prod/shop)", "containers"].map(String::from);
        let fitted = |limit| fit(&crumbs, limit).join(BETWEEN);
        assert_eq!(fitted(80), "deployments › web › pods › web-6d4b-x2x7q (prod/shop) › containers");
        assert_eq!(fitted(60), "… › web › pods › web-6d4b-x2x7q (prod/shop) › containers");
        assert_eq!(fitted(50), "… › pods › web-6d4b-x2x7q (prod/shop) › containers");
        assert_eq!(fitted(45), "… › web-6d4b-x2x7q (prod/shop) › containers");
        assert_eq!(fitted(30), "… › web-6d…/shop) › containers");
        assert!(fit(&[], 10).is_empty());
    }
}
