//! What is cut in the row under the cursor, whole, and what identifies it; in a wide view also what else has
//! no column on this screen.

use super::canvas::{Canvas, Piece, width_of};
use super::columns::Columns;
use super::table::fit;
use crate::text::width::head;
use crate::theme::Scope;
use crate::view::snapshot::Snapshot;

/// The cut cells of the row under the cursor, what identifies it first. A cluster's name that the header has
/// whole is left out: there it can be read, and every row would say it.
pub(super) fn cut(canvas: &Canvas<'_>, snapshot: &Snapshot, columns: &Columns, named: bool) -> Vec<[Piece; 2]> {
    let window = &snapshot.window;
    let row = window.cursor.and_then(|cursor| window.rows.get(cursor.checked_sub(window.offset)?));
    let Some(row) = row else { return Vec::new() };
    let mut cells = Vec::new();
    for column in &columns.shown {
        let (Some(head), Some(cell)) = (window.heads.get(column.index), row.cells.get(column.index)) else { continue };
        let shortened = head.identity && columns.clusters.get(cell).is_some_and(|short| short != cell);
        if if shortened { !named } else { fit(cell, head, column.width) != cell.as_str() } {
            cells.push((head, cell));
        }
    }
    let shown = |index: &usize| columns.shown.iter().any(|column| column.index == *index);
    let hidden = window.heads.iter().zip(&row.cells).enumerate().filter(|(index, _)| !shown(index));
    let told = hidden.map(|(_, cell)| cell).filter(|(head, cell)| !cell.is_empty() && (head.identity || window.wide));
    cells.extend(told);
    cells.sort_by_key(|(head, _)| !head.identity);
    cells
        .into_iter()
        .map(|(head, cell)| {
            let title = Piece::new(format!("{} ", head.title), canvas.style(Scope::Dim));
            [title, Piece::new(cell.clone(), canvas.style(Scope::Text))]
        })
        .collect()
}

/// Cells in lines of at most `limit` cells: a cell that does not fit beside others gets a line of its
/// own, and what is longer goes on in the next one.
pub(super) fn lines(cells: Vec<[Piece; 2]>, limit: u16) -> Vec<Vec<Piece>> {
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    for cell in cells {
        let taken = lines.last().map_or(0, |line| width_of(line));
        match lines.last_mut() {
            Some(line) if taken + 2 + width_of(&cell) <= limit => line.push(Piece::new("  ", cell[0].style)),
            _ => lines.push(Vec::new()),
        }
        for piece in cell {
            let mut rest = piece.text.as_str();
            while !rest.is_empty() {
                let taken = lines.last().map_or(0, |line| width_of(line));
                let part = head(rest, limit.saturating_sub(taken));
                if part.is_empty() {
                    if taken == 0 {
                        break;
                    }
                    lines.push(Vec::new());
                    rest = rest.trim_start();
                    continue;
                }
                let part = whole_words(part, rest);
                if let Some(line) = lines.last_mut() {
                    line.push(Piece::new(part, piece.style));
                }
                rest = rest.get(part.len()..).unwrap_or("");
                if !rest.is_empty() {
                    lines.push(Vec::new());
                    rest = rest.trim_start();
                }
            }
        }
    }
    lines
}

/// As much of the `part` of `rest` that fits as ends with a word; a word that is as long as the line is broken.
fn whole_words<'a>(part: &'a str, rest: &str) -> &'a str {
    let follows = rest.get(part.len()..).and_then(|rest| rest.chars().next());
    match part.trim_end().rfind(' ') {
        Some(at) if at > part.len() / 2 && follows.is_some_and(|next| next != ' ') && !part.ends_with(' ') => {
            &part[..at]
        }
        _ => part,
    }
}
