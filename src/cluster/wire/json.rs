//! JSON lists cut into items, and watches cut into lines, while they arrive.

use super::{Bookmark, EventType, ListPiece, MAX_OBJECT, Status, WireError};
use memchr::{memchr, memchr2};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashMap;

#[allow(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn broken(what: impl ToString) -> WireError {
    WireError::Format { format: "JSON", what: what.to_string() }
}

/// Where a scanner stands in a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Place {
    /// Before the opening brace.
    #[default]
    Start,
    /// Between two fields of the list.
    Key,
    /// Before a field's value.
    Value,
    /// Within the value of a field that is kept whole.
    Whole,
    /// Within `items` or `rows`, between two elements.
    Between,
    /// Within an element.
    Item,
    /// After the closing brace.
    Done,
}

/// Cuts a JSON list (or Table) into its metadata, columns and items.
#[derive(Default)]
pub struct ListScanner {
    bytes: Vec<u8>,
    /// The first byte not yet looked at.
    at: usize,
    /// Where the value or string that is being read begins.
    start: usize,
    place: Place,
    key: String,
    /// Open braces and brackets of the value being read.
    depth: usize,
    /// Within a string of the value being read.
    quoted: bool,
}

impl ListScanner {
    /// See [`super::ListReader::push`].
    pub fn push<E: From<WireError>>(
        &mut self,
        more: &[u8],
        mut piece: impl FnMut(ListPiece<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        // What is used already makes room for what comes.
        let used = if matches!(self.place, Place::Whole | Place::Item) { self.start } else { self.at };
        if used > 0 {
            self.bytes.drain(..used);
            self.at -= used;
            self.start = self.start.saturating_sub(used);
        }
        self.bytes.extend_from_slice(more);
        if self.bytes.len() > MAX_OBJECT {
            return Err(WireError::Huge.into());
        }
        while self.step(&mut piece)? {}
        Ok(())
    }

    /// Whether the list was complete.
    pub fn is_done(&self) -> bool {
        self.place == Place::Done
    }

    /// Goes on by one token; false when more bytes are needed.
    fn step<E: From<WireError>>(&mut self, piece: &mut impl FnMut(ListPiece<'_>) -> Result<(), E>) -> Result<bool, E> {
        if matches!(self.place, Place::Whole | Place::Item) {
            let Some(end) = self.value_end() else { return Ok(false) };
            let value = &self.bytes[self.start..end];
            if self.place == Place::Item {
                piece(ListPiece::Item(value))?;
                self.place = Place::Between;
            } else {
                match self.key.as_str() {
                    "metadata" => piece(ListPiece::Meta(serde_json::from_slice(value).map_err(broken)?))?,
                    "columnDefinitions" => piece(ListPiece::Columns(value))?,
                    _ => (),
                }
                self.place = Place::Key;
            }
            self.at = end;
            return Ok(true);
        }
        let Some(next) = self.bytes[self.at..].iter().position(|b| !b.is_ascii_whitespace()) else {
            self.at = self.bytes.len();
            return Ok(false);
        };
        self.at += next;
        let byte = self.bytes[self.at];
        match (self.place, byte) {
            (Place::Start, b'{') => self.place = Place::Key,
            (Place::Key | Place::Between, b',') => (),
            (Place::Key, b'}') => self.place = Place::Done,
            (Place::Key, b'"') => return self.read_key().map_err(E::from),
            (Place::Value, b':') => (),
            (Place::Value, b'[') if self.key == "items" || self.key == "rows" => self.place = Place::Between,
            (Place::Between, b']') => self.place = Place::Key,
            (Place::Value | Place::Between, byte) if !b",:}]".contains(&byte) => {
                self.place = if self.place == Place::Value { Place::Whole } else { Place::Item };
                (self.start, self.depth, self.quoted) = (self.at, 0, false);
                return Ok(true);
            }
            _ => return Err(broken(format!("unexpected {:?}", char::from(byte))).into()),
        }
        self.at += 1;
        Ok(true)
    }

    fn read_key(&mut self) -> Result<bool, WireError> {
        let from = self.at + 1;
        let Some(len) = memchr(b'"', &self.bytes[from..]) else {
            return Ok(false);
        };
        self.key = std::str::from_utf8(&self.bytes[from..from + len]).map_err(broken)?.to_owned();
        self.at = from + len + 1;
        self.place = Place::Value;
        Ok(true)
    }

    /// The end of the value that begins at `start`; keeps its place when more bytes are needed.
    fn value_end(&mut self) -> Option<usize> {
        while self.at < self.bytes.len() {
            if self.quoted {
                let Some(found) = memchr2(b'"', b'\\', &self.bytes[self.at..]) else {
                    self.at = self.bytes.len();
                    return None;
                };
                let at = self.at + found;
                if self.bytes[at] == b'\\' {
                    // The escaped byte may not be here yet.
                    if at + 1 >= self.bytes.len() {
                        self.at = at;
                        return None;
                    }
                    self.at = at + 2;
                    continue;
                }
                self.quoted = false;
                self.at = at + 1;
                if self.depth == 0 {
                    return Some(self.at);
                }
                continue;
            }
            match self.bytes[self.at] {
                b'"' => self.quoted = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    if self.depth == 0 {
                        return Some(self.at);
                    }
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some(self.at + 1);
                    }
                }
                b',' if self.depth == 0 => return Some(self.at),
                _ => (),
            }
            self.at += 1;
        }
        None
    }
}

