//! A small API server inside the process: a world of objects that lists and watches follow, and
//! rules that answer otherwise where a test says so. Everything it is asked is kept.

use crate::kinds::meta::{ObjectMeta, Time};
use crate::link::{Dial, Link, LinkOptions, Protocol, Target};
use bytes::Bytes;
use futures::Stream;
use http::{Request, Response};
use http_body_util::{BodyExt, StreamBody, combinators::BoxBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use parking_lot::Mutex;
use prost::Message;
use serde_json::json;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;
use tokio::time::Instant;

pub const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
pub const JSON: &str = "application/json";

/// One request, as it was asked.
#[derive(Clone, Debug)]
pub struct Seen {
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub accept: String,
    pub coding: String,
    /// What was posted; empty for any other request.
    pub body: String,
    pub at: Instant,
}

impl Seen {
    pub fn param(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    pub fn plural(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or("")
    }

    pub fn is_watch(&self) -> bool {
        self.param("watch") == "true"
    }

    /// A streaming list.
    pub fn is_streaming(&self) -> bool {
        self.is_watch() && self.param("sendInitialEvents") == "true"
    }

    /// A watch from a known version on.
    pub fn is_resumed(&self) -> bool {
        self.is_watch() && !self.is_streaming()
    }

    /// A list of any sort, and not the small question of whether a server is there.
    pub fn begins_anew(&self) -> bool {
        !self.is_resumed() && self.path != "/version"
    }

    pub fn is_list(&self) -> bool {
        !self.is_watch() && !self.is_post()
    }

    pub fn is_post(&self) -> bool {
        !self.body.is_empty()
    }

    pub fn namespace(&self) -> Option<&str> {
        let (_, rest) = self.path.split_once("/namespaces/")?;
        rest.split_once('/').map(|(namespace, _)| namespace)
    }
}

/// An answer.
pub enum Reply {
    /// A head, then the pieces of its body.
    Body { code: u16, headers: Vec<(&'static str, String)>, pieces: Vec<Piece> },
    /// No head, ever.
    Silence,
}

/// A part of a body.
pub enum Piece {
    Bytes(Vec<u8>),
    /// The body breaks off here.
    Cut,
    /// Nothing more comes, and the body stays open.
    Open,
}

impl Reply {
    pub fn body(content_type: &str, pieces: Vec<Piece>) -> Reply {
        Reply::Body { code: 200, headers: vec![("content-type", content_type.to_owned())], pieces }
    }

    pub fn text(code: u16, content_type: &str, text: &str) -> Reply {
        let headers = vec![("content-type", content_type.to_owned())];
        Reply::Body { code, headers, pieces: vec![Piece::Bytes(text.as_bytes().to_vec())] }
    }

    /// A Status in JSON.
    pub fn status(code: u16, reason: &str, message: &str) -> Reply {
        Reply::text(code, JSON, &status(code, reason, message))
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Reply {
        if let Reply::Body { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

pub fn status(code: u16, reason: &str, message: &str) -> String {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason, "code": code})
        .to_string()
}

/// An object of any kind: what rows need of it. Pods and namespaces agree on these fields.
#[derive(Message, Clone, PartialEq)]
pub struct Thing {
    #[prost(message, required, tag = "1")]
    pub metadata: ObjectMeta,
    #[prost(message, required, tag = "3")]
    pub status: Phase,
}

#[derive(Message, Clone, PartialEq)]
pub struct Phase {
    #[prost(string, tag = "1")]
    pub phase: String,
}

impl Thing {
    fn json(&self) -> serde_json::Value {
        json!({"metadata": self.meta(), "status": {"phase": self.status.phase}})
    }

    fn meta(&self) -> serde_json::Value {
        let meta = &self.metadata;
        let created = jiff::Timestamp::from_second(meta.creation_timestamp.seconds).unwrap().to_string();
        json!({"name": meta.name, "namespace": meta.namespace, "uid": meta.uid,
               "resourceVersion": meta.resource_version, "creationTimestamp": created})
    }
}

/// How bodies are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Protobuf,
    Json,
    Table,
}

impl Form {
    fn content_type(self) -> &'static str {
        if self == Form::Protobuf { PROTOBUF } else { JSON }
    }
}

pub fn delimited(number: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    prost::encoding::encode_varint(payload.len() as u64, &mut out);
    out.extend_from_slice(payload);
    out
}

pub fn envelope(raw: &[u8]) -> Vec<u8> {
    let kind = [delimited(1, b"v1"), delimited(2, b"Thing")].concat();
    [b"k8s\0".to_vec(), delimited(1, &kind), delimited(2, raw), delimited(3, b""), delimited(4, b"")].concat()
}

/// One watch event around an object that is already in its envelope.
pub fn frame(form: Form, kind: &str, object: &[u8]) -> Vec<u8> {
    if form == Form::Protobuf {
        let event = [delimited(1, kind.as_bytes()), delimited(2, &delimited(1, object))].concat();
        return [(event.len() as u32).to_be_bytes().to_vec(), event].concat();
    }
    format!("{{\"type\":\"{kind}\",\"object\":{}}}\n", String::from_utf8_lossy(object)).into_bytes()
}

/// The world, and how the server speaks of it.
#[allow(clippy::struct_excessive_bools)]
pub struct World {
    pub version: u64,
    /// Watches from before this version are refused as expired.
    pub oldest: u64,
    /// Whether that is said in the status line; else in the stream.
    pub expired_by_status: bool,
    pub protobuf: bool,
    pub tables: bool,
    pub streaming: bool,
    /// The columns of Tables, after NAME.
    pub columns: Vec<&'static str>,
    things: BTreeMap<(String, String, String), Thing>,
    log: Vec<(u64, &'static str, String, Thing)>,
    pages: BTreeMap<String, (u64, Vec<Thing>)>,
    open: Vec<OpenWatch>,
    uids: u64,
}

struct OpenWatch {
    seen: Seen,
    form: Form,
    /// Table columns were sent.
    headed: bool,
    deaf: bool,
    to: UnboundedSender<io::Result<Bytes>>,
}

type Rule = Box<dyn FnMut(&Seen) -> Option<Reply> + Send>;

/// See the module.
pub struct Server {
    world: Mutex<World>,
    rules: Mutex<Vec<Rule>>,
    seen: Mutex<Vec<Seen>>,
    held: Mutex<Vec<UnboundedSender<io::Result<Bytes>>>>,
    connections: Mutex<Vec<AbortHandle>>,
    dead: AtomicBool,
    pub dials: AtomicUsize,
}

const TABLED: [&str; 2] = ["widgets", "gauges"];

impl Server {
    pub fn new() -> Arc<Server> {
        let world = World {
            version: 100,
            oldest: 0,
            expired_by_status: false,
            protobuf: true,
            tables: true,
            streaming: true,
            columns: vec!["Phase", "Age"],
            things: BTreeMap::new(),
            log: Vec::new(),
            pages: BTreeMap::new(),
            open: Vec::new(),
            uids: 0,
        };
        Arc::new(Server {
            world: Mutex::new(world),
            rules: Mutex::default(),
            seen: Mutex::default(),
            held: Mutex::default(),
            connections: Mutex::default(),
            dead: AtomicBool::new(false),
            dials: AtomicUsize::new(0),
        })
    }

    pub fn link(self: &Arc<Server>, protocol: Protocol) -> Link {
        let server = self.clone();
        let dial = Dial::InProcess(Arc::new(move || server.accept()));
        Link::new(
            Target::plain("test", "http://embedded").unwrap(),
            LinkOptions { dial, protocol, ..Default::default() },
        )
        .unwrap()
    }

    fn accept(self: &Arc<Server>) -> tokio::io::DuplexStream {
        self.dials.fetch_add(1, Ordering::SeqCst);
        let (ours, theirs) = tokio::io::duplex(64 << 10);
        if !self.dead.load(Ordering::SeqCst) {
            let server = self.clone();
            let task = tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let server = server.clone();
                    async move { Ok::<_, Infallible>(server.answer(request).await) }
                });
                let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(theirs), service).await;
            });
            self.connections.lock().push(task.abort_handle());
        }
        ours
    }

    /// Cuts every connection; a dead server accepts none from now on.
    pub fn cut(&self, dead: bool) {
        self.dead.store(dead, Ordering::SeqCst);
        for connection in self.connections.lock().drain(..) {
            connection.abort();
        }
        self.world.lock().open.clear();
    }

    pub fn revive(&self) {
        self.dead.store(false, Ordering::SeqCst);
    }

    /// Asks `rule` about every request from now on; the newest rule that answers counts.
    pub fn rule(&self, rule: impl FnMut(&Seen) -> Option<Reply> + Send + 'static) {
        self.rules.lock().push(Box::new(rule));
    }

    /// Answers the next `times` requests that match with `reply`.
    pub fn next(
        &self,
        mut times: usize,
        matches: impl Fn(&Seen) -> bool + Send + 'static,
        reply: impl Fn() -> Reply + Send + 'static,
    ) {
        self.rule(move |seen| {
            if times == 0 || !matches(seen) {
                return None;
            }
            times -= 1;
            Some(reply())
        });
    }

    /// Sends bytes on every body that a rule left open.
    pub fn say_held(&self, bytes: &[u8]) {
        for to in self.held.lock().iter() {
            let _ = to.send(Ok(bytes.to_vec().into()));
        }
    }

    /// Forgets all rules.
    pub fn behave(&self) {
        self.rules.lock().clear();
    }

    pub fn world<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.world.lock())
    }

    /// The requests so far that match.
    pub fn asked(&self, matches: impl Fn(&Seen) -> bool) -> Vec<Seen> {
        self.seen.lock().iter().filter(|seen| matches(seen)).cloned().collect()
    }

    pub fn count(&self, matches: impl Fn(&Seen) -> bool) -> usize {
        self.asked(matches).len()
    }

    pub fn forget(&self) {
        self.seen.lock().clear();
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<BoxBody<Bytes, io::Error>> {
        let (request, body) = request.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let header = |name| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
        let query = request.uri.query().unwrap_or("");
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let seen = Seen {
            path: request.uri.path().to_owned(),
            query: pairs.map(|p| p.split_once('=').unwrap()).map(|(k, v)| (k.to_owned(), decoded(v))).collect(),
            accept: header("accept"),
            coding: header("accept-encoding"),
            body: String::from_utf8_lossy(&body).into_owned(),
            at: Instant::now(),
        };
        self.seen.lock().push(seen.clone());
        let ruled = self.rules.lock().iter_mut().rev().find_map(|rule| rule(&seen));
        let (to, mut from) = unbounded_channel();
        let reply = match ruled {
            Some(reply) => reply,
            None => self.world.lock().answer(&seen, &to),
        };
        let Reply::Body { code, headers, pieces } = reply else { return std::future::pending().await };
        for piece in pieces {
            let _ = match piece {
                Piece::Bytes(bytes) => to.send(Ok(Bytes::from(bytes))),
                Piece::Cut => to.send(Err(io::Error::other("cut"))),
                Piece::Open => {
                    self.held.lock().push(to.clone());
                    Ok(())
                }
            };
        }
        drop(to);
        let body = futures::stream::poll_fn(move |cx| from.poll_recv(cx));
        let mut response = Response::new(boxed(body));
        *response.status_mut() = http::StatusCode::from_u16(code).unwrap();
        for (name, value) in headers {
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        response
    }
}

fn boxed(body: impl Stream<Item = io::Result<Bytes>> + Send + Sync + 'static) -> BoxBody<Bytes, io::Error> {
    use futures::StreamExt as _;
    BodyExt::boxed(StreamBody::new(body.map(|piece| piece.map(Frame::data))))
}

fn decoded(value: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let hex: String = bytes.by_ref().take(2).map(char::from).collect();
            out.push(u8::from_str_radix(&hex, 16).unwrap());
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).unwrap()
}

