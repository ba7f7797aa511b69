//! One small request outside of any cluster: to an identity provider.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderValue, Method, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT},
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use kube::config::{AuthInfo, Cluster};

use super::{
    LinkOptions, Protocol, auth::Auth, connect::Dialer, error, lanes::Badge, request::AGENT, target::Server,
    target::Target,
};

/// No answer is larger.
const LARGEST: usize = 1 << 20;

/// A form to be posted.
pub(super) struct Form {
    pub body: String,
    pub authorization: Option<HeaderValue>,
}

/// Sends a GET, or posts a form, to `url`, of which the certificate is checked as `trust` says, and
/// returns status and body. Proxies are those of the environment.
pub(super) async fn fetch(
    url: &str,
    trust: &Cluster,
    form: Option<Form>,
    limit: Duration,
) -> Result<(u16, Bytes), String> {
    let done = tokio::time::timeout(limit, exchange(url, trust, form, limit)).await;
    done.unwrap_or_else(|_| Err(format!("{url}: no answer within {}", error::seconds(&limit))))
}

async fn exchange(url: &str, trust: &Cluster, form: Option<Form>, limit: Duration) -> Result<(u16, Bytes), String> {
    let uri: Uri = url.parse().map_err(|_| format!("{url:?} is not a URL"))?;
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let base = url.split('?').next().unwrap_or_default();
    let server = Server::parse(base, trust)?;
    let (host, path) = (server.authority(), format!("{}{query}", if uri.path().is_empty() { "/" } else { uri.path() }));
    let target = Target::new("", server, trust.clone(), &AuthInfo::default(), Auth::anonymous(), None);
    let options = LinkOptions { protocol: Protocol::Http1, dial_timeout: limit, ..LinkOptions::default() };
    let dialer = Dialer::new(target, options).map_err(|error| error.to_string())?;
    let dialed = dialer.dial(&Badge { identity: None, epoch: 0 }).await.map_err(|error| error.to_string())?;
    let broken = |error: &hyper::Error| format!("{url}: {}", error::flatten(error));
    let (mut sender, connection) = http1::handshake(TokioIo::new(dialed.wire)).await.map_err(|error| broken(&error))?;
    let (method, body, authorization) = match form {
        Some(form) => (Method::POST, form.body, form.authorization),
        None => (Method::GET, String::new(), None),
    };
    let mut request = http::Request::new(Full::new(Bytes::from(body)));
    let posts = method == Method::POST;
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().map_err(|_| format!("{url:?} is not a URL"))?;
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_str(&host).map_err(|_| format!("{url:?} is not a URL"))?);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    if posts {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    }
    headers.extend(authorization.map(|header| (AUTHORIZATION, header)));
    let answer = async {
        let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), LARGEST).collect().await;
        let body = body.map_err(|error| format!("{url}: {error}"))?.to_bytes();
        Ok((status, body))
    };
    tokio::select! {
        done = answer => done,
        // It drives the request, and ends after it unless the other side breaks off.
        Err(error) = connection => Err(broken(&error)),
    }
}
