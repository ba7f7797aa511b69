//! From a request to an answer.

mod answer;
mod log;
mod metrics;
mod object;

pub use answer::{Body, whole};

use super::negotiate::{Endpoint, Form, negotiate};
use super::options::{Options, Query};
use super::rbac::{self, Want};
use super::resource::Resource;
use super::route::{Target, target};
use super::status::Failure;
use super::store::Place;
use super::user::User;
use super::{Server, discovery, list, openapi, review, watch, write};
use answer::{json, of_status, refuse, stream, text};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;

/// The longest body that is read, in bytes.
const LONGEST: usize = 3 << 20;

/// Lists up to this many bytes are sent in one piece, with their length.
const WHOLE: usize = 4 << 20;
/// Longer ones in pieces of about this size.
const PIECE: usize = 128 << 10;

/// One request, its body read.
struct Asked<'a> {
    server: &'a Server,
    user: User,
    method: Method,
    path: String,
    query: Query,
    headers: HeaderMap,
    body: write::Body,
}

/// Answers one request.
pub async fn answer<B>(server: &Server, request: Request<B>) -> Response<Body>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match respond(server, request).await {
        Ok(response) => response,
        Err(failure) => refuse(&failure),
    }
}

async fn respond<B>(server: &Server, request: Request<B>) -> Result<Response<Body>, Failure>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (parts, body) = request.into_parts();
    let user = who(server, &parts.headers)?;
    let limited = http_body_util::Limited::new(body, LONGEST);
    let collected = limited.collect().await;
    let bytes = collected.map_err(|_| Failure::bad_request("the body of the request could not be read"))?.to_bytes();
    let media = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim().to_owned();
    let asked = Asked {
        server,
        user,
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: Query::parse(parts.uri.query().unwrap_or("")),
        headers: parts.headers,
        body: write::Body { media, bytes },
    };
    asked.serve().await
}

/// Who asks; a token that nobody has is refused.
fn who(server: &Server, headers: &HeaderMap) -> Result<User, Failure> {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.strip_prefix("Bearer "));
    let user = match token {
        Some(token) => server.users.get(token.trim()).cloned(),
        None => server.anonymous.clone(),
    };
    let user = user.ok_or_else(Failure::unauthorized)?;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(name) = text("impersonate-user") else { return Ok(user) };
    let want = Want { verb: "impersonate", resource: "users", name, ..Want::default() };
    if rbac::allows(&server.store, &user, &want).is_none() {
        let why = format!(
            "User {:?} cannot impersonate resource \"users\" in API group \"\" at the cluster scope",
            user.name
        );
        return Err(Failure::forbidden_user(name, &why));
    }
    let groups = headers.get_all("impersonate-group").iter().filter_map(|value| value.to_str().ok());
    let mut groups: Vec<&str> = groups.collect();
    let account = name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    let of_namespace = account.map(|(namespace, _)| format!("system:serviceaccounts:{namespace}"));
    if groups.is_empty()
        && let Some(of_namespace) = &of_namespace
    {
        groups.extend(["system:serviceaccounts", of_namespace]);
    }
    Ok(User::new(name, &groups))
}

/// A list that is short is sent at once. Of a long one no more is written than the client takes.
fn listed(mut pieces: list::Pieces) -> Result<Response<Body>, Failure> {
    let Some(first) = pieces.next(WHOLE)? else { return Ok(json(Bytes::new())) };
    if pieces.is_over() {
        return Ok(json(first));
    }
    let rest = futures::stream::unfold(pieces, |mut pieces| async move {
        let piece = pieces.next(PIECE).map_err(|failure| std::io::Error::other(failure.to_json().to_string()));
        // One by one, so that others on this thread are not kept waiting.
        tokio::task::yield_now().await;
        piece.transpose().map(|piece| (piece, pieces))
    });
    let first = futures::stream::once(std::future::ready(Ok(first)));
    Ok(answer::pieces(futures::StreamExt::chain(first, rest)))
}

/// Warns of a kind that has a successor.
fn deprecated(resource: &Resource, response: &mut Response<Body>) {
    if resource.is("", "endpoints") {
        let warning = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
        answer::warn(response, &[warning.to_owned()]);
    }
}

