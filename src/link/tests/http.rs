//! Requests and answers, over HTTP/1.1 and HTTP/2.

use std::{
    io::Write as _,
    sync::{Arc, atomic::Ordering},
};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use futures::{future::join_all, stream};
use http::{Request, Response, Version};
use hyper::body::Incoming;
use tokio::sync::Notify;

use super::{
    server::{Answer, ask, endless, handler, inside, link_inside, link_to, listen, pieces, text, watch},
    soon, until,
};
use crate::link::{Ask, Link, LinkError, LinkOptions, Protocol, Target};

async fn whole(link: &Link, ask: Ask) -> String {
    let reply = soon(link.send(ask)).await.unwrap();
    String::from_utf8(soon(reply.body.collect(1 << 20)).await.unwrap()).unwrap()
}

/// Says what it was asked.
fn echo(request: &Request<Incoming>) -> Answer {
    let header = |name: &str| request.headers().get(name).map_or("-", |value| value.to_str().unwrap()).to_owned();
    text(format!(
        "{:?} {} {} host={} accept={} encoding={} agent={} auth={}",
        request.version(),
        request.method(),
        request.uri().path_and_query().unwrap(),
        request.uri().authority().map_or_else(|| header("host"), ToString::to_string),
        header("accept"),
        header("accept-encoding"),
        header("user-agent"),
        header("authorization"),
    ))
}

const AGENT: &str = concat!("skylark/", env!("CARGO_PKG_VERSION"));

#[tokio::test]
async fn http1_over_tcp() {
    let (address, connections) = listen(handler(|request| echo(&request))).await;
    let target = Target::plain("test", &format!("http://{address}/k8s/c1/")).unwrap();
    let link = Link::new(target, LinkOptions::default()).unwrap();
    assert_eq!(link.rtt(), None);
    for _ in 0..5 {
        assert_eq!(
            whole(&link, ask("/api/v1/pods?limit=500")).await,
            format!(
                "HTTP/1.1 GET /k8s/c1/api/v1/pods?limit=500 host={address} accept=application/json \
                 encoding=identity agent={AGENT} auth=-"
            )
        );
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1, "one after the other share a connection");
    assert!(link.rtt().is_some());
    assert_eq!(link.server(), address.to_string());
    let gzip = whole(&link, Ask { gzip: true, ..ask("/x") }).await;
    assert!(gzip.contains("encoding=gzip"), "{gzip}");
}

