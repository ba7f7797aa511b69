//! Parts of a line by the cells that they take on the screen.

use crate::model::document::{Ink, Line, Piece};
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
    cell_from(line, Start::default(), byte)
}

/// A place in a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Start {
    /// In cells.
    pub cell: usize,
    /// In bytes.
    pub byte: usize,
}

/// Fewer cells beside where a line goes on are no use.
const NARROW: usize = 24;
/// Where a line goes on that would be too narrow there: so far in from where its text begins.
const FURTHER: usize = 4;

/// Where a line goes on when it is broken, in cells of a row of so many.
pub fn hang(line: &Line, limit: usize) -> usize {
    let hang = usize::from(line.hang);
    let blank = |piece: &Piece| piece.text.len() - piece.text.trim_start_matches(' ').len();
    let near = line.pieces.first().map_or(0, blank) + FURTHER;
    [hang, near].into_iter().find(|cells| cells + NARROW <= limit).filter(|_| hang > 0).unwrap_or(0)
}

/// Where the rows of a broken line begin; there is always one. A line that hangs is broken between words.
pub fn breaks(line: &Line, limit: usize) -> Vec<Start> {
    let limit = limit.max(2);
    if line.hang > 0 {
        return hanging(line, limit);
    }
    if line.pieces.iter().all(|piece| piece.text.is_ascii()) {
        let all = cells(line);
        return (0..all.max(1)).step_by(limit).map(|at| Start { cell: at, byte: at }).collect();
    }
    let (mut starts, mut at) = (vec![Start::default()], Start::default());
    for grapheme in line.pieces.iter().flat_map(|piece| piece.text.graphemes(true)) {
        let next = at.cell + usize::from(grapheme.cell_width());
        if next - starts.last().map_or(0, |start| start.cell) > limit {
            starts.push(at);
        }
        at = Start { cell: next, byte: at.byte + grapheme.len() };
    }
    starts
}

/// [`breaks`] of a line whose later rows begin further in.
fn hanging(line: &Line, limit: usize) -> Vec<Start> {
    let narrow = limit - hang(line, limit);
    let mut starts = vec![Start::default()];
    // Behind the last blank, where a row may end: not in the left half of it, where that is not to be had.
    let mut word: Option<Start> = None;
    let (mut at, mut before) = (Start::default(), ' ');
    for grapheme in line.pieces.iter().flat_map(|piece| piece.text.graphemes(true)) {
        let first = grapheme.chars().next().unwrap_or(' ');
        let cells = usize::from(grapheme.cell_width());
        let room = if starts.len() == 1 { limit } else { narrow };
        let begin = starts.last().copied().unwrap_or_default();
        // Wide characters are words of their own.
        if first != ' ' && (before == ' ' || cells > 1) {
            word = Some(at);
        }
        if at.cell + cells - begin.cell > room && first != ' ' {
            let start = word.filter(|word| word.cell > begin.cell + room / 2).unwrap_or(at);
            starts.push(start);
            word = None;
        }
        before = if cells > 1 { ' ' } else { first };
        at = Start { cell: at.cell + cells, byte: at.byte + grapheme.len() };
    }
    starts
}

/// The pieces of a line from a place on, each with the byte at which it begins.
fn rest(line: &Line, from: usize) -> impl Iterator<Item = (usize, &str, Ink)> {
    let mut end = 0;
    line.pieces.iter().filter_map(move |piece| {
        let begin = end;
        end += piece.text.len();
        let skip = from.saturating_sub(begin);
        let text = piece.text.get(skip..).filter(|text| !text.is_empty())?;
        Some((begin + skip, text, piece.ink))
    })
}

/// A part of a line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Part {
    /// What shows.
    pub pieces: Vec<Piece>,
    /// The bytes of the line that it shows, a cut character included.
    pub bytes: Range<usize>,
}

