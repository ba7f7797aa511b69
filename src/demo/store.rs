//! The objects of one cluster: serialised once, versioned by one counter, with a bounded history per resource.

use super::resource::{ALL, Id, Resource};
use bytes::Bytes;
use parking_lot::RwLock;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use tokio::sync::watch;

/// One version of one object.
#[derive(Debug)]
pub struct Record {
    /// `namespace/name`, or the name of an object without namespace.
    pub key: String,
    /// The labels, for selectors.
    pub labels: BTreeMap<String, String>,
    /// The selectable fields, in the order of the resource.
    pub fields: Vec<String>,
    /// The version.
    pub version: u64,
    body: Bytes,
    metadata: Range<usize>,
    version_at: Range<usize>,
}

impl Record {
    /// Serialises an object under a version; `None` when it has no name.
    fn new(resource: &Resource, mut object: Map<String, Value>, version: u64) -> Option<Record> {
        object.remove("kind");
        object.remove("apiVersion");
        let mut metadata = object.remove("metadata")?;
        let text = version.to_string();
        metadata["resourceVersion"] = Value::String(text.clone());
        let name = metadata.get("name")?.as_str()?.to_owned();
        let key = match metadata.get("namespace").and_then(Value::as_str) {
            Some(namespace) if resource.namespaced => format!("{namespace}/{name}"),
            _ => name,
        };
        let labels = metadata.get("labels").and_then(Value::as_object).map_or_else(BTreeMap::new, |labels| {
            labels.iter().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
        });
        let metadata_text = metadata.to_string();
        let rest = Value::Object(object.clone()).to_string();
        object.insert("metadata".to_owned(), metadata);
        let fields = resource.field_values(&Value::Object(object));

        let head = "{\"metadata\":";
        let mut body = String::with_capacity(head.len() + metadata_text.len() + rest.len());
        body.push_str(head);
        body.push_str(&metadata_text);
        let metadata = head.len()..body.len();
        if rest.len() > 2 {
            body.push(',');
        }
        body.push_str(&rest[1..]);
        let needle = format!("\"resourceVersion\":\"{text}\"");
        let start = body[metadata.clone()].find(&needle)? + metadata.start + needle.len() - 1 - text.len();
        let version_at = start..start + text.len();
        Some(Record { key, labels, fields, version, body: body.into(), metadata, version_at })
    }

    /// The object as it stands in a list: without kind and apiVersion.
    pub fn item(&self) -> &[u8] {
        &self.body
    }

    /// The object as it stands alone, under a version that may be later than its own.
    pub fn write(&self, resource: &Resource, version: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(type_meta(resource).as_bytes());
        self.write_range(1..self.body.len(), version, out);
    }

    /// The object's metadata as `PartialObjectMetadata` of a version of meta.k8s.io.
    pub fn write_partial(&self, meta_version: &str, version: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(partial_meta(meta_version).as_bytes());
        self.write_range(self.metadata.clone(), version, out);
        out.push(b'}');
    }

    fn write_range(&self, range: Range<usize>, version: u64, out: &mut Vec<u8>) {
        if version == self.version {
            out.extend_from_slice(&self.body[range]);
        } else {
            out.extend_from_slice(&self.body[range.start..self.version_at.start]);
            out.extend_from_slice(version.to_string().as_bytes());
            out.extend_from_slice(&self.body[self.version_at.end..range.end]);
        }
    }
}

/// The opening of an object of this resource.
pub fn type_meta(resource: &Resource) -> String {
    format!("{{\"kind\":\"{}\",\"apiVersion\":\"{}\",", resource.kind, resource.api_version())
}

/// The opening of a `PartialObjectMetadata`, up to its metadata.
pub fn partial_meta(meta_version: &str) -> String {
    format!("{{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/{meta_version}\",\"metadata\":")
}

/// One change: what was and what is.
#[derive(Clone, Debug)]
pub struct Event {
    /// The version that the change made.
    pub version: u64,
    /// The object before; none when it was created.
    pub old: Option<Arc<Record>>,
    /// The object after; none when it was deleted.
    pub new: Option<Arc<Record>>,
}

/// A change to make.
#[derive(Clone, Debug)]
pub enum Change {
    /// Creates or replaces an object.
    Upsert(Id, Value),
    /// Deletes the object with this key.
    Delete(Id, String),
}

/// The state of one resource at one version.
pub struct Snapshot {
    /// The version.
    pub version: u64,
    /// The objects, by key.
    pub items: BTreeMap<String, Arc<Record>>,
}