/// Cuts a JSON watch into events: one a line.
#[derive(Default)]
pub struct LineScanner {
    bytes: Vec<u8>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    object: &'a RawValue,
}

impl LineScanner {
    /// See [`super::WatchReader::push`].
    pub fn push<E: From<WireError>>(
        &mut self,
        more: &[u8],
        mut event: impl FnMut(EventType, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut from = 0;
        while let Some(len) = memchr(b'\n', &more[from..]) {
            let rest = &more[from..from + len];
            from += len + 1;
            if self.bytes.is_empty() {
                line(rest, &mut event)?;
            } else {
                self.bytes.extend_from_slice(rest);
                let whole = std::mem::take(&mut self.bytes);
                line(&whole, &mut event)?;
                self.bytes = whole;
                self.bytes.clear();
            }
        }
        self.bytes.extend_from_slice(&more[from..]);
        if self.bytes.len() > MAX_OBJECT { Err(WireError::Huge.into()) } else { Ok(()) }
    }
}

fn line<E: From<WireError>>(line: &[u8], event: &mut impl FnMut(EventType, &[u8]) -> Result<(), E>) -> Result<(), E> {
    if line.trim_ascii().is_empty() {
        return Ok(());
    }
    let read: Event<'_> = serde_json::from_slice(line).map_err(broken)?;
    match EventType::named(&read.kind) {
        Some(kind) => event(kind, read.object.get().as_bytes()),
        None => Ok(()),
    }
}

/// A Status object.
pub fn status(bytes: &[u8]) -> Result<Status, WireError> {
    serde_json::from_slice(bytes).map_err(broken)
}

/// A bookmark: an object with only its metadata, or a Table whose one row holds such an object.
pub fn bookmark(bytes: &[u8]) -> Result<Bookmark, WireError> {
    #[derive(Deserialize, Default)]
    #[serde(rename_all = "camelCase", default)]
    struct Meta {
        #[serde(deserialize_with = "super::null_is_default")]
        resource_version: String,
        #[serde(deserialize_with = "super::null_is_default")]
        annotations: HashMap<String, String>,
    }
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Object {
        metadata: Meta,
        rows: Option<Vec<Row>>,
    }
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Row {
        object: Option<Inner>,
    }
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Inner {
        metadata: Meta,
    }
    let object: Object = serde_json::from_slice(bytes).map_err(broken)?;
    let row = object.rows.and_then(|rows| rows.into_iter().next()).and_then(|row| row.object);
    // A Table says the version itself, but what it is the end of only in its one row.
    let inner = row.map(|row| row.metadata).unwrap_or_default();
    let ends = |meta: &Meta| meta.annotations.get("k8s.io/initial-events-end").is_some_and(|value| value == "true");
    let ends_list = ends(&object.metadata) || ends(&inner);
    let meta = if object.metadata.resource_version.is_empty() { inner } else { object.metadata };
    Ok(Bookmark { resource_version: meta.resource_version, ends_list })
}
