//! What is searched for in a document, and where it was found.

use super::filter::explain;
use super::page::Found;
use super::reader::Place;
use super::slice::{Start, cell_from};
use crate::model::document::{Document, Line};
use crate::text::catalog::Text;
use regex::{Regex, RegexBuilder};
use std::ops::Range;

/// The most places that are noted.
const MOST: usize = 10_000;

/// A place, in bytes of its line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Hit {
    /// The line.
    pub line: usize,
    /// Its start.
    pub start: usize,
    /// Its end.
    pub end: usize,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Search {
    /// As it was typed.
    pub pattern: String,
    regex: Option<Regex>,
    /// Why the pattern is not valid, in a sentence; the last valid one stays.
    pub error: Option<String>,
    hits: Vec<Hit>,
    more: bool,
    /// Where the search stands.
    here: Option<usize>,
    /// Where the cursor was when the search began; giving it up leads back there.
    pub origin: Option<Place>,
}

impl Search {
    /// Searches for another pattern; false when it is the same, or not valid.
    pub fn set(&mut self, pattern: &str, document: &Document, cursor: Place) -> bool {
        if pattern == self.pattern {
            return false;
        }
        pattern.clone_into(&mut self.pattern);
        self.error = None;
        if pattern.is_empty() {
            *self = Search { origin: self.origin, ..Search::default() };
            return true;
        }
        // Upper case is meant as such.
        let small = !pattern.chars().any(char::is_uppercase);
        match RegexBuilder::new(pattern).case_insensitive(small).size_limit(1 << 20).build() {
            Ok(regex) => self.regex = Some(regex),
            Err(regex::Error::CompiledTooBig(_)) => self.error = Some(Text::PatternTooLarge.to_string()),
            Err(error) => self.error = Some(explain(pattern, &error)),
        }
        if self.error.is_some() {
            return false;
        }
        let origin = *self.origin.get_or_insert(cursor);
        self.look(document);
        self.here = self.first_from(origin);
        true
    }

    /// Whether nothing is searched for.
    pub fn is_off(&self) -> bool {
        self.regex.is_none()
    }

    /// The document has changed; whether the search stands where it stood at no place before.
    pub fn look_again(&mut self, document: &Document, cursor: Place) -> bool {
        if self.is_off() {
            return false;
        }
        let stood = self.here.is_some();
        self.look(document);
        // What is being searched for may have come only now.
        let from = if stood { Some(cursor) } else { self.origin };
        self.here = from.and_then(|from| self.first_from(from));
        !stood && self.here.is_some()
    }

    fn look(&mut self, document: &Document) {
        self.hits.clear();
        self.more = false;
        let Some(regex) = &self.regex else { return };
        let mut text = String::new();
        for (at, line) in document.lines.iter().enumerate() {
            text.clear();
            line.pieces.iter().for_each(|piece| text.push_str(&piece.text));
            for found in regex.find_iter(&text).filter(|found| !found.is_empty()) {
                if self.hits.len() == MOST {
                    self.more = true;
                    return;
                }
                self.hits.push(Hit { line: at, start: found.start(), end: found.end() });
            }
        }
    }

    fn first_from(&self, place: Place) -> Option<usize> {
        let next = self.hits.partition_point(|hit| hit.line < place.line);
        (!self.hits.is_empty()).then_some(if next == self.hits.len() { 0 } else { next })
    }

    /// Goes to the next place, or to the one before, around the ends.
    pub fn step(&mut self, forward: bool, cursor: Place) {
        self.origin = None;
        let count = self.hits.len();
        if count == 0 {
            return;
        }
        self.here = match (self.here, forward) {
            (Some(here), true) => Some((here + 1) % count),
            (Some(here), false) => Some((here + count - 1) % count),
            (None, true) => self.first_from(cursor),
            (None, false) => {
                let before = self.hits.partition_point(|hit| hit.line < cursor.line);
                Some((before + count - 1) % count)
            }
        };
    }

    /// The cursor has gone elsewhere: the search goes on from there.
    pub fn moved(&mut self) {
        self.here = None;
        self.origin = None;
    }

    /// Where the search stands.
    pub fn hit(&self) -> Option<Hit> {
        self.hits.get(self.here?).copied()
    }

    /// What was found.
    pub fn found(&self) -> Option<Found> {
        let at = self.here.map_or(0, |here| here + 1);
        (!self.is_off()).then_some(Found { at, of: self.hits.len(), more: self.more })
    }

    /// What was found in a part of a line that begins at `start` and shows these cells, counted from the
    /// first of them.
    pub fn in_row(
        &self,
        (line, at): (&Line, usize),
        start: Start,
        bytes: &Range<usize>,
        cells: &Range<usize>,
    ) -> Vec<(Range<u16>, bool)> {
        let first = self.hits.partition_point(|hit| (hit.line, hit.end) <= (at, bytes.start));
        let cell = |byte: usize| cell_from(line, start, byte.max(start.byte)).clamp(cells.start, cells.end);
        let hits = self.hits.iter().enumerate().skip(first);
        hits.take_while(|(_, hit)| hit.line == at && hit.start < bytes.end)
            .map(|(index, hit)| {
                let (from, to) = (cell(hit.start) - cells.start, cell(hit.end.min(bytes.end)) - cells.start);
                (from as u16..to as u16, self.here == Some(index))
            })
            .collect()
    }
}
