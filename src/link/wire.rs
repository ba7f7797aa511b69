//! The byte stream under a connection, and what is known about its end.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::{error, meter::Meter};

/// Any byte stream to a server: TCP, TLS over TCP, or one inside this process.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Why a byte stream ended, as seen from below HTTP.
#[derive(Default)]
pub(super) struct Pulse(Mutex<Option<String>>);

impl Pulse {
    /// The first thing that went wrong, if anything did.
    pub fn ended(&self) -> Option<String> {
        self.0.lock().clone()
    }

    fn end(&self, cause: impl FnOnce() -> String) {
        self.0.lock().get_or_insert_with(cause);
    }
}

/// A stream that notes its end in a [`Pulse`] and does not wake us for every few bytes: what comes
/// soon after the last burst waits for [`PACE`], so that a thousand changes a second are read a dozen at
/// a time. While a connection is young, or many bytes come, nothing waits.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    pulse: Arc<Pulse>,
    born: Instant,
    /// When the last burst of bytes had been read, and how many they were.
    drained: Option<Instant>,
    burst: usize,
    rest: Option<Pin<Box<Sleep>>>,
    meter: Option<Arc<Meter>>,
}

/// The shortest time between two bursts of few bytes.
const PACE: Duration = Duration::from_millis(12);
/// How long a connection is young: what opens a screen does not wait.
const YOUNG: Duration = Duration::from_secs(2);
/// From so many bytes on a burst is a bulk transfer.
const BULK: usize = 256 << 10;

impl Wire {
    pub fn new(stream: impl Stream + 'static) -> (Self, Arc<Pulse>) {
        let pulse = Arc::<Pulse>::default();
        let (born, stream) = (Instant::now(), Box::new(stream));
        (Self { stream, pulse: Arc::clone(&pulse), born, drained: None, burst: 0, rest: None, meter: None }, pulse)
    }

    /// Charges what is received from here on.
    pub fn charge(&mut self, meter: Arc<Meter>) {
        self.meter = Some(meter);
    }

    /// Waits out the rest after a burst of few bytes.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.rest.is_none()
            && let Some(drained) = self.drained
            && self.burst < BULK
            && self.born.elapsed() > YOUNG
            && drained.elapsed() < PACE
        {
            self.rest = Some(Box::pin(tokio::time::sleep_until(drained + PACE)));
        }
        if let Some(rest) = &mut self.rest {
            ready!(rest.as_mut().poll(cx));
            self.rest = None;
            self.drained = None;
        }
        Poll::Ready(())
    }

    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result {
            self.pulse.end(|| error::flatten(error));
        }
        result
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_rest(cx));
        let before = buf.filled().len();
        let Poll::Ready(result) = Pin::new(&mut self.stream).poll_read(cx, buf) else {
            self.drained = Some(Instant::now());
            return Poll::Pending;
        };
        let read = buf.filled().len() - before;
        if let Some(meter) = &self.meter {
            meter.received(read);
        }
        self.burst = if self.drained.take().is_some() { read } else { self.burst.saturating_add(read) };
        if result.is_ok() && buf.remaining() > 0 && buf.filled().len() == before {
            self.pulse.end(|| "closed by the server".to_owned());
        }
        Poll::Ready(self.note(result))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = ready!(Pin::new(&mut self.stream).poll_write(cx, buf));
        Poll::Ready(self.note(result))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs));
        Poll::Ready(self.note(result))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = ready!(Pin::new(&mut self.stream).poll_flush(cx));
        Poll::Ready(self.note(result))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
