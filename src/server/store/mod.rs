//! The objects of one cluster: serialised once, versioned by one counter, with a bounded history per resource.

mod history;
mod pack;
mod record;
#[cfg(test)]
mod tests;

pub use history::Keep;
pub use record::{Mould, Owner, Pulse, Record, Texts};

use super::registry::Registry;
use super::resource::{Id, Resource};
use history::History;
use pack::Packer;
use parking_lot::RwLock;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

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
    Delete(Id, Arc<str>),
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
    pub items: BTreeMap<Arc<str>, Arc<Record>>,
}

/// Why the history cannot answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// The version has left the history, which begins after this one.
    TooOld(u64),
    /// The version has not happened; this is the latest.
    TooNew(u64),
}

/// The changes of one kind, or why they cannot be told.
pub type Changes = Result<Vec<Event>, Miss>;

/// Objects that are there before a store begins.
#[derive(Default)]
pub struct Seeds {
    packer: Packer,
    records: Vec<(Id, Record)>,
}

impl Seeds {
    /// Adds an object. One without a name is left out.
    pub fn add(&mut self, id: Id, resource: &Resource, object: Value) {
        self.records.extend(Record::new(id, resource, object, &self.packer).map(|record| (id, record)));
    }

    /// Adds an object that was cast.
    pub fn push(&mut self, id: Id, record: Record) {
        self.records.push((id, record));
    }

    /// A mould for objects to add.
    pub fn mould(&self, id: Id, resource: &Resource, object: Value, texts: &[String]) -> Option<Mould> {
        Mould::new(id, resource, object, texts, &self.packer)
    }

    /// The objects so far.
    pub fn records(&self) -> &[(Id, Record)] {
        &self.records
    }
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
            self.histories.resize_with(id + 1, || History::new(floor));
        }
        &mut self.histories[id]
    }
}

/// The store of one cluster.
pub struct Store {
    /// What is served.
    pub registry: Registry,
    inner: RwLock<Inner>,
    packer: Packer,
    changed: watch::Sender<u64>,
    keep: Keep,
}

impl Store {
    /// A store whose first objects count as having been there before its history began.
    pub fn new(registry: Registry, first_version: u64, keep: Keep, seeds: Seeds) -> Store {
        let mut inner = Inner { version: first_version, base: first_version, histories: Vec::new() };
        for (id, mut record) in seeds.records {
            inner.version += 1;
            record.version = inner.version;
            inner.history(id).insert(record);
        }
        let version = inner.version;
        inner.base = version;
        for history in &mut inner.histories {
            history.floor = version;
        }
        let (changed, _) = watch::channel(version);
        Store { registry, inner: RwLock::new(inner), packer: seeds.packer, changed, keep }
    }

    /// Makes a change and returns its version; `None` when there is nothing to change.
    pub fn apply(&self, change: Change) -> Option<u64> {
        match change {
            Change::Upsert(id, object) => {
                let record = self.record(id, object)?;
                let mut inner = self.inner.write();
                let record = self.insert(&mut inner, id, record);
                drop(inner);
                self.tell(record.version);
                Some(record.version)
            }
            Change::Delete(id, key) => {
                let mut inner = self.inner.write();
                let version = self.remove(&mut inner, id, &key)?;
                drop(inner);
                self.tell(version);
                Some(version)
            }
        }
    }

    /// Reads an object, lets `edit` change it and stores it; `None` when it is not there.
    #[cfg(test)]
    pub fn update(&self, id: Id, key: &str, edit: impl FnOnce(&mut Value)) -> Option<u64> {
        let mut object = self.get(id, key)?.value();
        edit(&mut object);
        self.apply(Change::Upsert(id, object))
    }

    /// Changes some bytes of an object's text, none that labels, selectable fields, owners or pulse follow from, unless
    /// `edit` says no or others were quicker.
    pub fn retouch(&self, id: Id, key: &str, edit: impl FnOnce(&mut [u8]) -> bool) -> Option<u64> {
        let live = self.get(id, key)?;
        let record = live.retouched(id, &self.packer, edit)?;
        let mut inner = self.inner.write();
        let same = inner.history(id).live.get(key).is_some_and(|now| now.version == live.version);
        let record = same.then(|| self.insert(&mut inner, id, record))?;
        drop(inner);
        self.tell(record.version);
        Some(record.version)
    }

    /// Creates or replaces an object if it is as expected; gives what is there instead otherwise.
    pub fn put(
        &self,
        id: Id,
        key: &str,
        expected: Expected,
        object: Value,
    ) -> Result<Arc<Record>, Option<Arc<Record>>> {
        // Serialised before anybody has to wait for it.
        let record = self.record(id, object).ok_or(None)?;
        let mut inner = self.inner.write();
        expect(&mut inner, id, key, expected)?;
        let record = self.insert(&mut inner, id, record);
        drop(inner);
        self.tell(record.version);
        Ok(record)
    }

    /// Deletes an object if it is as expected; gives what is there instead otherwise.
    pub fn delete(&self, id: Id, key: &str, version: u64) -> Result<(), Option<Arc<Record>>> {
        let mut inner = self.inner.write();
        expect(&mut inner, id, key, Expected::Version(version))?;
        let version = self.remove(&mut inner, id, key).ok_or(None)?;
        drop(inner);
        self.tell(version);
        Ok(())
    }

    fn record(&self, id: Id, object: Value) -> Option<Record> {
        Record::new(id, &*self.registry.get(id)?, object, &self.packer)
    }

