//! Servers and networks that fail.

use std::{
    convert::Infallible,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures::future::join_all;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    net::TcpListener,
    sync::Notify,
};

use super::{
    server::{Handler, ask, endless, handler, inside, link_inside, link_to, listen, serve, text, watch},
    soon,
};
use crate::link::{Ask, Dial, LinkError, LinkOptions, Protocol};

const SHORT: Duration = Duration::from_millis(200);

fn pings() -> LinkOptions {
    LinkOptions { protocol: Protocol::Http2, ping_interval: SHORT, ping_timeout: SHORT, ..LinkOptions::default() }
}

/// Accepts and never says a word.
async fn mute() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    address
}

#[tokio::test]
async fn a_head_that_never_comes() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let link = link_to(mute().await, LinkOptions { protocol, ..LinkOptions::default() });
        let error = soon(link.send(Ask { head_timeout: SHORT, ..ask("/") })).await.unwrap_err();
        assert!(error.to_string().ends_with(": no answer within 0.2 s"), "{error}");
        assert!(error.is_link());
    }
}

#[tokio::test]
async fn a_half_open_connection_is_found_by_pings() {
    let link = link_to(mute().await, pings());
    let error = soon(link.send(ask("/"))).await.unwrap_err();
    assert!(error.to_string().ends_with("connection lost: no ping answer within 0.2 s"), "{error}");
    assert!(error.is_link());
}

/// A server behind a pipe that can be frozen for ever: bytes go nowhere, and nothing ends.
fn freezable(answer: Handler) -> (Dial, Arc<AtomicBool>) {
    let frozen = Arc::<AtomicBool>::default();
    let flag = Arc::clone(&frozen);
    let dial = move || {
        let (ours, relay) = tokio::io::duplex(64 << 10);
        let (there, theirs) = tokio::io::duplex(64 << 10);
        tokio::spawn(serve(theirs, Arc::clone(&answer)));
        tokio::spawn(relay_until_frozen(relay, there, Arc::clone(&flag)));
        ours
    };
    (Dial::InProcess(Arc::new(dial)), frozen)
}

async fn relay_until_frozen(mut a: DuplexStream, mut b: DuplexStream, frozen: Arc<AtomicBool>) {
    let (mut from_a, mut from_b) = ([0; 4096], [0; 4096]);
    loop {
        if frozen.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        tokio::select! {
            Ok(n @ 1..) = a.read(&mut from_a) => b.write_all(&from_a[..n]).await.unwrap(),
            Ok(n @ 1..) = b.read(&mut from_b) => a.write_all(&from_b[..n]).await.unwrap(),
            else => return,
        }
    }
}

#[tokio::test]
async fn a_frozen_server_ends_all_streams_and_the_next_request_dials() {
    let (dial, frozen) = freezable(handler(|_| endless("{}")));
    let link = link_inside(dial, pings());
    let mut open = Vec::new();
    for _ in 0..10 {
        let mut reply = soon(link.send(watch("/w"))).await.unwrap();
        soon(reply.body.chunk()).await.unwrap();
        open.push(reply);
    }
    frozen.store(true, Ordering::SeqCst);
    for reply in &mut open {
        let error = soon(reply.body.chunk()).await.unwrap_err();
        assert!(error.is_link(), "{error}");
        assert_eq!(error.to_string(), "embedded:80: connection lost: no ping answer within 0.2 s");
    }
    frozen.store(false, Ordering::SeqCst);
    soon(link.send(watch("/w"))).await.unwrap();
}

#[tokio::test]
async fn the_default_finds_a_dead_server_within_ten_seconds() {
    let (dial, frozen) = freezable(handler(|_| endless("{}")));
    let link = link_inside(dial, LinkOptions::default());
    let mut reply = soon(link.send(watch("/w"))).await.unwrap();
    soon(reply.body.chunk()).await.unwrap();
    frozen.store(true, Ordering::SeqCst);
    let start = Instant::now();
    let error = soon(reply.body.chunk()).await.unwrap_err();
    assert_eq!(error.to_string(), "embedded:80: connection lost: no ping answer within 4 s");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_body_that_stalls() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let (dial, _) = inside(handler(|_| endless("{}")));
        let link = link_inside(dial, LinkOptions { protocol, ..LinkOptions::default() });
        let mut reply = soon(link.send(Ask { idle_timeout: SHORT, ..ask("/") })).await.unwrap();
        assert_eq!(soon(reply.body.chunk()).await.unwrap().unwrap(), "{}");
        let error = soon(reply.body.chunk()).await.unwrap_err();
        assert_eq!(error.to_string(), "embedded:80: the answer stalled for 0.2 s");
        assert!(error.is_link());
    }
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let link = link_to(address, LinkOptions::default());
    for result in soon(join_all((0..50).map(|_| link.send(ask("/"))))).await {
        let error = result.unwrap_err();
        assert_eq!(error.to_string(), format!("dial {address}: connection refused"));
        assert!(error.is_link() && !error.is_credentials() && error.advice().is_some());
    }
}

