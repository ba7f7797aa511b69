//! What can be done to a request.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::Asked;

/// What is done to a request, or to its answer.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Answered as a server that refuses, without one being asked.
    Status(u16),
    /// 429 with `Retry-After`, as the server's priority and fairness writes it.
    TooMany(u32),
    /// A page for people, with this status.
    Html(u16),
    /// This body of this type, with status 200.
    Body(&'static str, Bytes),
    /// Nothing comes, the connection stays.
    Silence,
    /// The answer breaks off within its body after this many bytes: a chunk that is never complete, or a reset stream.
    CutAfter(usize),
    /// The answer ends properly after this many bytes.
    EndAfter(usize),
    /// Nothing comes after this many bytes of the answer.
    StallAfter(usize),
    /// The answer comes in pieces of so many bytes, and this long after each other.
    Trickle(usize, Duration),
}

/// How an open answer is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As it should not end.
    Cut,
    /// As if the server were done.
    Close,
}

pub(super) type Matcher = Arc<dyn Fn(&Asked) -> bool + Send + Sync>;

/// A fault, and what it is done to.
pub(super) struct Rule {
    pub matches: Matcher,
    pub fault: Fault,
    /// How often it is still to be done.
    pub left: usize,
}
