//! The objects of one cluster: serialised once, versioned by one counter, with a bounded history per resource.

use super::registry::Registry;
use super::resource::{Id, Resource};
use bytes::Bytes;
use parking_lot::RwLock;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use tokio::sync::watch;

/// What those who look after an object act on, told without reading it back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pulse {
    /// It is being deleted.
    pub going: bool,
    /// Its condition `Ready` holds.
    pub ready: bool,
    /// How often what is wanted has changed.
    pub generation: i64,
}

/// One version of one object.
#[derive(Debug)]
pub struct Record {
    /// `namespace/name`, or the name of an object without namespace.
    pub key: String,
    /// The labels, for selectors.
    pub labels: BTreeMap<String, String>,
    /// The selectable fields, in the order of the resource.
    pub fields: Vec<String>,
    /// The uids of those that own it.
    pub owners: Box<[Box<str>]>,
    /// How it fares.
    pub pulse: Pulse,
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
        let owners = metadata.get("ownerReferences").and_then(Value::as_array).into_iter().flatten();
        let owners = owners.filter_map(|owner| owner["uid"].as_str().map(Box::from)).collect();
        let conditions = object.get("status").and_then(|status| status["conditions"].as_array()).into_iter().flatten();
        let pulse = Pulse {
            going: metadata.get("deletionTimestamp").is_some(),
            ready: conditions.into_iter().any(|it| it["type"] == "Ready" && it["status"] == "True"),
            generation: metadata.get("generation").and_then(Value::as_i64).unwrap_or(0),
        };
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
        Some(Record { key, labels, fields, owners, pulse, version, body: body.into(), metadata, version_at })
    }

    /// An object that is not kept: its version is the one that it says, or none.
    pub fn detached(resource: &Resource, object: Value) -> Option<Record> {
        let version = object["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
        let Value::Object(object) = object else { return None };
        Record::new(resource, object, version)
    }

    /// The object, read back.
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
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

/// A resource and where its objects are kept.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where.
    pub id: Id,
    /// The resource.
    pub resource: Arc<Resource>,
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

/// What must be true for a change to be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// There is no object of this key.
    Absent,
    /// The object has this version.
    Version(u64),
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
    /// What happened before this version is forgotten.
    base: u64,
    histories: Vec<History>,
}

impl Inner {
    fn history(&mut self, id: Id) -> &mut History {
        let floor = self.base;
        if self.histories.len() <= id {
            self.histories.resize_with(id + 1, || History { floor, ..History::default() });
        }
        &mut self.histories[id]
    }
}

/// The store of one cluster.
pub struct Store {
    /// What is served.
    pub registry: Registry,
    inner: RwLock<Inner>,
    changed: watch::Sender<u64>,
    capacity: usize,
}

impl Store {
    /// A store whose first `objects` count as having been there before its history began.
    pub fn new(registry: Registry, first_version: u64, capacity: usize, objects: Vec<(Id, Value)>) -> Store {
        let mut inner = Inner { version: first_version, base: first_version, histories: Vec::new() };
        for (id, object) in objects {
            let version = inner.version + 1;
            if let Value::Object(object) = object
                && let Some(resource) = registry.get(id)
                && let Some(record) = Record::new(&resource, object, version)
            {
                inner.version = version;
                inner.history(id).live.insert(record.key.clone(), Arc::new(record));
            }
        }
        let version = inner.version;
        inner.base = version;
        for history in &mut inner.histories {
            history.floor = version;
        }
        let (changed, _) = watch::channel(version);
        Store { registry, inner: RwLock::new(inner), changed, capacity }
    }

    /// Makes a change and returns its version; `None` when there is nothing to change.
    pub fn apply(&self, change: Change) -> Option<u64> {
        let (id, key, object) = match change {
            Change::Upsert(id, object) => (id, None, Some(object)),
            Change::Delete(id, key) => (id, Some(key), None),
        };
        let mut inner = self.inner.write();
        let (version, _) = self.make(&mut inner, id, key, object)?;
        drop(inner);
        self.changed.send_replace(version);
        Some(version)
    }

