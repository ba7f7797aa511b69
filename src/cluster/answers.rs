//! What a description needs beside its object: asked for at its cluster, the events of the object
//! followed, the rest asked again when the object changes and now and then.

use super::ask::{AskError, ask};
use super::cluster::Cluster;
use super::detail::{Detail, Seen, WORKED};
use super::tail::{self, JSON, Tail, Turn, read, uid_of};
use super::watch::percent_encode;
use super::wire::{EventType, ListMeta, ListPiece, ListReader, WireError};
use crate::describe::{Answers, By, Got, LIST_LIMIT, MOST_WANTS, Want, wants};
use crate::link::{Ask, Lane};
use crate::model::kind::Kind;
use futures::StreamExt as _;
use futures::stream;
use parking_lot::Mutex;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Requests at once.
const AT_ONCE: usize = 4;
/// How often everything is asked again, though nothing seems to change.
const AGAIN: Duration = Duration::from_secs(15);
/// The shortest time between two rounds of an object that keeps changing.
const LEAST: Duration = Duration::from_secs(2);
/// A round that takes long is repeated so many times less often.
const SHARE: u32 = 20;
/// Objects that are looked through for those of one owner.
const MOST_OWNED: usize = 5000;
const HEAD: &str = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json";
const HEADS: &str = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";
/// How servers say that they do not serve a kind.
const NO_KIND: &str = "the server could not find the requested resource";
/// Of a secret nothing else is ever asked for, not even where a server cannot leave out the rest.
const HEAD_ONLY: &str = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
const HEADS_ONLY: &str = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

#[derive(Default)]
struct Known {
    answers: Arc<Answers>,
    turns: u64,
}

/// See the module. Dropping it ends everything it asks.
pub struct Answering {
    known: Arc<Mutex<Known>>,
    task: JoinHandle<()>,
}

impl Answering {
    /// Answers for the description of an object.
    pub fn new(detail: &Detail) -> Answering {
        let known = Arc::<Mutex<Known>>::default();
        let asker = Asker { cluster: detail.cluster.clone(), known: known.clone(), followed: HashMap::new() };
        Answering { known, task: tokio::spawn(asker.run(detail.subscribe())) }
    }

