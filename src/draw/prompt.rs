//! A line being typed, in place of the status line, with what could stand there above it.

use super::canvas::{Canvas, INDENT, fill};
use crate::app::ui::{Candidate, Prompt};
use crate::text::catalog::Text;
use crate::text::width::{pad, tail, width, wrap};
use crate::theme::Scope;
use crate::view::snapshot::Snapshot;
use ratatui::layout::Rect;

/// Candidates on the screen at once.
const MOST: usize = 8;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    rows: Rect,
    area: Rect,
    mark: &str,
    prompt: &Prompt,
    snapshot: &Snapshot,
) -> Option<(u16, u16)> {
    if area.is_empty() {
        return None;
    }
    let window = &snapshot.window;
    let page = snapshot.page.as_deref();
    let filter = mark == "/";
    let left = area.x + INDENT;
    let right = area.right();
    let mut end = right;
    let count = match prompt.candidates.len() {
        _ if filter && prompt.text.is_empty() => String::new(),
        _ if filter && page.is_some() => page.map(super::document::found).unwrap_or_default(),
        _ if filter => fill(Text::CountMatch, &[&window.matched.to_string(), &window.total.to_string()]),
        all if all > MOST => {
            let chosen = prompt.chosen.map_or(0, |chosen| chosen + 1);
            fill(Text::Candidates, &[&chosen.to_string(), &all.to_string()])
        }
        _ => String::new(),
    };
    if !count.is_empty() {
        canvas.put_right(right.saturating_sub(1), area.y, &count, canvas.style(Scope::Dim));
        end = right.saturating_sub(width(&count) + 3);
    }
    let x = canvas.put(left, area.y, end, mark, canvas.style(Scope::PromptMark));
    let (before, after) = prompt.text.split_at_checked(prompt.cursor).unwrap_or((&prompt.text, ""));
    let seen = tail(before, end.saturating_sub(x + 1));
    let cursor = canvas.put(x, area.y, end, seen, canvas.style(Scope::Prompt));
    canvas.put(cursor, area.y, end, after, canvas.style(Scope::Prompt));
    let error = prompt.error.as_ref().or(window.filter_error.as_ref().filter(|_| filter));
    if let Some(error) = error {
        let text = format!("{} {error}", canvas.theme.glyphs.bad);
        let lines = wrap(&text, area.width.saturating_sub(2));
        let bad = canvas.theme.tone(crate::model::draft::Tone::Bad);
        lines_above(canvas, rows, &lines, canvas.style(Scope::Popup).patch(bad));
    } else if !prompt.candidates.is_empty() {
        candidates(canvas, rows, prompt);
    } else if filter && prompt.text.is_empty() {
        let syntax = if page.is_some() { Text::SearchSyntax } else { Text::FilterSyntax };
        lines_above(canvas, rows, &[syntax.to_string()], canvas.style(Scope::PopupDim));
    }
    Some((cursor.min(right.saturating_sub(1)), area.y))
}

fn lines_above(canvas: &mut Canvas<'_>, rows: Rect, lines: &[String], style: ratatui::style::Style) {
    let height = (lines.len() as u16).min(rows.height);
    let area = Rect { y: rows.bottom() - height, height, ..rows };
    canvas.clear(area, style);
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        canvas.put(area.x + INDENT, y, area.right(), line, style);
    }
}

fn candidates(canvas: &mut Canvas<'_>, rows: Rect, prompt: &Prompt) {
    let count = prompt.candidates.len();
    let height = count.min(MOST).min(usize::from(rows.height));
    let first = prompt.chosen.map_or(0, |chosen| (chosen + 1).saturating_sub(height));
    let shown: Vec<(usize, &Candidate)> = prompt.candidates.iter().enumerate().skip(first).take(height).collect();
    let words = shown.iter().map(|(_, candidate)| width(&candidate.text)).max().unwrap_or(0);
    let abouts = shown.iter().map(|(_, candidate)| width(&candidate.about)).max().unwrap_or(0);
    let area = Rect {
        y: rows.bottom() - height as u16,
        height: height as u16,
        width: (words + abouts + 5).clamp(12.min(rows.width), rows.width),
        ..rows
    };
    canvas.clear(area, canvas.style(Scope::Popup));
    for (y, (index, candidate)) in (area.y..area.bottom()).zip(&shown) {
        let chosen = prompt.chosen == Some(*index);
        let (text, about) = if chosen {
            canvas.clear(Rect { y, height: 1, ..area }, canvas.style(Scope::PopupChosen));
            (canvas.style(Scope::PopupChosen), canvas.style(Scope::PopupChosen))
        } else {
            (canvas.style(Scope::Popup), canvas.style(Scope::PopupDim))
        };
        let x = canvas.put(area.x + 2, y, area.right(), &pad(&candidate.text, words), text);
        canvas.put(x + 1, y, area.right().saturating_sub(1), &candidate.about, about);
    }
}