/// A body in pieces that end wherever it happens.
fn sliced(body: &[u8]) -> Vec<Piece> {
    body.chunks((body.len() / 60).max(37)).map(|chunk| Piece::Bytes(chunk.to_vec())).collect()
}

impl World {
    /// Adds an object or changes it.
    pub fn put(&mut self, plural: &str, namespace: &str, name: &str, phase: &str) {
        self.version += 1;
        let key = (plural.to_owned(), namespace.to_owned(), name.to_owned());
        let old = self.things.get(&key).map(|thing| thing.metadata.uid.clone());
        let kind = if old.is_some() { "MODIFIED" } else { "ADDED" };
        let uid = old.unwrap_or_else(|| {
            self.uids += 1;
            format!("uid-{}", self.uids)
        });
        let metadata = ObjectMeta {
            name: name.into(),
            namespace: namespace.into(),
            uid,
            resource_version: self.version.to_string(),
            creation_timestamp: Time { seconds: 1_700_000_000 },
            ..ObjectMeta::default()
        };
        let thing = Thing { metadata, status: Phase { phase: phase.into() } };
        self.things.insert(key, thing.clone());
        self.tell(kind, plural, &thing);
    }

    pub fn delete(&mut self, plural: &str, namespace: &str, name: &str) {
        let key = (plural.to_owned(), namespace.to_owned(), name.to_owned());
        let mut thing = self.things.remove(&key).expect("it is there");
        self.version += 1;
        thing.metadata.resource_version = self.version.to_string();
        self.tell("DELETED", plural, &thing);
    }

