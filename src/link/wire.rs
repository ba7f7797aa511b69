//! The byte stream under a connection, and what is known about its end.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

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

/// A stream that notes its end in a [`Pulse`], and whose bytes are charged.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    pulse: Arc<Pulse>,
    meter: Option<Arc<Meter>>,
}

impl Wire {
    pub fn new(stream: impl Stream + 'static) -> (Self, Arc<Pulse>) {
        let pulse = Arc::<Pulse>::default();
        (Self { stream: Box::new(stream), pulse: Arc::clone(&pulse), meter: None }, pulse)
    }

    /// Charges what is received from here on.
    pub fn charge(&mut self, meter: Arc<Meter>) {
        self.meter = Some(meter);
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
        let before = buf.filled().len();
        let result = ready!(Pin::new(&mut self.stream).poll_read(cx, buf));
        let read = buf.filled().len() - before;
        if let Some(meter) = &self.meter {
            meter.received(read);
        }
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