    /// What has come, and a number that is another whenever that has changed.
    pub fn known(&self) -> (Arc<Answers>, u64) {
        let known = self.known.lock();
        (known.answers.clone(), known.turns)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A task that ends with its owner.
struct Followed(JoinHandle<()>);

impl Drop for Followed {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Asker {
    cluster: Arc<Cluster>,
    known: Arc<Mutex<Known>>,
    /// The events that are watched.
    followed: HashMap<Want, Followed>,
}

impl Asker {
    async fn run(mut self, mut seen: watch::Receiver<Seen>) {
        loop {
            let now = seen.borrow_and_update().clone();
            let (Some(kind), Some(object)) = (now.kind, now.object) else {
                if seen.changed().await.is_err() {
                    return;
                }
                continue;
            };
            let begun = Instant::now();
            self.round(&kind, &object).await;
            let again = AGAIN.max(begun.elapsed() * SHARE);
            tokio::time::sleep(LEAST).await;
            loop {
                tokio::select! {
                    changed = seen.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        let next = seen.borrow_and_update().object.clone();
                        if next.is_some_and(|next| !Arc::ptr_eq(&next, &object)) {
                            seen.mark_changed();
                            break;
                        }
                    }
                    () = tokio::time::sleep(again) => break,
                }
            }
        }
    }

    /// Asks for everything once; what is answered may lead to more.
    async fn round(&mut self, kind: &Kind, object: &Value) {
        let mut asked = HashSet::new();
        loop {
            let answers = self.known.lock().answers.clone();
            let mut wanted = wants(kind, object, &answers);
            wanted.truncate(MOST_WANTS);
            self.keep(&wanted);
            let due: Vec<Want> = wanted.into_iter().filter(|want| asked.insert(want.clone())).collect();
            if due.is_empty() {
                return;
            }
            let (events, others): (Vec<_>, Vec<_>) = due.into_iter().partition(is_followed);
            for want in events {
                self.follow(want);
            }
            let (cluster, known) = (&self.cluster, &self.known);
            let mut answered = stream::iter(others)
                .map(|want| async move {
                    let got = answer(cluster, &want).await;
                    (want, got)
                })
                .buffer_unordered(AT_ONCE);
            while let Some((want, got)) = answered.next().await {
                set(known, cluster, want, got);
            }
        }
    }

    /// Forgets what is not wanted any more.
    fn keep(&mut self, wanted: &[Want]) {
        self.followed.retain(|want, _| wanted.contains(want));
        let mut known = self.known.lock();
        if known.answers.keys().any(|want| !wanted.contains(want)) {
            Arc::make_mut(&mut known.answers).retain(|want, _| wanted.contains(want));
            known.turns += 1;
        }
    }

    fn follow(&mut self, want: Want) {
        let (cluster, known) = (&self.cluster, &self.known);
        self.followed
            .entry(want)
            .or_insert_with_key(|want| Followed(tokio::spawn(follow(cluster.clone(), known.clone(), want.clone()))));
    }
}

fn set(known: &Mutex<Known>, cluster: &Cluster, want: Want, got: Got) {
    let mut known = known.lock();
    if known.answers.get(&want) == Some(&got) {
        return;
    }
    Arc::make_mut(&mut known.answers).insert(want, got);
    known.turns += 1;
    drop(known);
    cluster.bell().notify_one();
}

/// Whether changes are worth watching for.
fn is_followed(want: &Want) -> bool {
    want.plural == "events" && matches!(want.by, By::Fields(_))
}

fn path(want: &Want) -> String {
    let kind = Kind {
        group: want.group.clone(),
        version: want.version.clone(),
        plural: want.plural.clone(),
        namespaced: true,
        ..Kind::default()
    };
    kind.path(want.namespace.as_deref())
}

async fn answer(cluster: &Cluster, want: &Want) -> Got {
    let mut pass = cluster.gate.pass().await;
    let only = want.plural == "secrets" && want.group.is_empty();
    let asked = match &want.by {
        By::Name(name) => {
            let accept = match (want.heads || only, only) {
                (false, _) => JSON,
                (true, false) => HEAD,
                (true, true) => HEAD_ONLY,
            };
            let path = format!("{}/{}", path(want), percent_encode(name));
            tail::get(cluster, &mut pass, path, accept).await.map(|object| Got::Objects(vec![object]))
        }
        _ => list(cluster, &mut pass, want, only).await.map(Listed::got),
    };
    asked.unwrap_or_else(|error| {
        tail::tell(cluster, pass, &error);
        refused(&error, !matches!(want.by, By::Name(_)))
    })
}

fn refused(error: &AskError, list: bool) -> Got {
    match error {
        AskError::Refused { status, .. } => match status.code {
            401 | 403 => Got::Refused(status.message.clone()),
            // No such object is not the same as no such kind.
            404 if status.message.starts_with(NO_KIND) && !list => Got::Failed(status.message.clone()),
            404 => Got::Missing,
            _ => Got::Failed(error.sentence()),
        },
        _ => Got::Failed(error.sentence()),
    }
}

#[derive(Default)]
struct Listed {
    objects: Vec<Value>,
    version: String,
    more: bool,
}

impl Listed {
    fn got(self) -> Got {
        if self.more { Got::Part(self.objects) } else { Got::Objects(self.objects) }
    }
}

async fn list(cluster: &Cluster, pass: &mut super::gate::Pass, want: &Want, only: bool) -> Result<Listed, AskError> {
    let mut listed = Listed::default();
    let (mut next, mut read_all) = (String::new(), 0);
    let (labels, fields, owner) = match &want.by {
        By::Labels(labels) => (labels.as_str(), "", None),
        By::Fields(fields) => ("", fields.as_str(), None),
        By::Owner(uid) => ("", "", Some(uid.as_str())),
        By::All | By::Name(_) => ("", "", None),
    };
    loop {
        let mut path = format!("{}?limit={LIST_LIMIT}", path(want));
        for (key, value) in [("labelSelector", labels), ("fieldSelector", fields), ("continue", next.as_str())] {
            if !value.is_empty() {
                let _ = write!(path, "&{key}={}", percent_encode(value));
            }
        }
        let request = Ask {
            path,
            accept: match (want.heads || only, only) {
                (false, _) => JSON,
                (true, false) => HEADS,
                (true, true) => HEADS_ONLY,
            },
            gzip: tail::is_far(cluster),
            lane: Lane::Bulk,
            head_timeout: cluster.patience.silence,
            idle_timeout: cluster.patience.silence,
        };
        let mut answer = ask(cluster.link()?, request).await?;
        cluster.learn_date(answer.date);
        let mut reader = ListReader::new(answer.encoding);
        let mut meta = ListMeta::default();
        while let Some(bytes) = answer.body.chunk().await? {
            cluster.gate.heard();
            reader.push(&bytes, |piece| {
                match piece {
                    ListPiece::Meta(found) => meta = found,
                    ListPiece::Columns(_) => (),
                    ListPiece::Item(json) => {
                        read_all += 1;
                        let named = owner.is_none_or(|uid| memchr::memmem::find(json, uid.as_bytes()).is_some());
                        if named {
                            let object = read(json)?;
                            if owner.is_none_or(|uid| is_owned(&object, uid)) {
                                listed.objects.push(object);
                            }
                        }
                    }
                }
                Ok::<(), WireError>(())
            })?;
        }
        reader.finish()?;
        pass.progress();
        listed.version = meta.resource_version;
        next = meta.next;
        listed.more = !next.is_empty();
        if next.is_empty() || owner.is_none() || read_all >= MOST_OWNED {
            return Ok(listed);
        }
    }
}

fn is_owned(object: &Value, uid: &str) -> bool {
    let owners = object["metadata"]["ownerReferences"].as_array();
    owners.is_some_and(|owners| owners.iter().any(|owner| owner["uid"].as_str() == Some(uid)))
}

/// Lists and watches events for as long as it runs.
async fn follow(cluster: Arc<Cluster>, known: Arc<Mutex<Known>>, want: Want) {
    let By::Fields(fields) = &want.by else { return };
    loop {
        let mut pass = cluster.gate.pass().await;
        let wait = match list(&cluster, &mut pass, &want, false).await {
            Ok(listed) => {
                drop(pass);
                let mut version = listed.version.clone();
                let more = listed.more;
                let mut all: BTreeMap<String, Value> =
                    listed.objects.iter().map(|object| (uid_of(object).to_owned(), object.clone())).collect();
                set(&known, &cluster, want.clone(), listed.got());
                watch(&cluster, &known, (&want, fields), &mut version, &mut all, more).await
            }
            Err(error) => {
                let told = tail::tell(&cluster, pass, &error);
                let had = matches!(known.lock().answers.get(&want), Some(Got::Objects(_) | Got::Part(_)));
                if !(told && had) {
                    set(&known, &cluster, want.clone(), refused(&error, true));
                }
                if told { Duration::ZERO } else { AGAIN }
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => (),
            () = cluster.kick.notified() => (),
        }
    }
}

/// Follows events that are listed already; how long to wait before they are listed again.
async fn watch(
    cluster: &Arc<Cluster>,
    known: &Mutex<Known>,
    (want, fields): (&Want, &str),
    version: &mut String,
    all: &mut BTreeMap<String, Value>,
    more: bool,
) -> Duration {
    while !version.is_empty() {
        let mut pass = cluster.gate.pass().await;
        let begun = Instant::now();
        let tail = Tail { cluster, path: path(want), fields };
        let closed = tail
            .follow(&mut pass, version, |turn| {
                let Turn::Object(kind, object) = turn else { return };
                let uid = uid_of(&object).to_owned();
                if kind == EventType::Deleted {
                    all.remove(&uid);
                } else if all.len() < LIST_LIMIT as usize || all.contains_key(&uid) {
                    all.insert(uid, object);
                }
                let objects = all.values().cloned().collect();
                set(known, cluster, want.clone(), Listed { objects, more, version: String::new() }.got());
            })
            .await;
        match closed {
            Ok(closed) if closed.fruitful => {}
            Ok(_) => return AGAIN,
            // A watch that worked was cut, as load balancers do it: it is resumed at once.
            Err(AskError::Link(error)) if error.is_cut() && begun.elapsed() >= WORKED => {}
            Err(error) if error.code() == Some(410) => return Duration::ZERO,
            Err(error) => return if tail::tell(cluster, pass, &error) { Duration::ZERO } else { AGAIN },
        }
    }
    AGAIN
}
