//! Finds rows that only moved, so that the terminal can move them itself.

use ratatui::buffer::Buffer;
use std::hash::{Hash, Hasher};
use std::io::Write as _;

/// Fewer moved rows than this are cheaper drawn than moved.
const WORTH: usize = 4;

/// If most of what changes between the buffers is rows that moved up or down, appends the bytes that
/// move them and does the same to `shown`.
pub(super) fn scroll(out: &mut Vec<u8>, shown: &mut Buffer, next: &Buffer) {
    // Only a row that changed can have moved, and to compare rows is cheap.
    let cells = usize::from(next.area.width).max(1);
    let pairs = shown.content.chunks(cells).zip(next.content.chunks(cells));
    if pairs.filter(|(before, after)| before != after).take(WORTH).count() < WORTH {
        return;
    }
    let (old, new) = (hashes(shown), hashes(next));
    let blank = hashes(&Buffer::empty(ratatui::layout::Rect { height: 1, ..next.area }));
    let blank = blank.first().copied();
    let moves = |from: usize, to: usize| old[from] == new[to] && old[to] != new[to] && Some(new[to]) != blank;
    let height = old.len().min(new.len());
    let mut best = (WORTH - 1, 0, true);
    for by in 1..height {
        let count =
            |up: bool| (0..height - by).filter(|&i| if up { moves(i + by, i) } else { moves(i, i + by) }).count();
        for up in [true, false] {
            let found = count(up);
            if found > best.0 {
                best = (found, by, up);
            }
        }
    }
    let (_, by, up) = best;
    if by == 0 {
        return;
    }
    let hits = (0..height - by).filter(|&i| if up { moves(i + by, i) } else { moves(i, i + by) });
    let (Some(first), Some(last)) = (hits.clone().min(), hits.max()) else { return };
    let (top, bottom) = (first, last + by);
    let letter = if up { 'S' } else { 'T' };
    let _ = write!(out, "\x1b[{};{}r\x1b[{by}{letter}\x1b[r", top + 1, bottom + 1);
    shift(shown, top, bottom, by, up);
}

fn hashes(buffer: &Buffer) -> Vec<u64> {
    let width = usize::from(buffer.area.width).max(1);
    let hash = |row: &[ratatui::buffer::Cell]| {
        let mut hasher = rustc_hash::FxHasher::default();
        row.hash(&mut hasher);
        hasher.finish()
    };
    buffer.content.chunks(width).map(hash).collect()
}

/// Moves rows `top..=bottom` by `by`; what becomes free is blank.
fn shift(buffer: &mut Buffer, top: usize, bottom: usize, by: usize, up: bool) {
    let width = usize::from(buffer.area.width);
    let Some(region) = buffer.content.get_mut(top * width..(bottom + 1) * width) else { return };
    let cells = (by * width).min(region.len());
    let freed = if up {
        region.rotate_left(cells);
        let kept = region.len() - cells;
        region.get_mut(kept..)
    } else {
        region.rotate_right(cells);
        region.get_mut(..cells)
    };
    freed.into_iter().flatten().for_each(ratatui::buffer::Cell::reset);
}