#[tokio::test]
async fn a_cut_connection_is_dialled_again() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let served = serve(stream, handler(|_| endless("{}")));
                let _ = tokio::time::timeout(SHORT, served).await; // and cut
            }
        });
        let link = link_to(address, LinkOptions { protocol, ..LinkOptions::default() });
        let mut cut = 0;
        soon(async {
            while cut < 3 {
                let Ok(mut reply) = link.send(watch("/w")).await else { continue };
                let error = loop {
                    match reply.body.chunk().await {
                        Ok(piece) => assert!(piece.is_some(), "a cut is no proper end"),
                        Err(error) => break error,
                    }
                };
                assert!(matches!(error, LinkError::Lost { .. }), "{error}");
                let text = error.to_string();
                assert!(text.ends_with("closed by the server") || text.ends_with("reset by the server"), "{text}");
                cut += 1;
            }
        })
        .await;
        server.abort();
    }
}

#[tokio::test]
async fn a_server_that_goes_away_while_idle_costs_no_request() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (closed, was_closed) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let first = serve(stream, handler(|_| text("first")));
            let _ = tokio::time::timeout(SHORT, first).await;
            closed.send(()).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, handler(|_| text("second"))));
            }
        });
        let link = link_to(address, LinkOptions { protocol, ..LinkOptions::default() });
        let reply = soon(link.send(ask("/"))).await.unwrap();
        assert_eq!(soon(reply.body.collect(9)).await.unwrap(), b"first");
        soon(was_closed).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        let reply = soon(link.send(ask("/"))).await.unwrap();
        assert_eq!(soon(reply.body.collect(9)).await.unwrap(), b"second");
    }
}

#[tokio::test]
async fn a_server_that_says_goodbye_keeps_its_streams() {
    let (goodbye, said) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let (notify, dials) = (Arc::clone(&goodbye), Arc::clone(&said));
    let dial = move || {
        dials.fetch_add(1, Ordering::SeqCst);
        let (ours, theirs) = tokio::io::duplex(64 << 10);
        let notify = Arc::clone(&notify);
        tokio::spawn(async move {
            let answer = service_fn(async |_| Ok::<_, Infallible>(endless("{}")));
            let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            let mut connection = pin!(builder.serve_connection(TokioIo::new(theirs), answer));
            tokio::select! {
                _ = connection.as_mut() => return,
                () = notify.notified() => connection.as_mut().graceful_shutdown(),
            }
            let _ = connection.await;
        });
        ours
    };
    let link = link_inside(Dial::InProcess(Arc::new(dial)), LinkOptions::default());
    let mut first = soon(link.send(watch("/w"))).await.unwrap();
    soon(first.body.chunk()).await.unwrap();
    goodbye.notify_one();
    let mut others = Vec::new();
    soon(async {
        while said.load(Ordering::SeqCst) < 2 {
            others.push(link.send(watch("/w")).await.expect("what crosses with the goodbye is asked again"));
        }
    })
    .await;
    let waited = tokio::time::timeout(SHORT, first.body.chunk()).await;
    assert!(waited.is_err(), "the old stream goes on: {waited:?}");
}

#[tokio::test]
async fn what_is_not_http() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await.unwrap();
            tokio::spawn(async move { stream.read_to_end(&mut Vec::new()).await });
        }
    });
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let link = link_to(address, LinkOptions { protocol, ..LinkOptions::default() });
        let error = soon(link.send(ask("/"))).await.unwrap_err();
        assert!(matches!(error, LinkError::Answer { .. } | LinkError::Lost { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_listener_that_never_shakes_hands() {
    let address = mute().await;
    let mut target = crate::link::Target::plain("test", &format!("https://{address}")).unwrap();
    target.cluster.insecure_skip_tls_verify = Some(true); // whatever roots this machine has
    let link = crate::link::Link::new(target, LinkOptions { dial_timeout: SHORT, ..LinkOptions::default() }).unwrap();
    let error = soon(link.send(ask("/"))).await.unwrap_err();
    let text = error.to_string();
    assert!(text.ends_with("TLS: no handshake within 0.2 s"), "{text}");
    assert!(
        error.advice().is_some_and(|advice| advice.contains("API server is up") && !advice.contains("certificate"))
    );
    assert!(error.is_link());
    let (plain, _) = listen(handler(|_| text_answer())).await;
    let mut target = crate::link::Target::plain("test", &format!("https://{plain}")).unwrap();
    target.cluster.insecure_skip_tls_verify = Some(true);
    let link = crate::link::Link::new(target, LinkOptions::default()).unwrap();
    let text = soon(link.send(ask("/"))).await.unwrap_err().to_string();
    assert_eq!(text, format!("{plain}: TLS: the server does not speak TLS here"));
}

fn text_answer() -> super::server::Answer {
    text("plain")
}
