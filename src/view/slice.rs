//! Parts of a line by the cells that they take on the screen.

use crate::model::document::{Line, Piece};
use crate::text::width::width;
use ratatui::buffer::CellWidth as _;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation as _;

fn wide(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(|g| usize::from(g.cell_width())).sum() }
}

/// How many cells a line takes.
pub fn cells(line: &Line) -> usize {
    line.pieces.iter().map(|piece| wide(&piece.text)).sum()
}

/// The cell at which a byte of the line's text shows.
pub fn cell_of(line: &Line, byte: usize) -> usize {
    let (mut at, mut cell) = (0, 0);
    for piece in &line.pieces {
        let end = at + piece.text.len();
        if byte < end {
            return cell + piece.text.get(..byte - at).map_or(0, wide);
        }
        cell += wide(&piece.text);
        at = end;
    }
    cell
}

/// The cells at which the rows of a broken line begin; there is always one.
pub fn breaks(line: &Line, limit: usize) -> Vec<usize> {
    let limit = limit.max(2);
    if line.pieces.iter().all(|piece| piece.text.is_ascii()) {
        let all = cells(line);
        return (0..all.max(1)).step_by(limit).collect();
    }
    let (mut starts, mut at) = (vec![0], 0);
    for grapheme in line.pieces.iter().flat_map(|piece| piece.text.graphemes(true)) {
        let next = at + usize::from(grapheme.cell_width());
        if next - starts.last().copied().unwrap_or(0) > limit {
            starts.push(at);
        }
        at = next;
    }
    starts
}

/// What shows of a line in these cells; of a wide character that is cut, a blank.
pub fn slice(line: &Line, range: Range<usize>) -> Vec<Piece> {
    let (mut out, mut at) = (Vec::new(), 0);
    for piece in &line.pieces {
        if at >= range.end {
            break;
        }
        let text = piece.text.as_str();
        let begin = at;
        if text.is_ascii() {
            at += text.len();
            let from = range.start.saturating_sub(begin).min(text.len());
            let to = (range.end - begin).min(text.len());
            if from < to {
                out.push(Piece::new(text.get(from..to).unwrap_or_default(), piece.ink));
            }
            continue;
        }
        let mut shown = String::new();
        for grapheme in text.graphemes(true) {
            let end = at + usize::from(grapheme.cell_width());
            if at >= range.start && end <= range.end {
                shown.push_str(grapheme);
            } else if end > range.start && at < range.end {
                let cut = end.min(range.end) - at.max(range.start);
                shown.extend(std::iter::repeat_n(' ', cut));
            }
            at = end;
            if at >= range.end {
                break;
            }
        }
        if !shown.is_empty() {
            out.push(Piece::new(shown, piece.ink));
        }
    }
    debug_assert!(out.iter().map(|piece| usize::from(width(&piece.text))).sum::<usize>() <= range.len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::document::Ink;

    fn line(parts: &[&str]) -> Line {
        Line { pieces: parts.iter().map(|part| Piece::new(*part, Ink::Text)).collect(), ..Line::default() }
    }

    fn shown(line: &Line, range: Range<usize>) -> String {
        slice(line, range).iter().map(|piece| piece.text.as_str()).collect()
    }

    #[test]
    fn cells_and_bytes() {
        let line = line(&["ab", "生産x", "cd"]);
        assert_eq!(cells(&line), 9);
        for (byte, cell) in [(0, 0), (2, 2), (5, 4), (8, 6), (9, 7), (11, 9), (99, 9)] {
            assert_eq!(cell_of(&line, byte), cell, "{byte}");
        }
        assert_eq!(shown(&line, 0..9), "ab生産xcd");
        assert_eq!(shown(&line, 1..5), "b生 ");
        assert_eq!(shown(&line, 3..9), " 産xcd");
        assert_eq!(shown(&line, 7..20), "cd");
        assert_eq!(shown(&line, 20..30), "");
        assert_eq!(breaks(&line, 3), [0, 2, 4, 7]);
        assert_eq!(breaks(&line, 80), [0]);
    }

    #[test]
    fn plain_lines() {
        assert_eq!(breaks(&line(&[]), 10), [0]);
        assert_eq!(breaks(&line(&["abcdefghij"]), 4), [0, 4, 8]);
        assert_eq!(breaks(&line(&["abcdefgh"]), 4), [0, 4]);
        assert_eq!(shown(&line(&["abc", "def"]), 2..4), "cd");
    }
}
