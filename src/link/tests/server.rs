//! A small HTTP server for tests, on loopback or inside the process.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use http::{Request, Response};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::{
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};

use crate::link::{Ask, Dial, Lane, Link, LinkOptions, Target};

pub type Answer = Response<BoxBody<Bytes, Infallible>>;
pub type Handler = Arc<dyn Fn(Request<Incoming>) -> Answer + Send + Sync>;

pub fn handler(answer: impl Fn(Request<Incoming>) -> Answer + Send + Sync + 'static) -> Handler {
    Arc::new(answer)
}

/// An answer with this text.
pub fn text(text: impl Into<Bytes>) -> Answer {
    Response::new(Full::new(text.into()).boxed())
}

/// An answer whose body comes as the stream goes.
pub fn pieces(pieces: impl Stream<Item = Bytes> + Send + Sync + 'static) -> Answer {
    Response::new(BodyExt::boxed(StreamBody::new(pieces.map(|piece| Ok(Frame::data(piece))))))
}

/// A piece, then silence.
pub fn endless(piece: &'static str) -> Answer {
    let first = futures::stream::iter([Bytes::from_static(piece.as_bytes())]);
    pieces(first.chain(futures::stream::pending()))
}

pub async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, answer: Handler) {
    let service = service_fn(move |request| {
        let answer = answer(request);
        async move { Ok::<_, Infallible>(answer) }
    });
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

/// Serves on a free port. The count is of connections.
pub async fn listen(answer: Handler) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::<AtomicUsize>::default();
    let counter = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve(stream, Arc::clone(&answer)));
        }
    });
    (address, count)
}

/// Serves inside the process. The count is of connections.
pub fn inside(answer: Handler) -> (Dial, Arc<AtomicUsize>) {
    let count = Arc::<AtomicUsize>::default();
    let counter = Arc::clone(&count);
    let dial = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        let (ours, theirs) = tokio::io::duplex(64 << 10);
        tokio::spawn(serve(theirs, Arc::clone(&answer)));
        ours
    };
    (Dial::InProcess(Arc::new(dial)), count)
}

pub fn link_to(address: SocketAddr, options: LinkOptions) -> Link {
    Link::new(Target::plain("test", &format!("http://{address}")).unwrap(), options).unwrap()
}

pub fn link_inside(dial: Dial, mut options: LinkOptions) -> Link {
    options.dial = dial;
    Link::new(Target::plain("test", "http://embedded").unwrap(), options).unwrap()
}

pub fn ask(path: &str) -> Ask {
    Ask {
        path: path.to_owned(),
        accept: "application/json",
        gzip: false,
        lane: Lane::Bulk,
        head_timeout: Duration::from_secs(20),
        idle_timeout: Duration::from_secs(20),
    }
}

pub fn watch(path: &str) -> Ask {
    Ask { lane: Lane::Watch, idle_timeout: Duration::MAX, ..ask(path) }
}

/// Serves what takes its time.
pub async fn serve_later<F: Future<Output = Answer> + Send + 'static>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    answer: impl Fn(Request<Incoming>) -> F + Send + 'static,
) {
    let service = service_fn(move |request| {
        let answer = answer(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}