/// Why the history cannot answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// The version has left the history, which begins after this one.
    TooOld(u64),
    /// The version has not happened; this is the latest.
    TooNew(u64),
}

#[derive(Default)]
struct History {
    live: BTreeMap<String, Arc<Record>>,
    ring: VecDeque<Event>,
    /// The oldest version from which changes can be told.
    floor: u64,
}

struct Inner {
    version: u64,
    histories: Vec<History>,
}

/// The store of one cluster.
pub struct Store {
    inner: RwLock<Inner>,
    changed: watch::Sender<u64>,
    capacity: usize,
}

impl Store {
    /// A store whose first `objects` count as having been there before its history began.
    pub fn new(first_version: u64, capacity: usize, objects: Vec<(Id, Value)>) -> Store {
        let histories = ALL.iter().map(|_| History::default()).collect();
        let mut inner = Inner { version: first_version, histories };
        for (id, object) in objects {
            let version = inner.version + 1;
            if let Value::Object(object) = object
                && let Some(record) = Record::new(&ALL[id], object, version)
            {
                inner.version = version;
                inner.histories[id].live.insert(record.key.clone(), Arc::new(record));
            }
        }
        for history in &mut inner.histories {
            history.floor = inner.version;
        }
        let (changed, _) = watch::channel(inner.version);
        Store { inner: RwLock::new(inner), changed, capacity }
    }

    /// Makes a change and returns its version; `None` when there is nothing to change.
    pub fn apply(&self, change: Change) -> Option<u64> {
        let version = {
            let mut inner = self.inner.write();
            let version = inner.version + 1;
            let (id, old, new) = match change {
                Change::Upsert(id, object) => {
                    let Value::Object(object) = object else { return None };
                    let record = Arc::new(Record::new(&ALL[id], object, version)?);
                    let old = inner.histories[id].live.insert(record.key.clone(), record.clone());
                    (id, old, Some(record))
                }
                Change::Delete(id, key) => (id, Some(inner.histories[id].live.remove(&key)?), None),
            };
            inner.version = version;
            let history = &mut inner.histories[id];
            history.ring.push_back(Event { version, old, new });
            while history.ring.len() > self.capacity {
                history.ring.pop_front();
                history.floor = history.ring.front().map_or(version, |oldest| oldest.version - 1);
            }
            version
        };
        self.changed.send_replace(version);
        Some(version)
    }

    /// Reads an object, lets `edit` change it and stores it; `None` when it is not there.
    #[cfg(test)]
    pub fn update(&self, id: Id, key: &str, edit: impl FnOnce(&mut Value)) -> Option<u64> {
        let record = self.get(id, key)?;
        let mut object: Value = serde_json::from_slice(record.item()).ok()?;
        edit(&mut object);
        self.apply(Change::Upsert(id, object))
    }

    /// The latest version.
    pub fn version(&self) -> u64 {
        self.inner.read().version
    }

    /// Tells of every change.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// One object.
    pub fn get(&self, id: Id, key: &str) -> Option<Arc<Record>> {
        self.inner.read().histories.get(id)?.live.get(key).cloned()
    }

    /// The latest state.
    pub fn latest(&self, id: Id) -> Snapshot {
        let inner = self.inner.read();
        Snapshot { version: inner.version, items: inner.histories[id].live.clone() }
    }

    /// The state at a version, by undoing what came later.
    pub fn at(&self, id: Id, version: u64) -> Result<Snapshot, Miss> {
        let inner = self.inner.read();
        let history = &inner.histories[id];
        if version > inner.version {
            return Err(Miss::TooNew(inner.version));
        }
        if version < history.floor {
            return Err(Miss::TooOld(history.floor));
        }
        let mut items = history.live.clone();
        for event in history.ring.iter().rev().take_while(|event| event.version > version) {
            match (&event.old, &event.new) {
                (Some(old), _) => drop(items.insert(old.key.clone(), old.clone())),
                (None, Some(new)) => drop(items.remove(&new.key)),
                (None, None) => {}
            }
        }
        Ok(Snapshot { version, items })
    }

    /// The changes after a version, and the version up to which they tell everything.
    pub fn since(&self, id: Id, version: u64) -> Result<(Vec<Event>, u64), Miss> {
        let inner = self.inner.read();
        let history = &inner.histories[id];
        if version < history.floor {
            return Err(Miss::TooOld(history.floor));
        }
        let start = history.ring.partition_point(|event| event.version <= version);
        Ok((history.ring.range(start..).cloned().collect(), inner.version.max(version)))
    }
}
