//! From a request to an answer.

use super::negotiate::{Endpoint, Form, negotiate};
use super::options::{Options, Query, decode};
use super::resource::{self, ALL, GROUPS, Id};
use super::status::Failure;
use super::store::Store;
use super::{discovery, list, table, watch};
use bytes::Bytes;
use futures::StreamExt as _;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{Full, StreamBody};
use serde_json::Value;
use std::convert::Infallible;
use std::sync::Arc;

/// The body of every answer.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// What a path names.
enum Target {
    Document(Value),
    Groups { core: bool },
    Text(StatusCode, &'static str),
    Collection(Id, String),
    Object(Id, String),
}

/// Answers one request.
pub async fn answer<B>(store: Arc<Store>, git_version: &str, request: &Request<B>) -> Response<Body> {
    let uri = request.uri();
    let query = Query::parse(uri.query().unwrap_or(""));
    let target = match target(uri.path(), git_version) {
        Ok(Target::Text(status, text)) => return respond(status, TEXT, text),
        Ok(_) | Err(_) if request.method() != Method::GET => return refuse(&Failure::method_not_allowed()),
        Ok(target) => target,
        Err(failure) => return refuse(&failure),
    };
    match serve(store, target, &query, request.headers()).await {
        Ok(response) => response,
        Err(failure) => refuse(&failure),
    }
}

async fn serve(
    store: Arc<Store>,
    target: Target,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Response<Body>, Failure> {
    match target {
        Target::Text(status, text) => Ok(respond(status, TEXT, text)),
        Target::Document(document) => {
            negotiate(headers, Endpoint::Plain)?;
            Ok(json(document.to_string()))
        }
        Target::Groups { core } => {
            let mut response = match negotiate(headers, Endpoint::Groups)? {
                Form::Discovery(version) => {
                    let mut response = json(discovery::aggregated(core, version).to_string());
                    let kind = format!("application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
                    if let Ok(kind) = HeaderValue::from_str(&kind) {
                        response.headers_mut().insert(header::CONTENT_TYPE, kind);
                    }
                    response
                }
                _ if core => json(discovery::core_versions().to_string()),
                _ => json(discovery::groups().to_string()),
            };
            response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
            Ok(response)
        }
        Target::Collection(id, prefix) => {
            let form = negotiate(headers, Endpoint::Objects)?;
            let options = Options::parse(query, &ALL[id])?;
            if options.watch {
                let lines = watch::follow(store, id, prefix, options, form).await;
                let body = StreamBody::new(lines.map(|line| Ok(Frame::data(line))));
                return Ok(build(StatusCode::OK, JSON, UnsyncBoxBody::new(body)));
            }
            let page = list::page(&store, id, &prefix, &options).await?;
            Ok(json(list::write(id, &page, form, &options)?))
        }
        Target::Object(id, key) => {
            let form = negotiate(headers, Endpoint::Objects)?;
            let options = Options::parse(&Query::parse(""), &ALL[id])?;
            let include = Options::parse(query, &ALL[id]).map_or(options.include, |options| options.include);
            let name = key.rsplit('/').next().unwrap_or(&key);
            let record = store.get(id, &key).ok_or_else(|| Failure::not_found(&ALL[id], name))?;
            let mut out = Vec::new();
            match form {
                Form::Table(meta) => table::object(id, &record, meta, include, &mut out)?,
                Form::Partial(meta) => record.write_partial(meta, record.version, &mut out),
                Form::PartialList(_) => {
                    return Err(Failure::not_acceptable(format!(
                        "you requested PartialObjectMetadataList, but the requested object is not a list (*{}.{})",
                        ALL[id].version, ALL[id].kind
                    )));
                }
                Form::Object | Form::Discovery(_) => record.write(&ALL[id], record.version, &mut out),
            }
            out.push(b'\n');
            Ok(json(out))
        }
    }
}

fn target(path: &str, git_version: &str) -> Result<Target, Failure> {
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(|part| decode(part, false)).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let nowhere = Ok(Target::Text(StatusCode::NOT_FOUND, "404 page not found\n"));
    match parts.as_slice() {
        ["version"] => Ok(Target::Document(discovery::version(git_version))),
        ["readyz" | "livez" | "healthz"] => Ok(Target::Text(StatusCode::OK, "ok")),
        ["api"] => Ok(Target::Groups { core: true }),
        ["apis"] => Ok(Target::Groups { core: false }),
        ["api", version, rest @ ..] if GROUPS.contains(&("", version)) => below("", version, rest),
        ["apis", group] => discovery::one_group(group).map_or(nowhere, |document| Ok(Target::Document(document))),
        ["apis", group, version, rest @ ..] if !group.is_empty() && GROUPS.contains(&(group, version)) => {
            below(group, version, rest)
        }
        _ => nowhere,
    }
}

fn below(group: &str, version: &str, rest: &[&str]) -> Result<Target, Failure> {
    let known = |plural: &str| resource::find(group, version, plural);
    let found = match rest {
        [] => return discovery::resources(group, version).map(Target::Document).ok_or_else(Failure::no_such_resource),
        ["namespaces", namespace, plural] => {
            known(plural).filter(|id| ALL[*id].namespaced).map(|id| Target::Collection(id, format!("{namespace}/")))
        }
        ["namespaces", namespace, plural, name] => {
            known(plural).filter(|id| ALL[*id].namespaced).map(|id| Target::Object(id, format!("{namespace}/{name}")))
        }
        [plural] => known(plural).map(|id| Target::Collection(id, String::new())),
        [plural, name] => {
            known(plural).filter(|id| !ALL[*id].namespaced).map(|id| Target::Object(id, (*name).to_owned()))
        }
        _ => None,
    };
    found.ok_or_else(Failure::no_such_resource)
}

fn refuse(failure: &Failure) -> Response<Body> {
    let status = StatusCode::from_u16(failure.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = respond(status, JSON, format!("{}\n", failure.to_json()));
    if let Some(seconds) = failure.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn json(body: impl Into<Bytes>) -> Response<Body> {
    respond(StatusCode::OK, JSON, body)
}

fn respond(status: StatusCode, kind: HeaderValue, body: impl Into<Bytes>) -> Response<Body> {
    let plain = kind == TEXT;
    let mut response = build(status, kind, UnsyncBoxBody::new(Full::new(body.into())));
    if plain {
        response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    }
    response
}

fn build(status: StatusCode, kind: HeaderValue, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    headers.insert(header::CONTENT_TYPE, kind);
    response
}
