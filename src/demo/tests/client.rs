//! A client over the pipe, as the cockpit would be.

use crate::demo::content::PROFILES;
use crate::demo::{DemoCluster, Plan};
use crate::server::store::Keep;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// A moment at which every test's objects are built.
pub const NOW: i64 = crate::server::BEGINNING;

/// One of the company's own clusters, as small as it is in the tests; with a history of so many changes.
pub fn small(profile: usize, history: usize) -> DemoCluster {
    busy(profile, history, 0)
}

/// The same with so many changes a second.
pub fn busy(profile: usize, history: usize, churn: u32) -> DemoCluster {
    let keep = Keep { least: history, age: Duration::ZERO, bytes: 0 };
    DemoCluster::of(Plan::new(PROFILES[profile].clone(), 7, NOW, keep, churn, Arc::new(Semaphore::new(1))))
}

/// A cluster in which nothing happens by itself.
pub fn still(profile: usize, history: usize) -> DemoCluster {
    let cluster = small(profile, history);
    cluster.calm();
    cluster
}

/// An answer read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn lines(&self) -> Vec<Value> {
        self.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn request(method: Method, path: &str, accept: &str) -> Request<Empty<Bytes>> {
    let mut builder = Request::builder().method(method).uri(format!("http://demo{path}")).header("host", "demo");
    if !accept.is_empty() {
        builder = builder.header("accept", accept);
    }
    builder.body(Empty::new()).unwrap()
}

async fn send(cluster: &DemoCluster, request: Request<Empty<Bytes>>, h2: bool) -> http::Response<Incoming> {
    let io = TokioIo::new(cluster.dial());
    if h2 {
        let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    } else {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    }
}

async fn read(response: http::Response<Incoming>) -> Answer {
    let (parts, body) = response.into_parts();
    let body = tokio::time::timeout(Duration::from_secs(20), body.collect()).await.unwrap().unwrap();
    // A log may be cut within a letter.
    let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    Answer { status: parts.status, headers: parts.headers, text }
}

/// GET over HTTP/1.1.
pub async fn get(cluster: &DemoCluster, path: &str) -> Answer {
    accepting(cluster, path, "").await
}

/// GET with an Accept header.
pub async fn accepting(cluster: &DemoCluster, path: &str, accept: &str) -> Answer {
    read(send(cluster, request(Method::GET, path, accept), false).await).await
}

/// GET over HTTP/2.
pub async fn get_h2(cluster: &DemoCluster, path: &str) -> Answer {
    read(send(cluster, request(Method::GET, path, ""), true).await).await
}

/// Another method than GET.
pub async fn method(cluster: &DemoCluster, method: Method, path: &str) -> Answer {
    read(send(cluster, request(method, path, ""), false).await).await
}

/// A request with a body.
pub async fn send_body(cluster: &DemoCluster, method: Method, path: &str, media: &str, body: &str) -> Answer {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(cluster.dial())).await.unwrap();
    tokio::spawn(connection);
    let request = Request::builder().method(method).uri(path).header("host", "demo").header("content-type", media);
    let body = http_body_util::Full::new(Bytes::from(body.to_owned()));
    read(sender.send_request(request.body(body).unwrap()).await.unwrap()).await
}

/// A watch that is read line by line.
pub struct Lines {
    body: Incoming,
    rest: String,
}

pub async fn watch(cluster: &DemoCluster, path: &str, accept: &str, h2: bool) -> Lines {
    let response = send(cluster, request(Method::GET, path, accept), h2).await;
    assert_eq!(response.status(), StatusCode::OK);
    Lines { body: response.into_body(), rest: String::new() }
}

impl Lines {
    /// The next event; `None` at the end.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((line, rest)) = self.rest.split_once('\n') {
                let value = serde_json::from_str(line).unwrap();
                self.rest = rest.to_owned();
                return Some(value);
            }
            let frame = tokio::time::timeout(Duration::from_secs(10), self.body.frame()).await.unwrap()?;
            let data = frame.unwrap().into_data().unwrap();
            self.rest.push_str(std::str::from_utf8(&data).unwrap());
        }
    }
}

impl Lines {
    /// The next piece as it comes.
    pub async fn frame(&mut self) -> Option<Bytes> {
        let frame = tokio::time::timeout(Duration::from_secs(30), self.body.frame()).await.unwrap()?;
        Some(frame.unwrap().into_data().unwrap())
    }

    /// As [`Lines::next`], but `None` also when the connection broke.
    pub async fn next_or_cut(&mut self) -> Option<Value> {
        while !self.rest.contains('\n') {
            let frame = tokio::time::timeout(Duration::from_secs(10), self.body.frame()).await.unwrap()?;
            self.rest.push_str(std::str::from_utf8(&frame.ok()?.into_data().unwrap()).unwrap());
        }
        self.next().await
    }

    /// Waits until the connection ends, for as long as an hour.
    pub async fn until_cut(mut self) {
        let ended = async { while self.body.frame().await.is_some_and(|frame| frame.is_ok()) {} };
        tokio::time::timeout(Duration::from_hours(1), ended).await.unwrap();
    }
}