    fn insert(&self, inner: &mut Inner, id: Id, mut record: Record) -> Arc<Record> {
        inner.version += 1;
        let version = inner.version;
        record.version = version;
        let history = inner.history(id);
        let (record, old) = history.insert(record);
        history.note(Event { version, old, new: Some(record.clone()) }, self.keep);
        record
    }

    fn remove(&self, inner: &mut Inner, id: Id, key: &str) -> Option<u64> {
        let old = inner.history(id).remove(key)?;
        inner.version += 1;
        let version = inner.version;
        inner.history(id).note(Event { version, old: Some(old), new: None }, self.keep);
        Some(version)
    }

    /// Tells of a version. Of two that come at once, the later counts.
    fn tell(&self, version: u64) {
        self.changed.send_modify(|now| *now = version.max(*now));
    }

    /// Forgets every change so far: what continues from before them is told that they are gone.
    pub fn compact(&self) {
        let mut inner = self.inner.write();
        let version = inner.version;
        inner.base = version;
        for history in &mut inner.histories {
            history.compact(version);
        }
        drop(inner);
        self.tell(version);
    }

    /// The latest version.
    pub fn version(&self) -> u64 {
        self.inner.read().version
    }

    /// How many changes there were in a resource since the store began.
    pub fn changes(&self, id: Id) -> u64 {
        self.inner.read().histories.get(id).map_or(0, |history| history.changes)
    }

    /// Tells of every change.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// One object.
    pub fn get(&self, id: Id, key: &str) -> Option<Arc<Record>> {
        self.inner.read().histories.get(id)?.live.get(key).cloned()
    }

    /// How many objects there are whose keys begin with a prefix.
    pub fn count(&self, id: Id, prefix: &str) -> usize {
        let inner = self.inner.read();
        let Some(history) = inner.histories.get(id) else { return 0 };
        if prefix.is_empty() {
            return history.live.len();
        }
        let mut count = 0;
        history.read(prefix, "", &mut |_| {
            count += 1;
            true
        });
        count
    }

    /// The latest state.
    pub fn latest(&self, id: Id) -> Snapshot {
        let inner = self.inner.read();
        let items = inner.histories.get(id).map_or_else(BTreeMap::new, |history| history.live.clone());
        Snapshot { version: inner.version, items }
    }

    /// The latest state of what begins with a prefix, without a copy of the rest.
    pub fn under(&self, id: Id, prefix: &str) -> Vec<Arc<Record>> {
        let mut all = Vec::new();
        let _ = self.read(id, None, prefix, "", &mut |record| {
            all.push(record.clone());
            true
        });
        all
    }

    /// What an object owns, by its uid; under no uid what has no owner.
    pub fn owned(&self, id: Id, uid: &str) -> Vec<Arc<Record>> {
        let inner = self.inner.read();
        inner.histories.get(id).map_or_else(Vec::new, |history| history.owned(uid))
    }

    /// Goes through the objects whose keys begin with a prefix, from a key on, in order, until `visit` says no: the
    /// latest, or as they were at a version. Returns the version that they show.
    pub fn read(
        &self,
        id: Id,
        version: Option<u64>,
        prefix: &str,
        from: &str,
        visit: &mut dyn FnMut(&Arc<Record>) -> bool,
    ) -> Result<u64, Miss> {
        let inner = self.inner.read();
        let wanted = version.unwrap_or(inner.version);
        if wanted > inner.version {
            return Err(Miss::TooNew(inner.version));
        }
        let Some(history) = inner.histories.get(id) else { return Ok(wanted) };
        if wanted < history.floor {
            return Err(Miss::TooOld(history.floor));
        }
        if wanted == inner.version {
            history.read(prefix, from, visit);
        } else {
            history.read_at(wanted, prefix, from, visit);
        }
        Ok(wanted)
    }

    /// The changes after a version, and the version up to which they tell everything.
    pub fn since(&self, id: Id, version: u64) -> Result<(Vec<Event>, u64), Miss> {
        self.some_since(id, version, usize::MAX)
    }

    /// What changed after a version, kind by kind of those wanted where there is something to tell, and the version up
    /// to which that is everything.
    pub fn all_since(&self, version: u64, wanted: impl Fn(Id) -> bool) -> (Vec<(Id, Changes)>, u64) {
        let inner = self.inner.read();
        let all = inner.histories.iter().enumerate();
        let newer = all.filter(|(id, history)| wanted(*id) && history.is_newer(version));
        let all = newer.map(|(id, history)| (id, history.since(version, usize::MAX))).collect();
        (all, inner.version.max(version))
    }

    /// As [`Store::since`], but no more than so many changes.
    pub fn some_since(&self, id: Id, version: u64, most: usize) -> Result<(Vec<Event>, u64), Miss> {
        let inner = self.inner.read();
        let upto = inner.version.max(version);
        let Some(history) = inner.histories.get(id) else { return Ok((Vec::new(), upto)) };
        let events = history.since(version, most)?;
        let upto = events.last().filter(|_| events.len() == most).map_or(upto, |last| last.version);
        Ok((events, upto))
    }
}

/// Whether an object is as expected; gives what is there otherwise.
fn expect(inner: &mut Inner, id: Id, key: &str, expected: Expected) -> Result<(), Option<Arc<Record>>> {
    let live = inner.history(id).live.get(key);
    match (expected, live) {
        (Expected::Absent, None) => Ok(()),
        (Expected::Version(version), Some(record)) if record.version == version => Ok(()),
        _ => Err(live.cloned()),
    }
}
