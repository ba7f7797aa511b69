//! One HTTP connection: the handshake, the task that drives it, and what its errors mean.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::task::JoinHandle;

use super::error::NO_PING;
use super::{
    Lane, LinkError, LinkOptions,
    connect::Dialed,
    error::{flatten, seconds},
    lanes::{Badge, Load},
    wire::Pulse,
};

/// A request: without a body but for a few questions.
pub(super) type Request = http::Request<Full<Bytes>>;

/// Unread bytes a server may send per connection.
const CONNECTION_WINDOW: u32 = 8 << 20;

/// A connection that carries many requests at once.
pub(super) struct Http2 {
    sender: http2::SendRequest<Full<Bytes>>,
    pub badge: Badge,
    load: Load,
    /// The most streams: our limit, or the server's if lower.
    room: Arc<AtomicUsize>,
    pub trouble: Trouble,
    /// It goes away, or refuses: for what is open on it only.
    retired: AtomicBool,
    _driver: Driver,
}

/// A connection that carries one request after the other.
pub(super) struct Http1 {
    pub sender: http1::SendRequest<Full<Bytes>>,
    pub badge: Badge,
    pub trouble: Trouble,
    _driver: Driver,
}

/// Explains the errors of one connection.
#[derive(Clone)]
pub(super) struct Trouble {
    host: Arc<str>,
    pulse: Arc<Pulse>,
    ping: Option<Duration>,
}

/// One place on a shared connection, and the connection kept open.
pub(super) struct Lease(Arc<Http2>);

impl Lease {
    /// A place, if there is one.
    pub fn take(connection: &Arc<Http2>) -> Option<Self> {
        let room = connection.room.load(Ordering::Relaxed).max(1);
        connection.load.take(room).then(|| Self(Arc::clone(connection)))
    }

    pub fn sender(&self) -> http2::SendRequest<Full<Bytes>> {
        self.0.sender.clone()
    }

    pub fn trouble(&self) -> &Trouble {
        &self.0.trouble
    }

    /// No further request goes on this connection; those on it go on.
    pub fn retire(&self) {
        self.0.retired.store(true, Ordering::Relaxed);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.load.give();
    }
}

impl Http2 {
    pub fn is_alive(&self) -> bool {
        !self.sender.is_closed() && !self.trouble.is_over() && !self.retired.load(Ordering::Relaxed)
    }
}

impl Http1 {
    pub fn is_alive(&self) -> bool {
        !self.sender.is_closed() && !self.trouble.is_over()
    }
}

/// The task of a connection; gone with the last who needs it.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(super) async fn http2(
    dialed: Dialed,
    options: &LinkOptions,
    lane: Lane,
    badge: Badge,
    host: &Arc<str>,
) -> Result<Http2, LinkError> {
    let stream_window: u32 = match lane {
        Lane::Bulk => 2 << 20,
        Lane::Watch => 1 << 20,
    };
    let trouble = Trouble { host: Arc::clone(host), pulse: dialed.pulse, ping: Some(options.ping_timeout) };
    let handshake = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .initial_stream_window_size(stream_window)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(options.ping_interval)
        .keep_alive_timeout(options.ping_timeout)
        .keep_alive_while_idle(true)
        .handshake(TokioIo::new(dialed.wire))
        .await;
    let (sender, connection) = handshake.map_err(|error| trouble.explain(&error))?;
    let limit = options.streams_per_connection;
    let room = Arc::new(AtomicUsize::new(limit));
    let known = Arc::clone(&room);
    let driver = async move {
        let mut connection = pin!(connection);
        poll_fn(|cx| {
            let done = connection.as_mut().poll(cx);
            known.store(connection.current_max_send_streams().min(limit), Ordering::Relaxed);
            done.map(drop)
        })
        .await;
    };
    let driver = Driver(tokio::spawn(driver));
    Ok(Http2 { sender, badge, load: Load::default(), room, trouble, retired: AtomicBool::new(false), _driver: driver })
}

pub(super) async fn http1(dialed: Dialed, badge: Badge, host: &Arc<str>) -> Result<Http1, LinkError> {
    let trouble = Trouble { host: Arc::clone(host), pulse: dialed.pulse, ping: None };
    let handshake = http1::handshake(TokioIo::new(dialed.wire)).await;
    let (sender, connection) = handshake.map_err(|error| trouble.explain(&error))?;
    let driver = Driver(tokio::spawn(async move {
        let _ = connection.await;
    }));
    Ok(Http1 { sender, badge, trouble, _driver: driver })
}

impl Trouble {
    /// Did the byte stream under the connection end?
    pub fn is_over(&self) -> bool {
        self.pulse.ended().is_some()
    }

    /// A hyper error in the words of whoever looks at the screen.
    pub fn explain(&self, error: &hyper::Error) -> LinkError {
        let host = Arc::clone(&self.host);
        if error.is_parse() || error.is_parse_too_large() {
            return LinkError::Answer { host, cause: format!("not HTTP ({})", flatten(error)) };
        }
        let text = flatten(error);
        // The byte stream did not end, yet the connection did: hyper gave up on a ping. It says so to
        // some of the streams only.
        let silent = ["keep-alive timed out", "operation timed out", "connection closed"].contains(&text.as_str())
            || text.contains("broken pipe")
            || error.is_closed();
        let cause = match (self.pulse.ended(), self.ping) {
            (Some(ended), _) => ended,
            (None, Some(ping)) if silent => format!("{NO_PING} within {}", seconds(&ping)),
            (None, _) => text,
        };
        LinkError::Lost { host, cause }
    }
}

/// Polls `future` to its end unless `limit` passes first; `Duration::MAX` is no limit.
pub(super) async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    if limit == Duration::MAX {
        return Some(future.await);
    }
    tokio::time::timeout(limit, future).await.ok()
}
