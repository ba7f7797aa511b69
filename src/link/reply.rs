//! The head of an answer.

use std::time::Duration;

use http::{
    HeaderMap, HeaderName, Response,
    header::{CONTENT_ENCODING, CONTENT_TYPE, DATE, RETRY_AFTER},
};
use hyper::body::Incoming;

use super::body::{Body, Way};

/// An answer: its head, and a body yet to be read.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`; empty when there is none.
    pub content_type: String,
    /// Seconds to wait, from `Retry-After`.
    pub retry_after: Option<u32>,
    /// The server's clock, from `Date`: seconds since 1970.
    pub date: Option<u32>,
    /// The body, decoded.
    pub body: Body,
}

impl Reply {
    pub(super) fn new(response: Response<Incoming>, idle_timeout: Duration, way: Way) -> Self {
        let (head, incoming) = response.into_parts();
        let headers = &head.headers;
        let date = text(headers, &DATE).and_then(seconds_since_1970);
        let gzip = text(headers, &CONTENT_ENCODING).is_some_and(|coding| coding.eq_ignore_ascii_case("gzip"));
        Self {
            status: head.status.as_u16(),
            content_type: text(headers, &CONTENT_TYPE).unwrap_or_default().to_owned(),
            retry_after: text(headers, &RETRY_AFTER).and_then(|value| wait(value, date)),
            date,
            body: Body::new(incoming, gzip, idle_timeout, way),
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// `Retry-After` is seconds, or a date.
fn wait(value: &str, now: Option<u32>) -> Option<u32> {
    value.parse().ok().or_else(|| Some(seconds_since_1970(value)?.saturating_sub(now?)))
}

fn seconds_since_1970(date: &str) -> Option<u32> {
    let parsed = jiff::fmt::rfc2822::parse(date).ok()?;
    u32::try_from(parsed.timestamp().as_second()).ok()
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn dates_and_waits() {
        assert_eq!(seconds_since_1970("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(seconds_since_1970("yesterday"), None);
        assert_eq!(wait("7", None), Some(7));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:47 GMT", Some(784_111_777)), Some(10));
        assert_eq!(wait("soon", Some(1)), None);
    }
}
