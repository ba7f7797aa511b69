//! Kubernetes protobuf: `k8s\0` + `runtime.Unknown`, lists of such, and watch frames.
//!
//! Field numbers: apimachinery `runtime/generated.proto` and `meta/v1/generated.proto`.

use super::{Bookmark, EventType, ListMeta, ListPiece, MAX_OBJECT, Status, WireError};
use prost::Message;

const MAGIC: &[u8] = b"k8s\0";

fn broken(what: &str) -> WireError {
    WireError::Format { format: "protobuf", what: what.to_owned() }
}

/// Bytes not yet used, compacted when half of them are.
#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    at: usize,
}

impl Pending {
    fn add(&mut self, more: &[u8]) {
        if self.at > 0 && self.at >= self.bytes.len() / 2 {
            self.bytes.drain(..self.at);
            self.at = 0;
        }
        self.bytes.extend_from_slice(more);
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }
}

/// A varint at the start of `bytes` and its length; `None` when it is not complete yet.
fn varint(bytes: &[u8]) -> Result<Option<(u64, usize)>, WireError> {
    let mut value = 0_u64;
    for (i, &byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return Ok(Some((value, i + 1)));
        }
    }
    if bytes.len() >= 10 { Err(broken("a number of more than ten bytes")) } else { Ok(None) }
}

/// The head of a field: its number, the length of its payload, and where the payload starts.
struct Field {
    number: u64,
    start: usize,
    len: usize,
}

/// The field at the start of `bytes`; `None` when its head is not complete yet.
fn field(bytes: &[u8]) -> Result<Option<Field>, WireError> {
    let Some((tag, tag_len)) = varint(bytes)? else { return Ok(None) };
    let number = tag >> 3;
    let fixed = |len| Ok(Some(Field { number, start: tag_len, len }));
    match tag & 7 {
        0 => match varint(&bytes[tag_len..])? {
            Some((_, len)) => fixed(len),
            None => Ok(None),
        },
        1 => fixed(8),
        2 => {
            let Some((len, len_len)) = varint(&bytes[tag_len..])? else { return Ok(None) };
            let len = usize::try_from(len).map_err(|_| WireError::Huge)?;
            Ok(Some(Field { number, start: tag_len + len_len, len }))
        }
        5 => fixed(4),
        other => Err(broken(&format!("wire type {other}"))),
    }
}

/// Cuts a protobuf list into its metadata and items.
#[derive(Default)]
pub struct ListScanner {
    pending: Pending,
    /// Bytes of the list message that have not been used; `None` before its head was read.
    left: Option<usize>,
    magic: bool,
    ended: bool,
}

