//! Servers that send a connection away, frame by frame: with GOAWAY, by refusing a stream, or by closing.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::future::join;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    sync::Notify,
};

use super::{
    server::{ask, link_inside},
    soon,
};
use crate::link::{Dial, Link, LinkError, LinkOptions};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const REFUSED_STREAM: u8 = 7;

/// The server's end of an HTTP/2 connection.
struct Raw(DuplexStream);

impl Raw {
    async fn greet(mut stream: DuplexStream) -> Self {
        stream.read_exact(&mut [0; 24]).await.unwrap();
        let mut raw = Self(stream);
        raw.frame(SETTINGS, 0, 0, &[]).await;
        raw
    }

    async fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = vec![length[1], length[2], length[3], kind, flags];
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.0.write_all(&frame).await.unwrap();
    }

    /// The stream of the next request, once its last byte is there.
    async fn request(&mut self) -> u32 {
        loop {
            let mut head = [0; 9];
            self.0.read_exact(&mut head).await.unwrap();
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            self.0.read_exact(&mut vec![0; length as usize]).await.unwrap();
            let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            if matches!(head[3], DATA | HEADERS) && head[4] & END_STREAM != 0 {
                return stream;
            }
        }
    }

    /// Status 200, and nothing of the body yet.
    async fn head(&mut self, stream: u32) {
        self.frame(HEADERS, END_HEADERS, stream, &[0x88]).await;
    }

    async fn body(&mut self, stream: u32, text: &str) {
        self.frame(DATA, END_STREAM, stream, text.as_bytes()).await;
    }

    async fn answer(&mut self, stream: u32, text: &str) {
        self.head(stream).await;
        self.body(stream, text).await;
    }

    /// No request behind that of `last` was or will be looked at; there was no error.
    async fn go_away(&mut self, last: u32) {
        let payload = [last.to_be_bytes(), [0; 4]].concat();
        self.frame(GOAWAY, 0, 0, &payload).await;
    }

    /// Answers all that comes.
    async fn answer_all(mut self, text: &str) {
        loop {
            let stream = self.request().await;
            self.answer(stream, text).await;
        }
    }
}

/// A link whose connections are each served by `serve`, which is told how many there were before.
fn served<F: Future<Output = ()> + Send + 'static>(
    serve: impl Fn(Raw, usize) -> F + Send + Sync + Copy + 'static,
) -> (Link, Arc<AtomicUsize>) {
    let count = Arc::<AtomicUsize>::default();
    let counter = Arc::clone(&count);
    let dial = move || {
        let before = counter.fetch_add(1, Ordering::SeqCst);
        let (ours, theirs) = tokio::io::duplex(64 << 10);
        tokio::spawn(async move { serve(Raw::greet(theirs).await, before).await });
        ours
    };
    (link_inside(Dial::InProcess(Arc::new(dial)), LinkOptions::default()), count)
}

/// The same, where the first connection does something else than answer all that comes.
fn served_after<F: Future<Output = ()> + Send + 'static>(
    first: impl Fn(Raw) -> F + Send + Sync + Copy + 'static,
    text: &'static str,
) -> (Link, Arc<AtomicUsize>) {
    served(move |raw, before| async move { if before > 0 { raw.answer_all(text).await } else { first(raw).await } })
}

async fn get(link: &Link) -> Result<String, LinkError> {
    let reply = soon(link.send(ask("/"))).await?;
    Ok(String::from_utf8(soon(reply.body.collect(99)).await?).unwrap())
}

async fn post(link: &Link) -> Result<String, LinkError> {
    let reply = soon(link.post(ask("/"), b"{}".to_vec())).await?;
    Ok(String::from_utf8(soon(reply.body.collect(99)).await?).unwrap())
}

#[tokio::test]
async fn what_a_goaway_leaves_out_is_asked_again() {
    let (link, dials) = served_after(
        |mut raw| async move {
            let first = raw.request().await;
            raw.request().await;
            raw.go_away(first).await;
            raw.answer(first, "first").await;
        },
        "second",
    );
    let (one, other) = join(get(&link), get(&link)).await;
    let mut heard = [one.unwrap(), other.unwrap()];
    heard.sort();
    assert_eq!(heard, ["first", "second"]);
    assert_eq!(dials.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_refused_stream_is_asked_again_even_if_it_writes() {
    let (link, dials) = served_after(
        |mut raw| async move {
            let stream = raw.request().await;
            raw.frame(RST_STREAM, 0, stream, &[0, 0, 0, REFUSED_STREAM]).await;
            raw.request().await; // the connection stays
        },
        "done",
    );
    assert_eq!(post(&link).await.unwrap(), "done");
    assert_eq!(get(&link).await.unwrap(), "done");
    assert_eq!(dials.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_body_is_read_to_its_end_after_a_goaway() {
    static REST: Notify = Notify::const_new();
    let (link, dials) = served_after(
        |mut raw| async move {
            let stream = raw.request().await;
            raw.head(stream).await;
            raw.go_away(stream).await;
            REST.notified().await;
            raw.body(stream, "whole").await;
        },
        "other",
    );
    let reply = soon(link.send(ask("/"))).await.unwrap();
    // The first connection takes no more requests from here on, and its stream lives.
    assert_eq!(get(&link).await.unwrap(), "other");
    assert_eq!(dials.load(Ordering::SeqCst), 2);
    REST.notify_one();
    assert_eq!(soon(reply.body.collect(99)).await.unwrap(), b"whole");
}

#[tokio::test]
async fn what_may_have_been_acted_on_is_asked_again_only_if_it_reads() {
    let (link, dials) = served_after(
        |mut raw| async move {
            let stream = raw.request().await;
            raw.go_away(stream).await; // and close without an answer
        },
        "again",
    );
    let error = post(&link).await.unwrap_err();
    assert!(matches!(error, LinkError::Lost { .. }), "{error}");
    assert_eq!(dials.load(Ordering::SeqCst), 1);
    let (link, dials) = served_after(
        |mut raw| async move {
            raw.request().await; // and close
        },
        "again",
    );
    assert_eq!(get(&link).await.unwrap(), "again");
    assert_eq!(dials.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn who_sends_every_connection_away_is_not_asked_for_ever() {
    let (link, dials) = served(|mut raw, _| async move {
        raw.request().await;
        raw.go_away(0).await;
    });
    let error = get(&link).await.unwrap_err();
    assert!(matches!(error, LinkError::Lost { .. }), "{error}");
    assert_eq!(dials.load(Ordering::SeqCst), 4);
}