    fn tell(&mut self, kind: &'static str, plural: &str, thing: &Thing) {
        self.log.push((self.version, kind, plural.to_owned(), thing.clone()));
        for i in 0..self.open.len() {
            let (seen, form, headed) = (self.open[i].seen.clone(), self.open[i].form, self.open[i].headed);
            let hears = !self.open[i].deaf && seen.plural() == plural;
            if hears && seen.namespace().is_none_or(|ns| ns == thing.metadata.namespace) {
                let event = self.event(form, kind, thing, !headed);
                self.open[i].headed = true;
                let _ = self.open[i].to.send(Ok(event.into()));
            }
        }
    }

    /// Sends a bookmark of now to every watch.
    pub fn bookmark(&mut self) {
        self.version += 1;
        for open in self.open.iter().filter(|open| !open.deaf) {
            let _ = open.to.send(Ok(self.bookmark_event(open.form, false).into()));
        }
    }

    /// Sends bytes to every open watch of a kind.
    pub fn say(&mut self, plural: &str, bytes: &[u8]) {
        for open in self.open.iter().filter(|open| open.seen.plural() == plural) {
            let _ = open.to.send(Ok(bytes.to_vec().into()));
        }
    }

    /// Open watches of a kind hear nothing any more, until they end.
    pub fn deafen(&mut self, plural: &str) {
        self.open.iter_mut().filter(|open| open.seen.plural() == plural).for_each(|open| open.deaf = true);
    }

