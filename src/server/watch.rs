//! Watches: what is there, what changes, and bookmarks, as lines of JSON.

use super::list::{everything, reach, selects};
use super::negotiate::Form;
use super::options::{Include, Options};
use super::resource::Resource;
use super::status::Failure;
use super::store::{Event, Miss, Place, Record, Store, type_meta};
use super::table;
use bytes::Bytes;
use futures::stream::{self, Stream};
use serde_json::json;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::watch::Receiver;
use tokio::time::{Duration, Instant, sleep_until};

/// How often a watch that may carry bookmarks carries one.
const BOOKMARK_EVERY: Duration = Duration::from_mins(1);
/// How long before its end a watch carries the last one.
const BOOKMARK_BEFORE_END: Duration = Duration::from_secs(2);
/// The shortest time after which a watch without a timeout ends.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(30);
/// Events are sent in pieces of about this size.
const CHUNK: usize = 32 * 1024;
/// So many changes are looked at at once, so that who is slow to read keeps no more than their text.
const SOME: usize = 64;

struct Follower {
    store: Arc<Store>,
    changes: Receiver<u64>,
    place: Place,
    prefix: String,
    options: Options,
    form: Form,
    cursor: u64,
    /// What is there already and not yet told.
    first: std::vec::IntoIter<Arc<Record>>,
    /// Whether a bookmark tells that all of it was told.
    mark: bool,
    ready: VecDeque<Bytes>,
    deadline: Instant,
    bookmark_at: Option<Instant>,
    /// Whether the next table carries its columns.
    headers: bool,
    ended: bool,
}

/// Follows a collection under `prefix`.
pub async fn follow(
    store: Arc<Store>,
    place: Place,
    prefix: String,
    options: Options,
    form: Form,
) -> impl Stream<Item = Bytes> + Send + 'static {
    let now = Instant::now();
    let timeout = options.timeout.map_or_else(
        || DEFAULT_TIMEOUT + Duration::from_secs(store.version() % DEFAULT_TIMEOUT.as_secs()),
        Duration::from_secs,
    );
    let deadline = now + timeout;
    let mut follower = Follower {
        changes: store.subscribe(),
        cursor: store.version(),
        bookmark_at: options.bookmarks.then(|| next_bookmark(now, deadline).unwrap_or(deadline)),
        store,
        place,
        prefix,
        options,
        form,
        first: Vec::new().into_iter(),
        mark: false,
        ready: VecDeque::new(),
        deadline,
        headers: true,
        ended: false,
    };
    if let Err(failure) = follower.begin().await {
        follower.fail(&failure);
    }
    stream::unfold(follower, |mut follower| async move {
        let chunk = follower.next().await?;
        Some((chunk, follower))
    })
}

/// When the next bookmark is due; `None` after the last one.
fn next_bookmark(now: Instant, deadline: Instant) -> Option<Instant> {
    let last = deadline.checked_sub(BOOKMARK_BEFORE_END).filter(|last| *last > now)?;
    Some((now + BOOKMARK_EVERY).min(last))
}

