//! A request sent on a connection of a lane, up to the head of its answer.

use std::sync::Arc;

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

/// How often a request moves on because its connection closed before anything was sent.
const MOVES: usize = 3;

/// Sends `ask` and waits for the head of the answer. It is sent at most once.
pub(super) async fn exchange(
    lanes: &Arc<Lanes>,
    ask: &Ask,
    json: Bytes,
    grant: &Grant,
    badge: &Badge,
) -> Result<(Response<Incoming>, Way), LinkError> {
    let mut request = Some(build(lanes, ask, json, grant)?);
    for _ in 0..MOVES {
        let slot = lanes.slot(ask.lane, badge).await?;
        let Some(ready) = request.take() else { break };
        lanes.meter.request();
        match within(ask.head_timeout, attempt(ready, slot)).await {
            None => return Err(LinkError::NoAnswer { host: host(lanes), after: ask.head_timeout }),
            Some(Ok((response, slot, trouble))) => {
                let watch = ask.path.contains("watch=true").then(|| OpenWatch::new(&lanes.meter));
                let way = Way { lanes: Arc::clone(lanes), lane: ask.lane, trouble, slot, watch };
                return Ok((response, way));
            }
            Some(Err(Unsent::Never(unsent))) => request = Some(unsent),
            Some(Err(Unsent::Lost(error))) => return Err(error),
        }
    }
    Err(LinkError::Lost { host: host(lanes), cause: "the server closes connections before they are used".to_owned() })
}

enum Unsent {
    /// Nothing was written.
    Never(Request),
    Lost(LinkError),
}

async fn attempt(request: Request, mut slot: Slot) -> Result<(Response<Incoming>, Slot, Trouble), Unsent> {
    let (result, trouble) = match &mut slot {
        Slot::Two(lease) => (lease.sender().try_send_request(request).await, lease.trouble().clone()),
        Slot::One(own) => (own.sender.try_send_request(origin_form(request)).await, own.trouble.clone()),
    };
    match result {
        Ok(response) => Ok((response, slot, trouble)),
        Err(mut error) => match error.take_message() {
            Some(unsent) => Err(Unsent::Never(unsent)),
            None => Err(Unsent::Lost(trouble.explain(&error.into_error()))),
        },
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
