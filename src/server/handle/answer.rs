//! Answers as HTTP.

use crate::server::status::Failure;
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use http::{HeaderValue, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use std::io;

/// The body of every answer. One that breaks off ends its connection.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// A failure as a `Status`.
pub fn refuse(failure: &Failure) -> Response<Body> {
    let status = StatusCode::from_u16(failure.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = of_status(status, format!("{}\n", failure.to_json()));
    if let Some(seconds) = failure.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// JSON, with 200.
pub fn json(body: impl Into<Bytes>) -> Response<Body> {
    of_status(StatusCode::OK, body)
}

/// JSON.
pub fn of_status(status: StatusCode, body: impl Into<Bytes>) -> Response<Body> {
    build(status, JSON, whole(body.into()))
}

/// Bytes that are there already, as a body.
pub fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// Plain text.
pub fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = build(status, TEXT, whole(body.into()));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Lines of JSON that come over time.
pub fn stream(lines: impl Stream<Item = Bytes> + Send + 'static) -> Response<Body> {
    build(StatusCode::OK, JSON, UnsyncBoxBody::new(StreamBody::new(lines.map(|line| Ok(Frame::data(line))))))
}

/// Pieces of JSON, made one after the other as the client takes them.
pub fn pieces(pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Response<Body> {
    build(StatusCode::OK, JSON, UnsyncBoxBody::new(StreamBody::new(pieces.map(|piece| piece.map(Frame::data)))))
}

/// Text that comes over time.
pub fn text_stream(lines: impl Stream<Item = Bytes> + Send + 'static) -> Response<Body> {
    build(
        StatusCode::OK,
        HeaderValue::from_static("text/plain"),
        UnsyncBoxBody::new(StreamBody::new(lines.map(|line| Ok(Frame::data(line))))),
    )
}

fn build(status: StatusCode, kind: HeaderValue, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    headers.insert(header::CONTENT_TYPE, kind);
    response
}

/// Adds sentences for the client.
pub fn warn(response: &mut Response<Body>, warnings: &[String]) {
    for warning in warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
}