    /// Ends every open watch of a kind, properly or as if cut.
    pub fn end(&mut self, plural: &str, cut: bool) {
        let (ended, rest) = std::mem::take(&mut self.open).into_iter().partition(|open| open.seen.plural() == plural);
        self.open = rest;
        let ended: Vec<OpenWatch> = ended;
        for open in ended {
            if cut {
                let _ = open.to.send(Err(io::Error::other("cut")));
            }
        }
    }

    /// Watches that somebody still reads.
    pub fn watched(&self, plural: &str) -> usize {
        self.open.iter().filter(|open| open.seen.plural() == plural && !open.to.is_closed()).count()
    }

    /// Forgets the history: watches from before are expired.
    pub fn compact(&mut self) {
        self.version += 1;
        self.oldest = self.version;
        self.log.clear();
    }

    /// `namespace/name uid version` of each object, as rows say it.
    pub fn rows(&self, plural: &str) -> Vec<String> {
        let mut rows: Vec<_> = self.of(plural, None).iter().map(said).collect();
        rows.sort();
        rows
    }

    fn of(&self, plural: &str, namespace: Option<&str>) -> Vec<Thing> {
        let all = self.things.iter().filter(|((kind, ns, _), _)| kind == plural && namespace.is_none_or(|n| n == ns));
        all.map(|(_, thing)| thing.clone()).collect()
    }

