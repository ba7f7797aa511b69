//! What is cut in the row under the cursor, whole.

use super::canvas::{Canvas, Piece, width_of};
use super::columns::Columns;
use super::table::{fit, short_clusters};
use crate::theme::Scope;
use crate::view::snapshot::Snapshot;

/// The cut cells of the row under the cursor, what identifies it first.
pub(super) fn cut(canvas: &Canvas<'_>, snapshot: &Snapshot, columns: &Columns) -> Vec<Piece> {
    let window = &snapshot.window;
    let row = window.cursor.and_then(|cursor| window.rows.get(cursor.checked_sub(window.offset)?));
    let Some(row) = row else { return Vec::new() };
    let clusters = short_clusters(snapshot, columns);
    let mut cells = Vec::new();
    for column in &columns.shown {
        let (Some(head), Some(cell)) = (window.heads.get(column.index), row.cells.get(column.index)) else { continue };
        let shortened = head.identity && clusters.get(cell).is_some_and(|short| short != cell);
        if shortened || fit(cell, head, column.width) != cell.as_str() {
            cells.push((head, cell));
        }
    }
    cells.sort_by_key(|(head, _)| !head.identity);
    let mut pieces: Vec<Piece> = Vec::new();
    for (head, cell) in cells {
        let gap = if pieces.is_empty() { "" } else { "  " };
        pieces.push(Piece::new(format!("{gap}{} ", head.title), canvas.style(Scope::Dim)));
        pieces.push(Piece::new(cell.clone(), canvas.style(Scope::Text)));
    }
    pieces
}

/// Pieces in lines of at most `limit` cells; a piece that is longer goes on in the next line.
pub(super) fn lines(pieces: Vec<Piece>, limit: u16) -> Vec<Vec<Piece>> {
    let mut lines: Vec<Vec<Piece>> = vec![Vec::new()];
    for piece in pieces {
        let mut rest = piece.text.as_str();
        while let Some(line) = lines.last_mut() {
            let part = crate::text::width::head(rest, limit.saturating_sub(width_of(line)));
            if !part.is_empty() {
                line.push(Piece::new(part, piece.style));
            }
            rest = rest.get(part.len()..).unwrap_or("");
            if rest.is_empty() || (part.is_empty() && line.is_empty()) {
                break;
            }
            lines.push(Vec::new());
        }
    }
    lines
}
