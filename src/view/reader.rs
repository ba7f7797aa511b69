//! A document being read: where the eye is, what was searched for, and which lines have changed.

use super::page::{Cut, Found, Mark, PageRow};
use super::search::Search;
use super::slice::{Start, breaks, cell_of, cells, hang, slice};
use super::spec::Motion;
use crate::base::age::Timestamp;
use crate::model::document::{Document, Ink, Line, Piece};
use rustc_hash::{FxHashMap, FxHasher};
use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};
use std::cell::RefCell;
use std::hash::{Hash as _, Hasher as _};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long two versions may be compared; then they are compared roughly.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long a change counts as one of this moment, in seconds.
pub const FRESH: u32 = 10;
/// Lines of which it is remembered where they are broken.
const MOST_BROKEN: usize = 1000;
/// Rows that show around the cursor.
const MARGIN: usize = 2;

/// Why another text is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// The object changed, at this time.
    Changed(Timestamp),
    /// It is written in another way: an age has moved on, an option was turned.
    Rewritten,
}

/// A row of the document: a line, and its how-manieth row where it is broken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The row of it.
    pub row: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Trace {
    mark: Mark,
    at: Timestamp,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Reader {
    document: Arc<Document>,
    hashes: Vec<u64>,
    noise: Vec<Range<usize>>,
    traces: Vec<Trace>,
    top: Place,
    cursor: Place,
    /// Cells that are scrolled past.
    left: usize,
    /// Long lines are broken.
    pub wrap: bool,
    height: usize,
    width: usize,
    search: Search,
    /// How many cells each line takes.
    cells: Vec<usize>,
    /// Where the lines that were looked at last are broken.
    broken: RefCell<FxHashMap<usize, Arc<[Start]>>>,
    /// Where the cursor is to be once the document is as long.
    wish: Option<(Place, Place)>,
}

impl Reader {
    /// The whole text.
    pub fn document(&self) -> &Arc<Document> {
        &self.document
    }

    /// The cursor's place.
    pub fn cursor(&self) -> Place {
        self.cursor
    }

    /// Where the eye is: to be given to [`Reader::return_to`].
    pub fn eye(&self) -> (Place, Place) {
        self.wish.unwrap_or((self.top, self.cursor))
    }

    /// Goes back to where the eye was, as soon as the document is as long.
    pub fn return_to(&mut self, eye: (Place, Place)) {
        self.wish = Some(eye);
        self.grant();
    }

    /// How many lines and cells show.
    pub fn set_size(&mut self, width: u16, height: u16) {
        (self.width, self.height) = (usize::from(width), usize::from(height));
        self.broken.take();
        self.keep_in_sight();
    }

    /// Breaks long lines, or cuts them.
    pub fn set_wrap(&mut self, wrap: bool) {
        self.wrap = wrap;
        (self.cursor.row, self.top.row, self.left) = (0, 0, 0);
        self.keep_in_sight();
    }

    /// Shows another text; the eye stays on the line where it was. `noise` are lines whose changes tell
    /// nothing. Returns whether anything changed that is to be seen.
    pub fn show(&mut self, document: Document, noise: Vec<Range<usize>>, why: Why) -> bool {
        let hashes: Vec<u64> = document.lines.iter().map(hash).collect();
        if hashes == self.hashes {
            // The same text, perhaps in other inks.
            self.set_document(document);
            self.noise = noise;
            return false;
        }
        let mut traces = vec![Trace::default(); hashes.len()];
        let ops = if why == Why::Rewritten && hashes.len() == self.hashes.len() {
            vec![DiffOp::Equal { old_index: 0, new_index: 0, len: hashes.len() }]
        } else {
            let deadline = Some(Instant::now() + PATIENCE);
            capture_diff_slices_deadline(Algorithm::Myers, &self.hashes, &hashes, deadline)
        };
        let mut any = false;
        for op in &ops {
            let (old, new) = (op.old_range(), op.new_range());
            for (old, new) in old.zip(new) {
                traces[new] = self.traces[old];
            }
        }
        for op in &ops {
            let (old, new) = (op.old_range(), op.new_range());
            let (Why::Changed(at), false) = (why, matches!(op, DiffOp::Equal { .. })) else { continue };
            let mut marked = false;
            for line in new.clone().filter(|line| !within(&noise, *line)) {
                traces[line] = Trace { mark: Mark::Changed, at };
                marked = true;
            }
            let went = old.clone().skip(new.len()).any(|line| !within(&self.noise, line));
            if went && !marked {
                let line = new.start.min(traces.len().saturating_sub(1));
                if let Some(trace) = traces.get_mut(line).filter(|trace| trace.mark == Mark::None) {
                    *trace = Trace { mark: Mark::Removed, at };
                }
            }
            any |= went || marked;
        }
        let follow = |place: Place| {
            let op = ops.iter().find(|op| op.old_range().contains(&place.line));
            let Some(op) = op else { return place };
            let (old, new) = (op.old_range(), op.new_range());
            let within = (place.line - old.start).min(new.len().saturating_sub(1));
            Place { line: new.start + within, row: if matches!(op, DiffOp::Equal { .. }) { place.row } else { 0 } }
        };
        // Who went to the end stays there: events arrive after the rest, and below it.
        let at_end = self.cursor.line > 0 && self.cursor.line + 1 == self.hashes.len();
        (self.top, self.cursor) = (follow(self.top), follow(self.cursor));
        if let Some(origin) = self.search.origin {
            self.search.origin = Some(follow(origin));
        }
        (self.hashes, self.noise, self.traces) = (hashes, noise, traces);
        self.set_document(document);
        if at_end {
            self.cursor = self.last();
        }
        self.grant();
        self.keep_in_sight();
        if self.search.look_again(&self.document, self.cursor) {
            self.show_hit();
        }
        any
    }

    fn set_document(&mut self, mut document: Document) {
        for (line, trace) in document.lines.iter_mut().zip(&self.traces) {
            line.changed = trace.mark == Mark::Changed;
        }
        if *self.document != document {
            self.cells = document.lines.iter().map(cells).collect();
            self.broken.take();
            self.document = Arc::new(document);
        }
    }

    fn grant(&mut self) {
        if let Some((top, cursor)) = self.wish.filter(|(_, cursor)| cursor.line < self.document.lines.len()) {
            (self.top, self.cursor) = (top, cursor);
            self.wish = None;
            self.keep_in_sight();
        }
    }

    /// The changes were seen.
    pub fn acknowledge(&mut self) {
        self.traces.fill(Trace::default());
    }

    /// How many lines have changed.
    pub fn changed(&self) -> usize {
        self.traces.iter().filter(|trace| trace.mark != Mark::None).count()
    }

    /// To the next line that changed, or to the one before.
    pub fn to_change(&mut self, forward: bool) {
        let marked = |line: &usize| self.traces.get(*line).is_some_and(|trace| trace.mark != Mark::None);
        // Lines that changed together are one place.
        let begins = |line: &usize| marked(line) && line.checked_sub(1).is_none_or(|before| !marked(&before));
        let (lines, at) = (self.traces.len(), self.cursor.line);
        let found = if forward {
            (at + 1..lines).chain(0..=at).find(begins)
        } else {
            (0..at).rev().chain((at..lines).rev()).find(begins)
        };
        if let Some(line) = found {
            self.jump(Place { line, row: 0 });
            self.search.moved();
        }
    }

    /// Moves the cursor.
    pub fn go(&mut self, motion: Motion) {
        self.wish = None;
        let page = self.height.max(1);
        match motion {
            Motion::Rows(rows) => self.cursor = self.step(self.cursor, rows as isize),
            Motion::Pages(pages) => {
                let rows = (pages as isize).saturating_mul(page as isize);
                // The screen moves with the cursor, as pages of a book do.
                let top = self.step(self.top, rows);
                self.cursor = self.step(self.cursor, rows);
                self.top = top.min(self.last_top());
                let margin = self.margin();
                let (first, last) = (Place::default(), self.last());
                let least = if self.top == first { first } else { self.step(self.top, margin) };
                let most = self.step(self.top, page as isize - 1 - margin);
                let most = if self.top == self.last_top() { last } else { most };
                self.cursor = self.cursor.max(least).min(most);
            }
            Motion::Top => self.cursor = Place::default(),
            Motion::Bottom => self.cursor = self.last(),
            Motion::Line(row) => self.cursor = self.step(self.top, row as isize),
        }
        self.search.moved();
        self.keep_in_sight();
    }

    /// Scrolls sideways by half screens.
    pub fn sideways(&mut self, halves: i16) {
        if self.wrap {
            return;
        }
        let step = (self.width / 2).max(1) as isize * isize::from(halves);
        let shown = self.visible().filter_map(|place| self.cells.get(place.line).copied());
        let most = shown.max().unwrap_or(0).saturating_sub(self.width / 2);
        self.left = self.left.saturating_add_signed(step).min(most.max(self.left.min(most)));
    }

    /// Searches for a pattern; the error is a sentence.
    pub fn set_search(&mut self, pattern: &str) {
        if !self.search.set(pattern, &self.document, self.cursor) {
            return;
        }
        if self.search.is_off() {
            if let Some(origin) = self.search.origin.take() {
                self.jump(origin);
            }
        } else {
            self.show_hit();
        }
    }

    /// The search is kept.
    pub fn settle(&mut self) {
        self.search.origin = None;
    }

    /// To the next place found, or to the one before.
    pub fn to_found(&mut self, forward: bool) {
        self.search.step(forward, self.cursor);
        self.show_hit();
    }

    /// What was found.
    pub fn found(&self) -> Option<Found> {
        self.search.found()
    }

    /// What is searched for.
    pub fn search(&self) -> &str {
        &self.search.pattern
    }

    /// Why the pattern is not valid.
    pub fn search_error(&self) -> Option<&str> {
        self.search.error.as_deref()
    }

    fn show_hit(&mut self) {
        let Some(hit) = self.search.hit() else { return };
        let line = self.document.lines.get(hit.line);
        let before = line.map_or(0, |line| cell_of(line, hit.start));
        let row = if self.wrap { self.row_at(hit.line, hit.start) } else { 0 };
        if !self.wrap {
            let long = line.map_or(0, |line| cell_of(line, hit.end)) - before;
            if before < self.left + 1 || before + long + 1 > self.left + self.width {
                self.left = (before + long + 2).saturating_sub(self.width).min(before.saturating_sub(self.width / 3));
                if before + long + 1 < self.width {
                    self.left = 0;
                }
            }
        }
        self.jump(Place { line: hit.line, row });
    }

    /// Puts the cursor somewhere; what is off the screen comes to its upper third.
    fn jump(&mut self, place: Place) {
        self.wish = None;
        self.cursor = place;
        let seen = self.visible().any(|shown| shown == place);
        if !seen {
            self.top = self.step(place, -(self.height as isize / 3));
        }
        self.keep_in_sight();
    }

    /// Where a line is broken.
    fn breaks(&self, line: usize) -> Arc<[Start]> {
        let mut broken = self.broken.borrow_mut();
        if broken.len() > MOST_BROKEN {
            broken.clear();
        }
        let found = broken.entry(line).or_insert_with(|| {
            let line = self.document.lines.get(line);
            line.map_or_else(|| [Start::default()].into(), |line| breaks(line, self.width).into())
        });
        found.clone()
    }

    /// How many rows a line takes.
    fn rows_of(&self, line: usize) -> usize {
        let long = self.cells.get(line).is_some_and(|cells| *cells > self.width);
        if self.wrap && long { self.breaks(line).len() } else { 1 }
    }

    fn row_at(&self, line: usize, byte: usize) -> usize {
        self.breaks(line).iter().rposition(|start| start.byte <= byte).unwrap_or(0)
    }

    fn last(&self) -> Place {
        let line = self.document.lines.len().saturating_sub(1);
        Place { line, row: self.rows_of(line).saturating_sub(1) }
    }

    /// The place so many rows away, as far as there are any.
    fn step(&self, from: Place, rows: isize) -> Place {
        if !self.wrap {
            let last = self.document.lines.len().saturating_sub(1);
            return Place { line: from.line.saturating_add_signed(rows).min(last), row: 0 };
        }
        let mut place = from;
        for _ in 0..rows.unsigned_abs() {
            let next = if rows > 0 { self.after(place) } else { self.before(place) };
            let Some(next) = next else { break };
            place = next;
        }
        place
    }

    fn after(&self, place: Place) -> Option<Place> {
        if place.row + 1 < self.rows_of(place.line) {
            return Some(Place { row: place.row + 1, ..place });
        }
        (place.line + 1 < self.document.lines.len()).then_some(Place { line: place.line + 1, row: 0 })
    }

    fn before(&self, place: Place) -> Option<Place> {
        match (place.line, place.row) {
            (line, row @ 1..) => Some(Place { line, row: row - 1 }),
            (line @ 1.., 0) => Some(Place { line: line - 1, row: self.rows_of(line - 1).saturating_sub(1) }),
            (0, 0) => None,
        }
    }

    fn margin(&self) -> isize {
        MARGIN.min(self.height.saturating_sub(1) / 2) as isize
    }

    fn last_top(&self) -> Place {
        self.step(self.last(), 1 - self.height.max(1) as isize)
    }

    fn visible(&self) -> impl Iterator<Item = Place> {
        let first = (!self.document.lines.is_empty()).then_some(self.top);
        std::iter::successors(first, |place| self.after(*place)).take(self.height)
    }

    fn keep_in_sight(&mut self) {
        let last = self.document.lines.len().saturating_sub(1);
        for place in [&mut self.cursor, &mut self.top] {
            place.line = place.line.min(last);
        }
        self.cursor.row = self.cursor.row.min(self.rows_of(self.cursor.line).saturating_sub(1));
        self.top.row = self.top.row.min(self.rows_of(self.top.line).saturating_sub(1));
        if self.height == 0 {
            return;
        }
        let margin = self.margin();
        let highest = self.step(self.cursor, -margin);
        let lowest = self.step(self.step(self.cursor, margin), 1 - self.height as isize);
        self.top = self.top.min(highest).max(lowest).min(self.last_top());
    }

    /// The rows that show, and which of them is the cursor's.
    pub fn rows(&self, now: Timestamp) -> (Vec<PageRow>, Option<usize>) {
        let mut rows = Vec::with_capacity(self.height);
        let mut at = None;
        for place in self.visible() {
            let Some(line) = self.document.lines.get(place.line) else { continue };
            let whole = self.cells.get(place.line).copied().unwrap_or(0);
            let (start, to) = if self.wrap && whole > self.width {
                let starts = self.breaks(place.line);
                let start = starts.get(place.row).copied().unwrap_or_default();
                let end = starts.get(place.row + 1).map_or(whole, |next| next.cell);
                // A blank at which a row ends may lie beyond it.
                let room = self.width - if place.row > 0 { hang(line, self.width) } else { 0 };
                (start, end.min(start.cell + room))
            } else {
                (Start::default(), self.left + self.width)
            };
            let from = if self.wrap { start.cell } else { self.left };
            let cut = Cut { left: !self.wrap && from > 0 && whole > 0, right: !self.wrap && whole > to };
            // What is cut says so in a cell of its own.
            let mut pieces = Vec::new();
            if cut.left {
                pieces.push(Piece::new(" ", Ink::Plain));
            }
            // Later rows of a line stand further in.
            let inset = if place.row > 0 { hang(line, self.width) } else { 0 };
            if inset > 0 {
                pieces.push(Piece::new(" ".repeat(inset), Ink::Plain));
            }
            let part = slice(line, start, from + usize::from(cut.left)..to.saturating_sub(usize::from(cut.right)));
            let mut found = self.search.in_row((line, place.line), start, &part.bytes, &(from..to));
            for (cells, _) in &mut found {
                *cells = cells.start + inset as u16..cells.end + inset as u16;
            }
            pieces.extend(part.pieces);
            if place == self.cursor {
                at = Some(rows.len());
            }
            let trace = self.traces.get(place.line).copied().unwrap_or_default();
            rows.push(PageRow {
                line: place.line,
                continued: place.row > 0,
                pieces,
                cut,
                found,
                mark: trace.mark,
                fresh: trace.mark != Mark::None && now.saturating_sub(trace.at) < FRESH,
                linked: line.link.is_some() && place.row + 1 == self.rows_of(place.line),
            });
        }
        (rows, at)
    }

    /// In how many seconds a change stops being one of this moment.
    pub fn next_change(&self, now: Timestamp) -> Option<u32> {
        let fresh = self.traces.iter().filter(|trace| trace.mark != Mark::None);
        fresh.filter_map(|trace| (trace.at + FRESH).checked_sub(now)).filter(|left| *left > 0).min()
    }
}

fn hash(line: &Line) -> u64 {
    let mut hasher = FxHasher::default();
    for piece in &line.pieces {
        hasher.write(piece.text.as_bytes());
    }
    line.pieces.iter().map(|piece| piece.text.len()).sum::<usize>().hash(&mut hasher);
    hasher.finish()
}

fn within(ranges: &[Range<usize>], line: usize) -> bool {
    ranges.iter().any(|range| range.contains(&line))
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