/// What shows of a line in these cells, none of which lies before `start`; of a wide character that is
/// cut, a blank.
pub fn slice(line: &Line, start: Start, range: Range<usize>) -> Part {
    let mut part = Part { pieces: Vec::new(), bytes: start.byte..start.byte };
    let mut at = start.cell;
    let seen = |from: usize, to: usize, part: &mut Part| {
        if part.bytes.is_empty() {
            part.bytes.start = from;
        }
        part.bytes.end = to;
    };
    for (byte, text, ink) in rest(line, start.byte) {
        if at >= range.end {
            break;
        }
        let begin = at;
        if text.is_ascii() {
            at += text.len();
            let from = range.start.saturating_sub(begin).min(text.len());
            let to = (range.end - begin).min(text.len());
            if from < to {
                part.pieces.push(Piece::new(text.get(from..to).unwrap_or_default(), ink));
                seen(byte + from, byte + to, &mut part);
            }
            continue;
        }
        let mut shown = String::new();
        for (offset, grapheme) in text.grapheme_indices(true) {
            let end = at + usize::from(grapheme.cell_width());
            if at >= range.start && end <= range.end {
                shown.push_str(grapheme);
            } else if end > range.start && at < range.end {
                let cut = end.min(range.end) - at.max(range.start);
                shown.extend(std::iter::repeat_n(' ', cut));
            }
            if end > range.start && at < range.end {
                seen(byte + offset, byte + offset + grapheme.len(), &mut part);
            }
            at = end;
            if at >= range.end {
                break;
            }
        }
        if !shown.is_empty() {
            part.pieces.push(Piece::new(shown, ink));
        }
    }
    part
}

/// The cell of a byte that does not lie before `start`.
pub fn cell_from(line: &Line, start: Start, byte: usize) -> usize {
    let mut cell = start.cell;
    for (begin, text, _) in rest(line, start.byte) {
        if byte < begin + text.len() {
            return cell + text.get(..byte.saturating_sub(begin)).map_or(0, wide);
        }
        cell += wide(text);
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(parts: &[&str]) -> Line {
        Line { pieces: parts.iter().map(|part| Piece::new(*part, Ink::Text)).collect(), ..Line::default() }
    }

    fn shown(line: &Line, range: Range<usize>) -> String {
        slice(line, Start::default(), range).pieces.iter().map(|piece| piece.text.as_str()).collect()
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
        let starts: Vec<_> = breaks(&line, 3).iter().map(|start| (start.cell, start.byte)).collect();
        assert_eq!(starts, [(0, 0), (2, 2), (4, 5), (7, 9)]);
        assert_eq!(breaks(&line, 80), [Start::default()]);
        for start in breaks(&line, 3) {
            assert_eq!(slice(&line, start, start.cell..9), slice(&line, Start::default(), start.cell..9));
            assert_eq!(cell_from(&line, start, 9), 7);
        }
        assert_eq!(slice(&line, Start::default(), 3..6).bytes, 2..8);
        assert_eq!(slice(&line, Start::default(), 20..30).bytes, 0..0);
    }

    #[test]
    fn hanging_lines_are_broken_between_words() {
        let rows = |text: &str, hang: u16, limit: usize| {
            let line = Line { hang, ..line(&[text]) };
            let starts = breaks(&line, limit);
            let ends = starts.iter().skip(1).map(|next| next.byte).chain([text.len()]);
            starts.iter().zip(ends).map(|(start, end)| text[start.byte..end].to_owned()).collect::<Vec<_>>()
        };
        let text = "  Message:  back-off restarting the container cart in pod cart-service-2fcl9nrx5n-kzfh5";
        let broken = rows(text, 12, 40);
        assert_eq!(
            broken,
            ["  Message:  back-off restarting the ", "container cart in pod ", "cart-service-2fcl9nrx5n-kzfh", "5"]
        );
        assert_eq!(rows("short", 4, 40), ["short"]);
        // What has no blanks is broken where it must be, and between wide characters anywhere.
        assert_eq!(
            rows(&"x".repeat(100), 4, 40),
            [&"x".repeat(40), &"x".repeat(36), &"x".repeat(24)].map(String::clone)
        );
        assert_eq!(
            rows(&"産".repeat(40), 4, 40),
            [&"産".repeat(20), &"産".repeat(18), "産産"].map(ToString::to_string)
        );
        // A blank at which a row ends belongs to it.
        assert_eq!(rows("aaaa bbbb", 2, 4), ["aaaa ", "bbbb"]);
        // Too far in is too narrow.
        let wide = Line { hang: 30, ..line(&["  a  b"]) };
        assert_eq!([80, 40, 27].map(|limit| hang(&wide, limit)), [30, 6, 0]);
        assert_eq!(hang(&line(&["  a"]), 80), 0);
    }

    #[test]
    fn plain_lines() {
        let cells =
            |text: &str, limit| breaks(&line(&[text]), limit).iter().map(|start| start.cell).collect::<Vec<_>>();
        assert_eq!(cells("", 10), [0]);
        assert_eq!(cells("abcdefghij", 4), [0, 4, 8]);
        assert_eq!(cells("abcdefgh", 4), [0, 4]);
        assert_eq!(shown(&line(&["abc", "def"]), 2..4), "cd");
    }
}