impl ListScanner {
    /// See [`super::ListReader::push`].
    pub fn push<E: From<WireError>>(
        &mut self,
        bytes: &[u8],
        mut piece: impl FnMut(ListPiece<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.pending.add(bytes);
        if !self.magic {
            let rest = self.pending.rest();
            if rest.len() < MAGIC.len() {
                return Ok(());
            }
            if !rest.starts_with(MAGIC) {
                return Err(broken("it does not begin with k8s").into());
            }
            self.pending.at += MAGIC.len();
            self.magic = true;
        }
        loop {
            let rest = self.pending.rest();
            if self.left == Some(0) {
                self.ended = true;
            }
            let Some(head) = field(rest)? else { return Ok(()) };
            let inside = self.left.is_some() && !self.ended;
            if !inside && head.number == 2 && !self.ended {
                // runtime.Unknown.raw: the list itself, read field by field.
                self.pending.at += head.start;
                self.left = Some(head.len);
                continue;
            }
            if head.len > MAX_OBJECT {
                return Err(WireError::Huge.into());
            }
            let end = head.start + head.len;
            if rest.len() < end {
                return Ok(());
            }
            let payload = &rest[head.start..end];
            if inside {
                let left = self.left.unwrap_or(0);
                self.left = Some(left.checked_sub(end).ok_or_else(|| broken("a field is longer than its list"))?);
                match head.number {
                    1 => piece(ListPiece::Meta(list_meta(payload)?))?,
                    2 => piece(ListPiece::Item(payload))?,
                    _ => (),
                }
            }
            self.pending.at += end;
        }
    }

    /// Whether the list was complete.
    pub fn is_done(&self) -> bool {
        self.left == Some(0)
    }
}

#[derive(Message)]
struct ListMetaMessage {
    #[prost(string, tag = "2")]
    resource_version: String,
    #[prost(string, tag = "3")]
    next: String,
    #[prost(int64, optional, tag = "4")]
    remaining_item_count: Option<i64>,
}

fn list_meta(bytes: &[u8]) -> Result<ListMeta, WireError> {
    let meta = ListMetaMessage::decode(bytes).map_err(|error| broken(&error.to_string()))?;
    Ok(ListMeta {
        resource_version: meta.resource_version,
        next: meta.next,
        remaining_item_count: meta.remaining_item_count,
    })
}

/// Cuts a protobuf watch into events: frames of four bytes of length and a `WatchEvent`.
#[derive(Default)]
pub struct FrameScanner {
    pending: Pending,
}

impl FrameScanner {
    /// See [`super::WatchReader::push`].
    pub fn push<E: From<WireError>>(
        &mut self,
        bytes: &[u8],
        mut event: impl FnMut(EventType, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.pending.add(bytes);
        loop {
            let rest = self.pending.rest();
            let Some((head, body)) = rest.split_first_chunk::<4>() else { return Ok(()) };
            let len = u32::from_be_bytes(*head) as usize;
            if len > MAX_OBJECT {
                return Err(WireError::Huge.into());
            }
            let Some(frame) = body.get(..len) else { return Ok(()) };
            let (kind, object) = watch_event(frame)?;
            if let Some(kind) = EventType::named(kind) {
                event(kind, open(object)?)?;
            }
            self.pending.at += 4 + len;
        }
    }
}

/// The payload of each length-delimited field of a message, without copying.
fn fields(mut bytes: &[u8], mut each: impl FnMut(u64, &[u8])) -> Result<(), WireError> {
    while !bytes.is_empty() {
        let head = field(bytes)?.ok_or(WireError::Truncated)?;
        let end = head.start.checked_add(head.len).ok_or(WireError::Huge)?;
        let payload = bytes.get(head.start..end).ok_or(WireError::Truncated)?;
        each(head.number, payload);
        bytes = &bytes[end..];
    }
    Ok(())
}

/// One payload of a message; empty when it is not there.
fn payload(bytes: &[u8], wanted: u64) -> Result<&[u8], WireError> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let head = field(rest)?.ok_or(WireError::Truncated)?;
        let end = head.start.checked_add(head.len).ok_or(WireError::Huge)?;
        let found = rest.get(head.start..end).ok_or(WireError::Truncated)?;
        if head.number == wanted {
            return Ok(found);
        }
        rest = &rest[end..];
    }
    Ok(&[])
}

fn watch_event(frame: &[u8]) -> Result<(&str, &[u8]), WireError> {
    let kind = std::str::from_utf8(payload(frame, 1)?).map_err(|_| broken("an event type that is not text"))?;
    Ok((kind, payload(payload(frame, 2)?, 1)?))
}

/// The message in a `k8s\0` envelope.
pub fn open(bytes: &[u8]) -> Result<&[u8], WireError> {
    let unknown = bytes.strip_prefix(MAGIC).ok_or_else(|| broken("an object does not begin with k8s"))?;
    payload(unknown, 2)
}

/// A Status message.
pub fn status(bytes: &[u8]) -> Result<Status, WireError> {
    #[derive(Message)]
    struct StatusMessage {
        #[prost(string, tag = "3")]
        message: String,
        #[prost(string, tag = "4")]
        reason: String,
        #[prost(int32, tag = "6")]
        code: i32,
    }
    let status = StatusMessage::decode(bytes).map_err(|error| broken(&error.to_string()))?;
    Ok(Status { code: status.code, reason: status.reason, message: status.message })
}

/// A bookmark: any object with only its metadata.
pub fn bookmark(bytes: &[u8]) -> Result<Bookmark, WireError> {
    let meta = payload(bytes, 1)?;
    let mut bookmark = Bookmark::default();
    fields(meta, |number, field| match number {
        6 => bookmark.resource_version = String::from_utf8_lossy(field).into_owned(),
        12 => {
            let text = |n| payload(field, n).unwrap_or_default();
            bookmark.ends_list |= text(1) == b"k8s.io/initial-events-end" && text(2) == b"true";
        }
        _ => (),
    })?;
    Ok(bookmark)
}