impl Follower {
    /// Finds where to start and prepares what is there already.
    async fn begin(&mut self) -> Result<(), Failure> {
        let wanted = self.options.version.unwrap_or(0);
        if self.options.initial == Some(true) {
            reach(&self.store, wanted).await?;
            let (items, version) = everything(&self.store, &self.place, &self.prefix, &self.options);
            self.first = items.into_iter();
            self.cursor = version;
            self.mark = self.options.bookmarks;
        } else if wanted > 0 {
            self.cursor = wanted;
            if let Err(Miss::TooOld(floor)) = self.store.some_since(self.place.id, wanted, 1) {
                return Err(Failure::expired(format!("too old resource version: {wanted} ({floor})")));
            }
        }
        Ok(())
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                return Some(chunk);
            }
            if self.ended {
                return None;
            }
            if let Err(failure) = self.begun() {
                self.fail(&failure);
            }
            if !self.ready.is_empty() {
                continue;
            }
            self.changes.mark_unchanged();
            // A watch that fell behind the history ends; the next one is told why.
            let Ok((events, upto)) = self.store.some_since(self.place.id, self.cursor, SOME) else { return None };
            self.cursor = upto;
            if let Err(failure) = self.changed(&events) {
                self.fail(&failure);
            }
            if !self.ready.is_empty() {
                continue;
            }
            if events.len() == SOME {
                tokio::task::yield_now().await;
                continue;
            }
            let bookmark_at = self.bookmark_at;
            let bookmark = async {
                match bookmark_at {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                changed = self.changes.changed() => self.ended = changed.is_err(),
                () = bookmark => {
                    if let Err(failure) = self.bookmark(false) {
                        self.fail(&failure);
                    }
                    self.bookmark_at = next_bookmark(Instant::now(), self.deadline);
                }
                () = sleep_until(self.deadline) => self.ended = true,
            }
        }
    }

    /// Tells the next of what is there already.
    fn begun(&mut self) -> Result<(), Failure> {
        let mut out = Vec::new();
        while out.len() < CHUNK
            && let Some(record) = self.first.next()
        {
            self.event("ADDED", &record, record.version, &mut out)?;
        }
        self.cut(&mut out, 1);
        if self.ready.is_empty() && std::mem::take(&mut self.mark) {
            self.bookmark(true)?;
        }
        Ok(())
    }

    /// Writes the changes that the selection lets through, as it sees them.
    fn changed(&mut self, events: &[Event]) -> Result<(), Failure> {
        let mut out = Vec::new();
        for event in events {
            let old = event.old.as_deref().filter(|record| selects(&self.options, &self.prefix, record));
            let new = event.new.as_deref().filter(|record| selects(&self.options, &self.prefix, record));
            match (old, new) {
                (None, Some(new)) => self.event("ADDED", new, event.version, &mut out)?,
                (Some(_), Some(new)) => self.event("MODIFIED", new, event.version, &mut out)?,
                (Some(old), None) => self.event("DELETED", old, event.version, &mut out)?,
                (None, None) => {}
            }
            self.cut(&mut out, CHUNK);
        }
        self.cut(&mut out, 1);
        Ok(())
    }

    fn cut(&mut self, out: &mut Vec<u8>, at_least: usize) {
        if out.len() >= at_least {
            self.ready.push_back(Bytes::from(std::mem::take(out)));
        }
    }

    fn event(&mut self, kind: &str, record: &Record, version: u64, out: &mut Vec<u8>) -> Result<(), Failure> {
        open(kind, out);
        match self.form {
            Form::Table(meta) => {
                let object = |include, out: &mut Vec<u8>| match include {
                    Include::Object => record.write(&self.place.resource, version, out),
                    Include::Metadata => record.write_partial(meta, version, out),
                    Include::None => out.extend_from_slice(b"null"),
                };
                table::single(&self.place.resource, meta, version, self.options.include, self.headers, object, out)?;
                self.headers = false;
            }
            Form::Partial(meta) | Form::PartialList(meta) => record.write_partial(meta, version, out),
            Form::Object | Form::Discovery(_) => record.write(&self.place.resource, version, out),
        }
        out.extend_from_slice(b"}\n");
        Ok(())
    }

    /// Tells the version up to which everything was told; `initial`: that the list at the beginning is complete.
    fn bookmark(&mut self, initial: bool) -> Result<(), Failure> {
        let mut metadata = json!({"resourceVersion": self.cursor.to_string()});
        if initial {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let resource = &self.place.resource;
        let whole = format!("{}\"metadata\":{metadata}{}}}", type_meta(resource), blank(resource));
        let partial = |meta: &str| format!("{}{metadata}}}", super::store::partial_meta(meta));
        let mut out = Vec::new();
        open("BOOKMARK", &mut out);
        match self.form {
            Form::Table(meta) => {
                // The annotation must reach the client, whatever rows carry.
                let include = match self.options.include {
                    Include::None if initial => Include::Metadata,
                    include => include,
                };
                let object = |include, out: &mut Vec<u8>| match include {
                    Include::Object => out.extend_from_slice(whole.as_bytes()),
                    Include::Metadata => out.extend_from_slice(partial(meta).as_bytes()),
                    Include::None => out.extend_from_slice(b"null"),
                };
                table::single(&self.place.resource, meta, self.cursor, include, self.headers, object, &mut out)?;
                self.headers = false;
            }
            Form::Partial(meta) | Form::PartialList(meta) => out.extend_from_slice(partial(meta).as_bytes()),
            Form::Object | Form::Discovery(_) => out.extend_from_slice(whole.as_bytes()),
        }
        out.extend_from_slice(b"}\n");
        self.ready.push_back(out.into());
        Ok(())
    }

    /// Ends the watch with an ERROR.
    fn fail(&mut self, failure: &Failure) {
        let line = format!("{{\"type\":\"ERROR\",\"object\":{}}}\n", failure.to_json());
        self.ready.push_back(line.into());
        self.ended = true;
    }
}

/// What an object without content says after its metadata.
fn blank(resource: &Resource) -> &'static str {
    match (resource.custom.is_some(), resource.kind.as_str()) {
        (true, _) => "",
        (_, "Pod") => r#","spec":{"containers":null},"status":{}"#,
        (_, "Node" | "Namespace" | "Service" | "PersistentVolume" | "PersistentVolumeClaim") => {
            r#","spec":{},"status":{}"#
        }
        (_, "Event") if resource.group.is_empty() => concat!(
            r#","involvedObject":{},"source":{},"firstTimestamp":null,"lastTimestamp":null,"#,
            r#""eventTime":null,"reportingComponent":"","reportingInstance":"""#
        ),
        (_, "Deployment") => concat!(
            r#","spec":{"selector":null,"template":{"metadata":{},"spec":{"containers":null}},"strategy":{}},"#,
            r#""status":{}"#
        ),
        _ => "",
    }
}

fn open(kind: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{{\"type\":\"{kind}\",\"object\":").as_bytes());
}
