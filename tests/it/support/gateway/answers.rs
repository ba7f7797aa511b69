//! Answers of the gateway's own.

use std::io;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use serde_json::json;

/// An answer, whole or in pieces to come.
pub(super) type Answer = Response<BoxBody<Bytes, io::Error>>;

/// What a person would see.
pub(super) const PAGE: &str =
    "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>\n";

/// A short answer.
pub(super) fn whole(status: u16, kind: &str, body: Bytes) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut answer = Response::new(Full::new(body).map_err(|never| match never {}).boxed());
    *answer.status_mut() = status;
    if let Ok(kind) = HeaderValue::from_str(kind) {
        answer.headers_mut().insert(CONTENT_TYPE, kind);
    }
    answer
}

/// As an API server refuses.
pub(super) fn refusal(code: u16, retry_after: Option<u32>) -> Answer {
    let (reason, message) = match code {
        400 => ("BadRequest", "the gateway does not know this parameter"),
        401 => ("Unauthorized", "Unauthorized"),
        403 => ("Forbidden", "forbidden by the gateway"),
        404 => ("NotFound", "the server could not find the requested resource"),
        410 => ("Expired", "The resourceVersion for the provided watch or list is too old."),
        422 => ("Invalid", "sendInitialEvents is forbidden by the gateway"),
        429 => ("TooManyRequests", "Too many requests, please try again later."),
        503 => ("ServiceUnavailable", "the gateway has no server"),
        _ => ("InternalError", "an error of the gateway"),
    };
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code});
    let mut answer = whole(code, "application/json", status.to_string().into());
    if let Some(seconds) = retry_after {
        answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    answer
}