    /// Reads an object, lets `edit` change it and stores it; `None` when it is not there.
    #[cfg(test)]
    pub fn update(&self, id: Id, key: &str, edit: impl FnOnce(&mut Value)) -> Option<u64> {
        let mut object = self.get(id, key)?.value();
        edit(&mut object);
        self.apply(Change::Upsert(id, object))
    }

    /// Creates or replaces an object if it is as expected; gives what is there instead otherwise.
    pub fn put(
        &self,
        id: Id,
        key: &str,
        expected: Expected,
        object: Value,
    ) -> Result<Arc<Record>, Option<Arc<Record>>> {
        self.swap(id, key, expected, Some(object)).and_then(|record| record.ok_or(None))
    }

    /// Deletes an object if it is as expected; gives what is there instead otherwise.
    pub fn delete(&self, id: Id, key: &str, version: u64) -> Result<(), Option<Arc<Record>>> {
        self.swap(id, key, Expected::Version(version), None).map(drop)
    }

    fn swap(
        &self,
        id: Id,
        key: &str,
        expected: Expected,
        object: Option<Value>,
    ) -> Result<Option<Arc<Record>>, Option<Arc<Record>>> {
        let mut inner = self.inner.write();
        let live = inner.history(id).live.get(key).cloned();
        let fits = match (expected, &live) {
            (Expected::Absent, None) => true,
            (Expected::Version(version), Some(record)) => record.version == version,
            _ => false,
        };
        if !fits {
            return Err(live);
        }
        let (version, record) = self.make(&mut inner, id, Some(key.to_owned()), object).ok_or(None)?;
        drop(inner);
        self.changed.send_replace(version);
        Ok(record)
    }

    fn make(
        &self,
        inner: &mut Inner,
        id: Id,
        key: Option<String>,
        object: Option<Value>,
    ) -> Option<(u64, Option<Arc<Record>>)> {
        let version = inner.version + 1;
        let new = match object {
            Some(Value::Object(object)) => Some(Arc::new(Record::new(&*self.registry.get(id)?, object, version)?)),
            _ => None,
        };
        let history = inner.history(id);
        let old = match &new {
            Some(record) => history.live.insert(record.key.clone(), record.clone()),
            None => Some(history.live.remove(&key?)?),
        };
        history.ring.push_back(Event { version, old, new: new.clone() });
        while history.ring.len() > self.capacity {
            history.ring.pop_front();
            history.floor = history.ring.front().map_or(version, |oldest| oldest.version - 1);
        }
        inner.version = version;
        Some((version, new))
    }

    /// Forgets every change so far: what continues from before them is told that they are gone.
    pub fn compact(&self) {
        let mut inner = self.inner.write();
        let version = inner.version;
        inner.base = version;
        for history in &mut inner.histories {
            history.ring.clear();
            history.floor = version;
        }
        drop(inner);
        self.changed.send_replace(version);
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
        let items = inner.histories.get(id).map_or_else(BTreeMap::new, |history| history.live.clone());
        Snapshot { version: inner.version, items }
    }

    /// The latest state of what begins with a prefix, without a copy of the rest.
    pub fn under(&self, id: Id, prefix: &str) -> Vec<Arc<Record>> {
        let inner = self.inner.read();
        let Some(history) = inner.histories.get(id) else { return Vec::new() };
        let from = history.live.range(prefix.to_owned()..);
        from.take_while(|(key, _)| key.starts_with(prefix)).map(|(_, record)| record.clone()).collect()
    }

    /// The state at a version, by undoing what came later.
    pub fn at(&self, id: Id, version: u64) -> Result<Snapshot, Miss> {
        let inner = self.inner.read();
        if version > inner.version {
            return Err(Miss::TooNew(inner.version));
        }
        let Some(history) = inner.histories.get(id) else {
            return Ok(Snapshot { version, items: BTreeMap::new() });
        };
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
        let upto = inner.version.max(version);
        let Some(history) = inner.histories.get(id) else { return Ok((Vec::new(), upto)) };
        if version < history.floor {
            return Err(Miss::TooOld(history.floor));
        }
        let start = history.ring.partition_point(|event| event.version <= version);
        Ok((history.ring.range(start..).cloned().collect(), upto))
    }
}