    pub fn form(&self, seen: &Seen) -> Form {
        let tabled = TABLED.contains(&seen.plural());
        if self.protobuf && !tabled && seen.accept.contains(PROTOBUF) {
            Form::Protobuf
        } else if self.tables && seen.accept.contains("as=Table") {
            Form::Table
        } else {
            Form::Json
        }
    }

    fn answer(&mut self, seen: &Seen, to: &UnboundedSender<io::Result<Bytes>>) -> Reply {
        match seen.path.as_str() {
            "/api" => return Reply::text(200, JSON, CORE),
            "/apis" => return Reply::text(200, JSON, GROUPS),
            _ => (),
        }
        if !["pods", "namespaces", "nodes", "events", "widgets", "gauges"].contains(&seen.plural()) {
            return Reply::status(404, "NotFound", "the server could not find the requested resource");
        }
        let form = self.form(seen);
        if !seen.is_watch() {
            return Reply::body(form.content_type(), sliced(&self.list(seen, form)));
        }
        let mut pieces = Vec::new();
        let mut headed = false;
        if seen.is_streaming() {
            if !self.streaming {
                return Reply::status(422, "Invalid", "sendInitialEvents: Forbidden: needs the WatchList feature");
            }
            for thing in self.of(seen.plural(), seen.namespace()) {
                pieces.extend(self.event(form, "ADDED", &thing, !headed));
                headed = true;
            }
            pieces.extend(self.bookmark_event(form, true));
        } else {
            let from: u64 = seen.param("resourceVersion").parse().unwrap();
            if from < self.oldest {
                let words = "too old resource version";
                if self.expired_by_status {
                    return Reply::status(410, "Expired", words);
                }
                return Reply::body(form.content_type(), vec![Piece::Bytes(error_event(form, 410, "Expired", words))]);
            }
            for (_, kind, plural, thing) in self.log.iter().filter(|(version, ..)| *version > from) {
                if plural == seen.plural() && seen.namespace().is_none_or(|ns| ns == thing.metadata.namespace) {
                    pieces.extend(self.event(form, kind, thing, !headed));
                    headed = true;
                }
            }
        }
        self.open.push(OpenWatch { seen: seen.clone(), form, headed, deaf: false, to: to.clone() });
        Reply::body(form.content_type(), sliced(&pieces))
    }

    fn list(&mut self, seen: &Seen, form: Form) -> Vec<u8> {
        let token = seen.param("continue");
        let (version, mut things) = if token.is_empty() {
            (self.version, self.of(seen.plural(), seen.namespace()))
        } else {
            self.pages.remove(token).expect("a token that was given out")
        };
        let limit = seen.param("limit").parse().unwrap_or(usize::MAX).min(things.len());
        let rest = things.split_off(limit);
        let (mut next, remaining) = (String::new(), rest.len());
        if remaining > 0 {
            next = format!("{}&{}=/{version}", seen.plural(), self.pages.len());
            self.pages.insert(next.clone(), (version, rest));
        }
        if form == Form::Protobuf {
            let mut meta = [delimited(2, version.to_string().as_bytes()), delimited(3, next.as_bytes())].concat();
            if remaining > 0 {
                meta.push(4 << 3);
                prost::encoding::encode_varint(remaining as u64, &mut meta);
            }
            let items: Vec<u8> = things.iter().flat_map(|thing| delimited(2, &thing.encode_to_vec())).collect();
            return envelope(&[delimited(1, &meta), items].concat());
        }
        let mut meta = json!({"resourceVersion": version.to_string(), "continue": next});
        if remaining > 0 {
            meta["remainingItemCount"] = remaining.into();
        }
        // Written by hand: a server names the columns before the rows.
        if form == Form::Table {
            let rows: Vec<_> = things.iter().map(|thing| self.table_row(thing)).collect();
            let (columns, rows) = (self.definitions(), serde_json::Value::from(rows));
            return format!(
                "{{\"kind\":\"Table\",\"metadata\":{meta},\"columnDefinitions\":{columns},\"rows\":{rows}}}"
            )
            .into_bytes();
        }
        let items: serde_json::Value = things.iter().map(Thing::json).collect();
        format!("{{\"kind\":\"List\",\"metadata\":{meta},\"items\":{items}}}\n").into_bytes()
    }