impl Asked<'_> {
    async fn serve(&self) -> Result<Response<Body>, Failure> {
        let store = &self.server.store;
        let target = target(store, &self.path);
        if !matches!(target, Target::Collection(..) | Target::Object(..)) {
            self.may_read_path()?;
        }
        let registry = &store.registry;
        match target {
            Target::Collection(place, namespace) => self.collection(place, namespace).await,
            Target::Object(place, namespace, name, part) => self.object(&place, &namespace, &name, &part),
            Target::Nowhere => Ok(text(StatusCode::NOT_FOUND, "404 page not found\n")),
            Target::NoResource => Err(Failure::no_such_resource()),
            _ if self.method != Method::GET => Err(Failure::method_not_allowed()),
            Target::Health => Ok(text(StatusCode::OK, "ok")),
            Target::Version => self.document(&discovery::version(&self.server.git_version)),
            Target::OpenApi(rest) => openapi::answer(&self.server.store, &rest, &self.headers),
            Target::Group(name) => match discovery::one_group(registry, &name) {
                Some(document) => self.document(&document),
                None => Ok(text(StatusCode::NOT_FOUND, "404 page not found\n")),
            },
            Target::Resources(group, version) => {
                let document = discovery::resources(registry, &group, &version);
                self.document(&document.ok_or_else(Failure::no_such_resource)?)
            }
            Target::Groups { core } => {
                let mut response = match negotiate(&self.headers, Endpoint::Groups)? {
                    Form::Discovery(version) => {
                        let mut response = json(discovery::aggregated(registry, core, version).to_string());
                        let kind =
                            format!("application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
                        if let Ok(kind) = HeaderValue::from_str(&kind) {
                            response.headers_mut().insert(header::CONTENT_TYPE, kind);
                        }
                        response
                    }
                    _ if core => json(discovery::core_versions().to_string()),
                    _ => json(discovery::groups(registry).to_string()),
                };
                response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
                Ok(response)
            }
        }
    }

    fn document(&self, document: &serde_json::Value) -> Result<Response<Body>, Failure> {
        negotiate(&self.headers, Endpoint::Plain)?;
        Ok(json(document.to_string()))
    }

    fn may_read_path(&self) -> Result<(), Failure> {
        let verb = self.method.as_str().to_lowercase();
        let want = Want { verb: &verb, path: &self.path, ..Want::default() };
        match rbac::allows(&self.server.store, &self.user, &want) {
            Some(_) => Ok(()),
            None => Err(Failure::forbidden_path(&self.user.name, &self.path, &verb)),
        }
    }

    /// Whether the user may do this; says it in the server's words where not.
    fn may(&self, verb: &str, place: &Place, namespace: &str, name: &str, part: &str) -> Result<(), Failure> {
        let resource = &place.resource;
        let below = if part.is_empty() { resource.plural.clone() } else { format!("{}/{part}", resource.plural) };
        let want = Want { verb, group: &resource.group, resource: &below, namespace, name, path: "" };
        if rbac::allows(&self.server.store, &self.user, &want).is_some() {
            return Ok(());
        }
        let at = if namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace {namespace:?}")
        };
        let why = format!(
            "User {:?} cannot {verb} resource {below:?} in API group {:?} {at}",
            self.user.name, resource.group
        );
        Err(Failure::forbidden(resource, name, &why))
    }

    fn write_options(&self) -> Result<write::WriteOptions, Failure> {
        let agent = self.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        write::WriteOptions::parse(&self.query, agent)
    }

    async fn collection(&self, place: Place, namespace: Option<String>) -> Result<Response<Body>, Failure> {
        let store = &self.server.store;
        let scope = namespace.as_deref().unwrap_or("");
        let asks = place.resource.verbs == super::resource::Verbs::Ask;
        let kept = place.resource.verbs == super::resource::Verbs::All;
        match self.method {
            Method::POST if asks => {
                self.may("create", &place, scope, "", "")?;
                let review = self.body.map()?;
                if place.resource.plural == "bindings" {
                    return Err(Failure::method_not_allowed());
                }
                let answer = review::answer(store, &place.resource, scope, &self.user, review)?;
                Ok(of_status(StatusCode::CREATED, answer.to_string()))
            }
            Method::GET if asks => Err(Failure::method_not_allowed()),
            Method::GET => {
                let form = negotiate(&self.headers, Endpoint::Objects)?;
                let options = Options::parse(&self.query, &place.resource)?;
                let verb = if options.watch { "watch" } else { "list" };
                self.may(verb, &place, scope, options.named().unwrap_or(""), "")?;
                if place.resource.group == "metrics.k8s.io" {
                    return metrics::list(self.server, &place, scope, &options, form);
                }
                let prefix = if scope.is_empty() { String::new() } else { format!("{scope}/") };
                if options.watch {
                    let lines = watch::follow(store.clone(), place, prefix, options, form).await;
                    return Ok(stream(lines));
                }
                let page = list::page(store, &place, &prefix, &options).await?;
                let mut response = listed(list::Pieces::new(&place, page, form, &options)?)?;
                deprecated(&place.resource, &mut response);
                Ok(response)
            }
            Method::POST if kept => {
                if place.resource.namespaced && namespace.is_none() {
                    return Err(Failure::method_not_allowed());
                }
                self.may("create", &place, scope, "", "")?;
                let options = self.write_options()?;
                let write =
                    write::Write { store, place: &place, namespace: scope, name: "", part: "", options: &options };
                let written = write::create(&write, &self.body)?;
                self.written(&place, &written)
            }
            Method::DELETE if kept => {
                self.may("deletecollection", &place, scope, "", "")?;
                let options = self.write_options()?;
                let selection = Options::parse(&self.query, &place.resource)?;
                let prefix = if scope.is_empty() { String::new() } else { format!("{scope}/") };
                let page = list::page(store, &place, &prefix, &selection).await?;
                let write =
                    write::Write { store, place: &place, namespace: scope, name: "", part: "", options: &options };
                let items = write::delete_collection(&write, &self.query, &self.body, &page.items)?;
                let page = list::Page { version: store.version(), resume: None, remaining: None, items };
                listed(list::Pieces::new(&place, page, Form::Object, &selection)?)
            }
            _ => Err(Failure::method_not_allowed()),
        }
    }
}
