//! The row of one object while it is parsed: reused from object to object, so parsing allocates nothing.

use super::cell::Cell;
use crate::base::age::Timestamp;
use std::fmt;

/// A piece of a draft's text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    start: u32,
    end: u32,
}

/// How an object fares, as one of the colours that every view uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, PartialOrd, Ord)]
pub enum Tone {
    /// Nothing is known about its health.
    #[default]
    Plain,
    /// As wanted.
    Good,
    /// On its way, or finished.
    Quiet,
    /// Not as wanted, may mend itself.
    Warn,
    /// Broken.
    Bad,
}

/// The row of one object, not yet stored.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    text: String,
    /// Empty for cluster-scoped kinds.
    pub namespace: Span,
    /// The object's name.
    pub name: Span,
    /// The object's uid; empty where the server gives none.
    pub uid: Span,
    /// The resource version, as the server wrote it.
    pub version: Span,
    /// Labels as `k=v,k=v`, sorted by key.
    pub labels: Span,
    /// When the object was created; 0 when not known.
    pub created: Timestamp,
    /// How it fares.
    pub tone: Tone,
    /// One cell a column of the kind.
    pub cells: Vec<Cell<Span>>,
    /// The minor version of the server that prints: 33 of 1.33; 0, not known, is the newest. It outlives
    /// [`Draft::clear`].
    pub minor: u16,
}

impl Draft {
    /// Empties the draft for the next object, keeping its memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.cells.clear();
        (self.namespace, self.name, self.uid) = Default::default();
        (self.version, self.labels) = Default::default();
        self.created = 0;
        self.tone = Tone::Plain;
    }

    /// Adds text that is not a cell (a name, a uid).
    pub fn span(&mut self, text: &str) -> Span {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Span { start, end: self.text.len() as u32 }
    }

    /// Adds formatted text that is not a cell.
    pub fn span_fmt(&mut self, text: fmt::Arguments<'_>) -> Span {
        let start = self.text.len() as u32;
        let _ = fmt::Write::write_fmt(&mut self.text, text);
        Span { start, end: self.text.len() as u32 }
    }

    /// Adds a cell of text.
    pub fn cell(&mut self, text: &str) {
        let span = self.span(text);
        self.cells.push(Cell::Text(span));
    }

    /// Adds a cell of formatted text.
    pub fn cell_fmt(&mut self, text: fmt::Arguments<'_>) {
        let span = self.span_fmt(text);
        self.cells.push(Cell::Text(span));
    }

    /// Adds a cell that repeats a span, such as the name.
    pub fn cell_span(&mut self, span: Span) {
        self.cells.push(Cell::Text(span));
    }

    /// Adds a number.
    pub fn cell_number(&mut self, number: i64) {
        match i32::try_from(number) {
            Ok(small) => self.cells.push(Cell::Number(small)),
            Err(_) => self.cell_fmt(format_args!("{number}")),
        }
    }

    /// Adds a length of time in seconds.
    pub fn cell_duration(&mut self, seconds: i64) {
        let seconds = seconds.clamp(i32::MIN.into(), i32::MAX.into());
        self.cells.push(Cell::Duration(seconds as i32));
    }

    /// Adds a moment.
    pub fn cell_moment(&mut self, then: Timestamp) {
        self.cells.push(Cell::Moment(then));
    }

    /// Whether the server that prints is known and older than this minor version.
    pub fn is_before(&self, minor: u16) -> bool {
        self.minor != 0 && self.minor < minor
    }

    /// Adds an amount of data.
    pub fn cell_size(&mut self, bytes: u64) {
        self.cells.push(Cell::Size(u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)));
    }

    /// Adds an age.
    pub fn cell_age(&mut self, then: Timestamp) {
        self.cells.push(Cell::Age(then));
    }

    /// The text of a span of this draft.
    pub fn get(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Sets [`Draft::labels`] from pairs in any order.
    pub fn set_labels<'a>(&mut self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_unstable();
        let start = self.text.len() as u32;
        for (i, (key, value)) in pairs.into_iter().enumerate() {
            if i > 0 {
                self.text.push(',');
            }
            self.text.push_str(key);
            self.text.push('=');
            self.text.push_str(value);
        }
        self.labels = Span { start, end: self.text.len() as u32 };
    }

    /// The texts of all cells at the moment `now`.
    pub fn texts(&self, now: Timestamp) -> Vec<String> {
        self.cells
            .iter()
            .map(|cell| {
                let mut out = String::new();
                cell.write(&mut out, now, |span| self.get(span));
                out
            })
            .collect()
    }
}