#[tokio::test]
async fn http2_in_process() {
    let (dial, connections) = inside(handler(|request| echo(&request)));
    let link = link_inside(dial, LinkOptions::default());
    let answers = join_all((0..50).map(|_| whole(&link, ask("/api")))).await;
    for answer in answers {
        assert!(answer.starts_with("HTTP/2.0 GET /api host=embedded accept="), "{answer}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1, "all at once share a connection");
    assert_eq!(link.rtt(), None);
}

#[tokio::test]
async fn http1_in_process_and_http2_over_tcp() {
    let (dial, connections) = inside(handler(|request| echo(&request)));
    let link = link_inside(dial, LinkOptions { protocol: Protocol::Http1, ..LinkOptions::default() });
    let answers = join_all((0..5).map(|_| whole(&link, ask("/api")))).await;
    assert!(answers.iter().all(|answer| answer.starts_with("HTTP/1.1")), "{answers:?}");
    assert!((1..=5).contains(&connections.load(Ordering::SeqCst)));
    let (address, _) = listen(handler(|request| echo(&request))).await;
    let link = link_to(address, LinkOptions { protocol: Protocol::Http2, ..LinkOptions::default() });
    assert!(whole(&link, ask("/api")).await.starts_with("HTTP/2.0"));
}

#[tokio::test]
async fn no_connection_carries_too_many_watches() {
    let (dial, connections) = inside(handler(|_| endless("{}")));
    let link = link_inside(dial, LinkOptions::default());
    let mut open = Vec::new();
    for reply in soon(join_all((0..170).map(|_| link.send(watch("/w"))))).await {
        open.push(reply.unwrap());
    }
    for reply in &mut open {
        assert_eq!(soon(reply.body.chunk()).await.unwrap().unwrap(), "{}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 3, "80 and 80 and 10");
    soon(link.send(ask("/list"))).await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 4, "lists go another way");
    open.truncate(100);
    for _ in 0..70 {
        open.push(soon(link.send(watch("/w"))).await.unwrap());
    }
    assert_eq!(connections.load(Ordering::SeqCst), 4, "places of ended watches are used again");
}

#[tokio::test]
async fn a_dropped_body_cancels_the_request() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let gone = Arc::new(Notify::new());
        let server = Arc::clone(&gone);
        let (address, _) = listen(handler(move |_| {
            let guard = NotifyOnDrop(Arc::clone(&server));
            let held = stream::unfold(guard, |guard| async move {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                Some((Bytes::from_static(b"x"), guard))
            });
            pieces(Box::pin(held))
        }))
        .await;
        let link = link_to(address, LinkOptions { protocol, ..LinkOptions::default() });
        let mut reply = soon(link.send(watch("/w"))).await.unwrap();
        soon(reply.body.chunk()).await.unwrap();
        drop(reply);
        soon(gone.notified()).await;
    }
}

struct NotifyOnDrop(Arc<Notify>);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// Each text a gzip member of its own.
fn members(texts: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    for text in texts {
        let mut encoder = GzEncoder::new(&mut out, Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap();
    }
    out
}

fn zipped(body: Answer) -> Answer {
    let mut answer = body;
    answer.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    answer
}

#[tokio::test]
async fn gzip_members_in_pieces_of_any_size() {
    let texts: Vec<String> = (0..40).map(|i| format!("{{\"object\":{i}}}{}\n", "pad".repeat(i * 50))).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let body = members(&texts);
    for size in [1, 2, 7, 1000, usize::MAX] {
        let parts: Vec<Bytes> = body.chunks(size.min(body.len())).map(Bytes::copy_from_slice).collect();
        let (dial, _) = inside(handler(move |_| zipped(pieces(stream::iter(parts.clone())))));
        let link = link_inside(dial, LinkOptions::default());
        assert_eq!(whole(&link, Ask { gzip: true, ..ask("/w") }).await, texts.concat(), "pieces of {size}");
    }
}

#[tokio::test]
async fn a_gzip_member_is_handed_out_before_the_next_comes() {
    let first = members(&["{\"first\":true}\n"]);
    let (dial, _) = inside(handler(move |_| {
        use futures::StreamExt as _;
        zipped(pieces(stream::iter([Bytes::from(first.clone())]).chain(stream::pending())))
    }));
    let link = link_inside(dial, LinkOptions::default());
    let mut reply = soon(link.send(Ask { gzip: true, ..watch("/w") })).await.unwrap();
    assert_eq!(soon(reply.body.chunk()).await.unwrap().unwrap(), "{\"first\":true}\n");
}

#[tokio::test]
async fn damaged_gzip_is_an_error_and_an_empty_body_is_not() {
    let good = members(&["hello"]);
    let mut cut = good.clone();
    cut.truncate(good.len() - 3);
    let junk = [good.as_slice(), b"junk and more junk"].concat();
    for (body, fine) in [(good, true), (Vec::new(), true), (cut, false), (junk, false), (b"plain".to_vec(), false)] {
        let answer = body.clone();
        let (dial, _) = inside(handler(move |_| zipped(text(answer.clone()))));
        let link = link_inside(dial, LinkOptions::default());
        let reply = soon(link.send(Ask { gzip: true, ..ask("/") })).await.unwrap();
        let read = soon(reply.body.collect(1 << 20)).await;
        assert_eq!(read.is_ok(), fine, "{body:?}: {read:?}");
        if let Err(error) = read {
            assert_eq!(error.to_string(), "embedded:80: unusable answer: gzip is damaged or cut off");
            assert!(!error.is_link());
        }
    }
}

#[tokio::test]
async fn the_head_of_an_answer() {
    let answer = |_| {
        Response::builder()
            .status(429)
            .header("content-type", "application/json")
            .header("retry-after", "3")
            .header("date", "Sun, 06 Nov 1994 08:49:37 GMT")
            .body(text("slow down").into_body())
            .unwrap()
    };
    let (dial, _) = inside(handler(answer));
    let link = link_inside(dial, LinkOptions::default());
    let reply = soon(link.send(ask("/"))).await.unwrap();
    assert_eq!((reply.status, reply.retry_after, reply.date), (429, Some(3), Some(784_111_777)));
    assert_eq!(reply.content_type, "application/json");
    let error = soon(reply.body.collect(5)).await.unwrap_err();
    assert!(matches!(&error, LinkError::Answer { .. }) && error.to_string().contains("larger than 5 bytes"), "{error}");
}

#[tokio::test]
async fn a_large_body_over_both_protocols() {
    let large = Bytes::from(vec![b'x'; 20 << 20]);
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let body = large.clone();
        let (address, _) = listen(handler(move |request| {
            assert_eq!(request.version() == Version::HTTP_2, protocol == Protocol::Http2);
            text(body.clone())
        }))
        .await;
        let link = link_to(address, LinkOptions { protocol, ..LinkOptions::default() });
        let reply = soon(link.send(ask("/"))).await.unwrap();
        assert_eq!(soon(reply.body.collect(usize::MAX)).await.unwrap(), large);
    }
}

#[tokio::test]
async fn a_path_that_is_none_is_refused() {
    let (dial, connections) = inside(handler(|_| text("")));
    let link = link_inside(dial, LinkOptions::default());
    let error = soon(link.send(ask("/a b"))).await.unwrap_err();
    assert!(error.to_string().contains("is not a request path"), "{error}");
    until(|| connections.load(Ordering::SeqCst) == 0).await;
}
