//! A request sent on a connection of a lane, up to the head of its answer.

use std::{error::Error as _, sync::Arc};

use bytes::Bytes;
use http::{
    Method, Response, Uri,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT},
};
use http_body_util::Full;
use hyper::body::Incoming;

use super::{
    Ask, LinkError,
    auth::Grant,
    body::Way,
    conn::{Request, Trouble, within},
    lanes::{Badge, Lanes, Slot},
    meter::OpenWatch,
};

pub(super) const AGENT: &str = concat!("skylark/", env!("CARGO_PKG_VERSION"));

/// How many connections a request is tried on, the first included.
const TRIES: usize = 4;

/// Sends `ask` and waits for the head of the answer. Where the connection goes away it is asked again
/// on a new one, if it was not acted on or only reads.
pub(super) async fn exchange(
    lanes: &Arc<Lanes>,
    ask: &Ask,
    json: Bytes,
    grant: &Grant,
    badge: &Badge,
) -> Result<(Response<Incoming>, Way), LinkError> {
    let mut unsent = Some(build(lanes, ask, json.clone(), grant)?);
    let mut refused = None;
    for _ in 0..TRIES {
        let slot = lanes.slot(ask.lane, badge).await?;
        let ready = match unsent.take() {
            Some(request) => request,
            None => build(lanes, ask, json.clone(), grant)?,
        };
        lanes.meter.request();
        match within(ask.head_timeout, attempt(ready, slot)).await {
            None => return Err(LinkError::NoAnswer { host: host(lanes), after: ask.head_timeout }),
            Some(Ok((response, slot, trouble))) => {
                let watch = ask.path.contains("watch=true").then(|| OpenWatch::new(&lanes.meter));
                let way = Way { lanes: Arc::clone(lanes), lane: ask.lane, trouble, slot, watch };
                return Ok((response, way));
            }
            Some(Err(Failed::Unsent(request))) => unsent = Some(request),
            Some(Err(Failed::Refused(error))) => refused = Some(error),
            Some(Err(Failed::Lost(error))) => return Err(error),
        }
    }
    let unused = || "the server closes connections before they are used".to_owned();
    Err(refused.unwrap_or_else(|| LinkError::Lost { host: host(lanes), cause: unused() }))
}

enum Failed {
    /// Nothing was written.
    Unsent(Request),
    /// It may be asked again: the server did not act on it, or to act on it twice is to act on it once.
    Refused(LinkError),
    Lost(LinkError),
}

async fn attempt(request: Request, mut slot: Slot) -> Result<(Response<Incoming>, Slot, Trouble), Failed> {
    let reads = request.method().is_safe();
    let (result, trouble) = match &mut slot {
        Slot::Two(lease) => (lease.sender().try_send_request(request).await, lease.trouble().clone()),
        Slot::One(own) => (own.sender.try_send_request(origin_form(request)).await, own.trouble.clone()),
    };
    let mut error = match result {
        Ok(response) => return Ok((response, slot, trouble)),
        Err(error) => error,
    };
    if let Some(unsent) = error.take_message() {
        return Err(Failed::Unsent(unsent));
    }
    let error = error.into_error();
    let explained = trouble.explain(&error);
    if !may_be_repeated(&error, reads, &trouble) {
        return Err(Failed::Lost(explained));
    }
    // The next try must not find this connection, which may not know of its end yet.
    if let Slot::Two(lease) = &slot {
        lease.retire();
    }
    Err(Failed::Refused(explained))
}

/// RFC 9113 §8.7: a refused stream was never acted on, nor was one that a GOAWAY leaves out. But hyper
/// gives the error of a GOAWAY also to a request that was just written, so that it tells too little
/// for one that writes.
fn may_be_repeated(error: &hyper::Error, reads: bool, trouble: &Trouble) -> bool {
    let Some(http2) = error.source().and_then(|source| source.downcast_ref::<h2::Error>()) else {
        // The server closed the connection, or hyper let go of a request that waited for a place on it.
        return reads && (trouble.is_over() || error.is_user());
    };
    match http2.reason() {
        Some(h2::Reason::REFUSED_STREAM) => http2.is_remote(),
        Some(h2::Reason::NO_ERROR) => reads && http2.is_remote() && http2.is_go_away(),
        _ => false,
    }
}

/// HTTP/1.1 names the host in a header, HTTP/2 in the URI.
fn origin_form(mut request: Request) -> Request {
    if let Some(authority) = request.uri().authority().cloned() {
        if let Ok(host) = HeaderValue::from_str(authority.as_str()) {
            request.headers_mut().insert(HOST, host);
        }
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        if let Ok(uri) = path.parse::<Uri>() {
            *request.uri_mut() = uri;
        }
    }
    request
}

fn build(lanes: &Lanes, ask: &Ask, json: Bytes, grant: &Grant) -> Result<Request, LinkError> {
    let target = &lanes.dialer.target;
    let path = format!("{}{}", target.server.prefix, ask.path);
    let uri = Uri::builder()
        .scheme(if target.server.tls { "https" } else { "http" })
        .authority(target.server.authority())
        .path_and_query(path)
        .build()
        .map_err(|_| LinkError::Config(format!("{}: {:?} is not a request path", target.server.label, ask.path)))?;
    let posts = !json.is_empty();
    let mut request = Request::new(Full::new(json));
    *request.uri_mut() = uri;
    if posts {
        *request.method_mut() = Method::POST;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    let headers = request.headers_mut();
    let gzip = ask.gzip && target.cluster.disable_compression != Some(true);
    headers.insert(ACCEPT, HeaderValue::from_static(ask.accept));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(if gzip { "gzip" } else { "identity" }));
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    target.auth.sign(grant, headers);
    Ok(request)
}

fn host(lanes: &Lanes) -> Arc<str> {
    Arc::clone(&lanes.dialer.target.server.label)
}