    fn definitions(&self) -> serde_json::Value {
        let names = std::iter::once(&"Name").chain(&self.columns);
        names.map(|name| json!({"name": name, "type": "string", "format": "", "priority": 0})).collect()
    }

    fn table_row(&self, thing: &Thing) -> serde_json::Value {
        let cells = self.columns.iter().map(|column| match *column {
            "Phase" => thing.status.phase.clone(),
            "Age" => "5d".to_owned(),
            other => format!("{other} of {}", thing.metadata.name),
        });
        let cells: Vec<_> = std::iter::once(thing.metadata.name.clone()).chain(cells).collect();
        json!({"cells": cells, "object": {"kind": "PartialObjectMetadata", "metadata": thing.meta()}})
    }

    fn event(&self, form: Form, kind: &str, thing: &Thing, first: bool) -> Vec<u8> {
        let object = match form {
            Form::Protobuf => envelope(&thing.encode_to_vec()),
            Form::Json => thing.json().to_string().into_bytes(),
            Form::Table => {
                let columns = if first { self.definitions() } else { serde_json::Value::Null };
                let table = json!({"kind": "Table", "metadata": {}, "columnDefinitions": columns,
                                   "rows": [self.table_row(thing)]});
                table.to_string().into_bytes()
            }
        };
        frame(form, kind, &object)
    }

    /// A bookmark of now; `ends_list` marks it as the end of the initial events.
    pub fn bookmark_event(&self, form: Form, ends_list: bool) -> Vec<u8> {
        let version = self.version.to_string();
        let annotations = if ends_list { json!({"k8s.io/initial-events-end": "true"}) } else { json!({}) };
        let meta = json!({"resourceVersion": version, "annotations": annotations});
        let object = match form {
            Form::Protobuf => {
                let note = [delimited(1, b"k8s.io/initial-events-end"), delimited(2, b"true")].concat();
                let note = if ends_list { delimited(12, &note) } else { Vec::new() };
                envelope(&delimited(1, &[delimited(6, version.as_bytes()), note].concat()))
            }
            Form::Json => json!({"metadata": meta}).to_string().into_bytes(),
            Form::Table => json!({"kind": "Table", "metadata": {}, "columnDefinitions": null,
                                  "rows": [{"cells": [], "object": {"metadata": meta}}]})
            .to_string()
            .into_bytes(),
        };
        frame(form, "BOOKMARK", &object)
    }

    /// The bytes of a streaming list without its end.
    pub fn initial_events(&self, plural: &str, form: Form) -> Vec<u8> {
        let things = self.of(plural, None);
        things.iter().enumerate().flat_map(|(i, thing)| self.event(form, "ADDED", thing, i == 0)).collect()
    }
}

/// `namespace/name uid version`.
fn said(thing: &Thing) -> String {
    let meta = &thing.metadata;
    format!("{}/{} {} {}", meta.namespace, meta.name, meta.uid, meta.resource_version)
}

pub fn error_event(form: Form, code: u16, reason: &str, message: &str) -> Vec<u8> {
    if form == Form::Protobuf {
        let mut status = [delimited(3, message.as_bytes()), delimited(4, reason.as_bytes())].concat();
        status.push(6 << 3);
        prost::encoding::encode_varint(u64::from(code), &mut status);
        return frame(form, "ERROR", &envelope(&status));
    }
    frame(form, "ERROR", status(code, reason, message).as_bytes())
}

const CORE: &str = r#"{"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":""},"versions":[{"version":"v1","freshness":"Current","resources":[
 {"resource":"pods","responseKind":{"kind":"Pod"},"scope":"Namespaced","singularResource":"pod","verbs":["get","list","watch"],"shortNames":["po"]}]}]}]}"#;
const GROUPS: &str = r#"{"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":"example.com"},"versions":[{"version":"v1","freshness":"Current","resources":[
 {"resource":"widgets","responseKind":{"kind":"Widget"},"scope":"Namespaced","singularResource":"widget","verbs":["get","list","watch"]},
 {"resource":"gauges","responseKind":{"kind":"Gauge"},"scope":"Namespaced","singularResource":"gauge","verbs":["get","list"]}]}]}]}"#;
