//! Bodies of lists and watches, cut into objects while they arrive: a body is never held whole.

pub mod json;
pub mod protobuf;
pub mod table;

use thiserror::Error;

/// How an object's bytes are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// JSON.
    Json,
    /// Kubernetes protobuf: for an object its message alone, without the `k8s\0` envelope.
    Protobuf,
}

impl Encoding {
    /// The encoding that a response's Content-Type names; `None` for a type that is neither.
    pub fn of(content_type: &str) -> Option<Encoding> {
        let essence = content_type.split(';').next().unwrap_or("").trim();
        match essence {
            "application/vnd.kubernetes.protobuf" => Some(Encoding::Protobuf),
            "application/json" => Some(Encoding::Json),
            _ => None,
        }
    }
}

/// A body that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum WireError {
    /// The bytes break the format.
    #[error("the body breaks the {format} format: {what}")]
    Format {
        /// `protobuf` or `JSON`.
        format: &'static str,
        /// What was wrong.
        what: String,
    },
    /// An object larger than any that etcd could hold.
    #[error("an object of more than {} MiB", MAX_OBJECT >> 20)]
    Huge,
    /// The body ended within an object.
    #[error("the body ended too early")]
    Truncated,
    /// An object of the list cannot be decoded.
    #[error("{0}")]
    Object(String),
}

/// The largest object (or other single value of a list) that is accepted, in bytes.
pub const MAX_OBJECT: usize = 64 << 20;

/// A piece of a list.
#[derive(PartialEq, Eq, Debug)]
pub enum ListPiece<'a> {
    /// What a list says about itself; before its items where the server writes it first.
    Meta(ListMeta),
    /// A Table's column definitions, as JSON.
    Columns(&'a [u8]),
    /// One object (or one row of a Table).
    Item(&'a [u8]),
}

/// A list's metadata.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListMeta {
    /// The version to watch from.
    #[serde(deserialize_with = "null_is_default")]
    pub resource_version: String,
    /// The token of the next page; empty on the last.
    #[serde(rename = "continue", deserialize_with = "null_is_default")]
    pub next: String,
    /// How many objects follow after this page, where the server says it.
    pub remaining_item_count: Option<i64>,
}

fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + serde::Deserialize<'de>,
{
    use serde::Deserialize as _;
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// What happened to an object of a watch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventType {
    /// It came, or moved into the selection.
    Added,
    /// It changed.
    Modified,
    /// It went, or moved out of the selection.
    Deleted,
    /// Only the resource version moved on.
    Bookmark,
    /// The watch failed; the object is a Status.
    Error,
}

impl EventType {
    /// The type that the wire names; `None` for one that this version does not know.
    pub fn named(word: &str) -> Option<EventType> {
        Some(match word {
            "ADDED" => EventType::Added,
            "MODIFIED" => EventType::Modified,
            "DELETED" => EventType::Deleted,
            "BOOKMARK" => EventType::Bookmark,
            "ERROR" => EventType::Error,
            _ => return None,
        })
    }
}

/// A Status object: the server's words on why it refuses.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Deserialize, thiserror::Error)]
#[serde(default)]
#[error("{message}")]
pub struct Status {
    /// The HTTP status it stands for; 0 when not said.
    pub code: i32,
    /// `Expired`, `Forbidden`…
    #[serde(deserialize_with = "null_is_default")]
    pub reason: String,
    /// The sentence.
    #[serde(deserialize_with = "null_is_default")]
    pub message: String,
}

impl Status {
    /// The Status in an error's body, whatever its encoding; a body that is none becomes the message.
    pub fn of(code: u16, encoding: Option<Encoding>, body: &[u8]) -> Status {
        let read = match encoding {
            Some(Encoding::Protobuf) => protobuf::open(body).ok().and_then(|raw| protobuf::status(raw).ok()),
            Some(Encoding::Json) => serde_json::from_slice(body).ok(),
            None => None,
        };
        let mut status: Status = read.unwrap_or_default();
        status.code = i32::from(code);
        if status.message.is_empty() {
            let text = String::from_utf8_lossy(&body[..body.len().min(400)]);
            let line = text.split(['\n', '\r']).find(|line| !line.trim().is_empty()).unwrap_or("").trim();
            status.message = if line.is_empty() { format!("HTTP status {code} without a body") } else { line.into() };
        }
        status
    }
}

/// Cuts a list's body into pieces.
pub enum ListReader {
    /// A JSON list or Table.
    Json(json::ListScanner),
    /// A protobuf list.
    Protobuf(protobuf::ListScanner),
}

impl ListReader {
    /// A reader of a body in this encoding.
    pub fn new(encoding: Encoding) -> ListReader {
        match encoding {
            Encoding::Json => ListReader::Json(json::ListScanner::default()),
            Encoding::Protobuf => ListReader::Protobuf(protobuf::ListScanner::default()),
        }
    }

    /// Takes the next bytes and hands each piece that is complete to `piece`.
    pub fn push<E: From<WireError>>(
        &mut self,
        bytes: &[u8],
        piece: impl FnMut(ListPiece<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            ListReader::Json(scanner) => scanner.push(bytes, piece),
            ListReader::Protobuf(scanner) => scanner.push(bytes, piece),
        }
    }

    /// The body has ended: an error unless it was complete.
    pub fn finish(&self) -> Result<(), WireError> {
        let done = match self {
            ListReader::Json(scanner) => scanner.is_done(),
            ListReader::Protobuf(scanner) => scanner.is_done(),
        };
        if done { Ok(()) } else { Err(WireError::Truncated) }
    }
}

/// Cuts a watch's body into events.
pub enum WatchReader {
    /// One JSON event a line.
    Json(json::LineScanner),
    /// Length-delimited protobuf frames.
    Protobuf(protobuf::FrameScanner),
}

impl WatchReader {
    /// A reader of a body in this encoding.
    pub fn new(encoding: Encoding) -> WatchReader {
        match encoding {
            Encoding::Json => WatchReader::Json(json::LineScanner::default()),
            Encoding::Protobuf => WatchReader::Protobuf(protobuf::FrameScanner::default()),
        }
    }

    /// Takes the next bytes and hands each event that is complete to `event`: its type and its
    /// object, which for protobuf is the message without its envelope.
    pub fn push<E: From<WireError>>(
        &mut self,
        bytes: &[u8],
        event: impl FnMut(EventType, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            WatchReader::Json(scanner) => scanner.push(bytes, event),
            WatchReader::Protobuf(scanner) => scanner.push(bytes, event),
        }
    }
}

/// What a bookmark says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bookmark {
    /// The version to resume from.
    pub resource_version: String,
    /// Whether it ends a streaming list.
    pub ends_list: bool,
}

#[cfg(test)]
mod tests;
